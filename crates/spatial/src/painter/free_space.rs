//! Painted surfaces stay out of space that is known to be empty: what was seen must come back as it
//! was, so nothing new may stand before it.

use super::{LookAhead, Trail};
use crate::{Frame, Memory, Renderer};
use rayon::prelude::*;
use reverie_world_model::{Intrinsics, Pose};

/// Width of the depth maps that tell how far a view sees, pixels.
const MAP_WIDTH: u32 = 384;
/// How far beyond the edge of a view its neighbourhood reaches, pixels of the map.
const MARGIN_PX: f32 = 4.0;
/// Corners of a cell are looked for no farther from its middle than this, pixels of the map.
const MOST_REACH_PX: f32 = 3.0;
/// A point counts as before a surface when it is this much nearer (relative inverse depth).
const BEFORE: f32 = 0.04;
/// Most views that are asked.
const MOST_VIEWS: usize = 4;
/// Most places of the player that are asked, and the cosine of the angle to the window up to which they
/// look its way.
const MOST_PLACES: usize = 6;
/// Most of those where the player stood.
const MOST_STOOD: usize = 6;
const ALONG: f32 = 0.3;
/// How far they are apart: metres, and a share of how far they are from the window. What is far back
/// sees the same from a stretch of the way.
const APART_M: f32 = 0.5;
const APART_SHARE: f32 = 0.4;
/// Steps along a ray, each this much farther, until the point is out of empty space.
const STEPS: u32 = 40;
const STEP: f32 = 1.12;

/// How far one view sees.
struct Sight {
    pose: Pose,
    camera: Intrinsics,
    inverse_depth: Vec<f32>,
    known: Vec<bool>,
}

impl Sight {
    /// Whether the view sees through a painted cell: its middle, or one of its corners, for half a cell
    /// over an outline shows. `side_m` is how wide it is.
    fn sees_through(&self, middle: glam::Vec3, side_m: f32) -> bool {
        let Some((at, depth)) = self.camera.project(self.pose.view_from_world(middle)) else {
            return false;
        };
        let reach_px = (0.5 * side_m * self.camera.fx / depth).min(MOST_REACH_PX);
        let corners = [(0.0, 0.0), (-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)];
        corners
            .iter()
            .any(|(x, y)| self.is_before(at.x + x * reach_px, at.y + y * reach_px, 1.0 / depth))
    }

    /// Whether something at a place of the picture would stand before what is known there.
    fn is_before(&self, x: f32, y: f32, inverse_depth: f32) -> bool {
        // A painted cell reaches over the picture's edge: a little beyond it counts as inside.
        let (width, height) = (self.camera.width as f32, self.camera.height as f32);
        let inside = |v: f32, len: f32| {
            (v >= -MARGIN_PX && v < len + MARGIN_PX).then(|| v.clamp(0.0, len - 1.0) as usize)
        };
        let (Some(x), Some(y)) = (inside(x, width), inside(y, height)) else { return false };
        let at = y * self.camera.width as usize + x;
        self.known[at] && inverse_depth > self.inverse_depth[at] * (1.0 + BEFORE)
    }
}

/// Pushes painted points out of what was seen to be empty, along their rays, to where no view sees
/// through them; to the sky when there is no such place.
pub(super) fn keep_out(
    memory: &Memory,
    pose: &Pose,
    camera: &Intrinsics,
    trail: &Trail,
    player: &LookAhead,
    mut inverse_depth: Vec<f32>,
) -> Vec<f32> {
    let sights = sights(memory, pose, trail, player);
    let width = camera.width as usize;
    inverse_depth.par_iter_mut().enumerate().for_each(|(at, inverse)| {
        let ray = camera.ray((at % width) as f32 + 0.5, (at / width) as f32 + 0.5);
        for _ in 0..STEPS {
            if *inverse <= 0.0 {
                return;
            }
            let point = pose.world_from_view(ray / *inverse);
            let side_m = 1.0 / (*inverse * camera.fx);
            if !sights.iter().any(|sight| sight.sees_through(point, side_m)) {
                return;
            }
            *inverse /= STEP;
        }
        *inverse = 0.0;
    });
    inverse_depth
}

/// The views to ask: what was seen from nearest by, and what the player saw on the way.
fn sights(memory: &Memory, pose: &Pose, trail: &Trail, player: &LookAhead) -> Vec<Sight> {
    let seen = memory.views().iter().filter(|view| !view.painted());
    let mut seen: Vec<(Pose, Intrinsics)> =
        seen.map(|view| (*view.view().pose(), *view.view().intrinsics())).collect();
    let distance = |other: &Pose| other.position.distance(pose.position);
    seen.sort_by(|a, b| distance(&a.0).total_cmp(&distance(&b.0)));
    seen.truncate(MOST_VIEWS);
    let been = player_poses(pose, trail).into_iter().map(|pose| (pose, player.camera));
    let mut renderer = Renderer::new();
    let look = |(pose, camera): (Pose, Intrinsics)| {
        let width = MAP_WIDTH.min(camera.width);
        let height = (camera.height * width / camera.width).max(3);
        let camera = camera.resized(width, height);
        let mut frame = Frame::new();
        renderer.render(memory, &pose, &camera, &mut frame).ok()?;
        let known = (0..camera.pixels()).map(|at| frame.is_known(at)).collect();
        Some(Sight { pose, camera, inverse_depth: frame.inverse_depth().to_vec(), known })
    };
    seen.into_iter().chain(been).filter_map(look).collect()
}

/// Where the player looked from the way a window does: where they stood, for that comes back exactly, and
/// places in between, ever farther apart.
fn player_poses(pose: &Pose, trail: &Trail) -> Vec<Pose> {
    let distance = |been: &Pose| been.position.distance(pose.position);
    let nearest_first = |places: &[Pose]| {
        let along = |been: &&Pose| been.forward().dot(pose.forward()) > ALONG;
        let mut places: Vec<Pose> = places.iter().filter(along).copied().collect();
        places.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
        places
    };
    let mut chosen = nearest_first(trail.stood());
    chosen.truncate(MOST_STOOD);
    for been in nearest_first(trail.been()) {
        let apart = APART_M + APART_SHARE * distance(&been);
        if chosen.len() < MOST_STOOD + MOST_PLACES
            && chosen.iter().all(|other| other.position.distance(been.position) > apart)
        {
            chosen.push(been);
        }
    }
    chosen
}
