//! What a stroller does, and what that asks of its body in each tick.

use super::random::Dice;
use super::{Crumb, Feelers, Intent, Stroll, forward, signed, yaw_of};
use crate::{Embodiment, EmbodimentState};
use glam::Vec3;
use serde::{Deserialize, Serialize};
use std::f32::consts::FRAC_PI_2;

/// Steepest look that is asked for, radians.
pub(super) const STEEPEST_RAD: f32 = 1.2;

/// What a [`Stroll`] is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StrollActivity {
    /// Going somewhere, looking around meanwhile.
    Walk,
    /// Standing and looking around.
    LookAround,
    /// Standing still.
    Rest,
    /// Going around and back to where the loop began.
    Loop,
    /// Going back to a place seen before.
    Return,
    /// Circling around something.
    Orbit,
}

/// The activity and how far it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) enum Plan {
    /// Nothing has been decided yet.
    Awake,
    Walk {
        left_secs: f32,
        heading_rad: f32,
        /// Turn of the heading, rad/s.
        drift_rps: f32,
        speed_mps: f32,
        glance: Glance,
    },
    Look {
        left_secs: f32,
        /// Still to be looked at; the next one is last.
        gazes: Vec<Gaze>,
        haste: f32,
    },
    Rest {
        left_secs: f32,
        gaze: Gaze,
    },
    Visit {
        left_secs: f32,
        /// Still to be reached; the next one is last.
        targets: Vec<Vec3>,
        speed_mps: f32,
        glance: Glance,
        /// What is looked at on arrival.
        arrival: Gaze,
        /// Looks at that on the way as well, walking backwards if need be.
        facing: bool,
        returns: bool,
    },
    Orbit {
        left_secs: f32,
        centre: Vec3,
        radius_m: f32,
        /// 1 is counter-clockwise seen from above.
        side: f32,
        speed_mps: f32,
    },
}

/// A look to the side on the way.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Glance {
    pub(super) left_secs: f32,
    pub(super) yaw_rad: f32,
    pub(super) pitch_rad: f32,
}

/// Something to look at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gaze {
    pub(super) yaw_rad: f32,
    pub(super) pitch_rad: f32,
    /// How close is close enough, radians.
    pub(super) close_rad: f32,
    /// How long it is looked at, seconds.
    pub(super) hold_secs: f32,
}

impl Gaze {
    pub(super) fn at(crumb: &Crumb, hold_secs: f32) -> Self {
        Self {
            yaw_rad: crumb.yaw_rad,
            pitch_rad: crumb.pitch_rad,
            close_rad: 1.5_f32.to_radians(),
            hold_secs,
        }
    }
}

impl Glance {
    /// Ages, and turns to something else in time.
    fn pass(&mut self, dt_secs: f32, dice: &mut Dice) {
        self.left_secs -= dt_secs;
        if self.left_secs > 0.0 {
            return;
        }
        *self = Self { left_secs: dice.log_range(0.5, 3.0), ..Self::default() };
        if dice.chance(0.4) {
            self.yaw_rad = (0.6 * dice.normal()).clamp(-1.6, 1.6);
            self.pitch_rad = 0.14 * dice.normal();
        }
    }
}

impl Plan {
    pub(super) fn activity(&self) -> StrollActivity {
        match self {
            Self::Walk { .. } => StrollActivity::Walk,
            Self::Look { .. } => StrollActivity::LookAround,
            Self::Awake | Self::Rest { .. } => StrollActivity::Rest,
            Self::Visit { returns: false, .. } => StrollActivity::Loop,
            Self::Visit { .. } => StrollActivity::Return,
            Self::Orbit { .. } => StrollActivity::Orbit,
        }
    }

    pub(super) fn walk(
        heading_rad: f32,
        pace_mps: f32,
        embodiment: Embodiment,
        dice: &mut Dice,
    ) -> Self {
        // Hands that hold a camera or a stick sometimes go sideways on purpose.
        let sideways = embodiment != Embodiment::Rover && dice.chance(0.12);
        let glance = if sideways {
            Glance {
                left_secs: dice.range(1.0, 3.0),
                yaw_rad: dice.side() * dice.range(1.0, FRAC_PI_2),
                pitch_rad: 0.0,
            }
        } else {
            Glance { left_secs: dice.range(0.5, 2.0), ..Glance::default() }
        };
        Self::Walk {
            left_secs: dice.log_range(1.5, 7.0),
            heading_rad,
            drift_rps: 0.0,
            speed_mps: pace_mps * dice.range(0.6, 1.25),
            glance,
        }
    }

    /// The way was bent by an angle around an obstacle and goes this way now.
    pub(super) fn deflect(&mut self, angle_rad: f32, yaw_rad: f32) {
        match self {
            Self::Walk { heading_rad, drift_rps, .. } => {
                (*heading_rad, *drift_rps) = (yaw_rad, 0.0);
            }
            Self::Orbit { left_secs, .. } => *left_secs = 0.0,
            // A corner that cannot be reached straight is cut.
            Self::Visit { targets, .. } if targets.len() > 1 && angle_rad.abs() > 0.6 => {
                targets.pop();
            }
            _ => {}
        }
    }

    fn done(&self) -> bool {
        match self {
            Self::Awake => true,
            Self::Walk { left_secs, .. }
            | Self::Rest { left_secs, .. }
            | Self::Orbit { left_secs, .. } => *left_secs <= 0.0,
            Self::Look { left_secs, gazes, .. } => *left_secs <= 0.0 || gazes.is_empty(),
            Self::Visit { left_secs, targets, .. } => *left_secs <= 0.0 || targets.is_empty(),
        }
    }
}

