//! When what a thread makes is taken into the world, and the log of it.

/// Ticks from request to merge unless told otherwise: what a window takes beside frames on two
/// cores, in ticks of 1/24 s, so that a world in lockstep is painted about as quickly as a live one.
const LOCKSTEP_TICKS: u32 = 8;

/// When finished windows are merged.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum PaintTiming {
    /// At the first tick after they are finished: the live way, on one core and only as much of it
    /// as frames leave. [`PaintEntry`]s say what happened.
    WhenReady,
    /// So many ticks after they were asked for, waiting when need be: the same on every machine.
    Lockstep {
        /// Ticks from request to merge, at least 1.
        ticks: u32,
    },
    /// As another run of the same world did it.
    Replay(Vec<PaintEntry>),
}

impl Default for PaintTiming {
    /// In lockstep: the same world on every machine.
    fn default() -> Self {
        Self::Lockstep { ticks: LOCKSTEP_TICKS }
    }
}

impl PaintTiming {
    /// Whether ticks count and not the clock.
    pub(crate) fn waits(&self) -> bool {
        *self != Self::WhenReady
    }
}

/// One window: when it was asked for and when it came. With the inputs, a list of these makes a world
/// again bit by bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaintEntry {
    /// Tick at whose end it was asked for.
    pub asked_tick: u64,
    /// Tick at whose end it was taken; `None` while it is still awaited.
    #[serde(default)]
    pub taken_tick: Option<u64>,
    /// The painter failed at it: nothing was merged.
    #[serde(default)]
    pub failed: bool,
}

/// When things are due, and what happened.
#[derive(Debug)]
pub(crate) struct Ledger {
    timing: PaintTiming,
    entries: Vec<PaintEntry>,
}

impl Ledger {
    pub fn new(timing: PaintTiming) -> Self {
        Self { timing, entries: Vec::new() }
    }

    /// From here on as told; what is awaited stays so.
    pub fn set_timing(&mut self, timing: PaintTiming) {
        self.timing = timing;
    }

    pub fn entries(&self) -> &[PaintEntry] {
        &self.entries
    }

    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// Whether ticks count and not the clock.
    pub fn waits(&self) -> bool {
        self.timing.waits()
    }

    /// Whether what was asked for at a tick is taken at this one; whether to wait for it.
    pub fn due(&self, asked_tick: u64, tick: u64) -> Option<bool> {
        match &self.timing {
            PaintTiming::WhenReady => Some(false),
            PaintTiming::Lockstep { ticks } => {
                (tick >= asked_tick + u64::from((*ticks).max(1))).then_some(true)
            }
            PaintTiming::Replay(_) => {
                let entry = self.replayed(asked_tick)?;
                (entry.taken_tick == Some(tick)).then_some(true)
            }
        }
    }

    /// Whether something may be asked for at a tick: in a replay only what the other run asked for.
    pub fn may_ask(&self, tick: u64) -> bool {
        !matches!(self.timing, PaintTiming::Replay(_)) || self.replayed(tick).is_some()
    }

    /// What failed in the run that is replayed fails here too.
    pub fn failed(&self, asked_tick: u64) -> bool {
        self.replayed(asked_tick).is_some_and(|entry| entry.failed)
    }

    /// What the run that is replayed did; `None` when nothing is replayed.
    fn replayed(&self, asked_tick: u64) -> Option<&PaintEntry> {
        let PaintTiming::Replay(entries) = &self.timing else { return None };
        let at = entries.partition_point(|entry| entry.asked_tick < asked_tick);
        entries.get(at).filter(|entry| entry.asked_tick == asked_tick)
    }

    pub fn note_asked(&mut self, tick: u64) {
        self.entries.push(PaintEntry { asked_tick: tick, taken_tick: None, failed: false });
    }

    pub fn note_taken(&mut self, tick: u64, failed: bool) {
        if let Some(entry) = self.entries.last_mut() {
            (entry.taken_tick, entry.failed) = (Some(tick), failed);
        }
    }
}
