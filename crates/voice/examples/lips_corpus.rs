//! Speaks what the lips network learns from: `python -m reverie_train.lips data` feeds it.
//!
//! ```sh
//! cargo run -p reverie_voice --example lips_corpus -- OUT < jobs.jsonl
//! ```
//! Each line is a job: `{"text": "...", "voice": {a VoiceSpec}, "seed": 7}`; tags in the text are obeyed. The
//! sounds are appended to `OUT.i16` (24 kHz, little-endian), one line of JSON each goes to `OUT.jsonl`: first
//! sample, number of samples, and the speech with the time of every sound. Jobs without anything to say are
//! left out.

use reverie_behavior::Speech;
use reverie_inference::ModelStore;
use reverie_voice::text::Accent;
use reverie_voice::{SAMPLE_RATE_HZ, Script, Speaker, Voice, VoiceSpec};
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write as _};

#[derive(Deserialize)]
struct Job {
    text: String,
    #[serde(default)]
    voice: VoiceSpec,
    #[serde(default)]
    seed: u64,
}

#[derive(Serialize)]
struct Said<'a> {
    /// Of the job, counted from 0.
    job: usize,
    first_sample: usize,
    samples: usize,
    rate_hz: u32,
    /// What the voice's phonemizer made of each sentence.
    phonemes: Vec<String>,
    speech: &'a Speech,
}

fn main() -> Result<(), Box<dyn Error>> {
    let out = std::env::args().nth(1).ok_or("usage: lips_corpus OUT < jobs.jsonl")?;
    let voice = Voice::load(&ModelStore::open()?, Accent::American)?;
    let mut sounds = BufWriter::new(File::create(format!("{out}.i16"))?);
    let mut lines = BufWriter::new(File::create(format!("{out}.jsonl"))?);
    let mut first_sample = 0;
    for (number, line) in std::io::stdin().lines().enumerate() {
        let job: Job = serde_json::from_str(&line?)?;
        let script = Script::new(&job.text);
        let speaker = Speaker::new(&voice, job.voice)?.with_seed(job.seed);
        let (samples, speech) = speaker.say(&script).whole();
        if speech.phonemes.is_empty() {
            continue;
        }
        for sample in &samples {
            let sample = (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)).round() as i16;
            sounds.write_all(&sample.to_le_bytes())?;
        }
        let sentences = voice.phonemizer().sentences(script.plain());
        let said = Said {
            job: number,
            first_sample,
            samples: samples.len(),
            rate_hz: SAMPLE_RATE_HZ,
            phonemes: sentences.map(|sentence| sentence.phonemes).collect(),
            speech: &speech,
        };
        serde_json::to_writer(&mut lines, &said)?;
        lines.write_all(b"\n")?;
        first_sample += samples.len();
    }
    sounds.flush()?;
    lines.flush()?;
    Ok(())
}
