//! Who speaks when: the network against its original, and on voices, noise and nonsense.

use crate::fixture::{Fixture, shipped, store, voice};
use proptest::prelude::*;
use reverie_inference::Weights;
use reverie_voice::activity::{
    GateEvent, GateSettings, RATE_HZ, SpeechGate, VoiceActivity, WINDOW, WINDOW_SECS,
};
use reverie_voice::{SAMPLE_RATE_HZ, Script, Speaker, VoiceSpec};

fn heard(samples: &[f32]) -> Vec<f32> {
    VoiceActivity::load(&store()).unwrap().push(samples).to_vec()
}

#[test]
fn probabilities_are_those_of_the_original() {
    let fixture = Fixture::read("activity_reference");
    let (samples, reference) = (fixture.values("samples"), fixture.values("answers"));
    let ours = heard(&samples);
    assert_eq!(ours.len(), reference.len());
    let worst = ours.iter().zip(&reference).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("differs by {worst:.1e} at most");
    assert!(worst < 3e-3, "{worst}");
}

/// A line of the shipped voice, 16 kHz, with a second of silence on both sides, and when its words begin and end.
fn line(text: &str) -> (Vec<f32>, [f64; 2]) {
    let speaker = Speaker::new(voice(), VoiceSpec::default()).unwrap();
    let (samples, speech) = speaker.say(&Script::new(text)).whole();
    let step = f64::from(SAMPLE_RATE_HZ) / f64::from(RATE_HZ);
    let long = (samples.len() as f64 / step) as usize;
    let silence = std::iter::repeat_n(0.0, RATE_HZ as usize);
    let spoken = (0..long).map(|k| {
        let at = k as f64 * step;
        let (low, share) = (at as usize, at.fract() as f32);
        let next = samples.get(low + 1).copied().unwrap_or_default();
        samples[low] * (1.0 - share) + next * share
    });
    let first = speech.words.first().map_or(0.0, |word| word.start_secs);
    let last = speech.words.last().map_or(0.0, |word| word.end_secs);
    let all = silence.clone().chain(spoken).chain(silence).collect();
    (all, [first, last].map(|secs| 1.0 + f64::from(secs)))
}

#[test]
fn a_line_is_heard_from_its_beginning_to_its_end_and_noise_is_not() {
    let (samples, [start, end]) = line("The bridge behind the mill is closed until Thursday.");
    let mut gate = SpeechGate::new(GateSettings::default()).unwrap();
    let events: Vec<_> = heard(&samples).into_iter().filter_map(|p| gate.push(p)).collect();
    let (first, last) = (events[0], events[events.len() - 1]);
    let (GateEvent::Began { at_secs: from }, GateEvent::Ended { at_secs: to }) = (first, last)
    else {
        panic!("{events:?}")
    };
    let near = (from - start).abs() < 0.15 && (to - end).abs() < 0.25;
    assert!(near, "{events:?}, words from {start} to {end}");

    let mut state = 1_u32;
    let noise: Vec<f32> = (0..3 * RATE_HZ)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 8) as f32 / 8_388_608.0 - 1.0) * 0.1
        })
        .collect();
    let loud = heard(&noise).into_iter().filter(|p| *p > 0.5).count();
    assert!(loud <= 2, "{loud} windows of noise");
}

#[test]
fn pieces_of_any_length_are_the_same_stream_and_a_clone_is_another() {
    let (samples, _) = line("Yes.");
    let whole = heard(&samples);
    let mut stream = VoiceActivity::load(&store()).unwrap();
    let mut pieces = Vec::new();
    for (number, piece) in samples.chunks(WINDOW / 3 + 7).enumerate() {
        pieces.extend_from_slice(stream.push(piece));
        if number == 5 {
            assert_eq!(stream.clone().push(&samples), whole);
        }
    }
    assert_eq!(pieces, whole);
    stream.restart();
    assert_eq!(stream.push(&samples), whole);
}

#[test]
fn nonsense_is_silence() {
    let nonsense = [f32::NAN, f32::INFINITY, -1e30, 1e30];
    let samples: Vec<f32> = nonsense.into_iter().cycle().take(20 * WINDOW).collect();
    assert!(heard(&samples).iter().all(|p| (0.0..=1.0).contains(p)));
}

#[test]
fn weights_of_another_network_are_named() {
    let path = shipped("models/lips.safetensors");
    let lips = Weights::from_bytes(&path, std::fs::read(&path).unwrap()).unwrap();
    let error = VoiceActivity::from_weights(&lips).unwrap_err().to_string();
    assert!(error.contains("lips.safetensors") && error.contains("spectrum.weight"), "{error}");
}

#[test]
fn settings_out_of_range_are_named() {
    let bad = [
        ("open_above", GateSettings { open_above: f32::NAN, ..Default::default() }),
        ("close_below", GateSettings { close_below: 0.6, ..Default::default() }),
        ("least_speech_secs", GateSettings { least_speech_secs: -1.0, ..Default::default() }),
        ("least_silence_secs", GateSettings { least_silence_secs: 1e9, ..Default::default() }),
    ];
    for (field, settings) in bad {
        let error = SpeechGate::new(settings).unwrap_err();
        assert!(error.starts_with(field), "{error}");
    }
}

proptest! {
    #[test]
    fn beginnings_and_ends_take_turns_in_rising_order(
        windows in prop::collection::vec(0.0_f32..1.0, 0..400),
        least_speech_secs in 0.0_f64..0.4,
        least_silence_secs in 0.0_f64..0.4,
    ) {
        let settings = GateSettings { least_speech_secs, least_silence_secs, ..Default::default() };
        let mut gate = SpeechGate::new(settings).unwrap();
        let (mut open, mut last) = (false, -1.0);
        for (number, probability) in windows.iter().enumerate() {
            let now = (number + 1) as f64 * WINDOW_SECS;
            let at_secs = match gate.push(*probability) {
                None => continue,
                Some(GateEvent::Began { at_secs }) => {
                    prop_assert!(!open);
                    prop_assert!(now - at_secs >= least_speech_secs - WINDOW_SECS);
                    at_secs
                }
                Some(GateEvent::Ended { at_secs }) => {
                    prop_assert!(open);
                    prop_assert!(now - at_secs >= least_silence_secs - WINDOW_SECS);
                    at_secs
                }
            };
            open = gate.is_open();
            prop_assert!(at_secs >= last && at_secs < now, "{at_secs} after {last} at {now}");
            last = at_secs;
        }
    }
}
