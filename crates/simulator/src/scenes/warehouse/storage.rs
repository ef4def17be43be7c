//! Racks and what stands in them and beside them.

use std::f32::consts::{FRAC_PI_2, PI};

use glam::{Quat, Vec3};

use super::goods::Goods;
use super::plan::{BAY, Plan, RACK_DEPTH};
use super::shell::{Stock, hall, paint};
use crate::class::Class;
use crate::random::Rng;
use crate::rays::geometry::Group;
use crate::scene::Scene;
use crate::surface::material::{Material, srgb};
use crate::surface::stencil::text;
use crate::surface::warehouse::Hall;

/// Width of an upright's posts.
const POST: f32 = 0.1;
/// Height of a beam.
const BEAM: f32 = 0.12;

pub(super) fn build(scene: &mut Scene, rng: &mut Rng, plan: &Plan, stock: &Stock, goods: &Goods) {
    let steel = Steel::new(scene, rng);
    let top = plan.beams.last().map_or(3.0, |y| y + 1.6);
    let level = level(scene, &steel, stock);
    let upright = upright(scene, &steel, stock, top);
    let guard = row_guard(scene, stock);
    let mesh = end_mesh(scene, stock, top);
    for row in &plan.rows {
        for &(from, to) in &plan.stretches {
            let bays = ((to - from) / BAY).floor() as usize;
            // The bay's front looks along +X.
            let turn = if row.front > 0.0 { Quat::IDENTITY } else { Quat::from_rotation_y(PI) };
            let root = &mut scene.root;
            root.label(Class::Rack, 0);
            for i in 0..=bays {
                let at = Vec3::new(row.x, 0.0, from + 0.05 + BAY * i as f32);
                root.place(upright, at, turn, Vec3::ONE);
            }
            for end in [from - 0.25, to + 0.2] {
                root.place(guard, Vec3::new(row.x, 0.0, end), turn, Vec3::ONE);
            }
            root.place(mesh, Vec3::new(row.x, 0.0, to + 0.02), turn, Vec3::ONE);
            for i in 0..bays {
                let z = from + 0.05 + BAY * (i as f32 + 0.5);
                root.label(Class::Rack, 0);
                // Level by level: thin bodies keep out of the way of rays.
                for &y in &plan.beams {
                    root.place(level, Vec3::new(row.x, y, z), turn, Vec3::ONE);
                }
                root.label(Class::Pallet, 0);
                // Some bays are sold out.
                let full = if rng.chance(0.08) { 0.2 } else { 0.88 };
                let levels =
                    std::iter::once(0.0).chain(plan.beams.iter().map(|y| y + 0.5 * BEAM + 0.025));
                for y in levels {
                    // One sort of goods often fills a level.
                    let sort = rng.below(goods.loads.len());
                    let same = rng.chance(0.5);
                    for slot in [-0.9f32, 0.0, 0.9] {
                        if !rng.chance(full) {
                            continue;
                        }
                        let load = match (same, rng.chance(0.03)) {
                            (_, true) => goods.empties,
                            (true, _) => goods.loads[sort],
                            _ => goods.loads[rng.below(goods.loads.len())],
                        };
                        let at = Vec3::new(
                            row.x + row.front * rng.range(0.0, 0.07),
                            y,
                            z + slot + rng.range(-0.03, 0.03),
                        );
                        // Pallets go in lengthwise.
                        let swing = rng.range(-0.02, 0.02) + if rng.chance(0.5) { PI } else { 0.0 };
                        let turn = Quat::from_rotation_y(FRAC_PI_2 + swing);
                        root.place(load, at, turn, Vec3::ONE);
                    }
                }
            }
        }
    }
    aisle_signs(scene, plan, stock);
    floor_stock(scene, rng, plan, stock, goods);
}

struct Steel {
    post: u16,
    beam: u16,
    bolt: u16,
    label: u16,
}

impl Steel {
    fn new(scene: &mut Scene, rng: &mut Rng) -> Self {
        let blue = rng.pick(&[srgb(30, 66, 138), srgb(24, 84, 150), srgb(38, 58, 112)]);
        let orange = rng.pick(&[srgb(226, 98, 24), srgb(232, 116, 22), srgb(214, 82, 30)]);
        let rust = srgb(120, 110, 104);
        let post = scene.add_material(hall(Hall::Perforated, blue, rust, blue).gloss(0.4));
        let beam = scene.add_material(Material::plain(orange).gloss(0.45).scale(0.5));
        let bolt = scene.add_material(Material::plain(srgb(176, 176, 172)).gloss(0.8));
        let paper = srgb(222, 220, 212);
        let label = scene.add_material(hall(Hall::Label, paper, paper, paper).gloss(0.2));
        Self { post, beam, bolt, label }
    }
}

