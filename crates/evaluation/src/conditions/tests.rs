//! The shipped network against its reference and damaged weights; what hours are taken for.

use super::*;
use candle_core::safetensors::{BufferedSafetensors, Load as _};
use reverie_world_model::Season;
use std::path::{Path, PathBuf};

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/models")
}

#[test]
fn candle_agrees_with_pytorch() {
    let store = ModelStore::open_at(&models().join("..")).expect("manifest");
    let network = ConditionsNetwork::load(&store).expect("shipped weights");
    let bytes = std::fs::read(models().join("conditions_parity.safetensors")).expect("fixture");
    let fixture = BufferedSafetensors::new(bytes).expect("format");
    let values = |name: &str| {
        let tensor = fixture.get(name).and_then(|t| t.load(&Device::Cpu)).expect("tensor");
        tensor.flatten_all().and_then(|t| t.to_vec1::<f32>()).expect("values")
    };
    let answer = network.network.answer(&values("rgb")).expect("answer");
    for (name, ours) in [
        ("features", &answer.features),
        ("weather", &answer.weather),
        ("phase", &answer.phase),
        ("domain", &answer.domain),
    ] {
        let reference = values(name);
        assert_eq!(reference.len(), ours.len(), "{name}");
        let span = reference.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
        assert!(span > 0.1, "{name}: the reference is empty");
        let worst = reference.iter().zip(ours).fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()));
        println!("{name}: worst difference {worst:.2e}, largest value {span:.2}");
        assert!(worst <= 1e-3, "{name}: {worst}");
    }
}

#[test]
fn weights_that_do_not_fit_are_named() {
    let good = std::fs::read(models().join("conditions.safetensors")).expect("weights");
    let header = u64::from_le_bytes(good[..8].try_into().expect("8 bytes")) as usize;
    let text = std::str::from_utf8(&good[8..8 + header]).expect("header");
    // Each replacement keeps the header's length, so that only one thing is wrong.
    let table = [
        ("\"stem.weight\"", "\"stem.weighs\"", "tensor `stem.weight` is missing"),
        ("[64,96]", "[96,64]", "tensor `pooled.weight` has shape [96, 64], expected [64, 96]"),
        ("input_width\\\": 128", "input_width\\\": 129", "multiples of 8"),
        ("eighth_blocks\\\": 2", "eighth_blocks\\\": 9", "tensor `eighth.2."),
        ("features\\\"", "featurez\\\"", "featurez"),
        ("clear,rain", "rain,clear", "metadata `weathers` is not"),
        ("\"config\"", "\"konfig\"", "metadata `config` is missing"),
    ];
    for (from, to, words) in table {
        assert!(text.contains(from), "{from} is not in the header");
        let mut bad = good.clone();
        bad.splice(8..8 + header, text.replacen(from, to, 1).into_bytes());
        let error = Weights::from_bytes(Path::new("bad.safetensors"), bad)
            .map_err(ConditionsError::from)
            .and_then(|weights| ConditionsNetwork::from_weights(&weights).map(|_| ()))
            .expect_err(words);
        let message = error.to_string();
        assert!(message.contains("bad.safetensors") && message.contains(words), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
    let cut = Weights::from_bytes(Path::new("cut.safetensors"), good[..good.len() / 2].to_vec());
    assert!(cut.expect_err("cut").to_string().contains("cut.safetensors"));
}

#[test]
fn hours_are_judged_by_what_can_be_seen_of_them() {
    assert_eq!(DayPhase::of(12.0, Season::Summer), DayPhase::Day);
    assert_eq!(DayPhase::of(6.0, Season::Summer), DayPhase::LowSun);
    assert_eq!(DayPhase::of(18.0, Season::Winter), DayPhase::Night);
    assert_eq!(DayPhase::of(0.0, Season::Summer), DayPhase::Night);
    for season in Season::ALL {
        // Noon at 44 degrees north: what is left to the zenith, and the declination.
        let noon = sun_height_deg(12.0, season);
        assert!((22.0..67.0).contains(&noon), "{noon}");
        for quarter in 0..48 {
            let (hour, evening) = (0.25 * quarter as f32, 24.0 - 0.25 * quarter as f32);
            let phase = DayPhase::of(hour, season);
            assert_eq!(phase, DayPhase::of(evening, season), "morning and evening look alike");
            assert!(phase.fits(hour, season) && phase.fits(evening, season));
            let fitting = DayPhase::ALL.iter().filter(|phase| phase.fits(hour, season)).count();
            assert!((1..=2).contains(&fitting), "{hour}: {fitting}");
        }
    }
}

#[test]
fn pictures_of_any_size_keep_their_mean() {
    let bytes: Vec<u8> = (0..37 * 23 * 3).map(|i| (i * 89 % 251) as u8).collect();
    let picture = RgbImage::new(37, 23, bytes.clone()).expect("picture");
    let mean = bytes.iter().map(|v| f32::from(*v)).sum::<f32>() / (255.0 * bytes.len() as f32);
    for (width, height) in [(37, 23), (8, 8), (128, 72)] {
        let small = resample::area_mean(&picture, width, height);
        assert_eq!(small.len(), width * height * 3);
        let found = small.iter().sum::<f32>() / small.len() as f32;
        assert!((found - mean).abs() < 1e-3, "{width}x{height}: {found}, {mean}");
    }
    let same = resample::area_mean(&picture, 37, 23);
    assert!(same.iter().zip(&bytes).all(|(a, b)| (a * 255.0 - f32::from(*b)).abs() < 1e-3));
}
