//! Trees, bushes, grass, flowers and boulders, with the looks of every season. Each is built
//! around the origin, standing on Y = 0, in metres.

use std::f32::consts::{PI, TAU};

use glam::{EulerRot, Quat, Vec3};

use crate::class::Class;
use crate::random::Rng;
use crate::rays::geometry::{Group, MaterialId};
use crate::rays::shape::Shape;
use crate::scene::Scene;
use crate::surface::material::{Material, srgb};
use crate::surface::pattern::Pattern;
use crate::surface::season::Growth;
use crate::things::props::hsv;

fn any_rotation(rng: &mut Rng) -> Quat {
    Quat::from_euler(EulerRot::YXZ, rng.range(0.0, TAU), rng.range(-PI, PI), rng.range(-PI, PI))
}

fn leaf_material(scene: &mut Scene, rng: &mut Rng, growth: Growth) -> MaterialId {
    let base = hsv(rng.range(0.19, 0.28), rng.range(0.35, 0.62), rng.range(0.3, 0.52));
    let (light, other) =
        (base * Vec3::new(1.35, 1.3, 0.85), base * Vec3::new(0.8, 0.8, 1.1) * rng.range(0.6, 1.0));
    let leaf = Material::new(Pattern::Leaves, base, light, other).thin().seed(rng.next_u32());
    scene.add_material(leaf.grows(growth))
}

fn bark_material(scene: &mut Scene, rng: &mut Rng) -> MaterialId {
    let base =
        rng.pick(&[srgb(92, 74, 58), srgb(120, 108, 95), srgb(70, 58, 50), srgb(168, 160, 148)]);
    scene.add_material(Material::new(Pattern::Wood, base, base * 0.45, base).scale(0.25).bump(0.5))
}

/// A kind of tree in two resolutions of the same size and colours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tree {
    /// With boughs and leaves.
    pub near: u32,
    /// Crown and trunk as one primitive each.
    pub far: u32,
}

/// A broad-leaved tree 4 to 12 m high.
pub(crate) fn broadleaf(scene: &mut Scene, rng: &mut Rng, cards: usize) -> u32 {
    broadleaf_tree(scene, rng, cards).near
}

/// A broad-leaved tree 4 to 12 m high, for near and far.
pub(crate) fn broadleaf_tree(scene: &mut Scene, rng: &mut Rng, cards: usize) -> Tree {
    let bark = bark_material(scene, rng);
    let leaf = leaf_material(scene, rng, Growth::Leaves);
    let height = rng.range(4.0, 12.0);
    let crown = height * rng.range(0.25, 0.42);
    let trunk = height * rng.range(0.3, 0.5);
    let thick = height * rng.range(0.018, 0.035);
    let mut g = Group::of(Class::Tree);
    g.rod(Vec3::new(0.0, -0.8, 0.0), Vec3::new(0.0, trunk, 0.0), thick, 0.7, bark);
    let mut tips = Vec::new();
    for i in 0..6 + rng.below(5) {
        let angle = i as f32 * 2.4 + rng.range(-0.4, 0.4);
        let from = Vec3::new(0.0, trunk * rng.range(0.6, 1.0), 0.0);
        let out = crown * rng.range(0.45, 0.95);
        let to = Vec3::new(
            angle.cos() * out,
            trunk + (height - trunk) * rng.range(0.15, 0.95),
            angle.sin() * out,
        );
        g.rod(from, to, thick * 0.5, 0.3, bark);
        // Boughs fork, which shows in winter.
        for side in [-1.0f32, 1.0] {
            let start = from.lerp(to, rng.range(0.4, 0.7));
            let turned = Quat::from_rotation_y(side * rng.range(0.4, 0.9)) * (to - from);
            let end = start + turned * rng.range(0.3, 0.5) + Vec3::Y * rng.range(0.0, 0.1) * height;
            g.rod(start, end, thick * 0.25, 0.3, bark);
            tips.push(end);
        }
        tips.push(to);
        tips.push(from.lerp(to, 0.6));
    }
    tips.push(Vec3::new(0.0, height * 0.9, 0.0));
    let size = crown * rng.range(0.22, 0.34);
    for _ in 0..cards {
        let tip = tips[rng.below(tips.len())];
        let spread = Vec3::new(rng.normal(), rng.normal() * 0.7, rng.normal()) * crown * 0.24;
        let s = size * rng.range(0.6, 1.2);
        g.add(
            Shape::Spray { seed: rng.next_u32(), bare: false },
            tip + spread,
            any_rotation(rng),
            Vec3::new(s, s, 1.0),
            leaf,
        );
    }
    let mut far = Group::of(Class::Tree);
    let middle = trunk + (height - trunk) * 0.5;
    far.rod(Vec3::new(0.0, -2.0, 0.0), Vec3::new(0.0, middle, 0.0), thick, 0.7, bark);
    far.add(
        Shape::Crown { seed: rng.next_u32(), bare: false },
        Vec3::Y * middle,
        Quat::IDENTITY,
        Vec3::new(crown * 1.2, (height - trunk) * 0.68, crown * 1.2),
        leaf,
    );
    Tree { near: scene.add_group(g), far: scene.add_group(far) }
}

