//! From a posed base mesh to the meshes of skin, mouth and lashes, with the face's targets.

use crate::{
    Pack,
    model::{BodyMesh, MorphTarget},
    topology::Sheet,
};
use glam::{Vec2, Vec3};
use rayon::prelude::*;
use reverie_avatar::FaceShape;

/// The posed base mesh.
pub(crate) struct Figure<'a> {
    pub(crate) pack: &'a Pack,
    /// Of all vertices of the pack, metres.
    pub(crate) positions: Vec<Vec3>,
    pub(crate) normals: Vec<Vec3>,
    /// What each shape of the face moves, by `FaceShape as usize`: vertex, metres, change of normal.
    pub(crate) shapes: Vec<Vec<(u16, Vec3, Vec3)>>,
}

impl Figure<'_> {
    /// The mesh of some of a sheet's triangles.
    pub(crate) fn mesh(
        &self,
        name: &str,
        material: usize,
        sheet: &Sheet,
        keep: impl Fn(&[u32; 3]) -> bool,
    ) -> BodyMesh {
        let mut new_of = vec![u32::MAX; sheet.sources.len()];
        let mut used = Vec::new();
        let mut indices = Vec::with_capacity(3 * sheet.triangles.len());
        for triangle in sheet.triangles.iter().filter(|t| keep(t)) {
            for corner in triangle {
                let new = &mut new_of[*corner as usize];
                if *new == u32::MAX {
                    *new = used.len() as u32;
                    used.push(*corner as usize);
                }
                indices.push(*new);
            }
        }
        let sources: Vec<usize> = used.iter().map(|at| usize::from(sheet.sources[*at])).collect();
        let uvs: Vec<Vec2> = used.iter().map(|at| sheet.uvs[*at]).collect();
        let mut mesh = BodyMesh {
            name: name.to_owned(),
            material,
            positions: sources.iter().map(|v| self.positions[*v].to_array()).collect(),
            normals: sources.iter().map(|v| self.normals[*v].to_array()).collect(),
            uvs: uvs.iter().map(|uv| uv.to_array()).collect(),
            joints: sources.iter().map(|v| self.pack.content.bones[*v].map(u16::from)).collect(),
            weights: sources
                .iter()
                .map(|v| self.pack.content.weights[*v].map(|w| f32::from(w) / 255.0))
                .collect(),
            indices,
            ..BodyMesh::default()
        };
        mesh.tangents = tangents(&mesh);
        let copies = crate::topology::Lists::new(
            self.positions.len(),
            sources.iter().enumerate().map(|(new, source)| (*source, new as u32)),
        );
        mesh.targets = FaceShape::ALL
            .into_par_iter()
            .filter_map(|shape| {
                let mut moved: Vec<(u32, Vec3, Vec3)> = self.shapes[shape as usize]
                    .iter()
                    .flat_map(|(vertex, position, normal)| {
                        let copies = copies.of(usize::from(*vertex)).iter();
                        copies.map(move |new| (*new, *position, *normal))
                    })
                    .collect();
                moved.sort_unstable_by_key(|(new, ..)| *new);
                (!moved.is_empty()).then(|| MorphTarget {
                    name: shape.name().to_owned(),
                    shape: Some(shape),
                    vertices: moved.iter().map(|m| m.0).collect(),
                    positions: moved.iter().map(|m| m.1.to_array()).collect(),
                    normals: moved.iter().map(|m| m.2.to_array()).collect(),
                })
            })
            .collect();
        mesh
    }
}

/// Tangents along u, with the sign of the bitangent as glTF wants it.
pub(crate) fn tangents(mesh: &BodyMesh) -> Vec<[f32; 4]> {
    let mut along_u = vec![Vec3::ZERO; mesh.positions.len()];
    let mut along_v = vec![Vec3::ZERO; mesh.positions.len()];
    for triangle in mesh.indices.chunks_exact(3) {
        let corners = [triangle[0], triangle[1], triangle[2]].map(|at| at as usize);
        let [a, b, c] = corners.map(|at| Vec3::from(mesh.positions[at]));
        let [ta, tb, tc] = corners.map(|at| Vec2::from(mesh.uvs[at]));
        let (e1, e2, d1, d2) = (b - a, c - a, tb - ta, tc - ta);
        let area = d1.perp_dot(d2);
        if area.abs() < 1e-12 {
            continue;
        }
        let sign = area.signum();
        let u = (e1 * d2.y - e2 * d1.y) * sign;
        let v = (e2 * d1.x - e1 * d2.x) * sign;
        for at in corners {
            along_u[at] += u;
            along_v[at] += v;
        }
    }
    mesh.normals
        .iter()
        .zip(along_u.iter().zip(&along_v))
        .map(|(normal, (u, v))| {
            let normal = Vec3::from(*normal);
            let tangent =
                (*u - normal * normal.dot(*u)).normalize_or(normal.any_orthonormal_vector());
            // Textures run down, glTF's bitangent up.
            let sign = if normal.cross(tangent).dot(*v) > 0.0 { -1.0 } else { 1.0 };
            tangent.extend(sign).to_array()
        })
        .collect()
}

