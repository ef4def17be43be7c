//! Terrain as nested square grids of heights, finer towards the middle.

use glam::{Vec2, Vec3};

use crate::geometry::Ray;

const BLOCK: usize = 16;

#[derive(Clone, Debug)]
struct Level {
    cells: usize,
    cell_m: f32,
    /// Half the side length, metres; the square is centred on the origin.
    half_m: f32,
    heights: Vec<f32>,
    /// Highest point of each block of cells.
    block_max: Vec<f32>,
}

impl Level {
    fn height(&self, c: usize, r: usize) -> f32 {
        self.heights[r * (self.cells + 1) + c]
    }

    /// Bilinear position in the grid: cell and fraction.
    fn locate(&self, x: f32, z: f32) -> (usize, usize, f32, f32) {
        let u = ((x + self.half_m) / self.cell_m).clamp(0.0, self.cells as f32 - 1e-3);
        let v = ((z + self.half_m) / self.cell_m).clamp(0.0, self.cells as f32 - 1e-3);
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
    fn trace(&self, ray: &Ray, t0: f32, t1: f32) -> Option<f32> {
        let blocks = self.cells / BLOCK;
        walk_grid(ray, t0, t1, self.half_m, self.cell_m * BLOCK as f32, blocks, |bc, br, a, b| {
            let low = ray.at(a).y.min(ray.at(b).y);
            if low > self.block_max[br * blocks + bc] {
                return None;
            }
            walk_grid(ray, a, b, self.half_m, self.cell_m, self.cells, |c, r, a, b| {
                self.cell_hit(ray, c, r, a, b)
            })
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
        let (x0, z0) = (c as f32 * self.cell_m - self.half_m, r as f32 * self.cell_m - self.half_m);
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

/// Visits the cells of a centred grid along a ray between `t0` and `t1`.
fn walk_grid(
    ray: &Ray,
    t0: f32,
    t1: f32,
    half_m: f32,
    cell_m: f32,
    cells: usize,
    mut visit: impl FnMut(usize, usize, f32, f32) -> Option<f32>,
) -> Option<f32> {
    if t0 >= t1 {
        return None;
    }
    let start = ray.at(t0 + (t1 - t0) * 1e-5);
    let last = cells as i32 - 1;
    let mut c = (((start.x + half_m) / cell_m).floor() as i32).clamp(0, last);
    let mut r = (((start.z + half_m) / cell_m).floor() as i32).clamp(0, last);
    let step = |d: f32| if d > 0.0 { 1 } else { -1 };
    let (sc, sr) = (step(ray.dir.x), step(ray.dir.z));
    let border = |i: i32, s: i32, origin: f32, d: f32| {
        if d == 0.0 {
            f32::INFINITY
        } else {
            ((i + (s > 0) as i32) as f32 * cell_m - half_m - origin) / d
        }
    };
    let mut tc = border(c, sc, ray.origin.x, ray.dir.x);
    let mut tr = border(r, sr, ray.origin.z, ray.dir.z);
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
            tc = border(c, sc, ray.origin.x, ray.dir.x);
        } else {
            r += sr;
            tr = border(r, sr, ray.origin.z, ray.dir.z);
        }
        if c < 0 || r < 0 || c > last || r > last {
            return None;
        }
    }
}

/// Terrain surface: rays below it or outside its square see nothing of it.
#[derive(Clone, Debug)]
pub(crate) struct HeightField {
    /// From coarse and wide to fine and narrow.
    levels: Vec<Level>,
}

impl HeightField {
    /// Samples `height(x, z, finest_wavelength_m)` on nested grids: `(cells, cell size in
    /// metres)` from coarse to fine; cells are rounded up to whole blocks.
    pub fn build(grids: &[(usize, f32)], height: impl Fn(f32, f32, f32) -> f32 + Sync) -> Self {
        use rayon::prelude::*;
        let mut field = Self { levels: Vec::with_capacity(grids.len()) };
        for &(cells, cell_m) in grids {
            let cells = cells.div_ceil(BLOCK).max(1) * BLOCK;
            let half_m = cells as f32 * cell_m * 0.5;
            let mut heights = vec![0.0; (cells + 1) * (cells + 1)];
            heights.par_chunks_mut(cells + 1).enumerate().for_each(|(r, row)| {
                for (c, h) in row.iter_mut().enumerate() {
                    let (x, z) = (c as f32 * cell_m - half_m, r as f32 * cell_m - half_m);
                    *h = height(x, z, cell_m * 2.0);
                    // Melt into the coarser grid at the rim so that no crack opens there.
                    let rim = c.min(r).min(cells - c).min(cells - r) as f32 / 8.0;
                    if let (true, Some(coarse)) = (rim < 1.0, field.levels.last()) {
                        let outer = coarse.sample(x, z);
                        *h = outer + (*h - outer) * rim;
                    }
                }
            });
            let blocks = cells / BLOCK;
            let block_max = (0..blocks * blocks)
                .map(|b| {
                    let (c0, r0) = (b % blocks * BLOCK, b / blocks * BLOCK);
                    (r0..=r0 + BLOCK)
                        .flat_map(|r| &heights[r * (cells + 1) + c0..=r * (cells + 1) + c0 + BLOCK])
                        .fold(f32::NEG_INFINITY, |m, &h| m.max(h))
                })
                .collect();
            field.levels.push(Level { cells, cell_m, half_m, heights, block_max });
        }
        field
    }

    fn level(&self, x: f32, z: f32) -> Option<&Level> {
        self.levels.iter().rev().find(|l| x.abs() < l.half_m && z.abs() < l.half_m)
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
        let span = |half: f32| {
            let axis = |o: f32, d: f32| {
                if d == 0.0 {
                    if o.abs() <= half { (f32::NEG_INFINITY, f32::INFINITY) } else { (1.0, 0.0) }
                } else {
                    let (a, b) = ((-half - o) / d, (half - o) / d);
                    (a.min(b), a.max(b))
                }
            };
            let (x0, x1) = axis(ray.origin.x, ray.dir.x);
            let (z0, z1) = axis(ray.origin.z, ray.dir.z);
            let (a, b) = (x0.max(z0).max(t_min), x1.min(z1).min(t_max));
            (a < b).then_some((a, b))
        };
        self.trace_level(0, ray, span(self.levels.first()?.half_m)?, &span)
    }

    fn trace_level(
        &self,
        index: usize,
        ray: &Ray,
        (a, b): (f32, f32),
        span: &impl Fn(f32) -> Option<(f32, f32)>,
    ) -> Option<f32> {
        let level = &self.levels[index];
        let inner = self.levels.get(index + 1).and_then(|l| span(l.half_m));
        match inner {
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

    #[test]
    fn rays_meet_the_surface_that_height_describes() {
        let hills = |x: f32, z: f32, _: f32| 6.0 * (x * 0.05).sin() + 4.0 * (z * 0.08).cos();
        let field = HeightField::build(&[(64, 8.0), (96, 1.0)], hills);
        let mut rng = Rng::new(2);
        for _ in 0..2000 {
            // From above everything into the middle of the terrain: no ray may slip through.
            let mut across = |half: f32| rng.range(-half, half);
            let from = Vec3::new(across(200.0), 60.0, across(200.0));
            let to = Vec3::new(across(200.0), -20.0, across(200.0));
            let ray = Ray { origin: from, dir: (to - from).normalize() };
            let t = field.trace(&ray, 0.0, 1e4).expect("meets the ground");
            let p = ray.at(t);
            let height = field.height(p.x, p.z).expect("inside");
            assert!((p.y - height).abs() < 2e-3, "{p} but the ground is at {height}");
            for k in 1..20 {
                let q = ray.at(t * k as f32 / 20.0);
                assert!(
                    field.height(q.x, q.z).is_none_or(|h| q.y > h - 2e-3),
                    "passed below at {q}"
                );
            }
        }
    }

    #[test]
    fn outside_there_is_nothing() {
        let field = HeightField::build(&[(16, 1.0)], |_, _, _| 0.0);
        assert_eq!(field.height(9.0, 0.0), None);
        let ray = Ray { origin: Vec3::new(20.0, 5.0, 0.0), dir: Vec3::NEG_Y };
        assert_eq!(field.trace(&ray, 0.0, 100.0), None);
    }
}
