//! A line's samples on their way to the mixer.

use super::{clock::SoundClock, device::Latency};
use kira::{Frame, info::Info, sound::Sound};
use rtrb::Consumer;
use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
};

/// Seconds in which a voice fades that is told to stop.
const FADE_SECS: f64 = 0.015;

/// Where a line's samples wait while no mixer has them.
pub(super) type Slot = Arc<Mutex<Option<Consumer<f32>>>>;

pub(super) fn slot(samples: Consumer<f32>) -> Slot {
    Arc::new(Mutex::new(Some(samples)))
}

pub(super) fn take(slot: &Slot) -> Option<Consumer<f32>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Whether the first samples are there, or none will come.
pub(super) fn has_begun(slot: &Slot) -> bool {
    let slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    slot.as_ref().is_some_and(|samples| samples.slots() > 0 || samples.is_abandoned())
}

/// Whether no mixer has them.
pub(super) fn is_free(slot: &Slot) -> bool {
    slot.lock().unwrap_or_else(PoisonError::into_inner).is_some()
}

pub(super) fn put(slot: &Slot, samples: Consumer<f32>) {
    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(samples);
}

/// The sound of one line. When its mixer goes (with the device), the samples go back to their slot.
pub(super) struct VoiceSound {
    samples: Option<Consumer<f32>>,
    slot: Slot,
    clock: Arc<SoundClock>,
    latency: Latency,
    /// The last four samples, and how far between the middle two it is.
    window: [f32; 4],
    fraction: f64,
    /// Of the newest sample of the window.
    position: u64,
    gain: f64,
    /// Seconds that the batch under way lasts so far, and the one before lasted.
    batch_secs: f64,
    last_batch_secs: f64,
    batches: u32,
    /// There was a gap, or a part was left out.
    lacked: bool,
    over: bool,
}

impl VoiceSound {
    /// `None` while another mixer still has the samples. `position` is that of the first one left.
    pub fn new(
        slot: &Slot,
        clock: &Arc<SoundClock>,
        position: u64,
        latency: &Latency,
    ) -> Option<Self> {
        Some(Self {
            samples: Some(take(slot)?),
            slot: slot.clone(),
            clock: clock.clone(),
            latency: latency.clone(),
            window: [0.0; 4],
            fraction: 1.0,
            position,
            gain: 1.0,
            batch_secs: 0.0,
            last_batch_secs: 0.0,
            batches: 0,
            lacked: false,
            over: false,
        })
    }

    /// Moves on by one sample; false where there is none.
    fn advance(&mut self) -> bool {
        let Some(samples) = &mut self.samples else { return false };
        let skip = self.clock.skip_to().saturating_sub(self.position);
        if skip > 0 {
            let there = samples.slots().min(usize::try_from(skip).unwrap_or(usize::MAX));
            if let Ok(chunk) = samples.read_chunk(there) {
                chunk.commit_all();
                self.position += there as u64;
                self.lacked = true;
            }
        }
        let next = match samples.pop() {
            Ok(sample) => sample,
            Err(_) => return false,
        };
        self.window.rotate_left(1);
        self.window[3] = next;
        self.position += 1;
        true
    }
}

impl Sound for VoiceSound {
    fn on_start_processing(&mut self) {
        if self.batch_secs > 0.0 {
            self.last_batch_secs = self.batch_secs;
        }
        self.batch_secs = 0.0;
        // Where the device does not know, what was handed out last is heard first; of what length that
        // is, a first batch does not tell.
        let last_batch = || (self.last_batch_secs * 1e9) as i64;
        let latency_nanos = self.latency.nanos().unwrap_or_else(last_batch);
        let lacked = std::mem::take(&mut self.lacked) || self.batches < 2;
        self.batches = self.batches.saturating_add(1);
        self.clock.begin_batch(self.position, latency_nanos, lacked);
    }

    fn process(&mut self, out: &mut [Frame], dt: f64, _: &Info) {
        let step = self.clock.rate_hz() * dt;
        let fade = dt / FADE_SECS;
        let stopped = self.clock.is_stopped();
        self.batch_secs += dt * out.len() as f64;
        for frame in out {
            let mut value = 0.0;
            let mut starved = self.over;
            while !starved && self.fraction >= 1.0 {
                if self.advance() {
                    self.fraction -= 1.0;
                } else {
                    // Asked in this order: samples may have come before the end was told.
                    let complete = self.clock.is_complete();
                    starved = self.samples.as_ref().is_none_or(Consumer::is_empty);
                    self.over = starved && complete;
                    self.lacked |= starved;
                }
            }
            if !starved {
                value = between(self.window, self.fraction as f32);
                self.fraction += step;
            }
            if stopped {
                self.gain -= fade;
                self.over |= self.gain <= 0.0;
                value *= self.gain.max(0.0) as f32;
            }
            *frame = Frame::from_mono(value);
        }
        self.clock.set_played(self.position);
        if self.over {
            self.clock.set_over();
        }
    }

    fn finished(&self) -> bool {
        self.over
    }
}

impl Drop for VoiceSound {
    fn drop(&mut self) {
        if let Some(samples) = self.samples.take() {
            put(&self.slot, samples);
        }
    }
}

/// What [`kira`] makes it from.
pub(super) struct VoiceSoundData(pub VoiceSound);

impl kira::sound::SoundData for VoiceSoundData {
    type Error = Infallible;
    type Handle = ();

    fn into_sound(self) -> Result<(Box<dyn Sound>, ()), Infallible> {
        Ok((Box::new(self.0), ()))
    }
}

/// Catmull-Rom between the middle two of four samples.
fn between([a, b, c, d]: [f32; 4], t: f32) -> f32 {
    let third = 0.5 * (d - a) + 1.5 * (b - c);
    let second = a - 2.5 * b + 2.0 * c - 0.5 * d;
    ((third * t + second) * t + 0.5 * (c - a)) * t + b
}
