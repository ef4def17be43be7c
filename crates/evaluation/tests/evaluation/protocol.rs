//! Walks, and models judged on them.

use crate::scenes::{city, simulator};
use glam::Vec3;
use reverie_evaluation::{
    Better, Command, ConditionsNetwork, Contestant, DayPhase, HoldModel, JudgeError, Mask, Metric,
    MetricError, PSNR_CAP_DB, Revisit, Scores, Walk, WalkOptions, frechet_distance, judge,
    judge_commands,
};
use reverie_inference::ModelStore;
use reverie_world_model::{
    Action, Embodiment, EmbodimentState, ModelSpec, Observation, OpenSpace, Pose, Seed, Snapshot,
    SpatialQuery, Weather, WorldError, WorldEvent, WorldModel,
};
use std::{path::Path, sync::OnceLock};

fn network() -> &'static ConditionsNetwork {
    static NETWORK: OnceLock<ConditionsNetwork> = OnceLock::new();
    NETWORK.get_or_init(|| {
        let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets");
        ConditionsNetwork::load(&ModelStore::open_at(&assets).unwrap()).unwrap()
    })
}

fn options(start: Pose, embodiment: Embodiment) -> WalkOptions {
    WalkOptions { start, embodiment, tick_hz: 24.0, least_ticks: 250, leg_share: 1.0, rng_seed: 5 }
}

fn apart(a: &Pose, b: &Pose) -> f32 {
    a.position.distance(b.position).max((a.rotation.conjugate() * b.rotation).xyz().length())
}

#[test]
fn a_walk_goes_out_and_comes_back_to_the_same_poses() {
    let built = city();
    let start = built.start();
    for embodiment in [Embodiment::Walker, Embodiment::Rover, Embodiment::Drone] {
        let walk = Walk::plan(&options(start, embodiment), &built.scene).unwrap();
        assert_eq!(walk, Walk::plan(&options(start, embodiment), &built.scene).unwrap());
        let ticks = walk.actions.len();
        assert_eq!((walk.home as usize, walk.poses.len()), (ticks, ticks + 1));
        assert!((250..1500).contains(&ticks), "{embodiment:?}: {ticks} ticks");
        // The actions lead along the poses, and back.
        let mut state = EmbodimentState::new(Embodiment::Free, start);
        for (action, pose) in walk.actions.iter().zip(&walk.poses[1..]) {
            action.validate().unwrap();
            let before = state.position;
            state.advance(action, 1.0 / 24.0, &OpenSpace);
            assert_eq!(state.pose(), *pose);
            assert!(state.position.distance(before) < 5.0 / 24.0, "{embodiment:?}: a jump");
            assert!(action.look_rps.length() < 3.5, "{embodiment:?}: {}", action.look_rps);
        }
        assert!(apart(&start, &walk.poses[ticks]) < 1e-3);
        assert!(!walk.revisits.is_empty());
        for Revisit { first, again } in &walk.revisits {
            let off = apart(&walk.poses[*first as usize], &walk.poses[*again as usize]);
            assert!(again > first && off < 1e-3, "{embodiment:?}: {off}");
            // It went away meanwhile.
            let between = &walk.poses[*first as usize..*again as usize];
            let away = between.iter().map(|pose| apart(pose, &between[0])).fold(0.0, f32::max);
            assert!(away > 0.7, "{embodiment:?}: never left, {away}");
        }
        // Where drift is read the camera is not at home, and never inside a wall.
        assert!(apart(&walk.poses[240], &start) > 0.5);
        let clear = |pose: &&Pose| !built.scene.is_free(pose.position, 0.15);
        assert_eq!(walk.poses.iter().find(clear), None, "{embodiment:?}");
    }
    // Shorter legs, a shorter walk.
    let walk = Walk::plan(&options(start, Embodiment::Walker), &built.scene).unwrap();
    let near = WalkOptions { leg_share: 0.4, ..options(start, Embodiment::Walker) };
    let near = Walk::plan(&near, &built.scene).unwrap();
    assert!(near.home >= 250 && near.home < walk.home, "{} of {}", near.home, walk.home);
    let other = WalkOptions { rng_seed: 6, ..options(start, Embodiment::Walker) };
    let walk = Walk::plan(&options(start, Embodiment::Walker), &built.scene).unwrap();
    assert_ne!(walk, Walk::plan(&other, &built.scene).unwrap());
    // Walkers keep their feet on the ground.
    for pose in walk.poses.iter().step_by(10) {
        let ground = built.scene.ground_height(pose.position).unwrap();
        assert!((pose.position.y - ground - 1.6).abs() < 0.25, "at {}", pose.position);
    }
}

