//! VRM 1.0 and VRM Animation 1.0 out.

mod animation;
mod glb;
mod surface;

use super::{
    error::{FileError, Problem},
    extras::{FirstPerson, Meta, Preset},
    look_at::{LookAt, LookAtKind, RangeMap},
    presets::recipe,
};
use crate::{Body, BodyMesh, Substance};
pub use animation::vrma_bytes;
use glam::Vec3;
use glb::{Glb, Target, num, nums};
use reverie_avatar::{FaceShape, HumanBone, Rig};
use serde_json::{Map, Value, json};
use std::{io::Write, path::Path};
use surface::Surfaces;

/// Turns of normals smaller than this are not worth their bytes.
const LEAST_TURN: f32 = 1e-4;

/// A body as a VRM 1.0 file: humanoid in the T-pose, morph targets as they are (the 52 of ARKit by name),
/// VRM's presets made of them and expressions with ARKit's names, eyes that turn by their bones. The same body gives the same bytes.
///
/// Fails on bodies that lack bones which VRM demands, on meshes whose lists do not fit one another, on
/// pictures of the wrong size, and beyond 4 GiB.
pub fn vrm_bytes(body: &Body, meta: &Meta) -> Result<Vec<u8>, Problem> {
    for bone in HumanBone::ALL {
        if bone.is_required() && body.skeleton.find(bone).is_none() {
            return Err(Problem::field("skeleton", format!("bone {} is missing", bone.name())));
        }
    }
    for (at, mesh) in body.meshes.iter().enumerate() {
        check(body, mesh).map_err(|reason| Problem::field(format!("meshes[{at}]"), reason))?;
    }
    let mut glb = Glb::default();
    let bones = body.skeleton.bones.len();
    let mut nodes: Vec<Value> = (0..bones).map(|bone| bone_node(body, bone)).collect();
    let mut roots: Vec<usize> =
        (0..bones).filter(|bone| body.skeleton.bones[*bone].parent.is_none()).collect();
    let mut meshes = Vec::new();
    for mesh in &body.meshes {
        roots.push(nodes.len());
        nodes.push(json!({ "name": mesh.name, "mesh": meshes.len(), "skin": 0 }));
        meshes.push(mesh_json(&mut glb, body, mesh));
    }
    let inverse: Vec<[f32; 16]> = (body.skeleton.bones.iter())
        .map(|bone| glam::Mat4::from_translation(-bone.position).to_cols_array())
        .collect();
    let inverse = glb.floats(&inverse, None, false);
    let Surfaces { materials, textures, images } = surface::surfaces(&mut glb, body)?;
    let mut root = json!({
        "asset": { "version": "2.0", "generator": concat!("reverie_body ", env!("CARGO_PKG_VERSION")) },
        "scene": 0,
        "scenes": [{ "nodes": roots }],
        "nodes": nodes,
        "meshes": meshes,
        "skins": [{ "inverseBindMatrices": inverse, "joints": (0..bones).collect::<Vec<_>>() }],
        "materials": materials,
        "extensionsUsed": ["VRMC_vrm"],
        "extensions": { "VRMC_vrm": vrm_json(body, meta) },
    });
    if !textures.is_empty() {
        root["images"] = Value::Array(images);
        root["textures"] = Value::Array(textures);
        root["samplers"] =
            json!([{ "magFilter": 9729, "minFilter": 9987, "wrapS": 10497, "wrapT": 10497 }]);
    }
    glb.finish(root).ok_or_else(|| Problem::field("file", "is larger than 4 GiB"))
}

/// [`vrm_bytes`] into a file, which is there whole or not at all.
pub fn save_vrm(body: &Body, meta: &Meta, path: &Path) -> Result<(), FileError> {
    let bytes = vrm_bytes(body, meta).map_err(|problem| FileError::new(path, problem))?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".reverie-").suffix(".partial");
        // Temporary files are private by default; this one becomes an ordinary file.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(folder)?;
        file.write_all(&bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|e| e.error)?;
        Ok(())
    };
    write().map_err(|e: std::io::Error| FileError::new(path, e))
}

