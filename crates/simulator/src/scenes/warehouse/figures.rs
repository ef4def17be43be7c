//! Forklifts and workers, in parts that move apart. All look along local -Z and stand on Y = 0.

use glam::{Quat, Vec3};

use super::shell::{Stock, hall};
use crate::class::Class;
use crate::random::Rng;
use crate::rays::geometry::Group;
use crate::rays::shape::Shape;
use crate::scene::Scene;
use crate::surface::material::{Material, srgb};
use crate::surface::pattern::Pattern;
use crate::surface::stencil::text;
use crate::surface::warehouse::Hall;

/// Half the width of a forklift, metres.
pub(super) const FORKLIFT_HALF_M: f32 = 0.62;
/// From a forklift's middle to the tips of its forks.
pub(super) const FORK_TIP_M: f32 = 2.25;

/// Groups of a forklift: chassis with driver, and the carriage that rises.
#[derive(Clone, Copy, Debug)]
pub(super) struct ForkliftParts {
    pub chassis: u32,
    pub carriage: u32,
}

pub(super) fn forklift(scene: &mut Scene, rng: &mut Rng, stock: &Stock) -> ForkliftParts {
    let colour =
        rng.pick(&[srgb(226, 120, 20), srgb(222, 168, 20), srgb(184, 36, 28), srgb(60, 110, 70)]);
    let paint = scene.add_material(Material::plain(colour).gloss(0.6).mirror(0.03).scale(0.6));
    let grey = scene.add_material(Material::plain(srgb(70, 72, 76)).gloss(0.3).scale(0.4));
    let lamp = Material::plain(srgb(230, 230, 220)).glow(Vec3::new(1.0, 0.95, 0.85) * 3.0);
    let lamp = scene.add_material(lamp);
    let amber = Material::plain(srgb(220, 130, 20)).glow(Vec3::new(1.0, 0.45, 0.05) * 3.5);
    let amber = scene.add_material(amber);
    let tail = Material::plain(srgb(160, 20, 16)).glow(Vec3::new(0.6, 0.02, 0.02));
    let tail = scene.add_material(tail);
    let number = text(&format!("{:02}", 1 + rng.below(40)));
    let plate = Hall::Board { text: number, height: 0.12 };
    let plate = hall(plate, srgb(28, 28, 30), srgb(236, 232, 220), Vec3::ONE);
    let plate = scene.add_material(plate.gloss(0.3));
    let mut g = Group::of(Class::Forklift);
    let v = Vec3::new;
    g.cuboid(v(0.0, 0.5, 0.05), v(1.06, 0.42, 1.5), paint);
    g.cuboid(v(0.0, 0.22, 0.0), v(0.9, 0.2, 1.7), grey);
    // Counterweight: a block with a rounded back.
    g.cuboid(v(0.0, 0.72, 0.82), v(1.08, 0.72, 0.45), paint);
    let top = v(0.54, 0.36, 0.2);
    g.add(Shape::Frustum { top: 1.0 }, v(0.0, 0.72, 1.02), Quat::IDENTITY, top, paint);
    for x in [-0.4f32, 0.4] {
        // Round corners, and slits that let the heat out.
        g.rod(v(x, 0.36, 0.96), v(x, 1.08, 0.96), 0.14, 1.0, paint);
        for k in 0..4 {
            let y = 0.62 + 0.08 * k as f32;
            g.cuboid(v(x * 1.345, y, 0.72), v(0.02, 0.03, 0.3), stock.dark);
        }
        g.cuboid(v(x * 1.33, 0.58, 0.1), v(0.012, 0.17, 0.5), plate);
    }
    for k in 0..5 {
        let y = 0.72 + 0.06 * k as f32;
        g.cuboid(v(0.0, y, 1.222), v(0.5, 0.025, 0.02), stock.dark);
    }
    g.cuboid(v(0.0, 0.86, 0.45), v(0.86, 0.4, 0.6), grey);
    g.cuboid(v(0.0, 1.1, 0.28), v(0.5, 0.12, 0.46), stock.rubber);
    g.cuboid(v(0.0, 1.38, 0.52), v(0.46, 0.5, 0.1), stock.rubber);
    g.cuboid(v(0.0, 0.95, -0.6), v(0.9, 0.55, 0.12), paint);
    g.rod(v(0.0, 1.1, -0.5), v(0.0, 1.3, -0.32), 0.02, 1.0, grey);
    g.add(
        Shape::Torus { minor: 0.1 },
        v(0.0, 1.32, -0.3),
        Quat::from_rotation_x(0.9),
        Vec3::splat(0.17),
        stock.rubber,
    );
    for x in [-0.47f32, 0.47] {
        g.rod(v(x, 0.75, -0.62), v(x * 0.92, 2.12, -0.42), 0.035, 1.0, grey);
        g.rod(v(x, 0.9, 0.85), v(x * 0.92, 2.12, 0.6), 0.035, 1.0, grey);
        g.cuboid(v(x * 0.92, 2.13, 0.09), v(0.07, 0.07, 1.1), grey);
        for (z, r, wide) in [(-0.55f32, 0.33f32, 0.24f32), (0.72, 0.27, 0.2)] {
            let hub = v(x.signum() * 0.5, r, z);
            let out = v(x.signum() * wide * 0.5, 0.0, 0.0);
            g.rod(hub - out, hub + out, r, 1.0, stock.rubber);
            g.rod(hub + out * 0.6, hub + out * 1.05, r * 0.55, 0.9, paint);
            g.rod(hub + out, hub + out * 1.15, r * 0.2, 0.8, grey);
        }
        g.cuboid(v(x * 0.95, 1.85, -0.55), v(0.14, 0.1, 0.08), lamp);
        g.cuboid(v(x * 0.85, 0.98, 1.06), v(0.14, 0.08, 0.06), tail);
        // Outer mast.
        g.cuboid(v(x * 0.72, 1.15, -0.9), v(0.09, 2.1, 0.12), grey);
    }
    for i in 0..6 {
        g.cuboid(v(0.0, 2.13, -0.4 + 0.19 * i as f32), v(0.86, 0.03, 0.05), grey);
    }
    g.cuboid(v(0.0, 2.14, -0.9), v(0.76, 0.08, 0.1), grey);
    g.cuboid(v(0.0, 0.5, -0.9), v(0.76, 0.12, 0.1), grey);
    g.rod(v(0.0, 0.2, -0.88), v(0.0, 1.9, -0.88), 0.05, 1.0, stock.steel);
    g.rod(v(0.36, 2.16, 0.5), v(0.36, 2.3, 0.5), 0.05, 0.9, amber);
    // Stripes at the back.
    g.cuboid(v(0.0, 0.5, 1.225), v(0.9, 0.14, 0.02), stock.warning);
    driver(&mut g, scene, rng);
    let chassis = scene.add_group(g);
    let mut g = Group::of(Class::Forklift);
    for x in [-0.27f32, 0.27] {
        g.cuboid(v(x, 0.07, -1.66), v(0.12, 0.045, 1.16), stock.dark);
        g.cuboid(v(x, 0.33, -1.05), v(0.12, 0.56, 0.05), stock.dark);
        g.cuboid(v(x * 0.9, 1.1, -0.93), v(0.07, 2.0, 0.09), stock.steel);
    }
    for y in [0.2f32, 0.58] {
        g.cuboid(v(0.0, y, -1.0), v(0.96, 0.1, 0.05), grey);
    }
    for i in 0..6 {
        let x = -0.45 + 0.18 * i as f32;
        g.cuboid(v(x, 0.92, -1.0), v(0.03, 0.66, 0.03), grey);
    }
    g.cuboid(v(0.0, 1.25, -1.0), v(0.96, 0.05, 0.04), grey);
    ForkliftParts { chassis, carriage: scene.add_group(g) }
}

