//! The table of bad inputs: each gets exit code 2, one clear line, and leaves nothing behind.

use crate::support::{EXPLORE, Folder, PATH, photo, png_header, png_of, tiff_depth, with_depth};
use image::{ImageBuffer, ImageFormat, Luma};
use std::{fs, io::Cursor};

#[test]
fn bad_pictures() {
    let folder = Folder::new();
    let whole = png_of(&photo(64, 48).into());
    let mut jpeg = Cursor::new(Vec::new());
    photo(640, 480).write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
    let jpeg = jpeg.into_inner();
    for (name, bytes, part) in [
        ("text.png", b"once upon a time".to_vec(), "is not a picture in a format that is read"),
        ("empty.png", Vec::new(), "is not a picture"),
        ("cut.png", whole[..whole.len() / 2].to_vec(), "damaged or cut short"),
        ("cut.jpg", jpeg[..jpeg.len() / 2].to_vec(), "damaged or cut short"),
        ("zero.png", png_header(0, 0), "0x0: it has no pixels"),
        ("huge.png", png_header(20_000, 20_000), "20000x20000: at most 16384 pixels a side"),
    ] {
        folder.write(name, &bytes);
        let mut args = EXPLORE.to_vec();
        args[1] = name;
        folder.refuses(&args, &[name, part]);
    }
    let mut args = EXPLORE.to_vec();
    args[1] = "nowhere.png";
    folder.refuses(&args, &["nowhere.png: cannot be read"]);
    args[1] = ".";
    folder.refuses(&args, &[".: cannot be read"]);
}

#[test]
fn bad_depth() {
    let folder = Folder::new();
    let flat = |width, height, mm: u16| {
        png_of(&ImageBuffer::<Luma<u16>, _>::from_pixel(width, height, Luma([mm])).into())
    };
    let with = |value: f32| {
        let mut metres = vec![2.0; 64 * 48];
        metres[65] = value;
        tiff_depth(64, 48, &metres)
    };
    for (name, bytes, part) in [
        ("other.png", flat(32, 48, 900), "the depth is 32x48, the picture is 64x48"),
        ("zero.png", flat(64, 48, 0), "no depth is known: every pixel is 0"),
        ("nan.tif", with(f32::NAN), "depth at pixel (1, 1) is NaN"),
        ("negative.tif", with(-1.0), "depth at pixel (1, 1) is -1"),
        ("rgb.png", png_of(&photo(64, 48).into()), "expected 16-bit grey in millimetres"),
        ("text.exr", b"no".to_vec(), "is not a picture in a format that is read (depth:"),
    ] {
        folder.write(name, &bytes);
        folder.refuses(&[&EXPLORE[..], &["--depth", name]].concat(), &[name, part]);
    }
    let nowhere = &[&EXPLORE[..], &["--depth", "nowhere.png"]].concat();
    folder.refuses(nowhere, &["nowhere.png: cannot be read"]);
}

#[test]
fn bad_cameras() {
    let folder = Folder::new();
    for (numbers, part) in [
        ("500,500", "expected the four numbers fx,fy,cx,cy"),
        ("500,500,32,up", "cy: `up` is not a number"),
        ("NaN,500,32,24", "fx: `NaN` is not a number"),
        ("0,500,32,24", "fx: 0 px is no focal length"),
        ("50,-50,32,24", "fy: -50 px is no focal length"),
        ("50,50,320,24", "cx: 320 px lies outside the 64 pixels"),
        ("1e9,50,32,24", "fx: 1000000000 px is no focal length"),
    ] {
        folder.refuses(&with_depth(&["--intrinsics", numbers]), &["intrinsics", part]);
    }
    folder.succeeds(&with_depth(&["--intrinsics", "60,60,32,24"]));
}

#[test]
fn bad_paths() {
    let folder = Folder::new();
    let unknown = PATH.replace("tick_hz: 24", "tick_hz: 24, speed: 3");
    let missing = PATH.replacen(", interact: false", "", 1);
    let hail = "[(at_secs: 0.0, event: Weather(weather: Hail, strength: 1.0))]";
    let late = "[(at_secs: 0.0, event: TimeOfDay(hour: 31.0))]";
    for (text, parts) in [
        (unknown, ["line 2, column", "speed"]),
        (missing, ["line 4, column", "interact"]),
        ("(embodiment: Fish)".to_owned(), ["line 1, column", "Fish"]),
        (String::new(), ["line 1, column", ""]),
        (PATH.replace("[]", hail), ["line 6, column", "Hail"]),
        (PATH.replace("[]", late), ["events[0].event", "hour"]),
        (PATH.replacen("(0.5, 0.0, 0.0)", "(NaN, 0.0, 0.0)", 1), ["steps[0].move_mps", "NaN"]),
        (PATH.replacen("(0.5, 0.0, 0.0)", "(1e30, 0.0, 0.0)", 1), ["steps[0].move_mps", "343"]),
        (PATH.replace("(40.0, 0.0)", "(inf, 0.0)"), ["steps[1].look_dps", "inf"]),
        (PATH.replacen("secs: 0.25", "secs: -1.0", 1), ["steps[0].secs", "-1"]),
        (PATH.replacen("secs: 0.25", "secs: 1e12", 1), ["steps[0].secs", "131072 ticks"]),
        (PATH.replace("tick_hz: 24", "tick_hz: 0"), ["tick_hz", "0 is not within"]),
    ] {
        folder.write("path.ron", text.as_bytes());
        folder.refuses(&with_depth(&[]), &["path.ron: ", parts[0], parts[1]]);
    }
    folder.write("path.ron", &[0xFF, 0xFE, 0x00]);
    folder.refuses(&with_depth(&[]), &["path.ron: cannot be read"]);
    fs::remove_file(folder.at("path.ron")).unwrap();
    folder.refuses(&with_depth(&[]), &["path.ron: cannot be read"]);
}

