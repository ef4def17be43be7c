//! Where the sun stands, from what views show.
//!
//! For every direction that the sun may have, the picture is predicted in part: which surfaces it
//! would light, by their slope and by what stands in the way, and how a clear sky would brighten
//! towards it. What these predictions explain of the picture are the direction's [`Facts`]; weights
//! that were fitted on worlds whose sun is known turn them into how likely it is.

use super::samples::{Sky, Surface, ViewSamples};
use crate::{Frame, Memory, Renderer, SpatialError, ViewKind};
use glam::Vec3;
use rayon::prelude::*;
use std::f32::consts::{PI, TAU};

/// Views that are looked at.
const VIEWS: usize = 3;
/// Surfaces of a view that are compared.
const SURFACES: usize = 1800;
/// Rows of directions, by elevation in degrees, with so many azimuths at the horizon.
const ELEVATIONS_DEG: [f32; 9] = [5.0, 13.0, 21.0, 29.0, 37.0, 45.0, 53.0, 62.0, 75.0];
const AZIMUTHS: usize = 40;
/// Sunlight over the light of the open sky, as it may be.
const RATIOS: [f32; 3] = [1.0, 3.0, 7.0];
/// Residuals of a logarithm are counted up to this: a dark window is no evidence.
const MOST: f32 = 0.9;
/// Neighbours on a surface of one material differ less than this in the logarithm of their colour.
const SAME_CHROMA: f32 = 0.2;
/// Directions so near to the best one speak for it, cosine.
const NEAR_COS: f32 = 0.866;

/// Number of [`Facts`].
pub const FACTS: usize = 8;

/// What speaks for a direction, each about 0 where nothing does:
/// 0. how much of the brightness of like materials the light from there explains;
/// 1. the same of the differences between neighbours;
/// 2. the same between neighbours on level ground: shadows;
/// 3. the same between neighbours that nothing shades: slopes;
/// 4. how much of the sky's brightness a clear sky with the sun there explains;
/// 5. how much brighter than the rest the sky is seen there;
/// 6. and 7. the sine of its elevation and the square of that.
pub type Facts = [f32; FACTS];

/// Weights of the [`Facts`]; see `examples/sun_errors.rs`, which fits them.
const WEIGHTS: Facts = [5.15, 1.5, 0.15, 4.15, 1.73, 1.07, 3.18, -0.4];

/// Weights of the evidence that there is a sun at all, and the blue of a sky that tells nothing.
const BY_EXPLAINED: f32 = 6.0;
const BY_BLUE: f32 = 6.0;
const GREY_SKY: f32 = 0.3;

/// A sun that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FoundSun {
    /// Unit vector towards it, world space.
    pub direction: Vec3,
    /// Its light on a surface that faces it, over the light of the open sky there.
    pub ratio: f32,
    /// How likely it stands within 30 degrees of there, 0 to 1.
    pub confidence: f32,
    /// How likely anything throws shadows at all, 0 to 1.
    pub sunny: f32,
    /// What speaks for it.
    pub facts: Facts,
}

/// What views tell about the sun.
#[derive(Debug, Clone, Default)]
pub struct SunClues {
    /// All directions that are weighed.
    pub candidates: Vec<Candidate>,
    /// How blue the bluest tenth of the seen sky is: logarithm of blue over red. `None` where hardly
    /// any sky is seen.
    pub blue: Option<f32>,
}

/// A direction and what speaks for it.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    /// Unit vector, world space.
    pub direction: Vec3,
    /// Ratio of sunlight to the sky's that suits best.
    pub ratio: f32,
    /// What speaks for it.
    pub facts: Facts,
}

/// Looks for the sun in what was seen. `None` where nothing was seen that could tell.
///
/// # Errors
/// When a view cannot be drawn.
pub fn find_sun(
    memory: &Memory,
    renderer: &mut Renderer,
) -> Result<Option<FoundSun>, SpatialError> {
    Ok(choose(&sun_clues(memory, renderer)?, &WEIGHTS))
}

