//! Worlds under another weather, hour or season, beside the truth under it.
//!
//! Held-out worlds begin from their first view; conditions are commanded as a game commands them, and when the world has come to
//! them its frame is compared with what the simulator shows there then. What is to be beaten is the best transform of all
//! colours alike that can be known without the truth: for each kind of world, beginning and change the one that fits them best in
//! worlds of their own, as a colourist would make it. What it is above the one that is fitted to each truth itself, which
//! nobody has, is told, too.

use crate::error::CliError;
use indicatif::ProgressBar;
use reverie_evaluation::{ColourTransform, ConditionsNetwork, depth_errors, psnr};
use reverie_simulator::{Conditions, Quality, SimulatorModel};
use reverie_spatial::{SpatialConfig, SpatialModel};
use reverie_world_model::{
    Action, DepthImage, ImageSeed, Intrinsics, Observation, RgbImage, SceneSeed, Season, Seed,
    SeedSource, Weather, WorldEvent, WorldModel,
};
use serde::Serialize;
use std::sync::atomic::{AtomicBool, Ordering};

/// Worlds in which weather and hour can be seen: in the hall next to nothing changes.
const OUTSIDE: [&str; 2] = ["mountain", "city"];
/// Size and field of view of the frames.
const SIZE: [u32; 2] = [192, 108];
const FOV_DEG: f32 = 75.0;
const QUALITY: Quality = Quality { samples: 2, bounce_rays: 1 };
/// Seeds from here on are never trained on; these are not those of the walks.
const FIRST_SEED: u64 = 1_000_300;
/// Worlds of each kind, and in a quick run.
const WORLDS: u64 = 10;
const QUICK_WORLDS: u64 = 2;
/// Worlds of each kind and beginning that the grades are made on, and in a quick run; seeds of their own.
const GRADE_WORLDS: u64 = 6;
const QUICK_GRADE_WORLDS: u64 = 2;
const FIRST_GRADE_SEED: u64 = 1_000_400;
/// Ticks after which a world has come to its conditions, at most.
const PATIENCE_TICKS: u32 = 400;
/// What worlds begin with, one after another.
const BEGINNINGS: [(Weather, f32, Season); 3] = [
    (Weather::Clear, 10.0, Season::Summer),
    (Weather::Overcast, 14.0, Season::Summer),
    (Weather::Clear, 15.5, Season::Autumn),
];
/// What they are changed to; a season where it changes.
const CHANGES: [(Weather, f32, Option<Season>); 8] = [
    (Weather::Rain, 13.0, None),
    (Weather::Snow, 11.0, Some(Season::Winter)),
    (Weather::Fog, 9.0, None),
    (Weather::Clear, 23.0, None),
    (Weather::Clear, 19.0, None),
    (Weather::Rain, 22.0, None),
    (Weather::Snow, 16.0, None),
    (Weather::Overcast, 12.0, Some(Season::Autumn)),
];

/// What was found; PSNR over means of all changes.
#[derive(Debug, Serialize)]
pub struct RepaintLine {
    /// Changes that were judged.
    pub repaints: usize,
    /// Mean relative difference of the depth shown before and after.
    pub repaint_depth_absrel: f64,
    /// Of the frames to the truth under the conditions.
    pub repaint_psnr_db: f64,
    /// Above the affine map of colours that fits the same change from the same beginning best in other worlds of the kind.
    pub repaint_psnr_gain_db: f64,
    /// Above the affine map that fits each truth best, which only the truth tells.
    pub repaint_psnr_gain_over_fitted_db: f64,
    /// Share of the frames whose weather and whose hour are recognised, as a share of that for true frames.
    pub repaint_followed_ratio: f64,
    /// The two alone.
    pub repaint_weather_followed_ratio: f64,
    pub repaint_hour_followed_ratio: f64,
    /// Each change, means over the worlds.
    pub repaint_changes: Vec<ChangeLine>,
}

/// One change.
#[derive(Debug, Serialize)]
pub struct ChangeLine {
    pub to: String,
    pub psnr_db: f64,
    pub gain_db: f64,
    pub gain_over_fitted_db: f64,
}

/// One world under one change.
struct Judged {
    change: usize,
    /// PSNR to the truth: of the frame, the grade and the map fitted to the truth.
    psnr_db: [f64; 3],
    absrel: f64,
    /// Weather and hour recognised in the frame, and in the truth.
    followed: [[bool; 2]; 2],
}

