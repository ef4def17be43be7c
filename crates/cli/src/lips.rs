//! `reverie lips`: somebody's speech moves a face.

use crate::{
    args::Lips,
    avatar::{check_output, unwritable},
    error::CliError,
    output::{print, print_json},
    perform::{self, Performance},
    stats::millis,
};
use reverie_behavior::{Manner, Speech};
use reverie_inference::ModelStore;
use reverie_media::{read_wav, write_bytes};
use reverie_voice::{
    Voice,
    lips::{LipReader, RATE_HZ},
};
use serde::Serialize;
use std::time::Instant;

/// Samples from here on are at the end of what a file can hold.
const FULL_SCALE: f32 = 0.999;
/// More of a sound at full scale is worth a warning.
const CLIPPED: f64 = 0.001;
/// Below this a text hardly fits the sound.
const LEAST_FIT: f32 = 0.5;

#[derive(Serialize)]
struct Report {
    track: String,
    audio: String,
    duration_secs: f64,
    rate_hz: u32,
    /// Sounds of speech: of the text, or one for each viseme that was heard.
    phonemes: usize,
    words: usize,
    accents: usize,
    /// How well the text fits the sound, 0 to 1.
    text_fit: Option<f32>,
    /// Share of the samples at full scale.
    clipped: f64,
    load_ms: f64,
    lips_ms: f64,
    x_realtime: f64,
}

/// Runs `lips`.
///
/// # Errors
/// [`CliError::BadInput`] for sounds that cannot be read, texts that do not fit into them, and files that
/// cannot be written.
pub fn run(args: &Lips) -> Result<(), CliError> {
    check_output(&args.track, "--track", &["json"])?;
    let text = args.text.as_deref().map(|text| perform::text("--text", text)).transpose()?;
    let sound = read_wav(&args.audio)?;
    let audio = args.audio.display().to_string();
    let started = Instant::now();
    let store = ModelStore::open()?;
    let mut reader = LipReader::load(&store)?;
    let voice = match &text {
        Some(_) => Some(
            Voice::load(&store, perform::accent(args.accent))
                .map_err(|e| CliError::BadInput(e.to_string()))?,
        ),
        None => None,
    };
    let load_ms = millis(started.elapsed());
    let started = Instant::now();
    let samples = sound.resampled(RATE_HZ)?.samples;
    let (speech, text_fit) = match (&text, &voice) {
        (Some(text), Some(voice)) => {
            let aligned = reader
                .align(&samples, text, voice)
                .map_err(|e| CliError::BadInput(format!("--text: {e} ({audio})")))?;
            (aligned.speech, Some(aligned.fit))
        }
        _ => (reader.speech(&samples), None),
    };
    let lips_ms = millis(started.elapsed());
    let clipped = sound.samples.iter().filter(|s| s.abs() >= FULL_SCALE).count() as f64
        / sound.samples.len().max(1) as f64;
    warn(&audio, &speech, text_fit, clipped);
    let performance =
        Performance { speech: &speech, cues: &[], moods: &[], manner: Manner::default() };
    let json = performance.track(&args.performing, &mut Vec::new())?;
    write_bytes(&args.track, &json).map_err(unwritable)?;
    let report = Report {
        track: args.track.display().to_string(),
        audio,
        duration_secs: sound.duration_secs(),
        rate_hz: sound.rate_hz,
        phonemes: speech.phonemes.len(),
        words: speech.words.len(),
        accents: speech.accents.len(),
        text_fit,
        clipped,
        load_ms,
        lips_ms,
        x_realtime: sound.duration_secs() * 1e3 / lips_ms,
    };
    if args.json {
        return print_json(&report);
    }
    print(&format!(
        "{}: {} sounds, {} words and {} accents in the {:.1} s of {} ({:.0} times real time)",
        report.track,
        report.phonemes,
        report.words,
        report.accents,
        report.duration_secs,
        report.audio,
        report.x_realtime,
    ))
}

fn warn(audio: &str, speech: &Speech, text_fit: Option<f32>, clipped: f64) {
    if speech.phonemes.is_empty() {
        eprintln!("warning: {audio}: no speech was heard in it, the face stays at rest");
    }
    if clipped > CLIPPED {
        eprintln!("warning: {audio}: {:.1} % of it is clipped", 100.0 * clipped);
    }
    if let Some(fit) = text_fit.filter(|fit| *fit < LEAST_FIT) {
        eprintln!("warning: --text: it hardly fits what is heard in {audio} ({fit:.2} of 1)");
    }
}
