//! What follows from a rig once: limbs, shares of bones, relaxed fingers.

use crate::{HumanBone, Limb, Rig, curves::min_jerk};
use glam::{Quat, Vec3};

/// A rig with everything that posing it needs.
#[derive(Debug, Clone)]
pub(crate) struct Skeleton {
    pub rig: Rig,
    /// 1 for legs of an adult of 1.70 m.
    pub size: f32,
    pub legs: [Limb; 2],
    pub arms: [Limb; 2],
    /// Joints of the toes at rest; estimated where there are no bones.
    pub balls: [Vec3; 2],
    /// From the ball to the heel, metres.
    pub sole_length: f32,
    /// Bones that share the torso's and the neck's rotation, with their shares.
    pub torso: [(HumanBone, f32); 3],
    pub neck_share: f32,
    /// Middle between the eyes at rest.
    pub eyes: Vec3,
    /// Relaxed fingers, left ones first.
    pub fingers: [(HumanBone, Quat); 30],
}

pub(crate) const THIGH: [HumanBone; 2] = [HumanBone::LeftUpperLeg, HumanBone::RightUpperLeg];
pub(crate) const SHIN: [HumanBone; 2] = [HumanBone::LeftLowerLeg, HumanBone::RightLowerLeg];
pub(crate) const FOOT: [HumanBone; 2] = [HumanBone::LeftFoot, HumanBone::RightFoot];
pub(crate) const TOES: [HumanBone; 2] = [HumanBone::LeftToes, HumanBone::RightToes];
pub(crate) const SHOULDER: [HumanBone; 2] = [HumanBone::LeftShoulder, HumanBone::RightShoulder];
pub(crate) const UPPER_ARM: [HumanBone; 2] = [HumanBone::LeftUpperArm, HumanBone::RightUpperArm];
pub(crate) const FOREARM: [HumanBone; 2] = [HumanBone::LeftLowerArm, HumanBone::RightLowerArm];
pub(crate) const HAND: [HumanBone; 2] = [HumanBone::LeftHand, HumanBone::RightHand];
pub(crate) const EYE: [HumanBone; 2] = [HumanBone::LeftEye, HumanBone::RightEye];
/// To the left and to the right.
pub(crate) const SIDE: [f32; 2] = [1.0, -1.0];

impl Skeleton {
    pub fn new(rig: &Rig) -> Self {
        use HumanBone::*;
        let rest = |bone| rig.rest(bone);
        let size = (rest(LeftUpperLeg).y / 0.885).clamp(0.05, 20.0);
        // Legs bend about +X, arms about the axis that brings the hand forward.
        let legs = [0, 1].map(|s| Limb::new(rest(THIGH[s]), rest(SHIN[s]), rest(FOOT[s]), Vec3::X));
        let arms = [0, 1].map(|s| {
            Limb::new(rest(UPPER_ARM[s]), rest(FOREARM[s]), rest(HAND[s]), -SIDE[s] * Vec3::Y)
        });
        let balls = [0, 1].map(|s| {
            if rig.has(TOES[s]) {
                rest(TOES[s])
            } else {
                let ankle = rest(FOOT[s]);
                Vec3::new(ankle.x, 0.25 * ankle.y, ankle.z + 0.13 * size)
            }
        });
        let shares = match (rig.has(Chest), rig.has(UpperChest)) {
            (true, true) => [0.3, 0.35, 0.35],
            (true, false) => [0.4, 0.6, 0.0],
            (false, _) => [1.0, 0.0, 0.0],
        };
        let mut fingers = [(LeftThumbMetacarpal, Quat::IDENTITY); 30];
        for (at, (bone, bend)) in fingers.iter_mut().enumerate() {
            *bone = HumanBone::ALL[LeftThumbMetacarpal as usize + at];
            *bend = finger(at, RELAXED);
        }
        Self {
            size,
            legs,
            arms,
            balls,
            sole_length: (balls[0].z - rest(LeftFoot).z).abs() + 0.045 * size,
            torso: [(Spine, shares[0]), (Chest, shares[1]), (UpperChest, shares[2])],
            neck_share: if rig.has(Neck) { 0.45 } else { 0.0 },
            eyes: 0.5 * (rig.eye(0) + rig.eye(1)),
            fingers,
            rig: rig.clone(),
        }
    }
}

/// How far relaxed fingers are bent, 0 to 1 of a fist.
pub(crate) const RELAXED: f32 = 0.32;

/// The bend of the finger bone `at` (0 to 29, left first) at a part of a fist.
pub(crate) fn finger(at: usize, fist: f32) -> Quat {
    let (side, at) = (SIDE[at / 15], at % 15);
    let (digit, joint) = (at / 3, at % 3);
    if digit == 0 {
        // The thumb lies beside the index finger, and of a fist across the others.
        let across = min_jerk(2.0 * fist - 1.0);
        let bend = [0.3, 0.5, 0.6][joint] * fist + [0.0, 0.35, 0.3][joint] * across;
        return Quat::from_rotation_x([0.85, 0.0, 0.0][joint] * across)
            * Quat::from_rotation_y(side * bend);
    }
    let curl = [76.0f32, 98.0, 64.0][joint].to_radians();
    let fist = fist * [0.0, 0.85, 1.0, 1.1, 1.2][digit];
    Quat::from_rotation_z(-side * curl * fist.min(1.1))
}
