//! Gaze and blinks against the published tables, over simulated hours.

use crate::helpers::*;
use glam::Vec3;
use reverie_avatar::{
    AvatarPose, EmptyPlace, FaceShape, GazeKind, Glance, HumanBone, Lod, Rig, Surroundings,
};
use reverie_behavior::{Act, Activity, Attraction, EntityId, Look, Target, Timeline};

const HOUR: f64 = 3600.0;

/// Dwell times, shares and aversions of one manner.
fn manners(activity: Activity, mutual: f64, away: f64, share: f64, every: f64) {
    let (all, runs) = glances(3, &conversation(activity), &Room, 8.0 * HOUR);
    let total: f64 = runs.iter().map(|run| run.2).sum();
    let of = |kind| runs.iter().filter(move |run| run.0 == kind);
    near(of(GazeKind::Mutual).map(|run| run.2).sum::<f64>() / total, share, 0.05);

    // Aversions, and the time from the end of one to the beginning of the next.
    near(mean(of(GazeKind::Intimacy).map(|run| run.2)), 1.0, 0.05);
    let averted: Vec<_> = of(GazeKind::Intimacy).collect();
    assert!(averted.len() > 3000);
    near(mean(averted.windows(2).map(|w| w[1].1 - w[0].1 - w[0].2)), every, 0.05);

    // Mutual gaze between two looks away; an aversion interrupts it without ending it.
    let mut looks = Vec::new();
    let mut sum = 0.0;
    for (kind, _, secs) in &runs {
        match kind {
            GazeKind::Mutual => sum += secs,
            GazeKind::Away if sum > 0.0 => looks.push(std::mem::take(&mut sum)),
            _ => {}
        }
    }
    near(mean(looks), mutual, 0.05);

    // Every look aside lasts so long on average; an aversion that falls into it does not count.
    let aside: f64 = of(GazeKind::Away).map(|run| run.2).sum();
    let looks = all.iter().filter(|glance| glance.kind == GazeKind::Away).count();
    near(aside / looks as f64, away, 0.05);
}

#[test]
fn listening_follows_the_tables() {
    manners(Activity::Listening, 7.9, 0.43, 0.75, 5.0);
}

#[test]
fn talking_follows_the_tables() {
    manners(Activity::Talking, 3.1, 0.93, 0.41, 4.0);
}

#[test]
fn sizes_and_directions_are_those_of_eyes_alive() {
    let mut drawn: Vec<Glance> = Vec::new();
    for (seed, timeline) in [
        (1, Timeline::new()),
        (2, conversation(Activity::Talking)),
        (3, conversation(Activity::Listening)),
    ] {
        let (all, _) = glances(seed, &timeline, &Room, 5.0 * HOUR);
        drawn.extend(all.iter().filter(|glance| glance.direction.is_some()));
    }
    assert!(drawn.len() > 20_000, "{}", drawn.len());
    // A = -6.9 ln(P / 15.7), P uniform in 1 to 15: mean and quartiles.
    let mut sizes: Vec<f64> = drawn.iter().map(|g| f64::from(g.angle.to_degrees())).collect();
    sizes.sort_by(f64::total_cmp);
    let table = |part: f64| -6.9 * ((15.0 - 14.0 * part) / 15.7f64).ln();
    near(mean(sizes.iter().copied()), mean((0..1000).map(|k| table((k as f64 + 0.5) / 1e3))), 0.05);
    for part in [0.25, 0.5, 0.75, 0.9] {
        near(sizes[(part * sizes.len() as f64) as usize], table(part), 0.05);
    }
    let shares = [15.5, 6.5, 17.7, 7.4, 16.8, 7.9, 20.4, 7.8];
    let mut counts = [0.0; 8];
    for glance in &drawn {
        let direction = f64::from(glance.direction.unwrap_or(0.0));
        counts[(direction / std::f64::consts::FRAC_PI_4).round() as usize % 8] += 1.0;
    }
    for (count, share) in counts.iter().zip(shares) {
        near(100.0 * count / drawn.len() as f64, share, 0.05);
    }
}

