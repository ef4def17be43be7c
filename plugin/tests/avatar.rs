//! People in Apps without a window, stepped by fixed times.

use bevy::{
    app::TaskPoolPlugin, asset::AssetPlugin, camera::RenderTarget, log::LogPlugin,
    mesh::morph::MeshMorphWeights, prelude::*, render::render_resource::TextureFormat,
    time::TimeUpdateStrategy,
};
use bevy_reverie::{
    avatar::{AvatarDetail, AvatarLod, GazeTarget, Lod, save_spec},
    behavior::{Act, Walk},
    body::{Body, Pack, vrm},
    headless,
    prelude::*,
};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 60);
const PATIENCE: Duration = Duration::from_secs(60);

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets")
}

fn asset_plugin() -> AssetPlugin {
    AssetPlugin { file_path: assets().display().to_string(), ..default() }
}

/// Lives without a renderer, without worlds. Bodies are waited for.
fn bare_app() -> App {
    let mut app = App::new();
    app.add_plugins((
        MinimalPlugins.set(TaskPoolPlugin::default()),
        asset_plugin(),
        TransformPlugin,
        AvatarPlugin,
    ))
    .insert_resource(ReverieSettings { lockstep: true, ..default() })
    .insert_resource(TimeUpdateStrategy::ManualDuration(FRAME));
    app.finish();
    app.cleanup();
    app
}

/// Somebody cheap to build: every test has them.
fn person() -> Avatar {
    Avatar::preset("mara").with_seed(7)
}

fn spawn(app: &mut App, bundle: impl Bundle) -> Entity {
    let entity = app.world_mut().spawn(bundle).id();
    app.update();
    assert!(app.world().get::<AvatarLife>(entity).is_some(), "{:?}", drain::<AvatarFailed>(app));
    entity
}

fn drain<M: Message>(app: &mut App) -> Vec<M> {
    app.world_mut().resource_mut::<Messages<M>>().drain().collect()
}

fn step(app: &mut App, secs: f32) {
    for _ in 0..(secs / FRAME.as_secs_f32()).round() as usize {
        app.update();
    }
}

fn life(app: &App, entity: Entity) -> &AvatarLife {
    app.world().get::<AvatarLife>(entity).expect("it lives")
}

/// Every number that a renderer would get.
fn numbers(app: &App, entity: Entity) -> Vec<u32> {
    let life = life(app, entity);
    let model = app.world().get::<AvatarModel>(entity).expect("it has a body");
    let mut numbers: Vec<u32> =
        life.morph_weights().targets.iter().flatten().map(|weight| weight.to_bits()).collect();
    for bone in HumanBone::ALL {
        let Some(joint) = model.bone(life, bone) else { continue };
        let place = app.world().get::<GlobalTransform>(joint).expect("it has a place");
        numbers.extend(place.affine().to_cols_array().map(f32::to_bits));
    }
    numbers
}

fn pack() -> Pack {
    Pack::load(&assets().join("avatars/people.pack")).expect("the shipped pack")
}

fn saved_vrm(folder: &Path) -> PathBuf {
    let body = Body::build(&pack(), &AvatarSpec::default()).expect("builds");
    let path = folder.join("somebody.vrm");
    vrm::save_vrm(&body, &vrm::Meta::public_domain("Somebody"), &path).expect("writes");
    path
}

