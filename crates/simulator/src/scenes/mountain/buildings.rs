//! Huts of logs and stone, and what people leave around them.

use std::f32::consts::{FRAC_PI_2, PI};

use glam::{Quat, Vec2, Vec3};

use super::site::Site;
use crate::class::Class;
use crate::random::Rng;
use crate::rays::geometry::{Group, MaterialId};
use crate::rays::shape::Shape;
use crate::scene::{Lamp, Scene};
use crate::scenes::mountain::relief::Relief;
use crate::surface::material::{Material, srgb};
use crate::surface::pattern::Pattern;

/// Groups and materials of everything that is built.
#[derive(Debug)]
pub(super) struct Buildings {
    huts: Vec<Hut>,
    woodpile: u32,
    bench: u32,
    signpost: u32,
    trough: u32,
    pub log: MaterialId,
    pub wood: MaterialId,
    pub stone: MaterialId,
}

#[derive(Clone, Copy, Debug)]
struct Hut {
    group: u32,
    /// Full width and depth, metres.
    width: f32,
    depth: f32,
}

struct Palette {
    log: MaterialId,
    plank: MaterialId,
    stone: MaterialId,
    roof: MaterialId,
    glass: MaterialId,
    trim: MaterialId,
    shutter: MaterialId,
    iron: MaterialId,
    flame: MaterialId,
}

impl Buildings {
    pub fn new(scene: &mut Scene, rng: &mut Rng) -> Self {
        let brown = rng.pick(&[srgb(118, 84, 56), srgb(96, 70, 50), srgb(136, 108, 80)]);
        let log = scene.add_material(
            Material::new(Pattern::Wood, brown, brown * 0.5, brown).scale(0.22).bump(0.35),
        );
        let wood = scene.add_material(
            Material::new(Pattern::Wood, srgb(146, 128, 104), srgb(96, 82, 66), Vec3::ZERO)
                .scale(0.2)
                .bump(0.25),
        );
        let stone = scene.add_material(
            Material::new(
                Pattern::Brick { width: 0.5, height: 0.24 },
                srgb(150, 146, 138),
                srgb(108, 104, 98),
                srgb(168, 162, 150),
            )
            .scale(0.5)
            .bump(0.5),
        );
        let huts = (0..3)
            .map(|i| {
                let palette = Palette::new(scene, rng, log, stone);
                hut(scene, rng, &palette, i == 1)
            })
            .collect();
        Self {
            huts,
            woodpile: woodpile(scene, rng),
            bench: bench(scene, wood),
            signpost: signpost(scene, rng, wood),
            trough: trough(scene, wood),
            log,
            wood,
            stone,
        }
    }

    /// A hut at its site, with bench, woodpile, trough, signpost and fence.
    pub fn place(&self, group: &mut Group, lamps: &mut Vec<Lamp>, relief: &Relief, site: &Site) {
        let mut rng = Rng::new(u64::from(site.seed));
        let hut = rng.pick(&self.huts);
        // The front is the hut's +Z.
        let facing = site.facing;
        let turn = Quat::from_rotation_y(facing.x.atan2(facing.y));
        let level = {
            // On the highest corner, so that no floor is under ground.
            let corner = |sx: f32, sz: f32| {
                let half = Vec3::new(sx * hut.width, 0.0, sz * hut.depth) * 0.5;
                let at = turn * half;
                relief.height(site.place.x + at.x, site.place.y + at.z, 2.0)
            };
            corner(-1.0, -1.0).max(corner(1.0, -1.0)).max(corner(-1.0, 1.0)).max(corner(1.0, 1.0))
        };
        let base = Vec3::new(site.place.x, level + 0.1, site.place.y);
        let on_ground = |local: Vec2| {
            let at = base + turn * Vec3::new(local.x, 0.0, local.y);
            Vec3::new(at.x, relief.height(at.x, at.z, 1.0), at.z)
        };
        group.place(hut.group, base, turn, Vec3::ONE);
        let front = hut.depth * 0.5;
        lamps.push(Lamp {
            position: base + turn * Vec3::new(1.35, 2.05, front + 0.42),
            power: Vec3::new(1.0, 0.62, 0.3) * 3.2,
            clear_m: 0.16,
            night_only: true,
            radius: 0.08,
            beam: None,
        });
        let side = turn * Quat::from_rotation_y(FRAC_PI_2);
        group.place(
            self.woodpile,
            on_ground(Vec2::new(hut.width * 0.5 + 0.55, -0.3)),
            side,
            Vec3::ONE,
        );
        group.place(self.bench, on_ground(Vec2::new(-1.1, front + 0.7)), turn, Vec3::ONE);
        group.place(self.trough, on_ground(Vec2::new(-4.6, front + 2.6)), turn, Vec3::ONE);
        let along = facing.perp();
        let post = site.gate + facing * -1.5 + along * 2.2;
        group.place(
            self.signpost,
            Vec3::new(post.x, relief.height(post.x, post.y, 1.0), post.y),
            turn * Quat::from_rotation_y(-FRAC_PI_2),
            Vec3::ONE,
        );
        self.fence(group, relief, site, &mut rng);
    }

