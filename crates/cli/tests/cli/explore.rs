//! `reverie explore`: what it writes.

use crate::support::{EXPLORE, Folder, PATH, json, photo, png_of, with_depth};
use image::{DynamicImage, ImageBuffer, Luma, RgbImage, Rgba, RgbaImage};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::Path,
    process::{Command, Output},
    time::Duration,
};

/// Every frame of a run, after checking that the folder holds nothing else but the record.
fn frames(out: &Path, count: usize) -> Vec<RgbImage> {
    let mut names: Vec<String> =
        fs::read_dir(out).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let mut expected: Vec<String> = (0..count).map(|i| format!("{i:05}.png")).collect();
    expected.push("run.json".to_owned());
    assert_eq!(names, expected);
    let frame = |name: &String| image::open(out.join(name)).unwrap().into_rgb8();
    names[..count].iter().map(frame).collect()
}

#[test]
fn frames_and_a_record_are_written() {
    let folder = Folder::new();
    let printed = json(&folder.succeeds(&with_depth(&["--json"])).stdout);
    let out = folder.at("out");
    let run: Value = serde_json::from_slice(&fs::read(out.join("run.json")).unwrap()).unwrap();
    assert_eq!(printed, run);
    assert_eq!(run["program"], "reverie explore");
    assert_eq!(run["model"], "spatial");
    assert_eq!(run["size"], serde_json::json!([96, 64]));
    assert_eq!(run["frames"], 13);
    for field in ["model_fps", "ms_p50", "ms_p99", "begin_ms"] {
        assert!(run[field].as_f64().is_some_and(|v| v > 0.0), "{field}: {}", run[field]);
    }
    assert!(run["ms_p50"].as_f64() <= run["ms_p99"].as_f64());
    let coverage = run["coverage_mean"].as_f64().unwrap();
    assert!((0.5..=1.0).contains(&coverage), "{coverage}");
    assert_eq!(run["seed_hash"].as_str().unwrap().len(), 64);

    let frames = frames(&out, 13);
    assert!(frames.iter().all(|f| f.dimensions() == (96, 64)));
    assert_ne!(frames[0], frames[12], "the walk goes nowhere");
    let hash = frames.iter().fold(Sha256::new(), |hash, f| hash.chain_update(f.as_raw()));
    let hash: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(run["frame_hash"], hash);

    // A quarter second at 0.5 m/s to the right, then the same to the right of a turning camera.
    let poses = run["poses"].as_array().unwrap();
    assert_eq!(poses.len(), 13);
    let x = |pose: &Value| pose["position"][0].as_f64().unwrap();
    assert!((x(&poses[6]) - 0.125).abs() < 1e-4, "{}", poses[6]);
    assert!((0.24..0.25).contains(&x(&poses[12])), "{}", poses[12]);
    // Ten degrees to the left: a positive turn about +Y.
    let y = poses[12]["rotation"][1].as_f64().unwrap();
    assert!((y - 5.0_f64.to_radians().sin()).abs() < 1e-4, "{}", poses[12]);
}

#[test]
fn the_same_walk_gives_the_same_frames() {
    let folder = Folder::new();
    let walk = |out: &str, seed: &str| {
        let mut args = with_depth(&["--json"]);
        (args[1], args[5]) = (seed, out);
        let run = json(&folder.succeeds(&args).stdout);
        (run["seed_hash"].clone(), run["frame_hash"].clone())
    };
    let first = walk("first", "photo.png");
    assert_eq!(first, walk("second", "photo.png"));
    folder.write("other.png", &png_of(&DynamicImage::from(photo(64, 48)).fliph()));
    let other = walk("third", "other.png");
    assert!(first.0 != other.0 && first.1 != other.1);
}