#[test]
fn people_come_from_all_sources() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("grown.ron");
    fs::write(&file, "(name: \"Grown\", age: 40)").expect("writes");
    let vrm = saved_vrm(folder.path());
    let mut app = bare_app();
    for (avatar, name) in [
        (Avatar::preset("mara"), "Mara"),
        (Avatar::spec(AvatarSpec { name: "Spec".into(), ..default() }), "Spec"),
        (Avatar::file(&file), "Grown"),
        (Avatar::file("avatars/presets/kenji.ron"), "Kenji"),
        (Avatar::file(&vrm), "Somebody"),
    ] {
        let entity = spawn(&mut app, avatar.clone());
        let ready = drain::<AvatarReady>(&mut app);
        assert_eq!(ready.len(), 1, "{avatar:?}");
        assert_eq!((ready[0].entity, ready[0].name.as_str()), (entity, name));
        step(&mut app, 0.5);
        let eyes = life(&app, entity).eyes();
        assert!((1.0..2.2).contains(&eyes.y), "{name}: {eyes}");
        let capsules = app.world().get::<ShadowCapsules>(entity).expect("required");
        assert_eq!(capsules.capsules.len(), 18, "{name}");
        for capsule in &capsules.capsules {
            assert!(capsule.a.is_finite() && capsule.b.is_finite(), "{name}: {capsule:?}");
            assert!((0.01..0.3).contains(&capsule.radius_m), "{name}: {capsule:?}");
        }
    }
    // The same person twice is one body.
    spawn(&mut app, Avatar::random(5));
    spawn(&mut app, Avatar::random(5));
    assert_eq!(drain::<AvatarReady>(&mut app).len(), 2);
}

#[test]
fn bad_files_are_told_by_file_and_field() {
    let folder = tempfile::tempdir().expect("a folder");
    let vrm = fs::read(saved_vrm(folder.path())).expect("reads");
    let table: [(&str, Option<&[u8]>, &str); 6] = [
        ("missing.ron", None, "No such file"),
        ("old.ron", Some(b"(age: 200)"), "age: 200 is not within 4 to 90"),
        ("typo.ron", Some(b"(aeg: 20)"), "aeg"),
        ("picture.png", Some(b"x"), "is no .ron, .vrm, .glb or .gltf"),
        ("cut.vrm", Some(&vrm[..vrm.len() / 2]), "ends within"),
        ("noise.glb", Some(b"glTFnoise"), "noise.glb"),
    ];
    let mut app = bare_app();
    for (name, bytes, expected) in table {
        let path = folder.path().join(name);
        if let Some(bytes) = bytes {
            fs::write(&path, bytes).expect("writes");
        }
        let entity = app.world_mut().spawn(Avatar::file(&path)).id();
        app.update();
        let failed = drain::<AvatarFailed>(&mut app);
        assert_eq!(failed.len(), 1, "{name}");
        let error = &failed[0].error;
        assert!(error.contains(name) && error.contains(expected), "{name}: {error}");
        assert!(app.world().get::<AvatarLife>(entity).is_none());
    }
    let entity =
        app.world_mut().spawn(Avatar::spec(AvatarSpec { height_m: 9.0, ..default() })).id();
    app.update();
    let error = &drain::<AvatarFailed>(&mut app)[0].error;
    assert_eq!(error, "spec: height_m: 9 is not within 0.9 to 2.2");
    // A source put right is loaded.
    *app.world_mut().get_mut::<Avatar>(entity).expect("there") = person();
    app.update();
    assert_eq!(drain::<AvatarReady>(&mut app).len(), 1);
    assert!(app.world().get::<AvatarLife>(entity).is_some());
}

#[test]
fn a_changed_spec_changes_the_body_and_not_the_life() {
    let mut app = bare_app();
    let entity = spawn(&mut app, person());
    step(&mut app, 1.0);
    let (before, secs) = (life(&app, entity).height_m(), life(&app, entity).secs());
    let place = life(&app, entity).pose().root;
    let spec = AvatarSpec { height_m: 1.95, ..default() };
    app.world_mut().get_mut::<Avatar>(entity).expect("there").source = Avatar::spec(spec).source;
    app.update();
    let after = life(&app, entity);
    assert_eq!((before, after.height_m()), (1.68, 1.95));
    assert!(after.secs() > secs && after.pose().root.position.distance(place.position) < 0.01);
    // A mistake keeps what is there.
    app.world_mut().get_mut::<Avatar>(entity).expect("there").source =
        Avatar::file("nobody.ron").source;
    app.update();
    assert_eq!(drain::<AvatarFailed>(&mut app).len(), 1);
    assert_eq!(life(&app, entity).height_m(), 1.95);
    let model = app.world().get::<AvatarModel>(entity).expect("there");
    let head = model.bone(life(&app, entity), HumanBone::Head).expect("has one");
    assert!(app.world().get::<GlobalTransform>(head).expect("there").translation().y > 1.5);
}

