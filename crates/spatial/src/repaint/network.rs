//! The repaint network in candle, layer by layer as in `python/reverie_train/repaint/model.py`.

use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::{LayerNorm, Linear, VarBuilder, layer_norm, linear, ops::sigmoid};
use reverie_inference::layers::{Conv3x3, ConvBlock, blocks, depth_to_space, space_to_depth};
use reverie_world_model::{Conditions, Season, Weather};
use serde::Deserialize;

use super::vertices::VertexNetwork;

/// Channels of the coarse picture: colours, code of depth, sky, known, normal, ray.
pub const MAPS: usize = 12;
/// Side of the world's first view as the network sees it, and of its cells, pixels.
pub const FIRST_SIDE: usize = 32;
const FIRST_CELL: usize = 4;
/// Numbers that conditions are told by.
pub const CONDITIONS: usize = 14;
/// Weathers in the network's order, and seasons.
const WEATHERS: [Weather; 5] =
    [Weather::Clear, Weather::Rain, Weather::Snow, Weather::Fog, Weather::Overcast];
const SEASONS: [Season; 4] = Season::ALL;
/// What the first view shows: log-odds of the weathers, the sun's height twice, log-odds of the seasons.
const SHOWN: usize = WEATHERS.len() + 2 + SEASONS.len();
/// Sine of the sun's height below which lamps burn.
const NIGHT_BELOW: f32 = 0.035;

/// Shape of the network; field names are those of the exported configuration.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Side of the coarse picture, pixels.
    pub size: usize,
    /// Channels at half size.
    pub half_channels: usize,
    /// Channels at a quarter.
    pub quarter_channels: usize,
    /// Channels at an eighth.
    pub eighth_channels: usize,
    /// Blocks at half size on the way down.
    pub half_blocks: usize,
    /// Blocks at a quarter on the way down.
    pub quarter_blocks: usize,
    /// Blocks at an eighth.
    pub eighth_blocks: usize,
    /// Length of the vector that conditions and first view become.
    pub condition_size: usize,
    /// Channels of the first view's network.
    pub first_channels: usize,
    /// Features of a coarse pixel.
    pub features: usize,
    /// Width of the network of a vertex.
    pub vertex_hidden: usize,
    /// Added to the variance in every normalisation.
    pub layer_norm_eps: f64,
}

impl Config {
    /// Checks that the numbers make a network of a sensible size; returns what is wrong.
    pub fn problem(&self) -> Option<&'static str> {
        let channels = [
            self.half_channels,
            self.quarter_channels,
            self.eighth_channels,
            self.condition_size,
            self.first_channels,
        ];
        let blocks = [self.half_blocks, self.quarter_blocks, self.eighth_blocks];
        if self.size == 0 || self.size > 512 || !self.size.is_multiple_of(8) {
            Some("size must be a multiple of 8 up to 512")
        } else if channels.iter().any(|c| *c == 0 || *c > 1024) {
            Some("channels must be between 1 and 1024")
        } else if blocks.iter().any(|b| *b > 16) {
            Some("blocks must be at most 16")
        } else if !(1..=64).contains(&self.features) || !(1..=256).contains(&self.vertex_hidden) {
            Some("features must be 1 to 64 and vertex_hidden 1 to 256")
        } else if !(self.layer_norm_eps > 0.0 && self.layer_norm_eps < 1.0) {
            Some("layer_norm_eps must be between 0 and 1")
        } else {
            None
        }
    }
}

/// Conditions as the network is told them: shares of the weathers (what is left is clear), the hour on its
/// circle, the sun's height, coarse and fine, whether lamps burn, and the season.
pub fn told(conditions: &Conditions) -> [f32; CONDITIONS] {
    let mut vector = [0.0; CONDITIONS];
    vector[0] = 1.0 - conditions.strength;
    for (share, weather) in vector.iter_mut().zip(WEATHERS) {
        *share += conditions.share(weather);
    }
    let turn = std::f32::consts::TAU * conditions.hour / 24.0;
    let up = conditions.sun_up();
    let night = f32::from(u8::from(up < NIGHT_BELOW));
    vector[5..10].copy_from_slice(&[turn.sin(), turn.cos(), up, (up / 0.15).tanh(), night]);
    for (share, season) in vector[10..].iter_mut().zip(SEASONS) {
        *share = f32::from(u8::from(season == conditions.season));
    }
    vector
}

