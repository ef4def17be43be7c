//! The building: floor, walls and docks.

use glam::{Quat, Vec3};

use super::plan::{Dock, DockState, PAINT, Plan, YARD_Y};
use super::{overhead, yard};
use crate::class::Class;
use crate::random::Rng;
use crate::rays::geometry::{Group, MaterialId};
use crate::rays::shape::Shape;
use crate::scene::Scene;
use crate::surface::material::{Material, srgb};
use crate::surface::pattern::Pattern;
use crate::surface::stencil::text;
use crate::surface::warehouse::Hall;

/// Materials that the parts of the hall share.
pub(super) struct Stock {
    pub steel: MaterialId,
    pub dark: MaterialId,
    pub white: MaterialId,
    pub yellow: MaterialId,
    pub red: MaterialId,
    pub warning: MaterialId,
    pub rubber: MaterialId,
    pub line_yellow: MaterialId,
    pub line_white: MaterialId,
    pub hatch: MaterialId,
}

/// A material of the hall's own patterns.
pub(super) fn hall(pattern: Hall, a: Vec3, b: Vec3, c: Vec3) -> Material {
    Material::new(Pattern::Hall(pattern), a, b, c)
}

impl Stock {
    pub fn new(scene: &mut Scene) -> Self {
        let mut plain = |r, g, b, gloss| {
            scene.add_material(Material::plain(srgb(r, g, b)).gloss(gloss).scale(0.4))
        };
        let steel = plain(150, 153, 156, 0.5);
        let dark = plain(44, 46, 50, 0.2);
        let white = plain(222, 222, 216, 0.2);
        let yellow = plain(228, 178, 22, 0.45);
        let red = plain(176, 26, 22, 0.5);
        let rubber = plain(24, 24, 25, 0.05);
        let (gold, black) = (srgb(232, 184, 20), srgb(26, 26, 26));
        let warning = hall(Hall::Warning { width: 0.22 }, gold, black, gold).gloss(0.3);
        let warning = scene.add_material(warning);
        let mut paint = |pattern, r, g, b| {
            let colour = srgb(r, g, b);
            scene.add_material(hall(pattern, colour, colour, colour).satin(0.03, 0.03))
        };
        Self {
            steel,
            dark,
            white,
            yellow,
            red,
            warning,
            rubber,
            line_yellow: paint(Hall::Paint, 226, 178, 30),
            line_white: paint(Hall::Paint, 214, 214, 206),
            hatch: paint(Hall::Hatch { width: 0.16 }, 224, 176, 30),
        }
    }
}

/// A painted rectangle on the floor.
pub(super) fn paint(root: &mut Group, x: (f32, f32), z: (f32, f32), material: MaterialId) {
    let centre = Vec3::new(0.5 * (x.0 + x.1), 0.5 * PAINT, 0.5 * (z.0 + z.1));
    root.cuboid(centre, Vec3::new((x.1 - x.0).abs(), PAINT, (z.1 - z.0).abs()), material);
}

/// Half width and height of a dock's doorway.
const DOOR: (f32, f32) = (1.45, 3.3);
/// Half width and height of the gate on floor level.
const GATE: (f32, f32) = (2.6, 5.0);

pub(super) fn build(scene: &mut Scene, rng: &mut Rng, plan: &Plan, stock: &Stock) {
    yard::build(scene, rng, plan, stock);
    floor(scene, plan);
    walls(scene, rng, plan, stock);
    overhead::build(scene, rng, plan, stock);
}

fn floor(scene: &mut Scene, plan: &Plan) {
    let base = (srgb(150, 148, 143), srgb(118, 117, 114), srgb(84, 80, 74));
    let slab = hall(Hall::Concrete, base.0, base.1, base.2).satin(0.04, 0.025).seed(77);
    let slab = scene.add_material(slab);
    let root = &mut scene.root;
    root.label(Class::Floor, 0);
    let thick = -YARD_Y + 0.3;
    root.cuboid(
        Vec3::new(0.0, -0.5 * thick, 0.0),
        Vec3::new(2.0 * plan.half.x, thick, 2.0 * plan.half.y),
        slab,
    );
}

/// Fills a wall along X at `z` between openings, given as (from, to, height).
fn wall_with_openings(
    root: &mut Group,
    plan: &Plan,
    z: f32,
    openings: &[(f32, f32, f32)],
    base: MaterialId,
    sheet: MaterialId,
) {
    // A plinth of concrete, sheet above it.
    const PLINTH: f32 = 1.1;
    let mut put = |x0: f32, x1: f32, y0: f32, y1: f32, material| {
        if x1 - x0 > 0.01 && y1 - y0 > 0.01 {
            let centre = Vec3::new(0.5 * (x0 + x1), 0.5 * (y0 + y1), z);
            root.cuboid(centre, Vec3::new(x1 - x0, y1 - y0, 0.3), material);
        }
    };
    let mut x = -plan.half.x;
    for &(from, to, height) in openings {
        put(x, from, YARD_Y, PLINTH, base);
        put(x, from, PLINTH, plan.height, sheet);
        put(from, to, YARD_Y, 0.0, base);
        put(from, to, height, plan.height, sheet);
        x = to;
    }
    put(x, plan.half.x, YARD_Y, PLINTH, base);
    put(x, plan.half.x, PLINTH, plan.height, sheet);
}

