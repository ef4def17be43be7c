//! A whole view as vertices: from picture and depth, to coarser levels, cut into tiles.

use crate::{LEVELS, TILE_CELLS, Tile, TileLevel, View, cell};
use rayon::prelude::*;
use reverie_world_model::{DepthImage, RgbImage};
use std::{collections::HashSet, sync::Arc};

/// Steepest surface that stays joined by the simple test: tangent of its angle to the screen.
const MAX_SLOPE: f32 = 20.0;
/// Least relative difference of inverse depth that parts neighbours, whatever the focal length:
/// measured depth has noise.
const MIN_STEP: f32 = 0.02;
/// Largest relative difference that a surface continuing at the same slope may have.
const MAX_CONTINUED_STEP: f32 = 0.35;
/// How far the slopes on both sides of an edge may differ from its own, relative to it.
const CONTINUATION_TOLERANCE: f32 = 0.35;

/// Least distance of foreground and background colour at which a mix of them can be told.
const MIXED_CONTRAST: f32 = 24.0;
/// Share of the foreground's colour from which a pixel on its edge is part of it.
const MIXED_SHARE: f32 = 0.15;

/// Fewest pixels of a surface that counts as one.
const LEAST_SURFACE: usize = 16;

/// Tiles with few vertices are cut down in steps of this many cells.
pub(crate) const CROP_CELLS: u32 = 8;

/// The vertices of a view at one stride.
pub(crate) struct Grid {
    pub stride: u32,
    pub columns: usize,
    pub rows: usize,
    pub inverse_depth: Vec<f32>,
    pub rgba: Vec<u32>,
    /// Relative difference of inverse depth that parts neighbours at this stride.
    step: f32,
}

impl Grid {
    /// The finest grid of a view whose depth was measured: errors at outlines are put right. Depth 0
    /// leaves a vertex out.
    pub fn new(view: &View, rgb: &RgbImage, depth: &DepthImage) -> Self {
        let mut grid = Self::exact(view, rgb, depth);
        grid.move_mixed_pixels_forward();
        grid.land_flying_pixels();
        grid.land_islands();
        grid
    }

    /// The finest grid of a view whose depth is as it is meant.
    pub fn exact(view: &View, rgb: &RgbImage, depth: &DepthImage) -> Self {
        let (width, height) = (rgb.width() as usize, rgb.height() as usize);
        let (columns, rows) = (width + 2, height + 2);
        let mut inverse_depth = vec![0.0; columns * rows];
        let mut rgba = vec![0; columns * rows];
        for row in 0..rows {
            let y = row.saturating_sub(1).min(height - 1);
            for column in 0..columns {
                let x = column.saturating_sub(1).min(width - 1);
                let d = depth.data()[y * width + x];
                if d > 0.0 {
                    let [r, g, b] = rgb.pixel(x as u32, y as u32);
                    rgba[row * columns + column] = u32::from_le_bytes([r, g, b, 255]);
                    // Beyond 100 km is sky; closer than 1 mm is not of this world.
                    let w = 1.0 / d.max(1e-3);
                    inverse_depth[row * columns + column] = if w < 1e-5 { 0.0 } else { w };
                }
            }
        }
        let focal = view.intrinsics().fx.min(view.intrinsics().fy);
        let step = (MAX_SLOPE / focal).max(MIN_STEP);
        Self { stride: 1, columns, rows, inverse_depth, rgba, step }
    }

    /// The same, with neighbours parted from this relative difference of inverse depth on.
    pub fn parted_at(view: &View, rgb: &RgbImage, depth: &DepthImage, step: f32) -> Self {
        Self { step, ..Self::exact(view, rgb, depth) }
    }

    /// Inverse depths of the view's pixels, row by row; 0 where there is no vertex, too.
    pub fn inverse_depths(&self) -> Vec<f32> {
        let rows = self.inverse_depth.chunks_exact(self.columns).skip(1).take(self.rows - 2);
        rows.flat_map(|row| row[1..self.columns - 1].iter().copied()).collect()
    }

    /// Surfaces of a few pixels are errors of measurement too, and go the same way as single ones.
    fn land_islands(&mut self) {
        let mut adrift = self.islands();
        // From the shore inwards; an island is small, so few rounds are needed.
        while !adrift.is_empty() {
            let floating: HashSet<usize> = adrift.iter().copied().collect();
            let landed: Vec<(usize, f32)> = adrift
                .iter()
                .filter_map(|&at| Some((at, self.likest(at, |other| !floating.contains(&other))?)))
                .collect();
            if landed.is_empty() {
                return;
            }
            for &(at, w) in &landed {
                self.inverse_depth[at] = w;
            }
            let landed: HashSet<usize> = landed.into_iter().map(|(at, _)| at).collect();
            adrift.retain(|at| !landed.contains(at));
        }
    }

