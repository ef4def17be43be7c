use super::kit::{File, box_person};
use reverie_avatar::{FaceShape, HumanBone};
use reverie_body::{
    AvatarSpec, Body,
    vrm::{LookAtKind, Meta, Model, Origin, Preset, save_vrm, vrm_bytes},
};

fn near(a: &[f32], b: &[f32], what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() < 1e-5, "{what}: {a} {b}");
    }
}

#[test]
fn what_goes_out_comes_back() {
    let body = box_person();
    let bytes = vrm_bytes(&body, &Meta::public_domain("Box")).unwrap();
    let model = Model::from_bytes("box.vrm", &bytes).unwrap();
    assert_eq!(model.warnings, []);
    assert_eq!(model.extras.origin, Origin::Vrm1);
    assert_eq!(model.body.name, "Box");
    for (a, b) in body.skeleton.bones.iter().zip(&model.body.skeleton.bones) {
        assert_eq!((a.human, a.name.as_str()), (b.human, b.name.as_str()));
        let parent = |skeleton: &reverie_body::Skeleton, at: Option<usize>| {
            at.and_then(|at| skeleton.bones[at].human)
        };
        assert_eq!(parent(&body.skeleton, a.parent), parent(&model.body.skeleton, b.parent));
        near(&a.position.to_array(), &b.position.to_array(), &a.name);
    }
    assert_eq!(body.skeleton.bones.len(), model.body.skeleton.bones.len());
    for (a, b) in body.meshes.iter().zip(&model.body.meshes) {
        assert_eq!((&a.name, a.material, &a.indices), (&b.name, b.material, &b.indices));
        near(a.positions.as_flattened(), b.positions.as_flattened(), &a.name);
        near(a.normals.as_flattened(), b.normals.as_flattened(), &a.name);
        near(a.uvs.as_flattened(), b.uvs.as_flattened(), &a.name);
        near(a.tangents.as_flattened(), b.tangents.as_flattened(), &a.name);
        near(a.weights.as_flattened(), b.weights.as_flattened(), &a.name);
        assert_eq!(a.joints, b.joints);
        assert_eq!(a.targets.len(), b.targets.len());
        for (a, b) in a.targets.iter().zip(&b.targets) {
            assert_eq!((&a.name, a.shape, &a.vertices), (&b.name, b.shape, &b.vertices));
            near(a.positions.as_flattened(), b.positions.as_flattened(), &a.name);
            near(a.normals.as_flattened(), b.normals.as_flattened(), &a.name);
        }
    }
    assert_eq!(body.materials, model.body.materials[..3]);
    assert_eq!(body.textures, model.body.textures);
}

#[test]
fn a_file_says_what_vrm_wants_to_know() {
    let body = box_person();
    let bytes = vrm_bytes(&body, &Meta::public_domain("Box")).unwrap();
    let extras = Model::from_bytes("box.vrm", &bytes).unwrap().extras;
    let meta = extras.meta.unwrap();
    assert_eq!(meta.who_may_use, "everyone");
    assert!(meta.redistribution && meta.commercial_usage == "corporation");
    let names: Vec<_> = extras.expressions.iter().filter_map(|e| e.preset).collect();
    assert_eq!(names, Preset::ALL);
    let shapes: Vec<_> = extras.expressions.iter().filter_map(|e| e.shape).collect();
    assert!(shapes.len() == 52 && FaceShape::ALL.iter().all(|shape| shapes.contains(shape)));
    let blink = &extras.expressions[Preset::Blink as usize];
    let moved: Vec<_> = blink.binds.iter().map(|bind| (bind.mesh, bind.target)).collect();
    let [left, right] = [FaceShape::EyeBlinkLeft, FaceShape::EyeBlinkRight].map(|s| s as usize);
    assert_eq!(moved, [(1, left), (1, right)]);
    assert_eq!(extras.look_at.kind, LookAtKind::Bone);
    let [left, right] = extras.look_at.eyes(0.3, -0.2);
    for (eye, yaw) in [(left, 0.3), (right, 0.3)] {
        assert!((eye.yaw - yaw).abs() < 1e-5 && (eye.pitch + 0.2).abs() < 1e-5, "{eye:?}");
    }
    let [left, right] = extras.look_at.eyes(2.0, 2.0);
    assert!((left.yaw.to_degrees() - 35.0).abs() < 1e-3, "outwards");
    assert!((right.yaw.to_degrees() - 30.0).abs() < 1e-3, "inwards");
}

