//! Where the eyes look and when they move on.

mod choices;

use crate::{
    Surroundings,
    attention::{Company, Interests, locate},
    curves::Glide,
    random::{Channel, Draw},
    saccade::{Saccade, toward},
};
use glam::Vec3;
use reverie_behavior::{Activity, Target};
use serde::{Deserialize, Serialize};
use std::f32::consts::PI;

/// Why the eyes are where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum GazeKind {
    /// On the face of the one talked with.
    Mutual,
    /// Somewhere else for a moment, in a conversation.
    Away,
    /// Averted, because so much closeness is too much.
    Intimacy,
    /// Averted, in order to think.
    Thinking,
    /// On something that draws the gaze.
    Attend,
    /// Wandering, with nobody to talk with.
    Explore,
    /// Back from wandering too far.
    Return,
}

/// A shift of the gaze.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Glance {
    /// Why.
    pub kind: GazeKind,
    /// When it began, seconds.
    pub start_secs: f64,
    /// By how much, radians.
    pub angle: f32,
    /// Whereto, radians from the person's right over up; only of shifts that chance decided
    /// ([`GazeKind::Away`], [`GazeKind::Explore`]).
    pub direction: Option<f32>,
    /// Counts the shifts.
    pub index: u64,
}

/// What decides about the gaze at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Regime {
    Free,
    Company,
    Thought,
    Interest(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Fixation {
    subject: Target,
    kind: GazeKind,
    /// Metres to the side and up, on what is looked at.
    spot: (f32, f32),
    /// Inverse distance where the subject is only a direction.
    near: f32,
}

/// The world as the gaze sees it in one tick.
pub(crate) struct Sight<'a, S> {
    pub seed: u64,
    pub time: f64,
    pub step: f64,
    /// Middle between the eyes, in the world.
    pub eye: Vec3,
    /// Where the body faces, radians.
    pub front: f32,
    pub activity: Activity,
    /// The floor is about to be given: look at the other.
    pub giving_floor: bool,
    pub thinking: bool,
    /// Radians by which the mood raises an idle gaze.
    pub mood_pitch: f32,
    pub surroundings: &'a S,
}

impl<S: Surroundings> Sight<'_, S> {
    fn until(&self) -> f64 {
        self.time + self.step
    }

    fn there(&self) -> impl Fn(reverie_behavior::EntityId) -> bool {
        |id| locate(&Target::Entity(id), self.eye, self.surroundings, self.time).is_some()
    }
}

/// Eyes follow what moves up to this speed, radians per second; beyond it they jump after it.
const PURSUIT_SPEED: f32 = 60.0 * PI / 180.0;
/// They jump after it once it is so far away, radians.
const CATCH_UP: f32 = 2.5 * PI / 180.0;
/// Nearest that eyes converge to, 1/metres.
const MOST_NEAR: f32 = 4.0;

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Gaze {
    fixation: Fixation,
    jump: Saccade,
    aim: [Vec3; 2],
    tick: f64,
    step: f64,
    near: Glide,
    /// What the head keeps to while the eyes look aside.
    base: Vec3,
    regime: Regime,
    /// Of the conversation: is it mutual gaze, seconds left of this look, looks away to come.
    mutual: bool,
    left: f32,
    away_left: u32,
    manners: Activity,
    averted_until: f64,
    next_aversion: f64,
    next_spot: f64,
    catch_at: f64,
    anchor: (f32, f32),
    next_anchor: f64,
    pocket: u64,
    drawn: u64,
    fixations: u64,
    newest: Glance,
}

const NEVER: f64 = 1e12;

