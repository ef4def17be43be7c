//! What is the same for everybody: which faces make which mesh, who neighbours whom.

use crate::{
    cloth::Shell,
    pack::{Corner, PackContent, PackError, Target},
};
use glam::{Vec2, Vec3};
use std::collections::BTreeMap;

/// The part of the base texture that belongs to the head: left, top, right, bottom (v down).
const HEAD: [f32; 4] = [0.638, 0.17, 0.998, 0.862];
/// Where the lining of the mouth is.
const LINING: [f32; 4] = [0.75, 0.8625, 0.93, 0.995];

/// Faces with one texture, ready to be a mesh: corners with the same vertex and place in the texture
/// are one.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    /// The pack's vertex of each corner.
    pub(crate) sources: Vec<u16>,
    /// Place in this sheet's texture.
    pub(crate) uvs: Vec<Vec2>,
    /// Place in the base mesh's texture.
    pub(crate) base_uvs: Vec<Vec2>,
    pub(crate) triangles: Vec<[u32; 3]>,
}

impl Sheet {
    pub(crate) fn new(
        faces: impl IntoIterator<Item = [Corner; 4]>,
        uvs: &[Vec2],
        place: impl Fn(Vec2) -> Vec2,
    ) -> Self {
        let mut sheet = Self::default();
        let mut known = BTreeMap::<Corner, u32>::new();
        for face in faces {
            let quad = face.map(|corner| {
                *known.entry(corner).or_insert_with(|| {
                    let base = uvs[usize::from(corner.uv)];
                    sheet.sources.push(corner.vertex);
                    sheet.base_uvs.push(base);
                    sheet.uvs.push(place(base));
                    sheet.sources.len() as u32 - 1
                })
            });
            sheet.triangles.push([quad[0], quad[1], quad[2]]);
            sheet.triangles.push([quad[0], quad[2], quad[3]]);
        }
        sheet
    }

    /// Adds another sheet's faces.
    fn extend(&mut self, other: Self) {
        let first = self.sources.len() as u32;
        self.sources.extend(other.sources);
        self.uvs.extend(other.uvs);
        self.base_uvs.extend(other.base_uvs);
        self.triangles.extend(other.triangles.into_iter().map(|t| t.map(|i| i + first)));
    }
}

/// Lists of small numbers, one list for every vertex.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    starts: Vec<u32>,
    entries: Vec<u32>,
}

