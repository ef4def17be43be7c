//! Rays through groups: the nearest primitive, and what is known of the place.

use glam::Vec3;

use crate::rays::geometry::{BODIES, CARDS, Goal, Group, Hit, MESH, Ray};
use crate::rays::shape::Shape;
use crate::rays::simd::{Portable, Simd};
use crate::rays::wide::{Child, LaneRay};

/// Of a primitive that is no part of a placed group.
pub(crate) const NOT_PLACED: u32 = u32::MAX;

/// A ray, whose direction need not be of unit length, and what it passes by.
#[derive(Clone, Copy)]
pub(crate) struct Query {
    pub origin: Vec3,
    pub dir: Vec3,
    pub t_min: f32,
    /// Leaves and blades are in the way.
    pub leaves: bool,
}

impl Query {
    pub fn new(ray: &Ray, t_min: f32, goal: Goal) -> Self {
        Self { origin: ray.origin, dir: ray.dir, t_min, leaves: goal != Goal::NearestSolid }
    }
}

/// A primitive that a ray meets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Found {
    pub t: f32,
    /// Among the primitives of the group that was asked.
    pub outer: u32,
    /// Among the primitives of the group that is placed there, or [`NOT_PLACED`].
    pub inner: u32,
}

/// The nearest primitive so far.
pub(crate) struct Best {
    /// Where the ray ends now.
    t_max: f32,
    found: Option<Found>,
}

impl Best {
    #[inline(always)]
    fn take(&mut self, t: f32, outer: u32, prim: u32) {
        self.t_max = t;
        self.found = Some(match outer {
            NOT_PLACED => Found { t, outer: prim, inner: NOT_PLACED },
            outer => Found { t, outer, inner: prim },
        });
    }
}

/// Takes the lowest bit that is set.
#[inline(always)]
fn pop(bits: &mut u32) -> usize {
    let lane = bits.trailing_zeros() as usize;
    *bits &= *bits - 1;
    lane
}

impl Group {
    /// The nearest primitive before `t_max`, or any.
    #[inline(always)]
    pub(crate) fn find_with<S: Simd, const ANY: bool>(
        &self,
        groups: &[Group],
        query: &Query,
        ray: &LaneRay<S>,
        t_max: f32,
    ) -> Option<Found> {
        let mut best = Best { t_max, found: None };
        let mut walk = self.wide.walk();
        while let Some(child) = walk.next::<S, ANY>(ray, best.t_max) {
            self.find_here::<S, ANY>(child, NOT_PLACED, groups, query, ray, &mut best);
            if ANY && best.found.is_some() {
                break;
            }
        }
        best.found
    }

    /// The same within a group that is placed as a primitive of another.
    #[inline(always)]
    pub(crate) fn find_placed_with<S: Simd, const ANY: bool>(
        &self,
        outer: u32,
        query: &Query,
        best: &mut Best,
    ) {
        let ray = LaneRay::<S>::new(query.origin, query.dir);
        let mut walk = self.wide.walk();
        while let Some(child) = walk.next::<S, ANY>(&ray, best.t_max) {
            self.find_here::<S, ANY>(child, outer, &[], query, &ray, best);
            if ANY && best.found.is_some() {
                return;
            }
        }
    }

