//! Apps without a window: films, tests, machines without a display.
//!
//! ```no_run
//! use bevy::prelude::*;
//! use bevy_reverie::{headless, prelude::*};
//! use std::time::Duration;
//!
//! # fn main() -> Result<(), headless::NotReady> {
//! let mut app = App::new();
//! app.add_plugins((headless::default_plugins(), ReveriePlugins))
//!     .insert_resource(ReverieSettings { lockstep: true, ..default() });
//! headless::make_ready(&mut app, Duration::from_secs(60))?;
//! app.update(); // one whole frame
//! # Ok(())
//! # }
//! ```
//! Cameras draw into an image (`RenderTarget::Image`); with [`ReverieSettings::lockstep`] and a fixed
//! time step the same inputs give the same pictures.
//!
//! [`ReverieSettings::lockstep`]: crate::ReverieSettings::lockstep

use bevy::{
    app::{PluginGroupBuilder, PluginsState},
    prelude::*,
    render::{RenderPlugin, pipelined_rendering::PipelinedRenderingPlugin},
    window::ExitCondition,
    winit::WinitPlugin,
};
use std::time::{Duration, Instant};

/// Bevy's own plugins without a window. Each [`App::update`] is a whole frame, drawn before it
/// returns, and no frame is drawn without a shader that is still being compiled.
#[must_use]
pub fn default_plugins() -> PluginGroupBuilder {
    DefaultPlugins
        .set(WindowPlugin {
            primary_window: None,
            exit_condition: ExitCondition::DontExit,
            ..default()
        })
        .set(RenderPlugin { synchronous_pipeline_compilation: true, ..default() })
        .disable::<WinitPlugin>()
        .disable::<PipelinedRenderingPlugin>()
}

/// The renderer did not start in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the renderer did not start within {} s", .0.as_secs_f32())]
pub struct NotReady(
    /// How long was waited.
    pub Duration,
);

/// Waits until the plugins are ready and finishes them, as [`App::run`] does before its first frame.
///
/// # Errors
/// [`NotReady`] after `patience`.
pub fn make_ready(app: &mut App, patience: Duration) -> Result<(), NotReady> {
    let deadline = Instant::now() + patience;
    while app.plugins_state() == PluginsState::Adding {
        if Instant::now() > deadline {
            return Err(NotReady(patience));
        }
        bevy::tasks::tick_global_task_pools_on_main_thread();
    }
    app.finish();
    app.cleanup();
    Ok(())
}
