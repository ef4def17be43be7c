//! The world model: a memory, a body in it, and its eyes.

mod config;

use crate::{
    Air, Frame, Memory, MergeReport, RenderStats, Renderer, SpatialError,
    changing::{Changing, Repaint, RepaintStatus, Sight},
    depth::DepthNetwork,
    objects::{ObjectState, ObjectStudio, Objects, Surroundings},
    painter::{LookAhead, PaintError, PaintPriority, PaintThread, PainterFactory},
    painting::{Paint, PaintState, PaintStatus, Scenery},
    resample,
    snapshot::{Reader, Writer},
    timing::{PaintEntry, PaintTiming},
};
use candle_core::Device;
pub use config::SpatialConfig;
use config::{check_weights, open_store, shipped_painter, shipped_repainter};
use reverie_world_model::{
    Action, Conditions, DepthImage, EmbodimentState, ImageSeed, Intrinsics, ModelSpec, Observation,
    Pose, RgbImage, Seed, SeedSource, Snapshot, WorldError, WorldEvent, WorldModel,
};
use std::fmt;

/// The model's name in specs and snapshots.
pub const MODEL_NAME: &str = "spatial";
/// Layout of its snapshots.
const SNAPSHOT_VERSION: u32 = 7;
/// Photographs with more pixels are made smaller: more detail than a screen shows only costs time.
const MAX_SEED_PIXELS: f64 = 1.3e6;
/// Field of view along the longer side of a picture whose camera is not known, degrees: between a
/// telephone's and a classic lens.
const ASSUMED_FOV_DEG: f32 = 60.0;

/// What [`WorldModel::save`] keeps.
#[derive(Debug, Clone)]
struct World {
    memory: Memory,
    body: EmbodimentState,
    camera: Intrinsics,
    tick: u64,
    rng_seed: u64,
    /// Height of the ground where it began, metres.
    floor_m: f32,
    painting: PaintState,
    changing: Changing,
    objects: ObjectState,
}

impl World {
    fn sight(&mut self, tick_hz: f32) -> Sight<'_> {
        let eye = self.body.pose().position;
        let Self { memory, changing: state, tick, floor_m, rng_seed, .. } = self;
        Sight { memory, state, tick: *tick, tick_hz, floor_m: *floor_m, eye, rng_seed: *rng_seed }
    }

    fn surroundings(&self) -> Surroundings<'_> {
        Surroundings { memory: &self.memory, objects: &self.objects.objects }
    }

    fn scenery(&mut self, yaw_rps: f32) -> Scenery<'_> {
        let pose = self.body.pose();
        let (velocity_mps, camera) = (self.body.velocity_mps, self.camera);
        Scenery {
            memory: &mut self.memory,
            state: &mut self.painting,
            ahead: LookAhead { pose, velocity_mps, yaw_rps, camera },
            tick: self.tick,
            rng_seed: self.rng_seed,
        }
    }
}

/// The embedded world model: what was seen is remembered and shown from wherever the player goes.
pub struct SpatialModel {
    config: SpatialConfig,
    spec: ModelSpec,
    world: Option<World>,
    renderer: Renderer,
    frame: Frame,
    stats: RenderStats,
    /// Loaded with the first picture that needs it.
    depth_network: Option<DepthNetwork>,
    paint: Option<Paint>,
    repaint: Repaint,
    studio: ObjectStudio,
}

impl fmt::Debug for SpatialModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let world = self.world.as_ref().map(|world| (world.tick, world.body));
        f.debug_struct("SpatialModel")
            .field("config", &self.config)
            .field("world", &world)
            .finish_non_exhaustive()
    }
}