/// Where both eyes look in the world, as a body shows it.
fn shown_gaze(rig: &Rig, pose: &AvatarPose) -> Vec3 {
    let places = rig.places(pose);
    let both: Vec3 = HumanBone::ALL
        .into_iter()
        .filter(|bone| matches!(bone, HumanBone::LeftEye | HumanBone::RightEye))
        .map(|bone| places.rotation(bone) * Vec3::Z)
        .sum();
    pose.root.rotation() * both.normalize()
}

/// Something at a place that depends on time.
struct Thing<F>(F);

impl<F: Fn(f64) -> Option<Vec3>> Surroundings for Thing<F> {
    fn place(&self, _: EntityId, time: f64) -> Option<Vec3> {
        (self.0)(time)
    }
    fn ground(&self, _: f32, _: f32) -> Option<f32> {
        Some(0.0)
    }
}

fn look_at(target: Target, secs: f32) -> Act {
    let hold_secs = Some(secs);
    Act::Look(Look { hold_secs, ..Look::at(target, Attraction::Script) })
}

#[test]
fn jumps_of_the_eyes_as_shown_keep_to_the_main_sequence() {
    let rig = Rig::adult();
    for degrees in [5.0f32, 10.0, 20.0, 28.0] {
        let at = |d: f32| Vec3::new(3.0 * d.to_radians().sin(), 1.587, 3.0 * d.to_radians().cos());
        let half = 0.5 * degrees;
        let timeline = timeline([
            (0.0, look_at(Target::Point(at(-half)), 2.0)),
            (2.1, look_at(Target::Point(at(half)), 3.0)),
        ]);
        let mut life = life(5);
        let mut path = Vec::new();
        let mut jump = *life.glance();
        watch(&mut life, &timeline, &EmptyPlace, (0.0, 2.6, 1000.0), |time, life, pose| {
            let glance = *life.glance();
            if glance.start_secs > 2.1 && glance.angle > 0.8 * degrees.to_radians() {
                jump = glance;
            }
            path.push((time, shown_gaze(&rig, pose)));
        });
        near(f64::from(jump.angle.to_degrees()), f64::from(degrees), 0.1);
        let size = f64::from(jump.angle.to_degrees());
        let speeds: Vec<(f64, f64)> = path
            .windows(2)
            .filter(|pair| pair[0].0 > 2.1)
            .map(|pair| {
                (pair[0].0, 1000.0 * f64::from(pair[0].1.angle_between(pair[1].1)).to_degrees())
            })
            .collect();
        let peak = speeds.iter().map(|s| s.1).fold(0.0, f64::max);
        // Microsaccades and drift of the body ride on it.
        near(peak, 420.0 * (1.0 - (-size / 14.0).exp()), 0.05);
        let fast: Vec<f64> = speeds.iter().filter(|s| s.1 > 0.15 * peak).map(|s| s.0).collect();
        let lasted = 1000.0 * (fast[fast.len() - 1] - fast[0]);
        assert!(lasted > 18.0 + 2.0 * size && lasted < 31.0 + 2.8 * size, "{size}: {lasted} ms");
    }
}

