//! Terrain: valleys, lakes, forest, rock and snow.

use glam::{Quat, Vec2, Vec3};

use super::{SceneOptions, Stage};
use crate::height_field::HeightField;
use crate::material::{Material, Pattern, muted, srgb};
use crate::noise::{fbm2, ridged2, smoothstep};
use crate::props;
use crate::random::Rng;
use crate::scene::Scene;

pub(super) fn build(scene: &mut Scene, rng: &mut Rng, options: &SceneOptions) -> Stage {
    let seed = rng.next_u32();
    let relief = rng.log_range(120.0, 2200.0);
    let valley = rng.log_range(15.0, 320.0);
    let wavelength = rng.range(900.0, 2600.0);
    let roughness = rng.log_range(0.4, 3.0);
    let dunes = rng.chance(0.1);
    let height = move |x: f32, z: f32, finest: f32| {
        let p = Vec2::new(x, z);
        let octaves = |wave: f32| ((wave / finest).log2().floor().max(0.0) as u32 + 1).min(11);
        let warp = Vec2::new(fbm2(p / 700.0, 2, seed), fbm2(p / 700.0 + 31.0, 2, seed)) * 160.0;
        // Mountains rise with distance from the middle, so that a walk begins in a valley.
        let away = smoothstep(valley, valley + wavelength * 0.7, p.length() + warp.x);
        let peaks = ridged2((p + warp) / wavelength, octaves(wavelength), seed ^ 1);
        let hills = fbm2(p / 180.0, octaves(180.0).min(6), seed ^ 2) * 9.0 * roughness;
        let small = fbm2(p / 9.0, octaves(9.0).min(5), seed ^ 3) * 0.35 * roughness;
        let waves = if dunes {
            (1.0 - ((x * 0.03 + fbm2(p / 90.0, 3, seed ^ 4) * 3.0).sin()).abs()) * 6.0
        } else {
            0.0
        };
        away * peaks * relief + hills + small + waves
    };
    let grids: &[(usize, f32)] = if options.roam {
        &[(256, 64.0), (512, 6.0), (1024, 0.5)]
    } else {
        &[(144, 80.0), (192, 8.0), (256, 0.6)]
    };
    let field = HeightField::build(grids, height);
    let snow_y = rng.range(0.15, 1.6) * relief;
    let lake = rng.chance(0.4);
    let level = rng.range(-4.0, 0.5) * roughness;
    let (grass, rock, dry) = if dunes {
        (srgb(206, 170, 116), srgb(170, 120, 80), srgb(222, 190, 140))
    } else {
        (
            rng.pick(&[srgb(74, 96, 40), srgb(98, 112, 52), srgb(60, 84, 44), srgb(120, 118, 60)]),
            rng.pick(&[
                srgb(120, 112, 104),
                srgb(136, 116, 98),
                srgb(98, 98, 102),
                srgb(150, 128, 108),
            ]),
            rng.pick(&[srgb(156, 142, 84), srgb(110, 100, 60), srgb(132, 124, 60)]),
        )
    };
    let (grass, dry) = (muted(grass, rng.range(0.05, 0.45)), muted(dry, rng.range(0.0, 0.4)));
    let ground = Material::new(
        Pattern::Terrain {
            snow_y,
            sand_y: if lake { level } else { -500.0 },
            green: rng.range(0.2, 0.8),
        },
        grass,
        rock,
        dry,
    )
    .bump(0.45)
    .scale(0.8)
    .seed(rng.next_u32());
    let ground = scene.add_material(ground);
    if lake && !dunes {
        let water = Material::new(Pattern::Plain, srgb(24, 52, 56), srgb(20, 40, 50), Vec3::ZERO)
            .mirror(0.03)
            .bump(rng.log_range(0.01, 0.12))
            .scale(rng.range(1.5, 6.0))
            .seed(rng.next_u32());
        let water = scene.add_material(Material { liquid: true, ..water });
        scene.water = Some((level, water));
    }
    scatter(scene, rng, options, &field, dunes);
    let start = Vec3::new(
        0.0,
        field.height(0.0, 0.0).unwrap_or(0.0).max(scene.water.map_or(-1e9, |w| w.0)) + 1.6,
        0.0,
    );
    scene.terrain = Some((field, ground));
    Stage {
        min: Vec3::new(-55.0, 0.4, -55.0),
        max: Vec3::new(55.0, rng.pick(&[2.0, 2.5, 6.0, 30.0]), 55.0),
        near_m: 1.2,
        focus: None,
        start,
        start_yaw: rng.range(0.0, std::f32::consts::TAU),
    }
}

