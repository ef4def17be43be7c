//! All that moves in the streets around the player, and how it comes into the scene.

use glam::{Affine3A, Quat, Vec2, Vec3};
use serde::{Deserialize, Serialize};

use super::block::signal_posts;
use super::furniture::lens_at;
use super::palette::Palette;
use super::plan::{KERB_M, Plan};
use super::signals::{self, Light};
use super::traffic::{Hindrance, Path, Traffic, model_of};
use super::walkers::Walkers;
use crate::living::{Sound, SoundEvent, Tick};
use crate::rays::geometry::{Goal, Ray};
use crate::scene::{Mover, Scene};
use crate::surface::noise::{hash, hash_unit};
use crate::things::vehicles::CAR_HALF_WIDTH_M;

/// Instances of what moves: the kind above 24 bits of the thing's own number.
const CAR_INSTANCES: u32 = 0x4100_0000;
const WALKER_INSTANCES: u32 = 0x4200_0000;
const SIGNAL_INSTANCES: u32 = 0x4300_0000;
/// Signals are shown this many junctions around the player's block.
const SIGNALS: i32 = 2;
/// Cars nearer than this are heard, metres.
const EARSHOT_M: f32 = 28.0;
/// A player whose eyes are higher above the street is in nobody's way, metres.
const TALLEST_M: f32 = 2.6;
/// Room that a player takes up, metres.
const PLAYER_RADIUS_M: f32 = 0.4;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StreetLife {
    tick: u64,
    traffic: Traffic,
    walkers: Walkers,
}

/// The player and what events have placed.
struct InTheWay<'a> {
    scene: &'a Scene,
    anything_placed: bool,
    player: Option<Vec2>,
}

impl InTheWay<'_> {
    /// Clear distance over a strip of this half width.
    fn clear(&self, from: Vec2, dir: Vec2, reach: f32, half_width: f32) -> f32 {
        let mut clear = f32::INFINITY;
        if let Some(player) = self.player {
            let to = player - from;
            let (ahead, beside) = (to.dot(dir), to.dot(dir.perp()).abs());
            if ahead > -PLAYER_RADIUS_M && beside < half_width + PLAYER_RADIUS_M {
                clear = (ahead - PLAYER_RADIUS_M).max(0.0);
            }
        }
        if self.anything_placed {
            for (side, height) in [(-1.0, 0.4), (0.0, 0.25), (0.0, 0.9), (1.0, 0.4)] {
                let at = from + dir.perp() * (side * half_width);
                let ray = Ray {
                    origin: Vec3::new(at.x, height + KERB_M, at.y),
                    dir: Vec3::new(dir.x, 0.0, dir.y),
                };
                let placed = &self.scene.placed;
                if let Some(hit) = placed.trace(&self.scene.groups, &ray, 0.0, reach, Goal::Nearest)
                {
                    clear = clear.min(hit.t);
                }
            }
        }
        clear
    }
}

impl Hindrance for InTheWay<'_> {
    fn clear_m(&self, from: Vec2, dir: Vec2, reach: f32) -> f32 {
        self.clear(from, dir, reach, CAR_HALF_WIDTH_M + 0.15)
    }
}

impl StreetLife {
    /// Fills the streets around a place.
    pub fn begin(&mut self, plan: &Plan, place: Vec3) {
        let here = plan.block_at(Vec2::new(place.x, place.z));
        self.traffic.follow(plan, here, self.tick);
        self.walkers.follow(plan, here);
    }

