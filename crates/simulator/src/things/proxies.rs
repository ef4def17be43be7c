//! Things that games put into a world as boxes with a class and a colour. Each fills its box:
//! centred on the origin, `size` metres along its edges.

use glam::{Quat, Vec2, Vec3};

use crate::class::Class;
use crate::random::Rng;
use crate::rays::geometry::{Group, MaterialId};
use crate::rays::shape::Shape;
use crate::scene::Scene;
use crate::surface::material::{Material, srgb};
use crate::surface::pattern::Pattern;
use crate::things::{buildings, plants, vehicles};

/// What can be put into a world as a box with a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProxyKind {
    /// A carton.
    Box,
    /// A wooden crate.
    Crate,
    /// A ball, plain or striped.
    Ball,
    /// A wooden barrel or a drum.
    Barrel,
    /// A plain column.
    Cylinder,
    /// A traffic cone.
    Cone,
    /// A wall of bricks, blocks or plaster.
    Wall,
    /// A house with a gable roof.
    House,
    /// A broad-leaved tree.
    Tree,
    /// A conifer.
    Conifer,
    /// A bush.
    Bush,
    /// A boulder.
    Rock,
    /// A car, its bonnet towards +X.
    Car,
    /// A bench that looks along +Z.
    Bench,
    /// A street lamp.
    Lamp,
}

impl ProxyKind {
    /// Every kind.
    pub const ALL: [Self; 15] = [
        Self::Box,
        Self::Crate,
        Self::Ball,
        Self::Barrel,
        Self::Cylinder,
        Self::Cone,
        Self::Wall,
        Self::House,
        Self::Tree,
        Self::Conifer,
        Self::Bush,
        Self::Rock,
        Self::Car,
        Self::Bench,
        Self::Lamp,
    ];

    /// The class name of events, for example `crate`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Box => "box",
            Self::Crate => "crate",
            Self::Ball => "ball",
            Self::Barrel => "barrel",
            Self::Cylinder => "cylinder",
            Self::Cone => "cone",
            Self::Wall => "wall",
            Self::House => "house",
            Self::Tree => "tree",
            Self::Conifer => "conifer",
            Self::Bush => "bush",
            Self::Rock => "rock",
            Self::Car => "car",
            Self::Bench => "bench",
            Self::Lamp => "lamp",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// A size that such a thing has in the world, metres.
    #[must_use]
    pub fn any_size(self, rng: &mut Rng) -> Vec3 {
        let mut along = |low: f32, high: f32| rng.log_range(low, high);
        match self {
            Self::Box | Self::Crate => {
                let side = along(0.5, 1.6);
                Vec3::new(side * along(0.7, 1.5), side * along(0.7, 1.3), side * along(0.7, 1.5))
            }
            Self::Ball => Vec3::splat(along(0.4, 1.6)),
            Self::Barrel => {
                let width = along(0.5, 0.9);
                Vec3::new(width, width * along(1.2, 1.6), width)
            }
            Self::Cylinder => {
                let width = along(0.3, 1.4);
                Vec3::new(width, width * along(0.6, 4.0), width)
            }
            Self::Cone => {
                let width = along(0.35, 0.7);
                Vec3::new(width, width * along(1.3, 2.0), width)
            }
            Self::Wall => Vec3::new(along(2.0, 12.0), along(1.0, 4.0), along(0.2, 0.5)),
            Self::House => Vec3::new(along(5.0, 12.0), along(4.5, 11.0), along(5.0, 10.0)),
            Self::Tree => {
                let height = along(4.0, 11.0);
                let width = height * along(0.5, 0.9);
                Vec3::new(width, height, width)
            }
            Self::Conifer => {
                let height = along(4.0, 14.0);
                let width = height * along(0.3, 0.5);
                Vec3::new(width, height, width)
            }
            Self::Bush => {
                let width = along(0.8, 2.4);
                Vec3::new(width, width * along(0.6, 1.0), width * along(0.8, 1.2))
            }
            Self::Rock => {
                let width = along(0.6, 2.6);
                Vec3::new(width, width * along(0.5, 0.9), width * along(0.8, 1.3))
            }
            Self::Car => {
                Vec3::new(4.3, 1.5, 1.85) * Vec3::new(along(0.9, 1.1), along(0.9, 1.2), 1.0)
            }
            Self::Bench => Vec3::new(along(1.4, 2.2), along(0.8, 1.0), along(0.5, 0.7)),
            Self::Lamp => {
                let height = along(3.2, 5.0);
                Vec3::new(0.6, height, 0.6) * Vec3::new(along(0.9, 1.3), 1.0, along(0.9, 1.3))
            }
        }
    }

