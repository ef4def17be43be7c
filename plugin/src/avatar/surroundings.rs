//! What avatars see and stand on.

use crate::WorldQuery;
use bevy::{
    ecs::{entity::EntityHashMap, system::SystemParam},
    prelude::*,
    transform::helper::TransformHelper,
};
use reverie_avatar::Surroundings;
use reverie_behavior::EntityId;
use std::sync::Arc;

/// The highest ground that somebody still steps on is looked for below this height above the soles,
/// metres.
const KNEE_M: f32 = 0.6;

type Heights = dyn Fn(Vec3) -> Option<f32> + Send + Sync;

/// The ground that avatars stand and walk on.
///
/// Without a game's own it is the ground of the world that runs ([`WorldQuery`]); without a world, or
/// where it knows no ground, the level that the avatar stands on.
#[derive(Resource, Clone, Default)]
pub struct AvatarGround(Option<Arc<Heights>>);

impl AvatarGround {
    /// Height (metres, Y) of the highest ground below a point; `None` where there is none, so that nobody
    /// walks there.
    pub fn new(heights: impl Fn(Vec3) -> Option<f32> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(heights)))
    }
}

/// How bright it is where avatars look, cd/m²: their pupils follow.
#[derive(Resource, Debug, Clone, Copy, PartialEq, Reflect)]
#[reflect(Resource, Default, Clone, PartialEq)]
pub struct AvatarBrightness(
    /// 100 in a lit room, 5,000 outdoors, 1 at dusk.
    pub f32,
);

impl Default for AvatarBrightness {
    fn default() -> Self {
        Self(300.0)
    }
}

/// Where the eyes of avatars are.
#[derive(Resource, Default)]
pub(crate) struct Present(EntityHashMap<Vec3>);

impl Present {
    pub fn note(&mut self, eyes: impl Iterator<Item = (Entity, Vec3)>) {
        self.0.clear();
        self.0.extend(eyes);
    }
}

/// Everything that surroundings are asked of.
#[derive(SystemParam)]
pub(crate) struct Scene<'w, 's> {
    transforms: TransformHelper<'w, 's>,
    world: WorldQuery<'w, 's>,
    ground: Res<'w, AvatarGround>,
    brightness: Res<'w, AvatarBrightness>,
}

impl<'w, 's> Scene<'w, 's> {
    /// As somebody sees it whose soles are at `height_m`.
    pub fn around<'a>(&'a self, present: &'a Present, height_m: f32) -> Around<'a, 'w, 's> {
        Around { scene: self, present, height_m }
    }
}

/// The surroundings of one avatar.
pub(crate) struct Around<'a, 'w, 's> {
    scene: &'a Scene<'w, 's>,
    present: &'a Present,
    height_m: f32,
}

impl Surroundings for Around<'_, '_, '_> {
    fn place(&self, id: EntityId, _: f64) -> Option<Vec3> {
        let entity = Entity::try_from_bits(id.0)?;
        if let Some(eyes) = self.present.0.get(&entity) {
            return Some(*eyes);
        }
        let place = self.scene.transforms.compute_global_transform(entity).ok()?;
        Some(place.translation())
    }

    fn ground(&self, x: f32, z: f32) -> Option<f32> {
        let from = Vec3::new(x, self.height_m + KNEE_M, z);
        if let Some(heights) = &self.scene.ground.0 {
            return heights(from);
        }
        Some(self.scene.world.ground_height(from).unwrap_or(self.height_m))
    }

    fn luminance(&self, _: f64) -> f32 {
        self.scene.brightness.0
    }
}
