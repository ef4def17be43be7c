//! Performances as VRM Animation, read back as other programs read them.

use super::kit::File;
use glam::{Quat, Vec3};
use reverie_avatar::{AvatarPose, Eye, FaceShape, HumanBone, Rig, RootPlace, Track};
use reverie_body::vrm::{Preset, vrma_bytes};
use serde_json::Value;

const FPS: f32 = 50.0;

/// Head, arms and hips move, the person walks in a curve, eyes wander, the mouth speaks, one eye winks.
fn performance() -> (Track, Vec<AvatarPose>) {
    let poses: Vec<AvatarPose> = (0..120)
        .map(|frame| {
            let t = frame as f32 / FPS;
            let wave = |hz: f32, most: f32| most * (hz * t * std::f32::consts::TAU).sin();
            let mut pose = AvatarPose::REST;
            pose.set_rotation(HumanBone::Head, Quat::from_rotation_y(wave(0.5, 0.6)));
            pose.set_rotation(
                HumanBone::LeftUpperArm,
                Quat::from_rotation_z(-1.2 + wave(0.8, 0.4)),
            );
            pose.set_rotation(HumanBone::RightLowerArm, Quat::from_rotation_x(wave(0.3, 3.1)));
            pose.hips_offset = Vec3::new(0.0, wave(1.0, 0.02), 0.0);
            // Past half a turn, where the quaternion changes its sign.
            pose.root = RootPlace { position: Vec3::new(t, 0.0, 0.2 * t * t), yaw: 2.0 * t };
            let eye = |aside: f32| Eye { yaw: wave(0.7, 0.3) + aside, pitch: wave(0.4, 0.2) };
            pose.eyes = [eye(-0.02), eye(0.02)];
            pose.set_rotation(HumanBone::LeftEye, pose.eyes[0].rotation());
            pose.set_rotation(HumanBone::RightEye, pose.eyes[1].rotation());
            pose.face[FaceShape::JawOpen] = wave(2.0, 0.5).abs();
            pose.face[FaceShape::MouthPucker] = wave(1.3, 0.7).max(0.0);
            pose.face[FaceShape::EyeBlinkLeft] = wave(0.6, 1.0).max(0.0);
            pose.face[FaceShape::EyeBlinkRight] = wave(0.6, 0.4).max(0.0);
            pose.face[FaceShape::BrowOuterUpLeft] = 0.3;
            pose
        })
        .collect();
    let mut track = Track::new(FPS);
    poses.iter().for_each(|pose| track.push(pose));
    track.forget_still_bones();
    (track, poses)
}

struct Animation {
    file: File,
    words: Value,
}

impl Animation {
    fn of(track: &Track, rig: &Rig) -> Self {
        let file = File::split(&vrma_bytes(track, rig).unwrap());
        let words = file.json["extensions"]["VRMC_vrm_animation"].clone();
        Self { file, words }
    }

    fn floats(&self, accessor: &Value) -> Vec<f32> {
        let accessor = &self.file.json["accessors"][accessor.as_u64().unwrap() as usize];
        assert_eq!(accessor["componentType"], 5126);
        let view =
            &self.file.json["bufferViews"][accessor["bufferView"].as_u64().unwrap() as usize];
        let at = view["byteOffset"].as_u64().unwrap() as usize;
        let bytes = &self.file.bin[at..at + view["byteLength"].as_u64().unwrap() as usize];
        bytes.chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
    }

    /// Times and values of a node's channel.
    fn channel(&self, node: &Value, path: &str) -> Option<(Vec<f32>, Vec<f32>)> {
        let animation = &self.file.json["animations"][0];
        let found = animation["channels"].as_array().unwrap().iter().find(|channel| {
            channel["target"]["node"] == *node && channel["target"]["path"] == path
        })?;
        let sampler = &animation["samplers"][found["sampler"].as_u64().unwrap() as usize];
        assert_eq!(sampler["interpolation"], "LINEAR");
        Some((self.floats(&sampler["input"]), self.floats(&sampler["output"])))
    }

