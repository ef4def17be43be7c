//! Worlds under another weather, hour or season, beside the truth under it.
//!
//! Held-out worlds begin from their first view; conditions are commanded as a game commands them, and when the world has come to
//! them its frame is compared with what the simulator shows there then. What is to be beaten is a transform of all colours
//! alike that can be known without the truth: the one that fits the same change best in all other worlds of the kind, as
//! a colourist would make it. What it is above the one that is fitted to each truth itself, which nobody has, is told, too.

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
    /// Above the affine map of colours that fits the same change best in all other worlds of the kind.
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
    domain: String,
    change: usize,
    before: RgbImage,
    truth: RgbImage,
    frame: RgbImage,
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
    let worlds = if quick { QUICK_WORLDS } else { WORLDS };
    let mut judged = Vec::new();
    for domain in &domains {
        for number in 0..worlds {
            progress.set_message(format!("{domain} {}, changes", FIRST_SEED + number));
            for change in 0..CHANGES.len() {
                if interrupted.load(Ordering::Relaxed) {
                    return Err(CliError::Interrupted);
                }
                judged.push(judge(network, domain, number, change)?);
            }
        }
    }
    if judged.is_empty() { Ok(None) } else { line(&judged).map(Some) }
}

fn failed(error: impl std::fmt::Display) -> CliError {
    CliError::Failed(error.to_string())
}

fn judge(
    network: &ConditionsNetwork,
    domain: &str,
    number: u64,
    change: usize,
) -> Result<Judged, CliError> {
    let seed = FIRST_SEED + number;
    let (weather, hour, season) = BEGINNINGS[number as usize % BEGINNINGS.len()];
    let scene = SceneSeed { weather, hour, season, ..SceneSeed::new(domain, seed) };
    let began = Conditions::from(&scene);
    let camera = Intrinsics::from_horizontal_fov(SIZE[0], SIZE[1], FOV_DEG.to_radians());
    let mut truth = SimulatorModel::new(camera, QUALITY)?;
    let first = truth.begin(&Seed::new(SeedSource::Scene(scene)))?;

    let [width, height] = SIZE;
    let config = SpatialConfig { width, height, painting: None, ..SpatialConfig::default() };
    let mut model = SpatialModel::new(config)?;
    let Observation { rgb, depth, pose, intrinsics, .. } = first;
    let image = ImageSeed { rgb, depth, intrinsics: Some(intrinsics) };
    let seed = Seed { start: Some(pose), rng_seed: seed, ..Seed::new(SeedSource::Image(image)) };
    let before = model.begin(&seed)?;
    model.tell_conditions(began)?;

    let (weather, hour, season) = CHANGES[change];
    let wanted =
        Conditions { weather, strength: 1.0, hour, season: season.unwrap_or(began.season) };
    for event in [
        WorldEvent::Weather { weather, strength: wanted.strength },
        WorldEvent::TimeOfDay { hour },
        WorldEvent::Season { season: wanted.season },
    ] {
        model.apply(&event)?;
    }
    let after = settled(&mut model)?;
    let truth = truth.render_under(wanted)?;
    let truth = RgbImage::new(SIZE[0], SIZE[1], truth.rgb).map_err(failed)?;

    let follows = |picture: &RgbImage| -> Result<[bool; 2], CliError> {
        let seen = network.recognise(picture).map_err(failed)?;
        Ok([seen.weather() == weather, seen.phase().fits(hour, wanted.season)])
    };
    let followed = [follows(&after.rgb)?, follows(&truth)?];
    let absrel = match (&before.depth, &after.depth) {
        (Some(before), Some(after)) => absrel(after, before)?,
        _ => return Err(CliError::Failed("the model shows no depth".to_owned())),
    };
    let domain = domain.to_owned();
    Ok(Judged { domain, change, before: before.rgb, truth, frame: after.rgb, absrel, followed })
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

fn line(judged: &[Judged]) -> Result<RepaintLine, CliError> {
    let mut lines: Vec<[f64; 3]> = Vec::new();
    for (at, one) in judged.iter().enumerate() {
        let mut fitted = ColourTransform::default();
        fitted.learn(&one.before, &one.truth).map_err(failed)?;
        let mut grade = ColourTransform::default();
        let others = judged.iter().enumerate();
        let alike = |other: &Judged| other.change == one.change && other.domain == one.domain;
        for (_, other) in others.filter(|(k, other)| *k != at && alike(other)) {
            grade.learn(&other.before, &other.truth).map_err(failed)?;
        }
        let of = |picture: &RgbImage| psnr(picture, &one.truth, None).map_err(failed);
        let reference = |transform: &ColourTransform| -> Result<f64, CliError> {
            of(&transform.apply(&one.before).map_err(failed)?)
        };
        let found = of(&one.frame)?;
        lines.push([found, found - reference(&grade)?, found - reference(&fitted)?]);
    }
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
    Ok(RepaintLine {
        repaints: judged.len(),
        repaint_depth_absrel: mean(&|k| Some(judged[k].absrel)),
        repaint_psnr_db: mean(&|k| Some(lines[k][0])),
        repaint_psnr_gain_db: mean(&|k| Some(lines[k][1])),
        repaint_psnr_gain_over_fitted_db: mean(&|k| Some(lines[k][2])),
        repaint_followed_ratio: both(0) / both(1).max(1e-9),
        repaint_weather_followed_ratio: ratio(0),
        repaint_hour_followed_ratio: ratio(1),
        repaint_changes: changes.collect(),
    })
}
