//! One frame of a crowd on one core: face, gaze, blinks and body of 1,000 avatars at 60 Hz.
//!
//! `cargo bench -p reverie_avatar`. The budget is 16 µs an avatar: 1,000 of them within a frame.

#![allow(missing_docs)] // of what criterion's macros make

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use reverie_avatar::{Crowd, Lod, Rig};

const AVATARS: usize = 1000;

fn crowd(criterion: &mut Criterion) {
    let rig = Rig::adult();
    let mut group = criterion.benchmark_group("crowd");
    group.throughput(Throughput::Elements(AVATARS as u64));
    for (name, lod) in [("full", Lod::Full), ("far", Lod::Far), ("hidden", Lod::Hidden)] {
        let mut crowd = Crowd::new(&rig, AVATARS).expect("good events");
        let mut frame = 120u32;
        group.bench_function(name, |bench| {
            bench.iter(|| {
                frame += 1;
                crowd.frame(f64::from(frame) / 60.0, lod);
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
