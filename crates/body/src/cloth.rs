//! Cloth from helper geometry: a smoother, finer surface around the body, cut to pieces.

use crate::{
    assemble::tangents,
    model::BodyMesh,
    pack::{Corner, PackContent},
    topology::Lists,
};
use glam::{Vec2, Vec3};
use std::{
    collections::BTreeMap,
    ops::{Add, Mul},
};

/// A surface around the body whose quads are each made of four.
#[derive(Debug, Default)]
pub(crate) struct Shell {
    /// The pack's vertices that each vertex is the mean of.
    means: Vec<Vec<u16>>,
    /// Vertex and place in the cloth's texture of every corner.
    corners: Vec<(u32, Vec2)>,
    /// Indices into the corners.
    quads: Vec<[u32; 4]>,
    neighbours: Lists,
    /// Places on the base mesh.
    pub(crate) base: Vec<Vec3>,
    /// Bones and weights.
    joints: Vec<([u16; 4], [f32; 4])>,
}

/// Repeats of the cloth's picture over the whole base texture.
const REPEATS: f32 = 300.0;

impl Shell {
    pub(crate) fn new(
        content: &PackContent,
        faces: &[[Corner; 4]],
        vertices: &[Vec3],
        uvs: &[Vec2],
    ) -> Self {
        let mut shell = Self::default();
        let mut known = BTreeMap::<Vec<u16>, u32>::new();
        let mut corners = BTreeMap::<(u32, [u32; 2]), u32>::new();
        for face in faces {
            let mut corner = |of: &[usize]| {
                let mut mean: Vec<u16> = of.iter().map(|at| face[*at].vertex).collect();
                mean.sort_unstable();
                mean.dedup();
                let next = shell.means.len() as u32;
                let vertex = *known.entry(mean.clone()).or_insert(next);
                if vertex == next {
                    shell.means.push(mean);
                }
                let uv = of.iter().map(|at| uvs[usize::from(face[*at].uv)]).sum::<Vec2>()
                    / of.len() as f32;
                let next = shell.corners.len() as u32;
                let corner =
                    *corners.entry((vertex, uv.to_array().map(f32::to_bits))).or_insert(next);
                if corner == next {
                    shell.corners.push((vertex, uv * REPEATS));
                }
                corner
            };
            let middle = corner(&[0, 1, 2, 3]);
            for at in 0..4 {
                let (next, last) = ((at + 1) % 4, (at + 3) % 4);
                let quad = [corner(&[at]), corner(&[at, next]), middle, corner(&[last, at])];
                shell.quads.push(quad);
            }
        }
        let count = shell.means.len();
        let pairs: Vec<(usize, u32)> = shell
            .quads
            .iter()
            .flat_map(|quad| {
                let v = quad.map(|c| shell.corners[c as usize].0);
                (0..4).flat_map(move |at| {
                    [(v[at] as usize, v[(at + 1) % 4]), (v[at] as usize, v[(at + 3) % 4])]
                })
            })
            .collect();
        shell.neighbours = Lists::new(count, pairs.iter().copied());
        shell.base = shell.gather(vertices);
        shell.joints = shell
            .means
            .iter()
            .map(|mean| {
                let mut sums = BTreeMap::<u8, f32>::new();
                for vertex in mean {
                    let (bones, weights) = (
                        content.bones[usize::from(*vertex)],
                        content.weights[usize::from(*vertex)],
                    );
                    for (bone, weight) in bones.into_iter().zip(weights) {
                        *sums.entry(bone).or_default() += f32::from(weight);
                    }
                }
                strongest(sums.into_iter().collect())
            })
            .collect();
        shell
    }

    /// Means over the pack's vertices.
    fn gather(&self, of: &[Vec3]) -> Vec<Vec3> {
        self.means
            .iter()
            .map(|mean| mean.iter().map(|v| of[usize::from(*v)]).sum::<Vec3>() / mean.len() as f32)
            .collect()
    }