#[test]
fn a_walk_without_room_turns_on_the_spot() {
    /// Walls all around, a hand away.
    struct Box;
    impl SpatialQuery for Box {
        fn ray_cast(
            &self,
            origin: Vec3,
            to: Vec3,
            most: f32,
        ) -> Option<reverie_world_model::RayHit> {
            let normal = -to.normalize();
            let hit =
                |distance_m| reverie_world_model::RayHit { position: origin, normal, distance_m };
            (most >= 0.4).then(|| hit(0.4))
        }
        fn ground_height(&self, _: Vec3) -> Option<f32> {
            Some(0.0)
        }
        fn is_free(&self, _: Vec3, radius_m: f32) -> bool {
            radius_m < 0.4
        }
    }
    let start = Pose { position: Vec3::Y * 1.6, ..Pose::IDENTITY };
    let walk = Walk::plan(&options(start, Embodiment::Walker), &Box).unwrap();
    assert!(walk.home >= 250 && !walk.revisits.is_empty());
    assert!(walk.poses.iter().all(|pose| pose.position.distance(start.position) < 1e-3));
    for (bad, part) in [
        (WalkOptions { tick_hz: 0.0, ..options(start, Embodiment::Walker) }, "tick_hz"),
        (WalkOptions { least_ticks: 1 << 40, ..options(start, Embodiment::Walker) }, "least_ticks"),
        (WalkOptions { leg_share: 0.0, ..options(start, Embodiment::Walker) }, "leg_share"),
        (options(Pose { position: Vec3::NAN, ..start }, Embodiment::Walker), "start"),
    ] {
        let error = Walk::plan(&bad, &Box).unwrap_err();
        assert!(matches!(error, MetricError::BadValues { field, .. } if field == part), "{error}");
    }
}

/// 0.4 m ahead and 12 degrees to the left in 20 ticks, and back again.
fn there_and_back(start: Pose) -> Walk {
    let there = Action {
        move_mps: Vec3::new(0.0, 0.0, 0.48),
        look_rps: [0.25, 0.0].into(),
        ..Action::default()
    };
    let mut state = EmbodimentState::new(Embodiment::Free, start);
    let (mut actions, mut poses) = (Vec::new(), vec![start]);
    for _ in 0..20 {
        state.advance(&there, 1.0 / 24.0, &OpenSpace);
        actions.push(there);
        poses.push(state.pose());
    }
    for k in (0..20).rev() {
        let mut action = Action { look_rps: -there.look_rps, ..Action::default() };
        let mut turned = state;
        turned.advance(&action, 1.0 / 24.0, &OpenSpace);
        let shift = turned.pose().rotation.conjugate() * (poses[k].position - state.position);
        action.move_mps = Vec3::new(shift.x, shift.y, -shift.z) * 24.0;
        state.advance(&action, 1.0 / 24.0, &OpenSpace);
        actions.push(action);
        poses.push(state.pose());
    }
    let revisits = vec![Revisit { first: 12, again: 28 }];
    Walk { tick_hz: 24.0, actions, poses, revisits, home: 40 }
}

/// The simulator, but for what a test changes in its frames.
struct Changed<F> {
    inner: reverie_simulator::SimulatorModel,
    change: F,
}

impl<F: FnMut(&mut Observation) + Send> WorldModel for Changed<F> {
    fn spec(&self) -> &ModelSpec {
        self.inner.spec()
    }
    fn begin(&mut self, seed: &Seed) -> Result<Observation, WorldError> {
        let mut observation = self.inner.begin(seed)?;
        (self.change)(&mut observation);
        Ok(observation)
    }
    fn step(&mut self, action: &Action) -> Result<Observation, WorldError> {
        let mut observation = self.inner.step(action)?;
        (self.change)(&mut observation);
        Ok(observation)
    }
    fn apply(&mut self, event: &WorldEvent) -> Result<(), WorldError> {
        self.inner.apply(event)
    }
    fn save(&self) -> Result<Snapshot, WorldError> {
        self.inner.save()
    }
    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), WorldError> {
        self.inner.restore(snapshot)
    }
}

