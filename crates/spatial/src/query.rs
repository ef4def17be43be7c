//! Rays, ground and free space, asked of the tiles.
//!
//! In a view, a ray is a straight line in (u, v, inverse depth), and a tile is a height field over
//! (u, v): the line is walked cell by cell until it changes sides.

use crate::{Memory, Tile, TileLevel, View, cell};
use glam::{Vec2, Vec3};
use reverie_world_model::{RayHit, SpatialQuery};

/// Vertices between samples of rays: finer than any body needs, coarse enough to calm noise.
const RAY_STRIDE: u32 = 2;
/// Half the width of the patch whose median height is the ground's, metres.
const GROUND_PATCH_M: f32 = 0.15;
/// How far down the ground is looked for, metres.
const GROUND_REACH_M: f32 = 500.0;
/// Reach of the differences that give a normal, cells of the sampled level.
const NORMAL_REACH: usize = 3;

impl SpatialQuery for Memory {
    fn ray_cast(&self, origin: Vec3, direction: Vec3, max_distance_m: f32) -> Option<RayHit> {
        let direction = direction.normalize_or_zero();
        if direction == Vec3::ZERO || !origin.is_finite() || max_distance_m.is_nan() {
            return None;
        }
        let mut nearest: Option<RayHit> = None;
        for view in self.surfaces() {
            let ray = ViewRay::new(&view.view, origin, direction);
            for tile in view.tiles().iter() {
                let reach = nearest.map_or(max_distance_m, |hit| hit.distance_m);
                let Some(span) = span_in_box(tile, origin, direction, reach) else { continue };
                if let Some(hit) = ray.meet(tile, span)
                    && hit.distance_m <= reach
                {
                    nearest = Some(hit);
                }
            }
        }
        nearest
    }

    fn ground_height(&self, point: Vec3) -> Option<f32> {
        let mut heights = [0.0_f32; 5];
        let mut found = 0;
        for offset in [Vec2::ZERO, Vec2::X, Vec2::NEG_X, Vec2::Y, Vec2::NEG_Y] {
            let from = point + Vec3::new(offset.x, 0.0, offset.y) * GROUND_PATCH_M;
            if let Some(hit) = self.ray_cast(from, Vec3::NEG_Y, GROUND_REACH_M) {
                heights[found] = hit.position.y;
                found += 1;
            }
        }
        // The median: one spike of noisy depth does not lift the walker.
        let heights = &mut heights[..found];
        heights.sort_by(f32::total_cmp);
        (found > 0).then(|| heights[found / 2])
    }

    fn is_free(&self, centre: Vec3, radius_m: f32) -> bool {
        self.surfaces().all(|view| {
            let depth_m = -view.view.pose().view_from_world(centre).z;
            let focal = view.view.intrinsics().fx.max(view.view.intrinsics().fy);
            // Vertices no farther apart than the ball is wide, at its depth.
            let spacing_px = radius_m * focal / (depth_m.abs() + radius_m);
            view.tiles().iter().all(|tile| {
                let bounds = tile.bounds();
                let apart = centre.clamp(bounds.low, bounds.high.max(bounds.low)) - centre;
                bounds.max_inverse_depth == 0.0
                    || apart.length_squared() > radius_m * radius_m
                    || !touches(tile, level_for(tile, spacing_px as u32), centre, radius_m)
            })
        })
    }
}

/// The coarsest level of a tile with at most this stride.
fn level_for(tile: &Tile, stride: u32) -> &TileLevel {
    let levels = tile.levels();
    &levels[levels.iter().rposition(|level| level.stride <= stride).unwrap_or(0)]
}

fn touches(tile: &Tile, level: &TileLevel, centre: Vec3, radius_m: f32) -> bool {
    (0..level.rows).any(|row| {
        (0..level.columns).any(|column| {
            let at = (row * level.columns + column) as usize;
            let w = level.inverse_depth[at];
            level.rgba[at] >> 24 != 0
                && w > 0.0
                && tile
                    .view()
                    .unproject(tile.u(level, column), tile.v(level, row), w)
                    .distance_squared(centre)
                    <= radius_m * radius_m
        })
    })
}

