//! What stood in for cracks stays: a view that somebody has stood and looked at comes back as it was.
//!
//! Between a near and a far surface a pixel or two are never seen and too narrow for a window of the
//! painter. They are filled calmly, and would be filled otherwise as soon as something behind them
//! becomes known. So the filling goes into the memory.

use crate::{Frame, Memory, Renderer, SpatialError, View, ViewKind, grid::Grid, merge::with_seam};
use reverie_world_model::{DepthImage, Intrinsics, Pose};
use std::sync::Arc;

/// Widest crack, radians; what is wider is the painter's.
const WIDEST_RAD: f32 = 0.02;
/// Share of its inverse depth by which a filled crack lies behind what is beside it.
const BEHIND: f32 = 0.02;
/// Largest picture that is looked at, pixels across.
const MOST_WIDTH: u32 = 1280;

impl Memory {
    /// Keeps the filling of narrow cracks in what a camera sees; how many pixels that were. What the
    /// fill puts there is handed to `keep_out` first, as inverse depths of the picture, 0 where
    /// nothing is to be kept.
    ///
    /// # Errors
    /// When the memory cannot be looked at from there.
    pub(crate) fn keep_cracks(
        &mut self,
        pose: &Pose,
        camera: &Intrinsics,
        renderer: &mut Renderer,
        frame: &mut Frame,
        keep_out: impl FnOnce(&Self, &Intrinsics, Vec<f32>) -> Vec<f32>,
    ) -> Result<usize, SpatialError> {
        let width = camera.width.min(MOST_WIDTH);
        let camera = camera.resized(width, (camera.height * width / camera.width).max(1));
        renderer.render(self, pose, &camera, frame)?;
        let cracks = cracks(frame, (WIDEST_RAD * camera.fx).round().max(1.0) as usize);
        let count = cracks.iter().filter(|crack| **crack).count();
        if count == 0 {
            return Ok(0);
        }
        let marked = |at: usize| if cracks[at] { frame.inverse_depth()[at] } else { 0.0 };
        let kept = keep_out(self, &camera, (0..cracks.len()).map(marked).collect());
        let inverse = |at: usize| if cracks[at] { kept[at] } else { frame.inverse_depth()[at] };
        let metres = (0..cracks.len()).map(|at| 1.0 / inverse(at).max(0.0));
        let depth = DepthImage::new(camera.width, camera.height, metres.collect())
            .map_err(|_| SpatialError::NoDepth)?;
        let rgb = frame.to_rgb().map_err(|_| SpatialError::NoDepth)?;
        let view = Arc::new(View::new(*pose, camera)?);
        let mut grid = Grid::exact(&view, &rgb, &depth);
        grid.keep(&with_seam(&cracks, &grid, camera.width as usize));
        grid.recede(&cracks, BEHIND);
        let tiles = grid.into_tiles(&view);
        if !tiles.is_empty() {
            self.push(view, tiles, ViewKind::Painted, pose);
        }
        Ok(count)
    }
}

/// Unknown pixels with known ones close by on opposite sides.
fn cracks(frame: &Frame, reach: usize) -> Vec<bool> {
    let (width, height) = (frame.width() as isize, frame.height() as isize);
    let meets_known = |x: isize, y: isize, step: (isize, isize)| {
        (1..=reach as isize).any(|k| {
            let (x, y) = (x + k * step.0, y + k * step.1);
            let inside = (0..width).contains(&x) && (0..height).contains(&y);
            // The picture's edge is the end of what anybody looks at.
            !inside || frame.is_known((y * width + x) as usize)
        })
    };
    let crossed = |x: isize, y: isize| {
        let axes = [(1, 0), (0, 1), (1, 1), (1, -1)];
        axes.iter().any(|(dx, dy)| meets_known(x, y, (*dx, *dy)) && meets_known(x, y, (-dx, -dy)))
    };
    (0..width * height)
        .map(|at| !frame.is_known(at as usize) && crossed(at % width, at / width))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use reverie_world_model::RgbImage;

    /// A post at two metres before a striped wall at eight, seen from the origin.
    fn post_before_a_wall(camera: &Intrinsics) -> Memory {
        let width = camera.width as usize;
        let is_post = |at: usize| (width * 5 / 11..width * 6 / 11).contains(&(at % width));
        let colour = |at: usize| match (is_post(at), at % width / 3 % 2) {
            (true, _) => [20, 30, 40],
            (false, 0) => [200, 120, 60],
            _ => [240, 220, 180],
        };
        let rgb = (0..camera.pixels()).flat_map(colour).collect();
        let metres = (0..camera.pixels()).map(|at| if is_post(at) { 2.0 } else { 8.0 }).collect();
        let rgb = RgbImage::new(camera.width, camera.height, rgb).expect("size");
        let depth = DepthImage::new(camera.width, camera.height, metres).expect("size");
        let mut memory = Memory::new();
        memory.insert(&rgb, &depth, &Pose::IDENTITY, camera).expect("a view");
        memory
    }

    #[test]
    fn a_crack_that_was_looked_at_stays_as_it_was_filled() {
        let camera = Intrinsics::from_horizontal_fov(160, 120, 1.5);
        let mut memory = post_before_a_wall(&camera);
        let (mut renderer, mut frame) = (Renderer::new(), Frame::new());
        let aside = |x: f32| Pose { position: glam::Vec3::new(x, 0.0, 0.0), ..Pose::IDENTITY };
        let beside = aside(0.03);
        renderer.render(&memory, &beside, &camera, &mut frame).expect("draws");
        let (before, coverage) = (frame.rgba8().to_vec(), frame.coverage());
        assert!((0.9..1.0).contains(&coverage), "no crack: {coverage}");
        let mut keep = |memory: &mut Memory, pose: &Pose| {
            let same = |_: &Memory, _: &Intrinsics, inverse_depth| inverse_depth;
            memory.keep_cracks(pose, &camera, &mut renderer, &mut frame, same).expect("looks")
        };
        assert!(keep(&mut memory, &beside) > 0);
        assert_eq!(keep(&mut memory, &beside), 0, "all cracks were kept");
        // From a metre aside the gap behind the post is wide: that is left to the painter.
        let far = keep(&mut memory, &aside(1.0));
        renderer.render(&memory, &beside, &camera, &mut frame).expect("draws");
        assert!(frame.coverage() > coverage && frame.coverage() > 0.995);
        let changed = before.chunks(4).zip(frame.rgba8().chunks(4));
        let changed = changed.filter(|(a, b)| (0..3).any(|c| a[c].abs_diff(b[c]) > 1)).count();
        assert!(changed * 500 < camera.pixels(), "{changed} pixels changed");
        assert!(far * 50 < camera.pixels(), "{far} pixels are no cracks");
    }
}
