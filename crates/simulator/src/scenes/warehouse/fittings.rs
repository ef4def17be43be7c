//! Lamps, pipes, trays, signs, barriers, chargers, desks: what makes a hall a workplace.

use std::f32::consts::{FRAC_PI_2, PI};

use glam::{Quat, Vec3};

use super::goods;
use super::plan::Plan;
use super::shell::{Stock, hall, paint};
use crate::class::Class;
use crate::light::lamps::Beam;
use crate::random::Rng;
use crate::rays::geometry::Group;
use crate::rays::shape::Shape;
use crate::scene::{Lamp, Scene};
use crate::surface::material::{Material, srgb};
use crate::surface::pattern::Pattern;
use crate::surface::stencil::text;
use crate::surface::warehouse::Hall;

pub(super) fn build(scene: &mut Scene, rng: &mut Rng, plan: &Plan, stock: &Stock) {
    lamps(scene, rng, plan, stock);
    pipes(scene, rng, plan, stock);
    walkways(scene, plan, stock);
    fire_points(scene, plan, stock);
    exits(scene, plan);
    chargers(scene, rng, plan, stock);
    packing(scene, rng, plan, stock);
    office(scene, rng, plan, stock);
    scatter(scene, rng, plan);
}

/// Rows of high bays over aisles, apron and side. Some are dead.
fn lamps(scene: &mut Scene, rng: &mut Rng, plan: &Plan, stock: &Stock) {
    let tint = rng.pick(&[
        Vec3::new(1.0, 0.94, 0.84),
        Vec3::new(0.94, 0.98, 1.0),
        Vec3::new(1.0, 0.86, 0.66),
    ]);
    let glow = Material::plain(srgb(235, 235, 230)).glow(tint * 12.0);
    let lit = scene.add_material(glow);
    let dusk = scene.add_material(Material { night_only: true, ..glow });
    let dead = scene.add_material(Material::plain(srgb(150, 150, 146)).gloss(0.4));
    let long = rng.chance(0.5);
    let fixture = |scene: &mut Scene, face: u16| {
        let mut g = Group::of(Class::Lamp);
        if long {
            g.cuboid(Vec3::new(0.0, 0.06, 0.0), Vec3::new(0.26, 0.09, 1.5), stock.white);
            g.cuboid(Vec3::new(0.0, 0.01, 0.0), Vec3::new(0.2, 0.03, 1.42), face);
            for z in [-0.6f32, 0.6] {
                g.rod(Vec3::new(0.0, 0.1, z), Vec3::new(0.0, 1.2, z), 0.006, 1.0, stock.steel);
            }
        } else {
            g.rod(Vec3::Y * 0.02, Vec3::Y * 0.3, 0.27, 0.45, stock.steel);
            g.rod(Vec3::ZERO, Vec3::Y * 0.03, 0.24, 1.0, face);
            g.rod(Vec3::Y * 0.3, Vec3::Y * 1.2, 0.008, 1.0, stock.steel);
        }
        scene.add_group(g)
    };
    let [on, off, in_the_dark] = [lit, dead, dusk].map(|face| fixture(scene, face));
    let y = plan.height - 1.5;
    let mut xs: Vec<(f32, f32, f32)> =
        plan.aisles.iter().map(|a| (a.x, plan.north() - 2.0, plan.south() - 2.0)).collect();
    let width = plan.side.1 - plan.side.0;
    for k in 0..2 {
        let x = plan.side.0 + width * (0.3 + 0.4 * k as f32);
        xs.push((x, plan.north() - 2.0, plan.south() - 2.0));
    }
    let along = rng.range(8.5, 10.5);
    // Narrow beams light an aisle and not the tops of the racks beside it.
    const NARROW: f32 = 0.62;
    const WIDE: f32 = 0.5;
    let mut spots: Vec<(Vec3, f32, bool)> = Vec::new();
    for (k, &(x, from, to)) in xs.iter().enumerate() {
        let edge = if k < plan.aisles.len() { NARROW } else { WIDE };
        // Where daylight falls in, lamps are off by day.
        let night_only = plan.skylights.contains(&x);
        let count = ((to - from) / along).round().max(1.0);
        for i in 0..count as usize {
            let z = from + (to - from) * (i as f32 + 0.5) / count;
            spots.push((Vec3::new(x, y, z), edge, night_only));
        }
    }
    let across = ((2.0 * plan.half.x) / 9.5).round().max(1.0);
    for i in 0..across as usize {
        let x = plan.half.x * (2.0 * (i as f32 + 0.5) / across - 1.0);
        for z in [plan.south() + 4.0, plan.half.y - 4.5] {
            spots.push((Vec3::new(x, y, z), WIDE, z > plan.south() + 6.0));
        }
    }
    for (at, cos_edge, night_only) in spots {
        let dead = rng.chance(0.09);
        scene.root.label(Class::Lamp, 0);
        let body = if dead {
            off
        } else if night_only {
            in_the_dark
        } else {
            on
        };
        scene.root.place(body, at, Quat::IDENTITY, Vec3::ONE);
        if !dead {
            scene.lamps.push(Lamp {
                position: at - Vec3::Y * 0.1,
                power: tint * 60.0,
                clear_m: 0.3,
                night_only,
                radius: if long { 0.2 } else { 0.12 },
                beam: Some(Beam { dir: Vec3::NEG_Y, cos_edge }),
            });
        }
    }
}

