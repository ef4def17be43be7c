//! Two layers of clouds and the shadows they throw.

use glam::{Vec2, Vec3};

use crate::surface::noise::smoothstep;
use crate::surface::tile_noise::tile_noise;

/// Underside of the low clouds, metres.
const BASE_M: f32 = 1700.0;
/// From the underside of the low clouds to their highest tops.
const THICK_M: f32 = 750.0;
const CIRRUS_M: f32 = 8000.0;
/// Side of the pattern's tile on the ground, metres.
const TILE_M: f32 = 10_500.0;
const TICKS_PER_SEC: f64 = 24.0;

/// The state of the clouds.
#[derive(Clone, Debug)]
pub(crate) struct Clouds {
    /// Share of the sky with low clouds, 0 to 1.
    pub low_cover: f32,
    /// Share with thin high clouds.
    pub high_cover: f32,
    /// How far the low clouds have grown together into one grey ceiling, 0 to 1.
    pub closed: f32,
    /// Where the pattern begins, metres.
    pub origin: Vec2,
    pub wind_mps: Vec2,
    /// Towards the light.
    pub light_dir: Vec3,
    /// Radiance of a cloud that faces the light, and of one in shade.
    pub lit: Vec3,
    pub shade: Vec3,
    /// Radiance of the ceiling straight above.
    pub ceiling: Vec3,
    drift: Vec2,
}

impl Clouds {
    pub fn new(origin: Vec2, wind_mps: Vec2) -> Self {
        Self {
            low_cover: 0.0,
            high_cover: 0.0,
            closed: 0.0,
            origin,
            wind_mps,
            light_dir: Vec3::Y,
            lit: Vec3::ZERO,
            shade: Vec3::ZERO,
            ceiling: Vec3::ZERO,
            drift: Vec2::ZERO,
        }
    }

    /// Moves the clouds to where they are at a tick.
    pub fn set_tick(&mut self, tick: u64) {
        // The pattern repeats after 64 tiles, in all its layers; small numbers stay exact.
        let period = f64::from(TILE_M) * 64.0;
        let way =
            |speed: f32| (f64::from(speed) * tick as f64 / TICKS_PER_SEC).rem_euclid(period) as f32;
        self.drift = Vec2::new(way(self.wind_mps.x), way(self.wind_mps.y));
    }

    /// The value that low clouds exceed.
    fn edge(&self) -> f32 {
        let cover = self.low_cover.clamp(0.005, 0.995);
        0.5 + 0.115 * ((1.0 - cover) / cover).ln()
    }

    /// Density field of the low clouds, plain: what shadows and light through them go by.
    fn low(&self, place: Vec2) -> f32 {
        let tile = tile_noise();
        let p = (place + self.origin - self.drift) / TILE_M;
        let q = Vec2::new(3.0 * p.x - 3.0 * p.y, 3.0 * p.x + 3.0 * p.y);
        0.60 * tile.at(p) + 0.25 * tile.at(q + 0.37) + 0.075
    }

    /// The same with what frays their outlines, less `edge`, at a height within the layer (0 to 1);
    /// `None` where it is not above 0. `detail` is 0 where steps are too long for the finest.
    fn low_fine(&self, place: Vec2, height: f32, detail: f32, edge: f32) -> Option<f32> {
        let tile = tile_noise();
        let p = (place + self.origin - self.drift) / TILE_M;
        // What each layer can add at most; most of the sky is done with after the first.
        let fine_most = 0.075 * detail;
        let wide = 0.60 * tile.at(p) + 0.075 - edge;
        if wide + 0.25 + fine_most <= 0.0 {
            return None;
        }
        // A cut that leans with the height through the same plane pattern is as good as a
        // pattern in space.
        let lean = p + Vec2::new(0.020, 0.013) * height;
        let q = Vec2::new(3.0 * lean.x - 3.0 * lean.y, 3.0 * lean.x + 3.0 * lean.y);
        let mut density = wide + 0.25 * tile.at(q + 0.37);
        if density + fine_most <= 0.0 {
            return None;
        }
        if detail > 0.0 {
            let fine = p + Vec2::new(0.055, -0.034) * height;
            let r = Vec2::new(13.0 * fine.y + 5.0 * fine.x, 5.0 * fine.y - 13.0 * fine.x);
            density += 0.15 * detail * (0.5 - (2.0 * tile.at(r) - 1.0).abs());
        }
        (density > 0.0).then_some(density)
    }

    /// Share of the light that the low clouds let through to a point.
    pub fn shadow(&self, point: Vec3) -> f32 {
        if self.low_cover <= 0.0 || self.light_dir.y < 0.02 || self.closed >= 1.0 {
            return 1.0;
        }
        let way = (BASE_M - point.y).max(0.0) / self.light_dir.y;
        let place = flat(point) + flat(self.light_dir) * way;
        let thick = smoothstep(-0.01, 0.11, self.low(place) - self.edge());
        1.0 - 0.82 * thick * (1.0 - self.closed)
    }

