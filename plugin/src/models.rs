//! The models that views choose from by name, and how each becomes a live world.

use crate::{log::TakenTimes, view::WorldPainting};
use bevy::prelude::Resource;
use reverie_simulator::{Quality, SimulatorModel};
use reverie_spatial::{
    Air, Frame, Memory, PaintStatus, PaintTiming, Renderer, SpatialConfig, SpatialModel,
    objects::Objects,
};
use reverie_world_model::{
    Action, Conditions, DepthImage, ImageSeed, Intrinsics, ModelSpec, Observation, Pose,
    SceneLight, Seed, SeedSource, Snapshot, WorldError, WorldEvent, WorldModel,
};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

/// Ticks between two measurements of the embedded model's coverage.
const COVERAGE_EVERY: u32 = 6;
/// Size of the picture it is measured on, pixels.
const COVERAGE_SIZE: (u32, u32) = (160, 90);
/// Memory that presents the pictures of a model that has none of its own, bytes.
const PRESENTATION_BYTES: usize = 256 << 20;

/// Widest picture asked of the simulator, pixels, and its field of view.
const SIMULATOR_WIDTH: u32 = 320;
const SIMULATOR_FOV_RAD: f32 = 1.2;
/// A model is asked for its light this often, seconds of its own time: telling it costs the simulator
/// rays, and what comes of it is faded in slowly.
const LIGHT_EVERY_SECS: f64 = 0.333;

/// What a model may want to know when it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelOptions {
    /// Width of the pictures, pixels.
    pub width: u32,
    /// Height of the pictures, pixels.
    pub height: u32,
    /// What was never seen shall be painted, by models that can.
    pub painting: bool,
    /// The same inputs shall give the same frames, see
    /// [`ReverieSettings::lockstep`](crate::ReverieSettings::lockstep).
    pub lockstep: bool,
    /// A folder with weights in place of the shipped ones, see
    /// [`WorldView::weights`](crate::WorldView::weights).
    pub weights: Option<PathBuf>,
}

type Factory =
    dyn Fn(&ModelOptions) -> Result<Box<dyn WorldModel>, WorldError> + Send + Sync + 'static;

#[derive(Clone)]
enum Entry {
    Spatial(SpatialConfig),
    Other(Arc<Factory>),
}

/// The models that a [`WorldView`](crate::WorldView) can name.
///
/// `spatial` (the embedded one) and `simulator` (ground truth, a few pictures a second) are always
/// there; [`register`](Self::register) adds any other [`WorldModel`]. Cheap to clone.
#[derive(Resource, Clone)]
pub struct WorldModels {
    entries: BTreeMap<String, Entry>,
}

impl Default for WorldModels {
    fn default() -> Self {
        let spatial = Entry::Spatial(SpatialConfig {
            painting: Some(PaintTiming::WhenReady),
            repainting: PaintTiming::WhenReady,
            ..SpatialConfig::default()
        });
        let mut models = Self { entries: BTreeMap::from([("spatial".to_owned(), spatial)]) };
        models.register("simulator", simulator);
        models
    }
}

/// The simulator traces rays for every pixel of every tick, so its pictures are small here.
fn simulator(options: &ModelOptions) -> Result<Box<dyn WorldModel>, WorldError> {
    if let Some(weights) = &options.weights {
        let problem = "the simulator has no networks; name the model `spatial`";
        return Err(WorldError::Weights(format!("{}: {problem}", weights.display())));
    }
    let shrink = SIMULATOR_WIDTH as f32 / options.width.max(SIMULATOR_WIDTH) as f32;
    let side = |pixels: u32| ((pixels as f32 * shrink).round() as u32).max(1);
    let (width, height) = (side(options.width), side(options.height));
    let camera = Intrinsics::from_horizontal_fov(width, height, SIMULATOR_FOV_RAD);
    let quality = Quality { samples: 1, bounce_rays: 1 };
    Ok(Box::new(SimulatorModel::new(camera, quality)?))
}

impl WorldModels {
    /// Adds a model under a name other than [`WorldView::AUTO`](crate::WorldView::AUTO), or
    /// replaces it. `make` runs on the model's thread, once for every
    /// world that starts.
    pub fn register(
        &mut self,
        name: impl Into<String>,
        make: impl Fn(&ModelOptions) -> Result<Box<dyn WorldModel>, WorldError> + Send + Sync + 'static,
    ) -> &mut Self {
        self.entries.insert(name.into(), Entry::Other(Arc::new(make)));
        self
    }