/// Sprinklers, ducts, trays.
fn pipes(scene: &mut Scene, rng: &mut Rng, plan: &Plan, stock: &Stock) {
    let tray = hall(Hall::Perforated, srgb(170, 172, 172), srgb(140, 140, 138), Vec3::ZERO);
    let tray = scene.add_material(tray.gloss(0.5));
    let duct = scene.add_material(Material::plain(srgb(186, 190, 192)).gloss(0.5).scale(1.5));
    let (hx, hz, h) = (plan.half.x, plan.half.y, plan.height);
    let root = &mut scene.root;
    root.label(Class::Ceiling, 0);
    let y = h - 1.42;
    for lane in plan.aisles.iter().map(|a| a.x + 0.9).chain([0.5 * (plan.side.0 + plan.side.1)]) {
        root.rod(
            Vec3::new(lane, y, -hz + 1.0),
            Vec3::new(lane, y, hz - 1.0),
            0.035,
            1.0,
            stock.red,
        );
        let heads = (2.0 * hz / 6.0) as i32;
        for i in 1..heads {
            let at = Vec3::new(lane, y, -hz + 6.0 * i as f32);
            root.rod(at, at - Vec3::Y * 0.12, 0.02, 1.0, stock.steel);
        }
    }
    for z in [plan.back_lane(), plan.south() + 1.4] {
        let (a, b) = (Vec3::new(-hx + 0.4, y + 0.12, z), Vec3::new(hx - 0.4, y + 0.12, z));
        root.rod(a, b, 0.08, 1.0, stock.red);
    }
    let drop = Vec3::new(-plan.side_sign * (hx - 0.4), 0.0, plan.back_lane());
    root.rod(drop, drop.with_y(y + 0.12), 0.08, 1.0, stock.red);
    for z in [plan.south() + 2.2, plan.north() - 1.2] {
        root.cuboid(Vec3::new(0.0, h - 1.62, z), Vec3::new(2.0 * hx - 1.0, 0.012, 0.4), tray);
        for side in [-0.2f32, 0.2] {
            let at = Vec3::new(0.0, h - 1.58, z + side);
            root.cuboid(at, Vec3::new(2.0 * hx - 1.0, 0.08, 0.012), tray);
        }
        for (i, off) in [-0.1f32, -0.02, 0.07, 0.13].into_iter().enumerate() {
            let from = Vec3::new(-hx + 1.0, h - 1.59, z + off);
            let to = Vec3::new(hx - 1.0, h - 1.59, z + off + rng.range(-0.02, 0.02));
            let skin = if i % 2 == 0 { stock.rubber } else { stock.dark };
            root.rod(from, to, 0.018, 1.0, skin);
        }
    }
    // One ventilation duct with outlets over the apron.
    let z = plan.south() + 7.5;
    let level = h - 2.0;
    root.rod(Vec3::new(-hx + 0.5, level, z), Vec3::new(hx - 0.5, level, z), 0.38, 1.0, duct);
    let mut x = -hx + 5.0;
    while x < hx - 4.0 {
        root.rod(Vec3::new(x, level, z), Vec3::new(x + 0.03, level, z), 0.41, 1.0, stock.steel);
        let out = Vec3::new(x + 2.0, level - 0.3, z);
        root.rod(out, out - Vec3::Y * 0.35, 0.16, 1.4, stock.steel);
        x += 6.0;
    }
}

