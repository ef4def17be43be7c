//! Hands that go with words.

use crate::helpers::*;
use glam::{Quat, Vec3};
use reverie_avatar::{AvatarPose, EmptyPlace, HumanBone::*, Rig, gestures_for, say_for};
use reverie_behavior::{
    Accent, Act, Activity, Gesture, HandShape, Hands, Manner, Say, Speech, Stroke, Target,
    TimedGesture, TimedPhoneme, TimedWord, Timeline, wire::Line,
};

/// A minute of talk: words every 0.3 s, those that are asked for among plain ones, an accent on every
/// third.
fn talk(seed: u64) -> Speech {
    const WORDS: [&str; 18] = [
        "I",
        "you",
        "tower",
        "three",
        "big",
        "small",
        "up",
        "down",
        "here",
        "there",
        "never",
        "everything",
        "maybe",
        "river",
        "stone",
        "walking",
        "morning",
        "five",
    ];
    let mut speech = Speech { duration_secs: 62.0, ..Speech::default() };
    for k in 0..200_u32 {
        let start_secs = 0.5 + 0.3 * k as f32;
        let pick = (seed as u32).wrapping_mul(31).wrapping_add(k * 7 + k / 5) as usize;
        let text = WORDS[pick % WORDS.len()].to_owned();
        speech.words.push(TimedWord { text, start_secs, end_secs: start_secs + 0.28 });
        let sound = TimedPhoneme {
            phoneme: 'ɑ',
            stress: 2,
            start_secs: start_secs + 0.08,
            end_secs: start_secs + 0.2,
        };
        speech.phonemes.push(sound);
        if k % 3 == 0 {
            let strength = 0.4 + 0.6 * ((k * 37 % 101) as f32 / 100.0);
            speech.accents.push(Accent { at_secs: start_secs + 0.14, strength });
        }
    }
    speech
}

fn performance(speech: &Speech, manner: Manner, seed: u64) -> Timeline {
    let mut timeline = Timeline::new();
    let gestures = gestures_for(speech, &manner, seed, &[]);
    let say = Say { speech: speech.clone(), manner, gestures };
    timeline.say(1.0, say, Activity::Idle).expect("good");
    timeline
}

fn strokes(speech: &Speech, manner: Manner, seed: u64) -> Vec<(f32, Stroke)> {
    let stroke = |timed: TimedGesture| match timed.gesture {
        Gesture::Stroke(stroke) => Some((timed.start_secs, stroke)),
        _ => None,
    };
    gestures_for(speech, &manner, seed, &[]).into_iter().filter_map(stroke).collect()
}

#[test]
fn strokes_fall_on_accents_and_follow_the_manner() {
    let speech = talk(1);
    let mut last = 0;
    for liveliness in [0.0, 0.4, 1.0, 2.0] {
        let manner = Manner { liveliness, ..Manner::default() };
        let all = strokes(&speech, manner, 7);
        assert_eq!(all, strokes(&speech, manner, 7));
        assert!(all.len() >= last, "{} strokes at {liveliness}", all.len());
        last = all.len();
        for (at, stroke) in &all {
            let end = at + stroke.prepare_secs + stroke.stroke_secs;
            let on = speech.accents.iter().any(|a| (a.at_secs - end).abs() < 0.12);
            assert!(on, "a stroke ends at {end}, off all accents");
        }
        // No faster than hands of lecturers.
        assert!(all.len() as f32 <= 1.2 * 60.0, "{}", all.len());
    }
    assert!(last > 30, "{last} strokes of a lively minute");
    assert!(strokes(&speech, Manner { liveliness: 0.0, ..Manner::default() }, 7).is_empty());
}

#[test]
fn words_ask_for_hands_of_their_own() {
    let said = |word: &str| {
        let mut speech = talk(0);
        speech.words.truncate(1);
        speech.words[0].text = word.to_owned();
        speech.accents.truncate(1);
        speech.accents[0].strength = 1.0;
        strokes(&speech, Manner::default(), 3)[0].1
    };
    assert_eq!(said("three").shape, HandShape::Count(3));
    assert_eq!(said("Tiny").shape, HandShape::Pinch);
    let big = said("huge");
    assert!(big.hands == Hands::Both && big.to.x > big.from.x + 0.2);
    assert!(said("up").to.y > said("down").to.y + 0.5);
    assert!(said("never").hands == Hands::Both && said("never").palm.y < -0.5);
    assert!(said("maybe").shrug > 0.5);
    assert!(said("me").to.z < said("you").to.z - 0.2);
}

