//! The network that paints objects, and the looks it has painted.

use super::{
    ObjectClass, ObjectLooks, ObjectSpec,
    network::{Asked, Network, ObjectPainterConfig},
};
use candle_core::{DType, Device};
use glam::Vec3;
use reverie_inference::{ModelStore, StoreError, Weights, WeightsError};
use std::{collections::HashMap, fmt, sync::Arc};

/// The network's name in the manifest of models.
pub const OBJECT_PAINTER_MODEL: &str = "object_painter";
/// Looks that are kept although nobody shows them any more.
const IDLE_LOOKS: usize = 64;
/// Sizes differ in steps of this, as powers of two: painted looks are stretched to the box anyway.
const SIZE_STEPS: f32 = 4.0;
/// Colours differ in steps of so many 255ths.
const COLOUR_STEP: u8 = 8;

/// Why objects cannot be painted.
#[derive(Debug, thiserror::Error)]
pub enum ObjectPainterError {
    /// The weights are missing, damaged or of another shape.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The configuration in the weights' header is not one.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The weights do not fit the network; names file and tensor.
    #[error("object painter: {0}")]
    Misfit(String),
    /// The network answered nothing that could be shown.
    #[error("object painter: {0}")]
    Network(String),
}

/// The message alone: candle adds a stack trace to it where one is asked for.
fn plain(error: candle_core::Error) -> String {
    match error {
        candle_core::Error::WithBacktrace { inner, .. } => plain(*inner),
        other => other.to_string(),
    }
}

/// What decides an object's looks: things that differ by less share them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Recipe {
    class: ObjectClass,
    /// Logarithm of each edge in metres, in steps.
    size: [i16; 3],
    colour: [u8; 3],
    variant: u16,
}

impl Recipe {
    fn of(spec: &ObjectSpec, rng_seed: u64, variants: usize) -> Self {
        let size = spec.size.to_array().map(|edge| {
            // Far beyond what was trained on, looks stay those of the largest.
            (edge.clamp(0.02, 60.0).log2() * SIZE_STEPS).round() as i16
        });
        let colour = spec.colour.map(|c| (c / COLOUR_STEP) * COLOUR_STEP + COLOUR_STEP / 2);
        let chosen = crate::painter::noise::mixed(rng_seed ^ spec.id.rotate_left(17));
        Self { class: spec.class, size, colour, variant: (chosen % variants as u64) as u16 }
    }

    fn asked(&self) -> Asked {
        Asked {
            class: self.class.index(),
            variant: usize::from(self.variant),
            size: Vec3::from_array(self.size.map(|step| (f32::from(step) / SIZE_STEPS).exp2())),
            colour: Vec3::from_array(self.colour.map(|c| f32::from(c) / 255.0)),
        }
    }
}

/// Paints objects and keeps what it painted.
pub struct ObjectPainter {
    network: Network,
    known: HashMap<Recipe, Arc<ObjectLooks>>,
}

impl fmt::Debug for ObjectPainter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.known.len();
        f.debug_struct("ObjectPainter").field("known", &known).finish_non_exhaustive()
    }
}

impl ObjectPainter {
    /// Loads the network called [`OBJECT_PAINTER_MODEL`] from a store; it runs on the CPU, where the
    /// same object looks the same bit by bit.
    ///
    /// # Errors
    /// When the weights are missing, damaged or do not fit; the message names file and tensor.
    pub fn load(store: &ModelStore) -> Result<Self, ObjectPainterError> {
        Self::from_weights(&store.weights(OBJECT_PAINTER_MODEL)?)
    }

    /// Builds the network from weights whose metadata carry its configuration and classes.
    ///
    /// # Errors
    /// When the configuration makes no sense, the classes are others than this program knows, or a
    /// tensor is missing or of another shape.
    pub fn from_weights(weights: &Weights) -> Result<Self, ObjectPainterError> {
        let bad = |key: &str, problem: String| WeightsError::BadMetadata {
            path: weights.path().into(),
            key: key.into(),
            problem,
        };
        let config: ObjectPainterConfig = serde_json::from_str(weights.metadata("config")?)
            .map_err(|e| bad("config", format!("is no configuration: {e}")))?;
        if let Some(problem) = config.problem() {
            return Err(bad("config", problem.into()).into());
        }
        let classes: Vec<_> = ObjectClass::all().map(ObjectClass::name).collect();
        if weights.metadata("kinds")? != classes.join(",") {
            return Err(bad("kinds", format!("is not `{}`", classes.join(","))).into());
        }
        let builder = weights.var_builder(DType::F32, &Device::Cpu);
        let network =
            Network::load(config, builder).map_err(|e| ObjectPainterError::Misfit(plain(e)))?;
        Ok(Self { network, known: HashMap::new() })
    }

    fn recipe(&self, spec: &ObjectSpec, rng_seed: u64) -> Recipe {
        Recipe::of(spec, rng_seed, self.network.config().variants)
    }

    /// Whether two objects of a world share their looks.
    pub(super) fn alike(&self, a: &ObjectSpec, b: &ObjectSpec, rng_seed: u64) -> bool {
        self.recipe(a, rng_seed) == self.recipe(b, rng_seed)
    }

    /// The looks of an object in a world.
    ///
    /// # Errors
    /// [`ObjectPainterError::Network`].
    pub fn paint(
        &mut self,
        spec: &ObjectSpec,
        rng_seed: u64,
    ) -> Result<Arc<ObjectLooks>, ObjectPainterError> {
        let recipe = self.recipe(spec, rng_seed);
        if let Some(looks) = self.known.get(&recipe) {
            return Ok(Arc::clone(looks));
        }
        let _span = tracing::info_span!("object painter").entered();
        let asked = recipe.asked();
        let side_px = self.network.config().side_px;
        let looks = ObjectLooks::painted(side_px, asked.colour, |side| {
            self.network.side(&asked, side).map_err(plain)
        });
        let looks = Arc::new(looks.map_err(ObjectPainterError::Network)?);
        if self.known.len() >= super::MAX_OBJECTS + IDLE_LOOKS {
            self.known.retain(|_, looks| Arc::strong_count(looks) > 1);
        }
        self.known.insert(recipe, Arc::clone(&looks));
        Ok(looks)
    }

    /// The network's raw answer to what the parity fixture asks.
    #[cfg(test)]
    pub(super) fn raw(
        &self,
        (class, variant, side): (usize, usize, usize),
        size: Vec3,
        colour: Vec3,
    ) -> candle_core::Result<Vec<f32>> {
        self.network.side(&Asked { class, variant, size, colour }, side)
    }
}
