//! The ground plan: where racks, aisles, docks and lanes lie.

use glam::Vec2;

use crate::random::Rng;

/// Depth of a rack, metres.
pub(super) const RACK_DEPTH: f32 = 1.1;
/// Between two racks that stand back to back: columns stand in it.
const FLUE: f32 = 0.36;
/// Length of a bay with its upright.
pub(super) const BAY: f32 = 2.82;
/// Level of the yard outside.
pub(super) const YARD_Y: f32 = -1.2;
/// Thickness of paint: lies on the floor without flicker.
pub(super) const PAINT: f32 = 0.002;

/// What stands in a dock's doorway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DockState {
    Closed,
    /// Open, a trailer stands behind it.
    Trailer,
    /// Open to the yard.
    Open,
    /// Half open.
    Half,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Dock {
    pub x: f32,
    pub state: DockState,
}

/// A line of racks along Z.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Of the rack's middle.
    pub x: f32,
    /// Side of the aisle that it is loaded from: -1 or 1.
    pub front: f32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Lane {
    pub x: f32,
    pub width: f32,
}

/// All measures in metres; the hall spans `-half..half` with its docks at +Z.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub half: Vec2,
    pub height: f32,
    pub aisles: Vec<Lane>,
    pub rows: Vec<Row>,
    /// Centres of back-to-back racks: where columns may stand.
    pub spines: Vec<f32>,
    /// Stretches of Z that racks fill.
    pub stretches: Vec<(f32, f32)>,
    pub docks: Vec<Dock>,
    /// The door on floor level with its ramp: X of its middle.
    pub gate_x: f32,
    /// X range of open floor beside the racks, and the side it lies on.
    pub side: (f32, f32),
    pub side_sign: f32,
    /// Heights of the racks' beams.
    pub beams: Vec<f32>,
    /// Z of the trusses.
    pub trusses: Vec<f32>,
    /// X of the skylights' middles.
    pub skylights: Vec<f32>,
}

impl Plan {
    pub fn new(rng: &mut Rng, roam: bool) -> Self {
        let half = if roam {
            Vec2::new(rng.range(44.0, 66.0), rng.range(34.0, 48.0))
        } else {
            Vec2::new(rng.range(20.0, 30.0), rng.range(24.0, 30.0))
        };
        let height = rng.range(9.4, 12.2);
        let side_sign = rng.pick(&[-1.0f32, 1.0]);
        let side_width = rng.range(0.2, 0.3) * half.x + 4.0;
        let aisle = rng.range(3.5, 4.1);
        let double = 2.0 * RACK_DEPTH + FLUE;
        let (low, high) = if side_sign > 0.0 {
            (-half.x + 1.2, half.x - side_width)
        } else {
            (-half.x + side_width, half.x - 1.2)
        };
        let count = (((high - low - aisle) / (aisle + double)) as usize).max(1);
        let width =
            ((high - low - count as f32 * double) / (count + 1) as f32).clamp(aisle, aisle + 0.5);
        let pitch = width + double;
        let mut aisles = Vec::with_capacity(count + 1);
        let (mut rows, mut spines) = (Vec::with_capacity(2 * count), Vec::with_capacity(count));
        for i in 0..=count {
            let x = low + 0.5 * width + i as f32 * pitch;
            aisles.push(Lane { x, width });
            if i < count {
                let middle = x + 0.5 * pitch;
                spines.push(middle);
                for front in [-1.0f32, 1.0] {
                    rows.push(Row { x: middle + front * 0.5 * (RACK_DEPTH + FLUE), front });
                }
            }
        }
        let apron = if roam { rng.range(17.0, 20.5) } else { 12.0 };
        let (north, south) = (-half.y + rng.range(6.0, 8.0), half.y - apron);
        let mut stretches = vec![(north, south)];
        if south - north > 38.0 {
            let middle = north + (south - north) * rng.range(0.38, 0.62);
            stretches = vec![(north, middle - 2.6), (middle + 2.6, south)];
        }
        // Whole bays only; the rest is left open at the north end.
        for (from, to) in &mut stretches {
            *from = *to - ((*to - *from - 0.1) / BAY).floor() * BAY - 0.1;
        }
        let first = rng.range(1.75, 2.15);
        let step = rng.range(1.7, 2.0);
        let beams = (0..4)
            .map(|i| first + step * i as f32)
            .filter(|y| *y < height - 3.6)
            .collect::<Vec<_>>();
        let gate_x = -side_sign * (half.x - 6.0);
        let mut docks = Vec::new();
        let step_x = rng.range(5.2, 6.4);
        let mut x = -half.x + 5.0;
        while x < half.x - 4.0 {
            if (x - gate_x).abs() > 5.4 {
                let state = match rng.below(10) {
                    0..=3 => DockState::Closed,
                    4..=6 => DockState::Trailer,
                    7 | 8 => DockState::Open,
                    _ => DockState::Half,
                };
                docks.push(Dock { x, state });
            }
            x += step_x;
        }
        let spans = ((2.0 * half.y) / rng.range(9.0, 12.0)).round().max(2.0);
        let trusses =
            (1..spans as usize).map(|i| -half.y + 2.0 * half.y * i as f32 / spans).collect();
        // Over every second aisle, so that daylight falls into it.
        let skip = rng.below(2);
        let skylights = aisles.iter().map(|a| a.x).skip(skip).step_by(2).collect();
        let side = if side_sign > 0.0 { (high, half.x) } else { (-half.x, low) };
        Self {
            half,
            height,
            aisles,
            rows,
            spines,
            stretches,
            docks,
            gate_x,
            side,
            side_sign,
            beams,
            trusses,
            skylights,
        }
    }

