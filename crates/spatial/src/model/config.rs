//! How a model runs, and where its networks come from.

use crate::{
    changing::RepainterFactory,
    painter::{LearnedPainter, PaintError, PainterFactory},
    repaint::{RepaintError, Repainter},
    timing::PaintTiming,
};
use candle_core::Device;
use reverie_inference::{ModelStore, StoreError};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// How a [`SpatialModel`](crate::SpatialModel) runs.
#[derive(Debug, Clone, PartialEq)]
pub struct SpatialConfig {
    /// Width of observations, pixels.
    pub width: u32,
    /// Height of observations, pixels.
    pub height: u32,
    /// Ticks per second, above 0 and at most 240.
    pub tick_hz: f32,
    /// Most bytes the memory may hold.
    pub memory_budget_bytes: usize,
    /// Folder of the assets with the depth network's weights, for pictures without depth; `None`
    /// looks where the program is installed.
    pub assets: Option<PathBuf>,
    /// A folder with models, built like the assets: those it has take the place of the shipped ones,
    /// for example weights that were taught a game's look.
    pub weights: Option<PathBuf>,
    /// When what was never seen is painted by the shipped networks; `None` leaves it to the filling
    /// of holes.
    pub painting: Option<PaintTiming>,
    /// When the colours of other conditions are taken, once they have been asked for.
    pub repainting: PaintTiming,
}

/// Ticks from a change of conditions to the first change of colours, unless told otherwise.
const REPAINT_TICKS: u32 = 24;

impl Default for SpatialConfig {
    fn default() -> Self {
        Self {
            width: 1280,
            height: 720,
            tick_hz: 24.0,
            memory_budget_bytes: crate::memory::DEFAULT_BUDGET_BYTES,
            assets: None,
            weights: None,
            painting: Some(PaintTiming::default()),
            repainting: PaintTiming::Lockstep { ticks: REPAINT_TICKS },
        }
    }
}

pub(super) fn open_store(
    assets: Option<&Path>,
    weights: Option<&Path>,
) -> Result<ModelStore, StoreError> {
    let store = assets.map_or_else(ModelStore::open, ModelStore::open_at)?;
    match weights {
        Some(folder) => store.with_weights(folder),
        None => Ok(store),
    }
}

/// Whether all models of a folder are there and whole; those that are fetched are nobody's weights.
pub(super) fn check_weights(folder: &Path) -> Result<(), StoreError> {
    let store = ModelStore::open_at(folder)?;
    let mut models = store.manifest().models.iter().filter(|model| model.fetch.is_none());
    models.try_for_each(|model| store.read(&model.name).map(|_| ()))
}

/// Makes painters of the shipped networks.
pub(super) fn shipped_painter(assets: Option<PathBuf>, weights: Option<PathBuf>) -> PainterFactory {
    Arc::new(move || {
        let store = open_store(assets.as_deref(), weights.as_deref())
            .map_err(|e| PaintError::Painter(e.to_string()))?;
        Ok(Box::new(LearnedPainter::load(&store, &Device::Cpu)?))
    })
}

/// Makes repainters of the shipped network.
pub(super) fn shipped_repainter(
    assets: Option<PathBuf>,
    weights: Option<PathBuf>,
) -> RepainterFactory {
    Arc::new(move || {
        let store = open_store(assets.as_deref(), weights.as_deref())
            .map_err(|e| RepaintError::Network(e.to_string()))?;
        Repainter::load(&store)
    })
}
