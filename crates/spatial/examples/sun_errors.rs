//! How well the sun is found in first views of the simulator's worlds, against their truth.
//!
//! `cargo run -p reverie_spatial --release --example sun_errors [first seed] [seeds]`

use reverie_simulator::{Quality, SimulatorModel};
use reverie_spatial::{Memory, Renderer, light::find_sun};
use reverie_world_model::{Intrinsics, Seed, SeedAddress, WorldModel};
use std::{error::Error, time::Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let first: u64 = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let count: u64 = arguments.next().map_or(Ok(8), |text| text.parse())?;
    let camera = Intrinsics::from_horizontal_fov(320, 180, 1.2);
    let mut renderer = Renderer::new();
    for name in ["mountain", "city", "warehouse"] {
        for (weather, hour) in [
            ("clear", 9.0), ("clear", 12.0), ("clear", 14.0), ("clear", 18.5), ("overcast", 12.0), ("clear", 0.0),
        ] {
            if name == "warehouse" && (weather, hour) != ("clear", 12.0) {
                continue;
            }
            let mut errors = Vec::new();
            for seed in first..first + count {
                let address: SeedAddress =
                    format!("scene:{name}?seed={seed}&weather={weather}&hour={hour}").parse()?;
                let SeedAddress::Scene(scene) = address else { continue };
                let mut model =
                    SimulatorModel::new(camera, Quality { samples: 1, bounce_rays: 1 })?;
                let seen = model.begin(&Seed {
                    source: reverie_world_model::SeedSource::Scene(scene),
                    rng_seed: 0,
                    embodiment: reverie_world_model::Embodiment::Walker,
                    start: None,
                })?;
                let truth = model.light().and_then(|light| light.sun);
                let mut memory = Memory::new();
                let depth = seen.depth.ok_or("no depth")?;
                memory.insert(&seen.rgb, &depth, &seen.pose, &seen.intrinsics)?;
                let start = Instant::now();
                let found = find_sun(&memory, &mut renderer)?;
                let ms = start.elapsed().as_secs_f64() * 1e3;
                let Some(found) = found else {
                    println!("{name:9} {weather:8} {hour:4} {seed} nothing found {ms:.0} ms");
                    continue;
                };
                let error = truth.map(|sun| sun.direction.angle_between(found.direction).to_degrees());
                let side = |d: glam::Vec3| d.z.atan2(d.x).to_degrees();
                let turned = truth.map(|sun| {
                    let apart = side(sun.direction) - side(found.direction);
                    (apart + 540.0).rem_euclid(360.0) - 180.0
                });
                let ratio = truth.map(|sun| (sun.card_lit.y / sun.card_shaded.y, sun.direction.y.asin().to_degrees()));
                println!(
                    "{name:9} {weather:8} {hour:4} {seed} error {error:5.0?} turned {turned:5.0?} el {:.0} truth {ratio:.1?} ratio {:.1} conf {:.2} expl {:.2} {:.2} ev {:.1} {ms:.0} ms",
                    found.direction.y.asin().to_degrees(), found.ratio, found.confidence, found.explained[0], found.explained[1], found.evidence
                );
                errors.extend(error);
            }
            errors.sort_by(f32::total_cmp);
            if let Some(median) = errors.get(errors.len() / 2) {
                println!("== {name} {weather} {hour}: median {median:.0}, all {errors:.0?}");
            }
        }
    }
    Ok(())
}
