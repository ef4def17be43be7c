//! The network, frame after frame; `python/reverie_train/lips/model.py` is where it was trained.
//!
//! Each block filters every channel over past frames, normalises, and goes through two matrices with GELU
//! between them; what comes out is added to what went in. Nothing looks ahead: the answer that comes with a
//! frame is that of some frames before.

use super::features::FEATURES;
use crate::kernels::{Matrix, Rows, gelu, layer_norm};
use candle_core::{DType, Device};
use reverie_behavior::Viseme;
use reverie_inference::{Weights, WeightsError};
use serde::Deserialize;

/// Visemes, voicing, energy, accent.
pub(super) const OUTPUTS: usize = Viseme::COUNT + 3;
/// Frames that go through the network together at most.
pub(super) const MOST_FRAMES: usize = 16;
/// Added to the variance in every normalisation.
const EPSILON: f32 = 1e-5;

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    features: usize,
    channels: usize,
    /// Width inside the blocks.
    hidden: usize,
    /// Frames that a filter sees.
    taps: usize,
    /// Of each block: distance of those frames.
    dilations: Vec<usize>,
    /// Frames from a frame's sound to its answer.
    delay: usize,
}

impl Config {
    /// What is wrong with it; guards against sizes that would take all memory.
    fn problem(&self) -> Option<String> {
        let sizes = [self.channels, self.hidden, self.taps, self.dilations.len()];
        if self.features != FEATURES {
            return Some(format!("has {} features, must have {FEATURES}", self.features));
        }
        if sizes.iter().chain(&self.dilations).any(|size| !(1..=1024).contains(size)) {
            return Some("has a size that is not within 1 to 1024".into());
        }
        (self.delay > 100).then(|| format!("has a delay of {} frames", self.delay))
    }
}

struct Norm {
    scale: Vec<f32>,
    shift: Vec<f32>,
}

impl Norm {
    fn rows(&self, x: &[f32], out: &mut [f32]) {
        layer_norm(x, &self.scale, &self.shift, EPSILON, out);
    }
}

struct Linear {
    matrix: Matrix,
    bias: Vec<f32>,
}

impl Linear {
    fn rows(&self, x: &[f32], out: &mut [f32]) {
        let stride = self.matrix.inputs();
        let rows = Rows { data: x, stride, count: x.len() / stride };
        self.matrix.apply(rows, 1.0, &self.bias, out);
    }
}

struct Block {
    /// A row of channels for each tap, the oldest frame's first.
    filter: Vec<f32>,
    dilation: usize,
    norm: Norm,
    widen: Linear,
    narrow: Linear,
}

/// Weights that all streams share.
pub(super) struct Network {
    config: Config,
    enter: Linear,
    blocks: Vec<Block>,
    norm: Norm,
    leave: Linear,
}

impl Network {
    pub(super) fn load(weights: &Weights) -> Result<Self, WeightsError> {
        let bad = |problem: String| WeightsError::BadMetadata {
            path: weights.path().into(),
            key: "config".into(),
            problem,
        };
        let config: Config =
            serde_json::from_str(weights.metadata("config")?).map_err(|e| bad(e.to_string()))?;
        if let Some(problem) = config.problem() {
            return Err(bad(problem));
        }
        let values = |name: &str, shape: &[usize]| -> Result<Vec<f32>, WeightsError> {
            let tensor = weights.tensor(name, shape, DType::F32, &Device::Cpu)?;
            tensor.flatten_all().and_then(|t| t.to_vec1()).map_err(|e| WeightsError::Malformed {
                path: weights.path().into(),
                problem: format!("tensor `{name}`: {e}"),
            })
        };
        let linear = |name: &str, inputs: usize, outputs: usize| -> Result<Linear, WeightsError> {
            let weight = values(&format!("{name}.weight"), &[outputs, inputs])?;
            let matrix = Matrix::new(outputs, inputs, |o, i| weight[o * inputs + i]);
            Ok(Linear { matrix, bias: values(&format!("{name}.bias"), &[outputs])? })
        };
        let (channels, hidden) = (config.channels, config.hidden);
        let norm = |name: &str| -> Result<Norm, WeightsError> {
            let scale = values(&format!("{name}.weight"), &[channels])?;
            Ok(Norm { scale, shift: values(&format!("{name}.bias"), &[channels])? })
        };
        let blocks = config.dilations.iter().enumerate().map(|(number, dilation)| {
            let part = |name: &str| format!("blocks.{number}.{name}");
            Ok(Block {
                filter: values(&part("filter"), &[config.taps, channels])?,
                dilation: *dilation,
                norm: norm(&part("norm"))?,
                widen: linear(&part("widen"), channels, hidden)?,
                narrow: linear(&part("narrow"), hidden, channels)?,
            })
        });
        Ok(Self {
            blocks: blocks.collect::<Result<_, WeightsError>>()?,
            enter: linear("enter", FEATURES, channels)?,
            norm: norm("norm")?,
            leave: linear("leave", channels, OUTPUTS)?,
            config,
        })
    }

