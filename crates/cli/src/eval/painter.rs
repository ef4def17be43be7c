//! The painter against the truth: windows that it completes, and a world that it imagines.

use super::{
    CONDITIONS, FIRST_SEED, QUALITY, QUICK_QUALITY, SIZE, camera,
    contestant::{failed, painted},
    figures::{self, Figures},
    sheet::{Row, sheet},
    windows::{self, UNKNOWN},
};
use crate::{args::EvalPart, error::CliError};
use glam::Vec3;
use indicatif::ProgressBar;
use reverie_evaluation::{
    CompletionCase, CompletionJudge, ConditionsNetwork, Drift, MEAN_SAMPLES, Straight,
    StraightOptions, judge_straight,
};
use reverie_inference::ModelStore;
use reverie_simulator::SimulatorModel;
use reverie_spatial::painter::LearnedPainter;
use reverie_world_model::{
    Body, Embodiment, ImageSeed, Pose, RgbImage, SceneSeed, Seed, SeedSource, SpatialQuery,
    WorldModel as _,
};
use serde::Serialize;
use std::{
    f32::consts::TAU,
    sync::atomic::{AtomicBool, Ordering},
};

/// Headings that are tried for a straight way.
const HEADINGS: usize = 48;
/// Windows of a sheet, at most.
const SHEET_ROWS: usize = 12;

/// How much is done.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Effort {
    /// Worlds that windows are taken from, in each domain.
    pub worlds: usize,
    /// Windows in each world.
    pub windows_per_world: usize,
    /// Of these, windows that are painted with so many seeds.
    pub sampled_per_world: usize,
    pub samples: usize,
    /// Least and most share of a window that is unknown.
    pub unknown_share: [f32; 2],
    /// Straight walks in each domain, and where their two ends are compared, ticks.
    pub straight_walks: usize,
    pub drift_ticks: [u64; 2],
    /// Ticks from one view that is seen again to the next.
    pub revisit_every: u64,
}

impl Effort {
    pub fn new(quick: bool) -> Self {
        let full = Self {
            worlds: 12,
            windows_per_world: 12,
            sampled_per_world: 4,
            samples: MEAN_SAMPLES,
            unknown_share: [*UNKNOWN.start(), *UNKNOWN.end()],
            straight_walks: 2,
            drift_ticks: [24, 2400],
            revisit_every: 240,
        };
        if !quick {
            return full;
        }
        Self {
            worlds: 3,
            windows_per_world: 4,
            sampled_per_world: 1,
            straight_walks: 1,
            drift_ticks: [24, 168],
            revisit_every: 84,
            ..full
        }
    }
}

/// What one domain came to.
pub struct OfDomain {
    pub figures: Figures,
    pub sheet: Option<RgbImage>,
    /// A straight walk's frames: at the start, at every view on the way out, and on the way back.
    pub straight: Option<Straight>,
}

/// Judges a painter.
pub struct Bench<'a> {
    pub effort: Effort,
    pub quick: bool,
    pub store: &'a ModelStore,
    pub network: &'a ConditionsNetwork,
    pub progress: &'a ProgressBar,
    pub interrupted: &'a AtomicBool,
}

