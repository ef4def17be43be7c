//! What is the same on everybody's skin, texel by texel: made once per pack.

use super::{
    brows::Brows,
    spots::{Ground, Spot, filling, lid_rims, openness},
    zones::{self, Folds, Growth, Wrinkles},
};
use crate::{
    Mask,
    pack::Pack,
    texture::{Noise, Scattered, between, byte, smooth, whole},
    topology::Sheet,
};
use bytemuck::Zeroable;
use glam::Vec3;
use rayon::prelude::*;

/// Edges of the textures of head and body in texels.
const HEAD_EDGE: usize = 1024;
const BODY_EDGE: usize = 512;

/// One texel of skin; all in 255ths unless said otherwise.
#[derive(Debug, Clone, Copy, Default, Zeroable)]
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

impl SkinMaps {
    pub(crate) fn new(pack: &Pack) -> Self {
        let (grain, (open, rim)) =
            rayon::join(GrainTile::new, || rayon::join(|| openness(pack), || lid_rims(pack)));
        let shared = Shared { open, rim, grain, brows: Brows::new() };
        let map = |sheet: &Sheet, edge: usize, is_head: bool| {
            SkinMap::new(pack, sheet, &shared, edge, is_head)
        };
        let (head, body) = rayon::join(
            || map(&pack.topology.head, HEAD_EDGE, true),
            || map(&pack.topology.body, BODY_EDGE, false),
        );
        Self { head, body }
    }
}

/// What head and body are made from.
struct Shared {
    /// How open every vertex lies, and how near a lid's edge; 0 to 1.
    open: Vec<f32>,
    rim: Vec<f32>,
    grain: GrainTile,
    brows: Brows,
}

/// Rows of texels that are made together: few enough to stay in a processor's cache. Even, so that
/// blocks of texels do not cross bands.
const BAND: usize = 32;

impl SkinMap {
    fn new(pack: &Pack, sheet: &Sheet, shared: &Shared, edge: usize, is_head: bool) -> Self {
        let ground = Ground::new(pack, sheet, edge, BAND, &shared.open, &shared.rim);
        // Memory that nobody has touched yet: the bands' threads do that side by side.
        let mut texels: Vec<Texel> = bytemuck::zeroed_vec(edge * edge);
        let mut known = vec![false; edge * edge];
        texels
            .par_chunks_mut(BAND * edge)
            .zip(known.par_chunks_mut(BAND * edge))
            .enumerate()
            .for_each_init(
                || Band::new(pack, shared, edge, is_head),
                |band, (number, (texels, known))| band.make(&ground, number, texels, known),
            );
        let filled_by = filling(known, edge);
        Self { edge, texels, filled_by }
    }
}

/// Makes bands of rows, one after the other.
struct Band<'a> {
    shared: &'a Shared,
    edge: usize,
    is_head: bool,
    masks: Masks<'a>,
    fields: Fields,
    /// Of this band, and of the first row of the next one: slopes lead there.
    spots: Vec<Option<Spot>>,
    /// Metres: pores and wrinkles.
    heights: Vec<[f32; 2]>,
}

/// Parts of the skin; what a pack lacks is nowhere.
struct Masks<'a> {
    lips: Option<&'a Mask>,
    ears: Option<&'a Mask>,
    nails: [Option<&'a Mask>; 2],
}

fn inside(mask: Option<&Mask>, spot: &Spot) -> f32 {
    mask.map_or(0.0, |mask| mask.at(spot.base_uv))
}

impl<'a> Band<'a> {
    fn new(pack: &'a Pack, shared: &'a Shared, edge: usize, is_head: bool) -> Self {
        let mask = |name: &str| pack.content.masks.get(name);
        Self {
            shared,
            edge,
            is_head,
            masks: Masks {
                lips: mask("lips"),
                ears: mask("ears"),
                nails: [mask("fingernails"), mask("toenails")],
            },
            fields: Fields::new(is_head),
            spots: vec![None; (BAND + 1) * edge],
            heights: vec![[0.0; 2]; (BAND + 1) * edge],
        }
    }

    fn make(&mut self, ground: &Ground, number: usize, texels: &mut [Texel], known: &mut [bool]) {
        let edge = self.edge;
        ground.spots(number, &mut self.spots);
        for (known, spot) in known.iter_mut().zip(&self.spots) {
            *known = spot.is_some();
        }
        let first_row = number * BAND;
        for corner_row in (0..=BAND).step_by(BLOCK) {
            let rows = corner_row..(corner_row + BLOCK).min(BAND + 1);
            for corner in (0..edge).step_by(BLOCK) {
                let places = rows.clone().flat_map(|row| {
                    (corner..corner + BLOCK).map(move |column| row * edge + column)
                });
                let Some(first) = places.clone().find_map(|at| self.spots[at]) else { continue };
                let ears = self.is_head.then(|| inside(self.masks.ears, &first));
                let slow = self.fields.slow(first.place, ears);
                for at in places {
                    let Some(spot) = self.spots[at] else { continue };
                    let grain = self.shared.grain.at(at % edge, first_row + at / edge);
                    let (texel, heights) = self.texel(&spot, &slow, grain);
                    self.heights[at] = heights;
                    if let Some(made) = texels.get_mut(at) {
                        *made = texel;
                    }
                }
            }
        }
        self.slope(texels);
    }

