//! Proxies: entities that the world paints where they stand.

use super::{Game, SIZE, pixel, seed};
use bevy::prelude::*;
use bevy_reverie::{
    prelude::*,
    spatial::{SpatialConfig, objects::MAX_OBJECTS},
};
use std::path::Path;

/// A game on the seed that paints nothing but what is placed.
fn started() -> Game {
    let view = (WorldView::new(seed()).without_painting(), Embodiment::Free);
    let mut game = Game::new(view, None, |app| {
        let assets = Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets"));
        let config = SpatialConfig { assets, ..SpatialConfig::default() };
        app.world_mut().resource_mut::<WorldModels>().configure_spatial(config);
    });
    game.wait("a start", |game| game.status() == WorldStatus::Running);
    game
}

fn place(game: &mut Game, class: &str, at: Vec3) -> Entity {
    let proxy = WorldProxy::new(class, Vec3::splat(0.8), [150, 110, 66]);
    game.app.world_mut().spawn((proxy, Transform::from_translation(at))).id()
}

fn stands(game: &Game, proxy: Entity) -> WorldProxyStatus {
    game.app.world().get::<WorldProxyStatus>(proxy).expect("required").clone()
}

/// Pixels that differ clearly.
fn changed(a: &[u8], b: &[u8]) -> usize {
    a.chunks(4).zip(b.chunks(4)).filter(|(a, b)| (0..3).any(|k| a[k].abs_diff(b[k]) > 8)).count()
}

/// The saved state and log of a world that stands still.
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
fn a_proxy_is_painted_moves_with_its_entity_and_leaves_no_trace() {
    let mut game = started();
    let before = game.picture();
    let crate_ = place(&mut game, "crate", Vec3::new(0.0, 0.0, -2.5));
    game.wait("the painter", |game| stands(game, crate_) == WorldProxyStatus::Painted);
    let there = game.picture();
    assert!(changed(&before, &there) > 300, "{}", changed(&before, &there));
    assert_ne!(pixel(&before, SIZE.x / 2, SIZE.y / 2), pixel(&there, SIZE.x / 2, SIZE.y / 2));
    // It is solid to questions.
    let hit = game.app.world_mut().run_system_cached(|world: WorldQuery| {
        world.ray_cast(Vec3::ZERO, Vec3::NEG_Z, 10.0).expect("a crate").distance_m
    });
    assert!((hit.expect("runs") - 2.1).abs() < 0.01);

    // While the world stands still it moves with its entity all the same.
    game.app.world_mut().get_mut::<WorldClock>(game.view).expect("a clock").paused = true;
    game.step(2);
    game.app.world_mut().get_mut::<Transform>(crate_).expect("placed").translation.x = 1.2;
    let moved = game.picture();
    assert!(changed(&there, &moved) > 300);
    game.app.world_mut().get_mut::<Transform>(crate_).expect("placed").translation.x = 0.0;
    assert_eq!(game.picture(), there);
    game.app.world_mut().get_mut::<WorldClock>(game.view).expect("a clock").paused = false;

    game.app.world_mut().despawn(crate_);
    game.step(3);
    assert_eq!(game.picture(), before);
}

#[test]
fn states_and_logs_bring_proxies_back() {
    let mut game = started();
    let near = place(&mut game, "barrel", Vec3::new(-0.5, 0.0, -2.5));
    place(&mut game, "tree", Vec3::new(1.0, 0.2, -4.0));
    game.step(3);
    for k in 0..8 {
        let mut at = game.app.world_mut().get_mut::<Transform>(near).expect("placed");
        at.translation.x = -0.5 + 0.1 * k as f32;
        game.step(1);
    }
    let saved = save(&mut game);
    let log = saved.log.clone().expect("a log");
    // Every move is in it, at the rate of ticks.
    assert!(log.events.len() >= 9, "{}", log.events.len());
    let kept = game.picture();

    // The log in a game without any proxies makes the same world.
    let mut other = started();
    let entity = other.view;
    other.app.world_mut().trigger(ReplayWorld { entity, log });
    let mut finished = Vec::new();
    other.wait("the end", |game| {
        finished.extend(game.messages::<ReplayFinished>());
        !finished.is_empty()
    });
    let again = save(&mut other);
    let (mine, theirs) = (&again.snapshot.state_base64, &saved.snapshot.state_base64);
    let differs = mine.iter().zip(theirs).skip(32).position(|(a, b)| a != b);
    assert_eq!((mine.len(), differs), (theirs.len(), None));
    assert_eq!(other.picture(), kept);
}

#[test]
fn proxies_that_make_no_sense_are_refused_and_the_rest_lives_on() {
    let mut game = started();
    let good = place(&mut game, "crate", Vec3::new(0.0, 0.0, -2.5));
    let mut bad = Vec::new();
    for (class, size, at) in [
        ("crate", Vec3::new(f32::NAN, 1.0, 1.0), Vec3::ZERO),
        ("crate", Vec3::splat(1e9), Vec3::ZERO),
        ("crate", Vec3::ZERO, Vec3::ZERO),
        ("crate", Vec3::ONE, Vec3::new(0.0, f32::INFINITY, 0.0)),
    ] {
        let proxy = WorldProxy::new(class, size, [9; 3]);
        bad.push(game.app.world_mut().spawn((proxy, Transform::from_translation(at))).id());
    }
    game.wait("the painter", |game| stands(game, good) == WorldProxyStatus::Painted);
    for proxy in &bad {
        assert!(matches!(stands(&game, *proxy), WorldProxyStatus::Refused(_)), "{proxy}");
    }
    // What is put right is taken.
    let mut proxy = game.app.world_mut().get_mut::<WorldProxy>(bad[0]).expect("spawned");
    proxy.size = Vec3::splat(0.3);
    game.wait("the painter", |game| stands(game, bad[0]) == WorldProxyStatus::Painted);
    assert!(game.messages::<ModelFailed>().is_empty());
    // A class that nobody knows is the model's to refuse.
    place(&mut game, "spaceship", Vec3::ZERO);
    let mut failed = Vec::new();
    game.wait("a message", |game| {
        failed.extend(game.messages::<ModelFailed>());
        !failed.is_empty()
    });
    assert!(failed[0].still_running && failed[0].error.contains("spaceship"), "{failed:?}");
}

#[test]
fn one_that_goes_before_it_is_painted_and_thousands_at_once_do_no_harm() {
    let mut game = started();
    let before = game.picture();
    let first = place(&mut game, "house", Vec3::new(0.0, 0.0, -3.0));
    game.step(1);
    game.app.world_mut().despawn(first);
    let many: Vec<Entity> = (0..MAX_OBJECTS + 50)
        .map(|k| {
            let at = Vec3::new((k % 40) as f32 - 20.0, 30.0, -20.0 - (k / 40) as f32);
            place(&mut game, "box", at)
        })
        .collect();
    game.step(4);
    let refused = |game: &Game| {
        let is = |proxy: &&Entity| matches!(stands(game, **proxy), WorldProxyStatus::Refused(_));
        many.iter().filter(is).count()
    };
    assert_eq!(refused(&game), 50);
    assert!(game.messages::<ModelFailed>().is_empty());
    for proxy in &many {
        game.app.world_mut().despawn(*proxy);
    }
    game.step(4);
    assert_eq!(game.picture(), before);
}
