//! From radiance to the picture: light in the air around lamps, rain and snow, bloom and tone.

use glam::{Vec2, Vec3};
use rayon::prelude::*;

use crate::conditions::Effects as _;
use crate::light::lamps::Lamp;
use crate::picture::camera::Camera;
use crate::picture::render::Pixel;
use crate::picture::tone::{luminance, tone_map};
use crate::scene::Scene;
use crate::surface::noise::smoothstep;

/// Most lamps whose light is seen in the air.
const GLOWING: usize = 10;
/// Share of the bright light that spreads in lens and eye.
const BLOOM: f32 = 0.11;
/// Cells across a picture in which its level is measured.
const ACROSS: f32 = 16.0;
/// Share of a part's distance from grey that is taken away, in stops.
const DODGE: f32 = 0.28;
/// Brightest light that spreads, times gain.
const BRIGHTEST: f32 = 9.0;

impl Scene {
    /// Adds to a picture of radiance what the air between adds: glow around lamps, rain and snow.
    pub(crate) fn fill_air(&self, camera: &Camera, pixels: &[Pixel], hdr: &mut [Vec3]) {
        if self.without_air {
            return;
        }
        let lamps = self.glowing_lamps(camera.pose.position);
        let width = (camera.intrinsics.width as usize).max(1);
        if !lamps.is_empty() {
            hdr.par_chunks_mut(width).enumerate().for_each(|(y, row)| {
                for (x, colour) in row.iter_mut().enumerate() {
                    let forward = camera.direction(x as f32 + 0.5, y as f32 + 0.5);
                    let length = forward.length();
                    let end = pixels[y * width + x].depth.min(1e4) * length;
                    for (lamp, scatter) in &lamps {
                        *colour += *scatter
                            * in_the_air(lamp, camera.pose.position, forward / length, end);
                    }
                }
            });
        }
        self.draw_shafts(camera, pixels, hdr);
        self.draw_precipitation(camera, pixels, hdr);
    }

    /// The lamps whose light in the air matters most from a place, with what scatters.
    fn glowing_lamps(&self, eye: Vec3) -> Vec<(&Lamp, Vec3)> {
        let night = self.conditions.night();
        let wet = self.conditions.falling();
        let mut found: Vec<(f32, &Lamp, Vec3)> = self
            .standing_lamps
            .all()
            .iter()
            .chain(self.moving_lamps.all())
            .filter(|lamp| (night || !lamp.night_only) && !self.sheltered(lamp.position))
            .filter_map(|lamp| {
                let per_m =
                    self.sky.air.haze_per_m + self.sky.air.mist_at(lamp.position.y) + 0.003 * wet;
                let away = lamp.position - eye;
                let clear = (-per_m * away.length()).exp();
                let light = lamp.power * (0.25 * per_m * clear);
                let seen = light.max_element() / away.length().max(1.0);
                (seen > 2e-5).then_some((seen, lamp, light))
            })
            .collect();
        // A stable sort keeps equals in the order of the lists.
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        found.truncate(GLOWING);
        found.into_iter().map(|(_, lamp, light)| (lamp, light)).collect()
    }

    /// Tone-mapped sRGB of a picture of radiance. With a `grey`, the level that the picture is
    /// expected to have, parts that are far darker or brighter are brought somewhat nearer to it,
    /// as a photographer dodges and burns.
    pub(crate) fn develop(
        &self,
        width: usize,
        hdr: &[Vec3],
        gain: f32,
        grey: Option<f32>,
    ) -> Vec<u8> {
        let row = width.max(1);
        let thick = (self.sky.air.mist_per_m * 40.0).min(1.0) + 0.5 * self.conditions.falling();
        let bloom = Bloom::new(row, hdr, gain, BLOOM * (1.0 + thick));
        let levels = grey.map(|grey| levels(row, hdr, grey / gain));
        let mut rgb = vec![0u8; hdr.len() * 3];
        rgb.par_chunks_mut(row * 3).zip(hdr.par_chunks(row)).enumerate().for_each(
            |(y, (out, row))| {
                for (x, (o, c)) in out.chunks_exact_mut(3).zip(row).enumerate() {
                    let around = bloom.as_ref().map_or(Vec3::ZERO, |bloom| bloom.at(x, y));
                    let place = Vec2::new(x as f32 + 0.5, y as f32 + 0.5) / (width as f32 / ACROSS);
                    let local = levels.as_ref().map_or(1.0, |levels| levels.sample(place).x);
                    o.copy_from_slice(&tone_map(*c * (gain * local) + around));
                }
            },
        );
        rgb
    }
}

/// How much to lighten each part of a picture whose middle grey is `grey`.
fn levels(width: usize, hdr: &[Vec3], grey: f32) -> Layer {
    let per_cell = width as f32 / ACROSS;
    let rows = ((hdr.len() / width) as f32 / per_cell).ceil().max(1.0) as usize;
    let columns = ACROSS as usize;
    let mut sums = vec![Vec2::ZERO; columns * rows];
    for (i, colour) in hdr.iter().enumerate() {
        let cell = |at: usize, count: usize| ((at as f32 / per_cell) as usize).min(count - 1);
        let cell = cell(i / width, rows) * columns + cell(i % width, columns);
        sums[cell] += Vec2::new((luminance(*colour) / grey).clamp(1e-3, 30.0).ln(), 1.0);
    }
    let logs = sums.iter().map(|s| Vec3::splat(s.x / s.y.max(1.0))).collect();
    let logs = Layer { width: columns, height: rows, light: logs };
    // Wide enough that no outline gets a halo.
    let wide = |i: usize| {
        let (x, y) = ((i % columns) as isize, (i / columns) as isize);
        let (mut sum, mut total) = (0.0, 0.0);
        for dy in -3..=3 {
            for dx in -3..=3 {
                let (sx, sy) = (x + dx, y + dy);
                if (0..columns as isize).contains(&sx) && (0..rows as isize).contains(&sy) {
                    let weight = 1.0 / (1.5 + (dx * dx + dy * dy) as f32);
                    sum += weight * logs.light[sy as usize * columns + sx as usize].x;
                    total += weight;
                }
            }
        }
        Vec3::splat((-DODGE * sum / total).exp().clamp(0.42, 2.6))
    };
    let light = (0..columns * rows).map(wide).collect();
    Layer { width: columns, height: rows, light }
}

