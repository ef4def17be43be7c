//! The plugin in Apps without a window, stepped by fixed times. Everything that is drawn is drawn
//! on whatever Vulkan device is there (lavapipe on a machine without a GPU).

mod hearing;
mod lighting;
mod mishaps;
mod painting;
mod placing;
mod prompts;
mod weather;

use bevy::{
    camera::RenderTarget,
    log::LogPlugin,
    prelude::*,
    render::{
        gpu_readback::{Readback, ReadbackComplete},
        render_resource::{TextureFormat, TextureUsages},
    },
    time::TimeUpdateStrategy,
};
use bevy_reverie::{
    PathChoice, PresentPath, headless,
    leafwing_input_manager::prelude::{Buttonlike, VirtualDPad},
    prelude::*,
    spatial::{Frame, Memory, Renderer, SpatialConfig, SpatialModel},
    speech::SpeechSink,
    world_model::{Seed, SeedSource, Snapshot, WorldModel},
};
use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// Rows of this width have no padding when they are copied back.
const SIZE: UVec2 = UVec2::new(192, 108);
const TICK: Duration = Duration::from_nanos(1_000_000_000 / 24);
/// Nothing here takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

const NEAR_M: f32 = 2.0;
const FAR_M: f32 = 4.0;

/// A wall 4 m ahead with a smooth pattern, and a post 2 m ahead in the left half.
fn seed() -> ImageSeed {
    let (width, height) = (SIZE.x, SIZE.y);
    let mut rgb = RgbImage::filled(width, height, [0; 3]).expect("small");
    let mut depth =
        DepthImage::new(width, height, vec![FAR_M; rgb.data().len() / 3]).expect("good");
    for y in 0..height {
        for x in 0..width {
            let at = (y * width + x) as usize;
            let post = (30..70).contains(&x);
            let pixel = if post { [180, 40, 60] } else { [x as u8, (2 * y) as u8, 90] };
            rgb.data_mut()[at * 3..at * 3 + 3].copy_from_slice(&pixel);
            if post {
                depth.data_mut()[at] = NEAR_M;
            }
        }
    }
    let camera = Intrinsics::from_horizontal_fov(width, height, 1.2);
    ImageSeed { rgb, depth: Some(depth), intrinsics: Some(camera) }
}

/// The newest picture that came back from the device.
#[derive(Resource, Clone, Default)]
struct Seen(Arc<Mutex<Vec<u8>>>);

struct Game {
    app: App,
    view: Entity,
    seen: Seen,
}

impl Game {
    /// An App with everything but a window and sound, its world not started yet.
    fn new(view: impl Bundle, assets: Option<&Path>, set_up: impl FnOnce(&mut App)) -> Self {
        Self::heard(view, assets, SpeechSink::Silent, set_up)
    }

    /// The same, whose voices are heard there.
    fn heard(
        view: impl Bundle,
        assets: Option<&Path>,
        sink: SpeechSink,
        set_up: impl FnOnce(&mut App),
    ) -> Self {
        let mut app = App::new();
        let asset_plugin = AssetPlugin {
            file_path: assets.map_or("assets".into(), |path| path.display().to_string()),
            watch_for_changes_override: Some(assets.is_some()),
            ..default()
        };
        app.add_plugins((
            headless::default_plugins().set(asset_plugin).disable::<LogPlugin>(),
            ReveriePlugins.set(SpeechPlugin { sink }),
        ))
        .insert_resource(ReverieSettings { lockstep: true, ..default() })
        .insert_resource(TimeUpdateStrategy::ManualDuration(TICK))
        .insert_resource(ClearColor(Color::BLACK));
        set_up(&mut app);
        let mut target =
            Image::new_target_texture(SIZE.x, SIZE.y, TextureFormat::Rgba8UnormSrgb, None);
        target.texture_descriptor.usage |= TextureUsages::COPY_SRC;
        let target = app.world_mut().resource_mut::<Assets<Image>>().add(target);
        let view = app
            .world_mut()
            .spawn((view, WorldCamera::default(), RenderTarget::Image(target.clone().into())))
            .id();
        let seen = Seen::default();
        let into = seen.clone();
        app.world_mut().spawn(Readback::texture(target)).observe(
            move |back: On<ReadbackComplete>| {
                into.0.lock().expect("unpoisoned").clone_from(&back.data);
            },
        );
        headless::make_ready(&mut app, PATIENCE).expect("the renderer starts");
        Self { app, view, seen }
    }