    /// The pixels of all surfaces of fewer than [`LEAST_SURFACE`] pixels, in rising order.
    fn islands(&self) -> Vec<usize> {
        let (columns, rows) = (self.columns, self.rows);
        let mut known = vec![false; columns * rows];
        let mut islands = Vec::new();
        let mut surface = Vec::new();
        for start in 0..columns * rows {
            if known[start] || self.rgba[start] == 0 {
                continue;
            }
            surface.clear();
            surface.push(start);
            known[start] = true;
            let mut next = 0;
            while let Some(&at) = surface.get(next) {
                next += 1;
                let (x, y) = (at % columns, at / columns);
                let joined = [
                    (x > 0 && self.joins_right(x - 1, y), at.wrapping_sub(1)),
                    (x + 1 < columns && self.joins_right(x, y), at + 1),
                    (y > 0 && self.joins_down(x, y - 1), at.wrapping_sub(columns)),
                    (y + 1 < rows && self.joins_down(x, y), at + columns),
                ];
                for (joined, other) in joined {
                    if joined && !known[other] {
                        known[other] = true;
                        surface.push(other);
                    }
                }
            }
            // The rim repeats the border's pixels and moves with them or not at all.
            let inside = |at: &usize| {
                let (x, y) = (at % columns, at / columns);
                x > 0 && y > 0 && x + 1 < columns && y + 1 < rows
            };
            if surface.len() < LEAST_SURFACE && surface.iter().all(inside) {
                islands.extend_from_slice(&surface);
            }
        }
        islands.sort_unstable();
        islands
    }

    /// Inverse depth of the neighbour, among those accepted, whose colour is most like a pixel's own.
    fn likest(&self, at: usize, accept: impl Fn(usize) -> bool) -> Option<f32> {
        let unlike = |other: usize| {
            let (a, b) = (self.rgba[at].to_le_bytes(), self.rgba[other].to_le_bytes());
            (0..3).map(|k| u32::from(a[k].abs_diff(b[k]))).sum::<u32>()
        };
        [at - 1, at + 1, at - self.columns, at + self.columns]
            .into_iter()
            .filter(|other| self.rgba[*other] != 0 && accept(*other))
            .min_by_key(|other| unlike(*other))
            .map(|other| self.inverse_depth[other])
    }

    /// Pixels whose depth hangs between two surfaces, or agrees with nothing around, are errors of
    /// measurement: from elsewhere they would be specks in the air. They go to the neighbour whose
    /// colour is most like theirs.
    fn land_flying_pixels(&mut self) {
        let (columns, rows) = (self.columns, self.rows);
        let grid = &*self;
        let landed: Vec<(usize, f32)> = (1..rows - 1)
            .into_par_iter()
            .flat_map_iter(|y| (1..columns - 1).map(move |x| (x, y)))
            .filter_map(|(x, y)| grid.landing(x, y))
            .collect();
        for (at, w) in landed {
            self.inverse_depth[at] = w;
        }
    }

    fn landing(&self, x: usize, y: usize) -> Option<(usize, f32)> {
        let at = y * self.columns + x;
        if self.rgba[at] == 0 {
            return None;
        }
        // Opposite neighbours one after the other.
        let around = [at - 1, at + 1, at - self.columns, at + self.columns];
        let joined = [
            self.joins_right(x - 1, y),
            self.joins_right(x, y),
            self.joins_down(x, y - 1),
            self.joins_down(x, y),
        ];
        let own = self.inverse_depth[at];
        let hangs = |k: usize| {
            let (a, b) = (self.inverse_depth[around[k]], self.inverse_depth[around[k + 1]]);
            !joined[k] && !joined[k + 1] && (a - own) * (b - own) < 0.0
        };
        match joined.iter().filter(|joined| **joined).count() {
            0 => {}
            1 if hangs(0) || hangs(2) => {}
            _ => return None,
        }
        self.likest(at, |_| true).map(|w| (at, w))
    }

