//! Where to look next: in a conversation, in thought, with nobody around.

use super::{Fixation, Gaze, GazeKind, NEVER, Sight};
use crate::{
    Surroundings,
    attention::{Company, locate},
    random::{Channel, Draw},
    saccade::{self, beside, toward},
};
use glam::Vec3;
use reverie_behavior::{Activity, Target};
use std::f32::consts::{FRAC_PI_2, PI};

/// Shares and times of mutual gaze while listening, talking and otherwise.
struct Manners {
    /// Mean seconds of mutual gaze, of one look away, and between aversions.
    mutual_secs: f32,
    away_secs: f32,
    aversion_secs: f32,
    /// Looks away in a row, on average.
    away_run: f32,
}

/// Mean seconds of an aversion.
const AVERSION_SECS: f32 = 1.0;

impl Manners {
    fn of(activity: Activity) -> Self {
        let (mutual_secs, away_secs, share, aversion_secs) = match activity {
            Activity::Listening => (7.9, 0.43, 0.75, 5.0),
            Activity::Talking => (3.1, 0.93, 0.41, 4.0),
            _ => (5.0, 0.9, 0.55, 5.0),
        };
        // Aversions take their part of the time; in the rest mutual gaze must take the more.
        let share = share * (aversion_secs + AVERSION_SECS) / aversion_secs;
        let away_run = mutual_secs * (1.0 / share - 1.0) / away_secs;
        Self { mutual_secs, away_secs, aversion_secs, away_run }
    }
}

impl Gaze {
    pub(super) fn meet<S: Surroundings>(
        &mut self,
        sight: &Sight<S>,
        company: &Company,
        start: f64,
    ) {
        let Some(partner) = company.partner() else { return };
        let draw = self.draw(sight.seed, 1);
        let (subject, kind) = (Target::Entity(partner), GazeKind::Mutual);
        self.mutual = true;
        self.look(sight, start, Fixation { subject, kind, spot: face_spot(draw), near: 0.7 }, None);
        self.next_spot = start + f64::from(draw.log_normal(3, 1.1, 0.5).max(0.25));
    }

    pub(super) fn converse<S: Surroundings>(
        &mut self,
        sight: &Sight<S>,
        company: &mut Company,
        fresh: bool,
        turned: bool,
    ) {
        let manners = Manners::of(sight.activity);
        let draw = self.draw(sight.seed, 2);
        let dwell = |draw: Draw| draw.log_normal(0, manners.mutual_secs, 0.6);
        if sight.activity != self.manners {
            let before = Manners::of(self.manners);
            self.left *= if self.mutual {
                manners.mutual_secs / before.mutual_secs
            } else {
                manners.away_secs / before.away_secs
            };
            self.manners = sight.activity;
        }
        if fresh || turned {
            if self.next_aversion >= NEVER || self.next_aversion < sight.time {
                let wait = draw.normal(4, manners.aversion_secs, 1.0).max(0.5);
                self.next_aversion = sight.time + f64::from(wait);
            }
            self.averted_until = -NEVER;
            if !self.mutual || self.left <= 0.2 {
                self.left = dwell(draw);
            }
            self.meet(sight, company, sight.time);
            return;
        }
        if sight.giving_floor {
            if self.fixation.kind != GazeKind::Mutual {
                self.averted_until = -NEVER;
                self.left = dwell(draw);
                self.meet(sight, company, sight.time);
            } else {
                self.scan(sight, 0.0);
            }
            return;
        }
        if self.next_aversion < sight.until() {
            let start = self.next_aversion;
            let length = draw.normal(0, AVERSION_SECS, 0.2).max(0.3);
            self.averted_until = start + f64::from(length);
            let wait = draw.normal(2, manners.aversion_secs, 1.0).max(0.5);
            self.next_aversion = self.averted_until + f64::from(wait);
            // 70 % to the side, 10 % up, 20 % down.
            let to = self.averted(draw, 0.7, 0.1);
            self.look_toward(sight, start, GazeKind::Intimacy, to, None);
            return;
        }
        if self.averted_until > -NEVER {
            if self.averted_until < sight.until() {
                let start = self.averted_until;
                self.averted_until = -NEVER;
                if self.mutual {
                    self.meet(sight, company, start);
                } else {
                    self.fixation.kind = GazeKind::Away;
                }
            }
            return;
        }
        self.left -= sight.step as f32;
        if self.left > 0.0 {
            if self.mutual {
                self.scan(sight, 0.0);
            }
            return;
        }
        // Exactly when this look was to end, in the middle of the tick.
        let start = sight.until() + f64::from(self.left);
        if self.mutual {
            self.mutual = false;
            // A geometric number of looks away, with the mean of the manners.
            let stay = 1.0 - 1.0 / manners.away_run.max(1.0);
            let lot = (1.0 - draw.unit(6)).max(1e-6);
            let more = if stay > 1e-3 { lot.ln() / stay.ln() } else { 0.0 };
            self.away_left = 1 + more.min(30.0) as u32;
        } else {
            self.away_left = self.away_left.saturating_sub(1);
        }
        if self.away_left == 0 {
            self.left += dwell(draw);
            if sight.activity == Activity::Talking
                && draw.unit(10) < 0.6
                && let Some(id) = company.another(draw.unit(11), sight.there())
            {
                company.address(id);
            }
            self.meet(sight, company, start);
            return;
        }
        self.left += draw.log_normal(8, manners.away_secs, 0.5);
        let glance = company.another(draw.unit(12), sight.there());
        match glance.filter(|_| draw.unit(13) < 0.35) {
            Some(id) => {
                let (subject, kind) = (Target::Entity(id), GazeKind::Away);
                let fixation = Fixation { subject, kind, spot: (0.0, 0.0), near: 0.5 };
                self.look(sight, start, fixation, None);
            }
            None => {
                let first = self.fixation.kind == GazeKind::Mutual;
                self.stray(sight, start, GazeKind::Away, first, 0.55);
            }
        }
    }

