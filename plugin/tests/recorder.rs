//! Recordings of a small rasterised game without any other plugin of ours: what is recorded, and what
//! happens when the disk is full, the folder is no folder, or the game dies.

use bevy::{
    camera::{Hdr, RenderTarget},
    core_pipeline::tonemapping::Tonemapping,
    log::LogPlugin,
    prelude::*,
    render::{
        render_resource::{PollType, TextureFormat},
        renderer::RenderDevice,
    },
    time::TimeUpdateStrategy,
};
use bevy_reverie::{
    headless,
    leafwing_input_manager::prelude::Buttonlike,
    prelude::{
        RecordedAction, RecordedCamera, RecordedConditions, RecorderControl, RecorderPlugin,
        RecorderSettings, RecorderStatus, RecordingFailed, RecordingStarted, RecordingStopped,
        Weather,
    },
    world_model::Action,
};
use reverie_simulator::dataset::{Channel, DatasetReader, StoredEpisode};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const HZ: f32 = 12.0;
const SIZE: UVec2 = UVec2::new(64, 36);
const WALL_M: f32 = 5.0;
const EYE_M: f32 = 1.6;
const WALL: [u8; 3] = [200, 60, 40];
const SKY: [u8; 3] = [90, 150, 220];
/// Nothing here takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(120);
/// Names the folder to a child process that records until it is killed.
const CHILD: &str = "REVERIE_TEST_RECORDING";

struct Game {
    app: App,
    camera: Entity,
}

fn colour(rgb: [u8; 3]) -> Color {
    let [r, g, b] = rgb;
    Color::srgb_u8(r, g, b)
}

impl Game {
    /// A wall across the left half of the view, sky in the right one.
    fn new(folder: &Path, look: impl Bundle) -> Self {
        let mut app = App::new();
        app.add_plugins((headless::default_plugins().disable::<LogPlugin>(), RecorderPlugin))
            .insert_resource(TimeUpdateStrategy::ManualDuration(Duration::from_secs_f32(1.0 / HZ)))
            .insert_resource(RecorderSettings {
                folder: folder.into(),
                size: SIZE,
                frames_per_episode: 10,
                seed: 7,
                ..default()
            });
        headless::make_ready(&mut app, PATIENCE).expect("the renderer starts");
        let world = app.world_mut();
        let image = Image::new_target_texture(256, 144, TextureFormat::Rgba8UnormSrgb, None);
        let target = world.resource_mut::<Assets<Image>>().add(image);
        let mesh = world.resource_mut::<Assets<Mesh>>().add(Cuboid::new(40.0, 40.0, 1.0));
        let material = StandardMaterial { base_color: colour(WALL), unlit: true, ..default() };
        let material = world.resource_mut::<Assets<StandardMaterial>>().add(material);
        let place = Transform::from_xyz(-20.0, 0.0, -WALL_M - 0.5);
        world.spawn((Mesh3d(mesh), MeshMaterial3d(material), place));
        let camera = world
            .spawn((
                Camera3d::default(),
                Camera { clear_color: ClearColorConfig::Custom(colour(SKY)), ..default() },
                Tonemapping::None,
                Transform::from_xyz(0.0, EYE_M, 0.0),
                RenderTarget::Image(target.into()),
                look,
            ))
            .id();
        let mut game = Self { app, camera };
        game.step(3);
        game
    }

    fn step(&mut self, frames: usize) {
        for _ in 0..frames {
            self.app.update();
            let device = self.app.world().resource::<RenderDevice>();
            device.poll(PollType::wait_indefinitely()).expect("the device answers");
        }
    }

    fn control(&mut self, control: RecorderControl) {
        self.app.world_mut().write_message(control);
    }

    fn messages<M: Message>(&mut self) -> Vec<M> {
        self.app.world_mut().resource_mut::<Messages<M>>().drain().collect()
    }

