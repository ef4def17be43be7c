//! A frame allocates nothing: counted by the global allocator, per thread.

use crate::helpers::*;
use reverie_avatar::{AvatarPose, Lod};
use reverie_behavior::{Act, Activity, Emotion, Gesture, Look, Mood, Target, Walk};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        // SAFETY: as for the caller.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as for the caller.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn frames_allocate_nothing() {
    let point = glam::Vec3::new(1.0, 1.0, 2.0);
    let timeline = timeline([
        (0.0, Act::Converse(vec![FRIEND, OTHER])),
        (0.0, Act::Activity(Activity::Listening)),
        (0.5, Act::Speaker(Some(OTHER))),
        (1.0, Act::Mood(Mood::of(Emotion::Happy, 1.0))),
        (1.0, Act::Gesture(Gesture::Point { target: Target::Point(point), hand: None, secs: 2.0 })),
        (2.0, Act::Look(Look::at(Target::Point(point), reverie_behavior::Attraction::Sound))),
        (4.0, Act::Activity(Activity::Talking)),
        (5.0, Act::Walk(Walk { to: point, speed_mps: 1.0 })),
    ]);
    let mut life = life(1);
    let mut pose = AvatarPose::REST;
    let before = COUNT.get();
    for frame in 0..600 {
        life.pose(&timeline, &Room, f64::from(frame) / 60.0, Lod::Full, &mut pose);
    }
    // Going back begins anew and allocates nothing either.
    life.pose(&timeline, &Room, 1.0, Lod::Full, &mut pose);
    assert_eq!(COUNT.get() - before, 0);
    let counted = std::hint::black_box(vec![0u8; 16]);
    assert!(COUNT.get() > before, "the count counts: {}", counted.len());
}
