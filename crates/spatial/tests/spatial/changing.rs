//! Weather, hour and season of a world that is remembered.

use super::{config, seed, walk};
use reverie_spatial::{PaintTiming, SpatialConfig, SpatialModel};
use reverie_world_model::{
    Action, Conditions, Observation, Season, Weather, WorldError, WorldEvent, WorldModel,
};
use std::path::PathBuf;

const SNOW: WorldEvent = WorldEvent::Weather { weather: Weather::Snow, strength: 1.0 };
const RAIN: WorldEvent = WorldEvent::Weather { weather: Weather::Rain, strength: 1.0 };
const FOG: WorldEvent = WorldEvent::Weather { weather: Weather::Fog, strength: 1.0 };
const NIGHT: WorldEvent = WorldEvent::TimeOfDay { hour: 0.5 };

fn model() -> SpatialModel {
    began(config())
}

fn began(config: SpatialConfig) -> SpatialModel {
    let mut model = SpatialModel::new(config).expect("works");
    model.begin(&seed()).expect("works");
    model.tell_conditions(Conditions::new(Weather::Clear, 12.0)).expect("works");
    model
}

fn stand(model: &mut SpatialModel, ticks: usize) -> Observation {
    (0..ticks).map(|_| model.step(&Action::default()).expect("works")).last().expect("ticks")
}

/// Long enough for every change.
const SETTLED: usize = 110;

fn brightness(seen: &Observation) -> f64 {
    let bytes = seen.rgb.data();
    bytes.iter().map(|byte| f64::from(*byte)).sum::<f64>() / bytes.len() as f64
}

fn difference(a: &Observation, b: &Observation) -> f64 {
    let pairs = a.rgb.data().iter().zip(b.rgb.data());
    pairs.map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.rgb.data().len() as f64
}

#[test]
fn a_change_comes_smoothly_keeps_geometry_and_is_taken_back_exactly() {
    let mut model = model();
    let before = stand(&mut model, 2);
    model.apply(&NIGHT).expect("a change");
    let mut seen = vec![before.clone()];
    seen.extend((0..SETTLED).map(|_| model.step(&Action::default()).expect("works")));
    let night = seen.last().expect("ticks");
    assert!(brightness(night) < brightness(&before) - 25.0, "{}", brightness(night));
    let largest = seen.windows(2).map(|pair| difference(&pair[0], &pair[1])).fold(0.0, f64::max);
    let whole = difference(&before, night);
    assert!(largest < 0.15 * whole, "a jump of {largest} of {whole}");
    assert!(seen.iter().all(|one| one.depth == before.depth));
    assert_eq!(model.conditions().map(|now| now.hour), Some(0.5));
    model.apply(&WorldEvent::Undo).expect("undone");
    let after = stand(&mut model, SETTLED);
    assert!(
        after.rgb == before.rgb,
        "{} off, {:?} {:?}",
        difference(&after, &before),
        model.air(),
        model.repaint_status()
    );
    assert_eq!(model.conditions(), Some(Conditions::new(Weather::Clear, 12.0)));
    // Nothing is left to take back.
    model.apply(&WorldEvent::Undo).expect("nothing happens");
    assert!(stand(&mut model, 3).rgb == before.rgb);
}

#[test]
fn changes_are_taken_back_one_after_another() {
    let mut model = model();
    for event in [SNOW, NIGHT, WorldEvent::Season { season: Season::Winter }] {
        model.apply(&event).expect("a change");
    }
    let now = |model: &SpatialModel| model.conditions().expect("known");
    assert_eq!((now(&model).season, now(&model).hour), (Season::Winter, 0.5));
    model.apply(&WorldEvent::Undo).expect("undone");
    assert_eq!((now(&model).season, now(&model).hour), (Season::Summer, 0.5));
    model.apply(&WorldEvent::Undo).expect("undone");
    assert_eq!((now(&model).weather, now(&model).hour), (Weather::Snow, 12.0));
    model.apply(&WorldEvent::Undo).expect("undone");
    assert_eq!(now(&model), Conditions::new(Weather::Clear, 12.0));
}

#[test]
fn rain_falls_and_fog_hides_what_is_far() {
    let mut model = model();
    model.apply(&RAIN).expect("a change");
    stand(&mut model, SETTLED);
    let (one, next) = (stand(&mut model, 1), stand(&mut model, 1));
    assert!(difference(&one, &next) > 0.05);
    model.apply(&FOG).expect("a change");
    let foggy = stand(&mut model, SETTLED);
    assert_eq!(difference(&foggy, &stand(&mut model, 1)), 0.0);
    // What is far looks like the air, what is near does not.
    let depth = foggy.depth.as_ref().expect("depth");
    let air = model.air().colour.to_array().map(|c| 255.0 * c.powf(1.0 / 2.2));
    let off = |far: bool| {
        let picked = depth.data().iter().enumerate().filter(|(_, metres)| {
            if far { metres.is_finite() && **metres > 60.0 } else { **metres < 4.0 }
        });
        let offs: Vec<f32> = picked
            .map(|(at, _)| {
                let pixel = &foggy.rgb.data()[3 * at..3 * at + 3];
                pixel.iter().zip(air).map(|(c, air)| (f32::from(*c) - air).abs()).sum::<f32>()
            })
            .collect();
        offs.iter().sum::<f32>() / offs.len().max(1) as f32
    };
    assert!(off(true) * 2.0 < off(false), "{} far, {} near", off(true), off(false));
}