    /// Sets how the embedded model is made; its picture size is the view's. It paints when both this
    /// and the view say so; in a game with [`PaintTiming::WhenReady`], so that no tick waits.
    pub fn configure_spatial(&mut self, config: SpatialConfig) -> &mut Self {
        self.entries.insert("spatial".to_owned(), Entry::Spatial(config));
        self
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    pub(crate) fn make(&self, name: &str, options: &ModelOptions) -> Result<LiveModel, WorldError> {
        match self.entries.get(name) {
            Some(Entry::Spatial(config)) => {
                let (width, height) = (options.width, options.height);
                let mut config = SpatialConfig { width, height, ..config.clone() };
                if options.weights.is_some() {
                    config.weights.clone_from(&options.weights);
                }
                if !options.painting {
                    config.painting = None;
                } else if options.lockstep && config.painting == Some(PaintTiming::WhenReady) {
                    config.painting = Some(PaintTiming::default());
                }
                if options.lockstep && config.repainting == PaintTiming::WhenReady {
                    config.repainting = SpatialConfig::default().repainting;
                }
                let timing = Timing {
                    painting: config.painting.clone(),
                    repainting: config.repainting.clone(),
                };
                Ok(LiveModel::Spatial(Box::new(Embedded {
                    model: SpatialModel::new(config)?,
                    size: (width, height),
                    own_timing: timing.clone(),
                    timing,
                    renderer: Renderer::new(),
                    probe: Frame::new(),
                    until_probe: 0,
                    coverage: 0.0,
                    light: None,
                })))
            }
            Some(Entry::Other(make)) => {
                let (model, memory) = (make(options)?, presentation_memory());
                Ok(LiveModel::Other(Box::new(Generated { model, memory, light: None })))
            }
            None => {
                let known: Vec<_> = self.names().collect();
                Err(WorldError::Failed(format!(
                    "no model is called `{name}` (there are: {})",
                    known.join(", ")
                )))
            }
        }
    }
}

/// What presentation needs to know after a tick.
pub(crate) struct Moment {
    pub pose: Pose,
    pub intrinsics: Intrinsics,
    pub coverage: f32,
    pub memory: Memory,
    /// The memory in the colours of the conditions.
    pub shown: Memory,
    pub weather: WeatherNow,
    /// What stands in it; none of a model that shows them in its own pictures.
    pub objects: Objects,
    pub painting: WorldPainting,
    /// The light, where the model knows it.
    pub light: Option<SceneLight>,
}

/// What a model tells about weather, hour and season.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct WeatherNow {
    /// The conditions that were asked for, or those that the world began with.
    pub conditions: Option<Conditions>,
    /// Colours are still on their way to them.
    pub changing: bool,
    /// Why colours did not come to them.
    pub error: Option<String>,
    /// What presentation puts before the memory.
    pub air: Air,
    /// Time of the world, seconds.
    pub secs: f64,
}

/// When what threads have made is taken.
#[derive(Debug, Clone)]
pub(crate) struct Timing {
    /// `None`: nothing is painted.
    painting: Option<PaintTiming>,
    repainting: PaintTiming,
}

/// A model on its thread.
pub(crate) enum LiveModel {
    /// The embedded one: presentation draws its own memory, so a tick renders no picture.
    Spatial(Box<Embedded>),
    /// Any other: what it generates is put into a memory, so that looking around does not wait for
    /// it.
    Other(Box<Generated>),
}

/// A model that shows pictures, what is remembered of them, and its light.
pub(crate) struct Generated {
    model: Box<dyn WorldModel>,
    memory: Memory,
    /// What it told last, and when, seconds of its time; `None` asks anew.
    light: Option<(Option<SceneLight>, f64)>,
}

impl Generated {
    fn forget(&mut self) {
        (self.memory, self.light) = (presentation_memory(), None);
    }

    /// What is to be presented of an observation.
    fn moment(&mut self, observation: &Observation) -> Result<Moment, WorldError> {
        remember(&mut self.memory, observation)?;
        let now_secs = observation.time_secs;
        let fresh = |(_, secs): &(_, f64)| (0.0..LIGHT_EVERY_SECS).contains(&(now_secs - secs));
        let told = self.light.filter(fresh);
        let (light, _) = *self.light.insert(told.unwrap_or_else(|| (self.model.light(), now_secs)));
        Ok(Moment {
            pose: observation.pose,
            intrinsics: observation.intrinsics,
            coverage: observation.coverage,
            memory: self.memory.clone(),
            shown: self.memory.clone(),
            weather: WeatherNow {
                conditions: self.model.conditions(),
                secs: now_secs,
                ..WeatherNow::default()
            },
            objects: Objects::none().clone(),
            painting: WorldPainting::default(),
            light,
        })
    }
}

