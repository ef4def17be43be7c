//! Where a sound is, as heard: what lips follow.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// A sound whose device has not asked for samples for so long has none, nanoseconds.
const GONE_NANOS: i64 = 300_000_000;

/// A device that asks so late has stood still, nanoseconds.
const LATE_NANOS: i64 = 50_000_000;
/// Of a batch that is later than it should be, one part in so many is believed.
const DRIFT: i64 = 64;

/// The time that audio batches and frames are told in.
#[derive(Debug, Clone)]
pub(super) enum TimeBase {
    /// Of a device.
    System(Instant),
    /// Of whoever pulls samples, nanoseconds.
    Told(Arc<AtomicI64>),
}

impl TimeBase {
    pub fn system() -> Self {
        Self::System(Instant::now())
    }

    pub fn now_nanos(&self) -> i64 {
        match self {
            Self::System(start) => nanos(start.elapsed()),
            Self::Told(now) => now.load(Ordering::Relaxed),
        }
    }
}

pub(super) fn nanos(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

/// What the audio thread and the game tell each other about one line's sound. Each number is of use
/// alone, so they need no lock.
#[derive(Debug)]
pub(super) struct SoundClock {
    pub base: TimeBase,
    rate_hz: f64,
    /// Samples that were handed to the mixer.
    played: AtomicU64,
    /// When the first sample was heard or will be, if all goes on evenly.
    zero_nanos: AtomicI64,
    /// When samples were asked for last.
    asked_nanos: AtomicI64,
    /// Samples up to this one are left out: they should have been heard while there was no device.
    skip_to: AtomicU64,
    /// The sound shall fade.
    stop: AtomicBool,
    /// No more samples will come.
    complete: AtomicBool,
    /// All samples were handed to the mixer: it does not ask any more.
    over: AtomicBool,
}

impl SoundClock {
    pub fn new(base: TimeBase, rate_hz: u32) -> Self {
        Self {
            base,
            rate_hz: f64::from(rate_hz.max(1)),
            played: AtomicU64::new(0),
            zero_nanos: AtomicI64::new(0),
            asked_nanos: AtomicI64::new(i64::MIN),
            skip_to: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            complete: AtomicBool::new(false),
            over: AtomicBool::new(false),
        }
    }

    pub fn rate_hz(&self) -> f64 {
        self.rate_hz
    }

    /// A batch begins, whose first frame is heard `latency_nanos` from now. Devices ask late at times
    /// and never early, so the earliest time counts, and drifts slowly; but not where samples were
    /// lacking before.
    pub fn begin_batch(&self, position: u64, latency_nanos: i64, lacked: bool) {
        let now = self.base.now_nanos();
        let before = (position as f64 / self.rate_hz * 1e9) as i64;
        let new = now + latency_nanos - before;
        let zero = self.zero_nanos.load(Ordering::Relaxed);
        let first = self.asked_nanos.load(Ordering::Relaxed) == i64::MIN;
        let jumps = first || lacked || new < zero || new - zero > LATE_NANOS;
        let zero = if jumps { new } else { zero + (new - zero) / DRIFT };
        self.zero_nanos.store(zero, Ordering::Relaxed);
        self.asked_nanos.store(now, Ordering::Release);
    }

    /// Samples that were handed to the mixer, or thrown away because nobody could hear them.
    pub fn played(&self) -> u64 {
        self.played.load(Ordering::Acquire)
    }

    pub fn set_played(&self, position: u64) {
        self.played.store(position, Ordering::Release);
    }

    /// Seconds that have been heard, negative ones until the first sample is; `None` where no device
    /// asks for samples.
    pub fn heard_secs(&self) -> Option<f64> {
        let asked = self.asked_nanos.load(Ordering::Acquire);
        let now = self.base.now_nanos();
        let gone = now.saturating_sub(asked) > GONE_NANOS && !self.over.load(Ordering::Relaxed);
        if asked == i64::MIN || gone {
            return None;
        }
        let heard = (now - self.zero_nanos.load(Ordering::Relaxed)) as f64 * 1e-9;
        let played = self.played() as f64 / self.rate_hz;
        Some(heard.min(played))
    }

    /// Goes on from `secs` when there is a device again.
    pub fn skip_to_secs(&self, secs: f64) {
        self.skip_to.store((secs.max(0.0) * self.rate_hz) as u64, Ordering::Relaxed);
    }

    pub fn skip_to(&self) -> u64 {
        self.skip_to.load(Ordering::Relaxed)
    }

    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub fn set_over(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// No more samples will come than are there.
    pub fn complete(&self) {
        self.complete.store(true, Ordering::Release);
    }

    pub fn is_complete(&self) -> bool {
        self.complete.load(Ordering::Acquire)
    }
}
