//! Where on the base mesh the texels of a sheet are.

use crate::{pack::Pack, texture::smooth, topology::Sheet};
use glam::{Vec2, Vec3};
use rayon::prelude::*;

/// What a texel shows: a place on the base mesh (metres), in the base mesh's texture, how open it lies and how near
/// a lid's edge (0 to 1).
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub(super) place: Vec3,
    pub(super) base_uv: Vec2,
    pub(super) open: f32,
    pub(super) rim: f32,
}

impl Spot {
    /// This one and shares of two steps away from it.
    fn moved(&self, steps: &[Self; 2], v: f32, w: f32) -> Self {
        let [b, c] = steps;
        Self {
            place: self.place + b.place * v + c.place * w,
            base_uv: self.base_uv + b.base_uv * v + c.base_uv * w,
            open: self.open + b.open * v + c.open * w,
            rim: self.rim + b.rim * v + c.rim * w,
        }
    }

    fn from(&self, start: &Self) -> Self {
        Self {
            place: self.place - start.place,
            base_uv: self.base_uv - start.base_uv,
            open: self.open - start.open,
            rim: self.rim - start.rim,
        }
    }
}

/// A triangle of a sheet, in texels.
struct Facet {
    first: Vec2,
    /// Shares of the second and third corner that a texel to the right, or below, has more.
    share_steps: [Vec2; 2],
    low: [usize; 2],
    /// One past the last column and row.
    end: [usize; 2],
    spot: Spot,
    spot_steps: [Spot; 2],
}

/// The triangles of a sheet, by the bands of rows that they reach.
pub(super) struct Ground {
    edge: usize,
    rows: usize,
    facets: Vec<Facet>,
    of_band: Vec<Vec<u32>>,
}

impl Ground {
    /// `rows`: of a band. `open` and `rim` are those of the pack's vertices.
    pub(super) fn new(
        pack: &Pack,
        sheet: &Sheet,
        edge: usize,
        rows: usize,
        open: &[f32],
        rim: &[f32],
    ) -> Self {
        let corner = |at: usize| {
            let source = usize::from(sheet.sources[at]);
            Spot {
                place: pack.vertices[source],
                base_uv: sheet.base_uvs[at],
                open: open[source],
                rim: rim[source],
            }
        };
        let mut facets = Vec::with_capacity(sheet.triangles.len());
        let mut of_band = vec![Vec::new(); edge.div_ceil(rows)];
        for triangle in &sheet.triangles {
            let corners = triangle.map(|at| at as usize);
            let [a, b, c] = corners.map(|at| sheet.uvs[at] * edge as f32 - 0.5);
            let (ab, ac) = (b - a, c - a);
            let area = ab.perp_dot(ac);
            if area.abs() < 1e-9 {
                continue;
            }
            let low = a.min(b).min(c).ceil().max(Vec2::ZERO);
            let end = (a.max(b).max(c).floor() + 1.0).clamp(Vec2::ZERO, Vec2::splat(edge as f32));
            let [low, end] = [low, end].map(|at| at.to_array().map(|c| c as usize));
            if low[0] >= end[0] || low[1] >= end[1] {
                continue;
            }
            // A band also knows the first row of the next one.
            let bands = low[1].saturating_sub(1) / rows..=(end[1] - 1) / rows;
            for facets_of in &mut of_band[bands] {
                facets_of.push(facets.len() as u32);
            }
            let [first, second, third] = corners.map(corner);
            facets.push(Facet {
                first: a,
                share_steps: [Vec2::new(ac.y, -ac.x) / area, Vec2::new(-ab.y, ab.x) / area],
                low,
                end,
                spot_steps: [second.from(&first), third.from(&first)],
                spot: first,
            });
        }
        Self { edge, rows, facets, of_band }
    }