/// The embedded model and what measures its coverage.
pub(crate) struct Embedded {
    model: SpatialModel,
    /// Of its pictures, pixels.
    size: (u32, u32),
    /// When windows are merged unless something is replayed, and now.
    own_timing: Timing,
    timing: Timing,
    renderer: Renderer,
    probe: Frame,
    until_probe: u32,
    coverage: f32,
    /// Of the scene whose first view the world began with.
    light: Option<SceneLight>,
}

impl Embedded {
    fn moment(&self) -> Result<Moment, WorldError> {
        let model = &self.model;
        match (model.pose(), model.intrinsics(), model.memory()) {
            (Some(pose), Some(intrinsics), Some(memory)) => {
                let status = model.repaint_status().unwrap_or_default();
                let weather = WeatherNow {
                    conditions: model.conditions(),
                    changing: status.busy || status.fading,
                    error: status.error,
                    air: model.air(),
                    secs: model.tick() as f64 / f64::from(model.spec().tick_hz),
                };
                Ok(Moment {
                    pose,
                    intrinsics,
                    coverage: self.coverage,
                    memory: memory.clone(),
                    shown: model.shown().unwrap_or(memory).clone(),
                    objects: model.objects().clone(),
                    weather,
                    painting: model.paint_status().map(painting_of).unwrap_or_default(),
                    // Under other conditions its light is another: it is estimated from what is shown.
                    light: self.light.filter(|_| status.wanted.is_none()),
                })
            }
            _ => Err(WorldError::NotBegun),
        }
    }

    /// Begins from a picture, or from what the simulator shows first of a scene.
    fn begin(&mut self, seed: &Seed) -> Result<f32, WorldError> {
        let begun = match &seed.source {
            SeedSource::Scene(scene) => {
                let (seed, light) = first_view(seed, self.size)?;
                let begun = self.model.begin(&seed)?;
                self.model.tell_conditions(scene.into())?;
                Ok((begun, light))
            }
            _ => self.model.begin(seed).map(|begun| (begun, None)),
        };
        let (begun, light) = begun?;
        self.light = light;
        Ok(begun.coverage)
    }

    fn measure_coverage(&mut self) -> Result<(), WorldError> {
        let moment = self.moment()?;
        let camera = moment.intrinsics.resized(COVERAGE_SIZE.0, COVERAGE_SIZE.1);
        self.renderer
            .render(&moment.memory, &moment.pose, &camera, &mut self.probe)
            .map_err(|error| WorldError::Failed(error.to_string()))?;
        self.coverage = self.probe.coverage();
        Ok(())
    }
}

fn painting_of(status: &PaintStatus) -> WorldPainting {
    let mut window_ms: Vec<f32> = status
        .reports
        .iter()
        .map(|report| 1e3 * (report.plan_secs + report.paint_secs + report.merge_secs) as f32)
        .collect();
    window_ms.sort_unstable_by(f32::total_cmp);
    let newest = status.reports.back();
    let lacking = newest.filter(|_| !status.complete).map_or(0, |newest| newest.lacking);
    WorldPainting {
        on: true,
        windows: status.windows,
        running: u32::from(status.busy),
        waiting: lacking.saturating_sub(1),
        window_ms: window_ms.get(window_ms.len() / 2).copied().unwrap_or(0.0),
        steps: newest.map_or(0, |newest| newest.steps),
        rng_seed: newest.map_or(0, |newest| newest.rng_seed),
        error: status.error.clone(),
    }
}

/// What the simulator shows first of a scene, with its exact depth, as a picture to walk into, and
/// the light in it.
fn first_view(
    seed: &Seed,
    (width, height): (u32, u32),
) -> Result<(Seed, Option<SceneLight>), WorldError> {
    let camera = Intrinsics::from_horizontal_fov(width, height, SIMULATOR_FOV_RAD);
    let quality = Quality { samples: 1, bounce_rays: 1 };
    let mut simulator = SimulatorModel::new(camera, quality)?;
    let view = simulator.begin(seed)?;
    let image = ImageSeed { rgb: view.rgb, depth: view.depth, intrinsics: Some(view.intrinsics) };
    let seed = Seed { source: SeedSource::Image(image), start: Some(view.pose), ..seed.clone() };
    Ok((seed, simulator.light()))
}

fn presentation_memory() -> Memory {
    let mut memory = Memory::new();
    memory.set_budget_bytes(PRESENTATION_BYTES, &Pose::IDENTITY);
    memory
}

impl LiveModel {
    fn contract(&self) -> &dyn WorldModel {
        match self {
            Self::Spatial(embedded) => &embedded.model,
            Self::Other(generated) => generated.model.as_ref(),
        }
    }

    pub fn spec(&self) -> &ModelSpec {
        self.contract().spec()
    }

