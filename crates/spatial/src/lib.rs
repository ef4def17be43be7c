//! Reverie's embedded default: a spatial memory of posed RGB-D and the world model on top of it.
//!
//! A [`Memory`] holds [`Tile`]s of [`View`]s; a [`Renderer`] shows it at any pose into a [`Frame`];
//! [`SpatialModel`] walks through it. [`mod@reference`] defines the picture.

mod air;
mod backdrop;
mod budget;
mod changing;
mod cluster;
mod cracks;
pub mod depth;
mod error;
pub mod falling;
pub mod fill;
mod filler;
mod frame;
mod grid;
pub mod light;
mod marking;
mod memory;
mod merge;
mod model;
pub mod objects;
pub mod painter;
mod painting;
mod quarter;
mod query;
mod raster;
pub mod reference;
mod renderer;
pub mod repaint;
mod resample;
mod sharpness;
mod simd;
mod snapshot;
mod tile;
mod timing;
mod view;

pub use air::Air;
pub use backdrop::{BACKDROP_COLUMNS, BACKDROP_ROWS, Backdrop};
pub use changing::RepaintStatus;
pub use error::SpatialError;
pub use frame::Frame;
pub use marking::PaintMarker;
pub use memory::{DEFAULT_BUDGET_BYTES, DrawnTile, Memory, ViewKind, ViewTiles};
pub use merge::MergeReport;
pub use model::{MODEL_NAME, SpatialConfig, SpatialModel};
pub use painting::PaintStatus;
pub use quarter::{Quarter, quarters};
pub use renderer::{RenderStats, Renderer};
pub use tile::{LEVELS, TILE_CELLS, Tile, TileBounds, TileLevel, VisibleTile, cell};
pub use timing::{PaintEntry, PaintTiming};
pub use view::{MAX_VIEW_SIDE, NEAR_M, ScreenFromView, ScreenVertex, View};
