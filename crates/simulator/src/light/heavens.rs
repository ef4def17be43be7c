//! Where sun, moon and stars stand, and what of them is seen at night.

use std::f32::consts::TAU;

use glam::{Quat, Vec2, Vec3};
use reverie_world_model::Season;

use crate::surface::noise::{hash, smoothstep};
use crate::surface::tile_noise::tile_noise;

/// Geographic latitude of all worlds.
const LATITUDE_RAD: f32 = 0.768;
/// Radius of the moon's disc, radians: a little larger than life.
const MOON_RADIUS: f32 = 0.0075;
/// Cells of stars along a side of the cube around the eye.
const STAR_CELLS: f32 = 90.0;

/// Declination of the sun, radians.
fn declination(season: Season) -> f32 {
    match season {
        Season::Spring => 0.15,
        Season::Summer => 0.35,
        Season::Autumn => -0.10,
        Season::Winter => -0.35,
    }
}

/// Angle that the sun has gone since noon.
fn hour_angle(hour: f32) -> f32 {
    (hour - 12.0) / 24.0 * TAU
}

/// Sine of the sun's elevation.
pub(crate) fn sun_height(hour: f32, season: Season) -> f32 {
    let (sin_d, cos_d) = declination(season).sin_cos();
    let (sin_l, cos_l) = LATITUDE_RAD.sin_cos();
    sin_l * sin_d + cos_l * cos_d * hour_angle(hour).cos()
}

/// The directions of a world: its noon, and what lies a quarter turn on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bearings {
    noon: Vec3,
    evening: Vec3,
}

impl Bearings {
    /// From the bearing of the noon sun, radians.
    pub fn new(noon_azimuth: f32) -> Self {
        let (sin, cos) = noon_azimuth.sin_cos();
        Self { noon: Vec3::new(sin, 0.0, cos), evening: Vec3::new(cos, 0.0, -sin) }
    }

    fn body(&self, angle: f32, declination: f32) -> Vec3 {
        let (sin_d, cos_d) = declination.sin_cos();
        let (sin_l, cos_l) = LATITUDE_RAD.sin_cos();
        let up = sin_l * sin_d + cos_l * cos_d * angle.cos();
        let level = sin_l * cos_d * angle.cos() - cos_l * sin_d;
        Vec3::Y * up + self.noon * level + self.evening * (cos_d * angle.sin())
    }

    pub fn sun(&self, hour: f32, season: Season) -> Vec3 {
        self.body(hour_angle(hour), declination(season))
    }

    /// The moon of an age (0 new, 0.5 full): it follows the sun and stands high when that is low.
    pub fn moon(&self, hour: f32, season: Season, age: f32) -> Vec3 {
        let turn = age * TAU;
        self.body(hour_angle(hour) - turn, declination(season) * turn.cos() + 0.12 * turn.sin())
    }

    /// Turns directions of the world into those of the stars.
    fn stars_from_world(&self, hour: f32) -> Quat {
        let pole = Vec3::Y * LATITUDE_RAD.sin() - self.noon * LATITUDE_RAD.cos();
        Quat::from_axis_angle(pole, -hour_angle(hour))
    }
}

/// What stands in the sky besides the sun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heavens {
    pub moon_dir: Vec3,
    /// Share of the moon's disc that is lit.
    pub moon_lit: f32,
    /// Towards the sun as the moon sees it.
    sun_of_moon: Vec3,
    moon_radiance: f32,
    stars_from_world: Quat,
    /// 0 by day to 1 in a dark night.
    pub stars: f32,
    seed: u32,
}

impl Heavens {
    pub fn new(bearings: &Bearings, hour: f32, season: Season, moon_age: f32, seed: u32) -> Self {
        let height = sun_height(hour, season);
        let moon_lit = 0.5 - 0.5 * (moon_age * TAU).cos();
        let moon_dir = bearings.moon(hour, season, moon_age);
        // The angle between sun and moon follows from the age; their plane from the sky.
        let side = (bearings.sun(hour, season)
            - moon_dir * moon_dir.dot(bearings.sun(hour, season)))
        .normalize_or(Vec3::X);
        let (sin, cos) = (moon_age * TAU).sin_cos();
        Self {
            moon_dir,
            moon_lit,
            sun_of_moon: moon_dir * cos + side * sin.abs(),
            moon_radiance: 0.30 + 0.5 * smoothstep(0.0, -0.15, height),
            stars_from_world: bearings.stars_from_world(hour),
            stars: smoothstep(-0.08, -0.24, height) * (1.0 - 0.55 * moon_lit * moon_lit),
            seed,
        }
    }

