//! What the network hears of a frame; `python/reverie_train/lips/features.py` computes the same.

use super::HOP;
use crate::kernels::{Matrix, Rows, ln, wide};
use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use std::f64::consts::TAU;
use std::sync::Arc;

/// Samples that a frame is computed from: 25 ms around its middle.
const WINDOW: usize = 400;
const FFT: usize = 512;
const BINS: usize = FFT / 2 + 1;
/// Samples of a frame's window before its own, and after them.
pub(super) const BEFORE: usize = (WINDOW - HOP) / 2;
const MELS: usize = 48;
const MEL_HZ: [f64; 2] = [60.0, 7800.0];
/// Added to the power of a band before the logarithm.
const FLOOR: f32 = 1e-5;
/// Lags at which a frame may be like itself, from the period of a high voice to that of a low one.
const LAGS: usize = 28;
const LAG_HZ: [f64; 2] = [450.0, 65.0];
/// Bins that lags are looked for in: up to 2 kHz.
const LAG_BINS: usize = 64;
const LAG_FLOOR: f32 = 1e-2;

/// Numbers of a frame.
pub(super) const FEATURES: usize = MELS + LAGS;

/// Tables that all streams share.
pub(super) struct Tables {
    window: Vec<f32>,
    forward: Arc<dyn RealToComplex<f32>>,
    mel: Matrix,
    lags: Matrix,
}

impl Tables {
    pub(super) fn new() -> Self {
        let window = (0..WINDOW).map(|at| 0.5 - 0.5 * (TAU * at as f64 / WINDOW as f64).cos());
        let mel = |hz: f64| 2595.0 * (1.0 + hz / 700.0).log10();
        let rate = f64::from(super::RATE_HZ);
        let (low, high) = (mel(MEL_HZ[0]), mel(MEL_HZ[1]));
        let edge = |number: usize| low + (high - low) * number as f64 / (MELS + 1) as f64;
        // Triangles, each from its lower neighbour's top to its upper one's.
        let band = |band: usize, bin: usize| {
            let at = mel(bin as f64 * rate / FFT as f64);
            let rising = (at - edge(band)) / (edge(band + 1) - edge(band));
            let falling = (edge(band + 2) - at) / (edge(band + 2) - edge(band + 1));
            rising.min(falling).max(0.0) as f32
        };
        let wave = |lag: usize, bin: usize| {
            let part = lag as f64 / (LAGS - 1) as f64;
            let period = rate / (LAG_HZ[0] * (LAG_HZ[1] / LAG_HZ[0]).powf(part));
            (TAU * period * (bin + 1) as f64 / FFT as f64).cos() as f32
        };
        Self {
            window: window.map(|w| w as f32).collect(),
            forward: RealFftPlanner::new().plan_fft_forward(FFT),
            mel: Matrix::new(MELS, BINS, band),
            lags: Matrix::new(LAGS, LAG_BINS, wave),
        }
    }
}

/// Samples on their way to features.
pub(super) struct Features {
    tables: Arc<Tables>,
    /// Samples from the window of the next frame on.
    samples: Vec<f32>,
    windowed: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    power: Vec<f32>,
    strength: Vec<f32>,
    parts: Vec<f32>,
}

impl Features {
    pub(super) fn new(tables: Arc<Tables>) -> Self {
        let scratch = tables.forward.make_scratch_vec();
        let mut features = Self {
            tables,
            samples: Vec::new(),
            windowed: vec![0.0; FFT],
            spectrum: vec![Complex::default(); BINS],
            scratch,
            power: vec![0.0; BINS],
            strength: vec![0.0; LAG_BINS],
            parts: vec![0.0; MELS.max(LAGS)],
        };
        features.restart();
        features
    }

    /// Silence comes before the first sample.
    pub(super) fn restart(&mut self) {
        self.samples.clear();
        self.samples.resize(BEFORE, 0.0);
    }

    pub(super) fn push(&mut self, samples: &[f32]) {
        // What is no number is silence: it must not stay in the network's memory.
        let finite = samples.iter().map(|x| if x.is_finite() { x.clamp(-16.0, 16.0) } else { 0.0 });
        self.samples.extend(finite);
    }

    /// Frames whose samples are all there.
    pub(super) fn ready(&self) -> usize {
        self.samples.len().checked_sub(WINDOW).map_or(0, |more| more / HOP + 1)
    }

    /// Computes frames, [`FEATURES`] numbers each, and forgets their samples.
    pub(super) fn take(&mut self, frames: usize, out: &mut [f32]) {
        for (frame, out) in out.chunks_exact_mut(FEATURES).enumerate().take(frames) {
            self.frame(frame * HOP, out);
        }
        let used = (frames * HOP).min(self.samples.len());
        self.samples.copy_within(used.., 0);
        self.samples.truncate(self.samples.len() - used);
    }

    fn frame(&mut self, start: usize, out: &mut [f32]) {
        let Self { tables, samples, windowed, spectrum, scratch, power, strength, parts } = self;
        let samples = &samples[start..start + WINDOW];
        for ((out, sample), window) in windowed.iter_mut().zip(samples).zip(&tables.window) {
            *out = sample * window;
        }
        windowed[WINDOW..].fill(0.0);
        // Lengths are those of the plan: this cannot fail.
        let done = tables.forward.process_with_scratch(windowed, spectrum, scratch);
        debug_assert!(done.is_ok());
        for (power, bin) in power.iter_mut().zip(&*spectrum) {
            *power = bin.norm_sqr();
        }
        for (strength, power) in strength.iter_mut().zip(&power[1..]) {
            *strength = power.sqrt();
        }
        let (bands, lags) = out.split_at_mut(MELS);
        let row = |data| Rows { data, stride: 0, count: 1 };
        tables.mel.apply(row(&*power), 1.0, &[], &mut parts[..MELS]);
        wide(
            #[inline(always)]
            || {
                for (out, band) in bands.iter_mut().zip(&*parts) {
                    *out = ln(*band + FLOOR);
                }
            },
        );
        let sum: f32 = strength.iter().sum();
        tables.lags.apply(row(&*strength), 1.0 / (sum + LAG_FLOOR), &[], lags);
    }
}
