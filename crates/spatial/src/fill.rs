//! Hole filling: push-pull in colour and inverse depth, biased to what is farther.
//!
//! Pull: each level halves the one below; a block of 2x2 becomes the mean of its known pixels,
//! nearer ones counting less, with a weight that says how much of it is known. Push, from the top:
//! what a block lacks comes from a bilinear sample of the level above, nearer texels again counting
//! less; above the top is the [`Backdrop`]. So a hole takes up its surroundings, and far from anything known the world's
//! panorama.

use crate::{Backdrop, Frame};
use reverie_world_model::{Intrinsics, Pose};

/// Levels above the picture: blocks of 2, 4, ... 64 pixels.
pub const FILL_LEVELS: usize = 6;
/// How fast nearer texels lose weight: at a relative difference of inverse depth of 1 over this,
/// one counts half.
pub const FILL_BACKGROUND_BIAS: f32 = 12.0;
/// Share of that bias at levels 0 to 6. Small holes open behind something and show what is farther;
/// large ones lie beyond the picture's edge, where a bias would only look blocky.
pub const FILL_BIAS_BY_LEVEL: [f32; FILL_LEVELS + 1] = [1.0, 1.0, 1.0, 0.5, 0.15, 0.05, 0.0];
/// Added to inverse depths before they are compared, 1/m: what is farther than some ten metres
/// counts as about equally far.
pub const FILL_FAR_OFFSET: f32 = 0.05;
/// Weight of a block by its mean known share: `min(1, share * this)`.
pub const FILL_WEIGHT_GAIN: f32 = 2.0;

/// One pixel of a level: red, green, blue (0 to 255), inverse depth, weight (0 to 1).
pub(crate) type Texel = [f32; 5];

fn bias(k: usize) -> f32 {
    FILL_BACKGROUND_BIAS * FILL_BIAS_BY_LEVEL[k]
}

/// Mean of four texels' colour and inverse depth with these weights, nearer ones counting less;
/// and the sum of the weights. Weight 0 leaves one out; all 0 gives zeros.
#[inline]
fn farther_mean(texels: [&Texel; 4], weights: [f32; 4], bias: f32) -> ([f32; 4], f32) {
    let mut farthest = f32::INFINITY;
    for (texel, weight) in texels.iter().zip(weights) {
        farthest = farthest.min(if weight > 0.0 { texel[3] } else { f32::INFINITY });
    }
    let scale = bias / (farthest + FILL_FAR_OFFSET);
    let mut total = [0.0_f32; 4];
    let (mut biased, mut plain) = (0.0_f32, 0.0_f32);
    for (texel, weight) in texels.into_iter().zip(weights) {
        if weight > 0.0 {
            let nearer = scale * (texel[3] - farthest);
            let own = weight / (1.0 + nearer * nearer);
            for (sum, value) in total.iter_mut().zip(texel) {
                *sum += own * value;
            }
            biased += own;
            plain += weight;
        }
    }
    let inverse = if biased > 0.0 { 1.0 / biased } else { 0.0 };
    (total.map(|sum| sum * inverse), plain)
}

/// The texel above a block of 2x2 of level `k`.
#[inline]
pub(crate) fn pull(texels: [Texel; 4], k: usize) -> Texel {
    let [a, b, c, d] = &texels;
    let ([r, g, b, w], share) = farther_mean([a, b, c, d], [a[4], b[4], c[4], d[4]], bias(k));
    [r, g, b, w, (share * (0.25 * FILL_WEIGHT_GAIN)).min(1.0)]
}

/// Mixes a texel with what the level above says.
#[inline]
pub(crate) fn push(own: Texel, above: [f32; 4]) -> Texel {
    let keep = own[4];
    if keep >= 1.0 {
        return own;
    }
    let mix = |k: usize| above[k] + (own[k] - above[k]) * keep;
    [mix(0), mix(1), mix(2), mix(3), 1.0]
}

/// The four texels of the level above around pixel (x, y), and their weights: bilinear.
#[inline]
pub(crate) fn above(x: usize, y: usize, columns: usize, rows: usize) -> ([usize; 4], [f32; 4]) {
    let side = |at: usize, len: usize| {
        let near = at / 2;
        let far =
            if at.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(len - 1) };
        (near, far)
    };
    let ((nx, fx), (ny, fy)) = (side(x, columns), side(y, rows));
    (
        [ny * columns + nx, ny * columns + fx, fy * columns + nx, fy * columns + fx],
        [0.5625, 0.1875, 0.1875, 0.0625],
    )
}

