//! A game that uses only what a user of `bevy_reverie` has: one photograph to walk into, an object
//! of Bevy's own standing in it, a panel and a menu.
//!
//! `demo_game [SEED]`, a picture or a scene as in `scene:city?seed=3&weather=rain&hour=21`; another
//! picture dropped onto the window becomes the world.

mod film;
mod menu;
mod object;

use bevy::{prelude::*, winit::WinitSettings};
use bevy_reverie::prelude::*;
use std::{env, ffi::OsString, path::PathBuf, process::ExitCode};

/// The shipped worlds, by name; the first is shown when none is asked for.
const WORLDS: [(&str, &str); 6] = [
    ("garage", "presets/garage.world.ron"),
    ("mountain trail", "presets/trail.world.ron"),
    ("dandelions", "presets/meadow.world.ron"),
    ("mountain scene", "presets/mountain.world.ron"),
    ("city scene", "presets/city.world.ron"),
    ("warehouse scene", "presets/warehouse.world.ron"),
];

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let seed = arguments.next();
    if let Some(extra) = arguments.next() {
        eprintln!("demo_game takes one seed at most; `{}` is one too many", extra.display());
        return ExitCode::from(2);
    }
    let seed = match seed.map(read_seed).transpose() {
        Ok(seed) => seed,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    match no_display() {
        Some(reason) => film::record(seed, &reason),
        None => play(seed),
    }
}

/// A picture file or a seed address.
fn read_seed(argument: OsString) -> Result<WorldSeed, String> {
    let path = PathBuf::from(&argument);
    if path.is_file() {
        return Ok(path.into());
    }
    match argument.to_str().map(str::parse) {
        Some(Ok(SeedAddress::Image(_))) | None => {
            Err(format!("{}: there is no such file", path.display()))
        }
        Some(Ok(address)) => Ok(address.into()),
        Some(Err(problem)) => Err(format!("{}: {problem}", path.display())),
    }
}

fn play(seed: Option<WorldSeed>) -> ExitCode {
    let window = Window {
        title: "Reverie: walk into a picture".to_owned(),
        resolution: (1280, 720).into(),
        ..default()
    };
    let exit = App::new()
        .add_plugins(DefaultPlugins.set(WindowPlugin { primary_window: Some(window), ..default() }))
        .add_plugins((ReveriePlugins, object::ObjectPlugin, menu::MenuPlugin))
        // A world goes on while another window has the focus.
        .insert_resource(WinitSettings::continuous())
        .insert_resource(Start(seed))
        .add_systems(Startup, start)
        .add_systems(Update, take_dropped_picture)
        .run();
    match exit {
        AppExit::Success => ExitCode::SUCCESS,
        AppExit::Error(code) => ExitCode::from(code.get()),
    }
}

/// The seed on the command line.
#[derive(Resource)]
struct Start(Option<WorldSeed>);

/// The world's view and camera.
fn spawn_world(commands: &mut Commands, seed: Option<&WorldSeed>, assets: &AssetServer) -> Entity {
    let camera = (Embodiment::Free, WorldCamera::default());
    match seed {
        Some(seed) => commands.spawn((WorldView::new(seed.clone()), camera)).id(),
        None => commands.spawn((FollowPreset(assets.load(WORLDS[0].1)), camera)).id(),
    }
}

fn start(mut commands: Commands, start: Res<Start>, assets: Res<AssetServer>) {
    spawn_world(&mut commands, start.0.as_ref(), &assets);
}

fn take_dropped_picture(
    mut commands: Commands,
    mut drops: MessageReader<FileDragAndDrop>,
    mut views: Query<(Entity, &mut WorldView)>,
) {
    for dropped in drops.read() {
        let FileDragAndDrop::DroppedFile { path_buf, .. } = dropped else { continue };
        for (entity, mut view) in &mut views {
            view.seed = path_buf.clone().into();
            // The picture is the world now, not the preset.
            commands.entity(entity).remove::<FollowPreset>();
        }
    }
}

/// Why there can be no window, if there can be none.
#[cfg(target_os = "linux")]
fn no_display() -> Option<String> {
    use std::os::unix::net::UnixStream;
    let Some(display) = env::var("DISPLAY").ok().filter(|name| !name.is_empty()) else {
        return Some("there is no display: DISPLAY is not set".to_owned());
    };
    // `:N` or `:N.S` is a server on this machine, reached through its socket.
    let number = display.strip_prefix(':').map(|rest| rest.split('.').next().unwrap_or(rest))?;
    let socket = format!("/tmp/.X11-unix/X{number}");
    UnixStream::connect(&socket)
        .err()
        .map(|error| format!("there is no display: DISPLAY is {display}, {socket}: {error}"))
}

/// Why there can be no window, if there can be none.
#[cfg(not(target_os = "linux"))]
fn no_display() -> Option<String> {
    None
}
