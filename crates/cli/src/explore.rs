//! `reverie explore`: a walk through a world, kept as frames.

use crate::{
    args::{Explore, FrameSize},
    error::CliError,
    frames::{FrameWriter, hexadecimal},
    output::{print, print_json},
    output_folder::{OutputFolder, RUN_FILE, RunKind},
    prompts::{self, Understood},
    stats::{Timings, millis},
    worlds::{self, Opened},
};
use indicatif::{ProgressBar, ProgressStyle};
use reverie_inference::ModelStore;
use reverie_spatial::MODEL_NAME;
use reverie_world_model::{
    Action, Intrinsics, ModelSpec, Observation, PathEvent, PathFile, Pose, Season, Seed,
    WorldEvent, WorldModel,
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

/// Largest path file that is read, bytes.
const MAX_PATH_BYTES: u64 = 16 << 20;

/// What `run.json` says. `program` comes first, so that a run is recognised.
/// How its output folders are recognised.
const RUN: RunKind = RunKind { program: "reverie explore", files: &[] };

#[derive(Serialize)]
struct Run {
    program: &'static str,
    version: &'static str,
    model: String,
    /// What was never seen was painted, not only filled.
    painting: bool,
    seed: String,
    /// What was made of the sentence, if the seed is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<Understood>,
    /// SHA-256 of the seed as the model gets it: pixels, depth, camera, embodiment.
    seed_hash: String,
    size: [u32; 2],
    tick_hz: f32,
    intrinsics: Intrinsics,
    /// Frames written: the one of `begin` and one a tick.
    frames: usize,
    /// Ticks a second of the model alone, without `begin` and without writing files.
    model_fps: Option<f64>,
    ms_p50: Option<f64>,
    ms_p99: Option<f64>,
    /// Time of `begin`, milliseconds.
    begin_ms: f64,
    threads: usize,
    device: &'static str,
    coverage_mean: f64,
    /// SHA-256 over the RGB bytes of all frames in order.
    frame_hash: String,
    poses: Vec<Pose>,
}

/// Runs `explore`.
///
/// # Errors
/// [`CliError`]; whatever happens, the output folder is whole or as it was before.
pub fn run(args: &Explore) -> Result<(), CliError> {
    let interrupted = watch_for_interrupts()?;
    // Everything that can be wrong is looked at before anything is made.
    let mut path = read_path(&args.path)?;
    let folder = OutputFolder::prepare(&args.out, RUN)?;
    let Opened { mut model, mut seed, prompt } = worlds::open(args, path.tick_hz)?;
    seed.embodiment = path.embodiment;
    said_in_words(&mut path, model.spec())?;
    check_events(&path, model.spec())?;

    let run = walk(args, &path, model.as_mut(), &seed, &folder, &interrupted)?;
    let run = Run { prompt, ..run };
    let text = serde_json::to_vec_pretty(&run).map_err(|e| CliError::Failed(e.to_string()))?;
    let run_file = folder.staging().join(RUN_FILE);
    fs::write(&run_file, text)
        .map_err(|e| CliError::Failed(format!("{}: cannot be written: {e}", run_file.display())))?;
    if interrupted.load(Ordering::Relaxed) {
        return Err(CliError::Interrupted);
    }
    folder.publish()?;
    if args.json {
        return print_json(&run);
    }
    let figure = |value: Option<f64>| value.map_or("-".to_owned(), |v| format!("{v:.1}"));
    print(&format!(
        "{} frames of {} in {}\nmodel {}: {} frames/s, {} ms median, {} ms p99; coverage {:.1} %",
        run.frames,
        args.size,
        args.out.display(),
        run.model,
        figure(run.model_fps),
        figure(run.ms_p50),
        figure(run.ms_p99),
        100.0 * run.coverage_mean,
    ))
}

/// A flag that Ctrl-C or a request to end sets.
///
/// # Errors
/// [`CliError::Failed`] when the system refuses.
pub fn watch_for_interrupts() -> Result<Arc<AtomicBool>, CliError> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))
        .map_err(|e| CliError::Failed(format!("signal handler: {e}")))?;
    Ok(interrupted)
}

