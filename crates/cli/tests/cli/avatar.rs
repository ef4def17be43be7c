//! People on the command line.

use crate::support::{Folder, json};
use reverie_body::vrm::{Model, Origin};
use std::fs;

const SPEC: &str =
    r#"(name: "Ida", age: 40, sex: 0.1, height_m: 1.66, hair: (style: Bob), seed: 4)"#;
/// The smallest portrait; the person is at 2, the picture at 4, its size at 6.
const PORTRAIT: [&str; 7] = ["avatar", "portrait", "mara", "--out", "p.png", "--size", "48x32"];

fn portrait<'a>(person: &'a str, out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut args = PORTRAIT.to_vec();
    args[2] = person;
    args[4] = out;
    args.extend(more);
    args
}

#[test]
fn people_are_exported_and_read_back() {
    let folder = Folder::new();
    folder.write("ida.ron", SPEC.as_bytes());
    let output = folder.succeeds(&["avatar", "export", "ida.ron", "--vrm", "ida.vrm", "--json"]);
    let report = json(&output.stdout);
    assert_eq!((&report["name"], &report["file"]), (&"Ida".into(), &"ida.vrm".into()));
    assert_eq!(report["face_shapes"], 52);
    let file = folder.at("ida.vrm");
    assert_eq!(fs::metadata(&file).unwrap().len(), report["bytes"].as_u64().unwrap());
    let model = Model::load(&file).unwrap();
    assert_eq!((model.extras.origin, model.body.name.as_str()), (Origin::Vrm1, "Ida"));
    // Somebody else's file sits for a portrait, too.
    let output = folder.succeeds(&portrait("ida.vrm", "again.png", &["--json", "--mood", "sad"]));
    let report = json(&output.stdout);
    assert_eq!((&report["name"], &report["mood"]), (&"Ida".into(), &"sad".into()));
    assert_eq!(image::open(folder.at("again.png")).unwrap().into_rgb8().dimensions(), (48, 32));
}

#[test]
fn portraits_show_moods_and_are_the_same_every_time() {
    let folder = Folder::new();
    let taken = |person: &str, out: &str, mood: &str| {
        let face = ["--mood", mood, "--framing", "face"];
        folder.succeeds(&portrait(person, out, &face));
        fs::read(folder.at(out)).unwrap()
    };
    let happy = taken("random:7", "a.png", "happy");
    assert_eq!(happy, taken("random:7", "b.png", "Happy"));
    assert_ne!(happy, taken("random:7", "c.png", "angry"));
    assert_ne!(happy, taken("Tomas", "d.png", "happy"));
    let picture = image::open(folder.at("a.png")).unwrap().into_rgb8();
    // A face, not the backdrop, is in the middle: more red than blue.
    let [r, _, b] = picture.get_pixel(24, 16).0;
    assert!(r > b.saturating_add(15), "{r} {b}");
}

#[test]
fn bad_people_are_refused() {
    let folder = Folder::new();
    let with = |field: &str| SPEC.replace("seed: 4", field);
    for (name, text, parts) in [
        ("age.ron", SPEC.replace("40", "400"), ["age.ron: age: 400", "4 to 90"]),
        ("nan.ron", SPEC.replace("1.66", "NaN"), ["nan.ron: height_m: NaN", "0.9 to 2.2"]),
        ("hair.ron", SPEC.replace("Bob", "Mullet"), ["hair.ron: line 1, column", "Mullet"]),
        ("field.ron", with("wings: 2"), ["field.ron: line 1, column", "wings"]),
        ("slider.ron", with("face: {\"nose_hum\": 0.4}"), ["face.nose_hum", "nose_hump"]),
        ("far.ron", with("face: {\"nose_hump\": 4.0}"), ["face.nose_hump: 4", "-1 to 1"]),
        (
            "none.ron",
            with("ancestry: (african: 0, asian: 0, european: 0)"),
            ["ancestry", "above 0"],
        ),
        ("cut.ron", SPEC[..30].to_owned(), ["cut.ron: line 1, column", ""]),
        ("long.ron", " ".repeat(2 << 20), ["long.ron: is larger than a spec", "bytes"]),
    ] {
        folder.write(name, text.as_bytes());
        folder.refuses(&portrait(name, "p.png", &[]), &parts);
        folder.refuses(&["avatar", "export", name, "--vrm", "p.vrm"], &parts);
    }
    folder.write("bytes.ron", &[0xff, 0xfe, 0]);
    folder.write("text.vrm", b"glTF, or so it says");
    folder.write("empty.glb", b"");
    for (person, parts) in [
        ("bytes.ron", ["bytes.ron: cannot be read", ""]),
        ("nowhere.ron", ["nowhere.ron: cannot be read", ""]),
        (".", [".: cannot be read", ""]),
        ("nobody", ["unknown person `nobody`", "random:SEED, amara"]),
        ("random:x", ["random: `x` is no seed", ""]),
        ("random:-1", ["random: `-1` is no seed", ""]),
        ("text.vrm", ["text.vrm: ", ""]),
        ("empty.glb", ["empty.glb: ", ""]),
        ("nowhere.vrm", ["nowhere.vrm: ", ""]),
    ] {
        folder.refuses(&portrait(person, "p.png", &[]), &parts);
    }
}

#[test]
fn bad_options_for_people_are_refused() {
    let folder = Folder::new();
    for (out, more, parts) in [
        ("p.jpg", &[][..], ["--out p.jpg", "must end in .png"]),
        ("nowhere/p.png", &[], ["--out nowhere/p.png", "no folder nowhere"]),
        ("p.png", &["--mood", "hangry"], ["unknown mood `hangry`", "disgusted"]),
        ("p.png", &["--intensity", "2"], ["--intensity", "0 to 1"]),
        ("p.png", &["--intensity", "NaN"], ["--intensity", "0 to 1"]),
        ("p.png", &["--turn", "1e9"], ["--turn", "360"]),
        ("p.png", &["--framing", "hands"], ["--framing", "hands"]),
    ] {
        folder.refuses(&portrait("mara", out, more), &parts);
    }
    let mut args = portrait("mara", "p.png", &[]);
    args[6] = "0x0";
    folder.refuses(&args, &["--size", "16 to 8192"]);
    folder.refuses(&["avatar", "export", "mara", "--vrm", "m.png"], &["--vrm m.png", ".vrm"]);
    folder.refuses(&["avatar", "export", "mara"], &["--vrm"]);
    folder.refuses(&["avatar"], &["subcommand"]);
    folder.refuses(&["bench", "avatar", "--secs", "0"], &["--secs", "expected seconds"]);
}

#[test]
fn the_bench_of_people_gives_its_figures() {
    let folder = Folder::new();
    let output = folder.succeeds(&["bench", "avatar", "--secs", "0.1", "--json"]);
    let report = json(&output.stdout);
    for name in [
        "avatars_per_core_60hz",
        "us_per_avatar_full",
        "us_per_avatar_far",
        "us_per_avatar_hidden",
        "build_ms_p50_cold",
        "build_ms_p50_first",
        "build_ms_p50_warm",
    ] {
        let figure = report[name].as_f64().unwrap();
        assert!(figure.is_finite() && figure > 0.0, "{name}: {figure}");
    }
    let hidden = report["us_per_avatar_hidden"].as_f64().unwrap();
    assert!(hidden < report["us_per_avatar_full"].as_f64().unwrap());
}
