//! Placed primitives, and groups of them that can be placed again.

use glam::{Affine3A, Mat3, Quat, Vec3, Vec3A};
use reverie_world_model::Season;

use crate::class::Class;
use crate::rays::bvh::{Aabb, Bvh};
use crate::rays::pack::{BodyPack, FramePack, TrianglePack};
use crate::rays::shape::Shape;
use crate::rays::simd::LANES;
use crate::rays::wide::{Child, Wide};

/// A ray in metres; the direction has unit length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ray {
    pub origin: Vec3,
    pub dir: Vec3,
}

impl Ray {
    pub fn at(&self, t: f32) -> Vec3 {
        self.origin + self.dir * t
    }
}

/// Index into the scene's materials.
pub(crate) type MaterialId = u16;

/// Where a ray meets the scene.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    /// Metres along the ray.
    pub t: f32,
    /// Unit normal in the world, turned towards the ray.
    pub normal: Vec3,
    /// Position in metres in the object's own frame: where its texture lives.
    pub local: Vec3,
    /// Unit normal in the object's own frame.
    pub local_normal: Vec3,
    pub material: MaterialId,
    /// Random bits of the object, for variation between copies.
    pub tint: u32,
    pub class: Class,
    /// Which object: 0 is none in particular.
    pub instance: u32,
    /// Place of a moving object in the scene's list of them.
    pub mover: Option<u32>,
}

/// What is being built: given to every primitive that is added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Label {
    pub class: Class,
    pub instance: u32,
}

/// A shape with placement and material.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prim {
    pub(crate) shape: Shape,
    pub(crate) local_from_outer: Affine3A,
    outer_from_local: Affine3A,
    pub(crate) scale: Vec3,
    pub material: MaterialId,
    pub tint: u32,
    pub label: Label,
}

impl Prim {
    /// Places a unit shape: `scale` is its half size in metres along its own axes.
    pub fn new(
        shape: Shape,
        position: Vec3,
        rotation: Quat,
        scale: Vec3,
        material: MaterialId,
    ) -> Self {
        let scale = scale.abs().max(Vec3::splat(1e-4));
        let outer_from_local = Affine3A::from_scale_rotation_translation(scale, rotation, position);
        let inverse = Mat3::from_diagonal(scale.recip()) * Mat3::from_quat(rotation.conjugate());
        let local_from_outer = Affine3A::from_mat3_translation(inverse, -(inverse * position));
        // Copies look different by where they stand, without any shared counter.
        let tint = crate::surface::noise::hash(
            (position.x * 64.0) as i32,
            (position.y * 64.0) as i32,
            (position.z * 64.0) as i32,
            0x51ed,
        );
        let label = Label::default();
        Self { shape, local_from_outer, outer_from_local, scale, material, tint, label }
    }

    #[inline]
    pub(crate) fn local_ray(&self, origin: Vec3, dir: Vec3) -> (Vec3, Vec3) {
        (
            self.local_from_outer.transform_point3(origin),
            self.local_from_outer.transform_vector3(dir),
        )
    }

    pub(crate) fn outer_normal(&self, local: Vec3) -> Vec3 {
        (self.local_from_outer.matrix3.transpose() * local).normalize_or(Vec3::Y)
    }
}

/// A corner, the edges from there and the normals of the corners.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Triangle {
    a: Vec3,
    ab: Vec3,
    ac: Vec3,
    normals: [Vec3; 3],
}

impl Triangle {
    /// Smooth unit normal where a ray meets the triangle.
    pub(crate) fn normal(&self, o: Vec3, d: Vec3) -> Vec3 {
        let (_, u, v) = self.meet(o, d);
        (self.normals[0] * (1.0 - u - v) + self.normals[1] * u + self.normals[2] * v)
            .normalize_or(Vec3::Y)
    }

