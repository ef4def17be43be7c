//! A person's hands on the controls, made up from a seed.

mod choices;
mod feelers;
mod plan;
mod random;
#[cfg(test)]
mod tests;

use crate::{Action, Embodiment, EmbodimentState, MAX_LOOK_RPS, MAX_MOVE_MPS, SpatialQuery};
use feelers::Feelers;
use glam::{Quat, Vec2, Vec3};
use plan::Plan;
use random::Dice;
use serde::{Deserialize, Serialize};
use std::f32::consts::PI;

pub use plan::StrollActivity;

/// Most places that are remembered; beyond, every second one is forgotten.
const MAX_CRUMBS: usize = 256;
/// Longest time without progress before another way is tried, seconds.
const PATIENCE_SECS: f32 = 1.5;

/// Camera actions as a person makes them: walks, look-arounds, stops, loops, orbits and returns to
/// places seen before, with smooth accelerations and clear of walls.
///
/// The generator is closed-loop: every tick it is told where the body is and asks the world for
/// obstacles, so that it strolls in any world that answers [`SpatialQuery`]. It is a pure function
/// of seed, body and world: the same ones give the same actions. Its state can be saved with serde
/// at any tick and goes on exactly.
///
/// ```
/// use reverie_world_model::{Embodiment, EmbodimentState, OpenSpace, Pose, Stroll};
/// let mut body = EmbodimentState::new(Embodiment::Walker, Pose::IDENTITY);
/// let mut stroll = Stroll::new(7, Embodiment::Walker, 24.0);
/// for _ in 0..240 {
///     let action = stroll.next(&body, &OpenSpace);
///     body.advance(&action, 1.0 / 24.0, &OpenSpace);
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stroll {
    embodiment: Embodiment,
    tick_hz: f32,
    dice: Dice,
    habits: Habits,
    /// Usual speed where it is now: less where there is little room, m/s.
    pace_mps: f32,
    plan: Plan,
    /// Commanded velocity, world space, m/s.
    velocity_mps: Vec3,
    /// Commanded turn (yaw, pitch), rad/s.
    look_rps: Vec2,
    /// Wanted height above the ground (or above the start where there is none), metres; what flies
    /// changes it, what walks leaves it to its legs.
    height_m: f32,
    /// Ticks left in which "use" is held.
    interact_ticks: u32,
    /// Where it was seen to move last, and for how long it has wanted to move since.
    anchor: Vec3,
    wanting_secs: f32,
    /// Time since it last turned back, seconds.
    unseen_secs: f32,
    /// Side on which the last obstacle was passed, so that it does not dither: -1, 0 or 1.
    side: f32,
    /// Places on the way so far, oldest first; the first is the start.
    crumbs: Vec<Crumb>,
    crumb_spacing_m: f32,
}

/// What a seed fixes for a whole stroll.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Habits {
    /// Usual speed, m/s.
    pace_mps: f32,
    /// Quickest usual turn, rad/s.
    turn_rps: f32,
    /// Change of speed, m/s^2.
    acceleration_mps2: f32,
    /// Change of turn, rad/s^2.
    turn_acceleration_rps2: f32,
    /// Usual look up, radians.
    pitch_rad: f32,
}

/// A place it has been to, and what it looked at there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Crumb {
    position: Vec3,
    yaw_rad: f32,
    pitch_rad: f32,
}

/// What the current plan wants in this tick.
#[derive(Debug, Clone, Copy)]
struct Intent {
    /// World space, horizontal, unit length or zero.
    direction: Vec3,
    speed_mps: f32,
    /// Wanted gaze, radians.
    yaw_rad: f32,
    pitch_rad: f32,
    /// Turns this much quicker or slower than usual.
    haste: f32,
    /// Where it will stop, metres ahead; infinite when nowhere.
    stop_m: f32,
    /// Wanted world height of the camera, metres, where the plan knows it.
    height_m: Option<f32>,
}

