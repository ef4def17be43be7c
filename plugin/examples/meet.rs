//! Somebody stands before the camera and looks at you.
//!
//! ```sh
//! cargo run --example meet                                  # in a window, in a picture's world
//! cargo run --example meet -- --plain                       # in a plain room of meshes
//! cargo run --example meet -- --plain --shot out.png        # a picture, without a window
//! ```
//! `--who mara|FILE.ron|FILE.vrm|random:7`, `--mood happy`, `--frame face|bust|body`, `--secs 2`, `--light
//! day|studio|back|dusk` (in the plain room), `--seed PICTURE|scene:city?hour=12`, `--size 1280x720`, `--turn DEGREES` (how the person stands),
//! `--open life|face|creator` (the inspector is open; F2 in the window), `--act wave|point|nod`, `--far METRES`,
//! `--smooth` (four samples a pixel), `--measure SECS` (no window: how fast it is, once somebody stands there).

use bevy::{
    camera::RenderTarget,
    core_pipeline::tonemapping::Tonemapping,
    prelude::*,
    render::{
        render_resource::{PollType, TextureFormat, TextureUsages},
        renderer::RenderDevice,
        view::{
            Msaa,
            screenshot::{Screenshot, save_to_disk},
        },
    },
    time::TimeUpdateStrategy,
};
use bevy_reverie::{
    avatar::{AvatarInspector, InspectorPage},
    behavior::Feeling,
    headless,
    prelude::*,
};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(120);
const SHOWN_FRAMES: usize = 2;
/// Frames after which the camera stands where the world begins.
const FRAMES_TO_ARRIVE: u32 = 3;
const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 30);

/// What the command line asks for.
#[derive(Resource, Clone)]
struct Options {
    who: String,
    mood: String,
    frame: String,
    light: String,
    seed: String,
    shot: Option<String>,
    measure: Option<f32>,
    act: String,
    open: String,
    size: UVec2,
    secs: f32,
    turn: f32,
    plain: bool,
    smooth: bool,
    far: f32,
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        who: "mara".to_owned(),
        mood: String::new(),
        frame: "bust".to_owned(),
        light: "day".to_owned(),
        seed: "seeds/mountain_trail.jpg".to_owned(),
        shot: None,
        measure: None,
        act: String::new(),
        open: String::new(),
        size: UVec2::new(1280, 720),
        secs: 2.0,
        turn: 0.0,
        plain: false,
        smooth: false,
        far: 0.0,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--plain" {
            options.plain = true;
            continue;
        }
        if word == "--smooth" {
            options.smooth = true;
            continue;
        }
        let value = words.next().ok_or(format!("{word}: needs a value"))?;
        let number = || value.parse::<f32>().map_err(|_| format!("{word}: {value} is no number"));
        match word.as_str() {
            "--who" => options.who = value,
            "--mood" => options.mood = value,
            "--frame" => options.frame = value,
            "--light" => options.light = value,
            "--seed" => options.seed = value,
            "--shot" => options.shot = Some(value),
            "--act" => options.act = value,
            "--open" => options.open = value,
            "--secs" => options.secs = number()?,
            "--measure" => options.measure = Some(number()?),
            "--turn" => options.turn = number()?,
            "--far" => options.far = number()?,
            "--size" => {
                let (w, h) = value.split_once('x').ok_or(format!("--size: {value} is no WxH"))?;
                let side =
                    |text: &str| text.parse().map_err(|_| format!("--size: {value} is no WxH"));
                options.size = UVec2::new(side(w)?, side(h)?);
            }
            _ => return Err(format!("{word}: is not known")),
        }
    }
    Ok(options)
}

