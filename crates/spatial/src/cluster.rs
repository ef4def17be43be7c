//! Neighbouring tiles that are left out together when a camera cannot see them.

use crate::Tile;
use glam::Vec3;
use reverie_world_model::{Intrinsics, Pose};
use std::{ops::Range, sync::Arc};

/// Tiles of a cluster: a part of a row of a view.
const CLUSTER_TILES: usize = 8;
/// What touches this margin around a screen counts as on it, as a share of the screen.
const MARGIN: f32 = 0.01;

/// Some tiles of a view that follow one another.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    /// Indices of its tiles.
    pub tiles: Range<usize>,
    low: Vec3,
    high: Vec3,
    /// It has sky, which no box bounds.
    sky: bool,
}

impl Cluster {
    /// All tiles of a view.
    pub fn of(tiles: &[Arc<Tile>]) -> Vec<Self> {
        let chunks = tiles.chunks(CLUSTER_TILES).enumerate();
        let cluster = |(k, chunk): (usize, &[Arc<Tile>])| {
            let first = k * CLUSTER_TILES;
            let bounds = || chunk.iter().map(|tile| tile.bounds());
            Self {
                tiles: first..first + chunk.len(),
                low: bounds().fold(Vec3::INFINITY, |low, b| low.min(b.low)),
                high: bounds().fold(Vec3::NEG_INFINITY, |high, b| high.max(b.high)),
                sky: bounds().any(|b| b.min_inverse_depth == 0.0),
            }
        };
        chunks.map(cluster).collect()
    }
}

/// What a camera sees.
pub(crate) struct Frustum {
    pose: Pose,
    /// Tangents of the angles to the left, right, upper and lower edge.
    edges: [f32; 4],
}

impl Frustum {
    pub fn new(pose: &Pose, camera: &Intrinsics) -> Self {
        let (width, height) = (camera.width as f32, camera.height as f32);
        let (x, y) = (MARGIN * width, MARGIN * height);
        let edges = [
            (-x - camera.cx) / camera.fx,
            (width + x - camera.cx) / camera.fx,
            (camera.cy + y) / camera.fy,
            (camera.cy - height - y) / camera.fy,
        ];
        Self { pose: *pose, edges }
    }

    /// Whether something of a cluster may be on the screen.
    pub fn may_see(&self, cluster: &Cluster) -> bool {
        if cluster.sky || cluster.low.x > cluster.high.x {
            return true;
        }
        let [left, right, top, bottom] = self.edges;
        // Corners within each of the planes.
        let mut inside = [0_u32; 5];
        for corner in 0..8 {
            let pick =
                |bit: u32, low: f32, high: f32| if corner >> bit & 1 == 0 { low } else { high };
            let (low, high) = (cluster.low, cluster.high);
            let point =
                Vec3::new(pick(0, low.x, high.x), pick(1, low.y, high.y), pick(2, low.z, high.z));
            let at = self.pose.view_from_world(point);
            let depth = -at.z;
            let within = [
                depth >= 0.0,
                at.x >= left * depth,
                at.x <= right * depth,
                at.y <= top * depth,
                at.y >= bottom * depth,
            ];
            for (count, within) in inside.iter_mut().zip(within) {
                *count += u32::from(within);
            }
        }
        inside.iter().all(|count| *count > 0)
    }
}
