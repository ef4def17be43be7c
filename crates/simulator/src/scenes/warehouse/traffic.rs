//! Forklifts and workers.
//!
//! - A forklift drives its loop one way, slower in bends. It brakes for every body on its way, so
//!   that it stands before it, and waits until the way is free.
//! - At its stations it stops, lifts its forks, lowers them and drives on.
//! - A worker walks from point to point of a round. Somebody in the way makes it wait, and turn
//!   back when that lasts. At some points it rests.

use glam::{Affine3A, Quat, Vec2, Vec3};
use serde::{Deserialize, Serialize};

use super::figures::{
    FORK_TIP_M, FORKLIFT_HALF_M, ForkliftParts, HIP, KNEE_Y, SHOULDER, WorkerParts,
};
use super::footing::Disc;
use super::plan::Loop;
use crate::scene::Mover;
use crate::surface::noise::{hash, hash_unit};

/// Fastest on straights and in bends, m/s.
const STRAIGHT_MPS: f32 = 2.3;
const BEND_MPS: f32 = 1.2;
const PICK_UP_MPS2: f32 = 0.9;
const BRAKE_MPS2: f32 = 2.2;
/// Time of a stop at a station, and of raising the forks in it.
const STOP_SECS: f32 = 9.0;
const LIFT_SECS: f32 = 3.5;
/// Kept between the tips of the forks and what stands before them.
const GAP_M: f32 = 0.7;
/// A worker that waits longer than this turns back.
const PATIENCE_SECS: f32 = 2.5;
pub(super) const WORKER_RADIUS_M: f32 = 0.28;
/// Length of a whole cycle of two steps.
const CYCLE_M: f32 = 1.35;

/// What does not change of a forklift.
#[derive(Clone, Debug)]
pub(super) struct ForkliftSpec {
    pub path: Loop,
    /// Where it stops, metres along the loop, rising.
    pub stations: Vec<f32>,
    pub parts: ForkliftParts,
    /// Group of the load on its forks.
    pub load: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ForkliftState {
    /// Along the loop, within its length.
    pub way_m: f32,
    pub speed_mps: f32,
    /// Left of the stop at a station.
    pub stop_secs: f32,
    /// The station that comes next.
    pub station: u32,
}

impl ForkliftSpec {
    pub fn pose(&self, state: &ForkliftState) -> (Vec2, Vec2) {
        self.path.at(state.way_m)
    }

    pub fn fork_height(&self, state: &ForkliftState) -> f32 {
        if state.stop_secs <= 0.0 {
            return 0.12;
        }
        let done = STOP_SECS - state.stop_secs;
        let up = (done / LIFT_SECS).min(1.0).min(state.stop_secs / LIFT_SECS);
        let top = 1.1 + 0.8 * hash_unit(state.station as i32, 3, 0, 0xf0);
        0.12 + (top - 0.12) * crate::surface::noise::smoothstep(0.0, 1.0, up)
    }

    /// Two discs that cover it.
    pub fn discs(&self, state: &ForkliftState, owner: u32) -> [Disc; 2] {
        let (at, along) = self.pose(state);
        [0.55f32, -0.65].map(|forward| Disc {
            centre: at + along * forward,
            radius_m: 0.85,
            low: 0.0,
            high: 2.3,
            owner,
        })
    }

