//! What stands on the land, in squares around the eye that get smaller and richer with nearness.

use std::collections::HashMap;
use std::sync::Arc;

use glam::{Quat, Vec2, Vec3};
use rayon::prelude::*;

use super::bridge::{self, Bridge};
use super::buildings::Buildings;
use super::cableway::{Cableway, CablewayGroups};
use super::site::Site;
use crate::class::Class;
use crate::random::Rng;
use crate::rays::geometry::Group;
use crate::scene::{Chunk, Lamp, Scene};
use crate::scenes::mountain::relief::{Relief, TRAIL_HALF_M};
use crate::surface::material::{Material, srgb};
use crate::surface::noise::{gradient2, hash, smoothstep};
use crate::surface::pattern::Pattern;
use crate::things::plants::{self, Tree};

/// Side of the widest square, metres; each finer kind has half the side.
const ROOT_M: f32 = 128.0;
/// A square of kind `i` falls into four when it is nearer than this, metres.
const SPLIT_M: [f32; 3] = [270.0, 120.0, 44.0];
/// Spacing of trees, metres.
const TREE_M: f32 = 5.6;
/// Side of the squares that have at most one hut, bridge or cableway, metres.
pub(super) const SITE_M: f32 = 420.0;
pub(super) const CABLEWAY_M: f32 = 2400.0;

/// A piece of the country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Key {
    /// Plants and stones of a square; kind 0 is the widest.
    Land {
        kind: u8,
        x: i32,
        z: i32,
    },
    /// A hut with what belongs to it, and bridges.
    Site {
        x: i32,
        z: i32,
    },
    Cableway {
        x: i32,
        z: i32,
    },
}

/// Where a walk begins and what it looks along: no tree stands in the picture's way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outlook {
    eye: Vec2,
    ahead: Vec2,
}

impl Outlook {
    pub fn new(eye: Vec3, yaw: f32) -> Self {
        Self { eye: Vec2::new(eye.x, eye.z), ahead: -Vec2::new(yaw.sin(), yaw.cos()) }
    }

    /// Open to about 50 m ahead; a tree at the side frames the picture.
    fn keeps_open(&self, at: Vec2) -> bool {
        let to = at - self.eye;
        let (ahead, side) = (to.dot(self.ahead), to.perp_dot(self.ahead).abs());
        to.length_squared() < 49.0 || (0.0..55.0).contains(&ahead) && side < 3.0 + 0.62 * ahead
    }
}

#[derive(Debug)]
pub(super) struct Country {
    relief: Relief,
    pub seed: u32,
    conifers: Vec<Tree>,
    broadleaves: Vec<Tree>,
    bushes: Vec<u32>,
    rocks: Vec<u32>,
    tufts: Vec<u32>,
    flowers: Vec<u32>,
    buildings: Buildings,
    pub cableway: CablewayGroups,
    reach_m: f32,
    outlook: Outlook,
    home: Option<Site>,
    shown: HashMap<Key, Arc<Chunk>>,
}

/// Random numbers of one lattice point.
fn dice(x: i32, z: i32, purpose: i32, seed: u32) -> Rng {
    Rng::new(u64::from(hash(x, purpose, z, seed)))
}

impl Country {
    pub fn new(
        scene: &mut Scene,
        rng: &mut Rng,
        relief: Relief,
        roam: bool,
        outlook: Outlook,
    ) -> Self {
        let cards = if roam { 150 } else { 110 };
        let conifers = (0..4).map(|_| plants::conifer_tree(scene, rng, cards)).collect();
        let broadleaves = (0..4).map(|_| plants::broadleaf_tree(scene, rng, cards)).collect();
        let bushes = (0..3)
            .map(|_| {
                let radius = rng.range(0.5, 1.3);
                plants::bush(scene, rng, radius, 28)
            })
            .collect();
        let stone = srgb(138, 132, 122) * rng.range(0.7, 1.1);
        let stone = scene.add_material(
            Material::new(Pattern::Noise, stone, stone * 0.5, stone).scale(0.5).bump(0.5),
        );
        let rocks = (0..4).map(|_| plants::rock(scene, rng, stone)).collect();
        let tufts = (0..4)
            .map(|_| {
                let height = rng.range(0.22, 0.5);
                plants::grass(scene, rng, height)
            })
            .collect();
        let flowers = (0..4).map(|_| plants::flowers(scene, rng)).collect();
        let seed = rng.next_u32();
        Self {
            relief,
            seed,
            home: Site::in_view(&relief, outlook.eye, outlook.ahead, seed),
            conifers,
            broadleaves,
            bushes,
            rocks,
            tufts,
            flowers,
            buildings: Buildings::new(scene, rng),
            cableway: CablewayGroups::new(scene, rng),
            reach_m: if roam { 1200.0 } else { 420.0 },
            outlook,
            shown: HashMap::new(),
        }
    }

