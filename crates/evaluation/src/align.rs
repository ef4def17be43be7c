//! How the camera moved between two frames, found from the frames alone.
//!
//! Direct alignment (as in Kerl, Sturm, Cremers 2013): the pose is sought at which the earlier frame,
//! moved by its depth, looks like the later one in brightness and in depth. Gauss-Newton with robust
//! weights, from coarse to fine. It starts from "no motion", never from the commanded one, so a world
//! that stands still is found to stand still.

use crate::{MetricError, mask::same_size};
use glam::{DMat3, DQuat, DVec2, DVec3, Vec3};
use reverie_world_model::{DepthImage, Intrinsics, Pose, RgbImage};

/// The coarsest level has at least this many pixels along its shorter side.
const SMALLEST_SIDE: usize = 16;
/// Steps a level at most.
const MAX_STEPS: usize = 20;
/// A step shorter than this (radians, and metres a metre of depth) ends a level.
const DONE: f64 = 1e-7;
/// Brightness noise that is always expected, levels of 0 to 255.
const BRIGHTNESS_FLOOR: f64 = 1.0;
/// Relative noise of depth that is always expected: small, or surfaces joined wrongly weigh too much.
const DEPTH_FLOOR: f64 = 1e-4;
/// Surfaces farther apart than this share of inverse depth are not the same one; on coarser levels
/// the share grows, so that foliage is not all edges.
const SAME_SURFACE: f64 = 0.1;
const SAME_SURFACE_GROWTH: f64 = 2.2;
/// How much noisier depth gets with every coarser level: means of several surfaces are nobody's depth.
const DEPTH_FLOOR_GROWTH: f64 = 30.0;
/// Scale of the Cauchy weight at which it is 95 % efficient on normal noise.
const CAUCHY: f64 = 2.3849;
/// Fewer usable pixels say nothing.
const LEAST_PIXELS: usize = 24;

/// A frame as alignment needs it.
#[derive(Debug, Clone, Copy)]
pub struct RgbdView<'a> {
    /// Colour.
    pub rgb: &'a RgbImage,
    /// Depth of the same size, metres.
    pub depth: &'a DepthImage,
    /// The camera of that size.
    pub intrinsics: &'a Intrinsics,
}

impl RgbdView<'_> {
    fn check(&self) -> Result<(), MetricError> {
        let size = (self.rgb.width(), self.rgb.height());
        same_size("the depth", (self.depth.width(), self.depth.height()), size)?;
        same_size("the camera", (self.intrinsics.width, self.intrinsics.height), size)?;
        self.intrinsics
            .validate()
            .map_err(|e| MetricError::BadValues { field: "intrinsics", problem: e.to_string() })
    }
}

/// Where the camera of `now` is in the view space of `before`, by aligning the two frames.
///
/// The pose's `position` is in metres, in the units of `before`'s depth. Good for motions of up to
/// about a tenth of the picture's width.
///
/// # Errors
/// When sizes do not fit or hardly any pixel has depth and contrast in both frames.
pub fn align(before: RgbdView<'_>, now: RgbdView<'_>) -> Result<Pose, MetricError> {
    before.check()?;
    now.check()?;
    let before = Level::pyramid(before);
    let now = Level::pyramid(now);
    let levels = before.len().min(now.len());
    let mut motion = Motion { rotation: DMat3::IDENTITY, translation: DVec3::ZERO };
    let mut work = Work::default();
    for level in (0..levels).rev() {
        motion = refine(&before[level], &now[level], motion, &mut work)?;
    }
    let rotation = motion.rotation.transpose();
    let position = -(rotation * motion.translation);
    Ok(Pose { position: position.as_vec3(), rotation: DQuat::from_mat3(&rotation).as_quat() })
}

/// Maps the view space of the earlier frame to that of the later one.
#[derive(Clone, Copy)]
struct Motion {
    rotation: DMat3,
    translation: DVec3,
}

/// One size of a frame.
struct Level {
    width: usize,
    height: usize,
    camera: Intrinsics,
    brightness: Vec<f64>,
    /// Change of brightness a pixel, along rows and columns.
    slope: Vec<DVec2>,
    /// 1/m; 0 is sky, negative is unknown.
    inverse_depth: Vec<f64>,
    /// Share of inverse depth by which one surface may differ.
    tolerance: f64,
    /// Relative noise of depth that is expected here.
    depth_floor: f64,
}

impl Level {
    /// Finest first.
    fn pyramid(view: RgbdView<'_>) -> Vec<Self> {
        let (width, height) = (view.rgb.width() as usize, view.rgb.height() as usize);
        let brightness = view
            .rgb
            .data()
            .chunks_exact(3)
            .map(|p| 0.299 * f64::from(p[0]) + 0.587 * f64::from(p[1]) + 0.114 * f64::from(p[2]))
            .collect();
        let inverse = |depth: &f32| if *depth > 0.0 { 1.0 / f64::from(*depth) } else { -1.0 };
        let inverse_depth = view.depth.data().iter().map(inverse).collect();
        let mut levels =
            vec![Self::new(width, height, *view.intrinsics, brightness, inverse_depth)];
        while let Some(last) = levels.last()
            && last.width.min(last.height) / 2 >= SMALLEST_SIDE
        {
            let next = last.halved();
            levels.push(next);
        }
        levels
    }

