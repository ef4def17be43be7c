//! The spatial memory, its renderers and the world model on it, from outside.

mod changing;
mod faults;
mod in_time;
mod light;
mod nearer;
mod objects;
mod painting;
#[path = "../scene/mod.rs"]
mod scene;

use glam::{Quat, Vec3};
use proptest::prelude::*;
use reverie_spatial::{
    Frame, Memory, Renderer, ScreenFromView, SpatialConfig, SpatialError, SpatialModel, cell,
    reference,
};
use reverie_world_model::{
    Action, DepthImage, Embodiment, ImageSeed, Intrinsics, Pose, RgbImage, Seed, SeedSource,
    SpatialQuery, WorldError, WorldEvent, WorldModel,
};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// Odd sizes on purpose: no multiple of tiles, lanes, blocks or bands.
const WIDTH: u32 = 331;
const HEIGHT: u32 = 203;

fn camera() -> Intrinsics {
    Intrinsics::from_horizontal_fov(WIDTH, HEIGHT, 1.1)
}

/// A hash of bytes.
fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn at(x: f32, y: f32, z: f32, yaw: f32, pitch: f32) -> Pose {
    Pose::from_yaw_pitch_roll(Vec3::new(x, y, z), yaw, pitch, 0.0)
}

/// The yard from the origin, shot once.
static YARD: LazyLock<(RgbImage, DepthImage)> =
    LazyLock::new(|| scene::shoot(&Pose::IDENTITY, &camera()));

fn yard() -> Memory {
    let mut memory = Memory::new();
    memory.insert(&YARD.0, &YARD.1, &Pose::IDENTITY, &camera()).expect("a good view");
    memory
}

fn render(memory: &Memory, pose: &Pose, camera: &Intrinsics) -> Frame {
    let mut frame = Frame::new();
    Renderer::new().render(memory, pose, camera, &mut frame).expect("a good camera");
    frame
}

/// PSNR in dB over the pixels that `known` names.
fn psnr(frame: &Frame, picture: &RgbImage, known: impl Fn(usize) -> bool) -> f64 {
    let (mut squares, mut count) = (0.0, 0.0);
    for (k, (a, b)) in frame.rgba8().chunks(4).zip(picture.data().chunks(3)).enumerate() {
        if known(k) {
            let square = |c: usize| (f64::from(a[c]) - f64::from(b[c])).powi(2);
            squares += square(0) + square(1) + square(2);
            count += 3.0;
        }
    }
    10.0 * (255.0_f64.powi(2) * count / squares.max(1e-9)).log10()
}

fn seed() -> Seed {
    Seed::new(SeedSource::Image(ImageSeed {
        rgb: YARD.0.clone(),
        depth: Some(YARD.1.clone()),
        intrinsics: Some(camera()),
    }))
}

fn config() -> SpatialConfig {
    let assets = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets");
    SpatialConfig {
        width: WIDTH,
        height: HEIGHT,
        painting: None,
        assets: Some(assets),
        ..SpatialConfig::default()
    }
}

fn walk(tick: usize) -> Action {
    let turn = (tick as f32 * 0.3).sin();
    Action {
        move_mps: Vec3::new(0.4 * turn, 0.0, 1.2),
        look_rps: glam::Vec2::new(0.8 * turn, 0.1),
        interact: false,
    }
}

#[test]
fn from_its_own_pose_a_view_is_its_photograph() {
    let frame = render(&yard(), &Pose::IDENTITY, &camera());
    assert_eq!(frame.coverage(), 1.0);
    assert_eq!(frame.to_rgb().expect("rendered"), YARD.0);
    // Depth too, but for the outlines' mixed pixels, which go with the foreground.
    let near = |(a, b): (&f32, &f32)| a == b || (a - b).abs() <= 1e-4 * b;
    let depth = frame.to_depth().expect("rendered");
    let same = depth.data().iter().zip(YARD.1.data()).filter(|pair| near(*pair)).count();
    assert!(same as f64 > 0.985 * depth.data().len() as f64, "{same} of {}", depth.data().len());
}

