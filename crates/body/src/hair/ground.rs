//! What hair rests on.

use crate::assemble::Figure;
use glam::{Vec2, Vec3};

/// What hair rests on: how far skin reaches from the middle of the head in every direction, and below
/// the chin how far from the neck's axis at every height.
pub(super) struct Ground {
    centre: Vec3,
    chin: f32,
    size: f32,
    head: Grid,
    chest: Grid,
}

/// Distances on a map that is closed around.
struct Grid(Vec<f32>);

impl Grid {
    const AROUND: usize = 56;
    const UP: usize = 40;

    fn new(places: impl Iterator<Item = (Vec2, f32)>) -> Self {
        let mut cells = vec![0.0f32; Self::AROUND * Self::UP];
        for (at, away) in places {
            for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                let x = (at.x.floor() as usize + dx) % Self::AROUND;
                let y = (at.y.floor() as usize + dy).min(Self::UP - 1);
                let cell = &mut cells[y * Self::AROUND + x];
                *cell = cell.max(away);
            }
        }
        // Where nothing was met (between vertices, and at the poles), what is around counts.
        while cells.contains(&0.0) && cells.iter().any(|r| *r > 0.0) {
            let old = cells.clone();
            for (at, cell) in cells.iter_mut().enumerate().filter(|(_, r)| **r == 0.0) {
                let (x, y) = (at % Self::AROUND, at / Self::AROUND);
                let left = y * Self::AROUND + (x + Self::AROUND - 1) % Self::AROUND;
                let right = y * Self::AROUND + (x + 1) % Self::AROUND;
                let above = at + if y + 1 < Self::UP { Self::AROUND } else { 0 };
                let below = at - if y > 0 { Self::AROUND } else { 0 };
                let met = [left, right, above, below].map(|at| old[at]);
                let met = met.into_iter().filter(|r| *r > 0.0);
                let (sum, count) = met.fold((0.0, 0.0), |(sum, count), r| (sum + r, count + 1.0));
                *cell = sum / f32::max(count, 1.0);
            }
        }
        Self(cells)
    }

    fn at(&self, at: Vec2) -> f32 {
        let (x, y) = (at.x.floor() as usize, at.y.floor() as usize);
        let f = at - at.floor();
        let value = |dx: usize, dy: usize| {
            self.0[(y + dy).min(Self::UP - 1) * Self::AROUND + (x + dx) % Self::AROUND]
        };
        let low = value(0, 0) + (value(1, 0) - value(0, 0)) * f.x;
        let high = value(0, 1) + (value(1, 1) - value(0, 1)) * f.x;
        low + (high - low) * f.y
    }

    fn cell(around: f32, up: f32) -> Vec2 {
        let around = (around / std::f32::consts::TAU + 0.5).clamp(0.0, 0.9999);
        Vec2::new(around * Self::AROUND as f32, up.clamp(0.0, 0.9999) * Self::UP as f32)
    }
}

impl Ground {
    /// Metres below the chin that are known.
    const DEPTH: f32 = 0.45;

    pub(super) fn new(figure: &Figure, centre: Vec3, chin: f32, size: f32) -> Self {
        let mut ground =
            Self { centre, chin, size, head: Grid(Vec::new()), chest: Grid(Vec::new()) };
        let skin = &figure.positions[..figure.pack.topology.skin_vertices];
        let near = |p: &&Vec3| Vec2::new(p.x, p.z - centre.z).length() < 0.12 * size;
        let head = skin.iter().filter(near).filter(|p| p.y > chin - 0.02 * size);
        ground.head = Grid::new(head.map(|p| (ground.direction(*p), p.distance(centre))));
        let chest = skin.iter().filter(|p| p.y < chin + 0.02 && p.y > chin - Self::DEPTH - 0.02);
        let chest = chest.filter(|p| p.x.abs() < 0.16 * size);
        ground.chest = Grid::new(
            chest.map(|p| (ground.height(*p), ground.axis_to(*p).length().min(0.15 * size))),
        );
        ground
    }

    fn direction(&self, place: Vec3) -> Vec2 {
        let away = place - self.centre;
        let flat = Vec2::new(away.x, away.z).length();
        let up = f32::atan2(away.y, flat) / std::f32::consts::PI + 0.5;
        Grid::cell(f32::atan2(away.x, away.z), up)
    }

    pub(super) fn axis_to(&self, place: Vec3) -> Vec3 {
        Vec3::new(place.x, 0.0, place.z - self.centre.z + 0.012 * self.size)
    }

    fn height(&self, place: Vec3) -> Vec2 {
        let away = self.axis_to(place);
        Grid::cell(f32::atan2(away.x, away.z), (self.chin - place.y) / Self::DEPTH)
    }

    /// Metres above the head.
    pub(super) fn off(&self, place: Vec3) -> f32 {
        place.distance(self.centre) - self.head.at(self.direction(place))
    }

    /// The place itself, or pushed out of what is below it; `above` metres from the skin.
    pub(super) fn rest(&self, place: Vec3, above: f32, pull: bool) -> Vec3 {
        if place.y > self.chin {
            let away = place - self.centre;
            let floor = self.head.at(self.direction(place)) + above;
            if away.length() < floor || pull {
                return self.centre + away.normalize_or(Vec3::Y) * floor;
            }
        } else {
            let away = self.axis_to(place);
            let floor = self.chest.at(self.height(place)) + above;
            if away.length() < floor {
                let moved = away.normalize_or(Vec3::NEG_Z) * floor - away;
                // Not at once: hair slides out over the shoulders.
                return place + moved.clamp_length_max(0.022 * self.size);
            }
        }
        place
    }
}