#[test]
fn named_places_are_pointed_at_and_nothing_comes_in_between() {
    let speech = talk(2);
    let tower = Target::Point(Vec3::new(3.0, 2.0, 20.0));
    let all = gestures_for(&speech, &Manner::default(), 5, &[(20.0, tower)]);
    let points = |timed: &TimedGesture| matches!(timed.gesture, Gesture::Point { target, .. } if target == tower);
    let begins = all.iter().find(|timed| points(timed)).expect("pointed at").start_secs;
    assert!((19.0..20.0).contains(&begins), "{begins}");
    let crosses = all.iter().any(|timed| {
        let within = (begins + 0.2..begins + 2.0).contains(&timed.start_secs);
        matches!(timed.gesture, Gesture::Stroke(_)) && within
    });
    assert!(!crosses);
    assert!(all.is_sorted_by(|a, b| a.start_secs <= b.start_secs));
}

#[test]
fn hands_come_to_rest_when_speech_is_cut_short() {
    let rig = Rig::adult();
    let manner = Manner { liveliness: 2.0, ..Manner::default() };
    let said = performance(&talk(3), manner, 3);
    let mut hushed = said.clone();
    hushed.insert(10.0, Act::Hush).expect("good");
    let travelled = |timeline: &Timeline| {
        let (mut sum, mut last) = (0.0, None);
        watch(&mut life(3), timeline, &EmptyPlace, (0.0, 22.0, 30.0), |time, _, pose| {
            if time > 11.5 {
                let places = rig.places(pose);
                let now = [LeftHand, RightHand].map(|hand| places.position(hand));
                if let Some([a, b]) = last.replace(now) {
                    sum += now[0].distance(a).max(now[1].distance(b));
                }
            }
        });
        sum
    };
    let (goes_on, rests) = (travelled(&said), travelled(&hushed));
    assert!(goes_on > 4.0 && rests < 0.2 * goes_on, "{rests} m instead of {goes_on}");
    // What is said instead has its own gestures and none of those before.
    let mut instead = said.clone();
    let plain = Say { speech: talk(4), ..Say::default() };
    instead.insert(10.0, Act::Say(Box::new(plain))).expect("good");
    assert!(travelled(&instead) < 0.2 * goes_on);
}

/// Distance of a point from a segment.
fn from_segment(p: Vec3, a: Vec3, b: Vec3) -> f32 {
    let along = (b - a).normalize_or_zero();
    let t = (p - a).dot(along).clamp(0.0, a.distance(b));
    p.distance(a + along * t)
}

#[test]
fn no_hand_goes_through_the_body_or_the_other_hand() {
    let rig = Rig::adult();
    let mut moved = 0.0f32;
    // Ten minutes, by people of all kinds.
    for seed in 0..10 {
        let manner = Manner { liveliness: 0.4 + 0.16 * seed as f32, ..Manner::default() };
        let timeline = performance(&talk(seed), manner, seed);
        let mut last = None;
        watch(
            &mut life(seed),
            &timeline,
            &EmptyPlace,
            (0.0, 63.0, 30.0),
            |time, _, pose: &AvatarPose| {
                let places = rig.places(pose);
                let at = |bone| places.position(bone);
                let hands = [[LeftHand, LeftMiddleDistal], [RightHand, RightMiddleDistal]];
                let elbows = [LeftLowerArm, RightLowerArm].map(at);
                let trunk = [at(Hips), at(UpperChest), at(Neck)];
                for (side, hand) in hands.iter().enumerate() {
                    for part in [0.0, 0.5, 1.0] {
                        let p = at(hand[0]).lerp(at(hand[1]), part);
                        let low = from_segment(p, trunk[0], trunk[1]);
                        let high = from_segment(p, trunk[1], trunk[2]);
                        assert!(
                            low > 0.15,
                            "side {side} {low} m from the trunk at {time}, seed {seed}"
                        );
                        assert!(
                            high > 0.13,
                            "side {side} {high} m from the chest at {time}, seed {seed}"
                        );
                        let head = p.distance(at(Head) + Vec3::Y * 0.08);
                        assert!(head > 0.16, "side {side} {head} m from the head at {time}");
                        let other = from_segment(p, at(hands[1 - side][0]), at(hands[1 - side][1]));
                        let arm = from_segment(p, elbows[1 - side], at(hands[1 - side][0]));
                        assert!(
                            other.min(arm) > 0.06,
                            "hands {other} {arm} m apart at {time}, seed {seed}"
                        );
                    }
                    // Elbows stay below the shoulders and off the back.
                    let shoulder = at([LeftUpperArm, RightUpperArm][side]);
                    assert!(elbows[side].y < shoulder.y + 0.05, "an elbow is up at {time}");
                }
                let now = hands.map(|hand| at(hand[0]));
                if let Some(last) = last {
                    let [a, b]: [Vec3; 2] = last;
                    let speed = now[0].distance(a).max(now[1].distance(b)) * 30.0;
                    moved = moved.max(speed);
                    assert!(speed < 6.0, "a hand goes {speed} m/s at {time}, seed {seed}");
                }
                last = Some(now);
            },
        );
    }
    assert!(moved > 0.8, "hands move at most {moved} m/s");
}

