//! Coarser meshes of a body, for the distance and for machines that draw slowly.

mod collapse;
mod quadric;
mod strands;

use crate::model::{Body, BodyMesh, MorphTarget, Substance};
use collapse::collapse;
use rayon::prelude::*;
use std::collections::BTreeSet;
use strands::{Thinning, thinned};

/// How many coarser forms a body has.
pub const COARSER: usize = 3;

/// How far surfaces may be off in each of them, metres.
const ERRORS_M: [f32; COARSER] = [0.0007, 0.0028, 0.009];
/// The same of what targets move: mouths and lids shall close from afar, too.
const FACE_ERRORS_M: [f32; COARSER] = [0.0006, 0.0014, 0.003];
const HAIR: [Thinning; COARSER] = [
    Thinning { one_in: 3, wider: 2.0, error_m: 0.0014 },
    Thinning { one_in: 8, wider: 3.6, error_m: 0.005 },
    Thinning { one_in: 20, wider: 6.5, error_m: 0.012 },
];

impl Body {
    /// The body's meshes in coarser and coarser forms, in the order of [`Body::meshes`]: good where a
    /// millimetre is at most a pixel, a third of one, a tenth of one.
    ///
    /// They have the same names, materials, bones and targets. Their vertices are vertices of the body,
    /// except hair of ribbons, of which some stand for all.
    pub fn coarser(&self) -> [Vec<BodyMesh>; COARSER] {
        let shared = self.shared_places();
        let forms: Vec<[BodyMesh; COARSER]> = self
            .meshes
            .par_iter()
            .map(|mesh| {
                let substance = self.materials.get(mesh.material).map(|of| of.substance);
                // Lashes are a few cards with a picture; less than that is none.
                if substance == Some(Substance::Lash) {
                    return std::array::from_fn(|_| mesh.clone());
                }
                if substance == Some(Substance::Hair) {
                    let hair = HAIR.map(|how| thinned(mesh, how));
                    if let [Some(a), Some(b), Some(c)] = hair {
                        return [a, b, c];
                    }
                }
                let fixed = |at: usize| shared.contains(&mesh.positions[at].map(f32::to_bits));
                let errors_m = if mesh.targets.is_empty() { ERRORS_M } else { FACE_ERRORS_M };
                let mut forms = collapse(mesh, fixed, &errors_m).into_iter();
                std::array::from_fn(|_| part(mesh, &forms.next().unwrap_or_default()))
            })
            .collect();
        let mut levels = [const { Vec::new() }; COARSER];
        for forms in forms {
            levels.iter_mut().zip(forms).for_each(|(level, form)| level.push(form));
        }
        levels
    }

    /// Places where a mesh meets another one: there both must stay as they are, or gaps would open.
    fn shared_places(&self) -> BTreeSet<[u32; 3]> {
        let (mut once, mut shared) = (BTreeSet::new(), BTreeSet::new());
        for mesh in &self.meshes {
            let own: BTreeSet<[u32; 3]> =
                mesh.positions.iter().map(|place| place.map(f32::to_bits)).collect();
            for place in own {
                if !once.insert(place) {
                    shared.insert(place);
                }
            }
        }
        shared
    }
}

/// The part of a mesh that some triangles use.
fn part(mesh: &BodyMesh, triangles: &[u32]) -> BodyMesh {
    const UNUSED: u32 = u32::MAX;
    let mut places = vec![UNUSED; mesh.positions.len()];
    let mut vertices = Vec::new();
    let indices = triangles
        .iter()
        .map(|old| {
            let place = &mut places[*old as usize];
            if *place == UNUSED {
                *place = vertices.len() as u32;
                vertices.push(*old as usize);
            }
            *place
        })
        .collect();
    fn pick<T: Copy>(vertices: &[usize], from: &[T]) -> Vec<T> {
        vertices.iter().filter_map(|at| from.get(*at).copied()).collect()
    }
    let target = |target: &MorphTarget| {
        let mut rows: Vec<(u32, usize)> = target
            .vertices
            .iter()
            .enumerate()
            .map(|(row, vertex)| (places[*vertex as usize], row))
            .filter(|(place, _)| *place != UNUSED)
            .collect();
        rows.sort_unstable();
        let from: Vec<usize> = rows.iter().map(|(_, row)| *row).collect();
        MorphTarget {
            name: target.name.clone(),
            shape: target.shape,
            vertices: rows.iter().map(|(place, _)| *place).collect(),
            positions: pick(&from, &target.positions),
            normals: pick(&from, &target.normals),
        }
    };
    BodyMesh {
        name: mesh.name.clone(),
        material: mesh.material,
        positions: pick(&vertices, &mesh.positions),
        normals: pick(&vertices, &mesh.normals),
        tangents: pick(&vertices, &mesh.tangents),
        uvs: pick(&vertices, &mesh.uvs),
        joints: pick(&vertices, &mesh.joints),
        weights: pick(&vertices, &mesh.weights),
        indices,
        targets: mesh.targets.iter().map(target).collect(),
    }
}
