//! Lattice noise used by height fields, textures and clouds.

use glam::{Vec2, Vec3};

/// Mixes three lattice coordinates and a seed into 32 random bits.
#[inline]
pub(crate) fn hash(x: i32, y: i32, z: i32, seed: u32) -> u32 {
    let mut h = (x as u32)
        .wrapping_mul(0x8da6_b343)
        .wrapping_add((y as u32).wrapping_mul(0xd816_3841))
        .wrapping_add((z as u32).wrapping_mul(0xcb1a_b31f))
        .wrapping_add(seed.wrapping_mul(0x9e37_79b9));
    h ^= h >> 15;
    h = h.wrapping_mul(0x2c1b_3c6d);
    h ^= h >> 12;
    h = h.wrapping_mul(0x297a_2d39);
    h ^ (h >> 15)
}

/// [`hash`] as a number in `0..1`.
#[inline]
pub(crate) fn hash_unit(x: i32, y: i32, z: i32, seed: u32) -> f32 {
    (hash(x, y, z, seed) >> 8) as f32 * (1.0 / 16_777_216.0)
}

#[inline]
fn fade(t: f32) -> f32 {
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}

#[inline]
fn lerp(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

#[inline]
pub(crate) fn split(x: f32) -> (i32, f32) {
    // `floor` is a library call on plain x86-64; this is not.
    let truncated = x as i32;
    let whole = truncated - i32::from(x < truncated as f32);
    (whole, x - whole as f32)
}

/// Gradient noise on a plane, about -0.7..0.7.
pub(crate) fn gradient2(p: Vec2, seed: u32) -> f32 {
    let (xi, xf) = split(p.x);
    let (yi, yf) = split(p.y);
    let corner = |dx: i32, dy: i32| {
        let h = hash(xi + dx, yi + dy, 0, seed);
        // Two independent uniform components are isotropic enough once octaves are summed.
        let gx = (h & 0xffff) as f32 * (2.0 / 65535.0) - 1.0;
        let gy = (h >> 16) as f32 * (2.0 / 65535.0) - 1.0;
        gx * (xf - dx as f32) + gy * (yf - dy as f32)
    };
    let (u, v) = (fade(xf), fade(yf));
    lerp(lerp(corner(0, 0), corner(1, 0), u), lerp(corner(0, 1), corner(1, 1), u), v)
}

/// Value noise in space, 0..1.
pub(crate) fn value3(p: Vec3, seed: u32) -> f32 {
    let (xi, xf) = split(p.x);
    let (yi, yf) = split(p.y);
    let (zi, zf) = split(p.z);
    let (u, v, w) = (fade(xf), fade(yf), fade(zf));
    let c = |dx, dy, dz| hash_unit(xi + dx, yi + dy, zi + dz, seed);
    lerp(
        lerp(lerp(c(0, 0, 0), c(1, 0, 0), u), lerp(c(0, 1, 0), c(1, 1, 0), u), v),
        lerp(lerp(c(0, 0, 1), c(1, 0, 1), u), lerp(c(0, 1, 1), c(1, 1, 1), u), v),
        w,
    )
}

/// Sum of octaves of [`value3`], 0..1. Octaves finer than `footprint` (in the units of `p`)
/// are left out, which is what keeps distant texture from sparkling.
pub(crate) fn fbm3(mut p: Vec3, octaves: u32, footprint: f32, seed: u32) -> f32 {
    let (mut sum, mut amplitude, mut total, mut wavelength) = (0.0, 0.5, 0.0, 1.0);
    for octave in 0..octaves {
        total += amplitude;
        if wavelength > 1.5 * footprint {
            sum += amplitude * value3(p, seed.wrapping_add(octave * 131));
        } else {
            sum += amplitude * 0.5;
        }
        amplitude *= 0.5;
        wavelength *= 0.5;
        // Turning between octaves hides the lattice.
        p = Vec3::new(1.6 * p.x + 1.2 * p.z, 2.0 * p.y + 7.3, 1.6 * p.z - 1.2 * p.x);
    }
    sum / total.max(1e-6)
}

/// Sum of octaves of [`gradient2`], about -1..1.
pub(crate) fn fbm2(mut p: Vec2, octaves: u32, seed: u32) -> f32 {
    let (mut sum, mut amplitude) = (0.0, 0.75);
    for octave in 0..octaves {
        sum += amplitude * gradient2(p, seed.wrapping_add(octave * 977));
        amplitude *= 0.5;
        p = Vec2::new(1.6 * p.x - 1.2 * p.y + 3.1, 1.2 * p.x + 1.6 * p.y - 1.7);
    }
    sum
}

/// Distance to the nearest feature point of a jittered grid and that cell's random number.
pub(crate) fn cells2(p: Vec2, seed: u32) -> (f32, f32) {
    let (xi, xf) = split(p.x);
    let (yi, yf) = split(p.y);
    let mut best = (f32::INFINITY, 0.0);
    for dy in -1..=1 {
        for dx in -1..=1 {
            let h = hash(xi + dx, yi + dy, 7, seed);
            let px = dx as f32 + (h & 0xffff) as f32 / 65535.0 - xf;
            let py = dy as f32 + (h >> 16) as f32 / 65535.0 - yf;
            let d = px * px + py * py;
            if d < best.0 {
                best = (d, (h.wrapping_mul(0x9e37_79b9) >> 8) as f32 / 16_777_216.0);
            }
        }
    }
    (best.0.sqrt(), best.1)
}

/// Smooth 0..1 step between two edges.
#[inline]
pub(crate) fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Sine and cosine of a share of a full turn (0 to 1), within 3e-4: for directions by chance.
#[inline]
pub(crate) fn turn(share: f32) -> (f32, f32) {
    // Of an angle of at most a quarter turn to either side of 0.
    let sine = |quarters: f32| {
        let x = quarters * std::f32::consts::FRAC_PI_2;
        let x2 = x * x;
        x * (0.999_985 + x2 * (-0.166_563 + x2 * (0.008_298_7 - x2 * 0.000_185)))
    };
    // The sine rises from 0 over one quarter, falls over two and comes back over the last.
    let fold = |quarters: f32| {
        let q = quarters - 4.0 * f32::from(u8::from(quarters >= 3.0));
        if q > 1.0 { 2.0 - q } else { q }
    };
    let quarters = share * 4.0;
    let ahead = quarters + 1.0;
    (sine(fold(quarters)), sine(fold(if ahead >= 4.0 { ahead - 4.0 } else { ahead })))
}
