//! Triangles and morph targets.

use super::{
    Notes,
    materials::Uvs,
    names::arkit_shape,
    skin::{Binding, Bones},
    tree::Tree,
};
use crate::{
    BodyMesh, MorphTarget,
    vrm::{
        error::Problem,
        gltf::{Reader, at_most, schema},
    },
};
use glam::{Mat3, Mat4, Vec3};
use serde_json::{Map, Value};

/// A mesh of the body, and where it comes from.
pub(crate) struct Placed {
    pub node: usize,
    /// Index of the file's mesh.
    pub source: usize,
    pub mesh: BodyMesh,
}

/// All meshes of the scene.
pub(crate) fn read(
    reader: &Reader,
    tree: &Tree,
    bones: &Bones,
    uvs: &[Uvs],
    notes: &mut Notes,
) -> Result<Vec<Placed>, Problem> {
    let document = reader.document;
    let mut placed = Vec::new();
    let (mut vertices, mut corners) = (0, 0);
    for node in &tree.order {
        let Some(source) = document.nodes[*node].mesh else { continue };
        let mesh = document.meshes.get(source as usize).ok_or_else(|| {
            Problem::index(format!("nodes[{node}].mesh"), "meshes", source, document.meshes.len())
        })?;
        let binding = bones.binding(reader, tree, *node)?;
        let names = target_names(mesh);
        for (at, primitive) in mesh.primitives.iter().enumerate() {
            let field = format!("meshes[{source}].primitives[{at}]");
            let Some(read) = (Source { reader, primitive, field: &field, names: &names })
                .read(&binding, uvs, notes)?
            else {
                continue;
            };
            vertices += read.positions.len() as u64;
            corners += read.indices.len() as u64;
            at_most("vertices of all meshes", vertices, document.limits.vertices)?;
            at_most("corners of all triangles", corners, document.limits.corners)?;
            let name = mesh.name.clone().unwrap_or_else(|| format!("mesh {source}"));
            let name = if mesh.primitives.len() > 1 { format!("{name} {at}") } else { name };
            placed.push(Placed {
                node: *node,
                source: source as usize,
                mesh: BodyMesh { name, ..read },
            });
        }
    }
    Ok(placed)
}

/// Names of the morph targets: of the mesh, or of its first primitive as older exporters do.
fn target_names(mesh: &schema::Mesh) -> Vec<String> {
    let of = |extras: &Option<Value>| {
        let names = extras.as_ref()?.get("targetNames")?.as_array()?;
        Some(names.iter().map(|n| n.as_str().unwrap_or_default().to_owned()).collect())
    };
    of(&mesh.extras)
        .or_else(|| mesh.primitives.iter().find_map(|p| of(&p.extras)))
        .unwrap_or_default()
}

struct Source<'a> {
    reader: &'a Reader<'a>,
    primitive: &'a schema::Primitive,
    field: &'a str,
    names: &'a [String],
}

/// What brings one vertex into model space.
struct Carry {
    place: Mat4,
    normals: Mat3,
}

