//! Measures a world in a window of 1280x720 while the player walks and turns by himself: the three
//! figures of the panel, once a second, then their medians and how long frames took.
//!
//! `cargo run -p bevy_reverie --example window_speed [seconds] [painted|unpainted] [shot.png]`
//!
//! The world is a made-up hall with pillars, one point per pixel, so neither a picture nor a depth
//! network is needed; a lit sphere stands in it. Half of the seconds pass with the panel closed,
//! half with it open.

use bevy::{
    prelude::*,
    render::view::screenshot::{Screenshot, save_to_disk},
    window::PresentMode,
    winit::WinitSettings,
};
use bevy_reverie::{leafwing_input_manager::plugin::InputManagerSystem, prelude::*};
use std::{env, process::ExitCode};

const SIZE: (u32, u32) = (1280, 720);

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let secs = arguments.next().and_then(|text| text.parse::<f32>().ok()).unwrap_or(20.0);
    let painting = arguments.next().as_deref() != Some("unpainted");
    let shot = arguments.next();
    let hall = match hall() {
        Ok(hall) => hall,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let window = Window {
        resolution: SIZE.into(),
        title: "window_speed".into(),
        present_mode: PresentMode::AutoNoVsync,
        ..default()
    };
    App::new()
        .add_plugins(DefaultPlugins.set(WindowPlugin { primary_window: Some(window), ..default() }))
        .add_plugins(ReveriePlugins)
        .insert_resource(WinitSettings::continuous())
        .insert_resource(Run { secs, shot, ..default() })
        .add_systems(Startup, move |mut commands: Commands| {
            let view = WorldView { painting, ..WorldView::new(hall.clone()) };
            commands.spawn((view, Embodiment::Free, WorldCamera::default()));
        })
        .add_systems(Startup, place_object)
        .add_systems(PreUpdate, walk.in_set(InputManagerSystem::ManualControl))
        .add_systems(Update, measure)
        .run();
    ExitCode::SUCCESS
}

/// A lit object between the pillars, as the demo game has one.
fn place_object(
    mut commands: Commands,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<StandardMaterial>>,
) {
    commands.spawn((
        Mesh3d(meshes.add(Sphere::new(0.5))),
        MeshMaterial3d(materials.add(Color::srgb(0.8, 0.5, 0.2))),
        Transform::from_xyz(0.8, -0.6, -8.0),
    ));
    commands.spawn((
        DirectionalLight { shadow_maps_enabled: false, ..default() },
        Transform::from_xyz(-0.6, 1.0, 0.7).looking_at(Vec3::ZERO, Vec3::Y),
    ));
}

/// A hall 12 m deep with two rows of pillars.
fn hall() -> Result<ImageSeed, Box<dyn std::error::Error>> {
    let camera = Intrinsics::from_horizontal_fov(SIZE.0, SIZE.1, 1.2);
    let mut rgb = RgbImage::filled(SIZE.0, SIZE.1, [0; 3])?;
    let mut depth = Vec::with_capacity(camera.pixels());
    for at in 0..camera.pixels() {
        let (x, y) = (at as u32 % SIZE.0, at as u32 / SIZE.0);
        let ray = camera.ray(x as f32 + 0.5, y as f32 + 0.5);
        // Floor, ceiling, side walls, the end.
        let room_m = [1.6 / -ray.y, 2.2 / ray.y, 3.0 / ray.x.abs(), 12.0]
            .into_iter()
            .filter(|d| *d > 0.0)
            .fold(12.0_f32, f32::min);
        let pillar_m = (0..5).map(|row| 2.5 + 2.0 * row as f32).find(|d| {
            let across = (ray.x * d).abs() - 1.4;
            across.abs() < 0.18
        });
        let depth_m = pillar_m.map_or(room_m, |pillar_m| pillar_m.min(room_m));
        let point = ray * depth_m;
        let tile = (point * 2.0).floor();
        let even = (tile.x + tile.y + tile.z).rem_euclid(2.0) < 0.5;
        let light = (255.0 / (1.0 + 0.12 * depth_m)) * if even { 1.0 } else { 0.72 };
        let tint = if pillar_m == Some(depth_m) { [1.0, 0.8, 0.6] } else { [0.8, 0.86, 0.9] };
        let pixel = tint.map(|t: f32| (light * t) as u8);
        rgb.data_mut()[at * 3..at * 3 + 3].copy_from_slice(&pixel);
        depth.push(depth_m);
    }
    let depth = DepthImage::new(SIZE.0, SIZE.1, depth)?;
    Ok(ImageSeed { rgb, depth: Some(depth), intrinsics: Some(camera) })
}