#[test]
fn the_fast_renderer_draws_the_reference() {
    let memory = yard();
    let mut renderer = Renderer::new();
    let (mut fast, mut plain) = (Frame::new(), Frame::new());
    let wide = Intrinsics { cx: 50.0, cy: 70.0, ..Intrinsics::from_horizontal_fov(250, 150, 2.0) };
    for (pose, camera) in [
        (Pose::IDENTITY, camera()),
        (at(0.4, 0.1, -0.3, 0.2, -0.1), camera()),
        (at(0.3, 0.0, -3.1, -0.1, 0.0), camera()),
        // Close to the ball and the pole: large cells, cells behind the camera.
        (at(-1.4, -0.8, -4.2, 0.0, 0.0), camera()),
        (at(1.1, 0.0, -3.4, 0.4, -0.6), camera()),
        // Far back: coarse levels.
        (at(1.0, 2.0, 25.0, 0.05, -0.1), camera()),
        (at(0.0, 0.0, 0.0, 1.2, 0.3), wide),
        (at(0.0, 0.0, -6.0, 3.1, 0.0), wide),
        // Upside down.
        (Pose { rotation: Quat::from_rotation_z(3.0), ..Pose::IDENTITY }, camera()),
    ] {
        renderer.render(&memory, &pose, &camera, &mut fast).expect("a good camera");
        reference::render(&memory, &pose, &camera, &mut plain).expect("a good camera");
        assert!(fast == plain, "differs at {pose:?}");
    }
}

#[test]
fn tiles_left_out_together_are_off_the_screen() {
    let memory = yard();
    let mut drawn = Vec::new();
    let mut left_out = 0;
    for k in 0..200 {
        let turn = k as f32 * 0.37;
        let pose = at(2.0 * turn.sin(), 0.4 * (1.7 * turn).cos(), -0.06 * k as f32, turn, 0.3);
        memory.visible(&pose, &camera(), &mut drawn);
        for (v, view) in memory.views().iter().enumerate() {
            let map = ScreenFromView::new(view.view(), &pose, &camera());
            for (t, tile) in view.tiles().iter().enumerate() {
                let Some(seen) = tile.visible(&map, WIDTH, HEIGHT) else { continue };
                let listed = drawn.iter().any(|d| (d.view, d.tile) == (v as u32, t as u32));
                // One that reaches behind the camera claims the whole screen and may be off it.
                let claims_all = seen.low == [0.0; 2] && seen.high == [WIDTH as f32, HEIGHT as f32];
                assert!(listed || claims_all, "tile {t} at {pose:?}");
                left_out += u32::from(!listed);
            }
        }
    }
    // It does leave out what a tile by itself cannot rule out.
    assert!(left_out > 0);
}

#[test]
fn a_known_picture_shows_up_where_the_camera_moves() {
    for (pose, least_db, least_coverage) in [
        (at(0.25, 0.0, 0.0, 0.0, 0.0), 30.0, 0.9),
        (at(0.0, 0.0, -1.5, 0.0, 0.0), 25.0, 0.9),
        (at(0.0, 0.1, 0.0, 0.1, 0.05), 26.0, 0.8),
    ] {
        let frame = render(&yard(), &pose, &camera());
        let (truth, depth) = scene::shoot(&pose, &camera());
        let close = |k: usize| {
            let (w, d) = (frame.inverse_depth()[k], depth.data()[k]);
            frame.is_known(k) && (w - 1.0 / d).abs() < 0.05 * w.max(1.0 / d).max(0.01)
        };
        let right = (0..truth.data().len() / 3).filter(|k| close(*k)).count();
        let known = (0..truth.data().len() / 3).filter(|k| frame.is_known(*k)).count();
        let db = psnr(&frame, &truth, |k| frame.is_known(k));
        println!(
            "{pose:?}: {db:.1} dB, coverage {:.3}, right {}",
            frame.coverage(),
            right as f64 / known as f64
        );
        assert!(db > least_db, "{db} dB at {pose:?}");
        assert!(frame.coverage() > least_coverage, "{} at {pose:?}", frame.coverage());
        // Occlusion: what is in front covers what is behind, to a pixel along the outlines.
        assert!(right as f64 > 0.96 * known as f64, "{right} of {known} at {pose:?}");
    }
}