/// Two posts with braces, feet and bolts; spans the rack's depth along X.
fn upright(scene: &mut Scene, steel: &Steel, stock: &Stock, top: f32) -> u32 {
    let mut g = Group::of(Class::Rack);
    let x = 0.5 * (RACK_DEPTH - POST);
    for side in [-x, x] {
        g.cuboid(Vec3::new(side, 0.5 * top, 0.0), Vec3::new(POST, top, 0.085), steel.post);
        g.cuboid(Vec3::new(side, 0.006, 0.0), Vec3::new(0.16, 0.012, 0.15), stock.dark);
        for (dx, dz) in [(0.06f32, 0.055f32), (-0.06, -0.055)] {
            let at = Vec3::new(side + dx, 0.012, dz);
            g.rod(at, at + Vec3::Y * 0.02, 0.011, 1.0, steel.bolt);
        }
    }
    let mut y = 0.25;
    let mut forth = true;
    while y + 0.9 < top {
        let (a, b) = if forth { (-x, x) } else { (x, -x) };
        g.rod(Vec3::new(a, y, 0.0), Vec3::new(b, y + 0.9, 0.0), 0.018, 1.0, steel.post);
        y += 0.9;
        forth = !forth;
    }
    // A yellow shoe takes the blows of forks.
    g.label(Class::Furniture, 0);
    g.cuboid(Vec3::new(x + 0.03, 0.2, 0.0), Vec3::new(0.16, 0.4, 0.14), stock.yellow);
    scene.add_group(g)
}

/// Beams, connectors, labels and deck of one level of a bay, around the beams' middle; its front
/// looks along +X.
fn level(scene: &mut Scene, steel: &Steel, stock: &Stock) -> u32 {
    let mut g = Group::of(Class::Rack);
    let x = 0.5 * (RACK_DEPTH - 0.05);
    let length = BAY - 0.09;
    for side in [-x, x] {
        g.cuboid(Vec3::new(side, 0.0, 0.0), Vec3::new(0.05, BEAM, length), steel.beam);
        // A lip on top, and a hollow line along the face.
        g.cuboid(
            Vec3::new(side - 0.012 * side.signum(), 0.5 * BEAM + 0.01, 0.0),
            Vec3::new(0.03, 0.02, length),
            steel.beam,
        );
        for end in [-1.0f32, 1.0] {
            let z = end * 0.5 * length;
            let out = side + 0.03 * side.signum();
            g.cuboid(Vec3::new(out, 0.0, z), Vec3::new(0.012, 0.22, 0.07), steel.beam);
            for y in [-0.07f32, 0.07] {
                let at = Vec3::new(out, y, z);
                g.rod(at, at + Vec3::X * (0.016 * side.signum()), 0.012, 1.0, steel.bolt);
            }
        }
    }
    for slot in [-0.9f32, 0.0, 0.9] {
        let at = Vec3::new(x + 0.027, 0.0, slot);
        g.cuboid(at, Vec3::new(0.004, 0.075, 0.13), steel.label);
    }
    // Bars of the deck.
    for i in 0..9 {
        let z = -1.2 + 0.3 * i as f32;
        let (a, b) = (Vec3::new(-x, 0.075, z), Vec3::new(x, 0.075, z));
        g.rod(a, b, 0.012, 1.0, stock.steel);
    }
    scene.add_group(g)
}

/// Rails that guard the end of a row.
fn row_guard(scene: &mut Scene, stock: &Stock) -> u32 {
    let mut g = Group::of(Class::Furniture);
    for x in [-0.6f32, 0.6] {
        g.cuboid(Vec3::new(x, 0.2, 0.0), Vec3::new(0.12, 0.4, 0.12), stock.warning);
    }
    for y in [0.16f32, 0.32] {
        g.cuboid(Vec3::new(0.0, y, 0.0), Vec3::new(1.2, 0.1, 0.05), stock.yellow);
    }
    scene.add_group(g)
}

/// Bars that close the end of a row.
fn end_mesh(scene: &mut Scene, stock: &Stock, top: f32) -> u32 {
    let mut g = Group::of(Class::Rack);
    let x = 0.5 * RACK_DEPTH;
    let from = 2.0;
    for i in 0..=6 {
        let at = -x + RACK_DEPTH * i as f32 / 6.0;
        g.rod(Vec3::new(at, from, 0.0), Vec3::new(at, top, 0.0), 0.006, 1.0, stock.dark);
    }
    let rows = ((top - from) / 0.2) as usize;
    for i in 0..=rows {
        let y = from + 0.2 * i as f32;
        g.rod(Vec3::new(-x, y, 0.0), Vec3::new(x, y, 0.0), 0.006, 1.0, stock.dark);
    }
    scene.add_group(g)
}

