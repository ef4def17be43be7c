//! Where a judged camera goes: like a person, and back again.
//!
//! A walk is made of rounds: to a new place, a look around, on by two more places, and back to the
//! first of them by another way, to look at the same view again. At the end it goes home and looks as
//! it did at first. Legs are checked against the true geometry, then written down as actions of a
//! free camera: so every model stands where the truth stands, whatever it believes about the ground,
//! and pictures are compared rather than positions.

use crate::{MetricError, statistics::SplitMix};
use glam::{Vec2, Vec3};
use reverie_world_model::{Action, Embodiment, EmbodimentState, OpenSpace, Pose, SpatialQuery};
use std::f32::consts::{PI, TAU};

/// Most ticks that may be asked for.
const MAX_TICKS: u64 = 100_000;
/// Time to get going and to stop, seconds.
const EASE_SECS: f32 = 0.4;
/// Stop at every view that is looked at, ticks.
const HOLD_TICKS: u32 = 8;
/// Places tried before one is found that can be reached.
const TRIES: usize = 48;
/// Between samples of the ground along a leg, metres.
const SAMPLE_M: f32 = 0.25;
/// Steepest ground that is walked on, metres a metre.
const STEEPEST: f32 = 1.2;

/// What to plan.
#[derive(Debug, Clone, Copy)]
pub struct WalkOptions {
    /// Where it begins and ends.
    pub start: Pose,
    /// Whose way of moving it imitates: walkers and rovers stay on the ground, the others fly.
    pub embodiment: Embodiment,
    /// Ticks per second, above 0 and at most 240.
    pub tick_hz: f32,
    /// Ticks after which it turns home; at most 100,000.
    pub least_ticks: u64,
    /// Length of the legs as a share of the usual one, 0.1 to 1: shorter legs, shorter rounds.
    pub leg_share: f32,
    /// Chooses among the possible walks.
    pub rng_seed: u64,
}

/// One view, seen at two times from the same pose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revisit {
    /// Tick at which it was seen first.
    pub first: u64,
    /// Tick at which it is seen again.
    pub again: u64,
}

/// A planned walk.
#[derive(Debug, Clone, PartialEq)]
pub struct Walk {
    /// Ticks per second.
    pub tick_hz: f32,
    /// What a free camera ([`Embodiment::Free`]) does in every tick.
    pub actions: Vec<Action>,
    /// Where that takes it: the start, and the pose after every action.
    pub poses: Vec<Pose>,
    /// Views that are seen again, in the order of return; the way back was another one wherever the
    /// place allowed it.
    pub revisits: Vec<Revisit>,
    /// Tick at which the camera is home, at the pose of tick 0; the last one.
    pub home: u64,
}

impl Walk {
    /// Plans a walk; the same options and geometry give the same walk.
    ///
    /// # Errors
    /// [`MetricError::BadValues`] naming the option that is out of range.
    pub fn plan(options: &WalkOptions, world: &dyn SpatialQuery) -> Result<Self, MetricError> {
        let bad = |field, problem: String| Err(MetricError::BadValues { field, problem });
        if !(options.tick_hz > 0.0 && options.tick_hz <= 240.0) {
            return bad("tick_hz", format!("{} is not within 0 to 240", options.tick_hz));
        }
        if options.least_ticks > MAX_TICKS {
            return bad("least_ticks", format!("{} is over {MAX_TICKS}", options.least_ticks));
        }
        if !(0.1..=1.0).contains(&options.leg_share) {
            return bad("leg_share", format!("{} is not within 0.1 to 1", options.leg_share));
        }
        if let Err(error) = options.start.validate() {
            return bad("start", error.to_string());
        }
        let mut planner = Planner::new(options, world);
        planner.plan(options.least_ticks);
        Ok(planner.written(options))
    }
}

/// How somebody moves.
struct Gait {
    grounded: bool,
    speed_mps: f32,
    turn_rps: f32,
    /// Shortest and longest leg.
    leg_m: [f32; 2],
    /// Farthest from home.
    reach_m: f32,
    /// Kept from obstacles.
    radius_m: f32,
    /// Lowest and highest flight above the ground.
    flight_m: [f32; 2],
}

impl Gait {
    fn of(embodiment: Embodiment) -> Self {
        let deg = f32::to_radians;
        let grounded = Self {
            grounded: true,
            speed_mps: 1.35,
            turn_rps: deg(90.0),
            leg_m: [2.0, 5.0],
            reach_m: 14.0,
            radius_m: 0.35,
            flight_m: [0.0; 2],
        };
        match embodiment {
            Embodiment::Walker => grounded,
            Embodiment::Rover => Self { speed_mps: 1.0, turn_rps: deg(70.0), ..grounded },
            Embodiment::Drone | Embodiment::Free => Self {
                grounded: false,
                speed_mps: 4.0,
                leg_m: [4.0, 9.0],
                reach_m: 40.0,
                radius_m: 0.6,
                flight_m: [2.0, 9.0],
                ..grounded
            },
        }
    }
}

