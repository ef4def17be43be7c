//! Smooth curves of time: minimum jerk, and plans that can be changed on the way.

use serde::{Deserialize, Serialize};
use std::f32::consts::{PI, TAU};

/// Minimum jerk from 0 to 1: position at `x` of the way in time (Flash, Hogan 1985).
pub(crate) fn min_jerk(x: f32) -> f32 {
    let x = x.clamp(0.0, 1.0);
    x * x * x * (10.0 + x * (6.0 * x - 15.0))
}

/// A bump from 0 over 1 (in the middle) to 0 with two smooth derivatives at its ends.
pub(crate) fn bump(x: f32) -> f32 {
    let x = x.clamp(0.0, 1.0);
    let y = 4.0 * x * (1.0 - x);
    y * y * y
}

/// The angle within -π to π.
pub(crate) fn wrapped(angle: f32) -> f32 {
    let turned = (angle + PI).rem_euclid(TAU) - PI;
    if turned.is_finite() { turned } else { 0.0 }
}

/// Limits smoothly: the identity up to `free`, never beyond `most`.
pub(crate) fn soft_limit(x: f32, free: f32, most: f32) -> f32 {
    let over = x.abs() - free;
    if over <= 0.0 {
        return x;
    }
    let room = most - free;
    (free + room * (over / room).tanh()).copysign(x)
}

/// Smooth minimum, never above either, within `blend / 4` of the lesser.
pub(crate) fn soft_min(a: f32, b: f32, blend: f32) -> f32 {
    let h = (1.0 - (a - b).abs() / blend).max(0.0);
    a.min(b) - h * h * h * blend / 6.0
}

/// Seconds from `start` to `time`, precise far from zero.
pub(crate) fn since(time: f64, start: f64) -> f32 {
    (time - start) as f32
}

/// Value, speed and acceleration.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Motion {
    pub x: f32,
    pub v: f32,
    pub a: f32,
}

impl Motion {
    pub fn still(x: f32) -> Self {
        Self { x, v: 0.0, a: 0.0 }
    }
}

/// The curve of fifth order between two motions; before it the first value, after it on at the last
/// speed.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Quintic {
    pub start: f64,
    pub span: f32,
    c: [f32; 6],
    end: Motion,
}

impl Quintic {
    pub fn still(x: f32) -> Self {
        Self { c: [x, 0.0, 0.0, 0.0, 0.0, 0.0], end: Motion::still(x), ..Self::default() }
    }

    pub fn new(start: f64, span: f32, from: Motion, end: Motion) -> Self {
        let span = span.max(1e-3);
        let (v0, v1) = (from.v * span, end.v * span);
        let (a0, a1) = (from.a * span * span, end.a * span * span);
        let d = end.x - from.x;
        let c = [
            from.x,
            v0,
            0.5 * a0,
            10.0 * d - 6.0 * v0 - 4.0 * v1 - 0.5 * (3.0 * a0 - a1),
            -15.0 * d + 8.0 * v0 + 7.0 * v1 + 0.5 * (3.0 * a0 - 2.0 * a1),
            6.0 * d - 3.0 * (v0 + v1) - 0.5 * (a0 - a1),
        ];
        Self { start, span, c, end }
    }

    pub fn at(&self, time: f64) -> f32 {
        let dt = since(time, self.start);
        if dt >= self.span {
            return self.end.x + self.end.v * (dt - self.span);
        }
        let u = (dt / self.span).max(0.0);
        let c = &self.c;
        c[0] + u * (c[1] + u * (c[2] + u * (c[3] + u * (c[4] + u * c[5]))))
    }

    pub fn motion(&self, time: f64) -> Motion {
        let dt = since(time, self.start);
        if dt >= self.span {
            return Motion { x: self.at(time), v: self.end.v, a: 0.0 };
        }
        if dt < 0.0 {
            return Motion::still(self.c[0]);
        }
        let (u, c) = (dt / self.span, &self.c);
        let v = c[1] + u * (2.0 * c[2] + u * (3.0 * c[3] + u * (4.0 * c[4] + u * 5.0 * c[5])));
        let a = 2.0 * c[2] + u * (6.0 * c[3] + u * (12.0 * c[4] + u * 20.0 * c[5]));
        Motion { x: self.at(time), v: v / self.span, a: a / (self.span * self.span) }
    }

    pub fn goal(&self) -> f32 {
        self.end.x
    }
}

/// A value that is where its plan says; a new plan takes over at a time to come, from whatever place,
/// speed and acceleration the old one has there.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Glide {
    now: Quintic,
    next: Quintic,
}

impl Glide {
    pub fn still(x: f32) -> Self {
        Self { now: Quintic::still(x), next: Quintic::still(x) }
    }

    fn plan(&self, time: f64) -> &Quintic {
        if time < self.next.start { &self.now } else { &self.next }
    }

    pub fn at(&self, time: f64) -> f32 {
        self.plan(time).at(time)
    }

    pub fn motion(&self, time: f64) -> Motion {
        self.plan(time).motion(time)
    }

    /// Where it will come to rest.
    pub fn goal(&self) -> f32 {
        self.next.goal()
    }

    /// When the newest plan begins.
    pub fn planned(&self) -> f64 {
        self.next.start
    }

    /// From `start` (no earlier than `now`) on to `goal` within `span` seconds.
    pub fn go(&mut self, now: f64, start: f64, span: f32, goal: f32) {
        if now >= self.next.start {
            self.now = self.next;
        }
        let from = self.now.motion(start);
        self.next = Quintic::new(start, span, from, Motion::still(goal));
    }

    /// Moves values and goal by the same amount (a full turn).
    pub fn shift(&mut self, by: f32) {
        for plan in [&mut self.now, &mut self.next] {
            plan.c[0] += by;
            plan.end.x += by;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_join_in_place_speed_and_acceleration() {
        let mut glide = Glide::still(0.0);
        glide.go(0.0, 0.05, 0.5, 1.0);
        let before = glide.motion(0.3);
        glide.go(0.25, 0.3, 0.4, -1.0);
        let after = glide.motion(0.3);
        assert!((before.x - after.x).abs() < 1e-6);
        assert!((before.v - after.v).abs() < 1e-4 && (before.a - after.a).abs() < 1e-2);
        assert!((glide.at(5.0) + 1.0).abs() < 1e-6);
    }

    #[test]
    fn soft_limits_keep_their_promises() {
        for k in -100..=100 {
            let x = k as f32 * 0.1;
            assert!(soft_limit(x, 1.0, 1.3).abs() <= 1.3);
            assert!(soft_min(x, 0.5, 0.2) <= x.min(0.5));
        }
        assert!((wrapped(7.0) - (7.0 - TAU)).abs() < 1e-6 && wrapped(f32::NAN) == 0.0);
    }
}