/// The part of a ray inside a tile's box, as distances.
fn span_in_box(tile: &Tile, origin: Vec3, direction: Vec3, reach: f32) -> Option<[f32; 2]> {
    let bounds = tile.bounds();
    if bounds.max_inverse_depth == 0.0 {
        return None;
    }
    // A little larger, so that a flat box is not missed.
    let margin = Vec3::splat(1e-3) + (bounds.high - bounds.low) * 1e-3;
    let inverse = direction.recip();
    let a = (bounds.low - margin - origin) * inverse;
    let b = (bounds.high + margin - origin) * inverse;
    // 0 * infinity, a ray along the side of a box, must not shorten it: `min` and `max` of glam
    // may keep NaN, those of f32 do not.
    let enter = (0..3).map(|k| a[k].min(b[k])).fold(0.0_f32, f32::max);
    let leave = (0..3).map(|k| a[k].max(b[k])).fold(reach, f32::min);
    (enter <= leave).then_some([enter, leave])
}

/// A ray in the space of a view.
struct ViewRay<'a> {
    view: &'a View,
    origin_world: Vec3,
    direction_world: Vec3,
    origin: Vec3,
    direction: Vec3,
}

/// A point in (u, v, inverse depth).
type Point = Vec3;

impl<'a> ViewRay<'a> {
    fn new(view: &'a View, origin_world: Vec3, direction_world: Vec3) -> Self {
        let pose = view.pose();
        Self {
            view,
            origin_world,
            direction_world,
            origin: pose.view_from_world(origin_world),
            direction: pose.rotation.conjugate() * direction_world,
        }
    }

    fn at(&self, distance: f32) -> Option<Point> {
        let point = self.origin + self.direction * distance;
        let (uv, depth) = self.view.intrinsics().project(point)?;
        Some(uv.extend(1.0 / depth))
    }

    /// Where the ray crosses a tile's surface between two distances.
    fn meet(&self, tile: &Tile, [mut enter, mut leave]: [f32; 2]) -> Option<RayHit> {
        // Keep in front of the view's camera: the surface lies beyond this depth anyway.
        let least_depth = 0.5 / tile.bounds().max_inverse_depth;
        let depth_at_start = -self.origin.z;
        let depth_slope = -self.direction.z;
        if depth_slope.abs() > 1e-9 {
            let crossing = (least_depth - depth_at_start) / depth_slope;
            if depth_slope > 0.0 {
                enter = enter.max(crossing);
            } else {
                leave = leave.min(crossing);
            }
        } else if depth_at_start < least_depth {
            return None;
        }
        if enter > leave {
            return None;
        }
        let level = level_for(tile, RAY_STRIDE);
        // In units of the level's cells, from its first vertex.
        let stride = level.stride as f32;
        let origin = Vec2::new(tile.origin()[0] as f32, tile.origin()[1] as f32);
        let to_cells = |p: Point| {
            let uv = (p.truncate() + 0.5 - origin) / stride;
            uv.extend(p.z)
        };
        let (a, b) = (to_cells(self.at(enter)?), to_cells(self.at(leave)?));
        let crossing = walk(level, a, b)?;
        let uv = crossing.truncate() * stride + origin - 0.5;
        let point = self.view.intrinsics().ray(uv.x, uv.y) / crossing.z;
        let distance_m = (point - self.origin).dot(self.direction);
        if distance_m < 0.0 {
            return None;
        }
        let normal = self.normal(tile, level, crossing);
        let facing = if normal.dot(self.direction_world) > 0.0 { -normal } else { normal };
        let position = self.origin_world + self.direction_world * distance_m;
        Some(RayHit { position, normal: facing, distance_m })
    }

