//! When what is said: phonemes, words, accents and phrases of a sentence from the lengths of its symbols.

use crate::network::{FRAME_SECS, Melody};
use crate::text::Word;
use reverie_behavior::{Accent, Phrase, PhraseEnd, Speech, TimedPhoneme, TimedWord, Viseme};

/// How much sooner sounds are heard than the steps of their symbols begin, seconds: measured on bands of
/// noise and of voice over 250 sentences in 32 voices (40 to 60 ms, hardly depending on the pace).
pub(crate) const EARLY_SECS: f32 = 0.05;
/// Spaces up to this long are part of the sound before them, seconds.
const SHORT_SPACE_SECS: f32 = 0.08;
/// Weaker accents are none.
const LEAST_ACCENT: f32 = 0.15;
/// How far around a vowel its pitch is looked at, seconds.
const AROUND_SECS: f32 = 0.03;
/// Pitch below this is no voice's, Hz.
const VOICED_HZ: f32 = 60.0;

/// A sentence whose lengths are known.
pub(crate) struct Timing<'a> {
    /// Its phonemes.
    pub phonemes: &'a str,
    pub words: &'a [Word],
    /// Of each symbol the place in `phonemes`, characters.
    pub places: &'a [Option<usize>],
    /// Of each symbol.
    pub steps: &'a [usize],
    /// A step, seconds.
    pub step_secs: f32,
    /// How much sooner than its steps a symbol is heard, seconds.
    pub early_secs: f32,
    /// Where it is known: accents are found by it.
    pub melody: Option<&'a Melody>,
}

/// A sound and its place in the phonemes.
struct Sound {
    timed: TimedPhoneme,
    place: usize,
}

/// Sounds in one breath.
struct Stretch {
    sounds: std::ops::Range<usize>,
    ending: PhraseEnd,
}

impl Timing<'_> {
    /// The speech, beginning at 0.
    pub(crate) fn speech(&self) -> Speech {
        let (sounds, stretches) = self.sounds();
        let phrases = stretches.iter().filter_map(|stretch| {
            let sounds = &sounds[stretch.sounds.clone()];
            let (first, last) = (sounds.first()?, sounds.last()?);
            let (start_secs, end_secs) = (first.timed.start_secs, last.timed.end_secs);
            Some(Phrase { start_secs, end_secs, ending: stretch.ending })
        });
        let words = self.words.iter().filter_map(|word| {
            let mut inside = sounds.iter().filter(|s| word.phonemes.contains(&s.place));
            let first = inside.next()?;
            let last = inside.next_back().unwrap_or(first);
            Some(TimedWord {
                text: word.text.clone(),
                start_secs: first.timed.start_secs,
                end_secs: last.timed.end_secs,
            })
        });
        let accents = stretches.iter().flat_map(|stretch| match self.melody {
            Some(melody) => self.accents(&sounds[stretch.sounds.clone()], melody),
            None => Vec::new(),
        });
        Speech {
            accents: accents.collect(),
            phrases: phrases.collect(),
            words: words.collect(),
            vocals: Vec::new(),
            duration_secs: self.steps.iter().sum::<usize>() as f32 * self.step_secs,
            phonemes: sounds.into_iter().map(|sound| sound.timed).collect(),
        }
    }

    fn sounds(&self) -> (Vec<Sound>, Vec<Stretch>) {
        let chars: Vec<char> = self.phonemes.chars().collect();
        let mut sounds: Vec<Sound> = Vec::new();
        let mut stretches: Vec<Stretch> = Vec::new();
        // Where the stretch under way begins, and what ended the last one.
        let mut first = 0;
        let mut waiting: Option<f32> = None;
        let mut stress = 0;
        let mut step = 0;
        for (place, steps) in self.places.iter().zip(self.steps) {
            let secs = |step: usize| (step as f32 * self.step_secs - self.early_secs).max(0.0);
            let start_secs = secs(step);
            step += steps;
            let end_secs = secs(step);
            let Some((place, symbol)) = place.and_then(|at| Some((at, *chars.get(at)?))) else {
                continue;
            };
            if let Some(level) = stress_mark(symbol) {
                // Its time belongs to the sound that it stands before.
                stress = level;
                waiting = waiting.or(Some(start_secs));
            } else if let Some(ending) = phrase_end(symbol) {
                if first < sounds.len() {
                    stretches.push(Stretch { sounds: first..sounds.len(), ending });
                    first = sounds.len();
                } else if let Some(last) = stretches.last_mut() {
                    // "?!" and "...!" say it with the second mark.
                    if ending != PhraseEnd::Continuation && last.ending != PhraseEnd::Question {
                        last.ending = ending;
                    }
                }
                (waiting, stress) = (None, 0);
            } else if is_silent(symbol) {
                if first < sounds.len()
                    && end_secs - start_secs <= SHORT_SPACE_SECS
                    && let Some(last) = sounds.last_mut()
                {
                    last.timed.end_secs = end_secs;
                }
            } else if lengthens(symbol) {
                if let Some(last) = sounds.last_mut() {
                    last.timed.end_secs = end_secs;
                }
            } else {
                let vowel = is_vowel(symbol);
                let timed = TimedPhoneme {
                    // The flap of "water" has a letter of its own.
                    phoneme: if symbol == 'T' { 'ɾ' } else { symbol },
                    stress: if vowel { std::mem::take(&mut stress) } else { 0 },
                    start_secs: waiting.take().unwrap_or(start_secs),
                    end_secs,
                };
                sounds.push(Sound { timed, place });
            }
        }
        if first < sounds.len() {
            let ending = PhraseEnd::Statement;
            stretches.push(Stretch { sounds: first..sounds.len(), ending });
        }
        (sounds, stretches)
    }

    /// Stressed syllables of a phrase that stand out by pitch, strength and length, at most one a word.
    fn accents(&self, sounds: &[Sound], melody: &Melody) -> Vec<Accent> {
        let vowels = || sounds.iter().filter(|s| is_vowel(s.timed.phoneme));
        let (Some(first), Some(last)) = (sounds.first(), sounds.last()) else { return Vec::new() };
        let count = vowels().count().max(1) as f32;
        let length = |sound: &Sound| sound.timed.end_secs - sound.timed.start_secs;
        let mean_length = vowels().map(length).sum::<f32>() / count;
        let strength =
            |sound: &Sound| melody.mean_strength(sound.timed.start_secs, sound.timed.end_secs);
        let mean_strength = vowels().map(strength).sum::<f32>() / count;
        let line = melody.declination(first.timed.start_secs, last.timed.end_secs);
        let mut accents: Vec<(usize, Accent)> = Vec::new();
        for sound in sounds.iter().filter(|sound| sound.timed.stress > 0) {
            let (start, end) = (sound.timed.start_secs, sound.timed.end_secs);
            let peak = melody
                .voiced(start - AROUND_SECS, end + AROUND_SECS)
                .map(|(secs, semitones)| (secs, semitones - line.at(secs)))
                .max_by(|a, b| a.1.total_cmp(&b.1));
            let (at_secs, above) = peak.unwrap_or((0.5 * (start + end), 0.0));
            let main = if sound.timed.stress > 1 { 0.2 } else { 0.0 };
            let longer = (length(sound) / mean_length.max(self.step_secs)).max(0.1).log2();
            let louder = strength(sound) - mean_strength;
            let score = main + 0.12 * above + 0.12 * louder + 0.2 * longer;
            let accent =
                Accent { at_secs: at_secs.clamp(start, end), strength: score.clamp(0.0, 1.0) };
            if accent.strength < LEAST_ACCENT {
                continue;
            }
            let word = self.words.iter().position(|w| w.phonemes.contains(&sound.place));
            let word = word.unwrap_or(usize::MAX);
            match accents.last_mut().filter(|(of, _)| *of == word && word != usize::MAX) {
                Some((_, before)) if before.strength >= accent.strength => {}
                Some((_, before)) => *before = accent,
                None => accents.push((word, accent)),
            }
        }
        accents.into_iter().map(|(_, accent)| accent).collect()
    }
}

