//! What swings: hair, skirts, ears. The rule is that of `VRMC_springBone` 1.0, written so that at 60
//! frames a second it is exactly VRM's, and at other rates the same motion but for the lag of a frame.

use crate::Skeleton;
use glam::{Quat, Vec3};

/// What swinging bones do not enter. Places are relative to a bone, in model axes at rest, metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Collider {
    /// Index into [`Skeleton::bones`].
    pub bone: usize,
    /// Centre, or one end of a capsule.
    pub offset: Vec3,
    /// The other end; the same for a sphere.
    pub tail: Vec3,
    /// Metres.
    pub radius: f32,
}

/// One bone that swings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpringJoint {
    /// Index into [`Skeleton::bones`].
    pub bone: usize,
    /// Its tail from its own place, in model axes at rest, metres.
    pub tail: Vec3,
    /// Radius of what collides, about the tail, metres.
    pub hit_radius: f32,
    /// How strongly it returns to rest.
    pub stiffness: f32,
    /// How strongly it falls.
    pub gravity_power: f32,
    /// Whereto, unit vector in the world.
    pub gravity_dir: Vec3,
    /// How much of its speed is lost in a sixtieth of a second, 0 to 1.
    pub drag: f32,
}

/// Bones that swing with one another.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spring {
    /// For people.
    pub name: String,
    /// From the root to the tip.
    pub joints: Vec<SpringJoint>,
    /// Indices into [`SpringBones::colliders`].
    pub colliders: Vec<usize>,
    /// The bone relative to which speed is counted; the world if none.
    pub center: Option<usize>,
}

/// All that swings on a body.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SpringBones {
    /// What is not entered.
    pub colliders: Vec<Collider>,
    /// What swings.
    pub springs: Vec<Spring>,
}

/// Where the bones of a skeleton are in the world, by index.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BonePlaces {
    /// Metres.
    pub positions: Vec<Vec3>,
    /// From the axes of the model at rest to the world.
    pub rotations: Vec<Quat>,
}

impl BonePlaces {
    /// The rest pose at the world's origin.
    pub fn rest(skeleton: &Skeleton) -> Self {
        Self {
            positions: skeleton.bones.iter().map(|bone| bone.position).collect(),
            rotations: vec![Quat::IDENTITY; skeleton.bones.len()],
        }
    }
}

/// A joint on its way.
#[derive(Debug, Clone, Copy)]
struct Tail {
    spring: usize,
    joint: usize,
    now: Vec3,
    before: Vec3,
}

/// How a body swings at one moment. What follows depends on this and the arguments of
/// [`step`](Self::step) alone.
#[derive(Debug, Clone)]
pub struct SpringState {
    /// In the order of bones.
    tails: Vec<Tail>,
    last_dt: f32,
    posed: BonePlaces,
}

impl SpringState {
    /// Longest step, seconds: after a pause nothing explodes.
    pub const MAX_STEP_SECS: f32 = 0.05;

    /// At rest in this pose. Joints and colliders of bones that are not there are left out.
    pub fn new(springs: &SpringBones, skeleton: &Skeleton, places: &BonePlaces) -> Self {
        let count = skeleton.bones.len().min(places.positions.len()).min(places.rotations.len());
        let mut tails = Vec::new();
        for (at, spring) in springs.springs.iter().enumerate() {
            for (joint, bone) in spring.joints.iter().enumerate() {
                if bone.bone < count && bone.tail.length_squared() > 1e-12 {
                    let frame = Frame::of(spring, places, count);
                    let tail =
                        places.positions[bone.bone] + places.rotations[bone.bone] * bone.tail;
                    let now = frame.to_local(tail);
                    tails.push(Tail { spring: at, joint, now, before: now });
                }
            }
        }
        let bone = |tail: &Tail| springs.springs[tail.spring].joints[tail.joint].bone;
        tails.sort_by_key(bone);
        // A bone can swing for one spring only: the first.
        tails.dedup_by_key(|tail| bone(tail));
        Self { tails, last_dt: 1.0 / 60.0, posed: BonePlaces::default() }
    }

