//! The yard before the docks: trailers, lamps, a fence, what stands beyond.

use std::f32::consts::TAU;

use glam::{Quat, Vec3};

use super::plan::{DockState, Plan, YARD_Y};
use super::shell::{Stock, hall};
use crate::class::Class;
use crate::light::lamps::Beam;
use crate::random::Rng;
use crate::rays::geometry::{Group, MaterialId};
use crate::rays::shape::Shape;
use crate::scene::{Lamp, Scene};
use crate::surface::material::{Material, srgb};
use crate::surface::pattern::Pattern;
use crate::surface::stencil::text;
use crate::surface::warehouse::Hall;
use crate::things::props;

pub(super) fn build(scene: &mut Scene, rng: &mut Rng, plan: &Plan, stock: &Stock) {
    let asphalt =
        Material::new(Pattern::Noise, srgb(92, 92, 92), srgb(70, 70, 71), Vec3::ZERO).scale(1.5);
    let asphalt = scene.add_material(asphalt);
    let grass =
        Material::new(Pattern::Meadow, srgb(86, 102, 58), srgb(116, 122, 76), srgb(118, 102, 78));
    let grass = scene.add_material(grass);
    let tone = srgb(170, 176, 180);
    let far = hall(Hall::Sheet { pitch: 1.2, upright: true }, tone, tone * 0.7, tone);
    let far = scene.add_material(far);
    let tree = props::broadleaf(scene, rng, 110);
    let (hx, hz) = (plan.half.x, plan.half.y);
    let root = &mut scene.root;
    root.label(Class::Ground, 0);
    root.cuboid(Vec3::new(0.0, YARD_Y - 0.55, 0.0), Vec3::new(2400.0, 1.0, 2400.0), grass);
    root.label(Class::Road, 0);
    let yard = Vec3::new(2.0 * hx + 40.0, 0.06, 2.0 * hz + 80.0);
    root.cuboid(Vec3::new(0.0, YARD_Y - 0.03, 10.0), yard, asphalt);
    root.label(Class::Building, 0);
    for i in 0..4 {
        let x = -hx * 1.4 + 0.95 * hx * i as f32 + rng.range(-8.0, 8.0);
        let size = Vec3::new(rng.range(30.0, 60.0), rng.range(8.0, 14.0), 30.0);
        let at = Vec3::new(x, YARD_Y + 0.5 * size.y, hz + rng.range(75.0, 120.0));
        root.cuboid(at, size, far);
    }
    root.label(Class::Tree, 0);
    for _ in 0..14 {
        let at = Vec3::new(rng.range(-1.5, 1.5) * hx, YARD_Y, hz + rng.range(46.0, 70.0));
        let turn = Quat::from_rotation_y(rng.range(0.0, TAU));
        root.place(tree, at, turn, Vec3::splat(rng.range(0.7, 1.2)));
    }
    root.label(Class::Furniture, 0);
    let z = hz + 44.0;
    let posts = (hx / 2.5) as i32;
    for i in -posts..=posts {
        let at = Vec3::new(i as f32 * 2.5, YARD_Y, z);
        root.rod(at, at + Vec3::Y * 2.0, 0.03, 1.0, stock.steel);
    }
    for y in [0.6, 1.2, 1.9] {
        let (from, to) = (Vec3::new(-hx, YARD_Y + y, z), Vec3::new(hx, YARD_Y + y, z));
        root.rod(from, to, 0.015, 1.0, stock.steel);
    }
    front(scene, plan, stock);
    lamps(scene, plan, stock);
}

