//! From what has been decided to rotations and weights.

use crate::{
    AvatarPose, Eye,
    FaceShape::*,
    FaceWeights, HumanBone, Lod, RigPlaces, RootPlace,
    curves::{soft_limit, soft_min, wrapped},
    emotion::{Bearing, Feelings},
    gesture::{ArmGoal, Reach},
    hands, idle,
    life::{Life, STEP},
    mind::MindFace,
    mouth::Mouth,
    random::{Channel, Draw, wander},
    skeleton::{EYE, FOOT, FOREARM, HAND, SHIN, SHOULDER, SIDE, THIGH, TOES, UPPER_ARM, finger},
    speaking::Prosody,
    vocals::Outburst,
};
use glam::{Quat, Vec3};
use reverie_behavior::Timeline;
use std::f32::consts::TAU;

const DEGREE: f32 = std::f32::consts::PI / 180.0;
/// Eyes never turn further in the head.
const EYE_YAW: f32 = 35.0 * DEGREE;
const EYE_PITCH: f32 = 25.0 * DEGREE;
/// How far a shrug lifts the shoulders.
const SHRUG: f32 = 13.0 * DEGREE;

/// What several parts of the pose need.
struct Moment {
    time: f64,
    root: RootPlace,
    bearing: Bearing,
    breath: f32,
    /// How fast it walks, 0 to 1.
    stride: f32,
    /// Left foot before the right one, metres.
    ahead: f32,
    mouth: Mouth,
    prosody: Prosody,
    outburst: Outburst,
    mind: MindFace,
}

impl Life {
    /// Fills the pose for a time up to which everything has been decided.
    pub(crate) fn realise(&self, timeline: &Timeline, time: f64, lod: Lod, pose: &mut AvatarPose) {
        let state = &self.state;
        let root = state.gait.root(time);
        pose.lod = lod;
        pose.root = RootPlace { yaw: wrapped(root.yaw), ..root };
        if lod == Lod::Hidden {
            return;
        }
        let feelings = state.moods.at(time);
        let feet = [0, 1].map(|side| root.to_model(state.gait.foot(side, time).ball));
        let (mouth, prosody, outburst) = state.speaking.at(timeline, self.seed, time);
        let moment = Moment {
            time,
            root,
            bearing: feelings.bearing(),
            breath: state.breaths.at(time) + outburst.chest,
            stride: (state.gait.speed(time) / (1.3 * self.body.size)).min(1.3),
            ahead: feet[0].z - feet[1].z,
            mouth,
            prosody,
            outburst,
            mind: state.mind.at(self.seed, time, feelings.affect.valence),
        };
        self.pose_trunk(&moment, pose);
        let places = self.body.rig.places(pose);
        self.pose_legs(&moment, &places, pose);
        for side in 0..2 {
            self.pose_arm(side, &moment, &places, pose);
        }
        self.pose_face(&moment, &feelings, &places, pose);
    }

