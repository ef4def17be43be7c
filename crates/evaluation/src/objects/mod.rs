//! Which kind of thing stands there, recognised in a picture of it.
//!
//! A small network, trained on pictures of the simulator with things placed into its worlds, looks at a
//! square picture with the thing in its middle ([`aim`]). Training code, data and accuracy:
//! `python/reverie_train/objects` and `assets/models/objects.md`.

mod network;
mod place;
#[cfg(test)]
mod tests;

pub use network::Config as ObjectsConfig;
pub use place::{PICTURE_PX, aim, standing_place};

use candle_core::Device;
use reverie_inference::{ModelStore, StoreError, Weights, WeightsError};
use reverie_world_model::RgbImage;

/// The network's name in the manifest of models.
pub const OBJECTS_MODEL: &str = "objects";

/// Kinds of thing that the network tells apart, in its order.
pub const OBJECT_KINDS: [&str; 15] = [
    "box", "crate", "ball", "barrel", "cylinder", "cone", "wall", "house", "tree", "conifer",
    "bush", "rock", "car", "bench", "lamp",
];

/// Why things cannot be recognised.
#[derive(Debug, thiserror::Error)]
pub enum ObjectsError {
    /// The weights are missing, damaged or of another shape.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The configuration in the weights' header is not one.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The weights do not fit the network; names file and tensor.
    #[error("objects network: {0}")]
    Misfit(String),
    /// The device failed while the network ran.
    #[error("objects network: {0}")]
    Network(String),
    /// The picture has another size than the network's.
    #[error("objects network: the picture is {width}x{height}, it has to be {side}x{side}")]
    Size {
        /// Width of the picture, pixels.
        width: u32,
        /// Height of the picture, pixels.
        height: u32,
        /// What both have to be.
        side: usize,
    },
}

/// The network that recognises things.
pub struct ObjectsNetwork {
    network: network::Network,
}

impl ObjectsNetwork {
    /// Loads the network called [`OBJECTS_MODEL`] from a store; it runs on the CPU, where the same
    /// picture gives the same answer bit by bit.
    ///
    /// # Errors
    /// When the weights are missing, damaged or do not fit; the message names file and tensor.
    pub fn load(store: &ModelStore) -> Result<Self, ObjectsError> {
        Self::from_weights(&store.weights(OBJECTS_MODEL)?)
    }

    /// Builds the network from weights whose metadata carry its configuration and kinds.
    ///
    /// # Errors
    /// When the configuration makes no sense, the kinds are others than this program knows, or a
    /// tensor is missing or of another shape.
    pub fn from_weights(weights: &Weights) -> Result<Self, ObjectsError> {
        let bad = |key: &str, problem: String| WeightsError::BadMetadata {
            path: weights.path().into(),
            key: key.into(),
            problem,
        };
        let config: ObjectsConfig = serde_json::from_str(weights.metadata("config")?)
            .map_err(|e| bad("config", format!("is no configuration: {e}")))?;
        if let Some(problem) = config.problem() {
            return Err(bad("config", problem.into()).into());
        }
        if weights.metadata("kinds")? != OBJECT_KINDS.join(",") {
            return Err(bad("kinds", format!("is not `{}`", OBJECT_KINDS.join(","))).into());
        }
        let builder = weights.var_builder(candle_core::DType::F32, &Device::Cpu);
        let network =
            network::Network::load(config, builder).map_err(|e| ObjectsError::Misfit(plain(e)))?;
        Ok(Self { network })
    }

    /// Log-odds of the kinds, in the order of [`OBJECT_KINDS`], for a picture of [`PICTURE_PX`].
    ///
    /// # Errors
    /// [`ObjectsError::Size`], and [`ObjectsError::Network`] when the device fails.
    pub fn logits(&self, picture: &RgbImage) -> Result<Vec<f32>, ObjectsError> {
        let side = self.network.config().input_px;
        let (width, height) = (picture.width(), picture.height());
        if [width, height] != [side as u32; 2] {
            return Err(ObjectsError::Size { width, height, side });
        }
        let rgb: Vec<f32> = picture.data().iter().map(|c| f32::from(*c) / 255.0).collect();
        self.network.logits(&rgb).map_err(|e| ObjectsError::Network(plain(e)))
    }

    /// The most likely kind, one of [`OBJECT_KINDS`].
    ///
    /// # Errors
    /// As [`logits`](Self::logits).
    pub fn recognise(&self, picture: &RgbImage) -> Result<&'static str, ObjectsError> {
        let logits = self.logits(picture)?;
        let best = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)));
        Ok(OBJECT_KINDS[best.map_or(0, |(at, _)| at).min(OBJECT_KINDS.len() - 1)])
    }
}

/// The message alone: candle adds a stack trace to it where one is asked for.
fn plain(error: candle_core::Error) -> String {
    match error {
        candle_core::Error::WithBacktrace { inner, .. } => plain(*inner),
        other => other.to_string(),
    }
}
