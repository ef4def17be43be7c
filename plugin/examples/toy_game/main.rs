//! A game with a look of its own, to teach the networks: an island of cake and sweets, another one for
//! every seed, drawn by Bevy alone. WASD and the arrow keys walk, F9 records.
//!
//! `cargo run -p bevy_reverie --example toy_game [-- --seed S]`
//!
//! Without a window an autopilot walks and is recorded, one island an episode (`--held-out` for seeds that
//! are never trained on), or pictures are taken from where its walk begins, turned by some degrees:
//!
//! `… toy_game -- --record DIR [--episodes N] [--seed S] [--frames 96] [--size 128x128] [--held-out]`
//! `… toy_game -- --views DIR [--seed S] [--size 512x512] [--turns 0,45,90]`
//!
//! [docs/train-your-own.md](../../../docs/train-your-own.md) goes on from there.

mod headless_modes;
mod island;

use bevy::prelude::*;
use bevy_reverie::prelude::*;
use island::Island;
use reverie_simulator::Rng;
use std::{error::Error, path::PathBuf};

const WALK_MPS: f32 = 1.8;
const TURN_RPS: f32 = 1.4;
const SKY: Color = Color::srgb(0.99, 0.80, 0.85);

type Anything = Box<dyn Error>;

struct Options {
    seed: u64,
    episodes: u64,
    frames: u32,
    size: UVec2,
    record: Option<PathBuf>,
    views: Option<PathBuf>,
    turns_deg: Vec<f32>,
    held_out: bool,
}

impl Options {
    fn read() -> Result<Self, Anything> {
        let mut options = Self {
            seed: 1,
            episodes: 8,
            frames: 96,
            size: UVec2::splat(128),
            record: None,
            views: None,
            turns_deg: vec![0.0],
            held_out: false,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(flag) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{flag}: a value is missing"));
            match flag.as_str() {
                "--seed" => options.seed = value()?.parse()?,
                "--episodes" => options.episodes = value()?.parse()?,
                "--frames" => options.frames = value()?.parse()?,
                "--record" => options.record = Some(value()?.into()),
                "--views" => options.views = Some(value()?.into()),
                "--held-out" => options.held_out = true,
                "--turns" => {
                    options.turns_deg =
                        value()?.split(',').map(str::parse).collect::<Result<_, _>>()?;
                }
                "--size" => {
                    let text = value()?;
                    let (width, height) = text.split_once('x').ok_or("--size: not WxH")?;
                    options.size = UVec2::new(width.parse()?, height.parse()?);
                }
                _ => return Err(format!("{flag} is not known").into()),
            }
        }
        Ok(options)
    }
}

fn main() -> Result<(), Anything> {
    let options = Options::read()?;
    if let Some(folder) = &options.record {
        return headless_modes::record(&options, folder);
    }
    if let Some(folder) = &options.views {
        return headless_modes::views(&options, folder);
    }
    let seed = options.seed;
    let mut app = App::new();
    app.add_plugins((DefaultPlugins, RecorderPlugin))
        .insert_resource(RecorderSettings { seed, domain: "candy".to_owned(), ..default() })
        .add_systems(Startup, move |world: &mut World| {
            world.spawn((camera(), RecordedCamera));
            island::build(world, seed);
        })
        .add_systems(Update, (keys, note))
        .run();
    Ok(())
}

/// The camera of the game, as the components that a world of sweets wants.
fn camera() -> impl Bundle {
    (
        Camera3d::default(),
        Camera { clear_color: ClearColorConfig::Custom(SKY), ..default() },
        AmbientLight { color: Color::srgb(0.95, 0.9, 1.0), brightness: 900.0, ..default() },
        Transform::from_xyz(0.0, 4.0, 0.0),
        Walker::default(),
    )
}

/// Who walks: where to, and where they look.
#[derive(Component, Default)]
struct Walker {
    yaw_rad: f32,
    pitch_rad: f32,
}

impl Walker {
    fn place(&self, island: &Island, at: Vec2) -> Transform {
        let rotation = Quat::from_rotation_y(self.yaw_rad) * Quat::from_rotation_x(self.pitch_rad);
        Transform::from_xyz(at.x, island.eye(at), at.y).with_rotation(rotation)
    }

    fn forward(&self) -> Vec2 {
        Vec2::new(-self.yaw_rad.sin(), -self.yaw_rad.cos())
    }
}

