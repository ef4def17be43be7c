//! Pictures on surfaces, in linear light and in several sizes.

use glam::{Vec2, Vec4};
use reverie_body::Texture;

/// A texture with its smaller copies.
#[derive(Debug)]
pub(crate) struct Mips {
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    width: usize,
    height: usize,
    texels: Vec<[u16; 4]>,
}

impl Mips {
    pub(crate) fn new(texture: &Texture) -> Self {
        let full = |byte: u8| u16::from(byte) * 257;
        let table: Vec<u16> = (0..=255u8)
            .map(|byte| {
                if !texture.srgb {
                    return full(byte);
                }
                let c = f32::from(byte) / 255.0;
                let linear = if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
                (65535.0 * linear + 0.5) as u16
            })
            .collect();
        let decoded = |p: &[u8]| {
            let [r, g, b] = [p[0], p[1], p[2]].map(|byte| table[usize::from(byte)]);
            [r, g, b, full(p[3])]
        };
        let mut level = Level {
            width: (texture.width as usize).max(1),
            height: (texture.height as usize).max(1),
            texels: texture.pixels.chunks_exact(4).map(decoded).collect(),
        };
        level.texels.resize(level.width * level.height, [0, 0, 0, u16::MAX]);
        let mut levels = vec![level];
        while let Some(last) = levels.last().filter(|last| last.width.min(last.height) > 1) {
            let next = last.halved();
            levels.push(next);
        }
        Self { levels }
    }

    /// Texels of the full size.
    pub(crate) fn size(&self) -> Vec2 {
        Vec2::new(self.levels[0].width as f32, self.levels[0].height as f32)
    }

    /// Linear RGBA at a place (v down, repeating); `lod` is the logarithm of texels to a pixel.
    pub(crate) fn sample(&self, uv: Vec2, lod: f32) -> Vec4 {
        let lod = lod.clamp(0.0, (self.levels.len() - 1) as f32);
        let (low, part) = (lod as usize, lod.fract());
        let fine = self.levels[low].sample(uv);
        if part < 0.02 || low + 1 >= self.levels.len() {
            return fine;
        }
        fine.lerp(self.levels[low + 1].sample(uv), part)
    }
}

impl Level {
    fn halved(&self) -> Self {
        let (width, height) = ((self.width / 2).max(1), (self.height / 2).max(1));
        let texels = (0..width * height)
            .map(|at| {
                let (x, y) = (2 * (at % width), 2 * (at / width));
                let mut sum = [2u32; 4];
                for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                    let (x, y) = ((x + dx).min(self.width - 1), (y + dy).min(self.height - 1));
                    for (sum, value) in sum.iter_mut().zip(self.texels[y * self.width + x]) {
                        *sum += u32::from(value);
                    }
                }
                sum.map(|sum| (sum / 4) as u16)
            })
            .collect();
        Self { width, height, texels }
    }

    fn sample(&self, uv: Vec2) -> Vec4 {
        let place = uv * Vec2::new(self.width as f32, self.height as f32) - 0.5;
        let low = place.floor();
        let f = place - low;
        let wrap = |at: f32, size: usize| (at as i64).rem_euclid(size as i64) as usize;
        let (x0, y0) = (wrap(low.x, self.width), wrap(low.y, self.height));
        let (x1, y1) = (wrap(low.x + 1.0, self.width), wrap(low.y + 1.0, self.height));
        let texel = |x: usize, y: usize| {
            Vec4::from(self.texels[y * self.width + x].map(f32::from)) * (1.0 / 65535.0)
        };
        let top = texel(x0, y0).lerp(texel(x1, y0), f.x);
        let bottom = texel(x0, y1).lerp(texel(x1, y1), f.x);
        top.lerp(bottom, f.y)
    }
}

/// 0 below `low`, 1 above `high`, smooth between; falls if `low` is above `high`.
pub(crate) fn smooth(low: f32, high: f32, value: f32) -> f32 {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// A number that looks like chance, of two others.
pub(crate) fn hash(a: u32, b: u32) -> u32 {
    let mut h = a.wrapping_mul(0x9e37_79b1) ^ b.wrapping_mul(0x85eb_ca6b);
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
    h ^ (h >> 15)
}

/// 0 to 1 of a hash.
pub(crate) fn unit(hash: u32) -> f32 {
    (hash >> 8) as f32 / (1u32 << 24) as f32
}
