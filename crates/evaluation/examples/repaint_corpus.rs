//! Renders places of the three worlds under several conditions each, for training the repainter.
//!
//! ```text
//! repaint_corpus --out DIR --shards N [--held-out]   write shards of 8 worlds
//! ```
//! The camera stands where judged walks stand, with a square picture of 90 degrees. A world is seen from
//! [`PLACES`] places under [`SOURCES`] conditions as they look, air and all, and under [`TARGETS`] others without what
//! is in the air. Each shard is `NNNN.rgb` (u8, worlds x places x conditions x 128 x 128 x 3), `NNNN.idep` (f16, inverse
//! depth in 1/m, 0 is sky, worlds x places x 128 x 128) and `NNNN.jsonl`, one line a world. Finished shards are
//! skipped, so a run that was stopped goes on.

mod corpus;

use std::error::Error;
use std::time::Instant;

use corpus::{jump, write_whole};
use glam::Vec3;
use reverie_evaluation::{Walk, WalkOptions};
use reverie_simulator::{Camera, Conditions, GroundTruth, Quality, Rng, SceneKind, SimulatorModel};
use reverie_world_model::{
    Embodiment, Intrinsics, SceneSeed, Season, Seed, SeedSource, Weather, WorldModel as _,
};
use serde_json::{Value, json};

const SIDE: u32 = 128;
/// Worlds of a shard, places of a world, and conditions of a place.
const WORLDS: u64 = 8;
const PLACES: usize = 4;
const SOURCES: usize = 2;
const TARGETS: usize = 4;
/// Ticks of the walk that places are chosen from.
const WALK_TICKS: u64 = 400;
/// Extinction from which air is worth measuring, 1/m.
const HAZY_PER_M: f32 = 3e-4;
/// What is shown of the light of thick air where it cannot be measured: about the mean of where it can.
const OF_CARD: f32 = 0.8;
/// Sine of the angle from the horizon up to which air is as thick all the way.
const LEVEL: f32 = 0.2;

#[derive(Default)]
struct Shard {
    rgb: Vec<u8>,
    inverse_depth: Vec<u8>,
    lines: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let (out, shards, first_seed) = corpus::arguments(WORLDS)?;
    for number in 0..shards {
        let done = out.join(format!("{number:04}.jsonl"));
        if done.exists() {
            continue;
        }
        let begun = Instant::now();
        let first = number * WORLDS + first_seed;
        let mut shard = Shard::default();
        for seed in first..first + WORLDS {
            world(seed, &mut shard)?;
        }
        write_whole(&out.join(format!("{number:04}.rgb")), &shard.rgb)?;
        write_whole(&out.join(format!("{number:04}.idep")), &shard.inverse_depth)?;
        // Last: its presence means that the shard is whole.
        write_whole(&done, shard.lines.as_bytes())?;
        eprintln!("shard {number}: {:.2} s a world", begun.elapsed().as_secs_f64() / WORLDS as f64);
    }
    Ok(())
}

/// All pictures of one world; everything follows from the seed.
fn world(seed: u64, shard: &mut Shard) -> Result<(), Box<dyn Error>> {
    let mut rng = Rng::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x4e_9a17);
    let (kind, embodiment) = match seed % 9 {
        0..=3 => (SceneKind::Mountain, Embodiment::Drone),
        4..=7 => (SceneKind::City, Embodiment::Walker),
        _ => (SceneKind::Warehouse, Embodiment::Rover),
    };
    let camera = Intrinsics::from_horizontal_fov(SIDE, SIDE, std::f32::consts::FRAC_PI_2);
    let mut model = SimulatorModel::new(camera, Quality { samples: 1, bounce_rays: 1 })?;
    let season = any_season(&mut rng);
    let scene = SceneSeed { season, ..SceneSeed::new(kind.name(), seed) };
    let first = model.begin(&Seed::new(SeedSource::Scene(scene)))?;
    let options = WalkOptions {
        start: first.pose,
        embodiment,
        tick_hz: model.spec().tick_hz,
        least_ticks: WALK_TICKS,
        leg_share: 1.0,
        rng_seed: seed,
    };
    let walk = Walk::plan(&options, model.scene().ok_or("no scene")?)?;
    let sources: Vec<Conditions> = (0..SOURCES).map(|_| source(&mut rng, season)).collect();
    let targets: Vec<Conditions> = (0..TARGETS).map(|k| target(&mut rng, season, k)).collect();
    let (mut places, mut now) = (Vec::new(), first.pose);
    for number in 0..PLACES {
        // One picture from each part of the walk; the first one is where it begins.
        let part = if number == 0 { 0.0 } else { number as f32 + rng.range(-0.5, 0.5) };
        let last = (walk.poses.len() - 1) as f32;
        now = jump(&mut model, now, walk.poses[(part / PLACES as f32 * last) as usize])?;
        let truth = model.truth().ok_or("no frame")?;
        for depth_m in &truth.depth_m {
            let near = if depth_m.is_finite() { 1.0 / depth_m } else { 0.0 };
            shard.inverse_depth.extend_from_slice(&half::f16::from_f32(near).to_le_bytes());
        }
        for conditions in &sources {
            shard.rgb.extend_from_slice(&model.render_under(*conditions)?.rgb);
        }
        let mut lights = Vec::new();
        for conditions in &targets {
            let (surfaces, light) = model.render_surfaces_under(*conditions)?;
            shard.rgb.extend_from_slice(&surfaces.rgb);
            let mut haze = light.haze;
            if light.haze_per_m > HAZY_PER_M {
                let shown = model.render_under(*conditions)?;
                haze =
                    shown_haze(&surfaces.rgb, &shown, light.haze_per_m).unwrap_or(haze * OF_CARD);
            }
            lights.push(json!({ "haze_per_m": light.haze_per_m, "haze": haze }));
        }
        places.push(json!({ "rotation": now.rotation, "lights": lights }));
    }
    let told = |all: &[Conditions]| all.iter().map(|c| json!(c)).collect::<Vec<Value>>();
    let line = json!({
        "seed": seed, "domain": kind.name(), "sources": told(&sources), "targets": told(&targets),
        "places": places,
    });
    shard.lines.push_str(&line.to_string());
    shard.lines.push('\n');
    Ok(())
}

