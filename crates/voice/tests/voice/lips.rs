//! Lips from sound alone: `reverie_voice::lips`.

use crate::fixture::{Fixture, shipped, store, voice};
use proptest::prelude::*;
use reverie_behavior::{Act, Say, Speech, Timeline, Viseme};
use reverie_voice::lips::{
    AlignError, DECODE_SECS, LIP_FRAME_SECS, LipDecoder, LipFrame, LipReader, RATE_HZ,
};
use reverie_voice::{SAMPLE_RATE_HZ, Script, Speaker, VoiceSpec};
use std::sync::LazyLock;

static READER: LazyLock<LipReader> = LazyLock::new(|| LipReader::load(&store()).unwrap());

fn reader() -> LipReader {
    READER.clone()
}

/// Two samples of three, after a filter that keeps what is below 8 kHz.
fn two_thirds(samples: &[f32]) -> Vec<f32> {
    const REACH: isize = 24;
    let tap = |x: f64| {
        let window = 0.5 + 0.5 * (std::f64::consts::PI * x / REACH as f64).cos();
        let cutoff = 0.31 * 2.0;
        let at = std::f64::consts::PI * cutoff * x;
        let sinc = if at.abs() < 1e-9 { 1.0 } else { at.sin() / at };
        cutoff * sinc * window
    };
    (0..samples.len() * 2 / 3)
        .map(|out| {
            let middle = out as f64 * 1.5;
            let from = middle.floor() as isize - REACH + 1;
            let near =
                (from..from + 2 * REACH).filter(|at| (middle - *at as f64).abs() < REACH as f64);
            let sum: f64 = near
                .filter_map(|at| {
                    let sample = samples.get(usize::try_from(at).ok()?)?;
                    Some(f64::from(*sample) * tap(middle - at as f64))
                })
                .sum();
            sum as f32
        })
        .collect()
}

/// A text in a voice that the network has never heard: samples of 16 kHz, and the truth.
fn said(text: &str, preset: &str) -> (Vec<f32>, Speech) {
    let spec = VoiceSpec::read(&shipped(&format!("voices/presets/{preset}.ron"))).unwrap();
    assert_eq!(SAMPLE_RATE_HZ, 24_000);
    let speaker = Speaker::new(voice(), spec).unwrap();
    let (samples, speech) = speaker.say(&Script::new(text)).whole();
    (two_thirds(&samples), speech)
}

/// The viseme of each frame's middle.
fn truth(speech: &Speech, frames: usize) -> Vec<Viseme> {
    let at = |frame: usize| {
        let secs = (frame as f32 + 0.5) * LIP_FRAME_SECS;
        let sound = speech.phonemes.iter().find(|s| (s.start_secs..s.end_secs).contains(&secs))?;
        let (first, then) = Viseme::of(sound.phoneme);
        let part = (secs - sound.start_secs) / (sound.end_secs - sound.start_secs);
        Some(if part < 0.55 { first } else { then.unwrap_or(first) })
    };
    (0..frames).map(|frame| at(frame).unwrap_or(Viseme::Sil)).collect()
}

/// Whether the avatar's side takes it.
fn check(speech: &Speech) {
    let say = Say { speech: speech.clone(), ..Say::default() };
    Timeline::default().insert(0.0, Act::Say(Box::new(say))).unwrap();
}

const TEXT: &str =
    "Maybe Bob can help us move the big piano, but Peter and Emma cannot come before four.";

#[test]
fn frames_are_those_of_the_training_code() {
    let fixture = Fixture::at(&shipped("models/lips_parity.safetensors"));
    let frames = reader().frames(&fixture.values("samples"));
    let (logits, delay) = (fixture.values("logits"), 5);
    let outputs = Viseme::COUNT + 3;
    let answers = logits.chunks_exact(outputs).skip(delay);
    assert!(answers.len() + delay == frames.len());
    let sigmoid = |x: f32| 1.0 / (1.0 + (-x).exp());
    for (answer, frame) in answers.zip(&frames) {
        let (visemes, rest) = answer.split_at(Viseme::COUNT);
        let sum: f32 = visemes.iter().map(|x| x.exp()).sum();
        for (logit, p) in visemes.iter().zip(frame.visemes) {
            assert!((logit.exp() / sum - p).abs() < 1e-3, "{logit} {p}");
        }
        for (logit, p) in rest.iter().zip([frame.voicing, frame.energy, frame.accent]) {
            assert!((sigmoid(*logit) - p).abs() < 1e-3, "{logit} {p}");
        }
    }
}

