//! The two shaders, their constants from `reverie_spatial`, and the four pipelines.

use bevy::{
    asset::{Assets, Handle},
    prelude::*,
    render::{
        render_resource::{
            BindGroupLayoutDescriptor, BindGroupLayoutEntries, CachedComputePipelineId,
            CachedRenderPipelineId, ColorTargetState, ColorWrites, CompareFunction,
            ComputePipeline, ComputePipelineDescriptor, DepthBiasState, DepthStencilState,
            DownlevelFlags, Face, FragmentState, FrontFace, PipelineCache, PrimitiveState,
            RenderPipeline, RenderPipelineDescriptor, ShaderStages, StencilState,
            StorageTextureAccess, TextureFormat, TextureSampleType, VertexState, WgpuFeatures,
            binding_types::{
                storage_buffer_read_only_sized, storage_buffer_sized, texture_2d, texture_depth_2d,
                texture_storage_2d, uniform_buffer_sized,
            },
        },
        renderer::{RenderAdapter, RenderDevice},
    },
};
use reverie_spatial::{
    BACKDROP_COLUMNS, BACKDROP_ROWS, NEAR_M, fill,
    objects::{CONTACT, OUTWARD, SOFT_PER_M},
};
use std::f32::consts::{PI, TAU};

/// Colour as kept in memory: sRGB bytes, not converted on the way.
pub(super) const COLOUR_FORMAT: TextureFormat = TextureFormat::Rgba8Unorm;
/// The depth buffer of the drawing pass.
pub(super) const DEPTH_FORMAT: TextureFormat = TextureFormat::Depth32Float;
/// What the composition pass reads.
pub(super) const INVERSE_DEPTH_FORMAT: TextureFormat = TextureFormat::R32Float;

/// Pixels along a side of the block whose levels one workgroup of `pull_levels` makes.
pub(super) const PULL_BLOCK_PX: u32 = 64;
/// Pixels along a side of the block that one workgroup of `push_levels` fills.
pub(super) const PUSH_BLOCK_PX: u32 = 32;

// The shader's workgroups are laid out for blocks of 64 pixels at the top level.
const _: () = assert!(fill::FILL_LEVELS == 6 && PULL_BLOCK_PX == 1 << fill::FILL_LEVELS);

/// Handles of the two shaders; made once, in the main world.
#[derive(Resource, Clone)]
pub(super) struct MemoryShaders {
    draw: Handle<Shader>,
    fill: Handle<Shader>,
}

impl MemoryShaders {
    pub fn new(shaders: &mut Assets<Shader>) -> Self {
        let draw = format!(
            "const NEAR_M: f32 = {NEAR_M:?};\nconst OBJECT_OUTWARD: f32 = {OUTWARD:?};\n{}",
            include_str!("../../../shaders/memory.wgsl"),
        );
        let biases = fill::FILL_BIAS_BY_LEVEL
            .map(|share| format!("{:?}", fill::FILL_BACKGROUND_BIAS * share));
        let fill = format!(
            "const NEAR_M: f32 = {NEAR_M:?};\n\
             const FILL_BIASES: array<f32, {}> = array({});\n\
             const FILL_FAR_OFFSET: f32 = {:?};\n\
             const FILL_WEIGHT_GAIN: f32 = {:?};\n\
             const FARTHER_THAN_ALL: f32 = 3.0e38;\n\
             const BACKDROP_COLUMNS: i32 = {BACKDROP_COLUMNS};\n\
             const BACKDROP_ROWS: i32 = {BACKDROP_ROWS};\n\
             const OBJECT_CONTACT: f32 = {CONTACT:?};\n\
             const OBJECT_SOFT_PER_M: f32 = {SOFT_PER_M:?};\n\
             const PI: f32 = {PI:?};\n\
             const TAU: f32 = {TAU:?};\n{}",
            fill::FILL_BIAS_BY_LEVEL.len(),
            biases.join(", "),
            fill::FILL_FAR_OFFSET,
            fill::FILL_WEIGHT_GAIN,
            include_str!("../../../shaders/fill.wgsl"),
        );
        Self {
            draw: shaders.add(Shader::from_wgsl(draw, "reverie://shaders/memory.wgsl")),
            fill: shaders.add(Shader::from_wgsl(fill, "reverie://shaders/fill.wgsl")),
        }
    }
}

/// Layouts, and pipelines that may still be compiling.
pub(super) struct Pipelines {
    pub draw_layout: BindGroupLayoutDescriptor,
    pub fill_layout: BindGroupLayoutDescriptor,
    whole: CachedRenderPipelineId,
    quarter: CachedRenderPipelineId,
    pull: CachedComputePipelineId,
    push: CachedComputePipelineId,
}

/// The pipelines, compiled.
pub(super) struct ReadyPipelines<'a> {
    /// Whole cells, indexed.
    pub whole: &'a RenderPipeline,
    /// Cut cells, 24 vertices each.
    pub quarter: &'a RenderPipeline,
    /// From the picture up.
    pub pull: &'a ComputePipeline,
    /// From the backdrop down.
    pub push: &'a ComputePipeline,
}

