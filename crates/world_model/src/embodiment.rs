//! How actions move a camera: four embodiments, integrated tick by tick.

use crate::{Action, Pose, SpatialQuery};
use glam::{Quat, Vec2, Vec3};
use serde::{Deserialize, Serialize};
use std::f32::consts::FRAC_PI_2;

/// Steepest look up or down, radians; short of the pole so that yaw keeps its meaning.
const MAX_PITCH_RAD: f32 = FRAC_PI_2 - 0.01;
/// Standard gravity, m/s^2.
const GRAVITY_MPS2: f32 = 9.81;
/// Fastest fall of a walker or rover, m/s.
const TERMINAL_FALL_MPS: f32 = 55.0;

/// How actions move the camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Embodiment {
    /// A camera without a body: goes where it looks, through everything.
    #[default]
    Free,
    /// A person: gravity, eye height, step height, collisions. Moves in the horizontal plane.
    Walker,
    /// A quadcopter: inertia, banks into its accelerations, stops at obstacles.
    Drone,
    /// A wheeled robot with differential drive: forward speed and yaw only, stays on the ground.
    Rover,
}

impl Embodiment {
    /// The body that fits this embodiment.
    pub fn default_body(self) -> Body {
        match self {
            Self::Free => {
                Body { eye_height_m: 0.0, radius_m: 0.0, step_height_m: 0.0, response_secs: 0.0 }
            }
            Self::Walker => {
                Body { eye_height_m: 1.6, radius_m: 0.3, step_height_m: 0.45, response_secs: 0.08 }
            }
            Self::Drone => {
                Body { eye_height_m: 0.4, radius_m: 0.35, step_height_m: 0.0, response_secs: 0.45 }
            }
            Self::Rover => {
                Body { eye_height_m: 0.7, radius_m: 0.35, step_height_m: 0.15, response_secs: 0.15 }
            }
        }
    }
}

/// The size and the agility of an embodiment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Camera above the ground, metres (for a drone: the lowest it may fly).
    pub eye_height_m: f32,
    /// Clearance kept from walls, metres.
    pub radius_m: f32,
    /// Highest step taken without stopping, metres.
    pub step_height_m: f32,
    /// Time constant with which velocity follows the command, seconds; 0 is at once.
    pub response_secs: f32,
}

/// An embodiment in motion.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbodimentState {
    /// Which one.
    pub embodiment: Embodiment,
    /// Its body.
    pub body: Body,
    /// Camera centre, world space, metres.
    pub position: Vec3,
    /// Heading, radians, left positive.
    pub yaw_rad: f32,
    /// Look up, radians.
    pub pitch_rad: f32,
    /// Part of the rotation that looking does not change: the roll a seed picture was taken with.
    pub roll_rad: f32,
    /// World-space velocity, m/s.
    pub velocity_mps: Vec3,
    /// Tilt of a drone's frame: (bank left, nose up), radians.
    pub tilt_rad: Vec2,
}

impl EmbodimentState {
    /// At rest at a pose.
    pub fn new(embodiment: Embodiment, pose: Pose) -> Self {
        let (yaw_rad, pitch_rad, roll_rad) = pose.yaw_pitch_roll();
        Self {
            embodiment,
            body: embodiment.default_body(),
            position: pose.position,
            yaw_rad,
            pitch_rad,
            roll_rad,
            velocity_mps: Vec3::ZERO,
            tilt_rad: Vec2::ZERO,
        }
    }

    /// The camera's pose.
    pub fn pose(&self) -> Pose {
        Pose::from_yaw_pitch_roll(
            self.position,
            self.yaw_rad,
            self.pitch_rad + self.tilt_rad.y,
            self.roll_rad + self.tilt_rad.x,
        )
    }

