use super::kit::{File, box_person, vrm0};
use glam::{Mat4, Quat, Vec3};
use reverie_avatar::{FaceShape, HumanBone};
use reverie_body::vrm::{LookAtKind, Model, Origin, Preset, arkit_shape};
use serde_json::json;

fn read(file: &File) -> Model {
    Model::from_bytes("test", &file.bytes()).unwrap()
}

fn close(a: Vec3, b: Vec3) -> bool {
    a.distance(b) < 1e-4
}

#[test]
fn old_files_are_turned_and_their_lists_understood() {
    let body = box_person();
    let model = read(&vrm0());
    assert_eq!(model.extras.origin, Origin::Vrm0);
    for bone in HumanBone::ALL {
        assert!(close(model.body.rig.rest(bone), body.rig.rest(bone)), "{}", bone.name());
    }
    for (a, b) in body.meshes.iter().zip(&model.body.meshes) {
        for (a, b) in a.positions.iter().zip(&b.positions) {
            assert!(close(Vec3::from_array(*a), Vec3::from_array(*b)));
        }
    }
    let (smile, target) = (FaceShape::MouthSmileLeft as usize, &model.body.meshes[1].targets);
    let (a, b) = (body.meshes[1].targets[smile].positions[1], target[smile].positions[1]);
    assert!(close(Vec3::from_array(a), Vec3::from_array(b)), "{a:?} {b:?}");

    let expression = |preset: Preset| {
        model.extras.expressions.iter().find(|e| e.preset == Some(preset)).unwrap()
    };
    assert_eq!(expression(Preset::Aa).binds[0].weight, 1.0);
    assert_eq!(expression(Preset::Blink).binds[0].weight, 0.5);
    assert!(expression(Preset::Happy).is_binary);
    let tongue = &model.extras.expressions[3];
    assert_eq!((tongue.preset, tongue.shape), (None, Some(FaceShape::TongueOut)));

    let look = &model.extras.look_at;
    assert_eq!(look.kind, LookAtKind::Bone);
    assert!(close(look.offset_from_head, Vec3::new(-0.01, 0.06, 0.07)));
    let half = 45f32.to_radians();
    assert!((look.inner.map(half).to_degrees() - 6.0).abs() < 1e-3);
    // A curve that rises slowly and then steeply: 2 t^3 - 3 t^2 ... with slope 1 at its end.
    let quarter = look.outer.map(22.5f32.to_radians()).to_degrees();
    assert!(quarter > 0.0 && quarter < 2.5, "{quarter}");
    assert!((look.up.map(30f32.to_radians()).to_degrees() - 4.5).abs() < 1e-3);

    let meta = model.extras.meta.unwrap();
    assert_eq!((meta.name.as_str(), meta.licence_name.as_str()), ("Old box", "CC_BY"));
    assert_eq!(meta.credit, "required");

    let springs = &model.extras.springs;
    assert!(close(springs.colliders[0].offset, Vec3::new(-0.1, 0.2, 0.3)));
    let joints = &springs.springs[0].joints;
    assert_eq!(joints.len(), 3);
    assert!(close(joints[0].gravity_dir, Vec3::NEG_X));
    let rest = |bone| body.rig.rest(bone);
    let tail = rest(HumanBone::LeftIndexIntermediate) - rest(HumanBone::LeftIndexProximal);
    assert!(close(joints[0].tail, tail));
    assert!((joints[2].tail.length() - 0.07).abs() < 1e-5, "the tip goes on");
    assert_eq!(springs.springs[0].center, None);
}

