//! Metrics against numbers of scikit-image and SciPy, and against cases with a known answer.
//!
//! `python/reverie_train/evaluation_reference.py` writes pictures and numbers.

use reverie_evaluation::{
    Mask, MetricError, depth_errors, frechet_distance, mean_absolute_error, mmrv, ms_ssim,
    paired_ratio, pearson, policy_ranking, psnr, seam_error, sharpness, ssim,
};
use reverie_world_model::{DepthImage, Intrinsics, Observation, Pose, RgbImage};
use serde_json::Value;
use std::{fs, path::PathBuf};

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn picture(name: &str) -> RgbImage {
    let decoded = image::open(data(name)).unwrap().to_rgb8();
    RgbImage::new(decoded.width(), decoded.height(), decoded.into_raw()).unwrap()
}

fn reference() -> Value {
    serde_json::from_str(&fs::read_to_string(data("reference.json")).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn vectors(value: &Value) -> Vec<Vec<f32>> {
    let row = |v| numbers(v).into_iter().map(|x| x as f32).collect();
    value.as_array().unwrap().iter().map(row).collect()
}

fn close(found: f64, wanted: &Value, within: f64) {
    let wanted = wanted.as_f64().unwrap();
    assert!((found - wanted).abs() <= within, "{found}, the reference is {wanted}");
}

fn left_half(width: u32, height: u32) -> Mask {
    let flags = (0..width * height).map(|at| at % width < width / 2).collect();
    Mask::new(width, height, flags).unwrap()
}

#[test]
fn similarity_agrees_with_scikit_image() {
    let reference = reference();
    let cases = reference["pictures"].as_array().unwrap();
    assert_eq!(cases.len(), 2);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let (a, b) = (picture(&format!("{name}.png")), picture(&format!("{name}_truth.png")));
        let left = left_half(a.width(), a.height());
        close(psnr(&a, &b, None).unwrap(), &case["psnr"], 1e-6);
        close(ssim(&a, &b, None).unwrap(), &case["ssim"], 1e-4);
        close(ssim(&a, &b, Some(&left)).unwrap(), &case["ssim_left_half"], 1e-4);
        close(ms_ssim(&a, &b).unwrap(), &case["ms_ssim"], 1e-4);
    }
}

#[test]
fn equal_pictures_are_equal_and_masks_choose() {
    let a = picture("small.png");
    assert_eq!(psnr(&a, &a, None), Ok(f64::INFINITY));
    assert_eq!(mean_absolute_error(&a, &a, None), Ok(0.0));
    assert!((ssim(&a, &a, None).unwrap() - 1.0).abs() < 1e-12);
    assert!((ms_ssim(&a, &a).unwrap() - 1.0).abs() < 1e-12);
    assert_eq!(sharpness(&a, &a, None), Ok(1.0));
    // The right half differs by 10 levels everywhere: 10 there, none on the left, half over all.
    let mut b = a.clone();
    let (width, left) = (a.width(), left_half(a.width(), a.height()));
    for (at, value) in b.data_mut().iter_mut().enumerate() {
        if at as u32 / 3 % width >= width / 2 {
            *value = if *value > 127 { *value - 10 } else { *value + 10 };
        }
    }
    assert_eq!(psnr(&b, &a, Some(&left)), Ok(f64::INFINITY));
    assert_eq!(mean_absolute_error(&b, &a, Some(&left.inverted())), Ok(10.0));
    assert_eq!(mean_absolute_error(&b, &a, None), Ok(5.0));
    let expected = 20.0 * (255.0_f64 / 10.0).log10();
    assert!((psnr(&b, &a, Some(&left.inverted())).unwrap() - expected).abs() < 1e-9);
}

#[test]
fn bad_input_is_named() {
    let (a, b) = (picture("small.png"), picture("large.png"));
    let none = Mask::new(64, 37, vec![false; 64 * 37]).unwrap();
    let tiny = RgbImage::filled(64, 8, [3; 3]).unwrap();
    assert!(matches!(psnr(&a, &b, None), Err(MetricError::SizeMismatch { width: 64, .. })));
    assert!(matches!(
        ssim(&a, &a, Some(&left_half(3, 3))),
        Err(MetricError::SizeMismatch { what: "the mask", found_width: 3, .. })
    ));
    assert!(matches!(psnr(&a, &a, Some(&none)), Err(MetricError::Nothing(_))));
    assert!(matches!(ssim(&a, &a, Some(&none)), Err(MetricError::Nothing(_))));
    assert!(matches!(seam_error(&a, &a, &none), Err(MetricError::Nothing(_))));
    assert!(matches!(ms_ssim(&tiny, &tiny), Err(MetricError::TooSmall { least: 11, .. })));
    assert!(matches!(sharpness(&tiny, &tiny, None), Err(MetricError::Nothing(_))));
    assert!(matches!(Mask::new(2, 2, vec![true]), Err(MetricError::BadValues { .. })));
    for (truth, model, part) in [
        (vec![1.0], vec![1.0], "at least 2"),
        (vec![1.0, 2.0], vec![1.0], "1 scores against 2"),
        (vec![1.0, 2.0], vec![f64::NAN, 1.0], "score 0 is NaN"),
    ] {
        for error in [
            mmrv(&truth, &model).unwrap_err(),
            pearson(&truth, &model).unwrap_err(),
            policy_ranking(&truth, &model).unwrap_err(),
        ] {
            assert!(error.to_string().contains(part), "{error}");
        }
    }
    let set = vec![vec![1.0, 2.0], vec![2.0, 1.0]];
    for (bad, part) in [
        (vec![vec![1.0, 2.0]], "1 vectors"),
        (vec![vec![1.0, 2.0], vec![1.0]], "vector 1 has 1 features"),
        (vec![vec![1.0, f32::INFINITY], vec![1.0, 2.0]], "vector 0 holds inf"),
    ] {
        let error = frechet_distance(&set, &bad).unwrap_err().to_string();
        assert!(error.starts_with("second: ") && error.contains(part), "{error}");
    }
}

#[test]
fn depth_errors_of_known_factors() {
    let truth =
        DepthImage::new(4, 2, vec![2.0, 4.0, 8.0, f32::INFINITY, 0.0, 10.0, 20.0, 200.0]).unwrap();
    // Off by 20 % everywhere: within 1.25. Sky, unknown and far are not compared.
    let scaled = truth.data().iter().map(|d| d * 1.2).collect();
    let errors = depth_errors(&DepthImage::new(4, 2, scaled).unwrap(), &truth, None).unwrap();
    assert_eq!(errors.pixels, 5);
    assert!((errors.abs_rel - 0.2).abs() < 1e-6);
    assert_eq!(errors.delta_125, 1.0);
    // Sky where there is a wall counts as 80 m; half the pixels at twice the depth fail delta.
    let wrong = DepthImage::new(4, 2, vec![f32::INFINITY, 8.0, 8.0, 9.0, 9.0, 10.0, 20.0, 9.0]);
    let errors = depth_errors(&wrong.unwrap(), &truth, None).unwrap();
    assert!((errors.abs_rel - (39.0 + 1.0) / 5.0).abs() < 1e-6);
    assert!((errors.delta_125 - 0.6).abs() < 1e-9);
    let first = Mask::new(4, 2, (0..8).map(|at| at == 2).collect()).unwrap();
    let unknown = DepthImage::new(4, 2, vec![0.0; 8]).unwrap();
    assert!(matches!(depth_errors(&unknown, &truth, None), Err(MetricError::Nothing(_))));
    assert_eq!(depth_errors(&truth, &truth, Some(&first)).unwrap().pixels, 1);
}

#[test]
fn sharpness_and_seams_of_known_steps() {
    let striped = |step: u8, from: u32| {
        let value = |x: u32| if x >= from { 100 + step } else { 100 };
        let data = (0..32 * 16).flat_map(|at| [value(at % 32); 3]).collect();
        RgbImage::new(32, 16, data).unwrap()
    };
    // Half the step has a quarter of the energy.
    let ratio = sharpness(&striped(20, 8), &striped(40, 8), None).unwrap();
    assert!((ratio - 0.25).abs() < 1e-12);
    // A step of 12 at the mask's border that the truth has not, and one elsewhere, which is no seam.
    let mask = left_half(32, 16);
    assert_eq!(seam_error(&striped(12, 16), &striped(40, 8), &mask), Ok(12.0));
    assert_eq!(seam_error(&striped(12, 9), &striped(40, 8), &mask), Ok(0.0));
    assert_eq!(seam_error(&striped(12, 9), &striped(40, 16), &mask), Ok(-40.0));
}

#[test]
fn frechet_distance_agrees_with_scipy() {
    let reference = reference();
    for case in reference["frechet"].as_array().unwrap() {
        let (first, second) = (vectors(&case["first"]), vectors(&case["second"]));
        let wanted = case["distance"].as_f64().unwrap();
        close(frechet_distance(&first, &second).unwrap(), &case["distance"], 1e-5 * wanted);
        close(frechet_distance(&second, &first).unwrap(), &case["distance"], 1e-5 * wanted);
        assert!(frechet_distance(&first, &first).unwrap() < 1e-6 * wanted);
    }
}

#[test]
fn ranking_of_policies() {
    let reference = reference();
    let (truth, model) =
        (numbers(&reference["pearson"]["truth"]), numbers(&reference["pearson"]["model"]));
    close(pearson(&truth, &model).unwrap(), &reference["pearson"]["r"], 1e-9);
    // By hand: policies 1 and 2 are swapped, 0.25 apart; policy 0 and 3 are ranked rightly.
    let truth = [0.125, 0.25, 0.5, 0.875];
    let model = [0.1, 0.6, 0.3, 0.9];
    assert_eq!(mmrv(&truth, &model), Ok((0.25 + 0.25) / 4.0));
    assert_eq!(mmrv(&truth, &truth), Ok(0.0));
    let reversed = truth.map(|score| -score);
    assert!((pearson(&truth, &reversed).unwrap() + 1.0).abs() < 1e-12);
    assert_eq!(mmrv(&truth, &reversed), Ok((0.75 + 0.625 + 0.375 + 0.75) / 4.0));

    let ranking = policy_ranking(&truth, &model).unwrap();
    assert_eq!(ranking, policy_ranking(&truth, &model).unwrap());
    assert_eq!(ranking.policies, 4);
    for estimate in [ranking.pearson, ranking.mmrv] {
        assert!(estimate.low < estimate.value && estimate.value <= estimate.high, "{estimate:?}");
    }
    let alike = policy_ranking(&truth, &truth).unwrap();
    assert_eq!((alike.mmrv.low, alike.mmrv.high), (0.0, 0.0));
    assert!(alike.pearson.low > 1.0 - 1e-9);
    assert!(matches!(pearson(&truth, &[0.3; 4]), Err(MetricError::Nothing(_))));
}

#[test]
fn what_was_seen_before_follows_from_depth() {
    // A wall at 4 m with a board at 2 m before its left half; the camera then moves right by 1 m.
    let camera = Intrinsics::from_horizontal_fov(64, 16, 90_f32.to_radians());
    let frame = |x_m: f32, board_to: f32| {
        let depth = |u: f32| if (u - 32.0) / 32.0 * 2.0 + x_m < board_to { 2.0 } else { 4.0 };
        let data = (0..64 * 16).map(|at| depth((at % 64) as f32 + 0.5)).collect();
        Observation {
            rgb: RgbImage::filled(64, 16, [9; 3]).unwrap(),
            depth: Some(DepthImage::new(64, 16, data).unwrap()),
            pose: Pose { position: glam::Vec3::X * x_m, ..Pose::IDENTITY },
            intrinsics: camera,
            coverage: 1.0,
            tick: 0,
            time_secs: 0.0,
        }
    };
    let (first, later) = (frame(0.0, 0.0), frame(1.0, 0.0));
    let seen = Mask::seen_before(&later, &first).unwrap();
    // Now: the board up to u = 16; wall from x = -1 on, of which 0 was the edge of the shadow; the
    // first view ends at x = 4 on the wall, which is u = 32 + 3/4 * 32 = 56 now.
    for (u, expected) in [(4, true), (12, true), (20, false), (28, true), (50, true), (60, false)] {
        assert_eq!(seen.at(u, 8), expected, "column {u}");
    }
    let all = Mask::seen_before(&first, &first).unwrap();
    assert_eq!(all.share(), 1.0);
    let blind = Observation { depth: None, ..first.clone() };
    assert!(matches!(Mask::seen_before(&first, &blind), Err(MetricError::Nothing(_))));
}

#[test]
fn ratios_of_pairs_have_an_interval_that_narrows() {
    let pairs = |times: usize| -> Vec<[bool; 2]> {
        let some = [[true, true], [true, true], [false, true], [false, false], [true, false]];
        some.into_iter().cycle().take(5 * times).collect()
    };
    assert_eq!(paired_ratio(&[]), None);
    assert_eq!(paired_ratio(&[[true, false]]), None);
    let [few, many] = [8, 80].map(|times| paired_ratio(&pairs(times)).expect("a ratio"));
    assert_eq!((few.value, many.value), (1.0, 1.0));
    for found in [few, many] {
        assert!(found.low < 1.0 && 1.0 < found.high, "{found:?}");
    }
    assert!(many.high - many.low < 0.5 * (few.high - few.low), "{few:?} {many:?}");
    let alike: Vec<[bool; 2]> = pairs(20).iter().map(|pair| [pair[0]; 2]).collect();
    let same = paired_ratio(&alike).expect("a ratio");
    assert_eq!((same.low, same.value, same.high), (1.0, 1.0, 1.0));
}
