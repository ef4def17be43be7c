//! The whole: independent of frame rate, resumable, smooth, alive, and unbreakable.

use crate::helpers::*;
use glam::Vec3;
use proptest::prelude::*;
use reverie_avatar::{
    AvatarPose, EmptyPlace, FaceShape, HumanBone, Life, LifeState, Lod, Rig, RootPlace,
    Surroundings,
};
use reverie_behavior::{
    Act, Activity, Attraction, Emotion, EntityId, Gesture, Look, Mood, Target, Timeline, Walk,
};

/// A bit of everything.
fn busy() -> Timeline {
    let point = Target::Point(Vec3::new(2.0, 1.0, 2.0));
    timeline([
        (0.0, Act::Converse(vec![FRIEND, OTHER])),
        (0.0, Act::Activity(Activity::Listening)),
        (0.3, Act::Gesture(Gesture::Wave { hand: None, secs: 2.0 })),
        (1.0, Act::Speaker(Some(OTHER))),
        (2.0, Act::Mood(Mood::of(Emotion::Happy, 0.9))),
        (4.0, Act::Activity(Activity::Talking)),
        (5.0, Act::Gesture(Gesture::Point { target: point, hand: None, secs: 2.5 })),
        (5.0, Act::Look(Look::at(point, Attraction::Script))),
        (
            6.5,
            Act::Mood(Mood { onset_secs: 0.2, ..Mood::of(Emotion::Surprised, 1.0) }.for_secs(0.5)),
        ),
        (8.0, Act::Activity(Activity::Listening)),
        (9.0, Act::Mood(Mood::of(Emotion::Angry, 1.0))),
        (9.5, Act::Gesture(Gesture::Shake(2))),
        (11.0, Act::Walk(Walk { to: Vec3::new(-1.5, 0.0, 1.0), speed_mps: 1.2 })),
        (15.0, Act::Mood(Mood::of(Emotion::Sad, 1.0))),
        (17.0, Act::Gesture(Gesture::Nod(3))),
    ])
}

fn at_times(rate: f64, wanted: &[f64]) -> Vec<AvatarPose> {
    let timeline = busy();
    let mut life = life(12);
    let mut poses = Vec::new();
    let mut pose = AvatarPose::REST;
    let last = wanted.last().copied().unwrap_or(0.0);
    for k in 0..=(last * rate).round() as u64 {
        let time = k as f64 / rate;
        life.pose(&timeline, &Room, time, Lod::Full, &mut pose);
        if wanted.iter().any(|w| (w - time).abs() < 1e-9) {
            poses.push(pose.clone());
        }
    }
    poses
}

#[test]
fn any_frame_rate_gives_the_same() {
    // Common to 24, 60 and 144 Hz: every twelfth of a second.
    let wanted: Vec<f64> = (0..240).map(|k| f64::from(k) / 12.0).collect();
    let film = at_times(24.0, &wanted);
    assert_eq!(film.len(), wanted.len());
    assert_eq!(film, at_times(60.0, &wanted));
    assert_eq!(film, at_times(144.0, &wanted));
    assert_eq!(film, at_times(12.0, &wanted));
}

#[test]
fn states_are_saved_restored_and_replayed() {
    let timeline = busy();
    let mut life = life(12);
    let (mut early, mut late, mut pose) = (AvatarPose::REST, AvatarPose::REST, AvatarPose::REST);
    life.pose(&timeline, &Room, 7.3, Lod::Full, &mut early);
    let saved = ron::to_string(&life.save()).expect("writes");
    life.pose(&timeline, &Room, 14.1, Lod::Full, &mut late);

    let state: LifeState = ron::from_str(&saved).expect("reads");
    assert!((state.secs() - 7.3).abs() < 1.0 / 50.0);
    life.restore(&state).expect("a sound state");
    life.pose(&timeline, &Room, 7.3, Lod::Full, &mut pose);
    assert_eq!(pose, early);
    life.pose(&timeline, &Room, 14.1, Lod::Full, &mut pose);
    assert_eq!(pose, late);
    // A damaged state is refused.
    let field = saved.find("next_shift:").expect("a field") + "next_shift:".len();
    let end = field + saved[field..].find(',').expect("its end");
    let nan = format!("{}NaN{}", &saved[..field], &saved[end..]);
    for damaged in [saved.replacen("start_secs:0.0", "start_secs:-1.0", 1), nan] {
        let state: LifeState = ron::from_str(&damaged).expect("reads");
        assert!(life.restore(&state).is_err());
    }
    // Back without a saved state: it begins anew.
    life.pose(&timeline, &Room, 7.3, Lod::Full, &mut pose);
    assert_eq!(pose, early);
    // What is over can be forgotten.
    let mut forgetful = timeline.clone();
    forgetful.forget_before(7.0);
    life.pose(&forgetful, &Room, 14.1, Lod::Full, &mut pose);
    assert_eq!(pose, late);
}

