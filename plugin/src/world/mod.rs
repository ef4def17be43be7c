//! Worlds: starting them, ticking their models and taking the answers.

mod commands;

use crate::{
    ReverieSettings, ReverieSystems,
    events::{
        CoverageLow, ModelFailed, PaintingFailed, ReplayFinished, WorldChanged, WorldSaved,
        WorldStarted,
    },
    figures::ViewMeters,
    input::FrameInput,
    log::WorldLog,
    models::{ModelOptions, Moment, WeatherNow, WorldModels},
    motion::{Motion, Tick},
    preset::FollowPreset,
    prompt::PromptReading,
    view::{
        Embodiment, WorldAmbience, WorldCamera, WorldClock, WorldConditions, WorldFigures,
        WorldPainting, WorldSeed, WorldStatus, WorldView, found,
    },
    worker::{ModelThread, Report, Request, Start},
};
use bevy::{asset::io::file::FileAssetReader, prelude::*};
use reverie_spatial::{
    Memory, PaintMarker,
    objects::{Objects, Surroundings},
};
use reverie_world_model::{Intrinsics, RayHit, SceneLight, SpatialQuery};
use std::{path::PathBuf, sync::Arc, time::Instant};

/// Size of the pictures a model makes when no viewport is known yet, pixels.
const FALLBACK_SIZE: UVec2 = UVec2::new(1280, 720);
/// Clock rates that are accepted, ticks per second.
const TICK_HZ: std::ops::RangeInclusive<f32> = 0.1..=240.0;

/// Everything about a view that is not for game code. Public only because required components are.
#[derive(Component, Default)]
pub struct ViewRuntime {
    /// What the player does in this frame.
    pub(crate) input: FrameInput,
    pub(crate) worker: Option<ModelThread>,
    /// The number of the newest start that was asked for; answers to older ones are dropped.
    serial: u64,
    /// The number of the world that runs.
    running: u64,
    /// The newest memory and the camera of its first picture.
    pub(crate) world: Option<LiveWorld>,
    pub(crate) meters: ViewMeters,
    /// Ticks sent and not answered yet.
    in_flight: u64,
    stop: Option<Stop>,
    coverage_was_low: bool,
    replay: Option<Replay>,
}

/// A log that is being played.
struct Replay {
    log: Arc<WorldLog>,
    /// Events of the log that were sent.
    events: usize,
}

/// Ticks of a replay that may be under way: the model has to take every single one.
const REPLAY_IN_FLIGHT: u64 = 4;

/// What failed last, and so what a retry has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// A start; the world before it runs on. A retry starts again.
    Start,
    /// A tick. A retry ticks on.
    Tick,
    /// The thread ended. A retry starts the world from its seed.
    Thread,
}

/// A running world as the main thread knows it.
pub(crate) struct LiveWorld {
    /// The seed it started from, in words; the view may ask for another one already.
    pub seed: String,
    /// The model that generates it.
    pub model: String,
    /// What was made of the sentence, if it started from one.
    pub reading: Option<PromptReading>,
    pub memory: Memory,
    /// The memory in the colours of the conditions.
    pub coloured: Memory,
    pub weather: WeatherNow,
    /// The model takes changes of weather, hour and season.
    pub follows_conditions: bool,
    /// Time of the world when it began or was restored, seconds.
    pub began_secs: f64,
    /// What stands in it, where it is to be drawn now; see [`crate::proxies`].
    pub objects: Objects,
    /// The revision of the model's own list that `objects` comes from.
    pub objects_of: u64,
    /// What an event made of them since the last tick. A running world shows it with its next tick,
    /// at the same frame in every run; one that stands still at once.
    changed: Option<Objects>,
    pub intrinsics: Intrinsics,
    pub motion: Motion,
    pub coverage: f32,
    pub painting: WorldPainting,
    /// The light, where the model knows it.
    pub light: Option<SceneLight>,
    marker: PaintMarker,
    /// The memory with its painted parts tinted, while somebody wants to see that.
    marked: Option<Memory>,
}

impl ViewRuntime {
    /// A world was asked for and neither runs nor has failed yet.
    pub(crate) fn is_starting(&self) -> bool {
        self.running != self.serial && self.stop.is_none()
    }