fn scatter(
    scene: &mut Scene,
    rng: &mut Rng,
    options: &SceneOptions,
    field: &HeightField,
    dunes: bool,
) {
    let cards = if options.roam { 260 } else { 150 };
    let mut trees = Vec::new();
    let wood = rng.unit();
    for _ in 0..3 {
        if wood < 0.6 {
            trees.push(props::conifer(scene, rng, cards));
        }
        if wood > 0.4 {
            trees.push(props::broadleaf(scene, rng, cards));
        }
    }
    let stone = srgb(126, 118, 108) * rng.range(0.6, 1.1);
    let stone = scene.add_material(
        Material::new(Pattern::Speckle, stone, stone * 0.55, stone * 1.3).scale(0.4).bump(0.4),
    );
    let rocks: Vec<u32> = (0..3).map(|_| props::rock(scene, rng, stone)).collect();
    let bushes: Vec<u32> = (0..2)
        .map(|_| {
            let r = rng.range(0.5, 1.4);
            props::bush(scene, rng, r, 40)
        })
        .collect();
    let tufts: Vec<u32> = (0..3)
        .map(|_| {
            let h = rng.range(0.15, 0.6);
            props::tuft(scene, rng, 36, 0.35, h)
        })
        .collect();
    let water = scene.water.map_or(f32::NEG_INFINITY, |w| w.0);
    let grove = rng.next_u32();
    let density = if dunes { 0.02 } else { rng.pick(&[0.05, 0.3, 0.7, 1.0]) };
    let reach = if options.roam { 700.0 } else { 420.0 };
    let put = |scene: &mut Scene,
               rng: &mut Rng,
               ids: &[u32],
               x: f32,
               z: f32,
               slope: f32,
               scale: f32,
               tilt: bool| {
        let Some(y) = field.height(x, z) else { return };
        let normal = field.normal(x, z);
        if y < water + 0.15 || normal.y < slope || ids.is_empty() {
            return;
        }
        let upright = if tilt { Quat::from_rotation_arc(Vec3::Y, normal) } else { Quat::IDENTITY };
        let rotation = upright * Quat::from_rotation_y(rng.range(0.0, std::f32::consts::TAU));
        let id = rng.pick(ids);
        scene.root.place(
            id,
            Vec3::new(x, y, z),
            rotation,
            Vec3::splat(scale * rng.range(0.7, 1.25)),
        );
    };
    let count = ((if options.roam { 6000.0 } else { 1500.0 }) * density) as usize;
    for _ in 0..count {
        // Denser towards the middle, where the camera is.
        let radius = reach * rng.unit().powf(0.8);
        let angle = rng.range(0.0, std::f32::consts::TAU);
        let (x, z) = (radius * angle.cos(), radius * angle.sin());
        if radius > 5.0 && fbm2(Vec2::new(x, z) / 60.0, 3, grove) > 0.12 - 0.3 * density {
            put(scene, rng, &trees, x, z, 0.78, 1.0, false);
        }
    }
    let near = if options.roam { 120.0 } else { 70.0 };
    for _ in 0..rng.below(if options.roam { 900 } else { 260 }) {
        let scale = rng.log_range(0.15, 3.0);
        let (x, z) = (rng.range(-near, near), rng.range(-near, near));
        put(scene, rng, &rocks, x, z, 0.3, scale, true);
    }
    if !dunes {
        for _ in 0..rng.below(if options.roam { 500 } else { 160 }) {
            let (x, z) = (rng.range(-near, near), rng.range(-near, near));
            put(scene, rng, &bushes, x, z, 0.7, 1.0, false);
        }
        for _ in 0..rng.below(if options.roam { 2600 } else { 700 }) {
            // In clumps, as grass grows; a third of them close to where a walk begins.
            let reach = if rng.chance(0.35) { 0.25 * near } else { near };
            let (x, z) = (rng.range(-reach, reach), rng.range(-reach, reach));
            for _ in 0..1 + rng.below(7) {
                let (dx, dz) = (rng.normal() * 0.7, rng.normal() * 0.7);
                put(scene, rng, &tufts, x + dx, z + dz, 0.7, 0.8, true);
            }
        }
    }
    if rng.chance(0.3) {
        let hut = hut(scene, rng);
        for _ in 0..1 + rng.below(3) {
            let (x, z) = (rng.range(-60.0, 60.0), rng.range(-60.0, 60.0));
            put(scene, rng, &[hut], x, z, 0.9, 1.0, false);
        }
    }
    if rng.chance(0.3) {
        fence(scene, rng, field);
    }
}