    /// The embedded model on [`seed`], started.
    fn started() -> Self {
        let mut game =
            Self::new((WorldView::new(seed()).without_painting(), Embodiment::Free), None, |_| {});
        game.wait("a start", |game| game.status() == WorldStatus::Running);
        game
    }

    fn step(&mut self, frames: usize) {
        for _ in 0..frames {
            self.app.update();
        }
    }

    /// Updates until something is so.
    fn wait(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !done(self) {
            assert!(Instant::now() < deadline, "waited in vain for {what}");
            self.app.update();
        }
    }

    fn get<T: Component + Clone>(&self) -> T {
        self.app.world().get::<T>(self.view).expect("the view has it").clone()
    }

    fn status(&self) -> WorldStatus {
        self.get::<WorldStatus>()
    }

    fn messages<M: Message + Clone>(&mut self) -> Vec<M> {
        self.app.world_mut().resource_mut::<Messages<M>>().drain().collect()
    }

    /// The picture of a frame: what the screen shows once the copies have caught up.
    fn picture(&mut self) -> Vec<u8> {
        // Frames in the air: pose, upload, draw, copy back.
        self.step(6);
        let picture = self.seen.0.lock().expect("unpoisoned").clone();
        assert_eq!(picture.len(), (SIZE.x * SIZE.y * 4) as usize);
        picture
    }
}

fn pixel(picture: &[u8], x: u32, y: u32) -> [u8; 3] {
    let at = ((y * SIZE.x + x) * 4) as usize;
    [picture[at], picture[at + 1], picture[at + 2]]
}

/// What the CPU renderer shows of the same world, made apart from the plugin.
fn drawn_apart(camera_at: &Transform) -> Frame {
    let (width, height) = (SIZE.x, SIZE.y);
    let config = SpatialConfig { width, height, painting: None, ..SpatialConfig::default() };
    let mut model = SpatialModel::new(config).expect("good");
    let begun = model.begin(&Seed::new(SeedSource::Image(seed()))).expect("starts");
    let memory: &Memory = model.memory().expect("begun");
    let pose = Pose { position: camera_at.translation, rotation: camera_at.rotation };
    let mut frame = Frame::new();
    let camera = begun.intrinsics.fitted(SIZE.x, SIZE.y);
    Renderer::new().render(memory, &pose, &camera, &mut frame).expect("draws");
    frame
}

#[test]
fn a_world_starts_and_input_moves_the_camera() {
    let mut game =
        Game::new((WorldView::new(seed()).without_painting(), Embodiment::Free), None, |_| {});
    let mut started = Vec::new();
    game.wait("WorldStarted", |game| {
        started.extend(game.messages::<WorldStarted>());
        !started.is_empty()
    });
    assert_eq!(started[0].model, "spatial");
    assert_eq!(started[0].seed, "picture in memory, 192x108");
    game.step(2);
    assert_eq!(game.get::<Transform>().translation, Vec3::ZERO);

    KeyCode::KeyW.press(game.app.world_mut());
    game.step(12);
    KeyCode::KeyW.release(game.app.world_mut());
    game.step(3);
    let walked = game.get::<Transform>();
    let speed_mps = WorldControls::default().speed_mps;
    assert!(
        (walked.translation.z + 0.5 * speed_mps).abs() < 0.15 * speed_mps,
        "half a second of walking led to {}",
        walked.translation
    );
    KeyCode::ArrowLeft.press(game.app.world_mut());
    game.step(12);
    let turned = game.get::<Transform>();
    assert!(turned.forward().x < -0.3, "left is left: {:?}", turned.forward());
    assert_eq!(turned.translation, walked.translation);
    assert!(game.get::<WorldClock>().tick >= 24);
    let figures = game.get::<WorldFigures>();
    assert!(figures.coverage > 0.3 && figures.coverage <= 1.0, "{figures:?}");
    assert!(figures.memory_bytes > 10_000, "{figures:?}");
}

