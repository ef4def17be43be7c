//! Painting around a player, with painters whose answers are known.

use super::{at, config, psnr, render, scene, seed};
use reverie_spatial::{
    PaintStatus, PaintTiming, SpatialModel,
    painter::{PaintError, Painted, Painter, PainterFactory, Window, window_camera},
};
use reverie_world_model::{Action, Pose, RgbImage, WorldModel};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

/// Paints what is really there.
struct Oracle;

impl Painter for Oracle {
    fn paint(&mut self, window: &Window<'_>) -> Result<Painted, PaintError> {
        let (rgb, depth) = scene::shoot(&window.pose, &window_camera());
        let inverse_depth = depth.data().iter().map(|metres| 1.0 / metres).collect();
        Ok(Painted { rgb, inverse_depth })
    }
}

/// Paints a wall of one colour, drawn from the window's seed, half a metre before the eye.
struct Wall;

impl Painter for Wall {
    fn paint(&mut self, window: &Window<'_>) -> Result<Painted, PaintError> {
        let camera = window_camera();
        let shade = (window.rng_seed % 200) as u8;
        let rgb = RgbImage::filled(camera.width, camera.height, [shade, 200, 40]);
        let rgb = rgb.map_err(|e| PaintError::Painter(e.to_string()))?;
        Ok(Painted { rgb, inverse_depth: vec![2.0; camera.pixels()] })
    }
}

fn factory<P: Painter + 'static>(make: impl Fn() -> P + Send + Sync + 'static) -> PainterFactory {
    Arc::new(move || Ok(Box::new(make())))
}

fn model(make: PainterFactory, timing: PaintTiming) -> SpatialModel {
    let model =
        SpatialModel::new(config()).expect("works").with_painter(make, timing).expect("works");
    begun(model)
}

fn begun(mut model: SpatialModel) -> SpatialModel {
    model.begin(&seed()).expect("works");
    model
}

fn status(model: &SpatialModel) -> &PaintStatus {
    model.paint_status().expect("works")
}

/// Stands still until all around is painted.
fn complete(model: &mut SpatialModel) {
    for _ in 0..200 {
        model.advance(&Action::default()).expect("works");
        if status(model).complete {
            return;
        }
    }
    panic!("still not complete: {:?}", status(model));
}

#[test]
fn all_around_is_painted_and_the_photograph_stays_as_it_is() {
    let mut model = model(factory(|| Oracle), PaintTiming::Lockstep { ticks: 1 });
    let camera = model.intrinsics().expect("works");
    let before = render(model.memory().expect("works"), &Pose::IDENTITY, &camera);
    complete(&mut model);
    let memory = model.memory().expect("works");
    // Overlapping windows cover a sphere with little waste.
    assert!((6..=24).contains(&status(&model).windows), "{:?}", status(&model));
    for k in 0..8 {
        let pose = at(0.0, 0.0, 0.0, k as f32 * 0.785, 0.4 * (k % 3) as f32 - 0.4);
        let frame = render(memory, &pose, &camera);
        assert!(frame.coverage() > 0.97, "{k}: {}", frame.coverage());
        let (truth, _) = scene::shoot(&pose, &camera);
        // Windows are coarser than the screen: what is asked for is the same place.
        let found = psnr(&frame, &truth, |_| true);
        assert!(found > 19.0, "{k}: {found:.1} dB");
    }
    let after = render(memory, &Pose::IDENTITY, &camera);
    let picture = before.to_rgb().expect("works");
    let found = psnr(&after, &picture, |at| before.is_known(at));
    assert!(found > 45.0, "the photograph changed: {found:.1} dB");
    let painted = memory.views().iter().filter(|view| view.painted()).count();
    assert_eq!(painted + 1, memory.views().len());
}

