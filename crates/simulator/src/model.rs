//! The simulator as a world model.

use std::sync::Arc;

use glam::{Quat, Vec3};
use reverie_world_model::{
    Action, DepthImage, EmbodimentState, Intrinsics, ModelSpec, Observation, Pose, RgbImage,
    SceneSeed, Seed, SeedSource, Snapshot, WorldError, WorldEvent, WorldModel,
};
use serde::{Deserialize, Serialize};

use crate::camera::Camera;
use crate::conditions::Conditions;
use crate::geometry::Group;
use crate::material::{Material, srgb};
use crate::render::{Exposure, Quality};
use crate::scene::Scene;
use crate::scenes::{BuiltScene, SceneKind, SceneOptions};
use crate::shape::Shape;

const NAME: &str = "simulator";
const SNAPSHOT_VERSION: u32 = 1;
const TICK_HZ: f32 = 24.0;
/// Most objects that events may have placed at one time.
const MAX_PLACED: usize = 1024;
/// Farthest from the origin that anything may be, metres.
const WORLD_HALF_M: f32 = 100_000.0;
/// Longest snapshot that is read, bytes.
const MAX_SNAPSHOT_BYTES: usize = 4 << 20;

/// Bodies that events can place, by class name.
const CLASSES: [(&str, Shape); 6] = [
    ("box", Shape::Cuboid),
    ("crate", Shape::Cuboid),
    ("ball", Shape::Sphere),
    ("barrel", Shape::Frustum { top: 1.0 }),
    ("cylinder", Shape::Frustum { top: 1.0 }),
    ("cone", Shape::Frustum { top: 0.0 }),
];

/// Ground truth behind the contract: exact colour, depth and pose of a scene from a seed.
///
/// The scene's own seed decides the world; [`Seed::rng_seed`] changes nothing. Every tick
/// renders a full picture, so the model is made for data and checks rather than for play.
#[derive(Debug)]
pub struct SimulatorModel {
    spec: ModelSpec,
    intrinsics: Intrinsics,
    quality: Quality,
    world: Option<World>,
}

#[derive(Debug)]
struct World {
    built: BuiltScene,
    /// Materials of the scene itself; placed objects add theirs behind.
    own_materials: usize,
    saved: Saved,
}

/// Everything that a scene's seed does not already say.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    scene: SceneSeed,
    conditions: Conditions,
    body: EmbodimentState,
    tick: u64,
    placed: Vec<Placed>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Placed {
    id: u64,
    class: String,
    position: Vec3,
    rotation: Quat,
    size: Vec3,
    colour: [u8; 3],
}

impl SimulatorModel {
    /// A simulator whose camera has these intrinsics.
    ///
    /// # Errors
    /// [`WorldError::Failed`] when the intrinsics make no sense or the picture is over 8192
    /// pixels a side.
    pub fn new(intrinsics: Intrinsics, quality: Quality) -> Result<Self, WorldError> {
        intrinsics.validate().map_err(|e| WorldError::Failed(format!("intrinsics: {e}")))?;
        if intrinsics.width.max(intrinsics.height) > 8192 {
            let size = format!("{}x{}", intrinsics.width, intrinsics.height);
            return Err(WorldError::Failed(format!("size: {size} is over 8192 pixels a side")));
        }
        let spec = ModelSpec {
            name: NAME.to_owned(),
            width: intrinsics.width,
            height: intrinsics.height,
            tick_hz: TICK_HZ,
            seeds: vec!["scene".to_owned()],
            events: ["weather", "time_of_day", "place", "remove"].map(str::to_owned).to_vec(),
            depth: true,
            memory_horizon_secs: None,
        };
        Ok(Self { spec, intrinsics, quality, world: None })
    }

    /// The scene of the running world, for exact queries; `None` before [`WorldModel::begin`].
    #[must_use]
    pub fn scene(&self) -> Option<&Scene> {
        self.world.as_ref().map(|world| &world.built.scene)
    }

    fn observe(&self, world: &World) -> Result<Observation, WorldError> {
        let pose = world.saved.body.pose();
        let camera = Camera { pose, intrinsics: self.intrinsics };
        let frame = world.built.scene.render(&camera, self.quality, Exposure::Scene);
        let failed = |e: &dyn std::fmt::Display| WorldError::Failed(e.to_string());
        Ok(Observation {
            rgb: RgbImage::new(frame.width, frame.height, frame.rgb).map_err(|e| failed(&e))?,
            depth: Some(
                DepthImage::new(frame.width, frame.height, frame.depth_m)
                    .map_err(|e| failed(&e))?,
            ),
            pose,
            intrinsics: self.intrinsics,
            coverage: 1.0,
            tick: world.saved.tick,
            time_secs: world.saved.tick as f64 / f64::from(TICK_HZ),
        })
    }
}