    /// Leaves out the vertices of pixels that `keep`, row by row, does not name.
    pub fn keep(&mut self, keep: &[bool]) {
        let (width, height) = (self.columns - 2, self.rows - 2);
        for row in 0..self.rows {
            let y = row.saturating_sub(1).min(height - 1);
            for column in 0..self.columns {
                let x = column.saturating_sub(1).min(width - 1);
                if !keep[y * width + x] {
                    self.rgba[row * self.columns + column] = 0;
                    self.inverse_depth[row * self.columns + column] = 0.0;
                }
            }
        }
    }

    /// Moves the unmarked pixels back by a share of their inverse depth: what is drawn there lies
    /// before them.
    pub fn recede(&mut self, stay: &[bool], share: f32) {
        let (width, height) = (self.columns - 2, self.rows - 2);
        for (at, inverse) in self.inverse_depth.iter_mut().enumerate() {
            let y = (at / self.columns).saturating_sub(1).min(height - 1);
            let x = (at % self.columns).saturating_sub(1).min(width - 1);
            if !stay[y * width + x] {
                *inverse *= 1.0 - share;
            }
        }
    }

    /// Inverse depth at a pixel; `None` where there is no vertex.
    pub fn at_pixel(&self, x: usize, y: usize) -> Option<f32> {
        let at = (y + 1) * self.columns + x + 1;
        (self.rgba[at] != 0).then(|| self.inverse_depth[at])
    }

    /// Pixels on a depth edge often mix both sides' colours while their depth is the background's.
    /// They go with the foreground: else its outline would stay behind as a ghost.
    fn move_mixed_pixels_forward(&mut self) {
        let (columns, rows) = (self.columns, self.rows);
        let grid = &*self;
        let moved: Vec<(usize, f32)> = (2..rows.saturating_sub(2))
            .into_par_iter()
            .flat_map_iter(|y| (2..columns.saturating_sub(2)).map(move |x| y * columns + x))
            .filter_map(|at| {
                let mut nearest = 0.0_f32;
                for pitch in [1, columns] {
                    let (before, after) =
                        ([at - pitch, at - 2 * pitch], [at + pitch, at + 2 * pitch]);
                    for (front, behind) in [(before, after[0]), (after, before[0])] {
                        if grid.is_mixed(at, front, behind) {
                            nearest = nearest.max(grid.inverse_depth[front[0]]);
                        }
                    }
                }
                (nearest > 0.0).then_some((at, nearest))
            })
            .collect();
        for (at, w) in moved {
            self.inverse_depth[at] = w;
        }
    }

    /// Whether vertex `at`, with a nearer one in `front` of it and `behind` on its other side,
    /// shows some of the foreground's colour, as seen at `inner`.
    fn is_mixed(&self, at: usize, [front, inner]: [usize; 2], behind: usize) -> bool {
        let w = [at, front, inner, behind].map(|k| self.inverse_depth[k]);
        let edge = 4.0 * self.step;
        if self.rgba[front] & self.rgba[inner] & self.rgba[behind] & self.rgba[at] < 1 << 24
            || w[1] <= w[0] * (1.0 + edge)
            || !close(w[1], w[2], edge)
            || !close(w[0], w[3], edge)
        {
            return false;
        }
        let colour = |k: usize| self.rgba[k].to_le_bytes().map(f32::from);
        let (own, near, far) = (colour(at), colour(inner), colour(behind));
        let (mut along, mut whole) = (0.0, 0.0);
        for k in 0..3 {
            along += (own[k] - far[k]) * (near[k] - far[k]);
            whole += (near[k] - far[k]) * (near[k] - far[k]);
        }
        whole > MIXED_CONTRAST * MIXED_CONTRAST && along > MIXED_SHARE * whole
    }

    /// The grid with every second vertex, each a (1, 2, 1) average of the neighbours it joins.
    fn coarser(&self) -> Self {
        // Every second, and the last.
        let columns = self.columns / 2 + 1;
        let rows = self.rows / 2 + 1;
        let mut inverse_depth = vec![0.0; columns * rows];
        let mut rgba = vec![0; columns * rows];
        let step = self.step * 2.0;
        inverse_depth
            .par_chunks_mut(columns)
            .zip(rgba.par_chunks_mut(columns))
            .enumerate()
            .for_each(|(row, (ws, colours))| {
                let y = (row * 2).min(self.rows - 1);
                for (column, (w, colour)) in ws.iter_mut().zip(colours).enumerate() {
                    let x = (column * 2).min(self.columns - 1);
                    (*w, *colour) = self.average(x, y, step);
                }
            });
        Self { stride: self.stride * 2, columns, rows, inverse_depth, rgba, step }
    }