    /// Within one pack of primitives of the group itself, which is placed as `outer`.
    #[inline(always)]
    fn find_here<S: Simd, const ANY: bool>(
        &self,
        child: Child,
        outer: u32,
        groups: &[Group],
        query: &Query,
        ray: &LaneRay<S>,
        best: &mut Best,
    ) {
        let t_min = query.t_min;
        match child.kind() {
            BODIES => {
                let pack = &self.bodies[child.index()];
                let mut met = pack.meet::<S>(ray, t_min, best.t_max);
                while met.lanes != 0 {
                    let lane = if ANY { pop(&mut met.lanes) } else { met.pop_nearest() };
                    if met.enter.0[lane] > best.t_max {
                        return;
                    }
                    let prim = pack.prims()[lane];
                    match pack.shapes()[lane] {
                        Shape::Cuboid => {
                            let (enter, leave) = (met.enter.0[lane], met.leave.0[lane]);
                            let t = if enter > t_min { enter } else { leave };
                            if t < best.t_max {
                                best.take(t, outer, prim);
                            }
                        }
                        Shape::Group(group) => {
                            // Groups nest one level deep: a placed one is given no groups.
                            if let Some(group) = groups.get(group as usize) {
                                let (origin, dir) = met.ray(lane);
                                let query = Query { origin, dir, ..*query };
                                S::find_placed::<ANY>(group, prim, &query, best);
                            }
                        }
                        shape if !query.leaves && shape.is_leafage() => {}
                        shape => {
                            let (o, d) = met.ray(lane);
                            if let Some(hit) = shape.intersect(o, d, t_min, best.t_max) {
                                best.take(hit.t, outer, prim);
                            }
                        }
                    }
                    if ANY && best.found.is_some() {
                        return;
                    }
                }
            }
            CARDS if query.leaves => {
                let pack = &self.cards[child.index()];
                let (mut lanes, [t, x, y]) = pack.cards::<S>(ray, t_min, best.t_max);
                while lanes != 0 {
                    let lane = pop(&mut lanes);
                    let shape = pack.shapes[lane];
                    if t.0[lane] < best.t_max && shape.covers(x.0[lane], y.0[lane]) {
                        best.take(t.0[lane], outer, pack.prims[lane]);
                        if ANY {
                            return;
                        }
                    }
                }
            }
            MESH => {
                let pack = &self.meshes[child.index()];
                let (mut lanes, t) = pack.meet::<S>(ray, t_min, best.t_max);
                while lanes != 0 {
                    let lane = pop(&mut lanes);
                    if t.0[lane] < best.t_max {
                        best.take(t.0[lane], outer, pack.prims[lane]);
                        if ANY {
                            return;
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// The nearest hit on this group alone.
    pub fn trace(
        &self,
        groups: &[Group],
        ray: &Ray,
        t_min: f32,
        t_max: f32,
        goal: Goal,
    ) -> Option<Hit> {
        let query = Query::new(ray, t_min, goal);
        #[cfg(target_arch = "x86_64")]
        if crate::rays::simd::has_avx2() {
            // SAFETY: the processor has AVX2.
            let found = unsafe { self.find_avx2(groups, &query, t_max) }?;
            return Some(self.detail(groups, ray, t_min, &found));
        }
        let lanes = LaneRay::<Portable>::new(query.origin, query.dir);
        let found = Portable::find::<false>(self, groups, &query, &lanes, t_max)?;
        Some(self.detail(groups, ray, t_min, &found))
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn find_avx2(&self, groups: &[Group], query: &Query, t_max: f32) -> Option<Found> {
        let lanes = LaneRay::<crate::rays::simd::Avx2>::new(query.origin, query.dir);
        self.find_with::<crate::rays::simd::Avx2, false>(groups, query, &lanes, t_max)
    }

    /// Whether a ray meets one primitive of the group or of a group that is placed in it.
    pub(crate) fn meets(&self, groups: &[Group], query: &Query, prim: &Found, t_max: f32) -> bool {
        let outer = &self.prims[prim.outer as usize];
        let (group, prim, o, d) = match outer.shape {
            Shape::Group(g) if prim.inner != NOT_PLACED => {
                let group = &groups[g as usize];
                let (o, d) = outer.local_ray(query.origin, query.dir);
                (group, &group.prims[prim.inner as usize], o, d)
            }
            _ => (self, outer, query.origin, query.dir),
        };
        match prim.shape {
            Shape::Triangle(i) => {
                group.triangles[i as usize].intersect(o, d, query.t_min, t_max).is_some()
            }
            shape => {
                let (o, d) = prim.local_ray(o, d);
                shape.intersect(o, d, query.t_min, t_max).is_some()
            }
        }
    }

    /// All that is known of the place where a ray meets a primitive.
    pub(crate) fn detail(&self, groups: &[Group], ray: &Ray, t_min: f32, found: &Found) -> Hit {
        let outer = &self.prims[found.outer as usize];
        let (group, prim, placed) = match outer.shape {
            Shape::Group(g) if found.inner != NOT_PLACED => {
                let group = &groups[g as usize];
                (group, &group.prims[found.inner as usize], Some(outer))
            }
            _ => (self, outer, None),
        };
        let (o, d) = match placed {
            Some(outer) => outer.local_ray(ray.origin, ray.dir),
            None => (ray.origin, ray.dir),
        };
        let point = o + d * found.t;
        let (local, local_normal, group_normal) = match prim.shape {
            Shape::Triangle(i) => {
                let n = group.triangles[i as usize].normal(o, d);
                (point, n, n)
            }
            shape => {
                let (po, pd) = prim.local_ray(o, d);
                let hit = shape.intersect(po, pd, t_min, f32::INFINITY);
                let normal = hit.map_or(Vec3::Y, |hit| hit.normal);
                (
                    prim.local_from_outer.transform_point3(point) * prim.scale,
                    (normal / prim.scale).normalize_or(Vec3::Y),
                    prim.outer_normal(normal),
                )
            }
        };
        let mut normal = placed.map_or(group_normal, |outer| outer.outer_normal(group_normal));
        if normal.dot(ray.dir) > 0.0 {
            normal = -normal;
        }
        let (mut local, mut material) = (local, prim.material);
        let mut tint = if placed.is_some() { prim.tint ^ outer.tint } else { prim.tint };
        if let Shape::Facade(openings) = prim.shape {
            let part = openings.part(local / prim.scale, local_normal, tint);
            material += part.material;
            if let Some((x, y, bits)) = part.window {
                (local, tint) = (Vec3::new(x, y, openings.half_m(prim.scale.x)), bits);
            }
        }
        Hit {
            t: found.t,
            normal,
            local,
            local_normal,
            material,
            tint,
            class: prim.label.class,
            instance: outer.label.instance,
            mover: Some(found.outer),
        }
    }
}