/// A conifer 5 to 18 m high, for near and far.
pub(crate) fn conifer_tree(scene: &mut Scene, rng: &mut Rng, cards: usize) -> Tree {
    let bark = bark_material(scene, rng);
    let green = srgb(40, 60, 36).lerp(srgb(62, 78, 44), rng.unit()) * rng.range(0.75, 1.15);
    let leaf =
        Material::new(Pattern::Leaves, green, green * 1.55, green * Vec3::new(1.35, 1.15, 0.8));
    let leaf = scene.add_material(leaf.thin().seed(rng.next_u32()).grows(Growth::Evergreen));
    let height = rng.range(7.0, 18.0);
    let radius = height * rng.range(0.14, 0.21);
    let mut g = Group::of(Class::Tree);
    g.rod(Vec3::new(0.0, -0.8, 0.0), Vec3::new(0.0, height, 0.0), height * 0.016, 0.05, bark);
    for i in 0..cards {
        let t = (i as f32 + rng.unit()) / cards as f32;
        let t = t.sqrt();
        let y = height * (1.02 - t * rng.range(0.8, 0.9));
        let r = radius * t * rng.range(0.75, 1.1);
        let angle = i as f32 * 2.399 + rng.range(-0.3, 0.3);
        // Cards hang outwards and down like boughs.
        let rotation = Quat::from_rotation_y(-angle)
            * Quat::from_rotation_z(-rng.range(0.2, 0.6))
            * Quat::from_rotation_x(PI * 0.5 + rng.range(-0.5, 0.5));
        let centre = Vec3::new(angle.cos(), 0.0, angle.sin()) * r * 0.55 + Vec3::Y * y;
        let s = r * 0.55 + 0.12;
        g.add(
            Shape::Needles { seed: rng.next_u32() },
            centre,
            rotation,
            Vec3::new(s, s * 0.6, 1.0),
            leaf,
        );
    }
    let mut far = Group::of(Class::Tree);
    let foot = height * 0.1;
    far.rod(
        Vec3::new(0.0, -2.0, 0.0),
        Vec3::new(0.0, height * 0.4, 0.0),
        height * 0.016,
        1.0,
        bark,
    );
    far.add(
        Shape::Spruce { seed: rng.next_u32() },
        Vec3::Y * (foot + height) * 0.5,
        Quat::IDENTITY,
        Vec3::new(radius * 1.15, (height - foot) * 0.5, radius * 1.15),
        leaf,
    );
    Tree { near: scene.add_group(g), far: scene.add_group(far) }
}

/// A tuft of a few cards full of blades, `height` metres high.
pub(crate) fn grass(scene: &mut Scene, rng: &mut Rng, height: f32) -> u32 {
    let base = srgb(98, 112, 52).lerp(srgb(132, 132, 70), rng.unit());
    let leaf = Material::new(Pattern::Leaves, base, base * 1.35, base * Vec3::new(1.4, 1.15, 0.9));
    let leaf = scene.add_material(leaf.thin().seed(rng.next_u32()).grows(Growth::Grass));
    let mut g = Group::of(Class::Plant);
    for i in 0..4 {
        let turn = Quat::from_rotation_y(i as f32 * PI / 4.0 + rng.range(-0.3, 0.3))
            * Quat::from_rotation_x(rng.range(-0.3, 0.3));
        let half = Vec3::new(height * rng.range(0.7, 1.0), height * 0.5, 1.0);
        let at = Vec3::new(rng.range(-0.1, 0.1), height * 0.45, rng.range(-0.1, 0.1));
        g.add(Shape::Blades { seed: rng.next_u32() }, at, turn, half, leaf);
    }
    scene.add_group(g)
}

/// A few flowers on stalks; in autumn and winter only the stalks are left.
pub(crate) fn flowers(scene: &mut Scene, rng: &mut Rng) -> u32 {
    let colour = rng.pick(&[
        srgb(236, 232, 224),
        srgb(240, 196, 40),
        srgb(96, 80, 190),
        srgb(206, 80, 140),
        srgb(214, 60, 40),
    ]);
    let petal = Material::new(Pattern::Leaves, colour, colour * 0.8, colour).thin();
    let petal = scene.add_material(petal.seed(rng.next_u32()));
    let stalk = leaf_material(scene, rng, Growth::Grass);
    let mut g = Group::of(Class::Plant);
    let size = rng.range(0.02, 0.04);
    for _ in 0..7 {
        let at = Vec3::new(rng.range(-0.3, 0.3), 0.0, rng.range(-0.3, 0.3));
        let top =
            at + Vec3::new(rng.range(-0.06, 0.06), rng.range(0.12, 0.34), rng.range(-0.06, 0.06));
        g.rod(at - Vec3::Y * 0.05, top, 0.006, 0.6, stalk);
        let turn = Quat::from_rotation_y(rng.range(0.0, TAU))
            * Quat::from_rotation_x(-PI * 0.5 + rng.range(0.1, 0.9));
        g.add(Shape::Bloom { shown: true }, top, turn, Vec3::new(size, size, 1.0), petal);
    }
    scene.add_group(g)
}

