//! What a game sends for somebody to say something: well under 1 kbit for a second of speech.
//!
//! A [`Line`] has the sounds with their times, words, accents and phrases, the manner, and the seed from which
//! the performer draws the gestures; no frames, no sound. [`Line::encode`] rounds: times to steps of
//! [`STEP_SECS`], strengths and manner to hundredths. What [`Line::decode`] gives is rounded already, and
//! coding it again gives the same bytes. So whoever sends a line performs what the others will read,
//! `Line::decode(&line.encode()?)?`, and all machines perform the same, bit by bit.
//!
//! The bytes are the version and the packed line in `postcard`'s coding (numbers below 128 take a byte).
//! Lines without [`Vocal`]s are of version 1, as all were before there were any; the others are of version 2,
//! which has them at its end.
//! Words are a third of them; a game that shows no subtitles may clear them, but gestures that words ask for go
//! with them.

use crate::{
    Accent, Act, Gesture, Manner, Phrase, PhraseEnd, Say, Speech, Target, TimedGesture,
    TimedPhoneme, TimedWord, Vocal, VocalKind, timeline::check,
};
use serde::{Deserialize, Serialize};

/// Times are multiples of this, a fifth of the voice's frames: rounding moves nothing by more than
/// 1.25 ms.
pub const STEP_SECS: f32 = 0.0025;
/// Longest line in bytes; an hour of lively talk takes 300,000.
pub const MAX_BYTES: usize = 1 << 20;
/// First byte of every line: without vocals, and with some.
const VERSION: u8 = 1;
const VOCAL_VERSION: u8 = 2;
/// Most places that a line points at.
const MAX_POINTS: usize = 1000;

/// Sounds by their codes; the two last codes are silence and a sound that is not listed.
const SOUNDS: &str = "pbmfvθðtdɾkɡghxʔʃʒʧʤsznlŋɹrɜɑaæʌɐɒɛeəᵊiɪᵻjɔouʊwAIWOQYɚ";
const SILENCE: u8 = 62;
const OTHER: u8 = 63;

/// Something to be said, with what the performer's gestures follow from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Line {
    /// What is said and how; its gestures are those of the script alone, without those that follow from
    /// speech, manner, seed and points.
    pub say: Say,
    /// Of the gestures.
    pub seed: u64,
    /// Places that words name, each with its time in seconds from the start, in order.
    pub points: Vec<(f32, Target)>,
}

/// Why a line cannot be coded or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// A number out of its range, or out of order.
    #[error("{field}: {problem}")]
    Value {
        /// The field, in the spelling of timelines.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// Longer than [`MAX_BYTES`].
    #[error("{0} bytes are more than {MAX_BYTES}")]
    TooLong(usize),
    /// Bytes of another version.
    #[error("version {0} is neither {VERSION} nor {VOCAL_VERSION}")]
    Version(u8),
    /// Bytes that are no line.
    #[error("no line: {0}")]
    Bytes(String),
}

/// Times in steps, each from the end of the one before.
#[derive(Serialize, Deserialize)]
struct Packed {
    seed: u64,
    /// Hundredths.
    manner: [u8; 2],
    duration: u32,
    /// Code of the sound and 64 times its stress; its length.
    sounds: Vec<(u8, u32)>,
    /// Those of code [`OTHER`], in order.
    others: String,
    /// Gap, length, text.
    words: Vec<(u32, u32, String)>,
    /// Gap, hundredths of strength.
    accents: Vec<(u32, u8)>,
    /// Gap, length.
    phrases: Vec<(u32, u32, PhraseEnd)>,
    /// Gap.
    gestures: Vec<(u32, Gesture)>,
    /// Gap.
    points: Vec<(u32, Target)>,
}

/// Behind the rest in lines of [`VOCAL_VERSION`]: gap, length, kind, hundredths of strength, calls, variant.
type PackedVocals = Vec<(u32, u32, VocalKind, u8, u8, u8)>;

