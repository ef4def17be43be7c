//! The geometry that frames show, for robots in worlds that answer with nothing but frames.

use glam::Vec3;
use reverie_world_model::{DepthImage, Intrinsics, Observation, Pose, RayHit, SpatialQuery};
use std::collections::VecDeque;

/// Between samples along a ray, metres.
const STEP_M: f32 = 0.06;
/// A ray that comes out this far behind a surface passed behind it rather than through it, metres.
const THICKNESS_M: f32 = 0.6;
/// Rays are followed at most this far, metres.
const MOST_M: f32 = 60.0;
/// Nearer to the lens than this nothing is looked up, metres.
const NEAR_M: f32 = 0.02;
/// A frame is remembered when the camera has gone this far since the last one, metres.
const KEEP_EVERY_M: f32 = 0.6;
/// Or when it has turned this far, radians.
const KEEP_EVERY_RAD: f32 = 0.35;
/// Frames that are remembered.
const MOST_KEPT: usize = 24;
/// What the newest frame sees this far past is not there any more, metres.
const GONE_M: f32 = 0.3;

/// What the frames of a walk have shown, asked as geometry, as a robot with a depth camera would map
/// it: the newest frame, and earlier ones for what it does not show. What no frame has shown, or
/// shows no longer, is unknown, and unknown space is free.
#[derive(Debug, Clone, Default)]
pub struct SeenGeometry {
    newest: Option<View>,
    kept: VecDeque<View>,
    level_m: Option<f32>,
}

/// The geometry of one frame.
#[derive(Debug, Clone)]
struct View {
    pose: Pose,
    intrinsics: Intrinsics,
    depth: DepthImage,
}

impl SeenGeometry {
    /// Takes the next frame; one without depth shows nothing. Where no frame has shown the ground,
    /// that is `level_m` high (world Y, metres): a robot on wheels takes the floor to go on as it
    /// stands on it; `None` for no ground there.
    pub fn look(&mut self, frame: &Observation, level_m: Option<f32>) {
        self.level_m = level_m;
        if let Some(view) = self.newest.take()
            && self.kept.back().is_none_or(|last| view.differs_from(last))
        {
            if self.kept.len() == MOST_KEPT {
                self.kept.pop_front();
            }
            self.kept.push_back(view);
        }
        self.newest = frame.depth.as_ref().map(|depth| View {
            pose: frame.pose,
            intrinsics: frame.intrinsics,
            depth: depth.clone(),
        });
    }

    /// Whether the newest frame sees past a point: nothing is there now.
    fn is_gone(&self, point: Vec3) -> bool {
        let newest = self.newest.as_ref();
        let seen = newest.and_then(|view| view.behind(view.pose.view_from_world(point)));
        seen.is_some_and(|(behind_m, _)| behind_m < -GONE_M)
    }
}

impl View {
    fn differs_from(&self, other: &Self) -> bool {
        let turn = (self.pose.rotation.conjugate() * other.pose.rotation).xyz().length();
        self.pose.position.distance(other.pose.position) > KEEP_EVERY_M
            || 2.0 * turn.min(1.0).asin() > KEEP_EVERY_RAD
    }

    /// How far a point (view space) lies behind the surface in front of it, metres; negative before
    /// it. `None` where the frame does not tell.
    fn behind(&self, point: Vec3) -> Option<(f32, (u32, u32))> {
        let depth = &self.depth;
        if point.z > -NEAR_M {
            return None;
        }
        let (uv, there_m) = self.intrinsics.project(point)?;
        let inside = uv.x >= 0.0
            && uv.y >= 0.0
            && uv.x < depth.width() as f32
            && uv.y < depth.height() as f32;
        let pixel = (uv.x as u32, uv.y as u32);
        let seen_m = if inside { depth.at(pixel.0, pixel.1) } else { 0.0 };
        (seen_m > 0.0).then_some((there_m - seen_m, pixel))
    }

    /// Normal of the surface in a pixel, view space.
    fn normal(&self, (x, y): (u32, u32)) -> Option<Vec3> {
        let depth = &self.depth;
        let x = x.min(depth.width().saturating_sub(2));
        let y = y.min(depth.height().saturating_sub(2));
        let next = ((x + 1).min(depth.width() - 1), (y + 1).min(depth.height() - 1));
        let point =
            |x: u32, y: u32| self.intrinsics.ray(x as f32 + 0.5, y as f32 + 0.5) * depth.at(x, y);
        let (right, down) = (point(next.0, y) - point(x, y), point(x, next.1) - point(x, y));
        down.cross(right).try_normalize()
    }

    /// First place along a ray where it goes through what this frame shows; `direction` has unit
    /// length.
    fn ray_cast(&self, origin: Vec3, direction: Vec3, reach_m: f32) -> Option<RayHit> {
        let from = self.pose.view_from_world(origin);
        let along = self.pose.rotation.conjugate() * direction;
        // Wholly behind the camera.
        if from.z > -NEAR_M && from.z + along.z * reach_m > -NEAR_M {
            return None;
        }
        let mut before: Option<f32> = None;
        let mut at_m = 0.0;
        while at_m <= reach_m {
            let behind = self.behind(from + along * at_m);
            if let (Some(gap_before), Some((gap, pixel))) = (before, behind)
                && gap_before <= 0.0
                && (0.0..THICKNESS_M).contains(&gap)
            {
                let back = STEP_M * gap / (gap - gap_before).max(1e-6);
                let distance_m = (at_m - back).max(0.0);
                let normal = self.normal(pixel).unwrap_or(-along);
                let facing = if normal.dot(along) > 0.0 { -normal } else { normal };
                return Some(RayHit {
                    position: origin + direction * distance_m,
                    normal: self.pose.rotation * facing,
                    distance_m,
                });
            }
            before = behind.map(|(gap, _)| gap);
            at_m += STEP_M;
        }
        None
    }
}