    /// The plane through the surface around a place: over a plane, w = a x + b y + c in ray
    /// coordinates (x, y), and its normal is (a, b, c).
    fn normal(&self, tile: &Tile, level: &TileLevel, at: Point) -> Vec3 {
        let (columns, rows) = (level.columns as usize, level.rows as usize);
        let (x, y) = ((at.x as usize).min(columns - 2), (at.y as usize).min(rows - 2));
        // As far as the surface goes on, at most the reach.
        let joined = |x: usize, y: usize| level.cells[y * (columns - 1) + x] == cell::WHOLE;
        let run = |step: &dyn Fn(usize) -> Option<(usize, usize)>| {
            (1..=NORMAL_REACH).take_while(|k| step(*k).is_some_and(|(x, y)| joined(x, y))).count()
        };
        let left = x - run(&|k| Some((x.checked_sub(k)?, y)));
        let right = x + 1 + run(&|k| (x + k < columns - 1).then_some((x + k, y)));
        let top = y - run(&|k| Some((x, y.checked_sub(k)?)));
        let bottom = y + 1 + run(&|k| (y + k < rows - 1).then_some((x, y + k)));
        let w = |x: usize, y: usize| level.inverse_depth[y * columns + x];
        let u = |x: usize| tile.u(level, x as u32);
        let v = |y: usize| tile.v(level, y as u32);
        let of_u = (w(right, y) - w(left, y)) / (u(right) - u(left)).max(1e-3);
        let of_v = (w(x, bottom) - w(x, top)) / (v(bottom) - v(top)).max(1e-3);
        let camera = self.view.intrinsics();
        // Ray coordinates are (X / depth, Y / depth); v grows downwards.
        let (a, b) = (of_u * camera.fx, -of_v * camera.fy);
        let ray = camera.ray(u(x), v(y));
        let c = w(x, y) - a * ray.x - b * ray.y;
        self.view.pose().rotation * Vec3::new(a, b, -c).normalize_or(Vec3::Z)
    }
}

/// First place where the line from `a` to `b`, in (cell column, cell row, inverse depth), crosses
/// the level's surface.
fn walk(level: &TileLevel, a: Point, b: Point) -> Option<Point> {
    let limits = Vec2::new((level.columns - 1) as f32, (level.rows - 1) as f32);
    let along = b - a;
    // Clip to the level's cells.
    let (mut from, mut to) = (0.0_f32, 1.0_f32);
    for axis in 0..2 {
        if along[axis].abs() < 1e-9 {
            if !(0.0..=limits[axis]).contains(&a[axis]) {
                return None;
            }
            continue;
        }
        let p = -a[axis] / along[axis];
        let q = (limits[axis] - a[axis]) / along[axis];
        from = from.max(p.min(q));
        to = to.min(p.max(q));
    }
    if from > to {
        return None;
    }
    let last = [level.columns as usize - 2, level.rows as usize - 2];
    let columns = level.columns as usize;
    let mut now = from;
    // One step per cell border crossed, and a few for rounding.
    for _ in 0..2 * (last[0] + last[1]) + 8 {
        // The cell just ahead, and where it ends.
        let ahead = a + along * (now + 1e-5 * (to - from));
        let place = [0, 1].map(|axis| (ahead[axis].max(0.0) as usize).min(last[axis]));
        let mut next = to;
        for axis in 0..2 {
            if along[axis].abs() >= 1e-9 {
                let border = place[axis] as f32 + if along[axis] > 0.0 { 1.0 } else { 0.0 };
                let crossing = (border - a[axis]) / along[axis];
                if crossing > now {
                    next = next.min(crossing);
                }
            }
        }
        let at = place[1] * columns + place[0];
        if level.cells[place[1] * (columns - 1) + place[0]] == cell::WHOLE {
            let w = [at, at + 1, at + columns, at + columns + 1].map(|k| level.inverse_depth[k]);
            let gap = |t: f32| {
                let p = a + along * t;
                let (s, t) = (p.x - place[0] as f32, p.y - place[1] as f32);
                let top = w[0] + (w[1] - w[0]) * s;
                let bottom = w[2] + (w[3] - w[2]) * s;
                p.z - (top + (bottom - top) * t)
            };
            let solid = w.iter().all(|w| *w > 0.0);
            let (before, after) = (gap(now), gap(next));
            if solid && (before >= 0.0) != (after >= 0.0) {
                let share = (before / (before - after)).clamp(0.0, 1.0);
                return Some(a + along * (now + (next - now) * share));
            }
        }
        if next >= to {
            return None;
        }
        now = next.max(now + 1e-6 * (to - from));
    }
    None
}
