//! Hands that go with words: strokes, each prepared, held and taken back.

use crate::{
    curves::{Glide, min_jerk, soft_limit},
    skeleton::{FOREARM, HAND, SIDE, Skeleton, UPPER_ARM},
};
use glam::{Quat, Vec3};
use reverie_behavior::{HandShape, Hands, Stroke};
use serde::{Deserialize, Serialize};
use std::f32::consts::PI;

/// Seconds in which a hand goes back to the side of the body.
const RETRACT_SECS: f32 = 0.8;
/// Bends of the five fingers of a hand at rest, thumb first, 0 to 1 of a fist.
const RELAXED: [f32; 5] = [crate::skeleton::RELAXED; 5];
/// Wrists that move together come no further inwards of their shoulders, in lengths of the arm: just
/// short of the middle of the body, where they would go through one another.
const INWARDS: f32 = -0.28;
/// A forearm turns no further than this to either side to show its palm, and from the second angle on, where
/// the way round the other side is nearly as short, less again; radians.
const ROLL: f32 = 1.83;
const FAR_SIDE: f32 = 2.2;

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
    /// By how much forearm and wrist turn about the forearm to show the palm, radians.
    roll: Glide,
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
    /// Turn about the forearm, radians: of forearm and wrist together.
    pub roll: f32,
    /// Bends of the five fingers, thumb first, 0 to 1 of a fist.
    pub fingers: [f32; 5],
}

impl Default for HandMotion {
    fn default() -> Self {
        Self {
            place: [0.0, -0.7, 0.3].map(Glide::still),
            roll: Glide::still(0.0),
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
pub(crate) fn begin(hands: &mut BothHands, body: &Skeleton, time: f64, stroke: &Stroke) {
    let sides = match stroke.hands {
        Hands::Left => 0..1,
        Hands::Right => 1..2,
        Hands::Both => 0..2,
    };
    let both = stroke.hands == Hands::Both;
    for side in sides {
        hands[side].begin(body, side, time, stroke, both);
    }
}

impl HandMotion {
    fn begin(&mut self, body: &Skeleton, side: usize, time: f64, stroke: &Stroke, both: bool) {
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
        }
        // Planned as an angle: directions of a palm may pass along the forearm, where a small change of the
        // one is a large change of the other.
        let roll = roll_of(body, side, &stroke);
        match hangs {
            true => self.roll = Glide::still(roll),
            false => self.roll.go(time, time, span, roll),
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
            roll: self.roll.at(time),
            fingers: self.fingers.map(|glide| glide.at(time)),
        })
    }

    /// How far the shoulder is up, 0 to 1.
    pub fn shrug(&self, time: f64) -> f32 {
        self.shrug.at(time)
    }
}

/// An arm that puts its wrist to a place, outwards, up and forwards of the shoulder in lengths of the arm:
/// upper arm and forearm in model space, with the chest turned so.
pub(crate) fn reached(
    body: &Skeleton,
    side: usize,
    place: Vec3,
    shoulder: Vec3,
    chest: Quat,
) -> crate::ik::Reached {
    let s = SIDE[side];
    let arm = &body.arms[side];
    let target = shoulder + chest * (place * Vec3::new(s, 1.0, 1.0) * arm.length());
    arm.reach(shoulder, target, chest * Vec3::new(0.5 * s, -0.85, -0.3))
}

/// The turn about the forearm that shows a stroke's palm, at the end of the stroke.
fn roll_of(body: &Skeleton, side: usize, stroke: &Stroke) -> f32 {
    let shoulder = body.rig.rest(UPPER_ARM[side]);
    let forearm = reached(body, side, stroke.to, shoulder, Quat::IDENTITY).lower;
    let along = forearm * forearm_axis(body, side);
    let palm = stroke.palm.normalize_or(Vec3::NEG_X) * Vec3::new(SIDE[side], 1.0, 1.0);
    let across = |v: Vec3| v - along * along.dot(v);
    let (has, wants) = (across(forearm * Vec3::NEG_Y), across(palm));
    let angle = along.dot(has.cross(wants)).atan2(has.dot(wants));
    // A palm that faces along the forearm cannot be had: the less it asks for, the less it turns.
    let part = (4.0 * wants.length_squared()).min(1.0);
    let far_side = min_jerk((angle.abs() - FAR_SIDE) / (PI - FAR_SIDE));
    soft_limit(angle, 0.8 * ROLL, ROLL) * part * (1.0 - far_side)
}

/// From elbow to wrist, at rest.
pub(crate) fn forearm_axis(body: &Skeleton, side: usize) -> Vec3 {
    let bone = body.rig.rest(HAND[side]) - body.rig.rest(FOREARM[side]);
    bone.normalize_or(SIDE[side] * Vec3::X)
}

/// How far the fingers are bent, thumb first.
fn bends(shape: HandShape) -> [f32; 5] {
    match shape {
        HandShape::Relaxed => RELAXED,
        HandShape::Open => [0.08, 0.04, 0.05, 0.08, 0.12],
        HandShape::Fist => [0.9, 0.95, 0.95, 0.95, 0.95],
        HandShape::Index => [0.9, 0.02, 0.9, 0.95, 0.95],
        HandShape::Pinch => [0.62, 0.55, 0.35, 0.3, 0.3],
        HandShape::Count(fingers) => {
            let up = |number: u8| if fingers >= number { 0.03 } else { 1.0 };
            [if fingers >= 5 { 0.05 } else { 1.0 }, up(1), up(2), up(3), up(4)]
        }
    }
}