    /// A fence beside the trail, with a gap in front of the door.
    fn fence(&self, group: &mut Group, relief: &Relief, site: &Site, rng: &mut Rng) {
        group.label(Class::Furniture, site.seed | 1);
        let along = site.facing.perp();
        let mut last: Option<Vec3> = None;
        for i in -9i32..=9 {
            let start = site.gate + along * (i as f32 * 2.3);
            // Beside the trail, which winds.
            let (away, slope) = relief.trail_slope(start);
            let towards = slope.normalize_or_zero();
            let to_hut = if towards.dot(site.facing) > 0.0 { -1.0 } else { 1.0 };
            let p = start - towards * (away - to_hut * 2.1);
            if i.abs() < 2 {
                last = None;
                continue;
            }
            let foot = Vec3::new(p.x, relief.height(p.x, p.y, 1.0) - 0.3, p.y);
            let lean = Vec3::new(rng.range(-0.06, 0.06), 1.35, rng.range(-0.06, 0.06));
            let top = foot + lean;
            group.rod(foot, top, 0.055, 0.85, self.wood);
            if let Some(from) = last {
                for drop in [0.12, 0.52] {
                    let sag = rng.range(-0.03, 0.03);
                    group.rod(
                        from - Vec3::Y * drop,
                        top - Vec3::Y * (drop + sag),
                        0.035,
                        0.9,
                        self.wood,
                    );
                }
            }
            last = Some(top);
        }
    }
}

impl Palette {
    fn new(scene: &mut Scene, rng: &mut Rng, log: MaterialId, stone: MaterialId) -> Self {
        let grey = rng.pick(&[srgb(120, 112, 100), srgb(96, 90, 84), srgb(128, 104, 80)]);
        let plank =
            Material::new(Pattern::Planks { width: 0.17 }, grey, grey * 0.6, grey).bump(0.2);
        let tile = rng.pick(&[srgb(104, 92, 82), srgb(86, 88, 90), srgb(126, 84, 62)]);
        let roof =
            Material::new(Pattern::Shingles { size: 0.32 }, tile, tile * 0.55, tile).bump(0.3);
        let paint = rng.pick(&[srgb(40, 84, 52), srgb(132, 34, 28), srgb(48, 70, 104)]);
        let glow = Vec3::new(1.0, 0.66, 0.30) * 1.7;
        let glass = Material::plain(srgb(34, 40, 46)).mirror(0.18).glow(glow);
        let flame = Material::plain(srgb(220, 200, 160)).glow(Vec3::new(1.0, 0.56, 0.22) * 3.0);
        Self {
            log,
            stone,
            plank: scene.add_material(plank),
            roof: scene.add_material(roof),
            glass: scene.add_material(Material { night_only: true, ..glass }),
            trim: scene.add_material(Material::plain(srgb(206, 196, 176)).scale(0.3)),
            shutter: scene.add_material(Material::new(
                Pattern::Planks { width: 0.09 },
                paint,
                paint * 0.75,
                paint,
            )),
            iron: scene.add_material(Material::plain(srgb(46, 46, 48)).gloss(0.3)),
            flame: scene.add_material(Material { night_only: true, ..flame }),
        }
    }
}

