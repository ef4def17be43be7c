//! First views of worlds from sentences.
//!
//! [`imagine`] has a sentence read by `reverie_language`, builds scenes of the simulator that fit what was understood, looks
//! around in each from where a walk begins, and takes the view that shows the most of it. A [`Candidate`] is a world to start:
//! the simulator's scene itself, or its first view for a model that starts from a picture.

mod candidate;
mod view;

pub use candidate::{CANDIDATES, Candidate, Imagined, candidate, candidates, imagine};

use reverie_language::PromptError;

/// Why a sentence becomes no world.
#[derive(Debug, thiserror::Error)]
pub enum ImagineError {
    /// The sentence cannot be read.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// A candidate's preview cannot be made.
    #[error("candidate {candidate}: {problem}")]
    Preview {
        /// Which one.
        candidate: u32,
        /// What is wrong.
        problem: String,
    },
}
