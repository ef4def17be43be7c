use super::*;
use crate::{OpenSpace, Pose, RayHit};

const ALL: [Embodiment; 4] =
    [Embodiment::Walker, Embodiment::Drone, Embodiment::Rover, Embodiment::Free];
const HZ: f32 = 24.0;
/// Half the inner width of the room, metres.
const ROOM_M: f32 = 4.0;

/// A room of 8 x 8 x 12 m with a pillar of 1.6 x 1.6 m in the middle: the floor is at y = 0.
struct Room;

/// Faces of a box: the far ones seen from inside (`inside`), or the near ones from outside.
fn box_hit(origin: Vec3, dir: Vec3, low: Vec3, high: Vec3, inside: bool) -> Option<(f32, Vec3)> {
    let (a, b) = ((low - origin) / dir, (high - origin) / dir);
    let (near, far) = (a.min(b), a.max(b));
    if inside {
        let t = far.min_element();
        let axis = (0..3).find(|i| far[*i] == t)?;
        let mut normal = Vec3::ZERO;
        normal[axis] = -dir[axis].signum();
        return Some((t, normal));
    }
    let (t, leaves) = (near.max_element(), far.min_element());
    if !(t > 0.0 && t < leaves) {
        return None;
    }
    let axis = (0..3).find(|i| near[*i] == t)?;
    let mut normal = Vec3::ZERO;
    normal[axis] = -dir[axis].signum();
    Some((t, normal))
}

impl SpatialQuery for Room {
    fn ray_cast(&self, origin: Vec3, direction: Vec3, max_distance_m: f32) -> Option<RayHit> {
        // Not zero anywhere, so that no slab divides 0 by 0.
        let dir = (direction.normalize() + Vec3::splat(1e-7)).normalize();
        let wall = box_hit(
            origin,
            dir,
            Vec3::new(-ROOM_M, 0.0, -ROOM_M),
            Vec3::new(ROOM_M, 12.0, ROOM_M),
            true,
        );
        let pillar =
            box_hit(origin, dir, Vec3::new(-0.8, 0.0, -0.8), Vec3::new(0.8, 12.0, 0.8), false);
        [wall, pillar]
            .into_iter()
            .flatten()
            .filter(|(t, _)| *t <= max_distance_m)
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(t, normal)| RayHit { position: origin + dir * t, normal, distance_m: t })
    }
    fn ground_height(&self, point: Vec3) -> Option<f32> {
        let inside = point.x.abs() < ROOM_M && point.z.abs() < ROOM_M && point.y >= 0.0;
        inside.then_some(0.0)
    }
    fn is_free(&self, centre: Vec3, radius_m: f32) -> bool {
        let inside = centre.abs().max_element() + radius_m;
        inside < ROOM_M
    }
}

/// Ground at y = 0 that ends at x = 3: beyond is a pit of 20 m.
struct Cliff;

impl SpatialQuery for Cliff {
    fn ray_cast(&self, _: Vec3, _: Vec3, _: f32) -> Option<RayHit> {
        None
    }
    fn ground_height(&self, point: Vec3) -> Option<f32> {
        Some(if point.x < 3.0 { 0.0 } else { -20.0 })
    }
    fn is_free(&self, _: Vec3, _: f32) -> bool {
        true
    }
}

fn body(embodiment: Embodiment) -> EmbodimentState {
    let height_m = embodiment.default_body().eye_height_m.max(1.6);
    let position = Vec3::new(-2.4, height_m, 2.0);
    let mut state = EmbodimentState::new(embodiment, Pose { position, ..Pose::IDENTITY });
    if matches!(embodiment, Embodiment::Rover) {
        state.position.y = state.body.eye_height_m;
    }
    state
}