impl Habits {
    fn roll(embodiment: Embodiment, dice: &mut Dice) -> Self {
        let degrees = |low: f32, high: f32, dice: &mut Dice| dice.range(low, high).to_radians();
        match embodiment {
            Embodiment::Walker => Self {
                pace_mps: if dice.chance(0.15) {
                    dice.range(2.2, 3.4)
                } else {
                    dice.range(0.9, 1.7)
                },
                turn_rps: degrees(60.0, 170.0, dice),
                acceleration_mps2: dice.range(2.0, 4.0),
                turn_acceleration_rps2: degrees(250.0, 700.0, dice),
                pitch_rad: degrees(-8.0, 3.0, dice),
            },
            Embodiment::Drone => Self {
                pace_mps: dice.range(2.0, 7.0),
                turn_rps: degrees(35.0, 100.0, dice),
                acceleration_mps2: dice.range(2.0, 4.5),
                turn_acceleration_rps2: degrees(100.0, 300.0, dice),
                pitch_rad: degrees(-25.0, -4.0, dice),
            },
            Embodiment::Rover => Self {
                pace_mps: dice.range(0.5, 1.6),
                turn_rps: degrees(35.0, 90.0, dice),
                acceleration_mps2: dice.range(0.8, 2.0),
                turn_acceleration_rps2: degrees(120.0, 300.0, dice),
                pitch_rad: degrees(-6.0, 2.0, dice),
            },
            Embodiment::Free => Self {
                pace_mps: dice.range(0.6, 2.5),
                turn_rps: degrees(40.0, 140.0, dice),
                acceleration_mps2: dice.range(1.5, 4.0),
                turn_acceleration_rps2: degrees(150.0, 500.0, dice),
                pitch_rad: degrees(-10.0, 4.0, dice),
            },
        }
    }
}

impl Stroll {
    /// A stroll from a seed; `tick_hz` is the number of calls of [`next`](Self::next) a second,
    /// brought to 1 to 240.
    pub fn new(seed: u64, embodiment: Embodiment, tick_hz: f32) -> Self {
        let mut dice = Dice::new(seed);
        let habits = Habits::roll(embodiment, &mut dice);
        Self {
            embodiment,
            tick_hz: if tick_hz.is_finite() { tick_hz.clamp(1.0, 240.0) } else { 24.0 },
            dice,
            habits,
            pace_mps: habits.pace_mps,
            plan: Plan::Awake,
            velocity_mps: Vec3::ZERO,
            look_rps: Vec2::ZERO,
            height_m: 0.0,
            interact_ticks: 0,
            anchor: Vec3::ZERO,
            wanting_secs: 0.0,
            unseen_secs: 0.0,
            side: 0.0,
            crumbs: Vec::new(),
            crumb_spacing_m: if embodiment == Embodiment::Drone { 1.5 } else { 0.6 },
        }
    }

    /// What it is doing at the moment.
    pub fn activity(&self) -> StrollActivity {
        self.plan.activity()
    }

    /// The action for the next tick of a body in a world; always valid.
    pub fn next(&mut self, body: &EmbodimentState, world: &dyn SpatialQuery) -> Action {
        let dt_secs = 1.0 / self.tick_hz;
        let feelers = Feelers::new(body, world);
        self.remember(body);
        let mut intent = self.pursue(body, &feelers, dt_secs);
        self.notice_being_stuck(body, &feelers, intent.speed_mps, dt_secs);
        self.avoid(&mut intent, &feelers);
        let climb_mps = self.climb(body, &intent, &feelers);
        if self.embodiment == Embodiment::Rover {
            // Wheels: turn towards the way first, then drive along it.
            if intent.direction != Vec3::ZERO {
                intent.yaw_rad = yaw_of(intent.direction);
                let ahead = intent.direction.dot(forward(body.yaw_rad)).max(0.0);
                intent.speed_mps *= ahead * ahead;
            }
            intent.direction = forward(body.yaw_rad);
        }
        self.turn(body, &intent, dt_secs);
        self.accelerate(intent.direction * intent.speed_mps + Vec3::Y * climb_mps, dt_secs);
        self.brake(&feelers);
        self.action(body, dt_secs)
    }

    /// Keeps the place as a crumb when it is far enough from the last one.
    fn remember(&mut self, body: &EmbodimentState) {
        let crumb =
            Crumb { position: body.position, yaw_rad: body.yaw_rad, pitch_rad: body.pitch_rad };
        let far = self
            .crumbs
            .last()
            .is_none_or(|last| last.position.distance(body.position) >= self.crumb_spacing_m);
        if !far || !body.position.is_finite() {
            return;
        }
        if self.crumbs.len() >= MAX_CRUMBS {
            let mut at = 0;
            self.crumbs.retain(|_| {
                at += 1;
                at % 2 == 1
            });
            self.crumb_spacing_m *= 2.0;
        }
        self.crumbs.push(crumb);
    }

