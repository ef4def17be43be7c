//! The simulator as a world model.

mod saved;
mod world;

use std::sync::Arc;

use glam::Vec3;
use reverie_world_model::{
    Action, DepthImage, EmbodimentState, Intrinsics, ModelSpec, Observation, Pose, RgbImage,
    SceneLight, SceneSeed, Seed, SeedSource, Snapshot, WorldError, WorldEvent, WorldModel,
};

use self::saved::{MAX_BEFORE, MAX_PLACED, Placed, Saved, check_pose, check_saved};
use self::world::{Own, World, place, settle};
use crate::conditions::Conditions;
use crate::living::{Sites, SoundEvent};
use crate::picture::camera::Camera;
use crate::picture::ground_truth::GroundTruth;
use crate::picture::render::{Exposure, Quality};
use crate::scene::Scene;
use crate::scenes::{BuiltScene, SceneKind, SceneOptions};
use crate::tasks::{Marks, Pilot, Situation, Task, TaskKind, TaskState};
use crate::things::proxies::ProxyKind;

const NAME: &str = "simulator";
const SNAPSHOT_VERSION: u32 = 1;
const TICK_HZ: f32 = 24.0;
/// Farthest from the origin that anything may be, metres.
const WORLD_HALF_M: f32 = 100_000.0;
/// Longest snapshot that is read, bytes.
const MAX_SNAPSHOT_BYTES: usize = 4 << 20;

