//! One walk, judged: every model sees the same picture first and does the same.

mod commands;
mod record;
mod straight;

pub use commands::{Command, Obeyed, judge_commands};
pub use straight::{Drift, Looks, Straight, StraightOptions, judge_straight};

use crate::{ConditionsNetwork, JudgeError, Mask, Scores, Walk, scores::Mean};
use record::{Plan, Record, Still};
use reverie_world_model::{
    Action, Embodiment, ImageSeed, Observation, Pose, RgbImage, Seed, SeedSource, WorldError,
    WorldModel,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Ticks after the start at which drift is read.
pub const HORIZONS: [u64; 5] = [1, 8, 24, 240, 2400];
/// Farther than this from the walk the truth is not where it was sent, metres.
const MOST_OFF_M: f32 = 0.02;

/// A model that is judged.
pub struct Contestant<'a> {
    /// Its name in the table.
    pub name: String,
    /// The model.
    pub model: &'a mut dyn WorldModel,
}

/// Means and single frames of one model on one walk.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The contestant's name.
    pub name: String,
    /// Its figures.
    pub scores: Scores,
    /// Errors along the walk.
    pub trace: Vec<TracePoint>,
    /// Frames for people to look at, by tick.
    pub pictures: BTreeMap<u64, RgbImage>,
    /// What the conditions network saw in the frames that means are taken over, for
    /// [`frechet_distance`](crate::frechet_distance); empty without the network.
    pub features: Vec<Vec<f32>>,
}

/// Errors at one tick.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TracePoint {
    /// Ticks since the start.
    pub tick: u64,
    /// PSNR to the true frame, dB, at most [`PSNR_CAP_DB`](crate::PSNR_CAP_DB).
    pub psnr_db: f64,
    /// SSIM to the true frame.
    pub ssim: f64,
}

/// One walk through one world.
#[derive(Debug, Clone)]
pub struct Episode {
    /// The contestants in their order, then the truth itself: the most that can be reached.
    pub judged: Vec<Judged>,
    /// Mean share of the true frames that the seed picture shows, 0 to 1.
    pub seen_share: f64,
    /// Mean share of the views seen twice in which nothing moved or changed in the truth, 0 to 1;
    /// 1 on a walk without any.
    pub still_share: f64,
}

