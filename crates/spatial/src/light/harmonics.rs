//! Light from all around as spherical harmonics of second order, after R. Ramamoorthi and
//! P. Hanrahan, "An Efficient Representation for Irradiance Environment Maps" (2001).

use super::cube::LightCube;
use glam::Vec3;
use std::f32::consts::PI;

/// Diffuse light from all around: what surfaces of each slope receive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DiffuseLight {
    parts: [Vec3; 9],
    /// What is known better than from the picture: factors for +X, -X, +Y, -Y, +Z and -Z.
    factors: [Vec3; 6],
}

/// Share of the cosine's harmonics that is kept by band; damped a little so that a bright sky does
/// not make the side away from it negative.
const BANDS: [f32; 3] = [PI, 2.0 * PI / 3.0 * 0.96, PI / 4.0 * 0.85];

fn basis(d: Vec3) -> [f32; 9] {
    [
        0.282_095,
        0.488_603 * d.y,
        0.488_603 * d.z,
        0.488_603 * d.x,
        1.092_548 * d.x * d.y,
        1.092_548 * d.y * d.z,
        0.315_392 * (3.0 * d.z * d.z - 1.0),
        1.092_548 * d.x * d.z,
        0.546_274 * (d.x * d.x - d.y * d.y),
    ]
}

fn band(k: usize) -> usize {
    [0, 1, 1, 1, 2, 2, 2, 2, 2][k]
}

impl DiffuseLight {
    /// Of a radiance around a point.
    #[must_use]
    pub fn of(cube: &LightCube) -> Self {
        let mut sums = [Vec3::ZERO; 9];
        for (at, radiance) in cube.texels().iter().enumerate() {
            let weighted = *radiance * cube.solid_angle(at);
            for (sum, value) in sums.iter_mut().zip(basis(cube.direction(at))) {
                *sum += weighted * value;
            }
        }
        Self { parts: sums, factors: [Vec3::ONE; 6] }
    }

    /// What a white matt surface with this normal (unit length) throws back: irradiance over pi.
    #[must_use]
    pub fn towards(&self, normal: Vec3) -> Vec3 {
        let values = basis(normal);
        let parts = self.parts.iter().zip(values).enumerate();
        let sum: Vec3 = parts.map(|(k, (c, value))| *c * (BANDS[band(k)] * value)).sum();
        let squares = normal * normal;
        let factor: Vec3 =
            (0..3).map(|k| self.factors[2 * k + usize::from(normal[k] < 0.0)] * squares[k]).sum();
        (sum / PI).max(Vec3::ZERO) * factor
    }

    /// The same light, multiplied.
    #[must_use]
    pub fn scaled(&self, by: f32) -> Self {
        Self { parts: self.parts.map(|c| c * by), ..*self }
    }

    /// The same light, brought to what surfaces that face +X, -X, +Y, -Y, +Z and -Z are known to
    /// send back, by a share of the way.
    #[must_use]
    pub fn corrected(&self, known: [Vec3; 6], share: f32) -> Self {
        let axes = [Vec3::X, Vec3::NEG_X, Vec3::Y, Vec3::NEG_Y, Vec3::Z, Vec3::NEG_Z];
        let mut factors = self.factors;
        for ((factor, axis), known) in factors.iter_mut().zip(axes).zip(known) {
            let by = (known + 1e-3) / (self.towards(axis) + 1e-3);
            *factor *= Vec3::ONE.lerp(by.clamp(Vec3::splat(0.02), Vec3::splat(50.0)), share);
        }
        Self { factors, ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_light_stays_even_and_a_source_lights_its_side() {
        let even = DiffuseLight::of(&LightCube::filled(16, Vec3::new(0.2, 0.4, 0.6)));
        for normal in [Vec3::X, Vec3::Y, Vec3::new(0.6, -0.8, 0.0)] {
            assert!(even.towards(normal).abs_diff_eq(Vec3::new(0.2, 0.4, 0.6), 2e-3));
        }
        // A sky over a dark ground: a level surface gets all of it, a wall half.
        let sky = LightCube::from_fn(32, |d| if d.y > 0.0 { Vec3::ONE } else { Vec3::ZERO });
        let light = DiffuseLight::of(&sky);
        assert!((light.towards(Vec3::Y).x - 1.0).abs() < 0.06);
        assert!((light.towards(Vec3::X).x - 0.5).abs() < 0.02);
        assert!(light.towards(Vec3::NEG_Y).x < 0.06);
        // What is known of a side is kept, half way if only half believed.
        let mut known = [Vec3::splat(0.3); 6];
        known[2] = Vec3::splat(2.0);
        let all = light.corrected(known, 1.0);
        assert!(all.towards(Vec3::Y).abs_diff_eq(Vec3::splat(2.0), 0.01));
        assert!(all.towards(Vec3::NEG_Z).abs_diff_eq(Vec3::splat(0.3), 0.01));
        let half = light.corrected(known, 0.5).towards(Vec3::Y).x;
        assert!((half - 1.5).abs() < 0.06, "{half}");
    }
}
