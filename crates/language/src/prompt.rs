//! Sentences to sceneries, with the best encoder that there is.

use crate::clock::{Clock, find};
use crate::error::{PromptError, plain};
use crate::minilm::{self, MiniLm};
use crate::network::{Config, WordEncoder};
use crate::reader::{Answers, QUESTIONS, Reader, check_questions};
use crate::scenery::{Daytime, Domain, Place, Said, Scenery, Standing};
use crate::wordpiece::{MOST_TOKENS, WordPieces};
use crate::words::{MOST_WORDS, words_of};
use candle_core::{DType, Device, Tensor};
use reverie_inference::{ModelStore, Weights, WeightsError};
use reverie_world_model::{Season, Weather};
use serde::{Deserialize, Serialize};

/// Our own network's name in the manifest of models.
pub const WORDS_MODEL: &str = "prompts";
/// Names in the manifest of what reads with MiniLM: its weights, its word pieces, and what answers from its states.
pub const MINILM_MODELS: [&str; 3] = ["minilm", "minilm_pieces", "prompts_minilm"];
/// A longer sentence is refused, bytes.
pub const MAX_PROMPT_BYTES: usize = 4096;
/// An answer below this chance is not taken for said.
const LEAST_CHANCE: f32 = 0.35;
/// A kind of place of at least this chance is meant even where no place seems to be named ("the Himalayas").
const IMPLIED: f32 = 0.5;
/// How strong weather is that is said to be weak: it has to be seen for what it is.
const WEAK: f32 = 0.7;
/// Two answers of at least this chance contradict one another.
const CONTRADICTION: f32 = 0.25;

/// Which encoder reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EncoderKind {
    /// all-MiniLM-L6-v2, fetched.
    #[serde(rename = "all-MiniLM-L6-v2")]
    MiniLm,
    /// Our own small network, always there.
    #[serde(rename = "embedded")]
    Words,
}

impl EncoderKind {
    /// Its name, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MiniLm => "all-MiniLM-L6-v2",
            Self::Words => "embedded",
        }
    }
}

/// Which encoder is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EncoderChoice {
    /// MiniLM if it was fetched, else our own.
    #[default]
    Best,
    /// This one.
    Only(EncoderKind),
}

enum Encoder {
    MiniLm { pieces: WordPieces, network: Box<MiniLm> },
    Words(Box<WordEncoder>),
}

/// Reads sentences. It runs on the CPU, where the same sentence gives the same answer bit by bit.
pub struct PromptReader {
    encoder: Encoder,
    reader: Reader,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReaderConfig {
    states: usize,
    width: usize,
    hidden: usize,
}

impl PromptReader {
    /// Loads an encoder and what reads its states.
    ///
    /// # Errors
    /// When weights are missing, damaged or do not fit; the message names file and tensor. With [`EncoderChoice::Best`]
    /// MiniLM is passed over when it was not fetched, but not when it is damaged.
    pub fn load(store: &ModelStore, choice: EncoderChoice) -> Result<Self, PromptError> {
        let fetched = || {
            MINILM_MODELS
                .iter()
                .all(|name| store.entry(name).is_ok_and(|entry| store.path(entry).is_file()))
        };
        match choice {
            EncoderChoice::Only(EncoderKind::MiniLm) => Self::load_minilm(store),
            EncoderChoice::Best if fetched() => Self::load_minilm(store),
            EncoderChoice::Best | EncoderChoice::Only(EncoderKind::Words) => {
                Self::from_word_weights(&store.weights(WORDS_MODEL)?)
            }
        }
    }

    fn load_minilm(store: &ModelStore) -> Result<Self, PromptError> {
        let [network, pieces, reader] = MINILM_MODELS;
        let pieces = WordPieces::new(&store.read(pieces)?)?;
        let weights = store.weights(network)?;
        let network = MiniLm::load(pieces.len(), weights.var_builder(DType::F32, &Device::Cpu));
        let network = Box::new(network.map_err(|e| PromptError::Misfit(plain(e)))?);
        let weights = store.weights(reader)?;
        let ReaderConfig { states, width, hidden } = config(&weights)?;
        if states != minilm::WIDTH || [width, hidden].iter().any(|size| !(1..=1024).contains(size))
        {
            return Err(bad_config(&weights, "has sizes that do not fit").into());
        }
        check_questions(&weights)?;
        let reader =
            Reader::load(states, width, hidden, weights.var_builder(DType::F32, &Device::Cpu));
        let reader = reader.map_err(|e| PromptError::Misfit(plain(e)))?;
        Ok(Self { encoder: Encoder::MiniLm { pieces, network }, reader })
    }