    fn until<T>(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(found) = done(self) {
                return found;
            }
            assert!(start.elapsed() < PATIENCE, "waited too long for {what}");
            self.step(1);
            // The thread that writes has to have its turn.
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn status(&self) -> RecorderStatus {
        *self.app.world().resource::<RecorderStatus>()
    }

    /// Begins, and waits until pictures come.
    fn start(&mut self) {
        self.control(RecorderControl::Start);
        self.step(1);
        assert_eq!(self.messages::<RecordingStarted>().len(), 1);
        assert!(self.status().recording);
    }

    fn stop(&mut self) -> RecordingStopped {
        self.control(RecorderControl::Stop);
        self.until("the end", |game| game.messages::<RecordingStopped>().pop())
    }

    fn failure(&mut self) -> String {
        let failed = self.until("the failure", |game| game.messages::<RecordingFailed>().pop());
        assert_eq!(failed.error.lines().count(), 1, "{}", failed.error);
        failed.error
    }
}

/// Frames of an episode: colours and inverse depths.
fn frames(
    reader: &mut DatasetReader,
    episode: &StoredEpisode,
    frame: u64,
) -> (Vec<[u8; 3]>, Vec<f32>) {
    let rgb = reader.channel(episode, Channel::Rgb, frame).expect("whole");
    let depth = reader.channel(episode, Channel::Depth, frame).expect("whole");
    let half = |bytes: &[u8; 2]| half_to_f32(u16::from_le_bytes(*bytes));
    (rgb.as_chunks::<3>().0.to_vec(), depth.as_chunks::<2>().0.iter().map(half).collect())
}

fn half_to_f32(bits: u16) -> f32 {
    let (exponent, mantissa) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023) / 1024.0);
    match exponent {
        0 => mantissa * 2_f32.powi(-14),
        31 => f32::INFINITY,
        _ => (1.0 + mantissa) * 2_f32.powi(exponent - 15),
    }
}

fn close(found: [u8; 3], expected: [u8; 3]) -> bool {
    found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 2)
}

fn check_picture(look: &str, rgb: &[[u8; 3]], inverse_depth: &[f32]) {
    let at = |x: u32, y: u32| (y * SIZE.x + x) as usize;
    for (x, y) in [(4, 4), (20, 18), (10, 33)] {
        assert!(close(rgb[at(x, y)], WALL), "{look}: {:?}", rgb[at(x, y)]);
        let metres = 1.0 / inverse_depth[at(x, y)];
        assert!((metres / WALL_M - 1.0).abs() < 0.005, "{look}: {metres} m at {x}, {y}");
    }
    for (x, y) in [(60, 4), (45, 18), (50, 33)] {
        assert!(close(rgb[at(x, y)], SKY), "{look}: {:?}", rgb[at(x, y)]);
        assert_eq!(inverse_depth[at(x, y)], 0.0, "{look}: the sky is infinitely far");
    }
}

