//! The proportions of one body: where its bones rest.

use crate::{AvatarPose, HumanBone};
use glam::{Quat, Vec3};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Why a set of bones is no [`Rig`].
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RigError {
    /// A bone that VRM 1.0 demands is not there.
    #[error("bone {} is missing", .0.name())]
    Missing(HumanBone),
    /// The place is not finite or beyond 1 km.
    #[error("bone {} has no place: {}", .0.name(), .1)]
    Place(HumanBone, Vec3),
    /// A limb without length: nothing to bend.
    #[error("bone {} is no farther than {} m from {}", .0.name(), .1, .2.name())]
    Short(HumanBone, f32, HumanBone),
    /// The head is not above the hips, or the hips not above the feet.
    #[error("bone {} is not above {}", .0.name(), .1.name())]
    UpsideDown(HumanBone, HumanBone),
}

/// Where every bone of a body rests (T-pose) in model space, in metres. In files: a map from bone to
/// place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<HumanBone, Vec3>", into = "BTreeMap<HumanBone, Vec3>")]
pub struct Rig {
    /// Bones that are not there rest where their nearest ancestor does.
    rest: [Vec3; HumanBone::COUNT],
    parents: [Option<HumanBone>; HumanBone::COUNT],
    present: u64,
}

/// Where every bone is in model space, by `HumanBone as usize`.
#[derive(Debug, Clone, PartialEq)]
pub struct RigPlaces {
    /// Metres.
    pub positions: [Vec3; HumanBone::COUNT],
    /// Rotations of normalised bones in model space.
    pub rotations: [Quat; HumanBone::COUNT],
}

impl RigPlaces {
    /// A bone's place in model space, metres.
    pub fn position(&self, bone: HumanBone) -> Vec3 {
        self.positions[bone as usize]
    }

    /// A bone's rotation in model space.
    pub fn rotation(&self, bone: HumanBone) -> Quat {
        self.rotations[bone as usize]
    }

    /// Where a point that rests at `rest` (model space) and hangs on `bone` is now.
    pub fn carry(&self, rig: &Rig, bone: HumanBone, rest: Vec3) -> Vec3 {
        self.position(bone) + self.rotation(bone) * (rest - rig.rest(bone))
    }
}

impl Rig {
    /// Limbs shorter than this many metres cannot be posed.
    pub const MIN_LIMB: f32 = 1e-3;

    /// A body of these bones, each at its rest place in model space (metres). Of a bone named twice
    /// the last place counts.
    pub fn new(bones: impl IntoIterator<Item = (HumanBone, Vec3)>) -> Result<Self, RigError> {
        use HumanBone::*;
        let mut rest = [Vec3::ZERO; HumanBone::COUNT];
        let mut present = 0u64;
        for (bone, place) in bones {
            if !place.is_finite() || place.length() > 1000.0 {
                return Err(RigError::Place(bone, place));
            }
            rest[bone as usize] = place;
            present |= 1 << bone as u64;
        }
        let has = |bone: HumanBone| present & 1 << bone as u64 != 0;
        let mut parents = [None; HumanBone::COUNT];
        for bone in HumanBone::ALL {
            if bone.is_required() && !has(bone) {
                return Err(RigError::Missing(bone));
            }
            let mut parent = bone.parent();
            while let Some(above) = parent.filter(|above| !has(*above)) {
                parent = above.parent();
            }
            parents[bone as usize] = parent;
            if let Some(parent) = parent.filter(|_| !has(bone)) {
                rest[bone as usize] = rest[parent as usize];
            }
        }
        let rig = Self { rest, parents, present };
        for (bone, end) in [
            (LeftUpperLeg, LeftLowerLeg),
            (LeftLowerLeg, LeftFoot),
            (RightUpperLeg, RightLowerLeg),
            (RightLowerLeg, RightFoot),
            (LeftUpperArm, LeftLowerArm),
            (LeftLowerArm, LeftHand),
            (RightUpperArm, RightLowerArm),
            (RightLowerArm, RightHand),
        ] {
            if rig.rest(bone).distance(rig.rest(end)) <= Self::MIN_LIMB {
                return Err(RigError::Short(end, Self::MIN_LIMB, bone));
            }
        }
        for (upper, lower) in [(Head, Hips), (Hips, LeftFoot), (Hips, RightFoot)] {
            if rig.rest(upper).y <= rig.rest(lower).y + Self::MIN_LIMB {
                return Err(RigError::UpsideDown(upper, lower));
            }
        }
        Ok(rig)
    }

