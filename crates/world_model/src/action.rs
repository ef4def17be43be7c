//! What an embodiment does in one tick.

use crate::WorldError;
use glam::{Vec2, Vec3};
use serde::{Deserialize, Serialize};

/// Fastest commanded speed that is accepted, metres per second.
pub const MAX_MOVE_MPS: f32 = 343.0;
/// Fastest commanded turn that is accepted, radians per second (20 turns).
pub const MAX_LOOK_RPS: f32 = 20.0 * std::f32::consts::TAU;

/// A command held for one tick.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// Commanded velocity (right, up, forward) in the camera's frame, metres per second.
    pub move_mps: Vec3,
    /// Commanded turn (yaw left positive, pitch up positive), radians per second.
    pub look_rps: Vec2,
    /// The "use" button is held.
    pub interact: bool,
}

impl Action {
    /// Checks that every number is finite and below [`MAX_MOVE_MPS`] and [`MAX_LOOK_RPS`].
    ///
    /// # Errors
    /// [`WorldError::InvalidAction`] naming the field.
    pub fn validate(&self) -> Result<(), WorldError> {
        let fail = |field, problem| Err(WorldError::InvalidAction { field, problem });
        if !(self.move_mps.is_finite() && self.move_mps.abs().max_element() <= MAX_MOVE_MPS) {
            return fail(
                "move_mps",
                format!("{} is not within +-{MAX_MOVE_MPS} m/s", self.move_mps),
            );
        }
        if !(self.look_rps.is_finite() && self.look_rps.abs().max_element() <= MAX_LOOK_RPS) {
            return fail(
                "look_rps",
                format!("{} is not within +-{MAX_LOOK_RPS:.1} rad/s", self.look_rps),
            );
        }
        Ok(())
    }
}
