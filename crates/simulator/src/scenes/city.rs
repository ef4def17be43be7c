//! Streets: blocks of buildings, pavements, trees, cars, lamps and people.

use std::f32::consts::{PI, TAU};

use glam::{Quat, Vec3};

use super::{SceneOptions, Stage};
use crate::geometry::{Group, MaterialId};
use crate::material::{Material, Pattern, srgb};
use crate::props;
use crate::random::Rng;
use crate::scene::{Lamp, Scene};
use crate::shape::Shape;

/// Measures of the street grid, metres.
struct Plan {
    /// From street centre to street centre.
    block: f32,
    road_half: f32,
    pavement: f32,
    blocks: i32,
    /// Lower and upper number of floors.
    floors: (f32, f32),
    houses: bool,
}

struct Palette {
    walls: Vec<Vec3>,
    roof: MaterialId,
    flat: MaterialId,
    trim: MaterialId,
    wood: MaterialId,
    glass: MaterialId,
}

fn wall_colour(rng: &mut Rng) -> Vec3 {
    rng.pick(&[
        srgb(196, 180, 150),
        srgb(150, 84, 66),
        srgb(214, 206, 190),
        srgb(168, 160, 150),
        srgb(190, 150, 110),
        srgb(120, 116, 112),
        srgb(206, 190, 160),
        srgb(170, 110, 84),
        srgb(222, 214, 200),
        srgb(140, 150, 156),
    ]) * rng.range(0.75, 1.05)
}

pub(super) fn build(scene: &mut Scene, rng: &mut Rng, options: &SceneOptions) -> Stage {
    let houses = rng.chance(0.4);
    let plan = Plan {
        block: if houses { rng.range(40.0, 60.0) } else { rng.range(48.0, 90.0) },
        road_half: rng.range(3.0, 7.0),
        pavement: rng.range(1.6, 4.5),
        blocks: if options.roam { 3 } else { 2 },
        floors: if houses { (1.0, 3.2) } else { (3.0, rng.pick(&[6.0, 9.0, 22.0])) },
        houses,
    };
    grounds(scene, rng, &plan);
    let tile =
        rng.pick(&[srgb(140, 70, 50), srgb(92, 88, 86), srgb(110, 60, 44), srgb(70, 72, 80)]);
    let palette = Palette {
        walls: (0..5).map(|_| wall_colour(rng)).collect(),
        roof: scene.add_material(Material::new(
            Pattern::Shingles { size: 0.4 },
            tile,
            tile * 0.7,
            tile,
        )),
        flat: scene.add_material(Material::new(
            Pattern::Noise,
            srgb(120, 116, 110),
            srgb(80, 78, 76),
            Vec3::ZERO,
        )),
        trim: scene.add_material(Material::plain(srgb(205, 198, 184))),
        wood: scene.add_material(
            Material::new(Pattern::Wood, srgb(110, 60, 36), srgb(60, 34, 22), Vec3::ZERO)
                .scale(0.3),
        ),
        glass: scene.add_material(Material::plain(srgb(24, 28, 32)).mirror(0.12)),
    };
    for bx in -plan.blocks..plan.blocks {
        for bz in -plan.blocks..plan.blocks {
            let centre =
                Vec3::new((bx as f32 + 0.5) * plan.block, 0.0, (bz as f32 + 0.5) * plan.block);
            if rng.chance(0.10) {
                park(scene, rng, &plan, centre);
            } else {
                block(scene, rng, &plan, &palette, centre);
            }
        }
    }
    furnish(scene, rng, &plan);
    let eye = rng.pick(&[1.9, 2.2, 4.0, 12.0, 28.0]);
    let across = plan.road_half + plan.pavement - 0.6;
    Stage {
        min: Vec3::new(-across, 0.9, -plan.block * 0.9),
        max: Vec3::new(across, eye, plan.block * 0.9),
        near_m: 1.2,
        focus: None,
        start: Vec3::new(plan.road_half + 1.0, 1.71, 6.0),
        start_yaw: 0.12,
    }
}

