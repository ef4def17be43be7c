//! Painting in time: nothing unfilled is ever shown, what stands in is replaced soon, worlds go on
//! and come back. With the shipped painter in lockstep, whose ticks are what a window takes.

use super::{at, config, psnr, render, scene, seed};
use glam::{Vec2, Vec3};
use reverie_spatial::{
    Frame, PaintTiming, SpatialConfig, SpatialModel,
    painter::{PaintError, Painted, Painter, Window, window_camera},
};
use reverie_world_model::{Action, Embodiment, Pose, RgbImage, Seed, WorldModel};
use std::sync::Arc;

const TICK_HZ: f32 = 24.0;

fn shipped() -> SpatialModel {
    let painting = Some(PaintTiming::default());
    let mut model = SpatialModel::new(SpatialConfig { painting, ..config() }).expect("good");
    model.begin(&free_seed()).expect("begins");
    model
}

fn free_seed() -> Seed {
    seed().with_embodiment(Embodiment::Free)
}

fn turn(rate_rps: f32) -> Action {
    Action { look_rps: Vec2::new(rate_rps, 0.0), ..Action::default() }
}

fn forward(speed_mps: f32) -> Action {
    Action { move_mps: Vec3::new(0.0, 0.0, speed_mps), ..Action::default() }
}

/// Pixels that nobody filled are black; the yard and what is filled from it are not.
fn assert_filled(frame: &Frame, when: &str) {
    let black = frame.rgba8().chunks_exact(4).filter(|p| p[..3] == [0, 0, 0]).count();
    assert_eq!(black, 0, "{when}: unfilled pixels");
    let finite = |w: &f32| w.is_finite() && *w >= 0.0;
    assert!(frame.inverse_depth().iter().all(finite), "{when}: depth");
}

#[test]
fn turning_around_right_after_the_start_shows_no_unfilled_pixel() {
    let mut model = shipped();
    let ticks = 2 * TICK_HZ as u32;
    for tick in 0..ticks {
        model.advance(&turn(std::f32::consts::TAU / 2.0)).expect("turns");
        let frame = model.look().expect("draws");
        assert_filled(frame, &format!("tick {tick}"));
    }
    let pose = model.pose().expect("begun");
    assert!(pose.forward().dot(Vec3::NEG_Z) > 0.99, "once around: {pose:?}");
    assert!(model.paint_status().expect("paints").windows >= 4);
}

#[test]
fn what_stands_in_is_painted_within_a_second_of_being_looked_at() {
    let mut model = shipped();
    // Quick turns to all sides; each time the player stops and looks.
    for stop in 0..4 {
        for _ in 0..6 {
            model.advance(&turn(std::f32::consts::FRAC_PI_2 * TICK_HZ / 6.0)).expect("turns");
        }
        let mut ticks = 0;
        while model.look().expect("draws").coverage() < 0.97 {
            model.advance(&Action::default()).expect("looks");
            ticks += 1;
            assert!(ticks <= TICK_HZ as u32, "stop {stop}: {:?}", model.paint_status());
        }
    }
}

#[test]
fn a_walk_there_and_back_shows_the_same_world() {
    let mut model = shipped();
    let camera = model.intrinsics().expect("begun");
    let mut seen = Vec::new();
    for tick in 0..48 {
        model.advance(&forward(4.0)).expect("walks");
        if tick % 24 == 23 {
            let frame = render(model.memory().expect("begun"), &model.pose().expect("p"), &camera);
            seen.push((model.pose().expect("begun"), frame));
        }
    }
    assert!(model.pose().expect("begun").position.length() > 7.0);
    for _ in 0..48 {
        model.advance(&forward(-4.0)).expect("walks back");
    }
    for (pose, then) in &seen {
        let now = render(model.memory().expect("begun"), pose, &camera);
        let picture = then.to_rgb().expect("drawn");
        // Painted windows overlap what they join by a pixel.
        let width = camera.width as usize;
        let inside = |at: usize| {
            let (x, y) = (at % width, at / width);
            (2..width - 2).contains(&x)
                && (2..camera.height as usize - 2).contains(&y)
                && (y - 2..=y + 2).all(|y| (x - 2..=x + 2).all(|x| then.is_known(y * width + x)))
        };
        let found = psnr(&now, &picture, inside);
        assert!(found >= 38.0, "{found:.1} dB at {pose:?}");
        assert!(now.coverage() >= then.coverage());
    }
}

/// An endless chequered plain under a plain sky, whatever is asked for and at once.
struct Plain;