fn check(body: &Body, mesh: &BodyMesh) -> Result<(), String> {
    let count = mesh.positions.len();
    let lists = [
        ("normals", mesh.normals.len(), false),
        ("tangents", mesh.tangents.len(), true),
        ("uvs", mesh.uvs.len(), true),
        ("joints", mesh.joints.len(), false),
        ("weights", mesh.weights.len(), false),
    ];
    for (name, len, optional) in lists {
        if len != count && !(optional && len == 0) {
            return Err(format!("{len} {name} for {count} positions"));
        }
    }
    if count == 0 || mesh.indices.is_empty() || !mesh.indices.len().is_multiple_of(3) {
        return Err("has no triangles".to_owned());
    }
    if mesh.indices.iter().any(|index| *index as usize >= count) {
        return Err("a triangle has a corner that does not exist".to_owned());
    }
    let bones = body.skeleton.bones.len();
    if mesh.joints.iter().flatten().any(|joint| usize::from(*joint) >= bones) {
        return Err(format!("hangs on a bone beyond the {bones}"));
    }
    if mesh.material >= body.materials.len() {
        return Err(format!("has no material {}", mesh.material));
    }
    let numbers = mesh.positions.iter().chain(&mesh.normals).flatten();
    if numbers.chain(mesh.uvs.iter().flatten()).any(|v| !v.is_finite()) {
        return Err("has places that are no numbers".to_owned());
    }
    for target in &mesh.targets {
        let len = target.vertices.len();
        let rises = target.vertices.windows(2).all(|pair| pair[0] < pair[1]);
        if target.positions.len() != len || target.normals.len() != len || !rises {
            return Err(format!("target {} is not sparse", target.name));
        }
        if target.vertices.last().is_some_and(|last| *last as usize >= count) {
            return Err(format!("target {} moves vertices that do not exist", target.name));
        }
        if target.positions.iter().chain(&target.normals).flatten().any(|v| !v.is_finite()) {
            return Err(format!("target {} moves to places that are no numbers", target.name));
        }
    }
    Ok(())
}

fn bone_node(body: &Body, at: usize) -> Value {
    let bones = &body.skeleton.bones;
    let bone = &bones[at];
    let parent = bone.parent.map_or(Vec3::ZERO, |parent| bones[parent].position);
    let offset = bone.position - parent;
    let mut node = json!({ "name": bone.name, "translation": nums(&offset.to_array()) });
    let children: Vec<usize> = (0..bones.len()).filter(|b| bones[*b].parent == Some(at)).collect();
    if !children.is_empty() {
        node["children"] = json!(children);
    }
    node
}

