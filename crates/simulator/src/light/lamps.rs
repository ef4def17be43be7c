//! Lamps, and a grid that says which of them reach a point.

use glam::{Affine3A, Vec2, Vec3};

use crate::rays::simd::{Eight, LANES, Portable, Simd};
use crate::surface::noise::smoothstep;

/// Irradiance below which a lamp is not looked at.
const FAINT: f32 = 0.012;
/// No lamp reaches farther, metres.
const FARTHEST_M: f32 = 60.0;
const CELL_M: f32 = 6.0;
/// Most cells of a grid along one side.
const MAX_SIDE: usize = 128;

/// Share of a beam over which its light fades towards the edge.
const BEAM_SOFT: f32 = 0.6;

/// A cone of light.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Beam {
    /// Unit vector from the lamp.
    pub dir: Vec3,
    /// Cosine of the angle from `dir` at which the light ends.
    pub cos_edge: f32,
}

/// A lamp without a visible body of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Lamp {
    pub position: Vec3,
    /// Irradiance at one metre.
    pub power: Vec3,
    /// Bodies this near to it cast no shadow: its shade, metres.
    pub clear_m: f32,
    /// Switched on in the dark only.
    pub night_only: bool,
    /// Size of the glowing part, metres: softens shadows.
    pub radius: f32,
    /// `None` shines all around.
    pub beam: Option<Beam>,
}

impl Lamp {
    /// The lamp as part of something that stands at a pose.
    pub fn placed(&self, world_from_local: &Affine3A, scale: Vec3) -> Self {
        let place = |p: Vec3| world_from_local.transform_point3(p * scale);
        let turn = |beam: Beam| Beam {
            dir: world_from_local.transform_vector3(beam.dir).normalize_or(Vec3::NEG_Y),
            ..beam
        };
        Self { position: place(self.position), beam: self.beam.map(turn), ..*self }
    }

    /// Irradiance of a surface at `to_lamp` before it that faces it.
    pub fn at(&self, to_lamp: Vec3, distance_squared: f32) -> Vec3 {
        let light = self.power / distance_squared.max(0.05);
        match self.beam {
            None => light,
            Some(Beam { dir, cos_edge }) => {
                let cos = -to_lamp.dot(dir) / distance_squared.max(1e-6).sqrt();
                light * smoothstep(cos_edge, cos_edge + BEAM_SOFT * (1.0 - cos_edge), cos)
            }
        }
    }

    fn reach_m(&self) -> f32 {
        (self.power.max_element().max(0.0) / FAINT).sqrt().min(FARTHEST_M)
    }

    /// How far its light goes to the side over a floor at this height.
    fn spread_m(&self, floor_y: f32) -> f32 {
        match self.beam {
            Some(Beam { dir, cos_edge }) if dir.y < -0.999 && cos_edge > 0.05 => {
                let tan = (1.0 - cos_edge * cos_edge).max(0.0).sqrt() / cos_edge;
                self.reach_m().min((self.position.y - floor_y).max(0.0) * tan)
            }
            _ => self.reach_m(),
        }
    }
}

/// Lamps by where their light goes.
#[derive(Clone, Debug, Default)]
pub(crate) struct LampGrid {
    lamps: Vec<Lamp>,
    origin: Vec2,
    per_m: f32,
    columns: usize,
    rows: usize,
    /// First item of each cell in `items`, and one more.
    starts: Vec<u32>,
    items: Vec<u32>,
    /// The lamps of each cell again, for eight to be weighed at once; the last eight of a cell
    /// may be less.
    packs: Vec<LampPack>,
    /// First pack of each cell, and one more.
    pack_starts: Vec<u32>,
    /// Some are on by day.
    by_day: bool,
}

/// What eight lamps give to a point.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(32))]
struct LampPack {
    position: [Eight; 3],
    /// Of the strongest channel, at one metre.
    power: Eight,
    beam_dir: [Eight; 3],
    beam_edge: Eight,
    /// One over the width of the beam's soft edge.
    beam_per_edge: Eight,
    lamps: [u32; LANES],
}

/// The strength below which a lamp is not looked at.
const WEAK: f32 = 0.004;
/// Most lamps that are looked at from one point.
pub(crate) const LAMPS: usize = 3;