    /// Hips, spine, shoulders, neck and head.
    fn pose_trunk(&self, moment: &Moment, pose: &mut AvatarPose) {
        let (state, body) = (&self.state, &self.body);
        let Moment { time, root, bearing, breath, .. } = *moment;
        let (uttered, mind) = (&moment.outburst, &moment.mind);
        let (side, forward, head_sway) = idle::sway(self.seed, time);
        let head_sway = head_sway.map(|angle| angle * mind.liveliness);
        let still = 1.0 - 0.8 * moment.stride.min(1.0);
        let weight = state.gait.weight(time);
        let width = if moment.stride > 0.02 { 0.02 + 0.012 * still } else { 0.032 };

        let (head_yaw, torso_yaw) = state.head.yaws(time, root.yaw);
        let twist = (moment.ahead / body.size * 0.28).clamp(-0.25, 0.25);
        let hips = Quat::from_rotation_y(-0.6 * twist)
            * Quat::from_rotation_z(2.6 * DEGREE * weight * still)
            * Quat::from_rotation_x(0.3 * bearing.lean);
        let offset = Vec3::new(
            body.size * (width * weight + bearing.sway * still * side),
            0.0,
            body.size * (bearing.sway * still * forward - 0.15 * bearing.lean),
        );
        pose.set_rotation(HumanBone::Hips, hips);
        pose.hips_offset = offset;
        pose.hips_offset.y += self.hips_drop(moment, hips, offset);

        let lean = bearing.lean + 0.05 * moment.stride - 1.3 * DEGREE * breath + uttered.lean;
        let torso = Quat::from_rotation_y(torso_yaw - root.yaw + 0.5 * twist)
            * Quat::from_rotation_x(lean + 0.4 * head_sway[1] * bearing.sway)
            * Quat::from_rotation_z(-1.6 * DEGREE * weight * still);
        let bend = hips.inverse() * torso;
        for (bone, share) in body.torso {
            if share > 0.0 {
                pose.set_rotation(bone, Quat::IDENTITY.slerp(bend, share));
            }
        }
        for side in 0..2 {
            let shrug = SHRUG * state.hands[side].shrug(time);
            let raise = bearing.shoulders + 1.1 * DEGREE * breath + shrug + uttered.shoulders;
            pose.set_rotation(SHOULDER[side], Quat::from_rotation_z(SIDE[side] * raise));
        }

        let (nod_yaw, nod_pitch) = state.nods.at(time);
        let said = &moment.prosody;
        let (nod_yaw, nod_pitch) =
            (nod_yaw + said.yaw, nod_pitch + said.pitch + uttered.pitch + mind.pitch);
        let tilt = wander(self.seed, Channel::Tilt, 0, time, [0.031, 0.053, 0.087]);
        let head = Quat::from_rotation_y(head_yaw - root.yaw + nod_yaw + head_sway[0])
            * Quat::from_rotation_x(
                -(state.head.pitch.at(time) + nod_pitch + head_sway[1] + bearing.head_pitch),
            )
            * Quat::from_rotation_z(
                bearing.tilt
                    + said.tilt
                    + uttered.tilt
                    + mind.tilt
                    + 3.0 * DEGREE * tilt
                    + 0.7 * head_sway[2],
            );
        // The head keeps its own orientation, whatever the torso does below it.
        let turn = torso.inverse() * head;
        let neck = Quat::IDENTITY.slerp(turn, body.neck_share);
        pose.set_rotation(HumanBone::Neck, neck);
        pose.set_rotation(HumanBone::Head, neck.inverse() * turn);
    }

    /// How far (negative: down) the hips go so that both feet are within the legs' reach.
    fn hips_drop(&self, moment: &Moment, hips: Quat, offset: Vec3) -> f32 {
        let body = &self.body;
        let rest = body.rig.rest(HumanBone::Hips);
        // Standing, straight legs decide, not this height; a walker keeps more level than they would.
        let stride = moment.stride.min(1.0);
        let mut height = (0.02 - 0.043 * stride) * body.size;
        let blend = (0.04 + 0.03 * stride) * body.size;
        for (side, thigh) in THIGH.into_iter().enumerate() {
            let joint = rest + offset + hips * (body.rig.rest(thigh) - rest);
            let ankle = self.ankle(side, moment).0;
            // A swinging foot need not quite be where it was planned: no reason to stoop.
            let free = self.state.gait.foot(side, moment.time).free;
            let reach = 0.999 * body.legs[side].length();
            let flat = (ankle.x - joint.x).hypot(ankle.z - joint.z);
            let most = ankle.y + (reach * reach - flat * flat).max(0.0).sqrt() - joint.y
                + 0.09 * body.size * free;
            height = soft_min(height, most, blend);
        }
        height
    }

    /// Where an ankle is in model space, and how the foot is turned.
    fn ankle(&self, side: usize, moment: &Moment) -> (Vec3, Quat, f32) {
        let foot = self.state.gait.foot(side, moment.time);
        let turn = moment.root.rotation().inverse() * foot.rotation();
        let arm = self.body.rig.rest(FOOT[side]) - self.body.balls[side];
        (moment.root.to_model(foot.ball) + turn * arm, turn, foot.pitch - foot.slope)
    }

