//! Shapes of the networks as they stand in the headers of their files.

use reverie_inference::{Weights, WeightsError};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Network that reads a string of symbols.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TextConfig {
    pub channels: usize,
    /// Width inside its blocks.
    pub hidden: usize,
    /// Symbols that a convolution sees.
    pub kernel: usize,
    /// Convolution blocks.
    pub convolutions: usize,
    /// How often the one attention layer is gone through.
    pub passes: usize,
    pub heads: usize,
}

/// Network over frames of time.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FramesConfig {
    pub channels: usize,
    /// Width inside its blocks.
    pub hidden: usize,
    /// Frames that a convolution sees.
    pub kernel: usize,
    /// Of each block: distance of the frames that its convolution sees.
    pub dilations: Vec<usize>,
}

/// The voice's networks.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VoiceConfig {
    /// How many symbols there are.
    pub symbols: usize,
    /// Frequencies of a spectrum.
    pub bins: usize,
    pub sound_text: TextConfig,
    pub melody_text: TextConfig,
    pub melody: FramesConfig,
    pub sound: FramesConfig,
}

/// The network that reads unknown words.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SpellingConfig {
    pub channels: usize,
    /// Width inside its layers.
    pub hidden: usize,
    pub layers: usize,
    pub heads: usize,
    /// Letters of the longest word.
    pub max_letters: usize,
    /// Answers for each letter.
    pub slots: usize,
    /// Whether its reference rounds activations to eight bits.
    pub quantised: bool,
}

impl TextConfig {
    fn problem(&self) -> Option<String> {
        let Self { channels, hidden, kernel, convolutions, passes, heads } = self;
        sizes(*channels, *hidden, *kernel)
            .or_else(|| too_many("convolutions", *convolutions, 16))
            .or_else(|| too_many("passes", *passes, 32))
            .or_else(|| divides("heads", *heads, *channels))
    }
}

impl FramesConfig {
    fn problem(&self) -> Option<String> {
        sizes(self.channels, self.hidden, self.kernel)
            .or_else(|| too_many("dilations", self.dilations.len(), 32))
            .or_else(|| self.dilations.iter().find_map(|d| between("dilations", *d, 1, 64)))
    }
}

impl VoiceConfig {
    /// What is wrong with it.
    pub(super) fn problem(&self) -> Option<String> {
        between("symbols", self.symbols, 2, 4096)
            .or_else(|| self.sound_text.problem().map(|p| format!("sound_text.{p}")))
            .or_else(|| self.melody_text.problem().map(|p| format!("melody_text.{p}")))
            .or_else(|| self.melody.problem().map(|p| format!("melody.{p}")))
            .or_else(|| self.sound.problem().map(|p| format!("sound.{p}")))
            .or_else(|| {
                let stretched = self.sound.dilations.iter().any(|d| *d != 1);
                stretched.then(|| "sound.dilations must all be 1".into())
            })
    }
}

impl SpellingConfig {
    /// What is wrong with it.
    pub(super) fn problem(&self) -> Option<String> {
        sizes(self.channels, self.hidden, 1)
            .or_else(|| too_many("layers", self.layers, 32))
            .or_else(|| divides("heads", self.heads, self.channels))
            .or_else(|| between("max_letters", self.max_letters, 1, 256))
            .or_else(|| between("slots", self.slots, 1, 16))
    }
}

fn between(name: &str, value: usize, least: usize, most: usize) -> Option<String> {
    (!(least..=most).contains(&value))
        .then(|| format!("{name} is {value}, must be between {least} and {most}"))
}

fn too_many(name: &str, value: usize, most: usize) -> Option<String> {
    between(name, value, 0, most)
}

fn divides(name: &str, value: usize, of: usize) -> Option<String> {
    between(name, value, 1, of)
        .or_else(|| (!of.is_multiple_of(value)).then(|| format!("{name} must divide {of}")))
}

fn sizes(channels: usize, hidden: usize, kernel: usize) -> Option<String> {
    between("channels", channels, 1, 2048)
        .or_else(|| between("hidden", hidden, 1, 8192))
        .or_else(|| between("kernel", kernel, 1, 31))
        .or_else(|| kernel.is_multiple_of(2).then(|| "kernel must be odd".into()))
}

/// Reads and checks a configuration in the header of a file.
pub(super) fn read<C: DeserializeOwned>(
    weights: &Weights,
    problem: impl Fn(&C) -> Option<String>,
) -> Result<C, WeightsError> {
    let text = weights.metadata("config")?;
    let config: C = serde_json::from_str(text).map_err(|e| bad(weights, "config", e))?;
    match problem(&config) {
        Some(problem) => Err(bad(weights, "config", format!("makes no sense: {problem}"))),
        None => Ok(config),
    }
}

/// An entry of the header that cannot be used.
pub(super) fn bad(weights: &Weights, key: &str, problem: impl ToString) -> WeightsError {
    WeightsError::BadMetadata {
        path: weights.path().into(),
        key: key.into(),
        problem: problem.to_string(),
    }
}