impl Painter for Plain {
    fn paint(&mut self, window: &Window<'_>) -> Result<Painted, PaintError> {
        let camera = window_camera();
        let mut rgb = Vec::with_capacity(3 * camera.pixels());
        let mut inverse_depth = Vec::with_capacity(camera.pixels());
        for at in 0..camera.pixels() {
            let (x, y) = (at as u32 % camera.width, at as u32 / camera.width);
            let ray = camera.ray(x as f32 + 0.5, y as f32 + 0.5);
            let down = -(window.pose.rotation * ray).y;
            let inverse = (down / (window.pose.position.y - scene::GROUND_M)).max(0.0);
            let point = window.pose.position + window.pose.rotation * ray / inverse.max(1e-4);
            let odd = (point.x * 0.25).floor() as i64 + (point.z * 0.25).floor() as i64;
            let (sky, tile) = ([130, 170, 220], 90 + 60 * (odd & 1) as u8);
            rgb.extend(if inverse > 2e-3 { [tile, 110, 60] } else { sky });
            inverse_depth.push(if inverse > 2e-3 { inverse } else { 0.0 });
        }
        let rgb = RgbImage::new(camera.width, camera.height, rgb)
            .map_err(|e| PaintError::Painter(e.to_string()))?;
        Ok(Painted { rgb, inverse_depth })
    }
}

/// 240 m away from a photograph, with so many bytes to remember them.
fn far_walk(memory_budget_bytes: usize, mut each: impl FnMut(&SpatialModel)) -> SpatialModel {
    let config = SpatialConfig { memory_budget_bytes, ..config() };
    let mut model = SpatialModel::new(config)
        .expect("good")
        .with_painter(Arc::new(|| Ok(Box::new(Plain))), PaintTiming::default())
        .expect("a thread");
    // Away from the yard's wall.
    let start = Some(at(0.0, 0.0, 0.0, 0.0, 0.0));
    model.begin(&Seed { start, ..free_seed() }).expect("begins");
    for _ in 0..12 {
        model.advance(&turn(std::f32::consts::PI * TICK_HZ / 12.0)).expect("turns");
    }
    for _ in 0..(240.0 / 12.0 * TICK_HZ) as u32 {
        model.advance(&forward(12.0)).expect("walks");
        each(&model);
    }
    model
}

#[test]
fn a_world_goes_on_for_240_metres_within_its_memory() {
    let budget_bytes = 12 << 20;
    let mut windows = Vec::new();
    let model = far_walk(budget_bytes, |model| {
        assert!(model.memory().expect("begun").bytes() <= budget_bytes);
        windows.push(model.paint_status().expect("paints").windows);
    });
    let pose = model.pose().expect("begun");
    assert!(pose.position.length() > 235.0, "{pose:?}");
    let quarter = windows.len() / 4;
    for part in windows.chunks_exact(quarter) {
        assert!(part[quarter - 1] > part[0], "painting stopped: {windows:?}");
    }
    let camera = model.intrinsics().expect("begun");
    let frame = render(model.memory().expect("begun"), &pose, &camera);
    assert_filled(&frame, "at the end");
    assert!(frame.coverage() > 0.9, "{}", frame.coverage());
}

#[test]
fn the_oldest_far_detail_goes_first_and_what_is_in_view_stays() {
    let camera = config();
    let rich = far_walk(256 << 20, |_| {});
    let (memory, pose) = (rich.memory().expect("begun"), rich.pose().expect("begun"));
    let camera = rich.intrinsics().unwrap_or_else(|| {
        reverie_world_model::Intrinsics::from_horizontal_fov(camera.width, camera.height, 1.1)
    });
    let before = render(memory, &pose, &camera);
    let picture = before.to_rgb().expect("drawn");
    let photograph = Pose::IDENTITY;
    let there = render(memory, &photograph, &camera);
    for share in [0.8, 0.6, 0.4] {
        let mut poor = memory.clone();
        poor.set_budget_bytes((share * memory.bytes() as f64) as usize, &pose);
        assert!(poor.bytes() as f64 <= share * memory.bytes() as f64);
        let found = psnr(&render(&poor, &pose, &camera), &picture, |_| true);
        assert!(found > 45.0, "{share}: what is in view changed, {found:.1} dB");
        // The start, 240 m behind, pays.
        let was = there.to_rgb().expect("drawn");
        let far = psnr(&render(&poor, &photograph, &camera), &was, |_| true);
        assert!(far < found, "{share}: {far:.1} dB there, {found:.1} dB here");
    }
}

#[test]
fn a_live_world_on_one_core_is_replayed_on_all_of_them_bit_for_bit() {
    let walk = |tick: u32| Action {
        move_mps: Vec3::new(0.0, 0.0, 1.5),
        look_rps: Vec2::new(if tick < 24 { 1.5 } else { -0.5 }, 0.0),
        interact: false,
    };
    let begin = |timing: PaintTiming| {
        let config = SpatialConfig { painting: Some(timing), ..config() };
        let mut model = SpatialModel::new(config).expect("good");
        model.begin(&free_seed()).expect("begins");
        model
    };
    let mut live = begin(PaintTiming::WhenReady);
    let mut ticks = 0;
    while live.paint_status().expect("paints").windows < 3 {
        live.advance(&walk(ticks)).expect("walks");
        std::thread::sleep(std::time::Duration::from_millis(20));
        ticks += 1;
        assert!(ticks < 3000, "{:?}", live.paint_status());
    }
    let mut replay = begin(PaintTiming::Replay(live.paint_log().to_vec()));
    for tick in 0..ticks {
        replay.advance(&walk(tick)).expect("walks");
    }
    assert!(replay.save().expect("saved") == live.save().expect("saved"));
}