    fn pose_legs(&self, moment: &Moment, places: &RigPlaces, pose: &mut AvatarPose) {
        let hips = places.rotation(HumanBone::Hips);
        for side in 0..2 {
            let (ankle, turn, roll) = self.ankle(side, moment);
            let joint = places.position(THIGH[side]);
            // Knees point where the feet do, and a little outwards.
            let pole = turn * Vec3::new(0.08 * SIDE[side], 0.0, 1.0) + 0.5 * Vec3::Z;
            let leg = self.body.legs[side].reach(joint, ankle, pole);
            pose.set_rotation(THIGH[side], hips.inverse() * leg.upper);
            pose.set_rotation(SHIN[side], leg.upper.inverse() * leg.lower);
            pose.set_rotation(FOOT[side], leg.lower.inverse() * turn);
            pose.set_rotation(TOES[side], Quat::from_rotation_x(-roll.max(0.0)));
        }
    }

    fn pose_arm(&self, side: usize, moment: &Moment, places: &RigPlaces, pose: &mut AvatarPose) {
        let (body, s) = (&self.body, SIDE[side]);
        let chest = places.rotation(body.rig.parent(SHOULDER[side]).unwrap_or(HumanBone::Spine));
        // Hangs from the chest, swings against the legs.
        let sway = |lane: u64| {
            wander(
                self.seed,
                Channel::Arms,
                2 * lane + side as u64,
                moment.time,
                [0.11, 0.19, 0.31],
            )
        };
        let swing = -s * moment.ahead / body.size * 0.55 + 1.2 * DEGREE * sway(0);
        let out = 9.0 * DEGREE + moment.bearing.arms_out + 1.0 * DEGREE * sway(1);
        let bend = (16.0 + 8.0 * moment.stride.min(1.0)) * DEGREE
            + 0.35 * swing.max(0.0)
            + 2.5 * DEGREE * sway(2);
        let (sine, cosine) = (swing + 2.0 * DEGREE).sin_cos();
        let (out_sine, out_cosine) = out.sin_cos();
        let upper = Vec3::new(s * out_sine, -out_cosine * cosine, out_cosine * sine);
        let hinge = Vec3::new(-0.95, 0.0, -0.3 * s);
        let hinge = (hinge - upper * hinge.dot(upper)).normalize();
        let lower = upper * bend.cos() + hinge.cross(upper) * bend.sin();
        let (upper, lower) = body.arms[side].lay(upper, lower, hinge);
        let shoulder = places.rotation(SHOULDER[side]);
        let mut upper = shoulder.inverse() * (chest * upper);
        let mut lower_model = chest * lower;
        let mut elbow = (shoulder * upper).inverse() * lower_model;
        let mut wrist = Quat::from_rotation_z(-s * 6.0 * DEGREE);
        let mut fists: Option<(f32, [f32; 5])> = None;

        if let Some(goal) = self.state.hands[side].at(moment.time) {
            let root = places.position(UPPER_ARM[side]);
            let reached = hands::reached(body, side, goal.place, root, chest);
            // The forearm turns half of the way to where the palm is to face, the wrist the rest.
            let twist = Quat::from_axis_angle(hands::forearm_axis(body, side), 0.5 * goal.roll);
            upper = upper.slerp(shoulder.inverse() * reached.upper, goal.part);
            elbow = elbow.slerp(reached.upper.inverse() * reached.lower * twist, goal.part);
            wrist = wrist.slerp(twist, goal.part);
            fists = Some((1.0, goal.fingers));
        }
        if let Some(goal) = self.state.arms[side].at(moment.time, STEP) {
            let root = places.position(UPPER_ARM[side]);
            let (target, pole) = self.hand_goal(side, moment, &goal, root, chest);
            let reached = body.arms[side].reach(root, target, pole);
            let to_upper = shoulder.inverse() * reached.upper;
            let to_elbow = reached.upper.inverse() * reached.lower;
            upper = upper.slerp(to_upper, goal.part);
            elbow = elbow.slerp(to_elbow, goal.part);
            wrist = wrist.slerp(Quat::IDENTITY, goal.part);
            lower_model = reached.lower;
            fists = Some((
                goal.part,
                match goal.reach {
                    Reach::Wave => [0.1, 0.05, 0.05, 0.08, 0.12],
                    Reach::Point(_) => [0.7, 0.02, 0.95, 0.95, 0.95],
                    Reach::Touch(_) => [0.2, 0.15, 0.18, 0.2, 0.24],
                },
            ));
        }
        debug_assert!(lower_model.is_finite());
        pose.set_rotation(UPPER_ARM[side], upper);
        pose.set_rotation(FOREARM[side], elbow);
        pose.set_rotation(HAND[side], wrist);
        for at in 15 * side..15 * side + 15 {
            let (bone, relaxed) = body.fingers[at];
            let bend = match fists {
                Some((part, fists)) => relaxed.slerp(finger(at, fists[at % 15 / 3]), part),
                None => relaxed,
            };
            pose.set_rotation(bone, bend);
        }
    }

