//! The mouth of somebody who speaks: from timed sounds to shapes of the face.
//!
//! Sounds blend by dominance (Cohen, Massaro 1993): each pulls jaw, lips and tongue towards its own
//! place, the more the nearer it is in time, so that every sound is coloured by its neighbours. Rules
//! after JALI (Edwards et al. 2016) go on top: lips meet for p, b, m; the lower lip touches the teeth
//! for f, v; the teeth stay together for s; sounds of the tongue alone leave the lips to their
//! neighbours.

use crate::{
    FaceShape::{self, *},
    FaceWeights,
    curves::{min_jerk, soft_min},
    emotion::MIRROR,
};
use reverie_behavior::{Manner, Speech, TimedPhoneme, Viseme};

/// How long before and after itself a sound pulls at jaw, lips and tongue, seconds.
const JAW_REACH: [f32; 2] = [0.40, 0.45];
const LIP_REACH: [f32; 2] = [0.30, 0.30];
const TONGUE_REACH: [f32; 2] = [0.15, 0.15];
/// A dominance curve is round at its top over about this long, seconds: a corner would show.
const ROUND_SECS: f32 = 0.022;
/// What the mouth at rest weighs against the sounds.
const REST: f32 = 0.03;
/// Shorter silences are spoken over, seconds.
const SILENCE_SECS: f32 = 0.27;
/// How quickly the mouth closes into a silence, per second.
const SILENCE_RATE: f32 = 14.0;
/// Part of a diphthong after which it is on its way to its second half.
const SPLIT: f32 = 0.55;
/// Consonants shorter than this leave the jaw where it is, seconds.
const SHORT_SECS: f32 = 0.1;
/// The jaw goes no wider for s and sh.
const SIBILANT_JAW: f32 = 0.35;
/// Lips take this long to meet and to part, seconds.
const MEET_SECS: f32 = 0.07;
const PART_SECS: f32 = 0.08;
/// Lips stay together for at least this long: a little over one frame at 24 Hz.
const LEAST_CLOSED_SECS: f32 = 0.044;
/// How far jaw and lips go in vowels without stress, with lesser and with main stress.
const STRESS: [f32; 3] = [0.74, 0.88, 1.0];

/// Where jaw, lips and tongue are at a moment, before moods come in.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Mouth {
    /// Weights of the shapes of [`SHAPES`].
    shapes: [f32; SHAPES.len()],
    /// How much of the mouth is speech's, 0 to 1.
    busy: f32,
    /// How far the lips are closed for p, b, m and the lower lip is at the teeth for f, v; 0 to 1.
    closed: f32,
    bitten: f32,
    /// How far the teeth are together for s and sh.
    hissing: f32,
}

/// Shapes that speech moves; those of one side stand for both.
const SHAPES: [FaceShape; 13] = [
    JawOpen,
    TongueOut,
    MouthPressLeft,
    MouthRollLower,
    MouthRollUpper,
    MouthShrugLower,
    MouthUpperUpLeft,
    MouthLowerDownLeft,
    MouthFunnel,
    MouthPucker,
    MouthStretchLeft,
    MouthSmileLeft,
    MouthDimpleLeft,
];
const JAW: usize = 0;
const TONGUE: usize = 1;
/// The first of the lips' shapes, and two of them.
const LIPS: usize = 2;
const FUNNEL: usize = 8;
const PUCKER: usize = 9;