#[test]
fn the_head_follows_later_on_its_own_main_sequence_while_the_eyes_stay() {
    let rig = Rig::adult();
    let at = |d: f32| Vec3::new(3.0 * d.to_radians().sin(), 1.587, 3.0 * d.to_radians().cos());
    for degrees in [20.0f32, 30.0, 40.0] {
        let timeline = timeline([
            (0.0, look_at(Target::Point(at(0.0)), 3.0)),
            (3.1, look_at(Target::Point(at(degrees)), 9.0)),
        ]);
        let mut life = life(11);
        let (mut path, mut begins) = (Vec::new(), 0.0);
        watch(&mut life, &timeline, &EmptyPlace, (2.8, 3.0, 500.0), |time, life, pose| {
            if life.glance().angle > 0.5 * degrees.to_radians() {
                begins = life.glance().start_secs;
            }
            let head = rig.places(pose).rotation(HumanBone::Head) * Vec3::Z;
            path.push((time, head.x.atan2(head.z).to_degrees(), shown_gaze(&rig, pose)));
        });
        let before = path.iter().rev().find(|p| p.0 < begins).expect("before").1;
        let turn = path[path.len() - 1].1 - before;
        assert!(turn > 0.7 * degrees, "{turn} of {degrees}");
        let peak = path
            .windows(10)
            .map(|w| (w[9].1 - w[0].1) / (w[9].0 - w[0].0) as f32)
            .fold(0.0, f32::max);
        // Sway of the head adds a little.
        near(f64::from(peak), f64::from(0.95 * turn + 28.0), 0.08);
        let moved = path.iter().find(|p| p.0 > begins && p.1 - before > 1.0).expect("moves").0;
        let delay = moved - begins;
        assert!((0.05..0.25).contains(&delay), "{delay} s");
        // Once the eyes are there (the head has come far enough for them to reach the point), they
        // stay on it while the head goes on: but for microsaccades and the next spot on the thing.
        let mut compared = 0;
        let arrived = begins + 0.2;
        for (_, head, gaze) in path.iter().filter(|p| p.0 > arrived && p.0 < begins + 0.9) {
            let to = (at(degrees) - Vec3::new(0.0, 1.587, 0.075)).normalize();
            if (to.x.atan2(to.z).to_degrees() - head).abs() < 31.0 {
                compared += 1;
                assert!(gaze.angle_between(to).to_degrees() < 1.6, "{gaze} for {to}");
            }
        }
        assert!(compared > 200, "{compared}");
    }
}

#[test]
fn blinks_come_at_the_tables_rates_and_move_as_lids_do() {
    for (activity, per_minute) in
        [(Activity::Idle, 17.0), (Activity::Talking, 26.0), (Activity::Reading, 4.5)]
    {
        let timeline = timeline([(0.0, Act::Activity(activity))]);
        let mut life = life(9);
        let mut starts: Vec<f64> = Vec::new();
        let mut pose = AvatarPose::REST;
        let hours = 4.0;
        for k in 0..(hours * HOUR * 30.0) as u64 {
            life.pose(&timeline, &EmptyPlace, k as f64 / 30.0, Lod::Hidden, &mut pose);
            let newest = life.newest_blink();
            if newest > 0.0 && starts.last() != Some(&newest) {
                starts.push(newest);
            }
        }
        near(starts.len() as f64 / (60.0 * hours), per_minute, 0.05);
        // Log-normal: the logarithm is symmetric about its middle. (Where blinks are rare, those that
        // come with gaze shifts show.)
        if per_minute > 20.0 {
            let mut gaps: Vec<f64> = starts.windows(2).map(|w| (w[1] - w[0]).ln()).collect();
            gaps.sort_by(f64::total_cmp);
            let at = |part: f64| gaps[(part * gaps.len() as f64) as usize];
            near(at(0.5) - at(0.15), at(0.85) - at(0.5), 0.15);
        }
    }
    let (mut closing, mut opening) = (Vec::new(), Vec::new());
    let mut lids: Vec<(f64, f32)> = Vec::new();
    watch(&mut life(2), &Timeline::new(), &EmptyPlace, (0.0, 400.0, 500.0), |time, _, pose| {
        let lid = pose.face[FaceShape::EyeBlinkLeft];
        if lid > 1e-6 {
            lids.push((time, lid));
        } else if lids.len() > 20 {
            let top = (0..lids.len()).max_by(|a, b| lids[*a].1.total_cmp(&lids[*b].1)).unwrap_or(0);
            closing.push(lids[top].0 - lids[0].0);
            opening.push(lids[lids.len() - 1].0 - lids[top].0);
            lids.clear();
        } else {
            lids.clear();
        }
    });
    assert!(closing.len() > 80);
    near(mean(closing), 0.09, 0.06);
    near(mean(opening), 0.24, 0.06);
}

