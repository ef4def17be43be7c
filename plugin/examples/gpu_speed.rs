//! Times the GPU's way of drawing a memory of a million points at 1280x720 along a walk that turns
//! and moves, against the CPU's.
//!
//! `cargo run -p bevy_reverie --example gpu_speed [frames]`
//!
//! A frame is listed, uploaded, drawn and waited for before the next one begins, so the figure is
//! the time from a new pose to a finished picture, with nothing hidden by overlap. A device that
//! has timestamps also tells how long it worked itself.

use bevy::{
    camera::CameraPlugin,
    core_pipeline::CorePipelinePlugin,
    diagnostic::{DiagnosticPath, DiagnosticsPlugin, DiagnosticsStore},
    mesh::MeshPlugin,
    prelude::*,
    render::{
        RenderApp, RenderPlugin,
        diagnostic::RenderDiagnosticsPlugin,
        extract_component::ExtractComponentPlugin,
        render_resource::PollType,
        renderer::{RenderAdapterInfo, RenderDevice},
    },
    window::{ExitCondition, WindowPlugin},
};
use bevy_reverie::{
    gpu::{GpuPresentPlugin, GpuPresentStats, support},
    headless,
    present::PresentedView,
};
use reverie_spatial::{Frame, Memory, Renderer, objects::Objects};
use reverie_world_model::{DepthImage, Intrinsics, Pose, RgbImage};
use std::{
    error::Error,
    f32::consts::TAU,
    time::{Duration, Instant},
};

