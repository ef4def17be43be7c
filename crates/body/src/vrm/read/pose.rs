//! People in files that say nothing of people: their bones, which way they face, their arms.

use super::{Notes, names, tree::Tree};
use crate::vrm::{error::Problem, gltf::Document};
use glam::{Quat, Vec3};
use reverie_avatar::HumanBone::{self, *};
use std::collections::BTreeMap;

/// Arms nearer than this to the T-pose stay as they are, radians.
const CLOSE_ENOUGH: f32 = 0.05;

/// Humanoid bones by their names. The tree is turned so that the person faces +Z, and into the T-pose.
pub(crate) fn humanoid(
    document: &Document,
    tree: &mut Tree,
    notes: &mut Notes,
) -> Result<BTreeMap<HumanBone, usize>, Problem> {
    let candidates = tree.order.iter().filter_map(|node| {
        let given = &document.nodes[*node];
        // Meshes are often named after what they show.
        Some((*node, given.name.as_deref()?)).filter(|_| given.mesh.is_none())
    });
    let bones = names::humanoid(candidates);
    let pair = |left: HumanBone, right: HumanBone| {
        let across = tree.place(*bones.get(&left)?) - tree.place(*bones.get(&right)?);
        (across.length() > 1e-4).then_some(across)
    };
    let across = pair(LeftUpperArm, RightUpperArm).or_else(|| pair(LeftEye, RightEye));
    if across.is_some_and(|across| across.x < 0.0 && across.x.abs() > across.z.abs()) {
        notes.add("nodes", "the left arm is on the right: turned to face +Z");
        *tree = Tree::new(document, Quat::from_rotation_y(std::f32::consts::PI))?;
    }
    for (upper, lower, hand, out) in [
        (LeftUpperArm, LeftLowerArm, LeftHand, Vec3::X),
        (RightUpperArm, RightLowerArm, RightHand, Vec3::NEG_X),
    ] {
        let (Some(upper), Some(lower), Some(hand)) =
            (bones.get(&upper), bones.get(&lower), bones.get(&hand))
        else {
            continue;
        };
        for (from, to) in [(*upper, *lower), (*lower, *hand)] {
            let along = (tree.place(to) - tree.place(from)).try_normalize();
            if let Some(along) = along.filter(|along| along.angle_between(out) > CLOSE_ENOUGH) {
                notes.add(&format!("nodes[{from}]"), "an arm that hangs is raised into the T-pose");
                tree.rotate(from, Quat::from_rotation_arc(along, out));
            }
        }
    }
    Ok(bones)
}
