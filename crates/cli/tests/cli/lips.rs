//! `reverie lips`.

use crate::support::{Folder, json};
use serde_json::Value;
use std::{fs, path::Path};

const TEXT: &str = "Maybe Bob can help us move the big piano before four.";

fn speak(folder: &Folder) {
    folder.succeeds(&["speak", TEXT, "--out", "a.wav", "--track", "said.json", "--voice", "kenji"]);
}

fn samples(path: &Path) -> Vec<i16> {
    hound::WavReader::open(path).unwrap().samples::<i16>().map(Result::unwrap).collect()
}

fn wav(samples: &[i16], rate_hz: u32, channels: u16) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels,
        sample_rate: rate_hz,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    samples.iter().for_each(|sample| writer.write_sample(*sample).unwrap());
    writer.finalize().unwrap();
    bytes.into_inner()
}

fn curve(track: &Value, name: &str) -> Vec<f64> {
    let at = track["curves"].as_array().unwrap().iter().position(|c| c == name).unwrap();
    let frames = track["frames"].as_array().unwrap().iter();
    frames.map(|frame| frame[at].as_f64().unwrap()).collect()
}

/// Middles of the sounds at which lips meet, seconds.
fn closures(track: &Value) -> Vec<f64> {
    let sounds = track["phonemes"].as_array().unwrap().iter();
    let closed = sounds.filter(|sound| ["p", "b", "m"].contains(&sound["p"].as_str().unwrap()));
    closed.map(|s| 0.5 * (s["start"].as_f64().unwrap() + s["end"].as_f64().unwrap())).collect()
}

#[test]
fn a_sound_moves_a_face() {
    let folder = Folder::new();
    speak(&folder);
    let lips = |track: &str, more: &[&str]| {
        let args = [&["lips", "a.wav", "--track", track, "--json"], more].concat();
        json(&folder.succeeds(&args).stdout)
    };
    let report = lips("heard.json", &[]);
    assert!(report["phonemes"].as_u64().unwrap() > 20, "{report}");
    assert_eq!(report["words"], 0);
    assert!(report["text_fit"].is_null());
    let read = |name: &str| json(&fs::read(folder.at(name)).unwrap());
    let (said, heard) = (read("said.json"), read("heard.json"));
    let near = |at: f64, others: &[f64]| others.iter().any(|other| (at - other).abs() < 0.08);
    let (real, found) = (closures(&said), closures(&heard));
    let seen = real.iter().filter(|at| near(**at, &found)).count();
    assert!(seen + 1 >= real.len(), "{seen} of {} closures: {real:?} {found:?}", real.len());
    // They are closed on the face, and the jaw goes with the one that knows the text.
    let press = curve(&heard, "mouthPressLeft");
    for at in &found {
        let frame = (at * 60.0).round() as usize;
        let most = press[frame - 2..frame + 3].iter().fold(0.0f64, |m, w| m.max(*w));
        assert!(most > 0.35, "lips are {most} closed at {at} s");
    }
    let (a, b) = (curve(&said, "jawOpen"), curve(&heard, "jawOpen"));
    assert!(a.len().abs_diff(b.len()) <= 1);
    let r = correlation(&a, &b);
    assert!(r > 0.7, "the jaws of text and sound go together by {r}");

    // The same sound is the same performance; what is known of the text adds its words.
    lips("again.json", &[]);
    assert!(
        fs::read(folder.at("heard.json")).unwrap() == fs::read(folder.at("again.json")).unwrap()
    );
    let report = lips("text.json", &["--text", TEXT]);
    assert_eq!(report["words"], 11, "{report}");
    assert!(report["text_fit"].as_f64().unwrap() > 0.5, "{report}");
    let aligned = read("text.json");
    let sounds = |track: &Value| -> Vec<String> {
        let sounds = track["phonemes"].as_array().unwrap().iter();
        sounds.map(|sound| sound["p"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(sounds(&aligned), sounds(&said));
    assert_eq!(aligned["words"][1]["text"], "Bob");
    let other = "Nothing of this was ever said to anyone at all.";
    let output = folder.succeeds(&["lips", "a.wav", "--track", "o.json", "--text", other]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("--text: it hardly fits"));
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let (ma, mb) = (mean(a), mean(b));
    let sum = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
        a.iter().zip(b).map(|(x, y)| f(x - ma, y - mb)).sum()
    };
    sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
}

#[test]
fn odd_sounds_are_read() {
    let folder = Folder::new();
    speak(&folder);
    let said = samples(&folder.at("a.wav"));
    let loud: Vec<i16> = said.iter().map(|s| s.saturating_mul(20)).collect();
    let stereo: Vec<i16> = said.iter().flat_map(|s| [*s, *s]).collect();
    folder.write("silent.wav", &wav(&[0; 24_000], 24_000, 1));
    folder.write("loud.wav", &wav(&loud, 24_000, 1));
    folder.write("stereo.wav", &wav(&stereo, 24_000, 2));
    folder.write("short.wav", &wav(&said[..5], 24_000, 1));
    let lips = |name: &str| {
        let output = folder.succeeds(&["lips", name, "--track", "t.json", "--json"]);
        (json(&output.stdout), String::from_utf8(output.stderr).unwrap())
    };
    let (report, warning) = lips("silent.wav");
    assert_eq!((&report["phonemes"], &report["accents"]), (&0.into(), &0.into()));
    assert!(warning.contains("silent.wav: no speech was heard"), "{warning}");
    let track = json(&fs::read(folder.at("t.json")).unwrap());
    assert!(curve(&track, "jawOpen").iter().all(|jaw| *jaw < 0.1), "the mouth opens in silence");
    let (report, warning) = lips("loud.wav");
    assert!(report["phonemes"].as_u64().unwrap() > 10, "{report}");
    assert!(warning.contains("loud.wav") && warning.contains("clipped"), "{warning}");
    let (stereo, _) = lips("stereo.wav");
    let (mono, _) = lips("a.wav");
    assert_eq!(stereo["phonemes"], mono["phonemes"]);
    lips("short.wav");
}

#[test]
fn bad_sounds_and_texts() {
    let folder = Folder::new();
    speak(&folder);
    let whole = fs::read(folder.at("a.wav")).unwrap();
    folder.write("cut.wav", &whole[..whole.len() / 2]);
    folder.write("empty.wav", b"");
    folder.write("none.wav", &wav(&[], 24_000, 1));
    folder.write("text.wav", b"once upon a time");
    folder.write("slow.wav", &wav(&[1, 2, 3], 10, 1));
    folder.write("short.wav", &wav(&[0; 2400], 24_000, 1));
    for (name, part) in [
        ("cut.wav", "cut short"),
        ("empty.wav", "is no WAV"),
        ("none.wav", "there is no sound in it"),
        ("text.wav", "is no WAV"),
        ("slow.wav", "10 Hz"),
        ("nowhere.wav", "cannot be read"),
        (".", "cannot be read"),
        ("photo.png", "is no WAV"),
    ] {
        folder.refuses(&["lips", name, "--track", "t.json"], &[name, part]);
    }
    folder.refuses(&["lips", "a.wav"], &["--track"]);
    folder.refuses(&["lips", "a.wav", "--track", "t.txt"], &["--track t.txt"]);
    folder.refuses(&["lips", "a.wav", "--track", "no/t.json"], &["no/t.json"]);
    let with = |text: &'static str| ["lips", "short.wav", "--track", "t.json", "--text", text];
    folder.refuses(&with("..."), &["--text", "nothing"]);
    folder.refuses(&with(TEXT), &["--text", "short.wav", "do not fit"]);
}
