//! Everything that is known about one view.

use glam::{Affine3A, Vec3};
use rayon::prelude::*;

use crate::picture::camera::Camera;
use crate::scene::Scene;

/// A rendered view with all that the renderer knows of it. Rows run from the top; every buffer has
/// `width * height` entries (`rgb` three times as many).
#[derive(Clone, Debug, PartialEq)]
pub struct GroundTruth {
    /// Where it was taken from and by which lens.
    pub camera: Camera,
    /// sRGB.
    pub rgb: Vec<u8>,
    /// Metres along the view axis at the pixel's centre, infinity for sky.
    pub depth_m: Vec<f32>,
    /// Surface normal in the world, each component times 127; zero for sky.
    pub normal: Vec<[i8; 3]>,
    /// [`Class::number`](crate::Class::number) of what is seen.
    pub class: Vec<u8>,
    /// Which object is seen; 0 is none in particular (ground, sky).
    pub instance: Vec<u32>,
    /// Where everything that moves was, by instance in rising order.
    pub(crate) mover_poses: Vec<(u32, Affine3A)>,
}

impl GroundTruth {
    /// Pixels in a row.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.camera.intrinsics.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.camera.intrinsics.height
    }

    fn mover(&self, instance: u32) -> Option<&Affine3A> {
        let found = self.mover_poses.binary_search_by_key(&instance, |(id, _)| *id).ok()?;
        Some(&self.mover_poses[found].1)
    }
}

impl Scene {
    /// Forward flow: where each pixel of an earlier view went, seen by a camera in the scene as it
    /// is now. Pixels to the right and down; NaN where the point is behind the camera now or its
    /// object is gone.
    #[must_use]
    pub fn forward_flow(&self, earlier: &GroundTruth, now: &Camera) -> Vec<[f32; 2]> {
        const LOST: [f32; 2] = [f32::NAN; 2];
        let width = earlier.width().max(1) as usize;
        let poses = self.mover_poses();
        let world_from_earlier: Vec<(u32, Option<Affine3A>)> = earlier
            .mover_poses
            .iter()
            .map(|(id, then)| {
                let at = poses.binary_search_by_key(id, |(id, _)| *id).ok();
                (*id, at.map(|at| poses[at].1 * then.inverse()))
            })
            .collect();
        let flow = |index: usize| {
            let (x, y) = ((index % width) as f32 + 0.5, (index / width) as f32 + 0.5);
            let ray = earlier.camera.direction(x, y);
            let (depth, instance) = (earlier.depth_m[index], earlier.instance[index]);
            let in_view = if depth.is_finite() {
                let mut point = earlier.camera.pose.position + ray * depth;
                if instance != 0 && earlier.mover(instance).is_some() {
                    let moved = world_from_earlier.binary_search_by_key(&instance, |(id, _)| *id);
                    match moved.ok().and_then(|at| world_from_earlier[at].1) {
                        Some(moved) => point = moved.transform_point3(point),
                        None => return LOST,
                    }
                }
                now.pose.view_from_world(point)
            } else {
                // The sky is so far that only turning moves it.
                now.pose.rotation.conjugate() * ray
            };
            match now.intrinsics.project(in_view) {
                Some((pixel, _)) => [pixel.x - x, pixel.y - y],
                None => LOST,
            }
        };
        (0..earlier.depth_m.len()).into_par_iter().with_min_len(1024).map(flow).collect()
    }
}

/// A unit vector in three bytes.
pub(crate) fn pack_normal(normal: Vec3) -> [i8; 3] {
    // `round` is a library call on plain x86-64.
    let byte = |v: f32| (v * 127.0 + 0.5f32.copysign(v)) as i8;
    [byte(normal.x), byte(normal.y), byte(normal.z)]
}
