//! Depth of a single photograph: the embedded monocular network and what turns its answer into
//! metres at the photograph's size.
//!
//! The photograph is shrunk to the network's size (the aspect ratio is squeezed, as in training),
//! the network predicts inverse depth up to one scale and the sky, false islands of sky are
//! filled, the answer is sharpened and interpolated along the photograph's own edges, and a rule
//! picks the scale: the camera at [`EYE_HEIGHT_M`] above the ground where there is ground, else
//! the median at [`MEDIAN_DEPTH_M`]. The sky is at infinity. Training code, data and figures:
//! `python/reverie_train/depth` and `assets/models/depth.md`.

mod network;
mod resample;
mod scale;
mod sky;
#[cfg(test)]
mod tests;
mod upsample;

pub use network::Config;
pub use scale::{EYE_HEIGHT_M, MEDIAN_DEPTH_M};

use candle_core::Device;
use reverie_inference::{ModelStore, StoreError, Weights, WeightsError};
use reverie_world_model::{
    DepthImage, GeometryError, Intrinsics, PictureError, RgbImage, WorldError,
};
use upsample::Low;

/// The network's name in the manifest of models.
pub const MODEL_NAME: &str = "depth";
/// Log-odds from which a pixel is sky: a probability of 0.7. White walls and windows get a little
/// more than even odds too often.
const SKY_LOGIT: f32 = 0.847_298;
/// Depths of what is not sky are kept within these bounds, metres.
pub const DEPTH_RANGE_M: (f32, f32) = (0.1, 4000.0);

/// Why depth could not be estimated.
#[derive(Debug, thiserror::Error)]
pub enum DepthError {
    /// The weights are missing, damaged or of another shape.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The configuration in the weights' header is not one.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The weights do not fit the network; names file and tensor.
    #[error("depth network: {0}")]
    Misfit(String),
    /// The device failed while the network ran.
    #[error("depth network: {0}")]
    Network(String),
    /// The intrinsics make no sense.
    #[error("intrinsics: {0}")]
    Intrinsics(#[from] GeometryError),
    /// The intrinsics belong to a picture of another size.
    #[error(
        "intrinsics are for {}x{} pixels, the picture has {}x{}",
        intrinsics.0, intrinsics.1, picture.0, picture.1
    )]
    WrongSize {
        /// Width and height of the intrinsics, pixels.
        intrinsics: (u32, u32),
        /// Width and height of the picture, pixels.
        picture: (u32, u32),
    },
    /// The result is no depth picture.
    #[error(transparent)]
    Picture(#[from] PictureError),
}

/// The message alone: candle adds a stack trace to it where one is asked for.
fn plain(error: candle_core::Error) -> String {
    match error {
        candle_core::Error::WithBacktrace { inner, .. } => plain(*inner),
        other => other.to_string(),
    }
}

impl From<DepthError> for WorldError {
    fn from(error: DepthError) -> Self {
        match error {
            DepthError::Store(e) => Self::Weights(e.to_string()),
            DepthError::Weights(e) => Self::Weights(e.to_string()),
            DepthError::Misfit(problem) => Self::Weights(problem),
            DepthError::Intrinsics(_) | DepthError::WrongSize { .. } => {
                Self::InvalidSeed(error.to_string())
            }
            DepthError::Network(_) | DepthError::Picture(_) => Self::Failed(error.to_string()),
        }
    }
}

/// What the network sees in a photograph, at the photograph's size, rows from the top.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictedDepth {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Inverse depth along the view axis up to one positive scale; 0 is the sky.
    pub inverse_depth: Vec<f32>,
}

/// The embedded monocular depth network.
pub struct DepthNetwork {
    network: network::Network,
}

impl DepthNetwork {
    /// Loads the network called [`MODEL_NAME`] from a store.
    ///
    /// # Errors
    /// When the weights are missing, damaged or do not fit; the message names file and tensor.
    pub fn load(store: &ModelStore, device: &Device) -> Result<Self, DepthError> {
        Self::from_weights(&store.weights(MODEL_NAME)?, device)
    }

