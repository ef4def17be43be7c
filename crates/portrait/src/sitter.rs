//! A body in a pose: morphed and skinned.

use glam::{Quat, Vec3, Vec4};
use rayon::prelude::*;
use reverie_avatar::{AvatarPose, HumanBone};
use reverie_body::{
    Body, BodyMesh, Substance,
    vrm::{ExpressionMap, LookAtKind, MorphWeights},
};

/// Diameters of the pupil at the weights 0 and 1 of the target of that name, metres.
const PUPIL: [f32; 2] = [0.0038, 0.008];

/// Somebody who sits for a portrait.
#[derive(Debug)]
pub struct Sitter<'a> {
    pub(crate) body: &'a Body,
    pub(crate) meshes: Vec<PosedMesh>,
    eyes: [Vec3; 2],
    head: Vec3,
}

/// A mesh's vertices, where they are.
#[derive(Debug)]
pub(crate) struct PosedMesh {
    pub(crate) positions: Vec<Vec3>,
    pub(crate) normals: Vec<Vec3>,
    /// Along u, and the sign of the bitangent; empty if the mesh has none.
    pub(crate) tangents: Vec<Vec4>,
}

impl<'a> Sitter<'a> {
    /// A body as `Body::build` makes it, in a pose.
    pub fn new(body: &'a Body, pose: &AvatarPose) -> Self {
        let map = ExpressionMap::of(&body.meshes, &[], LookAtKind::Bone);
        Self::with_expressions(body, &map, pose)
    }

    /// A person out of a file in a pose, with the map of its model (`ExpressionMap::new`).
    pub fn with_expressions(body: &'a Body, map: &ExpressionMap, pose: &AvatarPose) -> Self {
        let mut weights = MorphWeights::default();
        map.apply(&pose.face, &[], &mut weights);
        let bones = bones(body, pose);
        let wide = (pose.pupil_diameter - PUPIL[0]) / (PUPIL[1] - PUPIL[0]);
        let meshes = body
            .meshes
            .par_iter()
            .enumerate()
            .map(|(at, mesh)| {
                let weight = |target: usize| match mesh.targets[target].name.as_str() {
                    "pupil" => wide,
                    _ => weights.get(at, target),
                };
                posed(mesh, &bones, weight)
            })
            .collect();
        let places = body.rig.places(pose);
        Self {
            body,
            meshes,
            // A rig without eyes has them where people have them, relative to its head.
            eyes: [0, 1].map(|side| places.carry(&body.rig, HumanBone::Head, body.rig.eye(side))),
            head: places.position(HumanBone::Head),
        }
    }

    /// Between the eyes, metres.
    pub fn eyes_middle(&self) -> Vec3 {
        0.5 * (self.eyes[0] + self.eyes[1])
    }

    /// The highest place of the head without its hair, metres.
    pub fn crown(&self) -> Vec3 {
        let head = self.body.skeleton.find(HumanBone::Head);
        let high = self
            .body
            .meshes
            .iter()
            .zip(&self.meshes)
            .filter(|(mesh, _)| {
                let material = self.body.materials.get(mesh.material);
                material.is_none_or(|m| m.substance != Substance::Hair)
            })
            .flat_map(|(mesh, posed)| {
                let on_head = move |at: &usize| Some(usize::from(mesh.joints[*at][0])) == head;
                (0..mesh.positions.len()).filter(on_head).map(|at| posed.positions[at].y)
            })
            .fold(self.eyes_middle().y, f32::max);
        Vec3::new(self.eyes_middle().x, high, self.head.z)
    }

    /// From the eyes to the crown, without hair, metres, never nothing: about half a head.
    pub fn half_head(&self) -> f32 {
        (self.crown().y - self.eyes_middle().y).max(0.03)
    }

    /// The lowest and the highest place, metres.
    pub fn span(&self) -> (f32, f32) {
        let all = self.meshes.iter().flat_map(|mesh| &mesh.positions).map(|p| p.y);
        let (low, high) = all.fold((f32::MAX, f32::MIN), |(l, h), y| (l.min(y), h.max(y)));
        if low < high { (low, high) } else { (0.0, 1.0) }
    }
}

/// How a bone moved: carries what rests in model space.
#[derive(Clone, Copy)]
struct Carry {
    turn: Quat,
    from: Vec3,
    to: Vec3,
}

impl Carry {
    fn place(&self, rest: Vec3) -> Vec3 {
        self.to + self.turn * (rest - self.from)
    }
}

/// What every bone of the skeleton does; those that are no human bones follow their parents.
fn bones(body: &Body, pose: &AvatarPose) -> Vec<Carry> {
    let places = body.rig.places(pose);
    let mut carries: Vec<Carry> = Vec::with_capacity(body.skeleton.bones.len());
    for bone in &body.skeleton.bones {
        let from = bone.position;
        let parent = bone.parent.and_then(|at| carries.get(at).copied());
        carries.push(match (bone.human, parent) {
            (Some(human), _) => {
                Carry { turn: places.rotation(human), from, to: places.position(human) }
            }
            (None, Some(parent)) => Carry { turn: parent.turn, from, to: parent.place(from) },
            (None, None) => Carry { turn: Quat::IDENTITY, from, to: from },
        });
    }
    carries
}

fn posed(mesh: &BodyMesh, bones: &[Carry], weight: impl Fn(usize) -> f32) -> PosedMesh {
    let mut positions: Vec<Vec3> = mesh.positions.iter().map(|p| Vec3::from(*p)).collect();
    let mut normals: Vec<Vec3> = mesh.normals.iter().map(|p| Vec3::from(*p)).collect();
    for (number, target) in mesh.targets.iter().enumerate() {
        let weight = weight(number);
        if weight == 0.0 {
            continue;
        }
        for (at, vertex) in target.vertices.iter().enumerate() {
            positions[*vertex as usize] += weight * Vec3::from(target.positions[at]);
            if let Some(normal) = target.normals.get(at) {
                normals[*vertex as usize] += weight * Vec3::from(*normal);
            }
        }
    }
    let mut tangents: Vec<Vec4> = mesh.tangents.iter().map(|t| Vec4::from(*t)).collect();
    for at in 0..positions.len() {
        let (joints, weights) = (mesh.joints[at], mesh.weights[at]);
        let (rest, normal) = (positions[at], normals[at]);
        let tangent = tangents.get(at).map_or(Vec3::ZERO, |t| t.truncate());
        let (mut place, mut out, mut along) = (Vec3::ZERO, Vec3::ZERO, Vec3::ZERO);
        for (joint, weight) in joints.into_iter().zip(weights).filter(|(_, w)| *w > 0.0) {
            let Some(carry) = bones.get(usize::from(joint)) else { continue };
            place += weight * carry.place(rest);
            out += weight * (carry.turn * normal);
            along += weight * (carry.turn * tangent);
        }
        positions[at] = place;
        normals[at] = out.normalize_or(normal);
        if let Some(tangent) = tangents.get_mut(at) {
            *tangent = along.extend(tangent.w);
        }
    }
    PosedMesh { positions, normals, tangents }
}