    /// The pieces around an eye, nothing else deciding.
    pub fn wanted(&self, eye: Vec3, keys: &mut Vec<Key>) {
        keys.clear();
        let flat = Vec2::new(eye.x, eye.z);
        let above_m = (eye.y - self.relief.height(eye.x, eye.z, 16.0).max(0.0)).max(0.0);
        let ring = |side_m: f32, reach_m: f32, visit: &mut dyn FnMut(i32, i32)| {
            let low = ((flat - reach_m) / side_m).floor();
            let high = ((flat + reach_m) / side_m).floor();
            for z in low.y as i32..=high.y as i32 {
                for x in low.x as i32..=high.x as i32 {
                    let middle = (Vec2::new(x as f32, z as f32) + 0.5) * side_m;
                    if middle.distance_squared(flat) < reach_m * reach_m {
                        visit(x, z);
                    }
                }
            }
        };
        ring(ROOT_M, self.reach_m, &mut |x, z| split(keys, flat, above_m, 0, x, z));
        ring(SITE_M, self.reach_m, &mut |x, z| keys.push(Key::Site { x, z }));
        ring(CABLEWAY_M, self.reach_m + 0.8 * CABLEWAY_M, &mut |x, z| {
            keys.push(Key::Cableway { x, z });
        });
        keys.sort_unstable();
    }

    /// Builds what is new among the pieces and drops the rest; `None` when nothing changed.
    pub fn chunks(&mut self, groups: &[Group], keys: &[Key]) -> Option<Vec<Arc<Chunk>>> {
        let new: Vec<Key> =
            keys.iter().copied().filter(|key| !self.shown.contains_key(key)).collect();
        if new.is_empty() && keys.len() == self.shown.len() {
            return None;
        }
        let built: Vec<Arc<Chunk>> =
            new.par_iter().map(|&key| Arc::new(self.build(groups, key))).collect();
        let mut old = std::mem::take(&mut self.shown);
        let mut built = new.into_iter().zip(built).collect::<HashMap<_, _>>();
        let mut list = Vec::with_capacity(keys.len());
        for key in keys {
            let Some(chunk) = old.remove(key).or_else(|| built.remove(key)) else { continue };
            if !chunk.is_empty() {
                list.push(Arc::clone(&chunk));
            }
            self.shown.insert(*key, chunk);
        }
        Some(list)
    }

    fn build(&self, groups: &[Group], key: Key) -> Chunk {
        let mut group = Group::of(Class::Plant);
        let mut lamps = Vec::new();
        match key {
            Key::Land { kind, x, z } => self.land(&mut group, kind, x, z),
            Key::Site { x, z } => self.site(&mut group, &mut lamps, x, z),
            Key::Cableway { x, z } => {
                if let Some(line) = Cableway::find(&self.relief, self.seed, x, z) {
                    line.build(&mut group, &self.cableway);
                }
            }
        }
        group.finish(groups);
        Chunk { group, lamps }
    }

    fn site(&self, group: &mut Group, lamps: &mut Vec<Lamp>, x: i32, z: i32) {
        if let Some(site) = self.hut(x, z) {
            self.buildings.place(group, lamps, &self.relief, &site);
        }
        for Bridge { middle, along } in bridge::find(&self.relief, x, z) {
            bridge::build(group, &self.relief, middle, along, &self.buildings);
        }
    }

    fn land(&self, group: &mut Group, kind: u8, x: i32, z: i32) {
        let side_m = ROOT_M / (1 << kind) as f32;
        let low = Vec2::new(x as f32, z as f32) * side_m;
        let square = Square { low, side_m, kind, sites: self.sites_near(low, side_m) };
        self.trees(group, &square);
        if kind >= 1 {
            self.stones(group, &square);
        }
        if kind >= 2 {
            self.undergrowth(group, &square);
        }
        if kind >= 3 {
            self.meadow(group, &square);
        }
    }

    /// Huts whose clearing may reach into a square.
    fn sites_near(&self, low: Vec2, side_m: f32) -> Vec<Site> {
        let (a, b) = (((low - 30.0) / SITE_M).floor(), ((low + side_m + 30.0) / SITE_M).floor());
        (a.y as i32..=b.y as i32)
            .flat_map(|z| (a.x as i32..=b.x as i32).map(move |x| (x, z)))
            .filter_map(|(x, z)| self.hut(x, z))
            .collect()
    }

