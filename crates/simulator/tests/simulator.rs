//! The simulator at its public surface.

mod tasks;
mod warehouse;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use glam::{Quat, Vec2, Vec3};
use reverie_simulator::{
    BuiltScene, Camera, Conditions, Exposure, GroundTruth, Quality, Rng, SceneKind, SceneOptions,
    SimulatorModel,
};
use reverie_world_model::{
    Action, Embodiment, Intrinsics, Observation, Pose, SceneSeed, Seed, SeedSource, SpatialQuery,
    Weather, WorldError, WorldEvent, WorldModel,
};

#[path = "simulator/city.rs"]
mod city;
#[path = "simulator/mountain.rs"]
mod mountain;

const LENS: Intrinsics =
    Intrinsics { width: 48, height: 36, fx: 40.0, fy: 44.0, cx: 23.0, cy: 19.0 };
const QUICK: Quality = Quality { samples: 1, bounce_rays: 1 };

fn scene_seed(name: &str) -> Seed {
    Seed::new(SeedSource::Scene(SceneSeed { hour: 11.0, ..SceneSeed::new(name, 7) }))
}

fn model() -> SimulatorModel {
    SimulatorModel::new(LENS, QUICK).expect("valid lens")
}

fn options(kind: SceneKind, seed: u64, conditions: Conditions) -> SceneOptions {
    SceneOptions { kind, seed, conditions, roam: false, photos: Arc::from([]) }
}

fn frame_hash(frame: &GroundTruth) -> u64 {
    let mut hasher = DefaultHasher::new();
    frame.rgb.hash(&mut hasher);
    frame.depth_m.iter().for_each(|d| d.to_bits().hash(&mut hasher));
    hasher.finish()
}

fn view(built: &BuiltScene) -> Camera {
    let pose = built
        .random_view(&mut Rng::new(3), LENS.horizontal_fov_rad(), LENS.vertical_fov_rad())
        .expect("the scene has a view");
    Camera { pose, intrinsics: LENS }
}

#[test]
fn pictures_do_not_depend_on_the_number_of_threads() {
    for kind in SceneKind::ALL {
        let hashes = [1, 2].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("pool");
            pool.install(|| {
                let built =
                    BuiltScene::new(&options(kind, 5, Conditions::new(Weather::Clear, 10.0)));
                frame_hash(&built.scene.render(
                    &view(&built),
                    Quality::default(),
                    Exposure::Auto { key: 0.2 },
                ))
            })
        });
        assert_eq!(hashes[0], hashes[1], "{}", kind.name());
    }
}

#[test]
fn weather_and_hour_change_the_light_and_nothing_else() {
    for kind in SceneKind::ALL {
        let noon = BuiltScene::new(&options(kind, 12, Conditions::new(Weather::Clear, 12.0)));
        let camera = view(&noon);
        let reference = noon.scene.render(&camera, QUICK, Exposure::Scene);
        for weather in Weather::ALL {
            let mut other = BuiltScene::new(&options(kind, 12, Conditions::new(weather, 19.5)));
            let night = other.scene.render(&camera, QUICK, Exposure::Scene);
            assert_eq!(night.depth_m, reference.depth_m, "{} {weather}", kind.name());
            assert_ne!(night.rgb, reference.rgb, "{} {weather}", kind.name());
            other.scene.set_conditions(Conditions::new(Weather::Clear, 12.0));
            let back = other.scene.render(&camera, QUICK, Exposure::Scene);
            assert_eq!(
                frame_hash(&back),
                frame_hash(&reference),
                "{} after {weather}",
                kind.name()
            );
        }
    }
}

#[test]
fn depth_of_a_known_plane_is_exact() {
    let mut model = model();
    let mut seed = scene_seed("city");
    let pose = Pose::from_yaw_pitch_roll(Vec3::new(3.0, 400.0, -2.0), 0.4, 0.3, 0.05);
    seed.start = Some(pose);
    model.begin(&seed).expect("begins");
    // A slab that fills the view, turned against it.
    let rotation = pose.rotation * Quat::from_rotation_y(0.3) * Quat::from_rotation_x(-0.2);
    let place = WorldEvent::Place {
        id: 1,
        class: "box".to_owned(),
        position: pose.world_from_view(Vec3::new(0.0, 0.0, -6.0)),
        rotation,
        size: Vec3::new(90.0, 90.0, 2.0),
        colour: [200, 40, 40],
    };
    model.apply(&place).expect("places");
    let seen = model.step(&Action::default()).expect("steps");
    assert_eq!(seen.pose.position, pose.position);
    // Front face: half the box along the slab's own Z towards the camera; its board leaves room for tape and print.
    let board_m = 0.5 * 0.995 * 2.0;
    let normal = pose.rotation.conjugate() * (rotation * Vec3::Z);
    let offset = normal.dot(Vec3::new(0.0, 0.0, -6.0)) + board_m;
    let depth = seen.depth.expect("has depth");
    for y in 0..LENS.height {
        for x in 0..LENS.width {
            let expected = offset / normal.dot(LENS.ray(x as f32 + 0.5, y as f32 + 0.5));
            let found = depth.at(x, y);
            assert!(
                (found / expected - 1.0).abs() < 2e-5,
                "({x}, {y}): {found} m, expected {expected} m"
            );
        }
    }
}

