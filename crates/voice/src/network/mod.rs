//! The networks of a voice, layer by layer as they were trained: [`VoiceNetwork`] turns phonemes into
//! spectra, [`SpellingNetwork`] unknown words into phonemes.
//!
//! The shipped ones come from `hibari-tts` 0.2.1 (`assets/voices/hibari/README.md`), whose matrices
//! have eight bits. The reference rounds what is multiplied with them to 256 steps between the least and
//! the largest value of a whole sentence. Whole steps of a phoneme's length hang on that, so lengths
//! and melody are computed just so. Spectra have steps of their own for each frame: that is finer, and
//! they can come one by one. [`Precision::Exact`] rounds nothing, to check against.

mod config;
mod melody;
mod parts;
mod sound;
mod spelling;
mod text;

pub use melody::{Melody, Reading};
pub use spelling::{SPELLING_MODELS, SpellingNetwork};

use crate::kernels::Sharing;
use config::VoiceConfig;
use melody::MelodyNetwork;
use parts::{Activations, Part};
use reverie_inference::{ModelStore, StoreError, Weights, WeightsError};
use sound::{Decoding, SoundNetwork};
use std::collections::HashMap;
use std::sync::Arc;

/// The network's name in the manifest of models.
pub const VOICE_MODEL: &str = "voice";
/// Phonemes last a whole number of these, seconds.
pub const STEP_SECS: f32 = 0.025;
/// A frame of sound, seconds.
pub const FRAME_SECS: f32 = STEP_SECS / melody::FRAMES_PER_STEP as f32;
/// Silence before and after.
const SILENCE: u32 = 0;
/// A symbol lasts no longer than this, steps: ten seconds.
const MAX_STEPS: usize = 400;

/// How exactly a network computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Precision {
    /// With numbers of eight bits, as fast as it can.
    #[default]
    Rounded,
    /// With floats only; lengths may differ from those of the reference.
    Exact,
}

/// Phonemes to lengths, melody and spectra.
pub struct VoiceNetwork {
    symbols: HashMap<char, u32>,
    bins: usize,
    melody: MelodyNetwork,
    sound: SoundNetwork,
}

impl std::fmt::Debug for VoiceNetwork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VoiceNetwork").field("symbols", &self.symbols.len()).finish_non_exhaustive()
    }
}

impl VoiceNetwork {
    /// Loads the shipped network.
    ///
    /// # Errors
    /// When the file is missing, damaged or does not fit.
    pub fn load(store: &ModelStore) -> Result<Self, StoreError> {
        Ok(Self::from_weights(&store.weights(VOICE_MODEL)?, Precision::Rounded)?)
    }

    /// Takes the network from a file's contents.
    ///
    /// # Errors
    /// When something is missing in it or does not fit; names file, tensor or field.
    pub fn from_weights(weights: &Weights, precision: Precision) -> Result<Self, WeightsError> {
        let config: VoiceConfig = config::read(weights, VoiceConfig::problem)?;
        if config.bins != crate::synth::BINS {
            let problem = format!("has {} bins, must have {}", config.bins, crate::synth::BINS);
            return Err(config::bad(weights, "config", problem));
        }
        let symbols = weights.metadata("symbols")?;
        let symbols: HashMap<char, u32> =
            serde_json::from_str(symbols).map_err(|e| config::bad(weights, "symbols", e))?;
        if let Some((symbol, id)) = symbols.iter().find(|(_, id)| **id as usize >= config.symbols) {
            let problem = format!("has {id} for `{symbol}`, there are {} symbols", config.symbols);
            return Err(config::bad(weights, "symbols", problem));
        }
        let rounded = |sharing| match precision {
            Precision::Rounded => Activations::Rounded(sharing),
            Precision::Exact => Activations::Exact,
        };
        let (sentence, frame) = (rounded(Sharing::All), rounded(Sharing::Row));
        Ok(Self {
            symbols,
            bins: config.bins,
            melody: MelodyNetwork::load(&config, sentence, &Part::of(weights, "pn"))?,
            sound: SoundNetwork::load(&config, frame, &Part::of(weights, "m"))?,
        })
    }

    /// The symbols of a string of phonemes with silence at both ends, and of each symbol the place in
    /// the string, characters. Characters that are no phonemes are left out.
    pub fn symbols(&self, phonemes: &str) -> (Vec<u32>, Vec<Option<usize>>) {
        let known = phonemes.chars().enumerate().filter_map(|(at, c)| {
            let id = self.symbols.get(&c)?;
            Some((*id, Some(at)))
        });
        let silence = || std::iter::once((SILENCE, None));
        silence().chain(known).chain(silence()).unzip()
    }

    /// How long each symbol lasts at the pace it was trained with.
    pub fn read(&self, symbols: &[u32]) -> Reading {
        let _span = tracing::info_span!("voice lengths", symbols = symbols.len()).entered();
        self.melody.read(symbols)
    }

    /// Pitch and strength of a reading whose symbols last so many steps.
    pub fn melody(&self, reading: &Reading, steps: &[usize]) -> Melody {
        let _span = tracing::info_span!("voice melody", symbols = steps.len()).entered();
        self.melody.melody(reading, steps)
    }

    /// Begins to compute the spectra of symbols of these lengths with this melody.
    pub fn spectra(self: &Arc<Self>, symbols: &[u32], steps: &[usize], melody: &Melody) -> Spectra {
        let _span = tracing::info_span!("voice text", symbols = symbols.len()).entered();
        Spectra { network: Arc::clone(self), state: self.sound.begin(symbols, steps, melody) }
    }
}

impl Reading {
    /// Whole steps of each symbol at a pace (1 as it was trained), at least one.
    pub fn steps_at(&self, pace: f32) -> Vec<usize> {
        let whole = |steps: &f32| (steps / pace).round_ties_even().clamp(1.0, MAX_STEPS as f32);
        self.steps.iter().map(|steps| whole(steps) as usize).collect()
    }
}

/// Spectra that are computed as they are asked for.
pub struct Spectra {
    network: Arc<VoiceNetwork>,
    state: Decoding,
}

impl Spectra {
    /// All frames, of which some may be done.
    pub fn frames(&self) -> usize {
        self.state.frames()
    }

    /// Values of one frame: five parts (strength and phase of what is voiced, strength of the noise,
    /// strength and phase of the rest), one after the other.
    pub fn frame_len(&self) -> usize {
        sound::PARTS * self.network.bins
    }

    /// Computes about so many frames more and writes them to `out`, which is cleared before; answers
    /// how many they are: none after the last.
    pub fn advance(&mut self, frames: usize, out: &mut Vec<f32>) -> usize {
        self.network.sound.advance(&mut self.state, frames, out)
    }
}
