//! Distance between two sets of features.

use crate::MetricError;

/// Most features a vector may have: the work grows with the cube.
const MAX_FEATURES: usize = 1024;
/// Sweeps after which a symmetric matrix is as diagonal as it gets; about six are used.
const MAX_SWEEPS: usize = 40;

/// Frechet distance of two sets of feature vectors, each taken as a Gaussian:
/// `|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))` with sample covariances (divided by n - 1).
///
/// The figure says something only about the features that are put in; it is no FID or FVD unless
/// they come from the networks of those names.
///
/// # Errors
/// [`MetricError::BadValues`] when a set has fewer than two vectors, lengths differ, there are more
/// than 1024 features, or one is not finite.
pub fn frechet_distance(first: &[Vec<f32>], second: &[Vec<f32>]) -> Result<f64, MetricError> {
    let features = first.first().map_or(0, Vec::len);
    for (field, set) in [("first", first), ("second", second)] {
        check(field, set, features)?;
    }
    let (mean_a, covariance_a) = gaussian_of(first, features);
    let (mean_b, covariance_b) = gaussian_of(second, features);
    let apart: f64 = mean_a.iter().zip(&mean_b).map(|(a, b)| (a - b) * (a - b)).sum();
    // tr (C1 C2)^(1/2) = tr (S C2 S)^(1/2) with S = C1^(1/2): symmetric, so its eigenvalues are
    // real and not negative but for rounding.
    let root = covariance_a.square_root();
    let inner = root.times(&covariance_b).times(&root).symmetric();
    let overlap: f64 = inner.eigenvalues().iter().map(|value| value.max(0.0).sqrt()).sum();
    Ok((apart + covariance_a.trace() + covariance_b.trace() - 2.0 * overlap).max(0.0))
}

fn check(field: &'static str, set: &[Vec<f32>], features: usize) -> Result<(), MetricError> {
    let fail = |problem: String| Err(MetricError::BadValues { field, problem });
    if set.len() < 2 {
        return fail(format!("{} vectors, at least 2 are needed", set.len()));
    }
    if features == 0 || features > MAX_FEATURES {
        return fail(format!("{features} features, expected 1 to {MAX_FEATURES}"));
    }
    for (at, vector) in set.iter().enumerate() {
        if vector.len() != features {
            return fail(format!("vector {at} has {} features, not {features}", vector.len()));
        }
        if let Some(value) = vector.iter().find(|value| !value.is_finite()) {
            return fail(format!("vector {at} holds {value}"));
        }
    }
    Ok(())
}

fn gaussian_of(set: &[Vec<f32>], features: usize) -> (Vec<f64>, Square) {
    let mut mean = vec![0.0; features];
    for vector in set {
        for (mean, value) in mean.iter_mut().zip(vector) {
            *mean += f64::from(*value) / set.len() as f64;
        }
    }
    let mut covariance = Square::zeros(features);
    let mut apart = vec![0.0; features];
    for vector in set {
        for ((apart, value), mean) in apart.iter_mut().zip(vector).zip(&mean) {
            *apart = f64::from(*value) - mean;
        }
        for (row, a) in covariance.values.chunks_exact_mut(features).zip(&apart) {
            for (value, b) in row.iter_mut().zip(&apart) {
                *value += a * b;
            }
        }
    }
    for value in &mut covariance.values {
        *value /= (set.len() - 1) as f64;
    }
    (mean, covariance)
}

/// A square matrix by rows.
#[derive(Clone)]
struct Square {
    side: usize,
    values: Vec<f64>,
}

impl Square {
    fn zeros(side: usize) -> Self {
        Self { side, values: vec![0.0; side * side] }
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.side + column]
    }

    fn trace(&self) -> f64 {
        (0..self.side).map(|i| self.at(i, i)).sum()
    }

    fn times(&self, other: &Self) -> Self {
        let mut product = Self::zeros(self.side);
        let rows = self.values.chunks_exact(self.side);
        for (out, row) in product.values.chunks_exact_mut(self.side).zip(rows) {
            for (a, line) in row.iter().zip(other.values.chunks_exact(self.side)) {
                for (out, b) in out.iter_mut().zip(line) {
                    *out += a * b;
                }
            }
        }
        product
    }

    /// Rounding of products taken out.
    fn symmetric(&self) -> Self {
        let mut out = self.clone();
        for row in 0..self.side {
            for column in 0..self.side {
                let mean = 0.5 * (self.at(row, column) + self.at(column, row));
                out.values[row * self.side + column] = mean;
            }
        }
        out
    }

    fn eigenvalues(&self) -> Vec<f64> {
        self.diagonalised().0
    }

    /// The positive root of a symmetric matrix without negative eigenvalues.
    fn square_root(&self) -> Self {
        let (values, vectors) = self.diagonalised();
        // Rows of `vectors` are the eigenvectors: V^T sqrt(D) V.
        let mut root = Self::zeros(self.side);
        for (value, vector) in values.iter().zip(vectors.values.chunks_exact(self.side)) {
            let value = value.max(0.0).sqrt();
            for (row, a) in root.values.chunks_exact_mut(self.side).zip(vector) {
                for (out, b) in row.iter_mut().zip(vector) {
                    *out += value * a * b;
                }
            }
        }
        root
    }

    /// Eigenvalues of a symmetric matrix and its eigenvectors as rows: cyclic Jacobi rotations
    /// (Golub and Van Loan, Matrix Computations, 8.5).
    fn diagonalised(&self) -> (Vec<f64>, Self) {
        let side = self.side;
        let mut a = self.clone();
        let mut vectors = Self::zeros(side);
        for i in 0..side {
            vectors.values[i * side + i] = 1.0;
        }
        let total: f64 = a.values.iter().map(|v| v * v).sum();
        for _ in 0..MAX_SWEEPS {
            let off: f64 = (0..side)
                .flat_map(|row| (0..row).map(move |column| (row, column)))
                .map(|(row, column)| a.at(row, column).powi(2))
                .sum();
            if off <= 1e-30 * total {
                break;
            }
            for p in 0..side {
                for q in p + 1..side {
                    a.rotate(&mut vectors, p, q);
                }
            }
        }
        ((0..side).map(|i| a.at(i, i)).collect(), vectors)
    }

    /// Turns rows and columns `p` and `q` so that the element between them vanishes.
    fn rotate(&mut self, vectors: &mut Self, p: usize, q: usize) {
        let side = self.side;
        let between = self.at(p, q);
        if between == 0.0 {
            return;
        }
        let tau = (self.at(q, q) - self.at(p, p)) / (2.0 * between);
        let tangent = tau.signum() / (tau.abs() + (1.0 + tau * tau).sqrt());
        let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
        let sine = tangent * cosine;
        for k in 0..side {
            let (kp, kq) = (self.at(k, p), self.at(k, q));
            self.values[k * side + p] = cosine * kp - sine * kq;
            self.values[k * side + q] = sine * kp + cosine * kq;
        }
        for matrix in [self, vectors] {
            for k in 0..side {
                let (pk, qk) = (matrix.at(p, k), matrix.at(q, k));
                matrix.values[p * side + k] = cosine * pk - sine * qk;
                matrix.values[q * side + k] = sine * pk + cosine * qk;
            }
        }
    }
}