/// A bush up to 1.6 m, or a potted plant's crown.
pub(crate) fn bush(scene: &mut Scene, rng: &mut Rng, radius: f32, cards: usize) -> u32 {
    let evergreen = rng.chance(0.35);
    let growth = if evergreen { Growth::Evergreen } else { Growth::Leaves };
    let leaf = leaf_material(scene, rng, growth);
    let mut g = Group::of(Class::Plant);
    for _ in 0..cards {
        let d = Vec3::new(rng.normal(), rng.normal().abs(), rng.normal()) * radius * 0.4;
        let s = radius * rng.range(0.3, 0.55);
        let seed = rng.next_u32();
        let card =
            if evergreen { Shape::Foliage { seed } } else { Shape::Spray { seed, bare: false } };
        g.add(card, d + Vec3::Y * radius * 0.3, any_rotation(rng), Vec3::new(s, s, 1.0), leaf);
    }
    scene.add_group(g)
}

/// A plant with single leaves on bent stalks, for close views.
pub(crate) fn leafy_plant(scene: &mut Scene, rng: &mut Rng, height: f32, leaves: usize) -> u32 {
    let leaf = leaf_material(scene, rng, Growth::None);
    scene.materials[leaf as usize].gloss = rng.range(0.0, 0.5);
    let mut g = Group::of(Class::Plant);
    let broad = rng.range(0.12, 0.5);
    for i in 0..leaves {
        let angle = i as f32 * 2.399 + rng.range(-0.3, 0.3);
        let rise = rng.range(0.25, 1.0);
        let out = height * rng.range(0.15, 0.5) * (1.3 - rise);
        let to = Vec3::new(angle.cos() * out, height * rise * 0.75, angle.sin() * out);
        g.rod(Vec3::ZERO, to, height * 0.008, 0.6, leaf);
        let length = height * rng.range(0.12, 0.28);
        let rotation = Quat::from_rotation_y(-angle + PI * 0.5)
            * Quat::from_rotation_x(rng.range(0.2, 1.3))
            * Quat::from_rotation_z(rng.range(-0.5, 0.5));
        g.add(
            Shape::Leaf,
            to + rotation * (Vec3::Y * length * 0.9),
            rotation,
            Vec3::new(length * broad, length, 1.0),
            leaf,
        );
    }
    scene.add_group(g)
}

/// A tuft of grass blades.
pub(crate) fn tuft(
    scene: &mut Scene,
    rng: &mut Rng,
    blades: usize,
    spread: f32,
    height: f32,
) -> u32 {
    let leaf = leaf_material(scene, rng, Growth::Grass);
    let mut g = Group::of(Class::Plant);
    for _ in 0..blades {
        let h = height * rng.range(0.4, 1.0) * 0.5;
        let lean = Quat::from_rotation_y(rng.range(0.0, TAU))
            * Quat::from_rotation_x(rng.range(-0.6, 0.6));
        let at = Vec3::new(rng.range(-spread, spread), -0.03, rng.range(-spread, spread));
        g.add(
            Shape::Leaf,
            at + lean * (Vec3::Y * h),
            lean,
            Vec3::new(h * 0.07 + 0.002, h, 1.0),
            leaf,
        );
    }
    scene.add_group(g)
}

/// A boulder of about one metre.
pub(crate) fn rock(scene: &mut Scene, rng: &mut Rng, material: MaterialId) -> u32 {
    let seed = rng.next_u32();
    let (rows, columns) = (10, 17);
    let mut points = Vec::with_capacity(rows * columns);
    let stretch = Vec3::new(rng.range(0.7, 1.2), rng.range(0.5, 0.9), rng.range(0.7, 1.2));
    for r in 0..rows {
        let theta = PI * (1.0 - r as f32 / (rows - 1) as f32);
        for c in 0..columns {
            let phi = TAU * (c % (columns - 1)) as f32 / (columns - 1) as f32;
            let d = Vec3::new(theta.sin() * phi.cos(), theta.cos(), theta.sin() * phi.sin());
            let n = crate::surface::noise::fbm3(d * 1.3 + 9.0, 4, 0.0, seed);
            points.push(d * stretch * 0.5 * (0.6 + 0.9 * n));
        }
    }
    let mut g = Group::of(Class::Rock);
    g.surface(&points, columns, material);
    scene.add_group(g)
}
