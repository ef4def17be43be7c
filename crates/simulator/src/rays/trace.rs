//! Rays through a whole scene.

use std::cell::Cell;

use crate::class::Class;
use crate::rays::geometry::{Goal, Group, Hit, Ray};
use crate::rays::hit::{Found, Query};
use crate::rays::reference::Reference;
use crate::rays::simd::{Portable, Simd};
use crate::rays::wide::LaneRay;
use crate::scene::Scene;
use glam::Vec3;

/// Which part of a scene a primitive belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Root,
    Chunk(u32),
    Placed,
    Moving,
    Unfelt,
}

/// How rays find what they meet; the answers are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traversal {
    /// With the widest instructions of the processor.
    Fast,
    /// With any processor's instructions, laid out in the same way.
    Portable,
    /// One box and one body at a time: to check and measure the others.
    Reference,
}

impl Scene {
    /// Chooses how rays find what they meet. Pictures stay the same, bit by bit.
    pub fn set_traversal(&mut self, traversal: Traversal) {
        self.traversal = traversal;
        self.reference = (traversal == Traversal::Reference).then(|| Reference::new(self));
    }

    pub(crate) fn part(&self, part: Part) -> &Group {
        match part {
            Part::Root => &self.root,
            Part::Placed => &self.placed,
            Part::Moving => &self.moving,
            Part::Unfelt => &self.unfelt,
            Part::Chunk(index) => &self.chunks.list[index as usize].group,
        }
    }

