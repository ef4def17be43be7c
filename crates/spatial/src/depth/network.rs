//! The depth network in candle, layer by layer as in `python/reverie_train/depth/model.py`.
//!
//! Pictures are `[height, width, channels]`.

use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::ops::softmax_last_dim;
use candle_nn::{LayerNorm, Linear, Module, VarBuilder, layer_norm, linear};
use reverie_inference::layers::{
    Conv3x3, ConvBlock, depth_to_space, position_features, space_to_depth,
};
use serde::Deserialize;

/// Shape of the network; field names are those of the exported configuration.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Width of the picture the network was trained on, pixels.
    pub input_width: usize,
    /// Height of the picture the network was trained on, pixels.
    pub input_height: usize,
    /// Channels at half size.
    pub stem_channels: usize,
    /// Channels at quarter size.
    pub quarter_channels: usize,
    /// Channels at an eighth.
    pub eighth_channels: usize,
    /// Width of the transformer, which works at a sixteenth.
    pub hidden_size: usize,
    /// Transformer layers.
    pub num_hidden_layers: usize,
    /// Attention heads of a layer.
    pub num_attention_heads: usize,
    /// Width of a layer's perceptron over `hidden_size`.
    pub mlp_ratio: usize,
    /// Convolution blocks at quarter size on the way down.
    pub quarter_blocks: usize,
    /// Convolution blocks at an eighth on the way down.
    pub eighth_blocks: usize,
    /// Octaves of the position features along each axis.
    pub position_frequencies: usize,
    /// Added to the variance in every normalisation.
    pub layer_norm_eps: f64,
}

/// Input sides are multiples of this.
pub const STRIDE: usize = 16;

impl Config {
    /// Checks that the numbers make a network of a sensible size; returns what is wrong.
    pub fn problem(&self) -> Option<&'static str> {
        let sides = [self.input_width, self.input_height];
        let channels =
            [self.stem_channels, self.quarter_channels, self.eighth_channels, self.hidden_size];
        let counts = [self.num_hidden_layers, self.quarter_blocks, self.eighth_blocks];
        if sides.iter().any(|s| *s == 0 || *s > 2048 || s % STRIDE != 0) {
            Some("input_width and input_height must be multiples of 16 up to 2048")
        } else if channels.iter().any(|c| *c == 0 || *c > 4096) {
            Some("channels must be between 1 and 4096")
        } else if counts.iter().any(|c| *c > 64) {
            Some("layers and blocks must be at most 64")
        } else if self.num_attention_heads == 0
            || !self.hidden_size.is_multiple_of(self.num_attention_heads)
        {
            Some("hidden_size must be a multiple of num_attention_heads")
        } else if !(1..=16).contains(&self.mlp_ratio)
            || !(1..=16).contains(&self.position_frequencies)
        {
            Some("mlp_ratio and position_frequencies must be between 1 and 16")
        } else if !(self.layer_norm_eps > 0.0 && self.layer_norm_eps < 1.0) {
            Some("layer_norm_eps must be between 0 and 1")
        } else {
            None
        }
    }
}

/// Pre-norm transformer layer on `[tokens, hidden]`.
struct Layer {
    heads: usize,
    norm1: LayerNorm,
    qkv: Linear,
    proj: Linear,
    norm2: LayerNorm,
    up: Linear,
    down: Linear,
}

impl Layer {
    fn load(config: &Config, vb: VarBuilder<'_>) -> Result<Self> {
        let (hidden, eps) = (config.hidden_size, config.layer_norm_eps);
        Ok(Self {
            heads: config.num_attention_heads,
            norm1: layer_norm(hidden, eps, vb.pp("norm1"))?,
            qkv: linear(hidden, 3 * hidden, vb.pp("qkv"))?,
            proj: linear(hidden, hidden, vb.pp("proj"))?,
            norm2: layer_norm(hidden, eps, vb.pp("norm2"))?,
            up: linear(hidden, config.mlp_ratio * hidden, vb.pp("up"))?,
            down: linear(config.mlp_ratio * hidden, hidden, vb.pp("down"))?,
        })
    }

    fn attention(&self, x: &Tensor) -> Result<Tensor> {
        let (tokens, hidden) = x.dims2()?;
        let size = hidden / self.heads;
        // [3, heads, tokens, size]
        let qkv = x.apply(&self.qkv)?.reshape((tokens, 3, self.heads, size))?;
        let qkv = qkv.permute((1, 2, 0, 3))?.contiguous()?;
        let (q, k, v) = (qkv.get(0)?, qkv.get(1)?, qkv.get(2)?);
        let scores = (q.matmul(&k.t()?)? * (size as f64).powf(-0.5))?;
        let mixed = softmax_last_dim(&scores)?.matmul(&v)?;
        mixed.transpose(0, 1)?.reshape((tokens, hidden))?.apply(&self.proj)
    }
}

impl Module for Layer {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let x = (x + self.attention(&x.apply(&self.norm1)?)?)?;
        let mlp = x.apply(&self.norm2)?.apply(&self.up)?.gelu()?.apply(&self.down)?;
        x + mlp
    }
}

/// The network's raw answer, rows from the top.
pub struct Prediction {
    /// Inverse depth up to one positive scale, >= 0.
    pub inverse_depth: Vec<f32>,
    /// Log-odds that the pixel is sky.
    pub sky_logit: Vec<f32>,
}

