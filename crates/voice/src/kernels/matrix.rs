//! Multiplication by a matrix that is laid out for it once.

use pulp::{Simd, WithSimd};

/// Outputs that are worked on together.
const COLUMNS: usize = 16;
/// Rows of activations: row `i` is `data[i * stride..][..inputs]`. Rows may overlap, which makes a
/// convolution of consecutive ones.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub data: &'a [f32],
    pub stride: usize,
    pub count: usize,
}

/// A matrix whose columns lie in blocks of [`COLUMNS`].
#[derive(Debug, Clone)]
pub(crate) struct Matrix {
    blocks: Vec<f32>,
    inputs: usize,
    outputs: usize,
}

impl Matrix {
    /// Lays out `value(output, input)`.
    pub(crate) fn new(outputs: usize, inputs: usize, value: impl Fn(usize, usize) -> f32) -> Self {
        let mut blocks = vec![0.0; outputs.div_ceil(COLUMNS) * inputs * COLUMNS];
        for (block, values) in blocks.chunks_exact_mut((inputs * COLUMNS).max(1)).enumerate() {
            for (input, row) in values.chunks_exact_mut(COLUMNS).enumerate() {
                for (output, place) in (block * COLUMNS..outputs).zip(row) {
                    *place = value(output, input);
                }
            }
        }
        Self { blocks, inputs, outputs }
    }

    pub(crate) fn inputs(&self) -> usize {
        self.inputs
    }

    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    /// `out[row] = scale * matrix * row + bias` for each row; `bias` may be empty.
    ///
    /// # Panics
    /// When a slice is too short for the rows: the callers are in this crate.
    pub(crate) fn apply(&self, rows: Rows<'_>, scale: f32, bias: &[f32], out: &mut [f32]) {
        assert!(bias.is_empty() || bias.len() == self.outputs);
        assert!(out.len() >= rows.count * self.outputs);
        assert!(rows.count == 0 || rows.data.len() >= (rows.count - 1) * rows.stride + self.inputs);
        pulp::Arch::new().dispatch(Product { matrix: self, rows, scale, bias, out });
    }
}

struct Product<'a> {
    matrix: &'a Matrix,
    rows: Rows<'a>,
    scale: f32,
    bias: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let block_len = (self.matrix.inputs * COLUMNS).max(1);
        for (index, block) in self.matrix.blocks.chunks_exact(block_len).enumerate() {
            let mut row = 0;
            // As many sums at a time as there are registers for.
            match S::F32_LANES {
                16 => {
                    while row + 12 <= self.rows.count {
                        self.tile::<S, 12, 1>(simd, block, index, row);
                        row += 12;
                    }
                    while row < self.rows.count {
                        self.tile::<S, 4, 1>(simd, block, index, row);
                        row += 4;
                    }
                }
                8 => {
                    while row + 2 < self.rows.count {
                        self.tile::<S, 6, 2>(simd, block, index, row);
                        row += 6;
                    }
                    // A stream brings a frame or two at a time.
                    if row < self.rows.count {
                        self.tile::<S, 2, 2>(simd, block, index, row);
                    }
                }
                4 => {
                    while row < self.rows.count {
                        self.tile::<S, 4, 4>(simd, block, index, row);
                        row += 4;
                    }
                }
                _ => {
                    while row < self.rows.count {
                        self.row(block, index, row);
                        row += 1;
                    }
                }
            }
        }
    }
}

impl Product<'_> {
    /// `HEIGHT` rows times one block of columns, which take `WIDTH` registers; rows past the last
    /// repeat it and are not kept.
    #[inline(always)]
    fn tile<S: Simd, const HEIGHT: usize, const WIDTH: usize>(
        &mut self,
        simd: S,
        block: &[f32],
        index: usize,
        first: usize,
    ) {
        let inputs = self.matrix.inputs;
        let mut rows: [&[f32]; HEIGHT] = [&[]; HEIGHT];
        for (at, row) in rows.iter_mut().enumerate() {
            let start = (first + at).min(self.rows.count - 1) * self.rows.stride;
            *row = &self.rows.data[start..start + inputs];
        }
        let mut sums = [[simd.splat_f32s(0.0); WIDTH]; HEIGHT];
        let (weights, _) = S::as_simd_f32s(block);
        let (weights, _) = weights.as_chunks::<WIDTH>();
        for (input, weights) in weights[..inputs].iter().enumerate() {
            for (row, sums) in rows.iter().zip(&mut sums) {
                let x = simd.splat_f32s(row[input]);
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum = simd.mul_add_f32s(x, *weight, *sum);
                }
            }
        }
        for (at, sums) in sums.iter().enumerate().take(self.rows.count - first) {
            let mut values = [0.0; COLUMNS];
            let (places, _) = S::as_mut_simd_f32s(&mut values);
            for (place, sum) in places.iter_mut().zip(sums) {
                *place = *sum;
            }
            self.finish(&values, index, first + at);
        }
    }

    /// One row times one block of columns where there are no vectors: nor is there fused
    /// multiplication, but a slow imitation, so that results differ in the last digit.
    #[inline(always)]
    fn row(&mut self, block: &[f32], index: usize, row: usize) {
        let inputs = &self.rows.data[row * self.rows.stride..][..self.matrix.inputs];
        let mut sums = [0.0; COLUMNS];
        for (x, weights) in inputs.iter().zip(block.as_chunks::<COLUMNS>().0) {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += x * weight;
            }
        }
        self.finish(&sums, index, row);
    }

    #[inline(always)]
    fn finish(&mut self, sums: &[f32; COLUMNS], index: usize, row: usize) {
        let outputs = self.matrix.outputs;
        let start = index * COLUMNS;
        let width = COLUMNS.min(outputs - start);
        let out = &mut self.out[row * outputs + start..][..width];
        for (out, sum) in out.iter_mut().zip(sums) {
            *out = sum * self.scale;
        }
        if let Some(bias) = self.bias.get(start..start + width) {
            for (out, bias) in out.iter_mut().zip(bias) {
                *out += bias;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_the_definition() {
        for (count, inputs, outputs, stride) in
            [(1, 3, 5, 3), (2, 40, 20, 40), (8, 9, 17, 9), (13, 7, 33, 7), (29, 21, 16, 3)]
        {
            let weight = |o: usize, i: usize| ((o * 31 + i * 17) % 13) as f32 - 6.0;
            let data: Vec<f32> =
                (0..(count - 1) * stride + inputs).map(|i| ((i * 7) % 11) as f32 - 5.0).collect();
            let bias: Vec<f32> = (0..outputs).map(|o| o as f32).collect();
            let mut out = vec![f32::NAN; count * outputs];
            let rows = Rows { data: &data, stride, count };
            Matrix::new(outputs, inputs, weight).apply(rows, 0.5, &bias, &mut out);
            for row in 0..count {
                for output in 0..outputs {
                    let sum: f32 =
                        (0..inputs).map(|i| weight(output, i) * data[row * stride + i]).sum();
                    assert_eq!(out[row * outputs + output], 0.5 * sum + bias[output]);
                }
            }
        }
    }
}
