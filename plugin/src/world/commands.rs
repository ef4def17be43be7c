//! What a game asks of a world that runs.

use super::{AssetFolder, Replay, Stop, ViewRuntime, begin};
use crate::{
    ReverieSettings,
    events::{ChangeWorld, ReplayWorld, RestoreWorld, RetryWorld, SaveWorld},
    log::LogStart,
    models::{ModelOptions, WorldModels},
    view::{Embodiment, WorldClock, WorldStatus, WorldView, found},
    worker::{Request, Resume, Start},
};
use bevy::prelude::*;
use std::sync::Arc;

pub(super) fn retry(
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

pub(super) fn change(change: On<ChangeWorld>, mut views: Query<&mut ViewRuntime>) {
    if let Ok(mut runtime) = views.get_mut(change.entity)
        && let Some(worker) = &mut runtime.worker
    {
        worker.send(Request::Change(change.event.clone()));
    }
}

pub(super) fn save(save: On<SaveWorld>, mut views: Query<&mut ViewRuntime>) {
    if let Ok(mut runtime) = views.get_mut(save.entity)
        && let Some(worker) = &mut runtime.worker
    {
        worker.send(Request::Save);
    }
}

pub(super) fn restore(
    restore: On<RestoreWorld>,
    mut views: Query<(&Embodiment, &mut ViewRuntime)>,
) {
    let Ok((embodiment, mut runtime)) = views.get_mut(restore.entity) else { return };
    let state = Arc::clone(&restore.snapshot);
    resume(&mut runtime, Resume { state, embodiment: *embodiment, replay: None });
}

fn resume(runtime: &mut ViewRuntime, resume: Resume) {
    runtime.replay = None;
    runtime.serial += 1;
    let serial = runtime.serial;
    if let Some(worker) = &mut runtime.worker {
        worker.send(Request::Restore(serial, Box::new(resume)));
    }
}

type Replayed = (
    &'static mut WorldView,
    &'static mut Embodiment,
    &'static mut WorldClock,
    &'static mut ViewRuntime,
    &'static mut WorldStatus,
);

pub(super) fn replay(
    replay: On<ReplayWorld>,
    mut views: Query<Replayed>,
    models: Res<WorldModels>,
    folder: Res<AssetFolder>,
    settings: Res<ReverieSettings>,
) {
    let Ok((mut view, mut embodied, mut clock, mut runtime, mut status)) =
        views.get_mut(replay.entity)
    else {
        return;
    };
    let log = &replay.log;
    match log.start.clone() {
        LogStart::Seed { seed, rng_seed, embodiment } => {
            // The view says what runs; it does not start it once more.
            let view = view.bypass_change_detection();
            (view.seed, view.rng_seed, view.model) = (seed.clone(), rng_seed, log.model.clone());
            (view.size, view.painting) = (Some(log.size), log.painting.is_some());
            *embodied.bypass_change_detection() = embodiment;
            let start = Start {
                seed,
                rng_seed,
                embodiment,
                model: log.model.clone(),
                models: models.clone(),
                options: ModelOptions {
                    width: log.size.x,
                    height: log.size.y,
                    painting: log.painting.is_some(),
                    lockstep: settings.lockstep,
                    weights: view.weights.as_deref().map(|path| found(path, &folder.0)),
                },
                asset_folder: folder.0.clone(),
                replay: Some(log.times()),
            };
            begin(&mut runtime, &mut status, start);
        }
        LogStart::Snapshot { state, embodiment } => {
            *embodied.bypass_change_detection() = embodiment;
            resume(&mut runtime, Resume { state, embodiment, replay: Some(log.times()) });
        }
    }
    clock.paused = false;
    runtime.replay = Some(Replay { log: Arc::clone(log), events: 0 });
}
