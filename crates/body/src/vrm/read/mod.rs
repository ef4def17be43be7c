//! Files in.

mod materials;
mod meshes;
mod names;
mod pose;
mod skin;
mod tree;
mod vrm0;
mod vrm1;

pub(crate) use materials::substance_name;
pub use names::arkit_shape;

use super::{
    error::{FileError, Problem},
    extras::{Origin, VrmExtras},
    gltf::{Document, Limits, Reader},
    look_at::LookAt,
    spring::SpringBones,
};
use crate::{AlphaMode, Body, BodyMesh};
use glam::{Mat3, Quat, Vec3};
use reverie_avatar::{HumanBone, Rig};
use serde_json::Value;
use skin::Bones;
use std::{fmt, fs, io::Read, path::Path};
use tree::Tree;

/// Something in a file that was left out or put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where in the file.
    pub field: String,
    /// What about it.
    pub reason: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.reason)
    }
}

/// Warnings as they come, not more than people read.
#[derive(Default)]
pub(crate) struct Notes(Vec<Warning>);

impl Notes {
    const MOST: usize = 200;

    pub(crate) fn add(&mut self, field: &str, reason: &str) {
        if self.0.len() < Self::MOST {
            self.0.push(Warning { field: field.to_owned(), reason: reason.to_owned() });
        }
    }
}

/// A body from a file, and what the file says beyond it.
#[derive(Debug, Clone)]
pub struct Model {
    /// The body. All rest rotations are the identity, whatever they were in the file, and it faces +Z.
    pub body: Body,
    /// Expressions, lookAt, springs, licence.
    pub extras: VrmExtras,
    /// What was left out or put right, at most 200.
    pub warnings: Vec<Warning>,
}

/// What the readers of VRM's extensions look things up in.
pub(crate) struct Context<'a> {
    pub tree: &'a Tree,
    pub bones: &'a Bones,
    /// Node and source mesh of each of the body's meshes.
    pub placed: &'a [(usize, usize)],
    /// How many targets each of the body's meshes has.
    pub targets: &'a [usize],
}

impl Context<'_> {
    fn bone(&self, node: u64) -> Option<usize> {
        *self.bones.bones.get(node as usize)?
    }

    fn place(&self, bone: usize) -> Vec3 {
        self.bones.skeleton.bones[bone].position
    }
}

impl Model {
    /// Reads a VRM 1.0, a VRM 0.x, or a glTF (binary, or JSON with embedded data), within the usual
    /// [`Limits`].
    pub fn load(path: &Path) -> Result<Self, FileError> {
        let limits = Limits::default();
        let read = || {
            let file = fs::File::open(path)?;
            let mut bytes = Vec::new();
            file.take(limits.file_bytes + 1).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = read().map_err(|e: std::io::Error| FileError::new(path, e))?;
        Self::read(&bytes, limits).map_err(|problem| FileError::new(path, problem))
    }

    /// The same from bytes; `name` is for error messages.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, FileError> {
        Self::from_bytes_within(name, bytes, Limits::default())
    }

    /// The same with limits of one's own.
    pub fn from_bytes_within(name: &str, bytes: &[u8], limits: Limits) -> Result<Self, FileError> {
        Self::read(bytes, limits).map_err(|problem| FileError { file: name.to_owned(), problem })
    }