/// Takes a truth and contestants along a walk and compares their frames.
///
/// The truth begins with `seed` at the walk's first pose. Models that start from pictures get its
/// first frame with depth, camera and pose; others get `seed` itself. All have a free camera. The
/// truth is judged as well, against itself: what is not perfect there is the measurement's own error.
///
/// A view that is seen again is compared where the truth's own two frames agree: what moves of itself
/// (people, cars, clouds, rain) is no fault of a model that shows it elsewhere.
///
/// With a `conditions` network, and a scene as the seed, frames are also asked for their weather, hour
/// and kind of world. `progress` hears of every tick done and may return false to stop.
///
/// # Errors
/// [`JudgeError`] naming the model that cannot take part, refuses, fails or answers with frames of
/// another size.
pub fn judge(
    truth: &mut dyn WorldModel,
    seed: &Seed,
    walk: &Walk,
    contestants: &mut [Contestant<'_>],
    conditions: Option<&ConditionsNetwork>,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<Episode, JudgeError> {
    let truth_name = truth.spec().name.clone();
    let start = walk.poses.first().copied();
    let seed = Seed { embodiment: Embodiment::Free, start, ..seed.clone() };
    let commanded = match (conditions, &seed.source) {
        (Some(network), SeedSource::Scene(scene)) => Some((network, scene)),
        _ => None,
    };
    let begun = begin_all(truth, &seed, contestants, walk.tick_hz)?;
    let first = begun.first;
    let mut records: Vec<_> =
        begun.seen.into_iter().map(|(name, now)| Record::new(&name, now)).collect();

    let plan = Plan { walk, commanded };
    let (mut seen_share, mut still_share) = (Mean::default(), Mean::default());
    let mut now_true = first.clone();
    let mut kept_true: BTreeMap<u64, Observation> = BTreeMap::new();
    for tick in 0..=walk.home {
        let before = tick.checked_sub(1);
        if let Some(action) = before.and_then(|at| walk.actions.get(at as usize)) {
            let (stepped_true, stepped) = step_all(truth, contestants, action);
            now_true = stepped_true.map_err(|e| world_error(&truth_name, tick, e))?;
            for (stepped, record) in stepped.into_iter().zip(&mut records) {
                record.now = stepped.map_err(|e| world_error(&record.name, tick, e))?;
            }
            if let Some(record) = records.last_mut() {
                record.now = now_true.clone();
            }
        }
        check_pose(&now_true.pose, walk, tick, &truth_name)?;
        let scene = plan.scene(&now_true, &first, tick);
        if let Some(scene) = &scene {
            seen_share.add(scene.seen.share());
        }
        if plan.is_seen_again(tick) {
            kept_true.insert(tick, now_true.clone());
        }
        let mut again = Vec::new();
        for (earlier, closes) in plan.earlier_views(tick) {
            if let Some(then) = kept_true.get(&earlier) {
                let still = Mask::unchanged(&now_true, then)
                    .map_err(|error| JudgeError::Metric { model: truth_name.clone(), error })?;
                still_share.add(still.share());
                again.push(Still { earlier, closes, mask: still });
            }
        }
        let note =
            |record: &mut Record| record.note(tick, &plan, &now_true, scene.as_ref(), &again);
        let noted: Vec<_> = std::thread::scope(|scope| {
            let note = &note;
            let running: Vec<_> =
                records.iter_mut().map(|record| scope.spawn(move || note(record))).collect();
            running.into_iter().map(joined).collect()
        });
        noted.into_iter().collect::<Result<(), _>>()?;
        if !progress(tick) {
            return Err(JudgeError::Stopped);
        }
    }
    let judged = records.into_iter().map(Record::finish).collect();
    Ok(Episode {
        judged,
        seen_share: seen_share.value().unwrap_or(1.0),
        still_share: still_share.value().unwrap_or(1.0),
    })
}

/// One tick of everybody, side by side: the truth's frame takes longest, and not all of it keeps every
/// core busy.
fn step_all(
    truth: &mut dyn WorldModel,
    contestants: &mut [Contestant<'_>],
    action: &Action,
) -> (Result<Observation, WorldError>, Vec<Result<Observation, WorldError>>) {
    std::thread::scope(|scope| {
        let truth = scope.spawn(move || truth.step(action));
        // One after another: they are quick.
        let others = contestants.iter_mut().map(|c| c.model.step(action)).collect();
        (joined(truth), others)
    })
}

/// What a thread returned; a panic in it goes on in this one.
fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// First frames of everybody.
struct Begun {
    /// The truth's.
    first: Observation,
    /// The contestants' in their order, then the truth's, with their names.
    seen: Vec<(String, Observation)>,
}

/// Begins the truth with a seed and the contestants with what it shows, or with the same seed.
fn begin_all(
    truth: &mut dyn WorldModel,
    seed: &Seed,
    contestants: &mut [Contestant<'_>],
    tick_hz: f32,
) -> Result<Begun, JudgeError> {
    let truth_name = truth.spec().name.clone();
    check_rate(truth.spec().tick_hz, &truth_name, tick_hz)?;
    for contestant in contestants.iter() {
        check_rate(contestant.model.spec().tick_hz, &contestant.name, tick_hz)?;
    }
    let first = truth.begin(seed).map_err(|e| world_error(&truth_name, 0, e))?;
    if first.depth.is_none() {
        let problem = "its frames have no depth, so it is no truth".to_owned();
        return Err(JudgeError::Unfit { model: truth_name, problem });
    }
    let picture = picture_seed(&first, seed);
    let mut seen = Vec::new();
    for Contestant { name, model } in contestants.iter_mut() {
        let takes = |kind: &str| model.spec().seeds.iter().any(|known| known == kind);
        let own = if takes("image") {
            &picture
        } else if takes(seed.source.kind()) {
            seed
        } else {
            let seeds = model.spec().seeds.join(", ");
            let problem = format!("starts neither from a picture nor from a scene (from: {seeds})");
            return Err(JudgeError::Unfit { model: name.clone(), problem });
        };
        let observation = model.begin(own).map_err(|e| world_error(name, 0, e))?;
        seen.push((name.clone(), observation));
    }
    seen.push((truth_name, first.clone()));
    Ok(Begun { first, seen })
}

fn world_error(model: &str, tick: u64, error: WorldError) -> JudgeError {
    JudgeError::World { model: model.to_owned(), tick, error }
}

fn check_rate(tick_hz: f32, model: &str, wanted_hz: f32) -> Result<(), JudgeError> {
    if tick_hz == wanted_hz {
        return Ok(());
    }
    let problem = format!("ticks at {tick_hz} Hz, the walk at {wanted_hz} Hz");
    Err(JudgeError::Unfit { model: model.to_owned(), problem })
}

fn check_pose(found: &Pose, walk: &Walk, tick: u64, model: &str) -> Result<(), JudgeError> {
    let off_m = walk.poses.get(tick as usize).map_or(0.0, |p| p.position.distance(found.position));
    if off_m <= MOST_OFF_M {
        return Ok(());
    }
    let problem = format!("is {off_m} m off the walk at tick {tick}, so it is no truth");
    Err(JudgeError::Unfit { model: model.to_owned(), problem })
}

fn picture_seed(first: &Observation, seed: &Seed) -> Seed {
    let image = ImageSeed {
        rgb: first.rgb.clone(),
        depth: first.depth.clone(),
        intrinsics: Some(first.intrinsics),
    };
    Seed { source: SeedSource::Image(image), start: Some(first.pose), ..seed.clone() }
}
