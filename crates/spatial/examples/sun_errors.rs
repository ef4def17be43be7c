//! How well the sun is found in first views of the simulator's worlds, against their truth.
//!
//! `cargo run -p reverie_spatial --example sun_errors -- [FIRST_SEED] [SEEDS] [--fit] [--all]`
//!
//! `--fit` prints the weights that make the true suns likeliest; `--all` prints every world.

use reverie_simulator::{Quality, SimulatorModel};
use reverie_spatial::{
    Memory, Renderer,
    light::{Candidate, FACTS, Facts, FoundSun, SunClues, choose, find_sun, sun_clues},
};
use reverie_world_model::{Embodiment, Intrinsics, Seed, SeedAddress, SeedSource, WorldModel};
use std::{error::Error, time::Instant};

const CONDITIONS: [(&str, f32); 7] = [
    ("clear", 8.0),
    ("clear", 10.0),
    ("clear", 12.0),
    ("clear", 14.0),
    ("clear", 17.5),
    ("overcast", 12.0),
    ("clear", 0.5),
];
/// Fitting: steps, their size, and what keeps weights small.
const STEPS: usize = 600;
const RATE: f32 = 2.0;
const SMALL: f32 = 2e-3;

struct Case {
    sun: Option<glam::Vec3>,
    clues: SunClues,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, otherwise: u64| {
        let mut numbers = arguments.iter().filter(|text| !text.starts_with("--"));
        numbers.nth(at).map_or(Ok(otherwise), |text| text.parse())
    };
    let (first, count) = (number(0, 1_000_000)?, number(1, 8)?);
    let has = |flag: &str| arguments.iter().any(|text| text == flag);
    let mut cases = Vec::new();
    for scene in ["mountain", "city", "warehouse"] {
        for (weather, hour) in CONDITIONS {
            if scene == "warehouse" && (weather, hour) != ("clear", 12.0) {
                continue;
            }
            let mut errors = Vec::new();
            let (mut confident, mut sunny, mut total_ms) = (Vec::new(), Vec::new(), 0.0);
            for seed in first..first + count {
                let address = format!("scene:{scene}?seed={seed}&weather={weather}&hour={hour}");
                let (memory, sun) = begin(&address)?;
                let start = Instant::now();
                let mut renderer = Renderer::new();
                let found = find_sun(&memory, &mut renderer)?;
                total_ms += start.elapsed().as_secs_f64() * 1e3;
                let error = match (sun, found) {
                    (Some(sun), Some(found)) => {
                        Some(sun.angle_between(found.direction).to_degrees())
                    }
                    _ => None,
                };
                if has("--all") {
                    print(&address, sun, found, error);
                }
                errors.extend(error);
                confident.extend(found.map(|found| found.confidence));
                sunny.extend(found.map(|found| found.sunny));
                if has("--fit") {
                    cases.push(Case { sun, clues: sun_clues(&memory, &mut renderer)? });
                }
            }
            errors.sort_by(f32::total_cmp);
            confident.sort_by(f32::total_cmp);
            sunny.sort_by(f32::total_cmp);
            let at = |list: &[f32], share: f32| {
                list.get((list.len() as f32 * share) as usize).copied().unwrap_or(f32::NAN)
            };
            println!(
                "{scene:9} {weather:8} {hour:4.1} h: error median {:3.0}, four of five below {:3.0} degrees; confidence median {:.2} ({:.2} to {:.2}), a sun {:.2} ({:.2} to {:.2}); {:.0} ms",
                at(&errors, 0.5),
                at(&errors, 0.8),
                at(&confident, 0.5),
                at(&confident, 0.1),
                at(&confident, 0.9),
                at(&sunny, 0.5),
                at(&sunny, 0.1),
                at(&sunny, 0.9),
                total_ms / count as f64,
            );
        }
    }
    if has("--fit") {
        fit(&cases);
    }
    Ok(())
}

/// What is seen first of a scene, and where its sun stands if it throws shadows.
fn begin(address: &str) -> Result<(Memory, Option<glam::Vec3>), Box<dyn Error>> {
    let SeedAddress::Scene(scene) = address.parse()? else { return Err("no scene".into()) };
    let camera = Intrinsics::from_horizontal_fov(320, 180, 1.2);
    let mut model = SimulatorModel::new(camera, Quality { samples: 1, bounce_rays: 1 })?;
    let seed = Seed {
        source: SeedSource::Scene(scene),
        rng_seed: 0,
        embodiment: Embodiment::Walker,
        start: None,
    };
    let seen = model.begin(&seed)?;
    let mut memory = Memory::new();
    let depth = seen.depth.ok_or("no depth")?;
    memory.insert(&seen.rgb, &depth, &seen.pose, &seen.intrinsics)?;
    let sun = model.light().and_then(|light| light.sun);
    let strong = sun.filter(|sun| sun.card_lit.y > 1.5 * sun.card_shaded.y);
    Ok((memory, strong.map(|sun| sun.direction)))
}

