//! The unit of memory: a patch of one view, at several levels of detail.

use crate::{ScreenFromView, View};
use glam::Vec3;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Cells along a side of a tile at the finest level.
pub const TILE_CELLS: u32 = 32;
/// Strides of the levels of detail: 1, 2, 4, ... 32 pixels between vertices.
pub const LEVELS: usize = 6;

/// Bits of one cell: which edges join their two vertices, and which vertices there are.
///
/// A cell with all bits is drawn as two triangles, (top left, top right, bottom right) and
/// (top left, bottom right, bottom left). In any other, each vertex that is there draws the
/// quarter of the cell next to it, with its own inverse depth and colour: see
/// [`quarters`](crate::quarters).
pub mod cell {
    /// Top edge joins.
    pub const TOP: u8 = 1;
    /// Bottom edge joins.
    pub const BOTTOM: u8 = 2;
    /// Left edge joins.
    pub const LEFT: u8 = 4;
    /// Right edge joins.
    pub const RIGHT: u8 = 8;
    /// The top left vertex is there.
    pub const HAS_TOP_LEFT: u8 = 16;
    /// The top right vertex is there.
    pub const HAS_TOP_RIGHT: u8 = 32;
    /// The bottom left vertex is there.
    pub const HAS_BOTTOM_LEFT: u8 = 64;
    /// The bottom right vertex is there.
    pub const HAS_BOTTOM_RIGHT: u8 = 128;
    /// All four vertices are there and all four edges join.
    pub const WHOLE: u8 = 255;
    /// Nothing to draw.
    pub const EMPTY: u8 = 0;
}

/// One level of detail of a tile. Tiles of other colours share its geometry.
#[derive(Debug, Clone, PartialEq)]
pub struct TileLevel {
    /// Grid steps between vertices: 1, 2, 4, ... 32.
    pub stride: u32,
    /// Vertices in a row, at most 33.
    pub columns: u32,
    /// Vertices in a column, at most 33.
    pub rows: u32,
    /// Inverse depth in the view, 1/m, 0 is sky; `columns * rows` values, rows from the top.
    pub inverse_depth: Arc<[f32]>,
    /// `u32::from_le_bytes([r, g, b, a])`, sRGB; `a` is 255 where there is a vertex, else 0.
    pub rgba: Box<[u32]>,
    /// [`cell`] bits; `(columns - 1) * (rows - 1)` values, rows from the top.
    pub cells: Arc<[u8]>,
}

impl TileLevel {
    /// Bytes held.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.rgba.len() * 8 + self.cells.len()
    }
}

/// A patch of one view: up to 32x32 cells. Never changed once made: a change makes a new tile with
/// a new id, so that copies elsewhere (a presentation thread's, a GPU's) can be kept by id.
#[derive(Debug, Clone)]
pub struct Tile {
    id: u64,
    view: Arc<View>,
    origin: [u32; 2],
    cells: [u32; 2],
    levels: Vec<Arc<TileLevel>>,
    bounds: TileBounds,
}

/// What a tile spans.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TileBounds {
    /// Smallest inverse depth of its vertices, 1/m; 0 where it has sky.
    pub min_inverse_depth: f32,
    /// Largest inverse depth of its vertices, 1/m.
    pub max_inverse_depth: f32,
    /// Smallest inverse depth of its vertices that are not sky, 1/m; 0 if it is all sky.
    pub min_solid_inverse_depth: f32,
    /// World-space box around its vertices that are not sky, metres: low corner.
    pub low: Vec3,
    /// World-space box around its vertices that are not sky, metres: high corner.
    pub high: Vec3,
}

static NEXT_TILE_ID: AtomicU64 = AtomicU64::new(1);

