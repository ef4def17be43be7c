//! What the air between the eye and things does: fog, haze and dark that limit sight with the distance.
//!
//! None of it is in the colours of the memory. It is put before them in every picture by the distance
//! at that moment, so that what fog hides comes out of it when one comes near.

use crate::{Frame, light::linear};
use glam::{Vec2, Vec3};
use rayon::prelude::*;
use reverie_world_model::{Conditions, Intrinsics, Pose, Weather};
use std::sync::LazyLock;

/// Extinction by haze and by mist near the ground, 1/m, of clear air and of each weather at full strength: what fits pictures of the
/// ground-truth worlds best, in whose colours it is mixed.
const CLEAR_PER_M: f32 = 9e-5;
const RAIN_PER_M: f32 = 2.0e-3;
const SNOW_PER_M: f32 = 2.8e-3;
const FOG_PER_M: f32 = 2.8e-2;
const OVERCAST_PER_M: f32 = 2.6e-4;
/// Heights over which fog and other air thin out, metres.
const FOG_SCALE_M: f32 = 45.0;
const AIR_SCALE_M: f32 = 700.0;
/// Height of the air that lies before the sky, metres: what is above it is in the sky's own colours.
const SKY_SCALE_M: f32 = 30.0;
/// What the dark of a night takes from the light of things, 1/m.
const DARK_PER_M: f32 = 1.5e-4;
/// What is left of the extinction at night: pictures of the night lift what is dark, so that haze hides less of it.
const NIGHT_EXTINCTION: f32 = 0.4;
/// Sines of the sun's height between which it grows dark: the end of dusk.
const DUSK: [f32; 2] = [-0.1, -0.25];
/// Speed of the wind at full rain or snow, m/s.
const RAIN_WIND_MPS: f32 = 2.2;
const SNOW_WIND_MPS: f32 = 1.6;

/// The air of a world.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Air {
    /// Share of light lost per metre at the floor.
    pub extinction_per_m: f32,
    /// Height of the floor, below which air is no thicker, metres.
    pub floor_m: f32,
    /// Height over which it thins out to 1/e, metres.
    pub scale_height_m: f32,
    /// What thick air shows, linear.
    pub colour: Vec3,
    /// Share of the light of things, not of the sky, that is lost to the dark per metre.
    pub dark_per_m: f32,
    /// How hard it rains, 0 to 1.
    pub rain: f32,
    /// How hard it snows, 0 to 1.
    pub snow: f32,
    /// Where the wind blows what falls, X and Z, m/s.
    pub wind_mps: Vec2,
}

impl Default for Air {
    fn default() -> Self {
        Self::NONE
    }
}

impl Air {
    /// Nothing: pictures as the memory has them.
    pub const NONE: Self = Self {
        extinction_per_m: 0.0,
        floor_m: 0.0,
        scale_height_m: AIR_SCALE_M,
        colour: Vec3::splat(0.5),
        dark_per_m: 0.0,
        rain: 0.0,
        snow: 0.0,
        wind_mps: Vec2::ZERO,
    };

    /// The air under conditions; `colour` is what thick air shows, linear, `wind` the way it blows.
    #[must_use]
    pub fn under(conditions: &Conditions, colour: Vec3, floor_m: f32, wind: Vec2) -> Self {
        let (full_per_m, full_scale_m) = match conditions.weather {
            Weather::Clear => (CLEAR_PER_M, AIR_SCALE_M),
            Weather::Rain => (RAIN_PER_M, AIR_SCALE_M),
            Weather::Snow => (SNOW_PER_M, AIR_SCALE_M),
            Weather::Fog => (FOG_PER_M, FOG_SCALE_M),
            Weather::Overcast => (OVERCAST_PER_M, AIR_SCALE_M),
        };
        let [day, night] = DUSK;
        let dark = ((conditions.sun_up() - day) / (night - day)).clamp(0.0, 1.0);
        let (rain, snow) = (conditions.share(Weather::Rain), conditions.share(Weather::Snow));
        // Thin air grows thick evenly when its logarithm does.
        let weathered = CLEAR_PER_M * (full_per_m / CLEAR_PER_M).powf(conditions.strength);
        Self {
            extinction_per_m: weathered * (1.0 + (NIGHT_EXTINCTION - 1.0) * dark),
            floor_m,
            scale_height_m: AIR_SCALE_M + (full_scale_m - AIR_SCALE_M) * conditions.strength,
            colour,
            dark_per_m: DARK_PER_M * dark,
            rain,
            snow,
            wind_mps: wind * (rain * RAIN_WIND_MPS + snow * SNOW_WIND_MPS),
        }
    }