    /// Distance along the ray to the triangle, when it is met within `t_min..t_max`.
    pub(crate) fn intersect(&self, o: Vec3, d: Vec3, t_min: f32, t_max: f32) -> Option<f32> {
        let (t, u, v) = self.meet(o, d);
        let inside = (0.0..=1.0).contains(&u) && v >= 0.0 && u + v <= 1.0;
        (inside && t > t_min && t < t_max).then_some(t)
    }

    /// Distance along the ray to the triangle's plane, and the shares of its second and third
    /// corner there.
    #[inline]
    pub(crate) fn meet(&self, o: Vec3, d: Vec3) -> (f32, f32, f32) {
        let p = d.cross(self.ac);
        let inverse = 1.0 / self.ab.dot(p);
        let s = o - self.a;
        let u = s.dot(p) * inverse;
        let q = s.cross(self.ab);
        (self.ac.dot(q) * inverse, u, d.dot(q) * inverse)
    }
}

/// Primitives with their hierarchy. Groups are placed into other groups by [`Shape::Group`].
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) prims: Vec<Prim>,
    pub(crate) triangles: Vec<Triangle>,
    bounds: Aabb,
    /// What rays meet: a hierarchy over packs of primitives.
    pub(crate) wide: Wide,
    pub(crate) bodies: Vec<BodyPack>,
    pub(crate) cards: Vec<FramePack>,
    pub(crate) meshes: Vec<TrianglePack>,
    label: Label,
}

impl Default for Group {
    fn default() -> Self {
        Self {
            prims: Vec::new(),
            triangles: Vec::new(),
            bounds: Aabb::EMPTY,
            wide: Wide::default(),
            bodies: Vec::new(),
            cards: Vec::new(),
            meshes: Vec::new(),
            label: Label::default(),
        }
    }
}

/// Kinds of packs, as children of the hierarchy.
pub(crate) const BODIES: u32 = 1;
pub(crate) const CARDS: u32 = 2;
pub(crate) const MESH: u32 = 3;

/// What a ray asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// The first surface.
    Nearest,
    /// The first surface that is neither leaf nor blade.
    NearestSolid,
}

impl Group {
    /// An empty group whose primitives are of this class.
    pub fn of(class: Class) -> Self {
        Self { label: Label { class, instance: 0 }, ..Self::default() }
    }

    /// The class and instance of what is added from here on.
    pub fn label(&mut self, class: Class, instance: u32) {
        self.label = Label { class, instance };
    }

    pub fn is_empty(&self) -> bool {
        self.prims.is_empty()
    }

    /// The class of its first primitive.
    pub fn class(&self) -> Class {
        self.prims.first().map_or(Class::Other, |prim| prim.label.class)
    }

    pub fn bounds(&self) -> Aabb {
        self.bounds
    }

    pub fn add(
        &mut self,
        shape: Shape,
        position: Vec3,
        rotation: Quat,
        half_size: Vec3,
        material: MaterialId,
    ) {
        let prim = Prim::new(shape, position, rotation, half_size, material);
        self.prims.push(Prim { label: self.label, ..prim });
    }

    /// An upright box from its centre and full size.
    pub fn cuboid(&mut self, centre: Vec3, size: Vec3, material: MaterialId) {
        self.add(Shape::Cuboid, centre, Quat::IDENTITY, size * 0.5, material);
    }

    /// A cylinder or cone between two points.
    pub fn rod(&mut self, from: Vec3, to: Vec3, radius: f32, top: f32, material: MaterialId) {
        let axis = to - from;
        let length = axis.length().max(1e-4);
        let rotation = Quat::from_rotation_arc(Vec3::Y, axis / length);
        self.add(
            Shape::Frustum { top },
            (from + to) * 0.5,
            rotation,
            Vec3::new(radius, length * 0.5, radius),
            material,
        );
    }

    /// Places a finished group; `scale` is relative to its own metres. Its primitives keep their
    /// classes and become one instance: the label's, or one that follows from the place.
    pub fn place(&mut self, group: u32, position: Vec3, rotation: Quat, scale: Vec3) {
        let prim = Prim::new(Shape::Group(group), position, rotation, scale, 0);
        let instance = if self.label.instance == 0 { prim.tint | 1 } else { self.label.instance };
        let label = Label { class: self.label.class, instance };
        self.prims.push(Prim { label, ..prim });
    }

