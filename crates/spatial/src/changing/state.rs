//! The conditions of a world as a part of its state: what was asked for, what has been painted of it, and how far what is
//! shown has gone there.

use crate::{Air, Memory, repaint::Repainted};
use glam::Vec3;
use reverie_world_model::{Conditions, SpatialQuery as _};

/// Time that colours and air take from one look to the next, seconds.
const FADE_SECS: f32 = 2.5;
/// Ticks between two steps of the colours on their way.
const STEP_TICKS: u64 = 2;
/// Ways up on which a roof is looked for, and how far, metres: all but one must meet it.
const OVERHEAD: [[f32; 3]; 5] =
    [[0.0, 1.0, 0.0], [0.5, 1.0, 0.0], [-0.5, 1.0, 0.0], [0.0, 1.0, 0.5], [0.0, 1.0, -0.5]];
const ROOF_M: f32 = 25.0;
/// Time in which rain fades away under a roof, seconds.
const SHELTER_SECS: f32 = 0.6;

/// Colours of the memory: its own, or those under conditions.
#[derive(Debug, Clone, Default)]
pub(super) struct Look {
    pub conditions: Option<Conditions>,
    /// `None`: the memory's own.
    pub tiles: Option<Repainted>,
}

/// The part of a world's state that conditions are.
#[derive(Debug, Clone)]
pub(crate) struct Changing {
    /// What the world began with: told, or recognised when it was first asked for.
    pub(super) began: Option<Conditions>,
    pub(super) wanted: Option<Conditions>,
    pub(super) before: Vec<Option<Conditions>>,
    /// What is shown, once it has come there.
    pub(super) look: Look,
    /// What was shown before, and since when it goes.
    pub(super) from: Option<(Option<Repainted>, u64)>,
    pub(super) pending: Option<Pending>,
    pub(super) air: [Air; 2],
    pub(super) air_since: u64,
    /// How much of what falls something overhead keeps off, 0 to 1.
    pub(super) sheltered: f32,
    /// The memory as it shows, its own revision then, and the step of its way; `None` while that is the memory itself.
    pub(super) shown: Option<Shown>,
}

#[derive(Debug, Clone)]
pub(super) struct Shown {
    memory: Memory,
    tiles: Repainted,
    pub of: (u64, u32),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pending {
    pub asked_tick: u64,
    pub conditions: Conditions,
}

impl Changing {
    /// Of a world that begins under these conditions, if anybody knows.
    pub fn new(began: Option<Conditions>) -> Self {
        Self {
            began,
            wanted: None,
            before: Vec::new(),
            look: Look::default(),
            from: None,
            pending: None,
            air: [Air::NONE; 2],
            air_since: 0,
            sheltered: 0.0,
            shown: None,
        }
    }

    /// What the world began with, for who knows it.
    pub fn tell(&mut self, began: Conditions) {
        self.began = Some(began);
    }

    /// The conditions that were asked for last, or those that the world began with; `None` while nobody knows.
    pub fn conditions(&self) -> Option<Conditions> {
        self.wanted.or(self.began)
    }

    /// The memory as it shows.
    pub fn shown<'a>(&'a self, memory: &'a Memory) -> &'a Memory {
        self.shown.as_ref().map_or(memory, |shown| &shown.memory)
    }

    /// The air at a tick, as it is in the open.
    pub(super) fn open_air(&self, tick: u64, tick_hz: f32) -> Air {
        let gone = tick.saturating_sub(self.air_since) as f32 / (FADE_SECS * tick_hz);
        self.air[0].towards(&self.air[1], eased(gone))
    }

    /// The air at a tick where the player is.
    pub fn air(&self, tick: u64, tick_hz: f32) -> Air {
        let (air, open) = (self.open_air(tick, tick_hz), 1.0 - self.sheltered);
        Air { rain: air.rain * open, snow: air.snow * open, ..air }
    }

    /// Looks whether there is a roof, and moves towards what it means.
    pub(super) fn take_shelter(&mut self, memory: &Memory, eye: Vec3, tick_hz: f32) {
        let wet = |air: &Air| air.rain > 0.0 || air.snow > 0.0;
        if !self.air.iter().any(wet) {
            self.sheltered = 0.0;
            return;
        }
        let roof = OVERHEAD.iter().filter(|way| {
            let way = Vec3::from_array(**way).normalize();
            memory.ray_cast(eye, way, ROOF_M).is_some()
        });
        let goal = f32::from(u8::from(roof.count() + 1 >= OVERHEAD.len()));
        let step = 1.0 / (SHELTER_SECS * tick_hz).max(1.0);
        self.sheltered += (goal - self.sheltered).clamp(-step, step);
    }

    /// How far the colours are on their way at a tick, of 256; `None` when they are there.
    fn step(&self, tick: u64, tick_hz: f32) -> Option<u32> {
        let (_, since) = self.from.as_ref()?;
        let ticks = (FADE_SECS * tick_hz).max(1.0) as u64;
        let gone = tick.saturating_sub(*since);
        (gone < ticks).then(|| {
            let gone = (gone / STEP_TICKS * STEP_TICKS) as f32 / ticks as f32;
            (eased(gone) * 256.0) as u32
        })
    }

    /// Brings what is shown to where it is at a tick; whether colours have come where they go at this very tick.
    pub(super) fn show(&mut self, memory: &Memory, tick: u64, tick_hz: f32) -> bool {
        let step = self.step(tick, tick_hz).unwrap_or(256);
        let arrived = step == 256 && self.from.take().is_some();
        if self.from.is_none() && self.look.tiles.is_none() {
            self.shown = None;
            return arrived;
        }
        let of = (memory.revision(), step);
        if self.shown.as_ref().is_some_and(|shown| shown.of == of) {
            return arrived;
        }
        let from = self.from.as_ref().and_then(|(tiles, _)| tiles.as_ref());
        let tiles = Repainted::between(memory, from, self.look.tiles.as_ref(), step);
        self.shown = Some(Shown { memory: memory.with_tiles_of(&tiles), tiles, of });
        arrived
    }

    /// From here on colours go to another look.
    pub(super) fn turn_to(&mut self, look: Look, tick: u64) {
        self.from = Some((self.shown.as_ref().map(|shown| shown.tiles.clone()), tick));
        self.look = look;
        // What is shown stays until the next step.
        if let Some(shown) = &mut self.shown {
            shown.of.1 = u32::MAX;
        }
    }
}

/// Slow at both ends.
fn eased(gone: f32) -> f32 {
    let gone = gone.clamp(0.0, 1.0);
    gone * gone * (3.0 - 2.0 * gone)
}
