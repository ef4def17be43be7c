//! The pinhole camera of the renderer.

use glam::Vec3;
use reverie_world_model::{Intrinsics, Pose};

/// A pinhole camera somewhere in the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// Where it is and where it looks.
    pub pose: Pose,
    /// Its lens and picture size; the focal lengths may differ.
    pub intrinsics: Intrinsics,
}

impl Camera {
    /// World direction through a picture position (pixels, centres at .5), scaled so that one
    /// unit advances one metre of depth.
    pub(crate) fn direction(&self, x: f32, y: f32) -> Vec3 {
        self.pose.rotation * self.intrinsics.ray(x, y)
    }
}

/// Intrinsics with the principal point in the middle, from full angles in radians; different
/// angles per pixel give non-square pixels.
#[must_use]
pub fn intrinsics_from_fov(width: u32, height: u32, fov_x_rad: f32, fov_y_rad: f32) -> Intrinsics {
    let (w, h) = (width as f32, height as f32);
    Intrinsics {
        width,
        height,
        fx: 0.5 * w / (0.5 * fov_x_rad).tan(),
        fy: 0.5 * h / (0.5 * fov_y_rad).tan(),
        cx: 0.5 * w,
        cy: 0.5 * h,
    }
}
