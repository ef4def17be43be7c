//! How an avatar lives: gaze, blinks, breath, emotion, posture, steps and gestures, without meshes
//! and without an engine.
//!
//! [`Life::pose`] performs a [`Timeline`](reverie_behavior::Timeline) with the body of a [`Rig`] and
//! gives an [`AvatarPose`]: weights of the 52 ARKit shapes, rotations of VRM's humanoid bones, eyes,
//! pupils and place in the world. The result follows from rig, seed, timeline and [`Surroundings`]
//! alone, so every machine that plays it sees the same. What is random is drawn from the seed by index;
//! what must be decided in order (where to look next, which foot to lift) is decided 60 times a
//! second, whatever the caller's frame rate; between decisions everything is a closed form of time.
//!
//! Conventions:
//! * model space is right-handed, metres, +Y up; the person faces +Z (as in VRM 1.0), so that its
//!   left hand is at +X; the soles are on y = 0; the rest pose is VRM's T-pose;
//! * rotations of bones are *normalised*: every bone's rest rotation is the identity in model axes.
//!   A loader maps them onto its own bones with
//!   `raw_local = rest_parent_world⁻¹ · normalised · rest_parent_world · rest_local`;
//! * radians, seconds; gaze yaw to the person's left and pitch up are positive.

mod attention;
mod blink;
mod bone;
mod crowd;
mod curves;
mod emotion;
mod face;
mod gait;
mod gaze;
mod gesture;
mod hands;
mod head;
mod idle;
mod ik;
mod life;
mod mind;
mod mouth;
mod phrasing;
mod pose;
mod posing;
mod random;
mod rig;
mod saccade;
mod skeleton;
mod speaking;
mod surroundings;
mod track;
mod vocals;

pub use bone::HumanBone;
pub use crowd::Crowd;
pub use face::{FaceShape, FaceWeights};
pub use gaze::{GazeKind, Glance};
pub use ik::{Limb, Reached};
pub use life::{Life, LifeState, StateError};
pub use phrasing::{gestures_for, say_for};
pub use pose::{AvatarPose, Eye, Lod, RootPlace};
pub use rig::{Rig, RigError, RigPlaces};
pub use surroundings::{EmptyPlace, Surroundings};
pub use track::{Track, TrackError};
