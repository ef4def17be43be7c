//! Jumps of the eyes on the main sequence, with their sizes and directions.

use crate::random::{Channel, Draw};
use glam::Vec3;
use serde::{Deserialize, Serialize};
use std::f32::consts::{FRAC_PI_4, TAU};

/// Shares of directions by steps of 45 degrees, from the person's right over up (Lee, Badler, Badler
/// 2002, "Eyes Alive").
const DIRECTION_SHARES: [f32; 8] = [15.5, 6.5, 17.7, 7.4, 16.8, 7.9, 20.4, 7.8];

/// Size in radians (the same source) and direction in radians from the person's right over up.
pub(crate) fn draw(seed: u64, index: u64) -> (f32, f32) {
    let draw = Draw::new(seed, Channel::Saccade, index);
    let size = -6.9 * (draw.between(0, 1.0, 15.0) / 15.7).ln();
    let mut lot = draw.unit(1) * DIRECTION_SHARES.iter().sum::<f32>();
    let mut octant = 7;
    for (k, share) in DIRECTION_SHARES.iter().enumerate() {
        lot -= share;
        if lot < 0.0 {
            octant = k;
            break;
        }
    }
    let direction = (octant as f32 + draw.between(2, -0.45, 0.45)) * FRAC_PI_4;
    (size.to_radians(), direction.rem_euclid(TAU))
}

/// Duration in seconds of a jump of so many radians: 30 ms and 2.7 ms per degree.
pub(crate) fn duration(angle: f32) -> f32 {
    0.030 + 0.0027 * angle.to_degrees()
}

/// Peak speed in radians per second: 420 (1 - e^(-A/14)) degrees per second. Below 2.5 degrees that
/// would be slower than the mean speed that the duration asks for; there the duration rules.
pub(crate) fn peak_speed(angle: f32) -> f32 {
    let degrees = angle.to_degrees();
    let table = (420.0 * (1.0 - (-degrees / 14.0).exp())).to_radians();
    table.max(MIN_PEAK * angle / duration(angle))
}

/// A jump's peak speed is at least so many times its mean.
const MIN_PEAK: f32 = 1.05;

/// One jump: from a direction of the world to wherever the aim is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Saccade {
    pub start: f64,
    pub span: f32,
    from: Vec3,
    to: Vec3,
    /// Parts of the span for speeding up and slowing down.
    ramps: (f32, f32),
}

impl Saccade {
    pub fn none(direction: Vec3) -> Self {
        let (from, to) = (direction, direction);
        Self { start: -1e6, span: 0.03, from, to, ramps: (0.5, 0.5) }
    }

    pub fn new(start: f64, from: Vec3, to: Vec3) -> Self {
        let angle = from.angle_between(to);
        let span = duration(angle);
        // Speed: a cosine ramp up, a plateau, a longer ramp down; half of each ramp is lost.
        let ratio = if angle > 1e-4 { peak_speed(angle) * span / angle } else { MIN_PEAK };
        let both = 2.0 * (1.0 - 1.0 / ratio.max(MIN_PEAK));
        Self { start, span, from, to, ramps: (0.4 * both, 0.6 * both) }
    }

    pub fn over(&self) -> f64 {
        self.start + f64::from(self.span)
    }

    /// Where it has got to on its way to an aim that may have moved since the start.
    pub fn direction(&self, time: f64, aim: Vec3) -> Vec3 {
        let part = self.way(time);
        // The way is that of the start: straight behind, the shortest one could be any.
        (toward(self.from, self.to, part) + (aim - self.to) * part).normalize_or(aim)
    }

    /// Part of the way, 0 to 1.
    fn way(&self, time: f64) -> f32 {
        let x = ((time - self.start) / f64::from(self.span)).clamp(0.0, 1.0) as f32;
        let (up, down) = self.ramps;
        let peak = 1.0 / (1.0 - 0.5 * (up + down));
        // The integral of a cosine ramp of width w at depth x.
        let ramp = |x: f32, w: f32| {
            0.5 * x - w / (2.0 * std::f32::consts::PI) * (std::f32::consts::PI * x / w).sin()
        };
        if x < up {
            peak * ramp(x, up)
        } else if x <= 1.0 - down {
            peak * (x - 0.5 * up)
        } else {
            1.0 - peak * ramp(1.0 - x, down)
        }
    }
}

/// The direction that lies `part` of the way from one unit vector to another.
pub(crate) fn toward(from: Vec3, to: Vec3, part: f32) -> Vec3 {
    let cosine = from.dot(to).clamp(-1.0, 1.0);
    if cosine > 0.999_999 {
        return (from + (to - from) * part).normalize_or(to);
    }
    let side = (to - from * cosine).try_normalize().unwrap_or_else(|| {
        // Straight behind: around by the horizon.
        from.cross(Vec3::Y).try_normalize().unwrap_or(Vec3::X)
    });
    let angle = cosine.acos() * part;
    from * angle.cos() + side * angle.sin()
}

/// The direction `angle` away from `from`, towards the person's right (0), up (π/2), left (π)…
pub(crate) fn beside(from: Vec3, angle: f32, direction: f32) -> Vec3 {
    let right = from.cross(Vec3::Y).try_normalize().unwrap_or(Vec3::NEG_X);
    let up = right.cross(from);
    let (sine, cosine) = direction.sin_cos();
    from * angle.cos() + (right * cosine + up * sine) * angle.sin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jumps_follow_the_main_sequence() {
        for degrees in [2.5f32, 4.0, 6.0, 10.0, 15.0, 20.0, 30.0, 60.0] {
            let angle = degrees.to_radians();
            let jump = Saccade::new(0.0, Vec3::Z, Vec3::new(angle.sin(), 0.0, angle.cos()));
            let milliseconds = 1000.0 * jump.span;
            assert!(milliseconds <= (30.0 + 2.7 * degrees) * 1.001);
            assert!(milliseconds >= 20.0 + 2.2 * degrees);
            let steps = 4000;
            let mut peak = 0.0f32;
            for k in 0..steps {
                let at = |k: i32| jump.way(f64::from(k) / f64::from(steps) * f64::from(jump.span));
                let speed = (at(k + 1) - at(k)) * degrees * steps as f32 / jump.span;
                assert!(speed > -0.5, "never back");
                peak = peak.max(speed);
            }
            let table = 420.0 * (1.0 - (-degrees / 14.0).exp());
            assert!((peak / table - 1.0).abs() < 0.05, "{degrees}: {peak} for {table}");
        }
    }

    #[test]
    fn right_is_the_persons_own() {
        // Facing +Z the right hand is at -X.
        assert!(beside(Vec3::Z, 0.1, 0.0).x < -0.09);
        assert!(beside(Vec3::Z, 0.1, TAU / 4.0).y > 0.09);
        assert!(toward(Vec3::Z, Vec3::NEG_Z, 0.5).is_normalized());
    }
}