    /// Builds our own network from weights whose metadata carry its configuration and the names of its answers.
    ///
    /// # Errors
    /// When the configuration makes no sense, the answers are others than this program knows, or a tensor is
    /// missing or of another shape.
    pub fn from_word_weights(weights: &Weights) -> Result<Self, PromptError> {
        let config: Config = config(weights)?;
        if let Some(problem) = config.problem() {
            return Err(bad_config(weights, problem).into());
        }
        check_questions(weights)?;
        let vb = weights.var_builder(DType::F32, &Device::Cpu);
        let (width, hidden) = (config.width, config.hidden);
        let encoder = WordEncoder::load(config, vb.pp("encoder"));
        let encoder = Encoder::Words(Box::new(encoder.map_err(|e| PromptError::Misfit(plain(e)))?));
        let reader = Reader::load(width, width, hidden, vb.pp("reader"));
        Ok(Self { encoder, reader: reader.map_err(|e| PromptError::Misfit(plain(e)))? })
    }

    /// Which encoder reads.
    pub fn encoder(&self) -> EncoderKind {
        match self.encoder {
            Encoder::MiniLm { .. } => EncoderKind::MiniLm,
            Encoder::Words(_) => EncoderKind::Words,
        }
    }

    /// What a sentence asks for.
    ///
    /// # Errors
    /// [`PromptError::Sentence`] when it is empty, has no word, or is longer than [`MAX_PROMPT_BYTES`].
    pub fn read(&self, sentence: &str) -> Result<Scenery, PromptError> {
        let bad = |problem: String| Err(PromptError::Sentence(problem));
        let sentence = sentence.trim();
        if sentence.is_empty() {
            return bad("the sentence is empty".into());
        }
        if sentence.len() > MAX_PROMPT_BYTES {
            let bytes = sentence.len();
            return bad(format!(
                "the sentence has {bytes} bytes, at most {MAX_PROMPT_BYTES} are accepted"
            ));
        }
        let words = words_of(sentence);
        if words.is_empty() {
            return bad("the sentence has no words".into());
        }
        let failed = |e| PromptError::Network(plain(e));
        let Some((states, cut)) = self.states(sentence).map_err(failed)? else {
            return bad("the sentence has no words".into());
        };
        let answers = self.reader.answers(&states).map_err(failed)?;
        let mut scenery = understood(&answers, find(sentence), salt_of(&words));
        if cut {
            scenery.notes.push("the sentence is long: only its beginning was read".into());
        }
        if !words.iter().any(|word| word.bytes().any(|byte| byte.is_ascii_alphabetic())) {
            scenery
                .notes
                .push("only English is read: what the sentence says was guessed or drawn".into());
        }
        Ok(scenery)
    }