/// A hut around the origin, its door towards +Z, its floor at Y = 0; stone reaches 2.4 m down.
fn hut(scene: &mut Scene, rng: &mut Rng, palette: &Palette, stone_walls: bool) -> Hut {
    let (width, depth) = (rng.range(6.2, 8.6), rng.range(4.8, 6.0));
    let (w, d) = (width * 0.5, depth * 0.5);
    let mut g = Group::of(Class::Building);
    g.cuboid(Vec3::new(0.0, -0.95, 0.0), Vec3::new(width + 0.3, 2.9, depth + 0.3), palette.stone);
    let eaves = 2.75;
    if stone_walls {
        g.cuboid(Vec3::new(0.0, 1.5, 0.0), Vec3::new(width, 2.5, depth), palette.stone);
    } else {
        g.cuboid(Vec3::new(0.0, 1.5, 0.0), Vec3::new(width - 0.2, 2.5, depth - 0.2), palette.log);
        let thick = 0.125;
        let rows = ((eaves - 0.5) / (2.0 * thick)) as i32;
        for row in 0..rows {
            let y = 0.62 + row as f32 * 2.0 * thick;
            for s in [-1.0f32, 1.0] {
                // Ends cross at the corners, half a log higher on two sides.
                let (a, b) = (w + rng.range(0.2, 0.34), d + rng.range(0.2, 0.34));
                let z = s * (d - 0.05);
                g.rod(Vec3::new(-a, y, z), Vec3::new(a, y, z), thick, 1.0, palette.log);
                let (x, y) = (s * (w - 0.05), y + thick);
                g.rod(Vec3::new(x, y, -b), Vec3::new(x, y, b), thick, 1.0, palette.log);
            }
        }
    }
    let rise = d * rng.range(0.55, 0.8);
    roof(&mut g, palette, w, d, eaves, rise);
    door(&mut g, palette, d);
    let outer = w - 1.15;
    for (x, z, turned) in [
        (-1.4, d, 0.0),
        (outer.max(2.4), d, 0.0),
        (-outer, -d, PI),
        (outer * 0.3, -d, PI),
        (w, 0.0, FRAC_PI_2),
        (-w, 0.3, -FRAC_PI_2),
    ] {
        window(&mut g, palette, Vec3::new(x, 1.55, z), Quat::from_rotation_y(turned));
    }
    // Chimney of stone with a slab on four feet.
    let at = Vec3::new(-w * 0.45, 0.0, -d * 0.25);
    let top = eaves + rise + 0.75;
    g.cuboid(at + Vec3::Y * (top * 0.5), Vec3::new(0.75, top, 0.75), palette.stone);
    g.cuboid(at + Vec3::Y * (top + 0.05), Vec3::new(0.95, 0.1, 0.95), palette.stone);
    for (x, z) in [(-0.3, -0.3), (0.3, -0.3), (-0.3, 0.3), (0.3, 0.3)] {
        g.cuboid(at + Vec3::new(x, top + 0.2, z), Vec3::new(0.12, 0.3, 0.12), palette.stone);
    }
    g.cuboid(at + Vec3::Y * (top + 0.38), Vec3::new(0.95, 0.08, 0.95), palette.stone);
    Hut { group: scene.add_group(g), width, depth }
}