    /// Advances by `dt_secs` under one action. The look is taken first, then the move in the new
    /// direction. Actions are expected to have passed [`Action::validate`].
    pub fn advance(&mut self, action: &Action, dt_secs: f32, world: &dyn SpatialQuery) {
        self.yaw_rad = wrap_angle(self.yaw_rad + action.look_rps.x * dt_secs);
        self.pitch_rad =
            (self.pitch_rad + action.look_rps.y * dt_secs).clamp(-MAX_PITCH_RAD, MAX_PITCH_RAD);
        let [right, up, forward] = action.move_mps.to_array();
        let heading = Quat::from_rotation_y(self.yaw_rad);
        match self.embodiment {
            Embodiment::Free => {
                self.velocity_mps = self.pose().rotation * Vec3::new(right, up, -forward);
                self.position += self.velocity_mps * dt_secs;
            }
            Embodiment::Walker => {
                self.drive_on_ground(heading * Vec3::new(right, 0.0, -forward), dt_secs, world);
            }
            Embodiment::Rover => {
                self.drive_on_ground(heading * Vec3::new(0.0, 0.0, -forward), dt_secs, world);
            }
            Embodiment::Drone => {
                self.fly(heading, heading * Vec3::new(right, up, -forward), dt_secs, world);
            }
        }
    }

    /// Velocity follows the command with the body's time constant; exact for a held command, so
    /// that the result does not depend on the tick rate. Returns the change of velocity.
    fn follow(&mut self, wanted_mps: Vec3, dt_secs: f32) -> Vec3 {
        let keep = if self.body.response_secs > 0.0 {
            (-dt_secs / self.body.response_secs).exp()
        } else {
            0.0
        };
        let before = self.velocity_mps;
        self.velocity_mps = wanted_mps + (before - wanted_mps) * keep;
        self.velocity_mps - before
    }

    fn drive_on_ground(&mut self, wanted_mps: Vec3, dt_secs: f32, world: &dyn SpatialQuery) {
        let fall_mps = self.velocity_mps.y;
        self.velocity_mps.y = 0.0;
        self.follow(wanted_mps, dt_secs);
        let moved = self.slide(self.velocity_mps * dt_secs, world);
        // Feet, not eyes, meet the ground: look for it from just above the highest step.
        let reach = Vec3::Y * (self.body.step_height_m - self.body.eye_height_m);
        let next = self.position + moved;
        let Some(ground_m) = world.ground_height(next + reach) else {
            // Nothing is known below: stay level rather than fall out of the world.
            self.position = next;
            return;
        };
        let stand_m = ground_m + self.body.eye_height_m;
        self.position = next;
        if stand_m >= self.position.y {
            // Steps are climbed over a few ticks, as legs and wheels do.
            let climb_mps = 3.0;
            self.position.y = (self.position.y + climb_mps * dt_secs).min(stand_m);
        } else {
            self.velocity_mps.y = (fall_mps - GRAVITY_MPS2 * dt_secs).max(-TERMINAL_FALL_MPS);
            self.position.y += self.velocity_mps.y * dt_secs;
            if self.position.y <= stand_m {
                self.position.y = stand_m;
                self.velocity_mps.y = 0.0;
            }
        }
    }

    fn fly(&mut self, heading: Quat, wanted_mps: Vec3, dt_secs: f32, world: &dyn SpatialQuery) {
        let change = self.follow(wanted_mps, dt_secs);
        let moved = self.slide(self.velocity_mps * dt_secs, world);
        if dt_secs > 0.0 {
            self.velocity_mps = moved / dt_secs;
            // A rotor only pushes along its axis: the frame leans into the acceleration.
            let acceleration = heading.conjugate() * (change / dt_secs);
            let lean = |a: f32| (a / GRAVITY_MPS2).clamp(-0.6, 0.6).atan();
            let wanted = Vec2::new(-lean(acceleration.x), lean(acceleration.z));
            let keep = (-dt_secs / 0.15).exp();
            self.tilt_rad = wanted + (self.tilt_rad - wanted) * keep;
        }
        self.position += moved;
        if let Some(ground_m) = world.ground_height(self.position) {
            let lowest_m = ground_m + self.body.eye_height_m;
            if self.position.y < lowest_m {
                self.position.y = lowest_m;
                self.velocity_mps.y = self.velocity_mps.y.max(0.0);
            }
        }
    }