    pub fn advance(&self, state: &mut ForkliftState, owner: u32, bodies: &[Disc], dt_secs: f32) {
        if state.stop_secs > 0.0 {
            state.stop_secs = (state.stop_secs - dt_secs).max(0.0);
            return;
        }
        let length = self.path.length();
        let (_, along) = self.pose(state);
        let ahead = self.path.at(state.way_m + 1.5).1;
        let mut limit = if ahead.dot(along) < 0.98 { BEND_MPS } else { STRAIGHT_MPS };
        let brake = |way: f32| (2.0 * BRAKE_MPS2 * 0.8 * way.max(0.0)).sqrt();
        let next = self.stations.get(state.station as usize).copied();
        if let Some(station) = next {
            let left = (station - state.way_m).rem_euclid(length);
            limit = limit.min(brake(left).max(0.15));
        }
        let stop_m = state.speed_mps * state.speed_mps / (2.0 * BRAKE_MPS2);
        let horizon = FORK_TIP_M + GAP_M + stop_m + 1.0;
        let (here, _) = self.pose(state);
        let mut s = 0.4;
        while s < horizon {
            let (point, way) = self.path.at(state.way_m + s);
            let blocked = bodies.iter().any(|body| {
                let to = body.centre - point;
                body.owner != owner
                    && body.low < 2.2
                    && to.dot(way).abs() < 0.3 + body.radius_m
                    && to.dot(way.perp()).abs() < FORKLIFT_HALF_M + 0.12 + body.radius_m
                    // What is beside or behind the middle does not count.
                    && (body.centre - here).dot(along) > 0.2
            });
            if blocked {
                limit = limit.min(brake(s - FORK_TIP_M - GAP_M));
                break;
            }
            s += 0.35;
        }
        let change = limit - state.speed_mps;
        state.speed_mps += change.clamp(-BRAKE_MPS2 * dt_secs, PICK_UP_MPS2 * dt_secs);
        let step = state.speed_mps * dt_secs;
        if let Some(station) = next {
            let left = (station - state.way_m).rem_euclid(length);
            if left <= step + 0.005 || left > length - 0.02 {
                state.way_m = station;
                state.speed_mps = 0.0;
                state.stop_secs = STOP_SECS;
                state.station = (state.station + 1) % self.stations.len() as u32;
                return;
            }
        }
        state.way_m = (state.way_m + step).rem_euclid(length);
    }

    pub fn movers(&self, state: &ForkliftState, instance: u32, out: &mut Vec<Mover>) {
        let (at, along) = self.pose(state);
        let turn = facing(along);
        let floor = Vec3::new(at.x, 0.0, at.y);
        let mut put = |part: u32, group: u32, offset: Vec3, inner: Quat| {
            let pose = Affine3A::from_rotation_translation(turn * inner, floor + turn * offset);
            let instance = instance + part;
            out.push(Mover { instance, group, world_from_local: pose, scale: Vec3::ONE });
        };
        let lift = self.fork_height(state);
        put(0, self.parts.chassis, Vec3::ZERO, Quat::IDENTITY);
        put(1, self.parts.carriage, Vec3::Y * (lift - 0.05), Quat::IDENTITY);
        if let Some(load) = self.load {
            put(2, load, Vec3::new(0.0, lift - 0.02, -1.68), Quat::IDENTITY);
        }
    }
}

/// The turn that makes local -Z look along a direction of the floor.
fn facing(along: Vec2) -> Quat {
    Quat::from_rotation_y((-along.x).atan2(-along.y))
}

#[derive(Clone, Debug)]
pub(super) struct WorkerSpec {
    /// Corners of the round; the last leads to the first.
    pub round: Vec<Vec2>,
    pub parts: WorkerParts,
    pub pace_mps: f32,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WorkerState {
    pub position: Vec2,
    pub yaw_rad: f32,
    pub speed_mps: f32,
    /// The point that is walked to.
    pub target: u32,
    pub backwards: bool,
    /// Left of a rest.
    pub rest_secs: f32,
    /// Since something came into the way.
    pub waiting_secs: f32,
    /// Way since the start, within a cycle of two steps.
    pub cycle_m: f32,
}

impl WorkerSpec {
    pub fn disc(&self, state: &WorkerState, owner: u32) -> Disc {
        let (centre, radius_m) = (state.position, WORKER_RADIUS_M);
        Disc { centre, radius_m, low: 0.0, high: 1.8, owner }
    }

    fn next(&self, state: &WorkerState) -> u32 {
        let count = self.round.len() as u32;
        if state.backwards {
            (state.target + count - 1) % count
        } else {
            (state.target + 1) % count
        }
    }