/// Ground truth behind the contract: exact colour, depth and pose of a scene from a seed.
///
/// The scene's own seed decides the world; [`Seed::rng_seed`] changes nothing. Every tick
/// renders a full picture, so the model is made for data and checks rather than for play.
#[derive(Debug)]
pub struct SimulatorModel {
    spec: ModelSpec,
    intrinsics: Intrinsics,
    quality: Quality,
    /// What worlds that begin from now on are to be done in.
    task: Option<TaskKind>,
    world: Option<World>,
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
            events: ["weather", "time_of_day", "season", "undo", "place", "remove"]
                .map(str::to_owned)
                .to_vec(),
            depth: true,
            memory_horizon_secs: None,
        };
        Ok(Self { spec, intrinsics, quality, task: None, world: None })
    }

    /// The scene of the running world, for exact queries; `None` before [`WorldModel::begin`].
    #[must_use]
    pub fn scene(&self) -> Option<&Scene> {
        self.world.as_ref().map(|world| &world.built.scene)
    }

    /// All that is known of the newest observation; `None` before [`WorldModel::begin`].
    #[must_use]
    pub fn truth(&self) -> Option<&GroundTruth> {
        self.world.as_ref().map(|world| &world.truth)
    }

    /// Where each pixel of the observation before the newest one went (see
    /// [`Scene::forward_flow`]); `None` at tick 0 and right after a restore.
    #[must_use]
    pub fn flow(&self) -> Option<&[[f32; 2]]> {
        self.world.as_ref()?.flow.as_deref()
    }

    /// Chooses the task of the worlds that begin from now on; `None` for none. The running world
    /// keeps its own.
    pub fn set_task(&mut self, task: Option<TaskKind>) {
        self.task = task;
    }

    /// The running world's task; `None` without one.
    #[must_use]
    pub fn task(&self) -> Option<&Task> {
        self.world.as_ref()?.saved.task.as_ref()
    }

    /// How the running world's task stands after the newest tick; `None` without one.
    #[must_use]
    pub fn task_state(&self) -> Option<&TaskState> {
        self.task().map(Task::state)
    }

    /// The body as it is; `None` before [`WorldModel::begin`].
    #[must_use]
    pub fn body(&self) -> Option<&EmbodimentState> {
        self.world.as_ref().map(|world| &world.saved.body)
    }

    /// What the running world has for robots to do, as it is now.
    #[must_use]
    pub fn sites(&self) -> Sites {
        self.world.as_ref().map_or_else(Sites::default, |world| world.built.sites())
    }

    /// What a pilot does next in the running world; nothing without a task.
    #[must_use]
    pub fn ask(&self, pilot: &mut Pilot) -> Action {
        let Some(World { built, saved, .. }) = &self.world else { return Action::default() };
        let Some(task) = &saved.task else { return Action::default() };
        let (sites, scene) = (built.sites(), &built.scene);
        let surface = |point: Vec3| scene.class_below(point);
        let body = &saved.body;
        pilot.act(&Situation { body, task, world: scene, sites: &sites, surface: Some(&surface) })
    }

    /// One tick without a picture: cheaper than [`WorldModel::step`]. The next step's flow begins at
    /// the newest picture.
    ///
    /// # Errors
    /// As [`WorldModel::step`].
    pub fn pass(&mut self, action: &Action) -> Result<(), WorldError> {
        action.validate()?;
        self.world.as_mut().ok_or(WorldError::NotBegun)?.advance(action);
        Ok(())
    }

    /// The sounds of the newest tick.
    #[must_use]
    pub fn sounds(&self) -> &[SoundEvent] {
        self.world.as_ref().map_or(&[], |world| &world.sounds)
    }

    /// The newest tick as it would look under other conditions: same geometry, same moving
    /// things, pixel by pixel. The world itself stays as it is.
    ///
    /// # Errors
    /// [`WorldError::NotBegun`], or [`WorldError::InvalidEvent`] for values out of range.
    pub fn render_under(&mut self, conditions: Conditions) -> Result<GroundTruth, WorldError> {
        conditions.validate()?;
        let world = self.world.as_mut().ok_or(WorldError::NotBegun)?;
        let scene = &mut world.built.scene;
        scene.set_conditions(conditions);
        let truth = scene.render(&world.truth.camera, self.quality, Exposure::Scene);
        scene.set_conditions(world.saved.conditions);
        Ok(truth)
    }

    /// The same without what is in the air, which hides things the more the farther they are: fog, haze,
    /// rain, flakes and the glow around lamps. With it comes the light there with all of that.
    ///
    /// # Errors
    /// As [`render_under`](Self::render_under).
    pub fn render_surfaces_under(
        &mut self,
        conditions: Conditions,
    ) -> Result<(GroundTruth, SceneLight), WorldError> {
        conditions.validate()?;
        let world = self.world.as_mut().ok_or(WorldError::NotBegun)?;
        let camera = world.truth.camera;
        let scene = &mut world.built.scene;
        scene.set_conditions(conditions);
        let light = scene.light_at(camera.pose.position);
        scene.without_air = true;
        scene.set_conditions(conditions);
        let truth = scene.render(&camera, self.quality, Exposure::Scene);
        scene.without_air = false;
        scene.set_conditions(world.saved.conditions);
        Ok((truth, light))
    }

    fn observation(&self) -> Result<Observation, WorldError> {
        let world = self.world.as_ref().ok_or(WorldError::NotBegun)?;
        let failed = |e: &dyn std::fmt::Display| WorldError::Failed(e.to_string());
        let GroundTruth { camera, rgb, depth_m, .. } = &world.truth;
        let Intrinsics { width, height, .. } = camera.intrinsics;
        Ok(Observation {
            rgb: RgbImage::new(width, height, rgb.clone()).map_err(|e| failed(&e))?,
            depth: Some(DepthImage::new(width, height, depth_m.clone()).map_err(|e| failed(&e))?),
            pose: camera.pose,
            intrinsics: camera.intrinsics,
            coverage: 1.0,
            tick: world.saved.tick,
            time_secs: world.saved.tick as f64 / f64::from(TICK_HZ),
        })
    }

    /// Makes a settled scene the running world.
    fn enter(&mut self, built: BuiltScene, own: Own, marks: Marks, saved: Saved) {
        let camera = Camera { pose: saved.body.pose(), intrinsics: self.intrinsics };
        let truth = built.scene.render(&camera, self.quality, Exposure::Scene);
        let sounds = Vec::new();
        let world = World { built, own, marks, saved, sounds, truth, flow: None };
        self.world = Some(world);
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
    let conditions = Conditions::from(scene);
    conditions.validate().map_err(|error| match error {
        WorldError::InvalidEvent { field, problem } => {
            WorldError::InvalidSeed(format!("{field}: {problem}"))
        }
        other => other,
    })?;
    Ok(BuiltScene::new(&SceneOptions {
        kind,
        seed: scene.seed,
        conditions,
        roam: true,
        photos: Arc::from([]),
    }))
}

