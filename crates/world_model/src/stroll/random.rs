//! A small seeded generator.

use serde::{Deserialize, Serialize};

/// SplitMix64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Self(seed ^ 0x7374_726f_6c6c_0001);
        dice.bits();
        dice
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in `low..high`.
    pub(super) fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * ((self.bits() >> 40) as f32 / (1_u64 << 24) as f32)
    }

    /// Uniform in the logarithm; both ends positive.
    pub(super) fn log_range(&mut self, low: f32, high: f32) -> f32 {
        self.range(low.ln(), high.ln()).exp()
    }

    /// True with the given probability.
    pub(super) fn chance(&mut self, probability: f32) -> bool {
        self.range(0.0, 1.0) < probability
    }

    /// -1 or 1.
    pub(super) fn side(&mut self) -> f32 {
        if self.chance(0.5) { 1.0 } else { -1.0 }
    }

    /// Approximately normal with deviation 1, never beyond 3.5.
    pub(super) fn normal(&mut self) -> f32 {
        (0..4).map(|_| self.range(0.0, 1.0)).sum::<f32>() * 1.732 - 3.464
    }

    /// Index of one of the weights, in proportion to them; 0 when all are 0.
    pub(super) fn weighted(&mut self, weights: &[f32]) -> usize {
        let mut left = self.range(0.0, weights.iter().sum());
        for (at, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 && *weight > 0.0 {
                return at;
            }
        }
        weights.iter().position(|w| *w > 0.0).unwrap_or(0)
    }
}
