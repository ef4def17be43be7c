//! Where the player is, ahead of the model: ticks are cut from the frames' input, and the pose
//! between ticks is predicted with the very arithmetic that the model uses.

use crate::input::FrameInput;
use bevy::math::{Vec2, Vec3};
use reverie_world_model::{
    Action, Embodiment, EmbodimentState, MAX_LOOK_RPS, MAX_MOVE_MPS, Pose, SpatialQuery,
};
use std::collections::VecDeque;

/// Longest frame that is simulated; after a longer one (a stalled app) time is let go.
const MAX_FRAME_SECS: f32 = 0.25;
/// Ticks kept for comparison with the model's answers.
const HISTORY_TICKS: usize = 64;

/// A tick cut from the input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tick {
    /// Its number, from 1.
    pub number: u64,
    /// What is done in it.
    pub action: Action,
    /// It is exactly this and merges with no other, as in a replay.
    pub exact: bool,
}

/// The player's motion between the newest input and the newest answer of the model.
#[derive(Debug)]
pub(crate) struct Motion {
    /// At the last tick that was cut.
    state: EmbodimentState,
    number: u64,
    /// Input since that tick: time, velocity x time, angle.
    since_secs: f32,
    moved: Vec3,
    turned_rad: Vec2,
    interact: bool,
    /// Predicted pose after each tick, oldest first.
    history: VecDeque<(u64, Pose)>,
}

impl Motion {
    /// At rest at a pose.
    pub fn new(embodiment: Embodiment, pose: Pose) -> Self {
        Self {
            state: EmbodimentState::new(embodiment, pose),
            number: 0,
            since_secs: 0.0,
            moved: Vec3::ZERO,
            turned_rad: Vec2::ZERO,
            interact: false,
            history: VecDeque::with_capacity(HISTORY_TICKS),
        }
    }

    /// Takes one frame's input and cuts the ticks that end within it.
    pub fn advance(
        &mut self,
        input: &FrameInput,
        frame_secs: f32,
        tick_secs: f32,
        world: &dyn SpatialQuery,
        mut emit: impl FnMut(Tick),
    ) {
        let frame_secs = frame_secs.clamp(0.0, MAX_FRAME_SECS);
        if frame_secs <= 0.0 {
            self.turned_rad += input.turn_rad;
            return;
        }
        let turn_rps = input.turn_rps + input.turn_rad / frame_secs;
        let mut left_secs = frame_secs;
        while left_secs > 0.0 {
            let part_secs = left_secs.min((tick_secs - self.since_secs).max(0.0));
            self.since_secs += part_secs;
            self.moved += input.move_mps * part_secs;
            self.turned_rad += turn_rps * part_secs;
            self.interact |= input.interact;
            left_secs -= part_secs;
            // A hair short of a tick is a tick: sums of frame times do not meet it exactly.
            if self.since_secs < tick_secs * 0.9999 {
                break;
            }
            let action = self.action(tick_secs);
            self.state.advance(&action, tick_secs, world);
            self.number += 1;
            if self.history.len() == HISTORY_TICKS {
                self.history.pop_front();
            }
            self.history.push_back((self.number, self.state.pose()));
            (self.since_secs, self.moved, self.turned_rad, self.interact) =
                (0.0, Vec3::ZERO, Vec2::ZERO, false);
            emit(Tick { number: self.number, action, exact: false });
        }
    }

    /// Time since the motion began, seconds.
    pub fn secs(&self, tick_secs: f32) -> f32 {
        self.number as f32 * tick_secs + self.since_secs
    }

    /// The number of the tick that is going on.
    pub fn next_number(&self) -> u64 {
        self.number + 1
    }

    /// How long it still goes on, seconds.
    pub fn until_tick_secs(&self, tick_secs: f32) -> f32 {
        (tick_secs - self.since_secs).max(0.0)
    }

    /// The pose now, `tick_secs` of which the last part may not have been ticked yet.
    pub fn pose(&self, world: &dyn SpatialQuery) -> Pose {
        if self.since_secs <= 0.0 && self.turned_rad == Vec2::ZERO {
            return self.state.pose();
        }
        let secs = self.since_secs.max(1e-4);
        let mut state = self.state;
        state.advance(&self.action(secs), secs, world);
        state.pose()
    }

    /// Takes the model's pose after a tick; where it differs from the prediction the model wins.
    pub fn confirm(&mut self, number: u64, pose: &Pose) {
        while self.history.front().is_some_and(|(oldest, _)| *oldest < number) {
            self.history.pop_front();
        }
        let Some((_, predicted)) = self.history.front().copied().filter(|(n, _)| *n == number)
        else {
            return;
        };
        let shift = pose.position - predicted.position;
        let (yaw, pitch, roll) = pose.yaw_pitch_roll();
        let (yaw_was, pitch_was, roll_was) = predicted.yaw_pitch_roll();
        let turn = Vec3::new(yaw - yaw_was, pitch - pitch_was, roll - roll_was);
        if shift.length() < 1e-4 && turn.length() < 1e-4 {
            return;
        }
        self.state.position += shift;
        self.state.yaw_rad += turn.x;
        self.state.pitch_rad += turn.y;
        self.state.roll_rad += turn.z;
        for (_, pose) in &mut self.history {
            pose.position += shift;
        }
    }