impl Line {
    /// The line in bytes.
    ///
    /// # Errors
    /// For what a [`Timeline`](crate::Timeline) refuses, points out of order or too many, and more than [`MAX_BYTES`].
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        self.check()?;
        let Say { speech, manner, gestures } = &self.say;
        let mut clock = Clock::default();
        let mut sounds = Vec::with_capacity(speech.phonemes.len());
        let mut others = String::new();
        for sound in &speech.phonemes {
            let gap = clock.until(sound.start_secs);
            if gap > 0 {
                sounds.push((SILENCE, gap));
            }
            let code = SOUNDS.chars().position(|known| known == sound.phoneme);
            let code = code.map_or(OTHER, |code| code as u8);
            if code == OTHER {
                others.push(sound.phoneme);
            }
            sounds.push((code | sound.stress << 6, clock.until(sound.end_secs)));
        }
        let mut duration = clock.at.max(steps(speech.duration_secs));
        clock = Clock::default();
        let words = (speech.words.iter())
            .map(|w| (clock.until(w.start_secs), clock.until(w.end_secs), w.text.clone()))
            .collect();
        duration = duration.max(clock.at);
        clock = Clock::default();
        let phrases = (speech.phrases.iter())
            .map(|p| (clock.until(p.start_secs), clock.until(p.end_secs), p.ending))
            .collect();
        duration = duration.max(clock.at);
        clock = Clock::default();
        let accents = (speech.accents.iter())
            .map(|a| (clock.until(a.at_secs), hundredths(a.strength)))
            .collect();
        duration = duration.max(clock.at);
        clock = Clock::default();
        let vocals: PackedVocals = (speech.vocals.iter())
            .map(|v| {
                let (gap, length) = (clock.until(v.start_secs), clock.until(v.end_secs));
                (gap, length, v.kind, hundredths(v.strength), v.calls, v.variant)
            })
            .collect();
        duration = duration.max(clock.at);
        clock = Clock::default();
        let gestures: Vec<_> =
            gestures.iter().map(|g| (clock.until(g.start_secs), g.gesture)).collect();
        clock = Clock::default();
        let points = self.points.iter().map(|(at, to)| (clock.until(*at), *to)).collect();
        let manner = [manner.articulation, manner.liveliness].map(hundredths);
        let seed = self.seed;
        let packed = Packed {
            seed,
            manner,
            duration,
            sounds,
            others,
            words,
            accents,
            phrases,
            gestures,
            points,
        };
        let coding = |e: postcard::Error| WireError::Bytes(e.to_string());
        let bytes = match vocals.is_empty() {
            true => postcard::to_extend(&packed, vec![VERSION]).map_err(coding)?,
            false => {
                let bytes = postcard::to_extend(&packed, vec![VOCAL_VERSION]).map_err(coding)?;
                postcard::to_extend(&vocals, bytes).map_err(coding)?
            }
        };
        if bytes.len() > MAX_BYTES {
            return Err(WireError::TooLong(bytes.len()));
        }
        Ok(bytes)
    }

    /// The line of these bytes. Whatever they are, it is within the bounds of a timeline, or an error.
    ///
    /// # Errors
    /// For bytes of another version or of no line at all, and lines that a timeline would refuse.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > MAX_BYTES {
            return Err(WireError::TooLong(bytes.len()));
        }
        let (version, rest) =
            bytes.split_first().ok_or_else(|| WireError::Bytes("it is empty".to_owned()))?;
        if !matches!(*version, VERSION | VOCAL_VERSION) {
            return Err(WireError::Version(*version));
        }
        let coding = |e: postcard::Error| WireError::Bytes(e.to_string());
        let (packed, mut rest): (Packed, &[u8]) =
            postcard::take_from_bytes(rest).map_err(coding)?;
        let mut vocals = PackedVocals::new();
        if *version == VOCAL_VERSION {
            (vocals, rest) = postcard::take_from_bytes(rest).map_err(coding)?;
        }
        if !rest.is_empty() {
            return Err(WireError::Bytes(format!("{} bytes follow it", rest.len())));
        }
        let line = packed.line(vocals)?;
        line.check()?;
        Ok(line)
    }

    fn check(&self) -> Result<(), WireError> {
        let value = |(field, problem)| WireError::Value { field, problem };
        check(&Act::Say(Box::new(self.say.clone()))).map_err(value)?;
        if self.points.len() > MAX_POINTS {
            let problem = format!("{} are more than {MAX_POINTS}", self.points.len());
            return Err(value(("points", problem)));
        }
        let mut last_secs = 0.0;
        for (at_secs, target) in &self.points {
            if !(last_secs..=self.say.speech.duration_secs).contains(at_secs) {
                let problem =
                    format!("{at_secs} s is not after {last_secs} s and within the speech");
                return Err(value(("points", problem)));
            }
            last_secs = *at_secs;
            check(&Act::Turn(*target)).map_err(value)?;
        }
        Ok(())
    }
}

