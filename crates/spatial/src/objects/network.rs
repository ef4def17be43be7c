//! The object painter's network in candle, layer by layer as in
//! `python/reverie_train/object_painter/model.py`.

use candle_core::{Device, Result, Tensor};
use candle_nn::{Embedding, LayerNorm, Linear, Module, VarBuilder, embedding, layer_norm, linear};
use glam::Vec3;
use reverie_inference::layers::{Conv3x3, ConvBlock, blocks, depth_to_space};
use serde::Deserialize;

/// Sides of a box: +X, -X, +Y, -Y, +Z, -Z.
pub(super) const SIDES: usize = 6;
/// Share and shade of the asked colour, a colour of its own, cover, depth.
pub(super) const OUTPUTS: usize = 7;
/// Octaves of the features of sizes.
const OCTAVES: i32 = 4;
const LOOK: usize = 3 + 2 * 3 * OCTAVES as usize + 3;
/// Pixels around a side that nobody looks at.
const MARGIN: usize = 1;

/// Shape of the network; field names are those of the exported configuration.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectPainterConfig {
    /// Classes it knows.
    pub kinds: usize,
    /// Variants of each.
    pub variants: usize,
    /// Pixels along a picture's sides.
    pub side_px: usize,
    /// Length of the vector that all it is told becomes.
    pub condition_size: usize,
    /// Channels at an eighth of the size.
    pub eighth_channels: usize,
    /// Channels at a quarter.
    pub quarter_channels: usize,
    /// Channels at half of it.
    pub half_channels: usize,
    /// Convolution blocks at an eighth.
    pub eighth_blocks: usize,
    /// Convolution blocks at a quarter.
    pub quarter_blocks: usize,
    /// Convolution blocks at half of the size.
    pub half_blocks: usize,
    /// Added to the variance in every normalisation.
    pub layer_norm_eps: f64,
}

impl ObjectPainterConfig {
    /// Checks that the numbers make a network of a sensible size; returns what is wrong.
    pub fn problem(&self) -> Option<&'static str> {
        let widths = [
            self.condition_size,
            self.eighth_channels,
            self.quarter_channels,
            self.half_channels,
            self.variants,
        ];
        let counts = [self.eighth_blocks, self.quarter_blocks, self.half_blocks];
        if self.kinds != super::ObjectClass::COUNT {
            Some("kinds must be those of this program")
        } else if self.side_px != 62 {
            Some("side_px must be 62")
        } else if widths.iter().any(|width| !(1..=1024).contains(width)) {
            Some("channels, widths and variants must be between 1 and 1024")
        } else if counts.iter().any(|count| *count > 16) {
            Some("blocks must be at most 16")
        } else if !(self.layer_norm_eps > 0.0 && self.layer_norm_eps < 1.0) {
            Some("layer_norm_eps must be between 0 and 1")
        } else {
            None
        }
    }
}

/// Blocks at one size, scaled and shifted by the condition.
struct Stage {
    blocks: Vec<ConvBlock>,
    film: Linear,
    channels: usize,
}

impl Stage {
    fn load(
        channels: usize,
        count: usize,
        config: &ObjectPainterConfig,
        vb: VarBuilder<'_>,
    ) -> Result<Self> {
        Ok(Self {
            blocks: blocks(count, channels, config.layer_norm_eps, vb.pp("blocks"))?,
            film: linear(config.condition_size, 2 * channels, vb.pp("film"))?,
            channels,
        })
    }

    fn forward(&self, x: &Tensor, condition: &Tensor) -> Result<Tensor> {
        let film = condition.apply(&self.film)?.flatten_all()?;
        let (scale, shift) =
            (film.narrow(0, 0, self.channels)?, film.narrow(0, self.channels, self.channels)?);
        let mut x = x.broadcast_mul(&(scale + 1.0)?)?.broadcast_add(&shift)?;
        for block in &self.blocks {
            x = x.apply(block)?;
        }
        Ok(x)
    }
}

