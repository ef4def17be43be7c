//! Recordings of any rasterised game, for teaching the networks its look.
//!
//! [`RecorderPlugin`] writes colour, depth, poses, actions and conditions of a camera in the format
//! of [`reverie_simulator::dataset`], which `python -m reverie_train.teach` learns from. It needs no
//! other plugin of ours:
//!
//! ```no_run
//! use bevy::prelude::*;
//! use bevy_reverie::prelude::*;
//!
//! App::new()
//!     .add_plugins((DefaultPlugins, RecorderPlugin))
//!     .insert_resource(RecorderSettings { folder: "recordings".into(), ..default() })
//!     .add_systems(Startup, |mut commands: Commands| {
//!         commands.spawn((Camera3d::default(), RecordedCamera));
//!     })
//!     .run(); // F9 begins a recording and ends it
//! ```
//!
//! Nothing in a frame waits for it. The picture after tonemapping (without the user interface) and the
//! depth buffer are made smaller on the device, copied into one of three buffers that are mapped when
//! the device gets to it, and encoded and written on a thread. What finds no free buffer is dropped and
//! counted, and ends the episode, so that the frames of an episode are always equally far apart.
//!
//! Depth is read from the camera's own depth buffer, with and without multisampling, so no prepass is
//! needed; what writes no depth (transparent things) has that of what lies behind it. Each episode is a
//! file of its own: a game that crashes loses the one under way.

mod capture;
mod writing;

use bevy::{
    prelude::*,
    render::{RenderApp, render_resource::TextureUsages},
};
use capture::{OUTCOMES, Outlet, Ticket, Wanted};
use crossbeam_channel::{Receiver, Sender, bounded};
use reverie_inference::Worker;
use reverie_world_model::{Action, MAX_PICTURE_SIDE, Pose, Season, Weather};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::VecDeque, path::PathBuf};
use writing::{Request, Response, Sample, Writing, Written};

/// Pictures that wait for the thread that writes; more are dropped.
const QUEUE: usize = 8;
/// Frames that a recording which ends waits for pictures under way: then their camera is gone.
const PATIENCE_FRAMES: u32 = 240;
/// Rates of recordings that are accepted, frames per second.
const FRAME_HZ: std::ops::RangeInclusive<f32> = 0.1..=240.0;

/// Recordings of a game's camera; see the [module](self). Not in [`ReveriePlugins`](crate::ReveriePlugins).
pub struct RecorderPlugin;

/// What is recorded, and where to. Read when a recording begins.
#[derive(Resource, Debug, Clone, PartialEq, Reflect, Serialize, Deserialize)]
#[reflect(Resource, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecorderSettings {
    /// The folder: new, empty, or with earlier recordings of the same settings, which are gone on with.
    pub folder: PathBuf,
    /// Size of the pictures, pixels. The camera's picture is made to fit, so take its shape.
    pub size: UVec2,
    /// Frames per second of the game's time.
    pub frame_hz: f32,
    /// Longest episode, frames.
    pub frames_per_episode: u32,
    /// What kind of world it is, one word.
    pub domain: String,
    /// What the world was made from; read for every frame. From 1,000,000 on a recording is held out:
    /// for measuring, never for training.
    pub seed: u64,
    /// Begins a recording and ends it.
    pub key: Option<KeyCode>,
}

impl Default for RecorderSettings {
    fn default() -> Self {
        Self {
            folder: "recordings".into(),
            size: UVec2::new(256, 144),
            frame_hz: 12.0,
            frames_per_episode: 96,
            domain: "game".to_owned(),
            seed: 0,
            key: Some(KeyCode::F9),
        }
    }
}