    /// The number of the start or restore that the running world came from.
    pub(crate) fn running(&self) -> u64 {
        self.running
    }

    /// A log is being played.
    pub(crate) fn replays(&self) -> bool {
        self.replay.is_some()
    }
}

impl LiveWorld {
    /// The memory as it is to be drawn.
    pub fn shown(&self) -> &Memory {
        self.marked.as_ref().unwrap_or(&self.coloured)
    }

    /// Its geometry.
    pub fn surroundings(&self) -> Surroundings<'_> {
        Surroundings { memory: &self.memory, objects: &self.objects }
    }

    fn take_objects(&mut self, objects: Objects) {
        self.changed = None;
        if self.objects_of != objects.revision() {
            self.objects_of = objects.revision();
            self.objects = objects;
        }
    }
}

impl SpatialQuery for LiveWorld {
    fn ray_cast(&self, origin: Vec3, direction: Vec3, max_distance_m: f32) -> Option<RayHit> {
        self.surroundings().ray_cast(origin, direction, max_distance_m)
    }
    fn ground_height(&self, point: Vec3) -> Option<f32> {
        self.surroundings().ground_height(point)
    }
    fn is_free(&self, centre: Vec3, radius_m: f32) -> bool {
        self.surroundings().is_free(centre, radius_m)
    }
}

/// When a frame's input was taken: the first thing the app does after the window system's events.
#[derive(Resource, Debug, Clone, Copy)]
pub(crate) struct FrameStart(pub Instant);

/// The folder that relative seeds are looked for in after the working directory.
#[derive(Resource, Debug, Clone)]
pub(crate) struct AssetFolder(pub PathBuf);

/// Worlds and their models: [`WorldView`], [`WorldClock`], messages, save and restore.
pub struct WorldPlugin;

impl Plugin for WorldPlugin {
    fn build(&self, app: &mut App) {
        let folder = app
            .get_added_plugins::<AssetPlugin>()
            .first()
            .map_or_else(|| "assets".to_owned(), |plugin| plugin.file_path.clone());
        app.insert_resource(AssetFolder(FileAssetReader::get_base_path().join(folder)))
            .insert_resource(FrameStart(Instant::now()))
            .init_resource::<WorldModels>()
            .init_resource::<ReverieSettings>()
            .register_type::<WorldView>()
            .register_type::<Embodiment>()
            .register_type::<WorldCamera>()
            .register_type::<WorldClock>()
            .register_type::<WorldStatus>()
            .register_type::<WorldFigures>()
            .register_type::<WorldAmbience>()
            .register_type::<WorldPainting>()
            .register_type::<WorldConditions>()
            .add_message::<WorldStarted>()
            .add_message::<ModelFailed>()
            .add_message::<CoverageLow>()
            .add_message::<PaintingFailed>()
            .add_message::<WorldSaved>()
            .add_message::<WorldChanged>()
            .add_message::<ReplayFinished>()
            .add_observer(commands::retry)
            .add_observer(commands::change)
            .add_observer(commands::save)
            .add_observer(commands::restore)
            .add_observer(commands::replay)
            .configure_sets(
                PreUpdate,
                (
                    ReverieSystems::Start,
                    ReverieSystems::Receive,
                    ReverieSystems::Input,
                    ReverieSystems::Tick,
                    ReverieSystems::Request,
                )
                    .chain(),
            )
            .add_plugins(crate::figures::plugin)
            .add_systems(First, note_frame_start)
            .add_systems(
                PreUpdate,
                (
                    start_worlds.in_set(ReverieSystems::Start),
                    receive.in_set(ReverieSystems::Receive),
                    tick.in_set(ReverieSystems::Tick),
                    mark_painted.after(ReverieSystems::Tick).before(ReverieSystems::Request),
                ),
            );
    }
}

fn note_frame_start(mut start: ResMut<FrameStart>) {
    start.0 = Instant::now();
}

type Startable = (
    Entity,
    &'static WorldView,
    &'static Embodiment,
    Has<FollowPreset>,
    &'static mut ViewRuntime,
    &'static mut WorldStatus,
);

type StartedAnew = Or<(Changed<WorldView>, Changed<Embodiment>)>;

