//! Feet on the ground: standing, shifting weight, turning and walking by steps.

use crate::{
    RootPlace, Surroundings,
    curves::{Glide, Motion, Quintic, bump, min_jerk, since, wrapped},
    random::{Channel, Draw},
    skeleton::Skeleton,
};
use glam::{Quat, Vec2, Vec3};
use serde::{Deserialize, Serialize};
use std::f32::consts::PI;

const DEGREE: f32 = PI / 180.0;
/// Feet of somebody at ease point outwards, radians.
const TOE_OUT: f32 = 7.0 * DEGREE;
/// Most that one step turns the body, standing and walking.
const STEP_TURN: f32 = 42.0 * DEGREE;
const WALK_TURN: f32 = 25.0 * DEGREE;
/// Higher than this nobody steps, metres.
const MAX_CLIMB: f32 = 0.45;
/// What the heel rises by before a long step, radians.
const HEEL_RISE: f32 = 34.0 * DEGREE;

/// Where one foot is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FootPlace {
    /// The joint of the toes, in the world.
    pub ball: Vec3,
    pub yaw: f32,
    /// Heel up is positive.
    pub pitch: f32,
    /// The part of the pitch that is the ground's.
    pub slope: f32,
    /// How freely it swings: 0 on the ground to 1 in the middle of a step.
    pub free: f32,
}

impl FootPlace {
    pub fn rotation(&self) -> Quat {
        Quat::from_rotation_y(self.yaw) * Quat::from_rotation_x(self.pitch)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Print {
    ball: Vec3,
    yaw: f32,
    slope: f32,
}

/// A foot stands on `to`, or is on its way there from `from`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Foot {
    from: Print,
    to: Print,
    start: f64,
    span: f32,
    lift: f32,
    /// Heel's pitch on leaving, and of rolling over the toes while standing.
    leaving: f32,
    heel: Quintic,
    stride: f32,
    /// From the ball to the heel, metres.
    sole: f32,
}

impl Foot {
    fn standing(print: Print, time: f64) -> Self {
        Self {
            from: print,
            to: print,
            start: time - 1.0,
            span: 1.0,
            lift: 0.0,
            leaving: 0.0,
            heel: Quintic::still(0.0),
            stride: 0.0,
            sole: 0.0,
        }
    }

    fn at(&self, time: f64) -> FootPlace {
        let x = since(time, self.start) / self.span;
        if x >= 1.0 {
            let heel = self.heel.at(time);
            let Print { ball, yaw, slope } = self.to;
            return FootPlace { ball, yaw, pitch: slope + heel, slope, free: 0.0 };
        }
        // It is lifted before it goes forward and set down after it has got there.
        let s = min_jerk((x - 0.06) / 0.91);
        let mut ball = self.from.ball.lerp(self.to.ball, s);
        ball.y += self.lift * bump(x);
        let slope = self.from.slope + (self.to.slope - self.from.slope) * s;
        // Toes hang on leaving and rise before landing.
        let heel = self.leaving * (1.0 - min_jerk(x / 0.55)) + 0.25 * self.stride * bump(x / 0.6)
            - 0.3 * self.stride * bump((x - 0.45) / 0.55);
        // The heel comes down first, not below the ground.
        ball.y += self.sole * (-heel).max(0.0);
        let yaw = self.from.yaw + (self.to.yaw - self.from.yaw) * s;
        let swing = 4.0 * x.max(0.0) * (1.0 - x);
        let (pitch, slope, free) = (slope + heel, slope + heel.min(0.0), swing * swing);
        FootPlace { ball, yaw, pitch, slope, free }
    }
}

/// What the feet are to do.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Task {
    Stand,
    /// To a yaw of the world.
    Turn(f32),
    /// To a point of the ground at so many metres per second.
    Walk(Vec2, f32),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Gait {
    x: Quintic,
    y: Quintic,
    z: Quintic,
    yaw: Quintic,
    feet: [Foot; 2],
    task: Task,
    over: f64,
    last: u8,
    /// -1 on the right leg, 1 on the left one.
    weight: Glide,
    next_shift: f64,
    shifts: u64,
    placed: bool,
    blocked: bool,
}

/// A step that is to be made.
struct Step {
    foot: usize,
    secs: f32,
    place: Vec2,
    velocity: Vec2,
    yaw: f32,
    lead: Vec2,
}

impl Gait {
    pub fn new(root: &RootPlace, time: f64) -> Self {
        let ball = root.position;
        let foot = Foot::standing(Print { ball, yaw: root.yaw, slope: 0.0 }, time);
        Self {
            x: Quintic::still(root.position.x),
            y: Quintic::still(root.position.y),
            z: Quintic::still(root.position.z),
            yaw: Quintic::still(root.yaw),
            feet: [foot; 2],
            task: Task::Stand,
            over: time,
            last: 0,
            weight: Glide::still(0.0),
            next_shift: time + 3.0,
            shifts: 0,
            placed: false,
            blocked: false,
        }
    }