fn grounds(scene: &mut Scene, rng: &mut Rng, plan: &Plan) {
    let dark = rng.range(0.6, 1.3);
    let (asphalt, worn) = (srgb(78, 78, 80) * dark, srgb(104, 102, 99) * dark);
    let road =
        Material::new(Pattern::Road { half: plan.road_half }, asphalt, worn, srgb(215, 212, 200));
    let slab = rng.range(0.4, 0.9);
    let stone = srgb(168, 162, 152) * rng.range(0.7, 1.1);
    let paving = Material::new(Pattern::Tiles { size: slab }, stone, stone * 0.75, stone * 0.45);
    let lawn =
        Material::new(Pattern::Meadow, srgb(86, 102, 58), srgb(112, 122, 74), srgb(110, 96, 74))
            .bump(0.4);
    let lawn = if rng.chance(0.8) || plan.houses { lawn } else { paving };
    let (road, paving, lawn) =
        (scene.add_material(road), scene.add_material(paving), scene.add_material(lawn));
    let reach = plan.block * plan.blocks as f32 + 400.0;
    scene.root.cuboid(Vec3::new(0.0, -0.6, 0.0), Vec3::new(reach * 2.5, 1.1, reach * 2.5), lawn);
    for i in -plan.blocks..=plan.blocks {
        let at = i as f32 * plan.block;
        let half = Vec3::new(plan.road_half, 0.25, reach);
        // Crossing roads would share a plane; the second lies a few millimetres lower.
        scene.root.add(Shape::Cuboid, Vec3::new(at, -0.25, 0.0), Quat::IDENTITY, half, road);
        scene.root.add(
            Shape::Cuboid,
            Vec3::new(0.0, -0.254, at),
            Quat::from_rotation_y(PI * 0.5),
            half,
            road,
        );
    }
    let inner = plan.block - 2.0 * plan.road_half;
    for bx in -plan.blocks..plan.blocks {
        for bz in -plan.blocks..plan.blocks {
            let centre =
                Vec3::new((bx as f32 + 0.5) * plan.block, -0.19, (bz as f32 + 0.5) * plan.block);
            scene.root.cuboid(centre, Vec3::new(inner, 0.62, inner), paving);
            if plan.houses {
                let yard = inner - 2.0 * plan.pavement;
                scene.root.cuboid(centre + Vec3::Y * 0.02, Vec3::new(yard, 0.62, yard), lawn);
            }
        }
    }
}

fn park(scene: &mut Scene, rng: &mut Rng, plan: &Plan, centre: Vec3) {
    let half = plan.block * 0.5 - plan.road_half - plan.pavement;
    let trees: Vec<u32> = (0..2).map(|_| props::broadleaf(scene, rng, 130)).collect();
    let grass = scene.add_material(
        Material::new(Pattern::Meadow, srgb(86, 102, 58), srgb(112, 122, 74), srgb(110, 96, 74))
            .bump(0.4),
    );
    scene.root.cuboid(centre - Vec3::Y * 0.15, Vec3::new(half * 2.0, 0.6, half * 2.0), grass);
    for _ in 0..20 {
        let at = centre + Vec3::new(rng.range(-half, half), 0.12, rng.range(-half, half));
        let id = rng.pick(&trees);
        scene.root.place(
            id,
            at,
            Quat::from_rotation_y(rng.range(0.0, TAU)),
            Vec3::splat(rng.range(0.7, 1.2)),
        );
    }
}

/// Lots along the four sides of a block, each with a building that faces its street.
fn block(scene: &mut Scene, rng: &mut Rng, plan: &Plan, palette: &Palette, centre: Vec3) {
    let front = plan.block * 0.5 - plan.road_half - plan.pavement;
    let depth = (front * rng.range(0.45, 0.7)).min(16.0);
    for side in 0..4 {
        let turn = Quat::from_rotation_y(side as f32 * PI * 0.5);
        let mut x = -front;
        while x < front - depth - 3.0 {
            let width = if plan.houses { rng.range(7.0, 13.0) } else { rng.range(8.0, 24.0) };
            let width = width.min(front - depth - x);
            if width < 4.0 {
                break;
            }
            let gap = if plan.houses {
                rng.range(2.0, 6.0)
            } else if rng.chance(0.15) {
                rng.range(1.0, 5.0)
            } else {
                0.0
            };
            let setback = if plan.houses { rng.range(2.0, 6.0) } else { rng.range(0.0, 0.6) };
            let here = if plan.houses { depth.min(9.0) } else { depth };
            let group = building(scene, rng, plan, palette, width, here);
            let local = Vec3::new(x + width * 0.5, 0.1, front - setback - here * 0.5);
            scene.root.place(group, centre + turn * local, turn, Vec3::ONE);
            x += width + gap;
        }
    }
}

