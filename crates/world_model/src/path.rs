//! Path files: what a player does, written down.

use crate::{Action, Embodiment, MAX_LOOK_RPS, MAX_MOVE_MPS, WorldEvent};
use glam::{Vec2, Vec3};
use serde::{Deserialize, Serialize};

/// Most ticks a path may have (about an hour and a half at 24 Hz).
pub const MAX_TICKS: u64 = 131_072;

/// Commands held for a while.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathStep {
    /// For how long, seconds.
    pub secs: f64,
    /// Velocity (right, up, forward) in the camera's frame, metres per second.
    pub move_mps: Vec3,
    /// Turn (yaw left positive, pitch up positive), degrees per second.
    pub look_dps: Vec2,
    /// The "use" button is held.
    pub interact: bool,
}

/// A world event at a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathEvent {
    /// Seconds since the start; applied before the first tick that begins at or after it.
    pub at_secs: f64,
    /// What happens.
    pub event: WorldEvent,
}

/// A whole path, as written in a RON file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathFile {
    /// How actions move the camera.
    pub embodiment: Embodiment,
    /// Ticks per second, above 0 and at most 240.
    pub tick_hz: f32,
    /// What is done, one after another.
    pub steps: Vec<PathStep>,
    /// What happens meanwhile.
    pub events: Vec<PathEvent>,
}

/// Why a text is no path: where and what.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Not RON, or a field is missing, unknown or of another type.
    #[error("line {line}, column {column}: {problem}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// A field's value makes no sense.
    #[error("{field}: {problem}")]
    Value {
        /// The field, for example `steps[2].move_mps`.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl PathFile {
    /// Reads and checks a path in RON.
    ///
    /// # Errors
    /// [`PathError`], with line and column or with the field's name.
    pub fn from_ron(text: &str) -> Result<Self, PathError> {
        let path: Self = ron::from_str(text).map_err(|e| PathError::Syntax {
            line: e.span.start.line,
            column: e.span.start.col,
            problem: e.code.to_string(),
        })?;
        path.validate()?;
        Ok(path)
    }

    /// Checks every number.
    ///
    /// # Errors
    /// [`PathError::Value`] naming the first field that makes no sense.
    pub fn validate(&self) -> Result<(), PathError> {
        let fail = |field: String, problem: String| Err(PathError::Value { field, problem });
        if !(self.tick_hz > 0.0 && self.tick_hz <= 240.0) {
            return fail("tick_hz".into(), format!("{} is not within 0 to 240", self.tick_hz));
        }
        let mut ticks = 0.0;
        for (i, step) in self.steps.iter().enumerate() {
            if !(step.secs.is_finite() && step.secs >= 0.0) {
                return fail(
                    format!("steps[{i}].secs"),
                    format!("{} is not a duration", step.secs),
                );
            }
            let action = step.action();
            if !(action.move_mps.is_finite() && action.move_mps.abs().max_element() <= MAX_MOVE_MPS)
            {
                return fail(
                    format!("steps[{i}].move_mps"),
                    format!("{} is not within +-{MAX_MOVE_MPS} m/s", step.move_mps),
                );
            }
            if !(action.look_rps.is_finite() && action.look_rps.abs().max_element() <= MAX_LOOK_RPS)
            {
                return fail(
                    format!("steps[{i}].look_dps"),
                    format!(
                        "{} is not within +-{:.0} degrees/s",
                        step.look_dps,
                        MAX_LOOK_RPS.to_degrees()
                    ),
                );
            }
            ticks += step.secs * f64::from(self.tick_hz);
            if ticks > MAX_TICKS as f64 {
                return fail(
                    format!("steps[{i}].secs"),
                    format!("the path is longer than {MAX_TICKS} ticks"),
                );
            }
        }
        for (i, event) in self.events.iter().enumerate() {
            if !(event.at_secs.is_finite() && event.at_secs >= 0.0) {
                return fail(
                    format!("events[{i}].at_secs"),
                    format!("{} is not a time", event.at_secs),
                );
            }
            if let Err(error) = event.event.validate() {
                return fail(format!("events[{i}].event"), error.to_string());
            }
        }
        Ok(())
    }

    /// The action of every tick, in order.
    ///
    /// Step boundaries are rounded to ticks on the running total, so that a long path does not
    /// drift from its written length.
    pub fn actions(&self) -> impl Iterator<Item = Action> + '_ {
        let mut elapsed_secs = 0.0;
        let mut done = 0_u64;
        self.steps.iter().flat_map(move |step| {
            elapsed_secs += step.secs;
            let until = (elapsed_secs * f64::from(self.tick_hz)).round() as u64;
            let count = until.saturating_sub(done);
            done = until;
            std::iter::repeat_n(step.action(), count as usize)
        })
    }

    /// Number of ticks of the whole path.
    pub fn ticks(&self) -> u64 {
        let secs: f64 = self.steps.iter().map(|s| s.secs).sum();
        (secs * f64::from(self.tick_hz)).round() as u64
    }

    /// The tick before which an event is applied.
    pub fn event_tick(&self, event: &PathEvent) -> u64 {
        (event.at_secs * f64::from(self.tick_hz)).ceil() as u64
    }
}

