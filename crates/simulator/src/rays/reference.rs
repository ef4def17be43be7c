//! The plain way for rays through a scene: to check and measure the fast one.

use crate::rays::bvh::{Aabb, Bvh};
use crate::rays::geometry::Group;
use crate::rays::hit::{Found, NOT_PLACED, Query};
use crate::rays::shape::Shape;
use crate::rays::trace::Part;
use crate::scene::Scene;

/// Most items of a leaf.
const LEAF: usize = 3;

/// Hierarchies with two children to a node over everything in a scene.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    root: Bvh,
    placed: Bvh,
    moving: Bvh,
    unfelt: Bvh,
    groups: Vec<Bvh>,
    chunks: Vec<Bvh>,
    /// Over the chunks.
    top: Bvh,
}

impl Reference {
    pub fn new(scene: &Scene) -> Self {
        let over = |group: &Group| Bvh::build(&group.boxes(&scene.groups), &[], LEAF);
        let list = &scene.chunks.list;
        let boxes: Vec<Aabb> = list.iter().map(|chunk| chunk.group.bounds()).collect();
        Self {
            root: over(&scene.root),
            placed: over(&scene.placed),
            moving: over(&scene.moving),
            unfelt: over(&scene.unfelt),
            groups: scene.groups.iter().map(over).collect(),
            chunks: list.iter().map(|chunk| over(&chunk.group)).collect(),
            top: Bvh::build(&boxes, &[], LEAF),
        }
    }

    /// The nearest primitive before `t_max`, or any.
    pub fn find(
        &self,
        scene: &Scene,
        query: &Query,
        mut t_max: f32,
        any: bool,
    ) -> Option<(Part, Found)> {
        let mut best = None;
        let seen = !any && query.leaves;
        for (part, bvh) in [
            (Part::Root, &self.root),
            (Part::Placed, &self.placed),
            (Part::Moving, &self.moving),
            (Part::Unfelt, &self.unfelt),
        ] {
            if part == Part::Unfelt && !seen {
                continue;
            }
            if let Some(found) = self.within(scene, scene.part(part), bvh, query, t_max, any) {
                t_max = found.t;
                best = Some((part, found));
                if any {
                    return best;
                }
            }
        }
        self.top.walk(query.origin, query.dir, t_max, |index, end| {
            let part = Part::Chunk(index as u32);
            let bvh = &self.chunks[index];
            match self.within(scene, scene.part(part), bvh, query, end, any) {
                Some(found) => {
                    best = Some((part, found));
                    if any { -1.0 } else { found.t }
                }
                None => end,
            }
        });
        best
    }

    fn within(
        &self,
        scene: &Scene,
        group: &Group,
        bvh: &Bvh,
        query: &Query,
        t_max: f32,
        any: bool,
    ) -> Option<Found> {
        let Query { origin, dir, t_min, leaves } = *query;
        let mut best = None;
        bvh.walk(origin, dir, t_max, |index, t_max| {
            let prim = &group.prims[index];
            let here = |t| Found { t, outer: index as u32, inner: NOT_PLACED };
            let found = match prim.shape {
                Shape::Triangle(i) => {
                    group.triangles[i as usize].intersect(origin, dir, t_min, t_max).map(here)
                }
                Shape::Group(g) => {
                    let (origin, dir) = prim.local_ray(origin, dir);
                    let query = Query { origin, dir, ..*query };
                    let (inner, bvh) = (&scene.groups[g as usize], &self.groups[g as usize]);
                    self.within(scene, inner, bvh, &query, t_max, any)
                        .map(|found| Found { inner: found.outer, ..here(found.t) })
                }
                leafage if !leaves && leafage.is_leafage() => None,
                shape => {
                    let (o, d) = prim.local_ray(origin, dir);
                    shape.intersect(o, d, t_min, t_max).map(|hit| here(hit.t))
                }
            };
            match found {
                Some(found) => {
                    best = Some(found);
                    if any { -1.0 } else { found.t }
                }
                None => t_max,
            }
        });
        best
    }
}
