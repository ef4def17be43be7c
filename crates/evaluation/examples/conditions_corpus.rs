//! Renders pictures of the three worlds under many conditions, for training the conditions network.
//!
//! ```text
//! conditions_corpus --out DIR --shards N [--held-out]   write shards of 256
//! ```
//! The camera stands where judged walks stand. Each shard is `NNNN.rgb` (u8, N x 72 x 128 x 3) and
//! `NNNN.jsonl` (one line a picture: seed, domain, weather, strength, hour, season). Finished shards
//! are skipped, so a run that was stopped goes on.

mod corpus;

use std::error::Error;
use std::time::Instant;

use corpus::{jump, write_whole};
use reverie_evaluation::{Walk, WalkOptions};
use reverie_simulator::{Conditions, Quality, Rng, SceneKind, SimulatorModel};
use reverie_world_model::{
    Embodiment, Intrinsics, SceneSeed, Season, Seed, SeedSource, Weather, WorldEvent,
    WorldModel as _,
};

const SIZE: (u32, u32) = (128, 72);
const FOV_DEG: f32 = 75.0;
/// Worlds of a shard, and pictures of a world.
const WORLDS: u64 = 32;
const PICTURES: usize = 8;
const DOMAINS: [(SceneKind, Embodiment); 3] = [
    (SceneKind::Mountain, Embodiment::Drone),
    (SceneKind::City, Embodiment::Walker),
    (SceneKind::Warehouse, Embodiment::Rover),
];
/// Ticks of the walk that pictures are chosen from.
const WALK_TICKS: u64 = 500;

fn main() -> Result<(), Box<dyn Error>> {
    let (out, shards, first_seed) = corpus::arguments(WORLDS)?;
    for shard in 0..shards {
        let done = out.join(format!("{shard:04}.jsonl"));
        if done.exists() {
            continue;
        }
        let begun = Instant::now();
        let first = shard * WORLDS + first_seed;
        let (mut pixels, mut lines) = (Vec::new(), String::new());
        for seed in first..first + WORLDS {
            pictures(seed, &mut pixels, &mut lines)?;
        }
        write_whole(&out.join(format!("{shard:04}.rgb")), &pixels)?;
        // Last: its presence means that the shard is whole.
        write_whole(&done, lines.as_bytes())?;
        let each_ms = begun.elapsed().as_secs_f64() * 1e3 / (WORLDS as f64 * PICTURES as f64);
        eprintln!("shard {shard}: {each_ms:.0} ms a picture");
    }
    Ok(())
}

/// All pictures of one world; everything follows from the seed.
fn pictures(seed: u64, pixels: &mut Vec<u8>, lines: &mut String) -> Result<(), Box<dyn Error>> {
    let mut rng = Rng::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0xc0_4d17);
    let (kind, embodiment) = DOMAINS[(seed % DOMAINS.len() as u64) as usize];
    let camera = Intrinsics::from_horizontal_fov(SIZE.0, SIZE.1, FOV_DEG.to_radians());
    // More and fewer rays: how noisy a picture is shall say nothing.
    let quality = Quality { samples: 1 + rng.below(4) as u32, bounce_rays: 1 };
    let mut model = SimulatorModel::new(camera, quality)?;
    // The season dresses the whole world, so it is the world's.
    let season = if rng.chance(0.4) { Season::Summer } else { rng.pick(&Season::ALL) };
    let scene = SceneSeed { season, ..SceneSeed::new(kind.name(), seed) };
    let first = model.begin(&Seed::new(SeedSource::Scene(scene)))?;
    let tick_hz = model.spec().tick_hz;
    let world = model.scene().ok_or("no scene")?;
    let options = WalkOptions {
        start: first.pose,
        embodiment,
        tick_hz,
        least_ticks: WALK_TICKS,
        leg_share: 1.0,
        rng_seed: seed,
    };
    let walk = Walk::plan(&options, world)?;
    let mut now = first.pose;
    for number in 0..PICTURES {
        // One picture from each part of the walk.
        let part = (number as f32 + rng.range(0.0, 1.0)) / PICTURES as f32;
        let to = walk.poses[(part * (walk.poses.len() - 1) as f32) as usize];
        let conditions = any_conditions(&mut rng, season);
        let Conditions { weather, strength, hour, .. } = conditions;
        model.apply(&WorldEvent::Weather { weather, strength })?;
        model.apply(&WorldEvent::TimeOfDay { hour })?;
        now = jump(&mut model, now, to)?;
        let truth = model.truth().ok_or("no frame")?;
        pixels.extend_from_slice(&truth.rgb);
        let line = serde_json::json!({
            "seed": seed, "domain": kind.name(), "weather": weather.word(), "strength": strength,
            "hour": hour, "season": season,
        });
        lines.push_str(&line.to_string());
        lines.push('\n');
    }
    Ok(())
}

fn any_conditions(rng: &mut Rng, season: Season) -> Conditions {
    let strength = if rng.chance(0.7) { 1.0 } else { rng.range(0.5, 1.0) };
    // Dawn and dusk are short: more of them than the clock gives.
    let hour = match rng.unit() {
        u if u < 0.45 => rng.range(6.0, 18.0),
        u if u < 0.60 => rng.range(3.5, 8.5),
        u if u < 0.75 => rng.range(15.5, 20.5),
        _ => rng.range(0.0, 24.0),
    };
    Conditions { weather: rng.pick(&Weather::ALL), strength, hour, season }
}
