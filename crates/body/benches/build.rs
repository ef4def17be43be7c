//! How long it takes to build a person: warm, and cold (the first one of a pack that was just read).
//!
//! `cargo bench -p reverie_body`. The budget is 150 ms for either.

#![allow(missing_docs, reason = "criterion's macro makes a public function")]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use reverie_body::{AvatarSpec, Body, Pack};
use std::{fs, hint::black_box, path::Path};

fn build(criterion: &mut Criterion) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/avatars/people.pack");
    let bytes = fs::read(path).expect("the shipped pack");
    let read = || Pack::from_bytes(&bytes).expect("the shipped pack");
    let pack = read();
    pack.prepare();
    let mut group = criterion.benchmark_group("body");
    group.sample_size(20);
    for seed in [0u64, 1, 2] {
        let spec = AvatarSpec::random(seed);
        group.bench_function(format!("warm_random_{seed}"), |bencher| {
            bencher.iter(|| black_box(Body::build(&pack, black_box(&spec))));
        });
    }
    let spec = AvatarSpec::random(0);
    group.bench_function("cold_random_0", |bencher| {
        let build = |pack: Pack| {
            let body = Body::build(&pack, &spec);
            // Dropping what was made is not part of making it.
            (pack, body)
        };
        bencher.iter_batched(read, build, BatchSize::PerIteration);
    });
    group.bench_function("read_pack", |bencher| bencher.iter(|| black_box(read())));
    group.finish();
}

criterion_group!(benches, build);
criterion_main!(benches);
