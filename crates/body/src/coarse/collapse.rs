//! Fewer triangles for a mesh: vertices are drawn into their neighbours where the least is lost.
//!
//! What remains are vertices of the mesh as they were, so skin weights, texture and targets of those
//! stay right. What is lost counts as a distance in metres: how far the surface and its texture are
//! off, and how differently the two vertices move with bones and targets or face.

use super::quadric::{Quadric, Spot};
use crate::model::BodyMesh;
use glam::{Vec2, Vec3};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

/// How much a texture that is off counts against a surface that is off.
const TEXTURE: f32 = 0.4;
/// How much it counts that a vertex goes farther with a target than its neighbour.
const MOVES: f32 = 1.0;
/// Parts of the length of an edge that count for ends which hang on other bones, and which face other
/// ways.
const BONES: f32 = 0.25;
const FACING: f32 = 0.12;
/// Triangles turn by no more than this, as a cosine.
const TURN: f32 = 0.25;
/// Edges of a surface count like so much area beside them.
const EDGES: f64 = 4.0;

/// Triangles of `mesh` (indices as it has them) for each of the rising `errors_m`. Vertices where
/// `fixed` stay.
pub(super) fn collapse(
    mesh: &BodyMesh,
    fixed: impl Fn(usize) -> bool,
    errors_m: &[f32],
) -> Vec<Vec<u32>> {
    let mut surface = Surface::new(mesh, fixed);
    surface.propose_all();
    errors_m
        .iter()
        .map(|error_m| {
            surface.collapse_up_to(error_m * error_m);
            surface.triangles.iter().filter(|t| t[0] != GONE).flatten().copied().collect()
        })
        .collect()
}

/// First corner of a triangle that is no more.
const GONE: u32 = u32::MAX;

/// What lies in one place and moves as one is a site; it has a vertex for each of its places on the
/// texture.
struct Surface<'a> {
    mesh: &'a BodyMesh,
    /// Sites of the vertices.
    site: Vec<u32>,
    triangles: Vec<[u32; 3]>,
    /// Triangles around each site; those that are gone may be among them.
    around: Vec<Vec<u32>>,
    fixed: Vec<bool>,
    spots: Vec<Spot>,
    quadrics: Vec<Quadric>,
    /// By vertex: where it goes with which target.
    moves: Vec<Vec<(u16, Vec3)>>,
    versions: Vec<u32>,
    /// Squared error, site, what it goes into, version.
    heap: BinaryHeap<Reverse<(u32, u32, u32, u32)>>,
    scratch: Vec<(f32, u32)>,
}

impl<'a> Surface<'a> {
    fn new(mesh: &'a BodyMesh, fixed: impl Fn(usize) -> bool) -> Self {
        let count = mesh.positions.len();
        let mut moves = vec![Vec::new(); count];
        for (at, target) in mesh.targets.iter().enumerate() {
            for (vertex, way) in target.vertices.iter().zip(&target.positions) {
                if let Some(moves) = moves.get_mut(*vertex as usize) {
                    moves.push((at as u16, Vec3::from(*way)));
                }
            }
        }
        // Lips that touch are in one place and yet two sites.
        let mut known = BTreeMap::<([u32; 3], Vec<(u16, [u32; 3])>), u32>::new();
        let bits = |v: [f32; 3]| v.map(f32::to_bits);
        let site: Vec<u32> = (0..count)
            .map(|at| {
                let way = moves[at].iter().map(|(t, way)| (*t, bits(way.to_array()))).collect();
                let next = known.len() as u32;
                *known.entry((bits(mesh.positions[at]), way)).or_insert(next)
            })
            .collect();
        let triangles: Vec<[u32; 3]> =
            mesh.indices.chunks_exact(3).map(|t| [t[0], t[1], t[2]]).collect();
        let scale = texture_scale(mesh) * TEXTURE;
        let spots = (0..count)
            .map(|at| {
                let place = mesh.positions[at];
                let uv = mesh.uvs.get(at).copied().unwrap_or_default();
                [place[0], place[1], place[2], uv[0] * scale, uv[1] * scale].map(f64::from)
            })
            .collect();
        let mut is_fixed = vec![false; known.len()];
        for (at, site) in site.iter().enumerate() {
            is_fixed[*site as usize] |= fixed(at);
        }
        let sites = known.len();
        let mut surface = Self {
            mesh,
            site,
            triangles,
            around: vec![Vec::new(); sites],
            fixed: is_fixed,
            spots,
            quadrics: vec![Quadric::default(); count],
            moves,
            versions: vec![0; sites],
            heap: BinaryHeap::new(),
            scratch: Vec::new(),
        };
        surface.link();
        surface
    }

