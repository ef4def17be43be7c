//! The pinhole camera of the renderer.

use glam::{Quat, Vec3};

/// Pinhole camera: right-handed world, Y up, looks down its own -Z.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// Position in the world, metres.
    pub position: Vec3,
    /// Turns camera axes into world axes.
    pub rotation: Quat,
    /// Focal length along the rows, pixels.
    pub fx: f32,
    /// Focal length along the columns, pixels.
    pub fy: f32,
    /// Principal point from the left edge, pixels.
    pub cx: f32,
    /// Principal point from the top edge, pixels.
    pub cy: f32,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Camera {
    /// Camera with the principal point in the middle. `fov_x` and `fov_y` are full angles in
    /// radians; different focal lengths give non-square pixels.
    #[must_use]
    pub fn new(position: Vec3, rotation: Quat, fov_x: f32, fov_y: f32, width: u32, height: u32) -> Self {
        let (w, h) = (width as f32, height as f32);
        Self {
            position,
            rotation,
            fx: 0.5 * w / (0.5 * fov_x).tan(),
            fy: 0.5 * h / (0.5 * fov_y).tan(),
            cx: 0.5 * w,
            cy: 0.5 * h,
            width,
            height,
        }
    }

    /// Rotation from yaw (left positive), pitch (up positive) and roll, radians.
    #[must_use]
    pub fn look(yaw: f32, pitch: f32, roll: f32) -> Quat {
        Quat::from_rotation_y(yaw) * Quat::from_rotation_x(pitch) * Quat::from_rotation_z(roll)
    }

    /// World direction through a picture position (pixels, centres at .5), scaled so that one
    /// unit advances one metre of depth.
    pub(crate) fn direction(&self, x: f32, y: f32) -> Vec3 {
        self.rotation * Vec3::new((x - self.cx) / self.fx, (self.cy - y) / self.fy, -1.0)
    }
}
