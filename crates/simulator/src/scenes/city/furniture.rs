//! What stands on pavements and roofs: lamps, benches, signals, bicycles, goods behind glass.

use std::f32::consts::{PI, TAU};

use glam::{Quat, Vec3};

use super::palette::{Palette, bright, signal_light};
use crate::class::Class;
use crate::random::Rng;
use crate::rays::geometry::Group;
use crate::rays::shape::Shape;
use crate::scene::Scene;
use crate::surface::material::{Material, srgb};

/// Where the light of the two kinds of street lamp hangs, relative to the foot.
pub(super) const LAMP_AT: Vec3 = Vec3::new(1.35, 5.75, 0.0);
pub(super) const LANTERN_AT: Vec3 = Vec3::new(0.0, 3.62, 0.0);

/// Builds all of them into the palette.
pub(super) fn add(scene: &mut Scene, rng: &mut Rng, p: &mut Palette) {
    lamps(scene, p);
    seats(scene, p);
    small(scene, rng, p);
    signals(scene, p);
    roofs(scene, rng, p);
    p.bicycles = (0..3).map(|_| bicycle(scene, rng)).collect();
    goods(scene, rng, p);
}

fn sphere(g: &mut Group, at: Vec3, half: Vec3, material: u16) {
    g.add(Shape::Sphere, at, Quat::IDENTITY, half, material);
}

fn lamps(scene: &mut Scene, p: &mut Palette) {
    let mut g = Group::of(Class::Lamp);
    g.rod(Vec3::ZERO, Vec3::Y * 0.9, 0.11, 0.8, p.iron);
    g.rod(Vec3::Y * 0.9, Vec3::Y * 5.6, 0.07, 0.6, p.iron);
    let mut from = Vec3::Y * 5.55;
    for i in 1..=4 {
        let angle = i as f32 * 0.4;
        let to = Vec3::new(1.1 * (1.0 - angle.cos()), 5.55 + 0.36 * angle.sin(), 0.0);
        g.rod(from, to, 0.042, 0.95, p.iron);
        from = to;
    }
    let head = Vec3::new(1.35, 5.86, 0.0);
    sphere(&mut g, head, Vec3::new(0.38, 0.075, 0.15), p.iron);
    g.cuboid(head - Vec3::Y * 0.06, Vec3::new(0.5, 0.03, 0.18), p.glow);
    p.lamp = scene.add_group(g);

    let mut g = Group::of(Class::Lamp);
    let base = [(0.16, 0.0), (0.16, 0.12), (0.09, 0.2), (0.075, 0.8), (0.1, 0.86), (0.05, 0.95)];
    g.lathe(Vec3::ZERO, &base, 10, p.iron);
    g.rod(Vec3::Y * 0.9, Vec3::Y * 3.2, 0.05, 0.75, p.iron);
    g.rod(Vec3::new(-0.3, 3.0, 0.0), Vec3::new(0.3, 3.0, 0.0), 0.02, 1.0, p.iron);
    g.rod(Vec3::Y * 3.2, Vec3::Y * 3.36, 0.05, 2.2, p.iron);
    g.rod(Vec3::Y * 3.4, Vec3::Y * 3.78, 0.11, 1.6, p.glow);
    for i in 0..4 {
        let turn = Quat::from_rotation_y(TAU * (i as f32 + 0.5) / 4.0);
        g.rod(
            turn * Vec3::new(0.13, 3.37, 0.0),
            turn * Vec3::new(0.2, 3.8, 0.0),
            0.014,
            1.0,
            p.iron,
        );
    }
    g.rod(Vec3::Y * 3.79, Vec3::Y * 4.0, 0.23, 0.3, p.iron);
    sphere(&mut g, Vec3::Y * 4.04, Vec3::splat(0.045), p.iron);
    p.lantern = scene.add_group(g);
}