/// All directions that are weighed, with what speaks for each.
///
/// # Errors
/// When a view cannot be drawn.
pub fn sun_clues(memory: &Memory, renderer: &mut Renderer) -> Result<SunClues, SpatialError> {
    let seen = memory.without_painted();
    let of_seen: Vec<_> =
        seen.views().iter().filter(|view| view.kind() == ViewKind::Seen).collect();
    let step = of_seen.len().div_ceil(VIEWS).max(1);
    let mut frame = Frame::new();
    let mut views = Vec::new();
    for view in of_seen.iter().step_by(step) {
        let view = view.view();
        views.push(ViewSamples::new(&seen, view.pose(), view.intrinsics(), renderer, &mut frame)?);
    }
    let evidence: Vec<Evidence> = views.iter().map(Evidence::new).collect();
    let judge = |direction: Vec3| {
        let mut all = Candidate { direction, ratio: 0.0, facts: [0.0; FACTS] };
        let share = 1.0 / evidence.len().max(1) as f32;
        for view in &evidence {
            let (facts, ratio) = view.judge(direction);
            all.ratio += ratio * share;
            all.facts.iter_mut().zip(facts).for_each(|(sum, fact)| *sum += fact * share);
        }
        all
    };
    let directions = if evidence.is_empty() { Vec::new() } else { directions() };
    let mut blues: Vec<f32> =
        views.iter().flat_map(|view| view.sky.iter().map(|sky| sky.blue)).collect();
    blues.sort_unstable_by(f32::total_cmp);
    let pixels: usize = views.iter().map(|view| view.sky.len() + view.surfaces.len()).sum();
    let enough = blues.len() > pixels / 50;
    let blue = blues.get(blues.len() * 9 / 10).copied().filter(|_| enough);
    Ok(SunClues { candidates: directions.into_par_iter().map(judge).collect(), blue })
}

/// The likeliest of the candidates under weights.
#[must_use]
pub fn choose(clues: &SunClues, weights: &Facts) -> Option<FoundSun> {
    let candidates = &clues.candidates;
    let score = |c: &Candidate| -> f32 { c.facts.iter().zip(weights).map(|(f, w)| f * w).sum() };
    let top = candidates.iter().map(score).fold(f32::NEG_INFINITY, f32::max);
    let likely: Vec<f32> = candidates.iter().map(|c| (score(c) - top).exp()).collect();
    let whole: f32 = likely.iter().sum();
    // The direction whose surroundings are likeliest, and their middle.
    let around = |of: Vec3| {
        let mut sum = (0.0, Vec3::ZERO, 0.0, [0.0; FACTS]);
        for (c, p) in candidates.iter().zip(&likely) {
            if c.direction.dot(of) > NEAR_COS {
                sum.0 += p;
                sum.1 += c.direction * *p;
                sum.2 += c.ratio * p;
                sum.3.iter_mut().zip(c.facts).for_each(|(s, f)| *s += f * p);
            }
        }
        sum
    };
    let best = candidates
        .iter()
        .map(|c| around(c.direction))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|best| best.0 > 0.0 && whole.is_finite())?;
    let (mass, sum, ratio, facts) = best;
    let facts = facts.map(|f| f / mass);
    Some(FoundSun {
        direction: sum.try_normalize()?,
        ratio: ratio / mass,
        confidence: mass / whole,
        sunny: sunny(facts[0] + facts[1] + facts[3], clues.blue),
        facts,
    })
}

/// How likely anything throws shadows at all, from what a direction explains and how blue the sky
/// is.
fn sunny(explained: f32, blue: Option<f32>) -> f32 {
    let score = BY_EXPLAINED * (explained + 0.1) + blue.map_or(0.0, |b| BY_BLUE * (b - GREY_SKY));
    1.0 / (1.0 + (-score).exp())
}

/// What is compared of one view.
struct Evidence<'a> {
    view: &'a ViewSamples,
    surfaces: Vec<Surface>,
    /// For each surface the group of like material it belongs to.
    group: Vec<usize>,
    groups: usize,
    /// Neighbours of one material.
    pairs: Vec<[usize; 2]>,
    /// Spread of the brightness of surfaces and sky without a sun.
    plain: [f32; 2],
    sky_mean: f32,
}

