//! Pictures as texture synthesis compares them.

use glam::Vec4;
use rayon::prelude::*;

/// Blur of [`detail`], pixels.
const DETAIL_SIGMA_PX: f32 = 3.0;
/// Kernels reach this many standard deviations.
const KERNEL_REACH: f32 = 2.5;

/// A square RGB-D picture of the window's field of view.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::painter) struct Picture {
    /// Pixels along a side.
    pub side: usize,
    /// Red, green, blue (0 to 1) and the code of depth; meaningless where not known.
    pub texels: Vec<Vec4>,
    /// What is really there, and sharp.
    pub known: Vec<bool>,
    /// What is there, but too coarse for this picture.
    pub coarse: Vec<bool>,
    /// Sine of each ray's angle above the horizon.
    pub elevation: Vec<f32>,
}

impl Picture {
    /// Whether a pixel is known, sharply or coarsely.
    pub fn is_there(&self, at: usize) -> bool {
        self.known[at] || self.coarse[at]
    }

    /// Left and right swapped.
    pub fn mirrored(&self) -> Self {
        Self {
            side: self.side,
            texels: mirrored(&self.texels, self.side),
            known: mirrored(&self.known, self.side),
            coarse: mirrored(&self.coarse, self.side),
            elevation: mirrored(&self.elevation, self.side),
        }
    }

    /// Half the size: mean colours of what is there and one depth of it, for a mean across an edge
    /// would be a lie; known, or at least there, where half of it is.
    pub fn halved(&self) -> Self {
        let (side, from) = (self.side / 2, self.side);
        let mut half = Self { side, ..Self::default() };
        for at in 0..side * side {
            let corner = at / side * 2 * from + at % side * 2;
            let four = [corner, corner + 1, corner + from, corner + from + 1];
            let known = four.iter().filter(|at| self.known[**at]).count();
            let there = four.iter().filter(|at| self.is_there(**at)).count();
            let (mut sum, mut code) = (Vec4::ZERO, 0.0);
            for from in four.into_iter().filter(|from| there == 0 || self.is_there(*from)) {
                sum += self.texels[from];
                code = self.texels[from].w;
            }
            let mean = sum / if there == 0 { 4.0 } else { there as f32 };
            half.texels.push(mean.truncate().extend(code));
            half.known.push(known >= 2);
            half.coarse.push(there >= 2 && known < 2);
            half.elevation.push(four.iter().map(|at| self.elevation[*at]).sum::<f32>() * 0.25);
        }
        half
    }
}

/// Left and right swapped.
pub(super) fn mirrored<T: Copy>(values: &[T], side: usize) -> Vec<T> {
    values.chunks_exact(side).flat_map(|row| row.iter().rev().copied()).collect()
}

/// What can be averaged.
pub(in crate::painter) trait Value:
    Copy + std::ops::Add<Output = Self> + std::ops::Mul<f32, Output = Self>
{
}

impl<T: Copy + std::ops::Add<Output = T> + std::ops::Mul<f32, Output = T>> Value for T {}

/// Half the size, means of four.
pub(super) fn halved<T: Value>(values: &[T], side: usize) -> Vec<T> {
    let half = side / 2;
    let mean = |at: usize| {
        let corner = at / half * 2 * side + at % half * 2;
        let [a, b] = [corner, corner + side].map(|at| values[at] + values[at + 1]);
        (a + b) * 0.25
    };
    (0..half * half).map(mean).collect()
}

/// Gaussian mean of what is known around each pixel.
pub(in crate::painter) fn blurred(
    texels: &[Vec4],
    known: &[bool],
    side: usize,
    sigma_px: f32,
) -> Vec<Vec4> {
    let reach = (KERNEL_REACH * sigma_px).ceil() as usize;
    let kernel: Vec<f32> = (0..=2 * reach)
        .map(|k| (-0.5 * ((k as f32 - reach as f32) / sigma_px).powi(2)).exp())
        .collect();
    // Taps of a pixel: where they lie and what they weigh.
    let taps = |at: usize| {
        let first = at.saturating_sub(reach);
        (first..(at + reach + 1).min(side)).map(move |from| (from, from + reach - at))
    };
    let mut rows = vec![(Vec4::ZERO, 0.0); side * side];
    rows.par_chunks_mut(side).enumerate().for_each(|(y, row)| {
        for (x, (sum, weight)) in row.iter_mut().enumerate() {
            for (from, k) in taps(x).filter(|(from, _)| known[y * side + from]) {
                *sum += kernel[k] * texels[y * side + from];
                *weight += kernel[k];
            }
        }
    });
    let mut out = vec![Vec4::ZERO; side * side];
    out.par_chunks_mut(side).enumerate().for_each(|(y, row)| {
        for (x, out) in row.iter_mut().enumerate() {
            let (mut sum, mut weight) = (Vec4::ZERO, 0.0);
            for (from, k) in taps(y) {
                let (of_row, share) = rows[from * side + x];
                sum += kernel[k] * of_row;
                weight += kernel[k] * share;
            }
            *out = sum / f32::max(weight, 1e-6);
        }
    });
    out
}

/// Root mean square of the colours' steps to the right and downward around each pixel, of pairs
/// that are known: what the layout network is taught as detail.
pub(in crate::painter) fn detail(texels: &[Vec4], known: &[bool], side: usize) -> Vec<f32> {
    let mut energies = vec![Vec4::ZERO; side * side];
    let mut measured = vec![false; side * side];
    for at in (0..side * side).filter(|at| known[*at]) {
        let to_right = (at % side + 1 < side).then_some(at + 1);
        let down = (at + side < side * side).then_some(at + side);
        let (mut energy, mut pairs) = (0.0, 0.0);
        for to in [to_right, down].into_iter().flatten().filter(|to| known[*to]) {
            energy += (texels[at] - texels[to]).truncate().length_squared();
            pairs += 1.0;
        }
        if pairs > 0.0 {
            energies[at].x = energy * 2.0 / pairs;
            measured[at] = true;
        }
    }
    let around = blurred(&energies, &measured, side, DETAIL_SIGMA_PX);
    around.iter().map(|energy| energy.x.max(0.0).sqrt()).collect()
}

/// Values at twice the size, between the old ones.
pub(super) fn doubled<T: Value>(values: &[T], side: usize) -> Vec<T> {
    let near = |at: usize| {
        let old = at / 2;
        let other =
            if at.is_multiple_of(2) { old.saturating_sub(1) } else { (old + 1).min(side - 1) };
        (old, other)
    };
    let mut out = Vec::with_capacity(4 * side * side);
    for y in 0..2 * side {
        let (y0, y1) = near(y);
        for x in 0..2 * side {
            let (x0, x1) = near(x);
            let of_row = |y: usize| values[y * side + x0] * 0.75 + values[y * side + x1] * 0.25;
            out.push(of_row(y0) * 0.75 + of_row(y1) * 0.25);
        }
    }
    out
}
