//! Cars. They keep to their lane, follow each other by the Intelligent Driver Model (Treiber,
//! Hennecke and Helbing, 2000), wait at red, and turn by a throw of their own dice. A car enters
//! a junction only when nothing from another side is in it, nobody walks on its crossings and
//! there is room behind it; so no two cars ever touch.

use std::collections::BTreeMap;

use glam::Vec2;
use serde::{Deserialize, Serialize};

use super::palette::CarModel;
use super::plan::{Along, Plan, STOP_M, Segment};
use super::signals::{self, Lane, Light};
use crate::surface::noise::hash;

/// The model's parameters: acceleration and comfortable braking (m/s^2), headway (s) and the gap
/// at rest (m).
const ACCELERATION: f32 = 1.6;
const BRAKING: f32 = 2.2;
const HEADWAY_SECS: f32 = 1.3;
const REST_GAP_M: f32 = 1.8;
/// Nobody brakes harder, m/s^2.
const HARDEST: f32 = 9.0;
/// How far ahead things on the road are looked for, metres.
const SIGHT_M: f32 = 36.0;
/// Cars live this many blocks around the player.
const ACTIVE: i32 = 2;
/// No street that matters is so many blocks from the middle of the map.
pub(super) const FARTHEST: i32 = 4000;
/// Most cars at one time.
pub(super) const MAX_CARS: usize = 400;

/// One car. Its place is on `lane`, then on the way over the junction to `next`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Car {
    pub id: u32,
    pub lane: Lane,
    pub next: Lane,
    /// Of its middle, from the beginning of `lane`, metres.
    pub way_m: f32,
    pub speed_mps: f32,
    /// Junctions passed: decides the next turn.
    pub turns: u32,
}

/// What may stand in the way besides cars.
pub(super) trait Hindrance {
    /// Clear distance from a point ahead along a unit direction over a car's width, up to
    /// `reach` metres.
    fn clear_m(&self, from: Vec2, dir: Vec2, reach: f32) -> f32;
}

fn lane_offset(plan: &Plan, lane: Lane) -> f32 {
    let side = plan.profile_of(lane.segment).lane;
    // Traffic keeps to the right.
    match (lane.segment.along, lane.rising) {
        (Along::Z, true) | (Along::X, false) => -side,
        (Along::Z, false) | (Along::X, true) => side,
    }
}

/// The straight part: where it begins, its direction, its length up to the stop line.
fn straight(plan: &Plan, lane: Lane) -> (Vec2, Vec2, f32) {
    let (from, to) = plan.span(lane.segment);
    let across = plan.centre(lane.segment) + lane_offset(plan, lane);
    let way = if lane.rising { 1.0 } else { -1.0 };
    let begin = if lane.rising { from } else { to };
    let length = to - from - STOP_M;
    match lane.segment.along {
        Along::Z => (Vec2::new(across, begin), Vec2::new(0.0, way), length),
        Along::X => (Vec2::new(begin, across), Vec2::new(way, 0.0), length),
    }
}

/// The way of a car: the straight part of a lane and a curve over the junction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path {
    begin: Vec2,
    dir: Vec2,
    straight: f32,
    curve: [Vec2; 4],
    curve_m: f32,
}

impl Path {
    pub fn new(plan: &Plan, lane: Lane, next: Lane) -> Self {
        let (begin, dir, length) = straight(plan, lane);
        let (end, out, _) = straight(plan, next);
        let from = begin + dir * length;
        let reach = (end - from).length();
        let bend = if dir.dot(out) > 0.5 { 0.4 } else { 0.56 };
        let curve = [from, from + dir * (reach * bend), end - out * (reach * bend), end];
        let mut path = Self { begin, dir, straight: length, curve, curve_m: 0.0 };
        let mut last = from;
        for k in 1..=16 {
            let at = path.bezier(k as f32 / 16.0).0;
            path.curve_m += last.distance(at);
            last = at;
        }
        path
    }

    fn bezier(&self, t: f32) -> (Vec2, Vec2) {
        let [a, b, c, d] = self.curve;
        let u = 1.0 - t;
        let at = a * (u * u * u) + b * (3.0 * u * u * t) + c * (3.0 * u * t * t) + d * (t * t * t);
        let tangent = (b - a) * (u * u) + (c - b) * (2.0 * u * t) + (d - c) * (t * t);
        (at, tangent.normalize_or(self.dir))
    }