    fn read(bytes: &[u8], limits: Limits) -> Result<Self, Problem> {
        let document = Document::read(bytes, limits)?;
        let reader = Reader::new(&document);
        let mut notes = Notes::default();
        let extension = |name: &str| document.extensions.get(name).filter(|v| v.is_object());
        let (origin, vrm) = match (extension("VRMC_vrm"), extension("VRM")) {
            (Some(vrm), _) => (Origin::Vrm1, vrm),
            (None, Some(vrm)) => (Origin::Vrm0, vrm),
            (None, None) => (Origin::Gltf, &Value::Null),
        };
        let turn = match origin {
            Origin::Vrm0 => Quat::from_rotation_y(std::f32::consts::PI),
            _ => Quat::IDENTITY,
        };
        let mut tree = Tree::new(&document, turn)?;
        let nodes = document.nodes.len();
        let human = match origin {
            Origin::Vrm1 => vrm1::bones(vrm, nodes, &mut notes)?,
            Origin::Vrm0 => vrm0::bones(vrm, nodes, &mut notes)?,
            Origin::Gltf => pose::humanoid(&document, &mut tree, &mut notes)?,
        };
        let children: Vec<Vec<usize>> = (document.nodes.iter())
            .map(|node| node.children.iter().flatten().map(|c| *c as usize).collect())
            .collect();
        let none = Value::Null;
        let spring_bone = extension("VRMC_springBone").unwrap_or(&none);
        let swinging = match origin {
            Origin::Vrm1 => vrm1::spring_nodes(spring_bone),
            Origin::Vrm0 => vrm0::spring_nodes(vrm, &children),
            Origin::Gltf => Vec::new(),
        };
        let swinging: Vec<usize> =
            swinging.into_iter().map(|n| n as usize).filter(|n| *n < nodes).collect();
        let bones = Bones::new(&document, &tree, &human, &swinging)?;
        let rig = rig(origin, &bones, &mut notes)?;
        if document.nodes.iter().any(|node| constrained(&node.extensions)) {
            notes.add(
                "VRMC_node_constraint",
                "is not supported: constrained bones stay as they are",
            );
        }

        let (materials, uvs, textures) = materials::read(&document, &mut notes);
        let mut placed = meshes::read(&reader, &tree, &bones, &uvs, &mut notes)?;
        if placed.is_empty() {
            return Err(Problem::field("meshes", "there is nothing to draw"));
        }
        placed.sort_by_key(|placed| match materials[placed.mesh.material].alpha {
            AlphaMode::Opaque => 0,
            AlphaMode::Mask(_) => 1,
            AlphaMode::Blend => 2,
        });
        let sources: Vec<(usize, usize)> = placed.iter().map(|p| (p.node, p.source)).collect();
        let meshes: Vec<BodyMesh> = placed.into_iter().map(|placed| placed.mesh).collect();
        let targets: Vec<usize> = meshes.iter().map(|mesh| mesh.targets.len()).collect();
        let context = Context { tree: &tree, bones: &bones, placed: &sources, targets: &targets };

        let eyes = (rig.eye(0) + rig.eye(1)) / 2.0 - rig.rest(HumanBone::Head);
        let human_eyes = LookAt::human(eyes);
        let head = human.get(&HumanBone::Head);
        let head = head.map_or(Mat3::IDENTITY, |node| Mat3::from_mat4(tree.worlds[*node]));
        let extras = match origin {
            Origin::Vrm1 => VrmExtras {
                origin,
                meta: Some(vrm1::meta(vrm)),
                expressions: vrm1::expressions(vrm, &context, &mut notes),
                look_at: vrm1::look_at(vrm, head, human_eyes),
                springs: vrm1::springs(spring_bone, &context, &mut notes),
                first_person: vrm1::first_person(vrm, &context),
            },
            Origin::Vrm0 => VrmExtras {
                origin,
                meta: Some(vrm0::meta(vrm)),
                expressions: vrm0::expressions(vrm, &context, &mut notes),
                look_at: vrm0::look_at(vrm, human_eyes),
                springs: vrm0::springs(vrm, &context, &children, &mut notes),
                first_person: vrm0::first_person(vrm, &context),
            },
            Origin::Gltf => VrmExtras {
                origin,
                meta: None,
                expressions: Vec::new(),
                look_at: human_eyes,
                springs: SpringBones::default(),
                first_person: vec![Default::default(); meshes.len()],
            },
        };
        let name = extras.meta.as_ref().map(|meta| meta.name.clone()).filter(|n| !n.is_empty());
        let body = Body {
            name: name.unwrap_or_else(|| "model".to_owned()),
            height_m: height(&meshes),
            rig,
            skeleton: bones.skeleton,
            meshes,
            materials,
            textures,
        };
        Ok(Self { body, extras, warnings: notes.0 })
    }
}

fn constrained(extensions: &super::gltf::schema::Extensions) -> bool {
    extensions.as_ref().is_some_and(|e| e.contains_key("VRMC_node_constraint"))
}

fn height(meshes: &[BodyMesh]) -> f32 {
    let heights = || meshes.iter().flat_map(|mesh| &mesh.positions).map(|place| place[1]);
    let (low, high) = (heights().fold(f32::MAX, f32::min), heights().fold(f32::MIN, f32::max));
    (high - low).max(0.0)
}

/// A VRM must have the bones that VRM demands. Other files may be no more than a head: what is missing
/// stands where an adult has it, so that the face lives and what is there moves.
fn rig(origin: Origin, bones: &Bones, notes: &mut Notes) -> Result<Rig, Problem> {
    let known: Vec<(HumanBone, Vec3)> = (bones.skeleton.bones.iter())
        .filter_map(|bone| Some((bone.human?, bone.position)))
        .collect();
    let source = match (Rig::new(known.iter().copied()), origin) {
        (Ok(rig), _) => return Ok(rig),
        (Err(source), Origin::Gltf) => source,
        (Err(source), Origin::Vrm1) => {
            return Err(Problem::Bones { field: vrm1::BONES.to_owned(), source });
        }
        (Err(source), Origin::Vrm0) => {
            return Err(Problem::Bones { field: vrm0::BONES.to_owned(), source });
        }
    };
    notes.add(
        "nodes",
        &format!("no whole body by the bones' names ({source}): what is missing does not move"),
    );
    let adult = Rig::adult();
    let head = known.iter().find(|(bone, _)| *bone == HumanBone::Head);
    let shift = head.map_or(Vec3::ZERO, |(_, head)| *head - adult.rest(HumanBone::Head));
    let whole = HumanBone::ALL.map(|bone| (bone, adult.rest(bone) + shift));
    Ok(Rig::new(whole.into_iter().chain(known)).or_else(|_| Rig::new(whole)).unwrap_or(adult))
}