/// Body after every tick, and the actions.
fn stroll(
    seed: u64,
    embodiment: Embodiment,
    secs: f32,
    world: &dyn SpatialQuery,
) -> (Vec<EmbodimentState>, Vec<Action>, Vec<StrollActivity>) {
    let mut state = body(embodiment);
    let mut stroll = Stroll::new(seed, embodiment, HZ);
    let (mut bodies, mut actions, mut activities) = (vec![state], Vec::new(), Vec::new());
    for _ in 0..(secs * HZ) as u32 {
        let action = stroll.next(&state, world);
        action.validate().expect("valid");
        state.advance(&action, 1.0 / HZ, world);
        bodies.push(state);
        actions.push(action);
        activities.push(stroll.activity());
    }
    (bodies, actions, activities)
}

#[test]
fn the_same_seed_strolls_the_same_way_and_another_another() {
    for embodiment in ALL {
        let (_, first, _) = stroll(5, embodiment, 20.0, &Room);
        assert_eq!(first, stroll(5, embodiment, 20.0, &Room).1);
        assert_ne!(first, stroll(6, embodiment, 20.0, &Room).1);
    }
}

#[test]
fn a_saved_stroll_goes_on_as_if_nothing_had_happened() {
    for embodiment in ALL {
        let (bodies, actions, _) = stroll(8, embodiment, 30.0, &Room);
        let mut saved = Stroll::new(8, embodiment, HZ);
        for state in &bodies[..400] {
            saved.next(state, &Room);
        }
        let text = serde_json::to_string(&saved).expect("valid");
        let mut restored: Stroll = serde_json::from_str(&text).expect("valid");
        for (state, action) in bodies[400..].iter().zip(&actions[400..]) {
            let next = restored.next(state, &Room);
            // JSON keeps f32 exactly.
            assert_eq!(next, *action);
        }
    }
}

#[test]
fn actions_are_a_persons() {
    for embodiment in ALL {
        for seed in 0..6 {
            let (_, actions, _) = stroll(seed, embodiment, 60.0, &Room);
            let fastest = actions.iter().map(|a| a.move_mps.length()).fold(0.0, f32::max);
            let quickest = actions.iter().map(|a| a.look_rps.length()).fold(0.0, f32::max);
            assert!(fastest < 10.0 && quickest < 360_f32.to_radians(), "{fastest} {quickest}");
            for pair in actions.windows(2) {
                // The camera turns under a steady motion, so speeds are compared, not vectors;
                // brakes may be harder than the throttle.
                let jump = pair[1].move_mps.length() - pair[0].move_mps.length();
                assert!(jump < 4.6 / HZ + 0.01, "{embodiment:?} {seed}: {jump} m/s in a tick");
                let turn = (pair[1].look_rps - pair[0].look_rps).abs().max_element();
                assert!(turn.to_degrees() < 1200.0 / HZ, "{embodiment:?} {seed}: {turn}");
            }
        }
    }
}

#[test]
fn everything_a_person_does_turns_up() {
    for embodiment in ALL {
        let mut seen = std::collections::HashSet::new();
        for seed in 0..8 {
            seen.extend(stroll(seed, embodiment, 60.0, &Room).2);
        }
        assert_eq!(seen.len(), 6, "{embodiment:?}: {seen:?}");
    }
}

#[test]
fn it_comes_back_to_where_it_was() {
    for embodiment in ALL {
        for (world, name) in [(&Room as &dyn SpatialQuery, "room"), (&OpenSpace, "open space")] {
            for seed in 0..8 {
                let (bodies, _, activities) = stroll(seed, embodiment, 120.0, world);
                // Who gives up walks on; who arrives looks around.
                let arrives = |i: &usize| {
                    let [before, after] = [activities[*i], activities[*i + 1]];
                    before == StrollActivity::Return && after == StrollActivity::LookAround
                };
                let arrivals: Vec<usize> = (0..activities.len() - 1).filter(arrives).collect();
                assert!(!arrivals.is_empty(), "{embodiment:?} in the {name}, seed {seed}");
                for at in arrivals {
                    let here = bodies[at + 1].position;
                    let mut away = false;
                    let again = bodies[..=at].iter().rev().any(|b| {
                        let distance_m = b.position.distance(here);
                        away |= distance_m > 0.8;
                        away && distance_m < 0.6
                    });
                    assert!(again, "{embodiment:?} in the {name}, seed {seed}, tick {at}");
                }
            }
        }
    }
}

