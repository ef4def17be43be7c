//! The endless mountains: one height for every place, from valleys, ridges and erosion.
//!
//! Valleys follow the zero lines of a smooth noise, so that rivers, lakes and the trail along them
//! are known everywhere without having been drawn: the distance to a line is the noise over its
//! slope. Between valleys stand ridged mountains whose octaves are damped where the ground is
//! steep, cut by gullies that run down the slope they find. All open water lies at height 0.

use glam::{Mat2, Vec2};

use crate::random::Rng;
use crate::surface::noise::{fbm2, gradient2, hash, smoothstep, split};

/// Half the width of the trodden path, metres.
pub(crate) const TRAIL_HALF_M: f32 = 0.75;
/// Share of the noise's range that is valley floor.
const FLOOR: f32 = 0.034;

/// Decides the height of every place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Relief {
    seed: u32,
    /// Wavelength of the valleys' noise, metres.
    valley_m: f32,
    /// Height of an ordinary summit over the water, metres.
    pub peak_m: f32,
    /// Wavelength of the ridges, metres.
    ridge_m: f32,
    /// Depth of gullies relative to an ordinary one.
    carved: f32,
    /// Widest lakes: half their width, metres.
    lake_half_m: f32,
    /// Added to the forest's share of the land, -1..1.
    wooded: f32,
}

/// What is known of a place from the valleys alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Valley {
    /// Metres to the river's middle, signed by the side.
    pub river_m: f32,
    /// Half the water's width here, metres.
    pub water_half_m: f32,
    /// 0 river .. 1 lake.
    pub lake: f32,
    /// Metres to the middle of the trail, signed by the side.
    pub trail_m: f32,
    /// Which bank the trail is on, -1..1; it changes sides at 0.
    pub side: f32,
    /// 0 at the river .. 1 where the slopes begin.
    floor: f32,
    /// 0 on the floor .. 1.2 on the highest ridges.
    mass: f32,
    /// Slope of `mass`, per metre.
    mass_slope: Vec2,
}

/// Gradient noise on a plane with its slope.
fn sloped2(p: Vec2, seed: u32) -> (f32, Vec2) {
    let ((xi, xf), (yi, yf)) = (split(p.x), split(p.y));
    let f = Vec2::new(xf, yf);
    let corner = |dx: i32, dy: i32| {
        let h = hash(xi + dx, yi + dy, 0, seed);
        Vec2::new((h & 0xffff) as f32, (h >> 16) as f32) * (2.0 / 65535.0) - 1.0
    };
    let (ga, gb, gc, gd) = (corner(0, 0), corner(1, 0), corner(0, 1), corner(1, 1));
    let (va, vb) = (ga.dot(f), gb.dot(f - Vec2::X));
    let (vc, vd) = (gc.dot(f - Vec2::Y), gd.dot(f - Vec2::ONE));
    let u = f * f * f * (f * (f * 6.0 - 15.0) + 10.0);
    let du = f * f * (f * (f - 2.0) + 1.0) * 30.0;
    let twist = va - vb - vc + vd;
    let value = va + u.x * (vb - va) + u.y * (vc - va) + u.x * u.y * twist;
    let slope = ga
        + (gb - ga) * u.x
        + (gc - ga) * u.y
        + (ga - gb - gc + gd) * (u.x * u.y)
        + du * (Vec2::new(u.y, u.x) * twist + Vec2::new(vb - va, vc - va));
    (value, slope)
}

/// Cosine and sine of a whole number of turns, near enough for terrain.
fn turn(turns: f32) -> Vec2 {
    let sine = |t: f32| {
        let y = split(t + 0.5).1 - 0.5;
        8.0 * y - 16.0 * y * y.abs()
    };
    Vec2::new(sine(turns + 0.25), sine(turns))
}

/// Stripes of unit wavelength across `side`, -1..1, with their slope. They wander and fork,
/// because each cell of the plane has stripes of its own that blend into the neighbours'.
fn stripes(p: Vec2, side: Vec2, seed: u32) -> (f32, Vec2) {
    let ((xi, xf), (yi, yf)) = (split(p.x), split(p.y));
    let f = Vec2::new(xf, yf);
    let (mut sum, mut total) = (Vec2::ZERO, 0.0);
    for dy in -1..=1 {
        for dx in -1..=1 {
            let h = hash(xi + dx, yi + dy, 3, seed);
            let jitter = Vec2::new((h & 0xff) as f32, (h >> 8 & 0xff) as f32) / 255.0;
            let from = f - Vec2::new(dx as f32, dy as f32) - (0.2 + 0.6 * jitter);
            let weight = (1.0 - from.length_squared() * 0.66).max(0.0);
            let weight = weight * weight;
            sum += turn(from.dot(side)) * weight;
            total += weight;
        }
    }
    let wave = sum / sum.length().max(0.35 * total).max(1e-6);
    (wave.x, side * (-wave.y * std::f32::consts::TAU))
}

