//! The painter's network in candle, layer by layer as in `python/reverie_train/painter`.

use candle_core::{D, DType, Result, Tensor};
use candle_nn::ops::softmax_last_dim;
use candle_nn::{
    Embedding, LayerNorm, Linear, VarBuilder, embedding, layer_norm, linear, linear_no_bias,
};
use serde::Deserialize;

use reverie_inference::layers::{
    Conv3x3, ConvBlock, blocks, depth_to_space, position_features, space_to_depth,
};

/// Length of the vector of conditions: domain (mountain, city, warehouse), weather (clear, rain,
/// snow, fog, overcast) and its strength, hour (1 if known, sine, cosine of the day's turn), season
/// (spring, summer, autumn, winter); zeros where nothing is known.
pub const CONDITIONS: usize = 16;
/// Length of a caption's vector.
pub const CAPTION: usize = 384;
/// Side of the view that a world began with, as the network is shown it, pixels.
pub const FIRST_SIDE: usize = 32;
/// Its channels: colours, code of depth, whether it is known, sine of the elevation.
pub const FIRST_CHANNELS: usize = 6;
/// Side of its cells, pixels.
const FIRST_CELL: usize = 4;
const FIRST_BLOCKS: usize = 2;
/// Maps of noise.
pub const NOISE: usize = 4;
const CLASSES: usize = 32;
/// Colours, code of depth, detail.
pub const OUTPUTS: usize = 5;

/// 1/m: where the code of depth turns from logarithmic to linear, so that the sky has a code, too.
const FAR_OFFSET: f32 = 1e-3;
/// Beyond this the code means sky, metres.
const FARTHEST_M: f32 = 3000.0;
/// Nearest that is painted, 1/m.
const MOST_INVERSE_DEPTH: f32 = 20.0;

/// An inverse depth (1/m, 0 is sky) as the network sees it, about -1.7 to 3.
pub fn encode(inverse_depth: f32) -> f32 {
    ((inverse_depth.min(MOST_INVERSE_DEPTH) + FAR_OFFSET).ln() + 3.5) * 0.5
}

/// The inverse of [`encode`].
pub fn decode(code: f32) -> f32 {
    let inverse = (code * 2.0 - 3.5).exp() - FAR_OFFSET;
    if inverse > 1.0 / FARTHEST_M { inverse.min(MOST_INVERSE_DEPTH) } else { 0.0 }
}
const PROXY_CHANNELS: usize = 6;
const MAPS: usize = 4 + 4 + 1 + 1 + NOISE + PROXY_CHANNELS + 3 + 1;

/// Shape of the layout network; field names are those of the exported configuration.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayoutConfig {
    /// Side of the windows it was trained on, pixels.
    pub size: usize,
    /// Channels at half size.
    pub stem_channels: usize,
    /// Channels at quarter size.
    pub quarter_channels: usize,
    /// Width of the transformer, which works at an eighth.
    pub hidden_size: usize,
    /// Transformer layers.
    pub num_hidden_layers: usize,
    /// Attention heads of a layer.
    pub num_attention_heads: usize,
    /// Width of a layer's perceptron over `hidden_size`.
    pub mlp_ratio: usize,
    /// Convolution blocks at quarter size, down and up.
    pub quarter_blocks: usize,
    /// Length of the vector that conditions, caption and first view become.
    pub condition_size: usize,
    /// Channels that the view that the world began with is looked at with.
    pub first_channels: usize,
    /// Octaves of the position features along each axis.
    pub position_frequencies: usize,
    /// Added to the variance in every normalisation.
    pub layer_norm_eps: f64,
    /// Noise chooses between plausible answers; else it was always zero in training.
    pub diverse: bool,
}

fn problem(size: usize, widths: &[usize], counts: &[usize], eps: f64) -> Option<&'static str> {
    if !(16..=512).contains(&size) || !size.is_power_of_two() {
        Some("size must be a power of two from 16 to 512")
    } else if widths.iter().any(|width| !(1..=4096).contains(width)) {
        Some("channels and widths must be between 1 and 4096")
    } else if counts.iter().any(|count| *count > 64) {
        Some("layers and blocks must be at most 64")
    } else if !(eps > 0.0 && eps < 1.0) {
        Some("layer_norm_eps must be between 0 and 1")
    } else {
        None
    }
}

