//! The network, window after window.

use super::WINDOW;
use crate::kernels::{Matrix, Rows, exp, tanh};
use candle_core::{DType, Device};
use reverie_inference::{Weights, WeightsError};

/// Samples before a window, and mirrored ones behind it, that its spectra see, too.
const CONTEXT: usize = 64;
/// Samples of a spectrum, and from one to the next.
const FRAME: usize = 256;
const HOP: usize = 128;
/// Spectra of a window, and their values.
const FRAMES: usize = (CONTEXT + WINDOW + CONTEXT - FRAME) / HOP + 1;
const BINS: usize = FRAME / 2 + 1;
/// Channels that go into each convolution and out of the last one, and how many frames it goes on by.
const CHANNELS: [usize; 5] = [BINS, 128, 64, 64, 128];
const STRIDES: [usize; 4] = [1, 2, 2, 1];
/// Frames that a convolution sees.
const TAPS: usize = 3;
const MEMORY: usize = 128;

/// Frames that come out of each convolution.
const fn frames_after(convolutions: usize) -> usize {
    let (mut frames, mut done) = (FRAMES, 0);
    while done < convolutions {
        frames = (frames + 2 - TAPS) / STRIDES[done] + 1;
        done += 1;
    }
    frames
}

struct Layer {
    matrix: Matrix,
    bias: Vec<f32>,
}

impl Layer {
    fn apply(&self, data: &[f32], stride: usize, count: usize, out: &mut [f32]) {
        self.matrix.apply(Rows { data, stride, count }, 1.0, &self.bias, out);
    }
}

/// Weights that all streams share.
pub(super) struct Network {
    spectrum: Matrix,
    convolutions: [Layer; 4],
    /// Of what is heard, and of what is remembered: input, forget, new and output gates one after another.
    heard: Layer,
    remembered: Layer,
    answer: Vec<f32>,
    answer_bias: f32,
}

/// What a stream has heard.
pub(super) struct State {
    /// The end of the window before, a window, and the mirror of its end.
    sound: [f32; CONTEXT + WINDOW + CONTEXT],
    spectra: [f32; FRAMES * 2 * BINS],
    /// Input and output of convolutions, with a frame of silence on both sides.
    from: Vec<f32>,
    to: Vec<f32>,
    gates: [[f32; 4 * MEMORY]; 2],
    cell: [f32; MEMORY],
    hidden: [f32; MEMORY],
}

impl State {
    pub(super) fn new() -> Self {
        let most = CHANNELS.iter().max().map_or(0, |channels| (FRAMES + 2) * channels);
        Self {
            sound: [0.0; CONTEXT + WINDOW + CONTEXT],
            spectra: [0.0; FRAMES * 2 * BINS],
            from: vec![0.0; most],
            to: vec![0.0; most],
            gates: [[0.0; 4 * MEMORY]; 2],
            cell: [0.0; MEMORY],
            hidden: [0.0; MEMORY],
        }
    }

    pub(super) fn clear(&mut self) {
        self.sound.fill(0.0);
        self.cell.fill(0.0);
        self.hidden.fill(0.0);
    }
}

impl Network {
    pub(super) fn load(weights: &Weights) -> Result<Self, WeightsError> {
        let values = |name: &str, shape: &[usize]| -> Result<Vec<f32>, WeightsError> {
            let tensor = weights.tensor(name, shape, DType::F32, &Device::Cpu)?;
            tensor.flatten_all().and_then(|t| t.to_vec1()).map_err(|e| WeightsError::Malformed {
                path: weights.path().into(),
                problem: format!("tensor `{name}`: {e}"),
            })
        };
        let convolution = |number: usize| -> Result<Layer, WeightsError> {
            let (inputs, outputs) = (CHANNELS[number], CHANNELS[number + 1]);
            let name = |part: &str| format!("encoder.{number}.{part}");
            let weight = values(&name("weight"), &[outputs, inputs, TAPS])?;
            // Frames follow one another, so that overlapping rows are what a convolution sees.
            let at = |o: usize, i: usize| weight[(o * inputs + i % inputs) * TAPS + i / inputs];
            let matrix = Matrix::new(outputs, TAPS * inputs, at);
            Ok(Layer { matrix, bias: values(&name("bias"), &[outputs])? })
        };
        let gates = |part: &str| -> Result<Layer, WeightsError> {
            let weight = values(&format!("memory.weight_{part}"), &[4 * MEMORY, MEMORY])?;
            let matrix = Matrix::new(4 * MEMORY, MEMORY, |o, i| weight[o * MEMORY + i]);
            Ok(Layer { matrix, bias: values(&format!("memory.bias_{part}"), &[4 * MEMORY])? })
        };
        let basis = values("spectrum.weight", &[2 * BINS, 1, FRAME])?;
        Ok(Self {
            spectrum: Matrix::new(2 * BINS, FRAME, |o, i| basis[o * FRAME + i]),
            convolutions: [convolution(0)?, convolution(1)?, convolution(2)?, convolution(3)?],
            heard: gates("ih")?,
            remembered: gates("hh")?,
            answer: values("answer.weight", &[1, MEMORY, 1])?,
            answer_bias: values("answer.bias", &[1])?[0],
        })
    }

    /// How likely a window of [`WINDOW`] samples is speech.
    pub(super) fn hear(&self, state: &mut State, window: &[f32]) -> f32 {
        let State { sound, spectra, from, to, gates, cell, hidden } = state;
        sound.copy_within(WINDOW..WINDOW + CONTEXT, 0);
        sound[CONTEXT..CONTEXT + WINDOW].copy_from_slice(window);
        let end = CONTEXT + WINDOW;
        for back in 0..CONTEXT {
            sound[end + back] = sound[end - 2 - back];
        }
        let rows = Rows { data: &sound[..], stride: HOP, count: FRAMES };
        self.spectrum.apply(rows, 1.0, &[], spectra);
        from.fill(0.0);
        for (frame, magnitudes) in
            spectra.chunks_exact(2 * BINS).zip(from[BINS..].chunks_exact_mut(BINS))
        {
            let (real, imaginary) = frame.split_at(BINS);
            for ((out, re), im) in magnitudes.iter_mut().zip(real).zip(imaginary) {
                *out = (re * re + im * im).sqrt();
            }
        }
        for (number, layer) in self.convolutions.iter().enumerate() {
            let (inputs, outputs) = (CHANNELS[number], CHANNELS[number + 1]);
            let count = frames_after(number + 1);
            to.fill(0.0);
            let out = &mut to[outputs..][..count * outputs];
            layer.apply(from, STRIDES[number] * inputs, count, out);
            out.iter_mut().for_each(|value| *value = value.max(0.0));
            std::mem::swap(from, to);
        }
        let [heard, remembered] = gates;
        self.heard.apply(&from[MEMORY..2 * MEMORY], MEMORY, 1, heard);
        self.remembered.apply(&hidden[..], MEMORY, 1, remembered);
        let mut sum = self.answer_bias;
        for at in 0..MEMORY {
            let gate =
                |number: usize| heard[number * MEMORY + at] + remembered[number * MEMORY + at];
            let new = sigmoid(gate(0)) * tanh(gate(2));
            cell[at] = sigmoid(gate(1)) * cell[at] + new;
            hidden[at] = sigmoid(gate(3)) * tanh(cell[at]);
            sum += self.answer[at] * hidden[at].max(0.0);
        }
        sigmoid(sum)
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}
