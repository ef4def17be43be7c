//! Shrinking a photograph to the network's size.

use rayon::prelude::*;

/// Averages over the area that each output pixel covers (pixels at its border count by their
/// share). Takes `width * height * 3` bytes, returns `to_width * to_height * 3` values in 0 to 1.
/// Enlarging repeats pixels.
pub fn shrink(
    rgb: &[u8],
    width: usize,
    height: usize,
    to_width: usize,
    to_height: usize,
) -> Vec<f32> {
    let columns = spans(width, to_width);
    let rows = spans(height, to_height);
    let mut result = vec![0.0; to_width * to_height * 3];
    result.par_chunks_exact_mut(to_width * 3).zip(&rows).for_each(|(line, row)| {
        // One output row: sum input rows first, then columns of the sum.
        let mut sum = vec![0.0_f32; width * 3];
        for (y, share) in row.shares() {
            let source = &rgb[y * width * 3..(y + 1) * width * 3];
            for (s, v) in sum.iter_mut().zip(source) {
                *s += share * f32::from(*v);
            }
        }
        for (pixel, column) in line.chunks_exact_mut(3).zip(&columns) {
            for (x, share) in column.shares() {
                for (p, s) in pixel.iter_mut().zip(&sum[3 * x..3 * x + 3]) {
                    *p += share * s / 255.0;
                }
            }
        }
    });
    result
}

/// Input pixels `first..=last` under an output pixel, with the shares of the two ends.
struct Span {
    first: usize,
    last: usize,
    first_share: f32,
    inner_share: f32,
    last_share: f32,
}

impl Span {
    fn shares(&self) -> impl Iterator<Item = (usize, f32)> + '_ {
        (self.first..=self.last).map(|at| {
            let share = if at == self.first {
                self.first_share
            } else if at == self.last {
                self.last_share
            } else {
                self.inner_share
            };
            (at, share)
        })
    }
}

fn spans(from: usize, to: usize) -> Vec<Span> {
    let scale = from as f64 / to as f64;
    let span = |at: usize| {
        let (start, end) = (at as f64 * scale, (at + 1) as f64 * scale);
        let first = (start as usize).min(from - 1);
        let last = (end.ceil() as usize - 1).clamp(first, from - 1);
        let covered =
            |pixel: usize| (end.min(pixel as f64 + 1.0) - start.max(pixel as f64)) / scale;
        Span {
            first,
            last,
            first_share: covered(first) as f32,
            inner_share: (1.0 / scale) as f32,
            last_share: covered(last) as f32,
        }
    };
    (0..to).map(span).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_means_are_kept() {
        let rgb: Vec<u8> = (0..7 * 5 * 3).map(|i| (i * 37 % 256) as u8).collect();
        let mean = rgb.iter().map(|v| f64::from(*v) / 255.0).sum::<f64>() / rgb.len() as f64;
        for (w, h) in [(3, 2), (7, 5), (1, 1), (14, 10)] {
            let small = shrink(&rgb, 7, 5, w, h);
            let new = small.iter().map(|v| f64::from(*v)).sum::<f64>() / small.len() as f64;
            assert!((new - mean).abs() < 1e-5, "{w}x{h}: {new} against {mean}");
        }
        assert_eq!(shrink(&rgb, 7, 5, 7, 5)[4], f32::from(rgb[4]) / 255.0);
    }
}
