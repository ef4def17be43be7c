//! `reverie dataset`: episodes to learn from, as many as asked for.

mod episode;
mod in_order;

use crate::{
    args::{ConditionChoice, Dataset},
    error::CliError,
    explore::watch_for_interrupts,
    frames::hexadecimal,
    output::{print, print_json},
};
use episode::{Outline, TICK_HZ, record};
use in_order::in_order;
use indicatif::{ProgressBar, ProgressStyle};
use reverie_simulator::{
    Class, TaskKind,
    dataset::{
        DatasetError, DatasetOptions, DatasetWriter, EncodedEpisode, FIRST_HELD_OUT_SEED, Generator,
    },
};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Instant,
};

/// What is printed at the end.
#[derive(Serialize)]
struct Report {
    program: &'static str,
    version: &'static str,
    folder: String,
    domain: &'static str,
    held_out: bool,
    episodes: u64,
    frames: u64,
    shards: usize,
    bytes: u64,
    /// Made in this run; the rest was there before.
    new_episodes: u64,
    /// Time of this run, seconds, and frames it made a second.
    secs: f64,
    frames_per_sec: f64,
    workers: usize,
}

/// Runs `dataset`.
///
/// # Errors
/// [`CliError`]; what was written before stays, and the same command goes on with it.
pub fn run(args: &Dataset) -> Result<(), CliError> {
    let began = Instant::now();
    check(args)?;
    let interrupted = watch_for_interrupts()?;
    let first_seed = first_seed(args)?;
    let mut writer = DatasetWriter::open(&args.out, &options(args, first_seed)?).map_err(bad)?;
    let start = writer.next_episode().unwrap_or(args.episodes);
    let old_frames = writer.manifest().frames;
    let frames_each = u64::from(args.ticks / args.every) + 1;
    let progress = progress_bar(args.episodes * frames_each, start * frames_each);
    let workers = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(usize::try_from(args.episodes - start).unwrap_or(usize::MAX).max(1));
    let outcome = make(args, first_seed, start, workers, &mut writer, &interrupted, &progress);
    progress.finish_and_clear();
    if let Err(failure) = outcome {
        let done = writer.next_episode().unwrap_or(args.episodes);
        let state =
            format!("{done} of {} episodes are kept in {}", args.episodes, args.out.display());
        return Err(match failure {
            Failure::Interrupted => {
                CliError::Paused(format!("interrupted: {state}; the same command goes on"))
            }
            Failure::Dataset(e) if e.is_disk_full() => CliError::BadInput(format!(
                "no room left: {e}; {state}; make room, then the same command goes on"
            )),
            Failure::Dataset(e) => bad(e),
            Failure::Other(e) => e,
        });
    }
    let manifest = writer.manifest();
    let secs = began.elapsed().as_secs_f64();
    let report = Report {
        program: "reverie dataset",
        version: env!("CARGO_PKG_VERSION"),
        folder: args.out.display().to_string(),
        domain: args.domain.name(),
        held_out: args.held_out,
        episodes: manifest.episodes,
        frames: manifest.frames,
        shards: manifest.shards.len(),
        bytes: manifest.shards.iter().map(|s| s.bytes).sum(),
        new_episodes: args.episodes - start,
        secs,
        frames_per_sec: (manifest.frames - old_frames) as f64 / secs,
        workers,
    };
    if args.json {
        return print_json(&report);
    }
    print(&format!(
        "{} episodes, {} frames of {} in {}: {:.1} MB in {} shards\n{} new ones in {:.1} s: {:.1} frames/s",
        report.episodes,
        report.frames,
        args.size,
        report.folder,
        report.bytes as f64 / 1e6,
        report.shards,
        report.new_episodes,
        report.secs,
        report.frames_per_sec,
    ))
}

/// Why not all episodes were made.
enum Failure {
    Interrupted,
    Dataset(DatasetError),
    Other(CliError),
}

fn bad(error: DatasetError) -> CliError {
    CliError::BadInput(error.to_string())
}

