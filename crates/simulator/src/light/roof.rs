//! A roof with openings: what the sun reaches below it, without a ray through the whole scene.

use glam::{Vec2, Vec3};

/// A closed hall whose light comes in through its roof and through one wall.
#[derive(Clone, Debug)]
pub(crate) struct Roof {
    /// The hall on the floor plan (X, Z); doors are in the wall at the highest Z.
    pub min: Vec2,
    pub max: Vec2,
    /// Level of the roof, metres.
    pub y: f32,
    pub rows: Vec<SkylightRow>,
}

/// Openings in a row along Z.
#[derive(Clone, Debug)]
pub(crate) struct SkylightRow {
    /// Range of X of all of them.
    pub x: (f32, f32),
    /// Range of Z of each.
    pub openings: Vec<(f32, f32)>,
}

/// The sun's disc is not a point, metres at the floor.
const SOFT_M: f32 = 0.6;

impl Roof {
    /// False when the sun in a direction certainly does not reach a point.
    pub fn lets_in(&self, point: Vec3, to_sun: Vec3) -> bool {
        let inside = point.y < self.y
            && point.x > self.min.x
            && point.x < self.max.x
            && point.z > self.min.y
            && point.z < self.max.y;
        if !inside || to_sun.y <= 1e-3 {
            return true;
        }
        let at = point + to_sun * ((self.y - point.y) / to_sun.y);
        if at.x < self.min.x - SOFT_M || at.x > self.max.x + SOFT_M || at.z < self.min.y - SOFT_M {
            // Through a closed wall, unless the doors' wall comes first.
            let way = (self.max.y - point.z) / to_sun.z;
            let x = point.x + to_sun.x * way;
            return to_sun.z > 0.0 && x > self.min.x && x < self.max.x;
        }
        at.z > self.max.y - SOFT_M
            || self.rows.iter().any(|row| {
                let open = |(from, to): &(f32, f32)| at.z > from - SOFT_M && at.z < to + SOFT_M;
                at.x > row.x.0 - SOFT_M && at.x < row.x.1 + SOFT_M && row.openings.iter().any(open)
            })
    }
}
