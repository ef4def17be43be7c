//! Traffic lights. Every junction repeats one cycle: each of its four approaches has green for
//! itself, then people cross on all sides. So neither cars nor people ever have to give way.

use serde::{Deserialize, Serialize};

use super::plan::{Along, Plan, Segment};

/// Ticks (1/24 s) of green, of yellow and of clearing the junction, for one approach.
const GREEN: u64 = 24 * 8;
const YELLOW: u64 = 24 * 2;
const CLEAR: u64 = 24 * 2;
const TURN: u64 = GREEN + YELLOW + CLEAR;
/// Ticks in which people may set out, and in which they arrive.
const WALK: u64 = 24 * 7;
const ARRIVE: u64 = 24 * 14;
const CYCLE: u64 = 4 * TURN + WALK + ARRIVE;

/// A street in one of its two directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lane {
    pub segment: Segment,
    /// Towards rising coordinates.
    pub rising: bool,
}

impl Lane {
    /// The junction it leads to.
    pub fn junction(&self) -> (i32, i32) {
        let Segment { along, i, j } = self.segment;
        match (along, self.rising) {
            (_, false) => (i, j),
            (Along::Z, true) => (i, j + 1),
            (Along::X, true) => (i + 1, j),
        }
    }

    /// Its place in a junction's cycle: 0 to 3, as in
    /// [`signal_posts`](super::block::signal_posts).
    pub fn approach(&self) -> u64 {
        match (self.segment.along, self.rising) {
            (Along::Z, true) => 0,
            (Along::Z, false) => 1,
            (Along::X, true) => 2,
            (Along::X, false) => 3,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Light {
    Red,
    Yellow,
    Green,
}

fn since(plan: &Plan, junction: (i32, i32), tick: u64) -> u64 {
    let start = (plan.unit(junction.0, junction.1, 0, 0x516) * CYCLE as f32) as u64;
    (tick + start) % CYCLE
}

/// What an approach (0 to 3) of a junction sees.
pub(super) fn light(plan: &Plan, junction: (i32, i32), approach: u64, tick: u64) -> Light {
    match since(plan, junction, tick).checked_sub(approach * TURN) {
        Some(t) if t < GREEN => Light::Green,
        Some(t) if t < GREEN + YELLOW => Light::Yellow,
        _ => Light::Red,
    }
}

/// Whether people may step onto the crossings of a junction.
pub(super) fn walk(plan: &Plan, junction: (i32, i32), tick: u64) -> bool {
    (4 * TURN..4 * TURN + WALK).contains(&since(plan, junction, tick))
}
