//! A furnished room with real window openings.

use std::f32::consts::{PI, TAU};

use glam::{Quat, Vec3};

use super::{SceneOptions, Stage, furniture};
use crate::conditions::Enclosure;
use crate::random::Rng;
use crate::rays::geometry::MaterialId;
use crate::rays::shape::Shape;
use crate::scene::{Lamp, Scene};
use crate::surface::material::{Material, srgb};
use crate::surface::pattern::Pattern;
use crate::things::props::{self, hsv};

/// Inner measures, metres; the room spans `-w..w`, `0..h`, `-d..d`.
pub(super) struct Plan {
    pub w: f32,
    pub d: f32,
    pub h: f32,
}

pub(super) fn build(scene: &mut Scene, rng: &mut Rng, _options: &SceneOptions) -> Stage {
    let plan = Plan { w: rng.range(1.6, 4.5), d: rng.range(1.8, 5.5), h: rng.range(2.35, 3.5) };
    outside(scene, rng);
    shell(scene, rng, &plan);
    furniture::place(scene, rng, &plan);
    lamps(scene, rng, &plan);
    scene.enclosure = Some(Enclosure {
        min: Vec3::new(-plan.w - 0.2, -0.1, -plan.d - 0.2),
        max: Vec3::new(plan.w + 0.2, plan.h + 0.1, plan.d + 0.2),
        daylight: 0.07,
        sunless: false,
        lamp_light: Vec3::ZERO,
        gain: 1.0,
    });
    Stage {
        min: Vec3::new(-plan.w + 0.25, 0.5, -plan.d + 0.25),
        max: Vec3::new(plan.w - 0.25, plan.h - 0.25, plan.d - 0.25),
        near_m: 0.35,
        focus: if rng.chance(0.5) {
            Some(Vec3::new(
                rng.range(-0.5, 0.5) * plan.w,
                rng.range(0.3, 1.2),
                rng.range(-0.5, 0.5) * plan.d,
            ))
        } else {
            None
        },
        start: Vec3::new(0.0, 1.6, plan.d * 0.75),
        start_yaw: 0.0,
    }
}

fn outside(scene: &mut Scene, rng: &mut Rng) {
    let grass =
        Material::new(Pattern::Meadow, srgb(86, 102, 58), srgb(116, 122, 76), srgb(118, 102, 78));
    let grass = scene.add_material(grass);
    let floor = -rng.pick(&[0.3, 3.0, 7.0]);
    scene.root.cuboid(Vec3::new(0.0, floor - 0.5, 0.0), Vec3::new(1600.0, 1.0, 1600.0), grass);
    let wall = srgb(196, 184, 164) * rng.range(0.5, 1.0);
    let facade = Pattern::Facade { floor: 3.0, bay: 2.6, base_y: -6.0, glass: 0.45, lit: 0.1 };
    let facade = scene.add_material(Material::new(facade, wall, wall * 0.8, srgb(220, 216, 208)));
    let tree = props::broadleaf(scene, rng, 130);
    for _ in 0..rng.below(16) {
        let angle = rng.range(0.0, TAU);
        let away = rng.range(11.0, 60.0);
        let at = Vec3::new(angle.cos() * away, floor, angle.sin() * away);
        if rng.chance(0.7) {
            scene.root.place(
                tree,
                at,
                Quat::from_rotation_y(angle * 5.0),
                Vec3::splat(rng.range(0.7, 1.3)),
            );
        } else {
            let size = Vec3::new(rng.range(8.0, 20.0), 12.0, 10.0);
            scene.root.add(
                Shape::Cuboid,
                at * 1.7 + Vec3::Y * 6.0,
                Quat::from_rotation_y(-angle),
                size * 0.5,
                facade,
            );
        }
    }
}