#[test]
fn speech_of_unheard_voices_is_read() {
    let (mut right, mut all) = (0, 0);
    for preset in ["tomas", "lina", "edith", "mara"] {
        let (samples, speech) = said(TEXT, preset);
        let frames = reader().frames(&samples);
        assert_eq!(frames.len(), samples.len().div_ceil(160));
        let truth = truth(&speech, frames.len());
        right += frames.iter().zip(&truth).filter(|(f, t)| f.viseme() == **t).count();
        all += frames.len();
    }
    let accuracy = right as f32 / all as f32;
    // One text in four voices; the score over 256 sentences in 32 voices is in the card (82 %).
    assert!(accuracy > 0.75, "{accuracy}");
}

#[test]
fn lips_are_seen_to_meet() {
    for preset in ["tomas", "lina", "noor"] {
        let (samples, speech) = said(TEXT, preset);
        let heard = reader().speech(&samples);
        check(&heard);
        let closed = |speech: &Speech| -> Vec<(f32, f32)> {
            let lips = speech.phonemes.iter().filter(|s| Viseme::of(s.phoneme).0 == Viseme::PP);
            lips.map(|s| (s.start_secs, s.end_secs)).collect()
        };
        let (real, found) = (closed(&speech), closed(&heard));
        let meet = |(start, end): (f32, f32), others: &[(f32, f32)]| {
            others.iter().any(|(a, b)| *a < end + 0.02 && *b > start - 0.02)
        };
        let seen = real.iter().filter(|closure| meet(**closure, &found)).count();
        assert!(seen + 1 >= real.len(), "{preset}: {seen} of {}", real.len());
        let wrong = found.iter().filter(|closure| !meet(**closure, &real)).count();
        assert!(wrong <= 2, "{preset}: lips meet {wrong} times for nothing");
    }
}

#[test]
fn what_is_no_speech_leaves_the_mouth_closed() {
    let secs = 2 * RATE_HZ as usize;
    for (name, samples) in [
        ("silence", vec![0.0; secs]),
        ("a hum", (0..secs).map(|i| 0.002 * (0.02 * i as f32).sin()).collect()),
        ("no numbers", vec![f32::NAN; secs]),
    ] {
        let frames = reader().frames(&samples);
        assert_eq!(frames.len(), 200);
        let closed = frames.iter().filter(|frame| frame.viseme() == Viseme::Sil).count();
        assert!(closed > 195, "{name}: {closed} of 200");
        let speech = reader().speech(&samples);
        assert!(speech.phonemes.is_empty() && speech.phrases.is_empty(), "{name}: {speech:?}");
        assert_eq!(speech.duration_secs, 2.0);
    }
    assert!(reader().frames(&[]).is_empty());
    assert_eq!(reader().frames(&[0.1; 3]).len(), 1);
}

#[test]
fn a_known_text_is_found_in_the_sound() {
    let (samples, speech) = said(TEXT, "tomas");
    let aligned = reader().align(&samples, TEXT, voice()).unwrap();
    check(&aligned.speech);
    let sounds =
        |speech: &Speech| -> String { speech.phonemes.iter().map(|s| s.phoneme).collect() };
    assert_eq!(sounds(&aligned.speech), sounds(&speech));
    let words = |speech: &Speech| -> Vec<String> {
        speech.words.iter().map(|word| word.text.clone()).collect()
    };
    assert_eq!(words(&aligned.speech), words(&speech));
    let off = aligned.speech.phonemes.iter().zip(&speech.phonemes);
    let mut off: Vec<f32> = off.map(|(a, b)| (a.start_secs - b.start_secs).abs()).collect();
    off.sort_by(f32::total_cmp);
    let (median, most) = (off[off.len() / 2], off[off.len() * 95 / 100]);
    assert!(median <= 0.015 && most <= 0.06, "half within {median} s, most within {most} s");
    assert!(aligned.fit > 0.6, "{}", aligned.fit);
    assert!(!aligned.speech.accents.is_empty() && !aligned.speech.phrases.is_empty());

    let other = "Seven of these sisters see the sea, they say, each year, as sure as it is there.";
    let other = reader().align(&samples, other, voice()).unwrap();
    assert!(other.fit < 0.65 * aligned.fit, "{} {}", other.fit, aligned.fit);
    assert_eq!(reader().align(&samples, "...", voice()), Err(AlignError::Nothing));
    let short = reader().align(&samples[..1600], TEXT, voice());
    assert!(matches!(short, Err(AlignError::TooMuch { frames: 10, .. })), "{short:?}");
}