impl Tile {
    /// A tile from its levels, finest first; `None` when it has no vertex.
    pub(crate) fn new(
        view: Arc<View>,
        origin: [u32; 2],
        cells: [u32; 2],
        levels: Vec<Arc<TileLevel>>,
    ) -> Option<Self> {
        let mut bounds = TileBounds {
            min_inverse_depth: f32::INFINITY,
            max_inverse_depth: 0.0,
            min_solid_inverse_depth: f32::INFINITY,
            low: Vec3::INFINITY,
            high: Vec3::NEG_INFINITY,
        };
        // Coarser levels average, so the finest one bounds them all.
        for level in &levels {
            for (w, rgba) in level.inverse_depth.iter().zip(&level.rgba) {
                if rgba >> 24 != 0 {
                    bounds.min_inverse_depth = bounds.min_inverse_depth.min(*w);
                    bounds.max_inverse_depth = bounds.max_inverse_depth.max(*w);
                    if *w > 0.0 {
                        bounds.min_solid_inverse_depth = bounds.min_solid_inverse_depth.min(*w);
                    }
                }
            }
        }
        if bounds.min_inverse_depth == f32::INFINITY {
            return None;
        }
        if bounds.min_solid_inverse_depth == f32::INFINITY {
            bounds.min_solid_inverse_depth = 0.0;
        } else {
            for column in [origin[0], origin[0] + cells[0]] {
                for row in [origin[1], origin[1] + cells[1]] {
                    for w in [bounds.min_solid_inverse_depth, bounds.max_inverse_depth] {
                        let point = view.unproject(view.u(column), view.v(row), w);
                        bounds.low = bounds.low.min(point);
                        bounds.high = bounds.high.max(point);
                    }
                }
            }
        }
        let id = NEXT_TILE_ID.fetch_add(1, Ordering::Relaxed);
        Some(Self { id, view, origin, cells, levels, bounds })
    }

    /// The same tile without its finest level; `None` when it has only one.
    pub(crate) fn without_finest(&self) -> Option<Self> {
        let rest = self.levels.get(1..).filter(|rest| !rest.is_empty())?;
        Self::new(Arc::clone(&self.view), self.origin, self.cells, rest.to_vec())
    }

    /// The same tile without some vertices of its finest level, which `gone` names by index;
    /// `None` when none are left.
    pub(crate) fn without(&self, gone: &[bool]) -> Option<Self> {
        let finest = &self.levels[0];
        let thinned = |level: &Arc<TileLevel>| {
            let ratio = level.stride / finest.stride;
            let (columns, rows) = (level.columns as usize, level.rows as usize);
            let mut rgba = level.rgba.clone();
            let mut inverse_depth = level.inverse_depth.to_vec();
            let mut cells = level.cells.to_vec();
            for (at, rgba) in rgba.iter_mut().enumerate() {
                let column = (at as u32 % level.columns * ratio).min(finest.columns - 1);
                let row = (at as u32 / level.columns * ratio).min(finest.rows - 1);
                if gone[(row * finest.columns + column) as usize] {
                    *rgba = 0;
                    inverse_depth[at] = 0.0;
                }
            }
            for y in 0..rows - 1 {
                for x in 0..columns - 1 {
                    let there = |x: usize, y: usize| rgba[y * columns + x] != 0;
                    let bits = &mut cells[y * (columns - 1) + x];
                    for (missing, without) in [
                        (!there(x, y), cell::HAS_TOP_LEFT | cell::TOP | cell::LEFT),
                        (!there(x + 1, y), cell::HAS_TOP_RIGHT | cell::TOP | cell::RIGHT),
                        (!there(x, y + 1), cell::HAS_BOTTOM_LEFT | cell::BOTTOM | cell::LEFT),
                        (!there(x + 1, y + 1), cell::HAS_BOTTOM_RIGHT | cell::BOTTOM | cell::RIGHT),
                    ] {
                        *bits &= if missing { !without } else { cell::WHOLE };
                    }
                }
            }
            let (inverse_depth, cells) = (inverse_depth.into(), cells.into());
            Arc::new(TileLevel { rgba, inverse_depth, cells, ..TileLevel::clone(level) })
        };
        let levels = self.levels.iter().map(thinned).collect();
        Self::new(Arc::clone(&self.view), self.origin, self.cells, levels)
    }

