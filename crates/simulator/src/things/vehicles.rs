//! Cars, built around the origin on Y = 0 with the bonnet towards +X, in metres.

use glam::{Quat, Vec3};

use crate::class::Class;
use crate::light::lamps::Beam;
use crate::rays::geometry::{Group, MaterialId};
use crate::rays::shape::Shape;
use crate::scene::{Lamp, Scene};
use crate::surface::material::{Material, srgb};

/// Half the width of every car, metres.
pub(crate) const CAR_HALF_WIDTH_M: f32 = 0.9;

/// A kind of car.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    Hatchback,
    Saloon,
    Estate,
    Van,
}

impl Body {
    pub const ALL: [Self; 4] = [Self::Hatchback, Self::Saloon, Self::Estate, Self::Van];

    pub const fn half_length_m(self) -> f32 {
        match self {
            Self::Hatchback => 1.98,
            Self::Saloon => 2.3,
            Self::Estate => 2.25,
            Self::Van => 2.5,
        }
    }

    /// Along the car from tail to nose, -1 to 1: top of the lower body and share of the width.
    const fn hull(self) -> &'static [(f32, f32, f32)] {
        match self {
            Self::Hatchback => &[
                (-1.0, 0.60, 0.80),
                (-0.985, 0.82, 0.90),
                (-0.9, 0.93, 0.96),
                (-0.4, 0.96, 1.0),
                (0.3, 0.94, 1.0),
                (0.62, 0.88, 0.98),
                (0.86, 0.78, 0.93),
                (0.97, 0.68, 0.84),
                (1.0, 0.52, 0.74),
            ],
            Self::Saloon => &[
                (-1.0, 0.58, 0.80),
                (-0.985, 0.84, 0.88),
                (-0.93, 0.93, 0.94),
                (-0.5, 0.95, 1.0),
                (0.25, 0.92, 1.0),
                (0.6, 0.86, 0.98),
                (0.87, 0.76, 0.93),
                (0.975, 0.66, 0.84),
                (1.0, 0.50, 0.74),
            ],
            Self::Estate => &[
                (-1.0, 0.62, 0.82),
                (-0.985, 0.92, 0.90),
                (-0.92, 1.02, 0.96),
                (-0.4, 1.04, 1.0),
                (0.28, 1.02, 1.0),
                (0.62, 0.98, 0.98),
                (0.88, 0.90, 0.94),
                (0.98, 0.78, 0.86),
                (1.0, 0.58, 0.78),
            ],
            Self::Van => &[
                (-1.0, 1.30, 0.93),
                (-0.99, 1.84, 0.97),
                (-0.9, 1.92, 1.0),
                (0.2, 1.92, 1.0),
                (0.36, 1.86, 0.99),
                (0.52, 1.22, 0.99),
                (0.82, 1.0, 0.95),
                (0.97, 0.84, 0.87),
                (1.0, 0.60, 0.78),
            ],
        }
    }

    /// Along the car: height of the cabin's glass.
    const fn cabin(self) -> &'static [(f32, f32)] {
        match self {
            Self::Hatchback => &[
                (-0.95, 0.9),
                (-0.76, 1.36),
                (-0.4, 1.46),
                (0.02, 1.45),
                (0.18, 1.36),
                (0.5, 0.86),
            ],
            Self::Saloon => {
                &[(-0.72, 0.9), (-0.42, 1.33), (-0.2, 1.42), (0.06, 1.42), (0.2, 1.34), (0.5, 0.84)]
            }
            Self::Estate => &[
                (-0.97, 0.98),
                (-0.86, 1.5),
                (-0.5, 1.64),
                (0.04, 1.63),
                (0.18, 1.55),
                (0.46, 0.96),
            ],
            Self::Van => &[(0.1, 1.2), (0.2, 1.8), (0.3, 1.845), (0.36, 1.8), (0.56, 1.16)],
        }
    }
}

/// A ring of the hull's skin: half an oval with square shoulders, open below.
fn ring(points: &mut Vec<Vec3>, x: f32, low: f32, high: f32, half: f32, lean: f32, count: usize) {
    for k in 0..=count {
        let angle = std::f32::consts::PI * k as f32 / count as f32;
        let (sin, cos) = angle.sin_cos();
        let up = sin.max(0.0).powf(0.42);
        let out = cos.abs().powf(0.36) * cos.signum();
        points.push(Vec3::new(x, low + (high - low) * up, half * out * (1.0 - lean * up)));
    }
}

