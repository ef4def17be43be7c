//! Taking in a new view without keeping twice what is known.

use crate::{
    Frame, Memory, Renderer, SpatialError,
    grid::{Grid, close},
    memory::checked_view,
};
use reverie_world_model::{DepthImage, Intrinsics, Pose, RgbImage};
use std::sync::Arc;

/// Relative difference of inverse depth within which a pixel shows what is known already.
const SAME_SURFACE: f32 = 0.05;

/// What a merge did.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct MergeReport {
    /// Pixels of the view that have depth.
    pub pixels: usize,
    /// Pixels that were kept as new, without the ring around them.
    pub new_pixels: usize,
    /// Tiles added.
    pub tiles: usize,
}

impl Memory {
    /// Adds what a view shows that is not known yet, with one cell around it. Depth 0 leaves a
    /// pixel out.
    ///
    /// # Errors
    /// When sizes differ, the pose or the camera makes no sense, or no pixel has depth.
    pub fn merge(
        &mut self,
        rgb: &RgbImage,
        depth: &DepthImage,
        pose: &Pose,
        intrinsics: &Intrinsics,
    ) -> Result<MergeReport, SpatialError> {
        let view = Arc::new(checked_view(rgb, depth, pose, intrinsics)?);
        let pixels = depth.data().iter().filter(|d| **d > 0.0).count();
        if pixels == 0 {
            return Err(SpatialError::NoDepth);
        }
        let mut known = Frame::new();
        Renderer::new().render(self, view.pose(), intrinsics, &mut known)?;
        let new: Vec<bool> = depth
            .data()
            .iter()
            .enumerate()
            .map(|(at, d)| {
                let seen = if d.is_finite() { 1.0 / d.max(1e-3) } else { 0.0 };
                *d > 0.0
                    && !(known.is_known(at) && close(known.inverse_depth()[at], seen, SAME_SURFACE))
            })
            .collect();
        let new_pixels = new.iter().filter(|new| **new).count();
        if new_pixels == 0 {
            return Ok(MergeReport { pixels, new_pixels, tiles: 0 });
        }
        let keep = with_ring(&new, intrinsics.width as usize);
        let tiles = Grid::new(&view, rgb, depth, Some(&keep)).into_tiles(&view);
        let report = MergeReport { pixels, new_pixels, tiles: tiles.len() };
        self.push(view, tiles);
        Ok(report)
    }
}

/// The marked pixels and their eight neighbours.
fn with_ring(marked: &[bool], width: usize) -> Vec<bool> {
    let height = marked.len() / width;
    let mut ring = vec![false; marked.len()];
    for (at, _) in marked.iter().enumerate().filter(|(_, marked)| **marked) {
        let (x, y) = (at % width, at / width);
        for row in y.saturating_sub(1)..(y + 2).min(height) {
            let from = row * width + x.saturating_sub(1);
            ring[from..row * width + (x + 2).min(width)].fill(true);
        }
    }
    ring
}