impl Packed {
    fn line(self, packed_vocals: PackedVocals) -> Result<Line, WireError> {
        let mut others = self.others.chars();
        let mut clock = Clock::default();
        let mut phonemes = Vec::with_capacity(self.sounds.len());
        for (code, length) in self.sounds {
            let start_secs = clock.secs();
            let end_secs = clock.after(length)?;
            let (code, stress) = (code & 63, code >> 6);
            let phoneme = match code {
                SILENCE => continue,
                OTHER => others.next(),
                code => SOUNDS.chars().nth(usize::from(code)),
            };
            let phoneme =
                phoneme.ok_or_else(|| WireError::Bytes(format!("there is no sound {code}")))?;
            phonemes.push(TimedPhoneme { phoneme, stress, start_secs, end_secs });
        }
        clock = Clock::default();
        let mut words = Vec::with_capacity(self.words.len());
        for (gap, length, text) in self.words {
            let (start_secs, end_secs) = (clock.after(gap)?, clock.after(length)?);
            words.push(TimedWord { text, start_secs, end_secs });
        }
        clock = Clock::default();
        let mut phrases = Vec::with_capacity(self.phrases.len());
        for (gap, length, ending) in self.phrases {
            let (start_secs, end_secs) = (clock.after(gap)?, clock.after(length)?);
            phrases.push(Phrase { start_secs, end_secs, ending });
        }
        clock = Clock::default();
        let mut accents = Vec::with_capacity(self.accents.len());
        for (gap, strength) in self.accents {
            accents.push(Accent { at_secs: clock.after(gap)?, strength: whole(strength) });
        }
        clock = Clock::default();
        let mut gestures = Vec::with_capacity(self.gestures.len());
        for (gap, gesture) in self.gestures {
            gestures.push(TimedGesture { start_secs: clock.after(gap)?, gesture });
        }
        clock = Clock::default();
        let mut points = Vec::with_capacity(self.points.len());
        for (gap, target) in self.points {
            points.push((clock.after(gap)?, target));
        }
        clock = Clock::default();
        let mut vocals = Vec::with_capacity(packed_vocals.len());
        for (gap, length, kind, strength, calls, variant) in packed_vocals {
            let (start_secs, end_secs) = (clock.after(gap)?, clock.after(length)?);
            let strength = whole(strength);
            vocals.push(Vocal { kind, start_secs, end_secs, strength, calls, variant });
        }
        let duration_secs = Clock::default().after(self.duration)?;
        let [articulation, liveliness] = self.manner.map(whole);
        let speech = Speech { phonemes, words, accents, phrases, vocals, duration_secs };
        let manner = Manner { articulation, liveliness };
        Ok(Line { say: Say { speech, manner, gestures }, seed: self.seed, points })
    }
}

/// Where a list has come to, in steps.
#[derive(Default)]
struct Clock {
    at: u32,
}

impl Clock {
    /// Goes on to a time; the steps until then, none for times that rounding has passed.
    fn until(&mut self, secs: f32) -> u32 {
        let gap = steps(secs).saturating_sub(self.at);
        self.at += gap;
        gap
    }

    /// Goes on by some steps; the time there.
    fn after(&mut self, gap: u32) -> Result<f32, WireError> {
        /// An hour and a minute: what is beyond is refused later, and no number overflows.
        const MOST: u32 = 3660 * 400;
        self.at = self.at.saturating_add(gap);
        match self.at <= MOST {
            true => Ok(self.secs()),
            false => Err(WireError::Bytes("a time is beyond an hour".to_owned())),
        }
    }

    fn secs(&self) -> f32 {
        // Divided in double precision so that the nearest number comes out everywhere.
        (f64::from(self.at) / 400.0) as f32
    }
}

fn steps(secs: f32) -> u32 {
    (f64::from(secs) * 400.0).round() as u32
}

fn hundredths(value: f32) -> u8 {
    (value * 100.0).round() as u8
}

fn whole(hundredths: u8) -> f32 {
    f32::from(hundredths) / 100.0
}
