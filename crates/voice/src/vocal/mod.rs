//! Sounds of a voice that are no words: laughter, sighs, audible breaths.
//!
//! The throat is the speaker's: the voice network says how it filters a vowel, and the vocoder moves,
//! roughens and whispers that as it does with words. What is new is the source: when voice and breath
//! sound, how strong, and how high. Laughter follows Bachorowski, Smoski & Owren (2001): bouts of short calls
//! with breath before each, far above the pitch of speech, falling and weakening, then a breath in.

mod source;
mod throat;

pub(crate) use source::{Source, Temper};
pub(crate) use throat::Throat;
