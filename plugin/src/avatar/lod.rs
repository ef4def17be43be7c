//! How much of an avatar's life is worth computing.

use super::life::AvatarLife;
use bevy::{
    camera::primitives::{Frustum, Sphere},
    prelude::*,
};
use reverie_avatar::Lod;

/// A face of fewer pixels rests; from that many on it lives.
const FACE_OFF_PX: f32 = 9.0;
const FACE_ON_PX: f32 = 12.0;
/// Height of a face, metres.
const FACE_M: f32 = 0.24;
/// An avatar leaves the picture for so long before it is left alone, seconds.
const HIDDEN_AFTER_SECS: f32 = 0.4;
/// What may show of somebody whose middle is outside the picture (an arm, a shadow), of its height.
const MARGIN: f32 = 0.75;

/// How much of an avatar is computed: everything near the camera, the body alone far away, only where it
/// stands out of sight. Without any camera, everything.
#[derive(Component, Debug, Clone, Copy, PartialEq, Default, Reflect)]
#[reflect(opaque)]
#[reflect(Component, Default, Clone, PartialEq)]
pub struct AvatarLod {
    /// What is computed in this frame.
    pub current: Lod,
    /// Set to have this whatever the cameras see.
    pub forced: Option<Lod>,
    unseen_secs: f32,
}

impl AvatarLod {
    /// Always the same.
    pub fn forced(lod: Lod) -> Self {
        Self { current: lod, forced: Some(lod), unseen_secs: 0.0 }
    }
}

type Viewer = (&'static Camera, &'static Projection, &'static GlobalTransform, &'static Frustum);

pub(super) fn choose(
    time: Res<Time>,
    cameras: Query<Viewer, With<Camera3d>>,
    mut avatars: Query<(&AvatarLife, &mut AvatarLod)>,
) {
    for (life, mut lod) in &mut avatars {
        let mut next = *lod;
        next.choose(life, &cameras, time.delta_secs());
        lod.set_if_neq(next);
    }
}

impl AvatarLod {
    fn choose(&mut self, life: &AvatarLife, cameras: &Query<Viewer, With<Camera3d>>, secs: f32) {
        if let Some(forced) = self.forced {
            self.current = forced;
            return;
        }
        let height = life.body().height_m;
        let middle = life.pose().root.position + Vec3::Y * 0.5 * height;
        let sphere = Sphere { center: middle.into(), radius: height * MARGIN };
        let (mut anybody, mut face_px) = (false, None);
        for (camera, projection, place, frustum) in cameras {
            if !camera.is_active {
                continue;
            }
            anybody = true;
            if !frustum.intersects_sphere(&sphere, false) {
                continue;
            }
            let tall = camera.physical_viewport_size().map_or(720.0, |size| size.y as f32);
            let clip = projection.get_clip_from_view();
            let distance = place.translation().distance(middle).max(0.1);
            // Orthographic pictures do not shrink with distance.
            let per_metre = if clip.w_axis.w == 1.0 { 1.0 } else { distance.recip() };
            let pixels = FACE_M * clip.y_axis.y * per_metre * 0.5 * tall;
            face_px = Some(face_px.map_or(pixels, |most: f32| most.max(pixels)));
        }
        if !anybody {
            self.current = Lod::Full;
            return;
        }
        match face_px {
            None => {
                self.unseen_secs += secs;
                if self.unseen_secs > HIDDEN_AFTER_SECS {
                    self.current = Lod::Hidden;
                }
            }
            Some(pixels) => {
                self.unseen_secs = 0.0;
                let least = if self.current == Lod::Full { FACE_OFF_PX } else { FACE_ON_PX };
                self.current = if pixels > least { Lod::Full } else { Lod::Far };
            }
        }
    }
}