#[test]
fn moving_closer_opens_no_cracks() {
    // One slanted plane: nothing can hide anything, so every hole would be a crack.
    let (camera, plane) = (camera(), |ray: Vec3| 4.0 / (1.0 + 0.5 * ray.x - 0.4 * ray.y));
    let depth = (0..camera.pixels())
        .map(|k| {
            plane(camera.ray((k as u32 % WIDTH) as f32 + 0.5, (k as u32 / WIDTH) as f32 + 0.5))
        })
        .collect();
    let depth = DepthImage::new(WIDTH, HEIGHT, depth).expect("size fits");
    let mut memory = Memory::new();
    memory.insert(&YARD.0, &depth, &Pose::IDENTITY, &camera).expect("a good view");
    assert!(
        memory.tiles().flat_map(|t| t.levels()).all(|l| l.cells.iter().all(|c| *c == cell::WHOLE))
    );
    for step in 1..12 {
        let pose = at(0.02 * step as f32, 0.0, -0.25 * step as f32, 0.02, 0.013 * step as f32);
        let narrow = Intrinsics::from_horizontal_fov(300, 170, 0.5);
        let frame = render(&memory, &pose, &narrow);
        assert_eq!(frame.coverage(), 1.0, "at step {step}");
    }
}

#[test]
fn edges_part_without_rubber_sheets() {
    let pose = at(0.8, 0.0, 0.0, 0.0, 0.0);
    let frame = render(&yard(), &pose, &camera());
    // No known pixel hangs in the air between the ball (at 4.3 to 5.7 m) and the wall (12 m) above
    // the ground.
    let stretched = (0..frame.inverse_depth().len())
        .filter(|k| {
            let (x, y) = (*k as u32 % WIDTH, *k as u32 / WIDTH);
            let w = frame.inverse_depth()[*k];
            let point = pose.world_from_view(camera().ray(x as f32 + 0.5, y as f32 + 0.5) / w);
            frame.is_known(*k)
                && (8.0..11.5).contains(&(1.0 / w))
                && point.y > scene::GROUND_M + 0.15
        })
        .count();
    assert_eq!(stretched, 0);
}

#[test]
fn the_thin_pole_does_not_vanish() {
    for pose in
        [at(0.4, 0.0, 0.5, 0.0, 0.0), at(-0.5, 0.0, 3.0, -0.05, 0.0), at(0.2, 0.0, -1.0, 0.0, 0.0)]
    {
        let frame = render(&yard(), &pose, &camera());
        // The row at eye height crosses it at 3.5 m from the origin.
        let distance = 3.5 + pose.position.z;
        let row = HEIGHT as usize / 2 - 20;
        let found = (0..WIDTH as usize).any(|x| {
            let k = row * WIDTH as usize + x;
            frame.is_known(k) && (frame.inverse_depth()[k] * distance - 1.0).abs() < 0.05
        });
        assert!(found, "no pole from {pose:?}");
    }
}