fn main() -> AppExit {
    let options = match options() {
        Ok(options) => options,
        Err(error) => {
            eprintln!("meet: {error}");
            return AppExit::from_code(2);
        }
    };
    let mut app = App::new();
    if options.measure.is_some() {
        app.add_plugins((headless::default_plugins(), ReveriePlugins));
    } else if options.shot.is_some() {
        app.add_plugins((headless::default_plugins(), ReveriePlugins))
            .insert_resource(ReverieSettings { lockstep: true, ..default() })
            .insert_resource(TimeUpdateStrategy::ManualDuration(FRAME));
    } else {
        app.add_plugins((DefaultPlugins, ReveriePlugins));
    }
    app.insert_resource(options.clone())
        .insert_resource(ClearColor(Color::srgb(0.55, 0.62, 0.70)))
        .add_systems(Startup, set_up)
        .add_systems(Update, (frame, stand_in_world, report));
    let page = match options.open.as_str() {
        "life" => Some(InspectorPage::Life),
        "face" => Some(InspectorPage::Face),
        "creator" => Some(InspectorPage::Creator),
        _ => None,
    };
    if let Some(page) = page {
        app.insert_resource(AvatarInspector { open: true, page, ..default() });
    }
    let done = match (options.measure, options.shot) {
        (Some(secs), _) => measure(&mut app, secs),
        (None, Some(shot)) => picture(&mut app, options.plain, options.secs, shot),
        (None, None) => return app.run(),
    };
    match done {
        Ok(()) => AppExit::Success,
        Err(error) => {
            eprintln!("meet: {error}");
            AppExit::error()
        }
    }
}

/// The player, whose eyes the person looks into.
#[derive(Component)]
struct Eyes;

/// The camera's place and aim, once the person is there.
fn framing(frame: &str, eyes: Vec3, height_m: f32, aspect: f32) -> (Vec3, Vec3, f32) {
    let middle = 0.5 * height_m * Vec3::Y;
    match frame {
        "face" => (eyes + Vec3::new(0.0, -0.005, 0.72), eyes - 0.035 * Vec3::Y, 0.40),
        "eye" => (eyes + Vec3::new(0.03, 0.0, 0.42), eyes + Vec3::new(0.03, 0.0, 0.0), 0.16),
        "body" => {
            let away = if aspect < 1.0 { 5.0 } else { 4.2 };
            (Vec3::new(eyes.x, 1.35, eyes.z + away), eyes * Vec3::new(1.0, 0.0, 1.0) + middle, 0.5)
        }
        _ => (eyes + Vec3::new(0.0, 0.0, 1.15), eyes - 0.10 * Vec3::Y, 0.5),
    }
}

fn set_up(
    mut commands: Commands,
    options: Res<Options>,
    mut images: ResMut<Assets<Image>>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<StandardMaterial>>,
) {
    let mut camera = if options.plain {
        let projection =
            Projection::from(PerspectiveProjection { fov: 0.6, near: 0.02, ..default() });
        commands.spawn((Camera3d::default(), projection, Transform::from_xyz(0.0, 1.6, 1.2)))
    } else {
        // Also the simulator's worlds are remembered pictures here, as sharp as photographs.
        let view =
            WorldView { model: "spatial".to_owned(), ..WorldView::new(options.seed.as_str()) };
        commands.spawn((view, Embodiment::Walker, WorldCamera::default()))
    };
    camera.insert((Eyes, Msaa::Off));
    if options.plain {
        let samples = if options.smooth { Msaa::Sample4 } else { Msaa::Off };
        camera.insert((samples, Tonemapping::TonyMcMapface));
    }
    if options.shot.is_some() || options.measure.is_some() {
        let (w, h) = (options.size.x, options.size.y);
        let mut target = Image::new_target_texture(w, h, TextureFormat::Rgba8UnormSrgb, None);
        target.texture_descriptor.usage |= TextureUsages::COPY_SRC;
        camera.insert(RenderTarget::Image(images.add(target).into()));
    }
    let player = camera.id();
    let who = match options.who.strip_prefix("random:") {
        Some(seed) => Avatar::random(seed.parse().unwrap_or(1)),
        None if options.who.contains('.') => Avatar::file(&options.who),
        None => Avatar::preset(&options.who),
    };
    let turn = Quat::from_rotation_y(std::f32::consts::PI + options.turn.to_radians());
    commands.spawn((
        who.with_seed(3),
        Transform::from_xyz(0.0, 0.0, 0.0).with_rotation(turn),
        Posture::listening_to([player]),
        mood(&options.mood),
    ));
    // A world brings its own light.
    if options.plain {
        lights(&mut commands, &options.light);
        let floor = materials.add(StandardMaterial {
            base_color: Color::srgb(0.42, 0.40, 0.37),
            perceptual_roughness: 0.9,
            ..default()
        });
        let plane = meshes.add(Plane3d::new(Vec3::Y, Vec2::splat(6.0)));
        commands.spawn((Mesh3d(plane), MeshMaterial3d(floor)));
    }
}