    /// A colour that such a thing has in the world, sRGB.
    #[must_use]
    pub fn any_colour(self, rng: &mut Rng) -> [u8; 3] {
        let palette: &[[u8; 3]] = match self {
            Self::Crate | Self::Barrel | Self::Bench => &[
                [150, 110, 66],
                [120, 84, 52],
                [176, 140, 92],
                [96, 70, 48],
                [150, 60, 44],
                [70, 96, 110],
            ],
            Self::Box => &[[186, 148, 104], [166, 128, 88], [206, 200, 190], [120, 130, 140]],
            Self::Cone => &[[226, 96, 28], [226, 60, 30], [220, 180, 30]],
            Self::Wall | Self::House => &[
                [168, 84, 62],
                [206, 196, 176],
                [150, 146, 140],
                [222, 206, 160],
                [178, 122, 92],
                [120, 130, 140],
            ],
            Self::Tree | Self::Bush => {
                &[[92, 128, 58], [70, 110, 50], [120, 140, 60], [84, 104, 66]]
            }
            Self::Conifer => &[[52, 80, 46], [44, 70, 52], [70, 92, 50]],
            Self::Rock => &[[128, 124, 118], [110, 104, 98], [150, 142, 130], [100, 108, 112]],
            Self::Lamp => &[[40, 42, 46], [60, 66, 60], [90, 92, 96]],
            Self::Ball | Self::Cylinder | Self::Car => &[
                [190, 40, 36],
                [40, 84, 170],
                [230, 226, 218],
                [34, 36, 40],
                [230, 180, 40],
                [60, 130, 80],
                [150, 156, 164],
            ],
        };
        let near = |value: u8, by: f32| (f32::from(value) + by).clamp(8.0, 247.0) as u8;
        if rng.chance(0.25) {
            return std::array::from_fn(|_| rng.range(30.0, 230.0) as u8);
        }
        let [r, g, b] = rng.pick(palette);
        let all = rng.range(-20.0, 20.0);
        [r, g, b].map(|value| near(value, all + rng.range(-8.0, 8.0)))
    }
}

/// A thing in a scene's list of groups, and how it is placed to fill its box.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Built {
    group: u32,
    offset: Vec3,
    scale: Vec3,
}

impl Built {
    /// Places it with its box centred on `position`.
    pub fn place(&self, into: &mut Group, position: Vec3, rotation: Quat) {
        into.place(self.group, position + rotation * self.offset, rotation, self.scale);
    }
}

