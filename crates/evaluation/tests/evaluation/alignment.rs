//! Known motions of the simulator's camera, found again from its frames.

use crate::scenes::city;
use glam::{Quat, Vec3};
use reverie_evaluation::{MetricError, RgbdView, align};
use reverie_simulator::{BuiltScene, Camera, Exposure, Quality};
use reverie_world_model::{DepthImage, Intrinsics, Pose, RgbImage};

struct Seen {
    rgb: RgbImage,
    depth: DepthImage,
    camera: Intrinsics,
}

impl Seen {
    fn view(&self) -> RgbdView<'_> {
        RgbdView { rgb: &self.rgb, depth: &self.depth, intrinsics: &self.camera }
    }
}

fn look(built: &BuiltScene, pose: Pose) -> Seen {
    let camera = Intrinsics::from_horizontal_fov(128, 72, 75_f32.to_radians());
    let quality = Quality { samples: 2, bounce_rays: 1 };
    let frame = built.scene.render(&Camera { pose, intrinsics: camera }, quality, Exposure::Scene);
    Seen {
        rgb: RgbImage::new(128, 72, frame.rgb).unwrap(),
        depth: DepthImage::new(128, 72, frame.depth_m).unwrap(),
        camera,
    }
}

#[test]
fn finds_the_motion_of_the_camera() {
    let built = city();
    let start = built.start();
    let before = look(&built, start);
    for (shift, yaw_deg, pitch_deg) in [
        (Vec3::new(0.0, 0.0, -0.06), 0.0, 0.0),
        (Vec3::new(0.05, 0.0, -0.2), 3.0, -1.0),
        (Vec3::new(-0.1, 0.05, 0.1), -4.0, 1.0),
        (Vec3::ZERO, 6.0, 0.0),
    ] {
        let turn = Pose::from_yaw_pitch_roll(
            Vec3::ZERO,
            f32::to_radians(yaw_deg),
            f32::to_radians(pitch_deg),
            0.0,
        );
        let now = Pose {
            position: start.world_from_view(shift),
            rotation: start.rotation * turn.rotation,
        };
        let found = align(before.view(), look(&built, now).view()).unwrap();
        let off_m = (found.position - shift).length();
        let off_deg = found.rotation.angle_between(turn.rotation).to_degrees();
        assert!(off_m < 0.005 + 0.02 * shift.length(), "{shift}, {yaw_deg}: off by {off_m} m");
        assert!(off_deg < 0.1, "{shift}, {yaw_deg}: off by {off_deg} degrees");
    }
    let still = align(before.view(), before.view()).unwrap();
    assert!(still.position.length() < 1e-6 && still.rotation.angle_between(Quat::IDENTITY) < 1e-3);
}

#[test]
fn says_when_there_is_nothing_to_align_by() {
    let camera = Intrinsics::from_horizontal_fov(64, 36, 1.2);
    let rgb = RgbImage::filled(64, 36, [80; 3]).unwrap();
    let view = |depth_m: f32| DepthImage::new(64, 36, vec![depth_m; 64 * 36]).unwrap();
    // Grey sky, and nothing known.
    for depth in [view(f32::INFINITY), view(0.0)] {
        let flat = RgbdView { rgb: &rgb, depth: &depth, intrinsics: &camera };
        assert!(matches!(align(flat, flat), Err(MetricError::Nothing(_))));
    }
    let other = Intrinsics { width: 32, ..camera };
    let depth = view(1.0);
    let wrong = RgbdView { rgb: &rgb, depth: &depth, intrinsics: &other };
    assert!(matches!(align(wrong, wrong), Err(MetricError::SizeMismatch { .. })));
}