fn seats(scene: &mut Scene, p: &mut Palette) {
    // A bench looks along +Z.
    let mut g = Group::of(Class::Furniture);
    for x in [-0.75, 0.75] {
        g.cuboid(Vec3::new(x, 0.21, 0.0), Vec3::new(0.06, 0.42, 0.4), p.iron);
        g.rod(Vec3::new(x, 0.42, -0.18), Vec3::new(x, 0.86, -0.28), 0.025, 1.0, p.iron);
    }
    for i in 0..4 {
        let z = 0.19 - 0.12 * i as f32;
        g.cuboid(Vec3::new(0.0, 0.44, z), Vec3::new(1.75, 0.035, 0.1), p.timber);
    }
    for i in 0..3 {
        let t = i as f32 * 0.13;
        g.cuboid(Vec3::new(0.0, 0.56 + t, -0.21 - t * 0.22), Vec3::new(1.75, 0.1, 0.03), p.timber);
    }
    p.bench = scene.add_group(g);

    let mut g = Group::of(Class::Furniture);
    g.rod(Vec3::ZERO, Vec3::Y * 0.72, 0.03, 1.0, p.iron);
    g.rod(Vec3::ZERO, Vec3::Y * 0.02, 0.22, 0.9, p.iron);
    g.rod(Vec3::Y * 0.72, Vec3::Y * 0.75, 0.34, 1.0, p.stone);
    for side in [-1.0f32, 1.0] {
        let at = |x: f32, y: f32, z: f32| Vec3::new(side * (0.62 + x), y, z);
        g.cuboid(at(0.0, 0.45, 0.0), Vec3::new(0.38, 0.03, 0.38), p.timber);
        g.cuboid(at(0.2, 0.68, 0.0), Vec3::new(0.03, 0.42, 0.36), p.timber);
        for (x, z) in [(-0.16, -0.16), (-0.16, 0.16), (0.18, -0.16), (0.18, 0.16)] {
            g.rod(at(x, 0.0, z), at(x, 0.45, z), 0.014, 1.0, p.iron);
        }
    }
    sphere(&mut g, Vec3::new(0.08, 0.79, 0.05), Vec3::new(0.035, 0.045, 0.035), p.stone);
    p.cafe = scene.add_group(g);
}

fn small(scene: &mut Scene, rng: &mut Rng, p: &mut Palette) {
    let green = scene.add_material(Material::plain(srgb(44, 66, 52)).gloss(0.3).scale(0.3));
    let red = scene.add_material(Material::plain(srgb(150, 26, 24)).gloss(0.4).scale(0.3));
    let poster = scene.add_material(Material::new(
        crate::surface::pattern::Pattern::Painting,
        Vec3::splat(0.5),
        Vec3::splat(0.3),
        Vec3::ZERO,
    ));
    let mut g = Group::of(Class::Furniture);
    let profile = [(0.2, 0.0), (0.24, 0.1), (0.27, 0.78), (0.29, 0.82), (0.26, 0.86)];
    g.lathe(Vec3::ZERO, &profile, 12, green);
    g.rod(Vec3::Y * 0.7, Vec3::Y * 0.8, 0.24, 1.0, p.dark);
    g.add(Shape::Torus { minor: 0.1 }, Vec3::Y * 0.85, Quat::IDENTITY, Vec3::splat(0.29), p.iron);
    p.bin = scene.add_group(g);

    let mut g = Group::of(Class::Furniture);
    let profile = [(0.1, 0.0), (0.1, 0.1), (0.065, 0.16), (0.06, 0.78), (0.085, 0.82), (0.08, 0.9)];
    g.lathe(Vec3::ZERO, &profile, 10, p.iron);
    sphere(&mut g, Vec3::Y * 0.92, Vec3::new(0.075, 0.06, 0.075), p.iron);
    p.bollard = scene.add_group(g);

    let mut g = Group::of(Class::Sign);
    g.rod(Vec3::ZERO, Vec3::Y * 0.25, 0.75, 0.97, p.stone);
    g.rod(Vec3::Y * 0.25, Vec3::Y * 3.0, 0.66, 1.0, green);
    for i in 0..6 {
        let turn = Quat::from_rotation_y(TAU * i as f32 / 6.0);
        g.add(
            Shape::Cuboid,
            turn * Vec3::new(0.0, 1.65, 0.63),
            turn,
            Vec3::new(0.28, 0.62 + 0.1 * rng.unit(), 0.04),
            poster,
        );
    }
    g.rod(Vec3::Y * 3.0, Vec3::Y * 3.15, 0.78, 0.95, green);
    g.add(Shape::Sphere, Vec3::Y * 3.12, Quat::IDENTITY, Vec3::new(0.7, 0.42, 0.7), green);
    sphere(&mut g, Vec3::Y * 3.6, Vec3::splat(0.09), green);
    p.column = scene.add_group(g);

    let mut g = Group::of(Class::Furniture);
    g.rod(Vec3::ZERO, Vec3::Y * 1.2, 0.25, 1.0, red);
    g.rod(Vec3::Y * 1.2, Vec3::Y * 1.28, 0.29, 1.0, red);
    sphere(&mut g, Vec3::Y * 1.27, Vec3::new(0.27, 0.14, 0.27), red);
    g.cuboid(Vec3::new(0.0, 1.05, 0.24), Vec3::new(0.28, 0.04, 0.04), p.dark);
    g.cuboid(Vec3::new(0.0, 0.78, 0.24), Vec3::new(0.2, 0.26, 0.03), p.stone);
    p.letter_box = scene.add_group(g);

    let mut g = Group::of(Class::Furniture);
    let profile = [(0.16, 0.0), (0.16, 0.08), (0.1, 0.12), (0.1, 0.55), (0.12, 0.6), (0.02, 0.74)];
    g.lathe(Vec3::ZERO, &profile, 10, red);
    g.rod(Vec3::new(-0.19, 0.42, 0.0), Vec3::new(0.19, 0.42, 0.0), 0.06, 1.0, red);
    p.hydrant = scene.add_group(g);

    let mut g = Group::of(Class::Furniture);
    let pot = scene.add_material(Material::plain(srgb(150, 92, 66)).scale(0.4));
    let profile = [(0.2, 0.0), (0.26, 0.35), (0.29, 0.36), (0.29, 0.42), (0.24, 0.42)];
    g.lathe(Vec3::ZERO, &profile, 12, pot);
    g.rod(Vec3::Y * 0.3, Vec3::Y * 0.4, 0.25, 1.0, p.soil);
    for _ in 0..26 {
        let (angle, out) = (rng.range(0.0, TAU), rng.range(0.0, 0.22));
        let at = Vec3::new(angle.cos() * out, rng.range(0.45, 0.85), angle.sin() * out);
        let size = rng.range(0.05, 0.11);
        sphere(&mut g, at, Vec3::splat(size), p.hedge);
    }
    p.plant_tub = scene.add_group(g);
}

