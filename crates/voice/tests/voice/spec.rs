//! Voices as files.

use crate::fixture::{shipped, voice};
use reverie_voice::{Speaker, VoiceSpec};

#[test]
fn what_a_file_leaves_out_is_as_recorded() {
    assert_eq!(VoiceSpec::from_ron("x", "()").unwrap(), VoiceSpec::default());
    let spec = VoiceSpec::from_ron("x", "(name: \"Bo\", pitch_hz: 100)").unwrap();
    assert_eq!((spec.name.as_str(), spec.pitch_hz, spec.pace), ("Bo", 100.0, 1.0));
    let text = ron::to_string(&spec).unwrap();
    assert_eq!(VoiceSpec::from_ron("x", &text).unwrap(), spec);
}

#[test]
fn absurd_voices_are_refused_with_file_and_field() {
    let long = format!("(name: \"{}\")", "x".repeat(65));
    let vast = format!("(/*{}*/)", "x".repeat(70_000));
    let table = [
        ("(pitch_hz: 1e9)", "pitch_hz is 1000000000, must be between 60 and 450"),
        ("(pitch_hz: -3)", "pitch_hz"),
        ("(pitch_hz: NaN)", "pitch_hz is NaN"),
        ("(pitch_range: 9)", "pitch_range"),
        ("(tract_length: 0)", "tract_length"),
        ("(pace: 0)", "pace"),
        ("(pace: inf)", "pace is inf"),
        ("(breathiness: 2)", "breathiness"),
        ("(roughness: -1)", "roughness"),
        ("(brightness: 1.5)", "brightness"),
        ("(tremor: 7)", "tremor"),
        ("(loudness_db: 90)", "loudness_db"),
        ("(pitch: 100)", "pitch"),
        ("(pitch_hz: high)", "1:"),
        ("", "1:1"),
        (long.as_str(), "65 characters"),
        (vast.as_str(), "more than"),
    ];
    for (text, words) in table {
        let message = VoiceSpec::from_ron("bad.ron", text).unwrap_err().to_string();
        assert!(message.contains("bad.ron") && message.contains(words), "{words}: {message}");
    }
    let missing = VoiceSpec::read(&shipped("voices/presets/nobody.ron")).unwrap_err();
    assert!(missing.to_string().contains("nobody.ron"));
    let silly = VoiceSpec { pace: f32::NAN, ..VoiceSpec::default() };
    assert!(Speaker::new(voice(), silly).unwrap_err().to_string().contains("pace"));
}
