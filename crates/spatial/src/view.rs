//! The camera a picture was taken with, its vertex grid, and the map from there to a screen.

use crate::SpatialError;
use glam::{DMat3, DVec3, Mat3, Vec3};
use reverie_world_model::{Intrinsics, Pose};

/// Longest side of a view, pixels: vertex indices stay far below the precision of `f32`.
pub const MAX_VIEW_SIDE: u32 = 8192;
/// Nothing closer to the camera than this is drawn, metres.
pub const NEAR_M: f32 = 0.03;

/// A posed pinhole camera whose pixels are kept.
///
/// Its vertex grid has one vertex per pixel centre and a ring of vertices on the picture's
/// border, so that the cells between vertices cover the picture exactly:
/// [`View::columns`] x [`View::rows`] vertices at [`View::u`], [`View::v`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    pose: Pose,
    intrinsics: Intrinsics,
}

impl View {
    /// Checks pose and intrinsics.
    ///
    /// # Errors
    /// [`SpatialError::Geometry`] naming the field.
    pub fn new(pose: Pose, intrinsics: Intrinsics) -> Result<Self, SpatialError> {
        pose.validate()?;
        check_camera(&intrinsics)?;
        Ok(Self { pose: Pose { rotation: pose.rotation.normalize(), ..pose }, intrinsics })
    }

    /// Like [`View::new`], but keeps the rotation's bits: it was normalised when it was saved.
    pub(crate) fn restored(pose: Pose, intrinsics: Intrinsics) -> Result<Self, SpatialError> {
        pose.validate()?;
        check_camera(&intrinsics)?;
        Ok(Self { pose, intrinsics })
    }

    /// Where the picture was taken: `world_from_view`.
    pub fn pose(&self) -> &Pose {
        &self.pose
    }
    /// The camera that took it.
    pub fn intrinsics(&self) -> &Intrinsics {
        &self.intrinsics
    }
    /// Vertices in a row of the grid: the width and two for the border.
    pub fn columns(&self) -> u32 {
        self.intrinsics.width + 2
    }
    /// Vertices in a column of the grid: the height and two for the border.
    pub fn rows(&self) -> u32 {
        self.intrinsics.height + 2
    }
    /// Pixel coordinate of a grid column: 0, 0.5, 1.5, ... `width` - 0.5, `width`.
    #[inline]
    pub fn u(&self, column: u32) -> f32 {
        (column as f32 - 0.5).clamp(0.0, self.intrinsics.width as f32)
    }
    /// Pixel coordinate of a grid row: 0, 0.5, 1.5, ... `height` - 0.5, `height`.
    #[inline]
    pub fn v(&self, row: u32) -> f32 {
        (row as f32 - 0.5).clamp(0.0, self.intrinsics.height as f32)
    }
    /// World-space point at pixel coordinates and inverse depth; `inverse_depth` is above 0.
    pub fn unproject(&self, u: f32, v: f32, inverse_depth: f32) -> Vec3 {
        self.pose.world_from_view(self.intrinsics.ray(u, v) / inverse_depth)
    }
}

/// The checks of [`Intrinsics::validate`] and an upper bound of the size.
pub(crate) fn check_camera(intrinsics: &Intrinsics) -> Result<(), SpatialError> {
    intrinsics.validate()?;
    if intrinsics.width > MAX_VIEW_SIDE || intrinsics.height > MAX_VIEW_SIDE {
        return Err(SpatialError::TooLarge { width: intrinsics.width, height: intrinsics.height });
    }
    Ok(())
}

/// A vertex on the screen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScreenVertex {
    /// Pixels from the left edge.
    pub x: f32,
    /// Pixels from the top edge.
    pub y: f32,
    /// Inverse depth there, 1/m; 0 is sky.
    pub inverse_depth: f32,
}

/// The projective map from (u, v, 1, inverse depth) of a view to another camera's screen.
///
/// `rows[k]` holds the factors of (u, v, 1, w) for the homogeneous x, y and depth:
/// `screen = (h.x / h.z, h.y / h.z)`, `new inverse depth = w / h.z`. Sky (w = 0) needs no case of
/// its own, and over a plane the new inverse depth is affine in the screen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScreenFromView {
    /// Factors of (u, v, 1, w) for homogeneous x, y and depth.
    pub rows: [[f32; 4]; 3],
    /// Where the other camera is, in the view's own axes, metres.
    pub eye: Vec3,
}