impl Relief {
    pub fn new(rng: &mut Rng) -> Self {
        Self {
            seed: rng.next_u32(),
            valley_m: rng.range(3000.0, 4400.0),
            peak_m: rng.range(750.0, 1250.0),
            ridge_m: rng.range(1000.0, 1700.0),
            carved: rng.range(0.7, 1.3),
            lake_half_m: rng.range(90.0, 190.0),
            wooded: rng.range(-0.15, 0.25),
        }
    }

    /// The valley that a place belongs to.
    pub fn valley(&self, p: Vec2) -> Valley {
        let seed = self.seed;
        let bend = Vec2::new(gradient2(p / 1300.0, seed), gradient2(p / 1300.0 + 31.7, seed ^ 1));
        let w = p + bend * 520.0;
        let (n1, g1) = sloped2(w / self.valley_m, seed ^ 2);
        let (n2, g2) = sloped2(w * (2.3 / self.valley_m) + 7.9, seed ^ 3);
        let value = n1 + 0.3 * n2;
        let slope = (g1 + g2 * 0.69) / self.valley_m;
        let river_m = value / slope.length().max(0.35 / self.valley_m);
        // Sides of the trail change every kilometre or two.
        let x = 70.0 * gradient2(w / 1500.0 + 3.1, seed ^ 4);
        let side = x / (1.0 + x * x).sqrt();
        let lake = smoothstep(-0.02, 0.26, gradient2(w / 1500.0, seed ^ 5))
            * smoothstep(0.90, 0.998, side.abs());
        let water_half_m = 5.5 + self.lake_half_m * lake;
        let wiggle = 9.0 * gradient2(p / 90.0, seed ^ 6) * side * side;
        let trail_m = river_m - side * (water_half_m * 1.06 + 15.0) + wiggle;
        let floor = FLOOR * (1.0 + 0.9 * lake);
        // Steep from the floor on, and never quite level: ridges stay ridges.
        let t = ((value.abs() - floor) / 0.5).clamp(0.0, 1.2);
        let mass = t * t * (2.2 - t);
        let mass_slope = slope * ((4.4 * t - 3.0 * t * t) / 0.5 * value.signum());
        let floor = (value.abs() / floor).min(1.0);
        Valley { river_m, water_half_m, lake, trail_m, side, floor, mass, mass_slope }
    }

    /// Height of the ground, metres over the water, without what is finer than `finest_m`.
    pub fn height(&self, x: f32, z: f32, finest_m: f32) -> f32 {
        let p = Vec2::new(x, z);
        self.height_in(p, &self.valley(p), finest_m)
    }

    /// Height of a place whose valley is known.
    pub fn height_in(&self, p: Vec2, valley: &Valley, finest_m: f32) -> f32 {
        let seed = self.seed;
        let from_river = valley.river_m.abs();
        let floor = 2.6
            + 1.3 * gradient2(p / 110.0, seed ^ 10)
            + 11.0 * valley.floor * valley.floor
            + 5.0 * valley.mass;
        let across = from_river / valley.water_half_m;
        let mut height = if across < 1.0 {
            -(1.6 + 12.0 * valley.lake) * (1.0 - across * across)
        } else {
            floor * smoothstep(0.0, 9.0 + 30.0 * valley.lake, from_river - valley.water_half_m)
        };
        let mut steep = 0.0f32;
        if valley.mass > 0.0 {
            let (ridges, lean) = self.ridges(p, finest_m);
            let tall = 0.16 + 1.2 * ridges;
            height += self.peak_m * valley.mass * tall;
            // Steepness of what has been added so far leads the gullies.
            let mut slope = (valley.mass_slope * tall + lean * (1.2 * valley.mass)) * self.peak_m;
            for (i, wave_m) in [310.0f32, 130.0, 52.0].into_iter().enumerate() {
                if wave_m < finest_m {
                    break;
                }
                let pitch = slope.length();
                let side = slope.perp() / pitch.max(1e-4);
                let depth = 0.085 * wave_m * self.carved * smoothstep(0.08, 0.7, pitch);
                let (cut, lean) = stripes(p / wave_m, side, seed ^ (20 + i as u32));
                height += depth * cut * valley.mass.sqrt();
                slope += lean * (depth / wave_m);
            }
            steep = slope.length();
            height = self.ledges(p, height, steep, finest_m);
        }
        let rough = 0.10 + 1.1 * steep.min(1.3) * valley.mass.sqrt().min(1.0);
        // Feet have smoothed the ground.
        let trodden = smoothstep(TRAIL_HALF_M, TRAIL_HALF_M + 2.5, valley.trail_m.abs());
        let octaves = |wave_m: f32| ((wave_m / finest_m).log2().floor() as i32 + 1).max(0) as u32;
        let small = fbm2(p / 21.0, octaves(21.0).min(6), seed ^ 30) * 1.5 * rough;
        let worn = if finest_m < 4.0 && valley.trail_m.abs() < 1.6 {
            0.12 * smoothstep(1.2, 0.3, valley.trail_m.abs())
        } else {
            0.0
        };
        height + small * (0.25 + 0.75 * trodden) - worn
    }

