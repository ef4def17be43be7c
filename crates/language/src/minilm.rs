//! all-MiniLM-L6-v2: six layers of BERT, 22.7 million parameters, run in candle as it was published.
//!
//! Wang et al., "MiniLM: Deep Self-Attention Distillation", 2020 (<https://arxiv.org/abs/2002.10957>); the weights are those of
//! sentence-transformers (Apache-2.0). The reference of the parity test is `python/reverie_train/prompts/minilm.py`.

use crate::wordpiece::MOST_TOKENS;
use candle_core::{D, Device, Result, Tensor};
use candle_nn::{LayerNorm, Linear, VarBuilder, layer_norm, linear, ops::softmax};

/// Length of a token's state.
pub const WIDTH: usize = 384;
const LAYERS: usize = 6;
const HEADS: usize = 12;
const WIDE: usize = 4 * WIDTH;
const POSITIONS: usize = 512;
const EPS: f64 = 1e-12;

struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    mix: Linear,
    mix_norm: LayerNorm,
    widen: Linear,
    narrow: Linear,
    norm: LayerNorm,
}

impl Layer {
    fn load(vb: VarBuilder<'_>) -> Result<Self> {
        let (looks, mixes) = (vb.pp("attention.self"), vb.pp("attention.output"));
        Ok(Self {
            query: linear(WIDTH, WIDTH, looks.pp("query"))?,
            key: linear(WIDTH, WIDTH, looks.pp("key"))?,
            value: linear(WIDTH, WIDTH, looks.pp("value"))?,
            mix: linear(WIDTH, WIDTH, mixes.pp("dense"))?,
            mix_norm: layer_norm(WIDTH, EPS, mixes.pp("LayerNorm"))?,
            widen: linear(WIDTH, WIDE, vb.pp("intermediate.dense"))?,
            narrow: linear(WIDE, WIDTH, vb.pp("output.dense"))?,
            norm: layer_norm(WIDTH, EPS, vb.pp("output.LayerNorm"))?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let tokens = x.dim(0)?;
        let heads = |linear: &Linear| -> Result<Tensor> {
            let split = x.apply(linear)?.reshape((tokens, HEADS, WIDTH / HEADS))?;
            split.transpose(0, 1)?.contiguous()
        };
        let (query, key, value) = (heads(&self.query)?, heads(&self.key)?, heads(&self.value)?);
        let scale = ((WIDTH / HEADS) as f64).sqrt().recip();
        let weight = query.matmul(&key.transpose(1, 2)?.contiguous()?)?.affine(scale, 0.0)?;
        let mixed = softmax(&weight, D::Minus1)?.matmul(&value)?;
        let mixed = mixed.transpose(0, 1)?.contiguous()?.reshape((tokens, WIDTH))?;
        let x = (x + mixed.apply(&self.mix)?)?.apply(&self.mix_norm)?;
        let wide = x.apply(&self.widen)?.gelu_erf()?;
        (&x + wide.apply(&self.narrow)?)?.apply(&self.norm)
    }
}

/// The network.
pub struct MiniLm {
    device: Device,
    /// Of each piece.
    words: Tensor,
    /// Of each place in the text; what all texts share is in it, too.
    places: Tensor,
    norm: LayerNorm,
    layers: Vec<Layer>,
}

impl MiniLm {
    /// Loads the network for a list of so many pieces; errors name file and tensor.
    pub fn load(pieces: usize, vb: VarBuilder<'_>) -> Result<Self> {
        let part = vb.pp("embeddings");
        let kinds = part.get((2, WIDTH), "token_type_embeddings.weight")?;
        let places = part.get((POSITIONS, WIDTH), "position_embeddings.weight")?;
        Ok(Self {
            words: part.get((pieces, WIDTH), "word_embeddings.weight")?,
            places: places.narrow(0, 0, MOST_TOKENS)?.broadcast_add(&kinds.narrow(0, 0, 1)?)?,
            norm: layer_norm(WIDTH, EPS, part.pp("LayerNorm"))?,
            layers: (0..LAYERS)
                .map(|at| Layer::load(vb.pp("encoder.layer").pp(at)))
                .collect::<Result<_>>()?,
            device: vb.device().clone(),
        })
    }

    /// States `[tokens, 384]` of at most 256 tokens.
    pub fn states(&self, tokens: &[u32]) -> Result<Tensor> {
        let _span = tracing::info_span!("minilm", tokens = tokens.len()).entered();
        let rows = Tensor::from_slice(tokens, tokens.len(), &self.device)?;
        let words = self.words.index_select(&rows, 0)?;
        let mut x = (words + self.places.narrow(0, 0, tokens.len())?)?.apply(&self.norm)?;
        for layer in &self.layers {
            x = layer.forward(&x)?;
        }
        Ok(x)
    }
}
