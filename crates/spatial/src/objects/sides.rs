//! An object's looks: its box's six sides as views of the box stretched to -1 to 1.

use super::network::{OUTPUTS, SIDES};
use crate::{SpatialError, Tile, View, grid::Grid};
use glam::{Mat3, Quat, Vec3};
use reverie_world_model::{DepthImage, Intrinsics, PictureError, Pose, RgbImage};
use std::sync::Arc;

/// Distance of a side's eye from the middle of the box, in half edges: far enough for pictures almost
/// without perspective.
const EYE: f32 = 16.0;
/// Outward and upward axis of each side's picture.
const AXES: [[Vec3; 2]; SIDES] = [
    [Vec3::X, Vec3::Y],
    [Vec3::NEG_X, Vec3::Y],
    [Vec3::Y, Vec3::NEG_Z],
    [Vec3::NEG_Y, Vec3::Z],
    [Vec3::Z, Vec3::Y],
    [Vec3::NEG_Z, Vec3::Y],
];
/// Depth below the side that the network's 1 means, half edges.
const DEEPEST: f32 = 2.0;
/// What lies deeper is seen better from elsewhere.
const DEEPEST_KEPT: f32 = 1.5;
/// Depths up to this are the side itself: boxes stay flat, and their edges closed.
const FLAT: f32 = 0.035;
/// Difference of depth that parts neighbouring pixels, half edges.
const STEP: f32 = 0.15;

/// One side of an object.
#[derive(Debug, Clone)]
pub struct ObjectSide {
    view: Arc<View>,
    out: Vec3,
    tiles: Vec<Arc<Tile>>,
}

impl ObjectSide {
    /// The camera that sees it, in the box stretched to -1 to 1.
    pub fn view(&self) -> &Arc<View> {
        &self.view
    }
    /// The axis that it looks along, outwards.
    pub fn out(&self) -> Vec3 {
        self.out
    }
    /// Its tiles, by rows.
    pub fn tiles(&self) -> &[Arc<Tile>] {
        &self.tiles
    }
}

/// The six sides of a painted object, or of a box that stands for one that is not painted yet.
///
/// Colours are what a surface throws back of even white light, sRGB.
#[derive(Debug, Clone)]
pub struct ObjectLooks {
    sides: Vec<ObjectSide>,
}

fn view(side: usize, side_px: u32) -> Result<Arc<View>, SpatialError> {
    let [out, up] = AXES[side];
    let rotation = Quat::from_mat3(&Mat3::from_cols(up.cross(out), up, out));
    let pose = Pose { position: out * EYE, rotation };
    // The box's side lies at depth EYE - 1 and is 2 wide.
    let focal = 0.5 * side_px as f32 * (EYE - 1.0);
    let centre = 0.5 * side_px as f32;
    let camera = Intrinsics {
        width: side_px,
        height: side_px,
        fx: focal,
        fy: focal,
        cx: centre,
        cy: centre,
    };
    Ok(Arc::new(View::new(pose, camera)?))
}

fn pictured(error: PictureError) -> String {
    error.to_string()
}

impl ObjectLooks {
    /// Six flat sides of one colour: what stands for an object until it is painted.
    ///
    /// # Errors
    /// Never for pictures of this size; the message of what the memory would say.
    pub(super) fn plain(colour: [u8; 3]) -> Result<Self, String> {
        const SIDE_PX: u32 = 2;
        let pixels = (SIDE_PX * SIDE_PX) as usize;
        let rgb = RgbImage::new(SIDE_PX, SIDE_PX, colour.repeat(pixels)).map_err(pictured)?;
        let depth = DepthImage::new(SIDE_PX, SIDE_PX, vec![EYE - 1.0; pixels]).map_err(pictured)?;
        Self::of(|_| Ok((rgb.clone(), depth.clone())))
    }

    /// From the network's answers, side by side: `side_px * side_px * OUTPUTS` values each.
    pub(super) fn painted(
        side_px: usize,
        colour: Vec3,
        mut answer: impl FnMut(usize) -> Result<Vec<f32>, String>,
    ) -> Result<Self, String> {
        Self::of(|side| {
            let raw = answer(side)?;
            let mut rgb = Vec::with_capacity(3 * side_px * side_px);
            let mut depth_m = Vec::with_capacity(side_px * side_px);
            for pixel in raw.chunks_exact(OUTPUTS) {
                let (share, shade) = (sigmoid(pixel[0]), 2.0 * sigmoid(pixel[1]));
                let own = Vec3::new(sigmoid(pixel[2]), sigmoid(pixel[3]), sigmoid(pixel[4]));
                let srgb = colour * (share * shade) + own * (1.0 - share);
                rgb.extend(srgb.to_array().map(|c| (c.clamp(0.0, 1.0) * 255.0 + 0.5) as u8));
                let deep = DEEPEST * sigmoid(pixel[6]);
                let deep = if deep < FLAT { 0.0 } else { deep };
                // NaN is no surface.
                let there = pixel[5] > 0.0 && deep <= DEEPEST_KEPT;
                depth_m.push(if there { EYE - 1.0 + deep } else { 0.0 });
            }
            let side = side_px as u32;
            Ok((
                RgbImage::new(side, side, rgb).map_err(pictured)?,
                DepthImage::new(side, side, depth_m).map_err(pictured)?,
            ))
        })
    }

    fn of(
        mut picture: impl FnMut(usize) -> Result<(RgbImage, DepthImage), String>,
    ) -> Result<Self, String> {
        let mut sides = Vec::with_capacity(SIDES);
        for (side, [out, _]) in AXES.into_iter().enumerate() {
            let (rgb, depth) = picture(side)?;
            let view = view(side, rgb.width()).map_err(|e| e.to_string())?;
            let grid = Grid::parted_at(&view, &rgb, &depth, STEP / EYE);
            let tiles = grid.into_tiles(&view);
            sides.push(ObjectSide { view, out, tiles });
        }
        if sides.iter().all(|side| side.tiles.is_empty()) {
            return Err("the painted object is empty".to_owned());
        }
        Ok(Self { sides })
    }

    /// The sides: +X, -X, +Y, -Y, +Z, -Z.
    pub fn sides(&self) -> &[ObjectSide] {
        &self.sides
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.sides.iter().flat_map(|side| &side.tiles).map(|tile| tile.bytes()).sum()
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
