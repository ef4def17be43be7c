//! The face of somebody who speaks.

use crate::helpers::*;
use proptest::prelude::*;
use reverie_avatar::{AvatarPose, EmptyPlace, FaceShape::*, FaceWeights, Lod};
use reverie_behavior::{
    Accent, Act, Activity, Emotion, Gesture, Manner, Mood, Phrase, PhraseEnd, Say, Speech,
    TimedGesture, TimedPhoneme, Timeline, Viseme,
};

/// Sounds of so many seconds each, one after another; a space is a pause.
fn speech(sounds: impl IntoIterator<Item = (char, f32)>) -> Speech {
    let (mut phonemes, mut at) = (Vec::new(), 0.2);
    for (phoneme, secs) in sounds {
        if phoneme != ' ' {
            let end_secs = at + secs;
            phonemes.push(TimedPhoneme { phoneme, stress: 2, start_secs: at, end_secs });
        }
        at += secs;
    }
    Speech { phonemes, duration_secs: at + 0.2, ..Speech::default() }
}

fn say(speech: &Speech) -> Timeline {
    let say = Say { speech: speech.clone(), ..Say::default() };
    let mut timeline = Timeline::new();
    timeline.say(1.0, say, Activity::Idle).expect("good");
    timeline
}

/// The face at a time of a speech that began at 1 s.
fn face(timeline: &Timeline, seed: u64, t: f32) -> FaceWeights {
    let mut pose = AvatarPose::REST;
    life(seed).pose(timeline, &EmptyPlace, 1.0 + f64::from(t), Lod::Full, &mut pose);
    pose.face
}

const SOUNDS: [char; 34] = [
    'p', 'b', 'm', 'f', 'v', 'θ', 'ð', 't', 'd', 'k', 'ɡ', 'h', 'ʃ', 'ʧ', 's', 'z', 'n', 'l', 'ŋ',
    'ɹ', 'w', 'j', 'ɑ', 'æ', 'ɛ', 'ə', 'i', 'ɪ', 'ɔ', 'u', 'A', 'I', 'O', ' ',
];

fn sentence(shortest_secs: f32) -> impl Strategy<Value = Vec<(char, f32)>> {
    let sound = (prop::sample::select(SOUNDS.to_vec()), shortest_secs..0.22);
    prop::collection::vec(sound, 1..24)
}

