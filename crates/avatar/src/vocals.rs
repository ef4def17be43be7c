//! What face and body do with sounds of the voice that are no words: laughter shakes, a sigh sinks.
//!
//! Faces follow the action units that the literature ascribes to them: laughter 6, 12, 25 and 26 (Ruch, Ekman
//! 2001), a gasp those of surprise. All are closed forms of time whose values and speeds have no jumps.

use crate::{
    FaceShape::{self, *},
    FaceWeights,
    curves::{bump, min_jerk},
    emotion::MIRROR,
    random::{Channel, Draw},
};
use reverie_behavior::{Speech, Vocal, VocalKind};
use std::f32::consts::TAU;

const DEGREE: f32 = std::f32::consts::PI / 180.0;
/// A smile that laughter leaves behind passes within this, seconds.
const AFTERGLOW_SECS: f32 = 0.9;
/// Longest time after its end that a sound shows, seconds.
const AFTER_SECS: f32 = 1.2;
/// How long before its voice a call moves jaw and shoulders, and how long after it, seconds.
const JAW_SECS: [f32; 2] = [0.06, 0.06];
const SHAKE_SECS: [f32; 2] = [0.05, 0.11];
/// Head rocks so often while laughing, Hz.
const ROCK_HZ: f32 = 0.85;

/// Shapes that these sounds move; those of one side stand for both.
const SHAPES: [FaceShape; 16] = [
    JawOpen,
    MouthSmileLeft,
    CheekSquintLeft,
    EyeSquintLeft,
    MouthUpperUpLeft,
    MouthLowerDownLeft,
    MouthDimpleLeft,
    NoseSneerLeft,
    BrowInnerUp,
    BrowOuterUpLeft,
    EyeWideLeft,
    MouthFunnel,
    MouthPucker,
    CheekPuff,
    MouthFrownLeft,
    MouthStretchLeft,
];
type Shapes = [f32; SHAPES.len()];
const JAW: usize = 0;

//                        jaw   smile cheek squint upper lower dimple nose inner outer wide funnel pucker puff frown stretch
// Who laughs shows the upper teeth.
const LAUGHING: Shapes =
    [0.36, 0.85, 0.9, 0.55, 0.6, 0.34, 0.12, 0.16, 0.06, 0.08, 0.0, 0.0, 0.0, 0.0, 0.0, 0.2];
const CALLING: Shapes =
    [0.34, 0.04, 0.1, 0.08, 0.2, 0.16, 0.0, 0.05, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.05];
