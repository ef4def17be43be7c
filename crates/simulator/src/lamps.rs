//! Lamps, and a grid that says which of them reach a point.

use glam::{Affine3A, Vec2, Vec3};

use crate::noise::smoothstep;

/// Irradiance below which a lamp is not looked at.
const FAINT: f32 = 0.012;
/// No lamp reaches farther, metres.
const FARTHEST_M: f32 = 60.0;
const CELL_M: f32 = 10.0;
/// Most cells of a grid along one side.
const MAX_SIDE: usize = 128;

/// A cone of light.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Beam {
    /// Unit vector from the lamp.
    pub dir: Vec3,
    /// Cosine of the angle from `dir` at which the light ends.
    pub cos_edge: f32,
}

/// A lamp without a visible body of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Lamp {
    pub position: Vec3,
    /// Irradiance at one metre.
    pub power: Vec3,
    /// Bodies this near to it cast no shadow: its shade, metres.
    pub clear_m: f32,
    /// Switched on in the dark only.
    pub night_only: bool,
    /// Size of the glowing part, metres: softens shadows.
    pub radius: f32,
    /// `None` shines all around.
    pub beam: Option<Beam>,
}

impl Lamp {
    /// The lamp as part of something that stands at a pose.
    pub fn placed(&self, world_from_local: &Affine3A, scale: Vec3) -> Self {
        let place = |p: Vec3| world_from_local.transform_point3(p * scale);
        let turn = |beam: Beam| Beam {
            dir: world_from_local.transform_vector3(beam.dir).normalize_or(Vec3::NEG_Y),
            ..beam
        };
        Self { position: place(self.position), beam: self.beam.map(turn), ..*self }
    }

    /// Irradiance of a surface at `to_lamp` before it that faces it.
    pub fn at(&self, to_lamp: Vec3, distance_squared: f32) -> Vec3 {
        let light = self.power / distance_squared.max(0.05);
        match self.beam {
            None => light,
            Some(Beam { dir, cos_edge }) => {
                let cos = -to_lamp.dot(dir) / distance_squared.max(1e-6).sqrt();
                light * smoothstep(cos_edge, cos_edge + 0.6 * (1.0 - cos_edge), cos)
            }
        }
    }

    fn reach_m(&self) -> f32 {
        (self.power.max_element().max(0.0) / FAINT).sqrt().min(FARTHEST_M)
    }
}

/// Lamps by where their light goes.
#[derive(Clone, Debug, Default)]
pub(crate) struct LampGrid {
    lamps: Vec<Lamp>,
    origin: Vec2,
    per_m: f32,
    columns: usize,
    rows: usize,
    /// First item of each cell in `items`, and one more.
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl LampGrid {
    /// Sorts lamps into the grid; the memory of earlier ones is used again.
    pub fn fill(&mut self, lamps: impl Iterator<Item = Lamp>) {
        self.lamps.clear();
        self.lamps.extend(lamps.filter(|lamp| lamp.position.is_finite() && lamp.reach_m() > 0.0));
        self.starts.clear();
        self.items.clear();
        (self.columns, self.rows) = (0, 0);
        if self.lamps.is_empty() {
            return;
        }
        let (mut low, mut high) = (Vec2::INFINITY, Vec2::NEG_INFINITY);
        for lamp in &self.lamps {
            let reach = Vec2::splat(lamp.reach_m());
            low = low.min(flat(lamp.position) - reach);
            high = high.max(flat(lamp.position) + reach);
        }
        let cell_m = ((high - low).max_element() / MAX_SIDE as f32).max(CELL_M);
        self.origin = low;
        self.per_m = 1.0 / cell_m;
        let side = |length: f32| ((length / cell_m) as usize + 1).min(MAX_SIDE);
        (self.columns, self.rows) = (side(high.x - low.x), side(high.y - low.y));
        self.starts.resize(self.columns * self.rows + 1, 0);
        for lamp in &self.lamps {
            let (columns, starts) = (self.columns, &mut self.starts);
            visit(self.origin, self.per_m, columns, self.rows, lamp, |cell| starts[cell + 1] += 1);
        }
        for cell in 1..self.starts.len() {
            self.starts[cell] += self.starts[cell - 1];
        }
        self.items.resize(self.starts.last().map_or(0, |&n| n as usize), 0);
        // Filling moves each start to the next cell's; one shift brings them back.
        for (i, lamp) in self.lamps.iter().enumerate() {
            let (items, starts) = (&mut self.items, &mut self.starts);
            visit(self.origin, self.per_m, self.columns, self.rows, lamp, |cell| {
                items[starts[cell] as usize] = i as u32;
                starts[cell] += 1;
            });
        }
        self.starts.rotate_right(1);
        self.starts[0] = 0;
    }

    pub fn all(&self) -> &[Lamp] {
        &self.lamps
    }

    /// The lamps whose light may reach a point.
    pub fn near(&self, point: Vec3) -> impl Iterator<Item = &Lamp> {
        let at = (flat(point) - self.origin) * self.per_m;
        let inside =
            at.x >= 0.0 && at.y >= 0.0 && at.x < self.columns as f32 && at.y < self.rows as f32;
        let items = if inside {
            let cell = at.y as usize * self.columns + at.x as usize;
            &self.items[self.starts[cell] as usize..self.starts[cell + 1] as usize]
        } else {
            &[]
        };
        items.iter().map(|&i| &self.lamps[i as usize])
    }
}

fn flat(p: Vec3) -> Vec2 {
    Vec2::new(p.x, p.z)
}

/// Calls `f` with every cell that a lamp's light may reach.
fn visit(
    origin: Vec2,
    per_m: f32,
    columns: usize,
    rows: usize,
    lamp: &Lamp,
    mut f: impl FnMut(usize),
) {
    let (centre, reach) = (flat(lamp.position), lamp.reach_m());
    let clamp = |v: f32, count: usize| (v.max(0.0) as usize).min(count - 1);
    let low = (centre - reach - origin) * per_m;
    let high = (centre + reach - origin) * per_m;
    for row in clamp(low.y, rows)..=clamp(high.y, rows) {
        for column in clamp(low.x, columns)..=clamp(high.x, columns) {
            let corner = origin + Vec2::new(column as f32, row as f32) / per_m;
            let nearest = centre.clamp(corner, corner + 1.0 / per_m);
            if nearest.distance_squared(centre) <= reach * reach {
                f(row * columns + column);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;

    #[test]
    fn no_lamp_that_counts_is_missed() {
        let mut rng = Rng::new(4);
        let lamp = |rng: &mut Rng| Lamp {
            position: Vec3::new(rng.range(-900.0, 500.0), 5.0, rng.range(100.0, 700.0)),
            power: Vec3::splat(rng.log_range(0.5, 20.0)),
            clear_m: 0.1,
            night_only: true,
            radius: 0.1,
            beam: None,
        };
        let lamps: Vec<Lamp> = (0..300).map(|_| lamp(&mut rng)).collect();
        let mut grid = LampGrid::default();
        grid.fill(lamps.iter().copied());
        for _ in 0..500 {
            let point = Vec3::new(rng.range(-950.0, 550.0), 0.0, rng.range(50.0, 750.0));
            for lamp in &lamps {
                let to = lamp.position - point;
                let strong = lamp.at(to, to.length_squared()).max_element() > FAINT;
                let found = grid.near(point).any(|other| other == lamp);
                assert!(found || !strong, "{lamp:?} is missed at {point}");
            }
        }
    }
}
