//! Where the sun stands, from what views show.
//!
//! For every direction that the sun may have, the picture is predicted in part: which surfaces it
//! would light, by their slope and by what stands in the way, and how a clear sky would brighten
//! towards it. The direction whose prediction explains most of what is seen wins.

use super::samples::{Surface, ViewSamples};
use crate::{Frame, Memory, Renderer, SpatialError, ViewKind};
use glam::Vec3;
use rayon::prelude::*;
use std::f32::consts::TAU;

/// Views that are looked at.
const VIEWS: usize = 3;
/// Surfaces of a view that are compared.
const SURFACES: usize = 1800;
/// Rows of directions, by elevation in degrees, with so many azimuths each at the horizon.
const ELEVATIONS_DEG: [f32; 11] = [3.0, 8.0, 14.0, 21.0, 28.0, 36.0, 44.0, 52.0, 60.0, 68.0, 78.0];
const AZIMUTHS: usize = 48;
/// Sunlight over the light of the open sky, as it may be.
const RATIOS: [f32; 4] = [0.6, 1.5, 3.5, 7.0];
/// Residuals of a logarithm are counted up to this: a dark window is no evidence.
const MOST: f32 = 0.9;

/// A sun that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FoundSun {
    /// Unit vector towards it, world space.
    pub direction: Vec3,
    /// Its light on a surface that faces it, over the light of the open sky there.
    pub ratio: f32,
    /// 0 (a guess) to 1.
    pub confidence: f32,
    /// Share of the spread of the surfaces' brightness that it explains, and of the sky's.
    pub explained: [f32; 2],
    /// Logarithm of how much likelier the views are with it than without a sun.
    pub evidence: f32,
}

/// Looks for the sun in what was seen. `None` where nothing speaks for one.
///
/// # Errors
/// When a view cannot be drawn.
pub fn find_sun(memory: &Memory, renderer: &mut Renderer) -> Result<Option<FoundSun>, SpatialError> {
    let seen = memory.without_painted();
    let of_seen: Vec<_> = seen.views().iter().filter(|view| view.kind() == ViewKind::Seen).collect();
    let step = of_seen.len().div_ceil(VIEWS).max(1);
    let mut frame = Frame::new();
    let mut views = Vec::new();
    for view in of_seen.iter().step_by(step) {
        let view = view.view();
        views.push(ViewSamples::new(&seen, view.pose(), view.intrinsics(), renderer, &mut frame)?);
    }
    let evidence: Vec<Evidence> = views.iter().map(Evidence::new).collect();
    Ok(judge(&evidence))
}

/// What is compared of one view.
struct Evidence<'a> {
    view: &'a ViewSamples,
    surfaces: Vec<Surface>,
    /// For each surface the group of like material it belongs to.
    group: Vec<usize>,
    groups: usize,
    /// Spread of the brightness of surfaces and sky without a sun.
    plain: [f32; 2],
}

/// How well a direction explains a view.
#[derive(Debug, Clone, Copy, Default)]
struct Score {
    /// Share of the spread of surfaces and sky that is explained; below 0 where it grew.
    explained: [f32; 2],
    ratio: f32,
    /// Logarithm of how much likelier the view is with it.
    evidence: f32,
}

