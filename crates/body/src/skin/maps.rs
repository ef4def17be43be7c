//! What is the same on everybody's skin, texel by texel: made once per pack.

use super::zones;
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
        let map = |sheet: &Sheet, is_head: bool| SkinMap::new(pack, sheet, is_head, &open, &rim);
        let (head, body) =
            rayon::join(|| map(&pack.topology.head, true), || map(&pack.topology.body, false));
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
    fn new(pack: &Pack, sheet: &Sheet, is_head: bool, open: &[f32], rim: &[f32]) -> Self {
        let edge = if is_head { HEAD_EDGE } else { BODY_EDGE };
        let spots = spots(pack, sheet, edge, open, rim);
        let mask = |name: &str| pack.content.masks.get(name);
        let (lips, ears) = (mask("lips"), mask("ears"));
        let nails = [mask("fingernails"), mask("toenails")];
        let mut texels: Vec<Texel> = spots
            .par_iter()
            .map(|spot| {
                let Some(spot) = spot else { return Texel::default() };
                let inside = |mask: Option<&crate::Mask>| mask.map_or(0.0, |m| m.at(spot.base_uv));
                let mut texel = everywhere(spot);
                if is_head {
                    face(&mut texel, spot, inside(lips), inside(ears));
                } else {
                    texel.nail = byte(nails.iter().map(|n| inside(*n)).fold(0.0, f32::max));
                    limbs(&mut texel, spot);
                }
                texel
            })
            .collect();
        slopes(&mut texels, &spots, is_head);
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

fn everywhere(spot: &Spot) -> Texel {
    let p = spot.place;
    Texel {
        pigment: byte(0.6 * noise(p * 38.0, 1) + 0.4 * noise(p * 160.0, 2)),
        blood: byte(0.45 * noise(p * 70.0, 3) + 0.55 * noise(p * 320.0, 4)),
        grain: byte(0.5 * noise(p * 900.0, 5) + 0.5 * noise(p * 1900.0, 6)),
        open: byte(spot.open),
        ..Texel::default()
    }
}

/// A field that is high in the middle of scattered dots.
fn dots(p: Vec3, size: f32, seed: u32) -> f32 {
    let (away, own) = cells(p / size, seed);
    // Dots differ in size; the largest show first.
    (0.25 + 0.75 * own) * smooth(0.55, 0.10, away)
}

fn face(texel: &mut Texel, spot: &Spot, lips: f32, ears: f32) {
    let p = spot.place;
    texel.lips = byte(lips);
    // Inside of the lips it is dark.
    let behind = 0.158 - 32.0 * p.x * p.x - p.z;
    let slit = zones::blob(p, [0.0, 0.661, 0.147], [0.03, 0.012, 0.03]);
    let shut = smooth(0.0025, 0.0065, behind) * smooth(0.35, 0.6, slit);
    texel.open = byte(spot.open * (1.0 - 0.85 * shut));
    texel.flush = byte(zones::flush(p, ears));
    texel.hollow = byte(zones::hollow(p));
    texel.brow = byte(zones::brow(p));
    texel.scalp = byte(zones::scalp(p));
    texel.rim = byte(spot.rim);
    let beard = zones::beard(p, lips);
    texel.beard = byte(beard);
    if beard > 0.01 || texel.scalp > 2 {
        texel.stubble = byte(smooth(0.52, 0.78, noise(p * 1500.0, 11)));
    }
    texel.crease = byte(-zones::wrinkles(p) / 0.0004);
    let q = Vec3::new(p.x.abs(), p.y, p.z);
    let sunny = zones::blob(q, [0.022, 0.705, 0.14], [0.04, 0.025, 0.04])
        + 0.5 * zones::blob(q, [0.0, 0.77, 0.14], [0.05, 0.03, 0.05]);
    if sunny > 0.05 && lips < 0.1 {
        let dot = dots(p, 0.0042, 21).max(0.8 * dots(p, 0.0026, 22));
        texel.freckle = byte(dot * sunny.min(1.0));
    }
    let mole = cells(p / 0.021, 23);
    if mole.1 > 0.55 {
        texel.mole = byte(smooth(0.075, 0.035, mole.0) * (1.0 - lips));
    }
}

fn limbs(texel: &mut Texel, spot: &Spot) {
    let p = spot.place;
    let q = Vec3::new(p.x.abs(), p.y, p.z);
    let elbow = zones::blob(q, [0.315, 0.345, -0.03], [0.03, 0.03, 0.04]);
    let knee = zones::blob(q, [0.158, -0.37, 0.07], [0.04, 0.04, 0.04]);
    let knuckles = zones::blob(q, [0.46, 0.19, 0.25], [0.02, 0.02, 0.02]);
    texel.flush = byte(0.6 * (elbow + knee) + 0.5 * knuckles);
    let shoulders = smooth(0.40, 0.52, p.y);
    if shoulders > 0.02 {
        texel.freckle = byte(0.8 * shoulders * dots(p, 0.0046, 21));
    }
    let mole = cells(p / 0.045, 23);
    if mole.1 > 0.6 {
        texel.mole = byte(smooth(0.05, 0.025, mole.0));
    }
}

/// Height of pores, fine lines and the furrows of lips, metres.
fn fine_height(p: Vec3, texel: &Texel, is_head: bool) -> f32 {
    let lips = f32::from(texel.lips) / 255.0;
    let pores = if is_head { noise(p * 1150.0, 51) } else { noise(p * 700.0, 51) };
    let pores = -0.000055 * smooth(0.62, 0.95, pores) * (1.0 - lips);
    let lines = 0.00004 * (noise(p * Vec3::new(500.0, 900.0, 500.0), 52) - 0.5);
    let furrows = 0.00009 * lips * (noise(Vec3::new(p.x * 1100.0, p.y * 190.0, 0.0), 53) - 0.5);
    let hair = 0.00016 * f32::from(texel.brow) / 255.0;
    pores + lines + furrows + hair
}

/// Slopes of the heights along u and v.
fn slopes(texels: &mut [Texel], spots: &[Option<Spot>], is_head: bool) {
    let edge = if is_head { HEAD_EDGE } else { BODY_EDGE };
    let heights: Vec<[f32; 2]> = texels
        .par_iter()
        .zip(spots)
        .map(|(texel, spot)| match spot {
            Some(spot) => [
                fine_height(spot.place, texel, is_head),
                if is_head { zones::wrinkles(spot.place) } else { 0.0 },
            ],
            None => [0.0; 2],
        })
        .collect();
    texels.par_iter_mut().enumerate().for_each(|(at, texel)| {
        let Some(here) = spots[at] else { return };
        for (axis, step) in [1, edge].into_iter().enumerate() {
            let Some(Some(next)) = spots.get(at + step) else { continue };
            let run = next.place.distance(here.place);
            if !(1e-6..0.02).contains(&run) {
                continue;
            }
            let slope = |layer: usize| (heights[at + step][layer] - heights[at][layer]) / run;
            texel.fine[axis] = (slope(0) * 64.0).clamp(-127.0, 127.0) as i8;
            texel.aged[axis] = (slope(1) * 64.0).clamp(-127.0, 127.0) as i8;
        }
    });
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
