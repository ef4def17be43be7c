//! The render loop allocates nothing: counted by the global allocator, hence a binary of its own.

mod scene;

use glam::Vec3;
use reverie_spatial::{Frame, Memory, Renderer};
use reverie_world_model::{Intrinsics, Pose};
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
fn frames_allocate_nothing() {
    let camera = Intrinsics::from_horizontal_fov(640, 360, 1.1);
    let (rgb, depth) = scene::shoot(&Pose::IDENTITY, &camera);
    let mut memory = Memory::new();
    memory.insert(&rgb, &depth, &Pose::IDENTITY, &camera).expect("a good view");
    let (mut renderer, mut frame) = (Renderer::new(), Frame::new());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("a pool");
    // Inside the pool, where the loop runs: handing a job to a pool from outside may allocate.
    let counted = pool.install(|| {
        let mut lap = || {
            for k in 0..60 {
                let turn = k as f32 / 60.0 * std::f32::consts::TAU;
                let pose = Pose::from_yaw_pitch_roll(
                    Vec3::new(turn.sin(), 0.0, -1.0 + turn.cos()),
                    0.7 * turn.sin(),
                    0.0,
                    0.0,
                );
                renderer.render(&memory, &pose, &camera, &mut frame).expect("a good camera");
            }
        };
        // The first lap grows the buffers and the pool's queues.
        lap();
        let before = COUNT.load(Ordering::Relaxed);
        lap();
        COUNT.load(Ordering::Relaxed) - before
    });
    assert_eq!(counted, 0);
}
