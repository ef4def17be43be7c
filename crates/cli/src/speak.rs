//! `reverie speak`: a text becomes sound and a performance.

use crate::{
    args::Speak,
    avatar::{check_output, unwritable},
    error::CliError,
    output::{print, print_json},
    perform::{self, Performance},
    stats::millis,
};
use reverie_behavior::{MAX_SPEECH_SECS, Speech};
use reverie_inference::ModelStore;
use reverie_media::write_bytes;
use reverie_voice::{
    SAMPLE_RATE_HZ, Script, Speaker, Voice, VoiceError, VoiceSpec,
    text::{Cue, Style},
};
use serde::Serialize;
use std::{io::Cursor, path::Path, time::Instant};

#[derive(Serialize)]
struct Report {
    file: String,
    track: Option<String>,
    voice: String,
    duration_secs: f32,
    sentences: usize,
    words: usize,
    phonemes: usize,
    /// Stretches of the text that were not read as they stand, and what became of them.
    notes: Vec<NoteLine>,
    /// Cues whose targets are not known here.
    skipped_cues: Vec<String>,
    /// From the text's arrival to the first sound, once the voice is loaded.
    first_audio_ms: f64,
    load_ms: f64,
    synthesis_ms: f64,
    x_realtime: f64,
    peak: f32,
}

#[derive(Serialize)]
struct NoteLine {
    text: String,
    skipped: bool,
}

/// What was said, and how it went.
struct Said {
    samples: Vec<f32>,
    speech: Speech,
    sentences: usize,
    notes: Vec<NoteLine>,
    cues: Vec<(f32, Cue)>,
    moods: Vec<(f32, Style)>,
    first_audio_ms: f64,
    synthesis_ms: f64,
}

/// Runs `speak`.
///
/// # Errors
/// [`CliError::BadInput`] for a text without anything to say, an unknown voice, and files that cannot be
/// written.
pub fn run(args: &Speak) -> Result<(), CliError> {
    check_output(&args.out, "--out", &["wav"])?;
    if let Some(track) = &args.track {
        check_output(track, "--track", &["json"])?;
    }
    let text = perform::text("TEXT", &args.text)?;
    let started = Instant::now();
    let store = ModelStore::open()?;
    let spec = voice_spec(args.voice.as_deref(), store.assets())?;
    let voice = Voice::load(&store, perform::accent(args.accent)).map_err(bad_voice)?;
    let name = if spec.name.is_empty() { "recorded".to_owned() } else { spec.name.clone() };
    let speaker = Speaker::new(&voice, spec)
        .map_err(|e| CliError::BadInput(e.to_string()))?
        .with_seed(args.performing.seed);
    let load_ms = millis(started.elapsed());
    let said = said(&speaker, &text);
    if said.speech.phonemes.is_empty() && said.speech.vocals.is_empty() {
        return Err(CliError::BadInput("TEXT: there is nothing in it to say".to_owned()));
    }
    let spoken_secs = said.speech.duration_secs;
    if args.track.is_some() && spoken_secs > MAX_SPEECH_SECS {
        let problem =
            format!("{spoken_secs:.0} s of speech, at most {MAX_SPEECH_SECS} are performed");
        return Err(CliError::BadInput(format!("--track: {problem}")));
    }
    let mut skipped_cues = Vec::new();
    // Both are made before either is written: nothing half-done stays behind.
    let wav = wav(&said.samples)?;
    let track = match &args.track {
        Some(path) => {
            let manner = speaker.spec().manner();
            let performance =
                Performance { speech: &said.speech, cues: &said.cues, moods: &said.moods, manner };
            Some((path, performance.track(&args.performing, &mut skipped_cues)?))
        }
        None => None,
    };
    write_bytes(&args.out, &wav).map_err(unwritable)?;
    if let Some((path, json)) = &track {
        write_bytes(path, json).map_err(unwritable)?;
    }
    let report = Report {
        file: args.out.display().to_string(),
        track: track.map(|(path, _)| path.display().to_string()),
        voice: name,
        duration_secs: spoken_secs,
        sentences: said.sentences,
        words: said.speech.words.len(),
        phonemes: said.speech.phonemes.len(),
        peak: said.samples.iter().fold(0.0, |peak, sample| peak.max(sample.abs())),
        notes: said.notes,
        skipped_cues,
        first_audio_ms: said.first_audio_ms,
        load_ms,
        synthesis_ms: said.synthesis_ms,
        x_realtime: f64::from(spoken_secs) * 1e3 / said.synthesis_ms,
    };
    for note in &report.notes {
        let what = if note.skipped { "skipped" } else { "read roughly" };
        eprintln!("warning: TEXT: `{}` was {what}", note.text);
    }
    for cue in &report.skipped_cues {
        eprintln!("warning: TEXT: {cue}: nothing has that name here");
    }
    if args.json {
        return print_json(&report);
    }
    print(&format!(
        "{}: {:.1} s in the voice {}, {} words (first sound after {:.0} ms, {:.0} times real time)",
        report.file,
        report.duration_secs,
        report.voice,
        report.words,
        report.first_audio_ms,
        report.x_realtime,
    ))
}

