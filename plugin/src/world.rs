//! Worlds: starting them, ticking their models and taking the answers.

use crate::{
    ReverieSettings, ReverieSystems,
    figures::ViewMeters,
    input::FrameInput,
    models::{ModelOptions, Moment, WorldModels},
    motion::Motion,
    preset::FollowPreset,
    view::{
        ChangeWorld, CoverageLow, Embodiment, ModelFailed, RestoreWorld, RetryWorld, SaveWorld,
        WorldAmbience, WorldCamera, WorldClock, WorldFigures, WorldSaved, WorldSeed, WorldStarted,
        WorldStatus, WorldView,
    },
    worker::{ModelThread, Report, Request, Start},
};
use bevy::{asset::io::file::FileAssetReader, prelude::*};
use reverie_spatial::Memory;
use reverie_world_model::Intrinsics;
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
}

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
    pub memory: Memory,
    pub intrinsics: Intrinsics,
    pub motion: Motion,
    pub coverage: f32,
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
            .add_message::<WorldStarted>()
            .add_message::<ModelFailed>()
            .add_message::<CoverageLow>()
            .add_message::<WorldSaved>()
            .add_observer(retry)
            .add_observer(change)
            .add_observer(save)
            .add_observer(restore)
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
        if runtime.worker.is_none() {
            match ModelThread::spawn() {
                Ok(worker) => runtime.worker = Some(worker),
                Err(error) => {
                    runtime.stop = Some(Stop::Start);
                    status.set_if_neq(WorldStatus::Failed(error.to_string()));
                    continue;
                }
            }
        }
        runtime.serial += 1;
        runtime.stop = None;
        let start = Start {
            seed: view.seed.clone(),
            rng_seed: view.rng_seed,
            embodiment: (*embodiment).into(),
            model: view.model_name().to_owned(),
            models: models.clone(),
            options: ModelOptions { width: size.x, height: size.y, painting: view.painting },
            asset_folder: folder.0.clone(),
        };
        let serial = runtime.serial;
        if let Some(worker) = &mut runtime.worker {
            worker.send(Request::Begin(serial, Box::new(start)));
        }
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
);

/// The messages that reports turn into.
#[derive(bevy::ecs::system::SystemParam)]
struct Told<'w> {
    started: MessageWriter<'w, WorldStarted>,
    failed: MessageWriter<'w, ModelFailed>,
    coverage: MessageWriter<'w, CoverageLow>,
    saved: MessageWriter<'w, WorldSaved>,
}

fn receive(mut views: Query<Receiving>, settings: Res<ReverieSettings>, mut told: Told) {
    for (entity, view, embodiment, mut runtime, mut clock, mut status, mut light) in &mut views {
        let runtime = &mut *runtime;
        while let Some(worker) = &mut runtime.worker {
            worker.flush();
            // In lockstep every answer is there before the frame goes on.
            let starting = runtime.running != runtime.serial && runtime.stop.is_none();
            let awaited = settings.lockstep && (runtime.in_flight > 0 || starting);
            let Some(report) = worker.report(awaited) else { break };
            match report {
                Report::Began { serial, moment, tick_hz } if serial == runtime.serial => {
                    let Moment { pose, intrinsics, coverage, memory } = *moment;
                    let motion = Motion::new((*embodiment).into(), pose);
                    *light = WorldAmbience::of(&memory);
                    let (seed, model) = (view.seed.to_string(), view.model_name().to_owned());
                    told.started.write(WorldStarted {
                        view: entity,
                        seed: seed.clone(),
                        model: model.clone(),
                    });
                    runtime.world =
                        Some(LiveWorld { seed, model, memory, intrinsics, motion, coverage });
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
                    world.coverage = moment.coverage;
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
                Report::Refused { what, error } => {
                    let error = format!("{what}: {error}");
                    told.failed.write(ModelFailed { view: entity, error, still_running: true });
                }
                Report::RestoreFailed { serial, error } => {
                    if serial == runtime.serial {
                        runtime.serial = runtime.running;
                    }
                    let error = format!("restore: {error}");
                    told.failed.write(ModelFailed { view: entity, error, still_running: true });
                }
                Report::Saved(snapshot) => {
                    told.saved.write(WorldSaved { view: entity, snapshot });
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

fn tick(time: Res<Time>, mut views: Query<(&mut ViewRuntime, &mut WorldClock), With<WorldView>>) {
    for (mut runtime, mut clock) in &mut views {
        let runtime = &mut *runtime;
        let stopped = matches!(runtime.stop, Some(Stop::Tick | Stop::Thread));
        let Some(world) = &mut runtime.world else { continue };
        if clock.paused || stopped {
            continue;
        }
        let tick_hz = clock.tick_hz;
        let tick_hz = if tick_hz.is_finite() { tick_hz } else { 24.0 };
        let tick_secs = tick_hz.clamp(*TICK_HZ.start(), *TICK_HZ.end()).recip();
        let (running, worker) = (runtime.running, &mut runtime.worker);
        let mut last = clock.tick;
        world.motion.advance(&runtime.input, time.delta_secs(), tick_secs, &world.memory, |tick| {
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

fn retry(
    retry: On<RetryWorld>,
    mut views: Query<(&mut WorldView, &mut ViewRuntime, &mut WorldStatus)>,
) {
    let Ok((mut view, mut runtime, mut status)) = views.get_mut(retry.entity) else { return };
    match runtime.stop.take() {
        None => return,
        Some(Stop::Tick) => {}
        Some(Stop::Start | Stop::Thread) => view.set_changed(),
    }
    *status = match runtime.world {
        Some(_) => WorldStatus::Running,
        None => WorldStatus::Starting,
    };
}

fn change(change: On<ChangeWorld>, mut views: Query<&mut ViewRuntime>) {
    if let Ok(mut runtime) = views.get_mut(change.entity)
        && let Some(worker) = &mut runtime.worker
    {
        worker.send(Request::Change(change.event.clone()));
    }
}

fn save(save: On<SaveWorld>, mut views: Query<&mut ViewRuntime>) {
    if let Ok(mut runtime) = views.get_mut(save.entity)
        && let Some(worker) = &mut runtime.worker
    {
        worker.send(Request::Save);
    }
}

fn restore(restore: On<RestoreWorld>, mut views: Query<&mut ViewRuntime>) {
    let Ok(mut runtime) = views.get_mut(restore.entity) else { return };
    runtime.serial += 1;
    let serial = runtime.serial;
    if let Some(worker) = &mut runtime.worker {
        worker.send(Request::Restore(serial, Arc::clone(&restore.snapshot)));
    }
}
