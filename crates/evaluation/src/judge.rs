//! One walk, judged: every model sees the same picture first and does the same.

use crate::{
    JudgeError, Mask, Metric, MetricError, RgbdView, Scores, Walk, align, depth_errors,
    mean_absolute_error, ms_ssim, psnr,
    scores::{DriftPoint, Mean, PSNR_CAP_DB},
    seam_error, sharpness, ssim,
};
use glam::Quat;
use reverie_world_model::{
    Embodiment, ImageSeed, Observation, Pose, RgbImage, Seed, SeedSource, WorldError, WorldModel,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Ticks after the start at which drift is read.
pub const HORIZONS: [u64; 5] = [1, 8, 24, 240, 2400];
/// Ticks between the frames that means are taken over.
const SCORE_EVERY: u64 = 10;
/// Ticks between the pairs of frames that motion is looked for in.
const FOLLOW_EVERY: u64 = 6;
/// Ticks between the two frames of such a pair.
const FOLLOW_STRIDE: u64 = 1;
/// A smaller commanded shift between two frames is not looked for, metres.
const LEAST_SHIFT_M: f64 = 0.01;
/// A smaller commanded turn between two frames is not looked for, radians (0.2 degrees).
const LEAST_TURN_RAD: f64 = 0.0035;
/// A smaller share of pixels than this says nothing about them.
const LEAST_SHARE: f64 = 0.01;
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
}

/// Errors at one tick.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TracePoint {
    /// Ticks since the start.
    pub tick: u64,
    /// PSNR to the true frame, dB, at most [`PSNR_CAP_DB`].
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
}