impl RecorderSettings {
    fn problem(&self) -> Option<String> {
        if self.size.min_element() == 0 || self.size.max_element() > MAX_PICTURE_SIDE {
            let UVec2 { x, y } = self.size;
            return Some(format!("size: {x}x{y} is not within 1 to {MAX_PICTURE_SIDE} pixels"));
        }
        if !FRAME_HZ.contains(&self.frame_hz) {
            let (low, high) = (FRAME_HZ.start(), FRAME_HZ.end());
            return Some(format!("frame_hz: {} is not within {low} to {high}", self.frame_hz));
        }
        None
    }
}

/// The camera that is recorded. When there is none, the only active 3D camera becomes it.
#[derive(Component, Debug, Clone, Copy, PartialEq, Eq, Default, Reflect)]
#[reflect(Component, Default, Clone, PartialEq)]
pub struct RecordedCamera;

/// What the player of a [`RecordedCamera`] does; without it, actions are read off the camera's way.
#[derive(Component, Debug, Clone, Copy, PartialEq, Default, Reflect)]
#[reflect(opaque)]
#[reflect(Component, Default, Clone, PartialEq)]
pub struct RecordedAction(pub Action);

/// The conditions in front of a [`RecordedCamera`], as far as the game has any.
#[derive(Component, Debug, Clone, Copy, PartialEq, Default, Reflect, Serialize, Deserialize)]
#[reflect(opaque)]
#[reflect(Component, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecordedConditions {
    /// The weather and its strength, 0 to 1.
    pub weather: Option<(Weather, f32)>,
    /// Hour of the day, 0 to 24.
    pub hour: Option<f32>,
    /// The season.
    pub season: Option<Season>,
}

impl RecordedConditions {
    /// As the simulator writes its own.
    fn to_value(self) -> Value {
        let mut value = json!({});
        if let Some((weather, strength)) = self.weather {
            value["weather"] = json!(weather);
            value["strength"] = json!(strength);
        }
        if let Some(hour) = self.hour {
            value["hour"] = json!(hour);
        }
        if let Some(season) = self.season {
            value["season"] = json!(season);
        }
        value
    }
}

/// Write this message to begin and end recordings from code.
#[derive(Message, Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecorderControl {
    /// Begins a recording.
    Start,
    /// Ends it; [`RecordingStopped`] tells when everything is on the disk.
    Stop,
    /// The next frame begins another episode: the world is another one, or the camera was put elsewhere.
    NextEpisode,
}

/// How the recording goes.
#[derive(Resource, Debug, Clone, Copy, PartialEq, Eq, Default, Reflect)]
#[reflect(Resource, Default, Clone, PartialEq)]
pub struct RecorderStatus {
    /// Pictures are taken.
    pub recording: bool,
    /// Pictures under way, to the thread that writes or on it.
    pub waiting: usize,
    /// Episodes on the disk, of this recording.
    pub episodes: u64,
    /// Frames in them.
    pub frames: u64,
    /// Frames that were dropped, because a buffer was not free in time or the game was too slow.
    pub dropped: u64,
}

/// A recording began.
#[derive(Message, Debug, Clone, PartialEq, Eq)]
pub struct RecordingStarted {
    /// Where it is written to.
    pub folder: PathBuf,
}

/// A recording ended and is on the disk.
#[derive(Message, Debug, Clone, PartialEq, Eq)]
pub struct RecordingStopped {
    /// Where it lies.
    pub folder: PathBuf,
    /// Its episodes.
    pub episodes: u64,
    /// Frames in them.
    pub frames: u64,
    /// Frames that were dropped.
    pub dropped: u64,
}

/// A recording could not begin or go on. What was written before stays whole; the game goes on.
#[derive(Message, Debug, Clone, PartialEq, Eq)]
pub struct RecordingFailed {
    /// The file or setting and what is wrong, one line.
    pub error: String,
}

/// A picture as it came from the device.
struct Captured {
    number: u64,
    pose: Pose,
    clip_from_view: Mat4,
    size: UVec2,
    /// Rows of colour (four bytes a pixel), then rows of depth (f32 as the projection wrote it).
    bytes: Vec<u8>,
}

