//! From frames to speech: a way through visemes that a mouth can follow, and what stands out along it.

use super::path::{LAG, Path};
use super::{LIP_FRAME_SECS, LipFrame};
use reverie_behavior::{Accent, Phrase, PhraseEnd, Speech, TimedPhoneme, Viseme};
use std::collections::VecDeque;

/// How much later than its frame a viseme is decided on, seconds.
pub const DECODE_SECS: f32 = LAG as f32 * LIP_FRAME_SECS;
/// Silence that ends a phrase, frames.
const PAUSE: u64 = 20;
/// Longest stretch, seconds, where speech never pauses.
const LONGEST_SECS: f32 = 20.0;
/// Weaker accents are none.
const LEAST_ACCENT: f32 = 0.22;
/// Vowels with more energy than this are half stressed.
const STRESSED: f32 = 0.72;

/// A stretch of speech.
#[derive(Debug, Clone, PartialEq)]
pub struct HeardSpeech {
    /// When it begins, seconds from the first frame.
    pub start_secs: f64,
    /// Sounds that stand for visemes, accents and phrases, with times from the beginning of the stretch; no
    /// words.
    pub speech: Speech,
}

/// Makes speech of frames, stretch by stretch: phrase by phrase, or, for a face that must not wait so long, a
/// few sounds at a time ([`Self::with_stretches`]).
///
/// What is said at a moment comes out at most this much later: [`super::LipReader::look_ahead_secs`] until
/// its frame is there, [`DECODE_SECS`] until its viseme is decided on, and the length of a stretch.
#[derive(Debug, Clone)]
pub struct LipDecoder {
    longest: u64,
    path: Path,
    /// The last frames, those included that are not decided on.
    recent: VecDeque<LipFrame>,
    /// Frames that are decided on.
    decided: u64,
    stretch: Stretch,
}

/// Speech under way.
#[derive(Debug, Clone, Default)]
struct Stretch {
    sounds: Vec<Sound>,
    accents: Vec<(u64, f32)>,
}

/// One viseme, and sums over its frames.
#[derive(Debug, Clone, Copy)]
struct Sound {
    viseme: Viseme,
    start: u64,
    end: u64,
    voicing: f32,
    energy: f32,
}

impl Default for LipDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl LipDecoder {
    /// Gives whole phrases.
    pub fn new() -> Self {
        Self::with_stretches(LONGEST_SECS)
    }

    /// Gives stretches of about this length at most, seconds (0.1 to 20): longer only by the sound that is
    /// under way, which for a moment more is not cut in two.
    pub fn with_stretches(longest_secs: f32) -> Self {
        let longest_secs = longest_secs.clamp(0.1, LONGEST_SECS);
        Self {
            longest: (longest_secs / LIP_FRAME_SECS).round() as u64,
            path: Path::new(),
            recent: VecDeque::with_capacity(2 * LAG + 2),
            decided: 0,
            stretch: Stretch::default(),
        }
    }

    /// Hears the next frame; now and then a stretch is complete.
    pub fn push(&mut self, frame: &LipFrame) -> Option<HeardSpeech> {
        if self.recent.len() > 2 * LAG {
            self.recent.pop_front();
        }
        self.recent.push_back(*frame);
        let viseme = self.path.push(frame)?;
        self.decide(viseme, LAG)
    }

    /// Up to this time, seconds from the first frame, all that was said has been given.
    pub fn given_secs(&self) -> f64 {
        let frame = self.stretch.sounds.first().map_or(self.decided, |sound| sound.start);
        frame as f64 * f64::from(LIP_FRAME_SECS)
    }

    /// Ends the stream: what was not given yet. The next frame begins a new one.
    pub fn finish(&mut self) -> Option<HeardSpeech> {
        let rest: Vec<Viseme> = self.path.rest().collect();
        let mut given: Option<HeardSpeech> = None;
        let mut add = |heard: Option<HeardSpeech>| {
            let Some(heard) = heard else { return };
            match &mut given {
                Some(before) => {
                    let later = (heard.start_secs - before.start_secs) as f32;
                    before.speech.append(heard.speech, later);
                }
                None => given = Some(heard),
            }
        };
        let count = rest.len();
        for (number, viseme) in rest.into_iter().enumerate() {
            add(self.decide(viseme, count - 1 - number));
        }
        add(self.stretch.take(self.decided));
        *self = Self::with_stretches(self.longest as f32 * LIP_FRAME_SECS);
        given
    }

