//! Six scripted policies, from bad to good, for every task.
//!
//! They only use what a robot can know: its own pose, where the goal lies, distances to what stands
//! around it, and, for the best one, a map.

use glam::{Quat, Vec2, Vec3};
use reverie_world_model::{Action, Embodiment, EmbodimentState, SpatialQuery};

use super::planning::{Ground, Planner};
use super::{DELIVERED_M, Task, TaskKind, flat};
use crate::class::Class;
use crate::living::Sites;
use crate::random::Rng;

/// How a robot is steered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Policy {
    /// Holds random commands, a second each.
    Random,
    /// Goes roughly towards the goal, off by up to a quarter turn.
    Vague,
    /// Goes straight for the goal, whatever stands there.
    Straight,
    /// Goes straight, and backs away and turns when it is stuck.
    Bumper,
    /// Feels ahead and takes the open direction nearest to the goal's.
    Reactive,
    /// Plans a way around what stands there, follows it, and waits for traffic.
    Planner,
}

impl Policy {
    /// Every policy, the worst first.
    pub const ALL: [Self; 6] =
        [Self::Random, Self::Vague, Self::Straight, Self::Bumper, Self::Reactive, Self::Planner];

    /// The name, for example `reactive`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Vague => "vague",
            Self::Straight => "straight",
            Self::Bumper => "bumper",
            Self::Reactive => "reactive",
            Self::Planner => "planner",
        }
    }
}

/// What a policy is told at a tick.
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    /// The body.
    pub body: &'a EmbodimentState,
    /// What it is to do, and how that stands.
    pub task: &'a Task,
    /// The world's geometry.
    pub world: &'a dyn SpatialQuery,
    /// Boxes and traffic, where there are any.
    pub sites: &'a Sites,
    /// Class of the surface straight below a point, where it is known.
    pub surface: Option<&'a dyn Fn(Vec3) -> Option<Class>>,
}

/// A policy at work.
#[derive(Clone, Debug)]
pub struct Pilot {
    policy: Policy,
    rng: Rng,
    tick: u32,
    held: Action,
    /// Angle that a vague one is off by, or that one turns away by when stuck.
    off_rad: f32,
    /// Ticks of backing away and of turning away that are left.
    escape: (u32, u32),
    marker: Vec3,
    way: Vec<Vec3>,
    way_goal: Vec3,
    side: f32,
    /// Ticks that somebody has been in the way.
    waited: u32,
    /// Side on which what stands in the way is passed, 0 when nothing does, and for how long.
    wall: f32,
    wall_ticks: u32,
    /// For how long the goal's direction has been open.
    open_ticks: u32,
}

/// Ticks between two plans.
const REPLAN: u32 = 36;
/// Ticks that a planner waits for somebody in its way.
const PATIENCE: u32 = 72;

impl Pilot {
    /// Begins; the seed decides what is left to chance.
    #[must_use]
    pub fn new(policy: Policy, seed: u64) -> Self {
        Self {
            policy,
            rng: Rng::new(seed ^ 0x0070_1107),
            tick: 0,
            held: Action::default(),
            off_rad: 0.0,
            escape: (0, 0),
            marker: Vec3::INFINITY,
            way: Vec::new(),
            way_goal: Vec3::INFINITY,
            side: 1.0,
            waited: 0,
            wall: 0.0,
            wall_ticks: 0,
            open_ticks: 0,
        }
    }

    /// The action for the next tick.
    pub fn act(&mut self, now: &Situation<'_>) -> Action {
        self.tick += 1;
        if self.policy == Policy::Random {
            return self.wander(now.body.embodiment);
        }
        let Some((goal, interact)) = errand(now) else { return Action::default() };
        let drone = now.body.embodiment == Embodiment::Drone;
        let mut action = if drone { self.fly(now, goal) } else { self.drive(now, goal) };
        action.interact = interact;
        action
    }

    fn wander(&mut self, embodiment: Embodiment) -> Action {
        if self.tick % 24 == 1 {
            let top = if embodiment == Embodiment::Drone { 4.0 } else { 1.2 };
            let rng = &mut self.rng;
            let forward = rng.range(-0.4, 1.0) * top;
            let up = if embodiment == Embodiment::Drone { rng.range(-1.0, 1.0) } else { 0.0 };
            self.held = Action {
                move_mps: Vec3::new(0.0, up, forward),
                look_rps: Vec2::new(rng.range(-1.5, 1.5), 0.0),
                interact: rng.chance(0.3),
            };
        }
        self.held
    }

