//! Hikers on the trail, birds over the slopes and cabins of cableways.
//!
//! Where they are follows from the time alone; the eye only decides which of them are near enough
//! to be there.

use std::f32::consts::TAU;

use glam::{Affine3A, Quat, Vec2, Vec3};

use super::bridge::DECK_M;
use super::cableway::{Cableway, CablewayGroups};
use super::country::{CABLEWAY_M, SITE_M};
use crate::class::Class;
use crate::random::Rng;
use crate::rays::geometry::Group;
use crate::rays::shape::Shape;
use crate::scene::{Mover, Scene};
use crate::scenes::mountain::relief::Relief;
use crate::surface::material::{Material, srgb};
use crate::surface::noise::{hash, hash_unit};
use crate::surface::pattern::Pattern;
use crate::things::props::hsv;

/// Side of the squares that may have a flock, metres.
const FLOCK_M: f32 = 500.0;
const BIRDS: i32 = 5;
/// Hikers turn round this far from their square's part of the trail, in steps of `PACE_M`.
const WAY_STEPS: usize = 56;
const PACE_M: f32 = 2.5;
/// Poses of a stride, and of a beat of wings.
const POSES: usize = 6;

/// A hiker's way along the trail and the lengths to each of its points.
#[derive(Clone, Debug)]
struct Way {
    points: Vec<Vec3>,
    seed: u32,
}

#[derive(Clone, Copy, Debug)]
struct Flock {
    middle: Vec3,
    seed: u32,
}

#[derive(Debug)]
pub(super) struct Traffic {
    relief: Relief,
    seed: u32,
    hikers: [[u32; POSES]; 3],
    bird: [u32; POSES],
    cableway: CablewayGroups,
    ways: Vec<Way>,
    flocks: Vec<Flock>,
    lines: Vec<Cableway>,
    /// Cell that the lists were gathered for.
    gathered: Option<[i32; 2]>,
    movers: Vec<Mover>,
}

impl Traffic {
    pub fn new(
        scene: &mut Scene,
        rng: &mut Rng,
        relief: Relief,
        cableway: CablewayGroups,
        seed: u32,
    ) -> Self {
        let hikers = std::array::from_fn(|_| hiker(scene, rng));
        let bird = bird(scene);
        Self {
            relief,
            seed,
            hikers,
            bird,
            cableway,
            ways: Vec::new(),
            flocks: Vec::new(),
            lines: Vec::new(),
            gathered: None,
            movers: Vec::new(),
        }
    }

    /// Looks up who and what lives around an eye.
    pub fn gather(&mut self, eye: Vec3) {
        const CELL_M: f32 = 64.0;
        let cell = (Vec2::new(eye.x, eye.z) / CELL_M).round();
        let key = [cell.x as i32, cell.y as i32];
        if self.gathered == Some(key) {
            return;
        }
        self.gathered = Some(key);
        let middle = cell * CELL_M;
        let (relief, seed) = (self.relief, self.seed);
        let ring = |side_m: f32, reach_m: f32| {
            let low = ((middle - reach_m) / side_m).floor().as_ivec2();
            let high = ((middle + reach_m) / side_m).floor().as_ivec2();
            (low.y..=high.y).flat_map(move |z| (low.x..=high.x).map(move |x| (x, z)))
        };
        self.ways.clear();
        self.ways.extend(ring(SITE_M, 500.0).filter_map(|(x, z)| way(&relief, seed, x, z)));
        self.flocks.clear();
        self.flocks.extend(ring(FLOCK_M, 700.0).filter_map(|(x, z)| {
            let seed = hash(x, 41, z, seed);
            let at = (Vec2::new(x as f32, z as f32) + 0.5) * FLOCK_M;
            let ground = relief.height(at.x, at.y, 16.0).max(0.0);
            let high = ground + 28.0 + 50.0 * hash_unit(x, 43, z, seed);
            (hash_unit(x, 42, z, seed) < 0.55)
                .then_some(Flock { middle: Vec3::new(at.x, high, at.y), seed })
        }));
        self.lines.clear();
        self.lines.extend(
            ring(CABLEWAY_M, 2200.0).filter_map(|(x, z)| Cableway::find(&relief, seed, x, z)),
        );
    }