impl LayoutConfig {
    /// Checks that the numbers make a network of a sensible size; returns what is wrong.
    pub fn problem(&self) -> Option<&'static str> {
        let widths = [
            self.stem_channels,
            self.quarter_channels,
            self.hidden_size,
            self.condition_size,
            self.first_channels,
        ];
        let counts = [self.num_hidden_layers, self.quarter_blocks];
        let heads = self.num_attention_heads;
        if heads == 0 || !self.hidden_size.is_multiple_of(heads) {
            return Some("hidden_size must be a multiple of num_attention_heads");
        }
        if !(1..=16).contains(&self.mlp_ratio) || !(1..=16).contains(&self.position_frequencies) {
            return Some("mlp_ratio and position_frequencies must be between 1 and 16");
        }
        problem(self.size, &widths, &counts, self.layer_norm_eps)
    }
}

/// A window as the networks see it; colours 0 to 1, depth as a code.
pub struct Inputs {
    /// 1 where a pixel is known, `[side, side]`.
    pub known: Tensor,
    /// Colours and code of known pixels, 0 elsewhere, `[side, side, 4]`.
    pub seen: Tensor,
    /// Colours and code of the calm fill, `[side, side, 4]`.
    pub fill: Tensor,
    /// Sine of each ray's angle above the horizon, `[side, side]`.
    pub elevation: Tensor,
    /// Class of an object that is asked for, 0 where nothing is, `[side, side]`, `u32`.
    pub proxy_class: Tensor,
    /// Its colour, `[side, side, 3]`.
    pub proxy_rgb: Tensor,
    /// `[CONDITIONS]`
    pub conditions: Tensor,
    /// `[CAPTION]`, zeros where there is none.
    pub caption: Tensor,
    /// The view that the world began with, `[FIRST_SIDE, FIRST_SIDE, FIRST_CHANNELS]`, zeros where
    /// nothing is known.
    pub first: Tensor,
    /// Chooses between the plausible answers, standard normal; zeros give their average.
    pub noise: [f32; NOISE],
}

/// The view that the world began with, to one vector.
struct FirstView {
    stem: Linear,
    blocks: Vec<ConvBlock>,
    norm: LayerNorm,
    pool: Linear,
    out: Linear,
}

impl FirstView {
    fn load(config: &LayoutConfig, vb: VarBuilder<'_>) -> Result<Self> {
        let (channels, eps) = (config.first_channels, config.layer_norm_eps);
        let cell = FIRST_CELL * FIRST_CELL * FIRST_CHANNELS;
        Ok(Self {
            stem: linear(cell, channels, vb.pp("stem"))?,
            blocks: blocks(FIRST_BLOCKS, channels, eps, vb.pp("blocks"))?,
            norm: layer_norm(channels, eps, vb.pp("norm"))?,
            pool: linear(channels, 2 * channels, vb.pp("pool"))?,
            out: linear(2 * channels, config.condition_size, vb.pp("out"))?,
        })
    }

    /// `[1, condition_size]`
    fn forward(&self, first: &Tensor) -> Result<Tensor> {
        let known = first.narrow(2, 4, 1)?;
        let colours = (first.narrow(2, 0, 3)?.broadcast_sub(&(known * 0.5)?)? * 2.0)?;
        let x = Tensor::cat(&[&colours, &first.narrow(2, 3, 3)?], 2)?;
        let mut x = space_to_depth(&x, FIRST_CELL)?.apply(&self.stem)?;
        for block in &self.blocks {
            x = x.apply(block)?;
        }
        let x = x.apply(&self.norm)?.apply(&self.pool)?.gelu()?.mean((0, 1))?;
        x.unsqueeze(0)?.apply(&self.out)
    }
}

/// Conditions, caption and the world's first view to one vector.
struct Conditioner {
    first: FirstView,
    conditions: Linear,
    caption: Linear,
    up: Linear,
}

impl Conditioner {
    fn load(config: &LayoutConfig, vb: VarBuilder<'_>) -> Result<Self> {
        let size = config.condition_size;
        Ok(Self {
            first: FirstView::load(config, vb.pp("first"))?,
            conditions: linear(CONDITIONS, size, vb.pp("conditions"))?,
            caption: linear_no_bias(CAPTION, size, vb.pp("caption"))?,
            up: linear(size, size, vb.pp("up"))?,
        })
    }

