//! Head and torso: they follow the eyes.

use crate::{
    curves::{Glide, wrapped},
    gaze::Gaze,
};
use glam::Vec3;
use serde::{Deserialize, Serialize};

const DEGREE: f32 = std::f32::consts::PI / 180.0;
/// The head starts so long after the eyes, the torso after the head, seconds.
const HEAD_DELAY: f64 = 0.05;
const TORSO_DELAY: f64 = 0.12;
/// The head's limits against the torso and the torso's against the hips, radians.
const HEAD_YAW: f32 = 68.0 * DEGREE;
const TORSO_YAW: f32 = 36.0 * DEGREE;
const HEAD_UP: f32 = 32.0 * DEGREE;
const HEAD_DOWN: f32 = 38.0 * DEGREE;

/// Head and torso as planned. Yaw of the head is the world's, so that it stays where it looks while
/// the body turns below it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub yaw: Glide,
    pub pitch: Glide,
    /// Against the hips.
    pub torso: Glide,
}

/// Yaw and pitch of a direction, radians.
pub(crate) fn angles(direction: Vec3) -> (f32, f32) {
    let flat = direction.x.hypot(direction.z);
    (direction.x.atan2(direction.z), direction.y.atan2(flat))
}

/// What is left of an angle beyond a dead zone, without a corner.
fn beyond(x: f32, zone: f32) -> f32 {
    let over = (x.abs() - zone).max(0.0);
    (over * over / (over + 0.5 * zone)).copysign(x)
}

impl Head {
    pub fn new(yaw: f32) -> Self {
        Self { yaw: Glide::still(yaw), pitch: Glide::still(0.0), torso: Glide::still(0.0) }
    }

    /// Follows the gaze; `front` is where the body faces.
    pub fn tick(&mut self, time: f64, gaze: &Gaze, front: f32) {
        let (base_yaw, base_pitch) = angles(gaze.base());
        let (aim_yaw, aim_pitch) = angles(gaze.goal());
        let mut base = wrapped(base_yaw - front);
        let aside = wrapped(aim_yaw - base_yaw);
        // Behind the back the head stays on the side where it is.
        let last = self.yaw.goal() - front;
        if base.abs() > 150.0 * DEGREE && last.abs() > 40.0 * DEGREE && base * last < 0.0 {
            base = -base;
        }
        let most = HEAD_YAW + TORSO_YAW;
        let yaw = (0.96 * base + 0.6 * beyond(aside, 6.0 * DEGREE)).clamp(-most, most);
        let pitch = 0.75 * base_pitch + 0.5 * beyond(aim_pitch - base_pitch, 5.0 * DEGREE);
        let eyes = gaze.jump_start();
        go(&mut self.yaw, time, eyes + HEAD_DELAY, front + yaw, 2.5 * DEGREE);
        go(
            &mut self.pitch,
            time,
            eyes + HEAD_DELAY,
            pitch.clamp(-HEAD_DOWN, HEAD_UP),
            2.5 * DEGREE,
        );
        let torso = (0.6 * beyond(yaw, 24.0 * DEGREE)).clamp(-TORSO_YAW, TORSO_YAW);
        go(&mut self.torso, time, eyes + HEAD_DELAY + TORSO_DELAY, torso, 3.0 * DEGREE);
    }

    /// Yaw of head and torso in the world, kept within what a neck allows.
    pub fn yaws(&self, time: f64, front: f32) -> (f32, f32) {
        let torso = front + self.torso.at(time);
        let neck = crate::curves::soft_limit(
            self.yaw.at(time) - torso,
            HEAD_YAW - 8.0 * DEGREE,
            HEAD_YAW + 4.0 * DEGREE,
        );
        (torso + neck, torso)
    }

    /// Takes full turns out, so that hours of turning do not cost precision.
    pub fn shift(&mut self, by: f32) {
        self.yaw.shift(by);
    }
}

/// Seconds for a turn of the head by so many radians: peak speed 0.95 D + 28 degrees per second on a
/// path of minimum jerk.
pub(crate) fn turn_secs(angle: f32) -> f32 {
    let degrees = angle.abs() / DEGREE;
    (1.875 * degrees / (0.95 * degrees + 28.0)).max(0.32)
}

fn go(glide: &mut Glide, now: f64, start: f64, goal: f32, deadband: f32) {
    if (goal - glide.goal()).abs() < deadband || now < glide.planned() + 0.1 {
        return;
    }
    let start = start.max(now);
    let from = glide.motion(start);
    // What moves the wrong way needs time to turn round.
    let way = (goal - from.x).abs() + 0.3 * from.v.abs();
    glide.go(now, start, turn_secs(way), goal);
}
