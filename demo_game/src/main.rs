//! A game that uses only what a user of `bevy_reverie` has: worlds and pictures to choose from and
//! walk into, a guide who shows one around, an object of Bevy's own standing in them, a panel and a menu.
//!
//! `demo_game` opens on the choice; `demo_game FOLDER` lists the folder's pictures there (otherwise
//! those of the player's pictures folder). `demo_game SEED` starts at once, in a picture, in a scene
//! as in `scene:city?seed=3&weather=rain&hour=21`, or in what a sentence describes, as in
//! `"prompt:a snowy valley at dusk"`. A picture dropped onto the window becomes the world.

mod choices;
mod chooser;
mod covers;
mod crates;
mod film;
mod guide;
mod menu;
mod object;
mod sentence;
mod weather;

use bevy::{asset::io::file::FileAssetReader, prelude::*, winit::WinitSettings};
use bevy_reverie::prelude::*;
use std::{env, ffi::OsString, path::PathBuf, process::ExitCode};

/// The shipped worlds, by name; the first is what is filmed when none is asked for.
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
        let extra = extra.display();
        eprintln!("demo_game takes one seed or folder at most; `{extra}` is one too many");
        return ExitCode::from(2);
    }
    let folder = seed.as_ref().map(PathBuf::from).filter(|path| path.is_dir());
    let seed = match seed.filter(|_| folder.is_none()).map(read_seed).transpose() {
        Ok(seed) => seed,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    match no_display() {
        Some(reason) => film::record(seed, &reason),
        None => play(seed, folder.or_else(pictures_folder)),
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

/// Where the player's own pictures usually are.
fn pictures_folder() -> Option<PathBuf> {
    let named = env::var_os("XDG_PICTURES_DIR").map(PathBuf::from);
    let home = env::var_os("HOME").or_else(|| env::var_os("USERPROFILE")).map(PathBuf::from);
    named.or_else(|| Some(home?.join("Pictures"))).filter(|folder| folder.is_dir())
}

fn play(seed: Option<WorldSeed>, folder: Option<PathBuf>) -> ExitCode {
    let window = Window {
        title: "Reverie: walk into a picture".to_owned(),
        resolution: (1280, 720).into(),
        ..default()
    };
    let exit = App::new()
        .add_plugins(DefaultPlugins.set(WindowPlugin { primary_window: Some(window), ..default() }))
        .add_plugins((
            ReveriePlugins,
            object::ObjectPlugin,
            crates::CratesPlugin,
            guide::GuidePlugin,
            menu::MenuPlugin,
            weather::WeatherPlugin,
            chooser::ChooserPlugin,
        ))
        // A world goes on while another window has the focus.
        .insert_resource(WinitSettings::continuous())
        .insert_resource(ClearColor(Color::BLACK))
        .insert_resource(chooser::Chooser::new(seed.is_none(), folder))
        .insert_resource(Start(seed))
        .add_systems(Startup, start)
        .run();
    match exit {
        AppExit::Success => ExitCode::SUCCESS,
        AppExit::Error(code) => ExitCode::from(code.get()),
    }
}

/// The folder of assets, as Bevy looks for it.
fn assets_folder() -> PathBuf {
    FileAssetReader::get_base_path().join("assets")
}

/// The seed on the command line.
#[derive(Resource)]
struct Start(Option<WorldSeed>);

/// The world's view and camera.
fn spawn_world(commands: &mut Commands, seed: Option<&WorldSeed>, assets: &AssetServer) -> Entity {
    // A sentence's first view is that of somebody who stands there.
    let walks = seed.is_some_and(|seed| seed.kind() == "prompt");
    let embodiment = if walks { Embodiment::Walker } else { Embodiment::Free };
    let camera = (embodiment, WorldCamera::default());
    match seed {
        Some(seed) => commands.spawn((WorldView::new(seed.clone()), camera)).id(),
        None => commands.spawn((FollowPreset(assets.load(WORLDS[0].1)), camera)).id(),
    }
}

/// The camera; the world comes with the choice.
fn start(mut commands: Commands, start: Res<Start>, assets: Res<AssetServer>) {
    match &start.0 {
        Some(seed) => {
            spawn_world(&mut commands, Some(seed), &assets);
        }
        None => {
            commands.spawn(WorldCamera::default());
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
