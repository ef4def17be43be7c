//! Camera poses and pinhole intrinsics.

use glam::{Mat3, Quat, Vec2, Vec3};
use serde::{Deserialize, Serialize};

/// Why a pose or a set of intrinsics makes no sense.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct GeometryError {
    /// The offending field, in the spelling of the struct.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

/// A rigid camera pose: `world_from_view`.
///
/// `position` is the camera centre in metres; `rotation` turns view space (X right, Y up,
/// looking down -Z) into world space.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pose {
    /// Camera centre in world space, metres.
    pub position: Vec3,
    /// Rotation from view space to world space, a unit quaternion `(x, y, z, w)`.
    pub rotation: Quat,
}

impl Default for Pose {
    fn default() -> Self {
        Self::IDENTITY
    }
}

impl Pose {
    /// At the origin, looking down -Z.
    pub const IDENTITY: Self = Self { position: Vec3::ZERO, rotation: Quat::IDENTITY };

    /// A pose from a position and yaw (left positive), pitch (up positive) and roll
    /// (counter-clockwise positive, seen from behind the camera), radians.
    pub fn from_yaw_pitch_roll(
        position: Vec3,
        yaw_rad: f32,
        pitch_rad: f32,
        roll_rad: f32,
    ) -> Self {
        Self {
            position,
            rotation: Quat::from_euler(glam::EulerRot::YXZ, yaw_rad, pitch_rad, roll_rad),
        }
    }

    /// Yaw, pitch and roll in radians, the inverse of [`Pose::from_yaw_pitch_roll`].
    pub fn yaw_pitch_roll(&self) -> (f32, f32, f32) {
        self.rotation.to_euler(glam::EulerRot::YXZ)
    }

    /// Maps a point from view space to world space.
    pub fn world_from_view(&self, point_view: Vec3) -> Vec3 {
        self.rotation * point_view + self.position
    }

    /// Maps a point from world space to view space.
    pub fn view_from_world(&self, point_world: Vec3) -> Vec3 {
        self.rotation.conjugate() * (point_world - self.position)
    }

    /// Rotation and translation that map view space of `self` to view space of `other`.
    pub fn other_from_self(&self, other: &Pose) -> (Mat3, Vec3) {
        let inverse = other.rotation.conjugate();
        (Mat3::from_quat(inverse * self.rotation), inverse * (self.position - other.position))
    }

    /// The direction the camera looks in, world space, unit length.
    pub fn forward(&self) -> Vec3 {
        self.rotation * Vec3::NEG_Z
    }

    /// Checks that every number is finite and that the rotation is a unit quaternion.
    pub fn validate(&self) -> Result<(), GeometryError> {
        if !self.position.is_finite() {
            return Err(GeometryError {
                field: "position",
                problem: format!("{} is not finite", self.position),
            });
        }
        if !self.rotation.is_finite() || (self.rotation.length_squared() - 1.0).abs() > 1e-3 {
            return Err(GeometryError {
                field: "rotation",
                problem: format!("{} is not a unit quaternion", self.rotation),
            });
        }
        Ok(())
    }
}

/// A pinhole camera: focal lengths and principal point in pixels of a `width` x `height` picture.
///
/// A view-space point `(x, y, z)` with `z < 0` lands at
/// `u = cx + fx * x / -z`, `v = cy - fy * y / -z`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intrinsics {
    /// Picture width in pixels.
    pub width: u32,
    /// Picture height in pixels.
    pub height: u32,
    /// Focal length along the rows, pixels.
    pub fx: f32,
    /// Focal length along the columns, pixels.
    pub fy: f32,
    /// Principal point, pixels from the left edge.
    pub cx: f32,
    /// Principal point, pixels from the top edge.
    pub cy: f32,
}

impl Intrinsics {
    /// Square pixels and a centred principal point, from the horizontal field of view in radians.
    pub fn from_horizontal_fov(width: u32, height: u32, fov_rad: f32) -> Self {
        let focal = 0.5 * width as f32 / (0.5 * fov_rad).tan();
        Self {
            width,
            height,
            fx: focal,
            fy: focal,
            cx: 0.5 * width as f32,
            cy: 0.5 * height as f32,
        }
    }

    /// Horizontal field of view, radians.
    pub fn horizontal_fov_rad(&self) -> f32 {
        (self.cx / self.fx).atan() + ((self.width as f32 - self.cx) / self.fx).atan()
    }

    /// Vertical field of view, radians.
    pub fn vertical_fov_rad(&self) -> f32 {
        (self.cy / self.fy).atan() + ((self.height as f32 - self.cy) / self.fy).atan()
    }

    /// The same camera seen through a picture resized to `width` x `height`.
    pub fn resized(&self, width: u32, height: u32) -> Self {
        let sx = width as f32 / self.width as f32;
        let sy = height as f32 / self.height as f32;
        Self {
            width,
            height,
            fx: self.fx * sx,
            fy: self.fy * sy,
            cx: self.cx * sx,
            cy: self.cy * sy,
        }
    }