    /// True while stuck: escapes by backing and turning away.
    fn stuck(&mut self, position: Vec3) -> bool {
        if self.tick.is_multiple_of(24) {
            let moved = position.distance(self.marker);
            self.marker = position;
            if moved < 0.2 && self.tick > 24 && self.escape == (0, 0) {
                let turn = self.rng.range(0.9, 1.9);
                self.off_rad = if self.rng.chance(0.5) { turn } else { -turn };
                self.escape = (14, 40);
            }
        }
        self.escape != (0, 0)
    }

    fn drive(&mut self, now: &Situation<'_>, goal: Vec3) -> Action {
        let body = now.body;
        let to = flat(goal) - flat(body.position);
        let bearing = yaw_of(to);
        match self.policy {
            Policy::Random => Action::default(),
            Policy::Vague => {
                if self.tick % 36 == 1 {
                    self.off_rad = self.rng.range(-1.55, 1.55);
                }
                steer(body, bearing + self.off_rad, 0.9)
            }
            Policy::Straight => steer(body, bearing, 1.1),
            Policy::Bumper => {
                if self.stuck(body.position) {
                    return self.back_off(body, bearing);
                }
                steer(body, bearing, 1.1)
            }
            Policy::Reactive => {
                if self.stuck(body.position) {
                    return self.back_off(body, bearing);
                }
                // A box that is wanted is not in the way.
                let box_m = if now.task.kind() == TaskKind::FetchBox { 0.7 } else { 0.0 };
                let way_m = to.length() - box_m;
                if way_m < 0.5 {
                    return steer(body, bearing, 0.8);
                }
                // On the pavement one keeps off the road rather than to a wall.
                let (yaw, clear) = if now.task.kind() == TaskKind::ReachAddress {
                    self.open_heading(now, bearing, way_m, 2.2)
                } else {
                    self.around(now, bearing, way_m)
                };
                steer(body, yaw, 1.25 * (clear / 1.0).clamp(0.2, 1.0))
            }
            Policy::Planner => self.follow(now, goal),
        }
    }

    fn back_off(&mut self, body: &EmbodimentState, bearing: f32) -> Action {
        if self.escape.0 > 0 {
            self.escape.0 -= 1;
            return Action { move_mps: Vec3::new(0.0, 0.0, -0.7), ..Action::default() };
        }
        self.escape.1 = self.escape.1.saturating_sub(1);
        steer(body, bearing + self.off_rad, 1.0)
    }

    /// Towards the goal where that is open, and along what stands there, keeping to one side,
    /// where it is not; how far that heading is open.
    fn around(&mut self, now: &Situation<'_>, bearing: f32, goal_m: f32) -> (f32, f32) {
        const STEP: f32 = 0.22;
        const OPEN_M: f32 = 1.15;
        let clear = clearance(now, bearing, 3.0);
        self.open_ticks = if clear > (goal_m - 0.2).min(2.2) { self.open_ticks + 1 } else { 0 };
        if self.open_ticks > if self.wall == 0.0 { 0 } else { 16 } {
            self.wall = 0.0;
            self.wall_ticks = 0;
            return (bearing, clear);
        }
        self.wall_ticks += 1;
        let first = |side: f32| {
            (1..=15).find_map(|k| {
                let yaw = bearing + side * STEP * k as f32;
                let clear = clearance(now, yaw, 3.0);
                (clear > OPEN_M).then_some((k, yaw, clear))
            })
        };
        if self.wall == 0.0 {
            let turns = [1.0f32, -1.0].map(|side| first(side).map_or(99, |(k, ..)| k));
            self.wall = if turns[0] <= turns[1] { 1.0 } else { -1.0 };
        } else if self.wall_ticks > 360 {
            // The other way round may be shorter.
            self.wall = -self.wall;
            self.wall_ticks = 0;
        }
        match first(self.wall) {
            Some((_, yaw, clear)) => (yaw, clear),
            None => (now.body.yaw_rad + 0.6 * self.wall, 0.0),
        }
    }

    /// The heading nearest to `bearing` that is open, and how far it is.
    fn open_heading(
        &mut self,
        now: &Situation<'_>,
        bearing: f32,
        goal_m: f32,
        widest: f32,
    ) -> (f32, f32) {
        let feel = goal_m.min(2.6) - 0.1;
        let mut best = (f32::INFINITY, bearing, 0.0);
        for i in -8i32..=8 {
            let off = i as f32 / 8.0 * widest;
            let yaw = bearing + off;
            let clear = clearance(now, yaw, 3.0);
            let blocked = (feel - clear).max(0.0);
            // Keeping to one side keeps from dithering.
            let wrong_side = if off * self.side < 0.0 { 0.25 } else { 0.0 };
            let cost = off.abs() + 2.2 * blocked + wrong_side + astray(now, yaw);
            if cost < best.0 {
                best = (cost, yaw, clear);
            }
        }
        let off = wrap(best.1 - bearing);
        if off.abs() > 0.5 {
            self.side = off.signum();
        }
        (best.1, best.2)
    }

