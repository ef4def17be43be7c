//! What is said and when: enough to move a mouth, brows and hands by.

use serde::{Deserialize, Serialize};

/// One sound of speech and its time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TimedPhoneme {
    /// The sound in the alphabet of the `misaki` phonemizer: IPA, with a letter for each diphthong
    /// (`A` say, `I` sigh, `O` so, `W` sow, `Y` soy, `Q` British so) and each affricate (`ʤ`, `ʧ`).
    #[serde(rename = "p")]
    pub phoneme: char,
    /// 0 (unstressed) to 2 (the word's main stress): of the vowels only.
    #[serde(default)]
    pub stress: u8,
    /// Seconds from the start of the speech.
    #[serde(rename = "start")]
    pub start_secs: f32,
    /// Seconds from the start of the speech.
    #[serde(rename = "end")]
    pub end_secs: f32,
}

/// One word and its time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimedWord {
    /// As it stands in the text, without the punctuation around it.
    pub text: String,
    /// Seconds from the start of the speech.
    #[serde(rename = "start")]
    pub start_secs: f32,
    /// Seconds from the start of the speech.
    #[serde(rename = "end")]
    pub end_secs: f32,
}

/// A syllable that the melody of speech makes stand out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Accent {
    /// Its middle: where pitch peaks, seconds from the start of the speech.
    pub at_secs: f32,
    /// How much it stands out, 0 to 1.
    pub strength: f32,
}

/// How a phrase ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
pub enum PhraseEnd {
    /// Falls: a statement is over.
    #[default]
    Statement,
    /// Rises: a question.
    Question,
    /// Stays up: goes on after a comma, an item of a list.
    Continuation,
    /// Falls from high up.
    Exclamation,
}

/// A stretch of speech in one breath.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Phrase {
    /// Seconds from the start of the speech.
    #[serde(rename = "start")]
    pub start_secs: f32,
    /// Seconds from the start of the speech.
    #[serde(rename = "end")]
    pub end_secs: f32,
    /// How it ends.
    pub ending: PhraseEnd,
}

/// Something said, each of its sounds with its time. Between the sounds is silence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Speech {
    /// In order, none overlapping the next.
    pub phonemes: Vec<TimedPhoneme>,
    /// In order.
    pub words: Vec<TimedWord>,
    /// In order.
    pub accents: Vec<Accent>,
    /// In order.
    pub phrases: Vec<Phrase>,
    /// Length with the silence at both ends, seconds.
    pub duration_secs: f32,
}
