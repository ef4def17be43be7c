//! Passes over rows of activations.

use super::math::{erf, exp};
use super::{LANES, wide};

/// Sum in [`LANES`] parts; the parts are then added pairwise.
#[inline(always)]
fn sum(row: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut parts = [0.0_f32; LANES];
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            parts[lane] += of(chunk[lane]);
        }
    }
    for (part, x) in parts.iter_mut().zip(rest) {
        *part += of(*x);
    }
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            parts[lane] += parts[lane + width];
        }
        width /= 2;
    }
    parts[0]
}

/// `x / 2 * (1 + erf(x / sqrt 2))`, in place.
pub(crate) fn gelu(values: &mut [f32]) {
    wide(
        #[inline(always)]
        || {
            for x in values {
                *x = *x * 0.5 * (1.0 + erf(*x * std::f32::consts::FRAC_1_SQRT_2));
            }
        },
    );
}

/// Normalises each row of `scale.len()` values to mean 0 and variance 1, then scales and shifts.
pub(crate) fn layer_norm(x: &[f32], scale: &[f32], shift: &[f32], epsilon: f32, out: &mut [f32]) {
    let channels = scale.len();
    wide(
        #[inline(always)]
        || {
            for (row, out) in x.chunks_exact(channels).zip(out.chunks_exact_mut(channels)) {
                let mean = sum(row, |x| x) / channels as f32;
                let variance = sum(row, |x| (x - mean) * (x - mean)) / channels as f32;
                let factor = 1.0 / (variance + epsilon).sqrt();
                for (((out, x), scale), shift) in out.iter_mut().zip(row).zip(scale).zip(shift) {
                    *out = (*x - mean) * factor * scale + shift;
                }
            }
        },
    );
}

/// Softmax of each row of `width` values, in place.
pub(crate) fn softmax_rows(values: &mut [f32], width: usize) {
    wide(
        #[inline(always)]
        || {
            for row in values.chunks_exact_mut(width) {
                let largest =
                    row.iter().fold(f32::NEG_INFINITY, |m, x| if *x > m { *x } else { m });
                for x in row.iter_mut() {
                    *x = exp(*x - largest);
                }
                let factor = 1.0 / sum(row, |x| x);
                for x in row.iter_mut() {
                    *x *= factor;
                }
            }
        },
    );
}