/// Where a camera looks, radians.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub yaw: f32,
    pub pitch: f32,
}

struct Planner<'a> {
    world: &'a dyn SpatialQuery,
    gait: Gait,
    hz: f32,
    random: SplitMix,
    position: Vec3,
    look: Look,
    /// Eyes above the ground, for grounded gaits.
    eye_m: f32,
    /// Wanted position and look of every tick, the start first.
    wanted: Vec<(Vec3, Look)>,
    revisits: Vec<Revisit>,
    home: (Vec3, Look),
    /// Places on the way, home first: each can be reached from the one before.
    chain: Vec<Vec3>,
}

impl<'a> Planner<'a> {
    fn new(options: &WalkOptions, world: &'a dyn SpatialQuery) -> Self {
        let (yaw, pitch, _) = options.start.yaw_pitch_roll();
        let (position, look) = (options.start.position, Look { yaw, pitch });
        let mut gait = Gait::of(options.embodiment);
        gait.leg_m = gait.leg_m.map(|length| length * options.leg_share);
        let eye_m = world.ground_height(position).map_or(1.6, |ground| position.y - ground);
        Self {
            world,
            gait,
            hz: options.tick_hz,
            random: SplitMix(options.rng_seed ^ 0x3a1f_77c2),
            position,
            look,
            eye_m,
            wanted: vec![(position, look)],
            revisits: Vec::new(),
            home: (position, look),
            chain: vec![position],
        }
    }

    fn tick(&self) -> u64 {
        self.wanted.len() as u64 - 1
    }

    fn plan(&mut self, least_ticks: u64) {
        while self.wanted.len() == 1 || self.tick() < least_ticks {
            self.round();
        }
        self.go_home();
    }

    /// To a new place, around, and to the same view again.
    fn round(&mut self) {
        let ahead = self.look.yaw;
        let straight = self.chain.len() == 1;
        let spread = if straight { 0.4 } else { PI };
        if let Some(place) = self.choose(ahead, spread, None) {
            self.go(place);
            self.chain.push(place);
        }
        let place = self.position;
        let first = self.look_around();
        let view = self.look;
        if let Some(next) = self.choose(self.look.yaw, PI, None) {
            self.go(next);
            // On to where the first place is seen from, if there is such a place.
            if let Some(next) = self.choose(self.look.yaw, PI, Some(place)) {
                self.go(next);
            }
            self.go(place);
        } else {
            // No room: turn away instead.
            let away = Look { yaw: self.look.yaw + self.random.range(1.6, 2.6), pitch: 0.0 };
            self.turn(away);
            self.hold(HOLD_TICKS);
        }
        self.turn(view);
        let again = self.hold(HOLD_TICKS);
        self.revisits.push(Revisit { first, again });
    }

    /// Looks to both sides and stays with the second; the tick of that view.
    fn look_around(&mut self) -> u64 {
        let side = if self.random.below(2) == 0 { 1.0 } else { -1.0 };
        for (side, least, most) in [(side, 0.6, 1.1), (-side, 1.2, 2.0)] {
            let yaw = self.look.yaw + side * self.random.range(least, most);
            let pitch = self.random.range(-0.15, 0.12);
            self.turn(Look { yaw, pitch });
            self.hold(HOLD_TICKS / 2);
        }
        self.hold(HOLD_TICKS)
    }

    fn go_home(&mut self) {
        while let Some(here) = self.chain.iter().position(|place| *place == self.position)
            && here > 0
        {
            // The earliest place in sight; the one before is always reachable.
            let earlier = self.chain[..here].iter().copied();
            let next = earlier.clone().find(|place| self.leg(*place).is_some());
            self.go(next.unwrap_or(self.chain[here - 1]));
        }
        self.turn(self.home.1);
        self.hold(HOLD_TICKS);
    }

