//! The GPU's way of drawing a memory against the CPU's, on whatever device is there (lavapipe on a
//! machine without a GPU). Only this test copies pictures back.

use bevy::{
    camera::{CameraPlugin, RenderTarget},
    core_pipeline::CorePipelinePlugin,
    log::LogPlugin,
    mesh::MeshPlugin,
    prelude::*,
    render::{
        RenderApp, RenderPlugin,
        extract_component::ExtractComponentPlugin,
        render_asset::RenderAssets,
        render_resource::{
            BufferDescriptor, BufferUsages, CachedPipelineState, CommandEncoderDescriptor,
            Extent3d, MapMode, PipelineCache, PipelineDescriptor, PollType, TexelCopyBufferInfo,
            TexelCopyBufferLayout, TextureFormat, TextureUsages, TextureView,
        },
        renderer::{RenderDevice, RenderQueue},
        settings::{WgpuFeatures, WgpuLimits, WgpuSettings},
        sync_world::RenderEntity,
        texture::GpuImage,
    },
    time::TimeUpdateStrategy,
    window::{ExitCondition, WindowPlugin},
};
use bevy_reverie::{
    PathChoice,
    gpu::{GpuPresentPlugin, GpuPresentStats, support},
    headless,
    leafwing_input_manager::prelude::Buttonlike,
    prelude::{
        Embodiment, ImageSeed, ReveriePlugins, ReverieSettings, WorldCamera, WorldStatus, WorldView,
    },
    present::{PresentPath, PresentedTextures, PresentedView},
};
use reverie_spatial::{
    Frame, Memory, Renderer, SpatialConfig, SpatialModel,
    objects::{ObjectClass, Objects, Surroundings},
};
use reverie_world_model::{
    Action, DepthImage, Intrinsics, Pose, RgbImage, Seed, SeedSource, WorldEvent, WorldModel as _,
};
use std::time::{Duration, Instant};

/// Nothing here takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

fn app(plugin: GpuPresentPlugin) -> App {
    app_with(plugin, WgpuSettings::default())
}

fn app_with(plugin: GpuPresentPlugin, settings: WgpuSettings) -> App {
    let mut app = App::new();
    app.add_plugins((
        MinimalPlugins,
        AssetPlugin::default(),
        WindowPlugin { primary_window: None, exit_condition: ExitCondition::DontExit, ..default() },
        RenderPlugin {
            render_creation: settings.into(),
            synchronous_pipeline_compilation: true,
            ..default()
        },
        ImagePlugin::default(),
        MeshPlugin,
        CameraPlugin,
        CorePipelinePlugin,
        ExtractComponentPlugin::<PresentedView>::default(),
        plugin,
    ));
    headless::make_ready(&mut app, PATIENCE).expect("the renderer starts");
    // Shaders reach the render world with the first frame.
    app.update();
    app.update();
    for pipeline in app.sub_app(RenderApp).world().resource::<PipelineCache>().pipelines() {
        let label = match &pipeline.descriptor {
            PipelineDescriptor::RenderPipelineDescriptor(own) => own.label.as_deref(),
            PipelineDescriptor::ComputePipelineDescriptor(own) => own.label.as_deref(),
        };
        if let CachedPipelineState::Err(error) = &pipeline.state
            && let Some(label) = label.filter(|label| label.starts_with("reverie"))
        {
            panic!("{label}: {error}");
        }
    }
    app
}