/// What every shape of the face moves on this body.
pub(crate) fn shapes(
    pack: &Pack,
    positions: &[Vec3],
    normals: &[Vec3],
    scale: Vec3,
) -> Vec<Vec<(u16, Vec3, Vec3)>> {
    let topology = &pack.topology;
    FaceShape::ALL
        .into_par_iter()
        .map(|shape| {
            let Some(target) = pack.target(&format!("face/{}", shape.name())) else {
                return Vec::new();
            };
            let mut moves: Vec<(usize, Vec3)> =
                target.moves().map(|(vertex, step)| (vertex, step * scale)).collect();
            moves.retain(|(_, step)| step.length_squared() > 1e-9);
            shut_lids(pack, shape, positions, &mut moves);
            if shape == FaceShape::MouthClose {
                shut_lips(pack, positions, scale, &mut moves);
            }
            let mut moved = vec![Vec3::ZERO; positions.len()];
            for (vertex, step) in &moves {
                moved[*vertex] = *step;
            }
            let mut touched = vec![false; positions.len()];
            moves
                .iter()
                .flat_map(|(vertex, _)| topology.quads_of.of(*vertex))
                .flat_map(|quad| topology.quads[*quad as usize])
                .for_each(|vertex| touched[usize::from(vertex)] = true);
            (0u16..)
                .zip(&touched)
                .filter(|(_, touched)| **touched)
                .map(|(vertex, _)| {
                    let at = usize::from(vertex);
                    let sum: Vec3 = topology
                        .quads_of
                        .of(at)
                        .iter()
                        .map(|quad| topology.area(*quad, |v| positions[v] + moved[v]))
                        .sum();
                    (vertex, moved[at], sum.normalize_or(normals[at]) - normals[at])
                })
                .collect()
        })
        .collect()
}

/// How far a lid passes the other one, metres.
const OVERLAP: f32 = 0.0005;

/// A blink closes this person's eye, whatever its opening: what the common target leaves open, or
/// closes too far, is shared out over what it moves.
fn shut_lids(pack: &Pack, shape: FaceShape, positions: &[Vec3], moves: &mut [(usize, Vec3)]) {
    let side = match shape {
        FaceShape::EyeBlinkLeft => 0,
        FaceShape::EyeBlinkRight => 1,
        _ => return,
    };
    let Some(target) = pack.target(&format!("face/{}", shape.name())) else { return };
    let mut shut = positions.to_vec();
    for (vertex, step) in moves.iter() {
        shut[*vertex] += *step;
    }
    let mut common = pack.vertices.clone();
    target.add_to(&mut common, 1.0);
    // Where along the lid, and how much is missing there.
    let missing: Vec<(f32, Vec3)> = pack.topology.lids[side]
        .iter()
        .map(|pair| {
            let [low, high] = pair.map(usize::from);
            let gap = shut[low] - shut[high] - (common[low] - common[high]);
            (shut[low].x, Vec3::new(0.0, gap.y - OVERLAP, 0.6 * gap.z))
        })
        .collect();
    share_out(&shut, &missing, 0.004, moves);
}

/// With the jaw open, `mouthClose` brings this person's lips together as they are at rest, whatever the
/// common target leaves open.
fn shut_lips(pack: &Pack, positions: &[Vec3], scale: Vec3, moves: &mut [(usize, Vec3)]) {
    let Some(open) = pack.target("face/jawOpen") else { return };
    let mut opened = positions.to_vec();
    open.moves().for_each(|(vertex, step)| opened[vertex] += step * scale);
    // What one round leaves at the lips' ends, where few vertices move, the next ones close.
    for _ in 0..4 {
        let mut shut = opened.clone();
        moves.iter().for_each(|(vertex, step)| shut[*vertex] += *step);
        let missing: Vec<(f32, Vec3)> = pack
            .topology
            .lips
            .iter()
            .map(|pair| {
                let [low, high] = pair.map(usize::from);
                let rest = positions[high] - positions[low];
                let gap = shut[high] - shut[low] - rest;
                (shut[low].x, Vec3::new(0.0, gap.y, gap.z))
            })
            .collect();
        share_out(&shut, &missing, 0.005, moves);
    }
}

/// Adds what is missing near each place across the face to what moves there, in proportion to how far
/// it moves.
fn share_out(now: &[Vec3], missing: &[(f32, Vec3)], width: f32, moves: &mut [(usize, Vec3)]) {
    let longest = moves.iter().map(|(_, step)| step.length()).fold(1e-6, f32::max);
    for (vertex, step) in moves.iter_mut() {
        let x = now[*vertex].x;
        let mut sum = Vec3::ZERO;
        let mut whole = 1e-9;
        for (at, gap) in missing {
            let near = (-((at - x) / width).powi(2)).exp();
            sum += *gap * near;
            whole += near;
        }
        let share = (step.length() / (0.8 * longest)).min(1.0);
        *step += sum / whole * share;
    }
}
