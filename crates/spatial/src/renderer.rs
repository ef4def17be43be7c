//! The fast renderer: bands of the screen on all cores, see [`crate::raster`].

use crate::{
    DrawnTile, Frame, Memory, ScreenFromView, SpatialError,
    filler::Filler,
    raster::{Band, Scratch, draw_tile},
    view::check_camera,
};
use rayon::prelude::*;
use reverie_world_model::{Intrinsics, Pose};
use std::time::Instant;

/// Rows of the screen that one task draws: the height of the largest blocks of the hole filling.
const BAND_ROWS: usize = 64;

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
}

/// Renders memories; keeps its buffers from frame to frame, so that a frame allocates nothing once
/// the buffers have grown.
#[derive(Default)]
pub struct Renderer {
    drawn: Vec<DrawnTile>,
    maps: Vec<ScreenFromView>,
    bands: Vec<BandWork>,
    filler: Filler,
}

impl std::fmt::Debug for Renderer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Renderer").finish_non_exhaustive()
    }
}

/// What one task works with.
#[derive(Default)]
struct BandWork {
    /// Indices into the drawn tiles.
    tiles: Vec<u32>,
    scratch: Box<Scratch>,
}

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
        pose.validate()?;
        check_camera(intrinsics)?;
        let start = Instant::now();
        memory.visible(pose, intrinsics, &mut self.drawn);
        Ok(self.render_drawn(start, memory, pose, intrinsics, frame))
    }

    /// Renders the tiles in `self.drawn`.
    fn render_drawn(
        &mut self,
        start: Instant,
        memory: &Memory,
        pose: &Pose,
        intrinsics: &Intrinsics,
        frame: &mut Frame,
    ) -> RenderStats {
        let mut stats = RenderStats { tiles: self.drawn.len(), ..RenderStats::default() };
        self.sort_into_bands(memory, pose, intrinsics);
        stats.visible_vertices = self.drawn.iter().map(|drawn| vertices(memory, drawn)).sum();
        let culled = Instant::now();
        stats.cull_secs = (culled - start).as_secs_f64();

        frame.resize(intrinsics.width, intrinsics.height);
        let width = intrinsics.width as usize;
        let (rgba, inverse_depth) = frame.buffers_mut();
        let (drawn, maps) = (&self.drawn, &self.maps);
        rgba.par_chunks_mut(BAND_ROWS * width)
            .zip(inverse_depth.par_chunks_mut(BAND_ROWS * width))
            .zip(&mut self.bands)
            .enumerate()
            .with_max_len(1)
            .for_each(|(k, ((rgba, inverse_depth), work))| {
                rgba.fill(0);
                inverse_depth.fill(0.0);
                let mut band = Band { rgba, inverse_depth, width, top: k * BAND_ROWS };
                for index in &work.tiles {
                    let chosen = drawn[*index as usize];
                    let tile = &memory.views[chosen.view as usize].tiles()[chosen.tile as usize];
                    let level = &tile.levels()[chosen.visible.level];
                    let map = &maps[chosen.view as usize];
                    draw_tile(tile, level, map, &mut work.scratch, &mut band);
                }
            });
        let rastered = Instant::now();
        stats.raster_secs = (rastered - culled).as_secs_f64();

        self.filler.fill(memory.backdrop(), pose, intrinsics, frame);
        stats.fill_secs = rastered.elapsed().as_secs_f64();
        stats
    }

    fn sort_into_bands(&mut self, memory: &Memory, pose: &Pose, intrinsics: &Intrinsics) {
        self.maps.clear();
        let views = memory.views.iter();
        self.maps.extend(views.map(|view| ScreenFromView::new(&view.view, pose, intrinsics)));
        let bands = (intrinsics.height as usize).div_ceil(BAND_ROWS);
        self.bands.resize_with(bands, BandWork::default);
        self.bands.iter_mut().for_each(|band| band.tiles.clear());
        for (index, drawn) in self.drawn.iter().enumerate() {
            let band = |y: f32| (y.max(0.0) as usize / BAND_ROWS).min(bands - 1);
            for band in &mut self.bands[band(drawn.visible.low[1])..=band(drawn.visible.high[1])] {
                band.tiles.push(index as u32);
            }
        }
    }
}

fn vertices(memory: &Memory, drawn: &DrawnTile) -> usize {
    let tile = &memory.views[drawn.view as usize].tiles()[drawn.tile as usize];
    tile.levels()[drawn.visible.level].rgba.len()
}