#[test]
fn nothing_is_painted_into_space_that_was_seen_to_be_empty() {
    let mut model = model(factory(|| Wall), PaintTiming::Lockstep { ticks: 1 });
    let camera = model.intrinsics().expect("works");
    let before = render(model.memory().expect("works"), &Pose::IDENTITY, &camera);
    // Half-way into the yard the wall would stand between the first place and what it saw.
    let forward = Action { move_mps: glam::Vec3::new(0.0, 0.0, 2.0), ..Action::default() };
    for tick in 0..96 {
        let action = if tick < 48 { forward } else { Action::default() };
        model.advance(&action).expect("works");
    }
    assert!(model.pose().expect("works").position.length() > 2.0);
    assert!(status(&model).windows > 3);
    let after = render(model.memory().expect("works"), &Pose::IDENTITY, &camera);
    let picture = before.to_rgb().expect("works");
    let inside = |at: usize| {
        let (x, y) = (at as u32 % camera.width, at as u32 / camera.width);
        before.is_known(at)
            && (4..camera.width - 4).contains(&x)
            && (4..camera.height - 4).contains(&y)
    };
    let found = psnr(&after, &picture, inside);
    assert!(found > 24.0, "a painted wall stands in the photograph: {found:.1} dB");
}

#[test]
fn lockstep_and_replay_give_the_same_bits_and_another_seed_another_world() {
    let walk = |model: &mut SpatialModel| {
        for tick in 0..40 {
            model.step(&super::walk(tick)).expect("works");
        }
        model.save().expect("works").state_base64
    };
    let lockstep = PaintTiming::Lockstep { ticks: 3 };
    let first = walk(&mut model(factory(|| Wall), lockstep.clone()));
    assert!(first == walk(&mut model(factory(|| Wall), lockstep.clone())));
    let mut other = SpatialModel::new(config()).expect("works");
    other = other.with_painter(factory(|| Wall), lockstep).expect("works");
    other.begin(&reverie_world_model::Seed { rng_seed: 7, ..seed() }).expect("works");
    assert!(first != walk(&mut other));
    // Live, the machine decides when; its log makes the same world again.
    let slow = factory(|| {
        std::thread::sleep(Duration::from_millis(20));
        Wall
    });
    let mut live = model(slow, PaintTiming::WhenReady);
    let bits = walk(&mut live);
    let log = live.paint_log().to_vec();
    assert!(!log.is_empty());
    let mut replay = model(factory(|| Wall), PaintTiming::Replay(log.clone()));
    let again = walk(&mut replay);
    assert_eq!(replay.paint_log(), log);
    let memory = |model: &SpatialModel| {
        let camera = model.intrinsics().expect("works");
        let frame = render(model.memory().expect("works"), &at(0.3, 0.0, 0.5, 1.2, 0.1), &camera);
        frame.rgba8().to_vec()
    };
    assert!(memory(&live) == memory(&replay));
    assert!(bits == again);
}

#[test]
fn a_world_saved_while_painting_goes_on_exactly() {
    let timing = PaintTiming::Lockstep { ticks: 4 };
    let mut first = model(factory(|| Wall), timing.clone());
    for tick in 0..10 {
        first.step(&super::walk(tick)).expect("works");
    }
    assert!(status(&first).busy);
    let snapshot = first.save().expect("works");
    let mut second = SpatialModel::new(config()).expect("works");
    second = second.with_painter(factory(|| Wall), timing).expect("works");
    second.restore(&snapshot).expect("works");
    for tick in 10..30 {
        let (a, b) = (first.step(&super::walk(tick)), second.step(&super::walk(tick)));
        assert!(a.expect("works") == b.expect("works"), "tick {tick}");
    }
    assert!(first.save().expect("works") == second.save().expect("works"));
}