/// The post of a traffic light: its head looks along +Z, the lenses at the places of
/// [`lens_at`].
fn signals(scene: &mut Scene, p: &mut Palette) {
    let mut g = Group::of(Class::Sign);
    g.rod(Vec3::ZERO, Vec3::Y * 3.3, 0.06, 0.9, p.iron);
    g.rod(Vec3::ZERO, Vec3::Y * 0.3, 0.11, 0.8, p.iron);
    g.cuboid(Vec3::new(0.0, 2.85, 0.1), Vec3::new(0.34, 0.96, 0.2), p.dark);
    g.cuboid(Vec3::new(0.0, 2.85, 0.02), Vec3::new(0.5, 1.12, 0.02), p.dark);
    for lens in 0..3 {
        let at = lens_at(lens);
        g.rod(at - Vec3::Z * 0.03, at - Vec3::Z * 0.01, 0.11, 1.0, p.iron);
        g.cuboid(at + Vec3::new(0.0, 0.125, 0.08), Vec3::new(0.25, 0.02, 0.2), p.dark);
    }
    g.cuboid(Vec3::new(0.12, 1.05, 0.0), Vec3::new(0.12, 0.2, 0.1), p.tactile);
    p.post = scene.add_group(g);
    let colours = [srgb(255, 40, 30), srgb(255, 180, 40), srgb(50, 240, 120)];
    p.signals = colours.map(|colour| signal_light(scene, colour));
}

/// Where a lens of a signal is, relative to the post's foot: 0 red, 1 yellow, 2 green.
pub(super) fn lens_at(lens: usize) -> Vec3 {
    Vec3::new(0.0, 3.15 - 0.3 * lens as f32, 0.22)
}