#[test]
fn the_screen_shows_what_the_cpu_renderer_draws() {
    let mut game = Game::started();
    KeyCode::KeyD.press(game.app.world_mut());
    game.step(3);
    KeyCode::KeyD.release(game.app.world_mut());
    let shown = game.picture();
    let transform = game.get::<Transform>();
    assert!(transform.translation.x > 0.05);

    let frame = drawn_apart(&transform);
    let mut differing = 0;
    for (found, wanted) in shown.chunks_exact(4).zip(frame.rgba8().chunks_exact(4)) {
        let worst = (0..3).map(|c| found[c].abs_diff(wanted[c])).max().unwrap_or(0);
        assert!(worst <= 1, "{found:?} instead of {wanted:?}");
        differing += usize::from(worst > 0);
    }
    assert_eq!(differing, 0, "pixels off by one: sRGB must survive the way to the screen");
}

#[test]
fn the_gpu_path_shows_the_same() {
    let view = (WorldView::new(seed()).without_painting(), Embodiment::Free);
    let mut game = Game::new(view, None, |app| {
        app.world_mut().resource_mut::<ReverieSettings>().path = PathChoice::Gpu;
    });
    assert_eq!(*game.app.world().resource::<PresentPath>(), PresentPath::Gpu);
    game.wait("a start", |game| game.status() == WorldStatus::Running);
    KeyCode::KeyD.press(game.app.world_mut());
    game.step(3);
    KeyCode::KeyD.release(game.app.world_mut());
    let shown = game.picture();
    let frame = drawn_apart(&game.get::<Transform>());
    let mut squares = 0.0;
    for (found, wanted) in shown.chunks_exact(4).zip(frame.rgba8().chunks_exact(4)) {
        squares += (0..3).map(|c| f64::from(found[c].abs_diff(wanted[c])).powi(2)).sum::<f64>();
    }
    let mean = squares / f64::from(SIZE.x * SIZE.y * 3);
    let psnr_db = 10.0 * (255.0 * 255.0 / mean.max(1e-9)).log10();
    assert!(psnr_db >= 35.0, "{psnr_db:.1} dB");
}

#[test]
fn low_coverage_is_told_once() {
    let mut game = Game::started();
    game.step(12);
    assert_eq!(game.messages::<CoverageLow>(), []);
    KeyCode::ArrowLeft.press(game.app.world_mut());
    let mut told = Vec::new();
    for _ in 0..30 {
        game.step(1);
        told.extend(game.messages::<CoverageLow>());
    }
    // More than two radians away from everything that is known.
    assert_eq!(told.len(), 1);
    assert!(told[0].view == game.view && told[0].coverage < 0.6, "{told:?}");
}

