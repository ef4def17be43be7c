//! The fast path's inner loops: eight quads, or eight pixels of a large one, at a time.
//!
//! Everything here is inlined into a function compiled for the instruction set at hand; closures
//! would not be, hence the many small functions.
//!
//! Every lane does what [`mod@crate::reference`] does, in the same order and without fused
//! multiply-add: the picture is the same on every machine.

use crate::{
    ScreenFromView, Tile, TileLevel, cell, quarters,
    simd::{LANES, Portable, Simd},
};
use std::array::from_fn;

/// Most vertices along a side of a tile.
const SIDE: usize = 33;
/// Vertices of a row in the scratch space: a whole number of lanes, and one cell's right side more.
const PITCH: usize = 40;
/// Groups of lanes in a row of cells; vertices have one more.
const BLOCKS: usize = 4;
/// Quads up to this many pixels wide and high are drawn side by side, larger ones alone.
const LARGE_PX: f32 = 8.0;

type Row = [f32; PITCH];
type Plane = [Row; SIDE];

/// A tile's vertices on the screen.
#[repr(align(64))]
pub(crate) struct Scratch {
    x: Plane,
    y: Plane,
    /// Inverse depth; -1 marks what lies behind the camera.
    w: Plane,
    /// Red, green, blue, 0 to 255.
    colour: [Plane; 3],
}

impl Default for Scratch {
    fn default() -> Self {
        let zero = [[0.0; PITCH]; SIDE];
        Self { x: zero, y: zero, w: zero, colour: [zero; 3] }
    }
}

/// Rows of a frame that one task draws to: colour with alpha 0 is a hole.
pub(crate) struct Band<'a> {
    pub rgba: &'a mut [u32],
    pub inverse_depth: &'a mut [f32],
    /// Pixels in a row.
    pub width: usize,
    /// First row.
    pub top: usize,
}

impl Band<'_> {
    fn bottom(&self) -> usize {
        self.top + self.rgba.len() / self.width
    }
}

/// Draws one level of a tile, its vertices in these colours.
pub(crate) fn draw_tile(
    tile: &Tile,
    level: &TileLevel,
    rgba: &[u32],
    map: &ScreenFromView,
    scratch: &mut Scratch,
    band: &mut Band,
) {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") {
        if std::is_x86_feature_detected!("avx512f") && std::is_x86_feature_detected!("avx512vl") {
            // SAFETY: the processor has these features.
            unsafe { draw_tile_avx512(tile, level, rgba, map, scratch, band) };
        } else {
            // SAFETY: the processor has AVX2.
            unsafe { draw_tile_avx2(tile, level, rgba, map, scratch, band) };
        }
        return;
    }
    draw_tile_with::<Portable>(tile, level, rgba, map, scratch, band);
}