/// The conditions that the network's answer about a first view tells. Morning and evening look alike: it is
/// afternoon.
pub fn shown(answer: &[f32]) -> Conditions {
    let likeliest = |odds: &[f32]| {
        odds.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(at, _)| at)
    };
    let (weathers, rest) = answer.split_at(WEATHERS.len().min(answer.len()));
    let season = SEASONS[likeliest(rest.get(2..).unwrap_or_default()) % SEASONS.len()];
    let up = rest.first().copied().unwrap_or(0.5).clamp(-1.0, 1.0);
    Conditions {
        weather: WEATHERS[likeliest(weathers) % WEATHERS.len()],
        strength: 1.0,
        hour: Conditions::afternoon_hour(up, season),
        season,
    }
}

struct Modulated {
    eps: f64,
    condition: Linear,
    conv1: Conv3x3,
    conv2: Conv3x3,
}

impl Modulated {
    fn load(channels: usize, config: &Config, vb: VarBuilder<'_>) -> Result<Self> {
        Ok(Self {
            eps: config.layer_norm_eps,
            condition: linear(config.condition_size, 2 * channels, vb.pp("condition"))?,
            conv1: Conv3x3::load(channels, channels, vb.pp("conv1"))?,
            conv2: Conv3x3::load(channels, channels, vb.pp("conv2"))?,
        })
    }

    fn all(
        count: usize,
        channels: usize,
        config: &Config,
        vb: VarBuilder<'_>,
    ) -> Result<Vec<Self>> {
        (0..count).map(|i| Self::load(channels, config, vb.pp(i))).collect()
    }

    fn forward(&self, x: &Tensor, condition: &Tensor) -> Result<Tensor> {
        let parts = condition.apply(&self.condition)?.flatten_all()?.chunk(2, 0)?;
        let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
        let spread = (centred.sqr()?.mean_keepdim(D::Minus1)? + self.eps)?.sqrt()?;
        let y = centred.broadcast_div(&spread)?;
        let y = y.broadcast_mul(&(&parts[0] + 1.0)?)?.broadcast_add(&parts[1])?;
        x + y.apply(&self.conv1)?.gelu()?.apply(&self.conv2)?
    }
}

struct FirstView {
    stem: Linear,
    blocks: Vec<ConvBlock>,
    norm: LayerNorm,
    pool: Linear,
    out: Linear,
    shows: Linear,
}

impl FirstView {
    fn load(config: &Config, vb: VarBuilder<'_>) -> Result<Self> {
        let (channels, eps) = (config.first_channels, config.layer_norm_eps);
        Ok(Self {
            stem: linear(FIRST_CELL * FIRST_CELL * MAPS, channels, vb.pp("stem"))?,
            blocks: blocks(2, channels, eps, vb.pp("blocks"))?,
            norm: layer_norm(channels, eps, vb.pp("norm"))?,
            pool: linear(channels, 2 * channels, vb.pp("pool"))?,
            out: linear(2 * channels, config.condition_size, vb.pp("out"))?,
            shows: linear(2 * channels, SHOWN, vb.pp("shows"))?,
        })
    }

    /// A vector, and what it shows.
    fn forward(&self, first: &Tensor) -> Result<(Tensor, Tensor)> {
        let mut x = space_to_depth(first, FIRST_CELL)?.apply(&self.stem)?;
        for block in &self.blocks {
            x = x.apply(block)?;
        }
        let x = x.apply(&self.norm)?.apply(&self.pool)?.gelu()?.mean((0, 1))?.unsqueeze(0)?;
        Ok((x.apply(&self.out)?, x.apply(&self.shows)?))
    }
}

/// What conditions and first view come to: the same for a whole world.
pub struct Wanted {
    condition: Tensor,
    /// The colour of thick air, linear.
    pub haze: [f32; 3],
}

/// The loaded network.
pub struct Network {
    /// Its shape.
    pub config: Config,
    /// What turns features into the colours of vertices.
    pub vertex: VertexNetwork,
    device: Device,
    first: FirstView,
    conditions: Linear,
    mix: Linear,
    haze: Linear,
    stem: Linear,
    at_half: Vec<Modulated>,
    to_quarter: Linear,
    at_quarter: Vec<Modulated>,
    to_eighth: Linear,
    at_eighth: Vec<Modulated>,
    from_eighth: Linear,
    up_quarter: Vec<Modulated>,
    from_quarter: Linear,
    up_half: Vec<Modulated>,
    head: Linear,
}