    /// An adult of 1.70 m with all 55 bones.
    pub fn adult() -> Self {
        use HumanBone::*;
        let mut rest = [Vec3::ZERO; HumanBone::COUNT];
        for (bone, x, y, z) in [
            (Hips, 0.0, 0.93, 0.0),
            (Spine, 0.0, 1.02, -0.005),
            (Chest, 0.0, 1.14, -0.01),
            (UpperChest, 0.0, 1.26, -0.012),
            (Neck, 0.0, 1.43, -0.01),
            (Head, 0.0, 1.52, 0.005),
            (LeftEye, 0.0315, 1.587, 0.075),
            (Jaw, 0.0, 1.53, 0.02),
            (LeftUpperLeg, 0.09, 0.885, 0.0),
            (LeftLowerLeg, 0.095, 0.485, 0.01),
            (LeftFoot, 0.1, 0.08, -0.025),
            (LeftToes, 0.105, 0.02, 0.105),
            (LeftShoulder, 0.025, 1.39, 0.0),
            (LeftUpperArm, 0.165, 1.385, -0.015),
            (LeftLowerArm, 0.435, 1.385, -0.02),
            (LeftHand, 0.68, 1.385, -0.01),
            (LeftThumbMetacarpal, 0.7, 1.375, 0.015),
            (LeftThumbProximal, 0.735, 1.365, 0.045),
            (LeftThumbDistal, 0.765, 1.36, 0.06),
        ] {
            rest[bone as usize] = Vec3::new(x, y, z);
        }
        let fingers = [
            [LeftIndexProximal, LeftIndexIntermediate, LeftIndexDistal],
            [LeftMiddleProximal, LeftMiddleIntermediate, LeftMiddleDistal],
            [LeftRingProximal, LeftRingIntermediate, LeftRingDistal],
            [LeftLittleProximal, LeftLittleIntermediate, LeftLittleDistal],
        ];
        for (finger, z) in fingers.into_iter().zip([0.015, -0.007, -0.028, -0.048]) {
            for (bone, x) in finger.into_iter().zip([0.77, 0.812, 0.838]) {
                rest[bone as usize] = Vec3::new(x - 2.5 * z * z, 1.383, z);
            }
        }
        let mut parents = [None; HumanBone::COUNT];
        for bone in HumanBone::ALL {
            parents[bone as usize] = bone.parent();
            if bone.name().starts_with("right") {
                rest[bone as usize] = rest[bone.mirrored() as usize] * Vec3::new(-1.0, 1.0, 1.0);
            }
        }
        Self { rest, parents, present: (1 << HumanBone::COUNT) - 1 }
    }

    /// Where a bone rests in model space, metres. A bone that is not there rests where its nearest
    /// ancestor does.
    pub fn rest(&self, bone: HumanBone) -> Vec3 {
        self.rest[bone as usize]
    }

    /// Whether the body has this bone.
    pub fn has(&self, bone: HumanBone) -> bool {
        self.present & 1 << bone as u64 != 0
    }

    /// The nearest ancestor that the body has.
    pub fn parent(&self, bone: HumanBone) -> Option<HumanBone> {
        self.parents[bone as usize]
    }

    /// Rest place of the left (0) or right (1) eye; a body without bones for the eyes has them where
    /// people have them, by the size of its legs.
    pub fn eye(&self, side: usize) -> Vec3 {
        let bone = [HumanBone::LeftEye, HumanBone::RightEye][side & 1];
        if self.has(bone) {
            return self.rest(bone);
        }
        let size = self.rest(HumanBone::Head).y / 1.52;
        let across = if side & 1 == 0 { 0.0315 } else { -0.0315 };
        self.rest(HumanBone::Head) + size * Vec3::new(across, 0.067, 0.07)
    }

    /// Where the bones are in model space in a pose. Allocates nothing.
    pub fn places(&self, pose: &AvatarPose) -> RigPlaces {
        let mut positions = self.rest;
        let mut rotations = [Quat::IDENTITY; HumanBone::COUNT];
        for bone in HumanBone::ALL {
            let at = bone as usize;
            match self.parents[at] {
                None => {
                    positions[at] = self.rest[at] + pose.hips_offset;
                    rotations[at] = pose.rotations[at];
                }
                Some(parent) => {
                    let above = parent as usize;
                    let turn = rotations[above];
                    positions[at] = positions[above] + turn * (self.rest[at] - self.rest[above]);
                    rotations[at] = if self.has(bone) { turn * pose.rotations[at] } else { turn };
                }
            }
        }
        RigPlaces { positions, rotations }
    }
}

impl TryFrom<BTreeMap<HumanBone, Vec3>> for Rig {
    type Error = RigError;
    fn try_from(bones: BTreeMap<HumanBone, Vec3>) -> Result<Self, RigError> {
        Self::new(bones)
    }
}

impl From<Rig> for BTreeMap<HumanBone, Vec3> {
    fn from(rig: Rig) -> Self {
        HumanBone::ALL.into_iter().filter(|b| rig.has(*b)).map(|b| (b, rig.rest(b))).collect()
    }
}
