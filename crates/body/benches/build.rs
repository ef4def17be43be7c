//! How long it takes to build a person.

#![allow(missing_docs, reason = "criterion's macro makes a public function")]

use criterion::{Criterion, criterion_group, criterion_main};
use reverie_body::{AvatarSpec, Body, Pack};
use std::{hint::black_box, path::Path};

fn build(criterion: &mut Criterion) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/avatars/people.pack");
    let pack = Pack::load(&path).expect("the shipped pack");
    pack.prepare();
    let mut group = criterion.benchmark_group("body");
    group.sample_size(20);
    for seed in [0u64, 1, 2] {
        let spec = AvatarSpec::random(seed);
        group.bench_function(format!("build_random_{seed}"), |bencher| {
            bencher.iter(|| black_box(Body::build(&pack, black_box(&spec))));
        });
    }
    group.finish();
}

criterion_group!(benches, build);
criterion_main!(benches);
