//! Terrain around the eye: nested square grids of heights, finer towards the middle.
//!
//! The lattice of each grid is fixed to the world; only the window onto it moves, in whole blocks.
//! So the height of a place near the eye does not change as the eye goes on, and what the windows
//! hold follows from the eye's place alone.

use glam::{Vec2, Vec3};
use rayon::prelude::*;

use crate::rays::geometry::Ray;

/// Windows move by this many cells at a time.
const STEP: i32 = 16;
/// Sides of the blocks whose highest point is kept, cells; each divides the one before.
const BLOCKS: [usize; 2] = [32, 8];
/// Cells over which a grid melts into the coarser one at its rim.
const RIM: f32 = 8.0;

#[derive(Clone, Debug)]
struct Level {
    cells: usize,
    cell_m: f32,
    /// Lattice point of the window's first corner; `None` before the first filling.
    corner: Option<(i32, i32)>,
    /// As the source gives them.
    raw: Vec<f32>,
    /// With the rim melted into the coarser grid.
    heights: Vec<f32>,
    /// Highest point of each block of cells, per size of block.
    block_max: [Vec<f32>; 2],
    /// Highest point of all.
    top: f32,
}

impl Level {
    fn new(cells: usize, cell_m: f32) -> Self {
        let points = (cells + 1) * (cells + 1);
        let blocks = |side: usize| vec![0.0; (cells / side) * (cells / side)];
        Self {
            cells,
            cell_m,
            corner: None,
            raw: vec![0.0; points],
            heights: vec![0.0; points],
            block_max: BLOCKS.map(blocks),
            top: 0.0,
        }
    }

    fn side_m(&self) -> f32 {
        self.cells as f32 * self.cell_m
    }

    /// World position of the window's first corner.
    fn origin(&self) -> Vec2 {
        let (c, r) = self.corner.unwrap_or_default();
        Vec2::new(c as f32 * self.cell_m, r as f32 * self.cell_m)
    }

    fn contains(&self, x: f32, z: f32) -> bool {
        let (at, side) = (Vec2::new(x, z) - self.origin(), self.side_m());
        at.x > 0.0 && at.y > 0.0 && at.x < side && at.y < side
    }

    fn height(&self, c: usize, r: usize) -> f32 {
        self.heights[r * (self.cells + 1) + c]
    }

    /// Moves the window over a place and fills what is new to it. True when it moved.
    fn recentre(
        &mut self,
        x: f32,
        z: f32,
        height: &(impl Fn(f32, f32, f32) -> f32 + Sync),
    ) -> bool {
        let step_m = STEP as f32 * self.cell_m;
        let half = self.cells as i32 / 2;
        let middle = |v: f32| (v / step_m).round() as i32 * STEP;
        let corner = (middle(x) - half, middle(z) - half);
        if self.corner == Some(corner) {
            return false;
        }
        let row = self.cells + 1;
        // Where the new window's points were in the old one.
        let shift = self.corner.map(|old| (corner.0 - old.0, corner.1 - old.1));
        let kept = |i: i32| (0..row as i32).contains(&i);
        let old = std::mem::take(&mut self.raw);
        let mut raw = vec![0.0; row * row];
        let cell_m = self.cell_m;
        raw.par_chunks_mut(row).enumerate().for_each(|(r, line)| {
            for (c, out) in line.iter_mut().enumerate() {
                if let Some((dc, dr)) = shift {
                    let (c, r) = (c as i32 + dc, r as i32 + dr);
                    if kept(c) && kept(r) {
                        *out = old[r as usize * row + c as usize];
                        continue;
                    }
                }
                let (i, j) = (corner.0 + c as i32, corner.1 + r as i32);
                *out = height(i as f32 * cell_m, j as f32 * cell_m, 2.0 * cell_m);
            }
        });
        self.raw = raw;
        self.corner = Some(corner);
        true
    }

