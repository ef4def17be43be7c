//! How alike two pictures are: PSNR, SSIM, MS-SSIM.
//!
//! All of them work on 8-bit sRGB values, channel by channel.

use crate::{Mask, MetricError, mask::check_sizes};
use reverie_world_model::RgbImage;

/// Deviation of the Gaussian window, pixels (Wang et al. 2004).
const SIGMA_PX: f64 = 1.5;
/// Half the window: 11 pixels across, where the Gaussian is cut off.
const RADIUS_PX: usize = 5;
const WINDOW_PX: usize = 2 * RADIUS_PX + 1;
/// Largest value of a channel.
const RANGE: f64 = 255.0;
const C1: f64 = (0.01 * RANGE) * (0.01 * RANGE);
const C2: f64 = (0.03 * RANGE) * (0.03 * RANGE);
/// Weights of the scales from fine to coarse (Wang, Simoncelli, Bovik 2003).
const SCALE_WEIGHTS: [f64; 5] = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];

/// Peak signal-to-noise ratio in dB over all channels; infinity for equal pictures.
///
/// # Errors
/// When sizes differ or the mask is empty.
pub fn psnr(picture: &RgbImage, truth: &RgbImage, mask: Option<&Mask>) -> Result<f64, MetricError> {
    Ok(10.0 * (RANGE * RANGE / mean_squared(picture, truth, mask)?).log10())
}

/// Mean absolute difference over all channels, in levels of 0 to 255.
///
/// # Errors
/// When sizes differ or the mask is empty.
pub fn mean_absolute_error(
    picture: &RgbImage,
    truth: &RgbImage,
    mask: Option<&Mask>,
) -> Result<f64, MetricError> {
    mean_over(picture, truth, mask, |difference| difference.unsigned_abs().into())
}

/// Mean squared difference over all channels, squared levels of 0 to 255.
pub(crate) fn mean_squared(
    picture: &RgbImage,
    truth: &RgbImage,
    mask: Option<&Mask>,
) -> Result<f64, MetricError> {
    mean_over(picture, truth, mask, |difference| (difference * difference).unsigned_abs().into())
}

fn mean_over(
    picture: &RgbImage,
    truth: &RgbImage,
    mask: Option<&Mask>,
    cost: impl Fn(i32) -> u64,
) -> Result<f64, MetricError> {
    check_sizes(picture, truth, mask)?;
    let (mut sum, mut count) = (0_u64, 0_u64);
    let pairs = picture.data().chunks_exact(3).zip(truth.data().chunks_exact(3));
    for (at, (a, b)) in pairs.enumerate() {
        if mask.is_none_or(|mask| mask.flags()[at]) {
            sum += a.iter().zip(b).map(|(a, b)| cost(i32::from(*a) - i32::from(*b))).sum::<u64>();
            count += 3;
        }
    }
    if count == 0 {
        return Err(MetricError::Nothing("the mask is empty"));
    }
    Ok(sum as f64 / count as f64)
}

/// Structural similarity, -1 to 1: Gaussian windows of deviation 1.5, population covariances, the
/// mean over all windows that lie inside the picture (and whose centre the mask sets) and over the
/// channels; what scikit-image computes with `gaussian_weights=True, use_sample_covariance=False`.
///
/// # Errors
/// When sizes differ, a side has fewer than 11 pixels, or the mask is empty where windows fit.
pub fn ssim(picture: &RgbImage, truth: &RgbImage, mask: Option<&Mask>) -> Result<f64, MetricError> {
    check_sizes(picture, truth, mask)?;
    check_window(picture)?;
    let mut sum = 0.0;
    for channel in 0..3 {
        let maps = Plane::of(picture, channel).compare(&Plane::of(truth, channel));
        sum += maps.mean(&maps.similarity, mask)?;
    }
    Ok(sum / 3.0)
}

/// Multi-scale structural similarity, 0 to 1 (Wang, Simoncelli, Bovik 2003): the product over up to
/// five scales of the mean contrast-structure term, at the last one of SSIM, each to its published
/// power. Scales are made by averaging blocks of 2x2 (an odd last row or column is left out).
/// Pictures under 176 pixels a side have fewer scales; the weights are then divided by their sum.
/// A negative term counts as 0. The mean over the channels.
///
/// # Errors
/// When sizes differ or a side has fewer than 11 pixels.
pub fn ms_ssim(picture: &RgbImage, truth: &RgbImage) -> Result<f64, MetricError> {
    check_sizes(picture, truth, None)?;
    check_window(picture)?;
    let shortest = picture.width().min(picture.height()) as usize;
    let scales =
        (1..=SCALE_WEIGHTS.len()).take_while(|scale| shortest >> (scale - 1) >= WINDOW_PX).count();
    let weights = &SCALE_WEIGHTS[..scales];
    let total: f64 = weights.iter().sum();
    let mut sum = 0.0;
    for channel in 0..3 {
        let mut a = Plane::of(picture, channel);
        let mut b = Plane::of(truth, channel);
        let mut product = 1.0;
        for (scale, weight) in weights.iter().enumerate() {
            if scale > 0 {
                (a, b) = (a.halved(), b.halved());
            }
            let maps = a.compare(&b);
            let map = if scale + 1 == scales { &maps.similarity } else { &maps.contrast };
            product *= maps.mean(map, None)?.max(0.0).powf(weight / total);
        }
        sum += product;
    }
    Ok(sum / 3.0)
}

