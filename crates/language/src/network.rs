//! Our own encoder: letters to words, words to states, in candle as in `python/reverie_train/prompts/model.py`.

use crate::words::{groups_of, words_of};
use candle_core::{D, Device, Result, Tensor};
use candle_nn::{LayerNorm, Linear, Module as _, VarBuilder, layer_norm, linear};
use serde::Deserialize;

const EPS: f64 = 1e-5;

/// Shape of the network; field names are those of the exported configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Rows of the table of letter groups.
    pub buckets: usize,
    /// Length of a row.
    pub embedding: usize,
    /// Length of a word's state.
    pub width: usize,
    /// Blocks of convolutions over words.
    pub blocks: usize,
    /// Width in which the reader thinks about a question.
    pub hidden: usize,
}

impl Config {
    /// Guards against sizes that would take all memory; returns what is wrong.
    pub fn problem(&self) -> Option<&'static str> {
        if !(1..=1 << 20).contains(&self.buckets) {
            Some("buckets must be between 1 and 1048576")
        } else if [self.embedding, self.width, self.hidden].iter().any(|n| !(1..=1024).contains(n))
        {
            Some("embedding, width and hidden must be between 1 and 1024")
        } else if self.blocks > 16 {
            Some("blocks must be at most 16")
        } else {
            None
        }
    }
}

/// `x + narrow(gelu(widen(neighbours(norm(x)))))` over words.
struct Block {
    norm: LayerNorm,
    widen: Linear,
    narrow: Linear,
}

impl Block {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let words = x.dim(0)?;
        let padded = self.norm.forward(x)?.pad_with_zeros(0, 1, 1)?;
        let near = (0..3).map(|at| padded.narrow(0, at, words)).collect::<Result<Vec<_>>>()?;
        let wide = Tensor::cat(&near, D::Minus1)?.apply(&self.widen)?.gelu()?;
        x + wide.apply(&self.narrow)?
    }
}

/// Words to states.
pub struct WordEncoder {
    config: Config,
    device: Device,
    table: Tensor,
    enter: Linear,
    blocks: Vec<Block>,
}

impl WordEncoder {
    /// Loads all tensors; errors name file and tensor.
    pub fn load(config: Config, vb: VarBuilder<'_>) -> Result<Self> {
        let width = config.width;
        let block = |at: usize| {
            let vb = vb.pp("blocks").pp(at);
            Ok(Block {
                norm: layer_norm(width, EPS, vb.pp("norm"))?,
                widen: linear(3 * width, width, vb.pp("widen"))?,
                narrow: linear(width, width, vb.pp("narrow"))?,
            })
        };
        Ok(Self {
            table: vb.get((config.buckets, config.embedding), "table.weight")?,
            enter: linear(config.embedding, width, vb.pp("enter"))?,
            blocks: (0..config.blocks).map(block).collect::<Result<_>>()?,
            device: vb.device().clone(),
            config,
        })
    }

    /// States `[words, width]`; `None` of a text without words.
    pub fn states(&self, text: &str) -> Result<Option<Tensor>> {
        let words = words_of(text);
        if words.is_empty() {
            return Ok(None);
        }
        let mut vectors = Vec::with_capacity(words.len());
        for word in &words {
            let groups = groups_of(word, self.config.buckets);
            let groups = Tensor::from_slice(&groups, groups.len(), &self.device)?;
            vectors.push(self.table.index_select(&groups, 0)?.mean(0)?);
        }
        let mut x = Tensor::stack(&vectors, 0)?.apply(&self.enter)?;
        for block in &self.blocks {
            x = block.forward(&x)?;
        }
        Ok(Some(x))
    }
}