#[test]
fn people_differ_by_their_seed_alone() {
    let poses: Vec<AvatarPose> = [1, 1, 2]
        .into_iter()
        .map(|seed| {
            let mut pose = AvatarPose::REST;
            life(seed).pose(&Timeline::new(), &EmptyPlace, 20.0, Lod::Full, &mut pose);
            pose
        })
        .collect();
    assert_eq!(poses[0], poses[1]);
    assert_ne!(poses[0].face, poses[2].face);
    assert_ne!(poses[0].eyes, poses[2].eyes);
}

/// Faces and bones never move faster, turn quicker or jerk more than people do.
#[test]
fn nothing_twitches_and_nothing_freezes() {
    let hz = 240.0;
    for (timeline, secs) in
        [(busy(), 20.0), (Timeline::new(), 60.0), (conversation(Activity::Talking), 60.0)]
    {
        let mut weights: Vec<[f32; FaceShape::COUNT]> = Vec::new();
        let mut heads: Vec<[Vec3; 2]> = Vec::new();
        let mut life = life(31);
        watch(&mut life, &timeline, &Room, (0.0, secs, hz), |_, _, pose| {
            weights.push(pose.face.0);
            let head = pose.root.rotation() * Rig::adult().places(pose).rotation(HumanBone::Head);
            heads.push([head * Vec3::Z, head * Vec3::Y]);
        });
        let third =
            |a: f32, b: f32, c: f32, d: f32| (d - 3.0 * c + 3.0 * b - a) * (hz * hz * hz) as f32;
        for shape in FaceShape::ALL {
            let name = shape.name();
            // Lids and eyes are quick by nature; blinks scale what else moves the lids.
            if name.starts_with("eye") {
                continue;
            }
            let at = shape as usize;
            for w in weights.windows(4) {
                let speed = (w[1][at] - w[0][at]).abs() * hz as f32;
                assert!(speed < 9.0, "{name}: {speed} per second");
                let jerk = third(w[0][at], w[1][at], w[2][at], w[3][at]).abs();
                assert!(jerk < 10_000.0, "{name}: {jerk} per second³");
            }
        }
        for w in heads.windows(4) {
            for axis in [0, 1] {
                let speed = w[0][axis].angle_between(w[1][axis]).to_degrees() * hz as f32;
                assert!(speed < 260.0, "head: {speed} degrees per second");
                let jerk = (w[3][axis] - 3.0 * w[2][axis] + 3.0 * w[1][axis] - w[0][axis]).length()
                    * (hz * hz * hz) as f32;
                assert!(
                    jerk.to_degrees() < 60_000.0,
                    "head: {} degrees per second³",
                    jerk.to_degrees()
                );
            }
        }
        // In every second and a half something of the face moves, besides eyes and lids, and the head.
        for (second, faces) in weights.chunks_exact(360).enumerate() {
            let moved: f32 = (14..FaceShape::COUNT)
                .map(|at| {
                    let of = faces.iter().map(|f| f[at]);
                    of.clone().fold(f32::MIN, f32::max) - of.fold(f32::MAX, f32::min)
                })
                .sum();
            assert!(moved > 0.004, "{second}: {moved}");
            let head = &heads[360 * second..360 * second + 360];
            assert!(head.iter().any(|h| h[0].angle_between(head[0][0]) > 0.002));
        }
    }
}

#[test]
fn listeners_nod_and_others_do_not() {
    let nods = |activity| {
        let mut pitches: Vec<f32> = Vec::new();
        watch(&mut life(2), &conversation(activity), &Room, (0.0, 300.0, 50.0), |_, _, pose| {
            pitches.push((Rig::adult().places(pose).rotation(HumanBone::Head) * Vec3::Z).y.asin());
        });
        // Down faster than heads follow the eyes.
        let quick: Vec<bool> =
            pitches.windows(3).map(|w| (w[0] - w[2]) * 25.0 > 30f32.to_radians()).collect();
        quick.windows(2).filter(|w| !w[0] && w[1]).count() as f32 / 5.0
    };
    let (listening, talking) = (nods(Activity::Listening), nods(Activity::Talking));
    assert!((7.0..30.0).contains(&listening), "{listening} nods a minute");
    assert!(talking < 3.0, "{talking} a minute");
}