#[test]
fn depth_and_pose_agree_with_ray_casts() {
    let mut model = model();
    let seen = model.begin(&scene_seed("room")).expect("begins");
    let scene = model.scene().expect("running");
    let depth = seen.depth.as_ref().expect("has depth");
    let (mut finite, mut same) = (0, 0);
    for (x, y) in (0..LENS.height).flat_map(|y| (0..LENS.width).map(move |x| (x, y))) {
        let ray = seen.pose.rotation * LENS.ray(x as f32 + 0.5, y as f32 + 0.5);
        let cast_m = scene
            .ray_cast(seen.pose.position, ray, 1e4)
            .map_or(f32::INFINITY, |hit| hit.distance_m);
        let seen_m = ray.length() * depth.at(x, y);
        finite += u32::from(seen_m.is_finite());
        // Solid casts pass through leaves, so they may end behind what is seen, never before.
        // Where a ray only just touches a round body, the last bit of its direction counts.
        let slack_m = 1e-3 * seen_m.clamp(1.0, 1e4);
        assert!(cast_m >= seen_m - slack_m, "({x}, {y}): cast {cast_m} m, seen {seen_m} m");
        same += u32::from(cast_m == seen_m || (cast_m - seen_m).abs() < slack_m);
    }
    let pixels = LENS.width * LENS.height;
    assert!(finite * 2 > pixels, "a room should fill the view, {finite} of {pixels} pixels did");
    assert!(same * 10 > pixels * 9, "{same} of {pixels} pixels agree");
}

fn drive(model: &mut SimulatorModel, ticks: std::ops::Range<u32>) -> Vec<Observation> {
    ticks
        .map(|i| {
            let action = Action {
                move_mps: Vec3::new(0.3, 0.0, 1.4),
                look_rps: Vec2::new(0.2 * i as f32, -0.1),
                interact: false,
            };
            model.step(&action).expect("steps")
        })
        .collect()
}

#[test]
fn a_restored_world_goes_on_exactly() {
    let mut model = model();
    model.begin(&scene_seed("city").with_embodiment(Embodiment::Walker)).expect("begins");
    drive(&mut model, 0..3);
    model.apply(&WorldEvent::Weather { weather: Weather::Snow, strength: 0.7 }).expect("snows");
    model.apply(&WorldEvent::TimeOfDay { hour: 17.3 }).expect("gets late");
    let crate_ahead = WorldEvent::Place {
        id: 9,
        class: "crate".to_owned(),
        position: model
            .step(&Action::default())
            .expect("steps")
            .pose
            .world_from_view(Vec3::new(0.1, 0.0, -3.0)),
        rotation: Quat::from_rotation_y(0.4),
        size: Vec3::new(0.7, 0.8, 0.9),
        colour: [180, 120, 60],
    };
    model.apply(&crate_ahead).expect("places");
    let saved = model.save().expect("saves");
    let expected = drive(&mut model, 3..6);

    let text = serde_json::to_string(&saved).expect("writes");
    let read = serde_json::from_str(&text).expect("reads");
    let mut fresh = SimulatorModel::new(LENS, QUICK).expect("valid lens");
    fresh.restore(&read).expect("restores");
    assert_eq!(drive(&mut fresh, 3..6), expected, "in a fresh model");
    model.apply(&WorldEvent::Remove { id: 9 }).expect("removes");
    model.restore(&read).expect("restores");
    assert_eq!(drive(&mut model, 3..6), expected, "in the running model");
}