    /// Where a gesture puts the hand, and where the elbow goes, in model space.
    fn hand_goal(
        &self,
        side: usize,
        moment: &Moment,
        goal: &ArmGoal,
        shoulder: Vec3,
        chest: Quat,
    ) -> (Vec3, Vec3) {
        let s = SIDE[side];
        let length = self.body.arms[side].length();
        let natural = Vec3::new(0.45 * s, -0.85, -0.35);
        match goal.reach {
            Reach::Wave => {
                let swing = 0.13 * (TAU * 1.9 * goal.age).sin() * goal.part;
                let hand = chest * Vec3::new(s * (0.42 + swing), 0.14, 0.34);
                (shoulder + length * hand, chest * Vec3::new(0.15 * s, -1.0, -0.25))
            }
            Reach::Point(_) => {
                let to = moment.root.to_model(goal.place) - shoulder;
                // Across the body and behind the back an arm goes only so far.
                let flat = to.x.hypot(to.z);
                let yaw = s * to.x.atan2(to.z);
                let yaw = s * (soft_limit(yaw - 0.6, 1.0, 1.35) + 0.6);
                let pitch = soft_limit(to.y.atan2(flat), 1.0, 1.3);
                let along =
                    Vec3::new(yaw.sin() * pitch.cos(), pitch.sin(), yaw.cos() * pitch.cos());
                (shoulder + 0.96 * length * along, natural)
            }
            Reach::Touch(_) => (moment.root.to_model(goal.place), natural),
        }
    }

    /// Eyes, lids, pupils and everything that the face shows.
    fn pose_face(
        &self,
        moment: &Moment,
        feelings: &Feelings,
        places: &RigPlaces,
        pose: &mut AvatarPose,
    ) {
        let (state, time) = (&self.state, moment.time);
        let blink = state.blinks.at(time);
        pose.face = FaceWeights::NEUTRAL;
        if pose.lod == Lod::Full {
            let person = Draw::new(self.seed, Channel::Person, 0);
            feelings.show(self.seed, time, person.between(0, -0.08, 0.08), &mut pose.face);
            idle::small_movements(self.seed, time, moment.mind.liveliness, &mut pose.face);
            moment.mind.show(moment.mouth.busy(), &mut pose.face);
            moment.prosody.show(&mut pose.face);
            moment.outburst.show(&mut pose.face);
            moment.mouth.speak(&mut pose.face);
            self.pose_eyes(moment, places, pose);
            let wide = wander(self.seed, Channel::Pupil, 0, time, [0.07, 0.17, 0.43]);
            pose.pupil_diameter = (state.pupil.at(time) * (1.0 + 0.03 * wide)).clamp(0.002, 0.008);
        } else {
            pose.eyes = [Eye::default(); 2];
            for bone in EYE {
                pose.set_rotation(bone, Quat::IDENTITY);
            }
            pose.pupil_diameter = AvatarPose::RESTING_PUPIL;
        }
        for (lid, wide, squint) in [
            (EyeBlinkLeft, EyeWideLeft, EyeSquintLeft),
            (EyeBlinkRight, EyeWideRight, EyeSquintRight),
        ] {
            let open = 1.0 - blink;
            pose.face[lid] = 1.0 - (1.0 - pose.face[lid]) * open;
            pose.face[wide] *= open;
            pose.face[squint] *= 1.0 - 0.5 * blink;
        }
        for weight in &mut pose.face.0 {
            *weight = soft_limit(weight.max(0.0), 0.85, 1.0).min(1.0);
        }
        // Lids close fully, whatever the limit for the rest.
        for lid in [EyeBlinkLeft, EyeBlinkRight] {
            pose.face[lid] = pose.face[lid].max(blink);
        }
    }

