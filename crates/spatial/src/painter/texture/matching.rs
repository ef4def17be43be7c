//! One size of the search for patches: distances, propagation with random search, voting.

use super::{Copied, picture::Picture};
use crate::painter::noise::{mixed, unit};
use glam::Vec4;
use rayon::prelude::*;

/// Patches reach this far around their centre, pixels.
pub(super) const REACH: usize = 2;
/// Weights of the squared differences in a patch: colours, code of depth.
const PATCH_WEIGHTS: Vec4 = Vec4::new(1.0, 1.0, 1.0, 0.02);
/// What a known pixel of a patch counts; others count one.
const KNOWN_WEIGHT: f32 = 3.0;
/// Weights of the squared differences between the blurred source and the guide.
const GUIDE_WEIGHTS: Vec4 = Vec4::new(1.0, 1.0, 1.0, 0.3);
const ELEVATION_WEIGHT: f32 = 0.2;
const DETAIL_WEIGHT: f32 = 1.0;
/// Largest dislike of a region of a source for no reason but the seed: it makes seeds differ.
const WHIM: f32 = 0.06;
/// Side of such regions as a share of the picture's side.
const WHIM_REGION: f32 = 0.094;
/// What the guide counts beyond the first size: what was chosen there shall stay together.
const FINER_GUIDE: f32 = 0.5;
/// Misfit of a place that goes on where a neighbour was copied from, over that of any other.
const GOES_ON: f32 = 0.8;
/// Random places tried anywhere in the sources, each pass.
const ANYWHERE: u64 = 2;

/// A pixel of a source.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Match {
    pub source: u32,
    pub at: u32,
}

/// What the layout says at each pixel of a picture, or what a source is like there.
#[derive(Debug, Clone, Default)]
pub(super) struct Guide {
    /// Blurred colours and code of depth.
    pub blurred: Vec<Vec4>,
    pub elevation: Vec<f32>,
    pub detail: Vec<f32>,
}

/// A picture to copy from.
pub(super) struct Source {
    texels: Vec<Vec4>,
    like: Guide,
    whims: Vec<f32>,
    /// The whole patch around a pixel is known.
    usable: Vec<bool>,
    /// Those pixels in order.
    places: Vec<u32>,
}

impl Source {
    pub fn new(picture: &Picture, like: Guide, number: usize, seed: u64) -> Self {
        let side = picture.side;
        let inside = |at: usize| (REACH..side - REACH).contains(&at);
        let usable: Vec<bool> = (0..side * side)
            .map(|at| {
                let (x, y) = (at % side, at / side);
                let known = |y: usize| {
                    picture.known[y * side + x - REACH..=y * side + x + REACH]
                        .iter()
                        .all(|known| *known)
                };
                inside(x) && inside(y) && (y - REACH..=y + REACH).all(known)
            })
            .collect();
        let places = (0..usable.len()).filter(|at| usable[*at]).map(|at| at as u32).collect();
        let region = WHIM_REGION * side as f32;
        let whims = (0..usable.len())
            .map(|at| {
                let [x, y] = [at % side, at / side].map(|v| (v as f32 / region) as u64);
                let bits = mixed(seed ^ ((number as u64) << 32) ^ (y << 16) ^ (x << 4) ^ 1);
                WHIM * unit(bits)
            })
            .collect();
        Self { texels: picture.texels.clone(), like, whims, usable, places }
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The usable place nearest in order.
    fn near(&self, at: u32) -> Option<u32> {
        let next = self.places.partition_point(|place| *place < at);
        self.places.get(next).or_else(|| self.places.last()).copied()
    }
}

/// The search at one size.
pub(super) struct Search {
    side: usize,
    known: Vec<bool>,
    /// Known or coarse, but fine enough for this size.
    fixed: Vec<bool>,
    guide: Guide,
    sources: Vec<Source>,
    /// What is being made; fixed texels stay.
    target: Vec<Vec4>,
    /// Pixels that are not known sharply, and the match of each.
    free: Vec<u32>,
    matches: Vec<Match>,
    /// What the guide counts against the patches.
    guide_weight: f32,
    seed: u64,
}

impl Search {
    /// Starts with a picture that already has something everywhere; `None` when there is nothing
    /// to copy.
    pub fn new(
        window: &Picture,
        fixed: Vec<bool>,
        guide: Guide,
        target: Vec<Vec4>,
        sources: Vec<Source>,
        first: bool,
        seed: u64,
    ) -> Option<Self> {
        if sources.iter().all(Source::is_empty) {
            return None;
        }
        let known = window.known.clone();
        let free: Vec<u32> =
            (0..known.len()).filter(|at| !known[*at]).map(|at| at as u32).collect();
        let matches = vec![Match::default(); known.len()];
        let guide_weight = if first { 1.0 } else { FINER_GUIDE };
        let side = window.side;
        Some(Self { side, known, fixed, guide, sources, target, free, matches, guide_weight, seed })
    }