/// The walk is timed once it has gone this many frames: uploads and compilation are over.
const WARM_UP_FRAMES: usize = 30;
/// The CPU walks a part of the way only.
const CPU_SHARE: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let frames = match std::env::args().nth(1) {
        Some(text) => text.parse::<usize>()?.clamp(8, 100_000),
        None => 480,
    };
    let screen = Intrinsics::from_horizontal_fov(1280, 720, 70_f32.to_radians());
    let mut memory = Memory::new();
    // Three views to the sides as well, so that turning always meets something.
    for yaw_deg in [0.0_f32, 60.0, -60.0] {
        let pose = Pose::from_yaw_pitch_roll(Vec3::Y * 1.6, yaw_deg.to_radians(), 0.0, 0.0);
        let (rgb, depth) = yard(&pose, &screen)?;
        memory.insert(&rgb, &depth, &pose, &screen)?;
    }
    let walk = |frame: usize| {
        let phase = TAU * frame as f32 / 240.0;
        let position = Vec3::new(0.4 * phase.sin(), 1.6 + 0.05 * (2.0 * phase).sin(), 0.0);
        Pose::from_yaw_pitch_roll(position, 0.4 * phase.sin(), 0.1 * phase.cos(), 0.0)
    };

    let mut app = app()?;
    support(app.world()).map_err(|reason| format!("the GPU cannot draw memories: {reason}"))?;
    let view = |frame| PresentedView {
        memory: memory.clone(),
        objects: Objects::new(),
        pose: walk(frame),
        intrinsics: screen,
    };
    let camera = app.world_mut().spawn(view(0)).id();
    let mut gpu_ms = Vec::with_capacity(frames);
    for frame in 0..WARM_UP_FRAMES + frames {
        app.world_mut().entity_mut(camera).insert(view(frame));
        let start = Instant::now();
        app.update();
        app.world().resource::<RenderDevice>().poll(PollType::wait_indefinitely())?;
        if frame >= WARM_UP_FRAMES {
            gpu_ms.push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    let stats = *app.sub_app(RenderApp).world().resource::<GpuPresentStats>();
    let device_ms = app
        .world()
        .resource::<DiagnosticsStore>()
        .get(&DiagnosticPath::new("render/reverie_memory/elapsed_gpu"))
        .and_then(|diagnostic| diagnostic.average());

    let (mut renderer, mut frame) = (Renderer::new(), Frame::new());
    let mut cpu_ms = Vec::with_capacity(frames);
    let mut vertices = 0;
    for at in 0..WARM_UP_FRAMES.min(frames / CPU_SHARE) + frames / CPU_SHARE {
        let start = Instant::now();
        vertices = renderer.render(&memory, &walk(at), &screen, &mut frame)?.visible_vertices;
        if at >= WARM_UP_FRAMES.min(frames / CPU_SHARE) {
            cpu_ms.push(start.elapsed().as_secs_f64() * 1e3);
        }
    }

    let (gpu_p50, gpu_p99) = (percentile(&mut gpu_ms, 0.5), percentile(&mut gpu_ms, 0.99));
    let (cpu_p50, cpu_p99) = (percentile(&mut cpu_ms, 0.5), percentile(&mut cpu_ms, 0.99));
    println!("adapter        {}", app.world().resource::<RenderAdapterInfo>().name);
    println!("memory         {vertices} vertices in sight, {} tiles drawn", stats.tiles_drawn);
    println!("GPU memory     {} MB for tiles", stats.tile_bytes >> 20);
    println!(
        "GPU            {gpu_p50:.2} ms median, {gpu_p99:.2} ms p99, {:.0} fps",
        1e3 / gpu_p50
    );
    match device_ms {
        Some(ms) => println!("of it, device  {ms:.2} ms mean"),
        None => println!("of it, device  not known: no timestamps"),
    }
    println!(
        "CPU            {cpu_p50:.2} ms median, {cpu_p99:.2} ms p99, {:.0} fps",
        1e3 / cpu_p50
    );
    println!("GPU over CPU   {:.2} times as fast", cpu_p50 / gpu_p50);
    Ok(())
}

fn app() -> Result<App, headless::NotReady> {
    let mut app = App::new();
    app.add_plugins((
        MinimalPlugins,
        DiagnosticsPlugin,
        AssetPlugin::default(),
        WindowPlugin { primary_window: None, exit_condition: ExitCondition::DontExit, ..default() },
        RenderPlugin { synchronous_pipeline_compilation: true, ..default() },
        ImagePlugin::default(),
        MeshPlugin,
        CameraPlugin,
        CorePipelinePlugin,
        RenderDiagnosticsPlugin,
        ExtractComponentPlugin::<PresentedView>::default(),
        GpuPresentPlugin::default(),
    ));
    headless::make_ready(&mut app, Duration::from_secs(60))?;
    Ok(app)
}

/// Rows of blocks on a textured ground under a sky.
fn yard(pose: &Pose, camera: &Intrinsics) -> Result<(RgbImage, DepthImage), Box<dyn Error>> {
    let blocks: Vec<(Vec3, Vec3)> = (0..24)
        .map(|k| {
            let (angle, near) = (TAU * k as f32 / 24.0 * 2.4, 3.0 + (k % 7) as f32 * 1.7);
            let foot = Vec3::new(near * angle.sin(), 0.0, -near * angle.cos());
            let size = Vec3::new(0.5, 0.6 + (k % 5) as f32 * 0.6, 0.5);
            (foot - size * Vec3::new(1.0, 0.0, 1.0), foot + size)
        })
        .chain([(Vec3::new(-90.0, -1.0, -90.0), Vec3::new(90.0, 0.0, 90.0))])
        .collect();
    let (mut rgb, mut depth) = (Vec::new(), Vec::new());
    for y in 0..camera.height {
        for x in 0..camera.width {
            let ray = pose.rotation * camera.ray(x as f32 + 0.5, y as f32 + 0.5);
            let (mut nearest, mut colour) = (f32::INFINITY, Vec3::new(120.0, 170.0, 230.0));
            for (low, high) in &blocks {
                let (a, b) = ((*low - pose.position) / ray, (*high - pose.position) / ray);
                let enter = a.min(b).max_element();
                if enter > 0.0 && enter <= a.max(b).min_element() && enter < nearest {
                    nearest = enter;
                    let at = (pose.position + ray * enter) * 9.0;
                    colour = Vec3::new(150.0, 130.0, 100.0)
                        + 40.0 * Vec3::new(at.x.sin(), at.y.sin(), at.z.sin());
                }
            }
            rgb.extend(colour.to_array().map(|c| c.clamp(0.0, 255.0) as u8));
            depth.push(nearest);
        }
    }
    let (width, height) = (camera.width, camera.height);
    Ok((RgbImage::new(width, height, rgb)?, DepthImage::new(width, height, depth)?))
}

/// A value of a list that is not empty; sorts it.
fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * share) as usize]
}
