//! `reverie avatar AVATAR --track T.json`: somebody performs a track, frame by frame.

use super::{lacks, person::Person, track_file};
use crate::{
    args::AvatarFilm,
    error::CliError,
    explore::{progress_bar, watch_for_interrupts},
    frames::FrameWriter,
    output::{print, print_json},
    output_folder::{OutputFolder, RUN_FILE, RunKind},
};
use rayon::prelude::*;
use reverie_avatar::AvatarPose;
use reverie_portrait::{Camera, Framing};
use reverie_world_model::RgbImage;
use serde::Serialize;
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::Ordering,
};

/// Longer sound is refused, bytes.
const MAX_AUDIO_BYTES: u64 = 2 << 30;
const AUDIO: &str = "audio.wav";
const FILM: &str = "film.mp4";
/// How its output folders are recognised.
const RUN: RunKind = RunKind { program: "reverie avatar", files: &[AUDIO, FILM] };

#[derive(Serialize)]
struct Report {
    program: &'static str,
    version: &'static str,
    name: String,
    folder: String,
    frames: usize,
    fps: u16,
    size: [u32; 2],
    sha256: String,
    audio: Option<&'static str>,
    /// `None` where ffmpeg is not installed or could not make it.
    film: Option<&'static str>,
    warnings: Vec<String>,
}

/// Films somebody.
///
/// # Errors
/// [`CliError::BadInput`] for a missing option, a person, track or sound that cannot be used, and a folder
/// that cannot be written.
pub fn run(args: &AvatarFilm, path: &Path) -> Result<(), CliError> {
    let address = args.person.as_ref().ok_or_else(|| lacks("AVATAR"))?;
    let out = args.out.as_ref().ok_or_else(|| lacks("--out (or --vrma)"))?;
    let track = track_file::read(path)?;
    if let Some(audio) = &args.audio {
        check_wav(audio)?;
    }
    let folder = OutputFolder::prepare(out, RUN)?;
    let person = Person::any(address)?;
    let interrupted = watch_for_interrupts()?;

    let count = (f64::from(track.duration_secs()) * f64::from(args.fps)).ceil().max(1.0) as usize;
    let (width, height) = (args.size.width, args.size.height);
    let framing = Framing::from(args.view.framing);
    let camera =
        Camera::of(&person.sitter(&AvatarPose::REST), framing, args.view.turn.to_radians());
    let draw = |frame: usize| -> Result<RgbImage, CliError> {
        let at = frame as f32 / f32::from(args.fps) * track.fps;
        let pose = track.pose(at.round() as usize).unwrap_or(AvatarPose::REST);
        let sitter = person.sitter(&pose);
        let picture = reverie_portrait::draw(&sitter, &camera, width as usize, height as usize);
        RgbImage::new(width, height, picture.to_image().into_raw())
            .map_err(|e| CliError::Failed(e.to_string()))
    };
    let progress = progress_bar(count as u64);
    let mut frames = FrameWriter::new(folder.staging());
    let together = rayon::current_num_threads();
    for first in (0..count).step_by(together) {
        let end = (first + together).min(count);
        let drawn: Vec<_> = (first..end).into_par_iter().map(draw).collect::<Result<_, _>>()?;
        for frame in drawn {
            frames.push(frame)?;
            progress.inc(1);
        }
        if interrupted.load(Ordering::Relaxed) {
            return Err(CliError::Interrupted);
        }
    }
    progress.finish_and_clear();
    let (written, sha256) = frames.finish()?;
    if let Some(audio) = &args.audio {
        fs::copy(audio, folder.staging().join(AUDIO))
            .map_err(|e| CliError::Failed(format!("{}: {e}", audio.display())))?;
    }
    let film = encode(folder.staging(), args.fps, args.audio.is_some());
    let report = Report {
        program: RUN.program,
        version: env!("CARGO_PKG_VERSION"),
        name: person.name,
        folder: out.display().to_string(),
        frames: written,
        fps: args.fps,
        size: [width, height],
        sha256,
        audio: args.audio.is_some().then_some(AUDIO),
        film: film.then_some(FILM),
        warnings: person.warnings,
    };
    let text =
        serde_json::to_string_pretty(&report).map_err(|e| CliError::Failed(e.to_string()))?;
    fs::write(folder.staging().join(RUN_FILE), text)
        .map_err(|e| CliError::Failed(format!("{RUN_FILE}: cannot be written: {e}")))?;
    folder.publish()?;
    for warning in &report.warnings {
        eprintln!("warning: {address}: {warning}");
    }
    if args.json {
        return print_json(&report);
    }
    let film = if film { format!(", {FILM}") } else { " (no ffmpeg: no film)".to_owned() };
    print(&format!("{}: {}, {} frames of {}{film}", report.folder, report.name, written, args.size))
}

fn check_wav(path: &Path) -> Result<(), CliError> {
    let bad = |problem: String| CliError::BadInput(format!("{}: {problem}", path.display()));
    let found = fs::metadata(path).map_err(|e| bad(format!("cannot be read: {e}")))?;
    if found.len() > MAX_AUDIO_BYTES {
        return Err(bad(format!("has {} bytes, at most {MAX_AUDIO_BYTES} are read", found.len())));
    }
    hound::WavReader::open(path).map(drop).map_err(|e| bad(e.to_string()))
}

/// Makes a film of the frames with the sound, if ffmpeg is there.
fn encode(folder: &Path, fps: u16, audio: bool) -> bool {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    ffmpeg.args(["-v", "error", "-y", "-framerate", &fps.to_string(), "-i", "%05d.png"]);
    if audio {
        ffmpeg.args(["-i", AUDIO, "-c:a", "aac"]);
    }
    // Players want even sides.
    ffmpeg.args([
        "-vf",
        "crop=trunc(iw/2)*2:trunc(ih/2)*2",
        "-c:v",
        "libx264",
        "-pix_fmt",
        "yuv420p",
        FILM,
    ]);
    let made = ffmpeg.status().is_ok_and(|status| status.success());
    if !made {
        // What it left half-done is no film.
        let _ = fs::remove_file(folder.join(FILM));
    }
    made
}