    /// The camera whose `width` x `height` picture is filled by this one's: the same pixel shape,
    /// cropped along one side when the aspect ratios differ.
    pub fn fitted(&self, width: u32, height: u32) -> Self {
        let scale = (width as f32 / self.width as f32).max(height as f32 / self.height as f32);
        Self {
            width,
            height,
            fx: self.fx * scale,
            fy: self.fy * scale,
            cx: 0.5 * width as f32 + (self.cx - 0.5 * self.width as f32) * scale,
            cy: 0.5 * height as f32 + (self.cy - 0.5 * self.height as f32) * scale,
        }
    }

    /// View-space point at depth 1 behind pixel coordinates `(u, v)`: `(x, y, -1)`.
    pub fn ray(&self, u: f32, v: f32) -> Vec3 {
        Vec3::new((u - self.cx) / self.fx, (self.cy - v) / self.fy, -1.0)
    }

    /// Pixel coordinates of a view-space point and its depth in metres; `None` behind the camera.
    pub fn project(&self, point_view: Vec3) -> Option<(Vec2, f32)> {
        let depth = -point_view.z;
        (depth > 0.0).then(|| {
            let uv = Vec2::new(
                self.cx + self.fx * point_view.x / depth,
                self.cy - self.fy * point_view.y / depth,
            );
            (uv, depth)
        })
    }

    /// Number of pixels.
    pub fn pixels(&self) -> usize {
        self.width as usize * self.height as usize
    }

    /// Checks sizes, finiteness, a field of view between about 1 and 170 degrees and a principal
    /// point inside the picture.
    pub fn validate(&self) -> Result<(), GeometryError> {
        let fail = |field, problem: String| Err(GeometryError { field, problem });
        if self.width == 0 || self.height == 0 {
            return fail("width, height", format!("{}x{} is empty", self.width, self.height));
        }
        for (field, focal, side) in [("fx", self.fx, self.width), ("fy", self.fy, self.height)] {
            let side = side as f32;
            if !(focal.is_finite() && focal >= 0.04 * side && focal <= 60.0 * side) {
                return fail(
                    field,
                    format!(
                        "{focal} px is no focal length for {side} pixels (expected {:.0} to {:.0})",
                        0.04 * side,
                        60.0 * side
                    ),
                );
            }
        }
        for (field, centre, side) in [("cx", self.cx, self.width), ("cy", self.cy, self.height)] {
            if !(centre.is_finite() && (0.0..=side as f32).contains(&centre)) {
                return fail(field, format!("{centre} px lies outside the {side} pixels"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::FRAC_PI_2;

    #[test]
    fn positive_yaw_turns_left_and_positive_pitch_up() {
        let left = Pose::from_yaw_pitch_roll(Vec3::ZERO, FRAC_PI_2, 0.0, 0.0);
        assert!(left.forward().abs_diff_eq(Vec3::NEG_X, 1e-6));
        let up = Pose::from_yaw_pitch_roll(Vec3::ZERO, 0.0, 0.5, 0.0);
        assert!(up.forward().y > 0.4);
    }

    #[test]
    fn projection_inverts_ray() {
        let camera =
            Intrinsics { width: 640, height: 480, fx: 500.0, fy: 480.0, cx: 300.0, cy: 250.0 };
        let (uv, depth) = camera.project(camera.ray(12.5, 400.5) * 7.0).expect("in front");
        assert!(uv.abs_diff_eq(Vec2::new(12.5, 400.5), 1e-3));
        assert!((depth - 7.0).abs() < 1e-5);
        assert_eq!(camera.project(Vec3::Z), None);
    }

    #[test]
    fn relative_pose_agrees_with_going_through_the_world() {
        let a = Pose::from_yaw_pitch_roll(Vec3::new(1.0, 2.0, 3.0), 0.3, -0.2, 0.1);
        let b = Pose::from_yaw_pitch_roll(Vec3::new(-1.0, 0.5, 2.0), -1.3, 0.4, 0.0);
        let point = Vec3::new(0.3, -0.7, -5.0);
        let (rotation, translation) = a.other_from_self(&b);
        let direct = rotation * point + translation;
        assert!(direct.abs_diff_eq(b.view_from_world(a.world_from_view(point)), 1e-5));
    }

    #[test]
    fn nonsense_intrinsics_are_named() {
        let good = Intrinsics::from_horizontal_fov(640, 480, 1.2);
        assert!(good.validate().is_ok());
        for (bad, field) in [
            (Intrinsics { fx: f32::NAN, ..good }, "fx"),
            (Intrinsics { fy: -3.0, ..good }, "fy"),
            (Intrinsics { cx: 9000.0, ..good }, "cx"),
            (Intrinsics { cy: f32::INFINITY, ..good }, "cy"),
            (Intrinsics { width: 0, ..good }, "width, height"),
        ] {
            assert_eq!(bad.validate().expect_err("nonsense").field, field);
        }
    }

    #[test]
    fn fov_round_trips() {
        let camera = Intrinsics::from_horizontal_fov(1280, 720, 1.1);
        assert!((camera.horizontal_fov_rad() - 1.1).abs() < 1e-5);
        assert!((camera.resized(320, 180).horizontal_fov_rad() - 1.1).abs() < 1e-5);
    }
}
