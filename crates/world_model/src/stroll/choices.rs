//! What a stroller does next.

use super::plan::{Gaze, Glance, Plan, STEEPEST_RAD, StrollActivity};
use super::random::Dice;
use super::{Crumb, Feelers, Stroll, forward, signed};
use crate::{Embodiment, EmbodimentState};
use glam::{Vec2, Vec3};
use std::f32::consts::{FRAC_PI_2, PI};

/// Longest a return to an earlier place may take at the usual pace, seconds.
const LONGEST_RETURN_SECS: f32 = 14.0;

impl Stroll {
    /// Another activity than the last one.
    pub(super) fn next_plan(&mut self, body: &EmbodimentState, feelers: &Feelers<'_>) -> Plan {
        if self.plan == Plan::Awake && self.flies() {
            let ground_m = feelers.ground_m().unwrap_or(body.position.y - 1.6);
            self.height_m = (body.position.y - ground_m).clamp(0.6, 60.0);
        }
        // Indoors nobody flies as in the mountains.
        let full_mps = self.habits.pace_mps;
        let mut rooms_m = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
            .map(|i| feelers.clearance(forward(body.yaw_rad + i * PI / 4.0), 3.0 * full_mps));
        rooms_m.sort_by(f32::total_cmp);
        self.pace_mps = full_mps.min((0.45 * rooms_m[4]).max(0.4));
        let back = self.way_back(body);
        // After a walk something else comes, after something else mostly a walk.
        let weights = match self.plan.activity() {
            _ if self.plan == Plan::Awake => [0.6, 0.25, 0.05, 0.05, 0.0, 0.05],
            StrollActivity::Walk => [0.14, 0.28, 0.1, 0.12, 0.26, 0.1],
            StrollActivity::LookAround | StrollActivity::Rest => {
                [0.62, 0.03, 0.02, 0.1, 0.15, 0.08]
            }
            // The way was blocked: elsewhere.
            StrollActivity::Loop | StrollActivity::Return => [1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            StrollActivity::Orbit => [0.5, 0.22, 0.08, 0.05, 0.1, 0.05],
        };
        let [walk, look, rest, circuit, mut go_back, orbit] = weights;
        // Who has seen only new things for long wants to see an old one again.
        go_back *= if back.is_empty() { 0.0 } else { 1.0 + self.unseen_secs / 8.0 };
        match self.dice.weighted(&[walk, look, rest, circuit, go_back, orbit]) {
            1 => self.look_around(body),
            2 => self.rest(body),
            3 => self.circuit(body, feelers),
            4 => self.go_back(body, feelers, back),
            5 => self.orbit(body, feelers),
            _ => self.set_out(body),
        }
    }

    /// More or less the way it looks.
    fn set_out(&mut self, body: &EmbodimentState) -> Plan {
        self.change_height();
        let mut heading_rad = body.yaw_rad;
        if self.dice.chance(0.5) {
            heading_rad += 0.7 * self.dice.normal();
        }
        Plan::walk(heading_rad, self.pace_mps, self.embodiment, &mut self.dice)
    }

    fn change_height(&mut self) {
        match self.embodiment {
            Embodiment::Drone if self.dice.chance(0.35) => {
                self.height_m = self.dice.log_range(2.5, 25.0);
            }
            Embodiment::Free if self.dice.chance(0.25) => {
                self.height_m = self.dice.log_range(0.8, 3.0);
            }
            _ => {}
        }
    }

    fn look_around(&mut self, body: &EmbodimentState) -> Plan {
        let dice = &mut self.dice;
        let (side, usual_rad) = (dice.side(), self.habits.pitch_rad);
        let mut gazes = Vec::new();
        let gaze = |yaw_rad: f32, dice: &mut Dice| Gaze {
            yaw_rad: signed(body.yaw_rad + yaw_rad),
            pitch_rad: (usual_rad + 0.16 * dice.normal()).clamp(-STEEPEST_RAD, STEEPEST_RAD),
            close_rad: 3.0_f32.to_radians(),
            hold_secs: dice.log_range(0.1, 1.2),
        };
        match dice.weighted(&[0.5, 0.3, 0.2]) {
            // To one side, to the other, and back or not.
            0 => {
                gazes.push(gaze(side * dice.range(0.4, 1.6), dice));
                gazes.push(gaze(-side * dice.range(0.4, 1.6), dice));
                if dice.chance(0.5) {
                    gazes.push(gaze(0.0, dice));
                }
            }
            // Here and there.
            1 => {
                for _ in 0..2 + dice.weighted(&[1.0, 1.0, 1.0]) {
                    gazes.push(gaze(1.1 * dice.normal(), dice));
                }
                // Up at what is tall, down at what lies there.
                let pitch_rad = dice.range(-0.8, 0.7);
                gazes.push(Gaze { pitch_rad, ..gaze(0.5 * dice.normal(), dice) });
            }
            // All the way around, without stopping.
            _ => {
                for quarter in 1..=4 {
                    let turn = gaze(side * quarter as f32 * FRAC_PI_2, dice);
                    let level = Gaze { pitch_rad: usual_rad, ..turn };
                    gazes.push(Gaze { close_rad: 1.1, hold_secs: 0.0, ..level });
                }
                if let Some(last) = gazes.last_mut() {
                    last.close_rad = 0.05;
                }
            }
        }
        gazes.reverse();
        self.reach_out();
        Plan::Look { left_secs: 9.0, gazes, haste: self.dice.log_range(0.5, 1.6) }
    }

    fn rest(&mut self, body: &EmbodimentState) -> Plan {
        self.reach_out();
        let here = Crumb {
            position: body.position,
            yaw_rad: body.yaw_rad + 0.01 * self.dice.normal(),
            pitch_rad: body.pitch_rad,
        };
        Plan::Rest { left_secs: self.dice.log_range(0.4, 3.0), gaze: Gaze::at(&here, 0.0) }
    }

    /// A rover has a gripper, and nothing is learned about it from one that never closes.
    fn reach_out(&mut self) {
        if self.embodiment == Embodiment::Rover && self.dice.chance(0.3) {
            self.interact_ticks = (0.4 * self.tick_hz).ceil() as u32;
        }
    }

    fn visit(
        &mut self,
        body: &EmbodimentState,
        targets: Vec<Vec3>,
        arrival: Gaze,
        returns: bool,
    ) -> Plan {
        let speed_mps = self.pace_mps * self.dice.range(0.8, 1.3);
        let way_m = length_m(body.position, &targets);
        let facing = returns && self.embodiment != Embodiment::Rover && self.dice.chance(0.3);
        Plan::Visit {
            left_secs: 4.0 + 2.0 * way_m / speed_mps,
            targets,
            speed_mps,
            glance: Glance { left_secs: self.dice.range(0.5, 2.0), ..Glance::default() },
            arrival,
            facing,
            returns,
        }
    }

    /// Around three or four corners and back here.
    fn circuit(&mut self, body: &EmbodimentState, feelers: &Feelers<'_>) -> Plan {
        let here =
            Crumb { position: body.position, yaw_rad: body.yaw_rad, pitch_rad: body.pitch_rad };
        let corners = 3 + self.dice.weighted(&[1.0, 1.0]);
        let side = self.dice.side();
        let mut yaw_rad = body.yaw_rad + 0.5 * self.dice.normal();
        let leg_m = self.pace_mps * self.dice.log_range(1.0, 3.5);
        let margin_m = feelers.margin_m();
        let leg_m = feelers.clearance(forward(yaw_rad), leg_m + margin_m) - margin_m;
        if leg_m < 0.8 {
            return self.set_out(body);
        }
        let (mut at, mut targets) = (body.position, Vec::with_capacity(corners));
        for _ in 1..corners {
            at += forward(yaw_rad) * leg_m * self.dice.range(0.8, 1.2);
            targets.push(at);
            yaw_rad += side * 2.0 * PI / corners as f32 * self.dice.range(0.85, 1.15);
        }
        targets.push(here.position);
        targets.reverse();
        let hold_secs = self.dice.log_range(0.1, 0.8);
        self.visit(body, targets, Gaze::at(&here, hold_secs), false)
    }

    /// Places of the way so far, from here to the oldest, without its loops.
    fn way_back(&self, body: &EmbodimentState) -> Vec<Crumb> {
        let mut way = Vec::new();
        let Some(last) = self.crumbs.len().checked_sub(1) else { return way };
        let (mut at, mut walked_m, mut from) = (last, 0.0, body.position);
        loop {
            let crumb = self.crumbs[at];
            walked_m += crumb.position.distance(from);
            from = crumb.position;
            if walked_m > self.pace_mps * LONGEST_RETURN_SECS {
                break;
            }
            way.push(crumb);
            if at == 0 {
                break;
            }
            let near = 1.2 * self.crumb_spacing_m;
            at = (0..at)
                .find(|i| self.crumbs[*i].position.distance(crumb.position) < near)
                .unwrap_or(at - 1);
        }
        // Only what lies behind is worth a return.
        let far_m = (1.2 * self.pace_mps).max(1.0);
        let far = |crumb: &Crumb| crumb.position.distance(body.position) > far_m;
        if way.iter().any(far) { way } else { Vec::new() }
    }

    /// Back to somewhere on the way: the same way, or straight when that is free.
    fn go_back(
        &mut self,
        body: &EmbodimentState,
        feelers: &Feelers<'_>,
        mut way: Vec<Crumb>,
    ) -> Plan {
        let far_m = (1.2 * self.pace_mps).max(1.0);
        let first = way
            .iter()
            .position(|c| c.position.distance(body.position) > far_m)
            .unwrap_or(way.len() - 1);
        // The far end, which may be the start, is worth more than the rest.
        let goal = if self.dice.chance(0.4) {
            way.len() - 1
        } else {
            first + (self.dice.range(0.0, 1.0) * (way.len() - first) as f32) as usize
        };
        way.truncate((goal + 1).min(way.len()));
        let Some(end) = way.last().copied() else { return self.rest(body) };
        self.unseen_secs = 0.0;
        let straight = end.position - body.position;
        let room_m = feelers.clearance(straight, straight.length());
        if self.dice.chance(0.5) && room_m >= straight.length() {
            way = vec![end];
        }
        let targets = way.iter().rev().map(|c| c.position).collect();
        // Looks the same as then, or the other way: at what was never seen from there.
        let mut arrival = Gaze::at(&end, self.dice.log_range(0.2, 1.0));
        if self.dice.chance(0.2) {
            arrival.yaw_rad = signed(arrival.yaw_rad + PI);
        }
        self.visit(body, targets, arrival, true)
    }

    /// Around whatever is ahead.
    fn orbit(&mut self, body: &EmbodimentState, feelers: &Feelers<'_>) -> Plan {
        let usual_m = match self.embodiment {
            Embodiment::Drone => self.dice.log_range(5.0, 25.0),
            _ => self.dice.log_range(1.5, 6.0),
        };
        let ahead_m = feelers.ray(forward(body.yaw_rad), usual_m);
        let radius_m = ahead_m.max(2.0 * feelers.margin_m());
        // The side on which there is more room.
        let (left, right) = (forward(body.yaw_rad + FRAC_PI_2), forward(body.yaw_rad - FRAC_PI_2));
        let need_m = feelers.margin_m() + 0.5 + 1.2 * self.pace_mps;
        let rooms_m = [left, right].map(|way| feelers.clearance(way, need_m));
        let side = if rooms_m[0] == rooms_m[1] {
            self.dice.side()
        } else if rooms_m[0] > rooms_m[1] {
            -1.0
        } else {
            1.0
        };
        if rooms_m[0].max(rooms_m[1]) < need_m {
            return self.set_out(body);
        }
        let drop_m = if self.embodiment == Embodiment::Drone { 0.4 * radius_m } else { 0.2 };
        let pace = Vec2::new(self.pace_mps, self.habits.turn_rps * 0.6 * radius_m);
        Plan::Orbit {
            left_secs: self.dice.log_range(2.0, 8.0),
            centre: body.position + forward(body.yaw_rad) * radius_m - Vec3::Y * drop_m,
            radius_m,
            side,
            speed_mps: 0.8 * pace.min_element(),
        }
    }
}

fn length_m(from: Vec3, targets: &[Vec3]) -> f32 {
    let steps = targets.windows(2).map(|pair| pair[0].distance(pair[1])).sum::<f32>();
    steps + targets.last().map_or(0.0, |first| first.distance(from))
}
