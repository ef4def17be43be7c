//! A world's geometry with the objects that stand in it.

use super::{ObjectSpec, Objects};
use crate::Memory;
use glam::Vec3;
use reverie_world_model::{RayHit, SpatialQuery};

/// A memory and the objects in it, to ask about geometry: objects are their boxes, trees their trunks.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// What is remembered.
    pub memory: &'a Memory,
    /// What stands in it.
    pub objects: &'a Objects,
}

/// Half edges of what of an object is in the way, metres.
fn body(spec: &ObjectSpec) -> Vec3 {
    let trunk = spec.class.trunk();
    spec.half() * Vec3::new(trunk, 1.0, trunk)
}

/// Where a ray enters an object's body; `direction` is of unit length. From within it is not met.
fn meet(spec: &ObjectSpec, origin: Vec3, direction: Vec3, reach_m: f32) -> Option<RayHit> {
    let half = body(spec);
    let from = spec.local(origin);
    let along = spec.rotation.conjugate() * direction;
    let (mut enter, mut leave, mut axis) = (f32::NEG_INFINITY, f32::INFINITY, 0);
    for k in 0..3 {
        if along[k].abs() < 1e-9 {
            if from[k].abs() > half[k] {
                return None;
            }
            continue;
        }
        let (a, b) = ((-half[k] - from[k]) / along[k], (half[k] - from[k]) / along[k]);
        if a.min(b) > enter {
            (enter, axis) = (a.min(b), k);
        }
        leave = leave.min(a.max(b));
    }
    if !(enter <= leave && enter >= 0.0 && enter <= reach_m) {
        return None;
    }
    let mut normal = Vec3::ZERO;
    normal[axis] = -along[axis].signum();
    let position = origin + direction * enter;
    Some(RayHit { position, normal: spec.rotation * normal, distance_m: enter })
}

/// How far below a point the ground is looked for, metres.
const GROUND_REACH_M: f32 = 500.0;

impl SpatialQuery for Surroundings<'_> {
    fn ray_cast(&self, origin: Vec3, direction: Vec3, max_distance_m: f32) -> Option<RayHit> {
        let mut nearest = self.memory.ray_cast(origin, direction, max_distance_m);
        let direction = direction.normalize_or_zero();
        if direction == Vec3::ZERO || !origin.is_finite() || max_distance_m.is_nan() {
            return None;
        }
        for object in self.objects.list() {
            let reach_m = nearest.map_or(max_distance_m, |hit| hit.distance_m);
            nearest = meet(&object.spec, origin, direction, reach_m).or(nearest);
        }
        nearest
    }

    fn ground_height(&self, point: Vec3) -> Option<f32> {
        let ground = self.memory.ground_height(point);
        if !point.is_finite() {
            return ground;
        }
        let tops = self.objects.list().iter().filter_map(|object| {
            meet(&object.spec, point, Vec3::NEG_Y, GROUND_REACH_M).map(|hit| hit.position.y)
        });
        tops.fold(ground, |highest, top| Some(highest.map_or(top, |y| y.max(top))))
    }

    fn is_free(&self, centre: Vec3, radius_m: f32) -> bool {
        let clear = |spec: &ObjectSpec| {
            let (half, at) = (body(spec), spec.local(centre));
            at.distance_squared(at.clamp(-half, half)) > radius_m * radius_m
        };
        self.objects.list().iter().all(|object| clear(&object.spec))
            && self.memory.is_free(centre, radius_m)
    }
}