impl SpatialModel {
    /// A model without a world yet.
    ///
    /// # Errors
    /// [`WorldError::Failed`] naming the setting that makes no sense, [`WorldError::Weights`] naming the
    /// file of [`SpatialConfig::weights`] that is missing or damaged.
    pub fn new(config: SpatialConfig) -> Result<Self, WorldError> {
        let (width, height, tick_hz) = (config.width, config.height, config.tick_hz);
        crate::view::check_camera(&Intrinsics::from_horizontal_fov(width, height, 1.0))
            .map_err(|e| WorldError::Failed(format!("size {width}x{height}: {e}")))?;
        if !(tick_hz > 0.0 && tick_hz <= 240.0) {
            return Err(WorldError::Failed(format!("tick_hz: {tick_hz} is not within 0 to 240")));
        }
        if let Some(weights) = &config.weights {
            check_weights(weights).map_err(|e| WorldError::Weights(e.to_string()))?;
        }
        let spec = ModelSpec {
            name: MODEL_NAME.to_owned(),
            width,
            height,
            tick_hz,
            seeds: vec!["image".to_owned()],
            events: ["weather", "time_of_day", "season", "undo", "place", "remove"]
                .map(str::to_owned)
                .to_vec(),
            depth: true,
            memory_horizon_secs: None,
        };
        let (renderer, frame) = (Renderer::new(), Frame::new());
        let painting = config.painting.clone();
        let make = shipped_painter(config.assets.clone(), config.weights.clone());
        let repainter = shipped_repainter(config.assets.clone(), config.weights.clone());
        let repaint = Repaint::new(repainter, config.repainting.clone());
        let model = Self {
            config,
            spec,
            world: None,
            renderer,
            frame,
            stats: RenderStats::default(),
            depth_network: None,
            paint: None,
            repaint,
            studio: ObjectStudio::default(),
        };
        match painting {
            None => Ok(model),
            Some(timing) => model
                .with_painter(make, timing)
                .map_err(|error| WorldError::Failed(error.to_string())),
        }
    }

