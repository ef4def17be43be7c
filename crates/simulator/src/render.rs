//! The picture: one exact depth per pixel, sun, lamps, one diffuse bounce and mirrors.

use glam::{Vec2, Vec3};
use rayon::prelude::*;
use reverie_world_model::{Intrinsics, Pose};

use crate::camera::Camera;
use crate::class::Class;
use crate::geometry::{Hit, Ray};
use crate::ground_truth::{GroundTruth, pack_normal};
use crate::material::Surface;
use crate::noise::hash_unit;
use crate::scene::{OFFSET, Scene};

/// How much work a picture is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quality {
    /// Colour samples per pixel, at least 1. The first one goes through the pixel's centre.
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
struct Pixel {
    /// Radiance without the indirect light.
    direct: Vec3,
    /// Multiplies the indirect light.
    albedo: Vec3,
    depth: f32,
    normal: Vec3,
    /// Of the surface itself, without the bumps of its material.
    surface_normal: [i8; 3],
    class: Class,
    instance: u32,
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
    };
}

#[derive(Clone, Copy)]
struct Gathered {
    light: Vec3,
    depth: f32,
    normal: Vec3,
}

struct Shaded {
    direct: Vec3,
    albedo: Vec3,
    normal: Vec3,
}

/// Interleaved gradient noise: neighbours differ evenly, so that soft shadows come out as a
/// fine screen rather than as pepper. `turn` gives every sample its own.
fn even(x: u32, y: u32, turn: u32) -> Vec2 {
    let noise =
        |x: f32, y: f32| (52.982_918 * (0.067_110_56 * x + 0.005_837_15 * y).fract()).fract();
    let shift = turn as f32 * 0.618_034;
    let (x, y) = (x as f32, y as f32);
    Vec2::new((noise(x, y) + shift).fract(), (noise(y + 47.0, x + 17.0) + shift * 1.31).fract())
}

/// Random number for a pixel and purpose: depends on nothing but its arguments.
fn jitter(x: u32, y: u32, purpose: u32) -> Vec2 {
    Vec2::new(
        hash_unit(x as i32, y as i32, purpose as i32, 0xa511),
        hash_unit(x as i32, y as i32, purpose as i32, 0xe9b3),
    )
}

fn frame_of(n: Vec3) -> (Vec3, Vec3) {
    n.any_orthonormal_pair()
}

fn cosine_direction(n: Vec3, u: Vec2) -> Vec3 {
    let (tangent, bitangent) = frame_of(n);
    let r = u.x.sqrt();
    let (sin, cos) = (u.y * std::f32::consts::TAU).sin_cos();
    (tangent * (r * cos) + bitangent * (r * sin) + n * (1.0 - u.x).max(0.0).sqrt()).normalize()
}

fn disc_direction(dir: Vec3, radius: f32, u: Vec2) -> Vec3 {
    let (tangent, bitangent) = frame_of(dir);
    let r = radius * u.x.sqrt();
    let (sin, cos) = (u.y * std::f32::consts::TAU).sin_cos();
    (dir + tangent * (r * cos) + bitangent * (r * sin)).normalize()
}

impl Scene {
    /// Sun and lamps on a point.
    fn lit(&self, point: Vec3, view: Vec3, surface: &Surface, thin: bool, u: Vec2) -> (Vec3, Vec3) {
        let normal = surface.normal;
        let (mut diffuse, mut highlight) = (Vec3::ZERO, Vec3::ZERO);
        let bias = OFFSET * (1.0 + point.abs().max_element() * 0.02) * 5.0;
        let mut add = |to_light: Vec3, reach: f32, light: Vec3, shadow_dir: Vec3| {
            let mut cos = normal.dot(to_light);
            if thin {
                cos = if cos > 0.0 { 0.25 + 0.75 * cos } else { 0.2 - 0.45 * cos };
            }
            if cos <= 0.0 || (light * cos).max_element() < 0.004 {
                return;
            }
            if self.blocked(&Ray { origin: point + normal * bias, dir: shadow_dir }, bias, reach) {
                return;
            }
            diffuse += light * cos;
            if surface.gloss > 0.0 {
                let half = (to_light - view).normalize_or_zero();
                let power = 12.0 + 180.0 * surface.gloss * surface.gloss;
                highlight += light
                    * (surface.gloss
                        * 0.35
                        * half.dot(normal).max(0.0).powf(power)
                        * (power * 0.02 + 0.2));
            }
        };
        let sky = &self.sky;
        if sky.sun.max_element() > 0.0 && sky.sun_dir.y > 0.0 {
            add(sky.sun_dir, 2e4, sky.sun, disc_direction(sky.sun_dir, sky.sun_radius, u));
        }
        for (i, lamp) in self.lamps.iter().enumerate() {
            if lamp.night_only && !self.conditions.night() {
                continue;
            }
            let to = lamp.position - point;
            let d2 = to.length_squared().max(0.05);
            let light = lamp.power / d2;
            if light.max_element() < 0.01 {
                continue;
            }
            let v = Vec2::new((u.x + i as f32 * 0.618).fract(), (u.y + i as f32 * 0.382).fract());
            let aim = to + (cosine_direction(-to.normalize_or(Vec3::Y), v)) * lamp.radius;
            let length = aim.length().max(1e-3);
            add(to / d2.sqrt(), length - lamp.clear_m, light, aim / length);
        }
        (diffuse, highlight)
    }

