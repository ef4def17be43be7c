//! Where what is known is sharp, and where one has come too near for that.

use crate::{
    Frame, Memory, Renderer, ScreenFromView, SpatialError, Tile, ViewKind, grid::close,
    memory::ViewTiles,
};
use reverie_world_model::{Intrinsics, Pose};

/// Cells this many times as large as the grain show.
const COARSE_GRAINS: f32 = 2.2;
/// Cells up to so many times as large as the grain are as good as new.
const SHARP_GRAINS: f32 = 1.4;
/// The grain of the finest windows that are painted, radians: 512 pixels at 90 degrees.
const LEAST_GRAIN_RAD: f32 = 1.0 / 256.0;
/// Relative difference of inverse depth within which the sharp part shows what all of it shows.
const SAME_SURFACE: f32 = 0.01;

impl Memory {
    /// Smallest angle that anything seen told apart, or that painted windows can, whichever is
    /// larger, radians.
    pub(crate) fn grain_rad(&self) -> f32 {
        let seen = self.views.iter().filter(|view| !view.painted());
        let finest = seen.map(|view| 1.0 / view.view.intrinsics().fx).reduce(f32::min);
        finest.unwrap_or(LEAST_GRAIN_RAD).max(LEAST_GRAIN_RAD)
    }

    /// What of it is drawn for cameras at a place: details that are meant for nearer ones are left
    /// out.
    pub(crate) fn drawn_at(&self, place: &Pose) -> Self {
        self.only(place, |view, tile, map| view.kind() != ViewKind::Detail || tile.is_near(map))
    }

    /// What looks sharp to cameras at a place: cells of at most this size, radians.
    pub(crate) fn sharp_part(&self, place: &Pose, largest_cell_rad: f32) -> Self {
        let grain_rad = self.grain_rad();
        self.only(place, |view, tile, map| !view.is_coarse(tile, map, largest_cell_rad, grain_rad))
    }

    fn only(
        &self,
        place: &Pose,
        keep: impl Fn(&ViewTiles, &Tile, &ScreenFromView) -> bool,
    ) -> Self {
        let part = |view: &ViewTiles| {
            // Which way the camera looks does not matter.
            let map = ScreenFromView::new(&view.view, place, view.view.intrinsics());
            let tiles = view.tiles().iter().filter(|tile| keep(view, tile, &map));
            let tiles: Vec<_> = tiles.cloned().collect();
            if tiles.len() == view.tiles().len() { view.clone() } else { view.with_tiles(tiles) }
        };
        self.with_views(self.views.iter().map(part).collect())
    }

    /// Larger cells than this call for a painter, radians.
    pub(crate) fn coarse_rad(&self) -> f32 {
        COARSE_GRAINS * self.grain_rad()
    }

    /// Larger cells than this are sharpened once a painter is at it, radians.
    pub(crate) fn sharp_rad(&self) -> f32 {
        SHARP_GRAINS * self.grain_rad()
    }
}

impl ViewTiles {
    /// Whether cells of one of its tiles look larger than this from another camera, radians. Painted
    /// ones are not finer than what they were copied from.
    fn is_coarse(
        &self,
        tile: &Tile,
        map: &ScreenFromView,
        largest_rad: f32,
        grain_rad: f32,
    ) -> bool {
        let pixel_rad = 1.0 / self.view.intrinsics().fx;
        let grains = if self.painted() { (grain_rad / pixel_rad).max(1.0) } else { 1.0 };
        tile.is_coarse(map, largest_rad / grains)
    }
}

/// Tells sharp pixels from coarse ones; keeps its buffer.
#[derive(Debug, Default)]
pub(crate) struct Sharpness {
    frame: Frame,
}

impl Sharpness {
    /// For each pixel of a frame that was rendered at this pose, whether what it shows is in the
    /// `sharp` part of that memory.
    pub fn of(
        &mut self,
        full: &Frame,
        sharp: &Memory,
        pose: &Pose,
        camera: &Intrinsics,
        renderer: &mut Renderer,
    ) -> Result<Vec<bool>, SpatialError> {
        renderer.render(sharp, pose, camera, &mut self.frame)?;
        let (all, sharp) = (full.inverse_depth(), self.frame.inverse_depth());
        let is = |at: usize| {
            full.is_known(at) && self.frame.is_known(at) && close(all[at], sharp[at], SAME_SURFACE)
        };
        Ok((0..camera.pixels()).map(is).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use glam::Vec3;
    use reverie_world_model::{DepthImage, RgbImage};

    /// A strip as narrow as this, in a picture that is empty elsewhere, at eight metres.
    fn strip(rows: std::ops::Range<usize>) -> Memory {
        let camera = Intrinsics::from_horizontal_fov(64, 64, 0.5);
        let metres = |at: usize| if rows.contains(&(at / 64)) { 8.0 } else { 0.0 };
        let depth = DepthImage::new(64, 64, (0..64 * 64).map(metres).collect()).expect("depth");
        let rgb = RgbImage::new(64, 64, vec![90; 64 * 64 * 3]).expect("picture");
        let mut memory = Memory::new();
        memory.insert(&rgb, &depth, &Pose::IDENTITY, &camera).expect("a good view");
        memory
    }

    #[test]
    fn narrow_strips_get_coarse_too() {
        for rows in [28..36, 33..36, 41..42] {
            let memory = strip(rows.clone());
            let at = |metres: f32| Pose::from_yaw_pitch_roll(-Vec3::Z * metres, 0.0, 0.0, 0.0);
            let limit = memory.coarse_rad();
            let tiles = |memory: &Memory| memory.surfaces().map(|v| v.tiles().len()).sum::<usize>();
            assert_eq!(tiles(&memory.sharp_part(&at(0.0), limit)), tiles(&memory), "{rows:?}");
            // From two metres each cell looks four times as large.
            assert_eq!(tiles(&memory.sharp_part(&at(6.0), limit)), 0, "{rows:?}");
        }
    }
}
