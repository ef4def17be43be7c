//! `reverie eval world`.

use crate::support::{Folder, json};
use std::fs;

#[test]
fn a_quick_look_at_one_world() {
    let folder = Folder::new();
    let args = ["eval", "world", "--domain", "city", "--quick", "--json", "--report", "out/new"];
    let table = json(&folder.succeeds(&args).stdout);
    assert_eq!(table["program"], "reverie eval world");
    assert_eq!(table["size"], serde_json::json!([128, 72]));
    let walk = &table["walks"][0];
    assert!(walk["seed"].as_u64().unwrap() >= 1_000_000 && walk["domain"] == "city");
    assert!(walk["ticks"].as_u64().unwrap() > 240 && walk["revisits"].as_u64().unwrap() > 0);
    let models = table["models"].as_array().unwrap();
    let names: Vec<_> = models.iter().map(|model| model["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["reprojection", "hold", "simulator"]);
    let of = |model: usize, key: &str| models[model]["domains"]["city"][key].as_f64().unwrap();
    for metric in table["metrics"].as_array().unwrap() {
        let key = metric["key"].as_str().unwrap();
        for (model, name) in names.iter().enumerate() {
            assert!(of(model, key).is_finite(), "{key} of {name}");
        }
    }
    // Moving the picture is better than holding it, and the truth is better than either.
    for key in ["psnr_db", "psnr_seen_db", "ssim", "ms_ssim", "depth_delta_125"] {
        assert!(of(0, key) > of(1, key) && of(2, key) > of(0, key), "{key}");
    }
    for key in ["depth_abs_rel", "follow_translation_percent", "follow_rotation_percent"] {
        assert!(of(0, key) < of(1, key) && of(2, key) < of(0, key), "{key}");
    }
    let drift = &models[0]["mean"]["drift"];
    assert!(drift["1"]["psnr_db"].as_f64() > drift["24"]["psnr_db"].as_f64());
    assert!(drift["240"]["ssim"].is_f64() && drift.get("2400").is_none());

    let page = fs::read_to_string(folder.at("out/new/report.html")).unwrap();
    assert_eq!(fs::read_dir(folder.at("out/new")).unwrap().count(), 1);
    // Nothing is loaded from anywhere.
    for outside in ["http:", "https:", "<script", "<link", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.matches("<img").count() >= 3 * 7 && page.matches("<polyline").count() == 4);
    assert!(page.matches("src=\"data:image/png;base64,").count() == page.matches("<img").count());
}

#[test]
fn bad_domains_models_and_folders() {
    let folder = Folder::new();
    let eval = |more: &[&'static str]| [&["eval", "world", "--quick"], more].concat();
    for (more, parts) in [
        (&["--domain", "moon"][..], ["--domain moon", "valid: mountain, city"]),
        (&["--domain", "city,room"], ["--domain room", "valid: mountain, city"]),
        (&["--model", "dreamer"], ["--model dreamer", "valid: spatial"]),
        (&["--report", "photo.png"], ["report folder photo.png", "is a file"]),
        (&["--report", "photo.png/in"], ["report folder photo.png/in", "cannot be written"]),
        (&["--seed", "3"], ["--seed", ""]),
    ] {
        folder.refuses(&eval(more), &parts);
    }
    folder.refuses(&["eval", "moon"], &["moon"]);
}
