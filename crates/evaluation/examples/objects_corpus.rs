//! Renders things that stand in the simulator's worlds, for training the network that recognises them.
//!
//! ```text
//! objects_corpus --out DIR --worlds N [--held-out]
//! ```
//! Each world is `NNNN.rgb` (u8, N x 64 x 64 x 3) and `NNNN.jsonl` (one line a picture: seed, domain,
//! kind). Finished worlds are skipped, so a run that was stopped goes on.

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use reverie_evaluation::objects::{aim, standing_place};
use reverie_simulator::{
    Camera, Conditions, Exposure, ProxyKind, Quality, Rng, SceneKind, SimulatorModel,
};
use reverie_world_model::{
    Embodiment, Intrinsics, Pose, SceneSeed, Seed, SeedSource, Weather, WorldEvent, WorldModel as _,
};

/// Seeds from here on are never trained on.
const HELD_OUT: u64 = 1_000_000;
const DOMAINS: [SceneKind; 3] = [SceneKind::Mountain, SceneKind::City, SceneKind::Warehouse];
/// Pictures of each kind in a world.
const ROUNDS: usize = 6;
const HALF_ANGLE_RAD: f32 = 0.6;

fn main() -> Result<(), Box<dyn Error>> {
    let (mut out, mut worlds, mut held_out) = (None, 1, false);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--out" => out = Some(PathBuf::from(value()?)),
            "--worlds" => worlds = value()?.parse::<u64>()?,
            "--held-out" => held_out = true,
            other => return Err(format!("unknown option {other}").into()),
        }
    }
    let out = out.ok_or("--out DIR is needed")?;
    if worlds > HELD_OUT {
        return Err(format!("training seeds must stay below {HELD_OUT}").into());
    }
    fs::create_dir_all(&out)?;
    for world in 0..worlds {
        let done = out.join(format!("{world:04}.jsonl"));
        if done.exists() {
            continue;
        }
        let begun = Instant::now();
        let (mut pixels, mut lines) = (Vec::new(), String::new());
        let seed = world + if held_out { HELD_OUT } else { 0 };
        let count = pictures(seed, &mut pixels, &mut lines)?;
        fs::write(out.join(format!("{world:04}.rgb")), pixels)?;
        // Last: its presence means that the world is whole.
        fs::write(&done, lines)?;
        let each_ms = begun.elapsed().as_secs_f64() * 1e3 / count.max(1) as f64;
        eprintln!("world {world}: {count} pictures, {each_ms:.0} ms each");
    }
    Ok(())
}

/// All pictures of one world; everything follows from the seed.
fn pictures(seed: u64, pixels: &mut Vec<u8>, lines: &mut String) -> Result<usize, Box<dyn Error>> {
    let mut rng = Rng::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x0b_1ec7);
    let kind = DOMAINS[(seed % DOMAINS.len() as u64) as usize];
    let small = Intrinsics::from_horizontal_fov(8, 8, 1.0);
    let quality = Quality { samples: 2, bounce_rays: 1 };
    let mut model = SimulatorModel::new(small, quality)?;
    let scene = SceneSeed::new(kind.name(), seed);
    let seed_of = Seed { embodiment: Embodiment::Free, ..Seed::new(SeedSource::Scene(scene)) };
    let start = model.begin(&seed_of)?.pose;
    let mut count = 0;
    for round in 0..ROUNDS {
        let Conditions { weather, strength, hour, .. } = any_conditions(&mut rng);
        model.apply(&WorldEvent::Weather { weather, strength })?;
        model.apply(&WorldEvent::TimeOfDay { hour })?;
        // Another way to look in each round.
        let turned = rng.range(-3.0, 3.0);
        for thing in ProxyKind::ALL {
            let (size, colour) = (thing.any_size(&mut rng), thing.any_colour(&mut rng));
            let eye = Pose::from_yaw_pitch_roll(start.position, turned, 0.0, 0.0);
            let world = model.scene().ok_or("no scene")?;
            let Some((position, rotation)) =
                standing_place(world, &eye, size, HALF_ANGLE_RAD, || rng.unit())
            else {
                continue;
            };
            let id = seed * 1000 + (round * 100) as u64 + thing as u64;
            let class = thing.name().to_owned();
            model.apply(&WorldEvent::Place { id, class, position, rotation, size, colour })?;
            let (pose, intrinsics) = aim(eye.position, position, size);
            let world = model.scene().ok_or("no scene")?;
            let camera = Camera { pose, intrinsics };
            pixels.extend(world.render(&camera, quality, Exposure::Scene).rgb);
            model.apply(&WorldEvent::Remove { id })?;
            let line = serde_json::json!({
                "seed": seed, "domain": kind.name(), "kind": thing.name(),
            });
            lines.push_str(&line.to_string());
            lines.push('\n');
            count += 1;
        }
    }
    Ok(count)
}

fn any_conditions(rng: &mut Rng) -> Conditions {
    let weather = if rng.chance(0.4) { Weather::Clear } else { rng.pick(&Weather::ALL) };
    Conditions { strength: rng.range(0.4, 1.0), ..Conditions::new(weather, rng.range(7.0, 19.5)) }
}
