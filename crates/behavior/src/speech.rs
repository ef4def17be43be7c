//! What is said and when: enough to move a mouth, brows and hands by.

use crate::{TimedGesture, Vocal, vocal::MAX_CALLS};
use serde::{Deserialize, Serialize};

/// Longest speech, seconds.
pub const MAX_SPEECH_SECS: f32 = 3600.0;
/// Most sounds of one speech: more than anybody says within [`MAX_SPEECH_SECS`].
pub const MAX_PHONEMES: usize = 100_000;
/// Most bytes of one word.
const MAX_WORD_BYTES: usize = 1000;

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
    /// Sounds that are no words, in order.
    pub vocals: Vec<Vocal>,
    /// Length with the silence at both ends, seconds.
    pub duration_secs: f32,
}

impl Speech {
    /// Adds what is said from `at_secs` on, after all that is there.
    pub fn append(&mut self, mut next: Self, at_secs: f32) {
        next.retime(|secs| secs + at_secs);
        self.phonemes.append(&mut next.phonemes);
        self.words.append(&mut next.words);
        self.phrases.append(&mut next.phrases);
        self.accents.append(&mut next.accents);
        self.vocals.append(&mut next.vocals);
        self.duration_secs = self.duration_secs.max(at_secs + next.duration_secs);
    }

    /// What begins at a time or later, with times from there on; a phrase under way is cut.
    #[must_use]
    pub fn rest(&self, from_secs: f32) -> Self {
        // A little early, for times that were rounded.
        let there = |secs: f32| secs >= from_secs - 1e-3;
        let mut rest = self.clone();
        rest.phonemes.retain(|sound| there(sound.start_secs));
        rest.words.retain(|word| there(word.start_secs));
        rest.phrases.retain(|phrase| phrase.end_secs > from_secs);
        rest.accents.retain(|accent| there(accent.at_secs));
        rest.vocals.retain(|vocal| there(vocal.start_secs));
        let moved = |secs: f32| (secs - from_secs).max(0.0);
        rest.retime(moved);
        rest.duration_secs = moved(self.duration_secs);
        rest
    }

    /// Changes the times of all that is in it.
    fn retime(&mut self, new_secs: impl Fn(f32) -> f32) {
        let spans = (self.phonemes.iter_mut().map(|it| (&mut it.start_secs, &mut it.end_secs)))
            .chain(self.words.iter_mut().map(|it| (&mut it.start_secs, &mut it.end_secs)))
            .chain(self.phrases.iter_mut().map(|it| (&mut it.start_secs, &mut it.end_secs)))
            .chain(self.vocals.iter_mut().map(|it| (&mut it.start_secs, &mut it.end_secs)))
            .flat_map(|(start, end)| [start, end]);
        for secs in spans.chain(self.accents.iter_mut().map(|accent| &mut accent.at_secs)) {
            *secs = new_secs(*secs);
        }
    }

    /// Whether everything is in order and within its bounds; else the field and what is wrong.
    pub(crate) fn check(&self) -> Result<(), (&'static str, String)> {
        let long = |field, len: usize| match len <= MAX_PHONEMES {
            true => Ok(()),
            false => Err((field, format!("{len} are more than {MAX_PHONEMES}"))),
        };
        long("phonemes", self.phonemes.len())?;
        long("words", self.words.len())?;
        long("accents", self.accents.len())?;
        long("phrases", self.phrases.len())?;
        long("vocals", self.vocals.len())?;
        if !(0.0..=MAX_SPEECH_SECS).contains(&self.duration_secs) {
            let problem = format!("{} is not within 0 to {MAX_SPEECH_SECS}", self.duration_secs);
            return Err(("duration_secs", problem));
        }
        let spans = self.phonemes.iter().map(|p| (p.start_secs, p.end_secs));
        in_order("phonemes", spans, self.duration_secs)?;
        let spans = self.words.iter().map(|w| (w.start_secs, w.end_secs));
        in_order("words", spans, self.duration_secs)?;
        let spans = self.phrases.iter().map(|p| (p.start_secs, p.end_secs));
        in_order("phrases", spans, self.duration_secs)?;
        let spans = self.accents.iter().map(|a| (a.at_secs, a.at_secs));
        in_order("accents", spans, self.duration_secs)?;
        let spans = self.vocals.iter().map(|v| (v.start_secs, v.end_secs));
        in_order("vocals", spans, self.duration_secs)?;
        if let Some(vocal) = self.vocals.iter().find(|v| !(0.0..=1.0).contains(&v.strength)) {
            return Err(("strength", format!("{} is not within 0 to 1", vocal.strength)));
        }
        if let Some(vocal) = self.vocals.iter().find(|v| v.calls > MAX_CALLS) {
            return Err(("calls", format!("{} are more than {MAX_CALLS}", vocal.calls)));
        }
        if let Some(word) = self.words.iter().find(|w| w.text.len() > MAX_WORD_BYTES) {
            let problem = format!("a word of {} bytes, {MAX_WORD_BYTES} at most", word.text.len());
            return Err(("words", problem));
        }
        if let Some(accent) = self.accents.iter().find(|a| !(0.0..=1.0).contains(&a.strength)) {
            return Err(("strength", format!("{} is not within 0 to 1", accent.strength)));
        }
        if let Some(sound) = self.phonemes.iter().find(|p| p.stress > 2) {
            return Err(("stress", format!("{} is not within 0 to 2", sound.stress)));
        }
        Ok(())
    }
}

