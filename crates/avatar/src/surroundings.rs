//! What an avatar can see and stand on.

use glam::Vec3;
use reverie_behavior::EntityId;

/// The world as far as an avatar's life needs it. Answers must follow from the arguments alone
/// for performances to be reproducible; a game that only knows the present answers with that.
pub trait Surroundings {
    /// Where to look to look at an entity (somebody's eyes, a thing's middle), in the world, metres.
    /// `None`: it is not there (any more).
    fn place(&self, entity: EntityId, time_secs: f64) -> Option<Vec3>;

    /// Height of the ground below or above a point, metres. `None`: not known there.
    fn ground(&self, x: f32, z: f32) -> Option<f32>;

    /// How bright it is where the avatar looks, cd/m²: 100 in a lit room, 5,000 outdoors, 1 at dusk.
    fn luminance(&self, time_secs: f64) -> f32 {
        let _ = time_secs;
        100.0
    }
}

/// Nobody around, and level ground at height 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EmptyPlace;

impl Surroundings for EmptyPlace {
    fn place(&self, _: EntityId, _: f64) -> Option<Vec3> {
        None
    }
    fn ground(&self, _: f32, _: f32) -> Option<f32> {
        Some(0.0)
    }
}