    /// A direction aside, with these shares of "to a side" and "up"; the rest is down.
    fn averted(&self, draw: Draw, side: f32, up: f32) -> Vec3 {
        let (lot, sign) = (draw.unit(20), if draw.unit(21) < 0.5 { 0.0 } else { PI });
        let slant = draw.normal(22, 0.0, 0.18);
        let (direction, degrees) = if lot < side {
            (sign + slant, draw.normal(24, 14.0, 3.0))
        } else if lot < side + up {
            (FRAC_PI_2 + 1.6 * slant, draw.normal(24, 11.0, 2.0))
        } else {
            (-FRAC_PI_2 + 1.6 * slant, draw.normal(24, 13.0, 3.0))
        };
        beside(self.base, degrees.to_radians(), direction)
    }

    /// A jump of the tables' size and direction; if that would lead too far (cosine of the angle to
    /// the base), back first.
    fn stray<S: Surroundings>(
        &mut self,
        sight: &Sight<S>,
        start: f64,
        kind: GazeKind,
        first: bool,
        range: f32,
    ) {
        // Of the next two draws the larger one leaves a face, so that leaving is seen.
        let (size, other) =
            (saccade::draw(sight.seed, self.pocket), saccade::draw(sight.seed, self.drawn));
        let takes_other = first && other.0 > size.0;
        let (size, direction) = if takes_other { other } else { size };
        let from = self.direction(start.max(sight.time).max(self.jump.over() + 0.02));
        let to = beside(from, size, direction);
        if to.dot(self.base) < range.cos() || to.y.abs() > 0.6 {
            let back = toward(from, self.base, 0.8);
            self.look_toward(sight, start, GazeKind::Return, back, None);
            // What the head keeps to stays; the look itself still counts as one aside.
            if kind == GazeKind::Away {
                self.fixation.kind = kind;
            }
            return;
        }
        if !takes_other {
            self.pocket = self.drawn;
        }
        self.drawn += 1;
        self.look_toward(sight, start, kind, to, Some(direction));
    }

    pub(super) fn think<S: Surroundings>(
        &mut self,
        sight: &Sight<S>,
        company: &Company,
        fresh: bool,
    ) {
        let draw = self.draw(sight.seed, 3);
        if fresh {
            let partner = company.partner().map(Target::Entity);
            let place =
                partner.and_then(|id| locate(&id, sight.eye, sight.surroundings, sight.time));
            if let Some(to) = place.and_then(|at| (at - sight.eye).try_normalize()) {
                self.base = to;
            }
            // 70 % up, 20 % down, 10 % to the side.
            let to = self.averted(draw, 0.1, 0.7);
            self.look_toward(sight, sight.time, GazeKind::Thinking, to, None);
        } else if self.next_spot < sight.until() {
            let from = self.aim[1];
            let to = beside(from, draw.between(0, 0.01, 0.05), draw.between(1, 0.0, 2.0 * PI));
            self.look_toward(sight, self.next_spot, GazeKind::Thinking, to, None);
        } else {
            return;
        }
        let wait = draw.log_normal(5, 1.3, 0.5).max(0.3);
        self.next_spot = self.newest.start_secs + f64::from(wait);
        self.mutual = true;
        self.left = 0.0;
    }

    pub(super) fn wander<S: Surroundings>(&mut self, sight: &Sight<S>, fresh: bool) {
        let draw = self.draw(sight.seed, 4);
        if sight.time >= self.next_anchor {
            let place = Draw::new(sight.seed, Channel::Anchor, self.fixations);
            self.anchor = (place.between(0, -0.45, 0.45), place.between(1, -0.16, 0.02));
            self.next_anchor = sight.time + f64::from(place.log_normal(2, 11.0, 0.5));
        }
        let (yaw, pitch) = (sight.front + self.anchor.0, self.anchor.1 + sight.mood_pitch);
        let anchor = Vec3::new(yaw.sin() * pitch.cos(), pitch.sin(), yaw.cos() * pitch.cos());
        self.left -= sight.step as f32;
        if fresh {
            self.left = self.left.clamp(0.0, 0.2);
        }
        if self.left > 0.0 {
            return;
        }
        let start = sight.until() + f64::from(self.left);
        let stare = if draw.unit(3) < 0.12 { 3.0 } else { 1.0 };
        self.left += (stare * draw.log_normal(0, 1.15, 0.55)).max(0.12);
        self.base = anchor;
        self.stray(sight, start, GazeKind::Explore, false, 0.42);
        self.base = anchor;
    }
}

/// Where on a face: eyes mostly, now and then the mouth; metres to the side and up.
pub(super) fn face_spot(draw: Draw) -> (f32, f32) {
    let (x, y) = match draw.unit(6) {
        lot if lot < 0.4 => (-0.03, 0.0),
        lot if lot < 0.8 => (0.03, 0.0),
        _ => (0.0, -0.07),
    };
    (x + draw.between(7, -0.006, 0.006), y + draw.between(8, -0.006, 0.006))
}
