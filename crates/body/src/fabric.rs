//! Cloth: pictures of threads that repeat.

use crate::{
    details::square,
    texture::{Noise, Texture, byte, smooth},
};
use glam::{Vec2, Vec3};
use rayon::prelude::*;
use std::{f32::consts::TAU, sync::OnceLock};

/// How a cloth is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weave {
    /// Fine knit of shirts.
    Jersey,
    /// Ribbed wool.
    Knit,
    /// Diagonal threads, as in jeans.
    Twill,
    /// Grained leather.
    Leather,
}

const EDGE: usize = 256;

/// Noises that close at the edges of the picture.
struct Closed {
    uneven: Noise,
    grain: Noise,
    fine: Noise,
}

impl Closed {
    fn new() -> Self {
        Self { uneven: Noise::new(81), grain: Noise::new(82), fine: Noise::new(83) }
    }

    /// Height of threads (0 to 1) and how much their colour differs.
    /// `turns`: sine and cosine of a turn around the picture, for u and for v.
    fn threads(&mut self, weave: Weave, uv: Vec2, turns: [(f32, f32); 2]) -> (f32, f32) {
        let [(sin_a, cos_a), (sin_b, cos_b)] = turns;
        // A torus in three dimensions: close enough to even.
        let torus = Vec3::new((3.0 + cos_b) * cos_a, (3.0 + cos_b) * sin_a, sin_b);
        let uneven = self.uneven.at(torus * (60.0 / TAU)) - 0.5;
        match weave {
            Weave::Jersey => {
                let (u, v) = (uv.x * 32.0, uv.y * 40.0);
                let lean = (v * TAU).sin() * 0.18;
                let column = (0.5 + 0.5 * ((u + lean) * TAU).cos()).powf(0.7);
                let row = 0.65 + 0.35 * (v * TAU).cos();
                (column * row, 0.5 * uneven)
            }
            Weave::Knit => {
                let (u, v) = (uv.x * 14.0, uv.y * 22.0);
                let lean = ((u * TAU).sin()).signum() * 0.22 * (u * TAU).sin().abs();
                let stitch = (0.5 + 0.5 * ((v + lean) * TAU).cos()).powf(0.6);
                let rib = (0.5 + 0.5 * (u * TAU).cos()).powf(0.8);
                (0.35 * stitch + 0.65 * rib * (0.6 + 0.4 * stitch), 0.6 * uneven)
            }
            Weave::Twill => {
                let (u, v) = (uv.x * 48.0, uv.y * 48.0);
                let thread = 0.5 + 0.5 * ((u + v) * TAU).sin();
                let across = 0.75 + 0.25 * (u * TAU * 0.5).sin();
                let pale = smooth(0.25, 0.05, thread) * 0.8;
                (thread * across, 1.3 * uneven + 0.5 * pale)
            }
            Weave::Leather => {
                let grain = self.grain.at(torus * (70.0 / TAU));
                let fine = self.fine.at(torus * (160.0 / TAU));
                (0.65 * grain + 0.35 * fine, 0.4 * uneven)
            }
        }
    }
}

/// Textures of every weave, made once.
#[derive(Debug, Default)]
pub(crate) struct Fabrics([OnceLock<[Texture; 2]>; 4]);

impl Fabrics {
    /// Colour and normals of a cloth.
    pub(crate) fn of(&self, weave: Weave) -> [Texture; 2] {
        let slot = &self.0[weave as usize];
        if let Some(made) = slot.get() {
            return made.clone();
        }
        // Outside of the lock, as in `Pack::skin`.
        let made = textures(weave);
        slot.get_or_init(|| made).clone()
    }
}

/// Colour (around white; the material's colour tints it) and normals of a cloth.
fn textures(weave: Weave) -> [Texture; 2] {
    let name = format!("{weave:?}").to_lowercase();
    let step = 1.0 / EDGE as f32;
    let turns: Vec<(f32, f32)> =
        (0..EDGE).map(|at| (TAU * (at as f32 + 0.5) * step).sin_cos()).collect();
    let turns = &turns;
    let row = |y: usize| {
        let mut closed = Closed::new();
        (0..EDGE).map(move |x| {
            let uv = step * Vec2::new(x as f32 + 0.5, y as f32 + 0.5);
            closed.threads(weave, uv, [turns[x], turns[y]])
        })
    };
    let threads: Vec<(f32, f32)> = (0..EDGE).into_par_iter().flat_map_iter(row).collect();
    let colour = square(&format!("{name}_colour"), EDGE, || {
        |uv: Vec2| {
            let [x, y] = (uv * EDGE as f32).to_array().map(|c| c as usize);
            let (height, differs) = threads[y * EDGE + x];
            let depth = if weave == Weave::Leather { 0.25 } else { 0.5 };
            let light = (1.0 - depth) + depth * height + 0.22 * differs;
            (Vec3::splat(light.clamp(0.05, 1.0) * 0.95), 1.0)
        }
    });
    let strength = match weave {
        Weave::Knit => 5.0,
        Weave::Leather => 1.6,
        _ => 2.2,
    };
    let mut pixels = Vec::with_capacity(4 * EDGE * EDGE);
    let height = |x: usize, y: usize| threads[y % EDGE * EDGE + x % EDGE].0;
    for at in 0..EDGE * EDGE {
        let (x, y) = (at % EDGE, at / EDGE);
        let here = height(x, y);
        let rise = Vec2::new(height(x + 1, y) - here, height(x, y + 1) - here);
        let slope = strength * 0.35 * rise;
        let normal = Vec3::new(-slope.x, slope.y, 1.0).normalize();
        let [nx, ny, nz] = normal.to_array().map(|c| byte(0.5 + 0.5 * c));
        pixels.extend([nx, ny, nz, 255]);
    }
    let normal = Texture {
        name: format!("{name}_normal"),
        width: EDGE as u32,
        height: EDGE as u32,
        srgb: false,
        pixels: pixels.into(),
    };
    [colour, normal]
}
