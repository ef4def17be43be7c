//! Says a text into a WAV file, or times how quickly texts are said.
//!
//! ```sh
//! cargo run -p reverie_voice --release --example speak -- joseph "Hello there." hello.wav
//! RAYON_NUM_THREADS=1 cargo run -p reverie_voice --release --example speak -- time < lines.txt
//! ```
//! The first word is a voice of `assets/voices/presets` or the path of a RON file. `time` reads lines of
//! phonemes, says each once to warm up and once more, and writes one line of JSON for each.

use reverie_inference::ModelStore;
use reverie_voice::text::Accent;
use reverie_voice::{SAMPLE_RATE_HZ, Script, Speaker, Voice, VoiceSpec};
use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let store = ModelStore::open()?;
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["time"] => time(&store),
        [name, text, out] => {
            let spec = VoiceSpec::read(&voice_file(&store, name))?;
            let voice = Voice::load(&store, Accent::American)?;
            let (samples, speech) = Speaker::new(&voice, spec)?.say(&Script::new(text)).whole();
            println!("{} words, {:.2} s", speech.words.len(), speech.duration_secs);
            Ok(write_wav(Path::new(out), &samples)?)
        }
        _ => Err("say: VOICE TEXT OUT.wav, or: time".into()),
    }
}

fn voice_file(store: &ModelStore, name: &str) -> PathBuf {
    match name.ends_with(".ron") {
        true => name.into(),
        false => store.assets().join("voices/presets").join(format!("{name}.ron")),
    }
}

fn time(store: &ModelStore) -> Result<(), Box<dyn Error>> {
    let voice = Voice::load(store, Accent::American)?;
    let speaker = Speaker::new(&voice, VoiceSpec::default())?;
    for phonemes in std::io::stdin().lines() {
        let phonemes = phonemes?;
        speaker.say_phonemes(&phonemes).whole();
        let start = Instant::now();
        let (mut samples, mut first_ms) = (0, 0.0);
        for chunk in speaker.say_phonemes(&phonemes) {
            if samples == 0 && !chunk.samples.is_empty() {
                first_ms = start.elapsed().as_secs_f64() * 1e3;
            }
            samples += chunk.samples.len();
        }
        let spent_secs = start.elapsed().as_secs_f64();
        let secs = samples as f64 / f64::from(SAMPLE_RATE_HZ);
        println!(r#"{{"secs":{secs},"spent_secs":{spent_secs},"first_ms":{first_ms}}}"#);
    }
    Ok(())
}

/// One channel of sixteen bits.
fn write_wav(path: &Path, samples: &[f32]) -> std::io::Result<()> {
    let bytes = 2 * samples.len() as u32;
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    file.write_all(b"RIFF")?;
    file.write_all(&(36 + bytes).to_le_bytes())?;
    file.write_all(b"WAVEfmt \x10\0\0\0\x01\0\x01\0")?;
    file.write_all(&SAMPLE_RATE_HZ.to_le_bytes())?;
    file.write_all(&(2 * SAMPLE_RATE_HZ).to_le_bytes())?;
    file.write_all(b"\x02\0\x10\0data")?;
    file.write_all(&bytes.to_le_bytes())?;
    for sample in samples {
        file.write_all(&((sample * 32767.0).round() as i16).to_le_bytes())?;
    }
    file.flush()
}