#[test]
fn the_same_frames_make_the_same_bones_and_faces() {
    let run = || {
        let mut app = bare_app();
        let ball = app.world_mut().spawn(Transform::from_xyz(1.0, 1.2, 2.0)).id();
        let entity = spawn(&mut app, (person(), Gaze::at(ball), Mood::of(Emotion::Happy, 0.6)));
        app.world_mut().trigger(Perform::walk_to(entity, Vec3::new(1.5, 0.0, 1.0)));
        app.world_mut().trigger(Perform::wave(entity));
        let mut all = Vec::new();
        for frame in 0..300 {
            let along = Vec3::X * (0.02 * frame as f32).sin();
            app.world_mut().get_mut::<Transform>(ball).expect("there").translation = along;
            app.update();
            if frame % 20 == 0 {
                all.extend(numbers(&app, entity));
            }
        }
        all
    };
    let (first, second) = (run(), run());
    assert!(first.len() > 10_000);
    assert_eq!(first, second);
}

#[test]
fn what_is_looked_at_may_vanish() {
    let mut app = bare_app();
    let ball = app.world_mut().spawn(Transform::from_xyz(0.8, 1.4, -2.0)).id();
    let entity = spawn(&mut app, (person(), Gaze::at(ball)));
    step(&mut app, 1.5);
    let life_now = life(&app, entity);
    let wanted = (Vec3::new(0.8, 1.4, -2.0) - life_now.eyes()).normalize();
    let looks = life_now.life().gaze_direction(life_now.secs());
    assert!(looks.angle_between(wanted) < 0.05, "{looks} is not {wanted}");
    app.world_mut().despawn(ball);
    let mut before = looks;
    let mut fastest = 0.0f32;
    for _ in 0..240 {
        app.update();
        let life = life(&app, entity);
        let looks = life.life().gaze_direction(life.secs());
        assert!(looks.is_finite() && life.eyes().is_finite());
        fastest = fastest.max(looks.angle_between(before));
        before = looks;
    }
    // No faster than eyes are: below 700 degrees a second.
    assert!(fastest < 0.21, "{fastest}");
    assert!(before.angle_between(wanted) > 0.02, "goes on to look around");
}

#[test]
fn gaze_has_priorities_and_lets_go() {
    let mut app = bare_app();
    let (left, right) = (Vec3::new(0.7, 1.5, -2.0), Vec3::new(-0.7, 1.5, -2.0));
    let gaze = Gaze::default().and(left, 6).and(right, 9);
    let entity = spawn(&mut app, (person(), gaze));
    let off = |app: &App, point: Vec3| {
        let life = life(app, entity);
        let to = (point - life.eyes()).normalize();
        life.life().gaze_direction(life.secs()).angle_between(to)
    };
    step(&mut app, 1.5);
    assert!(off(&app, right) < 0.05);
    app.world_mut().get_mut::<Gaze>(entity).expect("there").targets =
        vec![GazeTarget { at: left.into(), priority: 6 }];
    step(&mut app, 1.5);
    assert!(off(&app, left) < 0.05);
}

#[test]
fn moods_show_and_faces_can_be_set_by_hand() {
    let mut app = bare_app();
    let entity = spawn(&mut app, person());
    let smile = |app: &App| life(app, entity).pose().face[FaceShape::MouthSmileLeft];
    step(&mut app, 2.0);
    let neutral = smile(&app);
    app.world_mut().entity_mut(entity).insert(Mood::of(Emotion::Happy, 1.0));
    step(&mut app, 2.0);
    assert!(smile(&app) > neutral + 0.3, "{neutral} to {}", smile(&app));
    app.world_mut().entity_mut(entity).insert(Mood::default());
    step(&mut app, 4.0);
    assert!(smile(&app) < neutral + 0.15);
    app.world_mut()
        .get_mut::<FaceOverride>(entity)
        .expect("required")
        .set(FaceShape::JawOpen, Some(0.7));
    step(&mut app, 0.1);
    assert_eq!(life(&app, entity).pose().face[FaceShape::JawOpen], 0.7);
    let weights = life(&app, entity).morph_weights();
    assert!(weights.targets.iter().flatten().any(|weight| *weight == 0.7));
    // What makes no sense is refused with the field's name.
    app.world_mut().entity_mut(entity).insert(Mood::of(Emotion::Sad, 3.0));
    app.update();
    let refused = drain::<AvatarRefused>(&mut app);
    assert!(refused[0].error.contains("intensity: 3"), "{}", refused[0].error);
}

