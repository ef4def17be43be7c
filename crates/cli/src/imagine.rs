//! `reverie imagine`: first views of a sentence, to choose one from.

use crate::{
    args::Imagine,
    error::CliError,
    eval::grid,
    explore::watch_for_interrupts,
    output::{print, print_json},
    output_folder::{OutputFolder, RUN_FILE, RunKind},
    prompts,
};
use reverie_evaluation::{ConditionsNetwork, DayPhase};
use reverie_imagination::candidates;
use reverie_inference::ModelStore;
use reverie_language::{EncoderKind, Scenery, Standing};
use reverie_media::write_rgb_png;
use reverie_simulator::{Quality, SimulatorModel};
use reverie_world_model::{Intrinsics, Pose, Weather, WorldModel as _};
use serde::Serialize;
use std::{fs, sync::atomic::Ordering};

/// All candidates in one picture.
const SHEET: &str = "sheet.png";
/// How its output folders are recognised.
const RUN: RunKind = RunKind { program: "reverie imagine", files: &[SHEET] };
const FOV_DEG: f32 = 75.0;
/// Pictures beside one another in the sheet.
const COLUMNS: usize = 2;

#[derive(Serialize)]
struct Run<'a> {
    program: &'static str,
    version: &'static str,
    prompt: &'a str,
    encoder: EncoderKind,
    understood: &'a Scenery,
    /// The most interesting one first, in the order of the sheet.
    candidates: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    /// For `explore --candidate`.
    candidate: u32,
    /// File in the folder.
    file: String,
    scene: String,
    start: Pose,
    interest: f32,
    /// What the judge's network sees in it; it has no part in the order.
    seen: Seen,
}

#[derive(Serialize)]
struct Seen {
    domain: &'static str,
    weather: Weather,
    phase: DayPhase,
}

/// Runs `imagine`.
///
/// # Errors
/// [`CliError`]; whatever happens, the output folder is whole or as it was before.
pub fn run(args: &Imagine) -> Result<(), CliError> {
    let interrupted = watch_for_interrupts()?;
    let store = ModelStore::open()?;
    let reader = prompts::reader(&store, args.encoder)?;
    let scenery = reader.read(args.sentence())?;
    let folder = OutputFolder::prepare(&args.out, RUN)?;
    let judge = ConditionsNetwork::load(&store).map_err(|e| CliError::BadInput(e.to_string()))?;
    prompts::tell(&scenery);
    let camera =
        Intrinsics::from_horizontal_fov(args.size.width, args.size.height, FOV_DEG.to_radians());
    let mut simulator = SimulatorModel::new(camera, Quality::default())?;
    let (mut lines, mut pictures) = (Vec::new(), Vec::new());
    for candidate in candidates(&scenery, 0, args.candidates)? {
        if interrupted.load(Ordering::Relaxed) {
            return Err(CliError::Interrupted);
        }
        let picture = simulator.begin(&candidate.seed())?.rgb;
        let seen = judge.recognise(&picture).map_err(|e| CliError::Failed(e.to_string()))?;
        let file = format!("{:05}.png", candidate.number);
        write_rgb_png(&folder.staging().join(&file), &picture)?;
        pictures.push(Some(picture));
        lines.push(Line {
            candidate: candidate.number,
            file,
            scene: candidate.address(),
            start: candidate.start,
            interest: candidate.interest,
            seen: Seen { domain: seen.domain(), weather: seen.weather(), phase: seen.phase() },
        });
    }
    let rows: Vec<_> = pictures.chunks(COLUMNS).map(<[_]>::to_vec).collect();
    if let Some(sheet) = grid(&rows)? {
        write_rgb_png(&folder.staging().join(SHEET), &sheet)?;
    }
    let run = Run {
        program: RUN.program,
        version: env!("CARGO_PKG_VERSION"),
        prompt: args.sentence(),
        encoder: reader.encoder(),
        understood: &scenery,
        candidates: lines,
    };
    let text = serde_json::to_vec_pretty(&run).map_err(|e| CliError::Failed(e.to_string()))?;
    let run_file = folder.staging().join(RUN_FILE);
    fs::write(&run_file, text)
        .map_err(|e| CliError::Failed(format!("{}: cannot be written: {e}", run_file.display())))?;
    folder.publish()?;
    if args.json { print_json(&run) } else { print(&text_of(&run, args)) }
}

/// What was understood, and the candidates, for people.
fn text_of(run: &Run<'_>, args: &Imagine) -> String {
    let Scenery { place, weather, daytime, hour, season, .. } = run.understood;
    let sure = |word: String, confidence: f32| format!("{word} ({:.0} %)", 100.0 * confidence);
    let drawn = || "drawn".to_owned();
    let place = match place.standing {
        Standing::Unsaid => drawn(),
        Standing::Named => sure(place.domain.name().into(), place.confidence),
        Standing::Elsewhere => format!("{}, the nearest there is", place.domain.name()),
    };
    let time = match (hour, daytime) {
        (Some(hour), _) => format!("{hour:.2} h"),
        (None, Some(said)) => sure(format!("{:?}", said.value).to_lowercase(), said.confidence),
        (None, None) => drawn(),
    };
    let weather = weather.map_or_else(drawn, |said| sure(said.value.to_string(), said.confidence));
    let season = season.map_or_else(drawn, |said| sure(said.value.to_string(), said.confidence));
    let mut text = format!(
        "read by the encoder {}: place {place}, weather {weather}, time {time}, season {season}\n",
        run.encoder.name()
    );
    for line in &run.candidates {
        text += &format!("candidate {:2}  {}\n", line.candidate, line.scene);
    }
    text + &format!("{} and {SHEET} in {}", RUN_FILE, args.out.display())
}