fn wall_material(scene: &mut Scene, rng: &mut Rng) -> MaterialId {
    let tone = hsv(rng.range(0.05, 0.65), rng.range(0.0, 0.25), rng.range(0.6, 0.97));
    let m = match rng.below(8) {
        0 => Material::new(
            Pattern::Stripes { width: rng.range(0.08, 0.3), vertical: true },
            tone,
            tone * 0.8,
            tone,
        ),
        1 => Material::new(
            Pattern::Brick { width: 0.24, height: 0.075 },
            srgb(160, 90, 70),
            srgb(120, 66, 52),
            srgb(180, 172, 160),
        ),
        2 => Material::new(Pattern::Planks { width: 0.12 }, tone, tone * 0.85, tone),
        3 => Material::new(
            Pattern::Tiles { size: rng.range(0.12, 0.4) },
            tone,
            tone * 0.9,
            tone * 0.5,
        )
        .gloss(0.6),
        _ => Material::new(Pattern::Noise, tone, tone * 0.93, tone).scale(1.5),
    };
    scene.add_material(m.seed(rng.next_u32()))
}

fn floor_material(scene: &mut Scene, rng: &mut Rng) -> MaterialId {
    let wood =
        rng.pick(&[srgb(170, 124, 80), srgb(110, 74, 48), srgb(196, 160, 116), srgb(84, 58, 42)]);
    let stone = rng.pick(&[srgb(200, 190, 176), srgb(120, 118, 116), srgb(226, 222, 214)]);
    let m = match rng.below(6) {
        0..=2 => {
            Material::new(Pattern::Planks { width: rng.range(0.07, 0.2) }, wood, wood * 0.65, wood)
                .satin(rng.pick(&[0.0, 0.02, 0.04]), rng.range(0.05, 0.2))
        }
        3 => Material::new(
            Pattern::Tiles { size: rng.range(0.2, 0.6) },
            stone,
            stone * 0.85,
            stone * 0.5,
        )
        .satin(0.03, 0.03),
        4 => Material::new(Pattern::Checks { size: rng.range(0.2, 0.5) }, stone, wood, stone)
            .satin(0.03, 0.03),
        _ => Material::new(Pattern::Fabric { thread: 0.008 }, stone * 0.8, stone * 0.6, stone)
            .bump(0.2)
            .scale(0.3),
    };
    scene.add_material(m.seed(rng.next_u32()))
}

