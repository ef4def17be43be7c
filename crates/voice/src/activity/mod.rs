//! Whether somebody speaks: a probability every 32 ms of sound, and when speech begins and ends.
//!
//! The network is Silero VAD (MIT) for 16 kHz: magnitudes of a spectrum, four convolutions and a memory, in
//! `assets/models/activity.safetensors`, converted by `python/reverie_train/hearing`. [`VoiceActivity`] hears a stream,
//! [`SpeechGate`] makes beginnings and ends of its probabilities.

mod gate;
mod network;

pub use gate::{GateEvent, GateSettings, SpeechGate};

use network::{Network, State};
use reverie_inference::{ModelStore, StoreError, Weights, WeightsError};
use std::sync::Arc;

/// The network's name in the manifest of models.
pub const ACTIVITY_MODEL: &str = "activity";
/// Samples a second that are listened to.
pub const RATE_HZ: u32 = 16_000;
/// Samples of a window, each of which gets a probability.
pub const WINDOW: usize = 512;
/// A window, seconds.
pub const WINDOW_SECS: f64 = WINDOW as f64 / RATE_HZ as f64;

/// Listens to a stream of sound. Streams that are cloned share the weights and begin anew.
pub struct VoiceActivity {
    network: Arc<Network>,
    state: State,
    /// Samples of a window that is not whole yet.
    pending: Vec<f32>,
    probabilities: Vec<f32>,
}

impl std::fmt::Debug for VoiceActivity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VoiceActivity")
            .field("pending", &self.pending.len())
            .finish_non_exhaustive()
    }
}

impl Clone for VoiceActivity {
    fn clone(&self) -> Self {
        Self::of(Arc::clone(&self.network))
    }
}

impl VoiceActivity {
    /// Loads the shipped network.
    ///
    /// # Errors
    /// When the file is missing, damaged or does not fit.
    pub fn load(store: &ModelStore) -> Result<Self, StoreError> {
        Ok(Self::from_weights(&store.weights(ACTIVITY_MODEL)?)?)
    }

    /// Takes the network from a file's contents.
    ///
    /// # Errors
    /// When something is missing in it or does not fit; names file and tensor.
    pub fn from_weights(weights: &Weights) -> Result<Self, WeightsError> {
        Ok(Self::of(Arc::new(Network::load(weights)?)))
    }

    fn of(network: Arc<Network>) -> Self {
        let pending = Vec::with_capacity(WINDOW);
        Self { network, state: State::new(), pending, probabilities: Vec::new() }
    }

    /// Takes samples of [`RATE_HZ`], full scale -1 to 1, as many as there are, and gives for each window that they
    /// complete how likely it is speech, 0 to 1; window `i` of the stream begins `i` times [`WINDOW_SECS`] after the first
    /// sample. Samples that are no numbers are silence. Allocates nothing once it has seen as many samples at a time before.
    pub fn push(&mut self, samples: &[f32]) -> &[f32] {
        self.probabilities.clear();
        for sample in samples {
            let sample = if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
            self.pending.push(sample);
            if self.pending.len() == WINDOW {
                self.probabilities.push(self.network.hear(&mut self.state, &self.pending));
                self.pending.clear();
            }
        }
        &self.probabilities
    }

    /// Forgets what was heard: the next sample begins a new stream.
    pub fn restart(&mut self) {
        self.state.clear();
        self.pending.clear();
    }
}
