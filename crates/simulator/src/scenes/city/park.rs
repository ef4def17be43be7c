//! Blocks without houses: parks and squares.

use std::f32::consts::{PI, TAU};

use glam::{Quat, Vec3};

use super::block::Works;
use super::building::Detail;
use super::furniture::LANTERN_AT;
use super::palette::any_turn;
use super::plan::{KERB_M, Rect};
use crate::class::Class;
use crate::random::Rng;
use crate::rays::shape::Shape;
use crate::scene::Lamp;

fn ground(works: &mut Works<'_>, rect: &Rect, top: f32, class: Class, material: u16) {
    let (c, s) = (rect.centre(), rect.size());
    if s.min_element() > 0.0 {
        works.group.label(class, 0);
        let centre = Vec3::new(c.x, KERB_M + top - 0.2, c.y);
        works.group.cuboid(centre, Vec3::new(s.x, 0.4, s.y), material);
    }
}

fn lantern(works: &mut Works<'_>, at: Vec3) {
    let instance = works.instance();
    works.group.label(Class::Lamp, instance);
    works.group.place(works.palette.lantern, at, Quat::IDENTITY, Vec3::ONE);
    works.fittings.lamps.push(Lamp {
        position: at + LANTERN_AT - Vec3::Y * 0.12,
        power: Vec3::new(1.0, 0.70, 0.38) * 8.0,
        clear_m: 0.45,
        night_only: true,
        radius: 0.12,
        beam: None,
    });
}

fn thing(works: &mut Works<'_>, class: Class, body: u32, at: Vec3, turn: Quat, scale: f32) {
    let instance = works.instance();
    works.group.label(class, instance);
    works.group.place(body, at, turn, Vec3::splat(scale));
}

/// Lawns with paths, trees, hedges and benches, around a pond or a monument.
pub(super) fn park(works: &mut Works<'_>) {
    let p = works.palette;
    let mut rng = works.rng(0x9a4c);
    let lots = works.plan.lots(works.i, works.j);
    let (c, half) = (lots.centre(), lots.size() * 0.5);
    let at = |x: f32, y: f32, z: f32| Vec3::new(c.x + x, KERB_M + y, c.y + z);
    ground(works, &lots, 0.01, Class::Trail, p.gravel);
    let path = rng.range(1.3, 2.0);
    let ring = half.min_element() * 0.34;
    for (sx, sz) in [(-1.0f32, -1.0f32), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
        let (from, to) = ((sx * path, sz * path), (sx * (half.x - 0.3), sz * (half.y - 0.3)));
        let rect = Rect {
            min: c + glam::Vec2::new(from.0.min(to.0), from.1.min(to.1)),
            max: c + glam::Vec2::new(from.0.max(to.0), from.1.max(to.1)),
        };
        ground(works, &rect, 0.07, Class::Plant, p.lawn);
        let trees = if works.detail == Detail::Far { 3 } else { 7 };
        for _ in 0..trees {
            let x = sx * rng.range(path + 1.5, half.x - 2.0);
            let z = sz * rng.range(path + 1.5, half.y - 2.0);
            let (pick, scale) = (works.tree(rng.pick(&p.trees)), rng.range(0.85, 1.3));
            let turn = any_turn(&mut rng);
            if x.hypot(z) > ring + 2.0 {
                thing(works, Class::Tree, pick, at(x, 0.0, z), turn, scale);
            }
        }
        if works.detail == Detail::Far {
            continue;
        }
        for _ in 0..6 {
            let (x, z) = (
                sx * rng.range(path + 1.0, half.x - 1.5),
                sz * rng.range(path + 1.0, half.y - 1.5),
            );
            let (pick, scale) = (rng.pick(&p.bushes), rng.range(0.6, 1.1));
            thing(works, Class::Plant, pick, at(x, 0.0, z), any_turn(&mut rng), scale);
        }
        // A clipped hedge along the pavement.
        works.group.label(Class::Plant, 0);
        works.group.cuboid(
            at(sx * 0.5 * (path + half.x), 0.45, sz * (half.y - 0.35)),
            Vec3::new(half.x - path - 1.0, 0.9, 0.6),
            p.hedge,
        );
        works.group.cuboid(
            at(sx * (half.x - 0.35), 0.45, sz * 0.5 * (path + half.y)),
            Vec3::new(0.6, 0.9, half.y - path - 1.0),
            p.hedge,
        );
    }
    works.group.label(Class::Trail, 0);
    works.group.rod(at(0.0, -0.3, 0.0), at(0.0, 0.075, 0.0), ring, 1.0, p.gravel);
    centrepiece(works, &mut rng, at(0.0, 0.07, 0.0), ring * 0.6);
    if works.detail == Detail::Far {
        return;
    }
    for k in 0..8 {
        let angle = TAU * (k as f32 + 0.5) / 8.0;
        let out = ring * 0.9;
        let foot = at(angle.sin() * out, 0.07, angle.cos() * out);
        if k % 2 == 0 {
            let turn = Quat::from_rotation_y(angle + PI);
            thing(works, Class::Furniture, p.bench, foot, turn, 1.0);
        } else {
            lantern(works, foot);
        }
    }
}