/// A skeleton as other tools make them: centimetres, Z up under a turned root, arms that hang, bones
/// with rest rotations.
fn mixamo() -> File {
    let mut file = File::of(&box_person());
    let root = file.json.as_object_mut().unwrap();
    root.remove("extensions");
    root.remove("extensionsUsed");
    let name = |bone: HumanBone| -> Option<String> {
        use HumanBone::*;
        let middle = match bone {
            Hips => "Hips",
            Spine => "Spine",
            Chest => "Spine1",
            UpperChest => "Spine2",
            Neck => "Neck",
            Head => "Head",
            _ => "",
        };
        let stem = match bone.name().trim_start_matches("left").trim_start_matches("right") {
            _ if !middle.is_empty() => middle,
            "Shoulder" => "Shoulder",
            "UpperArm" => "Arm",
            "LowerArm" => "ForeArm",
            "Hand" => "Hand",
            "UpperLeg" => "UpLeg",
            "LowerLeg" => "Leg",
            "Foot" => "Foot",
            "Toes" => "ToeBase",
            "IndexProximal" => "HandIndex1",
            "LittleDistal" => "HandPinky3",
            "ThumbMetacarpal" => "HandThumb1",
            _ => return None,
        };
        let side = match bone.name() {
            name if name.starts_with("left") => "Left",
            name if name.starts_with("right") => "Right",
            _ => "",
        };
        Some(format!("mixamorig:{side}{stem}"))
    };
    let body = box_person();
    let place = |bone: HumanBone| body.rig.rest(bone);
    let up = Quat::from_rotation_x(-std::f32::consts::FRAC_PI_2);
    let top = Mat4::from_scale_rotation_translation(Vec3::splat(0.01), up, Vec3::ZERO);
    // Arms hang by 60 degrees about the shoulder; every bone has some rotation of its own.
    let world = |bone: HumanBone| {
        let own = Quat::from_rotation_y(0.3 * bone as usize as f32);
        let base = Mat4::from_scale_rotation_translation(Vec3::splat(0.01), own, place(bone));
        let side = if bone.name().starts_with("left") { -1.0 } else { 1.0 };
        let arm = if side < 0.0 { HumanBone::LeftUpperArm } else { HumanBone::RightUpperArm };
        let hangs = std::iter::successors(Some(bone), |b| b.parent()).any(|b| b == arm);
        if !hangs {
            return base;
        }
        let about = place(arm);
        Mat4::from_translation(about)
            * Mat4::from_rotation_z(side * 60f32.to_radians())
            * Mat4::from_translation(-about)
            * base
    };
    let mut inverse = Vec::new();
    for bone in HumanBone::ALL {
        let node = &mut file.json["nodes"][bone as usize];
        let above = bone.parent().map_or(top, world);
        let local = above.inverse() * world(bone);
        let (scale, rotation, translation) = local.to_scale_rotation_translation();
        node["name"] = name(bone).unwrap_or_else(|| "other".to_owned()).into();
        node["rotation"] = json!(rotation.normalize().to_array());
        node["translation"] = json!(translation.to_array());
        node["scale"] = json!(scale.to_array());
        // Bound in the T-pose, at rest in the pose that hangs.
        let own = Quat::from_rotation_y(0.3 * bone as usize as f32);
        let bound = Mat4::from_scale_rotation_translation(Vec3::splat(0.01), own, place(bone));
        inverse.extend(bound.inverse().to_cols_array().into_iter().flat_map(f32::to_le_bytes));
    }
    let view = file.add(&inverse);
    let matrices = file.add_accessor(
        json!({ "bufferView": view, "componentType": 5126, "count": 55, "type": "MAT4" }),
    );
    file.json["skins"][0]["inverseBindMatrices"] = matrices.into();
    let nodes = file.json["nodes"].as_array_mut().unwrap();
    nodes.push(json!({
        "name": "Armature", "children": [0], "scale": [0.01, 0.01, 0.01], "rotation": up.to_array(),
    }));
    let armature = nodes.len() - 1;
    file.json["scenes"][0]["nodes"][0] = armature.into();
    let names = &mut file.json["meshes"][1]["extras"]["targetNames"];
    for name in names.as_array_mut().unwrap() {
        let other = name.as_str().unwrap().replace("Left", "_L").replace("Right", "_R");
        *name = format!("head_blendShape.{other}").into();
    }
    file
}

#[test]
fn plain_gltf_is_known_by_its_names_and_brought_into_the_t_pose() {
    let body = box_person();
    let model = read(&mixamo());
    assert_eq!(model.extras.origin, Origin::Gltf);
    use HumanBone::*;
    for bone in [
        Hips,
        Spine,
        Chest,
        UpperChest,
        Neck,
        Head,
        LeftUpperArm,
        LeftLowerArm,
        LeftHand,
        RightLowerArm,
        RightHand,
        LeftUpperLeg,
        RightFoot,
        LeftToes,
        LeftIndexProximal,
        RightLittleDistal,
        LeftThumbMetacarpal,
    ] {
        assert!(model.body.rig.has(bone), "{}", bone.name());
        let (a, b) = (model.body.rig.rest(bone), body.rig.rest(bone));
        // The test person's elbows are a little bent, which the T-pose straightens.
        assert!(a.distance(b) < 0.02, "{}: {a} {b}", bone.name());
    }
    for (a, b) in body.meshes.iter().zip(&model.body.meshes) {
        for (a, b) in a.positions.iter().zip(&b.positions) {
            let apart = Vec3::from_array(*a).distance(Vec3::from_array(*b));
            assert!(apart < 0.02, "{a:?} {b:?}");
        }
    }
    for target in &model.body.meshes[1].targets {
        assert!(target.shape.is_some(), "{}", target.name);
    }
    assert!(model.warnings.iter().any(|w| w.reason.contains("T-pose")));
    assert!(model.body.skeleton.bones.iter().all(|bone| bone.rotation == Quat::IDENTITY));
}