#[test]
fn a_world_on_its_way_is_saved_and_goes_on_the_same() {
    for ticks in [3, 40, SETTLED] {
        let mut model = model();
        model.apply(&SNOW).expect("a change");
        stand(&mut model, ticks);
        let saved = model.save().expect("saved");
        let mut other = SpatialModel::new(config()).expect("works");
        other.restore(&saved).expect("restored");
        assert_eq!(other.conditions(), model.conditions());
        for tick in 0..50 {
            let (a, b) = (model.step(&walk(tick)), other.step(&walk(tick)));
            assert!(a.expect("works") == b.expect("works"), "{ticks} and {tick}");
        }
        model.apply(&WorldEvent::Undo).expect("undone");
        other.apply(&WorldEvent::Undo).expect("undone");
        assert!(stand(&mut model, SETTLED) == stand(&mut other, SETTLED), "{ticks}");
    }
}

#[test]
fn a_live_world_is_made_again_from_its_log() {
    let live = SpatialConfig { repainting: PaintTiming::WhenReady, ..config() };
    let mut model = began(live);
    let script = |tick: usize| match tick {
        2 => Some(SNOW),
        5 => Some(NIGHT),
        60 => Some(WorldEvent::Undo),
        _ => None,
    };
    let run = |model: &mut SpatialModel, slow: bool| -> Vec<Observation> {
        (0..200)
            .map(|tick| {
                if let Some(event) = script(tick) {
                    model.apply(&event).expect("a change");
                }
                // The clock decides when it is ready, not the ticks.
                if slow {
                    std::thread::sleep(std::time::Duration::from_millis(8));
                }
                model.step(&walk(tick)).expect("works")
            })
            .collect()
    };
    let first = run(&mut model, true);
    let log = model.repaint_log().to_vec();
    assert!(log.iter().any(|entry| entry.taken_tick.is_some()), "{log:?}");
    let again = SpatialConfig { repainting: PaintTiming::Replay(log), ..config() };
    let second = run(&mut began(again), false);
    let differ = first.iter().zip(&second).position(|(a, b)| a != b);
    assert_eq!(differ, None);
}

#[test]
fn of_events_faster_than_painting_the_last_one_wins() {
    let mut model = model();
    for k in 0..200 {
        let hour = 0.12 * k as f32;
        model.apply(&WorldEvent::TimeOfDay { hour }).expect("a change");
        model.apply(if k % 2 == 0 { &RAIN } else { &FOG }).expect("a change");
        if k % 20 == 0 {
            stand(&mut model, 1);
        }
    }
    model.apply(&SNOW).expect("a change");
    model.apply(&WorldEvent::TimeOfDay { hour: 12.0 }).expect("a change");
    stand(&mut model, 3 * SETTLED);
    let status = model.repaint_status().expect("begun");
    assert!(!status.busy && !status.fading, "{status:?}");
    let mut other = began(config());
    other.apply(&SNOW).expect("a change");
    stand(&mut other, 3 * SETTLED);
    let shown = |model: &SpatialModel| -> Vec<u32> {
        let memory = model.shown().expect("begun");
        memory.tiles().flat_map(|tile| tile.levels()[0].rgba.to_vec()).collect()
    };
    assert!(shown(&model) == shown(&other));
}

#[test]
fn what_a_picture_shows_is_recognised_when_it_is_first_changed() {
    let mut model = SpatialModel::new(config()).expect("works");
    assert_eq!(model.apply(&SNOW), Err(WorldError::NotBegun));
    model.begin(&seed()).expect("works");
    assert_eq!(model.conditions(), None);
    model.apply(&SNOW).expect("a change");
    let now = model.conditions().expect("known");
    assert_eq!(now.weather, Weather::Snow);
    assert!((0.0..=24.0).contains(&now.hour));
    model.apply(&WorldEvent::Undo).expect("undone");
    assert!(now.hour == model.conditions().expect("known").hour);
}

#[test]
fn events_out_of_range_and_missing_weights_change_nothing() {
    let mut model = model();
    for (event, field) in [
        (WorldEvent::Weather { weather: Weather::Rain, strength: f32::NAN }, "strength"),
        (WorldEvent::TimeOfDay { hour: 24.5 }, "hour"),
        (WorldEvent::TimeOfDay { hour: f32::INFINITY }, "hour"),
    ] {
        let error = model.apply(&event).expect_err("out of range").to_string();
        assert!(error.contains(field), "{error}");
    }
    let before = stand(&mut model, 1);
    assert!(stand(&mut model, 40).rgb == before.rgb);

    let empty = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(empty.path().join("models")).expect("a folder");
    let manifest = "(models: [])";
    std::fs::write(empty.path().join("models/manifest.ron"), manifest).expect("written");
    let without = SpatialConfig { assets: Some(PathBuf::from(empty.path())), ..config() };
    let mut model = began(without);
    let before = stand(&mut model, 1);
    let error = model.apply(&SNOW).expect_err("no weights").to_string();
    assert!(error.contains("repaint"), "{error}");
    assert!(stand(&mut model, 40).rgb == before.rgb);
    assert_eq!(model.conditions(), Some(Conditions::new(Weather::Clear, 12.0)));
}