    /// Melts the rim into the coarser grid, so that no crack opens there, and reckons the blocks.
    fn settle(&mut self, coarse: Option<&Level>) {
        let (row, origin) = (self.cells + 1, self.origin());
        self.heights.copy_from_slice(&self.raw);
        if let Some(coarse) = coarse {
            let (cells, cell_m) = (self.cells, self.cell_m);
            self.heights.par_chunks_mut(row).enumerate().for_each(|(r, line)| {
                for (c, h) in line.iter_mut().enumerate() {
                    let rim = c.min(r).min(cells - c).min(cells - r) as f32 / RIM;
                    if rim < 1.0 {
                        let at = origin + Vec2::new(c as f32, r as f32) * cell_m;
                        let outer = coarse.sample(at.x, at.y);
                        *h = outer + (*h - outer) * rim;
                    }
                }
            });
        }
        for (side, tops) in BLOCKS.into_iter().zip(&mut self.block_max) {
            let (blocks, heights) = (self.cells / side, &self.heights);
            tops.par_iter_mut().enumerate().for_each(|(b, top)| {
                let (c0, r0) = (b % blocks * side, b / blocks * side);
                *top = (r0..=r0 + side)
                    .flat_map(|r| &heights[r * row + c0..=r * row + c0 + side])
                    .fold(f32::NEG_INFINITY, |m, &h| m.max(h));
            });
        }
        self.top = self.block_max[0].iter().fold(f32::NEG_INFINITY, |m, &h| m.max(h));
    }

    /// Cell and fraction of a place.
    fn locate(&self, x: f32, z: f32) -> (usize, usize, f32, f32) {
        let at = (Vec2::new(x, z) - self.origin()) / self.cell_m;
        let (u, v) =
            (at.x.clamp(0.0, self.cells as f32 - 1e-3), at.y.clamp(0.0, self.cells as f32 - 1e-3));
        let (c, r) = ((u as usize).min(self.cells - 1), (v as usize).min(self.cells - 1));
        (c, r, u - c as f32, v - r as f32)
    }

    /// Height on the same two triangles per cell that rays meet.
    fn sample(&self, x: f32, z: f32) -> f32 {
        let (c, r, u, v) = self.locate(x, z);
        let (h00, h10) = (self.height(c, r), self.height(c + 1, r));
        let (h01, h11) = (self.height(c, r + 1), self.height(c + 1, r + 1));
        if u + v <= 1.0 {
            h00 + (h10 - h00) * u + (h01 - h00) * v
        } else {
            h11 + (h01 - h11) * (1.0 - u) + (h10 - h11) * (1.0 - v)
        }
    }

    /// Smooth normal: slopes at the grid points, blended over the cell.
    fn normal(&self, x: f32, z: f32) -> Vec3 {
        let (c, r, u, v) = self.locate(x, z);
        let slope = |c: usize, r: usize| {
            let (l, h) = (c.saturating_sub(1), (c + 1).min(self.cells));
            let (d, t) = (r.saturating_sub(1), (r + 1).min(self.cells));
            Vec2::new(
                (self.height(h, r) - self.height(l, r)) / ((h - l) as f32 * self.cell_m),
                (self.height(c, t) - self.height(c, d)) / ((t - d) as f32 * self.cell_m),
            )
        };
        let low = slope(c, r).lerp(slope(c + 1, r), u);
        let high = slope(c, r + 1).lerp(slope(c + 1, r + 1), u);
        let s = low.lerp(high, v);
        Vec3::new(-s.x, 1.0, -s.y).normalize()
    }

    /// Hit within cell-exact triangles for ray parameters `t0..t1`.
    fn trace(&self, ray: &Ray, mut t0: f32, mut t1: f32) -> Option<f32> {
        // Above the highest point there is nothing to meet, nor in the metre below it that rounding
        // may need.
        let cap = self.top + 1.0;
        if ray.dir.y != 0.0 {
            let t = (cap - ray.origin.y) / ray.dir.y;
            if ray.dir.y < 0.0 {
                t0 = t0.max(t);
            } else {
                t1 = t1.min(t);
            }
        } else if ray.origin.y > cap {
            return None;
        }
        if t0 >= t1 {
            return None;
        }
        // Near the window's corner numbers are small wherever in the world it is.
        let origin = self.origin();
        let ray = Ray { origin: ray.origin - Vec3::new(origin.x, 0.0, origin.y), dir: ray.dir };
        self.trace_blocks(&ray, t0, t1, (0, 0), 0)
    }

