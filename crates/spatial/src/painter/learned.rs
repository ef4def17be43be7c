//! The embedded painter: a layout network and, with it, a refiner.

use super::network::{
    CAPTION, CONDITIONS, Inputs, Layout, LayoutConfig, Refiner, RefinerConfig, noise_maps,
};
use super::{PaintError, Painted, Painter, PainterFactory, WINDOW_SIDE, Window, window_camera};
use candle_core::{DType, Device, Result as Computed, Tensor};
use reverie_inference::{ModelStore, Weights};
use reverie_world_model::RgbImage;
use std::sync::Arc;

/// Names of the networks in the store.
pub const LAYOUT_NAME: &str = "painter_layout";
/// See [`LAYOUT_NAME`].
pub const REFINER_NAME: &str = "painter_refiner";

/// 1/m: where the code of depth turns from logarithmic to linear, so that the sky has a code, too.
const FAR_OFFSET: f32 = 1e-3;
/// Beyond this the code means sky, metres.
const FARTHEST_M: f32 = 3000.0;
/// Nearest that is painted, 1/m.
const MOST_INVERSE_DEPTH: f32 = 20.0;

fn encode(inverse_depth: f32) -> f32 {
    ((inverse_depth.min(MOST_INVERSE_DEPTH) + FAR_OFFSET).ln() + 3.5) * 0.5
}

fn decode(code: f32) -> f32 {
    let inverse = (code * 2.0 - 3.5).exp() - FAR_OFFSET;
    if inverse > 1.0 / FARTHEST_M { inverse.min(MOST_INVERSE_DEPTH) } else { 0.0 }
}

/// Networks that complete windows.
pub struct LearnedPainter {
    layout: Layout,
    refiner: Option<Refiner>,
    device: Device,
    /// What the world is like, see [`CONDITIONS`].
    conditions: [f32; CONDITIONS],
}

fn failed(error: candle_core::Error) -> PaintError {
    PaintError::Painter(error.to_string().lines().next().unwrap_or("no reason given").to_owned())
}

fn config<C: serde::de::DeserializeOwned>(weights: &Weights) -> Result<C, PaintError> {
    let said = |problem: String| {
        PaintError::Painter(format!("{}: config: {problem}", weights.path().display()))
    };
    let text = weights.metadata("config").map_err(|e| PaintError::Painter(e.to_string()))?;
    serde_json::from_str(text).map_err(|e| said(format!("is no configuration: {e}")))
}

impl LearnedPainter {
    /// Builds the painter from weights whose metadata carry their configurations.
    ///
    /// # Errors
    /// [`PaintError::Painter`] naming file and field when a configuration makes no sense or a
    /// tensor is missing or of another shape.
    pub fn from_weights(
        layout: &Weights,
        refiner: Option<&Weights>,
        device: &Device,
    ) -> Result<Self, PaintError> {
        let misfit = |weights: &Weights, problem: &dyn std::fmt::Display| {
            let problem = problem.to_string();
            let problem = problem.lines().next().unwrap_or("does not fit").to_owned();
            PaintError::Painter(format!("{}: {problem}", weights.path().display()))
        };
        let shape: LayoutConfig = config(layout)?;
        if let Some(problem) = shape.problem() {
            return Err(misfit(layout, &problem));
        }
        let builder = layout.var_builder(DType::F32, device);
        let base = Layout::load(&shape, builder).map_err(|e| misfit(layout, &e))?;
        let refiner = match refiner {
            None => None,
            Some(weights) => {
                let shape: RefinerConfig = config(weights)?;
                if let Some(problem) = shape.problem() {
                    return Err(misfit(weights, &problem));
                }
                let builder = weights.var_builder(DType::F32, device);
                Some(Refiner::load(&shape, builder).map_err(|e| misfit(weights, &e))?)
            }
        };
        Ok(Self { layout: base, refiner, device: device.clone(), conditions: [0.0; CONDITIONS] })
    }

