//! Placed primitives, groups of them that can be placed again, and ray queries on all of it.

use glam::{Affine3A, Mat3, Quat, Vec3};

use crate::bvh::{Aabb, Bvh};
use crate::class::Class;
use crate::shape::{LocalHit, Shape};

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
    shape: Shape,
    local_from_outer: Affine3A,
    outer_from_local: Affine3A,
    scale: Vec3,
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
        let tint = crate::noise::hash(
            (position.x * 64.0) as i32,
            (position.y * 64.0) as i32,
            (position.z * 64.0) as i32,
            0x51ed,
        );
        let label = Label::default();
        Self { shape, local_from_outer, outer_from_local, scale, material, tint, label }
    }

    #[inline]
    fn local_ray(&self, origin: Vec3, dir: Vec3) -> (Vec3, Vec3) {
        (
            self.local_from_outer.transform_point3(origin),
            self.local_from_outer.transform_vector3(dir),
        )
    }

    fn outer_normal(&self, local: Vec3) -> Vec3 {
        (self.local_from_outer.matrix3.transpose() * local).normalize_or(Vec3::Y)
    }
}

#[derive(Clone, Copy, Debug)]
struct Triangle {
    a: Vec3,
    ab: Vec3,
    ac: Vec3,
    normals: [Vec3; 3],
}

impl Triangle {
    #[inline]
    fn intersect(&self, o: Vec3, d: Vec3, t_min: f32, t_max: f32) -> Option<LocalHit> {
        let p = d.cross(self.ac);
        let det = self.ab.dot(p);
        if det == 0.0 {
            return None;
        }
        let inverse = 1.0 / det;
        let s = o - self.a;
        let u = s.dot(p) * inverse;
        if !(0.0..=1.0).contains(&u) {
            return None;
        }
        let q = s.cross(self.ab);
        let v = d.dot(q) * inverse;
        if v < 0.0 || u + v > 1.0 {
            return None;
        }
        let t = self.ac.dot(q) * inverse;
        (t > t_min && t < t_max).then(|| LocalHit {
            t,
            normal: self.normals[0] * (1.0 - u - v) + self.normals[1] * u + self.normals[2] * v,
        })
    }
}

/// Primitives with their hierarchy. Groups are placed into other groups by [`Shape::Group`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    prims: Vec<Prim>,
    triangles: Vec<Triangle>,
    bvh: Bvh,
    label: Label,
}

/// What a ray asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// The first surface.
    Nearest,
    /// Whether there is any.
    Any,
    /// The first surface that is neither leaf nor blade.
    NearestSolid,
}

#[derive(Clone, Copy)]
struct Found {
    t: f32,
    /// Chain of primitives from the outermost group inwards.
    outer: u32,
    inner: Option<u32>,
    normal: Vec3,
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

    pub fn bounds(&self) -> Aabb {
        self.bvh.bounds()
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
        let tint = crate::noise::hash(instance as i32, 0, 0, 0x51ed);
        let label = Label { class: Class::Other, instance };
        self.prims.push(Prim { tint, label, ..prim });
    }