impl ScreenFromView {
    /// Smallest homogeneous depth that is drawn: keeps directions (sky) clear of the camera plane.
    pub const LEAST_DEPTH: f32 = 1e-4;

    /// The map from `view` to the screen of a camera at `pose`.
    pub fn new(view: &View, pose: &Pose, intrinsics: &Intrinsics) -> Self {
        // In f64, so that looking from the view's own pose gives the picture back exactly.
        let source = view.pose.rotation.as_dquat().normalize();
        let target = pose.rotation.as_dquat().normalize().conjugate();
        let moved = view.pose.position.as_dvec3() - pose.position.as_dvec3();
        let same = view.pose.rotation == pose.rotation;
        let turn = |v: DVec3| if same { v } else { target * (source * v) };
        let eye = source.conjugate() * -moved;
        Self::of(&view.intrinsics, turn, target * moved, eye, intrinsics)
    }

    /// The map from a view in a space of its own, which is put into the world: at a position, turned,
    /// and stretched along its axes before that.
    pub fn stretched(
        view: &View,
        (position, turn, stretch): (Vec3, Mat3, Vec3),
        pose: &Pose,
        intrinsics: &Intrinsics,
    ) -> Self {
        let source = view.pose.rotation.as_dquat();
        let target = DMat3::from_quat(pose.rotation.as_dquat().normalize().conjugate());
        let (turn, stretch) = (turn.as_dmat3(), stretch.as_dvec3());
        let moved = position.as_dvec3() - pose.position.as_dvec3();
        let own = view.pose.position.as_dvec3();
        let to_view = |v: DVec3| target * (turn * (stretch * v));
        let eye = source.conjugate() * ((turn.transpose() * -moved) / stretch - own);
        let translation = to_view(own) + target * moved;
        Self::of(&view.intrinsics, |v| to_view(source * v), translation, eye, intrinsics)
    }

    fn of(
        from: &Intrinsics,
        turn: impl Fn(DVec3) -> DVec3,
        translation: DVec3,
        eye: DVec3,
        intrinsics: &Intrinsics,
    ) -> Self {
        let (fx, fy) = (f64::from(from.fx), f64::from(from.fy));
        let of_u = turn(DVec3::X) / fx;
        let of_v = turn(DVec3::NEG_Y) / fy;
        let ray = DVec3::new(-f64::from(from.cx) / fx, f64::from(from.cy) / fy, -1.0);
        let of_one = turn(ray);
        let columns = [of_u, of_v, of_one, translation];
        let mut rows = [[0.0_f32; 4]; 3];
        for (k, column) in columns.iter().enumerate() {
            let depth = -column.z;
            let x = f64::from(intrinsics.fx) * column.x + f64::from(intrinsics.cx) * depth;
            let y = -f64::from(intrinsics.fy) * column.y + f64::from(intrinsics.cy) * depth;
            for (row, value) in rows.iter_mut().zip([x, y, depth]) {
                row[k] = value as f32;
            }
        }
        Self { rows, eye: eye.as_vec3() }
    }

    /// Whether a vertex of this homogeneous depth and inverse depth in its view is drawn.
    #[inline(always)]
    pub(crate) fn is_in_front(depth: f32, inverse_depth: f32) -> bool {
        (depth >= Self::LEAST_DEPTH) & (depth >= NEAR_M * inverse_depth)
    }

    /// Maps one vertex; `None` behind or too near the camera.
    #[inline]
    pub fn apply(&self, u: f32, v: f32, inverse_depth: f32) -> Option<ScreenVertex> {
        // The fast path repeats these operations lane by lane in this order: keep them equal.
        let h = self.rows.map(|m| (m[0] * u + (m[1] * v + m[2])) + m[3] * inverse_depth);
        if !Self::is_in_front(h[2], inverse_depth) {
            return None;
        }
        let inverse = 1.0 / h[2];
        Some(ScreenVertex {
            x: h[0] * inverse,
            y: h[1] * inverse,
            inverse_depth: inverse_depth * inverse,
        })
    }
}
