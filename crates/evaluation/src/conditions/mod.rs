//! Weather, hour and kind of world, recognised in a picture.
//!
//! A small network, trained on frames of the simulator, looks at a frame brought to its size and says
//! what weather it shows, how high the sun stands ([`DayPhase`]) and which kind of world it is. Its
//! last layer but one is the space of the Frechet distance. Training code, data and accuracy:
//! `python/reverie_train/conditions` and `assets/models/conditions.md`.

mod labels;
mod network;
mod resample;
#[cfg(test)]
mod tests;

pub use labels::{DOMAINS, DayPhase, sun_height_deg};
pub use network::Config as ConditionsConfig;

use candle_core::Device;
use labels::WEATHERS;
use reverie_inference::{ModelStore, StoreError, Weights, WeightsError};
use reverie_world_model::{RgbImage, Weather};

/// The network's name in the manifest of models.
pub const CONDITIONS_MODEL: &str = "conditions";

/// Why conditions cannot be recognised.
#[derive(Debug, thiserror::Error)]
pub enum ConditionsError {
    /// The weights are missing, damaged or of another shape.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The configuration in the weights' header is not one.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The weights do not fit the network; names file and tensor.
    #[error("conditions network: {0}")]
    Misfit(String),
    /// The device failed while the network ran.
    #[error("conditions network: {0}")]
    Network(String),
}

/// What the network sees in a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognised {
    /// What the answers are read from, as many as the configuration's `features`.
    pub features: Vec<f32>,
    /// Log-odds of the weathers, in the order of [`Weather::ALL`].
    pub weather_logits: Vec<f32>,
    /// Log-odds of the phases of the day, in the order of [`DayPhase::ALL`].
    pub phase_logits: Vec<f32>,
    /// Log-odds of the kinds of world, in the order of [`DOMAINS`].
    pub domain_logits: Vec<f32>,
}

impl Recognised {
    /// The most likely weather.
    pub fn weather(&self) -> Weather {
        WEATHERS[likeliest(&self.weather_logits).min(WEATHERS.len() - 1)]
    }

    /// The most likely phase of the day.
    pub fn phase(&self) -> DayPhase {
        DayPhase::ALL[likeliest(&self.phase_logits).min(DayPhase::ALL.len() - 1)]
    }

    /// The most likely kind of world, one of [`DOMAINS`].
    pub fn domain(&self) -> &'static str {
        DOMAINS[likeliest(&self.domain_logits).min(DOMAINS.len() - 1)]
    }
}

fn likeliest(logits: &[f32]) -> usize {
    let best = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)));
    best.map_or(0, |(at, _)| at)
}

/// The message alone: candle adds a stack trace to it where one is asked for.
fn plain(error: candle_core::Error) -> String {
    match error {
        candle_core::Error::WithBacktrace { inner, .. } => plain(*inner),
        other => other.to_string(),
    }
}

/// The network that recognises conditions.
pub struct ConditionsNetwork {
    network: network::Network,
}

impl ConditionsNetwork {
    /// Loads the network called [`CONDITIONS_MODEL`] from a store; it runs on the CPU, where the
    /// same picture gives the same answer bit by bit.
    ///
    /// # Errors
    /// When the weights are missing, damaged or do not fit; the message names file and tensor.
    pub fn load(store: &ModelStore) -> Result<Self, ConditionsError> {
        Self::from_weights(&store.weights(CONDITIONS_MODEL)?)
    }

    /// Builds the network from weights whose metadata carry its configuration and the names of
    /// what it tells apart.
    ///
    /// # Errors
    /// When the configuration makes no sense, the names are others than this program knows, or a
    /// tensor is missing or of another shape.
    pub fn from_weights(weights: &Weights) -> Result<Self, ConditionsError> {
        let bad = |key: &str, problem: String| WeightsError::BadMetadata {
            path: weights.path().into(),
            key: key.into(),
            problem,
        };
        let config: ConditionsConfig = serde_json::from_str(weights.metadata("config")?)
            .map_err(|e| bad("config", format!("is no configuration: {e}")))?;
        if let Some(problem) = config.problem() {
            return Err(bad("config", problem.into()).into());
        }
        let known = [
            ("weathers", WEATHERS.map(Weather::word).join(",")),
            ("phases", DayPhase::ALL.map(DayPhase::name).join(",")),
            ("domains", DOMAINS.join(",")),
        ];
        for (key, expected) in known {
            if weights.metadata(key)? != expected {
                return Err(bad(key, format!("is not `{expected}`")).into());
            }
        }
        let builder = weights.var_builder(candle_core::DType::F32, &Device::Cpu);
        let network = network::Network::load(config, builder)
            .map_err(|e| ConditionsError::Misfit(plain(e)))?;
        Ok(Self { network })
    }

    /// The network's configuration.
    pub fn config(&self) -> &ConditionsConfig {
        self.network.config()
    }

    /// What a picture of any size shows.
    ///
    /// # Errors
    /// [`ConditionsError::Network`] when the device fails.
    pub fn recognise(&self, picture: &RgbImage) -> Result<Recognised, ConditionsError> {
        let (width, height) = (self.config().input_width, self.config().input_height);
        let rgb = resample::area_mean(picture, width, height);
        let answer = self.network.answer(&rgb).map_err(|e| ConditionsError::Network(plain(e)))?;
        Ok(Recognised {
            features: answer.features,
            weather_logits: answer.weather,
            phase_logits: answer.phase,
            domain_logits: answer.domain,
        })
    }
}
