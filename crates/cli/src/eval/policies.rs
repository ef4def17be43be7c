//! `reverie eval world --policies`: does a world model rank policies as the truth does?
//!
//! Six scripted policies attempt five tasks in the truth and in every candidate; the scores of an
//! attempt are compared by Pearson's r and MMRV. A candidate that answers with nothing but frames
//! takes part like this: it begins from the picture (with depth) that the task begins with, in the
//! task's body; at every tick the policy is told the pose that the candidate's frame is taken from,
//! the goal, and the geometry that the frames have shown so far ([`SeenGeometry`]), and its action goes
//! back into the candidate; the task's own rules score the poses. What such a world cannot tell is
//! missing: traffic is not told of, boxes stay where they were at the start (so a fetch gets as far as
//! the box), nobody says what is pavement, and only what was seen is bumped into.

use super::{QUALITY, TRUTH_NAME};
use crate::{error::CliError, explore::progress_bar, output::print};
use indicatif::ProgressBar;
use reverie_evaluation::{Estimate, PolicyRanking, SeenGeometry, mmrv, policy_ranking};
use reverie_simulator::{Pilot, Policy, Quality, SimulatorModel, Sites, Situation, Task, TaskKind};
use reverie_world_model::{
    Embodiment, EmbodimentState, ImageSeed, Intrinsics, Observation, Pose, SceneSeed, Seed,
    SeedSource, WorldModel,
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::atomic::{AtomicBool, Ordering},
};