#[test]
fn large_gaze_shifts_come_with_a_blink() {
    for (degrees, least, most) in [(36.0f32, 0.94, 1.0), (20.0, 0.2, 0.5), (8.0, 0.0, 0.06)] {
        let half = 0.5 * degrees.to_radians();
        let at =
            |side: f32| Target::Point(Vec3::new(side * 9.0 * half.sin(), 1.6, 9.0 * half.cos()));
        let mut acts = vec![(0.0, Act::Activity(Activity::Reading))];
        for k in 0..1000 {
            let side = if k % 2 == 0 { 1.0 } else { -1.0 };
            acts.push((4.0 * f64::from(k), look_at(at(side), 3.9)));
        }
        let timeline = timeline(acts);
        let mut life = life(4);
        let (mut shifts, mut with) = (0, 0);
        let mut seen = 0;
        let mut pose = AvatarPose::REST;
        for k in 0..4000 * 30 {
            life.pose(&timeline, &EmptyPlace, f64::from(k) / 30.0, Lod::Hidden, &mut pose);
            let glance = life.glance();
            if glance.index != seen {
                seen = glance.index;
                if glance.angle.to_degrees() > 0.9 * degrees {
                    shifts += 1;
                    with += i32::from((life.newest_blink() - glance.start_secs).abs() < 1e-9);
                }
            }
        }
        assert!(shifts > 700, "{shifts}");
        let share = f64::from(with) / f64::from(shifts);
        assert!((least..=most).contains(&share), "{degrees} degrees: {share}");
    }
}

#[test]
fn thought_averts_the_eyes_around_the_beginning_and_the_floor_is_given_with_a_look() {
    let mut acts = vec![(0.0, Act::Converse(vec![FRIEND]))];
    let turns = 1500;
    for k in 0..turns {
        let at = 20.0 * f64::from(k);
        acts.push((at, Act::Activity(Activity::Listening)));
        acts.push((at + 8.0, Act::Activity(Activity::Talking)));
    }
    let (all, _) = glances(8, &timeline(acts), &Room, 20.0 * f64::from(turns));
    let (mut early, mut late, mut floor) = (Vec::new(), Vec::new(), Vec::new());
    let (mut up, mut down, mut side) = (0.0, 0.0, 0.0);
    for k in 0..turns - 1 {
        let onset = 20.0 * f64::from(k) + 8.0;
        let think = all
            .iter()
            .position(|g| g.kind == GazeKind::Thinking && (g.start_secs - onset).abs() < 2.5);
        let Some(think) = think else { panic!("no thought at {onset}") };
        early.push(onset - all[think].start_secs);
        let back = all[think..].iter().find(|g| g.kind != GazeKind::Thinking).expect("ends");
        late.push(back.start_secs - onset);
        let end = onset + 12.0;
        let last = all.iter().rfind(|g| g.start_secs < end && g.kind != GazeKind::Mutual);
        let meets = all.iter().find(|g| {
            g.start_secs > last.map_or(0.0, |l| l.start_secs) && g.kind == GazeKind::Mutual
        });
        floor.push(end - meets.map_or(0.0, |g| g.start_secs));
    }
    near(mean(early), 1.0, 0.05);
    near(mean(late), 1.2, 0.05);
    // Where it looks away until then, it looks back so long before the end; else it looked already.
    assert!(
        floor.iter().all(|secs| *secs > 0.7),
        "{:?}",
        floor.iter().copied().fold(9.0, f64::min)
    );
    assert!(mean(floor.iter().copied()) >= 2.2);

    // Directions, as the eyes show them shortly after.
    let rig = Rig::adult();
    let timeline = {
        let mut acts = vec![(0.0, Act::Converse(vec![FRIEND]))];
        for k in 0..1200 {
            acts.push((6.0 * f64::from(k), Act::Activity(Activity::Listening)));
            acts.push((6.0 * f64::from(k) + 4.0, Act::Activity(Activity::Thinking)));
        }
        self::timeline(acts)
    };
    let mut life = life(21);
    let mut pose = AvatarPose::REST;
    for k in 0..1200 {
        life.pose(&timeline, &Room, 6.0 * f64::from(k) + 4.25, Lod::Full, &mut pose);
        let to = shown_gaze(&rig, &pose);
        let (yaw, pitch) = (to.x.atan2(to.z).abs(), to.y.asin());
        if yaw > pitch.abs() {
            side += 1.0;
        } else if pitch > 0.0 {
            up += 1.0;
        } else {
            down += 1.0;
        }
    }
    let all = up + down + side;
    assert!(
        (up / all - 0.7f64).abs() < 0.04 && (down / all - 0.2f64).abs() < 0.04,
        "{up} {down} {side}"
    );
}

