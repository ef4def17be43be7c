//! Weather, hour and season commanded by the game, on screen.

use super::{Game, SIZE, pixel, seed};
use bevy::prelude::*;
use bevy_reverie::{
    leafwing_input_manager::prelude::Buttonlike,
    prelude::*,
    spatial::{SpatialConfig, SpatialModel},
    world_model::{Seed, SeedSource, WorldModel},
};
use std::path::{Path, PathBuf};

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets")
}

fn config() -> SpatialConfig {
    let (width, height) = (SIZE.x, SIZE.y);
    let assets = Some(shipped());
    SpatialConfig { width, height, painting: None, assets, ..SpatialConfig::default() }
}

fn game() -> Game {
    let view = (WorldView::new(seed()).without_painting(), Embodiment::Free);
    let mut game = Game::new(view, None, |app| {
        app.world_mut().resource_mut::<WorldModels>().configure_spatial(config());
    });
    game.wait("a start", |game| game.status() == WorldStatus::Running);
    game
}

fn command(game: &mut Game, event: WorldEvent) {
    let entity = game.view;
    game.app.world_mut().trigger(ChangeWorld { entity, event });
}

const fn weather(weather: Weather) -> WorldEvent {
    WorldEvent::Weather { weather, strength: 1.0 }
}

/// Until nothing is on its way any more.
fn settle(game: &mut Game) {
    game.wait("the change", |game| game.get::<WorldConditions>().changing);
    game.wait("its end", |game| !game.get::<WorldConditions>().changing);
    game.step(8);
}

#[test]
fn fog_on_screen_is_the_fog_of_the_model() {
    let mut game = game();
    command(&mut game, weather(Weather::Fog));
    settle(&mut game);
    let shown = game.picture();

    let mut model = SpatialModel::new(config()).expect("works");
    model.begin(&Seed::new(SeedSource::Image(seed()))).expect("works");
    model.apply(&weather(Weather::Fog)).expect("a change");
    let seen = (0..150).map(|_| model.step(&default()).expect("works")).last().expect("ticks");
    let mut worst = 0;
    for (found, wanted) in shown.chunks_exact(4).zip(seen.rgb.data().chunks_exact(3)) {
        let off = (0..3).map(|c| found[c].abs_diff(wanted[c])).max().unwrap_or(0);
        worst = worst.max(off);
    }
    // The model's tables and the device round otherwise.
    assert!(worst <= 3, "off by {worst}");
    // A mesh far away is veiled as the world is, when nothing else lights it.
    game.app.world_mut().resource_mut::<WorldLightSettings>().on = false;
    let world = game.app.world_mut();
    let mesh = world.resource_mut::<Assets<Mesh>>().add(Rectangle::new(1.6, 1.6));
    let material = world.resource_mut::<Assets<StandardMaterial>>().add(StandardMaterial {
        base_color: Color::srgb_u8(250, 20, 20),
        unlit: true,
        ..default()
    });
    world.spawn((Mesh3d(mesh), MeshMaterial3d(material), Transform::from_xyz(1.2, 0.0, -3.9)));
    let veiled = pixel(&game.picture(), 150, SIZE.y / 2);
    assert!(veiled[0] > 230 && (40..90).contains(&veiled[1]), "{veiled:?}");
}

#[test]
fn snow_falls_before_what_is_far_and_behind_what_is_near() {
    let mut game = game();
    command(&mut game, weather(Weather::Snow));
    settle(&mut game);
    let (one, next) = (game.picture(), game.picture());
    let moved = one.chunks_exact(4).zip(next.chunks_exact(4)).filter(|(a, b)| a != b).count();
    assert!(moved > 20, "{moved} pixels changed");
    // A plate right before the eye hides all that falls.
    let world = game.app.world_mut();
    let mesh = world.resource_mut::<Assets<Mesh>>().add(Rectangle::new(2.0, 2.0));
    let material = world.resource_mut::<Assets<StandardMaterial>>().add(StandardMaterial {
        base_color: Color::srgb_u8(30, 40, 50),
        unlit: true,
        ..default()
    });
    world.spawn((Mesh3d(mesh), MeshMaterial3d(material), Transform::from_xyz(0.0, 0.0, -0.2)));
    let (one, next) = (game.picture(), game.picture());
    assert!(one == next, "something falls before the plate");
}

