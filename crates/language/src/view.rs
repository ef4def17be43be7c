//! How much there is to see in a first view.

use reverie_world_model::{DepthImage, RgbImage};

/// Nearer than this is in the way, metres.
const IN_THE_WAY_M: f32 = 2.5;
/// Depths are sorted into so many steps of a factor of two from 1 m on.
const STEPS: usize = 10;

/// How good a view is to begin a world with, 0 to 1: near and far in it, not all sky, nothing in the way, and light and dark.
///
/// It does not ask what the view shows: choosing by the judge's own network would make the judge's figures meaningless.
pub fn interest(rgb: &RgbImage, depth: &DepthImage) -> f32 {
    let count = depth.data().len().max(1) as f32;
    let mut steps = [0.0_f32; STEPS];
    let (mut near, mut sky) = (0.0_f32, 0.0_f32);
    for metres in depth.data() {
        if !metres.is_finite() || *metres <= 0.0 {
            sky += 1.0 / count;
            continue;
        }
        if *metres < IN_THE_WAY_M {
            near += 1.0 / count;
        }
        let step = (metres.max(1.0).log2() as usize).min(STEPS - 1);
        steps[step] += 1.0 / count;
    }
    let entropy = |shares: &[f32]| -> f32 {
        shares.iter().filter(|share| **share > 0.0).map(|share| -share * share.ln()).sum()
    };
    let range = entropy(&steps) / (STEPS as f32).ln();
    let mut tones = [0.0_f32; 16];
    let pixels = (rgb.data().len() / 3).max(1) as f32;
    for pixel in rgb.data().chunks_exact(3) {
        let grey: u32 = pixel.iter().map(|value| u32::from(*value)).sum::<u32>() / 3;
        tones[(grey / 16).min(15) as usize] += 1.0 / pixels;
    }
    let contrast = entropy(&tones) / (tones.len() as f32).ln();
    let open = 1.0 - (2.0 * near).min(1.0);
    let ground = 1.0 - ((sky - 0.55).max(0.0) / 0.45).min(1.0);
    (0.6 * range + 0.4 * contrast) * open * ground
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(colours: impl Fn(usize) -> u8, depths: impl Fn(usize) -> f32) -> f32 {
        let rgb = RgbImage::new(32, 18, (0..32 * 18 * 3).map(|at| colours(at / 3)).collect());
        let depth = DepthImage::new(32, 18, (0..32 * 18).map(depths).collect());
        interest(&rgb.expect("rgb"), &depth.expect("depth"))
    }

    #[test]
    fn walls_and_empty_skies_are_dull() {
        let varied = |at: usize| (at * 37 % 256) as u8;
        let wide = score(varied, |at| 2.6 * 1.012_f32.powi(at as i32));
        let wall = score(varied, |_| 1.0);
        let sky = score(varied, |_| f32::INFINITY);
        let dark = score(|_| 3, |at| 2.6 * 1.012_f32.powi(at as i32));
        assert!(wide > dark && dark > wall && wide > 0.4, "{wide} {dark} {wall}");
        assert!(wall < 1e-3 && sky < 1e-3, "{wall} {sky}");
    }
}
