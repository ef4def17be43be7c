//! What worlds tell a game, and what a game asks of them.

use crate::{log::WorldLog, prompt::PromptReading};
use bevy::prelude::*;
use reverie_world_model::{Snapshot, WorldEvent};
use std::sync::Arc;

/// A world follows an event: the answer to [`ChangeWorld`] where [`ModelFailed`] is not.
#[derive(Message, Debug, Clone, PartialEq)]
pub struct WorldChanged {
    /// The [`WorldView`](crate::WorldView).
    pub view: Entity,
    /// The event.
    pub event: WorldEvent,
}

/// A world started.
#[derive(Message, Debug, Clone, PartialEq)]
pub struct WorldStarted {
    /// Its [`WorldView`](crate::WorldView).
    pub view: Entity,
    /// The seed, in words.
    pub seed: String,
    /// The model that generates it.
    pub model: String,
    /// What was made of the sentence, where it started from one that the model cannot read itself.
    pub reading: Option<PromptReading>,
}

/// A model failed: to start, to step, or to follow an event.
#[derive(Message, Debug, Clone, PartialEq)]
pub struct ModelFailed {
    /// The [`WorldView`](crate::WorldView).
    pub view: Entity,
    /// What went wrong, one line.
    pub error: String,
    /// The world ticks on (a new seed or an event was refused, the old world stays).
    pub still_running: bool,
}

/// Much of what the camera sees is filled rather than remembered.
#[derive(Message, Debug, Clone, Copy, PartialEq)]
pub struct CoverageLow {
    /// The [`WorldView`](crate::WorldView).
    pub view: Entity,
    /// Share of the picture that memory covers, 0 to 1.
    pub coverage: f32,
}

/// The painter failed or could not be made. The world goes on; what is unknown is filled calmly.
#[derive(Message, Debug, Clone, PartialEq)]
pub struct PaintingFailed {
    /// The [`WorldView`](crate::WorldView).
    pub view: Entity,
    /// What went wrong, one line.
    pub error: String,
}

/// A saved world, the answer to [`SaveWorld`].
#[derive(Message, Debug, Clone, PartialEq)]
pub struct WorldSaved {
    /// The [`WorldView`](crate::WorldView).
    pub view: Entity,
    /// The whole state; serde writes it.
    pub snapshot: Snapshot,
    /// How it came about; `None` after more than a day.
    pub log: Option<Arc<WorldLog>>,
}

/// A replay has come to its end: the world is as it was when the log was taken, and paused.
#[derive(Message, Debug, Clone, Copy, PartialEq)]
pub struct ReplayFinished {
    /// The [`WorldView`](crate::WorldView).
    pub view: Entity,
}

/// Trigger this to let a failed world try again.
#[derive(EntityEvent, Debug, Clone, Copy)]
pub struct RetryWorld {
    /// The [`WorldView`](crate::WorldView).
    pub entity: Entity,
}

/// Trigger this to change the conditions in a world. What a [`WorldEvent::Text`] says of weather, hour and season is read as the
/// sentence of a prompt is, and each of them is a change of its own, for the log and for [`WorldEvent::Undo`].
#[derive(EntityEvent, Debug, Clone)]
pub struct ChangeWorld {
    /// The [`WorldView`](crate::WorldView).
    pub entity: Entity,
    /// What changes.
    pub event: WorldEvent,
}

/// Trigger this to save a world; [`WorldSaved`] brings the state.
#[derive(EntityEvent, Debug, Clone, Copy)]
pub struct SaveWorld {
    /// The [`WorldView`](crate::WorldView).
    pub entity: Entity,
}

/// Trigger this to continue from a saved state.
#[derive(EntityEvent, Debug, Clone)]
pub struct RestoreWorld {
    /// The [`WorldView`](crate::WorldView).
    pub entity: Entity,
    /// The state.
    pub snapshot: Arc<Snapshot>,
}

/// Trigger this to make a logged world again, tick by tick, in place of the running one. The
/// player's input is not listened to until [`ReplayFinished`].
#[derive(EntityEvent, Debug, Clone)]
pub struct ReplayWorld {
    /// The [`WorldView`](crate::WorldView); it takes over seed, model and size of the log.
    pub entity: Entity,
    /// What to play.
    pub log: Arc<WorldLog>,
}
