//! Things that several scenes place: trees, cars, lamps, furniture, clutter. Each is built
//! around the origin, standing on Y = 0, in metres.

use std::f32::consts::{PI, TAU};

use glam::{EulerRot, Quat, Vec3};

use crate::geometry::{Group, MaterialId};
use crate::material::{Material, Pattern, srgb};
use crate::random::Rng;
use crate::scene::Scene;
use crate::shape::Shape;

/// A colour by hue (0..1), saturation and value, linear.
pub(crate) fn hsv(h: f32, s: f32, v: f32) -> Vec3 {
    let k = |n: f32| {
        let x = (n + h * 6.0).rem_euclid(6.0);
        v - v * s * x.min(4.0 - x).clamp(0.0, 1.0)
    };
    let c = Vec3::new(k(5.0), k(3.0), k(1.0));
    c * c
}

fn any_rotation(rng: &mut Rng) -> Quat {
    Quat::from_euler(EulerRot::YXZ, rng.range(0.0, TAU), rng.range(-PI, PI), rng.range(-PI, PI))
}

fn leaf_material(scene: &mut Scene, rng: &mut Rng, autumn: bool) -> MaterialId {
    let (a, b) = if autumn {
        (srgb(196, 120, 40), srgb(150, 60, 30))
    } else {
        let base = hsv(rng.range(0.19, 0.33), rng.range(0.3, 0.66), rng.range(0.3, 0.62));
        (base, base * Vec3::new(1.5, 1.35, 0.8))
    };
    scene.add_material(Material::new(Pattern::Leaves, a, b, a).thin().seed(rng.next_u32()))
}

fn bark_material(scene: &mut Scene, rng: &mut Rng) -> MaterialId {
    let base =
        rng.pick(&[srgb(92, 74, 58), srgb(120, 108, 95), srgb(70, 58, 50), srgb(168, 160, 148)]);
    scene.add_material(Material::new(Pattern::Wood, base, base * 0.45, base).scale(0.25).bump(0.5))
}

/// A broad-leaved tree 4 to 12 m high.
pub(crate) fn broadleaf(scene: &mut Scene, rng: &mut Rng, cards: usize) -> u32 {
    let bark = bark_material(scene, rng);
    let autumn = rng.chance(0.12);
    let leaf = leaf_material(scene, rng, autumn);
    let height = rng.range(4.0, 12.0);
    let crown = height * rng.range(0.25, 0.42);
    let trunk = height * rng.range(0.3, 0.5);
    let thick = height * rng.range(0.018, 0.035);
    let mut g = Group::default();
    g.rod(Vec3::new(0.0, -0.4, 0.0), Vec3::new(0.0, trunk, 0.0), thick, 0.7, bark);
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
        tips.push(to);
        tips.push(from.lerp(to, 0.6));
    }
    tips.push(Vec3::new(0.0, height * 0.9, 0.0));
    let size = crown * rng.range(0.22, 0.34);
    for _ in 0..cards {
        let tip = tips[rng.below(tips.len())];
        let spread = Vec3::new(rng.normal(), rng.normal() * 0.7, rng.normal()) * crown * 0.28;
        let s = size * rng.range(0.6, 1.2);
        g.add(
            Shape::Foliage { seed: rng.next_u32() },
            tip + spread,
            any_rotation(rng),
            Vec3::new(s, s, 1.0),
            leaf,
        );
    }
    scene.add_group(g)
}

/// A conifer 5 to 18 m high.
pub(crate) fn conifer(scene: &mut Scene, rng: &mut Rng, cards: usize) -> u32 {
    let bark = bark_material(scene, rng);
    let green = hsv(rng.range(0.28, 0.42), rng.range(0.35, 0.6), rng.range(0.24, 0.42));
    let leaf = scene.add_material(
        Material::new(Pattern::Leaves, green, green * 1.6, green).thin().seed(rng.next_u32()),
    );
    let height = rng.range(5.0, 18.0);
    let radius = height * rng.range(0.13, 0.24);
    let mut g = Group::default();
    g.rod(Vec3::new(0.0, -0.5, 0.0), Vec3::new(0.0, height, 0.0), height * 0.018, 0.1, bark);
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
            Shape::Foliage { seed: rng.next_u32() },
            centre,
            rotation,
            Vec3::new(s, s * 0.6, 1.0),
            leaf,
        );
    }
    scene.add_group(g)
}

