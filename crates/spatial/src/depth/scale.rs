//! From inverse depth up to a scale to metres.
//!
//! A single picture does not tell its size. Two rules, in this order:
//!
//! 1. **Ground plane.** In inverse depth a plane is linear in the ray: `1/z = m · ray`, and the
//!    camera's height above it is `1/|m|`. If the lower part of the picture supports such a plane
//!    below the camera, tilted by at most [`MAX_TILT_RAD`], the camera stands [`EYE_HEIGHT_M`]
//!    above it, as a person who takes a photograph does.
//! 2. **Median.** Otherwise the median of everything that is not sky is [`MEDIAN_DEPTH_M`] away.
//!
//! Either way the median stays within [`MEDIAN_RANGE_M`].

use glam::{DMat3, DVec3};
use reverie_world_model::Intrinsics;

/// Height of the camera above the ground, metres.
pub const EYE_HEIGHT_M: f64 = 1.6;
/// Median depth of a picture without ground, metres.
pub const MEDIAN_DEPTH_M: f64 = 3.0;
/// Bounds of the median depth under the ground rule, metres.
pub const MEDIAN_RANGE_M: (f64, f64) = (1.0, 200.0);
/// Largest angle between the ground's normal and the picture's upward axis, radians.
pub const MAX_TILT_RAD: f64 = 0.7;

/// Share of the samples in the lower part that must lie on the plane.
const MIN_SUPPORT: f64 = 0.35;
/// A sample lies on the plane when its inverse depth differs by at most this share.
const TOLERANCE: f64 = 0.1;
const HYPOTHESES: u32 = 300;
const COLUMNS: usize = 48;
const ROWS: usize = 24;

/// A place in the picture: its ray at depth 1 and its inverse depth.
#[derive(Clone, Copy)]
struct Sample {
    ray: DVec3,
    inverse: f64,
}

/// Metres per unit of relative depth: `z_m = factor / inverse`. `None` when all is sky.
pub fn metres_factor(inverse: &[f32], camera: &Intrinsics) -> Option<f64> {
    let median = median_inverse(inverse)?;
    let factor = match ground_height(inverse, camera) {
        Some(height) => {
            let (least, most) = MEDIAN_RANGE_M;
            (EYE_HEIGHT_M / height).clamp(least * median, most * median)
        }
        None => MEDIAN_DEPTH_M * median,
    };
    Some(factor)
}

fn median_inverse(inverse: &[f32]) -> Option<f64> {
    // Every 7th pixel is plenty, and no multiple of a usual width.
    let mut solid: Vec<f32> = inverse.iter().copied().step_by(7).filter(|v| *v > 0.0).collect();
    let middle = solid.len() / 2;
    (!solid.is_empty()).then(|| f64::from(*solid.select_nth_unstable_by(middle, f32::total_cmp).1))
}

/// Height of the camera above the ground in units of relative depth.
fn ground_height(inverse: &[f32], camera: &Intrinsics) -> Option<f64> {
    let (width, height) = (camera.width as usize, camera.height as usize);
    // The lower 45 % of the picture, a regular grid.
    let mut samples = Vec::with_capacity(ROWS * COLUMNS);
    for j in 0..ROWS {
        let y = height * 55 / 100 + (2 * j + 1) * (height - height * 55 / 100) / (2 * ROWS);
        for i in 0..COLUMNS {
            let x = (2 * i + 1) * width / (2 * COLUMNS);
            let value = inverse[y.min(height - 1) * width + x];
            if value > 0.0 {
                let ray = camera.ray(x as f32 + 0.5, y as f32 + 0.5).as_dvec3();
                samples.push(Sample { ray, inverse: f64::from(value) });
            }
        }
    }
    let least = (MIN_SUPPORT * (ROWS * COLUMNS) as f64) as usize;
    if samples.len() < least {
        return None;
    }
    // A fixed sequence of triples: the answer depends on the picture alone.
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut pick = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        samples[(state >> 33) as usize % samples.len()]
    };
    let mut best: Option<(usize, DVec3)> = None;
    for _ in 0..HYPOTHESES {
        let Some(plane) = plane_through([pick(), pick(), pick()]).filter(is_ground) else {
            continue;
        };
        let support = samples.iter().filter(|s| on_plane(&plane, s)).count();
        if best.is_none_or(|(most, _)| support > most) {
            best = Some((support, plane));
        }
    }
    let (_, mut plane) = best?;
    for _ in 0..3 {
        plane = refined(&plane, &samples).filter(is_ground)?;
    }
    let support = samples.iter().filter(|s| on_plane(&plane, s)).count();
    (support >= least).then(|| plane.length().recip())
}