/// Builds a thing into the scene.
pub(crate) fn build(
    scene: &mut Scene,
    kind: ProxyKind,
    size: Vec3,
    [r, g, b]: [u8; 3],
    seed: u64,
) -> Built {
    let mut rng = Rng::new(seed ^ 0x70_726f_7879);
    let colour = srgb(r, g, b);
    let rng = &mut rng;
    let mut group = Group::of(Class::Obstacle);
    match kind {
        ProxyKind::Box => carton(scene, &mut group, rng, size, colour),
        ProxyKind::Crate => wooden_crate(scene, &mut group, rng, size, colour),
        ProxyKind::Ball => ball(scene, &mut group, rng, size, colour),
        ProxyKind::Barrel => return barrel(scene, rng, size, colour),
        ProxyKind::Cylinder => cylinder(scene, &mut group, rng, size, colour),
        ProxyKind::Cone => cone(scene, &mut group, size, colour),
        ProxyKind::Wall => wall(scene, &mut group, rng, size, colour),
        ProxyKind::House => buildings::house(scene, &mut group, rng, size, colour),
        ProxyKind::Tree => {
            let first = scene.materials.len();
            let tree = plants::broadleaf_tree(scene, rng, 110).near;
            leaves(scene, first + 1, colour);
            return fit(scene, tree, size);
        }
        ProxyKind::Conifer => {
            let first = scene.materials.len();
            let tree = plants::conifer_tree(scene, rng, 150).near;
            leaves(scene, first + 1, colour);
            return fit(scene, tree, size);
        }
        ProxyKind::Bush => {
            let first = scene.materials.len();
            let bush = plants::bush(scene, rng, 1.0, 90);
            leaves(scene, first, colour);
            return fit(scene, bush, size);
        }
        ProxyKind::Rock => {
            let stone = Material::new(Pattern::Noise, colour * 1.15, colour * 0.6, colour)
                .scale(0.5)
                .bump(0.4)
                .seed(rng.next_u32());
            let stone = scene.add_material(stone);
            let rock = plants::rock(scene, rng, stone);
            return fit(scene, rock, size);
        }
        ProxyKind::Car => {
            let body = rng.pick(&vehicles::Body::ALL);
            let car = vehicles::car(scene, body, colour, false);
            return fit(scene, car, size);
        }
        ProxyKind::Bench => bench(scene, &mut group, rng, size, colour),
        ProxyKind::Lamp => lamp(scene, &mut group, rng, size, colour),
    }
    Built { group: scene.add_group(group), offset: Vec3::ZERO, scale: Vec3::ONE }
}

/// Has a finished group, built on Y = 0, fill the box.
fn fit(scene: &Scene, group: u32, size: Vec3) -> Built {
    let bounds = scene.groups[group as usize].bounds();
    // What lies below the ground stays there, unless all of it does: boulders stand on nothing.
    let floor =
        if bounds.min.y < -0.35 * bounds.max.y && bounds.max.y > 2.0 { 0.0 } else { bounds.min.y };
    let min = Vec3::new(bounds.min.x, floor, bounds.min.z);
    let max = Vec3::new(bounds.max.x, bounds.max.y, bounds.max.z);
    let scale = size / (max - min).max(Vec3::splat(1e-3));
    Built { group, offset: -0.5 * (min + max) * scale, scale }
}

/// Leaves of the colour that was asked for.
fn leaves(scene: &mut Scene, material: usize, colour: Vec3) {
    if let Some(leaf) = scene.materials.get_mut(material) {
        leaf.a = colour;
        leaf.b = colour * Vec3::new(1.35, 1.3, 0.85);
        leaf.c = colour * Vec3::new(0.8, 0.8, 1.05);
        leaf.summer = [leaf.a, leaf.b, leaf.c];
        leaf.dress(scene.conditions.season);
    }
}

fn plain(scene: &mut Scene, colour: Vec3, scale: f32) -> MaterialId {
    scene.add_material(Material::plain(colour).gloss(0.15).scale(scale))
}

fn carton(scene: &mut Scene, g: &mut Group, rng: &mut Rng, size: Vec3, colour: Vec3) {
    let board = Material::new(Pattern::Noise, colour, colour * 0.86, colour)
        .scale(0.25 * size.max_element())
        .seed(rng.next_u32());
    let board = scene.add_material(board);
    let tape = plain(scene, colour.lerp(srgb(214, 190, 140), 0.6) * 1.1, 0.2);
    let print = plain(scene, colour * 0.25, 0.2);
    g.cuboid(Vec3::ZERO, size * 0.995, board);
    // Tape over the flaps and down both ends, and a printed mark on two sides.
    let width = size.z * 0.14;
    g.cuboid(Vec3::Y * size.y * 0.4985, Vec3::new(size.x * 0.999, size.y * 0.003, width), tape);
    for side in [-1.0, 1.0] {
        let at = Vec3::new(side * size.x * 0.4985, size.y * 0.32, 0.0);
        g.cuboid(at, Vec3::new(size.x * 0.003, size.y * 0.36, width), tape);
        let corner = rng.pick(&[-0.25, 0.25]);
        let at = Vec3::new(corner * size.x, -0.2 * size.y, side * size.z * 0.4985);
        g.cuboid(at, Vec3::new(size.x * 0.26, size.y * 0.2, size.z * 0.003), print);
    }
}