/// A lane for people along the apron with rails, crossings before the aisles.
fn walkways(scene: &mut Scene, plan: &Plan, stock: &Stock) {
    let green = srgb(46, 120, 76);
    let green = scene.add_material(hall(Hall::Paint, green, green, green).satin(0.03, 0.03));
    let mut g = Group::of(Class::Furniture);
    for x in [-1.0f32, 1.0] {
        g.cuboid(Vec3::new(x, 0.55, 0.0), Vec3::new(0.13, 1.1, 0.13), stock.yellow);
        g.cuboid(Vec3::new(x, 0.01, 0.0), Vec3::new(0.26, 0.02, 0.26), stock.dark);
    }
    for y in [0.35f32, 0.7, 1.04] {
        let tall = if y > 1.0 { 0.07 } else { 0.16 };
        g.cuboid(Vec3::new(0.0, y, 0.0), Vec3::new(2.0, tall, 0.07), stock.yellow);
    }
    let barrier = scene.add_group(g);
    let half_x = plan.half.x;
    let z = plan.back_lane() - 1.9;
    let root = &mut scene.root;
    root.label(Class::Floor, 0);
    let (west, east) = (-half_x + 4.0, half_x - 4.0);
    paint(root, (west, east), (z - 0.55, z + 0.55), green);
    for edge in [-0.6f32, 0.6] {
        paint(root, (west, east), (z + edge - 0.05, z + edge + 0.05), stock.line_white);
    }
    // Along the open side.
    let x = if plan.side_sign > 0.0 { plan.side.0 + 1.0 } else { plan.side.1 - 1.0 };
    let (north, south) = (z + 0.65, plan.half.y - 7.0);
    paint(root, (x - 0.55, x + 0.55), (north, south), green);
    for edge in [-0.6f32, 0.6] {
        paint(root, (x + edge - 0.05, x + edge + 0.05), (north, south), stock.line_white);
    }
    // Lanes of the apron.
    for lane in [plan.south() + 1.0, plan.south() + 4.1, plan.half.y - 7.4] {
        paint(root, (-half_x + 1.0, half_x - 1.0), (lane - 0.05, lane + 0.05), stock.line_yellow);
    }
    // Zebra where the walkway meets the apron's lanes.
    for k in 0..6 {
        let at = plan.south() + 1.25 + 0.5 * k as f32;
        paint(root, (x - 0.5, x + 0.5), (at, at + 0.25), stock.line_white);
    }
    root.label(Class::Furniture, 0);
    let turn = Quat::from_rotation_y(FRAC_PI_2);
    let rail_x = x + plan.side_sign * 0.85;
    let mut at = north + 2.0;
    let mut count = 0;
    while at < plan.south() - 2.0 {
        // Gaps let pallets through.
        if count % 4 != 3 {
            root.place(barrier, Vec3::new(rail_x, 0.0, at), turn, Vec3::ONE);
        }
        at += 2.15;
        count += 1;
    }
    let gate = plan.gate_x;
    for side in [-1.0f32, 1.0] {
        let at = Vec3::new(gate + side * 3.6, 0.0, plan.half.y - 2.2);
        root.place(barrier, at, turn, Vec3::ONE);
    }
}

