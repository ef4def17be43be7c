//! From radiance to what a screen shows.

use glam::Vec3;

fn luminance(c: Vec3) -> f32 {
    c.dot(Vec3::new(0.2126, 0.7152, 0.0722))
}

/// Between the arithmetic and the geometric mean: bright sky should not black out the rest.
pub(crate) fn auto_gain(hdr: &[Vec3], key: f32) -> f32 {
    let count = hdr.len().max(1) as f32;
    let log: f32 = hdr.iter().map(|c| (luminance(*c) + 1e-3).ln()).sum::<f32>() / count;
    let mean: f32 = hdr.iter().map(|c| luminance(*c).min(3.0)).sum::<f32>() / count;
    (key / (log.exp() * mean.max(1e-3)).sqrt().max(1e-3)).clamp(0.05, 60.0)
}

/// Filmic curve (a fit of the ACES reference), then sRGB.
pub(crate) fn tone_map(c: Vec3) -> [u8; 3] {
    let x = c.max(Vec3::ZERO);
    let y = (x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14);
    let encode = |v: f32| {
        let v = v.clamp(0.0, 1.0);
        let s = if v <= 0.003_130_8 { v * 12.92 } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
        (s * 255.0 + 0.5) as u8
    };
    [encode(y.x), encode(y.y), encode(y.z)]
}