#[derive(Resource, Default)]
struct Run {
    secs: f32,
    shot: Option<String>,
    ran_secs: f32,
    next_secs: f32,
    /// (panel open, figures).
    taken: Vec<(bool, WorldFigures)>,
    frames_ms: Vec<f32>,
}

/// Strolls and looks around for ever.
fn walk(time: Res<Time>, mut players: Query<&mut ActionState<WorldAction>>) {
    let t = time.elapsed_secs();
    for mut actions in &mut players {
        let go = Vec2::new(0.3 * (0.7 * t).sin(), 0.4 * (0.4 * t).sin());
        actions.set_axis_pair(&WorldAction::Move, go);
        actions.set_axis_pair(&WorldAction::Turn, Vec2::new(0.15 * (0.5 * t).cos(), 0.0));
    }
}

fn measure(
    mut commands: Commands,
    time: Res<Time>,
    mut run: ResMut<Run>,
    views: Query<(&WorldStatus, &WorldFigures, &WorldPainting)>,
    mut panel: ResMut<WorldPanel>,
    mut exit: MessageWriter<AppExit>,
) {
    let Ok((status, figures, painting)) = views.single() else { return };
    if *status != WorldStatus::Running {
        return;
    }
    run.ran_secs += time.delta_secs();
    if run.ran_secs > 3.0 {
        run.frames_ms.push(1e3 * time.delta_secs());
    }
    let closed = run.ran_secs < 0.5 * run.secs;
    if panel.open == closed {
        panel.open = !closed;
        // Figures reach two seconds back: the first ones belong to the other state.
        run.next_secs = run.ran_secs + 2.5;
    }
    run.next_secs = run.next_secs.max(3.0);
    if run.ran_secs < run.next_secs {
        return;
    }
    run.next_secs += 1.0;
    println!(
        "panel {}: model {:.1} fps, presented {:.1} fps, input to frame {:.0} ms, coverage {:.2}",
        if panel.open { "open" } else { "closed" },
        figures.model_fps,
        figures.presented_fps,
        figures.input_to_frame_ms,
        figures.coverage,
    );
    run.taken.push((panel.open, *figures));
    if let Some(path) = run.shot.take_if(|_| panel.open) {
        commands.spawn(Screenshot::primary_window()).observe(save_to_disk(path));
    }
    if run.ran_secs > run.secs {
        run.frames_ms.sort_unstable_by(f32::total_cmp);
        let at = |share: f32| {
            let last = run.frames_ms.len().saturating_sub(1) as f32;
            run.frames_ms.get((share * last) as usize).copied().unwrap_or(f32::NAN)
        };
        println!(
            "frames: p50 {:.0} ms, p99 {:.0} ms; {} windows painted",
            at(0.5),
            at(0.99),
            painting.windows
        );
        for open in [false, true] {
            let of = |pick: fn(&WorldFigures) -> f32| {
                let taken = run.taken.iter().filter(|(was_open, _)| *was_open == open);
                let mut values: Vec<f32> = taken.map(|(_, figures)| pick(figures)).collect();
                values.sort_unstable_by(f32::total_cmp);
                values.get(values.len() / 2).copied().unwrap_or(f32::NAN)
            };
            println!(
                "median, panel {}: model {:.1} fps, presented {:.1} fps, input to frame {:.0} ms",
                if open { "open" } else { "closed" },
                of(|figures| figures.model_fps),
                of(|figures| figures.presented_fps),
                of(|figures| figures.input_to_frame_ms),
            );
        }
        exit.write(AppExit::Success);
    }
}
