//! Layers that several networks share, the same as in `python/reverie_train/depth/model.py`.
//!
//! Pictures are `[height, width, channels]`. 3x3 convolutions gather each pixel's neighbourhood
//! and multiply it by one matrix, because candle multiplies matrices several times faster than
//! it convolves.

use candle_core::{Result, Tensor};
use candle_nn::{LayerNorm, Linear, Module, VarBuilder, layer_norm, linear};

/// 3x3 convolution with zero padding; its weight is `[outputs, 9 * inputs]` in the order row,
/// column, channel.
#[derive(Debug)]
pub struct Conv3x3 {
    matrix: Linear,
}

impl Conv3x3 {
    /// Loads `weight` and `bias`.
    ///
    /// # Errors
    /// When one is missing or of another shape.
    pub fn load(inputs: usize, outputs: usize, vb: VarBuilder<'_>) -> Result<Self> {
        Ok(Self { matrix: linear(9 * inputs, outputs, vb)? })
    }
}

impl Module for Conv3x3 {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (height, width, _) = x.dims3()?;
        let padded = x.pad_with_zeros(0, 1, 1)?.pad_with_zeros(1, 1, 1)?;
        let mut neighbours = Vec::with_capacity(9);
        for row in 0..3 {
            let rows = padded.narrow(0, row, height)?;
            for column in 0..3 {
                neighbours.push(rows.narrow(1, column, width)?);
            }
        }
        Tensor::cat(&neighbours, 2)?.apply(&self.matrix)
    }
}

/// `x + conv(gelu(conv(norm(x))))`.
#[derive(Debug)]
pub struct ConvBlock {
    norm: LayerNorm,
    conv1: Conv3x3,
    conv2: Conv3x3,
}

impl ConvBlock {
    /// Loads `norm`, `conv1` and `conv2`.
    ///
    /// # Errors
    /// When a tensor is missing or of another shape.
    pub fn load(channels: usize, eps: f64, vb: VarBuilder<'_>) -> Result<Self> {
        Ok(Self {
            norm: layer_norm(channels, eps, vb.pp("norm"))?,
            conv1: Conv3x3::load(channels, channels, vb.pp("conv1"))?,
            conv2: Conv3x3::load(channels, channels, vb.pp("conv2"))?,
        })
    }
}

impl Module for ConvBlock {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x + x.apply(&self.norm)?.apply(&self.conv1)?.gelu()?.apply(&self.conv2)?
    }
}

/// `[h, w, c] -> [h / factor, w / factor, factor^2 c]`, order row, column, channel.
///
/// # Errors
/// When the sides are no multiples of `factor`.
pub fn space_to_depth(x: &Tensor, factor: usize) -> Result<Tensor> {
    let (h, w, c) = x.dims3()?;
    let cells = x.reshape((h / factor, factor, w / factor, factor, c))?.permute((0, 2, 1, 3, 4))?;
    cells.contiguous()?.reshape((h / factor, w / factor, factor * factor * c))
}

/// The inverse of [`space_to_depth`] with a factor of 2.
///
/// # Errors
/// When the channels are no multiple of 4.
pub fn depth_to_space(x: &Tensor) -> Result<Tensor> {
    let (h, w, c) = x.dims3()?;
    let cells = x.reshape((h, w, 2, 2, c / 4))?.permute((0, 2, 1, 3, 4))?;
    cells.contiguous()?.reshape((2 * h, 2 * w, c / 4))
}

/// Sines and cosines of the position in the picture, `[height * width, 4 * frequencies]`,
/// rows from the top.
pub fn position_features(height: usize, width: usize, frequencies: usize) -> Vec<f32> {
    let along = |at: usize, count: usize, features: &mut Vec<f32>| {
        let place = (at as f32 + 0.5) / count as f32;
        let angle = |octave: usize| place * std::f32::consts::PI * (1_u32 << octave) as f32;
        features.extend((0..frequencies).map(|octave| angle(octave).sin()));
        features.extend((0..frequencies).map(|octave| angle(octave).cos()));
    };
    let mut features = Vec::with_capacity(height * width * 4 * frequencies);
    for row in 0..height {
        for column in 0..width {
            along(row, height, &mut features);
            along(column, width, &mut features);
        }
    }
    features
}

/// So many blocks in a row, `prefix.0`, `prefix.1`, ...
///
/// # Errors
/// When a tensor is missing or of another shape.
pub fn blocks(
    count: usize,
    channels: usize,
    eps: f64,
    vb: VarBuilder<'_>,
) -> Result<Vec<ConvBlock>> {
    (0..count).map(|i| ConvBlock::load(channels, eps, vb.pp(i))).collect()
}
