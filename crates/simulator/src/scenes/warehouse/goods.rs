//! Pallets and what stands on them, cartons, crates, drums, sacks.

use std::f32::consts::FRAC_PI_2;

use glam::{Quat, Vec3};

use super::shell::hall;
use crate::class::Class;
use crate::random::Rng;
use crate::rays::geometry::{Group, MaterialId};
use crate::rays::shape::Shape;
use crate::scene::Scene;
use crate::surface::material::{Material, srgb};
use crate::surface::pattern::Pattern;
use crate::surface::warehouse::Hall;

/// Height of a pallet, metres.
pub(super) const PALLET_Y: f32 = 0.144;

/// Colours of board, print and tape.
fn board(rng: &mut Rng) -> (Vec3, Vec3, Vec3) {
    let kraft = rng.pick(&[
        srgb(186, 146, 100),
        srgb(170, 128, 84),
        srgb(198, 164, 118),
        srgb(156, 120, 84),
        srgb(180, 138, 92),
        srgb(214, 206, 190),
        srgb(190, 150, 104),
    ]);
    let ink = rng.pick(&[
        srgb(36, 34, 34),
        srgb(40, 62, 120),
        srgb(140, 30, 30),
        srgb(30, 92, 60),
        srgb(36, 34, 34),
        srgb(190, 90, 20),
    ]);
    let tape = rng.pick(&[srgb(150, 106, 58), srgb(206, 190, 160), srgb(196, 158, 108)]);
    (kraft, ink, tape)
}

pub(super) fn carton(scene: &mut Scene, rng: &mut Rng, half: Vec3) -> MaterialId {
    let (a, b, c) = board(rng);
    scene.add_material(hall(Hall::Carton { half }, a, b, c).gloss(0.25).seed(rng.next_u32()))
}

/// Boards of a pallet, 0.8 m along X and 1.2 m along Z.
fn pallet(g: &mut Group, rng: &mut Rng, wood: MaterialId, base: Vec3) {
    g.label(Class::Pallet, 0);
    let along_z = Quat::from_rotation_y(FRAC_PI_2);
    // The grain runs along the boards' own X.
    let mut slat = |centre: Vec3, length: f32, width: f32, tall: f32, turned: bool| {
        let rotation = if turned { along_z } else { Quat::IDENTITY };
        let half = Vec3::new(length, tall, width) * 0.5;
        g.add(Shape::Cuboid, base + centre, rotation, half, wood);
    };
    for (i, x) in [-0.35f32, -0.18, 0.0, 0.18, 0.35].into_iter().enumerate() {
        let wide = if i % 2 == 0 { 0.13 } else { 0.095 };
        let warp = rng.range(-0.003, 0.003);
        slat(Vec3::new(x + warp, 0.133, 0.0), 1.2, wide, 0.022, true);
    }
    for z in [-0.53f32, 0.0, 0.53] {
        slat(Vec3::new(0.0, 0.111, z), 0.8, 0.135, 0.022, false);
        for x in [-0.35f32, 0.0, 0.35] {
            slat(Vec3::new(x, 0.061, z), 0.1, 0.13, 0.078, false);
        }
    }
    for x in [-0.35f32, 0.0, 0.35] {
        slat(Vec3::new(x, 0.011, 0.0), 1.2, 0.1, 0.022, true);
    }
}

pub(super) fn pallet_wood(scene: &mut Scene, rng: &mut Rng) -> MaterialId {
    let tone = rng.pick(&[
        srgb(182, 150, 108),
        srgb(150, 124, 94),
        srgb(128, 112, 94),
        srgb(196, 162, 112),
    ]);
    let wood =
        Material::new(Pattern::Wood, tone, tone * 0.55, tone).scale(0.12).seed(rng.next_u32());
    scene.add_material(wood)
}

/// What stands on a pallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Load {
    Cartons,
    Loose,
    Wrapped,
    Crates,
    Drums,
    Sacks,
    Empties,
}