#[test]
fn the_truth_is_perfect_and_holding_still_follows_nothing() {
    let (mut truth, seed) = simulator();
    let start = truth.begin(&seed).unwrap().pose;
    let walk = there_and_back(start);
    let (mut twin, _) = simulator();
    let mut hold = HoldModel::new(64, 36, 24.0);
    // Ten levels darker or brighter everywhere and a tenth too far, without depth in every other frame.
    let change = |observation: &mut Observation| {
        for value in observation.rgb.data_mut() {
            *value = if *value > 127 { *value - 10 } else { *value + 10 };
        }
        for depth in observation.depth.iter_mut().flat_map(|depth| depth.data_mut()) {
            *depth *= 1.1;
        }
    };
    let mut changed = Changed { inner: simulator().0, change };
    let blind = |observation: &mut Observation| observation.depth = None;
    let mut blind = Changed { inner: simulator().0, change: blind };
    let mut contestants = vec![
        Contestant { name: "twin".to_owned(), model: &mut twin },
        Contestant { name: "hold".to_owned(), model: &mut hold },
        Contestant { name: "changed".to_owned(), model: &mut changed },
        Contestant { name: "blind".to_owned(), model: &mut blind },
    ];
    let mut ticks = Vec::new();
    let mut note = |tick| {
        ticks.push(tick);
        true
    };
    let network = Some(network());
    let episode = judge(&mut truth, &seed, &walk, &mut contestants, network, &mut note).unwrap();
    assert_eq!(ticks, (0..=40).collect::<Vec<_>>());
    assert!((0.5..1.0).contains(&episode.seen_share), "{}", episode.seen_share);
    let [twin, hold, changed, blind, truth] = &episode.judged[..] else { panic!("five rows") };
    assert_eq!(truth.name, "simulator");
    let of = |judged: &reverie_evaluation::Judged, metric| judged.scores.figures[&metric];

    // Another simulator from the same seed is the truth.
    assert_eq!(twin.scores, truth.scores);
    assert_eq!(twin.trace, truth.trace);
    for metric in [Metric::Psnr, Metric::PsnrSeen] {
        assert_eq!(of(truth, metric), PSNR_CAP_DB, "{metric:?}");
    }
    // Back at the start the houses are the same; cars, walkers and clouds, which have moved on, are
    // not compared.
    let closure = of(truth, Metric::LoopClosure);
    assert!((30.0..=PSNR_CAP_DB).contains(&closure), "{closure}");
    let revisited = of(truth, Metric::RevisitError);
    assert!((0.0..4.0).contains(&revisited), "{revisited}");
    assert!((0.3..1.0).contains(&episode.still_share), "{}", episode.still_share);
    // Frames at ticks 10 to 40 were asked for their conditions.
    for judged in [twin, hold, truth] {
        assert_eq!(judged.features.len(), 4);
        for metric in [Metric::WeatherKept, Metric::HourKept, Metric::PlaceKept] {
            let quarters = of(judged, metric) / 25.0;
            assert!(quarters.fract() == 0.0 && (0.0..=4.0).contains(&quarters), "{metric:?}");
        }
    }
    assert!(frechet_distance(&twin.features, &truth.features).unwrap() < 1e-3);
    assert!(frechet_distance(&hold.features, &truth.features).unwrap() > 0.01);
    for (metric, value) in [
        (Metric::Ssim, 1.0),
        (Metric::MsSsim, 1.0),
        (Metric::DepthDelta125, 1.0),
        (Metric::Sharpness, 1.0),
        (Metric::Coverage, 1.0),
        (Metric::DepthAbsRel, 0.0),
        (Metric::SeamError, 0.0),
    ] {
        assert!((of(truth, metric) - value).abs() < 0.02, "{metric:?}: {}", of(truth, metric));
    }
    assert!(of(truth, Metric::FollowTranslation) < 25.0, "{:?}", truth.scores);
    assert!(of(truth, Metric::FollowRotation) < 10.0, "{:?}", truth.scores);
    assert_eq!(truth.scores.drift.keys().copied().collect::<Vec<_>>(), [1, 8, 24]);
    assert_eq!(truth.pictures.keys().copied().collect::<Vec<_>>(), [0, 1, 8, 12, 24, 28, 40]);

    // Nothing moves: motion is missed wholly, nothing is forgotten.
    assert!((of(hold, Metric::FollowTranslation) - 100.0).abs() < 0.1);
    assert!((of(hold, Metric::FollowRotation) - 100.0).abs() < 0.1);
    assert_eq!(of(hold, Metric::RevisitError), 0.0);
    assert_eq!(of(hold, Metric::LoopClosure), PSNR_CAP_DB);
    let [one, eight, twenty_four] = [1, 8, 24].map(|tick| hold.scores.drift[&tick].psnr_db);
    assert!(one > eight && eight > twenty_four, "{:?}", hold.scores.drift);

    // Ten levels are 28.1 dB, a tenth of depth is 0.1.
    assert!((of(changed, Metric::Psnr) - 28.13).abs() < 0.01);
    assert!((of(changed, Metric::PsnrUnseen) - 28.13).abs() < 0.01);
    assert!((of(changed, Metric::DepthAbsRel) - 0.1).abs() < 0.01);
    assert_eq!(
        changed.scores.drift[&8].depth_abs_rel.map(|error| (error * 1e2).round()),
        Some(10.0)
    );

    // Without depth there are no figures of it, and motion is sought with the true depth.
    assert!(!blind.scores.figures.contains_key(&Metric::DepthAbsRel));
    assert_eq!(blind.scores.drift[&8].depth_abs_rel, None);
    assert_eq!(of(blind, Metric::FollowRotation), of(truth, Metric::FollowRotation));

    let mean = Scores::mean([&hold.scores, &truth.scores]);
    let expected = 0.5 * (of(hold, Metric::Psnr) + PSNR_CAP_DB);
    assert!((mean.figures[&Metric::Psnr] - expected).abs() < 1e-9);
    let json = serde_json::to_value(&mean).unwrap();
    for metric in Metric::ALL.iter().filter(|metric| mean.figures.contains_key(metric)) {
        assert!(json[metric.key()].is_f64(), "{metric:?}");
        assert!(!metric.label().is_empty() && !metric.meaning().is_empty());
    }
    assert!(json["drift"]["24"]["psnr_db"].is_f64());
    assert_eq!(Metric::Sharpness.better(), Better::One);
}