    /// Adds stars, milky way and moon to a sky; `pixel_angle` in radians.
    pub fn over(&self, mut colour: Vec3, dir: Vec3, pixel_angle: f32) -> Vec3 {
        if dir.y < 0.0 {
            return colour;
        }
        let air = smoothstep(0.0, 0.25, dir.y);
        if self.stars > 0.0 {
            let d = self.stars_from_world * dir;
            let night = self.milky_way(d) + star(d, pixel_angle, self.seed);
            colour += night * (self.stars * air);
        }
        let edge = 0.5 * pixel_angle;
        let away = (dir - self.moon_dir).length();
        if away < MOON_RADIUS + edge {
            let share = smoothstep(MOON_RADIUS + edge, MOON_RADIUS - edge, away)
                * (MOON_RADIUS / edge).powi(2).min(1.0);
            // The near half of the ball, seen from the front.
            let across = (dir - self.moon_dir) / MOON_RADIUS;
            let bulge = (1.0 - across.length_squared()).max(0.0).sqrt();
            let normal = across - self.moon_dir * bulge;
            let lit = smoothstep(-0.04, 0.25, normal.dot(self.sun_of_moon));
            let (right, up) = self.moon_dir.any_orthonormal_pair();
            let at = Vec2::new(across.dot(right), across.dot(up)) * 0.09;
            let seas = 0.62 + 0.5 * tile_noise().at(at + 0.2);
            let face = Vec3::new(1.0, 0.96, 0.88) * (self.moon_radiance * seas);
            colour = colour.lerp(colour + face * (lit + 0.012), share * (0.3 + 0.7 * air));
        }
        colour
    }

    fn milky_way(&self, d: Vec3) -> Vec3 {
        let pole = Vec3::new(0.46, 0.60, 0.654);
        let (right, up) = pole.any_orthonormal_pair();
        let latitude = d.dot(pole);
        if latitude.abs() > 0.5 {
            return Vec3::ZERO;
        }
        let tile = tile_noise();
        let along = Vec2::new(d.dot(right), d.dot(up));
        let cloud = tile.at(along * 0.23 + latitude * 0.2);
        let rift = tile.at(along * 0.31 + Vec2::new(0.4, latitude * 0.9));
        let wide = (-(latitude / 0.20).powi(2)).exp() * (0.25 + 0.75 * cloud);
        let lane = (-((latitude - 0.02) / 0.06).powi(2)).exp() * smoothstep(0.35, 0.75, rift);
        Vec3::new(0.80, 0.84, 1.0) * (0.016 * wide * (1.0 - 0.75 * lane))
    }
}

/// A star in the direction's cell of a cube, if there is one.
fn star(d: Vec3, pixel_angle: f32, seed: u32) -> Vec3 {
    let a = d.abs();
    let (face, u, v) = if a.x >= a.y && a.x >= a.z {
        (if d.x > 0.0 { 0 } else { 1 }, d.y / a.x, d.z / a.x)
    } else if a.y >= a.z {
        (if d.y > 0.0 { 2 } else { 3 }, d.x / a.y, d.z / a.y)
    } else {
        (if d.z > 0.0 { 4 } else { 5 }, d.x / a.z, d.y / a.z)
    };
    let (x, y) = ((u * 0.5 + 0.5) * STAR_CELLS, (v * 0.5 + 0.5) * STAR_CELLS);
    let h = hash(x as i32, y as i32, face, seed);
    if h & 15 > 2 {
        return Vec3::ZERO;
    }
    let at = Vec2::new((h >> 4 & 255) as f32, (h >> 12 & 255) as f32) * (0.5 / 255.0) + 0.25;
    // A cell spans about this angle.
    let away = (Vec2::new(x.fract(), y.fract()) - at).length() * (2.0 / STAR_CELLS);
    let size = (0.55 * pixel_angle).max(0.0009);
    if away > 2.5 * size {
        return Vec3::ZERO;
    }
    let magnitude = (h >> 20 & 255) as f32 / 255.0;
    // Few are bright; what does not fill its pixel is dimmer by its share of it.
    let light = 0.02 + 0.8 * magnitude.powi(7);
    let share = (0.0016 / size).min(1.0);
    let warm = (h >> 28) as f32 / 15.0;
    let tint = Vec3::new(0.78, 0.87, 1.0).lerp(Vec3::new(1.0, 0.86, 0.70), warm * warm);
    tint * (light * share * (-(away / size).powi(2)).exp())
}