    /// The hut of a square; near the start it is the one that was put into the picture.
    fn hut(&self, x: i32, z: i32) -> Option<Site> {
        let square = Vec2::new(x as f32, z as f32);
        match self.home.filter(|home| (home.gate / SITE_M).floor() == square) {
            Some(home) => Some(home),
            None => Site::find(&self.relief, self.seed, x, z),
        }
    }

    fn trees(&self, group: &mut Group, square: &Square) {
        let finest_m = square.finest_m();
        let line_m = self.relief.tree_line_m();
        square.points(TREE_M, |ix, iz| {
            let mut rng = dice(ix, iz, 1, self.seed);
            let at = square.jittered(ix, iz, TREE_M, &mut rng);
            let (rare, kind) = (rng.unit(), rng.unit());
            let valley = self.relief.valley(at);
            if valley.trail_m.abs() < 3.4 || square.cleared(at, 15.0) || self.outlook.keeps_open(at)
            {
                return;
            }
            let height = self.relief.height_in(at, &valley, finest_m);
            let share = self.relief.forest(at, height, 1.0);
            // Single trees stand in the open, too.
            let share = 0.92 * share + if height > 1.5 && height < line_m { 0.012 } else { 0.0 };
            if rare > share {
                return;
            }
            let reach_m = 2.0f32.max(finest_m);
            let slope = Vec2::new(
                self.relief.height(at.x + reach_m, at.y, finest_m) - height,
                self.relief.height(at.x, at.y + reach_m, finest_m) - height,
            ) / reach_m;
            let normal_y = (1.0 + slope.length_squared()).sqrt().recip();
            if rare > share * smoothstep(0.56, 0.72, normal_y) {
                return;
            }
            let leafy = self.relief.broadleaf(at, height);
            let kinds = if kind < 0.9 * leafy + 0.04 { &self.broadleaves } else { &self.conifers };
            let tree = rng.pick(kinds);
            let id = if square.kind >= 2 { tree.near } else { tree.far };
            // Wind and cold keep them low near the line.
            let stunted = 1.0 - 0.55 * smoothstep(0.55, 1.0, height / line_m);
            let scale = rng.range(0.62, 1.28) * stunted;
            let turn = Quat::from_rotation_y(rng.range(0.0, std::f32::consts::TAU));
            let size = Vec3::new(scale, scale * rng.range(0.9, 1.15), scale);
            group.place(id, Vec3::new(at.x, height - 0.1, at.y), turn, size);
        });
    }

    fn stones(&self, group: &mut Group, square: &Square) {
        const STONE_M: f32 = 7.0;
        let finest_m = square.finest_m();
        square.points(STONE_M, |ix, iz| {
            let mut rng = dice(ix, iz, 2, self.seed);
            let at = square.jittered(ix, iz, STONE_M, &mut rng);
            let rare = rng.unit();
            if rare > 0.5 {
                return;
            }
            let valley = self.relief.valley(at);
            let height = self.relief.height_in(at, &valley, finest_m);
            let scale = 0.35 * (1.0 - rng.unit()).powf(-0.55).min(9.0);
            let shore = smoothstep(1.4, 0.3, height.abs());
            let high = smoothstep(0.6, 1.2, height / self.relief.tree_line_m());
            let patch = 0.5 + gradient2(at / 45.0, self.seed ^ 3);
            let share = 0.05 + 0.22 * shore * patch + 0.25 * high * patch + 0.1 * patch * patch;
            if rare > share
                || height < -0.5
                || (square.kind < 2 && scale < 0.8)
                || valley.trail_m.abs() < TRAIL_HALF_M + 0.6 * scale
                || square.cleared(at, 7.0)
            {
                return;
            }
            let turn = Quat::from_rotation_y(rng.range(0.0, std::f32::consts::TAU))
                * Quat::from_rotation_x(rng.range(-0.25, 0.25));
            let id = rng.pick(&self.rocks);
            let sunk = Vec3::new(at.x, height - 0.06 * scale, at.y);
            group.place(id, sunk, turn, Vec3::splat(scale * 1.6));
        });
    }