    fn texel(&mut self, spot: &Spot, slow: &Slow, grain: &TexelGrain) -> (Texel, [f32; 2]) {
        let mut texel = Texel { grain: byte(grain.fine), open: byte(spot.open), ..slow.texel };
        let mut wrinkles = 0.0;
        if self.is_head {
            wrinkles = self.fields.wrinkles.at(spot.place, &slow.folds);
            texel.crease = byte(-wrinkles / 0.0004);
            let lips = inside(self.masks.lips, spot);
            self.fields.face(&mut texel, spot, slow, &self.shared.brows, lips);
            if texel.beard.max(texel.scalp) > 2 {
                texel.stubble = grain.stubble;
            }
        } else {
            let nails = self.masks.nails.iter().map(|nails| inside(*nails, spot));
            texel.nail = byte(nails.fold(0.0, f32::max));
            self.fields.limbs(&mut texel, spot, slow);
        }
        (texel, [self.fields.fine_height(spot.place, &texel, grain), wrinkles])
    }

    /// Gives texels the slopes of their heights along u and v.
    fn slope(&self, texels: &mut [Texel]) {
        let edge = self.edge;
        for (at, texel) in texels.iter_mut().enumerate() {
            let Some(here) = self.spots[at] else { continue };
            let beside = (at % edge + 1 < edge).then_some(at + 1);
            for (axis, next) in [beside, Some(at + edge)].into_iter().enumerate() {
                let Some(next) = next else { continue };
                let Some(there) = self.spots[next] else { continue };
                let run = there.place.distance(here.place);
                if !(1e-6..0.02).contains(&run) {
                    continue;
                }
                let scale = 64.0 / run;
                let slope = |layer: usize| {
                    let rise = self.heights[next][layer] - self.heights[at][layer];
                    whole(between(rise * scale, -127.0, 127.0)) as i8
                };
                texel.fine[axis] = slope(0);
                texel.aged[axis] = slope(1);
            }
        }
    }
}

/// What varies slowly, worked out for blocks of texels.
#[derive(Clone, Copy, Default)]
struct Slow {
    /// Pigment and blood, and of the face flush, hollow, scalp, beard and freckles where the sun makes
    /// them.
    texel: Texel,
    /// Beard and what is between the lips, 0 to 1.
    beard: f32,
    slit: f32,
    folds: Folds,
    /// Whether a mole may be here.
    mole: bool,
}

/// Texels across and down a block.
const BLOCK: usize = 2;
/// How much blood shows in ears, 0 to 1.
const EARS: f32 = 0.7;
/// Distance between moles, metres.
const MOLES: [f32; 2] = [0.021, 0.045];

/// The noises and dots that skin is made of. They remember where they were last asked.
struct Fields {
    pigment: [Noise; 2],
    blood: [Noise; 2],
    moles: Scattered,
    /// Metres from mole to mole.
    mole_distance: f32,
    dots: [Scattered; 2],
    growth: Growth,
    wrinkles: Wrinkles,
    furrows: Noise,
}

impl Fields {
    fn new(is_head: bool) -> Self {
        Self {
            pigment: [1, 2].map(Noise::new),
            blood: [3, 4].map(Noise::new),
            moles: Scattered::new(23),
            mole_distance: MOLES[usize::from(!is_head)],
            dots: [21, 22].map(Scattered::new),
            growth: Growth::new(),
            wrinkles: Wrinkles::new(),
            furrows: Noise::new(53),
        }
    }

    /// `ears`: how far inside the mask of the ears a place is; `None` on the body.
    fn slow(&mut self, p: Vec3, ears: Option<f32>) -> Slow {
        let [broad, narrow] = &mut self.pigment;
        let pigment = 0.6 * broad.at(p * 38.0) + 0.4 * narrow.at(p * 160.0);
        let [broad, narrow] = &mut self.blood;
        let blood = 0.45 * broad.at(p * 70.0) + 0.55 * narrow.at(p * 320.0);
        let mole = self.moles.nearest(p / self.mole_distance).0 < 0.12;
        let texel = Texel { pigment: byte(pigment), blood: byte(blood), ..Texel::default() };
        let Some(ears) = ears else { return Slow { texel, mole, ..Slow::default() } };
        let (scalp, beard) = self.growth.at(p);
        let texel =
            Texel { flush: byte(EARS * ears), scalp: byte(scalp), beard: byte(beard), ..texel };
        let slow = Slow { texel, beard, slit: 0.0, folds: Folds::at(p), mole };
        if !zones::is_face(p) {
            return slow;
        }
        let q = Vec3::new(p.x.abs(), p.y, p.z);
        let sunny = zones::blob(q, [0.022, 0.705, 0.14], [0.04, 0.025, 0.04])
            + 0.5 * zones::blob(q, [0.0, 0.77, 0.14], [0.05, 0.03, 0.05]);
        let freckle = if sunny > 0.05 {
            let [large, small] = &mut self.dots;
            dot(large, p, 0.0032).max(0.9 * dot(small, p, 0.0021)) * sunny.min(1.0)
        } else {
            0.0
        };
        let flush = (zones::flush(q) + EARS * ears).min(1.0);
        Slow {
            texel: Texel {
                flush: byte(flush),
                hollow: byte(zones::hollow(q)),
                freckle: byte(freckle),
                ..texel
            },
            slit: zones::blob(p, [0.0, 0.661, 0.147], [0.03, 0.012, 0.03]),
            ..slow
        }
    }