/// The colour, linear, that makes a picture of its surfaces when the air is mixed before them by distance: what fits the things
/// best that are half hidden or more, `None` where few are. Pictures are developed by what they show, so that
/// a view full of fog shows it darker than it is beside a card that hangs in it.
fn shown_haze(surfaces: &[u8], shown: &GroundTruth, haze_per_m: f32) -> Option<Vec3> {
    let Camera { pose, intrinsics } = &shown.camera;
    let width = shown.width() as usize;
    let colour = |pixel: &[u8]| Vec3::from_array([0, 1, 2].map(|c| linear(pixel[c])));
    let (mut sum, mut total, mut count) = (Vec3::ZERO, 0.0, 0_usize);
    let pixels = surfaces.chunks_exact(3).zip(shown.rgb.chunks_exact(3)).zip(&shown.depth_m);
    for (at, ((surface, pixel), depth_m)) in pixels.enumerate() {
        let ray = intrinsics.ray((at % width) as f32 + 0.5, (at / width) as f32 + 0.5);
        let level = ((pose.rotation * ray).y / ray.length()).abs() < LEVEL;
        let hidden = 1.0 - (-haze_per_m * ray.length() * depth_m).exp();
        if depth_m.is_finite() && level && hidden > 0.5 {
            sum += hidden * (colour(pixel) - colour(surface) * (1.0 - hidden));
            total += hidden * hidden;
            count += 1;
        }
    }
    (count * 50 > shown.depth_m.len()).then(|| (sum / total).max(Vec3::ZERO))
}

fn linear(byte: u8) -> f32 {
    let value = f32::from(byte) / 255.0;
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn any_season(rng: &mut Rng) -> Season {
    if rng.chance(0.4) { Season::Summer } else { rng.pick(&Season::ALL) }
}

fn any_hour(rng: &mut Rng) -> f32 {
    // Dawn and dusk are short: more of them than the clock gives.
    match rng.unit() {
        u if u < 0.45 => rng.range(6.0, 18.0),
        u if u < 0.60 => rng.range(3.5, 8.5),
        u if u < 0.75 => rng.range(15.5, 20.5),
        _ => rng.range(0.0, 24.0),
    }
}

/// What worlds begin with: mostly what pictures are taken in.
fn source(rng: &mut Rng, season: Season) -> Conditions {
    if rng.chance(0.6) {
        let weather = if rng.chance(0.7) { Weather::Clear } else { Weather::Overcast };
        let (strength, hour) = (rng.range(0.5, 1.0), rng.range(8.0, 17.0));
        return Conditions { weather, strength, hour, season };
    }
    target(rng, season, rng.clone().below(4))
}

/// What they are to be changed to; `number` lets the weathers take turns.
fn target(rng: &mut Rng, season: Season, number: usize) -> Conditions {
    let weather = match number {
        0 => Weather::Snow,
        1 => {
            if rng.chance(0.5) {
                Weather::Rain
            } else {
                Weather::Fog
            }
        }
        2 => {
            if rng.chance(0.5) {
                Weather::Clear
            } else {
                Weather::Overcast
            }
        }
        _ => rng.pick(&Weather::ALL),
    };
    let strength = if rng.chance(0.7) { 1.0 } else { rng.range(0.2, 1.0) };
    let season = if rng.chance(0.5) { season } else { rng.pick(&Season::ALL) };
    Conditions { weather, strength, hour: any_hour(rng), season }
}
