//! A body as a handful of capsules: what throws its shadow on the world's picture, and what a game
//! lets things bump into. They are renewed each frame in [`AvatarSystems::Bones`](crate::AvatarSystems::Bones): feet, calves, thighs,
//! hips, torso, arms, hands, neck and head, as many of them as the body has.

use crate::shadow::{ShadowCapsule, ShadowCapsules};
use bevy::{math::Affine3A, prelude::*};
use reverie_avatar::HumanBone;
use reverie_body::{Body, vrm::BonePlaces};

/// A capsule at rest, and the bone that carries it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RestCapsule {
    bone: usize,
    capsule: ShadowCapsule,
}

/// From where to where each part reaches. Ends beyond the last bone are told by the way from the
/// bone before.
const PARTS: [(HumanBone, HumanBone, f32); 17] = {
    use HumanBone::*;
    [
        (LeftFoot, LeftToes, 1.35),
        (RightFoot, RightToes, 1.35),
        (LeftLowerLeg, LeftFoot, 1.0),
        (RightLowerLeg, RightFoot, 1.0),
        (LeftUpperLeg, LeftLowerLeg, 1.0),
        (RightUpperLeg, RightLowerLeg, 1.0),
        (Hips, Spine, 1.0),
        (Spine, Chest, 1.0),
        (Chest, UpperChest, 1.0),
        (UpperChest, Neck, 0.8),
        (LeftUpperArm, LeftLowerArm, 1.0),
        (RightUpperArm, RightLowerArm, 1.0),
        (LeftLowerArm, LeftHand, 1.0),
        (RightLowerArm, RightHand, 1.0),
        (LeftHand, LeftMiddleProximal, 1.4),
        (RightHand, RightMiddleProximal, 1.4),
        (Neck, Head, 1.0),
    ]
};

/// The capsules of a body at rest. Radii are measured on its meshes: half of what hangs on a bone is
/// within.
pub(crate) fn rest_capsules(body: &Body) -> Vec<RestCapsule> {
    let bones = &body.skeleton.bones;
    let mut around = vec![Vec::new(); bones.len()];
    for mesh in &body.meshes {
        for ((joints, weights), place) in mesh.joints.iter().zip(&mesh.weights).zip(&mesh.positions)
        {
            let heaviest = (0..4).max_by(|a, b| weights[*a].total_cmp(&weights[*b])).unwrap_or(0);
            if let Some(places) = around.get_mut(usize::from(joints[heaviest])) {
                places.push(Vec3::from(*place));
            }
        }
    }
    let size = body.rig.rest(HumanBone::LeftUpperLeg).y / 0.885;
    let mut capsules = Vec::with_capacity(PARTS.len() + 1);
    let mut add = |bone: usize, a: Vec3, b: Vec3, foot: bool| {
        let mut radii: Vec<f32> =
            around[bone].iter().map(|p| p.distance(nearest(*p, a, b))).collect();
        radii.sort_unstable_by(f32::total_cmp);
        let usual = 0.06 * size;
        let radius = radii.get(radii.len() / 2).copied().unwrap_or(usual);
        let radius_m = radius.clamp(0.01 * size, 0.25 * size);
        // Soles stand on the ground.
        let (a, b) = if foot { (a.with_y(radius_m), b.with_y(radius_m)) } else { (a, b) };
        capsules.push(RestCapsule { bone, capsule: ShadowCapsule { a, b, radius_m } });
    };
    for (from, to, reach) in PARTS {
        let (Some(bone), Some(_)) = (body.skeleton.find(from), body.skeleton.find(to)) else {
            continue;
        };
        let a = body.rig.rest(from);
        let b = a + reach * (body.rig.rest(to) - a);
        add(bone, a, b, matches!(from, HumanBone::LeftFoot | HumanBone::RightFoot));
    }
    if let Some(head) = body.skeleton.find(HumanBone::Head) {
        let a = body.rig.rest(HumanBone::Head) + size * Vec3::new(0.0, 0.03, 0.015);
        add(head, a, a + size * Vec3::new(0.0, 0.085, 0.01), false);
    }
    capsules
}

fn nearest(point: Vec3, a: Vec3, b: Vec3) -> Vec3 {
    let axis = b - a;
    let length = axis.length_squared();
    if length < 1e-12 { a } else { a + axis * ((point - a).dot(axis) / length).clamp(0.0, 1.0) }
}

/// Renews capsules from where the bones are in the world. Allocates the first time only.
pub(crate) fn follow(
    capsules: &mut ShadowCapsules,
    rest: &[RestCapsule],
    bones: &[Vec3],
    places: &BonePlaces,
) {
    let carried = rest.iter().map(|rest| {
        let world = Affine3A::from_rotation_translation(
            places.rotations[rest.bone],
            places.positions[rest.bone],
        );
        let [a, b] = [rest.capsule.a, rest.capsule.b]
            .map(|point| world.transform_point3(point - bones[rest.bone]));
        ShadowCapsule { a, b, radius_m: rest.capsule.radius_m }
    });
    capsules.capsules.clear();
    capsules.capsules.extend(carried);
}
