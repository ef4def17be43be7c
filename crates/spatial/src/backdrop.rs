//! What a world looks like in directions that were never seen: a small, smooth panorama.
//!
//! Holes near known pixels are filled from those; far from them, the fill fades to this. It hangs
//! on directions in the world, so that turning does not make it swim.

use crate::Tile;
use glam::{Vec2, Vec3};

/// Columns of the panorama: azimuth from behind over left, front and right to behind.
pub const BACKDROP_COLUMNS: usize = 96;
/// Rows of the panorama: elevation from straight up to straight down.
pub const BACKDROP_ROWS: usize = 48;
const BINS: usize = BACKDROP_COLUMNS * BACKDROP_ROWS;
/// Rows above and below from which an unknown direction is filled.
const REACH_ROWS: usize = 6;
/// Weight of the mean colour of a row beside that of known bins at a distance.
const ROW_MEAN_WEIGHT: f32 = 0.01;
/// An object's inverse distance is above this many times that of the scene behind it ...
const OBJECT_RATIO: f32 = 1.3;
/// ... and this, 1/m.
const OBJECT_OFFSET: f32 = 0.03;
/// Widest object that is told from the scene, columns to either side.
const OBJECT_COLUMNS: usize = 5;

/// The panorama: `[red, green, blue, inverse distance]` per bin, colours 0 to 255 in sRGB,
/// distance along the ray in 1/m (0 is sky).
#[derive(Debug, Clone, PartialEq)]
pub struct Backdrop {
    /// Sums of red, green, blue, inverse distance and weight over what was seen.
    sums: Vec<[f32; 5]>,
    bins: Vec<[f32; 4]>,
}

impl Default for Backdrop {
    fn default() -> Self {
        Self { sums: vec![[0.0; 5]; BINS], bins: vec![[96.0, 96.0, 96.0, 0.0]; BINS] }
    }
}

impl Backdrop {
    /// [`BACKDROP_ROWS`] rows from the top of [`BACKDROP_COLUMNS`] bins.
    pub fn bins(&self) -> &[[f32; 4]] {
        &self.bins
    }

    /// Position of a world-space direction, in bins: (0.5, 0.5) is the centre of the first one.
    pub fn position(direction: Vec3) -> Vec2 {
        use std::f32::consts::{PI, TAU};
        let azimuth = direction.x.atan2(-direction.z);
        let elevation = direction.y.atan2(direction.x.hypot(direction.z));
        Vec2::new(
            (azimuth / TAU + 0.5) * BACKDROP_COLUMNS as f32,
            (0.5 - elevation / PI) * BACKDROP_ROWS as f32,
        )
    }

    /// Bilinear sample in a world-space direction (any length).
    pub fn sample(&self, direction: Vec3) -> [f32; 4] {
        let at = Self::position(direction) - 0.5;
        let (column, row) = (at.x.floor(), at.y.floor());
        let (s, t) = (at.x - column, at.y - row);
        let pick = |dx: i32, dy: i32| {
            let x = (column as i32 + dx).rem_euclid(BACKDROP_COLUMNS as i32) as usize;
            let y = (row as i32 + dy).clamp(0, BACKDROP_ROWS as i32 - 1) as usize;
            self.bins[y * BACKDROP_COLUMNS + x]
        };
        let [a, b, c, d] = [pick(0, 0), pick(1, 0), pick(0, 1), pick(1, 1)];
        std::array::from_fn(|k| {
            let top = a[k] + (b[k] - a[k]) * s;
            let bottom = c[k] + (d[k] - c[k]) * s;
            top + (bottom - top) * t
        })
    }