#[test]
fn holes_are_filled_from_behind_and_sky_stays_sky() {
    let pose = at(0.8, 0.0, 0.0, 0.0, 0.0);
    let frame = render(&yard(), &pose, &camera());
    assert!(frame.coverage() < 0.97);
    let (truth, depth) = scene::shoot(&pose, &camera());
    let (mut near, mut holes) = (0, 0);
    for k in 0..frame.inverse_depth().len() {
        if !frame.is_known(k) && depth.data()[k].is_finite() {
            holes += 1;
            // Twice as near as it really is: foreground smeared over.
            near += usize::from(frame.inverse_depth()[k] > 2.0 / depth.data()[k]);
        }
    }
    assert!(holes > 500 && near * 20 < holes, "{near} of {holes} holes took the foreground");
    let db = psnr(&frame, &truth, |k| !frame.is_known(k));
    assert!(db > 17.0, "holes differ from the truth by {db} dB");
    // Turned away: above is sky, at the bottom is ground.
    let frame = render(&yard(), &at(0.0, 0.0, 0.0, 1.5, 0.0), &camera());
    assert!(frame.coverage() < 0.2);
    let top = frame.rgba8()[4 * 40..][..3].to_vec();
    let bottom = frame.rgba8()[4 * (WIDTH as usize * (HEIGHT as usize - 2) + 40)..][..3].to_vec();
    assert!(top[2] > top[0] && top[2] > 120, "the sky is {top:?}");
    assert!(bottom[1] > bottom[2] && bottom[1] < 140, "the ground is {bottom:?}");
    assert!(frame.inverse_depth()[40] < 0.05);
}

#[test]
fn what_is_known_is_not_merged_again() {
    let mut memory = yard();
    let (tiles, bytes) = (memory.tiles().count(), memory.bytes());
    let again = memory.merge(&YARD.0, &YARD.1, &Pose::IDENTITY, &camera()).expect("a good view");
    assert!(again.new_pixels < again.pixels / 200, "{again:?}");
    // A view from a little ahead of the middle sees nothing new but what was hidden.
    let pose = at(0.0, 0.0, -0.4, 0.0, 0.0);
    let (rgb, depth) = scene::shoot(&pose, &camera());
    let inside = memory.merge(&rgb, &depth, &pose, &camera()).expect("a good view");
    assert!(inside.new_pixels < inside.pixels / 20, "{inside:?}");
    assert!(memory.bytes() < bytes + bytes / 4, "{} after {bytes}", memory.bytes());
    assert!(memory.tiles().count() < tiles * 2);
    // One that looks elsewhere adds just that.
    let pose = at(0.0, 0.0, 0.0, 0.7, 0.0);
    let (rgb, depth) = scene::shoot(&pose, &camera());
    let beside = memory.merge(&rgb, &depth, &pose, &camera()).expect("a good view");
    let share = beside.new_pixels as f64 / beside.pixels as f64;
    assert!((0.45..0.75).contains(&share), "{beside:?}");
    let frame = render(&memory, &pose, &camera());
    assert!(frame.coverage() > 0.999, "{}", frame.coverage());
    let db = psnr(&frame, &rgb, |_| true);
    assert!(db > 30.0, "{db} dB after merging");
}

#[test]
fn a_nearer_view_replaces_a_coarse_one() {
    let mut memory = yard();
    let pose = at(0.0, 0.3, -9.5, 0.0, 0.0);
    let (rgb, depth) = scene::shoot(&pose, &camera());
    let blurred = psnr(&render(&memory, &pose, &camera()), &rgb, |_| true);
    let report = memory.merge(&rgb, &depth, &pose, &camera()).expect("a good view");
    assert!(report.new_pixels * 10 > report.pixels * 9, "{report:?}");
    assert!(report.removed_vertices > 500, "{report:?}");
    let sharp = psnr(&render(&memory, &pose, &camera()), &rgb, |_| true);
    assert!(sharp > 31.0 && sharp > blurred + 8.0, "{blurred} dB before, {sharp} dB after");
    // From the start the wall still stands, without holes or a second, shimmering copy.
    let frame = render(&memory, &Pose::IDENTITY, &camera());
    let db = psnr(&frame, &YARD.0, |_| true);
    assert!(db > 27.0 && frame.coverage() > 0.995, "{db} dB, {}", frame.coverage());
}