fn wooden_crate(scene: &mut Scene, g: &mut Group, rng: &mut Rng, size: Vec3, colour: Vec3) {
    let tall = size.max_element();
    let seed = rng.next_u32();
    let wood = |colour: Vec3, seed: u32| {
        Material::new(Pattern::Wood, colour, colour * 0.62, colour).scale(0.3 * tall).seed(seed)
    };
    let frame = scene.add_material(wood(colour * 1.08, seed));
    let boards = [0.78, 0.9, 0.68].map(|shade| scene.add_material(wood(colour * shade, seed ^ 5)));
    let dark = plain(scene, colour * 0.12, 0.3);
    let (beam, deep) = (0.11, 0.035);
    let (x, y, z) = (size.x, size.y, size.z);
    g.cuboid(Vec3::ZERO, size * (1.0 - 3.4 * deep), dark);
    let count = 4 + rng.below(3);
    let braced = rng.chance(0.6);
    // Each side: boards across, a frame around them, perhaps a brace from corner to corner.
    let sides = [
        (Vec3::X, Vec3::Z, Vec3::new(x, z, y)),
        (Vec3::Z, Vec3::X, Vec3::new(z, x, y)),
        (Vec3::Y, Vec3::X, Vec3::new(y, x, z)),
    ];
    for (out, across, Vec3 { x: depth, y: wide, z: high }) in sides {
        let up = out.cross(across).abs();
        for side in [-1.0f32, 1.0] {
            let face = out * side * depth * 0.5;
            let mut slab = |a: f32, b: f32, wide: f32, high: f32, inset: f32, material| {
                let thick = depth * deep;
                let at = face - out * side * (inset * depth + 0.5 * thick) + across * a + up * b;
                g.cuboid(at, out * thick + across * wide + up * high, material);
            };
            let pitch = high / count as f32;
            for board in 0..count {
                let b = (board as f32 + 0.5) * pitch - 0.5 * high;
                slab(0.0, b, wide * 0.96, pitch * 0.9, deep, boards[(board + count) % 3]);
            }
            for end in [-0.5f32, 0.5] {
                let edge = end - beam * 0.5 * end.signum();
                slab(0.0, edge * high, wide * 0.999, beam * high, 0.0, frame);
                slab(edge * wide, 0.0, beam * wide, high * 0.999, 0.0, frame);
            }
            if braced && out.y == 0.0 {
                let span = Vec2::new(wide, high) * (1.0 - 2.0 * beam);
                let at = face - out * side * (0.9 * deep * depth);
                let turn = Quat::from_axis_angle(out, span.y.atan2(span.x));
                let half = 0.5
                    * (across * span.length()
                        + up * 0.8 * beam * wide.min(high)
                        + out * depth * deep);
                g.add(Shape::Cuboid, at, turn, half, frame);
            }
        }
    }
}

fn ball(scene: &mut Scene, g: &mut Group, rng: &mut Rng, size: Vec3, colour: Vec3) {
    let other = rng.pick(&[srgb(236, 232, 222), colour * 0.35, srgb(232, 196, 60)]);
    let pattern = match rng.below(3) {
        0 => Pattern::Plain,
        1 => Pattern::Stripes { width: size.y * 0.3, vertical: false },
        _ => Pattern::Stripes { width: size.x * 0.3, vertical: true },
    };
    let skin = Material::new(pattern, colour, other, colour).gloss(0.4).scale(size.x);
    let skin = scene.add_material(skin);
    g.add(Shape::Sphere, Vec3::ZERO, Quat::IDENTITY, size * 0.5, skin);
}