const CHUCKLING: Shapes =
    [0.05, 0.62, 0.5, 0.34, 0.06, 0.08, 0.2, 0.04, 0.0, 0.05, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
const CHUCKLE_CALLING: Shapes =
    [0.05, 0.05, 0.1, 0.05, 0.02, 0.03, 0.0, 0.05, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
const BREATHING_IN: Shapes =
    [0.13, 0.0, 0.0, 0.0, 0.05, 0.08, 0.0, 0.1, 0.04, 0.04, 0.03, 0.0, 0.0, 0.0, 0.0, 0.0];
const SIGHING_OUT: Shapes =
    [0.2, 0.0, 0.0, 0.06, 0.0, 0.04, 0.0, 0.0, 0.46, 0.0, 0.0, 0.26, 0.14, 0.2, 0.2, 0.0];
const GASPING: Shapes =
    [0.42, 0.0, 0.0, 0.0, 0.06, 0.16, 0.0, 0.03, 0.7, 0.72, 0.7, 0.06, 0.0, 0.0, 0.0, 0.1];

/// What sounds that are no words add to face and body at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Outburst {
    shapes: Shapes,
    /// How far the lids are closed, 0 to 1.
    lids: f32,
    /// Of the head, radians: pitch up, tilt to the left.
    pub pitch: f32,
    pub tilt: f32,
    /// Of the shoulders, radians, up is positive.
    pub shoulders: f32,
    /// Of the torso, radians, forward is positive.
    pub lean: f32,
    /// How full the chest is beyond the usual; 1 is the top of a breath at rest.
    pub chest: f32,
}

impl Outburst {
    /// At `t` seconds of a speech.
    pub fn of(speech: &Speech, seed: u64, t: f32) -> Self {
        let mut all = Self::default();
        let from = speech.vocals.partition_point(|vocal| vocal.end_secs < t - AFTER_SECS);
        let near = speech.vocals[from..].iter().take_while(|vocal| vocal.start_secs < t);
        for (at, vocal) in near.enumerate() {
            let draw = Draw::new(seed, Channel::Vocal, (from + at) as u64);
            let t = t - vocal.start_secs;
            match vocal.kind {
                VocalKind::Laugh | VocalKind::Chuckle => all.laugh(vocal, draw, t),
                VocalKind::Sigh => all.sigh(vocal, t),
                VocalKind::Breath => all.breathe_in(vocal.strength, 0.0, vocal.secs(), 1.0, t),
                VocalKind::Gasp => all.gasp(vocal, t),
            }
        }
        all
    }

    fn shape(&mut self, shapes: &Shapes, by: f32) {
        for (weight, more) in self.shapes.iter_mut().zip(shapes) {
            *weight += by * more;
        }
    }

    fn laugh(&mut self, vocal: &Vocal, draw: Draw, t: f32) {
        let hearty = vocal.kind == VocalKind::Laugh;
        // Also a faint laugh is a laugh.
        let strength = (0.35 + 0.65 * vocal.strength) * if hearty { 1.0 } else { 0.8 };
        let bout_secs = vocal.bout_secs();
        let onset_secs = 0.28f32.min(0.5 * bout_secs).max(0.12);
        let fades = if hearty { bout_secs } else { 0.8 * bout_secs };
        let glow = min_jerk(t / onset_secs) * (1.0 - min_jerk((t - fades) / AFTERGLOW_SECS));
        let body = min_jerk(t / onset_secs)
            * (1.0 - min_jerk((t - 0.7 * bout_secs) / (0.3 * bout_secs + 0.6)));
        let (mut jaw, mut shake) = (0.0, 0.0);
        for call in vocal.calls() {
            let over = |[before, after]: [f32; 2]| {
                let before = before.min(call.start_secs);
                call.level.sqrt()
                    * bump((t - call.start_secs + before) / (call.secs + before + after))
            };
            jaw += over(JAW_SECS);
            shake += over(SHAKE_SECS);
        }
        let (held, called) =
            if hearty { (&LAUGHING, &CALLING) } else { (&CHUCKLING, &CHUCKLE_CALLING) };
        self.shape(held, strength * glow);
        self.shape(called, strength * jaw);
        // The smile outlasts the open mouth.
        self.shapes[JAW] -= strength * held[JAW] * (glow - body);

        let side = draw.between(0, -1.0, 1.0);
        let rock = (TAU * (ROCK_HZ * t + draw.unit(1))).sin();
        let far = strength * if hearty { 1.0 } else { 0.4 };
        // Who laughs heartily puts the head back, who chuckles lets it down a little.
        let back = if hearty { draw.between(2, 5.0, 9.0) } else { -4.0 };
        self.pitch += far * DEGREE * (body * (back + 1.4 * rock) - 1.5 * shake);
        self.tilt += far * DEGREE * body * (3.0 * side + 0.8 * rock * side.signum());
        self.shoulders += far * DEGREE * (1.6 * body + 4.0 * shake);
        self.lean += far * DEGREE * (body * (-2.2 + 0.7 * rock) + 1.2 * shake);
        self.chest += far * (0.5 * min_jerk(t / onset_secs) * body - 0.55 * shake - 0.4 * body);
        if hearty {
            self.breathe_in(0.8 * strength, bout_secs, vocal.secs() - bout_secs, 0.6, t);
            // Eyes close for a moment where it is heartiest.
            let lid_secs = draw.between(3, 0.45, 0.75).min(bout_secs);
            let start = draw.between(4, 0.1, 0.45) * (bout_secs - lid_secs);
            let shut = min_jerk((t - start) / 0.16)
                * (1.0 - min_jerk((t - start - lid_secs + 0.2) / 0.24));
            self.lids += 0.16 * strength * glow + 0.72 * (strength - 0.3).max(0.0) * shut;
        }
    }

    /// A breath in, the chest `depth` times as full as at rest, and the chest's way back.
    fn breathe_in(&mut self, strength: f32, from_secs: f32, secs: f32, depth: f32, t: f32) {
        let (t, secs) = (t - from_secs, secs.max(0.15));
        let part = 0.5 + 0.5 * strength;
        let mouth =
            min_jerk(t / (0.5 * secs)) * (1.0 - min_jerk((t - 0.6 * secs) / (0.4 * secs + 0.12)));
        self.shape(&BREATHING_IN, part * mouth);
        let fill = min_jerk(t / secs) * (1.0 - min_jerk((t - secs) / AFTERGLOW_SECS));
        self.chest += depth * part * fill;
        self.shoulders += 0.9 * DEGREE * depth * part * fill;
    }

    fn sigh(&mut self, vocal: &Vocal, t: f32) {
        let secs = vocal.secs().max(0.5);
        let part = 0.4 + 0.6 * vocal.strength;
        let (in_secs, from) = (0.34 * secs, 0.38 * secs);
        let fill = min_jerk(t / in_secs) * (1.0 - min_jerk((t - from) / (0.5 * secs)));
        let mouth =
            min_jerk(t / (0.6 * in_secs)) * (1.0 - min_jerk((t - 0.7 * in_secs) / (0.5 * in_secs)));
        let out = min_jerk((t - in_secs) / (0.22 * secs).max(0.15))
            * (1.0 - min_jerk((t - 0.8 * secs) / (0.2 * secs + 0.5)));
        // Chest and shoulders sink below where they were, and come back slowly.
        let sunk =
            min_jerk((t - from) / (0.5 * secs)) * (1.0 - min_jerk((t - secs) / AFTERGLOW_SECS));
        self.shape(&BREATHING_IN, part * mouth);
        self.shape(&SIGHING_OUT, part * out);
        self.lids += 0.3 * part * out;
        self.chest += part * (1.9 * fill - 0.5 * sunk);
        self.shoulders += part * DEGREE * (2.6 * fill - 2.2 * sunk);
        self.lean += part * DEGREE * (-1.2 * fill + 2.2 * sunk);
        self.pitch += part * DEGREE * (1.8 * fill - 5.5 * sunk);
    }

    fn gasp(&mut self, vocal: &Vocal, t: f32) {
        let secs = vocal.secs();
        let part = 0.4 + 0.6 * vocal.strength;
        let rise = min_jerk(t / (0.6 * secs).clamp(0.14, 0.3));
        let face = rise * (1.0 - min_jerk((t - secs - 0.1) / AFTERGLOW_SECS));
        self.shape(&GASPING, part * face);
        self.chest += 1.5 * part * face;
        self.shoulders += 3.0 * DEGREE * part * face;
        self.lean += -2.5 * DEGREE * part * face;
        self.pitch += 2.5 * DEGREE * part * face;
    }

    /// Adds as much as `by` of another one.
    pub fn add(&mut self, other: &Self, by: f32) {
        self.shape(&other.shapes, by);
        self.lids += by * other.lids;
        self.pitch += by * other.pitch;
        self.tilt += by * other.tilt;
        self.shoulders += by * other.shoulders;
        self.lean += by * other.lean;
        self.chest += by * other.chest;
    }

    /// Adds what the face shows of it, before the mouth speaks.
    pub fn show(&self, face: &mut FaceWeights) {
        for (shape, weight) in SHAPES.into_iter().zip(self.shapes) {
            face[shape] += weight;
            match FaceShape::ALL[MIRROR[shape as usize] as usize] {
                twin if twin != shape => face[twin] += weight,
                _ => {}
            }
        }
        for lid in [EyeBlinkLeft, EyeBlinkRight] {
            face[lid] = 1.0 - (1.0 - face[lid].min(1.0)) * (1.0 - self.lids.min(1.0));
        }
    }
}