    /// The shell around a body (`positions` of the pack's vertices), smoothed.
    pub(crate) fn around(&self, positions: &[Vec3], rounds: usize) -> Vec<Vec3> {
        let mut places = self.gather(positions);
        for _ in 0..rounds {
            places = (0..places.len())
                .map(|at| {
                    let around = self.neighbours.of(at);
                    if around.is_empty() {
                        return places[at];
                    }
                    let sum: Vec3 = around.iter().map(|n| places[*n as usize]).sum();
                    places[at].lerp(sum / around.len() as f32, 0.5)
                })
                .collect();
        }
        places
    }

    /// Unit normals of a shell.
    pub(crate) fn normals(&self, places: &[Vec3]) -> Vec<Vec3> {
        let mut normals = vec![Vec3::ZERO; places.len()];
        for quad in &self.quads {
            let v = quad.map(|c| self.corners[c as usize].0 as usize);
            let area = (places[v[2]] - places[v[0]]).cross(places[v[3]] - places[v[1]]);
            v.into_iter().for_each(|at| normals[at] += area);
        }
        normals.into_iter().map(|n| n.normalize_or(Vec3::Y)).collect()
    }

    /// The part of the shell where `inside` (one number per vertex) is above 0, with turned-in edges
    /// `thick` metres wide.
    pub(crate) fn cut(
        &self,
        name: &str,
        material: usize,
        places: &[Vec3],
        inside: &[f32],
        thick: f32,
    ) -> BodyMesh {
        let normals = self.normals(places);
        let mut mesh = BodyMesh { name: name.to_owned(), material, ..BodyMesh::default() };
        let mut whole = BTreeMap::<u32, u32>::new();
        let mut halves = BTreeMap::<(u32, u32), u32>::new();
        let mut edges = Vec::new();
        for quad in &self.quads {
            let field = quad.map(|c| inside[self.corners[c as usize].0 as usize]);
            if field.iter().all(|f| *f <= 0.0) {
                continue;
            }
            for triangle in [[0, 1, 2], [0, 2, 3]] {
                // Walk around the triangle, keeping what is inside.
                let mut kept: Vec<(u32, bool)> = Vec::with_capacity(4);
                for at in 0..3 {
                    let (a, b) = (triangle[at], triangle[(at + 1) % 3]);
                    let (fa, fb) = (field[a], field[b]);
                    if fa > 0.0 {
                        let new = *whole.entry(quad[a]).or_insert_with(|| {
                            self.push(&mut mesh, places, &normals, quad[a], quad[a], 0.0)
                        });
                        kept.push((new, false));
                    }
                    if (fa > 0.0) != (fb > 0.0) {
                        // Always from the same end, so that both sides of a seam of the texture come
                        // to the very same place.
                        let vertex = |at: usize| self.corners[quad[at] as usize].0;
                        let (a, b) = if vertex(a) < vertex(b) { (a, b) } else { (b, a) };
                        let new = *halves.entry((quad[a], quad[b])).or_insert_with(|| {
                            let part = field[a] / (field[a] - field[b]);
                            self.push(&mut mesh, places, &normals, quad[a], quad[b], part)
                        });
                        kept.push((new, true));
                    }
                }
                for at in 1..kept.len().saturating_sub(1) {
                    mesh.indices.extend([kept[0].0, kept[at].0, kept[at + 1].0]);
                }
                for at in 0..kept.len() {
                    let (a, b) = (kept[at], kept[(at + 1) % kept.len()]);
                    if a.1 && b.1 {
                        edges.push((a.0, b.0));
                    }
                }
            }
        }
        straighten(&mut mesh, &edges);
        turn_in(&mut mesh, &edges, thick);
        mesh.tangents = tangents(&mesh);
        mesh
    }

