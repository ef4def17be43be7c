//! Why a sentence cannot be read.

use reverie_inference::{StoreError, WeightsError};

/// Why a sentence cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// The sentence itself cannot be used.
    #[error("prompt: {0}")]
    Sentence(String),
    /// A model is missing, damaged or of another shape.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The weights' header is not the expected one.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The weights do not fit the network; names file and tensor.
    #[error("prompt network: {0}")]
    Misfit(String),
    /// The list of word pieces is not one.
    #[error("model `{model}`: {problem}")]
    Vocabulary {
        /// The model's name.
        model: &'static str,
        /// What is wrong with its file.
        problem: String,
    },
    /// The device failed while a network ran.
    #[error("prompt network: {0}")]
    Network(String),
}

/// The message alone: candle adds a stack trace to it where one is asked for.
pub(crate) fn plain(error: candle_core::Error) -> String {
    match error {
        candle_core::Error::WithBacktrace { inner, .. } => plain(*inner),
        other => other.to_string(),
    }
}
