//! Samples in, frames out.

use super::align::{AlignError, Aligned, align};
use super::decode::LipDecoder;
use super::features::{BEFORE, FEATURES, Features, Tables};
use super::network::{MOST_FRAMES, Network, OUTPUTS, State};
use super::{HOP, RATE_HZ};
use crate::kernels::exp;
use crate::speaker::Voice;
use reverie_behavior::{Speech, Viseme};
use reverie_inference::{ModelStore, StoreError, Weights, WeightsError};
use std::sync::Arc;

/// The network's name in the manifest of models.
pub const LIPS_MODEL: &str = "lips";

/// What a mouth does in 10 ms.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LipFrame {
    /// How likely each of [`Viseme::ALL`] is; they add up to 1.
    pub visemes: [f32; Viseme::COUNT],
    /// How likely there is voice, 0 to 1.
    pub voicing: f32,
    /// Loudness, 0 to 1: 1 is as loud as the loud parts of what is said, 0 is 40 dB below.
    pub energy: f32,
    /// How much the syllable stands out, 0 to 1; highest in its middle.
    pub accent: f32,
}

impl LipFrame {
    /// The most likely viseme.
    pub fn viseme(&self) -> Viseme {
        let better = |best: (usize, f32), (at, p): (usize, &f32)| match *p > best.1 {
            true => (at, *p),
            false => best,
        };
        Viseme::ALL[self.visemes.iter().enumerate().fold((0, f32::MIN), better).0]
    }
}

/// What all streams share.
struct Model {
    network: Network,
    tables: Arc<Tables>,
}

/// Reads lips from one stream of sound. Cloning shares the network and begins a new stream.
///
/// The same samples give the same frames on one machine, in whatever pieces they come.
pub struct LipReader {
    model: Arc<Model>,
    features: Features,
    state: State,
    inputs: Vec<f32>,
    logits: Vec<f32>,
    frames: Vec<LipFrame>,
    /// Samples so far.
    samples: u64,
    /// Answers so far, those included that belong to no frame.
    answers: u64,
}

impl std::fmt::Debug for LipReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LipReader").field("samples", &self.samples).finish_non_exhaustive()
    }
}

impl Clone for LipReader {
    fn clone(&self) -> Self {
        Self::of(Arc::clone(&self.model))
    }
}

impl LipReader {
    /// Loads the shipped network.
    ///
    /// # Errors
    /// When the file is missing, damaged or does not fit.
    pub fn load(store: &ModelStore) -> Result<Self, StoreError> {
        Ok(Self::from_weights(&store.weights(LIPS_MODEL)?)?)
    }

    /// Takes the network from a file's contents.
    ///
    /// # Errors
    /// When something is missing in it or does not fit; names file, tensor or field.
    pub fn from_weights(weights: &Weights) -> Result<Self, WeightsError> {
        let model = Model { network: Network::load(weights)?, tables: Arc::new(Tables::new()) };
        Ok(Self::of(Arc::new(model)))
    }

    fn of(model: Arc<Model>) -> Self {
        Self {
            features: Features::new(Arc::clone(&model.tables)),
            state: model.network.begin(),
            inputs: vec![0.0; MOST_FRAMES * FEATURES],
            logits: vec![0.0; MOST_FRAMES * OUTPUTS],
            frames: Vec::new(),
            samples: 0,
            answers: 0,
            model,
        }
    }

    /// How much sound after a frame's beginning must be there before the frame comes out, seconds.
    pub fn look_ahead_secs(&self) -> f32 {
        let samples = (self.model.network.delay() + 1) * HOP + BEFORE;
        samples as f32 / RATE_HZ as f32
    }

    /// Takes samples of [`RATE_HZ`], full scale -1 to 1, as many as there are, and gives the frames that are
    /// ready; frame `i` of the stream begins `i` times [`super::LIP_FRAME_SECS`] after the first sample.
    /// Allocates nothing once it has seen as many samples at a time before.
    pub fn push(&mut self, samples: &[f32]) -> &[LipFrame] {
        self.frames.clear();
        self.take(samples);
        &self.frames
    }

