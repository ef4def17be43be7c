//! Shaders that the plugin brings along.

use bevy::{
    prelude::*,
    render::{
        render_resource::{
            BlendComponent, BlendFactor, BlendOperation, BlendState, Buffer, BufferDescriptor,
            BufferUsages, ColorTargetState, ColorWrites, TextureFormat,
        },
        renderer::RenderDevice,
    },
    shader::Shader,
};

/// Makes a shader known under a fixed handle; an App without a renderer does without.
pub(crate) fn register(app: &mut App, handle: &Handle<Shader>, path: &str, source: &'static str) {
    let Some(mut shaders) = app.world_mut().get_resource_mut::<Assets<Shader>>() else { return };
    if let Err(error) = shaders.insert(handle, Shader::from_wgsl(source, path)) {
        error!("{path} could not be registered: {error}");
    }
}

/// A target whose colour is mixed with what is there already, `source` times one plus `there` times the other; how much of it shows
/// through (alpha) stays.
pub(crate) fn mixed_target(
    format: TextureFormat,
    source: BlendFactor,
    there: BlendFactor,
) -> Option<ColorTargetState> {
    let add = |src_factor, dst_factor| BlendComponent {
        src_factor,
        dst_factor,
        operation: BlendOperation::Add,
    };
    let blend =
        BlendState { color: add(source, there), alpha: add(BlendFactor::Zero, BlendFactor::One) };
    Some(ColorTargetState { format, blend: Some(blend), write_mask: ColorWrites::ALL })
}

/// A buffer for a shader's parameters, to be written every frame.
pub(crate) fn uniform(device: &RenderDevice, label: &'static str, size: u64) -> Buffer {
    device.create_buffer(&BufferDescriptor {
        label: Some(label),
        size,
        usage: BufferUsages::UNIFORM | BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}
