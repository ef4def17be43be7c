//! The strongest check there is without a second world: two photographs of one scene. The left one
//! and its measured depth are the seed; the camera moves by the real baseline; what is generated
//! is compared with the right one.

use crate::{begin, image_seed, psnr_db, repository_file};
use reverie_media::{ImageOptions, read_photograph};
use reverie_spatial::Frame;
use reverie_world_model::{Intrinsics, PathFile, RgbImage, WorldModel as _};

/// Middlebury's calibration of the pair, at half size.
const FOCAL_PX: f32 = 1870.0;
const BASELINE_M: f32 = 0.160;
/// The right camera's principal point lies this much further right (`dmin` of the data set).
const OFFSET_PX: f32 = 135.0;

#[test]
fn measured_depth_moves_the_left_picture_onto_the_right_one() {
    let depth = Some(repository_file("tests/data/aloe_depth_mm.png"));
    let mut seed =
        image_seed("tests/data/aloe_left.jpg", &ImageOptions { depth, intrinsics: None });
    let (width, height) = (seed.rgb.width(), seed.rgb.height());
    let left_camera = Intrinsics {
        width,
        height,
        fx: FOCAL_PX,
        fy: FOCAL_PX,
        cx: 0.5 * width as f32,
        cy: 0.5 * height as f32,
    };
    seed.intrinsics = Some(left_camera);
    let left = seed.rgb.clone();
    let right = read_photograph(&repository_file("tests/data/aloe_right.jpg")).expect("loads").rgb;

    let path = PathFile::from_ron(&format!(
        "(embodiment: Free, tick_hz: 24, steps: [
            (secs: 1.0, move_mps: ({BASELINE_M:?}, 0.0, 0.0), look_dps: (0.0, 0.0), interact: false),
        ], events: [])"
    ))
    .expect("a valid path");
    let (mut model, _) = begin(seed, width, height, &path);
    for action in path.actions() {
        model.step(&action).expect("a tick");
    }
    let pose = model.pose().expect("has begun");
    assert!((pose.position.x - BASELINE_M).abs() < 1e-4);

    let right_camera = Intrinsics { cx: left_camera.cx + OFFSET_PX, ..left_camera };
    let mut frame = Frame::new();
    model.render_at(&pose, &right_camera, &mut frame).expect("renders");
    let generated = frame.to_rgb().expect("a picture");

    let known = |at: usize| frame.is_known(at);
    let reached_db = psnr_db(&generated, &right, known);
    // What a flat world at the pair's median disparity would show.
    let flat_db = psnr_db(&shifted(&left, median_shift(&left, &right)), &right, known);
    println!(
        "stereo pair: {reached_db:.2} dB over {:.1} % covered pixels; the left picture, shifted: {flat_db:.2} dB",
        100.0 * frame.coverage()
    );
    assert!(frame.coverage() > 0.75, "covers {}", frame.coverage());
    assert!(reached_db > 22.0, "{reached_db} dB");
    assert!(reached_db > flat_db + 6.0, "{reached_db} dB against {flat_db} dB");
}

/// The whole-pixel shift to the left that fits best.
fn median_shift(left: &RgbImage, right: &RgbImage) -> u32 {
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