/// Frames that candidates show to the policies: distances are read from them, not details.
pub const SIZE: [u32; 2] = [64, 36];
const FOV_DEG: f32 = 75.0;
/// What the truth needs no frames for.
const TINY: [u32; 2] = [8, 6];
/// The truth behind the same keyhole of frames: the most that a candidate of frames can reach.
const THROUGH_FRAMES: &str = "simulator, frames only";
/// More worlds than this are not tried for one that has room for a task.
const TRIES: u64 = 20;

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub struct Ranking {
    program: &'static str,
    version: &'static str,
    quick: bool,
    size: [u32; 2],
    policies: [&'static str; 6],
    /// Seeds of the worlds, by task.
    seeds: BTreeMap<&'static str, Vec<u64>>,
    /// Scores of the policies in the truth, by task.
    truth: BTreeMap<&'static str, Vec<f64>>,
    models: Vec<Ranked>,
}

#[derive(Debug, Serialize)]
struct Ranked {
    name: String,
    /// By task.
    tasks: BTreeMap<&'static str, Compared>,
    /// Of each policy's mean over the tasks.
    all: Compared,
}

#[derive(Debug, Serialize)]
struct Compared {
    /// Scores of the policies, 0 to 1.
    scores: Vec<f64>,
    /// `None` where all policies score alike in the candidate.
    pearson: Option<Estimate>,
    mmrv: f64,
    mmrv_interval: Option<[f64; 2]>,
}

/// Runs all attempts; `models` are candidates of frames of [`SIZE`].
///
/// # Errors
/// When a world cannot be made, a candidate fails, or the user interrupts.
pub fn run(
    models: &mut [(&'static str, Box<dyn WorldModel>)],
    first_seed: u64,
    quick: bool,
    interrupted: &AtomicBool,
) -> Result<Ranking, CliError> {
    let worlds = if quick { 1 } else { 2 };
    let attempts = TaskKind::ALL.len() * worlds * Policy::ALL.len() * (models.len() + 3);
    let field = Field { progress: progress_bar(attempts as u64), interrupted };
    let mut candidates: Vec<(&str, Candidate<'_>)> = Vec::new();
    for (name, model) in models.iter_mut() {
        candidates.push((name, Candidate::Frames(model.as_mut())));
    }
    let mut looking = simulator(SIZE, QUALITY)?;
    candidates.push((THROUGH_FRAMES, Candidate::Frames(&mut looking)));
    candidates.push((TRUTH_NAME, Candidate::Itself));

    let (mut seeds, mut truth) = (BTreeMap::new(), BTreeMap::new());
    let mut scores: Vec<BTreeMap<&'static str, Vec<f64>>> = vec![BTreeMap::new(); candidates.len()];
    for kind in TaskKind::ALL {
        let mut of_truth = vec![0.0; Policy::ALL.len()];
        let mut of_candidates = vec![of_truth.clone(); candidates.len()];
        let mut used = Vec::new();
        let mut next = first_seed;
        for _ in 0..worlds {
            let start = Start::find(kind, &mut next)?;
            used.push(start.number);
            field.progress.set_message(format!("{} {}", kind.name(), start.number));
            for (number, policy) in Policy::ALL.into_iter().enumerate() {
                let share = 1.0 / worlds as f64;
                of_truth[number] += share * field.attempt_truth(&start, policy)?;
                for ((_, candidate), sum) in candidates.iter_mut().zip(&mut of_candidates) {
                    sum[number] += share
                        * match candidate {
                            Candidate::Itself => field.attempt_truth(&start, policy)?,
                            Candidate::Frames(model) => field.attempt(&start, policy, *model)?,
                        };
                }
            }
        }
        for (sum, all) in of_candidates.into_iter().zip(&mut scores) {
            all.insert(kind.name(), sum);
        }
        seeds.insert(kind.name(), used);
        truth.insert(kind.name(), of_truth);
    }
    field.progress.finish_and_clear();
    let mut ranked = Vec::new();
    for ((name, _), scores) in candidates.iter().zip(scores) {
        let all = compare(&mean(&truth), mean(&scores))?;
        let tasks = scores.into_iter().map(|(kind, scores)| {
            Ok((kind, compare(truth.get(kind).map_or(&[], Vec::as_slice), scores)?))
        });
        let tasks = tasks.collect::<Result<_, CliError>>()?;
        ranked.push(Ranked { name: (*name).to_owned(), tasks, all });
    }
    Ok(Ranking {
        program: "reverie eval world --policies",
        version: env!("CARGO_PKG_VERSION"),
        quick,
        size: SIZE,
        policies: Policy::ALL.map(Policy::name),
        seeds,
        truth,
        models: ranked,
    })
}

/// Each policy's mean over the tasks.
fn mean(scores: &BTreeMap<&'static str, Vec<f64>>) -> Vec<f64> {
    let mut mean = vec![0.0; Policy::ALL.len()];
    for of_task in scores.values() {
        for (mean, score) in mean.iter_mut().zip(of_task) {
            *mean += score / scores.len() as f64;
        }
    }
    mean
}

fn compare(truth: &[f64], scores: Vec<f64>) -> Result<Compared, CliError> {
    let violation = mmrv(truth, &scores).map_err(|e| CliError::Failed(e.to_string()))?;
    // All policies alike have no correlation.
    let ranking: Option<PolicyRanking> = policy_ranking(truth, &scores).ok();
    Ok(Compared {
        scores,
        pearson: ranking.map(|ranking| ranking.pearson),
        mmrv: violation,
        mmrv_interval: ranking.map(|ranking| [ranking.mmrv.low, ranking.mmrv.high]),
    })
}

enum Candidate<'a> {
    /// The truth once more: it answers for the task itself.
    Itself,
    /// A world that shows frames.
    Frames(&'a mut dyn WorldModel),
}

/// Where all attempts of a task in one world begin.
struct Start {
    kind: TaskKind,
    number: u64,
    seed: Seed,
    task: Task,
    /// Boxes as they lie at the start; no traffic.
    sites: Sites,
    first: Observation,
}

impl Start {
    /// In the first world from `next` on that has room for the task.
    fn find(kind: TaskKind, next: &mut u64) -> Result<Self, CliError> {
        let mut model = simulator(SIZE, QUALITY)?;
        model.set_task(Some(kind));
        let mut problem = String::new();
        for _ in 0..TRIES {
            let number = *next;
            *next += 1;
            let scene = SceneSeed::new(kind.scene().name(), number);
            let seed = Seed::new(SeedSource::Scene(scene)).with_embodiment(kind.embodiment());
            match model.begin(&seed) {
                Ok(first) => {
                    let Some(task) = model.task().cloned() else { break };
                    let sites = Sites { traffic: Vec::new(), ..model.sites() };
                    return Ok(Self { kind, number, seed, task, sites, first });
                }
                Err(error) => problem = error.to_string(),
            }
        }
        Err(CliError::Failed(format!("task {}: no world has room for it: {problem}", kind.name())))
    }
}

struct Field<'a> {
    progress: ProgressBar,
    interrupted: &'a AtomicBool,
}

impl Field<'_> {
    fn go_on(&self) -> Result<(), CliError> {
        if self.interrupted.load(Ordering::Relaxed) { Err(CliError::Interrupted) } else { Ok(()) }
    }

    /// The score of an attempt in the truth, with all that it knows.
    fn attempt_truth(&self, start: &Start, policy: Policy) -> Result<f64, CliError> {
        let mut model = simulator(TINY, Quality { samples: 1, bounce_rays: 1 })?;
        model.set_task(Some(start.kind));
        model.begin(&start.seed)?;
        let mut pilot = Pilot::new(policy, start.number);
        while let Some(state) = model.task_state() {
            if state.over {
                self.progress.inc(1);
                return Ok(f64::from(state.score()));
            }
            self.go_on()?;
            let action = model.ask(&mut pilot);
            model.step(&action)?;
        }
        Err(CliError::Failed(format!("task {} was not begun", start.kind.name())))
    }

    /// The score of an attempt in a world of frames.
    fn attempt(
        &self,
        start: &Start,
        policy: Policy,
        model: &mut dyn WorldModel,
    ) -> Result<f64, CliError> {
        let mut now = model.begin(&seed_for(start, model))?;
        let dt_secs = 1.0 / model.spec().tick_hz;
        let (mut task, mut pilot) = (start.task.clone(), Pilot::new(policy, start.number));
        let mut body = body_at(start.kind.embodiment(), &now.pose, None);
        let mut seen = SeenGeometry::default();
        seen.look(&now, level(&body));
        while !task.state().over {
            self.go_on()?;
            let situation = Situation {
                body: &body,
                task: &task,
                world: &seen,
                sites: &start.sites,
                surface: None,
            };
            let action = pilot.act(&situation);
            now = model.step(&action)?;
            body = body_at(body.embodiment, &now.pose, Some((body.position, dt_secs)));
            seen.look(&now, level(&body));
            task.advance(dt_secs, &body, &seen, &start.sites, None);
        }
        self.progress.inc(1);
        Ok(f64::from(task.state().score()))
    }
}

fn seed_for(start: &Start, model: &dyn WorldModel) -> Seed {
    let first = &start.first;
    if !model.spec().seeds.iter().any(|kind| kind == "image") {
        return start.seed.clone();
    }
    let image = ImageSeed {
        rgb: first.rgb.clone(),
        depth: first.depth.clone(),
        intrinsics: Some(first.intrinsics),
    };
    Seed { source: SeedSource::Image(image), start: Some(first.pose), ..start.seed.clone() }
}

/// A body at the pose of a frame, with the velocity that follows from where it was before.
fn body_at(
    embodiment: Embodiment,
    pose: &Pose,
    before: Option<(glam::Vec3, f32)>,
) -> EmbodimentState {
    let mut body = EmbodimentState::new(embodiment, *pose);
    if let Some((position, dt_secs)) = before {
        body.velocity_mps = (pose.position - position) / dt_secs;
    }
    body
}

/// The floor as somebody who stands on it takes it to go on.
fn level(body: &EmbodimentState) -> Option<f32> {
    let grounded = matches!(body.embodiment, Embodiment::Walker | Embodiment::Rover);
    grounded.then_some(body.position.y - body.body.eye_height_m)
}

fn simulator([width, height]: [u32; 2], quality: Quality) -> Result<SimulatorModel, CliError> {
    let camera = Intrinsics::from_horizontal_fov(width, height, FOV_DEG.to_radians());
    Ok(SimulatorModel::new(camera, quality)?)
}

/// The tables for people.
///
/// # Errors
/// When stdout is gone.
pub fn show(ranking: &Ranking) -> Result<(), CliError> {
    let mut out = String::new();
    let _ = write!(out, "{:<32}", "scores in the truth");
    for policy in ranking.policies {
        let _ = write!(out, "{policy:>10}");
    }
    out.push('\n');
    for (task, scores) in &ranking.truth {
        row(&mut out, task, scores);
    }
    for model in &ranking.models {
        let _ =
            writeln!(out, "\n{:<32}{:>60}{:>26}{:>26}", model.name, "", "r (95 %)", "MMRV (95 %)");
        let parts = model.tasks.iter().map(|(task, part)| (*task, part));
        for (task, part) in parts.chain([("mean of the tasks", &model.all)]) {
            row(&mut out, task, &part.scores);
            out.truncate(out.trim_end().len());
            let estimate =
                |value: f64, [low, high]: [f64; 2]| format!("{value:.3} [{low:.3}, {high:.3}]");
            let r = part.pearson.map_or("-".to_owned(), |r| estimate(r.value, [r.low, r.high]));
            let interval = part.mmrv_interval;
            let violation = interval
                .map_or(format!("{:.3}", part.mmrv), |interval| estimate(part.mmrv, interval));
            let _ = writeln!(out, "{r:>26}{violation:>26}");
        }
    }
    print(out.trim_end())
}

fn row(out: &mut String, name: &str, scores: &[f64]) {
    let _ = write!(out, "  {name:<30}");
    for score in scores {
        let _ = write!(out, "{score:>10.2}");
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use reverie_evaluation::HoldModel;

    #[test]
    fn where_nothing_stands_in_the_way_straight_is_best() {
        let interrupted = AtomicBool::new(false);
        let field = Field { progress: ProgressBar::hidden(), interrupted: &interrupted };
        let start = Start::find(TaskKind::GoToGoal, &mut 1_000_001).expect("a score");
        assert!(start.sites.traffic.is_empty() && start.number >= 1_000_001);
        let mut hold = HoldModel::new(SIZE[0], SIZE[1], 24.0);
        let straight = field.attempt(&start, Policy::Straight, &mut hold).expect("a score");
        let random = field.attempt(&start, Policy::Random, &mut hold).expect("a score");
        assert!(straight > 0.6 && random < 0.5, "{straight}, {random}");
        assert_eq!(straight, field.attempt(&start, Policy::Straight, &mut hold).expect("a score"));
        assert_eq!(field.progress.position(), 3);
        interrupted.store(true, Ordering::Relaxed);
        let stopped = field.attempt(&start, Policy::Straight, &mut hold);
        assert!(matches!(stopped, Err(CliError::Interrupted)));
    }

    #[test]
    fn the_same_scores_rank_alike() {
        let truth = [0.1, 0.2, 0.4, 0.4, 0.7, 0.9];
        let same = compare(&truth, truth.to_vec()).expect("a score");
        assert!((same.pearson.expect("a score").value - 1.0).abs() < 1e-12 && same.mmrv == 0.0);
        let flat = compare(&truth, vec![0.3; 6]).expect("a score");
        assert!(flat.pearson.is_none() && flat.mmrv > 0.3, "{flat:?}");
        let tasks = BTreeMap::from([("a", vec![0.0; 6]), ("b", truth.to_vec())]);
        assert!((mean(&tasks)[5] - 0.45).abs() < 1e-12);
    }
}