/// The loaded network.
pub struct Network {
    config: Config,
    device: Device,
    stem: Conv3x3,
    to_quarter: Linear,
    quarter: Vec<ConvBlock>,
    to_eighth: Linear,
    eighth: Vec<ConvBlock>,
    to_hidden: Linear,
    position: Linear,
    layers: Vec<Layer>,
    norm: LayerNorm,
    from_hidden: Linear,
    up_eighth: ConvBlock,
    from_eighth: Linear,
    up_quarter: ConvBlock,
    from_quarter: Linear,
    refine: Conv3x3,
    head: Conv3x3,
}

impl Network {
    /// Loads every tensor; shapes follow from `config`.
    pub fn load(config: Config, vb: VarBuilder<'_>) -> Result<Self> {
        let stem = config.stem_channels;
        let (quarter, eighth) = (config.quarter_channels, config.eighth_channels);
        let (hidden, eps) = (config.hidden_size, config.layer_norm_eps);
        let blocks = |count: usize, channels: usize, vb: VarBuilder<'_>| {
            (0..count).map(|i| ConvBlock::load(channels, eps, vb.pp(i))).collect::<Result<Vec<_>>>()
        };
        let layers = (0..config.num_hidden_layers)
            .map(|i| Layer::load(&config, vb.pp("layers").pp(i)))
            .collect::<Result<Vec<_>>>()?;
        Ok(Self {
            stem: Conv3x3::load(12, stem, vb.pp("stem"))?,
            to_quarter: linear(4 * stem, quarter, vb.pp("to_quarter"))?,
            quarter: blocks(config.quarter_blocks, quarter, vb.pp("quarter"))?,
            to_eighth: linear(4 * quarter, eighth, vb.pp("to_eighth"))?,
            eighth: blocks(config.eighth_blocks, eighth, vb.pp("eighth"))?,
            to_hidden: linear(4 * eighth, hidden, vb.pp("to_hidden"))?,
            position: linear(4 * config.position_frequencies, hidden, vb.pp("position"))?,
            layers,
            norm: layer_norm(hidden, eps, vb.pp("norm"))?,
            from_hidden: linear(hidden, 4 * eighth, vb.pp("from_hidden"))?,
            up_eighth: ConvBlock::load(eighth, eps, vb.pp("up_eighth"))?,
            from_eighth: linear(eighth, 4 * quarter, vb.pp("from_eighth"))?,
            up_quarter: ConvBlock::load(quarter, eps, vb.pp("up_quarter"))?,
            from_quarter: linear(quarter, 4 * stem, vb.pp("from_quarter"))?,
            refine: Conv3x3::load(stem, stem, vb.pp("refine"))?,
            head: Conv3x3::load(stem, 8, vb.pp("head"))?,
            device: vb.device().clone(),
            config,
        })
    }

    /// The shape it was loaded with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Predicts from RGB in 0 to 1, `height * width * 3` values; sides are multiples of
    /// [`STRIDE`].
    pub fn predict(&self, rgb: &[f32], width: usize, height: usize) -> Result<Prediction> {
        let _span = tracing::info_span!("depth network").entered();
        let picture = Tensor::from_slice(rgb, (height, width, 3), &self.device)?;
        let answer = self.forward(&picture)?.to_dtype(DType::F32)?;
        let raw = answer.narrow(D::Minus1, 0, 1)?.flatten_all()?.to_vec1::<f32>()?;
        let sky_logit = answer.narrow(D::Minus1, 1, 1)?.flatten_all()?.to_vec1()?;
        // Softplus in the form that neither overflows nor loses small values.
        let inverse_depth =
            raw.into_iter().map(|x| x.max(0.0) + (-x.abs()).exp().ln_1p()).collect();
        Ok(Prediction { inverse_depth, sky_logit })
    }

    fn forward(&self, rgb: &Tensor) -> Result<Tensor> {
        let half = space_to_depth(&rgb.affine(4.0, -2.0)?, 2)?.apply(&self.stem)?.gelu()?;
        let mut quarter = space_to_depth(&half, 2)?.apply(&self.to_quarter)?;
        for block in &self.quarter {
            quarter = quarter.apply(block)?;
        }
        let mut eighth = space_to_depth(&quarter, 2)?.apply(&self.to_eighth)?;
        for block in &self.eighth {
            eighth = eighth.apply(block)?;
        }
        let x = space_to_depth(&eighth, 2)?.apply(&self.to_hidden)?;
        let (h, w, hidden) = x.dims3()?;
        let frequencies = self.config.position_frequencies;
        let place = position_features(h, w, frequencies);
        let place = Tensor::from_vec(place, (h * w, 4 * frequencies), &self.device)?;
        let mut x = (x.reshape((h * w, hidden))? + place.apply(&self.position)?)?;
        for layer in &self.layers {
            x = x.apply(layer)?;
        }
        let x = x.apply(&self.norm)?.apply(&self.from_hidden)?;
        let x = depth_to_space(&x.reshape((h, w, ()))?)?;
        let x = (eighth + x)?.apply(&self.up_eighth)?.apply(&self.from_eighth)?;
        let x = (quarter + depth_to_space(&x)?)?.apply(&self.up_quarter)?;
        let x = (half + depth_to_space(&x.apply(&self.from_quarter)?)?)?;
        depth_to_space(&x.apply(&self.refine)?.gelu()?.apply(&self.head)?)
    }
}
