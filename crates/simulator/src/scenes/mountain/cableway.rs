//! Cable cars from the valley to the heights.

use glam::{Affine3A, Quat, Vec2, Vec3};

use super::country::CABLEWAY_M;
use crate::class::Class;
use crate::random::Rng;
use crate::rays::geometry::Group;
use crate::rays::shape::Shape;
use crate::scene::{Mover, Scene};
use crate::scenes::mountain::relief::Relief;
use crate::surface::material::{Material, srgb};
use crate::surface::noise::{hash, hash_unit};
use crate::surface::pattern::Pattern;

const PYLONS: usize = 7;
/// Between the rope that goes up and the one that goes down, metres.
const GAUGE_M: f32 = 4.4;
const SPEED_MPS: f32 = 5.5;
/// Distance between cabins on the rope, metres.
const SPACING_M: f32 = 130.0;

/// Shared parts of all cableways.
#[derive(Clone, Copy, Debug)]
pub(super) struct CablewayGroups {
    cabin: u32,
    pylon: u32,
    station: u32,
    rope: crate::rays::geometry::MaterialId,
}

impl CablewayGroups {
    pub fn new(scene: &mut Scene, rng: &mut Rng) -> Self {
        let steel = scene.add_material(Material::plain(srgb(120, 124, 126)).gloss(0.4));
        let rope = scene.add_material(Material::plain(srgb(58, 60, 62)));
        let paint = rng.pick(&[srgb(196, 40, 30), srgb(230, 170, 30), srgb(36, 96, 150)]);
        let paint = scene.add_material(Material::plain(paint).gloss(0.5).mirror(0.04));
        let glass = Material::plain(srgb(30, 38, 44)).mirror(0.2);
        let glow = glass.glow(Vec3::new(1.0, 0.9, 0.7) * 0.8);
        let glass = scene.add_material(Material { night_only: true, ..glow });
        let concrete = scene.add_material(
            Material::new(Pattern::Noise, srgb(160, 156, 150), srgb(120, 116, 112), Vec3::ZERO)
                .scale(1.5),
        );
        let slate = scene.add_material(Material::new(
            Pattern::Shingles { size: 0.5 },
            srgb(92, 94, 98),
            srgb(60, 62, 66),
            Vec3::ZERO,
        ));
        // Local origin of cabin and pylon: the rope.
        let mut cabin = Group::of(Class::Car);
        cabin.rod(Vec3::ZERO, Vec3::new(0.0, -1.5, 0.0), 0.06, 1.0, steel);
        cabin.cuboid(Vec3::new(0.0, -1.6, 0.0), Vec3::new(1.9, 0.16, 1.7), paint);
        cabin.cuboid(Vec3::new(0.0, -2.3, 0.0), Vec3::new(1.94, 1.1, 1.74), glass);
        cabin.cuboid(Vec3::new(0.0, -3.1, 0.0), Vec3::new(2.0, 0.7, 1.8), paint);
        for (x, z) in [(-0.97, -0.87), (0.97, -0.87), (-0.97, 0.87), (0.97, 0.87)] {
            cabin.cuboid(Vec3::new(x, -2.4, z), Vec3::new(0.1, 1.6, 0.1), paint);
        }
        let mut pylon = Group::of(Class::Building);
        pylon.rod(Vec3::new(0.0, -40.0, 0.0), Vec3::new(0.0, -0.2, 0.0), 0.75, 0.55, steel);
        let half = GAUGE_M * 0.5;
        pylon.cuboid(Vec3::new(0.0, 0.0, 0.0), Vec3::new(0.5, 0.4, GAUGE_M + 1.2), steel);
        for z in [-half, half] {
            pylon.rod(Vec3::new(-1.4, -0.25, z), Vec3::new(1.4, -0.25, z), 0.16, 1.0, steel);
        }
        let mut station = Group::of(Class::Building);
        station.cuboid(Vec3::new(0.0, -3.0, 0.0), Vec3::new(9.0, 12.0, 11.0), concrete);
        station.cuboid(Vec3::new(0.0, 4.2, 0.0), Vec3::new(9.2, 2.4, 11.2), glass);
        station.add(
            Shape::Gable,
            Vec3::new(0.0, 6.9, 0.0),
            Quat::IDENTITY,
            Vec3::new(6.0, 1.6, 6.8),
            slate,
        );
        Self {
            cabin: scene.add_group(cabin),
            pylon: scene.add_group(pylon),
            station: scene.add_group(station),
            rope,
        }
    }
}

/// One line: the tops of its pylons from the valley upwards.
#[derive(Clone, Debug)]
pub(super) struct Cableway {
    tops: [Vec3; PYLONS],
    seed: u32,
}