    fn action(&self, secs: f32) -> Action {
        let limit = Vec3::splat(MAX_MOVE_MPS);
        let turn_limit = Vec2::splat(MAX_LOOK_RPS);
        Action {
            move_mps: (self.moved / secs).clamp(-limit, limit),
            look_rps: (self.turned_rad / secs).clamp(-turn_limit, turn_limit),
            interact: self.interact,
        }
    }
}

/// Two actions in the time of one tick: what a model gets that is too slow for its clock, so that
/// it skips ticks instead of falling behind.
pub(crate) fn merged(first: &Action, second: &Action) -> Action {
    let limit = Vec3::splat(MAX_MOVE_MPS);
    let turn_limit = Vec2::splat(MAX_LOOK_RPS);
    Action {
        move_mps: (first.move_mps + second.move_mps).clamp(-limit, limit),
        look_rps: (first.look_rps + second.look_rps).clamp(-turn_limit, turn_limit),
        interact: first.interact || second.interact,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reverie_world_model::OpenSpace;

    const TICK_SECS: f32 = 1.0 / 24.0;

    fn walk(frames: usize, frame_secs: f32) -> (Motion, Vec<Tick>) {
        let mut motion = Motion::new(Embodiment::Free, Pose::IDENTITY);
        let mut ticks = Vec::new();
        let input = FrameInput {
            move_mps: Vec3::new(0.0, 0.0, 2.0),
            turn_rad: Vec2::new(0.25 * frame_secs, 0.0),
            ..FrameInput::default()
        };
        for _ in 0..frames {
            motion.advance(&input, frame_secs, TICK_SECS, &OpenSpace, |tick| ticks.push(tick));
        }
        (motion, ticks)
    }

    #[test]
    fn a_second_gives_24_ticks_at_any_frame_rate() {
        for hz in [7.0_f32, 24.0, 60.0, 144.0] {
            let (motion, ticks) = walk(hz as usize, 1.0 / hz);
            assert_eq!(ticks.len(), 24, "{hz} Hz");
            assert!(ticks.iter().enumerate().all(|(i, t)| t.number == i as u64 + 1));
            let pose = motion.pose(&OpenSpace);
            let (yaw_rad, ..) = pose.yaw_pitch_roll();
            assert!((yaw_rad - 0.25).abs() < 1e-3, "{hz} Hz: {yaw_rad}");
            assert!((pose.position.length() - 2.0).abs() < 0.02, "{hz} Hz: {}", pose.position);
        }
    }

    #[test]
    fn looking_shows_before_the_tick_that_carries_it() {
        let mut motion = Motion::new(Embodiment::Walker, Pose::IDENTITY);
        let input = FrameInput { turn_rad: Vec2::new(0.1, 0.05), ..FrameInput::default() };
        motion.advance(&input, 0.005, TICK_SECS, &OpenSpace, |_| panic!("no tick yet"));
        let (yaw_rad, pitch_rad, _) = motion.pose(&OpenSpace).yaw_pitch_roll();
        assert!((yaw_rad - 0.1).abs() < 1e-5 && (pitch_rad - 0.05).abs() < 1e-5);
    }

    #[test]
    fn the_model_wins_over_the_prediction() {
        let (mut motion, _) = walk(3, TICK_SECS);
        let now = motion.pose(&OpenSpace).position;
        let (_, at_two) = motion.history[1];
        motion.confirm(2, &at_two);
        assert_eq!(motion.pose(&OpenSpace).position, now, "agreement moves nothing");
        let blocked = Pose { position: at_two.position + Vec3::X, ..at_two };
        motion.confirm(2, &blocked);
        assert!(motion.pose(&OpenSpace).position.abs_diff_eq(now + Vec3::X, 1e-5));
        // The correction is not applied twice.
        let (_, at_three) = motion.history[1];
        motion.confirm(3, &at_three);
        assert!(motion.pose(&OpenSpace).position.abs_diff_eq(now + Vec3::X, 1e-5));
    }

    #[test]
    fn merging_keeps_the_way_and_the_angle() {
        let action = Action {
            move_mps: Vec3::new(0.0, 0.0, 1.5),
            look_rps: Vec2::new(0.3, -0.1),
            interact: false,
        };
        let both = merged(&action, &Action { interact: true, ..action });
        assert_eq!(both.move_mps.z, 3.0);
        assert_eq!(both.look_rps, Vec2::new(0.6, -0.2));
        assert!(both.interact && both.validate().is_ok());
    }
}