#[test]
fn what_is_seen_through_goes() {
    let mut memory = Memory::new();
    let ghost = DepthImage::new(WIDTH, HEIGHT, vec![1.5; camera().pixels()]).expect("size fits");
    let pose = at(0.3, 0.0, 0.2, 0.05, 0.0);
    memory.insert(&YARD.0, &ghost, &pose, &camera()).expect("a good view");
    let report = memory.merge(&YARD.0, &YARD.1, &Pose::IDENTITY, &camera()).expect("a good view");
    assert!(report.removed_vertices > 40_000, "{report:?}");
    let frame = render(&memory, &Pose::IDENTITY, &camera());
    let ghosts = frame.inverse_depth().iter().filter(|w| (*w * 1.5 - 1.0).abs() < 0.2).count();
    // The picture's rim is not seen all around.
    assert!(ghosts < camera().pixels() / 50, "{ghosts} pixels");
}

#[test]
fn bad_views_are_refused_by_name() {
    let mut memory = yard();
    let before = memory.revision();
    let small = DepthImage::new(10, 10, vec![1.0; 100]).expect("size fits");
    let zero = DepthImage::new(WIDTH, HEIGHT, vec![0.0; camera().pixels()]).expect("size fits");
    let nan = Pose { position: Vec3::NAN, ..Pose::IDENTITY };
    let flat = Intrinsics { fx: 0.0, ..camera() };
    let mut attempt = |depth: &DepthImage, pose: &Pose, camera: &Intrinsics| {
        let inserted = memory.insert(&YARD.0, depth, pose, camera).expect_err("bad");
        let merged = memory.merge(&YARD.0, depth, pose, camera).expect_err("bad");
        assert_eq!(inserted, merged);
        inserted
    };
    let identity = Pose::IDENTITY;
    assert!(matches!(attempt(&small, &identity, &camera()), SpatialError::SizeMismatch { .. }));
    assert_eq!(attempt(&zero, &identity, &camera()), SpatialError::NoDepth);
    assert!(attempt(&YARD.1, &nan, &camera()).to_string().contains("position"));
    assert!(attempt(&YARD.1, &identity, &flat).to_string().contains("fx"));
    assert_eq!(memory.revision(), before);
}

#[test]
fn the_smallest_pictures_work() {
    for (width, height) in [(1, 1), (1, 7), (5, 1), (2, 2), (33, 32)] {
        let camera = Intrinsics::from_horizontal_fov(width, height, 0.9);
        let pixels = (width * height) as usize;
        let rgb = RgbImage::filled(width, height, [9, 99, 199]).expect("small");
        for depth_m in [2.0, f32::INFINITY] {
            let depth = DepthImage::new(width, height, vec![depth_m; pixels]).expect("size fits");
            let mut memory = Memory::new();
            memory.insert(&rgb, &depth, &Pose::IDENTITY, &camera).expect("a good view");
            let frame = render(&memory, &Pose::IDENTITY, &camera);
            assert_eq!((frame.coverage(), frame.to_rgb().expect("rendered")), (1.0, rgb.clone()));
            let again = memory.merge(&rgb, &depth, &Pose::IDENTITY, &camera).expect("a good view");
            assert_eq!(again.new_pixels, 0);
            render(&memory, &at(0.1, 0.1, -1.9, 0.1, 0.1), &camera);
        }
    }
    // Nothing known at all: the frame is one calm colour, and says so.
    let frame = render(&Memory::new(), &Pose::IDENTITY, &camera());
    assert_eq!(frame.coverage(), 0.0);
    assert!(frame.rgba8().chunks(4).all(|pixel| pixel == &frame.rgba8()[..4]));
}