/// What became of a ticket.
enum Outcome {
    Captured(Captured),
    Missed(u64),
    /// This camera cannot be recorded.
    Refused(String),
}

/// The main world's ends of the channels, and the recording.
#[derive(Resource)]
struct Recorder {
    outcomes: Receiver<Outcome>,
    free: Sender<Vec<u8>>,
    session: Option<Session>,
    renders: bool,
}

/// A recording under way.
struct Session {
    settings: RecorderSettings,
    worker: Worker<Request, Response>,
    camera: Entity,
    /// Game time since the newest picture was due, seconds; `None` before the first one.
    since_secs: Option<f32>,
    next: u64,
    stretch: u64,
    /// What is known of pictures that have not come yet, by number.
    awaited: VecDeque<(u64, Sample)>,
    at_worker: usize,
    dropped: u64,
    written: Written,
    /// Frames since it was to end.
    ending: Option<u32>,
    finish_sent: bool,
}

impl Plugin for RecorderPlugin {
    fn build(&self, app: &mut App) {
        let (to_main, outcomes) = bounded(OUTCOMES);
        let (free, to_render) = bounded(QUEUE);
        let outlet = Outlet { outcomes: to_main, free: to_render, unused: free.clone() };
        let renders = app.get_sub_app(RenderApp).is_some();
        capture::plugin(app, outlet);
        app.init_resource::<RecorderSettings>()
            .init_resource::<RecorderStatus>()
            .init_resource::<Wanted>()
            .insert_resource(Recorder { outcomes, free, session: None, renders })
            .register_type::<RecorderSettings>()
            .register_type::<RecorderStatus>()
            .register_type::<RecordedCamera>()
            .register_type::<RecordedAction>()
            .register_type::<RecordedConditions>()
            .add_message::<RecorderControl>()
            .add_message::<RecordingStarted>()
            .add_message::<RecordingStopped>()
            .add_message::<RecordingFailed>()
            .add_systems(Last, (press, control, readable, receive, issue, report).chain());
    }
}

/// The key does what the message does.
fn press(
    keys: Option<Res<ButtonInput<KeyCode>>>,
    settings: Res<RecorderSettings>,
    recorder: Res<Recorder>,
    mut control: MessageWriter<RecorderControl>,
) {
    let (Some(keys), Some(key)) = (keys, settings.key) else { return };
    if keys.just_pressed(key) {
        let runs = recorder.session.as_ref().is_some_and(|session| session.ending.is_none());
        control.write(if runs { RecorderControl::Stop } else { RecorderControl::Start });
    }
}

fn control(
    mut control: MessageReader<RecorderControl>,
    settings: Res<RecorderSettings>,
    mut recorder: ResMut<Recorder>,
    marked: Query<Entity, With<RecordedCamera>>,
    cameras: Query<(Entity, &Camera), With<Camera3d>>,
    mut commands: Commands,
    (mut started, mut failed): (MessageWriter<RecordingStarted>, MessageWriter<RecordingFailed>),
) {
    for wanted in control.read() {
        match (wanted, &mut recorder.session) {
            (RecorderControl::Stop, Some(session)) => {
                session.ending.get_or_insert(0);
            }
            (RecorderControl::NextEpisode, Some(session)) => session.stretch += 1,
            (RecorderControl::Start, None) => {
                let camera = match marked.iter().next() {
                    _ if !recorder.renders => Err("there is no renderer".to_owned()),
                    Some(camera) => Ok(camera),
                    None => only_camera(&cameras),
                };
                match camera.and_then(|camera| Session::begin(&settings, camera)) {
                    Ok(session) => {
                        commands.entity(session.camera).insert_if_new(RecordedCamera);
                        started.write(RecordingStarted { folder: settings.folder.clone() });
                        // As many buffers as there may be; the render world brings them to size.
                        while recorder.free.try_send(Vec::new()).is_ok() {}
                        recorder.session = Some(session);
                    }
                    Err(error) => {
                        warn!("recording: {error}");
                        failed.write(RecordingFailed { error });
                    }
                }
            }
            // A recording that runs is not begun, and one that does not run not ended.
            (RecorderControl::Start, Some(_)) | (_, None) => {}
        }
    }
}

