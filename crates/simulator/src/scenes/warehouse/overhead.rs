//! Roof with skylights, trusses, columns.

use glam::{Quat, Vec3};

use super::plan::Plan;
use super::shell::{Stock, hall};
use crate::class::Class;
use crate::light::roof::{Roof, SkylightRow};
use crate::random::Rng;
use crate::rays::geometry::Group;
use crate::scene::Scene;
use crate::surface::material::srgb;
use crate::surface::warehouse::Hall;

pub(super) fn build(scene: &mut Scene, rng: &mut Rng, plan: &Plan, stock: &Stock) {
    roof(scene, rng, plan, stock);
    columns(scene, rng, plan, stock);
}

fn roof(scene: &mut Scene, rng: &mut Rng, plan: &Plan, stock: &Stock) {
    const HALF_LIGHT: f32 = 0.8;
    let tone = srgb(196, 198, 196);
    let deck = hall(Hall::Sheet { pitch: 0.28, upright: true }, tone, tone * 0.82, tone);
    let deck = scene.add_material(deck);
    let truss = truss(scene, plan, stock);
    let (hx, hz, h) = (plan.half.x, plan.half.y, plan.height);
    let root = &mut scene.root;
    root.label(Class::Ceiling, 0);
    let mut slab = |x0: f32, x1: f32, z0: f32, z1: f32| {
        if x1 - x0 > 0.01 && z1 - z0 > 0.01 {
            let centre = Vec3::new(0.5 * (x0 + x1), h + 0.1, 0.5 * (z0 + z1));
            root.cuboid(centre, Vec3::new(x1 - x0, 0.2, z1 - z0), deck);
        }
    };
    let mut panes: Vec<(f32, f32, f32)> = Vec::new();
    let mut rows = Vec::new();
    let mut x = -hx - 0.3;
    for &middle in &plan.skylights {
        slab(x, middle - HALF_LIGHT, -hz - 0.3, hz + 0.3);
        let mut z = -hz - 0.3;
        let ends = plan.trusses.iter().copied().chain([hz]);
        let mut from = -hz;
        for to in ends {
            // Some stretches have none.
            if rng.chance(0.85) {
                slab(middle - HALF_LIGHT, middle + HALF_LIGHT, z, from + 1.2);
                panes.push((middle, from + 1.2, to - 1.2));
                z = to - 1.2;
            }
            from = to;
        }
        slab(middle - HALF_LIGHT, middle + HALF_LIGHT, z, hz + 0.3);
        let own = panes.iter().filter(|pane| pane.0 == middle);
        let openings = own.map(|(_, from, to)| (*from, *to)).collect();
        rows.push(SkylightRow { x: (middle - HALF_LIGHT, middle + HALF_LIGHT), openings });
        x = middle + HALF_LIGHT;
    }
    slab(x, hx + 0.3, -hz - 0.3, hz + 0.3);
    for (x, from, to) in panes {
        for side in [-1.0f32, 1.0] {
            root.cuboid(
                Vec3::new(x + side * HALF_LIGHT, h, 0.5 * (from + to)),
                Vec3::new(0.08, 0.36, to - from),
                stock.white,
            );
        }
        let bars = ((to - from) / 1.1).round().max(1.0);
        for i in 0..=bars as usize {
            let z = from + (to - from) * i as f32 / bars;
            root.cuboid(
                Vec3::new(x, h + 0.05, z),
                Vec3::new(2.0 * HALF_LIGHT, 0.06, 0.05),
                stock.white,
            );
        }
        root.cuboid(
            Vec3::new(x, h + 0.05, 0.5 * (from + to)),
            Vec3::new(0.05, 0.06, to - from),
            stock.white,
        );
    }
    let half = plan.half;
    scene.roof = Some(Roof { min: -half, max: half, y: h, rows });
    let root = &mut scene.root;
    // Purlins along Z, trusses across.
    let purlins = (2.0 * hx / 3.0) as i32;
    for i in 0..=purlins {
        let x = -hx + 2.0 * hx * i as f32 / purlins as f32;
        if plan.skylights.iter().any(|s| (s - x).abs() < HALF_LIGHT + 0.1) {
            continue;
        }
        root.cuboid(Vec3::new(x, h - 0.1, 0.0), Vec3::new(0.08, 0.2, 2.0 * hz), stock.steel);
    }
    for &z in &plan.trusses {
        for i in 0..SPANS {
            let x = -hx + (i as f32 + 0.5) * 2.0 * hx / SPANS as f32;
            root.place(truss, Vec3::new(x, h - 0.2, z), Quat::IDENTITY, Vec3::ONE);
        }
    }
}

/// Trusses are put together from so many equal parts.
const SPANS: usize = 6;

/// One part of a truss, hanging from Y = 0, along X.
fn truss(scene: &mut Scene, plan: &Plan, stock: &Stock) -> u32 {
    let length = 2.0 * plan.half.x / SPANS as f32;
    let depth = 1.05;
    let mut g = Group::of(Class::Ceiling);
    for y in [0.0, -depth] {
        g.cuboid(Vec3::new(0.0, y, 0.0), Vec3::new(length, 0.12, 0.14), stock.steel);
    }
    let panels = (length / 1.8).round().max(2.0) as usize;
    for i in 0..panels {
        let at = |k: f32| -0.5 * length + length * k / panels as f32;
        let (a, b) = (at(i as f32), at(i as f32 + 0.5));
        let c = at(i as f32 + 1.0);
        let low = |x: f32| Vec3::new(x, -depth, 0.0);
        g.rod(Vec3::new(a, 0.0, 0.0), low(b), 0.035, 1.0, stock.steel);
        g.rod(low(b), Vec3::new(c, 0.0, 0.0), 0.035, 1.0, stock.steel);
    }
    scene.add_group(g)
}

fn columns(scene: &mut Scene, rng: &mut Rng, plan: &Plan, stock: &Stock) {
    let mut g = Group::of(Class::Wall);
    let h = plan.height - 0.2;
    // An I section, guarded at its foot.
    for z in [-0.11, 0.11] {
        g.cuboid(Vec3::new(0.0, 0.5 * h, z), Vec3::new(0.22, h, 0.03), stock.steel);
    }
    g.cuboid(Vec3::new(0.0, 0.5 * h, 0.0), Vec3::new(0.03, h, 0.2), stock.steel);
    g.cuboid(Vec3::new(0.0, 0.02, 0.0), Vec3::new(0.36, 0.04, 0.36), stock.dark);
    let column = scene.add_group(g);
    let mut g = Group::of(Class::Furniture);
    g.cuboid(Vec3::new(0.0, 0.6, 0.0), Vec3::new(0.34, 1.2, 0.34), stock.warning);
    let guard = scene.add_group(g);
    let every = 2 + rng.below(2);
    let root = &mut scene.root;
    for &z in &plan.trusses {
        let racked = plan.stretches.iter().any(|s| z > s.0 - 0.3 && z < s.1 + 0.3);
        for (i, &x) in plan.spines.iter().enumerate() {
            if racked && i % every == 0 {
                root.place(column, Vec3::new(x, 0.0, z), Quat::IDENTITY, Vec3::ONE);
            }
        }
        for side in [-1.0f32, 1.0] {
            let at = Vec3::new(side * (plan.half.x - 0.2), 0.0, z);
            root.place(column, at, Quat::IDENTITY, Vec3::ONE);
            root.place(guard, at, Quat::IDENTITY, Vec3::ONE);
        }
    }
}