    /// Shortens a displacement at obstacles and lets the rest slide along them.
    fn slide(&mut self, displacement: Vec3, world: &dyn SpatialQuery) -> Vec3 {
        let mut rest = displacement;
        // Twice: along one wall, and out of the corner with a second.
        for _ in 0..2 {
            let length = rest.length();
            if length < 1e-6 {
                return Vec3::ZERO;
            }
            let direction = rest / length;
            let reach = length + self.body.radius_m;
            let Some(normal) = self.obstacle(direction, reach, world) else {
                return rest;
            };
            let into = rest.dot(normal).min(0.0);
            rest -= normal * into;
            let into = self.velocity_mps.dot(normal).min(0.0);
            self.velocity_mps -= normal * into;
        }
        // Still blocked after two walls: stay.
        let length = rest.length();
        let blocked = length > 1e-6
            && self.obstacle(rest / length, length + self.body.radius_m, world).is_some();
        if blocked { Vec3::ZERO } else { rest }
    }

    /// Normal of the nearest surface the body would touch, at the heights where it has width.
    fn obstacle(&self, direction: Vec3, reach_m: f32, world: &dyn SpatialQuery) -> Option<Vec3> {
        let grounded = matches!(self.embodiment, Embodiment::Walker | Embodiment::Rover);
        let lowest_m = self.body.step_height_m - self.body.eye_height_m;
        let heights_m: [f32; 3] = if grounded { [0.0, 0.5 * lowest_m, lowest_m] } else { [0.0; 3] };
        let probes = if grounded { &heights_m[..] } else { &heights_m[..1] };
        let mut nearest: Option<(f32, Vec3)> = None;
        for height_m in probes {
            let Some(hit) = world.ray_cast(self.position + Vec3::Y * *height_m, direction, reach_m)
            else {
                continue;
            };
            let normal = if grounded {
                // A slope that can be walked up is ground, not a wall.
                if hit.normal.y > 0.6 {
                    continue;
                }
                Vec3::new(hit.normal.x, 0.0, hit.normal.z).normalize_or_zero()
            } else {
                hit.normal
            };
            if normal != Vec3::ZERO && nearest.is_none_or(|(distance, _)| hit.distance_m < distance)
            {
                nearest = Some((hit.distance_m, normal));
            }
        }
        nearest.map(|(_, normal)| normal)
    }
}