    /// Places a finished group that will be elsewhere at the next tick: its looks follow from its
    /// instance and not from its place.
    pub fn place_moving(&mut self, group: u32, pose: &Affine3A, scale: Vec3, instance: u32) {
        let (_, rotation, position) = pose.to_scale_rotation_translation();
        let prim = Prim::new(Shape::Group(group), position, rotation, scale, 0);
        let tint = crate::surface::noise::hash(instance as i32, 0, 0, 0x51ed);
        let label = Label { class: Class::Other, instance };
        self.prims.push(Prim { tint, label, ..prim });
    }

    /// Brings plants into the season; bounds stay as they are.
    pub fn dress(&mut self, season: Season) {
        for prim in &mut self.prims {
            prim.shape.dress(season);
        }
        let prims = &self.prims;
        let shape_of = |prim: u32| prims.get(prim as usize).map(|prim| prim.shape);
        for pack in &mut self.bodies {
            pack.reshape(&shape_of);
        }
        for pack in &mut self.cards {
            pack.reshape(&shape_of);
        }
    }

    /// Forgets all primitives and keeps the memory.
    pub fn clear(&mut self) {
        self.prims.clear();
        self.triangles.clear();
    }

    /// A triangle with one normal per corner.
    pub fn triangle(&mut self, corners: [Vec3; 3], normals: [Vec3; 3], material: MaterialId) {
        let index = self.triangles.len() as u32;
        self.triangles.push(Triangle {
            a: corners[0],
            ab: corners[1] - corners[0],
            ac: corners[2] - corners[0],
            normals,
        });
        let mut prim =
            Prim::new(Shape::Triangle(index), Vec3::ZERO, Quat::IDENTITY, Vec3::ONE, material);
        prim.tint = 0;
        prim.label = self.label;
        self.prims.push(prim);
    }

    /// A smooth surface over a grid of points, `columns` to a row.
    pub fn surface(&mut self, points: &[Vec3], columns: usize, material: MaterialId) {
        let rows = points.len() / columns.max(1);
        if columns < 2 || rows < 2 {
            return;
        }
        let at = |c: usize, r: usize| points[r * columns + c];
        let mut normals = Vec::with_capacity(points.len());
        for r in 0..rows {
            for c in 0..columns {
                // Surfaces that close on themselves share the seam's neighbours.
                let closed = at(0, r).distance_squared(at(columns - 1, r)) < 1e-8;
                let (left, right) = match (c, closed) {
                    (0, true) => (columns - 2, 1),
                    (c, true) if c == columns - 1 => (columns - 2, 1),
                    _ => (c.saturating_sub(1), (c + 1).min(columns - 1)),
                };
                let across = at(right, r) - at(left, r);
                let along = at(c, (r + 1).min(rows - 1)) - at(c, r.saturating_sub(1));
                normals.push(along.cross(across).normalize_or(Vec3::Y));
            }
        }
        for r in 0..rows - 1 {
            for c in 0..columns - 1 {
                let [i, j, k, l] = [
                    r * columns + c,
                    r * columns + c + 1,
                    (r + 1) * columns + c,
                    (r + 1) * columns + c + 1,
                ];
                self.triangle(
                    [points[i], points[k], points[j]],
                    [normals[i], normals[k], normals[j]],
                    material,
                );
                self.triangle(
                    [points[j], points[k], points[l]],
                    [normals[j], normals[k], normals[l]],
                    material,
                );
            }
        }
    }

    /// A turned profile: `(radius, height)` pairs from bottom to top around Y.
    pub fn lathe(
        &mut self,
        centre: Vec3,
        profile: &[(f32, f32)],
        segments: usize,
        material: MaterialId,
    ) {
        let mut points = Vec::with_capacity(profile.len() * (segments + 1));
        for &(radius, height) in profile {
            for s in 0..=segments {
                let angle = (s % segments) as f32 / segments as f32 * std::f32::consts::TAU;
                points.push(centre + Vec3::new(radius * angle.cos(), height, radius * angle.sin()));
            }
        }
        self.surface(&points, segments + 1, material);
    }