    /// Walks the blocks of one size between `t0` and `t1`, from the lowest block `low` on.
    fn trace_blocks(
        &self,
        ray: &Ray,
        t0: f32,
        t1: f32,
        low: (usize, usize),
        size: usize,
    ) -> Option<f32> {
        let Some((&side, tops)) = BLOCKS.get(size).zip(self.block_max.get(size)) else {
            let cells = BLOCKS[BLOCKS.len() - 1];
            return walk_grid(ray, t0, t1, self.cell_m, low, cells, |c, r, a, b| {
                self.cell_hit(ray, c, r, a, b)
            });
        };
        let all = self.cells / side;
        let count = if size == 0 { all } else { BLOCKS[size - 1] / side };
        let side_m = self.cell_m * side as f32;
        walk_grid(ray, t0, t1, side_m, low, count, |c, r, a, b| {
            let bottom = ray.origin.y + (ray.dir.y * a).min(ray.dir.y * b);
            if bottom > tops[r * all + c] {
                return None;
            }
            let finer = side / BLOCKS.get(size + 1).copied().unwrap_or(1);
            self.trace_blocks(ray, a, b, (c * finer, r * finer), size + 1)
        })
    }

    fn cell_hit(&self, ray: &Ray, c: usize, r: usize, a: f32, b: f32) -> Option<f32> {
        let (h00, h10) = (self.height(c, r), self.height(c + 1, r));
        let (h01, h11) = (self.height(c, r + 1), self.height(c + 1, r + 1));
        let (ya, yb) = (ray.origin.y + ray.dir.y * a, ray.origin.y + ray.dir.y * b);
        if ya.min(yb) > h00.max(h10).max(h01).max(h11) {
            return None;
        }
        // Height above each triangle's plane is linear in t, so its zero is exact.
        let (x0, z0) = (c as f32 * self.cell_m, r as f32 * self.cell_m);
        let slack = 1e-4 * (b - a) + 1e-6;
        let mut best = f32::INFINITY;
        for upper in [false, true] {
            let (gx, gz, base) = if upper {
                (h11 - h01, h11 - h10, h01 + h10 - h11)
            } else {
                (h10 - h00, h01 - h00, h00)
            };
            let (gx, gz) = (gx / self.cell_m, gz / self.cell_m);
            let above = ray.origin.y - base - gx * (ray.origin.x - x0) - gz * (ray.origin.z - z0);
            let rate = ray.dir.y - gx * ray.dir.x - gz * ray.dir.z;
            if rate == 0.0 {
                continue;
            }
            let t = -above / rate;
            if t < a - slack || t > b + slack || t >= best {
                continue;
            }
            let u = (ray.origin.x + ray.dir.x * t - x0) / self.cell_m;
            let v = (ray.origin.z + ray.dir.z * t - z0) / self.cell_m;
            if (u + v > 1.0 - 1e-4 && upper) || (u + v < 1.0 + 1e-4 && !upper) {
                best = t;
            }
        }
        (best < f32::INFINITY).then_some(best)
    }
}