/// A bush up to 1.6 m, or a potted plant's crown.
pub(crate) fn bush(scene: &mut Scene, rng: &mut Rng, radius: f32, cards: usize) -> u32 {
    let leaf = leaf_material(scene, rng, false);
    let mut g = Group::default();
    for _ in 0..cards {
        let d = Vec3::new(rng.normal(), rng.normal().abs(), rng.normal()) * radius * 0.4;
        let s = radius * rng.range(0.3, 0.55);
        g.add(
            Shape::Foliage { seed: rng.next_u32() },
            d + Vec3::Y * radius * 0.3,
            any_rotation(rng),
            Vec3::new(s, s, 1.0),
            leaf,
        );
    }
    scene.add_group(g)
}

/// A plant with single leaves on bent stalks, for close views.
pub(crate) fn leafy_plant(scene: &mut Scene, rng: &mut Rng, height: f32, leaves: usize) -> u32 {
    let leaf = leaf_material(scene, rng, false);
    scene.materials[leaf as usize].gloss = rng.range(0.0, 0.5);
    let mut g = Group::default();
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
    let leaf = leaf_material(scene, rng, false);
    let mut g = Group::default();
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
            let n = crate::noise::fbm3(d * 1.3 + 9.0, 4, 0.0, seed);
            points.push(d * stretch * 0.5 * (0.6 + 0.9 * n));
        }
    }
    let mut g = Group::default();
    g.surface(&points, columns, material);
    scene.add_group(g)
}

/// A figure of simple shapes, about 1.75 m, walking along +X.
pub(crate) fn person(scene: &mut Scene, rng: &mut Rng) -> u32 {
    let skin = scene.add_material(Material::plain(rng.pick(&[
        srgb(224, 182, 150),
        srgb(160, 110, 80),
        srgb(90, 60, 45),
    ])));
    let (hue, saturation, value) = (rng.unit(), rng.range(0.0, 0.8), rng.range(0.15, 0.9));
    let cloth = Material::new(
        Pattern::Fabric { thread: 0.004 },
        hsv(hue, saturation, value),
        hsv(hue, saturation, value * 0.7),
        Vec3::ZERO,
    )
    .scale(0.2);
    let shirt = scene.add_material(cloth);
    let trousers = scene.add_material(Material {
        a: hsv(0.6, 0.4, rng.range(0.15, 0.6)),
        b: hsv(0.6, 0.4, 0.12),
        ..cloth
    });
    let hair = scene.add_material(Material::plain(rng.pick(&[
        srgb(40, 28, 20),
        srgb(90, 60, 35),
        srgb(190, 160, 100),
        srgb(20, 20, 22),
    ])));
    let mut g = Group::default();
    let stride = rng.range(0.02, 0.32);
    for s in [-1.0f32, 1.0] {
        let foot = Vec3::new(stride * s, 0.05, 0.1 * s);
        let knee = Vec3::new(stride * 0.5 * s + 0.06, 0.48, 0.1 * s);
        g.rod(foot, knee, 0.06, 1.3, trousers);
        g.rod(knee, Vec3::new(0.0, 0.92, 0.09 * s), 0.08, 1.2, trousers);
        g.add(
            Shape::Sphere,
            foot + Vec3::new(0.07, 0.0, 0.0),
            Quat::IDENTITY,
            Vec3::new(0.14, 0.05, 0.05),
            hair,
        );
        let elbow = Vec3::new(-stride * 0.4 * s, 1.12, 0.25 * s);
        g.rod(Vec3::new(0.0, 1.42, 0.2 * s), elbow, 0.05, 0.9, shirt);
        g.rod(elbow, elbow + Vec3::new(0.1 - stride * 0.2 * s, -0.24, 0.0), 0.04, 0.8, skin);
    }
    g.add(
        Shape::Sphere,
        Vec3::new(0.0, 1.18, 0.0),
        Quat::IDENTITY,
        Vec3::new(0.13, 0.33, 0.21),
        shirt,
    );
    g.add(
        Shape::Sphere,
        Vec3::new(0.0, 0.95, 0.0),
        Quat::IDENTITY,
        Vec3::new(0.13, 0.16, 0.18),
        trousers,
    );
    g.rod(Vec3::new(0.0, 1.4, 0.0), Vec3::new(0.01, 1.56, 0.0), 0.055, 1.0, skin);
    g.add(
        Shape::Sphere,
        Vec3::new(0.02, 1.64, 0.0),
        Quat::IDENTITY,
        Vec3::new(0.1, 0.12, 0.08),
        skin,
    );
    g.add(
        Shape::Sphere,
        Vec3::new(-0.01, 1.68, 0.0),
        Quat::IDENTITY,
        Vec3::new(0.105, 0.1, 0.088),
        hair,
    );
    scene.add_group(g)
}