    /// States of the words or their pieces, and whether some were left out.
    fn states(&self, sentence: &str) -> candle_core::Result<Option<(Tensor, bool)>> {
        match &self.encoder {
            Encoder::MiniLm { pieces, network } => {
                let tokens = pieces.tokens(sentence);
                Ok(Some((network.states(&tokens)?, tokens.len() == MOST_TOKENS)))
            }
            Encoder::Words(encoder) => {
                let cut = words_of(sentence).len() == MOST_WORDS;
                Ok(encoder.states(sentence)?.map(|states| (states, cut)))
            }
        }
    }
}

fn config<T: for<'de> Deserialize<'de>>(weights: &Weights) -> Result<T, WeightsError> {
    let text = weights.metadata("config")?;
    serde_json::from_str(text)
        .map_err(|e| bad_config(weights, &format!("is no configuration: {e}")))
}

fn bad_config(weights: &Weights, problem: &str) -> WeightsError {
    WeightsError::BadMetadata {
        path: weights.path().into(),
        key: "config".into(),
        problem: problem.into(),
    }
}

/// The same for sentences of the same words.
fn salt_of(words: &[String]) -> u64 {
    let bytes = words.iter().flat_map(|word| word.bytes().chain([b' ']));
    bytes.fold(0xCBF2_9CE4_8422_2325, |value, byte| {
        (value ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// The likeliest answer that is not "it does not say", if it is likely enough.
fn said(chances: &[f32]) -> Option<(usize, f32)> {
    let (unsaid, answers) = chances.split_last()?;
    let (at, chance) = answers.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
    // Several answers share what "said" has; together they outweigh "not said".
    let together: f32 = answers.iter().sum();
    (together >= *unsaid && (chance >= LEAST_CHANCE || chance >= *unsaid)).then_some((at, chance))
}

fn understood(answers: &Answers, clock: Option<Clock>, salt: u64) -> Scenery {
    let mut notes = Vec::new();
    let place = place(answers, &mut notes);
    let mut note = |question: usize, chances: &[f32]| {
        let names = QUESTIONS[question].1;
        let mut both: Vec<_> = chances[..chances.len() - 1].iter().zip(names).collect();
        both.sort_by(|a, b| b.0.total_cmp(a.0));
        if let [(_, taken), (second, other), ..] = both[..]
            && *second >= CONTRADICTION
        {
            let what = QUESTIONS[question].0;
            notes.push(format!(
                "{what}: both {taken} and {other} seem to be asked for; {taken} was taken"
            ));
        }
    };
    let weather =
        said(&answers.weather).map(|(at, confidence)| Said { value: Weather::ALL[at], confidence });
    note(2, &answers.weather);
    let season =
        said(&answers.season).map(|(at, confidence)| Said { value: Season::ALL[at], confidence });
    note(5, &answers.season);
    let strength = said(&answers.strength)
        .map(|(at, confidence)| Said { value: [WEAK, 1.0][at], confidence })
        .filter(|_| weather.is_some());
    let daytime =
        said(&answers.hour).map(|(at, confidence)| Said { value: Daytime::ALL[at], confidence });
    let hour = clock.map(|clock| hour_of(clock, daytime.map(|said| said.value)));
    if hour.is_none() && !neighbours(&answers.hour) {
        note(4, &answers.hour);
    }
    Scenery { place, weather, strength, daytime, hour, season, notes, salt }
}

fn place(answers: &Answers, notes: &mut Vec<String>) -> Place {
    let likeliest = |chances: &[f32]| {
        let best = chances.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
        best.unwrap_or_default()
    };
    let (kind, confidence) = likeliest(&answers.place);
    let (named, _) = likeliest(&answers.named);
    let domain = Domain::ALL[kind.min(Domain::ALL.len() - 1)];
    // Of sentences without a place the network has learnt that no kind is likelier than another.
    let standing = match named {
        0 => Standing::Named,
        1 => Standing::Elsewhere,
        _ if confidence >= IMPLIED => Standing::Named,
        _ => Standing::Unsaid,
    };
    if standing == Standing::Elsewhere {
        notes.push(format!(
            "there is no such place: Reverie shows mountains (valleys, forests, lakes), cities (streets, houses, parks) and \
             warehouses; the nearest is {}",
            domain.name()
        ));
    }
    Place {
        domain,
        confidence,
        standing,
        elsewhere: answers.named.get(1).copied().unwrap_or_default(),
    }
}

/// The two likeliest parts of the day follow one another: no contradiction.
fn neighbours(chances: &[f32]) -> bool {
    let mut order: Vec<usize> = (0..chances.len().saturating_sub(1)).collect();
    order.sort_by(|a, b| chances[*b].total_cmp(&chances[*a]));
    let [first, second, ..] = order[..] else { return true };
    let apart = first.abs_diff(second);
    apart.min(Daytime::ALL.len() - apart) <= 1 || [first, second].iter().all(|at| *at >= 5)
}

/// The hour of a clock; the part of the day decides where twelve hours leave it open, else waking hours do.
fn hour_of(clock: Clock, daytime: Option<Daytime>) -> f32 {
    let hour = match clock {
        Clock::At(hour) => return hour.clamp(0.0, 24.0),
        Clock::Either(hour) => hour.rem_euclid(12.0),
    };
    let early = match daytime {
        Some(Daytime::Dawn | Daytime::Morning) => true,
        Some(Daytime::Night) => hour < 5.0,
        Some(Daytime::Noon) => hour > 10.0,
        Some(Daytime::Afternoon | Daytime::Golden | Daytime::Dusk | Daytime::Evening) => false,
        None => hour >= 6.5,
    };
    if early { hour } else { hour + 12.0 }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
