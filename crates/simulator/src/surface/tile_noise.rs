//! Clouds of noise in a table that repeats: what is cheap enough to look up many times a pixel.

use std::sync::OnceLock;

use glam::Vec2;

use crate::surface::noise::hash;

const SIDE: usize = 512;
/// Largest features per side of the tile.
const CELLS: i32 = 6;
const OCTAVES: u32 = 7;

/// Smooth noise with period 1 in both directions; its values are even over 0 to 1, so that a
/// threshold covers just that share of the plane.
#[derive(Debug)]
pub(crate) struct TileNoise {
    /// In 65535ths: half the memory, which is what a look-up waits for.
    values: Vec<u16>,
}

/// The one table that all share.
pub(crate) fn tile_noise() -> &'static TileNoise {
    static TILE: OnceLock<TileNoise> = OnceLock::new();
    TILE.get_or_init(TileNoise::build)
}

fn gradient(x: f32, y: f32, cells: i32, seed: u32) -> f32 {
    let (xi, yi) = (x.floor(), y.floor());
    let (u, v) = (x - xi, y - yi);
    let corner = |dx: i32, dy: i32| {
        let (cx, cy) = ((xi as i32 + dx).rem_euclid(cells), (yi as i32 + dy).rem_euclid(cells));
        let angle = (hash(cx, cy, 0, seed) >> 8) as f32 * (std::f32::consts::TAU / 16_777_216.0);
        let (sin, cos) = angle.sin_cos();
        cos * (u - dx as f32) + sin * (v - dy as f32)
    };
    let fade = |t: f32| t * t * t * (t * (t * 6.0 - 15.0) + 10.0);
    let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
    let (fu, fv) = (fade(u), fade(v));
    mix(mix(corner(0, 0), corner(1, 0), fu), mix(corner(0, 1), corner(1, 1), fu), fv)
}

impl TileNoise {
    fn build() -> Self {
        let raw = |i: usize| {
            let p = Vec2::new((i % SIDE) as f32, (i / SIDE) as f32) / SIDE as f32;
            let (mut sum, mut amplitude, mut cells) = (0.0, 1.0, CELLS);
            for octave in 0..OCTAVES {
                let at = p * cells as f32;
                sum += amplitude * gradient(at.x, at.y, cells, 0xc10d + octave);
                amplitude *= 0.52;
                cells *= 2;
            }
            sum
        };
        let mut values: Vec<f32> = (0..SIDE * SIDE).map(raw).collect();
        let (low, high) =
            values.iter().fold((f32::MAX, f32::MIN), |(l, h), &v| (l.min(v), h.max(v)));
        const BINS: usize = 2048;
        let mut below = [0u32; BINS + 1];
        let place =
            |v: f32| ((v - low) / (high - low) * BINS as f32).clamp(0.0, BINS as f32 - 0.01);
        for &v in &values {
            below[place(v) as usize + 1] += 1;
        }
        for bin in 1..=BINS {
            below[bin] += below[bin - 1];
        }
        for v in &mut values {
            let at = place(*v);
            let bin = at as usize;
            let (from, to) = (below[bin] as f32, below[bin + 1] as f32);
            *v = (from + (to - from) * at.fract()) / (SIDE * SIDE) as f32;
        }
        let values = values.iter().map(|v| (v * 65_535.0 + 0.5) as u16).collect();
        Self { values }
    }

    /// Value at a place in tiles, 0 to 1.
    #[inline]
    pub fn at(&self, p: Vec2) -> f32 {
        let (x, y) = (p.x * SIDE as f32, p.y * SIDE as f32);
        // `as` rounds towards zero, and `floor` is a library call on plain x86-64.
        let (xt, yt) = (x as i32, y as i32);
        let xi = xt - i32::from(x < xt as f32);
        let yi = yt - i32::from(y < yt as f32);
        let (u, v) = (x - xi as f32, y - yi as f32);
        const MASK: usize = SIDE - 1;
        let (c0, c1) = (xi as usize & MASK, (xi + 1) as usize & MASK);
        let (r0, r1) = ((yi as usize & MASK) * SIDE, ((yi + 1) as usize & MASK) * SIDE);
        let value = |at: usize| f32::from(self.values[at]);
        let low = value(r0 + c0) + (value(r0 + c1) - value(r0 + c0)) * u;
        let high = value(r1 + c0) + (value(r1 + c1) - value(r1 + c0)) * u;
        (low + (high - low) * v) * (1.0 / 65_535.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_repeats_without_a_seam_and_is_even() {
        let tile = tile_noise();
        let mut below = 0;
        for i in 0..1000 {
            let p = Vec2::new(i as f32 * 0.618_034, i as f32 * 0.754_877);
            assert!((tile.at(p) - tile.at(p - 3.0)).abs() < 0.02);
            below += usize::from(tile.at(p) < 0.3);
        }
        assert!((250..350).contains(&below), "{below} of 1000 are below 0.3");
        let step = |x: f32| (tile.at(Vec2::new(x, 0.4)) - tile.at(Vec2::new(x + 1e-3, 0.4))).abs();
        assert!(step(0.9995) < 0.05);
    }
}
