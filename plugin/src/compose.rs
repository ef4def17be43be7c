//! Puts the world into the frame before Bevy's opaque meshes.
//!
//! Where the picture fits the target pixel by pixel its colour is copied and a pass writes only the
//! depth, which saves a software rasteriser half of its time; everywhere else (scaled pictures,
//! viewports, the depth view, multisampling, HDR) a full-screen pass writes both.

use crate::{
    ReverieSettings,
    present::{PresentedTextures, PresentedView, ScreenStamp},
    shaders,
};
use bevy::{
    asset::uuid_handle,
    core_pipeline::{
        Core3d, Core3dSystems, FullscreenShader,
        core_3d::{CORE_3D_DEPTH_FORMAT, main_opaque_pass_3d},
    },
    ecs::entity::EntityHashMap,
    platform::collections::HashMap,
    prelude::*,
    render::{
        Render, RenderApp, RenderStartup, RenderSystems,
        camera::ExtractedCamera,
        extract_component::ExtractComponentPlugin,
        extract_resource::ExtractResourcePlugin,
        render_resource::{
            BindGroup, BindGroupEntries, BindGroupLayoutDescriptor, BindGroupLayoutEntries, Buffer,
            BufferDescriptor, BufferUsages, CachedRenderPipelineId, ColorTargetState, ColorWrites,
            CompareFunction, DepthStencilState, FragmentState, MultisampleState, PipelineCache,
            RenderPassDescriptor, RenderPipelineDescriptor, ShaderStages, StoreOp, Texture,
            TextureFormat, TextureSampleType, TextureUsages, TextureViewId,
            binding_types::{texture_2d, uniform_buffer_sized},
        },
        renderer::{RenderContext, RenderDevice, RenderQueue, ViewQuery},
        view::{ExtractedView, Msaa, ViewDepthTexture, ViewTarget},
    },
    shader::Shader,
};
use std::num::NonZeroU64;

const SHADER: Handle<Shader> = uuid_handle!("5f1f61c3-6a9d-4a55-9d86-0f7d7c2b7a11");

/// As in `shaders/compose.wgsl`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Default, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    scale: [f32; 2],
    corner: [f32; 2],
    near: f32,
    depth_view: u32,
    padding: [u32; 2],
}

const PARAMS_SIZE: NonZeroU64 = match NonZeroU64::new(size_of::<Params>() as u64) {
    Some(size) => size,
    None => panic!("the parameters are not empty"),
};

/// Composition of the world's picture with Bevy's meshes, by depth.
pub struct WorldCompositionPlugin;

impl Plugin for WorldCompositionPlugin {
    fn build(&self, app: &mut App) {
        app.add_plugins((
            ExtractComponentPlugin::<PresentedView>::default(),
            ExtractComponentPlugin::<ScreenStamp>::default(),
            ExtractResourcePlugin::<ReverieSettings>::default(),
        ));
        let source = include_str!("../../shaders/compose.wgsl");
        shaders::register(app, &SHADER, "reverie/shaders/compose.wgsl", source);
        let Some(render_app) = app.get_sub_app_mut(RenderApp) else { return };
        render_app
            .init_resource::<ViewInputs>()
            .add_systems(RenderStartup, make_pipelines)
            .add_systems(
                Render,
                (
                    prepare.in_set(RenderSystems::PrepareBindGroups),
                    report_finished.in_set(RenderSystems::Cleanup),
                ),
            )
            .add_systems(
                Core3d,
                compose.in_set(Core3dSystems::MainPass).before(main_opaque_pass_3d),
            );
    }
}

#[derive(Resource)]
struct Pipelines {
    layout: BindGroupLayoutDescriptor,
    vertex: FullscreenShader,
    by_target: HashMap<PipelineKey, CachedRenderPipelineId>,
}

/// Colour format (`None`: the pass writes depth only) and samples.
type PipelineKey = (Option<TextureFormat>, u32);

/// What each view binds, kept from frame to frame.
#[derive(Resource, Default)]
pub(crate) struct ViewInputs(EntityHashMap<ViewInput>);

