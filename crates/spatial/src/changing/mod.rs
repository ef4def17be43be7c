//! Changes of weather, hour and season in step with the world's ticks: what was asked for, what has been painted of
//! it, and how far what is shown has gone there.

mod saved;
mod state;
mod thread;

use crate::{
    Air, Memory,
    repaint::{RepaintError, Repainted, Repainter},
    timing::{Ledger, PaintEntry, PaintTiming},
};
use glam::{Vec2, Vec3};
use reverie_world_model::{Conditions, WorldEvent};
pub(crate) use state::Changing;
use state::{Look, Pending};
use std::{fmt, sync::Arc};
use thread::{Job, RepaintThread};

/// Most changes that can be taken back.
const MOST_BEFORE: usize = 64;

/// Makes repainters, on the threads that use them.
pub(crate) type RepainterFactory = Arc<dyn Fn() -> Result<Repainter, RepaintError> + Send + Sync>;

/// How a change of conditions stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RepaintStatus {
    /// The conditions that were asked for; `None` while they are those that the world began with.
    pub wanted: Option<Conditions>,
    /// A memory is being repainted.
    pub busy: bool,
    /// Colours are on their way.
    pub fading: bool,
    /// Why the newest repainting failed, until one succeeds.
    pub error: Option<String>,
}

/// The repainter of a model.
pub(crate) struct Repaint {
    make: RepainterFactory,
    ledger: Ledger,
    /// Answers at once: what a picture shows, the colour of air.
    own: Option<Repainter>,
    thread: RepaintThread,
    error: Option<String>,
}

impl fmt::Debug for Repaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repaint").field("ledger", &self.ledger).finish_non_exhaustive()
    }
}

/// What a change sees of the world.
pub(crate) struct Sight<'a> {
    pub memory: &'a Memory,
    pub state: &'a mut Changing,
    pub tick: u64,
    pub tick_hz: f32,
    /// Height of the ground where the world began, metres.
    pub floor_m: f32,
    /// Where the player looks from, world space.
    pub eye: Vec3,
    pub rng_seed: u64,
}

impl Repaint {
    pub fn new(make: RepainterFactory, timing: PaintTiming) -> Self {
        let thread = RepaintThread::new(Arc::clone(&make));
        Self { make, ledger: Ledger::new(timing), own: None, thread, error: None }
    }

    pub fn set_timing(&mut self, timing: PaintTiming) {
        self.ledger.set_timing(timing);
    }

    pub fn log(&self) -> &[PaintEntry] {
        self.ledger.entries()
    }

    pub fn status(&self, state: &Changing) -> RepaintStatus {
        let busy = state.pending.is_some() || state.wanted != state.look.conditions;
        let (fading, error) = (state.from.is_some(), self.error.clone());
        RepaintStatus { wanted: state.wanted, busy, fading, error }
    }

    /// A new world begins, or one is restored: what is being painted belongs to another. What was asked for when the
    /// state was saved is asked for again.
    pub fn restart(&mut self, sight: Sight<'_>) {
        self.thread.abandon();
        self.ledger.clear();
        self.error = None;
        let Sight { memory, state, tick, tick_hz, .. } = sight;
        if let Some(pending) = state.pending {
            match self.request(memory, state, pending.conditions, true) {
                Ok(_) => self.ledger.note_asked(pending.asked_tick),
                Err(error) => {
                    state.pending = None;
                    self.give_up(state, error);
                }
            }
        }
        state.show(memory, tick, tick_hz);
    }

