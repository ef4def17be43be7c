//! Models that fail, panic or hang.

use super::{Game, seed};
use bevy::prelude::*;
use bevy_reverie::{
    leafwing_input_manager::prelude::Buttonlike,
    prelude::*,
    spatial::{SpatialConfig, SpatialModel},
    world_model::{Action, ModelSpec, Observation, Seed, Snapshot, WorldError, WorldModel},
};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
    mpsc,
};

/// The embedded model with mishaps.
struct Moody {
    inner: SpatialModel,
    mood: Arc<Mood>,
}

#[derive(Default)]
struct Mood {
    /// Steps that were taken.
    steps: AtomicU32,
    /// The steps with these numbers fail.
    fails: Mutex<Vec<u32>>,
    /// The step with this number panics.
    panics: AtomicU32,
    /// Each step waits for a word from here.
    gate: Mutex<Option<mpsc::Receiver<()>>>,
}

impl WorldModel for Moody {
    fn spec(&self) -> &ModelSpec {
        self.inner.spec()
    }
    fn begin(&mut self, seed: &Seed) -> Result<Observation, WorldError> {
        self.inner.begin(seed)
    }
    fn step(&mut self, action: &Action) -> Result<Observation, WorldError> {
        if let Some(gate) = &*self.mood.gate.lock().expect("unpoisoned") {
            // A gate that is gone is open.
            let _ = gate.recv();
        }
        let step = self.mood.steps.fetch_add(1, Ordering::SeqCst) + 1;
        if self.mood.fails.lock().expect("unpoisoned").contains(&step) {
            return Err(WorldError::Failed(format!("step {step} went wrong")));
        }
        assert_ne!(step, self.mood.panics.load(Ordering::SeqCst), "this step panics");
        self.inner.step(action)
    }
    fn apply(&mut self, event: &WorldEvent) -> Result<(), WorldError> {
        self.inner.apply(event)
    }
    fn save(&self) -> Result<Snapshot, WorldError> {
        self.inner.save()
    }
    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), WorldError> {
        self.inner.restore(snapshot)
    }
}

fn moody_game() -> (Game, Arc<Mood>) {
    let mood = Arc::new(Mood::default());
    let shared = Arc::clone(&mood);
    let view = (WorldView::new(seed()).without_painting().with_model("moody"), Embodiment::Free);
    let mut game = Game::new(view, None, move |app| {
        app.world_mut().resource_mut::<WorldModels>().register("moody", move |options| {
            let config = SpatialConfig {
                width: options.width,
                height: options.height,
                painting: None,
                ..SpatialConfig::default()
            };
            let inner = SpatialModel::new(config)?;
            Ok(Box::new(Moody { inner, mood: Arc::clone(&shared) }))
        });
    });
    game.wait("a start", |game| game.status() == WorldStatus::Running);
    (game, mood)
}

#[test]
fn a_failed_tick_is_told_and_a_retry_goes_on() {
    let (mut game, mood) = moody_game();
    let good = game.picture();
    let next = mood.steps.load(Ordering::SeqCst) + 1;
    *mood.fails.lock().expect("unpoisoned") = vec![next];
    game.wait("the failure", |game| matches!(game.status(), WorldStatus::Failed(_)));
    let told = game.messages::<ModelFailed>();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].error, format!("model failed: step {next} went wrong"));
    assert!(!told[0].still_running);
    let ticks = game.get::<WorldClock>().tick;
    assert_eq!(game.picture(), good, "the last frame stays");
    assert_eq!(game.get::<WorldClock>().tick, ticks, "the clock waits");

    let entity = game.view;
    game.app.world_mut().trigger(RetryWorld { entity });
    game.step(8);
    assert_eq!(game.status(), WorldStatus::Running);
    assert!(game.get::<WorldClock>().tick > ticks);
}

#[test]
fn a_panicking_model_can_be_started_again() {
    let (mut game, mood) = moody_game();
    mood.panics.store(mood.steps.load(Ordering::SeqCst) + 1, Ordering::SeqCst);
    game.wait("the failure", |game| matches!(game.status(), WorldStatus::Failed(_)));
    let told = game.messages::<ModelFailed>();
    assert!(told[0].error.contains("this step panics"), "{told:?}");
    mood.panics.store(0, Ordering::SeqCst);
    let entity = game.view;
    game.app.world_mut().trigger(RetryWorld { entity });
    game.wait("a new start", |game| game.status() == WorldStatus::Running);
    assert_eq!(game.messages::<WorldStarted>().len(), 1);
}

#[test]
fn frames_do_not_wait_for_a_model_that_hangs() {
    let (mut game, mood) = moody_game();
    let (open, gate) = mpsc::channel();
    *mood.gate.lock().expect("unpoisoned") = Some(gate);
    game.app.world_mut().resource_mut::<ReverieSettings>().lockstep = false;
    let steps = mood.steps.load(Ordering::SeqCst);
    KeyCode::KeyW.press(game.app.world_mut());
    // The model answers nothing, and still these frames come, and the player walks in them.
    game.step(24);
    KeyCode::KeyW.release(game.app.world_mut());
    game.wait("the pictures", |game| game.get::<Transform>().translation.z < -1.0);
    assert!(mood.steps.load(Ordering::SeqCst) <= steps + 1);
    let ticks = game.get::<WorldClock>().tick;
    drop(open);
    // Ticks that found no room were merged: fewer steps, and the same way.
    game.wait("the model", |_| mood.steps.load(Ordering::SeqCst) >= steps + 3);
    game.step(24);
    assert!(u64::from(mood.steps.load(Ordering::SeqCst)) < ticks + 24);
    let walked_m = -game.get::<Transform>().translation.z;
    let speed_mps = WorldControls::default().speed_mps;
    assert!((walked_m - speed_mps).abs() < 0.2, "walked {walked_m} m in a second");
}
