//! Joints of a shaped body, and from MakeHuman's pose to VRM's T-pose.

use crate::{
    BuildError, Pack,
    model::{Bone, Skeleton},
    pack::PackError,
};
use glam::{Affine3A, Mat3A, Quat, Vec3, Vec3A};
use reverie_avatar::{HumanBone, Rig};

/// How much of the legs' spread stays.
const SPREAD: f32 = 0.35;

/// Where a bone begins, by the names of MakeHuman's joints.
fn joint_name(bone: HumanBone) -> String {
    use HumanBone::*;
    let name = bone.name();
    let (side, stem) = match (name.strip_prefix("left"), name.strip_prefix("right")) {
        (Some(stem), _) => ("l-", stem),
        (_, Some(stem)) => ("r-", stem),
        _ => ("", name),
    };
    let fingers = ["Thumb", "Index", "Middle", "Ring", "Little"];
    for (finger, prefix) in fingers.into_iter().enumerate() {
        let Some(joint) = stem.strip_prefix(prefix) else { continue };
        let first = usize::from(finger > 0);
        let at = ["Metacarpal", "Proximal", "Intermediate", "Distal"];
        let at = match (first, joint) {
            (0, "Distal") => 3,
            (_, joint) => at.iter().position(|a| *a == joint).unwrap_or(0) + 1 - first,
        };
        return format!("{side}finger-{}-{at}", finger + 1);
    }
    let joint = match bone {
        Hips => "pelvis",
        Spine => "spine-4",
        Chest => "spine-2",
        UpperChest => "spine-1",
        Neck => "neck",
        Head => "head",
        Jaw => "mouth",
        LeftEye | RightEye => "eye",
        LeftUpperLeg | RightUpperLeg => "upper-leg",
        LeftLowerLeg | RightLowerLeg => "knee",
        LeftFoot | RightFoot => "ankle",
        LeftToes | RightToes => "toe-2-1",
        LeftShoulder | RightShoulder => "clavicle",
        LeftUpperArm | RightUpperArm => "shoulder",
        LeftLowerArm | RightLowerArm => "elbow",
        _ => "hand",
    };
    format!("{side}{joint}")
}

/// The whole body in VRM's T-pose.
pub(crate) struct Posed {
    /// Vertices, metres, soles on y = 0.
    pub(crate) positions: Vec<Vec3>,
    /// Where bones are.
    pub(crate) places: [Vec3; HumanBone::COUNT],
    /// By how much everything was enlarged.
    pub(crate) scale: f32,
}

/// Turns `from` to `to`, both of any length.
fn arc(from: Vec3, to: Vec3) -> Quat {
    Quat::from_rotation_arc(from.normalize_or(Vec3::X), to.normalize_or(Vec3::X))
}

/// Rotation of every bone in model space that makes the T-pose.
fn rotations(places: &[Vec3; HumanBone::COUNT], toes: [Vec3; 2]) -> [Quat; HumanBone::COUNT] {
    use HumanBone::*;
    let mut turns = [Quat::IDENTITY; HumanBone::COUNT];
    let place = |bone: HumanBone| places[bone as usize];
    let sides = [
        (
            LeftUpperArm,
            LeftLowerArm,
            LeftHand,
            LeftMiddleProximal,
            LeftIndexProximal,
            LeftLittleProximal,
        ),
        (
            RightUpperArm,
            RightLowerArm,
            RightHand,
            RightMiddleProximal,
            RightIndexProximal,
            RightLittleProximal,
        ),
    ];
    for (at, (upper, lower, hand, middle, index, little)) in sides.into_iter().enumerate() {
        let out = if at == 0 { Vec3::X } else { Vec3::NEG_X };
        let bend = |parent: Quat, from: HumanBone, to: HumanBone| {
            arc(parent * (place(to) - place(from)), out) * parent
        };
        let upper_turn = bend(Quat::IDENTITY, upper, lower);
        let lower_turn = bend(upper_turn, lower, hand);
        let hand_turn = bend(lower_turn, hand, middle);
        // The palm faces down: the knuckles run back from the index finger.
        let knuckles = hand_turn * (place(little) - place(index));
        let twist = f32::atan2(knuckles.y, -knuckles.z);
        turns[upper as usize] = upper_turn;
        turns[lower as usize] = Quat::from_axis_angle(Vec3::X, 0.6 * twist) * lower_turn;
        turns[hand as usize] = Quat::from_axis_angle(Vec3::X, twist) * hand_turn;
    }
    for (upper, lower, foot, toe_bone, toe) in [
        (LeftUpperLeg, LeftLowerLeg, LeftFoot, LeftToes, toes[0]),
        (RightUpperLeg, RightLowerLeg, RightFoot, RightToes, toes[1]),
    ] {
        let straighten = |parent: Quat, from: HumanBone, to: HumanBone| {
            let along = place(to) - place(from);
            let wanted = Vec3::new(SPREAD * along.x, along.y, along.z);
            arc(parent * along, wanted) * parent
        };
        turns[upper as usize] = straighten(Quat::IDENTITY, upper, lower);
        turns[lower as usize] = straighten(turns[upper as usize], lower, foot);
        // Flat on the ground, pointing ahead.
        let ahead = toe - place(foot);
        let yaw = Quat::from_rotation_y(-0.7 * f32::atan2(ahead.x, ahead.z));
        turns[foot as usize] = yaw;
        turns[toe_bone as usize] = yaw;
    }
    for bone in HumanBone::ALL {
        let Some(parent) = bone.parent() else { continue };
        let name = bone.name();
        let is_finger = ["Index", "Middle", "Ring", "Little"].iter().any(|f| name.contains(f));
        if !is_finger {
            if name.contains("Thumb") {
                turns[bone as usize] = turns[parent as usize];
            }
            continue;
        }
        // Fingers lie level; the last joint follows the middle one.
        let above = turns[parent as usize];
        let next = HumanBone::ALL.into_iter().find(|b| b.parent() == Some(bone));
        turns[bone as usize] = match next {
            Some(next) => {
                let along = above * (place(next) - place(bone));
                arc(along, Vec3::new(along.x, 0.0, along.z)) * above
            }
            None => above,
        };
    }
    turns
}