/// The hall's front: pads and numbers around the doors, gutter and pipes, lanes for lorries.
fn front(scene: &mut Scene, plan: &Plan, stock: &Stock) {
    let boards: Vec<MaterialId> = (1..=plan.docks.len())
        .map(|number| {
            let word = text(&format!("{number:02}"));
            let board = Hall::Board { text: word, height: 0.5 };
            let board = hall(board, srgb(24, 70, 140), srgb(240, 240, 236), Vec3::ONE);
            scene.add_material(board.gloss(0.3))
        })
        .collect();
    let blue = scene.add_material(Material::plain(srgb(30, 78, 140)).gloss(0.3).scale(2.0));
    let (hx, h) = (plan.half.x, plan.height);
    let wall = plan.half.y + 0.3;
    let root = &mut scene.root;
    root.label(Class::Wall, 0);
    root.cuboid(Vec3::new(0.0, h - 1.3, wall + 0.02), Vec3::new(2.0 * hx, 1.1, 0.05), blue);
    root.cuboid(
        Vec3::new(0.0, h - 0.05, wall + 0.12),
        Vec3::new(2.0 * hx, 0.18, 0.24),
        stock.steel,
    );
    for pair in plan.docks.windows(2).step_by(2) {
        let x = 0.5 * (pair[0].x + pair[1].x);
        let (foot, top) = (Vec3::new(x, YARD_Y, wall + 0.1), Vec3::new(x, h - 0.1, wall + 0.1));
        root.rod(foot, top, 0.07, 1.0, stock.steel);
    }
    for (dock, board) in plan.docks.iter().zip(boards) {
        let at = |across: f32, y: f32, out: f32| Vec3::new(dock.x + across, y, wall + out);
        root.label(Class::Sign, 0);
        root.cuboid(at(0.0, 5.35, 0.04), Vec3::new(0.9, 0.7, 0.05), board);
        root.label(Class::Door, 0);
        if dock.state != DockState::Trailer {
            for side in [-1.0f32, 1.0] {
                root.cuboid(at(side * 1.62, 1.6, 0.2), Vec3::new(0.4, 3.5, 0.4), stock.rubber);
                root.cuboid(at(side * 1.62, 1.2, 0.41), Vec3::new(0.1, 2.2, 0.03), stock.yellow);
            }
            root.cuboid(at(0.0, 3.6, 0.22), Vec3::new(3.64, 0.55, 0.44), stock.rubber);
        }
        root.cuboid(at(0.0, 4.1, 0.55), Vec3::new(3.9, 0.06, 1.1), stock.steel);
        // Lanes, and tubes that lead the wheels.
        root.label(Class::Road, 0);
        for side in [-1.0f32, 1.0] {
            let lane = Vec3::new(dock.x + side * 1.75, YARD_Y + 0.004, wall + 9.0);
            root.cuboid(lane, Vec3::new(0.14, 0.008, 16.0), stock.white);
            root.label(Class::Furniture, 0);
            let y = YARD_Y + 0.22;
            let (from, to) = (at(side * 1.45, y, 0.6), at(side * 1.5, y, 3.4));
            root.rod(from, to, 0.09, 1.0, stock.yellow);
            root.label(Class::Road, 0);
        }
    }
}

/// Lamps over the docks and on masts; they are on in the dark.
fn lamps(scene: &mut Scene, plan: &Plan, stock: &Stock) {
    let tint = Vec3::new(1.0, 0.82, 0.55);
    let glow = Material::plain(srgb(235, 230, 215)).glow(tint * 9.0);
    let glow = scene.add_material(Material { night_only: true, ..glow });
    let mut shine = |position: Vec3, power: f32, dir: Vec3, cos_edge: f32| {
        scene.lamps.push(Lamp {
            position,
            power: tint * power,
            clear_m: 0.3,
            night_only: true,
            radius: 0.1,
            beam: Some(Beam { dir: dir.normalize(), cos_edge }),
        });
    };
    let wall = plan.half.y + 0.3;
    let over = |x: f32| Vec3::new(x, 4.75, wall + 0.25);
    let mast = |i: f32| Vec3::new(i * 0.7 * plan.half.x, YARD_Y + 8.0, plan.half.y + 34.0);
    for dock in plan.docks.iter().filter(|dock| dock.state != DockState::Closed) {
        shine(over(dock.x) - Vec3::Y * 0.1, 22.0, Vec3::new(0.0, -1.0, 0.75), 0.25);
    }
    for i in [-1.0f32, 0.0, 1.0] {
        shine(mast(i) - Vec3::Y * 0.15, 160.0, Vec3::new(0.0, -1.0, -0.5), 0.3);
    }
    let root = &mut scene.root;
    root.label(Class::Lamp, 0);
    for dock in plan.docks.iter().filter(|dock| dock.state != DockState::Closed) {
        let at = over(dock.x);
        root.cuboid(at, Vec3::new(0.5, 0.06, 0.24), glow);
        root.cuboid(at + Vec3::new(0.0, 0.06, -0.06), Vec3::new(0.6, 0.08, 0.42), stock.dark);
    }
    for i in [-1.0f32, 0.0, 1.0] {
        let at = mast(i);
        root.cuboid(at, Vec3::new(0.9, 0.06, 0.4), glow);
        root.cuboid(at + Vec3::Y * 0.06, Vec3::new(1.0, 0.08, 0.5), stock.dark);
        let foot = Vec3::new(at.x, YARD_Y, at.z + 0.9);
        root.rod(foot, foot.with_y(at.y), 0.1, 0.7, stock.steel);
        root.rod(foot.with_y(at.y), at, 0.05, 1.0, stock.steel);
    }
}