fn start_worlds(
    mut views: Query<Startable, StartedAnew>,
    cameras: Query<(&WorldCamera, &Camera)>,
    models: Res<WorldModels>,
    folder: Res<AssetFolder>,
    settings: Res<ReverieSettings>,
) {
    for (entity, view, embodiment, follows_preset, mut runtime, mut status) in &mut views {
        // The preset has not loaded yet; it will change the view.
        if follows_preset && view.seed == WorldSeed::default() {
            continue;
        }
        let viewport = cameras
            .iter()
            .find(|(camera, _)| camera.view.is_none_or(|shown| shown == entity))
            .and_then(|(_, camera)| camera.physical_viewport_size());
        let size = view.size.or(viewport).unwrap_or(FALLBACK_SIZE).max(UVec2::ONE);
        runtime.replay = None;
        let start = Start {
            seed: view.seed.clone(),
            rng_seed: view.rng_seed,
            embodiment: *embodiment,
            model: view.model_name().to_owned(),
            models: models.clone(),
            options: ModelOptions {
                width: size.x,
                height: size.y,
                painting: view.painting,
                lockstep: settings.lockstep,
                weights: view.weights.as_deref().map(|path| found(path, &folder.0)),
            },
            asset_folder: folder.0.clone(),
            replay: None,
        };
        begin(&mut runtime, &mut status, start);
    }
}

/// Has a world started on the view's thread.
fn begin(runtime: &mut ViewRuntime, status: &mut Mut<WorldStatus>, start: Start) {
    if runtime.worker.is_none() {
        match ModelThread::spawn() {
            Ok(worker) => runtime.worker = Some(worker),
            Err(error) => {
                runtime.stop = Some(Stop::Start);
                status.set_if_neq(WorldStatus::Failed(error.to_string()));
                return;
            }
        }
    }
    runtime.serial += 1;
    runtime.stop = None;
    let serial = runtime.serial;
    if let Some(worker) = &mut runtime.worker {
        worker.send(Request::Begin(serial, Box::new(start)));
    }
}

type Receiving = (
    Entity,
    &'static WorldView,
    &'static Embodiment,
    &'static mut ViewRuntime,
    &'static mut WorldClock,
    &'static mut WorldStatus,
    &'static mut WorldAmbience,
    &'static mut WorldConditions,
);

/// The messages that reports turn into.
#[derive(bevy::ecs::system::SystemParam)]
struct Told<'w> {
    started: MessageWriter<'w, WorldStarted>,
    failed: MessageWriter<'w, ModelFailed>,
    coverage: MessageWriter<'w, CoverageLow>,
    painting: MessageWriter<'w, PaintingFailed>,
    saved: MessageWriter<'w, WorldSaved>,
    changed: MessageWriter<'w, WorldChanged>,
}

