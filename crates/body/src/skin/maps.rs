//! What is the same on everybody's skin, texel by texel: made once per pack.

use super::{
    brows::Brows,
    zones::{self, Folds},
};
use crate::{
    pack::Pack,
    texture::{byte, cells, noise, smooth},
    topology::Sheet,
};
use glam::{Vec2, Vec3};
use rayon::prelude::*;

/// Edges of the textures of head and body in texels.
const HEAD_EDGE: usize = 1024;
const BODY_EDGE: usize = 512;

/// One texel of skin; all in 255ths unless said otherwise.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Texel {
    /// Uneven pigment; 128 is the mean.
    pub(super) pigment: u8,
    /// Uneven blood; 128 is the mean.
    pub(super) blood: u8,
    /// Fine grain; 128 is the mean.
    pub(super) grain: u8,
    pub(super) flush: u8,
    pub(super) lips: u8,
    pub(super) hollow: u8,
    /// How easily a freckle is here.
    pub(super) freckle: u8,
    pub(super) mole: u8,
    pub(super) brow: u8,
    /// The shade that lies between the brow's strands.
    pub(super) brow_shade: u8,
    pub(super) beard: u8,
    pub(super) stubble: u8,
    pub(super) scalp: u8,
    pub(super) nail: u8,
    /// How open a place lies: 255 is open.
    pub(super) open: u8,
    /// Edge of the lids, where lashes begin.
    pub(super) rim: u8,
    /// How deep in a wrinkle.
    pub(super) crease: u8,
    /// Slopes of pores and of wrinkles along u and v, in 1/64.
    pub(super) fine: [i8; 2],
    pub(super) aged: [i8; 2],
}

/// The texels of one sheet.
#[derive(Debug)]
pub(crate) struct SkinMap {
    /// Texels across and down.
    pub(super) edge: usize,
    pub(super) texels: Vec<Texel>,
    /// For texels outside of all faces: the texel that fills them.
    pub(super) filled_by: Vec<u32>,
}

/// The skins of head and body.
#[derive(Debug)]
pub(crate) struct SkinMaps {
    pub(crate) head: SkinMap,
    pub(crate) body: SkinMap,
}

/// Place of a texel: on the base mesh (metres), in its texture, how open.
#[derive(Clone, Copy)]
struct Spot {
    place: Vec3,
    base_uv: Vec2,
    open: f32,
    rim: f32,
}

impl SkinMaps {
    pub(crate) fn new(pack: &Pack) -> Self {
        let (open, rim) = (openness(pack), lid_rims(pack));
        let brows = Brows::new();
        let map =
            |sheet: &Sheet, brows: Option<&Brows>| SkinMap::new(pack, sheet, brows, &open, &rim);
        let (head, body) = rayon::join(
            || map(&pack.topology.head, Some(&brows)),
            || map(&pack.topology.body, None),
        );
        Self { head, body }
    }
}

