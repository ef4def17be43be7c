//! The model that every other has to beat.

use reverie_world_model::{
    Action, EmbodimentState, ImageSeed, Intrinsics, ModelSpec, Observation, OpenSpace, Seed,
    SeedSource, Snapshot, WorldError, WorldEvent, WorldModel,
};

/// The name in specs, errors and tables.
pub const HOLD_NAME: &str = "hold";

/// Shows the first picture for ever, whatever is done: what "nothing happened" scores.
///
/// Its pose moves through empty space, so that actions are not simply ignored; its picture and depth
/// stay those of the seed. Depth it was not given it does not have.
#[derive(Debug)]
pub struct HoldModel {
    spec: ModelSpec,
    world: Option<Held>,
}

#[derive(Debug)]
struct Held {
    image: ImageSeed,
    camera: Intrinsics,
    body: EmbodimentState,
    tick: u64,
}

impl HoldModel {
    /// A model for pictures of this size.
    pub fn new(width: u32, height: u32, tick_hz: f32) -> Self {
        let spec = ModelSpec {
            name: HOLD_NAME.to_owned(),
            width,
            height,
            tick_hz,
            seeds: vec!["image".to_owned()],
            events: Vec::new(),
            depth: true,
            memory_horizon_secs: None,
        };
        Self { spec, world: None }
    }

    fn unsupported<T>(what: &str) -> Result<T, WorldError> {
        Err(WorldError::Unsupported { model: HOLD_NAME.to_owned(), what: what.to_owned() })
    }

    fn observe(&self, held: &Held) -> Observation {
        Observation {
            rgb: held.image.rgb.clone(),
            depth: held.image.depth.clone(),
            pose: held.body.pose(),
            intrinsics: held.camera,
            coverage: 1.0,
            tick: held.tick,
            time_secs: held.tick as f64 / f64::from(self.spec.tick_hz),
        }
    }
}

impl WorldModel for HoldModel {
    fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    fn begin(&mut self, seed: &Seed) -> Result<Observation, WorldError> {
        let SeedSource::Image(image) = &seed.source else {
            return Self::unsupported(&format!("{} seeds", seed.source.kind()));
        };
        let size = (image.rgb.width(), image.rgb.height());
        if size != (self.spec.width, self.spec.height) {
            return Err(WorldError::InvalidSeed(format!(
                "the picture is {}x{}, the model's frames are {}x{}",
                size.0, size.1, self.spec.width, self.spec.height
            )));
        }
        let Some(camera) = image.intrinsics else {
            return Err(WorldError::InvalidSeed("the picture has no intrinsics".to_owned()));
        };
        let start = seed.start.unwrap_or_default();
        let body = EmbodimentState::new(seed.embodiment, start);
        let held = Held { image: image.clone(), camera, body, tick: 0 };
        let observation = self.observe(&held);
        self.world = Some(held);
        Ok(observation)
    }

    fn step(&mut self, action: &Action) -> Result<Observation, WorldError> {
        action.validate()?;
        let secs = 1.0 / self.spec.tick_hz;
        let held = self.world.as_mut().ok_or(WorldError::NotBegun)?;
        held.body.advance(action, secs, &OpenSpace);
        held.tick += 1;
        self.world.as_ref().map(|held| self.observe(held)).ok_or(WorldError::NotBegun)
    }

    fn apply(&mut self, event: &WorldEvent) -> Result<(), WorldError> {
        Self::unsupported(&format!("`{}` events", event.kind()))
    }

    fn save(&self) -> Result<Snapshot, WorldError> {
        Self::unsupported("snapshots")
    }

    fn restore(&mut self, _: &Snapshot) -> Result<(), WorldError> {
        Self::unsupported("snapshots")
    }
}
