//! Taking in a new view: without keeping twice what is known, the finer instead of the coarser,
//! and against what it sees through.

use crate::{
    Frame, Memory, Renderer, ScreenFromView, SpatialError, Tile, View, ViewKind,
    grid::{Grid, close},
    memory::checked_view,
    sharpness::Sharpness,
};
use rayon::prelude::*;
use reverie_world_model::{DepthImage, Intrinsics, Pose, RgbImage};
use std::sync::Arc;

/// Relative difference of inverse depth within which a pixel shows what is known already.
const SAME_SURFACE: f32 = 0.05;
/// What is known counts as known only where its cells look at most this large, pixels: a view from
/// much nearer replaces it.
const COARSE_CELL_PX: f32 = 2.2;
/// A surface this much nearer (relative inverse depth) than all a view sees around it was seen
/// through: it is not there.
const SEEN_THROUGH: f32 = 0.15;
/// Share of its inverse depth by which a painted ring lies behind what is known there.
const RING_BEHIND: f32 = 0.02;
/// Share of its inverse depth by which a detail lies before the surface that it repeats.
const DETAIL_BEFORE: f32 = 0.005;
/// New pixels among a new pixel and its eight neighbours from which it is kept.
const LEAST_AROUND: usize = 5;

/// What a merge did.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct MergeReport {
    /// Pixels of the view that have depth.
    pub pixels: usize,
    /// Pixels that were kept as new, without the ring around them.
    pub new_pixels: usize,
    /// Tiles added.
    pub tiles: usize,
    /// Older vertices given up: replaced by finer ones, or seen through.
    pub removed_vertices: usize,
}

impl Memory {
    /// Adds what a view shows that is not known yet or only coarsely, with one cell around it, and
    /// gives up what it replaces or sees through. Depth 0 leaves a pixel out.
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
        let (view, mut report) = begun(rgb, depth, pose, intrinsics)?;
        let mut grid = Grid::new(&view, rgb, depth);
        let (mut known, mut renderer) = (Frame::new(), Renderer::new());
        // What was imagined gives way.
        let seen = self.without_painted().sharp_part(pose, coarse_rad(intrinsics));
        renderer.render(&seen, view.pose(), intrinsics, &mut known)?;
        let width = intrinsics.width as usize;
        let is_new = |at: usize| {
            grid.at_pixel(at % width, at / width).is_some_and(|seen| {
                !(known.is_known(at) && close(known.inverse_depth()[at], seen, SAME_SURFACE))
            })
        };
        let new: Vec<bool> = (0..intrinsics.pixels()).map(is_new).collect();
        let new = without_specks(&new, width);
        report.new_pixels = new.iter().filter(|new| **new).count();
        if report.new_pixels == 0 {
            return Ok(report);
        }
        let shown: Vec<bool> = (0..new.len()).map(|at| new[at] || known.is_known(at)).collect();
        report.removed_vertices = self.give_up(&grid, [&new, &shown], &view);
        grid.keep(&with_ring(&new, width));
        let tiles = grid.into_tiles(&view);
        report.tiles = tiles.len();
        self.push(view, tiles, ViewKind::Seen, pose);
        Ok(report)
    }

    /// The same for what a painter imagined: nothing is given up for it. Surfaces that are known
    /// coarsely get its colours as a detail if it is good at that. `seen_from` is where the player
    /// is.
    pub(crate) fn merge_painted(
        &mut self,
        rgb: &RgbImage,
        depth: &DepthImage,
        pose: &Pose,
        intrinsics: &Intrinsics,
        details: bool,
        seen_from: &Pose,
    ) -> Result<MergeReport, SpatialError> {
        let (view, mut report) = begun(rgb, depth, pose, intrinsics)?;
        let mut grid = Grid::exact(&view, rgb, depth);
        let (mut known, mut renderer) = (Frame::new(), Renderer::new());
        renderer.render(self, view.pose(), intrinsics, &mut known)?;
        let width = intrinsics.width as usize;
        let unknown =
            |at: usize| grid.at_pixel(at % width, at / width).is_some() && !known.is_known(at);
        let new: Vec<bool> = (0..intrinsics.pixels()).map(unknown).collect();
        let new = without_specks(&new, width);
        let coarse = if details {
            let (limit, mut sharpness) = (self.sharp_rad(), Sharpness::default());
            let sharp = sharpness.of(
                &known,
                &self.sharp_part(pose, limit),
                view.pose(),
                intrinsics,
                &mut renderer,
            )?;
            let coarse: Vec<bool> =
                (0..sharp.len()).map(|at| known.is_known(at) && !sharp[at]).collect();
            without_specks(&coarse, width)
        } else {
            Vec::new()
        };
        let count = |marked: &[bool]| marked.iter().filter(|marked| **marked).count();
        let found = [count(&new), count(&coarse)];
        report.new_pixels = found[0] + found[1];
        if found[0] > 0 {
            grid.keep(&with_seam(&new, &grid, width));
            grid.recede(&new, RING_BEHIND);
            let tiles = grid.into_tiles(&view);
            report.tiles = tiles.len();
            self.push(Arc::clone(&view), tiles, ViewKind::Painted, seen_from);
        }
        if found[1] > 0 {
            let before = known.inverse_depth().iter().map(|w| 1.0 / (w * (1.0 + DETAIL_BEFORE)));
            let depth = DepthImage::new(intrinsics.width, intrinsics.height, before.collect())
                .map_err(|_| SpatialError::NoDepth)?;
            let mut grid = Grid::exact(&view, rgb, &depth);
            grid.keep(&coarse);
            let tiles = grid.into_tiles(&view);
            report.tiles += tiles.len();
            self.push(view, tiles, ViewKind::Detail, seen_from);
        }
        Ok(report)
    }

    /// Removes what a new view replaces and what it sees through; returns how many vertices. `new`
    /// tells where it replaces what was seen from farther away, `shown` where nothing imagined is
    /// wanted any more.
    fn give_up(&mut self, grid: &Grid, [new, shown]: [&[bool]; 2], newest: &View) -> usize {
        let (pose, camera) = (newest.pose(), newest.intrinsics());
        let mut removed = 0;
        for view in &mut self.views {
            let map = ScreenFromView::new(&view.view, pose, camera);
            let changes: Vec<(usize, usize, Option<Arc<Tile>>)> = view
                .tiles()
                .par_iter()
                .enumerate()
                .filter_map(|(t, tile)| {
                    tile.visible(&map, camera.width, camera.height)?;
                    let replaced = match view.kind() {
                        ViewKind::Painted | ViewKind::Detail => Some(shown),
                        ViewKind::Seen => tile.is_coarse(&map, coarse_rad(camera)).then_some(new),
                    };
                    let gone = vertices_to_remove(tile, &map, grid, replaced, camera);
                    let count = gone.iter().filter(|gone| **gone).count();
                    (count > 0).then(|| (t, count, tile.without(&gone).map(Arc::new)))
                })
                .collect();
            if changes.is_empty() {
                continue;
            }
            let mut kept: Vec<Option<Arc<Tile>>> = view.tiles().iter().cloned().map(Some).collect();
            for (t, count, tile) in changes {
                removed += count;
                kept[t] = tile;
            }
            *view = view.with_tiles(kept.into_iter().flatten().collect());
        }
        self.views.retain(|view| !view.tiles().is_empty());
        removed
    }
}