impl SpatialQuery for SeenGeometry {
    fn ray_cast(&self, origin: Vec3, direction: Vec3, max_distance_m: f32) -> Option<RayHit> {
        let direction = direction.try_normalize()?;
        let mut reach_m = max_distance_m.min(MOST_M);
        let mut nearest: Option<RayHit> = None;
        if let Some(view) = &self.newest {
            nearest = view.ray_cast(origin, direction, reach_m);
            reach_m = nearest.map_or(reach_m, |hit| hit.distance_m);
        }
        for view in &self.kept {
            if let Some(hit) = view.ray_cast(origin, direction, reach_m)
                && !self.is_gone(hit.position)
            {
                reach_m = hit.distance_m;
                nearest = Some(hit);
            }
        }
        nearest
    }

    fn ground_height(&self, point: Vec3) -> Option<f32> {
        let hit = self.ray_cast(point, Vec3::NEG_Y, MOST_M);
        hit.map(|hit| hit.position.y).or(self.level_m)
    }

    fn is_free(&self, centre: Vec3, radius_m: f32) -> bool {
        let around = [Vec3::X, Vec3::NEG_X, Vec3::Y, Vec3::NEG_Y, Vec3::Z, Vec3::NEG_Z];
        around.iter().all(|direction| self.ray_cast(centre, *direction, radius_m).is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reverie_world_model::RgbImage;

    /// A camera 1 m above a floor, looking level at a wall 4 m away, as a frame of 64x48.
    fn hall() -> Observation {
        let intrinsics = Intrinsics::from_horizontal_fov(64, 48, 1.3);
        let pose = Pose::from_yaw_pitch_roll(Vec3::new(2.0, 1.0, 0.0), 0.0, 0.0, 0.0);
        let mut depth = Vec::new();
        for y in 0..48 {
            for x in 0..64 {
                let ray = intrinsics.ray(x as f32 + 0.5, y as f32 + 0.5);
                let floor = if ray.y < 0.0 { -1.0 / ray.y } else { f32::INFINITY };
                depth.push(floor.min(4.0));
            }
        }
        Observation {
            rgb: RgbImage::new(64, 48, vec![0; 64 * 48 * 3]).expect("picture"),
            depth: Some(DepthImage::new(64, 48, depth).expect("depth")),
            pose,
            intrinsics,
            coverage: 1.0,
            tick: 0,
            time_secs: 0.0,
        }
    }

    #[test]
    fn a_frame_answers_for_what_it_shows_and_no_more() {
        let frame = hall();
        let mut seen = SeenGeometry::default();
        seen.look(&frame, Some(0.0));
        let eye = frame.pose.position;
        let wall = seen.ray_cast(eye, Vec3::NEG_Z, 10.0).expect("the wall");
        assert!((wall.distance_m - 4.0).abs() < 0.05, "{wall:?}");
        assert!(wall.normal.z > 0.9 && wall.position.x == eye.x, "{wall:?}");
        assert_eq!(seen.ray_cast(eye, Vec3::NEG_Z, 3.5), None, "too far");
        assert_eq!(seen.ray_cast(eye, Vec3::Z, 10.0), None, "behind the camera");
        assert_eq!(seen.ray_cast(eye + Vec3::NEG_Z * 5.0, Vec3::X, 3.0), None, "behind the wall");
        let floor = seen.ray_cast(eye + Vec3::NEG_Z * 3.0, Vec3::NEG_Y, 5.0).expect("the floor");
        assert!(floor.position.y.abs() < 0.06 && floor.normal.y > 0.9, "{floor:?}");
        // Ground that is not seen goes on level, or is unknown.
        let unseen = eye + Vec3::Z * 3.0;
        assert_eq!(seen.ground_height(unseen), Some(0.0));
        seen.look(&frame, None);
        assert_eq!(seen.ground_height(unseen), None);
        assert!(seen.is_free(eye + Vec3::NEG_Z * 2.0, 0.5));
        assert!(!seen.is_free(eye + Vec3::NEG_Z * 3.8, 0.5));
    }

    #[test]
    fn what_was_seen_is_remembered_until_it_is_seen_to_be_gone() {
        let ahead = hall();
        let eye = ahead.pose.position;
        let mut seen = SeenGeometry::default();
        seen.look(&ahead, Some(0.0));
        // Turned round: the wall is behind the camera now.
        let turned = Pose::from_yaw_pitch_roll(eye, std::f32::consts::PI, 0.0, 0.0);
        seen.look(&Observation { pose: turned, ..ahead.clone() }, Some(0.0));
        let wall = seen.ray_cast(eye, Vec3::NEG_Z, 10.0).expect("the wall");
        assert!((wall.distance_m - 4.0).abs() < 0.05, "{wall:?}");
        // Back again, and the wall is away.
        let open = DepthImage::new(64, 48, vec![f32::INFINITY; 64 * 48]).expect("depth");
        seen.look(&Observation { depth: Some(open), ..ahead }, Some(0.0));
        assert_eq!(seen.ray_cast(eye, Vec3::NEG_Z, 10.0), None);
        assert!(seen.ray_cast(eye, Vec3::Z, 10.0).is_some(), "the other wall is remembered");
    }

    #[test]
    fn without_depth_everything_is_open() {
        let frame = Observation { depth: None, ..hall() };
        let mut seen = SeenGeometry::default();
        seen.look(&frame, None);
        assert_eq!(seen.ray_cast(frame.pose.position, Vec3::NEG_Z, 10.0), None);
    }
}