/// Extinguishers with their boards and keep-clear fields, on the walls and at rows' ends.
fn fire_points(scene: &mut Scene, plan: &Plan, stock: &Stock) {
    let board = hall(
        Hall::Board { text: text("FIRE"), height: 0.13 },
        srgb(180, 26, 22),
        srgb(240, 238, 232),
        Vec3::ONE,
    );
    let board = scene.add_material(board.gloss(0.3));
    let mut g = Group::of(Class::Furniture);
    for dx in [-0.13f32, 0.13] {
        let foot = Vec3::new(dx, 0.35, 0.0);
        g.rod(foot, foot + Vec3::Y * 0.48, 0.075, 1.0, stock.red);
        g.add(
            Shape::Sphere,
            foot + Vec3::Y * 0.48,
            Quat::IDENTITY,
            Vec3::new(0.075, 0.05, 0.075),
            stock.red,
        );
        g.rod(foot + Vec3::Y * 0.5, foot + Vec3::Y * 0.6, 0.025, 1.0, stock.dark);
        g.cuboid(foot + Vec3::new(0.05, 0.6, 0.0), Vec3::new(0.14, 0.03, 0.03), stock.dark);
        g.rod(
            foot + Vec3::new(0.03, 0.56, 0.05),
            foot + Vec3::new(0.07, 0.2, 0.08),
            0.012,
            1.0,
            stock.rubber,
        );
    }
    g.cuboid(Vec3::new(0.0, 0.3, -0.02), Vec3::new(0.5, 0.06, 0.2), stock.dark);
    g.label(Class::Sign, 0);
    g.cuboid(Vec3::new(0.0, 2.1, -0.06), Vec3::new(0.6, 0.4, 0.02), board);
    let point = scene.add_group(g);
    let root = &mut scene.root;
    let mut put = |at: Vec3, yaw: f32| {
        let turn = Quat::from_rotation_y(yaw);
        root.label(Class::Furniture, 0);
        root.place(point, at, turn, Vec3::ONE);
        root.label(Class::Floor, 0);
        let before = at + turn * Vec3::Z * 0.5;
        paint(
            root,
            (before.x - 0.5, before.x + 0.5),
            (before.z - 0.5, before.z + 0.5),
            stock.hatch,
        );
    };
    for &z in plan.trusses.iter().step_by(2) {
        put(Vec3::new(plan.half.x - 0.45, 0.0, z + 0.9), -FRAC_PI_2);
        put(Vec3::new(-plan.half.x + 0.45, 0.0, z + 0.9), FRAC_PI_2);
    }
    for &x in plan.spines.iter().step_by(3) {
        put(Vec3::new(x, 0.0, plan.south() + 0.42), 0.0);
    }
    for pair in plan.docks.windows(2).step_by(2) {
        put(Vec3::new(0.5 * (pair[0].x + pair[1].x), 0.0, plan.half.y - 0.2), PI);
    }
}

