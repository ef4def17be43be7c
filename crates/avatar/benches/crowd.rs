//! One frame of a crowd on one core: face, gaze, blinks and body of 1,000 avatars at 60 Hz.
//!
//! `cargo bench -p reverie_avatar`. The budget is 16 µs an avatar: 1,000 of them within a frame.

#![allow(missing_docs)] // of what criterion's macros make

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use glam::Vec3;
use reverie_avatar::{AvatarPose, Life, Lod, Rig, RootPlace, Surroundings};
use reverie_behavior::{
    Act, Activity, Emotion, EntityId, Gesture, Mood, Timeline, TimelineError, Walk,
};

const AVATARS: usize = 1000;

struct Plaza;

impl Surroundings for Plaza {
    fn place(&self, id: EntityId, time_secs: f64) -> Option<Vec3> {
        let turn = 0.2 * time_secs as f32 + id.0 as f32;
        Some(Vec3::new(turn.sin(), 1.6, 1.5 + 0.3 * turn.cos()))
    }
    fn ground(&self, x: f32, z: f32) -> Option<f32> {
        Some(0.05 * (x + z).sin())
    }
}

/// What the avatars do: conversing with feelings, or walking.
fn performances() -> Result<[Timeline; 3], TimelineError> {
    let mut all = [Timeline::new(), Timeline::new(), Timeline::new()];
    for (timeline, activity) in all.iter_mut().zip([Activity::Listening, Activity::Talking]) {
        timeline.push(0.0, Act::Converse(vec![EntityId(1), EntityId(2)]))?;
        timeline.push(0.0, Act::Activity(activity))?;
        timeline.push(0.0, Act::Mood(Mood::of(Emotion::Happy, 0.8)))?;
        timeline.push(0.5, Act::Gesture(Gesture::Wave { hand: None, secs: 60.0 }))?;
    }
    all[2].push(0.0, Act::Walk(Walk { to: Vec3::new(0.0, 0.0, 500.0), speed_mps: 1.2 }))?;
    Ok(all)
}

fn crowd(criterion: &mut Criterion) {
    let timelines = performances().expect("good events");
    let rig = Rig::adult();
    let mut group = criterion.benchmark_group("crowd");
    group.throughput(Throughput::Elements(AVATARS as u64));
    for (name, lod) in [("full", Lod::Full), ("far", Lod::Far), ("hidden", Lod::Hidden)] {
        let mut lives: Vec<(Life, AvatarPose)> = (0..AVATARS)
            .map(|k| (Life::new(&rig, k as u64, RootPlace::default(), 0.0), AvatarPose::REST))
            .collect();
        let mut frame = 120u32;
        group.bench_function(name, |bench| {
            bench.iter(|| {
                let time = f64::from(frame) / 60.0;
                frame += 1;
                for (k, (life, pose)) in lives.iter_mut().enumerate() {
                    life.pose(&timelines[k % 3], &Plaza, time, lod, pose);
                }
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = crowd
}
criterion_main!(benches);