    pub fn length(&self) -> f32 {
        self.straight + self.curve_m
    }

    /// Place and direction after so much way; beyond the end it goes straight on.
    pub fn at(&self, way_m: f32) -> (Vec2, Vec2) {
        if way_m <= self.straight {
            return (self.begin + self.dir * way_m, self.dir);
        }
        let t = (way_m - self.straight) / self.curve_m.max(0.1);
        let (at, tangent) = self.bezier(t.min(1.0));
        (at + tangent * ((t - 1.0).max(0.0) * self.curve_m), tangent)
    }

    fn turns(&self) -> bool {
        let [a, b, c, d] = self.curve;
        (b - a).dot(d - c) < 0.5 * (b - a).length() * (d - c).length()
    }
}

/// The ways on from a lane: straight, left and right, no turning back.
fn exits(lane: Lane) -> [Lane; 3] {
    let (i, j) = lane.junction();
    let to = |along, i, j, rising| Lane { segment: Segment { along, i, j }, rising };
    let north = to(Along::Z, i, j - 1, false);
    let south = to(Along::Z, i, j, true);
    let west = to(Along::X, i - 1, j, false);
    let east = to(Along::X, i, j, true);
    match (lane.segment.along, lane.rising) {
        (Along::Z, true) => [south, east, west],
        (Along::Z, false) => [north, west, east],
        (Along::X, true) => [east, north, south],
        (Along::X, false) => [west, south, north],
    }
}

fn choose(lane: Lane, id: u32, turns: u32) -> Lane {
    let [on, left, right] = exits(lane);
    match hash(id as i32, turns as i32, 0, 0x7a54) % 10 {
        0..=5 => on,
        6 | 7 => left,
        _ => right,
    }
}