fn bad_voice(error: VoiceError) -> CliError {
    CliError::BadInput(error.to_string())
}

/// A preset's voice, a file's, or the recorded one.
fn voice_spec(voice: Option<&str>, assets: &Path) -> Result<VoiceSpec, CliError> {
    let Some(voice) = voice else { return Ok(VoiceSpec::default()) };
    let presets = assets.join("voices").join("presets");
    let preset = presets.join(format!("{voice}.ron"));
    let is_name = voice.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let path = if is_name { preset } else { voice.into() };
    if is_name && !path.is_file() {
        let mut names: Vec<String> = std::fs::read_dir(&presets)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| Some(entry.path().file_stem()?.to_string_lossy().into_owned()))
            .collect();
        names.sort();
        let text =
            format!("unknown voice `{voice}` (valid: a file VOICE.ron, {})", names.join(", "));
        return Err(CliError::BadInput(text));
    }
    VoiceSpec::read(&path).map_err(|e| CliError::BadInput(e.to_string()))
}

fn said(speaker: &Speaker, text: &str) -> Said {
    let started = Instant::now();
    let script = Script::new(text);
    let mut said = Said {
        samples: Vec::new(),
        speech: Speech::default(),
        sentences: 0,
        notes: Vec::new(),
        cues: Vec::new(),
        moods: Vec::new(),
        first_audio_ms: 0.0,
        synthesis_ms: 0.0,
    };
    for chunk in speaker.say(&script) {
        if said.samples.is_empty() && !chunk.samples.is_empty() {
            said.first_audio_ms = millis(started.elapsed());
        }
        said.samples.extend(chunk.samples);
        let Some(sentence) = chunk.sentence else { continue };
        let start = sentence.start_secs as f32;
        said.sentences += 1;
        said.cues.extend(sentence.cues.into_iter().map(|(at, cue)| (start + at, cue)));
        said.moods.extend(sentence.style.map(|style| (start, style)));
        said.notes.extend(sentence.notes.iter().map(|note| NoteLine {
            text: text[note.bytes.clone()].chars().take(40).collect(),
            skipped: note.kind.is_skipped(),
        }));
        said.speech.append(sentence.speech, start);
    }
    said.speech.duration_secs = said.samples.len() as f32 / SAMPLE_RATE_HZ as f32;
    said.synthesis_ms = millis(started.elapsed());
    said
}

fn wav(samples: &[f32]) -> Result<Vec<u8>, CliError> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE_HZ,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::with_capacity(2 * samples.len() + 64));
    let write = |bytes: &mut Cursor<Vec<u8>>| -> Result<(), hound::Error> {
        let mut writer = hound::WavWriter::new(bytes, spec)?;
        for sample in samples {
            writer.write_sample((sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)).round() as i16)?;
        }
        writer.finalize()
    };
    write(&mut bytes).map_err(|e| CliError::Failed(e.to_string()))?;
    Ok(bytes.into_inner())
}
