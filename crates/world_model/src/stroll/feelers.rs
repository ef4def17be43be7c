//! What a stroller feels of the world around its body.

use crate::{Embodiment, EmbodimentState, SpatialQuery};
use glam::Vec3;

/// Deepest step down that a walker or rover takes of its own will, metres.
const DEEPEST_STEP_M: f32 = 0.8;

/// The world as seen from one body in one tick.
pub(super) struct Feelers<'a> {
    body: &'a EmbodimentState,
    world: &'a dyn SpatialQuery,
    /// Ground below the body, world height.
    ground_m: Option<f32>,
}

impl<'a> Feelers<'a> {
    pub(super) fn new(body: &'a EmbodimentState, world: &'a dyn SpatialQuery) -> Self {
        let ground_m = world.ground_height(body.position);
        Self { body, world, ground_m }
    }

    fn grounded(&self) -> bool {
        matches!(self.body.embodiment, Embodiment::Walker | Embodiment::Rover)
    }

    /// Distance kept from things, metres.
    pub(super) fn margin_m(&self) -> f32 {
        match self.body.embodiment {
            Embodiment::Drone => self.body.body.radius_m + 0.5,
            Embodiment::Free => 0.45,
            Embodiment::Walker | Embodiment::Rover => self.body.body.radius_m + 0.15,
        }
    }

    /// Ground below the body, world height, metres.
    pub(super) fn ground_m(&self) -> Option<f32> {
        self.ground_m
    }

    /// Ground below a point, world height, metres.
    pub(super) fn ground_below(&self, point: Vec3) -> Option<f32> {
        self.world.ground_height(point)
    }

    /// Free way along one ray from the camera, metres, at most `reach_m`.
    pub(super) fn ray(&self, direction: Vec3, reach_m: f32) -> f32 {
        self.world
            .ray_cast(self.body.position, direction, reach_m)
            .map_or(reach_m, |hit| hit.distance_m)
    }

    /// Free way in a direction for the width and height of the body, metres, at most `reach_m`.
    pub(super) fn clearance(&self, direction: Vec3, reach_m: f32) -> f32 {
        let Some(direction) = direction.try_normalize() else { return reach_m };
        let (body, eye) = (&self.body.body, self.body.position);
        let across = direction.cross(Vec3::Y).normalize_or_zero() * body.radius_m.max(0.2);
        // Feet meet kerbs, shoulders meet door frames, eyes meet shelves.
        let low = Vec3::Y * (body.step_height_m - body.eye_height_m);
        let probes = if self.grounded() {
            [Vec3::ZERO, low, 0.5 * low + across, 0.5 * low - across]
        } else {
            [Vec3::ZERO, across, -across, Vec3::Y * -body.radius_m.max(0.2)]
        };
        let mut free_m = reach_m;
        for offset in probes {
            if let Some(hit) = self.world.ray_cast(eye + offset, direction, free_m) {
                // A slope that can be walked up is a way.
                if !(self.grounded() && hit.normal.y > 0.6) {
                    free_m = free_m.min(hit.distance_m);
                }
            }
        }
        if self.grounded() { free_m.min(self.footing(direction, free_m)) } else { free_m }
    }

    /// How far there is ground to stand on, metres, at most `reach_m`; looked for at a few places.
    fn footing(&self, direction: Vec3, reach_m: f32) -> f32 {
        let Some(stands_m) = self.ground_m else { return reach_m };
        let knee = Vec3::Y * (self.body.body.step_height_m - self.body.body.eye_height_m);
        let mut firm_m = 0.0;
        for share in [0.34, 0.67, 1.0] {
            let at_m = share * reach_m;
            // Uphill the ground comes towards the knees.
            let point = self.body.position + knee + direction * at_m + Vec3::Y * (0.7 * at_m);
            match self.world.ground_height(point) {
                Some(ground_m) if ground_m >= stands_m - DEEPEST_STEP_M - at_m => firm_m = at_m,
                _ => return firm_m,
            }
        }
        reach_m
    }
}