/// Light of a lamp that air scatters into a ray, for a scattering of 1 per metre: the integral of
/// the inverse square along it.
fn in_the_air(lamp: &Lamp, eye: Vec3, dir: Vec3, end: f32) -> f32 {
    let to = lamp.position - eye;
    let nearest = to.dot(dir);
    let aside = (to.length_squared() - nearest * nearest).max(0.0) + 0.02;
    let height = aside.sqrt();
    let span = arc_tangent((end - nearest) / height) + arc_tangent(nearest / height);
    let sum = (span / height).max(0.0);
    match lamp.beam {
        None => sum,
        Some(beam) => {
            let way = eye + dir * nearest.clamp(0.0, end) - lamp.position;
            let cos = way.dot(beam.dir) / way.length().max(1e-3);
            sum * smoothstep(beam.cos_edge - 0.2, 1.0, cos)
        }
    }
}

/// Within half a hundredth.
fn arc_tangent(x: f32) -> f32 {
    let small = |x: f32| x * (0.9724 - 0.1919 * x * x);
    if x.abs() <= 1.0 { small(x) } else { std::f32::consts::FRAC_PI_2.copysign(x) - small(1.0 / x) }
}

/// Bright light spread over its surroundings, at half the picture's size.
struct Bloom {
    half: Layer,
    share: f32,
}

struct Layer {
    width: usize,
    height: usize,
    light: Vec<Vec3>,
}

impl Layer {
    /// Half as large.
    fn shrunk(&self) -> Self {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let at = |x: usize, y: usize| {
            self.light[y.min(self.height - 1) * self.width + x.min(self.width - 1)]
        };
        let mean = |i: usize| {
            let (x, y) = (i % width * 2, i / width * 2);
            (at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1)) * 0.25
        };
        Self { width, height, light: (0..width * height).map(mean).collect() }
    }

    /// Between the four nearest, at a place in pixels.
    fn sample(&self, p: Vec2) -> Vec3 {
        let p = (p - 0.5)
            .clamp(Vec2::ZERO, Vec2::new(self.width as f32 - 1.0, self.height as f32 - 1.0));
        let (x, y) = (p.x as usize, p.y as usize);
        let (x1, y1) = ((x + 1).min(self.width - 1), (y + 1).min(self.height - 1));
        let at = |x: usize, y: usize| self.light[y * self.width + x];
        at(x, y)
            .lerp(at(x1, y), p.x.fract())
            .lerp(at(x, y1).lerp(at(x1, y1), p.x.fract()), p.y.fract())
    }

    /// Adds a layer of half the size, smoothed.
    fn add_wider(&mut self, wider: &Self) {
        let width = self.width;
        self.light.par_chunks_mut(width).enumerate().for_each(|(y, row)| {
            for (x, light) in row.iter_mut().enumerate() {
                let p = Vec2::new(x as f32 + 0.5, y as f32 + 0.5) * 0.5;
                let mut sum = Vec3::ZERO;
                for d in [
                    Vec2::new(-0.5, -0.5),
                    Vec2::new(0.5, -0.5),
                    Vec2::new(-0.5, 0.5),
                    Vec2::splat(0.5),
                ] {
                    sum += wider.sample(p + d);
                }
                *light = *light * 0.5 + sum * 0.25;
            }
        });
    }
}

impl Bloom {
    fn new(width: usize, hdr: &[Vec3], gain: f32, share: f32) -> Option<Self> {
        let height = hdr.len() / width;
        if width < 8 || height < 8 {
            return None;
        }
        let bright = |x: usize, y: usize| {
            let c = hdr[y.min(height - 1) * width + x.min(width - 1)] * gain;
            let most = c.max_element();
            if most <= 1.0 { Vec3::ZERO } else { c * ((most.min(BRIGHTEST) - 1.0) / most) }
        };
        let (w, h) = (width.div_ceil(2), height.div_ceil(2));
        let mut light = vec![Vec3::ZERO; w * h];
        light.par_chunks_mut(w).enumerate().for_each(|(y, row)| {
            for (x, out) in row.iter_mut().enumerate() {
                let (x, y) = (x * 2, y * 2);
                *out = (bright(x, y) + bright(x + 1, y) + bright(x, y + 1) + bright(x + 1, y + 1))
                    * 0.25;
            }
        });
        if light.iter().all(|c| *c == Vec3::ZERO) {
            return None;
        }
        let mut layers = vec![Layer { width: w, height: h, light }];
        while let Some(last) = layers.last()
            && last.width.min(last.height) > 6
        {
            let next = last.shrunk();
            layers.push(next);
        }
        let mut half = layers.pop()?;
        while let Some(mut finer) = layers.pop() {
            finer.add_wider(&half);
            half = finer;
        }
        Some(Self { half, share })
    }

    fn at(&self, x: usize, y: usize) -> Vec3 {
        self.half.sample(Vec2::new(x as f32 + 0.5, y as f32 + 0.5) * 0.5) * self.share
    }
}