    fn average(&self, x: usize, y: usize, step: f32) -> (f32, u32) {
        // A vertex on the view's rim stays on it: it averages along the rim only.
        let reach = |at: usize, len: usize| {
            if at == 0 || at + 1 == len { at..=at } else { at - 1..=at + 1 }
        };
        // The nearest surface around speaks for the place, so that thin things survive.
        let mut centre = y * self.columns + x;
        for row in reach(y, self.rows) {
            for column in reach(x, self.columns) {
                let at = row * self.columns + column;
                let nearer = self.inverse_depth[at]
                    > self.inverse_depth[centre] * (1.0 + 2.0 * step)
                    && !self.joins_across(x, y, column, row);
                if self.rgba[at] >> 24 != 0 && (self.rgba[centre] >> 24 == 0 || nearer) {
                    centre = at;
                }
            }
        }
        let own = self.inverse_depth[centre];
        if self.rgba[centre] >> 24 == 0 {
            return (0.0, 0);
        }
        let (mut sum, mut w_sum, mut channels) = (0.0, 0.0, [0.0_f32; 3]);
        for row in reach(y, self.rows) {
            for column in reach(x, self.columns) {
                let at = row * self.columns + column;
                let w = self.inverse_depth[at];
                if self.rgba[at] >> 24 == 0 || !close(own, w, 2.0 * step) {
                    continue;
                }
                let weight = if column == x { 2.0 } else { 1.0 } * if row == y { 2.0 } else { 1.0 };
                sum += weight;
                w_sum += weight * w;
                let bytes = self.rgba[at].to_le_bytes();
                for (channel, byte) in channels.iter_mut().zip(bytes) {
                    *channel += weight * f32::from(byte);
                }
            }
        }
        let [r, g, b] = channels.map(|channel| (channel / sum + 0.5) as u8);
        (w_sum / sum, u32::from_le_bytes([r, g, b, 255]))
    }

    /// Whether two neighbours (diagonal ones over either corner) lie on one surface.
    fn joins_across(&self, x: usize, y: usize, column: usize, row: usize) -> bool {
        match (x == column, y == row) {
            (true, true) => true,
            (false, true) => self.joins_right(x.min(column), y),
            (true, false) => self.joins_down(x, y.min(row)),
            (false, false) => {
                let (left, top) = (x.min(column), y.min(row));
                (self.joins_right(left, y) && self.joins_down(column, top))
                    || (self.joins_right(left, row) && self.joins_down(x, top))
            }
        }
    }

    fn joins_right(&self, x: usize, y: usize) -> bool {
        self.joins(y * self.columns + x, 1, x, self.columns)
    }

    fn joins_down(&self, x: usize, y: usize) -> bool {
        self.joins(y * self.columns + x, self.columns, y, self.rows)
    }

    /// Whether vertex `at` and the one `pitch` further lie on one surface. `along` is the position
    /// of `at` in its line of `len` vertices.
    fn joins(&self, at: usize, pitch: usize, along: usize, len: usize) -> bool {
        if (self.rgba[at] & self.rgba[at + pitch]) >> 24 == 0 {
            return false;
        }
        let (a, b) = (self.inverse_depth[at], self.inverse_depth[at + pitch]);
        if close(a, b, self.step) {
            return true;
        }
        if a == 0.0 || b == 0.0 {
            return false;
        }
        // A plane has the same difference everywhere: ground at a grazing angle goes on, a
        // foreground's edge does not. Both sides must agree.
        let step = b - a;
        if step.abs() > MAX_CONTINUED_STEP * a.min(b) || along == 0 || along + 2 >= len {
            return false;
        }
        let (before, after) = (at - pitch, at + 2 * pitch);
        if (self.rgba[before] & self.rgba[after]) >> 24 == 0 {
            return false;
        }
        let tolerance = CONTINUATION_TOLERANCE * step.abs();
        (step - (a - self.inverse_depth[before])).abs() <= tolerance
            && (step - (self.inverse_depth[after] - b)).abs() <= tolerance
    }

    fn cell(&self, x: usize, y: usize) -> u8 {
        let at = y * self.columns + x;
        let has = |at: usize, bit: u8| if self.rgba[at] >> 24 != 0 { bit } else { 0 };
        let mut bits = has(at, cell::HAS_TOP_LEFT)
            | has(at + 1, cell::HAS_TOP_RIGHT)
            | has(at + self.columns, cell::HAS_BOTTOM_LEFT)
            | has(at + self.columns + 1, cell::HAS_BOTTOM_RIGHT);
        for (joins, bit) in [
            (self.joins_right(x, y), cell::TOP),
            (self.joins_right(x, y + 1), cell::BOTTOM),
            (self.joins_down(x, y), cell::LEFT),
            (self.joins_down(x + 1, y), cell::RIGHT),
        ] {
            bits |= if joins { bit } else { 0 };
        }
        bits
    }

