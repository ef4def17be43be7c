//! Reverie's embedded default: a spatial memory of posed RGB-D and the world model on top of it.
//!
//! A [`Memory`] holds [`Tile`]s of [`View`]s; a renderer shows it at any pose into a [`Frame`].
//! [`reference`] defines the picture.

mod backdrop;
mod error;
pub mod fill;
mod frame;
mod grid;
mod memory;
mod quarter;
pub mod reference;
mod tile;
mod view;

pub use backdrop::{BACKDROP_COLUMNS, BACKDROP_ROWS, Backdrop};
pub use error::SpatialError;
pub use frame::Frame;
pub use memory::{DrawnTile, Memory, ViewTiles};
pub use quarter::{Quarter, quarters};
pub use tile::{LEVELS, TILE_CELLS, Tile, TileBounds, TileLevel, VisibleTile, cell};
pub use view::{MAX_VIEW_SIDE, NEAR_M, ScreenFromView, ScreenVertex, View};
