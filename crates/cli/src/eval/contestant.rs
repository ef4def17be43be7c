//! Who is judged.

use crate::error::CliError;
use reverie_evaluation::{Contestant, HOLD_NAME, HoldModel};
use reverie_inference::ModelStore;
use reverie_spatial::{MODEL_NAME, PaintTiming, SpatialConfig, SpatialModel, painter::LAYOUT_NAME};
use reverie_world_model::WorldModel;
use std::fmt::Display;

/// What `--model` accepts beside the baselines, which are always there.
pub const MODELS: [&str; 1] = [MODEL_NAME];
/// Name of the embedded memory with push-pull and nothing else.
const REPROJECTION_NAME: &str = "reprojection";

pub type Named = (&'static str, Box<dyn WorldModel>);

/// The model that was asked for and the baselines.
pub fn contestants(
    model: Option<&'static str>,
    store: &ModelStore,
    size: [u32; 2],
    tick_hz: f32,
) -> Result<Vec<Named>, CliError> {
    let mut models: Vec<Named> = Vec::new();
    if let Some(name) = model {
        models.push((name, painted(store, size, tick_hz)?));
    }
    models.push((REPROJECTION_NAME, spatial(size, tick_hz, None)?));
    let [width, height] = size;
    models.push((HOLD_NAME, Box::new(HoldModel::new(width, height, tick_hz))));
    Ok(models)
}

/// The embedded model with its painter, if there is one; windows come in at fixed ticks, so that
/// figures do not depend on the machine.
pub fn painted(
    store: &ModelStore,
    size: [u32; 2],
    tick_hz: f32,
) -> Result<Box<dyn WorldModel>, CliError> {
    spatial(size, tick_hz, has_painter(store).then(PaintTiming::default))
}

fn spatial(
    [width, height]: [u32; 2],
    tick_hz: f32,
    painting: Option<PaintTiming>,
) -> Result<Box<dyn WorldModel>, CliError> {
    let config = SpatialConfig { width, height, tick_hz, painting, ..SpatialConfig::default() };
    Ok(Box::new(SpatialModel::new(config)?))
}

/// Whether the store has a painter.
pub fn has_painter(store: &ModelStore) -> bool {
    store.entry(LAYOUT_NAME).is_ok()
}

/// The name of a model that there is.
///
/// # Errors
/// [`CliError::BadInput`] naming the valid ones.
pub fn chosen_model(name: Option<&str>) -> Result<Option<&'static str>, CliError> {
    let Some(name) = name else { return Ok(None) };
    if let Some(known) = MODELS.into_iter().find(|known| *known == name) {
        return Ok(Some(known));
    }
    Err(CliError::BadInput(format!(
        "--model {} is unknown (valid: {}; the baselines are in every table)",
        name.chars().take(60).collect::<String>(),
        MODELS.join(", ")
    )))
}

/// The models as the judge takes them.
pub fn named(models: &mut [Named]) -> Vec<Contestant<'_>> {
    models
        .iter_mut()
        .map(|(name, model)| Contestant { name: (*name).to_owned(), model: model.as_mut() })
        .collect()
}

/// An error that is not the input's fault.
pub fn failed(error: &dyn Display) -> CliError {
    CliError::Failed(error.to_string())
}