    /// An event of weather, hour or season, or that one is taken back. The air follows at once.
    pub fn apply(&mut self, event: &WorldEvent, sight: Sight<'_>) -> Result<(), RepaintError> {
        let Sight { memory, state, tick, tick_hz, floor_m, rng_seed, .. } = sight;
        let wanted = if *event == WorldEvent::Undo {
            match state.before.last() {
                None => return Ok(()),
                Some(before) => *before,
            }
        } else {
            let now = match state.conditions() {
                Some(now) => now,
                None => self.own()?.recognise(memory)?,
            };
            let wanted = now.after(event);
            state.began.get_or_insert(now);
            (Some(wanted) != state.began).then_some(wanted)
        };
        let air = match wanted {
            None => Air::NONE,
            Some(conditions) => {
                let colour = Vec3::from_array(self.own()?.haze(memory, &conditions)?);
                let bearing = rng_seed as f32 % 64.0 / 64.0 * std::f32::consts::TAU;
                Air::under(&conditions, colour, floor_m, Vec2::from_angle(bearing))
            }
        };
        // Only now nothing can fail any more.
        if *event == WorldEvent::Undo {
            state.before.pop();
        } else {
            if state.before.len() >= MOST_BEFORE {
                state.before.remove(0);
            }
            state.before.push(state.wanted);
        }
        state.wanted = wanted;
        state.air = [state.open_air(tick, tick_hz), air];
        state.air_since = tick;
        Ok(())
    }

    /// The end of a tick: takes what is due, asks for what is wanted, and moves what is shown. Returns whether colours
    /// have come where they go at this very tick.
    pub fn tick(&mut self, sight: Sight<'_>) -> bool {
        let Sight { memory, state, tick, tick_hz, eye, .. } = sight;
        self.take(state, tick);
        if state.pending.is_none() {
            self.ask(memory, state, tick);
        }
        state.take_shelter(memory, eye, tick_hz);
        state.show(memory, tick, tick_hz)
    }

    fn take(&mut self, state: &mut Changing, tick: u64) {
        let Some(pending) = state.pending else { return };
        let Some(wait) = self.ledger.due(pending.asked_tick, tick) else { return };
        let fails = self.ledger.failed(pending.asked_tick);
        match self.thread.receive(wait) {
            Ok(None) => {}
            Ok(Some(_)) if fails => {
                self.ledger.note_taken(tick, true);
                state.pending = None;
                state.wanted = state.look.conditions;
            }
            Ok(Some(tiles)) => {
                self.ledger.note_taken(tick, false);
                self.error = None;
                state.pending = None;
                let look = Look { conditions: Some(pending.conditions), tiles: Some(tiles) };
                if state.look.conditions == look.conditions {
                    // What has come into the memory since.
                    state.look = look;
                    if let Some(shown) = &mut state.shown {
                        shown.of.1 = u32::MAX;
                    }
                } else {
                    state.turn_to(look, tick);
                }
            }
            Err(error) => {
                self.ledger.note_taken(tick, true);
                state.pending = None;
                self.give_up(state, error);
            }
        }
    }

    fn ask(&mut self, memory: &Memory, state: &mut Changing, tick: u64) {
        let known = state.look.tiles.as_ref();
        let behind = known.is_some_and(|tiles| !tiles.covers(memory));
        if state.wanted == state.look.conditions && !behind {
            return;
        }
        let Some(conditions) = state.wanted else {
            // Back to the memory's own colours: nothing to paint.
            state.turn_to(Look::default(), tick);
            return;
        };
        if !self.ledger.may_ask(tick) {
            return;
        }
        match self.request(memory, state, conditions, self.ledger.waits()) {
            Ok(false) => {}
            Ok(true) => {
                self.ledger.note_asked(tick);
                state.pending = Some(Pending { asked_tick: tick, conditions });
            }
            Err(error) => self.give_up(state, error),
        }
    }

    /// What is shown stays.
    fn give_up(&mut self, state: &mut Changing, error: RepaintError) {
        tracing::error!("{error}; the world keeps the look it has");
        state.wanted = state.look.conditions;
        self.error = Some(error.to_string());
    }

    fn own(&mut self) -> Result<&mut Repainter, RepaintError> {
        match &mut self.own {
            Some(own) => Ok(own),
            none => Ok(none.insert((self.make)()?)),
        }
    }

    /// Asks the thread for the colours of a memory under conditions.
    fn request(
        &mut self,
        memory: &Memory,
        state: &Changing,
        conditions: Conditions,
        wait: bool,
    ) -> Result<bool, RepaintError> {
        let known = match &state.look {
            Look { conditions: Some(have), tiles: Some(tiles) } if *have == conditions => {
                tiles.clone()
            }
            _ => Repainted::default(),
        };
        self.thread.request(Job { memory: memory.clone(), conditions, known }, wait)
    }
}
