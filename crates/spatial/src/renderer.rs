//! The fast renderer: bands of the screen on all cores, see [`crate::raster`].

use crate::{
    DrawnTile, Frame, Memory, ScreenFromView, SpatialError, Tile, TileLevel,
    filler::Filler,
    objects::{self, DrawnSide, Objects, Shader, Surroundings},
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
    sides: Vec<DrawnSide>,
    side_maps: Vec<ScreenFromView>,
    /// Colours of the drawn sides' vertices in their light, one tile after another.
    lit: Vec<u32>,
    lit_from: Vec<usize>,
    shaders: Vec<Shader>,
}

impl std::fmt::Debug for Renderer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Renderer").finish_non_exhaustive()
    }
}

/// What one task works with.
#[derive(Default)]
struct BandWork {
    /// Indices into the drawn tiles and, after these, the drawn sides of objects.
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
        let objects = Objects::none();
        self.render_with(&Surroundings { memory, objects }, pose, intrinsics, frame)
    }

    /// Renders a memory with the objects that stand in it.
    ///
    /// # Errors
    /// As [`Renderer::render`].
    pub fn render_with(
        &mut self,
        world: &Surroundings<'_>,
        pose: &Pose,
        intrinsics: &Intrinsics,
        frame: &mut Frame,
    ) -> Result<RenderStats, SpatialError> {
        pose.validate()?;
        check_camera(intrinsics)?;
        let start = Instant::now();
        world.memory.visible(pose, intrinsics, &mut self.drawn);
        world.objects.visible(pose, intrinsics, &mut self.sides);
        self.light_sides(world.objects, pose, intrinsics);
        let stats = self.render_drawn(start, world, pose, intrinsics, frame);
        objects::shaders(world.objects, pose, &mut self.shaders);
        objects::shade(&self.shaders, pose, intrinsics, frame);
        Ok(stats)
    }

    /// Maps and colours of the objects' sides in `self.sides`.
    fn light_sides(&mut self, objects: &Objects, pose: &Pose, intrinsics: &Intrinsics) {
        self.side_maps.clear();
        self.lit.clear();
        self.lit_from.clear();
        for drawn in &self.sides {
            let object = &objects.list()[drawn.object as usize];
            let side = &object.looks.sides()[drawn.side as usize];
            self.side_maps.push(object.screen_from_side(side, pose, intrinsics));
            self.lit_from.push(self.lit.len());
            let tile = &side.tiles()[drawn.tile as usize];
            let level = &tile.levels()[drawn.visible.level];
            objects::lit_colours(&object.spec, &object.light, side, tile, level, &mut self.lit);
        }
    }

    /// Renders the tiles in `self.drawn` and `self.sides`.
    fn render_drawn(
        &mut self,
        start: Instant,
        world: &Surroundings<'_>,
        pose: &Pose,
        intrinsics: &Intrinsics,
        frame: &mut Frame,
    ) -> RenderStats {
        let memory = world.memory;
        let tiles = self.drawn.len() + self.sides.len();
        let mut stats = RenderStats { tiles, ..RenderStats::default() };
        self.sort_into_bands(memory, pose, intrinsics);
        let of_memory = self.drawn.iter().map(|drawn| vertices(memory, drawn)).sum::<usize>();
        stats.visible_vertices = of_memory + self.lit.len();
        let culled = Instant::now();
        stats.cull_secs = (culled - start).as_secs_f64();

        frame.resize(intrinsics.width, intrinsics.height);
        let width = intrinsics.width as usize;
        let (rgba, inverse_depth) = frame.buffers_mut();
        let Self { drawn, maps, bands, sides, side_maps, lit, lit_from, .. } = self;
        let chosen_of = |index: usize| -> (&Tile, &TileLevel, &[u32], &ScreenFromView) {
            let Some(k) = index.checked_sub(drawn.len()) else {
                let chosen = drawn[index];
                let tile = &memory.views[chosen.view as usize].tiles()[chosen.tile as usize];
                let level = &tile.levels()[chosen.visible.level];
                return (tile, level, &level.rgba, &maps[chosen.view as usize]);
            };
            let chosen = sides[k];
            let looks = &world.objects.list()[chosen.object as usize].looks;
            let tile = &looks.sides()[chosen.side as usize].tiles()[chosen.tile as usize];
            let level = &tile.levels()[chosen.visible.level];
            (tile, level, &lit[lit_from[k]..][..level.rgba.len()], &side_maps[k])
        };
        rgba.par_chunks_mut(BAND_ROWS * width)
            .zip(inverse_depth.par_chunks_mut(BAND_ROWS * width))
            .zip(bands)
            .enumerate()
            .with_max_len(1)
            .for_each(|(k, ((rgba, inverse_depth), work))| {
                rgba.fill(0);
                inverse_depth.fill(0.0);
                let mut band = Band { rgba, inverse_depth, width, top: k * BAND_ROWS };
                for index in &work.tiles {
                    let (tile, level, rgba, map) = chosen_of(*index as usize);
                    draw_tile(tile, level, rgba, map, &mut work.scratch, &mut band);
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
        let drawn = self.drawn.iter().map(|drawn| &drawn.visible);
        let visible = drawn.chain(self.sides.iter().map(|drawn| &drawn.visible));
        for (index, visible) in visible.enumerate() {
            let band = |y: f32| (y.max(0.0) as usize / BAND_ROWS).min(bands - 1);
            for band in &mut self.bands[band(visible.low[1])..=band(visible.high[1])] {
                band.tiles.push(index as u32);
            }
        }
    }
}

fn vertices(memory: &Memory, drawn: &DrawnTile) -> usize {
    let tile = &memory.views[drawn.view as usize].tiles()[drawn.tile as usize];
    tile.levels()[drawn.visible.level].rgba.len()
}