fn keys(
    time: Res<Time>,
    keys: Res<ButtonInput<KeyCode>>,
    island: Res<Island>,
    mut walkers: Query<(&mut Walker, &mut Transform)>,
) {
    let axis = |less: KeyCode, more: KeyCode| {
        f32::from(u8::from(keys.pressed(more))) - f32::from(u8::from(keys.pressed(less)))
    };
    for (mut walker, mut transform) in &mut walkers {
        let turn = TURN_RPS * time.delta_secs();
        walker.yaw_rad += turn * axis(KeyCode::ArrowRight, KeyCode::ArrowLeft);
        let pitch = walker.pitch_rad + turn * axis(KeyCode::ArrowDown, KeyCode::ArrowUp);
        walker.pitch_rad = pitch.clamp(-1.2, 1.2);
        let (ahead, aside) = (walker.forward(), walker.forward().perp());
        let step =
            ahead * axis(KeyCode::KeyS, KeyCode::KeyW) + aside * axis(KeyCode::KeyA, KeyCode::KeyD);
        let at = Vec2::new(transform.translation.x, transform.translation.z);
        let next = at + step.normalize_or_zero() * 2.0 * WALK_MPS * time.delta_secs();
        *transform = walker.place(&island, if island.is_land(next) { next } else { at });
    }
}

/// What the recorder says is told in the log.
fn note(
    mut started: MessageReader<RecordingStarted>,
    mut stopped: MessageReader<RecordingStopped>,
) {
    for recording in started.read() {
        info!("recording into {}", recording.folder.display());
    }
    for recording in stopped.read() {
        info!(
            "{} episodes, {} frames, {} dropped",
            recording.episodes, recording.frames, recording.dropped
        );
    }
}

/// Who walks by themselves: from place to place, looking around.
#[derive(Resource)]
struct Autopilot {
    rng: Rng,
    at: Vec2,
    target: Vec2,
    clock_secs: f32,
}

impl Autopilot {
    fn new(seed: u64, island: &Island) -> (Self, Walker) {
        let mut rng = Rng::new(seed ^ 0xa_0701);
        let at = somewhere(&mut rng, island);
        let target = somewhere(&mut rng, island);
        let walker = Walker { yaw_rad: rng.range(-3.1, 3.1), pitch_rad: 0.0 };
        (Self { rng, at, target, clock_secs: 0.0 }, walker)
    }

    fn step(&mut self, island: &Island, walker: &mut Walker, secs: f32) -> Transform {
        self.clock_secs += secs;
        if self.at.distance(self.target) < 2.0 {
            self.target = somewhere(&mut self.rng, island);
        }
        let wish = (self.target - self.at).normalize_or_zero() + 1.5 * island.away(self.at);
        let way = wish.normalize_or_zero();
        let glance = 0.7 * (0.8 * self.clock_secs).sin() * (0.31 * self.clock_secs).cos();
        let wanted = f32::atan2(-way.x, -way.y) + glance;
        let turn = (wanted - walker.yaw_rad + std::f32::consts::PI)
            .rem_euclid(std::f32::consts::TAU)
            - std::f32::consts::PI;
        walker.yaw_rad += turn.clamp(-TURN_RPS * secs, TURN_RPS * secs);
        walker.pitch_rad = 0.16 * (0.47 * self.clock_secs).sin() - 0.04;
        let next = self.at + way * WALK_MPS * secs;
        if island.is_land(next) {
            self.at = next;
        } else {
            self.target = somewhere(&mut self.rng, island);
        }
        walker.place(island, self.at)
    }
}

fn somewhere(rng: &mut Rng, island: &Island) -> Vec2 {
    for _ in 0..200 {
        let at = Vec2::new(rng.range(-36.0, 36.0), rng.range(-36.0, 36.0));
        if island.is_land(at) && island.away(at) == Vec2::ZERO {
            return at;
        }
    }
    Vec2::ZERO
}

/// The autopilot's system; it does nothing in a game that is played.
fn fly(
    time: Res<Time>,
    island: Res<Island>,
    mut autopilot: ResMut<Autopilot>,
    mut walkers: Query<(&mut Walker, &mut Transform)>,
) {
    for (mut walker, mut transform) in &mut walkers {
        *transform = autopilot.step(&island, &mut walker, time.delta_secs());
    }
}
