//! Questions about the exact geometry.

use glam::Vec3;
use reverie_world_model::{RayHit, SpatialQuery};

use crate::class::Class;
use crate::rays::geometry::{Goal, Ray};
use crate::scene::Scene;

/// How far down ground is looked for, metres.
const DEEPEST_M: f32 = 10_000.0;

impl Scene {
    /// Class of the first surface straight below a point; `None` where there is none.
    #[must_use]
    pub fn class_below(&self, point: Vec3) -> Option<Class> {
        self.class_towards(point, Vec3::NEG_Y, DEEPEST_M)
    }

    /// Class of the first surface in a direction (of any length) within a distance in metres;
    /// `None` where there is none.
    #[must_use]
    pub fn class_towards(&self, point: Vec3, direction: Vec3, reach_m: f32) -> Option<Class> {
        let ray = Ray { origin: point, dir: direction.try_normalize()? };
        Some(self.trace_for(&ray, 1e-5, reach_m, Goal::NearestSolid)?.class)
    }
}

/// Leaves, foliage and blades of grass count as air: bodies brush through them. The surface of
/// water counts as ground.
impl SpatialQuery for Scene {
    fn ray_cast(&self, origin: Vec3, direction: Vec3, max_distance_m: f32) -> Option<RayHit> {
        let dir = direction.try_normalize()?;
        let ray = Ray { origin, dir };
        let hit = self.trace_for(&ray, 1e-5, max_distance_m, Goal::NearestSolid)?;
        Some(RayHit { position: ray.at(hit.t), normal: hit.normal, distance_m: hit.t })
    }

    fn ground_height(&self, point: Vec3) -> Option<f32> {
        Some(self.ray_cast(point, Vec3::NEG_Y, DEEPEST_M)?.position.y)
    }

    /// Looks along the 26 directions to a cube's faces, edges and corners, so a body thinner
    /// than about half the radius can slip between them.
    fn is_free(&self, centre: Vec3, radius_m: f32) -> bool {
        (-1..=1).all(|x| {
            (-1..=1).all(|y| {
                (-1..=1).all(|z| {
                    let direction = Vec3::new(x as f32, y as f32, z as f32);
                    self.ray_cast(centre, direction, radius_m).is_none()
                })
            })
        })
    }
}
