//! A performance written down frame by frame, for programs that do not perform it themselves.

use crate::{AvatarPose, Eye, FaceShape, FaceWeights, HumanBone, RootPlace, skeleton::EYE};
use glam::{Quat, Vec3};
use reverie_behavior::{TimedGesture, TimedPhoneme, TimedWord};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is wrong with a track.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct TrackError {
    /// The field, in the spelling of the file.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

/// Poses at a steady rate, with what is said meanwhile. In files it is JSON:
/// `{"fps":60,"curves":["eyeBlinkLeft",...],"frames":[[0.0,...],...],"bones":{"head":[[x,y,z,w],...]},
/// "hips":[[x,y,z],...],"root":[[x,y,z,yaw],...],"phonemes":[{"p":"h","start":0.1,"end":0.18}],
/// "words":[...],"gestures":[...]}`. Rotations are normalised (see the crate's page), metres, radians.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Track {
    /// Frames a second, 1 to 240.
    pub fps: f32,
    /// Which shapes the frames have, in their order.
    pub curves: Vec<FaceShape>,
    /// Weights of the shapes, frame by frame.
    pub frames: Vec<Vec<f32>>,
    /// Rotations (x, y, z, w) of bones, frame by frame; what is missing rests.
    pub bones: BTreeMap<HumanBone, Vec<[f32; 4]>>,
    /// Metres by which the hips leave their place, frame by frame; may be empty.
    pub hips: Vec<[f32; 3]>,
    /// Where the model stands and where it faces, frame by frame: metres, and yaw in radians; may be
    /// empty.
    pub root: Vec<[f32; 4]>,
    /// Sounds that are said.
    pub phonemes: Vec<TimedPhoneme>,
    /// Words that are said.
    pub words: Vec<TimedWord>,
    /// Gestures of hands and head.
    pub gestures: Vec<TimedGesture>,
}

/// Written numbers have this many steps to one: a file of a minute stays within a few megabytes.
const STEPS: f32 = 1e4;

fn rounded(x: f32) -> f32 {
    (x * STEPS).round() / STEPS
}

impl Track {
    /// Most frames: an hour at 60 Hz and a little more.
    pub const MAX_FRAMES: usize = 240_000;

    /// A track without frames.
    #[must_use]
    pub fn new(fps: f32) -> Self {
        Self { fps, curves: FaceShape::ALL.to_vec(), ..Self::default() }
    }

    /// Adds a frame.
    pub fn push(&mut self, pose: &AvatarPose) {
        self.frames.push(self.curves.iter().map(|shape| rounded(pose.face[*shape])).collect());
        for bone in HumanBone::ALL {
            let turn = pose.rotation(bone).to_array().map(rounded);
            self.bones.entry(bone).or_default().push(turn);
        }
        self.hips.push(pose.hips_offset.to_array().map(rounded));
        let RootPlace { position, yaw } = pose.root;
        self.root.push([position.x, position.y, position.z, yaw].map(rounded));
    }

    /// Leaves out bones that never move.
    pub fn forget_still_bones(&mut self) {
        let rest = Quat::IDENTITY.to_array();
        self.bones.retain(|_, turns| turns.iter().any(|turn| *turn != rest));
    }

    /// Its length in seconds.
    #[must_use]
    pub fn duration_secs(&self) -> f32 {
        self.frames.len() as f32 / self.fps.max(1e-3)
    }

    /// Whether all of it fits together and is within its bounds.
    ///
    /// # Errors
    /// Names the first field that does not.
    pub fn check(&self) -> Result<(), TrackError> {
        let wrong = |field: &str, problem: String| Err(TrackError { field: field.into(), problem });
        if !(1.0..=240.0).contains(&self.fps) {
            return wrong("fps", format!("{} is not within 1 to 240", self.fps));
        }
        let count = self.frames.len();
        if count > Self::MAX_FRAMES {
            return wrong("frames", format!("{count} are more than {}", Self::MAX_FRAMES));
        }
        for (at, shape) in self.curves.iter().enumerate() {
            if self.curves[..at].contains(shape) {
                return wrong("curves", format!("{} is there twice", shape.name()));
            }
        }
        for (at, frame) in self.frames.iter().enumerate() {
            if frame.len() != self.curves.len() {
                let problem = format!("{} weights for {} curves", frame.len(), self.curves.len());
                return wrong(&format!("frames[{at}]"), problem);
            }
            if let Some(weight) = frame.iter().find(|w| !(0.0..=1.0).contains(*w)) {
                return wrong(&format!("frames[{at}]"), format!("{weight} is not within 0 to 1"));
            }
        }
        for (bone, turns) in &self.bones {
            let field = || format!("bones.{}", bone.name());
            if turns.len() != count {
                return wrong(&field(), format!("{} rotations for {count} frames", turns.len()));
            }
            let unit = |turn: &[f32; 4]| (Quat::from_array(*turn).length() - 1.0).abs() < 0.01;
            if let Some(at) = turns.iter().position(|turn| !unit(turn)) {
                return wrong(&field(), format!("[{at}] is no rotation: its length is not 1"));
            }
        }
        for (field, len) in [("hips", self.hips.len()), ("root", self.root.len())] {
            if len != 0 && len != count {
                return wrong(field, format!("{len} places for {count} frames"));
            }
        }
        let numbers = self.hips.iter().flatten().chain(self.root.iter().flatten());
        if numbers.into_iter().any(|x| !x.is_finite() || x.abs() > 1e6) {
            return wrong("hips", "a place (or one of root) is out of all bounds".to_owned());
        }
        Ok(())
    }

    /// The pose of a frame; past the end the last one. `None` for a track without frames.
    #[must_use]
    pub fn pose(&self, frame: usize) -> Option<AvatarPose> {
        let at = frame.min(self.frames.len().checked_sub(1)?);
        let mut pose = AvatarPose { face: FaceWeights::NEUTRAL, ..AvatarPose::REST };
        for (shape, weight) in self.curves.iter().zip(&self.frames[at]) {
            pose.face[*shape] = *weight;
        }
        for (bone, turns) in &self.bones {
            if let Some(turn) = turns.get(at) {
                pose.set_rotation(*bone, Quat::from_array(*turn).normalize());
            }
        }
        for (eye, bone) in pose.eyes.iter_mut().zip(EYE) {
            let forward = pose.rotations[bone as usize] * Vec3::Z;
            let pitch = forward.y.atan2(forward.x.hypot(forward.z));
            *eye = Eye { yaw: forward.x.atan2(forward.z), pitch };
        }
        if let Some(hips) = self.hips.get(at) {
            pose.hips_offset = Vec3::from(*hips);
        }
        if let Some([x, y, z, yaw]) = self.root.get(at) {
            pose.root = RootPlace { position: Vec3::new(*x, *y, *z), yaw: *yaw };
        }
        Some(pose)
    }
}
