//! The light on surfaces: sun, lamps, one diffuse bounce and mirrors.

use std::cell::Cell;

use glam::{Vec2, Vec3};

use crate::conditions::Effects as _;
use crate::light::lamps::{Choice, LAMPS, Spot};
use crate::rays::geometry::{Hit, Ray};
use crate::rays::hit::Found;
use crate::rays::trace::Part;
use crate::scene::{OFFSET, Scene};
use crate::surface::material::Surface;
use crate::surface::noise::turn;

/// Light below which nothing is looked for.
const FAINT: f32 = 0.004;
/// Places are known to this share of their distance from the origin.
const ROUNDING: f32 = 2e-6;

/// What was last in the way of each lamp of a choice and, behind them, of the sun: the next point
/// is often in the same shade.
#[derive(Default)]
pub(crate) struct Shades([Cell<Option<(Part, Found)>>; LAMPS + 1]);

/// Light on a point, before its surface takes it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Light {
    /// Of the sun, were it not shaded.
    pub sun: Vec3,
    /// Share of the sun that is seen from there.
    pub sun_seen: f32,
    pub lamps: Vec3,
    pub highlight: Vec3,
    /// What a mirror shows, and the mirror's share.
    pub mirrored: Vec3,
    pub share: f32,
}

impl Light {
    fn diffuse(&self) -> Vec3 {
        self.sun * self.sun_seen + self.lamps
    }
}

pub(crate) struct Shaded {
    pub direct: Vec3,
    pub albedo: Vec3,
    pub normal: Vec3,
}

/// Interleaved gradient noise: neighbours differ evenly, so that soft shadows come out as a
/// fine screen rather than as pepper. `turn` gives every sample its own.
pub(crate) fn even(x: u32, y: u32, turn: u32) -> Vec2 {
    let noise =
        |x: f32, y: f32| (52.982_918 * (0.067_110_56 * x + 0.005_837_15 * y).fract()).fract();
    let shift = turn as f32 * 0.618_034;
    let (x, y) = (x as f32, y as f32);
    Vec2::new((noise(x, y) + shift).fract(), (noise(y + 47.0, x + 17.0) + shift * 1.31).fract())
}

/// Numbers that are even over any square of pixels: consecutive ones of a sequence of two numbers
/// (M. Roberts' R2) along a Z-shaped curve. For what is smoothed afterwards.
fn spread(x: u32, y: u32, turn: u32) -> Vec2 {
    let part = |mut v: u32| {
        v = (v | v << 8) & 0x00ff_00ff;
        v = (v | v << 4) & 0x0f0f_0f0f;
        v = (v | v << 2) & 0x3333_3333;
        (v | v << 1) & 0x5555_5555
    };
    let index = part(x & 0xffff) | part(y & 0xffff) << 1;
    let unit = |step: u32, from: u32| {
        let bits = index.wrapping_mul(step).wrapping_add(turn.wrapping_mul(from));
        (bits >> 8) as f32 * (1.0 / 16_777_216.0)
    };
    Vec2::new(unit(0xc13f_a9a9, 0x9e37_79b9), unit(0x91e1_0da5, 0x6a09_e667))
}

fn frame_of(n: Vec3) -> (Vec3, Vec3) {
    n.any_orthonormal_pair()
}

fn cosine_direction(n: Vec3, u: Vec2) -> Vec3 {
    let (tangent, bitangent) = frame_of(n);
    let r = u.x.sqrt();
    let (sin, cos) = turn(u.y);
    (tangent * (r * cos) + bitangent * (r * sin) + n * (1.0 - u.x).max(0.0).sqrt()).normalize()
}

fn disc_direction(dir: Vec3, radius: f32, u: Vec2) -> Vec3 {
    let (tangent, bitangent) = frame_of(dir);
    let r = radius * u.x.sqrt();
    let (sin, cos) = turn(u.y);
    (dir + tangent * (r * cos) + bitangent * (r * sin)).normalize()
}

