//! Figures with intervals. Does the ranking in one world predict the ranking in another? How much more often is one thing right than
//! another?

use crate::MetricError;
use serde::Serialize;

/// Resamples behind an interval.
const RESAMPLES: usize = 4000;
/// Share of resamples inside an interval.
const CONFIDENCE: f64 = 0.95;
/// Most scores that are compared at once; MMRV looks at all pairs of them in every resample.
const MAX_SCORES: usize = 1024;

/// A figure and the 95 % interval that bootstrapping gives it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// Of the scores as they are.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// How well scores in a world model rank policies, compared with scores in the truth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PolicyRanking {
    /// Pearson's r, -1 to 1; 1 is best.
    pub pearson: Estimate,
    /// Mean maximum rank violation, in units of the score; 0 is best.
    pub mmrv: Estimate,
    /// Number of policies.
    pub policies: usize,
}

/// Compares the scores of policies (one entry a policy, same order) in the truth and in a world
/// model. Intervals come from 4000 resamples of the policies, drawn from a fixed seed: the same
/// scores give the same interval. Resamples in which a score does not vary have no correlation and
/// are left out of Pearson's interval.
///
/// # Errors
/// As [`pearson`]; and when there are more than 1024 scores.
pub fn policy_ranking(truth: &[f64], model: &[f64]) -> Result<PolicyRanking, MetricError> {
    let r = pearson(truth, model)?;
    let violation = mmrv(truth, model)?;
    let count = truth.len();
    if count > MAX_SCORES {
        let problem = format!("{count} scores, at most {MAX_SCORES} are compared");
        return Err(MetricError::BadValues { field: "truth", problem });
    }
    let (mut correlations, mut violations) = (Vec::new(), Vec::with_capacity(RESAMPLES));
    let (mut left, mut right) = (vec![0.0; count], vec![0.0; count]);
    let mut random = SplitMix(0x5eed_5c0e);
    for _ in 0..RESAMPLES {
        for (left, right) in left.iter_mut().zip(&mut right) {
            let drawn = random.below(count);
            (*left, *right) = (truth[drawn], model[drawn]);
        }
        violations.push(mmrv(&left, &right)?);
        if let Ok(r) = pearson(&left, &right) {
            correlations.push(r);
        }
    }
    Ok(PolicyRanking {
        pearson: interval(r, correlations),
        mmrv: interval(violation, violations),
        policies: count,
    })
}

/// Pearson's correlation of two score lists, -1 to 1.
///
/// # Errors
/// [`MetricError::BadValues`] when the lengths differ, there are fewer than two, or one is not
/// finite; [`MetricError::Nothing`] when one of the lists does not vary.
pub fn pearson(truth: &[f64], model: &[f64]) -> Result<f64, MetricError> {
    check(truth, model)?;
    let count = truth.len() as f64;
    let mean_t = truth.iter().sum::<f64>() / count;
    let mean_m = model.iter().sum::<f64>() / count;
    let (mut both, mut square_t, mut square_m) = (0.0, 0.0, 0.0);
    for (t, m) in truth.iter().zip(model) {
        let (t, m) = (t - mean_t, m - mean_m);
        both += t * m;
        square_t += t * t;
        square_m += m * m;
    }
    let scale = (square_t * square_m).sqrt();
    if scale <= f64::EPSILON * count * (mean_t * mean_m).abs() || !scale.is_normal() {
        return Err(MetricError::Nothing("one of the score lists does not vary"));
    }
    Ok((both / scale).clamp(-1.0, 1.0))
}

/// Mean maximum rank violation:
/// `(1/N) sum_i max_j |R_i - R_j| * [(S_i < S_j) != (R_i < R_j)]`,
/// R the scores in the truth, S those in the model. 0 when every pair is ranked alike.
///
/// # Errors
/// [`MetricError::BadValues`] when the lengths differ, there are fewer than two, or one is not
/// finite.
pub fn mmrv(truth: &[f64], model: &[f64]) -> Result<f64, MetricError> {
    check(truth, model)?;
    let worst = |i: usize| {
        (0..truth.len())
            .filter(|j| (model[i] < model[*j]) != (truth[i] < truth[*j]))
            .map(|j| (truth[i] - truth[j]).abs())
            .fold(0.0, f64::max)
    };
    Ok((0..truth.len()).map(worst).sum::<f64>() / truth.len() as f64)
}

fn check(truth: &[f64], model: &[f64]) -> Result<(), MetricError> {
    if truth.len() != model.len() || truth.len() < 2 {
        let problem = format!(
            "{} scores against {}: expected the same number, at least 2",
            model.len(),
            truth.len()
        );
        return Err(MetricError::BadValues { field: "model", problem });
    }
    for (field, scores) in [("truth", truth), ("model", model)] {
        if let Some(at) = scores.iter().position(|s| !s.is_finite()) {
            let problem = format!("score {at} is {}", scores[at]);
            return Err(MetricError::BadValues { field, problem });
        }
    }
    Ok(())
}

/// How often the first of each pair holds, over how often the second does. The interval comes from 4000 resamples of the pairs,
/// drawn from a fixed seed. `None` where the second never holds.
pub fn paired_ratio(pairs: &[[bool; 2]]) -> Option<Estimate> {
    let ratio = |count: [u32; 2]| (count[1] > 0).then(|| f64::from(count[0]) / f64::from(count[1]));
    let add = |sum: [u32; 2], pair: &[bool; 2]| [0, 1].map(|k| sum[k] + u32::from(pair[k]));
    let value = ratio(pairs.iter().fold([0; 2], add))?;
    let mut random = SplitMix(0x5eed_0f9a);
    let resampled = (0..RESAMPLES).filter_map(|_| {
        ratio((0..pairs.len()).fold([0; 2], |sum, _| add(sum, &pairs[random.below(pairs.len())])))
    });
    Some(interval(value, resampled.collect()))
}

fn interval(value: f64, mut resampled: Vec<f64>) -> Estimate {
    resampled.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let rank = share * resampled.len().saturating_sub(1) as f64;
        resampled.get(rank.round() as usize).copied().unwrap_or(value)
    };
    let tail = 0.5 * (1.0 - CONFIDENCE);
    Estimate { value, low: at(tail), high: at(1.0 - tail) }
}

/// A small seeded generator (SplitMix64): the same numbers on every machine.
pub(crate) struct SplitMix(pub u64);

impl SplitMix {
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in `0..count`; `count` is not 0.
    pub fn below(&mut self, count: usize) -> usize {
        (self.next_u64() % count as u64) as usize
    }

    /// Uniform in `low..high`.
    pub fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * ((self.next_u64() >> 40) as f32 / (1_u64 << 24) as f32)
    }
}