#[test]
fn a_nod_goes_down_faster_than_up() {
    let timeline = timeline([(1.0, Act::Gesture(Gesture::Nod(1)))]);
    let pitch = |timeline: &Timeline| {
        let mut pitch = Vec::new();
        watch(&mut life(2), timeline, &EmptyPlace, (0.9, 0.7, 500.0), |_, _, pose| {
            let head = Rig::adult().places(pose).rotation(HumanBone::Head) * Vec3::Z;
            pitch.push(head.y.asin().to_degrees());
        });
        pitch
    };
    // Beside the same person who does not nod.
    let nod: Vec<f32> =
        pitch(&timeline).iter().zip(pitch(&Timeline::new())).map(|(a, b)| b - a).collect();
    let top = (0..nod.len()).max_by(|a, b| nod[*a].total_cmp(&nod[*b])).unwrap_or(0);
    assert!((1.8..=4.05).contains(&nod[top]), "{} degrees", nod[top]);
    let first = nod.iter().position(|x| *x > 0.01).unwrap_or(0);
    let last = nod.iter().rposition(|x| *x > 0.01).unwrap_or(0);
    let (down, up) = ((top - first) as f32 / 500.0, (last - top) as f32 / 500.0);
    assert!((0.12..0.17).contains(&down) && (0.2..0.27).contains(&up), "{down} {up}");
}

#[test]
fn levels_of_detail_leave_out_what_is_not_seen() {
    let timeline = busy();
    let mut pose = AvatarPose::REST;
    let mut life = life(12);
    life.pose(&timeline, &Room, 12.5, Lod::Hidden, &mut pose);
    assert_eq!(pose.rotations, AvatarPose::REST.rotations);
    assert_ne!(pose.root, AvatarPose::REST.root, "it walks on unseen");
    life.pose(&timeline, &Room, 12.5, Lod::Far, &mut pose);
    assert_eq!(pose.eyes, AvatarPose::REST.eyes);
    assert_eq!(pose.face[FaceShape::BrowDownLeft], 0.0);
    let far = pose.clone();
    life.pose(&timeline, &Room, 12.5, Lod::Full, &mut pose);
    assert_eq!(far.rotation(HumanBone::LeftUpperLeg), pose.rotation(HumanBone::LeftUpperLeg));
    assert!(pose.face[FaceShape::BrowDownLeft] > 0.5);
}

/// Where things are that jump, vanish and are nowhere.
struct Wild {
    path: Vec<Option<Vec3>>,
}

impl Surroundings for Wild {
    fn place(&self, id: EntityId, time: f64) -> Option<Vec3> {
        let at = (time * 7.0) as usize + id.0 as usize;
        self.path[at % self.path.len()]
    }
    fn ground(&self, x: f32, z: f32) -> Option<f32> {
        match (x * 3.0 + z * 5.0).rem_euclid(11.0) as i32 {
            0 => None,
            1 => Some(f32::NAN),
            2 => Some(30.0),
            n => Some(0.02 * n as f32),
        }
    }
    fn luminance(&self, time: f64) -> f32 {
        if (time as i64) % 3 == 0 { f32::NAN } else { -5.0 }
    }
}