#[test]
fn hands_turn_as_quickly_as_hands_can() {
    const HZ: f32 = 120.0;
    let mut quickest = 0.0f32;
    for seed in 0..6 {
        let manner = Manner { liveliness: 0.6 + 0.25 * seed as f32, ..Manner::default() };
        let timeline = performance(&talk(seed), manner, seed);
        let bones = [LeftLowerArm, LeftHand, RightLowerArm, RightHand];
        let mut last: Option<[(Quat, f32); 4]> = None;
        let span = (0.0, 63.0, f64::from(HZ));
        watch(&mut life(seed), &timeline, &EmptyPlace, span, |time, _, pose: &AvatarPose| {
            let now = bones.map(|bone| pose.rotation(bone));
            let last_one = last.take();
            last = Some(std::array::from_fn(|at| {
                let Some(before) = last_one else { return (now[at], 0.0) };
                let (was, before_speed) = before[at];
                // Bones of glam turn the short way: signs do not matter.
                let speed = was.angle_between(now[at]).min(was.angle_between(-now[at])) * HZ;
                quickest = quickest.max(speed);
                // 800 degrees a second: wrists of people reach more.
                assert!(speed < 14.0, "{:?} turns {speed} rad/s at {time}, seed {seed}", bones[at]);
                let jolt = (speed - before_speed).abs() * HZ;
                assert!(
                    jolt < 600.0,
                    "{:?} jolts by {jolt} rad/s² at {time}, seed {seed}",
                    bones[at]
                );
                (now[at], speed)
            }));
        });
    }
    println!("hands turn {quickest:.1} rad/s at most");
    assert!(quickest > 2.0, "they turn at all");
}

#[test]
fn whoever_reads_a_line_performs_what_its_sender_does() {
    let tower = Target::Point(Vec3::new(3.0, 1.0, 4.0));
    let nod = TimedGesture { start_secs: 2.004, gesture: Gesture::Nod(2) };
    let say = Say { speech: talk(5), gestures: vec![nod], ..Say::default() };
    let line = Line { say, seed: 99, points: vec![(30.0, tower)] };
    let sent = line.encode().expect("good");
    let [here, there] = [(); 2].map(|()| say_for(Line::decode(&sent).expect("its own bytes")));
    assert_eq!(here, there);
    assert!(here.gestures.len() > 20, "{} gestures", here.gestures.len());
    assert!(here.gestures.iter().any(|g| matches!(g.gesture, Gesture::Point { .. })));
    assert!(here.gestures.iter().any(|g| g.gesture == Gesture::Nod(2)));
    assert!(here.gestures.windows(2).all(|pair| pair[0].start_secs <= pair[1].start_secs));
    let poses = [here, there].map(|say| {
        let mut timeline = Timeline::new();
        timeline.say(0.5, say, Activity::Idle).expect("good");
        let mut poses = Vec::new();
        watch(&mut life(3), &timeline, &EmptyPlace, (0.0, 20.0, 20.0), |_, _, pose| {
            poses.push(pose.clone());
        });
        poses
    });
    assert_eq!(poses[0], poses[1], "bit by bit");
    // Gestures follow from the seed.
    let other = Line { seed: 100, ..Line::decode(&sent).expect("its own bytes") };
    assert_ne!(say_for(other), say_for(Line::decode(&sent).expect("its own bytes")));
}
