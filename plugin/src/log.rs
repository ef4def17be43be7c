//! What made a world what it is, so that it can be made again bit by bit.

use crate::view::{Embodiment, WorldSeed};
use bevy::math::UVec2;
use reverie_spatial::PaintEntry;
use reverie_world_model::{Action, Snapshot, WorldEvent};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;

/// Longest log, ticks: a day. A world that runs longer has none.
const MAX_TICKS: usize = 24 * 60 * 60 * 24;

/// What a world started from and everything that happened to it, as its model got it. With the same
/// program and weights (those of the view), [`ReplayWorld`](crate::ReplayWorld) makes the same world of it, painted parts
/// included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorldLog {
    /// What it started from.
    pub start: LogStart,
    /// The name of the model.
    pub model: String,
    /// Size that the model was made for, pixels.
    pub size: UVec2,
    /// When windows were asked for and merged; `None` when nothing was painted.
    #[serde(default)]
    pub painting: Option<Vec<PaintEntry>>,
    /// When the colours of other conditions were asked for and taken.
    #[serde(default)]
    pub repainting: Vec<PaintEntry>,
    /// What was done in each tick, the first one first.
    pub ticks: Vec<Action>,
    /// Changes of conditions, each with the number of ticks before it.
    #[serde(default)]
    pub events: Vec<(u64, WorldEvent)>,
}

/// What a logged world started from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum LogStart {
    /// A seed.
    Seed {
        /// See [`WorldView::seed`](crate::WorldView::seed).
        seed: WorldSeed,
        /// See [`WorldView::rng_seed`](crate::WorldView::rng_seed).
        rng_seed: u64,
        /// How actions moved the camera.
        embodiment: Embodiment,
    },
    /// A saved state.
    Snapshot {
        /// The state.
        #[serde(serialize_with = "serialize_state", deserialize_with = "deserialize_state")]
        state: Arc<Snapshot>,
        /// How actions moved the camera.
        embodiment: Embodiment,
    },
}

fn serialize_state<S: Serializer>(state: &Arc<Snapshot>, to: S) -> Result<S::Ok, S::Error> {
    state.as_ref().serialize(to)
}

fn deserialize_state<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<Snapshot>, D::Error> {
    Snapshot::deserialize(from).map(Arc::new)
}

/// When the model took what its threads had made.
#[derive(Debug, Clone, Default)]
pub(crate) struct TakenTimes {
    /// Windows; `None` when nothing is painted.
    pub painting: Option<Vec<PaintEntry>>,
    /// Colours of other conditions.
    pub repainting: Vec<PaintEntry>,
}

impl WorldLog {
    pub(crate) fn times(&self) -> TakenTimes {
        TakenTimes { painting: self.painting.clone(), repainting: self.repainting.clone() }
    }
}

/// A log that is being written.
pub(crate) struct Recording(Option<WorldLog>);

impl Recording {
    pub fn new(start: LogStart, model: String, size: UVec2) -> Self {
        Self(Some(WorldLog {
            start,
            model,
            size,
            painting: None,
            repainting: Vec::new(),
            ticks: Vec::new(),
            events: Vec::new(),
        }))
    }

    pub fn tick(&mut self, action: &Action) {
        match &mut self.0 {
            Some(log) if log.ticks.len() < MAX_TICKS => log.ticks.push(*action),
            _ => self.0 = None,
        }
    }

    pub fn event(&mut self, event: WorldEvent) {
        if let Some(log) = &mut self.0 {
            log.events.push((log.ticks.len() as u64, event));
        }
    }

    /// The same world goes on from a saved state.
    pub fn restart(&mut self, state: Arc<Snapshot>, embodiment: Embodiment) {
        if let Some(WorldLog { model, size, .. }) = self.0.take() {
            *self = Self::new(LogStart::Snapshot { state, embodiment }, model, size);
        }
    }

    /// What was written so far; `None` when it has become too long.
    pub fn so_far(&self, times: TakenTimes) -> Option<Arc<WorldLog>> {
        let log = self.0.as_ref()?;
        let TakenTimes { painting, repainting } = times;
        Some(Arc::new(WorldLog { painting, repainting, ..log.clone() }))
    }
}