fn roofs(scene: &mut Scene, rng: &mut Rng, p: &mut Palette) {
    let brick = p.walls[0][0].wall;
    let mut g = Group::of(Class::Building);
    g.cuboid(Vec3::new(0.0, 0.7, 0.0), Vec3::new(0.55, 1.8, 1.5), brick);
    g.cuboid(Vec3::new(0.0, 1.62, 0.0), Vec3::new(0.68, 0.14, 1.62), p.stone);
    let pot = scene.add_material(Material::plain(srgb(158, 92, 62)));
    for i in 0..4 {
        let z = -0.54 + 0.36 * i as f32;
        let foot = Vec3::new(0.0, 1.68, z);
        g.rod(foot, foot + Vec3::Y * rng.range(0.3, 0.5), 0.12, 0.8, pot);
    }
    p.chimney = scene.add_group(g);

    let mut g = Group::of(Class::Building);
    g.rod(Vec3::ZERO, Vec3::Y * 2.6, 0.022, 0.8, p.zinc);
    g.rod(Vec3::new(-0.7, 2.4, 0.0), Vec3::new(0.7, 2.4, 0.0), 0.012, 1.0, p.zinc);
    for i in 0..7 {
        let (x, half) = (-0.66 + 0.22 * i as f32, 0.16 + 0.03 * i as f32);
        g.rod(Vec3::new(x, 2.4, -half), Vec3::new(x, 2.4, half), 0.009, 1.0, p.zinc);
    }
    p.aerial = scene.add_group(g);

    // A balcony two metres wide; it hangs from the wall's plane, z = 0, and its floor is y = 0.
    let mut g = Group::of(Class::Building);
    g.cuboid(Vec3::new(0.0, -0.07, 0.42), Vec3::new(2.0, 0.14, 0.84), p.stone);
    for x in [-0.7, 0.7] {
        g.cuboid(Vec3::new(x, -0.26, 0.2), Vec3::new(0.14, 0.26, 0.4), p.stone);
        g.cuboid(Vec3::new(x, -0.2, 0.45), Vec3::new(0.13, 0.14, 0.2), p.stone);
    }
    for (from, to) in [
        (Vec3::new(-0.97, 0.95, 0.8), Vec3::new(0.97, 0.95, 0.8)),
        (Vec3::new(-0.97, 0.95, 0.0), Vec3::new(-0.97, 0.95, 0.8)),
        (Vec3::new(0.97, 0.95, 0.0), Vec3::new(0.97, 0.95, 0.8)),
        (Vec3::new(-0.97, 0.12, 0.8), Vec3::new(0.97, 0.12, 0.8)),
    ] {
        g.rod(from, to, 0.024, 1.0, p.iron);
    }
    for i in 0..=12 {
        let x = -0.97 + 1.94 * i as f32 / 12.0;
        g.rod(Vec3::new(x, 0.0, 0.8), Vec3::new(x, 0.95, 0.8), 0.011, 1.0, p.iron);
    }
    for side in [-0.97, 0.97] {
        for i in 1..4 {
            let z = 0.2 * i as f32;
            g.rod(Vec3::new(side, 0.0, z), Vec3::new(side, 0.95, z), 0.011, 1.0, p.iron);
        }
    }
    p.railing = scene.add_group(g);
}

fn bicycle(scene: &mut Scene, rng: &mut Rng) -> u32 {
    let paint = scene.add_material(Material::plain(bright(rng)).gloss(0.6));
    let dark = scene.add_material(Material::plain(srgb(26, 26, 28)));
    let mut g = Group::of(Class::Furniture);
    let on_edge = Quat::from_rotation_x(PI * 0.5);
    let at = |x: f32, y: f32| Vec3::new(x, y, 0.0);
    for x in [-0.52, 0.52] {
        g.add(
            Shape::Torus { minor: 0.06 },
            at(x, 0.34),
            on_edge,
            Vec3::new(0.34, 0.34, 0.34),
            dark,
        );
        for i in 0..4 {
            let angle = i as f32 * PI / 4.0 + 0.2;
            let out = Vec3::new(angle.cos(), angle.sin(), 0.0) * 0.31;
            g.rod(at(x, 0.34) - out, at(x, 0.34) + out, 0.004, 1.0, dark);
        }
    }
    for (a, b) in [
        (at(-0.52, 0.34), at(-0.08, 0.3)),
        (at(-0.08, 0.3), at(-0.2, 0.82)),
        (at(-0.18, 0.76), at(0.36, 0.78)),
        (at(-0.08, 0.3), at(0.38, 0.7)),
        (at(-0.52, 0.34), at(-0.18, 0.76)),
        (at(0.52, 0.34), at(0.34, 0.92)),
    ] {
        g.rod(a, b, 0.018, 1.0, paint);
    }
    sphere(&mut g, at(-0.22, 0.88), Vec3::new(0.13, 0.03, 0.07), dark);
    g.rod(Vec3::new(0.32, 0.96, -0.27), Vec3::new(0.32, 0.96, 0.27), 0.014, 1.0, dark);
    g.rod(Vec3::new(-0.08, 0.3, -0.02), Vec3::new(-0.08, 0.3, 0.04), 0.09, 1.0, dark);
    g.cuboid(Vec3::new(0.58, 0.82, 0.0), Vec3::new(0.28, 0.2, 0.3), dark);
    scene.add_group(g)
}

