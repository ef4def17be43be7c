//! Times how quickly phonemes are said: `python -m reverie_train.voice speed` compares it with the Python package.
//!
//! ```sh
//! RAYON_NUM_THREADS=1 cargo run -p reverie_voice --release --example time_phonemes < lines.txt
//! ```
//! Says each line of phonemes once to warm up and once more, and writes one line of JSON for each.

use reverie_inference::ModelStore;
use reverie_voice::text::Accent;
use reverie_voice::{SAMPLE_RATE_HZ, Speaker, Voice, VoiceSpec};
use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let voice = Voice::load(&ModelStore::open()?, Accent::American)?;
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
