//! The endless town: streaming, traffic and people, seen from outside.

use glam::{Vec2, Vec3};
use reverie_simulator::{Class, MovingBody, SimulatorModel};
use reverie_world_model::{
    Action, Embodiment, Observation, Pose, SceneSeed, Seed, SeedSource, WorldModel,
};

use super::model;

fn seed(number: u64) -> Seed {
    let scene = SceneSeed { hour: 11.0, ..SceneSeed::new("city", number) };
    Seed::new(SeedSource::Scene(scene)).with_embodiment(Embodiment::Walker)
}

fn walk(model: &mut SimulatorModel, ticks: usize, forward_mps: f32) -> Vec<Observation> {
    let action = Action { move_mps: Vec3::new(0.0, 0.0, forward_mps), ..Action::default() };
    (0..ticks).map(|_| model.step(&action).expect("steps")).collect()
}

fn bodies(model: &SimulatorModel, class: Class) -> Vec<MovingBody> {
    let scene = model.scene().expect("running");
    scene.moving_bodies().filter(|body| body.class == class).collect()
}

#[test]
fn a_walk_is_the_same_twice_and_after_a_restore() {
    let mut one = model();
    one.begin(&seed(3)).expect("begins");
    walk(&mut one, 30, 1.4);
    let saved = one.save().expect("saves");
    let expected = walk(&mut one, 20, 1.4);
    let mut two = model();
    two.begin(&seed(3)).expect("begins");
    assert_eq!(walk(&mut two, 50, 1.4)[30..], expected);
    let mut three = model();
    three.restore(&saved).expect("restores");
    assert_eq!(walk(&mut three, 20, 1.4), expected);
    assert!(!bodies(&one, Class::Car).is_empty() && !bodies(&one, Class::Person).is_empty());
}

#[test]
fn coming_back_from_far_away_gives_the_same_still() {
    let mut world = model();
    world.begin(&seed(6).with_embodiment(Embodiment::Drone)).expect("begins");
    walk(&mut world, 24, 4.0);
    let saved = world.save().expect("saves");
    let before = world.truth().expect("has a truth").clone();
    walk(&mut world, 24 * 10, 14.0);
    let away = world.truth().expect("has a truth").camera.pose.position;
    assert!(away.distance(before.camera.pose.position) > 90.0, "flew to {away}");
    world.restore(&saved).expect("restores");
    assert_eq!(world.truth(), Some(&before));
}

#[test]
fn cars_stop_for_somebody_in_their_lane() {
    let mut world = model();
    world.begin(&seed(3)).expect("begins");
    let start = world.truth().expect("has a truth").camera.pose.position;
    let first = bodies(&world, Class::Car);
    let mut near: Vec<&MovingBody> = first.iter().collect();
    near.sort_by(|a, b| a.centre.distance(start).total_cmp(&b.centre.distance(start)));
    // Those with nobody before them on the next metres.
    let place = |car: &MovingBody| (car.centre + car.rotation * Vec3::X * 13.0).with_y(1.6);
    near.retain(|car| {
        first.iter().all(|other| {
            other.instance == car.instance
                || other.centre.distance(place(car)) > 5.0
                    && other.centre.distance(car.centre.midpoint(place(car))) > 6.0
        })
    });
    let mut stopped = 0;
    for car in near.into_iter().take(4) {
        let ahead = car.rotation * Vec3::X;
        let mut seed = seed(3);
        let at = place(car);
        seed.start = Some(Pose::from_yaw_pitch_roll(at, 0.3, 0.0, 0.0));
        world.begin(&seed).expect("begins");
        let mut last = None;
        for tick in 0..24 * 7 {
            world.step(&Action::default()).expect("steps");
            let player = world.truth().expect("has a truth").camera.pose.position;
            for body in bodies(&world, Class::Car) {
                let local = body.rotation.conjugate() * (player - body.centre);
                let gap =
                    Vec2::new(local.x.abs() - body.half_size.x, local.z.abs() - body.half_size.z)
                        .max_element();
                assert!(gap > 0.1, "tick {tick}: car {} at {gap} m", body.instance);
            }
            last = bodies(&world, Class::Car).into_iter().find(|b| b.instance == car.instance);
        }
        let player = world.truth().expect("has a truth").camera.pose.position;
        // It came up and waits, unless a light or a bend was before it.
        stopped += u32::from(last.is_some_and(|body| {
            let away = (player - body.centre).dot(ahead);
            (2.0..7.0).contains(&away) && (player - body.centre).cross(ahead).length() < 1.0
        }));
    }
    assert!(stopped >= 1, "no car came up to the player");
}