    fn link(&mut self) {
        for at in 0..self.triangles.len() {
            let sites = self.sites(self.triangles[at]);
            if sites[0] == sites[1] || sites[1] == sites[2] || sites[2] == sites[0] {
                self.triangles[at][0] = GONE;
                continue;
            }
            sites.into_iter().for_each(|site| self.around[site as usize].push(at as u32));
        }
        for at in 0..self.triangles.len() {
            let corners = self.triangles[at];
            if corners[0] == GONE {
                continue;
            }
            let [a, b, c] = corners.map(|v| Vec3::from(self.mesh.positions[v as usize]));
            let normal = (b - a).cross(c - a);
            let area = f64::from(normal.length());
            let spots = corners.map(|v| self.spots[v as usize]);
            let Some(plane) = Quadric::of_triangle(spots.each_ref(), area) else { continue };
            corners.into_iter().for_each(|v| self.quadrics[v as usize].add(&plane));
            // Where the surface ends its outline counts.
            for side in 0..3 {
                let (from, to) = (corners[side], corners[(side + 1) % 3]);
                let (a, b) = (self.site[from as usize], self.site[to as usize]);
                if self.shared(a, b).count() != 1 {
                    continue;
                }
                let way = Vec3::from(self.mesh.positions[to as usize])
                    - Vec3::from(self.mesh.positions[from as usize]);
                let Some(out) = way.cross(normal).try_normalize() else { continue };
                let weight = EDGES * f64::from(way.length_squared());
                let out = out.to_array().map(f64::from);
                let edge = Quadric::of_plane(out, &self.spots[from as usize], weight);
                [from, to].into_iter().for_each(|v| self.quadrics[v as usize].add(&edge));
            }
        }
    }

    fn sites(&self, triangle: [u32; 3]) -> [u32; 3] {
        triangle.map(|vertex| self.site[vertex as usize])
    }

    /// The living triangles around a site, with their sites.
    fn living(&self, site: u32) -> impl Iterator<Item = ([u32; 3], [u32; 3])> {
        self.around[site as usize]
            .iter()
            .map(|at| self.triangles[*at as usize])
            .filter(|corners| corners[0] != GONE)
            .map(|corners| (corners, self.sites(corners)))
    }

    /// The triangles that have both sites.
    fn shared(&self, a: u32, b: u32) -> impl Iterator<Item = ([u32; 3], [u32; 3])> {
        self.living(a).filter(move |(_, sites)| sites.contains(&b))
    }