    pub fn advance(
        &mut self,
        plan: &Plan,
        palette: &Palette,
        scene: &Scene,
        tick: &Tick<'_>,
        sounds: &mut Vec<SoundEvent>,
    ) {
        let eye = tick.body.position;
        let here = plan.block_at(Vec2::new(eye.x, eye.z));
        self.traffic.follow(plan, here, self.tick);
        self.walkers.follow(plan, here);
        let bounds = scene.placed.bounds();
        let way = InTheWay {
            scene,
            anything_placed: bounds.min.x <= bounds.max.x,
            player: (eye.y < TALLEST_M).then_some(Vec2::new(eye.x, eye.z)),
        };
        let mut busy: Vec<(i32, i32)> =
            self.walkers.list.iter().filter_map(|walker| walker.on_crossing(plan)).collect();
        busy.sort_unstable();
        let crossing = |junction| busy.binary_search(&junction).is_ok();
        let cars = &palette.cars;
        self.traffic.advance(plan, cars, self.tick, tick.dt_secs, &way, crossing);
        let others: Vec<Vec2> = way.player.into_iter().collect();
        let alone = InTheWay { player: None, ..way };
        self.walkers.advance(plan, self.tick, tick.dt_secs, &others, |from, dir| {
            if alone.anything_placed { alone.clear(from, dir, 2.0, 0.3) } else { f32::INFINITY }
        });
        self.tick += 1;
        for car in &self.traffic.cars {
            let (at, _) = Path::new(plan, car.lane, car.next).at(car.way_m);
            let position = Vec3::new(at.x, 0.6, at.y);
            let away = position.distance(eye);
            if away < EARSHOT_M && car.speed_mps > 0.5 {
                let near = 1.0 - away / EARSHOT_M;
                let strength = (0.25 + 0.06 * car.speed_mps).min(1.0) * near * near;
                sounds.push(SoundEvent { sound: Sound::PassingCar, position, strength });
            }
        }
    }

    /// Cars and people as circles on the ground; a car is three of them.
    pub fn circles(&self, plan: &Plan, palette: &Palette) -> Vec<(Vec3, f32)> {
        let mut circles = Vec::with_capacity(3 * self.traffic.cars.len());
        for car in &self.traffic.cars {
            let (at, dir) = Path::new(plan, car.lane, car.next).at(car.way_m);
            let reach = model_of(&palette.cars, car.id).body.half_length_m() - CAR_HALF_WIDTH_M;
            for share in [-1.0, 0.0, 1.0] {
                let at = at + dir * (share * reach);
                circles.push((Vec3::new(at.x, 0.0, at.y), CAR_HALF_WIDTH_M * 1.1));
            }
        }
        circles.extend(self.walkers.list.iter().map(|walker| {
            let (at, _) = walker.at(plan);
            (Vec3::new(at.x, KERB_M, at.y), 0.3)
        }));
        circles
    }

    /// Puts everything into the scene as it is now.
    pub fn show(&self, plan: &Plan, palette: &Palette, scene: &mut Scene) {
        let mut movers = Vec::with_capacity(512);
        for car in &self.traffic.cars {
            let (at, dir) = Path::new(plan, car.lane, car.next).at(car.way_m);
            let turn = Quat::from_rotation_y(-dir.y.atan2(dir.x));
            let place = Vec3::new(at.x, 0.0, at.y);
            movers.push(Mover {
                instance: CAR_INSTANCES | car.id,
                group: model_of(&palette.cars, car.id).driven,
                world_from_local: Affine3A::from_rotation_translation(turn, place),
                scale: Vec3::ONE,
            });
        }
        for walker in &self.walkers.list {
            let (at, _) = walker.at(plan);
            let looks = hash(walker.id as i32, 0, 0, 0x100c) as usize % palette.people.len();
            let figure = &palette.people[looks];
            let still = walker.speed_mps < 0.12;
            let height = if walker.on_crossing(plan).is_some() { 0.0 } else { KERB_M };
            let turn = Quat::from_rotation_y(-walker.facing_rad);
            movers.push(Mover {
                instance: WALKER_INSTANCES | walker.id,
                group: if still { figure.standing } else { figure.at_way(walker.stride_m) },
                world_from_local: Affine3A::from_rotation_translation(
                    turn,
                    Vec3::new(at.x, height, at.y),
                ),
                scale: Vec3::splat(0.9 + 0.16 * hash_unit(walker.id as i32, 5, 0, 0x7a11)),
            });
        }
        if let Some((i, j)) = self.traffic.around() {
            for (a, b) in (-SIGNALS..=SIGNALS + 1)
                .flat_map(|a| (-SIGNALS..=SIGNALS + 1).map(move |b| (i + a, j + b)))
            {
                for (approach, (foot, turn)) in signal_posts(plan, a, b).into_iter().enumerate() {
                    let lens = match signals::light(plan, (a, b), approach as u64, self.tick) {
                        Light::Red => 0,
                        Light::Yellow => 1,
                        Light::Green => 2,
                    };
                    let number = (a as u32 & 0x3ff) << 12 | (b as u32 & 0x3ff) << 2;
                    movers.push(Mover {
                        instance: SIGNAL_INSTANCES | number | approach as u32,
                        group: palette.signals[lens],
                        world_from_local: Affine3A::from_rotation_translation(
                            turn,
                            foot + turn * lens_at(lens),
                        ),
                        scale: Vec3::ONE,
                    });
                }
            }
        }
        scene.set_movers(&movers);
    }