    /// Puts everything where it is at a time.
    pub fn place(&mut self, scene: &mut Scene, time_secs: f64) {
        self.movers.clear();
        for line in &self.lines {
            line.cabins(&self.cableway, time_secs, &mut self.movers);
        }
        for flock in &self.flocks {
            for i in 0..BIRDS {
                self.movers.push(fly(flock, &self.bird, i, time_secs));
            }
        }
        for way in &self.ways {
            for i in 0..2 {
                self.movers.extend(walk(way, &self.hikers, i, time_secs));
            }
        }
        scene.set_movers(&self.movers);
    }
}

/// A bird on its circle.
fn fly(flock: &Flock, poses: &[u32; POSES], i: i32, time_secs: f64) -> Mover {
    let unit = |k: i32| hash_unit(i, k, 44, flock.seed);
    let radius = 16.0 + 45.0 * unit(1);
    let turn_secs = f64::from(TAU * radius / (7.0 + 3.0 * unit(2)));
    let phase = ((time_secs / turn_secs).fract() as f32 + unit(3)).fract() * TAU;
    let rise = 5.0 * (phase * 2.0 + TAU * unit(4)).sin();
    let at =
        flock.middle + Vec3::new(phase.cos() * radius, rise + 12.0 * unit(5), phase.sin() * radius);
    // Wings beat for a third of the time.
    let beat = (time_secs / 6.0 + f64::from(unit(6))).fract();
    let pose = if beat < 0.33 { ((beat * 6.0 * 2.6).fract() * POSES as f64) as usize } else { 1 };
    // Ahead is +X, and the circle leans inwards.
    let heading = Quat::from_rotation_y(-phase - TAU * 0.25);
    let lean = Quat::from_rotation_x(0.45);
    Mover {
        instance: hash(i, 45, 0, flock.seed) | 1,
        group: poses[pose.min(POSES - 1)],
        world_from_local: Affine3A::from_rotation_translation(heading * lean, at),
        scale: Vec3::ONE,
    }
}

/// The way of a square's hikers, if the trail comes through it.
fn way(relief: &Relief, seed: u32, x: i32, z: i32) -> Option<Way> {
    let seed = hash(x, 51, z, seed);
    if hash_unit(x, 52, z, seed) > 0.7 {
        return None;
    }
    let unit = |i| 0.2 + 0.6 * hash_unit(x, i, z, seed);
    let start = (Vec2::new(x as f32, z as f32) + Vec2::new(unit(53), unit(54))) * SITE_M;
    let start = relief.on_trail(start)?;
    if (start / SITE_M).floor() != Vec2::new(x as f32, z as f32) {
        return None;
    }
    let mut points = Vec::with_capacity(WAY_STEPS);
    let (_, slope) = relief.trail_slope(start);
    let (mut p, mut dir) = (start, slope.perp().normalize_or(Vec2::X));
    for _ in 0..WAY_STEPS {
        let valley = relief.valley(p);
        let mut y = relief.height_in(p, &valley, 1.0);
        if valley.river_m.abs() < valley.water_half_m + 8.0 && valley.side.abs() < 0.97 {
            y = y.max(DECK_M + 0.2);
        }
        points.push(Vec3::new(p.x, y, p.y));
        let (away, slope) = relief.trail_slope(p);
        let tangent = slope.perp().normalize_or(dir);
        dir = if tangent.dot(dir) < 0.0 { -tangent } else { tangent };
        p += dir * PACE_M - slope * (away / slope.length_squared().max(0.1)).clamp(-1.0, 1.0);
    }
    Some(Way { points, seed })
}