    pub fn begin(&mut self, seed: &Seed) -> Result<Moment, WorldError> {
        match self {
            Self::Spatial(embedded) => {
                embedded.coverage = embedded.begin(seed)?;
                embedded.moment()
            }
            Self::Other(generated) => {
                let observation = generated.model.begin(seed)?;
                generated.forget();
                generated.moment(&observation)
            }
        }
    }

    pub fn step(&mut self, action: &Action) -> Result<Moment, WorldError> {
        match self {
            Self::Spatial(embedded) => {
                embedded.model.advance(action)?;
                if embedded.until_probe == 0 {
                    embedded.measure_coverage()?;
                    embedded.until_probe = COVERAGE_EVERY;
                }
                embedded.until_probe -= 1;
                embedded.moment()
            }
            Self::Other(generated) => {
                let observation = generated.model.step(action)?;
                generated.moment(&observation)
            }
        }
    }

    pub fn apply(&mut self, event: &WorldEvent) -> Result<(), WorldError> {
        match self {
            Self::Spatial(embedded) => embedded.model.apply(event),
            Self::Other(generated) => {
                generated.model.apply(event)?;
                // What was generated under the old conditions is not true any more.
                generated.forget();
                Ok(())
            }
        }
    }

    /// The conditions that were asked for last, if the model knows them.
    pub fn conditions(&self) -> Option<Conditions> {
        match self {
            Self::Spatial(embedded) => embedded.model.conditions(),
            Self::Other(generated) => generated.model.conditions(),
        }
    }

    /// What stands in the world; `None` of a model that shows it in its own pictures.
    pub fn objects(&self) -> Option<Objects> {
        match self {
            Self::Spatial(embedded) => Some(embedded.model.objects().clone()),
            Self::Other(_) => None,
        }
    }

    /// When the model took what its threads had made.
    pub fn times(&self) -> TakenTimes {
        match self {
            Self::Spatial(embedded) => {
                let model = &embedded.model;
                let painting = model.paint_status().map(|_| model.paint_log().to_vec());
                TakenTimes { painting, repainting: model.repaint_log().to_vec() }
            }
            Self::Other(_) => TakenTimes::default(),
        }
    }

    /// From the next tick on what was painted is taken as another run did it, or with `None` as the model does it by
    /// itself. Returns what was so before.
    pub fn set_replay(&mut self, times: Option<TakenTimes>) -> Option<Timing> {
        let Self::Spatial(embedded) = self else { return None };
        let before = embedded.timing.clone();
        let now = match times {
            None => embedded.own_timing.clone(),
            Some(TakenTimes { painting, repainting }) => Timing {
                painting: Some(PaintTiming::Replay(painting.unwrap_or_default())),
                repainting: PaintTiming::Replay(repainting),
            },
        };
        self.set_timing(Some(now));
        Some(before)
    }

    /// See [`set_replay`](Self::set_replay), which says what was so before.
    pub fn set_timing(&mut self, timing: Option<Timing>) {
        if let (Self::Spatial(embedded), Some(timing)) = (self, timing) {
            embedded.timing = timing.clone();
            embedded.model.set_repaint_timing(timing.repainting);
            if let Some(painting) = timing.painting {
                embedded.model.set_paint_timing(painting);
            }
        }
    }

    pub fn save(&self) -> Result<Snapshot, WorldError> {
        self.contract().save()
    }

    /// Restores a state and shows where the world stands.
    pub fn restore(&mut self, snapshot: &Snapshot) -> Result<Moment, WorldError> {
        match self {
            Self::Spatial(embedded) => {
                embedded.model.restore(snapshot)?;
                // A snapshot does not say which scene's light it was: it is estimated from here on.
                embedded.light = None;
                embedded.measure_coverage()?;
                embedded.moment()
            }
            Self::Other(generated) => {
                generated.model.restore(snapshot)?;
                generated.forget();
                // Only a tick shows anything of a model that keeps its state to itself.
                let observation = generated.model.step(&Action::default())?;
                generated.moment(&observation)
            }
        }
    }
}

/// Adds an observation to the presentation memory. A model without depth is shown at infinity:
/// turning is re-projected, moving waits for the model.
fn remember(memory: &mut Memory, observation: &Observation) -> Result<(), WorldError> {
    let Observation { rgb, depth, pose, intrinsics, .. } = observation;
    let merged = match depth {
        Some(depth) => memory.merge(rgb, depth, pose, intrinsics),
        None => {
            *memory = presentation_memory();
            let sky = vec![f32::INFINITY; intrinsics.pixels()];
            let depth = DepthImage::new(rgb.width(), rgb.height(), sky)
                .map_err(|error| WorldError::Failed(error.to_string()))?;
            memory.merge(rgb, &depth, pose, intrinsics)
        }
    };
    merged.map(|_| ()).map_err(WorldError::from)
}