#[test]
fn a_walker_stays_on_the_ground_and_out_of_walls() {
    let mut model = model();
    let begun =
        model.begin(&scene_seed("city").with_embodiment(Embodiment::Walker)).expect("begins");
    let ahead = begun.pose.position + begun.pose.forward() * 3.0;
    let wall = WorldEvent::Place {
        id: 1,
        class: "box".to_owned(),
        position: ahead,
        rotation: begun.pose.rotation,
        size: Vec3::new(30.0, 6.0, 0.5),
        colour: [90, 90, 90],
    };
    model.apply(&wall).expect("places");
    let mut last = begun.clone();
    for _ in 0..60 {
        last = model
            .step(&Action { move_mps: Vec3::new(0.0, 0.0, 2.0), ..Action::default() })
            .expect("steps");
    }
    let scene = model.scene().expect("running");
    let ground = scene.ground_height(last.pose.position).expect("a street");
    assert!(
        (last.pose.position.y - ground - 1.6).abs() < 0.02,
        "eyes {} over ground {ground}",
        last.pose.position.y
    );
    let walked = (last.pose.position - begun.pose.position).dot(begun.pose.forward());
    assert!((2.2..2.75).contains(&walked), "walked {walked} m towards a wall at 2.75 m");
}

#[test]
fn nonsense_is_refused_by_name_and_changes_nothing() {
    let bad_lens = Intrinsics { fx: f32::NAN, ..LENS };
    assert!(SimulatorModel::new(bad_lens, QUICK).expect_err("no lens").to_string().contains("fx"));
    let mut model = model();
    assert_eq!(model.step(&Action::default()), Err(WorldError::NotBegun));
    assert_eq!(model.save(), Err(WorldError::NotBegun));
    let unknown = model.begin(&scene_seed("moon")).expect_err("no such scene").to_string();
    assert!(
        unknown.contains("`moon`")
            && unknown.contains("mountain, city, room, primitives, warehouse"),
        "{unknown}"
    );
    let prompt = Seed::new(SeedSource::Prompt("a valley".to_owned()));
    assert!(matches!(model.begin(&prompt), Err(WorldError::Unsupported { .. })));
    let mut astray = scene_seed("room");
    astray.start = Some(Pose { position: Vec3::splat(f32::INFINITY), ..Pose::IDENTITY });
    assert!(model.begin(&astray).expect_err("nowhere").to_string().contains("start: position"));

    model.begin(&scene_seed("room")).expect("begins");
    let before = model.save().expect("saves");
    let nan = Action { move_mps: Vec3::new(0.0, f32::NAN, 0.0), ..Action::default() };
    assert!(model.step(&nan).expect_err("NaN").to_string().contains("move_mps"));
    let place = |id, class: &str, size| WorldEvent::Place {
        id,
        class: class.to_owned(),
        position: Vec3::ZERO,
        rotation: Quat::IDENTITY,
        size,
        colour: [0; 3],
    };
    for (event, part) in [
        (WorldEvent::Weather { weather: Weather::Rain, strength: 1.5 }, "strength"),
        (WorldEvent::TimeOfDay { hour: -1.0 }, "hour"),
        (WorldEvent::Text { prompt: "let there be light".to_owned() }, "text events"),
        (place(1, "elephant", Vec3::ONE), "box, crate, ball"),
        (place(1, "box", Vec3::ZERO), "size"),
        (WorldEvent::Remove { id: 4 }, "4 is not placed"),
    ] {
        let error = model.apply(&event).expect_err(part).to_string();
        assert!(error.contains(part), "{error}");
    }
    let mut foreign = before.clone();
    foreign.model = "dreamer".to_owned();
    assert!(model.restore(&foreign).expect_err("foreign").to_string().contains("dreamer"));
    let mut damaged = before.clone();
    damaged.state_base64.truncate(damaged.state_base64.len() / 2);
    assert!(matches!(model.restore(&damaged), Err(WorldError::InvalidSnapshot(_))));
    assert_eq!(model.save().expect("saves"), before, "no failed call may change the world");
}

/// Mean of a picture's bytes.
fn brightness(frame: &GroundTruth) -> f64 {
    frame.rgb.iter().map(|&v| f64::from(v)).sum::<f64>() / frame.rgb.len() as f64
}

/// A camera high over a scene that looks at the ground, and one that looks at the sky.
fn down_and_up() -> [Camera; 2] {
    let place = Vec3::new(2.0, 600.0, 1.0);
    [-1.2f32, 0.9].map(|pitch| Camera {
        pose: Pose::from_yaw_pitch_roll(place, 0.4, pitch, 0.0),
        intrinsics: LENS,
    })
}

