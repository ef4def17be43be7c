//! The map: where streets run, how wide they are and what stands between them. Every answer is
//! computed from the seed and whole numbers, so that no place has to be known to know another.
//!
//! Line `i` along Z has its centre near `x = i * PITCH_M`, line `j` along X near
//! `z = j * PITCH_M`. Lines shift a little from block to block. Block `(i, j)` lies between the
//! lines `i` and `i + 1`, `j` and `j + 1`; junction `(i, j)` is at its lower corner.

use glam::Vec2;
use serde::{Deserialize, Serialize};

use crate::random::Rng;
use crate::surface::noise::{hash, hash_unit};

/// Mean distance of neighbouring streets, metres.
pub(super) const PITCH_M: f32 = 74.0;
/// Zebra crossings begin this far from the junction, metres, and are this wide.
pub(super) const ZEBRA_FROM_M: f32 = 1.0;
pub(super) const ZEBRA_WIDE_M: f32 = 3.0;
/// Cars stop this far from the junction, metres.
pub(super) const STOP_M: f32 = 5.2;
/// Height of the pavement over the carriageway, metres.
pub(super) const KERB_M: f32 = 0.13;

/// The direction in which a street runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) enum Along {
    X,
    Z,
}

/// A street between two junctions: along Z from junction `(i, j)` to `(i, j + 1)`, along X from
/// `(i, j)` to `(i + 1, j)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Segment {
    pub along: Along,
    pub i: i32,
    pub j: i32,
}

/// The cross-section of a street, metres from its centre line outwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Profile {
    /// Half the carriageway.
    pub half: f32,
    /// Centre of the lane.
    pub lane: f32,
    /// Cars park at the kerb.
    pub parking: bool,
    /// Half the planted strip in the middle; 0 is none.
    pub median: f32,
    /// Width of the pavement on either side.
    pub pavement: f32,
    /// Speed of free traffic, metres a second.
    pub speed: f32,
}

const PROFILES: [Profile; 3] = [
    Profile { half: 3.3, lane: 1.6, parking: false, median: 0.0, pavement: 2.9, speed: 7.0 },
    Profile { half: 5.3, lane: 1.55, parking: true, median: 0.0, pavement: 3.6, speed: 9.5 },
    Profile { half: 7.0, lane: 2.95, parking: true, median: 1.1, pavement: 4.8, speed: 11.5 },
];

/// How the houses of a district are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Brick,
    Stone,
    Modern,
    OldTown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Houses,
    Park,
    Square,
}

/// An upright rectangle on the ground: `x` is x, `y` is z.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    pub min: Vec2,
    pub max: Vec2,
}

impl Rect {
    pub fn shrunk(&self, by: f32) -> Self {
        Self { min: self.min + by, max: self.max - by }
    }

    pub fn centre(&self) -> Vec2 {
        (self.min + self.max) * 0.5
    }

    pub fn size(&self) -> Vec2 {
        self.max - self.min
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    seed: u32,
}

impl Plan {
    pub fn new(seed: u64) -> Self {
        Self { seed: (seed ^ (seed >> 32)) as u32 ^ 0xc17 }
    }

    /// A stream of numbers for one thing at one place.
    pub fn rng(&self, i: i32, j: i32, purpose: u32) -> Rng {
        let low = u64::from(hash(i, j, 0, self.seed ^ purpose));
        Rng::new(u64::from(hash(i, j, 1, self.seed ^ purpose)) << 32 | low)
    }

    pub fn unit(&self, i: i32, j: i32, k: i32, purpose: u32) -> f32 {
        hash_unit(i, j, k, self.seed ^ purpose)
    }

    pub fn profile(&self, along: Along, line: i32) -> &'static Profile {
        let u = self.unit(line, along as i32, 0, 0x11e);
        &PROFILES[if u < 0.27 {
            0
        } else if u < 0.78 {
            1
        } else {
            2
        }]
    }

    /// Centre of a line beside block column or row `block`.
    fn centre_at(&self, along: Along, line: i32, block: i32) -> f32 {
        let axis = along as i32;
        let place = (self.unit(line, axis, 1, 0x5ee) - 0.5) * 24.0;
        let shift = match self.unit(line, block, axis, 0x0ff) {
            u if u < 0.6 => 0.0,
            u => (u - 0.8) * 15.0,
        };
        line as f32 * PITCH_M + place + shift
    }

