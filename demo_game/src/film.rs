//! The same walk without a window: pictures in `demo-frames/`, and what is heard meanwhile.

use crate::{guide, object, spawn_world};
use bevy::{
    camera::RenderTarget,
    prelude::*,
    render::{
        render_resource::TextureFormat,
        view::screenshot::{Screenshot, save_to_disk},
    },
    time::TimeUpdateStrategy,
};
use bevy_reverie::{
    headless,
    leafwing_input_manager::plugin::InputManagerSystem,
    prelude::*,
    speech::{SpeechSink, SpeechTap},
};
use std::{
    fs,
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

const FOLDER: &str = "demo-frames";
const SIZE: (u32, u32) = (1280, 720);
const FRAMES_PER_SEC: u32 = 24;
const FRAMES: u32 = 96;
const SOUND: &str = "sound.wav";
const RATE_HZ: u32 = 48_000;
/// Longest wait for a start or for the last pictures.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the player does: for so many seconds, walk (right, forward) and turn (right, up), each -1 to
/// 1 of full deflection.
const WALK: [(f32, Vec2, Vec2); 5] = [
    (0.5, Vec2::ZERO, Vec2::ZERO),
    (1.0, Vec2::new(0.25, 0.5), Vec2::ZERO),
    (0.75, Vec2::new(-0.5, 0.2), Vec2::new(0.15, 0.0)),
    (1.0, Vec2::new(0.0, 0.4), Vec2::new(-0.2, 0.05)),
    (0.75, Vec2::new(0.3, -0.4), Vec2::new(0.1, -0.05)),
];

/// Renders the walk; says on stderr what it does and on failure why.
pub fn record(seed: Option<WorldSeed>, reason: &str) -> ExitCode {
    eprintln!("{reason}; the walk is rendered to {FOLDER}/ instead");
    match try_record(seed.as_ref()) {
        Ok(()) => {
            eprintln!("{FRAMES} frames and {SOUND} are in {FOLDER}/");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn try_record(seed: Option<&WorldSeed>) -> Result<(), String> {
    let folder = Path::new(FOLDER);
    fs::create_dir_all(folder).map_err(|error| format!("{FOLDER}: {error}"))?;
    let tap = SpeechTap::new(RATE_HZ);
    let mut app = app(&tap).map_err(|error| error.to_string())?;
    let (width, height) = SIZE;
    let target = Image::new_target_texture(width, height, TextureFormat::Rgba8UnormSrgb, None);
    let target = app.world_mut().resource_mut::<Assets<Image>>().add(target);
    let view = {
        let world = app.world_mut();
        let assets = world.resource::<AssetServer>().clone();
        let mut commands = world.commands();
        let view = spawn_world(&mut commands, seed, &assets);
        commands.entity(view).insert(RenderTarget::Image(target.clone().into()));
        world.flush();
        view
    };
    wait_for(&mut app, "the world", |app| match app.world().get::<WorldStatus>(view) {
        Some(WorldStatus::Running) => Ok(true),
        Some(WorldStatus::Failed(error)) => Err(error.clone()),
        _ => Ok(false),
    })?;
    // The object's mesh and the first picture reach the device within a few frames.
    (0..4).for_each(|_| app.update());
    app.world_mut().resource_mut::<Walk>().running = true;
    let mut files = Vec::new();
    let mut sound = Vec::new();
    let mut heard = [0.0; 2 * (RATE_HZ / FRAMES_PER_SEC) as usize];
    for frame in 0..FRAMES {
        let file = folder.join(format!("{frame:05}.png"));
        // A picture of an earlier run must not count as this one's.
        if file.exists() {
            fs::remove_file(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        }
        app.world_mut()
            .spawn(Screenshot::image(target.clone()))
            .observe(save_to_disk(file.clone()));
        tap.pull(app.world().resource::<Time>().elapsed(), &mut heard);
        sound.extend_from_slice(&heard);
        app.update();
        files.push(file);
    }
    write_sound(&folder.join(SOUND), &sound)?;
    app.world_mut().resource_mut::<Walk>().running = false;
    wait_for(&mut app, "the last pictures", |_| Ok(files.iter().all(|file| file.exists())))
}

/// Left and right in turn as a WAV file.
fn write_sound(path: &Path, samples: &[f32]) -> Result<(), String> {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: RATE_HZ,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let write = || -> Result<(), hound::Error> {
        let mut writer = hound::WavWriter::create(path, spec)?;
        for sample in samples {
            writer.write_sample((sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)).round() as i16)?;
        }
        writer.finalize()
    };
    write().map_err(|error| format!("{}: {error}", path.display()))
}

fn app(tap: &SpeechTap) -> Result<App, headless::NotReady> {
    let mut app = App::new();
    let step = Duration::from_secs(1) / FRAMES_PER_SEC;
    let speech = SpeechPlugin { sink: SpeechSink::Tap(tap.clone()) };
    app.add_plugins((
        headless::default_plugins(),
        ReveriePlugins.set(speech),
        object::ObjectPlugin,
        guide::GuidePlugin,
    ))
    .insert_resource(ReverieSettings { lockstep: true, ..default() })
    .insert_resource(TimeUpdateStrategy::ManualDuration(step))
    .init_resource::<Walk>()
    .add_systems(
        PreUpdate,
        walk.in_set(InputManagerSystem::ManualControl).before(ReverieSystems::Input),
    );
    headless::make_ready(&mut app, PATIENCE)?;
    Ok(app)
}

fn wait_for(
    app: &mut App,
    what: &str,
    mut done: impl FnMut(&App) -> Result<bool, String>,
) -> Result<(), String> {
    let deadline = Instant::now() + PATIENCE;
    while !done(app)? {
        if Instant::now() > deadline {
            return Err(format!("waited {} s in vain for {what}", PATIENCE.as_secs()));
        }
        app.update();
    }
    Ok(())
}

#[derive(Resource, Default)]
struct Walk {
    running: bool,
    secs: f32,
}

/// Plays [`WALK`] in the place of a player.
fn walk(
    time: Res<Time>,
    mut walk: ResMut<Walk>,
    mut players: Query<&mut ActionState<WorldAction>>,
) {
    let mut at_secs = walk.secs;
    let mut part = WALK.iter();
    let (go, turn) = loop {
        match part.next() {
            Some((secs, ..)) if at_secs >= *secs => at_secs -= secs,
            Some((_, go, turn)) if walk.running => break (*go, *turn),
            _ => break (Vec2::ZERO, Vec2::ZERO),
        }
    };
    if walk.running {
        walk.secs += time.delta_secs();
    }
    for mut actions in &mut players {
        actions.set_axis_pair(&WorldAction::Move, go);
        actions.set_axis_pair(&WorldAction::Turn, turn);
    }
}
