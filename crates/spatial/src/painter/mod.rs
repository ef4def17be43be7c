//! What was never seen: painted ahead, window by window, on a thread of its own.
//!
//! A [`Window`] is a square view of the memory with its holes filled calmly; a [`Painter`]
//! completes it. One step chooses the window that is needed most around a moving player, has
//! it painted, keeps it out of space that is known to be empty and merges it. [`PaintThread`] does
//! that beside the frames.

mod free_space;
mod learned;
mod network;
pub(crate) mod noise;
mod plan;
#[cfg(test)]
mod tests;
mod texture;
mod thread;
mod trail;

pub use learned::{LAYOUT_NAME, LearnedPainter};
pub(crate) use network::encode;
pub use plan::LookAhead;
pub use thread::{PaintPriority, PaintThread, PainterFactory, Painting};
pub use trail::Trail;

use crate::{Frame, Memory, Renderer, SpatialError, View, grid::Grid, sharpness::Sharpness};
use reverie_world_model::{DepthImage, Intrinsics, Pose, RgbImage};
use std::{f32::consts::FRAC_PI_2, time::Instant};

/// Side of the windows that painters complete, pixels.
pub const WINDOW_SIDE: u32 = 128;
/// Field of view of the windows, radians, both ways.
pub const WINDOW_FOV_RAD: f32 = FRAC_PI_2;

/// Intrinsics of the windows.
#[must_use]
pub fn window_camera() -> Intrinsics {
    Intrinsics::from_horizontal_fov(WINDOW_SIDE, WINDOW_SIDE, WINDOW_FOV_RAD)
}

/// Why a window was not painted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PaintError {
    /// The painter failed or its weights do not fit; the message says which.
    #[error("painter: {0}")]
    Painter(String),
    /// What it painted cannot be merged, or the memory cannot be looked at there.
    #[error("painted window: {0}")]
    Memory(#[from] SpatialError),
}

/// What a painter is asked to complete.
#[derive(Debug)]
pub struct Window<'a> {
    /// The memory at [`window_camera`]: known pixels, and the calm fill where
    /// [`Frame::is_known`] says no.
    pub frame: &'a Frame,
    /// All that is known.
    pub memory: &'a Memory,
    /// Where it is: `world_from_view`.
    pub pose: Pose,
    /// Decides between the possible completions.
    pub rng_seed: u64,
}

/// A completed window: any square size, the field of view of [`WINDOW_FOV_RAD`].
#[derive(Debug, Clone, PartialEq)]
pub struct Painted {
    /// Colours.
    pub rgb: RgbImage,
    /// Inverse depth along the view axis, 1/m, rows from the top; 0 is sky.
    pub inverse_depth: Vec<f32>,
}

