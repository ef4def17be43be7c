//! People on foot. They go round their block on its pavement, keep to the right, slow down and
//! step aside for each other and for the player, and now and then cross to another block: at a
//! zebra crossing, and only when the light is theirs.

use std::collections::BTreeMap;
use std::f32::consts::{FRAC_PI_2, PI, TAU};

use glam::Vec2;
use serde::{Deserialize, Serialize};

use super::plan::{Along, Plan, Rect, Segment, ZEBRA_FROM_M, ZEBRA_WIDE_M};
use super::signals;
use super::traffic::FARTHEST;
use crate::surface::noise::{hash, hash_unit};

/// People live this many blocks around the player.
const ACTIVE: i32 = 2;
/// Most people at one time.
const MAX_WALKERS: usize = 400;
/// Radius of the corners they walk, metres.
const CORNER_M: f32 = 1.2;
/// Room beside the kerb and beside the walls where nobody walks, metres.
const KERB_SIDE_M: f32 = 1.3;
const WALL_SIDE_M: f32 = 0.7;

/// Somebody on foot.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Walker {
    pub id: u32,
    pub block: (i32, i32),
    pub place: Place,
    /// Off the middle of the walk, outwards, metres.
    pub aside_m: f32,
    pub speed_mps: f32,
    /// Way that the legs have made, metres.
    pub stride_m: f32,
    /// Angle of the direction faced, from +X towards +Z.
    pub facing_rad: f32,
    /// Decisions taken so far.
    pub choices: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(super) enum Place {
    /// Way round the block.
    Round { way_m: f32, forward: bool },
    /// Way over to another block by one of the eight crossings.
    Over { crossing: u8, way_m: f32 },
}

/// The walk round a block: a rectangle with round corners.
#[derive(Clone, Copy, Debug)]
struct Round {
    rect: Rect,
    /// Half the width of the walk.
    half: f32,
}

impl Round {
    fn new(plan: &Plan, (i, j): (i32, i32)) -> Self {
        let block = plan.block(i, j);
        let middle = |pavement: f32| 0.5 * (KERB_SIDE_M + pavement - WALL_SIDE_M);
        let widths = plan.pavements(i, j);
        let [west, east, north, south] = widths.map(middle);
        let narrow = widths.into_iter().fold(f32::INFINITY, f32::min);
        Self {
            rect: Rect {
                min: block.min + Vec2::new(west, north),
                max: block.max - Vec2::new(east, south),
            },
            half: 0.5 * (narrow - KERB_SIDE_M - WALL_SIDE_M),
        }
    }

    fn straights(&self) -> Vec2 {
        (self.rect.size() - 2.0 * CORNER_M).max(Vec2::splat(1.0))
    }

    fn length(&self) -> f32 {
        let s = self.straights();
        2.0 * (s.x + s.y) + TAU * CORNER_M
    }

    /// Place and direction: north side towards +X, east side towards +Z, and so on.
    fn at(&self, way_m: f32, aside_m: f32) -> (Vec2, Vec2) {
        let s = self.straights();
        let arc = FRAC_PI_2 * CORNER_M;
        let mut rest = way_m.rem_euclid(self.length());
        let Rect { min, max } = self.rect;
        let r = CORNER_M;
        let sides = [
            (Vec2::new(min.x + r, min.y), Vec2::X, s.x),
            (Vec2::new(max.x, min.y + r), Vec2::Y, s.y),
            (Vec2::new(max.x - r, max.y), Vec2::NEG_X, s.x),
            (Vec2::new(min.x, max.y - r), Vec2::NEG_Y, s.y),
        ];
        for (from, dir, length) in sides {
            let out = Vec2::new(dir.y, -dir.x);
            if rest < length {
                return (from + dir * rest + out * aside_m, dir);
            }
            rest -= length;
            if rest < arc {
                let centre = from + dir * length - out * r;
                let (sin, cos) = (rest / r).sin_cos();
                let away = out * cos + dir * sin;
                return (centre + away * (r + aside_m), dir * cos - out * sin);
            }
            rest -= arc;
        }
        (sides[0].0, Vec2::X)
    }
}

