//! Performances written down.

use crate::helpers::*;
use reverie_avatar::{AvatarPose, FaceShape, HumanBone, Lod, Track};
use reverie_behavior::{Act, Activity, Emotion, Gesture, Mood};

fn recorded() -> (Track, Vec<AvatarPose>) {
    let mut timeline = conversation(Activity::Talking);
    timeline.insert(0.2, Act::Mood(Mood::of(Emotion::Happy, 0.8))).expect("good");
    timeline.insert(0.4, Act::Gesture(Gesture::Wave { hand: None, secs: 1.5 })).expect("good");
    let mut track = Track::new(30.0);
    let mut poses = Vec::new();
    watch(&mut life(4), &timeline, &Room, (0.0, 2.0, 30.0), |_, _, pose| {
        track.push(pose);
        poses.push(pose.clone());
    });
    track.forget_still_bones();
    (track, poses)
}

#[test]
fn a_track_gives_back_what_was_performed() {
    let (track, poses) = recorded();
    track.check().expect("good");
    assert_eq!(track.frames.len(), 60);
    assert!((track.duration_secs() - 2.0).abs() < 1e-5);
    assert!(
        !track.bones.contains_key(&HumanBone::Jaw) && track.bones.contains_key(&HumanBone::Head)
    );
    let text = serde_json::to_string(&track).expect("writable");
    let read: Track = serde_json::from_str(&text).expect("readable");
    assert_eq!(read, track);
    for (at, pose) in poses.iter().enumerate() {
        let back = read.pose(at).expect("there");
        for shape in FaceShape::ALL {
            assert!((back.face[shape] - pose.face[shape]).abs() < 1e-4);
        }
        for bone in HumanBone::ALL {
            let (was, is) = (pose.rotation(bone), back.rotation(bone));
            let close = is.abs_diff_eq(was, 2e-4) || is.abs_diff_eq(-was, 2e-4);
            assert!(close, "{} is {is} and not {was} in frame {at}", bone.name());
        }
        for side in 0..2 {
            assert!((back.eyes[side].yaw - pose.eyes[side].yaw).abs() < 1e-3);
            assert!((back.eyes[side].pitch - pose.eyes[side].pitch).abs() < 1e-3);
        }
        assert!(back.hips_offset.abs_diff_eq(pose.hips_offset, 1e-4));
        assert!(back.root.position.abs_diff_eq(pose.root.position, 1e-4));
    }
    assert_eq!(read.pose(1000), read.pose(59));
    assert_eq!(Track::new(60.0).pose(0), None);
    assert_eq!(poses[0].lod, Lod::Full);
}

#[test]
fn bad_tracks_are_refused_by_name() {
    let (good, _) = recorded();
    type Case = (fn(&mut Track), &'static str);
    let cases: [Case; 9] = [
        (|t| t.fps = 0.0, "fps"),
        (|t| t.fps = f32::NAN, "fps"),
        (|t| t.curves[1] = t.curves[0], "curves"),
        (|t| t.frames[7].truncate(3), "frames[7]"),
        (|t| t.frames[8][0] = 1.5, "frames[8]"),
        (|t| t.frames[8][0] = f32::NAN, "frames[8]"),
        (|t| t.bones.get_mut(&HumanBone::Head).expect("there").truncate(9), "bones.head"),
        (|t| t.bones.get_mut(&HumanBone::Head).expect("there")[3] = [0.0; 4], "bones.head"),
        (|t| t.root.truncate(5), "root"),
    ];
    for (change, field) in cases {
        let mut track = good.clone();
        change(&mut track);
        let text = track.check().expect_err("bad").to_string();
        assert!(text.starts_with(field), "{text} does not name {field}");
    }
    for text in ["", r#"{"fps":"x"}"#, r#"{"fps":60,"curves":["noSuchShape"]}"#, r#"{"fbs":60}"#] {
        assert!(serde_json::from_str::<Track>(text).is_err(), "{text}");
    }
}
