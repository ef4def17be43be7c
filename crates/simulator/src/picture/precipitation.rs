//! Rain and snow in the air: drops and flakes at true places, drawn before what stands behind.

use glam::{DVec3, Vec2, Vec3};
use reverie_world_model::Weather;

use crate::conditions::Effects as _;
use crate::picture::camera::Camera;
use crate::picture::render::Pixel;
use crate::rays::geometry::Ray;
use crate::scene::Scene;
use crate::surface::noise::hash;

/// Time that a picture is exposed, seconds.
const SHUTTER_SECS: f32 = 1.0 / 70.0;
const TICKS_PER_SEC: f64 = 24.0;
/// Half sides of the cubes around the eye that hold drops and flakes, metres.
const CUBES_M: [f32; 3] = [3.0, 9.0, 26.0];
/// Cells along a side of the map of roofs.
const ROOF_CELLS: usize = 16;

/// What falls.
struct Kind {
    counts: [u32; 3],
    /// Metres.
    radius_m: f32,
    fall_mps: f32,
    drift_mps: f32,
    /// Share of the light behind that it hides.
    alpha: f32,
}

const RAIN: Kind = Kind {
    counts: [300, 1500, 4200],
    radius_m: 0.0011,
    fall_mps: 8.0,
    drift_mps: 4.5,
    alpha: 0.42,
};
const SNOW: Kind =
    Kind { counts: [340, 1300, 3200], radius_m: 0.0055, fall_mps: 1.3, drift_mps: 3.0, alpha: 0.9 };

/// The roofs over the surroundings of the eye, when there is one over the eye itself.
struct Roofs {
    corner: Vec2,
    cell_m: f32,
    bottoms: Vec<f32>,
}

impl Roofs {
    fn around(scene: &Scene, eye: Vec3) -> Option<Self> {
        let above = |place: Vec3| {
            let up = Ray { origin: place, dir: Vec3::Y };
            scene.trace(&up, 0.05, 60.0).map_or(f32::INFINITY, |hit| place.y + hit.t)
        };
        if above(eye) == f32::INFINITY {
            return None;
        }
        let half = CUBES_M[1];
        let corner = Vec2::new(eye.x - half, eye.z - half);
        let cell_m = 2.0 * half / ROOF_CELLS as f32;
        let bottoms = (0..ROOF_CELLS * ROOF_CELLS)
            .map(|i| {
                let cell = Vec2::new((i % ROOF_CELLS) as f32, (i / ROOF_CELLS) as f32) + 0.5;
                let at = corner + cell * cell_m;
                above(Vec3::new(at.x, eye.y, at.y))
            })
            .collect();
        Some(Self { corner, cell_m, bottoms })
    }

    fn covers(&self, p: Vec3) -> bool {
        let at = (Vec2::new(p.x, p.z) - self.corner) / self.cell_m;
        let side = ROOF_CELLS as f32;
        if at.x < 0.0 || at.y < 0.0 || at.x >= side || at.y >= side {
            return false;
        }
        p.y < self.bottoms[at.y as usize * ROOF_CELLS + at.x as usize]
    }
}

/// A picture that is drawn into.
struct Canvas<'a> {
    hdr: &'a mut [Vec3],
    pixels: &'a [Pixel],
    width: usize,
    height: usize,
}

impl Canvas<'_> {
    /// A line with round ends, before everything farther than `depth`.
    fn line(&mut self, from: Vec2, to: Vec2, radius: f32, depth: f32, alpha: f32, colour: Vec3) {
        // Thinner than a pixel is fainter.
        let drawn = radius.max(0.5);
        let alpha = alpha * (radius / drawn).min(1.0);
        let reach = drawn + 0.5;
        let (low, high) = (from.min(to) - reach, from.max(to) + reach);
        if high.x < 0.0 || high.y < 0.0 || low.x >= self.width as f32 || low.y >= self.height as f32
        {
            return;
        }
        let columns = low.x.max(0.0) as usize..(high.x as usize + 1).min(self.width);
        let rows = low.y.max(0.0) as usize..(high.y as usize + 1).min(self.height);
        let along = to - from;
        let per_length = 1.0 / along.length_squared().max(1e-6);
        for y in rows {
            for x in columns.clone() {
                let at = Vec2::new(x as f32 + 0.5, y as f32 + 0.5) - from;
                let away = (at - along * (at.dot(along) * per_length).clamp(0.0, 1.0)).length();
                let share = alpha * (reach - away).clamp(0.0, 1.0);
                let i = y * self.width + x;
                if share > 0.0 && self.pixels[i].depth > depth {
                    self.hdr[i] = self.hdr[i].lerp(colour, share);
                }
            }
        }
    }
}

