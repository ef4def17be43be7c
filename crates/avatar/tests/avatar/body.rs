//! Feet that stay where they stand, walks, turns, hands.

use crate::helpers::*;
use glam::{Vec2, Vec3};
use reverie_avatar::{
    AvatarPose, EmptyPlace, HumanBone, Life, Rig, RigPlaces, RootPlace, Surroundings,
};
use reverie_behavior::{Act, Activity, EntityId, Gesture, Hand, Target, Timeline, Walk};

const FEET: [(HumanBone, HumanBone); 2] =
    [(HumanBone::LeftFoot, HumanBone::LeftToes), (HumanBone::RightFoot, HumanBone::RightToes)];

/// Rolling ground with a step.
struct Hills;

impl Surroundings for Hills {
    fn place(&self, _: EntityId, _: f64) -> Option<Vec3> {
        None
    }
    fn ground(&self, x: f32, z: f32) -> Option<f32> {
        Some(0.12 * (0.9 * x).sin() + 0.1 * (0.7 * z).cos() + if z > 3.0 { 0.15 } else { 0.0 })
    }
}

fn ball(pose: &AvatarPose, places: &RigPlaces, side: usize) -> Vec3 {
    pose.root.to_world(places.position(FEET[side].1))
}

/// Slip of planted feet (the most that the ball of a foot moves in metres between landing and leaving)
/// and how often a foot landed. A foot is planted once its ball is within half a millimetre of the
/// ground and slower than 0.12 m/s, until it is 4 mm above the ground.
fn slip(
    rig: &Rig,
    life: &mut Life,
    timeline: &Timeline,
    world: &impl Surroundings,
    secs: f64,
) -> (f32, usize) {
    let mut stance: [Option<Vec3>; 2] = [None; 2];
    let mut before: [Option<Vec3>; 2] = [None; 2];
    let (mut worst, mut steps) = (0.0f32, 0);
    watch(life, timeline, world, (0.0, secs, 240.0), |_, _, pose| {
        let places = rig.places(pose);
        for side in 0..2 {
            let at = ball(pose, &places, side);
            let ground = world.ground(at.x, at.z).unwrap_or(0.0) + rig.rest(FEET[side].1).y;
            let moved = before[side].map_or(0.0, |last| last.distance(at));
            before[side] = Some(at);
            if (at.y - ground).abs() < 0.0005 && moved < 0.0005 {
                match stance[side] {
                    Some(place) => worst = worst.max(Vec3::distance(place, at)),
                    None => {
                        stance[side] = Some(at);
                        steps += 1;
                    }
                }
            } else if at.y - ground > 0.004 {
                stance[side] = None;
            }
        }
    });
    (worst, steps)
}

#[test]
fn standing_feet_do_not_slide_while_the_body_sways() {
    let rig = Rig::adult();
    let mut hips: Vec<f32> = Vec::new();
    let mut soles: [Vec<Vec3>; 4] = Default::default();
    watch(&mut life(3), &Timeline::new(), &EmptyPlace, (0.0, 180.0, 20.0), |_, _, pose| {
        let places = rig.places(pose);
        hips.push(pose.hips_offset.x);
        for (k, (foot, toes)) in FEET.into_iter().enumerate() {
            soles[2 * k].push(pose.root.to_world(places.position(foot)));
            soles[2 * k + 1].push(pose.root.to_world(places.position(toes)));
        }
    });
    for path in &soles {
        let slip = path.iter().map(|at| at.distance(path[0])).fold(0.0, f32::max);
        assert!(slip < 0.001, "{} mm", 1000.0 * slip);
    }
    let range = |v: &[f32]| {
        v.iter().copied().fold(f32::MIN, f32::max) - v.iter().copied().fold(f32::MAX, f32::min)
    };
    assert!(range(&hips) > 0.03, "weight is shifted");
    // And it is never quite still.
    for second in hips.chunks(40) {
        assert!(range(second) > 0.0005, "{}", range(second));
    }
}