/// Groups of pallets with loads, each around the origin and standing on Y = 0.
pub(super) struct Goods {
    pub loads: Vec<u32>,
    /// Lower ones, for the floor of low bays.
    pub empties: u32,
}

impl Goods {
    pub fn new(scene: &mut Scene, rng: &mut Rng, count: usize) -> Self {
        let kinds = [
            Load::Cartons,
            Load::Wrapped,
            Load::Cartons,
            Load::Crates,
            Load::Loose,
            Load::Wrapped,
            Load::Cartons,
            Load::Drums,
            Load::Loose,
            Load::Wrapped,
            Load::Sacks,
            Load::Crates,
        ];
        let loads = (0..count).map(|i| load(scene, rng, kinds[i % kinds.len()])).collect();
        Self { loads, empties: load(scene, rng, Load::Empties) }
    }
}

fn load(scene: &mut Scene, rng: &mut Rng, kind: Load) -> u32 {
    let wood = pallet_wood(scene, rng);
    let mut g = Group::of(Class::Pallet);
    pallet(&mut g, rng, wood, Vec3::ZERO);
    g.label(Class::Box, 0);
    let top = rng.range(0.75, 1.4) - PALLET_Y;
    match kind {
        Load::Cartons => stack(&mut g, scene, rng, top, 0.006, 0.0),
        Load::Loose => stack(&mut g, scene, rng, top, 0.035, 0.22),
        Load::Wrapped => wrapped(&mut g, scene, rng, top),
        Load::Crates => crates(&mut g, scene, rng, top),
        Load::Drums => drums(&mut g, scene, rng),
        Load::Sacks => sacks(&mut g, scene, rng),
        Load::Empties => {
            for i in 1..7 {
                let y = i as f32 * PALLET_Y;
                let base = Vec3::new(rng.range(-0.03, 0.03), y, rng.range(-0.03, 0.03));
                pallet(&mut g, rng, wood, base);
            }
        }
    }
    scene.add_group(g)
}

/// Layers of cartons; `slip` is how far each may be out of place, `gap` the share that is missing
/// at the top.
fn stack(g: &mut Group, scene: &mut Scene, rng: &mut Rng, top: f32, slip: f32, gap: f32) {
    let counts = rng.pick(&[(2, 2), (2, 3), (3, 3), (2, 4), (1, 2), (3, 4)]);
    let (nx, nz) = counts;
    let cell = Vec3::new(0.8 / nx as f32, rng.range(0.2, 0.42), 1.2 / nz as f32);
    let layers = (top / cell.y).floor().max(1.0) as usize;
    let half = cell * 0.5 - Vec3::new(0.006, 0.001, 0.006);
    let skins = [carton(scene, rng, half), carton(scene, rng, half)];
    let mixed = rng.chance(0.35);
    for layer in 0..layers {
        for i in 0..nx {
            for k in 0..nz {
                // Inner ones are not seen.
                let inner = i > 0 && k > 0 && i + 1 < nx && k + 1 < nz && layer + 1 < layers;
                if inner || (layer + 1 == layers && rng.chance(gap)) {
                    continue;
                }
                let at = Vec3::new(
                    -0.4 + (i as f32 + 0.5) * cell.x + rng.range(-slip, slip),
                    PALLET_Y + (layer as f32 + 0.5) * cell.y,
                    -0.6 + (k as f32 + 0.5) * cell.z + rng.range(-slip, slip),
                );
                let turn = Quat::from_rotation_y(rng.range(-slip, slip) * 1.5);
                let skin = skins[usize::from(mixed && rng.chance(0.4))];
                g.add(Shape::Cuboid, at, turn, half, skin);
            }
        }
    }
}