    pub fn south(&self) -> f32 {
        self.stretches.last().map_or(0.0, |s| s.1)
    }

    pub fn north(&self) -> f32 {
        self.stretches.first().map_or(0.0, |s| s.0)
    }

    /// Middle of the lane behind the racks.
    pub fn back_lane(&self) -> f32 {
        0.5 * (self.north() - self.half.y)
    }
}

/// A closed way of straights and quarter circles, clockwise seen from above or the other way.
#[derive(Clone, Debug)]
pub(super) struct Loop {
    low: Vec2,
    high: Vec2,
    radius: f32,
}

impl Loop {
    /// Around a rectangle of the floor (X, Z).
    pub fn new(low: Vec2, high: Vec2, radius: f32) -> Self {
        let most = 0.49 * (high - low).min_element();
        Self { low, high, radius: radius.min(most).max(0.1) }
    }

    fn straights(&self) -> Vec2 {
        self.high - self.low - 2.0 * self.radius
    }

    pub fn length(&self) -> f32 {
        let s = self.straights();
        2.0 * (s.x + s.y) + std::f32::consts::TAU * self.radius
    }

    /// Place and direction at a way from the start.
    pub fn at(&self, way: f32) -> (Vec2, Vec2) {
        let s = self.straights();
        let arc = std::f32::consts::FRAC_PI_2 * self.radius;
        let mut rest = way.rem_euclid(self.length());
        let (r, low, high) = (self.radius, self.low, self.high);
        let corners = [
            (Vec2::new(low.x + r, low.y), Vec2::X, s.x, Vec2::new(high.x - r, low.y + r)),
            (Vec2::new(high.x, low.y + r), Vec2::Y, s.y, Vec2::new(high.x - r, high.y - r)),
            (Vec2::new(high.x - r, high.y), Vec2::NEG_X, s.x, Vec2::new(low.x + r, high.y - r)),
            (Vec2::new(low.x, high.y - r), Vec2::NEG_Y, s.y, Vec2::new(low.x + r, low.y + r)),
        ];
        for (from, along, length, centre) in corners {
            if rest < length {
                return (from + along * rest, along);
            }
            rest -= length;
            if rest < arc {
                let (sin, cos) = (rest / r).sin_cos();
                // From outward of the straight round to along it.
                let out = -along.perp();
                return (centre + (out * cos + along * sin) * r, along * cos - out * sin);
            }
            rest -= arc;
        }
        (self.low + Vec2::new(r, 0.0), Vec2::X)
    }
}