    /// Centre line of a street: its x when it runs along Z, its z when it runs along X.
    pub fn centre(&self, segment: Segment) -> f32 {
        match segment.along {
            Along::Z => self.centre_at(Along::Z, segment.i, segment.j),
            Along::X => self.centre_at(Along::X, segment.j, segment.i),
        }
    }

    pub fn profile_of(&self, segment: Segment) -> &'static Profile {
        match segment.along {
            Along::Z => self.profile(Along::Z, segment.i),
            Along::X => self.profile(Along::X, segment.j),
        }
    }

    /// Where a street lies between its junctions: from and to along its own axis.
    pub fn span(&self, segment: Segment) -> (f32, f32) {
        let Segment { along, i, j } = segment;
        // The streets that cross at its ends shift from one side to the other.
        let (across, low, high) = match along {
            Along::Z => (Along::X, [(j, i - 1), (j, i)], [(j + 1, i - 1), (j + 1, i)]),
            Along::X => (Along::Z, [(i, j - 1), (i, j)], [(i + 1, j - 1), (i + 1, j)]),
        };
        let at = |(line, block)| self.centre_at(across, line, block);
        (
            at(low[0]).max(at(low[1])) + self.profile(across, low[0].0).half,
            at(high[0]).min(at(high[1])) - self.profile(across, high[0].0).half,
        )
    }

    /// The ground between the kerbs around a block.
    pub fn block(&self, i: i32, j: i32) -> Rect {
        let x = |line| self.centre_at(Along::Z, line, j);
        let z = |line| self.centre_at(Along::X, line, i);
        let half = |along, line| self.profile(along, line).half;
        Rect {
            min: Vec2::new(x(i) + half(Along::Z, i), z(j) + half(Along::X, j)),
            max: Vec2::new(x(i + 1) - half(Along::Z, i + 1), z(j + 1) - half(Along::X, j + 1)),
        }
    }

    /// Width of a block's pavements: at its low x, high x, low z and high z.
    pub fn pavements(&self, i: i32, j: i32) -> [f32; 4] {
        [(Along::Z, i), (Along::Z, i + 1), (Along::X, j), (Along::X, j + 1)]
            .map(|(along, line)| self.profile(along, line).pavement)
    }

    /// What is built on within the pavements.
    pub fn lots(&self, i: i32, j: i32) -> Rect {
        let block = self.block(i, j);
        let [west, east, north, south] = self.pavements(i, j);
        Rect { min: block.min + Vec2::new(west, north), max: block.max - Vec2::new(east, south) }
    }

    /// Everything of the carriageways that belongs to a junction.
    pub fn junction(&self, i: i32, j: i32) -> Rect {
        let low = |along, i, j| self.span(Segment { along, i, j }).1;
        let high = |along, i, j| self.span(Segment { along, i, j }).0;
        Rect {
            min: Vec2::new(low(Along::X, i - 1, j), low(Along::Z, i, j - 1)),
            max: Vec2::new(high(Along::X, i, j), high(Along::Z, i, j)),
        }
    }

    pub fn block_at(&self, point: Vec2) -> (i32, i32) {
        // Near enough: lines leave their place by less than a third of a block.
        ((point.x / PITCH_M).floor() as i32, (point.y / PITCH_M).floor() as i32)
    }

    pub fn style(&self, i: i32, j: i32) -> Style {
        let (a, b) = ((i + 1).div_euclid(3), (j + 1).div_euclid(3));
        match (self.unit(a, b, 0, 0x57e) * 4.0) as u32 {
            0 => Style::Brick,
            1 => Style::Stone,
            2 => Style::Modern,
            _ => Style::OldTown,
        }
    }

    pub fn land_use(&self, i: i32, j: i32) -> Use {
        match self.unit(i, j, 0, 0x1a7) {
            u if u < 0.80 => Use::Houses,
            u if u < 0.91 => Use::Park,
            _ => Use::Square,
        }
    }
}
