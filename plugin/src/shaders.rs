//! Shaders that the plugin brings along.

use bevy::{prelude::*, shader::Shader};

/// Makes a shader known under a fixed handle; an App without a renderer does without.
pub(crate) fn register(app: &mut App, handle: &Handle<Shader>, path: &str, source: &'static str) {
    let Some(mut shaders) = app.world_mut().get_resource_mut::<Assets<Shader>>() else { return };
    if let Err(error) = shaders.insert(handle, Shader::from_wgsl(source, path)) {
        error!("{path} could not be registered: {error}");
    }
}
