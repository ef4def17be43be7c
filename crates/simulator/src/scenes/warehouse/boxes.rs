//! Loose boxes: pushed, gripped, carried, set down, fallen.
//!
//! - A box moves without turning over. A rover or walker that drives against it pushes it along its
//!   own way, heavy ones slower; when it is no longer pushed, friction stops it.
//! - A box stops at whatever stands in its way, other boxes included: they do not push each other.
//! - It rests on the highest surface under it. When its middle leaves that surface it slides off
//!   and falls to what is below.
//! - While `interact` is held, the nearest box in reach before the body, with nothing on top of
//!   it, is gripped; it is carried before the body, drawn in where there is no room, and let go
//!   where it fits once `interact` is released.

use glam::{Quat, Vec2, Vec3};
use reverie_world_model::{Action, Embodiment, EmbodimentState};
use serde::{Deserialize, Serialize};

use super::footing::{Disc, Slab, clear_way, flat, ground_below};
use crate::living::{Sound, SoundEvent, Tick};
use crate::scene::Scene;

const GRAVITY_MPS2: f32 = 9.81;
/// Of cardboard on concrete.
const FRICTION: f32 = 0.5;
/// Kept between a box and what stops it, metres.
const SKIN_M: f32 = 0.004;
const DENSITY_KG_M3: f32 = 220.0;
/// How far from its hull a body can grip.
const REACH_M: f32 = 0.6;
/// A carried box comes into place at this speed.
const CARRY_MPS: f32 = 1.5;
/// Speed at which a box slides off an edge.
const TIP_MPS: f32 = 0.8;

/// What a box is made as.
#[derive(Clone, Copy, Debug)]
pub(super) struct BoxSpec {
    pub half: Vec3,
    pub group: u32,
    /// Index into the colours.
    pub colour: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BoxState {
    /// Of its middle.
    pub position: Vec3,
    pub yaw_rad: f32,
    pub velocity_mps: Vec3,
}

/// The box that is carried.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Held {
    pub index: u32,
    /// From the body's feet: right, up, forward.
    pub offset_m: Vec3,
    /// Relative to the body's heading.
    pub yaw_rad: f32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Boxes {
    pub list: Vec<BoxState>,
    pub held: Option<Held>,
}

/// The body that handles boxes, on the floor plan.
struct Hand {
    centre: Vec2,
    heading: Vec2,
    right: Vec2,
    radius_m: f32,
    feet_m: f32,
    top_m: f32,
    yaw_rad: f32,
}

impl Hand {
    fn of(body: &EmbodimentState) -> Option<Self> {
        if !matches!(body.embodiment, Embodiment::Rover | Embodiment::Walker) {
            return None;
        }
        let heading = Quat::from_rotation_y(body.yaw_rad) * Vec3::NEG_Z;
        let heading = flat(heading);
        let feet_m = body.position.y - body.body.eye_height_m;
        Some(Self {
            centre: flat(body.position),
            heading,
            right: Vec2::new(-heading.y, heading.x),
            radius_m: body.body.radius_m,
            feet_m,
            top_m: feet_m + body.body.eye_height_m.max(0.6),
            yaw_rad: body.yaw_rad,
        })
    }

    fn wish(&self, body: &EmbodimentState, action: &Action) -> Vec2 {
        let sideways = if body.embodiment == Embodiment::Walker { action.move_mps.x } else { 0.0 };
        self.heading * action.move_mps.z + self.right * sideways
    }
}

pub(super) fn slab(spec: &BoxSpec, state: &BoxState) -> Slab {
    Slab::new(state.position, spec.half, state.yaw_rad)
}

impl Boxes {
    /// One tick. `others` are bodies that move by themselves: boxes stop at them. With `all`,
    /// boxes that seem to rest are looked at too: what they stand on may have gone.
    pub fn advance(
        &mut self,
        scene: &Scene,
        specs: &[BoxSpec],
        tick: &Tick<'_>,
        others: &[Disc],
        all: bool,
        sounds: &mut Vec<SoundEvent>,
    ) {
        let hand = Hand::of(tick.body);
        match (&hand, tick.action.interact) {
            (Some(hand), true) if self.held.is_none() => self.grip(specs, hand),
            (Some(_), true) => {}
            (Some(hand), false) => self.release(specs, hand),
            (None, _) => self.held = None,
        }
        if let Some(hand) = &hand {
            self.carry(scene, specs, hand, tick.dt_secs);
            self.push(scene, specs, hand, tick, others, sounds);
        }
        for index in 0..self.list.len() {
            if !self.is_held(index) && (all || self.awake(index, tick.body.position)) {
                self.slide_on(scene, specs, index, tick.dt_secs, others);
                self.settle(scene, specs, index, tick.dt_secs, sounds);
            }
        }
    }

