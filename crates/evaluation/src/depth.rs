//! How far depth is off.

use crate::{Mask, MetricError, mask::check_mask, mask::same_size};
use reverie_world_model::DepthImage;
use serde::Serialize;

/// Farthest depth that is compared, metres, as street benchmarks do: the truth beyond is left out, an
/// answer beyond (sky included) counts as this.
pub const MAX_COMPARED_DEPTH_M: f32 = 80.0;

/// Errors of one depth image against the truth, without any alignment of scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DepthErrors {
    /// Mean of `|depth - truth| / truth`.
    pub abs_rel: f64,
    /// Share of pixels with `max(depth / truth, truth / depth) < 1.25`, 0 to 1.
    pub delta_125: f64,
    /// Pixels compared.
    pub pixels: usize,
}

/// Compares depth where both are known and the truth is no farther than
/// [`MAX_COMPARED_DEPTH_M`].
///
/// # Errors
/// When sizes differ or no pixel can be compared.
pub fn depth_errors(
    depth: &DepthImage,
    truth: &DepthImage,
    mask: Option<&Mask>,
) -> Result<DepthErrors, MetricError> {
    let (width, height) = (depth.width(), depth.height());
    same_size("the true depth", (truth.width(), truth.height()), (width, height))?;
    check_mask(mask, width, height)?;
    let (mut sum, mut close, mut pixels) = (0.0, 0_usize, 0_usize);
    for (at, (found, truth)) in depth.data().iter().zip(truth.data()).enumerate() {
        let compared = *found > 0.0
            && *truth > 0.0
            && *truth <= MAX_COMPARED_DEPTH_M
            && mask.is_none_or(|mask| mask.flags()[at]);
        if compared {
            let found = f64::from(found.min(MAX_COMPARED_DEPTH_M));
            let truth = f64::from(*truth);
            sum += (found - truth).abs() / truth;
            close += usize::from((found / truth).max(truth / found) < 1.25);
            pixels += 1;
        }
    }
    if pixels == 0 {
        return Err(MetricError::Nothing("no pixel has depth in both"));
    }
    Ok(DepthErrors {
        abs_rel: sum / pixels as f64,
        delta_125: close as f64 / pixels as f64,
        pixels,
    })
}