/// Judges changes of conditions; `None` where no kind of world shows them.
///
/// # Errors
/// [`CliError::Interrupted`], and when a world cannot be made or changed.
pub fn run(
    network: &ConditionsNetwork,
    domains: &[&str],
    quick: bool,
    progress: &ProgressBar,
    interrupted: &AtomicBool,
) -> Result<Option<RepaintLine>, CliError> {
    let domains: Vec<&&str> = domains.iter().filter(|name| OUTSIDE.contains(name)).collect();
    let (worlds, graded) =
        if quick { (QUICK_WORLDS, QUICK_GRADE_WORLDS) } else { (WORLDS, GRADE_WORLDS) };
    let mut judged = Vec::new();
    for domain in &domains {
        let mut grades = Vec::new();
        for began in BEGINNINGS.iter().take(worlds as usize) {
            progress.set_message(format!("{domain}, grades from {} at {}", began.0, began.1));
            grades.push(grades_of(domain, *began, graded, interrupted)?);
        }
        for number in 0..worlds {
            progress.set_message(format!("{domain} {}, changes", FIRST_SEED + number));
            let grades = &grades[number as usize % grades.len()];
            for (change, grade) in grades.iter().enumerate() {
                if interrupted.load(Ordering::Relaxed) {
                    return Err(CliError::Interrupted);
                }
                judged.push(judge(network, domain, number, change, grade)?);
            }
        }
    }
    Ok((!judged.is_empty()).then(|| line(&judged)))
}

fn wanted(change: usize, began: Conditions) -> Conditions {
    let (weather, hour, season) = CHANGES[change];
    Conditions { weather, strength: 1.0, hour, season: season.unwrap_or(began.season) }
}

fn scene(domain: &str, seed: u64, (weather, hour, season): (Weather, f32, Season)) -> SceneSeed {
    SceneSeed { weather, hour, season, ..SceneSeed::new(domain, seed) }
}

fn simulated(scene: SceneSeed) -> Result<(SimulatorModel, Observation), CliError> {
    let camera = Intrinsics::from_horizontal_fov(SIZE[0], SIZE[1], FOV_DEG.to_radians());
    let mut model = SimulatorModel::new(camera, QUALITY)?;
    let first = model.begin(&Seed::new(SeedSource::Scene(scene)))?;
    Ok((model, first))
}

fn under(truth: &mut SimulatorModel, wanted: Conditions) -> Result<RgbImage, CliError> {
    RgbImage::new(SIZE[0], SIZE[1], truth.render_under(wanted)?.rgb).map_err(failed)
}

/// The transform of colours for each change from a beginning, from worlds that are not judged.
fn grades_of(
    domain: &str,
    began: (Weather, f32, Season),
    worlds: u64,
    interrupted: &AtomicBool,
) -> Result<[ColourTransform; CHANGES.len()], CliError> {
    let mut grades = [const { ColourTransform::new() }; CHANGES.len()];
    for number in 0..worlds {
        let scene = scene(domain, FIRST_GRADE_SEED + number, began);
        let began = Conditions::from(&scene);
        let (mut model, first) = simulated(scene)?;
        for (change, grade) in grades.iter_mut().enumerate() {
            if interrupted.load(Ordering::Relaxed) {
                return Err(CliError::Interrupted);
            }
            grade.learn(&first.rgb, &under(&mut model, wanted(change, began))?).map_err(failed)?;
        }
    }
    Ok(grades)
}

fn failed(error: impl std::fmt::Display) -> CliError {
    CliError::Failed(error.to_string())
}