/// Lit signs and small lamps over ways out: the light of an empty hall at night.
fn exits(scene: &mut Scene, plan: &Plan) {
    let sign = hall(
        Hall::Board { text: text("EXIT"), height: 0.2 },
        srgb(20, 130, 70),
        srgb(240, 250, 240),
        Vec3::ONE,
    );
    let sign = scene.add_material(sign.glow(Vec3::new(0.05, 0.5, 0.2)));
    let head = Material::plain(srgb(225, 225, 215)).glow(Vec3::new(1.0, 0.85, 0.6) * 4.0);
    let head = scene.add_material(Material { night_only: true, ..head });
    let door = scene.add_material(Material::plain(srgb(120, 130, 136)).gloss(0.3));
    let (hx, hz) = (plan.half.x, plan.half.y);
    let walls = [
        (Vec3::new(hx - 0.08, 0.0, plan.back_lane()), Vec3::NEG_X),
        (Vec3::new(-hx + 0.08, 0.0, plan.back_lane()), Vec3::X),
        (Vec3::new(hx - 0.08, 0.0, plan.south() + 6.0), Vec3::NEG_X),
        (Vec3::new(-hx + 0.08, 0.0, plan.south() + 6.0), Vec3::X),
        (Vec3::new(0.3 * hx, 0.0, -hz + 0.08), Vec3::Z),
    ];
    for (at, inward) in walls {
        let across = Vec3::new(inward.z.abs(), 0.0, inward.x.abs());
        let root = &mut scene.root;
        root.label(Class::Door, 0);
        root.cuboid(at + Vec3::Y * 1.05, across * 1.0 + Vec3::Y * 2.1 + inward.abs() * 0.1, door);
        root.label(Class::Sign, 0);
        let above = at + Vec3::Y * 2.5 + inward * 0.06;
        root.cuboid(above, across * 0.8 + Vec3::Y * 0.32 + inward.abs() * 0.05, sign);
        root.label(Class::Lamp, 0);
        let lamp = at + Vec3::Y * 3.1 + inward * 0.15;
        root.cuboid(lamp, across * 0.4 + Vec3::Y * 0.12 + inward.abs() * 0.14, head);
        scene.lamps.push(Lamp {
            position: lamp + inward * 0.15 - Vec3::Y * 0.1,
            power: Vec3::new(1.0, 0.85, 0.6) * 6.0,
            clear_m: 0.2,
            night_only: true,
            radius: 0.1,
            beam: None,
        });
    }
}

/// Charging stations along the back wall.
fn chargers(scene: &mut Scene, rng: &mut Rng, plan: &Plan, stock: &Stock) {
    let case = scene.add_material(Material::plain(srgb(60, 66, 72)).gloss(0.35).scale(0.4));
    let green = Vec3::new(0.1, 0.9, 0.3);
    let screen = scene.add_material(hall(Hall::Screen, Vec3::ZERO, green, Vec3::ZERO));
    let board = hall(
        Hall::Board { text: text("CHARGE"), height: 0.2 },
        srgb(232, 184, 20),
        srgb(26, 26, 26),
        Vec3::ONE,
    );
    let board = scene.add_material(board.gloss(0.3));
    let z = -plan.half.y + 0.4;
    let first = plan.side_sign * (plan.half.x - 4.0);
    let root = &mut scene.root;
    for i in 0..5 {
        let x = first - plan.side_sign * 2.2 * i as f32;
        root.label(Class::Furniture, 0);
        root.cuboid(Vec3::new(x, 0.9, z), Vec3::new(0.7, 1.3, 0.45), case);
        root.cuboid(Vec3::new(x, 0.12, z), Vec3::new(0.74, 0.24, 0.5), stock.dark);
        root.cuboid(Vec3::new(x, 1.3, z + 0.23), Vec3::new(0.34, 0.2, 0.02), screen);
        root.rod(
            Vec3::new(x + 0.2, 1.0, z + 0.24),
            Vec3::new(x + 0.3, 0.25, z + 0.5),
            0.02,
            1.0,
            stock.rubber,
        );
        root.rod(
            Vec3::new(x + 0.3, 0.25, z + 0.5),
            Vec3::new(x + rng.range(0.1, 0.5), 0.03, z + 1.2),
            0.02,
            1.0,
            stock.rubber,
        );
        root.label(Class::Floor, 0);
        for edge in [-1.1f32, 1.1] {
            paint(root, (x + edge - 0.04, x + edge + 0.04), (z + 0.3, z + 3.1), stock.line_yellow);
        }
    }
    root.label(Class::Sign, 0);
    let middle = first - plan.side_sign * 4.4;
    root.cuboid(Vec3::new(middle, 3.0, z - 0.25), Vec3::new(2.6, 0.5, 0.04), board);
    root.label(Class::Floor, 0);
    let x = first - plan.side_sign * 11.5;
    paint(root, (x - 1.0, x + 1.0), (z + 0.2, z + 2.6), stock.hatch);
}