/// A trailer that was backed against a dock, open towards it; some still have their tractor.
pub(super) fn trailer(scene: &mut Scene, plan: &Plan, stock: &Stock, x: f32, number: usize) {
    const TONES: [[u8; 3]; 5] =
        [[206, 208, 206], [30, 74, 130], [196, 60, 38], [222, 222, 214], [44, 96, 70]];
    let ply = Material::new(
        Pattern::Planks { width: 0.2 },
        srgb(140, 106, 72),
        srgb(100, 74, 50),
        Vec3::ZERO,
    );
    let bed = scene.add_material(ply.scale(0.5));
    let inside = hall(
        Hall::Sheet { pitch: 0.18, upright: true },
        srgb(196, 198, 198),
        srgb(160, 162, 162),
        Vec3::ONE,
    );
    let inside = scene.add_material(inside.gloss(0.2));
    let [r, g, b] = TONES[number % TONES.len()];
    let tone = srgb(r, g, b);
    let skin = hall(Hall::Sheet { pitch: 0.9, upright: true }, tone, tone * 0.72, tone);
    let skin = scene.add_material(skin.gloss(0.4));
    let band =
        srgb(236, 234, 226).lerp(srgb(214, 120, 24), f32::from(u8::from(number.is_multiple_of(5))));
    let band = scene.add_material(Material::plain(band).gloss(0.4));
    let red = Material::plain(srgb(150, 16, 14)).glow(Vec3::new(0.8, 0.03, 0.02));
    let red = scene.add_material(red);
    let amber = Material::plain(srgb(210, 120, 20)).glow(Vec3::new(0.9, 0.4, 0.03));
    let amber = scene.add_material(amber);
    let z0 = plan.half.y + 0.55;
    let length = 13.2;
    let root = &mut scene.root;
    root.label(Class::Car, 0);
    let middle = z0 + 0.5 * length;
    root.cuboid(Vec3::new(x, -0.1, middle), Vec3::new(2.5, 0.2, length), bed);
    root.cuboid(Vec3::new(x, 2.75, middle), Vec3::new(2.55, 0.06, length), skin);
    for side in [-1.0f32, 1.0] {
        let at = |out: f32, y: f32, z: f32| Vec3::new(x + side * out, y, z);
        root.cuboid(at(1.235, 1.35, middle), Vec3::new(0.03, 2.8, length), inside);
        root.cuboid(at(1.265, 1.35, middle), Vec3::new(0.03, 2.8, length), skin);
        // A stripe, the frame and its lamps, the skirt.
        root.cuboid(at(1.275, 1.0, middle + 1.0), Vec3::new(0.03, 0.5, 0.82 * length), band);
        root.cuboid(at(1.26, -0.08, middle), Vec3::new(0.06, 0.14, length), stock.steel);
        root.cuboid(at(1.26, -0.55, middle + 1.6), Vec3::new(0.04, 0.5, 4.2), stock.dark);
        for k in 0..5 {
            root.cuboid(at(1.29, -0.08, z0 + 1.0 + 2.8 * k as f32), Vec3::splat(0.07), amber);
        }
        root.cuboid(at(1.1, -0.25, z0 + 0.04), Vec3::new(0.24, 0.12, 0.08), red);
        for axle in [1.2, 2.5, 3.8] {
            let hub = at(1.0, YARD_Y + 0.5, z0 + axle);
            root.rod(hub, hub + Vec3::X * (0.27 * side), 0.5, 1.0, stock.rubber);
            let rim = hub + Vec3::X * (0.2 * side);
            root.rod(rim, rim + Vec3::X * (0.09 * side), 0.27, 0.8, stock.steel);
        }
        // Landing gear.
        let foot = at(0.8, YARD_Y, z0 + length - 3.0);
        root.rod(foot, foot.with_y(-0.2), 0.07, 1.0, stock.steel);
        root.cuboid(foot + Vec3::Y * 0.03, Vec3::new(0.3, 0.06, 0.3), stock.dark);
    }
    root.cuboid(Vec3::new(x, 1.35, z0 + length), Vec3::new(2.5, 2.8, 0.06), skin);
    // Rubber curtains close the gap to the wall.
    root.label(Class::Door, 0);
    for side in [-1.0f32, 1.0] {
        let at = Vec3::new(x + side * 1.38, 1.4, plan.half.y + 0.42);
        root.cuboid(at, Vec3::new(0.35, 3.8, 0.3), stock.rubber);
    }
    root.cuboid(Vec3::new(x, 3.1, plan.half.y + 0.42), Vec3::new(3.0, 0.5, 0.3), stock.rubber);
    if number.is_multiple_of(2) {
        let tractor = tractor(scene, stock, tone);
        let at = Vec3::new(x, YARD_Y, z0 + length + 0.2);
        scene.root.label(Class::Car, 0);
        scene.root.place(tractor, at, Quat::IDENTITY, Vec3::ONE);
    }
}