/// A building around the origin whose front looks along +Z.
fn building(
    scene: &mut Scene,
    rng: &mut Rng,
    plan: &Plan,
    palette: &Palette,
    width: f32,
    depth: f32,
) -> u32 {
    let floor = rng.range(2.9, 3.9);
    let floors = rng.range(plan.floors.0, plan.floors.1).floor().max(1.0);
    let height = floors * floor + 0.4;
    let shop = !plan.houses && rng.chance(0.55);
    let colour = rng.pick(&palette.walls);
    let bay = width / (width / rng.range(1.7, 3.4)).round().max(1.0);
    let glass = if plan.floors.1 > 15.0 && rng.chance(0.5) {
        rng.range(0.7, 0.9)
    } else {
        rng.range(0.35, 0.6)
    };
    let frame = rng.pick(&[srgb(225, 220, 210), srgb(60, 58, 56), srgb(110, 80, 60)]);
    let pattern = Pattern::Facade {
        floor,
        bay,
        base_y: -height * 0.5 + 0.3,
        glass,
        lit: rng.range(0.15, 0.6),
    };
    let facade = Material::new(pattern, colour, colour * rng.range(0.6, 0.9), frame)
        .bump(0.03)
        .seed(rng.next_u32());
    let facade = scene.add_material(facade);
    let plain = if rng.chance(0.4) {
        Material::new(
            Pattern::Brick { width: 0.24, height: 0.08 },
            colour,
            colour * 0.7,
            srgb(170, 164, 154),
        )
    } else {
        Material::new(Pattern::Noise, colour, colour * 0.8, colour).scale(2.0)
    };
    let plain = scene.add_material(plain.seed(rng.next_u32()));
    let (w, d) = (width * 0.5, depth * 0.5);
    let mut g = Group::default();
    g.cuboid(Vec3::new(0.0, height * 0.5, 0.0), Vec3::new(width, height, depth), facade);
    // Plinth, cornice and string courses give the front relief.
    g.cuboid(Vec3::new(0.0, 0.25, 0.0), Vec3::new(width + 0.08, 0.5, depth + 0.16), plain);
    let cornice = rng.range(0.1, 0.5);
    g.cuboid(
        Vec3::new(0.0, height, 0.0),
        Vec3::new(width + 0.02, 0.35, depth + 2.0 * cornice),
        palette.trim,
    );
    if rng.chance(0.5) {
        for f in 1..floors as i32 {
            g.cuboid(
                Vec3::new(0.0, f as f32 * floor + 0.3, 0.0),
                Vec3::new(width + 0.01, 0.14, depth + 0.14),
                palette.trim,
            );
        }
    }
    if shop {
        let sign = scene.add_material(Material::plain(props::hsv(
            rng.unit(),
            rng.range(0.3, 0.9),
            rng.range(0.2, 0.8),
        )));
        g.cuboid(Vec3::new(0.0, 0.5 * floor, d + 0.03), Vec3::new(width * 0.98, floor, 0.1), plain);
        let panes = (width / 3.0).round().max(1.0) as i32;
        for i in 0..panes {
            let x = -w + width * (i as f32 + 0.5) / panes as f32;
            g.cuboid(
                Vec3::new(x, 1.35, d + 0.06),
                Vec3::new(width / panes as f32 * 0.8, 2.1, 0.08),
                palette.glass,
            );
        }
        g.cuboid(Vec3::new(0.0, floor - 0.45, d + 0.12), Vec3::new(width * 0.9, 0.6, 0.14), sign);
        if rng.chance(0.5) {
            let tilt = Quat::from_rotation_x(0.35);
            g.add(
                Shape::Cuboid,
                Vec3::new(0.0, floor - 0.8, d + 0.75),
                tilt,
                Vec3::new(width * 0.42, 0.03, 0.75),
                sign,
            );
        }
    } else {
        let x = (rng.range(-0.7, 0.7) * w / bay).round() * bay;
        g.cuboid(Vec3::new(x, 1.1, d + 0.04), Vec3::new(1.5, 2.4, 0.14), palette.trim);
        g.cuboid(Vec3::new(x, 1.05, d + 0.08), Vec3::new(1.1, 2.1, 0.12), palette.wood);
        g.cuboid(Vec3::new(x, 0.1, d + 0.5), Vec3::new(1.8, 0.2, 0.9), plain);
    }
    if !plan.houses && rng.chance(0.35) {
        for f in 1..(floors as i32).min(9) {
            let mut x = -w + bay * 0.5;
            while x < w {
                if (f + (x / bay) as i32) % 2 == 0 {
                    let y = f as f32 * floor + 0.35;
                    g.cuboid(
                        Vec3::new(x, y, d + 0.5),
                        Vec3::new(bay * 0.85, 0.14, 1.0),
                        palette.trim,
                    );
                    g.cuboid(
                        Vec3::new(x, y + 0.95, d + 0.98),
                        Vec3::new(bay * 0.85, 0.05, 0.05),
                        palette.wood,
                    );
                    let mut post = -0.4;
                    while post <= 0.41 {
                        g.cuboid(
                            Vec3::new(x + post * bay, y + 0.5, d + 0.98),
                            Vec3::new(0.035, 0.9, 0.035),
                            palette.wood,
                        );
                        post += 0.2;
                    }
                }
                x += bay;
            }
        }
    }
    if plan.houses || (floors < 6.0 && rng.chance(0.6)) {
        let pitch = rng.range(0.8, 2.4);
        let shape = if rng.chance(0.7) { Shape::Gable } else { Shape::Pyramid };
        g.add(
            shape,
            Vec3::new(0.0, height + 0.15 + pitch, 0.0),
            Quat::IDENTITY,
            Vec3::new(w + 0.15, pitch, d + 0.5),
            palette.roof,
        );
        let x = rng.range(-0.6, 0.6) * w;
        g.cuboid(Vec3::new(x, height + pitch * 1.3, -d * 0.3), Vec3::new(0.8, 2.4, 0.7), plain);
    } else {
        for _ in 0..1 + rng.below(4) {
            let size = Vec3::new(rng.range(1.0, 4.0), rng.range(0.8, 3.0), rng.range(1.0, 3.0));
            let at = Vec3::new(
                rng.range(-0.6, 0.6) * w,
                height + size.y * 0.5,
                rng.range(-0.6, 0.6) * d,
            );
            g.cuboid(at, size, palette.flat);
        }
        for z in [-d, d] {
            g.cuboid(Vec3::new(0.0, height + 0.45, z), Vec3::new(width, 0.6, 0.25), plain);
        }
    }
    scene.add_group(g)
}

