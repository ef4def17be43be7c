//! Multiplication of numbers of eight bits, with exact sums.
//!
//! Where the processor has instructions for it (VNNI), four products at a time are added up as whole
//! numbers; elsewhere the same numbers go through [`Matrix`] as f32, which holds such sums exactly, too.
//! So results are the same on every machine.

use super::matrix::{Matrix, Rows};
use super::{LANES, wide};

/// Products that are added up at a time.
const QUAD: usize = 4;
/// Outputs that are worked on together.
const COLUMNS: usize = 16;
/// Weights of a quad of inputs for [`COLUMNS`] outputs.
type Quads = [[i8; QUAD]; COLUMNS];

/// Rows whose values are whole numbers of steps: `step * (value - below)`.
#[derive(Debug, Default)]
pub(crate) struct RoundedRows {
    /// A row is padded to whole quads.
    values: Vec<[u8; QUAD]>,
    /// The same without what is below zero, where there are no instructions for bytes.
    floats: Vec<f32>,
    /// Of each row.
    steps: Vec<f32>,
    below: Vec<i32>,
    count: usize,
}

/// What shares its steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// Each row has its own, so that rows do not depend on each other.
    Row,
    /// All rows have the same ones.
    All,
}

/// Step and number of steps below zero, so that 256 of them reach from the least to the largest of the
/// values and zero is one of them.
#[inline(always)]
fn steps(values: &[f32]) -> (f32, f32) {
    let mut least = [0.0_f32; LANES];
    let mut largest = [0.0_f32; LANES];
    let smaller = |a: f32, b: f32| if b < a { b } else { a };
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            least[lane] = smaller(least[lane], chunk[lane]);
            largest[lane] = larger(largest[lane], chunk[lane]);
        }
    }
    for (lane, x) in rest.iter().enumerate() {
        least[lane] = smaller(least[lane], *x);
        largest[lane] = larger(largest[lane], *x);
    }
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            least[lane] = smaller(least[lane], least[lane + width]);
            largest[lane] = larger(largest[lane], largest[lane + width]);
        }
        width /= 2;
    }
    let (least, largest) = (least[0], largest[0]);
    let step = if largest > least { (largest - least) / 255.0 } else { 1.0 };
    (step, (-least / step).round_ties_even().clamp(0.0, 255.0))
}

/// Added to a small number it leaves the nearest whole one in the lowest bits.
const TO_WHOLE: f32 = 12_582_912.0;

/// Steps from the least: 0 to 255, as a float.
#[inline(always)]
fn whole(x: f32, below: f32) -> f32 {
    let whole = (x + TO_WHOLE) - TO_WHOLE + below;
    let whole = if whole > 0.0 { whole } else { 0.0 };
    if whole < 255.0 { whole } else { 255.0 }
}

impl RoundedRows {
    /// Rounds rows of `inputs` values that follow one another.
    pub(crate) fn round(&mut self, rows: &[f32], inputs: usize, sharing: Sharing) {
        self.round_to(has_instructions(), rows, inputs, sharing);
    }

    fn round_to(&mut self, bytes: bool, rows: &[f32], inputs: usize, sharing: Sharing) {
        self.count = rows.len() / inputs;
        let quads = inputs.div_ceil(QUAD);
        self.steps.resize(self.count, 0.0);
        self.below.resize(self.count, 0);
        if bytes {
            self.values.resize(self.count * quads, [0; QUAD]);
        } else {
            self.floats.resize(self.count * inputs, 0.0);
        }
        wide(
            #[inline(always)]
            || {
                let shared = if sharing == Sharing::All { steps(rows) } else { (1.0, 0.0) };
                for (row, x) in rows.chunks_exact(inputs).enumerate() {
                    let (step, below) = if sharing == Sharing::All { shared } else { steps(x) };
                    self.steps[row] = step;
                    self.below[row] = below as i32;
                    if bytes {
                        let out = self.values[row * quads..][..quads].as_flattened_mut();
                        // What is stored is the lowest byte.
                        let byte = |x: f32| (whole(x, below) + TO_WHOLE).to_bits() as u8;
                        scaled(x, step, sharing, &mut out[..inputs], byte);
                    } else {
                        let out = &mut self.floats[row * inputs..][..inputs];
                        scaled(x, step, sharing, out, |x| whole(x, below) - below);
                    }
                }
            },
        );
    }
}