    /// Adds a vertex between two corners.
    fn push(
        &self,
        mesh: &mut BodyMesh,
        places: &[Vec3],
        normals: &[Vec3],
        a: u32,
        b: u32,
        part: f32,
    ) -> u32 {
        let ((va, uva), (vb, uvb)) = (self.corners[a as usize], self.corners[b as usize]);
        let (va, vb) = (va as usize, vb as usize);
        mesh.positions.push(places[va].lerp(places[vb], part).to_array());
        mesh.normals.push(normals[va].lerp(normals[vb], part).normalize_or(Vec3::Y).to_array());
        mesh.uvs.push(uva.lerp(uvb, part).to_array());
        let mut sums = BTreeMap::<u16, f32>::new();
        for (at, share) in [(va, 1.0 - part), (vb, part)] {
            for (joint, weight) in self.joints[at].0.into_iter().zip(self.joints[at].1) {
                *sums.entry(joint).or_default() += share * weight;
            }
        }
        let (joints, weights) = strongest(sums.into_iter().collect());
        mesh.joints.push(joints);
        mesh.weights.push(weights);
        mesh.positions.len() as u32 - 1
    }
}

/// Cut edges follow the coarse quads in waves; cloth is cut straight. Every vertex of an edge goes to
/// the middle of its neighbours on the edge, again and again; what lies near gives way.
fn straighten(mesh: &mut BodyMesh, edges: &[(u32, u32)]) {
    // What is one place is one vertex here, on both sides of a seam of the texture.
    let mut known = BTreeMap::<[u32; 3], u32>::new();
    let own: Vec<u32> = mesh
        .positions
        .iter()
        .map(|place| {
            let next = known.len() as u32;
            *known.entry(place.map(f32::to_bits)).or_insert(next)
        })
        .collect();
    let mut places = vec![Vec3::ZERO; known.len()];
    for (at, number) in own.iter().enumerate() {
        places[*number as usize] = Vec3::from(mesh.positions[at]);
    }
    let number = |at: &u32| own[*at as usize] as usize;
    // How many steps every vertex is away from an edge.
    const FREE: u8 = u8::MAX;
    let mut away = vec![FREE; places.len()];
    edges.iter().flat_map(|(a, b)| [a, b]).for_each(|at| away[number(at)] = 0);
    let sides: Vec<[usize; 2]> = mesh
        .indices
        .chunks_exact(3)
        .flat_map(|t| [(0, 1), (1, 2), (2, 0)].map(|(a, b)| [number(&t[a]), number(&t[b])]))
        .collect();
    for ring in 1..=3 {
        for [a, b] in &sides {
            for (from, to) in [(*a, *b), (*b, *a)] {
                if away[from] == ring - 1 && away[to] == FREE {
                    away[to] = ring;
                }
            }
        }
    }
    let along: Vec<[usize; 2]> = edges.iter().map(|(a, b)| [number(a), number(b)]).collect();
    relax(&mut places, &along, 60, |at| away[at] == 0);
    relax(&mut places, &sides, 8, |at| (1..=3).contains(&away[at]));
    straighten_weights(mesh, &own, &along, |at| away[at] == 0);
    let mut normals = vec![Vec3::ZERO; places.len()];
    for triangle in mesh.indices.chunks_exact(3) {
        let v = [number(&triangle[0]), number(&triangle[1]), number(&triangle[2])];
        let area = (places[v[1]] - places[v[0]]).cross(places[v[2]] - places[v[0]]);
        v.into_iter().for_each(|at| normals[at] += area);
    }
    normals.iter_mut().for_each(|n| *n = n.normalize_or_zero());
    relax(&mut normals, &along, 12, |at| away[at] == 0);
    for (at, number) in own.iter().enumerate() {
        let number = *number as usize;
        if away[number] != FREE {
            mesh.positions[at] = places[number].to_array();
            let old = Vec3::from(mesh.normals[at]);
            mesh.normals[at] = normals[number].normalize_or(old).to_array();
        }
    }
}