impl Stroll {
    /// Goes on with the plan or makes the next one, and says what it wants now.
    pub(super) fn pursue(
        &mut self,
        body: &EmbodimentState,
        feelers: &Feelers<'_>,
        dt_secs: f32,
    ) -> Intent {
        self.unseen_secs += dt_secs;
        if self.plan.done() {
            self.plan = self.next_plan(body, feelers);
        }
        let mut intent = Intent {
            direction: Vec3::ZERO,
            speed_mps: 0.0,
            yaw_rad: body.yaw_rad,
            pitch_rad: self.habits.pitch_rad,
            haste: 1.0,
            stop_m: f32::INFINITY,
            height_m: None,
        };
        let braking_mps2 = 0.5 * self.habits.acceleration_mps2;
        let arrived_m = self.arrived_m();
        let flies = self.flies();
        match &mut self.plan {
            Plan::Awake => {}
            Plan::Walk { left_secs, heading_rad, drift_rps, speed_mps, glance } => {
                *left_secs -= dt_secs;
                *drift_rps +=
                    -0.6 * *drift_rps * dt_secs + 0.4 * self.dice.normal() * dt_secs.sqrt();
                *heading_rad = signed(*heading_rad + *drift_rps * dt_secs);
                glance.pass(dt_secs, &mut self.dice);
                intent.direction = forward(*heading_rad);
                intent.speed_mps = *speed_mps;
                intent.yaw_rad = *heading_rad + glance.yaw_rad;
                intent.pitch_rad += glance.pitch_rad;
                intent.haste = 0.6;
            }
            Plan::Look { left_secs, gazes, haste } => {
                *left_secs -= dt_secs;
                if let Some(gaze) = gazes.last_mut() {
                    (intent.yaw_rad, intent.pitch_rad) = (gaze.yaw_rad, gaze.pitch_rad);
                    let off = signed(gaze.yaw_rad - body.yaw_rad)
                        .abs()
                        .max((gaze.pitch_rad - body.pitch_rad).abs());
                    if off < gaze.close_rad {
                        gaze.hold_secs -= dt_secs;
                        if gaze.hold_secs <= 0.0 {
                            gazes.pop();
                        }
                    }
                }
                intent.haste = *haste;
            }
            Plan::Rest { left_secs, gaze } => {
                *left_secs -= dt_secs;
                (intent.yaw_rad, intent.pitch_rad) = (gaze.yaw_rad, gaze.pitch_rad);
            }
            Plan::Visit { left_secs, targets, speed_mps, glance, arrival, facing, returns } => {
                *left_secs -= dt_secs;
                glance.pass(dt_secs, &mut self.dice);
                if let Some(target) = targets.last() {
                    let way = (*target - body.position) * Vec3::new(1.0, 0.0, 1.0);
                    let left_m = way.length();
                    intent.direction = way.normalize_or_zero();
                    intent.speed_mps = *speed_mps;
                    intent.height_m = Some(target.y);
                    let last = targets.len() == 1;
                    if last {
                        intent.stop_m = left_m;
                        intent.speed_mps = speed_mps
                            .min((2.0 * braking_mps2 * left_m).sqrt())
                            .min(1.5 * left_m + 0.03);
                    }
                    let off_m = if flies { (target.y - body.position.y).abs() - 0.2 } else { 0.0 };
                    // On the way back it is enough to have passed a place.
                    let near_m = arrived_m + if last { 0.0 } else { 0.2 + 0.3 * *speed_mps };
                    let passed = match targets[..] {
                        [.., next, this] if *returns => {
                            next.distance(body.position) < next.distance(this)
                        }
                        _ => false,
                    };
                    if left_m.max(off_m) < near_m || passed {
                        targets.pop();
                    }
                }
                let ahead_rad = yaw_of(intent.direction);
                if *facing || targets.is_empty() {
                    (intent.yaw_rad, intent.pitch_rad) = (arrival.yaw_rad, arrival.pitch_rad);
                } else {
                    intent.yaw_rad = ahead_rad + glance.yaw_rad;
                    intent.pitch_rad += glance.pitch_rad;
                }
                if targets.is_empty() {
                    let (gazes, haste) = (vec![*arrival], 1.0);
                    self.plan = Plan::Look { left_secs: 4.0, gazes, haste };
                }
            }
            Plan::Orbit { left_secs, centre, radius_m, side, speed_mps } => {
                *left_secs -= dt_secs;
                let out = (body.position - *centre) * Vec3::new(1.0, 0.0, 1.0);
                let away_m = out.length();
                let out = out.normalize_or(Vec3::X);
                let along = Vec3::Y.cross(out) * *side;
                let inwards = ((away_m - *radius_m) / 2.0).clamp(-0.6, 0.6);
                intent.direction = (along - out * inwards).normalize_or_zero();
                intent.speed_mps = *speed_mps;
                intent.yaw_rad = yaw_of(-out);
                intent.pitch_rad = (centre.y - body.position.y).atan2(away_m.max(0.5));
            }
        }
        intent.pitch_rad = intent.pitch_rad.clamp(-STEEPEST_RAD, STEEPEST_RAD);
        intent
    }

    pub(super) fn flies(&self) -> bool {
        matches!(self.embodiment, Embodiment::Drone | Embodiment::Free)
    }

    /// How close to a place counts as being there, metres.
    fn arrived_m(&self) -> f32 {
        match self.embodiment {
            Embodiment::Walker | Embodiment::Free => 0.08,
            Embodiment::Rover => 0.2,
            Embodiment::Drone => 0.3,
        }
    }
}