/// Both lanes of the two streets that belong to a block.
fn lanes_of(i: i32, j: i32) -> [Lane; 4] {
    let to = |along, rising| Lane { segment: Segment { along, i, j }, rising };
    [to(Along::Z, true), to(Along::Z, false), to(Along::X, true), to(Along::X, false)]
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Traffic {
    pub cars: Vec<Car>,
    /// The block around which cars live.
    around: Option<(i32, i32)>,
}

impl Traffic {
    pub fn check(&self) -> Result<(), String> {
        if self.cars.len() > MAX_CARS {
            return Err(format!("cars: {} of them, at most {MAX_CARS}", self.cars.len()));
        }
        for car in &self.cars {
            let Car { id, lane, next, way_m, speed_mps, .. } = *car;
            let near = |l: Lane| {
                (-FARTHEST..FARTHEST).contains(&l.segment.i)
                    && (-FARTHEST..FARTHEST).contains(&l.segment.j)
            };
            if !near(lane) || !near(next) || !exits(lane).contains(&next) {
                return Err(format!("cars: {id} is on no street"));
            }
            if !(-10.0..=400.0).contains(&way_m) || !(0.0..=60.0).contains(&speed_mps) {
                return Err(format!("cars: {id} has values out of range"));
            }
        }
        if !self.around.is_none_or(|(i, j)| {
            (-FARTHEST..FARTHEST).contains(&i) && (-FARTHEST..FARTHEST).contains(&j)
        }) {
            return Err("around: is too far away".to_owned());
        }
        Ok(())
    }

    pub fn around(&self) -> Option<(i32, i32)> {
        self.around
    }

    fn active(&self, lane: Lane) -> bool {
        self.around.is_some_and(|(i, j)| {
            let Segment { i: a, j: b, .. } = lane.segment;
            (a - i).abs() <= ACTIVE && (b - j).abs() <= ACTIVE
        })
    }

    /// Lets cars appear on the streets that come near and forgets those that are far.
    pub fn follow(&mut self, plan: &Plan, here: (i32, i32), tick: u64) {
        if self.around != Some(here) {
            let before = self.clone();
            self.around = Some(here);
            let mut cars = std::mem::take(&mut self.cars);
            cars.retain(|car| self.active(car.lane));
            self.cars = cars;
            for (di, dj) in (-ACTIVE..=ACTIVE).flat_map(|a| (-ACTIVE..=ACTIVE).map(move |b| (a, b)))
            {
                for lane in lanes_of(here.0 + di, here.1 + dj) {
                    if !before.active(lane) {
                        self.fill(plan, lane);
                    }
                }
            }
        }
        // What leaves the streets around the player is made good at their edge.
        let edge = (-ACTIVE..=ACTIVE).flat_map(|a| {
            let lane = |along, i, j, rising| Lane {
                segment: Segment { along, i: here.0 + i, j: here.1 + j },
                rising,
            };
            [
                lane(Along::Z, a, -ACTIVE, true),
                lane(Along::Z, a, ACTIVE, false),
                lane(Along::X, -ACTIVE, a, true),
                lane(Along::X, ACTIVE, a, false),
            ]
        });
        for (k, lane) in edge.enumerate() {
            let Segment { i, j, .. } = lane.segment;
            let turn = (tick + 31 * k as u64) % (24 * 14);
            if turn == 0 && plan.unit(i, j, (tick % 100_003) as i32, 0xca4) < 0.5 {
                let bits = hash(i, j, (tick & 0xffff_ffff) as i32 ^ lane.approach() as i32, 0xca5);
                self.enter(plan, lane, bits, 4.0);
            }
        }
    }

    fn fill(&mut self, plan: &Plan, lane: Lane) {
        let Segment { i, j, .. } = lane.segment;
        let (_, _, length) = straight(plan, lane);
        let mut rng = plan.rng(i, j, 0xca2 + lane.approach() as u32);
        let mut way = rng.range(4.0, 26.0);
        while way < length - 8.0 {
            let bits = rng.next_u32();
            self.enter(plan, lane, bits, way);
            way += rng.range(14.0, 62.0);
        }
    }

    /// A new car, where there is room.
    fn enter(&mut self, plan: &Plan, lane: Lane, bits: u32, way_m: f32) {
        let id = bits & 0x00ff_ffff | 1;
        let close = self.cars.iter().any(|car| {
            car.lane == lane && (car.way_m - way_m).abs() < 8.5
                || car.next == lane && {
                    let path = Path::new(plan, car.lane, car.next);
                    path.length() - car.way_m + way_m < 14.0
                }
        });
        if close || self.cars.len() >= MAX_CARS || self.cars.iter().any(|car| car.id == id) {
            return;
        }
        // Slow enough to stop at the line, should the light be red.
        let room = (straight(plan, lane).2 - way_m - 5.0).max(0.0);
        let speed_mps = (0.6 * plan.profile_of(lane.segment).speed).min((3.0 * room).sqrt());
        self.cars.push(Car { id, lane, next: choose(lane, id, 0), way_m, speed_mps, turns: 0 });
    }

    /// Moves all cars by one tick. `crossing` says whether people are on a junction's crossings.
    pub fn advance(
        &mut self,
        plan: &Plan,
        models: &[CarModel],
        tick: u64,
        dt_secs: f32,
        hindrance: &impl Hindrance,
        crossing: impl Fn((i32, i32)) -> bool,
    ) {
        // Every car decides on the state before the tick, so that their order does not matter.
        let mut by_lane: BTreeMap<Lane, Vec<usize>> = BTreeMap::new();
        let mut over: BTreeMap<(i32, i32), Vec<Lane>> = BTreeMap::new();
        let paths: Vec<Path> =
            self.cars.iter().map(|car| Path::new(plan, car.lane, car.next)).collect();
        for (k, car) in self.cars.iter().enumerate() {
            by_lane.entry(car.lane).or_default().push(k);
            if car.way_m > paths[k].straight - 1.0 {
                over.entry(car.lane.junction()).or_default().push(car.lane);
            }
        }
        for list in by_lane.values_mut() {
            list.sort_by(|&a, &b| self.cars[a].way_m.total_cmp(&self.cars[b].way_m));
        }
        let mut speeds = Vec::with_capacity(self.cars.len());
        for (k, car) in self.cars.iter().enumerate() {
            let path = &paths[k];
            let half = model_of(models, car.id).body.half_length_m();
            let front = car.way_m + half;
            let limit = plan.profile_of(car.lane.segment).speed;
            let slow = if path.turns() { 4.2 } else { limit };
            // Slows down towards a bend as if a slower car drove there.
            let before_bend = (path.straight - car.way_m).max(0.0);
            let wanted = if car.way_m > path.straight {
                slow
            } else {
                limit.min((slow * slow + 2.0 * 1.6 * before_bend).sqrt())
            };
            let mut gap = f32::INFINITY;
            let mut leader_speed = 0.0;
            let mut ahead = |distance: f32, speed: f32| {
                if distance < gap {
                    (gap, leader_speed) = (distance, speed);
                }
            };
            let own = by_lane.get(&car.lane).map_or(&[][..], Vec::as_slice);
            let place = own.iter().position(|&other| other == k).unwrap_or(0);
            if let Some(&other) = own.get(place + 1) {
                let other = &self.cars[other];
                let tail = model_of(models, other.id).body.half_length_m();
                ahead(other.way_m - tail - front, other.speed_mps);
            }
            let first = by_lane.get(&car.next).and_then(|list| list.first());
            let mut room = f32::INFINITY;
            if let Some(other) = first.map(|&other| &self.cars[other]) {
                let tail = model_of(models, other.id).body.half_length_m();
                room = other.way_m - tail;
                ahead(path.length() + room - front, other.speed_mps);
            }
            let stop = path.straight - front;
            if stop > -0.5 {
                let junction = car.lane.junction();
                let can_stop = car.speed_mps * car.speed_mps / (2.0 * 3.5) < stop.max(0.0) + 0.3;
                let signal = signals::light(plan, junction, car.lane.approach(), tick);
                let others = over
                    .get(&junction)
                    .is_some_and(|list| list.iter().any(|&from| from != car.lane));
                // Those before it on the way over will want their room first.
                let queued = own[place + 1..].iter().filter(|&&o| self.cars[o].next == car.next);
                room -= queued.count() as f32 * 6.8;
                let full = room < 2.0 * half + 2.5;
                let busy = || crossing(junction) || others || full;
                let barred = match signal {
                    Light::Green => stop < 14.0 && busy(),
                    Light::Yellow => can_stop || busy(),
                    Light::Red => can_stop || stop > 0.3,
                };
                if barred {
                    ahead(stop + 1.2, 0.0);
                }
            }
            let mut seen = 0.0;
            let nose = path.at(front);
            let (mut at, mut dir) = nose;
            let reach = SIGHT_M.min(6.0 + car.speed_mps * 2.6);
            while seen < reach {
                let step = if front + seen < path.straight {
                    (path.straight - front - seen).min(reach - seen).max(0.5)
                } else {
                    1.5
                };
                let clear = hindrance.clear_m(at, dir, step);
                if clear < step {
                    ahead(seen + clear, 0.0);
                    break;
                }
                seen += step;
                (at, dir) = path.at(front + seen);
            }
            speeds.push(next_speed(car.speed_mps, wanted, gap, leader_speed, dt_secs));
        }
        for ((car, speed), path) in self.cars.iter_mut().zip(speeds).zip(&paths) {
            car.speed_mps = speed;
            car.way_m += speed * dt_secs;
            // It belongs to the junction until its tail has left it.
            let tail = model_of(models, car.id).body.half_length_m() + 0.8;
            if car.way_m >= path.length() + tail {
                car.way_m -= path.length();
                car.lane = car.next;
                car.turns = car.turns.wrapping_add(1);
                car.next = choose(car.lane, car.id, car.turns);
            }
        }
        let cars = std::mem::take(&mut self.cars);
        self.cars = cars.into_iter().filter(|car| self.active(car.lane)).collect();
    }
}

/// A car's looks follow from its number.
pub(super) fn model_of(models: &[CarModel], id: u32) -> &CarModel {
    &models[hash(id as i32, 0, 0, 0xb0d) as usize % models.len()]
}

/// The Intelligent Driver Model, and never into what is ahead.
fn next_speed(speed: f32, wanted: f32, gap: f32, leader: f32, dt_secs: f32) -> f32 {
    let free = (speed / wanted.max(0.5)).powi(4);
    let mut change = 1.0 - free;
    if gap.is_finite() {
        let closing = speed * (speed - leader) / (2.0 * (ACCELERATION * BRAKING).sqrt());
        let safe = REST_GAP_M + (speed * HEADWAY_SECS + closing).max(0.0);
        let ratio = safe / gap.max(0.05);
        change -= ratio * ratio;
    }
    let change = (ACCELERATION * change).clamp(-HARDEST, ACCELERATION);
    let next = (speed + change * dt_secs).max(0.0);
    // What is ahead may stop dead: nobody drives closer than half a metre to it.
    next.min(((gap - 0.5) / dt_secs).max(0.0))
}
