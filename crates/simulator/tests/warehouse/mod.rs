//! The warehouse and what moves in it.

use glam::{Vec2, Vec3};
use reverie_simulator::{LooseBox, Scene, SimulatorModel, Sound};
use reverie_world_model::{
    Action, Embodiment, Intrinsics, Pose, Seed, SeedSource, Snapshot, SpatialQuery, WorldEvent,
    WorldModel,
};
use serde_json::{Value, json};

use super::{QUICK, SceneSeed};

/// Small pictures: these tests are about what moves.
const TINY: Intrinsics = Intrinsics { width: 16, height: 9, fx: 10.0, fy: 10.0, cx: 8.0, cy: 4.5 };
const RADIUS_M: f32 = 0.35;
const EYE_M: f32 = 0.7;

fn seed(number: u64) -> Seed {
    let scene = SceneSeed { hour: 10.0, ..SceneSeed::new("warehouse", number) };
    Seed::new(SeedSource::Scene(scene)).with_embodiment(Embodiment::Rover)
}

fn model() -> SimulatorModel {
    SimulatorModel::new(TINY, QUICK).expect("valid lens")
}

fn flat(v: Vec3) -> Vec2 {
    Vec2::new(v.x, v.z)
}

fn drive(forward_mps: f32, interact: bool) -> Action {
    Action { move_mps: Vec3::new(0.0, 0.0, forward_mps), interact, ..Action::default() }
}

fn on_floor(item: &LooseBox) -> bool {
    (item.position.y - item.half_m.y).abs() < 0.02
}

/// A pose from which a rover drives against box `index`, with free floor before and behind it.
fn approach(scene: &Scene, boxes: &[LooseBox], index: usize, behind_m: f32) -> Option<Pose> {
    let item = &boxes[index];
    let alone = boxes.iter().enumerate().all(|(other, b)| {
        other == index
            || flat(b.position).distance(flat(item.position)) < 0.1
            || flat(b.position).distance(flat(item.position)) > 1.6
    });
    (0..16).filter(|_| alone).find_map(|i| {
        let yaw = i as f32 * std::f32::consts::TAU / 16.0;
        let pose = Pose::from_yaw_pitch_roll(Vec3::ZERO, yaw, 0.0, 0.0);
        let ahead = pose.forward();
        let floor = item.position.with_y(0.0);
        let from = floor - ahead * 1.2;
        let stands =
            scene.is_free(from + Vec3::Y * EYE_M, 0.5) && scene.is_free(from + Vec3::Y * 0.3, 0.28);
        let right = Vec3::new(-ahead.z, 0.0, ahead.x);
        let open = [-0.45f32, -0.2, 0.0, 0.2, 0.45].iter().all(|side| {
            [0.08f32, 0.25, 0.45].iter().all(|height| {
                let start = floor + right * *side + ahead * 0.55 + Vec3::Y * *height;
                scene.ray_cast(start, ahead, behind_m).is_none()
            })
        });
        let position = from + Vec3::Y * EYE_M;
        (stands && open).then(|| Pose::from_yaw_pitch_roll(position, yaw, 0.0, 0.0))
    })
}

/// A begun world whose rover faces a box, and the box's number.
fn facing_a_box(
    model: &mut SimulatorModel,
    wanted: impl Fn(&[LooseBox], usize) -> bool,
) -> (usize, Pose) {
    for number in 0..4 {
        model.begin(&seed(number)).expect("begins");
        // Boxes come to rest on the floor's paint.
        for _ in 0..6 {
            model.step(&Action::default()).expect("steps");
        }
        let boxes = model.sites().boxes;
        let scene = model.scene().expect("running");
        let found = (0..boxes.len())
            .filter(|i| wanted(&boxes, *i))
            .find_map(|index| Some((index, approach(scene, &boxes, index, 1.6)?)));
        if let Some((index, pose)) = found {
            let start = Seed { start: Some(pose), ..seed(number) };
            model.begin(&start).expect("begins before the box");
            return (index, pose);
        }
    }
    panic!("no box stands free in four warehouses");
}

fn single(boxes: &[LooseBox], index: usize) -> bool {
    on_floor(&boxes[index])
        && boxes.iter().enumerate().all(|(other, b)| {
            other == index || flat(b.position).distance(flat(boxes[index].position)) > 0.5
        })
}