/// Cloth, skin, helmet of one person.
struct Dress {
    vest: u16,
    band: u16,
    shirt: u16,
    trousers: u16,
    skin: u16,
    helmet: u16,
    boots: u16,
}

impl Dress {
    fn new(scene: &mut Scene, rng: &mut Rng) -> Self {
        let bright = rng.pick(&[srgb(255, 120, 10), srgb(206, 236, 20), srgb(255, 98, 16)]);
        let skin = rng.pick(&[srgb(224, 182, 150), srgb(160, 110, 80), srgb(90, 60, 45)]);
        let shirt =
            rng.pick(&[srgb(40, 52, 84), srgb(90, 94, 98), srgb(120, 40, 36), srgb(30, 32, 36)]);
        let trousers = rng.pick(&[srgb(44, 50, 66), srgb(60, 58, 52), srgb(34, 36, 40)]);
        let helmet = rng.pick(&[
            srgb(236, 190, 20),
            srgb(230, 230, 226),
            srgb(40, 90, 170),
            srgb(220, 90, 20),
        ]);
        let mut cloth = |tone: Vec3| {
            let m = Material::new(Pattern::Fabric { thread: 0.004 }, tone, tone * 0.75, tone);
            scene.add_material(m.scale(0.2).bump(0.25))
        };
        let (vest, shirt, trousers) = (cloth(bright), cloth(shirt), cloth(trousers));
        Self {
            vest,
            band: scene.add_material(Material::plain(srgb(206, 210, 212)).gloss(0.9)),
            shirt,
            trousers,
            skin: scene.add_material(Material::plain(skin).scale(0.2)),
            helmet: scene.add_material(Material::plain(helmet).gloss(0.7).scale(0.3)),
            boots: scene.add_material(Material::plain(srgb(40, 34, 28)).gloss(0.2)),
        }
    }
}