impl Gaze {
    pub fn new(time: f64, step: f64, front: f32) -> Self {
        let ahead = Vec3::new(front.sin(), 0.0, front.cos());
        let fixation = Fixation {
            subject: Target::Direction(ahead),
            kind: GazeKind::Return,
            spot: (0.0, 0.0),
            near: 0.25,
        };
        Self {
            fixation,
            jump: Saccade::none(ahead),
            aim: [ahead; 2],
            tick: time,
            step,
            near: Glide::still(0.25),
            base: ahead,
            regime: Regime::Free,
            mutual: true,
            left: 0.4,
            away_left: 0,
            manners: Activity::Idle,
            averted_until: -NEVER,
            next_aversion: NEVER,
            next_spot: NEVER,
            catch_at: NEVER,
            anchor: (0.0, -0.06),
            next_anchor: time + 6.0,
            pocket: 0,
            drawn: 1,
            fixations: 0,
            newest: Glance {
                kind: GazeKind::Return,
                start_secs: time,
                angle: 0.0,
                direction: None,
                index: 0,
            },
        }
    }

    /// Why the eyes are where they are.
    pub fn kind(&self) -> GazeKind {
        self.fixation.kind
    }

    pub fn newest(&self) -> &Glance {
        &self.newest
    }

    /// Where the jump that is newest began and when, for the head to follow.
    pub fn jump_start(&self) -> f64 {
        self.jump.start
    }

    /// Where the gaze is going, in the world: for the head.
    pub fn goal(&self) -> Vec3 {
        self.aim[1]
    }

    pub fn base(&self) -> Vec3 {
        self.base
    }

    /// Unit direction of the gaze in the world.
    pub fn direction(&self, time: f64) -> Vec3 {
        let x = ((time - self.tick) / self.step).clamp(0.0, 1.0) as f32;
        let aim = toward(self.aim[0], self.aim[1], x);
        if time >= self.jump.over() {
            return aim;
        }
        self.jump.direction(time, aim)
    }

    /// Metres to where the eyes converge.
    pub fn distance(&self, time: f64) -> f32 {
        1.0 / self.near.at(time).clamp(0.01, MOST_NEAR)
    }

    fn resolve<S: Surroundings>(&self, sight: &Sight<S>) -> Option<(Vec3, f32)> {
        if let Target::Direction(to) = self.fixation.subject {
            return Some((to.try_normalize()?, self.fixation.near));
        }
        let point = locate(&self.fixation.subject, sight.eye, sight.surroundings, sight.time)?;
        let to = point - sight.eye;
        let side = to.cross(Vec3::Y).try_normalize().unwrap_or(Vec3::NEG_X);
        let to = to + side * self.fixation.spot.0 + Vec3::Y * self.fixation.spot.1;
        let distance = to.length();
        (distance > 0.05).then(|| (to / distance, 1.0 / distance))
    }

    /// Shifts the gaze at `start`, or as soon as the last jump is over.
    fn look<S: Surroundings>(
        &mut self,
        sight: &Sight<S>,
        start: f64,
        fixation: Fixation,
        direction: Option<f32>,
    ) {
        let start = start.max(sight.time).max(self.jump.over() + 0.02);
        let from = self.direction(start);
        self.fixation = fixation;
        self.fixations += 1;
        let (aim, near) = self.resolve(sight).unwrap_or((self.aim[1], fixation.near));
        self.aim = [aim; 2];
        let angle = from.angle_between(aim);
        self.jump = Saccade::new(start, from, aim);
        self.near.go(sight.time, start, 0.25, near.min(MOST_NEAR));
        self.catch_at = NEVER;
        if matches!(fixation.kind, GazeKind::Mutual | GazeKind::Attend) {
            self.base = aim;
        }
        self.newest = Glance {
            kind: fixation.kind,
            start_secs: start,
            angle,
            direction,
            index: self.newest.index + 1,
        };
    }

    fn look_toward<S: Surroundings>(
        &mut self,
        sight: &Sight<S>,
        start: f64,
        kind: GazeKind,
        to: Vec3,
        direction: Option<f32>,
    ) {
        let near = 1.0 / self.draw(sight.seed, 9).between(0, 2.5, 7.0);
        let subject = Target::Direction(to);
        self.look(sight, start, Fixation { subject, kind, spot: (0.0, 0.0), near }, direction);
    }