    /// The same tile with levels of other colours.
    pub(crate) fn with_levels(&self, levels: Vec<Arc<TileLevel>>) -> Self {
        let id = NEXT_TILE_ID.fetch_add(1, Ordering::Relaxed);
        let (view, bounds) = (Arc::clone(&self.view), self.bounds);
        Self { id, view, origin: self.origin, cells: self.cells, levels, bounds }
    }

    /// Unique in this process: another id is another content.
    pub fn id(&self) -> u64 {
        self.id
    }
    /// The view it is a patch of.
    pub fn view(&self) -> &Arc<View> {
        &self.view
    }
    /// Grid column and row of its first vertex in the view.
    pub fn origin(&self) -> [u32; 2] {
        self.origin
    }
    /// Cells of stride 1 along its width and height, 1 to 32 each.
    pub fn cells(&self) -> [u32; 2] {
        self.cells
    }
    /// Levels of detail it has, finest first.
    pub fn levels(&self) -> &[Arc<TileLevel>] {
        &self.levels
    }
    /// What it spans.
    pub fn bounds(&self) -> &TileBounds {
        &self.bounds
    }
    /// Bytes held.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.levels.iter().map(|level| level.bytes()).sum::<usize>()
    }
    /// Pixel coordinate of a level's vertex column.
    #[inline]
    pub fn u(&self, level: &TileLevel, column: u32) -> f32 {
        self.view.u(self.origin[0] + (column * level.stride).min(self.cells[0]))
    }
    /// Pixel coordinate of a level's vertex row.
    #[inline]
    pub fn v(&self, level: &TileLevel, row: u32) -> f32 {
        self.view.v(self.origin[1] + (row * level.stride).min(self.cells[1]))
    }

    /// Whether another camera is as near to most of it as its own view is, or nearer.
    pub(crate) fn is_near(&self, screen_from_view: &ScreenFromView) -> bool {
        let Some(level) = self.levels.last() else { return false };
        let (mut near, mut asked) = (0, 0);
        for (at, w) in level.inverse_depth.iter().enumerate() {
            // Nobody comes nearer to the sky.
            if level.rgba[at] >> 24 == 0 || *w == 0.0 {
                continue;
            }
            let (column, row) = (at as u32 % level.columns, at as u32 / level.columns);
            let ray = self.view.intrinsics().ray(self.u(level, column), self.v(level, row));
            let from_there = ray - screen_from_view.eye * *w;
            asked += 1;
            near += u32::from(from_there.length_squared() <= ray.length_squared());
        }
        2 * near > asked
    }

    /// Whether steps of its finest grid look larger than this from another camera, radians: a good
    /// part of those that are asked.
    pub(crate) fn is_coarse(&self, screen_from_view: &ScreenFromView, largest_rad: f32) -> bool {
        let Some(level) = self.levels.first() else { return false };
        let (columns, rows) = (level.columns as usize, level.rows as usize);
        let towards = |column: usize, row: usize, inverse_depth: f32| {
            let (u, v) = (self.u(level, column as u32), self.v(level, row as u32));
            let ray = self.view.intrinsics().ray(u, v);
            (ray - screen_from_view.eye * inverse_depth).normalize_or_zero()
        };
        let (mut asked, mut coarse) = (0_usize, 0_usize);
        // Of narrow strips and loose pieces, more are asked until enough have answered.
        let mut step = ASKED_STEP;
        while asked < LEAST_ASKED && step > 0 {
            (asked, coarse) = (0, 0);
            for row in (0..rows - 1).step_by(step) {
                for column in (0..columns - 1).step_by(step) {
                    let bits = level.cells[row * (columns - 1) + column];
                    if bits & cell::HAS_TOP_LEFT == 0 {
                        continue;
                    }
                    let own = level.inverse_depth[row * columns + column];
                    let from = towards(column, row, own);
                    // Where no edge joins, a vertex is drawn with its own depth.
                    let beside = |bit: u8, column: usize, row: usize| {
                        let joined = bits & bit != 0;
                        let other = level.inverse_depth[row * columns + column];
                        let w = if joined { other } else { own };
                        from.distance_squared(towards(column, row, w))
                    };
                    let across = beside(cell::TOP, column + 1, row);
                    let down = beside(cell::LEFT, column, row + 1);
                    asked += 1;
                    coarse += usize::from(across.max(down) > largest_rad * largest_rad);
                }
            }
            step /= 2;
        }
        coarse * COARSE_PART > asked
    }

    /// Where on a screen of `width` x `height` the tile may show, and the level to show it with;
    /// `None` when it cannot be seen.
    pub fn visible(
        &self,
        screen_from_view: &ScreenFromView,
        width: u32,
        height: u32,
    ) -> Option<VisibleTile> {
        let mut low = [f32::INFINITY; 2];
        let mut high = [f32::NEG_INFINITY; 2];
        let mut corners = [[0.0_f32; 2]; 8];
        let mut behind = 0;
        let sides = [
            (self.view.u(self.origin[0]), self.view.v(self.origin[1])),
            (self.view.u(self.origin[0] + self.cells[0]), self.view.v(self.origin[1])),
            (
                self.view.u(self.origin[0] + self.cells[0]),
                self.view.v(self.origin[1] + self.cells[1]),
            ),
            (self.view.u(self.origin[0]), self.view.v(self.origin[1] + self.cells[1])),
        ];
        let range = [self.bounds.min_inverse_depth, self.bounds.max_inverse_depth];
        for (k, w) in range.iter().enumerate() {
            for (corner, (u, v)) in sides.iter().enumerate() {
                let Some(p) = screen_from_view.apply(*u, *v, *w) else {
                    behind += 1;
                    continue;
                };
                corners[k * 4 + corner] = [p.x, p.y];
                low = [low[0].min(p.x), low[1].min(p.y)];
                high = [high[0].max(p.x), high[1].max(p.y)];
            }
        }
        match behind {
            0 => {}
            8 => return None,
            // Straddles the camera plane: may be anywhere, and is close.
            _ => {
                let high = [width as f32, height as f32];
                return Some(VisibleTile { low: [0.0; 2], high, level: 0 });
            }
        }
        // A little more than the corners say, for rounding.
        low = low.map(|x| x - 0.01);
        high = high.map(|x| x + 0.01);
        if high[0] < 0.0 || high[1] < 0.0 || low[0] > width as f32 || low[1] > height as f32 {
            return None;
        }
        let mut cell_px = 0.0_f32;
        for quad in corners.chunks_exact(4) {
            for side in 0..4 {
                let (a, b) = (quad[side], quad[(side + 1) % 4]);
                let length = (a[0] - b[0]).hypot(a[1] - b[1]);
                cell_px = cell_px.max(length / self.cells[side % 2] as f32);
            }
        }
        let wanted = (0..LEVELS as u32).take_while(|k| (1 << k) as f32 * cell_px <= MAX_CELL_PX);
        let wanted_stride = 1 << wanted.last().unwrap_or(0);
        let level = self.levels.iter().rposition(|l| l.stride <= wanted_stride).unwrap_or(0);
        Some(VisibleTile { low, high, level })
    }
}

/// Steps between the vertices that are asked first how large their cells look.
const ASKED_STEP: usize = 8;
/// Fewer answers than this are not enough.
const LEAST_ASKED: usize = 6;
/// One in so many of them makes a tile coarse.
const COARSE_PART: usize = 4;
/// Largest cell of a level that is chosen instead of a finer one, screen pixels.
const MAX_CELL_PX: f32 = 1.0;

/// A tile on a screen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VisibleTile {
    /// Low corner of what it may cover, pixels.
    pub low: [f32; 2],
    /// High corner of what it may cover, pixels.
    pub high: [f32; 2],
    /// Index into [`Tile::levels`].
    pub level: usize,
}
