//! Where sound goes: the system's device, whoever pulls samples, or nowhere.

use super::{
    clock::{SoundClock, TimeBase, nanos},
    device::{Latency, SoundDevice},
    sound::{Slot, VoiceSound, VoiceSoundData},
};
use bevy::{
    prelude::*,
    tasks::{AsyncComputeTaskPool, Task, futures::check_ready},
};
use kira::{
    AudioManager, AudioManagerSettings, Decibels, Mix, Tween,
    backend::{Backend, Renderer},
    effect::{
        filter::{FilterBuilder, FilterHandle, FilterMode},
        reverb::{ReverbBuilder, ReverbHandle},
    },
    listener::ListenerHandle,
    track::{SendTrackBuilder, SendTrackHandle, SpatialTrackBuilder, SpatialTrackHandle},
};
use mint::{Quaternion, Vector3};
use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

/// Most people who are heard at a time.
const MOST_TRACKS: usize = 64;
/// Frames that are mixed at a time.
const BLOCK: usize = 128;
/// A device that was not there is looked for again after so long, seconds.
const RETRY_SECS: f32 = 2.0;
/// Changes of place and loudness are spread over this time.
const SMOOTH: Tween = Tween {
    start_time: kira::StartTime::Immediate,
    duration: Duration::from_millis(40),
    easing: kira::Easing::Linear,
};
/// No low pass: above what a voice has.
pub(super) const OPEN_HZ: f64 = 16_000.0;

/// Where voices are heard.
#[derive(Debug, Clone, Default)]
pub enum SpeechSink {
    /// The system's default device; without one, speech goes on in silence, and a device that comes is
    /// used.
    #[default]
    Device,
    /// Whoever pulls samples: a recorder, another sound engine.
    Tap(SpeechTap),
    /// Nowhere.
    Silent,
}

/// Pulls the sound of all voices, for games that record or mix it themselves. Cheap to clone.
#[derive(Clone)]
pub struct SpeechTap {
    rate_hz: u32,
    renderer: Arc<Mutex<Option<Renderer>>>,
    now: Arc<AtomicI64>,
    asked: Arc<AtomicU64>,
}

impl fmt::Debug for SpeechTap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpeechTap").field("rate_hz", &self.rate_hz).finish_non_exhaustive()
    }
}

impl SpeechTap {
    /// Samples per second of each of two channels.
    pub fn new(rate_hz: u32) -> Self {
        Self { rate_hz, renderer: Arc::default(), now: Arc::default(), asked: Arc::default() }
    }

    /// Samples per second.
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// Tells the time, in the game's [`Time`], without asking for sound. Frames do so themselves.
    pub fn set_now(&self, now: Duration) {
        self.now.store(nanos(now), Ordering::Relaxed);
    }

    /// Fills `out` with left and right in turn: what is heard after all that was pulled before. `now` is
    /// the time in the game's [`Time`]; lips take it that the batch is heard when it has been pulled whole
    /// again, as from a device.
    pub fn pull(&self, now: Duration, out: &mut [f32]) {
        self.set_now(now);
        out.fill(0.0);
        self.asked.fetch_add(out.len() as u64 / 2, Ordering::Relaxed);
        let mut renderer = self.renderer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(renderer) = renderer.as_mut() {
            renderer.on_start_processing();
            renderer.process(out, 2);
        }
    }

    /// Frames that were pulled.
    pub fn pulled_frames(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}

/// A device or a tap, as kira sees it.
enum SpeechBackend {
    Device(Box<SoundDevice>),
    Tap(SpeechTap),
}

/// What a mixer is to be heard by.
struct Wanted {
    sink: SpeechSink,
    latency: Latency,
    gone: Arc<AtomicBool>,
}

impl Backend for SpeechBackend {
    type Settings = Wanted;
    type Error = String;

    fn setup(wanted: Wanted, _: usize) -> Result<(Self, u32), String> {
        match wanted.sink {
            SpeechSink::Device => {
                let device = SoundDevice::open(&wanted.latency, &wanted.gone)?;
                let rate_hz = device.rate_hz();
                Ok((Self::Device(Box::new(device)), rate_hz))
            }
            SpeechSink::Tap(tap) => {
                let rate_hz = tap.rate_hz;
                Ok((Self::Tap(tap), rate_hz))
            }
            SpeechSink::Silent => Err("sound is off".to_owned()),
        }
    }