impl Melody {
    /// Times and pitches (semitones above 1 Hz) of voiced frames.
    fn voiced(&self, from_secs: f32, to_secs: f32) -> impl Iterator<Item = (f32, f32)> {
        let (from, to) = (frame(from_secs), frame(to_secs));
        let pitch = &self.pitch_hz;
        let range = from.min(pitch.len())..to.min(pitch.len());
        range
            .clone()
            .zip(&pitch[range])
            .filter(|(_, hz)| **hz > VOICED_HZ)
            .map(|(frame, hz)| ((frame as f32 + 0.5) * FRAME_SECS, 12.0 * hz.log2()))
    }

    fn mean_strength(&self, from_secs: f32, to_secs: f32) -> f32 {
        let strength = &self.strength;
        let range = frame(from_secs).min(strength.len())..frame(to_secs).min(strength.len());
        let count = range.len().max(1) as f32;
        strength[range].iter().sum::<f32>() / count
    }

    /// The line that pitch follows on the whole: it falls in the course of a phrase.
    fn declination(&self, from_secs: f32, to_secs: f32) -> Line {
        let mut sums = [0.0_f64; 5];
        for (secs, semitones) in self.voiced(from_secs, to_secs) {
            let (x, y) = (f64::from(secs), f64::from(semitones));
            for (sum, part) in sums.iter_mut().zip([1.0, x, y, x * x, x * y]) {
                *sum += part;
            }
        }
        let [n, x, y, xx, xy] = sums;
        let spread = n * xx - x * x;
        let slope = if spread > 1e-6 { (n * xy - x * y) / spread } else { 0.0 };
        Line { offset: ((y - slope * x) / n.max(1.0)) as f32, slope: slope as f32 }
    }
}

struct Line {
    offset: f32,
    slope: f32,
}

impl Line {
    fn at(&self, secs: f32) -> f32 {
        self.offset + self.slope * secs
    }
}

fn frame(secs: f32) -> usize {
    (secs / FRAME_SECS).round().max(0.0) as usize
}

pub(crate) fn stress_mark(symbol: char) -> Option<u8> {
    match symbol {
        'ˈ' => Some(2),
        'ˌ' => Some(1),
        _ => None,
    }
}

fn phrase_end(symbol: char) -> Option<PhraseEnd> {
    match symbol {
        '.' => Some(PhraseEnd::Statement),
        '?' => Some(PhraseEnd::Question),
        '!' => Some(PhraseEnd::Exclamation),
        ',' | ';' | ':' | '—' | '…' => Some(PhraseEnd::Continuation),
        _ => None,
    }
}

/// Spaces, quotes, brackets and arrows.
fn is_silent(symbol: char) -> bool {
    symbol.is_whitespace() || "\"()“”↓→↗↘".contains(symbol)
}

/// Marks that change the sound before them.
pub(crate) fn lengthens(symbol: char) -> bool {
    "ːʰʲ\u{303}ᵝ".contains(symbol)
}

fn is_vowel(symbol: char) -> bool {
    Viseme::of(symbol).0.is_vowel() && !matches!(symbol, 'j' | 'w') || "ɜɚɨøœyɯɤ".contains(symbol)
}