fn receive(mut views: Query<Receiving>, settings: Res<ReverieSettings>, mut told: Told) {
    for view in &mut views {
        let (
            entity,
            view,
            embodiment,
            mut runtime,
            mut clock,
            mut status,
            mut light,
            mut conditions,
        ) = view;
        let runtime = &mut *runtime;
        loop {
            let starting = runtime.is_starting();
            let Some(worker) = &mut runtime.worker else { break };
            worker.flush();
            // In lockstep every answer is there before the frame goes on.
            let awaited = settings.lockstep && (runtime.in_flight > 0 || starting);
            let Some(report) = worker.report(awaited) else { break };
            match report {
                Report::Began { serial, moment, tick_hz, follows_conditions, reading }
                    if serial == runtime.serial =>
                {
                    let Moment {
                        pose, intrinsics, coverage, memory, shown, objects, weather, ..
                    } = *moment;
                    let motion = Motion::new((*embodiment).into(), pose);
                    *light = WorldAmbience::of(&shown);
                    conditions.set_if_neq(WorldConditions::of(&weather));
                    let (seed, model) = (view.seed.to_string(), view.model_name().to_owned());
                    told.started.write(WorldStarted {
                        view: entity,
                        seed: seed.clone(),
                        model: model.clone(),
                        reading: reading.clone(),
                    });
                    runtime.world = Some(LiveWorld {
                        seed,
                        model,
                        reading,
                        memory,
                        coloured: shown,
                        began_secs: weather.secs,
                        follows_conditions,
                        weather,
                        objects_of: objects.revision(),
                        changed: None,
                        objects,
                        intrinsics,
                        motion,
                        coverage,
                        painting: moment.painting,
                        light: moment.light,
                        marker: PaintMarker::default(),
                        marked: None,
                    });
                    runtime.running = serial;
                    runtime.in_flight = 0;
                    runtime.stop = None;
                    runtime.meters.restart();
                    clock.tick = 0;
                    if tick_hz.is_finite() && TICK_HZ.contains(&tick_hz) {
                        clock.tick_hz = tick_hz;
                    }
                    status.set_if_neq(WorldStatus::Running);
                }
                Report::BeginFailed { serial, error } if serial == runtime.serial => {
                    runtime.replay = None;
                    runtime.stop = Some(Stop::Start);
                    let still_running = runtime.world.is_some();
                    status.set_if_neq(WorldStatus::Failed(error.clone()));
                    told.failed.write(ModelFailed { view: entity, error, still_running });
                }
                Report::Stepped { serial, number, moment } if serial == runtime.running => {
                    runtime.in_flight = runtime.in_flight.min(clock.tick.saturating_sub(number));
                    runtime.meters.model.mark();
                    let Some(world) = &mut runtime.world else { continue };
                    world.motion.confirm(number, &moment.pose);
                    world.memory = moment.memory;
                    world.coloured = moment.shown;
                    conditions.set_if_neq(WorldConditions::of(&moment.weather));
                    if moment.weather.error != world.weather.error
                        && let Some(error) = &moment.weather.error
                    {
                        warn!("{error}");
                        let error = format!("event: {error}");
                        told.failed.write(ModelFailed { view: entity, error, still_running: true });
                    }
                    world.weather = moment.weather;
                    world.take_objects(moment.objects);
                    world.coverage = moment.coverage;
                    world.light = moment.light;
                    let error = moment.painting.error.clone();
                    if error != world.painting.error
                        && let Some(error) = error
                    {
                        warn!("{error}");
                        told.painting.write(PaintingFailed { view: entity, error });
                    }
                    world.painting = moment.painting;
                    let low = moment.coverage < settings.low_coverage;
                    if low && !runtime.coverage_was_low {
                        told.coverage
                            .write(CoverageLow { view: entity, coverage: moment.coverage });
                    }
                    runtime.coverage_was_low = low;
                }
                Report::StepFailed { serial, number, error } if serial == runtime.running => {
                    runtime.in_flight = runtime.in_flight.min(clock.tick.saturating_sub(number));
                    runtime.stop = Some(Stop::Tick);
                    if status.set_if_neq(WorldStatus::Failed(error.clone())) {
                        told.failed.write(ModelFailed {
                            view: entity,
                            error,
                            still_running: false,
                        });
                    }
                }
                Report::Ended(error) => {
                    runtime.worker = None;
                    runtime.in_flight = 0;
                    runtime.stop = Some(Stop::Thread);
                    status.set_if_neq(WorldStatus::Failed(error.clone()));
                    told.failed.write(ModelFailed { view: entity, error, still_running: false });
                }
                Report::Changed { serial, event, objects } => {
                    if let Some(world) = &mut runtime.world
                        && serial == runtime.running
                        && objects.is_some()
                    {
                        world.changed = objects;
                    }
                    told.changed.write(WorldChanged { view: entity, event });
                }
                Report::Refused { what, error } => {
                    let error = format!("{what}: {error}");
                    told.failed.write(ModelFailed { view: entity, error, still_running: true });
                }
                Report::RestoreFailed { serial, error } => {
                    if serial == runtime.serial {
                        runtime.replay = None;
                        runtime.serial = runtime.running;
                    }
                    let error = format!("restore: {error}");
                    told.failed.write(ModelFailed { view: entity, error, still_running: true });
                }
                Report::Saved(snapshot, log) => {
                    told.saved.write(WorldSaved { view: entity, snapshot, log });
                }
                // Answers of a world that has been replaced meanwhile.
                Report::Began { .. }
                | Report::BeginFailed { .. }
                | Report::Stepped { .. }
                | Report::StepFailed { .. } => {}
            }
        }
    }
}

