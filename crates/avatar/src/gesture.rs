//! Movements with a meaning: nods, shakes, waves, pointing, reaching.

use crate::{
    Surroundings,
    attention::locate,
    curves::{bump, min_jerk, since},
    random::{Channel, Draw},
};
use glam::Vec3;
use reverie_behavior::{Gesture, Target};
use serde::{Deserialize, Serialize};
use std::f32::consts::TAU;

/// Seconds down and up again.
const NOD_ATTACK: f32 = 0.15;
const NOD_RELEASE: f32 = 0.25;
const NOD_SECS: f32 = NOD_ATTACK + NOD_RELEASE + 0.04;
const SHAKE_SECS: f32 = 0.52;
/// Mean seconds between a listener's nods.
const LISTENER_SECS: f32 = 6.5;

/// Nods and shakes of the head.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Nods {
    start: f64,
    times: u8,
    shake: bool,
    angle: f32,
    next: f64,
    count: u64,
}

impl Nods {
    pub fn new(time: f64) -> Self {
        Self { start: -1e6, times: 1, shake: false, angle: 0.0, next: time + 2.0, count: 0 }
    }

    fn over(&self) -> f64 {
        let each = if self.shake { SHAKE_SECS } else { NOD_SECS };
        self.start + f64::from(each * f32::from(self.times)) + 0.1
    }

    /// Begins a nod or shake, unless one is under way.
    pub fn begin(&mut self, seed: u64, time: f64, times: u8, shake: bool) {
        if time < self.over() {
            return;
        }
        self.count += 1;
        let draw = Draw::new(seed, Channel::Nod, self.count);
        let most = if shake { 8.0f32 } else { 4.0 };
        self.angle = (most * draw.between(0, 0.55, 1.0)).to_radians();
        (self.start, self.times, self.shake) = (time, times.clamp(1, 5), shake);
    }

    /// Who listens nods now and then.
    pub fn tick(&mut self, seed: u64, time: f64, listening: bool) {
        let draw = Draw::new(seed, Channel::Nod, self.count);
        if !listening {
            self.next = self.next.max(time + 1.5);
        } else if time >= self.next {
            let times = match draw.unit(4) {
                lot if lot < 0.45 => 1,
                lot if lot < 0.8 => 2,
                _ => 3,
            };
            self.begin(seed, time, times, false);
            let wait = draw.log_normal(5, LISTENER_SECS, 0.5).max(1.5);
            self.next = time + f64::from(wait);
        }
    }

    /// Yaw and pitch that it adds to the head.
    pub fn at(&self, time: f64) -> (f32, f32) {
        let dt = since(time, self.start);
        if dt <= 0.0 || dt >= since(self.over(), self.start) {
            return (0.0, 0.0);
        }
        if self.shake {
            let whole = SHAKE_SECS * f32::from(self.times);
            let swing = (TAU * dt / SHAKE_SECS).sin() * bump(dt / whole).sqrt();
            return (self.angle * swing, 0.0);
        }
        let index = (dt / NOD_SECS).floor();
        if index >= f32::from(self.times) {
            return (0.0, 0.0);
        }
        let dt = dt - index * NOD_SECS;
        let down = min_jerk(dt / NOD_ATTACK) * (1.0 - min_jerk((dt - NOD_ATTACK) / NOD_RELEASE));
        (0.0, -self.angle * 0.8f32.powf(index) * down)
    }
}

/// What an arm is doing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Reach {
    Wave,
    Point(Target),
    Touch(Target),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Act {
    reach: Reach,
    start: f64,
    end: f64,
}

/// Seconds from the side of the body to the goal and back.
const OUT_SECS: f32 = 0.62;
const BACK_SECS: f32 = 0.75;
/// A hand follows a moving goal at up to this speed, metres per second.
const FOLLOW_MPS: f32 = 1.2;

/// One arm's gesture, and the one that waits until it is over.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Arm {
    now: Option<Act>,
    waiting: Option<(Reach, f32)>,
    goals: [Vec3; 2],
    tick: f64,
}

/// What to do with an arm at a moment: how much of the gesture, and where to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ArmGoal {
    pub reach: Reach,
    /// 0 (hangs) to 1 (at the goal).
    pub part: f32,
    /// The world's place of the target.
    pub place: Vec3,
    /// Seconds since the gesture began.
    pub age: f32,
}

impl Arm {
    /// Begins a gesture; one that is under way gives way in its own time.
    pub fn begin(&mut self, time: f64, reach: Reach, secs: f32) {
        self.waiting = Some((reach, secs));
        if let Some(act) = &mut self.now {
            let arrived = act.start + f64::from(OUT_SECS);
            act.end = act.end.min(time.max(arrived) + f64::from(BACK_SECS));
        }
    }

    pub fn tick(&mut self, time: f64, step: f64, eye: Vec3, surroundings: &impl Surroundings) {
        if self.now.is_some_and(|act| time >= act.end) {
            self.now = None;
        }
        let mut fresh = false;
        if self.now.is_none()
            && let Some((reach, secs)) = self.waiting.take()
        {
            let end = time + f64::from(secs.max(OUT_SECS + BACK_SECS));
            self.now = Some(Act { reach, start: time, end });
            fresh = true;
        }
        self.tick = time;
        self.goals[0] = self.goals[1];
        let Some(Act { reach: Reach::Point(target) | Reach::Touch(target), .. }) = self.now else {
            return;
        };
        // What has vanished is still pointed at where it was.
        match locate(&target, eye, surroundings, time) {
            Some(place) if fresh => self.goals = [place; 2],
            Some(place) => {
                // Far things move far without the hand moving much.
                let scale = (place - eye).length().max(1.0);
                let by = place - self.goals[1];
                self.goals[1] += by.clamp_length_max(FOLLOW_MPS * scale * step as f32);
            }
            None if fresh => self.now = None,
            None => {}
        }
    }

    pub fn at(&self, time: f64, step: f64) -> Option<ArmGoal> {
        let act = self.now?;
        let out = min_jerk(since(time, act.start) / OUT_SECS);
        let back = min_jerk((since(time, act.end) + BACK_SECS) / BACK_SECS);
        let x = (since(time, self.tick) / step as f32).clamp(0.0, 1.0);
        Some(ArmGoal {
            reach: act.reach,
            part: out * (1.0 - back),
            place: self.goals[0].lerp(self.goals[1], x),
            age: since(time, act.start),
        })
    }
}

/// The arm's part of a gesture, if it has one.
pub(crate) fn of_arm(gesture: &Gesture) -> Option<(Reach, Option<reverie_behavior::Hand>, f32)> {
    match *gesture {
        Gesture::Wave { hand, secs } => Some((Reach::Wave, hand, secs)),
        Gesture::Point { target, hand, secs } => Some((Reach::Point(target), hand, secs)),
        Gesture::Reach { target, hand, secs } => Some((Reach::Touch(target), hand, secs)),
        Gesture::Nod(_) | Gesture::Shake(_) | Gesture::Stroke(_) => None,
    }
}
