//! What rain and snow do to surfaces.

use glam::{Vec2, Vec3};
use reverie_world_model::Weather;

use crate::class::Class;
use crate::conditions::Effects as _;
use crate::rays::geometry::{Goal, Hit, Ray};
use crate::scene::{OFFSET, Scene};
use crate::surface::material::{Material, Surface};
use crate::surface::noise::{fbm3, hash, smoothstep, value3};

const SNOW: Vec3 = Vec3::new(0.84, 0.88, 0.93);
/// Roofs higher than this keep nothing dry, metres.
const ROOF_M: f32 = 25.0;
/// Pixels wider than this are too far for the dry place under a roof to count, metres.
const FAR_FOOTPRINT_M: f32 = 0.25;
const TICKS_PER_SEC: f64 = 24.0;

impl Scene {
    /// Albedo under the snow or the wet that lies on a surface; `detail` is noise and `open` the
    /// share that falls on it, both 0 to 1.
    pub(crate) fn covered(
        &self,
        albedo: Vec3,
        point: Vec3,
        normal: Vec3,
        detail: f32,
        open: f32,
    ) -> Vec3 {
        let (snow, rain) =
            (self.conditions.share(Weather::Snow), self.conditions.share(Weather::Rain));
        if (snow == 0.0 && rain == 0.0) || self.sheltered(point) {
            return albedo;
        }
        let lying = snow_on(normal, detail, snow, open);
        let wet = rain * (0.35 + 0.65 * open) * normal.y.clamp(0.35, 1.0);
        albedo.lerp(SNOW * (0.92 + 0.12 * detail), lying) * (1.0 - 0.42 * wet)
    }

    /// How much of what falls reaches a point, 0 to 1.
    fn open_above(&self, point: Vec3, normal: Vec3, distance_m: f32) -> f32 {
        // A slant that varies from place to place frays the edge of the dry.
        let slant =
            Vec3::new(value3(point * 2.3, 0xd1) - 0.5, 1.4, value3(point * 2.3 + 9.0, 0xd2) - 0.5);
        let bias = OFFSET * (1.0 + distance_m) * 5.0;
        let ray = Ray { origin: point + normal * bias, dir: slant.normalize() };
        if !self.blocked(&ray, bias, ROOF_M) {
            return 1.0;
        }
        // Leaves let half of it through.
        match self.trace_for(&ray, bias, ROOF_M, Goal::NearestSolid) {
            // Wind drives much below what is high above.
            Some(hit) => 0.75 * smoothstep(2.5, 16.0, hit.t),
            None => 0.55,
        }
    }