fn walls(scene: &mut Scene, rng: &mut Rng, plan: &Plan, stock: &Stock) {
    let tone = rng.pick(&[srgb(206, 208, 204), srgb(188, 196, 202), srgb(210, 204, 190)]);
    let sheet = hall(Hall::Sheet { pitch: 0.3, upright: true }, tone, tone * 0.78, tone);
    let sheet = scene.add_material(sheet.gloss(0.12));
    let block = srgb(150, 148, 142);
    let plinth = Material::new(Pattern::Noise, block, block * 0.8, block).scale(0.8);
    let plinth = scene.add_material(plinth);
    let curtain = rng.pick(&[srgb(176, 180, 182), srgb(92, 116, 140), srgb(196, 192, 176)]);
    let slats = hall(Hall::Sheet { pitch: 0.11, upright: false }, curtain, curtain * 0.8, curtain);
    let slats = scene.add_material(slats.gloss(0.3));
    let z = plan.half.y + 0.15;
    let mut openings: Vec<(f32, f32, f32)> =
        plan.docks.iter().map(|d| (d.x - DOOR.0, d.x + DOOR.0, DOOR.1)).collect();
    openings.push((plan.gate_x - GATE.0, plan.gate_x + GATE.0, GATE.1));
    openings.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (hx, hz, h) = (plan.half.x, plan.half.y, plan.height);
    let root = &mut scene.root;
    root.label(Class::Wall, 0);
    wall_with_openings(root, plan, z, &openings, plinth, sheet);
    wall_with_openings(root, plan, -z, &[], plinth, sheet);
    for side in [-1.0f32, 1.0] {
        let x = side * (hx + 0.15);
        root.cuboid(Vec3::new(x, -0.05, 0.0), Vec3::new(0.3, 2.3, 2.0 * hz + 0.6), plinth);
        root.cuboid(
            Vec3::new(x, 0.5 * (1.1 + h), 0.0),
            Vec3::new(0.3, h - 1.1, 2.0 * hz + 0.6),
            sheet,
        );
    }
    // Rails that carry the sheets.
    root.label(Class::Wall, 0);
    for i in 1..4 {
        let y = 1.1 + (h - 1.1) * i as f32 / 4.0;
        for side in [-1.0f32, 1.0] {
            let x = side * (hx - 0.07);
            root.cuboid(Vec3::new(x, y, 0.0), Vec3::new(0.14, 0.18, 2.0 * hz), stock.steel);
        }
        root.cuboid(Vec3::new(0.0, y, 0.07 - hz), Vec3::new(2.0 * hx, 0.18, 0.14), stock.steel);
        if y > GATE.1 + 0.6 {
            root.cuboid(Vec3::new(0.0, y, hz - 0.07), Vec3::new(2.0 * hx, 0.18, 0.14), stock.steel);
        }
    }
    for (i, dock) in plan.docks.iter().enumerate() {
        doorway(scene, plan, stock, dock, i + 1, slats);
    }
    gate(scene, rng, plan, stock, slats);
}