fn hut(scene: &mut Scene, rng: &mut Rng) -> u32 {
    let wood =
        rng.pick(&[srgb(110, 80, 56), srgb(150, 140, 128), srgb(120, 40, 30), srgb(196, 190, 176)]);
    let wall =
        scene.add_material(Material::new(Pattern::Planks { width: 0.18 }, wood, wood * 0.6, wood));
    let tile = rng.pick(&[srgb(120, 60, 44), srgb(70, 70, 74)]);
    let roof =
        scene.add_material(Material::new(Pattern::Shingles { size: 0.35 }, tile, tile * 0.6, tile));
    let glass = scene.add_material(Material::plain(srgb(30, 36, 42)).mirror(0.2));
    let dark =
        scene.add_material(Material::new(Pattern::Wood, wood * 0.4, wood * 0.2, wood).scale(0.3));
    let (w, d, h) = (rng.range(4.0, 9.0), rng.range(3.5, 6.0), rng.range(2.4, 3.6));
    let mut g = crate::geometry::Group::default();
    g.cuboid(Vec3::new(0.0, h * 0.5 - 0.6, 0.0), Vec3::new(w, h + 1.2, d), wall);
    let pitch = rng.range(0.8, 1.6);
    g.add(
        crate::shape::Shape::Gable,
        Vec3::new(0.0, h + pitch, 0.0),
        Quat::IDENTITY,
        Vec3::new(w * 0.55, pitch, d * 0.6),
        roof,
    );
    g.cuboid(Vec3::new(w * 0.2, 1.0, d * 0.5), Vec3::new(0.95, 2.0, 0.12), dark);
    for x in [-0.3, -0.05] {
        g.cuboid(Vec3::new(w * x, h * 0.58, d * 0.5), Vec3::new(0.8, 0.9, 0.06), glass);
        g.cuboid(Vec3::new(w * x, h * 0.58 - 0.5, d * 0.5), Vec3::new(1.0, 0.1, 0.2), dark);
    }
    g.cuboid(Vec3::new(-w * 0.25, h + pitch * 1.6, 0.0), Vec3::new(0.6, 1.6, 0.6), dark);
    scene.add_group(g)
}

fn fence(scene: &mut Scene, rng: &mut Rng, field: &HeightField) {
    let wood = scene.add_material(
        Material::new(Pattern::Wood, srgb(130, 112, 92), srgb(80, 66, 52), Vec3::ZERO).scale(0.2),
    );
    let angle = rng.range(0.0, std::f32::consts::TAU);
    let along = Vec3::new(angle.cos(), 0.0, angle.sin());
    let middle = Vec3::new(rng.range(-20.0, 20.0), 0.0, rng.range(-20.0, 20.0));
    let mut last: Option<Vec3> = None;
    for i in -22..22 {
        let p = middle + along * (i as f32 * 2.2);
        let Some(y) = field.height(p.x, p.z) else { continue };
        let foot = Vec3::new(p.x, y - 0.2, p.z);
        let top = foot + Vec3::Y * 1.35;
        scene.root.rod(foot, top, 0.06, 0.9, wood);
        if let Some(from) = last {
            for drop in [0.15, 0.6] {
                scene.root.rod(from - Vec3::Y * drop, top - Vec3::Y * drop, 0.035, 1.0, wood);
            }
        }
        last = Some(top);
    }
}
