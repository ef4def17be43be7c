//! Avatars that are told nothing new allocate nothing: counted by the global allocator, hence a binary of
//! its own. What Bevy allocates for a frame is told apart by counting frames without anybody.

use bevy::{app::TaskPoolPlugin, asset::AssetPlugin, prelude::*, time::TimeUpdateStrategy};
use bevy_reverie::prelude::*;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::{alloc::System, path::Path, time::Duration};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Allocations since the region began, those that only grew among them.
fn allocated(region: &Region<'_, System>) -> usize {
    let change = region.change();
    change.allocations + change.reallocations
}

/// So many frames at a time.
const FRAMES: usize = 120;

/// Allocations of a second's frames with so many people, once everything has its size. The least of
/// some: what else runs in the process is none of theirs.
fn allocations(people: u64) -> usize {
    let mut app = App::new();
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets");
    app.add_plugins((
        MinimalPlugins.set(TaskPoolPlugin::default()),
        AssetPlugin { file_path: assets.display().to_string(), ..default() },
        AvatarPlugin,
    ))
    .insert_resource(ReverieSettings { lockstep: true, ..default() })
    .insert_resource(TimeUpdateStrategy::ManualDuration(Duration::from_nanos(1_000_000_000 / 60)));
    app.finish();
    app.cleanup();
    let friend = app.world_mut().spawn(Transform::from_xyz(0.0, 1.6, -1.5)).id();
    for at in 0..people {
        // One body for all: what is counted is living, not being built.
        app.world_mut().spawn((
            Avatar::preset("mara").with_seed(at),
            Transform::from_xyz(at as f32, 0.0, 0.0),
            Posture::listening_to([friend]),
            Mood::of(Emotion::Happy, 0.5),
        ));
    }
    for _ in 0..8 * FRAMES {
        app.update();
    }
    let mut lives = app.world_mut().query::<&AvatarLife>();
    assert_eq!(lives.iter(app.world()).count() as u64, people);
    let count = || {
        let region = Region::new(ALLOCATOR);
        (0..FRAMES).for_each(|_| app.update());
        allocated(&region)
    };
    std::iter::repeat_with(count).take(4).min().unwrap_or(0)
}

#[test]
fn people_who_are_told_nothing_new_allocate_nothing() {
    let (nobody, some) = (allocations(0), allocations(5));
    // Bevy's own work differs by a few allocations from run to run.
    assert!(some < nobody + FRAMES / 4, "{nobody} without anybody, {some} with five people");
}