/// Copies a texture of four bytes per pixel out of the device.
fn read_back(world: &World, view: &TextureView, size: UVec2) -> Vec<[u8; 4]> {
    let (device, queue) = (world.resource::<RenderDevice>(), world.resource::<RenderQueue>());
    let row_bytes = (4 * size.x).next_multiple_of(256);
    let buffer = device.create_buffer(&BufferDescriptor {
        label: None,
        size: u64::from(row_bytes * size.y),
        usage: BufferUsages::MAP_READ | BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    let mut encoder = device.create_command_encoder(&CommandEncoderDescriptor::default());
    encoder.copy_texture_to_buffer(
        view.texture().as_image_copy(),
        TexelCopyBufferInfo {
            buffer: &buffer,
            layout: TexelCopyBufferLayout {
                offset: 0,
                bytes_per_row: Some(row_bytes),
                rows_per_image: None,
            },
        },
        Extent3d { width: size.x, height: size.y, depth_or_array_layers: 1 },
    );
    queue.submit([encoder.finish()]);
    buffer.slice(..).map_async(MapMode::Read, |result| result.expect("mapped"));
    device.poll(PollType::wait_indefinitely()).expect("the device answers");
    let mapped = buffer.slice(..).get_mapped_range();
    mapped
        .chunks_exact(row_bytes as usize)
        .flat_map(|row| row[..4 * size.x as usize].as_chunks::<4>().0)
        .copied()
        .collect()
}

/// A picture that the GPU made.
struct Picture {
    rgba: Vec<[u8; 4]>,
    inverse_depth: Vec<f32>,
}

fn picture(app: &App, camera: Entity) -> Picture {
    let entity = app.world().get::<RenderEntity>(camera).expect("synchronised").id();
    let world = app.sub_app(RenderApp).world();
    let textures = world.get::<PresentedTextures>(entity).expect("drawn");
    let rgba = read_back(world, &textures.colour, textures.size);
    let inverse_depth = read_back(world, &textures.inverse_depth, textures.size);
    Picture { rgba, inverse_depth: inverse_depth.into_iter().map(f32::from_le_bytes).collect() }
}

fn stats(app: &App) -> GpuPresentStats {
    *app.sub_app(RenderApp).world().resource::<GpuPresentStats>()
}

/// How two pictures of one memory compare.
#[derive(Debug)]
struct Agreement {
    psnr_db: f64,
    /// Share of pixels that both call known or both call filled.
    same_known: f64,
    /// Share of pixels whose inverse depths differ by less than 1 % where known and 20 % where
    /// filled: one pixel at an edge can tip what fills a whole block.
    same_depth: f64,
    /// Share of pixels that the CPU calls known.
    coverage: f64,
}

fn compare(app: &App, camera: Entity) -> Agreement {
    let view = app.world().get::<PresentedView>(camera).expect("a view");
    let world = Surroundings { memory: &view.memory, objects: &view.objects };
    let mut frame = Frame::new();
    Renderer::new()
        .render_with(&world, &view.pose, &view.intrinsics, &mut frame)
        .expect("a valid camera");
    let gpu = picture(app, camera);
    let pixels = view.intrinsics.pixels();
    assert_eq!(gpu.rgba.len(), pixels);
    let (cpu_rgba, _) = frame.rgba8().as_chunks::<4>();
    let (mut squares, mut known, mut depth) = (0.0, 0, 0);
    for (at, (a, b)) in gpu.rgba.iter().zip(cpu_rgba).enumerate() {
        squares += (0..3).map(|k| (f64::from(a[k]) - f64::from(b[k])).powi(2)).sum::<f64>();
        known += usize::from((a[3] == 255) == (b[3] == 255));
        let slack = if b[3] == 255 { 0.01 } else { 0.2 };
        let (a, b) = (gpu.inverse_depth[at], frame.inverse_depth()[at]);
        depth += usize::from((a - b).abs() <= slack * a.max(b) + 1e-3);
    }
    let share = |count: usize| count as f64 / pixels as f64;
    Agreement {
        psnr_db: 10.0 * (255.0_f64.powi(2) * 3.0 * pixels as f64 / squares.max(1e-9)).log10(),
        same_known: share(known),
        same_depth: share(depth),
        coverage: f64::from(frame.coverage()),
    }
}

fn assert_agrees(app: &App, camera: Entity, what: &str) -> Agreement {
    let agreement = compare(app, camera);
    println!("{what}: {agreement:.4?}");
    assert!(agreement.psnr_db >= 35.0, "{what}: {agreement:?}");
    assert!(agreement.same_known >= 0.99, "{what}: {agreement:?}");
    assert!(agreement.same_depth >= 0.99, "{what}: {agreement:?}");
    agreement
}

/// A tiled yard with a wall and two blocks under a sky, seen by a pinhole camera.
fn shot(pose: &Pose, camera: &Intrinsics) -> (RgbImage, DepthImage) {
    let boxes = [
        (Vec3::new(-1.2, 0.0, -5.0), Vec3::new(-0.4, 1.3, -4.2), Vec3::new(200.0, 60.0, 40.0)),
        (Vec3::new(0.5, 0.0, -3.2), Vec3::new(0.9, 2.2, -2.9), Vec3::new(40.0, 90.0, 200.0)),
        (Vec3::new(-6.0, 0.0, -9.5), Vec3::new(2.5, 2.0, -9.0), Vec3::new(190.0, 180.0, 150.0)),
        (Vec3::new(-60.0, -0.5, -80.0), Vec3::new(60.0, 0.0, 60.0), Vec3::new(110.0, 140.0, 90.0)),
    ];
    let (mut rgb, mut depth) = (Vec::new(), Vec::new());
    for y in 0..camera.height {
        for x in 0..camera.width {
            let ray = pose.rotation * camera.ray(x as f32 + 0.5, y as f32 + 0.5);
            let mut nearest = f32::INFINITY;
            let mut colour = Vec3::new(120.0, 170.0, 230.0) + 60.0 * ray.normalize().y;
            for (low, high, paint) in boxes {
                let (a, b) = ((low - pose.position) / ray, (high - pose.position) / ray);
                let enter = a.min(b).max_element();
                let leave = a.max(b).min_element();
                if enter > 0.0 && enter <= leave && enter < nearest {
                    nearest = enter;
                    // Tiles with soft seams: a texture, but not one of single pixels.
                    let at = (pose.position + ray * enter) * 3.0;
                    let shade = 0.8 + 0.2 * (at.x.sin() + at.y.sin() + at.z.sin()) / 3.0;
                    colour = paint * shade;
                }
            }
            rgb.extend(colour.to_array().map(|c| c.clamp(0.0, 255.0) as u8));
            depth.push(nearest);
        }
    }
    let (width, height) = (camera.width, camera.height);
    (
        RgbImage::new(width, height, rgb).expect("a picture"),
        DepthImage::new(width, height, depth).expect("a depth"),
    )
}

fn eye(x: f32, y: f32, z: f32, yaw_deg: f32, pitch_deg: f32) -> Pose {
    Pose::from_yaw_pitch_roll(Vec3::new(x, y, z), yaw_deg.to_radians(), pitch_deg.to_radians(), 0.0)
}

fn camera(width: u32, height: u32) -> Intrinsics {
    Intrinsics::from_horizontal_fov(width, height, 70_f32.to_radians())
}

fn remember(memory: &mut Memory, pose: &Pose, camera: &Intrinsics) {
    let (rgb, depth) = shot(pose, camera);
    memory.insert(&rgb, &depth, pose, camera).expect("a view");
}

#[test]
fn pictures_agree_with_the_cpu() {
    let mut app = app(GpuPresentPlugin::default());
    let mut memory = Memory::new();
    let start = eye(0.0, 1.6, 0.0, 0.0, 0.0);
    remember(&mut memory, &start, &camera(160, 90));

    // All at once: any number of cameras share the tiles.
    let screen = camera(320, 180);
    let off_centre = Intrinsics { cx: 120.0, cy: 110.0, fy: 200.0, ..screen };
    let looks = [
        ("from where it was taken", start, camera(160, 90)),
        ("enlarged", start, screen),
        ("beside, behind what hid it", eye(0.5, 1.5, -0.3, 8.0, -5.0), screen),
        ("close up", eye(-0.7, 1.0, -3.3, 5.0, -10.0), screen),
        ("turned, most of it unknown", eye(0.0, 1.6, 0.0, 50.0, 12.0), screen),
        ("away from all that is known", eye(0.0, 1.6, 0.0, 180.0, 0.0), screen),
        ("from behind", eye(0.0, 3.0, -12.0, 180.0, -15.0), screen),
        ("rolled, another lens", Pose::from_yaw_pitch_roll(Vec3::Y, 0.1, 0.0, 0.4), off_centre),
        ("of an odd size", eye(0.2, 1.4, -0.5, -10.0, -3.0), camera(203, 77)),
        ("far away, coarse levels", eye(2.0, 9.0, 25.0, 3.0, -12.0), screen),
    ];
    let cameras = looks.map(|(what, pose, intrinsics)| {
        let view = PresentedView { memory: memory.clone(), objects: none(), pose, intrinsics };
        (what, app.world_mut().spawn(view).id())
    });
    app.update();
    let mut coverages = Vec::new();
    for (what, camera) in cameras {
        coverages.push(assert_agrees(&app, camera, what).coverage);
    }
    assert!(coverages[0] > 0.999, "the seed's own picture is known throughout");
    assert!(coverages[4] < 0.6 && coverages[5] == 0.0, "{coverages:?}");

    // A view more in memory: only its tiles are uploaded, the picture follows.
    let (what, watched) = cameras[4];
    let held = stats(&app).levels_held;
    remember(&mut memory, &eye(0.0, 1.6, 0.0, 50.0, 0.0), &camera(160, 90));
    app.world_mut().get_mut::<PresentedView>(watched).expect("a view").memory = memory.clone();
    app.update();
    let after = assert_agrees(&app, watched, "with a second view");
    assert!(after.coverage > coverages[4] + 0.2, "{what}: {after:?}");
    assert!(stats(&app).levels_held > held);

    // Another size, and a camera less.
    let mut view = app.world_mut().get_mut::<PresentedView>(watched).expect("a view");
    view.intrinsics = camera(240, 200);
    let mut doomed = app.world_mut().entity_mut(cameras[0].1);
    doomed.remove::<PresentedView>();
    app.update();
    assert_agrees(&app, watched, "of another size");
    let gone = app.world().get::<RenderEntity>(cameras[0].1).expect("synchronised").id();
    assert!(app.sub_app(RenderApp).world().get::<PresentedTextures>(gone).is_none());
}

fn none() -> Objects {
    Objects::new()
}

/// One object of every class in a yard, painted, in rows in front of the eye.
fn furnished() -> (Memory, Objects) {
    let assets = Some(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets"));
    let config = SpatialConfig {
        width: 160,
        height: 90,
        painting: None,
        assets,
        ..SpatialConfig::default()
    };
    let mut model = SpatialModel::new(config).expect("settings");
    let start = eye(0.0, 1.6, 0.0, 0.0, 0.0);
    let (rgb, depth) = shot(&start, &camera(160, 90));
    let image = ImageSeed { rgb, depth: Some(depth), intrinsics: Some(camera(160, 90)) };
    let seed = Seed { start: Some(start), ..Seed::new(SeedSource::Image(image)) };
    model.begin(&seed).expect("a yard");
    for (k, class) in ObjectClass::all().enumerate() {
        let (row, column) = ((k / 5) as f32, (k % 5) as f32);
        let event = WorldEvent::Place {
            id: k as u64,
            class: class.name().to_owned(),
            position: Vec3::new(column * 1.1 - 2.2, 0.5, -2.4 - 1.2 * row),
            rotation: Quat::from_rotation_y(0.3 * k as f32),
            size: Vec3::new(0.7, 1.0, 0.6),
            colour: [170, 120, 70],
        };
        model.apply(&event).expect("placed");
    }
    (0..ObjectClass::COUNT).for_each(|_| drop(model.advance(&Action::default())));
    (model.memory().expect("begun").clone(), model.objects().clone())
}

#[test]
fn objects_look_the_same_on_both() {
    let mut app = app(GpuPresentPlugin::default());
    let (memory, objects) = furnished();
    assert!(objects.list().iter().all(|object| object.painted));
    let looks = [
        ("in front of it", eye(0.0, 1.6, 0.5, 0.0, -8.0)),
        ("close up", eye(-1.2, 1.0, -1.2, 20.0, -5.0)),
        ("from above", eye(0.5, 4.0, -1.5, 5.0, -60.0)),
    ];
    let cameras = looks.map(|(what, pose)| {
        let (memory, objects) = (memory.clone(), objects.clone());
        let view = PresentedView { memory, objects, pose, intrinsics: camera(320, 180) };
        (what, app.world_mut().spawn(view).id())
    });
    app.update();
    for (what, camera) in cameras {
        assert_agrees(&app, camera, what);
    }
    // Moving one uploads nothing but what is seen in more detail.
    let (_, watched) = cameras[0];
    let before = (picture(&app, watched).rgba, stats(&app).levels_held);
    let mut view = app.world_mut().get_mut::<PresentedView>(watched).expect("a view");
    view.objects.move_to(2, Vec3::new(0.0, 1.5, -1.8), Quat::from_rotation_z(0.4));
    app.update();
    assert_agrees(&app, watched, "one moved");
    assert!(picture(&app, watched).rgba != before.0);
    assert!(stats(&app).levels_held <= before.1 + 24, "{} {}", before.1, stats(&app).levels_held);
}

#[test]
fn tiles_out_of_sight_make_room() {
    let budget = 768 << 10;
    let mut app = app(GpuPresentPlugin { max_tile_bytes: budget });
    let mut memory = Memory::new();
    for yaw_deg in [0.0, 70.0, 140.0, 210.0, 280.0] {
        remember(&mut memory, &eye(0.0, 1.6, 0.0, yaw_deg, 0.0), &camera(160, 90));
    }
    let looking = |yaw_deg| PresentedView {
        memory: memory.clone(),
        objects: none(),
        pose: eye(0.1, 1.6, 0.0, yaw_deg, 0.0),
        intrinsics: camera(192, 108),
    };
    let camera = app.world_mut().spawn(looking(0.0)).id();
    let mut most_held = 0;
    for yaw_deg in [0.0, 70.0, 140.0, 210.0, 280.0, 0.0] {
        app.world_mut().entity_mut(camera).insert(looking(yaw_deg));
        app.update();
        let stats = stats(&app);
        assert!(stats.tile_bytes <= budget, "{stats:?}");
        assert_eq!(stats.tiles_left_out, 0, "{stats:?}");
        most_held = most_held.max(stats.levels_held);
        assert_agrees(&app, camera, &format!("turned by {yaw_deg} degrees"));
    }
    let all = memory.tiles().count();
    assert!(most_held < all, "{most_held} levels held of {all} tiles: nothing had to go");
}

#[test]
fn what_does_not_fit_is_left_out() {
    // The least that is taken: too little for all that is in sight.
    let mut app = app(GpuPresentPlugin { max_tile_bytes: 0 });
    let mut memory = Memory::new();
    let pose = eye(0.0, 1.6, 0.0, 0.0, 0.0);
    remember(&mut memory, &pose, &camera(160, 90));
    let view = PresentedView { memory, objects: none(), pose, intrinsics: camera(160, 90) };
    let camera = app.world_mut().spawn(view).id();
    app.update();
    let stats = stats(&app);
    assert!(stats.tiles_left_out > 0 && stats.tiles_drawn > 0, "{stats:?}");
    let agreement = compare(&app, camera);
    assert!(agreement.same_known > 0.05 && agreement.same_known < 0.99, "{agreement:?}");
}

#[test]
fn a_device_without_indirect_draws_draws_the_same() {
    let settings = WgpuSettings {
        disabled_features: Some(WgpuFeatures::INDIRECT_FIRST_INSTANCE),
        ..default()
    };
    let mut app = app_with(GpuPresentPlugin::default(), settings);
    let mut memory = Memory::new();
    remember(&mut memory, &eye(0.0, 1.6, 0.0, 0.0, 0.0), &camera(160, 90));
    let pose = eye(0.3, 1.5, -0.2, 6.0, 0.0);
    let view = PresentedView { memory, objects: none(), pose, intrinsics: camera(200, 120) };
    let camera = app.world_mut().spawn(view).id();
    app.update();
    assert_agrees(&app, camera, "draw by draw");
}

#[test]
fn a_device_that_lacks_something_is_told_apart() {
    let limits = WgpuLimits { max_compute_invocations_per_workgroup: 128, ..default() };
    let settings = WgpuSettings { constrained_limits: Some(limits), ..default() };
    let mut app = app_with(GpuPresentPlugin::default(), settings);
    let reason = support(app.world()).expect_err("too small");
    assert!(reason.contains("128") && reason.contains("256"), "{reason}");
    let intrinsics = camera(32, 32);
    let view =
        PresentedView { memory: Memory::new(), objects: none(), pose: Pose::IDENTITY, intrinsics };
    let camera = app.world_mut().spawn(view).id();
    app.update();
    let entity = app.world().get::<RenderEntity>(camera).expect("synchronised").id();
    assert!(app.sub_app(RenderApp).world().get::<PresentedTextures>(entity).is_none());
}

/// What the screen shows of a world, drawn one way or the other, after a step to the side.
fn screen(path: PathChoice) -> Vec<[u8; 4]> {
    let lens = camera(192, 108);
    let (rgb, depth) = shot(&eye(0.0, 1.6, 0.0, 0.0, 0.0), &lens);
    let seed = ImageSeed { rgb, depth: Some(depth), intrinsics: Some(lens) };
    let mut app = App::new();
    app.add_plugins((headless::default_plugins().disable::<LogPlugin>(), ReveriePlugins))
        .insert_resource(ReverieSettings { lockstep: true, path, ..default() })
        .insert_resource(TimeUpdateStrategy::ManualDuration(Duration::from_secs(1) / 24));
    let size = UVec2::new(lens.width, lens.height);
    let mut target = Image::new_target_texture(size.x, size.y, TextureFormat::Rgba8UnormSrgb, None);
    target.texture_descriptor.usage |= TextureUsages::COPY_SRC;
    let target = app.world_mut().resource_mut::<Assets<Image>>().add(target);
    let onto = RenderTarget::Image(target.clone().into());
    let view = (WorldView::new(seed), Embodiment::Free, WorldCamera::default(), onto);
    let view = app.world_mut().spawn(view).id();
    headless::make_ready(&mut app, PATIENCE).expect("the renderer starts");
    let deadline = Instant::now() + PATIENCE;
    while app.world().get::<WorldStatus>(view) != Some(&WorldStatus::Running) {
        assert!(Instant::now() < deadline, "the world did not start");
        app.update();
    }
    KeyCode::KeyD.press(app.world_mut());
    (0..3).for_each(|_| app.update());
    KeyCode::KeyD.release(app.world_mut());
    (0..8).for_each(|_| app.update());
    let drawn_by = app.sub_app(RenderApp).world().resource::<PresentPath>();
    assert_eq!(*drawn_by == PresentPath::Gpu, path == PathChoice::Gpu);
    let world = app.sub_app(RenderApp).world();
    let image = world.resource::<RenderAssets<GpuImage>>().get(&target).expect("a target");
    read_back(world, &image.texture_view, size)
}

#[test]
fn the_screen_shows_the_same_either_way() {
    let (gpu, cpu) = (screen(PathChoice::Gpu), screen(PathChoice::Cpu));
    let mut squares = 0.0;
    for (a, b) in gpu.iter().zip(&cpu) {
        squares += (0..3).map(|k| (f64::from(a[k]) - f64::from(b[k])).powi(2)).sum::<f64>();
    }
    let psnr_db = 10.0 * (255.0_f64.powi(2) * 3.0 * gpu.len() as f64 / squares.max(1e-9)).log10();
    println!("on the screen: {psnr_db:.1} dB");
    assert!(psnr_db >= 35.0, "{psnr_db} dB");
    // Not two blank screens: the yard has reds, blues and greens.
    for channel in 0..3 {
        let most = cpu.iter().map(|p| p[channel]).max();
        let least = cpu.iter().map(|p| p[channel]).min();
        assert!(most > Some(150) && least < Some(100), "channel {channel}: {least:?} to {most:?}");
    }
}