    fn guided(&self, at: usize, m: Match) -> f32 {
        let source = &self.sources[m.source as usize];
        let (like, from) = (&source.like, m.at as usize);
        let apart = self.guide.blurred[at] - like.blurred[from];
        (apart * apart).dot(GUIDE_WEIGHTS)
            + ELEVATION_WEIGHT * (self.guide.elevation[at] - like.elevation[from]).powi(2)
            + DETAIL_WEIGHT * (self.guide.detail[at] - like.detail[from]).powi(2)
            + source.whims[from]
    }

    /// How ill a patch fits what is `there`, or everything; no more than the guide's part once that
    /// is above `limit`.
    fn misfit(&self, at: usize, m: Match, limit: f32, there: Option<&[bool]>) -> f32 {
        let guided = self.guide_weight * self.guided(at, m);
        if guided >= limit {
            return guided;
        }
        let side = self.side;
        let (x, y) = (at % side, at / side);
        let left = x.saturating_sub(REACH);
        let right = (x + REACH).min(side - 1);
        let source = &self.sources[m.source as usize].texels;
        let (mut sum, mut weight) = (0.0, 0.0);
        for row in y.saturating_sub(REACH)..=(y + REACH).min(side - 1) {
            let here = row * side + left;
            let like = m.at as usize + row * side + left - at;
            for k in 0..=right - left {
                if there.is_some_and(|there| !there[here + k]) {
                    continue;
                }
                let counts = if self.fixed[here + k] { KNOWN_WEIGHT } else { 1.0 };
                let apart = self.target[here + k] - source[like + k];
                sum += counts * (apart * apart).dot(PATCH_WEIGHTS);
                weight += counts;
            }
        }
        guided + sum / f32::max(weight, 1.0)
    }

    fn is_usable(&self, m: Match) -> bool {
        self.sources[m.source as usize].usable[m.at as usize]
    }

    fn set(&mut self, matches: Vec<Match>) {
        for (at, m) in self.free.iter().zip(matches) {
            self.matches[*at as usize] = m;
        }
    }

    /// Grows what is known pixel by pixel, outward, as Efros and Leung (1999): each is the place, of
    /// all there are, that fits the guide and what is around it already. Places that go on where a
    /// neighbour was copied from are preferred, so that whole pieces are copied.
    pub fn begin(&mut self) {
        let mut there = self.fixed.clone();
        let mut matched = vec![false; there.len()];
        for at in self.outward() {
            let mut best = (f32::INFINITY, Match::default());
            for (from, dx, dy) in self.neighbours(at, 1) {
                if !matched[from] {
                    continue;
                }
                let theirs = self.matches[from];
                let Some(place) = self.moved(theirs.at, dx, dy) else { continue };
                let m = Match { at: place, ..theirs };
                if self.is_usable(m) {
                    let misfit = GOES_ON * self.misfit(at, m, f32::INFINITY, Some(&there));
                    if misfit < best.0 {
                        best = (misfit, m);
                    }
                }
            }
            for (number, source) in self.sources.iter().enumerate() {
                for place in &source.places {
                    let m = Match { source: number as u32, at: *place };
                    let misfit = self.misfit(at, m, best.0, Some(&there));
                    if misfit < best.0 {
                        best = (misfit, m);
                    }
                }
            }
            (self.matches[at], matched[at]) = (best.1, true);
            if !self.fixed[at] {
                self.target[at] = self.sources[best.1.source as usize].texels[best.1.at as usize];
                there[at] = true;
            }
        }
    }