/// The same with twice as many registers.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,avx512f,avx512vl")]
fn draw_tile_avx512(
    tile: &Tile,
    level: &TileLevel,
    rgba: &[u32],
    map: &ScreenFromView,
    scratch: &mut Scratch,
    band: &mut Band,
) {
    draw_tile_with::<crate::simd::Avx2>(tile, level, rgba, map, scratch, band);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn draw_tile_avx2(
    tile: &Tile,
    level: &TileLevel,
    rgba: &[u32],
    map: &ScreenFromView,
    scratch: &mut Scratch,
    band: &mut Band,
) {
    draw_tile_with::<crate::simd::Avx2>(tile, level, rgba, map, scratch, band);
}

#[inline(always)]
fn draw_tile_with<S: Simd>(
    tile: &Tile,
    level: &TileLevel,
    rgba: &[u32],
    map: &ScreenFromView,
    scratch: &mut Scratch,
    band: &mut Band,
) {
    let (columns, rows) = (level.columns as usize, level.rows as usize);
    let us: Row = from_fn(|k| tile.u(level, k.min(columns - 1) as u32));
    let (top, bottom) = (band.top as f32, band.bottom() as f32);
    let mut pending = Pending::default();
    // Whether a row of vertices lies above or below the band.
    let mut outside = [false; 2];
    for row in 0..rows {
        let v = tile.v(level, row as u32);
        let (low, high) = transform_row::<S>(level, rgba, row, &us, v, map, scratch);
        let before = outside;
        outside = [high < top, low > bottom];
        if row == 0 || (outside[0] && before[0]) || (outside[1] && before[1]) {
            continue;
        }
        let row = row - 1;
        let bits = &level.cells[row * (columns - 1)..(row + 1) * (columns - 1)];
        let [red, green, blue] = &scratch.colour;
        let rows = [
            (&scratch.x[row], &scratch.x[row + 1]),
            (&scratch.y[row], &scratch.y[row + 1]),
            (&scratch.w[row], &scratch.w[row + 1]),
            (&red[row], &red[row + 1]),
            (&green[row], &green[row + 1]),
            (&blue[row], &blue[row + 1]),
        ];
        for block in 0..BLOCKS {
            let Some(bits) = bits.get(block * LANES..).filter(|bits| !bits.is_empty()) else {
                break;
            };
            let mut own = [cell::EMPTY; LANES];
            match bits.first_chunk() {
                Some(full) => own = *full,
                None => own[..bits.len()].copy_from_slice(bits),
            }
            if own == [cell::EMPTY; LANES] {
                continue;
            }
            let at = block * LANES;
            let mut quads = Quads::<S> {
                x: load_corners::<S>(rows[0], at),
                y: load_corners::<S>(rows[1], at),
                w: load_corners::<S>(rows[2], at),
                colour: [
                    load_corners::<S>(rows[3], at),
                    load_corners::<S>(rows[4], at),
                    load_corners::<S>(rows[5], at),
                ],
            };
            if own != [cell::WHOLE; LANES] {
                let hide = own.map(|bits| if bits == cell::WHOLE { f32::INFINITY } else { -1.0 });
                quads.w[0] = S::min(quads.w[0], S::load(&hide));
                for (lane, bits) in own.iter().enumerate() {
                    if *bits != cell::WHOLE && *bits != cell::EMPTY {
                        let (column, pending) = (at + lane, &mut pending);
                        draw_cut_cell::<S>(
                            tile, level, rgba, map, *bits, column, row, pending, band,
                        );
                    }
                }
            }
            draw_quads(&quads, band);
        }
    }
    pending.flush::<S>(map, band);
}

/// Eight values of a row.
#[inline(always)]
fn lanes(row: &Row, at: usize) -> &[f32; LANES] {
    match row.get(at..).and_then(<[f32]>::first_chunk) {
        Some(lanes) => lanes,
        // Rows are longer than any cell's right side.
        None => &[0.0; LANES],
    }
}

/// The corners, clockwise, of eight cells from the one at `at` between two rows of vertices.
#[inline(always)]
fn load_corners<S: Simd>((upper, lower): (&Row, &Row), at: usize) -> [S::F; 4] {
    [
        S::load(lanes(upper, at)),
        S::load(lanes(upper, at + 1)),
        S::load(lanes(lower, at + 1)),
        S::load(lanes(lower, at)),
    ]
}

/// One row of a map applied to eight vertices.
#[inline(always)]
fn transform<S: Simd>(m: &[f32; 4], u: S::F, v: S::F, w: S::F) -> S::F {
    let base = S::add(S::mul(S::splat(m[1]), v), S::splat(m[2]));
    S::add(S::add(S::mul(S::splat(m[0]), u), base), S::mul(S::splat(m[3]), w))
}

/// Screen x and y and inverse depth (-1 behind the camera) of eight vertices.
#[inline(always)]
fn project<S: Simd>(map: &ScreenFromView, u: S::F, v: S::F, w: S::F) -> (S::F, S::F, S::F) {
    let hx = transform::<S>(&map.rows[0], u, v, w);
    let hy = transform::<S>(&map.rows[1], u, v, w);
    let hz = transform::<S>(&map.rows[2], u, v, w);
    let least = S::splat(ScreenFromView::LEAST_DEPTH);
    let seen = S::and(S::ge(hz, least), S::ge(hz, S::mul(S::splat(crate::NEAR_M), w)));
    let inverse = S::div(S::splat(1.0), S::select(seen, hz, S::splat(1.0)));
    let w = S::select(seen, S::mul(w, inverse), S::splat(-1.0));
    (S::mul(hx, inverse), S::mul(hy, inverse), w)
}

/// Transforms a row of vertices into the scratch space; returns its lowest and highest screen y.
#[inline(always)]
fn transform_row<S: Simd>(
    level: &TileLevel,
    rgba: &[u32],
    row: usize,
    us: &Row,
    v: f32,
    map: &ScreenFromView,
    scratch: &mut Scratch,
) -> (f32, f32) {
    let columns = level.columns as usize;
    let source = row * columns..(row + 1) * columns;
    let (inverse_depth, rgba) = (&level.inverse_depth[source.clone()], &rgba[source]);
    let [red, green, blue] = &mut scratch.colour;
    let out = [
        &mut scratch.x[row],
        &mut scratch.y[row],
        &mut scratch.w[row],
        &mut red[row],
        &mut green[row],
        &mut blue[row],
    ];
    let mut low = S::splat(f32::INFINITY);
    let mut high = S::splat(f32::NEG_INFINITY);
    for block in 0..=BLOCKS {
        let at = block * LANES;
        let (Some(ws), Some(colours)) = (inverse_depth.get(at..), rgba.get(at..)) else { break };
        let (w, rgba) = match (ws.first_chunk(), colours.first_chunk()) {
            (Some(w), Some(rgba)) => (S::load(w), S::load_u(rgba)),
            _ => {
                let (Some(last_w), Some(last_rgba)) = (ws.last(), colours.last()) else { break };
                // Lanes beyond the last vertex repeat it: they must not widen the row.
                let (mut w, mut rgba) = ([*last_w; LANES], [*last_rgba; LANES]);
                w[..ws.len()].copy_from_slice(ws);
                rgba[..ws.len()].copy_from_slice(colours);
                (S::load(&w), S::load_u(&rgba))
            }
        };
        let (x, y, w) = project::<S>(map, S::load(lanes(us, at)), S::splat(v), w);
        low = S::min(low, y);
        high = S::max(high, y);
        put::<S>(out[0], at, x);
        put::<S>(out[1], at, y);
        put::<S>(out[2], at, w);
        put::<S>(out[3], at, S::byte::<0>(rgba));
        put::<S>(out[4], at, S::byte::<8>(rgba));
        put::<S>(out[5], at, S::byte::<16>(rgba));
    }
    let least = S::store(low).into_iter().fold(f32::INFINITY, f32::min);
    let most = S::store(high).into_iter().fold(f32::NEG_INFINITY, f32::max);
    (least, most)
}

/// Writes eight values of a row.
#[inline(always)]
fn put<S: Simd>(row: &mut Row, at: usize, values: S::F) {
    if let Some(place) = row.get_mut(at..).and_then(<[f32]>::first_chunk_mut) {
        *place = S::store(values);
    }
}

/// Corners of eight quads, clockwise: screen x and y, inverse depth (-1: do not draw), and red,
/// green and blue.
struct Quads<S: Simd> {
    x: [S::F; 4],
    y: [S::F; 4],
    w: [S::F; 4],
    colour: [[S::F; 4]; 3],
}

/// Up to eight quarter cells, collected to be drawn together.
#[derive(Default)]
struct Pending {
    /// u, v and inverse depth in the view, of each corner.
    planes: [[[f32; LANES]; 4]; 3],
    /// Red, green, blue.
    colour: [[f32; LANES]; 3],
    count: usize,
}

impl Pending {
    #[inline(always)]
    fn flush<S: Simd>(&mut self, map: &ScreenFromView, band: &mut Band) {
        if self.count == 0 {
            return;
        }
        let [us, vs, ws] = &self.planes;
        let nothing = S::splat(0.0);
        let (mut x, mut y, mut w) = ([nothing; 4], [nothing; 4], [nothing; 4]);
        for corner in 0..4 {
            let (u, v) = (S::load(&us[corner]), S::load(&vs[corner]));
            let projected = project::<S>(map, u, v, S::load(&ws[corner]));
            (x[corner], y[corner], w[corner]) = projected;
        }
        let mut there = [-1.0; LANES];
        there[..self.count].fill(f32::INFINITY);
        w[0] = S::min(w[0], S::load(&there));
        let [red, green, blue] = &self.colour;
        let (red, green, blue) = (S::load(red), S::load(green), S::load(blue));
        let colour = [[red; 4], [green; 4], [blue; 4]];
        draw_quads(&Quads::<S> { x, y, w, colour }, band);
        self.count = 0;
    }
}

#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "one step of one loop, apart for reading")]
fn draw_cut_cell<S: Simd>(
    tile: &Tile,
    level: &TileLevel,
    rgba: &[u32],
    map: &ScreenFromView,
    bits: u8,
    column: usize,
    row: usize,
    pending: &mut Pending,
    band: &mut Band,
) {
    let columns = level.columns as usize;
    let at = row * columns + column;
    let corners = [at, at + 1, at + columns + 1, at + columns];
    let u = [tile.u(level, column as u32), tile.u(level, column as u32 + 1)];
    let v = [tile.v(level, row as u32), tile.v(level, row as u32 + 1)];
    let w = corners.map(|c| level.inverse_depth[c]);
    for quarter in quarters(bits, u, v, w).into_iter().flatten() {
        let [r, g, b, _] = rgba[corners[quarter.corner]].to_le_bytes().map(f32::from);
        for (plane, value) in pending.colour.iter_mut().zip([r, g, b]) {
            plane[pending.count] = value;
        }
        for (corner, vertex) in quarter.vertices.into_iter().enumerate() {
            for (plane, value) in pending.planes.iter_mut().zip(vertex) {
                plane[corner][pending.count] = value;
            }
        }
        pending.count += 1;
        if pending.count == LANES {
            pending.flush::<S>(map, band);
        }
    }
}

#[inline(always)]
fn least<S: Simd>(v: &[S::F; 4]) -> S::F {
    S::min(S::min(v[0], v[1]), S::min(v[2], v[3]))
}

#[inline(always)]
fn most<S: Simd>(v: &[S::F; 4]) -> S::F {
    S::max(S::max(v[0], v[1]), S::max(v[2], v[3]))
}

#[inline(always)]
fn draw_quads<S: Simd>(quads: &Quads<S>, band: &mut Band) {
    let (right, top, bottom) = (band.width as f32, band.top as f32, band.bottom() as f32);
    let half = S::splat(0.5);
    // First pixel and number of pixels that may be covered, along x and y.
    let x0 = S::max(S::ceil(S::sub(least::<S>(&quads.x), half)), S::splat(0.0));
    let y0 = S::max(S::ceil(S::sub(least::<S>(&quads.y), half)), S::splat(top));
    let x1 = S::min(S::floor(S::add(most::<S>(&quads.x), half)), S::splat(right));
    let y1 = S::min(S::floor(S::add(most::<S>(&quads.y), half)), S::splat(bottom));
    let zero = S::splat(0.0);
    let seen = S::and(S::ge(least::<S>(&quads.w), zero), S::and(S::gt(x1, x0), S::gt(y1, y0)));
    if S::bits(seen) == 0 {
        return;
    }
    let wide = S::select(seen, S::sub(x1, x0), zero);
    let high = S::select(seen, S::sub(y1, y0), zero);
    if S::bits(S::gt(S::max(wide, high), S::splat(LARGE_PX))) != 0 {
        draw_alone(quads, x0, y0, wide, high, band);
        return;
    }
    // One pixel of each quad after another.
    let mut down = 0.0;
    loop {
        let rows = S::gt(high, S::splat(down));
        if S::bits(rows) == 0 {
            return;
        }
        let y = S::add(y0, S::splat(down));
        let mut across = 0.0;
        loop {
            let there = S::and(rows, S::gt(wide, S::splat(across)));
            if S::bits(there) == 0 {
                break;
            }
            draw_pixels(quads, there, S::add(x0, S::splat(across)), y, band);
            across += 1.0;
        }
        down += 1.0;
    }
}

/// Large quads: eight pixels of one after another.
#[inline(always)]
fn draw_alone<S: Simd>(
    quads: &Quads<S>,
    x0: S::F,
    y0: S::F,
    wide: S::F,
    high: S::F,
    band: &mut Band,
) {
    let (x0, y0, wide, high) = (S::store(x0), S::store(y0), S::store(wide), S::store(high));
    let steps = S::load(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
    for lane in 0..LANES {
        if wide[lane] == 0.0 {
            continue;
        }
        let [red, green, blue] = &quads.colour;
        let one = Quads::<S> {
            x: splat_lane::<S>(&quads.x, lane),
            y: splat_lane::<S>(&quads.y, lane),
            w: splat_lane::<S>(&quads.w, lane),
            colour: [
                splat_lane::<S>(red, lane),
                splat_lane::<S>(green, lane),
                splat_lane::<S>(blue, lane),
            ],
        };
        let right = S::splat(x0[lane] + wide[lane]);
        let mut down = 0.0;
        while down < high[lane] {
            let mut across = 0.0;
            while across < wide[lane] {
                let x = S::add(S::splat(x0[lane] + across), steps);
                draw_pixels(&one, S::gt(right, x), x, S::splat(y0[lane] + down), band);
                across += LANES as f32;
            }
            down += 1.0;
        }
    }
}

/// One lane in all.
#[inline(always)]
fn splat_lane<S: Simd>(v: &[S::F; 4], lane: usize) -> [S::F; 4] {
    [
        S::splat(S::store(v[0])[lane]),
        S::splat(S::store(v[1])[lane]),
        S::splat(S::store(v[2])[lane]),
        S::splat(S::store(v[3])[lane]),
    ]
}

#[inline(always)]
fn cross<S: Simd>(p: (S::F, S::F), q: (S::F, S::F)) -> S::F {
    S::sub(S::mul(p.0, q.1), S::mul(p.1, q.0))
}

/// A corner value at the pixels with these weights: of corners 0, 1, 2 in the first triangle, of
/// 0, 2, 3 in the second.
#[inline(always)]
fn mix<S: Simd>(v: &[S::F; 4], first: S::M, e: (S::F, S::F, S::F)) -> S::F {
    let (v1, v2) = (S::select(first, v[1], v[2]), S::select(first, v[2], v[3]));
    S::add(S::add(S::mul(v[0], e.0), S::mul(v1, e.1)), S::mul(v2, e.2))
}

/// Draws pixel (x, y) of the quad in each lane that is `there`, where the quad covers it.
#[inline(always)]
fn draw_pixels<S: Simd>(quads: &Quads<S>, there: S::M, x: S::F, y: S::F, band: &mut Band) {
    let zero = S::splat(0.0);
    let half = S::splat(0.5);
    let (cx, cy) = (S::add(x, half), S::add(y, half));
    let a = (S::sub(quads.x[0], cx), S::sub(quads.y[0], cy));
    let b = (S::sub(quads.x[1], cx), S::sub(quads.y[1], cy));
    let c = (S::sub(quads.x[2], cx), S::sub(quads.y[2], cy));
    let d = (S::sub(quads.x[3], cx), S::sub(quads.y[3], cy));
    // Twice the areas of the pixel's triangles with each side, in the half it lies in.
    let diagonal = cross::<S>(c, a);
    let first = S::ge(diagonal, zero);
    let e0 = S::select(first, cross::<S>(b, c), cross::<S>(c, d));
    let e1 = S::select(first, diagonal, cross::<S>(d, a));
    let e2 = S::select(first, cross::<S>(a, b), S::sub(zero, diagonal));
    let sum = S::add(S::add(e0, e1), e2);
    let inside = S::and(
        S::and(S::and(S::ge(e0, zero), S::ge(e1, zero)), S::ge(e2, zero)),
        S::and(S::gt(sum, zero), there),
    );
    let mut bits = S::bits(inside);
    if bits == 0 {
        return;
    }
    let inverse = S::div(S::splat(1.0), sum);
    let e = (S::mul(e0, inverse), S::mul(e1, inverse), S::mul(e2, inverse));
    let depth = S::store(mix::<S>(&quads.w, first, e));
    let [red, green, blue] = &quads.colour;
    let (red, green) = (mix::<S>(red, first, e), mix::<S>(green, first, e));
    let colour = S::store_u(S::pack(red, green, mix::<S>(blue, first, e)));
    let row = S::mul(S::sub(y, S::splat(band.top as f32)), S::splat(band.width as f32));
    let place = S::store_u(S::whole(S::select(inside, S::add(row, x), zero)));
    let inverse_depth = &mut band.inverse_depth[..band.rgba.len()];
    while bits != 0 {
        let lane = bits.trailing_zeros() as usize % LANES;
        bits &= bits - 1;
        let at = place[lane] as usize;
        let (depth, colour) = (depth[lane], colour[lane]);
        if at < inverse_depth.len() {
            let (w, rgba) = (&mut inverse_depth[at], &mut band.rgba[at]);
            // The nearest wins, and of equals the larger colour, whatever came first.
            if depth > *w || (depth == *w && colour > *rgba) {
                (*w, *rgba) = (depth, colour);
            }
        }
    }
}