/// A way over a street: from the walk to the kerb, to the other kerb, to the other walk.
struct Crossing {
    points: [Vec2; 4],
    junction: (i32, i32),
    to_block: (i32, i32),
    /// On the walks round the two blocks.
    way_here: f32,
    way_there: f32,
}

impl Crossing {
    /// Crossing 0 to 7 of a block: east, south, west, north, each at its low and its high end.
    fn new(plan: &Plan, (i, j): (i32, i32), crossing: u8, aside_m: f32, id: u32) -> Self {
        let (side, high) = (crossing / 2, crossing % 2 == 1);
        let (segment, to_block, out) = match side {
            0 => (Segment { along: Along::Z, i: i + 1, j }, (i + 1, j), Vec2::X),
            1 => (Segment { along: Along::X, i, j: j + 1 }, (i, j + 1), Vec2::Y),
            2 => (Segment { along: Along::Z, i, j }, (i - 1, j), Vec2::NEG_X),
            _ => (Segment { along: Along::X, i, j }, (i, j - 1), Vec2::NEG_Y),
        };
        let (from, to) = plan.span(segment);
        let zebra = ZEBRA_FROM_M + 0.5 * ZEBRA_WIDE_M;
        // Those who come meet on their right-hand sides.
        let right = match segment.along {
            Along::Z => out.x,
            Along::X => -out.y,
        };
        let along = if high { to - zebra } else { from + zebra };
        let lane = right * (0.25 + 0.95 * hash_unit(id as i32, 3, 0, 0x1a9e));
        let (centre, half) = (plan.centre(segment), plan.profile_of(segment).half + 0.45);
        let axis = Vec2::new(out.y.abs(), out.x.abs());
        let sign = out.x + out.y;
        let kerb = |way: f32| axis * (along + lane) + out.abs() * (centre + sign * way);
        let (here, there) = (Round::new(plan, (i, j)), Round::new(plan, to_block));
        let on_walk = |round: &Round, side: u8| {
            let s = round.straights();
            let arc = FRAC_PI_2 * CORNER_M;
            let Rect { min, max } = round.rect;
            let r = CORNER_M;
            match side {
                0 => s.x + arc + (along - min.y - r).clamp(0.0, s.y),
                1 => s.x + s.y + 2.0 * arc + (max.x - r - along).clamp(0.0, s.x),
                2 => 2.0 * s.x + s.y + 3.0 * arc + (max.y - r - along).clamp(0.0, s.y),
                _ => (along - min.x - r).clamp(0.0, s.x),
            }
        };
        let (way_here, way_there) = (on_walk(&here, side), on_walk(&there, (side + 2) % 4));
        let junction = match (segment.along, high) {
            (_, false) => (segment.i, segment.j),
            (Along::Z, true) => (segment.i, segment.j + 1),
            (Along::X, true) => (segment.i + 1, segment.j),
        };
        let points =
            [here.at(way_here, aside_m).0, kerb(-half), kerb(half), there.at(way_there, aside_m).0];
        Self { points, junction, to_block, way_here, way_there }
    }

    /// Way from the beginning to each point.
    fn ways(&self) -> [f32; 4] {
        let [a, b, c, d] = self.points;
        let first = a.distance(b);
        let second = first + b.distance(c);
        [0.0, first, second, second + c.distance(d)]
    }

