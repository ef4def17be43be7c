//! One episode of a data set: a stroll through one world, or an attempt at a task in it.

use crate::{
    args::{ConditionChoice, Dataset},
    error::CliError,
};
use glam::{Quat, Vec3};
use reverie_simulator::{
    Conditions, GroundTruth, Pilot, Policy, Quality, Rng, SceneKind, SimulatorModel, SoundEvent,
    TaskKind,
    dataset::{DatasetError, EncodedEpisode, EpisodeEncoder, EpisodeMeta, FrameData},
};
use reverie_world_model::{
    Action, Embodiment, EmbodimentState, Intrinsics, Pose, SceneSeed, Season, Seed, SeedSource,
    SpatialQuery as _, Stroll, Weather, WorldEvent, WorldModel as _,
};
use serde::Serialize;
use serde_json::Value;

/// Ticks a second of the simulator.
pub const TICK_HZ: f32 = 24.0;
/// What chooses conditions and what chooses ways are unrelated to what builds the world.
const CONDITIONS_STREAM: u64 = 0xc0_4d17;
const STROLL_STREAM: u64 = 0x57_2011;
/// Objects that are put in the way.
const OBSTACLES: [&str; 4] = ["crate", "ball", "barrel", "cone"];

/// What is fixed about an episode before it begins.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    kind: SceneKind,
    seed: u64,
    conditions: Conditions,
    /// How far into the episode conditions change, 0 to 1, and to what.
    change: Option<(f32, WorldEvent)>,
    /// How far into the episode an obstacle is put in the way.
    obstacle: Option<f32>,
    /// What is attempted, and by whom; otherwise it is a stroll.
    attempt: Option<(TaskKind, Policy)>,
}

impl Outline {
    /// The outline of a seed; `number` chooses among conditions and policies that take turns.
    pub fn new(args: &Dataset, seed: u64, number: u64) -> Self {
        let kind = args.domain;
        let mut rng = Rng::new(seed ^ CONDITIONS_STREAM ^ (kind as u64) << 40);
        let (mut change, mut obstacle) = (None, None);
        let conditions = match &args.conditions {
            ConditionChoice::Cycle(list) => {
                let (weather, hour) = list[(number % list.len() as u64) as usize];
                Conditions::new(weather, hour)
            }
            ConditionChoice::Random => {
                let (weather, strength) = any_weather(&mut rng);
                let (hour, season) = (any_hour(&mut rng), rng.pick(&Season::ALL));
                if rng.chance(0.3) {
                    let event = if rng.chance(0.5) {
                        let (weather, strength) = any_weather(&mut rng);
                        WorldEvent::Weather { weather, strength }
                    } else {
                        WorldEvent::TimeOfDay { hour: any_hour(&mut rng) }
                    };
                    change = Some((rng.range(0.2, 0.8), event));
                }
                if rng.chance(0.2) {
                    obstacle = Some(rng.range(0.05, 0.7));
                }
                Conditions { weather, strength, hour, season }
            }
        };
        let attempt = args.task.map(|task| {
            // Tasks are planned in the world as it was built.
            obstacle = None;
            (task, Policy::ALL[(number % Policy::ALL.len() as u64) as usize])
        });
        Self { kind, seed, conditions, change, obstacle, attempt }
    }

    fn embodiment(&self) -> Embodiment {
        if let Some((task, _)) = self.attempt {
            return task.embodiment();
        }
        match self.kind.name() {
            "mountain" => Embodiment::Drone,
            "warehouse" => Embodiment::Rover,
            "primitives" => Embodiment::Free,
            _ => Embodiment::Walker,
        }
    }

    fn world(&self) -> Seed {
        let Conditions { weather, strength, hour, season } = self.conditions;
        let name = self.kind.name().to_owned();
        let scene = SceneSeed { name, seed: self.seed, weather, strength, hour, season };
        Seed::new(SeedSource::Scene(scene)).with_embodiment(self.embodiment())
    }
}

fn any_weather(rng: &mut Rng) -> (Weather, f32) {
    let weather = rng.pick(&Weather::ALL);
    // Most of the time it is well seen what the weather is.
    (weather, if rng.chance(0.5) { 1.0 } else { rng.range(0.25, 1.0) })
}