    fn new(
        width: usize,
        height: usize,
        camera: Intrinsics,
        brightness: Vec<f64>,
        inverse_depth: Vec<f64>,
    ) -> Self {
        let mut slope = Vec::with_capacity(brightness.len());
        for y in 0..height {
            let (above, below) = (y.saturating_sub(1), (y + 1).min(height - 1));
            for x in 0..width {
                let (left, right) = (x.saturating_sub(1), (x + 1).min(width - 1));
                let across = brightness[y * width + right] - brightness[y * width + left];
                let down = brightness[below * width + x] - brightness[above * width + x];
                let span = DVec2::new((right - left) as f64, (below - above) as f64);
                slope.push(DVec2::new(across, down) / span.max(DVec2::ONE));
            }
        }
        Self {
            width,
            height,
            camera,
            brightness,
            slope,
            inverse_depth,
            tolerance: SAME_SURFACE,
            depth_floor: DEPTH_FLOOR,
        }
    }

    fn halved(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let tolerance = self.tolerance * SAME_SURFACE_GROWTH;
        let mut brightness = Vec::with_capacity(width * height);
        let mut inverse_depth = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let at = 2 * y * self.width + 2 * x;
                let four = [at, at + 1, at + self.width, at + self.width + 1];
                brightness.push(0.25 * four.map(|at| self.brightness[at]).iter().sum::<f64>());
                inverse_depth.push(same_surface(four.map(|at| self.inverse_depth[at]), tolerance));
            }
        }
        // An odd last row or column is left out: the scale is exactly a half.
        let Intrinsics { fx, fy, cx, cy, .. } = self.camera;
        let camera = Intrinsics {
            width: width as u32,
            height: height as u32,
            fx: 0.5 * fx,
            fy: 0.5 * fy,
            cx: 0.5 * cx,
            cy: 0.5 * cy,
        };
        let depth_floor = self.depth_floor * DEPTH_FLOOR_GROWTH;
        let level = Self::new(width, height, camera, brightness, inverse_depth);
        Self { tolerance, depth_floor, ..level }
    }

    /// Corners and weights of a bilinear sample at picture coordinates (centres at .5).
    fn corners(&self, u: f64, v: f64) -> Option<([usize; 4], [f64; 4])> {
        let (x, y) = (u - 0.5, v - 0.5);
        if !(x >= 0.0 && y >= 0.0 && x < (self.width - 1) as f64 && y < (self.height - 1) as f64) {
            return None;
        }
        let (s, t) = (x.fract(), y.fract());
        let at = y as usize * self.width + x as usize;
        let corners = [at, at + 1, at + self.width, at + self.width + 1];
        Some((corners, [(1.0 - s) * (1.0 - t), s * (1.0 - t), (1.0 - s) * t, s * t]))
    }
}

/// The mean of inverse depths of one surface, all sky, or unknown (negative).
fn same_surface(four: [f64; 4], tolerance: f64) -> f64 {
    let least = four.into_iter().fold(f64::INFINITY, f64::min);
    let most = four.into_iter().fold(0.0, f64::max);
    if least < 0.0 || most - least > tolerance * most {
        return -1.0;
    }
    0.25 * four.iter().sum::<f64>()
}

/// A residual and how it changes with (rotation, translation) of the later camera's space.
type Row = (f64, [f64; 6]);

/// Buffers kept from step to step.
#[derive(Default)]
struct Work {
    brightness: Vec<Row>,
    depth: Vec<Row>,
    sizes: Vec<f64>,
}

fn refine(
    before: &Level,
    now: &Level,
    mut motion: Motion,
    work: &mut Work,
) -> Result<Motion, MetricError> {
    for _ in 0..MAX_STEPS {
        linearise(before, now, &motion, work);
        if work.brightness.len() < LEAST_PIXELS {
            return Err(MetricError::Nothing("hardly any pixel is in both frames"));
        }
        let mut normal = [[0.0; 6]; 6];
        let mut right = [0.0; 6];
        for (rows, floor) in [(&work.brightness, BRIGHTNESS_FLOOR), (&work.depth, now.depth_floor)]
        {
            accumulate(rows, floor, &mut work.sizes, &mut normal, &mut right);
        }
        let Some(step) = solve(normal, right) else {
            return Err(MetricError::Nothing("the frames have no contrast to align by"));
        };
        let turn = DVec3::new(step[0], step[1], step[2]);
        let shift = DVec3::new(step[3], step[4], step[5]);
        let rotation = DMat3::from_quat(DQuat::from_scaled_axis(turn));
        motion = Motion {
            rotation: rotation * motion.rotation,
            translation: rotation * motion.translation + shift,
        };
        if turn.length().max(shift.length()) < DONE {
            break;
        }
    }
    Ok(motion)
}