    pub fn root(&self, time: f64) -> RootPlace {
        let position = Vec3::new(self.x.at(time), self.y.at(time), self.z.at(time));
        RootPlace { position, yaw: self.yaw.at(time) }
    }

    /// Metres per second over the ground.
    pub fn speed(&self, time: f64) -> f32 {
        self.velocity(time).length()
    }

    pub fn foot(&self, side: usize, time: f64) -> FootPlace {
        self.feet[side & 1].at(time)
    }

    pub fn weight(&self, time: f64) -> f32 {
        self.weight.at(time)
    }

    pub fn task(&self) -> Task {
        self.task
    }

    /// Whether the way of the last walk ended before its goal.
    pub fn is_blocked(&self) -> bool {
        self.blocked
    }

    pub fn set_task(&mut self, task: Task) {
        self.task = task;
        self.blocked = false;
    }

    fn velocity(&self, time: f64) -> Vec2 {
        Vec2::new(self.x.motion(time).v, self.z.motion(time).v)
    }

    fn home(&self, body: &Skeleton, foot: usize, place: Vec2, yaw: f32) -> Vec2 {
        let at = body.balls[foot];
        place + turned(Vec2::new(at.x, at.z), yaw)
    }

    fn print(
        &self,
        body: &Skeleton,
        surroundings: &impl Surroundings,
        foot: usize,
        at: Vec2,
        yaw: f32,
        height: f32,
    ) -> Print {
        let out = if foot == 0 { TOE_OUT } else { -TOE_OUT };
        let yaw = yaw + out;
        let ground = |at: Vec2| {
            let found = surroundings.ground(at.x, at.y).filter(|y| y.is_finite());
            found.filter(|y| (y - height).abs() <= MAX_CLIMB)
        };
        let here = ground(at).unwrap_or(height);
        let length = body.sole_length;
        let heel = ground(at - turned(Vec2::new(0.0, length), yaw)).unwrap_or(here);
        let slope = (heel - here).atan2(length).clamp(-0.5, 0.5);
        let ball = Vec3::new(at.x, here + body.balls[foot].y, at.y);
        Print { ball, yaw, slope }
    }

    fn footing(&self, body: &Skeleton, foot: usize) -> f32 {
        self.feet[foot].to.ball.y - body.balls[foot].y
    }

    /// Goes on to `time`; decides about the next step where one is over.
    pub fn tick(
        &mut self,
        seed: u64,
        time: f64,
        step: f64,
        body: &Skeleton,
        surroundings: &impl Surroundings,
    ) {
        if !self.placed {
            self.placed = true;
            let root = self.root(time);
            let place = Vec2::new(root.position.x, root.position.z);
            let height = surroundings
                .ground(place.x, place.y)
                .filter(|y| y.is_finite())
                .unwrap_or(root.position.y);
            self.y = Quintic::still(height);
            for foot in 0..2 {
                let at = self.home(body, foot, place, root.yaw);
                let print = self.print(body, surroundings, foot, at, root.yaw, height);
                self.feet[foot] = Foot::standing(print, time);
            }
        }
        if time + 1e-6 < self.over {
            return;
        }
        match self.next_step(time, body, surroundings) {
            Some(next) => {
                let blocked = self.make(time, step, body, surroundings, &next);
                if blocked {
                    self.blocked = true;
                    self.task = Task::Stand;
                }
            }
            None => self.stand(seed, time),
        }
        // Full turns out of the yaw while nothing moves.
        if time + 1e-6 >= self.over && self.yaw.goal().abs() > 4.0 * PI {
            self.yaw = Quintic::still(wrapped(self.yaw.goal()));
        }
    }

    fn stand(&mut self, seed: u64, time: f64) {
        for foot in &mut self.feet {
            if foot.heel.goal() != 0.0 {
                foot.heel = Quintic::new(time, 0.3, foot.heel.motion(time), Motion::default());
            }
        }
        if time < self.next_shift {
            return;
        }
        self.shifts += 1;
        let draw = Draw::new(seed, Channel::Shift, self.shifts);
        let side = -self.weight.goal().signum();
        let goal = if draw.unit(0) < 0.2 { 0.0 } else { side * draw.between(1, 0.45, 1.0) };
        self.weight.go(time, time, draw.between(2, 1.2, 2.0), goal);
        self.next_shift = time + f64::from(draw.log_normal(3, 16.0, 0.5).max(3.0));
    }