fn mesh_json(glb: &mut Glb, body: &Body, mesh: &BodyMesh) -> Value {
    let count = mesh.positions.len();
    let unit = |v: &[f32; 3]| Vec3::from_array(*v).try_normalize().unwrap_or(Vec3::Y).to_array();
    let normals: Vec<[f32; 3]> = mesh.normals.iter().map(unit).collect();
    let (joints, weights): (Vec<_>, Vec<_>) =
        mesh.joints.iter().zip(&mesh.weights).map(|(j, w)| influences(*j, *w)).unzip();
    let vertices = Some(Target::Vertices);
    let mut attributes = json!({
        "POSITION": glb.floats(&mesh.positions, vertices, true),
        "NORMAL": glb.floats(&normals, vertices, false),
        "JOINTS_0": glb.joints(&joints, body.skeleton.bones.len()),
        "WEIGHTS_0": glb.floats(&weights, vertices, false),
    });
    if !mesh.uvs.is_empty() {
        attributes["TEXCOORD_0"] = json!(glb.floats(&mesh.uvs, vertices, false));
    }
    let bumpy = body.materials[mesh.material].normal_texture.is_some();
    if !mesh.tangents.is_empty() && bumpy {
        let tangents: Vec<[f32; 4]> = (mesh.tangents.iter())
            .map(|[x, y, z, sign]| {
                let along = Vec3::new(*x, *y, *z).try_normalize().unwrap_or(Vec3::X);
                along.extend(if *sign < 0.0 { -1.0 } else { 1.0 }).to_array()
            })
            .collect();
        attributes["TANGENT"] = json!(glb.floats(&tangents, vertices, false));
    }
    let mut primitive = json!({
        "attributes": attributes,
        "indices": glb.indices(&mesh.indices, count),
        "material": mesh.material,
        "mode": 4,
    });
    let mut json = json!({ "name": mesh.name });
    if !mesh.targets.is_empty() {
        let mut targets = Vec::new();
        for target in &mesh.targets {
            let turns = target.normals.iter().flatten().any(|v| v.abs() > LEAST_TURN);
            let places = match target.vertices.is_empty() {
                true => (0, 0),
                false => glb.places(&target.vertices, count),
            };
            let mut attributes =
                json!({ "POSITION": glb.sparse(places, &target.positions, count, true) });
            if turns {
                attributes["NORMAL"] = json!(glb.sparse(places, &target.normals, count, false));
            }
            targets.push(attributes);
        }
        // All targets of a primitive must have the same attributes.
        if targets.iter().any(|target| target.get("NORMAL").is_some()) {
            for target in &mut targets {
                if target.get("NORMAL").is_none() {
                    target["NORMAL"] = json!(glb.sparse((0, 0), &[], count, false));
                }
            }
        }
        primitive["targets"] = Value::Array(targets);
        let names: Vec<&str> = mesh.targets.iter().map(|target| target.name.as_str()).collect();
        json["extras"] = json!({ "targetNames": names });
        json["weights"] = json!(vec![0; names.len()]);
    }
    json["primitives"] = json!([primitive]);
    json
}

/// Joints once each, weights that sum to 1, joint 0 where nothing hangs.
fn influences(joints: [u16; 4], weights: [f32; 4]) -> ([u16; 4], [f32; 4]) {
    let (mut out, mut shares) = ([0u16; 4], [0.0f32; 4]);
    let mut used = 0;
    for (joint, weight) in joints.into_iter().zip(weights) {
        if weight.is_nan() || weight <= 0.0 {
            continue;
        }
        match out[..used].iter().position(|known| *known == joint) {
            Some(at) => shares[at] += weight,
            None => {
                (out[used], shares[used]) = (joint, weight);
                used += 1;
            }
        }
    }
    let sum: f32 = shares.iter().sum();
    if used == 0 || !sum.is_finite() {
        return ([joints[0], 0, 0, 0], [1.0, 0.0, 0.0, 0.0]);
    }
    (out, shares.map(|share| share / sum))
}

fn vrm_json(body: &Body, meta: &Meta) -> Value {
    let bones: Map<String, Value> = HumanBone::ALL
        .into_iter()
        .filter_map(|bone| {
            Some((bone.name().to_owned(), json!({ "node": body.skeleton.find(bone)? })))
        })
        .collect();
    let presets: Map<String, Value> = Preset::ALL
        .into_iter()
        .map(|p| (p.name().to_owned(), expression(body, recipe(p))))
        .collect();
    // Face tracking programs look for expressions with ARKit's names.
    let custom: Map<String, Value> = FaceShape::ALL
        .into_iter()
        .filter(|shape| {
            body.meshes.iter().any(|m| m.targets.iter().any(|t| t.shape == Some(*shape)))
        })
        .map(|shape| (shape.name().to_owned(), expression(body, &[(shape, 1.0)])))
        .collect();
    let annotations: Vec<Value> = (body.meshes.iter().enumerate())
        .map(|(at, mesh)| {
            let kind = match first_person(body.materials[mesh.material].substance) {
                FirstPerson::ThirdPersonOnly => "thirdPersonOnly",
                FirstPerson::Both => "both",
                _ => "auto",
            };
            json!({ "node": body.skeleton.bones.len() + at, "type": kind })
        })
        .collect();
    json!({
        "specVersion": "1.0",
        "meta": meta_json(body, meta),
        "humanoid": { "humanBones": bones },
        "expressions": { "preset": presets, "custom": custom },
        "lookAt": look_at_json(body),
        "firstPerson": { "meshAnnotations": annotations },
    })
}