    /// Loads the shipped networks from a store.
    ///
    /// # Errors
    /// [`PaintError::Painter`] when weights are missing, damaged or do not fit.
    pub fn load(store: &ModelStore, device: &Device) -> Result<Self, PaintError> {
        let read = |name: &str| store.weights(name).map_err(|e| PaintError::Painter(e.to_string()));
        let layout = read(LAYOUT_NAME)?;
        let refiner = store.entry(REFINER_NAME).is_ok().then(|| read(REFINER_NAME)).transpose()?;
        Self::from_weights(&layout, refiner.as_ref(), device)
    }

    /// Makes painters of a store's networks, on the CPU.
    #[must_use]
    pub fn factory(store: ModelStore) -> PainterFactory {
        Arc::new(move || Ok(Box::new(Self::load(&store, &Device::Cpu)?)))
    }

    fn inputs(&self, window: &Window<'_>) -> Computed<Inputs> {
        let side = WINDOW_SIDE as usize;
        let (frame, camera) = (window.frame, window_camera());
        let mut known = Vec::with_capacity(side * side);
        let mut fill = Vec::with_capacity(4 * side * side);
        let mut seen = Vec::with_capacity(4 * side * side);
        let mut elevation = Vec::with_capacity(side * side);
        for (at, pixel) in frame.rgba8().chunks_exact(4).enumerate() {
            let flag = f32::from(u8::from(frame.is_known(at)));
            let [r, g, b] = [0, 1, 2].map(|c| f32::from(pixel[c]) / 255.0);
            let texel = [r, g, b, encode(frame.inverse_depth()[at])];
            known.push(flag);
            fill.extend(texel);
            seen.extend(texel.map(|v| v * flag));
            let ray = camera.ray((at % side) as f32 + 0.5, (at / side) as f32 + 0.5);
            elevation.push((window.pose.rotation * ray.normalize()).y);
        }
        let device = &self.device;
        Ok(Inputs {
            known: Tensor::from_vec(known, (side, side), device)?,
            seen: Tensor::from_vec(seen, (side, side, 4), device)?,
            fill: Tensor::from_vec(fill, (side, side, 4), device)?,
            elevation: Tensor::from_vec(elevation, (side, side), device)?,
            proxy_class: Tensor::zeros((side, side), DType::U32, device)?,
            proxy_rgb: Tensor::zeros((side, side, 3), DType::F32, device)?,
            conditions: Tensor::new(&self.conditions, device)?,
            caption: Tensor::zeros(CAPTION, DType::F32, device)?,
        })
    }

    fn answer(&self, window: &Window<'_>) -> Computed<Vec<f32>> {
        let inputs = self.inputs(window)?;
        let mut answer = self.layout.forward(&inputs)?;
        if let Some(refiner) = &self.refiner {
            let noise = noise_maps(WINDOW_SIDE as usize, window.rng_seed, &self.device)?;
            answer = refiner.forward(&inputs, &inputs.joined(&answer)?, &noise)?;
        }
        answer.flatten_all()?.to_vec1()
    }
}

impl Painter for LearnedPainter {
    fn steps(&self) -> u32 {
        1 + u32::from(self.refiner.is_some())
    }

    fn paint(&mut self, window: &Window<'_>) -> Result<Painted, PaintError> {
        let _span = tracing::info_span!("painter").entered();
        let answer = self.answer(window).map_err(failed)?;
        let mut rgb = Vec::with_capacity(answer.len() / 4 * 3);
        let mut inverse_depth = Vec::with_capacity(answer.len() / 4);
        for (at, texel) in answer.chunks_exact(4).enumerate() {
            let seen = &window.frame.rgba8()[4 * at..4 * at + 3];
            if window.frame.is_known(at) {
                rgb.extend_from_slice(seen);
                inverse_depth.push(window.frame.inverse_depth()[at]);
            } else {
                rgb.extend(texel[..3].iter().map(|v| (v.clamp(0.0, 1.0) * 255.0).round() as u8));
                inverse_depth.push(decode(texel[3]));
            }
        }
        let rgb = RgbImage::new(WINDOW_SIDE, WINDOW_SIDE, rgb)
            .map_err(|e| PaintError::Painter(e.to_string()))?;
        Ok(Painted { rgb, inverse_depth })
    }
}