/// Every kind of picture a camera may have: multisampled or not, with and without HDR.
#[test]
fn colour_depth_pose_actions_and_conditions_are_recorded() {
    type Look = (&'static str, fn(&mut Game));
    let looks: [Look; 4] = [
        ("plain", |game| {
            game.app.world_mut().entity_mut(game.camera).insert(Msaa::Off);
        }),
        ("multisampled", |_| {}),
        ("HDR", |game| {
            game.app.world_mut().entity_mut(game.camera).insert((Msaa::Off, Hdr));
        }),
        ("HDR, multisampled", |game| {
            game.app.world_mut().entity_mut(game.camera).insert(Hdr);
        }),
    ];
    for (look, set) in looks {
        let folder = tempfile::tempdir().expect("a folder");
        let conditions = RecordedConditions {
            weather: Some((Weather::Rain, 0.5)),
            hour: Some(9.0),
            season: None,
        };
        let mut game = Game::new(folder.path(), (RecordedCamera, conditions));
        set(&mut game);
        game.step(2);
        game.start();
        for _ in 0..14 {
            game.step(1);
            let mut camera = game.app.world_mut().get_mut::<Transform>(game.camera).expect("there");
            camera.translation += Vec3::new(0.01, 0.0, -0.02);
        }
        let stopped = game.stop();
        assert!(stopped.episodes >= 2 && stopped.frames >= 12, "{look}: {stopped:?}");

        let mut reader = DatasetReader::open(folder.path()).expect("whole");
        reader.verify().expect("whole");
        let manifest = reader.manifest().clone();
        assert!(manifest.complete && !manifest.held_out, "{look}");
        let files = std::fs::read_dir(folder.path()).expect("there").filter_map(Result::ok);
        let begun = files.filter(|file| file.path().extension() == Some("partial".as_ref()));
        assert_eq!(begun.count(), 0, "{look}: nothing is left half-written");
        assert_eq!((manifest.episodes, manifest.tick_hz), (stopped.episodes, HZ));
        let episode = reader.episode(0).expect("there");
        let record = &episode.record;
        assert_eq!((record.meta.seed, record.meta.domain.as_str()), (7, "game"));
        // Bevy's cameras see 45 degrees from top to bottom.
        let camera = &record.meta.intrinsics;
        assert!((camera.vertical_fov_rad().to_degrees() - 45.0).abs() < 0.01, "{camera:?}");
        assert_eq!(record.conditions[0].conditions["weather"], "Rain");
        assert_eq!(record.conditions[0].conditions["hour"], 9.0);
        for (pair, action) in record.poses.windows(2).zip(&record.actions) {
            assert_eq!(pair[1][3..], [0.0, 0.0, 0.0, 1.0]);
            assert!((pair[1][0] - pair[0][0] - 0.01).abs() < 1e-5, "{look}: {pair:?}");
            // Right and forward, metres per second.
            assert!((action[0] - 0.12).abs() < 1e-3 && (action[2] - 0.24).abs() < 1e-3);
        }
        let (rgb, mut inverse_depth) = frames(&mut reader, &episode, 0);
        // The wall comes nearer with the steps that were taken before the first frame.
        let walked = -record.poses[0][2];
        for value in inverse_depth.iter_mut().filter(|value| **value > 0.0) {
            *value = 1.0 / (1.0 / *value + walked);
        }
        check_picture(look, &rgb, &inverse_depth);
    }
}

#[test]
fn the_only_camera_is_recorded_with_what_the_game_says_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let done = Action { move_mps: Vec3::new(0.0, 0.0, 1.5), interact: true, ..Action::default() };
    let mut game = Game::new(folder.path(), RecordedAction(done));
    // The key does it, too.
    let press = |game: &mut Game| {
        KeyCode::F9.press(game.app.world_mut());
        game.step(1);
        KeyCode::F9.release(game.app.world_mut());
    };
    press(&mut game);
    game.step(6);
    game.control(RecorderControl::NextEpisode);
    game.app.world_mut().resource_mut::<RecorderSettings>().seed = 8;
    game.step(6);
    press(&mut game);
    let stopped = game.until("the end", |game| game.messages::<RecordingStopped>().pop());
    assert_eq!(stopped.episodes, 2, "{stopped:?}");
    let mut reader = DatasetReader::open(folder.path()).expect("whole");
    let seeds = [0, 1].map(|at| reader.episode(at).expect("there").record.meta.seed);
    assert_eq!(seeds, [7, 8]);
    let record = reader.episode(1).expect("there").record;
    assert!(record.actions.iter().all(|action| action[2] == 1.5 && action[5] == 1.0));

    // What is recorded later is added.
    game.start();
    game.step(6);
    game.stop();
    assert_eq!(DatasetReader::open(folder.path()).expect("whole").manifest().episodes, 3);
}

