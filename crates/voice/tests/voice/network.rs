//! The networks against the numbers of those they were converted from.

use crate::fixture::{Fixture, shipped, store};
use reverie_inference::Weights;
use reverie_voice::text::Accent;
use reverie_voice::{Melody, Precision, Spectra, SpellingNetwork, VOICE_MODEL, VoiceNetwork};
use std::path::Path;
use std::sync::Arc;

fn network() -> Arc<VoiceNetwork> {
    Arc::new(VoiceNetwork::load(&store()).unwrap())
}

fn steps(lengths: &[f32]) -> Vec<usize> {
    lengths.iter().map(|steps| *steps as usize).collect()
}

fn worst(ours: &[f32], reference: &[f32]) -> f32 {
    assert_eq!(ours.len(), reference.len());
    ours.iter().zip(reference).fold(0.0, |m, (a, b)| m.max((a - b).abs()))
}

/// All frames, so many at a time.
fn all(mut spectra: Spectra, frames: usize) -> Vec<f32> {
    let (mut all, mut some) = (Vec::new(), Vec::new());
    while spectra.advance(frames, &mut some) > 0 {
        all.extend_from_slice(&some);
    }
    assert_eq!(all.len(), spectra.frames() * spectra.frame_len());
    all
}

#[test]
fn lengths_are_those_of_the_original() {
    let (network, fixture) = (network(), Fixture::read("network_reference"));
    for number in 0..3 {
        let (symbols, _) = network.symbols(fixture.text(&format!("phonemes.{number}")));
        let reading = network.read(&symbols);
        for (name, pace) in [("", 1.0), (".fast", 1.4)] {
            let steps = reading.steps_at(pace);
            let reference = fixture.steps(&format!("{number}.lengths{name}"));
            assert_eq!(steps, reference, "phonemes {number} at pace {pace}");
            let melody = network.melody(&reading, &steps);
            let pitch = fixture.values(&format!("{number}.pitch{name}"));
            let worst = worst(&melody.pitch_hz, &pitch);
            let mean = melody.pitch_hz.iter().zip(&pitch).map(|(a, b)| (a - b).abs()).sum::<f32>()
                / pitch.len() as f32;
            println!("phonemes {number}{name}: pitch differs by {mean:.3} Hz, {worst:.2} at most");
            // One activation that is rounded to the other side changes what follows by so much.
            assert!(mean < 0.6 && worst < 8.0, "{mean} {worst}");
        }
    }
}

#[test]
fn spectra_are_those_of_the_original_in_floats() {
    let weights = store().weights(VOICE_MODEL).unwrap();
    let network = Arc::new(VoiceNetwork::from_weights(&weights, Precision::Exact).unwrap());
    let fixture = Fixture::read("network_reference");
    let every: usize = fixture.text("every").parse().unwrap();
    for number in 0..3 {
        let value = |name: &str| fixture.values(&format!("{number}.floats.{name}"));
        let melody = Melody { pitch_hz: value("pitch"), strength: value("strength") };
        let (symbols, _) = network.symbols(fixture.text(&format!("phonemes.{number}")));
        let spectra = network.spectra(&symbols, &steps(&value("lengths")), &melody);
        let len = spectra.frame_len();
        let ours = all(spectra, 50);
        let ours: Vec<f32> = ours.chunks_exact(len).step_by(every).flatten().copied().collect();
        let reference = value("spectra");
        let worst = worst(&ours, &reference);
        println!("phonemes {number}: {worst:.1e} of {} values", reference.len());
        assert!(worst < 5e-3, "{worst}");
    }
}

/// Root of the mean square of differences of strengths, dB.
fn decibels(ours: &[f32], reference: &[f32], part: usize, len: usize) -> f32 {
    let bins = len / 5;
    let of = |all: &[f32]| -> Vec<f32> {
        all.chunks_exact(len).flat_map(|f| f[part * bins..][..bins].to_vec()).collect()
    };
    let (ours, reference) = (of(ours), of(reference));
    let squares: f32 = ours.iter().zip(&reference).map(|(a, b)| (a - b) * (a - b)).sum();
    (squares / ours.len() as f32).sqrt() * 20.0 / std::f32::consts::LN_10
}

