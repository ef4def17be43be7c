//! From the network's size to the photograph's, with depth edges where the colour edges are.
//!
//! Inverse depths are interpolated smoothly where they belong to one surface. Where a 4x4
//! neighbourhood shows two surfaces, the pixel's colour decides which of them it belongs to and
//! only that one is averaged: there is no in-between depth along an edge that could be seen as a
//! sheet from the side.

use rayon::prelude::*;

/// Reach of a colour difference in the weights (standard deviation, colours in 0 to 1).
const COLOUR_SIGMA: f32 = 0.07;
/// Smallest difference between two surfaces, as a share of the nearer one's inverse depth.
const EDGE_CONTRAST: f32 = 0.12;
/// A neighbourhood is one surface when a plane fits it to this share of its range.
const PLANE_TOLERANCE: f32 = 0.3;

/// A picture of inverse depth with its colours, both at the network's size.
pub struct Low<'a> {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Colours in 0 to 1, three a pixel.
    pub rgb: &'a [f32],
    /// Inverse depths, 0 = sky.
    pub inverse: &'a [f32],
}

/// `exp(-d² / 2σ²)` with a floor, tabulated over squared distance: the same bits everywhere.
struct ColourWeight {
    table: Vec<f32>,
}

impl ColourWeight {
    const STEPS: usize = 512;
    /// Squared distances from here on weigh the same.
    const END: f32 = 9.0 * COLOUR_SIGMA * COLOUR_SIGMA;

    fn new() -> Self {
        let weight = |i: usize| {
            let squared = i as f32 / Self::STEPS as f32 * Self::END;
            (-squared / (2.0 * COLOUR_SIGMA * COLOUR_SIGMA)).exp() + 1e-3
        };
        Self { table: (0..=Self::STEPS).map(weight).collect() }
    }

    fn between(&self, a: &[f32], b: &[f32]) -> f32 {
        let squared: f32 = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum();
        self.table[((squared / Self::END * Self::STEPS as f32) as usize).min(Self::STEPS)]
    }
}

/// Pulls blurred edges apart: in 5x5 neighbourhoods with two surfaces every pixel takes the
/// colour-weighted median.
pub fn sharpen(low: &Low<'_>) -> Vec<f32> {
    let weights = ColourWeight::new();
    let (width, height) = (low.width, low.height);
    let mut result = low.inverse.to_vec();
    result.par_chunks_exact_mut(width).enumerate().for_each(|(y, line)| {
        let mut found = Vec::with_capacity(25);
        for (x, value) in line.iter_mut().enumerate() {
            let columns = x.saturating_sub(2)..(x + 3).min(width);
            let rows = y.saturating_sub(2)..(y + 3).min(height);
            let (mut least, mut most) = (f32::INFINITY, 0.0_f32);
            for row in rows.clone() {
                for v in &low.inverse[row * width + columns.start..row * width + columns.end] {
                    least = least.min(*v);
                    most = most.max(*v);
                }
            }
            if most - least <= EDGE_CONTRAST * most {
                continue;
            }
            let here = y * width + x;
            let colour = &low.rgb[3 * here..3 * here + 3];
            found.clear();
            let mut total = 0.0;
            for at in rows.flat_map(|row| columns.clone().map(move |column| row * width + column)) {
                let weight = weights.between(colour, &low.rgb[3 * at..3 * at + 3]);
                total += weight;
                found.push((low.inverse[at], weight));
            }
            found.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            let mut sum = 0.0;
            for (candidate, weight) in &found {
                sum += weight;
                if sum >= 0.5 * total {
                    *value = *candidate;
                    break;
                }
            }
        }
    });
    result
}

/// What a 4x4 neighbourhood of low-resolution pixels shows.
#[derive(Clone, Copy)]
enum Cell {
    /// One surface, or only sky.
    Smooth,
    /// Two: those above this inverse depth and the others.
    Edge(f32),
}