    pub fn advance(&self, state: &mut WorkerState, owner: u32, bodies: &[Disc], dt_secs: f32) {
        let slow = |state: &mut WorkerState, wanted: f32| {
            let change = (wanted - state.speed_mps).clamp(-4.0 * dt_secs, 1.5 * dt_secs);
            state.speed_mps += change;
        };
        if state.rest_secs > 0.0 {
            state.rest_secs = (state.rest_secs - dt_secs).max(0.0);
            slow(state, 0.0);
            return;
        }
        let Some(&goal) = self.round.get(state.target as usize) else { return };
        let to = goal - state.position;
        let away = to.length();
        if away < 0.2 {
            let h = hash(owner as i32, state.target as i32, i32::from(state.backwards), 0x3e5);
            if h & 3 == 0 {
                state.rest_secs = 1.5 + (h >> 8 & 255) as f32 * (4.0 / 255.0);
            }
            state.target = self.next(state);
            return;
        }
        let along = to / away;
        let wanted_yaw = (-along.x).atan2(-along.y);
        let turn = wrap(wanted_yaw - state.yaw_rad);
        state.yaw_rad = wrap(state.yaw_rad + turn.clamp(-3.0 * dt_secs, 3.0 * dt_secs));
        let blocked = bodies.iter().any(|body| {
            let to = body.centre - state.position;
            let ahead = to.dot(along);
            body.owner != owner
                && body.low < 1.7
                && ahead > 0.0
                && ahead < 1.0 + body.radius_m + WORKER_RADIUS_M
                && to.dot(along.perp()).abs() < body.radius_m + WORKER_RADIUS_M + 0.1
        });
        if blocked {
            slow(state, 0.0);
            state.waiting_secs += dt_secs;
            if state.waiting_secs > PATIENCE_SECS {
                state.waiting_secs = 0.0;
                state.backwards = !state.backwards;
                state.target = self.next(state);
            }
        } else {
            state.waiting_secs = 0.0;
            slow(state, if turn.abs() < 0.6 { self.pace_mps } else { 0.0 });
        }
        let step = (state.speed_mps * dt_secs).min(away);
        state.position += along * step;
        state.cycle_m = (state.cycle_m + step).rem_euclid(CYCLE_M);
    }

    pub fn movers(&self, state: &WorkerState, instance: u32, out: &mut Vec<Mover>) {
        let turn = Quat::from_rotation_y(state.yaw_rad);
        let floor = Vec3::new(state.position.x, 0.0, state.position.y);
        let swing = (state.speed_mps / self.pace_mps.max(0.1)).clamp(0.0, 1.0);
        let phase = state.cycle_m / CYCLE_M * std::f32::consts::TAU;
        let bob = Vec3::Y * (0.02 * swing * (2.0 * phase).cos() - 0.015);
        let mut put = |part: u32, group: u32, joint: Vec3, inner: Quat| {
            let at = floor + turn * (joint + bob);
            let pose = Affine3A::from_rotation_translation(turn * inner, at);
            let instance = instance + part;
            out.push(Mover { instance, group, world_from_local: pose, scale: Vec3::ONE });
        };
        put(0, self.parts.trunk, Vec3::ZERO, Quat::IDENTITY);
        for (i, side) in [-1.0f32, 1.0].into_iter().enumerate() {
            let part = 1 + 3 * i as u32;
            let stride =
                (phase + if side > 0.0 { std::f32::consts::PI } else { 0.0 }).sin() * swing;
            let sideways = Vec3::new(side, 1.0, 1.0);
            // Positive turns around X swing what hangs down backwards (+Z)... so forwards is -Z.
            let hip = Quat::from_rotation_x(0.45 * stride);
            let lift = (phase + if side > 0.0 { std::f32::consts::PI } else { 0.0 }).cos();
            let bend = Quat::from_rotation_x(-(0.12 + 0.55 * lift.max(0.0)) * swing);
            let joint = HIP * sideways;
            put(part, self.parts.thigh, joint, hip);
            put(part + 1, self.parts.shin, joint + hip * (Vec3::Y * KNEE_Y), hip * bend);
            let arm = Quat::from_rotation_x(-0.5 * stride) * Quat::from_rotation_z(0.08 * side);
            put(part + 2, self.parts.arm, SHOULDER * sideways, arm);
        }
    }
}

/// Brings an angle to within half a turn.
fn wrap(angle_rad: f32) -> f32 {
    use std::f32::consts::{PI, TAU};
    if angle_rad.abs() <= PI { angle_rad } else { angle_rad - TAU * (angle_rad / TAU).round() }
}