#[test]
fn everybody_looks_at_who_speaks() {
    let timeline = timeline([
        (0.0, Act::Converse(vec![FRIEND, OTHER])),
        (0.0, Act::Activity(Activity::Listening)),
        (0.0, Act::Speaker(Some(FRIEND))),
        (60.0, Act::Speaker(Some(OTHER))),
    ]);
    let rig = Rig::adult();
    let (mut friend, mut other) = (0.0f32, 0.0f32);
    let mut first = None;
    watch(&mut life(6), &timeline, &Room, (0.0, 120.0, 30.0), |time, _, pose| {
        let eye = Vec3::new(0.0, 1.587, 0.075);
        let at = |id| Room.place(id, 0.0).map_or(Vec3::Z, |place| (place - eye).normalize());
        let to = shown_gaze(&rig, pose);
        let on = |id| to.angle_between(at(id)).to_degrees() < 6.0;
        if time < 60.0 {
            friend += f32::from(on(FRIEND));
        } else {
            other += f32::from(on(OTHER));
            if on(OTHER) {
                first.get_or_insert(time - 60.0);
            }
        }
    });
    assert!(friend / 1800.0 > 0.6 && other / 1800.0 > 0.6, "{friend} {other}");
    assert!(first.is_some_and(|secs| (0.1..1.0).contains(&secs)), "{first:?}");
}

#[test]
fn what_vanishes_is_missed_for_a_moment_and_let_go() {
    let world = Thing(|time| (time < 10.0).then_some(Vec3::new(0.5, 1.6, 1.5)));
    let mut acts =
        vec![(0.0, Act::Converse(vec![FRIEND])), (0.0, Act::Activity(Activity::Talking))];
    acts.push((9.8, look_at(Target::Entity(FRIEND), 60.0)));
    let rig = Rig::adult();
    let mut last = Vec3::Z;
    let mut kinds = Vec::new();
    watch(&mut life(3), &timeline(acts), &world, (0.0, 30.0, 120.0), |time, life, pose| {
        let to = shown_gaze(&rig, pose);
        assert!(to.is_finite());
        if time > 10.1 && time < 10.4 {
            assert!(to.angle_between(last).to_degrees() < 2.0, "looks where it was");
        } else if time > 11.0 {
            kinds.push(life.gaze_kind());
        }
        last = to;
    });
    assert!(kinds.iter().all(|k| matches!(k, GazeKind::Explore | GazeKind::Return)));
    assert!(kinds.contains(&GazeKind::Explore), "and looks around again");
}

#[test]
fn priorities_decide_and_eyes_keep_their_range_and_converge() {
    let near_by = Target::Point(Vec3::new(0.0, 1.58, 0.35));
    let behind = Target::Point(Vec3::new(0.3, 0.2, -2.0));
    let look = |target, cause| Act::Look(Look { hold_secs: Some(2.0), ..Look::at(target, cause) });
    let timeline = timeline([
        (0.0, Act::Converse(vec![FRIEND])),
        (2.0, look(Target::Point(Vec3::new(-2.0, 1.0, 2.0)), Attraction::Motion)),
        (6.0, look(near_by, Attraction::Player)),
        (6.2, look(Target::Point(Vec3::new(2.0, 1.0, 2.0)), Attraction::WorldEvent)),
        (12.0, look(behind, Attraction::Sound)),
        (16.0, look(near_by, Attraction::Player)),
    ]);
    let mut pose_at = std::collections::BTreeMap::new();
    watch(&mut life(1), &timeline, &Room, (0.0, 20.0, 60.0), |time, life, pose| {
        for eye in pose.eyes {
            assert!(
                eye.yaw.abs() <= 35.01f32.to_radians() && eye.pitch.abs() <= 25.01f32.to_radians()
            );
        }
        let direction = life.gaze_direction(time);
        pose_at.insert((time * 60.0).round() as i64, (pose.clone(), life.gaze_kind(), direction));
    });
    let at = |secs: f64| &pose_at[&((secs * 60.0).round() as i64)];
    assert_ne!(at(3.0).1, GazeKind::Attend, "mere motion does not interrupt a conversation");
    assert_eq!(at(7.5).1, GazeKind::Attend);
    assert!(at(7.5).2.x > 0.5, "the world's event wins over the player");
    let vergence = |pose: &AvatarPose| (pose.eyes[1].yaw - pose.eyes[0].yaw).to_degrees();
    let close = vergence(&at(17.0).0);
    assert!((8.0..16.0).contains(&close), "{close} degrees at a quarter of a metre");
    assert!((2.0..4.5).contains(&vergence(&at(1.5).0)), "{}", vergence(&at(1.5).0));
}