/// The tractor of a trailer: its back at Z = 0, its face towards +Z, on Y = 0.
fn tractor(scene: &mut Scene, stock: &Stock, tone: Vec3) -> u32 {
    let paint = scene.add_material(Material::plain(tone).gloss(0.6).mirror(0.04).scale(0.6));
    let glass = scene.add_material(Material::plain(srgb(22, 28, 32)).mirror(0.14).gloss(0.6));
    let mut g = Group::of(Class::Car);
    let v = Vec3::new;
    g.cuboid(v(0.0, 2.15, 1.3), v(2.4, 2.6, 2.0), paint);
    g.cuboid(v(0.0, 3.35, 1.0), v(2.1, 0.5, 1.5), paint);
    g.cuboid(v(0.0, 2.55, 2.27), v(2.2, 0.95, 0.12), glass);
    g.cuboid(v(0.0, 0.75, 2.25), v(2.4, 0.5, 0.24), stock.dark);
    g.cuboid(v(0.0, 1.45, 2.3), v(1.5, 0.7, 0.06), stock.dark);
    g.cuboid(v(0.0, 0.75, -0.2), v(0.9, 0.25, 5.0), stock.dark);
    for side in [-1.0f32, 1.0] {
        g.cuboid(v(side * 1.19, 2.5, 1.5), v(0.06, 0.85, 0.95), glass);
        g.cuboid(v(side * 0.85, 0.95, 2.35), v(0.4, 0.2, 0.08), stock.white);
        g.cuboid(v(side * 1.4, 2.5, 2.1), v(0.1, 0.6, 0.24), stock.dark);
        g.cuboid(v(side * 1.0, 1.0, 0.1), v(0.3, 0.6, 1.0), stock.steel);
        for z in [1.45f32, -1.9] {
            let hub = v(side * 0.85, 0.5, z);
            g.rod(hub, hub + v(side * 0.32, 0.0, 0.0), 0.5, 1.0, stock.rubber);
            let rim = hub + v(side * 0.26, 0.0, 0.0);
            g.rod(rim, rim + v(side * 0.08, 0.0, 0.0), 0.26, 0.8, stock.steel);
        }
        g.add(
            Shape::Cuboid,
            v(side * 1.0, 1.06, -1.9),
            Quat::IDENTITY,
            v(0.2, 0.03, 0.6),
            stock.dark,
        );
    }
    scene.add_group(g)
}