/// The shapes of a viseme, in the order of [`SHAPES`].
const fn target(viseme: Viseme) -> [f32; SHAPES.len()] {
    match viseme {
        // jaw, tongue, press, roll, roll, shrug, upper, lower, funnel, pucker, stretch, smile, dimple
        Viseme::Sil => [0.0; SHAPES.len()],
        Viseme::PP => PRESSED,
        Viseme::FF => BITTEN,
        Viseme::TH => [0.13, 0.6, 0.0, 0.0, 0.0, 0.0, 0.15, 0.18, 0.0, 0.0, 0.0, 0.0, 0.0],
        Viseme::DD => [0.22, 0.0, 0.0, 0.0, 0.0, 0.0, 0.12, 0.12, 0.0, 0.0, 0.0, 0.0, 0.0],
        Viseme::KK => [0.24, 0.0, 0.0, 0.0, 0.0, 0.0, 0.05, 0.12, 0.0, 0.0, 0.0, 0.0, 0.0],
        Viseme::CH => [0.13, 0.0, 0.0, 0.0, 0.0, 0.0, 0.12, 0.16, 0.6, 0.35, 0.0, 0.0, 0.0],
        Viseme::SS => [0.09, 0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 0.3, 0.0, 0.0, 0.3, 0.1, 0.0],
        Viseme::NN => [0.2, 0.0, 0.0, 0.0, 0.0, 0.0, 0.06, 0.12, 0.0, 0.0, 0.0, 0.0, 0.0],
        Viseme::RR => [0.18, 0.0, 0.0, 0.0, 0.0, 0.0, 0.08, 0.1, 0.34, 0.38, 0.0, 0.0, 0.0],
        Viseme::AA => [0.62, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.22, 0.0, 0.0, 0.05, 0.0, 0.0],
        Viseme::E => [0.4, 0.0, 0.0, 0.0, 0.0, 0.0, 0.12, 0.2, 0.0, 0.0, 0.26, 0.08, 0.14],
        Viseme::I => [0.2, 0.0, 0.0, 0.0, 0.0, 0.0, 0.16, 0.22, 0.0, 0.0, 0.4, 0.24, 0.0],
        Viseme::O => [0.42, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.62, 0.36, 0.0, 0.0, 0.0],
        Viseme::U => [0.18, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.42, 0.75, 0.0, 0.0, 0.0],
    }
}