fn centrepiece(works: &mut Works<'_>, rng: &mut Rng, at: Vec3, radius: f32) {
    let p = works.palette;
    let instance = works.instance();
    works.group.label(Class::Other, instance);
    let g = &mut works.group;
    let up = Vec3::Y;
    if rng.chance(0.5) {
        // A basin with a bowl.
        g.rod(at - up * 0.2, at + up * 0.18, radius * 1.08, 1.0, p.stone);
        g.add(
            Shape::Torus { minor: 0.06 },
            at + up * 0.38,
            Quat::IDENTITY,
            Vec3::new(radius, radius * 2.2, radius),
            p.stone,
        );
        works.group.label(Class::Water, 0);
        let g = &mut works.group;
        g.rod(at, at + up * 0.36, radius * 0.93, 1.0, p.water);
        works.group.label(Class::Other, instance);
        let g = &mut works.group;
        let profile = [
            (0.5, 0.0),
            (0.32, 0.3),
            (0.2, 0.9),
            (0.26, 1.3),
            (1.0, 1.62),
            (1.08, 1.7),
            (0.9, 1.7),
            (0.2, 1.5),
            (0.14, 2.2),
            (0.36, 2.42),
            (0.05, 2.7),
        ];
        g.lathe(at, &profile, 16, p.stone);
    } else {
        // A figure on a plinth.
        for (k, half) in [1.9, 1.5, 1.1].into_iter().enumerate() {
            let y = 0.16 * k as f32;
            g.cuboid(at + up * (y + 0.08), Vec3::new(half * 2.0, 0.17, half * 2.0), p.stone);
        }
        g.cuboid(at + up * 1.5, Vec3::new(1.3, 2.1, 1.3), p.stone);
        g.cuboid(at + up * 2.6, Vec3::new(1.6, 0.18, 1.6), p.stone);
        let bronze = p.zinc;
        let figure = rng.pick(&p.people).standing;
        works.group.place(figure, at + up * 2.69, any_turn(rng), Vec3::splat(1.5));
        let g = &mut works.group;
        for turn in 0..4 {
            let side = Quat::from_rotation_y(TAU * turn as f32 / 4.0);
            let panel = at + up * 1.5 + side * Vec3::Z * 0.66;
            g.add(Shape::Cuboid, panel, side, Vec3::new(0.4, 0.5, 0.02), bronze);
        }
    }
}

/// Paved ground with a monument, rows of trees, café tables and stalls.
pub(super) fn square(works: &mut Works<'_>) {
    let p = works.palette;
    let mut rng = works.rng(0x5a4e);
    let lots = works.plan.lots(works.i, works.j);
    let (c, half) = (lots.centre(), lots.size() * 0.5);
    let at = |x: f32, y: f32, z: f32| Vec3::new(c.x + x, KERB_M + y, c.y + z);
    ground(works, &lots, 0.012, Class::Pavement, p.setts);
    centrepiece(works, &mut rng, at(0.0, 0.01, 0.0), 3.4);
    let inset = half - 2.5;
    let step = 8.0;
    for side in [-1.0f32, 1.0] {
        let count = (2.0 * inset.x / step) as i32;
        for k in 0..=count {
            let x = -inset.x + 2.0 * inset.x * k as f32 / count.max(1) as f32;
            let foot = at(x, 0.0, side * inset.y);
            if k % 2 == 0 {
                let (tree, turn) = (works.tree(rng.pick(&p.trees)), any_turn(&mut rng));
                thing(works, Class::Tree, tree, foot, turn, rng.range(0.65, 0.9));
                works.group.label(Class::Ground, 0);
                works.group.cuboid(foot + Vec3::Y * 0.01, Vec3::new(1.4, 0.02, 1.4), p.soil);
            } else if works.detail != Detail::Far {
                lantern(works, foot);
            }
        }
    }
    if works.detail == Detail::Far {
        return;
    }
    for _ in 0..8 {
        let (angle, out) = (rng.range(0.0, TAU), rng.range(7.0, 9.5));
        let foot = at(angle.sin() * out, 0.01, angle.cos() * out);
        let turn = Quat::from_rotation_y(angle + PI);
        let body = rng.pick(&[p.bench, p.cafe, p.cafe, p.plant_tub]);
        thing(works, Class::Furniture, body, foot, turn, 1.0);
    }
    // Market stalls: a table of goods under a striped roof.
    for k in 0..5 {
        let x = (k as f32 - 2.0) * 4.6;
        let z = half.y * if k % 2 == 0 { 0.42 } else { 0.5 };
        let cloth = rng.pick(&p.awnings);
        let goods = [rng.pick(&p.goods), rng.pick(&p.goods), rng.pick(&p.goods)];
        if x.abs() > half.x - 4.0 || rng.chance(0.25) {
            continue;
        }
        let instance = works.instance();
        works.group.label(Class::Furniture, instance);
        let g = &mut works.group;
        g.cuboid(at(x, 0.4, z), Vec3::new(3.0, 0.8, 1.1), p.timber);
        for (dx, dz) in [(-1.5, -0.6), (1.5, -0.6), (-1.5, 0.6), (1.5, 0.6)] {
            g.rod(at(x + dx, 0.0, z + dz), at(x + dx, 2.4, z + dz), 0.03, 1.0, p.iron);
        }
        g.add(Shape::Gable, at(x, 2.62, z), Quat::IDENTITY, Vec3::new(1.75, 0.3, 0.95), cloth);
        for (n, body) in goods.into_iter().enumerate() {
            g.place(
                body,
                at(x + 1.0 * (n as f32 - 1.0), 0.8, z + 0.1),
                Quat::from_rotation_y(PI),
                Vec3::splat(0.9),
            );
        }
    }
}