    fn start(&mut self, renderer: Renderer) -> Result<(), String> {
        match self {
            Self::Device(device) => device.start(renderer),
            Self::Tap(tap) => {
                *tap.renderer.lock().unwrap_or_else(PoisonError::into_inner) = Some(renderer);
                Ok(())
            }
        }
    }
}

impl Drop for SpeechBackend {
    fn drop(&mut self) {
        if let Self::Tap(tap) = self {
            *tap.renderer.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }
}

/// What mixes voices, while there is a device.
pub(super) struct Mixer {
    manager: AudioManager<SpeechBackend>,
    listener: ListenerHandle,
    room: SendTrackHandle,
    reverb: ReverbHandle,
    latency: Latency,
    /// Its device is there no longer.
    gone: Arc<AtomicBool>,
    /// Tells the tracks of this mixer from those of one before.
    pub number: u32,
}

impl Mixer {
    fn new(sink: SpeechSink, number: u32) -> Result<Self, String> {
        let (latency, gone) = (Latency::default(), Arc::new(AtomicBool::new(false)));
        let mut settings = AudioManagerSettings::<SpeechBackend> {
            capacities: kira::Capacities { sub_track_capacity: MOST_TRACKS, ..Default::default() },
            main_track_builder: Default::default(),
            internal_buffer_size: BLOCK,
            backend_settings: Wanted { sink, latency: latency.clone(), gone: gone.clone() },
        };
        settings.capacities.listener_capacity = 1;
        let mut manager = AudioManager::new(settings)?;
        let full = |e: kira::ResourceLimitReached| e.to_string();
        let (place, turn) = (vector(Vec3::ZERO), quaternion(Quat::IDENTITY));
        let listener = manager.add_listener(place, turn).map_err(full)?;
        let mut room = SendTrackBuilder::new();
        let reverb = room.add_effect(ReverbBuilder::new().mix(Mix::WET).feedback(0.6).damping(0.5));
        let room = manager.add_send_track(room).map_err(full)?;
        Ok(Self { manager, listener, room, reverb, latency, gone, number })
    }

    pub fn set_listener(&mut self, place: Vec3, turn: Quat) {
        self.listener.set_position(vector(place), SMOOTH);
        self.listener.set_orientation(quaternion(turn), SMOOTH);
    }

    /// How long the room sounds.
    pub fn set_room(&mut self, feedback: f64, damping: f64) {
        self.reverb.set_feedback(feedback, SMOOTH);
        self.reverb.set_damping(damping, SMOOTH);
    }

    pub fn set_volume(&mut self, volume_db: f32) {
        self.manager.main_track().set_volume(Decibels(volume_db), SMOOTH);
    }

    /// A track for somebody.
    pub fn track(&mut self, place: &Placing) -> Result<VoiceTrack, String> {
        // How distance tells is worked out by the game: kira's own laws are none of physics.
        let mut builder = SpatialTrackBuilder::new()
            .attenuation_function(None)
            .spatialization_strength(0.7)
            .volume(Decibels(place.gain_db))
            .sound_capacity(4)
            .sub_track_capacity(0)
            .with_send(&self.room, Decibels(place.room_db));
        let low_pass = FilterBuilder::new().mode(FilterMode::LowPass).cutoff(place.cutoff_hz);
        let filter = builder.add_effect(low_pass);
        let mouth = vector(place.mouth);
        let track = self.manager.add_spatial_sub_track(&self.listener, mouth, builder);
        let track = track.map_err(|e| e.to_string())?;
        let latency = self.latency.clone();
        Ok(VoiceTrack { track, filter, latency, mixer: self.number })
    }

