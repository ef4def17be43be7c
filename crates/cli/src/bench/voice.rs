//! `reverie bench voice`: how soon voices begin to speak, and how fast they go on.

use crate::{
    args::BenchVoice,
    error::CliError,
    output::{print, print_json},
    stats::{Timings, millis},
};
use reverie_inference::ModelStore;
use reverie_voice::{SAMPLE_RATE_HZ, Script, Speaker, Voice, VoiceSpec, text::Accent};
use serde::Serialize;
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

/// What is said again and again: short and long sentences, numbers, a name nobody has.
const LINES: [&str; 5] = [
    "Hello, traveller. See that peak?",
    "The quick brown fox jumps over the lazy dog, and nobody in the village of Quenthaven minds.",
    "On the 3rd of March 2024, 1,250 people paid $9.99 each to hear it read at 7:30 pm.",
    "Well, I never! Are you quite sure that the bridge will hold all of us, with the horses and the carts?",
    "Keep to the left, cross the river where it is shallow, and do not look back until you have reached the tower.",
];

#[derive(Serialize)]
struct Report {
    /// From a text's arrival to its first piece of sound, once the voice is loaded.
    tts_first_audio_ms_p50: f64,
    tts_first_audio_ms_p99: f64,
    /// Seconds of speech made in a second, on this thread alone.
    tts_x_realtime: f64,
    /// The longest that one piece took: as late as that is stopping noticed.
    tts_chunk_ms_max: f64,
    tts_load_ms: f64,
    texts: usize,
}

/// Runs `bench voice`.
///
/// # Errors
/// [`CliError::BadInput`] when the shipped voice is not there.
pub fn run(args: &BenchVoice) -> Result<(), CliError> {
    let bad = |e: &dyn std::fmt::Display| CliError::BadInput(e.to_string());
    let started = Instant::now();
    let voice = Voice::load(&ModelStore::open()?, Accent::American).map_err(|e| bad(&e))?;
    let load = started.elapsed();
    let speaker = Speaker::new(&voice, VoiceSpec::default()).map_err(|e| bad(&e))?;
    eprintln!("saying {} texts for {} s", LINES.len(), args.secs);
    let (mut first, mut chunks) = (Timings::default(), Timings::default());
    let (mut samples, mut spent) = (0usize, Duration::ZERO);
    let begun = Instant::now();
    let mut texts = 0;
    while texts < LINES.len() || begun.elapsed().as_secs_f64() < args.secs {
        let started = Instant::now();
        let script = Script::new(LINES[texts % LINES.len()]);
        let (mut heard, mut since) = (false, started);
        for chunk in speaker.say(&script) {
            chunks.push(since.elapsed());
            if !heard && !chunk.samples.is_empty() {
                first.push(started.elapsed());
                heard = true;
            }
            samples += black_box(&chunk).samples.len();
            since = Instant::now();
        }
        spent += started.elapsed();
        texts += 1;
    }
    let spoken_secs = samples as f64 / f64::from(SAMPLE_RATE_HZ);
    let report = Report {
        tts_first_audio_ms_p50: super::figure(first.percentile(50.0))?,
        tts_first_audio_ms_p99: super::figure(first.percentile(99.0))?,
        tts_x_realtime: spoken_secs / spent.as_secs_f64(),
        tts_chunk_ms_max: super::figure(chunks.percentile(100.0))?,
        tts_load_ms: millis(load),
        texts,
    };
    if args.json {
        return print_json(&report);
    }
    print(&format!(
        "first sound after {:.0} ms (p99 {:.0}), then {:.0} times real time; a piece takes {:.0} ms at most; \
         loading {:.0} ms",
        report.tts_first_audio_ms_p50,
        report.tts_first_audio_ms_p99,
        report.tts_x_realtime,
        report.tts_chunk_ms_max,
        report.tts_load_ms,
    ))
}