/// A car. `lights` says whether its lamps are on in the dark.
pub(crate) fn car(scene: &mut Scene, body: Body, paint: Vec3, lights: bool) -> u32 {
    let paint = scene.add_material(Material::plain(paint).gloss(0.85).mirror(0.06).scale(2.0));
    let glass = scene.add_material(Material::plain(srgb(22, 26, 30)).mirror(0.2));
    let dark = scene.add_material(Material::plain(srgb(22, 22, 24)).gloss(0.2).scale(0.2));
    let steel = scene.add_material(Material::plain(srgb(165, 167, 170)).gloss(0.7).mirror(0.15));
    let plate = scene.add_material(Material::plain(srgb(225, 222, 205)));
    let mut lamp = |colour: Vec3, glow: Vec3| {
        let glow = if lights { glow } else { Vec3::ZERO };
        let material = Material::plain(colour).gloss(0.8).mirror(0.1).glow(glow);
        scene.add_material(Material { night_only: true, ..material })
    };
    let white = lamp(srgb(225, 226, 222), Vec3::new(1.0, 0.93, 0.8) * 9.0);
    let red = lamp(srgb(140, 14, 14), Vec3::new(1.0, 0.05, 0.03) * 3.0);
    let amber = lamp(srgb(190, 100, 20), Vec3::ZERO);
    let (l, w) = (body.half_length_m(), CAR_HALF_WIDTH_M);
    let mut g = Group::of(Class::Car);

    let mut points = Vec::new();
    // The first and the last ring close the ends.
    let hull = body.hull();
    for &(x, top, share) in hull
        .first()
        .map(|&(x, top, _)| (x, top, 0.0))
        .iter()
        .chain(hull)
        .chain(hull.last().map(|&(x, top, _)| (x, top, 0.0)).iter())
    {
        ring(&mut points, x * l, 0.26, top, w * share, 0.06, 12);
    }
    g.surface(&points, 13, paint);
    points.clear();
    for &(x, top) in body.cabin() {
        ring(&mut points, x * l, 0.8, top, w * 0.93, 0.2, 10);
    }
    g.surface(&points, 11, glass);
    g.cuboid(Vec3::new(0.0, 0.3, 0.0), Vec3::new(l * 1.94, 0.16, w * 1.82), dark);
    cabin_frame(&mut g, body, paint, dark);
    wheels(&mut g, body, dark, steel);

    let nose = if body == Body::Van { 0.78 } else { body.hull()[6].1 - 0.12 };
    let tail = if body == Body::Van { 0.95 } else { body.hull()[1].1 - 0.08 };
    for side in [-1.0f32, 1.0] {
        let oval = |g: &mut Group, at: Vec3, half: Vec3, material| {
            g.add(Shape::Sphere, at, Quat::IDENTITY, half, material);
        };
        oval(&mut g, Vec3::new(l * 0.945, nose, 0.66 * side), Vec3::new(0.12, 0.09, 0.19), white);
        oval(
            &mut g,
            Vec3::new(l * 0.95, nose - 0.2, 0.7 * side),
            Vec3::new(0.08, 0.04, 0.08),
            amber,
        );
        oval(&mut g, Vec3::new(-l * 0.965, tail, 0.7 * side), Vec3::new(0.1, 0.15, 0.13), red);
        // Mirrors, handles and the seams of the doors.
        let belt = body.hull()[4].1;
        let door = if body == Body::Van { 0.3 } else { 0.34 };
        oval(
            &mut g,
            Vec3::new(l * door, belt.min(1.12) + 0.08, (w + 0.09) * side),
            Vec3::new(0.08, 0.08, 0.11),
            paint,
        );
        for x in [door + 0.02, door - 0.44, door - 0.86] {
            g.cuboid(Vec3::new(x * l, 0.62, w * 0.985 * side), Vec3::new(0.012, 0.52, 0.035), dark);
        }
        for x in [door - 0.38, door - 0.8] {
            g.cuboid(Vec3::new(x * l, 0.8, w * 0.99 * side), Vec3::new(0.17, 0.025, 0.05), steel);
        }
    }
    g.cuboid(Vec3::new(l * 0.985, nose - 0.09, 0.0), Vec3::new(0.08, 0.13, 0.8), dark);
    g.cuboid(Vec3::new(l * 0.985, 0.36, 0.0), Vec3::new(0.08, 0.12, 1.2), dark);
    g.cuboid(Vec3::new(l * 1.0, 0.47, 0.0), Vec3::new(0.08, 0.11, 0.46), plate);
    g.cuboid(Vec3::new(-l * 0.985, 0.34, 0.0), Vec3::new(0.07, 0.12, 1.3), dark);
    g.cuboid(Vec3::new(-l * 1.0, tail - 0.16, 0.0), Vec3::new(0.06, 0.11, 0.46), plate);
    let group = scene.add_group(g);
    if lights {
        let beam = Beam { dir: Vec3::new(1.0, -0.13, 0.0).normalize(), cos_edge: 0.78 };
        let head = Lamp {
            position: Vec3::new(l + 0.15, nose, 0.0),
            power: Vec3::new(1.0, 0.92, 0.78) * 16.0,
            clear_m: 0.1,
            night_only: true,
            radius: 0.3,
            beam: Some(beam),
        };
        scene.equip(group, vec![head]);
    }
    group
}