fn print(address: &str, sun: Option<glam::Vec3>, found: Option<FoundSun>, error: Option<f32>) {
    let Some(found) = found else {
        println!("{address}: nothing");
        return;
    };
    let up = |d: glam::Vec3| d.y.asin().to_degrees();
    println!(
        "{address}: error {:.0?}, elevation {:.0} of {:.0?}, ratio {:.1}, confidence {:.2}, facts {:.2?}",
        error,
        up(found.direction),
        sun.map(up),
        found.ratio,
        found.confidence,
        found.facts
    );
}

/// Ascends the likelihood of the true suns.
fn fit(cases: &[Case]) {
    let sunny: Vec<(&Case, glam::Vec3)> =
        cases.iter().filter_map(|case| Some((case, case.sun?))).collect();
    let mut weights: Facts = [4.0, 4.0, 2.0, 1.0, 2.0, 1.0, 0.0, 0.0];
    let mut squares = [1e-3_f32; FACTS];
    for step in 0..STEPS {
        let mut slope = [0.0_f32; FACTS];
        let mut likelihood = 0.0;
        for (case, sun) in &sunny {
            let score =
                |c: &Candidate| -> f32 { c.facts.iter().zip(weights).map(|(f, w)| f * w).sum() };
            let top = case.clues.candidates.iter().map(score).fold(f32::NEG_INFINITY, f32::max);
            let (mut all, mut near) = (0.0, 0.0);
            let (mut of_all, mut of_near) = ([0.0; FACTS], [0.0; FACTS]);
            for c in &case.clues.candidates {
                let p = (score(c) - top).exp();
                let angle = c.direction.angle_between(*sun).to_degrees();
                let q = p * (-0.5 * (angle / 12.0).powi(2)).exp();
                all += p;
                near += q;
                for k in 0..FACTS {
                    of_all[k] += p * c.facts[k];
                    of_near[k] += q * c.facts[k];
                }
            }
            likelihood += (near / all).max(1e-12).ln();
            for k in 0..FACTS {
                slope[k] += of_near[k] / near.max(1e-12) - of_all[k] / all;
            }
        }
        for k in 0..FACTS {
            let g = slope[k] / sunny.len() as f32 - SMALL * weights[k];
            squares[k] = 0.98 * squares[k] + 0.02 * g * g;
            weights[k] += 0.03 * RATE * g / squares[k].sqrt();
        }
        if step % 100 == 99 {
            println!(
                "step {}: {:.3} a world, {weights:.2?}",
                step + 1,
                likelihood / sunny.len() as f32
            );
        }
    }
    let mut errors = Vec::new();
    for (case, sun) in &sunny {
        if let Some(found) = choose(&case.clues, &weights) {
            let error = found.direction.angle_between(*sun).to_degrees();
            errors.push((error, found.confidence));
        }
    }
    errors.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = errors.get(errors.len() / 2).map_or(f32::NAN, |e| e.0);
    println!("fitted: median {half:.0} degrees over {} worlds", errors.len());
    errors.sort_by(|a, b| b.1.total_cmp(&a.1));
    for quarter in errors.chunks(errors.len().div_ceil(4).max(1)) {
        let mut part: Vec<f32> = quarter.iter().map(|e| e.0).collect();
        part.sort_by(f32::total_cmp);
        println!(
            "  confidence {:.2} to {:.2}: median {:.0}",
            quarter[quarter.len() - 1].1,
            quarter[0].1,
            part[part.len() / 2]
        );
    }
    // What tells a sun from none: the light that a direction explains at all.
    for (name, with) in [("with", true), ("without", false)] {
        let of = cases.iter().filter(|case| case.sun.is_some() == with);
        let mut told: Vec<f32> = of
            .filter_map(|case| choose(&case.clues, &weights))
            .map(|found| found.facts[0] + found.facts[1] + found.facts[3])
            .collect();
        told.sort_by(f32::total_cmp);
        let tenths = (0..=10).filter_map(|k| told.get((told.len().max(1) - 1) * k / 10));
        println!("explained in worlds {name} a sun, by tenths: {:.2?}", tenths.collect::<Vec<_>>());
        let of = cases.iter().filter(|case| case.sun.is_some() == with);
        let mut blues: Vec<f32> = of.filter_map(|case| case.clues.blue).collect();
        blues.sort_by(f32::total_cmp);
        let tenths = (0..=10).filter_map(|k| blues.get((blues.len().max(1) - 1) * k / 10));
        println!(
            "blue of {} such skies, by tenths: {:.2?}",
            blues.len(),
            tenths.collect::<Vec<_>>()
        );
    }
}