#[test]
fn meshes_hide_and_are_hidden() {
    let mut game = Game::started();
    // Bare colours are compared, so nothing may light or expose them.
    game.app.world_mut().resource_mut::<WorldLightSettings>().on = false;
    let before = game.picture();
    // A bright plate across the whole view, between the post and the wall.
    let plate_at = |z_m: f32| Transform::from_xyz(0.0, 0.0, z_m);
    let world = game.app.world_mut();
    let mesh = world.resource_mut::<Assets<Mesh>>().add(Rectangle::new(12.0, 0.6));
    let material = world.resource_mut::<Assets<StandardMaterial>>().add(StandardMaterial {
        base_color: Color::srgb_u8(20, 240, 30),
        unlit: true,
        ..default()
    });
    let plate = world.spawn((Mesh3d(mesh), MeshMaterial3d(material), plate_at(-3.0))).id();
    let middle = SIZE.y / 2;
    let is_plate = |pixel: [u8; 3]| pixel[1] > 200 && pixel[0] < 60 && pixel[2] < 70;

    let between = game.picture();
    assert!(is_plate(pixel(&between, 150, middle)), "in front of the wall");
    let (found, wanted) = (pixel(&between, 50, middle), pixel(&before, 50, middle));
    assert_eq!(found, wanted, "behind the post");
    assert_eq!(pixel(&between, 150, 8), pixel(&before, 150, 8), "beside the plate nothing changes");

    game.app.world_mut().entity_mut(plate).insert(plate_at(-1.5));
    let in_front = game.picture();
    assert!(is_plate(pixel(&in_front, 50, middle)), "in front of the post");
    game.app.world_mut().entity_mut(plate).insert(plate_at(-4.5));
    let behind = game.picture();
    assert_eq!(pixel(&behind, 150, middle), pixel(&before, 150, middle), "behind the wall");
}

#[test]
fn the_depth_view_is_an_other_picture() {
    let mut game = Game::started();
    let colour = game.picture();
    game.app.world_mut().resource_mut::<ReverieSettings>().depth_view = true;
    let depth = game.picture();
    let (post, wall) = (pixel(&depth, 50, 54), pixel(&depth, 150, 54));
    assert_ne!(post, pixel(&colour, 50, 54));
    assert_ne!(post, wall, "2 m and 4 m look different");
    assert_eq!(wall, pixel(&depth, 150, 30), "a wall has one depth");
}

#[test]
fn a_smaller_picture_is_scaled_up() {
    let view = WorldView::new(seed()).without_painting().with_size(SIZE.x / 2, SIZE.y / 2);
    let mut game = Game::new((view, Embodiment::Free), None, |_| {});
    game.wait("a start", |game| game.status() == WorldStatus::Running);
    let picture = game.picture();
    for (x, y) in [(20, 30), (50, 54), (150, 54), (100, 80)] {
        let corner = pixel(&picture, x, y);
        assert_eq!(corner, pixel(&picture, x + 1, y + 1), "one texel covers 2x2 pixels");
    }
    let [red, green, blue] = pixel(&picture, 150, 54);
    let near = |found: u8, wanted: u8| found.abs_diff(wanted) < 6;
    assert!(near(red, 150) && near(green, 108) && near(blue, 90), "{red} {green} {blue}");
}

#[test]
fn keys_can_be_bound_anew() {
    let mut game = Game::started();
    let map = InputMap::default().with_dual_axis(WorldAction::Move, VirtualDPad::arrow_keys());
    game.app.world_mut().entity_mut(game.view).insert(map);
    KeyCode::KeyW.press(game.app.world_mut());
    game.step(6);
    assert_eq!(game.get::<Transform>().translation, Vec3::ZERO, "W means nothing any more");
    KeyCode::ArrowUp.press(game.app.world_mut());
    game.step(6);
    assert!(game.get::<Transform>().translation.z < -0.1);
}

