//! A person made of boxes, and files to take apart.

use glam::{Quat, Vec3};
use reverie_avatar::{FaceShape, HumanBone, Rig};
use reverie_body::{
    AlphaMode, Body, BodyMesh, Bone, Material, MorphTarget, Skeleton, Substance, Texture,
    vrm::{Meta, vrm_bytes},
};
use serde_json::Value;

fn material(name: &str, substance: Substance) -> Material {
    Material {
        name: name.to_owned(),
        substance,
        base_colour: [0.8, 0.6, 0.5, 1.0],
        base_texture: Some(0),
        normal_texture: None,
        surface_texture: Some(1),
        roughness: 0.6,
        reflectance: 0.4,
        scatter: [0.5, 0.2, 0.1],
        alpha: AlphaMode::Opaque,
        double_sided: false,
    }
}

fn texture(name: &str, srgb: bool) -> Texture {
    let pixels: Vec<u8> =
        (0..16u8).flat_map(|at| [at * 16, 255 - at * 9, if srgb { 40 } else { 0 }, 255]).collect();
    Texture { name: name.to_owned(), width: 4, height: 4, srgb, pixels: pixels.into() }
}

fn add_box(mesh: &mut BodyMesh, bone: usize, centre: Vec3, half: Vec3) {
    for axis in 0..3 {
        for sign in [-1.0f32, 1.0] {
            let mut normal = Vec3::ZERO;
            normal[axis] = sign;
            let along = Vec3::from_array(std::array::from_fn(|i| f32::from((axis + 1) % 3 == i)));
            let across = normal.cross(along);
            let first = mesh.positions.len() as u32;
            for (u, v) in [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
                let corner = normal + along * u + across * v;
                mesh.positions.push((centre + corner * half).to_array());
                mesh.normals.push(normal.to_array());
                mesh.uvs.push([u / 2.0 + 0.5, v / 2.0 + 0.5]);
                mesh.joints.push([bone as u16, 0, 0, 0]);
                mesh.weights.push([1.0, 0.0, 0.0, 0.0]);
            }
            mesh.indices.extend([0, 1, 2, 0, 2, 3].map(|corner| first + corner));
        }
    }
}

/// A box for every bone, a face with all 52 shapes, and a fringe that is not opaque.
pub fn box_person() -> Body {
    let rig = Rig::adult();
    let index = |bone: HumanBone| bone as usize;
    let bones = HumanBone::ALL
        .map(|bone| Bone {
            name: bone.name().to_owned(),
            human: Some(bone),
            parent: rig.parent(bone).map(index),
            position: rig.rest(bone),
            rotation: Quat::IDENTITY,
        })
        .to_vec();
    let mut body = BodyMesh { name: "body".to_owned(), ..BodyMesh::default() };
    for bone in HumanBone::ALL {
        let small = bone.name().contains("Thumb") || rig.rest(bone).x.abs() > 0.7;
        let half = if small { 0.008 } else { 0.03 };
        add_box(&mut body, index(bone), rig.rest(bone), Vec3::splat(half));
    }
    // Some vertices hang on two bones.
    for vertex in 0..24 {
        body.joints[vertex] = [0, 1, 0, 0];
        body.weights[vertex] = [0.75, 0.25, 0.0, 0.0];
    }
    let mut face = BodyMesh { name: "face".to_owned(), material: 1, ..BodyMesh::default() };
    let head = rig.rest(HumanBone::Head) + Vec3::new(0.0, 0.1, 0.02);
    add_box(&mut face, index(HumanBone::Head), head, Vec3::new(0.07, 0.1, 0.09));
    face.tangents = face.positions.iter().map(|_| [1.0, 0.0, 0.0, 1.0]).collect();
    for (at, shape) in FaceShape::ALL.into_iter().enumerate() {
        let first = at as u32 % 20;
        face.targets.push(MorphTarget {
            name: shape.name().to_owned(),
            shape: Some(shape),
            vertices: vec![first, first + 1, first + 3],
            positions: (0..3).map(|i| [0.001 * (at + i) as f32, -0.01, 0.002]).collect(),
            normals: vec![[0.0, 0.1, 0.0]; 3],
        });
    }
    let mut fringe = BodyMesh { name: "fringe".to_owned(), material: 2, ..BodyMesh::default() };
    add_box(&mut fringe, index(HumanBone::Head), head + Vec3::Y * 0.11, Vec3::splat(0.05));
    let mut hair = material("hair", Substance::Hair);
    hair.alpha = AlphaMode::Blend;
    hair.double_sided = true;
    let mut skin = material("skin", Substance::Skin);
    skin.alpha = AlphaMode::Mask(0.25);
    skin.normal_texture = Some(2);
    Body {
        name: "Box".to_owned(),
        height_m: 1.77,
        rig,
        skeleton: Skeleton { bones },
        meshes: vec![body, face, fringe],
        materials: vec![material("cloth", Substance::Cloth), skin, hair],
        textures: vec![
            texture("colour", true),
            texture("surface", false),
            texture("normals", false),
        ],
    }
}

/// A file in its two parts.
#[derive(Clone)]
pub struct File {
    pub json: Value,
    pub bin: Vec<u8>,
}

impl File {
    pub fn of(body: &Body) -> Self {
        Self::split(&vrm_bytes(body, &Meta::public_domain("Box")).unwrap())
    }

