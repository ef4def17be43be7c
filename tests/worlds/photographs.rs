//! Plain photographs, without measured depth.

use crate::{begin, image_seed, psnr_db};
use reverie_media::ImageOptions;
use reverie_world_model::{PathFile, WorldModel as _};

const FORWARD: &str = "(embodiment: Free, tick_hz: 24, steps: [
    (secs: 1.0, move_mps: (0.0, 0.0, 1.0), look_dps: (0.0, 0.0), interact: false),
], events: [])";

/// The first frame is the photograph; after a metre the near part has grown more than the far.
#[test]
fn photographs_begin_as_they_are_and_have_depth() {
    for picture in ["assets/seeds/dandelion_meadow.jpg", "assets/seeds/mountain_trail.jpg"] {
        let path = PathFile::from_ron(FORWARD).expect("a valid path");
        let seed = image_seed(picture, &ImageOptions::default());
        // A quarter of the picture's own size: the same aspect, so that nothing is cropped.
        let (width, height) = (seed.rgb.width() / 4, seed.rgb.height() / 4);
        let original = seed.rgb.clone();
        let (mut model, first) = begin(seed, width, height, &path);
        let likeness_db = psnr_db(&first.rgb, &reduced(&original, 4), |_| true);
        println!("{picture}: first frame {likeness_db:.1} dB to the photograph");
        assert!(likeness_db > 28.0, "{picture}: {likeness_db} dB");
        assert!(first.coverage > 0.999, "{picture}: {}", first.coverage);

        let depth = first.depth.expect("the model has depth");
        let mean = |rows: std::ops::Range<u32>| {
            let values: Vec<f32> = rows
                .flat_map(|y| (0..width).map(move |x| (x, y)))
                .map(|(x, y)| 1.0 / depth.at(x, y))
                .collect();
            values.iter().sum::<f32>() / values.len() as f32
        };
        // Both show open air at the top and ground at the bottom.
        assert!(mean(0..height / 6) < 0.5 * mean(5 * height / 6..height), "{picture}");

        let after = path
            .actions()
            .map(|action| model.step(&action).expect("a tick"))
            .last()
            .expect("a path of some ticks");
        assert!(psnr_db(&first.rgb, &after.rgb, |_| true) < 30.0, "{picture}: nothing moved");
        assert!(after.coverage > 0.8, "{picture}: {}", after.coverage);
    }
}

/// Mean over `by` x `by` blocks.
fn reduced(picture: &reverie_world_model::RgbImage, by: u32) -> reverie_world_model::RgbImage {
    let (width, height) = (picture.width() / by, picture.height() / by);
    let mut data = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        for x in 0..width {
            let mut sums = [0_u32; 3];
            for (dx, dy) in (0..by).flat_map(|dy| (0..by).map(move |dx| (dx, dy))) {
                let pixel = picture.pixel(x * by + dx, y * by + dy);
                for (sum, value) in sums.iter_mut().zip(pixel) {
                    *sum += u32::from(value);
                }
            }
            data.extend(sums.map(|sum| (sum / (by * by)) as u8));
        }
    }
    reverie_world_model::RgbImage::new(width, height, data).expect("a picture")
}