impl Source<'_> {
    fn read(
        &self,
        binding: &Binding,
        uvs: &[Uvs],
        notes: &mut Notes,
    ) -> Result<Option<BodyMesh>, Problem> {
        let field = self.field;
        let skip = |reason: &str, notes: &mut Notes| {
            notes.add(field, reason);
            Ok(None)
        };
        if self
            .primitive
            .extensions
            .as_ref()
            .is_some_and(|e| e.contains_key("KHR_draco_mesh_compression"))
        {
            return skip("is compressed with Draco, which is not supported; it is left out", notes);
        }
        if !matches!(self.primitive.mode, None | Some(4..=6)) {
            return skip("is not made of triangles; it is left out", notes);
        }
        let Some(position) = self.attribute("POSITION")? else {
            return skip("has no POSITION; it is left out", notes);
        };
        let document = self.reader.document;
        let name = format!("{field}.attributes.POSITION");
        let declared = self.reader.accessor(&name, position)?.count;
        at_most(&name, declared, document.limits.vertices)?;
        let positions = self.reader.floats::<3>(&name, position)?;
        let count = positions.len();
        let indices = self.indices(count)?;
        if indices.is_empty() {
            return skip("has no triangles; it is left out", notes);
        }
        let given = self.vectors::<3>("NORMAL", count)?;
        let normals = given.unwrap_or_else(|| normals(&positions, &indices));
        let tangents = self.vectors::<4>("TANGENT", count)?.unwrap_or_default();
        let material = self.primitive.material.map_or(uvs.len() - 1, |m| m as usize);
        let transform = uvs.get(material).ok_or_else(|| {
            Problem::index(format!("{field}.material"), "materials", material as u64, uvs.len() - 1)
        })?;
        let set = format!("TEXCOORD_{}", transform.set);
        let mut coordinates =
            self.vectors::<2>(&set, count)?.unwrap_or_else(|| vec![[0.0; 2]; count]);
        transform.apply(&mut coordinates);
        let (joints, weights, carry) = self.carry(binding, count)?;
        let carry_at = |vertex: usize| if carry.len() == 1 { &carry[0] } else { &carry[vertex] };
        let targets = self.targets(&normals, carry_at, notes)?;
        let unit = |v: Vec3| v.try_normalize().unwrap_or(Vec3::Y);
        let mut mesh = BodyMesh {
            name: String::new(),
            material,
            uvs: coordinates,
            indices,
            targets,
            joints,
            weights,
            tangents: Vec::new(),
            positions: Vec::with_capacity(count),
            normals: Vec::with_capacity(count),
        };
        for vertex in 0..count {
            let carry = carry_at(vertex);
            let place = carry.place.transform_point3(Vec3::from_array(positions[vertex]));
            if !place.is_finite() {
                return Err(Problem::field(name, format!("vertex {vertex} is nowhere")));
            }
            mesh.positions.push(place.to_array());
            mesh.normals.push(unit(carry.normals * Vec3::from_array(normals[vertex])).to_array());
            if let Some([x, y, z, sign]) = tangents.get(vertex) {
                let along = unit(carry.place.transform_vector3(Vec3::new(*x, *y, *z)));
                mesh.tangents.push(along.extend(*sign).to_array());
            }
        }
        // A mirrored mesh shows its back otherwise.
        if carry_at(0).place.determinant() < 0.0 {
            mesh.indices.chunks_exact_mut(3).for_each(|triangle| triangle.swap(1, 2));
        }
        Ok(Some(mesh))
    }

    fn attribute(&self, name: &str) -> Result<Option<u64>, Problem> {
        attribute(&self.primitive.attributes, name, &format!("{}.attributes", self.field))
    }

    fn vectors<const N: usize>(
        &self,
        name: &str,
        count: usize,
    ) -> Result<Option<Vec<[f32; N]>>, Problem> {
        let Some(at) = self.attribute(name)? else { return Ok(None) };
        let field = format!("{}.attributes.{name}", self.field);
        let items = self.reader.floats::<N>(&field, at)?;
        same_count(field, items.len(), count)?;
        Ok(Some(items))
    }

    /// Corners of triangles.
    fn indices(&self, vertices: usize) -> Result<Vec<u32>, Problem> {
        let name = format!("{}.indices", self.field);
        let listed: Vec<u32> = match self.primitive.indices {
            None => (0..vertices as u32).collect(),
            Some(at) => {
                self.reader.integers::<1>(&name, at)?.into_iter().map(|[index]| index).collect()
            }
        };
        if let Some(index) = listed.iter().find(|index| **index as usize >= vertices) {
            let reason = format!("vertex {index} of {vertices} does not exist");
            return Err(Problem::field(name, reason));
        }
        Ok(match self.primitive.mode {
            Some(5) => (listed.windows(3).enumerate())
                .flat_map(
                    |(at, w)| if at % 2 == 0 { [w[0], w[1], w[2]] } else { [w[1], w[0], w[2]] },
                )
                .collect(),
            Some(6) => (listed.windows(2).skip(1)).flat_map(|w| [listed[0], w[0], w[1]]).collect(),
            _ => listed[..listed.len() / 3 * 3].to_vec(),
        })
    }

    /// Joints and weights of all vertices, and what carries each vertex (one for all of a rigid mesh).
    #[allow(clippy::type_complexity)]
    fn carry(
        &self,
        binding: &Binding,
        count: usize,
    ) -> Result<(Vec<[u16; 4]>, Vec<[f32; 4]>, Vec<Carry>), Problem> {
        let (first, bone) = binding.joints[0];
        let rigid = |place: Mat4| Carry { place, normals: normals_of(place) };
        if !binding.skinned || self.attribute("JOINTS_0")?.is_none() {
            let joints = vec![[bone, 0, 0, 0]; count];
            return Ok((joints, vec![[1.0, 0.0, 0.0, 0.0]; count], vec![rigid(first)]));
        }
        let mut sets = Vec::new();
        for set in 0..2 {
            let name = format!("JOINTS_{set}");
            let Some(at) = self.attribute(&name)? else { break };
            let field = format!("{}.attributes.{name}", self.field);
            let joints = self.reader.integers::<4>(&field, at)?;
            same_count(field.clone(), joints.len(), count)?;
            let all = binding.joints.len();
            if let Some(joint) = joints.iter().flatten().find(|j| **j as usize >= all) {
                let reason = format!("there is no joint {joint}, only {all}");
                return Err(Problem::field(field, reason));
            }
            let weights =
                self.vectors::<4>(&format!("WEIGHTS_{set}"), count)?.ok_or_else(|| {
                    Problem::field(
                        format!("{}.attributes", self.field),
                        format!("has {name} but no WEIGHTS_{set}"),
                    )
                })?;
            sets.push((joints, weights));
        }
        let mut out =
            (Vec::with_capacity(count), Vec::with_capacity(count), Vec::with_capacity(count));
        for vertex in 0..count {
            let mut pairs = [(0u32, 0.0f32); 8];
            for (set, (joints, weights)) in sets.iter().enumerate() {
                for slot in 0..4 {
                    pairs[set * 4 + slot] = (joints[vertex][slot], weights[vertex][slot].max(0.0));
                }
            }
            if sets.len() > 1 {
                pairs.sort_by(|a, b| b.1.total_cmp(&a.1));
            }
            let sum: f32 = pairs[..4].iter().map(|(_, weight)| weight).sum();
            if !(sum > 1e-6 && sum.is_finite()) {
                pairs = [(pairs[0].0, 0.0); 8];
                pairs[0].1 = 1.0;
            }
            let scale = if sum > 1e-6 && sum.is_finite() { 1.0 / sum } else { 1.0 };
            let mut place = Mat4::ZERO;
            let (mut bones, mut weights) = ([0u16; 4], [0.0f32; 4]);
            for (slot, (joint, weight)) in pairs[..4].iter().enumerate() {
                let weight = weight * scale;
                let (matrix, bone) = binding.joints[*joint as usize];
                if weight > 0.0 {
                    (bones[slot], weights[slot]) = (bone, weight);
                    place += matrix * weight;
                }
            }
            out.0.push(bones);
            out.1.push(weights);
            out.2.push(rigid(place));
        }
        Ok(out)
    }

    fn targets<'c>(
        &self,
        normals: &[[f32; 3]],
        carry_at: impl Fn(usize) -> &'c Carry,
        notes: &mut Notes,
    ) -> Result<Vec<MorphTarget>, Problem> {
        let count = normals.len();
        let given = self.primitive.targets.as_deref().unwrap_or_default();
        if !given.is_empty() && !self.names.is_empty() && self.names.len() != given.len() {
            let reason =
                format!("{} names are given for {} morph targets", self.names.len(), given.len());
            notes.add(&format!("{}.targets", self.field), &reason);
        }
        let mut targets = Vec::with_capacity(given.len());
        for (at, attributes) in given.iter().enumerate() {
            let field = format!("{}.targets[{at}]", self.field);
            let mut named = None;
            let mut part = |name: &str| {
                let Some(index) = attribute(attributes, name, &field)? else {
                    return Ok(Vec::new());
                };
                let field = format!("{field}.{name}");
                named = named.take().or(self.reader.accessor(&field, index)?.name.clone());
                let part = self.reader.sparsely::<3>(&field, index)?;
                same_count(field, part.count, count)?;
                Ok::<_, Problem>(part.items)
            };
            let (places, turns) = (part("POSITION")?, part("NORMAL")?);
            let listed = self.names.get(at).filter(|name| !name.is_empty()).cloned();
            let name = listed.or(named).unwrap_or_else(|| format!("target {at}"));
            let mut target = MorphTarget {
                shape: arkit_shape(&name),
                name,
                vertices: Vec::with_capacity(places.len()),
                positions: Vec::with_capacity(places.len()),
                normals: Vec::with_capacity(places.len()),
            };
            let (mut a, mut b) = (places.into_iter().peekable(), turns.into_iter().peekable());
            while let Some(vertex) = match (a.peek(), b.peek()) {
                (Some((x, _)), Some((y, _))) => Some(*x.min(y)),
                (Some((x, _)), None) | (None, Some((x, _))) => Some(*x),
                (None, None) => None,
            } {
                let moved = a.next_if(|(v, _)| *v == vertex).map_or([0.0; 3], |(_, d)| d);
                let turned = b.next_if(|(v, _)| *v == vertex).map_or([0.0; 3], |(_, d)| d);
                let carry = carry_at(vertex as usize);
                let normal = carry.normals * Vec3::from_array(normals[vertex as usize]);
                let scale = normal.length().max(1e-12).recip();
                let moved = carry.place.transform_vector3(Vec3::from_array(moved));
                let turned = carry.normals * Vec3::from_array(turned) * scale;
                if !moved.is_finite() || !turned.is_finite() {
                    return Err(Problem::field(field, format!("vertex {vertex} moves nowhere")));
                }
                target.vertices.push(vertex);
                target.positions.push(moved.to_array());
                target.normals.push(turned.to_array());
            }
            targets.push(target);
        }
        Ok(targets)
    }
}

