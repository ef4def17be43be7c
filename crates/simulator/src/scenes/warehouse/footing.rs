//! Footprints on the floor, and what stands around them.

use glam::{Quat, Vec2, Vec3};

use crate::rays::geometry::{Goal, Ray};
use crate::scene::Scene;

/// X and Z.
pub(super) fn flat(v: Vec3) -> Vec2 {
    Vec2::new(v.x, v.z)
}

/// An upright round body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Disc {
    pub centre: Vec2,
    pub radius_m: f32,
    pub low: f32,
    pub high: f32,
    /// Whose it is: nobody minds its own.
    pub owner: u32,
}

/// An upright box turned around Y.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slab {
    pub centre: Vec2,
    axes: [Vec2; 2],
    half: Vec2,
    pub low: f32,
    pub high: f32,
}

impl Slab {
    pub fn new(position: Vec3, half: Vec3, yaw_rad: f32) -> Self {
        let turn = Quat::from_rotation_y(yaw_rad);
        Self {
            centre: flat(position),
            axes: [flat(turn * Vec3::X), flat(turn * Vec3::Z)],
            half: Vec2::new(half.x, half.z),
            low: position.y - half.y,
            high: position.y + half.y,
        }
    }

    pub fn moved(&self, by: Vec2) -> Self {
        Self { centre: self.centre + by, ..*self }
    }

    /// From its middle to its side in a direction.
    pub fn extent(&self, along: Vec2) -> f32 {
        self.half.x * self.axes[0].dot(along).abs() + self.half.y * self.axes[1].dot(along).abs()
    }

    fn local(&self, point: Vec2) -> Vec2 {
        let to = point - self.centre;
        Vec2::new(to.dot(self.axes[0]), to.dot(self.axes[1]))
    }

    pub fn closest(&self, point: Vec2) -> Vec2 {
        let at = self.local(point).clamp(-self.half, self.half);
        self.centre + self.axes[0] * at.x + self.axes[1] * at.y
    }

    pub fn distance(&self, point: Vec2) -> f32 {
        self.closest(point).distance(point)
    }

    pub fn contains(&self, point: Vec2) -> bool {
        self.local(point).abs().cmple(self.half).all()
    }

    pub fn overlaps_flat(&self, other: &Self) -> bool {
        let to = other.centre - self.centre;
        self.axes
            .iter()
            .chain(&other.axes)
            .all(|axis| to.dot(*axis).abs() < self.extent(*axis) + other.extent(*axis))
    }

    pub fn overlaps(&self, other: &Self) -> bool {
        self.low < other.high - 1e-3 && self.high > other.low + 1e-3 && self.overlaps_flat(other)
    }

    /// Its middle and its corners, a little inside.
    pub fn feet(&self) -> [Vec2; 5] {
        let at = |x: f32, z: f32| {
            self.centre
                + self.axes[0] * ((self.half.x - 0.01) * x)
                + self.axes[1] * ((self.half.y - 0.01) * z)
        };
        [at(0.0, 0.0), at(-1.0, -1.0), at(1.0, -1.0), at(-1.0, 1.0), at(1.0, 1.0)]
    }
}

/// First hit on what does not move.
fn still(scene: &Scene, ray: &Ray, reach: f32) -> Option<f32> {
    let groups = &scene.groups;
    let root = scene.root.trace(groups, ray, 1e-5, reach, Goal::NearestSolid).map(|h| h.t);
    let limit = root.unwrap_or(reach);
    let placed = scene.placed.trace(groups, ray, 1e-5, limit, Goal::NearestSolid).map(|h| h.t);
    placed.or(root)
}

/// Height of what does not move below a point.
pub(super) fn ground_below(scene: &Scene, from: Vec3) -> Option<f32> {
    let down = Ray { origin: from, dir: Vec3::NEG_Y };
    still(scene, &down, 100.0).map(|t| from.y - t)
}

/// How far (at most `reach`) a box can go before it meets something that does not move; `wide` is
/// its half width across.
pub(super) fn clear_way(scene: &Scene, body: &Slab, along: Vec2, reach: f32, wide: f32) -> f32 {
    const SPACING_M: f32 = 0.08;
    let across = Vec2::new(-along.y, along.x);
    let deep = body.extent(along);
    let dir = Vec3::new(along.x, 0.0, along.y);
    let count = (2.0 * wide / SPACING_M).ceil().max(1.0);
    let mut free = reach;
    for height in [0.04f32, 0.5, 0.96] {
        let y = body.low + (body.high - body.low) * height;
        for i in 0..=count as usize {
            let side = wide * (2.0 * i as f32 / count - 1.0) * 0.98;
            let at = body.centre + across * side;
            let ray = Ray { origin: Vec3::new(at.x, y.max(body.low + 0.015), at.y), dir };
            if let Some(t) = still(scene, &ray, deep + free) {
                free = (t - deep).min(free);
            }
        }
    }
    free.max(0.0)
}
