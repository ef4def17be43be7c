//! Where in a sound the sounds and words of a known text are.
//!
//! Viterbi's algorithm over the visemes of the text in their order, with silence allowed between words. How long
//! a sound usually lasts is asked of the voice's own network.

use super::{LIP_FRAME_SECS, LipFrame};
use crate::network::STEP_SECS;
use crate::script::Script;
use crate::speaker::Voice;
use crate::text::Sentence;
use crate::timing::{Timing, lengthens, stress_mark};
use reverie_behavior::{Accent, Speech, Viseme};

/// Most pairs of frame and sound that are looked at: 256 MiB of memory, about nine minutes of speech.
const MAX_CELLS: usize = 1 << 30;
/// Less likely than this counts as this: a text may differ from what is said.
const LEAST_LIKELY: f32 = 1e-3;
/// Usual length of a silence, frames.
const SILENCE_FRAMES: f32 = 12.0;
/// What beginning a silence between two words costs, as the logarithm of a probability.
const SILENCE: f32 = -1.5;
/// Part of a diphthong that its first half takes, as faces perform it.
const SPLIT: f32 = 0.55;
/// Weaker accents are none.
const LEAST_ACCENT: f32 = 0.15;

/// Why a text cannot be found in a sound.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AlignError {
    /// The text has no sound.
    #[error("there is nothing in it to say")]
    Nothing,
    /// Nobody speaks so fast.
    #[error("its {sounds} sounds do not fit into {frames} frames of 10 ms")]
    TooMuch {
        /// Sounds of the text.
        sounds: usize,
        /// Frames of the sound.
        frames: usize,
    },
    /// The search would take too much memory.
    #[error(
        "{sounds} sounds in {frames} frames of 10 ms are too many: about nine minutes are possible"
    )]
    TooLong {
        /// Sounds of the text.
        sounds: usize,
        /// Frames of the sound.
        frames: usize,
    },
}

/// A text whose place in a sound was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Aligned {
    /// Each of its sounds and words with its time.
    pub speech: Speech,
    /// How well the sound fits the text: the mean likelihood of its visemes where they were put, 0 to 1. More
    /// than 0.7 for clear speech, below 0.5 for another text.
    pub fit: f32,
}

/// A sound, a half of one, or silence that may be left out.
struct State {
    viseme: Viseme,
    sentence: usize,
    symbol: usize,
    silence: bool,
    /// Logarithms of how likely it lasts and ends after each frame.
    lasts: f32,
    ends: f32,
}

impl State {
    fn new(viseme: Viseme, (sentence, symbol): (usize, usize), frames: f32) -> Self {
        let ends = 1.0 / frames.max(1.5);
        Self { viseme, sentence, symbol, silence: false, lasts: (1.0 - ends).ln(), ends: ends.ln() }
    }

    fn silence(place: (usize, usize)) -> Self {
        Self { silence: true, ..Self::new(Viseme::Sil, place, SILENCE_FRAMES) }
    }
}

/// What the voice makes of a sentence.
struct Read {
    sentence: Sentence,
    places: Vec<Option<usize>>,
}

pub(super) fn align(frames: &[LipFrame], text: &str, voice: &Voice) -> Result<Aligned, AlignError> {
    let script = Script::new(text);
    let mut states = vec![State::silence((0, 0))];
    let mut all = Vec::new();
    for sentence in voice.phonemizer().sentences(script.plain()) {
        let (symbols, places) = voice.network().symbols(&sentence.phonemes);
        // Without a phoneme there is nothing between the two silences.
        if symbols.len() <= 2 {
            continue;
        }
        let steps = voice.network().read(&symbols).steps_at(1.0);
        let chars: Vec<char> = sentence.phonemes.chars().collect();
        for (symbol, (place, steps)) in places.iter().zip(steps).enumerate() {
            let place_of = (all.len(), symbol);
            let sound = place.and_then(|at| chars.get(at).copied());
            match sound.map(|sound| (sound, Viseme::of(sound))) {
                Some((sound, _)) if stress_mark(sound).is_some() || lengthens(sound) => {}
                Some((_, (viseme, then))) if viseme != Viseme::Sil => {
                    let length = steps as f32 * STEP_SECS / LIP_FRAME_SECS;
                    match then {
                        None => {
                            // Two, so that it lasts for two frames at least.
                            let first = State::new(viseme, place_of, 1.5);
                            states.push(State { lasts: f32::MIN, ends: 0.0, ..first });
                            states.push(State::new(viseme, place_of, length - 1.0));
                        }
                        Some(then) => {
                            states.push(State::new(viseme, place_of, SPLIT * length));
                            states.push(State::new(then, place_of, (1.0 - SPLIT) * length));
                        }
                    }
                }
                // One silence stands for all the marks in a row.
                _ if states.last().is_some_and(|state| state.silence) => {}
                _ => states.push(State::silence(place_of)),
            }
        }
        all.push(Read { sentence, places });
    }
    let sounds = states.iter().filter(|state| !state.silence).count();
    if sounds == 0 {
        return Err(AlignError::Nothing);
    }
    if sounds > frames.len() {
        return Err(AlignError::TooMuch { sounds: sounds / 2, frames: frames.len() });
    }
    if states.len().saturating_mul(frames.len()) > MAX_CELLS {
        return Err(AlignError::TooLong { sounds: sounds / 2, frames: frames.len() });
    }
    let way = way(frames, &states);
    let mut steps: Vec<Vec<usize>> = all.iter().map(|read| vec![0; read.places.len()]).collect();
    let (mut fit, mut spoken) = (0.0, 0.0f32);
    for (frame, state) in frames.iter().zip(&way) {
        let state = &states[*state];
        steps[state.sentence][state.symbol] += 1;
        if !state.silence {
            fit += frame.visemes[state.viseme as usize];
            spoken += 1.0;
        }
    }
    let mut speech = Speech::default();
    for (read, steps) in all.iter().zip(&steps) {
        let timing = Timing {
            phonemes: &read.sentence.phonemes,
            words: &read.sentence.words,
            places: &read.places,
            steps,
            step_secs: LIP_FRAME_SECS,
            early_secs: 0.0,
            melody: None,
        };
        let start_secs = speech.duration_secs;
        speech.append(timing.speech(), start_secs);
    }
    speech.accents = accents(&speech, frames);
    Ok(Aligned { speech, fit: fit / spoken.max(1.0) })
}