/// Vertices of an edge are moved by the bones that move their neighbours on it: else the edge is straight only
/// while nobody moves.
fn straighten_weights(
    mesh: &mut BodyMesh,
    own: &[u32],
    along: &[[usize; 2]],
    is_edge: impl Fn(usize) -> bool,
) {
    let on_edge = |at: usize| is_edge(own[at] as usize);
    let places = own.iter().map(|number| *number as usize + 1).max().unwrap_or(0);
    let mut weights = BTreeMap::<u16, Vec<f32>>::new();
    for at in (0..own.len()).filter(|at| on_edge(*at)) {
        for (joint, weight) in mesh.joints[at].into_iter().zip(mesh.weights[at]) {
            let of_joint = weights.entry(joint).or_insert_with(|| vec![0.0; places]);
            if weight > 0.0 {
                of_joint[own[at] as usize] = weight;
            }
        }
    }
    weights.values_mut().for_each(|weights| relax(weights, along, 30, &is_edge));
    for at in (0..own.len()).filter(|at| on_edge(*at)) {
        let sums = weights.iter().map(|(joint, weights)| (*joint, weights[own[at] as usize]));
        (mesh.joints[at], mesh.weights[at]) = strongest(sums.collect());
    }
}

/// The four strongest of some bones, whose weights come to 1.
fn strongest<J: Copy + Ord + Into<u16>>(mut sums: Vec<(J, f32)>) -> ([u16; 4], [f32; 4]) {
    sums.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    sums.truncate(4);
    let whole: f32 = sums.iter().map(|s| s.1).sum();
    let (mut joints, mut weights) = ([0; 4], [0.0; 4]);
    for (at, (joint, weight)) in sums.into_iter().enumerate() {
        (joints[at], weights[at]) = (joint.into(), weight / whole);
    }
    (joints, weights)
}

/// Moves some values half way to the mean of their neighbours.
fn relax<T: Copy + Default + Add<Output = T> + Mul<f32, Output = T>>(
    values: &mut [T],
    neighbours: &[[usize; 2]],
    rounds: usize,
    moves: impl Fn(usize) -> bool,
) {
    for _ in 0..rounds {
        let mut sums = vec![(T::default(), 0.0f32); values.len()];
        for [a, b] in neighbours {
            for (to, from) in [(*a, *b), (*b, *a)] {
                let (sum, count) = &mut sums[to];
                *sum = *sum + values[from];
                *count += 1.0;
            }
        }
        for (at, (sum, count)) in sums.into_iter().enumerate() {
            // Ends of an edge have one neighbour and stay.
            if count > 1.5 && moves(at) {
                values[at] = values[at] * 0.5 + sum * (0.5 / count);
            }
        }
    }
}

/// A hem: the edge goes `thick` inwards, so that cloth is seen to have a thickness.
fn turn_in(mesh: &mut BodyMesh, edges: &[(u32, u32)], thick: f32) {
    let mut inner = BTreeMap::<u32, [u32; 2]>::new();
    let mut copy = |mesh: &mut BodyMesh, at: u32| -> [u32; 2] {
        *inner.entry(at).or_insert_with(|| {
            let at = at as usize;
            let (place, normal) = (Vec3::from(mesh.positions[at]), Vec3::from(mesh.normals[at]));
            for depth in [0.0, thick] {
                mesh.positions.push((place - normal * depth).to_array());
                mesh.normals.push(mesh.normals[at]);
                mesh.uvs.push((Vec2::from(mesh.uvs[at]) + depth * 20.0).to_array());
                mesh.joints.push(mesh.joints[at]);
                mesh.weights.push(mesh.weights[at]);
            }
            let last = mesh.positions.len() as u32;
            [last - 2, last - 1]
        })
    };
    for (a, b) in edges {
        let [a0, a1] = copy(mesh, *a);
        let [b0, b1] = copy(mesh, *b);
        mesh.indices.extend([b0, a0, a1, b0, a1, b1]);
    }
}
