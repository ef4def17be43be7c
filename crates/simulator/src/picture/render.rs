//! The picture: one exact depth per pixel, sun, lamps, one diffuse bounce and mirrors.

use std::ops::Range;

use glam::{Vec2, Vec3};
use rayon::prelude::*;

use crate::class::Class;
use crate::light::shade::even;
use crate::picture::camera::Camera;
use crate::picture::ground_truth::{GroundTruth, pack_normal};
use crate::picture::tone::auto_gain;
use crate::rays::geometry::{MaterialId, Ray};
use crate::scene::Scene;
use crate::surface::noise::hash_unit;

/// How much work a picture is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quality {
    /// Colour samples per pixel, at least 1. The first one goes through the pixel's centre. Where
    /// a pixel and its neighbours show one even surface, half of them have to do.
    pub samples: u32,
    /// Rays per 2 by 2 pixels that gather indirect light.
    pub bounce_rays: u32,
}

impl Default for Quality {
    fn default() -> Self {
        Self { samples: 2, bounce_rays: 2 }
    }
}

/// Exposure of a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Exposure {
    /// What the scene prescribes for its light: steady while the camera moves.
    Scene,
    /// Brings the picture's mean to the given grey (linear, 0..1), as a pocket camera does.
    Auto {
        /// Grey that the mean is brought to.
        key: f32,
    },
}

#[derive(Clone, Copy)]
pub(crate) struct Pixel {
    /// Radiance without the indirect light.
    direct: Vec3,
    /// Multiplies the indirect light.
    albedo: Vec3,
    pub depth: f32,
    normal: Vec3,
    /// Of the surface itself, without the bumps of its material.
    pub surface_normal: [i8; 3],
    class: Class,
    instance: u32,
    material: MaterialId,
}

impl Pixel {
    const SKY: Self = Self {
        direct: Vec3::ZERO,
        albedo: Vec3::ZERO,
        depth: f32::INFINITY,
        normal: Vec3::ZERO,
        surface_normal: [0; 3],
        class: Class::Sky,
        instance: 0,
        material: 0,
    };
}

#[derive(Clone, Copy)]
struct Gathered {
    light: Vec3,
    depth: f32,
    normal: Vec3,
}

/// Random number for a pixel and purpose: depends on nothing but its arguments.
fn jitter(x: u32, y: u32, purpose: u32) -> Vec2 {
    Vec2::new(
        hash_unit(x as i32, y as i32, purpose as i32, 0xa511),
        hash_unit(x as i32, y as i32, purpose as i32, 0xe9b3),
    )
}

impl Scene {
    /// Renders one view. The result depends on the scene, camera and quality alone, not on
    /// the number of threads.
    #[must_use]
    pub fn render(&self, camera: &Camera, quality: Quality, exposure: Exposure) -> GroundTruth {
        let (mut hdr, pixels) = self.radiance(camera, quality);
        self.fill_air(camera, &pixels, &mut hdr);
        let (gain, grey) = match exposure {
            Exposure::Scene if self.enclosure.is_some() => (self.exposure, None),
            Exposure::Scene => (self.exposure, Some(0.17 * self.sky.level.powf(1.3))),
            Exposure::Auto { key } => (auto_gain(&hdr, key), None),
        };
        let rgb = self.develop(camera.intrinsics.width as usize, &hdr, gain, grey);
        GroundTruth {
            camera: *camera,
            rgb,
            depth_m: pixels.iter().map(|p| p.depth).collect(),
            normal: pixels.iter().map(|p| p.surface_normal).collect(),
            class: pixels.iter().map(|p| p.class.number()).collect(),
            instance: pixels.iter().map(|p| p.instance).collect(),
            mover_poses: self.mover_poses(),
        }
    }

