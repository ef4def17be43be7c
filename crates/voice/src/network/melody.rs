//! How long each symbol lasts, how high and how strong the voice is.

use super::config::VoiceConfig;
use super::parts::{Activations, Block, Linear, Part, Scratch, padded};
use super::text::TextEncoder;
use crate::kernels::{Rows, gelu};
use reverie_inference::WeightsError;

/// The network's pitch is in these, Hz.
const PITCH_UNIT_HZ: f32 = 100.0;
/// The network's strength is in these.
const STRENGTH_UNIT: f32 = 5.0;
/// Frames of sound in one of the network's.
pub(super) const FRAMES_PER_STEP: usize = 2;

/// Pitch and strength of the voice, one value for each frame of sound.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Melody {
    /// Hz; near or below zero where there is no voice.
    pub pitch_hz: Vec<f32>,
    /// Logarithmic, between about -10 (silence) and 8 (a stressed vowel).
    pub strength: Vec<f32>,
}

/// What the melody network made of a string of symbols.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// A row for each symbol.
    pub(super) features: Vec<f32>,
    /// Of each symbol, in steps of [`STEP_SECS`](super::STEP_SECS), not yet rounded.
    pub steps: Vec<f32>,
}

pub(super) struct MelodyNetwork {
    text: TextEncoder,
    length_hidden: Linear,
    length: Linear,
    enter: Linear,
    blocks: Vec<Block>,
    leave: Linear,
}

impl MelodyNetwork {
    pub(super) fn load(
        config: &VoiceConfig,
        activations: Activations,
        part: &Part<'_>,
    ) -> Result<Self, WeightsError> {
        let channels = config.melody_text.channels;
        let frames = &config.melody;
        let text = TextEncoder::load(
            config.symbols,
            &config.melody_text,
            activations,
            &part.part("text"),
        )?;
        let blocks = frames.dilations.iter().enumerate().map(|(i, dilation)| {
            let part = part.part("pro").part(i);
            Block::load(
                (frames.channels, frames.hidden),
                frames.kernel,
                *dilation,
                activations,
                &part,
            )
        });
        let length = part.part("dur");
        Ok(Self {
            text,
            length_hidden: Linear::convolution(channels, channels, 3, &length.part(0))?,
            length: Linear::convolution(channels, 1, 1, &length.part(2))?,
            enter: Linear::convolution(channels, frames.channels, 1, &part.part("pro_in"))?,
            blocks: blocks.collect::<Result<_, _>>()?,
            leave: Linear::convolution(
                frames.channels,
                2 * FRAMES_PER_STEP,
                1,
                &part.part("pro_out"),
            )?,
        })
    }

    pub(super) fn read(&self, symbols: &[u32]) -> Reading {
        let channels = self.text.channels();
        let features = self.text.encode(symbols);
        let around = padded(&features, channels);
        let rows = Rows { data: &around, stride: channels, count: symbols.len() };
        let mut hidden = vec![0.0; features.len()];
        self.length_hidden.apply_apart(rows, &mut hidden);
        gelu(&mut hidden);
        let steps = self.length.rows(&hidden).iter().map(|x| x.exp() - 1.0).collect();
        Reading { features, steps }
    }

    /// Of the symbols of a reading, each lasting so many steps.
    pub(super) fn melody(&self, reading: &Reading, steps: &[usize]) -> Melody {
        let channels = self.enter.outputs();
        let entered = self.enter.rows(&reading.features);
        let mut x = Vec::with_capacity(steps.iter().sum::<usize>() * channels);
        for (row, steps) in entered.chunks_exact(channels).zip(steps) {
            for _ in 0..*steps {
                x.extend_from_slice(row);
            }
        }
        let mut scratch = Scratch::default();
        for block in &self.blocks {
            x = block.whole(&x, &mut scratch);
        }
        let mut melody = Melody::default();
        for answer in self.leave.rows(&x).chunks_exact(2 * FRAMES_PER_STEP) {
            let (pitch, strength) = answer.split_at(FRAMES_PER_STEP);
            melody.pitch_hz.extend(pitch.iter().map(|x| x * PITCH_UNIT_HZ));
            melody.strength.extend(strength.iter().map(|x| x * STRENGTH_UNIT));
        }
        melody
    }
}