/// Applies a function to values in steps. The reference, whose steps all rows share, divides; a product is
/// several times as fast.
#[inline(always)]
fn scaled<T>(x: &[f32], step: f32, sharing: Sharing, out: &mut [T], of: impl Fn(f32) -> T) {
    if sharing == Sharing::All {
        for (out, x) in out.iter_mut().zip(x) {
            *out = of(x / step);
        }
    } else {
        let per_step = 1.0 / step;
        for (out, x) in out.iter_mut().zip(x) {
            *out = of(x * per_step);
        }
    }
}

/// A matrix of numbers of eight bits.
#[derive(Debug)]
pub(crate) enum IntegerMatrix {
    /// For the instructions, in blocks of columns.
    Bytes {
        blocks: Vec<Quads>,
        /// Of the weights of each output.
        sums: Vec<i32>,
        inputs: usize,
        outputs: usize,
    },
    Floats(Matrix),
}

impl IntegerMatrix {
    /// Of `value(output, input)`, whole numbers between -128 and 127.
    pub(crate) fn new(outputs: usize, inputs: usize, value: impl Fn(usize, usize) -> f32) -> Self {
        Self::of(has_instructions(), outputs, inputs, value)
    }

    fn of(bytes: bool, outputs: usize, inputs: usize, value: impl Fn(usize, usize) -> f32) -> Self {
        if !bytes {
            return Self::Floats(Matrix::new(outputs, inputs, value));
        }
        let quads = inputs.div_ceil(QUAD);
        let mut blocks = vec![[[0_i8; QUAD]; COLUMNS]; outputs.div_ceil(COLUMNS) * quads];
        let mut sums = vec![0_i32; outputs.next_multiple_of(COLUMNS)];
        for output in 0..outputs {
            for input in 0..inputs {
                let weight = value(output, input) as i32;
                sums[output] += weight;
                let quad = &mut blocks[output / COLUMNS * quads + input / QUAD];
                quad[output % COLUMNS][input % QUAD] = weight as i8;
            }
        }
        Self::Bytes { blocks, sums, inputs, outputs }
    }

    pub(crate) fn inputs(&self) -> usize {
        match self {
            Self::Bytes { inputs, .. } => *inputs,
            Self::Floats(matrix) => matrix.inputs(),
        }
    }

    pub(crate) fn outputs(&self) -> usize {
        match self {
            Self::Bytes { outputs, .. } => *outputs,
            Self::Floats(matrix) => matrix.outputs(),
        }
    }

    /// `out[row] = scale * matrix * row + bias` for each row.
    ///
    /// # Panics
    /// When a slice has another length than it must: the callers are in this crate.
    pub(crate) fn apply(&self, rows: &RoundedRows, scale: f32, bias: &[f32], out: &mut [f32]) {
        assert!(bias.len() == self.outputs() && out.len() >= rows.count * self.outputs());
        match self {
            Self::Floats(matrix) => {
                let (data, stride) = (rows.floats.as_slice(), matrix.inputs());
                matrix.apply(Rows { data, stride, count: rows.count }, 1.0, &[], out);
                for (out, step) in out.chunks_exact_mut(matrix.outputs()).zip(&rows.steps) {
                    for (out, bias) in out.iter_mut().zip(bias) {
                        *out = *out * (step * scale) + bias;
                    }
                }
            }
            Self::Bytes { blocks, sums, inputs, outputs } => {
                let quads = inputs.div_ceil(QUAD);
                assert!(rows.values.len() >= rows.count * quads);
                let product = Product { rows, quads, scale, bias, outputs: *outputs, out };
                #[cfg(target_arch = "x86_64")]
                vnni::product(product, blocks, sums);
                #[cfg(not(target_arch = "x86_64"))]
                let _ = (product, blocks, sums);
            }
        }
    }
}

