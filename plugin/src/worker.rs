//! The thread a world's model runs on, and the bounded channels to it.
//!
//! The main thread never waits for it: what does not fit the queue stays in an outbox, where ticks
//! merge into one.

use crate::{
    log::{LogStart, Recording, TakenTimes, WorldLog},
    models::{LiveModel, ModelOptions, Moment, WorldModels},
    motion::{Tick, merged},
    prompt::{self, ChangeReader, PromptReading},
    view::{Embodiment, WorldSeed},
};
use bevy::math::UVec2;
use reverie_inference::{Worker, WorkerError};
use reverie_spatial::objects::Objects;
use reverie_world_model::{Seed, Snapshot, WorldEvent};
use std::{collections::VecDeque, convert::Infallible, path::PathBuf, sync::Arc, time::Duration};

/// Requests in the queue; with ticks merged beyond it, a slow model is at most this far behind.
const QUEUE: usize = 2;

/// Everything a world starts from.
#[derive(Clone)]
pub(crate) struct Start {
    pub seed: WorldSeed,
    pub rng_seed: u64,
    pub embodiment: Embodiment,
    pub model: String,
    pub models: WorldModels,
    pub options: ModelOptions,
    pub asset_folder: PathBuf,
    /// When to take what was painted, as another run of the world did.
    pub replay: Option<TakenTimes>,
}

/// A saved state to go on from.
pub(crate) struct Resume {
    pub state: Arc<Snapshot>,
    pub embodiment: Embodiment,
    /// See [`Start::replay`].
    pub replay: Option<TakenTimes>,
}

pub(crate) enum Request {
    Begin(u64, Box<Start>),
    Step(u64, Tick),
    Change(WorldEvent),
    Save,
    Restore(u64, Box<Resume>),
    /// The replay is over: from here on windows are merged when they are ready.
    GoLive,
}

pub(crate) enum Report {
    /// A world started under this serial number.
    Began {
        serial: u64,
        moment: Box<Moment>,
        tick_hz: f32,
        /// It takes changes of weather, hour and season.
        follows_conditions: bool,
        /// What was made of the sentence it started from.
        reading: Option<PromptReading>,
    },
    /// The world follows the event. These things stand in it then, which the next tick brings, too; `None` of a model that
    /// shows them in its own pictures.
    Changed {
        serial: u64,
        event: WorldEvent,
        objects: Option<Objects>,
    },
    /// The world runs on without it.
    Refused {
        what: &'static str,
        error: String,
    },
    /// The world runs on as it was; nothing begins under this number.
    RestoreFailed {
        serial: u64,
        error: String,
    },
    /// The start with this number failed.
    BeginFailed {
        serial: u64,
        error: String,
    },
    Stepped {
        serial: u64,
        number: u64,
        moment: Box<Moment>,
    },
    StepFailed {
        serial: u64,
        number: u64,
        error: String,
    },
    Saved(Snapshot, Option<Arc<WorldLog>>),
    /// The thread is gone, the model with it.
    Ended(String),
}

/// The main thread's end. Dropping it ends the thread after the call it is in.
pub(crate) struct ModelThread {
    worker: Worker<Request, Option<Report>>,
    outbox: VecDeque<Request>,
    ended: bool,
}

impl ModelThread {
    /// Starts the thread.
    pub fn spawn() -> Result<Self, WorkerError> {
        let worker = Worker::spawn(
            "reverie-model",
            QUEUE,
            || Ok::<_, Infallible>(Stage::default()),
            Stage::answer,
        )?;
        Ok(Self { worker, outbox: VecDeque::new(), ended: false })
    }

    /// Queues a request; a tick that finds the queue full merges into the one before it.
    pub fn send(&mut self, request: Request) {
        match (self.outbox.back_mut(), request) {
            (Some(Request::Step(serial, last)), Request::Step(new_serial, tick))
                if *serial == new_serial && !last.exact && !tick.exact =>
            {
                last.action = merged(&last.action, &tick.action);
                last.number = tick.number;
            }
            (_, request) => self.outbox.push_back(request),
        }
        self.flush();
    }

    /// Moves the outbox on, as far as the queue takes it.
    pub fn flush(&mut self) {
        while let Some(request) = self.outbox.pop_front() {
            if let Err((request, _)) = self.worker.try_send(request) {
                self.outbox.push_front(request);
                return;
            }
        }
    }

    /// The next report: one that is there, or with `wait` one that comes.
    pub fn report(&mut self, wait: bool) -> Option<Report> {
        while !self.ended {
            self.flush();
            let timeout = if wait { Duration::from_millis(100) } else { Duration::ZERO };
            match self.worker.receive_timeout(timeout) {
                Ok(Some(Some(report))) => return Some(report),
                // A request that needs no report.
                Ok(Some(None)) => {}
                Ok(None) if wait => {}
                Ok(None) => return None,
                Err(error) => {
                    self.ended = true;
                    return Some(Report::Ended(error.to_string()));
                }
            }
        }
        None
    }
}