    /// Ridged octaves, damped on steep ground: about 0..1, and their slope per metre.
    fn ridges(&self, p: Vec2, finest_m: f32) -> (f32, Vec2) {
        let turn = Mat2::from_cols(Vec2::new(0.8, 0.6), Vec2::new(-0.6, 0.8));
        let (mut q, mut back) = (p / self.ridge_m, Mat2::IDENTITY);
        let (mut wave_m, mut amplitude) = (self.ridge_m, 0.5);
        let (mut sum, mut slope) = (0.0, Vec2::ZERO);
        for octave in 0..8u32 {
            if wave_m < finest_m {
                break;
            }
            let (n, g) = sloped2(q, self.seed ^ (40 + octave));
            let lean = back.mul_vec2(g) / wave_m;
            // Crests are sharp in the large and round in the small.
            let (value, lean) = if octave < 4 {
                let n = n * 1.7;
                let crest = (n * n + 0.0016).sqrt();
                (1.0 - crest.min(1.2), lean * (-1.7 * n / crest))
            } else {
                (0.5 + n, lean)
            };
            let pitch = slope.length_squared() * (self.peak_m * self.peak_m);
            let damped = amplitude / (1.0 + 0.55 * pitch);
            sum += damped * value;
            slope += lean * damped;
            amplitude *= 0.47;
            wave_m *= 0.49;
            q = turn.mul_vec2(q) * (1.0 / 0.49) + 5.3;
            back *= turn.transpose();
        }
        (sum, slope)
    }

    /// Cliffs: in places, steep ground breaks into steps.
    fn ledges(&self, p: Vec2, height: f32, steep: f32, finest_m: f32) -> f32 {
        const STEP_M: f32 = 37.0;
        if finest_m > 16.0 || steep < 0.55 {
            return height;
        }
        let here = smoothstep(0.06, 0.26, gradient2(p / 380.0, self.seed ^ 11));
        let share = 0.55 * here * smoothstep(0.55, 1.0, steep);
        if share < 0.01 {
            return height;
        }
        let bent = 66.0 * gradient2(p / 260.0, self.seed ^ 12)
            + 16.0 * gradient2(p / 58.0, self.seed ^ 13);
        let level = (height + bent) / STEP_M;
        let step = (level.floor() + smoothstep(0.45, 0.92, level - level.floor())) * STEP_M - bent;
        height + (step - height) * share
    }

    /// Share of the ground that trees cover at a place of this height and upward normal.
    pub fn forest(&self, p: Vec2, height_m: f32, normal_y: f32) -> f32 {
        let line_m = self.tree_line_m() + 70.0 * gradient2(p / 260.0, self.seed ^ 50);
        if height_m > line_m || height_m < 0.9 {
            return 0.0;
        }
        let patch =
            gradient2(p / 210.0, self.seed ^ 51) + 0.5 * gradient2(p / 70.0, self.seed ^ 52);
        let lowland = 0.30 * smoothstep(34.0, 6.0, height_m);
        smoothstep(-0.22, 0.12, patch + 0.16 + self.wooded - lowland)
            * smoothstep(0.56, 0.74, normal_y)
            * smoothstep(0.0, 60.0, line_m - height_m)
    }

    /// Where trees end, metres.
    pub fn tree_line_m(&self) -> f32 {
        0.36 * self.peak_m
    }

    /// Share of broad-leaved trees in the forest, 0..1.
    pub fn broadleaf(&self, p: Vec2, height_m: f32) -> f32 {
        let low = smoothstep(0.55, 0.12, height_m / self.tree_line_m());
        low * smoothstep(-0.2, 0.2, gradient2(p / 320.0, self.seed ^ 53) - 0.02)
    }

    /// The point of the trail nearest to a place, if the trail is near it.
    pub fn on_trail(&self, mut p: Vec2) -> Option<Vec2> {
        for _ in 0..8 {
            let (distance, slope) = self.trail_slope(p);
            let step = slope * (distance / slope.length_squared().max(0.05));
            p -= step.clamp_length_max(40.0);
            if step.length_squared() < 0.0025 {
                return Some(p);
            }
        }
        None
    }

    /// Metres to the trail and their slope, which points away from it.
    pub fn trail_slope(&self, p: Vec2) -> (f32, Vec2) {
        const E: f32 = 0.5;
        let at = |dx: f32, dz: f32| self.valley(p + Vec2::new(dx, dz)).trail_m;
        let slope = Vec2::new(at(E, 0.0) - at(-E, 0.0), at(0.0, E) - at(0.0, -E)) / (2.0 * E);
        (at(0.0, 0.0), slope)
    }

    /// Upward part of the normal, from the ground `reach_m` around.
    pub fn normal_y(&self, p: Vec2, reach_m: f32) -> f32 {
        let at = |dx: f32, dz: f32| self.height(p.x + dx, p.y + dz, reach_m);
        let slope =
            Vec2::new(at(reach_m, 0.0) - at(-reach_m, 0.0), at(0.0, reach_m) - at(0.0, -reach_m))
                / (2.0 * reach_m);
        (1.0 + slope.length_squared()).sqrt().recip()
    }
}
