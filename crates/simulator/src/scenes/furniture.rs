//! Furniture of rooms. Pieces stand on Y = 0 with their backs to -Z.

use std::f32::consts::PI;

use glam::{Quat, Vec3};

use super::primitives::{any_material, clutter, vessel};
use super::room::Plan;
use crate::random::Rng;
use crate::rays::geometry::{Group, MaterialId};
use crate::rays::shape::Shape;
use crate::scene::Scene;
use crate::surface::material::{Material, srgb};
use crate::surface::pattern::Pattern;
use crate::things::props::{self, hsv};

fn wood_material(scene: &mut Scene, rng: &mut Rng) -> MaterialId {
    let wood = rng.pick(&[
        srgb(150, 104, 66),
        srgb(94, 62, 42),
        srgb(205, 172, 128),
        srgb(232, 230, 226),
        srgb(60, 50, 46),
    ]);
    let m = Material::new(Pattern::Wood, wood, wood * 0.7, wood)
        .scale(rng.range(0.2, 0.6))
        .gloss(rng.range(0.0, 0.6));
    scene.add_material(m.seed(rng.next_u32()))
}

fn cloth_material(scene: &mut Scene, rng: &mut Rng) -> MaterialId {
    let tone = hsv(rng.unit(), rng.range(0.0, 0.7), rng.range(0.2, 0.9));
    let pattern = if rng.chance(0.25) {
        Pattern::Stripes { width: rng.range(0.03, 0.15), vertical: rng.chance(0.5) }
    } else {
        Pattern::Fabric { thread: 0.006 }
    };
    scene.add_material(
        Material::new(pattern, tone, tone * 0.75, tone).scale(0.3).bump(0.12).seed(rng.next_u32()),
    )
}

fn chair(scene: &mut Scene, rng: &mut Rng, wood: MaterialId) -> u32 {
    let mut g = Group::default();
    let seat = if rng.chance(0.5) { cloth_material(scene, rng) } else { wood };
    for x in [-0.2, 0.2] {
        for z in [-0.2, 0.2] {
            g.rod(Vec3::new(x, 0.0, z), Vec3::new(x * 0.95, 0.45, z * 0.95), 0.022, 1.0, wood);
        }
        g.rod(Vec3::new(x, 0.45, -0.2), Vec3::new(x, 0.92, -0.26), 0.022, 0.9, wood);
    }
    g.cuboid(Vec3::new(0.0, 0.46, 0.0), Vec3::new(0.45, 0.05, 0.45), seat);
    for y in [0.62, 0.75, 0.88] {
        g.cuboid(Vec3::new(0.0, y, -0.2 - (y - 0.45) * 0.12), Vec3::new(0.4, 0.07, 0.02), wood);
    }
    scene.add_group(g)
}

fn sofa(scene: &mut Scene, rng: &mut Rng, width: f32) -> u32 {
    let cloth = cloth_material(scene, rng);
    let pillow = cloth_material(scene, rng);
    let mut g = Group::default();
    g.cuboid(Vec3::new(0.0, 0.22, 0.0), Vec3::new(width, 0.3, 0.85), cloth);
    g.cuboid(Vec3::new(0.0, 0.55, -0.36), Vec3::new(width, 0.6, 0.2), cloth);
    for s in [-1.0, 1.0] {
        g.cuboid(Vec3::new(s * (width * 0.5 - 0.09), 0.42, 0.0), Vec3::new(0.18, 0.4, 0.85), cloth);
    }
    let seats = (width / 0.7).round().max(1.0) as i32;
    for i in 0..seats {
        let x = (i as f32 + 0.5 - seats as f32 * 0.5) * (width - 0.4) / seats as f32;
        g.add(
            Shape::Cuboid,
            Vec3::new(x, 0.43, 0.05),
            Quat::IDENTITY,
            Vec3::new((width - 0.42) / seats as f32 * 0.5, 0.08, 0.36),
            cloth,
        );
    }
    for _ in 0..rng.below(4) {
        let at = Vec3::new(rng.range(-0.4, 0.4) * width, 0.66, -0.16);
        g.add(
            Shape::Sphere,
            at,
            Quat::from_rotation_x(-0.3) * Quat::from_rotation_z(rng.range(-0.5, 0.5)),
            Vec3::new(0.22, 0.2, 0.09),
            pillow,
        );
    }
    scene.add_group(g)
}