fn any_hour(rng: &mut Rng) -> f32 {
    // Two thirds by day; hundredths, so that files stay readable.
    let hour = if rng.chance(0.67) { rng.range(6.0, 20.0) } else { rng.range(0.0, 24.0) };
    (hour * 100.0).round() / 100.0
}

fn model(outline: &Outline, size: [u32; 2], fov_deg: f32) -> Result<SimulatorModel, CliError> {
    let camera = Intrinsics::from_horizontal_fov(size[0], size[1], fov_deg.to_radians());
    let mut model = SimulatorModel::new(camera, Quality::default())?;
    model.set_task(outline.attempt.map(|(task, _)| task));
    Ok(model)
}

/// A small picture of where an episode begins: changes when the simulator makes other worlds.
///
/// # Errors
/// When the world cannot be made.
pub fn first_picture(outline: &Outline) -> Result<Vec<u8>, CliError> {
    Ok(model(outline, [32, 18], 75.0)?.begin(&outline.world())?.rgb.into_data())
}

/// Records an episode; `None` when `go_on`, asked after every frame, says no.
///
/// # Errors
/// When the world fails.
pub fn record(
    outline: &Outline,
    args: &Dataset,
    go_on: &dyn Fn() -> bool,
) -> Result<Option<EncodedEpisode>, CliError> {
    let failed = |e: DatasetError| CliError::Failed(format!("seed {}: {e}", outline.seed));
    let mut model = model(outline, [args.size.width, args.size.height], args.fov)?;
    let first = model.begin(&outline.world())?;
    let mut pose = first.pose;
    let meta = EpisodeMeta {
        seed: outline.seed,
        domain: outline.kind.name().to_owned(),
        embodiment: outline.embodiment(),
        tick_hz: TICK_HZ / args.every as f32,
        intrinsics: first.intrinsics,
        policy: outline.attempt.map(|(_, policy)| policy.name().to_owned()),
    };
    let mut encoder = EpisodeEncoder::new(meta, &args.channels).map_err(failed)?;
    let mut driver = Driver::new(outline);
    let mut script = Script::new(outline, args.ticks);
    frame(&mut encoder, &model, &[]).map_err(failed)?;
    for tick in (0..args.ticks).step_by(args.every as usize) {
        if !go_on() {
            return Ok(None);
        }
        let (mut events, mut sounds, mut action) = (Vec::new(), Vec::new(), Action::default());
        for tick in tick..tick + args.every {
            for event in script.events(tick, &pose, &model) {
                model.apply(&event)?;
                events.push(event);
            }
            let now = driver.next(&model)?;
            action.move_mps += now.move_mps / args.every as f32;
            action.look_rps += now.look_rps / args.every as f32;
            action.interact |= now.interact;
            if (tick + 1).is_multiple_of(args.every) {
                model.step(&now)?;
            } else {
                model.pass(&now)?;
            }
            pose = model.body().map_or(pose, EmbodimentState::pose);
            sounds.extend_from_slice(model.sounds());
        }
        encoder.transition(&action, &events, model.flow()).map_err(failed)?;
        frame(&mut encoder, &model, &sounds).map_err(failed)?;
        if model.task_state().is_some_and(|state| state.over) {
            break;
        }
    }
    go_on();
    encoder.finish().map(Some).map_err(failed)
}

/// Who moves the camera.
enum Driver {
    Stroller(Stroll),
    Pilot(Pilot),
}

impl Driver {
    fn new(outline: &Outline) -> Self {
        let seed = outline.seed ^ STROLL_STREAM;
        match outline.attempt {
            Some((_, policy)) => Self::Pilot(Pilot::new(policy, seed)),
            None => Self::Stroller(Stroll::new(seed, outline.embodiment(), TICK_HZ)),
        }
    }