#[test]
fn a_head_alone_has_a_face() {
    let mut file = mixamo();
    for node in file.json["nodes"].as_array_mut().unwrap() {
        if node["name"] != "mixamorig:Head" {
            node["name"] = "thing".into();
        }
    }
    let model = read(&file);
    assert_eq!(model.body.meshes[1].targets[0].shape, Some(FaceShape::EyeBlinkLeft));
    let head = box_person().rig.rest(HumanBone::Head);
    assert!(close(model.body.rig.rest(HumanBone::Head), head));
    assert!(model.warnings.iter().any(|w| w.reason.contains("no whole body")));
}

#[test]
fn shapes_are_known_however_they_are_written() {
    for (name, shape) in [
        ("jawOpen", FaceShape::JawOpen),
        ("JawOpen", FaceShape::JawOpen),
        ("eyeBlink_L", FaceShape::EyeBlinkLeft),
        ("EyeBlink_R", FaceShape::EyeBlinkRight),
        ("eye_blink_left", FaceShape::EyeBlinkLeft),
        ("blendShape1.mouthSmileRight", FaceShape::MouthSmileRight),
        ("head_jawOpen", FaceShape::JawOpen),
        ("MOUTHCLOSE", FaceShape::MouthClose),
        ("mouthLeft", FaceShape::MouthLeft),
        ("Mesh:tongueOut", FaceShape::TongueOut),
    ] {
        assert_eq!(arkit_shape(name), Some(shape), "{name}");
    }
    for name in ["", "A", "Fcl_MTH_A", "smile", "target 3", "jaw", "Left"] {
        assert_eq!(arkit_shape(name), None, "{name}");
    }
}

#[test]
fn numbers_may_be_small_integers_and_data_may_be_in_the_json() {
    let plain = read(&File::of(&box_person()));
    let mut file = File::of(&box_person());
    // Positions as normalised 16-bit integers under a scaled node, weights and coordinates too.
    let fringe = 2;
    let primitive = file.json["meshes"][fringe]["primitives"][0].clone();
    let mut attributes = primitive["attributes"].clone();
    let mesh = &box_person().meshes[fringe];
    let short = |values: &[f32]| -> Vec<u8> {
        let quantised = |v: &f32| ((v * 32767.0).round() as i16).to_le_bytes();
        values.iter().flat_map(quantised).collect()
    };
    let padded: Vec<[f32; 4]> =
        mesh.positions.iter().map(|[x, y, z]| [x / 2.0, y / 2.0, z / 2.0, 0.0]).collect();
    let view = file.add(&short(padded.as_flattened()));
    file.json["bufferViews"][view]["byteStride"] = 8.into();
    let count = mesh.positions.len();
    attributes["POSITION"] = file
        .add_accessor(json!({ "bufferView": view, "componentType": 5122, "normalized": true,
            "count": count, "type": "VEC3" }))
        .into();
    let uvs: Vec<u8> = mesh.uvs.iter().flatten().map(|v| (v * 255.0) as u8).collect();
    let view = file.add(&uvs);
    attributes["TEXCOORD_0"] = file
        .add_accessor(json!({ "bufferView": view, "componentType": 5121, "normalized": true,
            "count": count, "type": "VEC2" }))
        .into();
    attributes.as_object_mut().unwrap().remove("JOINTS_0");
    attributes.as_object_mut().unwrap().remove("WEIGHTS_0");
    file.json["meshes"][fringe]["primitives"][0]["attributes"] = attributes;
    // The mesh hangs rigidly on a node of the head.
    let head = box_person().rig.rest(HumanBone::Head);
    let node = HumanBone::COUNT + fringe;
    let place = (-head).to_array();
    file.json["nodes"][node] = json!({ "mesh": fringe, "scale": [2, 2, 2], "translation": place });
    let children = file.json["nodes"][HumanBone::Head as usize]["children"].as_array_mut().unwrap();
    children.push(node.into());
    file.json["scenes"][0]["nodes"]
        .as_array_mut()
        .unwrap()
        .retain(|n| n.as_u64() != Some(node as u64));
    let model = read(&file);
    let (a, b) = (&plain.body.meshes[fringe], &model.body.meshes[fringe]);
    for (a, b) in a.positions.iter().zip(&b.positions) {
        assert!(Vec3::from_array(*a).distance(Vec3::from_array(*b)) < 1e-4, "{a:?} {b:?}");
    }
    let bone = &model.body.skeleton.bones[usize::from(b.joints[0][0])];
    let above = &model.body.skeleton.bones[bone.parent.unwrap()];
    assert_eq!(above.human, Some(HumanBone::Head));

    // The same as JSON with the data in it.
    use base64::{Engine, engine::general_purpose::STANDARD};
    let data = format!("data:application/octet-stream;base64,{}", STANDARD.encode(&file.bin));
    file.json["buffers"][0]["uri"] = data.into();
    let json = Model::from_bytes("test.gltf", file.json.to_string().as_bytes()).unwrap();
    assert_eq!(json.body.fingerprint(), model.body.fingerprint());
}

