//! Shapes of plants: leaves, blades and whole crowns as single primitives.

use glam::Vec3;
use reverie_world_model::Season;

use crate::rays::shape::{LocalHit, Shape};
use crate::surface::noise::{hash, hash_unit, turn, value3};

/// Steps through a crown; what is thinner than a step may be missed.
const STEPS: u32 = 9;

/// Leaves or bare twigs of a card, in the XY square.
pub(crate) fn spray_mask(x: f32, y: f32, seed: u32, bare: bool) -> bool {
    const CELLS: f32 = 7.0;
    let gx = (x * 0.5 + 0.5) * CELLS;
    let gy = (y * 0.5 + 0.5) * CELLS;
    let h = hash(gx as i32, gy as i32, 3, seed);
    // Corners stay empty so that a card does not read as a square.
    if h & 7 == 0 || x * x + y * y > 1.15 {
        return false;
    }
    let (sin, cos) = turn((h >> 3 & 0xff) as f32 / 255.0);
    let u = gx.fract() - 0.5 + ((h >> 11 & 15) as f32 - 7.5) * 0.012;
    let v = gy.fract() - 0.5 + ((h >> 15 & 15) as f32 - 7.5) * 0.012;
    let (length, width) = if bare { (0.7, 0.045) } else { (0.52, 0.27) };
    let along = (u * cos + v * sin) / length;
    let across = (v * cos - u * sin) / width;
    along * along + across * across < 1.0
}

/// A bough: a stem along X, twigs that leave it at a slant, and needles along the twigs. It
/// narrows towards +X and has a ragged border.
pub(crate) fn needles_mask(x: f32, y: f32, seed: u32) -> bool {
    const TWIGS: f32 = 6.0;
    let along = (x + 1.0) * 0.5;
    let side = y.abs();
    // Twigs slant forwards: a twig's own coordinate is constant along it.
    let twig = (along - 0.42 * side) * TWIGS;
    let index = twig.floor();
    let h = hash(index as i32, i32::from(y > 0.0), 2, seed);
    let reach = (1.0 - along * along) * (0.7 + 0.3 * (h & 0xff) as f32 / 255.0) + 0.06;
    if side > reach {
        return false;
    }
    // Needles taper off a twig; between them shows what is behind.
    let across = (twig - index - 0.5).abs();
    let comb = (side * 17.0 + (h >> 8 & 7) as f32 * 0.13).fract();
    across < 0.10 || across < 0.47 && comb < 0.62 || side < 0.03
}

/// Bent blades of grass that grow from the lower edge of the square.
pub(crate) fn blades_mask(x: f32, y: f32, seed: u32) -> bool {
    const BLADES: f32 = 9.0;
    let rise = (y + 1.0) * 0.5;
    let column = ((x * 0.5 + 0.5) * BLADES) as i32;
    // A blade bends into its neighbours' columns.
    (column - 1..=column + 1).any(|i| {
        let h = hash(i, 5, 1, seed);
        let unit = |shift: u32| (h >> shift & 0xff) as f32 / 255.0;
        let tall = 0.45 + 0.55 * unit(0);
        let t = rise / tall;
        let foot = (i as f32 + 0.2 + 0.6 * unit(8)) / BLADES * 2.0 - 1.0;
        let bend = (unit(16) - 0.5) * 0.42;
        t < 1.0 && (x - foot - bend * t * t).abs() < 0.055 * (1.0 - t * t)
    })
}

/// Five petals around the origin.
pub(crate) fn bloom_mask(x: f32, y: f32) -> bool {
    let r2 = x * x + y * y;
    if r2 < 0.3 {
        return true;
    }
    let lobe = (2.5 * y.atan2(x)).cos().abs();
    r2 < 0.3 + 0.7 * lobe
}

/// Walks through `t0..t1` in even steps until `inside`, then closes in on the border. Where the
/// steps lie must not depend on what else the ray meets, so `t_max` only ends the walk.
#[inline]
fn march(
    o: Vec3,
    d: Vec3,
    (t0, t1): (f32, f32),
    t_max: f32,
    inside: impl Fn(Vec3) -> bool,
) -> Option<f32> {
    let step = (t1 - t0) / STEPS as f32;
    let mut t = t0 + 0.35 * step;
    for _ in 0..STEPS {
        if t - step > t_max {
            return None;
        }
        if inside(o + d * t) {
            let (mut low, mut high) = ((t - step).max(t0), t);
            for _ in 0..3 {
                let middle = 0.5 * (low + high);
                if inside(o + d * middle) {
                    high = middle;
                } else {
                    low = middle;
                }
            }
            return Some(high);
        }
        t += step;
    }
    None
}

