//! VRM Animation 1.0 (`.vrma`) out.

use super::{
    glb::{Glb, nums},
    look_at_origin,
};
use crate::vrm::{error::Problem, extras::Preset, fit::Fit, presets::recipe};
use glam::{Quat, Vec3};
use reverie_avatar::{AvatarPose, Eye, FaceShape, FaceWeights, HumanBone, Rig, Track};
use serde_json::{Map, Value, json};

/// Weights that never rise above this are not written.
const LEAST_WEIGHT: f32 = 0.005;
/// A preset may move a shape farther than the face does by so much: brows that rise must not open the mouth
/// because surprise does both.
const MOST_BEYOND: f32 = 0.1;
/// Bones whose directions are told by `lookAt` instead.
const EYES: [HumanBone; 2] = [HumanBone::LeftEye, HumanBone::RightEye];

/// The animation's channels as they are made.
struct Channels {
    glb: Glb,
    nodes: Vec<Value>,
    channels: Vec<Value>,
    samplers: Vec<Value>,
    times: usize,
}

/// A track as a VRM Animation 1.0 file, which any VRM model performs: rotations of the humanoid bones,
/// the hips' way (with that of the root in it; players scale it by the hips' height), the direction of the
/// eyes, and the face. `rig` are the proportions that the track was made for, whose bones the file has.
///
/// The face is told in VRM's presets (`blink`, `blinkLeft`, `blinkRight`, and the mixture of `aa` to `oh`
/// and emotions that is nearest), and what those leave of ARKit's shapes in expressions with
/// ARKit's names: models with presets alone show the one, models that have both show the sum. Bones and
/// expressions that never move have no channel. The same track gives the same bytes.
///
/// # Errors
/// For tracks that do not fit together ([`Track::check`]) or have no frames, and beyond 4 GiB.
pub fn vrma_bytes(track: &Track, rig: &Rig) -> Result<Vec<u8>, Problem> {
    track.check().map_err(|e| Problem::field(e.field, e.problem))?;
    let poses: Vec<AvatarPose> = (0..track.frames.len()).filter_map(|at| track.pose(at)).collect();
    if poses.is_empty() {
        return Err(Problem::field("frames", "there are none"));
    }
    let times: Vec<[f32; 1]> = (0..poses.len()).map(|at| [at as f32 / track.fps]).collect();
    let mut glb = Glb::default();
    let times = glb.floats(&times, None, true);
    let (nodes, channels, samplers) = (Vec::new(), Vec::new(), Vec::new());
    let mut out = Channels { glb, nodes, channels, samplers, times };

    let bones: Vec<HumanBone> =
        HumanBone::ALL.into_iter().filter(|bone| rig.has(*bone) && !EYES.contains(bone)).collect();
    let node_of = |bone| bones.iter().position(|other| *other == bone);
    for bone in &bones {
        let above = rig.parent(*bone).map_or(Vec3::ZERO, |parent| rig.rest(parent));
        let offset = rig.rest(*bone) - above;
        let mut node = json!({ "name": bone.name(), "translation": nums(&offset.to_array()) });
        let children: Vec<usize> =
            (0..bones.len()).filter(|at| rig.parent(bones[*at]) == Some(*bone)).collect();
        if !children.is_empty() {
            node["children"] = json!(children);
        }
        out.nodes.push(node);
    }
    let mut roots: Vec<usize> = node_of(HumanBone::Hips).into_iter().collect();
    for (node, bone) in bones.iter().enumerate() {
        let root = |pose: &AvatarPose| match bone {
            HumanBone::Hips => pose.root.rotation(),
            _ => Quat::IDENTITY,
        };
        out.rotate(node, poses.iter().map(|pose| root(pose) * pose.rotation(*bone)));
    }
    if let Some(hips) = node_of(HumanBone::Hips) {
        let rest = rig.rest(HumanBone::Hips);
        let way: Vec<[f32; 3]> = (poses.iter())
            .map(|pose| pose.root.to_world(rest + pose.hips_offset).to_array())
            .collect();
        if way.iter().any(|at| *at != rest.to_array()) {
            out.channel(hips, "translation", |glb| glb.floats(&way, None, false));
        }
    }
    roots.push(out.nodes.len());
    let look_at = out.nodes.len();
    out.nodes.push(json!({ "name": "lookAt" }));
    out.rotate(look_at, poses.iter().map(gaze));
    let (preset, custom) = out.faces(&poses, &mut roots);

    let human: Map<String, Value> = (bones.iter().enumerate())
        .map(|(node, bone)| (bone.name().to_owned(), json!({ "node": node })))
        .collect();
    let root = json!({
        "asset": { "version": "2.0", "generator": concat!("reverie_body ", env!("CARGO_PKG_VERSION")) },
        "scene": 0,
        "scenes": [{ "nodes": roots }],
        "nodes": out.nodes,
        "animations": [{ "channels": out.channels, "samplers": out.samplers }],
        "extensionsUsed": ["VRMC_vrm_animation"],
        "extensions": { "VRMC_vrm_animation": {
            "specVersion": "1.0",
            "humanoid": { "humanBones": human },
            "expressions": { "preset": preset, "custom": custom },
            "lookAt": {
                "node": look_at,
                "offsetFromHeadBone": nums(&look_at_origin(rig).to_array()),
            },
        } },
    });
    out.glb.finish(root).ok_or_else(|| Problem::field("file", "is larger than 4 GiB"))
}