#[test]
fn frames_go_on_when_the_painter_dies_and_it_is_started_again() {
    let lives = Arc::new(AtomicU32::new(0));
    struct Mortal(u32);
    impl Painter for Mortal {
        fn paint(&mut self, window: &Window<'_>) -> Result<Painted, PaintError> {
            assert!(self.0 > 0, "a painter's death");
            Oracle.paint(window)
        }
    }
    let count = Arc::clone(&lives);
    let make = factory(move || Mortal(count.fetch_add(1, Ordering::Relaxed)));
    let mut model = model(make, PaintTiming::Lockstep { ticks: 1 });
    let mut said = None;
    for tick in 0..20 {
        model.step(&super::walk(tick)).expect("works");
        said = said.or(status(&model).error.clone());
    }
    assert!(said.as_ref().is_some_and(|said| said.contains("a painter's death")), "{said:?}");
    assert_eq!(lives.load(Ordering::Relaxed), 2);
    assert!(status(&model).windows > 0 && status(&model).error.is_none());
}

#[test]
fn a_painter_that_cannot_be_made_or_paints_nonsense_is_given_up() {
    struct Nonsense(u32);
    impl Painter for Nonsense {
        fn paint(&mut self, window: &Window<'_>) -> Result<Painted, PaintError> {
            let mut painted = Oracle.paint(window)?;
            match self.0 {
                0 => painted.inverse_depth[77] = f32::NAN,
                1 => painted.inverse_depth.truncate(9),
                _ => return Err(PaintError::Painter("no colours left".to_owned())),
            }
            Ok(painted)
        }
    }
    let makers = [
        (factory(|| Nonsense(0)), "out of range"),
        (factory(|| Nonsense(1)), "9 depths"),
        (factory(|| Nonsense(2)), "no colours left"),
    ];
    for (make, part) in makers {
        let mut model = model(make, PaintTiming::Lockstep { ticks: 1 });
        let before = model.memory().expect("works").revision();
        for tick in 0..12 {
            model.step(&super::walk(tick)).expect("works");
        }
        let error = status(&model).error.clone().unwrap_or_default();
        assert!(error.contains(part), "{error}");
        assert_eq!(model.memory().expect("works").revision(), before);
    }
}

#[test]
fn live_frames_do_not_wait_for_the_painter() {
    let slow = factory(|| {
        std::thread::sleep(Duration::from_secs(2));
        Oracle
    });
    let mut model = model(slow, PaintTiming::WhenReady);
    let begun = Instant::now();
    for tick in 0..5 {
        model.advance(&super::walk(tick)).expect("works");
    }
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert!(status(&model).busy && status(&model).windows == 0);
    // Another world: the old window is not for it, and nobody waits for it either.
    model.begin(&seed()).expect("works");
    for tick in 0..5 {
        model.advance(&super::walk(tick)).expect("works");
    }
    assert!(begun.elapsed() < Duration::from_millis(1500));
    assert_eq!(model.memory().expect("works").views().len(), 1);
}

#[test]
fn without_its_painter_a_live_world_goes_on_and_one_in_lockstep_does_not_begin() {
    let tries = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&tries);
    let never: PainterFactory = Arc::new(move || {
        count.fetch_add(1, Ordering::Relaxed);
        Err(PaintError::Painter("no weights".to_owned()))
    });
    let mut live = model(Arc::clone(&never), PaintTiming::WhenReady);
    let deadline = Instant::now() + Duration::from_secs(20);
    while status(&live).error.is_none() && Instant::now() < deadline {
        live.step(&Action::default()).expect("frames go on");
    }
    let error = status(&live).error.clone().unwrap_or_default();
    assert_eq!(error, "painter: no weights");

    for timing in [PaintTiming::Lockstep { ticks: 2 }, PaintTiming::Replay(Vec::new())] {
        let mut strict = SpatialModel::new(config()).expect("works");
        strict = strict.with_painter(Arc::clone(&never), timing).expect("works");
        for _ in 0..2 {
            let before = tries.load(Ordering::Relaxed);
            let refused = strict.begin(&seed()).expect_err("no painter").to_string();
            assert_eq!(refused, "weights: painter: no weights");
            assert!(tries.load(Ordering::Relaxed) >= before.max(1));
        }
        assert!(strict.memory().is_none());
    }
}
