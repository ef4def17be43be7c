//! One generated frame.

use crate::{DepthImage, Intrinsics, Pose, RgbImage};
use serde::{Deserialize, Serialize};

/// One frame as a world model generates it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Colour, 8-bit sRGB.
    pub rgb: RgbImage,
    /// Depth in metres, the size of `rgb`; `None` when the model has no depth.
    pub depth: Option<DepthImage>,
    /// Where the camera is: `world_from_view`.
    pub pose: Pose,
    /// The camera that took the frame.
    pub intrinsics: Intrinsics,
    /// Share of pixels that come from what the model knows rather than from filling, 0 to 1.
    pub coverage: f32,
    /// Ticks since [`begin`](crate::WorldModel::begin), whose own observation is tick 0.
    pub tick: u64,
    /// Model time since `begin`, seconds.
    pub time_secs: f64,
}
