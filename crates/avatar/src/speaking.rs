//! What shows of speech besides the mouth, and what an avatar is saying at a moment.

use crate::{
    FaceShape::*,
    FaceWeights,
    curves::{bump, min_jerk, since},
    mouth::Mouth,
    random::{Channel, Draw},
    vocals::Outburst,
};
use reverie_behavior::{Accent, Act, Gesture, Manner, Phrase, PhraseEnd, Say, Speech, Timeline};
use serde::{Deserialize, Serialize};

/// What is cut short passes within this, seconds.
const HUSH_SECS: f32 = 0.2;
/// The same for laughter and its like: bodies do not stop so soon.
const HUSH_VOCAL_SECS: f32 = 0.45;
/// Shortest and longest time in which the mouth leaves its rest when a speech begins, seconds.
const BEGIN_SECS: [f32; 2] = [0.04, 0.15];
/// Brows take so long to rise to an accent and to come down again, seconds.
const BROW_SECS: [f32; 2] = [0.20, 0.34];
/// The same for a nod; the head is lowest a little before the accent.
const NOD_SECS: [f32; 2] = [0.19, 0.30];
const NOD_EARLY_SECS: f32 = 0.05;
/// Deepest nod of an accent, radians.
const NOD: f32 = 4.0 * std::f32::consts::PI / 180.0;
/// How far before a phrase's end its melody shows, and how long after it, seconds.
const ENDING_SECS: [f32; 2] = [0.55, 0.6];
/// One breathes in during this time before a phrase, where there is silence, seconds.
const INHALE_SECS: f32 = 0.32;

/// What brows and head add while somebody speaks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Prosody {
    brows: f32,
    frown: f32,
    inhale: f32,
    /// Radians; pitch up, yaw and tilt to the left.
    pub pitch: f32,
    pub yaw: f32,
    pub tilt: f32,
}

/// Rises to 1 at its apex and falls again.
fn pulse(t: f32, apex: f32, [rise, fall]: [f32; 2]) -> f32 {
    min_jerk((t - apex + rise) / rise) * (1.0 - min_jerk((t - apex) / fall))
}

impl Prosody {
    /// At `t` seconds of a speech.
    fn of(speech: &Speech, manner: &Manner, seed: u64, t: f32) -> Self {
        let mut all = Self::default();
        let from = speech.accents.partition_point(|accent| accent.at_secs < t - 0.6);
        let near = speech.accents[from..].iter().take_while(|accent| accent.at_secs < t + 0.6);
        for (at, accent) in near.enumerate() {
            all.accent(accent, Draw::new(seed, Channel::Speech, (from + at) as u64), t);
        }
        let from = speech.phrases.partition_point(|phrase| phrase.end_secs < t - 1.0);
        let near = speech.phrases[from..].iter().take_while(|p| p.start_secs < t + 1.0);
        for (at, phrase) in near.enumerate() {
            let before = (from + at).checked_sub(1).map_or(-1.0, |at| speech.phrases[at].end_secs);
            all.phrase(phrase, from + at, before, t);
        }
        for part in [&mut all.brows, &mut all.frown, &mut all.pitch, &mut all.yaw, &mut all.tilt] {
            *part *= manner.liveliness;
        }
        all
    }

    fn accent(&mut self, accent: &Accent, draw: Draw, t: f32) {
        let strength = accent.strength;
        // Not every accent moves everything, or it would look like clockwork.
        if draw.unit(0) < 0.25 + 0.55 * strength {
            let brow = pulse(t, accent.at_secs, BROW_SECS) * strength * draw.between(1, 0.5, 1.0);
            match draw.unit(2) < 0.82 {
                true => self.brows += 0.5 * brow,
                false => self.frown += 0.3 * brow,
            }
        }
        let nod = pulse(t, accent.at_secs - NOD_EARLY_SECS, NOD_SECS);
        let far = NOD * strength * draw.between(3, 0.45, 1.0);
        match draw.unit(4) {
            lot if lot < 0.72 => self.pitch -= far * nod,
            lot if lot < 0.84 => self.yaw += 0.8 * far * nod * draw.between(5, -1.0, 1.0).signum(),
            _ => self.tilt += 0.7 * far * nod * draw.between(5, -1.0, 1.0).signum(),
        }
    }

