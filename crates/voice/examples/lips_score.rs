//! Scores the shipped lips network and what is decoded from it on a set of `python -m reverie_train.lips data`.
//!
//! ```sh
//! cargo run --release -p reverie_voice --example lips_score -- DATA/test
//! ```
//! One line of JSON: share of the frames of 10 ms whose viseme is right, as the network answers and as it is
//! decoded for a face; closures of the lips that are in what was decoded, and those that should not be; how many
//! times as fast as real time it went.

use reverie_behavior::{Speech, Viseme};
use reverie_inference::ModelStore;
use reverie_voice::lips::{LIP_FRAME_SECS, LipReader};
use serde::Deserialize;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

const HOP: usize = 160;
/// Bytes of a frame's labels, of which the first is its viseme.
const LABELS: usize = 4;

#[derive(Deserialize)]
struct Sentence {
    first_frame: usize,
    frames: usize,
}

#[derive(Default)]
struct Score {
    frames: usize,
    right: usize,
    decoded_right: usize,
    closures: usize,
    closures_found: usize,
    closures_false: usize,
}

/// The viseme of each frame's middle.
fn visemes(speech: &Speech, frames: usize) -> Vec<usize> {
    let mut all = vec![Viseme::Sil as usize; frames];
    for sound in &speech.phonemes {
        let at = |secs: f32| (secs / LIP_FRAME_SECS).round() as usize;
        let (from, to) = (at(sound.start_secs), at(sound.end_secs).min(frames));
        all[from.min(to)..to].fill(Viseme::of(sound.phoneme).0 as usize);
    }
    all
}

/// First and end of each stretch of closed lips.
fn closures(visemes: &[usize]) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (at, _) in visemes.iter().enumerate().filter(|(_, v)| **v == Viseme::PP as usize) {
        match found.last_mut() {
            Some((_, end)) if *end == at => *end += 1,
            _ => found.push((at, at + 1)),
        }
    }
    found
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: lips_score DATA/SET")?;
    let folder = Path::new(&folder);
    let sentences: Vec<Sentence> =
        serde_json::from_slice(&std::fs::read(folder.join("index.json"))?)?;
    let audio = std::fs::read(folder.join("audio.i16"))?;
    let samples: Vec<f32> = audio
        .as_chunks()
        .0
        .iter()
        .map(|bytes| f32::from(i16::from_le_bytes(*bytes)) / f32::from(i16::MAX))
        .collect();
    // After the header of the array.
    let labels = std::fs::read(folder.join("labels.npy"))?;
    let labels = &labels[labels.len() - samples.len() / HOP * LABELS..];
    let mut reader = LipReader::load(&ModelStore::open()?)?;
    let mut score = Score::default();
    let started = Instant::now();
    for Sentence { first_frame, frames } in sentences {
        let range = first_frame..first_frame + frames;
        let truth: Vec<usize> =
            range.clone().map(|frame| usize::from(labels[frame * LABELS])).collect();
        let samples = &samples[range.start * HOP..range.end * HOP];
        let answers: Vec<usize> =
            reader.frames(samples).iter().map(|frame| frame.viseme() as usize).collect();
        let decoded = visemes(&reader.speech(samples), frames);
        let same = |a: &[usize]| a.iter().zip(&truth).filter(|(a, b)| a == b).count();
        score.frames += frames;
        score.right += same(&answers);
        score.decoded_right += same(&decoded);
        let (real, found) = (closures(&truth), closures(&decoded));
        let meet = |(a, b): &(usize, usize), others: &[(usize, usize)]| {
            others.iter().any(|(c, d)| c < b && a < d)
        };
        score.closures += real.len();
        score.closures_found += real.iter().filter(|closure| meet(closure, &found)).count();
        score.closures_false += found.iter().filter(|closure| !meet(closure, &real)).count();
    }
    let secs = score.frames as f64 * f64::from(LIP_FRAME_SECS);
    // Each sound was read twice.
    let times = 2.0 * secs / started.elapsed().as_secs_f64();
    let share = |part: usize, all: usize| part as f64 / all.max(1) as f64;
    println!(
        r#"{{"frames":{},"accuracy":{:.4},"decoded_accuracy":{:.4},"closures":{},"closures_found":{:.4},"closures_false_per_minute":{:.2},"x_realtime":{times:.0}}}"#,
        score.frames,
        share(score.right, score.frames),
        share(score.decoded_right, score.frames),
        score.closures,
        share(score.closures_found, score.closures),
        60.0 * score.closures_false as f64 / secs.max(1e-9),
    );
    Ok(())
}
