//! What the text front end makes of a text: `cargo run -p reverie_voice --example phonemize -- "Hello there."`
//! (`--british` first for British; unknown words are spelled). Without a text, how fast it is.

use reverie_voice::text::{Accent, Phonemizer, markup};
use std::path::Path;
use std::time::Instant;

const SAMPLE: &str = include_str!("../tests/data/text_sentences.txt");
const ROUNDS: usize = 20;

fn main() -> Result<(), reverie_voice::text::TextError> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let british = arguments.first().is_some_and(|first| first == "--british");
    if british {
        arguments.remove(0);
    }
    let accent = if british { Accent::British } else { Accent::American };
    let start = Instant::now();
    let phonemizer = Phonemizer::load(Path::new("assets/voices/hibari"), accent)?;
    let load_ms = start.elapsed().as_secs_f64() * 1e3;
    if arguments.is_empty() {
        println!("loaded in {load_ms:.1} ms");
        speed(&phonemizer);
        return Ok(());
    }
    let marked = markup(&arguments.join(" "));
    for mark in &marked.marks {
        println!("{:?}", mark);
    }
    for sentence in phonemizer.sentences(&marked.plain) {
        println!("{}", sentence.phonemes);
        let sounds: Vec<char> = sentence.phonemes.chars().collect();
        for word in &sentence.words {
            let phonemes: String = sounds[word.phonemes.clone()].iter().collect();
            println!("  {:>4}..{:<4} {} = {phonemes}", word.bytes.start, word.bytes.end, word.text);
        }
        for note in &sentence.notes {
            println!("  {:>4}..{:<4} {:?}", note.bytes.start, note.bytes.end, note.kind);
        }
    }
    Ok(())
}

fn speed(phonemizer: &Phonemizer) {
    let texts: Vec<&str> = SAMPLE.lines().filter_map(|line| line.split('\t').nth(2)).collect();
    let mut best_us = f64::INFINITY;
    let mut sentences = 0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        sentences = texts.iter().map(|text| phonemizer.phonemize(text).len()).sum();
        best_us = best_us.min(start.elapsed().as_secs_f64() * 1e6);
    }
    println!("{:.1} us per sentence, {sentences} sentences", best_us / sentences as f64);
    let long = texts.join(" ").repeat(8);
    let start = Instant::now();
    let count = phonemizer.phonemize(&long).len();
    let ms = start.elapsed().as_secs_f64() * 1e3;
    println!("{} bytes in {ms:.1} ms, {count} pieces", long.len());
}