    /// Ends the stream: the frames that were not given yet, as if silence followed. The next samples begin a
    /// new one.
    pub fn finish(&mut self) -> &[LipFrame] {
        self.frames.clear();
        let whole = self.samples.div_ceil(HOP as u64);
        let given = self.answers.saturating_sub(self.model.network.delay() as u64);
        let mut left = whole.saturating_sub(given);
        while left > 0 {
            let before = self.frames.len();
            self.take(&[0.0; HOP]);
            left = left.saturating_sub((self.frames.len() - before) as u64);
        }
        self.frames.truncate((whole - given) as usize);
        self.restart();
        &self.frames
    }

    /// Forgets what was heard.
    pub fn restart(&mut self) {
        self.features.restart();
        self.state.restart();
        (self.samples, self.answers) = (0, 0);
    }

    fn take(&mut self, samples: &[f32]) {
        let Self { model, features, state, inputs, logits, frames, .. } = self;
        self.samples += samples.len() as u64;
        for samples in samples.chunks(MOST_FRAMES * HOP) {
            features.push(samples);
            loop {
                let count = features.ready().min(MOST_FRAMES);
                if count == 0 {
                    break;
                }
                let inputs = &mut inputs[..count * FEATURES];
                features.take(count, inputs);
                model.network.step(state, inputs, logits);
                for logits in logits.chunks_exact(OUTPUTS).take(count) {
                    self.answers += 1;
                    if self.answers > model.network.delay() as u64 {
                        frames.push(frame(logits));
                    }
                }
            }
        }
    }

    /// All frames of a whole sound; begins and ends a stream.
    pub fn frames(&mut self, samples: &[f32]) -> Vec<LipFrame> {
        self.restart();
        let mut frames = self.push(samples).to_vec();
        frames.extend_from_slice(self.finish());
        frames
    }

    /// What is said in a whole sound, as far as lips go: sounds that stand for visemes, accents, phrases; no
    /// words.
    pub fn speech(&mut self, samples: &[f32]) -> Speech {
        let mut decoder = LipDecoder::new();
        let mut speech = Speech::default();
        for frame in self.frames(samples) {
            if let Some(heard) = decoder.push(&frame) {
                speech.append(heard.speech, heard.start_secs as f32);
            }
        }
        if let Some(heard) = decoder.finish() {
            speech.append(heard.speech, heard.start_secs as f32);
        }
        speech.duration_secs = samples.len() as f32 / RATE_HZ as f32;
        speech
    }

    /// Finds the time of each sound and word of a text in a whole sound.
    ///
    /// # Errors
    /// When there is nothing to say in the text, or too much for so short a sound.
    pub fn align(
        &mut self,
        samples: &[f32],
        text: &str,
        voice: &Voice,
    ) -> Result<Aligned, AlignError> {
        let frames = self.frames(samples);
        let mut aligned = align(&frames, text, voice)?;
        aligned.speech.duration_secs = samples.len() as f32 / RATE_HZ as f32;
        Ok(aligned)
    }
}

fn frame(logits: &[f32]) -> LipFrame {
    let sigmoid = |x: f32| 1.0 / (1.0 + exp(-x));
    let mut frame = LipFrame::default();
    let (visemes, rest) = logits.split_at(Viseme::COUNT);
    let largest = visemes.iter().fold(f32::MIN, |m, x| m.max(*x));
    let mut sum = 0.0;
    for (p, logit) in frame.visemes.iter_mut().zip(visemes) {
        *p = exp(logit - largest);
        sum += *p;
    }
    frame.visemes.iter_mut().for_each(|p| *p /= sum);
    if let [voicing, energy, accent] = rest {
        (frame.voicing, frame.energy) = (sigmoid(*voicing), sigmoid(*energy));
        frame.accent = sigmoid(*accent);
    }
    frame
}
