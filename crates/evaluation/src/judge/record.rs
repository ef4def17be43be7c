//! What is gathered about one model on its walk.

use super::{HORIZONS, Judged, TracePoint};
use crate::{
    ConditionsNetwork, JudgeError, Mask, Metric, MetricError, RgbdView, Scores, Walk, align,
    depth_errors, mean_absolute_error, ms_ssim, psnr,
    scores::{DriftPoint, Mean, PSNR_CAP_DB},
    seam_error, sharpness, ssim,
};
use glam::Quat;
use reverie_world_model::{Observation, Pose, RgbImage, SceneSeed};
use std::collections::BTreeMap;

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
/// Views of which less stands still than this say nothing about memory.
const LEAST_STILL: f64 = 0.05;

/// What is looked at when.
pub(super) struct Plan<'a> {
    pub walk: &'a Walk,
    /// What recognises conditions, and those that were commanded.
    pub commanded: Option<(&'a ConditionsNetwork, &'a SceneSeed)>,
}

/// What the true frame of a scored tick says about all others.
pub(super) struct Scene {
    pub seen: Mask,
    unseen: Mask,
}

/// A view that is seen again, and where the truth shows the same as then.
pub(super) struct Still {
    /// Tick of the first time.
    pub earlier: u64,
    /// It closes the whole walk.
    pub closes: bool,
    pub mask: Mask,
}

impl Plan<'_> {
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

    /// Whether the truth's frame is needed later on.
    pub fn is_seen_again(&self, tick: u64) -> bool {
        tick == 0 || self.walk.revisits.iter().any(|r| r.first == tick)
    }

    /// Ticks at which the view of this one was seen before, and whether that closes the walk.
    pub fn earlier_views(&self, tick: u64) -> Vec<(u64, bool)> {
        let of_walk = self.walk.revisits.iter().filter(|r| r.again == tick);
        let mut earlier: Vec<_> = of_walk.map(|r| (r.first, false)).collect();
        if tick == self.walk.home {
            earlier.push((0, true));
        }
        earlier
    }

    fn starts_pair(tick: u64) -> bool {
        tick.is_multiple_of(FOLLOW_EVERY)
    }

    pub fn scene(&self, now: &Observation, first: &Observation, tick: u64) -> Option<Scene> {
        if !Self::in_means(tick) {
            return None;
        }
        let seen = Mask::seen_before(now, first).ok()?;
        Some(Scene { unseen: seen.inverted(), seen })
    }
}

/// What is gathered about one model.
pub(super) struct Record {
    pub name: String,
    pub now: Observation,
    /// The earlier frame of a pair, with the depth to use.
    pair: Option<Observation>,
    kept: BTreeMap<u64, RgbImage>,
    means: BTreeMap<Metric, Mean>,
    drift: BTreeMap<u64, DriftPoint>,
    trace: Vec<TracePoint>,
    follow: Follow,
    features: Vec<Vec<f32>>,
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
    pub fn new(name: &str, now: Observation) -> Self {
        Self {
            name: name.to_owned(),
            now,
            pair: None,
            kept: BTreeMap::new(),
            means: BTreeMap::new(),
            drift: BTreeMap::new(),
            trace: Vec::new(),
            follow: Follow::default(),
            features: Vec::new(),
        }
    }

    pub fn note(
        &mut self,
        tick: u64,
        plan: &Plan<'_>,
        truth: &Observation,
        scene: Option<&Scene>,
        again: &[Still],
    ) -> Result<(), JudgeError> {
        let compared = self.compare(tick, plan, truth, scene, again);
        compared.map_err(|error| JudgeError::Metric { model: self.name.clone(), error })?;
        if let Some((network, commanded)) = plan.commanded
            && scene.is_some()
        {
            let recognised = network.recognise(&self.now.rgb);
            let seen = recognised.map_err(|e| JudgeError::Conditions(e.to_string()))?;
            let percent = |right: bool| if right { 100.0 } else { 0.0 };
            self.add(Metric::WeatherKept, percent(seen.weather() == commanded.weather));
            let fits = seen.phase().fits(commanded.hour, commanded.season);
            self.add(Metric::HourKept, percent(fits));
            self.add(Metric::PlaceKept, percent(seen.domain() == commanded.name));
            self.features.push(seen.features);
        }
        Ok(())
    }

    fn compare(
        &mut self,
        tick: u64,
        plan: &Plan<'_>,
        truth: &Observation,
        scene: Option<&Scene>,
        again: &[Still],
    ) -> Result<(), MetricError> {
        if plan.is_pictured(tick) {
            self.kept.insert(tick, self.now.rgb.clone());
        }
        if Plan::in_means(tick) || Plan::is_horizon(tick) {
            self.score(tick, truth, scene)?;
        }
        self.follow(tick, plan.walk, truth)?;
        for Still { earlier, closes, mask } in again {
            let Some(before) = self.kept.get(earlier) else { continue };
            if mask.share() < LEAST_STILL {
                continue;
            }
            if *closes {
                let closed = capped(psnr(&self.now.rgb, before, Some(mask))?);
                self.add(Metric::LoopClosure, closed);
            } else {
                let error = mean_absolute_error(&self.now.rgb, before, Some(mask))?;
                self.add(Metric::RevisitError, error);
            }
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

    pub fn finish(mut self) -> Judged {
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
            features: self.features,
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