    /// Swings on by `dt` seconds: `places` are where the bones are without swinging, parents first, and
    /// become where they are with it. Nothing happens if `places` or `springs` are of another body.
    /// Allocates nothing after the first step.
    pub fn step(
        &mut self,
        springs: &SpringBones,
        skeleton: &Skeleton,
        places: &mut BonePlaces,
        dt: f32,
    ) {
        let count = skeleton.bones.len();
        let fits = |tail: &Tail| {
            let joint = springs.springs.get(tail.spring).and_then(|s| s.joints.get(tail.joint));
            joint.is_some_and(|joint| joint.bone < count)
        };
        if places.positions.len() != count
            || places.rotations.len() != count
            || !self.tails.iter().all(fits)
        {
            return;
        }
        let dt = if dt.is_finite() { dt.clamp(0.0, Self::MAX_STEP_SECS) } else { 0.0 };
        self.posed.positions.clone_from(&places.positions);
        self.posed.rotations.clone_from(&places.rotations);
        let posed = &self.posed;
        let mut tails = self.tails.iter_mut().peekable();
        for (at, bone) in skeleton.bones.iter().enumerate() {
            if let Some(parent) = bone.parent.filter(|parent| *parent < at) {
                let turn = places.rotations[parent] * posed.rotations[parent].inverse();
                places.positions[at] = places.positions[parent]
                    + turn * (posed.positions[at] - posed.positions[parent]);
                places.rotations[at] = turn * posed.rotations[at];
            }
            let swings =
                |tail: &&mut Tail| springs.springs[tail.spring].joints[tail.joint].bone == at;
            if let Some(tail) = tails.next_if(swings) {
                let spring = &springs.springs[tail.spring];
                tail.swing(spring, &springs.colliders, places, count, [dt, self.last_dt]);
            }
        }
        if dt > 0.0 {
            self.last_dt = dt;
        }
    }
}

impl Tail {
    fn swing(
        &mut self,
        spring: &Spring,
        colliders: &[Collider],
        places: &mut BonePlaces,
        count: usize,
        [dt, last_dt]: [f32; 2],
    ) {
        let joint = &spring.joints[self.joint];
        let (place, turn) = (places.positions[joint.bone], places.rotations[joint.bone]);
        let length = joint.tail.length();
        let frame = Frame::of(spring, places, count);
        let (now, before) = (frame.to_world(self.now), frame.to_world(self.before));
        let rest = turn * (joint.tail / length);
        // VRM's rule adds its forces and sheds speed once a frame. At other rates than 60 a second this
        // falls and swings as fast as that.
        let drag = joint.drag.clamp(0.0, 1.0);
        let frames = 60.0 * dt;
        let left = (1.0 - drag).powf(frames);
        let push = dt * if drag > 1e-4 { (1.0 - left) / drag } else { frames };
        let kept = left * (dt / last_dt);
        let free = now
            + (now - before) * kept
            + rest * (joint.stiffness * push)
            + joint.gravity_dir * (joint.gravity_power * push);
        let along = |tail: Vec3| place + (tail - place).try_normalize().unwrap_or(rest) * length;
        let mut next = if dt > 0.0 { along(free) } else { along(now) };
        for index in &spring.colliders {
            let Some(collider) = colliders.get(*index).filter(|c| c.bone < count) else { continue };
            let nearest = collider.nearest(places, next);
            let apart = next - nearest;
            let wanted = collider.radius + joint.hit_radius;
            if apart.length_squared() < wanted * wanted {
                next = along(nearest + apart.try_normalize().unwrap_or(rest) * wanted);
            }
        }
        if !next.is_finite() {
            next = place + rest * length;
        }
        if dt > 0.0 {
            self.before = self.now;
            self.now = frame.to_local(next);
        }
        let swung = Quat::from_rotation_arc(rest, ((next - place) / length).normalize_or(rest));
        places.rotations[joint.bone] = (swung * turn).normalize();
    }
}

impl Collider {
    /// The nearest place to `point` on its axis.
    fn nearest(&self, places: &BonePlaces, point: Vec3) -> Vec3 {
        let (place, turn) = (places.positions[self.bone], places.rotations[self.bone]);
        let (a, b) = (place + turn * self.offset, place + turn * self.tail);
        let axis = b - a;
        let length = axis.length_squared();
        if length <= 1e-12 {
            a
        } else {
            a + axis * ((point - a).dot(axis) / length).clamp(0.0, 1.0)
        }
    }
}

/// The space in which speed is counted.
struct Frame {
    place: Vec3,
    turn: Quat,
}

impl Frame {
    fn of(spring: &Spring, places: &BonePlaces, count: usize) -> Self {
        match spring.center.filter(|bone| *bone < count) {
            Some(bone) => Self { place: places.positions[bone], turn: places.rotations[bone] },
            None => Self { place: Vec3::ZERO, turn: Quat::IDENTITY },
        }
    }

    fn to_local(&self, world: Vec3) -> Vec3 {
        self.turn.inverse() * (world - self.place)
    }

    fn to_world(&self, local: Vec3) -> Vec3 {
        self.place + self.turn * local
    }
}
