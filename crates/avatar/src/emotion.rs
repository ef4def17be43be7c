//! Emotions as faces and bearings, and the moods that mix them over time.
//!
//! Faces follow the action units that the literature on FACS ascribes to the emotions (Ekman, Friesen
//! 1978), in ARKit's shapes.

use crate::{
    FaceShape::{self, *},
    FaceWeights,
    curves::{min_jerk, since},
    random::{Channel, wander},
};
use reverie_behavior::{Affect, Emotion, Mood};
use serde::{Deserialize, Serialize};

type Mix = [f32; Emotion::COUNT];

/// The face of an emotion at full intensity, sides alike: `(left or middle shape, weight)`.
const fn face_of(emotion: Emotion) -> &'static [(FaceShape, f32)] {
    match emotion {
        Emotion::Neutral => &[],
        // AU 6, 12, 14
        Emotion::Happy => &[
            (MouthSmileLeft, 0.95),
            (CheekSquintLeft, 0.8),
            (EyeSquintLeft, 0.45),
            (MouthDimpleLeft, 0.25),
            (BrowOuterUpLeft, 0.08),
        ],
        // AU 1, 4, 15, 17, 20
        Emotion::Sad => &[
            (BrowInnerUp, 1.0),
            (BrowDownLeft, 0.15),
            (MouthFrownLeft, 1.0),
            (MouthStretchLeft, 0.35),
            (MouthShrugLower, 0.9),
            (MouthPucker, 0.1),
            (EyeBlinkLeft, 0.04),
            (EyeSquintLeft, 0.06),
        ],
        // AU 4, 5, 7, 23, 24
        Emotion::Angry => &[
            (BrowDownLeft, 1.0),
            (EyeSquintLeft, 0.5),
            (EyeWideLeft, 0.28),
            (MouthPressLeft, 0.65),
            (MouthFrownLeft, 0.4),
            (MouthRollLower, 0.16),
            (NoseSneerLeft, 0.55),
            (JawForward, 0.18),
        ],
        // AU 1, 2, 4, 5, 20, 26
        Emotion::Afraid => &[
            (BrowInnerUp, 0.82),
            (BrowOuterUpLeft, 0.34),
            (BrowDownLeft, 0.22),
            (EyeWideLeft, 0.72),
            (MouthStretchLeft, 0.5),
            (MouthLowerDownLeft, 0.16),
            (JawOpen, 0.14),
        ],
        // AU 1, 2, 5, 26
        Emotion::Surprised => &[
            (BrowInnerUp, 0.75),
            (BrowOuterUpLeft, 0.78),
            (EyeWideLeft, 0.6),
            (JawOpen, 0.32),
            (MouthFunnel, 0.12),
        ],
        // AU 9, 10, 15, 17
        Emotion::Disgusted => &[
            (NoseSneerLeft, 1.0),
            (MouthUpperUpLeft, 0.75),
            (BrowDownLeft, 0.72),
            (EyeSquintLeft, 0.6),
            (CheekSquintLeft, 0.45),
            (MouthFrownLeft, 0.5),
            (MouthShrugLower, 0.3),
        ],
        Emotion::Relaxed => &[
            (MouthSmileLeft, 0.2),
            (CheekSquintLeft, 0.08),
            (EyeBlinkLeft, 0.05),
            (EyeSquintLeft, 0.04),
        ],
        // AU 1, 2 slightly, a trace of 12
        Emotion::Interest => &[
            (BrowInnerUp, 0.24),
            (BrowOuterUpLeft, 0.3),
            (EyeWideLeft, 0.14),
            (MouthSmileLeft, 0.14),
            (JawOpen, 0.02),
        ],
    }
}

/// Whether brows, eyes, cheeks and nose move it: what a mask hides worst.
fn is_upper(shape: FaceShape) -> bool {
    let name = shape.name();
    ["brow", "eye", "cheek", "nose"].iter().any(|part| name.starts_with(part))
}

/// How a body bears an emotion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bearing {
    /// Radians, up is positive.
    pub head_pitch: f32,
    /// Radians, forward is positive.
    pub lean: f32,
    /// Radians, up is positive.
    pub shoulders: f32,
    /// Radians away from the body.
    pub arms_out: f32,
    /// Radians, to the side.
    pub tilt: f32,
    /// Radians by which an idle gaze is higher.
    pub gaze_pitch: f32,
    /// Factors.
    pub breath_rate: f32,
    pub breath_depth: f32,
    pub sway: f32,
    pub blink_rate: f32,
}

impl Bearing {
    const PLAIN: Self = Self {
        head_pitch: 0.0,
        lean: 0.0,
        shoulders: 0.0,
        arms_out: 0.0,
        tilt: 0.0,
        gaze_pitch: 0.0,
        breath_rate: 1.0,
        breath_depth: 1.0,
        sway: 1.0,
        blink_rate: 1.0,
    };