impl Lists {
    /// From pairs of list and entry.
    pub(crate) fn new(count: usize, pairs: impl Iterator<Item = (usize, u32)> + Clone) -> Self {
        let mut starts = vec![0u32; count + 1];
        for (list, _) in pairs.clone() {
            starts[list + 1] += 1;
        }
        for at in 0..count {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut entries = vec![0; starts[count] as usize];
        for (list, entry) in pairs {
            entries[next[list] as usize] = entry;
            next[list] += 1;
        }
        Self { starts, entries }
    }

    pub(crate) fn of(&self, list: usize) -> &[u32] {
        &self.entries[self.starts[list] as usize..self.starts[list + 1] as usize]
    }
}

/// Everything about the base mesh that no spec changes.
#[derive(Debug)]
pub(crate) struct Topology {
    /// All quads that have normals.
    pub(crate) quads: Vec<[u16; 4]>,
    /// Quads around every vertex.
    pub(crate) quads_of: Lists,
    pub(crate) head: Sheet,
    pub(crate) body: Sheet,
    /// Lining, tongue and teeth.
    pub(crate) mouth: Sheet,
    pub(crate) lashes: Sheet,
    /// What clothes are cut from: around the whole body, and a long skirt.
    pub(crate) suit: Shell,
    pub(crate) skirt: Shell,
    /// Lower and upper vertices that meet where the lips do.
    pub(crate) lips: Vec<[u16; 2]>,
    /// Lower and upper vertices of the left and the right eye's lids that meet in a blink.
    pub(crate) lids: [Vec<[u16; 2]>; 2],
    /// Vertices of the skin (group `body`) come first in the pack: this many.
    pub(crate) skin_vertices: usize,
}

fn inside(rect: [f32; 4], uv: Vec2) -> bool {
    uv.x >= rect[0] && uv.y >= rect[1] && uv.x <= rect[2] && uv.y <= rect[3]
}

/// Stretches the middle of an axis: `gain` times denser at `centre`, over `width`.
fn stretch(x: f32, [low, high]: [f32; 2], centre: f32, width: f32, gain: f32) -> f32 {
    let raw = |x: f32| x + gain * width * ((x - centre) / width).tanh();
    (raw(x) - raw(low)) / (raw(high) - raw(low))
}

/// From the base mesh's texture to that of the head, which gives the face most of the room.
pub(crate) fn head_place(base: Vec2) -> Vec2 {
    let v = 1.0 - stretch(base.x, [HEAD[0], HEAD[2]], 0.872, 0.075, 3.0);
    let u = 1.0 - stretch(base.y, [HEAD[1], HEAD[3]], 0.5165, 0.075, 5.0);
    // The face stands upright in its texture: chin down, the person's left on the right.
    Vec2::new(0.01 + 0.98 * u, 0.01 + 0.98 * (1.0 - v))
}

/// Along the row of teeth (0.5 is the middle), and from gum to edge, in the mouth's texture.
fn tooth_place(p: Vec3, gum: f32, edge: f32, top: f32) -> Vec2 {
    let turn = f32::atan2(p.x, p.z - 0.09) / std::f32::consts::PI;
    let down = ((p.y - gum) / (edge - gum)).clamp(0.0, 1.0);
    Vec2::new((0.25 + 0.46 * turn).clamp(0.01, 0.49), top + 0.01 + 0.23 * down)
}

fn upper_tooth_place(p: Vec3) -> Vec2 {
    tooth_place(p, 0.679 + 0.13 * p.x.abs(), 0.660 + 0.33 * p.x.abs(), 0.5)
}

fn lower_tooth_place(p: Vec3) -> Vec2 {
    tooth_place(p, 0.642 + 0.55 * p.x.abs(), 0.6595 + 0.37 * p.x.abs(), 0.75)
}

/// Across a strip of lashes, and from root to tip in the half of the texture that begins at `top`.
fn lash_places(sources: &[u16], vertices: &[Vec3], top: f32) -> Vec<Vec2> {
    let places: Vec<Vec3> = sources.iter().map(|v| vertices[usize::from(*v)]).collect();
    let side = places.first().map_or(1.0, |p| p.x.signum());
    let eye = Vec3::new(side * 0.0308, 0.7284, 0.1237);
    let away: Vec<f32> = places.iter().map(|p| p.distance(eye)).collect();
    let across: Vec<f32> = places.iter().map(|p| p.x * side).collect();
    let span = |values: &mut dyn Iterator<Item = f32>| {
        let ends = values.fold((f32::MAX, f32::MIN), |(l, h), v| (l.min(v), h.max(v)));
        (ends.0, (ends.1 - ends.0).max(1e-6))
    };
    let (inner, width) = span(&mut across.iter().copied());
    across
        .iter()
        .zip(&away)
        .map(|(x, d)| {
            // From the roots nearby to the tips nearby.
            let near = across.iter().zip(&away).filter(|(other, _)| (*other - x).abs() < 0.0035);
            let (root, depth) = span(&mut near.map(|(_, d)| *d));
            let v = 0.02 + 0.46 * (d - root) / depth;
            Vec2::new(0.01 + 0.98 * (x - inner) / width, top + v)
        })
        .collect()
}

impl Topology {
    pub(crate) fn new(
        content: &PackContent,
        vertices: &[Vec3],
        uvs: &[Vec2],
    ) -> Result<Self, PackError> {
        let group = |name: &str| {
            let found = content.groups.get(name).filter(|faces| !faces.is_empty());
            found.ok_or_else(|| PackError::Missing { what: format!("group {name}") })
        };
        let skin = group("body")?;
        let all_in = |face: &[Corner; 4], rect: [f32; 4]| {
            face.iter().all(|corner| inside(rect, uvs[usize::from(corner.uv)]))
        };
        let pick = |want: fn(bool, bool) -> bool| {
            skin.iter().copied().filter(move |face| want(all_in(face, HEAD), all_in(face, LINING)))
        };
        let head = Sheet::new(pick(|head, _| head), uvs, head_place);
        let body = Sheet::new(pick(|head, lining| !head && !lining), uvs, |uv| uv);
        let corner = |rect: [f32; 4], to: [f32; 2]| {
            move |uv: Vec2| {
                let span = (rect[2] - rect[0]).max(rect[3] - rect[1]);
                let part = (uv - Vec2::new(rect[0], rect[1])) / span;
                Vec2::from(to) + 0.02 + 0.46 * part.clamp(Vec2::ZERO, Vec2::ONE)
            }
        };
        let mut mouth =
            Sheet::new(pick(|head, lining| !head && lining), uvs, corner(LINING, [0.0; 2]));
        let tongue = group("tongue")?;
        let all = tongue.iter().flatten().map(|c| uvs[usize::from(c.uv)]);
        let low = all.clone().fold(Vec2::MAX, Vec2::min);
        let high = all.fold(Vec2::MIN, Vec2::max);
        let place = corner([low.x, low.y, high.x, high.y], [0.5, 0.0]);
        mouth.extend(Sheet::new(tongue.iter().copied(), uvs, place));
        for (name, place) in [
            ("upper-teeth", upper_tooth_place as fn(Vec3) -> Vec2),
            ("lower-teeth", lower_tooth_place),
        ] {
            let mut teeth = Sheet::new(group(name)?.iter().copied(), uvs, |uv| uv);
            let places = teeth.sources.iter().map(|v| place(vertices[usize::from(*v)]));
            teeth.uvs = places.collect();
            mouth.extend(teeth);
        }
        let mut lashes = Sheet::default();
        for (name, top) in [
            ("l-eyelashes-2", 0.0),
            ("r-eyelashes-2", 0.0),
            ("l-eyelashes-1", 0.5),
            ("r-eyelashes-1", 0.5),
        ] {
            let mut strip = Sheet::new(group(name)?.iter().copied(), uvs, |uv| uv);
            strip.uvs = lash_places(&strip.sources, vertices, top);
            lashes.extend(strip);
        }
        group("tights")?;
        let quads: Vec<[u16; 4]> =
            content.groups.values().flatten().map(|face| face.map(|c| c.vertex)).collect();
        let pairs = quads
            .iter()
            .enumerate()
            .flat_map(|(at, quad)| quad.iter().map(move |v| (usize::from(*v), at as u32)));
        let quads_of = Lists::new(vertices.len(), pairs);
        let skin_vertices =
            skin.iter().flatten().map(|c| usize::from(c.vertex) + 1).max().unwrap_or(0);
        let [suit, skirt] = crate::outfit::shells(content, vertices, uvs);
        let mut topology = Self {
            lips: Vec::new(),
            lids: [Vec::new(), Vec::new()],
            suit,
            skirt,
            quads,
            quads_of,
            head,
            body,
            mouth,
            lashes,
            skin_vertices,
        };
        topology.lips = topology.meeting_lips(vertices);
        topology.lids = ["eyeBlinkLeft", "eyeBlinkRight"].map(|name| {
            let blink = content.targets.get(&format!("face/{name}"));
            blink.map_or_else(Vec::new, |blink| topology.meeting_lids(blink, vertices))
        });
        Ok(topology)
    }