impl PathStep {
    /// The step as a command for one tick.
    pub fn action(&self) -> Action {
        Action {
            move_mps: self.move_mps,
            look_rps: Vec2::new(self.look_dps.x.to_radians(), self.look_dps.y.to_radians()),
            interact: self.interact,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "(embodiment: Free, tick_hz: 24, steps: [
    (secs: 1.0, move_mps: (0.193, 0.0, 0.0), look_dps: (0.0, 90.0), interact: false),
], events: [(at_secs: 0.5, event: TimeOfDay(hour: 19.0))])";

    #[test]
    fn reads_the_documented_form() {
        let path = PathFile::from_ron(GOOD).expect("valid");
        assert_eq!(path.ticks(), 24);
        assert_eq!(path.event_tick(&path.events[0]), 12);
        let actions: Vec<_> = path.actions().collect();
        assert_eq!(actions.len(), 24);
        assert!((actions[0].look_rps.y - std::f32::consts::FRAC_PI_2).abs() < 1e-6);
        let again = PathFile::from_ron(&ron::to_string(&path).expect("serialises")).expect("valid");
        assert_eq!(again, path);
        let json = serde_json::to_string(&path).expect("serialises");
        assert_eq!(serde_json::from_str::<PathFile>(&json).expect("valid"), path);
    }

    #[test]
    fn fractions_of_ticks_do_not_add_up() {
        let step = PathFile::from_ron(GOOD).expect("valid").steps[0];
        let steps = vec![PathStep { secs: 0.03, ..step }; 100];
        let path = PathFile { embodiment: Embodiment::Free, tick_hz: 24.0, steps, events: vec![] };
        assert_eq!(path.actions().count(), 72);
        assert_eq!(path.ticks(), 72);
    }

    #[test]
    fn each_kind_of_nonsense_is_located() {
        for (from, to, part) in [
            ("tick_hz: 24, ", "", "`tick_hz`"),
            ("interact: false", "jump: true", "`jump`"),
            ("secs: 1.0", "secs: \"one\"", "line 2, column 11"),
            ("secs: 1.0", "secs: NaN", "steps[0].secs"),
            ("secs: 1.0", "secs: 1e9", "longer than"),
            ("0.193", "inf", "steps[0].move_mps"),
            ("0.193", "1e30", "steps[0].move_mps"),
            ("90.0", "-1e9", "steps[0].look_dps"),
            ("tick_hz: 24", "tick_hz: 0", "tick_hz"),
            ("Free", "Swimmer", "Swimmer"),
            ("hour: 19.0", "hour: 25.0", "events[0].event"),
            ("events: [", "events: ", "line 3"),
        ] {
            let text = GOOD.replace(from, to);
            assert_ne!(text, GOOD);
            let error = PathFile::from_ron(&text).expect_err(&text).to_string();
            assert!(error.contains(part), "{to}: {error}");
        }
    }
}
