//! Where things are put to be recognised, and how they are looked at.

use glam::{Quat, Vec3};
use reverie_world_model::{Intrinsics, Pose, SpatialQuery};

/// Sides of the pictures that are judged, pixels.
pub const PICTURE_PX: u32 = 64;
/// How much wider than the thing a picture is.
const ROOM: f32 = 1.35;
/// Widest picture, radians.
const WIDEST_RAD: f32 = 1.4;

/// A camera at an eye with a thing in the middle of its picture.
#[must_use]
pub fn aim(eye: Vec3, centre: Vec3, size: Vec3) -> (Pose, Intrinsics) {
    let to = centre - eye;
    let away_m = to.length().max(0.1);
    let (yaw_rad, pitch_rad) = ((-to.x).atan2(-to.z), to.y.atan2(to.x.hypot(to.z)));
    let pose = Pose::from_yaw_pitch_roll(eye, yaw_rad, pitch_rad, 0.0);
    let seen_m = size.y.max(size.x.hypot(size.z) * 0.85);
    let angle_rad = (2.0 * (0.5 * ROOM * seen_m / away_m).atan()).clamp(0.03, WIDEST_RAD);
    (pose, Intrinsics::from_horizontal_fov(PICTURE_PX, PICTURE_PX, angle_rad))
}

/// A place on the ground in front of an eye where a thing has room and is seen whole: the centre of
/// its box and its orientation. `random` gives numbers of 0 to 1; `None` when no place is found.
pub fn standing_place(
    world: &dyn SpatialQuery,
    eye: &Pose,
    size: Vec3,
    half_angle_rad: f32,
    mut random: impl FnMut() -> f32,
) -> Option<(Vec3, Quat)> {
    let (forward, radius) = (eye.forward(), 0.5 * size.length());
    let yaw_rad = (-forward.x).atan2(-forward.z);
    for _ in 0..60 {
        let aside = (2.0 * random() - 1.0) * half_angle_rad;
        let away_m = radius * (2.4 + 2.2 * random()) + 1.0;
        let way = Quat::from_rotation_y(yaw_rad + aside) * Vec3::NEG_Z;
        let above = eye.position + way * away_m;
        let turn = Quat::from_rotation_y(random() * std::f32::consts::TAU);
        let Some(ground_m) = world.ground_height(above) else { continue };
        let centre = Vec3::new(above.x, ground_m + 0.5 * size.y, above.z);
        // The ground may be uneven: what counts is the air above it.
        let clear = world.is_free(centre + Vec3::Y * 0.2 * size.y, 0.25 * size.min_element());
        let sight = [0.25_f32, -0.3].iter().all(|up| {
            let target = centre + Vec3::Y * *up * size.y;
            let to = target - eye.position;
            world.ray_cast(eye.position, to, to.length() - 0.2).is_none()
        });
        let level = (ground_m + 1.6 - eye.position.y).abs() < 0.35 * away_m;
        if clear && sight && level {
            return Some((centre, turn));
        }
    }
    None
}
