//! Scenes built from a seed.

mod city;
mod furniture;
pub(crate) mod mountain;
mod primitives;
mod room;
mod warehouse;

use std::sync::Arc;

use glam::Vec3;
use reverie_world_model::{Pose, SpatialQuery};
use serde::{Deserialize, Serialize};

use crate::conditions::Conditions;
use crate::living::{Living, Sites};
use crate::picture::camera::{Camera, intrinsics_from_fov};
use crate::random::Rng;
use crate::rays::geometry::Ray;
use crate::scene::Scene;
use crate::surface::photo::Photo;

/// The kinds of scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SceneKind {
    /// Terrain with forest, water, rock and snow.
    Mountain,
    /// Streets between buildings.
    City,
    /// A furnished room.
    Room,
    /// Simple bodies and clutter, near and far.
    Primitives,
    /// A hall of racks with docks, forklifts and loose boxes.
    Warehouse,
}

impl SceneKind {
    /// Every kind, in the order used by messages.
    pub const ALL: [Self; 5] =
        [Self::Mountain, Self::City, Self::Room, Self::Primitives, Self::Warehouse];

    /// The name used in seeds.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mountain => "mountain",
            Self::City => "city",
            Self::Room => "room",
            Self::Primitives => "primitives",
            Self::Warehouse => "warehouse",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.name() == name)
    }
}

/// What to build.
#[derive(Clone, Debug)]
pub struct SceneOptions {
    /// Kind of scene.
    pub kind: SceneKind,
    /// Decides the layout and every detail.
    pub seed: u64,
    /// Weather and hour it starts with; they leave the geometry alone.
    pub conditions: Conditions,
    /// True for a world to walk in (wide and finely sampled), false for single pictures,
    /// which need only a small part of it and should build quickly.
    pub roam: bool,
    /// Photographs that may serve as textures; may be empty.
    pub photos: Arc<[Photo]>,
}

/// Height of a walker's eyes, metres.
const EYE_HEIGHT_M: f32 = 1.6;

/// Where a camera may stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stage {
    /// Box of sensible camera positions; for terrain and streets Y counts from the ground.
    pub min: Vec3,
    pub max: Vec3,
    /// Nearest sensible distance of what fills the picture, metres.
    pub near_m: f32,
    /// A point of interest, when there is one.
    pub focus: Option<Vec3>,
    /// Where a walker begins, eye position, and its yaw.
    pub start: Vec3,
    pub start_yaw: f32,
}

/// A built scene with the places a camera can be.
#[derive(Debug)]
pub struct BuiltScene {
    /// Geometry, materials and light.
    pub scene: Scene,
    stage: Stage,
    pub(crate) living: Option<Box<dyn Living>>,
}

impl BuiltScene {
    /// Builds a scene; the same options give the same scene.
    #[must_use]
    pub fn new(options: &SceneOptions) -> Self {
        // Light has its own stream, so that weather and hour never move the geometry.
        let light_seed = options.seed ^ 0x0011_6874;
        let conditions = options.conditions;
        let mut scene = Scene::empty(conditions, light_seed, Arc::clone(&options.photos));
        let mut rng = Rng::new(options.seed);
        let (stage, living): (Stage, Option<Box<dyn Living>>) = match options.kind {
            SceneKind::Mountain => {
                let (stage, mountain) = mountain::build(&mut scene, &mut rng, options);
                (stage, Some(Box::new(mountain)))
            }
            SceneKind::City => city::build(&mut scene, &mut rng, options),
            SceneKind::Room => (room::build(&mut scene, &mut rng, options), None),
            SceneKind::Primitives => (primitives::build(&mut scene, &mut rng, options), None),
            SceneKind::Warehouse => warehouse::build(&mut scene, &mut rng, options),
        };
        let mut root = std::mem::take(&mut scene.root);
        root.finish(&scene.groups);
        scene.root = root;
        scene.sort_lamps();
        let mut built = Self { scene, stage, living };
        // Ground is needed before a start can be looked for.
        if let Some(living) = &mut built.living {
            living.stream(&mut built.scene, built.stage.start);
        }
        built.scene.set_conditions(conditions);
        built
    }

    /// What there is for robots to do; empty in a world where nothing lives.
    #[must_use]
    pub fn sites(&self) -> Sites {
        self.living.as_ref().map_or_else(Sites::default, |living| living.sites())
    }