#[test]
fn a_loop_ends_where_it_began() {
    for embodiment in ALL {
        let mut closed = 0;
        for seed in 0..12 {
            let (bodies, _, activities) = stroll(seed, embodiment, 90.0, &OpenSpace);
            let mut began: Option<usize> = None;
            for (i, pair) in activities.windows(2).enumerate() {
                match (pair[0], pair[1]) {
                    (StrollActivity::Loop, StrollActivity::LookAround) => {
                        let Some(from) = began.take() else { continue };
                        let start = bodies[from].position;
                        let gap_m = bodies[i + 1].position.distance(start);
                        let width_m = bodies[from..=i]
                            .iter()
                            .map(|b| b.position.distance(start))
                            .fold(0.0, f32::max);
                        assert!(gap_m < 0.8 && width_m > 0.5, "{embodiment:?} {seed} at {i}");
                        closed += 1;
                    }
                    (StrollActivity::Loop, StrollActivity::Loop) => {}
                    (_, StrollActivity::Loop) => began = Some(i + 1),
                    _ => {}
                }
            }
        }
        assert!(closed >= 4, "{embodiment:?}: {closed} loops");
    }
}

#[test]
fn a_room_is_explored_without_getting_stuck_or_leaving_it() {
    for embodiment in ALL {
        for seed in 0..12 {
            let (bodies, ..) = stroll(seed, embodiment, 120.0, &Room);
            for b in &bodies {
                // Square rings: the room's wall and the pillar's.
                let ring_m = b.position.x.abs().max(b.position.z.abs());
                assert!((0.85..ROOM_M - 0.1).contains(&ring_m), "{embodiment:?} {seed}: {b:?}");
                assert!((0.1..11.9).contains(&b.position.y), "{embodiment:?} {seed}: {b:?}");
            }
            for window in bodies.windows((25.0 * HZ) as usize).step_by(24) {
                let first = window[0].position;
                let reach = window.iter().map(|b| b.position.distance(first)).fold(0.0, f32::max);
                assert!(reach > 0.4, "{embodiment:?} {seed}: stuck at {first}");
            }
            let cells: std::collections::HashSet<_> = bodies
                .iter()
                .map(|b| (b.position.x.floor() as i32, b.position.z.floor() as i32))
                .collect();
            // 60 cells of a square metre, of which the pillar hides a part.
            assert!(cells.len() >= 14, "{embodiment:?} {seed}: {} cells", cells.len());
        }
    }
}

#[test]
fn what_walks_stays_off_the_cliff() {
    for embodiment in [Embodiment::Walker, Embodiment::Rover] {
        for seed in 0..12 {
            let (bodies, ..) = stroll(seed, embodiment, 90.0, &Cliff);
            let lowest = bodies.iter().map(|b| b.position.y).fold(f32::INFINITY, f32::min);
            assert!(lowest > 0.0, "{embodiment:?} {seed} fell");
        }
    }
}

#[test]
fn numbers_that_are_none_give_a_valid_action() {
    let mut stroll = Stroll::new(1, Embodiment::Free, f32::NAN);
    let mut state = body(Embodiment::Free);
    state.position.x = f32::NAN;
    state.yaw_rad = f32::INFINITY;
    for _ in 0..50 {
        stroll.next(&state, &OpenSpace).validate().expect("valid");
    }
    let sound = body(Embodiment::Free);
    let moved = (0..200).any(|_| stroll.next(&sound, &OpenSpace).move_mps.length() > 0.1);
    assert!(moved, "it goes on once the numbers are numbers again");
}