    fn at(&self, way_m: f32) -> (Vec2, Vec2) {
        let ways = self.ways();
        let leg = (0..2).find(|&k| way_m < ways[k + 1]).unwrap_or(2);
        let (from, to) = (self.points[leg], self.points[leg + 1]);
        let dir = (to - from).normalize_or(Vec2::X);
        (from + dir * (way_m - ways[leg]).min(from.distance(to)), dir)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Walkers {
    pub list: Vec<Walker>,
    around: Option<(i32, i32)>,
}

fn pace(id: u32) -> f32 {
    1.05 + 0.5 * hash_unit(id as i32, 1, 0, 0x9ace)
}

impl Walker {
    /// Where somebody is and the direction of the way.
    pub fn at(&self, plan: &Plan) -> (Vec2, Vec2) {
        match self.place {
            Place::Round { way_m, forward } => {
                let (at, dir) = Round::new(plan, self.block).at(way_m, self.aside_m);
                (at, if forward { dir } else { -dir })
            }
            Place::Over { crossing, way_m } => {
                Crossing::new(plan, self.block, crossing, self.aside_m, self.id).at(way_m)
            }
        }
    }

    /// The junction on whose crossing somebody walks.
    pub fn on_crossing(&self, plan: &Plan) -> Option<(i32, i32)> {
        let Place::Over { crossing, way_m } = self.place else { return None };
        let crossing = Crossing::new(plan, self.block, crossing, self.aside_m, self.id);
        let ways = crossing.ways();
        (way_m > ways[1] && way_m < ways[2]).then_some(crossing.junction)
    }
}

impl Walkers {
    pub fn check(&self) -> Result<(), String> {
        if self.list.len() > MAX_WALKERS {
            return Err(format!("walkers: {} of them, at most {MAX_WALKERS}", self.list.len()));
        }
        let near = |(i, j): (i32, i32)| {
            (-FARTHEST..FARTHEST).contains(&i) && (-FARTHEST..FARTHEST).contains(&j)
        };
        for walker in &self.list {
            let Walker { id, block, place, aside_m, speed_mps, stride_m, facing_rad, .. } = *walker;
            let way = match place {
                Place::Round { way_m, .. } => (-1.0..=2000.0).contains(&way_m),
                Place::Over { crossing, way_m } => crossing < 8 && (-1.0..=200.0).contains(&way_m),
            };
            if !near(block) || !way {
                return Err(format!("walkers: {id} is nowhere"));
            }
            if !(-3.0..=3.0).contains(&aside_m)
                || !(0.0..=5.0).contains(&speed_mps)
                || !(0.0..=10.0).contains(&stride_m)
                || !(-7.0..=7.0).contains(&facing_rad)
            {
                return Err(format!("walkers: {id} has values out of range"));
            }
        }
        if self.around.is_some_and(|here| !near(here)) {
            return Err("walkers: are too far away".to_owned());
        }
        Ok(())
    }

    /// People appear in the blocks that come near; those far away are forgotten.
    pub fn follow(&mut self, plan: &Plan, here: (i32, i32)) {
        if self.around == Some(here) {
            return;
        }
        let near = |centre: (i32, i32), (i, j): (i32, i32)| {
            (i - centre.0).abs() <= ACTIVE && (j - centre.1).abs() <= ACTIVE
        };
        self.list.retain(|walker| near(here, walker.block));
        let before = self.around;
        self.around = Some(here);
        for (di, dj) in (-ACTIVE..=ACTIVE).flat_map(|a| (-ACTIVE..=ACTIVE).map(move |b| (a, b))) {
            let block = (here.0 + di, here.1 + dj);
            if before.is_some_and(|before| near(before, block)) {
                continue;
            }
            let mut rng = plan.rng(block.0, block.1, 0x9e0);
            let round = Round::new(plan, block);
            for _ in 0..4 + rng.below(7) {
                let id = rng.next_u32() & 0x00ff_ffff;
                let forward = rng.chance(0.5);
                let way_m = rng.range(0.0, round.length());
                let choices = rng.next_u32();
                if self.list.len() < MAX_WALKERS && self.list.iter().all(|w| w.id != id) {
                    let (_, dir) = round.at(way_m, 0.0);
                    let dir = if forward { dir } else { -dir };
                    self.list.push(Walker {
                        id,
                        block,
                        place: Place::Round { way_m, forward },
                        aside_m: 0.0,
                        speed_mps: pace(id),
                        stride_m: rng.range(0.0, 1.4),
                        facing_rad: dir.y.atan2(dir.x),
                        choices,
                    });
                }
            }
        }
    }

    /// Moves everybody by one tick. `others` are places to keep away from, such as the player's;
    /// `clear_m` is how far the way ahead is free of what does not move.
    pub fn advance(
        &mut self,
        plan: &Plan,
        tick: u64,
        dt_secs: f32,
        others: &[Vec2],
        clear_m: impl Fn(Vec2, Vec2) -> f32,
    ) {
        let mut corners: BTreeMap<(i32, i32), [f32; 8]> = BTreeMap::new();
        let places: Vec<(Vec2, Vec2)> = self.list.iter().map(|w| w.at(plan)).collect();
        for (k, walker) in self.list.iter_mut().enumerate() {
            let (at, dir) = places[k];
            let right = dir.perp();
            let mut share: f32 = 1.0;
            let mut dodge: f32 = 0.0;
            let all = places.iter().map(|p| p.0).enumerate().filter(|(o, _)| *o != k);
            for other in all.map(|(_, p)| p).chain(others.iter().copied()) {
                let to = other - at;
                if to.length_squared() > 4.0 {
                    continue;
                }
                let (ahead, beside) = (to.dot(dir), to.dot(right));
                if ahead > 0.0 && beside.abs() < 0.55 {
                    share = share.min((ahead - 0.45) / 0.9);
                    // Aside to where there is more room; by the right when in doubt.
                    dodge = if beside > 0.12 { -1.0 } else { 1.0 };
                }
            }
            share = share.min((clear_m(at, dir) - 0.4) / 0.8);
            let wanted = pace(walker.id) * share.clamp(0.0, 1.0);
            walker.speed_mps += (wanted - walker.speed_mps).clamp(-6.0 * dt_secs, 2.0 * dt_secs);
            walker.speed_mps = walker.speed_mps.max(0.0);
            let ways = corners.entry(walker.block).or_insert_with_key(|&block| {
                std::array::from_fn(|c| Crossing::new(plan, block, c as u8, 0.0, 0).way_here)
            });
            walker.step(plan, ways, tick, dt_secs, dodge);
            let way = walker.speed_mps * dt_secs;
            walker.stride_m =
                (walker.stride_m + way).rem_euclid(crate::things::people::DOUBLE_STEP_M);
            let turn = (dir.y.atan2(dir.x) - walker.facing_rad + PI).rem_euclid(TAU) - PI;
            let most = 5.0 * dt_secs;
            walker.facing_rad =
                (walker.facing_rad + turn.clamp(-most, most) + PI).rem_euclid(TAU) - PI;
        }
        let around = self.around;
        self.list.retain(|walker| {
            around.is_some_and(|(i, j)| {
                (walker.block.0 - i).abs() <= ACTIVE && (walker.block.1 - j).abs() <= ACTIVE
            })
        });
    }
}

impl Walker {
    fn step(&mut self, plan: &Plan, corners: &[f32; 8], tick: u64, dt_secs: f32, dodge: f32) {
        let way = self.speed_mps * dt_secs;
        match self.place {
            Place::Round { way_m, forward } => {
                let round = Round::new(plan, self.block);
                // Outwards is on the left of those who go forward.
                let right = if forward { -1.0 } else { 1.0 };
                let habit = (0.3 + 0.6 * hash_unit(self.id as i32, 2, 0, 0xa51)) * round.half;
                let wish = right * if dodge == 0.0 { habit } else { round.half * dodge };
                let most = 0.5 * dt_secs;
                self.aside_m += (wish - self.aside_m).clamp(-most, most);
                self.aside_m = self.aside_m.clamp(-round.half, round.half);
                let next = way_m + if forward { way } else { -way };
                self.place = Place::Round { way_m: next.rem_euclid(round.length()), forward };
                for (crossing, &corner) in corners.iter().enumerate() {
                    let passed = if forward {
                        way_m < corner && next >= corner
                    } else {
                        way_m > corner && next <= corner
                    };
                    if passed {
                        self.choices = self.choices.wrapping_add(1);
                        if hash(self.id as i32, self.choices as i32, 0, 0xc055) % 100 < 28 {
                            self.place = Place::Over { crossing: crossing as u8, way_m: 0.0 };
                            return;
                        }
                    }
                }
            }
            Place::Over { crossing, way_m } => {
                let over = Crossing::new(plan, self.block, crossing, self.aside_m, self.id);
                let ways = over.ways();
                let mut next = way_m + way;
                if way_m <= ways[1] && next > ways[1] && !signals::walk(plan, over.junction, tick) {
                    next = ways[1];
                    self.speed_mps = 0.0;
                }
                self.place = if next < ways[3] {
                    Place::Over { crossing, way_m: next }
                } else {
                    self.block = over.to_block;
                    self.choices = self.choices.wrapping_add(1);
                    let forward = hash(self.id as i32, self.choices as i32, 1, 0xd1e) & 1 == 0;
                    Place::Round { way_m: over.way_there, forward }
                };
            }
        }
    }
}