/// Packing desks and a roller conveyor on the open side.
fn packing(scene: &mut Scene, rng: &mut Rng, plan: &Plan, stock: &Stock) {
    let top = Material::new(Pattern::Wood, srgb(190, 160, 116), srgb(150, 120, 84), Vec3::ZERO);
    let top = scene.add_material(top.scale(0.4));
    let screen = hall(Hall::Screen, Vec3::ZERO, Vec3::new(0.35, 0.6, 1.0), Vec3::ZERO);
    let screen = scene.add_material(screen);
    let half = Vec3::new(0.2, 0.14, 0.15);
    let parcel = goods::carton(scene, rng, half);
    let mut g = Group::of(Class::Furniture);
    g.cuboid(Vec3::new(0.0, 0.88, 0.0), Vec3::new(1.8, 0.05, 0.8), top);
    for (x, z) in [(-0.85f32, -0.35f32), (0.85, -0.35), (-0.85, 0.35), (0.85, 0.35)] {
        g.cuboid(Vec3::new(x, 0.43, z), Vec3::new(0.06, 0.86, 0.06), stock.steel);
        if z < 0.0 {
            g.cuboid(Vec3::new(x, 1.5, z), Vec3::new(0.05, 1.3, 0.05), stock.steel);
        }
    }
    g.cuboid(Vec3::new(0.0, 1.75, -0.3), Vec3::new(1.75, 0.03, 0.36), stock.steel);
    g.cuboid(Vec3::new(0.45, 1.2, -0.25), Vec3::new(0.55, 0.34, 0.04), stock.dark);
    g.cuboid(Vec3::new(0.45, 1.2, -0.225), Vec3::new(0.5, 0.29, 0.01), screen);
    g.label(Class::Box, 0);
    g.add(
        Shape::Cuboid,
        Vec3::new(-0.45, 0.905 + half.y, 0.05),
        Quat::from_rotation_y(0.3),
        half,
        parcel,
    );
    for i in 0..3 {
        let at = Vec3::new(-0.6 + 0.45 * i as f32, 1.77 + half.y, -0.3);
        g.add(Shape::Cuboid, at, Quat::IDENTITY, half * Vec3::new(0.9, 1.0, 0.9), parcel);
    }
    let desk = scene.add_group(g);
    let mut g = Group::of(Class::Furniture);
    for i in 0..20 {
        let x = -1.45 + 0.15 * i as f32 + 0.025;
        g.rod(Vec3::new(x, 0.72, -0.3), Vec3::new(x, 0.72, 0.3), 0.03, 1.0, stock.steel);
    }
    for z in [-0.33f32, 0.33] {
        g.cuboid(Vec3::new(0.0, 0.72, z), Vec3::new(3.0, 0.12, 0.04), stock.yellow);
        for x in [-1.2f32, 1.2] {
            g.cuboid(Vec3::new(x, 0.33, z), Vec3::new(0.06, 0.66, 0.05), stock.dark);
        }
    }
    let rollers = scene.add_group(g);
    let wall_x = plan.side_sign * (plan.half.x - 1.6);
    let turn = Quat::from_rotation_y(-plan.side_sign * FRAC_PI_2);
    let along = Quat::from_rotation_y(FRAC_PI_2);
    let root = &mut scene.root;
    root.label(Class::Furniture, 0);
    for i in 0..3 {
        let z = plan.north() + 2.6 - 2.3 * i as f32;
        if z > -plan.half.y + 6.0 {
            root.place(desk, Vec3::new(wall_x, 0.0, z), turn, Vec3::ONE);
        }
    }
    let x = plan.side_sign * (plan.half.x - 0.9);
    for i in 0..6 {
        let z = plan.south() - 3.0 - 3.0 * i as f32;
        root.label(Class::Furniture, 0);
        root.place(rollers, Vec3::new(x, 0.0, z), along, Vec3::ONE);
        root.label(Class::Box, 0);
        if rng.chance(0.7) {
            let at = Vec3::new(x, 0.755 + half.y, z + rng.range(-1.0, 1.0));
            let turn = Quat::from_rotation_y(rng.range(-0.3, 0.3) + FRAC_PI_2);
            root.add(Shape::Cuboid, at, turn, half, parcel);
        }
    }
}