/// A hiker who goes to the end of the way and back.
fn walk(way: &Way, looks: &[[u32; POSES]; 3], i: i32, time_secs: f64) -> Option<Mover> {
    let unit = |k: i32| hash_unit(i, k, 55, way.seed);
    let speed_mps = 1.0 + 0.5 * unit(1);
    let length_m = (way.points.len() as f32 - 1.0) * PACE_M;
    let round_secs = f64::from(2.0 * length_m / speed_mps);
    let turn = 2.0 * ((time_secs / round_secs).fract() as f32 + unit(2)).fract();
    let (along_m, back) =
        if turn < 1.0 { (turn * length_m, false) } else { ((2.0 - turn) * length_m, true) };
    let at = along_m / PACE_M;
    let index = (at as usize).min(way.points.len().checked_sub(2)?);
    let (a, b) = (way.points[index], way.points[index + 1]);
    let ahead = if back { a - b } else { b - a };
    let position = a.lerp(b, (at - index as f32).clamp(0.0, 1.0));
    // One stride of both feet is 1.4 m.
    let stride = (along_m / 1.4).fract() * POSES as f32;
    let look = &looks[(hash(i, 56, 0, way.seed) % 3) as usize];
    let heading = Quat::from_rotation_y((-ahead.z).atan2(ahead.x));
    // People keep to the right.
    let right = heading * Vec3::Z * 0.3;
    Some(Mover {
        instance: hash(i, 57, 0, way.seed) | 1,
        group: look[(stride as usize).min(POSES - 1)],
        world_from_local: Affine3A::from_rotation_translation(heading, position + right),
        scale: Vec3::ONE,
    })
}

/// A dark bird with a span of 1.4 m that flies along +X, per pose of its wings.
fn bird(scene: &mut Scene) -> [u32; POSES] {
    let black = scene.add_material(Material::plain(srgb(34, 33, 36)).gloss(0.2));
    let bill = scene.add_material(Material::plain(srgb(220, 170, 40)));
    std::array::from_fn(|pose| {
        let up = (pose as f32 / POSES as f32 * TAU).cos() * 0.45 + 0.12;
        let mut g = Group::of(Class::Animal);
        g.add(Shape::Sphere, Vec3::ZERO, Quat::IDENTITY, Vec3::new(0.24, 0.08, 0.08), black);
        g.add(Shape::Sphere, Vec3::new(0.24, 0.03, 0.0), Quat::IDENTITY, Vec3::splat(0.065), black);
        g.rod(Vec3::new(0.28, 0.03, 0.0), Vec3::new(0.38, 0.02, 0.0), 0.02, 0.1, bill);
        let tail =
            [Vec3::new(-0.2, 0.0, 0.0), Vec3::new(-0.46, 0.0, 0.1), Vec3::new(-0.46, 0.0, -0.1)];
        g.triangle(tail, [Vec3::Y; 3], black);
        for s in [-1.0f32, 1.0] {
            let elbow = Vec3::new(0.06, 0.32 * up.sin(), s * 0.32 * up.cos());
            let hand = up * 0.5;
            let tip = elbow + Vec3::new(-0.12, 0.4 * hand.sin(), s * 0.4 * hand.cos());
            let (front, rear) = (Vec3::new(0.12, 0.02, s * 0.05), Vec3::new(-0.12, 0.02, s * 0.05));
            let trailing = elbow - Vec3::X * 0.24;
            for corners in [[front, elbow, rear], [rear, elbow, trailing], [elbow, tip, trailing]] {
                let n = (corners[1] - corners[0]).cross(corners[2] - corners[0]);
                let n = n.normalize_or(Vec3::Y);
                g.triangle(corners, [n; 3], black);
            }
        }
        scene.add_group(g)
    })
}

