//! Weather and hour to sky and sun.

use glam::Vec3;
use reverie_world_model::Weather;

use crate::random::Rng;
use crate::sky::Sky;

/// Sky for an hour of the day (0..24). `rng` decides the sun's bearing and the clouds.
pub(crate) fn sky(weather: Weather, hour: f32, rng: &mut Rng) -> Sky {
    let azimuth = rng.range(0.0, std::f32::consts::TAU) + (hour - 12.0) * 0.26;
    let top = rng.range(0.75, 1.15);
    let day = ((hour - 6.0) / 12.0 * std::f32::consts::PI).sin();
    let elevation = day * top;
    let night = elevation < -0.06;
    let shown = if night { rng.range(0.5, 0.9) } else { elevation.max(0.02) };
    let sun_dir = Vec3::new(azimuth.sin() * shown.cos(), shown.sin(), azimuth.cos() * shown.cos());
    // How much day there is, and how red the low sun.
    let light = ((elevation + 0.1) / 0.35).clamp(0.0, 1.0);
    let low = (1.0 - elevation / 0.45).clamp(0.0, 1.0);
    let warm = Vec3::new(1.0, 0.96, 0.89).lerp(Vec3::new(1.0, 0.47, 0.18), low * low);
    let closed = !matches!(weather, Weather::Clear);
    let mut sun = warm * (3.2 * light.powf(0.8)) * rng.range(0.8, 1.15);
    let tone = rng.range(0.0, 1.0);
    let mut zenith =
        Vec3::new(0.09, 0.21, 0.50).lerp(Vec3::new(0.20, 0.36, 0.66), tone) * (0.08 + 1.2 * light);
    let mut horizon = Vec3::new(0.55, 0.71, 0.92).lerp(Vec3::new(0.80, 0.86, 0.92), rng.unit())
        * (0.08 + 1.1 * light);
    let dusk = low * low * light.sqrt() * rng.range(0.3, 1.0);
    horizon = horizon.lerp(Vec3::new(1.0, 0.55, 0.28) * (0.35 + 0.65 * light), dusk * 0.75);
    zenith = zenith.lerp(Vec3::new(0.28, 0.25, 0.45) * (0.25 + 0.75 * light), dusk * 0.4);
    if night {
        sun = Vec3::new(0.55, 0.65, 0.9) * 0.10;
        zenith = Vec3::new(0.008, 0.012, 0.03);
        horizon = Vec3::new(0.03, 0.04, 0.07);
    }
    let mut cover = if rng.chance(0.35) { 0.0 } else { rng.range(0.1, 0.62) };
    let mut cloud_light = sun * 0.30 + horizon * 0.65;
    let mut cloud_shade = cloud_light * 0.45 + zenith * 0.25;
    let mut haze_per_m = rng.log_range(2e-5, 4e-4);
    let mut sun_radius = rng.range(0.005, 0.03);
    let grey = (zenith + horizon).dot(Vec3::splat(1.0 / 3.0)) * 0.62;
    if closed {
        let colour = Vec3::new(0.93, 0.97, 1.03) * grey;
        let (share, gloom) = match weather {
            Weather::Rain => (0.05, 0.55),
            Weather::Snow => (0.10, 0.95),
            Weather::Fog => (0.10, 0.9),
            _ => (rng.range(0.05, 0.35), 0.85),
        };
        sun *= share;
        sun_radius = 0.25;
        cover = rng.range(0.88, 1.0);
        zenith = colour * gloom * 0.9;
        horizon = colour * gloom * 1.15;
        cloud_light = colour * gloom * 1.35;
        cloud_shade = colour * gloom * 0.7;
        haze_per_m = match weather {
            Weather::Fog => rng.log_range(0.006, 0.03),
            Weather::Rain => rng.log_range(6e-4, 2.5e-3),
            Weather::Snow => rng.log_range(8e-4, 4e-3),
            _ => rng.log_range(5e-5, 6e-4),
        };
    }
    let haze = if closed { horizon } else { horizon * 0.9 + zenith * 0.1 };
    Sky {
        sun_dir,
        sun,
        sun_radius,
        zenith,
        horizon,
        ground: horizon * 0.3 * Vec3::new(0.9, 0.85, 0.75),
        cloud_cover: cover,
        cloud_scale: rng.log_range(0.35, 1.6),
        cloud_light,
        cloud_shade,
        seed: rng.next_u32(),
        haze_per_m,
        haze,
    }
}

/// Gain that puts ground lit by this sky near middle grey.
pub(crate) fn daylight_exposure(sky: &Sky) -> f32 {
    let up = sky.sun * sky.sun_dir.y.max(0.15) + sky.soft(Vec3::Y) * 0.6 + sky.soft(Vec3::X) * 0.4;
    let grey = up.dot(Vec3::new(0.2126, 0.7152, 0.0722)) * 0.22;
    (0.22 / grey.max(1e-3)).clamp(0.1, 30.0)
}
