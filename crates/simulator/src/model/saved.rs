//! What a snapshot holds, and what is checked before it is believed.

use glam::{Quat, Vec3};
use reverie_world_model::{EmbodimentState, Pose, SceneSeed, WorldEvent};
use serde::{Deserialize, Serialize};

use super::WORLD_HALF_M;
use super::world::STRIDE_M;
use crate::conditions::Conditions;
use crate::tasks::Task;
use crate::things::proxies::ProxyKind;

/// Most changes of conditions that can be taken back.
pub(super) const MAX_BEFORE: usize = 64;
/// Most objects that events may have placed at one time.
pub(super) const MAX_PLACED: usize = 1024;

/// Everything that a scene's seed does not already say.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Saved {
    pub scene: SceneSeed,
    pub conditions: Conditions,
    /// Those that can be taken back to, oldest first.
    #[serde(default)]
    pub before: Vec<Conditions>,
    pub body: EmbodimentState,
    pub tick: u64,
    pub placed: Vec<Placed>,
    /// Way since the walker's last footstep, metres.
    pub stride_m: f32,
    /// What moves, as the scene's kind writes it.
    pub living: Option<serde_json::Value>,
    #[serde(default)]
    pub task: Option<Task>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Placed {
    pub id: u64,
    pub class: String,
    pub position: Vec3,
    pub rotation: Quat,
    pub size: Vec3,
    pub colour: [u8; 3],
}

pub(super) fn check_pose(pose: &Pose) -> Result<(), String> {
    pose.validate().map_err(|e| e.to_string())?;
    if pose.position.abs().max_element() > WORLD_HALF_M {
        return Err(format!("position: {} is more than {WORLD_HALF_M} m away", pose.position));
    }
    Ok(())
}

pub(super) fn check_saved(saved: &Saved) -> Result<(), String> {
    if let Some(task) = &saved.task {
        task.check().map_err(|problem| format!("task: {problem}"))?;
    }
    check_pose(&saved.body.pose()).map_err(|problem| format!("body: {problem}"))?;
    let body = &saved.body.body;
    let numbers = [body.eye_height_m, body.radius_m, body.step_height_m, body.response_secs];
    if numbers.iter().any(|n| !(0.0..=100.0).contains(n)) || !saved.body.velocity_mps.is_finite() {
        return Err("body: has values out of range".to_owned());
    }
    saved.conditions.validate().map_err(|problem| format!("conditions: {problem}"))?;
    if saved.before.len() > MAX_BEFORE {
        return Err(format!("before: {} changes, at most {MAX_BEFORE}", saved.before.len()));
    }
    for before in &saved.before {
        before.validate().map_err(|problem| format!("before: {problem}"))?;
    }
    if !(0.0..=STRIDE_M).contains(&saved.stride_m) {
        return Err(format!("stride_m: {} is not within 0 to {STRIDE_M}", saved.stride_m));
    }
    if saved.placed.len() > MAX_PLACED {
        return Err(format!("placed: {} objects, at most {MAX_PLACED}", saved.placed.len()));
    }
    for p in &saved.placed {
        let event = WorldEvent::Place {
            id: p.id,
            class: p.class.clone(),
            position: p.position,
            rotation: p.rotation,
            size: p.size,
            colour: p.colour,
        };
        event.validate().map_err(|e| format!("placed: {e}"))?;
        if ProxyKind::from_name(&p.class).is_none() {
            return Err(format!(
                "placed: unknown class `{}`",
                p.class.chars().take(60).collect::<String>()
            ));
        }
    }
    Ok(())
}