fn check_window(picture: &RgbImage) -> Result<(), MetricError> {
    let (width, height) = (picture.width(), picture.height());
    if (width.min(height) as usize) < WINDOW_PX {
        return Err(MetricError::TooSmall { width, height, least: WINDOW_PX as u32 });
    }
    Ok(())
}

/// One channel of a picture.
struct Plane {
    width: usize,
    height: usize,
    values: Vec<f64>,
}

/// Per window inside the picture, by rows.
struct Maps {
    columns: usize,
    similarity: Vec<f64>,
    contrast: Vec<f64>,
}

impl Maps {
    /// Mean of one of the maps over the windows whose centre a mask sets.
    fn mean(&self, map: &[f64], mask: Option<&Mask>) -> Result<f64, MetricError> {
        let (mut sum, mut count) = (0.0, 0_usize);
        for (row, values) in map.chunks_exact(self.columns).enumerate() {
            for (column, value) in values.iter().enumerate() {
                let centre = |at: usize| (at + RADIUS_PX) as u32;
                if mask.is_none_or(|mask| mask.at(centre(column), centre(row))) {
                    sum += value;
                    count += 1;
                }
            }
        }
        if count == 0 {
            return Err(MetricError::Nothing("the mask is empty where windows fit"));
        }
        Ok(sum / count as f64)
    }
}

impl Plane {
    fn of(picture: &RgbImage, channel: usize) -> Self {
        let values = picture.data().iter().skip(channel).step_by(3).map(|v| f64::from(*v));
        Self {
            width: picture.width() as usize,
            height: picture.height() as usize,
            values: values.collect(),
        }
    }

    fn halved(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut values = Vec::with_capacity(width * height);
        for y in 0..height {
            let top = &self.values[2 * y * self.width..][..self.width];
            let bottom = &self.values[(2 * y + 1) * self.width..][..self.width];
            values.extend(
                top.chunks_exact(2)
                    .zip(bottom.chunks_exact(2))
                    .map(|(t, b)| 0.25 * (t[0] + t[1] + b[0] + b[1])),
            );
        }
        Self { width, height, values }
    }

    fn compare(&self, other: &Self) -> Maps {
        let blurred = |of: &dyn Fn(f64, f64) -> f64| self.blurred_with(other, of);
        let mean_a = blurred(&|a, _| a);
        let mean_b = blurred(&|_, b| b);
        let square_a = blurred(&|a, _| a * a);
        let square_b = blurred(&|_, b| b * b);
        let product = blurred(&|a, b| a * b);
        let mut similarity = Vec::with_capacity(mean_a.len());
        let mut contrast = Vec::with_capacity(mean_a.len());
        for at in 0..mean_a.len() {
            let (a, b) = (mean_a[at], mean_b[at]);
            let variances = square_a[at] - a * a + square_b[at] - b * b;
            let covariance = product[at] - a * b;
            let structure = (2.0 * covariance + C2) / (variances + C2);
            contrast.push(structure);
            similarity.push(structure * (2.0 * a * b + C1) / (a * a + b * b + C1));
        }
        Maps { columns: self.width + 1 - WINDOW_PX, similarity, contrast }
    }

    /// A function of both planes under the Gaussian window, where the whole window is inside.
    fn blurred_with(&self, other: &Self, of: &dyn Fn(f64, f64) -> f64) -> Vec<f64> {
        let kernel = gaussian();
        let columns = self.width + 1 - WINDOW_PX;
        let rows = self.height + 1 - WINDOW_PX;
        let mut across = Vec::with_capacity(columns * self.height);
        let mut line = vec![0.0; self.width];
        for y in 0..self.height {
            let at = y * self.width;
            let (a, b) = (&self.values[at..][..self.width], &other.values[at..][..self.width]);
            for ((line, a), b) in line.iter_mut().zip(a).zip(b) {
                *line = of(*a, *b);
            }
            across.extend(
                line.windows(WINDOW_PX)
                    .map(|window| window.iter().zip(&kernel).map(|(v, k)| v * k).sum::<f64>()),
            );
        }
        let mut out = vec![0.0; columns * rows];
        for (y, out) in out.chunks_exact_mut(columns).enumerate() {
            for (offset, k) in kernel.iter().enumerate() {
                let source = &across[(y + offset) * columns..][..columns];
                for (out, value) in out.iter_mut().zip(source) {
                    *out += k * value;
                }
            }
        }
        out
    }
}

fn gaussian() -> [f64; WINDOW_PX] {
    let mut kernel = [0.0; WINDOW_PX];
    for (at, k) in kernel.iter_mut().enumerate() {
        let x = at as f64 - RADIUS_PX as f64;
        *k = (-0.5 * x * x / (SIGMA_PX * SIGMA_PX)).exp();
    }
    let total: f64 = kernel.iter().sum();
    kernel.map(|k| k / total)
}
