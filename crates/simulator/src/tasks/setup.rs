//! Goals of a task, chosen by the scene's seed so that they can be reached.

use glam::{Quat, Vec3};
use reverie_world_model::{Pose, SpatialQuery};

use super::planning::{Ground, Planner};
use super::{Gate, Task, TaskKind, flat};
use crate::living::Sites;
use crate::random::Rng;
use crate::scene::Scene;

/// Eye height and radius that ways are looked for with, metres.
const PROBE: (f32, f32) = (0.7, 0.35);

impl Task {
    /// A task for a body that starts at `start`.
    ///
    /// # Errors
    /// What the scene lacks.
    pub(crate) fn choose(
        kind: TaskKind,
        scene: &Scene,
        sites: &Sites,
        start: &Pose,
        seed: u64,
    ) -> Result<Self, String> {
        let mut rng = Rng::new(seed ^ 0x7a5c_0000 ^ kind as u64);
        let from = start.position;
        let mut colour = None;
        let goals = match kind {
            TaskKind::GoToGoal => {
                let mut found = Way::new(scene, sites, &mut rng);
                found.next(from, (12.0, 30.0), f32::INFINITY).into_iter().map(standing).collect()
            }
            TaskKind::Patrol => {
                // A round without great detours.
                let mut found = Way::new(scene, sites, &mut rng);
                let (mut at, mut round) = (from, Vec::new());
                while round.len() < 3
                    && let Some(place) = found.next(at, (5.0, 20.0), 1.25)
                {
                    at = place + Vec3::Y * PROBE.0;
                    round.push(standing(place));
                }
                round
            }
            TaskKind::FetchBox => {
                let (goal, wanted) = errand(scene, sites, from, &mut rng)
                    .ok_or("no box of one colour lies within reach of a dock")?;
                colour = Some(wanted.to_owned());
                vec![standing(goal)]
            }
            TaskKind::FlyGates => gates(scene, from, start.yaw_pitch_roll().0, &mut rng),
            TaskKind::ReachAddress => address(scene, sites, from, &mut rng)
                .map(|goal| vec![standing(goal)])
                .unwrap_or_default(),
        };
        if goals.is_empty() {
            return Err(format!("{}: this world has no place for it", kind.name()));
        }
        Ok(Self::new(kind, goals, colour, from))
    }
}

fn standing(position: Vec3) -> Gate {
    Gate { position, yaw_rad: 0.0 }
}

/// Places that can be driven to, each offered once.
struct Way<'a> {
    scene: &'a Scene,
    places: Vec<Vec3>,
}

impl<'a> Way<'a> {
    fn new(scene: &'a Scene, sites: &Sites, rng: &mut Rng) -> Self {
        let mut places = sites.places.clone();
        for i in (1..places.len()).rev() {
            places.swap(i, rng.below(i + 1));
        }
        Self { scene, places }
    }

    /// A place whose distance lies in a range and to which the way is at most so many times as
    /// long.
    fn next(&mut self, from: Vec3, range: (f32, f32), detour: f32) -> Option<Vec3> {
        let scene = self.scene;
        let ground =
            Ground { world: scene, surface: None, eye_height_m: PROBE.0, radius_m: PROBE.1 };
        let fits = |place: &Vec3| {
            let away = flat(*place).distance(flat(from));
            if away < range.0 || away > range.1 || !scene.is_free(*place + Vec3::Y * 0.6, 0.5) {
                return false;
            }
            let Some(way) = Planner::default().find(&ground, from, *place) else { return false };
            let length: f32 = way.windows(2).map(|pair| pair[0].distance(pair[1])).sum();
            length <= detour * away
        };
        let found = self.places.iter().position(fits)?;
        Some(self.places.swap_remove(found))
    }
}

/// A dock and a colour of which a box lies near by.
fn errand(scene: &Scene, sites: &Sites, from: Vec3, rng: &mut Rng) -> Option<(Vec3, &'static str)> {
    let ground = Ground { world: scene, surface: None, eye_height_m: PROBE.0, radius_m: PROBE.1 };
    let mut docks: Vec<Vec3> = sites.docks.clone();
    docks.sort_by(|a, b| a.distance(from).total_cmp(&b.distance(from)));
    docks.truncate(4);
    let mut loose: Vec<_> = sites
        .boxes
        .iter()
        .filter(|item| {
            let away = flat(item.position).distance(flat(from));
            (3.0..16.0).contains(&away) && item.position.y < item.half_m.y + 0.05
        })
        .collect();
    while !loose.is_empty() && !docks.is_empty() {
        let item = loose.swap_remove(rng.below(loose.len()));
        let dock = docks[rng.below(docks.len())];
        let away = flat(item.position).distance(flat(dock));
        let free = scene.is_free(dock + Vec3::Y * 0.6, 0.5);
        // The box itself stands in the way to its middle: one arrives beside it.
        let beside = item.position.with_y(0.0);
        let way = Planner { arrive_m: 1.1 };
        if away > 4.0 && free && way.find(&ground, from, beside).is_some() {
            return Some((dock, item.colour));
        }
    }
    None
}

/// Gates over the ground along a way that winds on from the start.
fn gates(scene: &Scene, from: Vec3, yaw_rad: f32, rng: &mut Rng) -> Vec<Gate> {
    let mut gates: Vec<Gate> = Vec::new();
    let (mut at, mut yaw) = (from, yaw_rad);
    for _ in 0..5 {
        let mut found = None;
        for attempt in 0..24 {
            let bend = rng.range(-0.75, 0.75) * (1.0 + attempt as f32 / 12.0);
            let way = Quat::from_rotation_y(yaw + bend) * Vec3::NEG_Z;
            let ahead = at + way * rng.range(18.0, 26.0);
            let above = ahead.with_y(ahead.y.max(at.y) + 200.0);
            let Some(ground) = scene.ground_height(above) else { continue };
            let position = ahead.with_y(ground + rng.range(4.0, 7.0));
            let to = position - at;
            let clear = scene.is_free(position, Gate::RADIUS_M + 0.6)
                && scene.ray_cast(at + Vec3::Y, to, to.length()).is_none();
            let level = to.y.abs() < 0.6 * to.length();
            if clear && level {
                found = Some(Gate { position, yaw_rad: yaw + bend + rng.range(-0.35, 0.35) });
                break;
            }
        }
        let Some(gate) = found else { break };
        (at, yaw) = (gate.position, gate.yaw_rad);
        gates.push(gate);
    }
    gates
}

/// A door to which the pavement leads.
fn address(scene: &Scene, sites: &Sites, from: Vec3, rng: &mut Rng) -> Option<Vec3> {
    let surface = |point: Vec3| scene.class_below(point);
    let ground = Ground { world: scene, surface: Some(&surface), eye_height_m: 1.6, radius_m: 0.3 };
    let way = Planner { arrive_m: 1.0 };
    let mut doors = sites.places.clone();
    doors.retain(|door| (12.0..50.0).contains(&flat(*door).distance(flat(from))));
    while !doors.is_empty() {
        let door = doors.swap_remove(rng.below(doors.len()));
        if way.find(&ground, from, door).is_some() {
            return Some(door);
        }
    }
    None
}
