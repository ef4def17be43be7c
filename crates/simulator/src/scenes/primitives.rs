//! Simple bodies on a ground: from toys on a table seen at arm's length to blocks in a yard.

use std::f32::consts::{PI, TAU};

use glam::{EulerRot, Quat, Vec3};

use super::{SceneOptions, Stage};
use crate::conditions::Enclosure;
use crate::random::Rng;
use crate::rays::geometry::MaterialId;
use crate::rays::shape::Shape;
use crate::scene::{Lamp, Scene};
use crate::surface::material::Material;
use crate::surface::pattern::Pattern;
use crate::things::props::{self, hsv};

/// Any procedural or photographic material at the scale of `size` metres.
pub(super) fn any_material(scene: &mut Scene, rng: &mut Rng, size: f32) -> MaterialId {
    let colour = |rng: &mut Rng| {
        if rng.chance(0.62) {
            let v = rng.range(0.2, 0.95);
            hsv(rng.range(0.03, 0.14), rng.range(0.05, 0.5), v)
        } else {
            hsv(rng.unit(), rng.range(0.05, 0.95) * rng.range(0.4, 1.0), rng.range(0.15, 0.92))
        }
    };
    let (a, b, c) = (colour(rng), colour(rng), colour(rng));
    let near = a * rng.range(0.5, 0.85);
    let unit = size * rng.log_range(0.06, 0.5);
    let photo = !scene.photos.is_empty() && rng.chance(0.3);
    let pattern = if photo {
        Pattern::Photo {
            index: rng.below(scene.photos.len()) as u16,
            size: size * rng.range(0.5, 3.0),
        }
    } else {
        match rng.below(17) {
            0..=2 => Pattern::Plain,
            3 | 4 => Pattern::Noise,
            5 => Pattern::Speckle,
            6 => Pattern::Brick { width: unit, height: unit * 0.35 },
            7 => Pattern::Tiles { size: unit },
            8 => Pattern::Planks { width: unit * 0.5 },
            9 | 10 => Pattern::Wood,
            11 => Pattern::Stripes { width: unit, vertical: rng.chance(0.5) },
            12 => Pattern::Checks { size: unit },
            13 => Pattern::Marble,
            14 => Pattern::Gravel { size: unit * 0.3 },
            15 => Pattern::Fabric { thread: unit * 0.02 },
            _ => Pattern::Painting,
        }
    };
    let second = if matches!(pattern, Pattern::Checks { .. } | Pattern::Stripes { .. })
        || rng.chance(0.25)
    {
        b
    } else {
        near
    };
    let a = if photo { Vec3::splat(rng.range(0.7, 1.1)) } else { a };
    let mut material = Material::new(pattern, a, second, c)
        .scale(size * rng.log_range(0.1, 1.0))
        .seed(rng.next_u32());
    if rng.chance(0.4) {
        material = material.gloss(rng.range(0.1, 1.0));
    }
    if rng.chance(0.1) {
        material = material.mirror(rng.range(0.03, 0.5));
    }
    if rng.chance(0.35) {
        material = material.bump(rng.range(0.05, 0.5));
    }
    scene.add_material(material)
}

fn any_shape(rng: &mut Rng) -> Shape {
    match rng.below(12) {
        0..=3 => Shape::Cuboid,
        4 | 5 => Shape::Sphere,
        6 | 7 => Shape::Frustum { top: 1.0 },
        8 => Shape::Frustum { top: rng.range(0.0, 0.8) },
        9 => Shape::Torus { minor: rng.range(0.12, 0.4) },
        10 => Shape::Gable,
        _ => Shape::Pyramid,
    }
}

/// A turned vessel, standing on Y = 0.
pub(super) fn vessel(scene: &mut Scene, rng: &mut Rng, height: f32) -> u32 {
    let material = any_material(scene, rng, height);
    let seed = rng.next_u32();
    let base = rng.range(0.15, 0.4);
    let profile: Vec<(f32, f32)> = (0..9)
        .map(|i| {
            let t = i as f32 / 8.0;
            let wave = crate::surface::noise::fbm2(glam::Vec2::new(t * 1.9, 0.5), 2, seed);
            ((base + 0.3 * wave + 0.12 * (t * PI).sin()).clamp(0.06, 0.6) * height, t * height)
        })
        .collect();
    let mut g = crate::rays::geometry::Group::default();
    g.lathe(Vec3::ZERO, &profile, 18, material);
    g.rod(Vec3::ZERO, Vec3::Y * 0.01 * height, profile[0].0, 1.0, material);
    scene.add_group(g)
}

