//! Reads a string of symbols: convolutions, then the same attention layer several times.

use super::config::TextConfig;
use super::parts::{Activations, AttentionLayer, Block, Linear, Norm, Part, Scratch};
use reverie_inference::WeightsError;

pub(super) struct TextEncoder {
    channels: usize,
    passes: usize,
    /// `[symbols, channels]`.
    embedding: Vec<f32>,
    convolutions: Vec<Block>,
    attention: AttentionLayer,
    norm: Norm,
}

impl TextEncoder {
    pub(super) fn load(
        symbols: usize,
        config: &TextConfig,
        activations: Activations,
        part: &Part<'_>,
    ) -> Result<Self, WeightsError> {
        let TextConfig { channels, hidden, kernel, .. } = *config;
        let convolutions = (0..config.convolutions).map(|i| {
            let part = part.part("convs").part(i);
            Block::load((channels, hidden), kernel, 1, activations, &part)
        });
        let linear = |inputs: usize, outputs: usize, part: &Part<'_>| {
            Linear::quantised(inputs, outputs, activations, part)
        };
        Ok(Self {
            channels,
            passes: config.passes,
            embedding: part.part("emb").values("weight", &[symbols, channels])?,
            convolutions: convolutions.collect::<Result<_, _>>()?,
            attention: AttentionLayer::load(
                (channels, hidden),
                config.heads,
                linear,
                &part.part("attn"),
            )?,
            norm: Norm::load(channels, &part.part("norm"))?,
        })
    }

    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    /// A row of features for each symbol; symbols must be known.
    pub(super) fn encode(&self, symbols: &[u32]) -> Vec<f32> {
        let mut x = Vec::with_capacity(symbols.len() * self.channels);
        for symbol in symbols {
            x.extend_from_slice(
                &self.embedding[*symbol as usize * self.channels..][..self.channels],
            );
        }
        let mut scratch = Scratch::default();
        for block in &self.convolutions {
            x = block.whole(&x, &mut scratch);
        }
        for _ in 0..self.passes {
            self.attention.apply(&mut x);
        }
        self.norm.rows(&x)
    }
}
