//! The painter's figures: their names, and means of them.

use reverie_evaluation::{CompletionScores, Drift};
use std::collections::BTreeMap;

/// One figure of the painter.
pub struct Figure {
    /// The name in JSON.
    pub key: &'static str,
    pub label: &'static str,
    /// Digits after the point that mean something.
    pub digits: usize,
    /// What is wanted of it, for people; empty where it only explains another.
    pub wanted: &'static str,
}

const fn figure(
    key: &'static str,
    label: &'static str,
    digits: usize,
    wanted: &'static str,
) -> Figure {
    Figure { key, label, digits, wanted }
}

/// Every figure, in the order of tables. `docs/evaluation.md` defines them.
pub const FIGURES: [Figure; 20] = [
    figure("completion_psnr_push_pull_db", "PSNR of push-pull, dB", 1, ""),
    figure("completion_psnr_gain_db", "PSNR over push-pull, one sample, dB", 2, ">= 0"),
    figure("completion_psnr_mean8_gain_db", "the same, mean of 8, dB", 2, ">= 2.5"),
    figure("completion_psnr_best4_gain_db", "the same, best of 4, dB", 2, ">= 1.5"),
    figure("completion_sample_difference", "difference of two samples, 0 to 1", 3, ""),
    figure("completion_depth_absrel_ratio", "depth AbsRel to push-pull's", 2, "<= 0.65"),
    figure("frechet_ratio", "Frechet distance to push-pull's", 2, "<= 0.25"),
    figure("sharpness_ratio", "sharpness to truth", 2, "0.7 to 1.3"),
    figure("sharpness_push_pull_ratio", "the same of push-pull", 2, ""),
    figure("seam_ratio", "seam to truth", 2, "<= 1.3"),
    figure("seam_push_pull_ratio", "the same of push-pull", 2, ""),
    figure("condition_following_ratio", "conditions recognised, to truth", 2, ">= 0.85"),
    figure("condition_following_push_pull_ratio", "the same of push-pull", 2, ""),
    figure("condition_true_share", "recognised on true windows, 0 to 1", 2, ""),
    figure("drift_sharpness_ratio", "sharpness, far to near", 2, "0.8 to 1.2"),
    figure("drift_colour_ratio", "colour, far to near, at most 1", 2, ">= 0.8"),
    figure("drift_coverage_ratio", "coverage, far to near", 2, "0.8 to 1.2"),
    figure("revisit_psnr_db", "the same way back, PSNR, dB", 1, ">= 38"),
    figure("action_following_error", "motion in frames, error, share", 3, "<= 0.05"),
    figure("action_following_error_truth", "the same of true frames", 3, ""),
];

/// Figures by key; what could not be measured is not there.
pub type Figures = BTreeMap<&'static str, f64>;

/// Puts figures in, under their keys.
pub fn put<const N: usize>(figures: &mut Figures, values: [(&'static str, Option<f64>); N]) {
    figures.extend(values.into_iter().filter_map(|(key, value)| Some((key, value?))));
}

pub fn of_completion(figures: &mut Figures, scores: &CompletionScores) {
    let [sharpness, sharpness_push_pull] = scores.sharpness_ratio;
    let [seam, seam_push_pull] = scores.seam_ratio;
    let [condition, condition_push_pull] = scores.condition_ratio;
    put(
        figures,
        [
            ("completion_psnr_push_pull_db", scores.push_pull_psnr_db),
            ("completion_psnr_gain_db", scores.gain_db),
            ("completion_psnr_mean8_gain_db", scores.mean_gain_db),
            ("completion_psnr_best4_gain_db", scores.best_gain_db),
            ("completion_sample_difference", scores.sample_difference),
            ("completion_depth_absrel_ratio", scores.depth_ratio),
            ("frechet_ratio", scores.frechet_ratio),
            ("sharpness_ratio", sharpness),
            ("sharpness_push_pull_ratio", sharpness_push_pull),
            ("seam_ratio", seam),
            ("seam_push_pull_ratio", seam_push_pull),
            ("condition_following_ratio", condition),
            ("condition_following_push_pull_ratio", condition_push_pull),
            ("condition_true_share", scores.condition_true_share),
        ],
    );
}

pub fn of_drift(figures: &mut Figures, drift: &Drift) {
    put(
        figures,
        [
            ("drift_sharpness_ratio", Some(drift.sharpness_ratio)),
            ("drift_colour_ratio", Some(drift.colour_ratio)),
            ("drift_coverage_ratio", Some(drift.coverage_ratio)),
            (REVISIT, drift.revisit_psnr_db),
        ],
    );
}

/// The one figure whose mean is taken over squared errors: an exact domain does not make up for one
/// that forgets.
const REVISIT: &str = "revisit_psnr_db";

/// Means over domains, each over those that have the figure.
pub fn mean<'a>(domains: impl Iterator<Item = &'a Figures> + Clone) -> Figures {
    let mean = |key: &'static str| {
        let values: Vec<f64> = domains.clone().filter_map(|of| of.get(key).copied()).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let squared = || -> Vec<f64> { values.iter().map(|db| 10_f64.powf(-db / 10.0)).collect() };
        (!values.is_empty()).then(|| match key {
            REVISIT => (key, -10.0 * mean(&squared()).log10()),
            _ => (key, mean(&values)),
        })
    };
    FIGURES.iter().filter_map(|figure| mean(figure.key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_over_the_domains_that_have_a_figure() {
        let mut domains = [Figures::new(), Figures::new()];
        put(&mut domains[0], [("seam_ratio", Some(1.0)), ("frechet_ratio", None)]);
        put(&mut domains[1], [("seam_ratio", Some(2.0)), ("condition_true_share", Some(0.4))]);
        let found = mean(domains.iter());
        assert_eq!(found, Figures::from([("seam_ratio", 1.5), ("condition_true_share", 0.4)]));

        put(&mut domains[0], [(REVISIT, Some(100.0))]);
        put(&mut domains[1], [(REVISIT, Some(30.0))]);
        let found = mean(domains.iter())[REVISIT];
        assert!((found - 33.0103).abs() < 1e-3, "{found}");
    }

    #[test]
    fn every_figure_has_a_line_in_the_table() {
        let mut figures = Figures::new();
        let both = [Some(1.0); 2];
        of_completion(
            &mut figures,
            &CompletionScores {
                windows: 1,
                sampled_windows: 1,
                push_pull_psnr_db: Some(1.0),
                gain_db: Some(1.0),
                mean_gain_db: Some(1.0),
                best_gain_db: Some(1.0),
                sample_difference: Some(1.0),
                depth_ratio: Some(1.0),
                frechet_ratio: Some(1.0),
                sharpness_ratio: both,
                seam_ratio: both,
                condition_ratio: both,
                condition_true_share: Some(1.0),
            },
        );
        let drift = Drift {
            sharpness_ratio: 1.0,
            colour_ratio: 1.0,
            coverage_ratio: 1.0,
            revisit_psnr_db: Some(1.0),
        };
        of_drift(&mut figures, &drift);
        assert_eq!(figures.len() + 2, FIGURES.len());
        assert!(figures.keys().all(|key| FIGURES.iter().any(|figure| figure.key == *key)));
    }
}