/// Completes windows. One value paints all windows of a world.
pub trait Painter: Send {
    /// A window with every pixel painted. Sharp pixels are the memory's whatever it paints there.
    /// The result follows from the window alone.
    ///
    /// # Errors
    /// [`PaintError::Painter`].
    fn paint(&mut self, window: &Window<'_>) -> Result<Painted, PaintError>;

    /// Whether it also sharpens what one has come too near to: where memory is coarse, its colours
    /// are drawn over it then.
    fn sharpens(&self) -> bool {
        false
    }

    /// Passes through a network that a window takes.
    fn steps(&self) -> u32 {
        1
    }
}

/// What painting a window came to.
#[derive(Debug, Clone, PartialEq)]
pub struct PaintReport {
    /// Where the window was.
    pub pose: Pose,
    /// What decided between the possible completions.
    pub rng_seed: u64,
    /// Passes through a network, see [`Painter::steps`].
    pub steps: u32,
    /// Windows around the player that lacked something, this one included.
    pub lacking: u32,
    /// Share of the window that was not known, 0 to 1.
    pub unknown: f32,
    /// Share of the window that was known too coarsely, 0 to 1.
    pub coarse: f32,
    /// Share of the window that is new in memory, 0 to 1.
    pub new: f32,
    /// Looking for the window, seconds.
    pub plan_secs: f64,
    /// The painter, seconds.
    pub paint_secs: f64,
    /// Putting it into memory, seconds.
    pub merge_secs: f64,
}

/// Buffers that painting keeps from window to window.
#[derive(Debug, Default)]
pub(crate) struct Easel {
    renderer: Renderer,
    frame: Frame,
    sharpness: Sharpness,
}

/// Paints the window that is needed most and merges it into the memory; `None` when nothing is
/// missing around. What whoever stands still looks at is kept, cracks and all. The outcome follows from
/// the arguments alone.
///
/// # Errors
/// [`PaintError`]; the memory is not to be used then.
pub(crate) fn paint_next(
    memory: &mut Memory,
    ahead: &LookAhead,
    trail: &Trail,
    rng_seed: u64,
    painter: &mut dyn Painter,
    easel: &mut Easel,
) -> Result<Option<PaintReport>, PaintError> {
    let begun = Instant::now();
    let sharpens = painter.sharpens();
    let Some(chosen) = plan::choose(memory, ahead, trail, sharpens, easel)? else {
        keep_what_is_looked_at(memory, ahead, trail, easel)?;
        return Ok(None);
    };
    let plan::Chosen { pose, unknown, coarse, sharpens, lacking } = chosen;
    let Easel { renderer, frame, .. } = easel;
    let camera = window_camera();
    renderer.render(memory, &pose, &camera, frame)?;
    let planned = Instant::now();
    let Painted { rgb, inverse_depth } =
        painter.paint(&Window { frame, memory, pose, rng_seed })?;
    let painted = Instant::now();
    let side = rgb.width();
    if rgb.height() != side || inverse_depth.len() != rgb.data().len() / 3 || side < WINDOW_SIDE {
        let (width, height) = (rgb.width(), rgb.height());
        let problem = format!("painted {width}x{height} pixels, {} depths", inverse_depth.len());
        return Err(PaintError::Painter(problem));
    }
    if inverse_depth.iter().any(|w| !(*w >= 0.0 && *w < 1e3)) {
        return Err(PaintError::Painter("painted an inverse depth out of range".to_owned()));
    }
    let camera = camera.resized(side, side);
    let depth = depth_of(&inverse_depth, side)?;
    // Loose pixels land first: what lands is to stay out as well.
    let landed = Grid::new(&View::new(pose, camera)?, &rgb, &depth).inverse_depths();
    let inverse_depth = free_space::keep_out(memory, &pose, &camera, trail, ahead, landed);
    let depth = depth_of(&inverse_depth, side)?;
    let report = memory.merge_painted(&rgb, &depth, &pose, &camera, sharpens, &ahead.pose)?;
    keep_what_is_looked_at(memory, ahead, trail, easel)?;
    Ok(Some(PaintReport {
        pose,
        rng_seed,
        steps: painter.steps(),
        lacking,
        unknown,
        coarse,
        new: report.new_pixels as f32 / camera.pixels() as f32,
        plan_secs: (planned - begun).as_secs_f64(),
        paint_secs: (painted - planned).as_secs_f64(),
        merge_secs: painted.elapsed().as_secs_f64(),
    }))
}

fn depth_of(inverse_depth: &[f32], side: u32) -> Result<DepthImage, PaintError> {
    let metres = inverse_depth.iter().map(|w| if *w > 0.0 { 1.0 / w } else { f32::INFINITY });
    DepthImage::new(side, side, metres.collect()).map_err(|e| PaintError::Painter(e.to_string()))
}

/// Who stands has seen what there is to see: it comes back as it was.
fn keep_what_is_looked_at(
    memory: &mut Memory,
    ahead: &LookAhead,
    trail: &Trail,
    easel: &mut Easel,
) -> Result<(), SpatialError> {
    if ahead.moves() {
        return Ok(());
    }
    let Easel { renderer, frame, .. } = easel;
    let pose = ahead.pose;
    memory.keep_cracks(
        &pose,
        &ahead.camera,
        renderer,
        frame,
        |memory, camera, inverse_depth| {
            free_space::keep_out(memory, &pose, camera, trail, ahead, inverse_depth)
        },
    )?;
    Ok(())
}
