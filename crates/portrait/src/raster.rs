//! What is seen where: tiles of the picture with 16 samples a pixel.

use crate::{
    camera::View,
    texture::{hash, unit},
    triangles::{Cut, Flat, Scene, inside},
};
use glam::{Vec2, Vec3};
use rayon::prelude::*;

/// Samples of a pixel.
pub(crate) const SAMPLES: usize = 16;
/// Pixels across and down a tile.
pub(crate) const TILE: usize = 32;
/// No triangle.
pub(crate) const NOTHING: u32 = u32::MAX;

/// Where a sample is in its pixel: a grid of 4 x 4, sheared so that no two share a row or column.
pub(crate) fn sample_place(sample: usize) -> Vec2 {
    let (x, y) = ((sample % 4) as f32, (sample / 4) as f32);
    Vec2::new((x + (y + 0.5) / 4.0) / 4.0, (y + (x + 0.5) / 4.0) / 4.0)
}

/// A triangle on the screen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Projected {
    pub(crate) surface: u32,
    /// Index among the surface's triangles.
    pub(crate) triangle: u32,
    pub(crate) flat: Flat,
    /// 1 / metres at the corners.
    pub(crate) inverse: [f32; 3],
    pub(crate) front: bool,
    /// Logarithm of texels of the base texture to a pixel.
    pub(crate) lod: f32,
    low: Vec2,
    high: Vec2,
}

impl Projected {
    fn nearest(&self) -> f32 {
        self.inverse.iter().copied().fold(0.0, f32::max)
    }

    /// Shares of the corners in space at a place of the screen, and metres ahead.
    pub(crate) fn shares(&self, at: Vec2) -> ([f32; 3], f32) {
        let flat = inside(self.flat.shares(at));
        let weighed: [f32; 3] = std::array::from_fn(|i| flat[i] * self.inverse[i]);
        let sum: f32 = weighed.iter().sum();
        (weighed.map(|w| w / sum.max(1e-9)), 1.0 / sum.max(1e-9))
    }
}

/// All triangles that may be seen, in the order of the surfaces.
pub(crate) fn project(scene: &Scene, view: &View, width: usize, height: usize) -> Vec<Projected> {
    let screen_end = Vec2::new(width as f32, height as f32);
    scene
        .surfaces
        .par_iter()
        .enumerate()
        .flat_map_iter(|(number, surface)| {
            let screen: Vec<Vec3> = surface.positions.iter().map(|p| view.project(*p)).collect();
            let size = scene.texture(surface.base).map_or(Vec2::ONE, |mips| mips.size());
            let both = surface.material.double_sided;
            let count = surface.mesh.indices.len() as u32 / 3;
            let shown = (0..count).filter_map(move |triangle| {
                let corners = surface.corners(triangle);
                let [a, b, c] = corners.map(|at| screen[at]);
                // What is at the lens or behind it; nobody sits that near.
                if a.z.min(b.z).min(c.z) < 0.02 {
                    return None;
                }
                let [a2, b2, c2] = [a, b, c].map(Vec3::truncate);
                let (low, high) = (a2.min(b2).min(c2), a2.max(b2).max(c2));
                if high.cmplt(Vec2::ZERO).any() || low.cmpgt(screen_end).any() {
                    return None;
                }
                let (flat, front) = Flat::new([a2, b2, c2], both)?;
                let [ta, tb, tc] = corners.map(|at| Vec2::from(surface.mesh.uvs[at]) * size);
                let texels = (tb - ta).perp_dot(tc - ta).abs();
                let pixels = (b2 - a2).perp_dot(c2 - a2).abs();
                Some(Projected {
                    surface: number as u32,
                    triangle,
                    flat,
                    inverse: [1.0 / a.z, 1.0 / b.z, 1.0 / c.z],
                    front,
                    lod: 0.5 * (texels / pixels.max(1e-6)).max(1e-6).log2(),
                    low,
                    high,
                })
            });
            shown.collect::<Vec<_>>()
        })
        .collect()
}

/// Which triangles touch which tile: solid ones first, then the others from near to far.
pub(crate) fn binned(
    scene: &Scene,
    triangles: &[Projected],
    width: usize,
    height: usize,
) -> Vec<Vec<u32>> {
    let columns = width.div_ceil(TILE);
    let rows = height.div_ceil(TILE);
    let mut bins = vec![Vec::new(); columns * rows];
    for (number, triangle) in triangles.iter().enumerate() {
        let tile = |v: f32, count: usize| (v.max(0.0) as usize / TILE).min(count - 1);
        let xs = tile(triangle.low.x, columns)..=tile(triangle.high.x, columns);
        for y in tile(triangle.low.y, rows)..=tile(triangle.high.y, rows) {
            for x in xs.clone() {
                bins[y * columns + x].push(number as u32);
            }
        }
    }
    bins.par_iter_mut().for_each(|bin| {
        bin.sort_by_cached_key(|number| {
            let triangle = &triangles[*number as usize];
            let cut = scene.surfaces[triangle.surface as usize].cut;
            // Bits of positive floats sort as they do.
            (cut != Cut::Solid, u32::MAX - triangle.nearest().to_bits(), *number)
        });
    });
    bins
}