/// Brings an angle to +-pi, so that hours of turning keep their precision.
fn wrap_angle(angle_rad: f32) -> f32 {
    use std::f32::consts::{PI, TAU};
    if (-PI..=PI).contains(&angle_rad) {
        angle_rad
    } else {
        angle_rad - TAU * (angle_rad / TAU).round()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OpenSpace, RayHit};

    /// Ground at y = 0 that steps up by `step_m` at x = 1, and a wall at z = -3.
    struct Yard {
        step_m: f32,
    }

    impl SpatialQuery for Yard {
        fn ray_cast(&self, origin: Vec3, direction: Vec3, max_distance_m: f32) -> Option<RayHit> {
            let direction = direction.normalize();
            let mut best: Option<RayHit> = None;
            let mut offer = |distance_m: f32, normal: Vec3, low: f32, high: f32| {
                let position = origin + direction * distance_m;
                if distance_m > 0.0
                    && distance_m <= max_distance_m
                    && (low..=high).contains(&position.y)
                    && best.is_none_or(|b| distance_m < b.distance_m)
                {
                    best = Some(RayHit { position, normal, distance_m });
                }
            };
            if direction.z < 0.0 {
                offer((-3.0 - origin.z) / direction.z, Vec3::Z, 0.0, 4.0);
            }
            if direction.x > 0.0 {
                offer((1.0 - origin.x) / direction.x, Vec3::NEG_X, 0.0, self.step_m);
            }
            best
        }
        fn ground_height(&self, point: Vec3) -> Option<f32> {
            let top = if point.x >= 1.0 { self.step_m } else { 0.0 };
            (top <= point.y).then_some(top)
        }
        fn is_free(&self, _: Vec3, _: f32) -> bool {
            true
        }
    }

    fn run(state: &mut EmbodimentState, action: Action, secs: f32, world: &dyn SpatialQuery) {
        for _ in 0..(secs * 24.0).round() as u32 {
            state.advance(&action, 1.0 / 24.0, world);
        }
    }

    fn moving(right: f32, up: f32, forward: f32) -> Action {
        Action { move_mps: Vec3::new(right, up, forward), ..Action::default() }
    }

    #[test]
    fn free_camera_follows_its_own_frame_exactly() {
        let mut state = EmbodimentState::new(Embodiment::Free, Pose::IDENTITY);
        run(&mut state, moving(0.193, 0.0, 0.0), 1.0, &OpenSpace);
        assert!(state.position.abs_diff_eq(Vec3::new(0.193, 0.0, 0.0), 1e-5));
        run(
            &mut state,
            Action { look_rps: Vec2::new(FRAC_PI_2, 0.0), ..Action::default() },
            1.0,
            &OpenSpace,
        );
        run(&mut state, moving(0.0, 0.0, 2.0), 1.0, &OpenSpace);
        assert!(state.position.abs_diff_eq(Vec3::new(0.193 - 2.0, 0.0, 0.0), 1e-4));
    }

    #[test]
    fn walker_falls_to_eye_height_and_stops_at_the_wall() {
        let mut state = EmbodimentState::new(
            Embodiment::Walker,
            Pose { position: Vec3::new(0.0, 3.0, 0.0), ..Pose::IDENTITY },
        );
        let yard = Yard { step_m: 0.3 };
        run(&mut state, moving(0.0, 5.0, 0.0), 2.0, &yard);
        assert!((state.position.y - 1.6).abs() < 1e-4);
        run(&mut state, moving(0.0, 0.0, 1.5), 5.0, &yard);
        let gap_m = state.position.z + 3.0;
        assert!((0.2..0.45).contains(&gap_m), "{gap_m} m from the wall");
        // Along the wall it slides.
        run(&mut state, moving(-1.0, 0.0, 1.0), 1.0, &yard);
        assert!(state.position.x < -0.7);
    }

    #[test]
    fn walker_climbs_a_step_and_not_a_ledge() {
        for (step_m, climbs) in [(0.3, true), (0.9, false)] {
            let mut state = EmbodimentState::new(
                Embodiment::Walker,
                Pose { position: Vec3::Y * 1.6, ..Pose::IDENTITY },
            );
            run(&mut state, moving(1.2, 0.0, 0.0), 3.0, &Yard { step_m });
            assert_eq!(state.position.x > 1.5, climbs, "step {step_m}: {}", state.position);
            let stands_m = if climbs { step_m } else { 0.0 };
            assert!((state.position.y - 1.6 - stands_m).abs() < 1e-3);
        }
    }

    #[test]
    fn drone_has_inertia_and_banks_into_the_turn() {
        let mut state = EmbodimentState::new(
            Embodiment::Drone,
            Pose { position: Vec3::Y * 10.0, ..Pose::IDENTITY },
        );
        run(&mut state, moving(6.0, 0.0, 0.0), 0.2, &OpenSpace);
        assert!(state.velocity_mps.x > 1.0 && state.velocity_mps.x < 4.0);
        assert!(state.tilt_rad.x < -0.1, "banks right when pushed right");
        run(&mut state, Action::default(), 0.1, &OpenSpace);
        assert!(state.velocity_mps.x > 0.5, "drifts on");
        run(&mut state, Action::default(), 4.0, &OpenSpace);
        assert!(state.velocity_mps.length() < 0.01 && state.tilt_rad.length() < 0.01);
    }

    #[test]
    fn rover_only_drives_along_its_heading() {
        let mut state = EmbodimentState::new(
            Embodiment::Rover,
            Pose { position: Vec3::Y * 0.7, ..Pose::IDENTITY },
        );
        run(&mut state, moving(2.0, 2.0, 0.0), 1.0, &Yard { step_m: 0.0 });
        assert!(state.position.abs_diff_eq(Vec3::Y * 0.7, 1e-3));
        run(&mut state, moving(0.0, 0.0, 1.0), 1.0, &Yard { step_m: 0.0 });
        assert!(state.position.z < -0.7);
    }

    #[test]
    fn result_depends_little_on_the_tick_rate() {
        let mut ends = [24, 240].map(|hz| {
            let mut state = EmbodimentState::new(Embodiment::Drone, Pose::IDENTITY);
            for _ in 0..hz * 2 {
                state.advance(&moving(1.0, 0.5, 3.0), 1.0 / hz as f32, &OpenSpace);
            }
            state.position
        });
        ends[0] -= ends[1];
        assert!(ends[0].length() < 0.1, "{}", ends[0]);
    }
}