/// Brings a shaped body into the T-pose, onto the ground, and to its height.
pub(crate) fn pose(pack: &Pack, shaped: &[Vec3], height_m: f32) -> Result<Posed, PackError> {
    let mut before = [Vec3::ZERO; HumanBone::COUNT];
    for bone in HumanBone::ALL {
        before[bone as usize] = shaped[pack.joint(&joint_name(bone))?];
    }
    let toes = [shaped[pack.joint("l-foot-2")?], shaped[pack.joint("r-foot-2")?]];
    let turns = rotations(&before, toes);
    let mut after = before;
    for bone in HumanBone::ALL {
        if let Some(parent) = bone.parent() {
            let (at, above) = (bone as usize, parent as usize);
            after[at] = after[above] + turns[above] * (before[at] - before[above]);
        }
    }
    // Skinning the T-pose back with these gives the modelled shape exactly, so that lowered arms
    // look as they were modelled.
    let back: Vec<Affine3A> = (0..HumanBone::COUNT)
        .map(|at| {
            let turn = turns[at].inverse();
            Affine3A::from_rotation_translation(turn, before[at] - turn * after[at])
        })
        .collect();
    let moved: Vec<bool> = turns.iter().map(|turn| *turn != Quat::IDENTITY).collect();
    let mut positions: Vec<Vec3> = shaped.to_vec();
    for (at, position) in positions.iter_mut().enumerate() {
        let (bones, weights) = (pack.content.bones[at], pack.content.weights[at]);
        let turned = bones.iter().zip(weights).any(|(bone, w)| w > 0 && moved[usize::from(*bone)]);
        let shifted = bones.iter().any(|b| before[usize::from(*b)] != after[usize::from(*b)]);
        if !turned && !shifted {
            continue;
        }
        let mut matrix = Mat3A::ZERO;
        let mut offset = Vec3A::ZERO;
        for (bone, weight) in bones.iter().zip(weights) {
            let weight = f32::from(weight) / 255.0;
            let part = &back[usize::from(*bone)];
            matrix += part.matrix3 * weight;
            offset += part.translation * weight;
        }
        *position = Vec3::from(matrix.inverse() * (Vec3A::from(*position) - offset));
    }
    let skin = &positions[..pack.topology.skin_vertices];
    let (low, high) =
        skin.iter().fold((f32::MAX, f32::MIN), |(low, high), p| (low.min(p.y), high.max(p.y)));
    let scale = height_m / (high - low).max(1e-3);
    let settle = |p: &mut Vec3| *p = (*p - low * Vec3::Y) * scale;
    positions.iter_mut().for_each(settle);
    after.iter_mut().for_each(settle);
    // The eyes' bones are in the middle of the eyeballs, whatever sliders did to them.
    for (bone, group) in [(HumanBone::LeftEye, "l-eye"), (HumanBone::RightEye, "r-eye")] {
        after[bone as usize] = crate::eyes::ball(pack, &positions, group).0;
    }
    Ok(Posed { positions, places: after, scale })
}

/// The skeleton and the rig of these places; every humanoid bone is there.
pub(crate) fn skeleton(places: &[Vec3; HumanBone::COUNT]) -> Result<(Skeleton, Rig), BuildError> {
    let bones = HumanBone::ALL
        .into_iter()
        .map(|bone| Bone {
            name: bone.name().to_owned(),
            human: Some(bone),
            parent: bone.parent().map(|parent| parent as usize),
            position: places[bone as usize],
            rotation: Quat::IDENTITY,
        })
        .collect();
    let rig = Rig::new(HumanBone::ALL.into_iter().map(|bone| (bone, places[bone as usize])))?;
    Ok((Skeleton { bones }, rig))
}