/// Numbers of the aisles: boards on the rows' ends and paint on the floor.
fn aisle_signs(scene: &mut Scene, plan: &Plan, stock: &Stock) {
    for (i, lane) in plan.aisles.iter().enumerate() {
        let word = text(&format!("{}{:02}", if plan.side_sign > 0.0 { 'A' } else { 'C' }, i + 1));
        let board = Hall::Board { text: word, height: 0.42 };
        let board = scene.add_material(
            hall(board, srgb(18, 60, 120), srgb(242, 240, 232), Vec3::ONE).gloss(0.3),
        );
        let white = srgb(224, 222, 214);
        let paint_word = Hall::FloorText { text: word, height: 0.9 };
        let paint_word =
            scene.add_material(hall(paint_word, white, white, white).satin(0.03, 0.03));
        let arrow = Hall::Arrow { length: 1.9 };
        let arrow = scene.add_material(hall(arrow, white, white, white).satin(0.03, 0.03));
        for (end, way) in [(plan.south(), 1.0f32), (plan.north(), -1.0)] {
            let root = &mut scene.root;
            root.label(Class::Sign, 0);
            let y = plan.beams.last().map_or(4.0, |y| y + 0.7);
            let at = Vec3::new(lane.x, y, end - way * 0.3);
            root.cuboid(at, Vec3::new(1.5, 0.66, 0.03), board);
            for side in [-0.6f32, 0.6] {
                let from = at + Vec3::new(side, 0.33, 0.0);
                root.rod(from, from.with_y(plan.height - 1.2), 0.006, 1.0, stock.steel);
            }
            root.label(Class::Floor, 0);
            let turn = if way > 0.0 { Quat::IDENTITY } else { Quat::from_rotation_y(PI) };
            let flat = |x: f32, z: f32| Vec3::new(x, super::plan::PAINT * 0.5, z);
            let half = |x: f32, z: f32| Vec3::new(x, super::plan::PAINT * 0.5, z);
            let shape = crate::rays::shape::Shape::Cuboid;
            root.add(shape, flat(lane.x, end + way * 0.8), turn, half(1.2, 0.5), paint_word);
            // Up one aisle, down the next.
            let up = if i % 2 == 0 { Quat::IDENTITY } else { Quat::from_rotation_y(PI) };
            root.add(shape, flat(lane.x, end - way * 2.5), up, half(0.65, 0.98), arrow);
        }
        let root = &mut scene.root;
        for &(from, to) in &plan.stretches {
            for side in [-1.0f32, 1.0] {
                let x = lane.x + side * (0.5 * lane.width - 0.12);
                paint(root, (x - 0.05, x + 0.05), (from, to), stock.line_yellow);
            }
        }
    }
}

/// Goods on the open floor beside the racks, in painted fields, and before the docks.
fn floor_stock(scene: &mut Scene, rng: &mut Rng, plan: &Plan, stock: &Stock, goods: &Goods) {
    let (x0, x1) = (plan.side.0 + 2.6, plan.side.1 - 2.2);
    let root = &mut scene.root;
    let mut z = plan.north() + 7.5;
    while z + 3.4 < plan.south() - 2.0 {
        let depth = rng.pick(&[2.5f32, 3.7]);
        root.label(Class::Floor, 0);
        for edge in [z, z + depth] {
            paint(root, (x0, x1), (edge - 0.05, edge + 0.05), stock.line_white);
        }
        root.label(Class::Pallet, 0);
        let sort = rng.below(goods.loads.len());
        let mut x = x0 + 0.6;
        while x < x1 - 0.5 {
            let mut at = z + 0.65;
            while at < z + depth - 0.5 {
                if rng.chance(0.72) {
                    let load = match rng.below(8) {
                        0 => goods.empties,
                        1 | 2 => goods.loads[rng.below(goods.loads.len())],
                        _ => goods.loads[sort],
                    };
                    let turn = Quat::from_rotation_y(rng.range(-0.05, 0.05));
                    let place = Vec3::new(x, 0.0, at);
                    root.place(load, place, turn, Vec3::ONE);
                    if load == goods.empties && rng.chance(0.6) {
                        root.place(load, place + Vec3::Y * 1.01, turn, Vec3::ONE);
                    }
                }
                at += 1.26;
            }
            x += 0.98;
        }
        z += depth + rng.range(2.6, 3.4);
    }
    // Staging before the docks.
    for dock in &plan.docks {
        for k in 0..3 {
            for side in [-0.62f32, 0.62] {
                if rng.chance(0.42) {
                    let at = Vec3::new(
                        dock.x + side + rng.range(-0.06, 0.06),
                        0.0,
                        plan.half.y - 3.2 - 1.35 * k as f32,
                    );
                    let turn = Quat::from_rotation_y(rng.range(-0.08, 0.08));
                    let load = goods.loads[rng.below(goods.loads.len())];
                    root.place(load, at, turn, Vec3::ONE);
                }
            }
        }
    }
}