    /// Fills in the spots of a band and of the first row of the next one.
    pub(super) fn spots(&self, band: usize, spots: &mut [Option<Spot>]) {
        spots.fill(None);
        let top = band * self.rows;
        for facet in self.of_band[band].iter().map(|at| &self.facets[*at as usize]) {
            let [v_step, w_step] = facet.share_steps;
            for y in facet.low[1].max(top)..facet.end[1].min(top + self.rows + 1) {
                let row = &mut spots[(y - top) * self.edge..][..self.edge];
                for (x, spot) in (facet.low[0]..).zip(&mut row[facet.low[0]..facet.end[0]]) {
                    let p = Vec2::new(x as f32, y as f32) - facet.first;
                    let (v, w) = (v_step.dot(p), w_step.dot(p));
                    if v >= -1e-3 && w >= -1e-3 && v + w <= 1.001 {
                        *spot = Some(facet.spot.moved(&facet.spot_steps, v, w));
                    }
                }
            }
        }
    }
}

/// How open every vertex lies, 0 to 1, from how its neighbours stand above its tangent plane.
pub(super) fn openness(pack: &Pack) -> Vec<f32> {
    let topology = &pack.topology;
    let normals = topology.normals(&pack.vertices);
    let neighbours = |v: usize| {
        let quads = topology.quads_of.of(v).iter();
        quads.flat_map(|quad| topology.quads[*quad as usize]).map(usize::from)
    };
    let mut hollow: Vec<f32> = (0..topology.skin_vertices)
        .map(|v| {
            let rises = neighbours(v)
                .filter(|n| *n != v)
                .map(|n| (pack.vertices[n] - pack.vertices[v]).normalize_or_zero().dot(normals[v]));
            let (sum, count) = rises.fold((0.0, 0), |(sum, count), rise| (sum + rise, count + 1));
            (sum / count.max(1) as f32).max(-0.15)
        })
        .collect();
    for _ in 0..3 {
        hollow = (0..hollow.len())
            .map(|v| {
                let (sum, count) = neighbours(v)
                    .filter(|n| *n < hollow.len())
                    .fold((0.0, 0), |(sum, count), n| (sum + hollow[n], count + 1));
                0.5 * hollow[v] + 0.5 * sum / count.max(1) as f32
            })
            .collect();
    }
    hollow.into_iter().map(|h| (1.0 - 3.2 * h.max(0.0)).clamp(0.15, 1.0)).collect()
}

/// 1 at vertices of the lids' edges, where the lashes' roots are.
pub(super) fn lid_rims(pack: &Pack) -> Vec<f32> {
    let lashes: Vec<Vec3> =
        pack.topology.lashes.sources.iter().map(|v| pack.vertices[usize::from(*v)]).collect();
    (0..pack.topology.skin_vertices)
        .map(|v| {
            let at = pack.vertices[v];
            if at.distance_squared(Vec3::new(at.x.signum() * 0.031, 0.728, 0.135)) > 0.0009 {
                return 0.0;
            }
            let near = lashes.iter().map(|l| l.distance_squared(at)).fold(f32::MAX, f32::min);
            smooth(0.0022, 0.0004, near.sqrt())
        })
        .collect()
}

/// For every texel the nearest one that is on a face (breadth first).
pub(super) fn filling(mut known: Vec<bool>, edge: usize) -> Vec<u32> {
    let mut filled: Vec<u32> = (0..known.len() as u32).collect();
    let neighbours = |at: usize| {
        let (x, y) = (at % edge, at / edge);
        [
            (x > 0).then(|| at - 1),
            (x + 1 < edge).then_some(at + 1),
            (y > 0).then(|| at - edge),
            (y + 1 < edge).then_some(at + edge),
        ]
        .into_iter()
        .flatten()
    };
    let is_rim = |at: &usize| known[*at] && neighbours(*at).any(|next| !known[next]);
    let mut front: Vec<usize> = (0..known.len()).into_par_iter().filter(is_rim).collect();
    // As far as mipmaps of a view from some metres reach.
    for _ in 0..24 {
        let mut next = Vec::new();
        for at in front {
            for neighbour in neighbours(at) {
                if !known[neighbour] {
                    known[neighbour] = true;
                    filled[neighbour] = filled[at];
                    next.push(neighbour);
                }
            }
        }
        front = next;
    }
    // All that is farther away is one and the same.
    if let Some(far) = known.iter().position(|known| !known) {
        for (filled, known) in filled.iter_mut().zip(&known) {
            if !known {
                *filled = far as u32;
            }
        }
    }
    filled
}
