//! Laughter, sighs and breaths, and what activities show.

use crate::helpers::*;
use proptest::prelude::*;
use reverie_avatar::{AvatarPose, EmptyPlace, FaceShape::*, FaceWeights, HumanBone, Lod};
use reverie_behavior::{
    Act, Activity, Emotion, Mood, Say, Speech, TimedPhoneme, Timeline, Vocal, VocalKind,
};

/// Seconds between two looks for pops.
const STEP: f32 = 0.0005;

fn vocal(kind: VocalKind, start_secs: f32, secs: f32, strength: f32, variant: u8) -> Vocal {
    let calls = kind.usual_calls(secs);
    Vocal { kind, start_secs, end_secs: start_secs + secs, strength, calls, variant }
}

fn said(vocals: Vec<Vocal>) -> Timeline {
    let duration_secs = vocals.last().map_or(0.0, |v| v.end_secs);
    let speech = Speech { vocals, duration_secs, ..Speech::default() };
    timeline([(1.0, Act::Say(Box::new(Say { speech, ..Say::default() })))])
}

fn pose_at(timeline: &Timeline, seed: u64, t: f32) -> AvatarPose {
    let mut pose = AvatarPose::REST;
    life(seed).pose(timeline, &EmptyPlace, 1.0 + f64::from(t), Lod::Full, &mut pose);
    pose
}

/// Weights of a timeline less those of a life that says nothing.
fn shown(timeline: &Timeline, seed: u64, t: f32) -> FaceWeights {
    let mut face = pose_at(timeline, seed, t).face;
    let rest = pose_at(&Timeline::new(), seed, t).face;
    face.0.iter_mut().zip(rest.0).for_each(|(weight, rest)| *weight -= rest);
    face
}

fn degrees(pose: &AvatarPose, bone: HumanBone) -> f32 {
    pose.rotation(bone).to_axis_angle().1.to_degrees()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_pops_when_laughing_or_hushed(
        kind in 0..5usize, then in 0..5usize, secs in 0.1f32..3.0, strength in 0.0f32..=1.0, variant: u8,
        seed: u64, hush in 0.05f32..3.0, speaks: bool,
    ) {
        let first = vocal(VocalKind::ALL[kind], 0.0, secs, strength, variant);
        let next = vocal(VocalKind::ALL[then], secs + 0.3, 0.6, 1.0, variant);
        let duration_secs = next.end_secs;
        let mut speech = Speech { vocals: vec![first, next], duration_secs, ..Speech::default() };
        if speaks {
            let at = |start_secs: f32, phoneme| TimedPhoneme {
                phoneme, stress: 2, start_secs, end_secs: start_secs + 0.08,
            };
            speech.phonemes = vec![at(secs, 'p'), at(secs + 0.1, 'ɑ'), at(secs + 0.2, 'm')];
        }
        let mut timeline =
            timeline([(1.0, Act::Say(Box::new(Say { speech, ..Say::default() })))]);
        timeline.insert(1.0 + f64::from(hush), Act::Hush).expect("good");
        let (mut life, mut pose) = (life(seed), AvatarPose::REST);
        let mut before = [[0.0; 52]; 2];
        let mut bones = [[[0.0; 4]; 55]; 2];
        for k in 0..((duration_secs + 1.6) / STEP) as usize {
            let time = 0.9 + f64::from(STEP) * k as f64;
            life.pose(&timeline, &EmptyPlace, time, Lod::Full, &mut pose);
            let now_bones = pose.rotations.map(|q| q.to_array());
            for (at, now) in pose.face.0.iter().enumerate() {
                // Lids blink, and eyes jump.
                if k < 2 || at <= EyeWideRight as usize {
                    continue;
                }
                let [was, earlier] = [before[0][at], before[1][at]];
                let (speed, jolt) = ((now - was) / STEP, (now - 2.0 * was + earlier) / (STEP * STEP));
                prop_assert!(speed.abs() < 30.0, "{at} goes {speed} per second at {time}");
                prop_assert!(jolt.abs() < 6000.0, "{at} jolts by {jolt} at {time}");
            }
            for bone in [HumanBone::Head, HumanBone::Neck, HumanBone::Spine, HumanBone::LeftShoulder] {
                for part in 0..4 {
                    if k < 2 {
                        continue;
                    }
                    let (now, was) = (now_bones[bone as usize][part], bones[0][bone as usize][part]);
                    let speed = (now - was) / STEP;
                    prop_assert!(speed.abs() < 3.0, "{bone:?} goes {speed} at {time}");
                }
            }
            before = [pose.face.0, before[0]];
            bones = [now_bones, bones[0]];
        }
    }
}