impl<'a> Evidence<'a> {
    fn new(view: &'a ViewSamples) -> Self {
        let stride = ((view.surfaces.len() as f32 / SURFACES as f32).sqrt().ceil() as u16).max(1);
        let surfaces: Vec<Surface> = view
            .surfaces
            .iter()
            .filter(|s| s.at[0] % stride == 0 && s.at[1] % stride == 0)
            .copied()
            .collect();
        let (group, groups) = group_by_material(&surfaces);
        let pairs = neighbours(&surfaces, stride);
        let sky_mean = view.sky.iter().map(|s| s.log_light).sum::<f32>();
        let sky_mean = sky_mean / view.sky.len().max(1) as f32;
        let mut evidence = Self { view, surfaces, group, groups, pairs, plain: [0.0; 2], sky_mean };
        let predicted: Vec<f32> =
            evidence.surfaces.iter().map(|s| ambient(s.normal).ln()).collect();
        evidence.plain[0] = evidence.spread(&predicted).max(2e-3);
        evidence.plain[1] = evidence.sky_spread(|d| gradation(d.y).ln()).max(2e-3);
        evidence
    }

    /// Mean of squares (up to [`MOST`]) of what a prediction leaves of the surfaces' brightness,
    /// each group of material being as bright as it likes.
    fn spread(&self, predicted: &[f32]) -> f32 {
        let mut sums = vec![[0.0_f32; 2]; self.groups];
        let rests = || self.surfaces.iter().zip(predicted).map(|(s, p)| s.log_light - p);
        for (rest, group) in rests().zip(&self.group) {
            sums[*group][0] += rest;
            sums[*group][1] += 1.0;
        }
        let squares = rests().zip(&self.group).map(|(rest, group)| {
            let [sum, count] = sums[*group];
            (rest - sum / count).clamp(-MOST, MOST).powi(2)
        });
        squares.sum::<f32>() / self.surfaces.len().max(1) as f32
    }

    fn sky_spread(&self, predict: impl Fn(Vec3) -> f32) -> f32 {
        let sky = &self.view.sky;
        let count = sky.len().max(1) as f32;
        let rests = || sky.iter().map(|s| s.log_light - predict(s.direction));
        let mean = rests().sum::<f32>() / count;
        rests().map(|rest| (rest - mean).clamp(-MOST, MOST).powi(2)).sum::<f32>() / count
    }

    /// Share of the differences between neighbours that a prediction explains, by how many of all
    /// pairs it speaks of.
    fn between(&self, predicted: &[f32], keep: impl Fn(&Surface, usize) -> bool) -> f32 {
        let (mut before, mut after, mut told) = (1e-3, 1e-3, 0.0);
        for [a, b] in &self.pairs {
            let (first, second) = (&self.surfaces[*a], &self.surfaces[*b]);
            if !(keep(first, *a) && keep(second, *b)) {
                continue;
            }
            let seen = first.log_light - second.log_light;
            let step = predicted[*a] - predicted[*b];
            before += seen.clamp(-MOST, MOST).powi(2);
            after += (seen - step).clamp(-MOST, MOST).powi(2);
            told += 1.0;
        }
        let share: f32 = told / self.pairs.len().max(1) as f32;
        (1.0 - after / before).max(-1.0) * share.sqrt()
    }