#[test]
fn warehouses_follow_from_their_seed_and_differ() {
    let mut depths = Vec::new();
    for number in [3, 3, 4] {
        let mut model = model();
        let seen = model.begin(&seed(number)).expect("begins");
        depths.push((seen.depth, model.sites()));
    }
    assert_eq!(depths[0], depths[1]);
    assert_ne!(depths[0].0, depths[2].0, "another seed, another hall");
    assert_ne!(depths[0].1.docks, depths[2].1.docks);
    assert!(depths[0].1.boxes.len() > 20 && depths[0].1.docks.len() > 3);
}

#[test]
fn a_pushed_box_goes_on_before_the_rover_and_stops() {
    let mut model = model();
    let (index, pose) = facing_a_box(&mut model, single);
    let before = model.sites().boxes[index];
    let mut bumps = 0;
    for _ in 0..40 {
        model.step(&drive(0.8, false)).expect("steps");
        let item = model.sites().boxes[index];
        let body = model.body().expect("running").position;
        let nearest = flat(item.position).distance(flat(body)) - flat(item.half_m).length();
        assert!(nearest < 1.5 && flat(item.position).distance(flat(body)) > RADIUS_M + 0.14);
        bumps += model.sounds().iter().filter(|s| s.sound == Sound::Bump).count();
    }
    let after = model.sites().boxes[index];
    let moved = after.position - before.position;
    assert!(moved.dot(pose.forward()) > 0.3, "moved by {moved}");
    assert!(moved.cross(pose.forward()).length() < 0.05, "goes the rover's way: {moved}");
    assert!(moved.y.abs() < 0.01 && bumps > 0);
    for _ in 0..20 {
        model.step(&drive(0.0, false)).expect("steps");
    }
    let rest = model.sites().boxes[index].position;
    model.step(&drive(0.0, false)).expect("steps");
    assert_eq!(model.sites().boxes[index].position, rest, "friction stops it");
}

#[test]
fn a_box_is_gripped_carried_and_set_down() {
    let mut model = model();
    let (index, _) = facing_a_box(&mut model, single);
    let before = model.sites().boxes[index];
    for _ in 0..12 {
        model.step(&drive(0.6, false)).expect("steps");
    }
    for _ in 0..24 {
        model.step(&drive(0.0, true)).expect("steps");
    }
    let held = model.sites().boxes[index];
    assert!(held.held && held.position.y > before.position.y + 0.1, "{held:?}");
    for _ in 0..30 {
        let back = Action { look_rps: Vec2::new(0.3, 0.0), ..drive(-0.6, true) };
        model.step(&back).expect("steps");
        let body = model.body().expect("running").position;
        let item = model.sites().boxes[index].position;
        assert!(flat(item).distance(flat(body)) < 1.3, "stays with the rover");
    }
    for _ in 0..24 {
        model.step(&drive(0.0, false)).expect("steps");
    }
    let after = model.sites().boxes[index];
    assert!(!after.held && on_floor(&after), "{after:?}");
    assert!(after.position.distance(before.position) > 0.4, "{before:?} to {after:?}");
}

#[test]
fn a_box_falls_off_an_edge() {
    let mut model = model();
    let (index, pose) = facing_a_box(&mut model, single);
    let steps = |model: &mut SimulatorModel, ticks: usize, action: Action| {
        for _ in 0..ticks {
            model.step(&action).expect("steps");
        }
        model.sites().boxes[index]
    };
    steps(&mut model, 12, drive(0.6, false));
    let held = steps(&mut model, 24, drive(0.0, true));
    assert!(held.held);
    // A low platform under the carried box, which is set down on it.
    let platform = WorldEvent::Place {
        id: 1,
        class: "box".to_owned(),
        position: held.position.with_y(0.05) - pose.forward() * 0.1,
        rotation: pose.rotation,
        size: Vec3::new(1.0, 0.1, 0.8),
        colour: [90, 90, 90],
    };
    model.apply(&platform).expect("places");
    let stands = steps(&mut model, 12, drive(0.0, false));
    assert!((stands.position.y - stands.half_m.y - 0.1).abs() < 0.01, "{stands:?}");
    let fallen = steps(&mut model, 60, drive(0.6, false));
    assert!(on_floor(&fallen), "{fallen:?}");
    let moved = (fallen.position - stands.position).dot(pose.forward());
    assert!(moved > 0.3, "pushed by {moved} m");
}

