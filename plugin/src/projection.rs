//! Bevy's camera with the world's intrinsics.

use bevy::{
    camera::{CameraProjection, SubCameraView},
    math::{Mat4, Vec3A, Vec4},
};
use reverie_world_model::Intrinsics;

/// Far side of the frustum, metres; the projection itself is infinite.
const FAR_M: f32 = 20_000.0;

/// A pinhole projection whose principal point need not be the centre; infinite reverse-Z, as
/// Bevy's own perspective, so depth is `near / metres`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WorldProjection {
    /// Near plane, metres.
    pub near_m: f32,
    /// Tangents of the half angles: left, right, bottom, top, each positive on its own side.
    pub tangents: [f32; 4],
}

impl WorldProjection {
    /// The projection of a pinhole camera.
    pub fn new(camera: &Intrinsics, near_m: f32) -> Self {
        Self {
            near_m,
            tangents: [
                camera.cx / camera.fx,
                (camera.width as f32 - camera.cx) / camera.fx,
                (camera.height as f32 - camera.cy) / camera.fy,
                camera.cy / camera.fy,
            ],
        }
    }

    fn matrix(&self, left: f32, right: f32, bottom: f32, top: f32) -> Mat4 {
        let (width, height) = (right - left, top - bottom);
        Mat4::from_cols(
            Vec4::new(2.0 / width, 0.0, 0.0, 0.0),
            Vec4::new(0.0, 2.0 / height, 0.0, 0.0),
            Vec4::new((right + left) / width, (top + bottom) / height, 0.0, -1.0),
            Vec4::new(0.0, 0.0, self.near_m, 0.0),
        )
    }
}

impl CameraProjection for WorldProjection {
    fn get_clip_from_view(&self) -> Mat4 {
        let [left, right, bottom, top] = self.tangents;
        self.matrix(-left, right, -bottom, top)
    }

    fn get_clip_from_view_for_sub(&self, sub: &SubCameraView) -> Mat4 {
        let [left, right, bottom, top] = self.tangents;
        let full = sub.full_size.as_vec2();
        let (per_x, per_y) = ((left + right) / full.x, (top + bottom) / full.y);
        let sub_left = -left + per_x * sub.offset.x;
        // Offsets count from the top.
        let sub_top = top - per_y * sub.offset.y;
        self.matrix(
            sub_left,
            sub_left + per_x * sub.size.x as f32,
            sub_top - per_y * sub.size.y as f32,
            sub_top,
        )
    }

    fn update(&mut self, _width: f32, _height: f32) {
        // The tangents come from the world's camera, which already has the viewport's shape.
    }

    fn far(&self) -> f32 {
        FAR_M
    }

    fn get_frustum_corners(&self, z_near: f32, z_far: f32) -> [Vec3A; 8] {
        let [left, right, bottom, top] = self.tangents;
        let corners = |z: f32| {
            let d = z.abs();
            [
                Vec3A::new(right * d, -bottom * d, z),
                Vec3A::new(right * d, top * d, z),
                Vec3A::new(-left * d, top * d, z),
                Vec3A::new(-left * d, -bottom * d, z),
            ]
        };
        let (near, far) = (corners(z_near), corners(z_far));
        [near[0], near[1], near[2], near[3], far[0], far[1], far[2], far[3]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bevy::{camera::PerspectiveProjection, math::Vec3};

    #[test]
    fn pixels_land_where_the_intrinsics_say() {
        let camera =
            Intrinsics { width: 640, height: 360, fx: 500.0, fy: 480.0, cx: 300.0, cy: 200.0 };
        let clip_from_view = WorldProjection::new(&camera, 0.1).get_clip_from_view();
        for (u, v, depth_m) in [(0.0, 0.0, 2.0), (640.0, 360.0, 7.0), (321.5, 99.0, 50.0)] {
            let ndc = clip_from_view.project_point3(camera.ray(u, v) * depth_m);
            let at = Vec3::new((ndc.x + 1.0) * 320.0, (1.0 - ndc.y) * 180.0, ndc.z);
            assert!(at.abs_diff_eq(Vec3::new(u, v, 0.1 / depth_m), 1e-3), "{at} for {u}, {v}");
        }
    }

    #[test]
    fn a_centred_camera_is_bevys_perspective() {
        let camera = Intrinsics::from_horizontal_fov(320, 180, 1.2);
        let ours = WorldProjection::new(&camera, 0.05);
        let mut bevys = PerspectiveProjection {
            fov: camera.vertical_fov_rad(),
            aspect_ratio: 320.0 / 180.0,
            near: 0.05,
            ..Default::default()
        };
        bevys.near_clip_plane = Vec4::new(0.0, 0.0, -1.0, -0.05);
        assert!(ours.get_clip_from_view().abs_diff_eq(bevys.get_clip_from_view(), 1e-5));
        let sub = SubCameraView {
            full_size: [320, 180].into(),
            offset: [40.0, 30.0].into(),
            size: [80, 60].into(),
        };
        assert!(
            ours.get_clip_from_view_for_sub(&sub)
                .abs_diff_eq(bevys.get_clip_from_view_for_sub(&sub), 1e-4)
        );
    }
}