/// The state of each frame on the likeliest way through all of them.
fn way(frames: &[LipFrame], states: &[State]) -> Vec<usize> {
    let count = states.len();
    // How each frame of each state was come to: 0 it lasts, 1 from the state before, 2 from the one before
    // that. Four to a byte.
    let mut steps = vec![0u8; (frames.len() * count).div_ceil(4)];
    let mut scores = vec![f32::MIN; count];
    let mut next = scores.clone();
    for (number, frame) in frames.iter().enumerate() {
        let likely = frame.visemes.map(|p| p.max(LEAST_LIKELY).ln());
        for (at, state) in states.iter().enumerate() {
            let come = |from: usize| scores[from] + states[from].ends;
            let begin = if state.silence && at > 0 { SILENCE } else { 0.0 };
            let (mut step, mut best) = (0, scores[at] + state.lasts);
            if number == 0 {
                // It begins with silence or with the first sound.
                best = if at <= 1 { 0.0 } else { f32::MIN };
            } else if at > 0 {
                if come(at - 1) + begin > best {
                    (step, best) = (1, come(at - 1) + begin);
                }
                if at > 1 && states[at - 1].silence && come(at - 2) > best {
                    (step, best) = (2, come(at - 2));
                }
            }
            next[at] = (best + likely[state.viseme as usize]).max(f32::MIN);
            let cell = number * count + at;
            steps[cell / 4] |= step << (2 * (cell % 4));
        }
        std::mem::swap(&mut scores, &mut next);
    }
    let mut at = count - 1;
    if states[at].silence && count > 1 && scores[at - 1] > scores[at] {
        at -= 1;
    }
    let mut way = vec![0; frames.len()];
    for number in (0..frames.len()).rev() {
        way[number] = at;
        let cell = number * count + at;
        at = at.saturating_sub(usize::from(steps[cell / 4] >> (2 * (cell % 4)) & 3));
    }
    way
}

/// Stressed syllables that were heard to stand out, at most one a word.
fn accents(speech: &Speech, frames: &[LipFrame]) -> Vec<Accent> {
    let frame = |secs: f32| (secs / LIP_FRAME_SECS) as usize;
    let mut accents: Vec<(usize, Accent)> = Vec::new();
    for sound in speech.phonemes.iter().filter(|sound| sound.stress > 0) {
        let (from, to) = (frame(sound.start_secs), frame(sound.end_secs).min(frames.len()));
        let peak = (from..to).max_by(|a, b| frames[*a].accent.total_cmp(&frames[*b].accent));
        let Some(peak) = peak.filter(|at| frames[*at].accent >= LEAST_ACCENT) else { continue };
        let accent = Accent {
            at_secs: (peak as f32 + 0.5) * LIP_FRAME_SECS,
            strength: frames[peak].accent.clamp(0.0, 1.0),
        };
        let word = speech.words.partition_point(|word| word.end_secs <= sound.start_secs);
        match accents.last_mut().filter(|(of, _)| *of == word) {
            Some((_, before)) if before.strength >= accent.strength => {}
            Some((_, before)) => *before = accent,
            None => accents.push((word, accent)),
        }
    }
    accents.into_iter().map(|(_, accent)| accent).collect()
}
