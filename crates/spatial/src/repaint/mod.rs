//! What is remembered, under another weather, hour or season.
//!
//! The memory keeps the colours it was made with; what is shown under other conditions is painted from those, view by
//! view, and geometry stays. So nothing wears out however often conditions change, and to take a change
//! back is exact. What hides things the more the farther they are, fog and dark, is no colour of theirs: it is
//! in the [`Air`](crate::Air).
//!
//! Training code, data and scores: `python/reverie_train/repaint` and `assets/models/repaint.md`.

mod coarse;
mod network;
mod sky;
#[cfg(test)]
mod tests;
mod vertices;

use crate::{
    Frame, Memory, Renderer, SpatialError, Tile, TileLevel, ViewTiles, painter::window_camera,
};
use candle_core::{DType, Device};
use coarse::Coarse;
use network::{FIRST_SIDE, Network, Wanted};
use rayon::prelude::*;
use reverie_inference::{ModelStore, Weights};
use reverie_world_model::{Conditions, Intrinsics};
use std::{collections::HashMap, sync::Arc};
use vertices::Canvas;

/// Name of the network in the store.
pub const REPAINT_NAME: &str = "repaint";

/// Why a memory cannot be repainted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RepaintError {
    /// The weights are missing, damaged or do not fit, or the network failed; the message says which.
    #[error("repainter: {0}")]
    Network(String),
    /// The memory cannot be looked at.
    #[error("repainter: {0}")]
    Memory(#[from] SpatialError),
}

fn failed(error: candle_core::Error) -> RepaintError {
    RepaintError::Network(error.to_string().lines().next().unwrap_or("no reason given").to_owned())
}

/// Tiles of other colours, by the id of the tile whose colours they change. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Repainted(Arc<HashMap<u64, Arc<Tile>>>);

/// Repaints memories. Everything follows from the memory and the conditions alone.
pub struct Repainter {
    network: Network,
    renderer: Renderer,
    frame: Frame,
}

impl std::fmt::Debug for Repainter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repainter").finish_non_exhaustive()
    }
}

impl Repainter {
    /// Builds the repainter from weights whose metadata carry their configuration; it runs on the CPU.
    ///
    /// # Errors
    /// [`RepaintError::Network`] naming file and field when the configuration makes no sense or a tensor is
    /// missing or of another shape.
    pub fn from_weights(weights: &Weights) -> Result<Self, RepaintError> {
        let misfit = |problem: &dyn std::fmt::Display| {
            let problem = problem.to_string();
            let problem = problem.lines().next().unwrap_or("does not fit").to_owned();
            RepaintError::Network(format!("{}: {problem}", weights.path().display()))
        };
        let text = weights.metadata("config").map_err(|e| RepaintError::Network(e.to_string()))?;
        let config: network::Config = serde_json::from_str(text)
            .map_err(|e| misfit(&format!("config: is no configuration: {e}")))?;
        if let Some(problem) = config.problem() {
            return Err(misfit(&problem));
        }
        let builder = weights.var_builder(DType::F32, &Device::Cpu);
        let network = Network::load(config, builder).map_err(|e| misfit(&e))?;
        Ok(Self { network, renderer: Renderer::new(), frame: Frame::new() })
    }

    /// Loads the shipped network from a store.
    ///
    /// # Errors
    /// [`RepaintError::Network`] when weights are missing, damaged or do not fit.
    pub fn load(store: &ModelStore) -> Result<Self, RepaintError> {
        let weights =
            store.weights(REPAINT_NAME).map_err(|e| RepaintError::Network(e.to_string()))?;
        Self::from_weights(&weights)
    }

    /// The view that the world began with, which says what kind of place it is; as the network sees it.
    fn first_view(&mut self, memory: &Memory) -> Result<Vec<f32>, RepaintError> {
        let Some(first) = memory.views().iter().find(|view| !view.painted()) else {
            return Ok(vec![0.0; FIRST_SIDE * FIRST_SIDE * network::MAPS]);
        };
        let (pose, camera) = (first.view().pose(), inner_square(first.view().intrinsics()));
        let memory = memory.with_views(vec![first.clone()]);
        let Self { renderer, frame, .. } = self;
        Ok(Coarse::of(&memory, (pose, &camera), FIRST_SIDE, renderer, frame)?.maps)
    }

    /// The conditions that a memory shows, as far as its first view tells. Morning and evening look alike in a
    /// picture: of the two, it is afternoon.
    ///
    /// # Errors
    /// [`RepaintError`] when the network fails.
    pub fn recognise(&mut self, memory: &Memory) -> Result<Conditions, RepaintError> {
        let first = self.first_view(memory)?;
        Ok(network::shown(&self.network.shows(&first).map_err(failed)?))
    }

    fn wanted(&mut self, memory: &Memory, conditions: &Conditions) -> Result<Wanted, RepaintError> {
        let first = self.first_view(memory)?;
        self.network.wanted(&first, &network::told(conditions)).map_err(failed)
    }

    /// What thick air shows under conditions, linear.
    pub(crate) fn haze(
        &mut self,
        memory: &Memory,
        conditions: &Conditions,
    ) -> Result<[f32; 3], RepaintError> {
        Ok(self.wanted(memory, conditions)?.haze)
    }

