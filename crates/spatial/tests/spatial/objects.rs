//! Things that are placed: they stand in the picture, go without a trace, are solid, and survive
//! snapshots; whatever a game sends.

use crate::{WIDTH, YARD, camera, hash, scene::GROUND_M};
use glam::{Quat, Vec3};
use proptest::prelude::*;
use reverie_spatial::{
    Frame, Renderer, SpatialConfig, SpatialModel,
    objects::{MAX_OBJECTS, ObjectClass, Objects, Surroundings, shaders},
    reference,
};
use reverie_world_model::{
    Action, Embodiment, ImageSeed, Observation, Pose, Seed, SeedSource, SpatialQuery, WorldError,
    WorldEvent, WorldModel,
};
use std::path::PathBuf;

/// A yard to put things into, without painting of what was never seen.
fn model() -> SpatialModel {
    let assets = Some(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../assets"));
    let (width, height) = (camera().width, camera().height);
    let config =
        SpatialConfig { width, height, assets, painting: None, ..SpatialConfig::default() };
    let mut model = SpatialModel::new(config).expect("settings");
    let (rgb, depth) = YARD.clone();
    let image = ImageSeed { rgb, depth: Some(depth), intrinsics: Some(camera()) };
    let seed = Seed { embodiment: Embodiment::Walker, ..Seed::new(SeedSource::Image(image)) };
    model.begin(&seed).expect("the yard");
    model
}

/// Something on the ground, so far ahead and to the right.
fn place(id: u64, class: &str, right_m: f32, ahead_m: f32, size: Vec3) -> WorldEvent {
    WorldEvent::Place {
        id,
        class: class.to_owned(),
        position: Vec3::new(right_m, GROUND_M + 0.5 * size.y, -ahead_m),
        rotation: Quat::from_rotation_y(0.4),
        size,
        colour: [150, 110, 66],
    }
}

fn step(model: &mut SpatialModel) -> Observation {
    model.step(&Action::default()).expect("a tick")
}

fn walk(model: &mut SpatialModel, ticks: usize) -> Pose {
    let action = Action { move_mps: Vec3::new(0.0, 0.0, 1.5), ..Action::default() };
    for _ in 0..ticks {
        model.advance(&action).expect("a tick");
    }
    model.pose().expect("a world")
}

/// Pixels that differ clearly.
fn changed(a: &Observation, b: &Observation) -> usize {
    let pixels = a.rgb.data().chunks_exact(3).zip(b.rgb.data().chunks_exact(3));
    pixels.filter(|(a, b)| a.iter().zip(*b).any(|(a, b)| a.abs_diff(*b) > 6)).count()
}

#[test]
fn what_is_placed_is_painted_and_what_is_removed_leaves_no_trace() {
    let mut model = model();
    let before = step(&mut model);
    model.apply(&place(7, "crate", 0.0, 4.0, Vec3::splat(0.9))).expect("a crate");
    let box_only = model.objects().clone();
    assert!(!box_only.list()[0].painted);
    let with = step(&mut model);
    assert!(model.objects().list()[0].painted, "one tick paints one object");
    assert!(changed(&before, &with) > 1000, "{}", changed(&before, &with));
    let centre = (camera().width / 2, camera().height * 3 / 4);
    let depth_m =
        with.depth.as_ref().expect("depth").data()[(centre.1 * camera().width + centre.0) as usize];
    assert!((3.2..4.2).contains(&depth_m), "{depth_m}");
    model.apply(&WorldEvent::Remove { id: 7 }).expect("removed");
    assert!(step(&mut model).rgb == before.rgb, "it left something behind");
    assert!(model.objects().is_empty());
}

#[test]
fn a_thing_that_is_placed_again_moves_and_keeps_its_looks() {
    let mut model = model();
    model.apply(&place(1, "barrel", -0.6, 4.0, Vec3::new(0.6, 0.9, 0.6))).expect("a barrel");
    let left = step(&mut model);
    let looks = model.objects().list()[0].looks.clone();
    model.apply(&place(1, "barrel", 0.6, 4.0, Vec3::new(0.6, 0.9, 0.6))).expect("moved");
    assert_eq!(model.objects().list().len(), 1);
    assert!(std::sync::Arc::ptr_eq(&looks, &model.objects().list()[0].looks), "painted once");
    assert!(changed(&left, &step(&mut model)) > 500);
}

#[test]
fn both_renderers_draw_the_same_objects() {
    let mut model = model();
    for (id, class) in ObjectClass::all().enumerate() {
        let (row, column) = (id / 5, id % 5);
        let event = place(
            id as u64,
            class.name(),
            column as f32 * 1.3 - 2.6,
            4.0 + 1.6 * row as f32,
            Vec3::new(0.8, 1.0, 0.7),
        );
        model.apply(&event).expect("placed");
    }
    (0..ObjectClass::COUNT).for_each(|_| drop(step(&mut model)));
    assert!(model.objects().list().iter().all(|object| object.painted));
    let world = Surroundings { memory: model.memory().expect("a world"), objects: model.objects() };
    let pose = Pose::from_yaw_pitch_roll(Vec3::new(0.3, 0.2, -0.4), 0.1, -0.15, 0.02);
    let (mut fast, mut plain) = (Frame::new(), Frame::new());
    Renderer::new().render_with(&world, &pose, &camera(), &mut fast).expect("fast");
    reference::render_with(&world, &pose, &camera(), &mut plain).expect("reference");
    assert!(fast == plain, "the renderers differ");
}

#[test]
fn the_world_is_darker_where_a_thing_stands() {
    let mut model = model();
    let before = step(&mut model);
    model.apply(&place(1, "box", 0.0, 4.0, Vec3::splat(1.0))).expect("a box");
    let after = step(&mut model);
    // The ground right in front of the box, and far away from it.
    let sum = |observation: &Observation, row: u32, columns: std::ops::Range<u32>| -> u32 {
        columns.flat_map(|x| observation.rgb.pixel(x, row)).map(u32::from).sum()
    };
    let middle = WIDTH / 2;
    let depth = after.depth.as_ref().expect("depth");
    let foot = (0..camera().height)
        .rev()
        .find(|y| depth.data()[(y * WIDTH + middle) as usize] > 3.45)
        .expect("the box's foot");
    let near = |o: &Observation| sum(o, foot - 1, middle - 6..middle + 6);
    assert!(near(&after) * 100 < near(&before) * 93, "{} {}", near(&after), near(&before));
    let far = |o: &Observation| sum(o, camera().height - 2, 0..12);
    assert_eq!(far(&after), far(&before));
    let mut found = Vec::new();
    shaders(model.objects(), &Pose::IDENTITY, &mut found);
    assert_eq!(found.len(), 1);
    assert!(found[0].kept(Vec3::new(0.0, GROUND_M, -3.2)) < 1.0);
    assert_eq!(found[0].kept(Vec3::new(0.0, GROUND_M + 0.5, -4.0)), 1.0, "its own surface");
    assert_eq!(found[0].kept(Vec3::new(90.0, GROUND_M, -4.0)), 1.0);
}

#[test]
fn a_walker_stops_at_a_crate_and_stands_on_it() {
    let mut open = model();
    let far = walk(&mut open, 60);
    let mut blocked = model();
    blocked.apply(&place(1, "crate", 0.0, 2.5, Vec3::splat(1.2))).expect("a crate");
    let here = walk(&mut blocked, 60);
    assert!(far.position.z < -2.6, "{far:?}");
    assert!(here.position.z > -2.0, "{here:?}");
    let around =
        Surroundings { memory: blocked.memory().expect("a world"), objects: blocked.objects() };
    let top = around.ground_height(Vec3::new(0.0, 2.0, -2.5)).expect("ground");
    assert!((top - (GROUND_M + 1.2)).abs() < 1e-4, "{top}");
    assert!(!around.is_free(Vec3::new(0.0, GROUND_M + 0.6, -2.5), 0.1));
    // Under a tree's crown there is room.
    blocked.apply(&WorldEvent::Remove { id: 1 }).expect("removed");
    blocked.apply(&place(2, "tree", 0.0, 2.5, Vec3::splat(4.0))).expect("a tree");
    let around =
        Surroundings { memory: blocked.memory().expect("a world"), objects: blocked.objects() };
    assert!(around.is_free(Vec3::new(1.2, GROUND_M + 1.5, -2.5), 0.1));
}

#[test]
fn snapshots_bring_objects_back_bit_by_bit() {
    let mut model = model();
    model.apply(&place(3, "house", 1.0, 9.0, Vec3::new(4.0, 3.5, 3.0))).expect("a house");
    step(&mut model);
    // One that waits to be painted.
    model.apply(&place(9, "tree", -1.5, 6.0, Vec3::new(1.5, 2.5, 1.5))).expect("a tree");
    let saved = model.save().expect("a state");
    let run = |model: &mut SpatialModel| -> Vec<[u8; 32]> {
        (0..30).map(|_| hash(step(model).rgb.data())).collect()
    };
    let first = run(&mut model);
    let mut other = self::model();
    other.restore(&saved).expect("restored");
    assert_eq!(other.objects().list().len(), 2);
    assert_eq!(other.save().expect("a state"), saved);
    assert_eq!(run(&mut other), first);
    let mut broken = saved;
    broken.state_base64.truncate(broken.state_base64.len() - 9);
    assert!(matches!(other.restore(&broken), Err(WorldError::InvalidSnapshot(_))));
}

#[test]
fn events_that_make_no_sense_change_nothing() {
    let mut model = model();
    let good = place(1, "crate", 0.0, 4.0, Vec3::ONE);
    model.apply(&good).expect("a crate");
    let before = model.objects().revision();
    let bad = |change: &dyn Fn(&mut Vec3, &mut Vec3, &mut Quat, &mut String)| {
        let mut event = good.clone();
        if let WorldEvent::Place { position, size, rotation, class, .. } = &mut event {
            change(position, size, rotation, class);
        }
        event
    };
    for (event, named) in [
        (bad(&|position, _, _, _| position.x = f32::NAN), "position"),
        (bad(&|_, size, _, _| size.y = f32::NAN), "size"),
        (bad(&|_, size, _, _| size.y = 1e9), "size"),
        (bad(&|_, size, _, _| size.z = 0.0), "size"),
        (bad(&|_, _, rotation, _| rotation.w = f32::INFINITY), "rotation"),
        (bad(&|_, _, _, class| *class = "spaceship".repeat(99)), "class"),
        (WorldEvent::Remove { id: 5 }, "id"),
    ] {
        let Err(WorldError::InvalidEvent { field, problem }) = model.apply(&event) else {
            panic!("{named} was taken");
        };
        assert_eq!(field, named);
        assert!(problem.len() < 300, "{problem}");
    }
    assert_eq!(model.objects().revision(), before);
}

#[test]
fn a_thousand_objects_are_enough() {
    let mut model = model();
    for id in 0..MAX_OBJECTS as u64 {
        let event = place(id, "box", (id % 32) as f32, 3.0 + (id / 32) as f32, Vec3::splat(0.5));
        model.apply(&event).expect("room");
    }
    let one_more = model.apply(&place(5000, "box", 0.0, 2.0, Vec3::ONE)).expect_err("full");
    assert!(one_more.to_string().contains("1024 objects"), "{one_more}");
    // Those that are there may still move, and go.
    model.apply(&place(3, "box", 0.0, 2.0, Vec3::ONE)).expect("moved");
    model.apply(&WorldEvent::Remove { id: 3 }).expect("removed");
    model.apply(&place(5000, "box", 0.0, 2.0, Vec3::ONE)).expect("room again");
    step(&mut model);
}

#[test]
fn of_events_faster_than_painting_the_last_wins() {
    let mut model = model();
    for k in 0..60_u64 {
        let size = Vec3::splat(0.4 + 0.01 * k as f32);
        let class = if k % 2 == 0 { "crate" } else { "barrel" };
        model.apply(&place(1, class, 0.0, 4.0, size)).expect("placed");
        model.apply(&place(2, "ball", 1.0, 4.0, size)).expect("placed");
    }
    // Gone before its turn came.
    model.apply(&WorldEvent::Remove { id: 2 }).expect("removed");
    let last = step(&mut model);
    let list = model.objects().list();
    assert_eq!(list.len(), 1);
    assert_eq!((list[0].spec.class.name(), list[0].painted), ("barrel", true));
    let mut calm = self::model();
    calm.apply(&place(1, "barrel", 0.0, 4.0, Vec3::splat(0.4 + 0.59))).expect("placed");
    assert!(step(&mut calm).rgb == last.rgb, "the way there is seen");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Rays end on the box of what they meet, wherever it stands and however it is turned.
    #[test]
    fn rays_end_on_boxes(
        size in prop::array::uniform3(0.1_f32..6.0),
        turn in prop::array::uniform3(-3.0_f32..3.0),
        from in prop::array::uniform3(-12.0_f32..12.0),
        to in prop::array::uniform3(-0.4_f32..0.4),
    ) {
        let [x, y, z] = turn;
        let rotation = Quat::from_euler(glam::EulerRot::YXZ, x, y, z);
        let size = Vec3::from_array(size);
        let position = Vec3::new(0.0, 40.0, 0.0);
        let mut model = SOLID.lock().expect("no test failed");
        let colour = [90; 3];
        let class = "box".to_owned();
        let event = WorldEvent::Place { id: 1, class, position, rotation, size, colour };
        model.apply(&event).expect("placed");
        let objects: &Objects = model.objects();
        let around = Surroundings { memory: model.memory().expect("a world"), objects };
        let local = |point: Vec3| rotation.conjugate() * (point - position);
        let origin = position + Vec3::from_array(from);
        let target = position + rotation * (Vec3::from_array(to) * size);
        let outside = (local(origin).abs() - 0.5 * size).max_element() > 1e-3;
        prop_assume!(outside);
        let hit = around.ray_cast(origin, target - origin, 100.0).expect("aimed at its inside");
        let at = local(hit.position);
        prop_assert!((at.abs() - 0.5 * size).max_element().abs() < 1e-3, "{at} of {size}");
        prop_assert!(hit.normal.dot(target - origin) < 0.0);
        prop_assert!(!around.is_free(hit.position, 0.01));
        prop_assert!(around.is_free(hit.position + hit.normal * 0.2, 0.1));
    }
}

static SOLID: std::sync::LazyLock<std::sync::Mutex<SpatialModel>> =
    std::sync::LazyLock::new(|| std::sync::Mutex::new(model()));
