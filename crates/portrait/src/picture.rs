//! Pictures in linear light, and what a screen shows of them.

use crate::texture::{hash, unit};
use glam::Vec3;
use rayon::prelude::*;

/// A picture in linear light.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Rows from the top; linear RGB, 1 is a white surface in full light.
    pub pixels: Vec<Vec3>,
}

impl Picture {
    /// A black picture.
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![Vec3::ZERO; width * height] }
    }

    /// Puts another picture into this one; what does not fit is left out.
    pub fn paste(&mut self, other: &Self, left: usize, top: usize) {
        let columns = other.width.min(self.width.saturating_sub(left));
        for y in 0..other.height.min(self.height.saturating_sub(top)) {
            let (from, to) = (y * other.width, (top + y) * self.width + left);
            self.pixels[to..to + columns].copy_from_slice(&other.pixels[from..from + columns]);
        }
    }

    /// What a screen shows: highlights rolled off, in sRGB.
    pub fn to_image(&self) -> image::RgbImage {
        let bytes: Vec<u8> = self
            .pixels
            .par_iter()
            .enumerate()
            .flat_map_iter(|(at, colour)| {
                // A grain of half a step hides the steps of soft gradients.
                let grain = unit(hash(at as u32, 0x51)) - 0.5;
                let srgb = rolled_off(*colour).to_array().map(srgb_from_linear);
                srgb.map(|c| (255.0 * c + 0.5 + 0.9 * grain).clamp(0.0, 255.0) as u8)
            })
            .collect();
        let (width, height) = (self.width as u32, self.height as u32);
        // As many bytes as the size asks for; an empty picture otherwise.
        image::RgbImage::from_raw(width, height, bytes).unwrap_or_default()
    }
}

/// Brings highlights down without changing their hue much, as in Khronos' neutral tone mapper:
/// what is below the shoulder stays as it is, so that skin keeps its colour.
fn rolled_off(colour: Vec3) -> Vec3 {
    const SHOULDER: f32 = 0.70;
    const PALING: f32 = 0.16;
    let colour = colour.max(Vec3::ZERO);
    let peak = colour.max_element();
    if peak <= SHOULDER {
        return colour;
    }
    let room = 1.0 - SHOULDER;
    let lowered = 1.0 - room * room / (peak + room - SHOULDER);
    let scaled = colour * (lowered / peak);
    let pale = 1.0 - 1.0 / (PALING * (peak - lowered) + 1.0);
    scaled.lerp(Vec3::splat(lowered), pale)
}

fn srgb_from_linear(value: f32) -> f32 {
    let value = value.clamp(0.0, 1.0);
    if value <= 0.003_130_8 { 12.92 * value } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 }
}