#[test]
fn pictures_that_cannot_be_read_are_left_out_with_a_warning() {
    let picture =
        image::RgbImage::from_fn(8, 8, |x, y| image::Rgb([x as u8 * 30, y as u8 * 30, 9]));
    let encode = |format| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    };
    let with = |bytes: &[u8]| {
        let mut file = File::of(&box_person());
        let view = file.add(bytes);
        file.json["images"][0] = json!({ "bufferView": view, "mimeType": "image/png" });
        read(&file)
    };
    let jpeg = with(&encode(image::ImageFormat::Jpeg));
    assert_eq!((jpeg.body.textures[0].width, jpeg.warnings.len()), (8, 0));
    for (bytes, reason) in [
        (encode(image::ImageFormat::Gif), "neither PNG, JPEG nor WebP"),
        (b"nothing".to_vec(), "neither PNG, JPEG nor WebP"),
        (encode(image::ImageFormat::Png)[..40].to_vec(), "images[0]"),
        // A picture of 60,000 x 60,000 pixels, as it says.
        (
            {
                let mut png = encode(image::ImageFormat::Png);
                png[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
                png
            },
            "images[0]",
        ),
    ] {
        let model = with(&bytes);
        let warning = model.warnings.iter().map(ToString::to_string).find(|w| w.contains(reason));
        assert!(warning.is_some(), "{:?}", model.warnings);
        assert_eq!(model.body.materials[0].base_texture, None);
        assert_eq!(model.body.textures.len(), 2);
    }
}

#[test]
fn what_is_unknown_is_named_and_the_rest_goes_on() {
    let mut file = File::of(&box_person());
    let vrm = &mut file.json["extensions"]["VRMC_vrm"];
    vrm["expressions"]["preset"]["smug"] =
        json!({ "morphTargetBinds": [{ "node": 999, "index": 0, "weight": 1 }] });
    vrm["expressions"]["custom"] = json!({ "wink": {
        "isBinary": true, "overrideMouth": "block",
        "morphTargetBinds": [{ "node": 56, "index": 0, "weight": 0.5 }, { "node": 56, "index": 99 }],
        "materialColorBinds": [{ "material": 0, "type": "color", "targetValue": [1, 0, 0, 1] }],
    } });
    vrm["humanoid"]["humanBones"]["tail"] = json!({ "node": 3 });
    file.json["nodes"][4]["extensions"] = json!({ "VRMC_node_constraint": {} });
    let model = read(&file);
    let warnings: Vec<String> = model.warnings.iter().map(ToString::to_string).collect();
    for part in [
        "humanBones.tail: is no bone",
        "preset.smug: is no preset",
        "expressions.smug.morphTargetBinds[0]: names no morph target",
        "expressions.wink.morphTargetBinds[1]: names no morph target",
        "expressions.wink.materialColorBinds: is not supported",
        "VRMC_node_constraint: is not supported",
    ] {
        assert!(warnings.iter().any(|w| w.contains(part)), "{part}: {warnings:?}");
    }
    let wink = model.extras.expressions.iter().find(|e| e.name == "wink").unwrap();
    assert_eq!((wink.is_binary, wink.binds.len()), (true, 1));
}
