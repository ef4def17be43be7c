//! Layers of which all the networks are made; rows are symbols or frames.

use crate::kernels::{
    IntegerMatrix, Matrix, RoundedRows, Rows, Sharing, gelu, layer_norm, softmax_rows, wide,
};
use candle_core::{DType, Device};
use reverie_inference::{Weights, WeightsError};

/// Added to the variance in every normalisation.
const EPSILON: f32 = 1e-5;

/// Tensors whose names begin alike.
#[derive(Clone)]
pub(super) struct Part<'a> {
    weights: &'a Weights,
    prefix: String,
}

impl<'a> Part<'a> {
    pub(super) fn of(weights: &'a Weights, prefix: &str) -> Self {
        Self { weights, prefix: prefix.into() }
    }

    pub(super) fn part(&self, name: impl std::fmt::Display) -> Self {
        Self { weights: self.weights, prefix: format!("{}.{name}", self.prefix) }
    }

    /// Values of a tensor of exactly this shape.
    pub(super) fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, WeightsError> {
        let name = format!("{}.{name}", self.prefix);
        let tensor = self.weights.tensor(&name, shape, DType::F32, &Device::Cpu)?;
        tensor.flatten_all().and_then(|t| t.to_vec1()).map_err(|e| WeightsError::Malformed {
            path: self.weights.path().into(),
            problem: format!("tensor `{name}`: {e}"),
        })
    }
}

/// What happens to activations before they meet a matrix of eight bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activations {
    /// They stay as they are.
    Exact,
    /// They are rounded to 256 steps.
    Rounded(Sharing),
}

/// `matrix * row + bias`.
pub(super) struct Linear {
    matrix: Weight,
    scale: f32,
    bias: Vec<f32>,
}

enum Weight {
    Floats(Matrix),
    Integers(IntegerMatrix, Sharing),
}

impl Linear {
    /// One of eight bits: `weight` (U8), `zero_point`, `scale` and `bias`.
    pub(super) fn quantised(
        inputs: usize,
        outputs: usize,
        activations: Activations,
        part: &Part<'_>,
    ) -> Result<Self, WeightsError> {
        let weight = part.values("weight", &[outputs, inputs])?;
        let zero = part.values("zero_point", &[1])?[0];
        let scale = part.values("scale", &[1])?[0];
        let value = |o: usize, i: usize| (weight[o * inputs + i] - zero).clamp(-128.0, 127.0);
        let matrix = match activations {
            Activations::Exact => Weight::Floats(Matrix::new(outputs, inputs, value)),
            Activations::Rounded(sharing) => {
                Weight::Integers(IntegerMatrix::new(outputs, inputs, value), sharing)
            }
        };
        Ok(Self { matrix, scale, bias: part.values("bias", &[outputs])? })
    }

    /// One of floats: `weight` and `bias`.
    pub(super) fn plain(
        inputs: usize,
        outputs: usize,
        part: &Part<'_>,
    ) -> Result<Self, WeightsError> {
        let weight = part.values("weight", &[outputs, inputs])?;
        let matrix = Matrix::new(outputs, inputs, |o, i| weight[o * inputs + i]);
        let bias = part.values("bias", &[outputs])?;
        Ok(Self { matrix: Weight::Floats(matrix), scale: 1.0, bias })
    }

    /// A convolution of so many consecutive rows of `inputs` values, over rows that overlap.
    pub(super) fn convolution(
        inputs: usize,
        outputs: usize,
        kernel: usize,
        part: &Part<'_>,
    ) -> Result<Self, WeightsError> {
        let weight = part.values("weight", &[outputs, inputs, kernel])?;
        let matrix = Matrix::new(outputs, inputs * kernel, |output, at| {
            let (tap, input) = (at / inputs, at % inputs);
            weight[(output * inputs + input) * kernel + tap]
        });
        let bias = part.values("bias", &[outputs])?;
        Ok(Self { matrix: Weight::Floats(matrix), scale: 1.0, bias })
    }

    pub(super) fn inputs(&self) -> usize {
        match &self.matrix {
            Weight::Floats(matrix) => matrix.inputs(),
            Weight::Integers(matrix, _) => matrix.inputs(),
        }
    }