    /// Pixels to find matches for: fixed ones, then those next to them, and so on.
    fn outward(&self) -> Vec<usize> {
        let mut there = self.fixed.clone();
        let free = self.free.iter().map(|at| *at as usize);
        let (mut order, mut rest): (Vec<usize>, Vec<usize>) = free.partition(|at| there[*at]);
        while !rest.is_empty() {
            let touches = |at: &usize| self.neighbours(*at, 1).any(|(from, ..)| there[from]);
            let (mut ring, inner): (Vec<usize>, Vec<usize>) =
                rest.iter().partition(|at| touches(at));
            if ring.is_empty() {
                // Nothing is known at all: from the middle.
                ring.push(inner[inner.len() / 2]);
            }
            ring.iter().for_each(|at| there[*at] = true);
            rest.retain(|at| !there[*at]);
            order.extend(ring);
        }
        order
    }

    /// Pixels beside one at a distance, with the way from each to it.
    fn neighbours(&self, at: usize, step: usize) -> impl Iterator<Item = (usize, isize, isize)> {
        let side = self.side;
        let (x, y) = (at % side, at / side);
        let far = step as isize;
        [
            (x >= step).then(|| (at - step, far, 0)),
            (x + step < side).then(|| (at + step, -far, 0)),
            (y >= step).then(|| (at - step * side, 0, far)),
            (y + step < side).then(|| (at + step * side, 0, -far)),
        ]
        .into_iter()
        .flatten()
    }

    /// Goes on from the matches at half the size.
    pub fn go_on_from(&mut self, half: &Self) {
        let (side, from) = (self.side, half.side);
        let found = |at: &u32| {
            let (x, y) = (*at as usize % side, *at as usize / side);
            let coarse = half.matches[y / 2 * from + x / 2];
            let place = coarse.at as usize;
            let at = (2 * (place / from) + y % 2) * side + 2 * (place % from) + x % 2;
            let m = Match { source: coarse.source, at: at as u32 };
            let near = |number: usize| {
                let at = self.sources[number].near(m.at)?;
                Some(Match { source: number as u32, at })
            };
            if self.is_usable(m) {
                return m;
            }
            near(m.source as usize)
                .or_else(|| (0..self.sources.len()).find_map(near))
                .unwrap_or_default()
        };
        let matches = self.free.par_iter().map(found).collect();
        self.set(matches);
    }