/// Of all lamps that may reach a point the strongest, with weight 1, and in the last place one of
/// the others by chance, which stands for them all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice<'a> {
    /// Weights and lamps; the first `count` are used.
    chosen: [(f32, Option<&'a Lamp>); LAMPS],
    strongest: [f32; LAMPS],
    count: usize,
    rest: f32,
    picked: f32,
    /// `None` leaves nothing to chance, and the others out.
    draw: Option<f32>,
}

impl<'a> Choice<'a> {
    /// Up to `count` (at least 1) lamps; `draw` (0..1) is the chance.
    pub fn new(count: usize, draw: f32) -> Self {
        Self {
            chosen: [(0.0, None); LAMPS],
            strongest: [0.0; LAMPS],
            count: count.clamp(1, LAMPS),
            rest: 0.0,
            picked: 0.0,
            draw: Some(draw),
        }
    }

    /// The strongest `count` (at least 1) lamps alone: calm where walls hide most of the others.
    pub fn strongest(count: usize) -> Self {
        Self { draw: None, ..Self::new(count, 0.0) }
    }

    /// Takes a lamp into consideration.
    fn offer(&mut self, mut lamp: &'a Lamp, mut strength: f32) {
        let last = self.count - usize::from(self.draw.is_some());
        for place in 0..last {
            if strength > self.strongest[place] {
                std::mem::swap(&mut strength, &mut self.strongest[place]);
                self.chosen[place].0 = 1.0;
                match self.chosen[place].1.replace(lamp) {
                    Some(weaker) => lamp = weaker,
                    None => return,
                }
            }
        }
        let Some(draw) = &mut self.draw else { return };
        self.rest += strength;
        *draw = (*draw + 0.618_034).fract();
        if *draw * self.rest <= strength {
            (self.picked, self.chosen[last].1) = (strength, Some(lamp));
        }
    }

    /// Lamps with the weights of their light.
    pub fn lamps(mut self) -> impl Iterator<Item = (f32, &'a Lamp)> {
        if self.picked > 0.0 {
            self.chosen[self.count - 1].0 = self.rest / self.picked;
        }
        self.chosen.into_iter().filter_map(|(weight, lamp)| Some((weight, lamp?)))
    }
}

/// A place that lamps may light.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    pub point: Vec3,
    pub normal: Vec3,
    /// Lit from behind too.
    pub thin: bool,
    /// Lamps are on that are on in the dark only.
    pub night: bool,
}

impl LampPack {
    fn new(lamps: &[Lamp], items: &[u32]) -> Self {
        let zero = Eight::splat(0.0);
        let mut pack = Self {
            position: [zero; 3],
            power: zero,
            beam_dir: [zero; 3],
            // An edge that everything is well within.
            beam_edge: Eight::splat(-8.0),
            beam_per_edge: Eight::splat(1.0),
            lamps: [0; LANES],
        };
        for (lane, &item) in items.iter().take(LANES).enumerate() {
            let lamp = &lamps[item as usize];
            for axis in 0..3 {
                pack.position[axis].0[lane] = lamp.position[axis];
                pack.beam_dir[axis].0[lane] = lamp.beam.map_or(0.0, |beam| beam.dir[axis]);
            }
            pack.power.0[lane] = lamp.power.max_element();
            if let Some(Beam { cos_edge, .. }) = lamp.beam {
                pack.beam_edge.0[lane] = cos_edge;
                pack.beam_per_edge.0[lane] = 1.0 / (BEAM_SOFT * (1.0 - cos_edge)).max(1e-4);
            }
            pack.lamps[lane] = item;
        }
        pack
    }

    /// Light on a surface that lies as the spot does: the strongest channel of [`Lamp::at`] by the
    /// cosine. No closures: their code would not be compiled for the lanes.
    #[inline(always)]
    fn strengths<S: Simd>(&self, spot: &Spot) -> (u32, Eight) {
        let to = [
            S::sub(S::load(&self.position[0]), S::splat(spot.point.x)),
            S::sub(S::load(&self.position[1]), S::splat(spot.point.y)),
            S::sub(S::load(&self.position[2]), S::splat(spot.point.z)),
        ];
        let d2 = dot::<S>(&to, &to);
        let per_m = S::div(S::splat(1.0), S::sqrt(S::max(d2, S::splat(1e-6))));
        let normal = [S::splat(spot.normal.x), S::splat(spot.normal.y), S::splat(spot.normal.z)];
        let mut cos = S::mul(dot::<S>(&to, &normal), per_m);
        if spot.thin {
            cos = S::abs(cos);
        }
        let beam_dir =
            [S::load(&self.beam_dir[0]), S::load(&self.beam_dir[1]), S::load(&self.beam_dir[2])];
        let along = S::mul(S::sub(S::splat(0.0), dot::<S>(&to, &beam_dir)), per_m);
        let inward = S::mul(S::sub(along, S::load(&self.beam_edge)), S::load(&self.beam_per_edge));
        let t = S::min(S::max(inward, S::splat(0.0)), S::splat(1.0));
        let beam = S::mul(S::mul(t, t), S::sub(S::splat(3.0), S::add(t, t)));
        let light = S::div(S::load(&self.power), S::max(d2, S::splat(0.05)));
        let strength = S::mul(S::mul(light, beam), cos);
        (S::bits(S::le(S::splat(WEAK), strength)), S::store(strength))
    }
}