    pub(super) fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// Writes the outputs of rows that follow one another.
    pub(super) fn apply(&self, rows: &[f32], out: &mut [f32], rounded: &mut RoundedRows) {
        match &self.matrix {
            Weight::Floats(_) => {
                let stride = self.inputs();
                self.apply_apart(Rows { data: rows, stride, count: rows.len() / stride }, out);
            }
            Weight::Integers(matrix, sharing) => {
                rounded.round(rows, matrix.inputs(), *sharing);
                matrix.apply(rounded, self.scale, &self.bias, out);
            }
        }
    }

    /// The same for rows at some distance from each other, of a matrix of floats.
    pub(super) fn apply_apart(&self, rows: Rows<'_>, out: &mut [f32]) {
        match &self.matrix {
            Weight::Floats(matrix) => matrix.apply(rows, self.scale, &self.bias, out),
            Weight::Integers(..) => {}
        }
    }

    /// The outputs of rows that follow one another.
    pub(super) fn rows(&self, rows: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; rows.len() / self.inputs() * self.outputs()];
        self.apply(rows, &mut out, &mut RoundedRows::default());
        out
    }
}

/// Layer normalisation.
pub(super) struct Norm {
    scale: Vec<f32>,
    shift: Vec<f32>,
}

impl Norm {
    pub(super) fn load(channels: usize, part: &Part<'_>) -> Result<Self, WeightsError> {
        let scale = part.values("weight", &[channels])?;
        Ok(Self { scale, shift: part.values("bias", &[channels])? })
    }

    pub(super) fn apply(&self, x: &[f32], out: &mut [f32]) {
        layer_norm(x, &self.scale, &self.shift, EPSILON, out);
    }

    pub(super) fn rows(&self, x: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; x.len()];
        self.apply(x, &mut out);
        out
    }
}

/// Rows that a [`Block`] works in.
#[derive(Default)]
pub(super) struct Scratch {
    mixed: Vec<f32>,
    normed: Vec<f32>,
    hidden: Vec<f32>,
    rounded: RoundedRows,
}

impl Scratch {
    /// So many values to write to, and room for them rounded.
    pub(super) fn values(&mut self, count: usize) -> (&mut [f32], &mut RoundedRows) {
        self.normed.resize(count, 0.0);
        (&mut self.normed, &mut self.rounded)
    }
}

/// A convolution over time of each channel, a normalisation, two linear layers, added to what came in.
pub(super) struct Block {
    channels: usize,
    kernel: usize,
    dilation: usize,
    /// `[kernel, channels]`.
    taps: Vec<f32>,
    bias: Vec<f32>,
    norm: Norm,
    widen: Linear,
    narrow: Linear,
    gamma: Vec<f32>,
}

impl Block {
    pub(super) fn load(
        (channels, hidden): (usize, usize),
        kernel: usize,
        dilation: usize,
        activations: Activations,
        part: &Part<'_>,
    ) -> Result<Self, WeightsError> {
        let weight = part.part("dw").values("weight", &[channels, 1, kernel])?;
        let taps = (0..kernel).flat_map(|tap| {
            let weight = &weight;
            (0..channels).map(move |channel| weight[channel * kernel + tap])
        });
        Ok(Self {
            channels,
            kernel,
            dilation,
            taps: taps.collect(),
            bias: part.part("dw").values("bias", &[channels])?,
            norm: Norm::load(channels, &part.part("norm"))?,
            widen: Linear::quantised(channels, hidden, activations, &part.part("pw1"))?,
            narrow: Linear::quantised(hidden, channels, activations, &part.part("pw2"))?,
            gamma: part.values("gamma", &[channels])?,
        })
    }

    /// Rows that it looks ahead, and back.
    pub(super) fn reach(&self) -> usize {
        self.kernel / 2 * self.dilation
    }

    /// Writes all rows of which those within reach are known: `x` has [`Self::reach`] more at both ends.
    pub(super) fn apply(&self, x: &[f32], out: &mut [f32], scratch: &mut Scratch) {
        let Scratch { mixed, normed, hidden, rounded } = scratch;
        let count = out.len() / self.channels;
        mixed.resize(out.len(), 0.0);
        normed.resize(out.len(), 0.0);
        hidden.resize(count * self.widen.outputs(), 0.0);
        self.mix(x, mixed);
        self.norm.apply(mixed, normed);
        self.widen.apply(normed, hidden, rounded);
        gelu(hidden);
        self.narrow.apply(hidden, mixed, rounded);
        let x = &x[self.reach() * self.channels..][..out.len()];
        wide(
            #[inline(always)]
            || {
                let rows = out.chunks_exact_mut(self.channels).zip(x.chunks_exact(self.channels));
                for ((out, x), change) in rows.zip(mixed.chunks_exact(self.channels)) {
                    for (((out, x), change), gamma) in
                        out.iter_mut().zip(x).zip(change).zip(&self.gamma)
                    {
                        *out = x + gamma * change;
                    }
                }
            },
        );
    }

