//! `reverie bench voice`: how soon voices begin to speak, how fast they go on, and how many faces can listen.

use crate::{
    args::BenchVoice,
    error::CliError,
    output::{print, print_json},
    stats::{Timings, millis},
};
use reverie_inference::ModelStore;
use reverie_media::Sound;
use reverie_voice::{
    SAMPLE_RATE_HZ, Script, Speaker, Voice, VoiceSpec,
    lips::{LipReader, RATE_HZ},
    text::Accent,
};
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

/// Streams that are read in turn, so that none finds its memory warm.
const STREAMS: usize = 100;
/// Samples that a stream brings at a time: 20 ms, as calls and microphones do.
const PACKET: usize = RATE_HZ as usize / 50;

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
    /// Streams of sound whose lips this thread alone could read as they come, 20 ms at a time.
    lips_streams_per_core: f64,
    /// One such piece of one stream.
    lips_packet_us_p50: f64,
    lips_packet_us_p99: f64,
    /// How much sound must be there after a moment's before its lips are known.
    lips_look_ahead_ms: f64,
}

/// Runs `bench voice`.
///
/// # Errors
/// [`CliError::BadInput`] when the shipped voice is not there.
pub fn run(args: &BenchVoice) -> Result<(), CliError> {
    let bad = |e: &dyn std::fmt::Display| CliError::BadInput(e.to_string());
    let started = Instant::now();
    let store = ModelStore::open()?;
    let voice = Voice::load(&store, Accent::American).map_err(|e| bad(&e))?;
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
    let lips = lips(&LipReader::load(&store)?, &speaker, args.secs)?;
    let report = Report {
        tts_first_audio_ms_p50: super::figure(first.percentile(50.0))?,
        tts_first_audio_ms_p99: super::figure(first.percentile(99.0))?,
        tts_x_realtime: spoken_secs / spent.as_secs_f64(),
        tts_chunk_ms_max: super::figure(chunks.percentile(100.0))?,
        tts_load_ms: millis(load),
        texts,
        lips_streams_per_core: lips.streams,
        lips_packet_us_p50: 1e3 * super::figure(lips.packets.percentile(50.0))?,
        lips_packet_us_p99: 1e3 * super::figure(lips.packets.percentile(99.0))?,
        lips_look_ahead_ms: lips.look_ahead_ms,
    };
    if args.json {
        return print_json(&report);
    }
    print(&format!(
        "first sound after {:.0} ms (p99 {:.0}), then {:.0} times real time; a piece takes {:.0} ms at most; \
         loading {:.0} ms; lips of {:.0} streams on one core",
        report.tts_first_audio_ms_p50,
        report.tts_first_audio_ms_p99,
        report.tts_x_realtime,
        report.tts_chunk_ms_max,
        report.tts_load_ms,
        report.lips_streams_per_core,
    ))
}

struct Lips {
    streams: f64,
    packets: Timings,
    look_ahead_ms: f64,
}

/// Reads the lips of many streams of the same speech, each at another place of it.
fn lips(reader: &LipReader, speaker: &Speaker, secs: f64) -> Result<Lips, CliError> {
    let script = Script::new(LINES[1]);
    let (samples, _) = speaker.say(&script).whole();
    let sound = Sound { rate_hz: SAMPLE_RATE_HZ, samples }.resampled(RATE_HZ)?;
    let packets: Vec<&[f32]> = sound.samples.chunks_exact(PACKET).collect();
    let mut streams: Vec<LipReader> = (0..STREAMS).map(|_| reader.clone()).collect();
    eprintln!("reading the lips of {STREAMS} streams for {secs} s");
    let (mut timings, mut heard, mut spent) = (Timings::default(), 0, Duration::ZERO);
    let begun = Instant::now();
    let mut round = 0;
    // The first rounds warm up.
    while round < 12 || begun.elapsed().as_secs_f64() < secs {
        for (number, stream) in streams.iter_mut().enumerate() {
            let packet = packets[(round + 7 * number) % packets.len()];
            let started = Instant::now();
            black_box(stream.push(packet));
            let took = started.elapsed();
            if round >= 10 {
                timings.push(took);
                spent += took;
                heard += packet.len();
            }
        }
        round += 1;
    }
    Ok(Lips {
        streams: heard as f64 / f64::from(RATE_HZ) / spent.as_secs_f64(),
        packets: timings,
        look_ahead_ms: 1e3 * f64::from(reader.look_ahead_secs()),
    })
}