/// Roof panel and pillars around the glass.
fn cabin_frame(g: &mut Group, body: Body, paint: MaterialId, dark: MaterialId) {
    let (l, w) = (body.half_length_m(), CAR_HALF_WIDTH_M);
    let cabin = body.cabin();
    let at = |i: usize, side: f32, up: f32| {
        let (x, y) = cabin[i];
        let (foot, top) = (w * 0.86, w * 0.7);
        Vec3::new(x * l, y + up, (foot + (top - foot) * if up == 0.0 { 1.0 } else { 0.0 }) * side)
    };
    let last = cabin.len() - 1;
    if body == Body::Van {
        // Side windows of the cab are all the glass there is.
        for side in [-1.0, 1.0] {
            g.cuboid(Vec3::new(0.22 * l, 1.45, w * 0.965 * side), Vec3::new(0.8, 0.5, 0.05), dark);
        }
        return;
    }
    let mut roof = Vec::new();
    for &(x, y) in &cabin[1..last] {
        for k in 0..=6 {
            let z = (k as f32 / 3.0 - 1.0) * w * 0.75;
            let drop = (z / (w * 0.75)).abs().powi(4) * 0.07;
            roof.push(Vec3::new(x * l, y + 0.022 - drop, z));
        }
    }
    g.surface(&roof, 7, paint);
    for side in [-1.0f32, 1.0] {
        for (a, b) in [(last, last - 1), (0, 1)] {
            let (foot, top) = (at(a, side, 1e-3), at(b, side, 0.0));
            g.rod(foot - Vec3::Y * 0.02, top - Vec3::Y * 0.03, 0.038, 0.8, paint);
        }
        for x in [-0.12, -0.5] {
            if x > cabin[1].0 {
                let y = cabin[2].1;
                g.rod(
                    Vec3::new(x * l, 0.92, w * 0.885 * side),
                    Vec3::new((x - 0.02) * l, y - 0.06, w * 0.715 * side),
                    0.045,
                    0.9,
                    dark,
                );
            }
        }
    }
}

fn wheels(g: &mut Group, body: Body, dark: MaterialId, steel: MaterialId) {
    let (l, w) = (body.half_length_m(), CAR_HALF_WIDTH_M);
    for x in [-l * 0.6, l * 0.64] {
        for side in [-1.0f32, 1.0] {
            let out = Vec3::Z * side;
            let hub = Vec3::new(x, 0.33, 0.0);
            g.rod(
                hub + Vec3::Y * 0.03 + out * 0.5,
                hub + Vec3::Y * 0.03 + out * (w * 0.995),
                0.39,
                1.0,
                dark,
            );
            g.rod(hub + out * 0.6, hub + out * (w + 0.02), 0.325, 0.97, dark);
            g.rod(hub + out * 0.7, hub + out * (w + 0.028), 0.21, 0.94, steel);
            for spoke in 0..5 {
                let turn = spoke as f32 * 1.2566 + 0.3;
                let dir = Vec3::new(turn.cos(), turn.sin(), 0.0);
                g.rod(
                    hub + dir * 0.12 + out * (w + 0.026),
                    hub + dir * 0.19 + out * (w + 0.026),
                    0.028,
                    1.0,
                    dark,
                );
            }
        }
    }
}