/// A whole conifer: whorls of boughs around Y, from radius 1 at the bottom to the tip.
pub(crate) fn spruce(o: Vec3, d: Vec3, seed: u32, t_min: f32, t_max: f32) -> Option<LocalHit> {
    const WHORLS: f32 = 10.0;
    // The part of the ray within the cone around it all.
    let (mut t0, mut t1) = (t_min, f32::INFINITY);
    if d.y != 0.0 {
        let (a, b) = ((-1.0 - o.y) / d.y, (1.0 - o.y) / d.y);
        t0 = t0.max(a.min(b));
        t1 = t1.min(a.max(b));
    } else if o.y.abs() > 1.0 {
        return None;
    }
    let r = 0.5 - 0.5 * o.y;
    let a = d.x * d.x + d.z * d.z - 0.25 * d.y * d.y;
    let b = o.x * d.x + o.z * d.z + 0.5 * d.y * r;
    let c = o.x * o.x + o.z * o.z - r * r;
    let disc = b * b - a * c;
    if a.abs() < 1e-12 || (a > 0.0 && disc < 0.0) {
        return None;
    }
    if disc > 0.0 {
        let root = disc.sqrt();
        let (u, v) = ((-b - root) / a, (-b + root) / a);
        let (near, far) = (u.min(v), u.max(v));
        if a > 0.0 {
            t0 = t0.max(near);
            t1 = t1.min(far);
        } else if d.y < 0.0 {
            // Steeper than the cone: downwards the ray stays inside once it is in.
            t0 = t0.max(far);
        } else {
            t1 = t1.min(near);
        }
    }
    if t0 >= t1 || t0 >= t_max || !t1.is_finite() {
        return None;
    }
    let inside = |p: Vec3| {
        let down = (1.0 - p.y) * 0.5;
        let level = down * WHORLS + 0.13 * (p.x - p.z);
        let whorl = level as i32;
        let within = level - whorl as f32;
        let r2 = p.x * p.x + p.z * p.z;
        // Angle without a call to the library: 0..8 around the tree.
        let (ax, az) = (p.x.abs(), p.z.abs());
        let part = az.min(ax) / (ax.max(az) + 1e-9);
        let octant = if ax > az { part } else { 2.0 - part };
        let half = if p.x > 0.0 { octant } else { 4.0 - octant };
        let around = (if p.z > 0.0 { half } else { 8.0 - half }) * 1.3;
        let h = hash(around as i32, whorl, 9, seed);
        let lobe = around.fract() - 0.5;
        let reach = 0.72 + 0.3 * (h & 0xff) as f32 / 255.0 - 0.75 * lobe * lobe;
        let radius = down * (0.42 + 0.58 * within) * reach;
        r2 < radius * radius
    };
    let t = march(o, d, (t0, t1), t_max, inside)?;
    if !(t > t_min && t < t_max) {
        return None;
    }
    let p = o + d * t;
    let out = (p.x * p.x + p.z * p.z).sqrt().max(1e-6);
    let wild = hash_unit((p.x * 9.0) as i32, (p.y * 40.0) as i32, (p.z * 9.0) as i32, seed) - 0.5;
    Some(LocalHit { t, normal: Vec3::new(p.x / out, 1.6 + 1.6 * wild, p.z / out) })
}

/// A whole round crown within the unit sphere; bare, only twigs are left of it.
pub(crate) fn crown(
    o: Vec3,
    d: Vec3,
    seed: u32,
    bare: bool,
    t_min: f32,
    t_max: f32,
) -> Option<LocalHit> {
    let (a, b, c) = (d.dot(d), o.dot(d), o.dot(o) - 1.0);
    let disc = b * b - a * c;
    if disc <= 0.0 {
        return None;
    }
    let root = disc.sqrt();
    let (t0, t1) = (((-b - root) / a).max(t_min), (-b + root) / a);
    if t0 >= t1 || t0 >= t_max {
        return None;
    }
    let inside = |p: Vec3| {
        let lump = value3(p * 2.6 + 5.0, seed);
        let r2 = p.length_squared();
        let limit = 0.52 + 0.6 * lump;
        r2 < limit * limit
            && (!bare
                || hash_unit((p.x * 17.0) as i32, (p.y * 17.0) as i32, (p.z * 17.0) as i32, seed)
                    < 0.2)
    };
    let t = march(o, d, (t0, t1), t_max, inside)?;
    if !(t > t_min && t < t_max) {
        return None;
    }
    let p = o + d * t;
    let wild = |i| {
        hash_unit((p.x * 11.0) as i32, (p.y * 11.0) as i32, (p.z * 11.0) as i32, seed ^ i) - 0.5
    };
    let normal = p.normalize_or(Vec3::Y) + Vec3::new(wild(1), wild(2) + 0.15, wild(3)) * 0.9;
    Some(LocalHit { t, normal })
}

impl Shape {
    /// What of a plant the season decides: the shape itself stays within the same bounds.
    pub(crate) fn dress(&mut self, season: Season) {
        match self {
            Self::Spray { bare, .. } | Self::Crown { bare, .. } => {
                *bare = season == Season::Winter;
            }
            Self::Bloom { shown } => *shown = matches!(season, Season::Spring | Season::Summer),
            _ => {}
        }
    }
}
