//! Which gestures go with a speech: strokes on its accents, shapes that its words ask for.
//!
//! Speakers' strokes fall on accented syllables, up to about one a second in a lively talk; the hand
//! is quickest shortly before the pitch peaks (Loehr 2012). Words that mean a number, a size, a
//! direction, oneself or the other, denial or not knowing ask for a shape of their own.

use crate::random::{Channel, Draw};
use glam::Vec3;
use reverie_behavior::{
    Gesture, HandShape, Hands, Manner, Say, Speech, Stroke, Target, TimedGesture, wire::Line,
};

/// A stroke ends so long after the accent's middle: its quickest moment then leads it, seconds.
const AFTER_SECS: f32 = 0.05;
/// Shortest and usual preparation, seconds.
const PREPARE_SECS: [f32; 2] = [0.2, 0.42];
/// Seconds that must lie between the ends of two strokes of the calmest and of the liveliest speaker.
const BETWEEN_SECS: [f32; 2] = [2.2, 0.75];
/// Longest hold while another stroke comes, seconds.
const HOLD_SECS: f32 = 0.9;
/// The hand arrives so long after it left, seconds.
const POINT_OUT_SECS: f32 = 0.62;

/// A place of a stroke in words that several share.
struct Form {
    hands: Hands,
    shape: HandShape,
    from: [f32; 3],
    to: [f32; 3],
    palm: [f32; 3],
    shrug: f32,
}

const IN: [f32; 3] = [-1.0, 0.0, 0.0];
const UP: [f32; 3] = [-0.35, 1.0, 0.1];
const DOWN: [f32; 3] = [-0.2, -1.0, 0.1];
const FRONT: [f32; 3] = [-0.2, 0.2, 1.0];

/// What a word asks the hands for; `None` where it asks for nothing.
fn meaning(word: &str) -> Option<Form> {
    let one = Hands::Right;
    let form = |hands, shape, from, to, palm| Form { hands, shape, from, to, palm, shrug: 0.0 };
    let count = |fingers| {
        let (from, to) = ([0.1, -0.3, 0.5], [0.12, -0.12, 0.52]);
        form(one, HandShape::Count(fingers), from, to, FRONT)
    };
    Some(match word {
        "one" | "1" | "first" => count(1),
        "two" | "2" | "second" | "both" => count(2),
        "three" | "3" | "third" => count(3),
        "four" | "4" => count(4),
        "five" | "5" => count(5),
        "big" | "huge" | "large" | "giant" | "enormous" | "wide" | "great" | "massive" => {
            form(Hands::Both, HandShape::Open, [0.0, -0.38, 0.55], [0.34, -0.3, 0.55], IN)
        }
        "small" | "tiny" | "little" | "thin" | "exactly" | "precisely" => {
            form(one, HandShape::Pinch, [0.05, -0.3, 0.5], [0.03, -0.22, 0.54], IN)
        }
        "up" | "high" | "above" | "sky" | "tall" | "climb" | "rise" | "top" => {
            form(one, HandShape::Open, [0.15, -0.45, 0.48], [0.22, 0.1, 0.55], UP)
        }
        "down" | "below" | "under" | "low" | "deep" | "fall" | "bottom" => {
            form(one, HandShape::Open, [0.15, -0.25, 0.55], [0.2, -0.62, 0.5], DOWN)
        }
        "here" | "this" | "now" => {
            form(one, HandShape::Index, [0.05, -0.3, 0.5], [0.06, -0.6, 0.52], DOWN)
        }
        "there" | "that" | "away" | "far" => {
            form(one, HandShape::Open, [0.1, -0.42, 0.5], [0.4, -0.25, 0.75], UP)
        }
        "i" | "me" | "my" | "mine" | "myself" => form(
            one,
            HandShape::Relaxed,
            [-0.06, -0.3, 0.5],
            [-0.18, -0.25, 0.38],
            [-0.5, 0.1, -1.0],
        ),
        "you" | "your" | "yours" | "yourself" => {
            form(one, HandShape::Open, [0.05, -0.45, 0.48], [0.06, -0.36, 0.72], UP)
        }
        "no" | "not" | "never" | "nothing" | "none" | "nobody" | "don't" | "can't" | "won't"
        | "isn't" | "cannot" => {
            form(Hands::Both, HandShape::Open, [-0.02, -0.42, 0.55], [0.36, -0.46, 0.5], DOWN)
        }
        "all" | "everything" | "everywhere" | "every" | "everyone" | "whole" | "around" => {
            form(Hands::Both, HandShape::Open, [0.02, -0.42, 0.55], [0.42, -0.36, 0.55], UP)
        }
        "maybe" | "perhaps" | "whatever" | "somehow" | "unknown" => Form {
            shrug: 1.0,
            ..form(Hands::Both, HandShape::Open, [0.1, -0.5, 0.45], [0.3, -0.42, 0.5], UP)
        },
        _ => return None,
    })
}

