//! Voices: text to speech with the time of every sound, offline and in real time on one core.

mod acting;
pub mod activity;
mod delivery;
mod error;
mod kernels;
pub mod lips;
mod network;
mod script;
mod speaker;
mod spec;
mod synth;
pub mod text;
mod timing;
mod vocal;

pub use acting::guessed_mood;
pub use delivery::Delivery;
pub use error::VoiceError;
pub use network::{
    FRAME_SECS, Melody, Precision, Reading, SPELLING_MODELS, STEP_SECS, Spectra, SpellingNetwork,
    VOICE_MODEL, VoiceNetwork,
};
pub use script::Script;
pub use speaker::{Chunk, Speaker, SpokenSentence, Utterance, Voice};
pub use spec::{SpecError, VoiceSpec};
pub use synth::SAMPLE_RATE_HZ;