#[test]
fn commands_are_followed_or_ignored() {
    let (mut truth, seed) = simulator();
    let (mut twin, _) = simulator();
    let mut hold = HoldModel::new(64, 36, 24.0);
    let mut contestants = vec![
        Contestant { name: "twin".to_owned(), model: &mut twin },
        Contestant { name: "hold".to_owned(), model: &mut hold },
    ];
    let commands = [
        Command { weather: Weather::Snow, hour: 12.0 },
        Command { weather: Weather::Clear, hour: 0.0 },
    ];
    let follow = |truth: &mut dyn WorldModel, seed: &Seed, all: &mut [Contestant<'_>], until| {
        judge_commands(truth, seed, all, network(), &commands, &mut |tick| tick < until)
    };
    let obeyed = follow(&mut truth, &seed, &mut contestants, 999).unwrap();
    let [twin, hold, truth_row] = &obeyed[..] else { panic!("three rows") };
    assert_eq!((twin.ignored, hold.ignored, truth_row.ignored), (false, true, false));
    assert_eq!(twin.scores, truth_row.scores);
    assert_eq!((twin.pictures.len(), &twin.pictures), (2, &truth_row.pictures));
    // By its means a picture of night is darker; the one that is held is the same.
    let mean = |picture: &reverie_world_model::RgbImage| {
        picture.data().iter().map(|v| f64::from(*v)).sum::<f64>() / picture.data().len() as f64
    };
    assert!(mean(&twin.pictures[0]) > mean(&twin.pictures[1]) + 20.0);
    assert_eq!(hold.pictures[0], hold.pictures[1]);
    for (row, at_night) in [(truth_row, &twin.pictures[1]), (hold, &hold.pictures[1])] {
        let night = network().recognise(at_night).unwrap().phase();
        let snow = network().recognise(&row.pictures[0]).unwrap();
        let clear = network().recognise(at_night).unwrap().weather();
        let share =
            |first: bool, second: bool| 50.0 * f64::from(u8::from(first) + u8::from(second));
        let season = reverie_world_model::Season::Summer;
        let weather = share(snow.weather() == Weather::Snow, clear == Weather::Clear);
        let hour = share(snow.phase().fits(12.0, season), night == DayPhase::Night);
        assert_eq!(row.scores.figures[&Metric::WeatherFollowed], weather, "{}", row.name);
        assert_eq!(row.scores.figures[&Metric::HourFollowed], hour, "{}", row.name);
        assert_eq!(row.scores.figures.len(), 2);
    }
    let stopped = follow(&mut truth, &seed, &mut [], 3).unwrap_err();
    assert_eq!(stopped, JudgeError::Stopped);
    let prompt = Seed::new(reverie_world_model::SeedSource::Prompt("rain".to_owned()));
    let error = follow(&mut truth, &prompt, &mut [], 9).unwrap_err();
    assert!(error.to_string().contains("without a scene"), "{error}");
}