/// Interpolates to `width * height` with the full-size bytes as guide. 0 stays sky.
pub fn upsample(low: &Low<'_>, rgb: &[u8], width: usize, height: usize) -> Vec<f32> {
    let weights = ColourWeight::new();
    let cells = cells(low);
    let columns = taps(low.width, width);
    let rows = taps(low.height, height);
    let mut result = vec![0.0; width * height];
    result.par_chunks_exact_mut(width).zip(&rows).enumerate().for_each(|(y, (line, row))| {
        let guide = &rgb[y * width * 3..(y + 1) * width * 3];
        let lines = &cells[row.cell * (low.width + 1)..(row.cell + 1) * (low.width + 1)];
        for ((value, column), pixel) in line.iter_mut().zip(&columns).zip(guide.chunks_exact(3)) {
            let taps = (0..4).flat_map(|j| {
                (0..4).map(move |i| {
                    (row.at[j] * low.width + column.at[i], row.weight[j] * column.weight[i])
                })
            });
            *value = match lines[column.cell] {
                Cell::Smooth => taps.map(|(at, weight)| weight * low.inverse[at]).sum(),
                Cell::Edge(threshold) => {
                    let colour = [pixel[0], pixel[1], pixel[2]].map(|c| f32::from(c) / 255.0);
                    let mut sums = [(0.0_f32, 0.0_f32); 2];
                    for (at, weight) in taps {
                        let inverse = low.inverse[at];
                        let guide = &low.rgb[3 * at..3 * at + 3];
                        let weight = weight * weights.between(&colour, guide);
                        let side = &mut sums[usize::from(inverse > threshold)];
                        side.0 += weight;
                        side.1 += weight * inverse;
                    }
                    let [far, near] = sums;
                    let (weight, sum) = if near.0 > far.0 { near } else { far };
                    sum / weight
                }
            };
        }
    });
    result
}

/// Where an output coordinate lies among low-resolution pixels: cubic B-spline taps.
struct Taps {
    /// Index of the neighbourhood, 0 to `low` inclusive.
    cell: usize,
    at: [usize; 4],
    weight: [f32; 4],
}