#[test]
fn laughter_shows_in_cheeks_jaw_head_and_shoulders() {
    let laugh = vocal(VocalKind::Laugh, 0.0, 2.0, 1.0, 7);
    let timeline = said(vec![laugh]);
    let calls: Vec<_> = laugh.calls().collect();
    for seed in 0..8 {
        let face = shown(&timeline, seed, 0.7);
        assert!(face[MouthSmileLeft] > 0.45 && face[CheekSquintRight] > 0.5, "{face:?}");
        assert!(face[EyeSquintLeft] > 0.25, "{face:?}");
        // The jaw goes down with each call.
        for pair in calls[1..5].windows(2) {
            let middle = |call: &reverie_behavior::Call| call.start_secs + 0.5 * call.secs;
            let (one, other) = (middle(&pair[0]), middle(&pair[1]));
            let between = 0.5 * (pair[0].start_secs + pair[0].secs + pair[1].start_secs);
            let jaw = |t| shown(&timeline, seed, t)[JawOpen];
            assert!(jaw(one) > jaw(between) + 0.04 && jaw(other) > jaw(between) + 0.02);
            let shoulder = |t| degrees(&pose_at(&timeline, seed, t), HumanBone::LeftShoulder);
            assert!((shoulder(one) - shoulder(between)).abs() > 0.3);
        }
        // The smile stays a moment longer than the laugh.
        assert!(shown(&timeline, seed, 1.75)[MouthSmileLeft] > 0.1);
        assert!(shown(&timeline, seed, 3.0)[MouthSmileLeft].abs() < 0.01);
    }
    let chuckle = said(vec![vocal(VocalKind::Chuckle, 0.0, 2.0, 1.0, 7)]);
    let (soft, loud) = (shown(&chuckle, 1, 0.7), shown(&timeline, 1, 0.7));
    assert!(soft[JawOpen] < 0.4 * loud[JawOpen] && soft[MouthSmileLeft] < loud[MouthSmileLeft]);
}

#[test]
fn sighs_sink_and_gasps_rise() {
    let pitch = |timeline: &Timeline, t| {
        // Of the head in model space, from neck and torso on.
        let pose = pose_at(timeline, 3, t);
        let bones = [
            HumanBone::Hips,
            HumanBone::Spine,
            HumanBone::Chest,
            HumanBone::UpperChest,
            HumanBone::Neck,
            HumanBone::Head,
        ];
        let head = bones.iter().fold(glam::Quat::IDENTITY, |all, bone| all * pose.rotation(*bone));
        (head * glam::Vec3::Z).y
    };
    let none = Timeline::new();
    let sigh = said(vec![vocal(VocalKind::Sigh, 0.0, 2.0, 1.0, 0)]);
    assert!(pitch(&sigh, 1.9) < pitch(&none, 1.9) - 0.04, "the head droops");
    assert!(shown(&sigh, 3, 1.1)[BrowInnerUp] > 0.15);
    let gasp = said(vec![vocal(VocalKind::Gasp, 0.0, 0.4, 1.0, 0)]);
    let face = shown(&gasp, 3, 0.35);
    assert!(face[BrowInnerUp] > 0.35 && face[BrowOuterUpLeft] > 0.35 && face[JawOpen] > 0.2);
    let breath = said(vec![vocal(VocalKind::Breath, 0.0, 0.4, 1.0, 0)]);
    assert!((0.03..0.2).contains(&shown(&breath, 3, 0.2)[JawOpen]));
}

#[test]
fn lips_still_meet_right_behind_a_laugh() {
    let laugh = vocal(VocalKind::Laugh, 0.0, 1.2, 1.0, 3);
    let phoneme = |phoneme, start_secs: f32, end_secs| TimedPhoneme {
        phoneme,
        stress: 2,
        start_secs,
        end_secs,
    };
    let speech = Speech {
        vocals: vec![laugh],
        phonemes: vec![phoneme('b', 1.25, 1.33), phoneme('ɑ', 1.33, 1.5)],
        duration_secs: 1.6,
        ..Speech::default()
    };
    let timeline = timeline([(1.0, Act::Say(Box::new(Say { speech, ..Say::default() })))]);
    let face = pose_at(&timeline, 5, 1.29).face;
    assert!(face[JawOpen] < 0.08 && face[MouthPressLeft] > 0.45, "{face:?}");
}

/// Mean weights of a shape while busy with something, of many people and times.
fn mean_of(activity: Activity, shapes: &[reverie_avatar::FaceShape]) -> f32 {
    let mut sum = 0.0;
    for seed in 0..30 {
        let timeline = timeline([(0.0, Act::Activity(activity))]);
        let (mut life, mut pose) = (life(seed), AvatarPose::REST);
        for k in 2..6 {
            life.pose(&timeline, &EmptyPlace, 4.0 * f64::from(k), Lod::Full, &mut pose);
            sum += shapes.iter().map(|shape| pose.face[*shape]).sum::<f32>();
        }
    }
    sum / 120.0
}