    /// Boxes at rest, far from the player and from other boxes that move, stay where they are.
    fn awake(&self, index: usize, player: Vec3) -> bool {
        let at = flat(self.list[index].position);
        let near = |other: &BoxState| {
            other.velocity_mps != Vec3::ZERO && flat(other.position).distance(at) < 1.5
        };
        at.distance(flat(player)) < 4.0 || self.list.iter().any(near)
    }

    fn is_held(&self, index: usize) -> bool {
        self.held.is_some_and(|held| held.index as usize == index)
    }

    /// Other boxes that are not carried.
    fn neighbours<'a>(
        &'a self,
        specs: &'a [BoxSpec],
        index: usize,
    ) -> impl Iterator<Item = Slab> + 'a {
        let rest = self.list.iter().zip(specs).enumerate();
        rest.filter(move |(other, _)| *other != index && !self.is_held(*other))
            .map(|(_, (state, spec))| slab(spec, state))
    }

    fn grip(&mut self, specs: &[BoxSpec], hand: &Hand) {
        let mut nearest: Option<(f32, usize)> = None;
        for (index, (state, spec)) in self.list.iter().zip(specs).enumerate() {
            let body = slab(spec, state);
            let to = body.closest(hand.centre) - hand.centre;
            let middle = body.centre - hand.centre;
            let away = to.length();
            let ahead = middle.dot(hand.heading) > 0.6 * middle.length();
            let level = body.low < hand.top_m + 0.5 && body.high > hand.feet_m;
            let free = self
                .neighbours(specs, index)
                .all(|other| (other.low - body.high).abs() > 0.03 || !other.overlaps_flat(&body));
            if away < hand.radius_m + REACH_M
                && ahead
                && level
                && free
                && nearest.is_none_or(|(best, _)| away < best)
            {
                nearest = Some((away, index));
            }
        }
        if let Some((_, index)) = nearest {
            let state = self.list[index];
            let to = flat(state.position) - hand.centre;
            let up = state.position.y - hand.feet_m;
            let offset_m = Vec3::new(to.dot(hand.right), up, to.dot(hand.heading));
            let yaw_rad = state.yaw_rad - hand.yaw_rad;
            self.held = Some(Held { index: index as u32, offset_m, yaw_rad });
        }
    }

    fn release(&mut self, specs: &[BoxSpec], hand: &Hand) {
        let Some(held) = self.held else { return };
        let index = held.index as usize;
        let body = slab(&specs[index], &self.list[index]);
        let clear = self.neighbours(specs, index).all(|other| !other.overlaps(&body));
        if clear && body.distance(hand.centre) >= hand.radius_m {
            self.list[index].velocity_mps = Vec3::ZERO;
            self.held = None;
        }
    }

    fn carry(&mut self, scene: &Scene, specs: &[BoxSpec], hand: &Hand, dt_secs: f32) {
        let Some(mut held) = self.held else { return };
        let index = held.index as usize;
        let half = specs[index].half;
        let yaw = hand.yaw_rad + held.yaw_rad;
        let shape = Slab::new(Vec3::ZERO, half, yaw);
        let (deep, wide) = (shape.extent(hand.heading), shape.extent(hand.right));
        let lift = (hand.top_m - hand.feet_m - 0.6).max(0.0) * 0.6 + 0.14;
        let goal = Vec3::new(0.0, lift + half.y, hand.radius_m + 0.14 + deep);
        let way = goal - held.offset_m;
        held.offset_m += way.clamp_length_max(CARRY_MPS * dt_secs);
        // As far out as there is room.
        let base = Vec3::new(hand.centre.x, hand.feet_m + held.offset_m.y, hand.centre.y);
        let side = hand.right * held.offset_m.x;
        let start = base + Vec3::new(side.x, 0.0, side.y);
        let shape = Slab::new(start, half, yaw);
        let far = held.offset_m.z;
        let mut reach = clear_way(scene, &shape, hand.heading, far, wide);
        for _ in 0..8 {
            let at = start + Vec3::new(hand.heading.x, 0.0, hand.heading.y) * reach;
            let here = Slab::new(at, half, yaw);
            if reach <= 0.0 || self.neighbours(specs, index).all(|other| !other.overlaps(&here)) {
                break;
            }
            reach = (reach - 0.15 * far).max(0.0);
        }
        let state = &mut self.list[index];
        state.position = start + Vec3::new(hand.heading.x, 0.0, hand.heading.y) * reach;
        state.yaw_rad = yaw;
        state.velocity_mps = Vec3::ZERO;
        self.held = Some(held);
    }

    fn push(
        &mut self,
        scene: &Scene,
        specs: &[BoxSpec],
        hand: &Hand,
        tick: &Tick<'_>,
        others: &[Disc],
        sounds: &mut Vec<SoundEvent>,
    ) {
        let wish = hand.wish(tick.body, tick.action);
        let speed = wish.length();
        if speed < 0.05 {
            return;
        }
        let along = wish / speed;
        for index in 0..self.list.len() {
            let body = slab(&specs[index], &self.list[index]);
            let level = body.low < hand.top_m && body.high > hand.feet_m + 0.1;
            if self.is_held(index) || !level {
                continue;
            }
            let to = body.closest(hand.centre) - hand.centre;
            let away = to.length();
            let half = specs[index].half;
            let mass_kg = 8.0 * half.x * half.y * half.z * DENSITY_KG_M3;
            let limit_mps = (1.5 - mass_kg / 45.0).clamp(0.25, 1.2);
            // So far off that the next step of the body does not touch it.
            let keep = hand.radius_m + 1.5 * speed.min(limit_mps) * tick.dt_secs + 0.06;
            if away >= keep || to.dot(along) < 0.5 * away {
                continue;
            }
            let way = (keep - away).min(limit_mps * tick.dt_secs);
            let moved = self.shift(scene, specs, index, along * way, others);
            let before = self.list[index].velocity_mps;
            let now = moved / tick.dt_secs;
            if flat(before).length() < 0.02 && moved != Vec2::ZERO {
                let position = self.list[index].position;
                sounds.push(SoundEvent { sound: Sound::Bump, position, strength: 0.25 });
            }
            self.list[index].velocity_mps = Vec3::new(now.x, before.y, now.y);
        }
    }

    /// Moves a box over the floor as far as it is free to go; what it went.
    fn shift(
        &mut self,
        scene: &Scene,
        specs: &[BoxSpec],
        index: usize,
        motion: Vec2,
        others: &[Disc],
    ) -> Vec2 {
        let length = motion.length();
        if length < 1e-6 {
            return Vec2::ZERO;
        }
        let along = motion / length;
        let body = slab(&specs[index], &self.list[index]);
        let wide = body.extent(Vec2::new(-along.y, along.x));
        let deep = body.extent(along);
        let mut way = (clear_way(scene, &body, along, length + SKIN_M, wide) - SKIN_M).min(length);
        let blocked = |way: f32| {
            let there = body.moved(along * way);
            let hit = self
                .neighbours(specs, index)
                .any(|other| other.overlaps(&there) && !other.overlaps(&body));
            hit || others.iter().any(|disc| {
                disc.low < body.high
                    && disc.high > body.low
                    && there.distance(disc.centre) < disc.radius_m
                    && there.distance(disc.centre) < body.distance(disc.centre)
            })
        };
        if way > 0.0 && blocked(way + SKIN_M) {
            way = (0..4)
                .map(|i| way * (0.75 - 0.25 * i as f32))
                .find(|w| !blocked(*w + SKIN_M))
                .unwrap_or(0.0);
        }
        if way <= 0.0 || deep <= 0.0 {
            return Vec2::ZERO;
        }
        let moved = along * way;
        self.list[index].position += Vec3::new(moved.x, 0.0, moved.y);
        moved
    }

    /// Goes on by itself until friction has taken the speed.
    fn slide_on(
        &mut self,
        scene: &Scene,
        specs: &[BoxSpec],
        index: usize,
        dt_secs: f32,
        others: &[Disc],
    ) {
        let velocity = flat(self.list[index].velocity_mps);
        let speed = velocity.length();
        let left = (speed - FRICTION * GRAVITY_MPS2 * dt_secs).max(0.0);
        let next = if speed > 0.0 { velocity * (left / speed) } else { Vec2::ZERO };
        let moved = self.shift(scene, specs, index, next * dt_secs, others);
        let kept = if moved == Vec2::ZERO { Vec2::ZERO } else { next };
        let fall = self.list[index].velocity_mps.y;
        self.list[index].velocity_mps = Vec3::new(kept.x, fall, kept.y);
    }

    /// Rests, slides off an edge, or falls.
    fn settle(
        &mut self,
        scene: &Scene,
        specs: &[BoxSpec],
        index: usize,
        dt_secs: f32,
        sounds: &mut Vec<SoundEvent>,
    ) {
        let half = specs[index].half;
        let body = slab(&specs[index], &self.list[index]);
        let mut highest = f32::NEG_INFINITY;
        let mut middle = f32::NEG_INFINITY;
        let (mut carried, mut count) = (Vec2::ZERO, 0);
        let mut heights = [f32::NEG_INFINITY; 5];
        let points = body.feet();
        for (point, height) in points.iter().zip(&mut heights) {
            let from = Vec3::new(point.x, body.low + 0.02, point.y);
            *height = ground_below(scene, from).unwrap_or(f32::NEG_INFINITY);
            for other in self.neighbours(specs, index) {
                if other.high <= body.low + 0.02 && other.contains(*point) {
                    *height = height.max(other.high);
                }
            }
            highest = highest.max(*height);
        }
        middle = middle.max(heights[0]);
        // A smaller box under the middle of a larger one touches none of its corners.
        for other in self.neighbours(specs, index) {
            if other.high <= body.low + 0.02 && other.overlaps_flat(&body) {
                highest = highest.max(other.high);
                if other.contains(body.centre) || body.contains(other.centre) {
                    middle = middle.max(other.high);
                }
            }
        }
        if !highest.is_finite() {
            // Nothing is known below.
            self.list[index].velocity_mps.y = 0.0;
            return;
        }
        for (point, height) in points.iter().zip(heights) {
            if height > highest - 0.02 {
                carried += *point - body.centre;
                count += 1;
            }
        }
        let state = &mut self.list[index];
        let gap = body.low - highest;
        if gap > 1e-4 {
            let speed = state.velocity_mps.y - GRAVITY_MPS2 * dt_secs;
            let drop = -speed * dt_secs;
            if drop < gap {
                state.position.y -= drop;
                state.velocity_mps.y = speed;
                return;
            }
            if -speed > 0.5 {
                let strength = (-speed / 6.0).clamp(0.1, 1.0);
                sounds.push(SoundEvent { sound: Sound::Bump, position: state.position, strength });
            }
        }
        // What rests stays exactly where it is.
        if gap.abs() > 1e-4 {
            state.position.y = highest + half.y;
        }
        state.velocity_mps.y = 0.0;
        if middle < highest - 0.05 && count > 0 {
            let away = -(carried / count as f32).normalize_or_zero() * TIP_MPS;
            (state.velocity_mps.x, state.velocity_mps.z) = (away.x, away.y);
        }
    }
}
