//! Lives that go on allocate nothing: counted by the global allocator, hence a binary of its own.

use reverie_avatar::{Crowd, Lod, Rig};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering},
};

struct Counting;

static COUNT: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as for the caller.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as for the caller.
        unsafe { System.dealloc(pointer, layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as for the caller.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

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
        let before = COUNT.load(Ordering::Relaxed);
        // Waves end on the way.
        seconds(90);
        assert_eq!(COUNT.load(Ordering::Relaxed) - before, 0, "{lod:?}");
        assert!(crowd.poses().all(|pose| pose.root.position.is_finite()));
    }
}