/// One number of a pair that is spread evenly over pixels.
fn chance(u: Vec2) -> f32 {
    (u.x + 0.754_877 * u.y).fract()
}

/// Share of a light that a surface takes by its slope.
fn facing(normal: Vec3, to_light: Vec3, thin: bool) -> f32 {
    let cos = normal.dot(to_light);
    match (thin, cos > 0.0) {
        (true, true) => 0.25 + 0.75 * cos,
        (true, false) => 0.2 - 0.45 * cos,
        _ => cos,
    }
}

/// Share of a surface's light that it mirrors; 0 where that is too little to look for.
fn mirror_share(surface: &Surface, view: Vec3) -> f32 {
    if surface.mirror <= 0.0 {
        return 0.0;
    }
    let cos = surface.normal.dot(-view).clamp(0.0, 1.0);
    let sheen = (1.0 - surface.mirror) * (1.0 - cos).powi(5) * (1.0 - 3.0 * surface.blur).max(0.0);
    let share = surface.mirror + sheen;
    if share > 0.028 { share } else { 0.0 }
}

impl Scene {
    /// What the sun would give a surface that nothing shades: to one that faces it, and the share
    /// of that which this one takes. `None` where it gives next to nothing.
    fn sunlight(&self, point: Vec3, normal: Vec3, thin: bool) -> Option<(Vec3, f32)> {
        let sky = &self.sky;
        let cos = facing(normal, sky.sun_dir, thin);
        if cos <= 0.0
            || sky.sun_dir.y <= 0.0
            || self.roof.as_ref().is_some_and(|roof| !roof.lets_in(point, sky.sun_dir))
        {
            return None;
        }
        let light = sky.sun * sky.clouds.shadow(point);
        ((light * cos).max_element() >= FAINT).then_some((light, cos))
    }

