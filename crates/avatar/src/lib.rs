//! How an avatar moves: what a face, a body and a pose are, without meshes and without an engine.
//!
//! Conventions:
//! * model space is right-handed, metres, +Y up; the person faces +Z (as in VRM 1.0), so that its
//!   left hand is at +X; the soles are on y = 0; the rest pose is VRM's T-pose;
//! * rotations of bones are *normalised*: every bone's rest rotation is the identity in model axes.
//!   A loader maps them onto its own bones with
//!   `raw_local = rest_parent_world⁻¹ · normalised · rest_parent_world · rest_local`;
//! * radians, seconds; gaze yaw to the person's left and pitch up are positive.

mod bone;
mod face;
mod pose;
mod rig;

pub use bone::HumanBone;
pub use face::{FaceShape, FaceWeights};
pub use pose::{AvatarPose, Eye, Lod, RootPlace};
pub use rig::{Rig, RigError, RigPlaces};
