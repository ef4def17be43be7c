//! The conditions network in candle, layer by layer as in `python/reverie_train/conditions/model.py`.

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::{LayerNorm, Linear, VarBuilder, layer_norm, linear};
use reverie_inference::layers::{Conv3x3, ConvBlock, space_to_depth};
use serde::Deserialize;

use super::labels::{DOMAINS, DayPhase, WEATHERS};

/// Input sides are multiples of this.
const STRIDE: usize = 8;
/// Values of a cell of 4x4 pixels.
const CELL: usize = 48;

/// Shape of the network; field names are those of the exported configuration.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Width that pictures are brought to, pixels.
    pub input_width: usize,
    /// Height that pictures are brought to, pixels.
    pub input_height: usize,
    /// Channels at quarter size.
    pub quarter_channels: usize,
    /// Channels at an eighth.
    pub eighth_channels: usize,
    /// Convolution blocks at quarter size.
    pub quarter_blocks: usize,
    /// Convolution blocks at an eighth.
    pub eighth_blocks: usize,
    /// Length of the feature vector.
    pub features: usize,
    /// Added to the variance in every normalisation.
    pub layer_norm_eps: f64,
}

impl Config {
    /// Checks that the numbers make a network of a sensible size; returns what is wrong.
    pub(super) fn problem(&self) -> Option<&'static str> {
        let sides = [self.input_width, self.input_height];
        let channels = [self.quarter_channels, self.eighth_channels];
        let blocks = [self.quarter_blocks, self.eighth_blocks];
        if sides.iter().any(|s| *s == 0 || *s > 1024 || s % STRIDE != 0) {
            Some("input_width and input_height must be multiples of 8 up to 1024")
        } else if channels.iter().any(|c| *c == 0 || *c > 1024) {
            Some("channels must be between 1 and 1024")
        } else if blocks.iter().any(|b| *b > 16) {
            Some("blocks must be at most 16")
        } else if !(2..=1024).contains(&self.features) {
            Some("features must be between 2 and 1024")
        } else if !(self.layer_norm_eps > 0.0 && self.layer_norm_eps < 1.0) {
            Some("layer_norm_eps must be between 0 and 1")
        } else {
            None
        }
    }
}

/// The network's raw answer.
pub struct Answer {
    pub features: Vec<f32>,
    pub weather: Vec<f32>,
    pub phase: Vec<f32>,
    pub domain: Vec<f32>,
}

/// The loaded network.
pub struct Network {
    config: Config,
    device: Device,
    stem: Linear,
    quarter: Vec<ConvBlock>,
    to_eighth: Linear,
    eighth: Vec<ConvBlock>,
    norm: LayerNorm,
    to_pool: Conv3x3,
    pooled: Linear,
    weather: Linear,
    phase: Linear,
    domain: Linear,
}

impl Network {
    /// Loads all tensors; errors name file and tensor.
    pub fn load(config: Config, vb: VarBuilder<'_>) -> Result<Self> {
        let (quarter, eighth) = (config.quarter_channels, config.eighth_channels);
        let (features, eps) = (config.features, config.layer_norm_eps);
        let blocks = |count: usize, channels: usize, vb: VarBuilder<'_>| {
            (0..count).map(|i| ConvBlock::load(channels, eps, vb.pp(i))).collect::<Result<Vec<_>>>()
        };
        Ok(Self {
            stem: linear(CELL, quarter, vb.pp("stem"))?,
            quarter: blocks(config.quarter_blocks, quarter, vb.pp("quarter"))?,
            to_eighth: linear(4 * quarter, eighth, vb.pp("to_eighth"))?,
            eighth: blocks(config.eighth_blocks, eighth, vb.pp("eighth"))?,
            norm: layer_norm(eighth, eps, vb.pp("norm"))?,
            to_pool: Conv3x3::load(eighth, eighth, vb.pp("to_pool"))?,
            pooled: linear(eighth, features, vb.pp("pooled"))?,
            weather: linear(features, WEATHERS.len(), vb.pp("weather"))?,
            phase: linear(features, DayPhase::ALL.len(), vb.pp("phase"))?,
            domain: linear(features, DOMAINS.len(), vb.pp("domain"))?,
            device: vb.device().clone(),
            config,
        })
    }

    /// The shape it was loaded with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Answers for RGB in 0 to 1, `input_height * input_width * 3` values, rows from the top.
    pub fn answer(&self, rgb: &[f32]) -> Result<Answer> {
        let _span = tracing::info_span!("conditions network").entered();
        let shape = (self.config.input_height, self.config.input_width, 3);
        let picture = Tensor::from_slice(rgb, shape, &self.device)?;
        let mut x = space_to_depth(&picture.affine(4.0, -2.0)?, 4)?.apply(&self.stem)?;
        for block in &self.quarter {
            x = x.apply(block)?;
        }
        let mut x = space_to_depth(&x, 2)?.apply(&self.to_eighth)?;
        for block in &self.eighth {
            x = x.apply(block)?;
        }
        let x = x.apply(&self.norm)?.apply(&self.to_pool)?.gelu()?.mean((0, 1))?;
        let features = x.unsqueeze(0)?.apply(&self.pooled)?.gelu()?;
        let values = |x: &Tensor| x.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>();
        Ok(Answer {
            weather: values(&features.apply(&self.weather)?)?,
            phase: values(&features.apply(&self.phase)?)?,
            domain: values(&features.apply(&self.domain)?)?,
            features: values(&features)?,
        })
    }
}
