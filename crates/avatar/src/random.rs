//! Random numbers that follow from a seed, a channel and an index alone.

use std::f32::consts::TAU;

/// The finaliser of splitmix64 (Steele, Lea, Flood 2014).
fn mixed(seed: u64) -> u64 {
    let x = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// What random numbers are drawn for; every channel is independent of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Channel {
    Saccade = 1,
    Fixation,
    Face,
    Thought,
    Floor,
    Reaction,
    Microsaccade,
    Anchor,
    Blink,
    Breath,
    Sway,
    Shift,
    Nod,
    Tilt,
    Twitch,
    Person,
    Pupil,
    Arms,
    Speech,
    Hands,
    Vocal,
    Mind,
}

/// Source of draws for one index of one channel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draw(u64);

impl Draw {
    pub fn new(seed: u64, channel: Channel, index: u64) -> Self {
        let lane = mixed(seed.wrapping_add((channel as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        Self(mixed(lane ^ index.wrapping_mul(0xd134_2543_de82_ef95)))
    }

    /// Uniform in [0, 1): the `n`th of this index.
    pub fn unit(self, n: u64) -> f32 {
        let bits = mixed(self.0.wrapping_add((n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        (bits >> 40) as f32 / (1 << 24) as f32
    }

    pub fn between(self, n: u64, least: f32, most: f32) -> f32 {
        least + (most - least) * self.unit(n)
    }

    /// Normal (Box-Muller), cut at three deviations; takes the `n`th and the next of this index.
    pub fn normal(self, n: u64, mean: f32, deviation: f32) -> f32 {
        let radius = (-2.0 * (1.0 - self.unit(n)).ln()).sqrt();
        let z = radius * (TAU * self.unit(n + 1)).cos();
        mean + deviation * z.clamp(-3.0, 3.0)
    }

    /// Log-normal with this mean; `sigma` is the deviation of the logarithm.
    pub fn log_normal(self, n: u64, mean: f32, sigma: f32) -> f32 {
        mean * self.normal(n, -0.5 * sigma * sigma, sigma).exp()
    }
}

/// A slow closed-form wander within about -1 to 1: three sines whose phases follow from the seed.
pub(crate) fn wander(seed: u64, channel: Channel, index: u64, time: f64, hz: [f64; 3]) -> f32 {
    let draw = Draw::new(seed, channel, index);
    let wave = |k: usize| {
        let turns = (time * hz[k]).fract() as f32 + draw.unit(k as u64);
        (TAU * turns).sin()
    };
    (wave(0) + wave(1) + wave(2)) / 3.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_their_means_and_deviations() {
        let n = 40_000;
        let moments = |draw: &dyn Fn(u64) -> f32| {
            let all: Vec<f64> = (0..n).map(|k| f64::from(draw(k))).collect();
            let mean = all.iter().sum::<f64>() / n as f64;
            let variance = all.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n as f64;
            (mean, variance.sqrt())
        };
        let at = |k| Draw::new(5, Channel::Nod, k);
        let (mean, deviation) = moments(&|k| at(k).unit(0));
        assert!((mean - 0.5).abs() < 0.005 && (deviation - 12f64.sqrt().recip()).abs() < 0.005);
        let (mean, deviation) = moments(&|k| at(k).normal(0, 4.0, 1.0));
        assert!((mean - 4.0).abs() < 0.02 && (deviation - 0.99).abs() < 0.02);
        let (mean, _) = moments(&|k| at(k).log_normal(0, 3.5, 0.6));
        assert!((mean - 3.5).abs() < 0.05);
    }

    #[test]
    fn channels_and_indices_are_independent() {
        let mut product = 0.0;
        for k in 0..10_000 {
            let (a, b) = (Draw::new(1, Channel::Nod, k), Draw::new(1, Channel::Blink, k));
            product += f64::from((a.unit(0) - 0.5) * (b.unit(0) - 0.5));
            product += f64::from((a.unit(0) - 0.5) * (a.unit(1) - 0.5));
        }
        assert!((product / 10_000.0).abs() < 0.005);
    }
}