/// A cloth that hangs or lies in folds, about `size` metres wide, its lower edge on Y = 0.
fn drape(scene: &mut Scene, rng: &mut Rng, size: f32) -> u32 {
    const SIDE: usize = 21;
    let material = any_material(scene, rng, size);
    let seed = rng.next_u32();
    let (folds, depth) = (rng.range(1.0, 5.0), size * rng.range(0.02, 0.14));
    let lying = rng.range(0.0, 1.2);
    let mut points = Vec::with_capacity(SIDE * SIDE);
    for r in 0..SIDE {
        let v = r as f32 / (SIDE - 1) as f32;
        // The lower part runs forward over the ground.
        let bend = (v - 0.35 * lying).max(0.0);
        let forward = (0.35 * lying - v).max(0.0);
        for c in 0..SIDE {
            let u = c as f32 / (SIDE - 1) as f32 - 0.5;
            let p = glam::Vec2::new(u * folds * 2.0, v * 1.5);
            let fold = crate::surface::noise::fbm2(p, 3, seed) * depth;
            points.push(Vec3::new(
                u * size,
                bend * size + fold.abs() * forward.min(1.0),
                forward * size + fold + 0.02 * size,
            ));
        }
    }
    let mut g = crate::rays::geometry::Group::default();
    g.surface(&points, SIDE, material);
    scene.add_group(g)
}

/// Puts one random thing of about `size` metres on height `y`.
pub(super) fn clutter(scene: &mut Scene, rng: &mut Rng, at: Vec3, size: f32) {
    match rng.below(10) {
        0 => {
            let height = size * rng.range(0.8, 1.6);
            let g = vessel(scene, rng, height);
            scene.root.place(g, at, Quat::IDENTITY, Vec3::ONE);
        }
        1 => {
            let height = size * rng.range(1.0, 2.5);
            let g = props::leafy_plant(scene, rng, height, 24);
            scene.root.place(g, at, Quat::IDENTITY, Vec3::ONE);
        }
        2 => {
            // A stack of books or boxes.
            let mut y = at.y;
            for _ in 0..1 + rng.below(5) {
                let m = any_material(scene, rng, size);
                let h = size * rng.range(0.08, 0.25);
                let half =
                    Vec3::new(size * rng.range(0.35, 0.6), h * 0.5, size * rng.range(0.25, 0.45));
                scene.root.add(
                    Shape::Cuboid,
                    Vec3::new(at.x, y + h * 0.5, at.z),
                    Quat::from_rotation_y(rng.range(0.0, TAU)),
                    half,
                    m,
                );
                y += h;
            }
        }
        3 => {
            let m = any_material(scene, rng, size);
            let h = size * rng.range(1.5, 5.0);
            let lean = Vec3::new(rng.normal() * 0.08, 1.0, rng.normal() * 0.08) * h;
            scene.root.rod(at, at + lean, size * rng.range(0.02, 0.1), rng.range(0.5, 1.0), m);
        }
        _ => {
            let m = any_material(scene, rng, size);
            let shape = any_shape(rng);
            let mut half = Vec3::new(rng.range(0.3, 0.7), rng.range(0.3, 0.9), rng.range(0.3, 0.7))
                * size
                * 0.7;
            if matches!(shape, Shape::Torus { .. }) || rng.chance(0.4) {
                half = Vec3::splat(half.x);
            }
            let tilted = rng.chance(0.2);
            let rotation = if tilted {
                Quat::from_euler(
                    EulerRot::YXZ,
                    rng.range(0.0, TAU),
                    rng.range(-0.7, 0.7),
                    rng.range(-0.7, 0.7),
                )
            } else {
                Quat::from_rotation_y(rng.range(0.0, TAU))
            };
            let lift = match shape {
                Shape::Torus { minor } if !tilted => half.y * minor,
                _ => half.y,
            };
            scene.root.add(shape, at + Vec3::Y * lift, rotation, half, m);
        }
    }
}