/// A cabin with windows in a corner of the apron.
fn office(scene: &mut Scene, rng: &mut Rng, plan: &Plan, stock: &Stock) {
    let wall = scene.add_material(Material::plain(srgb(214, 214, 206)).scale(2.0));
    let glass = Material::plain(srgb(40, 48, 52)).mirror(0.12).glow(Vec3::new(0.5, 0.46, 0.36));
    let glass = scene.add_material(glass);
    let door = scene.add_material(Material::plain(srgb(60, 90, 130)).gloss(0.3));
    let board = hall(
        Hall::Board { text: text("OFFICE"), height: 0.2 },
        srgb(40, 60, 80),
        srgb(240, 240, 236),
        Vec3::ONE,
    );
    let board = scene.add_material(board);
    let x = plan.side_sign * (plan.half.x - 2.6);
    let z = plan.south() + rng.range(6.0, 7.0);
    let face = x - plan.side_sign * 2.3;
    let root = &mut scene.root;
    root.label(Class::Building, 0);
    root.cuboid(Vec3::new(x, 1.4, z), Vec3::new(4.5, 2.8, 6.0), wall);
    root.cuboid(Vec3::new(x, 2.86, z), Vec3::new(4.8, 0.12, 6.3), stock.steel);
    let out = -plan.side_sign;
    for dz in [-1.5f32, 0.4] {
        root.cuboid(
            Vec3::new(face + out * 0.0, 1.6, z + dz),
            Vec3::new(0.14, 1.1, 1.6),
            stock.dark,
        );
        root.cuboid(Vec3::new(face + out * 0.05, 1.6, z + dz), Vec3::new(0.08, 0.98, 1.46), glass);
    }
    root.label(Class::Door, 0);
    root.cuboid(Vec3::new(face, 1.02, z + 2.1), Vec3::new(0.16, 2.04, 0.9), door);
    root.label(Class::Sign, 0);
    root.cuboid(Vec3::new(face + out * 0.03, 2.45, z - 0.5), Vec3::new(0.16, 0.36, 1.7), board);
    root.label(Class::Floor, 0);
    let edge = face + out * 1.1;
    paint(root, (edge - 0.05, edge + 0.05), (z - 3.2, z + 3.2), stock.line_yellow);
}

/// Trolleys, bins, ladders and cages near the walls and at rows' ends.
fn scatter(scene: &mut Scene, rng: &mut Rng, plan: &Plan) {
    let kinds: Vec<u32> = (0..5).map(|i| goods::clutter(scene, rng, i)).collect();
    let root = &mut scene.root;
    root.label(Class::Furniture, 0);
    for (i, &x) in plan.spines.iter().enumerate() {
        if i % 2 == 1 {
            let kind = kinds[rng.below(kinds.len())];
            let at = Vec3::new(x + rng.range(-0.4, 0.4), 0.0, plan.north() - 1.0);
            root.place(kind, at, Quat::from_rotation_y(rng.range(-0.5, 0.5)), Vec3::ONE);
        }
    }
    for pair in plan.docks.windows(2) {
        if rng.chance(0.75) {
            let kind = kinds[rng.below(kinds.len())];
            let x = 0.5 * (pair[0].x + pair[1].x) + rng.range(-0.3, 0.3);
            let at = Vec3::new(x, 0.0, plan.half.y - rng.range(1.5, 2.2));
            root.place(kind, at, Quat::from_rotation_y(rng.range(0.0, 6.2)), Vec3::ONE);
        }
    }
}