    /// A memory under conditions: the tiles of other colours. Those that `known` has already are taken from it.
    pub(crate) fn repaint(
        &mut self,
        memory: &Memory,
        conditions: &Conditions,
        known: &Repainted,
    ) -> Result<Repainted, RepaintError> {
        let _span = tracing::info_span!("repainter").entered();
        let wanted = self.wanted(memory, conditions)?;
        let mut repainted = HashMap::with_capacity(known.0.len());
        // Details only repeat surfaces, and would tell the network of edges that are not there.
        let surfaces = memory.with_views(memory.surfaces().cloned().collect());
        for view in memory.views() {
            let pose = *view.view().pose();
            let missing: Vec<&Arc<Tile>> = view
                .tiles()
                .iter()
                .filter(|tile| match known.0.get(&tile.id()) {
                    Some(done) => {
                        repainted.insert(tile.id(), Arc::clone(done));
                        false
                    }
                    None => true,
                })
                .collect();
            if missing.is_empty() {
                continue;
            }
            let side = self.network.config.size;
            let Self { renderer, frame, network } = self;
            let coarse = Coarse::of(&surfaces, (&pose, &window_camera()), side, renderer, frame)?;
            let features = network.features(&coarse.maps, &wanted).map_err(failed)?;
            let canvas = Canvas::new(&network.vertex, &coarse, &features);
            let tiles: Vec<(u64, Arc<Tile>)> = missing
                .into_par_iter()
                .map(|tile| (tile.id(), Arc::new(canvas.tile(tile, &pose))))
                .collect();
            repainted.extend(tiles);
        }
        Ok(Repainted(Arc::new(repainted)))
    }

    /// A memory as it looks under conditions.
    ///
    /// # Errors
    /// [`RepaintError`] when the network fails.
    pub fn repainted(
        &mut self,
        memory: &Memory,
        conditions: &Conditions,
    ) -> Result<Memory, RepaintError> {
        Ok(memory.with_tiles_of(&self.repaint(memory, conditions, &Repainted::default())?))
    }
}

/// The largest square in the middle of a camera's picture: all of it is known.
fn inner_square(camera: &Intrinsics) -> Intrinsics {
    let half = (camera.width as f32 / camera.fx).min(camera.height as f32 / camera.fy) / 2.0;
    let side = FIRST_SIDE as u32;
    Intrinsics::from_horizontal_fov(side, side, 2.0 * half.atan())
}

impl Repainted {
    /// Nothing of a memory is missing.
    pub fn covers(&self, memory: &Memory) -> bool {
        memory.tiles().all(|tile| self.0.contains_key(&tile.id()))
    }

    /// Colours of a memory on the way from one set to another, so many of 256 steps gone; `None` are the memory's own.
    /// What only one of them has is taken from that.
    pub fn between(memory: &Memory, from: Option<&Self>, to: Option<&Self>, step: u32) -> Self {
        let of = |set: Option<&Self>, tile: &Arc<Tile>| match set {
            None => Some(Arc::clone(tile)),
            Some(set) => set.0.get(&tile.id()).cloned(),
        };
        let mix = |tile: &Arc<Tile>| {
            let mixed = match (of(from, tile), of(to, tile)) {
                (Some(from), Some(to)) => match step {
                    0 => from,
                    256.. => to,
                    _ => Arc::new(from.towards(&to, step)),
                },
                (one, other) => other.or(one)?,
            };
            Some((tile.id(), mixed))
        };
        let tiles: Vec<&Arc<Tile>> = memory.tiles().collect();
        let tiles: Vec<(u64, Arc<Tile>)> = tiles.into_par_iter().filter_map(mix).collect();
        Self(Arc::new(tiles.into_iter().collect()))
    }

    /// The tile of other colours, by the id of the one whose colours it changes.
    pub fn get(&self, id: u64) -> Option<&Arc<Tile>> {
        self.0.get(&id)
    }

    /// Tiles with the ids of those whose colours they change.
    pub fn new(tiles: HashMap<u64, Arc<Tile>>) -> Self {
        Self(Arc::new(tiles))
    }
}

impl Memory {
    /// The same in the colours of a set; what it lacks is left out.
    pub(crate) fn with_tiles_of(&self, tiles: &Repainted) -> Self {
        let view = |view: &ViewTiles| {
            let of = |tile: &Arc<Tile>| tiles.0.get(&tile.id()).cloned();
            view.with_tiles(view.tiles().iter().filter_map(of).collect())
        };
        let mut recoloured = self.with_views(self.views().iter().map(view).collect());
        recoloured.relearn_backdrop();
        recoloured.touch();
        recoloured
    }
}

impl Tile {
    /// Colours between those of two tiles of the same geometry, so many 256ths of the way.
    fn towards(&self, to: &Self, share: u32) -> Self {
        let level = |(from, to): (&Arc<TileLevel>, &Arc<TileLevel>)| {
            let rgba = from.rgba.iter().zip(&to.rgba).map(|(a, b)| blend(*a, *b, share)).collect();
            Arc::new(TileLevel { rgba, ..TileLevel::clone(from) })
        };
        self.with_levels(self.levels().iter().zip(to.levels()).map(level).collect())
    }
}

/// Two channels at a time; `share` of 256.
fn blend(a: u32, b: u32, share: u32) -> u32 {
    const EVEN: u32 = 0x00ff_00ff;
    let lanes = |a: u32, b: u32| {
        ((a & EVEN) * (256 - share) + (b & EVEN) * share + 0x0080_0080) >> 8 & EVEN
    };
    lanes(a, b) | lanes(a >> 8, b >> 8) << 8
}
