//! Walks through real pictures and through worlds whose truth is known.
//!
//! One binary, so that the workspace links little.

mod photographs;
mod returning;
mod stereo;

use reverie_media::{ImageOptions, load_image_seed};
use reverie_spatial::{SpatialConfig, SpatialModel};
use reverie_world_model::{
    ImageSeed, Observation, PathFile, RgbImage, Seed, SeedSource, WorldModel as _,
};
use std::path::{Path, PathBuf};

/// A file below the repository's root.
fn repository_file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn image_seed(picture: &str, options: &ImageOptions) -> ImageSeed {
    load_image_seed(&repository_file(picture), options).expect("a shipped picture loads")
}

/// An embedded world without a painter that has begun on a picture, and its first frame.
fn begin(
    picture: ImageSeed,
    width: u32,
    height: u32,
    path: &PathFile,
) -> (SpatialModel, Observation) {
    let mut model = SpatialModel::new(SpatialConfig {
        width,
        height,
        tick_hz: path.tick_hz,
        painting: None,
        ..SpatialConfig::default()
    })
    .expect("a valid configuration");
    let seed = Seed::new(SeedSource::Image(picture)).with_embodiment(path.embodiment);
    let first = model.begin(&seed).expect("a world begins");
    (model, first)
}

/// Peak signal-to-noise ratio in dB over the pixels that `counts`, all three channels.
fn psnr_db(a: &RgbImage, b: &RgbImage, counts: impl Fn(usize) -> bool) -> f64 {
    assert_eq!((a.width(), a.height()), (b.width(), b.height()));
    let mut squares = 0.0;
    let mut samples = 0_u64;
    for (at, (left, right)) in a.data().chunks(3).zip(b.data().chunks(3)).enumerate() {
        if counts(at) {
            for (x, y) in left.iter().zip(right) {
                squares += (f64::from(*x) - f64::from(*y)).powi(2);
            }
            samples += 3;
        }
    }
    assert!(samples > 0, "nothing to compare");
    10.0 * (255.0 * 255.0 / (squares / samples as f64).max(1e-9)).log10()
}