    /// Forgets all primitives and keeps the memory.
    pub fn clear(&mut self) {
        self.prims.clear();
        self.triangles.clear();
        self.bvh = Bvh::default();
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
        let boxes: Vec<Aabb> = self
            .prims
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
                        let (low, high) = match shape {
                            Shape::Group(g) => {
                                let b = groups[g as usize].bvh.bounds();
                                (Vec3::from(b.min), Vec3::from(b.max))
                            }
                            Shape::Leaf | Shape::Foliage { .. } => {
                                (Vec3::new(-1.0, -1.0, 0.0), Vec3::new(1.0, 1.0, 0.0))
                            }
                            Shape::Torus { minor } => {
                                (Vec3::new(-1.0, -minor, -1.0), Vec3::new(1.0, minor, 1.0))
                            }
                            _ => (Vec3::NEG_ONE, Vec3::ONE),
                        };
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
                let pad = glam::Vec3A::splat(1e-5) + bounds.max.abs().max(bounds.min.abs()) * 1e-6;
                Aabb { min: bounds.min - pad, max: bounds.max + pad }
            })
            .collect();
        self.bvh = Bvh::build(&boxes);
    }

    fn find(
        &self,
        groups: &[Group],
        origin: Vec3,
        dir: Vec3,
        t_min: f32,
        t_max: f32,
        goal: Goal,
    ) -> Option<Found> {
        let mut best: Option<Found> = None;
        self.bvh.walk(origin, dir, t_max, |index, t_max| {
            let prim = &self.prims[index];
            let found = match prim.shape {
                Shape::Triangle(i) => self.triangles[i as usize]
                    .intersect(origin, dir, t_min, t_max)
                    .map(|h| Found { t: h.t, outer: index as u32, inner: None, normal: h.normal }),
                Shape::Group(g) => {
                    let (o, d) = prim.local_ray(origin, dir);
                    groups[g as usize].find(groups, o, d, t_min, t_max, goal).map(|inner| Found {
                        outer: index as u32,
                        inner: Some(inner.outer),
                        ..inner
                    })
                }
                Shape::Leaf | Shape::Foliage { .. } if goal == Goal::NearestSolid => None,
                shape => {
                    let (o, d) = prim.local_ray(origin, dir);
                    shape.intersect(o, d, t_min, t_max).map(|h| Found {
                        t: h.t,
                        outer: index as u32,
                        inner: None,
                        normal: h.normal,
                    })
                }
            };
            match found {
                Some(found) => {
                    best = Some(found);
                    if goal == Goal::Any { -1.0 } else { found.t }
                }
                None => t_max,
            }
        });
        best
    }

    /// True when something stands between `t_min` and `t_max`.
    pub fn blocked(&self, groups: &[Group], ray: &Ray, t_min: f32, t_max: f32) -> bool {
        self.find(groups, ray.origin, ray.dir, t_min, t_max, Goal::Any).is_some()
    }

    /// Nearest hit. Groups nest one level deep.
    pub fn trace(
        &self,
        groups: &[Group],
        ray: &Ray,
        t_min: f32,
        t_max: f32,
        goal: Goal,
    ) -> Option<Hit> {
        let found = self.find(groups, ray.origin, ray.dir, t_min, t_max, goal)?;
        let outer = &self.prims[found.outer as usize];
        let (prim, placed, tint, instance) = match (found.inner, outer.shape) {
            (Some(inner), Shape::Group(g)) => {
                let inner = &groups[g as usize].prims[inner as usize];
                (inner, Some(outer), inner.tint ^ outer.tint, outer.label.instance)
            }
            _ => (outer, None, outer.tint, outer.label.instance),
        };
        let (o, d) = match placed {
            Some(outer) => outer.local_ray(ray.origin, ray.dir),
            None => (ray.origin, ray.dir),
        };
        let point = o + d * found.t;
        let (local, local_normal, group_normal) = if matches!(prim.shape, Shape::Triangle(_)) {
            let n = found.normal.normalize_or(Vec3::Y);
            (point, n, n)
        } else {
            let local = prim.local_from_outer.transform_point3(point) * prim.scale;
            (
                (local),
                (found.normal / prim.scale).normalize_or(Vec3::Y),
                prim.outer_normal(found.normal),
            )
        };
        let mut normal = placed.map_or(group_normal, |outer| outer.outer_normal(group_normal));
        if normal.dot(ray.dir) > 0.0 {
            normal = -normal;
        }
        Some(Hit {
            t: found.t,
            normal,
            local,
            local_normal,
            material: prim.material,
            tint,
            class: prim.label.class,
            instance,
            mover: Some(found.outer),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;

    fn random_group(rng: &mut Rng, count: usize) -> Group {
        let mut group = Group::default();
        for _ in 0..count {
            let shape = rng.pick(&[
                Shape::Cuboid,
                Shape::Sphere,
                Shape::Frustum { top: 0.4 },
                Shape::Torus { minor: 0.3 },
                Shape::Leaf,
                Shape::Gable,
                Shape::Pyramid,
            ]);
            let mut any = || Vec3::new(rng.normal(), rng.normal(), rng.normal());
            let (position, axis, size) = (any() * 4.0, any(), any().abs() * 0.5 + 0.05);
            let turn = Quat::from_axis_angle(axis.normalize_or(Vec3::Y), position.x);
            group.add(shape, position, turn, size, 0);
        }
        group
    }

    fn random_ray(rng: &mut Rng) -> Ray {
        let mut any = || Vec3::new(rng.normal(), rng.normal(), rng.normal());
        let origin = any() * 8.0;
        Ray { origin, dir: (any() * 2.0 - origin).normalize_or(Vec3::X) }
    }

    #[test]
    fn the_hierarchy_finds_what_trying_every_body_finds() {
        let mut rng = Rng::new(1);
        let mut all = random_group(&mut rng, 300);
        let singles: Vec<Group> = all
            .prims
            .iter()
            .map(|prim| {
                let mut single = Group { prims: vec![*prim], ..Group::default() };
                single.finish(&[]);
                single
            })
            .collect();
        all.finish(&[]);
        let mut hits = 0;
        for _ in 0..400 {
            let ray = random_ray(&mut rng);
            let found = all.trace(&[], &ray, 0.0, 100.0, Goal::Nearest).map(|h| h.t);
            let nearest = singles
                .iter()
                .filter_map(|g| g.trace(&[], &ray, 0.0, 100.0, Goal::Nearest))
                .map(|h| h.t)
                .min_by(f32::total_cmp);
            assert_eq!(found, nearest);
            assert_eq!(all.blocked(&[], &ray, 0.0, 100.0), nearest.is_some());
            hits += usize::from(found.is_some());
        }
        assert!(hits > 100, "{hits} of 400 rays hit");
    }

    #[test]
    fn a_placed_group_is_where_it_was_put() {
        let mut ball = Group::default();
        ball.add(Shape::Sphere, Vec3::new(0.0, 1.0, 0.0), Quat::IDENTITY, Vec3::ONE, 3);
        ball.finish(&[]);
        let groups = [ball];
        let mut root = Group::default();
        let turn = Quat::from_rotation_z(std::f32::consts::FRAC_PI_2);
        root.place(0, Vec3::new(5.0, 0.0, 0.0), turn, Vec3::splat(2.0));
        root.finish(&groups);
        // Turned to the left and doubled, the ball of radius 2 sits around (3, 0, 0).
        let ray = Ray { origin: Vec3::new(3.0, 0.0, 10.0), dir: Vec3::NEG_Z };
        let hit = root.trace(&groups, &ray, 0.0, 100.0, Goal::Nearest).expect("meets the ball");
        assert!((hit.t - 8.0).abs() < 1e-4, "{}", hit.t);
        assert!(hit.normal.abs_diff_eq(Vec3::Z, 1e-4) && hit.material == 3);
    }
}
