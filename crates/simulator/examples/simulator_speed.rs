//! Frames a second of [`SimulatorModel`] with every buffer, world by world, while the camera walks
//! and turns; the same rays by the plain traversal; and how long a hero picture takes.
//!
//! `simulator_speed [FRAMES] [WIDTHxHEIGHT] [ADDRESS...]`

use std::error::Error;
use std::time::Instant;

use glam::{Vec2, Vec3};
use reverie_simulator::{Camera, Exposure, Quality, SceneKind, SimulatorModel, Traversal};
use reverie_world_model::{
    Action, Embodiment, Intrinsics, Seed, SeedAddress, SeedSource, WorldModel,
};

/// Processor time of this process, all threads, seconds.
fn cpu_secs() -> f64 {
    // Fields 14 and 15, counted behind the name in brackets, in hundredths of a second.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 =
        behind.split_whitespace().skip(11).take(2).filter_map(|v| v.parse::<f64>().ok()).sum();
    ticks / 100.0
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let frames: usize = words.first().map_or(Ok(120), |w| w.parse())?;
    let size = words.get(1).map_or("128x72", String::as_str);
    let (width, height) = size.split_once('x').ok_or("the size is WIDTHxHEIGHT")?;
    let intrinsics =
        Intrinsics::from_horizontal_fov(width.parse()?, height.parse()?, 75f32.to_radians());
    let mut addresses: Vec<String> = words.iter().skip(2).cloned().collect();
    if addresses.is_empty() {
        addresses = SceneKind::ALL.iter().map(|k| format!("scene:{}?seed=3", k.name())).collect();
    }
    println!("threads: {}", rayon::current_num_threads());
    for address in addresses {
        let SeedAddress::Scene(scene) = address.parse()? else {
            return Err("the address must begin with scene:".into());
        };
        let quality = Quality::default();
        let mut model = SimulatorModel::new(intrinsics, quality)?;
        let begun = Instant::now();
        model.begin(&Seed {
            source: SeedSource::Scene(scene),
            rng_seed: 0,
            embodiment: Embodiment::Walker,
            start: None,
        })?;
        let begin_ms = begun.elapsed().as_secs_f64() * 1e3;
        let mut times = Vec::with_capacity(frames);
        let mut kept = Vec::new();
        let cpu = cpu_secs();
        for k in 0..frames {
            let look_rps = Vec2::new((k as f32 * 0.05).sin() * 0.7, 0.0);
            let move_mps = Vec3::new(0.0, 0.0, 1.4);
            let action = Action { move_mps, look_rps, interact: false };
            let begun = Instant::now();
            model.step(&action)?;
            times.push(begun.elapsed().as_secs_f64() * 1e3);
            if k % (frames / 4).max(1) == 0
                && let Some(truth) = model.truth()
            {
                kept.push(truth.camera);
            }
        }
        let cpu_ms = (cpu_secs() - cpu) * 1e3 / frames as f64;
        times.sort_by(f64::total_cmp);
        let median = times[times.len() / 2];
        let p99 = times[times.len() * 99 / 100];
        let mut scene = model.scene().ok_or("no scene")?.clone();
        let mut timed = |traversal: Traversal, rounds: usize| {
            scene.set_traversal(traversal);
            let begun = cpu_secs();
            for _ in 0..rounds {
                for camera in &kept {
                    std::hint::black_box(scene.render(camera, quality, Exposure::Scene));
                }
            }
            (cpu_secs() - begun) * 1e3 / (rounds * kept.len()) as f64
        };
        let (fast, plain) = (timed(Traversal::Fast, 8), timed(Traversal::Reference, 4));
        println!(
            "{address}: {:.1} frames/s (median {median:.1} ms, p99 {p99:.1} ms, {cpu_ms:.1} ms of \
             processor a frame), begin {begin_ms:.0} ms; render {fast:.1} ms of processor, plain \
             traversal {plain:.1} ms, ratio {:.2}",
            1e3 / median,
            plain / fast
        );
        if std::env::var_os("HERO").is_some()
            && let Some(camera) = kept.first()
        {
            let intrinsics = Intrinsics::from_horizontal_fov(1280, 720, 75f32.to_radians());
            scene.set_traversal(Traversal::Fast);
            let begun = Instant::now();
            let quality = Quality { samples: 8, bounce_rays: 8 };
            let camera = Camera { intrinsics, ..*camera };
            std::hint::black_box(scene.render(&camera, quality, Exposure::Scene));
            println!(
                "  1280x720, 8 samples, 8 bounce rays: {:.2} s",
                begun.elapsed().as_secs_f64()
            );
        }
    }
    Ok(())
}