    fn bone(&self, bone: HumanBone) -> &Value {
        &self.words["humanoid"]["humanBones"][bone.name()]["node"]
    }

    fn turns(&self, node: &Value) -> Option<Vec<Quat>> {
        let (_, values) = self.channel(node, "rotation")?;
        Some(values.chunks(4).map(Quat::from_slice).collect())
    }

    /// Weights of an expression; rests if it has no channel.
    fn weights(&self, kind: &str, name: &str, frames: usize) -> Vec<f32> {
        let node = &self.words["expressions"][kind][name]["node"];
        if node.is_null() {
            return vec![0.0; frames];
        }
        let (_, values) = self.channel(node, "translation").unwrap();
        values.chunks(3).map(|at| at[0]).collect()
    }
}

#[test]
fn rotations_and_the_way_come_back() {
    let (track, poses) = performance();
    let rig = Rig::adult();
    let animation = Animation::of(&track, &rig);
    assert_eq!(animation.words["specVersion"], "1.0");
    assert_eq!(animation.file.json["extensionsUsed"], serde_json::json!(["VRMC_vrm_animation"]));
    for bone in HumanBone::ALL {
        let node = animation.bone(bone);
        let is_eye = matches!(bone, HumanBone::LeftEye | HumanBone::RightEye);
        assert_eq!(node.is_null(), is_eye, "{}: eyes are told by lookAt alone", bone.name());
        if is_eye {
            continue;
        }
        // The rest pose is the rig's: its bones by name, each from its parent's place.
        let json = &animation.file.json["nodes"][node.as_u64().unwrap() as usize];
        assert_eq!(json["name"], bone.name());
        assert!(json["rotation"].is_null());
        let above = rig.parent(bone).map_or(Vec3::ZERO, |parent| rig.rest(parent));
        let offset: Vec<f32> = json["translation"]
            .as_array()
            .unwrap()
            .iter()
            .map(|v| v.as_f64().unwrap() as f32)
            .collect();
        assert!((Vec3::from_slice(&offset) + above).abs_diff_eq(rig.rest(bone), 1e-6));
        let root = |pose: &AvatarPose| match bone {
            HumanBone::Hips => pose.root.rotation(),
            _ => Quat::IDENTITY,
        };
        match animation.turns(node) {
            Some(turns) => {
                assert_eq!(turns.len(), poses.len());
                for (turn, pose) in turns.iter().zip(&poses) {
                    let angle = turn.angle_between(root(pose) * pose.rotation(bone));
                    assert!(angle < 1e-3, "{} is {angle} rad off", bone.name());
                }
                assert!(turns.windows(2).all(|pair| pair[0].dot(pair[1]) > 0.0), "{}", bone.name());
            }
            None => {
                let still = |pose: &AvatarPose| root(pose) * pose.rotation(bone) == Quat::IDENTITY;
                assert!(poses.iter().all(still), "{} has no channel", bone.name());
            }
        }
        let moves = animation.channel(node, "translation").is_some();
        assert_eq!(moves, bone == HumanBone::Hips, "{}", bone.name());
    }
    let (times, way) = animation.channel(animation.bone(HumanBone::Hips), "translation").unwrap();
    for ((at, time), pose) in way.chunks(3).zip(times).zip(&poses) {
        let hips = pose.root.to_world(rig.rest(HumanBone::Hips) + pose.hips_offset);
        assert!(Vec3::from_slice(at).abs_diff_eq(hips, 3e-4), "at {time} s");
    }
    assert!((times_end(&animation) - 119.0 / FPS).abs() < 1e-4);
}

fn times_end(animation: &Animation) -> f32 {
    let input = &animation.file.json["animations"][0]["samplers"][0]["input"];
    animation.floats(input).last().copied().unwrap()
}

