//! Robot tasks and the policies that attempt them.

use reverie_simulator::{Pilot, Policy, SimulatorModel, TaskKind, TaskState};
use reverie_world_model::{Embodiment, Intrinsics, Seed, SeedSource, WorldModel};

use super::{QUICK, SceneSeed};

const TINY: Intrinsics = Intrinsics { width: 8, height: 6, fx: 5.0, fy: 5.0, cx: 4.0, cy: 3.0 };

fn seed(kind: TaskKind, number: u64) -> Seed {
    let scene = SceneSeed::new(kind.scene().name(), number);
    Seed::new(SeedSource::Scene(scene)).with_embodiment(kind.embodiment())
}

fn model(kind: TaskKind) -> SimulatorModel {
    let mut model = SimulatorModel::new(TINY, QUICK).expect("valid lens");
    model.set_task(Some(kind));
    model
}

/// Ends of an attempt by each policy from one start.
fn attempts(kind: TaskKind, number: u64) -> Vec<TaskState> {
    let mut model = model(kind);
    model.begin(&seed(kind, number)).expect("has a place for the task");
    let start = model.save().expect("saves");
    Policy::ALL
        .map(|policy| {
            model.restore(&start).expect("restores");
            let mut pilot = Pilot::new(policy, number);
            while !model.task_state().expect("has a task").over {
                let action = model.ask(&mut pilot);
                model.step(&action).expect("steps");
            }
            *model.task_state().expect("has a task")
        })
        .to_vec()
}

/// Spearman's correlation of the places in a list with its values.
fn rank_correlation(values: &[f32]) -> f32 {
    let rank = |v: f32| {
        let below = values.iter().filter(|other| **other < v).count() as f32;
        let equal = values.iter().filter(|other| **other == v).count() as f32;
        below + 0.5 * (equal - 1.0)
    };
    let middle = 0.5 * (values.len() as f32 - 1.0);
    let (mut both, mut place, mut value) = (0.0, 0.0, 0.0);
    for (i, v) in values.iter().enumerate() {
        let (a, b) = (i as f32 - middle, rank(*v) - middle);
        both += a * b;
        place += a * a;
        value += b * b;
    }
    both / (place * value).sqrt().max(1e-6)
}

fn better_policies_score_better(kind: TaskKind, numbers: &[u64]) {
    let mut means = [0.0f32; 6];
    let mut best = TaskState { success: false, ..attempts(kind, numbers[0])[5] };
    for &number in numbers {
        let ends = attempts(kind, number);
        for (mean, end) in means.iter_mut().zip(&ends) {
            *mean += end.score() / numbers.len() as f32;
        }
        best.success |= ends[5].success;
        for (policy, end) in Policy::ALL.iter().zip(&ends) {
            println!("{} {number} {:9} {:.2} {end:?}", kind.name(), policy.name(), end.score());
        }
    }
    let correlation = rank_correlation(&means);
    assert!(best.success, "{}: the best policy succeeds", kind.name());
    assert!(correlation > 0.7, "{}: {means:?} correlate by {correlation}", kind.name());
    assert!(means[5] > means[0] + 0.2 && means[5] > means[1], "{}: {means:?}", kind.name());
}

#[test]
fn better_policies_reach_the_goal_better() {
    better_policies_score_better(TaskKind::GoToGoal, &[1, 2]);
}

#[test]
fn better_policies_fetch_better() {
    better_policies_score_better(TaskKind::FetchBox, &[1, 2]);
}

#[test]
fn better_policies_patrol_better() {
    better_policies_score_better(TaskKind::Patrol, &[1, 2]);
}

#[test]
fn better_policies_fly_better() {
    better_policies_score_better(TaskKind::FlyGates, &[1, 2]);
}

#[test]
fn better_policies_find_the_address_better() {
    better_policies_score_better(TaskKind::ReachAddress, &[1, 2]);
}

#[test]
fn a_task_goes_on_after_a_restore_and_shows_its_goal() {
    let kind = TaskKind::GoToGoal;
    let mut model = model(kind);
    model.begin(&seed(kind, 5)).expect("begins");
    let task = model.task().expect("has a task").clone();
    let goal = task.goals()[0].position;
    let at = reverie_world_model::Pose::from_yaw_pitch_roll(
        goal + glam::Vec3::new(0.0, 1.6, 5.0),
        0.0,
        -0.1,
        0.0,
    );
    let mut pilot = Pilot::new(Policy::Reactive, 1);
    let run = |model: &mut SimulatorModel, pilot: &mut Pilot| -> Vec<TaskState> {
        (0..30)
            .map(|_| {
                let action = model.ask(pilot);
                model.step(&action).expect("steps");
                *model.task_state().expect("has a task")
            })
            .collect()
    };
    run(&mut model, &mut pilot);
    let saved = model.save().expect("saves");
    let mut again = pilot.clone();
    let expected = run(&mut model, &mut pilot);
    assert!(expected[29].time_secs > expected[0].time_secs && expected[29].total_reward != 0.0);
    let mut fresh = SimulatorModel::new(TINY, QUICK).expect("valid lens");
    fresh.restore(&saved).expect("restores");
    assert_eq!(run(&mut fresh, &mut again), expected);

    // The mark is seen and stands in nobody's way.
    let lens = Intrinsics { width: 64, height: 36, fx: 50.0, fy: 50.0, cx: 32.0, cy: 18.0 };
    let mut looking = SimulatorModel::new(lens, QUICK).expect("valid lens");
    looking.set_task(Some(kind));
    looking.begin(&Seed { start: Some(at), ..seed(kind, 5) }).expect("begins");
    let aim = looking.task().expect("has a task").goals()[0].position;
    let from = aim + glam::Vec3::new(0.0, 1.6, 4.0);
    let pose = reverie_world_model::Pose::from_yaw_pitch_roll(from, 0.0, -0.2, 0.0);
    let scene = looking.scene().expect("running");
    let camera = reverie_simulator::Camera { pose, intrinsics: lens };
    let truth = scene.render(&camera, QUICK, reverie_simulator::Exposure::Scene);
    let goal_class = reverie_simulator::Class::Goal.number();
    assert!(truth.class.iter().filter(|c| **c == goal_class).count() > 10);
    let through = reverie_world_model::SpatialQuery::ray_cast(
        scene,
        aim + glam::Vec3::new(0.0, 2.2, 0.5),
        glam::Vec3::NEG_Z,
        0.4,
    );
    assert_eq!(through, None, "a mark is not felt");
}

#[test]
fn tasks_name_the_world_and_body_they_need() {
    let mut model = model(TaskKind::FlyGates);
    let error = model.begin(&seed(TaskKind::Patrol, 1)).expect_err("no gates inside").to_string();
    assert!(error.contains("mountain"), "{error}");
    let wrong = seed(TaskKind::FlyGates, 1).with_embodiment(Embodiment::Walker);
    let error = model.begin(&wrong).expect_err("no wings").to_string();
    assert!(error.contains("Drone"), "{error}");
    for kind in TaskKind::ALL {
        assert_eq!(TaskKind::from_name(kind.name()), Some(kind));
    }
}
