//! What a throat makes of the spectra that a network computed for another one.

use super::pulses::Unevenness;
use super::{BIN_HZ, BINS};

/// Part of the spectrum that keeps its proportions when a vocal tract is longer or shorter; what is
/// above makes room or fills it.
const KEPT: f32 = 0.8;
/// Around here tilting the spectrum changes nothing, Hz.
const PIVOT_HZ: f32 = 700.0;
/// Where the recorded voice has its lowest harmonic, and how far around, Hz.
const LOWEST_HZ: [f32; 2] = [235.0, 110.0];
/// Breath is as strong as the voice here and stronger above, Hz.
const BREATH_HZ: f32 = 1800.0;

/// A way to sound, in terms of signals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shape {
    /// Length of the vocal tract, 1 as recorded: formants move by its inverse.
    pub tract_length: f32,
    /// Strength of the pulses, 0 for a whisper.
    pub voicing: f32,
    /// Breath that takes the place of pulses: 1 is as strong as they were.
    pub breath: f32,
    /// dB for each octave.
    pub tilt_db: f32,
    /// Added where the recorded voice has its lowest harmonic, dB: it is by far the strongest, and a
    /// lower voice has several there.
    pub lowest_db: f32,
    /// Of the pulses.
    pub unevenness: Unevenness,
    /// Of everything, dB.
    pub gain_db: f32,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            tract_length: 1.0,
            voicing: 1.0,
            breath: 0.0,
            tilt_db: 0.0,
            lowest_db: 0.0,
            unevenness: Unevenness::default(),
            gain_db: 0.0,
        }
    }
}

/// A [`Shape`] as tables over bins.
pub(super) struct Tables {
    pub(super) shape: Shape,
    /// Where a bin comes from: the bin below and the part of the one above; empty without a change.
    source: Vec<(u16, f32)>,
    /// Added to logarithms of strength.
    pub(super) tilt: Vec<f32>,
    /// The same for the voice alone, before it is moved.
    pub(super) lowest: Vec<f32>,
    /// How much of the voice's strength its breath has.
    pub(super) breath: Vec<f32>,
}

impl Tables {
    pub(super) fn new(shape: Shape) -> Self {
        let last = (BINS - 1) as f32;
        let place = |bin: f32| {
            let length = shape.tract_length;
            let corner = KEPT * last / length.max(1.0);
            if bin <= corner {
                bin * length
            } else {
                let low = corner * length;
                low + (bin - corner) * (last - low) / (last - corner)
            }
        };
        let source = |bin: usize| {
            let place = place(bin as f32).clamp(0.0, last);
            let below = place.floor().min(last - 1.0);
            (below as u16, place - below)
        };
        let moved = shape.tract_length != 1.0;
        let hz = |bin: usize| (bin as f32).max(1.0) * BIN_HZ;
        let nepers = std::f32::consts::LN_10 / 20.0;
        let per_octave = shape.tilt_db * nepers;
        let tilt = |bin: usize| per_octave * (hz(bin).max(200.0) / PIVOT_HZ).log2();
        let away = |bin: usize| (bin as f32 * BIN_HZ - LOWEST_HZ[0]) / LOWEST_HZ[1];
        let lowest = |bin: usize| shape.lowest_db * nepers * (-away(bin) * away(bin)).exp();
        let breath = |bin: usize| (hz(bin) / BREATH_HZ).clamp(0.1, 2.5);
        Self {
            shape,
            source: if moved { (0..BINS).map(source).collect() } else { Vec::new() },
            tilt: (0..BINS).map(tilt).collect(),
            lowest: (0..BINS).map(lowest).collect(),
            breath: (0..BINS).map(breath).collect(),
        }
    }

    /// A curve over bins where a throat of this length has it.
    pub(super) fn moved(&self, curve: &[f32], out: &mut [f32]) {
        if self.source.is_empty() {
            out.copy_from_slice(curve);
        }
        for (out, (below, part)) in out.iter_mut().zip(&self.source) {
            let below = usize::from(*below);
            *out = curve[below] * (1.0 - part) + curve[below + 1] * part;
        }
    }

    /// The same for a curve that cannot be blended.
    pub(super) fn moved_nearest(&self, curve: &[f32], out: &mut [f32]) {
        if self.source.is_empty() {
            out.copy_from_slice(curve);
        }
        for (out, (below, part)) in out.iter_mut().zip(&self.source) {
            *out = curve[usize::from(*below) + usize::from(*part > 0.5)];
        }
    }
}
