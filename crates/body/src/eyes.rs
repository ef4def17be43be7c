//! Eyeballs and corneas.

use crate::{
    Pack,
    assemble::tangents,
    model::{BodyMesh, MorphTarget},
};
use glam::{Vec2, Vec3};
use reverie_avatar::HumanBone;
use std::f32::consts::{PI, TAU};

const SEGMENTS: usize = 40;
/// Angle between the axis and the edge of the iris.
const IRIS: f32 = 0.475;
/// How far the cornea stands out, of the ball's radius.
const CORNEA: f32 = 1.06;
/// Of the helper's ball, so that lids pass over it on their straight way.
const SNUG: f32 = 0.978;
/// Radius of the pupil in the rest pose, of the iris's radius (3.8 mm of 11.8 mm).
const PUPIL: f32 = 0.322;
/// The same at weight 1 of the target `pupil` (8 mm). Weights change the diameter evenly.
const WIDE_PUPIL: f32 = 0.678;
/// Where the edges of pupil and iris are in the texture, of its half width.
pub(crate) const TEXTURE_PUPIL: f32 = 0.17;
pub(crate) const TEXTURE_IRIS: f32 = 0.5;

/// Centre and radius (metres) of an eyeball: the helper's ball without its cornea.
pub(crate) fn ball(pack: &Pack, positions: &[Vec3], group: &str) -> (Vec3, f32) {
    let corners = pack.group(group).iter().flatten().map(|c| positions[usize::from(c.vertex)]);
    let low = corners.clone().fold(Vec3::MAX, Vec3::min);
    let high = corners.fold(Vec3::MIN, Vec3::max);
    let radius = 0.25 * (high.x - low.x + high.y - low.y);
    let middle = 0.5 * (low + high);
    (Vec3::new(middle.x, middle.y, low.z + radius), SNUG * radius)
}

/// One ring of a surface of revolution: distance from the axis, place along it, distance from the
/// texture's middle (of its half width).
type Ring = (f32, f32, f32);

fn revolve(mesh: &mut BodyMesh, centre: Vec3, radius: f32, bone: HumanBone, rings: &[Ring]) {
    let first = mesh.positions.len() as u32;
    let row = SEGMENTS as u32 + 1;
    for (at, (across, along, texture)) in rings.iter().enumerate() {
        let slope = {
            let (a, b) = (rings[at.saturating_sub(1)], rings[(at + 1).min(rings.len() - 1)]);
            Vec2::new(a.1 - b.1, b.0 - a.0).normalize_or(Vec2::Y)
        };
        for segment in 0..=SEGMENTS {
            let angle = TAU * segment as f32 / SEGMENTS as f32;
            let (sin, cos) = angle.sin_cos();
            let place = centre + radius * Vec3::new(across * cos, across * sin, *along);
            let normal = Vec3::new(slope.x * cos, slope.x * sin, slope.y).normalize_or(Vec3::Z);
            mesh.positions.push(place.to_array());
            mesh.normals.push(normal.to_array());
            let uv = Vec2::splat(0.5) + 0.5 * texture * Vec2::new(cos, -sin);
            mesh.uvs.push(uv.to_array());
            mesh.joints.push([bone as u16, 0, 0, 0]);
            mesh.weights.push([1.0, 0.0, 0.0, 0.0]);
        }
        if at > 0 {
            for segment in 0..SEGMENTS as u32 {
                let a = first + (at as u32 - 1) * row + segment;
                let b = a + row;
                mesh.indices.extend([a, b, b + 1, a, b + 1, a + 1]);
            }
        }
    }
}

/// Rings of the ball: pupil, iris (a shallow bowl), white. And how far the edge of the pupil goes.
fn ball_rings() -> (Vec<Ring>, Vec<f32>) {
    let iris = IRIS.sin();
    let level = IRIS.cos();
    let mut rings: Vec<Ring> = vec![(0.0, level - 0.1, 0.0)];
    let mut spread = vec![0.0];
    let steps = 6;
    for step in 0..=steps {
        let part = step as f32 / steps as f32;
        let across = iris * (PUPIL + (1.0 - PUPIL) * part);
        let texture = TEXTURE_PUPIL + (TEXTURE_IRIS - TEXTURE_PUPIL) * part;
        rings.push((across, level - 0.085 * (1.0 - part * part), texture));
        spread.push(iris * (WIDE_PUPIL - PUPIL) * (1.0 - part));
    }
    for step in 1..=14 {
        let part = step as f32 / 14.0;
        let angle = IRIS + (PI - IRIS) * part.powf(1.2);
        let texture = TEXTURE_IRIS + (1.0 - TEXTURE_IRIS) * part.powf(0.6);
        rings.push((angle.sin(), angle.cos(), texture));
        spread.push(0.0);
    }
    (rings, spread)
}

fn cornea_rings() -> Vec<Ring> {
    (0..=14)
        .map(|step| {
            let part = step as f32 / 14.0;
            let angle = 1.35 * part;
            let bulge = crate::texture::smooth(1.25 * IRIS, 0.0, angle);
            let out = 1.004 + (CORNEA - 1.004) * bulge;
            (out * angle.sin(), out * angle.cos(), part)
        })
        .collect()
}

/// Both eyeballs and both corneas.
pub(crate) fn meshes(
    pack: &Pack,
    positions: &[Vec3],
    eye_material: usize,
    cornea_material: usize,
) -> [BodyMesh; 2] {
    let mut balls =
        BodyMesh { name: "eyes".to_owned(), material: eye_material, ..BodyMesh::default() };
    let mut corneas =
        BodyMesh { name: "corneas".to_owned(), material: cornea_material, ..BodyMesh::default() };
    let (rings, spread) = ball_rings();
    let mut pupil = MorphTarget {
        name: "pupil".to_owned(),
        shape: None,
        vertices: Vec::new(),
        positions: Vec::new(),
        normals: Vec::new(),
    };
    for (bone, group) in [(HumanBone::LeftEye, "l-eye"), (HumanBone::RightEye, "r-eye")] {
        let (centre, radius) = ball(pack, positions, group);
        let first = balls.positions.len();
        revolve(&mut balls, centre, radius, bone, &rings);
        revolve(&mut corneas, centre, radius, bone, &cornea_rings());
        for (ring, spread) in spread.iter().enumerate().filter(|(_, spread)| **spread > 0.0) {
            for segment in 0..=SEGMENTS {
                let angle = TAU * segment as f32 / SEGMENTS as f32;
                pupil.vertices.push((first + ring * (SEGMENTS + 1) + segment) as u32);
                let step = radius * spread * Vec3::new(angle.cos(), angle.sin(), 0.0);
                pupil.positions.push(step.to_array());
                pupil.normals.push([0.0; 3]);
            }
        }
    }
    balls.targets.push(pupil);
    balls.tangents = tangents(&balls);
    corneas.tangents = tangents(&corneas);
    [balls, corneas]
}