struct ViewInput {
    params: Params,
    buffer: Buffer,
    bound: (TextureViewId, TextureViewId),
    group: BindGroup,
    pipeline: CachedRenderPipelineId,
    /// The colour to copy, where that is possible.
    copied: Option<Texture>,
}

fn make_pipelines(mut commands: Commands, vertex: Res<FullscreenShader>) {
    let layout = BindGroupLayoutDescriptor::new(
        "reverie_compose",
        &BindGroupLayoutEntries::sequential(
            ShaderStages::FRAGMENT,
            (
                texture_2d(TextureSampleType::Float { filterable: true }),
                texture_2d(TextureSampleType::Float { filterable: false }),
                uniform_buffer_sized(false, Some(PARAMS_SIZE)),
            ),
        ),
    );
    commands.insert_resource(ViewInputs::default());
    commands.insert_resource(Pipelines {
        layout,
        vertex: vertex.clone(),
        by_target: HashMap::default(),
    });
}

impl Pipelines {
    fn get(&mut self, cache: &PipelineCache, key: PipelineKey) -> CachedRenderPipelineId {
        let (layout, vertex) = (&self.layout, &self.vertex);
        let (format, samples) = key;
        *self.by_target.entry(key).or_insert_with(|| {
            let entry = if format.is_some() { "compose" } else { "depth_only" };
            let target =
                |format| ColorTargetState { format, blend: None, write_mask: ColorWrites::ALL };
            cache.queue_render_pipeline(RenderPipelineDescriptor {
                label: Some("reverie_compose".into()),
                layout: vec![layout.clone()],
                vertex: vertex.to_vertex_state(),
                fragment: Some(FragmentState {
                    shader: SHADER,
                    entry_point: Some(entry.into()),
                    targets: format.map(target).into_iter().map(Some).collect(),
                    ..default()
                }),
                depth_stencil: Some(DepthStencilState {
                    format: CORE_3D_DEPTH_FORMAT,
                    depth_write_enabled: Some(true),
                    // A depth prepass may have drawn meshes already; sky has the depth of the
                    // cleared buffer.
                    depth_compare: Some(CompareFunction::GreaterEqual),
                    stencil: default(),
                    bias: default(),
                }),
                multisample: MultisampleState { count: samples, ..default() },
                ..default()
            })
        })
    }
}

type Composable = (
    Entity,
    &'static ExtractedView,
    &'static ExtractedCamera,
    Option<&'static Msaa>,
    &'static ViewTarget,
    &'static PresentedTextures,
);

/// The picture's colour if it fits the target as it is: same size, same bytes.
fn copyable(textures: &PresentedTextures, target: &ViewTarget) -> Option<Texture> {
    let (from, to) = (textures.colour.texture(), target.main_texture());
    let fits = from.size() == to.size()
        && from.format().remove_srgb_suffix() == to.format().remove_srgb_suffix()
        // A target without sRGB encoding wants other bytes.
        && to.format().is_srgb()
        && to.sample_count() == 1
        && from.usage().contains(TextureUsages::COPY_SRC)
        && to.usage().contains(TextureUsages::COPY_DST);
    fits.then(|| Texture::from(from.clone()))
}

