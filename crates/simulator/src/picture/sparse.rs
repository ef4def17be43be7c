//! Light at some of a picture's pixels, and between them where it is even.
//!
//! Every pixel looks for its own surface. Every fourth looks for its light; the others take that of
//! the pixels around them where these show the same surface in the same light.

use glam::{Vec2, Vec3};
use rayon::prelude::*;

use crate::light::shade::{Light, Shades, even};
use crate::picture::camera::Camera;
use crate::picture::ground_truth::pack_normal;
use crate::picture::render::{Pixel, parted, turned};
use crate::rays::geometry::{Hit, Ray};
use crate::scene::Scene;
use crate::surface::material::Surface;

/// What a pixel's centre shows.
#[derive(Clone, Copy)]
struct Sight {
    ray: Ray,
    /// Metres along the ray for one of depth.
    length: f32,
    surface: Option<(Hit, Surface)>,
}

/// Pixels whose light is looked for together, and where those are that they may take it from;
/// opposite ones have opposite places.
struct Step {
    takes: fn(usize, usize) -> bool,
    around: [(isize, isize); 4],
}

const STEPS: [Step; 3] = [
    Step { takes: |x, y| x % 2 == 0 && y % 2 == 0, around: [(0, 0); 4] },
    Step { takes: |x, y| x % 2 == 1 && y % 2 == 1, around: [(-1, -1), (1, -1), (-1, 1), (1, 1)] },
    Step { takes: |x, y| x % 2 != y % 2, around: [(-1, 0), (0, -1), (0, 1), (1, 0)] },
];

impl Sight {
    /// Whether another pixel near by shows the same surface.
    fn joins(&self, other: &Self, pixel_angle: f32) -> bool {
        match (&self.surface, &other.surface) {
            (None, None) => true,
            (Some((a, _)), Some((b, _))) => {
                (a.instance, a.material) == (b.instance, b.material)
                    && !turned(pack_normal(a.normal), pack_normal(b.normal))
                    && !parted(a.t / self.length, b.t / other.length, 2.0 * pixel_angle)
            }
            _ => false,
        }
    }
}

/// Whether two colours are so near to each other that what lies between them may be guessed.
fn near(a: Vec3, b: Vec3, share: f32) -> bool {
    (a - b).abs().max_element() <= share * a.max_element().max(b.max_element()) + 0.02
}

fn lights_agree(a: &Light, b: &Light) -> bool {
    let sun = a.sun == Vec3::ZERO || b.sun == Vec3::ZERO || a.sun_seen == b.sun_seen;
    sun && near(a.lamps, b.lamps, 0.25)
        && near(a.highlight, b.highlight, 0.4)
        && near(a.mirrored * a.share, b.mirrored * b.share, 0.2)
}

impl Scene {
    /// The first sample of every pixel, and the light there.
    pub(crate) fn first_samples(
        &self,
        camera: &Camera,
        pixel_angle: f32,
    ) -> (Vec<Pixel>, Vec<Light>) {
        let (w, h) = (camera.intrinsics.width as usize, camera.intrinsics.height as usize);
        let row = w.max(1);
        let ray = Ray { origin: Vec3::ZERO, dir: Vec3::Z };
        let mut sights = vec![Sight { ray, length: 1.0, surface: None }; w * h];
        sights.par_chunks_mut(row).enumerate().for_each(|(y, row)| {
            for (x, sight) in row.iter_mut().enumerate() {
                let forward = camera.direction(x as f32 + 0.5, y as f32 + 0.5);
                let length = forward.length();
                let ray = Ray { origin: camera.pose.position, dir: forward / length };
                let surface = self
                    .trace(&ray, 1e-3, 3e4)
                    .map(|hit| (hit, self.surface_at(&ray, &hit, pixel_angle)));
                *sight = Sight { ray, length, surface };
            }
        });
        let mut lights = vec![Light::default(); w * h];
        let mut known = lights.clone();
        for (k, step) in STEPS.iter().enumerate() {
            known.copy_from_slice(&lights);
            lights.par_chunks_mut(row).enumerate().for_each(|(y, row)| {
                let shades = Shades::default();
                for (x, light) in row.iter_mut().enumerate() {
                    if !(step.takes)(x, y) {
                        continue;
                    }
                    let sight = &sights[y * w + x];
                    let guess = || {
                        let at = (x as isize, y as isize);
                        let near = between(&sights, &known, w, at, &step.around, pixel_angle)?;
                        match &sight.surface {
                            Some((hit, surface)) => self.light_as(&sight.ray, hit, surface, &near),
                            None => self.sky.is_plain(sight.ray.dir, pixel_angle).then_some(near),
                        }
                    };
                    let guess = if k > 0 { guess() } else { None };
                    *light = guess.unwrap_or_else(|| {
                        let u = even(x as u32, y as u32, 0);
                        self.light_of(sight, pixel_angle, u, &shades)
                    });
                }
            });
        }
        let mut pixels = vec![Pixel::SKY; w * h];
        pixels.par_chunks_mut(row).enumerate().for_each(|(y, row)| {
            for (x, pixel) in row.iter_mut().enumerate() {
                self.first_sample(&sights[y * w + x], &lights[y * w + x], pixel);
            }
        });
        (pixels, lights)
    }