    fn next_step(
        &mut self,
        time: f64,
        body: &Skeleton,
        surroundings: &impl Surroundings,
    ) -> Option<Step> {
        let place = Vec2::new(self.x.at(time), self.z.at(time));
        let (yaw, velocity) = (self.yaw.at(time), self.velocity(time));
        let speed = velocity.length();
        let other = 1 - usize::from(self.last & 1);
        if let Task::Walk(goal, pace) = self.task {
            let to = goal - place;
            let far = to.length();
            if far < 0.04 && speed < 0.1 {
                self.task = Task::Stand;
            } else {
                let heading = to.x.atan2(to.y);
                let turn = wrapped(heading - yaw);
                if speed < 0.1 && far > 0.45 && turn.abs() > 60.0 * DEGREE {
                    return Some(self.turn_step(yaw, turn, place, other));
                }
                // A longer leg makes longer steps of the same duration.
                let secs = (0.78 - 0.2 * pace).clamp(0.42, 0.72) * body.size.sqrt();
                let sideways = far <= 0.45 && speed < 0.1;
                let bend = if sideways { 0.0 } else { turn.clamp(-WALK_TURN, WALK_TURN) };
                let end_yaw = yaw + bend;
                let ahead = if sideways || turn.abs() <= WALK_TURN {
                    to / far.max(1e-4)
                } else {
                    turned(Vec2::Y, end_yaw)
                };
                let cruise = 0.5 * (speed + pace) * secs;
                let stop = 0.5 * speed * secs;
                let (end, reach) = if far <= stop * 1.35 + 0.1 {
                    (0.0, far)
                } else if far >= cruise + 0.5 * pace * secs {
                    (pace, cruise)
                } else {
                    let end = ((far - stop) / secs).clamp(0.0, pace);
                    (end, 0.5 * (speed + end) * secs)
                };
                let first = if speed < 0.1 && turn < 0.0 { 1 } else { other };
                let foot = if speed < 0.1 { first } else { other };
                let end_place = if end == 0.0 && turn.abs() <= WALK_TURN.max(0.1) || sideways {
                    place + to * (reach / far.max(1e-4)).min(1.0)
                } else {
                    place + (velocity + ahead * end) * 0.5 * secs
                };
                // The foot lands ahead of the body and leaves further behind it, on its toes.
                let lead = ahead * end * 0.38 * secs;
                return Some(Step {
                    foot,
                    secs,
                    place: end_place,
                    velocity: ahead * end,
                    yaw: end_yaw,
                    lead,
                });
            }
        }
        if speed > 0.1 {
            // Stops.
            let secs = 0.55;
            let place = place + velocity * 0.5 * secs;
            let (velocity, lead) = (Vec2::ZERO, Vec2::ZERO);
            return Some(Step { foot: other, secs, place, velocity, yaw, lead });
        }
        if let Task::Turn(goal) = self.task {
            let turn = wrapped(goal - yaw);
            if turn.abs() > 4.0 * DEGREE {
                return Some(self.turn_step(yaw, turn, place, other));
            }
            self.task = Task::Stand;
        }
        // A foot that is not under the body is drawn up.
        let astray = |foot: usize| {
            let at = self.home(body, foot, place, yaw);
            let height = self.footing(body, foot);
            let home = self.print(body, surroundings, foot, at, yaw, height);
            let now = &self.feet[foot].to;
            let metres = Vec2::new(now.ball.x, now.ball.z).distance(at);
            metres / 0.03 + wrapped(now.yaw - home.yaw).abs() / (7.0 * DEGREE)
        };
        let (left, right) = (astray(0), astray(1));
        (left.max(right) > 1.0).then(|| Step {
            foot: usize::from(right > left),
            secs: 0.5,
            place,
            velocity: Vec2::ZERO,
            yaw,
            lead: Vec2::ZERO,
        })
    }

    fn turn_step(&self, yaw: f32, turn: f32, place: Vec2, other: usize) -> Step {
        // The first step is that of the foot on the side of the turn, so that the legs never cross.
        let toward = usize::from(turn < 0.0);
        let apart = wrapped(self.feet[0].to.yaw - self.feet[1].to.yaw).abs();
        let foot = if apart > 20.0 * DEGREE { other } else { toward };
        let yaw = yaw + turn.clamp(-STEP_TURN, STEP_TURN);
        Step { foot, secs: 0.52, place, velocity: Vec2::ZERO, yaw, lead: Vec2::ZERO }
    }