#[test]
fn cameras_that_make_no_sense_leave_the_frame_alone() {
    let memory = yard();
    let mut frame = render(&memory, &Pose::IDENTITY, &camera());
    let before = frame.clone();
    let mut renderer = Renderer::new();
    let nowhere = Pose { position: Vec3::splat(f32::NAN), ..Pose::IDENTITY };
    assert!(renderer.render(&memory, &nowhere, &camera(), &mut frame).is_err());
    let huge = Intrinsics::from_horizontal_fov(20_000, 20_000, 1.0);
    let refused = renderer.render(&memory, &Pose::IDENTITY, &huge, &mut frame).expect_err("huge");
    assert!(refused.to_string().contains("20000x20000"), "{refused}");
    assert!(frame == before);
}

#[test]
fn the_budget_is_kept_and_what_is_near_stays_sharp() {
    let mut memory = yard();
    let full = memory.bytes();
    memory.set_budget_bytes(full, &Pose::IDENTITY);
    for k in 1..8 {
        let pose = at(0.0, 0.0, 0.0, 0.8 * k as f32, 0.0);
        let (rgb, depth) = scene::shoot(&pose, &camera());
        memory.merge(&rgb, &depth, &pose, &camera()).expect("a good view");
        assert!(memory.bytes() <= full, "{} of {full} after view {k}", memory.bytes());
    }
    // Everything is still there, if coarser: all around is covered.
    for k in 0..8 {
        let frame = render(&memory, &at(0.0, 0.0, 0.0, 0.8 * k as f32, 0.0), &camera());
        assert!(frame.coverage() > 0.97, "{} at view {k}", frame.coverage());
    }
    memory.set_budget_bytes(0, &Pose::IDENTITY);
    assert_eq!(memory.bytes(), 0);
    assert!(memory.is_empty());
}

#[test]
fn queries_know_the_yard() {
    let memory = yard();
    let wall = memory.ray_cast(Vec3::new(0.0, 0.5, 0.0), Vec3::NEG_Z, 50.0).expect("the wall");
    assert!((wall.distance_m - scene::WALL_M).abs() < 0.05, "{wall:?}");
    assert!(wall.normal.dot(Vec3::Z) > 0.98, "{wall:?}");
    assert!(wall.position.abs_diff_eq(Vec3::new(0.0, 0.5, -scene::WALL_M), 0.06), "{wall:?}");
    assert_eq!(memory.ray_cast(Vec3::new(0.0, 0.5, 0.0), Vec3::NEG_Z, 11.0), None);
    assert_eq!(memory.ray_cast(Vec3::ZERO, Vec3::Y, 1e6), None);
    assert_eq!(memory.ray_cast(Vec3::NAN, Vec3::Y, 1e6), None);
    assert_eq!(memory.ray_cast(Vec3::ZERO, Vec3::ZERO, 1e6), None);
    // From beside the ball, across the view.
    let ball = memory.ray_cast(Vec3::new(0.5, -0.9, -3.0), Vec3::new(-2.1, 0.0, -1.6), 9.0);
    let ball = ball.expect("the ball");
    assert!((ball.position.distance(Vec3::new(-1.6, -0.9, -5.0)) - 0.7).abs() < 0.05, "{ball:?}");
    for (x, z) in [(0.0, -5.0), (-0.3, -9.0), (-3.5, -6.5)] {
        let ground = memory.ground_height(Vec3::new(x, 0.0, z)).expect("known ground");
        assert!((ground - scene::GROUND_M).abs() < 0.03, "{ground} at {x}, {z}");
    }
    assert_eq!(memory.ground_height(Vec3::new(0.0, -2.0, -5.0)), None);
    assert_eq!(memory.ground_height(Vec3::new(0.0, 0.0, 5.0)), None);
    assert!(memory.is_free(Vec3::new(0.0, 0.0, -5.0), 0.5));
    assert!(!memory.is_free(Vec3::new(0.0, -1.4, -5.0), 0.5));
    assert!(!memory.is_free(Vec3::new(-1.6, -0.9, -4.2), 0.3));
    assert!(memory.is_free(Vec3::new(0.0, 0.0, 3.0), 1.0));
}

