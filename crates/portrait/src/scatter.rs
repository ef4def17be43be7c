//! Light below the skin: what enters is spread over the neighbourhood, red the farthest. Done on the
//! picture, first along rows, then along columns, never across a step in depth.

use crate::camera::View;
use glam::Vec3;
use rayon::prelude::*;

/// Shares and widths (standard deviation, metres) of Gaussians that together are skin's diffusion
/// profile (d'Eon and Luebke, 2007).
const PROFILE: [(f32, [f32; 3]); 6] = [
    (0.0064, [0.233, 0.455, 0.649]),
    (0.0484, [0.100, 0.336, 0.344]),
    (0.187, [0.118, 0.198, 0.0]),
    (0.567, [0.113, 0.007, 0.007]),
    (1.99, [0.358, 0.004, 0.0]),
    (7.41, [0.078, 0.0, 0.0]),
];

/// One pixel of what enters skin.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Entering {
    /// Light, times the share of the pixel that is skin.
    pub(crate) light: Vec3,
    pub(crate) skin: f32,
    pub(crate) depth: f32,
}

/// Weights of a step of `away` metres.
fn weight(away: f32) -> Vec3 {
    let square = (away * 1000.0).powi(2);
    PROFILE
        .iter()
        .map(|(variance, share)| {
            Vec3::from(*share) * ((-square / (2.0 * variance)).exp() / variance.sqrt())
        })
        .sum()
}

/// Farthest that light gets, metres.
const REACH: f32 = 0.006;

fn along(pixels: &[Entering], width: usize, view: &View, step: usize) -> Vec<Entering> {
    let rows = pixels.len() / width.max(1);
    pixels
        .par_iter()
        .enumerate()
        .map(|(at, here)| {
            if here.skin <= 0.0 {
                return *here;
            }
            let metres = here.depth / view.zoom;
            let taps = ((REACH / metres) as usize).clamp(1, 40);
            let (x, y) = (at % width, at / width);
            let (before, after) = if step == 1 { (x, width - 1 - x) } else { (y, rows - 1 - y) };
            let mut sum = Vec3::ZERO;
            let mut whole = Vec3::ZERO;
            let mut add = |other: &Entering, away: f32| {
                // How far it really is, through space.
                let deep = other.depth - here.depth;
                let w = weight((away * away + 2.0 * deep * deep).sqrt());
                sum += w * other.light;
                whole += w * other.skin;
            };
            add(here, 0.3 * metres);
            for tap in 1..=taps {
                let away = tap as f32 * metres;
                if tap <= before {
                    add(&pixels[at - tap * step], away);
                }
                if tap <= after {
                    add(&pixels[at + tap * step], away);
                }
            }
            let light = sum / whole.max(Vec3::splat(1e-6));
            Entering { light: light * here.skin, ..*here }
        })
        .collect()
}

/// Spreads what enters skin.
pub(crate) fn spread(pixels: &[Entering], width: usize, view: &View) -> Vec<Entering> {
    let rows = along(pixels, width, view, 1);
    along(&rows, width, view, width)
}
