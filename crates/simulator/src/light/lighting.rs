//! Weather, hour and season to sky, sun and air.

use glam::{Vec2, Vec3};
use reverie_world_model::Weather;

use crate::conditions::Conditions;
use crate::light::air::Air;
use crate::light::atmosphere::{ClearSky, transmittance};
use crate::light::clouds::Clouds;
use crate::light::heavens::{Bearings, Heavens};
use crate::light::sky::Sky;
use crate::random::Rng;
use crate::surface::noise::smoothstep;

/// Sunlight above the air: with it, noon light is about white.
const SUN: Vec3 = Vec3::new(4.0, 4.15, 4.65);
/// Light of the full moon: some four hundred thousand times less, and seen as bluer.
const MOON: Vec3 = Vec3::new(0.85e-5, 1.05e-5, 1.45e-5);
/// Light of a night without a moon.
const STARLIGHT: Vec3 = Vec3::new(3.4e-7, 5.2e-7, 10.5e-7);
/// Light on level ground at a clear noon.
const NOON: f32 = 2.9;
/// How much of the dark a picture keeps: 0 shows every hour as bright as noon, 1 as it is.
const DARK_KEPT: f32 = 0.11;
/// A moonlit sky is darkened by this, so that it does not look like day.
const NIGHT_SKY: f32 = 0.22;
/// Gain in the dark: what suits streets under lamps.
const NIGHT_GAIN: f32 = 1.3;
/// Luminance of linear sRGB.
pub(crate) const GREY: Vec3 = Vec3::new(0.2126, 0.7152, 0.0722);

/// What weather does to the air, all of it between clear and full.
#[derive(Clone, Copy)]
struct Weathered {
    low_cover: f32,
    high_cover: f32,
    closed: f32,
    /// Share of the light from above that a closed ceiling lets down.
    ceiling: f32,
    haze_per_m: f32,
    mist_per_m: f32,
    mist_scale_m: f32,
}

impl Weathered {
    fn towards(self, full: Self, t: f32) -> Self {
        let f = |a: f32, b: f32| a + (b - a) * t;
        // Thin air grows thick evenly when its logarithm does.
        let g = |a: f32, b: f32| (a.max(1e-6).ln() * (1.0 - t) + b.max(1e-6).ln() * t).exp();
        if t <= 0.0 {
            return self;
        }
        Self {
            low_cover: f(self.low_cover, full.low_cover),
            high_cover: f(self.high_cover, full.high_cover),
            closed: f(self.closed, full.closed),
            ceiling: f(self.ceiling, full.ceiling),
            haze_per_m: g(self.haze_per_m, full.haze_per_m),
            mist_per_m: g(self.mist_per_m, full.mist_per_m),
            mist_scale_m: f(self.mist_scale_m, full.mist_scale_m),
        }
    }
}