/// How open every vertex lies, 0 to 1, from how its neighbours stand above its tangent plane.
fn openness(pack: &Pack) -> Vec<f32> {
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
fn lid_rims(pack: &Pack) -> Vec<f32> {
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

impl SkinMap {
    fn new(pack: &Pack, sheet: &Sheet, brows: Option<&Brows>, open: &[f32], rim: &[f32]) -> Self {
        let is_head = brows.is_some();
        let edge = if is_head { HEAD_EDGE } else { BODY_EDGE };
        let spots = spots(pack, sheet, edge, open, rim);
        let mask = |name: &str| pack.content.masks.get(name);
        let (lips, ears) = (mask("lips"), mask("ears"));
        let nails = [mask("fingernails"), mask("toenails")];
        let inside =
            |mask: Option<&crate::Mask>, spot: &Spot| mask.map_or(0.0, |m| m.at(spot.base_uv));
        let blocks = edge / BLOCK;
        let slows: Vec<Slow> = (0..blocks * blocks)
            .into_par_iter()
            .map(|at| {
                let corner = at / blocks * BLOCK * edge + at % blocks * BLOCK;
                let block = [corner, corner + 1, corner + edge, corner + edge + 1];
                let first = block.into_iter().find_map(|at| spots[at]);
                let made = |spot: Spot| slow(spot.place, is_head.then(|| inside(ears, &spot)));
                first.map_or_else(Slow::default, made)
            })
            .collect();
        let grain = Grain::new();
        let made: Vec<(Texel, [f32; 2])> = spots
            .par_iter()
            .enumerate()
            .map(|(at, spot)| {
                let Some(spot) = spot else { return Default::default() };
                let (x, y) = (at % edge, at / edge);
                let [fine, pores] = grain.at(x, y);
                let slow = &slows[y / BLOCK * blocks + x / BLOCK];
                let mut texel = everywhere(spot, slow, fine);
                let mut wrinkles = 0.0;
                if let Some(brows) = brows {
                    wrinkles = zones::wrinkles(spot.place, &slow.folds);
                    texel.crease = byte(-wrinkles / 0.0004);
                    face(&mut texel, spot, slow, brows, inside(lips, spot));
                } else {
                    texel.nail = byte(nails.iter().map(|n| inside(*n, spot)).fold(0.0, f32::max));
                    limbs(&mut texel, spot, slow);
                }
                let height = fine_height(spot.place, &texel, fine, pores);
                (texel, [height, wrinkles])
            })
            .collect();
        let texels = sloped(&made, &spots, edge);
        let filled_by = filling(&spots, edge);
        Self { edge, texels, filled_by }
    }
}

/// Which place on the base mesh each texel shows.
fn spots(pack: &Pack, sheet: &Sheet, edge: usize, open: &[f32], rim: &[f32]) -> Vec<Option<Spot>> {
    let mut spots = vec![None; edge * edge];
    for triangle in &sheet.triangles {
        let corners = triangle.map(|at| at as usize);
        let [a, b, c] = corners.map(|at| sheet.uvs[at] * edge as f32 - 0.5);
        let area = (b - a).perp_dot(c - a);
        if area.abs() < 1e-9 {
            continue;
        }
        let low = a.min(b).min(c).ceil().max(Vec2::ZERO);
        let high = a.max(b).max(c).floor().min(Vec2::splat((edge - 1) as f32));
        for y in low.y as usize..(high.y + 1.0).max(0.0) as usize {
            for x in low.x as usize..(high.x + 1.0).max(0.0) as usize {
                let p = Vec2::new(x as f32, y as f32) - a;
                let (v, w) = (p.perp_dot(c - a) / area, (b - a).perp_dot(p) / area);
                let share = [1.0 - v - w, v, w];
                if share.iter().any(|s| *s < -1e-3) {
                    continue;
                }
                let mut spot = Spot { place: Vec3::ZERO, base_uv: Vec2::ZERO, open: 0.0, rim: 0.0 };
                for (corner, share) in corners.into_iter().zip(share) {
                    let source = usize::from(sheet.sources[corner]);
                    spot.place += pack.vertices[source] * share;
                    spot.base_uv += sheet.base_uvs[corner] * share;
                    spot.open += open[source] * share;
                    spot.rim += rim[source] * share;
                }
                spots[y * edge + x] = Some(spot);
            }
        }
    }
    spots
}

/// What varies slowly, worked out for blocks of texels; 0 to 1.
#[derive(Clone, Copy, Default)]
struct Slow {
    pigment: f32,
    blood: f32,
    /// The zones of the face.
    flush: f32,
    hollow: f32,
    scalp: f32,
    beard: f32,
    /// Between the lips.
    slit: f32,
    /// Freckles where the sun makes them.
    freckle: f32,
    folds: Folds,
    /// Whether a mole may be here.
    mole: bool,
}

/// Texels across and down a block.
const BLOCK: usize = 2;
/// Distance between moles, metres.
const MOLES: [f32; 2] = [0.021, 0.045];

/// `ears`: how far inside the mask of the ears a place is; `None` on the body.
fn slow(p: Vec3, ears: Option<f32>) -> Slow {
    let slow = Slow {
        pigment: 0.6 * noise(p * 38.0, 1) + 0.4 * noise(p * 160.0, 2),
        blood: 0.45 * noise(p * 70.0, 3) + 0.55 * noise(p * 320.0, 4),
        mole: cells(p / MOLES[usize::from(ears.is_none())], 23).0 < 0.12,
        ..Slow::default()
    };
    let Some(ears) = ears else { return slow };
    let q = Vec3::new(p.x.abs(), p.y, p.z);
    let sunny = zones::blob(q, [0.022, 0.705, 0.14], [0.04, 0.025, 0.04])
        + 0.5 * zones::blob(q, [0.0, 0.77, 0.14], [0.05, 0.03, 0.05]);
    Slow {
        flush: zones::flush(p, ears),
        hollow: zones::hollow(p),
        scalp: zones::scalp(p),
        beard: zones::beard(p),
        slit: zones::blob(p, [0.0, 0.661, 0.147], [0.03, 0.012, 0.03]),
        freckle: if sunny > 0.05 {
            let dot = dots(p, 0.0032, 21).max(0.9 * dots(p, 0.0021, 22));
            dot * sunny.min(1.0)
        } else {
            0.0
        },
        folds: Folds::at(p),
        ..slow
    }
}

fn everywhere(spot: &Spot, slow: &Slow, grain: f32) -> Texel {
    Texel {
        pigment: byte(slow.pigment),
        blood: byte(slow.blood),
        grain: byte(grain),
        open: byte(spot.open),
        ..Texel::default()
    }
}

/// Grain as fine as texels are, the same in every square of the texture: nobody sees where it repeats.
struct Grain {
    values: Vec<[f32; 2]>,
}

impl Grain {
    const EDGE: usize = 256;

    fn new() -> Self {
        let at = |x: usize, y: usize, scale: f32, seed: u32| {
            noise(Vec3::new(x as f32 * scale, y as f32 * scale, 0.5), seed)
        };
        let value = |number: usize| {
            let (x, y) = (number % Self::EDGE, number / Self::EDGE);
            let fine = 0.5 * at(x, y, 0.5, 5) + 0.5 * at(x, y, 1.0, 6);
            [fine, at(x, y, 0.27, 51)]
        };
        Self { values: (0..Self::EDGE * Self::EDGE).into_par_iter().map(value).collect() }
    }

    /// Fine grain and pores of a texel, 0 to 1.
    fn at(&self, x: usize, y: usize) -> [f32; 2] {
        self.values[y % Self::EDGE * Self::EDGE + x % Self::EDGE]
    }
}

/// A field that is high in the middle of scattered dots.
fn dots(p: Vec3, size: f32, seed: u32) -> f32 {
    let (away, own) = cells(p / size, seed);
    // Dots differ in size; the largest show first.
    (0.25 + 0.75 * own) * smooth(0.60, 0.05, away)
}

fn face(texel: &mut Texel, spot: &Spot, slow: &Slow, brows: &Brows, lips: f32) {
    let p = spot.place;
    texel.lips = byte(lips);
    // Inside of the lips it is dark.
    let behind = 0.158 - 32.0 * p.x * p.x - p.z;
    let shut = smooth(0.0025, 0.0065, behind) * smooth(0.35, 0.6, slow.slit);
    texel.open = byte(spot.open * (1.0 - 0.85 * shut));
    texel.flush = byte(slow.flush);
    texel.hollow = byte(slow.hollow);
    let (brow, shade) = brows.at(p);
    texel.brow = byte(brow);
    texel.brow_shade = byte(shade);
    texel.scalp = byte(slow.scalp);
    texel.rim = byte(spot.rim);
    let beard = slow.beard * (1.0 - smooth(0.05, 0.4, lips));
    texel.beard = byte(beard);
    if beard > 0.01 || texel.scalp > 2 {
        texel.stubble = byte(smooth(0.52, 0.78, noise(p * 1500.0, 11)));
    }
    if lips < 0.1 {
        texel.freckle = byte(slow.freckle);
    }
    if slow.mole {
        let mole = cells(p / MOLES[0], 23);
        if mole.1 > 0.55 {
            texel.mole = byte(smooth(0.075, 0.035, mole.0) * (1.0 - lips));
        }
    }
}

fn limbs(texel: &mut Texel, spot: &Spot, slow: &Slow) {
    let p = spot.place;
    let q = Vec3::new(p.x.abs(), p.y, p.z);
    let elbow = zones::blob(q, [0.315, 0.345, -0.03], [0.03, 0.03, 0.04]);
    let knee = zones::blob(q, [0.158, -0.37, 0.07], [0.04, 0.04, 0.04]);
    let knuckles = zones::blob(q, [0.46, 0.19, 0.25], [0.02, 0.02, 0.02]);
    texel.flush = byte(0.6 * (elbow + knee) + 0.5 * knuckles);
    let shoulders = smooth(0.40, 0.47, p.y) * smooth(0.545, 0.50, p.y);
    if shoulders > 0.02 {
        texel.freckle = byte(0.8 * shoulders * dots(p, 0.0046, 21));
    }
    if slow.mole {
        let mole = cells(p / MOLES[1], 23);
        if mole.1 > 0.6 {
            texel.mole = byte(smooth(0.05, 0.025, mole.0));
        }
    }
}

/// Height of pores, fine lines and the furrows of lips, metres.
fn fine_height(p: Vec3, texel: &Texel, fine: f32, pores: f32) -> f32 {
    let lips = f32::from(texel.lips) / 255.0;
    let pores = -0.000055 * smooth(0.62, 0.95, pores) * (1.0 - lips);
    let lines = 0.00004 * (fine - 0.5);
    let furrows = if lips > 0.0 {
        0.00009 * lips * (noise(Vec3::new(p.x * 1100.0, p.y * 190.0, 0.0), 53) - 0.5)
    } else {
        0.0
    };
    let hair = 0.00016 * f32::from(texel.brow) / 255.0;
    pores + lines + furrows + hair
}

/// The texels with the slopes of their heights along u and v.
fn sloped(made: &[(Texel, [f32; 2])], spots: &[Option<Spot>], edge: usize) -> Vec<Texel> {
    made.par_iter()
        .enumerate()
        .map(|(at, (texel, heights))| {
            let mut texel = *texel;
            let Some(here) = spots[at] else { return texel };
            for (axis, step) in [1, edge].into_iter().enumerate() {
                let Some(Some(next)) = spots.get(at + step) else { continue };
                let run = next.place.distance(here.place);
                if !(1e-6..0.02).contains(&run) {
                    continue;
                }
                let slope = |layer: usize| (made[at + step].1[layer] - heights[layer]) / run;
                texel.fine[axis] = (slope(0) * 64.0).clamp(-127.0, 127.0) as i8;
                texel.aged[axis] = (slope(1) * 64.0).clamp(-127.0, 127.0) as i8;
            }
            texel
        })
        .collect()
}

/// For every texel the nearest one that is on a face (breadth first).
fn filling(spots: &[Option<Spot>], edge: usize) -> Vec<u32> {
    let mut filled: Vec<u32> = (0..spots.len() as u32).collect();
    let mut known: Vec<bool> = spots.iter().map(Option::is_some).collect();
    let mut front: Vec<usize> = (0..spots.len()).filter(|at| known[*at]).collect();
    // As far as mipmaps of a view from some metres reach.
    for _ in 0..24 {
        let mut next = Vec::new();
        for at in front {
            let (x, y) = (at % edge, at / edge);
            let neighbours = [
                (x > 0).then(|| at - 1),
                (x + 1 < edge).then_some(at + 1),
                (y > 0).then(|| at - edge),
                (y + 1 < edge).then_some(at + edge),
            ];
            for neighbour in neighbours.into_iter().flatten() {
                if !known[neighbour] {
                    known[neighbour] = true;
                    filled[neighbour] = filled[at];
                    next.push(neighbour);
                }
            }
        }
        front = next;
    }
    filled
}