#[test]
fn the_same_body_gives_the_same_bytes_and_targets_stay_small() {
    let body = box_person();
    let meta = Meta::public_domain("Box");
    let bytes = vrm_bytes(&body, &meta).unwrap();
    assert_eq!(bytes, vrm_bytes(&body, &meta).unwrap());
    let file = File::split(&bytes);
    let names = &file.json["meshes"][1]["extras"]["targetNames"];
    assert_eq!(names.as_array().unwrap().len(), 52);
    for target in file.json["meshes"][1]["primitives"][0]["targets"].as_array().unwrap() {
        let accessor = &file.json["accessors"][target["POSITION"].as_u64().unwrap() as usize];
        assert_eq!(accessor["sparse"]["count"], 3);
        assert_eq!(accessor.get("bufferView"), None);
    }
    let text = file.json.to_string();
    assert!(!text.contains("unlit"));
    for bone in HumanBone::ALL {
        let node =
            file.json["extensions"]["VRMC_vrm"]["humanoid"]["humanBones"][bone.name()]["node"]
                .as_u64()
                .unwrap();
        assert_eq!(file.json["nodes"][node as usize].get("rotation"), None);
    }
}

#[test]
fn files_are_there_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.vrm");
    let meta = Meta::public_domain("Box");
    save_vrm(&box_person(), &meta, &path).unwrap();
    let model = Model::load(&path).unwrap();
    assert_eq!(model.body.meshes.len(), 3);
    let mut broken = box_person();
    broken.meshes[0].indices[0] = 1_000_000;
    let error = save_vrm(&broken, &meta, &folder.path().join("no.vrm")).unwrap_err().to_string();
    assert!(error.contains("no.vrm: meshes[0]: a triangle has a corner"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let missing = Model::load(&folder.path().join("none.vrm")).unwrap_err().to_string();
    assert!(missing.contains("none.vrm: "), "{missing}");
}

#[test]
fn a_person_of_the_creator_comes_back() {
    let body = Body::build(&crate::PACK, &AvatarSpec::default()).unwrap();
    let bytes = vrm_bytes(&body, &Meta::public_domain(&body.name)).unwrap();
    assert!(bytes.len() < 12 << 20, "{} bytes", bytes.len());
    let model = Model::from_bytes("person.vrm", &bytes).unwrap();
    assert_eq!(model.warnings, []);
    assert_eq!(model.extras.expressions.len(), 18 + 52);
    assert!(model.extras.expressions.iter().all(|e| e.binds.is_empty() == (e.name == "neutral")));
    let sorted = |body: &Body| {
        let mut bones: Vec<_> = body.skeleton.bones.iter().map(|b| b.name.clone()).collect();
        bones.sort();
        bones
    };
    assert_eq!(sorted(&body), sorted(&model.body));
    for bone in HumanBone::ALL {
        assert!(body.rig.rest(bone).distance(model.body.rig.rest(bone)) < 1e-5);
    }
    assert_eq!(body.meshes.len(), model.body.meshes.len());
    for a in &body.meshes {
        let b = model.body.meshes.iter().find(|b| b.name == a.name).unwrap();
        near(a.positions.as_flattened(), b.positions.as_flattened(), &a.name);
        assert_eq!(a.indices, b.indices);
        for (a, b) in a.targets.iter().zip(&b.targets) {
            assert_eq!((&a.name, a.shape), (&b.name, b.shape));
            let moved = |t: &reverie_body::MorphTarget| -> f32 {
                t.positions.iter().flatten().map(|v| v.abs()).sum()
            };
            assert!((moved(a) - moved(b)).abs() < 1e-3 * (1.0 + moved(a)), "{}", a.name);
        }
    }
}

#[test]
fn a_body_without_a_head_is_refused() {
    let mut body = box_person();
    body.skeleton.bones[HumanBone::Head as usize].human = None;
    let error = vrm_bytes(&body, &Meta::default()).unwrap_err().to_string();
    assert_eq!(error, "skeleton: bone head is missing");
}