/// The world on the thread.
#[derive(Default)]
struct Stage {
    serial: u64,
    world: Option<(LiveModel, Recording)>,
    reader: ChangeReader,
}

impl Stage {
    fn answer(&mut self, request: Request) -> Option<Report> {
        Some(match request {
            Request::Begin(serial, mut start) => match begin(&mut start) {
                Ok(Begun { model, moment, reading }) => {
                    let spec = model.spec();
                    let (tick_hz, follows_conditions) = (spec.tick_hz, spec.follows_conditions());
                    let Start { seed, rng_seed, embodiment, model: name, options, .. } = *start;
                    let from = LogStart::Seed { seed, rng_seed, embodiment };
                    let size = UVec2::new(options.width, options.height);
                    let recording = Recording::new(from, name, size);
                    (self.serial, self.world) = (serial, Some((model, recording)));
                    let moment = Box::new(moment);
                    Report::Began { serial, moment, tick_hz, follows_conditions, reading }
                }
                Err(error) => Report::BeginFailed { serial, error },
            },
            Request::Step(serial, tick) => {
                // A tick of a world that has been replaced.
                let (model, log) = self.world.as_mut().filter(|_| serial == self.serial)?;
                match model.step(&tick.action) {
                    Ok(moment) => {
                        log.tick(&tick.action);
                        Report::Stepped { serial, number: tick.number, moment: Box::new(moment) }
                    }
                    Err(error) => {
                        Report::StepFailed { serial, number: tick.number, error: error.to_string() }
                    }
                }
            }
            Request::Change(event) => {
                let (model, log) = self.world.as_mut()?;
                match follow(&event, model, log, &mut self.reader) {
                    Ok(()) => {
                        let (serial, objects) = (self.serial, model.objects());
                        Report::Changed { serial, event, objects }
                    }
                    Err(error) => Report::Refused { what: "event", error },
                }
            }
            Request::Save => {
                let (model, log) = self.world.as_ref()?;
                match model.save() {
                    Ok(snapshot) => Report::Saved(snapshot, log.so_far(model.times())),
                    Err(error) => Report::Refused { what: "save", error: error.to_string() },
                }
            }
            Request::Restore(serial, resume) => {
                let (model, log) = self.world.as_mut()?;
                let Resume { state, embodiment, replay } = *resume;
                let timing = model.set_replay(replay);
                match model.restore(&state) {
                    Ok(moment) => {
                        log.restart(state, embodiment);
                        self.serial = serial;
                        let spec = model.spec();
                        let (tick_hz, follows_conditions) =
                            (spec.tick_hz, spec.follows_conditions());
                        let moment = Box::new(moment);
                        Report::Began { serial, moment, tick_hz, follows_conditions, reading: None }
                    }
                    Err(error) => {
                        model.set_timing(timing);
                        Report::RestoreFailed { serial, error: error.to_string() }
                    }
                }
            }
            Request::GoLive => {
                self.world.as_mut()?.0.set_replay(None);
                return None;
            }
        })
    }
}

/// Brings a model to follow an event. Of a sentence that it does not read itself, it follows what that says of weather, hour
/// and season, and the log has those: a replay needs no reader.
fn follow(
    event: &WorldEvent,
    model: &mut LiveModel,
    log: &mut Recording,
    reader: &mut ChangeReader,
) -> Result<(), String> {
    let spec = model.spec();
    let events = match event {
        WorldEvent::Text { prompt } if !spec.follows("text") && spec.follows_conditions() => {
            reader.read(prompt, model.conditions())?
        }
        other => vec![other.clone()],
    };
    for event in events {
        model.apply(&event).map_err(|error| error.to_string())?;
        log.event(event);
    }
    Ok(())
}

struct Begun {
    model: LiveModel,
    moment: Moment,
    reading: Option<PromptReading>,
}

/// Begins a world. Of a sentence the seed says afterwards who read it and which candidate was taken.
fn begin(start: &mut Start) -> Result<Begun, String> {
    let mut model =
        start.models.make(&start.model, &start.options).map_err(|error| error.to_string())?;
    let reads = model.spec().seeds.iter().any(|kind| kind == "prompt");
    let (source, first, reading) = match start.seed.prompt().filter(|_| !reads) {
        None => (start.seed.load(&start.asset_folder)?, None, None),
        Some(prompt) => {
            let imagined = prompt::read(&prompt, start.rng_seed)?;
            let Seed { source, start: first, .. } = imagined.candidate.seed();
            let sentence = prompt.sentence.clone();
            start.seed = prompt::decided(prompt, &imagined).into();
            (source, first, Some(prompt::reading(sentence, imagined)))
        }
    };
    let seed = Seed {
        source,
        rng_seed: start.rng_seed,
        embodiment: start.embodiment.into(),
        start: first,
    };
    if start.replay.is_some() {
        model.set_replay(start.replay.clone());
    }
    let moment = model.begin(&seed).map_err(|error| error.to_string())?;
    Ok(Begun { model, moment, reading })
}
