//! Who drives and walks where, and which boxes lie about, when a warehouse opens.

use glam::{Vec2, Vec3};

use super::boxes::{BoxSpec, BoxState, Boxes};
use super::figures;
use super::goods::{self, COLOURS, Goods, SIZES};
use super::life::{Cast, Life, State};
use super::plan::{Loop, Plan};
use super::shell::Stock;
use super::traffic::{ForkliftSpec, ForkliftState, WorkerSpec, WorkerState};
use crate::random::Rng;
use crate::scene::Scene;

/// Radius of a forklift's bends, metres.
const BEND_M: f32 = 2.0;

pub(super) fn cast(
    scene: &mut Scene,
    rng: &mut Rng,
    plan: &Plan,
    stock: &Stock,
    goods: &Goods,
) -> Life {
    let (forklifts, driving) = forklifts(scene, rng, plan, stock, goods);
    let (workers, walking) = workers(scene, rng, plan);
    let (boxes, lying) = boxes(scene, rng, plan);
    let (docks, places) = sites(plan);
    let state =
        State { forklifts: driving, workers: walking, boxes: Boxes { list: lying, held: None } };
    Life::new(Cast { forklifts, workers, boxes, docks, places }, state)
}

fn forklifts(
    scene: &mut Scene,
    rng: &mut Rng,
    plan: &Plan,
    stock: &Stock,
    goods: &Goods,
) -> (Vec<ForkliftSpec>, Vec<ForkliftState>) {
    let kinds: Vec<_> = (0..3).map(|_| figures::forklift(scene, rng, stock)).collect();
    let (mut specs, mut states) = (Vec::new(), Vec::new());
    let mut add = |rng: &mut Rng, path: Loop, count: usize| {
        let length = path.length();
        let mut stations = vec![rng.range(0.1, 0.35) * length, rng.range(0.55, 0.85) * length];
        stations.sort_by(f32::total_cmp);
        for i in 0..count {
            let way_m = (rng.unit() * 0.3 + i as f32 / count as f32) % 1.0 * length;
            let station = stations.iter().position(|s| *s > way_m + 0.1).unwrap_or(0) as u32;
            let load = rng.chance(0.6).then(|| goods.loads[rng.below(goods.loads.len())]);
            let parts = kinds[rng.below(kinds.len())];
            specs.push(ForkliftSpec {
                path: path.clone(),
                stations: stations.clone(),
                parts,
                load,
            });
            states.push(ForkliftState { way_m, speed_mps: 0.0, stop_secs: 0.0, station });
        }
    };
    // Loops around neighbouring racks; no two share an aisle.
    let south = plan.south() + 2.55;
    let north = plan.back_lane() + 1.2;
    let mut aisle = rng.below(2);
    while aisle + 1 < plan.aisles.len() {
        let last = (aisle + 1 + rng.below(2)).min(plan.aisles.len() - 1);
        if rng.chance(0.62) {
            let low = Vec2::new(plan.aisles[aisle].x, north);
            let high = Vec2::new(plan.aisles[last].x, south);
            let count = if (last - aisle) > 1 && rng.chance(0.5) { 2 } else { 1 };
            add(rng, Loop::new(low, high, BEND_M), count);
        }
        aisle = last + 1;
    }
    // One round before the docks.
    let depth = plan.half.y - 7.0 - (plan.south() + 5.3);
    if depth > 3.0 {
        let low = Vec2::new(-plan.half.x + 9.0, plan.south() + 5.6);
        let high = Vec2::new(plan.half.x - 12.0, plan.half.y - 7.9);
        add(rng, Loop::new(low, high, BEND_M), 2);
    }
    (specs, states)
}

fn workers(scene: &mut Scene, rng: &mut Rng, plan: &Plan) -> (Vec<WorkerSpec>, Vec<WorkerState>) {
    let kinds: Vec<_> = (0..5).map(|_| figures::worker(scene, rng)).collect();
    let mut rounds: Vec<Vec<Vec2>> = Vec::new();
    // Along the walkway at the back.
    let back = plan.back_lane() - 1.9;
    let half_x = plan.half.x;
    rounds.push(vec![Vec2::new(6.0 - half_x, back), Vec2::new(half_x - 6.0, back)]);
    // Beside the open side, over the zebra to the docks.
    let x = if plan.side_sign > 0.0 { plan.side.0 + 1.0 } else { plan.side.1 - 1.0 };
    rounds.push(vec![Vec2::new(x, back + 1.0), Vec2::new(x, plan.half.y - 7.5)]);
    // Up an aisle and down the next, on one side of it.
    for i in 0..plan.aisles.len().saturating_sub(1) {
        if rng.chance(0.5) {
            let (a, b) = (plan.aisles[i], plan.aisles[i + 1]);
            let keep = 0.5 * a.width - 0.5;
            let (from, to) = (plan.south() + 1.0, plan.north() - 1.0);
            rounds.push(vec![
                Vec2::new(a.x + keep, from),
                Vec2::new(a.x + keep, to),
                Vec2::new(b.x - keep, to),
                Vec2::new(b.x - keep, from),
            ]);
        }
    }
    // Before the docks.
    for _ in 0..3 {
        let z = plan.half.y - 6.9;
        let from = rng.range(8.0 - half_x, 0.0);
        rounds.push(vec![Vec2::new(from, z), Vec2::new(from + rng.range(10.0, 30.0), z)]);
    }
    let (mut specs, mut states) = (Vec::new(), Vec::new());
    for round in rounds {
        let target = rng.below(round.len());
        let before = (target + round.len() - 1) % round.len();
        let position = round[before].lerp(round[target], rng.range(0.1, 0.9));
        let to = round[target] - position;
        states.push(WorkerState {
            position,
            yaw_rad: (-to.x).atan2(-to.y),
            speed_mps: 0.0,
            target: target as u32,
            backwards: false,
            rest_secs: 0.0,
            waiting_secs: 0.0,
            cycle_m: rng.unit(),
        });
        let parts = kinds[rng.below(kinds.len())];
        specs.push(WorkerSpec { round, parts, pace_mps: rng.range(1.05, 1.45) });
    }
    (specs, states)
}