#[test]
fn queries_know_the_wall() {
    let mut game = Game::started();
    game.step(2);
    let (hit, post, free) = game
        .app
        .world_mut()
        .run_system_cached(|world: WorldQuery| {
            (
                world.ray_cast(Vec3::ZERO, Vec3::new(0.5, 0.0, -2.0), 50.0),
                world.ray_cast(Vec3::ZERO, Vec3::new(-0.35, 0.0, -1.0), 50.0),
                [
                    world.is_free(Vec3::new(0.5, 0.0, -2.0), 0.3),
                    world.is_free(Vec3::new(0.5, 0.0, -FAR_M), 0.3),
                    world.ray_cast(Vec3::ZERO, Vec3::Z, 50.0).is_none(),
                    world.ray_cast(Vec3::splat(f32::NAN), Vec3::Z, 50.0).is_none(),
                ],
            )
        })
        .expect("runs");
    let hit = hit.expect("the wall");
    assert!((hit.position.z + FAR_M).abs() < 0.1, "{hit:?}");
    assert!(hit.normal.z > 0.9, "{hit:?}");
    assert!((post.expect("the post").position.z + NEAR_M).abs() < 0.1, "{post:?}");
    assert_eq!(free, [true, false, true, true]);
}

#[test]
fn a_bad_seed_leaves_the_old_world() {
    let mut game = Game::started();
    let good = game.picture();
    let mut view = game.get::<WorldView>();
    view.seed = "no/such/picture.png".into();
    game.app.world_mut().entity_mut(game.view).insert(view);
    game.wait("the failure", |game| matches!(game.status(), WorldStatus::Failed(_)));
    let told = game.messages::<ModelFailed>();
    assert!(told[0].error.contains("no/such/picture.png"), "{told:?}");
    assert!(told[0].still_running);
    assert_eq!(game.picture(), good);
    KeyCode::KeyW.press(game.app.world_mut());
    game.step(12);
    assert!(game.get::<Transform>().translation.z < -0.3, "one can still walk in it");

    let mut view = game.get::<WorldView>();
    view.model = "imaginary".to_owned();
    game.app.world_mut().entity_mut(game.view).insert(view);
    game.messages::<ModelFailed>();
    let mut told = Vec::new();
    game.wait("the refusal", |game| {
        told.extend(game.messages::<ModelFailed>());
        !told.is_empty()
    });
    assert!(told[0].error.contains("`imaginary` (there are: "), "{told:?}");
}

#[test]
fn a_saved_world_is_restored() {
    let mut game = Game::started();
    KeyCode::KeyD.press(game.app.world_mut());
    game.step(12);
    KeyCode::KeyD.release(game.app.world_mut());
    game.step(2);
    let there = game.get::<Transform>();
    let entity = game.view;
    game.app.world_mut().trigger(SaveWorld { entity });
    let mut saved = Vec::new();
    game.wait("the state", |game| {
        saved.extend(game.messages::<WorldSaved>());
        !saved.is_empty()
    });
    KeyCode::KeyD.press(game.app.world_mut());
    game.step(12);
    KeyCode::KeyD.release(game.app.world_mut());
    game.step(2);
    assert!(game.get::<Transform>().translation.x > there.translation.x + 0.3);
    game.messages::<WorldStarted>();
    let snapshot = Arc::new(saved.remove(0).snapshot);
    game.app.world_mut().trigger(RestoreWorld { entity, snapshot: Arc::clone(&snapshot) });
    game.wait("the start", |game| !game.messages::<WorldStarted>().is_empty());
    game.step(2);
    assert!(game.get::<Transform>().translation.distance(there.translation) < 1e-3);

    let broken = Snapshot { state_base64: vec![1, 2, 3], ..snapshot.as_ref().clone() };
    game.app.world_mut().trigger(RestoreWorld { entity, snapshot: Arc::new(broken) });
    let mut told = Vec::new();
    game.wait("the refusal", |game| {
        told.extend(game.messages::<ModelFailed>());
        !told.is_empty()
    });
    assert!(told[0].error.starts_with("restore: ") && told[0].still_running, "{told:?}");
    game.step(4);
    assert_eq!(game.status(), WorldStatus::Running);
}