    fn draw(&self, seed: u64, lane: u64) -> Draw {
        Draw::new(seed, Channel::Fixation, self.fixations * 16 + lane)
    }

    /// Goes on by one tick.
    pub fn update<S: Surroundings>(
        &mut self,
        sight: &Sight<S>,
        company: &mut Company,
        interests: &mut Interests,
    ) {
        self.follow(sight);
        if sight.time < self.jump.over() {
            // A jump is never changed on its way; the time of this look runs on.
            if self.averted_until == -NEVER {
                self.left -= sight.step as f32;
            }
            return;
        }
        let turned = company.tick(sight.seed, sight.time, sight.activity, sight.there());
        let in_company = company.partner().is_some();
        let interest = interests.best(sight.time, sight.eye, sight.surroundings, in_company);
        let regime = match interest {
            Some(interest) => Regime::Interest(interest.stamp),
            None if sight.thinking && !sight.giving_floor => Regime::Thought,
            None if in_company => Regime::Company,
            None => Regime::Free,
        };
        let fresh = regime != self.regime;
        self.regime = regime;
        match regime {
            Regime::Interest(_) => {
                if let Some(interest) = interest.filter(|_| fresh) {
                    let fixation = Fixation {
                        subject: interest.target,
                        kind: GazeKind::Attend,
                        spot: (0.0, 0.0),
                        near: 0.2,
                    };
                    self.look(sight, sight.time, fixation, None);
                    self.next_spot = sight.time + 1.0;
                }
                self.scan(sight, 0.05);
            }
            Regime::Thought => self.think(sight, company, fresh),
            Regime::Company => self.converse(sight, company, fresh, turned),
            Regime::Free => self.wander(sight, fresh),
        }
    }

    /// Smooth pursuit, and jumps after what is too quick for it.
    fn follow<S: Surroundings>(&mut self, sight: &Sight<S>) {
        self.tick = sight.time;
        self.step = sight.step;
        self.aim[0] = self.aim[1];
        let Some((to, near)) = self.resolve(sight) else { return };
        let miss = self.aim[1].dot(to).clamp(-1.0, 1.0).acos();
        let most = PURSUIT_SPEED * sight.step as f32;
        self.aim[1] = if miss <= most { to } else { toward(self.aim[1], to, most / miss) };
        if matches!(self.fixation.kind, GazeKind::Mutual | GazeKind::Attend) {
            self.base = self.aim[1];
        }
        let goal = near.min(MOST_NEAR);
        if (goal - self.near.goal()).abs() > 0.02 + 0.05 * goal
            && sight.time > self.near.planned() + 0.1
        {
            self.near.go(sight.time, sight.time, 0.3, goal);
        }
        if miss <= CATCH_UP + most {
            self.catch_at = NEVER;
        } else if self.catch_at == NEVER {
            let draw = Draw::new(sight.seed, Channel::Reaction, self.newest.index << 20);
            self.catch_at = sight.time + f64::from(draw.normal(0, 0.15, 0.02));
        } else if sight.time >= self.catch_at && sight.time > self.jump.over() {
            self.look(sight, sight.time, self.fixation, None);
        }
    }

    /// Looks around on a face or thing: from spot to spot.
    fn scan<S: Surroundings>(&mut self, sight: &Sight<S>, metres: f32) {
        if self.next_spot >= sight.until() || self.catch_at != NEVER {
            return;
        }
        let draw = self.draw(sight.seed, 0);
        let spot = match self.fixation.kind {
            GazeKind::Mutual => choices::face_spot(draw),
            _ => (draw.between(0, -metres, metres), draw.between(1, -metres, metres)),
        };
        let start = self.next_spot;
        self.look(sight, start, Fixation { spot, ..self.fixation }, None);
        self.next_spot = start + f64::from(draw.log_normal(3, 1.1, 0.5).max(0.25));
    }
}