    /// The nearest primitive before `t_max`, or any.
    #[inline(always)]
    fn find_with<S: Simd, const ANY: bool>(
        &self,
        query: &Query,
        mut t_max: f32,
    ) -> Option<(Part, Found)> {
        let ray = LaneRay::<S>::new(query.origin, query.dir);
        let mut best = None;
        for part in [Part::Root, Part::Placed, Part::Moving, Part::Unfelt] {
            let group = self.part(part);
            // What is only seen is in no way.
            if group.is_empty() || (part == Part::Unfelt && (ANY || !query.leaves)) {
                continue;
            }
            if let Some(found) = S::find::<ANY>(group, &self.groups, query, &ray, t_max) {
                t_max = found.t;
                best = Some((part, found));
                if ANY {
                    return best;
                }
            }
        }
        if !self.chunks.list.is_empty() {
            let mut walk = self.chunks.wide.walk();
            while let Some(chunk) = walk.next::<S, ANY>(&ray, t_max) {
                let group = &self.chunks.list[chunk.index()].group;
                if let Some(found) = S::find::<ANY>(group, &self.groups, query, &ray, t_max) {
                    t_max = found.t;
                    best = Some((Part::Chunk(chunk.index() as u32), found));
                    if ANY {
                        return best;
                    }
                }
            }
        }
        best
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn find_avx2<const ANY: bool>(&self, query: &Query, t_max: f32) -> Option<(Part, Found)> {
        self.find_with::<crate::rays::simd::Avx2, ANY>(query, t_max)
    }

    fn find<const ANY: bool>(&self, query: &Query, t_max: f32) -> Option<(Part, Found)> {
        match (self.traversal, &self.reference) {
            (Traversal::Reference, Some(reference)) => reference.find(self, query, t_max, ANY),
            #[cfg(target_arch = "x86_64")]
            (Traversal::Fast, _) if crate::rays::simd::has_avx2() => {
                // SAFETY: the processor has AVX2.
                unsafe { self.find_avx2::<ANY>(query, t_max) }
            }
            _ => self.find_with::<Portable, ANY>(query, t_max),
        }
    }

    pub(crate) fn trace(&self, ray: &Ray, t_min: f32, t_max: f32) -> Option<Hit> {
        self.trace_for(ray, t_min, t_max, Goal::Nearest)
    }

    pub(crate) fn trace_for(&self, ray: &Ray, t_min: f32, t_max: f32, goal: Goal) -> Option<Hit> {
        let found = self.find::<false>(&Query::new(ray, t_min, goal), t_max);
        let mut best = None;
        let end = found.as_ref().map_or(t_max, |(_, found)| found.t);
        let limit = |best: &Option<Hit>| best.map_or(end, |h: Hit| h.t);
        if let Some((field, material)) = &self.terrain
            && let Some(t) =
                field.trace(ray, t_min, limit(&best)).filter(|&t| t > t_min && t < limit(&best))
        {
            let local = ray.at(t);
            let normal = field.normal(local.x, local.z);
            // The smooth normal may lean away where the flat triangle does not.
            let lean = normal.dot(ray.dir);
            let facing =
                if lean > -0.02 { (normal - ray.dir * (lean + 0.02)).normalize() } else { normal };
            best = Some(Hit {
                t,
                normal: facing,
                local,
                local_normal: normal,
                material: *material,
                tint: 0,
                class: Class::Ground,
                instance: 0,
                mover: None,
            });
        }
        if let Some((level, material)) = self.water
            && ray.dir.y != 0.0
        {
            let t = (level - ray.origin.y) / ray.dir.y;
            if t > t_min && t < limit(&best).min(30_000.0) {
                let normal = if ray.dir.y < 0.0 { Vec3::Y } else { Vec3::NEG_Y };
                let at = ray.at(t);
                // Materials of water see how deep it is.
                let bed = self.terrain.as_ref().and_then(|(field, _)| field.height(at.x, at.z));
                best = Some(Hit {
                    t,
                    normal,
                    local: at.with_y(bed.map_or(-1e3, |bed| bed - level)),
                    local_normal: Vec3::Y,
                    material,
                    tint: 0,
                    class: Class::Water,
                    instance: 0,
                    mover: None,
                });
            }
        }
        best.or_else(|| {
            let (part, found) = found?;
            let hit = self.part(part).detail(&self.groups, ray, t_min, &found);
            let moves = matches!(part, Part::Moving | Part::Unfelt);
            Some(Hit { mover: hit.mover.filter(|_| moves), ..hit })
        })
    }

    pub(crate) fn blocked(&self, ray: &Ray, t_min: f32, t_max: f32) -> bool {
        self.blocked_again(ray, t_min, t_max, &Cell::new(None))
    }

    /// [`Scene::blocked`] that first asks for what was in the way the last time, and keeps it.
    pub(crate) fn blocked_again(
        &self,
        ray: &Ray,
        t_min: f32,
        t_max: f32,
        last: &Cell<Option<(Part, Found)>>,
    ) -> bool {
        let query = Query::new(ray, t_min, Goal::Nearest);
        if let Some((part, prim)) = last.get()
            && self.part(part).meets(&self.groups, &query, &prim, t_max)
        {
            return true;
        }
        if let Some(found) = self.find::<true>(&query, t_max) {
            last.set(Some(found));
            return true;
        }
        self.terrain.as_ref().is_some_and(|(field, _)| {
            field.trace(ray, t_min, t_max).is_some_and(|t| t > t_min && t < t_max)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use glam::{Affine3A, Quat};

    use super::*;
    use crate::conditions::Conditions;
    use crate::random::Rng;
    use crate::rays::shape::Shape;
    use crate::scene::{Chunk, Mover};
    use crate::scenes::{BuiltScene, SceneKind, SceneOptions};

    fn built(kind: SceneKind) -> Scene {
        let conditions = Conditions::new(reverie_world_model::Weather::Clear, 12.0);
        let photos = Arc::from([]);
        BuiltScene::new(&SceneOptions { kind, seed: 5, conditions, roam: false, photos }).scene
    }

    fn vector(rng: &mut Rng) -> Vec3 {
        Vec3::new(rng.normal(), rng.normal(), rng.normal())
    }

    /// Bodies of every shape, some of them in placed groups.
    fn clutter(rng: &mut Rng, count: usize, groups: &[u32]) -> Group {
        let mut group = Group::default();
        for k in 0..count {
            let position = vector(rng) * 4.0;
            let turn = Quat::from_axis_angle(vector(rng).normalize_or(Vec3::Y), position.x);
            let size = vector(rng).abs() * 0.5 + 0.05;
            if !groups.is_empty() && k % 3 == 0 {
                group.place(rng.pick(groups), position, turn, size * 0.3);
                continue;
            }
            if k % 7 == 1 {
                let corners = [position, position + vector(rng), position + vector(rng)];
                group.triangle(corners, [Vec3::Y, Vec3::X, Vec3::Y], 0);
                continue;
            }
            let shape = rng.pick(&[
                Shape::Cuboid,
                Shape::Sphere,
                Shape::Frustum { top: 0.4 },
                Shape::Torus { minor: 0.3 },
                Shape::Leaf,
                Shape::Foliage { seed: 9 },
                Shape::Gable,
                Shape::Pyramid,
            ]);
            // Some stand square to the axes, as rays along an axis like to meet them.
            let turn = if k % 5 == 0 { Quat::IDENTITY } else { turn };
            group.add(shape, position, turn, size, 0);
        }
        group
    }

    /// A scene with everything that rays can meet.
    fn cluttered(rng: &mut Rng) -> Scene {
        let mut scene = built(SceneKind::Primitives);
        let groups: Vec<u32> = (0..3)
            .map(|_| {
                let group = clutter(rng, 60, &[]);
                scene.add_group(group)
            })
            .collect();
        let mut root = clutter(rng, 200, &groups);
        root.finish(&scene.groups);
        scene.root = root;
        let chunks = (0..9).map(|_| {
            let mut group = clutter(rng, 80, &groups);
            group.finish(&scene.groups);
            Arc::new(Chunk { group, lamps: Vec::new() })
        });
        let chunks = chunks.collect();
        scene.set_chunks(chunks);
        let movers: Vec<Mover> = (1..20)
            .map(|instance| Mover {
                instance,
                group: rng.pick(&groups),
                world_from_local: Affine3A::from_rotation_translation(
                    Quat::from_rotation_y(rng.unit()),
                    vector(rng) * 5.0,
                ),
                scale: Vec3::splat(0.2),
            })
            .collect();
        scene.set_movers(&movers[4..]);
        scene.set_carried(&movers[..2]);
        scene.set_marks(&movers[2..4]);
        let placed = clutter(rng, 12, &[]);
        scene.set_placed(placed);
        scene
    }

    /// What each ray meets, by any kind of question.
    fn answers(scene: &Scene, rays: &[Ray]) -> Vec<([Option<Hit>; 2], [bool; 2])> {
        let goals = [Goal::Nearest, Goal::NearestSolid];
        let ask = |ray: &Ray| {
            let hits = goals.map(|goal| scene.trace_for(ray, 1e-3, 200.0, goal));
            (hits, [2.0, 200.0].map(|end| scene.blocked(ray, 1e-3, end)))
        };
        rays.iter().map(ask).collect()
    }

    #[test]
    fn every_traversal_gives_the_same_hits() {
        let mut rng = Rng::new(1);
        let mut scenes = vec![cluttered(&mut rng)];
        scenes.extend(SceneKind::ALL.map(built));
        for mut scene in scenes {
            let rays: Vec<Ray> = (0..1500)
                .map(|k| {
                    let origin = vector(&mut rng) * 6.0 + Vec3::Y * 3.0;
                    let mut dir = (vector(&mut rng) * 2.0 - origin).normalize_or(Vec3::X);
                    if k % 10 == 0 {
                        dir = rng.pick(&[Vec3::X, Vec3::NEG_Y, Vec3::Z, Vec3::new(0.6, 0.0, -0.8)]);
                    }
                    Ray { origin, dir }
                })
                .collect();
            let mut by = |traversal| {
                scene.set_traversal(traversal);
                answers(&scene, &rays)
            };
            let plain = by(Traversal::Reference);
            let (portable, fast) = (by(Traversal::Portable), by(Traversal::Fast));
            assert_eq!(format!("{portable:?}"), format!("{fast:?}"));
            let hits = plain.iter().filter(|(hits, _)| hits[0].is_some()).count();
            assert!(hits > 300, "{hits} of {} rays hit", rays.len());
            let mut ties = 0;
            for (ray, (ours, plain)) in rays.iter().zip(fast.iter().zip(&plain)) {
                let t = |hits: [Option<Hit>; 2]| hits.map(|hit| hit.map(|hit| hit.t));
                assert_eq!((t(ours.0), ours.1), (t(plain.0), plain.1), "{ray:?}");
                // What lies exactly upon each other may be met in either order.
                ties += usize::from(format!("{ours:?}") != format!("{plain:?}"));
            }
            assert!(ties < 20, "{ties} hits are on other bodies");
        }
    }

    #[test]
    fn a_placed_group_is_where_it_was_put() {
        let mut scene = built(SceneKind::Primitives);
        let mut ball = Group::default();
        ball.add(Shape::Sphere, Vec3::new(0.0, 1.0, 0.0), Quat::IDENTITY, Vec3::ONE, 3);
        let ball = scene.add_group(ball);
        let mut root = Group::default();
        let turn = Quat::from_rotation_z(std::f32::consts::FRAC_PI_2);
        root.place(ball, Vec3::new(5.0, 0.0, 0.0), turn, Vec3::splat(2.0));
        root.finish(&scene.groups);
        scene.root = root;
        // Turned to the left and doubled, the ball of radius 2 sits around (3, 0, 0).
        let ray = Ray { origin: Vec3::new(3.0, 0.0, 10.0), dir: Vec3::NEG_Z };
        let hit = scene.trace(&ray, 0.0, 100.0).expect("meets the ball");
        assert!((hit.t - 8.0).abs() < 1e-4, "{}", hit.t);
        assert!(hit.normal.abs_diff_eq(Vec3::Z, 1e-4) && hit.material == 3);
    }
}