/// What is of the head alone hides the view from inside; viewers cut skin and cloth themselves.
fn first_person(substance: Substance) -> FirstPerson {
    match substance {
        Substance::Eye
        | Substance::Cornea
        | Substance::EyeShade
        | Substance::Mouth
        | Substance::Lash
        | Substance::Hair => FirstPerson::ThirdPersonOnly,
        _ => FirstPerson::Auto,
    }
}

fn expression(body: &Body, shapes: &[(FaceShape, f32)]) -> Value {
    let mut binds = Vec::new();
    for (at, mesh) in body.meshes.iter().enumerate() {
        for (shape, weight) in shapes {
            if let Some(index) = mesh.targets.iter().position(|t| t.shape == Some(*shape)) {
                let node = body.skeleton.bones.len() + at;
                binds.push(json!({ "node": node, "index": index, "weight": num(*weight) }));
            }
        }
    }
    let mut json = json!({
        "isBinary": false,
        "overrideBlink": "none", "overrideLookAt": "none", "overrideMouth": "none",
    });
    if !binds.is_empty() {
        json["morphTargetBinds"] = Value::Array(binds);
    }
    json
}

/// The eyes' middle, from the head bone's place.
fn look_at_origin(rig: &Rig) -> Vec3 {
    (rig.eye(0) + rig.eye(1)) / 2.0 - rig.rest(HumanBone::Head)
}

fn look_at_json(body: &Body) -> Value {
    let mut look = LookAt::human(look_at_origin(&body.rig));
    let eyes = [HumanBone::LeftEye, HumanBone::RightEye];
    if !eyes.iter().all(|eye| body.skeleton.find(*eye).is_some()) {
        look.kind = LookAtKind::Expression;
    }
    let bone = look.kind == LookAtKind::Bone;
    let map = |map: &RangeMap| {
        let output = if bone { map.output.to_degrees() } else { 1.0 };
        json!({ "inputMaxValue": num(map.input_max.to_degrees().round()), "outputScale": num(output.round()) })
    };
    json!({
        "type": if bone { "bone" } else { "expression" },
        "offsetFromHeadBone": nums(&look.offset_from_head.to_array()),
        "rangeMapHorizontalInner": map(&look.inner),
        "rangeMapHorizontalOuter": map(&look.outer),
        "rangeMapVerticalDown": map(&look.down),
        "rangeMapVerticalUp": map(&look.up),
    })
}

fn meta_json(body: &Body, meta: &Meta) -> Value {
    let known = |value: &str, all: &[&str]| {
        let found = all.iter().find(|known| **known == value);
        found.copied().unwrap_or(all[0]).to_owned()
    };
    let or =
        |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
    let authors = match meta.authors.is_empty() {
        true => vec!["unknown".to_owned()],
        false => meta.authors.clone(),
    };
    json!({
        "name": or(&meta.name, &body.name),
        "version": or(&meta.version, "1"),
        "authors": authors,
        "licenseUrl": "https://vrm.dev/licenses/1.0/",
        "otherLicenseUrl": or(&meta.licence_url, "https://vrm.dev/licenses/1.0/"),
        "avatarPermission": known(
            &meta.who_may_use, &["onlyAuthor", "onlySeparatelyLicensedPerson", "everyone"]),
        "commercialUsage": known(
            &meta.commercial_usage, &["personalNonProfit", "personalProfit", "corporation"]),
        "creditNotation": known(&meta.credit, &["required", "unnecessary"]),
        "modification": known(
            &meta.modification,
            &["prohibited", "allowModification", "allowModificationRedistribution"]),
        "allowRedistribution": meta.redistribution,
        "allowExcessivelyViolentUsage": meta.violence,
        "allowExcessivelySexualUsage": meta.sexual,
        "allowPoliticalOrReligiousUsage": meta.political,
        "allowAntisocialOrHateUsage": meta.antisocial,
    })
}
