//! Skeletons: entities for bones and meshes, and where the bones are in each frame.

use super::{
    body::AvatarBody,
    capsules,
    life::{AvatarLife, transform_of},
    lod::AvatarLod,
};
use crate::shadow::ShadowCapsules;
use bevy::{
    camera::{primitives::Aabb, visibility::NoAutoAabb},
    light::NotShadowCaster,
    mesh::{morph::MeshMorphWeights, skinning::SkinnedMesh},
    prelude::*,
};
use reverie_avatar::{AvatarPose, HumanBone, Lod};
use reverie_body::vrm::SpringState;
use std::f32::consts::PI;

/// How far a body reaches from its middle, of its height: arms in all directions, hair, a step.
const REACH: f32 = 0.8;

/// The entities of an avatar's body: bones with VRM's names and meshes, below a child that turns the
/// model (which faces +Z) to the entity's forward.
#[derive(Component, Debug)]
pub struct AvatarModel {
    model: Entity,
    joints: Vec<Entity>,
    pub(super) parts: Vec<Entity>,
    /// The form of the meshes, and whether those too small to see from afar are drawn.
    pub(super) shown: (u8, bool),
}

impl AvatarModel {
    /// The entity of a bone, to hang things on: a hat on the head, a cup in the hand.
    pub fn bone(&self, life: &AvatarLife, bone: HumanBone) -> Option<Entity> {
        self.joints.get(life.body().skeleton.find(bone)?).copied()
    }

    /// The entities of the meshes.
    pub fn meshes(&self) -> &[Entity] {
        &self.parts
    }
}

/// Makes the entities of new bodies.
pub(super) fn assemble(
    mut commands: Commands,
    avatars: Query<(Entity, &AvatarLife, Option<&AvatarModel>)>,
) {
    for (entity, life, model) in &avatars {
        if !life.undressed {
            continue;
        }
        if let Some(old) = model {
            commands.entity(old.model).despawn();
        }
        let model = spawn(&mut commands, entity, life.body());
        commands.entity(entity).insert(model);
    }
}

pub(super) fn assembled(mut avatars: Query<&mut AvatarLife>) {
    for mut life in &mut avatars {
        if life.undressed {
            life.undressed = false;
        }
    }
}

fn spawn(commands: &mut Commands, entity: Entity, body: &AvatarBody) -> AvatarModel {
    let model = commands
        .spawn((
            Name::new(body.name.clone()),
            Transform::from_rotation(Quat::from_rotation_y(PI)),
            Visibility::default(),
            ChildOf(entity),
        ))
        .id();
    let mut joints: Vec<Entity> = Vec::with_capacity(body.skeleton.bones.len());
    for (at, bone) in body.skeleton.bones.iter().enumerate() {
        let parent = bone.parent.filter(|parent| *parent < at);
        let (above, from) = match parent {
            Some(parent) => (joints[parent], body.rest[parent]),
            None => (model, Vec3::ZERO),
        };
        let joint = commands.spawn((
            Name::new(bone.name.clone()),
            Transform::from_translation(bone.position - from),
            Visibility::default(),
            ChildOf(above),
        ));
        joints.push(joint.id());
    }
    let mut parts = Vec::new();
    if let Some(drawn) = &body.drawn {
        let half = 0.5 * body.height_m;
        let reach = Vec3::new(REACH, 0.65, REACH) * body.height_m;
        let around = Aabb { center: (Vec3::Y * half).into(), half_extents: reach.into() };
        for part in &drawn.parts {
            let mut spawned = commands.spawn((
                Name::new(part.name.clone()),
                Mesh3d(part.meshes[0].clone().unwrap_or_default()),
                MeshMaterial3d(part.material.clone()),
                SkinnedMesh {
                    inverse_bindposes: drawn.inverse_bindposes.clone(),
                    joints: joints.clone(),
                },
                (around, NoAutoAabb),
                ChildOf(model),
            ));
            if part.targets > 0 {
                spawned.insert(MeshMorphWeights::Value { weights: vec![0.0; part.targets] });
            }
            if !part.casts_shadow {
                spawned.insert(NotShadowCaster);
            }
            parts.push(spawned.id());
        }
    }
    AvatarModel { model, joints, parts, shown: (0, true) }
}

