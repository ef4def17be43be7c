//! Photographs as repeating textures.

use glam::{Vec2, Vec3};

/// Largest side kept, pixels; bigger pictures are refused so that a folder of them stays small.
const MAX_SIDE: usize = 1024;

/// A decoded picture with its mip chain. It repeats mirrored, so that edges never show.
#[derive(Clone, Debug)]
pub struct Photo {
    levels: Vec<PhotoLevel>,
}

#[derive(Clone, Debug)]
struct PhotoLevel {
    width: usize,
    height: usize,
    /// Linear light, rows from the top.
    pixels: Vec<Vec3>,
}

impl Photo {
    /// Takes 8-bit sRGB rows from the top. `None` when the sizes disagree, are zero, or a
    /// side is over 1024 pixels.
    #[must_use]
    pub fn from_srgb8(width: usize, height: usize, rgb: &[u8]) -> Option<Self> {
        if width == 0
            || height == 0
            || width > MAX_SIDE
            || height > MAX_SIDE
            || rgb.len() != width * height * 3
        {
            return None;
        }
        let pixels =
            rgb.chunks_exact(3).map(|p| crate::surface::material::srgb(p[0], p[1], p[2])).collect();
        let mut levels = vec![PhotoLevel { width, height, pixels }];
        while let Some(last) = levels.last() {
            if last.width < 2 || last.height < 2 {
                break;
            }
            let (w, h) = (last.width / 2, last.height / 2);
            let at = |x: usize, y: usize| last.pixels[y * last.width + x];
            let pixels = (0..w * h)
                .map(|i| {
                    let (x, y) = (i % w * 2, i / w * 2);
                    (at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1)) * 0.25
                })
                .collect();
            levels.push(PhotoLevel { width: w, height: h, pixels });
        }
        Some(Self { levels })
    }

    /// Linear colour at `uv` in picture widths; `footprint` is a pixel's size in the same unit.
    pub(crate) fn sample(&self, uv: Vec2, footprint: f32) -> Vec3 {
        let wanted = (footprint * self.levels[0].width as f32).max(1.0).log2() as usize;
        let level = &self.levels[wanted.min(self.levels.len() - 1)];
        let aspect = level.height as f32 / level.width as f32;
        let mirror = |x: f32, size: usize| {
            let folded = (x * 0.5).rem_euclid(1.0) * 2.0;
            (1.0 - (folded - 1.0).abs()) * (size as f32 - 1.0)
        };
        let (x, y) = (mirror(uv.x, level.width), mirror(-uv.y / aspect, level.height));
        let (x0, y0) = (x as usize, y as usize);
        let (x1, y1) = ((x0 + 1).min(level.width - 1), (y0 + 1).min(level.height - 1));
        let at = |x: usize, y: usize| level.pixels[y * level.width + x];
        let (u, v) = (x - x0 as f32, y - y0 as f32);
        at(x0, y0).lerp(at(x1, y0), u).lerp(at(x0, y1).lerp(at(x1, y1), u), v)
    }
}