#[inline(always)]
fn dot<S: Simd>(a: &[S::F; 3], b: &[S::F; 3]) -> S::F {
    S::add(S::add(S::mul(a[0], b[0]), S::mul(a[1], b[1])), S::mul(a[2], b[2]))
}

impl LampGrid {
    /// Sorts lamps into the grid; the memory of earlier ones is used again.
    /// Nothing that is lit lies below `floor_y`, which may be minus infinity.
    pub fn fill(&mut self, lamps: impl Iterator<Item = Lamp>, floor_y: f32) {
        self.lamps.clear();
        self.lamps.extend(lamps.filter(|lamp| lamp.position.is_finite() && lamp.reach_m() > 0.0));
        self.starts.clear();
        self.items.clear();
        self.packs.clear();
        self.pack_starts.clear();
        (self.columns, self.rows) = (0, 0);
        self.by_day = self.lamps.iter().any(|lamp| !lamp.night_only);
        if self.lamps.is_empty() {
            return;
        }
        let (mut low, mut high) = (Vec2::INFINITY, Vec2::NEG_INFINITY);
        for lamp in &self.lamps {
            let reach = Vec2::splat(lamp.spread_m(floor_y));
            low = low.min(flat(lamp.position) - reach);
            high = high.max(flat(lamp.position) + reach);
        }
        let cell_m = ((high - low).max_element() / MAX_SIDE as f32).max(CELL_M);
        self.origin = low;
        self.per_m = 1.0 / cell_m;
        let side = |length: f32| ((length / cell_m) as usize + 1).min(MAX_SIDE);
        (self.columns, self.rows) = (side(high.x - low.x), side(high.y - low.y));
        self.starts.resize(self.columns * self.rows + 1, 0);
        for lamp in &self.lamps {
            let (columns, starts) = (self.columns, &mut self.starts);
            let reach = lamp.spread_m(floor_y);
            visit(self.origin, self.per_m, columns, self.rows, lamp, reach, |cell| {
                starts[cell + 1] += 1;
            });
        }
        for cell in 1..self.starts.len() {
            self.starts[cell] += self.starts[cell - 1];
        }
        self.items.resize(self.starts.last().map_or(0, |&n| n as usize), 0);
        // Filling moves each start to the next cell's; one shift brings them back.
        for (i, lamp) in self.lamps.iter().enumerate() {
            let (items, starts) = (&mut self.items, &mut self.starts);
            let reach = lamp.spread_m(floor_y);
            visit(self.origin, self.per_m, self.columns, self.rows, lamp, reach, |cell| {
                items[starts[cell] as usize] = i as u32;
                starts[cell] += 1;
            });
        }
        self.starts.rotate_right(1);
        self.starts[0] = 0;
        for cell in self.starts.windows(2) {
            self.pack_starts.push(self.packs.len() as u32);
            let items = &self.items[cell[0] as usize..cell[1] as usize];
            self.packs.extend(items.chunks(LANES).map(|items| LampPack::new(&self.lamps, items)));
        }
        self.pack_starts.push(self.packs.len() as u32);
    }

    pub fn all(&self) -> &[Lamp] {
        &self.lamps
    }

    /// The lamps that may light a place.
    pub fn near(&self, point: Vec3) -> impl Iterator<Item = &Lamp> {
        let items = self.cell(point).map_or(&[][..], |cell| {
            &self.items[self.starts[cell] as usize..self.starts[cell + 1] as usize]
        });
        items.iter().map(|&i| &self.lamps[i as usize])
    }