    /// Frames from a frame's sound to its answer.
    pub(super) fn delay(&self) -> usize {
        self.config.delay
    }

    pub(super) fn begin(&self) -> State {
        let channels = self.config.channels;
        let past = |block: &Block| (self.config.taps - 1) * block.dilation;
        let rows = |block: &Block| vec![0.0; (past(block) + MOST_FRAMES) * channels];
        State {
            heard: self.blocks.iter().map(rows).collect(),
            filtered: vec![0.0; MOST_FRAMES * channels],
            normed: vec![0.0; MOST_FRAMES * channels],
            wide: vec![0.0; MOST_FRAMES * self.config.hidden],
            fresh: true,
        }
    }

    /// Takes the features of at most [`MOST_FRAMES`] frames and gives as many answers, logits of [`OUTPUTS`].
    pub(super) fn step(&self, state: &mut State, features: &[f32], out: &mut [f32]) {
        let frames = features.len() / FEATURES;
        let channels = self.config.channels;
        let State { heard, filtered, normed, wide, fresh } = state;
        if std::mem::take(fresh) {
            heard.iter_mut().for_each(|rows| rows.fill(0.0));
        }
        let size = frames * channels;
        let (filtered, normed) = (&mut filtered[..size], &mut normed[..size]);
        let wide = &mut wide[..frames * self.config.hidden];
        for (number, block) in self.blocks.iter().enumerate() {
            let past = (self.config.taps - 1) * block.dilation * channels;
            let (before, after) = heard.split_at_mut(number + 1);
            let rows = &mut before[number][..past + size];
            if number == 0 {
                self.enter.rows(features, &mut rows[past..]);
            }
            block.filter(rows, channels, filtered);
            block.norm.rows(filtered, normed);
            block.widen.rows(normed, wide);
            gelu(wide);
            block.narrow.rows(wide, filtered);
            for (sum, x) in filtered.iter_mut().zip(&rows[past..]) {
                *sum += x;
            }
            rows.copy_within(size.., 0);
            if let (Some(next), Some(block)) = (after.first_mut(), self.blocks.get(number + 1)) {
                let past = (self.config.taps - 1) * block.dilation * channels;
                next[past..past + size].copy_from_slice(filtered);
            }
        }
        self.norm.rows(filtered, normed);
        self.leave.rows(normed, out);
    }
}

impl Block {
    /// Each channel over past frames; `rows` begin with those before the first one.
    fn filter(&self, rows: &[f32], channels: usize, out: &mut [f32]) {
        for (frame, out) in out.chunks_exact_mut(channels).enumerate() {
            out.fill(0.0);
            for (tap, filter) in self.filter.chunks_exact(channels).enumerate() {
                let row = &rows[(frame + tap * self.dilation) * channels..][..channels];
                for ((out, x), weight) in out.iter_mut().zip(row).zip(filter) {
                    *out += x * weight;
                }
            }
        }
    }
}

/// What the network remembers of a stream.
pub(super) struct State {
    /// For each block: the frames that went into it, as far back as its filter sees, and room for new ones.
    heard: Vec<Vec<f32>>,
    filtered: Vec<f32>,
    normed: Vec<f32>,
    wide: Vec<f32>,
    fresh: bool,
}

impl State {
    /// Forgets what was heard.
    pub(super) fn restart(&mut self) {
        self.fresh = true;
    }
}