/// Trunk and head with the hips' middle at `hips`.
fn trunk(g: &mut Group, dress: &Dress, hips: Vec3) {
    let at = |x: f32, y: f32, z: f32| hips + Vec3::new(x, y, z);
    let tube = Shape::Frustum { top: 1.18 };
    g.add(tube, at(0.0, 0.27, 0.0), Quat::IDENTITY, Vec3::new(0.165, 0.25, 0.115), dress.vest);
    for (y, r) in [(0.12f32, 0.172f32), (0.28, 0.182)] {
        let half = Vec3::new(r, 0.022, r * 0.7);
        g.add(Shape::Frustum { top: 1.02 }, at(0.0, y, 0.0), Quat::IDENTITY, half, dress.band);
    }
    for x in [-0.1f32, 0.1] {
        let half = Vec3::new(0.025, 0.19, 0.014);
        g.add(Shape::Cuboid, at(x, 0.34, -0.108), Quat::IDENTITY, half, dress.band);
        g.add(Shape::Cuboid, at(x, 0.34, 0.108), Quat::IDENTITY, half, dress.band);
    }
    let shoulders = Vec3::new(0.215, 0.085, 0.12);
    g.add(Shape::Sphere, at(0.0, 0.5, 0.0), Quat::IDENTITY, shoulders, dress.vest);
    g.add(
        Shape::Sphere,
        at(0.0, 0.0, 0.0),
        Quat::IDENTITY,
        Vec3::new(0.17, 0.13, 0.125),
        dress.trousers,
    );
    g.rod(at(0.0, 0.52, 0.0), at(0.0, 0.66, -0.01), 0.055, 1.0, dress.skin);
    g.add(
        Shape::Sphere,
        at(0.0, 0.72, -0.015),
        Quat::IDENTITY,
        Vec3::new(0.078, 0.105, 0.095),
        dress.skin,
    );
    // A cap of the helmet and its brim.
    g.add(
        Shape::Sphere,
        at(0.0, 0.785, 0.0),
        Quat::IDENTITY,
        Vec3::new(0.108, 0.085, 0.13),
        dress.helmet,
    );
    g.add(
        Shape::Frustum { top: 0.96 },
        at(0.0, 0.765, -0.02),
        Quat::IDENTITY,
        Vec3::new(0.12, 0.012, 0.15),
        dress.helmet,
    );
}