    /// Radiance of every pixel, and what is there.
    fn radiance(&self, camera: &Camera, quality: Quality) -> (Vec<Vec3>, Vec<Pixel>) {
        let (w, h) = (camera.intrinsics.width as usize, camera.intrinsics.height as usize);
        let samples = quality.samples.max(1);
        let pixel_angle = 1.0 / camera.intrinsics.fx.min(camera.intrinsics.fy);
        let few = samples.div_ceil(2);
        let mut even = vec![Pixel::SKY; w * h];
        even.par_chunks_mut(w.max(1)).enumerate().for_each(|(y, row)| {
            for (x, pixel) in row.iter_mut().enumerate() {
                self.sample(camera, x as u32, y as u32, 0..few, pixel_angle, pixel);
            }
        });
        let mut pixels = even.clone();
        pixels.par_chunks_mut(w.max(1)).enumerate().for_each(|(y, row)| {
            for (x, pixel) in row.iter_mut().enumerate() {
                let mut taken = few;
                if few < samples && uneven(&even, w, h, x, y, few, pixel_angle) {
                    self.sample(camera, x as u32, y as u32, few..samples, pixel_angle, pixel);
                    taken = samples;
                }
                pixel.direct /= taken as f32;
                pixel.albedo /= taken as f32;
            }
        });
        let light = self.indirect(camera, &pixels, quality.bounce_rays);
        let (lw, lh) = (w.div_ceil(2), h.div_ceil(2));
        let mut hdr = vec![Vec3::ZERO; w * h];
        hdr.par_chunks_mut(w.max(1)).enumerate().for_each(|(y, row)| {
            for (x, out) in row.iter_mut().enumerate() {
                let pixel = &pixels[y * w + x];
                *out = pixel.direct;
                if pixel.albedo != Vec3::ZERO {
                    *out += pixel.albedo * upsample(&light, lw, lh, x, y, pixel, self.ambient);
                }
            }
        });
        (hdr, pixels)
    }

    /// Adds some of a pixel's samples to it.
    fn sample(
        &self,
        camera: &Camera,
        x: u32,
        y: u32,
        samples: Range<u32>,
        pixel_angle: f32,
        out: &mut Pixel,
    ) {
        for s in samples {
            let offset = if s == 0 { Vec2::splat(0.5) } else { jitter(x, y, s) };
            let forward = camera.direction(x as f32 + offset.x, y as f32 + offset.y);
            let length = forward.length();
            let ray = Ray { origin: camera.pose.position, dir: forward / length };
            match self.trace(&ray, 1e-3, 3e4) {
                None => {
                    let steps = if pixel_angle > 0.006 { 6 } else { 14 };
                    let u = even(x, y, s).x;
                    let sky = self.sky.radiance(ray.origin, ray.dir, pixel_angle, steps, u);
                    out.direct += sky.min(Vec3::splat(12.0));
                }
                Some(hit) => {
                    let shaded = self.shade(&ray, &hit, pixel_angle, even(x, y, s), true);
                    let clear = self.through_air(ray.origin, ray.dir, hit.t);
                    out.direct += shaded.direct.min(Vec3::splat(12.0)) * clear;
                    if clear.z < 0.999 {
                        out.direct += self.sky.haze(ray.dir) * (Vec3::ONE - clear);
                    }
                    out.albedo += shaded.albedo * clear;
                    if s == 0 {
                        out.depth = hit.t / length;
                        out.normal = shaded.normal;
                        out.surface_normal = pack_normal(hit.normal);
                        out.class = self.class_of(&hit, ray.at(hit.t));
                        out.instance = hit.instance;
                        out.material = hit.material;
                    }
                }
            }
        }
    }

    /// Indirect light at half size, smoothed where depth and normal agree.
    fn indirect(&self, camera: &Camera, pixels: &[Pixel], rays: u32) -> Vec<Gathered> {
        let (w, h) = (camera.intrinsics.width as usize, camera.intrinsics.height as usize);
        let (lw, lh) = (w.div_ceil(2), h.div_ceil(2));
        let empty = Gathered { light: self.ambient, depth: f32::INFINITY, normal: Vec3::ZERO };
        let mut light = vec![empty; lw * lh];
        light.par_chunks_mut(lw.max(1)).enumerate().for_each(|(ly, row)| {
            for (lx, out) in row.iter_mut().enumerate() {
                let (x, y) = (lx * 2, ly * 2);
                let pixel = &pixels[y * w + x];
                if pixel.depth < f32::INFINITY {
                    let forward = camera.direction(x as f32 + 0.5, y as f32 + 0.5);
                    let point = camera.pose.position + forward * pixel.depth;
                    let distance = forward.length() * pixel.depth;
                    *out = Gathered {
                        light: self.gather(
                            point,
                            pixel.normal,
                            distance,
                            x as u32,
                            y as u32,
                            rays.max(1),
                        ),
                        depth: pixel.depth,
                        normal: pixel.normal,
                    };
                }
            }
        });
        let mut other = light.clone();
        for step in [1usize, 2, 4] {
            smooth(&light, &mut other, lw, lh, step as isize);
            std::mem::swap(&mut light, &mut other);
        }
        light
    }
}

