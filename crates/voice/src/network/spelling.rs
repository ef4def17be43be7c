//! How words are said that no lexicon knows.

use super::config::{self, SpellingConfig};
use super::parts::{Activations, AttentionLayer, Linear, Norm, Part};
use crate::kernels::Sharing;
use crate::text::Accent;
use reverie_inference::{ModelStore, StoreError, Weights, WeightsError};
use std::collections::HashMap;

/// Names of the networks in the manifest of models.
pub const SPELLING_MODELS: [(Accent, &str); 2] =
    [(Accent::American, "unknown_words"), (Accent::British, "unknown_words_british")];

/// Most phonemes that a network may have.
const MAX_PHONEMES: usize = 512;

/// A network that reads unknown words letter by letter.
pub struct SpellingNetwork {
    config: SpellingConfig,
    letters: HashMap<char, usize>,
    phonemes: Vec<char>,
    embedding: Vec<f32>,
    position: Vec<f32>,
    layers: Vec<AttentionLayer>,
    norm: Norm,
    head: Linear,
}

impl std::fmt::Debug for SpellingNetwork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpellingNetwork").field("config", &self.config).finish_non_exhaustive()
    }
}

impl SpellingNetwork {
    /// Loads the network of an accent.
    ///
    /// # Errors
    /// When the file is missing, damaged or does not fit.
    pub fn load(store: &ModelStore, accent: Accent) -> Result<Self, StoreError> {
        let name =
            SPELLING_MODELS.iter().find(|(of, _)| *of == accent).map_or("", |(_, name)| name);
        Ok(Self::from_weights(&store.weights(name)?)?)
    }

    /// Takes the network from a file's contents.
    ///
    /// # Errors
    /// When something is missing in it or does not fit; names file, tensor or field.
    pub fn from_weights(weights: &Weights) -> Result<Self, WeightsError> {
        let config: SpellingConfig = config::read(weights, SpellingConfig::problem)?;
        let letters = weights.metadata("letters")?.chars();
        let letters: HashMap<char, usize> = letters.zip(1..).collect();
        let phonemes: Vec<char> = weights.metadata("phonemes")?.chars().collect();
        if phonemes.len() > MAX_PHONEMES {
            return Err(config::bad(weights, "phonemes", format!("has more than {MAX_PHONEMES}")));
        }
        let (channels, hidden) = (config.channels, config.hidden);
        let linear = |inputs: usize, outputs: usize, part: &Part<'_>| match config.quantised {
            true => Linear::quantised(inputs, outputs, Activations::Rounded(Sharing::All), part),
            false => Linear::plain(inputs, outputs, part),
        };
        let root = Part::of(weights, "m");
        let layers = (0..config.layers).map(|i| {
            let part = root.part("layers").part(i);
            AttentionLayer::load((channels, hidden), config.heads, linear, &part)
        });
        let outputs = config.slots * (phonemes.len() + 1);
        Ok(Self {
            embedding: root.part("emb").values("weight", &[letters.len() + 1, channels])?,
            position: root.values("pos", &[config.max_letters, channels])?,
            layers: layers.collect::<Result<_, _>>()?,
            norm: Norm::load(channels, &root.part("norm"))?,
            head: linear(channels, outputs, &root.part("head"))?,
            letters,
            phonemes,
            config,
        })
    }

    /// Phonemes of a word; none when it knows no letter of it. Letters past the longest word that
    /// it reads are left out.
    pub fn pronounce(&self, word: &str) -> Option<String> {
        let letters = word.chars().filter_map(|c| self.letters.get(&c).copied());
        let letters: Vec<usize> = letters.take(self.config.max_letters).collect();
        if letters.is_empty() {
            return None;
        }
        let channels = self.config.channels;
        let mut x = Vec::with_capacity(letters.len() * channels);
        for (letter, position) in letters.iter().zip(self.position.chunks_exact(channels)) {
            let letter = &self.embedding[letter * channels..][..channels];
            x.extend(letter.iter().zip(position).map(|(a, b)| a + b));
        }
        for layer in &self.layers {
            layer.apply(&mut x);
        }
        let answers = self.head.rows(&self.norm.rows(&x));
        // The same answer twice in a row is one phoneme; the first answer of all is none.
        let mut said = String::new();
        let mut before = 0;
        for answer in answers.chunks_exact(self.phonemes.len() + 1) {
            let best = largest(answer);
            if best != before
                && let Some(phoneme) = best.checked_sub(1).and_then(|at| self.phonemes.get(at))
            {
                said.push(*phoneme);
            }
            before = best;
        }
        Some(said)
    }
}

fn largest(values: &[f32]) -> usize {
    let better =
        |best: (usize, f32), (at, x): (usize, &f32)| if *x > best.1 { (at, *x) } else { best };
    values.iter().enumerate().fold((0, f32::NEG_INFINITY), better).0
}
