//! Houses that fill a box.

use glam::{Quat, Vec3};

use crate::random::Rng;
use crate::rays::geometry::Group;
use crate::rays::shape::Shape;
use crate::scene::Scene;
use crate::surface::material::{Material, srgb};
use crate::surface::pattern::Pattern;

/// A house with a gable roof (ridge along X) in a box centred on the origin.
pub(crate) fn house(scene: &mut Scene, g: &mut Group, rng: &mut Rng, size: Vec3, colour: Vec3) {
    let wall = Material::new(Pattern::Noise, colour * 1.04, colour * 0.88, colour)
        .scale(0.25 * size.y)
        .seed(rng.next_u32());
    let wall = scene.add_material(wall);
    let tiles =
        rng.pick(&[srgb(150, 74, 52), srgb(86, 82, 84), srgb(120, 62, 50), srgb(74, 70, 62)]);
    let roof = Material::new(Pattern::Shingles { size: 0.07 * size.y }, tiles, tiles * 0.6, tiles)
        .scale(0.2 * size.y);
    let roof = scene.add_material(roof);
    let trim = rng.pick(&[srgb(232, 228, 220), srgb(92, 70, 54), colour * 0.5]);
    let trim = scene.add_material(Material::plain(trim).scale(0.5));
    let glass = scene.add_material(Material::plain(srgb(40, 48, 58)).gloss(0.5).mirror(0.1));
    let door = rng.pick(&[srgb(92, 58, 40), srgb(60, 84, 96), srgb(110, 40, 36)]);
    let door = scene.add_material(Material::plain(door).scale(0.4));
    let stone = scene.add_material(Material::plain(srgb(126, 120, 112)).scale(0.5));

    let eaves = 0.62 + 0.06 * rng.unit();
    let body = Vec3::new(0.92, eaves, 0.88);
    let floor = -0.5 * size.y;
    let at = |x: f32, y: f32, z: f32| Vec3::new(x * size.x, floor + y * size.y, z * size.z);
    g.cuboid(at(0.0, 0.5 * body.y, 0.0), body * size, wall);
    g.cuboid(at(0.0, 0.035, 0.0), Vec3::new(body.x + 0.01, 0.07, body.z + 0.012) * size, stone);
    // The wall goes up into the gable; the roof's slabs lie on it.
    let rise = 1.0 - eaves;
    let gable = Vec3::new(0.5 * body.x, 0.5 * rise * 0.93, 0.5 * body.z);
    g.add(
        Shape::Gable,
        at(0.0, eaves + 0.5 * rise * 0.93, 0.0),
        Quat::IDENTITY,
        gable * size,
        wall,
    );
    for side in [-1.0f32, 1.0] {
        let (low, high) = (at(0.0, eaves - 0.04, 0.5 * side), at(0.0, 0.985, 0.0));
        let down = low - high;
        let turn = Quat::from_rotation_arc(Vec3::Z, down.normalize_or(Vec3::Z));
        let half = Vec3::new(0.5 * size.x, 0.014 * size.y, 0.5 * down.length());
        g.add(Shape::Cuboid, (low + high) * 0.5, turn, half, roof);
    }
    let chimney = rng.pick(&[-0.26, 0.24]);
    g.cuboid(at(chimney, 0.9, 0.14), Vec3::new(0.08, 0.19, 0.09) * size, stone);

    let floors = if size.y > 7.0 { 2 } else { 1 };
    let opening = |g: &mut Group, out: Vec3, along: Vec3, a: f32, y: f32, w: f32, h: f32, fill| {
        let face = out * (if out.x == 0.0 { body.z * size.z } else { body.x * size.x }) * 0.5;
        let centre = face + along * a + Vec3::Y * (floor + y * size.y);
        let flat = |wide: f32, high: f32, deep: f32| {
            along.abs() * wide + Vec3::Y * high + out.abs() * deep
        };
        let deep = 0.012 * size.min_element();
        g.cuboid(centre, flat(w * 1.22, h * 1.16, deep), trim);
        g.cuboid(centre, flat(w, h, deep * 2.2), fill);
        if fill == glass {
            g.cuboid(centre, flat(w * 0.09, h, deep * 3.2), trim);
            g.cuboid(centre, flat(w, h * 0.07, deep * 3.2), trim);
        }
    };
    let story = (eaves - 0.07) / floors as f32;
    for (out, along, wide) in [
        (Vec3::Z, Vec3::X, size.x),
        (Vec3::NEG_Z, Vec3::X, size.x),
        (Vec3::X, Vec3::Z, size.z),
        (Vec3::NEG_X, Vec3::Z, size.z),
    ] {
        let bays = if wide > 7.5 { 3 } else { 2 };
        for level in 0..floors {
            for bay in 0..bays {
                let a = ((bay as f32 + 0.5) / bays as f32 - 0.5) * wide * 0.84;
                let (y, w) =
                    (0.07 + (level as f32 + 0.55) * story, 0.34 * wide * 0.84 / bays as f32);
                let entrance = out == Vec3::Z && level == 0 && bay == bays - 1;
                if entrance {
                    let high = 0.74 * story;
                    opening(g, out, along, a, 0.07 + 0.5 * high, w * 0.9, high * size.y, door);
                } else {
                    opening(g, out, along, a, y, w, 0.5 * story * size.y, glass);
                }
            }
        }
    }
}
