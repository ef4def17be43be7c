//! Sharpness and seams, from differences of neighbouring pixels.

use crate::{Mask, MetricError, mask::check_sizes};
use reverie_world_model::RgbImage;

/// Gradient energy of a picture over that of the truth: 1 is as sharp, below is blurred, above is
/// noisy. Energy is the sum of squared differences to the right and lower neighbour, over the
/// channels; with a mask, of pairs that lie wholly inside it.
///
/// # Errors
/// When sizes differ, no pair is inside the mask, or the truth is flat there.
pub fn sharpness(
    picture: &RgbImage,
    truth: &RgbImage,
    mask: Option<&Mask>,
) -> Result<f64, MetricError> {
    check_sizes(picture, truth, mask)?;
    let (mut found, mut wanted) = (0_u64, 0_u64);
    for_each_pair(picture.width(), picture.height(), |a, b| {
        if mask.is_none_or(|mask| mask.flags()[a] && mask.flags()[b]) {
            found += steps(picture, a, b).map(|step| u64::from(step * step)).sum::<u64>();
            wanted += steps(truth, a, b).map(|step| u64::from(step * step)).sum::<u64>();
        }
    });
    if wanted == 0 {
        return Err(MetricError::Nothing("the truth has no gradient there"));
    }
    Ok(found as f64 / wanted as f64)
}

/// How much stronger the steps across the border of a mask are than the truth's there: the mean
/// absolute difference of neighbours on either side, minus that of the truth, in levels of 0 to 255
/// a channel. Positive is a visible seam, 0 as in the truth, negative smoother than the truth.
///
/// # Errors
/// When sizes differ or the mask has no border inside the picture.
pub fn seam_error(picture: &RgbImage, truth: &RgbImage, mask: &Mask) -> Result<f64, MetricError> {
    check_sizes(picture, truth, Some(mask))?;
    let (mut found, mut wanted, mut pairs) = (0_u64, 0_u64, 0_u64);
    for_each_pair(picture.width(), picture.height(), |a, b| {
        if mask.flags()[a] != mask.flags()[b] {
            found += steps(picture, a, b).map(u64::from).sum::<u64>();
            wanted += steps(truth, a, b).map(u64::from).sum::<u64>();
            pairs += 1;
        }
    });
    if pairs == 0 {
        return Err(MetricError::Nothing("the mask has no border"));
    }
    Ok((found as f64 - wanted as f64) / (3 * pairs) as f64)
}

/// Gradient energy inside a mask, as [`sharpness`] sums it.
pub(crate) fn energy(picture: &RgbImage, mask: Option<&Mask>) -> u64 {
    let mut sum = 0;
    for_each_pair(picture.width(), picture.height(), |a, b| {
        if mask.is_none_or(|mask| mask.flags()[a] && mask.flags()[b]) {
            sum += steps(picture, a, b).map(|step| u64::from(step * step)).sum::<u64>();
        }
    });
    sum
}

/// Mean absolute step across the border of a mask, levels of 0 to 255; `None` without a border.
pub(crate) fn border_step(picture: &RgbImage, mask: &Mask) -> Option<f64> {
    let (mut sum, mut pairs) = (0_u64, 0_u64);
    for_each_pair(picture.width(), picture.height(), |a, b| {
        if mask.flags()[a] != mask.flags()[b] {
            sum += steps(picture, a, b).map(u64::from).sum::<u64>();
            pairs += 1;
        }
    });
    (pairs > 0).then(|| sum as f64 / (3 * pairs) as f64)
}

/// Calls with the indices of every pixel and its right, then its lower neighbour.
fn for_each_pair(width: u32, height: u32, mut call: impl FnMut(usize, usize)) {
    let (width, height) = (width as usize, height as usize);
    for y in 0..height {
        for x in 0..width {
            let at = y * width + x;
            if x + 1 < width {
                call(at, at + 1);
            }
            if y + 1 < height {
                call(at, at + width);
            }
        }
    }
}

fn steps(picture: &RgbImage, a: usize, b: usize) -> impl Iterator<Item = u32> {
    let data = picture.data();
    (0..3).map(move |channel| data[3 * a + channel].abs_diff(data[3 * b + channel]).into())
}