/// A hill along +X, and nothing beyond z = 4.
fn hill() -> AvatarGround {
    AvatarGround::new(|at| (at.z < 4.0).then_some(0.3 * (0.6 * at.x).sin() + 0.5))
}

#[test]
fn walking_keeps_to_the_ground() {
    let mut app = bare_app();
    app.insert_resource(hill());
    let entity = spawn(&mut app, (person(), Transform::from_xyz(0.0, 0.4, 0.0)));
    step(&mut app, 0.5);
    app.world_mut().trigger(Perform::walk_to(entity, Vec3::new(4.0, 0.0, 0.0)));
    let mut arrived = Vec::new();
    let mut lowest = f32::MAX;
    for _ in 0..900 {
        app.update();
        arrived.extend(drain::<AvatarArrived>(&mut app));
        let root = life(&app, entity).pose().root.position;
        let ground = 0.3 * (0.6 * root.x).sin() + 0.5;
        assert!((root.y - ground).abs() < 0.08, "{root} on ground at {ground}");
        let capsules = app.world().get::<ShadowCapsules>(entity).expect("required");
        for foot in &capsules.capsules[..2] {
            for end in [foot.a, foot.b] {
                let ground = 0.3 * (0.6 * end.x).sin() + 0.5;
                lowest = lowest.min(end.y - foot.radius_m - ground);
            }
        }
    }
    assert_eq!(arrived, [AvatarArrived { entity, blocked: false }]);
    let at = life(&app, entity).pose().root.position;
    assert!((at.x - 4.0).abs() < 0.1 && at.z.abs() < 0.1, "{at}");
    let transform = app.world().get::<Transform>(entity).expect("there");
    assert_eq!(transform.translation, at);
    assert!(lowest > -0.06, "feet go {lowest} m below the ground");
    // Beyond the edge there is nothing to walk on.
    let cliff = Act::Walk(Walk { to: Vec3::new(4.0, 0.0, 8.0), speed_mps: 1.2 });
    app.world_mut().trigger(Perform::new(entity, cliff));
    arrived.clear();
    for _ in 0..480 {
        app.update();
        arrived.extend(drain::<AvatarArrived>(&mut app));
    }
    assert_eq!(arrived, [AvatarArrived { entity, blocked: true }]);
    assert!(life(&app, entity).pose().root.position.z < 4.0);
}

#[test]
fn a_game_can_put_people_elsewhere() {
    let mut app = bare_app();
    let front = Transform::from_xyz(0.0, 0.0, 0.0).looking_at(Vec3::new(0.0, 0.0, -3.0), Vec3::Y);
    let entity = spawn(&mut app, (person(), front, Mood::of(Emotion::Happy, 1.0)));
    step(&mut app, 2.0);
    assert!(life(&app, entity).eyes().z < 0.0, "the face is on the side of the entity's forward");
    let there = Transform::from_xyz(5.0, 1.0, 5.0).looking_at(Vec3::new(9.0, 1.0, 5.0), Vec3::Y);
    *app.world_mut().get_mut::<Transform>(entity).expect("there") = there;
    step(&mut app, 2.0);
    let life_now = life(&app, entity);
    assert!(life_now.pose().root.position.abs_diff_eq(Vec3::new(5.0, 1.0, 5.0), 0.05));
    assert!(life_now.eyes().x > 5.0 && life_now.pose().face[FaceShape::MouthSmileLeft] > 0.2);
    let transform = app.world().get::<Transform>(entity).expect("there");
    assert!(transform.forward().abs_diff_eq(Vec3::X, 0.05));
}