    /// Gives up a plan that leads nowhere and goes where there is most room.
    fn notice_being_stuck(
        &mut self,
        body: &EmbodimentState,
        feelers: &Feelers<'_>,
        wanted_mps: f32,
        dt_secs: f32,
    ) {
        if body.position.distance(self.anchor) > 0.25 || wanted_mps < 0.15 {
            self.anchor = body.position;
            self.wanting_secs = 0.0;
            return;
        }
        self.wanting_secs += dt_secs;
        if self.wanting_secs > PATIENCE_SECS {
            self.wanting_secs = 0.0;
            let (mut best, mut heading) = (-1.0, body.yaw_rad);
            let first = self.dice.range(-PI, PI);
            for i in 0..16 {
                let yaw_rad = first + i as f32 * PI / 8.0;
                let room_m = feelers.clearance(forward(yaw_rad), 6.0);
                if room_m > best {
                    (best, heading) = (room_m, yaw_rad);
                }
            }
            self.plan = Plan::walk(heading, self.pace_mps, self.embodiment, &mut self.dice);
        }
    }

    /// Bends the way around what is in it and slows down before it.
    fn avoid(&mut self, intent: &mut Intent, feelers: &Feelers<'_>) {
        if intent.direction == Vec3::ZERO || intent.speed_mps <= 0.0 {
            return;
        }
        let margin_m = feelers.margin_m();
        // A place to stop at may well be close to a wall.
        let reach_m = margin_m + (0.5 + 1.1 * intent.speed_mps).min(intent.stop_m);
        let ahead_m = feelers.clearance(intent.direction, reach_m);
        if ahead_m >= reach_m {
            self.side = 0.0;
            return;
        }
        let mut best = (ahead_m / reach_m, 0.0_f32, ahead_m);
        for step in 1..=9 {
            let angle = step as f32 * 20.0_f32.to_radians();
            for side in [-1.0, 1.0] {
                let way = Quat::from_rotation_y(side * angle) * intent.direction;
                let room_m = feelers.clearance(way, reach_m);
                let loyal = if side == self.side { 0.25 } else { 0.0 };
                let score = room_m / reach_m - 0.3 * angle / PI * 2.0 + loyal;
                if score > best.0 {
                    best = (score, side * angle, room_m);
                }
            }
        }
        let (_, angle, room_m) = best;
        if angle != 0.0 {
            self.side = angle.signum();
            intent.direction = Quat::from_rotation_y(angle) * intent.direction;
            self.plan.deflect(angle, yaw_of(intent.direction));
        }
        intent.speed_mps *= ((room_m - margin_m) / (0.6 * reach_m)).clamp(0.0, 1.0);
    }

    /// Vertical speed towards the wanted height, for what flies, m/s.
    fn climb(&self, body: &EmbodimentState, intent: &Intent, feelers: &Feelers<'_>) -> f32 {
        let limit_mps = match self.embodiment {
            Embodiment::Walker | Embodiment::Rover => return 0.0,
            Embodiment::Drone => 2.0,
            Embodiment::Free => 0.6,
        };
        let own_m = body.position.y;
        let start_m = self.crumbs.first().map_or(own_m, |c| c.position.y);
        let wanted_m = intent.height_m.unwrap_or_else(|| match feelers.ground_m() {
            Some(ground_m) => ground_m + self.height_m,
            None => start_m,
        });
        let mut climb_mps = (0.8 * (wanted_m - own_m)).clamp(-limit_mps, limit_mps);
        // Rising ground ahead: up in time.
        if intent.speed_mps > 0.1 {
            let ahead = body.position + intent.direction * (1.5 * intent.speed_mps + 1.0);
            let rise_m = feelers.ground_below(ahead + Vec3::Y).map_or(0.0, |g| g + 1.0 - own_m);
            if rise_m > 0.0 {
                climb_mps = climb_mps.max(rise_m.min(limit_mps));
            }
        }
        let room_m = feelers.ray(Vec3::Y * climb_mps.signum(), 3.0) - feelers.margin_m();
        climb_mps.clamp(-room_m.max(0.0), room_m.max(0.0))
    }