    fn pose_eyes(&self, moment: &Moment, places: &RigPlaces, pose: &mut AvatarPose) {
        let (gaze, time) = (&self.state.gaze, moment.time);
        // The gaze was decided for eyes at their rest place; wherever the body has carried them since,
        // they look at the same point, unless that is so near that it might come between them.
        let distance = gaze.distance(time);
        let way = moment.root.rotation().inverse() * gaze.direction(time) * distance;
        let middle = places.carry(&self.body.rig, HumanBone::Head, self.body.eyes);
        let point = middle + (self.body.eyes - middle).clamp_length_max(0.4 * distance) + way;
        let head = places.rotation(HumanBone::Head).inverse();
        let (dart_yaw, dart_pitch) = microsaccade(self.seed, time);
        for (side, bone) in EYE.into_iter().enumerate() {
            let eye = places.carry(&self.body.rig, HumanBone::Head, self.body.rig.eye(side));
            let to = head * (point - eye);
            let to = within_sight(to);
            let yaw = soft_limit(to.x.atan2(to.z), EYE_YAW - 3.0 * DEGREE, EYE_YAW);
            let pitch = to.y.atan2(to.x.hypot(to.z));
            let pitch = soft_limit(pitch, EYE_PITCH - 3.0 * DEGREE, EYE_PITCH);
            let eye = Eye {
                yaw: (yaw + dart_yaw).clamp(-EYE_YAW, EYE_YAW),
                pitch: (pitch + dart_pitch).clamp(-EYE_PITCH, EYE_PITCH),
            };
            pose.eyes[side] = eye;
            pose.set_rotation(bone, eye.rotation());
            let [left, right, up, down] = if side == 0 {
                [EyeLookOutLeft, EyeLookInLeft, EyeLookUpLeft, EyeLookDownLeft]
            } else {
                [EyeLookInRight, EyeLookOutRight, EyeLookUpRight, EyeLookDownRight]
            };
            pose.face[left] = (eye.yaw / EYE_YAW).max(0.0);
            pose.face[right] = (-eye.yaw / EYE_YAW).max(0.0);
            pose.face[up] = (eye.pitch / EYE_PITCH).max(0.0);
            pose.face[down] = (-eye.pitch / EYE_PITCH).max(0.0);
        }
    }
}

/// The direction that eyes in a head (facing +Z) take towards a point: the same up to 50 degrees, more
/// than they can turn; the rim beyond; and ahead for what is behind, so that nothing that passes there
/// or overhead makes them flip.
fn within_sight(to: Vec3) -> Vec3 {
    let across = to.truncate();
    let (Some(to), Some(across)) = (to.try_normalize(), across.try_normalize()) else {
        return Vec3::Z;
    };
    let angle = to.z.clamp(-1.0, 1.0).acos();
    let behind = ((angle - 100.0 * DEGREE) / (70.0 * DEGREE)).clamp(0.0, 1.0);
    let angle = angle.min(50.0 * DEGREE) * (1.0 - behind * behind * (3.0 - 2.0 * behind));
    (across * angle.sin()).extend(angle.cos())
}

/// Microsaccades: one at a random time in every slot, so 1.5 a second; yaw and pitch in radians.
fn microsaccade(seed: u64, time: f64) -> (f32, f32) {
    const SLOT_SECS: f64 = 2.0 / 3.0;
    let slots = time / SLOT_SECS + 1.0;
    let (index, x) = (slots.floor(), slots.fract() as f32);
    let spot = |index: f64| {
        let draw = Draw::new(seed, Channel::Microsaccade, index as u64);
        // Within half a degree, mostly near the middle.
        let (radius, angle) = (0.5 * DEGREE * draw.unit(0) * draw.unit(3), TAU * draw.unit(1));
        (radius * angle.cos(), radius * angle.sin(), draw.unit(2))
    };
    let ((x0, y0, _), (x1, y1, at)) = (spot(index - 1.0), spot(index));
    let way = crate::curves::min_jerk((x - 0.95 * at) * SLOT_SECS as f32 / 0.03);
    (x0 + (x1 - x0) * way, y0 + (y1 - y0) * way)
}