    fn undergrowth(&self, group: &mut Group, square: &Square) {
        const BUSH_M: f32 = 5.0;
        square.points(BUSH_M, |ix, iz| {
            let mut rng = dice(ix, iz, 4, self.seed);
            let at = square.jittered(ix, iz, BUSH_M, &mut rng);
            let rare = rng.unit();
            if rare > 0.4 {
                return;
            }
            let valley = self.relief.valley(at);
            let height = self.relief.height_in(at, &valley, square.finest_m());
            let edge = self.relief.forest(at, height, 1.0);
            let share = 0.03 + 0.5 * edge * (1.0 - edge);
            if rare > share
                || height < 0.7
                || height > 1.1 * self.relief.tree_line_m()
                || valley.trail_m.abs() < 2.2
                || square.cleared(at, 8.0)
            {
                return;
            }
            let turn = Quat::from_rotation_y(rng.range(0.0, std::f32::consts::TAU));
            let scale = rng.range(0.5, 1.1);
            let id = rng.pick(&self.bushes);
            group.place(id, Vec3::new(at.x, height, at.y), turn, Vec3::splat(scale));
        });
    }

    fn meadow(&self, group: &mut Group, square: &Square) {
        const TUFT_M: f32 = 0.85;
        square.points(TUFT_M, |ix, iz| {
            let mut rng = dice(ix, iz, 5, self.seed);
            let at = square.jittered(ix, iz, TUFT_M, &mut rng);
            let (rare, other) = (rng.unit(), rng.unit());
            let patch = gradient2(at / 6.0, self.seed ^ 6);
            if rare > 0.62 + 0.8 * patch {
                return;
            }
            let valley = self.relief.valley(at);
            let away = valley.trail_m.abs();
            if away < TRAIL_HALF_M + 0.35 || square.cleared(at, 5.0) {
                return;
            }
            let height = self.relief.height_in(at, &valley, 1.0);
            if height < 0.75 + 0.6 * patch || height > 1.15 * self.relief.tree_line_m() {
                return;
            }
            let shade = self.relief.forest(at, height, 1.0);
            if other < 0.75 * shade {
                return;
            }
            let blooming = gradient2(at / 14.0, self.seed ^ 7) > 0.05 && other > 0.8;
            let id = if blooming {
                let kind = (2.0 + 4.0 * gradient2(at / 35.0, self.seed ^ 8)).clamp(0.0, 3.9);
                self.flowers[(kind as usize).min(self.flowers.len() - 1)]
            } else {
                rng.pick(&self.tufts)
            };
            let turn = Quat::from_rotation_y(rng.range(0.0, std::f32::consts::TAU));
            // Trodden and grazed grass is short.
            let tall = rng.range(0.55, 1.15) * (0.45 + 0.55 * smoothstep(0.8, 4.0, away));
            group.place(id, Vec3::new(at.x, height - 0.02, at.y), turn, Vec3::splat(tall));
        });
    }
}

fn split(keys: &mut Vec<Key>, eye: Vec2, above_m: f32, kind: u8, x: i32, z: i32) {
    let side_m = ROOT_M / (1 << kind) as f32;
    let middle = (Vec2::new(x as f32, z as f32) + 0.5) * side_m;
    let away_m = middle.distance(eye).hypot(above_m);
    match SPLIT_M.get(kind as usize) {
        Some(&near_m) if away_m < near_m => {
            for (dx, dz) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                split(keys, eye, above_m, kind + 1, 2 * x + dx, 2 * z + dz);
            }
        }
        _ => keys.push(Key::Land { kind, x, z }),
    }
}

/// A square of land that is being filled.
struct Square {
    low: Vec2,
    side_m: f32,
    kind: u8,
    sites: Vec<Site>,
}

impl Square {
    /// As fine as the terrain is drawn at the distance of such squares.
    fn finest_m(&self) -> f32 {
        match self.kind {
            0 => 8.0,
            1 => 4.0,
            _ => 1.0,
        }
    }

    /// Lattice points that belong to the square; every point belongs to one square of each kind.
    fn points(&self, spacing_m: f32, mut visit: impl FnMut(i32, i32)) {
        let first = (self.low / spacing_m).ceil();
        let end = ((self.low + self.side_m) / spacing_m).ceil();
        for z in first.y as i32..end.y as i32 {
            for x in first.x as i32..end.x as i32 {
                visit(x, z);
            }
        }
    }

    fn jittered(&self, x: i32, z: i32, spacing_m: f32, rng: &mut Rng) -> Vec2 {
        let shift = Vec2::new(rng.range(0.1, 0.9), rng.range(0.1, 0.9));
        (Vec2::new(x as f32, z as f32) + shift) * spacing_m
    }

    fn cleared(&self, at: Vec2, around_m: f32) -> bool {
        self.sites.iter().any(|site| site.place.distance_squared(at) < around_m * around_m)
    }
}
