//! Pictures, and numbers that look like chance.

use std::sync::Arc;

/// A picture of 8-bit RGBA.
#[derive(Debug, Clone, PartialEq)]
pub struct Texture {
    /// For people and files.
    pub name: String,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Whether the colours are sRGB; otherwise they are plain numbers.
    pub srgb: bool,
    /// Rows from the top.
    pub pixels: Arc<[u8]>,
}

/// sRGB's curve, 0 to 1.
pub(crate) fn linear_from_srgb(value: f32) -> f32 {
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

/// sRGB's curve back, 0 to 1.
pub(crate) fn srgb_from_linear(value: f32) -> f32 {
    let value = value.clamp(0.0, 1.0);
    if value <= 0.003_130_8 { 12.92 * value } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 }
}

/// A table for [`srgb_from_linear`] in 8 bits: texture makers call it for every pixel.
pub(crate) struct SrgbTable(Vec<u8>);

impl SrgbTable {
    const SIZE: usize = 4095;

    pub(crate) fn new() -> Self {
        let level = |at: usize| (255.0 * srgb_from_linear(at as f32 / Self::SIZE as f32)).round();
        Self((0..=Self::SIZE).map(|at| level(at) as u8).collect())
    }

    pub(crate) fn encode(&self, linear: f32) -> u8 {
        self.0[whole(between(linear, 0.0, 1.0) * Self::SIZE as f32) as usize]
    }
}

/// 0 to 255 of 0 to 1.
pub(crate) fn byte(value: f32) -> u8 {
    whole(between(value, 0.0, 1.0) * 255.0) as u8
}

/// The nearest whole number of one below 2^22. `as` asks for numbers that are none and for too large ones, at
/// every texel many times; the bits of a float that is so large that its last bit is 1 are asked nothing.
pub(crate) fn whole(value: f32) -> i32 {
    const LARGE: f32 = 12_582_912.0;
    (value + LARGE).to_bits().wrapping_sub(LARGE.to_bits()) as i32
}

/// As `clamp`, without its branches, which are guessed wrongly too often.
pub(crate) fn between(value: f32, low: f32, high: f32) -> f32 {
    value.max(low).min(high)
}

/// Mixes the bits of a number (splitmix64).
pub(crate) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A row of numbers that follow from a seed.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(mix(seed))
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// 0 to 1.
    pub(crate) fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// Between two numbers.
    pub(crate) fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// About −1 to 1, near 0 more often than not.
    pub(crate) fn bell(&mut self) -> f32 {
        (self.unit() + self.unit() + self.unit()) / 1.5 - 1.0
    }

    /// One of these.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[(self.bits() % from.len() as u64) as usize]
    }
}

fn lattice(x: i32, y: i32, z: i32, seed: u32) -> f32 {
    let mut h = (x as u32).wrapping_mul(0x8da6_b343)
        ^ (y as u32).wrapping_mul(0xd816_3841)
        ^ (z as u32).wrapping_mul(0xcb1a_b31f)
        ^ seed.wrapping_mul(0x9e37_79b9);
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
    (h ^ (h >> 15)) as f32 / u32::MAX as f32
}

/// The whole numbers below a place; on a lattice's plane either side, which makes no difference there.
fn below(p: glam::Vec3) -> [i32; 3] {
    p.to_array().map(|c| whole(c - 0.5))
}

/// Smooth value noise, 0 to 1. Remembers the corners of the cell it was last asked in: places that are
/// asked one beside the other mostly share it.
#[derive(Debug)]
pub(crate) struct Noise {
    seed: u32,
    cell: Option<[i32; 3]>,
    /// Values at the cell's corners: x runs fastest, then y.
    corners: [f32; 8],
}

impl Noise {
    pub(crate) fn new(seed: u32) -> Self {
        Self { seed, cell: None, corners: [0.0; 8] }
    }

    pub(crate) fn at(&mut self, p: glam::Vec3) -> f32 {
        let cell = below(p);
        if self.cell != Some(cell) {
            self.cell = Some(cell);
            self.corners = corners(cell).map(|[x, y, z]| lattice(x, y, z, self.seed));
        }
        let f = p - glam::Vec3::from(cell.map(|c| c as f32));
        let f = f * f * (3.0 - 2.0 * f);
        let along_x =
            |at: usize| self.corners[at] + (self.corners[at + 1] - self.corners[at]) * f.x;
        let plane = |at: usize| {
            let a = along_x(at);
            a + (along_x(at + 2) - a) * f.y
        };
        let a = plane(0);
        a + (plane(4) - a) * f.z
    }
}

/// The eight corners of a cell of the lattice: x runs fastest, then y.
fn corners([x, y, z]: [i32; 3]) -> [[i32; 3]; 8] {
    std::array::from_fn(|at| {
        let at = at as i32;
        [x + (at & 1), y + (at >> 1 & 1), z + (at >> 2)]
    })
}

/// Smooth value noise at a single place, 0 to 1.
pub(crate) fn noise(p: glam::Vec3, seed: u32) -> f32 {
    Noise::new(seed).at(p)
}

/// Scattered points, one in every cell of a lattice. Remembers those around where it was last asked, as
/// [`Noise`] does.
#[derive(Debug)]
pub(crate) struct Scattered {
    seed: u32,
    cell: Option<[i32; 3]>,
    /// Places, and a number of each point.
    points: [(glam::Vec3, f32); 8],
}

impl Scattered {
    pub(crate) fn new(seed: u32) -> Self {
        Self { seed, cell: None, points: [(glam::Vec3::ZERO, 0.0); 8] }
    }

    /// Distance to the nearest point, in cells (0 to about 1), and the number of that point. Only the
    /// eight nearest cells are asked, and points keep to the middle of their cells.
    pub(crate) fn nearest(&mut self, p: glam::Vec3) -> (f32, f32) {
        let cell = below(p - 0.5);
        if self.cell != Some(cell) {
            self.cell = Some(cell);
            self.points = corners(cell).map(|at| {
                let bits = (lattice(at[0], at[1], at[2], self.seed) * 16_777_216.0) as u32;
                let own = |shift: u32| (bits >> shift & 63) as f32 / 63.0;
                let jitter = glam::Vec3::new(own(0), own(6), own(12));
                (glam::Vec3::from(at.map(|c| c as f32)) + 0.2 + 0.6 * jitter, own(18))
            });
        }
        let mut best = (f32::MAX, 0.0);
        for (place, number) in &self.points {
            let away = place.distance_squared(p);
            if away < best.0 {
                best = (away, *number);
            }
        }
        (best.0.sqrt(), best.1)
    }
}

/// 0 below `low`, 1 above `high`, smooth between; falls if `low` is above `high`.
pub(crate) fn smooth(low: f32, high: f32, value: f32) -> f32 {
    // The bounds are mostly constants, so that this divides nothing when it runs.
    let t = between((value - low) * (1.0 / (high - low)), 0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