#[test]
fn weights_that_are_missing_or_damaged_leave_the_old_world() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/models");
    let folder = tempfile::tempdir().expect("a folder");
    let models = folder.path().join("weights/candy/models");
    std::fs::create_dir_all(&models).expect("made");
    let file = models.join("depth.safetensors");
    std::fs::copy(shipped.join("depth.safetensors"), &file).expect("copied");
    let text = std::fs::read_to_string(shipped.join("manifest.ron")).expect("shipped");
    let (first, _) = text.split_once("),").expect("entries");
    std::fs::write(models.join("manifest.ron"), format!("{first})])")).expect("written");

    let mut game =
        Game::new(WorldView::new(seed()).without_painting(), Some(folder.path()), |_| {});
    game.wait("a start", |game| game.status() == WorldStatus::Running);
    // A path within the asset folder.
    let set = |game: &mut Game, weights: &str| {
        game.messages::<WorldStarted>();
        game.messages::<ModelFailed>();
        game.app.world_mut().get_mut::<WorldView>(game.view).expect("a view").weights =
            Some(weights.into());
    };
    set(&mut game, "weights/candy");
    game.wait("another start", |game| !game.messages::<WorldStarted>().is_empty());
    let good = std::fs::read(&file).expect("there");
    for (damage, weights, part) in [
        (false, "weights/salt", "weights/salt/models/manifest.ron"),
        (true, "weights/candy/", "has 777 bytes"),
    ] {
        if damage {
            std::fs::write(&file, &good[..777]).expect("written");
        }
        set(&mut game, weights);
        let mut told = Vec::new();
        game.wait("the failure", |game| {
            told.extend(game.messages::<ModelFailed>());
            !told.is_empty()
        });
        assert!(told[0].still_running && told[0].error.contains(part), "{}", told[0].error);
        assert_eq!(told[0].error.lines().count(), 1);
    }
}

#[test]
fn presets_reload_and_a_bad_one_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.world.ron");
    let picture = folder.path().join("a.png");
    reverie_media::write_rgb_png(&picture, &seed().rgb).expect("written");
    let write = |text: &str| std::fs::write(&file, text).expect("written");
    write("(seed: \"scene:city\", model: \"none\", embodiment: Free, controls: (speed_mps: 1.0))");
    let mut game =
        Game::new(WorldView::new(seed()).without_painting(), Some(folder.path()), |_| {});
    let handle = game.app.world().resource::<AssetServer>().load("a.world.ron");
    game.app.world_mut().entity_mut(game.view).insert(FollowPreset(handle));
    game.wait("the preset", |game| game.get::<WorldView>().model == "none");
    assert_eq!(game.get::<Embodiment>(), Embodiment::Free);
    assert_eq!(game.get::<WorldControls>().speed_mps, 1.0);

    write("(\n    seed: \"scene:city\",\n    sped: 3.0,\n)");
    let mut told = Vec::new();
    game.wait("the refusal", |game| {
        told.extend(game.messages::<PresetFailed>());
        !told.is_empty()
    });
    let error = &told[0].error;
    assert!(error.contains("a.world.ron, line 3, column") && error.contains("sped"), "{error}");
    assert_eq!(game.get::<WorldView>().model, "none", "the last good one stays");

    write("(seed: \"scene:city\", model: \"none\", embodiment: Free, controls: (speed_mps: 2.5))");
    game.wait("the reload", |game| game.get::<WorldControls>().speed_mps == 2.5);
}

#[test]
fn shipped_presets_are_good_and_name_shipped_seeds() {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets");
    let presets = std::fs::read_dir(assets.join("presets")).expect("the folder is shipped");
    let mut found = 0;
    for entry in presets {
        let path = entry.expect("readable").path();
        let text = std::fs::read(&path).expect("readable");
        let preset = WorldPreset::from_ron(&text, &path.display().to_string())
            .unwrap_or_else(|error| panic!("{error}"));
        if let SeedAddress::Image(picture) = &preset.seed {
            assert!(assets.join(picture).is_file(), "{}: {}", path.display(), picture.display());
        }
        found += 1;
    }
    assert!(found >= 2);
}