    /// Light that comes back from the first surface, without detail.
    fn glimpse(&self, ray: &Ray, t_min: f32, u: Vec2) -> Vec3 {
        match self.trace(ray, t_min, 3e4) {
            None => self.sky.soft(ray.dir),
            Some(hit) => {
                let material = &self.materials[hit.material as usize];
                let albedo =
                    self.covered(material.mean(hit.normal), ray.at(hit.t), hit.normal, 0.5);
                let surface = Surface {
                    albedo,
                    mirror: 0.0,
                    gloss: 0.0,
                    blur: 0.0,
                    emission: Vec3::ZERO,
                    normal: hit.normal,
                };
                let (diffuse, _) = self.lit(ray.at(hit.t), ray.dir, &surface, material.thin, u);
                let fade = self.sky.transmittance(hit.t);
                (albedo * (diffuse + self.ambient) + self.emission(material))
                    .lerp(self.sky.haze, 1.0 - fade)
            }
        }
    }

    fn gather(&self, point: Vec3, normal: Vec3, distance: f32, x: u32, y: u32, rays: u32) -> Vec3 {
        let origin = point + normal * (OFFSET * (1.0 + distance));
        let mut sum = Vec3::ZERO;
        for i in 0..rays {
            let v = even(x / 2, y / 2, i);
            // Stratified over elevation, so that few rays cover the hemisphere.
            let u = Vec2::new((v.x + i as f32) / rays as f32, v.y);
            let ray = Ray { origin, dir: cosine_direction(normal, u) };
            let light = self.glimpse(&ray, OFFSET * (1.0 + distance), even(x, y, 7 + i));
            sum += light.min(Vec3::splat(4.0));
        }
        sum / rays.max(1) as f32
    }

    fn shade(&self, ray: &Ray, hit: &Hit, pixel_angle: f32, u: Vec2, mirrors: bool) -> Shaded {
        let material = &self.materials[hit.material as usize];
        let point = ray.at(hit.t);
        let grazing = hit.normal.dot(-ray.dir).max(0.12);
        let footprint = hit.t * pixel_angle / grazing.sqrt();
        let surface = self.surface(material, hit, point, footprint);
        let (diffuse, highlight) = self.lit(point, ray.dir, &surface, material.thin, u);
        let mut direct =
            surface.albedo * diffuse + highlight + surface.emission + self.emission(material);
        let mut albedo = surface.albedo;
        if surface.mirror > 0.0 {
            let cos = surface.normal.dot(-ray.dir).clamp(0.0, 1.0);
            let sheen =
                (1.0 - surface.mirror) * (1.0 - cos).powi(5) * (1.0 - 3.0 * surface.blur).max(0.0);
            let share = surface.mirror + sheen;
            if share > 0.02 && mirrors {
                let mut dir = ray.dir - surface.normal * (2.0 * surface.normal.dot(ray.dir));
                if surface.blur > 0.0 {
                    dir = disc_direction(dir, surface.blur, u);
                }
                let below = dir.dot(hit.normal);
                if below < 0.01 {
                    dir = (dir + hit.normal * (0.01 - below)).normalize();
                }
                let bias = OFFSET * (1.0 + hit.t);
                let reflected = Ray { origin: point + hit.normal * bias, dir };
                let seen = match self.trace(&reflected, bias, 3e4) {
                    None => self.sky.radiance(dir),
                    Some(second) => {
                        let s = self.shade(&reflected, &second, pixel_angle * 2.0, u, false);
                        self.in_haze(
                            s.direct
                                + s.albedo * (self.ambient + self.sky.soft(second.normal) * 0.5),
                            second.t,
                            dir,
                        )
                    }
                };
                direct = direct.lerp(seen.min(Vec3::splat(6.0)), share);
                albedo *= 1.0 - share;
            }
        }
        Shaded { direct, albedo, normal: surface.normal }
    }

    fn in_haze(&self, colour: Vec3, distance: f32, dir: Vec3) -> Vec3 {
        colour.lerp(self.haze_towards(dir), 1.0 - self.sky.transmittance(distance))
    }

    fn haze_towards(&self, dir: Vec3) -> Vec3 {
        let toward = dir.dot(self.sky.sun_dir).max(0.0);
        self.sky.haze + self.sky.sun * (0.06 * toward.powi(8)) * (1.0 - self.sky.cloud_cover)
    }