/// A task in a scene that was built for it.
fn choose(
    kind: TaskKind,
    seed: &Seed,
    scene: &SceneSeed,
    built: &BuiltScene,
    start: &Pose,
) -> Result<Task, WorldError> {
    let wanted = kind.scene().name();
    if scene.name != wanted {
        let problem = format!("task {}: takes place in scene `{wanted}`", kind.name());
        return Err(WorldError::InvalidSeed(problem));
    }
    if seed.embodiment != kind.embodiment() {
        let body = kind.embodiment();
        let problem = format!("embodiment: task {} is for a {body:?}", kind.name());
        return Err(WorldError::InvalidSeed(problem));
    }
    Task::choose(kind, &built.scene, &built.sites(), start, scene.seed)
        .map_err(|problem| WorldError::InvalidSeed(format!("task: {problem}")))
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
        let mut built = build(scene)?;
        let start = seed.start.unwrap_or_else(|| built.start());
        let task = self.task.map(|kind| choose(kind, seed, scene, &built, &start)).transpose()?;
        let saved = Saved {
            scene: scene.clone(),
            conditions: built.scene.conditions(),
            before: Vec::new(),
            body: EmbodimentState::new(seed.embodiment, start),
            tick: 0,
            placed: Vec::new(),
            stride_m: 0.0,
            living: built.living.as_ref().map(|living| living.save()),
            task,
        };
        let marks = Marks::new(&mut built.scene);
        let own = Own::of(&built.scene);
        settle(&mut built, own, &marks, &saved).map_err(WorldError::Failed)?;
        self.enter(built, own, marks, saved);
        self.observation()
    }

    fn step(&mut self, action: &Action) -> Result<Observation, WorldError> {
        self.pass(action)?;
        let world = self.world.as_mut().ok_or(WorldError::NotBegun)?;
        let camera = Camera { pose: world.saved.body.pose(), intrinsics: self.intrinsics };
        let scene = &world.built.scene;
        world.flow = Some(scene.forward_flow(&world.truth, &camera));
        world.truth = scene.render(&camera, self.quality, Exposure::Scene);
        self.observation()
    }

    fn apply(&mut self, event: &WorldEvent) -> Result<(), WorldError> {
        event.validate()?;
        let world = self.world.as_mut().ok_or(WorldError::NotBegun)?;
        let invalid = |field, problem| Err(WorldError::InvalidEvent { field, problem });
        match event {
            WorldEvent::Weather { .. }
            | WorldEvent::TimeOfDay { .. }
            | WorldEvent::Season { .. } => {
                let Saved { conditions, before, .. } = &mut world.saved;
                if before.len() >= MAX_BEFORE {
                    before.remove(0);
                }
                before.push(*conditions);
                *conditions = conditions.after(event);
                world.built.scene.set_conditions(*conditions);
            }
            WorldEvent::Undo => {
                if let Some(before) = world.saved.before.pop() {
                    world.saved.conditions = before;
                    world.built.scene.set_conditions(before);
                }
            }
            WorldEvent::Text { .. } => {
                return Err(WorldError::Unsupported {
                    model: NAME.to_owned(),
                    what: "text events".to_owned(),
                });
            }
            WorldEvent::Place { id, class, position, rotation, size, colour } => {
                if ProxyKind::from_name(class).is_none() {
                    let valid = ProxyKind::ALL.map(ProxyKind::name).join(", ");
                    let class: String = class.chars().take(60).collect();
                    return invalid("class", format!("unknown class `{class}` (valid: {valid})"));
                }
                let before = world.saved.placed.iter().position(|p| p.id == *id);
                if before.is_none() && world.saved.placed.len() >= MAX_PLACED {
                    return invalid("id", format!("{MAX_PLACED} objects are placed already"));
                }
                let placed = Placed {
                    id: *id,
                    class: class.clone(),
                    position: *position,
                    rotation: *rotation,
                    size: *size,
                    colour: *colour,
                };
                match before {
                    Some(at) => world.saved.placed[at] = placed,
                    None => world.saved.placed.push(placed),
                }
                place(&mut world.built.scene, world.own, &world.saved.placed);
            }
            WorldEvent::Remove { id } => {
                let Some(at) = world.saved.placed.iter().position(|p| p.id == *id) else {
                    return invalid("id", format!("{id} is not placed"));
                };
                world.saved.placed.remove(at);
                place(&mut world.built.scene, world.own, &world.saved.placed);
            }
        }
        Ok(())
    }

    fn light(&self) -> Option<SceneLight> {
        let world = self.world.as_ref()?;
        Some(world.built.scene.light_at(world.saved.body.position))
    }

    fn conditions(&self) -> Option<Conditions> {
        self.world.as_ref().map(|world| world.saved.conditions)
    }

    fn save(&self) -> Result<Snapshot, WorldError> {
        let world = self.world.as_ref().ok_or(WorldError::NotBegun)?;
        let living = world.built.living.as_ref().map(|living| living.save());
        let saved = Saved { living, ..world.saved.clone() };
        let state = serde_json::to_vec(&saved).map_err(|e| WorldError::Failed(e.to_string()))?;
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
        // The same scene need not be built twice.
        if let Some(world) = self.world.as_mut().filter(|world| world.saved.scene == saved.scene) {
            let World { built, own, marks, .. } = world;
            settle(built, *own, marks, &saved).map_err(invalid)?;
            let camera = Camera { pose: saved.body.pose(), intrinsics: self.intrinsics };
            world.truth = world.built.scene.render(&camera, self.quality, Exposure::Scene);
            world.flow = None;
            world.sounds.clear();
            world.saved = saved;
            return Ok(());
        }
        let mut built = build(&saved.scene).map_err(|e| invalid(e.to_string()))?;
        let marks = Marks::new(&mut built.scene);
        let own = Own::of(&built.scene);
        settle(&mut built, own, &marks, &saved).map_err(invalid)?;
        self.enter(built, own, marks, saved);
        Ok(())
    }
}