/// One tile's samples.
pub(crate) struct Tile {
    left: usize,
    top: usize,
    /// 1 / metres, 0 for nothing; and the triangle, by sample.
    inverse: Vec<[f32; SAMPLES]>,
    pub(crate) seen: Vec<[u32; SAMPLES]>,
    /// The same for what is clear.
    clear_inverse: Vec<[f32; SAMPLES]>,
    pub(crate) clear: Vec<[u32; SAMPLES]>,
    /// The farthest sample of each pixel, 1 / metres.
    farthest: Vec<f32>,
}

impl Tile {
    pub(crate) fn new(left: usize, top: usize) -> Self {
        let count = TILE * TILE;
        Self {
            left,
            top,
            inverse: vec![[0.0; SAMPLES]; count],
            seen: vec![[NOTHING; SAMPLES]; count],
            clear_inverse: vec![[0.0; SAMPLES]; count],
            clear: vec![[NOTHING; SAMPLES]; count],
            farthest: vec![0.0; count],
        }
    }

    pub(crate) fn draw(&mut self, scene: &Scene, triangles: &[Projected], number: u32) {
        let triangle = &triangles[number as usize];
        let surface = &scene.surfaces[triangle.surface as usize];
        let flat = &triangle.flat;
        let [i0, i1, i2] = triangle.inverse;
        let depth_slope = flat.second * (i1 - i0) + flat.third * (i2 - i0);
        let offsets: [Vec2; SAMPLES] = std::array::from_fn(sample_place);
        let at_sample = |slope: Vec2| -> [f32; SAMPLES] { offsets.map(|o| slope.dot(o)) };
        let (seconds, thirds) = (at_sample(flat.second), at_sample(flat.third));
        let depths = at_sample(depth_slope);
        let reach = |slope: Vec2| slope.abs().element_sum();
        let corner = Vec2::new(self.left as f32, self.top as f32);
        let clip = |v: f32| (v as usize).min(TILE);
        let low = (triangle.low - corner).max(Vec2::ZERO);
        let high = (triangle.high - corner + 1.0).max(Vec2::ZERO);
        let corners = surface.corners(triangle.triangle);
        for y in clip(low.y)..clip(high.y) {
            for x in clip(low.x)..clip(high.x) {
                let pixel = y * TILE + x;
                let place = corner + Vec2::new(x as f32, y as f32);
                let d = place - flat.origin;
                let (v, w) = (flat.second.dot(d), flat.third.dot(d));
                let (far_v, far_w) = (reach(flat.second), reach(flat.third));
                if v < -far_v || w < -far_w || v + w > 1.0 + far_v + far_w {
                    continue;
                }
                let depth = i0 + depth_slope.dot(d);
                if surface.cut != Cut::Clear && depth + reach(depth_slope) <= self.farthest[pixel] {
                    continue;
                }
                let mut covered = [false; SAMPLES];
                let mut any = false;
                for s in 0..SAMPLES {
                    let (v, w) = (v + seconds[s], w + thirds[s]);
                    covered[s] = v >= 0.0 && w >= 0.0 && v + w <= 1.0;
                    any |= covered[s];
                }
                if !any {
                    continue;
                }
                if let Cut::Share | Cut::Threshold(_) = surface.cut {
                    let (shares, _) = triangle.shares(place + 0.5);
                    let uv = surface.uv(corners, shares);
                    let alpha = surface.alpha(scene, uv, triangle.lod);
                    if alpha < 0.01 {
                        continue;
                    }
                    // Each sample has a threshold of its own; layers differ, so that they add up.
                    let turn = hash(number, (place.y as u32) << 16 ^ place.x as u32);
                    let first = unit(turn);
                    for (s, covered) in covered.iter_mut().enumerate() {
                        let order = (s * 7 + (turn as usize & 15)) % SAMPLES;
                        let threshold = (order as f32 / SAMPLES as f32 + first).fract();
                        *covered &= threshold < alpha;
                    }
                }
                let (inverse, seen) = if surface.cut == Cut::Clear {
                    (&mut self.clear_inverse[pixel], &mut self.clear[pixel])
                } else {
                    (&mut self.inverse[pixel], &mut self.seen[pixel])
                };
                for s in 0..SAMPLES {
                    let depth = depth + depths[s];
                    if covered[s] && depth > inverse[s] {
                        inverse[s] = depth;
                        seen[s] = number;
                    }
                }
                if surface.cut != Cut::Clear {
                    self.farthest[pixel] = inverse.iter().copied().fold(f32::MAX, f32::min);
                }
            }
        }
    }

    /// Leaves only the clear samples that lie before everything else.
    pub(crate) fn settle(&mut self) {
        for pixel in 0..self.clear.len() {
            for s in 0..SAMPLES {
                if self.clear_inverse[pixel][s] < self.inverse[pixel][s] {
                    self.clear[pixel][s] = NOTHING;
                }
            }
        }
    }
}
