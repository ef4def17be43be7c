//! What can go wrong between a caller and a world model.

/// Every failure a [`WorldModel`](crate::WorldModel) reports.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WorldError {
    /// The model says in its spec that it cannot do this.
    #[error("model {model} does not support {what}")]
    Unsupported {
        /// The model's name.
        model: String,
        /// What was asked for.
        what: String,
    },
    /// `step`, `apply` or `save` before `begin`.
    #[error("the world has not begun: call begin or restore first")]
    NotBegun,
    /// The seed cannot start a world.
    #[error("seed: {0}")]
    InvalidSeed(String),
    /// An action with numbers that make no sense.
    #[error("action: {field}: {problem}")]
    InvalidAction {
        /// The field, in the spelling of [`Action`](crate::Action).
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// An event with values that make no sense.
    #[error("event: {field}: {problem}")]
    InvalidEvent {
        /// The field, in the spelling of [`WorldEvent`](crate::WorldEvent).
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// A snapshot of another model, another version, or damaged.
    #[error("snapshot: {0}")]
    InvalidSnapshot(String),
    /// Weights missing, damaged or of another shape.
    #[error("weights: {0}")]
    Weights(String),
    /// The model itself failed; the world is unchanged and the call can be repeated.
    #[error("model failed: {0}")]
    Failed(String),
}