    /// Turns the gaze towards where it should go: quick on large angles, gentle at the end.
    fn turn(&mut self, body: &EmbodimentState, intent: &Intent, dt_secs: f32) {
        let haste = intent.haste.clamp(0.1, 4.0);
        let limit_rps = self.habits.turn_rps * haste;
        let change_rps = self.habits.turn_acceleration_rps2 * haste * dt_secs;
        let error =
            Vec2::new(signed(intent.yaw_rad - body.yaw_rad), intent.pitch_rad - body.pitch_rad);
        // The speed from which it can still come to rest at the goal.
        let wanted = |error: f32| {
            let braking = (2.0 * 0.5 * self.habits.turn_acceleration_rps2 * error.abs()).sqrt();
            (braking.min(4.0 * error.abs()).min(limit_rps)).copysign(error)
        };
        let wanted = Vec2::new(wanted(error.x), wanted(error.y));
        self.look_rps +=
            (wanted - self.look_rps).clamp(Vec2::splat(-change_rps), Vec2::splat(change_rps));
    }

    fn accelerate(&mut self, wanted_mps: Vec3, dt_secs: f32) {
        let change = (wanted_mps - self.velocity_mps)
            .clamp_length_max(self.habits.acceleration_mps2 * dt_secs);
        self.velocity_mps += change;
    }

    /// Never faster towards something than it can stop; a free camera has nothing else to stop it.
    fn brake(&mut self, feelers: &Feelers<'_>) {
        let speed_mps = self.velocity_mps.length();
        if speed_mps < 0.05 {
            return;
        }
        let reach_m = feelers.margin_m() + 0.8 * speed_mps;
        let room_m = feelers.clearance(self.velocity_mps / speed_mps, reach_m) - feelers.margin_m();
        if room_m < 0.8 * speed_mps {
            self.velocity_mps *= (room_m / (0.8 * speed_mps)).clamp(0.0, 1.0);
        }
    }

    fn action(&mut self, body: &EmbodimentState, dt_secs: f32) -> Action {
        let (yaw_rad, pitch_rad) =
            (body.yaw_rad + self.look_rps.x * dt_secs, body.pitch_rad + self.look_rps.y * dt_secs);
        // The body looks first and moves in the new direction.
        let facing = match self.embodiment {
            Embodiment::Free => {
                EmbodimentState { yaw_rad, pitch_rad, ..*body }.pose().rotation.conjugate()
            }
            _ => Quat::from_rotation_y(-yaw_rad),
        };
        let mut v = facing * self.velocity_mps;
        match self.embodiment {
            Embodiment::Rover => v = Vec3::new(0.0, 0.0, v.z),
            Embodiment::Walker => v.y = 0.0,
            _ => {}
        }
        let interact = self.interact_ticks > 0;
        self.interact_ticks = self.interact_ticks.saturating_sub(1);
        let action = Action {
            move_mps: Vec3::new(v.x, v.y, -v.z)
                .clamp(Vec3::splat(-MAX_MOVE_MPS), Vec3::splat(MAX_MOVE_MPS)),
            look_rps: self.look_rps.clamp(Vec2::splat(-MAX_LOOK_RPS), Vec2::splat(MAX_LOOK_RPS)),
            interact,
        };
        if action.validate().is_ok() {
            return action;
        }
        // A body or a state that holds no numbers: stand still until it does.
        (self.velocity_mps, self.look_rps) = (Vec3::ZERO, Vec2::ZERO);
        Action { interact, ..Action::default() }
    }
}

/// Horizontal direction of a heading.
fn forward(yaw_rad: f32) -> Vec3 {
    Vec3::new(-yaw_rad.sin(), 0.0, -yaw_rad.cos())
}

/// Heading of a direction.
fn yaw_of(direction: Vec3) -> f32 {
    (-direction.x).atan2(-direction.z)
}

/// An angle brought to +-pi.
fn signed(angle_rad: f32) -> f32 {
    let turns = (angle_rad / (2.0 * PI)).round();
    angle_rad - turns * 2.0 * PI
}
