//! From radiance to what a screen shows.

use std::sync::OnceLock;

use glam::Vec3;

pub(crate) fn luminance(c: Vec3) -> f32 {
    c.dot(Vec3::new(0.2126, 0.7152, 0.0722))
}

/// Between the arithmetic and the geometric mean: bright sky should not black out the rest.
pub(crate) fn auto_gain(hdr: &[Vec3], key: f32) -> f32 {
    let count = hdr.len().max(1) as f32;
    let log: f32 = hdr.iter().map(|c| (luminance(*c) + 1e-3).ln()).sum::<f32>() / count;
    let mean: f32 = hdr.iter().map(|c| luminance(*c).min(3.0)).sum::<f32>() / count;
    (key / (log.exp() * mean.max(1e-3)).sqrt().max(1e-3)).clamp(0.05, 60.0)
}

/// Linear display light of a radiance: a filmic curve after T. Lottes, "Advanced Techniques and
/// Optimization of HDR Color Pipelines" (2016), with grey kept and white at 10.
fn curve(x: f32) -> f32 {
    const CONTRAST: f32 = 1.32;
    const SHOULDER: f32 = 0.97;
    const GREY_IN: f32 = 0.18;
    const GREY_OUT: f32 = 0.235;
    const WHITE: f32 = 10.0;
    let (mid, top) = (GREY_IN.powf(CONTRAST), WHITE.powf(CONTRAST));
    let (mid_s, top_s) = (mid.powf(SHOULDER), top.powf(SHOULDER));
    let b = (top * GREY_OUT - mid) / ((top_s - mid_s) * GREY_OUT);
    let c = (top_s * mid - top * mid_s * GREY_OUT) / ((top_s - mid_s) * GREY_OUT);
    let z = x.powf(CONTRAST);
    z / (z.powf(SHOULDER) * b + c)
}

/// The curve and the sRGB encoding by the square root of radiance.
fn table() -> &'static [u8] {
    static TABLE: OnceLock<Vec<u8>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let byte = |i: usize| {
            let root = i as f32 / (ENTRIES - 1) as f32 * BRIGHTEST_ROOT;
            let v = curve(root * root).clamp(0.0, 1.0);
            let s = if v <= 0.003_130_8 { v * 12.92 } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
            (s * 255.0 + 0.5) as u8
        };
        (0..ENTRIES).map(byte).collect()
    })
}

const ENTRIES: usize = 8192;
const BRIGHTEST_ROOT: f32 = 3.2;

/// Radiance times gain to linear light of the display, channel by channel.
pub(crate) fn display(c: Vec3) -> Vec3 {
    let channel = |x: f32| curve(x.max(0.0)).clamp(0.0, 1.0);
    Vec3::new(channel(c.x), channel(c.y), channel(c.z))
}

/// Radiance times gain to sRGB.
pub(crate) fn tone_map(c: Vec3) -> [u8; 3] {
    let table = table();
    // Light that is too bright for one channel spills into the others, as in film.
    let c = c.max(Vec3::ZERO);
    let spill = (c.max_element() - 1.0).clamp(0.0, 6.0) * 0.06;
    let c = c.lerp(Vec3::splat(luminance(c)), spill / (1.0 + spill));
    let byte = |x: f32| {
        let at = x.sqrt() * ((ENTRIES - 1) as f32 / BRIGHTEST_ROOT);
        table[(at as usize).min(ENTRIES - 1)]
    };
    [byte(c.x), byte(c.y), byte(c.z)]
}