/// What is multiplied, and where it goes.
struct Product<'a> {
    rows: &'a RoundedRows,
    quads: usize,
    scale: f32,
    bias: &'a [f32],
    outputs: usize,
    out: &'a mut [f32],
}

impl Product<'_> {
    /// Rows of a tile whose last ones may lie past the end: they repeat the last.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn tile<const HEIGHT: usize>(&self, first: usize) -> [&[[u8; QUAD]]; HEIGHT] {
        std::array::from_fn(|at| {
            let row = (first + at).min(self.rows.count - 1);
            &self.rows.values[row * self.quads..][..self.quads]
        })
    }

    /// From the sums of products to the outputs of one row and block.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn finish(&mut self, products: &[i32; COLUMNS], sums: &[i32], block: usize, row: usize) {
        let start = block * COLUMNS;
        let width = COLUMNS.min(self.outputs - start);
        let below = self.rows.below[row];
        let scale = self.rows.steps[row] * self.scale;
        let mut whole = [0.0_f32; COLUMNS];
        for column in 0..COLUMNS {
            whole[column] = (products[column] - below * sums[column]) as f32 * scale;
        }
        let out = &mut self.out[row * self.outputs + start..][..width];
        for ((out, whole), bias) in out.iter_mut().zip(&whole).zip(&self.bias[start..]) {
            *out = whole + bias;
        }
    }
}

/// Whether this processor has instructions for sums of products of bytes.
fn has_instructions() -> bool {
    #[cfg(target_arch = "x86_64")]
    return vnni::width().is_some();
    #[cfg(not(target_arch = "x86_64"))]
    false
}

#[cfg(target_arch = "x86_64")]
mod vnni {
    use super::{COLUMNS, Product, Quads};
    use std::arch::x86_64::*;

    /// Bits of the registers that the instructions work on.
    #[derive(Clone, Copy)]
    pub(super) enum Width {
        Of256,
        Of512,
    }

    pub(super) fn width() -> Option<Width> {
        if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vnni")
        {
            Some(Width::Of512)
        } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("avxvnni") {
            Some(Width::Of256)
        } else {
            None
        }
    }