fn wrapped(g: &mut Group, scene: &mut Scene, rng: &mut Rng, top: f32) {
    let (a, b, _) = board(rng);
    let film = rng.pick(&[srgb(224, 230, 234), srgb(206, 216, 224), srgb(40, 42, 46)]);
    let a = if rng.chance(0.3) {
        rng.pick(&[srgb(220, 218, 212), srgb(70, 100, 150), srgb(150, 40, 36)])
    } else {
        a
    };
    let cell = Vec3::new(0.4, rng.range(0.22, 0.4), rng.pick(&[0.3, 0.4, 0.6]));
    let layers = (top / cell.y).floor().max(1.0) as usize;
    let half = Vec3::new(0.395, 0.5 * layers as f32 * cell.y, 0.595);
    let skin = hall(Hall::Film { half, cell }, a, b, film).satin(0.05, 0.1).seed(rng.next_u32());
    let skin = scene.add_material(skin);
    g.add(Shape::Cuboid, Vec3::Y * (PALLET_Y + half.y), Quat::IDENTITY, half, skin);
    // The film's foot clings to the pallet, its hood bulges.
    let hood = Vec3::new(half.x * 0.9, 0.012, half.z * 0.92);
    g.add(Shape::Cuboid, Vec3::Y * (PALLET_Y + 2.0 * half.y), Quat::IDENTITY, hood, skin);
    let foot = Vec3::new(half.x + 0.008, 0.06, half.z + 0.008);
    g.add(Shape::Cuboid, Vec3::Y * (PALLET_Y + 0.03), Quat::IDENTITY, foot, skin);
}

fn crates(g: &mut Group, scene: &mut Scene, rng: &mut Rng, top: f32) {
    let colour = rng.pick(&[
        srgb(36, 74, 140),
        srgb(150, 30, 30),
        srgb(60, 64, 68),
        srgb(30, 110, 70),
        srgb(222, 160, 30),
    ]);
    let half = Vec3::new(0.198, 0.11, 0.298);
    let skin = hall(Hall::Crate { half }, colour, srgb(220, 218, 210), colour);
    let skin = scene.add_material(skin.gloss(0.35).seed(rng.next_u32()));
    let layers = ((top / 0.222) as usize).max(1);
    for layer in 0..layers {
        for i in 0..2 {
            for k in 0..2 {
                if layer + 1 == layers && rng.chance(0.3) {
                    continue;
                }
                let at = Vec3::new(
                    -0.2 + 0.4 * i as f32,
                    PALLET_Y + 0.111 + 0.222 * layer as f32,
                    -0.3 + 0.6 * k as f32,
                );
                g.add(Shape::Cuboid, at, Quat::IDENTITY, half, skin);
                // A rim stands out around each.
                let rim = Vec3::new(half.x + 0.004, 0.012, half.z + 0.004);
                g.add(Shape::Cuboid, at + Vec3::Y * 0.095, Quat::IDENTITY, rim, skin);
            }
        }
    }
}

fn drums(g: &mut Group, scene: &mut Scene, rng: &mut Rng) {
    let colour =
        rng.pick(&[srgb(30, 70, 150), srgb(170, 30, 26), srgb(40, 44, 46), srgb(28, 110, 90)]);
    let skin = scene.add_material(Material::plain(colour).gloss(0.6).mirror(0.03).scale(0.3));
    let lid = scene.add_material(Material::plain(colour * 0.7).gloss(0.5).scale(0.2));
    for (x, z) in [(-0.2f32, -0.3f32), (0.2, -0.3), (-0.2, 0.3), (0.2, 0.3)] {
        let foot = Vec3::new(x, PALLET_Y, z);
        g.rod(foot, foot + Vec3::Y * 0.88, 0.19, 1.0, skin);
        for y in [0.02, 0.3, 0.58, 0.86] {
            let ring = foot + Vec3::Y * y;
            g.rod(ring - Vec3::Y * 0.012, ring + Vec3::Y * 0.012, 0.197, 1.0, lid);
        }
        g.rod(foot + Vec3::Y * 0.87, foot + Vec3::Y * 0.885, 0.175, 1.0, lid);
    }
}

