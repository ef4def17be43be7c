//! Painting beside the frames, with the shipped painter.

use super::{Game, SIZE, pixel, seed};
use bevy::prelude::*;
use bevy_reverie::{
    leafwing_input_manager::prelude::Buttonlike,
    prelude::*,
    spatial::{PaintTiming, SpatialConfig},
};
use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

/// A live game on the seed, with the shipped painter or with what lies in another assets folder.
fn painted(assets: Option<&Path>) -> Game {
    let view = (WorldView::new(seed()), Embodiment::Free);
    let mut game = Game::new(view, None, |app| {
        let assets = Some(assets.map_or_else(shipped, Path::to_path_buf));
        let painting = Some(PaintTiming::WhenReady);
        let config = SpatialConfig { assets, painting, ..SpatialConfig::default() };
        app.world_mut().resource_mut::<WorldModels>().configure_spatial(config);
        app.world_mut().resource_mut::<ReverieSettings>().lockstep = false;
    });
    game.wait("a start", |game| game.status() == WorldStatus::Running);
    game
}

fn shipped() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets")
}

/// The state of a world that stands still, and how it came about.
fn save(game: &mut Game) -> WorldSaved {
    game.app.world_mut().get_mut::<WorldClock>(game.view).expect("a clock").paused = true;
    let entity = game.view;
    game.app.world_mut().trigger(SaveWorld { entity });
    let mut saved = Vec::new();
    game.wait("the state", |game| {
        saved.extend(game.messages::<WorldSaved>());
        !saved.is_empty()
    });
    saved.remove(0)
}

#[test]
fn a_replay_of_a_live_painted_world_is_the_same_bit_for_bit() {
    let mut game = painted(None);
    // Walks and turns while windows come when they come.
    KeyCode::KeyW.press(game.app.world_mut());
    KeyCode::ArrowLeft.press(game.app.world_mut());
    game.wait("two windows", |game| game.get::<WorldPainting>().windows >= 2);
    KeyCode::KeyW.release(game.app.world_mut());
    game.wait("another", |game| game.get::<WorldPainting>().windows >= 3);
    KeyCode::ArrowLeft.release(game.app.world_mut());
    let painting = game.get::<WorldPainting>();
    assert!(painting.on && painting.error.is_none(), "{painting:?}");
    assert!(painting.window_ms > 0.0 && painting.steps > 0, "{painting:?}");

    let live = save(&mut game);
    let log = live.log.expect("a short game has a log");
    let entries = log.painting.as_ref().expect("it was painted");
    assert!(entries.iter().filter(|entry| entry.taken_tick.is_some()).count() >= 3);
    assert!(log.ticks.iter().any(|action| action.move_mps.z > 0.0));
    // Logs are kept in files.
    let text = ron::to_string(log.as_ref()).expect("written");
    let read: WorldLog = ron::from_str(&text).expect("read");
    assert!(read == *log);

    for _ in 0..2 {
        game.messages::<ReplayFinished>();
        let (entity, log) = (game.view, Arc::new(read.clone()));
        game.app.world_mut().trigger(ReplayWorld { entity, log });
        game.wait("the end", |game| !game.messages::<ReplayFinished>().is_empty());
        assert!(game.get::<WorldClock>().paused);
        let again = save(&mut game);
        assert!(again.snapshot == live.snapshot, "another world");
        // What is logged of a replay is what was replayed.
        assert!(again.log.expect("a log").ticks == read.ticks);
    }
    // And it can be played on from there.
    game.app.world_mut().get_mut::<WorldClock>(game.view).expect("a clock").paused = false;
    let before = game.get::<Transform>().translation;
    KeyCode::KeyD.press(game.app.world_mut());
    game.step(12);
    game.wait("a step aside", |game| game.get::<Transform>().translation.distance(before) > 0.1);
}

#[test]
fn painted_parts_are_marked_on_request() {
    let mut game = painted(None);
    // Half to the left the seed ends; what is there then was painted.
    KeyCode::ArrowLeft.press(game.app.world_mut());
    game.wait("a turn", |game| game.get::<Transform>().forward().x < -0.5);
    KeyCode::ArrowLeft.release(game.app.world_mut());
    let stopped = Instant::now();
    // The figures are of the last quarter of a second, and coverage is measured every sixth tick.
    let fresh = Duration::from_millis(600);
    game.wait("what stands in to be replaced", |game| {
        stopped.elapsed() > fresh && game.get::<WorldFigures>().coverage > 0.97
    });
    println!("painted at most {:.2} s after being looked at", stopped.elapsed().as_secs_f32());
    game.app.world_mut().get_mut::<WorldClock>(game.view).expect("a clock").paused = true;
    game.step(8);
    let plain = game.picture();
    game.app.world_mut().resource_mut::<ReverieSettings>().mark_painted = true;
    let marked = game.picture();
    game.app.world_mut().resource_mut::<ReverieSettings>().mark_painted = false;
    assert!(game.picture() == plain, "unmarked again");

    let middle = SIZE.y / 2;
    let (seen, imagined) = (SIZE.x - 8, 8);
    assert_eq!(pixel(&marked, seen, middle), pixel(&plain, seen, middle), "seen stays");
    let (was, is) = (pixel(&plain, imagined, middle), pixel(&marked, imagined, middle));
    let towards = |channel: usize| i32::from(is[channel]) - i32::from(was[channel]);
    assert!(towards(2) > 10 && towards(2) > towards(1) + 10, "{was:?} became {is:?}");
}

#[test]
fn a_world_goes_on_without_its_painter_and_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let models = folder.path().join("models");
    fs::create_dir(&models).expect("a folder");
    fs::copy(shipped().join("models/manifest.ron"), models.join("manifest.ron")).expect("copied");
    let weights = fs::read(shipped().join("models/painter_layout.safetensors")).expect("shipped");
    for (content, part) in [(None, "is missing"), (Some(&weights[..5000]), "has 5000 bytes")] {
        if let Some(content) = content {
            fs::write(models.join("painter_layout.safetensors"), content).expect("written");
        }
        let mut game = painted(Some(folder.path()));
        let mut told = Vec::new();
        game.wait("the warning", |game| {
            told.extend(game.messages::<PaintingFailed>());
            !told.is_empty()
        });
        let error = &told[0].error;
        assert!(error.contains("painter_layout.safetensors") && error.contains(part), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        let before = game.get::<WorldClock>().tick;
        game.wait("the panel's line", |game| game.get::<WorldPainting>().error.is_some());
        game.step(12);
        assert_eq!(game.status(), WorldStatus::Running);
        assert!(game.get::<WorldClock>().tick >= before + 6);
        assert_eq!(game.messages::<ModelFailed>(), []);
    }
}
