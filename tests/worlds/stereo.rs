//! The strongest check there is without a second world: two photographs of one scene. The left one
//! and its measured depth are the seed; the camera moves by the real baseline; what is generated
//! is compared with the right one.

use crate::{begin, image_seed, psnr_db, repository_file};
use reverie_media::{ImageOptions, read_photograph};
use reverie_spatial::{Frame, Renderer};
use reverie_world_model::{Intrinsics, PathFile, RgbImage, WorldModel as _};

/// A rectified pair and its calibration in pixels of the pictures here; principal points count
/// from the corner of the first pixel.
struct Pair {
    name: &'static str,
    extension: &'static str,
    focal_px: f32,
    /// `None` is the picture's middle: the data set states only the difference between the two.
    left_centre_px: Option<(f32, f32)>,
    /// How much further right the right camera's principal point lies.
    offset_px: f32,
    baseline_m: f32,
    /// Just below what was measured when the pair was added.
    at_least_db: f64,
}

#[test]
fn measured_depth_moves_the_left_motorcycle_onto_the_right_one() {
    check(&Pair {
        name: "motorcycle",
        extension: "png",
        focal_px: 994.978,
        left_centre_px: Some((311.193 + 0.5, 254.877 + 0.5)),
        offset_px: 31.086,
        baseline_m: 0.193_001,
        at_least_db: 26.5,
    });
}

#[test]
fn measured_depth_moves_the_left_aloe_onto_the_right_one() {
    check(&Pair {
        name: "aloe",
        extension: "jpg",
        focal_px: 1870.0,
        left_centre_px: None,
        offset_px: 135.0,
        baseline_m: 0.160,
        at_least_db: 28.0,
    });
}

fn check(pair: &Pair) {
    let folder = format!("tests/data/{}", pair.name);
    let picture = |side: &str| format!("{folder}/{side}.{}", pair.extension);
    let depth = Some(repository_file(&format!("{folder}/left_depth_mm.png")));
    let mut seed = image_seed(&picture("left"), &ImageOptions { depth, intrinsics: None });
    let (width, height) = (seed.rgb.width(), seed.rgb.height());
    let (cx, cy) = pair.left_centre_px.unwrap_or((0.5 * width as f32, 0.5 * height as f32));
    let left_camera = Intrinsics { width, height, fx: pair.focal_px, fy: pair.focal_px, cx, cy };
    seed.intrinsics = Some(left_camera);
    let left = seed.rgb.clone();
    let right = read_photograph(&repository_file(&picture("right"))).expect("loads").rgb;

    let path = PathFile::from_ron(&format!(
        "(embodiment: Free, tick_hz: 24, steps: [
            (secs: 1.0, move_mps: ({:?}, 0.0, 0.0), look_dps: (0.0, 0.0), interact: false),
        ], events: [])",
        pair.baseline_m
    ))
    .expect("a valid path");
    let (mut model, _) = begin(seed, width, height, &path);
    for action in path.actions() {
        model.step(&action).expect("a tick");
    }
    let pose = model.pose().expect("has begun");
    assert!((pose.position.x - pair.baseline_m).abs() < 1e-4);

    let right_camera = Intrinsics { cx: cx + pair.offset_px, ..left_camera };
    let mut frame = Frame::new();
    let memory = model.memory().expect("has begun");
    Renderer::new().render(memory, &pose, &right_camera, &mut frame).expect("renders");
    let generated = frame.to_rgb().expect("a picture");

    let known = |at: usize| frame.is_known(at);
    let reached_db = psnr_db(&generated, &right, known);
    // What a flat world at the best single depth would show.
    let flat_db = psnr_db(&shifted(&left, best_shift(&left, &right)), &right, known);
    println!(
        "{}: {reached_db:.2} dB over the {:.1} % covered; the left picture, shifted: {flat_db:.2} dB",
        pair.name,
        100.0 * frame.coverage()
    );
    assert!(frame.coverage() > 0.75, "covers {}", frame.coverage());
    assert!(reached_db > pair.at_least_db, "{reached_db} dB");
    assert!(reached_db > flat_db + 8.0, "{reached_db} dB against {flat_db} dB");
}

/// The whole-pixel shift to the left that fits best.
fn best_shift(left: &RgbImage, right: &RgbImage) -> u32 {
    let fit = |shift: u32| psnr_db(&shifted(left, shift), right, |_| true);
    (0..110).max_by(|a, b| fit(*a).total_cmp(&fit(*b))).unwrap_or(0)
}

fn shifted(picture: &RgbImage, pixels: u32) -> RgbImage {
    let mut moved = picture.clone();
    let width = picture.width();
    for y in 0..picture.height() {
        for x in 0..width {
            let from = picture.pixel((x + pixels).min(width - 1), y);
            let at = (y as usize * width as usize + x as usize) * 3;
            moved.data_mut()[at..at + 3].copy_from_slice(&from);
        }
    }
    moved
}
