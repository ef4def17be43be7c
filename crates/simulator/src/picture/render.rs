//! The picture: one exact depth per pixel, sun, lamps, one diffuse bounce and mirrors.

use std::ops::Range;

use glam::{Vec2, Vec3};
use rayon::prelude::*;

use crate::class::Class;
use crate::light::shade::{Light, Shaded, Shades, even};
use crate::picture::camera::Camera;
use crate::picture::ground_truth::{GroundTruth, pack_normal};
use crate::picture::tone::auto_gain;
use crate::rays::geometry::{Hit, MaterialId, Ray};
use crate::scene::Scene;
use crate::surface::noise::hash_unit;

/// How much work a picture is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quality {
    /// Colour samples per pixel, at least 1. The first one goes through the pixel's centre. Where
    /// a pixel and its neighbours show one even surface, half of them have to do. With 2, pixels on
    /// outlines mix the colours that were found around them.
    pub samples: u32,
    /// Rays per 2 by 2 pixels that gather indirect light.
    pub bounce_rays: u32,
}

impl Default for Quality {
    fn default() -> Self {
        Self { samples: 2, bounce_rays: 1 }
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
    pub direct: Vec3,
    /// Multiplies the indirect light.
    pub albedo: Vec3,
    pub depth: f32,
    pub normal: Vec3,
    /// Of the surface itself, without the bumps of its material.
    pub surface_normal: [i8; 3],
    pub class: Class,
    pub instance: u32,
    pub material: MaterialId,
}

impl Pixel {
    pub const SKY: Self = Self {
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
        let (first, lights) = if few == 1 {
            self.first_samples(camera, pixel_angle)
        } else {
            let mut first = vec![Pixel::SKY; w * h];
            first.par_chunks_mut(w.max(1)).enumerate().for_each(|(y, row)| {
                let shades = Shades::default();
                for (x, pixel) in row.iter_mut().enumerate() {
                    let at = (x as u32, y as u32);
                    self.sample(camera, at, 0..few, pixel_angle, &shades, pixel);
                }
            });
            (first, Vec::new())
        };
        let mut pixels = first.clone();
        let around = Around {
            pixels: &first,
            lights: &lights,
            width: w,
            height: h,
            samples: few,
            pixel_angle,
        };
        pixels.par_chunks_mut(w.max(1)).enumerate().for_each(|(y, row)| {
            let shades = Shades::default();
            for (x, pixel) in row.iter_mut().enumerate() {
                let unlike = if few < samples { around.unlike(x, y) } else { Unlike::default() };
                let mut taken = few;
                if unlike.surface.contains(&true) && samples == 2 {
                    self.outline(camera, &around, (x, y), unlike.surface, &shades, pixel);
                    continue;
                }
                if unlike.light || unlike.surface.contains(&true) {
                    let at = (x as u32, y as u32);
                    self.sample(camera, at, few..samples, pixel_angle, &shades, pixel);
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
        (x, y): (u32, u32),
        samples: Range<u32>,
        pixel_angle: f32,
        shades: &Shades,
        out: &mut Pixel,
    ) {
        for s in samples {
            let offset = if s == 0 { Vec2::splat(0.5) } else { jitter(x, y, s) };
            let forward = camera.direction(x as f32 + offset.x, y as f32 + offset.y);
            let length = forward.length();
            let ray = Ray { origin: camera.pose.position, dir: forward / length };
            let hit = self.trace(&ray, 1e-3, 3e4);
            let u = even(x, y, s);
            let shaded = self.light(&ray, hit.as_ref(), pixel_angle, u, shades, out);
            if s == 0
                && let (Some(hit), Some(normal)) = (hit, shaded)
            {
                out.depth = hit.t / length;
                out.normal = normal;
                out.surface_normal = pack_normal(hit.normal);
                out.class = self.class_of(&hit, ray.at(hit.t));
                out.instance = hit.instance;
                out.material = hit.material;
            }
        }
    }

    /// Adds the light of one ray to a pixel; the normal is that of the surface with its bumps.
    fn light(
        &self,
        ray: &Ray,
        hit: Option<&Hit>,
        pixel_angle: f32,
        u: Vec2,
        shades: &Shades,
        out: &mut Pixel,
    ) -> Option<Vec3> {
        let Some(hit) = hit else {
            out.direct += self.sky_seen(ray, pixel_angle, u);
            return None;
        };
        let shaded = self.shade(ray, hit, pixel_angle, u, true, shades);
        self.through(ray, hit.t, &shaded, out);
        Some(shaded.normal)
    }

    /// Adds the light of a surface, seen through the air along a ray, to a pixel.
    pub(crate) fn through(&self, ray: &Ray, distance_m: f32, shaded: &Shaded, out: &mut Pixel) {
        let clear = self.through_air(&self.air_before_camera(), ray.origin, ray.dir, distance_m);
        out.direct += shaded.direct.min(Vec3::splat(12.0)) * clear;
        if clear.z < 0.999 {
            out.direct += self.sky.haze(ray.dir) * (Vec3::ONE - clear);
        }
        out.albedo += shaded.albedo * clear;
    }

    /// The sky along a ray that meets nothing.
    pub(crate) fn sky_seen(&self, ray: &Ray, pixel_angle: f32, u: Vec2) -> Vec3 {
        let steps = if pixel_angle > 0.006 { 6 } else { 14 };
        let air = self.air_before_camera();
        let sky = self.sky.radiance(&air, (ray.origin, ray.dir), pixel_angle, steps, u.x);
        sky.min(Vec3::splat(12.0))
    }

    /// Mixes into a pixel on an outline what lies towards one or two of the sides on which another
    /// surface begins.
    fn outline(
        &self,
        camera: &Camera,
        around: &Around<'_>,
        (x, y): (usize, usize),
        sides: [bool; 4],
        shades: &Shades,
        out: &mut Pixel,
    ) {
        let chance = jitter(x as u32, y as u32, 1);
        let first = (chance.x * 4.0) as usize;
        let unlike = |k: &usize| sides[*k];
        let mut rays = 0;
        let mut sum = Pixel::SKY;
        for side in (first..first + 4).map(|k| k % 4).filter(unlike).take(2) {
            rays += 1;
            // The outer third of the pixel on that side.
            let along = [-1.0, 1.0, -1.0, 1.0][side] / 3.0;
            let across = (chance.y + 0.5 * rays as f32).fract() - 0.5;
            let off = if side < 2 { Vec2::new(along, across) } else { Vec2::new(across, along) };
            self.aside(camera, around, (x, y), off + 0.5, shades, &mut sum);
        }
        let rest = 3.0 - rays as f32;
        out.direct = (out.direct * rest + sum.direct) / 3.0;
        out.albedo = (out.albedo * rest + sum.albedo) / 3.0;
    }

    /// Adds the light of a ray through a place in a pixel (0..1). Where it meets what the pixel or
    /// one beside it shows, it takes the light from there.
    fn aside(
        &self,
        camera: &Camera,
        around: &Around<'_>,
        (x, y): (usize, usize),
        offset: Vec2,
        shades: &Shades,
        out: &mut Pixel,
    ) {
        let forward = camera.direction(x as f32 + offset.x, y as f32 + offset.y);
        let length = forward.length();
        let ray = Ray { origin: camera.pose.position, dir: forward / length };
        let hit = self.trace(&ray, 1e-3, 3e4);
        let alike = |pixel: &Pixel| match &hit {
            None => pixel.class == Class::Sky,
            Some(hit) => {
                let depth = hit.t / length;
                (pixel.material, pixel.instance) == (hit.material, hit.instance)
                    && pixel.class != Class::Sky
                    && (self.materials[hit.material as usize].thin
                        || !turned(pixel.surface_normal, pack_normal(hit.normal)))
                    && !parted(pixel.depth, depth, around.pixel_angle)
            }
        };
        let mut near = around.nearest(x, y, offset);
        if let Some((pixel, _)) = near.clone().find(|(pixel, _)| alike(pixel)) {
            out.direct += pixel.direct;
            out.albedo += pixel.albedo;
            return;
        }
        // What is too small for any pixel's centre stands in the light around it.
        if let (Some(hit), Some((_, light))) = (&hit, near.find(|(p, _)| p.class != Class::Sky)) {
            let surface = self.surface_at(&ray, hit, around.pixel_angle);
            if let Some(light) = self.light_beside(&ray, hit, &surface, light) {
                self.through(&ray, hit.t, &self.shaded(hit, &surface, &light), out);
                return;
            }
        }
        let u = even(x as u32, y as u32, 1);
        self.light(&ray, hit.as_ref(), around.pixel_angle, u, shades, out);
    }

    /// Indirect light at half size, smoothed where depth and normal agree.
    fn indirect(&self, camera: &Camera, pixels: &[Pixel], rays: u32) -> Vec<Gathered> {
        let (w, h) = (camera.intrinsics.width as usize, camera.intrinsics.height as usize);
        let (lw, lh) = (w.div_ceil(2), h.div_ceil(2));
        let empty = Gathered { light: self.ambient, depth: f32::INFINITY, normal: Vec3::ZERO };
        let mut light = vec![empty; lw * lh];
        light.par_chunks_mut(lw.max(1)).enumerate().for_each(|(ly, row)| {
            let shades = Shades::default();
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
                            (x as u32, y as u32),
                            rays.max(1),
                            &shades,
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

/// How a pixel differs from those beside it.
#[derive(Clone, Copy, Debug, Default)]
struct Unlike {
    /// In its light or texture.
    light: bool,
    /// In the surface it shows: left, right, above, below.
    surface: [bool; 4],
}

/// Whether two surface normals are far apart.
pub(crate) fn turned(a: [i8; 3], b: [i8; 3]) -> bool {
    (0..3).any(|k| (i32::from(a[k]) - i32::from(b[k])).abs() > 16)
}

/// Whether two depths are farther apart than a surface recedes by its slope between two pixels.
pub(crate) fn parted(a: f32, b: f32, pixel_angle: f32) -> bool {
    (a - b).abs() / a.min(b) > 40.0 * pixel_angle
}

/// Pixels with the first samples summed in each.
struct Around<'a> {
    pixels: &'a [Pixel],
    /// Of the pixels, where they have one sample.
    lights: &'a [Light],
    width: usize,
    height: usize,
    samples: u32,
    pixel_angle: f32,
}

impl<'a> Around<'a> {
    fn at(&self, x: usize, y: usize) -> &'a Pixel {
        &self.pixels[y * self.width + x]
    }

    /// How a pixel differs from the four beside it.
    fn unlike(&self, x: usize, y: usize) -> Unlike {
        let pixel = self.at(x, y);
        let light = |p: &Pixel| (p.direct + p.albedo).element_sum();
        let mut unlike = Unlike::default();
        let mut compare = |side: usize, other: &Pixel| {
            let (sky, other_sky) = (pixel.class == Class::Sky, other.class == Class::Sky);
            unlike.surface[side] = sky != other_sky
                || !sky
                    && ((other.instance, other.material) != (pixel.instance, pixel.material)
                        || turned(pixel.surface_normal, other.surface_normal)
                        || parted(pixel.depth, other.depth, self.pixel_angle));
            let (a, b) = (light(pixel), light(other));
            unlike.light |= !sky
                && (other.class != pixel.class
                    || (a - b).abs() > 0.35 * a.max(b) + 0.02 * self.samples as f32);
        };
        if x > 0 {
            compare(0, self.at(x - 1, y));
        }
        if x + 1 < self.width {
            compare(1, self.at(x + 1, y));
        }
        if y > 0 {
            compare(2, self.at(x, y - 1));
        }
        if y + 1 < self.height {
            compare(3, self.at(x, y + 1));
        }
        unlike
    }

    /// The pixel and the three nearest to a place in it (0..1), near ones first, with their light.
    fn nearest(
        &self,
        x: usize,
        y: usize,
        place: Vec2,
    ) -> impl Iterator<Item = (&'a Pixel, &'a Light)> + Clone {
        let beside = |at: usize, place: f32, count: usize| {
            if place < 0.5 { at.saturating_sub(1) } else { (at + 1).min(count - 1) }
        };
        let (bx, by) = (beside(x, place.x, self.width), beside(y, place.y, self.height));
        let off = (place - 0.5).abs();
        let (second, third) = if off.x > off.y { ((bx, y), (x, by)) } else { ((x, by), (bx, y)) };
        let (pixels, lights, width) = (self.pixels, self.lights, self.width);
        [(x, y), second, third, (bx, by)].into_iter().filter_map(move |(x, y)| {
            let at = y * width + x;
            Some((&pixels[at], lights.get(at)?))
        })
    }
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