fn build(scene: &SceneSeed) -> Result<BuiltScene, WorldError> {
    let kind = SceneKind::from_name(&scene.name).ok_or_else(|| {
        let valid = SceneKind::ALL.map(SceneKind::name).join(", ");
        WorldError::InvalidSeed(format!(
            "unknown scene `{}` (valid: {valid})",
            scene.name.chars().take(60).collect::<String>()
        ))
    })?;
    if !(0.0..=24.0).contains(&scene.hour) {
        return Err(WorldError::InvalidSeed(format!("hour: {} is not within 0 to 24", scene.hour)));
    }
    Ok(BuiltScene::new(&SceneOptions {
        kind,
        seed: scene.seed,
        conditions: Conditions::new(scene.weather, scene.hour),
        roam: true,
        photos: Arc::from([]),
    }))
}

fn shape_of(class: &str) -> Option<Shape> {
    CLASSES.iter().find(|(name, _)| *name == class).map(|(_, shape)| *shape)
}

impl World {
    /// Puts the placed objects into the scene anew.
    fn rebuild_placed(&mut self) {
        let scene = &mut self.built.scene;
        scene.materials.truncate(self.own_materials);
        let mut group = Group::default();
        for object in &self.saved.placed {
            let [r, g, b] = object.colour;
            let material = scene.add_material(Material::plain(srgb(r, g, b)).gloss(0.2).scale(0.3));
            if let Some(shape) = shape_of(&object.class) {
                group.add(shape, object.position, object.rotation, object.size * 0.5, material);
            }
        }
        group.finish(&scene.groups);
        scene.placed = group;
    }
}

impl WorldModel for SimulatorModel {
    fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    fn begin(&mut self, seed: &Seed) -> Result<Observation, WorldError> {
        let SeedSource::Scene(scene) = &seed.source else {
            let what = format!("{} seeds", seed.source.kind());
            return Err(WorldError::Unsupported { model: NAME.to_owned(), what });
        };
        if let Some(start) = &seed.start {
            check_pose(start)
                .map_err(|problem| WorldError::InvalidSeed(format!("start: {problem}")))?;
        }
        let built = build(scene)?;
        let start = seed.start.unwrap_or_else(|| built.start());
        let saved = Saved {
            scene: scene.clone(),
            conditions: built.scene.conditions(),
            body: EmbodimentState::new(seed.embodiment, start),
            tick: 0,
            placed: Vec::new(),
        };
        let world = World { own_materials: built.scene.materials.len(), built, saved };
        let observation = self.observe(&world)?;
        self.world = Some(world);
        Ok(observation)
    }

    fn step(&mut self, action: &Action) -> Result<Observation, WorldError> {
        action.validate()?;
        let world = self.world.as_mut().ok_or(WorldError::NotBegun)?;
        let before = world.saved.body;
        let body = &mut world.saved.body;
        body.advance(action, 1.0 / TICK_HZ, &world.built.scene);
        let limit = Vec3::splat(WORLD_HALF_M);
        body.position = body.position.clamp(-limit, limit);
        world.saved.tick += 1;
        let world = self.world.as_ref().ok_or(WorldError::NotBegun)?;
        let observation = self.observe(world);
        if observation.is_err()
            && let Some(world) = self.world.as_mut()
        {
            world.saved.body = before;
            world.saved.tick -= 1;
        }
        observation
    }