    fn next(&mut self, model: &SimulatorModel) -> Result<Action, CliError> {
        match self {
            Self::Pilot(pilot) => Ok(model.ask(pilot)),
            Self::Stroller(stroll) => match (model.body(), model.scene()) {
                (Some(body), Some(scene)) => Ok(stroll.next(body, scene)),
                _ => Err(CliError::Failed("no world".to_owned())),
            },
        }
    }
}

/// Adds what the model shows now.
fn frame(
    encoder: &mut EpisodeEncoder,
    model: &SimulatorModel,
    sounds: &[SoundEvent],
) -> Result<(), DatasetError> {
    let (Some(truth), Some(scene)) = (model.truth(), model.scene()) else { return Ok(()) };
    let GroundTruth { camera, rgb, depth_m, normal, class, instance, .. } = truth;
    let conditions = json(&scene.conditions())?;
    let task = model.task().map(|task| json(task.state())).transpose()?;
    let sounds = sounds.iter().map(json).collect::<Result<Vec<Value>, _>>()?;
    encoder.frame(&FrameData {
        pose: camera.pose,
        conditions: Some(&conditions),
        sounds: &sounds,
        task: task.as_ref(),
        rgb: Some(rgb),
        depth_m: Some(depth_m),
        normal: Some(normal),
        class: Some(class),
        instance: Some(instance),
    })
}

/// A value as JSON reads it: 12.19 stays 12.19 and does not become the 64 bits nearest to its 32.
fn json(value: &impl Serialize) -> Result<Value, DatasetError> {
    serde_json::to_string(value).and_then(|text| serde_json::from_str(&text)).map_err(|e| {
        DatasetError::Invalid {
            field: "conditions, sounds or task".to_owned(),
            problem: e.to_string(),
        }
    })
}

/// What happens to the world on the way.
struct Script {
    change: Option<(u32, WorldEvent)>,
    obstacle_at: Option<u32>,
    remove_at: Option<u32>,
    rng: Rng,
}

impl Script {
    fn new(outline: &Outline, ticks: u32) -> Self {
        let at = |share: f32| (share * ticks as f32) as u32;
        Self {
            change: outline.change.clone().map(|(share, event)| (at(share), event)),
            obstacle_at: outline.obstacle.map(at),
            remove_at: None,
            rng: Rng::new(outline.seed ^ CONDITIONS_STREAM.rotate_left(20)),
        }
    }

    /// Events before the action of this tick.
    fn events(&mut self, tick: u32, pose: &Pose, model: &SimulatorModel) -> Vec<WorldEvent> {
        let mut events = Vec::new();
        if self.obstacle_at == Some(tick) {
            events.extend(self.obstacle(pose, model));
            if !events.is_empty() && self.rng.chance(0.6) {
                self.remove_at = Some(tick + 36 + self.rng.below(48) as u32);
            }
        }
        if self.remove_at == Some(tick) {
            events.push(WorldEvent::Remove { id: 1 });
        }
        if let Some((_, event)) = self.change.take_if(|(at, _)| *at == tick) {
            events.push(event);
        }
        events
    }

    /// Something a few metres ahead, on the ground, where there is room for it.
    fn obstacle(&mut self, pose: &Pose, model: &SimulatorModel) -> Option<WorldEvent> {
        let scene = model.scene()?;
        let rng = &mut self.rng;
        let class = rng.pick(&OBSTACLES).to_owned();
        let size = Vec3::new(rng.range(0.4, 1.1), rng.range(0.4, 1.3), rng.range(0.4, 1.1));
        let colour = [0; 3].map(|_: u8| rng.range(20.0, 235.0) as u8);
        let (yaw_rad, away_m) = (rng.range(-3.1, 3.1), rng.range(3.0, 7.0));
        let ahead = (pose.forward() * Vec3::new(1.0, 0.0, 1.0)).try_normalize()?;
        let above = pose.position + ahead * away_m;
        let ground_m = scene.ground_height(above)?;
        let position = Vec3::new(above.x, ground_m + 0.5 * size.y, above.z);
        let free = scene.ray_cast(pose.position, ahead, away_m + 1.0).is_none();
        let rotation = Quat::from_rotation_y(yaw_rad);
        free.then_some(WorldEvent::Place { id: 1, class, position, rotation, size, colour })
    }
}