    /// Whether pictures are just as the memory has them.
    #[must_use]
    pub fn is_none(&self) -> bool {
        !self.veils() && self.rain == 0.0 && self.snow == 0.0
    }

    /// Whether it hides things by their distance.
    #[must_use]
    pub fn veils(&self) -> bool {
        self.extinction_per_m > 0.0 || self.dark_per_m > 0.0
    }

    /// On the way to another one, `share` (0 to 1) of it gone.
    #[must_use]
    pub fn towards(&self, to: &Self, share: f32) -> Self {
        if share <= 0.0 || self == to {
            return *self;
        }
        if share >= 1.0 {
            return *to;
        }
        let mix = |a: f32, b: f32| a + (b - a) * share;
        // Air that is not there yet has the other's colour and height.
        let own = |air: &Self, other: &Self| if air.is_none() { *other } else { *air };
        let (a, b) = (own(self, to), own(to, self));
        // Even to the eye: by its logarithm, from what can just not be seen.
        let log = |per_m: f32| per_m.max(1e-6).ln();
        let per_m = mix(log(self.extinction_per_m), log(to.extinction_per_m)).exp();
        Self {
            extinction_per_m: per_m,
            floor_m: mix(a.floor_m, b.floor_m),
            scale_height_m: mix(a.scale_height_m, b.scale_height_m),
            colour: a.colour.lerp(b.colour, share),
            dark_per_m: mix(self.dark_per_m, to.dark_per_m),
            rain: mix(self.rain, to.rain),
            snow: mix(self.snow, to.snow),
            wind_mps: a.wind_mps.lerp(b.wind_mps, share),
        }
    }

    /// Share of light that survives a way from a height in a direction; `rise` is the sine of its angle over the
    /// horizon, and the way may be infinite.
    #[must_use]
    pub fn transmittance(&self, from_m: f32, rise: f32, distance_m: f32) -> f32 {
        let at_floor = self.extinction_per_m;
        let above = (from_m - self.floor_m).max(0.0) / self.scale_height_m;
        let here = at_floor * (-above).exp();
        // Through an atmosphere that thins out, integrated exactly; below the floor it is no thicker.
        let climb = (rise * distance_m / self.scale_height_m).clamp(-30.0, 60.0);
        let mean = if climb.abs() < 1e-3 { 1.0 } else { (1.0 - (-climb).exp()) / climb };
        let depth = if distance_m.is_finite() {
            (here * mean * distance_m).min(at_floor * distance_m)
        } else {
            here * SKY_SCALE_M / (rise.max(0.0) + 0.01)
        };
        (-depth).exp()
    }

    /// Share of a thing's light that the dark leaves of it at a distance.
    #[must_use]
    pub fn lit(&self, distance_m: f32) -> f32 {
        (-self.dark_per_m * distance_m).exp()
    }

    /// Puts the air into a frame: fog and haze, then what falls. `secs` is the time that what falls has fallen. Which
    /// pixels are known and their depth stays.
    pub fn fill(&self, frame: &mut Frame, pose: &Pose, camera: &Intrinsics, secs: f64) {
        if self.veils() {
            self.veil(frame, pose, camera);
        }
        self.draw_falling(frame, pose, camera, secs);
    }

    fn veil(&self, frame: &mut Frame, pose: &Pose, camera: &Intrinsics) {
        let width = frame.width().max(1) as usize;
        let from_m = pose.position.y;
        // The ray through a pixel is an affine function of its place.
        let towards = |x: f32, y: f32| pose.rotation * camera.ray(x, y);
        let corner = towards(0.5, 0.5);
        let (right, down) = (towards(1.5, 0.5) - corner, towards(0.5, 1.5) - corner);
        let (rgba, inverse_depth) = frame.buffers_mut();
        rgba.par_chunks_mut(width).zip(inverse_depth.par_chunks(width)).enumerate().for_each(
            |(y, (row, depths))| {
                let first = corner + y as f32 * down;
                for (x, (pixel, w)) in row.iter_mut().zip(depths).enumerate() {
                    let ray = first + x as f32 * right;
                    let length = ray.length();
                    let distance_m = if *w > 0.0 { length / w } else { f32::INFINITY };
                    let clear = self.transmittance(from_m, ray.y / length, distance_m);
                    let lit = if *w > 0.0 { self.lit(distance_m) } else { 1.0 };
                    *pixel = mixed(*pixel, clear * lit, self.colour * (1.0 - clear));
                }
            },
        );
    }
}