    fn face(&mut self, texel: &mut Texel, spot: &Spot, slow: &Slow, brows: &Brows, lips: f32) {
        let p = spot.place;
        if slow.slit > 0.35 {
            // Inside of the lips it is dark.
            let behind = 0.158 - 32.0 * p.x * p.x - p.z;
            let shut = smooth(0.0025, 0.0065, behind) * smooth(0.35, 0.6, slow.slit);
            texel.open = byte(spot.open * (1.0 - 0.85 * shut));
        }
        let (brow, shade) = brows.at(p);
        texel.brow = byte(brow);
        texel.brow_shade = byte(shade);
        texel.rim = byte(spot.rim);
        if lips > 0.0 {
            texel.lips = byte(lips);
            texel.beard = byte(slow.beard * (1.0 - smooth(0.05, 0.4, lips)));
        }
        if lips >= 0.1 {
            texel.freckle = 0;
        }
        if slow.mole {
            let mole = self.moles.nearest(p / self.mole_distance);
            if mole.1 > 0.55 {
                texel.mole = byte(smooth(0.075, 0.035, mole.0) * (1.0 - lips));
            }
        }
    }

    fn limbs(&mut self, texel: &mut Texel, spot: &Spot, slow: &Slow) {
        let p = spot.place;
        let q = Vec3::new(p.x.abs(), p.y, p.z);
        let elbow = zones::blob(q, [0.315, 0.345, -0.03], [0.03, 0.03, 0.04]);
        let knee = zones::blob(q, [0.158, -0.37, 0.07], [0.04, 0.04, 0.04]);
        let knuckles = zones::blob(q, [0.46, 0.19, 0.25], [0.02, 0.02, 0.02]);
        texel.flush = byte(0.6 * (elbow + knee) + 0.5 * knuckles);
        let shoulders = smooth(0.40, 0.47, p.y) * smooth(0.545, 0.50, p.y);
        if shoulders > 0.02 {
            texel.freckle = byte(0.8 * shoulders * dot(&mut self.dots[0], p, 0.0046));
        }
        if slow.mole {
            let mole = self.moles.nearest(p / self.mole_distance);
            if mole.1 > 0.6 {
                texel.mole = byte(smooth(0.05, 0.025, mole.0));
            }
        }
    }

    /// Height of pores, fine lines and the furrows of lips, metres.
    fn fine_height(&mut self, p: Vec3, texel: &Texel, grain: &TexelGrain) -> f32 {
        let lips = f32::from(texel.lips) / 255.0;
        let pores = -0.000055 * grain.pores * (1.0 - lips);
        let lines = 0.00004 * (grain.fine - 0.5);
        let furrows = if lips > 0.0 {
            0.00009 * lips * (self.furrows.at(Vec3::new(p.x * 1100.0, p.y * 190.0, 0.0)) - 0.5)
        } else {
            0.0
        };
        let hair = 0.00016 * f32::from(texel.brow) / 255.0;
        pores + lines + furrows + hair
    }
}

/// How high a field is that is highest in the middle of scattered dots.
fn dot(dots: &mut Scattered, p: Vec3, size: f32) -> f32 {
    let (away, own) = dots.nearest(p / size);
    // Dots differ in size; the largest show first.
    (0.25 + 0.75 * own) * smooth(0.60, 0.05, away)
}

/// Grain of one texel: lines and pores, 0 to 1, and stubble in 255ths.
struct TexelGrain {
    fine: f32,
    pores: f32,
    stubble: u8,
}

/// Grain as fine as texels are, the same in every square of the texture: nobody sees where it repeats.
struct GrainTile(Vec<TexelGrain>);

impl GrainTile {
    const EDGE: usize = 256;

    fn new() -> Self {
        let row = |y: usize| {
            let [mut coarse, mut fine, mut pores, mut stubble] = [5, 6, 51, 11].map(Noise::new);
            (0..Self::EDGE).map(move |x| {
                let at = |scale: f32| Vec3::new(x as f32 * scale, y as f32 * scale, 0.5);
                TexelGrain {
                    fine: 0.5 * coarse.at(at(0.5)) + 0.5 * fine.at(at(1.0)),
                    pores: smooth(0.62, 0.95, pores.at(at(0.27))),
                    stubble: byte(smooth(0.52, 0.78, stubble.at(at(0.3)))),
                }
            })
        };
        Self((0..Self::EDGE).into_par_iter().flat_map_iter(row).collect())
    }

    fn at(&self, x: usize, y: usize) -> &TexelGrain {
        &self.0[y % Self::EDGE * Self::EDGE + x % Self::EDGE]
    }
}