/// Curtain, rails, box of the shutter, bumpers, number and leveller of one dock.
fn doorway(
    scene: &mut Scene,
    plan: &Plan,
    stock: &Stock,
    dock: &Dock,
    number: usize,
    slats: MaterialId,
) {
    let (half, top) = DOOR;
    let (x, z) = (dock.x, plan.half.y);
    let word = text(&format!("{number:02}"));
    let board = hall(
        Hall::Board { text: word, height: 0.5 },
        srgb(24, 70, 140),
        srgb(240, 240, 236),
        Vec3::ONE,
    );
    let board = scene.add_material(board.gloss(0.3));
    let floor_word = hall(
        Hall::FloorText { text: word, height: 1.1 },
        srgb(224, 222, 214),
        Vec3::ONE,
        Vec3::ONE,
    );
    let floor_word = scene.add_material(floor_word.satin(0.03, 0.03));
    let plate =
        Material::new(Pattern::Speckle, srgb(96, 98, 100), srgb(70, 70, 72), srgb(120, 120, 122));
    let plate = scene.add_material(plate.scale(0.3).gloss(0.4));
    let root = &mut scene.root;
    let open = match dock.state {
        DockState::Closed => 0.0,
        DockState::Half => 0.45,
        DockState::Trailer | DockState::Open => 1.0,
    };
    root.label(Class::Door, 0);
    let low = top * open;
    if top - low > 0.05 {
        let centre = Vec3::new(x, 0.5 * (low + top), z + 0.02);
        root.cuboid(centre, Vec3::new(2.0 * half, top - low, 0.06), slats);
        let bar = Vec3::new(x, low + 0.06, z + 0.01);
        root.cuboid(bar, Vec3::new(2.0 * half, 0.12, 0.1), stock.dark);
    }
    root.cuboid(
        Vec3::new(x, top + 0.28, z - 0.24),
        Vec3::new(2.0 * half + 0.5, 0.5, 0.46),
        stock.steel,
    );
    for side in [-1.0f32, 1.0] {
        let at = x + side * (half + 0.06);
        root.cuboid(Vec3::new(at, 0.5 * top, z - 0.06), Vec3::new(0.12, top, 0.14), stock.steel);
        let post = Vec3::new(x + side * (half + 0.32), 0.0, z - 0.45);
        root.label(Class::Furniture, 0);
        root.rod(post, post + Vec3::Y * 1.1, 0.08, 1.0, stock.warning);
        root.label(Class::Door, 0);
        // Bumpers outside.
        root.cuboid(
            Vec3::new(x + side * (half - 0.2), -0.35, z + 0.38),
            Vec3::new(0.25, 0.5, 0.18),
            stock.rubber,
        );
    }
    root.label(Class::Sign, 0);
    root.cuboid(Vec3::new(x, top + 0.95, z - 0.05), Vec3::new(0.9, 0.7, 0.04), board);
    root.label(Class::Dock, 0);
    let leveller = Vec3::new(x, 0.004, z - 1.1);
    root.cuboid(leveller, Vec3::new(2.0, 0.006, 2.3), plate);
    for side in [-1.0f32, 1.0] {
        let at = x + side * 1.12;
        paint(root, (at - 0.1, at + 0.1), (z - 2.3, z - 0.1), stock.hatch);
    }
    root.label(Class::Floor, 0);
    root.add(
        Shape::Cuboid,
        Vec3::new(x, 0.5 * PAINT, z - 6.2),
        Quat::IDENTITY,
        Vec3::new(0.9, 0.5 * PAINT, 0.6),
        floor_word,
    );
    for side in [-1.0f32, 1.0] {
        let at = x + side * (half + 0.25);
        paint(root, (at - 0.05, at + 0.05), (z - 5.4, z - 0.6), stock.line_yellow);
    }
    match dock.state {
        DockState::Trailer => yard::trailer(scene, plan, stock, x, number),
        DockState::Open | DockState::Half => {
            // A bar across, so that nobody drives out.
            root.label(Class::Furniture, 0);
            let y = 0.55;
            let (from, to) = (Vec3::new(x - half, y, z - 0.3), Vec3::new(x + half, y, z - 0.3));
            root.rod(from, to, 0.05, 1.0, stock.warning);
        }
        DockState::Closed => {}
    }
}

/// The wide door on floor level with its ramp down to the yard.
fn gate(scene: &mut Scene, rng: &mut Rng, plan: &Plan, stock: &Stock, slats: MaterialId) {
    let (half, top) = GATE;
    let (x, z) = (plan.gate_x, plan.half.y);
    let open = rng.range(0.75, 1.0);
    let block = srgb(128, 126, 121);
    let ramp = Material::new(Pattern::Noise, block, block * 0.75, block).scale(0.6);
    let ramp = scene.add_material(ramp);
    let root = &mut scene.root;
    root.label(Class::Door, 0);
    let low = top * open;
    root.cuboid(
        Vec3::new(x, 0.5 * (low + top), z + 0.02),
        Vec3::new(2.0 * half, (top - low).max(0.05), 0.06),
        slats,
    );
    root.cuboid(
        Vec3::new(x, top + 0.35, z - 0.3),
        Vec3::new(2.0 * half + 0.6, 0.6, 0.56),
        stock.steel,
    );
    for side in [-1.0f32, 1.0] {
        let at = x + side * (half + 0.08);
        root.cuboid(Vec3::new(at, 0.5 * top, z - 0.08), Vec3::new(0.16, top, 0.18), stock.steel);
        root.label(Class::Furniture, 0);
        let post = Vec3::new(x + side * (half + 0.4), 0.0, z - 0.5);
        root.rod(post, post + Vec3::Y * 1.2, 0.11, 1.0, stock.warning);
        root.label(Class::Door, 0);
    }
    // The ramp falls over twelve metres.
    let (length, fall) = (12.0f32, -YARD_Y);
    let slope = (fall / length).atan();
    root.label(Class::Road, 0);
    let centre = Vec3::new(x, -0.5 * fall - 0.15, z + 0.3 + 0.5 * length);
    root.add(
        Shape::Cuboid,
        centre,
        Quat::from_rotation_x(slope),
        Vec3::new(half + 0.4, 0.15, 0.5 * length.hypot(fall)),
        ramp,
    );
    for side in [-1.0f32, 1.0] {
        for step in [0.5, 4.0, 8.0] {
            let at = Vec3::new(x + side * (half + 0.3), -fall * step / length, z + 0.3 + step);
            root.rod(at - Vec3::Y, at + Vec3::Y * 1.0, 0.035, 1.0, stock.yellow);
        }
        let (from, to) = (z + 0.8, z + 8.3);
        let rail = |step: f32| {
            Vec3::new(x + side * (half + 0.3), 1.0 - fall * (step - z - 0.3) / length, step)
        };
        root.rod(rail(from), rail(to), 0.035, 1.0, stock.yellow);
    }
}