    /// The same with another painter than the shipped one, or with one at all.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn with_painter(
        mut self,
        make: PainterFactory,
        timing: PaintTiming,
    ) -> Result<Self, PaintError> {
        let priority =
            if timing.waits() { PaintPriority::Equal } else { PaintPriority::Background };
        self.paint = Some(Paint::new(PaintThread::new(make, priority)?, timing));
        Ok(self)
    }

    /// From the next tick on windows are merged at these times, as after a replay that goes on
    /// live. Nothing without a painter.
    pub fn set_paint_timing(&mut self, timing: PaintTiming) {
        if let Some(paint) = &mut self.paint {
            paint.set_timing(timing);
        }
    }

    /// How painting stands; `None` without a painter.
    pub fn paint_status(&self) -> Option<&PaintStatus> {
        self.paint.as_ref().map(Paint::status)
    }

    /// When windows were asked for and merged since the world began or was restored, for
    /// [`PaintTiming::Replay`].
    pub fn paint_log(&self) -> &[PaintEntry] {
        self.paint.as_ref().map_or(&[], Paint::log)
    }

    /// From the next tick on other colours are taken at these times, see
    /// [`SpatialModel::set_paint_timing`].
    pub fn set_repaint_timing(&mut self, timing: PaintTiming) {
        self.repaint.set_timing(timing);
    }

    /// How a change of conditions stands; `None` before a world has begun.
    pub fn repaint_status(&self) -> Option<RepaintStatus> {
        self.world.as_ref().map(|world| self.repaint.status(&world.changing))
    }

    /// When other colours were asked for and taken since the world began or was restored, for
    /// [`PaintTiming::Replay`].
    pub fn repaint_log(&self) -> &[PaintEntry] {
        self.repaint.log()
    }

    /// Says under which conditions the world began, for who knows it; else they are recognised in its first view
    /// when they are first changed.
    ///
    /// # Errors
    /// [`WorldError::NotBegun`], or [`WorldError::InvalidEvent`] for values out of range.
    pub fn tell_conditions(&mut self, conditions: Conditions) -> Result<(), WorldError> {
        conditions.validate()?;
        let world = self.world.as_mut().ok_or(WorldError::NotBegun)?;
        world.changing.tell(conditions);
        Ok(())
    }

    /// The memory in the colours of the conditions, on its way to them while they change; `None` before a world has
    /// begun. Its surfaces are those of [`SpatialModel::memory`], but for what was painted since a moment ago.
    pub fn shown(&self) -> Option<&Memory> {
        self.world.as_ref().map(|world| world.changing.shown(&world.memory))
    }

    /// The air between the eye and the memory now.
    pub fn air(&self) -> Air {
        let air = |world: &World| world.changing.air(world.tick, self.spec.tick_hz);
        self.world.as_ref().map_or(Air::NONE, air)
    }

    /// What is remembered, in the colours it was seen in; `None` before a world has begun.
    pub fn memory(&self) -> Option<&Memory> {
        self.world.as_ref().map(|world| &world.memory)
    }
    /// The objects that stand in the world; none before a world has begun.
    pub fn objects(&self) -> &Objects {
        self.world.as_ref().map_or(Objects::none(), |world| &world.objects.objects)
    }
    /// Where the camera is; `None` before a world has begun.
    pub fn pose(&self) -> Option<Pose> {
        self.world.as_ref().map(|world| world.body.pose())
    }
    /// The body and its motion; `None` before a world has begun.
    pub fn embodiment(&self) -> Option<&EmbodimentState> {
        self.world.as_ref().map(|world| &world.body)
    }
    /// The camera that observations are taken with; `None` before a world has begun.
    pub fn intrinsics(&self) -> Option<Intrinsics> {
        self.world.as_ref().map(|world| world.camera)
    }
    /// Ticks since the world began.
    pub fn tick(&self) -> u64 {
        self.world.as_ref().map_or(0, |world| world.tick)
    }
    /// The newest rendered frame.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }
    /// How long the newest frame took.
    pub fn stats(&self) -> &RenderStats {
        &self.stats
    }

    fn world(&self) -> Result<&World, WorldError> {
        self.world.as_ref().ok_or(WorldError::NotBegun)
    }

    /// One tick without a picture, for callers that render themselves.
    ///
    /// # Errors
    /// [`WorldError::NotBegun`] or [`WorldError::InvalidAction`].
    pub fn advance(&mut self, action: &Action) -> Result<Pose, WorldError> {
        let (body, tick) = self.next(action)?;
        let world = self.world.as_mut().ok_or(WorldError::NotBegun)?;
        // Before anything changes: what fails leaves the world as it was.
        self.studio.tend(
            &mut world.objects,
            (world.changing.shown(&world.memory), world.rng_seed),
            (body.pose().position, tick),
            self.config.assets.as_ref(),
        )?;
        (world.body, world.tick) = (body, tick);
        if let Some(paint) = &mut self.paint {
            paint.tick(world.scenery(action.look_rps.x));
        }
        if self.repaint.tick(world.sight(self.spec.tick_hz)) {
            world.objects.relight();
        }
        Ok(body.pose())
    }

    /// Renders the world as the camera sees it now into [`SpatialModel::frame`].
    ///
    /// # Errors
    /// [`WorldError::NotBegun`] or [`WorldError::Failed`].
    pub fn look(&mut self) -> Result<&Frame, WorldError> {
        let Self { world, renderer, frame, stats, spec, .. } = self;
        let world = world.as_ref().ok_or(WorldError::NotBegun)?;
        *stats = draw(world, spec.tick_hz, renderer, frame)?;
        Ok(&self.frame)
    }

    /// Merges an observation made elsewhere into the memory.
    ///
    /// # Errors
    /// [`WorldError::NotBegun`], or [`WorldError::InvalidSeed`] when the observation makes no sense.
    pub fn insert(
        &mut self,
        rgb: &RgbImage,
        depth: &DepthImage,
        pose: &Pose,
        intrinsics: &Intrinsics,
    ) -> Result<MergeReport, WorldError> {
        let world = self.world.as_mut().ok_or(WorldError::NotBegun)?;
        Ok(world.memory.merge(rgb, depth, pose, intrinsics)?)
    }

    fn check_painter(&mut self) -> Result<(), WorldError> {
        self.paint
            .as_mut()
            .map_or(Ok(()), Paint::check)
            .map_err(|error| WorldError::Weights(error.to_string()))
    }

    /// Makes a world the running one.
    fn enter(&mut self, mut world: World) {
        if let Some(paint) = &mut self.paint {
            paint.restart(world.scenery(0.0));
        }
        self.repaint.restart(world.sight(self.spec.tick_hz));
        self.world = Some(world);
    }

    /// Body and tick after one action.
    fn next(&self, action: &Action) -> Result<(EmbodimentState, u64), WorldError> {
        action.validate()?;
        let world = self.world()?;
        let mut body = world.body;
        body.advance(action, 1.0 / self.spec.tick_hz, &world.surroundings());
        body.pose().validate().map_err(|e| WorldError::Failed(e.to_string()))?;
        Ok((body, world.tick.saturating_add(1)))
    }

    /// Renders and copies a world's frame.
    fn observe(&mut self, world: &World) -> Result<Observation, WorldError> {
        let pose = world.body.pose();
        self.stats = draw(world, self.spec.tick_hz, &mut self.renderer, &mut self.frame)?;
        let picture = |e: reverie_world_model::PictureError| WorldError::Failed(e.to_string());
        Ok(Observation {
            rgb: self.frame.to_rgb().map_err(picture)?,
            depth: Some(self.frame.to_depth().map_err(picture)?),
            pose,
            intrinsics: world.camera,
            coverage: self.frame.coverage(),
            tick: world.tick,
            time_secs: world.tick as f64 / f64::from(self.spec.tick_hz),
        })
    }

    fn world_from_image(&mut self, seed: &Seed, image: &ImageSeed) -> Result<World, WorldError> {
        let invalid = |text: String| WorldError::InvalidSeed(text);
        let (width, height) = (image.rgb.width(), image.rgb.height());
        let camera = match image.intrinsics {
            Some(camera) if (camera.width, camera.height) == (width, height) => camera,
            Some(Intrinsics { width: w, height: h, .. }) => {
                let size = format!("{w}x{h}, the picture is {width}x{height}");
                return Err(invalid(format!("intrinsics are of {size}")));
            }
            None => assumed_camera(width, height),
        };
        camera.validate().map_err(|e| invalid(format!("intrinsics: {e}")))?;
        if let Some(depth) = &image.depth
            && (depth.width(), depth.height()) != (width, height)
        {
            let size = format!("{}x{}", depth.width(), depth.height());
            return Err(invalid(format!("depth is {size}, the picture is {width}x{height}")));
        }
        let start = seed.start.unwrap_or_default();
        start.validate().map_err(|e| invalid(format!("start: {e}")))?;
        let too_large = (MAX_SEED_PIXELS / camera.pixels() as f64).sqrt().min(1.0);
        let small = |side: u32| ((f64::from(side) * too_large).round() as u32).max(1);
        let camera = camera.resized(small(width), small(height));
        let picture = |e: reverie_world_model::PictureError| invalid(e.to_string());
        let shrunk;
        let rgb = if too_large < 1.0 {
            shrunk =
                resample::shrink_rgb(&image.rgb, camera.width, camera.height).map_err(picture)?;
            &shrunk
        } else {
            &image.rgb
        };
        let depth = match &image.depth {
            Some(depth) => {
                resample::shrink_depth(depth, camera.width, camera.height).map_err(picture)?
            }
            None => self.estimate_depth(rgb, &camera)?,
        };
        let body = EmbodimentState::new(seed.embodiment, start);
        let mut memory = Memory::new();
        // The picture stands exactly where the body looks from, so that it comes back exactly.
        memory.insert(rgb, &depth, &body.pose(), &camera)?;
        memory.set_budget_bytes(self.config.memory_budget_bytes, &body.pose());
        let camera = camera.fitted(self.config.width, self.config.height);
        Ok(World {
            memory,
            body,
            camera,
            tick: 0,
            rng_seed: seed.rng_seed,
            floor_m: start.position.y - body.body.eye_height_m,
            painting: PaintState::default(),
            changing: Changing::new(None),
            objects: ObjectState::default(),
        })
    }

    fn estimate_depth(
        &mut self,
        rgb: &RgbImage,
        camera: &Intrinsics,
    ) -> Result<DepthImage, WorldError> {
        let network = match self.depth_network.take() {
            Some(network) => network,
            None => {
                let SpatialConfig { assets, weights, .. } = &self.config;
                let store = open_store(assets.as_deref(), weights.as_deref())
                    .map_err(|e| WorldError::Weights(e.to_string()))?;
                DepthNetwork::load(&store, &Device::Cpu)?
            }
        };
        let depth = network.estimate(rgb, camera);
        self.depth_network = Some(network);
        Ok(depth?)
    }
}

