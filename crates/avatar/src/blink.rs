//! Blinks: when they come and how the lids move.

use crate::{
    curves::{min_jerk, since},
    random::{Channel, Draw},
};
use reverie_behavior::Activity;
use serde::{Deserialize, Serialize};

/// Mean seconds of closing and of opening.
const CLOSING_SECS: f32 = 0.09;
const OPENING_SECS: f32 = 0.24;
/// Deviation of the logarithm of the intervals.
const INTERVAL_SIGMA: f32 = 0.6;
/// Gaze shifts up to this never come with a blink; from the second on nearly all do.
const SHIFT_DEGREES: (f32, f32) = (12.0, 33.0);
const SHIFT_SHARE: f32 = 0.97;

/// Blinks per minute.
pub(crate) fn rate_per_minute(activity: Activity) -> f32 {
    match activity {
        Activity::Idle | Activity::Listening | Activity::Thinking => 17.0,
        Activity::Talking => 26.0,
        Activity::Reading => 4.5,
    }
}

/// How probably a gaze shift of so many radians comes with a blink.
pub(crate) fn shift_probability(angle: f32) -> f32 {
    let (least, most) = SHIFT_DEGREES;
    let x = ((angle.to_degrees() - least) / (most - least)).clamp(0.0, 1.0);
    SHIFT_SHARE * x * x * (3.0 - 2.0 * x)
}

#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Blinks {
    start: f64,
    closing: f32,
    opening: f32,
    depth: f32,
    next: f64,
    count: u64,
    per_minute: f32,
}

impl Blinks {
    pub fn new(seed: u64, time: f64) -> Self {
        let first = Draw::new(seed, Channel::Blink, u64::MAX).between(0, 0.2, 3.0);
        let per_minute = rate_per_minute(Activity::Idle);
        let next = time + f64::from(first);
        Self { start: -1e6, closing: 0.1, opening: 0.1, next, per_minute, ..Self::default() }
    }

    /// When the newest blink began.
    pub fn newest(&self) -> f64 {
        self.start
    }

    fn is_over(&self, time: f64) -> bool {
        since(time, self.start) > self.closing + self.opening + 0.05
    }

    fn begin(&mut self, seed: u64, time: f64) {
        self.count += 1;
        let draw = Draw::new(seed, Channel::Blink, self.count);
        self.start = time;
        self.closing = draw.log_normal(0, CLOSING_SECS, 0.12);
        self.opening = draw.log_normal(2, OPENING_SECS, 0.15);
        // One in eight is not complete.
        self.depth = if draw.unit(6) < 0.125 { draw.between(7, 0.75, 0.95) } else { 1.0 };
        let mean = 60.0 / self.per_minute;
        let least = self.closing + self.opening + 0.06;
        let wait = draw.log_normal(4, mean, INTERVAL_SIGMA).max(least);
        self.next = time + f64::from(wait);
    }

    /// Goes on to `until`, at so many blinks per minute.
    pub fn tick(&mut self, seed: u64, time: f64, until: f64, per_minute: f32) {
        if (per_minute - self.per_minute).abs() > 0.02 * self.per_minute {
            let left = (self.next - time).max(0.0);
            self.next = time + left * f64::from(self.per_minute / per_minute);
            self.per_minute = per_minute;
        }
        if self.next < until {
            let at = self.next.max(time);
            self.begin(seed, at);
        }
    }

    /// A gaze shift begins; the larger, the more probably it comes with a blink.
    pub fn shift(&mut self, seed: u64, time: f64, angle: f32, index: u64) {
        let chance = shift_probability(angle);
        let lot = Draw::new(seed, Channel::Blink, index).unit(9);
        if chance > 0.0 && lot < chance && self.is_over(time) {
            // It stands for the blink that was to come next, so that the rate stays.
            let next = self.next;
            self.begin(seed, time);
            let latest = time + 4.0 * f64::from(60.0 / self.per_minute);
            self.next = (self.next + (next - time).max(0.0)).min(latest);
        }
    }

    /// How far the lids are closed, 0 to 1.
    pub fn at(&self, time: f64) -> f32 {
        let dt = since(time, self.start);
        if dt <= 0.0 || dt >= self.closing + self.opening {
            return 0.0;
        }
        let lid = if dt < self.closing {
            min_jerk(dt / self.closing)
        } else {
            // Opens fast at first, then slower and slower.
            1.0 - min_jerk(((dt - self.closing) / self.opening).powf(0.75))
        };
        (self.depth * lid).clamp(0.0, 1.0)
    }
}