    /// Pairs of vertices of the lower and the upper lid that a blink brings together.
    fn meeting_lids(&self, blink: &Target, vertices: &[Vec3]) -> Vec<[u16; 2]> {
        let mut shut = vertices.to_vec();
        blink.add_to(&mut shut, 1.0);
        let skin = |v: &usize| *v < self.skin_vertices;
        let upper: Vec<usize> = blink
            .moves()
            .map(|(v, _)| v)
            .filter(|v| skin(v) && vertices[*v].y - shut[*v].y > 0.004)
            .collect();
        let near_eye =
            |v: &usize| upper.iter().any(|u| shut[*u].distance_squared(shut[*v]) < 0.0016 * 0.0016);
        (0..self.skin_vertices)
            .filter(|v| shut[*v].distance(vertices[*v]) < 0.002)
            .filter(|v| shut[*v].z > 0.10 && (0.71..0.74).contains(&shut[*v].y))
            .filter(near_eye)
            .filter_map(|low| {
                let away = |u: &usize| shut[*u].distance(shut[low]);
                let high = upper.iter().copied().min_by(|a, b| away(a).total_cmp(&away(b)))?;
                Some([low as u16, high as u16])
            })
            .collect()
    }

    /// Pairs of vertices of the lower and the upper lip that face each other.
    fn meeting_lips(&self, vertices: &[Vec3]) -> Vec<[u16; 2]> {
        let normals = self.normals(vertices);
        let near = |v: &usize| {
            let p = vertices[*v];
            p.x.abs() < 0.02 && (0.6570..0.6665).contains(&p.y) && p.z > 0.143
        };
        let all: Vec<usize> = (0..self.skin_vertices).filter(near).collect();
        let upper: Vec<usize> = all.iter().copied().filter(|v| normals[*v].y < -0.4).collect();
        let lower = all.iter().copied().filter(|v| normals[*v].y > 0.4);
        lower
            .filter_map(|low| {
                let away = |high: &usize| vertices[*high].distance(vertices[low]);
                let high = upper.iter().copied().min_by(|a, b| away(a).total_cmp(&away(b)))?;
                (away(&high) < 0.003).then_some([low as u16, high as u16])
            })
            .collect()
    }

    /// The normal of one quad, as long as its area is large.
    pub(crate) fn area(&self, quad: u32, at: impl Fn(usize) -> Vec3) -> Vec3 {
        let [a, b, c, d] = self.quads[quad as usize].map(|v| at(usize::from(v)));
        (c - a).cross(d - b)
    }

    /// Unit normals of all vertices; those of joints are zero.
    pub(crate) fn normals(&self, positions: &[Vec3]) -> Vec<Vec3> {
        let mut normals = vec![Vec3::ZERO; positions.len()];
        for quad in 0..self.quads.len() as u32 {
            let area = self.area(quad, |v| positions[v]);
            for vertex in self.quads[quad as usize] {
                normals[usize::from(vertex)] += area;
            }
        }
        normals.iter_mut().for_each(|n| *n = n.normalize_or_zero());
        normals
    }
}