#[test]
fn what_a_model_cannot_do() {
    let folder = Folder::new();
    let text = "[(at_secs: 0.1, event: Text(prompt: \"a wooden chair\"))]";
    folder.write("path.ron", PATH.replace("[]", text).as_bytes());
    let problem = "events[0].event: prompt: names no weather, hour or season";
    folder.refuses(&with_depth(&[]), &[problem]);
    folder.write("path.ron", PATH.replace("tick_hz: 24", "tick_hz: 30").as_bytes());
    let mut args = EXPLORE.to_vec();
    args[1] = "scene:city";
    folder.refuses(&args, &["tick_hz: 30: model simulator ticks at 24 Hz only"]);
}

#[test]
fn folders_that_cannot_be_written() {
    let folder = Folder::new();
    for (out, problem) in [
        // Below a regular file nobody can write, not even the superuser.
        ("photo.png/out", "output folder photo.png/out: cannot be written"),
        ("photo.png", "output folder photo.png: is a file"),
        #[cfg(target_os = "linux")]
        ("/proc/reverie/out", "output folder /proc/reverie/out: cannot be written"),
    ] {
        let mut args = with_depth(&[]);
        args[5] = out;
        folder.refuses(&args, &[problem]);
    }
}

#[test]
fn bad_names_and_options() {
    let folder = Folder::new();
    for (seed, more, parts) in [
        (
            "photo.png",
            &["--model", "dreamer"][..],
            ["--model dreamer", "valid: simulator, spatial"],
        ),
        ("photo.png", &["--model", "simulator"], ["model simulator", "picture"]),
        ("scene:atlantis", &[], ["unknown scene `atlantis`", "valid: "]),
        ("scene:atlantis", &["--model", "spatial"], ["unknown scene `atlantis`", "valid: "]),
        ("scene:city?weather=hail", &[], ["`hail`", "valid: clear, rain, snow, fog, overcast"]),
        ("scene:city?hour=26", &[], ["hour=26", "0 to 24"]),
        ("scene:city?hours=6", &[], ["hours=6", "valid: seed, weather, strength, hour, season"]),
        ("scene:city", &["--depth", "depth.png"], ["--depth", "picture"]),
        ("scene:city", &["--intrinsics", "60,60,320,24"], ["intrinsics", "cx"]),
        ("prompt:?!", &[], ["prompt: the sentence has no words", ""]),
        ("prompt:a valley", &["--depth", "depth.png"], ["--depth", "picture"]),
        ("scene:city", &["--candidate", "2"], ["--candidate", "`prompt:` seed"]),
        ("photo.png", &["--encoder", "embedded"], ["--encoder", "`prompt:` seed"]),
        ("prompt:a valley", &["--encoder", "bert"], ["--encoder", "bert"]),
        ("prompt:", &[], ["seed `prompt:`", "the sentence is empty"]),
        ("photo.png", &["--loud"], ["--loud", ""]),
    ] {
        let mut args = EXPLORE.to_vec();
        args[1] = seed;
        args.extend(more);
        folder.refuses(&args, &parts);
    }
    for (size, part) in
        [("96", "expected WIDTHxHEIGHT"), ("0x0", "not within 16 to 8192"), ("9999x64", "8192")]
    {
        let mut args = with_depth(&[]);
        args[7] = size;
        folder.refuses(&args, &["--size", part]);
    }
    folder.refuses(&["explore", "photo.png", "--out", "out"], &["--path"]);
    folder.refuses(&["imagine", "", "--out", "out"], &["prompt: the sentence is empty"]);
    let long = "mountain ".repeat(1200);
    folder.refuses(&["imagine", &long, "--out", "out"], &["10799 bytes, at most 4096"]);
    folder.refuses(&["imagine", "a", "--out", "photo.png"], &["photo.png: is a file"]);
    folder.refuses(&["imagine", "a", "--out", "out", "--candidates", "0"], &["--candidates"]);
    folder.refuses(&["fly"], &["fly"]);
    folder.refuses(&[], &["a subcommand is missing"]);
    folder.refuses(&["bench", "world", "--secs", "0"], &["--secs", "expected seconds"]);
    folder.refuses(&["bench", "moon"], &["moon"]);
}

#[test]
fn help_shows_what_there_is() {
    let folder = Folder::new();
    let text = String::from_utf8(folder.succeeds(&["--help"]).stdout).unwrap();
    for part in ["explore", "bench", "speak", "lips", "avatar", "eval", "dataset", "models"] {
        assert!(text.contains(part), "{text}");
    }
    for later in ["\n  film", "\n  chat"] {
        assert!(!text.contains(later), "{text}");
    }
    let version = String::from_utf8(folder.succeeds(&["--version"]).stdout).unwrap();
    assert!(version.starts_with("reverie "), "{version}");
}