#[test]
fn walking_gets_there_with_planted_feet() {
    let rig = Rig::adult();
    for (to, speed) in [
        (Vec3::new(0.0, 0.0, 6.0), 1.2),
        (Vec3::new(-4.0, 0.0, 3.0), 0.8),
        (Vec3::new(2.0, 0.0, -5.0), 1.5),
        (Vec3::new(0.25, 0.0, 0.1), 1.0),
    ] {
        let timeline = timeline([(1.0, Act::Walk(Walk { to, speed_mps: speed }))]);
        let (worst, steps) = slip(&rig, &mut life(5), &timeline, &EmptyPlace, 14.0);
        assert!(worst < 0.001, "{to}: {} mm", 1000.0 * worst);
        assert!(steps as f32 >= 2.0 + to.length() / 0.9, "{to}: {steps} steps");

        let mut path: Vec<(f64, Vec2)> = Vec::new();
        let mut lowest = (0.0f32, 0.0);
        watch(&mut life(5), &timeline, &EmptyPlace, (0.0, 14.0, 60.0), |time, life, pose| {
            path.push((time, Vec2::new(pose.root.position.x, pose.root.position.z)));
            if pose.hips_offset.y < lowest.0 {
                lowest = (pose.hips_offset.y, time);
            }
            let places = rig.places(pose);
            for (side, (foot, toes)) in FEET.into_iter().enumerate() {
                // Nothing goes into the ground; knees bend forward only.
                let heel = rig.rest(foot) * Vec3::new(1.0, 0.0, 1.0) - Vec3::Z * 0.04;
                let heel = places.carry(&rig, foot, heel).y;
                assert!(heel > -0.012 && places.position(toes).y > 0.005, "{time}: {heel}");
                let thigh = [HumanBone::LeftUpperLeg, HumanBone::RightUpperLeg][side];
                let knee = [HumanBone::LeftLowerLeg, HumanBone::RightLowerLeg][side];
                let middle = 0.5 * (places.position(thigh) + places.position(foot));
                let bend = places.position(knee) - middle;
                assert!(bend.z > -0.02, "{time}: a knee bends forward: {bend}");
            }
            if time > 12.0 {
                assert!(!life.is_moving());
            }
        });
        let end = path[path.len() - 1].1;
        assert!(end.distance(Vec2::new(to.x, to.z)) < 0.05, "{to}: {end}");
        let fastest = path.windows(2).map(|w| 60.0 * w[0].1.distance(w[1].1)).fold(0.0, f32::max);
        assert!(fastest < 1.45 * speed, "{fastest}");
        assert!(lowest.0 > -0.085, "{to}: it does not crouch: {lowest:?}");
    }
}

#[test]
fn a_walkers_hips_bob_gently() {
    let walk = Walk { to: Vec3::new(0.0, 0.0, 12.0), speed_mps: 1.2 };
    let timeline = timeline([(0.0, Act::Walk(walk))]);
    let mut heights = Vec::new();
    watch(&mut life(1), &timeline, &EmptyPlace, (3.0, 5.0, 120.0), |_, _, pose| {
        heights.push(pose.root.position.y + pose.hips_offset.y);
    });
    let (low, high) = heights.iter().fold((9.0f32, -9.0f32), |(l, h), y| (l.min(*y), h.max(*y)));
    assert!((0.015..0.055).contains(&(high - low)), "{low} to {high} m");
    let speed = heights.windows(2).map(|w| 120.0 * (w[1] - w[0]).abs()).fold(0.0, f32::max);
    assert!(speed < 0.4, "{speed} m/s");
}

#[test]
fn hills_and_steps_are_walked_over() {
    let rig = Rig::adult();
    let to = Vec3::new(1.5, 0.0, 7.0);
    let timeline = timeline([(0.5, Act::Walk(Walk { to, speed_mps: 1.1 }))]);
    let (worst, steps) = slip(&rig, &mut life(8), &timeline, &Hills, 14.0);
    assert!(worst < 0.001, "{} mm", 1000.0 * worst);
    assert!(steps > 10);
    let mut last = RootPlace::default();
    watch(&mut life(8), &timeline, &Hills, (0.0, 14.0, 60.0), |time, _, pose| {
        let places = rig.places(pose);
        for (side, (_, toes)) in FEET.into_iter().enumerate() {
            let at = ball(pose, &places, side);
            let over = at.y - rig.rest(toes).y - Hills.ground(at.x, at.z).unwrap_or(0.0);
            assert!(over > -0.02 && over < 0.45, "{time}: {over}");
        }
        last = pose.root;
    });
    assert!(Vec2::new(last.position.x, last.position.z).distance(Vec2::new(to.x, to.z)) < 0.05);
    let ground = Hills.ground(last.position.x, last.position.z).unwrap_or(0.0);
    assert!((last.position.y - ground).abs() < 0.06);
}

#[test]
fn where_the_ground_ends_the_walk_ends() {
    struct Cliff(bool);
    impl Surroundings for Cliff {
        fn place(&self, _: EntityId, _: f64) -> Option<Vec3> {
            None
        }
        fn ground(&self, _: f32, z: f32) -> Option<f32> {
            match (z < 2.0, self.0) {
                (true, _) => Some(0.0),
                (false, true) => None,
                (false, false) => Some(-5.0),
            }
        }
    }
    for unknown in [true, false] {
        let walk = Walk { to: Vec3::new(0.0, 0.0, 9.0), speed_mps: 1.2 };
        let timeline = timeline([(0.0, Act::Walk(walk))]);
        let mut blocked = false;
        watch(&mut life(2), &timeline, &Cliff(unknown), (0.0, 10.0, 60.0), |_, life, pose| {
            blocked = life.is_blocked();
            assert!(pose.root.position.z < 2.1 && pose.root.position.y.abs() < 0.05);
        });
        assert!(blocked);
    }
}