fn only_camera(cameras: &Query<(Entity, &Camera), With<Camera3d>>) -> Result<Entity, String> {
    let mut active = cameras.iter().filter(|(_, camera)| camera.is_active);
    match (active.next(), active.next()) {
        (Some((camera, _)), None) => Ok(camera),
        (None, _) => Err("there is no active 3D camera".to_owned()),
        (Some(_), Some(_)) => {
            Err("there are several 3D cameras: mark one with RecordedCamera".to_owned())
        }
    }
}

impl Session {
    fn begin(settings: &RecorderSettings, camera: Entity) -> Result<Self, String> {
        if let Some(problem) = settings.problem() {
            return Err(problem);
        }
        let own = settings.clone();
        // Every buffer, and the request to finish.
        let worker = Worker::spawn(
            "reverie-recorder",
            QUEUE + 1,
            move || Writing::open(&own),
            Writing::answer,
        )
        .map_err(|error| error.to_string())?;
        Ok(Self {
            settings: settings.clone(),
            worker,
            camera,
            since_secs: None,
            next: 0,
            stretch: 0,
            awaited: VecDeque::with_capacity(QUEUE),
            at_worker: 0,
            dropped: 0,
            written: Written::default(),
            ending: None,
            finish_sent: false,
        })
    }

    /// Hands a picture to the thread; the buffer comes back if it cannot take it.
    fn pass_on(&mut self, captured: Captured) -> Option<Vec<u8>> {
        // Answers come in the order of the questions; what is older was lost with the device.
        while self.awaited.front().is_some_and(|(number, _)| *number < captured.number) {
            self.awaited.pop_front();
            self.dropped += 1;
        }
        let sample = self.awaited.pop_front_if(|(number, _)| *number == captured.number);
        let Some((_, sample)) = sample else { return Some(captured.bytes) };
        match self.worker.try_send(Some((captured, sample))) {
            Ok(()) => {
                self.at_worker += 1;
                None
            }
            Err((unsent, _)) => {
                self.dropped += 1;
                unsent.map(|(captured, _)| captured.bytes)
            }
        }
    }

    fn status(&self) -> RecorderStatus {
        RecorderStatus {
            recording: self.ending.is_none(),
            waiting: self.awaited.len() + self.at_worker,
            episodes: self.written.episodes,
            frames: self.written.frames,
            dropped: self.dropped,
        }
    }

    fn missed(&mut self, number: u64) {
        if self.awaited.pop_front_if(|(awaited, _)| *awaited <= number).is_some() {
            self.dropped += 1;
        }
    }
}

/// The depth buffer of the recorded camera can be read from the next frame on.
fn readable(mut cameras: Query<&mut Camera3d, Added<RecordedCamera>>) {
    for mut camera in &mut cameras {
        camera.depth_texture_usages.0 |= TextureUsages::TEXTURE_BINDING.bits();
    }
}