fn taps(low: usize, full: usize) -> Vec<Taps> {
    let place = |i: usize| {
        let position = (i as f32 + 0.5) * low as f32 / full as f32 - 0.5;
        let base = position.floor();
        let t = position - base;
        // -1 when the sample lies before the first pixel's centre.
        let base = base as isize;
        let at = [-1, 0, 1, 2].map(|k| (base + k).clamp(0, low as isize - 1) as usize);
        let weight = [
            (1.0 - t) * (1.0 - t) * (1.0 - t) / 6.0,
            (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0,
            (-3.0 * t * t * t + 3.0 * t * t + 3.0 * t + 1.0) / 6.0,
            t * t * t / 6.0,
        ];
        Taps { cell: (base + 1) as usize, at, weight }
    };
    (0..full).map(place).collect()
}

/// One cell per interval between pixel centres, `(width + 1) * (height + 1)`.
fn cells(low: &Low<'_>) -> Vec<Cell> {
    let (width, height) = (low.width, low.height);
    let around =
        |cell: usize, side: usize| [0, 1, 2, 3].map(|k| (cell + k).saturating_sub(2).min(side - 1));
    let classify = |cell_y: usize, cell_x: usize| {
        let (rows, columns) = (around(cell_y, height), around(cell_x, width));
        let mut values = [0.0; 16];
        for (j, row) in rows.iter().enumerate() {
            for (i, column) in columns.iter().enumerate() {
                values[4 * j + i] = low.inverse[row * width + column];
            }
        }
        let least = values.iter().copied().fold(f32::INFINITY, f32::min);
        let most = values.iter().copied().fold(0.0, f32::max);
        if most - least <= EDGE_CONTRAST * most {
            return Cell::Smooth;
        }
        if least > 0.0 && plane_misfit(&values) <= PLANE_TOLERANCE * (most - least) {
            return Cell::Smooth;
        }
        // Sky against anything solid is an edge however far that is.
        Cell::Edge(if least > 0.0 { 0.5 * (least + most) } else { 0.0 })
    };
    let lines = (0..=height).into_par_iter();
    lines.flat_map_iter(|y| (0..=width).map(move |x| (y, x))).map(|(y, x)| classify(y, x)).collect()
}

/// Largest distance of 4x4 values from their least-squares plane.
fn plane_misfit(values: &[f32; 16]) -> f32 {
    let offset = |k: usize| k as f32 - 1.5;
    let mean = values.iter().sum::<f32>() / 16.0;
    // Offsets -1.5 .. 1.5 on both axes: their squares sum to 20 over the 16 places.
    let along_x: f32 = (0..16).map(|k| offset(k % 4) * values[k]).sum::<f32>() / 20.0;
    let along_y: f32 = (0..16).map(|k| offset(k / 4) * values[k]).sum::<f32>() / 20.0;
    (0..16)
        .map(|k| values[k] - mean - along_x * offset(k % 4) - along_y * offset(k / 4))
        .fold(0.0, |worst, misfit| worst.max(misfit.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A red near half and a blue far half; the low-resolution edge is blurred.
    fn two_surfaces(far: f32) -> (Vec<f32>, Vec<f32>) {
        let (mut rgb, mut inverse) = (Vec::new(), Vec::new());
        for _y in 0..16 {
            for x in 0..16 {
                rgb.extend(if x < 8 { [0.8, 0.1, 0.1] } else { [0.1, 0.1, 0.8] });
                let blurred = if x == 7 || x == 8 { 0.5 * (1.0 + far) } else { f32::from(x < 8) };
                inverse.push(if x > 8 { far } else { blurred });
            }
        }
        (rgb, inverse)
    }

    #[test]
    fn a_depth_edge_follows_the_colour_edge_without_in_betweens() {
        for far in [0.2, 0.0] {
            let (rgb, inverse) = two_surfaces(far);
            let low = Low { width: 16, height: 16, rgb: &rgb, inverse: &inverse };
            let sharp = sharpen(&low);
            let low = Low { inverse: &sharp, ..low };
            // The full-size colour edge lies at 65 of 128, one pixel right of the middle.
            let colour = |x: usize| if x < 65 { [204, 26, 26] } else { [26, 26, 204] };
            let full: Vec<u8> = (0..128 * 96).flat_map(|i| colour(i % 128)).collect();
            let depth = upsample(&low, &full, 128, 96);
            for (i, value) in depth.iter().enumerate() {
                let expected = if i % 128 < 65 { 1.0 } else { far };
                assert!((value - expected).abs() < 1e-4, "column {}: {value}", i % 128);
            }
        }
    }

    #[test]
    fn a_slanted_plane_stays_a_plane_whatever_its_texture() {
        let inverse: Vec<f32> = (0..16 * 16).map(|i| 0.05 + (i / 16) as f32 * 0.1).collect();
        let rgb: Vec<f32> = (0..16 * 16 * 3).map(|i| (i * 7 % 5) as f32 / 5.0).collect();
        let low = Low { width: 16, height: 16, rgb: &rgb, inverse: &inverse };
        let full: Vec<u8> = (0..160 * 160 * 3).map(|i| (i * 31 % 256) as u8).collect();
        let depth = upsample(&low, &full, 160, 160);
        // Away from the border, where taps repeat.
        for y in 30..130 {
            let expected = 0.05 + ((y as f32 + 0.5) / 10.0 - 0.5) * 0.1;
            assert!((depth[y * 160 + 80] - expected).abs() < 1e-4, "row {y}");
        }
    }

    #[test]
    fn one_pixel_and_odd_sizes_work() {
        let low = Low { width: 1, height: 1, rgb: &[0.5; 3], inverse: &[0.7] };
        assert!((upsample(&low, &[9; 21], 7, 1)[3] - 0.7).abs() < 1e-6);
        assert_eq!(sharpen(&low), [0.7]);
    }
}
