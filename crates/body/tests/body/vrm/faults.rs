use super::kit::{File, box_person, vrm0};
use proptest::{
    prelude::*,
    sample::Index,
    test_runner::{Config, TestRunner},
};
use reverie_body::vrm::{ExpressionMap, Limits, Model, MorphWeights};
use serde_json::{Value, json};

fn error(file: &File) -> String {
    match Model::from_bytes("broken.vrm", &file.bytes()) {
        Ok(_) => "read".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// The first accessor of an attribute of a mesh.
fn accessor<'a>(file: &'a mut File, mesh: usize, name: &str) -> &'a mut Value {
    let attributes = &file.json["meshes"][mesh]["primitives"][0]["attributes"];
    let at = attributes[name].as_u64().unwrap() as usize;
    &mut file.json["accessors"][at]
}

#[test]
fn broken_files_are_refused_with_the_field_that_is_wrong() {
    let whole = File::of(&box_person());
    type Break = fn(&mut File);
    let cases: &[(&str, Break)] = &[
        ("].count: 1000000000 is more than", |f| {
            for accessor in f.json["accessors"].as_array_mut().unwrap() {
                accessor["count"] = 1_000_000_000u64.into();
            }
        }),
        ("meshes[0].primitives[0].attributes.POSITION: 1000000000 is more than", |f| {
            *accessor(f, 0, "POSITION") =
                json!({ "componentType": 5126, "count": 1_000_000_000u64, "type": "VEC3" });
        }),
        ("items from byte 0 are not within bufferViews", |f| {
            accessor(f, 0, "POSITION")["count"] = 5000.into();
        }),
        ("meshes[0].primitives[0].attributes.NORMAL: has 7 items for 1320 vertices", |f| {
            accessor(f, 0, "NORMAL")["count"] = 7.into();
        }),
        ("meshes[0].primitives[0].attributes.POSITION: accessors[0] is VEC2, not VEC3", |f| {
            accessor(f, 0, "POSITION")["type"] = "VEC2".into();
        }),
        (".componentType: 77 is no type of number", |f| {
            accessor(f, 0, "POSITION")["componentType"] = 77.into();
        }),
        ("JOINTS_0: its numbers are not unsigned integers", |f| {
            accessor(f, 0, "JOINTS_0")["componentType"] = 5120.into();
        }),
        ("JOINTS_0: there is no joint", |f| {
            f.json["skins"][0]["joints"].as_array_mut().unwrap().truncate(3);
        }),
        ("skins[0].inverseBindMatrices: 1 matrices for 55 joints", |f| {
            let at = f.json["skins"][0]["inverseBindMatrices"].as_u64().unwrap() as usize;
            f.json["accessors"][at]["count"] = 1.into();
        }),
        ("meshes[1].primitives[0].targets[3].POSITION: has 9 items for 24 vertices", |f| {
            let target = f.json["meshes"][1]["primitives"][0]["targets"][3].clone();
            let at = target["POSITION"].as_u64().unwrap() as usize;
            f.json["accessors"][at]["count"] = 9.into();
        }),
        (".sparse.indices: index", |f| {
            for accessor in f.json["accessors"].as_array_mut().unwrap() {
                if accessor.get("sparse").is_some() {
                    accessor["sparse"]["indices"]["byteOffset"] = 2.into();
                    accessor["sparse"]["count"] = 2.into();
                    accessor["count"] = 24.into();
                    accessor["sparse"]["indices"]["componentType"] = 5121.into();
                }
            }
        }),
        (".sparse.count: 4000000000 is more than 24", |f| {
            for accessor in f.json["accessors"].as_array_mut().unwrap() {
                if accessor.get("sparse").is_some() {
                    accessor["sparse"]["count"] = 4_000_000_000u64.into();
                }
            }
        }),
        ("nodes[2].children: nodes[0] is also a child of nodes[1]", |f| {
            f.json["nodes"][1]["children"] = json!([0, 2]);
            f.json["nodes"][2]["children"] = json!([0]);
        }),
        ("scenes[0].nodes: nodes[0] is a root, but also a child of nodes[1]", |f| {
            f.json["nodes"][1]["children"] = json!([0]);
        }),
        ("nodes[0]: is in the scene twice", |f| f.json["scenes"][0]["nodes"] = json!([0, 0])),
        ("is its own ancestor", |f| {
            let nodes = f.json["nodes"].as_array_mut().unwrap();
            let first = nodes.len();
            nodes.push(json!({ "children": [first + 1] }));
            nodes.push(json!({ "children": [first] }));
        }),
        ("nodes[0].children: there is no nodes[900], only 58", |f| {
            f.json["nodes"][0]["children"] = json!([900]);
        }),
        ("nodes[56].mesh: there is no meshes[12], only 3", |f| {
            f.json["nodes"][56]["mesh"] = 12.into();
        }),
        ("nodes[1]: its place is not finite", |f| {
            f.json["nodes"][1]["translation"] = json!([1e38, 1e38, 1e38]);
            f.json["nodes"][0]["scale"] = json!([1e38, 1e38, 1e38]);
        }),
        ("nodes[4]: ", |f| f.json["nodes"][4]["translation"] = "up".into()),
        ("VRMC_vrm.humanoid.humanBones: bone head is missing", |f| {
            let all = &mut f.json["extensions"]["VRMC_vrm"]["humanoid"]["humanBones"];
            all.as_object_mut().unwrap().remove("head");
        }),
        ("VRMC_vrm.humanoid.humanBones: is missing", |f| {
            f.json["extensions"]["VRMC_vrm"] = json!({});
        }),
        ("VRMC_vrm.humanoid.humanBones.spine: there is no nodes[4000], only 58", |f| {
            f.json["extensions"]["VRMC_vrm"]["humanoid"]["humanBones"]["spine"]["node"] =
                4000.into();
        }),
        ("meshes[0].primitives[0].indices: vertex 60000 of 1320 does not exist", |f| {
            let at = f.json["meshes"][0]["primitives"][0]["indices"].as_u64().unwrap() as usize;
            let view = f.json["accessors"][at]["bufferView"].as_u64().unwrap() as usize;
            let from = f.json["bufferViews"][view]["byteOffset"].as_u64().unwrap() as usize;
            f.bin[from..from + 2].copy_from_slice(&60000u16.to_le_bytes());
        }),
        ("meshes[0].primitives[0].attributes.POSITION: holds NaN", |f| {
            f.bin[..4].copy_from_slice(&f32::NAN.to_le_bytes());
        }),
        ("bufferViews[0]: ", |f| f.json["bufferViews"][0]["byteOffset"] = u64::MAX.into()),
        ("buffers[0].byteLength: ", |f| f.json["buffers"][0]["byteLength"] = (1u64 << 40).into()),
        ("ends within buffers[0]", |f| f.json["buffers"][0]["byteLength"] = 100_000_000.into()),
        ("buffers[0]: another file is referred to", |f| {
            f.json["buffers"][0]["uri"] = "../../etc/passwd".into();
        }),
        ("extensionsRequired: `KHR_draco_mesh_compression` is not supported", |f| {
            f.json["extensionsRequired"] = json!(["KHR_draco_mesh_compression"]);
        }),
        ("asset.version: glTF 2.0 is needed, not 1.0", |f| {
            f.json["asset"]["version"] = "1.0".into();
        }),
        ("meshes: there is nothing to draw", |f| f.json["scenes"][0]["nodes"] = json!([0])),
        ("meshes: is not a list", |f| f.json["meshes"] = json!({})),
        ("meshes[2].primitives[0].material: there is no materials[88], only 3", |f| {
            f.json["meshes"][2]["primitives"][0]["material"] = 88.into();
        }),
    ];
    for (wanted, spoil) in cases {
        let mut file = whole.clone();
        spoil(&mut file);
        let error = error(&file);
        assert!(error.starts_with("broken.vrm: "), "{error}");
        assert!(error.contains(wanted), "wanted `{wanted}`, got `{error}`");
    }
    let read = |bytes: &[u8]| Model::from_bytes("x", bytes).unwrap_err().to_string();
    assert!(read(b"").contains("is neither a binary glTF"));
    assert!(read(b"PNG...").contains("is neither a binary glTF"));
    assert!(read(b"glTF\x02\0\0\0").contains("ends within the header"));
    assert!(read(b"glTF\x01\0\0\0\0\0\0\0").contains("its version is 1"));
    assert!(read(b"{}").contains("asset.version"));
    assert!(read(b"{").contains("JSON: "));
    let bytes = whole.bytes();
    assert!(read(&bytes[..bytes.len() - 5]).contains("ends within the file"));
    let small = Limits { file_bytes: 1000, ..Limits::default() };
    let error = Model::from_bytes_within("x", &bytes, small).unwrap_err().to_string();
    assert!(error.contains("file size"), "{error}");
}

