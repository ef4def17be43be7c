//! Transforms of a whole picture's colours: what a colour grade can do and no more.

use crate::{MetricError, mask::same_size};
use reverie_world_model::RgbImage;

/// Unknowns of one channel: three colours and one.
const TERMS: usize = 4;

/// An affine map of sRGB colours, the same for every pixel, fitted by least squares. Pictures can be added from several
/// pairs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ColourTransform {
    /// Sums of products of the terms, and of the terms with the wanted channels.
    products: [[f64; TERMS]; TERMS],
    wanted: [[f64; 3]; TERMS],
}

fn terms(pixel: &[u8]) -> [f64; TERMS] {
    [f64::from(pixel[0]), f64::from(pixel[1]), f64::from(pixel[2]), 255.0]
}

impl ColourTransform {
    /// One that has learned nothing and changes nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { products: [[0.0; TERMS]; TERMS], wanted: [[0.0; 3]; TERMS] }
    }

    /// Takes a pair in: the transform is to make `truth` of `picture`.
    ///
    /// # Errors
    /// When sizes differ.
    pub fn learn(&mut self, picture: &RgbImage, truth: &RgbImage) -> Result<(), MetricError> {
        let size = (picture.width(), picture.height());
        same_size("the truth", (truth.width(), truth.height()), size)?;
        for (a, b) in picture.data().chunks_exact(3).zip(truth.data().chunks_exact(3)) {
            let terms = terms(a);
            for (row, x) in self.products.iter_mut().zip(terms) {
                row.iter_mut().zip(terms).for_each(|(sum, y)| *sum += x * y);
            }
            for (row, x) in self.wanted.iter_mut().zip(terms) {
                row.iter_mut().zip(b).for_each(|(sum, y)| *sum += x * f64::from(*y));
            }
        }
        Ok(())
    }

    /// The picture with the transform's colours; unchanged before anything was learned.
    ///
    /// # Errors
    /// When the picture cannot be made, which its own size forbids.
    pub fn apply(&self, picture: &RgbImage) -> Result<RgbImage, MetricError> {
        let Some(matrix) = self.solved() else { return Ok(picture.clone()) };
        let pixel = |pixel: &[u8]| {
            let terms = terms(pixel);
            [0, 1, 2].map(|c| {
                let sum: f64 = terms.iter().zip(&matrix).map(|(x, row)| x * row[c]).sum();
                sum.clamp(0.0, 255.0).round() as u8
            })
        };
        let data = picture.data().chunks_exact(3).flat_map(pixel).collect();
        RgbImage::new(picture.width(), picture.height(), data).map_err(|error| {
            MetricError::BadValues { field: "picture", problem: error.to_string() }
        })
    }

    /// Gaussian elimination with pivots; `None` without data. Colours that hang together have a little of a ridge.
    fn solved(&self) -> Option<[[f64; 3]; TERMS]> {
        let mut left = self.products;
        let mut right = self.wanted;
        let scale = (0..TERMS).map(|k| left[k][k]).fold(0.0, f64::max);
        if scale <= 0.0 {
            return None;
        }
        (0..TERMS).for_each(|k| left[k][k] += 1e-9 * scale);
        for column in 0..TERMS {
            let largest =
                |a: &usize, b: &usize| left[*a][column].abs().total_cmp(&left[*b][column].abs());
            let pivot = (column..TERMS).max_by(largest)?;
            left.swap(column, pivot);
            right.swap(column, pivot);
            let (pivot_left, pivot_right) = (left[column], right[column]);
            for row in (0..TERMS).filter(|row| *row != column) {
                let share = left[row][column] / pivot_left[column];
                left[row].iter_mut().zip(pivot_left).for_each(|(x, p)| *x -= share * p);
                right[row].iter_mut().zip(pivot_right).for_each(|(x, p)| *x -= share * p);
            }
        }
        let mut solution = [[0.0; 3]; TERMS];
        for (row, solved) in solution.iter_mut().enumerate() {
            *solved = right[row].map(|x| x / left[row][row]);
        }
        Some(solution)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_affine_change_is_found_exactly_and_others_as_well_as_can_be() {
        let data = (0..600_u32).map(|k| (k.wrapping_mul(2_654_435_761) >> 24) as u8 / 2).collect();
        let picture = RgbImage::new(20, 10, data).expect("a picture");
        let change = |p: &[u8]| [p[1] / 2 + 10, 40 + p[0], p[2]];
        let data = picture.data().chunks_exact(3).flat_map(change).collect();
        let truth = RgbImage::new(20, 10, data).expect("a picture");
        let mut transform = ColourTransform::default();
        assert_eq!(transform.apply(&picture), Ok(picture.clone()));
        transform.learn(&picture, &truth).expect("equal sizes");
        let found = transform.apply(&picture).expect("a picture");
        let off = found.data().iter().zip(truth.data()).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(off <= Some(1), "{off:?}");
    }

    #[test]
    fn grey_pictures_have_a_transform_too() {
        let grey = RgbImage::filled(4, 4, [90; 3]).expect("a picture");
        let red = RgbImage::filled(4, 4, [200, 20, 10]).expect("a picture");
        let mut transform = ColourTransform::default();
        transform.learn(&grey, &red).expect("equal sizes");
        let found = transform.apply(&grey).expect("a picture");
        assert_eq!(found.pixel(1, 1), [200, 20, 10]);
        let other = RgbImage::filled(2, 4, [0; 3]).expect("a picture");
        assert!(transform.learn(&grey, &other).is_err());
    }
}
