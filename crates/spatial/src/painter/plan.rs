//! Which window to paint next: what the player sees or is about to see comes first.

use super::{WINDOW_FOV_RAD, window_camera};
use crate::{Frame, Memory, Renderer, SpatialError};
use glam::{Quat, Vec3};
use reverie_world_model::{Intrinsics, Pose};

/// Side of the views that coverage is counted on, pixels.
const PROBE_SIDE: u32 = 32;
/// How far ahead the player's motion is followed, seconds.
const AHEAD_SECS: [f32; 2] = [0.5, 1.0];
/// Fewest unknown pixels of a probe that are worth a window.
const LEAST_UNKNOWN: f32 = 0.01;
/// Angle at which a window beside the view counts about a third, radians.
const BESIDE_RAD: f32 = 1.0;
/// What windows behind the player still count.
const BEHIND_WEIGHT: f32 = 0.04;
/// What a window counts that is needed only when the motion goes on.
const AHEAD_WEIGHT: f32 = 0.7;
/// Windows this near to one that came to nothing come to nothing too.
const SAME_PLACE_M: f32 = 0.3;
const SAME_WAY_RAD: f32 = 0.2;
/// Less new than this, as a share of the window, is nothing.
const LEAST_NEW: f32 = 0.003;
/// Places that are remembered as futile.
const MOST_FUTILE: usize = 64;

/// Where the player is and how it goes on from there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LookAhead {
    /// The camera now.
    pub pose: Pose,
    /// Its velocity in the world, m/s.
    pub velocity_mps: Vec3,
    /// Its turn to the left, rad/s.
    pub yaw_rps: f32,
    /// The camera that frames are seen with.
    pub camera: Intrinsics,
}

impl LookAhead {
    fn after(&self, secs: f32) -> Pose {
        let turn = Quat::from_rotation_y((self.yaw_rps * secs).clamp(-1.5, 1.5));
        Pose {
            position: self.pose.position + self.velocity_mps * secs,
            rotation: turn * self.pose.rotation,
        }
    }

    fn moves(&self) -> bool {
        self.velocity_mps.length() > 0.1 || self.yaw_rps.abs() > 0.1
    }
}

/// A window in which nothing could be made known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Futile {
    /// Where it was, metres.
    pub position: Vec3,
    /// The way it looked, a unit vector.
    pub forward: Vec3,
}

impl Futile {
    fn covers(&self, pose: &Pose) -> bool {
        self.position.distance(pose.position) < SAME_PLACE_M
            && self.forward.dot(pose.forward()) > SAME_WAY_RAD.cos()
    }

    /// Remembers a window whose share of new pixels is too small; forgets the oldest.
    pub(crate) fn note(list: &mut Vec<Self>, pose: &Pose, new: f32) {
        if new >= LEAST_NEW {
            return;
        }
        if list.len() >= MOST_FUTILE {
            list.remove(0);
        }
        list.push(Self { position: pose.position, forward: pose.forward() });
    }
}

/// Windows around a pose: in the view's own direction first, then around the horizon, then above
/// and below. They overlap, so that each is painted onto the ones before.
fn around(pose: &Pose) -> impl Iterator<Item = Pose> + '_ {
    let (yaw, pitch, _) = pose.yaw_pitch_roll();
    let steep = pitch.clamp(-1.2, 1.2);
    let ring = [0.0, 1.05, -1.05, 2.1, -2.1, std::f32::consts::PI].map(|turn| (turn, 0.0));
    let poles = [0.0, 1.57, -1.57, std::f32::consts::PI]
        .into_iter()
        .flat_map(|turn| [(turn, -0.96), (turn, 0.96)]);
    std::iter::once((0.0, steep))
        .chain(ring)
        .chain(poles)
        .map(move |(turn, pitch)| Pose::from_yaw_pitch_roll(pose.position, yaw + turn, pitch, 0.0))
}

/// The window that is needed most.
pub(super) struct Chosen {
    pub pose: Pose,
    /// Share of its pixels that are unknown.
    pub unknown: f32,
    /// Windows around the player that lack something, this one included.
    pub lacking: u32,
}

/// The window that is needed most; `None` when nothing is missing.
pub(super) fn choose(
    memory: &Memory,
    ahead: &LookAhead,
    futile: &[Futile],
    renderer: &mut Renderer,
    frame: &mut Frame,
) -> Result<Option<Chosen>, SpatialError> {
    let probe = window_camera().resized(PROBE_SIDE, PROBE_SIDE);
    let mut best: Option<(f32, Pose, f32)> = None;
    let mut moments = vec![(ahead.pose, 1.0)];
    if ahead.moves() {
        let soon =
            AHEAD_SECS.iter().map(|secs| (ahead.after(*secs), AHEAD_WEIGHT * (1.0 - 0.3 * secs)));
        moments.extend(soon);
    }
    // What the screen shows beyond a window counts as seen too.
    let in_view = (0.5 * (ahead.camera.horizontal_fov_rad() - WINDOW_FOV_RAD)).max(0.0);
    let mut lacking = 0;
    for (number, (moment, weight)) in moments.into_iter().enumerate() {
        let now = number == 0;
        for pose in around(&moment) {
            let angle = (moment.forward().angle_between(pose.forward()) - in_view).max(0.0);
            let weight = weight * ((-(angle / BESIDE_RAD).powi(2)).exp() + BEHIND_WEIGHT);
            // Around where the player is, all are counted.
            if !now && best.as_ref().is_some_and(|(most, ..)| weight <= *most) {
                continue;
            }
            if futile.iter().any(|futile| futile.covers(&pose)) {
                continue;
            }
            renderer.render(memory, &pose, &probe, frame)?;
            let unknown = 1.0 - frame.coverage();
            let score = weight * unknown;
            if unknown < LEAST_UNKNOWN {
                continue;
            }
            lacking += u32::from(now);
            if best.as_ref().is_none_or(|(most, ..)| score > *most) {
                best = Some((score, pose, unknown));
            }
        }
    }
    Ok(best.map(|(_, pose, unknown)| Chosen { pose, unknown, lacking: lacking.max(1) }))
}