/// Takes a truth and contestants along a walk and compares their frames.
///
/// The truth begins with `seed` at the walk's first pose. Models that start from pictures get its
/// first frame with depth, camera and pose; others get `seed` itself. All have a free camera. The
/// truth is judged as well, against itself: what is not perfect there is the measurement's own error.
///
/// `progress` hears of every tick done and may return false to stop.
///
/// # Errors
/// [`JudgeError`] naming the model that cannot take part, refuses, fails or answers with frames of
/// another size.
pub fn judge(
    truth: &mut dyn WorldModel,
    seed: &Seed,
    walk: &Walk,
    contestants: &mut [Contestant<'_>],
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<Episode, JudgeError> {
    let truth_name = truth.spec().name.clone();
    let start = walk.poses.first().copied();
    let seed = Seed { embodiment: Embodiment::Free, start, ..seed.clone() };
    check_rate(truth.spec().tick_hz, &truth_name, walk)?;
    for contestant in contestants.iter() {
        check_rate(contestant.model.spec().tick_hz, &contestant.name, walk)?;
    }

    let first = truth.begin(&seed).map_err(|e| world_error(&truth_name, 0, e))?;
    if first.depth.is_none() {
        let problem = "its frames have no depth, so it is no truth".to_owned();
        return Err(JudgeError::Unfit { model: truth_name, problem });
    }
    let picture = picture_seed(&first, &seed);
    let mut records = Vec::new();
    for Contestant { name, model } in contestants.iter_mut() {
        let takes = |kind: &str| model.spec().seeds.iter().any(|known| known == kind);
        let own = if takes("image") {
            &picture
        } else if takes(seed.source.kind()) {
            &seed
        } else {
            let seeds = model.spec().seeds.join(", ");
            let problem = format!("starts neither from a picture nor from a scene (from: {seeds})");
            return Err(JudgeError::Unfit { model: name.clone(), problem });
        };
        let observation = model.begin(own).map_err(|e| world_error(name, 0, e))?;
        records.push(Record::new(name, observation));
    }
    records.push(Record::new(&truth_name, first.clone()));

    let plan = Plan::new(walk);
    let mut seen_share = Mean::default();
    let mut now_true = first.clone();
    for tick in 0..=walk.home {
        let before = tick.checked_sub(1);
        if let Some(action) = before.and_then(|at| walk.actions.get(at as usize)) {
            now_true = truth.step(action).map_err(|e| world_error(&truth_name, tick, e))?;
            for (contestant, record) in contestants.iter_mut().zip(&mut records) {
                let stepped = contestant.model.step(action);
                record.now = stepped.map_err(|e| world_error(&contestant.name, tick, e))?;
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
        for record in &mut records {
            if let Err(error) = record.note(tick, &plan, &now_true, scene.as_ref()) {
                return Err(JudgeError::Metric { model: record.name.clone(), error });
            }
        }
        if !progress(tick) {
            return Err(JudgeError::Stopped);
        }
    }
    let judged = records.into_iter().map(Record::finish).collect();
    Ok(Episode { judged, seen_share: seen_share.value().unwrap_or(1.0) })
}

fn world_error(model: &str, tick: u64, error: WorldError) -> JudgeError {
    JudgeError::World { model: model.to_owned(), tick, error }
}

fn check_rate(tick_hz: f32, model: &str, walk: &Walk) -> Result<(), JudgeError> {
    if tick_hz == walk.tick_hz {
        return Ok(());
    }
    let problem = format!("ticks at {tick_hz} Hz, the walk at {} Hz", walk.tick_hz);
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

/// What is looked at when.
struct Plan<'a> {
    walk: &'a Walk,
}

/// What the true frame of a scored tick says about all others.
struct Scene {
    seen: Mask,
    unseen: Mask,
}

impl<'a> Plan<'a> {
    fn new(walk: &'a Walk) -> Self {
        Self { walk }
    }

    fn in_means(tick: u64) -> bool {
        tick > 0 && tick.is_multiple_of(SCORE_EVERY)
    }

    fn is_horizon(tick: u64) -> bool {
        HORIZONS.contains(&tick)
    }

    fn is_pictured(&self, tick: u64) -> bool {
        tick == 0
            || tick == self.walk.home
            || Self::is_horizon(tick)
            || self.walk.revisits.iter().any(|r| r.first == tick || r.again == tick)
    }

    fn starts_pair(tick: u64) -> bool {
        tick.is_multiple_of(FOLLOW_EVERY)
    }

    fn scene(&self, now: &Observation, first: &Observation, tick: u64) -> Option<Scene> {
        if !Self::in_means(tick) {
            return None;
        }
        let seen = Mask::seen_before(now, first).ok()?;
        Some(Scene { unseen: seen.inverted(), seen })
    }
}

/// What is gathered about one model.
struct Record {
    name: String,
    now: Observation,
    first: RgbImage,
    /// The earlier frame of a pair, with the depth to use.
    pair: Option<Observation>,
    kept: BTreeMap<u64, RgbImage>,
    means: BTreeMap<Metric, Mean>,
    drift: BTreeMap<u64, DriftPoint>,
    trace: Vec<TracePoint>,
    follow: Follow,
}

/// Sums over pairs of frames.
#[derive(Default)]
struct Follow {
    shift_off_m: f64,
    shift_m: f64,
    turn_off_rad: f64,
    turn_rad: f64,
}

impl Record {
    fn new(name: &str, now: Observation) -> Self {
        Self {
            name: name.to_owned(),
            first: now.rgb.clone(),
            now,
            pair: None,
            kept: BTreeMap::new(),
            means: BTreeMap::new(),
            drift: BTreeMap::new(),
            trace: Vec::new(),
            follow: Follow::default(),
        }
    }

    fn note(
        &mut self,
        tick: u64,
        plan: &Plan<'_>,
        truth: &Observation,
        scene: Option<&Scene>,
    ) -> Result<(), MetricError> {
        if plan.is_pictured(tick) {
            self.kept.insert(tick, self.now.rgb.clone());
        }
        if Plan::in_means(tick) || Plan::is_horizon(tick) {
            self.score(tick, truth, scene)?;
        }
        self.follow(tick, plan.walk, truth)?;
        for revisit in plan.walk.revisits.iter().filter(|revisit| revisit.again == tick) {
            if let Some(before) = self.kept.get(&revisit.first) {
                let error = mean_absolute_error(&self.now.rgb, before, None)?;
                self.add(Metric::RevisitError, error);
            }
        }
        if tick == plan.walk.home {
            let closed = capped(psnr(&self.now.rgb, &self.first, None)?);
            self.add(Metric::LoopClosure, closed);
        }
        Ok(())
    }

    fn add(&mut self, metric: Metric, value: f64) {
        self.means.entry(metric).or_default().add(value);
    }

    /// Adds a figure where there is something to measure.
    fn offer(
        &mut self,
        metric: Metric,
        value: Result<f64, MetricError>,
    ) -> Result<(), MetricError> {
        match value {
            Ok(value) => self.add(metric, value),
            Err(MetricError::Nothing(_)) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn score(
        &mut self,
        tick: u64,
        truth: &Observation,
        scene: Option<&Scene>,
    ) -> Result<(), MetricError> {
        let (found, wanted) = (self.now.rgb.clone(), &truth.rgb);
        let psnr_db = capped(psnr(&found, wanted, None)?);
        let ssim = ssim(&found, wanted, None)?;
        let depth = match (&self.now.depth, &truth.depth) {
            (Some(found), Some(wanted)) => match depth_errors(found, wanted, None) {
                Ok(errors) => Some(errors),
                Err(MetricError::Nothing(_)) => None,
                Err(error) => return Err(error),
            },
            _ => None,
        };
        if Plan::is_horizon(tick) {
            let depth_abs_rel = depth.map(|errors| errors.abs_rel);
            self.drift.insert(tick, DriftPoint { psnr_db, ssim, depth_abs_rel });
        }
        self.trace.push(TracePoint { tick, psnr_db, ssim });
        let Some(scene) = scene else { return Ok(()) };
        self.add(Metric::Psnr, psnr_db);
        self.add(Metric::Ssim, ssim);
        self.add(Metric::MsSsim, ms_ssim(&found, wanted)?);
        if let Some(errors) = depth {
            self.add(Metric::DepthAbsRel, errors.abs_rel);
            self.add(Metric::DepthDelta125, errors.delta_125);
        }
        self.add(Metric::Coverage, f64::from(self.now.coverage));
        self.offer(Metric::Sharpness, sharpness(&found, wanted, None))?;
        self.offer(Metric::SeamError, seam_error(&found, wanted, &scene.seen))?;
        for (metric, mask) in [(Metric::PsnrSeen, &scene.seen), (Metric::PsnrUnseen, &scene.unseen)]
        {
            if mask.share() >= LEAST_SHARE {
                self.add(metric, capped(psnr(&found, wanted, Some(mask))?));
            }
        }
        Ok(())
    }

    /// Looks for the commanded motion between two frames. A model without depth is given the true
    /// depth. No pair is worse than standing still, which is what frames count as in which no motion
    /// can be found.
    fn follow(&mut self, tick: u64, walk: &Walk, truth: &Observation) -> Result<(), MetricError> {
        let Some(stride) = tick.checked_sub(FOLLOW_STRIDE) else {
            return self.keep_pair(tick, truth);
        };
        if !Plan::starts_pair(stride) {
            return self.keep_pair(tick, truth);
        }
        let Some(before) = self.pair.take() else { return Ok(()) };
        let depths = (before.depth.as_ref(), self.now.depth.as_ref().or(truth.depth.as_ref()));
        let (Some(depth_before), Some(depth_now)) = depths else { return Ok(()) };
        let (from, to) = (walk.poses[stride as usize], walk.poses[tick as usize]);
        let (rotation, shift) = to.other_from_self(&from);
        let commanded = Pose { position: shift, rotation: Quat::from_mat3(&rotation) };
        let found = align(
            RgbdView { rgb: &before.rgb, depth: depth_before, intrinsics: &before.intrinsics },
            RgbdView { rgb: &self.now.rgb, depth: depth_now, intrinsics: &self.now.intrinsics },
        );
        let found = match found {
            Ok(pose) => pose,
            Err(MetricError::Nothing(_)) => Pose::IDENTITY,
            Err(error) => return Err(error),
        };
        let follow = &mut self.follow;
        let shift_m = f64::from(commanded.position.length());
        let turn = turn_rad(commanded.rotation);
        let shift_off_m = f64::from(found.position.distance(commanded.position));
        let turn_off = turn_rad(found.rotation.conjugate() * commanded.rotation);
        if shift_m >= LEAST_SHIFT_M {
            follow.shift_m += shift_m;
            follow.shift_off_m += shift_off_m.min(shift_m);
        }
        if turn >= LEAST_TURN_RAD {
            follow.turn_rad += turn;
            follow.turn_off_rad += turn_off.min(turn);
        }
        self.keep_pair(tick, truth)
    }

    fn keep_pair(&mut self, tick: u64, truth: &Observation) -> Result<(), MetricError> {
        if Plan::starts_pair(tick) {
            let mut kept = self.now.clone();
            kept.depth = kept.depth.or_else(|| truth.depth.clone());
            self.pair = Some(kept);
        }
        Ok(())
    }

    fn finish(mut self) -> Judged {
        let Follow { shift_off_m, shift_m, turn_off_rad, turn_rad } = self.follow;
        if shift_m > 0.0 {
            self.add(Metric::FollowTranslation, 100.0 * shift_off_m / shift_m);
        }
        if turn_rad > 0.0 {
            self.add(Metric::FollowRotation, 100.0 * turn_off_rad / turn_rad);
        }
        let figures = self.means.iter().filter_map(|(m, mean)| Some((*m, mean.value()?)));
        Judged {
            scores: Scores { figures: figures.collect(), drift: self.drift },
            name: self.name,
            trace: self.trace,
            pictures: self.kept,
        }
    }
}

/// Angle of a rotation; exact for small ones too, which the arc cosine is not.
fn turn_rad(rotation: Quat) -> f64 {
    2.0 * f64::from(rotation.xyz().length()).atan2(f64::from(rotation.w.abs()))
}

fn capped(psnr_db: f64) -> f64 {
    psnr_db.min(PSNR_CAP_DB)
}