    /// One pass: what the neighbours found, places around the best one, places anywhere. All pixels
    /// look at the matches before the pass, so that their order does not matter.
    pub fn pass(&mut self, number: u64) {
        let step = [1, 2, 1, 4][number as usize % 4];
        let side = self.side;
        let better = |at: &u32| {
            let at = *at as usize;
            let cost = |m: Match, limit: f32| {
                let share = if self.goes_on(at, m) { GOES_ON } else { 1.0 };
                share * self.misfit(at, m, limit / share, None)
            };
            let mut best = self.matches[at];
            let mut least = cost(best, f32::INFINITY);
            let mut attempt = |m: Match, best: &mut Match| {
                if self.is_usable(m) {
                    let cost = cost(m, least);
                    if cost < least {
                        (least, *best) = (cost, m);
                    }
                }
            };
            for (from, dx, dy) in self.neighbours(at, step).filter(|n| !self.known[n.0]) {
                let theirs = self.matches[from];
                if let Some(place) = self.moved(theirs.at, dx, dy) {
                    attempt(Match { at: place, ..theirs }, &mut best);
                }
            }
            let bits = |k: u64| mixed(self.seed ^ (number << 40) ^ ((at as u64) << 8) ^ k);
            let mut radius = side as isize / 4;
            while radius >= 1 {
                let span = 2 * radius as u64 + 1;
                let bits = bits(radius as u64);
                let [dx, dy] = [bits, bits >> 24].map(|b| (b % span) as isize - radius);
                if let Some(place) = self.moved(best.at, dx, dy) {
                    attempt(Match { at: place, ..best }, &mut best);
                }
                radius /= 2;
            }
            for k in 0..ANYWHERE {
                let bits = bits(0x80 + k);
                let number = (bits % self.sources.len() as u64) as usize;
                let places = &self.sources[number].places;
                if !places.is_empty() {
                    let place = places[((bits >> 20) % places.len() as u64) as usize];
                    attempt(Match { source: number as u32, at: place }, &mut best);
                }
            }
            best
        };
        let matches = self.free.par_iter().map(better).collect();
        self.set(matches);
    }

    /// The place goes on where a neighbour is copied from.
    fn goes_on(&self, at: usize, m: Match) -> bool {
        self.neighbours(at, 1).any(|(from, dx, dy)| {
            let theirs = self.matches[from];
            !self.known[from]
                && theirs.source == m.source
                && self.moved(theirs.at, dx, dy) == Some(m.at)
        })
    }

    fn moved(&self, place: u32, dx: isize, dy: isize) -> Option<u32> {
        let side = self.side as isize;
        let (x, y) = (place as isize % side + dx, place as isize / side + dy);
        ((0..side).contains(&x) && (0..side).contains(&y)).then(|| (y * side + x) as u32)
    }

    /// Makes the picture from the matches: what the patches around a pixel say of it, the nearer
    /// ones more. At a `sharpness` of 0 all count alike, at 5 the pixel's own alone does.
    pub fn vote(&mut self, sharpness: f32) {
        let (side, reach) = (self.side, REACH as isize);
        let weigh = |d: isize| (-sharpness * (d * d) as f32).exp();
        let weights = [0, 1, 2].map(weigh);
        let voted = |at: &u32| {
            let (x, y) = ((*at as usize % side) as isize, (*at as usize / side) as isize);
            let (mut sum, mut weight) = (Vec4::ZERO, 0.0);
            let inside = |v: isize| (0..side as isize).contains(&v);
            for dy in (-reach..=reach).filter(|dy| inside(y + dy)) {
                for dx in (-reach..=reach).filter(|dx| inside(x + dx)) {
                    let from = ((y + dy) * side as isize + x + dx) as usize;
                    if self.known[from] {
                        continue;
                    }
                    let m = self.matches[from];
                    let place = m.at as isize - dy * side as isize - dx;
                    let counts = weights[dy.unsigned_abs()] * weights[dx.unsigned_abs()];
                    sum += counts * self.sources[m.source as usize].texels[place as usize];
                    weight += counts;
                }
            }
            sum / weight
        };
        let open = self.free.par_iter().filter(|at| !self.fixed[**at as usize]);
        let voted: Vec<(u32, Vec4)> = open.map(|at| (*at, voted(at))).collect();
        for (at, texel) in voted {
            self.target[at as usize] = texel;
        }
    }

    /// Pixels along a side.
    pub fn side(&self) -> usize {
        self.side
    }

    /// What was made.
    pub fn into_copied(self) -> Copied {
        let matches = self.known.iter().zip(&self.matches);
        let matches = matches.map(|(known, m)| (!known).then_some(*m)).collect();
        Copied { texels: self.target, matches }
    }
}