/// Visits `count` by `count` cells from the cell `low` on, along a ray between `t0` and `t1`.
fn walk_grid(
    ray: &Ray,
    t0: f32,
    t1: f32,
    cell_m: f32,
    low: (usize, usize),
    count: usize,
    mut visit: impl FnMut(usize, usize, f32, f32) -> Option<f32>,
) -> Option<f32> {
    if t0 >= t1 {
        return None;
    }
    let start = ray.at(t0 + (t1 - t0) * 1e-5);
    let first = (low.0 as i32, low.1 as i32);
    let last = (first.0 + count as i32 - 1, first.1 + count as i32 - 1);
    // What is not within the cells is within the first or the last, so rounding towards zero does.
    let mut c = ((start.x / cell_m) as i32).clamp(first.0, last.0);
    let mut r = ((start.z / cell_m) as i32).clamp(first.1, last.1);
    let step = |d: f32| if d > 0.0 { 1 } else { -1 };
    let (sc, sr) = (step(ray.dir.x), step(ray.dir.z));
    let (ic, ir) = (ray.dir.x.recip(), ray.dir.z.recip());
    let border = |i: i32, s: i32, origin: f32, inverse: f32| {
        if inverse.is_infinite() {
            f32::INFINITY
        } else {
            ((i + i32::from(s > 0)) as f32 * cell_m - origin) * inverse
        }
    };
    let mut tc = border(c, sc, ray.origin.x, ic);
    let mut tr = border(r, sr, ray.origin.z, ir);
    let mut t = t0;
    loop {
        let next = tc.min(tr).min(t1);
        if let Some(hit) = visit(c as usize, r as usize, t, next.max(t)) {
            return Some(hit);
        }
        if next >= t1 {
            return None;
        }
        t = next.max(t);
        if tc <= tr {
            c += sc;
            tc = border(c, sc, ray.origin.x, ic);
        } else {
            r += sr;
            tr = border(r, sr, ray.origin.z, ir);
        }
        if c < first.0 || r < first.1 || c > last.0 || r > last.1 {
            return None;
        }
    }
}

/// Terrain surface: rays below it or outside its widest window see nothing of it.
#[derive(Clone, Debug)]
pub(crate) struct HeightField {
    /// From coarse and wide to fine and narrow.
    levels: Vec<Level>,
}

impl HeightField {
    /// Windows of `cells` by `cells` (rounded up to whole blocks) with these cell sizes in metres,
    /// coarse to fine, each at least half the one before. They are empty until
    /// [`HeightField::recentre`].
    pub fn new(cells: usize, cell_sizes_m: &[f32]) -> Self {
        let cells = cells.div_ceil(BLOCKS[0]).max(1) * BLOCKS[0];
        Self { levels: cell_sizes_m.iter().map(|&cell_m| Level::new(cells, cell_m)).collect() }
    }

    /// Brings the windows over a place; `height(x, z, finest_wavelength_m)` fills what is new to
    /// them and must always give the same. True when a window moved.
    pub fn recentre(
        &mut self,
        x: f32,
        z: f32,
        height: &(impl Fn(f32, f32, f32) -> f32 + Sync),
    ) -> bool {
        let mut any = false;
        for i in 0..self.levels.len() {
            let (coarser, rest) = self.levels.split_at_mut(i);
            let Some(level) = rest.first_mut() else { break };
            let moved = level.recentre(x, z, height);
            if moved {
                level.settle(coarser.last());
            }
            any |= moved;
        }
        any
    }

    fn level(&self, x: f32, z: f32) -> Option<&Level> {
        self.levels.iter().rev().find(|l| l.contains(x, z))
    }

    /// Height of the ground at a place, `None` outside the terrain.
    pub fn height(&self, x: f32, z: f32) -> Option<f32> {
        Some(self.level(x, z)?.sample(x, z))
    }

    /// Smooth unit normal of the ground at a place.
    pub fn normal(&self, x: f32, z: f32) -> Vec3 {
        self.level(x, z).map_or(Vec3::Y, |l| l.normal(x, z))
    }

    /// Metres to the surface along the ray, within `t_min..t_max`.
    pub fn trace(&self, ray: &Ray, t_min: f32, t_max: f32) -> Option<f32> {
        let (ix, iz) = (ray.dir.x.recip(), ray.dir.z.recip());
        let span = |level: &Level| {
            let (low, side) = (level.origin(), level.side_m());
            let axis = |o: f32, inverse: f32| {
                if inverse.is_infinite() {
                    if (0.0..=side).contains(&o) {
                        (f32::NEG_INFINITY, f32::INFINITY)
                    } else {
                        (1.0, 0.0)
                    }
                } else {
                    let (a, b) = (-o * inverse, (side - o) * inverse);
                    (a.min(b), a.max(b))
                }
            };
            let (x0, x1) = axis(ray.origin.x - low.x, ix);
            let (z0, z1) = axis(ray.origin.z - low.y, iz);
            let (a, b) = (x0.max(z0).max(t_min), x1.min(z1).min(t_max));
            (a < b).then_some((a, b))
        };
        self.trace_level(0, ray, span(self.levels.first()?)?, &span)
    }