    /// A place that can be reached, within `spread` of a heading; if possible one from which
    /// `target` is reached too. `None` where there is no room.
    fn choose(&mut self, heading: f32, spread: f32, target: Option<Vec3>) -> Option<Vec3> {
        for attempt in 0..TRIES {
            let shrink = 1.0 - 0.6 * attempt as f32 / TRIES as f32;
            let spread = (spread * (1.0 + attempt as f32 / TRIES as f32)).min(PI);
            let yaw = heading + self.random.range(-spread, spread);
            let [least, most] = self.gait.leg_m;
            let away = self.random.range(least, most) * shrink;
            let rise = self.random.range(self.gait.flight_m[0], self.gait.flight_m[1]);
            let mut place = self.position + Vec3::new(-yaw.sin(), 0.0, -yaw.cos()) * away;
            if !self.gait.grounded {
                let above = place + Vec3::Y * self.gait.flight_m[1];
                let ground = self.world.ground_height(above);
                place.y = ground.map_or(place.y, |ground| ground + rise);
            }
            if place.distance(self.home.0) > self.gait.reach_m {
                continue;
            }
            let Some(track) = self.leg(place) else { continue };
            let place = track.last().copied().unwrap_or(place);
            // The nose not against a wall.
            let ahead = (place - self.position).normalize_or_zero();
            if self.world.ray_cast(place, ahead, 1.2).is_some() {
                continue;
            }
            if target.is_none_or(|target| {
                place.distance(target) > 0.5 * least && self.leg_from(place, target).is_some()
            }) {
                return Some(place);
            }
        }
        None
    }

    fn leg(&self, to: Vec3) -> Option<Vec<Vec3>> {
        self.leg_from(self.position, to)
    }

    /// Evenly spaced points of a straight leg, on the ground or through the air; `None` when
    /// something is in the way. Ends exactly at a place that was reached before, otherwise at eye
    /// height above the ground at `to`.
    fn leg_from(&self, from: Vec3, to: Vec3) -> Option<Vec<Vec3>> {
        let length = from.distance(to);
        if length < 0.05 {
            return None;
        }
        let count = (length / SAMPLE_M).ceil().max(1.0) as usize;
        let mut track = vec![from];
        for k in 1..=count {
            let mut point = from.lerp(to, k as f32 / count as f32);
            let last = track[track.len() - 1];
            if self.gait.grounded {
                let above = Vec3::new(point.x, last.y + 0.5, point.z);
                let ground = self.world.ground_height(above)?;
                point.y = ground + self.eye_m;
                let across = Vec2::new(point.x - last.x, point.z - last.z).length();
                if (point.y - last.y).abs() > 0.2 + STEEPEST * across {
                    return None;
                }
            } else if self.world.ground_height(point).is_some_and(|ground| point.y - ground < 1.2) {
                return None;
            }
            track.push(point);
        }
        let end = track[count];
        let offsets: &[f32] =
            if self.gait.grounded { &[0.0, -0.35, -0.7] } else { &[-0.5, 0.0, 0.5] };
        let sideways = (end - from).cross(Vec3::Y).normalize_or_zero() * self.gait.radius_m;
        for height in offsets {
            // Heights below the eyes shrink with them: a rover's are at 0.7 m.
            let height = if self.gait.grounded { height * self.eye_m } else { *height };
            for side in [-1.0, 0.0, 1.0] {
                let offset = Vec3::Y * height + sideways * side;
                if self.blocked(from + offset, end + offset) {
                    return None;
                }
            }
        }
        Some(track)
    }

    fn blocked(&self, from: Vec3, to: Vec3) -> bool {
        let along = to - from;
        let length = along.length();
        self.world.ray_cast(from, along, length + self.gait.radius_m).is_some()
    }

    /// Walks to a place, turning to where it goes, with a wandering eye.
    fn go(&mut self, to: Vec3) {
        let Some(mut track) = self.leg(to) else {
            // Reached before, from somewhere else: in a straight line.
            return self.follow(&[self.position, to]);
        };
        // Exactly there: the ground sampled from another side may differ a little.
        let end = track.len() - 1;
        track[end] = to;
        self.follow(&track);
    }

