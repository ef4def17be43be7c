//! Timber bridges where the trail changes banks.

use glam::{Quat, Vec2, Vec3};

use super::buildings::Buildings;
use super::country::SITE_M;
use crate::class::Class;
use crate::rays::geometry::Group;
use crate::rays::shape::Shape;
use crate::scenes::mountain::relief::Relief;

/// Height of the deck's ends over the water, metres.
pub(super) const DECK_M: f32 = 1.55;
/// Longest way from the middle to a bank, metres.
const REACH_M: f32 = 26.0;

/// The middle of a bridge and the unit vector along it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bridge {
    pub middle: Vec2,
    pub along: Vec2,
}

/// The bridges of a square: places where the river's middle and the trail's change of sides meet.
pub(super) fn find(relief: &Relief, x: i32, z: i32) -> Vec<Bridge> {
    let square = Vec2::new(x as f32, z as f32);
    let mut found: Vec<Bridge> = Vec::new();
    for i in 0..9 {
        let offset = Vec2::new((i % 3) as f32 + 0.5, (i / 3) as f32 + 0.5) / 3.0;
        let Some(middle) = crossing(relief, (square + offset) * SITE_M) else { continue };
        let new = found.iter().all(|b| b.middle.distance(middle) > 30.0);
        if (middle / SITE_M).floor() == square && new {
            let (_, slope) = relief.trail_slope(middle);
            if let Some(across) = slope.try_normalize() {
                found.push(Bridge { middle, along: across.perp() });
            }
        }
    }
    found
}

/// Newton's method on the river's distance and the sides' noise.
fn crossing(relief: &Relief, mut p: Vec2) -> Option<Vec2> {
    let at = |p: Vec2| {
        let valley = relief.valley(p);
        // Undo the saturation of the sides, scaled to be like metres.
        let side = valley.side / (1.0 - valley.side * valley.side).max(1e-5).sqrt();
        Vec2::new(valley.river_m, 20.0 * side)
    };
    for _ in 0..14 {
        let f = at(p);
        let dx = (at(p + Vec2::X) - f, at(p + Vec2::Y) - f);
        let det = dx.0.x * dx.1.y - dx.1.x * dx.0.y;
        if det.abs() < 1e-6 {
            return None;
        }
        let step = Vec2::new(f.x * dx.1.y - dx.1.x * f.y, dx.0.x * f.y - f.x * dx.0.y) / det;
        p -= step.clamp_length_max(60.0);
        if step.length_squared() < 0.0025 {
            return Some(p);
        }
    }
    None
}

/// Metres from the middle to firm ground in a direction.
fn bank(relief: &Relief, middle: Vec2, dir: Vec2) -> f32 {
    let mut away_m = 5.0;
    while away_m < REACH_M {
        let at = middle + dir * away_m;
        if relief.height(at.x, at.y, 1.0) > DECK_M - 0.35 {
            break;
        }
        away_m += 0.5;
    }
    away_m
}

/// Height of a bridge's deck over the water, metres, at `t` from -1 to 1 along it.
fn deck(t: f32) -> f32 {
    DECK_M + 0.55 * (1.0 - t * t)
}

pub(super) fn build(
    group: &mut Group,
    relief: &Relief,
    middle: Vec2,
    along: Vec2,
    looks: &Buildings,
) {
    let (back, front) = (bank(relief, middle, -along), bank(relief, middle, along));
    let half_m = 0.5 * (back + front);
    let centre = middle + along * (front - back) * 0.5;
    let at = |t: f32, side: f32, up: f32| {
        let p = centre + along * (t * half_m) + along.perp() * side;
        Vec3::new(p.x, deck(t) + up, p.y)
    };
    let heading = Quat::from_rotation_y((-along.y).atan2(along.x));
    group.label(Class::Furniture, 0);
    let planks = (2.0 * half_m / 0.24) as i32;
    for i in 0..planks {
        let t = (i as f32 + 0.5) / planks as f32 * 2.0 - 1.0;
        // Along the deck by `t`; a plank leans with the arch.
        let lean = Quat::from_rotation_z((-1.1 * t / half_m).atan());
        group.add(
            Shape::Cuboid,
            at(t, 0.0, -0.04),
            heading * lean,
            Vec3::new(0.105, 0.035, 0.95 + 0.03 * ((i * 7) % 3) as f32),
            looks.wood,
        );
    }
    let bays = (half_m * 2.0 / 2.2).ceil() as i32;
    let node = |i: i32| i as f32 / bays as f32 * 2.0 - 1.0;
    for side in [-0.86f32, 0.86] {
        for i in 0..bays {
            let (a, b) = (node(i), node(i + 1));
            group.rod(at(a, side * 0.8, -0.24), at(b, side * 0.8, -0.24), 0.17, 1.0, looks.log);
            group.rod(at(a, side, 0.95), at(b, side, 0.95), 0.05, 1.0, looks.log);
            group.rod(at(a, side, 0.5), at(b, side, 0.5), 0.035, 1.0, looks.log);
        }
        for i in 0..=bays {
            group.rod(at(node(i), side, -0.3), at(node(i), side, 1.02), 0.06, 0.9, looks.log);
        }
    }
    group.label(Class::Building, 0);
    for t in [-1.0f32, 1.0] {
        let foot = at(t * 1.04, 0.0, -1.25);
        group.add(Shape::Cuboid, foot, heading, Vec3::new(1.0, 1.2, 1.5), looks.stone);
    }
}
