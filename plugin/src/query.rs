//! Questions to the world's geometry.

use crate::{
    view::WorldView,
    world::{LiveWorld, ViewRuntime},
};
use bevy::{ecs::system::SystemParam, prelude::*};
use reverie_world_model::{RayHit, SpatialQuery};

/// Asks the newest memory of a world, and what was placed in it: ray casts, ground height, free space.
///
/// World space is Bevy's. Answers cover what is known: unknown space is free and has no ground.
///
/// ```no_run
/// # use bevy::prelude::*;
/// # use bevy_reverie::prelude::*;
/// # #[derive(Component)] struct Ball;
/// fn settle(world: WorldQuery, mut balls: Query<&mut Transform, With<Ball>>) {
///     for mut ball in &mut balls {
///         if let Some(ground_m) = world.ground_height(ball.translation) {
///             ball.translation.y = ground_m;
///         }
///     }
/// }
/// ```
#[derive(SystemParam)]
pub struct WorldQuery<'w, 's> {
    views: Query<'w, 's, &'static ViewRuntime, With<WorldView>>,
}

impl WorldQuery<'_, '_> {
    /// The first surface of the only world along a ray; `direction` need not be of unit length.
    pub fn ray_cast(&self, origin: Vec3, direction: Vec3, max_distance_m: f32) -> Option<RayHit> {
        if !(origin.is_finite() && direction.is_finite() && direction != Vec3::ZERO) {
            return None;
        }
        self.only()?.ray_cast(origin, direction, max_distance_m)
    }

    /// Height (metres, Y) of the highest surface of the only world below a point; `None` where
    /// nothing is known.
    pub fn ground_height(&self, point: Vec3) -> Option<f32> {
        if point.is_finite() { self.only()?.ground_height(point) } else { None }
    }

    /// Whether no known surface of the only world lies within the ball.
    pub fn is_free(&self, centre: Vec3, radius_m: f32) -> bool {
        self.only().is_none_or(|world| world.is_free(centre, radius_m))
    }

    /// One world among several, by the entity of its [`WorldView`]; `None` before it has started.
    pub fn of(&self, view: Entity) -> Option<&dyn SpatialQuery> {
        let world = self.views.get(view).ok()?.world.as_ref()?;
        Some(world)
    }

    /// How far what is in a direction of the only world is, metres: what is known, else what is guessed
    /// from around it; `None` for the sky, and without a world.
    pub(crate) fn distance(&self, origin: Vec3, direction: Vec3, max_m: f32) -> Option<f32> {
        let world = self.world()?;
        if let Some(hit) = world.ray_cast(origin, direction, max_m) {
            return Some(hit.distance_m);
        }
        let [.., inverse_distance] = world.memory.backdrop().sample(direction);
        (inverse_distance * max_m > 1.0).then(|| 1.0 / inverse_distance)
    }

    fn only(&self) -> Option<&dyn SpatialQuery> {
        self.world().map(|world| world as &dyn SpatialQuery)
    }

    fn world(&self) -> Option<&LiveWorld> {
        self.views.single().ok()?.world.as_ref()
    }
}