#[test]
fn what_is_known_ahead_comes_at_its_time() {
    let mut app = bare_app();
    let entity = spawn(&mut app, person());
    let mut lives = app.world_mut().query::<&mut AvatarLife>();
    let mut life_now = lives.single_mut(app.world_mut()).expect("one");
    let now = life_now.secs();
    life_now.schedule(now + 2.0, Act::Activity(Activity::Listening)).expect("good");
    life_now.schedule(now + 1.0, Act::Activity(Activity::Talking)).expect("good");
    let times: Vec<f64> = life_now.timeline().events().iter().map(|e| e.at_secs).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert!(life_now.schedule(f64::NAN, Act::Stop).is_err());
    app.world_mut().trigger(Perform::nod(entity, 9));
    assert!(drain::<AvatarRefused>(&mut app)[0].error.contains("times"));
    step(&mut app, 3.0);
}

#[test]
fn specs_are_saved_whole_or_not_at_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("new/somebody.ron");
    let spec = AvatarSpec { name: "Jo".into(), age: 61.0, ..AvatarSpec::random(3) };
    save_spec(&spec, &path).expect("writes");
    let text = fs::read_to_string(&path).expect("there");
    assert_eq!(AvatarSpec::from_ron(&text).expect("reads"), spec);
    let error = save_spec(&AvatarSpec { age: 200.0, ..spec.clone() }, &path).expect_err("too old");
    assert!(error.contains("somebody.ron: age: 200"), "{error}");
    assert_eq!(fs::read_to_string(&path).expect("there"), text);
    save_spec(&spec, folder.path()).expect_err("a folder");
    let files = fs::read_dir(path.parent().expect("has one")).expect("there").count();
    assert_eq!(files, 1, "nothing is left beside it");
}

#[test]
fn components_are_written_in_ron() {
    let avatar: Avatar = ron::from_str("(source: Preset(\"mara\"), seed: Some(4))").expect("good");
    assert_eq!(avatar, Avatar::preset("mara").with_seed(4));
    let text = ron::to_string(&Avatar::spec(AvatarSpec::random(2))).expect("writes");
    assert_eq!(ron::from_str::<Avatar>(&text).expect("reads"), Avatar::spec(AvatarSpec::random(2)));
    let mood: Mood = ron::from_str("(feeling: Named(Happy), intensity: 0.5)").expect("good");
    assert_eq!(mood, Mood::of(Emotion::Happy, 0.5));
    let gaze: Gaze = ron::from_str("(targets: [(at: Point((1.0, 2.0, 3.0)))])").expect("good");
    assert_eq!(gaze, Gaze::at(Vec3::new(1.0, 2.0, 3.0)));
    let error = ron::from_str::<Posture>("(activty: Idle)").expect_err("a mistake");
    assert!(error.to_string().contains("activty"));
}