const PRESSED: [f32; SHAPES.len()] =
    [0.06, 0.0, 0.5, 0.22, 0.22, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
const BITTEN: [f32; SHAPES.len()] =
    [0.07, 0.0, 0.0, 0.3, 0.0, 0.5, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];

/// Part of a sound with one place of the mouth.
#[derive(Clone, Copy)]
struct Segment {
    viseme: Viseme,
    start: f32,
    end: f32,
    /// How far it goes towards its place.
    reach: f32,
}

impl Segment {
    /// How strongly it pulls at a moment, 0 to 1; long sounds let go more slowly.
    fn dominance(&self, t: f32, [before, after]: [f32; 2]) -> f32 {
        let secs = (self.end - self.start).max(0.02);
        let away = match self.viseme {
            // Of any length: what counts is how far away it is.
            Viseme::Sil => (t - self.end).max(0.0) - (self.start - t).max(0.0),
            _ => t - 0.5 * (self.start + self.end),
        };
        let within = 1.0 - (away / if away < 0.0 { before } else { after }).powi(2);
        if within <= 0.0 {
            return 0.0;
        }
        let rate = match self.viseme {
            Viseme::Sil => SILENCE_RATE,
            viseme if viseme.is_vowel() => 6.0 * (0.09 / secs).sqrt(),
            _ => 11.0 * (0.09 / secs).sqrt(),
        };
        let rounded = (away * away + ROUND_SECS * ROUND_SECS).sqrt() - ROUND_SECS;
        within * within * (-rate * rounded).exp()
    }

    fn jaw_weight(&self) -> f32 {
        match self.viseme {
            Viseme::Sil => 0.6,
            viseme if viseme.is_vowel() => 1.0,
            Viseme::SS | Viseme::CH | Viseme::PP | Viseme::FF => 0.85,
            _ if self.end - self.start < SHORT_SECS => 0.0,
            _ => 0.5,
        }
    }

    fn lip_weight(&self) -> f32 {
        match self.viseme {
            Viseme::DD | Viseme::KK | Viseme::NN | Viseme::TH => 0.0,
            Viseme::Sil => 0.6,
            viseme if viseme.is_vowel() => 1.0,
            _ => 0.85,
        }
    }

    fn centre(&self) -> f32 {
        0.5 * (self.start + self.end)
    }

    /// 1 around its middle, for [`LEAST_CLOSED_SECS`] at least; 0 where it is far, and where the lips
    /// do something else: at times `before` and `after` it.
    fn held(&self, t: f32, [before, after]: [f32; 2]) -> f32 {
        let half = (0.28 * (self.end - self.start)).max(0.5 * LEAST_CLOSED_SECS);
        let centre = self.centre();
        let room = |secs: f32, free: f32| {
            let half = half.min(0.3 * free);
            (half, secs.min(free - half))
        };
        let (early, meet) = room(MEET_SECS, centre - before);
        let (late, part) = room(PART_SECS, after - centre);
        let rise = min_jerk((t - (centre - early - meet)) / meet);
        let fall = min_jerk((t - (centre + late)) / part);
        rise * (1.0 - fall)
    }
}

/// The sounds around a moment that lips or teeth must do exactly: all others only colour the mouth.
#[derive(Default)]
struct Exact {
    sounds: [Option<Segment>; Self::MOST],
    count: usize,
}

impl Exact {
    /// More are not said within the reach of a jaw.
    const MOST: usize = 24;

    fn push(&mut self, segment: &Segment) {
        if let Some(slot) = self.sounds.get_mut(self.count) {
            *slot = Some(*segment);
            self.count += 1;
        }
    }

    /// How far those of some visemes are held at a moment.
    fn held(&self, t: f32, which: &[Viseme]) -> f32 {
        let sounds = self.sounds[..self.count].iter().flatten();
        let others = sounds.clone().filter(|other| !which.contains(&other.viseme));
        let (mut free_of, own) = (1.0f32, sounds.filter(|sound| which.contains(&sound.viseme)));
        for sound in own {
            let centre = sound.centre();
            let mut free = [f32::MIN, f32::MAX];
            for other in others.clone().map(Segment::centre) {
                match other < centre {
                    true => free[0] = free[0].max(other),
                    false => free[1] = free[1].min(other),
                }
            }
            free_of *= 1.0 - sound.held(t, free);
        }
        1.0 - free_of
    }
}

impl Mouth {
    /// The mouth at `t` seconds of a speech.
    pub fn of(speech: &Speech, manner: &Manner, t: f32) -> Self {
        let sounds = &speech.phonemes;
        let from = sounds.partition_point(|sound| sound.end_secs < t - JAW_REACH[1]);
        let near = sounds[from..].iter().take_while(|sound| sound.start_secs < t + JAW_REACH[0]);
        let mut sums = [0.0; SHAPES.len()];
        let mut pulls = [REST; 3];
        let mut mouth = Self::default();
        let (mut exact, mut active) = (Exact::default(), 0.0);
        // Before the first sound and after the last one there is silence.
        let mut last_end = if from == 0 { -1.0 } else { sounds[from - 1].end_secs };
        let mut pull = |segment: &Segment| {
            let goal = target(segment.viseme);
            let jaw = segment.jaw_weight() * segment.dominance(t, JAW_REACH);
            let lips = segment.lip_weight() * segment.dominance(t, LIP_REACH);
            let tongue = segment.dominance(t, TONGUE_REACH);
            if segment.viseme != Viseme::Sil {
                active += segment.dominance(t, JAW_REACH);
            }
            for (pulled, by) in pulls.iter_mut().zip([jaw, tongue, lips]) {
                *pulled += by;
            }
            let far = segment.reach * manner.articulation;
            sums[JAW] += jaw * goal[JAW] * far;
            sums[TONGUE] += tongue * goal[TONGUE];
            for at in LIPS..SHAPES.len() {
                sums[at] += lips * goal[at] * far;
            }
            if matches!(segment.viseme, Viseme::PP | Viseme::FF | Viseme::SS | Viseme::CH) {
                exact.push(segment);
            }
        };
        for sound in near {
            if let Some(silence) = silence(last_end, sound.start_secs) {
                pull(&silence);
            }
            last_end = sound.end_secs;
            segments(sound).into_iter().flatten().for_each(|segment| pull(&segment));
        }
        let next = sounds.partition_point(|sound| sound.start_secs < t + JAW_REACH[0]);
        let next = sounds.get(next).map_or(f32::MAX, |sound| sound.start_secs);
        if let Some(silence) = silence(last_end, next) {
            pull(&silence);
        }

        for (at, shape) in mouth.shapes.iter_mut().enumerate() {
            *shape = sums[at] / pulls[at.min(LIPS)];
        }
        mouth.closed = exact.held(t, &[Viseme::PP]);
        mouth.bitten = exact.held(t, &[Viseme::FF]);
        mouth.hissing = exact.held(t, &[Viseme::SS, Viseme::CH]);
        mouth.busy = active / (active + 0.08);
        mouth
    }

    /// How much of the mouth is speech's, 0 to 1.
    pub fn busy(&self) -> f32 {
        self.busy
    }

    /// Adds as much as `by` of another one: of what passes, and of what follows it.
    pub fn add(&mut self, other: &Self, by: f32) {
        for (shape, more) in self.shapes.iter_mut().zip(other.shapes) {
            *shape += by * more;
        }
        let both = |a: f32, b: f32| 1.0 - (1.0 - a) * (1.0 - by * b);
        self.busy = both(self.busy, other.busy);
        self.closed = both(self.closed, other.closed);
        self.bitten = both(self.bitten, other.bitten);
        self.hissing = both(self.hissing, other.hissing);
    }

    /// Puts it on a face that shows a mood: what the mood does with jaw and lips gives way.
    pub fn speak(&self, face: &mut FaceWeights) {
        if self.busy <= 0.0 {
            return;
        }
        // A smile stays while one speaks, an open or pressed mouth does not.
        let round = (self.shapes[FUNNEL] + self.shapes[PUCKER]).min(1.0);
        for (shape, keeps) in [
            (JawOpen, 0.3),
            (MouthFunnel, 0.4),
            (MouthPucker, 0.4),
            (MouthRollLower, 0.3),
            (MouthRollUpper, 0.3),
            (MouthShrugLower, 0.5),
            (MouthShrugUpper, 0.5),
            (MouthClose, 0.0),
            (MouthPressLeft, 0.2),
            (MouthPressRight, 0.2),
            (MouthSmileLeft, 0.85 - 0.35 * round),
            (MouthSmileRight, 0.85 - 0.35 * round),
            (MouthStretchLeft, 0.6 - 0.4 * round),
            (MouthStretchRight, 0.6 - 0.4 * round),
            (MouthLowerDownLeft, 0.6),
            (MouthLowerDownRight, 0.6),
            (MouthUpperUpLeft, 0.6),
            (MouthUpperUpRight, 0.6),
        ] {
            face[shape] *= 1.0 - self.busy * (1.0 - keeps);
        }
        for (shape, weight) in SHAPES.into_iter().zip(self.shapes) {
            add(face, shape, weight);
        }
        let jaw = soft_min(face[JawOpen], SIBILANT_JAW, 0.1);
        face[JawOpen] += self.hissing * (jaw - face[JawOpen]);
        hold(face, self.bitten, &BITTEN);
        hold(face, self.closed, &PRESSED);
        // Lips meet however far the jaw still is down.
        face[MouthClose] += self.closed * (face[JawOpen] - face[MouthClose]);
    }
}

fn add(face: &mut FaceWeights, shape: FaceShape, weight: f32) {
    sides(shape).for_each(|side| face[side] += weight);
}

/// A shape and, where it has one, its twin on the right.
fn sides(shape: FaceShape) -> impl Iterator<Item = FaceShape> {
    let other = FaceShape::ALL[MIRROR[shape as usize] as usize];
    std::iter::once(shape).chain((other != shape).then_some(other))
}

/// Brings jaw (which may be higher) and lips to `goal` by as much as `by`, whatever they did; lips keep
/// their rounding.
fn hold(face: &mut FaceWeights, by: f32, goal: &[f32; SHAPES.len()]) {
    if by <= 0.0 {
        return;
    }
    let jaw = soft_min(face[JawOpen], goal[JAW], 0.06);
    face[JawOpen] += by * (jaw - face[JawOpen]);
    for (shape, goal) in SHAPES.into_iter().zip(goal).skip(TONGUE) {
        let keeps = match shape {
            MouthPucker => 0.8,
            MouthSmileLeft | MouthDimpleLeft => 0.7,
            _ => 0.0,
        };
        for side in sides(shape) {
            let goal = goal.max(keeps * face[side]);
            face[side] += by * (goal - face[side]);
        }
    }
}

fn segments(sound: &TimedPhoneme) -> [Option<Segment>; 2] {
    let (viseme, then) = Viseme::of(sound.phoneme);
    if viseme == Viseme::Sil {
        return [None, None];
    }
    let reach = if viseme.is_vowel() { STRESS[sound.stress.min(2) as usize] } else { 1.0 };
    let (start, end) = (sound.start_secs, sound.end_secs);
    let whole = Segment { viseme, start, end, reach };
    match then {
        None => [Some(whole), None],
        Some(viseme) => {
            let split = start + SPLIT * (end - start);
            [Some(Segment { end: split, ..whole }), Some(Segment { viseme, start: split, ..whole })]
        }
    }
}

fn silence(start: f32, end: f32) -> Option<Segment> {
    let long = end - start >= SILENCE_SECS;
    long.then_some(Segment { viseme: Viseme::Sil, start, end, reach: 1.0 })
}