/// Draws a world as its camera sees it now.
fn draw(
    world: &World,
    tick_hz: f32,
    renderer: &mut Renderer,
    frame: &mut Frame,
) -> Result<RenderStats, WorldError> {
    let (pose, camera) = (world.body.pose(), &world.camera);
    let memory = world.changing.shown(&world.memory);
    let shown = Surroundings { memory, objects: &world.objects.objects };
    let stats = renderer.render_with(&shown, &pose, camera, frame).map_err(failed)?;
    let air = world.changing.air(world.tick, tick_hz);
    if !air.is_none() {
        air.fill(frame, &pose, camera, world.tick as f64 / f64::from(tick_hz));
    }
    Ok(stats)
}

fn failed(error: SpatialError) -> WorldError {
    WorldError::Failed(error.to_string())
}

fn assumed_camera(width: u32, height: u32) -> Intrinsics {
    let across = Intrinsics::from_horizontal_fov(width, height, ASSUMED_FOV_DEG.to_radians());
    let along = Intrinsics::from_horizontal_fov(height, width, ASSUMED_FOV_DEG.to_radians());
    let focal = across.fx.max(along.fx);
    Intrinsics { fx: focal, fy: focal, ..across }
}

impl WorldModel for SpatialModel {
    fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    fn begin(&mut self, seed: &Seed) -> Result<Observation, WorldError> {
        let SeedSource::Image(image) = &seed.source else {
            return Err(WorldError::Unsupported {
                model: MODEL_NAME.to_owned(),
                what: format!("seeds of kind `{}`", seed.source.kind()),
            });
        };
        self.check_painter()?;
        let world = self.world_from_image(seed, image)?;
        let observation = self.observe(&world)?;
        self.enter(world);
        Ok(observation)
    }

