//! Questions about the solid part of a world.

use glam::Vec3;

/// Where a ray meets a surface.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RayHit {
    /// World space, metres.
    pub position: Vec3,
    /// Surface normal, world space, unit length, towards the ray's origin.
    pub normal: Vec3,
    /// Distance along the ray, metres.
    pub distance_m: f32,
}

/// What embodiments and game code may ask of a world's geometry.
///
/// Answers cover what is known: unknown space is free and has no ground.
pub trait SpatialQuery {
    /// First surface along a ray; `direction` need not be of unit length.
    fn ray_cast(&self, origin: Vec3, direction: Vec3, max_distance_m: f32) -> Option<RayHit>;

    /// Height (world Y, metres) of the highest surface below `point`, `None` where nothing is known.
    fn ground_height(&self, point: Vec3) -> Option<f32>;

    /// Whether no known surface lies within the ball.
    fn is_free(&self, centre: Vec3, radius_m: f32) -> bool;
}

/// A world without anything in it.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenSpace;

impl SpatialQuery for OpenSpace {
    fn ray_cast(&self, _: Vec3, _: Vec3, _: f32) -> Option<RayHit> {
        None
    }
    fn ground_height(&self, _: Vec3) -> Option<f32> {
        None
    }
    fn is_free(&self, _: Vec3, _: f32) -> bool {
        true
    }
}
