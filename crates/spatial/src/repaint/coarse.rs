//! A view of the memory as the network sees it.

use super::network::MAPS;
use crate::{Frame, Memory, Renderer, SpatialError, painter::encode};
use glam::{Mat3, Vec3};
use reverie_world_model::{Intrinsics, Pose};

/// Pixels of the rendered picture along a side of a coarse one: their means are what it shows.
const FINE: usize = 2;

/// A square picture, small.
#[derive(Debug, Clone, Default)]
pub struct Coarse {
    pub side: usize,
    /// sRGB, 0 to 1.
    pub rgb: Vec<[f32; 3]>,
    /// See [`encode`].
    pub code: Vec<f32>,
    /// `side * side * MAPS`: what the network is given.
    pub maps: Vec<f32>,
}

impl Coarse {
    /// What a memory shows at a pose to a square camera, of which `side` by `side` pixels are made.
    pub fn of(
        memory: &Memory,
        (pose, camera): (&Pose, &Intrinsics),
        side: usize,
        renderer: &mut Renderer,
        frame: &mut Frame,
    ) -> Result<Self, SpatialError> {
        let fine_side = FINE * side;
        let fine_camera = camera.resized(fine_side as u32, fine_side as u32);
        renderer.render(memory, pose, &fine_camera, frame)?;
        let mut small = Small { rgb: vec![[0.0; 3]; side * side], ..Small::default() };
        for at in 0..side * side {
            let (x, y) = (at % side * FINE, at / side * FINE);
            let (mut seen, mut sums) = (0_u8, [0.0_f32; 4]);
            let (mut all, mut filled) = (0.0_f32, [0.0_f32; 4]);
            for k in 0..FINE * FINE {
                let fine = (y + k / FINE) * fine_side + x + k % FINE;
                let pixel = &frame.rgba8()[4 * fine..4 * fine + 3];
                let [r, g, b] = [0, 1, 2].map(|c| f32::from(pixel[c]) / 255.0);
                let values = [r, g, b, frame.inverse_depth()[fine]];
                let known = frame.is_known(fine);
                seen += u8::from(known);
                all += 1.0;
                for ((sum, fill), value) in sums.iter_mut().zip(&mut filled).zip(values) {
                    *sum += if known { value } else { 0.0 };
                    *fill += value;
                }
            }
            // Of what is known where half of it is; else of the calm fill, which nothing is told about.
            let known = 2 * usize::from(seen) >= FINE * FINE;
            let [r, g, b, w] =
                if known { sums.map(|s| s / f32::from(seen)) } else { filled.map(|s| s / all) };
            small.rgb[at] = [r, g, b];
            small.inverse_depth.push(w);
            small.known.push(known);
        }
        Ok(Self::from_pictures(small, (pose, camera), side))
    }

    fn from_pictures(small: Small, (pose, camera): (&Pose, &Intrinsics), side: usize) -> Self {
        let rays = level_rays(pose, camera, side);
        let mut maps = Vec::with_capacity(side * side * MAPS);
        for at in 0..side * side {
            let (w, there) = (small.inverse_depth[at], small.known[at]);
            let mask = f32::from(u8::from(there));
            let [r, g, b] = small.rgb[at].map(|c| (c - 0.5) * 2.0 * mask);
            let sky = if w == 0.0 { mask } else { 0.0 };
            let normal = normal(&rays, &small.inverse_depth, side, at) * mask;
            let unit = rays[at].normalize();
            maps.extend_from_slice(&[r, g, b, encode(w) * mask, sky, mask]);
            maps.extend_from_slice(&normal.to_array());
            maps.extend_from_slice(&unit.to_array());
        }
        let code = small.inverse_depth.iter().map(|w| encode(*w)).collect();
        Self { side, rgb: small.rgb, code, maps }
    }

    /// From pictures of a fixture.
    #[cfg(test)]
    pub fn for_test(
        rgb: Vec<[f32; 3]>,
        inverse_depth: Vec<f32>,
        known: Vec<bool>,
        pose: &Pose,
    ) -> Self {
        let side = inverse_depth.len().isqrt();
        let camera = crate::painter::window_camera();
        let small = Small { rgb, inverse_depth, known };
        Self::from_pictures(small, (pose, &camera), side)
    }
}

/// Means of a rendered picture.
#[derive(Default)]
struct Small {
    rgb: Vec<[f32; 3]>,
    inverse_depth: Vec<f32>,
    known: Vec<bool>,
}

/// Rays of depth one with the camera's heading taken out: X to its right, Y up.
fn level_rays(pose: &Pose, camera: &Intrinsics, side: usize) -> Vec<Vec3> {
    let rotation = Mat3::from_quat(pose.rotation);
    let back = rotation.z_axis;
    // Straight up or down, the heading is that of the picture's top.
    let level = if back.y.abs() < 0.999 { back } else { rotation.y_axis * back.y.signum() };
    let length = level.x.hypot(level.z).max(1e-6);
    let (sin, cos) = (level.x / length, level.z / length);
    let headless =
        Mat3::from_cols(Vec3::new(cos, 0.0, sin), Vec3::Y, Vec3::new(-sin, 0.0, cos)) * rotation;
    let camera = camera.resized(side as u32, side as u32);
    (0..side * side)
        .map(|at| headless * camera.ray((at % side) as f32 + 0.5, (at / side) as f32 + 0.5))
        .collect()
}

/// Of the surface through a pixel and its neighbours right and below (left and above at the edge), towards the
/// camera; zero by the sky.
fn normal(rays: &[Vec3], inverse_depth: &[f32], side: usize, at: usize) -> Vec3 {
    let (x, y) = (at % side, at / side);
    let (beside, below) = (
        if x + 1 < side { at + 1 } else { at - 1 },
        if y + 1 < side { at + side } else { at - side },
    );
    if [at, beside, below].iter().any(|k| inverse_depth[*k] <= 0.0) {
        return Vec3::ZERO;
    }
    let point = |k: usize| rays[k] / inverse_depth[k].max(1e-6);
    let right = (point(beside) - point(at)) * if beside > at { 1.0 } else { -1.0 };
    let down = (point(below) - point(at)) * if below > at { 1.0 } else { -1.0 };
    let normal = down.cross(right);
    normal / normal.length().max(1e-12)
}