    pub fn save(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    pub fn read(state: &serde_json::Value) -> Result<Self, String> {
        let life = Self::deserialize(state).map_err(|e| e.to_string())?;
        life.traffic.check()?;
        life.walkers.check()?;
        Ok(life)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::palette::CarModel;
    use super::super::plan::{Rect, STOP_M};
    use super::super::signals::Lane;
    use super::super::traffic::Path;
    use super::*;
    use crate::things::vehicles::Body;

    const DT: f32 = 1.0 / 24.0;

    struct Nothing;

    impl Hindrance for Nothing {
        fn clear_m(&self, _: Vec2, _: Vec2, _: f32) -> f32 {
            f32::INFINITY
        }
    }

    fn models() -> Vec<CarModel> {
        Body::ALL.map(|body| CarModel { body, driven: 0, parked: 0 }).to_vec()
    }

    /// Runs a town for a minute and shows every tick to `see`.
    fn minute(seed: u64, mut see: impl FnMut(&Plan, &StreetLife, u64)) {
        let (plan, models) = (Plan::new(seed), models());
        let mut life = StreetLife::default();
        life.begin(&plan, Vec3::ZERO);
        for tick in 0..24 * 60 {
            let here = plan.block_at(Vec2::new(0.02 * tick as f32, 0.0));
            life.traffic.follow(&plan, here, tick);
            life.walkers.follow(&plan, here);
            let busy: Vec<_> =
                life.walkers.list.iter().filter_map(|w| w.on_crossing(&plan)).collect();
            let crossing = |junction| busy.contains(&junction);
            life.traffic.advance(&plan, &models, tick, DT, &Nothing, crossing);
            life.walkers.advance(&plan, tick, DT, &[], |_, _| f32::INFINITY);
            see(&plan, &life, tick);
        }
    }

    /// Whether two boxes on the ground overlap: no axis of either separates them.
    fn overlap(a: (Vec2, Vec2, f32), b: (Vec2, Vec2, f32)) -> bool {
        let reach = |(_, dir, half): (Vec2, Vec2, f32), axis: Vec2| {
            (dir * half).dot(axis).abs() + (dir.perp() * CAR_HALF_WIDTH_M).dot(axis).abs()
        };
        [a.1, a.1.perp(), b.1, b.1.perp()]
            .into_iter()
            .all(|axis| (b.0 - a.0).dot(axis).abs() < reach(a, axis) + reach(b, axis))
    }

    #[test]
    fn no_two_cars_overlap_and_traffic_flows() {
        for seed in [1, 2, 3] {
            let models = models();
            let mut way = 0.0;
            let mut most = 0;
            minute(seed, |plan, life, tick| {
                let boxes: Vec<_> = life
                    .traffic
                    .cars
                    .iter()
                    .map(|car| {
                        way += car.speed_mps * DT;
                        let half = model_of(&models, car.id).body.half_length_m();
                        let (at, dir) = Path::new(plan, car.lane, car.next).at(car.way_m);
                        (at, dir, half)
                    })
                    .collect();
                most = most.max(boxes.len());
                for (k, &a) in boxes.iter().enumerate() {
                    for (l, &b) in boxes.iter().enumerate().skip(k + 1) {
                        let near = a.0.distance_squared(b.0) < 36.0;
                        assert!(
                            !near || !overlap(a, b),
                            "seed {seed}, tick {tick}: {:?} and {:?}",
                            life.traffic.cars[k],
                            life.traffic.cars[l]
                        );
                    }
                }
            });
            assert!(most > 40, "seed {seed}: {most} cars");
            assert!(way / most as f32 > 60.0, "seed {seed}: {way} m of {most} cars");
        }
    }

    #[test]
    fn cars_pass_the_stop_line_by_their_own_light_only() {
        let models = models();
        let mut fronts: BTreeMap<(u32, Lane), f32> = BTreeMap::new();
        let mut passed = 0;
        minute(4, |plan, life, tick| {
            for car in &life.traffic.cars {
                let (from, to) = plan.span(car.lane.segment);
                let half = model_of(&models, car.id).body.half_length_m();
                let beyond = car.way_m + half - (to - from - STOP_M);
                let before = fronts.insert((car.id, car.lane), beyond);
                if before.is_some_and(|before| before <= 0.0) && beyond > 0.0 {
                    passed += 1;
                    let light =
                        signals::light(plan, car.lane.junction(), car.lane.approach(), tick);
                    assert_ne!(light, Light::Red, "tick {tick}: {car:?}");
                }
            }
        });
        assert!(passed > 20, "{passed} cars passed a light");
    }

    fn on_zebra(plan: &Plan, at: Vec2) -> bool {
        use super::super::plan::{Along, Segment, ZEBRA_FROM_M, ZEBRA_WIDE_M};
        let (i, j) = plan.block_at(at);
        (i - 1..=i + 1).flat_map(|i| (j - 1..=j + 1).map(move |j| (i, j))).any(|(i, j)| {
            [Along::Z, Along::X].into_iter().any(|along| {
                let segment = Segment { along, i, j };
                let (across, way) = match along {
                    Along::Z => (at.x, at.y),
                    Along::X => (at.y, at.x),
                };
                let (from, to) = plan.span(segment);
                let into = (way - from).min(to - way);
                (across - plan.centre(segment)).abs() < plan.profile_of(segment).half + 0.01
                    && (ZEBRA_FROM_M..ZEBRA_FROM_M + ZEBRA_WIDE_M).contains(&into)
            })
        })
    }

    #[test]
    fn people_keep_to_pavements_and_crossings_and_set_out_on_their_light() {
        let within = |rect: Rect, at: Vec2| at.cmpge(rect.min).all() && at.cmple(rect.max).all();
        let (mut crossed, mut steps) = (0, 0);
        let mut before: BTreeMap<u32, bool> = BTreeMap::new();
        minute(5, |plan, life, tick| {
            for walker in &life.walkers.list {
                let (at, _) = walker.at(plan);
                let (i, j) = plan.block_at(at);
                let paved = (i - 1..=i + 1)
                    .flat_map(|i| (j - 1..=j + 1).map(move |j| (i, j)))
                    .any(|(i, j)| within(plan.block(i, j), at));
                assert!(paved || on_zebra(plan, at), "tick {tick}: {walker:?} at {at}");
                let junction = walker.on_crossing(plan);
                let was = before.insert(walker.id, junction.is_some());
                if was == Some(false)
                    && let Some(junction) = junction
                {
                    crossed += 1;
                    assert!(signals::walk(plan, junction, tick), "tick {tick}: {walker:?}");
                }
                steps += usize::from(walker.speed_mps > 0.5);
            }
        });
        assert!(crossed > 3, "{crossed} people crossed");
        assert!(steps > 24 * 60 * 20, "{steps} ticks of walking");
    }

    #[test]
    fn nonsense_is_not_read() {
        let plan = Plan::new(9);
        let mut life = StreetLife::default();
        life.begin(&plan, Vec3::ZERO);
        let good = life.save();
        assert_eq!(StreetLife::read(&good).expect("reads"), life);
        let spoil = |at: &[&str], value: serde_json::Value| {
            let mut bad = good.clone();
            let mut place = &mut bad;
            for key in at {
                place = match key.parse::<usize>() {
                    Ok(index) => &mut place[index],
                    Err(_) => &mut place[*key],
                };
            }
            *place = value;
            StreetLife::read(&bad)
        };
        let car = ["traffic", "cars", "0"];
        assert!(spoil(&[car[0], car[1], car[2], "way_m"], 1e30.into()).is_err());
        assert!(spoil(&[car[0], car[1], car[2], "lane", "segment", "i"], i32::MIN.into()).is_err());
        assert!(spoil(&["walkers", "list", "0", "aside_m"], 50.0.into()).is_err());
        assert!(
            spoil(&["walkers", "list"], vec![good["walkers"]["list"][0].clone(); 500].into())
                .is_err()
        );
        assert!(spoil(&["tick"], "late".into()).is_err());
    }
}
