//! Noise that follows from a seed, a frame and a bin alone.

use crate::kernels::{ln, sin_cos_turns, wide};

/// A source of noise.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noise {
    key: u32,
}

/// A bijection of 32 bits whose outputs look random (Chris Wellons, `lowbias32`).
#[inline(always)]
fn mixed(x: u32) -> u32 {
    let x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
    let x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// In (0, 1].
#[inline(always)]
fn unit(bits: u32) -> f32 {
    ((bits >> 8) + 1) as f32 / 16_777_216.0
}

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self { key: mixed(seed as u32) ^ mixed((seed >> 32) as u32 ^ 0x9e37_79b9) }
    }

    /// Between -1 and 1, evenly spread.
    pub(crate) fn even(self, index: u32) -> f32 {
        2.0 * unit(mixed(mixed(index ^ 0x51ed_270b) ^ self.key)) - 1.0
    }

    /// Adds complex normal noise of the frame, of so large a deviation in each part.
    pub(crate) fn add(self, frame: u32, deviation: &[f32], re: &mut [f32], im: &mut [f32]) {
        let key = mixed(frame ^ self.key);
        let other = mixed(key ^ 0x6a09_e667);
        wide(
            #[inline(always)]
            || {
                let parts = re.iter_mut().zip(im.iter_mut()).zip(deviation);
                for (bin, ((re, im), deviation)) in (0_u32..).zip(parts) {
                    let radius = (-2.0 * ln(unit(mixed(bin.wrapping_add(key))))).max(0.0).sqrt();
                    let (sine, cosine) = sin_cos_turns(unit(mixed(bin.wrapping_add(other))));
                    *re += deviation * radius * cosine;
                    *im += deviation * radius * sine;
                }
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_normal_and_differs_between_frames_and_seeds() {
        let draw = |seed, frame| {
            let (mut re, mut im) = (vec![0.0; 4096], vec![0.0; 4096]);
            Noise::new(seed).add(frame, &[1.0; 4096], &mut re, &mut im);
            re.extend(im);
            re
        };
        let one = draw(1, 0);
        let mean = one.iter().sum::<f32>() / one.len() as f32;
        let power = one.iter().map(|x| x * x).sum::<f32>() / one.len() as f32;
        let fourth = one.iter().map(|x| x.powi(4)).sum::<f32>() / one.len() as f32;
        assert!(mean.abs() < 0.04 && (power - 1.0).abs() < 0.06, "{mean} {power}");
        assert!((fourth - 3.0).abs() < 0.4, "{fourth}");
        assert_eq!(one, draw(1, 0));
        for other in [draw(1, 1), draw(2, 0)] {
            let both: f32 = one.iter().zip(&other).map(|(a, b)| a * b).sum();
            assert!(both.abs() / one.len() as f32 <= 0.05, "{both}");
        }
    }
}