fn somewhere() -> impl Strategy<Value = Option<Vec3>> {
    prop_oneof![
        5 => (-3.0f32..3.0, -1.0f32..3.0, -3.0f32..3.0).prop_map(|(x, y, z)| Some(Vec3::new(x, y, z))),
        1 => Just(None),
        1 => Just(Some(Vec3::NAN)),
        1 => Just(Some(Vec3::new(1e30, 0.0, 0.0))),
        1 => Just(Some(Vec3::new(0.0, 1.59, 0.075))),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let target = || {
        prop_oneof![
            (0..3u64).prop_map(|id| Target::Entity(EntityId(id))),
            (-3.0f32..3.0, -3.0f32..3.0, -3.0f32..3.0)
                .prop_map(|(x, y, z)| Target::Point(Vec3::new(x, y, z))),
            Just(Target::Direction(Vec3::NEG_Z)),
            Just(Target::Direction(Vec3::Y)),
        ]
    };
    prop_oneof![
        (0..5usize).prop_map(|k| Act::Activity(
            [
                Activity::Idle,
                Activity::Listening,
                Activity::Talking,
                Activity::Thinking,
                Activity::Reading
            ][k]
        )),
        Just(Act::Converse(vec![EntityId(0), EntityId(1)])),
        Just(Act::Converse(vec![])),
        (0..3u64).prop_map(|id| Act::Speaker(Some(EntityId(id)))),
        (0..9usize, 0.0f32..1.0, 0.0f32..1.0).prop_map(|(k, intensity, onset_secs)| Act::Mood(
            Mood { onset_secs, ..Mood::of(Emotion::ALL[k], intensity) }
        )),
        target().prop_map(|t| Act::Look(Look::at(t, Attraction::Sound))),
        target().prop_map(|t| Act::Look(Look::at(t, Attraction::Script))),
        target().prop_map(Act::Release),
        target().prop_map(Act::Turn),
        (target(), 0.8f32..4.0).prop_map(|(target, secs)| Act::Gesture(Gesture::Point {
            target,
            hand: None,
            secs
        })),
        (target(), 0.8f32..4.0).prop_map(|(target, secs)| Act::Gesture(Gesture::Reach {
            target,
            hand: None,
            secs
        })),
        Just(Act::Gesture(Gesture::Wave { hand: None, secs: 2.0 })),
        Just(Act::Gesture(Gesture::Nod(3))),
        (-3.0f32..3.0, -3.0f32..3.0, 0.2f32..2.0)
            .prop_map(|(x, z, speed_mps)| Act::Walk(Walk { to: Vec3::new(x, 0.0, z), speed_mps })),
        Just(Act::Stop),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    /// Whatever happens around it, and whatever it is told: finite, within limits, bounded in speed.
    #[test]
    fn nothing_breaks_a_life(
        seed in any::<u64>(),
        path in prop::collection::vec(somewhere(), 1..40),
        acts in prop::collection::vec((0.0f64..0.6, act()), 0..24),
    ) {
        let world = Wild { path };
        let mut timeline = Timeline::new();
        let mut time = 0.0;
        for (wait, act) in acts {
            time += wait;
            timeline.push(time, act).expect("a good act");
        }
        let rig = Rig::adult();
        let mut life = Life::new(&rig, seed, RootPlace::default(), 0.0);
        let mut pose = AvatarPose::REST;
        let mut last: Option<(AvatarPose, glam::Quat)> = None;
        let hz = 120.0;
        for k in 0..1000 {
            life.pose(&timeline, &world, f64::from(k) / hz, Lod::Full, &mut pose);
            let places = rig.places(&pose);
            prop_assert!(pose.rotations.iter().all(|q| q.is_normalized()));
            prop_assert!(places.positions.iter().all(|p| p.is_finite()));
            for shape in FaceShape::ALL {
                let weight = pose.face[shape];
                prop_assert!((0.0..=1.0).contains(&weight), "{} {weight}", shape.name());
            }
            prop_assert!((0.002..=0.008).contains(&pose.pupil_diameter));
            for eye in pose.eyes {
                prop_assert!(eye.yaw.abs() < 35.1f32.to_radians());
                prop_assert!(eye.pitch.abs() < 25.1f32.to_radians());
            }
            let head = pose.root.rotation() * places.rotation(HumanBone::Head);
            if let Some((before, head_before)) = &last {
                let turn = head.angle_between(*head_before).to_degrees() * hz as f32;
                prop_assert!(turn < 420.0, "head: {turn} degrees per second at {k}");
                let step = pose.root.position.distance(before.root.position) * hz as f32;
                prop_assert!(step < 4.5, "root: {step} m/s at {k}");
                for (now, then) in pose.face.0.iter().zip(before.face.0).skip(14) {
                    prop_assert!((now - then).abs() * (hz as f32) < 12.0);
                }
                for side in 0..2 {
                    let moved = (pose.eyes[side].yaw - before.eyes[side].yaw).to_degrees().abs();
                    let speed = moved * hz as f32;
                    // The gaze's 420 and the head's against it, near the edge of sight.
                    prop_assert!(speed < 1300.0, "eye: {speed} degrees per second at {k}");
                }
            }
            last = Some((pose.clone(), head));
        }
    }
}