impl Pipelines {
    pub fn new(cache: &PipelineCache, shaders: &MemoryShaders) -> Self {
        let draw_layout = BindGroupLayoutDescriptor::new(
            "reverie_memory_layout",
            &BindGroupLayoutEntries::sequential(
                ShaderStages::VERTEX,
                (
                    storage_buffer_read_only_sized(false, None),
                    storage_buffer_read_only_sized(false, None),
                    storage_buffer_read_only_sized(false, None),
                    storage_buffer_read_only_sized(false, None),
                ),
            ),
        );
        let fill_layout = BindGroupLayoutDescriptor::new(
            "reverie_fill_layout",
            &BindGroupLayoutEntries::sequential(
                ShaderStages::COMPUTE,
                (
                    uniform_buffer_sized(false, None),
                    texture_2d(TextureSampleType::Float { filterable: false }),
                    texture_depth_2d(),
                    storage_buffer_sized(false, None),
                    storage_buffer_read_only_sized(false, None),
                    texture_storage_2d(COLOUR_FORMAT, StorageTextureAccess::WriteOnly),
                    texture_storage_2d(INVERSE_DEPTH_FORMAT, StorageTextureAccess::WriteOnly),
                    storage_buffer_read_only_sized(false, None),
                ),
            ),
        );
        let draw = |entry: &'static str| {
            cache.queue_render_pipeline(RenderPipelineDescriptor {
                label: Some(format!("reverie_{entry}").into()),
                layout: vec![draw_layout.clone()],
                vertex: VertexState {
                    shader: shaders.draw.clone(),
                    entry_point: Some(entry.into()),
                    ..default()
                },
                primitive: PrimitiveState {
                    // Surfaces are seen from the side they were seen from.
                    front_face: FrontFace::Cw,
                    cull_mode: Some(Face::Back),
                    ..default()
                },
                depth_stencil: Some(DepthStencilState {
                    format: DEPTH_FORMAT,
                    depth_write_enabled: Some(true),
                    // Equal passes: the sky's depth is that of the cleared buffer.
                    depth_compare: Some(CompareFunction::GreaterEqual),
                    stencil: StencilState::default(),
                    bias: DepthBiasState::default(),
                }),
                fragment: Some(FragmentState {
                    shader: shaders.draw.clone(),
                    entry_point: Some("known".into()),
                    targets: vec![Some(ColorTargetState {
                        format: COLOUR_FORMAT,
                        blend: None,
                        write_mask: ColorWrites::ALL,
                    })],
                    ..default()
                }),
                ..default()
            })
        };
        let compute = |entry: &'static str| {
            cache.queue_compute_pipeline(ComputePipelineDescriptor {
                label: Some(format!("reverie_{entry}").into()),
                layout: vec![fill_layout.clone()],
                shader: shaders.fill.clone(),
                entry_point: Some(entry.into()),
                zero_initialize_workgroup_memory: true,
                ..default()
            })
        };
        let (whole, quarter) = (draw("whole_cell"), draw("quarter_cell"));
        let (pull, push) = (compute("pull_levels"), compute("push_levels"));
        Self { draw_layout, fill_layout, whole, quarter, pull, push }
    }

    /// `None` while one of them is compiling.
    pub fn ready<'a>(&self, cache: &'a PipelineCache) -> Option<ReadyPipelines<'a>> {
        Some(ReadyPipelines {
            whole: cache.get_render_pipeline(self.whole)?,
            quarter: cache.get_render_pipeline(self.quarter)?,
            pull: cache.get_compute_pipeline(self.pull)?,
            push: cache.get_compute_pipeline(self.push)?,
        })
    }
}

/// What the shaders need beyond what every device has; a sentence about the GPU if it lacks it.
pub(super) fn check_device(device: &RenderDevice, adapter: &RenderAdapter) -> Result<(), String> {
    let needed = DownlevelFlags::COMPUTE_SHADERS
        | DownlevelFlags::VERTEX_STORAGE
        | DownlevelFlags::VIEW_FORMATS;
    let missing = needed - adapter.get_downlevel_capabilities().flags;
    if !missing.is_empty() {
        return Err(format!("it lacks {missing:?}"));
    }
    let limits = device.limits();
    let needs = [
        ("storage buffers per shader stage", limits.max_storage_buffers_per_shader_stage, 4),
        ("storage textures per shader stage", limits.max_storage_textures_per_shader_stage, 2),
        ("invocations per compute workgroup", limits.max_compute_invocations_per_workgroup, 256),
        ("bytes of compute workgroup storage", limits.max_compute_workgroup_storage_size, 8_192),
    ];
    for (what, has, needed) in needs {
        if has < needed {
            return Err(format!("it offers {has} {what}, {needed} are needed"));
        }
    }
    Ok(())
}

/// Whether many draws, each with its own instance index, can be one call.
pub(super) fn can_draw_indirect(device: &RenderDevice, adapter: &RenderAdapter) -> bool {
    device.features().contains(WgpuFeatures::INDIRECT_FIRST_INSTANCE)
        && adapter.get_downlevel_capabilities().flags.contains(DownlevelFlags::INDIRECT_EXECUTION)
}