/// Steps of the table back.
const STEPS: usize = 4096;

static ENCODED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    (0..=STEPS)
        .map(|step| {
            let value = step as f32 / STEPS as f32;
            let encoded = if value <= 0.003_130_8 {
                value * 12.92
            } else {
                1.055 * value.powf(1.0 / 2.4) - 0.055
            };
            (encoded * 255.0 + 0.5) as u8
        })
        .collect()
});

/// A pixel with a linear colour before it that hides so much of it; blended as light is.
pub(crate) fn over(rgba: u32, colour: Vec3, share: f32) -> u32 {
    if share <= 0.0 {
        return rgba;
    }
    let share = share.min(1.0);
    mixed(rgba, 1.0 - share, colour * share)
}

/// A pixel of which so much is left, with light added.
fn mixed(rgba: u32, left: f32, light: Vec3) -> u32 {
    let [r, g, b, a] = rgba.to_le_bytes();
    let behind = Vec3::from_array([r, g, b].map(linear));
    let mixed = (behind * left + light).clamp(Vec3::ZERO, Vec3::ONE) * STEPS as f32;
    let [r, g, b] = mixed.to_array().map(|value| ENCODED[(value + 0.5) as usize]);
    u32::from_le_bytes([r, g, b, a])
}

#[cfg(test)]
mod tests {
    use super::*;
    use glam::Quat;

    fn fog() -> Air {
        let conditions = Conditions::new(Weather::Fog, 12.0);
        Air::under(&conditions, Vec3::splat(0.4), 0.0, Vec2::X)
    }

    #[test]
    fn light_is_lost_along_a_way_as_along_its_parts() {
        let air = fog();
        for (from_m, rise) in [(1.6_f32, 0.0_f32), (1.6, 0.3), (40.0, -0.2)] {
            let whole = air.transmittance(from_m, rise, 120.0);
            let parts: f32 = (0..1200)
                .map(|k| air.transmittance(from_m + rise * 0.1 * k as f32, rise, 0.1))
                .product();
            assert!((whole / parts - 1.0).abs() < 0.02, "{from_m} {rise}: {whole} {parts}");
        }
    }

    #[test]
    fn fog_hides_the_far_before_the_near_and_the_horizon_before_the_zenith() {
        let air = fog();
        let at = |metres| air.transmittance(1.6, 0.0, metres);
        assert!(at(5.0) > 0.8 && at(50.0) < 0.5 && at(300.0) < 0.02);
        let sky = |rise| air.transmittance(1.6, rise, f32::INFINITY);
        assert!(sky(0.02) < 1e-3 && sky(1.0) > 0.3);
        assert_eq!(Air::NONE.transmittance(1.6, 0.0, f32::INFINITY), 1.0);
    }

    #[test]
    fn air_comes_and_goes_evenly() {
        let (none, fog) = (Air::NONE, fog());
        let seen: Vec<f32> = (0..=10)
            .map(|k| none.towards(&fog, k as f32 / 10.0).transmittance(1.6, 0.0, 60.0))
            .collect();
        assert!(seen.windows(2).all(|pair| pair[0] >= pair[1]), "{seen:?}");
        assert_eq!(none.towards(&fog, 1.0), fog);
        assert_eq!(fog.towards(&none, 1.0), none);
        assert_eq!(none.towards(&fog, 0.5).colour, fog.colour);
        assert_eq!(none.towards(&none, 0.5), none);
    }

    #[test]
    fn nights_limit_sight() {
        let of = |hour| {
            let conditions = Conditions::new(Weather::Clear, hour);
            let air = Air::under(&conditions, Vec3::ONE, 0.0, Vec2::X);
            let camera = Intrinsics::from_horizontal_fov(2, 2, 0.1);
            // A thing at a distance, and the sky.
            [1.0 / 3000.0, 0.0].map(|inverse_depth| {
                let mut frame = Frame::new();
                frame.resize(2, 2);
                let (rgba, depths) = frame.buffers_mut();
                rgba.fill(0xff80_8080);
                depths.fill(inverse_depth);
                let up = Pose { rotation: Quat::from_rotation_x(1.2), ..Pose::IDENTITY };
                air.fill(&mut frame, &up, &camera, 0.0);
                frame.rgba8()[0]
            })
        };
        let ([night, night_sky], [noon, noon_sky]) = (of(0.0), of(13.0));
        assert!(night < 112 && noon > 120, "{night} {noon}");
        assert!(night_sky.abs_diff(128) < 4 && noon_sky.abs_diff(128) < 4);
    }
}