fn prepare(
    views: Query<Composable>,
    settings: Res<ReverieSettings>,
    mut inputs: ResMut<ViewInputs>,
    pipelines: Option<ResMut<Pipelines>>,
    cache: Res<PipelineCache>,
    device: Res<RenderDevice>,
    queue: Res<RenderQueue>,
) {
    let Some(mut pipelines) = pipelines else { return };
    if !inputs.0.is_empty() {
        inputs.0.retain(|entity, _| views.contains(*entity));
    }
    for (entity, view, camera, msaa, target, textures) in &views {
        let viewport = camera.physical_viewport_size.unwrap_or(textures.size).max(UVec2::ONE);
        let corner = camera.viewport.as_ref().map_or(UVec2::ZERO, |part| part.physical_position);
        let params = Params {
            scale: (textures.size.as_vec2() / viewport.as_vec2()).to_array(),
            corner: corner.as_vec2().to_array(),
            near: view.clip_from_view.w_axis.z,
            depth_view: u32::from(settings.depth_view),
            padding: [0; 2],
        };
        let bound = (textures.colour.id(), textures.inverse_depth.id());
        let samples = msaa.map_or(1, Msaa::samples);
        let whole = camera.viewport.is_none() && samples == 1 && !settings.depth_view;
        let copied = if whole { copyable(textures, target) } else { None };
        let format = if copied.is_some() { None } else { Some(view.target_format) };
        let pipeline = pipelines.get(&cache, (format, samples));
        let bind = |buffer: &Buffer| {
            device.create_bind_group(
                "reverie_compose",
                &cache.get_bind_group_layout(&pipelines.layout),
                &BindGroupEntries::sequential((
                    &textures.colour,
                    &textures.inverse_depth,
                    buffer.as_entire_binding(),
                )),
            )
        };
        match inputs.0.get_mut(&entity) {
            Some(input) => {
                (input.pipeline, input.copied) = (pipeline, copied);
                if input.bound != bound {
                    input.group = bind(&input.buffer);
                    input.bound = bound;
                }
                if input.params != params {
                    queue.write_buffer(&input.buffer, 0, bytemuck::bytes_of(&params));
                    input.params = params;
                }
            }
            None => {
                let buffer = device.create_buffer(&BufferDescriptor {
                    label: Some("reverie_compose"),
                    size: PARAMS_SIZE.get(),
                    usage: BufferUsages::UNIFORM | BufferUsages::COPY_DST,
                    mapped_at_creation: false,
                });
                queue.write_buffer(&buffer, 0, bytemuck::bytes_of(&params));
                let group = bind(&buffer);
                inputs
                    .0
                    .insert(entity, ViewInput { params, buffer, bound, group, pipeline, copied });
            }
        }
    }
}

/// Writes the picture and its depth.
pub(crate) fn compose(
    view: ViewQuery<(&ExtractedCamera, &ViewTarget, &ViewDepthTexture)>,
    inputs: Res<ViewInputs>,
    cache: Res<PipelineCache>,
    mut ctx: RenderContext,
) {
    let entity = view.entity();
    let (camera, target, depth) = view.into_inner();
    let Some(input) = inputs.0.get(&entity) else { return };
    let Some(pipeline) = cache.get_render_pipeline(input.pipeline) else { return };
    // Whoever asks first for the attachment clears it, so a copied colour must not be asked for
    // again as a fresh one.
    let colour = [Some(target.get_color_attachment())];
    let written = match &input.copied {
        Some(copied) => {
            let to = target.main_texture();
            ctx.command_encoder().copy_texture_to_texture(
                copied.as_image_copy(),
                to.as_image_copy(),
                to.size(),
            );
            &colour[..0]
        }
        None => &colour[..],
    };
    let mut pass = ctx.begin_tracked_render_pass(RenderPassDescriptor {
        label: Some("reverie_compose"),
        color_attachments: written,
        depth_stencil_attachment: Some(depth.get_attachment(StoreOp::Store)),
        timestamp_writes: None,
        occlusion_query_set: None,
        multiview_mask: None,
    });
    if let Some(viewport) = &camera.viewport {
        pass.set_camera_viewport(viewport);
    }
    pass.set_render_pipeline(pipeline);
    pass.set_bind_group(0, &input.group, &[]);
    pass.draw(0..3, 0..1);
}

/// Reports the frame when the device has finished it. The device is asked at the latest when the
/// next frame is submitted, so the age of the input is never understated.
fn report_finished(stamps: Query<&ScreenStamp>, queue: Res<RenderQueue>) {
    for stamp in &stamps {
        if !stamp.current {
            continue;
        }
        let (meter, input_at) = (stamp.meter.clone(), stamp.input_at);
        queue.on_submitted_work_done(move || meter.finished(input_at));
    }
}