    fn trace_level(
        &self,
        index: usize,
        ray: &Ray,
        (a, b): (f32, f32),
        span: &impl Fn(&Level) -> Option<(f32, f32)>,
    ) -> Option<f32> {
        let level = &self.levels[index];
        match self.levels.get(index + 1).and_then(span) {
            None => level.trace(ray, a, b),
            Some((c, d)) => level
                .trace(ray, a, c)
                .or_else(|| self.trace_level(index + 1, ray, (c, d), span))
                .or_else(|| level.trace(ray, d, b)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;

    fn hills(x: f32, z: f32, _: f32) -> f32 {
        6.0 * (x * 0.05).sin() + 4.0 * (z * 0.08).cos()
    }

    #[test]
    fn rays_meet_the_surface_that_height_describes() {
        for middle in [Vec2::ZERO, Vec2::new(-41_337.0, 90_211.0)] {
            let mut field = HeightField::new(96, &[8.0, 4.0, 1.0]);
            field.recentre(middle.x, middle.y, &hills);
            let mut rng = Rng::new(2);
            for _ in 0..2000 {
                // From above everything into the middle of the terrain: no ray may slip through.
                let mut across = |half: f32| rng.range(-half, half);
                let from = Vec3::new(middle.x + across(200.0), 60.0, middle.y + across(200.0));
                let to = Vec3::new(middle.x + across(200.0), -20.0, middle.y + across(200.0));
                let ray = Ray { origin: from, dir: (to - from).normalize() };
                let t = field.trace(&ray, 0.0, 1e4).expect("meets the ground");
                let p = ray.at(t);
                let height = field.height(p.x, p.z).expect("inside");
                // A place far from the origin is only known to a few millimetres.
                let slack = 2e-3 + 1e-6 * middle.length();
                assert!((p.y - height).abs() < slack, "{p} but the ground is at {height}");
                for k in 1..20 {
                    let q = ray.at(t * k as f32 / 20.0);
                    assert!(
                        field.height(q.x, q.z).is_none_or(|h| q.y > h - slack),
                        "passed below at {q}"
                    );
                }
            }
        }
    }

    #[test]
    fn windows_follow_from_the_place_alone() {
        let mut walked = HeightField::new(64, &[4.0, 2.0, 1.0]);
        let mut under_the_eye = Vec::new();
        for i in 0..400 {
            let (x, z) = (i as f32 * 0.7, i as f32 * -0.3);
            walked.recentre(x, z, &hills);
            under_the_eye.push((x, z, walked.height(x + 3.0, z)));
        }
        for (x, z, height) in under_the_eye {
            let mut jumped = HeightField::new(64, &[4.0, 2.0, 1.0]);
            jumped.recentre(x, z, &hills);
            assert_eq!(jumped.height(x + 3.0, z), height);
            assert!((height.expect("inside") - hills(x + 3.0, z, 0.0)).abs() < 0.02);
        }
        let mut jumped = HeightField::new(64, &[4.0, 2.0, 1.0]);
        jumped.recentre(399.0 * 0.7, 399.0 * -0.3, &hills);
        for (a, b) in walked.levels.iter().zip(&jumped.levels) {
            assert_eq!(a.heights, b.heights);
            assert_eq!(a.block_max, b.block_max);
        }
    }

    #[test]
    fn outside_there_is_nothing() {
        let mut field = HeightField::new(32, &[1.0]);
        field.recentre(0.0, 0.0, &|_, _, _| 0.0);
        assert_eq!(field.height(17.0, 0.0), None);
        let ray = Ray { origin: Vec3::new(20.0, 5.0, 0.0), dir: Vec3::NEG_Y };
        assert_eq!(field.trace(&ray, 0.0, 100.0), None);
    }
}