    pub fn split(bytes: &[u8]) -> Self {
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        let json = word(12);
        Self {
            json: serde_json::from_slice(&bytes[20..20 + json]).unwrap(),
            bin: bytes[28 + json..].to_vec(),
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut json = self.json.to_string().into_bytes();
        json.resize(json.len().next_multiple_of(4), b' ');
        let mut file = b"glTF".to_vec();
        let whole = 28 + json.len() + self.bin.len();
        for word in [2, whole, json.len(), 0x4e4f_534a] {
            file.extend((word as u32).to_le_bytes());
        }
        file.extend(&json);
        for word in [self.bin.len(), 0x004e_4942] {
            file.extend((word as u32).to_le_bytes());
        }
        file.extend(&self.bin);
        file
    }

    /// Adds bytes as a buffer view.
    pub fn add(&mut self, bytes: &[u8]) -> usize {
        self.bin.resize(self.bin.len().next_multiple_of(4), 0);
        let view = serde_json::json!({
            "buffer": 0, "byteOffset": self.bin.len(), "byteLength": bytes.len(),
        });
        self.bin.extend(bytes);
        self.json["buffers"][0]["byteLength"] = self.bin.len().into();
        let views = self.json["bufferViews"].as_array_mut().unwrap();
        views.push(view);
        views.len() - 1
    }

    pub fn add_accessor(&mut self, accessor: Value) -> usize {
        let all = self.json["accessors"].as_array_mut().unwrap();
        all.push(accessor);
        all.len() - 1
    }
}

/// The box person as an old file: faces -Z, Unity's ways.
pub fn vrm0() -> File {
    let mut body = box_person();
    let turn = |v: &mut [f32; 3]| (v[0], v[2]) = (-v[0], -v[2]);
    for bone in &mut body.skeleton.bones {
        bone.position *= Vec3::new(-1.0, 1.0, -1.0);
    }
    for mesh in &mut body.meshes {
        mesh.positions.iter_mut().chain(&mut mesh.normals).for_each(turn);
        for target in &mut mesh.targets {
            // Old models have names of their own.
            target.name = format!("shape {}", target.name.to_uppercase().replace('E', "3"));
            target.positions.iter_mut().chain(&mut target.normals).for_each(turn);
        }
    }
    let mut file = File::of(&body);
    let bones: Vec<Value> = HumanBone::ALL
        .iter()
        .map(|bone| {
            let name = match bone.name() {
                "leftThumbMetacarpal" => "leftThumbProximal",
                "leftThumbProximal" => "leftThumbIntermediate",
                "rightThumbMetacarpal" => "rightThumbProximal",
                "rightThumbProximal" => "rightThumbIntermediate",
                other => other,
            };
            serde_json::json!({ "bone": name, "node": *bone as usize, "useDefaultValues": true })
        })
        .collect();
    let group = |name: &str, preset: &str, shape: FaceShape, weight: f32, binary: bool| {
        serde_json::json!({
            "name": name, "presetName": preset, "isBinary": binary, "materialValues": [],
            "binds": [{ "mesh": 1, "index": shape as usize, "weight": weight }],
        })
    };
    file.json["extensionsUsed"] = serde_json::json!(["VRM"]);
    file.json["extensions"] = serde_json::json!({ "VRM": {
        "exporterVersion": "UniVRM-0.62",
        "specVersion": "0.0",
        "meta": {
            "title": "Old box", "author": "Somebody", "version": "3", "licenseName": "CC_BY",
            "allowedUserName": "Everyone", "commercialUssageName": "Allow",
            "violentUssageName": "Disallow", "sexualUssageName": "Disallow",
        },
        "humanoid": { "humanBones": bones },
        "firstPerson": {
            "firstPersonBone": HumanBone::Head as usize,
            "firstPersonBoneOffset": { "x": 0.01, "y": 0.06, "z": 0.07 },
            "lookAtTypeName": "Bone",
            "lookAtHorizontalInner": { "curve": [0, 0, 0, 1, 1, 1, 1, 0], "xRange": 90, "yRange": 12 },
            "lookAtHorizontalOuter": { "curve": [0, 0, 0, 0, 1, 1, 0, 0], "xRange": 90, "yRange": 10 },
            "lookAtVerticalDown": { "xRange": 60, "yRange": 8 },
            "lookAtVerticalUp": { "xRange": 60, "yRange": 9 },
            "meshAnnotations": [{ "mesh": 2, "firstPersonFlag": "ThirdPersonOnly" }],
        },
        "blendShapeMaster": { "blendShapeGroups": [
            group("A", "a", FaceShape::JawOpen, 100.0, false),
            group("Blink", "blink", FaceShape::EyeBlinkLeft, 50.0, false),
            group("Joy", "joy", FaceShape::MouthSmileLeft, 80.0, true),
            group("TongueOut", "unknown", FaceShape::TongueOut, 100.0, false),
        ] },
        "secondaryAnimation": {
            "boneGroups": [{
                "comment": "tail", "stiffiness": 0.5, "gravityPower": 0.1,
                "gravityDir": { "x": 1.0, "y": 0.0, "z": 0.0 }, "dragForce": 0.4, "center": -1,
                "hitRadius": 0.03, "bones": [HumanBone::LeftIndexProximal as usize],
                "colliderGroups": [0],
            }],
            "colliderGroups": [{
                "node": HumanBone::Head as usize,
                "colliders": [{ "offset": { "x": 0.1, "y": 0.2, "z": 0.3 }, "radius": 0.05 }],
            }],
        },
    } });
    file
}