fn sacks(g: &mut Group, scene: &mut Scene, rng: &mut Rng) {
    let tone = rng.pick(&[srgb(220, 212, 196), srgb(196, 170, 130), srgb(210, 214, 216)]);
    let cloth = Material::new(Pattern::Fabric { thread: 0.006 }, tone, tone * 0.8, tone);
    let cloth = scene.add_material(cloth.bump(0.35).scale(0.3));
    let layers = 3 + rng.below(4);
    for layer in 0..layers {
        for i in 0..2 {
            for k in 0..3 {
                let at = Vec3::new(
                    -0.2 + 0.4 * i as f32 + rng.range(-0.02, 0.02),
                    PALLET_Y + 0.07 + 0.125 * layer as f32,
                    -0.4 + 0.4 * k as f32 + rng.range(-0.02, 0.02),
                );
                let half = Vec3::new(0.235, 0.095, 0.235);
                g.add(Shape::Sphere, at, Quat::from_rotation_y(rng.range(-0.1, 0.1)), half, cloth);
                let core = Vec3::new(0.175, 0.07, 0.175);
                g.add(Shape::Cuboid, at, Quat::IDENTITY, core, cloth);
            }
        }
    }
}

/// Colours that loose boxes come in, by name.
pub(super) const COLOURS: [(&str, [u8; 3]); 6] = [
    ("red", [184, 34, 30]),
    ("blue", [34, 78, 168]),
    ("green", [36, 132, 62]),
    ("yellow", [226, 176, 28]),
    ("white", [226, 224, 218]),
    ("brown", [178, 136, 90]),
];

/// Half sizes that loose boxes come in, metres.
pub(super) const SIZES: [Vec3; 4] = [
    Vec3::new(0.2, 0.15, 0.2),
    Vec3::new(0.25, 0.2, 0.2),
    Vec3::new(0.3, 0.2, 0.25),
    Vec3::new(0.2, 0.225, 0.2),
];

/// One loose box around its own middle.
pub(super) fn loose_box(scene: &mut Scene, rng: &mut Rng, colour: usize, size: usize) -> u32 {
    let half = SIZES[size % SIZES.len()];
    let [r, g, b] = COLOURS[colour % COLOURS.len()].1;
    let a = srgb(r, g, b);
    let ink = if colour == 4 || colour == 3 { srgb(36, 34, 34) } else { srgb(222, 218, 206) };
    let tape = if colour == 5 { srgb(206, 190, 160) } else { srgb(214, 206, 190) };
    let skin = hall(Hall::Carton { half }, a, ink, tape).gloss(0.25).seed(rng.next_u32());
    let skin = scene.add_material(skin);
    let mut group = Group::of(Class::Box);
    group.add(Shape::Cuboid, Vec3::ZERO, Quat::IDENTITY, half, skin);
    scene.add_group(group)
}