    /// The part of this grid that belongs to the tile at `origin`.
    fn cut(&self, origin: [u32; 2], cells: [u32; 2]) -> Arc<TileLevel> {
        let columns = cells[0].div_ceil(self.stride) + 1;
        let rows = cells[1].div_ceil(self.stride) + 1;
        let [x0, y0] = origin.map(|o| (o / self.stride) as usize);
        let (wide, high) = (columns as usize, rows as usize);
        let mut inverse_depth = Vec::with_capacity(wide * high);
        let mut rgba = Vec::with_capacity(wide * high);
        let mut bits = Vec::with_capacity((wide - 1) * (high - 1));
        for y in y0..y0 + high {
            let at = y * self.columns + x0;
            inverse_depth.extend_from_slice(&self.inverse_depth[at..at + wide]);
            rgba.extend_from_slice(&self.rgba[at..at + wide]);
        }
        for y in y0..y0 + high - 1 {
            bits.extend((x0..x0 + wide - 1).map(|x| self.cell(x, y)));
        }
        Arc::new(TileLevel {
            stride: self.stride,
            columns,
            rows,
            inverse_depth: inverse_depth.into(),
            rgba: rgba.into(),
            cells: bits.into(),
        })
    }

    /// The part of a tile that has vertices, in steps of [`CROP_CELLS`]; `None` when none has.
    fn cropped(&self, origin: [u32; 2], cells: [u32; 2]) -> Option<([u32; 2], [u32; 2])> {
        let [x0, y0] = origin;
        let mut low = cells;
        let mut high = [0, 0];
        for y in 0..=cells[1] {
            for x in 0..=cells[0] {
                if self.rgba[(y0 + y) as usize * self.columns + (x0 + x) as usize] != 0 {
                    low = [low[0].min(x), low[1].min(y)];
                    high = [high[0].max(x + 1), high[1].max(y + 1)];
                }
            }
        }
        if high == [0, 0] {
            return None;
        }
        let from = low.map(|v| v.saturating_sub(1) / CROP_CELLS * CROP_CELLS);
        let to = [0, 1].map(|k| high[k].next_multiple_of(CROP_CELLS).min(cells[k]));
        Some(([x0 + from[0], y0 + from[1]], [to[0] - from[0], to[1] - from[1]]))
    }

    /// All tiles that have a vertex, row by row.
    pub fn into_tiles(self, view: &Arc<View>) -> Vec<Arc<Tile>> {
        let cells = [self.columns as u32 - 1, self.rows as u32 - 1];
        let mut grids = vec![self];
        while grids.len() < LEVELS {
            let next = grids[grids.len() - 1].coarser();
            grids.push(next);
        }
        let [wide, high] = cells.map(|n| n.div_ceil(TILE_CELLS));
        let tiles: Vec<Option<Arc<Tile>>> = (0..wide * high)
            .into_par_iter()
            .map(|k| {
                let origin = [k % wide * TILE_CELLS, k / wide * TILE_CELLS];
                let own = [0, 1].map(|axis| (cells[axis] - origin[axis]).min(TILE_CELLS));
                let (origin, own) = grids[0].cropped(origin, own)?;
                // A stride must divide the tile, except at the view's end.
                let fits = |stride: u32| {
                    (0..2).all(|axis| {
                        let ends = origin[axis] + own[axis] == cells[axis];
                        origin[axis].is_multiple_of(stride)
                            && (ends || own[axis].is_multiple_of(stride))
                    })
                };
                let fitting = grids.iter().take_while(|grid| fits(grid.stride));
                let levels = fitting.map(|grid| grid.cut(origin, own)).collect();
                Tile::new(Arc::clone(view), origin, own, levels).map(Arc::new)
            })
            .collect();
        tiles.into_iter().flatten().collect()
    }
}

/// Whether two inverse depths differ by less than a share of the larger; sky only equals sky.
pub(crate) fn close(a: f32, b: f32, share: f32) -> bool {
    if a == 0.0 || b == 0.0 {
        return a == b;
    }
    (a - b).abs() <= share * a.max(b)
}