    /// A material at a hit, with the weather on it.
    pub(crate) fn surface(
        &self,
        material: &Material,
        hit: &Hit,
        point: Vec3,
        footprint: f32,
    ) -> Surface {
        let night = self.conditions.night();
        let (snow, rain) =
            (self.conditions.share(Weather::Snow), self.conditions.share(Weather::Rain));
        if material.liquid {
            // Waves run with the wind.
            let way = self.sky.clouds.wind_mps * (0.06 * self.tick as f64 / TICKS_PER_SEC) as f32;
            let moved = Hit { local: hit.local - Vec3::new(way.x, 0.0, way.y), ..*hit };
            let mut surface = material.surface(&moved, point, footprint, &self.photos, night);
            if rain > 0.0 {
                surface.normal = self.rippled(surface.normal, point, footprint, rain);
            }
            return surface;
        }
        let mut surface = material.surface(hit, point, footprint, &self.photos, night);
        if (snow == 0.0 && rain == 0.0) || self.sheltered(point) {
            return surface;
        }
        let level = hit.normal.y > 0.25;
        let open = if level && footprint < FAR_FOOTPRINT_M {
            self.open_above(point, hit.normal, hit.t)
        } else {
            1.0
        };
        let detail = fbm3(point * 1.3, 4, footprint * 1.3, 0x5e0);
        surface.albedo = self.covered(surface.albedo, point, hit.normal, detail, open);
        if snow > 0.0 {
            let lying = snow_on(hit.normal, detail, snow, open);
            surface.mirror *= 1.0 - lying;
            surface.gloss += (0.12 - surface.gloss) * lying;
            // Drifts: long soft waves with a little grain on them.
            let soft = |p: Vec3| fbm3(p * 0.55, 3, footprint * 0.55, 0x5e1) - 0.5;
            let grain = |p: Vec3| fbm3(p * 7.0, 2, footprint * 7.0, 0x5e2) - 0.5;
            let tilt = Vec3::new(
                0.5 * soft(point) + 0.16 * grain(point),
                0.0,
                0.5 * soft(point + 40.0) + 0.16 * grain(point + 40.0),
            );
            let drift = (hit.normal + tilt).normalize_or(hit.normal);
            surface.normal = surface.normal.lerp(drift, lying).normalize_or(hit.normal);
        } else if level && open > 0.0 {
            let flat = smoothstep(0.975, 0.997, hit.normal.y);
            let low = fbm3(point * 0.35, 4, footprint * 0.35, 0x9a1);
            // What grows and what is loose drinks the water.
            let thirsty =
                matches!(hit.class, Class::Ground | Class::Plant | Class::Tree | Class::Rock);
            let dry = if thirsty { 0.74 } else { 0.66 };
            let puddle = smoothstep(0.0, 0.035, low - dry + 0.08 * rain) * flat;
            if thirsty && puddle == 0.0 {
                return surface;
            }
            if surface.mirror == 0.0 {
                surface.blur = 0.035 * (1.0 - puddle);
            }
            surface.mirror = surface.mirror.max((0.015 + 0.02 * puddle) * rain);
            surface.gloss = surface.gloss.max(0.25 * rain * (1.0 - puddle));
            surface.albedo *= 1.0 - 0.45 * puddle * rain;
            let calm = (0.55 + 0.45 * puddle) * rain;
            surface.normal = surface.normal.lerp(hit.normal, calm).normalize_or(hit.normal);
            if puddle > 0.0 {
                surface.normal = self.rippled(surface.normal, point, footprint, puddle * rain);
            }
        }
        surface
    }

    /// A normal of water on which drops fall.
    fn rippled(&self, normal: Vec3, point: Vec3, footprint: f32, strength: f32) -> Vec3 {
        const CELL_M: f32 = 0.24;
        let seen = strength * smoothstep(0.05, 0.012, footprint);
        if seen <= 0.0 {
            return normal;
        }
        let secs = self.tick as f64 / TICKS_PER_SEC;
        let mut tilt = Vec2::ZERO;
        for layer in 0..2 {
            let p = Vec2::new(point.x, point.z) / CELL_M + layer as f32 * 0.5;
            let cell = p.floor();
            let h = hash(cell.x as i32, cell.y as i32, layer, 0x41b);
            let unit = |shift: u32| (h >> shift & 255) as f32 / 255.0;
            let age = (secs * 1.7 + f64::from(unit(0))).fract() as f32;
            let centre = Vec2::new(0.35 + 0.3 * unit(8), 0.35 + 0.3 * unit(16));
            let away = p - cell - centre;
            let ring = away.length() - 0.34 * age;
            let height = (1.0 - age) * (-(ring / 0.05).powi(2)).exp() * (ring * 70.0).sin();
            tilt += away.normalize_or_zero() * height;
        }
        (normal + Vec3::new(tilt.x, 0.0, tilt.y) * (0.35 * seen)).normalize_or(normal)
    }
}

/// Share of a surface that snow hides.
fn snow_on(normal: Vec3, detail: f32, snow: f32, open: f32) -> f32 {
    let lean = normal.y + 0.5 * (detail - 0.5) + 0.35 * (snow - 1.0) - 0.85 * (1.0 - open);
    smoothstep(0.28, 0.6, lean) * (0.3 + 0.7 * snow).min(snow * 3.0)
}