/// Held-out seeds are asked for by name only, and then nothing but them is made.
fn first_seed(args: &Dataset) -> Result<u64, CliError> {
    let usual = if args.held_out { FIRST_HELD_OUT_SEED } else { 0 };
    let first = args.first_seed.unwrap_or(usual);
    let Some(last) = first.checked_add(args.episodes - 1) else {
        return Err(CliError::BadInput(format!("--first-seed {first} is too large")));
    };
    if args.held_out && first < FIRST_HELD_OUT_SEED {
        return Err(CliError::BadInput(format!(
            "--first-seed {first}: with --held-out seeds begin at {FIRST_HELD_OUT_SEED}"
        )));
    }
    if !args.held_out && last >= FIRST_HELD_OUT_SEED {
        return Err(CliError::BadInput(format!(
            "seed {last}: seeds from {FIRST_HELD_OUT_SEED} on are held out for measuring; \
             --held-out makes such data"
        )));
    }
    Ok(first)
}

fn check(args: &Dataset) -> Result<(), CliError> {
    if !args.ticks.is_multiple_of(args.every) {
        return Err(CliError::BadInput(format!(
            "--every {}: --ticks {} is no multiple of it",
            args.every, args.ticks
        )));
    }
    match args.task {
        Some(task) if task.scene() != args.domain => Err(CliError::BadInput(format!(
            "--task {}: takes place in domain {}",
            task.name(),
            task.scene().name()
        ))),
        _ => Ok(()),
    }
}

fn options(args: &Dataset, first_seed: u64) -> Result<DatasetOptions, CliError> {
    let conditions = match &args.conditions {
        ConditionChoice::Random => "random".to_owned(),
        ConditionChoice::Cycle(list) => {
            list.iter().map(|(w, hour)| format!("{w}@{hour}")).collect::<Vec<_>>().join(",")
        }
    };
    let outline = Outline::new(args, first_seed, 0);
    let fingerprint = hexadecimal(&Sha256::digest(episode::first_picture(&outline)?));
    Ok(DatasetOptions {
        generator: Generator {
            name: "reverie_simulator".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            fingerprint: fingerprint[..16].to_owned(),
        },
        domain: args.domain.name().to_owned(),
        held_out: args.held_out,
        parameters: BTreeMap::from([
            ("conditions".to_owned(), json!(conditions)),
            ("every".to_owned(), json!(args.every)),
            ("fov_deg".to_owned(), json!(args.fov)),
            ("task".to_owned(), json!(args.task.map(TaskKind::name))),
            ("first_seed".to_owned(), json!(first_seed)),
            ("ticks".to_owned(), json!(args.ticks)),
        ]),
        tick_hz: TICK_HZ / args.every as f32,
        size: [args.size.width, args.size.height],
        channels: args.channels.clone(),
        classes: Class::ALL.iter().map(|c| (c.number(), c.name().to_owned())).collect(),
        episodes: args.episodes,
        episodes_per_shard: args.episodes_per_shard,
    })
}

/// Makes the episodes from `start` on, several at a time, and writes them in order.
fn make(
    args: &Dataset,
    first_seed: u64,
    start: u64,
    workers: usize,
    writer: &mut DatasetWriter,
    interrupted: &AtomicBool,
    progress: &ProgressBar,
) -> Result<(), Failure> {
    // Each worker has threads of its own: frames are small, and episodes share nothing.
    let threads = (rayon::current_num_threads() / workers).max(1);
    let one = |number: u64, stop: &AtomicBool| -> Result<EncodedEpisode, Failure> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|e| Failure::Other(CliError::Failed(e.to_string())))?;
        let outline = Outline::new(args, first_seed + number, number);
        let go_on = || {
            progress.inc(1);
            !(interrupted.load(Ordering::Relaxed) || stop.load(Ordering::Relaxed))
        };
        let episode = pool.install(|| record(&outline, args, &go_on)).map_err(Failure::Other)?;
        episode.ok_or(Failure::Interrupted)
    };
    in_order(start..args.episodes, workers, one, |episode| {
        writer.push(&episode).map_err(Failure::Dataset)
    })
}

fn progress_bar(frames: u64, done: u64) -> ProgressBar {
    // Draws nothing when stderr is no terminal.
    let bar = ProgressBar::new(frames);
    let style = ProgressStyle::with_template(
        "[{bar:40}] {pos}/{len} frames {per_sec} {elapsed} done in {eta}",
    );
    bar.set_position(done);
    bar.reset_eta();
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