    /// Renders one view. The result depends on the scene, camera and quality alone, not on
    /// the number of threads.
    #[must_use]
    pub fn render(&self, camera: &Camera, quality: Quality, exposure: Exposure) -> GroundTruth {
        let (hdr, pixels) = self.radiance(camera, quality);
        let gain = match exposure {
            Exposure::Scene => self.exposure,
            Exposure::Auto { key } => auto_gain(&hdr, key),
        };
        let row = (camera.intrinsics.width as usize).max(1);
        let mut rgb = vec![0u8; hdr.len() * 3];
        rgb.par_chunks_mut(row * 3).zip(hdr.par_chunks(row)).for_each(|(out, row)| {
            for (o, c) in out.chunks_exact_mut(3).zip(row) {
                o.copy_from_slice(&tone_map(*c * gain));
            }
        });
        let mut mover_poses: Vec<_> =
            self.movers.iter().map(|m| (m.instance, m.world_from_local)).collect();
        mover_poses.sort_unstable_by_key(|(id, _)| *id);
        GroundTruth {
            camera: *camera,
            rgb,
            depth_m: pixels.iter().map(|p| p.depth).collect(),
            normal: pixels.iter().map(|p| p.surface_normal).collect(),
            class: pixels.iter().map(|p| p.class.number()).collect(),
            instance: pixels.iter().map(|p| p.instance).collect(),
            mover_poses,
        }
    }

    /// The gain that a camera turning around at a place would settle on.
    pub(crate) fn meter(&self, position: Vec3, key: f32) -> f32 {
        let intrinsics = Intrinsics::from_horizontal_fov(24, 14, 1.4);
        let mut seen = Vec::with_capacity(4 * intrinsics.pixels());
        for side in 0..4 {
            let yaw = side as f32 * std::f32::consts::FRAC_PI_2;
            let pose = Pose::from_yaw_pitch_roll(position, yaw, 0.0, 0.0);
            let quality = Quality { samples: 1, bounce_rays: 1 };
            seen.extend(self.radiance(&Camera { pose, intrinsics }, quality).0);
        }
        auto_gain(&seen, key)
    }

    /// Radiance of every pixel, and what is there.
    fn radiance(&self, camera: &Camera, quality: Quality) -> (Vec<Vec3>, Vec<Pixel>) {
        let (w, h) = (camera.intrinsics.width as usize, camera.intrinsics.height as usize);
        let samples = quality.samples.max(1);
        let pixel_angle = 1.0 / camera.intrinsics.fx.min(camera.intrinsics.fy);
        let mut pixels = vec![Pixel::SKY; w * h];
        pixels.par_chunks_mut(w.max(1)).enumerate().for_each(|(y, row)| {
            for (x, pixel) in row.iter_mut().enumerate() {
                *pixel = self.pixel(camera, x as u32, y as u32, samples, pixel_angle);
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

    fn pixel(&self, camera: &Camera, x: u32, y: u32, samples: u32, pixel_angle: f32) -> Pixel {
        let mut out = Pixel::SKY;
        for s in 0..samples {
            let offset = if s == 0 { Vec2::splat(0.5) } else { jitter(x, y, s) };
            let forward = camera.direction(x as f32 + offset.x, y as f32 + offset.y);
            let length = forward.length();
            let ray = Ray { origin: camera.pose.position, dir: forward / length };
            match self.trace(&ray, 1e-3, 3e4) {
                None => out.direct += self.sky.radiance(ray.dir).min(Vec3::splat(12.0)),
                Some(hit) => {
                    let shaded = self.shade(&ray, &hit, pixel_angle, even(x, y, s), true);
                    let clear = self.sky.transmittance(hit.t);
                    out.direct += shaded
                        .direct
                        .min(Vec3::splat(12.0))
                        .lerp(self.haze_towards(ray.dir), 1.0 - clear);
                    out.albedo += shaded.albedo * clear;
                    if s == 0 {
                        out.depth = hit.t / length;
                        out.normal = shaded.normal;
                        out.surface_normal = pack_normal(hit.normal);
                        out.class = hit.class;
                        out.instance = hit.instance;
                    }
                }
            }
        }
        out.direct /= samples as f32;
        out.albedo /= samples as f32;
        out
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

fn luminance(c: Vec3) -> f32 {
    c.dot(Vec3::new(0.2126, 0.7152, 0.0722))
}

/// Between the arithmetic and the geometric mean: bright sky should not black out the rest.
fn auto_gain(hdr: &[Vec3], key: f32) -> f32 {
    let count = hdr.len().max(1) as f32;
    let log: f32 = hdr.iter().map(|c| (luminance(*c) + 1e-3).ln()).sum::<f32>() / count;
    let mean: f32 = hdr.iter().map(|c| luminance(*c).min(3.0)).sum::<f32>() / count;
    (key / (log.exp() * mean.max(1e-3)).sqrt().max(1e-3)).clamp(0.05, 60.0)
}

/// Filmic curve (a fit of the ACES reference), then sRGB.
fn tone_map(c: Vec3) -> [u8; 3] {
    let x = c.max(Vec3::ZERO);
    let y = (x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14);
    let encode = |v: f32| {
        let v = v.clamp(0.0, 1.0);
        let s = if v <= 0.003_130_8 { v * 12.92 } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
        (s * 255.0 + 0.5) as u8
    };
    [encode(y.x), encode(y.y), encode(y.z)]
}
