//! What an avatar does at one moment, in numbers that a renderer applies.

use crate::{FaceWeights, HumanBone};
use glam::{Quat, Vec3};
use serde::{Deserialize, Serialize};

/// How much of an avatar is worth computing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Lod {
    /// Out of sight: only where it stands goes on; face and bones keep what they were.
    Hidden,
    /// Far away: the body moves; eyes and face rest, but for the lids.
    Far,
    /// Everything.
    #[default]
    Full,
}

/// Where the model's origin (between the soles) is in the world.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct RootPlace {
    /// Metres, in the world.
    pub position: Vec3,
    /// Radians about +Y; 0 faces the world's +Z, positive turns to the person's left.
    pub yaw: f32,
}

impl RootPlace {
    /// From model space to the world: rotate by this, then add the position.
    pub fn rotation(&self) -> Quat {
        Quat::from_rotation_y(self.yaw)
    }

    /// A point of model space in the world.
    pub fn to_world(&self, model: Vec3) -> Vec3 {
        self.position + self.rotation() * model
    }

    /// A point of the world in model space.
    pub fn to_model(&self, world: Vec3) -> Vec3 {
        self.rotation().inverse() * (world - self.position)
    }
}

/// Where one eye looks, relative to the head.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Eye {
    /// Radians, positive to the person's left.
    pub yaw: f32,
    /// Radians, positive up.
    pub pitch: f32,
}

impl Eye {
    /// The normalised rotation of the eye's bone.
    pub fn rotation(&self) -> Quat {
        Quat::from_rotation_y(self.yaw) * Quat::from_rotation_x(-self.pitch)
    }
}

/// What an avatar does at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct AvatarPose {
    /// Weights of the face's 52 shapes, lids that follow the eyes (`eyeLook…`) included. A body whose
    /// `eyeLook…` shapes turn the eyeballs takes either those or the eyes' bones, not both.
    pub face: FaceWeights,
    /// Normalised local rotation of every bone, by `HumanBone as usize`; those of the eyes say the
    /// same as [`eyes`](Self::eyes).
    pub rotations: [Quat; HumanBone::COUNT],
    /// Metres, in model space, by which the hips leave their rest place.
    pub hips_offset: Vec3,
    /// Where the model is in the world.
    pub root: RootPlace,
    /// Left and right eye relative to the head; they differ by vergence.
    pub eyes: [Eye; 2],
    /// Diameter of the pupils in metres: 0.002 to 0.008.
    pub pupil_diameter: f32,
    /// How much of this was computed.
    pub lod: Lod,
}

impl AvatarPose {
    /// A pupil in a lit room, in metres.
    pub const RESTING_PUPIL: f32 = 0.0029;

    /// The T-pose at the world's origin with a neutral face.
    pub const REST: Self = Self {
        face: FaceWeights::NEUTRAL,
        rotations: [Quat::IDENTITY; HumanBone::COUNT],
        hips_offset: Vec3::ZERO,
        root: RootPlace { position: Vec3::ZERO, yaw: 0.0 },
        eyes: [Eye { yaw: 0.0, pitch: 0.0 }; 2],
        pupil_diameter: Self::RESTING_PUPIL,
        lod: Lod::Full,
    };

    /// The normalised local rotation of a bone.
    pub fn rotation(&self, bone: HumanBone) -> Quat {
        self.rotations[bone as usize]
    }

    /// Sets the normalised local rotation of a bone.
    pub fn set_rotation(&mut self, bone: HumanBone, rotation: Quat) {
        self.rotations[bone as usize] = rotation;
    }
}

impl Default for AvatarPose {
    fn default() -> Self {
        Self::REST
    }
}
