//! Voices and ways of speaking differ as they say, by measurement.

use crate::fixture::{shipped, voice};
use crate::measure::{periodicity, pitch_hz, rms, sharpness};
use reverie_behavior::{Emotion, Feeling};
use reverie_voice::text::Style;
use reverie_voice::{Delivery, Script, Speaker, VoiceSpec};

const TEXT: &str = "We were away a year ago, and you know where we are now.";
const PEOPLE: [&str; 8] = ["lina", "noor", "mara", "amara", "edith", "kenji", "tomas", "joseph"];

fn preset(name: &str) -> VoiceSpec {
    VoiceSpec::read(&shipped(&format!("voices/presets/{name}.ron"))).unwrap()
}

fn say(spec: VoiceSpec, delivery: Delivery) -> Vec<f32> {
    let speaker = Speaker::new(voice(), spec).unwrap().with_delivery(delivery);
    speaker.say(&Script::new(TEXT)).whole().0
}

fn styled(style: Style) -> Vec<f32> {
    say(VoiceSpec::default(), Delivery::of(style))
}

#[test]
fn every_person_has_a_voice_of_their_own() {
    let mut avatars: Vec<String> = std::fs::read_dir(shipped("avatars/presets"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    avatars.sort();
    let mut voices = PEOPLE.map(String::from).to_vec();
    voices.sort();
    assert_eq!(avatars, voices);
    let mut measured = Vec::new();
    for name in PEOPLE {
        let spec = preset(name);
        let samples = say(spec.clone(), Delivery::default());
        let (pitch, level, sharp) = (pitch_hz(&samples), rms(&samples), sharpness(&samples));
        let secs = samples.len() as f32 / 24_000.0;
        println!(
            "{name}: {pitch:.0} Hz of {}, level {level:.3}, sharpness {sharp:.3}, {secs:.2} s",
            spec.pitch_hz
        );
        assert!((pitch / spec.pitch_hz).log2().abs() < 0.2, "{name}: {pitch}");
        assert!((0.03..0.07).contains(&level), "{name}: {level}");
        let peak = samples.iter().fold(0.0_f32, |m, x| m.max(x.abs()));
        assert!(peak < 0.8, "{name} is pressed: {peak}");
        measured.push((name, pitch, spec));
    }
    // No two are alike: pitch, vocal tract or the manner of speaking set them apart.
    for (at, (one, pitch, spec)) in measured.iter().enumerate() {
        for (other, other_pitch, other_spec) in &measured[at + 1..] {
            let octaves = (pitch / other_pitch).log2().abs();
            let tract = (spec.tract_length / other_spec.tract_length).log2().abs();
            let rest = (spec.roughness - other_spec.roughness).abs()
                + (spec.breathiness - other_spec.breathiness).abs();
            assert!(octaves + 2.0 * tract + 0.5 * rest > 0.2, "{one} and {other}");
        }
    }
}

#[test]
fn whispers_have_no_pitch_and_shouts_are_loud_and_high() {
    let plain = say(VoiceSpec::default(), Delivery::default());
    let (whisper, shout) = (styled(Style::Whisper), styled(Style::Shout));
    println!("periodic: plain {:.2}, whisper {:.2}", periodicity(&plain), periodicity(&whisper));
    assert!(periodicity(&plain) > 0.85);
    assert!(periodicity(&whisper) < 0.55);
    assert!(rms(&whisper) > 0.1 * rms(&plain) && rms(&whisper) < rms(&plain));
    assert!(rms(&shout) > 1.8 * rms(&plain));
    assert!(pitch_hz(&shout) > 1.25 * pitch_hz(&plain));
    assert!(sharpness(&shout) > 1.2 * sharpness(&plain));
    assert!(shout.iter().all(|x| x.abs() < 1.0));
}

#[test]
fn feelings_change_pitch_pace_and_loudness() {
    let plain = say(VoiceSpec::default(), Delivery::default());
    let excited = styled(Style::Excited);
    let sad = styled(Style::Emotion(Emotion::Sad));
    let angry = styled(Style::Emotion(Emotion::Angry));
    assert!(pitch_hz(&excited) > 1.12 * pitch_hz(&plain));
    assert!(pitch_hz(&sad) < 0.97 * pitch_hz(&plain));
    assert!(excited.len() < plain.len() && sad.len() > plain.len());
    assert!(rms(&sad) < 0.8 * rms(&plain) && rms(&angry) > 1.2 * rms(&plain));
    assert!(sharpness(&sad) < sharpness(&plain) && sharpness(&angry) > sharpness(&plain));
    // Half a feeling lies between.
    let half = Delivery::feeling(&Feeling::Named(Emotion::Sad), 0.5);
    let full = Delivery::of(Style::Emotion(Emotion::Sad));
    assert!(half.pace > full.pace && half.pace < 1.0);
    assert_eq!(Delivery::feeling(&Feeling::Named(Emotion::Sad), 0.0), Delivery::default());
}
