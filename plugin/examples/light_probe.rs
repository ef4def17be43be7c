//! Grey, white and mirroring balls and a person of rods in a world, lit by it: do they belong?
//!
//! `cargo run -p bevy_reverie --example light_probe -- SEED [--shot out.png] [--truth truth.png]
//! [--model NAME] [--size 1280x720] [--off] [--speed]`
//!
//! `SEED` is a picture or a scene, such as `scene:city?seed=3&hour=12`. `--truth` draws the same balls
//! into a scene by the simulator itself and compares their brightness. `--off` leaves the meshes to
//! Bevy's own defaults. `--speed` times frames with and without light and shadows.

use bevy::{
    camera::RenderTarget,
    log::LogPlugin,
    prelude::*,
    render::{
        gpu_readback::{Readback, ReadbackComplete},
        render_resource::{PollType, TextureFormat, TextureUsages},
        renderer::RenderDevice,
    },
    time::TimeUpdateStrategy,
};
use bevy_reverie::{
    headless,
    prelude::*,
    world_model::{Embodiment as Body, Seed, SeedSource, WorldModel},
};
use reverie_simulator::{Quality, SimulatorModel};
use std::{
    error::Error,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 24);
const BALL_M: f32 = 0.4;
/// Frames until all light has faded in.
const SETTLE: usize = 60;

type Anything = Box<dyn Error>;

struct Options {
    seed: String,
    model: String,
    size: UVec2,
    shot: Option<PathBuf>,
    truth: Option<PathBuf>,
    off: bool,
    speed: bool,
}

impl Options {
    fn read() -> Result<Self, Anything> {
        let mut options = Self {
            seed: "scene:mountain?seed=3&hour=18.5".to_owned(),
            model: "spatial".to_owned(),
            size: UVec2::new(1280, 720),
            shot: None,
            truth: None,
            off: false,
            speed: false,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument}: what?"));
            match argument.as_str() {
                "--model" => options.model = value()?,
                "--shot" => options.shot = Some(value()?.into()),
                "--truth" => options.truth = Some(value()?.into()),
                "--size" => {
                    let text = value()?;
                    let (width, height) = text.split_once('x').ok_or("--size: WIDTHxHEIGHT")?;
                    options.size = UVec2::new(width.parse()?, height.parse()?);
                }
                "--off" => options.off = true,
                "--speed" => options.speed = true,
                seed => options.seed = seed.to_owned(),
            }
        }
        Ok(options)
    }
}

/// A ball in the world.
struct Ball {
    centre: Vec3,
    /// Linear.
    albedo: f32,
    metallic: f32,
    roughness: f32,
}

#[derive(Resource, Clone, Default)]
struct Seen(Arc<Mutex<Vec<u8>>>);

#[derive(Component)]
struct Exhibit;