fn tick(
    time: Res<Time>,
    mut views: Query<(Entity, &mut ViewRuntime, &mut WorldClock), With<WorldView>>,
    mut finished: MessageWriter<ReplayFinished>,
) {
    for (entity, mut runtime, mut clock) in &mut views {
        let runtime = &mut *runtime;
        let stopped = matches!(runtime.stop, Some(Stop::Tick | Stop::Thread));
        let Some(world) = &mut runtime.world else { continue };
        if clock.paused || stopped {
            if let Some(objects) = world.changed.take() {
                world.take_objects(objects);
            }
            continue;
        }
        let tick_hz = clock.tick_hz;
        let tick_hz = if tick_hz.is_finite() { tick_hz } else { 24.0 };
        let tick_secs = tick_hz.clamp(*TICK_HZ.start(), *TICK_HZ.end()).recip();
        let (running, worker) = (runtime.running, &mut runtime.worker);
        if let Some(replay) = &mut runtime.replay {
            // Of the world before it nothing more is asked.
            if running != runtime.serial {
                continue;
            }
            let Some(worker) = worker else { continue };
            if play(replay, world, worker, running, time.delta_secs(), tick_secs, || {
                let before = runtime.in_flight;
                runtime.in_flight += u64::from(before < REPLAY_IN_FLIGHT);
                before < REPLAY_IN_FLIGHT
            }) {
                clock.set_if_neq(WorldClock {
                    tick: world.motion.next_number() - 1,
                    ..clock.clone()
                });
            } else if runtime.in_flight == 0 {
                worker.send(Request::GoLive);
                runtime.replay = None;
                clock.paused = true;
                finished.write(ReplayFinished { view: entity });
            }
            continue;
        }
        let mut last = clock.tick;
        let LiveWorld { memory, objects, motion, .. } = world;
        let around = Surroundings { memory, objects };
        motion.advance(&runtime.input, time.delta_secs(), tick_secs, &around, |tick| {
            last = tick.number;
            if let Some(worker) = worker {
                worker.send(Request::Step(running, tick));
            }
        });
        runtime.in_flight += last - clock.tick;
        if clock.tick != last {
            clock.tick = last;
        }
    }
}

/// Sends the ticks of a log that end within a frame, as far as `may_send` lets them; `false` when
/// all have been sent.
fn play(
    replay: &mut Replay,
    world: &mut LiveWorld,
    worker: &mut ModelThread,
    running: u64,
    frame_secs: f32,
    tick_secs: f32,
    mut may_send: impl FnMut() -> bool,
) -> bool {
    let mut left_secs = frame_secs.min(0.25);
    loop {
        let number = world.motion.next_number();
        let sent = number - 1;
        // Also those after the last tick.
        while let Some((_, event)) =
            replay.log.events.get(replay.events).filter(|(before, _)| *before <= sent)
        {
            worker.send(Request::Change(event.clone()));
            replay.events += 1;
        }
        let Some(action) = replay.log.ticks.get(sent as usize).copied() else { return false };
        let part_secs = left_secs.min(world.motion.until_tick_secs(tick_secs));
        if part_secs >= world.motion.until_tick_secs(tick_secs) * 0.9999 && !may_send() {
            return true;
        }
        let input = FrameInput {
            move_mps: action.move_mps,
            turn_rps: action.look_rps,
            interact: action.interact,
            ..FrameInput::default()
        };
        let LiveWorld { memory, objects, motion, .. } = &mut *world;
        let around = Surroundings { memory, objects };
        motion.advance(&input, part_secs, tick_secs, &around, |tick| {
            worker.send(Request::Step(running, Tick { action, exact: true, ..tick }));
        });
        left_secs -= part_secs;
        if left_secs <= 0.0 {
            return true;
        }
    }
}

fn mark_painted(mut views: Query<&mut ViewRuntime>, settings: Res<ReverieSettings>) {
    for mut runtime in &mut views {
        let Some(world) = &mut runtime.world else { continue };
        if settings.mark_painted {
            world.marked = Some(world.marker.mark(&world.coloured).clone());
        } else if world.marked.take().is_some() {
            world.marker.clear();
        }
    }
}