/// Floor, ceiling, and walls pieced together around their openings.
fn shell(scene: &mut Scene, rng: &mut Rng, plan: &Plan) {
    let wall = wall_material(scene, rng);
    let accent = if rng.chance(0.3) { wall_material(scene, rng) } else { wall };
    let floor = floor_material(scene, rng);
    let white = scene.add_material(Material::plain(srgb(232, 230, 224)).scale(2.0));
    let trim = scene.add_material(
        Material::plain(rng.pick(&[srgb(235, 233, 228), srgb(110, 76, 50), srgb(70, 70, 72)]))
            .gloss(0.2),
    );
    let door =
        srgb(rng.pick(&[225, 150, 110]), rng.pick(&[200, 110, 90]), rng.pick(&[180, 70, 60]));
    let door = scene
        .add_material(Material::new(Pattern::Wood, door, door * 0.8, door).scale(0.5).gloss(0.3));
    let brass = scene.add_material(Material::plain(srgb(180, 150, 90)).gloss(0.9).mirror(0.3));
    let cloth = hsv(rng.unit(), rng.range(0.0, 0.6), rng.range(0.4, 0.95));
    let curtain = scene.add_material(
        Material::new(Pattern::Fabric { thread: 0.006 }, cloth, cloth * 0.8, cloth).thin(),
    );
    let Plan { w, d, h } = *plan;
    scene.root.cuboid(
        Vec3::new(0.0, -0.1, 0.0),
        Vec3::new(2.0 * w + 0.5, 0.2, 2.0 * d + 0.5),
        floor,
    );
    scene.root.cuboid(
        Vec3::new(0.0, h + 0.1, 0.0),
        Vec3::new(2.0 * w + 0.5, 0.2, 2.0 * d + 0.5),
        white,
    );
    let windows_on = [rng.chance(0.75), rng.chance(0.5), rng.chance(0.3), rng.chance(0.4)];
    let door_side = rng.below(4);
    for side in 0..4usize {
        let turn = Quat::from_rotation_y(side as f32 * PI * 0.5);
        let (half, away) = if side % 2 == 0 { (w, d) } else { (d, w) };
        let material = if side == 1 { accent } else { wall };
        let sill = rng.pick(&[0.1, 0.75, 0.9, 1.0]);
        let lintel = rng.range(2.0, h - 0.2);
        let mut holes: Vec<(f32, f32)> = Vec::new();
        if windows_on[side] || (side == 0 && !windows_on.contains(&true)) {
            let count = 1 + rng.below(((half * 2.0) / 1.9) as usize).min(2);
            for i in 0..count {
                let centre = -half + 2.0 * half * (i as f32 + 0.5) / count as f32;
                holes.push((centre, rng.range(0.3, 0.42) * 2.0 * half / count as f32));
            }
        }
        let put = |scene: &mut Scene,
                   x0: f32,
                   x1: f32,
                   y0: f32,
                   y1: f32,
                   out: f32,
                   thick: f32,
                   m: MaterialId| {
            if x1 - x0 > 1e-3 && y1 - y0 > 1e-3 {
                let centre = turn * Vec3::new((x0 + x1) * 0.5, (y0 + y1) * 0.5, -away - out);
                scene.root.add(
                    Shape::Cuboid,
                    centre,
                    turn,
                    Vec3::new((x1 - x0) * 0.5, (y1 - y0) * 0.5, thick * 0.5),
                    m,
                );
            }
        };
        let mut x = -half - 0.25;
        for &(centre, half_w) in &holes {
            put(scene, x, centre - half_w, 0.0, h, 0.125, 0.25, material);
            put(scene, centre - half_w, centre + half_w, 0.0, sill, 0.125, 0.25, material);
            put(scene, centre - half_w, centre + half_w, lintel, h, 0.125, 0.25, material);
            let f = 0.05;
            put(scene, centre - half_w, centre + half_w, sill, sill + f, 0.16, 0.07, trim);
            put(scene, centre - half_w, centre + half_w, lintel - f, lintel, 0.16, 0.07, trim);
            for at in [-half_w + f * 0.5, 0.0, half_w - f * 0.5] {
                put(
                    scene,
                    centre + at - f * 0.5,
                    centre + at + f * 0.5,
                    sill,
                    lintel,
                    0.16,
                    0.06,
                    trim,
                );
            }
            put(
                scene,
                centre - half_w - 0.1,
                centre + half_w + 0.1,
                sill - 0.04,
                sill,
                -0.08,
                0.2,
                trim,
            );
            if rng.chance(0.45) {
                for s in [-1.0f32, 1.0] {
                    hang_curtain(
                        scene,
                        turn,
                        centre + s * half_w,
                        0.25 + rng.unit() * 0.2,
                        lintel + 0.15,
                        away - 0.12,
                        curtain,
                    );
                }
            }
            x = centre + half_w;
        }
        put(scene, x, half + 0.25, 0.0, h, 0.125, 0.25, material);
        put(scene, -half, half, 0.0, 0.09, -0.01, 0.03, trim);
        if rng.chance(0.3) {
            put(scene, -half, half, h - 0.09, h, -0.02, 0.06, white);
        }
        if side == door_side && holes.is_empty() {
            let at = rng.range(-half + 0.7, half - 0.7);
            put(scene, at - 0.52, at + 0.52, 0.0, 2.12, -0.01, 0.05, trim);
            put(scene, at - 0.44, at + 0.44, 0.0, 2.04, -0.03, 0.04, door);
            for (y0, y1) in [(0.2, 0.9), (1.05, 1.9)] {
                put(scene, at - 0.32, at + 0.32, y0, y1, -0.045, 0.03, door);
            }
            put(scene, at + 0.3, at + 0.4, 1.0, 1.04, -0.09, 0.04, brass);
        } else if holes.is_empty() || rng.chance(0.3) {
            pictures(scene, rng, turn, half, away, trim, &holes);
        }
    }
}

fn hang_curtain(
    scene: &mut Scene,
    turn: Quat,
    centre: f32,
    width: f32,
    top: f32,
    away: f32,
    material: MaterialId,
) {
    const COLUMNS: usize = 25;
    let mut points = Vec::with_capacity(COLUMNS * 2);
    for y in [0.03, top] {
        for i in 0..COLUMNS {
            let t = i as f32 / (COLUMNS - 1) as f32;
            let fold = (t * 5.0 * TAU).sin() * 0.04;
            points.push(turn * Vec3::new(centre + (t - 0.5) * 2.0 * width, y, -away + fold));
        }
    }
    scene.root.surface(&points, COLUMNS, material);
}