fn main() -> Result<(), Anything> {
    let options = Options::read()?;
    let mut app = App::new();
    app.add_plugins((headless::default_plugins().disable::<LogPlugin>(), ReveriePlugins))
        .insert_resource(ReverieSettings { lockstep: true, ..default() })
        .insert_resource(WorldLightSettings { on: !options.off, ..default() })
        .insert_resource(TimeUpdateStrategy::ManualDuration(FRAME));
    let size = options.size;
    let mut target = Image::new_target_texture(size.x, size.y, TextureFormat::Rgba8UnormSrgb, None);
    target.texture_descriptor.usage |= TextureUsages::COPY_SRC;
    let target = app.world_mut().resource_mut::<Assets<Image>>().add(target);
    let view = WorldView::new(options.seed.as_str()).with_model(&options.model).without_painting();
    let view = app
        .world_mut()
        .spawn((
            view,
            Embodiment::Free,
            WorldCamera::default(),
            RenderTarget::Image(target.clone().into()),
        ))
        .id();
    headless::make_ready(&mut app, Duration::from_secs(60))?;
    let begun = Instant::now();
    loop {
        app.update();
        match app.world().get::<WorldStatus>(view) {
            Some(WorldStatus::Running) => break,
            Some(WorldStatus::Failed(error)) => return Err(error.clone().into()),
            _ if begun.elapsed() > Duration::from_secs(120) => return Err("no world".into()),
            _ => {}
        }
    }
    app.update();
    let eye = *app.world().get::<Transform>(view).ok_or("no camera")?;
    let balls = place(&mut app, &eye);
    if options.speed {
        return speed(&mut app);
    }
    for _ in 0..SETTLE {
        app.update();
    }
    println!("{:#?}", app.world().get::<WorldLight>(view));
    let seen = Seen::default();
    let into = seen.clone();
    app.world_mut().spawn(Readback::texture(target)).observe(move |back: On<ReadbackComplete>| {
        if let Ok(mut seen) = into.0.lock() {
            seen.clone_from(&back.data);
        }
    });
    for _ in 0..4 {
        app.update();
    }
    let rgba = seen.0.lock().map_err(|e| e.to_string())?.clone();
    let row = (size.x as usize * 4).next_multiple_of(256);
    let rgb: Vec<u8> = rgba
        .chunks(row)
        .flat_map(|row| row[..size.x as usize * 4].chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]))
        .collect();
    if let Some(path) = &options.shot {
        save(path, size, &rgb)?;
    }
    if let Some(path) = &options.truth {
        let truth = truth(&options, &balls)?;
        save(path, size, &truth)?;
        compare(size, &eye, &balls, &rgb, &truth);
    }
    Ok(())
}

fn save(path: &Path, size: UVec2, rgb: &[u8]) -> Result<(), Anything> {
    let image = RgbImage::new(size.x, size.y, rgb.to_vec())?;
    reverie_media::write_rgb_png(path, &image)?;
    Ok(())
}

/// Puts balls and a person where there is ground ahead.
fn place(app: &mut App, eye: &Transform) -> Vec<Ball> {
    let forward = eye.forward().with_y(0.0).normalize_or(Vec3::NEG_Z);
    let right = forward.cross(Vec3::Y);
    let mut grounds = Vec::new();
    let found =
        app.world_mut().run_system_cached_with(ground, (eye.translation, forward, right, 7));
    grounds.extend(found.unwrap_or_default());
    let person_at = if grounds.is_empty() { None } else { Some(grounds.remove(0)) };
    let looks = [(0.5, 0.0, 0.9), (0.8, 0.0, 0.6), (0.9, 1.0, 0.05), (0.25, 0.0, 0.9)];
    let balls: Vec<Ball> = grounds
        .iter()
        .zip(looks)
        .map(|(ground, (albedo, metallic, roughness))| Ball {
            centre: *ground + Vec3::Y * BALL_M,
            albedo,
            metallic,
            roughness,
        })
        .collect();
    let world = app.world_mut();
    let sphere =
        world.resource_mut::<Assets<Mesh>>().add(Sphere::new(BALL_M).mesh().ico(24).expect("few"));
    for ball in &balls {
        let grey = ball.albedo;
        let material = world.resource_mut::<Assets<StandardMaterial>>().add(StandardMaterial {
            base_color: Color::linear_rgb(grey, grey, grey),
            metallic: ball.metallic,
            perceptual_roughness: ball.roughness,
            reflectance: if ball.metallic > 0.0 { 0.5 } else { 0.2 },
            ..default()
        });
        world.spawn((
            Exhibit,
            Mesh3d(sphere.clone()),
            MeshMaterial3d(material),
            Transform::from_translation(ball.centre),
            CastsWorldShadow,
        ));
    }
    if let Some(feet) = person_at {
        person(world, feet, right);
    }
    balls
}