#[test]
fn eyes_become_one_direction() {
    let (track, poses) = performance();
    let animation = Animation::of(&track, &Rig::adult());
    let look = &animation.words["lookAt"];
    let turns = animation.turns(&look["node"]).unwrap();
    for (turn, pose) in turns.iter().zip(&poses) {
        let middle = Eye { yaw: (pose.eyes[0].yaw + pose.eyes[1].yaw) / 2.0, ..pose.eyes[0] };
        assert!(turn.angle_between(middle.rotation()) < 2e-3);
    }
    let above = look["offsetFromHeadBone"][1].as_f64().unwrap();
    assert!((0.03..0.15).contains(&above), "eyes {above} m above the head's joint");
}

#[test]
fn presets_and_what_they_leave_are_the_face() {
    let (track, poses) = performance();
    let animation = Animation::of(&track, &Rig::adult());
    let preset = |name: &str| animation.weights("preset", name, poses.len());
    let custom = |name: &str| animation.weights("custom", name, poses.len());
    for side in ["Left", "Right"] {
        // Blinks are told exactly, and told once.
        let (both, one) = (preset("blink"), preset(&format!("blink{side}")));
        let shape = FaceShape::ALL.into_iter().find(|s| s.name() == format!("eyeBlink{side}"));
        for (at, pose) in poses.iter().enumerate() {
            assert!((both[at] + one[at] - pose.face[shape.unwrap()]).abs() < 1e-3);
        }
        assert!(custom(&format!("eyeBlink{side}")).iter().all(|weight| *weight < 1e-3));
    }
    let mouth = ["aa", "ih", "ou", "ee", "oh"].map(preset);
    let surprised = preset("surprised");
    let jaw = custom("jawOpen");
    for (at, pose) in poses.iter().enumerate() {
        let spoken: f32 = mouth.iter().map(|weights| weights[at]).sum();
        assert!((0.0..=1.001).contains(&spoken));
        let open = pose.face[FaceShape::JawOpen];
        // What models with presets alone show, by the recipes of this crate's own export.
        let opens = [0.6, 0.16, 0.12, 0.42, 0.42];
        let shown: f32 = mouth.iter().zip(opens).map(|(weights, share)| weights[at] * share).sum();
        let shown = shown + 0.35 * surprised[at];
        assert!((shown - open).abs() < 0.15, "the jaw opens by {shown} and not {open}");
        let whole = shown + jaw[at];
        assert!(whole > open - 1e-3 && whole < open + 0.15, "{whole} and not {open} together");
    }
    // What no preset knows is told by ARKit's name; what rests is not told.
    assert!(custom("browOuterUpLeft").iter().all(|weight| *weight > 0.1));
    assert!(animation.words["expressions"]["custom"]["tongueOut"].is_null());
    for look in ["lookUp", "lookDown", "lookLeft", "lookRight"] {
        assert!(animation.words["expressions"]["preset"][look].is_null());
        assert!(Preset::from_name(look).is_some());
    }
}

#[test]
fn the_same_track_is_the_same_file_and_a_broken_one_none() {
    let (track, _) = performance();
    let rig = Rig::adult();
    assert_eq!(vrma_bytes(&track, &rig).unwrap(), vrma_bytes(&track, &rig).unwrap());
    let refused = |track: &Track| vrma_bytes(track, &rig).unwrap_err().to_string();
    assert!(refused(&Track::new(60.0)).starts_with("frames"));
    let mut broken = track.clone();
    broken.frames[3].truncate(5);
    assert!(refused(&broken).starts_with("frames[3]"));
    broken = track;
    broken.bones.insert(HumanBone::Neck, vec![[0.0; 4]; 120]);
    assert!(refused(&broken).starts_with("bones.neck"));
    // A body without fingers, chest and toes does with what it has.
    let few =
        Rig::new(HumanBone::ALL.into_iter().filter(|b| b.is_required()).map(|b| (b, rig.rest(b))));
    let (track, _) = performance();
    let animation = Animation::of(&track, &few.unwrap());
    assert_eq!(animation.words["humanoid"]["humanBones"].as_object().unwrap().len(), 15);
}
