//! Light from all around as spherical harmonics of second order, after R. Ramamoorthi and
//! P. Hanrahan, "An Efficient Representation for Irradiance Environment Maps" (2001).

use super::cube::LightCube;
use glam::Vec3;
use std::f32::consts::PI;

/// Diffuse light from all around: what surfaces of each slope receive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DiffuseLight([Vec3; 9]);

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
        Self(sums)
    }

    /// What a white matt surface with this normal (unit length) throws back: irradiance over pi.
    #[must_use]
    pub fn towards(&self, normal: Vec3) -> Vec3 {
        let values = basis(normal);
        let parts = self.0.iter().zip(values).enumerate();
        let sum: Vec3 = parts.map(|(k, (c, value))| *c * (BANDS[band(k)] * value)).sum();
        (sum / PI).max(Vec3::ZERO)
    }

    /// The same light, multiplied.
    #[must_use]
    pub fn scaled(&self, by: f32) -> Self {
        Self(self.0.map(|c| c * by))
    }

    /// The direction that most light comes from, as the length of its first band by luminance over
    /// that of the even part: 0 for light from all around, up to about 1.7 for a single source.
    #[must_use]
    pub fn main_direction(&self) -> (Vec3, f32) {
        let grey = |c: Vec3| super::tone::luminance(c);
        let along = Vec3::new(grey(self.0[3]), grey(self.0[1]), grey(self.0[2]));
        let even = grey(self.0[0]).max(1e-6);
        (along.try_normalize().unwrap_or(Vec3::Y), along.length() / even)
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
        let (towards, sharpness) = light.main_direction();
        assert!(towards.y > 0.999 && (0.5..1.2).contains(&sharpness));
    }
}