fn roof(g: &mut Group, palette: &Palette, w: f32, d: f32, eaves: f32, rise: f32) {
    // Gable walls of planks.
    g.add(
        Shape::Gable,
        Vec3::new(0.0, eaves - 0.1 + rise * 0.5, 0.0),
        Quat::IDENTITY,
        Vec3::new(w - 0.04, rise * 0.5, d),
        palette.plank,
    );
    let (over, past) = (0.65, 0.75);
    let length = (d + over).hypot(rise * (d + over) / d);
    let pitch = (rise / d).atan();
    for s in [-1.0f32, 1.0] {
        let turn = Quat::from_rotation_x(s * pitch);
        let centre = Vec3::new(0.0, eaves + rise, 0.0)
            + Quat::from_rotation_x(s * pitch) * Vec3::new(0.0, 0.0, s * length * 0.5);
        g.add(Shape::Cuboid, centre, turn, Vec3::new(w + past, 0.07, length * 0.5), palette.roof);
        // Barge boards and rafters under the overhang.
        for x in [-w - past, w + past] {
            g.add(
                Shape::Cuboid,
                centre + Vec3::X * x - Vec3::Y * 0.06,
                turn,
                Vec3::new(0.05, 0.14, length * 0.5),
                palette.plank,
            );
        }
        let rafters = (2.0 * w / 0.9) as i32;
        for i in 0..=rafters {
            let x = -w + 2.0 * w * i as f32 / rafters as f32;
            let out = Quat::from_rotation_x(s * pitch) * Vec3::new(0.0, -0.13, s * (length - 0.45));
            g.add(
                Shape::Cuboid,
                Vec3::new(x, eaves + rise, 0.0) + out,
                turn,
                Vec3::new(0.05, 0.07, 0.45),
                palette.log,
            );
        }
    }
    g.cuboid(
        Vec3::new(0.0, eaves + rise + 0.06, 0.0),
        Vec3::new(2.0 * (w + past), 0.1, 0.36),
        palette.plank,
    );
}

fn door(g: &mut Group, palette: &Palette, d: f32) {
    let x = 0.45;
    g.cuboid(Vec3::new(x, 1.5, d + 0.08), Vec3::new(1.2, 2.15, 0.16), palette.trim);
    g.label(Class::Door, 0);
    g.cuboid(Vec3::new(x, 1.46, d + 0.13), Vec3::new(0.98, 1.98, 0.12), palette.shutter);
    g.cuboid(Vec3::new(x + 0.36, 1.4, d + 0.21), Vec3::new(0.05, 0.14, 0.05), palette.iron);
    g.label(Class::Building, 0);
    g.cuboid(Vec3::new(x, 0.30, d + 0.6), Vec3::new(1.7, 0.3, 0.9), palette.stone);
    g.cuboid(Vec3::new(x, 0.06, d + 1.1), Vec3::new(2.0, 0.26, 0.7), palette.stone);
    // A lantern on a bracket.
    g.label(Class::Lamp, 0);
    g.cuboid(Vec3::new(1.35, 2.22, d + 0.25), Vec3::new(0.04, 0.04, 0.5), palette.iron);
    g.cuboid(Vec3::new(1.35, 2.05, d + 0.42), Vec3::new(0.12, 0.18, 0.12), palette.flame);
    g.cuboid(Vec3::new(1.35, 2.16, d + 0.42), Vec3::new(0.18, 0.04, 0.18), palette.iron);
    g.label(Class::Building, 0);
}

fn window(g: &mut Group, palette: &Palette, at: Vec3, turn: Quat) {
    let mut part = |x: f32, y: f32, z: f32, size: Vec3, material| {
        g.add(Shape::Cuboid, at + turn * Vec3::new(x, y, z), turn, size * 0.5, material);
    };
    part(0.0, 0.0, 0.06, Vec3::new(0.86, 0.98, 0.16), palette.trim);
    part(0.0, 0.0, 0.10, Vec3::new(0.72, 0.84, 0.12), palette.glass);
    part(0.0, 0.0, 0.14, Vec3::new(0.05, 0.84, 0.07), palette.trim);
    part(0.0, 0.05, 0.14, Vec3::new(0.72, 0.05, 0.07), palette.trim);
    part(0.0, -0.52, 0.16, Vec3::new(1.0, 0.07, 0.3), palette.trim);
    for side in [-1.0f32, 1.0] {
        part(side * 0.66, 0.0, 0.12, Vec3::new(0.42, 0.98, 0.06), palette.shutter);
    }
}

