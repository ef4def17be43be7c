//! Fewer strands: some ribbons of hair stand for all, wider and with fewer bends.

use crate::model::BodyMesh;
use glam::Vec3;
use std::ops::Range;

/// How hair becomes coarser.
#[derive(Debug, Clone, Copy)]
pub(super) struct Thinning {
    /// One ribbon in so many stays.
    pub(super) one_in: usize,
    /// How much wider it is.
    pub(super) wider: f32,
    /// How far its line may be off, metres.
    pub(super) error_m: f32,
}

/// A ribbon: rows of two vertices, one after the other.
struct Ribbon {
    vertices: Range<usize>,
}

/// The ribbons of a mesh and the indices of what is none.
fn ribbons(mesh: &BodyMesh) -> (Vec<Ribbon>, Vec<u32>) {
    let (mut found, mut rest) = (Vec::<Ribbon>::new(), Vec::new());
    for quad in mesh.indices.chunks(6) {
        let a = quad[0];
        if quad != [a, a + 1, a + 3, a, a + 3, a + 2] {
            rest.extend_from_slice(quad);
            continue;
        }
        let start = a as usize;
        match found.last_mut() {
            Some(last) if last.vertices.end == start + 2 => last.vertices.end += 2,
            _ => found.push(Ribbon { vertices: start..start + 4 }),
        }
    }
    (found, rest)
}

/// The mesh with fewer ribbons; `None` of a mesh that is not made of ribbons.
pub(super) fn thinned(mesh: &BodyMesh, how: Thinning) -> Option<BodyMesh> {
    let (ribbons, rest) = ribbons(mesh);
    let most = mesh.positions.len();
    if ribbons.is_empty()
        || rest.len() > mesh.indices.len() / 2
        || !mesh.targets.is_empty()
        || ribbons.last().is_none_or(|last| last.vertices.end > most)
    {
        return None;
    }
    let mut kept: Vec<&Ribbon> = ribbons.iter().step_by(how.one_in.max(1)).collect();
    // What lies outside is drawn first and hides the rest, which then need not be shaded.
    let middle = mesh.positions.iter().map(|p| Vec3::from(*p)).sum::<Vec3>() / most.max(1) as f32;
    let away = |ribbon: &Ribbon| {
        let at = (ribbon.vertices.start + ribbon.vertices.end) / 2;
        Vec3::from(mesh.positions[at]).distance_squared(middle)
    };
    kept.sort_by(|a, b| away(b).total_cmp(&away(a)));
    let mut out =
        BodyMesh { name: mesh.name.clone(), material: mesh.material, ..BodyMesh::default() };
    for ribbon in kept {
        let line: Vec<Vec3> =
            ribbon.vertices.clone().step_by(2).map(|at| row(mesh, at).0).collect();
        let mut rows = vec![0];
        bends(&line, 0, line.len() - 1, how.error_m, &mut rows);
        for (number, at) in rows.iter().enumerate() {
            let left = ribbon.vertices.start + 2 * at;
            let (centre, half) = row(mesh, left);
            for (vertex, side) in [(left, -1.0), (left + 1, 1.0)] {
                copy(mesh, vertex, &mut out);
                if let Some(place) = out.positions.last_mut() {
                    *place = (centre + side * how.wider * half).to_array();
                }
            }
            if number > 0 {
                let a = out.positions.len() as u32 - 4;
                out.indices.extend([a, a + 1, a + 3, a, a + 3, a + 2]);
            }
        }
    }
    let mut places = std::collections::BTreeMap::new();
    for vertex in rest {
        let next = out.positions.len() as u32;
        let place = *places.entry(vertex).or_insert(next);
        if place == next {
            copy(mesh, vertex as usize, &mut out);
        }
        out.indices.push(place);
    }
    Some(out)
}

/// Centre of a row and the way from there to its right vertex.
fn row(mesh: &BodyMesh, left: usize) -> (Vec3, Vec3) {
    let [a, b] = [left, left + 1].map(|at| Vec3::from(mesh.positions[at]));
    (0.5 * (a + b), 0.5 * (b - a))
}

/// Points of a line between two of its points that keep it within an error (Douglas and Peucker); the
/// last of them is `to`.
fn bends(line: &[Vec3], from: usize, to: usize, error_m: f32, rows: &mut Vec<usize>) {
    let axis = line[to] - line[from];
    let off = |at: &usize| {
        let way = line[*at] - line[from];
        let along = (way.dot(axis) / axis.length_squared().max(1e-12)).clamp(0.0, 1.0);
        (way - along * axis).length_squared()
    };
    let farthest = (from + 1..to).max_by(|a, b| off(a).total_cmp(&off(b)));
    match farthest.filter(|at| off(at) > error_m * error_m) {
        Some(at) => {
            bends(line, from, at, error_m, rows);
            bends(line, at, to, error_m, rows);
        }
        None => rows.push(to),
    }
}

fn copy(from: &BodyMesh, at: usize, to: &mut BodyMesh) {
    fn one<T: Copy>(from: &[T], at: usize, to: &mut Vec<T>) {
        to.extend(from.get(at).copied());
    }
    one(&from.positions, at, &mut to.positions);
    one(&from.normals, at, &mut to.normals);
    one(&from.tangents, at, &mut to.tangents);
    one(&from.uvs, at, &mut to.uvs);
    one(&from.joints, at, &mut to.joints);
    one(&from.weights, at, &mut to.weights);
}
