//! Times what the recorder costs a frame: a small scene at 1280x720 without a window, with and without
//! a recording, in turns.
//!
//! `cargo run -p bevy_reverie --example recorder_speed [rounds] [--msaa]`
//!
//! Three figures a frame: how long [`App::update`] takes (what the game's thread waits for, without the
//! device), how long the device takes after that, and the processor's time of the whole program, which
//! on a software rasteriser is everything, the thread that encodes and writes included. The game runs at
//! 60 frames a second; recordings take 12 of them, and all 60 for what a single picture costs.

use bevy::{
    camera::RenderTarget,
    log::LogPlugin,
    prelude::*,
    render::{
        render_resource::{PollType, TextureFormat},
        renderer::{RenderAdapterInfo, RenderDevice},
    },
    time::TimeUpdateStrategy,
};
use bevy_reverie::{headless, prelude::*};
use std::{
    error::Error,
    time::{Duration, Instant},
};

const GAME_HZ: f32 = 60.0;
const FRAMES: usize = 60;

type Anything = Box<dyn Error>;

fn main() -> Result<(), Anything> {
    let mut arguments = std::env::args().skip(1);
    let rounds: usize = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let msaa =
        if arguments.next().as_deref() == Some("--msaa") { Msaa::Sample4 } else { Msaa::Off };
    let folder = std::env::temp_dir().join(format!("recorder_speed-{}", std::process::id()));
    let mut app = app(msaa)?;
    println!("adapter  {}", app.world().resource::<RenderAdapterInfo>().name);
    let modes = [("off", None), ("12 Hz", Some(12.0)), ("60 Hz", Some(60.0))];
    let mut costs = [const { Vec::<Cost>::new() }; 3];
    let mut dropped = [0; 3];
    measure(&mut app, FRAMES)?;
    for round in 0..rounds {
        for (at, (_, frame_hz)) in modes.iter().enumerate() {
            let recording = frame_hz.map(|frame_hz| RecorderSettings {
                folder: folder.join(format!("{round}-{frame_hz}")),
                frame_hz,
                ..default()
            });
            if let Some(settings) = recording {
                app.insert_resource(settings);
                app.world_mut().write_message(RecorderControl::Start);
                // The first picture compiles the shader.
                measure(&mut app, 8)?;
            }
            costs[at].push(measure(&mut app, FRAMES)?);
            if frame_hz.is_some() {
                app.world_mut().write_message(RecorderControl::Stop);
                while !stopped(&mut app)? {
                    measure(&mut app, 1)?;
                }
                dropped[at] += app.world().resource::<RecorderStatus>().dropped;
            }
        }
    }
    std::fs::remove_dir_all(&folder)?;
    println!("{:8} {:>10} {:>10} {:>10} {:>8}", "", "update ms", "device ms", "CPU ms", "dropped");
    for ((name, _), (costs, dropped)) in modes.iter().zip(costs.iter().zip(dropped)) {
        let median = |of: fn(&Cost) -> f64| {
            let mut values: Vec<f64> = costs.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        let [update, device, cpu] =
            [median(|c| c.update_ms), median(|c| c.device_ms), median(|c| c.cpu_ms)];
        println!("{name:8} {update:>10.2} {device:>10.2} {cpu:>10.2} {dropped:>8}");
    }
    Ok(())
}

/// Whether the recording is on the disk.
fn stopped(app: &mut App) -> Result<bool, Anything> {
    let mut failed = app.world_mut().resource_mut::<Messages<RecordingFailed>>();
    if let Some(failed) = failed.drain().next() {
        return Err(failed.error.into());
    }
    let mut stopped = app.world_mut().resource_mut::<Messages<RecordingStopped>>();
    Ok(stopped.drain().next().is_some())
}

/// Of a frame, in the mean of some.
struct Cost {
    update_ms: f64,
    device_ms: f64,
    cpu_ms: f64,
}

fn measure(app: &mut App, frames: usize) -> Result<Cost, Anything> {
    let (mut update, mut device) = (Duration::ZERO, Duration::ZERO);
    let before = cpu_secs();
    for _ in 0..frames {
        let start = Instant::now();
        app.update();
        update += start.elapsed();
        let start = Instant::now();
        app.world().resource::<RenderDevice>().poll(PollType::wait_indefinitely())?;
        device += start.elapsed();
    }
    let each = 1e3 / frames as f64;
    Ok(Cost {
        update_ms: update.as_secs_f64() * each,
        device_ms: device.as_secs_f64() * each,
        cpu_ms: (cpu_secs() - before) * each,
    })
}

/// Processor time of this program so far, seconds; 0 where the system does not tell it so.
fn cpu_secs() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(") ").next().unwrap_or_default().split(' ');
    // User and system time, in hundredths.
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn app(msaa: Msaa) -> Result<App, Anything> {
    let mut app = App::new();
    app.add_plugins((headless::default_plugins().disable::<LogPlugin>(), RecorderPlugin))
        .insert_resource(TimeUpdateStrategy::ManualDuration(Duration::from_secs_f32(
            1.0 / GAME_HZ,
        )));
    headless::make_ready(&mut app, Duration::from_secs(60))?;
    let world = app.world_mut();
    let image = Image::new_target_texture(1280, 720, TextureFormat::Rgba8UnormSrgb, None);
    let target = world.resource_mut::<Assets<Image>>().add(image);
    let mesh = world.resource_mut::<Assets<Mesh>>().add(Cuboid::from_length(0.7));
    for at in 0..24 {
        let (x, y) = ((at % 6) as f32, (at / 6) as f32);
        let base_color = Color::hsl(15.0 * at as f32, 0.8, 0.6);
        let material = StandardMaterial { base_color, unlit: true, ..default() };
        let material = world.resource_mut::<Assets<StandardMaterial>>().add(material);
        let place = Transform::from_xyz(x - 2.5, y - 1.5, -6.0 - 0.3 * x);
        world.spawn((Mesh3d(mesh.clone()), MeshMaterial3d(material), place));
    }
    world.spawn((Camera3d::default(), msaa, RecordedCamera, RenderTarget::Image(target.into())));
    Ok(app)
}