    fn light_of(&self, sight: &Sight, pixel_angle: f32, u: Vec2, shades: &Shades) -> Light {
        match &sight.surface {
            Some((hit, surface)) => {
                self.light_on(&sight.ray, hit, surface, pixel_angle, u, true, shades)
            }
            None => {
                let mirrored = self.sky_seen(&sight.ray, pixel_angle, u);
                Light { mirrored, share: 1.0, ..Light::default() }
            }
        }
    }

    fn first_sample(&self, sight: &Sight, light: &Light, out: &mut Pixel) {
        let Some((hit, surface)) = &sight.surface else {
            out.direct = light.mirrored;
            return;
        };
        let shaded = self.shaded(hit, surface, light);
        self.through(&sight.ray, hit.t, &shaded, out);
        out.depth = hit.t / sight.length;
        out.normal = shaded.normal;
        out.surface_normal = pack_normal(hit.normal);
        out.class = self.class_of(hit, sight.ray.at(hit.t));
        out.instance = hit.instance;
        out.material = hit.material;
    }
}

/// The light between the pixels around one, when they show the same and agree.
fn between(
    sights: &[Sight],
    lights: &[Light],
    width: usize,
    (x, y): (isize, isize),
    around: &[(isize, isize); 4],
    pixel_angle: f32,
) -> Option<Light> {
    let w = width as isize;
    let here = &sights[(y * w + x) as usize];
    let light = |&(dx, dy): &(isize, isize)| {
        let (sx, sy) = (x + dx, y + dy);
        if sx < 0 || sy < 0 || sx >= w {
            return None;
        }
        let there = (sy * w + sx) as usize;
        here.joins(sights.get(there)?, pixel_angle).then(|| &lights[there])
    };
    let found: [Option<&Light>; 4] = std::array::from_fn(|k| light(&around[k]));
    let pair = |a: usize, b: usize| found[a].is_some() && found[b].is_some();
    if !pair(0, 3) && !pair(1, 2) {
        return None;
    }
    let first = found.iter().flatten().next()?;
    let (mut sum, mut count, mut in_sun, mut mirrors) = (Light::default(), 0.0, 0.0, 0.0f32);
    for light in found.iter().flatten() {
        if !lights_agree(first, light) {
            return None;
        }
        count += 1.0;
        sum.lamps += light.lamps;
        sum.highlight += light.highlight;
        if light.sun != Vec3::ZERO {
            in_sun += 1.0;
            sum.sun += light.sun;
            sum.sun_seen += light.sun_seen;
        }
        if light.share > 0.0 {
            mirrors += 1.0;
            sum.mirrored += light.mirrored;
            sum.share += light.share;
        }
    }
    let (in_sun, mirrors) = (f32::max(in_sun, 1.0), mirrors.max(1.0));
    Some(Light {
        sun: sum.sun / in_sun,
        sun_seen: sum.sun_seen / in_sun,
        lamps: sum.lamps / count,
        highlight: sum.highlight / count,
        mirrored: sum.mirrored / mirrors,
        share: sum.share / mirrors,
    })
}