    /// Offers the lamps that reach a spot.
    pub fn offer<'a>(&'a self, spot: &Spot, choice: &mut Choice<'a>) {
        if !spot.night && !self.by_day {
            return;
        }
        let Some(cell) = self.cell(spot.point) else { return };
        let (from, to) = (self.pack_starts[cell] as usize, self.pack_starts[cell + 1] as usize);
        let packs = &self.packs[from..to];
        #[cfg(target_arch = "x86_64")]
        if crate::rays::simd::has_avx2() {
            // SAFETY: the processor has AVX2.
            return unsafe { self.offer_avx2(packs, spot, choice) };
        }
        self.offer_with::<Portable>(packs, spot, choice);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn offer_avx2<'a>(&'a self, packs: &[LampPack], spot: &Spot, choice: &mut Choice<'a>) {
        self.offer_with::<crate::rays::simd::Avx2>(packs, spot, choice);
    }

    #[inline(always)]
    fn offer_with<'a, S: Simd>(&'a self, packs: &[LampPack], spot: &Spot, choice: &mut Choice<'a>) {
        for pack in packs {
            let (mut strong, strengths) = pack.strengths::<S>(spot);
            while strong != 0 {
                let lane = strong.trailing_zeros() as usize;
                strong &= strong - 1;
                let lamp = &self.lamps[pack.lamps[lane] as usize];
                if spot.night || !lamp.night_only {
                    choice.offer(lamp, strengths.0[lane]);
                }
            }
        }
    }

    fn cell(&self, point: Vec3) -> Option<usize> {
        let at = (flat(point) - self.origin) * self.per_m;
        let inside =
            at.x >= 0.0 && at.y >= 0.0 && at.x < self.columns as f32 && at.y < self.rows as f32;
        inside.then(|| at.y as usize * self.columns + at.x as usize)
    }
}

fn flat(p: Vec3) -> Vec2 {
    Vec2::new(p.x, p.z)
}

/// Calls `f` with every cell within `reach` metres of a lamp.
fn visit(
    origin: Vec2,
    per_m: f32,
    columns: usize,
    rows: usize,
    lamp: &Lamp,
    reach: f32,
    mut f: impl FnMut(usize),
) {
    let centre = flat(lamp.position);
    let clamp = |v: f32, count: usize| (v.max(0.0) as usize).min(count - 1);
    let low = (centre - reach - origin) * per_m;
    let high = (centre + reach - origin) * per_m;
    for row in clamp(low.y, rows)..=clamp(high.y, rows) {
        for column in clamp(low.x, columns)..=clamp(high.x, columns) {
            let corner = origin + Vec2::new(column as f32, row as f32) / per_m;
            let nearest = centre.clamp(corner, corner + 1.0 / per_m);
            if nearest.distance_squared(centre) <= reach * reach {
                f(row * columns + column);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;

    #[test]
    fn all_the_light_of_many_lamps_is_accounted_for() {
        let mut rng = Rng::new(4);
        let lamp = |rng: &mut Rng| {
            let dir = Vec3::new(rng.normal(), -2.0, rng.normal()).normalize();
            Lamp {
                position: Vec3::new(rng.range(-300.0, 200.0), 5.0, rng.range(100.0, 400.0)),
                power: Vec3::splat(rng.log_range(0.5, 20.0)),
                clear_m: 0.1,
                night_only: rng.chance(0.3),
                radius: 0.1,
                beam: rng.chance(0.5).then(|| Beam { dir, cos_edge: rng.range(-0.2, 0.8) }),
            }
        };
        let lamps: Vec<Lamp> = (0..400).map(|_| lamp(&mut rng)).collect();
        let mut grid = LampGrid::default();
        grid.fill(lamps.iter().copied(), f32::NEG_INFINITY);
        for k in 0..500 {
            let spot = Spot {
                point: Vec3::new(rng.range(-350.0, 250.0), 0.0, rng.range(50.0, 450.0)),
                normal: Vec3::new(rng.normal(), 2.0, rng.normal()).normalize(),
                thin: k % 3 == 0,
                night: k % 2 == 0,
            };
            let mut choice = Choice::new(3, rng.unit());
            grid.offer(&spot, &mut choice);
            let (mut total, mut slack) = (0.0, 1e-4);
            for lamp in lamps.iter().filter(|lamp| spot.night || !lamp.night_only) {
                let to = lamp.position - spot.point;
                let cos = to.normalize().dot(spot.normal);
                let cos = if spot.thin { cos.abs() } else { cos };
                let strength = lamp.at(to, to.length_squared()).max_element() * cos.max(0.0);
                total += strength;
                if strength < 1.1 * FAINT {
                    slack += strength;
                }
            }
            // The last place holds the sum of all that are not among the strongest.
            let found: f32 = choice
                .lamps()
                .map(|(weight, lamp)| {
                    let to = lamp.position - spot.point;
                    let cos = to.normalize().dot(spot.normal);
                    let cos = if spot.thin { cos.abs() } else { cos };
                    weight * lamp.at(to, to.length_squared()).max_element() * cos
                })
                .sum();
            assert!((found - total).abs() <= slack + 1e-3 * total, "{found} of {total}, {spot:?}");
        }
    }
}