    /// The convolution over time.
    fn mix(&self, x: &[f32], out: &mut [f32]) {
        let channels = self.channels;
        wide(
            #[inline(always)]
            || {
                for (row, out) in out.chunks_exact_mut(channels).enumerate() {
                    out.fill(0.0);
                    for (tap, weights) in self.taps.chunks_exact(channels).enumerate() {
                        let x = &x[(row + tap * self.dilation) * channels..][..channels];
                        for ((out, x), weight) in out.iter_mut().zip(x).zip(weights) {
                            *out += x * weight;
                        }
                    }
                    for (out, bias) in out.iter_mut().zip(&self.bias) {
                        *out += bias;
                    }
                }
            },
        );
    }

    /// All rows, with zeros before the first and after the last.
    pub(super) fn whole(&self, x: &[f32], scratch: &mut Scratch) -> Vec<f32> {
        let mut out = vec![0.0; x.len()];
        self.apply(&padded(x, self.reach() * self.channels), &mut out, scratch);
        out
    }
}

/// With so many zeros at both ends.
pub(super) fn padded(x: &[f32], zeros: usize) -> Vec<f32> {
    let mut padded = vec![0.0; x.len() + 2 * zeros];
    padded[zeros..zeros + x.len()].copy_from_slice(x);
    padded
}

/// Attention of all rows to all rows and a feed-forward part, normalised before each.
pub(super) struct AttentionLayer {
    channels: usize,
    heads: usize,
    norm1: Norm,
    project: Linear,
    merge: Linear,
    norm2: Norm,
    widen: Linear,
    narrow: Linear,
}

impl AttentionLayer {
    pub(super) fn load(
        (channels, hidden): (usize, usize),
        heads: usize,
        linear: impl Fn(usize, usize, &Part<'_>) -> Result<Linear, WeightsError>,
        part: &Part<'_>,
    ) -> Result<Self, WeightsError> {
        let attention = part.part("self_attn");
        Ok(Self {
            channels,
            heads,
            norm1: Norm::load(channels, &part.part("norm1"))?,
            project: linear(channels, 3 * channels, &attention.part("in_proj"))?,
            merge: linear(channels, channels, &attention.part("out_proj"))?,
            norm2: Norm::load(channels, &part.part("norm2"))?,
            widen: linear(channels, hidden, &part.part("linear1"))?,
            narrow: linear(hidden, channels, &part.part("linear2"))?,
        })
    }

    /// Changes the rows.
    pub(super) fn apply(&self, x: &mut [f32]) {
        let mixed = self.attend(&self.project.rows(&self.norm1.rows(x)));
        add(x, &self.merge.rows(&mixed));
        let mut hidden = self.widen.rows(&self.norm2.rows(x));
        gelu(&mut hidden);
        add(x, &self.narrow.rows(&hidden));
    }

    /// Of queries, keys and values side by side.
    fn attend(&self, projected: &[f32]) -> Vec<f32> {
        let (channels, width) = (self.channels, self.channels / self.heads);
        let stride = 3 * channels;
        let count = projected.len() / stride;
        let mut mixed = vec![0.0; count * channels];
        let mut scores = vec![0.0; count * count];
        let mut answer = vec![0.0; count * width];
        for head in 0..self.heads {
            let queries = Rows { data: &projected[head * width..], stride, count };
            let at = |row: usize, part: usize, i: usize| {
                projected[row * stride + part * channels + head * width + i]
            };
            let scale = 1.0 / (width as f32).sqrt();
            Matrix::new(count, width, |row, i| at(row, 1, i)).apply(
                queries,
                scale,
                &[],
                &mut scores,
            );
            softmax_rows(&mut scores, count);
            let weights = Rows { data: &scores, stride: count, count };
            Matrix::new(width, count, |i, row| at(row, 2, i)).apply(weights, 1.0, &[], &mut answer);
            for (mixed, answer) in mixed.chunks_exact_mut(channels).zip(answer.chunks_exact(width))
            {
                mixed[head * width..][..width].copy_from_slice(answer);
            }
        }
        mixed
    }
}

fn add(x: &mut [f32], change: &[f32]) {
    for (x, change) in x.iter_mut().zip(change) {
        *x += change;
    }
}