/// The sky of a world under conditions; `seed` decides the noon's bearing and the clouds.
pub(crate) fn sky(conditions: &Conditions, seed: u64, mist_y: f32) -> Sky {
    let mut rng = Rng::new(seed);
    let noon = rng.range(0.0, std::f32::consts::TAU);
    let moon_age = rng.range(0.38, 0.62);
    let dust = rng.log_range(0.5, 2.2);
    let clear = Weathered {
        low_cover: if rng.chance(0.2) { 0.0 } else { rng.range(0.12, 0.5) },
        high_cover: rng.range(0.0, 0.75),
        closed: 0.0,
        ceiling: 0.5,
        haze_per_m: rng.log_range(1.2e-5, 7e-5),
        mist_per_m: 0.0,
        mist_scale_m: 40.0,
    };
    let thick = rng.range(0.0, 1.0);
    let misty = rng.range(0.0, 1.0);
    let blow = rng.range(0.0, std::f32::consts::TAU);
    let wind = Vec2::from_angle(blow) * rng.range(7.0, 14.0);
    let origin = Vec2::new(rng.range(0.0, 1e5), rng.range(0.0, 1e5));
    let star_seed = rng.next_u32();

    let Conditions { weather, strength, season, .. } = *conditions;
    // The day ends where it begins.
    let hour = conditions.hour.rem_euclid(24.0);
    let between = |low: f32, high: f32| low * (high / low).powf(thick);
    let closed = Weathered {
        low_cover: 0.98,
        high_cover: clear.high_cover,
        closed: 1.0,
        ceiling: 0.42,
        haze_per_m: between(6e-5, 3e-4),
        mist_per_m: 0.0,
        mist_scale_m: 60.0,
    };
    let full = match weather {
        Weather::Clear => clear,
        Weather::Overcast => closed,
        Weather::Rain => Weathered {
            ceiling: 0.26,
            haze_per_m: between(5e-4, 1.6e-3),
            mist_per_m: between(2e-4, 1e-3),
            ..closed
        },
        Weather::Snow => Weathered {
            ceiling: 0.5,
            haze_per_m: between(7e-4, 2.2e-3),
            mist_per_m: between(3e-4, 1.5e-3),
            ..closed
        },
        Weather::Fog => Weathered {
            low_cover: 0.7,
            closed: 0.8,
            ceiling: 0.5,
            haze_per_m: between(1e-4, 4e-4),
            mist_per_m: between(0.009, 0.03),
            mist_scale_m: 45.0,
            ..closed
        },
    };
    // Cold clear mornings have mist in the valleys.
    let morning = smoothstep(4.0, 6.0, hour) * smoothstep(9.5, 7.0, hour)
        + 0.5 * smoothstep(19.0, 21.0, hour) * smoothstep(24.0, 22.0, hour);
    let clear = Weathered {
        mist_per_m: 0.0035 * smoothstep(0.35, 1.0, misty) * morning,
        mist_scale_m: 14.0,
        ..clear
    };
    let now = clear.towards(if weather == Weather::Clear { clear } else { full }, strength);

    let bearings = Bearings::new(noon);
    let sun_dir = bearings.sun(hour, season);
    let heavens = Heavens::new(&bearings, hour, season, moon_age, star_seed);
    let height = sun_dir.y;
    let sunlight = SUN * transmittance(0.2, height, dust) * smoothstep(-0.012, 0.008, height);
    let moon_dir = heavens.moon_dir;
    let moonrise = smoothstep(0.0, 0.12, moon_dir.y) * heavens.moon_lit.powi(2);
    let moonlight = MOON * transmittance(0.2, moon_dir.y, dust) * moonrise;
    let by_sun = sunlight != Vec3::ZERO;
    let (key_dir, key) = if by_sun { (sun_dir, sunlight) } else { (moon_dir, moonlight) };
    // The sky is the sun's as long as any of its twilight is left.
    let of_sun = height > -0.19;
    let clear_sky = ClearSky::new(if of_sun { sun_dir } else { moon_dir }, dust);
    // Eyes and cameras are blind to the last red of a sky that they see as blue.
    let blue_hour = Vec3::ONE.lerp(Vec3::new(0.56, 1.0, 1.02), smoothstep(-0.01, -0.09, height));
    let clear_scale =
        std::f32::consts::PI * if of_sun { SUN * blue_hour } else { MOON * (moonrise * NIGHT_SKY) };

    let mut sky = Sky {
        sun_dir: key_dir,
        sun: key,
        sun_radius: 0.006,
        clear: clear_sky,
        clear_scale,
        night: [STARLIGHT, STARLIGHT * Vec3::new(2.2, 1.9, 1.5)],
        disc_dir: sun_dir,
        disc: sunlight * 14.0,
        heavens,
        clouds: Clouds::new(origin, wind),
        air: Air {
            haze_per_m: now.haze_per_m,
            mist_per_m: if now.mist_per_m > 2e-6 { now.mist_per_m } else { 0.0 },
            mist_y,
            mist_scale_m: now.mist_scale_m,
        },
        ground: Vec3::ZERO,
        gain: 1.0,
        level: 1.0,
    };
    // What a level surface gets from an open sky.
    let dome = |sky: &Sky| {
        let ring = |up: f32| {
            let flat = (1.0 - up * up).sqrt();
            let side = |x: f32, z: f32| sky.soft(Vec3::new(x * flat, up, z * flat));
            (side(1.0, 0.0) + side(-1.0, 0.0) + side(0.0, 1.0) + side(0.0, -1.0)) * 0.25
        };
        0.5 * ring(0.5) + 0.5 * ring(0.85)
    };
    let open = dome(&sky);
    // Clouds stand in light that has passed less air, and above the planet's shadow.
    let on_clouds = if by_sun {
        SUN * transmittance(2500.0, height + 0.012, dust) * smoothstep(-0.06, 0.02, height)
    } else {
        key
    };
    let from_above = key * key_dir.y.max(0.0) + open;
    sky.clouds.light_dir = key_dir;
    let night_sky = if by_sun { 1.0 } else { NIGHT_SKY };
    sky.clouds.lit = on_clouds * (0.74 * night_sky) + open * 0.25;
    sky.clouds.shade = open * 0.62 + on_clouds * 0.07;
    sky.clouds.low_cover = now.low_cover;
    sky.clouds.high_cover = now.high_cover;
    sky.clouds.closed = now.closed;
    let grey = from_above.dot(GREY);
    sky.clouds.ceiling =
        from_above.lerp(Vec3::new(0.97, 1.0, 1.05) * grey, 0.8) * (now.ceiling * 1.35);
    sky.sun *= 1.0 - (1.0 - 0.2 * now.ceiling) * smoothstep(0.0, 1.0, now.closed);
    sky.sun_radius += 0.2 * now.closed;
    sky.ground = (sky.sun * sky.sun_dir.y.max(0.0) + dome(&sky)) * Vec3::new(0.17, 0.16, 0.14);
    expose(&mut sky);
    sky
}

/// Lifts the light of dark hours as an eye or a camera does that is left open, though not up to
/// that of noon, and sets the gain; lamps then stand in it as they stand in an evening picture.
fn expose(sky: &mut Sky) {
    let level =
        sky.sun * sky.sun_dir.y.max(0.0) + sky.soft(Vec3::Y) * 0.6 + sky.soft(Vec3::X) * 0.4;
    let light = level.dot(GREY).max(1e-8);
    let wanted = (light / NOON).powf(DARK_KEPT);
    sky.level = wanted;
    sky.gain = (wanted / light).min(NIGHT_GAIN);
    let lift = wanted / (light * sky.gain);
    for light in [&mut sky.sun, &mut sky.clear_scale, &mut sky.disc, &mut sky.ground] {
        *light *= lift;
    }
    for light in &mut sky.night {
        *light *= lift;
    }
    let clouds = &mut sky.clouds;
    for light in [&mut clouds.lit, &mut clouds.shade, &mut clouds.ceiling] {
        *light *= lift;
    }
}