fn bed(scene: &mut Scene, rng: &mut Rng, wood: MaterialId) -> u32 {
    let sheet = scene.add_material(
        Material::new(
            Pattern::Fabric { thread: 0.008 },
            srgb(230, 228, 222),
            srgb(205, 203, 198),
            Vec3::ONE,
        )
        .bump(0.1)
        .scale(0.5),
    );
    let cover = cloth_material(scene, rng);
    let w = rng.range(0.9, 1.8);
    let mut g = Group::default();
    g.cuboid(Vec3::new(0.0, 0.2, 0.0), Vec3::new(w + 0.1, 0.25, 2.1), wood);
    g.cuboid(Vec3::new(0.0, 0.5, -1.05), Vec3::new(w + 0.1, 0.95, 0.06), wood);
    g.cuboid(Vec3::new(0.0, 0.42, 0.0), Vec3::new(w, 0.22, 2.0), sheet);
    g.cuboid(Vec3::new(0.0, 0.45, 0.3), Vec3::new(w + 0.06, 0.22, 1.45), cover);
    for x in [-0.24, 0.24] {
        g.add(
            Shape::Sphere,
            Vec3::new(x * w, 0.6, -0.72),
            Quat::from_rotation_x(0.2),
            Vec3::new(0.22 * w, 0.09, 0.24),
            sheet,
        );
    }
    scene.add_group(g)
}

fn shelf(scene: &mut Scene, rng: &mut Rng, wood: MaterialId, width: f32, height: f32) -> u32 {
    let mut g = Group::default();
    let depth = 0.3;
    let books = scene.add_material(
        Material::new(Pattern::Books, Vec3::ONE, Vec3::ONE, Vec3::ONE).seed(rng.next_u32()),
    );
    for s in [-1.0, 1.0] {
        g.cuboid(
            Vec3::new(s * width * 0.5, height * 0.5, 0.0),
            Vec3::new(0.025, height, depth),
            wood,
        );
    }
    g.cuboid(Vec3::new(0.0, height * 0.5, -depth * 0.48), Vec3::new(width, height, 0.012), wood);
    let rows = (height / 0.36).floor().max(1.0) as i32;
    for r in 0..=rows {
        let y = r as f32 * height / rows as f32;
        g.cuboid(Vec3::new(0.0, y, 0.0), Vec3::new(width, 0.025, depth), wood);
        if r == rows {
            break;
        }
        let mut x = -width * 0.5 + 0.03;
        while x < width * 0.5 - 0.15 {
            let run = rng.range(0.08, 0.4).min(width * 0.5 - 0.03 - x);
            if rng.chance(0.65) {
                let tall = rng.range(0.18, 0.29);
                g.cuboid(
                    Vec3::new(x + run * 0.5, y + tall * 0.5 + 0.01, -0.02),
                    Vec3::new(run, tall, rng.range(0.16, 0.24)),
                    books,
                );
            } else if rng.chance(0.5) {
                let m = any_material(scene, rng, 0.15);
                let s = rng.range(0.04, 0.1);
                g.add(
                    Shape::Sphere,
                    Vec3::new(x + run * 0.5, y + s + 0.01, 0.0),
                    Quat::IDENTITY,
                    Vec3::splat(s),
                    m,
                );
            }
            x += run + 0.02;
        }
    }
    scene.add_group(g)
}

