//! How well a painter completes windows of which a part is known.
//!
//! Everything is measured in the unknown part and against push-pull's calm filling of the same window;
//! `python/reverie_train/painter/metrics.py` defines the same figures for training.

use crate::{
    ConditionsNetwork, JudgeError, Mask, MetricError, depth_errors, frechet_distance,
    gradient::{border_step, energy},
    mask::{check_sizes, same_size},
    scores::Mean,
};
use reverie_world_model::{DepthImage, RgbImage, SceneSeed};

/// PSNR of an equal completion, and the most that counts in a mean, dB.
pub const COMPLETION_PSNR_CAP_DB: f64 = 80.0;
/// Samples of a window whose mean picture is compared, and that gains are taken over.
pub const MEAN_SAMPLES: usize = 8;
/// Samples of a window of which the best one counts.
pub const BEST_SAMPLES: usize = 4;

/// A picture with depth along the view axis in metres, infinity for sky; both of one size.
#[derive(Debug, Clone, PartialEq)]
pub struct RgbdImage {
    /// Colours.
    pub rgb: RgbImage,
    /// Depth.
    pub depth: DepthImage,
}

/// One window, everything of one size.
#[derive(Debug, Clone, Copy)]
pub struct CompletionCase<'a> {
    /// What is really there.
    pub truth: &'a RgbdImage,
    /// Pixels that the painter was given.
    pub known: &'a Mask,
    /// The filling that was there before the painter.
    pub push_pull: &'a RgbdImage,
    /// The painter's windows by seed, at least one; with [`MEAN_SAMPLES`] of them PSNR is compared.
    pub samples: &'a [RgbdImage],
    /// The conditions of the world.
    pub scene: &'a SceneSeed,
}

/// What a painter scored; `None` where there was nothing to measure.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CompletionScores {
    /// Windows that were compared.
    pub windows: usize,
    /// Those with [`MEAN_SAMPLES`] samples; PSNR is taken over them alone.
    pub sampled_windows: usize,
    /// PSNR of push-pull, dB.
    pub push_pull_psnr_db: Option<f64>,
    /// PSNR of one sample over push-pull's, mean over samples, dB.
    pub gain_db: Option<f64>,
    /// PSNR of the mean picture of [`MEAN_SAMPLES`] samples over push-pull's, dB.
    pub mean_gain_db: Option<f64>,
    /// PSNR of the best of [`BEST_SAMPLES`] samples over push-pull's, dB.
    pub best_gain_db: Option<f64>,
    /// Mean absolute difference of the first and the last sample, 0 to 1; 0 is no choice at all.
    pub sample_difference: Option<f64>,
    /// Relative error of depth over push-pull's.
    pub depth_ratio: Option<f64>,
    /// Frechet distance to the true windows over push-pull's.
    pub frechet_ratio: Option<f64>,
    /// Gradient energy over the truth's, and push-pull's.
    pub sharpness_ratio: [Option<f64>; 2],
    /// Steps across the border of the known part over the truth's, and push-pull's.
    pub seam_ratio: [Option<f64>; 2],
    /// Share of conditions recognised over that on the true windows, and push-pull's.
    pub condition_ratio: [Option<f64>; 2],
    /// Share of conditions recognised on the true windows, 0 to 1.
    pub condition_true_share: Option<f64>,
}

/// What is gathered about one of the three pictures of every window.
#[derive(Default)]
struct Side {
    depth_error: Mean,
    energy: u64,
    border_step: Mean,
    recognised: Mean,
    features: Vec<Vec<f32>>,
}

/// Compares windows one by one.
#[derive(Default)]
pub struct CompletionJudge<'a> {
    network: Option<&'a ConditionsNetwork>,
    windows: usize,
    sampled_windows: usize,
    push_pull_psnr: Mean,
    gain: Mean,
    mean_gain: Mean,
    best_gain: Mean,
    difference: Mean,
    /// Of the first sample, push-pull and the truth.
    sides: [Side; 3],
}

impl std::fmt::Debug for CompletionJudge<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CompletionJudge").field("windows", &self.windows).finish_non_exhaustive()
    }
}

impl<'a> CompletionJudge<'a> {
    /// Nothing compared yet. Without a network there are neither Frechet distances nor conditions.
    pub fn new(network: Option<&'a ConditionsNetwork>) -> Self {
        Self { network, ..Self::default() }
    }

    /// Compares one window.
    ///
    /// # Errors
    /// [`JudgeError::Metric`] when sizes differ, there is no sample or nothing is unknown;
    /// [`JudgeError::Conditions`].
    pub fn add(&mut self, case: &CompletionCase<'_>) -> Result<(), JudgeError> {
        let metric = |error| JudgeError::Metric { model: "painter".to_owned(), error };
        let unknown = check(case).map_err(metric)?;
        if case.samples.len() >= MEAN_SAMPLES {
            self.compare_samples(case, &unknown);
        }
        self.windows += 1;
        for (side, picture) in
            self.sides.iter_mut().zip([&case.samples[0], case.push_pull, case.truth])
        {
            match depth_errors(&picture.depth, &case.truth.depth, Some(&unknown)) {
                Ok(errors) => side.depth_error.add(errors.abs_rel),
                Err(MetricError::Nothing(_)) => {}
                Err(error) => return Err(metric(error)),
            }
            side.energy += energy(&picture.rgb, Some(&unknown));
            if let Some(step) = border_step(&picture.rgb, case.known) {
                side.border_step.add(step);
            }
            let Some(network) = self.network else { continue };
            let recognised = network.recognise(&picture.rgb);
            let seen = recognised.map_err(|e| JudgeError::Conditions(e.to_string()))?;
            let SceneSeed { weather, hour, season, .. } = *case.scene;
            side.recognised.add(f64::from(u8::from(seen.weather() == weather)));
            side.recognised.add(f64::from(u8::from(seen.phase().fits(hour, season))));
            side.features.push(seen.features);
        }
        Ok(())
    }