#[test]
fn the_body_turns_to_its_partner_in_steps() {
    struct Beside;
    impl Surroundings for Beside {
        fn place(&self, _: EntityId, _: f64) -> Option<Vec3> {
            Some(Vec3::new(-1.5, 1.6, -0.9))
        }
        fn ground(&self, _: f32, _: f32) -> Option<f32> {
            Some(0.0)
        }
    }
    let rig = Rig::adult();
    let timeline = conversation(Activity::Listening);
    let (worst, steps) = slip(&rig, &mut life(7), &timeline, &Beside, 8.0);
    assert!(worst < 0.001 && steps >= 4, "{worst} {steps}");
    let mut yaw = Vec::new();
    watch(&mut life(7), &timeline, &Beside, (0.0, 8.0, 60.0), |_, _, pose| yaw.push(pose.root.yaw));
    let goal = f32::atan2(-1.5, -0.9);
    assert!((yaw[yaw.len() - 1] - goal).abs() < 0.8, "{} for {goal}", yaw[yaw.len() - 1]);
    let speed = yaw.windows(2).map(|w| 60.0 * (w[1] - w[0]).abs()).fold(0.0, f32::max);
    assert!(speed < 4.0, "{speed}");

    let all = self::timeline([(0.0, Act::Turn(Target::Point(Vec3::new(0.2, 0.0, -3.0))))]);
    let mut last = 0.0;
    watch(&mut life(7), &all, &EmptyPlace, (0.0, 8.0, 30.0), |_, _, pose| last = pose.root.yaw);
    assert!((last.abs() - 3.08).abs() < 0.1, "{last}");
}

#[test]
fn hands_point_reach_and_wave() {
    let rig = Rig::adult();
    let thing = Vec3::new(2.0, 1.1, 2.5);
    let cup = Vec3::new(-0.25, 1.2, 0.35);
    let timeline = timeline([
        (1.0, Act::Gesture(Gesture::Point { target: Target::Point(thing), hand: None, secs: 4.0 })),
        (1.0, Act::Gesture(Gesture::Reach { target: Target::Point(cup), hand: None, secs: 4.0 })),
        (7.0, Act::Gesture(Gesture::Wave { hand: Some(Hand::Right), secs: 3.0 })),
    ]);
    let mut highest = 0.0f32;
    let (mut turns, mut last) = (0, (0.0, 0.0));
    watch(&mut life(1), &timeline, &EmptyPlace, (0.0, 12.0, 60.0), |time, _, pose| {
        let places = rig.places(pose);
        let right = places.position(HumanBone::RightHand);
        if (2.5..3.5).contains(&time) {
            let shoulder = places.position(HumanBone::LeftUpperArm);
            let along = places.position(HumanBone::LeftHand) - shoulder;
            assert!(along.angle_between(thing - shoulder).to_degrees() < 3.0, "points at it");
            let finger = places.rotation(HumanBone::LeftIndexDistal) * Vec3::X;
            assert!(finger.angle_between(thing - shoulder).to_degrees() < 25.0);
            let fist = places.rotation(HumanBone::LeftRingDistal) * Vec3::X;
            assert!(fist.angle_between(finger).to_degrees() > 90.0);
            assert!(right.distance(cup) < 0.005, "reaches it: {}", right.distance(cup));
        }
        if (7.8..9.0).contains(&time) {
            let elbow = places.position(HumanBone::RightLowerArm);
            highest = highest.max(right.y);
            assert!(right.y > elbow.y + 0.15, "the forearm is up");
            let way = right.x - last.0;
            turns += usize::from(way * last.1 < 0.0);
            last = (right.x, way);
        }
        if time > 11.0 {
            assert!(right.y < 1.0 && places.position(HumanBone::LeftHand).y < 1.0, "they hang");
        }
    });
    assert!((1.4..1.55).contains(&highest), "{highest}");
    assert!((4..9).contains(&turns), "{turns} times from side to side");
}

#[test]
fn bodies_of_all_sizes_stand_and_walk() {
    for size in [0.55f32, 1.0, 1.25] {
        let adult = Rig::adult();
        let bones = HumanBone::ALL.into_iter().filter(|bone| bone.is_required());
        let rig = Rig::new(bones.map(|bone| (bone, adult.rest(bone) * size))).expect("a rig");
        let walk = Walk { to: Vec3::new(2.0, 0.0, 3.0), speed_mps: 1.2 };
        let timeline = timeline([(1.0, Act::Walk(walk))]);
        let mut life = Life::new(&rig, 1, RootPlace::default(), 0.0);
        let mut end = Vec3::ZERO;
        watch(&mut life, &timeline, &EmptyPlace, (0.0, 9.0, 60.0), |_, _, pose| {
            let places = rig.places(pose);
            assert!(places.positions.iter().all(|p| p.is_finite()));
            assert!(places.position(HumanBone::Head).y > 1.25 * size);
            end = pose.root.position;
        });
        assert!(end.distance(walk.to) < 0.06, "{end}");
    }
}
