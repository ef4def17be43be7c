//! What a sentence asks of a world.
//!
//! [`PromptReader`] reads `a snowy valley at dusk` and answers with a [`Scenery`]: which kind of place, weather, hour and
//! season are asked for, how sure that is, and what was not said. [`Scenery::scene`] makes a scene's seed of it; what was not
//! said is drawn, typical but varied.
//!
//! Two encoders turn words into numbers. all-MiniLM-L6-v2 knows English at large and is fetched once (`reverie models
//! fetch`); a small network of ours, always there, knows the vocabulary of places and weather and guesses other words by
//! their letters and neighbours. [`PromptReader::encoder`] tells which one reads. Times such as `7 pm` are read by rule.
//!
//! Training code and scores: `python/reverie_train/prompts`, `assets/models/prompts.md`.

mod clock;
mod error;
mod minilm;
mod network;
mod prompt;
mod reader;
mod scenery;
mod wordpiece;
mod words;

pub use error::PromptError;
pub use prompt::{
    EncoderChoice, EncoderKind, MAX_PROMPT_BYTES, MINILM_MODELS, PromptReader, WORDS_MODEL,
};
pub use scenery::{Daytime, Domain, Place, Said, Scenery, Standing};
