//! A wall with rows of windows set back into it, as one shape: exact depth in every reveal, frame
//! and pane at the cost of a box.

use glam::Vec3;

use crate::rays::shape::LocalHit;
use crate::surface::noise::hash;

/// How a window is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bars {
    /// One pane.
    Single,
    /// Two wings under a fanlight.
    Casement,
    /// Two halves, one above the other.
    Sash,
    /// Many small panes.
    Grid,
    /// A door under a fanlight.
    Door,
    /// A shop's window: tall panes.
    Shop,
}

/// Equal windows in rows and columns over the +Z face of a unit box. What is a share counts in
/// 255ths of a cell. The wall's material is followed by that of the frames and that of the panes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Openings {
    pub columns: u8,
    pub rows: u8,
    /// Half the width of a window; windows stand in the middle of their cells.
    pub half_width: u8,
    pub low: u8,
    pub high: u8,
    pub bars: Bars,
}

/// Planes of the frames and of the panes in the box.
const FRAME_Z: f32 = -0.45;
const PANE_Z: f32 = -0.9;

/// A window's rectangle in the box.
#[derive(Clone, Copy, Debug)]
struct Opening {
    column: i32,
    row: i32,
    min: (f32, f32),
    max: (f32, f32),
}

impl Opening {
    /// -1 to 1 from side to side and from bottom to top.
    fn within(&self, x: f32, y: f32) -> (f32, f32) {
        (
            (2.0 * x - self.min.0 - self.max.0) / (self.max.0 - self.min.0),
            (2.0 * y - self.min.1 - self.max.1) / (self.max.1 - self.min.1),
        )
    }
}

/// What part of a wall was hit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// 0 wall, 1 frame, 2 pane: counts from the wall's material.
    pub material: u16,
    /// On frames and panes: the place within the window, -1 to 1, and the window's own bits.
    pub window: Option<(f32, f32, u32)>,
}

impl Openings {
    fn opening(&self, x: f32, y: f32) -> Option<Opening> {
        let (columns, rows) = (f32::from(self.columns), f32::from(self.rows));
        let (u, v) = ((x * 0.5 + 0.5) * columns, (y * 0.5 + 0.5) * rows);
        let column = u.clamp(0.0, columns - 1.0).floor();
        let row = v.clamp(0.0, rows - 1.0).floor();
        let half = f32::from(self.half_width) / 255.0;
        let (low, high) = (f32::from(self.low) / 255.0, f32::from(self.high) / 255.0);
        let (fu, fv) = (u - column, v - row);
        if (fu - 0.5).abs() >= half || fv <= low || fv >= high {
            return None;
        }
        let at_x = |share: f32| (column + share) * 2.0 / columns - 1.0;
        let at_y = |share: f32| (row + share) * 2.0 / rows - 1.0;
        Some(Opening {
            column: column as i32,
            row: row as i32,
            min: (at_x(0.5 - half), at_y(low)),
            max: (at_x(0.5 + half), at_y(high)),
        })
    }

    fn framed(&self, x: f32, y: f32) -> bool {
        let (ax, ay) = (x.abs(), y.abs());
        if ax > 0.9 || ay > 0.94 {
            return true;
        }
        match self.bars {
            Bars::Single => false,
            Bars::Casement => ax < 0.055 || (y - 0.42).abs() < 0.035,
            Bars::Sash => ay < 0.04 || (ax < 0.03),
            Bars::Grid => ay < 0.035 || (ax - 0.31).abs() < 0.025 || (ay - 0.48).abs() < 0.018,
            Bars::Door => (y - 0.62).abs() < 0.03,
            Bars::Shop => (ax - 0.34).abs() < 0.012 || (y - 0.62).abs() < 0.018 || y < -0.82,
        }
    }

    /// Nearest hit in the unit box.
    pub fn intersect(&self, o: Vec3, d: Vec3, t_min: f32, t_max: f32) -> Option<LocalHit> {
        let inverse = d.recip();
        let a = (-Vec3::ONE - o) * inverse;
        let b = (Vec3::ONE - o) * inverse;
        let (near3, far3) = (a.min(b), a.max(b));
        let (near, far) = (near3.max_element(), far3.min_element());
        if near.is_nan() || far.is_nan() || near > far || far <= t_min || near >= t_max {
            return None;
        }
        if near > t_min {
            let side = |axis: Vec3, along: f32| {
                Some(LocalHit { t: near, normal: if along > 0.0 { -axis } else { axis } })
            };
            if near3.z == near {
                if d.z > 0.0 {
                    return side(Vec3::Z, d.z);
                }
                let p = o + d * near;
                match self.opening(p.x, p.y) {
                    Some(opening) => self.behind(&opening, o, d, near, t_max),
                    None => side(Vec3::Z, d.z),
                }
            } else if near3.x == near {
                side(Vec3::X, d.x)
            } else {
                side(Vec3::Y, d.y)
            }
        } else {
            let p = o + d * t_min;
            self.behind(&self.opening(p.x, p.y)?, o, d, t_min, t_max)
        }
    }