fn differing(a: &GroundTruth, b: &GroundTruth) -> usize {
    a.rgb.chunks(3).zip(b.rgb.chunks(3)).filter(|(a, b)| a != b).count()
}

#[test]
fn light_follows_the_hour() {
    let mut built =
        BuiltScene::new(&options(SceneKind::City, 12, Conditions::new(Weather::Clear, 12.0)));
    let camera = view(&built);
    let mut at = |hour| {
        built.scene.set_conditions(Conditions::new(Weather::Clear, hour));
        built.scene.render(&camera, QUICK, Exposure::Scene)
    };
    let [noon, later, dusk, night] = [12.0, 14.0, 20.0, 0.5].map(&mut at);
    let [n, d, k] = [&noon, &dusk, &night].map(brightness);
    assert!(n > d && d > 5.0 && n > 1.3 * k && k > 5.0, "noon {n}, dusk {d}, night {k}");
    // Shadows have moved: some places have become darker and others lighter.
    let change = |sign: i32| {
        let pairs = noon.rgb.iter().zip(&later.rgb);
        pairs.filter(|(a, b)| sign * (i32::from(**b) - i32::from(**a)) > 25).count()
    };
    assert!(change(1) > 5 && change(-1) > 5, "{} lighter, {} darker", change(1), change(-1));
    // Midnight is the same from both sides.
    assert_eq!(frame_hash(&at(0.0)), frame_hash(&at(24.0)));
}

#[test]
fn weather_without_strength_is_clear() {
    let clear = Conditions::new(Weather::Clear, 9.0);
    let mut built = BuiltScene::new(&options(SceneKind::City, 3, clear));
    let camera = view(&built);
    let reference = built.scene.render(&camera, QUICK, Exposure::Scene);
    for weather in Weather::ALL {
        let mut last = 0;
        for strength in [0.0, 0.3, 1.0] {
            built.scene.set_conditions(Conditions { strength, ..Conditions::new(weather, 9.0) });
            let seen = built.scene.render(&camera, QUICK, Exposure::Scene);
            let changed = differing(&seen, &reference);
            if strength == 0.0 || weather == Weather::Clear {
                assert_eq!(changed, 0, "{weather} of strength {strength}");
            } else {
                assert!(changed > 100 && changed >= last, "{weather} {strength}: {changed}");
            }
            assert_eq!(seen.depth_m, reference.depth_m, "{weather} of strength {strength}");
            last = changed / 2;
        }
    }
}

#[test]
fn what_falls_and_drifts_follows_from_the_tick() {
    let built = |weather| {
        BuiltScene::new(&options(SceneKind::City, 8, Conditions::new(weather, 13.0))).scene
    };
    for weather in [Weather::Rain, Weather::Snow] {
        let (mut a, mut b) = (built(weather), built(weather));
        let camera = Camera {
            pose: Pose::from_yaw_pitch_roll(Vec3::new(4.0, 12.0, 3.0), 0.2, 0.0, 0.0),
            intrinsics: LENS,
        };
        let at = |scene: &mut reverie_simulator::Scene, tick| {
            scene.set_tick(tick);
            scene.render(&camera, QUICK, Exposure::Scene)
        };
        let first = at(&mut a, 40);
        let next = at(&mut a, 41);
        assert!(differing(&first, &next) > 20, "{weather} stands still");
        assert_eq!(first.depth_m, next.depth_m, "{weather} has no depth");
        assert_eq!(frame_hash(&at(&mut b, 41)), frame_hash(&next), "{weather}");
        assert_eq!(frame_hash(&at(&mut a, 40)), frame_hash(&first), "{weather}");
    }
    // Clouds and their shadows move over five minutes, in a world that has clouds.
    let mut moved = [false; 2];
    for seed in 0..4 {
        let clear = Conditions::new(Weather::Clear, 12.0);
        let mut scene = BuiltScene::new(&options(SceneKind::Mountain, seed, clear)).scene;
        for (camera, moved) in down_and_up().iter().zip(&mut moved) {
            scene.set_tick(0);
            let before = scene.render(camera, QUICK, Exposure::Scene);
            scene.set_tick(300 * 24);
            let after = scene.render(camera, QUICK, Exposure::Scene);
            *moved |= differing(&before, &after) > 100;
            assert_eq!(before.depth_m, after.depth_m, "seed {seed}");
        }
    }
    assert_eq!(moved, [true; 2], "shadows on the ground, clouds in the sky");
}