    /// `[1, size]`
    fn forward(&self, inputs: &Inputs) -> Result<Tensor> {
        let x = inputs.conditions.unsqueeze(0)?.apply(&self.conditions)?;
        let x = (x + inputs.caption.unsqueeze(0)?.apply(&self.caption)?)?;
        let x = (x + self.first.forward(&inputs.first)?)?;
        x.gelu()?.apply(&self.up)?.gelu()
    }
}

/// Transformer layer whose normalisations are shifted and scaled, and whose branches are gated.
struct Layer {
    heads: usize,
    eps: f64,
    qkv: Linear,
    proj: Linear,
    up: Linear,
    down: Linear,
    offset: Tensor,
}

fn normalised(x: &Tensor, eps: f64) -> Result<Tensor> {
    let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    let spread = (centred.sqr()?.mean_keepdim(D::Minus1)? + eps)?.sqrt()?;
    centred.broadcast_div(&spread)
}

impl Layer {
    fn load(config: &LayoutConfig, vb: VarBuilder<'_>) -> Result<Self> {
        let width = config.hidden_size;
        Ok(Self {
            heads: config.num_attention_heads,
            eps: config.layer_norm_eps,
            qkv: linear(width, 3 * width, vb.pp("qkv"))?,
            proj: linear(width, width, vb.pp("proj"))?,
            up: linear(width, config.mlp_ratio * width, vb.pp("up"))?,
            down: linear(config.mlp_ratio * width, width, vb.pp("down"))?,
            offset: vb.get((6, width), "offset")?,
        })
    }

    /// Tokens `[tokens, width]`, modulation `[6, width]`.
    fn forward(&self, x: &Tensor, modulation: &Tensor) -> Result<Tensor> {
        let modulation = (modulation + &self.offset)?;
        let row = |k: usize| modulation.narrow(0, k, 1);
        let prepared = |x: &Tensor, shift: usize, scale: usize| {
            let scaled = normalised(x, self.eps)?.broadcast_mul(&(row(scale)? + 1.0)?)?;
            scaled.broadcast_add(&row(shift)?)
        };
        let y = self.attention(&prepared(x, 0, 1)?)?;
        let x = (x + y.broadcast_mul(&row(2)?)?)?;
        let y = prepared(&x, 3, 4)?.apply(&self.up)?.gelu()?.apply(&self.down)?;
        x + y.broadcast_mul(&row(5)?)?
    }

    fn attention(&self, x: &Tensor) -> Result<Tensor> {
        let (tokens, width) = x.dims2()?;
        let size = width / self.heads;
        // [3, heads, tokens, size]
        let qkv = x.apply(&self.qkv)?.reshape((tokens, 3, self.heads, size))?;
        let qkv = qkv.permute((1, 2, 0, 3))?.contiguous()?;
        let (q, k, v) = (qkv.get(0)?, qkv.get(1)?, qkv.get(2)?);
        let scores = (q.matmul(&k.t()?)? * (size as f64).powf(-0.5))?;
        let mixed = softmax_last_dim(&scores)?.matmul(&v)?;
        mixed.transpose(0, 1)?.reshape((tokens, width))?.apply(&self.proj)
    }
}

/// What is plausible where nothing is known, without its texture.
pub struct Layout {
    position_frequencies: usize,
    classes: Embedding,
    condition: Conditioner,
    stem: Conv3x3,
    to_quarter: Linear,
    quarter: Vec<ConvBlock>,
    to_hidden: Linear,
    position: Linear,
    modulation: Linear,
    layers: Vec<Layer>,
    norm: LayerNorm,
    from_hidden: Linear,
    up_quarter: Vec<ConvBlock>,
    from_quarter: Linear,
    refine: Conv3x3,
    head: Conv3x3,
}