/// The loaded network.
pub(super) struct Network {
    config: ObjectPainterConfig,
    thing: Embedding,
    side: Embedding,
    look: Linear,
    mix: Linear,
    out: Linear,
    grid: Linear,
    eighth: Stage,
    to_quarter: Linear,
    quarter: Stage,
    to_half: Linear,
    half: Stage,
    norm: LayerNorm,
    pixels: Conv3x3,
    device: Device,
}

/// What is asked for, as the network sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub class: usize,
    pub variant: usize,
    pub size: Vec3,
    /// sRGB, 0 to 1.
    pub colour: Vec3,
}

impl Network {
    /// Loads all tensors; errors name file and tensor.
    pub fn load(config: ObjectPainterConfig, vb: VarBuilder<'_>) -> Result<Self> {
        let width = config.condition_size;
        let (eighth, quarter, half) =
            (config.eighth_channels, config.quarter_channels, config.half_channels);
        Ok(Self {
            thing: embedding(config.kinds * config.variants, width, vb.pp("thing"))?,
            side: embedding(config.kinds * SIDES, width, vb.pp("side"))?,
            look: linear(LOOK, width, vb.pp("look"))?,
            mix: linear(width, width, vb.pp("mix"))?,
            out: linear(width, width, vb.pp("out"))?,
            grid: linear(width, 64 * eighth, vb.pp("grid"))?,
            eighth: Stage::load(eighth, config.eighth_blocks, &config, vb.pp("eighth"))?,
            to_quarter: linear(eighth, 4 * quarter, vb.pp("to_quarter"))?,
            quarter: Stage::load(quarter, config.quarter_blocks, &config, vb.pp("quarter"))?,
            to_half: linear(quarter, 4 * half, vb.pp("to_fine"))?,
            half: Stage::load(half, config.half_blocks, &config, vb.pp("fine"))?,
            norm: layer_norm(half, config.layer_norm_eps, vb.pp("norm"))?,
            pixels: Conv3x3::load(half, 4 * OUTPUTS, vb.pp("pixels"))?,
            device: vb.device().clone(),
            config,
        })
    }

    /// The shape it was loaded with.
    pub fn config(&self) -> &ObjectPainterConfig {
        &self.config
    }

    /// One side before squashing: `side_px * side_px * OUTPUTS` values, rows from the top.
    pub fn side(&self, asked: &Asked, side: usize) -> Result<Vec<f32>> {
        let index = |at: usize| Tensor::from_slice(&[at as u32], 1, &self.device);
        let mut look = Vec::with_capacity(LOOK);
        let logs = asked.size.to_array().map(f32::ln);
        look.extend(logs);
        let angle = |octave: i32| std::f32::consts::FRAC_PI_4 * 2.0_f32.powi(octave);
        for octave in 0..OCTAVES {
            look.extend(logs.map(|log| (log * angle(octave)).sin()));
        }
        for octave in 0..OCTAVES {
            look.extend(logs.map(|log| (log * angle(octave)).cos()));
        }
        look.extend((asked.colour * 2.0 - 1.0).to_array());
        let look = Tensor::from_slice(&look, (1, LOOK), &self.device)?;
        let thing =
            self.thing.forward(&index(asked.class * self.config.variants + asked.variant)?)?;
        let side = self.side.forward(&index(asked.class * SIDES + side)?)?;
        let x = ((thing + side)? + look.apply(&self.look)?)?;
        let condition = x.gelu()?.apply(&self.mix)?.gelu()?.apply(&self.out)?.gelu()?;
        let x = condition.apply(&self.grid)?.reshape((8, 8, self.config.eighth_channels))?;
        let x = self.eighth.forward(&x, &condition)?;
        let x = depth_to_space(&x.apply(&self.to_quarter)?)?;
        let x = self.quarter.forward(&x, &condition)?;
        let x = depth_to_space(&x.apply(&self.to_half)?)?;
        let x = self.half.forward(&x, &condition)?;
        let x = depth_to_space(&x.apply(&self.norm)?.apply(&self.pixels)?)?;
        let side_px = self.config.side_px;
        x.narrow(0, MARGIN, side_px)?.narrow(1, MARGIN, side_px)?.flatten_all()?.to_vec1::<f32>()
    }
}
