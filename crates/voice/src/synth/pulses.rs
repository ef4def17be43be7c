//! The voice's source: a train of pulses with all harmonics below a limit at the same strength.

use super::noise::Noise;
use super::{HOP, SAMPLE_RATE_HZ};
use crate::kernels::{sin_cos_turns, wide};

/// Below this there is no voice, Hz.
pub(super) const LEAST_HZ: f32 = 40.0;
/// Harmonics end here, Hz.
const MOST_HZ: f32 = 11_000.0;
/// Nearer to the middle of a pulse the limit of the quotient is taken.
const NEAR: f32 = 2e-3;

/// How unlike each other the cycles of a voice are, each 0 to about 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Unevenness {
    /// Of lengths.
    pub jitter: f32,
    /// Of strengths.
    pub shimmer: f32,
    /// Of every other cycle from the rest.
    pub alternation: f32,
}

impl Unevenness {
    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// The pulses of one sentence, block by block.
pub(super) struct Pulses {
    pitch_hz: Vec<f32>,
    unevenness: Unevenness,
    noise: Noise,
    /// Turns, 0 to 1; a pulse is at 0.
    phase: f64,
    cycle: u32,
    length: f64,
    strength: f32,
    /// Of each sample of the block: phase in turns, pitch, strength.
    turns: [f32; HOP],
    hz: [f32; HOP],
    gain: [f32; HOP],
}

impl Pulses {
    pub(super) fn new(noise: Noise) -> Self {
        Self {
            pitch_hz: Vec::new(),
            unevenness: Unevenness::default(),
            noise,
            phase: 0.0,
            cycle: 0,
            length: 1.0,
            strength: 1.0,
            turns: [0.0; HOP],
            hz: [0.0; HOP],
            gain: [1.0; HOP],
        }
    }

    /// Begins a sentence.
    pub(super) fn begin(&mut self, pitch_hz: &[f32], unevenness: Unevenness, noise: Noise) {
        self.pitch_hz.clear();
        self.pitch_hz.extend_from_slice(pitch_hz);
        (self.unevenness, self.noise) = (unevenness, noise);
        (self.phase, self.cycle, self.length, self.strength) = (0.0, 0, 1.0, 1.0);
        self.gain = [1.0; HOP];
    }

    pub(super) fn frames(&self) -> usize {
        self.pitch_hz.len()
    }

    /// Pitch of a frame, 0 where there is no voice.
    pub(super) fn pitch_hz(&self, frame: usize) -> f32 {
        self.pitch_hz.get(frame).copied().filter(|hz| *hz > LEAST_HZ).unwrap_or(0.0)
    }

    /// Writes the samples of a frame; frames are asked for in order. Whether any of it is voiced.
    pub(super) fn block(&mut self, frame: usize, out: &mut [f32]) -> bool {
        let at = |frame: usize| self.pitch_hz[frame.min(self.pitch_hz.len() - 1)];
        let (before, here, after) = (at(frame.saturating_sub(1)), at(frame), at(frame + 1));
        for (j, hz) in self.hz.iter_mut().enumerate() {
            // Frames lie in the middle of their blocks.
            let place = (j as f32 + 0.5) / HOP as f32 - 0.5;
            *hz = if place < 0.0 {
                before * -place + here * (1.0 + place)
            } else {
                here * (1.0 - place) + after * place
            };
        }
        let voiced = self.hz.iter().any(|hz| *hz > LEAST_HZ);
        if self.unevenness.is_none() {
            for (turns, hz) in self.turns.iter_mut().zip(&self.hz) {
                self.phase += f64::from(hz.max(LEAST_HZ)) / f64::from(SAMPLE_RATE_HZ);
                self.phase -= self.phase.floor();
                *turns = self.phase as f32;
            }
        } else {
            self.uneven();
        }
        if !voiced {
            out.fill(0.0);
            return false;
        }
        wide(
            #[inline(always)]
            || {
                let parts = self.turns.iter().zip(&self.hz).zip(&self.gain);
                for (out, ((turns, hz), gain)) in out.iter_mut().zip(parts) {
                    // sum of cos(h t) for h = 1..=H is sin((H + 1/2) t) / (2 sin(t / 2)) - 1/2.
                    let order = (MOST_HZ / hz.max(LEAST_HZ)).floor() + 0.5;
                    let below = 2.0 * sin_cos_turns(0.5 * turns).0;
                    let above = sin_cos_turns(order * turns).0;
                    let near = below.abs() <= NEAR;
                    let sum = if near { order } else { above / if near { 1.0 } else { below } };
                    *out = if *hz > LEAST_HZ { gain * (sum - 0.5) } else { 0.0 };
                }
            },
        );
        true
    }

    /// Phases and strengths of cycles that differ.
    fn uneven(&mut self) {
        for j in 0..HOP {
            let before = self.phase;
            let hz = f64::from(self.hz[j].max(LEAST_HZ)) * self.length;
            self.phase += hz / f64::from(SAMPLE_RATE_HZ);
            // Between two pulses, where there is least to be heard of it, the next cycle begins.
            if before < 0.5 && self.phase >= 0.5 {
                self.cycle = self.cycle.wrapping_add(1);
                let Unevenness { jitter, shimmer, alternation } = self.unevenness;
                let draw = |part: u32| self.noise.even(self.cycle.wrapping_mul(2) + part);
                let side = if self.cycle.is_multiple_of(2) { 1.0 } else { -1.0 };
                self.length = f64::from(1.0 + jitter * draw(0) + 0.1 * alternation * side);
                self.strength = (1.0 + shimmer * draw(1) + alternation * side).max(0.0);
            }
            self.phase -= self.phase.floor();
            self.turns[j] = self.phase as f32;
            self.gain[j] = self.strength;
        }
    }
}