    fn judge(&self, sun: Vec3) -> (Facts, f32) {
        let cos = |s: &Surface| s.normal.dot(sun);
        let open = |s: &Surface| cos(s) > 0.02 && self.view.open(s, sun);
        let open: Vec<bool> = self.surfaces.iter().map(open).collect();
        let lit = |k: usize| if open[k] { cos(&self.surfaces[k]) } else { 0.0 };
        let mut predicted = vec![0.0; open.len()];
        let mut best = (f32::INFINITY, 0.0);
        let mut by_pairs = [0.0_f32; 3];
        for ratio in RATIOS {
            for (k, (p, s)) in predicted.iter_mut().zip(&self.surfaces).enumerate() {
                *p = (ambient(s.normal) + ratio * lit(k)).ln();
            }
            let spread = self.spread(&predicted);
            if spread < best.0 {
                best = (spread, ratio);
                by_pairs = [
                    self.between(&predicted, |_, _| true),
                    self.between(&predicted, |s, _| s.normal.y > 0.85),
                    self.between(&predicted, |_, k| open[k]),
                ];
            }
        }
        let pixels = (self.view.surfaces.len() + self.view.sky.len()).max(1) as f32;
        let sky_share = self.view.sky.len() as f32 / pixels;
        let sky = 1.0 - self.sky_spread(|d| clear_sky(d, sun).ln()) / self.plain[1];
        let facts = [
            (1.0 - best.0 / self.plain[0]).max(-1.0) * (1.0 - sky_share).sqrt(),
            by_pairs[0],
            by_pairs[1],
            by_pairs[2],
            sky.max(-1.0) * sky_share.sqrt(),
            self.glare(sun),
            sun.y,
            sun.y * sun.y,
        ];
        (facts, best.1)
    }

    /// How much brighter than the rest the seen sky is around a direction; 0 where it is not seen.
    fn glare(&self, sun: Vec3) -> f32 {
        let near = |s: &&Sky| s.direction.dot(sun) > 0.985;
        let (mut sum, mut count) = (0.0, 0.0);
        for s in self.view.sky.iter().step_by(2).filter(near) {
            sum += s.log_light - self.sky_mean;
            count += 1.0;
        }
        if count < 8.0 { 0.0 } else { sum / count }
    }
}

/// Pairs of surfaces beside one another that seem to be of one material.
fn neighbours(surfaces: &[Surface], stride: u16) -> Vec<[usize; 2]> {
    let mut grid = std::collections::HashMap::with_capacity(surfaces.len());
    for (k, s) in surfaces.iter().enumerate() {
        grid.insert((s.at[0] / stride, s.at[1] / stride), k);
    }
    let mut pairs = Vec::with_capacity(4 * surfaces.len());
    for (a, s) in surfaces.iter().enumerate() {
        let at = (s.at[0] / stride, s.at[1] / stride);
        for (dx, dy) in [(1, 0), (0, 1), (3, 0), (0, 3)] {
            let Some(b) = grid.get(&(at.0 + dx, at.1 + dy)) else { continue };
            let other = &surfaces[*b];
            let ratio = s.depth_m / other.depth_m;
            if (s.chroma - other.chroma).abs().max_element() < SAME_CHROMA
                && (0.75..1.34).contains(&ratio)
            {
                pairs.push([a, *b]);
            }
        }
    }
    pairs
}

/// Directions spread over the upper half of the sphere.
fn directions() -> Vec<Vec3> {
    let mut all = Vec::new();
    for degrees in ELEVATIONS_DEG {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let count = ((AZIMUTHS as f32 * cos) as usize).max(8);
        all.extend((0..count).map(|k| {
            let (s, c) = (k as f32 * TAU / count as f32).sin_cos();
            Vec3::new(c * cos, sin, s * cos)
        }));
    }
    all
}

/// Light of an open sky over grey ground on a slope, 1 on level ground.
fn ambient(normal: Vec3) -> f32 {
    0.62 + 0.38 * normal.y
}

/// A clear sky's brightness without the sun's nearness, by the sine of the elevation; this and the
/// next after the CIE's standard sky 12.
fn gradation(up: f32) -> f32 {
    1.0 - (-0.32 / up.max(0.02)).exp()
}

fn clear_sky(direction: Vec3, sun: Vec3) -> f32 {
    let cos = direction.dot(sun).clamp(-1.0, 1.0);
    let near = (-3.0 * cos.acos()).exp() - (-1.5 * PI).exp();
    gradation(direction.y) * (1.0 + 10.0 * near + 0.45 * cos * cos)
}

/// Puts surfaces of like colour together.
fn group_by_material(surfaces: &[Surface]) -> (Vec<usize>, usize) {
    let bin = |c: f32| ((c / 0.22).round().clamp(-6.0, 6.0) + 6.0) as usize;
    let group = surfaces.iter().map(|s| bin(s.chroma.x) * 13 + bin(s.chroma.y)).collect();
    (group, 13 * 13)
}
