//! Things that several scenes place: trees, cars, lamps, furniture, clutter. Each is built
//! around the origin, standing on Y = 0, in metres.

use glam::{Quat, Vec3};

use crate::random::Rng;
use crate::rays::geometry::Group;
use crate::rays::shape::Shape;
use crate::scene::Scene;
use crate::surface::material::{Material, srgb};
use crate::surface::pattern::Pattern;
pub(crate) use crate::things::plants::{broadleaf, bush, leafy_plant, tuft};

/// A colour by hue (0..1), saturation and value, linear.
pub(crate) fn hsv(h: f32, s: f32, v: f32) -> Vec3 {
    let k = |n: f32| {
        let x = (n + h * 6.0).rem_euclid(6.0);
        v - v * s * x.min(4.0 - x).clamp(0.0, 1.0)
    };
    let c = Vec3::new(k(5.0), k(3.0), k(1.0));
    c * c
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