    /// Sun and lamps on a point; of the lamps those that an empty choice takes.
    #[expect(clippy::too_many_arguments, reason = "the parts of one surface under the light")]
    pub(crate) fn lit<'a>(
        &'a self,
        point: Vec3,
        view: Vec3,
        surface: &Surface,
        thin: bool,
        u: Vec2,
        shades: &Shades,
        mut choice: Choice<'a>,
    ) -> Light {
        let normal = surface.normal;
        let mut out = Light::default();
        let bias = OFFSET * 5.0 + point.abs().max_element() * ROUNDING;
        let open = |which: usize, dir: Vec3, reach: f32| {
            let ray = Ray { origin: point + normal * bias, dir };
            !self.blocked_again(&ray, bias, reach, &shades.0[which])
        };
        let shine = |to_light: Vec3| {
            if surface.gloss <= 0.0 {
                return 0.0;
            }
            let half = (to_light - view).normalize_or_zero();
            let power = 12.0 + 180.0 * surface.gloss * surface.gloss;
            surface.gloss * 0.35 * half.dot(normal).max(0.0).powf(power) * (power * 0.02 + 0.2)
        };
        let sky = &self.sky;
        if let Some((light, cos)) = self.sunlight(point, normal, thin) {
            out.sun = light * cos;
            if open(LAMPS, disc_direction(sky.sun_dir, sky.sun_radius, u), 2e4) {
                out.sun_seen = 1.0;
                out.highlight += light * shine(sky.sun_dir);
            }
        }
        let spot = Spot { point, normal, thin, night: self.conditions.night() };
        self.standing_lamps.offer(&spot, &mut choice);
        self.moving_lamps.offer(&spot, &mut choice);
        for (i, (weight, lamp)) in choice.lamps().enumerate() {
            let to = lamp.position - point;
            let d2 = to.length_squared().max(0.05);
            let to_light = to / d2.sqrt();
            let light = lamp.at(to, d2) * weight;
            let cos = facing(normal, to_light, thin);
            if cos <= 0.0 || (light * cos).max_element() < FAINT {
                continue;
            }
            let v = Vec2::new((u.x + i as f32 * 0.618).fract(), (u.y + i as f32 * 0.382).fract());
            let aim = to + (cosine_direction(-to.normalize_or(Vec3::Y), v)) * lamp.radius;
            let length = aim.length().max(1e-3);
            if open(i, aim / length, length - lamp.clear_m) {
                out.lamps += light * cos;
                out.highlight += light * shine(to_light);
            }
        }
        out
    }

    /// Light that comes back from the first surface, without detail.
    fn glimpse(&self, ray: &Ray, t_min: f32, u: Vec2, shades: &Shades) -> Vec3 {
        match self.trace(ray, t_min, 3e4) {
            None => self.sky.soft(ray.dir),
            Some(hit) => {
                let material = &self.materials[hit.material as usize];
                // Leaves let through about as much as they throw back.
                let both = if material.thin { 1.7 } else { 1.0 };
                let mean = material.mean(hit.normal) * both;
                let albedo = self.covered(mean, ray.at(hit.t), hit.normal, 0.5, 1.0);
                let surface = Surface {
                    albedo,
                    mirror: 0.0,
                    gloss: 0.0,
                    blur: 0.0,
                    emission: Vec3::ZERO,
                    normal: hit.normal,
                };
                let one = Choice::new(1, chance(u));
                let light =
                    self.lit(ray.at(hit.t), ray.dir, &surface, material.thin, u, shades, one);
                let colour = albedo * (light.diffuse() + self.ambient)
                    + self.emission(material)
                    + material.mean_emission(self.conditions.night());
                self.in_haze(colour, ray, hit.t)
            }
        }
    }

    /// Light from all around on a point that a pixel shows.
    pub(crate) fn gather(
        &self,
        point: Vec3,
        normal: Vec3,
        distance: f32,
        (x, y): (u32, u32),
        rays: u32,
        shades: &Shades,
    ) -> Vec3 {
        let origin = point + normal * (OFFSET * (1.0 + distance));
        let mut sum = Vec3::ZERO;
        for i in 0..rays {
            let v = spread(x / 2, y / 2, i);
            // Stratified over elevation, so that few rays cover the hemisphere.
            let u = Vec2::new((v.x + i as f32) / rays as f32, v.y);
            let ray = Ray { origin, dir: cosine_direction(normal, u) };
            let light = self.glimpse(&ray, OFFSET * (1.0 + distance), even(x, y, 7 + i), shades);
            sum += light.min(Vec3::splat(4.0));
        }
        sum / rays.max(1) as f32
    }

    /// The material of what a ray meets.
    pub(crate) fn surface_at(&self, ray: &Ray, hit: &Hit, pixel_angle: f32) -> Surface {
        let material = &self.materials[hit.material as usize];
        let grazing = hit.normal.dot(-ray.dir).max(0.12);
        let footprint = hit.t * pixel_angle / grazing.sqrt();
        self.surface(material, hit, ray.at(hit.t), footprint)
    }

    /// The light on what a ray meets, and what is mirrored there if `mirrors`.
    #[expect(clippy::too_many_arguments, reason = "the parts of one surface under the light")]
    pub(crate) fn light_on(
        &self,
        ray: &Ray,
        hit: &Hit,
        surface: &Surface,
        pixel_angle: f32,
        u: Vec2,
        mirrors: bool,
        shades: &Shades,
    ) -> Light {
        let material = &self.materials[hit.material as usize];
        let point = ray.at(hit.t);
        let choice = match (mirrors, &self.roof) {
            // One is enough for what a mirror shows.
            (false, Some(_)) => Choice::strongest(1),
            (false, None) => Choice::new(1, chance(u)),
            (true, Some(_)) => Choice::strongest(LAMPS),
            (true, None) => Choice::new(LAMPS, chance(u)),
        };
        let mut light = self.lit(point, ray.dir, surface, material.thin, u, shades, choice);
        if mirrors {
            light.share = mirror_share(surface, ray.dir);
            if light.share > 0.0 {
                light.mirrored = self.mirrored(ray, hit, surface, pixel_angle, u);
            }
        }
        light
    }

    /// Light for a point whose surroundings have this light, when nothing else shades it: what
    /// depends on the surface's own slope is found anew. `None` when it has to be looked for.
    pub(crate) fn light_as(
        &self,
        ray: &Ray,
        hit: &Hit,
        surface: &Surface,
        near: &Light,
    ) -> Option<Light> {
        let thin = self.materials[hit.material as usize].thin;
        let sun = self.sunlight(ray.at(hit.t), surface.normal, thin);
        let share = mirror_share(surface, ray.dir);
        if (sun.is_some() && near.sun == Vec3::ZERO) || (share > 0.0 && near.share <= 0.0) {
            return None;
        }
        Some(Light { sun: sun.map_or(Vec3::ZERO, |(light, cos)| light * cos), share, ..*near })
    }

    /// Light for a surface beside a point with this light; where that has no mirror, nothing is
    /// mirrored. `None` when it has to be looked for.
    pub(crate) fn light_beside(
        &self,
        ray: &Ray,
        hit: &Hit,
        surface: &Surface,
        near: &Light,
    ) -> Option<Light> {
        if near.share > 0.0 {
            return self.light_as(ray, hit, surface, near);
        }
        let light = self.light_as(ray, hit, surface, &Light { share: 1.0, ..*near })?;
        Some(Light { share: 0.0, ..light })
    }

    /// What a surface throws back of its light.
    pub(crate) fn shaded(&self, hit: &Hit, surface: &Surface, light: &Light) -> Shaded {
        let material = &self.materials[hit.material as usize];
        let direct = surface.albedo * light.diffuse()
            + light.highlight
            + surface.emission
            + self.emission(material);
        Shaded {
            direct: direct.lerp(light.mirrored, light.share),
            albedo: surface.albedo * (1.0 - light.share),
            normal: surface.normal,
        }
    }

    pub(crate) fn shade(
        &self,
        ray: &Ray,
        hit: &Hit,
        pixel_angle: f32,
        u: Vec2,
        mirrors: bool,
        shades: &Shades,
    ) -> Shaded {
        let surface = self.surface_at(ray, hit, pixel_angle);
        let light = self.light_on(ray, hit, &surface, pixel_angle, u, mirrors, shades);
        self.shaded(hit, &surface, &light)
    }

    /// What is seen in a mirror.
    fn mirrored(&self, ray: &Ray, hit: &Hit, surface: &Surface, pixel_angle: f32, u: Vec2) -> Vec3 {
        let point = ray.at(hit.t);
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
            None => self.sky.radiance(&self.sky.air, (point, dir), pixel_angle * 2.0, 4, u.x),
            Some(second) => {
                // No sky shines on what stands indoors.
                let open_sky = if self.sheltered(reflected.at(second.t)) {
                    Vec3::ZERO
                } else {
                    self.sky.soft(second.normal) * 0.5
                };
                let shades = Shades::default();
                let s = self.shade(&reflected, &second, pixel_angle * 2.0, u, false, &shades);
                let colour = s.direct + s.albedo * (self.ambient + open_sky);
                self.in_haze(colour, &reflected, second.t)
            }
        };
        seen.min(Vec3::splat(if surface.blur > 0.0 { 2.5 } else { 6.0 }))
    }

    /// A colour seen through the air along a ray.
    fn in_haze(&self, colour: Vec3, ray: &Ray, distance_m: f32) -> Vec3 {
        let clear = self.through_air(&self.sky.air, ray.origin, ray.dir, distance_m);
        if clear.z > 0.997 {
            return colour;
        }
        colour * clear + self.sky.haze(ray.dir) * (Vec3::ONE - clear)
    }
}
