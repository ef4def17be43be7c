//! How much of an avatar's life is worth computing, and how finely it is worth drawing.

use super::{body::FORMS, life::AvatarLife};
use bevy::{
    camera::primitives::{Frustum, Sphere},
    prelude::*,
    render::renderer::RenderAdapterInfo,
};
use reverie_avatar::Lod;
use serde::{Deserialize, Serialize};
use wgpu_types::DeviceType;

/// A face of fewer pixels rests; from that many on it lives.
const FACE_OFF_PX: f32 = 9.0;
const FACE_ON_PX: f32 = 12.0;
/// Height of a face, metres.
const FACE_M: f32 = 0.24;
/// An avatar leaves the picture for so long before it is left alone, seconds.
const HIDDEN_AFTER_SECS: f32 = 0.4;
/// What may show of somebody whose middle is outside the picture (an arm, a shadow), of its height.
const MARGIN: f32 = 0.75;

/// From so many pixels a metre on each of a body's finer forms is drawn; the errors of the next one
/// (0.7, 2.8 and 9 mm) are less than half a pixel below.
const FORM_PX_PER_M: [f32; FORMS - 1] = [330.0, 130.0, 45.0];
/// Share by which that must be exceeded or missed for a change.
const HOLDS: f32 = 0.12;

/// How finely people are drawn. How surfaces are lit is settled when somebody is loaded.
#[derive(Resource, Debug, Clone, Copy, PartialEq, Eq, Default, Reflect, Serialize, Deserialize)]
#[reflect(Resource, Default, Clone, PartialEq, Serialize, Deserialize)]
pub enum AvatarDetail {
    /// [`Reduced`](Self::Reduced) where the device is a program (a machine without a GPU), else
    /// [`Full`](Self::Full).
    #[default]
    Automatic,
    /// As finely as pixels show.
    Full,
    /// Meshes are one form coarser than their size asks for, and surfaces are lit more simply.
    Reduced,
}

impl AvatarDetail {
    /// Whether people are drawn with less than pixels would show.
    pub fn is_reduced(self, adapter: Option<&RenderAdapterInfo>) -> bool {
        match self {
            Self::Automatic => adapter.is_some_and(|it| it.device_type == DeviceType::Cpu),
            Self::Full => false,
            Self::Reduced => true,
        }
    }
}

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
    /// Which of the body's forms is drawn: 0 as it was built, 1 to 3 coarser and coarser. Follows
    /// from how large it looks and from [`AvatarDetail`].
    pub form: u8,
    /// Set to have this form (3 at most) whatever the cameras see.
    pub forced_form: Option<u8>,
    unseen_secs: f32,
}

impl AvatarLod {
    /// Always the same.
    pub fn forced(lod: Lod) -> Self {
        Self { current: lod, forced: Some(lod), ..Self::default() }
    }
}

type Viewer = (&'static Camera, &'static Projection, &'static GlobalTransform, &'static Frustum);

pub(super) fn choose(
    time: Res<Time>,
    detail: Res<AvatarDetail>,
    adapter: Option<Res<RenderAdapterInfo>>,
    cameras: Query<Viewer, With<Camera3d>>,
    mut avatars: Query<(&AvatarLife, &mut AvatarLod)>,
) {
    let reduced = detail.is_reduced(adapter.as_deref());
    for (life, mut lod) in &mut avatars {
        let mut next = *lod;
        let seen = Seen::of(life, &cameras);
        next.choose(seen, time.delta_secs());
        next.choose_form(seen, reduced);
        lod.set_if_neq(next);
    }
}

/// What the cameras see of somebody.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Seen {
    /// There is no camera.
    NoCamera,
    /// It is in no picture.
    Nowhere,
    /// Pixels a metre in the picture in which it is largest.
    PxPerM(f32),
}