    /// Builds the hierarchy; call once after the last primitive.
    pub fn finish(&mut self, groups: &[Group]) {
        let boxes = self.boxes(groups);
        let kinds: Vec<u8> = self.prims.iter().map(|prim| kind_of(prim.shape) as u8).collect();
        let bvh = Bvh::build(&boxes, &kinds, LANES);
        self.bounds = bvh.bounds();
        let Self { prims, triangles, wide, bodies, cards, meshes, .. } = self;
        bodies.clear();
        cards.clear();
        meshes.clear();
        let prim_of = |i: &u32| &prims[*i as usize];
        wide.fold(&bvh, |items| {
            let kind = items.first().map_or(BODIES, |i| kind_of(prim_of(i).shape));
            if kind == MESH {
                meshes.push(TrianglePack::new(items.iter().filter_map(|&i| {
                    let Shape::Triangle(t) = prims[i as usize].shape else { return None };
                    let t = &triangles[t as usize];
                    Some(([t.a, t.ab, t.ac], i))
                })));
                return Child::new(MESH, meshes.len() - 1);
            }
            let prims = items.iter().map(|&i| (&prims[i as usize], i));
            if kind == CARDS {
                let cards_of = prims.map(|(prim, i)| (prim.local_from_outer, prim.shape, i));
                cards.push(FramePack::new(cards_of));
                return Child::new(CARDS, cards.len() - 1);
            }
            bodies.push(BodyPack::new(prims.map(|(prim, i)| {
                (prim.local_from_outer, prim.shape, i, extent(prim.shape, groups))
            })));
            Child::new(BODIES, bodies.len() - 1)
        });
    }

    /// The boxes of the primitives.
    pub(crate) fn boxes(&self, groups: &[Group]) -> Vec<Aabb> {
        self.prims
            .iter()
            .map(|prim| {
                let mut bounds = Aabb::EMPTY;
                match prim.shape {
                    Shape::Triangle(i) => {
                        let t = &self.triangles[i as usize];
                        for p in [t.a, t.a + t.ab, t.a + t.ac] {
                            bounds.grow(p);
                        }
                    }
                    shape => {
                        let within = extent(shape, groups);
                        let (low, high) = (Vec3::from(within.min), Vec3::from(within.max));
                        for corner in 0..8 {
                            let p = Vec3::new(
                                if corner & 1 == 0 { low.x } else { high.x },
                                if corner & 2 == 0 { low.y } else { high.y },
                                if corner & 4 == 0 { low.z } else { high.z },
                            );
                            bounds.grow(prim.outer_from_local.transform_point3(p));
                        }
                    }
                }
                // Flat boxes need some thickness for the slab test.
                let pad = Vec3A::splat(1e-5) + bounds.max.abs().max(bounds.min.abs()) * 1e-6;
                Aabb { min: bounds.min - pad, max: bounds.max + pad }
            })
            .collect()
    }
}

fn kind_of(shape: Shape) -> u32 {
    match shape {
        Shape::Triangle(_) => MESH,
        card if card.is_card() => CARDS,
        _ => BODIES,
    }
}

/// The box around a shape in its own frame.
fn extent(shape: Shape, groups: &[Group]) -> Aabb {
    let (min, max) = match shape {
        Shape::Group(g) => return groups[g as usize].bounds,
        card if card.is_card() => (Vec3A::new(-1.0, -1.0, 0.0), Vec3A::new(1.0, 1.0, 0.0)),
        Shape::Torus { minor } => (Vec3A::new(-1.0, -minor, -1.0), Vec3A::new(1.0, minor, 1.0)),
        _ => (Vec3A::NEG_ONE, Vec3A::ONE),
    };
    Aabb { min, max }
}
