//! Unit shapes and their exact ray intersections, all within `-1..1` on each axis.

use glam::{Vec2, Vec3};

use crate::rays::facade::Openings;
use crate::rays::shape_plants;

/// What a primitive is before its placement stretches and turns it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    Cuboid,
    Sphere,
    /// Capped cylinder or cone along Y: radius 1 at the bottom, `top` at the top.
    Frustum {
        top: f32,
    },
    /// Ring in the XZ plane, ring radius `1 - minor`.
    Torus {
        minor: f32,
    },
    /// Pointed oval in the XY plane.
    Leaf,
    /// Square in the XY plane cut into many small leaves.
    Foliage {
        seed: u32,
    },
    /// A bough in the XY plane: twigs with needles along X.
    Needles {
        seed: u32,
    },
    /// Foliage with leaves that fall: bare twigs in winter.
    Spray {
        seed: u32,
        bare: bool,
    },
    /// Square in the XY plane with blades of grass that grow from its lower edge.
    Blades {
        seed: u32,
    },
    /// A flower in the XY plane, in the seasons that have flowers.
    Bloom {
        shown: bool,
    },
    /// A whole conifer.
    Spruce {
        seed: u32,
    },
    /// The whole crown of a broad-leaved tree; bare in winter.
    Crown {
        seed: u32,
        bare: bool,
    },
    /// Gable roof: ridge along X.
    Gable,
    /// Four-sided pyramid.
    Pyramid,
    /// A wall with windows set into its +Z face.
    Facade(Openings),
    /// A smooth-shaded triangle of the group's mesh.
    Triangle(u32),
    /// Another group of the scene, placed.
    Group(u32),
}

/// Where a ray meets a shape, in the shape's own coordinates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalHit {
    pub t: f32,
    pub normal: Vec3,
}

/// First root in `t_min..t_max` of `a t^2 + 2 b t + c` that `accept`s.
#[inline]
fn quadratic(
    a: f32,
    b: f32,
    c: f32,
    t_min: f32,
    t_max: f32,
    accept: impl Fn(f32) -> bool,
) -> Option<f32> {
    let disc = b * b - a * c;
    if disc < 0.0 || a == 0.0 {
        return None;
    }
    let root = disc.sqrt();
    let q = -(b + root.copysign(b));
    let (mut t0, mut t1) = if q == 0.0 { (0.0, 0.0) } else { (q / a, c / q) };
    if t0 > t1 {
        std::mem::swap(&mut t0, &mut t1);
    }
    [t0, t1].into_iter().find(|&t| t > t_min && t < t_max && accept(t))
}

/// Ray against the half spaces `n . p <= d`.
#[inline]
fn convex(o: Vec3, d: Vec3, planes: &[(Vec3, f32)], t_min: f32, t_max: f32) -> Option<LocalHit> {
    let (mut near, mut far) = (f32::NEG_INFINITY, f32::INFINITY);
    let (mut near_normal, mut far_normal) = (Vec3::Y, Vec3::Y);
    for &(n, offset) in planes {
        let denominator = n.dot(d);
        let distance = offset - n.dot(o);
        if denominator == 0.0 {
            if distance < 0.0 {
                return None;
            }
            continue;
        }
        let t = distance / denominator;
        if denominator < 0.0 {
            if t > near {
                near = t;
                near_normal = n;
            }
        } else if t < far {
            far = t;
            far_normal = n;
        }
    }
    if near > far {
        return None;
    }
    if near > t_min && near < t_max {
        Some(LocalHit { t: near, normal: near_normal })
    } else if far > t_min && far < t_max && near <= t_min {
        Some(LocalHit { t: far, normal: far_normal })
    } else {
        None
    }
}

#[inline]
fn cuboid(o: Vec3, d: Vec3, t_min: f32, t_max: f32) -> Option<LocalHit> {
    let inverse = d.recip();
    let a = (-Vec3::ONE - o) * inverse;
    let b = (Vec3::ONE - o) * inverse;
    let (near3, far3) = (a.min(b), a.max(b));
    let near = near3.max_element();
    let far = far3.min_element();
    // A ray inside a face's plane gives NaN, which compares as a miss.
    if near.is_nan() || far.is_nan() || near > far {
        return None;
    }
    let (t, entries) = if near > t_min { (near, near3) } else { (far, far3) };
    if !(t > t_min && t < t_max) {
        return None;
    }
    let normal = if entries.x == t {
        Vec3::new(if (near > t_min) == (d.x > 0.0) { -1.0 } else { 1.0 }, 0.0, 0.0)
    } else if entries.y == t {
        Vec3::new(0.0, if (near > t_min) == (d.y > 0.0) { -1.0 } else { 1.0 }, 0.0)
    } else {
        Vec3::new(0.0, 0.0, if (near > t_min) == (d.z > 0.0) { -1.0 } else { 1.0 })
    };
    Some(LocalHit { t, normal })
}

fn frustum(o: Vec3, d: Vec3, top: f32, t_min: f32, t_max: f32) -> Option<LocalHit> {
    let m = 0.5 * (1.0 + top);
    let k = 0.5 * (1.0 - top);
    let r = m - k * o.y;
    let a = d.x * d.x + d.z * d.z - k * k * d.y * d.y;
    let b = o.x * d.x + o.z * d.z + k * d.y * r;
    let c = o.x * o.x + o.z * o.z - r * r;
    let mut best: Option<LocalHit> = None;
    if let Some(t) = quadratic(a, b, c, t_min, t_max, |t| (o.y + t * d.y).abs() <= 1.0) {
        let p = o + d * t;
        let radius = m - k * p.y;
        best = Some(LocalHit { t, normal: Vec3::new(p.x, k * radius, p.z) });
    }
    if d.y != 0.0 {
        for (y, radius) in [(-1.0, 1.0), (1.0, top)] {
            let t = (y - o.y) / d.y;
            let p = o + d * t;
            if t > t_min
                && t < best.map_or(t_max, |h| h.t)
                && p.x * p.x + p.z * p.z <= radius * radius
            {
                best = Some(LocalHit { t, normal: Vec3::new(0.0, y, 0.0) });
            }
        }
    }
    best
}