impl Scene {
    /// Draws what falls into a picture of radiance. It follows from the tick, the scene's seed and
    /// the camera.
    pub(crate) fn draw_precipitation(&self, camera: &Camera, pixels: &[Pixel], hdr: &mut [Vec3]) {
        let strength = self.conditions.strength;
        let (kind, rain) = match self.conditions.weather {
            Weather::Rain => (&RAIN, true),
            Weather::Snow => (&SNOW, false),
            _ => return,
        };
        let eye = camera.pose.position;
        let indoors = self.sheltered(eye);
        if strength <= 0.0 || indoors && !self.sees_outside(eye) {
            return;
        }
        let roofs = if indoors { None } else { Roofs::around(self, eye) };
        let intrinsics = &camera.intrinsics;
        let (width, height) = (intrinsics.width as usize, intrinsics.height as usize);
        let mut canvas = Canvas { hdr, pixels, width, height };
        let focal = intrinsics.fx.min(intrinsics.fy);
        let view_from_world = camera.pose.rotation.conjugate();
        let project = |p: Vec3| intrinsics.project(view_from_world * (p - eye));
        let blow = self.sky.clouds.wind_mps.normalize_or(Vec2::X);
        let drift = blow * (kind.drift_mps * self.conditions.wind());
        let secs = self.tick as f64 / TICKS_PER_SEC;
        let lit = self.sky.soft(Vec3::Y) * 0.55 + self.sky.soft(Vec3::X) * 0.25;
        let night = self.conditions.night();
        let seed = self.light_seed as u32;
        for (shell, (&half, &count)) in CUBES_M.iter().zip(&kind.counts).enumerate() {
            let side = 2.0 * half;
            let low = eye - half;
            for i in 0..(count as f32 * strength) as u32 {
                let bits = |n: i32| hash(i as i32, shell as i32, n, seed);
                let unit = |n: i32| (bits(n) >> 8) as f32 / 16_777_216.0;
                let pace = 0.75 + 0.5 * unit(3);
                let velocity = Vec3::new(drift.x, -kind.fall_mps * pace, drift.y);
                let home = Vec3::new(unit(0), unit(1), unit(2)) * side;
                let gone = (velocity.as_dvec3() * secs).rem_euclid(DVec3::splat(side.into()));
                let mut p = low + (home + gone.as_vec3() - low).rem_euclid(Vec3::splat(side));
                if !rain {
                    // Flakes sway.
                    let phase = std::f32::consts::TAU
                        * (unit(4) + ((0.35 + 0.3 * f64::from(unit(5))) * secs).fract() as f32);
                    p += Vec3::new(phase.sin(), 0.0, phase.cos()) * (0.12 + 0.2 * unit(6));
                }
                let Some((pixel, depth)) = project(p) else { continue };
                // What is nearer than the last cube's reach belongs to that.
                let nearest = match shell {
                    // A drop right before the lens would be a bar across the picture.
                    0 if rain => 0.8,
                    0 => 0.25,
                    _ => 0.7 * CUBES_M[shell - 1],
                };
                if depth < nearest || !(pixel.x.abs() < 1e5 && pixel.y.abs() < 1e5) {
                    continue;
                }
                let Some((end, _)) = project(p - velocity * SHUTTER_SECS) else { continue };
                if self.sheltered(p) || roofs.as_ref().is_some_and(|roofs| roofs.covers(p)) {
                    continue;
                }
                let radius_m = kind.radius_m * (0.6 + 0.8 * unit(7));
                let radius = (radius_m * focal / depth).clamp(if rain { 0.17 } else { 0.28 }, 40.0);
                let mut colour = lit;
                if night && (shell < 2 || indoors) {
                    colour += self.lamps_at(p) * 0.3;
                }
                let far = (depth / CUBES_M[2]).min(1.0);
                let alpha = kind.alpha * (1.0 - 0.6 * far);
                canvas.line(pixel, end, radius, depth, alpha, colour);
            }
        }
        if rain {
            self.draw_splashes(&mut canvas, camera, focal, strength, lit);
        }
    }

    /// Whether what falls outside is near enough to be seen through the doors of a hall.
    fn sees_outside(&self, eye: Vec3) -> bool {
        let reach = 0.8 * CUBES_M[2];
        self.roof.as_ref().is_some_and(|roof| roof.max.y - eye.z < reach)
    }

    /// Light of all lamps at a place in the air, without shadows.
    fn lamps_at(&self, place: Vec3) -> Vec3 {
        let near = self.standing_lamps.near(place).chain(self.moving_lamps.near(place));
        near.map(|lamp| {
            let to = lamp.position - place;
            lamp.at(to, to.length_squared().max(0.3))
        })
        .sum()
    }

    /// Drops that burst on level ground near by.
    fn draw_splashes(
        &self,
        canvas: &mut Canvas<'_>,
        camera: &Camera,
        focal: f32,
        strength: f32,
        lit: Vec3,
    ) {
        let night = self.conditions.night();
        for i in 0..(700.0 * strength) as i32 {
            let bits = hash(i, self.tick as i32, 3, self.light_seed as u32 ^ 0x5b1a);
            let unit = |shift: u32| (bits >> shift & 0xffff) as f32 / 65_536.0;
            let chance = hash(i, self.tick as i32, 4, self.light_seed as u32);
            let (x, y) = (unit(0) * canvas.width as f32, unit(16) * canvas.height as f32);
            let pixel = canvas.pixels[y as usize * canvas.width + x as usize];
            if pixel.surface_normal[1] < 115 || !(0.5..14.0).contains(&pixel.depth) {
                continue;
            }
            // Near ground fills more of the picture than of the street.
            let share = (pixel.depth / 5.0).powi(2).min(1.0);
            let place = camera.pose.position + camera.direction(x, y) * pixel.depth;
            if (chance & 255) as f32 > share * 255.0 || self.sheltered(place) {
                continue;
            }
            let mut colour = lit * 1.1;
            if night {
                colour += self.lamps_at(place) * 0.12;
            }
            let size = 0.009 * focal / pixel.depth;
            let at = Vec2::new(x, y);
            let depth = pixel.depth * 0.97;
            for side in [-1.0, 1.0] {
                let tip = at + Vec2::new(side * 0.8, -1.0) * size;
                canvas.line(at, tip, (0.12 * size).max(0.2), depth, 0.22, colour);
            }
        }
    }
}