impl Layout {
    /// Loads every tensor; shapes follow from `config`.
    pub fn load(config: &LayoutConfig, vb: VarBuilder<'_>) -> Result<Self> {
        let (stem, quarter) = (config.stem_channels, config.quarter_channels);
        let (width, eps) = (config.hidden_size, config.layer_norm_eps);
        let count = config.quarter_blocks;
        let tokens = vb.pp("transformer");
        let layers = (0..config.num_hidden_layers)
            .map(|i| Layer::load(config, tokens.pp("layers").pp(i)))
            .collect::<Result<Vec<_>>>()?;
        Ok(Self {
            classes: embedding(CLASSES, PROXY_CHANNELS, vb.pp("inputs.classes"))?,
            condition: Conditioner::load(config, vb.pp("condition"))?,
            stem: Conv3x3::load(4 * MAPS, stem, vb.pp("stem"))?,
            to_quarter: linear(4 * stem, quarter, vb.pp("to_quarter"))?,
            quarter: blocks(count, quarter, eps, vb.pp("quarter"))?,
            to_hidden: linear(4 * quarter, width, vb.pp("to_hidden"))?,
            position: linear(4 * config.position_frequencies, width, tokens.pp("position"))?,
            modulation: linear(config.condition_size, 6 * width, tokens.pp("modulation"))?,
            layers,
            norm: layer_norm(width, eps, tokens.pp("norm"))?,
            from_hidden: linear(width, 4 * quarter, vb.pp("from_hidden"))?,
            up_quarter: blocks(count, quarter, eps, vb.pp("up_quarter"))?,
            from_quarter: linear(quarter, 4 * stem, vb.pp("from_quarter"))?,
            refine: Conv3x3::load(stem, stem, vb.pp("refine"))?,
            head: Conv3x3::load(stem, 4 * OUTPUTS, vb.pp("head"))?,
            position_frequencies: config.position_frequencies,
        })
    }

    /// All maps of a window, `[side, side, MAPS]`.
    fn maps(&self, inputs: &Inputs) -> Result<Tensor> {
        let (height, width) = inputs.known.dims2()?;
        let device = inputs.known.device();
        let half = Tensor::new(&[0.5_f32, 0.5, 0.5, 0.0], device)?;
        let known = inputs.known.unsqueeze(2)?;
        let seen = (inputs.seen.sub(&known.broadcast_mul(&half)?)? * 2.0)?;
        let fill = (inputs.fill.broadcast_sub(&half)? * 2.0)?;
        let asked = inputs.proxy_class.gt(0_u32)?.to_dtype(DType::F32)?.unsqueeze(2)?;
        let classes = inputs.proxy_class.clamp(0_u32, CLASSES as u32 - 1)?;
        let classes = classes.apply(&self.classes)?.broadcast_mul(&asked)?;
        let colour = inputs.proxy_rgb.affine(1.0, -0.5)?.broadcast_mul(&asked)?;
        let noise = Tensor::new(&inputs.noise, device)?.broadcast_as((height, width, NOISE))?;
        let up = inputs.elevation.unsqueeze(2)?;
        Tensor::cat(&[&seen, &fill, &known, &up, &noise, &classes, &colour, &asked], 2)
    }

    /// Colours, code and detail everywhere, `[side, side, OUTPUTS]`.
    pub fn forward(&self, inputs: &Inputs) -> Result<Tensor> {
        let half = space_to_depth(&self.maps(inputs)?, 2)?.apply(&self.stem)?.gelu()?;
        let mut quarter = space_to_depth(&half, 2)?.apply(&self.to_quarter)?;
        for block in &self.quarter {
            quarter = quarter.apply(block)?;
        }
        let x = self.transform(&space_to_depth(&quarter, 2)?.apply(&self.to_hidden)?, inputs)?;
        let mut x = (quarter + depth_to_space(&x.apply(&self.from_hidden)?)?)?;
        for block in &self.up_quarter {
            x = x.apply(block)?;
        }
        let x = (half + depth_to_space(&x.apply(&self.from_quarter)?)?)?;
        let change = x.apply(&self.refine)?.gelu()?.apply(&self.head)?;
        inputs.fill.pad_with_zeros(2, 0, 1)? + depth_to_space(&change)?
    }

    fn transform(&self, x: &Tensor, inputs: &Inputs) -> Result<Tensor> {
        let (h, w, width) = x.dims3()?;
        let frequencies = self.position_frequencies;
        let place = position_features(h, w, frequencies);
        let place = Tensor::from_vec(place, (h * w, 4 * frequencies), x.device())?;
        let mut x = (x.reshape((h * w, width))? + place.apply(&self.position)?)?;
        let condition = self.condition.forward(inputs)?;
        let modulation = condition.apply(&self.modulation)?.reshape((6, width))?;
        for layer in &self.layers {
            x = layer.forward(&x, &modulation)?;
        }
        x.apply(&self.norm)?.reshape((h, w, width))
    }
}
