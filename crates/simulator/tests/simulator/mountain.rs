//! The endless mountains at the public surface.

use glam::{Vec2, Vec3};
use reverie_simulator::{Class, GroundTruth, SimulatorModel};
use reverie_world_model::{
    Action, Embodiment, SceneSeed, Season, Seed, SeedSource, SpatialQuery, WorldEvent, WorldModel,
};

use super::{LENS, QUICK, frame_hash};

fn seed(number: u64, embodiment: Embodiment) -> Seed {
    let scene = SceneSeed { hour: 11.0, ..SceneSeed::new("mountain", number) };
    Seed::new(SeedSource::Scene(scene)).with_embodiment(embodiment)
}

fn begun(number: u64, embodiment: Embodiment) -> SimulatorModel {
    let mut model = SimulatorModel::new(LENS, QUICK).expect("valid lens");
    model.begin(&seed(number, embodiment)).expect("begins");
    model
}

fn truth(model: &SimulatorModel) -> &GroundTruth {
    model.truth().expect("running")
}

fn go(model: &mut SimulatorModel, move_mps: Vec3, ticks: u32) {
    for i in 0..ticks {
        let look_rps = Vec2::new(0.3 * (i as f32 * 0.1).sin(), 0.0);
        model.step(&Action { move_mps, look_rps, interact: false }).expect("steps");
    }
}

#[test]
fn equal_seeds_give_equal_worlds_and_others_do_not() {
    let hash = |number| frame_hash(truth(&begun(number, Embodiment::Drone)));
    let (first, second) = (hash(3), hash(4));
    assert_eq!(first, hash(3));
    assert_ne!(first, second);
}

#[test]
fn who_goes_away_and_comes_back_finds_the_same_place() {
    let mut model = begun(5, Embodiment::Free);
    let (home, before) = (model.save().expect("saves"), truth(&model).clone());
    // Two kilometres off everything that was near is gone.
    go(&mut model, Vec3::new(0.0, 20.0, 340.0), 140);
    let away = truth(&model).camera.pose.position.distance(before.camera.pose.position);
    assert!(away > 1500.0, "{away} m away");
    model.restore(&home).expect("restores");
    assert_eq!(truth(&model).depth_m, before.depth_m);
    assert_eq!(frame_hash(truth(&model)), frame_hash(&before));
    assert_eq!(truth(&model).instance, before.instance);
}

#[test]
fn the_ground_stays_where_it_is_while_the_eye_goes_on() {
    let mut model = begun(6, Embodiment::Free);
    let start = truth(&model).camera.pose.position;
    let points: Vec<Vec3> = (0..24)
        .map(|i| start + Vec3::new((i % 6) as f32 * 2.3 - 6.0, 30.0, (i / 6) as f32 * 2.9 - 5.0))
        .collect();
    let heights = |model: &SimulatorModel| -> Vec<f32> {
        let scene = model.scene().expect("running");
        points.iter().map(|&p| scene.ground_height(p).expect("ground")).collect()
    };
    let before = heights(&model);
    // In steps smaller than those in which the terrain is brought up to date.
    for _ in 0..8 {
        go(&mut model, Vec3::new(0.0, 9.0, 96.0), 1);
        for (now, then) in heights(&model).iter().zip(&before) {
            assert!((now - then).abs() < 1e-3, "{now} m was {then} m");
        }
    }
    let way = truth(&model).camera.pose.position.distance(start);
    assert!((24.0..48.0).contains(&way), "{way} m");
}

#[test]
fn a_flight_that_was_saved_goes_on_bit_for_bit() {
    let mut model = begun(8, Embodiment::Drone);
    go(&mut model, Vec3::new(0.0, 4.0, 9.0), 12);
    let saved = model.save().expect("saves");
    go(&mut model, Vec3::new(1.0, 1.0, 12.0), 12);
    let mut other = SimulatorModel::new(LENS, QUICK).expect("valid lens");
    other.restore(&saved).expect("restores");
    go(&mut other, Vec3::new(1.0, 1.0, 12.0), 12);
    assert_eq!(frame_hash(truth(&other)), frame_hash(truth(&model)));
    assert_eq!(other.flow(), model.flow());
    let mut odd = saved.clone();
    let text = String::from_utf8(odd.state_base64).expect("text");
    let late = text.replace("\"time_secs\":0.", "\"time_secs\":-7.");
    assert_ne!(late, text);
    odd.state_base64 = late.into_bytes();
    assert!(other.restore(&odd).expect_err("before its time").to_string().contains("time_secs"));
}

#[test]
fn seasons_change_the_looks_and_come_back() {
    let mut model = begun(9, Embodiment::Drone);
    let still = Action::default();
    let mut look = |season| {
        model.apply(&WorldEvent::Season { season }).expect("turns");
        let home = model.save().expect("saves");
        model.restore(&home).expect("restores");
        truth(&model).clone()
    };
    let summer = look(Season::Summer);
    for season in [Season::Spring, Season::Autumn, Season::Winter] {
        assert_ne!(look(season).rgb, summer.rgb, "{season}");
    }
    assert_eq!(frame_hash(&look(Season::Summer)), frame_hash(&summer));
    model.step(&still).expect("steps");
    let classes: std::collections::BTreeSet<u8> = truth(&model).class.iter().copied().collect();
    let ground = [Class::Ground, Class::Trail, Class::Rock].map(Class::number);
    assert!(ground.iter().any(|c| classes.contains(c)), "{classes:?}");
}