/// Whether a pixel differs from one beside it in more than its texture; `samples` are summed in
/// each.
fn uneven(
    pixels: &[Pixel],
    w: usize,
    h: usize,
    x: usize,
    y: usize,
    samples: u32,
    pixel_angle: f32,
) -> bool {
    let pixel = &pixels[y * w + x];
    let light = |p: &Pixel| (p.direct + p.albedo).element_sum();
    let differs = |other: &Pixel| {
        if (other.class, other.instance, other.material)
            != (pixel.class, pixel.instance, pixel.material)
        {
            return true;
        }
        if pixel.class == Class::Sky {
            return false;
        }
        let turned = (0..3).any(|k| {
            (i32::from(pixel.surface_normal[k]) - i32::from(other.surface_normal[k])).abs() > 16
        });
        // Between two pixels a surface may recede by its slope, at most to this.
        let step = (pixel.depth - other.depth).abs() / pixel.depth.min(other.depth);
        let (a, b) = (light(pixel), light(other));
        turned
            || step > 40.0 * pixel_angle
            || (a - b).abs() > 0.35 * a.max(b) + 0.02 * samples as f32
    };
    (x > 0 && differs(&pixels[y * w + x - 1]))
        || (x + 1 < w && differs(&pixels[y * w + x + 1]))
        || (y > 0 && differs(&pixels[(y - 1) * w + x]))
        || (y + 1 < h && differs(&pixels[(y + 1) * w + x]))
}

fn alike(depth: f32, normal: Vec3, other: &Gathered) -> f32 {
    if other.depth == f32::INFINITY {
        return 0.0;
    }
    let relative = (depth - other.depth).abs() / depth.min(other.depth);
    let facing = normal.dot(other.normal).max(0.0);
    facing * facing * facing * (1.0 - relative * 6.0).max(0.0) + 1e-5
}

/// One pass of an edge-keeping blur with holes of `step` pixels.
fn smooth(from: &[Gathered], to: &mut [Gathered], w: usize, h: usize, step: isize) {
    to.par_chunks_mut(w.max(1)).enumerate().for_each(|(y, row)| {
        for (x, out) in row.iter_mut().enumerate() {
            let centre = from[y * w + x];
            *out = centre;
            if centre.depth == f32::INFINITY {
                continue;
            }
            let (mut sum, mut total) = (Vec3::ZERO, 0.0);
            for dy in -2isize..=2 {
                for dx in -2isize..=2 {
                    let (sx, sy) = (x as isize + dx * step, y as isize + dy * step);
                    if sx < 0 || sy < 0 || sx >= w as isize || sy >= h as isize {
                        continue;
                    }
                    let sample = &from[sy as usize * w + sx as usize];
                    let weight =
                        alike(centre.depth, centre.normal, sample) / (1 + dx * dx + dy * dy) as f32;
                    sum += sample.light * weight;
                    total += weight;
                }
            }
            if total > 0.0 {
                out.light = sum / total;
            }
        }
    });
}

fn upsample(
    light: &[Gathered],
    lw: usize,
    lh: usize,
    x: usize,
    y: usize,
    pixel: &Pixel,
    fallback: Vec3,
) -> Vec3 {
    let (mut sum, mut total) = (Vec3::ZERO, 0.0);
    for dy in 0..2 {
        for dx in 0..2 {
            let (sx, sy) = ((x / 2 + dx).min(lw - 1), (y / 2 + dy).min(lh - 1));
            let near = &light[sy * lw + sx];
            let bilinear = (1.0 - ((x & 1) as f32 * 0.5 - dx as f32).abs())
                * (1.0 - ((y & 1) as f32 * 0.5 - dy as f32).abs());
            let weight = bilinear
                * if pixel.depth < f32::INFINITY {
                    alike(pixel.depth, pixel.normal, near)
                } else {
                    (near.depth < f32::INFINITY) as u8 as f32
                };
            sum += near.light * weight;
            total += weight;
        }
    }
    if total > 0.0 { sum / total } else { fallback }
}
