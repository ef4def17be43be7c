//! How fast a crowd lives and is drawn: N different people (20) before one camera, without a window.
//!
//! ```sh
//! cargo run --example crowd_speed -- [--count 20] [--size 1280x720] [--secs 10] [--shot out.png] [--unseen]
//! ```
//! `--away 1.2` puts the first row so far before the eyes, metres (3.6; 1.2 is the distance of a conversation),
//! `--detail full|reduced` and `--form 0|1|2|3` draw people other than the machine and their size ask for,
//! `--first 1` is the seed of the first one, `--shadows` has the sun throw Bevy's shadows.

use bevy::{
    camera::RenderTarget,
    diagnostic::FrameCount,
    prelude::*,
    render::{
        render_resource::{PollType, TextureFormat, TextureUsages},
        renderer::RenderDevice,
        view::screenshot::{Screenshot, save_to_disk},
    },
    time::TimeUpdateStrategy,
};
use bevy_reverie::{
    avatar::{AvatarDetail, AvatarLod},
    headless,
    prelude::*,
};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(300);
const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 60);
const WARM_UP_FRAMES: usize = 10;

struct Options {
    count: usize,
    size: UVec2,
    secs: f32,
    shot: Option<String>,
    unseen: bool,
    shadows: bool,
    away: Option<f32>,
    detail: AvatarDetail,
    form: Option<u8>,
    first: u64,
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        count: 20,
        size: UVec2::new(1280, 720),
        secs: 10.0,
        shot: None,
        unseen: false,
        shadows: false,
        away: None,
        detail: AvatarDetail::Automatic,
        form: None,
        first: 1,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--unseen" {
            options.unseen = true;
            continue;
        }
        if word == "--shadows" {
            options.shadows = true;
            continue;
        }
        let value = words.next().ok_or(format!("{word}: needs a value"))?;
        let wrong = || format!("{word}: {value} makes no sense");
        match word.as_str() {
            "--count" => options.count = value.parse().map_err(|_| wrong())?,
            "--secs" => options.secs = value.parse().map_err(|_| wrong())?,
            "--shot" => options.shot = Some(value),
            "--away" => options.away = Some(value.parse().map_err(|_| wrong())?),
            "--form" => options.form = Some(value.parse().map_err(|_| wrong())?),
            "--first" => options.first = value.parse().map_err(|_| wrong())?,
            "--detail" if value == "full" => options.detail = AvatarDetail::Full,
            "--detail" if value == "reduced" => options.detail = AvatarDetail::Reduced,
            "--size" => {
                let (w, h) = value.split_once('x').ok_or_else(wrong)?;
                let side = |text: &str| text.parse().map_err(|_| wrong());
                options.size = UVec2::new(side(w)?, side(h)?);
            }
            _ => return Err(format!("{word}: is not known")),
        }
    }
    Ok(options)
}

fn main() -> AppExit {
    match options().and_then(|options| measure(&options)) {
        Ok(()) => AppExit::Success,
        Err(error) => {
            eprintln!("crowd_speed: {error}");
            AppExit::from_code(2)
        }
    }
}

fn measure(options: &Options) -> Result<(), String> {
    let mut app = App::new();
    app.add_plugins((headless::default_plugins(), AvatarPlugin))
        .insert_resource(TimeUpdateStrategy::ManualDuration(FRAME))
        .insert_resource(options.detail)
        .insert_resource(ClearColor(Color::srgb(0.55, 0.62, 0.70)))
        .insert_resource(GlobalAmbientLight { brightness: 1_200.0, ..default() });
    let (w, h) = (options.size.x, options.size.y);
    let mut target = Image::new_target_texture(w, h, TextureFormat::Rgba8UnormSrgb, None);
    target.texture_descriptor.usage |= TextureUsages::COPY_SRC;
    let target = app.world_mut().resource_mut::<Assets<Image>>().add(target);
    let eye = Vec3::new(0.0, 1.7, 1.0);
    let looks_to = match options.away {
        _ if options.unseen => Vec3::new(0.0, 1.6, 20.0),
        // In the eye.
        Some(away) => eye - Vec3::new(0.0, 0.35, away),
        None => Vec3::new(0.0, 0.9, -4.5),
    };
    let camera = app
        .world_mut()
        .spawn((
            Camera3d::default(),
            Msaa::Off,
            RenderTarget::Image(target.clone().into()),
            Transform::from_translation(eye).looking_at(looks_to, Vec3::Y),
        ))
        .id();
    app.world_mut().spawn((
        DirectionalLight {
            illuminance: 8_000.0,
            shadow_maps_enabled: options.shadows,
            ..default()
        },
        Transform::from_xyz(1.6, 2.4, 1.5).looking_at(Vec3::ZERO, Vec3::Y),
    ));
    let mut lod = AvatarLod::default();
    lod.forced_form = options.form;
    for at in 0..options.count {
        let across = 7.min(options.count);
        let (row, column) = (at / across, at % across);
        let x = 0.95 * (column as f32 - 0.5 * (across - 1) as f32) + 0.4 * (row % 2) as f32;
        let away = options.away.unwrap_or(3.6) + 1.3 * row as f32;
        let place = Vec3::new(x, 0.0, eye.z - away);
        app.world_mut().spawn((
            Avatar::random(options.first + at as u64),
            lod,
            Transform::from_translation(place).looking_at(Vec3::new(0.0, 0.0, 1.0), Vec3::Y),
            Posture::listening_to([camera]),
        ));
    }
    headless::make_ready(&mut app, PATIENCE).map_err(|error| error.to_string())?;
    let started = Instant::now();
    let mut ready = 0;
    while ready < options.count {
        app.update();
        ready += app.world_mut().resource_mut::<Messages<AvatarReady>>().drain().count();
        let failed = app.world_mut().resource_mut::<Messages<AvatarFailed>>().drain().next();
        if let Some(failed) = failed {
            return Err(failed.error);
        }
        if started.elapsed() > PATIENCE {
            return Err(format!("{ready} of {} are there after {PATIENCE:?}", options.count));
        }
    }
    println!("{} people were there after {:.1} s", options.count, started.elapsed().as_secs_f32());
    for _ in 0..WARM_UP_FRAMES {
        app.update();
    }
    let mut times = Vec::new();
    let began = Instant::now();
    while began.elapsed().as_secs_f32() < options.secs {
        let start = Instant::now();
        app.update();
        finish(&app);
        times.push(1e3 * start.elapsed().as_secs_f32());
    }
    times.sort_unstable_by(f32::total_cmp);
    let at = |share: f32| times[(share * (times.len() - 1) as f32) as usize];
    println!(
        "{} people at {w}x{h}: {:.1} fps; {:.1} ms (p50), {:.1} ms (p99), {} frames",
        options.count,
        times.len() as f32 / began.elapsed().as_secs_f32(),
        at(0.5),
        at(0.99),
        times.len()
    );
    let Some(path) = &options.shot else { return Ok(()) };
    app.world_mut().spawn(Screenshot::image(target)).observe(save_to_disk(path.clone()));
    let last = app.world().resource::<FrameCount>().0 + 10;
    while app.world().resource::<FrameCount>().0 < last {
        app.update();
        finish(&app);
    }
    Ok(())
}

/// Waits until the device has drawn the frame.
fn finish(app: &App) {
    let Some(device) = app.world().get_resource::<RenderDevice>() else { return };
    if let Err(error) = device.poll(PollType::wait_indefinitely()) {
        warn!("{error}");
    }
}
