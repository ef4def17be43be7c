//! Hands that go with words: strokes, each prepared, held and taken back.

use crate::curves::Glide;
use glam::Vec3;
use reverie_behavior::{HandShape, Hands, Stroke};
use serde::{Deserialize, Serialize};

/// Seconds in which a hand goes back to the side of the body.
const RETRACT_SECS: f32 = 0.8;
/// Bends of the five fingers of a hand at rest, thumb first, 0 to 1 of a fist.
const RELAXED: [f32; 5] = [crate::skeleton::RELAXED; 5];
/// Wrists that move together come no further inwards of their shoulders, in lengths of the arm: just
/// short of the middle of the body, where they would go through one another.
const INWARDS: f32 = -0.28;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    Prepare,
    Stroke,
    Hold,
}

/// One hand's part in strokes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct HandMotion {
    /// Outwards, up and forwards of the shoulder, in lengths of the arm.
    place: [Glide; 3],
    palm: [Glide; 3],
    fingers: [Glide; 5],
    /// 0 (hangs) to 1 (where `place` says).
    part: Glide,
    shrug: Glide,
    /// A stroke, its phase, and when that ends.
    under_way: Option<(Stroke, Phase, f64)>,
}

/// Where a hand is to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct HandGoal {
    /// 0 (hangs) to 1.
    pub part: f32,
    /// As [`Stroke::to`].
    pub place: Vec3,
    /// As [`Stroke::palm`].
    pub palm: Vec3,
    /// Bends of the five fingers, thumb first, 0 to 1 of a fist.
    pub fingers: [f32; 5],
}

impl Default for HandMotion {
    fn default() -> Self {
        Self {
            place: [0.0, -0.7, 0.3].map(Glide::still),
            palm: [-1.0, 0.0, 0.0].map(Glide::still),
            fingers: RELAXED.map(Glide::still),
            part: Glide::still(0.0),
            shrug: Glide::still(0.0),
            under_way: None,
        }
    }
}

/// The hands of one person.
pub(crate) type BothHands = [HandMotion; 2];

/// Begins a stroke.
pub(crate) fn begin(hands: &mut BothHands, time: f64, stroke: &Stroke) {
    let sides = match stroke.hands {
        Hands::Left => 0..1,
        Hands::Right => 1..2,
        Hands::Both => 0..2,
    };
    let both = stroke.hands == Hands::Both;
    for side in sides {
        hands[side].begin(time, stroke, both);
    }
}

impl HandMotion {
    fn begin(&mut self, time: f64, stroke: &Stroke, both: bool) {
        let mut stroke = *stroke;
        if both {
            for place in [&mut stroke.from, &mut stroke.to] {
                place.x = place.x.max(INWARDS);
            }
        }
        let span = stroke.prepare_secs;
        let hangs = self.part.at(time) < 1e-3 && self.part.goal() == 0.0;
        for axis in 0..3 {
            if hangs {
                // Nobody sees where it was.
                self.place[axis] = Glide::still(stroke.from[axis]);
            } else {
                self.place[axis].go(time, time, span, stroke.from[axis]);
            }
            let palm = stroke.palm.normalize_or(Vec3::NEG_X)[axis];
            self.palm[axis].go(time, time, span, palm);
        }
        for (finger, bend) in self.fingers.iter_mut().zip(bends(stroke.shape)) {
            finger.go(time, time, span, bend);
        }
        self.part.go(time, time, span, 1.0);
        self.shrug.go(time, time, span + stroke.stroke_secs, stroke.shrug);
        self.under_way = Some((stroke, Phase::Prepare, time + f64::from(span)));
    }

    /// Begins the phases that fall within the next `step` seconds.
    pub fn tick(&mut self, time: f64, step: f64) {
        let Some((stroke, phase, until)) = self.under_way.filter(|way| way.2 <= time + step) else {
            return;
        };
        let at = until.max(time);
        let (next, secs) = match phase {
            Phase::Prepare => {
                for axis in 0..3 {
                    self.place[axis].go(time, at, stroke.stroke_secs, stroke.to[axis]);
                }
                (Phase::Stroke, stroke.stroke_secs)
            }
            Phase::Stroke => (Phase::Hold, stroke.hold_secs),
            Phase::Hold => {
                self.retract(time, at);
                return;
            }
        };
        self.under_way = Some((stroke, next, at + f64::from(secs)));
    }

    /// Goes back to the side of the body from `at` on, wherever it is.
    pub fn retract(&mut self, time: f64, at: f64) {
        if self.under_way.take().is_none() {
            return;
        }
        self.part.go(time, at, RETRACT_SECS, 0.0);
        self.shrug.go(time, at, RETRACT_SECS, 0.0);
        for (finger, bend) in self.fingers.iter_mut().zip(RELAXED) {
            finger.go(time, at, RETRACT_SECS, bend);
        }
    }

    /// Where it is to be; `None` while it hangs.
    pub fn at(&self, time: f64) -> Option<HandGoal> {
        let part = self.part.at(time);
        (part > 1e-4).then(|| HandGoal {
            part,
            place: Vec3::from(self.place.map(|glide| glide.at(time))),
            palm: Vec3::from(self.palm.map(|glide| glide.at(time))).normalize_or(Vec3::NEG_X),
            fingers: self.fingers.map(|glide| glide.at(time)),
        })
    }

    /// How far the shoulder is up, 0 to 1.
    pub fn shrug(&self, time: f64) -> f32 {
        self.shrug.at(time)
    }
}

/// How far the fingers are bent, thumb first.
fn bends(shape: HandShape) -> [f32; 5] {
    match shape {
        HandShape::Relaxed => RELAXED,
        HandShape::Open => [0.08, 0.04, 0.05, 0.08, 0.12],
        HandShape::Fist => [0.7, 0.95, 0.95, 0.95, 0.95],
        HandShape::Index => [0.7, 0.02, 0.9, 0.95, 0.95],
        HandShape::Pinch => [0.62, 0.55, 0.35, 0.3, 0.3],
        HandShape::Count(fingers) => {
            let up = |number: u8| if fingers >= number { 0.03 } else { 0.92 };
            [if fingers >= 5 { 0.05 } else { 0.75 }, up(1), up(2), up(3), up(4)]
        }
    }
}
