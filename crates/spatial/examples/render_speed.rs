//! How fast memory is rendered: a walk that turns and moves, 1280x720, a million vertices in view.
//!
//! `cargo run -p reverie_spatial --example render_speed [frames]`; prints stages and the ratio to
//! the plain reference renderer.

#[path = "../tests/scene/mod.rs"]
mod scene;

use glam::Vec3;
use reverie_spatial::{Frame, Memory, Renderer, reference};
use reverie_world_model::{Intrinsics, Pose};
use std::{error::Error, time::Instant};

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;

fn walk(share: f32) -> Pose {
    let turn = std::f32::consts::TAU * share;
    Pose::from_yaw_pitch_roll(
        Vec3::new(0.8 * turn.sin(), 0.1 * (3.0 * turn).sin(), -1.5 + 1.5 * turn.cos()),
        0.6 * turn.sin(),
        0.08 * (2.0 * turn).sin(),
        0.0,
    )
}

fn main() -> Result<(), Box<dyn Error>> {
    let frames = std::env::args().nth(1).map_or(Ok(240), |text| text.parse::<usize>())?.max(1);
    let camera = Intrinsics::from_horizontal_fov(WIDTH, HEIGHT, 1.1);
    let wide = Intrinsics::from_horizontal_fov(1440, 900, 1.2);
    let mut memory = Memory::new();
    for yaw in [0.0, 0.7, -0.7, 1.4, -1.4] {
        let pose = Pose::from_yaw_pitch_roll(Vec3::ZERO, yaw, 0.0, 0.0);
        let (rgb, depth) = scene::shoot(&pose, &wide);
        let report = memory.merge(&rgb, &depth, &pose, &wide)?;
        println!("view at {yaw:+.1} rad: {} new pixels, {} tiles", report.new_pixels, report.tiles);
    }
    println!("memory: {:.1} MB", memory.bytes() as f64 / 1e6);

    let mut renderer = Renderer::new();
    let mut frame = Frame::new();
    let mut all_ms = Vec::with_capacity(frames);
    let mut stages_ms = [0.0; 3];
    let (mut vertices, mut coverage) = (0, 0.0);
    for k in 0..frames + 5 {
        let pose = walk(k as f32 / frames as f32);
        let start = Instant::now();
        let stats = renderer.render(&memory, &pose, &camera, &mut frame)?;
        let ms = start.elapsed().as_secs_f64() * 1e3;
        // The first frames grow the buffers.
        if k >= 5 {
            all_ms.push(ms);
            let own = [stats.cull_secs, stats.raster_secs, stats.fill_secs];
            stages_ms.iter_mut().zip(own).for_each(|(sum, secs)| *sum += secs * 1e3);
            vertices += stats.visible_vertices;
            coverage += f64::from(frame.coverage());
        }
    }
    let mut plain_ms = Vec::new();
    let mut plain = Frame::new();
    for k in 0..5 {
        let start = Instant::now();
        reference::render(&memory, &walk(k as f32 / 5.0), &camera, &mut plain)?;
        plain_ms.push(start.elapsed().as_secs_f64() * 1e3);
    }
    all_ms.sort_by(f64::total_cmp);
    plain_ms.sort_by(f64::total_cmp);
    let (median, plain) = (all_ms[frames / 2], plain_ms[plain_ms.len() / 2]);
    let [cull, raster, fill] = stages_ms.map(|ms| ms / frames as f64);
    println!("threads {}, frames {frames}", rayon::current_num_threads());
    println!("visible vertices {}, coverage {:.3}", vertices / frames, coverage / frames as f64);
    println!(
        "median {median:.2} ms, p99 {:.2} ms, best {:.2} ms",
        all_ms[frames * 99 / 100],
        all_ms[0]
    );
    println!("mean stages: cull {cull:.2} ms, raster {raster:.2} ms, fill {fill:.2} ms");
    println!("plain reference {plain:.1} ms, ratio {:.1}", plain / median);
    Ok(())
}