impl Cableway {
    /// The cableway of a square of the country, if it has one.
    pub fn find(relief: &Relief, seed: u32, x: i32, z: i32) -> Option<Self> {
        let seed = hash(x, 31, z, seed);
        let unit = |i| 0.2 + 0.6 * hash_unit(x, i, z, seed);
        let start = (Vec2::new(x as f32, z as f32) + Vec2::new(unit(32), unit(33))) * CABLEWAY_M;
        let gate = relief.on_trail(start)?;
        if (gate / CABLEWAY_M).floor() != Vec2::new(x as f32, z as f32) {
            return None;
        }
        let valley = relief.valley(gate);
        let (_, slope) = relief.trail_slope(gate);
        let uphill = slope.normalize_or_zero() * valley.river_m.signum();
        let low = gate + uphill * 60.0;
        // The best of a few ways up.
        let mut best = (0.0, low);
        for i in 0..15 {
            let dir = Vec2::from_angle((i % 5) as f32 * 0.3 - 0.6).rotate(uphill);
            let high = low + dir * (500.0 + 170.0 * (i / 5) as f32);
            let gain = relief.height(high.x, high.y, 8.0) / high.distance(low).max(1.0);
            if gain > best.0 {
                best = (gain, high);
            }
        }
        let (gain, high) = best;
        if gain < 0.3 {
            return None;
        }
        let mut tops = std::array::from_fn(|i| {
            let p = low.lerp(high, i as f32 / (PYLONS - 1) as f32);
            let up = if i == 0 || i == PYLONS - 1 { 4.2 } else { 13.0 };
            Vec3::new(p.x, relief.height(p.x, p.y, 4.0).max(0.0) + up, p.y)
        });
        // Cabins must clear the ground between pylons, too.
        for i in 0..PYLONS - 1 {
            for k in 1..8 {
                let p = tops[i].lerp(tops[i + 1], k as f32 / 8.0);
                let lack = relief.height(p.x, p.z, 4.0) + 6.5 - p.y;
                if lack > 0.0 {
                    for j in [i, i + 1] {
                        if j != 0 && j != PYLONS - 1 {
                            tops[j].y += lack;
                        }
                    }
                }
            }
        }
        Some(Self { tops, seed })
    }

    fn across(&self) -> Vec3 {
        let way = self.tops[PYLONS - 1] - self.tops[0];
        Vec3::new(-way.z, 0.0, way.x).normalize_or(Vec3::X) * (GAUGE_M * 0.5)
    }

    fn heading(&self) -> Quat {
        let way = self.tops[PYLONS - 1] - self.tops[0];
        Quat::from_rotation_y((-way.z).atan2(way.x))
    }

    /// Height that a rope sags between pylons at share `t` of a span.
    fn sag(span: f32, t: f32) -> f32 {
        span * 0.045 * 4.0 * t * (1.0 - t)
    }

    pub fn build(&self, group: &mut Group, parts: &CablewayGroups) {
        let (across, turn) = (self.across(), self.heading());
        group.label(Class::Building, self.seed | 1);
        for (i, top) in self.tops.iter().enumerate() {
            if i == 0 || i == PYLONS - 1 {
                group.place(parts.station, *top - Vec3::Y * 4.2, turn, Vec3::ONE);
            } else {
                group.place(parts.pylon, *top, turn, Vec3::ONE);
            }
        }
        for side in [-1.0f32, 1.0] {
            for pair in self.tops.windows(2) {
                let span = pair[0].distance(pair[1]);
                let at = |k: i32| {
                    let t = k as f32 / 6.0;
                    pair[0].lerp(pair[1], t) + across * side - Vec3::Y * Self::sag(span, t)
                };
                for k in 0..6 {
                    group.rod(at(k), at(k + 1), 0.035, 1.0, parts.rope);
                }
            }
        }
    }

    /// Where the cabins are at a time.
    pub fn cabins(&self, parts: &CablewayGroups, time_secs: f64, movers: &mut Vec<Mover>) {
        let lengths: [f32; PYLONS - 1] =
            std::array::from_fn(|i| self.tops[i].distance(self.tops[i + 1]));
        let way_m: f32 = lengths.iter().sum();
        let count = ((2.0 * way_m / SPACING_M) as u32).clamp(2, 24);
        let done = (time_secs * f64::from(SPEED_MPS / way_m) / 2.0).fract() as f32;
        for i in 0..count {
            // 0..1 up on one side, 1..2 down on the other.
            let loop_at = 2.0 * (done + i as f32 / count as f32).fract();
            let (up, side) = if loop_at < 1.0 { (loop_at, 1.0) } else { (2.0 - loop_at, -1.0) };
            let mut along = up * way_m;
            let mut at = self.tops[PYLONS - 1];
            for (k, &length) in lengths.iter().enumerate() {
                if along <= length {
                    let t = along / length.max(1e-3);
                    at = self.tops[k].lerp(self.tops[k + 1], t) - Vec3::Y * Self::sag(length, t);
                    break;
                }
                along -= length;
            }
            movers.push(Mover {
                instance: hash(i as i32, 34, 0, self.seed) | 1,
                group: parts.cabin,
                world_from_local: Affine3A::from_rotation_translation(
                    self.heading(),
                    at + self.across() * side,
                ),
                scale: Vec3::ONE,
            });
        }
    }
}