    /// Makes a step; true if there is no footing and it leads nowhere.
    fn make(
        &mut self,
        time: f64,
        tick: f64,
        body: &Skeleton,
        surroundings: &impl Surroundings,
        step: &Step,
    ) -> bool {
        let stance = 1 - step.foot;
        let height = self.footing(body, stance);
        let mut end = step.place;
        let mut at = self.home(body, step.foot, end, step.yaw) + step.lead;
        let known = surroundings.ground(at.x, at.y).filter(|y| y.is_finite());
        let footless = known.is_none_or(|y| (y - height).abs() > MAX_CLIMB);
        let mut velocity = step.velocity;
        if footless && matches!(self.task, Task::Walk(..)) {
            // No further than where the body is; the next step draws the other foot up.
            let now = Vec2::new(self.x.at(time), self.z.at(time));
            end = now + self.velocity(time) * 0.12;
            velocity = Vec2::ZERO;
            at = self.home(body, step.foot, end, step.yaw);
        }
        let span = (f64::from(step.secs) / tick).round().max(1.0) * tick;
        let secs = span as f32;
        let to = self.print(body, surroundings, step.foot, at, step.yaw, height);
        let from = self.feet[step.foot].at(time);
        let landed = to.ball.y - body.balls[step.foot].y;
        let goal = |value: f32, v: f32| Motion { x: value, v, a: 0.0 };
        self.x = Quintic::new(time, secs, self.x.motion(time), goal(end.x, velocity.x));
        self.z = Quintic::new(time, secs, self.z.motion(time), goal(end.y, velocity.y));
        let climb = self.climb(surroundings, end, velocity, landed);
        let level = 0.5 * (height + landed);
        self.y = Quintic::new(time, secs, self.y.motion(time), goal(level, climb));
        self.yaw = Quintic::new(time, secs, self.yaw.motion(time), goal(step.yaw, 0.0));
        let way = from.ball.distance(to.ball);
        let foot = &mut self.feet[step.foot];
        let leaving = from.pitch - from.slope;
        // Towards the nearer way round.
        let to_yaw = from.yaw + wrapped(to.yaw - from.yaw);
        *foot = Foot {
            from: Print { ball: from.ball, yaw: from.yaw, slope: from.slope },
            to: Print { yaw: to_yaw, ..to },
            start: time,
            span: secs,
            lift: body.size * (0.045 + 0.05 * (way / body.size).min(1.0))
                + 0.5 * (to.ball.y - from.ball.y).abs(),
            leaving: leaving.max(0.0),
            heel: Quintic::still(0.0),
            stride: (way / (1.2 * body.size)).min(1.0),
            sole: body.sole_length,
        };
        // The heel of the other foot comes up as far as the body will have left it behind.
        let home = self.home(body, stance, end, step.yaw);
        let stance = &mut self.feet[stance];
        let behind = home.distance(Vec2::new(stance.to.ball.x, stance.to.ball.z)) / body.size;
        let rise = ((behind - 0.12) / 0.25).clamp(0.0, 1.4) * HEEL_RISE;
        let from = stance.heel.motion(time);
        stance.heel = if rise > 0.02 {
            Quintic::new(time + 0.4 * span, 0.6 * secs, from, Motion::still(rise))
        } else {
            Quintic::new(time, 0.3f32.min(secs), from, Motion::default())
        };
        self.last = step.foot as u8;
        self.over = time + span;
        let side = if step.foot == 0 { -0.8 } else { 0.8 };
        self.weight.go(time, time, secs, side);
        self.next_shift = self.over + 1.0;
        footless && matches!(self.task, Task::Walk(..))
    }

    /// Metres per second upwards at a place that is passed at a velocity.
    fn climb(&self, surroundings: &impl Surroundings, at: Vec2, velocity: Vec2, y: f32) -> f32 {
        let look = |part: f32| {
            let at = at + velocity * part;
            surroundings.ground(at.x, at.y).filter(|y| y.is_finite()).unwrap_or(y)
        };
        ((look(0.2) - look(-0.2)) / 0.4).clamp(-1.0, 1.0)
    }
}

/// Model's (x, z) turned by a yaw into the world's.
fn turned(at: Vec2, yaw: f32) -> Vec2 {
    let (sine, cosine) = yaw.sin_cos();
    Vec2::new(at.x * cosine + at.y * sine, at.y * cosine - at.x * sine)
}
