//! Pictures at the network's size.

use reverie_world_model::RgbImage;

/// Weights of source pixels for one target pixel along one axis: the first one and the shares.
struct Span {
    first: usize,
    shares: Vec<f32>,
}

/// A picture of another size as values of 0 to 1: every pixel is the mean of the area that it covers.
pub fn area_mean(picture: &RgbImage, width: usize, height: usize) -> Vec<f32> {
    let (from_width, from_height) = (picture.width() as usize, picture.height() as usize);
    let columns = spans(from_width, width);
    let rows = spans(from_height, height);
    let pixels = picture.data();
    let mut narrow = vec![0.0_f32; from_height * width * 3];
    for (row, out) in pixels.chunks_exact(3 * from_width).zip(narrow.chunks_exact_mut(3 * width)) {
        for (span, out) in columns.iter().zip(out.chunks_exact_mut(3)) {
            let source = row[3 * span.first..].chunks_exact(3);
            for (pixel, share) in source.zip(&span.shares) {
                for (out, value) in out.iter_mut().zip(pixel) {
                    *out += share * f32::from(*value) / 255.0;
                }
            }
        }
    }
    let mut small = vec![0.0_f32; width * height * 3];
    for (span, out) in rows.iter().zip(small.chunks_exact_mut(3 * width)) {
        let source = narrow[3 * width * span.first..].chunks_exact(3 * width);
        for (row, share) in source.zip(&span.shares) {
            for (out, value) in out.iter_mut().zip(row) {
                *out += share * value;
            }
        }
    }
    small
}

fn spans(from: usize, to: usize) -> Vec<Span> {
    let scale = from as f64 / to as f64;
    let span = |at: usize| {
        let (begin, end) = (at as f64 * scale, (at + 1) as f64 * scale);
        let first = (begin as usize).min(from - 1);
        let last = (end.ceil() as usize).clamp(first + 1, from);
        let covered =
            (first..last).map(|k| (end.min(k as f64 + 1.0) - begin.max(k as f64)).max(0.0));
        let total: f64 = covered.clone().sum();
        Span { first, shares: covered.map(|share| (share / total) as f32).collect() }
    };
    (0..to).map(span).collect()
}
