//! Worlds and performances that several tests use.

use glam::Vec3;
use reverie_avatar::{AvatarPose, GazeKind, Glance, Life, Lod, Rig, RootPlace, Surroundings};
use reverie_behavior::{Act, Activity, EntityId, Timeline};

pub const FRIEND: EntityId = EntityId(1);
pub const OTHER: EntityId = EntityId(2);

/// A friend opposite, another one beside, level ground.
pub struct Room;

impl Surroundings for Room {
    fn place(&self, id: EntityId, _: f64) -> Option<Vec3> {
        match id {
            FRIEND => Some(Vec3::new(0.0, 1.6, 1.2)),
            OTHER => Some(Vec3::new(0.8, 1.55, 1.0)),
            _ => None,
        }
    }
    fn ground(&self, _: f32, _: f32) -> Option<f32> {
        Some(0.0)
    }
}

pub fn timeline(acts: impl IntoIterator<Item = (f64, Act)>) -> Timeline {
    let mut timeline = Timeline::new();
    for (at, act) in acts {
        timeline.push(at, act).expect("a good act");
    }
    timeline
}

/// In conversation with the friend, busy with one thing all the time.
pub fn conversation(activity: Activity) -> Timeline {
    let speaker = (activity == Activity::Listening).then_some(FRIEND);
    timeline([
        (0.0, Act::Converse(vec![FRIEND])),
        (0.0, Act::Speaker(speaker)),
        (0.0, Act::Activity(activity)),
    ])
}

pub fn life(seed: u64) -> Life {
    Life::new(&Rig::adult(), seed, RootPlace::default(), 0.0)
}

/// Poses a life so many times a second for so many seconds and shows each to `look`.
pub fn watch(
    life: &mut Life,
    timeline: &Timeline,
    world: &impl Surroundings,
    (first, secs, hz): (f64, f64, f64),
    mut look: impl FnMut(f64, &Life, &AvatarPose),
) {
    let mut pose = AvatarPose::REST;
    for k in 0..(secs * hz) as u64 {
        let time = first + k as f64 / hz;
        life.pose(timeline, world, time, Lod::Full, &mut pose);
        look(time, life, &pose);
    }
}

/// Runs of the same kind of gaze: kind, when it began, seconds.
pub type Runs = Vec<(GazeKind, f64, f64)>;

/// Shifts of the gaze, each once, and the runs of kinds of gaze.
pub fn glances(
    seed: u64,
    timeline: &Timeline,
    world: &impl Surroundings,
    secs: f64,
) -> (Vec<Glance>, Runs) {
    let mut all: Vec<Glance> = Vec::new();
    let mut runs = Runs::new();
    let mut life = life(seed);
    let mut pose = AvatarPose::REST;
    for k in 0..(secs * 60.0) as u64 {
        life.pose(timeline, world, k as f64 / 60.0, Lod::Hidden, &mut pose);
        let glance = *life.glance();
        if glance.index > 0 && all.last().is_none_or(|last| last.index != glance.index) {
            all.push(glance);
        }
        match runs.last_mut() {
            Some((kind, _, secs)) if *kind == life.gaze_kind() => *secs += 1.0 / 60.0,
            _ => runs.push((life.gaze_kind(), k as f64 / 60.0, 1.0 / 60.0)),
        }
    }
    (all, runs)
}

pub fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values {
        sum += value;
        count += 1.0;
    }
    sum / count
}

/// Within a part of the expected value.
#[track_caller]
pub fn near(value: f64, expected: f64, part: f64) {
    assert!(
        (value - expected).abs() <= part * expected.abs(),
        "{value} is not within {} % of {expected}",
        100.0 * part
    );
}