#[test]
fn changes_are_acknowledged_saved_and_replayed() {
    let mut game = game();
    command(&mut game, WorldEvent::TimeOfDay { hour: 23.0 });
    command(&mut game, weather(Weather::Rain));
    let mut told = Vec::new();
    game.wait("two answers", |game| {
        told.extend(game.messages::<WorldChanged>());
        told.len() >= 2
    });
    assert_eq!(told[0].event, WorldEvent::TimeOfDay { hour: 23.0 });
    assert_eq!((told[0].view, &told[1].event), (game.view, &weather(Weather::Rain)));
    KeyCode::KeyD.press(game.app.world_mut());
    settle(&mut game);
    KeyCode::KeyD.release(game.app.world_mut());
    command(&mut game, WorldEvent::Undo);
    game.step(30);
    let now = game.get::<WorldConditions>().now.expect("known");
    assert!(now.weather != Weather::Rain && (now.hour - 23.0).abs() < 1e-6, "{now:?}");

    let save = |game: &mut Game| {
        game.app.world_mut().get_mut::<WorldClock>(game.view).expect("a clock").paused = true;
        let entity = game.view;
        game.app.world_mut().trigger(SaveWorld { entity });
        let mut saved = Vec::new();
        game.wait("the state", |game| {
            saved.extend(game.messages::<WorldSaved>());
            !saved.is_empty()
        });
        saved.remove(0)
    };
    let saved = save(&mut game);
    let log = saved.log.clone().expect("a log");
    assert_eq!(log.events.len(), 3);
    // From text, as a game keeps it.
    let text = ron::to_string(log.as_ref()).expect("writes");
    let log: WorldLog = ron::from_str(&text).expect("reads");
    let mut other = self::game();
    let entity = other.view;
    other.app.world_mut().trigger(ReplayWorld { entity, log: std::sync::Arc::new(log) });
    let mut finished = Vec::new();
    other.wait("the end", |game| {
        finished.extend(game.messages::<ReplayFinished>());
        !finished.is_empty()
    });
    assert!(save(&mut other).snapshot == saved.snapshot, "the replay came to another state");
}

#[test]
fn a_sentence_changes_what_it_names_and_is_logged_as_that() {
    let mut game = game();
    let prompt = "make it snow at 7 pm".to_owned();
    command(&mut game, WorldEvent::Text { prompt: prompt.clone() });
    let mut told = Vec::new();
    game.wait("an answer", |game| {
        told.extend(game.messages::<WorldChanged>());
        !told.is_empty()
    });
    assert_eq!(told[0].event, WorldEvent::Text { prompt });
    game.wait("conditions", |game| game.get::<WorldConditions>().now.is_some());
    let now = game.get::<WorldConditions>().now.expect("known");
    assert_eq!((now.weather, now.hour), (Weather::Snow, 19.0));
    let entity = game.view;
    game.app.world_mut().trigger(SaveWorld { entity });
    let mut saved = Vec::new();
    game.wait("the state", |game| {
        saved.extend(game.messages::<WorldSaved>());
        !saved.is_empty()
    });
    let log = saved[0].log.as_ref().expect("a log");
    let kinds: Vec<&str> = log.events.iter().map(|(_, event)| event.kind()).collect();
    assert_eq!(kinds, ["weather", "time_of_day"]);
}

#[test]
fn refused_events_say_why_and_the_world_goes_on() {
    let mut game = game();
    let before = game.picture();
    command(&mut game, WorldEvent::TimeOfDay { hour: f32::NAN });
    command(&mut game, WorldEvent::Text { prompt: "a wooden chair".to_owned() });
    let mut failed = Vec::new();
    game.wait("two refusals", |game| {
        failed.extend(game.messages::<ModelFailed>());
        failed.len() >= 2
    });
    assert!(failed[0].error.contains("hour") && failed[0].still_running, "{failed:?}");
    assert!(
        failed[1].error.contains("prompt: names no weather") && failed[1].still_running,
        "{failed:?}"
    );
    assert!(game.picture() == before);
    assert_eq!(game.status(), WorldStatus::Running);
}