#[test]
fn pupils_follow_light() {
    struct Lamp;
    impl Surroundings for Lamp {
        fn place(&self, _: EntityId, _: f64) -> Option<Vec3> {
            None
        }
        fn ground(&self, _: f32, _: f32) -> Option<f32> {
            Some(0.0)
        }
        fn luminance(&self, time: f64) -> f32 {
            if time < 10.0 { 0.5 } else { 3000.0 }
        }
    }
    let (mut dark, mut bright) = (0.0, 0.0);
    watch(&mut life(1), &Timeline::new(), &Lamp, (0.0, 20.0, 10.0), |time, _, pose| {
        if time < 9.5 {
            dark = pose.pupil_diameter;
        } else {
            bright = pose.pupil_diameter;
        }
    });
    assert!(dark > 0.0048 && bright < 0.0025, "{dark} {bright}");
}

#[test]
fn intimacy_turns_the_eyes_aside_more_often_than_up_or_down() {
    let timeline = conversation(Activity::Listening);
    let mut life = life(14);
    let mut pose = AvatarPose::REST;
    let (mut side, mut up, mut down) = (0.0, 0.0, 0.0);
    let mut was = GazeKind::Return;
    let mut began = f64::MAX;
    for k in 0..(3.0 * HOUR * 30.0) as u64 {
        let time = k as f64 / 30.0;
        life.pose(&timeline, &Room, time, Lod::Hidden, &mut pose);
        if life.gaze_kind() == GazeKind::Intimacy && was != GazeKind::Intimacy {
            began = time;
        }
        was = life.gaze_kind();
        if was == GazeKind::Intimacy && time > began + 0.18 {
            began = f64::MAX;
            let to = life.gaze_direction(time);
            let (yaw, pitch) = (to.x.atan2(to.z), to.y.asin() - 0.01);
            match (yaw.abs() > pitch.abs(), pitch > 0.0) {
                (true, _) => side += 1.0,
                (_, true) => up += 1.0,
                _ => down += 1.0,
            }
        }
    }
    let all: f64 = side + up + down;
    assert!(all > 1000.0);
    near(side / all, 0.7, 0.05);
    assert!((up / all - 0.1).abs() < 0.025 && (down / all - 0.2).abs() < 0.025, "{up} {down}");
}

#[test]
fn microsaccades_come_once_or_twice_a_second_within_a_degree() {
    let timeline = timeline([(0.0, look_at(Target::Direction(Vec3::Z), 1e5))]);
    let mut jumps: Vec<(f64, f32)> = Vec::new();
    let mut last = Vec3::Z;
    let mut before = None;
    // The same jump is spread over several samples: 30 ms.
    watch(&mut life(2), &timeline, &EmptyPlace, (10.0, 200.0, 250.0), |time, life, pose| {
        let eye = pose.eyes[0].rotation() * Vec3::Z;
        if before.is_none_or(|glance| glance != life.glance().index) {
            before = Some(life.glance().index);
        } else {
            let speed = 250.0 * eye.angle_between(last).to_degrees();
            match jumps.last_mut() {
                Some((at, size)) if time - *at < 0.04 => *size += speed / 250.0,
                _ if speed > 5.0 => jumps.push((time, speed / 250.0)),
                _ => {}
            }
        }
        last = eye;
    });
    let rate = jumps.len() as f64 / 200.0;
    assert!((0.9..2.0).contains(&rate), "{rate} a second");
    assert!(jumps.iter().filter(|jump| jump.1 > 1.1).count() < jumps.len() / 20);
}