/// Takes pictures from the render world and answers from the thread, and ends recordings.
fn receive(
    mut recorder: ResMut<Recorder>,
    mut status: ResMut<RecorderStatus>,
    mut stopped: MessageWriter<RecordingStopped>,
    mut failed: MessageWriter<RecordingFailed>,
) {
    let Recorder { outcomes, free, session, .. } = &mut *recorder;
    let mut problem = None;
    let give_back = |bytes: Option<Vec<u8>>| {
        if let Some(bytes) = bytes {
            // There are never more buffers than room for them.
            let _ = free.try_send(bytes);
        }
    };
    for outcome in outcomes.try_iter() {
        match (outcome, session.as_mut()) {
            (Outcome::Captured(captured), Some(session)) => give_back(session.pass_on(captured)),
            (Outcome::Captured(captured), None) => give_back(Some(captured.bytes)),
            (Outcome::Missed(number), Some(session)) => session.missed(number),
            (Outcome::Refused(error), Some(_)) => problem = Some(error),
            (_, None) => {}
        }
    }
    let Some(running) = session.as_mut() else { return };
    let mut finished = false;
    while problem.is_none() && !finished {
        match running.worker.try_receive() {
            Ok(Some(Response::Taken { bytes, written })) => {
                give_back(Some(bytes));
                (running.at_worker, running.written) = (running.at_worker - 1, written);
            }
            Ok(Some(Response::Finished(written))) => {
                (running.written, finished) = (written, true);
            }
            Ok(Some(Response::Failed(error))) => problem = Some(error),
            Ok(None) => break,
            Err(error) => problem = Some(error.to_string()),
        }
    }
    if let Some(error) = problem {
        warn!("recording: {error}");
        failed.write(RecordingFailed { error });
        *session = None;
    } else if finished {
        *status = running.status();
        stopped.write(RecordingStopped {
            folder: running.settings.folder.clone(),
            episodes: running.written.episodes,
            frames: running.written.frames,
            dropped: running.dropped,
        });
        *session = None;
    } else if let Some(frames) = &mut running.ending {
        *frames += 1;
        let all_here = running.awaited.is_empty() || *frames > PATIENCE_FRAMES;
        if all_here && !running.finish_sent {
            running.finish_sent = running.worker.try_send(None).is_ok();
        }
    }
}

type Told = (Option<&'static RecordedAction>, Option<&'static RecordedConditions>);

/// Asks for a picture when one is due.
fn issue(
    time: Res<Time>,
    settings: Res<RecorderSettings>,
    mut recorder: ResMut<Recorder>,
    mut wanted: ResMut<Wanted>,
    cameras: Query<Told, With<Camera3d>>,
    mut failed: MessageWriter<RecordingFailed>,
) {
    wanted.0 = None;
    let Some(session) = recorder.session.as_mut().filter(|session| session.ending.is_none()) else {
        return;
    };
    let Ok((action, conditions)) = cameras.get(session.camera) else {
        let error = "the camera that was recorded is gone".to_owned();
        warn!("recording: {error}");
        failed.write(RecordingFailed { error });
        session.ending = Some(0);
        return;
    };
    let period_secs = session.settings.frame_hz.recip();
    // The first picture is due at once.
    let since_secs = session.since_secs.map_or(period_secs, |since| since + time.delta_secs());
    session.since_secs = Some(since_secs);
    // A frame of just this length is not to miss every other one by rounding.
    if since_secs < period_secs * 0.999 {
        return;
    }
    let late = (since_secs / period_secs - 0.999) as u64;
    session.since_secs = Some(since_secs - (1 + late) as f32 * period_secs);
    if late > 0 {
        // Whole frames that the game was too slow for: what comes now is another episode.
        session.dropped += late;
        session.stretch += 1;
    }
    if session.awaited.len() >= QUEUE {
        session.dropped += 1;
        session.next += 1;
        return;
    }
    let sample = Sample {
        action: action.map(|action| action.0),
        conditions: conditions.copied().unwrap_or_default(),
        seed: settings.seed,
        stretch: session.stretch,
    };
    let (number, camera, size) = (session.next, session.camera, session.settings.size);
    wanted.0 = Some(Ticket { number, camera, size });
    session.awaited.push_back((number, sample));
    session.next += 1;
}

fn report(recorder: Res<Recorder>, mut status: ResMut<RecorderStatus>) {
    let now = match &recorder.session {
        Some(session) => session.status(),
        // The figures of the last recording stay.
        None => RecorderStatus { recording: false, waiting: 0, ..*status },
    };
    status.set_if_neq(now);
}