/// Furnishes a room: along its walls, in its middle, and some clutter on the floor.
pub(super) fn place(scene: &mut Scene, rng: &mut Rng, plan: &Plan) {
    let wood = wood_material(scene, rng);
    if rng.chance(0.6) {
        let rug = any_material(scene, rng, 1.2);
        let at = Vec3::new(rng.range(-0.3, 0.3) * plan.w, 0.006, rng.range(-0.3, 0.3) * plan.d);
        scene.root.cuboid(
            at,
            Vec3::new(plan.w * rng.range(0.7, 1.2), 0.012, plan.d * rng.range(0.6, 1.1)),
            rug,
        );
    }
    // Along the walls.
    for side in 0..4 {
        let turn = Quat::from_rotation_y(side as f32 * PI * 0.5);
        let (half, away) = if side % 2 == 0 { (plan.w, plan.d) } else { (plan.d, plan.w) };
        let mut x = -half + 0.2;
        while x < half - 0.8 {
            let room = half - x - 0.15;
            let (width, depth, group) = match rng.below(9) {
                0 | 1 => {
                    let w = rng.range(0.6, 1.6).min(room);
                    (w, 0.32, Some(shelf(scene, rng, wood, w, rng_height(plan, 0.8, 2.2, x))))
                }
                2 if room > 1.5 => {
                    let w = rng.range(1.4, 2.3).min(room);
                    (w, 0.9, Some(sofa(scene, rng, w)))
                }
                3 if room > 2.0 => (2.0, 2.15, Some(bed(scene, rng, wood))),
                4 | 5 => {
                    let w = rng.range(0.6, 1.5).min(room);
                    let h = rng.range(0.45, 1.1);
                    let at = turn * Vec3::new(x + w * 0.5, 0.0, -away + 0.26);
                    scene.root.add(
                        Shape::Cuboid,
                        at + Vec3::Y * h * 0.5,
                        turn,
                        Vec3::new(w * 0.5, h * 0.5, 0.24),
                        wood,
                    );
                    for i in 0..3 {
                        let y = h * (0.2 + 0.3 * i as f32);
                        scene.root.add(
                            Shape::Cuboid,
                            at + Vec3::Y * y + turn * Vec3::new(0.0, 0.0, 0.245),
                            turn,
                            Vec3::new(w * 0.47, h * 0.135, 0.01),
                            wood,
                        );
                    }
                    for _ in 0..rng.below(5) {
                        let place = at
                            + turn * Vec3::new(rng.range(-0.4, 0.4) * w, h, rng.range(-0.15, 0.15));
                        let size = rng.range(0.08, 0.25);
                        clutter(scene, rng, place, size);
                    }
                    (w, 0.5, None)
                }
                6 => {
                    let pot = vessel(scene, rng, 0.35);
                    let height = rng.range(0.5, 1.3);
                    let plant = props::leafy_plant(scene, rng, height, 40);
                    let at = turn * Vec3::new(x + 0.3, 0.0, -away + 0.35);
                    scene.root.place(pot, at, Quat::IDENTITY, Vec3::ONE);
                    scene.root.place(plant, at + Vec3::Y * 0.3, Quat::IDENTITY, Vec3::ONE);
                    (0.6, 0.6, None)
                }
                7 => {
                    let size = rng.range(0.25, 0.6);
                    clutter(scene, rng, turn * Vec3::new(x + 0.4, 0.0, -away + 0.4), size);
                    (0.8, 0.6, None)
                }
                _ => (rng.range(0.5, 1.2), 0.0, None),
            };
            if let Some(group) = group {
                let at = turn * Vec3::new(x + width * 0.5, 0.0, -away + depth * 0.5 + 0.04);
                scene.root.place(group, at, turn, Vec3::ONE);
            }
            x += width + rng.range(0.05, 0.5);
        }
    }
    if rng.chance(0.75) {
        table(scene, rng, plan, wood);
    }
    for _ in 0..rng.below(5) {
        let at = Vec3::new(rng.range(-0.8, 0.8) * plan.w, 0.0, rng.range(-0.8, 0.8) * plan.d);
        let size = rng.range(0.1, 0.4);
        clutter(scene, rng, at, size);
    }
}

/// Height between two bounds, by position, so that neighbours differ.
fn rng_height(plan: &Plan, low: f32, high: f32, x: f32) -> f32 {
    let t = (x * 7.31).sin() * 0.5 + 0.5;
    (low + (high - low) * t).min(plan.h - 0.2)
}

fn table(scene: &mut Scene, rng: &mut Rng, plan: &Plan, wood: MaterialId) {
    let (tw, td) = (rng.range(0.8, 1.8).min(plan.w), rng.range(0.6, 1.0));
    let height = rng.pick(&[0.42, 0.73, 0.75, 0.78]);
    let centre = Vec3::new(rng.range(-0.25, 0.25) * plan.w, 0.0, rng.range(-0.25, 0.25) * plan.d);
    let turn = Quat::from_rotation_y(rng.pick(&[0.0, PI * 0.5]) + rng.normal() * 0.1);
    let at = |x: f32, y: f32, z: f32| centre + turn * Vec3::new(x, y, z);
    scene.root.add(
        Shape::Cuboid,
        at(0.0, height - 0.02, 0.0),
        turn,
        Vec3::new(tw * 0.5, 0.02, td * 0.5),
        wood,
    );
    for x in [-0.46, 0.46] {
        for z in [-0.44, 0.44] {
            scene.root.rod(
                at(x * tw, 0.0, z * td),
                at(x * tw, height - 0.03, z * td),
                0.03,
                1.1,
                wood,
            );
        }
    }
    for _ in 0..2 + rng.below(8) {
        let place = at(rng.range(-0.42, 0.42) * tw, height, rng.range(-0.4, 0.4) * td);
        let size = rng.log_range(0.05, 0.22);
        clutter(scene, rng, place, size);
    }
    if height > 0.6 {
        let seat = chair(scene, rng, wood);
        for (x, z, angle) in
            [(-0.25, 0.65, PI), (0.25, 0.65, PI), (-0.25, -0.65, 0.0), (0.25, -0.65, 0.0)]
        {
            if rng.chance(0.75) {
                let out = rng.range(0.9, 1.3);
                scene.root.place(
                    seat,
                    at(x * tw, 0.0, z * td * out),
                    turn * Quat::from_rotation_y(angle + rng.normal() * 0.25),
                    Vec3::ONE,
                );
            }
        }
    }
}