#[test]
fn what_cannot_be_recorded_is_told_and_the_game_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("occupied");
    fs::write(&file, "something else").expect("written");
    let mut game = Game::new(&file, RecordedCamera);
    game.control(RecorderControl::Start);
    let error = game.failure();
    assert!(error.contains("occupied"), "{error}");

    let strangers = folder.path().join("strangers");
    fs::create_dir(&strangers).expect("made");
    fs::write(strangers.join("diary.txt"), "private").expect("written");
    game.app.world_mut().resource_mut::<RecorderSettings>().folder = strangers;
    game.control(RecorderControl::Start);
    let error = game.failure();
    assert!(error.contains("strangers") && error.contains("diary.txt"), "{error}");

    let good = folder.path().join("good");
    {
        let mut settings = game.app.world_mut().resource_mut::<RecorderSettings>();
        (settings.folder, settings.frame_hz) = (good.clone(), f32::NAN);
    }
    game.control(RecorderControl::Start);
    assert!(game.failure().starts_with("frame_hz: NaN"));

    game.app.world_mut().resource_mut::<RecorderSettings>().frame_hz = HZ;
    game.app.world_mut().spawn((Camera3d::default(), Camera { order: 1, ..default() }));
    game.app.world_mut().entity_mut(game.camera).remove::<RecordedCamera>();
    game.control(RecorderControl::Start);
    assert!(game.failure().contains("several 3D cameras"));

    let flat = Projection::Orthographic(OrthographicProjection::default_3d());
    let view = game.app.world().get::<Projection>(game.camera).expect("there").clone();
    game.app.world_mut().entity_mut(game.camera).insert((RecordedCamera, flat));
    game.control(RecorderControl::Start);
    assert_eq!(game.failure(), "camera: is not a perspective one");

    // Nothing of all that is in the way of a good recording.
    game.app.world_mut().entity_mut(game.camera).insert(view);
    game.step(2);
    game.start();
    game.step(6);
    let stopped = game.stop();
    assert!(stopped.frames >= 5, "{stopped:?}");
    assert_eq!(game.status().frames, stopped.frames);
}

/// The body of the processes below: records into the folder that is named to it.
#[test]
#[ignore = "run by the tests below, in processes of their own"]
fn recording() {
    let Some(folder) = std::env::var_os(CHILD).map(PathBuf::from) else { return };
    let mut game = Game::new(&folder, RecordedCamera);
    game.app.world_mut().resource_mut::<RecorderSettings>().frames_per_episode =
        if folder.ends_with("full") { 80 } else { 10 };
    game.start();
    if folder.ends_with("full") {
        let error = game.failure();
        println!("told: {error}");
        let before = game.app.world().resource::<Time>().elapsed();
        game.step(5);
        assert!(game.app.world().resource::<Time>().elapsed() > before && !game.status().recording);
        return;
    }
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        game.step(1);
    }
}

fn child(folder: &Path, before: &str) -> Command {
    let mut command = Command::new("sh");
    let program = std::env::current_exe().expect("this program");
    command
        .args(["-c", &format!("{before} exec \"$@\""), "sh"])
        .arg(program)
        .args(["recording", "--exact", "--ignored", "--nocapture"])
        .env(CHILD, folder)
        .stdin(Stdio::null());
    command
}

#[cfg(unix)]
#[test]
fn a_game_that_dies_loses_the_episode_under_way_at_most() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut game = child(folder.path(), "").stdout(Stdio::null()).spawn().expect("started");
    let start = Instant::now();
    let finished = || {
        fs::read_dir(folder.path())
            .map(|files| {
                files
                    .filter_map(Result::ok)
                    .filter(|f| f.path().extension().is_some_and(|e| e == "rvd"))
                    .count()
            })
            .unwrap_or(0)
    };
    while finished() < 3 {
        assert!(start.elapsed() < PATIENCE, "nothing was recorded");
        std::thread::sleep(Duration::from_millis(20));
    }
    game.kill().expect("killed");
    game.wait().expect("gone");
    let mut reader = DatasetReader::open(folder.path()).expect("whole");
    reader.verify().expect("whole");
    let episodes = reader.manifest().episodes;
    assert!(episodes >= 2 && !reader.manifest().complete);
    for number in 0..episodes {
        let episode = reader.episode(number).expect("there");
        assert!(episode.record.frames >= 2);
    }
    // And the next game goes on in the same folder.
    let mut game = Game::new(folder.path(), RecordedCamera);
    game.start();
    game.step(6);
    let stopped = game.stop();
    let reader = DatasetReader::open(folder.path()).expect("whole");
    assert!(reader.manifest().episodes >= episodes + stopped.episodes);
    assert!(reader.manifest().complete);
}

#[cfg(unix)]
#[test]
fn a_full_disk_ends_the_recording_and_not_the_game() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().join("full");
    // Files of 16 blocks at most: to a program the same as a disk without room.
    let output = child(&folder, "trap '' XFSZ; ulimit -f 16;").output().expect("run");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    let error = told.lines().find(|line| line.contains("told: ")).expect("a failure");
    assert!(error.contains("shard-0000") && error.contains("cannot be written"), "{error}");
}