    fn follow(&mut self, now: &Situation<'_>, goal: Vec3) -> Action {
        let body = now.body;
        let fetching = now.task.kind() == TaskKind::FetchBox;
        if self.tick % REPLAN == 1 || self.way_goal.distance(goal) > 0.5 {
            let ground = Ground {
                world: now.world,
                surface: now.surface.filter(|_| now.task.kind() == TaskKind::ReachAddress),
                eye_height_m: body.body.eye_height_m,
                radius_m: body.body.radius_m,
            };
            let planner = Planner { arrive_m: if fetching { 1.1 } else { 0.6 } };
            self.way = planner.find(&ground, body.position, goal).unwrap_or_default();
            self.way_goal = goal;
        }
        let here = flat(body.position);
        while self.way.len() > 1 && flat(self.way[0]).distance(here) < 0.8 {
            self.way.remove(0);
        }
        let near = flat(goal).distance(here) < 1.4;
        let target = match self.way.first() {
            Some(point) if !near => *point,
            _ => goal,
        };
        let bearing = yaw_of(flat(target) - here);
        // Somebody close ahead goes first.
        let ahead = Quat::from_rotation_y(body.yaw_rad) * Vec3::NEG_Z;
        let wait = now.sites.traffic.iter().any(|(at, radius)| {
            let to = flat(*at) - here;
            let away = to.length() - radius - body.body.radius_m;
            away < 1.3 && to.dot(flat(ahead)) > 0.35 * to.length()
        });
        // Somebody who waits for the robot in turn, or stands there, is driven around.
        self.waited = if wait { self.waited + 1 } else { 0 };
        if wait && self.waited < PATIENCE {
            return Action { move_mps: Vec3::ZERO, ..steer(body, bearing, 0.0) };
        }
        if self.stuck(body.position) {
            return self.back_off(body, bearing);
        }
        let clear = clearance(now, body.yaw_rad, 2.0);
        let speed = if near && fetching { 0.7 } else { 1.5 };
        let (yaw, speed) = if clear < 0.75 && !near {
            let (yaw, open) = self.open_heading(now, bearing, 1.5, 1.2);
            (yaw, 0.8 * (open / 1.2).clamp(0.2, 1.0))
        } else {
            (bearing, speed * (clear / 1.0).clamp(0.3, 1.0))
        };
        steer(body, yaw, speed)
    }

    fn fly(&mut self, now: &Situation<'_>, goal: Vec3) -> Action {
        let body = now.body;
        let mut target = goal;
        let mut speed = 4.0;
        if self.policy == Policy::Planner {
            let gate = now.task.goals().get(now.task.next_goal());
            let way = gate.map_or(Vec3::ZERO, super::Gate::way);
            let along = (body.position - goal).dot(way);
            let aside = (body.position - goal - way * along).length();
            // Line up before the gate, then through its middle and on a little.
            target = if along > -0.5 || (aside > 1.2 && along > -5.0) {
                goal - way * 6.0
            } else {
                goal + way * (2.0 - (-along - 1.5).clamp(0.0, 2.0) * 0.5)
            };
            let off = angle_between(flat(target - body.position), flat(body.velocity_mps));
            speed = if off > 0.6 { 4.0 } else { 7.0 };
        }
        let mut to = target - body.position;
        let mut bearing = yaw_of(flat(to));
        let policy = self.policy;
        match policy {
            Policy::Vague => {
                if self.tick % 36 == 1 {
                    self.off_rad = self.rng.range(-1.3, 1.3);
                    self.side = self.rng.range(-1.5, 1.5);
                }
                bearing += self.off_rad;
                to.y += self.side;
                speed = 3.0;
            }
            Policy::Bumper if self.stuck(body.position) => {
                self.escape = (self.escape.0.saturating_sub(1), self.escape.1.saturating_sub(1));
                let up = Vec3::new(0.0, 2.0, -1.0);
                return Action { move_mps: up, ..steer(body, bearing, 0.0) };
            }
            Policy::Bumper => speed = 4.4,
            Policy::Reactive | Policy::Planner => {
                let ahead = to.normalize_or(Vec3::NEG_Z);
                let feel = to.length().min(6.0);
                if now.world.ray_cast(body.position, ahead, feel).is_some() {
                    to.y += 5.0;
                    speed *= 0.5;
                }
                // Turning first keeps the curve narrow.
                let off = wrap(bearing - body.yaw_rad).abs();
                if self.policy == Policy::Reactive {
                    speed = 5.0 - 2.5 * (off / 1.5).min(1.0);
                }
            }
            Policy::Random | Policy::Straight => {}
        }
        let flat_m = flat(to).length().max(0.1);
        let mut action = steer(body, bearing, speed.min(1.2 + flat_m));
        let climb = (to.y / flat_m * action.move_mps.z.abs()).clamp(-3.0, 3.0);
        action.move_mps.y = if flat_m < 1.0 { to.y.clamp(-1.5, 1.5) } else { climb };
        action
    }
}