#[test]
fn a_forklift_stops_for_the_rover() {
    let mut model = model();
    let watch = |model: &mut SimulatorModel, ticks: usize| -> Vec<Vec<(Vec3, f32)>> {
        (0..ticks)
            .map(|_| {
                model.step(&Action::default()).expect("steps");
                model.sites().traffic
            })
            .collect()
    };
    // Only machines are faster than people walk. Meet one a moment later on its way.
    let meeting = (0..4).find_map(|number| {
        model.begin(&seed(number)).expect("begins");
        let seen = watch(&mut model, 420);
        let at = |tick: usize, i: usize| seen[tick][i].0;
        (100..400).step_by(10).find_map(|tick| {
            (0..seen[0].len()).find_map(|i| {
                let fast = at(tick, i).distance(at(tick + 5, i)) * 24.0 / 5.0 > 1.8;
                let ahead = at(tick + 15, i);
                let scene = model.scene().expect("running");
                let free = scene.ground_height(ahead + Vec3::Y).is_some_and(|y| y < 0.02)
                    && scene.is_free(ahead + Vec3::Y * EYE_M, 0.5);
                (fast && free).then_some((number, i, ahead, tick))
            })
        })
    });
    let (number, machine, at, tick) = meeting.expect("some forklift is under way");
    let pose = Pose::from_yaw_pitch_roll(at + Vec3::Y * EYE_M, 0.0, 0.0, 0.0);
    model.begin(&Seed { start: Some(pose), ..seed(number) }).expect("begins in its way");
    let seen = watch(&mut model, tick + 120);
    let gap = |tick: usize| flat(seen[tick][machine].0).distance(flat(at)) - seen[tick][machine].1;
    let nearest = (0..seen.len()).map(gap).fold(f32::INFINITY, f32::min);
    assert!((0.9..6.0).contains(&nearest), "comes up to {nearest} m");
    let moved = seen[tick + 80][machine].0.distance(seen[tick + 119][machine].0);
    assert!(moved < 0.05, "stands before the rover, went {moved} m");
}

#[test]
fn a_restored_warehouse_goes_on_exactly() {
    let mut model = model();
    facing_a_box(&mut model, single);
    let go = |model: &mut SimulatorModel, ticks: usize| {
        let mut all = Vec::new();
        for i in 0..ticks {
            let seen = model.step(&drive(0.8, i % 20 > 12)).expect("steps");
            all.push((seen, model.sounds().to_vec(), model.sites()));
        }
        all
    };
    go(&mut model, 26);
    let saved = model.save().expect("saves");
    let expected = go(&mut model, 24);
    let mut fresh = self::model();
    fresh.restore(&saved).expect("restores");
    assert!(go(&mut fresh, 24) == expected, "in a fresh model");
    model.restore(&saved).expect("restores");
    assert!(go(&mut model, 24) == expected, "in the running model");

    let state: Value = serde_json::from_slice(&saved.state_base64).expect("is JSON");
    let held = json!({ "index": 9999, "offset_m": [0.0, 0.0, 0.0], "yaw_rad": 0.0 });
    for (path, bad, part) in [
        ("/living/workers/0/cycle_m", json!(1e9), "workers: has values"),
        ("/living/forklifts/0/way_m", json!(-1.0), "forklifts: has values"),
        ("/living/boxes/list/0/position/1", json!(1e30), "boxes: has values"),
        ("/living/boxes/held", held, "held: has values"),
        ("/living/boxes/list", json!([]), "boxes: 0, expected"),
        ("/living", json!(null), "living: is missing"),
    ] {
        let mut broken = state.clone();
        *broken.pointer_mut(path).expect(path) = bad;
        let state_base64 = serde_json::to_vec(&broken).expect("writes");
        let damaged = Snapshot { state_base64, ..saved.clone() };
        let error = model.restore(&damaged).expect_err(path).to_string();
        assert!(error.contains(part), "{path}: {error}");
    }
}