fn judge(
    network: &ConditionsNetwork,
    domain: &str,
    number: u64,
    change: usize,
    grade: &ColourTransform,
) -> Result<Judged, CliError> {
    let seed = FIRST_SEED + number;
    let scene = scene(domain, seed, BEGINNINGS[number as usize % BEGINNINGS.len()]);
    let began = Conditions::from(&scene);
    let (mut truth, first) = simulated(scene)?;

    let [width, height] = SIZE;
    let config = SpatialConfig { width, height, painting: None, ..SpatialConfig::default() };
    let mut model = SpatialModel::new(config)?;
    let Observation { rgb, depth, pose, intrinsics, .. } = first;
    let image = ImageSeed { rgb, depth, intrinsics: Some(intrinsics) };
    let seed = Seed { start: Some(pose), rng_seed: seed, ..Seed::new(SeedSource::Image(image)) };
    let before = model.begin(&seed)?;
    model.tell_conditions(began)?;

    let wanted = wanted(change, began);
    let Conditions { weather, hour, season, .. } = wanted;
    for event in [
        WorldEvent::Weather { weather, strength: wanted.strength },
        WorldEvent::TimeOfDay { hour },
        WorldEvent::Season { season },
    ] {
        model.apply(&event)?;
    }
    let after = settled(&mut model)?;
    let truth = under(&mut truth, wanted)?;

    let follows = |picture: &RgbImage| -> Result<[bool; 2], CliError> {
        let seen = network.recognise(picture).map_err(failed)?;
        Ok([seen.weather() == weather, seen.phase().fits(hour, season)])
    };
    let followed = [follows(&after.rgb)?, follows(&truth)?];
    let absrel = match (&before.depth, &after.depth) {
        (Some(before), Some(after)) => absrel(after, before)?,
        _ => return Err(CliError::Failed("the model shows no depth".to_owned())),
    };
    let mut fitted = ColourTransform::new();
    fitted.learn(&before.rgb, &truth).map_err(failed)?;
    let of = |picture: &RgbImage| psnr(picture, &truth, None).map_err(failed);
    let recoloured = |transform: &ColourTransform| -> Result<f64, CliError> {
        of(&transform.apply(&before.rgb).map_err(failed)?)
    };
    let psnr_db = [of(&after.rgb)?, recoloured(grade)?, recoloured(&fitted)?];
    Ok(Judged { change, psnr_db, absrel, followed })
}

fn absrel(after: &DepthImage, before: &DepthImage) -> Result<f64, CliError> {
    Ok(depth_errors(after, before, None).map_err(failed)?.abs_rel)
}

/// The frame of a world that has come to its conditions.
fn settled(model: &mut SpatialModel) -> Result<Observation, CliError> {
    let mut air = model.air();
    for tick in 0..PATIENCE_TICKS {
        let seen = model.step(&Action::default())?;
        let status = model.repaint_status().unwrap_or_default();
        if let Some(error) = status.error {
            return Err(CliError::Failed(error));
        }
        // A second in which nothing moves any more but what falls.
        if tick % 24 == 23 {
            let now = model.air();
            if !status.busy && !status.fading && now == air {
                return Ok(seen);
            }
            air = now;
        }
    }
    Err(CliError::Failed("the world does not come to its conditions".to_owned()))
}

fn line(judged: &[Judged]) -> RepaintLine {
    let lines: Vec<[f64; 3]> = judged
        .iter()
        .map(|Judged { psnr_db: [found, grade, fitted], .. }| {
            [*found, found - grade, found - fitted]
        })
        .collect();
    let mean = |pick: &dyn Fn(usize) -> Option<f64>| {
        let values: Vec<f64> = (0..judged.len()).filter_map(pick).collect();
        values.iter().sum::<f64>() / values.len().max(1) as f64
    };
    let share = |which: usize, what: usize| {
        mean(&|k| Some(f64::from(u8::from(judged[k].followed[which][what]))))
    };
    let ratio = |what: usize| share(0, what) / share(1, what).max(1e-9);
    let both = |which: usize| share(which, 0) + share(which, 1);
    let changes = CHANGES.iter().enumerate().map(|(change, (weather, hour, season))| {
        let of = |column: usize| mean(&|k| (judged[k].change == change).then(|| lines[k][column]));
        let season = season.map_or(String::new(), |season| format!(", {season}"));
        ChangeLine {
            to: format!("{weather} at {hour}{season}"),
            psnr_db: of(0),
            gain_db: of(1),
            gain_over_fitted_db: of(2),
        }
    });
    RepaintLine {
        repaints: judged.len(),
        repaint_depth_absrel: mean(&|k| Some(judged[k].absrel)),
        repaint_psnr_db: mean(&|k| Some(lines[k][0])),
        repaint_psnr_gain_db: mean(&|k| Some(lines[k][1])),
        repaint_psnr_gain_over_fitted_db: mean(&|k| Some(lines[k][2])),
        repaint_followed_ratio: both(0) / both(1).max(1e-9),
        repaint_weather_followed_ratio: ratio(0),
        repaint_hour_followed_ratio: ratio(1),
        repaint_changes: changes.collect(),
    }
}