#[test]
fn plain_output_names_the_figures_and_keeps_stderr_empty() {
    let output = Folder::new().succeeds(&with_depth(&[]));
    let text = String::from_utf8(output.stdout).unwrap();
    for part in ["13 frames of 96x64 in out", "frames/s", "ms median", "coverage"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn an_earlier_run_is_replaced_and_nothing_else() {
    let folder = Folder::new();
    let into = |out| {
        let mut args = with_depth(&[]);
        args[5] = out;
        args
    };
    folder.succeeds(&into("out"));
    folder.write("path.ron", PATH.replacen("secs: 0.25", "secs: 0.125", 1).as_bytes());
    folder.succeeds(&into("out"));
    frames(&folder.at("out"), 10);
    // An empty folder will do as well, and so will folders that are not there yet.
    fs::create_dir(folder.at("empty")).unwrap();
    for out in ["empty", "a/b/c"] {
        folder.succeeds(&into(out));
        frames(&folder.at(out), 10);
    }

    folder.write("out/notes.txt", b"mine");
    folder.refuses(&into("out"), &["output folder out: is neither empty nor", "notes.txt"]);
    fs::create_dir(folder.at("pictures")).unwrap();
    folder.write("pictures/00001.png", b"somebody's");
    folder.refuses(&into("pictures"), &["output folder pictures: is neither", "00001.png"]);
    folder.write("pictures/run.json", br#"{"program": "another"}"#);
    folder.refuses(&into("pictures"), &["output folder pictures: is neither", "00001.png"]);
}

#[test]
#[cfg(unix)]
fn an_interrupted_walk_leaves_nothing() {
    let folder = Folder::new();
    folder.write("path.ron", PATH.replacen("secs: 0.25", "secs: 3600.0", 1).as_bytes());
    for signal in ["-INT", "-TERM"] {
        let mut child = folder.command(&with_depth(&[])).spawn().unwrap();
        // The first frames are there: it is walking.
        let mut polls = 0;
        while !folder.partial().iter().any(|partial| partial.join("00000.png").exists()) {
            polls += 1;
            assert!(polls < 6000 && child.try_wait().unwrap().is_none(), "no frames");
            std::thread::sleep(Duration::from_millis(10));
        }
        let id = child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        let Output { status, stderr, .. } = child.wait_with_output().unwrap();
        assert_eq!(status.code(), Some(130));
        assert_eq!(stderr, b"error: interrupted, nothing was written\n");
        assert!(!folder.at("out").exists());
        assert_eq!(folder.partial(), [] as [&Path; 0]);
    }
}

#[test]
fn odd_pictures_are_walked_into() {
    let folder = Folder::new();
    let picture = DynamicImage::from(photo(64, 48));
    folder.write("grey.png", &png_of(&picture.grayscale()));
    folder.write("deep.png", &png_of(&picture.to_rgb16().into()));
    let alpha = RgbaImage::from_fn(64, 48, |x, y| Rgba([9, 90, 200, (x * y % 256) as u8]));
    folder.write("alpha.png", &png_of(&alpha.into()));
    let mut gif = Vec::new();
    {
        let mut encoder = image::codecs::gif::GifEncoder::new(&mut gif);
        for red in [200, 10, 10] {
            let frame = RgbaImage::from_pixel(64, 48, Rgba([red, 30, 30, 255]));
            encoder.encode_frame(image::Frame::new(frame)).unwrap();
        }
    }
    folder.write("animated.gif", &gif);
    for seed in ["grey.png", "deep.png", "alpha.png", "animated.gif"] {
        let mut args = with_depth(&["--json"]);
        args[1] = seed;
        assert_eq!(json(&folder.succeeds(&args).stdout)["frames"], 13, "{seed}");
    }
    // Two fixtures of another size, red in the middle of their upper left quarter.
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../media/tests/fixtures");
    for (file, width, height) in [("cmyk.jpg", 32, 32), ("animated.webp", 40, 30)] {
        let depth: ImageBuffer<Luma<u16>, _> = ImageBuffer::from_pixel(width, height, Luma([3000]));
        folder.write("depth.png", &png_of(&depth.into()));
        let seed = fixtures.join(file);
        let mut args = with_depth(&["--json"]);
        args[1] = seed.to_str().unwrap();
        folder.succeeds(&args);
        let first = image::open(folder.at("out/00000.png")).unwrap().into_rgb8();
        let [red, green, blue] = first.get_pixel(24, 16).0;
        assert!(red > 150 && green < 60 && blue < 60, "{file}: {red} {green} {blue}");
    }
}

#[test]
fn a_scene_is_walked_in_by_both_models() {
    let folder = Folder::new();
    let rain = "[(at_secs: 0.2, event: Weather(weather: Rain, strength: 1.0))]";
    folder.write("rain.ron", PATH.replace("[]", rain).as_bytes());
    let walk = |path: &str, more: &[&str]| {
        let mut args = EXPLORE.to_vec();
        (args[1], args[3]) = ("scene:city?seed=3&hour=10", path);
        args.push("--json");
        args.extend(more);
        let run = json(&folder.succeeds(&args).stdout);
        (run, frames(&folder.at("out"), 13))
    };
    let (run, dry) = walk("path.ron", &[]);
    assert_eq!((&run["model"], &run["coverage_mean"]), (&"simulator".into(), &1.0.into()));
    // The rain changes what is seen from its tick on and not before.
    let (_, wet) = walk("rain.ron", &[]);
    assert_eq!(dry[..5], wet[..5]);
    assert_ne!(dry[12], wet[12]);

    // The memory starts from the very same picture and shows nearly the same a step aside.
    let (run, remembered) = walk("path.ron", &["--model", "spatial"]);
    assert_eq!(run["model"], "spatial");
    assert_eq!(run["poses"][0], walk("path.ron", &[]).0["poses"][0]);
    assert_eq!(remembered[0], dry[0]);
    assert_ne!(remembered[12], remembered[0]);
}

#[test]
fn a_path_may_say_in_words_what_changes() {
    let folder = Folder::new();
    let changes = |events: &str| {
        folder.write("path.ron", PATH.replace("[]", events).as_bytes());
        let mut args = EXPLORE.to_vec();
        args[1] = "scene:city?seed=3&hour=10";
        args.extend(["--model", "spatial", "--json"]);
        json(&folder.succeeds(&args).stdout)["frame_hash"].clone()
    };
    let still = changes("[]");
    let told = changes(
        "[(at_secs: 0.1, event: Weather(weather: Fog, strength: 1.0)),
          (at_secs: 0.1, event: TimeOfDay(hour: 19.0))]",
    );
    let said = changes("[(at_secs: 0.1, event: Text(prompt: \"fog at 7 pm\"))]");
    assert_eq!(told, said);
    assert_ne!(told, still);
}