    /// A ray within an opening, from `t_min` on.
    fn behind(
        &self,
        opening: &Opening,
        o: Vec3,
        d: Vec3,
        t_min: f32,
        t_max: f32,
    ) -> Option<LocalHit> {
        let mut end = f32::INFINITY;
        let mut normal = Vec3::Z;
        if d.x != 0.0 {
            end = (if d.x > 0.0 { opening.max.0 } else { opening.min.0 } - o.x) / d.x;
            normal = Vec3::X * -d.x.signum();
        }
        if d.y != 0.0 {
            let t = (if d.y > 0.0 { opening.max.1 } else { opening.min.1 } - o.y) / d.y;
            if t < end {
                end = t;
                normal = Vec3::Y * -d.y.signum();
            }
        }
        if d.z >= 0.0 {
            if d.z > 0.0 && (1.0 - o.z) / d.z <= end {
                return None;
            }
        } else {
            let frame = (FRAME_Z - o.z) / d.z;
            let pane = (PANE_Z - o.z) / d.z;
            if frame < end && frame > t_min {
                let (x, y) = opening.within(o.x + d.x * frame, o.y + d.y * frame);
                if self.framed(x, y) {
                    (end, normal) = (frame, Vec3::Z);
                }
            }
            if pane < end {
                (end, normal) = (pane, Vec3::Z);
            }
        }
        (end > t_min && end < t_max).then_some(LocalHit { t: end, normal })
    }

    /// Half the width of a window when the box is so wide from its middle, metres.
    pub fn half_m(&self, box_half_m: f32) -> f32 {
        box_half_m / f32::from(self.columns.max(1)) * f32::from(self.half_width) / 127.5
    }

    /// What is at a point of the surface.
    pub fn part(&self, point: Vec3, normal: Vec3, tint: u32) -> Part {
        if normal.z > 0.5
            && point.z < 0.5
            && let Some(opening) = self.opening(point.x, point.y)
        {
            let (x, y) = opening.within(point.x, point.y);
            let material = if point.z > 0.5 * (FRAME_Z + PANE_Z) { 1 } else { 2 };
            let bits = hash(opening.column, opening.row, 5, tint);
            return Part { material, window: Some((x, y, bits)) };
        }
        Part { material: 0, window: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALL: Openings =
        Openings { columns: 3, rows: 2, half_width: 64, low: 64, high: 204, bars: Bars::Single };

    fn look(x: f32, y: f32) -> Option<LocalHit> {
        WALL.intersect(Vec3::new(x, y, 3.0), Vec3::NEG_Z, 0.0, 10.0)
    }

    #[test]
    fn walls_frames_and_panes_lie_at_their_depths() {
        // The middle column is centred on 0, the lower row on about -0.5.
        let depths = [(0.33, 2.0), (0.16, 3.0 - FRAME_Z), (0.0, 3.0 - PANE_Z)];
        for ((x, depth), part) in depths.into_iter().zip([0, 1, 2]) {
            let hit = look(x, -0.5).expect("a wall");
            assert!((hit.t - depth).abs() < 1e-5, "{x}: {}", hit.t);
            let at = Vec3::new(x, -0.5, 3.0 - hit.t);
            assert_eq!(WALL.part(at, hit.normal, 0).material, part);
        }
    }

    #[test]
    fn light_reaches_a_pane_through_its_own_opening_only() {
        let pane = Vec3::new(0.0, -0.5, PANE_Z + 1e-3);
        assert!(WALL.intersect(pane, Vec3::Z, 1e-4, 10.0).is_none());
        let slanted = Vec3::new(0.9, 0.0, 0.2).normalize();
        let reveal = WALL.intersect(pane, slanted, 1e-4, 10.0).expect("meets the reveal");
        assert_eq!(reveal.normal, Vec3::NEG_X);
    }
}
