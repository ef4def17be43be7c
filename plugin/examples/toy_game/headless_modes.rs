//! The game without a window: recordings of the autopilot, and pictures.

use super::{Anything, Autopilot, Options, Walker, camera, fly, island, island::Island};
use bevy::{
    camera::RenderTarget,
    log::LogPlugin,
    prelude::*,
    render::{
        render_resource::{PollType, TextureFormat, TextureUsages},
        renderer::RenderDevice,
        view::window::screenshot::{Screenshot, save_to_disk},
    },
    time::TimeUpdateStrategy,
};
use bevy_reverie::{headless, prelude::*, world_model::Weather};
use std::{fs, path::Path, time::Duration};

const FRAME_HZ: f32 = 12.0;
/// Held-out episodes have other islands than any that is trained on.
const FIRST_HELD_OUT_SEED: u64 = 1_000_000;
/// Frames until a new island is drawn as it will be.
const SETTLE: usize = 4;

struct Stage {
    app: App,
    camera: Entity,
    target: Handle<Image>,
}

impl Stage {
    fn new(size: UVec2) -> Result<Self, Anything> {
        let mut app = App::new();
        app.add_plugins((headless::default_plugins().disable::<LogPlugin>(), RecorderPlugin))
            .insert_resource(TimeUpdateStrategy::ManualDuration(Duration::from_secs_f32(
                FRAME_HZ.recip(),
            )));
        headless::make_ready(&mut app, Duration::from_secs(120))?;
        let mut image =
            Image::new_target_texture(size.x, size.y, TextureFormat::Rgba8UnormSrgb, None);
        image.texture_descriptor.usage |= TextureUsages::COPY_SRC;
        let target = app.world_mut().resource_mut::<Assets<Image>>().add(image);
        // Windows of the painter are squares of 90 degrees: a camera that sees just that is learnt from best.
        let view = PerspectiveProjection { fov: std::f32::consts::FRAC_PI_2, ..default() };
        let camera = app
            .world_mut()
            .spawn((
                camera(),
                RecordedCamera,
                RecordedConditions { weather: Some((Weather::Clear, 1.0)), ..default() },
                Projection::Perspective(view),
                RenderTarget::Image(target.clone().into()),
            ))
            .id();
        Ok(Self { app, camera, target })
    }

    /// Builds the island of a seed and puts the walker where the walk begins.
    fn enter(&mut self, seed: u64) {
        let world = self.app.world_mut();
        island::build(world, seed);
        let island = world.resource::<Island>().clone();
        let (mut autopilot, mut walker) = Autopilot::new(seed, &island);
        let first = autopilot.step(&island, &mut walker, 0.0);
        world.insert_resource(autopilot);
        world.entity_mut(self.camera).insert((walker, first));
    }

    /// One frame, all of it.
    fn frame(&mut self) -> Result<(), Anything> {
        self.app.update();
        self.app.world().resource::<RenderDevice>().poll(PollType::wait_indefinitely())?;
        Ok(())
    }

    fn control(&mut self, control: RecorderControl) {
        self.app.world_mut().write_message(control);
    }

    fn failure(&mut self) -> Option<String> {
        let mut failed = self.app.world_mut().resource_mut::<Messages<RecordingFailed>>();
        failed.drain().next().map(|failed| failed.error)
    }
}

/// Records the autopilot's walks.
pub fn record(options: &Options, folder: &Path) -> Result<(), Anything> {
    let mut stage = Stage::new(options.size)?;
    stage.app.add_systems(Update, fly.run_if(resource_exists::<Autopilot>));
    let first = options.seed + if options.held_out { FIRST_HELD_OUT_SEED } else { 0 };
    for seed in first..first + options.episodes {
        stage.enter(seed);
        for _ in 0..SETTLE {
            stage.frame()?;
        }
        stage.app.insert_resource(RecorderSettings {
            folder: folder.into(),
            size: options.size,
            frame_hz: FRAME_HZ,
            frames_per_episode: options.frames,
            domain: "candy".to_owned(),
            seed,
            key: None,
        });
        stage.control(RecorderControl::Start);
        for _ in 0..options.frames {
            stage.frame()?;
        }
        stage.control(RecorderControl::Stop);
        loop {
            stage.frame()?;
            if let Some(error) = stage.failure() {
                return Err(error.into());
            }
            let mut stopped = stage.app.world_mut().resource_mut::<Messages<RecordingStopped>>();
            if let Some(stopped) = stopped.drain().next() {
                println!("seed {seed}: {} frames, {} dropped", stopped.frames, stopped.dropped);
                break;
            }
        }
    }
    Ok(())
}

/// Takes pictures from where the walk of a seed begins.
pub fn views(options: &Options, folder: &Path) -> Result<(), Anything> {
    fs::create_dir_all(folder)?;
    let mut stage = Stage::new(options.size)?;
    stage.enter(options.seed);
    for _ in 0..SETTLE {
        stage.frame()?;
    }
    for (at, turn_deg) in options.turns_deg.iter().enumerate() {
        let (camera, target) = (stage.camera, stage.target.clone());
        let world = stage.app.world_mut();
        let island = world.resource::<Island>().clone();
        let place = world.resource::<Autopilot>().at;
        if let Some(walker) = world.get::<Walker>(camera) {
            let yaw_rad = walker.yaw_rad + turn_deg.to_radians();
            let turned = Walker { yaw_rad, pitch_rad: walker.pitch_rad };
            let transform = turned.place(&island, place);
            world.entity_mut(camera).insert(transform);
        }
        let file = folder.join(format!("{at:05}.png"));
        world.spawn(Screenshot::image(target)).observe(save_to_disk(file.clone()));
        for _ in 0..200 {
            stage.frame()?;
            if file.exists() {
                break;
            }
        }
    }
    Ok(())
}
