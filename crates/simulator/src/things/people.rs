//! People who walk: one figure in the poses of a step. Built around the origin on Y = 0, facing
//! +X, about 1.75 m high.

use std::f32::consts::{PI, TAU};

use glam::{Quat, Vec3};

use crate::class::Class;
use crate::random::Rng;
use crate::rays::geometry::{Group, MaterialId};
use crate::rays::shape::Shape;
use crate::scene::Scene;
use crate::surface::material::{Material, srgb};
use crate::surface::pattern::Pattern;
use crate::things::props::hsv;

/// Poses of one double step.
pub(crate) const PHASES: usize = 10;
/// Way of one double step, metres.
pub(crate) const DOUBLE_STEP_M: f32 = 1.45;

/// A figure's groups.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figure {
    /// By share of the double step.
    pub walking: [u32; PHASES],
    pub standing: u32,
}

impl Figure {
    /// The pose after so much way.
    pub fn at_way(&self, way_m: f32) -> u32 {
        let share = (way_m / DOUBLE_STEP_M).rem_euclid(1.0);
        self.walking[((share * PHASES as f32) as usize).min(PHASES - 1)]
    }
}

/// What somebody wears.
#[derive(Clone, Copy, Debug)]
struct Dress {
    skin: MaterialId,
    hair: MaterialId,
    top: MaterialId,
    legs: MaterialId,
    shoes: MaterialId,
    extra: MaterialId,
    /// Down to here from the waist, metres; 0 is trousers alone.
    skirt: f32,
    long_hair: bool,
    hat: bool,
    bag: u32,
    broad: f32,
}

/// Somebody who looks like nobody else in particular.
pub(crate) fn person(scene: &mut Scene, rng: &mut Rng) -> Figure {
    let cloth = |scene: &mut Scene, colour: Vec3, rng: &mut Rng| {
        let material =
            Material::new(Pattern::Noise, colour, colour * 0.7, colour).scale(0.35).bump(0.12);
        scene.add_material(material.seed(rng.next_u32()))
    };
    let skin = rng.pick(&[
        srgb(226, 184, 154),
        srgb(208, 160, 126),
        srgb(160, 112, 82),
        srgb(104, 70, 52),
        srgb(238, 200, 172),
    ]);
    let hair = rng.pick(&[
        srgb(38, 28, 22),
        srgb(84, 56, 34),
        srgb(186, 150, 98),
        srgb(22, 20, 20),
        srgb(130, 126, 122),
        srgb(120, 60, 34),
    ]);
    let top = hsv(rng.unit(), rng.range(0.04, 0.5), rng.range(0.16, 0.8));
    let legs = if rng.chance(0.6) {
        hsv(0.6, rng.range(0.1, 0.5), rng.range(0.15, 0.5))
    } else {
        hsv(rng.range(0.05, 0.14), 0.3, rng.range(0.2, 0.7))
    };
    let extra = hsv(rng.unit(), rng.range(0.2, 0.8), rng.range(0.15, 0.7));
    let dress = Dress {
        skin: scene.add_material(Material::plain(skin).scale(0.2)),
        hair: scene.add_material(Material::plain(hair).scale(0.03)),
        top: cloth(scene, top, rng),
        legs: cloth(scene, legs, rng),
        shoes: scene.add_material(Material::plain(rng.pick(&[
            srgb(36, 30, 28),
            srgb(96, 62, 40),
            srgb(210, 208, 204),
        ]))),
        extra: cloth(scene, extra, rng),
        skirt: if rng.chance(0.4) { rng.range(0.3, 0.62) } else { 0.0 },
        long_hair: rng.chance(0.4),
        hat: rng.chance(0.2),
        bag: rng.below(4) as u32,
        broad: rng.range(0.88, 1.14),
    };
    let mut walking = [0; PHASES];
    for (i, group) in walking.iter_mut().enumerate() {
        *group = pose(scene, &dress, TAU * i as f32 / PHASES as f32, 1.0);
    }
    Figure { walking, standing: pose(scene, &dress, 0.9, 0.12) }
}