pub(super) fn build(scene: &mut Scene, rng: &mut Rng, options: &SceneOptions) -> Stage {
    // One number sets the size of the world: 0.1 m is a desk, 5 m a yard.
    // To walk among them, they are the size of people.
    let unit = if options.roam { rng.range(0.8, 1.6) } else { rng.log_range(0.08, 4.0) };
    let indoor = unit < 0.8 && rng.chance(0.6);
    let ground = any_material(scene, rng, unit * 4.0);
    let far = if indoor { unit * rng.range(6.0, 20.0) } else { 900.0 };
    scene.root.cuboid(
        Vec3::new(0.0, -0.5 * unit, 0.0),
        Vec3::new(far * 2.2, unit, far * 2.2),
        ground,
    );
    if indoor {
        let wall = any_material(scene, rng, unit * 6.0);
        let height = unit * rng.range(8.0, 20.0);
        let turn = Quat::from_rotation_y(rng.range(0.0, TAU));
        for side in 0..4 {
            // A corner or two stay open, where the light comes in.
            if side > 1 && rng.chance(0.5) {
                continue;
            }
            let q = turn * Quat::from_rotation_y(side as f32 * PI * 0.5);
            scene.root.add(
                Shape::Cuboid,
                q * Vec3::new(0.0, height * 0.5, -far * 0.5),
                q,
                Vec3::new(far, height * 0.5, 0.05 * unit),
                wall,
            );
        }
        let power = Vec3::new(1.0, 0.9, 0.75) * rng.range(0.5, 3.0);
        let at = Vec3::new(rng.range(-3.0, 3.0), rng.range(4.0, 9.0), rng.range(-3.0, 3.0)) * unit;
        let power = power * at.length_squared() * 0.6;
        scene.lamps.push(Lamp {
            position: at,
            power,
            clear_m: 0.02 * unit,
            night_only: false,
            radius: unit * rng.range(0.1, 1.2),
            beam: None,
        });
        let room = Vec3::new(far, height, far);
        scene.enclosure = Some(Enclosure {
            min: -room,
            max: room,
            daylight: 0.15,
            sunless: rng.chance(0.6),
            lamp_light: Vec3::ZERO,
            gain: 1.0,
        });
    } else {
        for _ in 0..rng.below(14) {
            // Large things far away give the horizon a shape.
            let angle = rng.range(0.0, TAU);
            let away = rng.log_range(unit * 25.0, 400.0f32.max(unit * 60.0));
            let size = away * rng.range(0.03, 0.3);
            let at = Vec3::new(angle.cos(), 0.0, angle.sin()) * away;
            clutter(scene, rng, at, size);
        }
        if rng.chance(0.5) {
            let tree = props::broadleaf(scene, rng, 100);
            for _ in 0..rng.below(40) {
                let angle = rng.range(0.0, TAU);
                let away = rng.log_range((unit * 8.0).max(6.0), 200.0);
                let at = Vec3::new(angle.cos(), 0.0, angle.sin()) * away;
                scene.root.place(
                    tree,
                    at,
                    Quat::from_rotation_y(angle * 7.0),
                    Vec3::splat(rng.range(0.7, 1.3)),
                );
            }
        }
    }
    let spread = unit * rng.range(1.5, 6.0);
    if rng.chance(0.3) {
        for _ in 0..1 + rng.below(3) {
            let size = unit * rng.range(2.0, 9.0);
            let cloth = drape(scene, rng, size);
            let angle = rng.range(0.0, TAU);
            let at = Vec3::new(angle.sin(), 0.0, angle.cos()) * -spread * rng.range(0.4, 1.1);
            scene.root.place(cloth, at, Quat::from_rotation_y(angle), Vec3::ONE);
        }
    }
    let crowd = if (0.35..2.5).contains(&unit) && rng.chance(0.35) { 1 + rng.below(5) } else { 0 };
    for _ in 0..crowd {
        let person = props::person(scene, rng);
        let at = Vec3::new(rng.normal() * spread * 0.6, 0.0, rng.normal() * spread * 0.6);
        scene.root.place(
            person,
            at,
            Quat::from_rotation_y(rng.range(0.0, TAU)),
            Vec3::splat(rng.range(0.85, 1.05)),
        );
    }
    for _ in 0..6 + rng.below(50) {
        let at = Vec3::new(rng.normal() * spread, 0.0, rng.normal() * spread);
        let size = unit * rng.log_range(0.25, 1.8);
        clutter(scene, rng, at, size);
    }
    if rng.chance(0.35) {
        // Things in the air: hanging leaves, balls, slabs.
        for _ in 0..rng.below(25) {
            let at =
                Vec3::new(rng.normal() * spread, unit * rng.range(0.5, 4.0), rng.normal() * spread);
            let m = any_material(scene, rng, unit);
            let rotation = Quat::from_euler(
                EulerRot::YXZ,
                rng.range(0.0, TAU),
                rng.range(-PI, PI),
                rng.range(-PI, PI),
            );
            let half = Vec3::splat(unit * rng.log_range(0.08, 0.6));
            let shape = if rng.chance(0.4) { Shape::Leaf } else { any_shape(rng) };
            scene.root.add(shape, at, rotation, half, m);
        }
    }
    if rng.chance(0.4) {
        let tuft = {
            let h = unit * rng.range(0.2, 0.7);
            props::tuft(scene, rng, 50, unit * 0.5, h)
        };
        for _ in 0..rng.below(120) {
            let at = Vec3::new(rng.normal() * spread, 0.0, rng.normal() * spread);
            scene.root.place(
                tuft,
                at,
                Quat::from_rotation_y(at.x * 9.0),
                Vec3::splat(rng.range(0.6, 1.4)),
            );
        }
    }
    let reach = spread + unit * 3.0;
    Stage {
        min: Vec3::new(-reach, unit * 0.25, -reach),
        max: Vec3::new(reach, unit * 5.0, reach),
        near_m: unit * 0.8,
        focus: Some(Vec3::new(
            rng.normal() * spread * 0.3,
            unit * 0.5,
            rng.normal() * spread * 0.3,
        )),
        start: Vec3::new(0.0, 1.6, spread + unit * 2.0),
        start_yaw: 0.0,
    }
}