fn attribute(
    attributes: &Map<String, Value>,
    name: &str,
    field: &str,
) -> Result<Option<u64>, Problem> {
    match attributes.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_u64() {
            Some(index) => Ok(Some(index)),
            None => Err(Problem::field(format!("{field}.{name}"), "is not an accessor's index")),
        },
    }
}

fn same_count(field: String, there: usize, wanted: usize) -> Result<(), Problem> {
    if there == wanted {
        return Ok(());
    }
    Err(Problem::field(field, format!("has {there} items for {wanted} vertices")))
}

/// What carries normals where `place` carries points; lengths do not matter.
fn normals_of(place: Mat4) -> Mat3 {
    let m = Mat3::from_mat4(place);
    let [x, y, z] = [m.x_axis, m.y_axis, m.z_axis];
    Mat3::from_cols(y.cross(z), z.cross(x), x.cross(y)) * m.determinant().signum()
}

/// Smooth normals of a mesh that has none.
fn normals(positions: &[[f32; 3]], indices: &[u32]) -> Vec<[f32; 3]> {
    let mut sums = vec![Vec3::ZERO; positions.len()];
    for triangle in indices.chunks_exact(3) {
        let [a, b, c] =
            [0, 1, 2].map(|corner| Vec3::from_array(positions[triangle[corner] as usize]));
        let across = (b - a).cross(c - a);
        triangle.iter().for_each(|vertex| sums[*vertex as usize] += across);
    }
    sums.into_iter().map(|sum| sum.try_normalize().unwrap_or(Vec3::Y).to_array()).collect()
}