/// Places on the ground ahead, side by side.
fn ground(
    In((eye, forward, right, count)): In<(Vec3, Vec3, Vec3, usize)>,
    query: WorldQuery,
) -> Vec<Vec3> {
    let mut all = Vec::new();
    for k in 0..count {
        // From the middle to both sides.
        let aside = [0.0, 1.1, -1.1, 2.2, -2.2, 3.3, -3.3][k % 7];
        let ahead = [4.5, 4.0, 5.5, 3.5, 6.5, 7.5, 9.0, 3.0, 11.0].into_iter();
        let place = ahead
            .filter_map(|ahead: f32| {
                let point = eye + forward * ahead + right * aside;
                let height = query.ground_height(point)?;
                (height < eye.y - 0.6 && height > eye.y - 4.0).then_some(point.with_y(height))
            })
            .next();
        all.extend(place);
    }
    all
}

fn person(world: &mut World, feet: Vec3, right: Vec3) {
    let at = |aside: f32, up: f32| feet + right * aside + Vec3::Y * up;
    let rods = [
        // Legs, feet, trunk, arms, neck, head.
        (at(0.1, 0.9), at(0.12, 0.1), 0.075, 0),
        (at(-0.1, 0.9), at(-0.12, 0.1), 0.075, 0),
        (at(0.12, 0.05), at(0.12, 0.06), 0.06, 1),
        (at(-0.12, 0.05), at(-0.12, 0.06), 0.06, 1),
        (at(0.0, 1.0), at(0.0, 1.35), 0.16, 2),
        (at(0.2, 1.4), at(0.3, 0.9), 0.05, 2),
        (at(-0.2, 1.4), at(-0.3, 0.9), 0.05, 2),
        (at(0.0, 1.45), at(0.0, 1.55), 0.06, 3),
        (at(0.0, 1.66), at(0.0, 1.7), 0.105, 3),
    ];
    let colours = [
        Color::srgb(0.22, 0.26, 0.36),
        Color::srgb(0.18, 0.14, 0.12),
        Color::srgb(0.62, 0.2, 0.16),
        Color::srgb(0.8, 0.6, 0.5),
    ];
    let materials = colours.map(|base_color| {
        world.resource_mut::<Assets<StandardMaterial>>().add(StandardMaterial {
            base_color,
            perceptual_roughness: 0.85,
            reflectance: 0.25,
            ..default()
        })
    });
    for (a, b, radius, colour) in rods {
        let mesh = Capsule3d::new(radius, a.distance(b)).mesh().build();
        let mesh = world.resource_mut::<Assets<Mesh>>().add(mesh);
        let up = (a - b).normalize_or(Vec3::Y);
        world.spawn((
            Exhibit,
            Mesh3d(mesh),
            MeshMaterial3d(materials[colour].clone()),
            Transform::from_translation(0.5 * (a + b))
                .with_rotation(Quat::from_rotation_arc(Vec3::Y, up)),
        ));
    }
    let capsules = rods.map(|(a, b, radius_m, _)| ShadowCapsule { a, b, radius_m }).to_vec();
    world.spawn((Exhibit, ShadowCapsules { capsules }));
}

/// The same balls in the simulator's own picture.
fn truth(options: &Options, balls: &[Ball]) -> Result<Vec<u8>, Anything> {
    let SeedAddress::Scene(scene) = options.seed.parse()? else {
        return Err("--truth: only scenes have one".into());
    };
    let camera = Intrinsics::from_horizontal_fov(options.size.x, options.size.y, 1.2);
    let mut model = SimulatorModel::new(camera, Quality { samples: 1, bounce_rays: 1 })?;
    let start = None;
    let source = SeedSource::Scene(scene);
    model.begin(&Seed { source, rng_seed: 0, embodiment: Body::Free, start })?;
    for (id, ball) in balls.iter().enumerate() {
        let srgb = Srgba::from(LinearRgba::gray(ball.albedo)).red;
        model.apply(&WorldEvent::Place {
            id: id as u64,
            class: "ball".to_owned(),
            position: ball.centre,
            rotation: Quat::IDENTITY,
            size: Vec3::splat(2.0 * BALL_M),
            colour: [(srgb * 255.0).round() as u8; 3],
        })?;
    }
    let seen = model.step(&bevy_reverie::world_model::Action::default())?;
    Ok(seen.rgb.into_data())
}

