//! How long it takes until the first sound, and for all of it: one thread does everything. And long texts
//! of what could be read in quadratic time: eight times the text should take about eight times as long.

#![allow(missing_docs)]

use criterion::{Criterion, criterion_group, criterion_main};
use reverie_inference::ModelStore;
use reverie_voice::activity::{RATE_HZ, VoiceActivity};
use reverie_voice::text::{Accent, Phonemizer};
use reverie_voice::{Script, Speaker, Voice, VoiceSpec};
use std::path::Path;

const TEXTS: [(&str, &str); 3] = [
    ("short", "Hello there, it is good to see you."),
    (
        "medium",
        "The quick brown fox jumps over the lazy dog, and she sells sea shells by the sea shore.",
    ),
    (
        "long",
        "On the 3rd of March 2024, 1,250 people paid $9.99 each to hear it read at 7:30 pm, and although nobody \
         quite understood what was being said, everyone agreed that it had been a remarkable evening, and that \
         they would come again.",
    ),
];

/// Each could make a rule look far back or ahead again and again.
const REPEATED: [&str; 8] =
    ["The old man said that it costs $4.50 at 7:30 pm. ", "a", "a.", "[a](", "{", "aA", "1,", "@a"];

fn voice(c: &mut Criterion) {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets");
    let loaded = ModelStore::open_at(&assets)
        .map_err(|e| e.to_string())
        .and_then(|store| Voice::load(&store, Accent::American).map_err(|e| e.to_string()))
        .and_then(|voice| Speaker::new(&voice, VoiceSpec::default()).map_err(|e| e.to_string()));
    let speaker = match loaded {
        Ok(speaker) => speaker,
        Err(problem) => return eprintln!("no voice to measure: {problem}"),
    };
    for (name, text) in TEXTS {
        c.bench_function(&format!("first sound, {name}"), |b| {
            b.iter(|| {
                let script = Script::new(text);
                speaker.say(&script).find(|chunk| !chunk.samples.is_empty())
            });
        });
        let (samples, _) = speaker.say(&Script::new(text)).whole();
        let secs = samples.len() as f32 / reverie_voice::SAMPLE_RATE_HZ as f32;
        c.bench_function(&format!("all of {secs:.1} s, {name}"), |b| {
            b.iter(|| speaker.say(&Script::new(text)).whole());
        });
    }
}

/// A minute of sound, to be held against a minute.
fn activity(c: &mut Criterion) {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets");
    let loaded = ModelStore::open_at(&assets).and_then(|store| VoiceActivity::load(&store));
    let mut stream = match loaded {
        Ok(stream) => stream,
        Err(problem) => return eprintln!("nothing to listen with: {problem}"),
    };
    let minute: Vec<f32> =
        (0..60 * RATE_HZ).map(|k| (k as f32 * 0.07).sin() * (k as f32 * 0.0004).sin()).collect();
    c.bench_function("whether somebody speaks, 60 s", |b| b.iter(|| stream.push(&minute).len()));
}

fn text(c: &mut Criterion) {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets");
    let reader = match Phonemizer::load(&assets.join("voices"), Accent::American) {
        Ok(reader) => reader,
        Err(problem) => return eprintln!("nothing to read with: {problem}"),
    };
    let mut group = c.benchmark_group("text");
    group.sample_size(10);
    for seed in REPEATED {
        for bytes in [12_500, 100_000] {
            let text = seed.repeat(bytes / seed.len());
            group.bench_function(format!("{bytes} bytes of {seed:?}"), |b| {
                b.iter(|| reader.sentences(&text).count());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, voice, activity, text);
criterion_main!(benches);
