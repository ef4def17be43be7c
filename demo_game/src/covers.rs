//! Small pictures of what can be chosen, made on a thread of their own.

use bevy_egui::egui::{Color32, ColorImage};
use bevy_reverie::{prelude::RgbImage, read_picture};
use std::{
    path::PathBuf,
    sync::{Mutex, mpsc},
    thread,
};

/// Largest cover, pixels.
const COVER: (u32, u32) = (640, 360);
/// A cover so small that it is a blur when it fills the window, pixels.
const BLUR: (u32, u32) = (24, 14);

/// A picture made small, and made very small.
pub struct Cover {
    /// Whose it is: the place in the list that was asked for.
    pub number: usize,
    /// The picture and its blur, or why there is none.
    pub pictures: Result<(ColorImage, ColorImage), String>,
}

/// Covers as they come.
pub struct Covers(Mutex<mpsc::Receiver<Cover>>);

impl Covers {
    /// Reads the files one after the other.
    pub fn read(files: Vec<PathBuf>) -> Self {
        let (out, covers) = mpsc::channel();
        let work = move || {
            for (number, file) in files.iter().enumerate() {
                let pictures = read_picture(file).map(|picture| {
                    let small = shrunk(&picture, COVER);
                    (small, shrunk(&picture, BLUR))
                });
                if out.send(Cover { number, pictures }).is_err() {
                    return;
                }
            }
        };
        if let Err(error) = thread::Builder::new().name("demo-covers".to_owned()).spawn(work) {
            bevy::log::warn!("no covers: {error}");
        }
        Self(Mutex::new(covers))
    }

    /// The next one that is there.
    pub fn next(&self) -> Option<Cover> {
        self.0.lock().ok()?.try_recv().ok()
    }
}

/// The whole picture, no larger than the box in either direction; every pixel is the mean of what it
/// stands for.
fn shrunk(picture: &RgbImage, (most_wide, most_high): (u32, u32)) -> ColorImage {
    let (width, height) = (picture.width(), picture.height());
    let scale = (f64::from(most_wide) / f64::from(width))
        .min(f64::from(most_high) / f64::from(height))
        .min(1.0);
    let side = |pixels: u32| ((f64::from(pixels) * scale).round() as u32).max(1);
    let (wide, high) = (side(width), side(height));
    let span = |at: u32, of: u32, pixels: u32| {
        let from = (u64::from(at) * u64::from(pixels) / u64::from(of)) as usize;
        let to = (u64::from(at + 1) * u64::from(pixels) / u64::from(of)) as usize;
        from..to.max(from + 1)
    };
    let mut pixels = Vec::with_capacity((wide * high) as usize);
    for y in 0..high {
        for x in 0..wide {
            let (mut sum, mut count) = ([0_u64; 3], 0);
            for row in span(y, high, height) {
                for column in span(x, wide, width) {
                    let at = 3 * (row * width as usize + column);
                    for (sum, value) in sum.iter_mut().zip(&picture.data()[at..at + 3]) {
                        *sum += u64::from(*value);
                    }
                    count += 1;
                }
            }
            let [red, green, blue] = sum.map(|sum| (sum / count) as u8);
            pixels.push(Color32::from_rgb(red, green, blue));
        }
    }
    ColorImage::new([wide as usize, high as usize], pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covers_keep_shape_and_mean() {
        let mut picture = RgbImage::filled(1000, 200, [10, 20, 30]).expect("small");
        for at in 0..500 {
            picture.data_mut()[3 * at] = 110;
        }
        let cover = shrunk(&picture, COVER);
        assert_eq!(cover.size, [640, 128]);
        let blur = shrunk(&picture, BLUR);
        assert_eq!(blur.size, [24, 5]);
        assert_eq!(blur.pixels[23], Color32::from_rgb(10, 20, 30));
        assert!(blur.pixels[0].r() > 10 && blur.pixels[0].g() == 20);
        let tiny = shrunk(&RgbImage::filled(3, 900, [7; 3]).expect("small"), BLUR);
        assert_eq!(tiny.size, [1, 14]);
    }

    #[test]
    fn what_is_no_picture_says_so() {
        let covers = Covers::read(vec![PathBuf::from("no/such.png")]);
        let cover = loop {
            if let Some(cover) = covers.next() {
                break cover;
            }
            thread::yield_now();
        };
        assert!(cover.number == 0 && cover.pictures.is_err_and(|e| e.contains("no/such.png")));
    }
}