    fn phrase(&mut self, phrase: &Phrase, number: usize, before_secs: f32, t: f32) {
        let secs = phrase.end_secs - phrase.start_secs;
        let rise = ENDING_SECS[0].min(0.8 * secs).max(0.15);
        let ending = pulse(t, phrase.end_secs, [rise, ENDING_SECS[1]]);
        match phrase.ending {
            PhraseEnd::Question => {
                self.brows += 0.55 * ending;
                self.pitch += 0.6 * NOD * ending;
                self.tilt += 0.5 * NOD * ending;
            }
            // Items of a list go from side to side.
            PhraseEnd::Continuation => {
                let side = if number.is_multiple_of(2) { 1.0 } else { -1.0 };
                self.tilt += 0.45 * NOD * side * ending;
                self.brows += 0.12 * ending;
            }
            PhraseEnd::Exclamation => {
                self.brows += 0.35 * ending;
                self.pitch -= 0.5 * NOD * ending;
            }
            PhraseEnd::Statement => self.pitch -= 0.4 * NOD * ending,
        }
        if phrase.start_secs - before_secs > INHALE_SECS {
            self.inhale += bump((t - phrase.start_secs + INHALE_SECS) / INHALE_SECS);
        }
    }

    fn add(&mut self, other: &Self, by: f32) {
        self.brows += by * other.brows;
        self.frown += by * other.frown;
        self.inhale += by * other.inhale;
        self.pitch += by * other.pitch;
        self.yaw += by * other.yaw;
        self.tilt += by * other.tilt;
    }

    /// Adds what the face shows of it.
    pub fn show(&self, face: &mut FaceWeights) {
        for (shape, weight) in [
            (BrowInnerUp, self.brows),
            (BrowOuterUpLeft, 0.8 * self.brows),
            (BrowOuterUpRight, 0.8 * self.brows),
            (EyeWideLeft, 0.25 * self.brows),
            (EyeWideRight, 0.25 * self.brows),
            (BrowDownLeft, self.frown),
            (BrowDownRight, self.frown),
            (JawOpen, 0.1 * self.inhale),
            (NoseSneerLeft, 0.06 * self.inhale),
            (NoseSneerRight, 0.06 * self.inhale),
        ] {
            face[shape] += weight;
        }
    }
}

/// Something being said: the number of its event and its time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Utterance {
    event: u64,
    start: f64,
    /// When it was cut short.
    hushed: f64,
    /// How many of its gestures have begun.
    gestures: u32,
}

/// Stands for "was not cut short".
const WHOLE: f64 = 1e12;

/// What is being said, and what passes after it was cut short.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Speaking([Option<Utterance>; 3]);

impl Speaking {
    /// Begins to say what stands in the event of that number.
    pub fn begin(&mut self, time: f64, event: u64) {
        self.hush(time);
        // The one that has passed furthest makes room.
        self.0.sort_unstable_by(|a, b| {
            let hushed = |slot: &Option<Utterance>| slot.map_or(-1.0, |said| said.hushed);
            hushed(a).total_cmp(&hushed(b))
        });
        self.0[0] = Some(Utterance { event, start: time, hushed: WHOLE, gestures: 0 });
    }

    /// Falls silent.
    pub fn hush(&mut self, time: f64) {
        for said in self.0.iter_mut().flatten() {
            said.hushed = said.hushed.min(time);
        }
    }

    /// The next gesture of what is being said whose time has come, each once.
    pub fn gesture(&mut self, timeline: &Timeline, time: f64) -> Option<Gesture> {
        let said = self.0.iter_mut().flatten().find(|said| said.hushed == WHOLE)?;
        let say = timeline.get(said.event).and_then(said_by)?;
        let next = say.gestures.get(said.gestures as usize)?;
        let due = f64::from(next.start_secs) <= time - said.start;
        due.then(|| {
            said.gestures += 1;
            next.gesture
        })
    }

    /// Mouth, brows and head at a moment, and what is uttered besides words.
    pub fn at(&self, timeline: &Timeline, seed: u64, time: f64) -> (Mouth, Prosody, Outburst) {
        let (mut mouth, mut prosody) = (Mouth::default(), Prosody::default());
        let mut outburst = Outburst::default();
        for said in self.0.iter().flatten() {
            let left = 1.0 - min_jerk(since(time, said.hushed) / HUSH_SECS);
            let Some(say) = timeline.get(said.event).and_then(said_by) else { continue };
            let t = since(time, said.start);
            let seed = seed ^ said.event.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let left_vocal = 1.0 - min_jerk(since(time, said.hushed) / HUSH_VOCAL_SECS);
            if left_vocal > 0.0 {
                outburst.add(&Outburst::of(&say.speech, seed, t), left_vocal);
            }
            // The first sound is prepared from when the speech begins, not from before.
            let first = say.speech.phonemes.first().map_or(0.0, |sound| sound.start_secs);
            let left = left * min_jerk(t / first.clamp(BEGIN_SECS[0], BEGIN_SECS[1]));
            if left <= 0.0 || t > say.speech.duration_secs + 1.0 {
                continue;
            }
            mouth.add(&Mouth::of(&say.speech, &say.manner, t), left);
            prosody.add(&Prosody::of(&say.speech, &say.manner, seed, t), left);
        }
        (mouth, prosody, outburst)
    }
}

fn said_by(event: &reverie_behavior::Event) -> Option<&Say> {
    match &event.act {
        Act::Say(say) => Some(say),
        _ => None,
    }
}