/// One pose; `swing` is 1 for walking and near 0 for standing.
fn pose(scene: &mut Scene, dress: &Dress, phase: f32, swing: f32) -> u32 {
    const HIP: f32 = 0.9;
    let mut g = Group::of(Class::Person);
    let leg = |side: f32| {
        let p = phase + if side > 0.0 { 0.0 } else { PI };
        let thigh = 0.44 * swing * p.sin();
        let bend = swing * (0.1 + 0.85 * p.cos().max(0.0).powf(1.4));
        let hip = Vec3::new(0.0, HIP, 0.095 * side);
        let down = |angle: f32, length: f32| Vec3::new(angle.sin(), -angle.cos(), 0.0) * length;
        let knee = hip + down(thigh, 0.42);
        (hip, knee, knee + down(thigh - bend, 0.41), thigh - bend)
    };
    let lowest = leg(1.0).2.y.min(leg(-1.0).2.y);
    let lift = Vec3::Y * (0.075 - lowest);
    for side in [-1.0f32, 1.0] {
        let (hip, knee, ankle, angle) = leg(side);
        let (hip, knee, ankle) = (hip + lift, knee + lift, ankle + lift);
        g.rod(knee, hip, 0.062, 1.35, dress.legs);
        g.add(Shape::Sphere, knee, Quat::IDENTITY, Vec3::splat(0.063), dress.legs);
        g.rod(ankle, knee, 0.047, 1.3, dress.legs);
        let tilt = Quat::from_rotation_z((angle * 0.8).min(0.15));
        let foot = ankle + tilt * Vec3::new(0.065, -0.035, 0.0);
        g.add(Shape::Sphere, foot, tilt, Vec3::new(0.14, 0.045, 0.05), dress.shoes);
        // Arms go against the legs.
        let p = phase + if side > 0.0 { PI } else { 0.0 };
        let upper = 0.42 * swing * p.sin();
        let shoulder = Vec3::new(0.0, 1.385, 0.183 * dress.broad * side) + lift;
        let out = Vec3::Z * 0.045 * side;
        let elbow = shoulder + Vec3::new(upper.sin(), -upper.cos(), 0.0) * 0.28 + out;
        let fore = upper + 0.25 + 0.25 * swing;
        let wrist = elbow + Vec3::new(fore.sin(), -fore.cos(), 0.0) * 0.25;
        g.add(Shape::Sphere, shoulder, Quat::IDENTITY, Vec3::splat(0.056), dress.top);
        g.rod(elbow, shoulder, 0.043, 1.35, dress.top);
        g.rod(wrist, elbow, 0.034, 1.25, dress.top);
        g.add(
            Shape::Sphere,
            wrist + (wrist - elbow) * 0.2,
            Quat::IDENTITY,
            Vec3::new(0.04, 0.055, 0.03),
            dress.skin,
        );
        if dress.bag == 1 && side > 0.0 {
            let bag = wrist + Vec3::new(0.0, -0.28, 0.02);
            g.cuboid(bag, Vec3::new(0.3, 0.26, 0.11), dress.extra);
            g.rod(bag + Vec3::Y * 0.12, wrist, 0.012, 1.0, dress.extra);
        }
    }
    torso(&mut g, dress, lift, phase, swing);
    let head = Vec3::new(0.02, 1.64, 0.0) + lift;
    g.rod(head - Vec3::Y * 0.22, head - Vec3::Y * 0.06, 0.052, 1.0, dress.skin);
    g.add(Shape::Sphere, head, Quat::IDENTITY, Vec3::new(0.09, 0.118, 0.077), dress.skin);
    let nose = head + Vec3::new(0.09, -0.015, 0.0);
    g.add(Shape::Sphere, nose, Quat::IDENTITY, Vec3::new(0.018, 0.022, 0.014), dress.skin);
    let cap = head + Vec3::new(-0.022, 0.032, 0.0);
    g.add(Shape::Sphere, cap, Quat::IDENTITY, Vec3::new(0.092, 0.1, 0.086), dress.hair);
    if dress.long_hair {
        let fall = head + Vec3::new(-0.06, -0.09, 0.0);
        g.add(Shape::Sphere, fall, Quat::IDENTITY, Vec3::new(0.05, 0.15, 0.08), dress.hair);
    }
    if dress.hat {
        let brim = head + Vec3::Y * 0.075;
        g.rod(brim, brim + Vec3::Y * 0.015, 0.15, 1.0, dress.extra);
        g.rod(brim, brim + Vec3::Y * 0.1, 0.1, 0.85, dress.extra);
    }
    if dress.bag == 2 {
        let pack = Vec3::new(-0.19, 1.22, 0.0) + lift;
        g.add(Shape::Sphere, pack, Quat::IDENTITY, Vec3::new(0.11, 0.22, 0.16), dress.extra);
    }
    scene.add_group(g)
}

fn torso(g: &mut Group, dress: &Dress, lift: Vec3, phase: f32, swing: f32) {
    const SIDES: usize = 12;
    let rings = [
        (0.86, 0.10, 0.15),
        (0.96, 0.125, 0.17),
        (1.08, 0.112, 0.15),
        (1.28, 0.132, 0.18),
        (1.40, 0.115, 0.195),
        (1.455, 0.075, 0.15),
        (1.50, 0.05, 0.06),
    ];
    // Shoulders turn a little against the hips.
    let twist = |y: f32| 0.12 * swing * (phase + PI).sin() * ((y - 0.9) / 0.5);
    let loft = |g: &mut Group, rings: &[(f32, f32, f32)], material| {
        let mut points = Vec::with_capacity(rings.len() * (SIDES + 1));
        for &(y, deep, wide) in rings {
            let turn = Quat::from_rotation_y(twist(y));
            for s in 0..=SIDES {
                let angle = (s % SIDES) as f32 / SIDES as f32 * TAU;
                let flat = Vec3::new(
                    deep * dress.broad * angle.cos(),
                    0.0,
                    wide * dress.broad * angle.sin(),
                );
                points.push(turn * flat + Vec3::Y * y + lift);
            }
        }
        g.surface(&points, SIDES + 1, material);
    };
    loft(g, &rings, dress.top);
    if dress.skirt > 0.0 {
        let hem = 0.98 - dress.skirt;
        let flare = 0.15 + 0.16 * dress.skirt;
        let sway = 0.1 * swing * phase.sin().abs();
        let skirt = [
            (hem, flare + sway, flare),
            (0.5 * (hem + 1.0), 0.5 * (flare + sway) + 0.07, 0.5 * flare + 0.095),
            (1.0, 0.128, 0.172),
            (1.1, 0.116, 0.156),
        ];
        let material = if dress.skirt > 0.45 { dress.top } else { dress.extra };
        loft(g, &skirt, material);
    }
}