fn mood(name: &str) -> Mood {
    let known = Emotion::ALL.into_iter().find(|e| format!("{e:?}").eq_ignore_ascii_case(name));
    match known {
        Some(emotion) => Mood::of(emotion, 0.8),
        None => Mood { feeling: Feeling::default(), ..default() },
    }
}

fn lights(commands: &mut Commands, kind: &str) {
    let sun = |from: Vec3, lux: f32, colour: Color| {
        (
            DirectionalLight {
                illuminance: lux,
                color: colour,
                shadow_maps_enabled: true,
                // Faces of few triangles would throw ragged shadows on themselves.
                shadow_normal_bias: 6.0,
                ..default()
            },
            Transform::from_translation(from).looking_at(Vec3::ZERO, Vec3::Y),
            bevy::light::CascadeShadowConfigBuilder {
                maximum_distance: 8.0,
                first_cascade_far_bound: 2.0,
                num_cascades: 2,
                ..default()
            }
            .build(),
        )
    };
    let fill = |from: Vec3, lux: f32, colour: Color| {
        (
            DirectionalLight { illuminance: lux, color: colour, ..default() },
            Transform::from_translation(from).looking_at(Vec3::ZERO, Vec3::Y),
        )
    };
    let warm = Color::srgb(1.0, 0.93, 0.84);
    let cold = Color::srgb(0.78, 0.87, 1.0);
    let ambient = |brightness: f32| GlobalAmbientLight { brightness, color: cold, ..default() };
    match kind {
        "back" => {
            commands.spawn(sun(Vec3::new(1.0, 1.2, -2.6), 11_000.0, warm));
            commands.spawn(fill(Vec3::new(-1.5, 1.0, 2.0), 1_200.0, cold));
            commands.insert_resource(ambient(700.0));
        }
        "dusk" => {
            commands.spawn(sun(Vec3::new(3.0, 0.6, 0.4), 7_000.0, Color::srgb(1.0, 0.66, 0.42)));
            commands.insert_resource(ambient(500.0));
        }
        "studio" => {
            commands.spawn(sun(Vec3::new(-1.6, 1.9, 2.4), 5_500.0, warm));
            commands.spawn(fill(Vec3::new(2.4, 0.8, 1.6), 1_500.0, cold));
            commands.spawn(fill(Vec3::new(1.2, 1.8, -2.4), 3_500.0, Color::WHITE));
            commands.insert_resource(ambient(600.0));
        }
        _ => {
            commands.spawn(sun(Vec3::new(1.6, 2.4, 1.5), 8_000.0, warm));
            commands.spawn(fill(Vec3::new(-2.0, 1.2, 1.0), 900.0, cold));
            commands.insert_resource(ambient(1_000.0));
        }
    }
}

/// In the plain room the camera is put before the person once.
fn frame(
    options: Res<Options>,
    mut done: Local<bool>,
    people: Query<&AvatarLife, Added<AvatarLife>>,
    mut cameras: Query<(&mut Transform, &mut Projection), With<Eyes>>,
    mut commands: Commands,
    persons: Query<Entity, With<Avatar>>,
) {
    if *done || !options.plain {
        return;
    }
    for life in &people {
        for (mut camera, mut projection) in &mut cameras {
            let aspect = options.size.x as f32 / options.size.y as f32;
            let (from, to, fov) = framing(&options.frame, life.eyes(), life.height_m(), aspect);
            let from = from + (from - to) * options.far;
            *camera = Transform::from_translation(from).looking_at(to, Vec3::Y);
            if let Projection::Perspective(perspective) = &mut *projection {
                perspective.fov = fov;
            }
        }
        for entity in &persons {
            match options.act.as_str() {
                "wave" => commands.trigger(Perform::wave(entity)),
                "point" => commands.trigger(Perform::point_at(entity, Vec3::new(-2.0, 1.2, 1.5))),
                "nod" => commands.trigger(Perform::nod(entity, 2)),
                _ => {}
            }
        }
        *done = true;
    }
}