#[test]
fn old_files_without_bones_are_refused_too() {
    let mut file = vrm0();
    file.json["extensions"]["VRM"]["humanoid"]["humanBones"].as_array_mut().unwrap().truncate(20);
    assert!(error(&file).contains("VRM.humanoid.humanBones: bone "), "{}", error(&file));
    // Springs of nodes that do not exist, or of all nodes, do no harm.
    let mut file = vrm0();
    let springs = &mut file.json["extensions"]["VRM"]["secondaryAnimation"];
    springs["boneGroups"][0]["bones"] = json!([0, 0, 0, -1, 5000]);
    springs["boneGroups"][0]["colliderGroups"] = json!([0, 9]);
    springs["colliderGroups"][0]["node"] = json!(-1);
    let model = Model::from_bytes("x", &file.bytes()).unwrap();
    assert!(model.warnings.iter().any(|w| w.field.contains("colliderGroups[0]")));
}

/// All places of a JSON where something can be changed.
fn places(value: &Value, at: &mut Vec<String>, out: &mut Vec<String>) {
    out.push(at.concat());
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                at.push(format!("/{index}"));
                places(item, at, out);
                at.pop();
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                at.push(format!("/{key}"));
                places(item, at, out);
                at.pop();
            }
        }
        _ => {}
    }
}

