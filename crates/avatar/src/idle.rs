//! What never stops: breath, sway, small movements of the face.

use crate::{
    FaceShape::{self, *},
    FaceWeights,
    curves::{min_jerk, since},
    random::{Channel, Draw, wander},
};
use serde::{Deserialize, Serialize};

/// Breaths per second at rest.
const BREATH_HZ: f32 = 0.24;

/// The breath that is being drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Breaths {
    start: f64,
    period: f32,
    depth: f32,
    /// Part of the period for breathing in.
    inward: f32,
    count: u64,
}

impl Breaths {
    pub fn new(seed: u64, time: f64) -> Self {
        let period = 1.0 / BREATH_HZ;
        let into = period * Draw::new(seed, Channel::Breath, u64::MAX).unit(0);
        Self { start: time - f64::from(into), period, depth: 1.0, inward: 0.4, count: 0 }
    }

    /// Begins the next breath where one is over.
    pub fn tick(&mut self, seed: u64, time: f64, rate: f32, depth: f32, talking: bool) {
        let over = self.start + f64::from(self.period);
        if time < over {
            return;
        }
        self.count += 1;
        let draw = Draw::new(seed, Channel::Breath, self.count);
        // Everybody sighs every few minutes.
        let sigh = if draw.unit(3) < 0.025 { 1.0 } else { 0.0 };
        self.start = over.max(time - 1.0);
        self.period = (1.0 + 0.5 * sigh) * draw.between(0, 0.9, 1.1) / (BREATH_HZ * rate.max(0.3));
        self.depth = depth * (1.0 + 1.1 * sigh) * draw.between(1, 0.85, 1.15);
        self.inward = if talking { 0.2 } else { 0.4 };
    }

    /// How full the chest is; 1 is the usual top.
    pub fn at(&self, time: f64) -> f32 {
        let x = since(time, self.start) / self.period;
        let fill = if x < self.inward {
            min_jerk(x / self.inward)
        } else {
            1.0 - min_jerk((x - self.inward) / (0.92 - self.inward))
        };
        self.depth * fill
    }
}

/// Where chance moves something now and then: 0 to 1, resting at 0 for about half of the time.
/// Changes take 0.5 to 0.9 s.
fn whim(seed: u64, lane: u64, time: f64, slot_secs: f64) -> f32 {
    let slots = time / slot_secs + 1.0 + lane as f64 * 0.37;
    let (index, x) = (slots.floor(), slots.fract() as f32);
    let value = |index: f64| {
        let draw = Draw::new(seed ^ (lane << 32), Channel::Twitch, index as u64);
        if draw.unit(0) < 0.5 { (0.0, draw) } else { (draw.unit(1), draw) }
    };
    let ((before, _), (now, draw)) = (value(index - 1.0), value(index));
    let start = draw.between(2, 0.0, 1.0 - 0.9 / slot_secs as f32);
    let span = draw.between(3, 0.5, 0.9) / slot_secs as f32;
    before + (now - before) * min_jerk((x - start) / span)
}

/// Shape, the most it moves, seconds between changes.
const WHIMS: [(&[FaceShape], f32, f64); 11] = [
    (&[BrowInnerUp], 0.09, 3.7),
    (&[BrowOuterUpLeft], 0.08, 5.3),
    (&[BrowOuterUpRight], 0.08, 5.9),
    (&[BrowDownLeft, BrowDownRight], 0.08, 4.9),
    (&[EyeSquintLeft, EyeSquintRight], 0.1, 4.3),
    (&[MouthPressLeft, MouthPressRight], 0.13, 6.7),
    (&[MouthSmileLeft], 0.06, 6.1),
    (&[MouthSmileRight], 0.06, 6.5),
    (&[MouthRollLower, MouthRollUpper], 0.08, 9.7),
    (&[MouthLeft], 0.05, 8.3),
    (&[MouthRight], 0.05, 8.9),
];

/// Adds the small movements of a face at rest, `liveliness` times as large as usual.
pub(crate) fn small_movements(seed: u64, time: f64, liveliness: f32, face: &mut FaceWeights) {
    for (lane, (shapes, most, slot_secs)) in WHIMS.iter().enumerate() {
        let w = liveliness * most * whim(seed, lane as u64, time, *slot_secs);
        for shape in *shapes {
            face[*shape] += w;
        }
    }
    // Muscles are never quite still.
    let tone = |lane| 0.5 + 0.5 * wander(seed, Channel::Twitch, lane, time, [0.31, 0.73, 1.19]);
    let (brows, mouth) = (0.03 * tone(1 << 40), 0.03 * tone(1 << 41));
    face[BrowInnerUp] += brows;
    face[MouthPressLeft] += mouth;
    face[MouthPressRight] += mouth;
    face[MouthSmileLeft] += 0.03 - mouth;
    face[MouthSmileRight] += 0.03 - mouth;
}

/// Slow sway of the body: metres to the side and forward, and three angles of the head in radians
/// (yaw, pitch, roll) of at most 1.5 degrees.
pub(crate) fn sway(seed: u64, time: f64) -> (f32, f32, [f32; 3]) {
    let body = |lane| 0.007 * wander(seed, Channel::Sway, lane, time, [0.09, 0.21, 0.37]);
    let most = 1.5f32.to_radians();
    let head = |lane| most * wander(seed, Channel::Sway, lane, time, [0.13, 0.27, 0.41]);
    (body(0), body(1), [head(2), head(3), head(4)])
}
