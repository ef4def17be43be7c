//! Squared distances from the triangles around a vertex, in place and texture alike (Garland and
//! Heckbert 1998).

/// Place (three numbers) and place on the texture in metres (two).
pub(super) type Spot = [f64; 5];

/// The sum of squared distances of a spot from some planes, weighted by area.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Quadric {
    /// Symmetric: rows of the upper half.
    a: [[f64; 5]; 5],
    b: Spot,
    c: f64,
    weight: f64,
}

fn dot(a: &Spot, b: &Spot) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn minus(a: &Spot, b: &Spot) -> Spot {
    std::array::from_fn(|at| a[at] - b[at])
}

fn unit(a: &Spot) -> Option<Spot> {
    let length = dot(a, a).sqrt();
    (length > 1e-9).then(|| a.map(|value| value / length))
}

impl Quadric {
    /// Of a triangle's plane; `None` of a triangle without a plane.
    pub(super) fn of_triangle([p, q, r]: [&Spot; 3], weight: f64) -> Option<Self> {
        let first = unit(&minus(q, p))?;
        let side = minus(r, p);
        let along = dot(&side, &first);
        let second = unit(&std::array::from_fn(|at| side[at] - along * first[at]))?;
        let (d1, d2) = (dot(p, &first), dot(p, &second));
        let mut quadric = Self { weight, ..Self::default() };
        for row in 0..5 {
            for column in row..5 {
                let one = f64::from(u8::from(row == column));
                let value = one - first[row] * first[column] - second[row] * second[column];
                quadric.a[row][column] = weight * value;
            }
            quadric.b[row] = weight * (d1 * first[row] + d2 * second[row] - p[row]);
        }
        quadric.c = weight * (dot(p, p) - d1 * d1 - d2 * d2);
        Some(quadric)
    }

    /// Of the plane through a place with a unit normal, whatever the texture. Counts as error, not
    /// as area.
    pub(super) fn of_plane(normal: [f64; 3], place: &Spot, weight: f64) -> Self {
        let mut quadric = Self::default();
        let off: f64 = -(0..3).map(|at| normal[at] * place[at]).sum::<f64>();
        for (row, n) in normal.iter().enumerate() {
            for (column, m) in normal.iter().enumerate().skip(row) {
                quadric.a[row][column] = weight * n * m;
            }
            quadric.b[row] = weight * off * n;
        }
        quadric.c = weight * off * off;
        quadric
    }

    pub(super) fn add(&mut self, other: &Self) {
        for row in 0..5 {
            for column in row..5 {
                self.a[row][column] += other.a[row][column];
            }
            self.b[row] += other.b[row];
        }
        self.c += other.c;
        self.weight += other.weight;
    }

    pub(super) fn weight(&self) -> f64 {
        self.weight
    }

    /// The weighted sum at a spot; 0 where rounding would make it less.
    pub(super) fn at(&self, spot: &Spot) -> f64 {
        let mut sum = self.c;
        for (row, x) in spot.iter().enumerate() {
            sum += (self.a[row][row] * x + 2.0 * self.b[row]) * x;
            for (column, y) in spot.iter().enumerate().skip(row + 1) {
                sum += 2.0 * self.a[row][column] * x * y;
            }
        }
        sum.max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_from_a_triangle_are_squared_and_weighted() {
        let corners: [Spot; 3] =
            [[1.0, 2.0, 3.0, 0.0, 0.0], [2.0, 2.0, 3.0, 1.0, 0.0], [1.0, 3.0, 3.0, 0.0, 1.0]];
        let quadric = Quadric::of_triangle(corners.each_ref(), 2.0).expect("a triangle");
        // What lies on the triangle, texture included, has no distance.
        assert!(quadric.at(&[4.0, -1.0, 3.0, 3.0, -3.0]) < 1e-9);
        assert!((quadric.at(&[1.0, 2.0, 3.5, 0.0, 0.0]) - 0.5).abs() < 1e-9);
        // Moved along the surface the texture is off by as much, and a diagonal is as short.
        assert!((quadric.at(&[2.0, 2.0, 3.0, 0.0, 0.0]) - 1.0).abs() < 1e-9);
        let line = Quadric::of_plane([0.0, 1.0, 0.0], &corners[0], 3.0);
        assert!((line.at(&[7.0, 2.1, 9.0, 5.0, 5.0]) - 0.03).abs() < 1e-9);
        assert!(Quadric::of_triangle([&corners[0], &corners[0], &corners[1]], 1.0).is_none());
    }
}