    const fn of(emotion: Emotion) -> Self {
        // Head, lean, shoulders, arms, tilt, gaze in degrees; then the factors.
        let [head, lean, shoulders, arms, tilt, gaze, rate, depth, sway, blink] = match emotion {
            Emotion::Neutral => return Self::PLAIN,
            Emotion::Happy => [2.5, -2.0, 1.0, 2.0, 1.5, 1.0, 1.15, 1.1, 1.25, 1.15],
            Emotion::Sad => [-10.0, 7.0, -3.0, -2.0, 2.0, -9.0, 0.85, 1.1, 0.7, 1.15],
            Emotion::Angry => [-5.0, 5.0, 3.0, 5.0, 0.0, -1.0, 1.4, 1.25, 0.7, 0.7],
            Emotion::Afraid => [1.0, -5.0, 7.0, -1.5, 0.0, 0.0, 1.7, 0.75, 1.3, 1.4],
            Emotion::Surprised => [4.0, -4.0, 4.0, 2.0, 0.0, 0.0, 1.25, 1.25, 0.9, 0.6],
            Emotion::Disgusted => [2.0, -4.0, 2.0, 0.0, -3.0, -2.0, 0.95, 0.85, 0.9, 1.2],
            Emotion::Relaxed => [-1.0, 1.5, -2.0, 0.5, 1.5, -1.5, 0.8, 1.2, 1.0, 0.9],
            Emotion::Interest => [0.5, 4.0, 0.5, 0.5, 4.0, 1.0, 1.05, 1.0, 0.9, 0.75],
        };
        const D: f32 = std::f32::consts::PI / 180.0;
        Self {
            head_pitch: head * D,
            lean: lean * D,
            shoulders: shoulders * D,
            arms_out: arms * D,
            tilt: tilt * D,
            gaze_pitch: gaze * D,
            breath_rate: rate,
            breath_depth: depth,
            sway,
            blink_rate: blink,
        }
    }

    fn add(&mut self, other: &Self, w: f32) {
        self.head_pitch += w * other.head_pitch;
        self.lean += w * other.lean;
        self.shoulders += w * other.shoulders;
        self.arms_out += w * other.arms_out;
        self.tilt += w * other.tilt;
        self.gaze_pitch += w * other.gaze_pitch;
        self.breath_rate += w * (other.breath_rate - 1.0);
        self.breath_depth += w * (other.breath_depth - 1.0);
        self.sway += w * (other.sway - 1.0);
        self.blink_rate += w * (other.blink_rate - 1.0);
    }
}

/// What is felt and shown at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Feelings {
    /// How much of each emotion the upper and the lower face show.
    upper: Mix,
    lower: Mix,
    /// How much of each is felt.
    felt: Mix,
    pub affect: Affect,
}

impl Feelings {
    pub fn bearing(&self) -> Bearing {
        let mut bearing = Bearing::PLAIN;
        for emotion in Emotion::ALL {
            // The body betrays what the face hides.
            let at = emotion as usize;
            let w = 0.7 * self.felt[at] + 0.3 * self.lower[at];
            if w > 0.0 {
                bearing.add(&Bearing::of(emotion), w);
            }
        }
        bearing
    }

    /// Adds the face: `time` lets it live, `asymmetry` of about ±0.1 favours one side.
    pub fn show(&self, seed: u64, time: f64, asymmetry: f32, face: &mut FaceWeights) {
        for emotion in Emotion::ALL {
            let at = emotion as usize;
            if self.upper[at] + self.lower[at] < 1e-4 {
                continue;
            }
            let alive = |k: u64, hz: f64| {
                let lane = 16 * k + at as u64;
                1.0 + 0.09 * wander(seed, Channel::Face, lane, time, [hz, 1.7 * hz, 2.9 * hz])
            };
            let (upper, lower) = (self.upper[at] * alive(0, 0.11), self.lower[at] * alive(1, 0.17));
            for (shape, weight) in face_of(emotion) {
                let w = weight * if is_upper(*shape) { upper } else { lower };
                match MIRROR[*shape as usize] {
                    other if other == *shape as u8 => face[*shape] += w,
                    other => {
                        face[*shape] += w * (1.0 + asymmetry);
                        face.0[other as usize] += w * (1.0 - asymmetry);
                    }
                }
            }
        }
    }
}

