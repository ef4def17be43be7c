//! Which window to paint next: what the player sees or is about to see comes first.

use super::{Easel, Trail, WINDOW_FOV_RAD, window_camera};
use crate::{Memory, SpatialError};
use glam::{Quat, Vec3};
use reverie_world_model::{Intrinsics, Pose};

/// Side of the views that coverage is counted on, pixels.
const PROBE_SIDE: u32 = 32;
/// How far ahead the player's motion is followed, seconds.
const AHEAD_SECS: [f32; 2] = [0.5, 1.0];
/// Fewest unknown pixels of a probe that are worth a window.
const LEAST_UNKNOWN: f32 = 0.01;
/// Less than this is looked at again at a window's size.
const LITTLE_UNKNOWN: f32 = 0.06;
/// Least share of a probe that is known too coarsely for a window to be worth it.
const LEAST_COARSE: f32 = 0.05;
/// The same while the player stands.
const LEAST_COARSE_STANDING: f32 = 0.35;
/// What a coarse pixel counts beside an unknown one.
const COARSE_WEIGHT: f32 = 0.5;
/// Windows this far beside the view are not painted only because they are coarse, radians.
const SHARPENED_RAD: f32 = 1.3;
/// Angle at which a window beside the view counts about a third, radians.
const BESIDE_RAD: f32 = 1.0;
/// What windows behind the player still count.
const BEHIND_WEIGHT: f32 = 0.04;
/// What a window counts that is needed only when the motion goes on.
const AHEAD_WEIGHT: f32 = 0.7;

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

    /// Whether what a window shows comes nearer, or at least does not go away.
    fn nears(&self, pose: &Pose) -> bool {
        self.velocity_mps.dot(pose.forward()) > -0.1
    }

    pub(super) fn moves(&self) -> bool {
        self.velocity_mps.length() > 0.1 || self.yaw_rps.abs() > 0.1
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
    /// Share of its pixels that are known too coarsely.
    pub coarse: f32,
    /// What is coarse in it is to be sharpened.
    pub sharpens: bool,
    /// Windows around the player that lack something, this one included.
    pub lacking: u32,
}

/// The window that is needed most; `None` when nothing is missing.
pub(super) fn choose(
    memory: &Memory,
    ahead: &LookAhead,
    trail: &Trail,
    sharpens: bool,
    easel: &mut Easel,
) -> Result<Option<Chosen>, SpatialError> {
    let Easel { renderer, frame, sharpness } = easel;
    let probe = window_camera().resized(PROBE_SIDE, PROBE_SIDE);
    let mut best: Option<(f32, Chosen)> = None;
    let mut moments = vec![(ahead.pose, 1.0)];
    if ahead.moves() {
        let soon =
            AHEAD_SECS.iter().map(|secs| (ahead.after(*secs), AHEAD_WEIGHT * (1.0 - 0.3 * secs)));
        moments.extend(soon);
    }
    // What the screen shows beyond a window counts as seen too.
    let in_view = (0.5 * (ahead.camera.horizontal_fov_rad() - WINDOW_FOV_RAD)).max(0.0);
    let mut lacking = 0;
    // Whoever moves needs to see sharply where they will be; the rest is behind them by then.
    let sharpened = moments.len() - 1;
    for (number, (moment, weight)) in moments.into_iter().enumerate() {
        let now = number == 0;
        let memory = &memory.drawn_at(&moment);
        let sharp = (sharpens && number == sharpened)
            .then(|| memory.sharp_part(&moment, memory.coarse_rad()));
        for pose in around(&moment) {
            let angle = (moment.forward().angle_between(pose.forward()) - in_view).max(0.0);
            let weight = weight * ((-(angle / BESIDE_RAD).powi(2)).exp() + BEHIND_WEIGHT);
            // Around where the player is, all are counted.
            if !now && best.as_ref().is_some_and(|(most, _)| weight <= *most) {
                continue;
            }
            if trail.is_futile(&pose) {
                continue;
            }
            renderer.render(memory, &pose, &probe, frame)?;
            let mut unknown = 1.0 - frame.coverage();
            if (LEAST_UNKNOWN..LITTLE_UNKNOWN).contains(&unknown) {
                // Outlines of coarse levels leave holes that are none.
                renderer.render(memory, &pose, &window_camera(), frame)?;
                unknown = 1.0 - frame.coverage();
                renderer.render(memory, &pose, &probe, frame)?;
            }
            // What goes away has been seen well enough: sharper, it would look other than it did.
            let sharp = sharp.as_ref().filter(|_| angle < SHARPENED_RAD && ahead.nears(&pose));
            let coarse = if let Some(sharp) = sharp {
                let sharp = sharpness.of(frame, sharp, &pose, &probe, renderer)?;
                let sharp = sharp.iter().filter(|sharp| **sharp).count();
                frame.coverage() - sharp as f32 / probe.pixels() as f32
            } else {
                0.0
            };
            // Whoever stands has come to look: the view stays as it is unless it is badly coarse.
            let least_coarse = if ahead.moves() { LEAST_COARSE } else { LEAST_COARSE_STANDING };
            let coarse = if coarse < least_coarse { 0.0 } else { coarse };
            if unknown < LEAST_UNKNOWN && coarse == 0.0 {
                continue;
            }
            let score = weight * (unknown + COARSE_WEIGHT * coarse);
            lacking += u32::from(now);
            if best.as_ref().is_none_or(|(most, _)| score > *most) {
                let sharpens = coarse > 0.0;
                best = Some((score, Chosen { pose, unknown, coarse, sharpens, lacking }));
            }
        }
    }
    Ok(best.map(|(_, chosen)| Chosen { lacking: lacking.max(1), ..chosen }))
}
