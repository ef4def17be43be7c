//! The objects network in candle, layer by layer as in `python/reverie_train/objects/model.py`.

use candle_core::{Device, Result, Tensor};
use candle_nn::{LayerNorm, Linear, VarBuilder, layer_norm, linear};
use reverie_inference::layers::{Conv3x3, ConvBlock, blocks, space_to_depth};
use serde::Deserialize;

use super::{OBJECT_KINDS, PICTURE_PX};

/// Values of a cell of 4x4 pixels.
const CELL: usize = 48;

/// Shape of the network; field names are those of the exported configuration.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Sides of the picture, pixels.
    pub input_px: usize,
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
        let widths = [self.quarter_channels, self.eighth_channels, self.features];
        if self.input_px != PICTURE_PX as usize {
            Some("input_px must be 64")
        } else if widths.iter().any(|c| !(1..=1024).contains(c)) {
            Some("channels and features must be between 1 and 1024")
        } else if [self.quarter_blocks, self.eighth_blocks].iter().any(|b| *b > 16) {
            Some("blocks must be at most 16")
        } else if !(self.layer_norm_eps > 0.0 && self.layer_norm_eps < 1.0) {
            Some("layer_norm_eps must be between 0 and 1")
        } else {
            None
        }
    }
}

/// The loaded network.
pub(super) struct Network {
    config: Config,
    device: Device,
    stem: Linear,
    quarter: Vec<ConvBlock>,
    to_eighth: Linear,
    eighth: Vec<ConvBlock>,
    norm: LayerNorm,
    to_pool: Conv3x3,
    pooled: Linear,
    kind: Linear,
}

impl Network {
    /// Loads all tensors; errors name file and tensor.
    pub fn load(config: Config, vb: VarBuilder<'_>) -> Result<Self> {
        let (quarter, eighth) = (config.quarter_channels, config.eighth_channels);
        let (features, eps) = (config.features, config.layer_norm_eps);
        Ok(Self {
            stem: linear(CELL, quarter, vb.pp("stem"))?,
            quarter: blocks(config.quarter_blocks, quarter, eps, vb.pp("quarter"))?,
            to_eighth: linear(4 * quarter, eighth, vb.pp("to_eighth"))?,
            eighth: blocks(config.eighth_blocks, eighth, eps, vb.pp("eighth"))?,
            norm: layer_norm(eighth, eps, vb.pp("norm"))?,
            to_pool: Conv3x3::load(eighth, eighth, vb.pp("to_pool"))?,
            pooled: linear(4 * eighth, features, vb.pp("pooled"))?,
            kind: linear(features, OBJECT_KINDS.len(), vb.pp("kind"))?,
            device: vb.device().clone(),
            config,
        })
    }

    /// The shape it was loaded with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Log-odds for RGB in 0 to 1, `input_px * input_px * 3` values, rows from the top.
    pub fn logits(&self, rgb: &[f32]) -> Result<Vec<f32>> {
        let side = self.config.input_px;
        let picture = Tensor::from_slice(rgb, (side, side, 3), &self.device)?;
        let mut x = space_to_depth(&picture.affine(4.0, -2.0)?, 4)?.apply(&self.stem)?;
        for block in &self.quarter {
            x = x.apply(block)?;
        }
        let mut x = space_to_depth(&x, 2)?.apply(&self.to_eighth)?;
        for block in &self.eighth {
            x = x.apply(block)?;
        }
        let x = x.apply(&self.norm)?.apply(&self.to_pool)?.gelu()?;
        // The picture's quarters: what is above and what below differs.
        let half = side / 16;
        let mean = |row: usize, column: usize| {
            x.narrow(0, row * half, half)?.narrow(1, column * half, half)?.mean((0, 1))
        };
        let parts = [mean(0, 0)?, mean(0, 1)?, mean(1, 0)?, mean(1, 1)?];
        let features = Tensor::cat(&parts, 0)?.unsqueeze(0)?.apply(&self.pooled)?.gelu()?;
        features.apply(&self.kind)?.flatten_all()?.to_vec1::<f32>()
    }
}
