//! What a face shows of what somebody is busy with: thinking, listening, reading.
//!
//! Each comes and goes slowly. Who thinks frowns or raises a brow, presses the lips or draws them aside, and
//! changes that now and then; who listens raises the brows a little and tilts the head. Sizes stay well below
//! those of emotions, to which they are added.

use crate::{
    FaceShape::{self, *},
    FaceWeights,
    curves::{Glide, min_jerk},
    random::{Channel, Draw},
};
use reverie_behavior::Activity;
use serde::{Deserialize, Serialize};

const DEGREE: f32 = std::f32::consts::PI / 180.0;
/// Seconds in which thinking, listening and reading come over a face, and in which they leave it.
const COME_SECS: f32 = 0.7;
const GO_SECS: f32 = 0.9;
/// A look is held for so long before another one takes its place, seconds, and that takes so long.
const BROWS_SECS: f64 = 3.7;
const LIPS_SECS: f64 = 3.1;
const HEAD_SECS: f64 = 5.3;
const CHANGE_SECS: f32 = 0.75;
/// What is left of a face's small movements and of the head's sway while thinking and while reading.
const THINKING_LIVELINESS: f32 = 0.55;
const READING_LIVELINESS: f32 = 0.7;

type Look = [(FaceShape, f32)];

/// Brows and lids of somebody who thinks: those of the left side stand for either.
const BROWS: [&Look; 4] = [
    &[(BrowDownLeft, 0.3), (BrowDownRight, 0.3), (EyeSquintLeft, 0.12), (EyeSquintRight, 0.12)],
    &[(BrowOuterUpLeft, 0.4), (BrowInnerUp, 0.1), (BrowDownRight, 0.16), (EyeSquintRight, 0.08)],
    &[(BrowInnerUp, 0.24), (BrowDownLeft, 0.14), (BrowDownRight, 0.14)],
    &[(BrowDownLeft, 0.18), (BrowDownRight, 0.18), (EyeSquintLeft, 0.16), (EyeSquintRight, 0.16)],
];
/// Lips of somebody who thinks.
const LIPS: [&Look; 5] = [
    &[(MouthPressLeft, 0.32), (MouthPressRight, 0.32), (MouthRollLower, 0.1)],
    &[(MouthLeft, 0.28), (MouthDimpleLeft, 0.18), (MouthPressLeft, 0.12)],
    &[(MouthPucker, 0.24), (MouthShrugLower, 0.16), (MouthRight, 0.1)],
    &[(MouthShrugLower, 0.22), (MouthFrownLeft, 0.1), (MouthFrownRight, 0.1)],
    &[],
];
const LISTENING: [(FaceShape, f32); 5] = [
    (BrowInnerUp, 0.13),
    (BrowOuterUpLeft, 0.12),
    (BrowOuterUpRight, 0.12),
    (EyeWideLeft, 0.05),
    (EyeWideRight, 0.05),
];
const READING: [(FaceShape, f32); 5] = [
    (EyeSquintLeft, 0.17),
    (EyeSquintRight, 0.17),
    (BrowDownLeft, 0.08),
    (BrowDownRight, 0.08),
    (MouthRollLower, 0.05),
];

/// How much somebody thinks, listens and reads: each 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Mind {
    thinking: Glide,
    listening: Glide,
    reading: Glide,
}

impl Mind {
    pub fn tick(&mut self, time: f64, activity: Activity, thinking: bool) {
        let listening = activity == Activity::Listening && !thinking;
        let reading = activity == Activity::Reading;
        for (glide, is) in [
            (&mut self.thinking, thinking),
            (&mut self.listening, listening),
            (&mut self.reading, reading),
        ] {
            let (goal, secs) = if is { (1.0, COME_SECS) } else { (0.0, GO_SECS) };
            if glide.goal() != goal {
                glide.go(time, time, secs, goal);
            }
        }
    }