/// In a world the person is put on its ground, before the player, once the player stands in it.
fn stand_in_world(
    options: Res<Options>,
    mut started: MessageReader<WorldStarted>,
    mut frames_since: Local<Option<u32>>,
    world: WorldQuery,
    cameras: Query<&Transform, (With<Eyes>, Without<Avatar>)>,
    mut people: Query<&mut Transform, With<Avatar>>,
) {
    if started.read().next().is_some() {
        *frames_since = Some(0);
    }
    let Some(frames) = frames_since.as_mut() else { return };
    *frames += 1;
    if *frames != FRAMES_TO_ARRIVE {
        return;
    }
    for camera in &cameras {
        let ahead =
            (Vec3::from(camera.forward()) * Vec3::new(1.0, 0.0, 1.0)).normalize_or(Vec3::NEG_Z);
        let away = if options.frame == "body" { 3.2 } else { 1.3 } + options.far;
        let place = camera.translation + away * ahead;
        let ground_m = world.ground_height(place).unwrap_or(camera.translation.y - 1.6);
        for mut person in &mut people {
            let at = Vec3::new(place.x, ground_m, place.z);
            *person = Transform::from_translation(at).looking_to(-ahead, Vec3::Y);
            person.rotate_y(options.turn.to_radians());
        }
    }
}

fn report(mut ready: MessageReader<AvatarReady>, mut failed: MessageReader<AvatarFailed>) {
    for person in ready.read() {
        info!("{} is here", person.name);
        for warning in &person.warnings {
            warn!("{warning}");
        }
    }
    for failure in failed.read() {
        error!("{}", failure.error);
    }
}

/// Some seconds pass, then a picture is taken.
fn picture(app: &mut App, plain: bool, secs: f32, path: String) -> Result<(), String> {
    headless::make_ready(app, PATIENCE).map_err(|error| error.to_string())?;
    let start = Instant::now();
    let frames = (secs / FRAME.as_secs_f32()).ceil().max(3.0) as usize;
    // Nobody sees the frames before.
    let mut seeing = app.world_mut().query_filtered::<&mut Camera, With<Eyes>>();
    for frame in 0..frames {
        app.update();
        let seen = frame + SHOWN_FRAMES >= frames || !plain;
        for mut camera in seeing.iter_mut(app.world_mut()) {
            camera.is_active = seen;
        }
    }
    println!("{frames} frames in {:.2} s", start.elapsed().as_secs_f32());
    let mut targets = app.world_mut().query_filtered::<&RenderTarget, With<Eyes>>();
    let target = targets.iter(app.world()).next().and_then(|target| match target {
        RenderTarget::Image(image) => Some(image.handle.clone()),
        _ => None,
    });
    let target = target.ok_or("the camera draws into no picture")?;
    let file = std::path::PathBuf::from(&path);
    if file.exists() {
        std::fs::remove_file(&file).map_err(|error| format!("{path}: {error}"))?;
    }
    app.world_mut().spawn(Screenshot::image(target)).observe(save_to_disk(path.clone()));
    let deadline = Instant::now() + PATIENCE;
    while !file.exists() {
        if Instant::now() > deadline {
            return Err(format!("{path}: was not written"));
        }
        app.update();
    }
    Ok(())
}

/// Frames as fast as they come, once somebody has been there for a while.
fn measure(app: &mut App, secs: f32) -> Result<(), String> {
    headless::make_ready(app, PATIENCE).map_err(|error| error.to_string())?;
    let start = Instant::now();
    let mut lives = app.world_mut().query::<&AvatarLife>();
    while lives.iter(app.world()).next().is_none_or(|life| life.secs() < 2.0) {
        if start.elapsed() > PATIENCE {
            return Err("nobody came".to_owned());
        }
        app.update();
    }
    let mut times = Vec::new();
    let began = Instant::now();
    while began.elapsed().as_secs_f32() < secs {
        let start = Instant::now();
        app.update();
        if let Some(device) = app.world().get_resource::<RenderDevice>() {
            device.poll(PollType::wait_indefinitely()).map_err(|error| error.to_string())?;
        }
        times.push(1e3 * start.elapsed().as_secs_f32());
    }
    let fps = times.len() as f32 / began.elapsed().as_secs_f32();
    times.sort_unstable_by(f32::total_cmp);
    let at = |share: f32| times[(share * (times.len() - 1) as f32) as usize];
    println!("{fps:.1} fps; {:.1} ms (p50), {:.1} ms (p99)", at(0.5), at(0.99));
    Ok(())
}