fn barrel(scene: &mut Scene, rng: &mut Rng, size: Vec3, colour: Vec3) -> Built {
    // A unit barrel, stretched: staves and hoops of wood, or a ribbed drum.
    let wooden = rng.chance(0.6);
    let body = if wooden {
        Material::new(
            Pattern::Stripes { width: 0.19, vertical: true },
            colour,
            colour * 0.72,
            colour,
        )
        .scale(0.3)
        .seed(rng.next_u32())
    } else {
        Material::plain(colour).gloss(0.5).scale(0.6)
    };
    let body = scene.add_material(body);
    let hoop = if wooden { srgb(66, 64, 62) } else { colour * 0.8 };
    let hoop = scene.add_material(Material::plain(hoop).gloss(0.4));
    let lid = plain(scene, if wooden { colour * 0.8 } else { colour * 0.9 }, 0.4);
    let waist = if wooden { 0.82 } else { 0.96 };
    let mut unit = Group::of(Class::Obstacle);
    let profile: Vec<(f32, f32)> = (0..=8)
        .map(|k| {
            let t = k as f32 / 4.0 - 1.0;
            (waist + (0.97 - waist) * (1.0 - t * t), t)
        })
        .collect();
    unit.lathe(Vec3::ZERO, &profile, 24, body);
    for y in [-0.94, 0.92] {
        unit.rod(Vec3::Y * (y - 0.02), Vec3::Y * (y + 0.02), waist * 0.98, 1.0, lid);
    }
    for y in [-0.86f32, -0.38, 0.38, 0.86] {
        let radius = waist + (0.97 - waist) * (1.0 - y * y) + 0.03;
        unit.rod(Vec3::Y * (y - 0.06), Vec3::Y * (y + 0.06), radius, 1.0, hoop);
    }
    Built { group: scene.add_group(unit), offset: Vec3::ZERO, scale: size * 0.5 }
}

fn cylinder(scene: &mut Scene, g: &mut Group, rng: &mut Rng, size: Vec3, colour: Vec3) {
    let side = match rng.below(3) {
        0 => Material::plain(colour).gloss(0.3),
        1 => Material::new(Pattern::Noise, colour, colour * 0.75, colour),
        _ => Material::new(Pattern::Marble, colour, colour * 0.5, colour),
    };
    let side = scene.add_material(side.scale(0.6 * size.x).seed(rng.next_u32()));
    let rim = plain(scene, colour * 0.82, 0.4);
    let half = size * 0.5;
    let tube = Shape::Frustum { top: 1.0 };
    g.add(tube, Vec3::ZERO, Quat::IDENTITY, half * Vec3::new(0.94, 1.0, 0.94), side);
    for y in [-0.95, 0.95] {
        let at = Vec3::Y * half.y * y;
        g.add(tube, at, Quat::IDENTITY, half * Vec3::new(1.0, 0.05, 1.0), rim);
    }
}

fn cone(scene: &mut Scene, g: &mut Group, size: Vec3, colour: Vec3) {
    let body = plain(scene, colour, 0.5);
    let white = plain(scene, srgb(232, 230, 224), 0.5);
    let half = size * 0.5;
    let radius = |t: f32| 0.8 - 0.72 * t;
    let cuts = [0.06, 0.3, 0.48, 0.64, 0.8, 1.0];
    for (k, ends) in cuts.windows(2).enumerate() {
        let (low, high) = (ends[0], ends[1]);
        let at = Vec3::Y * half.y * (low + high - 1.0);
        let scale = half * Vec3::new(radius(low), high - low, radius(low));
        let top = radius(high) / radius(low);
        let material = if k % 2 == 1 { white } else { body };
        g.add(Shape::Frustum { top }, at, Quat::IDENTITY, scale, material);
    }
    g.cuboid(Vec3::Y * size.y * -0.47, size * Vec3::new(1.0, 0.06, 1.0), body);
}

