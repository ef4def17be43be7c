//! Lives that go on allocate nothing: counted by the global allocator, hence a binary of its own.

use reverie_avatar::{Crowd, Lod, Rig};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Allocations since the region began, those that only grew among them.
fn allocated(region: &Region<'_, System>) -> usize {
    let change = region.change();
    change.allocations + change.reallocations
}

#[test]
fn lives_allocate_nothing() {
    for lod in [Lod::Full, Lod::Far, Lod::Hidden] {
        let mut crowd = Crowd::new(&Rig::adult(), 30).expect("good events");
        let mut frame = 0u32;
        let mut seconds = |secs: u32| {
            for _ in 0..60 * secs {
                crowd.frame(f64::from(frame) / 60.0, lod);
                frame += 1;
            }
        };
        // Glances, blinks, steps and gestures begin.
        seconds(5);
        let region = Region::new(ALLOCATOR);
        // Waves end on the way.
        seconds(90);
        assert_eq!(allocated(&region), 0, "{lod:?}");
        assert!(crowd.poses().all(|pose| pose.root.position.is_finite()));
    }
}