fn driver(g: &mut Group, scene: &mut Scene, rng: &mut Rng) {
    let dress = Dress::new(scene, rng);
    g.label(Class::Person, 0);
    let hips = Vec3::new(0.0, 1.22, 0.3);
    trunk(g, &dress, hips);
    for x in [-0.1f32, 0.1] {
        let knee = Vec3::new(x * 1.3, 1.2, -0.14);
        g.rod(Vec3::new(x, 1.2, 0.25), knee, 0.085, 0.8, dress.trousers);
        g.rod(knee, Vec3::new(x * 1.3, 0.85, -0.3), 0.06, 0.8, dress.trousers);
        let elbow = Vec3::new(x * 2.6, 1.45, 0.12);
        g.rod(Vec3::new(x * 2.0, 1.72, 0.3), elbow, 0.055, 0.85, dress.shirt);
        g.rod(elbow, Vec3::new(x * 1.3, 1.42, -0.18), 0.045, 0.8, dress.skin);
    }
    g.label(Class::Forklift, 0);
}

/// Groups of a worker. Limbs hang from their joint at the origin; the trunk stands on Y = 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct WorkerParts {
    pub trunk: u32,
    pub thigh: u32,
    pub shin: u32,
    pub arm: u32,
}

/// Joints of a worker: hips, knees below the hips, shoulders.
pub(super) const HIP: Vec3 = Vec3::new(0.095, 0.9, 0.0);
pub(super) const KNEE_Y: f32 = -0.43;
pub(super) const SHOULDER: Vec3 = Vec3::new(0.235, 1.4, 0.0);

pub(super) fn worker(scene: &mut Scene, rng: &mut Rng) -> WorkerParts {
    let dress = Dress::new(scene, rng);
    let v = Vec3::new;
    let mut g = Group::of(Class::Person);
    trunk(&mut g, &dress, v(0.0, 0.93, 0.0));
    let trunk = scene.add_group(g);
    let mut g = Group::of(Class::Person);
    g.rod(v(0.0, KNEE_Y, 0.0), v(0.0, 0.02, 0.0), 0.062, 1.35, dress.trousers);
    let thigh = scene.add_group(g);
    let mut g = Group::of(Class::Person);
    g.add(Shape::Sphere, Vec3::ZERO, Quat::IDENTITY, Vec3::splat(0.064), dress.trousers);
    g.rod(v(0.0, -0.4, 0.0), v(0.0, 0.0, 0.0), 0.05, 1.25, dress.trousers);
    g.cuboid(v(0.0, -0.12, 0.0), v(0.115, 0.04, 0.115), dress.band);
    g.add(Shape::Sphere, v(0.0, -0.42, -0.05), Quat::IDENTITY, v(0.05, 0.055, 0.14), dress.boots);
    let shin = scene.add_group(g);
    let mut g = Group::of(Class::Person);
    g.add(Shape::Sphere, Vec3::ZERO, Quat::IDENTITY, Vec3::splat(0.07), dress.shirt);
    g.rod(v(0.0, 0.0, 0.0), v(0.02, -0.29, 0.01), 0.058, 0.8, dress.shirt);
    g.rod(v(0.02, -0.28, 0.01), v(0.0, -0.53, -0.1), 0.042, 0.8, dress.skin);
    g.add(Shape::Sphere, v(0.0, -0.57, -0.12), Quat::IDENTITY, v(0.035, 0.055, 0.045), dress.skin);
    let arm = scene.add_group(g);
    WorkerParts { trunk, thigh, shin, arm }
}