/// Loose boxes along the racks' ends, before the docks and on the open floor; some on others.
fn boxes(scene: &mut Scene, rng: &mut Rng, plan: &Plan) -> (Vec<BoxSpec>, Vec<BoxState>) {
    let groups: Vec<u32> = (0..COLOURS.len() * SIZES.len())
        .map(|i| goods::loose_box(scene, rng, i / SIZES.len(), i % SIZES.len()))
        .collect();
    let (mut specs, mut states): (Vec<BoxSpec>, Vec<BoxState>) = (Vec::new(), Vec::new());
    let mut spots: Vec<Vec2> = Vec::new();
    for &x in &plan.spines {
        for _ in 0..2 {
            spots.push(Vec2::new(x + rng.range(-1.0, 1.0), plan.south() + rng.range(0.9, 1.3)));
        }
    }
    for lane in &plan.aisles {
        if rng.chance(0.6) {
            let side = rng.pick(&[-1.0f32, 1.0]) * (0.5 * lane.width - 0.45);
            let z = rng.range(plan.north() + 3.0, plan.south() - 3.0);
            spots.push(Vec2::new(lane.x + side, z));
        }
    }
    for pair in plan.docks.windows(2) {
        let x = 0.5 * (pair[0].x + pair[1].x);
        for _ in 0..2 {
            let z = plan.half.y - rng.range(2.8, 5.4);
            spots.push(Vec2::new(x + rng.range(-0.7, 0.7), z));
        }
    }
    for i in 0..10 {
        let x = rng.range(plan.side.0 + 3.0, plan.side.1 - 3.0);
        let z = if i < 5 {
            plan.north() + rng.range(3.2, 6.6)
        } else {
            plan.south() + rng.range(0.7, 1.2)
        };
        spots.push(Vec2::new(x, z));
    }
    for (i, spot) in spots.into_iter().enumerate() {
        let colour = i % COLOURS.len();
        let size = rng.below(SIZES.len());
        let half = SIZES[size];
        let yaw_rad = rng.range(-0.5, 0.5) + if rng.chance(0.3) { 0.8 } else { 0.0 };
        // Room for the largest box turned anyhow.
        let taken = states
            .iter()
            .any(|other| Vec2::new(other.position.x, other.position.z).distance(spot) < 0.9);
        if taken {
            continue;
        }
        // Paint lifts a box a little; the first ticks bring it to rest.
        let mut top = 0.004;
        let mut put = |half: Vec3, colour: usize, size: usize, yaw_rad: f32, top: &mut f32| {
            let position = Vec3::new(spot.x, *top + half.y, spot.y);
            *top += 2.0 * half.y;
            let group = groups[colour * SIZES.len() + size];
            specs.push(BoxSpec { half, group, colour });
            states.push(BoxState { position, yaw_rad, velocity_mps: Vec3::ZERO });
        };
        put(half, colour, size, yaw_rad, &mut top);
        if rng.chance(0.25) {
            let (colour, size) = (rng.below(COLOURS.len()), rng.below(SIZES.len()));
            put(SIZES[size], colour, size, yaw_rad + rng.range(-0.2, 0.2), &mut top);
        }
    }
    (specs, states)
}

/// Where goods are put down, and places to go to.
fn sites(plan: &Plan) -> (Vec<Vec3>, Vec<Vec3>) {
    let docks = plan.docks.iter().map(|dock| Vec3::new(dock.x, 0.0, plan.half.y - 10.2)).collect();
    let mut places = Vec::new();
    for lane in &plan.aisles {
        for &(from, to) in &plan.stretches {
            for share in [0.15f32, 0.5, 0.85] {
                places.push(Vec3::new(lane.x, 0.0, from + (to - from) * share));
            }
        }
        places.push(Vec3::new(lane.x, 0.0, plan.back_lane() + 1.0));
        places.push(Vec3::new(lane.x, 0.0, plan.south() + 4.1));
    }
    (docks, places)
}
