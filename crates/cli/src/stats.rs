//! Durations to figures.

use std::time::Duration;

/// Milliseconds.
pub fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Durations of something that is done again and again.
#[derive(Debug, Default)]
pub struct Timings {
    millis: Vec<f64>,
}

impl Timings {
    /// Adds one.
    pub fn push(&mut self, duration: Duration) {
        self.millis.push(millis(duration));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.millis.len()
    }

    /// How often a second it could be done, one after another; `None` without any.
    pub fn per_second(&self) -> Option<f64> {
        let total: f64 = self.millis.iter().sum();
        (total > 0.0).then(|| self.millis.len() as f64 * 1e3 / total)
    }

    /// The duration, in milliseconds, that `percent` of them do not exceed (nearest rank).
    pub fn percentile(&self, percent: f64) -> Option<f64> {
        let mut sorted = self.millis.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let mut timings = Timings::default();
        assert_eq!((timings.percentile(50.0), timings.per_second()), (None, None));
        for i in (1..=200).rev() {
            timings.push(Duration::from_millis(i));
        }
        assert_eq!(timings.percentile(50.0), Some(100.0));
        assert_eq!(timings.percentile(99.0), Some(198.0));
        assert_eq!(timings.percentile(100.0), Some(200.0));
        assert!((timings.per_second().expect("some") - 1e3 / 100.5).abs() < 1e-9);
    }
}