/// Prints mean colours of the matt balls, whole and by halves.
fn compare(size: UVec2, eye: &Transform, balls: &[Ball], ours: &[u8], truth: &[u8]) {
    let camera = Intrinsics::from_horizontal_fov(size.x, size.y, 1.2);
    for ball in balls.iter().filter(|ball| ball.metallic == 0.0) {
        let in_view = eye.rotation.conjugate() * (ball.centre - eye.translation);
        let Some((centre, depth)) = camera.project(in_view) else { continue };
        let radius = 0.9 * BALL_M * camera.fx / depth;
        let mean = |rgb: &[u8], keep: &dyn Fn(Vec2) -> bool| {
            let (mut sum, mut count) = (Vec3::ZERO, 0.0);
            for y in (centre.y - radius).max(0.0) as u32..((centre.y + radius) as u32).min(size.y) {
                for x in
                    (centre.x - radius).max(0.0) as u32..((centre.x + radius) as u32).min(size.x)
                {
                    let place = (Vec2::new(x as f32, y as f32) + 0.5 - centre) / radius;
                    if place.length() < 1.0 && keep(place) {
                        let at = (y * size.x + x) as usize * 3;
                        let linear = |k: usize| {
                            LinearRgba::from(Srgba::gray(f32::from(rgb[at + k]) / 255.0)).red
                        };
                        sum += Vec3::new(linear(0), linear(1), linear(2));
                        count += 1.0;
                    }
                }
            }
            sum / f32::max(count, 1.0)
        };
        println!("ball of albedo {}: linear colour here | in the simulator", ball.albedo);
        let parts: [(&str, &dyn Fn(Vec2) -> bool); 5] = [
            ("whole", &|_| true),
            ("left", &|p| p.x < -0.5),
            ("right", &|p| p.x > 0.5),
            ("top", &|p| p.y < -0.5),
            ("bottom", &|p| p.y > 0.5),
        ];
        for (name, keep) in parts {
            println!("  {name:7} {:.2} | {:.2}", mean(ours, keep), mean(truth, keep));
        }
    }
}

/// Times frames in one run: without meshes, with them, with light, with all shadows.
fn speed(app: &mut App) -> Result<(), Anything> {
    for round in 0..3 {
        for (name, meshes, on, mesh_shadows, shadow_strength) in [
            ("the world alone, no light", false, false, false, 0.0),
            ("the world alone, light", false, true, false, 0.0),
            ("meshes, Bevy's own light", true, false, false, 0.0),
            ("meshes, the world's light", true, true, false, 0.0),
            ("and shadows among meshes", true, true, true, 0.0),
            ("and shadows on the picture", true, true, true, 1.0),
        ] {
            let world = app.world_mut();
            let mut settings = world.resource_mut::<WorldLightSettings>();
            (settings.on, settings.mesh_shadows) = (on, mesh_shadows);
            settings.shadow_strength = shadow_strength;
            let mut exhibits = world.query_filtered::<Entity, With<Exhibit>>();
            let exhibits: Vec<Entity> = exhibits.iter(world).collect();
            for entity in exhibits {
                let shown = if meshes { Visibility::Inherited } else { Visibility::Hidden };
                world.entity_mut(entity).insert(shown);
            }
            for _ in 0..SETTLE / 2 {
                app.update();
            }
            let mut times: Vec<f64> = Vec::new();
            for _ in 0..40 {
                let start = Instant::now();
                app.update();
                app.world().resource::<RenderDevice>().poll(PollType::wait_indefinitely())?;
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
            times.sort_by(f64::total_cmp);
            let (median, slow) = (times[times.len() / 2], times[times.len() * 9 / 10]);
            println!("{round} {name:28} median {median:6.1} ms, nine of ten below {slow:6.1} ms");
        }
    }
    Ok(())
}