    pub fn place(&self, track: &mut VoiceTrack, place: &Placing) {
        track.track.set_position(vector(place.mouth), SMOOTH);
        track.track.set_volume(Decibels(place.gain_db), SMOOTH);
        track.filter.set_cutoff(place.cutoff_hz, SMOOTH);
        // The only route there is was made with the track.
        let _known = track.track.set_send(&self.room, Decibels(place.room_db), SMOOTH);
    }
}

/// Where somebody's voice is and how it arrives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Placing {
    pub mouth: Vec3,
    pub gain_db: f32,
    pub cutoff_hz: f64,
    /// Into the room, against what arrives straight.
    pub room_db: f32,
}

/// Somebody's way to the ear.
pub(super) struct VoiceTrack {
    track: SpatialTrackHandle,
    filter: FilterHandle,
    latency: Latency,
    mixer: u32,
}

impl VoiceTrack {
    pub fn is_of(&self, mixer: &Mixer) -> bool {
        self.mixer == mixer.number
    }

    /// Plays a line from a sample on; false where another mixer still has it, or this one is full.
    pub fn play(&mut self, slot: &Slot, clock: &Arc<SoundClock>, position: u64) -> bool {
        let sound = VoiceSound::new(slot, clock, position, &self.latency);
        // A sound that is refused gives its samples back to the slot.
        sound.is_some_and(|sound| self.track.play(VoiceSoundData(sound)).is_ok())
    }
}

/// The mixer, and how it is got.
#[derive(Resource)]
pub(super) struct SpeechOutput {
    sink: SpeechSink,
    pub base: TimeBase,
    pub mixer: Option<Mixer>,
    opening: Option<Task<Result<Mixer, String>>>,
    /// Seconds until a device is looked for again.
    wait_secs: f32,
    opened: u32,
    warned: bool,
}

impl SpeechOutput {
    pub fn new(sink: SpeechSink) -> Self {
        let base = match &sink {
            SpeechSink::Tap(tap) => TimeBase::Told(tap.now.clone()),
            SpeechSink::Device | SpeechSink::Silent => TimeBase::system(),
        };
        Self { sink, base, mixer: None, opening: None, wait_secs: 0.0, opened: 0, warned: false }
    }

    /// Whether sound is heard, or will be as soon as a device has opened.
    pub fn is_expected(&self) -> bool {
        self.mixer.is_some() || self.opening.is_some()
    }

    pub fn is_silent(&self) -> bool {
        matches!(self.sink, SpeechSink::Silent)
    }

    /// Opens a device where there is none and somebody wants to speak.
    pub fn open(&mut self, delta_secs: f32) {
        if let SpeechSink::Tap(tap) = &self.sink {
            if self.mixer.is_none() {
                self.mixer = Mixer::new(SpeechSink::Tap(tap.clone()), 1).ok();
            }
            return;
        }
        if self.mixer.as_ref().is_some_and(|mixer| mixer.gone.load(Ordering::Relaxed)) {
            self.lose();
        }
        if self.is_silent() || self.mixer.is_some() {
            return;
        }
        if let Some(task) = &mut self.opening {
            let Some(opened) = check_ready(task) else { return };
            self.opening = None;
            match opened {
                Ok(mixer) => self.mixer = Some(mixer),
                Err(error) => {
                    if !std::mem::replace(&mut self.warned, true) {
                        warn!(
                            "no sound: {error}; avatars speak in silence until there is a device"
                        );
                    }
                    self.wait_secs = RETRY_SECS;
                }
            }
            return;
        }
        self.wait_secs -= delta_secs;
        if self.wait_secs <= 0.0 {
            self.opened += 1;
            let (sink, number) = (self.sink.clone(), self.opened);
            let open = async move { Mixer::new(sink, number) };
            self.opening = Some(AsyncComputeTaskPool::get().spawn(open));
        }
    }

    /// The device has gone: another is looked for.
    pub fn lose(&mut self) {
        if matches!(self.sink, SpeechSink::Device) && self.mixer.take().is_some() {
            if !std::mem::replace(&mut self.warned, true) {
                warn!("the sound device has gone; avatars speak in silence until there is one");
            }
            self.wait_secs = RETRY_SECS;
        }
    }

    /// Lets the tap's time go on with the game's.
    pub fn tell_time(&self, now: Duration) {
        if let SpeechSink::Tap(tap) = &self.sink {
            tap.set_now(now);
        }
    }
}

fn vector(v: Vec3) -> Vector3<f32> {
    Vector3 { x: v.x, y: v.y, z: v.z }
}

fn quaternion(q: Quat) -> Quaternion<f32> {
    Quaternion { s: q.w, v: Vector3 { x: q.x, y: q.y, z: q.z } }
}
