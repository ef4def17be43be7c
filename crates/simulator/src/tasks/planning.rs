//! Ways over the ground: A* on a grid, asked of the world cell by cell.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};

use glam::{IVec2, Vec3};
use reverie_world_model::SpatialQuery;

use super::flat;
use crate::class::Class;

/// Size of a cell, metres.
const CELL_M: f32 = 0.5;
/// Cells that are looked at before a search is given up.
const MOST_CELLS: usize = 9000;

/// The ground as a body sees it.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub world: &'a dyn SpatialQuery,
    /// Class straight below a point; with it, only pavement, crossings and floors are walked on.
    pub surface: Option<&'a dyn Fn(Vec3) -> Option<Class>>,
    pub eye_height_m: f32,
    pub radius_m: f32,
}

impl Ground<'_> {
    /// Height of the ground where the body can stand at `at` (its X and Z; Y near the ground).
    fn stand(&self, at: Vec3) -> Option<f32> {
        let above = at + Vec3::Y * 0.5;
        let ground = self.world.ground_height(above)?;
        if (ground - at.y).abs() > 0.4 {
            return None;
        }
        let eye = Vec3::new(at.x, ground + self.eye_height_m, at.z);
        if let Some(surface) = self.surface
            && !matches!(
                surface(eye),
                None | Some(Class::Pavement | Class::Crossing | Class::Floor | Class::Door)
            )
        {
            return None;
        }
        let reach = self.radius_m + 0.22;
        let clear = [0.22f32, 0.95].iter().all(|share| {
            let from = Vec3::new(at.x, ground + self.eye_height_m * share, at.z);
            (0..8).all(|i| {
                let (sin, cos) = (i as f32 * std::f32::consts::FRAC_PI_4).sin_cos();
                let hit = self.world.ray_cast(from, Vec3::new(cos, 0.0, sin), reach);
                hit.is_none_or(|hit| hit.normal.y > 0.6)
            })
        });
        clear.then_some(ground)
    }
}

/// How a way is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Planner {
    /// The way may end this far from the goal, metres.
    pub arrive_m: f32,
}

impl Default for Planner {
    fn default() -> Self {
        Self { arrive_m: 0.6 }
    }
}

#[derive(PartialEq)]
struct Open {
    estimate: f32,
    cell: (i32, i32),
}

impl Eq for Open {}

impl Ord for Open {
    fn cmp(&self, other: &Self) -> Ordering {
        // The smallest comes first; ties by place, so that nothing is left to chance.
        other.estimate.total_cmp(&self.estimate).then_with(|| other.cell.cmp(&self.cell))
    }
}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(Clone, Copy)]
struct Known {
    cost: f32,
    height: f32,
    from: (i32, i32),
}

impl Planner {
    /// Points of a way from `from` (eyes) to `goal` (on the ground), on the ground.
    pub fn find(&self, ground: &Ground<'_>, from: Vec3, goal: Vec3) -> Option<Vec<Vec3>> {
        let place = |cell: (i32, i32), height: f32| {
            Vec3::new(from.x + cell.0 as f32 * CELL_M, height, from.z + cell.1 as f32 * CELL_M)
        };
        let estimate = |cell| flat(place(cell, 0.0)).distance(flat(goal));
        let feet = ground.world.ground_height(from)?;
        let mut known: BTreeMap<(i32, i32), Option<Known>> = BTreeMap::new();
        let mut open = BinaryHeap::new();
        known.insert((0, 0), Some(Known { cost: 0.0, height: feet, from: (0, 0) }));
        open.push(Open { estimate: estimate((0, 0)), cell: (0, 0) });
        while let Some(Open { estimate: promised, cell }) = open.pop() {
            let Some(Some(here)) = known.get(&cell).copied() else { continue };
            if promised > here.cost + estimate(cell) + 1e-3 {
                continue;
            }
            if estimate(cell) <= self.arrive_m {
                let (mut way, mut at) = (Vec::new(), cell);
                while at != (0, 0) {
                    let Some(Some(k)) = known.get(&at) else { break };
                    way.push(place(at, k.height));
                    at = k.from;
                }
                way.reverse();
                return Some(way);
            }
            if known.len() > MOST_CELLS {
                return None;
            }
            for (dx, dz) in [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)] {
                let next = (cell.0 + dx, cell.1 + dz);
                let cost = here.cost + CELL_M * IVec2::new(dx, dz).as_vec2().length();
                match known.get(&next) {
                    Some(None) => continue,
                    Some(Some(old)) if old.cost <= cost + 1e-4 => continue,
                    Some(Some(old)) => {
                        let better = Known { cost, height: old.height, from: cell };
                        known.insert(next, Some(better));
                    }
                    None => {
                        let height = ground.stand(place(next, here.height));
                        let entry = height.map(|height| Known { cost, height, from: cell });
                        known.insert(next, entry);
                        if entry.is_none() {
                            continue;
                        }
                    }
                }
                open.push(Open { estimate: cost + estimate(next), cell: next });
            }
        }
        None
    }
}
