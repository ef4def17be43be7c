//! Blurred copies of the light around a point, for rough mirrors.

use super::cube::LightCube;
use glam::Vec3;
use rayon::prelude::*;

/// Share of a lobe's peak below which its light is left out.
const FAINT: f32 = 2e-3;

/// One copy for each level of a mirror's cube map: the first as it is, each half as large as the
/// one before and as blurred as a mirror of perceptual roughness `level / (levels - 1)` shows it
/// that is seen from the front (the GGX lobe around the mirrored direction).
#[must_use]
pub fn mirror_levels(cube: &LightCube) -> Vec<LightCube> {
    let count = cube.size().max(1).ilog2() as usize + 1;
    let mut sharp = cube.clone();
    let mut levels = vec![cube.clone()];
    for level in 1..count {
        let size = (cube.size() >> level).max(1);
        // Blurred from a copy that is finer than the result, as long as that is affordable.
        while sharp.size() > (2 * size).clamp(8, 16) {
            sharp = sharp.halved();
        }
        let roughness = level as f32 / (count - 1) as f32;
        levels.push(blurred(&sharp, size, roughness));
    }
    levels
}

fn blurred(sharp: &LightCube, size: usize, roughness: f32) -> LightCube {
    // The distribution's own width is the square of the perceptual roughness.
    let alpha2 = roughness.powi(4).max(1e-4);
    let source: Vec<(Vec3, f32, Vec3)> = (0..sharp.texels().len())
        .map(|at| (sharp.direction(at), sharp.solid_angle(at), sharp.texels()[at]))
        .collect();
    let template = LightCube::filled(size, Vec3::ZERO);
    let texels: Vec<Vec3> = (0..6 * size * size)
        .into_par_iter()
        .map(|at| {
            let normal = template.direction(at);
            let (mut sum, mut total) = (Vec3::ZERO, 0.0);
            for (direction, angle, radiance) in &source {
                let cos = normal.dot(*direction);
                if cos <= 0.0 {
                    continue;
                }
                // The half vector's cosine, squared.
                let half2 = 0.5 * (1.0 + cos);
                let spread = half2 * (alpha2 - 1.0) + 1.0;
                let lobe = alpha2 * alpha2 / (spread * spread);
                if lobe > FAINT {
                    let weight = lobe * cos * angle;
                    sum += *radiance * weight;
                    total += weight;
                }
            }
            if total > 0.0 { sum / total } else { nearest(&source, normal) }
        })
        .collect();
    LightCube::from_texels(size, texels)
}

/// The source's texel that faces a direction most.
fn nearest(source: &[(Vec3, f32, Vec3)], normal: Vec3) -> Vec3 {
    source
        .iter()
        .max_by(|a, b| a.0.dot(normal).total_cmp(&b.0.dot(normal)))
        .map_or(Vec3::ZERO, |(_, _, radiance)| *radiance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blurring_keeps_even_light_and_spreads_a_source() {
        let even = mirror_levels(&LightCube::filled(16, Vec3::splat(0.7)));
        assert_eq!(even.iter().map(LightCube::size).collect::<Vec<_>>(), [16, 8, 4, 2, 1]);
        let near = |c: &Vec3| c.abs_diff_eq(Vec3::splat(0.7), 1e-4);
        assert!(even.iter().all(|level| level.texels().iter().all(near)));
        let spot = LightCube::from_fn(16, |d| Vec3::splat(if d.x > 0.95 { 8.0 } else { 0.1 }));
        let brightest = |cube: &LightCube| cube.texels().iter().map(|c| c.x).fold(0.0, f32::max);
        let levels = mirror_levels(&spot);
        assert!(levels.windows(2).all(|pair| brightest(&pair[0]) >= brightest(&pair[1]) - 0.05));
        assert!(brightest(&levels[4]) < 3.0);
    }
}