fn closed(face: &FaceWeights) -> bool {
    face[JawOpen] <= 0.07
        && (face[MouthClose] - face[JawOpen]).abs() < 0.02
        && face[MouthPressLeft] > 0.45
        && face[MouthPressRight] > 0.45
        && face[MouthLowerDownLeft].max(face[MouthUpperUpLeft]).max(face[MouthFunnel]) < 0.03
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lips_meet_and_teeth_touch(sounds in sentence(0.03), seed: u64, mood in 0_usize..9, phase in 0.0f32..1.0) {
        let speech = speech(sounds);
        let mut timeline = Timeline::new();
        timeline.push(0.0, Act::Mood(Mood::of(Emotion::ALL[mood], 1.0))).expect("good");
        timeline.say(1.0, Say { speech: speech.clone(), ..Say::default() }, Activity::Idle).expect("good");
        for sound in &speech.phonemes {
            let centre = 0.5 * (sound.start_secs + sound.end_secs);
            let there = face(&timeline, seed, centre);
            match Viseme::of(sound.phoneme).0 {
                Viseme::PP => {
                    prop_assert!(closed(&there), "{} at {centre}: {there:?}", sound.phoneme);
                    // Also on a film of 24 frames a second, whenever its shutter opens.
                    let first = (centre - 0.5 * FRAME + phase * FRAME).max(0.0);
                    let frames = [first, first + FRAME];
                    let shut = frames.iter().any(|t| closed(&face(&timeline, seed, *t)));
                    prop_assert!(shut, "{} at {centre} between frames", sound.phoneme);
                }
                Viseme::FF => {
                    prop_assert!(there[MouthShrugLower] >= 0.45 && there[JawOpen] <= 0.1, "{there:?}");
                }
                Viseme::SS | Viseme::CH => prop_assert!(there[JawOpen] <= 0.36, "{there:?}"),
                _ => {}
            }
        }
    }

    #[test]
    fn nothing_pops(sounds in sentence(0.05), seed: u64, hush in 0.1f32..1.5) {
        let speech = speech(sounds);
        let mut timeline = say(&speech);
        timeline.insert(1.0 + f64::from(hush), Act::Hush).expect("good");
        let (mut life, mut pose) = (life(seed), AvatarPose::REST);
        let mut before: [[f32; 52]; 2] = [[0.0; 52]; 2];
        let steps = ((speech.duration_secs + 1.5) / STEP) as usize;
        for k in 0..steps {
            let time = 0.9 + f64::from(STEP) * k as f64;
            life.pose(&timeline, &EmptyPlace, time, Lod::Full, &mut pose);
            for (at, now) in pose.face.0.iter().enumerate() {
                // Eyes and lids are quicker than any mouth.
                if k < 2 || at <= EyeWideRight as usize {
                    continue;
                }
                let [was, earlier] = [before[0][at], before[1][at]];
                let speed = (now - was) / STEP;
                let jolt = ((now - was) - (was - earlier)) / (STEP * STEP);
                prop_assert!(speed.abs() < 30.0, "{at} goes {speed} per second at {time}");
                prop_assert!(jolt.abs() < 6000.0, "{at} jolts by {jolt} at {time}");
            }
            before = [pose.face.0, before[0]];
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn speech_that_is_learnt_bit_by_bit_looks_like_speech_that_is_known(
        sounds in sentence(0.05),
        seed: u64,
    ) {
        /// Before a sound, when it becomes known.
        const LEAD: f64 = 0.4;
        let known = speech(sounds);
        let whole = say(&known);
        let mut learnt = Timeline::new();
        learnt.insert(1.0, Act::Say(Box::default())).expect("good");
        learnt.insert(1.0, Act::Activity(Activity::Talking)).expect("good");
        let over = 1.0 + f64::from(known.duration_secs);
        learnt.insert(over, Act::Activity(Activity::Idle)).expect("good");
        let (mut one, mut other) = (life(seed), life(seed));
        let (mut pose, mut bit_pose) = (AvatarPose::REST, AvatarPose::REST);
        let mut coming = known.phonemes.iter().peekable();
        let (mut worst, mut before) = (0.0f32, [0.0; 52]);
        for k in 0..((known.duration_secs + 1.5) * 120.0) as usize {
            let time = 0.9 + k as f64 / 120.0;
            while let Some(sound) = coming.next_if(|s| 1.0 + f64::from(s.start_secs) <= time + LEAD) {
                let secs = sound.end_secs - sound.start_secs;
                let phoneme = TimedPhoneme { start_secs: 0.0, end_secs: secs, ..*sound };
                let bit = Speech { phonemes: vec![phoneme], duration_secs: secs, ..Speech::default() };
                learnt.say_more(1.0, sound.start_secs, bit, []).expect("good");
            }
            one.pose(&whole, &EmptyPlace, time, Lod::Full, &mut pose);
            other.pose(&learnt, &EmptyPlace, time, Lod::Full, &mut bit_pose);
            for (at, (a, b)) in pose.face.0.iter().zip(bit_pose.face.0).enumerate() {
                if at > EyeWideRight as usize {
                    worst = worst.max((a - b).abs());
                    prop_assert!(k == 0 || (b - before[at]).abs() < 0.25, "{at} jumps at {time}");
                }
            }
            before = bit_pose.face.0;
        }
        prop_assert!(worst < 0.06, "off by {worst}");
    }
}

const FRAME: f32 = 1.0 / 24.0;
/// Seconds between two looks for pops: a corner in a curve would jolt by its change of speed over this.
const STEP: f32 = 0.0005;

#[test]
fn vowels_have_their_shapes_and_silence_none() {
    let vowel = |sound: char| {
        let said = speech([('h', 0.08), (sound, 0.25), ('h', 0.08)]);
        face(&say(&said), 3, 0.2 + 0.08 + 0.12)
    };
    assert!(vowel('ɑ')[JawOpen] > vowel('ɛ')[JawOpen] + 0.08);
    assert!(vowel('ɛ')[JawOpen] > vowel('i')[JawOpen] + 0.08);
    assert!(vowel('u')[MouthPucker] > 0.4 && vowel('i')[MouthPucker] < 0.05);
    assert!(vowel('i')[MouthStretchLeft] > 0.2 && vowel('u')[MouthStretchLeft] < 0.05);
    let said = speech([('h', 0.08), ('ɑ', 0.2), (' ', 0.9), ('ɑ', 0.2)]);
    let timeline = say(&said);
    assert!(face(&timeline, 3, 0.35)[JawOpen] > 0.3);
    assert!(face(&timeline, 3, 0.95)[JawOpen] < 0.05, "the mouth closes in a pause");
    assert!(face(&timeline, 3, 2.4)[JawOpen] < 0.03, "and at the end");
    // A tongue between the teeth, not out of the mouth.
    let said = speech([('ɑ', 0.15), ('θ', 0.12), ('ɑ', 0.15)]);
    let tongue = face(&say(&said), 3, 0.2 + 0.15 + 0.06)[TongueOut];
    assert!((0.3..0.62).contains(&tongue), "{tongue}");
    // Who mumbles opens the mouth less; who is unstressed too.
    let jaw = |articulation: f32, stress: u8| {
        let mut said = speech([('h', 0.08), ('ɑ', 0.2), ('h', 0.08)]);
        said.phonemes[1].stress = stress;
        let manner = Manner { articulation, ..Manner::default() };
        let mut timeline = Timeline::new();
        timeline
            .say(1.0, Say { speech: said, manner, ..Say::default() }, Activity::Idle)
            .expect("good");
        face(&timeline, 3, 0.38)[JawOpen]
    };
    assert!(jaw(0.4, 2) < 0.5 * jaw(1.0, 2) && jaw(1.4, 2) > 1.2 * jaw(1.0, 2));
    assert!(jaw(1.0, 0) < 0.9 * jaw(1.0, 2));
}

#[test]
fn neighbours_colour_a_consonant_and_a_diphthong_moves() {
    let k_in = |vowel: char| {
        let said = speech([(vowel, 0.15), ('k', 0.09), (vowel, 0.15)]);
        face(&say(&said), 3, 0.2 + 0.15 + 0.045)
    };
    assert!(k_in('u')[MouthPucker] > 0.25, "lips stay round over a k");
    assert!(k_in('i')[MouthPucker] < 0.05);
    let said = speech([('h', 0.08), ('O', 0.3), ('h', 0.08)]);
    let timeline = say(&said);
    let (first, last) = (face(&timeline, 3, 0.36), face(&timeline, 3, 0.53));
    assert!(first[JawOpen] > last[JawOpen] + 0.08 && last[MouthPucker] > first[MouthPucker] + 0.08);
}

#[test]
fn accents_and_questions_show_in_brows_and_head() {
    let mut said = speech((0..40).map(|k| (if k % 2 == 0 { 'n' } else { 'ɑ' }, 0.1)));
    said.accents =
        (0..8).map(|k| Accent { at_secs: 0.4 + 0.45 * k as f32, strength: 1.0 }).collect();
    let ending = |ending| Phrase { start_secs: 0.2, end_secs: 4.2, ending };
    let look = |speech: &Speech, seed: u64| {
        let mut brows = 0.0f32;
        let mut heads = Vec::new();
        watch(&mut life(seed), &say(speech), &EmptyPlace, (1.0, 5.2, 60.0), |_, _, pose| {
            brows = brows.max(pose.face[BrowInnerUp]);
            heads.push(pose.rotation(reverie_avatar::HumanBone::Head).to_axis_angle().1);
        });
        let sway = heads.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum::<f32>();
        (brows, sway)
    };
    let mean = |speech: &Speech| {
        let all: Vec<(f32, f32)> = (0..12).map(|seed| look(speech, seed)).collect();
        let sum = |of: fn(&(f32, f32)) -> f32| all.iter().map(of).sum::<f32>() / 12.0;
        (sum(|each| each.0), sum(|each| each.1))
    };
    let flat = Speech { accents: Vec::new(), ..said.clone() };
    let (accented, plain) = (mean(&said), mean(&flat));
    assert!(accented.0 > plain.0 + 0.2, "brows {accented:?} and {plain:?}");
    assert!(accented.1 > 1.15 * plain.1, "head {accented:?} and {plain:?}");
    let end = |how| {
        let mut asked = flat.clone();
        asked.phrases = vec![ending(how)];
        let brow = |seed| face(&say(&asked), seed, 4.2)[BrowInnerUp];
        (0..12).map(brow).sum::<f32>() / 12.0
    };
    assert!(end(PhraseEnd::Question) > end(PhraseEnd::Statement) + 0.3);
}

#[test]
fn a_speech_that_is_cut_short_passes_and_the_next_one_takes_over() {
    let long = speech((0..40).map(|k| (if k % 2 == 0 { 'h' } else { 'ɑ' }, 0.12)));
    let mut timeline = say(&long);
    timeline.insert(2.0, Act::Hush).expect("good");
    assert!(face(&timeline, 5, 0.95)[JawOpen] > 0.15);
    assert!(face(&timeline, 5, 1.25)[JawOpen] < 0.03);
    let mut timeline = say(&long);
    let next = speech([('u', 1.0)]);
    timeline.insert(2.0, Act::Say(Box::new(Say { speech: next, ..Say::default() }))).expect("good");
    let after = face(&timeline, 5, 1.7);
    assert!(after[MouthPucker] > 0.4 && after[JawOpen] < 0.3, "{after:?}");
}

#[test]
fn what_is_being_said_is_not_forgotten() {
    let long = speech((0..40).map(|k| (if k % 2 == 0 { 'h' } else { 'ɑ' }, 0.12)));
    let mut timeline = say(&long);
    let (mut a, mut b) = (life(2), life(2));
    let mut pose = [AvatarPose::REST; 2];
    a.pose(&timeline, &EmptyPlace, 3.0, Lod::Full, &mut pose[0]);
    b.pose(&timeline, &EmptyPlace, 3.0, Lod::Full, &mut pose[1]);
    let whole = timeline.clone();
    timeline.forget_before(3.0);
    a.pose(&timeline, &EmptyPlace, 3.5, Lod::Full, &mut pose[0]);
    b.pose(&whole, &EmptyPlace, 3.5, Lod::Full, &mut pose[1]);
    assert_eq!(pose[0], pose[1]);
    timeline.forget_before(9.0);
    assert!(timeline.events().is_empty());
}

fn nod(times: u8) -> TimedGesture {
    TimedGesture { start_secs: 0.1, gesture: Gesture::Nod(times) }
}

#[test]
fn bad_speech_is_refused_by_name() {
    let good = speech([('h', 0.1), ('ɑ', 0.1)]);
    let refused = |change: fn(&mut Say)| {
        let mut say = Say { speech: good.clone(), ..Say::default() };
        change(&mut say);
        Timeline::new().push(0.0, Act::Say(Box::new(say))).expect_err("bad").to_string()
    };
    type Case = (fn(&mut Say), &'static str);
    let cases: [Case; 9] = [
        (|say| say.speech.duration_secs = f32::NAN, "duration_secs"),
        (|say| say.speech.duration_secs = 0.1, "phonemes"),
        (|say| say.speech.phonemes[0].end_secs = f32::NAN, "phonemes"),
        (|say| say.speech.phonemes.reverse(), "phonemes"),
        (|say| say.speech.phonemes[1].stress = 9, "stress"),
        (|say| say.speech.accents.push(Accent { at_secs: 0.1, strength: 2.0 }), "strength"),
        (|say| say.manner.articulation = 7.0, "articulation"),
        (|say| say.gestures.push(TimedGesture { start_secs: 9.0, ..nod(1) }), "gestures"),
        (|say| say.gestures.push(nod(9)), "times"),
    ];
    for (change, field) in cases {
        let text = refused(change);
        assert!(text.contains(field), "{text} does not name {field}");
    }
}