/// Residuals and derivatives of all usable pixels at a motion.
fn linearise(before: &Level, now: &Level, motion: &Motion, work: &mut Work) {
    work.brightness.clear();
    work.depth.clear();
    let camera = &now.camera;
    let (fx, fy) = (f64::from(camera.fx), f64::from(camera.fy));
    let (cx, cy) = (f64::from(camera.cx), f64::from(camera.cy));
    for y in 0..before.height {
        for x in 0..before.width {
            let at = y * before.width + x;
            let w = before.inverse_depth[at];
            if w < 0.0 {
                continue;
            }
            let ray: Vec3 = before.camera.ray(x as f32 + 0.5, y as f32 + 0.5);
            // The point times its inverse depth, so that the sky is an ordinary point.
            let q = motion.rotation * ray.as_dvec3() + motion.translation * w;
            let ahead = -q.z;
            if ahead < 1e-3 {
                continue;
            }
            let (u, v) = (cx + fx * q.x / ahead, cy - fy * q.y / ahead);
            let Some((corners, weights)) = now.corners(u, v) else { continue };
            let expected = w / ahead;
            let found = same_surface(corners.map(|at| now.inverse_depth[at]), now.tolerance);
            if found < 0.0 || (found - expected).abs() > now.tolerance * found.max(expected) {
                continue;
            }
            let of = |values: &[f64]| -> f64 {
                corners.iter().zip(weights).map(|(at, weight)| values[*at] * weight).sum()
            };
            let slope: DVec2 =
                corners.iter().zip(weights).map(|(at, weight)| now.slope[*at] * weight).sum();
            // By the point q: of u, of v, of the expected inverse depth.
            let of_u = DVec3::new(fx / ahead, 0.0, fx * q.x / (ahead * ahead));
            let of_v = DVec3::new(0.0, -fy / ahead, -fy * q.y / (ahead * ahead));
            let of_expected = DVec3::new(0.0, 0.0, w / (ahead * ahead));
            let by_motion = |g: DVec3| -> [f64; 6] {
                let turn = q.cross(g);
                [turn.x, turn.y, turn.z, w * g.x, w * g.y, w * g.z]
            };
            let residual = of(&now.brightness) - before.brightness[at];
            work.brightness.push((residual, by_motion(of_u * slope.x + of_v * slope.y)));
            if w > 0.0 {
                let [a, b, c, d] = corners.map(|at| now.inverse_depth[at]);
                let across = 0.5 * (b - a + d - c);
                let down = 0.5 * (c - a + d - b);
                let change = of_u * across + of_v * down - of_expected;
                let residual = (of(&now.inverse_depth) - expected) / expected;
                work.depth.push((residual, by_motion(change / expected)));
            }
        }
    }
}

/// Adds robustly weighted rows to the normal equations.
fn accumulate(
    rows: &[Row],
    floor: f64,
    sizes: &mut Vec<f64>,
    normal: &mut [[f64; 6]; 6],
    right: &mut [f64; 6],
) {
    if rows.is_empty() {
        return;
    }
    sizes.clear();
    sizes.extend(rows.iter().map(|(residual, _)| residual.abs()));
    let middle = sizes.len() / 2;
    let (_, median, _) = sizes.select_nth_unstable_by(middle, f64::total_cmp);
    let deviation = (1.4826 * *median).max(floor);
    for (residual, by) in rows {
        let off = residual / (CAUCHY * deviation);
        let weight = 1.0 / ((1.0 + off * off) * deviation * deviation);
        for i in 0..6 {
            let scaled = weight * by[i];
            right[i] -= scaled * residual;
            for j in 0..=i {
                normal[i][j] += scaled * by[j];
            }
        }
    }
}

/// Solves the symmetric system of which the lower half is given (Cholesky); `None` when it has no
/// single solution.
fn solve(mut matrix: [[f64; 6]; 6], mut right: [f64; 6]) -> Option<[f64; 6]> {
    for i in 0..6 {
        for j in 0..=i {
            let done: f64 = (0..j).map(|k| matrix[i][k] * matrix[j][k]).sum();
            let rest = matrix[i][j] - done;
            if i == j {
                // Relative to the element itself: units of the unknowns differ.
                if rest.is_nan() || rest <= 1e-9 * matrix[i][i] {
                    return None;
                }
                matrix[i][i] = rest.sqrt();
            } else {
                matrix[i][j] = rest / matrix[j][j];
            }
        }
    }
    for i in 0..6 {
        let done: f64 = (0..i).map(|k| matrix[i][k] * right[k]).sum();
        right[i] = (right[i] - done) / matrix[i][i];
    }
    for i in (0..6).rev() {
        let done: f64 = (i + 1..6).map(|k| matrix[k][i] * right[k]).sum();
        right[i] = (right[i] - done) / matrix[i][i];
    }
    right.iter().all(|value| value.is_finite()).then_some(right)
}