/// What lies in shop windows, about 0.9 m wide, standing on Y = 0.
fn goods(scene: &mut Scene, rng: &mut Rng, p: &mut Palette) {
    let colours: Vec<u16> =
        (0..10).map(|_| scene.add_material(Material::plain(bright(rng)).scale(0.1))).collect();
    // Parcels and books on two boards.
    for kind in 0..2 {
        let mut g = Group::of(Class::Building);
        for (level, y) in [0.0, 0.55].into_iter().enumerate() {
            if level > 0 {
                g.cuboid(Vec3::new(0.0, y - 0.02, -0.2), Vec3::new(0.95, 0.03, 0.4), p.timber);
                for x in [-0.45, 0.45] {
                    g.cuboid(Vec3::new(x, 0.28, -0.3), Vec3::new(0.03, 0.55, 0.03), p.timber);
                }
            }
            let mut x = -0.44;
            while x < 0.4 {
                let wide = if kind == 0 { rng.range(0.04, 0.08) } else { rng.range(0.14, 0.26) };
                let size = Vec3::new(wide, rng.range(0.16, 0.36), rng.range(0.14, 0.26));
                let at = Vec3::new(x + 0.5 * wide, y + 0.5 * size.y, -0.2 + rng.range(-0.03, 0.06));
                g.cuboid(at, size * Vec3::new(0.94, 1.0, 1.0), rng.pick(&colours));
                x += wide + if kind == 0 { 0.004 } else { rng.range(0.02, 0.1) };
            }
        }
        p.goods.push(scene.add_group(g));
    }
    // Crates of fruit on a slope.
    let mut g = Group::of(Class::Building);
    for row in 0..2 {
        for column in 0..2 {
            let at = Vec3::new(
                -0.23 + 0.46 * column as f32,
                0.16 + 0.2 * row as f32,
                0.05 - 0.42 * row as f32,
            );
            g.cuboid(at, Vec3::new(0.44, 0.16, 0.38), p.timber);
            let fruit = rng.pick(&colours);
            for i in 0..12 {
                let spot =
                    Vec3::new(-0.15 + 0.1 * (i % 4) as f32, 0.1, -0.11 + 0.11 * (i / 4) as f32);
                sphere(&mut g, at + spot, Vec3::splat(0.055), fruit);
            }
        }
    }
    p.goods.push(scene.add_group(g));
    // Dressed figures without a head, and folded cloth between them.
    let mut g = Group::of(Class::Building);
    let profile = [
        (0.24, 0.42),
        (0.15, 0.82),
        (0.11, 0.96),
        (0.16, 1.2),
        (0.15, 1.34),
        (0.05, 1.42),
        (0.04, 1.5),
    ];
    for (n, x) in [-0.27, 0.25].into_iter().enumerate() {
        let foot = Vec3::new(x, -0.12 * n as f32, -0.12 + 0.2 * n as f32);
        g.lathe(foot, &profile, 12, colours[(3 * n + 1) % colours.len()]);
        g.rod(foot, foot + Vec3::Y * 0.6, 0.02, 1.0, p.iron);
    }
    for level in 0..4 {
        let y = 0.03 + 0.06 * level as f32;
        let size = Vec3::new(0.26, 0.055, 0.2);
        g.cuboid(Vec3::new(0.02, y, 0.2), size, colours[(level + 4) % colours.len()]);
    }
    p.goods.push(scene.add_group(g));
    // Vases and flowers.
    let mut g = Group::of(Class::Building);
    for i in 0..4 {
        let x = -0.36 + 0.24 * i as f32;
        let tall = rng.range(0.16, 0.34);
        let foot = Vec3::new(x, 0.0, rng.range(-0.15, 0.1));
        let pot = [(0.06, 0.0), (0.1, 0.4 * tall), (0.05, 0.85 * tall), (0.07, tall)];
        g.lathe(foot, &pot, 9, rng.pick(&colours));
        let petal = rng.pick(&colours);
        for _ in 0..7 {
            let spread =
                Vec3::new(rng.range(-0.1, 0.1), rng.range(0.1, 0.35), rng.range(-0.1, 0.1));
            let tip = foot + Vec3::Y * tall + spread;
            g.rod(foot + Vec3::Y * tall, tip, 0.006, 1.0, p.hedge);
            sphere(&mut g, tip, Vec3::splat(0.04), petal);
        }
    }
    p.goods.push(scene.add_group(g));
}