impl Channels {
    fn channel(&mut self, node: usize, path: &str, output: impl FnOnce(&mut Glb) -> usize) {
        let sampler = self.samplers.len();
        let output = output(&mut self.glb);
        self.samplers
            .push(json!({ "input": self.times, "output": output, "interpolation": "LINEAR" }));
        self.channels.push(json!({ "sampler": sampler, "target": { "node": node, "path": path } }));
    }

    /// Rotations of a node, if there are any but the rest.
    fn rotate(&mut self, node: usize, turns: impl Iterator<Item = Quat>) {
        let mut last = Quat::IDENTITY;
        let turns: Vec<[f32; 4]> = turns
            .map(|turn| {
                // Of the two quaternions of a rotation the one that is nearer: players that blend numbers
                // go the short way then.
                last = if last.dot(turn) < 0.0 { -turn } else { turn }.normalize();
                last.to_array()
            })
            .collect();
        if turns.iter().any(|turn| *turn != Quat::IDENTITY.to_array()) {
            self.channel(node, "rotation", |glb| glb.floats(&turns, None, false));
        }
    }

    /// Nodes and channels of all expressions that move; by name for the extension.
    fn faces(
        &mut self,
        poses: &[AvatarPose],
        roots: &mut Vec<usize>,
    ) -> (Map<String, Value>, Map<String, Value>) {
        let fit = Fit::new(|_| true, |_| true);
        let told: Vec<_> = poses.iter().map(|pose| told(&fit, &pose.face)).collect();
        let mut add = |name: &str, weights: &mut dyn Iterator<Item = f32>| {
            let way: Vec<[f32; 3]> = weights.map(|weight| [weight, 0.0, 0.0]).collect();
            if way.iter().all(|[weight, ..]| *weight < LEAST_WEIGHT) {
                return None;
            }
            let node = self.nodes.len();
            self.nodes.push(json!({ "name": name }));
            roots.push(node);
            self.channel(node, "translation", |glb| glb.floats(&way, None, false));
            Some((name.to_owned(), json!({ "node": node })))
        };
        let preset = Preset::ALL
            .into_iter()
            .filter_map(|preset| {
                add(preset.name(), &mut told.iter().map(|(presets, _)| presets[preset as usize]))
            })
            .collect();
        let custom = FaceShape::ALL
            .into_iter()
            .filter_map(|shape| add(shape.name(), &mut told.iter().map(|(_, rest)| rest[shape])))
            .collect();
        (preset, custom)
    }
}

/// A face in presets, and what they leave of its shapes.
fn told(fit: &Fit, face: &FaceWeights) -> ([f32; Preset::ALL.len()], FaceWeights) {
    let mut presets = [0.0; Preset::ALL.len()];
    for (preset, weight) in fit.of(face) {
        let caps = recipe(preset).iter().map(|(shape, share)| (face[*shape] + MOST_BEYOND) / share);
        presets[preset as usize] = caps.fold(weight, f32::min);
    }
    let (left, right) = (face[FaceShape::EyeBlinkLeft], face[FaceShape::EyeBlinkRight]);
    let both = left.min(right);
    presets[Preset::Blink as usize] = both;
    presets[Preset::BlinkLeft as usize] = left - both;
    presets[Preset::BlinkRight as usize] = right - both;
    let mut rest = *face;
    for (preset, weight) in Preset::ALL.into_iter().zip(presets) {
        for (shape, share) in recipe(preset) {
            rest[*shape] -= weight * share;
        }
    }
    rest.clamp();
    (presets, rest)
}

/// Where both eyes look, relative to the head; rolls of the eyes have no meaning there.
fn gaze(pose: &AvatarPose) -> Quat {
    let ahead: Vec3 = EYES.into_iter().map(|eye| pose.rotation(eye) * Vec3::Z).sum();
    let pitch = ahead.y.atan2(ahead.x.hypot(ahead.z));
    Eye { yaw: ahead.x.atan2(ahead.z), pitch }.rotation()
}