/// Times may touch, up to rounding, and not overlap.
fn in_order(
    field: &'static str,
    spans: impl Iterator<Item = (f32, f32)>,
    duration_secs: f32,
) -> Result<(), (&'static str, String)> {
    const ROUNDING_SECS: f32 = 1e-3;
    let mut last = 0.0;
    for (number, (start, end)) in spans.enumerate() {
        let sound =
            start >= last - ROUNDING_SECS && end >= start && end <= duration_secs + ROUNDING_SECS;
        if !sound {
            let problem = format!(
                "number {number} lasts from {start} to {end} s, after {last} and within {duration_secs} s"
            );
            return Err((field, problem));
        }
        last = end;
    }
    Ok(())
}

/// Something to say, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Say {
    /// What.
    pub speech: Speech,
    /// How.
    pub manner: Manner,
    /// What hands and head do meanwhile, in order; times from the start of the speech.
    pub gestures: Vec<TimedGesture>,
}

/// How somebody speaks, as far as it shows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Manner {
    /// How far jaw and lips go: 0 (mumbles) over 1 to 1.5 (over-articulates).
    pub articulation: f32,
    /// How much brows and head take part: 0 (none), 1, to 2 (lively).
    pub liveliness: f32,
}

impl Manner {
    /// Most of [`Self::articulation`].
    pub const MAX_ARTICULATION: f32 = 1.5;
    /// Most of [`Self::liveliness`].
    pub const MAX_LIVELINESS: f32 = 2.0;
}

impl Default for Manner {
    fn default() -> Self {
        Self { articulation: 1.0, liveliness: 1.0 }
    }
}

/// What a mouth does at a moment, in the fifteen classes that are common in games.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Viseme {
    /// At rest.
    Sil,
    /// Lips closed: p, b, m.
    PP,
    /// Lower lip at the upper teeth: f, v.
    FF,
    /// Tongue between the teeth: th.
    TH,
    /// Tongue behind the upper teeth: t, d.
    DD,
    /// Back of the tongue up: k, g.
    #[serde(rename = "kk")]
    KK,
    /// Lips out, teeth together: sh, ch, j.
    CH,
    /// Teeth together: s, z.
    SS,
    /// Tongue up, voice through the nose: n, l, ng.
    #[serde(rename = "nn")]
    NN,
    /// r.
    RR,
    /// Wide open: a.
    #[serde(rename = "aa")]
    AA,
    /// Half open: e.
    E,
    /// Spread: i.
    I,
    /// Round and open: o.
    O,
    /// Round and narrow: u, w.
    U,
}

impl Viseme {
    /// How many there are.
    pub const COUNT: usize = 15;

    /// All of them, in the order of their discriminants.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Sil,
        Self::PP,
        Self::FF,
        Self::TH,
        Self::DD,
        Self::KK,
        Self::CH,
        Self::SS,
        Self::NN,
        Self::RR,
        Self::AA,
        Self::E,
        Self::I,
        Self::O,
        Self::U,
    ];

    /// What the mouth does for a sound, and what it goes on to in the last part of a diphthong.
    /// Symbols that are no sound of English are silence.
    pub const fn of(phoneme: char) -> (Self, Option<Self>) {
        match phoneme {
            'p' | 'b' | 'm' => (Self::PP, None),
            'f' | 'v' => (Self::FF, None),
            'θ' | 'ð' => (Self::TH, None),
            't' | 'd' | 'ɾ' => (Self::DD, None),
            'k' | 'ɡ' | 'g' | 'h' | 'x' | 'ʔ' => (Self::KK, None),
            'ʃ' | 'ʒ' | 'ʧ' | 'ʤ' => (Self::CH, None),
            's' | 'z' => (Self::SS, None),
            'n' | 'l' | 'ŋ' => (Self::NN, None),
            'ɹ' | 'r' | 'ɜ' => (Self::RR, None),
            'ɑ' | 'a' | 'æ' | 'ʌ' | 'ɐ' | 'ɒ' => (Self::AA, None),
            'ɛ' | 'e' | 'ə' | 'ᵊ' => (Self::E, None),
            'i' | 'ɪ' | 'ᵻ' | 'j' => (Self::I, None),
            'ɔ' | 'o' => (Self::O, None),
            'u' | 'ʊ' | 'w' => (Self::U, None),
            'A' => (Self::E, Some(Self::I)),
            'I' => (Self::AA, Some(Self::I)),
            'W' => (Self::AA, Some(Self::U)),
            'O' => (Self::O, Some(Self::U)),
            'Q' => (Self::E, Some(Self::U)),
            'Y' => (Self::O, Some(Self::I)),
            _ => (Self::Sil, None),
        }
    }

    /// Whether it is a vowel's.
    pub const fn is_vowel(self) -> bool {
        matches!(self, Self::AA | Self::E | Self::I | Self::O | Self::U)
    }
}