    fn neighbours(&self, site: u32) -> Vec<u32> {
        let mut all: Vec<u32> =
            self.living(site).flat_map(|(_, sites)| sites).filter(|s| *s != site).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The vertex of `b` that a vertex of `a` becomes: the one across an edge that they share. `None`
    /// where there is no such edge, or more than one answer.
    fn becomes(&self, vertex: u32, b: u32, shared: &[[u32; 3]]) -> Option<u32> {
        let mut found = None;
        for corners in shared.iter().filter(|corners| corners.contains(&vertex)) {
            let other = corners.iter().copied().find(|v| self.site[*v as usize] == b)?;
            if found.is_some_and(|found| found != other) {
                return None;
            }
            found = Some(other);
        }
        found
    }

    /// What is lost when `a` goes into `b`, a squared distance; `None` where it cannot.
    fn cost(&self, a: u32, b: u32) -> Option<f32> {
        let shared: Vec<[u32; 3]> = self.shared(a, b).map(|(corners, _)| corners).collect();
        let (mut sum, mut weight) = (0.0, 0.0);
        let (mut from, mut to) = (None, 0);
        for (corners, _) in self.living(a) {
            let vertex = corners.into_iter().find(|v| self.site[*v as usize] == a)?;
            if from == Some(vertex) {
                continue;
            }
            to = self.becomes(vertex, b, &shared)?;
            from = Some(vertex);
            let quadric = &self.quadrics[vertex as usize];
            sum += quadric.at(&self.spots[to as usize]);
            weight += quadric.weight();
        }
        let surface = (sum / weight.max(1e-12)) as f32;
        let (from, to) = (from? as usize, to as usize);
        let place = |at: usize| Vec3::from(self.mesh.positions[at]);
        let normal = |at: usize| self.mesh.normals.get(at).map_or(Vec3::ZERO, |n| Vec3::from(*n));
        let length = place(from).distance(place(to));
        let facing = FACING * length * normal(from).distance(normal(to));
        let bones = BONES * length * self.bones_differ(from, to);
        let moves = MOVES * self.moves_differ(from, to);
        Some(surface + facing * facing + bones * bones + moves * moves)
    }

    /// How much of the weights of two vertices is not on the same bones, 0 to 1.
    fn bones_differ(&self, a: usize, b: usize) -> f32 {
        let (Some(joints), Some(weights)) = (self.mesh.joints.get(a), self.mesh.weights.get(a))
        else {
            return 0.0;
        };
        let other = |joint: u16| -> f32 {
            let pairs = self.mesh.joints[b].iter().zip(self.mesh.weights[b]);
            pairs.filter(|(own, _)| **own == joint).map(|(_, weight)| weight).sum()
        };
        // A bone may be named twice with no weight; what both have in common counts once.
        let same: f32 = joints.iter().zip(weights).map(|(j, w)| w.min(other(*j))).sum();
        (1.0 - same).clamp(0.0, 1.0)
    }

    /// The most that one vertex moves otherwise than another with any target, metres.
    fn moves_differ(&self, a: usize, b: usize) -> f32 {
        let (mut left, mut right) =
            (self.moves[a].iter().peekable(), self.moves[b].iter().peekable());
        let mut most = 0.0f32;
        loop {
            let way = match (left.peek(), right.peek()) {
                (None, None) => return most.sqrt(),
                (Some((t, _)), Some((u, _))) if t == u => match (left.next(), right.next()) {
                    (Some((_, a)), Some((_, b))) => *a - *b,
                    _ => return most.sqrt(),
                },
                (Some((t, _)), other) if other.is_none_or(|(u, _)| t < u) => {
                    left.next().map_or(Vec3::ZERO, |(_, way)| *way)
                }
                _ => right.next().map_or(Vec3::ZERO, |(_, way)| *way),
            };
            most = most.max(way.length_squared());
        }
    }

    /// Whether the surface stays one, with its outline, when `a` goes into `b`.
    fn sound(&self, a: u32, b: u32) -> bool {
        let shared = self.shared(a, b).count();
        if !(1..=2).contains(&shared) {
            return false;
        }
        let own = self.neighbours(a);
        let ends = own.iter().filter(|n| self.shared(a, **n).count() == 1).count();
        // What lies on an edge goes along it; where edges meet nothing goes.
        if ends > 0 && (ends != 2 || shared != 1) {
            return false;
        }
        if ends == 0 && shared != 2 {
            return false;
        }
        let others = self.neighbours(b);
        let common = own.iter().filter(|n| others.binary_search(n).is_ok()).count();
        if common != shared {
            return false;
        }
        let place = |vertex: u32| Vec3::from(self.mesh.positions[vertex as usize]);
        let Some(goal) = self.living(b).find_map(|(corners, sites)| {
            (0..3).find(|at| sites[*at] == b).map(|at| place(corners[at]))
        }) else {
            return false;
        };
        self.living(a).filter(|(_, sites)| !sites.contains(&b)).all(|(corners, sites)| {
            let normal = |[a, b, c]: [Vec3; 3]| (b - a).cross(c - a);
            let before = corners.map(place);
            let after = std::array::from_fn(|at| if sites[at] == a { goal } else { before[at] });
            let (before, after) = (normal(before), normal(after));
            before.dot(after) > TURN * before.length() * after.length()
        })
    }

    fn propose_all(&mut self) {
        (0..self.around.len() as u32).for_each(|site| self.propose(site));
    }

    /// Finds out where a site had best go.
    fn propose(&mut self, site: u32) {
        let version = &mut self.versions[site as usize];
        *version += 1;
        let version = *version;
        if self.fixed[site as usize] {
            return;
        }
        let mut ways = std::mem::take(&mut self.scratch);
        ways.clear();
        let costs = |to: u32| self.cost(site, to).map(|cost| (cost, to));
        ways.extend(self.neighbours(site).into_iter().filter_map(costs));
        ways.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        if let Some((cost, to)) = ways.iter().find(|(_, to)| self.sound(site, *to)) {
            self.heap.push(Reverse((cost.to_bits(), site, *to, version)));
        }
        self.scratch = ways;
    }

    fn collapse_up_to(&mut self, most: f32) {
        while let Some(Reverse((cost, site, to, version))) = self.heap.peek().copied() {
            if f32::from_bits(cost) > most {
                return;
            }
            self.heap.pop();
            if self.versions[site as usize] != version {
                continue;
            }
            // The neighbourhood may have changed since.
            if self.sound(site, to) && self.cost(site, to).is_some() {
                self.go(site, to);
                self.propose(to);
            } else {
                self.propose(site);
            }
        }
    }

    fn go(&mut self, a: u32, b: u32) {
        let shared: Vec<[u32; 3]> = self.shared(a, b).map(|(corners, _)| corners).collect();
        let own = std::mem::take(&mut self.around[a as usize]);
        self.versions[a as usize] += 1;
        let mut taken = Vec::new();
        for at in own {
            let corners = self.triangles[at as usize];
            if corners[0] == GONE {
                continue;
            }
            let sites = self.sites(corners);
            for corner in 0..3 {
                if sites[corner] != a {
                    continue;
                }
                let Some(into) = self.becomes(corners[corner], b, &shared) else { continue };
                if !taken.contains(&corners[corner]) {
                    taken.push(corners[corner]);
                    let quadric = self.quadrics[corners[corner] as usize];
                    self.quadrics[into as usize].add(&quadric);
                }
                self.triangles[at as usize][corner] = into;
            }
            if sites.contains(&b) {
                self.triangles[at as usize][0] = GONE;
            } else {
                self.around[b as usize].push(at);
            }
        }
        let triangles = &self.triangles;
        self.around[b as usize].retain(|at| triangles[*at as usize][0] != GONE);
    }
}

/// Metres of surface for a unit of the texture.
fn texture_scale(mesh: &BodyMesh) -> f32 {
    let (mut on_body, mut on_texture) = (0.0, 0.0);
    for t in mesh.indices.chunks_exact(3) {
        let at = [t[0], t[1], t[2]].map(|at| at as usize);
        let [a, b, c] = at.map(|at| Vec3::from(mesh.positions[at]));
        let [u, v, w] = at.map(|at| Vec2::from(mesh.uvs.get(at).copied().unwrap_or_default()));
        on_body += (b - a).cross(c - a).length();
        on_texture += (v - u).perp_dot(w - u).abs();
    }
    if on_texture > 1e-12 { (on_body / on_texture).sqrt() } else { 0.0 }
}