    /// Takes the viseme of the next frame, after which so many have been heard.
    fn decide(&mut self, viseme: Viseme, ahead: usize) -> Option<HeardSpeech> {
        let at = self.decided;
        self.decided += 1;
        let place = self.recent.len().checked_sub(ahead + 1)?;
        let frame = *self.recent.get(place)?;
        let near = |i: usize| self.recent.get(i).map_or(0.0, |frame| frame.accent);
        let range = place.saturating_sub(LAG)..(place + LAG + 1).min(self.recent.len());
        let peak = range.clone().all(|i| near(i) < frame.accent || i >= place)
            && range.clone().all(|i| near(i) <= frame.accent);
        // A new sound is where a stretch can end.
        let stretch = &mut self.stretch;
        let same = stretch.sounds.last().is_some_and(|s| s.viseme == viseme && s.end == at);
        let mut given = None;
        if let (Some(first), Some(last)) = (stretch.sounds.first(), stretch.sounds.last()) {
            let paused = at - last.end >= PAUSE;
            let long = at - first.start;
            if paused || (!same && long >= self.longest) || long >= 2 * self.longest {
                given = stretch.take(at);
            }
        }
        if peak && frame.accent >= LEAST_ACCENT {
            self.stretch.accents.push((at, frame.accent));
        }
        if viseme != Viseme::Sil {
            self.stretch.sound(viseme, at, &frame);
        }
        given
    }
}

impl Stretch {
    fn sound(&mut self, viseme: Viseme, at: u64, frame: &LipFrame) {
        match self.sounds.last_mut().filter(|s| s.viseme == viseme && s.end == at) {
            Some(sound) => {
                sound.end = at + 1;
                sound.voicing += frame.voicing;
                sound.energy += frame.energy;
            }
            None => {
                let (voicing, energy) = (frame.voicing, frame.energy);
                self.sounds.push(Sound { viseme, start: at, end: at + 1, voicing, energy });
            }
        }
    }

    /// The speech so far, which ends at a frame; begins anew.
    fn take(&mut self, end: u64) -> Option<HeardSpeech> {
        let Self { sounds, accents } = std::mem::take(self);
        let (first, last) = (*sounds.first()?, *sounds.last()?);
        let secs = |frame: u64| frame.saturating_sub(first.start) as f32 * LIP_FRAME_SECS;
        let accents: Vec<(u64, f32)> =
            accents.into_iter().filter(|(at, _)| (first.start..last.end).contains(at)).collect();
        let phonemes = sounds.iter().map(|sound| {
            let stands_out = accents.iter().any(|(at, _)| (sound.start..sound.end).contains(at));
            sound.phoneme(stands_out, secs(sound.start), secs(sound.end))
        });
        let paused = end - last.end >= PAUSE;
        let ending = if paused { PhraseEnd::Statement } else { PhraseEnd::Continuation };
        let phrase = Phrase { start_secs: 0.0, end_secs: secs(last.end), ending };
        let speech = Speech {
            phonemes: phonemes.collect(),
            words: Vec::new(),
            accents: accents
                .iter()
                .map(|(at, strength)| Accent {
                    at_secs: secs(*at) + 0.5 * LIP_FRAME_SECS,
                    strength: strength.clamp(0.0, 1.0),
                })
                .collect(),
            phrases: vec![phrase],
            vocals: Vec::new(),
            duration_secs: secs(end),
        };
        let start_secs = first.start as f64 * f64::from(LIP_FRAME_SECS);
        Some(HeardSpeech { start_secs, speech })
    }
}

impl Sound {
    /// A sound of English with this viseme.
    fn phoneme(&self, stands_out: bool, start_secs: f32, end_secs: f32) -> TimedPhoneme {
        let frames = (self.end - self.start).max(1) as f32;
        let (voiced, loud) = (self.voicing > 0.5 * frames, self.energy > STRESSED * frames);
        let pick = |voiceless, with_voice| if voiced { with_voice } else { voiceless };
        let phoneme = match self.viseme {
            Viseme::Sil => ' ',
            Viseme::PP => pick('p', 'b'),
            Viseme::FF => pick('f', 'v'),
            Viseme::TH => pick('θ', 'ð'),
            Viseme::DD => pick('t', 'd'),
            Viseme::KK => pick('k', 'ɡ'),
            Viseme::CH => pick('ʃ', 'ʒ'),
            Viseme::SS => pick('s', 'z'),
            Viseme::NN => 'n',
            Viseme::RR => 'ɹ',
            Viseme::AA => 'ɑ',
            Viseme::E => 'ɛ',
            Viseme::I => 'i',
            Viseme::O => 'ɔ',
            Viseme::U => 'u',
        };
        let stress = match (self.viseme.is_vowel(), stands_out, loud) {
            (true, true, _) => 2,
            (true, false, true) => 1,
            _ => 0,
        };
        TimedPhoneme { phoneme, stress, start_secs, end_secs }
    }
}