impl Network {
    /// Loads all tensors; errors name file and tensor.
    pub fn load(config: Config, vb: VarBuilder<'_>) -> Result<Self> {
        let (half, quarter, eighth) =
            (config.half_channels, config.quarter_channels, config.eighth_channels);
        let size = config.condition_size;
        let all =
            |count, channels, name: &str| Modulated::all(count, channels, &config, vb.pp(name));
        Ok(Self {
            vertex: VertexNetwork::load(config.features, config.vertex_hidden, &vb)?,
            device: vb.device().clone(),
            first: FirstView::load(&config, vb.pp("first"))?,
            conditions: linear(CONDITIONS, size, vb.pp("conditions"))?,
            mix: linear(size, size, vb.pp("mix"))?,
            haze: linear(size, 3, vb.pp("haze"))?,
            stem: linear(4 * MAPS, half, vb.pp("stem"))?,
            at_half: all(config.half_blocks, half, "at_half")?,
            to_quarter: linear(4 * half, quarter, vb.pp("to_quarter"))?,
            at_quarter: all(config.quarter_blocks, quarter, "at_quarter")?,
            to_eighth: linear(4 * quarter, eighth, vb.pp("to_eighth"))?,
            at_eighth: all(config.eighth_blocks, eighth, "at_eighth")?,
            from_eighth: linear(eighth, 4 * quarter, vb.pp("from_eighth"))?,
            up_quarter: all(1, quarter, "up_quarter")?,
            from_quarter: linear(quarter, 4 * half, vb.pp("from_quarter"))?,
            up_half: all(1, half, "up_half")?,
            head: linear(half, 4 * config.features, vb.pp("head"))?,
            config,
        })
    }

    fn first_view(&self, first: &[f32]) -> Result<(Tensor, Tensor)> {
        let first = Tensor::from_slice(first, (FIRST_SIDE, FIRST_SIDE, MAPS), &self.device)?;
        self.first.forward(&first)
    }

    /// What a first view shows, see [`shown`].
    pub fn shows(&self, first: &[f32]) -> Result<Vec<f32>> {
        self.first_view(first)?.1.flatten_all()?.to_vec1()
    }

    /// What conditions mean in the world of a first view.
    pub fn wanted(&self, first: &[f32], conditions: &[f32; CONDITIONS]) -> Result<Wanted> {
        let conditions = Tensor::from_slice(conditions, (1, CONDITIONS), &self.device)?;
        let condition =
            (conditions.apply(&self.conditions)? + self.first_view(first)?.0)?.gelu()?;
        let condition = condition.apply(&self.mix)?.gelu()?;
        let haze = sigmoid(&condition.apply(&self.haze)?)?.flatten_all()?.to_vec1::<f32>()?;
        Ok(Wanted { condition, haze: [haze[0], haze[1], haze[2]] })
    }

    /// Features of the coarse pixels, `size * size * features`.
    pub fn features(&self, coarse: &[f32], wanted: &Wanted) -> Result<Vec<f32>> {
        let (side, condition) = (self.config.size, &wanted.condition);
        let through = |blocks: &[Modulated], mut x: Tensor| -> Result<Tensor> {
            for block in blocks {
                x = block.forward(&x, condition)?;
            }
            Ok(x)
        };
        let coarse = Tensor::from_slice(coarse, (side, side, MAPS), &self.device)?;
        let half = through(&self.at_half, space_to_depth(&coarse, 2)?.apply(&self.stem)?)?;
        let quarter = space_to_depth(&half, 2)?.apply(&self.to_quarter)?;
        let quarter = through(&self.at_quarter, quarter)?;
        let eighth = space_to_depth(&quarter, 2)?.apply(&self.to_eighth)?;
        let eighth = through(&self.at_eighth, eighth)?;
        let x = (quarter + depth_to_space(&eighth.apply(&self.from_eighth)?)?)?;
        let x = through(&self.up_quarter, x)?;
        let x = (half + depth_to_space(&x.apply(&self.from_quarter)?)?)?;
        let x = through(&self.up_half, x)?;
        depth_to_space(&x.apply(&self.head)?)?.to_dtype(DType::F32)?.flatten_all()?.to_vec1()
    }
}