    fn follow(&mut self, track: &[Vec3]) {
        let (from, to) = (track[0], track[track.len() - 1]);
        let length: f32 = track.windows(2).map(|pair| pair[0].distance(pair[1])).sum();
        let across = to - from;
        let yaw = if across.x.hypot(across.z) > 1e-3 {
            (-across.x).atan2(-across.z)
        } else {
            self.look.yaw
        };
        let turn = wrapped(yaw - self.look.yaw);
        // Large turns are made standing, small ones while walking.
        if turn.abs() > 0.7 {
            self.turn(Look { yaw, pitch: -0.04 });
        }
        let begin = self.look;
        let turn = wrapped(yaw - begin.yaw);
        let secs = length / self.gait.speed_mps + EASE_SECS;
        let ticks = (secs * self.hz).ceil().max(1.0) as u32;
        let sway = Vec2::new(self.random.range(0.03, 0.14), self.random.range(0.01, 0.05));
        let pace = Vec2::new(self.random.range(0.2, 0.5), self.random.range(0.15, 0.4));
        for k in 1..=ticks {
            let share = k as f32 / ticks as f32;
            let secs_now = k as f32 / self.hz;
            let done = eased(secs_now, ticks as f32 / self.hz);
            let turned = smooth((secs_now / 0.8).min(1.0));
            let wander = (PI * share).sin();
            let look = Look {
                yaw: begin.yaw
                    + turn * turned.max(share)
                    + wander * sway.x * (TAU * pace.x * secs_now).sin(),
                pitch: begin.pitch
                    + (-0.04 - begin.pitch) * turned.max(share)
                    + wander * sway.y * (TAU * pace.y * secs_now).sin(),
            };
            self.wanted.push((point_on(track, done), look));
        }
        self.position = to;
        self.look = Look { yaw: begin.yaw + turn, pitch: -0.04 };
    }

    /// Turns on the spot, by the shorter way.
    fn turn(&mut self, to: Look) {
        let begin = self.look;
        let turn = wrapped(to.yaw - begin.yaw);
        let nod = to.pitch - begin.pitch;
        // The fastest moment of the ease, half as fast again as its mean, is as fast as it gets.
        let secs = 1.5 * turn.abs().max(nod.abs()) / self.gait.turn_rps;
        let ticks = (secs * self.hz).ceil().max(1.0) as u32;
        for k in 1..=ticks {
            let share = smooth(k as f32 / ticks as f32);
            let look = Look { yaw: begin.yaw + turn * share, pitch: begin.pitch + nod * share };
            self.wanted.push((self.position, look));
        }
        self.look = Look { yaw: begin.yaw + turn, pitch: to.pitch };
    }

    /// Stands still; the last tick of it.
    fn hold(&mut self, ticks: u32) -> u64 {
        for _ in 0..ticks {
            self.wanted.push((self.position, self.look));
        }
        self.tick()
    }

    fn written(self, options: &WalkOptions) -> Walk {
        let (actions, poses) = written(&self.wanted, &options.start, self.hz);
        let home = actions.len() as u64;
        Walk { tick_hz: options.tick_hz, actions, poses, revisits: self.revisits, home }
    }
}

/// Wanted positions and looks of every tick, the start first, as actions of a free camera, and where
/// these take it. Every action corrects the rounding of those before.
pub(crate) fn written(wanted: &[(Vec3, Look)], start: &Pose, hz: f32) -> (Vec<Action>, Vec<Pose>) {
    let secs = 1.0 / hz;
    let mut state = EmbodimentState::new(Embodiment::Free, *start);
    let mut actions = Vec::with_capacity(wanted.len());
    let mut poses = vec![state.pose()];
    for (position, look) in &wanted[1..] {
        let turn = Vec2::new(wrapped(look.yaw - state.yaw_rad), look.pitch - state.pitch_rad);
        let mut action = Action { look_rps: turn / secs, ..Action::default() };
        let mut turned = state;
        turned.advance(&action, secs, &OpenSpace);
        let local = turned.pose().rotation.conjugate() * (*position - state.position);
        action.move_mps = Vec3::new(local.x, local.y, -local.z) / secs;
        state.advance(&action, secs, &OpenSpace);
        actions.push(action);
        poses.push(state.pose());
    }
    (actions, poses)
}

/// Brings an angle to +-pi.
fn wrapped(angle: f32) -> f32 {
    angle - TAU * (angle / TAU).round()
}

/// From 0 to 1 without a jerk at either end.
fn smooth(share: f32) -> f32 {
    share * share * (3.0 - 2.0 * share)
}

/// Share of a way done after some time, with a soft start and stop.
fn eased(secs: f32, total_secs: f32) -> f32 {
    let ease = EASE_SECS.min(0.5 * total_secs);
    // Speed rises linearly, is even, and falls linearly.
    let even = total_secs - ease;
    let left = total_secs - secs;
    if secs < ease {
        0.5 * secs * secs / (ease * even)
    } else if left < ease {
        1.0 - 0.5 * left.max(0.0) * left.max(0.0) / (ease * even)
    } else {
        (secs - 0.5 * ease) / even
    }
}

fn point_on(track: &[Vec3], share: f32) -> Vec3 {
    let last = track.len() - 1;
    let along = share.clamp(0.0, 1.0) * last as f32;
    let at = (along as usize).min(last.saturating_sub(1));
    track[at].lerp(track[(at + 1).min(last)], along - at as f32)
}
