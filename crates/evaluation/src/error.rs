//! What can go wrong when worlds are judged.

use reverie_world_model::WorldError;

/// Why a figure cannot be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MetricError {
    /// Two pictures (or a picture and its mask or depth) differ in size.
    #[error("{what} is {found_width}x{found_height}, expected {width}x{height}")]
    SizeMismatch {
        /// Which of them.
        what: &'static str,
        /// Its width, pixels.
        found_width: u32,
        /// Its height, pixels.
        found_height: u32,
        /// Expected width, pixels.
        width: u32,
        /// Expected height, pixels.
        height: u32,
    },
    /// The picture has fewer pixels a side than the metric's window.
    #[error("the picture is {width}x{height}: at least {least} pixels a side are needed")]
    TooSmall {
        /// Width, pixels.
        width: u32,
        /// Height, pixels.
        height: u32,
        /// Pixels that are needed a side.
        least: u32,
    },
    /// Nothing is left to measure: an empty mask, no known depth, a flat picture.
    #[error("nothing to measure: {0}")]
    Nothing(&'static str),
    /// Numbers that make no sense together: other lengths, not finite.
    #[error("{field}: {problem}")]
    BadValues {
        /// Which argument.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

/// Why a world cannot be judged.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum JudgeError {
    /// A model refused or failed.
    #[error("model {model}, tick {tick}: {error}")]
    World {
        /// The model's name.
        model: String,
        /// Ticks since its world began.
        tick: u64,
        /// What it reported.
        error: WorldError,
    },
    /// A model's frames cannot be compared with the truth's.
    #[error("model {model}: {error}")]
    Metric {
        /// The model's name.
        model: String,
        /// What is wrong.
        error: MetricError,
    },
    /// A model cannot take part: it ticks at another rate, or starts from nothing that is there.
    #[error("model {model}: {problem}")]
    Unfit {
        /// The model's name.
        model: String,
        /// Why.
        problem: String,
    },
    /// The conditions network failed.
    #[error("{0}")]
    Conditions(String),
    /// The caller asked to stop.
    #[error("stopped")]
    Stopped,
}