    /// Takes new tiles in.
    pub(crate) fn learn<'a>(&mut self, tiles: impl Iterator<Item = &'a Tile>) {
        for tile in tiles {
            let view = tile.view();
            // A vertex every eight pixels is plenty for bins of some degrees.
            let Some(level) = tile.levels().iter().find(|l| l.stride >= 8) else { continue };
            for row in 0..level.rows {
                for column in 0..level.columns {
                    let at = (row * level.columns + column) as usize;
                    if level.rgba[at] >> 24 == 0 {
                        continue;
                    }
                    let ray = view.intrinsics().ray(tile.u(level, column), tile.v(level, row));
                    let position = Self::position(view.pose().rotation * ray);
                    let x = (position.x as usize).min(BACKDROP_COLUMNS - 1);
                    let y = (position.y as usize).min(BACKDROP_ROWS - 1);
                    let [r, g, b, _] = level.rgba[at].to_le_bytes().map(f32::from);
                    let inverse_distance = level.inverse_depth[at] / ray.length();
                    let sum = &mut self.sums[y * BACKDROP_COLUMNS + x];
                    for (total, value) in sum.iter_mut().zip([r, g, b, inverse_distance, 1.0]) {
                        *total += value;
                    }
                }
            }
        }
        self.spread();
    }

    pub(crate) fn sums(&self) -> &[[f32; 5]] {
        &self.sums
    }

    pub(crate) fn from_sums(sums: Vec<[f32; 5]>) -> Option<Self> {
        (sums.len() == BINS).then(|| {
            let mut backdrop = Self { sums, ..Self::default() };
            backdrop.spread();
            backdrop
        })
    }

    /// Whether a seen bin is clearly nearer than what was seen on both sides of it: an object in
    /// front of the scene, which is not what lies behind it.
    fn shows_an_object(&self, at: usize) -> bool {
        let inverse = |at: usize| {
            let sum = &self.sums[at];
            (sum[4] > 0.0).then(|| sum[3] / sum[4])
        };
        let Some(own) = inverse(at) else { return false };
        let (row, column) = (at / BACKDROP_COLUMNS, at % BACKDROP_COLUMNS);
        let farther_at = |step: usize| {
            let column = (column + step) % BACKDROP_COLUMNS;
            inverse(row * BACKDROP_COLUMNS + column)
                .is_some_and(|other| own > OBJECT_RATIO * other + OBJECT_OFFSET)
        };
        (1..=OBJECT_COLUMNS).any(farther_at)
            && (1..=OBJECT_COLUMNS).any(|step| farther_at(BACKDROP_COLUMNS - step))
    }

    /// Extends what was seen to all directions: along the horizon first, for skies and grounds
    /// look alike all around.
    fn spread(&mut self) {
        let mean = |sum: &[f32; 5]| std::array::from_fn::<f32, 4, _>(|k| sum[k] / sum[4]);
        let hidden: Vec<bool> = (0..BINS).map(|at| self.shows_an_object(at)).collect();
        let known = |at: usize| self.sums[at][4] > 0.0 && !hidden[at];
        let known_rows: Vec<Option<[f32; 4]>> = (0..BACKDROP_ROWS)
            .map(|row| {
                let mut total = [0.0; 5];
                let columns = row * BACKDROP_COLUMNS..(row + 1) * BACKDROP_COLUMNS;
                for at in columns.filter(|at| known(*at)) {
                    let own = mean(&self.sums[at]);
                    (0..4).for_each(|k| total[k] += own[k]);
                    total[4] += 1.0;
                }
                (total[4] > 0.0).then(|| mean(&total))
            })
            .collect();
        let seen: Vec<(usize, usize, [f32; 4])> = (0..BINS)
            .filter(|at| known(*at))
            .map(|at| (at % BACKDROP_COLUMNS, at / BACKDROP_COLUMNS, mean(&self.sums[at])))
            .collect();
        if seen.is_empty() {
            return;
        }
        let nearest_row = |row: usize| {
            (0..BACKDROP_ROWS)
                .filter(|other| known_rows[*other].is_some())
                .min_by_key(|other| other.abs_diff(row))
                .unwrap_or(row)
        };
        for row in 0..BACKDROP_ROWS {
            let like = nearest_row(row);
            // Towards the poles all directions come together: so do the colours.
            let steepness = like.abs_diff(row) as f32 / (BACKDROP_ROWS as f32 / 4.0);
            let near: Vec<_> =
                seen.iter().filter(|(_, y, _)| y.abs_diff(like) <= REACH_ROWS).collect();
            for column in 0..BACKDROP_COLUMNS {
                let at = row * BACKDROP_COLUMNS + column;
                if self.sums[at][4] > 0.0 && !hidden[at] {
                    self.bins[at] = mean(&self.sums[at]);
                    continue;
                }
                let apart = |x: usize, y: usize| {
                    let columns = x.abs_diff(column).min(BACKDROP_COLUMNS - x.abs_diff(column));
                    // Elevation tells more than azimuth: sky from ground.
                    Vec2::new(columns as f32, 3.0 * y.abs_diff(like) as f32).length()
                };
                let nearest = near.iter().map(|(x, y, _)| apart(*x, *y)).fold(f32::MAX, f32::min);
                // What was seen last goes on; the farther, the more it blurs.
                let softness = 1.0 / (0.5 + 0.1 * nearest);
                let row_weight = ROW_MEAN_WEIGHT + 4.0 * steepness.min(1.0);
                let mut total = row_weight;
                let mut value = known_rows[like].unwrap_or_default().map(|v| v * row_weight);
                for (x, y, own) in &near {
                    let weight = (-(apart(*x, *y) - nearest) * softness).exp();
                    total += weight;
                    (0..4).for_each(|k| value[k] += weight * own[k]);
                }
                self.bins[at] = value.map(|v| v / total);
            }
        }
    }
}