/// Cars, lamps, trees, signs and people along the streets.
fn furnish(scene: &mut Scene, rng: &mut Rng, plan: &Plan) {
    let cars: Vec<u32> = (0..4).map(|_| props::car(scene, rng)).collect();
    let trees: Vec<u32> = (0..2)
        .map(|_| {
            if rng.chance(0.2) {
                props::conifer(scene, rng, 110)
            } else {
                props::broadleaf(scene, rng, 130)
            }
        })
        .collect();
    let people: Vec<u32> = (0..5).map(|_| props::person(scene, rng)).collect();
    let lamp = props::street_lamp(scene);
    let steel = scene.add_material(Material::plain(srgb(110, 112, 114)).gloss(0.4));
    let sign = scene.add_material(Material::plain(rng.pick(&[
        srgb(30, 70, 160),
        srgb(170, 30, 30),
        srgb(200, 160, 30),
    ])));
    let bin = scene.add_material(Material::plain(srgb(50, 70, 56)));
    let reach = plan.block * plan.blocks as f32;
    let parked = rng.range(0.1, 0.8);
    let (tree_step, lamp_step) = (rng.range(7.0, 18.0), rng.range(18.0, 30.0));
    let kerb = plan.road_half + 0.5;
    let has_trees = rng.chance(0.7);
    for street in -1..=1 {
        for across in [false, true] {
            let turn = if across { Quat::from_rotation_y(PI * 0.5) } else { Quat::IDENTITY };
            // Positions along a street are (sideways, up, along) turned into place.
            let base = turn * Vec3::new(street as f32 * plan.block, 0.0, 0.0);
            let at = |side: f32, y: f32, along: f32| base + turn * Vec3::new(side, y, along);
            let junction = |along: f32| {
                (along / plan.block - (along / plan.block).round()).abs() * plan.block
                    < plan.road_half + plan.pavement
            };
            for side in [-1.0f32, 1.0] {
                let mut z = -reach;
                while z < reach {
                    z += rng.range(5.0, 9.0);
                    if junction(z) || !rng.chance(parked) {
                        continue;
                    }
                    let heading =
                        turn * Quat::from_rotation_y(PI * 0.5 * side + rng.normal() * 0.02);
                    let id = rng.pick(&cars);
                    scene.root.place(
                        id,
                        at(side * (plan.road_half - 1.1), 0.0, z),
                        heading,
                        Vec3::ONE,
                    );
                }
                let mut z = -reach + rng.range(0.0, 9.0);
                while z < reach && has_trees {
                    if !junction(z) {
                        let id = rng.pick(&trees);
                        let spin = Quat::from_rotation_y(rng.range(0.0, TAU));
                        scene.root.place(
                            id,
                            at(side * (kerb + 0.4), 0.1, z),
                            spin,
                            Vec3::splat(rng.range(0.65, 1.0)),
                        );
                    }
                    z += tree_step;
                }
                let mut z = -reach + rng.range(0.0, 9.0);
                while z < reach {
                    if !junction(z) {
                        let facing =
                            turn * Quat::from_rotation_y(if side > 0.0 { PI } else { 0.0 });
                        let foot = at(side * kerb, 0.1, z);
                        scene.root.place(lamp, foot, facing, Vec3::ONE);
                        // Far lamps light nothing that is seen.
                        if foot.length() < 70.0 && scene.lamps.len() < 24 {
                            scene.lamps.push(Lamp {
                                position: foot + facing * Vec3::new(1.25, 4.75, 0.0),
                                power: Vec3::new(1.0, 0.72, 0.42) * 16.0,
                                clear_m: 0.1,
                                night_only: true,
                                radius: 0.08,
                                beam: None,
                            });
                        }
                    }
                    z += lamp_step;
                }
                for _ in 0..rng.below(14) {
                    let place = at(
                        side * rng.range(kerb + 0.2, plan.road_half + plan.pavement),
                        0.12,
                        rng.range(-reach, reach),
                    );
                    let id = rng.pick(&people);
                    let heading = turn
                        * Quat::from_rotation_y(
                            PI * 0.5 * rng.pick(&[-1.0, 1.0]) + rng.normal() * 0.3,
                        );
                    scene.root.place(id, place, heading, Vec3::splat(rng.range(0.9, 1.06)));
                }
                for _ in 0..rng.below(8) {
                    let foot = at(side * (kerb - 0.15), 0.1, rng.range(-reach, reach));
                    if rng.chance(0.6) {
                        scene.root.rod(foot, foot + Vec3::Y * 2.6, 0.035, 1.0, steel);
                        scene.root.add(
                            Shape::Frustum { top: 1.0 },
                            foot + Vec3::Y * 2.35,
                            turn * Quat::from_rotation_x(PI * 0.5),
                            Vec3::new(0.32, 0.02, 0.32),
                            sign,
                        );
                    } else {
                        scene.root.rod(foot, foot + Vec3::Y * 0.95, 0.28, 1.1, bin);
                    }
                }
            }
        }
    }
}