fn read_path(file: &Path) -> Result<PathFile, CliError> {
    let bad = |problem: String| CliError::BadInput(format!("{}: {problem}", file.display()));
    let unreadable = |e: io::Error| bad(format!("cannot be read: {e}"));
    let mut text = String::new();
    let opened = File::open(file).map_err(unreadable)?;
    opened.take(MAX_PATH_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > MAX_PATH_BYTES {
        return Err(bad(format!("is larger than {} MiB", MAX_PATH_BYTES >> 20)));
    }
    PathFile::from_ron(&text).map_err(|e| bad(e.to_string()))
}

/// Puts the changes that sentences name in their places, for a model that follows those and reads none.
fn said_in_words(path: &mut PathFile, spec: &ModelSpec) -> Result<(), CliError> {
    let says = |event: &PathEvent| matches!(event.event, WorldEvent::Text { .. });
    if spec.follows("text") || !spec.follows_conditions() || !path.events.iter().any(says) {
        return Ok(());
    }
    let reader = prompts::reader(&ModelStore::open()?, None)?;
    let (mut events, mut season) = (Vec::new(), Season::default());
    for (at, event) in path.events.drain(..).enumerate() {
        let named = match &event.event {
            WorldEvent::Text { prompt } => {
                let bad = |problem| CliError::BadInput(format!("events[{at}].event: {problem}"));
                let scenery = reader.read(prompt).map_err(bad)?;
                prompts::tell(&scenery);
                scenery.changes(season).map_err(bad)?
            }
            other => vec![other.clone()],
        };
        for named in named {
            if let WorldEvent::Season { season: now } = named {
                season = now;
            }
            events.push(PathEvent { event: named, ..event });
        }
    }
    path.events = events;
    Ok(())
}

fn check_events(path: &PathFile, spec: &ModelSpec) -> Result<(), CliError> {
    for (at, event) in path.events.iter().enumerate() {
        let kind = event.event.kind();
        if !spec.follows(kind) {
            let known = if spec.events.is_empty() { "none".into() } else { spec.events.join(", ") };
            return Err(CliError::BadInput(format!(
                "events[{at}]: model {} does not follow `{kind}` events (it follows: {known})",
                spec.name
            )));
        }
    }
    Ok(())
}

fn walk(
    args: &Explore,
    path: &PathFile,
    model: &mut dyn WorldModel,
    seed: &Seed,
    folder: &OutputFolder,
    interrupted: &AtomicBool,
) -> Result<Run, CliError> {
    let progress = progress_bar(path.ticks());
    let mut events: Vec<_> = path.events.iter().map(|e| (path.event_tick(e), &e.event)).collect();
    // Stable: events of one tick keep the order of the file.
    events.sort_by_key(|(tick, _)| *tick);
    let mut events = events.into_iter().peekable();

    let mut frames = FrameWriter::new(folder.staging());
    let mut record = Record::default();
    let mut timings = Timings::default();
    progress.set_message("starting");
    let began = Instant::now();
    let first = model.begin(seed)?;
    let begin_ms = millis(began.elapsed());
    let intrinsics = first.intrinsics;
    check_size(&first, args.size)?;
    frames.push(record.note(first))?;
    progress.set_message("walking");
    for (tick, action) in (0_u64..).zip(path.actions()) {
        if interrupted.load(Ordering::Relaxed) {
            progress.finish_and_clear();
            return Err(CliError::Interrupted);
        }
        while let Some((_, event)) = events.next_if(|(due, _)| *due <= tick) {
            model.apply(event)?;
        }
        let observation = timed_step(model, &action, &mut timings)?;
        frames.push(record.note(observation))?;
        progress.inc(1);
    }
    progress.set_message("writing");
    let (frames, frame_hash) = frames.finish()?;
    progress.finish_and_clear();
    Ok(Run {
        program: RUN.program,
        version: env!("CARGO_PKG_VERSION"),
        model: model.spec().name.clone(),
        painting: model.spec().name == MODEL_NAME && !args.no_painter,
        seed: args.seed.to_string(),
        prompt: None,
        seed_hash: seed_hash(seed)?,
        size: [args.size.width, args.size.height],
        tick_hz: model.spec().tick_hz,
        intrinsics,
        frames,
        model_fps: timings.per_second(),
        ms_p50: timings.percentile(50.0),
        ms_p99: timings.percentile(99.0),
        begin_ms,
        threads: rayon::current_num_threads(),
        device: worlds::DEVICE,
        coverage_mean: record.coverage_sum / frames as f64,
        frame_hash,
        poses: record.poses,
    })
}

fn timed_step(
    model: &mut dyn WorldModel,
    action: &Action,
    timings: &mut Timings,
) -> Result<Observation, CliError> {
    let started = Instant::now();
    let observation = model.step(action)?;
    timings.push(started.elapsed());
    Ok(observation)
}

fn check_size(observation: &Observation, size: FrameSize) -> Result<(), CliError> {
    let (width, height) = (observation.rgb.width(), observation.rgb.height());
    if (width, height) == (size.width, size.height) {
        return Ok(());
    }
    Err(CliError::Failed(format!("the model's frames are {width}x{height}, not {size}")))
}

/// What is kept of frames that have gone by.
#[derive(Default)]
struct Record {
    poses: Vec<Pose>,
    coverage_sum: f64,
}

impl Record {
    fn note(&mut self, observation: Observation) -> reverie_world_model::RgbImage {
        self.poses.push(observation.pose);
        self.coverage_sum += f64::from(observation.coverage);
        observation.rgb
    }
}

/// Progress on stderr, with the time that is left.
pub fn progress_bar(ticks: u64) -> ProgressBar {
    // Draws nothing when stderr is no terminal.
    let bar = ProgressBar::new(ticks);
    let style = ProgressStyle::with_template("{msg:8} [{bar:40}] {pos}/{len} {per_sec} {eta}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn seed_hash(seed: &Seed) -> Result<String, CliError> {
    /// The hash has no memory of its own: bytes go in as they come.
    struct Hasher(Sha256);
    impl io::Write for Hasher {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut hasher = io::BufWriter::with_capacity(1 << 16, Hasher(Sha256::new()));
    serde_json::to_writer(&mut hasher, seed)
        .map_err(io::Error::from)
        .and_then(|()| hasher.flush())
        .map_err(|e| CliError::Failed(format!("seed hash: {e}")))?;
    match hasher.into_inner() {
        Ok(hasher) => Ok(hexadecimal(&hasher.0.finalize())),
        Err(e) => Err(CliError::Failed(format!("seed hash: {e}"))),
    }
}