/// For each shape the one of the other side: only those with a left name are looked up.
pub(crate) static MIRROR: [u8; FaceShape::COUNT] = {
    let mut table = [0; FaceShape::COUNT];
    let mut at = 0;
    while at < FaceShape::COUNT {
        table[at] = at as u8;
        at += 1;
    }
    let pairs = [
        (EyeBlinkLeft, EyeBlinkRight),
        (EyeSquintLeft, EyeSquintRight),
        (EyeWideLeft, EyeWideRight),
        (MouthSmileLeft, MouthSmileRight),
        (MouthFrownLeft, MouthFrownRight),
        (MouthDimpleLeft, MouthDimpleRight),
        (MouthStretchLeft, MouthStretchRight),
        (MouthPressLeft, MouthPressRight),
        (MouthLowerDownLeft, MouthLowerDownRight),
        (MouthUpperUpLeft, MouthUpperUpRight),
        (BrowDownLeft, BrowDownRight),
        (BrowOuterUpLeft, BrowOuterUpRight),
        (CheekSquintLeft, CheekSquintRight),
        (NoseSneerLeft, NoseSneerRight),
    ];
    let mut at = 0;
    while at < pairs.len() {
        table[pairs[at].0 as usize] = pairs[at].1 as u8;
        at += 1;
    }
    table
};

/// A mood with its time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Envelope {
    felt: Mix,
    mask: Mix,
    masked: f32,
    affect: Affect,
    intensity: f32,
    start: f64,
    onset: f32,
    /// When it begins to decay.
    release: f64,
    decay: f32,
}

impl Envelope {
    fn value(&self, time: f64) -> f32 {
        let rise = min_jerk(since(time, self.start) / self.onset);
        let fall = min_jerk(since(time, self.release) / self.decay);
        self.intensity * rise * (1.0 - fall)
    }

    fn is_over(&self, time: f64) -> bool {
        time >= self.release + f64::from(self.decay)
    }
}

/// The moods that are coming, there and passing.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Moods {
    slots: [Option<Envelope>; 6],
    waiting: Option<Mood>,
}

/// No face changes faster, seconds.
const MIN_ONSET: f32 = 0.2;
const MIN_DECAY: f32 = 0.4;
/// Stands for "until the next mood".
const LASTING: f64 = 1e12;

impl Moods {
    /// A mood begins now; while too many pass at once it waits its turn, and the newest one wins.
    pub fn begin(&mut self, time: f64, mood: &Mood) {
        for slot in &mut self.slots {
            if slot.is_some_and(|envelope| envelope.is_over(time)) {
                *slot = None;
            }
        }
        if mood.hold_secs.is_none() {
            for envelope in self.slots.iter_mut().flatten() {
                if envelope.release == LASTING {
                    envelope.release = time;
                }
            }
        }
        let Some(slot) = self.slots.iter_mut().find(|slot| slot.is_none()) else {
            self.waiting = Some(*mood);
            return;
        };
        let onset = mood.onset_secs.max(MIN_ONSET);
        *slot = Some(Envelope {
            felt: mood.feeling.blend(),
            mask: mood.mask.unwrap_or_default().blend(),
            masked: if mood.mask.is_some() { 1.0 } else { 0.0 },
            affect: mood.feeling.affect(),
            intensity: mood.intensity,
            start: time,
            onset,
            release: mood.hold_secs.map_or(LASTING, |hold| time + f64::from(onset + hold)),
            decay: mood.decay_secs.max(MIN_DECAY),
        });
        self.waiting = None;
    }

    pub fn tick(&mut self, time: f64) {
        if let Some(mood) = self.waiting {
            self.begin(time, &mood);
        }
    }

    pub fn at(&self, time: f64) -> Feelings {
        let mut left = [[1.0; Emotion::COUNT]; 3];
        let mut affect = Affect::default();
        for envelope in self.slots.iter().flatten() {
            let value = envelope.value(time);
            if value <= 0.0 {
                continue;
            }
            affect.valence += value * envelope.affect.valence;
            affect.arousal += value * envelope.affect.arousal;
            let m = envelope.masked;
            let [upper, lower, inner] = &mut left;
            for emotion in Emotion::ALL {
                let k = emotion as usize;
                let (felt, mask) = (envelope.felt[k] * value, envelope.mask[k] * value);
                upper[k] *= 1.0 - (felt * (1.0 - 0.65 * m) + 0.4 * m * mask).min(1.0);
                lower[k] *= 1.0 - (felt * (1.0 - 0.92 * m) + m * mask).min(1.0);
                inner[k] *= 1.0 - felt;
            }
        }
        let [upper, lower, felt] = left.map(|mix| mix.map(|left| 1.0 - left));
        affect.valence = affect.valence.clamp(-1.0, 1.0);
        affect.arousal = affect.arousal.clamp(-1.0, 1.0);
        Feelings { upper, lower, felt, affect }
    }
}
