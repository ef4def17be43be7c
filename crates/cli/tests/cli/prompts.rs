//! Worlds from sentences: `reverie imagine`, and `prompt:` seeds of `reverie explore`.

use crate::support::{EXPLORE, Folder, json};
use serde_json::Value;
use std::fs;

/// The embedded encoder, so that tests do not depend on what was fetched.
const EMBEDDED: [&str; 2] = ["--encoder", "embedded"];

fn imagine(folder: &Folder, prompt: &str, out: &str) -> Value {
    let args = ["imagine", prompt, "--out", out, "--size", "96x54", "--candidates", "2", "--json"];
    json(&folder.succeeds(&[&args[..], &EMBEDDED].concat()).stdout)
}

#[test]
fn a_sentence_has_first_views_to_choose_from() {
    let folder = Folder::new();
    let run = imagine(&folder, "a snowy valley at dusk", "out");
    assert_eq!(run["encoder"], "embedded");
    let understood = &run["understood"];
    assert_eq!(understood["place"]["domain"], "mountain");
    assert_eq!(understood["place"]["standing"], "named");
    assert_eq!(understood["weather"]["value"], "Snow");
    let candidates = run["candidates"].as_array().unwrap();
    assert_eq!(candidates.len(), 2);
    assert!(candidates[0]["interest"].as_f64() >= candidates[1]["interest"].as_f64());
    let mut files: Vec<_> =
        fs::read_dir(folder.at("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["00000.png", "00001.png", "run.json", "sheet.png"]);
    let picture = |file: &str| image::open(folder.at("out").join(file)).unwrap().to_rgb8();
    assert_eq!(picture("00000.png").dimensions(), (96, 54));
    assert!(picture("sheet.png").width() > 2 * 96);
    assert_ne!(picture("00000.png"), picture("00001.png"));
    // The same again replaces the folder; another sentence is another world.
    assert_eq!(imagine(&folder, "prompt:a snowy valley at dusk", "out"), run);
    let other = imagine(&folder, "a street in the rain at night", "other");
    assert_eq!(other["understood"]["place"]["domain"], "city");
    assert_ne!(other["candidates"][0]["scene"], run["candidates"][0]["scene"]);
}

#[test]
fn what_there_is_none_of_is_told() {
    let folder = Folder::new();
    let args =
        ["imagine", "an underwater cave", "--out", "out", "--size", "96x54", "--candidates", "1"];
    let output = folder.succeeds(&[&args[..], &EMBEDDED].concat());
    let (notes, text) =
        (String::from_utf8(output.stderr).unwrap(), String::from_utf8(output.stdout).unwrap());
    assert!(
        notes.contains("note: there is no such place") && notes.contains("warehouses"),
        "{notes}"
    );
    assert!(text.contains("the nearest there is") && text.contains("encoder embedded"), "{text}");
}

#[test]
fn a_sentence_becomes_a_world() {
    let folder = Folder::new();
    let mut args = EXPLORE.to_vec();
    args[1] = "prompt:a foggy forest in the morning";
    args.extend(EMBEDDED);
    args.extend(["--candidate", "1", "--json"]);
    let run = json(&folder.succeeds(&args).stdout);
    assert_eq!((&run["model"], &run["painting"]), (&"spatial".into(), &true.into()));
    assert_eq!(run["prompt"]["candidate"], 1);
    assert_eq!(run["prompt"]["encoder"], "embedded");
    let scene = run["prompt"]["scene"].as_str().unwrap();
    assert!(scene.starts_with("scene:mountain?") && scene.contains("weather=fog"), "{scene}");
    args.extend(["--model", "simulator"]);
    let truth = json(&folder.succeeds(&args).stdout);
    assert_eq!(truth["model"], "simulator");
    assert_eq!(truth["prompt"]["scene"].as_str(), Some(scene));
    assert_ne!(truth["frame_hash"], run["frame_hash"]);
}