#[test]
fn activities_show_in_the_face() {
    let brows = [BrowDownLeft, BrowDownRight, BrowOuterUpLeft, BrowOuterUpRight];
    let lips =
        [MouthPressLeft, MouthPressRight, MouthLeft, MouthRight, MouthPucker, MouthShrugLower];
    let idle = |shapes| mean_of(Activity::Idle, shapes);
    assert!(mean_of(Activity::Thinking, &brows) > idle(&brows) + 0.2);
    assert!(mean_of(Activity::Thinking, &lips) > idle(&lips) + 0.15);
    let raised = [BrowInnerUp, BrowOuterUpLeft, BrowOuterUpRight];
    assert!(mean_of(Activity::Listening, &raised) > idle(&raised) + 0.2);
    let narrow = [EyeSquintLeft, EyeSquintRight];
    assert!(mean_of(Activity::Reading, &narrow) > idle(&narrow) + 0.2);
    // No grimace: nothing of it is as strong as a plain feeling.
    for shape in brows.iter().chain(&lips).chain(&raised) {
        assert!(mean_of(Activity::Thinking, &[*shape]) < 0.4);
    }
}

#[test]
fn thinkers_differ_and_change() {
    let face = |seed, time| {
        let timeline = timeline([(0.0, Act::Activity(Activity::Thinking))]);
        let mut pose = AvatarPose::REST;
        life(seed).pose(&timeline, &EmptyPlace, time, Lod::Full, &mut pose);
        [BrowDownLeft, BrowOuterUpLeft, BrowOuterUpRight, MouthPressLeft, MouthLeft, MouthRight]
            .map(|shape| pose.face[shape])
    };
    let far = |a: [f32; 6], b: [f32; 6]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>();
    let between: f32 = (0..20).map(|seed| far(face(seed, 3.0), face(seed + 100, 3.0))).sum();
    let over: f32 = (0..20).map(|seed| far(face(seed, 3.0), face(seed, 14.0))).sum();
    assert!(between / 20.0 > 0.25 && over / 20.0 > 0.25, "{between} {over}");
}

#[test]
fn activities_come_and_go_smoothly() {
    const HZ: f64 = 1000.0;
    let busy = [Activity::Thinking, Activity::Listening, Activity::Reading, Activity::Talking];
    for seed in 0..6 {
        // Quicker than anything is over.
        let acts = (0..24).map(|k| (1.0 + 0.31 * k as f64, Act::Activity(busy[k % 4])));
        let mut timeline = timeline(acts);
        timeline.insert(0.5, Act::Mood(Mood::of(Emotion::Happy, 0.7))).expect("good");
        let mut before: [Option<[f32; 52]>; 2] = [None; 2];
        watch(&mut life(seed), &timeline, &EmptyPlace, (0.9, 9.0, HZ), |time, _, pose| {
            if let [Some(was), Some(earlier)] = before {
                for at in EyeWideRight as usize + 1..52 {
                    let now = pose.face.0[at];
                    let speed = (now - was[at]) * HZ as f32;
                    let jolt = (now - 2.0 * was[at] + earlier[at]) * (HZ * HZ) as f32;
                    assert!(speed.abs() < 6.0, "{at} goes {speed} at {time}");
                    assert!(jolt.abs() < 400.0, "{at} jolts by {jolt} at {time}");
                }
            }
            before = [Some(pose.face.0), before[0]];
        });
    }
}

#[test]
fn bad_vocals_are_refused_by_name() {
    let refused = |change: fn(&mut Vocal)| {
        let mut laugh = vocal(VocalKind::Laugh, 0.0, 1.0, 1.0, 0);
        change(&mut laugh);
        let speech = Speech { vocals: vec![laugh], duration_secs: 1.0, ..Speech::default() };
        let say = Say { speech, ..Say::default() };
        Timeline::new().push(0.0, Act::Say(Box::new(say))).expect_err("bad").to_string()
    };
    type Case = (fn(&mut Vocal), &'static str);
    let cases: [Case; 6] = [
        (|v| v.end_secs = 2.0, "vocals"),
        (|v| v.end_secs = -1.0, "vocals"),
        (|v| v.start_secs = f32::NAN, "vocals"),
        (|v| v.strength = 1.5, "strength"),
        (|v| v.strength = f32::NAN, "strength"),
        (|v| v.calls = 200, "calls"),
    ];
    for (change, field) in cases {
        let text = refused(change);
        assert!(text.contains(field), "{text} does not name {field}");
    }
}
