//! Lips from sound alone: any speech in, what the mouth does out, while it is being heard.
//!
//! A small causal network of our own (`assets/models/lips.md`) hears 16 kHz samples and says for every 10 ms
//! which viseme they are, whether there is voice, how loud it is and whether a syllable stands out
//! ([`LipReader`]). [`LipDecoder`] makes sounds, accents and phrases of that: a
//! [`Speech`](reverie_behavior::Speech) which a face performs like a known text. Where the text is known,
//! [`LipReader::align`] finds the time of each of its sounds and words.

mod align;
mod decode;
mod features;
mod network;
mod path;
mod reader;

pub use align::{AlignError, Aligned};
pub use decode::{DECODE_SECS, HeardSpeech, LipDecoder};
pub use reader::{LIPS_MODEL, LipFrame, LipReader};

/// Samples a second that lips are read from.
pub const RATE_HZ: u32 = 16_000;
/// Samples of a frame.
const HOP: usize = 160;
/// A frame, seconds.
pub const LIP_FRAME_SECS: f32 = HOP as f32 / RATE_HZ as f32;