/// A plain stroke: a hand that beats.
fn beat(draw: Draw, strength: f32, mirrored: bool) -> Form {
    let hands = match draw.unit(1) {
        lot if lot < 0.25 + 0.35 * strength => Hands::Both,
        _ if mirrored => Hands::Left,
        _ => Hands::Right,
    };
    let out = draw.between(2, 0.02, 0.2);
    let high = draw.between(3, -0.5, -0.3) + 0.06 * strength;
    let ahead = draw.between(4, 0.5, 0.62);
    let drop = 0.07 + 0.09 * strength;
    let (palm, away) = match draw.unit(5) {
        lot if lot < 0.45 => (IN, 0.0),
        lot if lot < 0.85 => (UP, 0.08),
        _ => (DOWN, 0.02),
    };
    let shape = if draw.unit(6) < 0.6 { HandShape::Relaxed } else { HandShape::Open };
    Form {
        hands,
        shape,
        from: [out, high + 0.5 * drop, ahead - away],
        to: [out + away, high - drop, ahead + away],
        palm,
        shrug: 0.0,
    }
}

/// The gestures that go with a speech, in order of their times. `points` are places that words name, each
/// with its time: those are pointed at, and no other stroke comes in between. The same for the same
/// seed.
#[must_use]
pub fn gestures_for(
    speech: &Speech,
    manner: &Manner,
    seed: u64,
    points: &[(f32, Target)],
) -> Vec<TimedGesture> {
    let mut all: Vec<TimedGesture> = points
        .iter()
        .map(|(at, target)| TimedGesture {
            start_secs: (at - POINT_OUT_SECS).max(0.0),
            gesture: Gesture::point_at(*target),
        })
        .collect();
    let liveliness = manner.liveliness.clamp(0.0, Manner::MAX_LIVELINESS);
    if liveliness > 0.0 {
        let pointing: Vec<f32> = all.iter().map(|point| point.start_secs).collect();
        let strokes = strokes(speech, liveliness, seed, &pointing);
        all.extend(strokes.into_iter().map(|(start_secs, stroke)| TimedGesture {
            start_secs,
            gesture: Gesture::Stroke(stroke),
        }));
    }
    all.sort_by(|a, b| a.start_secs.total_cmp(&b.start_secs));
    all
}

/// What everybody performs who has that line: what it says, with the gestures that follow from it
/// ([`gestures_for`]) among those of its script. Whoever sends a line performs the one that its bytes give
/// back; see [`reverie_behavior::wire`].
#[must_use]
pub fn say_for(line: Line) -> Say {
    let Line { mut say, seed, points } = line;
    say.gestures.extend(gestures_for(&say.speech, &say.manner, seed, &points));
    say.gestures.sort_by(|a, b| a.start_secs.total_cmp(&b.start_secs));
    say
}

/// Strokes on accents, where no hand points (from these times on).
fn strokes(speech: &Speech, liveliness: f32, seed: u64, pointing: &[f32]) -> Vec<(f32, Stroke)> {
    let calm = 1.0 - 0.5 * liveliness;
    let between = BETWEEN_SECS[1] + (BETWEEN_SECS[0] - BETWEEN_SECS[1]) * calm * calm;
    let mirrored = Draw::new(seed, Channel::Person, 1).unit(0) < 0.15;
    let mut strokes: Vec<(f32, Stroke)> = Vec::new();
    let mut last_end = 0.0;
    for (number, accent) in speech.accents.iter().enumerate() {
        let draw = Draw::new(seed, Channel::Hands, number as u64);
        let word = speech.words.partition_point(|word| word.end_secs < accent.at_secs - 0.02);
        let word = speech.words.get(word);
        let asked = word.and_then(|word| meaning(&word.text.to_lowercase()));
        let wants = 0.2 + 0.3 * liveliness + 0.4 * accent.strength;
        let end = accent.at_secs + AFTER_SECS;
        let points = pointing.iter().any(|at| (at - 0.3..at + Gesture::POINT_SECS).contains(&end));
        let needed = if asked.is_some() { 0.6 * between } else { between };
        let follows = !strokes.is_empty() && end - last_end < needed;
        if points || follows || (asked.is_none() && draw.unit(0) > wants) {
            continue;
        }
        let stroke_secs = draw.between(7, 0.2, 0.28) - 0.03 * liveliness;
        // A hand cannot leave before the speech begins or the last stroke is over.
        let room = end - stroke_secs - last_end - if strokes.is_empty() { 0.0 } else { 0.05 };
        if room < PREPARE_SECS[0] {
            continue;
        }
        let form = asked.unwrap_or_else(|| beat(draw, accent.strength, mirrored));
        let prepare_secs = (draw.between(8, 0.85, 1.15) * PREPARE_SECS[1]).min(room);
        let wide = 0.85 + 0.15 * liveliness;
        let hands = match form.hands {
            Hands::Right if mirrored => Hands::Left,
            hands => hands,
        };
        let [from, to] = [form.from, form.to].map(|at| Vec3::from(at).clamp_length_max(0.98));
        let stroke = Stroke {
            hands,
            shape: form.shape,
            from,
            to: (from + (to - from) * wide).clamp_length_max(0.98),
            palm: Vec3::from(form.palm),
            shrug: form.shrug,
            prepare_secs,
            stroke_secs,
            hold_secs: draw.between(9, 0.15, 0.45),
        };
        strokes.push((end - stroke_secs - prepare_secs, stroke));
        last_end = end;
    }
    // Hands wait for their next stroke, if that is near.
    for at in 1..strokes.len() {
        let (next, Stroke { hands, .. }) = strokes[at];
        let (start, stroke) = &mut strokes[at - 1];
        let over = *start + stroke.prepare_secs + stroke.stroke_secs;
        if next - over < HOLD_SECS && stroke.hands == hands {
            stroke.hold_secs = stroke.hold_secs.max(next - over + 0.05);
        }
    }
    strokes
}