    pub(super) fn product(product: Product<'_>, blocks: &[Quads], sums: &[i32]) {
        match width() {
            // SAFETY: the processor has these features.
            Some(Width::Of512) => unsafe { product_512(product, blocks, sums) },
            // SAFETY: the processor has these features.
            Some(Width::Of256) => unsafe { product_256(product, blocks, sums) },
            None => {}
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
    fn product_512(mut product: Product<'_>, blocks: &[Quads], sums: &[i32]) {
        const HEIGHT: usize = 12;
        let quads = product.quads.max(1);
        for (block, (weights, sums)) in
            blocks.chunks_exact(quads).zip(sums.chunks_exact(COLUMNS)).enumerate()
        {
            for first in (0..product.rows.count).step_by(HEIGHT) {
                let rows = product.tile::<HEIGHT>(first);
                let mut products = [_mm512_setzero_si512(); HEIGHT];
                for (quad, weights) in weights.iter().enumerate() {
                    let weights: __m512i = bytemuck::cast(*weights);
                    for (products, row) in products.iter_mut().zip(&rows) {
                        let x = _mm512_set1_epi32(i32::from_ne_bytes(bytemuck::cast(row[quad])));
                        *products = _mm512_dpbusd_epi32(*products, x, weights);
                    }
                }
                for (at, products) in products.iter().enumerate().take(product.rows.count - first) {
                    product.finish(&bytemuck::cast(*products), sums, block, first + at);
                }
            }
        }
    }

    #[target_feature(enable = "avx2,avxvnni")]
    fn product_256(mut product: Product<'_>, blocks: &[Quads], sums: &[i32]) {
        const HEIGHT: usize = 6;
        let quads = product.quads.max(1);
        for (block, (weights, sums)) in
            blocks.chunks_exact(quads).zip(sums.chunks_exact(COLUMNS)).enumerate()
        {
            for first in (0..product.rows.count).step_by(HEIGHT) {
                let rows = product.tile::<HEIGHT>(first);
                let mut products = [[_mm256_setzero_si256(); 2]; HEIGHT];
                for (quad, weights) in weights.iter().enumerate() {
                    let weights: [__m256i; 2] = bytemuck::cast(*weights);
                    for (products, row) in products.iter_mut().zip(&rows) {
                        let x = _mm256_set1_epi32(i32::from_ne_bytes(bytemuck::cast(row[quad])));
                        for (products, weights) in products.iter_mut().zip(&weights) {
                            *products = _mm256_dpbusd_avx_epi32(*products, x, *weights);
                        }
                    }
                }
                for (at, products) in products.iter().enumerate().take(product.rows.count - first) {
                    product.finish(&bytemuck::cast(*products), sums, block, first + at);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the definition has it, in whole numbers.
    fn slowly(
        rows: &[f32],
        (outputs, inputs): (usize, usize),
        weight: impl Fn(usize, usize) -> f32,
        sharing: Sharing,
    ) -> Vec<f32> {
        let mut out = Vec::new();
        for row in rows.chunks_exact(inputs) {
            let (step, below) = steps(if sharing == Sharing::All { rows } else { row });
            for output in 0..outputs {
                let mut sum = 0_i64;
                for (input, x) in row.iter().enumerate() {
                    let x = if sharing == Sharing::All { x / step } else { x * (1.0 / step) };
                    let whole = (x.round_ties_even() + below).clamp(0.0, 255.0) - below;
                    sum += weight(output, input) as i64 * whole as i64;
                }
                out.push(sum as f32 * (step * 0.01) + output as f32);
            }
        }
        out
    }

    #[test]
    fn products_of_bytes_are_exact() {
        for (count, inputs, outputs) in [(1, 4, 16), (13, 7, 33), (25, 256, 17), (12, 768, 48)] {
            let weight = |o: usize, i: usize| ((o * 31 + i * 57) % 256) as f32 - 128.0;
            let rows: Vec<f32> =
                (0..count * inputs).map(|i| ((i * 7919) % 1001) as f32 * 0.01 - 2.0).collect();
            let bias: Vec<f32> = (0..outputs).map(|o| o as f32).collect();
            for sharing in [Sharing::Row, Sharing::All] {
                let expected = slowly(&rows, (outputs, inputs), weight, sharing);
                for bytes in [false, has_instructions()] {
                    let mut rounded = RoundedRows::default();
                    rounded.round_to(bytes, &rows, inputs, sharing);
                    let mut out = vec![f32::NAN; count * outputs];
                    let matrix = IntegerMatrix::of(bytes, outputs, inputs, weight);
                    matrix.apply(&rounded, 0.01, &bias, &mut out);
                    assert_eq!(out, expected, "{count} {inputs} {outputs} {sharing:?} {bytes}");
                }
            }
        }
    }

    #[test]
    fn rows_of_zeros_stay_zero() {
        let mut rounded = RoundedRows::default();
        rounded.round(&[0.0; 8], 4, Sharing::Row);
        let mut out = [f32::NAN; 4];
        IntegerMatrix::new(2, 4, |_, _| 5.0).apply(&rounded, 1.0, &[0.0, 1.0], &mut out);
        assert_eq!(out, [0.0, 1.0, 0.0, 1.0]);
    }
}