/// What level `k` says at pixel (x, y) of the one below: bilinear, nearer texels counting less.
#[inline]
pub(crate) fn sample(
    texels: &[Texel],
    k: usize,
    [x, y]: [usize; 2],
    [columns, rows]: [usize; 2],
) -> [f32; 4] {
    let ([a, b, c, d], weights) = above(x, y, columns, rows);
    let taps = [&texels[a], &texels[b], &texels[c], &texels[d]];
    farther_mean(taps, weights, bias(k)).0
}

/// The backdrop as the texel at (x, y) of the top level sees it.
pub(crate) fn behind(
    backdrop: &Backdrop,
    pose: &Pose,
    intrinsics: &Intrinsics,
    x: usize,
    y: usize,
) -> [f32; 4] {
    let block = (1 << FILL_LEVELS) as f32;
    let ray = intrinsics.ray((x as f32 + 0.5) * block, (y as f32 + 0.5) * block);
    let [r, g, b, inverse_distance] = backdrop.sample(pose.rotation * ray);
    [r, g, b, inverse_distance * ray.length()]
}

/// The texel of a pixel; one with alpha 0 is a hole.
#[inline]
pub(crate) fn texel(rgba: u32, inverse_depth: f32) -> Texel {
    let [r, g, b, a] = rgba.to_le_bytes();
    if a == 0 {
        return [0.0; 5];
    }
    [f32::from(r), f32::from(g), f32::from(b), inverse_depth, 1.0]
}

/// Packs a filled colour; alpha 0 says that it is not known.
#[inline]
pub(crate) fn pack(texel: &[f32; 4]) -> u32 {
    // Rounds 0 to 255 to the nearest, ties to even, without a call.
    let byte = |v: f32| ((v + 8_388_608.0).to_bits() & 255) as u8;
    u32::from_le_bytes([byte(texel[0]), byte(texel[1]), byte(texel[2]), 0])
}

/// Plain form: fills the pixels of a frame whose alpha is 0 and sets its coverage.
pub(crate) fn plain(backdrop: &Backdrop, pose: &Pose, intrinsics: &Intrinsics, frame: &mut Frame) {
    let (width, height) = (intrinsics.width as usize, intrinsics.height as usize);
    let (rgba, inverse_depth) = frame.buffers_mut();
    let pixels = rgba.iter().zip(inverse_depth.iter()).map(|(rgba, w)| texel(*rgba, *w)).collect();
    let mut levels: Vec<(usize, usize, Vec<Texel>)> = vec![(width, height, pixels)];
    for k in 0..FILL_LEVELS {
        let (wide, high, below) = &levels[levels.len() - 1];
        let (columns, rows) = (wide.div_ceil(2), high.div_ceil(2));
        let pick = |x: usize, y: usize| {
            if x < *wide && y < *high { below[y * wide + x] } else { [0.0; 5] }
        };
        let mut texels = Vec::with_capacity(columns * rows);
        for y in 0..rows {
            for x in 0..columns {
                let (x, y) = (x * 2, y * 2);
                let block = [pick(x, y), pick(x + 1, y), pick(x, y + 1), pick(x + 1, y + 1)];
                texels.push(pull(block, k));
            }
        }
        levels.push((columns, rows, texels));
    }
    if let Some((columns, _, texels)) = levels.last_mut() {
        for (at, texel) in texels.iter_mut().enumerate() {
            let base = behind(backdrop, pose, intrinsics, at % *columns, at / *columns);
            *texel = push(*texel, base);
        }
    }
    for k in (1..FILL_LEVELS).rev() {
        let (fine, coarse) = levels.split_at_mut(k + 1);
        let (wide, _, texels) = &mut fine[k];
        let (columns, rows, above) = &coarse[0];
        for (at, texel) in texels.iter_mut().enumerate() {
            *texel =
                push(*texel, sample(above, k + 1, [at % *wide, at / *wide], [*columns, *rows]));
        }
    }
    let (columns, rows, above) = &levels[1];
    let mut known = 0;
    for (at, (rgba, w)) in rgba.iter_mut().zip(inverse_depth).enumerate() {
        if *rgba >> 24 == 0 {
            let value = sample(above, 1, [at % width, at / width], [*columns, *rows]);
            (*rgba, *w) = (pack(&value), value[3]);
        } else {
            known += 1;
        }
    }
    frame.set_known_pixels(known);
}