impl<'a> Evidence<'a> {
    fn new(view: &'a ViewSamples) -> Self {
        let step = view.surfaces.len().div_ceil(SURFACES).max(1);
        let surfaces: Vec<Surface> = view.surfaces.iter().step_by(step).copied().collect();
        let (group, groups) = group_by_material(&surfaces);
        let mut evidence = Self { view, surfaces, group, groups, plain: [0.0; 2] };
        let predicted: Vec<f32> =
            evidence.surfaces.iter().map(|s| ambient(s.normal).ln()).collect();
        evidence.plain[0] = evidence.spread(&predicted).max(1e-3);
        evidence.plain[1] = evidence.sky_spread(|d| gradation(d.y).ln()).max(1e-3);
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

    fn judge(&self, sun: Vec3) -> Score {
        let lit = |s: &Surface| {
            let cos = s.normal.dot(sun);
            if cos > 0.02 && self.view.open(s, sun) { cos } else { 0.0 }
        };
        let lit: Vec<f32> = self.surfaces.iter().map(lit).collect();
        let mut predicted = vec![0.0; lit.len()];
        let mut best = (f32::INFINITY, 0.0);
        for ratio in RATIOS {
            for ((p, s), lit) in predicted.iter_mut().zip(&self.surfaces).zip(&lit) {
                *p = (ambient(s.normal) + ratio * lit).ln();
            }
            let spread = self.spread(&predicted);
            if spread < best.0 {
                best = (spread, ratio);
            }
        }
        let sky = self.sky_spread(|direction| clear_sky(direction, sun).ln());
        let pixels = (self.view.surfaces.len() + self.view.sky.len()).max(1) as f32;
        let share = self.view.sky.len() as f32 / pixels;
        let explained = [1.0 - best.0 / self.plain[0], 1.0 - sky / self.plain[1]];
        let gain = |explained: f32| -0.5 * (1.0 - explained).max(0.02).ln();
        let evidence = gain(explained[0]) * SURFACE_FACTS * (1.0 - share)
            + gain(explained[1]) * SKY_FACTS * share.sqrt();
        Score { explained, ratio: best.1, evidence }
    }
}

/// How many independent facts the surfaces and the sky of a picture are worth.
const SURFACE_FACTS: f32 = 90.0;
const SKY_FACTS: f32 = 30.0;

fn judge(views: &[Evidence]) -> Option<FoundSun> {
    let score = |sun: Vec3| {
        let mut sum = Score::default();
        let count = views.len().max(1) as f32;
        for view in views {
            let score = view.judge(sun);
            sum.explained[0] += score.explained[0] / count;
            sum.explained[1] += score.explained[1] / count;
            sum.ratio += score.ratio / count;
            sum.evidence += score.evidence;
        }
        (sun, sum)
    };
    let coarse: Vec<(Vec3, Score)> = directions().into_par_iter().map(score).collect();
    let mut best = *coarse.iter().max_by(|a, b| a.1.evidence.total_cmp(&b.1.evidence))?;
    // Nearer around the best of the coarse ones.
    for reach in [0.07_f32, 0.03] {
        let (right, up) = best.0.any_orthonormal_pair();
        let around: Vec<Vec3> = (0..8)
            .map(|k| {
                let (sin, cos) = (k as f32 * TAU / 8.0).sin_cos();
                (best.0 + (right * cos + up * sin) * reach).normalize()
            })
            .filter(|d| d.y > 0.03)
            .collect();
        let finer = around.into_par_iter().map(score).collect::<Vec<_>>();
        for found in finer {
            if found.1.evidence > best.1.evidence {
                best = found;
            }
        }
    }
    let elsewhere = coarse.iter().filter(|(d, _)| d.dot(best.0) < 0.7);
    let rival = elsewhere.map(|(_, s)| s.evidence).fold(0.0_f32, f32::max);
    let (direction, score) = best;
    Some(FoundSun {
        direction,
        ratio: score.ratio,
        confidence: 1.0 - (-(score.evidence - rival).max(0.0) * 0.35).exp(),
        explained: score.explained,
        evidence: score.evidence,
    })
}

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
    let angle = cos.acos();
    gradation(direction.y)
        * (1.0 + 10.0 * ((-3.0 * angle).exp() - (-1.5 * std::f32::consts::PI).exp())
            + 0.45 * cos * cos)
}

/// Puts surfaces of like colour together.
fn group_by_material(surfaces: &[Surface]) -> (Vec<usize>, usize) {
    let bin = |c: f32| ((c / 0.22).round().clamp(-6.0, 6.0) + 6.0) as usize;
    let group = surfaces.iter().map(|s| bin(s.chroma.x) * 13 + bin(s.chroma.y)).collect();
    (group, 13 * 13)
}