/// Cells larger than this in a view's picture are worth replacing by its pixels, radians.
fn coarse_rad(camera: &Intrinsics) -> f32 {
    COARSE_CELL_PX / camera.fx
}

/// The view of a picture, and a report that counts its pixels.
fn begun(
    rgb: &RgbImage,
    depth: &DepthImage,
    pose: &Pose,
    intrinsics: &Intrinsics,
) -> Result<(Arc<View>, MergeReport), SpatialError> {
    let view = Arc::new(checked_view(rgb, depth, pose, intrinsics)?);
    let pixels = depth.data().iter().filter(|d| **d > 0.0).count();
    if pixels == 0 {
        return Err(SpatialError::NoDepth);
    }
    Ok((view, MergeReport { pixels, ..MergeReport::default() }))
}

/// For each vertex of a tile's finest level, whether the new view does away with it.
fn vertices_to_remove(
    tile: &Tile,
    map: &ScreenFromView,
    grid: &Grid,
    replaced: Option<&[bool]>,
    camera: &Intrinsics,
) -> Vec<bool> {
    let level = &tile.levels()[0];
    let (width, height) = (camera.width as usize, camera.height as usize);
    let judge = |at: usize| {
        let (column, row) = (at as u32 % level.columns, at as u32 / level.columns);
        let p = map.apply(tile.u(level, column), tile.v(level, row), level.inverse_depth[at])?;
        // A pixel from the picture's edge, so that all around it was seen.
        let inside = |v: f32, len: usize| (v >= 1.0 && v < len as f32 - 1.0).then_some(v as usize);
        let (x, y) = (inside(p.x, width)?, inside(p.y, height)?);
        let seen = grid.at_pixel(x, y)?;
        let same = close(seen, p.inverse_depth, SAME_SURFACE);
        if same && replaced.is_some_and(|replaced| replaced[y * width + x]) {
            return Some(true);
        }
        for y in y - 1..=y + 1 {
            for x in x - 1..=x + 1 {
                if grid.at_pixel(x, y)? * (1.0 + SEEN_THROUGH) >= p.inverse_depth {
                    return Some(false);
                }
            }
        }
        Some(true)
    };
    (0..level.rgba.len())
        .map(|at| level.rgba[at] >> 24 != 0 && judge(at).unwrap_or(false))
        .collect()
}

/// The marked pixels that have enough marked ones around them: rounding along outlines is no news.
fn without_specks(marked: &[bool], width: usize) -> Vec<bool> {
    let height = marked.len() / width;
    let around = |at: usize| {
        let (x, y) = (at % width, at / width);
        (y.saturating_sub(1)..(y + 2).min(height))
            .flat_map(|y| (x.saturating_sub(1)..(x + 2).min(width)).map(move |x| y * width + x))
            .filter(|at| marked[*at])
            .count()
    };
    (0..marked.len()).map(|at| marked[at] && around(at) >= LEAST_AROUND).collect()
}

/// The marked pixels, and their neighbours on the same surface: a seam without a gap. Neighbours on
/// another one would reach over its outline.
pub(crate) fn with_seam(marked: &[bool], grid: &Grid, width: usize) -> Vec<bool> {
    let height = marked.len() / width;
    let mut seam = marked.to_vec();
    for (at, _) in marked.iter().enumerate().filter(|(_, marked)| **marked) {
        let (x, y) = (at % width, at / width);
        let Some(own) = grid.at_pixel(x, y) else { continue };
        for row in y.saturating_sub(1)..(y + 2).min(height) {
            for column in x.saturating_sub(1)..(x + 2).min(width) {
                let other = grid.at_pixel(column, row);
                if other.is_some_and(|other| close(own, other, SAME_SURFACE)) {
                    seam[row * width + column] = true;
                }
            }
        }
    }
    seam
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
