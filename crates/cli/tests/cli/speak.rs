//! `reverie speak`, `reverie avatar AVATAR --track`, `reverie bench voice`.

use crate::support::{Folder, json};
use std::fs;

#[test]
fn a_text_becomes_sound_and_a_performance_that_somebody_films() {
    let folder = Folder::new();
    let text = "Hello, traveller. {wave} [happy] See that peak, three miles away?";
    let speak = |out: &str, track: &str| {
        let args = ["speak", text, "--out", out, "--track", track, "--voice", "tomas", "--json"];
        folder.succeeds(&args)
    };
    let report = json(&speak("a.wav", "a.json").stdout);
    assert!(report["words"].as_u64().unwrap() >= 8, "{report}");
    assert!(report["phonemes"].as_u64().unwrap() > 25);
    assert!(report["notes"].as_array().unwrap().is_empty());
    let secs = report["duration_secs"].as_f64().unwrap();
    assert!((2.0..8.0).contains(&secs), "{secs} s");
    let peak = report["peak"].as_f64().unwrap();
    assert!((0.05..1.0).contains(&peak), "its loudest sample is {peak}");

    let mut reader = hound::WavReader::open(folder.at("a.wav")).unwrap();
    assert_eq!((reader.spec().sample_rate, reader.spec().channels), (24_000, 1));
    let samples: Vec<i16> = reader.samples::<i16>().map(Result::unwrap).collect();
    assert!((samples.len() as f64 / 24_000.0 - secs).abs() < 0.01);
    assert!(samples.iter().any(|sample| sample.unsigned_abs() > 1000));

    let track = json(&fs::read(folder.at("a.json")).unwrap());
    assert_eq!(track["fps"], 60.0);
    assert_eq!(track["curves"].as_array().unwrap().len(), 52);
    let frames = track["frames"].as_array().unwrap();
    assert!((frames.len() as f64 / 60.0 - secs - 0.8).abs() < 0.05);
    let jaw = track["curves"].as_array().unwrap().iter().position(|c| c == "jawOpen").unwrap();
    let opens = |frame: &serde_json::Value| frame[jaw].as_f64().unwrap();
    assert!(frames.iter().map(opens).fold(0.0, f64::max) > 0.25, "the mouth stays shut");
    assert_eq!(track["phonemes"][0]["p"], "h");
    let is_wave = |gesture: &serde_json::Value| gesture["gesture"]["Wave"].is_object();
    assert!(track["gestures"].as_array().unwrap().iter().any(is_wave));

    // The same words and seed are the same sound and performance.
    speak("b.wav", "b.json");
    for (a, b) in [("a.wav", "b.wav"), ("a.json", "b.json")] {
        let same = fs::read(folder.at(a)).unwrap() == fs::read(folder.at(b)).unwrap();
        assert!(same, "{b} is not {a}");
    }

    let film = ["avatar", "tomas", "--track", "a.json", "--audio", "a.wav", "--out", "film"];
    let args = [&film[..], &["--size", "64x48", "--fps", "3", "--json"]].concat();
    let report = json(&folder.succeeds(&args).stdout);
    let frames = report["frames"].as_u64().unwrap();
    assert!((frames as f64 / 3.0 - secs - 0.8).abs() < 0.5, "{report}");
    for name in ["00000.png", "audio.wav", "run.json"] {
        assert!(folder.at("film").join(name).is_file(), "{name}");
    }
    // A film takes the place of an earlier one, and of nothing else.
    folder.succeeds(&args);
    folder.write("film/mine.txt", b"mine");
    folder.refuses(&args, &["film", "mine.txt"]);
}

#[test]
fn bad_texts_voices_tracks_and_sounds() {
    let folder = Folder::new();
    folder.write("bad.ron", b"(pitch_hz: 9000.0)");
    folder.write("bad.json", br#"{"fps":60,"curves":["jawOpen"],"frames":[[0.1,0.2]]}"#);
    folder.write("none.json", br#"{"fps":60}"#);
    folder.write("good.json", br#"{"fps":60,"curves":["jawOpen"],"frames":[[0.1]]}"#);
    folder.write("bad.wav", b"RIFF");
    folder.refuses(&["speak", "", "--out", "a.wav"], &["TEXT", "nothing"]);
    folder.refuses(&["speak", "[happy] ...", "--out", "a.wav"], &["TEXT", "nothing"]);
    folder.refuses(&["speak", "Hello.", "--out", "a.mp3"], &["--out a.mp3", ".wav"]);
    folder.refuses(&["speak", "Hello."], &["--out"]);
    folder
        .refuses(&["speak", "Hello.", "--out", "a.wav", "--voice", "nobody"], &["nobody", "mara"]);
    folder.refuses(
        &["speak", "Hello.", "--out", "a.wav", "--voice", "bad.ron"],
        &["bad.ron", "pitch_hz"],
    );
    folder.refuses(&["speak", "Hello.", "--out", "a.wav", "--track", "t.txt"], &["--track t.txt"]);
    folder.refuses(&["speak", "Hello.", "--out", "a.wav", "--liveliness", "7"], &["--liveliness"]);
    let film = |track: &'static str| ["avatar", "mara", "--out", "o", "--track", track];
    folder.refuses(&film("bad.json"), &["bad.json", "frames[0]"]);
    folder.refuses(&film("none.json"), &["none.json", "frames"]);
    folder.refuses(&film("nowhere.json"), &["nowhere.json"]);
    let args = [&film("good.json")[..], &["--audio", "bad.wav"]].concat();
    folder.refuses(&args, &["bad.wav"]);
    folder.refuses(&["avatar", "mara", "--out", "o"], &["--track"]);
    folder.refuses(&["avatar"], &["subcommand"]);
}

#[test]
fn what_cannot_be_read_is_said() {
    let folder = Folder::new();
    let text = "He said Привет and then \u{7} left.";
    let output = folder.succeeds(&["speak", text, "--out", "a.wav", "--json"]);
    let report = json(&output.stdout);
    assert!(!report["notes"].as_array().unwrap().is_empty(), "{report}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("warning: TEXT"));
}

#[test]
fn the_bench_of_voices_gives_its_figures() {
    let folder = Folder::new();
    let report = json(&folder.succeeds(&["bench", "voice", "--secs", "0.1", "--json"]).stdout);
    for name in [
        "tts_first_audio_ms_p50",
        "tts_x_realtime",
        "tts_chunk_ms_max",
        "tts_load_ms",
        "lips_streams_per_core",
        "lips_packet_us_p50",
    ] {
        let figure = report[name].as_f64().unwrap();
        assert!(figure.is_finite() && figure > 0.0, "{name}: {figure}");
    }
}
