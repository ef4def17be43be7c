//! Reading lips allocates nothing while it goes on: counted by the global allocator, hence a binary of its own.

#![allow(clippy::unwrap_used, missing_docs)]

use reverie_inference::ModelStore;
use reverie_voice::lips::LipReader;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::path::Path;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn frames_allocate_nothing() {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets");
    let mut reader = LipReader::load(&ModelStore::open_at(&assets).unwrap()).unwrap();
    let packet: Vec<f32> = (0..320).map(|i| 0.1 * (0.05 * i as f32).sin()).collect();
    for _ in 0..20 {
        reader.push(&packet);
    }
    let region = Region::new(ALLOCATOR);
    let frames: usize = (0..500).map(|_| reader.push(&packet).len()).sum();
    let change = region.change();
    assert_eq!(change.allocations + change.reallocations, 0);
    assert_eq!(frames, 1000);
}
