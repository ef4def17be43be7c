//! From the picture's colours to light and back.

use glam::Vec3;
use std::sync::OnceLock;

/// Brightest display light that is told apart; above, a picture is taken as clipped.
const CLIPPED: f32 = 0.93;

/// Linear display light (sRGB without its encoding) of a byte.
pub(crate) fn linear(byte: u8) -> f32 {
    static TABLE: OnceLock<[f32; 256]> = OnceLock::new();
    TABLE.get_or_init(|| {
        std::array::from_fn(|i| {
            let s = i as f32 / 255.0;
            if s <= 0.040_45 { s / 12.92 } else { ((s + 0.055) / 1.055).powf(2.4) }
        })
    })[byte as usize]
}

/// Light that shows as this under the curve `y = x / (1 + x)` per channel, which is close to what
/// cameras do and is what meshes are shown with. Clipped light comes back as about 13.
#[must_use]
pub fn scene_from_display(display: Vec3) -> Vec3 {
    let y = display.clamp(Vec3::ZERO, Vec3::splat(CLIPPED));
    y / (Vec3::ONE - y)
}

/// How light shows, linear: the inverse of [`scene_from_display`].
#[must_use]
pub fn display_from_scene(light: Vec3) -> Vec3 {
    let x = light.max(Vec3::ZERO);
    x / (Vec3::ONE + x)
}

/// Luminance of linear sRGB.
#[must_use]
pub fn luminance(c: Vec3) -> f32 {
    c.dot(Vec3::new(0.2126, 0.7152, 0.0722))
}

/// Light of a packed sRGB pixel as a [`Frame`](crate::Frame) holds it.
pub(crate) fn scene_from_pixel(pixel: [u8; 3]) -> Vec3 {
    let [r, g, b] = pixel.map(linear);
    scene_from_display(Vec3::new(r, g, b))
}