/// A hiker with a rucksack who walks along +X, per pose of the stride.
fn hiker(scene: &mut Scene, rng: &mut Rng) -> [u32; POSES] {
    let mut cloth = |hue: f32, s: f32, v: f32| {
        let colour = hsv(hue, s, v);
        let fabric = Pattern::Fabric { thread: 0.004 };
        scene.add_material(Material::new(fabric, colour, colour * 0.7, Vec3::ZERO).scale(0.2))
    };
    let (hue, pack_hue) = (rng.unit(), rng.unit());
    let jacket = cloth(hue, rng.range(0.5, 0.9), rng.range(0.5, 0.9));
    let pack = cloth(pack_hue, 0.8, 0.7);
    let trousers = cloth(0.09, rng.range(0.1, 0.4), rng.range(0.25, 0.5));
    let hair = cloth(0.07, 0.5, rng.range(0.15, 0.5));
    let skin = scene.add_material(Material::plain(rng.pick(&[
        srgb(224, 182, 150),
        srgb(164, 114, 84),
        srgb(96, 66, 50),
    ])));
    let boots = scene.add_material(Material::plain(srgb(70, 50, 36)));
    std::array::from_fn(|pose| {
        let swing = pose as f32 / POSES as f32 * TAU;
        let mut g = Group::of(Class::Person);
        let ball = |g: &mut Group, at: Vec3, size: Vec3, material| {
            g.add(Shape::Sphere, at, Quat::IDENTITY, size, material);
        };
        for s in [-1.0f32, 1.0] {
            let (along, lift) = ((swing).sin() * s, (swing.cos() * s).max(0.0));
            let hip = Vec3::new(0.0, 0.92, 0.09 * s);
            let foot = Vec3::new(0.34 * along, 0.07 + 0.13 * lift, 0.1 * s);
            let knee = hip.lerp(foot, 0.5) + Vec3::X * (0.05 + 0.1 * lift);
            g.rod(foot, knee, 0.055, 1.3, trousers);
            g.rod(knee, hip, 0.075, 1.15, trousers);
            ball(&mut g, foot + Vec3::new(0.06, -0.01, 0.0), Vec3::new(0.15, 0.065, 0.06), boots);
            let shoulder = Vec3::new(0.02, 1.42, 0.21 * s);
            let elbow = shoulder + Vec3::new(-0.16 * along, -0.28, 0.05 * s);
            let hand = elbow + Vec3::new(0.16 - 0.1 * along, -0.2, 0.0);
            g.rod(shoulder, elbow, 0.055, 0.85, jacket);
            g.rod(elbow, hand, 0.045, 0.8, jacket);
            ball(&mut g, hand, Vec3::splat(0.045), skin);
            // A stick in each hand, its point behind the step.
            let tip = Vec3::new(hand.x - 0.1 + 0.12 * along, 0.02, 0.3 * s);
            g.rod(tip, hand + Vec3::new(0.02, 0.12, 0.0), 0.01, 1.0, boots);
            // Straps of the pack.
            let strap = Vec3::new(0.128, 1.28, 0.1 * s);
            g.cuboid(strap, Vec3::new(0.02, 0.28, 0.045), pack);
        }
        let turn = Quat::IDENTITY;
        let trunk = Vec3::new(0.112, 0.25, 0.158);
        g.add(Shape::Frustum { top: 1.16 }, Vec3::new(0.0, 1.17, 0.0), turn, trunk, jacket);
        let hem = Vec3::new(0.122, 0.03, 0.168);
        g.add(Shape::Frustum { top: 1.0 }, Vec3::new(0.0, 0.94, 0.0), turn, hem, jacket);
        ball(&mut g, Vec3::new(0.0, 1.41, 0.0), Vec3::new(0.12, 0.085, 0.205), jacket);
        g.cuboid(Vec3::new(0.125, 1.17, 0.0), Vec3::new(0.012, 0.46, 0.014), boots);
        g.rod(Vec3::new(0.0, 1.43, 0.0), Vec3::new(0.005, 1.51, 0.0), 0.068, 0.95, jacket);
        ball(&mut g, Vec3::new(0.0, 0.94, 0.0), Vec3::new(0.13, 0.14, 0.17), trousers);
        g.cuboid(Vec3::new(-0.2, 1.27, 0.0), Vec3::new(0.2, 0.46, 0.32), pack);
        g.rod(Vec3::new(-0.2, 1.54, -0.2), Vec3::new(-0.2, 1.54, 0.2), 0.07, 1.0, pack);
        g.rod(Vec3::new(0.0, 1.42, 0.0), Vec3::new(0.01, 1.56, 0.0), 0.055, 1.0, skin);
        ball(&mut g, Vec3::new(0.02, 1.65, 0.0), Vec3::new(0.1, 0.12, 0.085), skin);
        ball(&mut g, Vec3::new(-0.02, 1.665, 0.0), Vec3::new(0.1, 0.11, 0.091), hair);
        ball(&mut g, Vec3::new(0.12, 1.635, 0.0), Vec3::new(0.022, 0.022, 0.016), skin);
        // A hat with a brim.
        ball(&mut g, Vec3::new(0.005, 1.715, 0.0), Vec3::new(0.104, 0.085, 0.097), pack);
        let brim = Vec3::new(0.165, 0.012, 0.15);
        g.add(Shape::Frustum { top: 0.94 }, Vec3::new(0.015, 1.705, 0.0), turn, brim, pack);
        scene.add_group(g)
    })
}
