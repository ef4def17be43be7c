//! Worlds from sentences, read by the embedded encoder: what was fetched changes nothing here.

use super::{Game, SIZE};
use bevy::prelude::*;
use bevy_reverie::{EncoderKind, leafwing_input_manager::prelude::Buttonlike, prelude::*};
use std::sync::Arc;

/// A view of a sentence that everybody reads alike.
fn view(sentence: &str, candidate: u32) -> (WorldView, Embodiment) {
    let candidate = Some(candidate);
    let encoder = Some(EncoderKind::Words);
    let seed = PromptSeed { candidate, encoder, ..PromptSeed::new(sentence) };
    let view = WorldView::new(seed).with_size(SIZE.x, SIZE.y);
    (view.without_painting(), Embodiment::Walker)
}

fn started(game: &mut Game) -> WorldStarted {
    let mut started = Vec::new();
    game.wait("a start", |game| {
        assert_eq!(game.messages::<ModelFailed>(), []);
        started.extend(game.messages::<WorldStarted>());
        !started.is_empty()
    });
    started.remove(0)
}

fn save(game: &mut Game) -> WorldSaved {
    game.app.world_mut().get_mut::<WorldClock>(game.view).expect("a clock").paused = true;
    game.step(3);
    let entity = game.view;
    game.app.world_mut().trigger(SaveWorld { entity });
    let mut saved = Vec::new();
    game.wait("the state", |game| {
        saved.extend(game.messages::<WorldSaved>());
        !saved.is_empty()
    });
    saved.remove(0)
}

fn restart(game: &mut Game, seed: PromptSeed) {
    let mut view = game.get::<WorldView>();
    view.seed = seed.into();
    game.app.world_mut().entity_mut(game.view).insert(view);
}

#[test]
fn a_sentence_becomes_a_world_and_a_replay_the_same_one() {
    for model in ["spatial", "simulator"] {
        let (view, embodiment) = view("a snowy valley at dusk", 1);
        let mut game = Game::new((view.with_model(model), embodiment), None, |_| {});
        let told = started(&mut game);
        assert_eq!(
            (told.seed.as_str(), told.model.as_str()),
            ("prompt:a snowy valley at dusk", model)
        );
        let reading = told.reading.expect("it was read");
        assert_eq!((reading.encoder, reading.candidate), (EncoderKind::Words, 1));
        assert!(reading.scene.starts_with("scene:mountain?"), "{reading:?}");
        assert!(reading.scene.contains("weather=snow") && reading.notes.is_empty(), "{reading:?}");
        KeyCode::KeyW.press(game.app.world_mut());
        game.step(16);
        KeyCode::KeyW.release(game.app.world_mut());
        let live = save(&mut game);
        let log = live.log.expect("a short game has a log");
        assert!(log.ticks.iter().any(|tick| tick.move_mps.z > 0.0));
        // Logs and states are kept in files.
        let text = ron::to_string(log.as_ref()).expect("written");
        let log: Arc<WorldLog> = Arc::new(ron::from_str(&text).expect("read"));
        let text = ron::to_string(&live.snapshot).expect("written");
        let snapshot = ron::from_str(&text).expect("read");

        let entity = game.view;
        game.app.world_mut().trigger(ReplayWorld { entity, log });
        game.wait("the end", |game| !game.messages::<ReplayFinished>().is_empty());
        assert!(save(&mut game).snapshot == live.snapshot, "{model}: another world");
        let seed = game.get::<WorldView>().seed.prompt().expect("a sentence");
        assert_eq!((seed.candidate, seed.encoder), (Some(1), Some(EncoderKind::Words)));

        game.app.world_mut().trigger(RestoreWorld { entity, snapshot: Arc::new(snapshot) });
        started(&mut game);
        let again = save(&mut game).snapshot;
        // Only a tick shows anything of the simulator.
        assert!(model == "simulator" || again == live.snapshot, "{model}: restored otherwise");
    }
}

#[test]
fn what_was_left_open_is_in_the_log() {
    let mut game = Game::new(view("a quiet street", 0), None, |_| {});
    let first = started(&mut game).reading.expect("read").scene;
    // Another candidate and other random numbers are other worlds.
    let seed =
        PromptSeed { encoder: Some(EncoderKind::Words), ..PromptSeed::new("a quiet street") };
    restart(&mut game, PromptSeed { candidate: Some(1), ..seed.clone() });
    let second = started(&mut game).reading.expect("read").scene;
    assert_ne!(first, second);
    restart(&mut game, seed);
    let best = started(&mut game).reading.expect("read");
    let LogStartSeed { candidate, encoder } = start_of(&save(&mut game));
    assert_eq!((candidate, encoder), (Some(best.candidate), Some(EncoderKind::Words)));
}

struct LogStartSeed {
    candidate: Option<u32>,
    encoder: Option<EncoderKind>,
}

fn start_of(saved: &WorldSaved) -> LogStartSeed {
    let start = &saved.log.as_ref().expect("a log").start;
    let bevy_reverie::LogStart::Seed { seed, .. } = start else { panic!("{start:?}") };
    let PromptSeed { candidate, encoder, .. } = seed.prompt().expect("a sentence");
    LogStartSeed { candidate, encoder }
}

#[test]
fn bad_sentences_fail_clearly_and_the_old_world_runs_on() {
    let mut game = Game::started();
    let good = game.picture();
    for (sentence, problem) in [
        ("", "the sentence is empty"),
        (" \t\n ", "the sentence is empty"),
        ("?! \u{1F32B} ...", "the sentence has no words"),
        (&"a forest ".repeat(1112), "the sentence has 10007 bytes, at most 4096 are accepted"),
    ] {
        restart(
            &mut game,
            PromptSeed { encoder: Some(EncoderKind::Words), ..PromptSeed::new(sentence) },
        );
        let mut told = Vec::new();
        game.wait("the refusal", |game| {
            told.extend(game.messages::<ModelFailed>());
            !told.is_empty()
        });
        assert_eq!(told[0].error, format!("prompt: {problem}"));
        assert!(told[0].still_running);
        assert_eq!(game.picture(), good);
    }
    KeyCode::KeyW.press(game.app.world_mut());
    game.step(12);
    assert!(game.get::<Transform>().translation.z < -0.3, "one can still walk in it");
}

#[test]
fn odd_sentences_become_some_world_with_a_note() {
    let mut game = Game::started();
    game.messages::<WorldStarted>();
    for (sentence, note) in [
        ("sunny storm at midnight noon", "seem to be asked for"),
        ("山の朝、霧", "only English is read"),
        ("снежная долина в сумерках", "only English is read"),
        ("an underwater cave", "there is no such place"),
    ] {
        restart(
            &mut game,
            PromptSeed {
                candidate: Some(0),
                encoder: Some(EncoderKind::Words),
                ..PromptSeed::new(sentence)
            },
        );
        let reading = started(&mut game).reading.expect("it was read");
        assert!(reading.notes.iter().any(|told| told.contains(note)), "{reading:?}");
        assert_eq!(game.status(), WorldStatus::Running);
    }
}