    fn compare_samples(&mut self, case: &CompletionCase<'_>, unknown: &Mask) {
        let truth = &case.truth.rgb;
        let psnr =
            |rgb: &RgbImage| psnr_db(rgb.data().iter().map(|v| f64::from(*v)), truth, unknown);
        let base = psnr(&case.push_pull.rgb);
        let samples = &case.samples[..MEAN_SAMPLES];
        let each: Vec<f64> = samples.iter().map(|sample| psnr(&sample.rgb)).collect();
        let mean = (0..truth.data().len()).map(|at| {
            let sum: u32 = samples.iter().map(|sample| u32::from(sample.rgb.data()[at])).sum();
            f64::from(sum) / MEAN_SAMPLES as f64
        });
        self.sampled_windows += 1;
        self.push_pull_psnr.add(base);
        self.gain.add(each.iter().sum::<f64>() / MEAN_SAMPLES as f64 - base);
        self.mean_gain.add(psnr_db(mean, truth, unknown) - base);
        let best = each[..BEST_SAMPLES].iter().copied().fold(f64::NEG_INFINITY, f64::max);
        self.best_gain.add(best - base);
        let [first, last] = [0, MEAN_SAMPLES - 1].map(|k| samples[k].rgb.data());
        let apart = first.iter().zip(last).enumerate().filter(|(at, _)| unknown.flags()[at / 3]);
        let apart = apart.map(|(_, (a, b))| f64::from(a.abs_diff(*b))).sum::<f64>();
        let count = 3.0 * 255.0 * unknown.share() * unknown.flags().len() as f64;
        self.difference.add(apart / count);
    }

    /// The figures.
    ///
    /// # Errors
    /// [`JudgeError::Metric`] when the network's features make no sense.
    pub fn finish(self) -> Result<CompletionScores, JudgeError> {
        let over = |found: Option<f64>, wanted: Option<f64>| {
            found.zip(wanted.filter(|wanted| *wanted > 0.0)).map(|(found, wanted)| found / wanted)
        };
        let [painter, push_pull, truth] = &self.sides;
        let over_truth = |of: &dyn Fn(&Side) -> Option<f64>| {
            [painter, push_pull].map(|side| over(of(side), of(truth)))
        };
        let apart = |side: &Side| match side.features.len() {
            0 | 1 => Ok(None),
            _ => frechet_distance(&side.features, &truth.features).map(Some),
        };
        let apart = |side: &Side| {
            apart(side).map_err(|error| JudgeError::Metric { model: "painter".to_owned(), error })
        };
        Ok(CompletionScores {
            windows: self.windows,
            sampled_windows: self.sampled_windows,
            push_pull_psnr_db: self.push_pull_psnr.value(),
            gain_db: self.gain.value(),
            mean_gain_db: self.mean_gain.value(),
            best_gain_db: self.best_gain.value(),
            sample_difference: self.difference.value(),
            depth_ratio: over(painter.depth_error.value(), push_pull.depth_error.value()),
            frechet_ratio: over(apart(painter)?, apart(push_pull)?),
            sharpness_ratio: over_truth(&|side| Some(side.energy as f64)),
            seam_ratio: over_truth(&|side| side.border_step.value()),
            condition_ratio: over_truth(&|side| side.recognised.value()),
            condition_true_share: truth.recognised.value(),
        })
    }
}

/// The unknown pixels of a window that makes sense.
fn check(case: &CompletionCase<'_>) -> Result<Mask, MetricError> {
    if case.samples.is_empty() {
        return Err(MetricError::Nothing("a window without a sample"));
    }
    let unknown = case.known.inverted();
    let truth = &case.truth.rgb;
    let size = (truth.width(), truth.height());
    for picture in case.samples.iter().chain([case.push_pull, case.truth]) {
        check_sizes(&picture.rgb, truth, Some(&unknown))?;
        same_size("the depth", (picture.depth.width(), picture.depth.height()), size)?;
    }
    if unknown.share() == 0.0 {
        return Err(MetricError::Nothing("a window without unknown pixels"));
    }
    Ok(unknown)
}

/// PSNR of channel values, 0 to 255, in a mask that is not empty.
fn psnr_db(values: impl Iterator<Item = f64>, truth: &RgbImage, mask: &Mask) -> f64 {
    let (mut sum, mut count) = (0.0, 0_u64);
    for (at, (found, wanted)) in values.zip(truth.data()).enumerate() {
        if mask.flags()[at / 3] {
            sum += (found - f64::from(*wanted)).powi(2);
            count += 1;
        }
    }
    let error = sum / count as f64 / (255.0 * 255.0);
    (-10.0 * error.log10()).min(COMPLETION_PSNR_CAP_DB)
}