#[test]
fn a_walker_follows_the_ground_and_stops_at_the_wall() {
    let mut model = SpatialModel::new(config()).expect("a good configuration");
    model.begin(&seed().with_embodiment(Embodiment::Walker)).expect("a good seed");
    let ahead = Action { move_mps: Vec3::new(0.0, 0.0, 2.0), ..Action::default() };
    let mut last = Pose::IDENTITY;
    for _ in 0..24 * 8 {
        last = model.advance(&ahead).expect("a good action");
        assert!((last.position.y - (scene::GROUND_M + 1.6)).abs() < 0.15, "{last:?}");
    }
    let z = last.position.z;
    assert!((-scene::WALL_M..-scene::WALL_M + 0.6).contains(&z), "stopped at {z}");
}

#[test]
fn same_seed_and_inputs_give_the_same_bits_on_any_number_of_threads() {
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            let mut model = SpatialModel::new(config()).expect("a good configuration");
            let mut hash = Sha256::new();
            let mut take = |o: &reverie_world_model::Observation| {
                hash.update(o.rgb.data());
                let depth = o.depth.as_ref().expect("it has depth");
                depth.data().iter().for_each(|d| hash.update(d.to_le_bytes()));
            };
            take(&model.begin(&seed()).expect("a good seed"));
            for tick in 0..12 {
                take(&model.step(&walk(tick)).expect("a good action"));
            }
            hash.finalize()
        })
    };
    let first = run(2);
    assert_eq!(first, run(2));
    assert_eq!(first, run(1));
}

#[test]
fn a_restored_world_goes_on_exactly() {
    let mut model = SpatialModel::new(config()).expect("a good configuration");
    assert_eq!(model.save(), Err(WorldError::NotBegun));
    model.begin(&seed().with_embodiment(Embodiment::Drone)).expect("a good seed");
    for tick in 0..5 {
        model.step(&walk(tick)).expect("a good action");
    }
    let pose = at(0.0, 0.0, 0.0, 0.6, 0.0);
    let (rgb, depth) = scene::shoot(&pose, &camera());
    model.insert(&rgb, &depth, &pose, &camera()).expect("a good view");
    let snapshot = model.save().expect("begun");
    let mut other = SpatialModel::new(config()).expect("a good configuration");
    other.restore(&snapshot).expect("a good snapshot");
    assert_eq!(other.save().expect("begun"), snapshot);
    for tick in 5..10 {
        let (a, b) = (model.step(&walk(tick)), other.step(&walk(tick)));
        assert!(a.expect("a good action") == b.expect("a good action"), "tick {tick}");
    }
    let mut smaller = SpatialModel::new(SpatialConfig { width: 64, ..config() }).expect("good");
    let refused = smaller.restore(&snapshot).expect_err("another size").to_string();
    assert!(refused.contains("331x203") && refused.contains("64x203"), "{refused}");
}

