//! The render loop allocates nothing: counted by the global allocator, hence a binary of its own.

mod scene;

use glam::Vec3;
use reverie_spatial::{Frame, Memory, Renderer};
use reverie_world_model::{Intrinsics, Pose};
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
        let region = Region::new(ALLOCATOR);
        lap();
        allocated(&region)
    });
    assert_eq!(counted, 0);
}
