//! What the air adds to things with their distance.

use super::{LightCube, luminance, scene_from_display};
use glam::Vec3;
use reverie_world_model::SceneLight;

/// Rings of distance in which colours are compared, metres.
const RINGS_M: [f32; 7] = [4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// Texels that a ring needs.
const ENOUGH: usize = 24;
/// Thinner air than this is as good as none, 1/m.
const THIN: f32 = 4e-4;

/// Air that hides things with their distance.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Haze {
    /// Share of light lost per metre.
    pub per_m: f32,
    /// What thick air shows, in the units of [`scene_from_display`].
    pub colour: Vec3,
}

impl Haze {
    /// As the model told it.
    #[must_use]
    pub fn told(light: &SceneLight) -> Self {
        let per_m = if light.haze_per_m < THIN { 0.0 } else { light.haze_per_m };
        Self { per_m, colour: scene_from_display(light.haze) }
    }

    /// From how contrast falls with the distance: the spread of brightness among things falls as
    /// their light does. Only air that is plainly there is told.
    pub(super) fn found(cube: &LightCube, inverse_distance: &[f32]) -> Self {
        let mut rings: [Vec<f32>; RINGS_M.len() - 1] = Default::default();
        let (mut colour, mut count) = (Vec3::ZERO, 0.0);
        for (at, w) in inverse_distance.iter().enumerate() {
            let up = cube.direction(at).y;
            let far = (0.0..1.0 / RINGS_M[RINGS_M.len() - 1]).contains(w);
            if far && up.abs() < 0.12 {
                colour += cube.texels()[at];
                count += 1.0;
            }
            let ring = RINGS_M.windows(2).position(|r| *w <= 1.0 / r[0] && *w > 1.0 / r[1]);
            if let Some(ring) = ring {
                rings[ring].push(luminance(cube.texels()[at]));
            }
        }
        let mut points: Vec<[f32; 2]> = Vec::new();
        for (ring, bounds) in rings.iter_mut().zip(RINGS_M.windows(2)) {
            if ring.len() >= ENOUGH {
                ring.sort_unstable_by(f32::total_cmp);
                let spread = ring[ring.len() * 9 / 10] - ring[ring.len() / 10];
                points.push([(bounds[0] * bounds[1]).sqrt(), spread.max(1e-4).ln()]);
            }
        }
        if points.len() < 3 || count < 8.0 {
            return Self::default();
        }
        // Every pair of rings tells a density; the second smallest is believed.
        let mut found: Vec<f32> = Vec::new();
        for (i, near) in points.iter().enumerate() {
            found.extend(points[i + 1..].iter().map(|far| (near[1] - far[1]) / (far[0] - near[0])));
        }
        found.sort_unstable_by(f32::total_cmp);
        let per_m = found[1].min(0.08);
        if per_m < 4e-3 { Self::default() } else { Self { per_m, colour: colour / count } }
    }
}