    fn apply(&mut self, event: &WorldEvent) -> Result<(), WorldError> {
        event.validate()?;
        let world = self.world.as_mut().ok_or(WorldError::NotBegun)?;
        let invalid = |field, problem| Err(WorldError::InvalidEvent { field, problem });
        match event {
            WorldEvent::Weather { weather, strength } => {
                world.saved.conditions.weather = *weather;
                world.saved.conditions.strength = *strength;
                world.built.scene.set_conditions(world.saved.conditions);
            }
            WorldEvent::TimeOfDay { hour } => {
                world.saved.conditions.hour = *hour;
                world.built.scene.set_conditions(world.saved.conditions);
            }
            WorldEvent::Text { .. } => {
                return Err(WorldError::Unsupported {
                    model: NAME.to_owned(),
                    what: "text events".to_owned(),
                });
            }
            WorldEvent::Place { id, class, position, rotation, size, colour } => {
                if shape_of(class).is_none() {
                    let valid = CLASSES.map(|(name, _)| name).join(", ");
                    let class: String = class.chars().take(60).collect();
                    return invalid("class", format!("unknown class `{class}` (valid: {valid})"));
                }
                if world.saved.placed.len() >= MAX_PLACED {
                    return invalid("id", format!("{MAX_PLACED} objects are placed already"));
                }
                if world.saved.placed.iter().any(|p| p.id == *id) {
                    return invalid("id", format!("{id} is placed already"));
                }
                let placed = Placed {
                    id: *id,
                    class: class.clone(),
                    position: *position,
                    rotation: *rotation,
                    size: *size,
                    colour: *colour,
                };
                world.saved.placed.push(placed);
                world.rebuild_placed();
            }
            WorldEvent::Remove { id } => {
                let Some(at) = world.saved.placed.iter().position(|p| p.id == *id) else {
                    return invalid("id", format!("{id} is not placed"));
                };
                world.saved.placed.remove(at);
                world.rebuild_placed();
            }
        }
        Ok(())
    }

    fn save(&self) -> Result<Snapshot, WorldError> {
        let world = self.world.as_ref().ok_or(WorldError::NotBegun)?;
        let state =
            serde_json::to_vec(&world.saved).map_err(|e| WorldError::Failed(e.to_string()))?;
        Ok(Snapshot { model: NAME.to_owned(), version: SNAPSHOT_VERSION, state_base64: state })
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), WorldError> {
        let invalid = |problem: String| WorldError::InvalidSnapshot(problem);
        if snapshot.model != NAME || snapshot.version != SNAPSHOT_VERSION {
            let found = format!("{} version {}", snapshot.model, snapshot.version);
            return Err(invalid(format!(
                "is of {found}, expected {NAME} version {SNAPSHOT_VERSION}"
            )));
        }
        if snapshot.state_base64.len() > MAX_SNAPSHOT_BYTES {
            return Err(invalid(format!(
                "has {} bytes, at most {MAX_SNAPSHOT_BYTES} are read",
                snapshot.state_base64.len()
            )));
        }
        let saved: Saved =
            serde_json::from_slice(&snapshot.state_base64).map_err(|e| invalid(e.to_string()))?;
        check_saved(&saved).map_err(invalid)?;
        let mut built = match &mut self.world {
            // The same scene need not be built twice.
            Some(world) if world.saved.scene == saved.scene => {
                world.built.scene.set_conditions(saved.conditions);
                world.saved = saved;
                world.rebuild_placed();
                return Ok(());
            }
            _ => build(&saved.scene).map_err(|e| invalid(e.to_string()))?,
        };
        built.scene.set_conditions(saved.conditions);
        let mut world = World { own_materials: built.scene.materials.len(), built, saved };
        world.rebuild_placed();
        self.world = Some(world);
        Ok(())
    }
}

fn check_pose(pose: &Pose) -> Result<(), String> {
    pose.validate().map_err(|e| e.to_string())?;
    if pose.position.abs().max_element() > WORLD_HALF_M {
        return Err(format!("position: {} is more than {WORLD_HALF_M} m away", pose.position));
    }
    Ok(())
}

fn check_saved(saved: &Saved) -> Result<(), String> {
    check_pose(&saved.body.pose()).map_err(|problem| format!("body: {problem}"))?;
    let body = &saved.body.body;
    let numbers = [body.eye_height_m, body.radius_m, body.step_height_m, body.response_secs];
    if numbers.iter().any(|n| !(0.0..=100.0).contains(n)) || !saved.body.velocity_mps.is_finite() {
        return Err("body: has values out of range".to_owned());
    }
    let Conditions { strength, hour, .. } = saved.conditions;
    if !((0.0..=1.0).contains(&strength) && (0.0..=24.0).contains(&hour)) {
        return Err(format!("conditions: strength {strength} or hour {hour} is out of range"));
    }
    if saved.placed.len() > MAX_PLACED {
        return Err(format!("placed: {} objects, at most {MAX_PLACED}", saved.placed.len()));
    }
    for p in &saved.placed {
        let event = WorldEvent::Place {
            id: p.id,
            class: p.class.clone(),
            position: p.position,
            rotation: p.rotation,
            size: p.size,
            colour: p.colour,
        };
        event.validate().map_err(|e| format!("placed: {e}"))?;
        if shape_of(&p.class).is_none() {
            return Err(format!(
                "placed: unknown class `{}`",
                p.class.chars().take(60).collect::<String>()
            ));
        }
    }
    Ok(())
}
