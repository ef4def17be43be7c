//! The behaviour timeline: what an avatar is to do, and when.
//!
//! A [`Timeline`] is a list of [`Event`]s in order of time. Whoever directs an avatar (a script, a
//! dialogue, a game) appends to it; `reverie_avatar` performs it. Together with a seed it says
//! everything about a performance, so a game that plays on several machines sends timelines, not
//! poses.
//!
//! Times are seconds from the start of the performance, places are metres in the world (right-handed,
//! Y up).

mod act;
mod emotion;
mod speech;
mod timeline;
mod vocal;
pub mod wire;

pub use act::{
    Act, Activity, Attraction, EntityId, Event, Gesture, Hand, HandShape, Hands, Look, MAX_COMPANY,
    Stroke, Target, TimedGesture, Walk,
};
pub use emotion::{Affect, Emotion, Feeling, Mood};
pub use speech::{
    Accent, MAX_PHONEMES, MAX_SPEECH_SECS, Manner, Phrase, PhraseEnd, Say, Speech, TimedPhoneme,
    TimedWord, Viseme,
};
pub use timeline::{Timeline, TimelineError};
pub use vocal::{Call, MAX_CALLS, Vocal, VocalKind};
