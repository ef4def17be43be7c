//! Where huts stand along the trail.

use glam::Vec2;

use super::country::SITE_M;
use crate::scenes::mountain::relief::Relief;
use crate::surface::noise::{hash, hash_unit};

/// A hut's place beside the trail.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site {
    pub place: Vec2,
    /// The nearest point of the trail.
    pub gate: Vec2,
    /// Unit vector from the hut to the trail.
    pub facing: Vec2,
    /// Decides everything else about it.
    pub seed: u32,
}

impl Site {
    /// The hut in the picture that a walk begins with: ahead on the trail, a little to the side.
    pub fn in_view(relief: &Relief, eye: Vec2, ahead: Vec2, seed: u32) -> Option<Self> {
        [38.0f32, 46.0, 31.0, 56.0, 70.0].into_iter().find_map(|away_m| {
            let gate = relief.on_trail(eye + ahead * away_m)?;
            let to = gate - eye;
            let seen = to.dot(ahead) > 0.75 * to.length() && (22.0..90.0).contains(&to.length());
            seen.then(|| Self::beside(relief, gate, seed)).flatten()
        })
    }

    /// The hut of a square, if there is one.
    pub fn find(relief: &Relief, seed: u32, x: i32, z: i32) -> Option<Self> {
        let seed = hash(x, 17, z, seed);
        if hash_unit(x, 18, z, seed) > 0.8 {
            return None;
        }
        let unit = |i| 0.2 + 0.6 * hash_unit(x, i, z, seed);
        let start = (Vec2::new(x as f32, z as f32) + Vec2::new(unit(19), unit(20))) * SITE_M;
        let gate = relief.on_trail(start)?;
        // A trail that is found in another square is that square's.
        if (gate / SITE_M).floor() != Vec2::new(x as f32, z as f32) {
            return None;
        }
        Self::beside(relief, gate, seed)
    }

    /// A hut beside a point of the trail, where the ground is level enough for one.
    fn beside(relief: &Relief, gate: Vec2, seed: u32) -> Option<Self> {
        let valley = relief.valley(gate);
        if valley.side.abs() < 0.95 {
            return None;
        }
        let (_, slope) = relief.trail_slope(gate);
        // Away from the river: the trail's distance grows with the river's.
        let uphill = slope.normalize_or_zero() * valley.river_m.signum();
        let place = gate + uphill * 10.5;
        let height = relief.height(place.x, place.y, 2.0);
        let level = relief.normal_y(place, 4.0) > 0.975;
        (level && (1.2..60.0).contains(&height)).then_some(Self {
            place,
            gate,
            facing: -uphill,
            seed,
        })
    }
}