/// Where to go now, and whether to grip.
fn errand(now: &Situation<'_>) -> Option<(Vec3, bool)> {
    let goal = now.task.goals().get(now.task.next_goal())?.position;
    if now.task.kind() != TaskKind::FetchBox {
        return Some((goal, false));
    }
    let body = now.body;
    let wanted = now.sites.boxes.iter().filter(|b| Some(b.colour) == now.task.colour());
    let mut nearest: Option<(f32, Vec3)> = None;
    for item in wanted {
        if item.held {
            let left = flat(item.position).distance(flat(goal));
            return Some((goal, left > 0.6 * DELIVERED_M));
        }
        let stacked = item.position.y - item.half_m.y > body.position.y;
        let away = flat(item.position).distance(flat(body.position));
        let covered = now.sites.boxes.iter().any(|other| {
            other.position.y > item.position.y + 0.05
                && flat(other.position).distance(flat(item.position)) < 0.3
        });
        if !stacked && !covered && nearest.is_none_or(|(best, _)| away < best) {
            nearest = Some((away, item.position));
        }
    }
    // Another box in the grip is let go.
    let full = now.sites.boxes.iter().any(|item| item.held);
    let (away, place) = nearest?;
    let facing = wrap(yaw_of(flat(place) - flat(body.position)) - body.yaw_rad).abs() < 0.5;
    Some((place, !full && away < 1.15 && facing))
}

fn yaw_of(to: Vec2) -> f32 {
    (-to.x).atan2(-to.y)
}

fn angle_between(a: Vec2, b: Vec2) -> f32 {
    if a.length() < 0.1 || b.length() < 0.1 { 0.0 } else { a.angle_to(b).abs() }
}

/// Turns towards a heading and drives the more, the better it is faced.
fn steer(body: &EmbodimentState, yaw_rad: f32, speed_mps: f32) -> Action {
    let off = wrap(yaw_rad - body.yaw_rad);
    let facing = off.cos().max(0.0);
    Action {
        move_mps: Vec3::new(0.0, 0.0, speed_mps * facing * facing),
        look_rps: Vec2::new((3.5 * off).clamp(-2.2, 2.2), 0.0),
        interact: false,
    }
}

/// What leaving the pavement in a direction costs a chooser of headings, radians.
fn astray(now: &Situation<'_>, yaw_rad: f32) -> f32 {
    let (TaskKind::ReachAddress, Some(surface)) = (now.task.kind(), now.surface) else {
        return 0.0;
    };
    let ahead = Quat::from_rotation_y(yaw_rad) * Vec3::NEG_Z;
    let off = [0.8f32, 1.6, 2.6].iter().filter(|away| {
        let class = surface(now.body.position + ahead * **away);
        matches!(class, Some(Class::Road | Class::Ground | Class::Plant))
    });
    0.5 * off.count() as f32
}

/// Free way of the body's width in a direction, metres.
fn clearance(now: &Situation<'_>, yaw_rad: f32, reach: f32) -> f32 {
    let body = now.body;
    let ahead = Quat::from_rotation_y(yaw_rad) * Vec3::NEG_Z;
    let right = Vec3::new(-ahead.z, 0.0, ahead.x);
    let low = 0.8 * (body.body.step_height_m - body.body.eye_height_m);
    let mut clear = reach;
    for side in [-1.0f32, 0.0, 1.0] {
        for height in [0.0, low] {
            let from =
                body.position + right * (side * (body.body.radius_m + 0.1)) + Vec3::Y * height;
            if let Some(hit) = now.world.ray_cast(from, ahead, clear)
                && hit.normal.y < 0.6
            {
                clear = clear.min(hit.distance_m);
            }
        }
    }
    // Cars, machines and people count by their whole width.
    for (at, radius) in &now.sites.traffic {
        let to = *at - body.position;
        let along = to.dot(ahead);
        if along > 0.0 && to.dot(right).abs() < radius + body.body.radius_m + 0.1 {
            clear = clear.min((along - radius).max(0.0));
        }
    }
    clear
}

fn wrap(angle_rad: f32) -> f32 {
    use std::f32::consts::TAU;
    angle_rad - TAU * (angle_rad / TAU).round()
}