    /// Builds the network from weights whose metadata carry its configuration.
    ///
    /// # Errors
    /// When the configuration makes no sense or a tensor is missing or of another shape.
    pub fn from_weights(weights: &Weights, device: &Device) -> Result<Self, DepthError> {
        let bad = |problem: String| WeightsError::BadMetadata {
            path: weights.path().into(),
            key: "config".into(),
            problem,
        };
        let config: Config = serde_json::from_str(weights.metadata("config")?)
            .map_err(|e| bad(format!("is no configuration: {e}")))?;
        if let Some(problem) = config.problem() {
            return Err(bad(problem.into()).into());
        }
        let builder = weights.var_builder(candle_core::DType::F32, device);
        let network =
            network::Network::load(config, builder).map_err(|e| DepthError::Misfit(plain(e)))?;
        Ok(Self { network })
    }

    /// The network's configuration.
    pub fn config(&self) -> &Config {
        self.network.config()
    }

    /// Inverse depth and sky of a photograph, up to one scale.
    ///
    /// # Errors
    /// When the device fails.
    pub fn predict(&self, rgb: &RgbImage) -> Result<PredictedDepth, DepthError> {
        let _span = tracing::info_span!("depth").entered();
        let (width, height) = (rgb.width() as usize, rgb.height() as usize);
        let (low_width, low_height) = (self.config().input_width, self.config().input_height);
        let small = resample::shrink(rgb.data(), width, height, low_width, low_height);
        let raw = self
            .network
            .predict(&small, low_width, low_height)
            .map_err(|e| DepthError::Network(plain(e)))?;
        let solid_or_sky = raw.inverse_depth.iter().zip(&raw.sky_logit);
        let mut inverse: Vec<f32> = solid_or_sky
            .map(|(v, sky)| if *sky >= SKY_LOGIT { 0.0 } else { v.max(1e-6) })
            .collect();
        sky::fill_islands(&mut inverse, low_width);
        let low = Low { width: low_width, height: low_height, rgb: &small, inverse: &inverse };
        let sharp = upsample::sharpen(&low);
        let low = Low { inverse: &sharp, ..low };
        let inverse_depth = upsample::upsample(&low, rgb.data(), width, height);
        Ok(PredictedDepth { width: rgb.width(), height: rgb.height(), inverse_depth })
    }

    /// Depth of a photograph in metres, infinity where there is sky. The scale is a guess, see
    /// [`EYE_HEIGHT_M`] and [`MEDIAN_DEPTH_M`].
    ///
    /// # Errors
    /// When the intrinsics make no sense or belong to another size, or the device fails.
    pub fn estimate(
        &self,
        rgb: &RgbImage,
        intrinsics: &Intrinsics,
    ) -> Result<DepthImage, DepthError> {
        intrinsics.validate()?;
        let picture = (rgb.width(), rgb.height());
        let intrinsics_size = (intrinsics.width, intrinsics.height);
        if picture != intrinsics_size {
            return Err(DepthError::WrongSize { intrinsics: intrinsics_size, picture });
        }
        let predicted = self.predict(rgb)?;
        let factor =
            scale::metres_factor(&predicted.inverse_depth, intrinsics).unwrap_or(1.0) as f32;
        let (near, far) = DEPTH_RANGE_M;
        let metres = |inverse: &f32| {
            if *inverse > 0.0 { (factor / inverse).clamp(near, far) } else { f32::INFINITY }
        };
        let depth = predicted.inverse_depth.iter().map(metres).collect();
        Ok(DepthImage::new(rgb.width(), rgb.height(), depth)?)
    }
}

/// Depth of a photograph in metres by the shipped network, infinity where there is sky: loads,
/// predicts and forgets. Keep a [`DepthNetwork`] for more than one picture.
///
/// # Errors
/// As [`DepthNetwork::load`] and [`DepthNetwork::estimate`].
pub fn estimate(rgb: &RgbImage, intrinsics: &Intrinsics) -> Result<DepthImage, DepthError> {
    DepthNetwork::load(&ModelStore::open()?, &Device::Cpu)?.estimate(rgb, intrinsics)
}
