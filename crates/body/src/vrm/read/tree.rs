//! The tree of nodes.

use crate::vrm::{error::Problem, gltf::Document};
use glam::{Mat4, Quat, Vec3};

/// The nodes of the scene that is shown.
pub(crate) struct Tree {
    /// Parents before children; children in the order of the file.
    pub order: Vec<usize>,
    /// By node.
    pub parents: Vec<Option<usize>>,
    /// By node: from the node to model space. The identity for nodes that are not in the scene.
    pub worlds: Vec<Mat4>,
}

impl Tree {
    /// `turn` is what turns the file's space into model space.
    pub(crate) fn new(document: &Document, turn: Quat) -> Result<Self, Problem> {
        let nodes = &document.nodes;
        let mut parents = vec![None; nodes.len()];
        for (at, node) in nodes.iter().enumerate() {
            for child in node.children.iter().flatten() {
                let field = || format!("nodes[{at}].children");
                let slot = parents
                    .get_mut(*child as usize)
                    .ok_or_else(|| Problem::index(field(), "nodes", *child, nodes.len()))?;
                if let Some(other) = slot.replace(at) {
                    let reason = format!("nodes[{child}] is also a child of nodes[{other}]");
                    return Err(Problem::field(field(), reason));
                }
            }
        }
        let roots: Vec<usize> = match document.scenes.get(document.scene as usize) {
            Some(scene) => scene.nodes.iter().flatten().map(|n| *n as usize).collect(),
            None => (0..nodes.len()).filter(|n| parents[*n].is_none()).collect(),
        };
        let mut tree = Self {
            order: Vec::with_capacity(nodes.len()),
            parents,
            worlds: vec![Mat4::IDENTITY; nodes.len()],
        };
        let mut seen = vec![false; nodes.len()];
        let mut open: Vec<usize> = roots.iter().rev().copied().collect();
        while let Some(at) = open.pop() {
            let Some(node) = nodes.get(at) else {
                let field = format!("scenes[{}].nodes", document.scene);
                return Err(Problem::index(field, "nodes", at as u64, nodes.len()));
            };
            if std::mem::replace(&mut seen[at], true) {
                let field = format!("nodes[{at}]");
                return Err(Problem::field(field, "is in the scene twice"));
            }
            let above = match tree.parents[at] {
                Some(parent) if seen[parent] => tree.worlds[parent],
                Some(parent) => {
                    let reason =
                        format!("nodes[{at}] is a root, but also a child of nodes[{parent}]");
                    return Err(Problem::field(
                        format!("scenes[{}].nodes", document.scene),
                        reason,
                    ));
                }
                None => Mat4::from_quat(turn),
            };
            let world = above * local(node);
            if !world.is_finite() {
                return Err(Problem::field(format!("nodes[{at}]"), "its place is not finite"));
            }
            tree.worlds[at] = world;
            tree.order.push(at);
            open.extend(node.children.iter().flatten().rev().map(|c| *c as usize));
        }
        // A circle hangs on no root, so that the walk above never comes to it.
        if let Some(at) = (0..nodes.len()).find(|at| tree.circular(*at)) {
            return Err(Problem::field(format!("nodes[{at}]"), "is its own ancestor"));
        }
        Ok(tree)
    }

    fn circular(&self, at: usize) -> bool {
        let mut steps = 0;
        let mut above = self.parents[at];
        while let Some(node) = above {
            steps += 1;
            if node == at || steps > self.parents.len() {
                return true;
            }
            above = self.parents[node];
        }
        false
    }

    /// Where a node is in model space.
    pub(crate) fn place(&self, node: usize) -> Vec3 {
        self.worlds[node].w_axis.truncate()
    }

    /// Turns a node and all below it about the node's place.
    pub(crate) fn rotate(&mut self, node: usize, by: Quat) {
        let place = self.place(node);
        let about =
            Mat4::from_translation(place) * Mat4::from_quat(by) * Mat4::from_translation(-place);
        let mut below = vec![false; self.parents.len()];
        for at in &self.order {
            below[*at] = *at == node || self.parents[*at].is_some_and(|parent| below[parent]);
            if below[*at] {
                self.worlds[*at] = about * self.worlds[*at];
            }
        }
    }
}

fn local(node: &crate::vrm::gltf::schema::Node) -> Mat4 {
    if let Some(matrix) = &node.matrix {
        return Mat4::from_cols_array(matrix);
    }
    let rotation = node.rotation.map_or(Quat::IDENTITY, Quat::from_array);
    Mat4::from_scale_rotation_translation(
        node.scale.map_or(Vec3::ONE, Vec3::from_array),
        if rotation.length_squared() > 1e-12 { rotation.normalize() } else { Quat::IDENTITY },
        node.translation.map_or(Vec3::ZERO, Vec3::from_array),
    )
}