#[test]
fn what_moves_in_the_truth_is_not_compared() {
    let (mut truth, seed) = simulator();
    let before = truth.begin(&seed).unwrap();
    let mut now = before.clone();
    assert_eq!(Mask::unchanged(&now, &before).unwrap().share(), 1.0);
    // One pixel in another light, one a step nearer, one a little in both.
    now.rgb.data_mut()[3 * 70] ^= 0x40;
    let depth = now.depth.as_mut().unwrap().data_mut();
    depth[80] = 0.9 * depth[80].min(100.0);
    depth[90] *= 1.01;
    let mask = Mask::unchanged(&now, &before).unwrap();
    let changed: Vec<_> = (0..64 * 36).filter(|k| !mask.flags()[*k]).collect();
    assert_eq!(changed, [70, 80]);
    let blind = Observation { depth: None, ..now };
    assert!(matches!(Mask::unchanged(&blind, &before), Err(MetricError::Nothing(_))));
}

#[test]
fn models_that_cannot_take_part_are_named() {
    let (mut truth, seed) = simulator();
    let start = truth.begin(&seed).unwrap().pose;
    let walk = there_and_back(start);
    let run = |truth: &mut dyn WorldModel, walk: &Walk, model: &mut dyn WorldModel, until: u64| {
        let mut contestants = [Contestant { name: "tested".to_owned(), model }];
        judge(truth, &seed, walk, &mut contestants, None, &mut |tick| tick < until).unwrap_err()
    };
    let mut hold = HoldModel::new(64, 36, 24.0);
    let mut quick = HoldModel::new(64, 36, 30.0);
    let mut small = HoldModel::new(32, 36, 24.0);
    let mut blind = Changed { inner: simulator().0, change: |o: &mut Observation| o.depth = None };
    let mut lost = walk.clone();
    lost.poses[5].position.x += 1.0;

    let error = run(&mut truth, &walk, &mut quick, 99);
    assert!(matches!(&error, JudgeError::Unfit { model, .. } if model == "tested"), "{error}");
    assert!(error.to_string().contains("30 Hz"), "{error}");
    let error = run(&mut truth, &walk, &mut small, 99);
    assert!(matches!(&error, JudgeError::World { tick: 0, model, .. } if model == "tested"));
    let error = run(&mut blind, &walk, &mut hold, 99);
    assert!(error.to_string().contains("no depth"), "{error}");
    let error = run(&mut truth, &lost, &mut hold, 99);
    assert!(error.to_string().contains("off the walk at tick 5"), "{error}");
    assert_eq!(run(&mut truth, &walk, &mut hold, 3), JudgeError::Stopped);
}

#[test]
fn holding_refuses_what_it_cannot_do() {
    let mut hold = HoldModel::new(64, 36, 24.0);
    assert_eq!(hold.step(&Action::default()), Err(WorldError::NotBegun));
    let (_, scene) = simulator();
    assert!(matches!(hold.begin(&scene), Err(WorldError::Unsupported { .. })));
    assert!(matches!(hold.save(), Err(WorldError::Unsupported { .. })));
    let event = WorldEvent::TimeOfDay { hour: 3.0 };
    assert!(matches!(hold.apply(&event), Err(WorldError::Unsupported { .. })));
}