fn wall(scene: &mut Scene, g: &mut Group, rng: &mut Rng, size: Vec3, colour: Vec3) {
    let pale = colour.lerp(srgb(200, 196, 188), 0.6);
    let course = size.y / 11.0;
    let face = match rng.below(3) {
        0 => Material::new(
            Pattern::Brick { width: 2.6 * course, height: course },
            colour * 1.05,
            colour * 0.7,
            pale * 0.9,
        ),
        1 => Material::new(
            Pattern::Brick { width: 4.4 * course, height: 2.2 * course },
            colour * 1.1,
            colour * 0.8,
            colour * 0.45,
        ),
        _ => Material::new(Pattern::Noise, colour * 1.06, colour * 0.84, colour),
    };
    let face = scene.add_material(face.scale(0.8 * size.y).seed(rng.next_u32()).bump(0.1));
    let cap = plain(scene, pale * 0.85, 0.6);
    let foot = plain(scene, colour * 0.5, 0.6);
    let thin = Vec3::new(1.0, 1.0, 0.86);
    g.cuboid(Vec3::Y * size.y * -0.01, size * Vec3::new(1.0, 0.9, 1.0) * thin, face);
    g.cuboid(Vec3::Y * size.y * 0.465, size * Vec3::new(1.0, 0.07, 1.0), cap);
    g.cuboid(Vec3::Y * size.y * -0.465, size * Vec3::new(1.0, 0.07, 0.97), foot);
}

fn bench(scene: &mut Scene, g: &mut Group, rng: &mut Rng, size: Vec3, colour: Vec3) {
    let wood = Material::new(Pattern::Wood, colour, colour * 0.65, colour).scale(0.3);
    let wood = scene.add_material(wood.seed(rng.next_u32()));
    let iron = plain(scene, srgb(44, 46, 48), 0.3);
    let s = size;
    let part = |g: &mut Group, at: Vec3, part: Vec3, material| g.cuboid(at * s, part * s, material);
    for x in [-0.42, 0.42] {
        part(g, Vec3::new(x, -0.26, 0.06), Vec3::new(0.05, 0.48, 0.82), iron);
        part(g, Vec3::new(x, 0.2, -0.42), Vec3::new(0.04, 0.6, 0.1), iron);
    }
    for z in [0.4, 0.16, -0.08, -0.3] {
        part(g, Vec3::new(0.0, 0.0, z), Vec3::new(1.0, 0.06, 0.2), wood);
    }
    for y in [0.16, 0.42] {
        part(g, Vec3::new(0.0, y, -0.4), Vec3::new(1.0, 0.16, 0.08), wood);
    }
}

fn lamp(scene: &mut Scene, g: &mut Group, rng: &mut Rng, size: Vec3, colour: Vec3) {
    let iron = scene.add_material(Material::plain(colour).gloss(0.4).scale(0.4));
    let glass =
        Material::plain(srgb(240, 232, 206)).gloss(0.4).glow(Vec3::new(1.0, 0.85, 0.6) * 4.0);
    let glass = scene.add_material(Material { night_only: true, ..glass });
    let half = size * 0.5;
    let round = rng.chance(0.5);
    let mut rod = |low: f32, high: f32, foot: f32, head: f32, material| {
        let at = Vec3::Y * half.y * (low + high - 1.0);
        let scale = half * Vec3::new(foot, high - low, foot);
        g.add(Shape::Frustum { top: head / foot }, at, Quat::IDENTITY, scale, material);
    };
    rod(0.0, 0.04, 0.7, 0.5, iron);
    rod(0.04, 0.18, 0.4, 0.28, iron);
    rod(0.18, 0.84, 0.24, 0.18, iron);
    rod(0.84, 0.87, 0.3, 0.6, iron);
    if !round {
        rod(0.87, 0.96, 0.5, 0.9, glass);
        rod(0.96, 1.0, 1.0, 0.2, iron);
        return;
    }
    rod(0.98, 1.0, 0.5, 0.1, iron);
    let at = Vec3::Y * half.y * 0.86;
    let globe = half * Vec3::new(0.96, 0.12, 0.96);
    g.add(Shape::Sphere, at, Quat::IDENTITY, globe, glass);
}
