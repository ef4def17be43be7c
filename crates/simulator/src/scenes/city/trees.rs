//! Trees as a town keeps them: a straight trunk that people can walk under, and a full crown.

use std::f32::consts::{PI, TAU};

use glam::{EulerRot, Quat, Vec3};

use crate::class::Class;
use crate::random::Rng;
use crate::rays::geometry::Group;
use crate::rays::shape::Shape;
use crate::scene::Scene;
use crate::surface::material::{Material, srgb};
use crate::surface::pattern::Pattern;
use crate::surface::season::Growth;
use crate::things::props::hsv;

/// Height of the lowest leaves, metres.
const CLEAR_M: f32 = 2.7;

/// The same tree for near and for far.
#[derive(Clone, Copy, Debug)]
pub(super) struct StreetTree {
    pub near: u32,
    pub far: u32,
}

/// A tree 6 to 9 m high with a round or an oval crown.
pub(super) fn street_tree(scene: &mut Scene, rng: &mut Rng) -> StreetTree {
    let bark = rng.pick(&[srgb(104, 92, 78), srgb(126, 118, 104), srgb(86, 72, 60)]);
    let bark = Material::new(Pattern::Wood, bark, bark * 0.5, bark).scale(0.3).bump(0.4);
    let bark = scene.add_material(bark);
    let green = hsv(rng.range(0.2, 0.27), rng.range(0.42, 0.6), rng.range(0.36, 0.5));
    let leaf = Material::new(Pattern::Leaves, green, green * Vec3::new(1.5, 1.35, 0.8), green);
    let leaf = leaf.thin().seed(rng.next_u32()).grows(Growth::Leaves);
    let leaf = scene.add_material(leaf);
    let tall = rng.range(6.2, 9.0);
    let half = Vec3::new(rng.range(1.7, 2.4), 0.5 * (tall - CLEAR_M), rng.range(1.7, 2.4));
    let middle = Vec3::Y * (CLEAR_M + half.y);
    let thick = rng.range(0.1, 0.16);
    let mut near = Group::of(Class::Tree);
    let mut far = Group::of(Class::Tree);
    for g in [&mut near, &mut far] {
        g.rod(Vec3::Y * -0.3, Vec3::Y * (CLEAR_M + 0.6), thick, 0.75, bark);
    }
    let mut tips = Vec::new();
    for i in 0..9 {
        let angle = i as f32 * 2.4 + rng.range(-0.3, 0.3);
        let up = rng.range(-0.7, 0.9);
        let out = (1.0 - up * up).sqrt() * 0.72;
        let tip = middle + half * Vec3::new(angle.cos() * out, up * 0.85, angle.sin() * out);
        let fork = Vec3::Y * (CLEAR_M + rng.range(-0.4, 0.7));
        near.rod(fork, tip, thick * 0.42, 0.3, bark);
        tips.push(tip);
        tips.push(fork.lerp(tip, 0.65));
    }
    // Leaves stand mostly near the outside of the crown.
    let cards = |g: &mut Group, rng: &mut Rng, count: usize, size: f32| {
        for i in 0..count {
            let at = if i % 3 == 0 {
                let spread = Vec3::new(rng.normal(), rng.normal(), rng.normal()) * 0.4;
                tips[rng.below(tips.len())] + spread
            } else {
                let angle = i as f32 * 2.399;
                let up = 1.0 - 2.0 * (i as f32 + 0.5) / count as f32;
                let out = (1.0 - up * up).sqrt();
                let away = rng.range(0.72, 0.98);
                middle + half * Vec3::new(angle.cos() * out, up, angle.sin() * out) * away
            };
            let turn = Quat::from_euler(
                EulerRot::YXZ,
                rng.range(0.0, TAU),
                rng.range(-PI, PI),
                rng.range(-PI, PI),
            );
            let s = size * rng.range(0.75, 1.25);
            let seed = rng.next_u32();
            g.add(Shape::Spray { seed, bare: false }, at, turn, Vec3::new(s, s, 1.0), leaf);
        }
    };
    cards(&mut near, rng, 150, 0.62);
    cards(&mut far, rng, 34, 1.25);
    StreetTree { near: scene.add_group(near), far: scene.add_group(far) }
}