fn pictures(
    scene: &mut Scene,
    rng: &mut Rng,
    turn: Quat,
    half: f32,
    away: f32,
    frame: MaterialId,
    holes: &[(f32, f32)],
) {
    for _ in 0..rng.below(4) {
        let (pw, ph) = (rng.range(0.15, 0.6), rng.range(0.15, 0.5));
        let x = rng.range(-half + pw, half - pw);
        if half < pw + 0.1 || holes.iter().any(|&(c, hw)| (x - c).abs() < hw + pw + 0.1) {
            continue;
        }
        let y = rng.range(1.3, 1.8);
        let picture = if !scene.photos.is_empty() && rng.chance(0.6) {
            Material::new(
                Pattern::Photo { index: rng.below(scene.photos.len()) as u16, size: pw * 2.0 },
                Vec3::ONE,
                Vec3::ONE,
                Vec3::ONE,
            )
        } else {
            Material::new(Pattern::Painting, Vec3::ONE, Vec3::ONE, Vec3::ONE)
                .scale(0.5)
                .seed(rng.next_u32())
        };
        let picture = scene.add_material(picture.gloss(0.3));
        let at = |out: f32| turn * Vec3::new(x, y, -away + out);
        scene.root.add(
            Shape::Cuboid,
            at(0.015),
            turn,
            Vec3::new(pw + 0.03, ph + 0.03, 0.015),
            frame,
        );
        scene.root.add(Shape::Cuboid, at(0.02), turn, Vec3::new(pw, ph, 0.014), picture);
    }
}

fn lamps(scene: &mut Scene, rng: &mut Rng, plan: &Plan) {
    // Some rooms burn their lamps by day.
    let night_only = rng.chance(0.65);
    let warm = Vec3::new(1.0, rng.range(0.72, 0.93), rng.range(0.42, 0.85));
    let shade = scene.add_material(Material::plain(srgb(235, 228, 210)).glow(warm * 2.2).thin());
    scene.materials[shade as usize].night_only = night_only;
    let steel = scene.add_material(Material::plain(srgb(60, 60, 62)).gloss(0.5));
    let top = Vec3::new(rng.range(-0.3, 0.3) * plan.w, plan.h, rng.range(-0.3, 0.3) * plan.d);
    let drop = rng.range(0.06, 0.9).min(plan.h - 2.0);
    let at = top - Vec3::Y * drop;
    scene.root.rod(at, top, 0.01, 1.0, steel);
    let size = rng.range(0.1, 0.28);
    if rng.chance(0.5) {
        scene.root.add(Shape::Sphere, at, Quat::IDENTITY, Vec3::splat(size), shade);
    } else {
        scene.root.add(
            Shape::Frustum { top: 0.5 },
            at,
            Quat::IDENTITY,
            Vec3::new(size, size * 0.6, size),
            shade,
        );
    }
    scene.lamps.push(Lamp {
        position: at,
        power: warm * rng.range(1.5, 4.0),
        clear_m: size * 1.3,
        night_only,
        radius: size * 0.6,
        beam: None,
    });
    if rng.chance(0.5) {
        let foot = Vec3::new(
            (plan.w - 0.35) * rng.pick(&[-1.0, 1.0]),
            0.0,
            (plan.d - 0.35) * rng.pick(&[-1.0, 1.0]),
        );
        scene.root.rod(foot, foot + Vec3::Y * 0.02, 0.16, 1.0, steel);
        scene.root.rod(foot, foot + Vec3::Y * 1.5, 0.014, 1.0, steel);
        scene.root.rod(foot + Vec3::Y * 1.4, foot + Vec3::Y * 1.7, 0.2, 0.6, shade);
        scene.lamps.push(Lamp {
            position: foot + Vec3::Y * 1.55,
            power: warm * rng.range(0.5, 1.2),
            clear_m: 0.3,
            night_only,
            radius: 0.1,
            beam: None,
        });
    }
}