#[test]
fn rounding_changes_spectra_by_less_than_a_decibel() {
    let (network, fixture) = (network(), Fixture::read("network_reference"));
    let every: usize = fixture.text("every").parse().unwrap();
    for number in 0..3 {
        let value = |name: &str| fixture.values(&format!("{number}.floats.{name}"));
        let melody = Melody { pitch_hz: value("pitch"), strength: value("strength") };
        let (symbols, _) = network.symbols(fixture.text(&format!("phonemes.{number}")));
        let spectra = network.spectra(&symbols, &steps(&value("lengths")), &melody);
        let len = spectra.frame_len();
        let ours = all(spectra, 50);
        let ours: Vec<f32> = ours.chunks_exact(len).step_by(every).flatten().copied().collect();
        let reference = value("spectra");
        let parts = [0, 2, 3].map(|part| decibels(&ours, &reference, part, len));
        println!("phonemes {number}: voice, noise and rest differ by {parts:.2?} dB");
        assert!(parts.iter().all(|db| *db < 1.0));
    }
}

#[test]
fn spectra_do_not_depend_on_how_they_are_asked_for() {
    let network = network();
    let (symbols, _) = network.symbols("wˌʌn mˈɔɹ tˈIm.");
    let reading = network.read(&symbols);
    let steps = reading.steps_at(1.0);
    let melody = network.melody(&reading, &steps);
    let begin = || network.spectra(&symbols, &steps, &melody);
    let whole = all(begin(), usize::MAX / 2);
    for frames in [1, 7, 36] {
        assert!(all(begin(), frames) == whole, "{frames} frames at a time");
    }
}

#[test]
fn unknown_words_sound_as_the_original_has_them() {
    let fixture = Fixture::read("network_reference");
    for (accent, key) in [(Accent::American, "oov"), (Accent::British, "oov_gb")] {
        let network = SpellingNetwork::load(&store(), accent).unwrap();
        let expected: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(fixture.text(key)).unwrap();
        assert!(expected.len() > 20);
        for (word, phonemes) in &expected {
            assert_eq!(network.pronounce(word).as_deref(), phonemes.as_str(), "{accent:?} {word}");
        }
        assert_eq!(network.pronounce(""), None);
        assert_eq!(network.pronounce("漢字"), None);
        assert!(network.pronounce(&"wug".repeat(40_000)).is_some());
    }
}

#[test]
fn characters_that_are_no_phonemes_are_left_out() {
    let network = network();
    let (symbols, places) = network.symbols("h漢ə");
    assert_eq!(symbols.len(), 4);
    assert_eq!(places, [None, Some(0), Some(2), None]);
}

#[test]
fn weights_that_do_not_fit_are_named() {
    let good = std::fs::read(shipped("voices/hibari/hibari.safetensors")).unwrap();
    let header = u64::from_le_bytes(good[..8].try_into().unwrap()) as usize;
    let text = std::str::from_utf8(&good[8..8 + header]).unwrap();
    // Each replacement keeps the header's length, so that only one thing is wrong.
    let table = [
        ("\"m.head.weight\"", "\"m.head.weighs\"", "tensor `m.head.weight` is missing"),
        (
            "[3005,256]",
            "[256,3005]",
            "tensor `m.head.weight` has shape [256, 3005], expected [3005, 256]",
        ),
        ("bins\\\": 601", "bins\\\": 602", "must have 601"),
        ("\\\"passes\\\": 6", "\\\"passes\\\":99", "melody_text.passes is 99"),
        ("\\\"heads\\\": 2", "\\\"heads\\\": 5", "heads must divide"),
        ("\\\"hidden\\\": 768", "\\\"hidden\\\":9999", "sound.hidden is 9999"),
        ("[1, 1, 1, 1, 1, 1, 1, 1]", "[1, 1, 1, 1, 1, 1, 1, 2]", "sound.dilations"),
        ("\\\"kernel\\\": 7", "\\\"kernel\\\": 4", "kernel must be odd"),
        ("\\\"channels\\\"", "\\\"channelz\\\"", "channelz"),
        ("\\\"A\\\": 24", "\\\"A\\\":999", "symbols"),
        ("\"symbols\":", "\"zymbols\":", "metadata `symbols` is missing"),
        ("\"config\"", "\"konfig\"", "metadata `config` is missing"),
    ];
    for (from, to, words) in table {
        assert!(text.contains(from), "{from} is not in the header");
        assert_eq!(from.len(), to.len(), "{from}");
        let mut bad = good.clone();
        bad.splice(8..8 + header, text.replacen(from, to, 1).into_bytes());
        let weights = Weights::from_bytes(Path::new("bad.safetensors"), bad);
        let error =
            weights.and_then(|w| VoiceNetwork::from_weights(&w, Precision::Rounded)).unwrap_err();
        let message = error.to_string();
        assert!(
            message.contains("bad.safetensors") && message.contains(words),
            "{words}: {message}"
        );
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}