    fn step(&mut self, action: &Action) -> Result<Observation, WorldError> {
        let (body, tick) = self.next(action)?;
        let mut next = World { body, tick, ..self.world()?.clone() };
        self.studio.tend(
            &mut next.objects,
            (next.changing.shown(&next.memory), next.rng_seed),
            (body.pose().position, tick),
            self.config.assets.as_ref(),
        )?;
        if let Some(paint) = &mut self.paint {
            paint.tick(next.scenery(action.look_rps.x));
        }
        if self.repaint.tick(next.sight(self.spec.tick_hz)) {
            next.objects.relight();
        }
        let observation = self.observe(&next)?;
        self.world = Some(next);
        Ok(observation)
    }

    fn apply(&mut self, event: &WorldEvent) -> Result<(), WorldError> {
        event.validate()?;
        let world = self.world.as_mut().ok_or(WorldError::NotBegun)?;
        match event {
            WorldEvent::Weather { .. }
            | WorldEvent::TimeOfDay { .. }
            | WorldEvent::Season { .. }
            | WorldEvent::Undo => self
                .repaint
                .apply(event, world.sight(self.spec.tick_hz))
                .map_err(|error| WorldError::Weights(error.to_string())),
            WorldEvent::Place { .. } | WorldEvent::Remove { .. } => self.studio.apply(
                event,
                &mut world.objects,
                (world.changing.shown(&world.memory), world.rng_seed),
                self.config.assets.as_ref(),
            ),
            _ => Err(WorldError::Unsupported {
                model: MODEL_NAME.to_owned(),
                what: format!("the event `{}`", event.kind()),
            }),
        }
    }

    /// `None` while nobody has told them and nothing was changed, too.
    fn conditions(&self) -> Option<Conditions> {
        self.world.as_ref()?.changing.conditions()
    }

    fn save(&self) -> Result<Snapshot, WorldError> {
        let world = self.world()?;
        let mut writer = Writer::default();
        writer.intrinsics(&world.camera);
        writer.f32s(&[self.spec.tick_hz]);
        writer.u64(world.tick);
        writer.embodiment(&world.body);
        writer.u64(world.rng_seed);
        writer.f32s(&[world.floor_m]);
        world.painting.write(&mut writer);
        writer.memory(&world.memory);
        world.changing.write(&mut writer, &world.memory);
        world.objects.write(&mut writer);
        Ok(Snapshot {
            model: MODEL_NAME.to_owned(),
            version: SNAPSHOT_VERSION,
            state_base64: writer.finish(),
        })
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), WorldError> {
        let invalid = WorldError::InvalidSnapshot;
        if snapshot.model != MODEL_NAME || snapshot.version != SNAPSHOT_VERSION {
            return Err(invalid(format!(
                "of model {:.40} version {}, this is {MODEL_NAME} version {SNAPSHOT_VERSION}",
                snapshot.model, snapshot.version
            )));
        }
        let read = || -> Result<(World, f32), String> {
            let mut reader = Reader::open(&snapshot.state_base64)?;
            let camera = reader.intrinsics()?;
            let tick_hz = reader.f32("tick_hz")?;
            let tick = reader.u64("tick")?;
            let body = reader.embodiment()?;
            body.pose().validate().map_err(|e| e.to_string())?;
            let rng_seed = reader.u64("rng_seed")?;
            let floor_m = reader.f32("floor")?.clamp(-1e6, 1e6);
            let painting = PaintState::read(&mut reader)?;
            let memory = reader.memory()?;
            let changing = Changing::read(&mut reader, &memory)?;
            let objects = ObjectState::read(&mut reader)?;
            reader.finish()?;
            let world = World {
                memory,
                body,
                camera,
                tick,
                rng_seed,
                floor_m,
                painting,
                changing,
                objects,
            };
            Ok((world, tick_hz))
        };
        let (mut world, tick_hz) = read().map_err(invalid)?;
        let here = (self.spec.width, self.spec.height, self.spec.tick_hz);
        if (world.camera.width, world.camera.height, tick_hz) != here {
            let (width, height) = (world.camera.width, world.camera.height);
            return Err(invalid(format!(
                "was made at {width}x{height}, {tick_hz} Hz; this model runs at {}x{}, {} Hz",
                here.0, here.1, here.2
            )));
        }
        self.check_painter()?;
        let assets = self.config.assets.as_ref();
        self.studio.repaint(&mut world.objects, world.rng_seed, assets)?;
        self.enter(world);
        Ok(())
    }
}