impl Seen {
    fn of(life: &AvatarLife, cameras: &Query<Viewer, With<Camera3d>>) -> Self {
        let height = life.body().height_m;
        let middle = life.pose().root.position + Vec3::Y * 0.5 * height;
        let sphere = Sphere { center: middle.into(), radius: height * MARGIN };
        let mut seen = Self::NoCamera;
        for (camera, projection, place, frustum) in cameras {
            if !camera.is_active {
                continue;
            }
            if seen == Self::NoCamera {
                seen = Self::Nowhere;
            }
            if !frustum.intersects_sphere(&sphere, false) {
                continue;
            }
            let tall = camera.physical_viewport_size().map_or(720.0, |size| size.y as f32);
            let clip = projection.get_clip_from_view();
            let distance = place.translation().distance(middle).max(0.1);
            // Orthographic pictures do not shrink with distance.
            let per_metre = if clip.w_axis.w == 1.0 { 1.0 } else { distance.recip() };
            let pixels = clip.y_axis.y * per_metre * 0.5 * tall;
            let most = if let Self::PxPerM(most) = seen { most } else { 0.0 };
            seen = Self::PxPerM(pixels.max(most));
        }
        seen
    }
}

impl AvatarLod {
    fn choose(&mut self, seen: Seen, secs: f32) {
        if let Some(forced) = self.forced {
            self.current = forced;
            return;
        }
        match seen {
            Seen::NoCamera => self.current = Lod::Full,
            Seen::Nowhere => {
                self.unseen_secs += secs;
                if self.unseen_secs > HIDDEN_AFTER_SECS {
                    self.current = Lod::Hidden;
                }
            }
            Seen::PxPerM(pixels) => {
                self.unseen_secs = 0.0;
                let least = if self.current == Lod::Full { FACE_OFF_PX } else { FACE_ON_PX };
                self.current = if FACE_M * pixels > least { Lod::Full } else { Lod::Far };
            }
        }
    }

    fn choose_form(&mut self, seen: Seen, reduced: bool) {
        let least = u8::from(reduced);
        let coarsest = FORM_PX_PER_M.len() as u8;
        if let Some(form) = self.forced_form {
            self.form = form.min(coarsest);
            return;
        }
        match seen {
            Seen::NoCamera => self.form = least,
            // Whoever comes back looks as before.
            Seen::Nowhere => self.form = self.form.max(least),
            Seen::PxPerM(pixels) => {
                let now = self.form.saturating_sub(least);
                let wanted = |share: f32| {
                    FORM_PX_PER_M.iter().filter(|from| pixels < **from * share).count() as u8
                };
                // The finest and the coarsest form that this size may have.
                let form = now.clamp(wanted(1.0 - HOLDS), wanted(1.0 + HOLDS));
                self.form = (form + least).min(coarsest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_follow_the_size_and_hold() {
        let mut lod = AvatarLod::default();
        let mut at = |pixels: f32, reduced: bool| {
            lod.choose_form(Seen::PxPerM(pixels), reduced);
            lod.form
        };
        // Coming near from afar, and going away again: each change has its own place.
        let coming: Vec<u8> =
            [10.0, 49.0, 52.0, 140.0, 150.0, 360.0, 375.0].map(|p| at(p, false)).into();
        assert_eq!(coming, [3, 3, 2, 2, 1, 1, 0]);
        let going: Vec<u8> = [300.0, 280.0, 118.0, 110.0, 41.0, 38.0].map(|p| at(p, false)).into();
        assert_eq!(going, [0, 1, 1, 2, 2, 3]);
        // Small changes to and fro change nothing.
        let first = at(130.0, false);
        assert!((0..20).all(|k| at(if k % 2 == 0 { 120.0 } else { 140.0 }, false) == first));
        // From wherever it was, a jump ends where the size says.
        assert_eq!((at(2000.0, false), at(1.0, false), at(200.0, false)), (0, 3, 1));
        // Slow machines have one coarser.
        assert_eq!(
            (at(2000.0, true), at(200.0, true), at(80.0, true), at(1.0, true)),
            (1, 2, 3, 3)
        );
        assert_eq!((at(80.0, true), at(200.0, true), at(2000.0, true)), (3, 2, 1));
    }

    #[test]
    fn forms_can_be_forced_and_stay_unseen() {
        let mut lod = AvatarLod { forced_form: Some(9), ..AvatarLod::default() };
        lod.choose_form(Seen::PxPerM(2000.0), false);
        assert_eq!(lod.form, 3);
        lod.forced_form = None;
        lod.choose_form(Seen::Nowhere, false);
        assert_eq!(lod.form, 3);
        lod.choose_form(Seen::NoCamera, true);
        assert_eq!(lod.form, 1);
    }
}
