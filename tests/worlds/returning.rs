//! What has been seen comes back the same.

use crate::{begin, image_seed, psnr_db};
use reverie_media::ImageOptions;
use reverie_world_model::{Embodiment, Observation, PathFile, PathStep, WorldModel as _};

/// Twenty seconds of walking and turning that end where they began.
fn loop_path() -> PathFile {
    let step = |secs: f64, move_mps: [f32; 3], look_dps: [f32; 2]| PathStep {
        secs,
        move_mps: move_mps.into(),
        look_dps: look_dps.into(),
        interact: false,
    };
    PathFile {
        embodiment: Embodiment::Free,
        tick_hz: 24.0,
        steps: vec![
            step(3.0, [0.0, 0.0, 0.5], [0.0, 0.0]),
            step(2.0, [0.3, 0.1, 0.0], [0.0, 0.0]),
            step(3.0, [0.0, 0.0, 0.0], [20.0, 5.0]),
            step(4.0, [0.0, 0.0, 0.0], [-30.0, -7.5]),
            step(3.0, [0.0, 0.0, 0.0], [20.0, 5.0]),
            step(2.0, [-0.3, -0.1, 0.0], [0.0, 0.0]),
            step(3.0, [0.0, 0.0, -0.5], [0.0, 0.0]),
        ],
        events: vec![],
    }
}

#[test]
fn a_loop_of_twenty_seconds_ends_on_the_first_frame() {
    let path = loop_path();
    assert_eq!(path.ticks(), 20 * 24);
    let picture = image_seed("assets/seeds/dandelion_meadow.jpg", &ImageOptions::default());
    let (mut model, first) = begin(picture, 640, 360, &path);
    let frames: Vec<Observation> =
        path.actions().map(|action| model.step(&action).expect("a tick")).collect();
    let last = frames.last().expect("frames");
    let closure_db = psnr_db(&first.rgb, &last.rgb, |_| true);
    let farthest_db = psnr_db(&first.rgb, &frames[10 * 24].rgb, |_| true);
    println!("loop closure: {closure_db:.1} dB (half way round: {farthest_db:.1} dB)");
    assert!(closure_db >= 40.0, "{closure_db} dB");
    assert!(farthest_db < 25.0, "the walk shows something else on its way: {farthest_db} dB");
    assert!(frames.iter().all(|frame| frame.coverage > 0.0));
}