fn odd_values() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!(-1)),
        Just(json!(0)),
        Just(json!(u64::MAX)),
        Just(json!(1e308)),
        Just(json!(-1e30)),
        Just(json!("x")),
        Just(json!([])),
        Just(json!({})),
        Just(json!(true)),
        (0u64..200).prop_map(Value::from),
        (0u64..3_000_000_000).prop_map(Value::from),
        (-3.0f64..3.0).prop_map(Value::from),
    ]
}

/// A file that was read must be fit for use, whatever it was.
fn use_it(bytes: &[u8]) -> bool {
    let limits =
        Limits { numbers: 4 << 20, pixels: 1 << 20, vertices: 1 << 16, ..Limits::default() };
    let Ok(model) = Model::from_bytes_within("fuzz", bytes, limits) else { return false };
    let bones = model.body.skeleton.bones.len();
    for (at, bone) in model.body.skeleton.bones.iter().enumerate() {
        assert!(bone.parent.is_none_or(|parent| parent < at) && bone.position.is_finite());
    }
    for mesh in &model.body.meshes {
        let count = mesh.positions.len();
        assert!(mesh.indices.iter().all(|index| (*index as usize) < count));
        assert!(mesh.joints.iter().flatten().all(|joint| usize::from(*joint) < bones));
        assert!(mesh.positions.iter().flatten().all(|v| v.is_finite()));
        assert!(mesh.material < model.body.materials.len());
        assert_eq!((mesh.normals.len(), mesh.uvs.len(), mesh.weights.len()), (count, count, count));
        for target in &mesh.targets {
            assert!(target.vertices.last().is_none_or(|last| (*last as usize) < count));
        }
    }
    let mut out = MorphWeights::default();
    ExpressionMap::new(&model).apply(&reverie_avatar::FaceWeights([0.5; 52]), &[], &mut out);
    assert!(out.targets.iter().flatten().all(|w| w.is_finite()));
    let springs = &model.extras.springs;
    let mut places = reverie_body::vrm::BonePlaces::rest(&model.body.skeleton);
    let mut state = reverie_body::vrm::SpringState::new(springs, &model.body.skeleton, &places);
    for _ in 0..3 {
        state.step(springs, &model.body.skeleton, &mut places, 0.016);
    }
    assert!(places.positions.iter().all(|place| place.is_finite()));
    true
}

/// `REVERIE_FUZZ_CASES` runs more of them: `REVERIE_FUZZ_CASES=100000 cargo test -p reverie_body fuzz`.
fn cases() -> u32 {
    let given = std::env::var("REVERIE_FUZZ_CASES").ok();
    given.and_then(|cases| cases.parse().ok()).unwrap_or(300)
}

#[test]
fn fuzzed_files_are_read_or_refused() {
    let files = [File::of(&box_person()), vrm0()];
    let whole = files.each_ref().map(File::bytes);
    let spots = files.each_ref().map(|file| {
        let mut out = Vec::new();
        places(&file.json, &mut Vec::new(), &mut out);
        // Half of all changes go to the extensions, where they matter most.
        let (inner, outer): (Vec<_>, Vec<_>) =
            out.into_iter().partition(|place| place.starts_with("/extensions"));
        [inner, outer]
    });
    let mut runner = TestRunner::new(Config { cases: cases(), ..Config::default() });
    let changes = proptest::collection::vec((any::<bool>(), any::<Index>(), odd_values()), 1..4);
    let flips = proptest::collection::vec((any::<Index>(), any::<u8>()), 0..6);
    let strategy = (0..2usize, 0..4u8, any::<Index>(), changes, flips);
    let read = std::cell::Cell::new(0u32);
    runner
        .run(&strategy, |(which, kind, cut, changes, flips)| {
            let mut bytes = match kind {
                0 => whole[which][..cut.index(whole[which].len())].to_vec(),
                1 => whole[which].clone(),
                _ => {
                    let mut file = files[which].clone();
                    for (inner, spot, value) in &changes {
                        let list = &spots[which][usize::from(!inner)];
                        if let Some(slot) = file.json.pointer_mut(&list[spot.index(list.len())]) {
                            *slot = value.clone();
                        }
                    }
                    file.bytes()
                }
            };
            if kind != 2 && !bytes.is_empty() {
                for (at, byte) in &flips {
                    // Most of a file is numbers; the JSON before them matters more.
                    let span = if byte % 2 == 0 { bytes.len() } else { bytes.len().min(20_000) };
                    bytes[at.index(span)] ^= byte;
                }
            }
            read.set(read.get() + u32::from(use_it(&bytes)));
            Ok(())
        })
        .unwrap();
    let read = read.get();
    eprintln!("{read} of {} were read, the others refused", cases());
    assert!(read > cases() / 20 && read < cases(), "{read} of {} were read", cases());
}