/// With a renderer (and few frames): the numbers reach Bevy's meshes, and nobody out of sight is
/// computed.
#[test]
fn a_scene_without_worlds_draws_people_and_forgets_the_unseen() {
    let mut app = App::new();
    app.add_plugins((
        headless::default_plugins().set(asset_plugin()).disable::<LogPlugin>(),
        AvatarPlugin,
    ))
    .insert_resource(ReverieSettings { lockstep: true, ..default() })
    .insert_resource(AvatarDetail::Full)
    .insert_resource(TimeUpdateStrategy::ManualDuration(3 * FRAME));
    let target = Image::new_target_texture(128, 72, TextureFormat::Rgba8UnormSrgb, None);
    let target = app.world_mut().resource_mut::<Assets<Image>>().add(target);
    let camera = app
        .world_mut()
        .spawn((
            Camera3d::default(),
            Msaa::Off,
            RenderTarget::Image(target.into()),
            Transform::from_xyz(0.0, 1.6, 0.8).looking_at(Vec3::new(0.0, 1.5, 0.0), Vec3::Y),
        ))
        .id();
    app.world_mut().spawn(DirectionalLight::default());
    headless::make_ready(&mut app, PATIENCE).expect("the renderer starts");
    let entity = spawn(&mut app, (person(), Mood::of(Emotion::Happy, 1.0)));
    let turn = Quat::from_rotation_y(std::f32::consts::PI);
    app.world_mut().get_mut::<Transform>(entity).expect("there").rotation = turn;
    step(&mut app, 0.4);
    let model = app.world().get::<AvatarModel>(entity).expect("it has a body");
    let meshes = model.meshes().to_vec();
    let most = meshes
        .iter()
        .filter_map(|mesh| match app.world().get::<MeshMorphWeights>(*mesh)? {
            MeshMorphWeights::Value { weights } => weights.iter().copied().reduce(f32::max),
            MeshMorphWeights::Reference(_) => None,
        })
        .fold(0.0, f32::max);
    assert!(most > 0.3, "{most}");
    let lod = |app: &App| app.world().get::<AvatarLod>(entity).expect("required").current;
    assert_eq!(lod(&app), Lod::Full);
    // A picture of 72 rows shows 75 pixels a metre of whoever stands a metre away.
    let form = |app: &App| app.world().get::<AvatarLod>(entity).expect("required").form;
    let shown = |app: &App| -> Vec<AssetId<Mesh>> {
        let mesh = |mesh: &Entity| app.world().get::<Mesh3d>(*mesh).expect("is one").id();
        meshes.iter().map(mesh).collect()
    };
    assert_eq!(form(&app), 2);
    let near = shown(&app);
    app.insert_resource(AvatarDetail::Reduced);
    app.update();
    assert_eq!(form(&app), 3);
    let coarser = shown(&app);
    assert!(coarser.iter().zip(&near).filter(|(a, b)| a != b).count() > near.len() / 2);
    app.insert_resource(AvatarDetail::Full);
    app.update();
    assert_eq!((form(&app), shown(&app)), (2, near.clone()));
    let looks = |app: &mut App, from: Vec3, to: Vec3| {
        let place = Transform::from_translation(from).looking_at(to, Vec3::Y);
        *app.world_mut().get_mut::<Transform>(camera).expect("there") = place;
        step(app, 0.25);
    };
    // The form holds on both sides of the size that it changes at, 45 pixels a metre.
    for (away, expected) in [(1.8, 2), (2.2, 3), (1.8, 3), (1.4, 2), (1.8, 2)] {
        looks(&mut app, Vec3::new(0.0, 1.6, away), Vec3::new(0.0, 1.0, 0.0));
        assert_eq!(form(&app), expected, "{away} m");
    }
    looks(&mut app, Vec3::new(0.0, 1.6, 40.0), Vec3::ZERO);
    assert_eq!((lod(&app), form(&app)), (Lod::Far, 3));
    assert_eq!(shown(&app), coarser);
    looks(&mut app, Vec3::new(0.0, 1.6, 5.0), Vec3::new(0.0, 1.6, 50.0));
    assert_eq!(lod(&app), Lod::Hidden);
    let before = numbers(&app, entity);
    step(&mut app, 0.1);
    assert_eq!(numbers(&app, entity), before, "nothing moves unseen");
    // Walks go on unseen.
    app.world_mut().trigger(Perform::walk_to(entity, Vec3::new(0.0, 0.0, -2.0)));
    step(&mut app, 1.4);
    assert!(life(&app, entity).pose().root.position.z < -1.5);
    looks(&mut app, Vec3::new(0.0, 1.6, -1.2), Vec3::new(0.0, 1.5, -2.0));
    assert_eq!((lod(&app), form(&app)), (Lod::Full, 2));
    assert_eq!(shown(&app), near);
    app.world_mut().get_mut::<AvatarLod>(entity).expect("required").forced_form = Some(0);
    app.update();
    assert!(shown(&app).iter().all(|mesh| !near.contains(mesh) && !coarser.contains(mesh)));
    // A despawned avatar takes its body along.
    app.world_mut().despawn(entity);
    app.update();
    assert!(meshes.iter().all(|mesh| app.world().get_entity(*mesh).is_err()));
}
