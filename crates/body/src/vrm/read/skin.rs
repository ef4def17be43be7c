//! Which bones a body gets of a file's nodes, and how its vertices hang on them. Meshes are brought into
//! model space in the rest pose and rest rotations of bones are left out, so that all bodies turn their
//! bones in the same way.

use super::tree::Tree;
use crate::{
    Bone, Skeleton,
    vrm::{
        error::Problem,
        gltf::{Document, Reader},
    },
};
use glam::{Mat4, Quat};
use reverie_avatar::HumanBone;
use std::collections::BTreeMap;

/// The bones of a body, and which nodes they were.
pub(crate) struct Bones {
    pub skeleton: Skeleton,
    /// By node.
    pub bones: Vec<Option<usize>>,
}

/// What brings the vertices of one mesh into model space.
pub(crate) struct Binding {
    /// Matrices of the joints and their bones.
    pub joints: Vec<(Mat4, u16)>,
    /// Whether vertices name their joints; otherwise all hang on the first.
    pub skinned: bool,
}

impl Bones {
    /// `kept` are nodes that must be bones; joints, nodes of rigid meshes, and all ancestors are too.
    pub(crate) fn new(
        document: &Document,
        tree: &Tree,
        human: &BTreeMap<HumanBone, usize>,
        kept: &[usize],
    ) -> Result<Self, Problem> {
        let mut wanted = vec![false; document.nodes.len()];
        for node in human.values().chain(kept) {
            wanted[*node] = true;
        }
        for (at, skin) in document.skins.iter().enumerate() {
            for joint in &skin.joints {
                let field = || format!("skins[{at}].joints");
                *wanted.get_mut(*joint as usize).ok_or_else(|| {
                    Problem::index(field(), "nodes", *joint, document.nodes.len())
                })? = true;
            }
        }
        for node in &tree.order {
            wanted[*node] |=
                document.nodes[*node].mesh.is_some() && document.nodes[*node].skin.is_none();
        }
        for node in tree.order.iter().rev() {
            if let Some(parent) = tree.parents[*node].filter(|_| wanted[*node]) {
                wanted[parent] = true;
            }
        }
        let mut humans = vec![None; document.nodes.len()];
        for (bone, node) in human {
            humans[*node] = Some(*bone);
        }
        let mut skeleton = Skeleton::default();
        let mut bones = vec![None; document.nodes.len()];
        let mut order: Vec<usize> = tree.order.iter().copied().filter(|n| wanted[*n]).collect();
        // The file's own order where parents come first in it.
        if order.iter().all(|node| tree.parents[*node].is_none_or(|parent| parent < *node)) {
            order.sort_unstable();
        }
        for node in &order {
            if skeleton.bones.len() > usize::from(u16::MAX) {
                return Err(Problem::TooLarge {
                    field: "bones".to_owned(),
                    value: tree.order.len() as u64,
                    limit: u64::from(u16::MAX) + 1,
                });
            }
            bones[*node] = Some(skeleton.bones.len());
            let human = humans[*node];
            let named = || document.nodes[*node].name.clone().unwrap_or(format!("node {node}"));
            skeleton.bones.push(Bone {
                name: human.map_or_else(named, |bone| bone.name().to_owned()),
                human,
                parent: tree.parents[*node].and_then(|parent| bones[parent]),
                position: tree.place(*node),
                rotation: Quat::IDENTITY,
            });
        }
        Ok(Self { skeleton, bones })
    }

    fn bone(&self, node: usize) -> Option<u16> {
        self.bones[node].and_then(|bone| u16::try_from(bone).ok())
    }

    /// How the mesh of a node hangs on the bones.
    pub(crate) fn binding(
        &self,
        reader: &Reader,
        tree: &Tree,
        node: usize,
    ) -> Result<Binding, Problem> {
        let document = reader.document;
        let Some(skin_at) = document.nodes[node].skin else {
            let bone = self.bone(node).unwrap_or(0);
            return Ok(Binding { joints: vec![(tree.worlds[node], bone)], skinned: false });
        };
        let skin = document.skins.get(skin_at as usize).ok_or_else(|| {
            Problem::index(format!("nodes[{node}].skin"), "skins", skin_at, document.skins.len())
        })?;
        let name = format!("skins[{skin_at}]");
        if skin.joints.is_empty() {
            return Err(Problem::field(format!("{name}.joints"), "is empty"));
        }
        let inverse = match skin.inverse_bind_matrices {
            None => vec![Mat4::IDENTITY.to_cols_array(); skin.joints.len()],
            Some(at) => reader.floats::<16>(&format!("{name}.inverseBindMatrices"), at)?,
        };
        if inverse.len() < skin.joints.len() {
            let reason = format!("{} matrices for {} joints", inverse.len(), skin.joints.len());
            return Err(Problem::field(format!("{name}.inverseBindMatrices"), reason));
        }
        let mut joints = Vec::with_capacity(skin.joints.len());
        for (joint, inverse) in skin.joints.iter().zip(&inverse) {
            let node = *joint as usize;
            let bone = self.bone(node).ok_or_else(|| {
                Problem::field(
                    format!("{name}.joints"),
                    format!("nodes[{node}] is not in the scene"),
                )
            })?;
            joints.push((tree.worlds[node] * Mat4::from_cols_array(inverse), bone));
        }
        Ok(Binding { joints, skinned: true })
    }
}