impl Bench<'_> {
    /// The painter's figures in one domain: those of the windows and of the straight walks, where they
    /// are among the parts that are asked for.
    ///
    /// # Errors
    /// [`CliError`] when the painter or the simulator fails; [`CliError::Interrupted`].
    pub fn domain(
        &self,
        domain: &str,
        embodiment: Embodiment,
        parts: &[EvalPart],
    ) -> Result<OfDomain, CliError> {
        let quality = if self.quick { QUICK_QUALITY } else { QUALITY };
        let mut truth = SimulatorModel::new(camera(SIZE), quality)?;
        let mut figures = Figures::new();
        let mut rows = Vec::new();
        if parts.contains(&EvalPart::Windows) {
            rows = self.complete(&mut truth, domain, embodiment, &mut figures)?;
        }
        let straight = parts.contains(&EvalPart::Straight);
        let walks = if straight { self.effort.straight_walks } else { 0 };
        let walks = (0..walks).map(|number| self.straight(&mut truth, domain, embodiment, number));
        let walks = walks.collect::<Result<Vec<_>, _>>()?;
        if let Some(drift) = Drift::of(&walks) {
            figures::of_drift(&mut figures, &drift);
        }
        Ok(OfDomain { figures, sheet: sheet(&rows)?, straight: walks.into_iter().next() })
    }

    fn complete(
        &self,
        truth: &mut SimulatorModel,
        domain: &str,
        embodiment: Embodiment,
        figures: &mut Figures,
    ) -> Result<Vec<Row>, CliError> {
        let Effort { worlds, windows_per_world, sampled_per_world, samples, .. } = self.effort;
        let quality = if self.quick { QUICK_QUALITY } else { QUALITY };
        let mut painter = LearnedPainter::factory(self.store.clone())().map_err(|e| failed(&e))?;
        let mut judge = CompletionJudge::new(Some(self.network));
        let mut rows = Vec::new();
        for world in 0..worlds {
            self.progress.set_message(format!("{domain}, windows of world {}", world + 1));
            let cases =
                windows::of_world(truth, quality, domain, embodiment, world, windows_per_world)?;
            for (number, case) in cases.into_iter().enumerate() {
                self.check()?;
                let sampled = number < sampled_per_world;
                let count = if sampled { samples } else { 1 };
                let seed = |sample: usize| {
                    (world * windows_per_world + number) as u64 * 64 + sample as u64
                };
                let painted = (0..count).map(|sample| case.painted(painter.as_mut(), seed(sample)));
                let painted = painted.collect::<Result<Vec<_>, _>>()?;
                judge.add(&CompletionCase {
                    truth: &case.truth,
                    known: &case.known,
                    push_pull: &case.push_pull,
                    samples: &painted,
                    scene: &case.scene,
                })?;
                if let [first, second, ..] = &painted[..]
                    && number == 0
                    && rows.len() < SHEET_ROWS
                {
                    rows.push(Row {
                        samples: [first.clone(), second.clone()],
                        known: case.known,
                        push_pull: case.push_pull,
                        truth: case.truth,
                    });
                }
            }
        }
        figures::of_completion(figures, &judge.finish()?);
        Ok(rows)
    }

    /// Straight ahead from the first picture of a world, the way that is freest there.
    fn straight(
        &self,
        truth: &mut SimulatorModel,
        domain: &str,
        embodiment: Embodiment,
        number: usize,
    ) -> Result<Straight, CliError> {
        let seed = FIRST_SEED + 201 + number as u64;
        self.progress.set_message(format!("{domain} {seed}, straight ahead"));
        let (weather, hour) = CONDITIONS[number % CONDITIONS.len()];
        let scene = SceneSeed { weather, hour, ..SceneSeed::new(domain, seed) };
        let scene = Seed { rng_seed: seed, ..Seed::new(SeedSource::Scene(scene)) };
        let start = truth.begin(&scene)?.pose;
        let speed_mps = match embodiment {
            Embodiment::Walker => 1.35,
            Embodiment::Rover => 1.0,
            // 240 m on the way.
            Embodiment::Drone | Embodiment::Free => 2.7,
        };
        let [_, far_ticks] = self.effort.drift_ticks;
        let way_m = speed_mps * far_ticks as f32 / truth.spec().tick_hz;
        let Some(world) = truth.scene() else {
            return Err(CliError::Failed("the simulator has no scene".to_owned()));
        };
        let start = freest(&start, way_m, &embodiment.default_body(), world);
        let first = truth.begin(&Seed { start: Some(start), ..scene })?;
        let image =
            ImageSeed { rgb: first.rgb, depth: first.depth, intrinsics: Some(first.intrinsics) };
        let image = Seed { rng_seed: seed, ..Seed::new(SeedSource::Image(image)) };
        let options = StraightOptions {
            start,
            speed_mps,
            tick_hz: truth.spec().tick_hz,
            far_ticks,
            view_every: self.effort.revisit_every,
        };
        let mut model = painted(self.store, SIZE, options.tick_hz)?;
        let mut watch = |_| !self.interrupted.load(Ordering::Relaxed);
        Ok(judge_straight(model.as_mut(), &image, &options, &mut watch)?)
    }

    fn check(&self) -> Result<(), CliError> {
        if self.interrupted.load(Ordering::Relaxed) { Err(CliError::Interrupted) } else { Ok(()) }
    }
}

/// The start, turned level to where a body gets farthest, at most `way_m`; of equal ways the first.
fn freest(start: &Pose, way_m: f32, body: &Body, world: &dyn SpatialQuery) -> Pose {
    let (yaw, ..) = start.yaw_pitch_roll();
    let turned = |k: usize| {
        let yaw = yaw + TAU * k as f32 / HEADINGS as f32;
        Pose::from_yaw_pitch_roll(start.position, yaw, 0.0, 0.0)
    };
    // From the middle of the body, between the highest step and the eyes, to the eyes.
    let height_m = ((body.eye_height_m - body.step_height_m) / 2.0).max(0.0);
    let free_m = |pose: &Pose| {
        let aside = pose.forward().cross(Vec3::Y) * body.radius_m;
        let origins = [-aside, Vec3::ZERO, aside].map(|aside| pose.position + aside);
        let origins = origins.iter().flat_map(|o| [*o, *o - Vec3::Y * height_m]);
        let free_m = |origin| {
            let hit = world.ray_cast(origin, pose.forward(), way_m);
            hit.map_or(way_m, |hit| hit.distance_m)
        };
        origins.map(free_m).fold(way_m, f32::min)
    };
    let (mut best, mut most_m) = (turned(0), free_m(&turned(0)));
    for pose in (1..HEADINGS).map(turned) {
        let way_m = free_m(&pose);
        if way_m > most_m {
            (best, most_m) = (pose, way_m);
        }
    }
    best
}