/// Sphere tracing refined to float precision; a torus has no cheap stable closed form.
fn torus(o: Vec3, d: Vec3, minor: f32, t_min: f32, t_max: f32) -> Option<LocalHit> {
    let ring = 1.0 - minor;
    let bound =
        cuboid(o / Vec3::new(1.0, minor, 1.0), d / Vec3::new(1.0, minor, 1.0), f32::MIN, f32::MAX)?;
    let speed = d.length();
    let distance = |p: Vec3| Vec2::new(Vec2::new(p.x, p.z).length() - ring, p.y).length() - minor;
    let mut t = t_min.max(bound.t.min(t_max));
    if distance(o + d * t_min) < 0.0 {
        return None;
    }
    for _ in 0..200 {
        let step = distance(o + d * t) / speed;
        if step < 3e-6 / speed {
            break;
        }
        t += step;
        if t > t_max {
            return None;
        }
    }
    let p = o + d * t;
    if t <= t_min || distance(p) > 3e-5 {
        return None;
    }
    let on_ring = Vec3::new(p.x, 0.0, p.z).normalize_or_zero() * ring;
    Some(LocalHit { t, normal: p - on_ring })
}

impl Shape {
    /// Whether a card is there at a place within its square.
    #[inline]
    pub fn covers(self, x: f32, y: f32) -> bool {
        match self {
            Self::Leaf => x.abs() < (1.0 - y * y) * (0.75 - 0.25 * y),
            Self::Foliage { seed } => shape_plants::spray_mask(x, y, seed, false),
            Self::Needles { seed } => shape_plants::needles_mask(x, y, seed),
            Self::Spray { seed, bare } => shape_plants::spray_mask(x, y, seed, bare),
            Self::Blades { seed } => shape_plants::blades_mask(x, y, seed),
            Self::Bloom { shown } => shown && shape_plants::bloom_mask(x, y),
            _ => false,
        }
    }

    /// Flat cards in the XY plane.
    pub fn is_card(self) -> bool {
        matches!(
            self,
            Self::Leaf
                | Self::Foliage { .. }
                | Self::Needles { .. }
                | Self::Spray { .. }
                | Self::Blades { .. }
                | Self::Bloom { .. }
        )
    }

    /// Leaves, needles and blades: bodies brush through them.
    pub fn is_leafage(self) -> bool {
        self.is_card() || matches!(self, Self::Spruce { .. } | Self::Crown { .. })
    }

    /// Nearest hit in `t_min..t_max`; the direction need not be of unit length.
    #[inline]
    pub fn intersect(self, o: Vec3, d: Vec3, t_min: f32, t_max: f32) -> Option<LocalHit> {
        match self {
            Self::Cuboid => cuboid(o, d, t_min, t_max),
            Self::Sphere => quadratic(d.dot(d), o.dot(d), o.dot(o) - 1.0, t_min, t_max, |_| true)
                .map(|t| LocalHit { t, normal: o + d * t }),
            Self::Frustum { top } => frustum(o, d, top, t_min, t_max),
            Self::Torus { minor } => torus(o, d, minor, t_min, t_max),
            Self::Spruce { seed } => shape_plants::spruce(o, d, seed, t_min, t_max),
            Self::Crown { seed, bare } => shape_plants::crown(o, d, seed, bare, t_min, t_max),
            Self::Leaf
            | Self::Foliage { .. }
            | Self::Needles { .. }
            | Self::Spray { .. }
            | Self::Blades { .. }
            | Self::Bloom { .. } => {
                let t = -o.z / d.z;
                if !(t > t_min && t < t_max) {
                    return None;
                }
                let (x, y) = (o.x + t * d.x, o.y + t * d.y);
                let inside = x.abs() <= 1.0 && y.abs() <= 1.0 && self.covers(x, y);
                inside.then_some(LocalHit { t, normal: Vec3::Z })
            }
            Self::Gable => {
                let slope = Vec3::new(0.0, 0.447_213_6, 0.894_427_2);
                let planes = [
                    (Vec3::X, 1.0),
                    (Vec3::NEG_X, 1.0),
                    (Vec3::NEG_Y, 1.0),
                    (slope, 0.447_213_6),
                    (Vec3::new(0.0, slope.y, -slope.z), 0.447_213_6),
                ];
                convex(o, d, &planes, t_min, t_max)
            }
            Self::Pyramid => {
                let (y, s) = (0.447_213_6, 0.894_427_2);
                let planes = [
                    (Vec3::NEG_Y, 1.0),
                    (Vec3::new(s, y, 0.0), y),
                    (Vec3::new(-s, y, 0.0), y),
                    (Vec3::new(0.0, y, s), y),
                    (Vec3::new(0.0, y, -s), y),
                ];
                convex(o, d, &planes, t_min, t_max)
            }
            Self::Facade(openings) => openings.intersect(o, d, t_min, t_max),
            Self::Triangle(_) | Self::Group(_) => None,
        }
    }
}
