//! Making photographs smaller.

use rayon::prelude::*;
use reverie_world_model::{DepthImage, PictureError, RgbImage};

/// Averages a picture's pixels by area, in linear light, down to `width` x `height`.
pub(crate) fn shrink_rgb(
    picture: &RgbImage,
    width: u32,
    height: u32,
) -> Result<RgbImage, PictureError> {
    let linear: Vec<f32> = (0..256).map(|byte| linear_from_srgb(byte as f32 / 255.0)).collect();
    let columns = shares(picture.width(), width);
    let rows = shares(picture.height(), height);
    let pitch = picture.width() as usize * 3;
    let mut data = vec![0; width as usize * height as usize * 3];
    data.par_chunks_mut(width as usize * 3).zip(&rows).for_each(|(out, rows)| {
        for (pixel, columns) in out.chunks_exact_mut(3).zip(&columns) {
            let mut sum = [0.0_f32; 3];
            let mut total = 0.0;
            for (y, of_row) in rows.clone() {
                for (x, of_column) in columns.clone() {
                    let share = of_row * of_column;
                    let at = y * pitch + x * 3;
                    let bytes = &picture.data()[at..at + 3];
                    for (sum, byte) in sum.iter_mut().zip(bytes) {
                        *sum += share * linear[usize::from(*byte)];
                    }
                    total += share;
                }
            }
            for (byte, sum) in pixel.iter_mut().zip(sum) {
                *byte = (srgb_from_linear(sum / total) * 255.0).round_ties_even() as u8;
            }
        }
    });
    RgbImage::new(width, height, data)
}

/// Takes the depth at the centre of each new pixel: a mean across an edge would be a lie.
pub(crate) fn shrink_depth(
    depth: &DepthImage,
    width: u32,
    height: u32,
) -> Result<DepthImage, PictureError> {
    let from = |at: u32, new: u32, old: u32| {
        ((f64::from(at) + 0.5) * f64::from(old) / f64::from(new)) as u32
    };
    let data = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .map(|(x, y)| depth.at(from(x, width, depth.width()), from(y, height, depth.height())))
        .collect();
    DepthImage::new(width, height, data)
}

/// The old pixels under each new one, with the share of each.
fn shares(old: u32, new: u32) -> Vec<impl Iterator<Item = (usize, f32)> + Clone + Send + Sync> {
    let scale = f64::from(old) / f64::from(new);
    (0..new)
        .map(|at| {
            let low = f64::from(at) * scale;
            let high = (low + scale).min(f64::from(old));
            (low as usize..(high.ceil() as usize).min(old as usize)).map(move |x| {
                let share = (x as f64 + 1.0).min(high) - (x as f64).max(low);
                (x, share.max(0.0) as f32)
            })
        })
        .collect()
}

fn linear_from_srgb(value: f32) -> f32 {
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn srgb_from_linear(value: f32) -> f32 {
    if value <= 0.003_130_8 { value * 12.92 } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shrinking_keeps_flat_colours_and_mixes_light() {
        let flat = RgbImage::filled(37, 23, [10, 128, 251]).expect("small");
        let small = shrink_rgb(&flat, 16, 9).expect("small");
        assert!(small.data().chunks(3).all(|pixel| pixel == [10, 128, 251]));
        let checks = (0..64_u8).flat_map(|k| [(k + k / 8) % 2 * 255; 3]).collect();
        let checks = RgbImage::new(8, 8, checks).expect("8x8");
        let grey = shrink_rgb(&checks, 4, 4).expect("small");
        // Half the light is 188 in sRGB, not 128.
        assert!(grey.data().iter().all(|byte| *byte == 188), "{:?}", grey.data());
    }

    #[test]
    fn shrunk_depth_is_measured_depth() {
        let data: Vec<f32> = (0..100).map(|k| if k % 10 < 5 { 1.0 } else { 9.0 }).collect();
        let depth = DepthImage::new(10, 10, data).expect("10x10");
        let small = shrink_depth(&depth, 3, 7).expect("small");
        assert!(small.data().iter().all(|d| *d == 1.0 || *d == 9.0));
    }
}
