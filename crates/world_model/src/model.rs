//! The trait of all world models.

use crate::{
    Action, Conditions, Observation, SceneLight, Seed, WorldError, WorldEvent, base64_bytes,
};
use serde::{Deserialize, Serialize};

/// What a world model is and what it can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// The model's name, for example `spatial`.
    pub name: String,
    /// Width of its observations, pixels.
    pub width: u32,
    /// Height of its observations, pixels.
    pub height: u32,
    /// Ticks per second.
    pub tick_hz: f32,
    /// Seeds it starts from: `image`, `scene`, `prompt`.
    pub seeds: Vec<String>,
    /// Events it follows, by [`WorldEvent::kind`].
    pub events: Vec<String>,
    /// Observations carry depth.
    pub depth: bool,
    /// How long something out of sight is remembered, seconds; `None` is for ever.
    pub memory_horizon_secs: Option<f32>,
}

impl ModelSpec {
    /// Whether it follows events of a [`WorldEvent::kind`].
    #[must_use]
    pub fn follows(&self, kind: &str) -> bool {
        self.events.iter().any(|known| known == kind)
    }

    /// Whether weather, hour and season can be changed.
    #[must_use]
    pub fn follows_conditions(&self) -> bool {
        ["weather", "time_of_day", "season"].into_iter().all(|kind| self.follows(kind))
    }
}

/// The whole state of a world model, as opaque bytes with a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Name of the model that wrote it.
    pub model: String,
    /// Layout version, the model's own counting.
    pub version: u32,
    /// The state.
    #[serde(with = "base64_bytes")]
    pub state_base64: Vec<u8>,
}

/// A world model: generates what is seen from what is done.
///
/// Same seed, weights and inputs give the same observations, bit for bit, on one platform.
/// A call that fails leaves the world as it was.
pub trait WorldModel: Send {
    /// What the model is and can do.
    fn spec(&self) -> &ModelSpec;

    /// Starts a world; its observation is tick 0.
    ///
    /// # Errors
    /// [`WorldError::InvalidSeed`], [`WorldError::Unsupported`] or [`WorldError::Weights`].
    fn begin(&mut self, seed: &Seed) -> Result<Observation, WorldError>;

    /// Advances by one tick of `1 / tick_hz` seconds.
    ///
    /// # Errors
    /// [`WorldError::NotBegun`], [`WorldError::InvalidAction`] or [`WorldError::Failed`].
    fn step(&mut self, action: &Action) -> Result<Observation, WorldError>;

    /// Changes conditions from the next tick on.
    ///
    /// # Errors
    /// [`WorldError::NotBegun`], [`WorldError::InvalidEvent`] or [`WorldError::Unsupported`].
    fn apply(&mut self, event: &WorldEvent) -> Result<(), WorldError>;

    /// The light where the camera stands now. `None` when the model does not know it (the default)
    /// or has not begun; the light is estimated from the pictures then.
    fn light(&self) -> Option<SceneLight> {
        None
    }

    /// Weather, hour and season as they were asked for last, or as the world began. `None` when the model does not
    /// know them (the default) or has not begun.
    fn conditions(&self) -> Option<Conditions> {
        None
    }

    /// Copies the state out; [`restore`](Self::restore) continues from it exactly.
    ///
    /// # Errors
    /// [`WorldError::NotBegun`] or [`WorldError::Unsupported`].
    fn save(&self) -> Result<Snapshot, WorldError>;

    /// Puts a saved state back.
    ///
    /// # Errors
    /// [`WorldError::InvalidSnapshot`] or [`WorldError::Unsupported`].
    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), WorldError>;
}
