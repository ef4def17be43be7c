//! What can go wrong with a memory.

use reverie_world_model::{GeometryError, WorldError};

/// Every failure of this crate's memory and renderers.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SpatialError {
    /// A pose or a camera that makes no sense.
    #[error(transparent)]
    Geometry(#[from] GeometryError),
    /// A view or a screen larger than is kept.
    #[error(
        "{width}x{height} pixels are too many for one view, at most {} a side",
        crate::MAX_VIEW_SIDE
    )]
    TooLarge {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// Two things that belong together differ in size.
    #[error(
        "{what} is {found_width}x{found_height}, the picture is {width}x{height}: both must be the same size"
    )]
    SizeMismatch {
        /// What differs.
        what: &'static str,
        /// Its width in pixels.
        found_width: u32,
        /// Its height in pixels.
        found_height: u32,
        /// The picture's width in pixels.
        width: u32,
        /// The picture's height in pixels.
        height: u32,
    },
    /// No pixel has a depth.
    #[error("depth: no pixel has a value above 0 metres")]
    NoDepth,
}

impl From<SpatialError> for WorldError {
    fn from(error: SpatialError) -> Self {
        Self::InvalidSeed(error.to_string())
    }
}