/// A coil of strapping, a bin, a trolley: what lies about. Standing on Y = 0.
pub(super) fn clutter(scene: &mut Scene, rng: &mut Rng, kind: usize) -> u32 {
    let steel = scene.add_material(Material::plain(srgb(150, 153, 156)).gloss(0.5).scale(0.3));
    let rubber = scene.add_material(Material::plain(srgb(24, 24, 25)));
    let mut g = Group::of(Class::Furniture);
    match kind % 4 {
        0 => {
            // A hand pallet truck.
            let red = scene.add_material(Material::plain(srgb(190, 40, 26)).gloss(0.5).scale(0.3));
            for x in [-0.18f32, 0.18] {
                g.cuboid(Vec3::new(x, 0.07, -0.2), Vec3::new(0.16, 0.05, 1.15), red);
                let hub = Vec3::new(x, 0.04, -0.65);
                g.rod(hub - Vec3::X * 0.05, hub + Vec3::X * 0.05, 0.04, 1.0, rubber);
            }
            g.cuboid(Vec3::new(0.0, 0.2, 0.45), Vec3::new(0.42, 0.3, 0.2), red);
            let foot = Vec3::new(0.0, 0.1, 0.55);
            g.rod(foot - Vec3::X * 0.09, foot + Vec3::X * 0.09, 0.1, 1.0, rubber);
            let top = Vec3::new(0.0, 1.2, 0.85);
            g.rod(Vec3::new(0.0, 0.25, 0.52), top, 0.025, 1.0, steel);
            g.rod(top - Vec3::X * 0.2, top + Vec3::X * 0.2, 0.018, 1.0, rubber);
        }
        1 => {
            // A waste bin.
            let tone = rng.pick(&[srgb(50, 90, 60), srgb(60, 64, 70), srgb(34, 70, 130)]);
            let skin = scene.add_material(Material::plain(tone).gloss(0.3).scale(0.3));
            g.cuboid(Vec3::new(0.0, 0.55, 0.0), Vec3::new(0.56, 0.95, 0.66), skin);
            g.cuboid(Vec3::new(0.0, 1.05, 0.0), Vec3::new(0.6, 0.06, 0.72), skin);
            for x in [-0.22f32, 0.22] {
                let hub = Vec3::new(x, 0.1, -0.3);
                g.rod(hub - Vec3::X * 0.03, hub + Vec3::X * 0.03, 0.1, 1.0, rubber);
            }
        }
        2 => {
            // A ladder on wheels.
            for x in [-0.3f32, 0.3] {
                g.rod(Vec3::new(x, 0.0, 0.6), Vec3::new(x, 2.6, -0.5), 0.025, 1.0, steel);
                g.rod(Vec3::new(x, 0.0, -0.7), Vec3::new(x, 3.5, -0.5), 0.025, 1.0, steel);
            }
            for i in 0..9 {
                let t = (i as f32 + 0.7) / 9.5;
                let at = Vec3::new(0.0, 2.6 * t, 0.6 - 1.1 * t);
                g.cuboid(at, Vec3::new(0.6, 0.03, 0.2), steel);
            }
            let (a, b) = (Vec3::new(-0.3, 3.5, -0.5), Vec3::new(0.3, 3.5, -0.5));
            g.rod(a, b, 0.025, 1.0, steel);
        }
        _ => {
            // A roll cage with parcels.
            for (x, z) in [(-0.35f32, -0.4f32), (0.35, -0.4), (-0.35, 0.4), (0.35, 0.4)] {
                g.rod(Vec3::new(x, 0.1, z), Vec3::new(x, 1.7, z), 0.018, 1.0, steel);
                g.rod(Vec3::new(x, 0.0, z), Vec3::new(x, 0.1, z), 0.06, 1.0, rubber);
            }
            for i in 0..6 {
                let y = 0.3 + 0.28 * i as f32;
                for x in [-0.35f32, 0.35] {
                    g.rod(Vec3::new(x, y, -0.4), Vec3::new(x, y, 0.4), 0.006, 1.0, steel);
                }
            }
            for i in 0..8 {
                let z = -0.35 + 0.1 * i as f32;
                for x in [-0.35f32, 0.35] {
                    g.rod(Vec3::new(x, 0.2, z), Vec3::new(x, 1.7, z), 0.005, 1.0, steel);
                }
            }
            g.cuboid(Vec3::new(0.0, 0.15, 0.0), Vec3::new(0.7, 0.04, 0.8), steel);
            let mut y = 0.17;
            g.label(Class::Box, 0);
            while y < 1.2 {
                let half =
                    Vec3::new(rng.range(0.2, 0.31), rng.range(0.1, 0.18), rng.range(0.22, 0.36));
                let skin = carton(scene, rng, half);
                let turn = Quat::from_rotation_y(rng.range(-0.06, 0.06));
                g.add(Shape::Cuboid, Vec3::new(0.0, y + half.y, 0.0), turn, half, skin);
                y += 2.0 * half.y;
            }
        }
    }
    scene.add_group(g)
}
