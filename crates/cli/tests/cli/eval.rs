//! `reverie eval world`.

use crate::support::{Folder, json};
use std::fs;

/// What must be found about the painter, as means and in every domain.
const PAINTER: [&str; 12] = [
    "completion_psnr_mean8_gain_db",
    "completion_psnr_gain_db",
    "completion_psnr_best4_gain_db",
    "frechet_ratio",
    "completion_depth_absrel_ratio",
    "sharpness_ratio",
    "seam_ratio",
    "condition_following_ratio",
    "revisit_psnr_db",
    "drift_sharpness_ratio",
    "drift_colour_ratio",
    "action_following_error",
];

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
    assert_eq!(names, ["spatial", "reprojection", "hold", "simulator"]);
    let of = |model: usize, key: &str| models[model]["domains"]["city"][key].as_f64().unwrap();
    for metric in table["metrics"].as_array().unwrap() {
        let key = metric["key"].as_str().unwrap();
        for (model, name) in names.iter().enumerate() {
            assert!(of(model, key).is_finite(), "{key} of {name}");
        }
    }
    // Moving the picture is better than holding it, and the truth is better than either.
    for key in ["psnr_db", "psnr_seen_db", "ssim", "ms_ssim", "depth_delta_125"] {
        assert!(of(1, key) > of(2, key) && of(3, key) > of(1, key), "{key}");
    }
    for key in ["depth_abs_rel", "follow_translation_percent", "follow_rotation_percent"] {
        assert!(of(1, key) < of(2, key) && of(3, key) < of(1, key), "{key}");
    }
    let drift = &models[0]["mean"]["drift"];
    assert!(drift["1"]["psnr_db"].as_f64() > drift["24"]["psnr_db"].as_f64());
    assert!(drift["240"]["ssim"].is_f64() && drift.get("2400").is_none());

    // The painter's figures: one domain is the mean, too.
    for key in PAINTER {
        let found = table[key].as_f64().unwrap_or_else(|| panic!("{key} is missing"));
        assert!(found.is_finite() && table["domains"]["city"][key] == table[key], "{key}");
    }
    let painter = |key: &str| table[key].as_f64().unwrap();
    assert_eq!(table["painter"]["model"], "spatial");
    assert_eq!(table["painter"]["samples"], 8);
    // It paints: more is known, and the shape of things beats push-pull's.
    assert!(of(0, "coverage") > of(1, "coverage") + 0.3);
    assert!(painter("completion_depth_absrel_ratio") < 1.0);
    assert!(painter("completion_psnr_mean8_gain_db") >= painter("completion_psnr_gain_db"));
    assert!(painter("drift_colour_ratio") <= 1.0 && painter("action_following_error") < 0.5);

    let page = fs::read_to_string(folder.at("out/new/report.html")).unwrap();
    let mut files: Vec<_> = fs::read_dir(folder.at("out/new")).unwrap().collect::<Vec<_>>();
    files.sort_by_key(|file| file.as_ref().unwrap().file_name());
    let files: Vec<_> = files.into_iter().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["report.html", "straight_city.png", "windows_city.png"]);
    let sheet = image::open(folder.at("out/new/windows_city.png")).unwrap();
    assert!(sheet.width() > 8 * 128 && sheet.height() >= 3 * 128);
    // Nothing is loaded from anywhere.
    for outside in ["http:", "https:", "<script", "<link", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.matches("<img").count() >= 4 * 7 && page.matches("<polyline").count() == 6);
    assert!(page.matches("src=\"data:image/png;base64,").count() == page.matches("<img").count());
}

#[test]
fn a_part_is_judged_alone() {
    let folder = Folder::new();
    let args = ["eval", "world", "--quick", "--domain", "mountain", "--part", "straight", "--json"];
    let table = json(&folder.succeeds(&args).stdout);
    for key in PAINTER {
        let asked = key.starts_with("drift") || key.starts_with("revisit");
        assert_eq!(table[key].is_f64(), asked, "{key}");
    }
    assert_eq!(table["walks"], serde_json::json!([]));
    assert_eq!(table["commands"], serde_json::json!([]));
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
        (&["--part", "windows,moon"], ["--part", "walks, windows, straight"]),
        (&["--part", "windows", "--policies"], ["--part", "--policies"]),
    ] {
        folder.refuses(&eval(more), &parts);
    }
    folder.refuses(&["eval", "moon"], &["moon"]);
}

#[test]
fn first_views_of_sentences_are_judged() {
    let folder = Folder::new();
    let args = ["eval", "world", "--part", "prompts", "--domain", "city", "--quick", "--json"];
    let table = json(&folder.succeeds(&args).stdout);
    let share = |key: &str| table[key].as_f64().unwrap_or_else(|| panic!("{key} is missing"));
    assert!(table["prompts"].as_u64().unwrap() >= 6, "{table}");
    assert!(share("prompt_domain_agreement") >= 0.75, "{table}");
    let (weather, hour) = (share("prompt_weather_agreement"), share("prompt_hour_agreement"));
    assert!((share("prompt_condition_agreement") - (weather + hour) / 2.0).abs() < 1e-9);
    assert!(table["models"].as_array().unwrap().is_empty() && table.get("painter").is_some());
}