    /// A sky's colour with the clouds before it. `steps` through the low layer, `u` in 0..1
    /// places them.
    pub fn over(&self, behind: Vec3, eye: Vec3, dir: Vec3, steps: u32, u: f32) -> Vec3 {
        if dir.y < 0.004 {
            return behind.lerp(self.ceiling_at(0.0, 0.5), self.closed);
        }
        let mut colour = behind;
        let toward = dir.dot(self.light_dir).max(0.0);
        if self.high_cover > 0.0 && self.closed < 1.0 {
            colour = self.cirrus(colour, eye, dir, toward);
        }
        let rise = BASE_M - eye.y;
        if self.low_cover <= 0.0 || rise < 30.0 {
            return colour;
        }
        // The layer bends down behind the horizon with the planet.
        let way = rise / (dir.y + 0.012);
        if self.closed < 1.0 {
            colour = self.cumulus(colour, eye, dir, way, toward, steps, u);
        }
        if self.closed > 0.0 {
            let place = flat(eye) + flat(dir) * way;
            let mottle = self.low(place);
            let mottle = 0.5 + (mottle - 0.5) * (-way / 16_000.0).exp();
            let glow = self.lit * (0.05 * toward.powi(6) * (1.0 - self.closed * 0.6));
            colour = colour.lerp(self.ceiling_at(dir.y, mottle) + glow, self.closed);
        }
        colour
    }

    /// The closed ceiling by height above the horizon: three times as bright above as below.
    fn ceiling_at(&self, up: f32, mottle: f32) -> Vec3 {
        self.ceiling * ((0.5 + 0.5 * up.max(0.0)) * (0.52 + 0.96 * mottle))
    }

    fn cirrus(&self, behind: Vec3, eye: Vec3, dir: Vec3, toward: f32) -> Vec3 {
        let way = (CIRRUS_M - eye.y).max(0.0) / (dir.y + 0.02);
        let place = (flat(eye) + flat(dir) * way + self.origin - self.drift * 2.0) / 24_000.0;
        let along = self.wind_mps.normalize_or(Vec2::X);
        let tile = tile_noise();
        let bend = tile.at(place * 0.35 + 0.3) - 0.5;
        let run = Vec2::new(place.dot(along) * 0.45, place.perp_dot(along) * 1.3 + 0.16 * bend);
        let fine = tile.at(Vec2::new(run.x * 2.0 + 0.2, run.y * 5.0));
        let strands = 0.55 * tile.at(run) + 0.30 * fine + 0.15 * tile.at(place * 0.6);
        let edge = 1.0 - 0.85 * self.high_cover;
        let thick = smoothstep(edge - 0.30, edge + 0.55, strands) * (-way / 60_000.0).exp();
        let alpha = 0.6 * thick * smoothstep(0.0, 0.1, dir.y);
        let colour = self.lit * (0.42 + 0.5 * toward.powi(6)) + self.shade * 0.35;
        behind.lerp(colour, alpha)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one ray")]
    fn cumulus(
        &self,
        behind: Vec3,
        eye: Vec3,
        dir: Vec3,
        way: f32,
        toward: f32,
        steps: u32,
        u: f32,
    ) -> Vec3 {
        let path = (THICK_M / dir.y).min(4.0 * THICK_M);
        // Long ways take more steps, as many as keep them short against the clouds' billows.
        let steps = (steps as f32 * (path / (2.0 * THICK_M)).max(1.0)) as u32;
        let (edge, step) = (self.edge(), path / steps as f32);
        let rise = dir.y * path / THICK_M;
        let detail = (1.6 - step / 110.0).clamp(0.0, 1.0);
        let light_flat = flat(self.light_dir);
        let forward = 1.3 * toward.powi(10) + 0.25 * toward.powi(3);
        let (mut sum, mut passed) = (Vec3::ZERO, 1.0f32);
        for i in 0..steps {
            let part = (i as f32 + 0.2 + 0.6 * u) / steps as f32;
            let place = flat(eye) + flat(dir) * (way + part * path);
            let height = part * rise;
            let Some(density) = self.low_fine(place, height, detail, edge + tops(height)) else {
                continue;
            };
            let density = (density * 7.0).min(1.0);
            // How much cloud lies between here and the light.
            let next = self.low(place + light_flat * 260.0)
                - edge
                - tops(height + self.light_dir.y * 0.35);
            let depth = 9.0 * next.max(0.0) + 1.6 * density * (1.0 - height);
            let light = 0.78 * (-depth).exp() + 0.22 * (-0.25 * depth).exp();
            let colour = self.lit * (light * (0.86 + forward * (1.0 - 0.7 * density)))
                + self.shade * (0.62 + 0.45 * height);
            let taken = 1.0 - (-0.011 * density * step).exp();
            sum += colour * (passed * taken);
            passed *= 1.0 - taken;
            if passed < 0.03 {
                break;
            }
        }
        let hidden = 1.0 - passed;
        let clear = (-way / 30_000.0).exp();
        // Far clouds fade into the air before them.
        behind * passed + sum.lerp(behind * hidden, 1.0 - clear)
    }

    /// Mean colour of what the clouds hide, for soft light.
    pub fn mean(&self, up: f32) -> Vec3 {
        (self.lit * 0.32 + self.shade * 0.7).lerp(self.ceiling_at(up, 0.5), self.closed)
    }

    /// Share of the sky that clouds hide.
    pub fn hidden(&self) -> f32 {
        (self.low_cover * 0.9).max(self.high_cover * 0.25).max(self.closed)
    }
}

/// How much denser the field must be for clouds to reach a height, as a share of the layer.
fn tops(height: f32) -> f32 {
    0.30 * height * height + 0.04 * height
}

fn flat(p: Vec3) -> Vec2 {
    Vec2::new(p.x, p.z)
}