/// `m` with `m · ray = inverse` for three samples.
fn plane_through(three: [Sample; 3]) -> Option<DVec3> {
    let rows = DMat3::from_cols(three[0].ray, three[1].ray, three[2].ray).transpose();
    (rows.determinant().abs() > 1e-6)
        .then(|| rows.inverse() * DVec3::new(three[0].inverse, three[1].inverse, three[2].inverse))
}

/// Least squares of relative errors over the samples that lie on the plane.
fn refined(plane: &DVec3, samples: &[Sample]) -> Option<DVec3> {
    let (mut normal, mut right) = (DMat3::ZERO, DVec3::ZERO);
    for s in samples.iter().filter(|s| on_plane(plane, s)) {
        let ray = s.ray / s.inverse;
        normal += DMat3::from_cols(ray * ray.x, ray * ray.y, ray * ray.z);
        right += ray;
    }
    (normal.determinant().abs() > 1e-9).then(|| normal.inverse() * right)
}

fn on_plane(plane: &DVec3, s: &Sample) -> bool {
    (plane.dot(s.ray) - s.inverse).abs() <= TOLERANCE * s.inverse
}

/// Below the camera and roughly level: `m` points down, to where the ground is.
fn is_ground(plane: &DVec3) -> bool {
    plane.is_finite() && -plane.y >= MAX_TILT_RAD.cos() * plane.length()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A level ground `height` below the camera, sky above the horizon, a box on the left.
    fn street(camera: &Intrinsics, height: f32, unit: f32) -> Vec<f32> {
        let pixels = (0..camera.height).flat_map(|y| (0..camera.width).map(move |x| (x, y)));
        pixels
            .map(|(x, y)| {
                let ray = camera.ray(x as f32 + 0.5, y as f32 + 0.5);
                let ground = (-ray.y / height).max(0.0);
                let block = if x < camera.width / 4 { 1.0 / 6.0 } else { 0.0 };
                ground.max(block) * unit
            })
            .collect()
    }

    #[test]
    fn eye_height_sets_the_scale_whatever_the_unit() {
        let camera = Intrinsics::from_horizontal_fov(320, 240, 1.2);
        for unit in [0.01, 1.0, 37.0] {
            let inverse = street(&camera, 1.6, unit);
            let factor = metres_factor(&inverse, &camera).expect("not all sky");
            assert!((factor / f64::from(unit) - 1.0).abs() < 0.01, "{unit}: {factor}");
        }
    }

    #[test]
    fn without_ground_the_median_is_fixed_and_sky_has_no_scale() {
        let camera = Intrinsics::from_horizontal_fov(320, 240, 1.2);
        let wall = vec![0.25; 320 * 240];
        let factor = metres_factor(&wall, &camera).expect("solid");
        assert!((factor / 0.25 - MEDIAN_DEPTH_M).abs() < 1e-9);
        assert_eq!(metres_factor(&vec![0.0; 320 * 240], &camera), None);
    }

    #[test]
    fn a_giant_ground_is_kept_within_bounds() {
        let camera = Intrinsics::from_horizontal_fov(320, 240, 1.2);
        // Seen from so low that 1.6 m would put the median half a kilometre away.
        let inverse: Vec<f32> = street(&camera, 1.6, 1.0)
            .iter()
            .map(|v| if *v > 0.0 { v * 1e-3 + 1e-4 } else { 0.0 })
            .collect();
        let factor = metres_factor(&inverse, &camera).expect("solid");
        let median = median_inverse(&inverse).expect("solid");
        assert!(factor / median <= MEDIAN_RANGE_M.1 + 1e-6);
    }
}
