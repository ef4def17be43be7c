//! Emotions: what faces show, how they come and go.

use crate::helpers::*;
use reverie_avatar::{AvatarPose, EmptyPlace, FaceShape, HumanBone, Rig};
use reverie_behavior::{Act, Affect, Emotion, Feeling, Mood};

/// The mean face of a mood once it is there.
fn face(mood: Mood, seed: u64) -> [f32; FaceShape::COUNT] {
    let timeline = timeline([(0.0, Act::Mood(mood))]);
    let mut sum = [0.0; FaceShape::COUNT];
    watch(&mut life(seed), &timeline, &EmptyPlace, (3.0, 40.0, 10.0), |_, _, pose| {
        for (sum, weight) in sum.iter_mut().zip(pose.face.0) {
            *sum += weight / 400.0;
        }
    });
    sum
}

#[test]
fn every_emotion_shows_its_action_units() {
    use FaceShape::*;
    let units: [(Emotion, &[FaceShape]); 8] = [
        (Emotion::Happy, &[MouthSmileLeft, MouthSmileRight, CheekSquintLeft]),
        (Emotion::Sad, &[BrowInnerUp, MouthFrownLeft, MouthFrownRight]),
        (Emotion::Angry, &[BrowDownLeft, BrowDownRight, MouthPressLeft]),
        (Emotion::Afraid, &[BrowInnerUp, EyeWideLeft, MouthStretchRight]),
        (Emotion::Surprised, &[BrowOuterUpLeft, BrowInnerUp, EyeWideRight, JawOpen]),
        (Emotion::Disgusted, &[NoseSneerLeft, NoseSneerRight, MouthUpperUpLeft]),
        (Emotion::Relaxed, &[MouthSmileLeft]),
        (Emotion::Interest, &[BrowInnerUp, BrowOuterUpRight]),
    ];
    let neutral = face(Mood::of(Emotion::Neutral, 1.0), 1);
    for (emotion, shapes) in units {
        let full = face(Mood::of(emotion, 1.0), 1);
        let half = face(Mood::of(emotion, 0.5), 1);
        for shape in shapes {
            let at = *shape as usize;
            let (full, half) = (full[at] - neutral[at], half[at] - neutral[at]);
            assert!(full > 0.08, "{emotion:?} {} {full}", shape.name());
            assert!(
                half > 0.3 * full && half < 0.7 * full,
                "{emotion:?} {} {half} of {full}",
                shape.name()
            );
        }
    }
}

#[test]
fn a_point_of_the_plane_blends_its_neighbours_and_a_mask_lets_the_brows_through() {
    use FaceShape::*;
    let between =
        Mood { feeling: Feeling::Affect(Affect { valence: 0.6, arousal: 0.4 }), ..Mood::default() };
    let blend = face(between, 2);
    let happy = face(Mood::of(Emotion::Happy, 1.0), 2);
    let smile = MouthSmileLeft as usize;
    assert!(blend[smile] > 0.2 && blend[smile] < happy[smile], "{}", blend[smile]);
    assert!(blend[BrowOuterUpLeft as usize] > happy[BrowOuterUpLeft as usize]);

    let polite = Mood { mask: Some(Feeling::Named(Emotion::Happy)), ..Mood::of(Emotion::Sad, 1.0) };
    let (masked, sad) = (face(polite, 2), face(Mood::of(Emotion::Sad, 1.0), 2));
    assert!(masked[smile] > 0.5, "it smiles");
    assert!(masked[MouthFrownLeft as usize] < 0.15);
    let brows = masked[BrowInnerUp as usize] / sad[BrowInnerUp as usize];
    assert!((0.25..0.6).contains(&brows), "and its brows betray it: {brows}");
}

#[test]
fn onset_and_decay_take_their_time() {
    let mood = Mood { onset_secs: 0.8, decay_secs: 2.0, ..Mood::of(Emotion::Happy, 1.0) };
    let timeline = timeline([(1.0, Act::Mood(mood.for_secs(3.0)))]);
    let mut smile = std::collections::BTreeMap::new();
    watch(&mut life(1), &timeline, &EmptyPlace, (0.0, 9.0, 10.0), |time, _, pose| {
        smile.insert((10.0 * time).round() as i32, pose.face[FaceShape::MouthSmileLeft]);
    });
    assert!(smile[&10] < 0.1 && (0.2..0.6).contains(&smile[&14]), "half-way after 0.4 s");
    assert!(smile[&19] > 0.6 && smile[&47] > 0.6, "until 4.8 s");
    assert!((0.2..0.6).contains(&smile[&58]) && smile[&70] < 0.1);
}

#[test]
fn posture_breath_and_gaze_take_part() {
    let bearing = |emotion| {
        let timeline = timeline([(0.0, Act::Mood(Mood::of(emotion, 1.0)))]);
        let rig = Rig::adult();
        let (mut head, mut chest, mut shoulder) = (Vec::new(), Vec::new(), Vec::new());
        watch(
            &mut life(4),
            &timeline,
            &EmptyPlace,
            (5.0, 120.0, 20.0),
            |_, _, pose: &AvatarPose| {
                let places = rig.places(pose);
                head.push(f64::from((places.rotation(HumanBone::Head) * glam::Vec3::Z).y));
                chest.push(f64::from((places.rotation(HumanBone::UpperChest) * glam::Vec3::Y).z));
                shoulder
                    .push(f64::from((pose.rotation(HumanBone::LeftShoulder) * glam::Vec3::X).y));
            },
        );
        // Breaths: crossings of the shoulder's middle upwards.
        let middle = mean(shoulder.iter().copied());
        let breaths = shoulder.windows(2).filter(|w| w[0] < middle && w[1] >= middle).count();
        (mean(head), mean(chest), middle, breaths as f64 / 2.0)
    };
    let neutral = bearing(Emotion::Neutral);
    let (sad, afraid, relaxed) =
        (bearing(Emotion::Sad), bearing(Emotion::Afraid), bearing(Emotion::Relaxed));
    assert!((12.0..17.0).contains(&neutral.3), "{} breaths a minute", neutral.3);
    assert!(sad.0 < neutral.0 - 0.1 && sad.1 > neutral.1 + 0.05, "head and chest sink");
    assert!(afraid.2 > neutral.2 + 0.05, "shoulders rise");
    assert!(afraid.3 > 1.5 * neutral.3, "breath quickens: {}", afraid.3);
    assert!(relaxed.3 < 0.9 * neutral.3, "breath slows: {}", relaxed.3);
}