    /// Where a walk begins, level, at eye height above the ground.
    #[must_use]
    pub fn start(&self) -> Pose {
        let (wanted, stage) = (self.stage.start, &self.stage);
        let mut position = wanted;
        // Outwards in a spiral until a person has room to stand.
        for i in 0..200 {
            let (angle, away) =
                (i as f32 * 2.399, 0.12 * (i as f32).sqrt() * (stage.max.x - stage.min.x).min(4.0));
            let at = wanted + Vec3::new(angle.cos(), 0.0, angle.sin()) * away;
            let inside = at.x.clamp(stage.min.x, stage.max.x) == at.x
                && at.z.clamp(stage.min.z, stage.max.z) == at.z;
            let Some(ground) = self.scene.ground_height(at) else { continue };
            let eye = Vec3::new(at.x, ground + EYE_HEIGHT_M, at.z);
            // A roof or a table is no place to begin.
            let level = (eye.y - wanted.y).abs() < 0.3 || self.scene.terrain.is_some();
            if inside
                && level
                && self.scene.is_free(eye, 0.4)
                && self.scene.is_free(eye - Vec3::Y * 0.9, 0.35)
            {
                position = eye;
                break;
            }
        }
        Pose::from_yaw_pitch_roll(position, stage.start_yaw, 0.0, 0.0)
    }

    /// A random view of the scene for a camera of these fields of view (radians). The view is checked: not inside a
    /// body, not all sky, not a wall at arm's length. `None` when no good one was found.
    #[must_use]
    pub fn random_view(&self, rng: &mut Rng, fov_x: f32, fov_y: f32) -> Option<Pose> {
        let stage = &self.stage;
        for attempt in 0..24 {
            let mut position = Vec3::new(
                rng.range(stage.min.x, stage.max.x),
                rng.log_range(stage.min.y.max(0.05), stage.max.y.max(0.06)),
                rng.range(stage.min.z, stage.max.z),
            );
            if let Some((field, _)) = &self.scene.terrain {
                let ground = field.height(position.x, position.z).unwrap_or(0.0);
                let water = self.scene.water.map_or(f32::NEG_INFINITY, |w| w.0);
                position.y += ground.max(water);
            }
            let mut yaw = rng.range(0.0, std::f32::consts::TAU);
            let steep = rng.unit();
            let mut pitch = if steep < 0.06 {
                rng.range(15.0, 45.0)
            } else if steep < 0.16 {
                -rng.range(15.0, 60.0)
            } else {
                rng.normal() * 6.0 - 2.0
            }
            .to_radians();
            if let Some(focus) = stage.focus
                && rng.chance(0.85)
            {
                let to = focus - position;
                yaw = (-to.x).atan2(-to.z) + rng.normal() * 0.18;
                pitch = to.y.atan2(to.x.hypot(to.z)) + rng.normal() * 0.12;
            }
            let roll = (rng.normal() * 1.6).clamp(-5.0, 5.0).to_radians();
            let pose = Pose::from_yaw_pitch_roll(position, yaw, pitch, roll);
            let probe = Camera { pose, intrinsics: intrinsics_from_fov(12, 9, fov_x, fov_y) };
            let mut depths = Vec::with_capacity(108);
            for i in 0..108 {
                let forward = probe.direction((i % 12) as f32 + 0.5, (i / 12) as f32 + 0.5);
                let length = forward.length();
                let ray = Ray { origin: position, dir: forward / length };
                depths.push(
                    self.scene.trace(&ray, 1e-3, 3e4).map_or(f32::INFINITY, |h| h.t / length),
                );
            }
            depths.sort_by(f32::total_cmp);
            // Most pictures should show near and far; a few may be walls.
            let wanted = if attempt < 3 { 2.5 } else { 1.15 };
            let clear_up = !self.scene.blocked(&Ray { origin: position, dir: Vec3::Y }, 0.0, 0.05);
            // At most a tenth of the picture may be right in front of the lens.
            let near = depths[10];
            let seen = depths.iter().filter(|d| d.is_finite()).count();
            // A view needs ground to stand for, and some range between near and far.
            let range = depths[90.min(seen.max(1) - 1)] / depths[8.min(seen.max(1) - 1)];
            if clear_up
                && near > stage.near_m
                && depths[3] > 0.3 * stage.near_m
                && seen > 14
                && range > wanted
                && depths[0] > 0.06
            {
                return Some(pose);
            }
        }
        None
    }
}