type Posed = (
    &'static mut AvatarLife,
    &'static AvatarLod,
    Option<&'static AvatarModel>,
    &'static mut Transform,
    &'static mut ShadowCapsules,
    Option<&'static ChildOf>,
);

/// Bones follow the poses.
pub(super) fn pose(
    time: Res<Time>,
    mut avatars: Query<Posed>,
    mut joints: Query<&mut Transform, Without<AvatarLife>>,
    parents: Query<&GlobalTransform>,
) {
    for (mut life, lod, model, mut transform, mut shape, child_of) in &mut avatars {
        let life = &mut *life;
        let world = transform_of(&life.pose().root, transform.scale);
        let same = |a: &Transform, b: &Transform| {
            a.translation == b.translation && a.rotation == b.rotation
        };
        if !same(&world, &life.written) {
            life.written = world;
            let parent = child_of.and_then(|child_of| parents.get(child_of.parent()).ok());
            *transform = match parent {
                Some(parent) => {
                    let local = parent.affine().inverse() * world.compute_affine();
                    Transform { scale: transform.scale, ..Transform::from_matrix(local.into()) }
                }
                None => world,
            };
        }
        life.place_bones(lod.current, time.delta_secs());
        let body = life.body();
        capsules::follow(&mut shape, &body.capsules, &body.rest, &life.places);
        let Some(model) = model.filter(|_| lod.current != Lod::Hidden) else { continue };
        for (at, (bone, joint)) in body.skeleton.bones.iter().zip(&model.joints).enumerate() {
            let Ok(mut joint) = joints.get_mut(*joint) else { continue };
            let (position, rotation) = (life.places.positions[at], life.places.rotations[at]);
            let local = match bone.parent.filter(|parent| *parent < at) {
                Some(parent) => {
                    let back = life.places.rotations[parent].inverse();
                    Transform {
                        translation: back * (position - life.places.positions[parent]),
                        rotation: back * rotation,
                        scale: Vec3::ONE,
                    }
                }
                None => {
                    let root = life.pose().root;
                    Transform {
                        translation: root.to_model(position),
                        rotation: root.rotation().inverse() * rotation,
                        scale: Vec3::ONE,
                    }
                }
            };
            joint.set_if_neq(local);
        }
    }
}

impl AvatarLife {
    /// Where the bones are in the world, swinging ones included.
    fn place_bones(&mut self, lod: Lod, secs: f32) {
        let Self { body, pose, places, springs, eyes, .. } = self;
        let (root, turn) = (pose.root, pose.root.rotation());
        for (at, bone) in body.skeleton.bones.iter().enumerate() {
            let own = bone.human.map_or(Quat::IDENTITY, |human| rotation(body, pose, human));
            let hips =
                if bone.human == Some(HumanBone::Hips) { pose.hips_offset } else { Vec3::ZERO };
            match bone.parent.filter(|parent| *parent < at) {
                Some(parent) => {
                    let above = places.rotations[parent];
                    let way = body.rest[at] - body.rest[parent] + hips;
                    places.positions[at] = places.positions[parent] + above * way;
                    places.rotations[at] = above * own;
                }
                None => {
                    places.positions[at] = root.to_world(body.rest[at] + hips);
                    places.rotations[at] = turn * own;
                }
            }
        }
        let head = body.skeleton.find(HumanBone::Head);
        let middle = 0.5 * (body.rig.eye(0) + body.rig.eye(1));
        *eyes = match head {
            Some(head) => {
                places.positions[head] + places.rotations[head] * (middle - body.rest[head])
            }
            None => root.to_world(middle),
        };
        if lod != Lod::Hidden && !body.springs.springs.is_empty() {
            let state = springs
                .get_or_insert_with(|| SpringState::new(&body.springs, &body.skeleton, places));
            state.step(&body.springs, &body.skeleton, places, secs);
        }
    }
}

/// The rotation of a bone; eyes turn as the body's file says.
fn rotation(body: &AvatarBody, pose: &AvatarPose, bone: HumanBone) -> Quat {
    let side = match bone {
        HumanBone::LeftEye => 0,
        HumanBone::RightEye => 1,
        _ => return pose.rotation(bone),
    };
    match &body.look_at {
        Some(look_at) => {
            let eye = pose.eyes[side];
            look_at.eyes(eye.yaw, eye.pitch)[side].rotation()
        }
        None => pose.rotation(bone),
    }
}