/// Split logs between two posts, along X, about a metre high.
fn woodpile(scene: &mut Scene, rng: &mut Rng) -> u32 {
    let bark = scene.add_material(
        Material::new(Pattern::Wood, srgb(96, 78, 60), srgb(60, 48, 38), Vec3::ZERO).scale(0.2),
    );
    let cut = scene.add_material(
        Material::new(Pattern::Noise, srgb(196, 164, 116), srgb(160, 122, 80), Vec3::ZERO)
            .scale(0.1),
    );
    let mut g = Group::of(Class::Furniture);
    for row in 0..7 {
        for i in 0..14 - row % 2 {
            let r = rng.range(0.062, 0.08);
            let x = -1.1 + 0.165 * (i as f32 + 0.5 * (row % 2) as f32);
            let y = 0.1 + row as f32 * 0.142;
            let z = rng.range(-0.04, 0.04);
            let (a, b) = (Vec3::new(x, y, z - 0.2), Vec3::new(x, y, z + 0.2));
            g.rod(a, b, r, 1.0, bark);
            g.rod(a - Vec3::Z * 0.004, b + Vec3::Z * 0.004, r * 0.88, 1.0, cut);
        }
    }
    for x in [-1.24, 1.24] {
        g.cuboid(Vec3::new(x, 0.6, 0.0), Vec3::new(0.1, 1.3, 0.1), bark);
    }
    scene.add_group(g)
}

/// A bench of a split trunk, facing +Z.
fn bench(scene: &mut Scene, wood: MaterialId) -> u32 {
    let mut g = Group::of(Class::Furniture);
    g.cuboid(Vec3::new(0.0, 0.45, 0.0), Vec3::new(1.7, 0.08, 0.4), wood);
    g.add(
        Shape::Cuboid,
        Vec3::new(0.0, 0.78, -0.22),
        Quat::from_rotation_x(-0.2),
        Vec3::new(0.85, 0.16, 0.03),
        wood,
    );
    for x in [-0.62, 0.62] {
        g.cuboid(Vec3::new(x, 0.2, 0.0), Vec3::new(0.14, 0.5, 0.34), wood);
        g.cuboid(Vec3::new(x, 0.62, -0.2), Vec3::new(0.08, 0.5, 0.06), wood);
    }
    scene.add_group(g)
}

/// A hollowed trunk with water and its spout.
fn trough(scene: &mut Scene, wood: MaterialId) -> u32 {
    let water = Material::plain(srgb(20, 34, 36)).mirror(0.05);
    let water = scene.add_material(Material { liquid: true, ..water });
    let mut g = Group::of(Class::Furniture);
    for (z, size) in [(-0.3, 0.08), (0.3, 0.08)] {
        g.cuboid(Vec3::new(0.0, 0.3, z), Vec3::new(2.0, 0.6, size), wood);
    }
    for x in [-0.96, 0.96] {
        g.cuboid(Vec3::new(x, 0.3, 0.0), Vec3::new(0.08, 0.6, 0.6), wood);
    }
    g.cuboid(Vec3::new(0.0, 0.25, 0.0), Vec3::new(1.9, 0.5, 0.56), water);
    g.rod(Vec3::new(1.15, -0.2, 0.0), Vec3::new(1.15, 1.1, 0.0), 0.09, 0.9, wood);
    g.rod(Vec3::new(1.15, 0.95, 0.0), Vec3::new(0.72, 0.9, 0.0), 0.035, 1.0, wood);
    scene.add_group(g)
}

/// A post with yellow arms both ways along X.
fn signpost(scene: &mut Scene, rng: &mut Rng, wood: MaterialId) -> u32 {
    let yellow = scene.add_material(Material::plain(srgb(226, 178, 40)));
    let dark = scene.add_material(Material::plain(srgb(40, 38, 36)));
    let mut g = Group::of(Class::Sign);
    g.rod(Vec3::Y * -0.4, Vec3::Y * 2.5, 0.06, 0.85, wood);
    for (i, y) in [2.25f32, 2.0, 1.75].into_iter().enumerate() {
        let way = if i % 2 == 0 { 1.0 } else { -1.0 };
        let turn = Quat::from_rotation_y(rng.range(-0.25, 0.25));
        let arm = |x: f32| turn * Vec3::new(way * x, 0.0, 0.0) + Vec3::Y * y;
        g.add(Shape::Cuboid, arm(0.42), turn, Vec3::new(0.40, 0.085, 0.014), yellow);
        g.add(Shape::Cuboid, arm(0.40), turn, Vec3::new(0.26, 0.018, 0.017), dark);
        let tip = turn * Quat::from_rotation_z(PI * 0.25);
        g.add(Shape::Cuboid, arm(0.82), tip, Vec3::new(0.06, 0.06, 0.014), yellow);
    }
    scene.add_group(g)
}