    /// What shows at a moment, in a mood of that valence (-1 to 1).
    pub fn at(&self, seed: u64, time: f64, valence: f32) -> MindFace {
        let part = |glide: &Glide| glide.at(time).clamp(0.0, 1.0);
        let (thinking, listening, reading) =
            (part(&self.thinking), part(&self.listening), part(&self.reading));
        let head = |lane, least: f32, most: f32| {
            changing(seed, lane, time, HEAD_SECS, |draw| draw.between(0, least, most))
        };
        let mut face = MindFace {
            seed,
            time,
            thinking,
            listening,
            reading,
            smile: (0.07 + 0.12 * valence).max(0.0),
            pitch: 0.0,
            tilt: 0.0,
            liveliness: (1.0 - (1.0 - THINKING_LIVELINESS) * thinking)
                * (1.0 - (1.0 - READING_LIVELINESS) * reading),
        };
        if thinking > 0.0 {
            face.tilt += thinking * DEGREE * head(0, -5.0, 5.0);
            face.pitch += thinking * DEGREE * head(1, -2.5, 1.5);
        }
        if listening > 0.0 {
            face.tilt += listening * DEGREE * head(2, -4.5, 4.5);
            face.pitch += listening * DEGREE * head(3, -0.5, 1.0);
        }
        face
    }
}

/// What somebody's business shows at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct MindFace {
    seed: u64,
    time: f64,
    thinking: f32,
    listening: f32,
    reading: f32,
    smile: f32,
    /// Of the head, radians: pitch up, tilt to the left.
    pub pitch: f32,
    pub tilt: f32,
    /// How large the small movements of face and head are against the usual.
    pub liveliness: f32,
}

impl MindFace {
    /// Adds it to a face whose mouth is `busy` (0 to 1) with speaking.
    pub fn show(&self, busy: f32, face: &mut FaceWeights) {
        let Self { seed, time, .. } = *self;
        if self.thinking > 0.0 {
            change(seed, 8, time, BROWS_SECS, &BROWS, self.thinking, face);
            change(seed, 9, time, LIPS_SECS, &LIPS, self.thinking * (1.0 - busy), face);
        }
        add(&LISTENING, self.listening, false, face);
        let smile = self.listening * self.smile * (1.0 - busy);
        for shape in [MouthSmileLeft, MouthSmileRight] {
            face[shape] += smile;
        }
        add(&READING, self.reading, false, face);
    }
}

fn add(look: &Look, by: f32, mirrored: bool, face: &mut FaceWeights) {
    for (shape, weight) in look {
        let shape = if mirrored { twin(*shape) } else { *shape };
        face[shape] += by * weight;
    }
}

/// The other side's shape of those in the looks.
const fn twin(shape: FaceShape) -> FaceShape {
    match shape {
        BrowDownLeft => BrowDownRight,
        BrowDownRight => BrowDownLeft,
        BrowOuterUpLeft => BrowOuterUpRight,
        EyeSquintLeft => EyeSquintRight,
        EyeSquintRight => EyeSquintLeft,
        MouthLeft => MouthRight,
        MouthRight => MouthLeft,
        MouthDimpleLeft => MouthDimpleRight,
        MouthPressLeft => MouthPressRight,
        MouthPressRight => MouthPressLeft,
        MouthFrownLeft => MouthFrownRight,
        MouthFrownRight => MouthFrownLeft,
        other => other,
    }
}

/// The slot of time before this one, this one, and how far it has taken over from the other.
fn slots(seed: u64, lane: u64, time: f64, slot_secs: f64) -> ([Draw; 2], f32) {
    let place = time / slot_secs + 1.0 + 0.31 * lane as f64;
    let (index, x) = (place.floor(), place.fract() as f32);
    let draw = |index: f64| Draw::new(seed ^ (lane << 40), Channel::Mind, index as u64);
    let (before, now) = (draw(index - 1.0), draw(index));
    let secs = slot_secs as f32;
    let start = now.between(7, 0.0, secs - CHANGE_SECS);
    ([before, now], min_jerk((x * secs - start) / CHANGE_SECS))
}

/// A number that is drawn anew in each slot of time.
fn changing(seed: u64, lane: u64, time: f64, slot_secs: f64, of: impl Fn(Draw) -> f32) -> f32 {
    let ([before, now], way) = slots(seed, lane, time, slot_secs);
    let (before, now) = (of(before), of(now));
    before + (now - before) * way
}

/// Adds a look that is drawn anew in each slot of time.
fn change(
    seed: u64,
    lane: u64,
    time: f64,
    slot_secs: f64,
    looks: &[&Look],
    by: f32,
    face: &mut FaceWeights,
) {
    let ([before, now], way) = slots(seed, lane, time, slot_secs);
    for (draw, part) in [(before, 1.0 - way), (now, way)] {
        let number = (draw.unit(1) * looks.len() as f32) as usize;
        let look = looks[number.min(looks.len() - 1)];
        add(look, by * part * draw.between(2, 0.7, 1.0), draw.unit(3) < 0.5, face);
    }
}