#[test]
fn failing_calls_leave_the_world_alone() {
    let mut model = SpatialModel::new(config()).expect("a good configuration");
    assert!(matches!(model.step(&Action::default()), Err(WorldError::NotBegun)));
    model.begin(&seed()).expect("a good seed");
    model.step(&walk(1)).expect("a good action");
    let before = model.save().expect("begun");
    let nan = Action { move_mps: Vec3::NAN, ..Action::default() };
    assert!(matches!(model.step(&nan), Err(WorldError::InvalidAction { .. })));
    assert!(matches!(model.advance(&nan), Err(WorldError::InvalidAction { .. })));
    let text = WorldEvent::Text { prompt: "let it rain".to_owned() };
    assert!(matches!(model.apply(&text), Err(WorldError::Unsupported { .. })));
    let followed = ["weather", "time_of_day", "season", "undo", "place", "remove"];
    assert_eq!(model.spec().events, followed);
    let prompt = Seed::new(SeedSource::Prompt("a valley".to_owned()));
    assert!(matches!(model.begin(&prompt), Err(WorldError::Unsupported { .. })));
    let mut image =
        ImageSeed { rgb: YARD.0.clone(), depth: Some(YARD.1.clone()), intrinsics: None };
    image.intrinsics = Some(Intrinsics { width: 64, ..camera() });
    let refused = model.begin(&Seed::new(SeedSource::Image(image.clone()))).expect_err("size");
    assert!(refused.to_string().contains("intrinsics"), "{refused}");
    image.intrinsics = None;
    image.depth = Some(DepthImage::new(8, 8, vec![1.0; 64]).expect("size fits"));
    let refused = model.begin(&Seed::new(SeedSource::Image(image))).expect_err("size");
    assert!(refused.to_string().contains("depth is 8x8"), "{refused}");
    for (model_name, version) in [("other", 1), ("spatial", 99)] {
        let mut snapshot = before.clone();
        (snapshot.model, snapshot.version) = (model_name.to_owned(), version);
        assert!(matches!(model.restore(&snapshot), Err(WorldError::InvalidSnapshot(_))));
    }
    assert_eq!(model.save().expect("begun"), before);
}

#[test]
fn a_seed_is_seen_from_where_it_starts() {
    let start = at(3.0, 1.0, -2.0, 0.8, -0.2);
    let mut model = SpatialModel::new(config()).expect("a good configuration");
    let first = model.begin(&Seed { start: Some(start), ..seed() }).expect("a good seed");
    assert!(first.pose.position.abs_diff_eq(start.position, 1e-6));
    assert!(first.pose.rotation.dot(start.rotation).abs() > 0.999_999);
    assert_eq!(first.rgb, YARD.0);
    assert_eq!((first.tick, first.coverage), (0, 1.0));
    // Without a known camera, of another shape, and larger than is kept: it fills the frame.
    let large = RgbImage::filled(2000, 1400, [90, 120, 30]).expect("small enough");
    let depth = DepthImage::new(2000, 1400, vec![3.0; 2_800_000]).expect("size fits");
    let image = ImageSeed { rgb: large, depth: Some(depth), intrinsics: None };
    let first = model.begin(&Seed::new(SeedSource::Image(image))).expect("a good seed");
    assert_eq!(first.coverage, 1.0);
    assert!(first.rgb.data().chunks(3).all(|pixel| pixel == [90, 120, 30]));
    let kept: usize =
        model.memory().expect("begun").tiles().map(|t| t.levels()[0].rgba.len()).sum();
    assert!(kept < 1_600_000, "{kept} vertices");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_snapshots_are_refused(at in any::<prop::sample::Index>(), bit in 0..8_u32, cut in any::<bool>(), seal in any::<bool>()) {
        static SAVED: LazyLock<reverie_world_model::Snapshot> = LazyLock::new(|| {
            let small = Intrinsics::from_horizontal_fov(40, 24, 1.0);
            let (rgb, depth) = scene::shoot(&Pose::IDENTITY, &small);
            let image = ImageSeed { rgb, depth: Some(depth), intrinsics: Some(small) };
            let mut model = SpatialModel::new(config()).expect("good");
            model.begin(&Seed::new(SeedSource::Image(image))).expect("a good seed");
            model.save().expect("begun")
        });
        let mut snapshot = SAVED.clone();
        let bytes = &mut snapshot.state_base64;
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] ^= 1 << bit }
        if seal && bytes.len() > 32 {
            // With a checksum that fits, the content is up to the decoder: it must not panic, and
            // what it takes must be drawable.
            let hash = Sha256::digest(&bytes[32..]);
            bytes[..32].copy_from_slice(&hash);
        }
        let mut model = SpatialModel::new(config()).expect("good");
        match model.restore(&snapshot) {
            Ok(()) => {
                let _ = model.step(&walk(3));
                prop_assert!(seal);
            }
            Err(WorldError::InvalidSnapshot(_)) => prop_assert!(model.memory().is_none()),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}