#[test]
fn stretches_come_in_time_and_add_up_to_the_whole() {
    let (samples, _) = said(TEXT, "mara");
    let whole = reader().speech(&samples);
    let longest = 0.4;
    let (mut reader, mut decoder) = (reader(), LipDecoder::with_stretches(longest));
    let (mut parts, mut frames) = (Speech::default(), 0);
    for samples in samples.chunks(320) {
        for frame in reader.push(samples) {
            frames += 1;
            let Some(heard) = decoder.push(frame) else { continue };
            check(&heard.speech);
            // What it begins with was heard so long ago.
            let late = frames as f64 * f64::from(LIP_FRAME_SECS) - heard.start_secs;
            let most = f64::from(2.0 * longest + DECODE_SECS + 2.0 * LIP_FRAME_SECS);
            assert!(late <= most, "{late} s");
            parts.append(heard.speech, heard.start_secs as f32);
        }
    }
    let rest: Vec<_> = reader.finish().iter().filter_map(|frame| decoder.push(frame)).collect();
    for heard in rest.into_iter().chain(decoder.finish()) {
        parts.append(heard.speech, heard.start_secs as f32);
    }
    check(&parts);
    // The same moments have the same visemes.
    let frames = (whole.duration_secs / LIP_FRAME_SECS) as usize;
    assert_eq!(truth(&whole, frames), truth(&parts, frames));
    assert_eq!(whole.accents.len(), parts.accents.len());
}

/// Frames that no sound gave.
fn frames() -> impl Strategy<Value = Vec<LipFrame>> {
    let frame = (0..Viseme::COUNT, 0.0f32..1.0, 0.0f32..1.0, 0.0f32..1.0).prop_map(
        |(likely, voicing, energy, accent)| {
            let mut visemes = [0.01; Viseme::COUNT];
            visemes[likely] = 0.86;
            LipFrame { visemes, voicing, energy, accent }
        },
    );
    // Each lasts for a while, so that some are decided for.
    let held = (frame, 1usize..12).prop_map(|(frame, times)| vec![frame; times]);
    proptest::collection::vec(held, 0..80).prop_map(|held| held.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_frames_make_speech_that_can_be_performed(frames in frames(), longest in 0.0f32..3.0) {
        let mut decoder = LipDecoder::with_stretches(longest);
        let mut speech = Speech::default();
        for frame in &frames {
            if let Some(heard) = decoder.push(frame) {
                speech.append(heard.speech, heard.start_secs as f32);
            }
        }
        if let Some(heard) = decoder.finish() {
            speech.append(heard.speech, heard.start_secs as f32);
        }
        let secs = frames.len() as f32 * LIP_FRAME_SECS;
        prop_assert!(speech.duration_secs <= secs + 1e-3, "{} {secs}", speech.duration_secs);
        check(&speech);
    }

    #[test]
    fn pieces_of_any_size_give_the_same(
        sizes in proptest::collection::vec(1usize..5000, 1..40),
        seed in 0u32..1000,
    ) {
        let noise = |i: u32| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / 16_777_216.0 - 0.5;
        let samples: Vec<f32> = (0..9000u32)
            .map(|i| {
                let buzz = (0.05 * (1.0 + 0.3 * (i as f32 / 900.0).sin()) * i as f32).sin();
                0.3 * buzz.powi(9) + 0.05 * noise(i ^ (seed << 16))
            })
            .collect();
        let whole = reader().frames(&samples);
        let mut pieces = Vec::new();
        let (mut reader, mut rest, mut sizes) = (reader(), samples.as_slice(), sizes.iter().cycle());
        // What another stream said before is forgotten.
        reader.push(&samples[..1000]);
        reader.restart();
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(*sizes.next().unwrap_or(&1)));
            pieces.extend_from_slice(reader.push(piece));
            rest = after;
        }
        pieces.extend_from_slice(reader.finish());
        prop_assert_eq!(&whole, &pieces);
        // And the next stream is a new one.
        prop_assert_eq!(reader.frames(&samples), whole);
    }
}
