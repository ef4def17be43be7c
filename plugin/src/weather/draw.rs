//! The pass that puts the air before the finished scene, in the render world.

use super::ShownAir;
use crate::{ReverieSettings, shaders};
use bevy::{
    asset::uuid_handle,
    core_pipeline::{Core3d, Core3dSystems, FullscreenShader},
    ecs::entity::EntityHashMap,
    platform::collections::HashMap,
    prelude::*,
    render::{
        Render, RenderApp, RenderStartup, RenderSystems,
        camera::ExtractedCamera,
        extract_component::ExtractComponentPlugin,
        render_resource::{
            BindGroup, BindGroupEntries, BindGroupLayoutDescriptor, BindGroupLayoutEntries,
            BlendFactor, Buffer, CachedRenderPipelineId, FragmentState, MultisampleState,
            PipelineCache, RenderPassDescriptor, RenderPipelineDescriptor, ShaderStages,
            TextureFormat, TextureUsages, TextureViewId, VertexState,
            binding_types::{
                texture_depth_2d, texture_depth_2d_multisampled, uniform_buffer_sized,
            },
        },
        renderer::{RenderContext, RenderDevice, RenderQueue, ViewQuery},
        view::{ExtractedView, Msaa, ViewDepthTexture, ViewTarget},
    },
    shader::{Shader, ShaderDefVal},
};
use reverie_spatial::falling::{Falling, phase_secs};
use std::num::NonZeroU64;

const SHADER: Handle<Shader> = uuid_handle!("b7a4d1c2-93f0-4b52-8a7d-61f0c3e5a908");

/// As in `shaders/air.wgsl`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Default, bytemuck::Pod, bytemuck::Zeroable)]
struct KindParams {
    counts: [u32; 3],
    first: u32,
    colour: [f32; 3],
    alpha: f32,
    radius_m: f32,
    fall_mps: f32,
    sway_m: f32,
    least_px: f32,
    nearest_m: f32,
    padding: [f32; 3],
}

/// As in `shaders/air.wgsl`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Default, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    world_from_view: [[f32; 4]; 4],
    view_from_world: [[f32; 4]; 4],
    projection: [f32; 4],
    colour: [f32; 3],
    extinction_per_m: f32,
    wind_mps: [f32; 2],
    floor_m: f32,
    scale_height_m: f32,
    corner: [f32; 2],
    size: [f32; 2],
    near: f32,
    phase_secs: f32,
    dark_per_m: f32,
    padding: f32,
    kinds: [KindParams; 2],
}

const PARAMS_SIZE: NonZeroU64 = match NonZeroU64::new(size_of::<Params>() as u64) {
    Some(size) => size,
    None => panic!("the parameters are not empty"),
};

pub(super) fn plugin(app: &mut App) {
    app.add_plugins(ExtractComponentPlugin::<ShownAir>::default());
    let source = include_str!("../../../shaders/air.wgsl");
    shaders::register(app, &SHADER, "reverie/shaders/air.wgsl", source);
    let Some(render_app) = app.get_sub_app_mut(RenderApp) else { return };
    render_app
        .init_resource::<Inputs>()
        .add_systems(RenderStartup, make_pipelines)
        .add_systems(Render, prepare.in_set(RenderSystems::PrepareBindGroups))
        // Before anything else is done to the picture.
        .add_systems(
            Core3d,
            draw.after(Core3dSystems::MainPass).before(Core3dSystems::EarlyPostProcess),
        );
}

#[derive(Resource)]
struct Pipelines {
    /// For one sample a pixel, and for several.
    layouts: [BindGroupLayoutDescriptor; 2],
    vertex: FullscreenShader,
    by_target: HashMap<(TextureFormat, u32), [CachedRenderPipelineId; 2]>,
}

fn make_pipelines(mut commands: Commands, vertex: Res<FullscreenShader>) {
    let params = || uniform_buffer_sized(false, Some(PARAMS_SIZE));
    let stages = ShaderStages::VERTEX_FRAGMENT;
    let layouts = [
        BindGroupLayoutDescriptor::new(
            "reverie_air",
            &BindGroupLayoutEntries::sequential(stages, (texture_depth_2d(), params())),
        ),
        BindGroupLayoutDescriptor::new(
            "reverie_air_multisampled",
            &BindGroupLayoutEntries::sequential(
                stages,
                (texture_depth_2d_multisampled(), params()),
            ),
        ),
    ];
    let (vertex, by_target) = (vertex.clone(), HashMap::default());
    commands.insert_resource(Pipelines { layouts, vertex, by_target });
}

impl Pipelines {
    fn layout(&self, samples: u32) -> &BindGroupLayoutDescriptor {
        &self.layouts[usize::from(samples > 1)]
    }

    /// The veil and what falls.
    fn get(
        &mut self,
        cache: &PipelineCache,
        format: TextureFormat,
        samples: u32,
    ) -> [CachedRenderPipelineId; 2] {
        let (layout, vertex) = (self.layout(samples).clone(), &self.vertex);
        *self.by_target.entry((format, samples)).or_insert_with(|| {
            let mut defs = Vec::new();
            if samples > 1 {
                defs.push(ShaderDefVal::from("MULTISAMPLED"));
            }
            let streaks = VertexState {
                shader: SHADER,
                shader_defs: defs.clone(),
                entry_point: Some("streak".into()),
                ..default()
            };
            [(vertex.to_vertex_state(), "veil"), (streaks, "falling")].map(|(vertex, entry)| {
                cache.queue_render_pipeline(RenderPipelineDescriptor {
                    label: Some("reverie_air".into()),
                    layout: vec![layout.clone()],
                    vertex,
                    fragment: Some(FragmentState {
                        shader: SHADER,
                        shader_defs: defs.clone(),
                        entry_point: Some(entry.into()),
                        targets: vec![shaders::mixed_target(
                            format,
                            BlendFactor::One,
                            BlendFactor::OneMinusSrcAlpha,
                        )],
                    }),
                    multisample: MultisampleState { count: samples, ..default() },
                    ..default()
                })
            })
        })
    }
}

/// What each view binds, kept from frame to frame.
#[derive(Resource, Default)]
struct Inputs(EntityHashMap<Input>);

struct Input {
    buffer: Buffer,
    bound: TextureViewId,
    group: BindGroup,
    pipelines: [CachedRenderPipelineId; 2],
    veiled: bool,
    falling: u32,
}

type Aired = (
    Entity,
    &'static ExtractedView,
    &'static ExtractedCamera,
    Option<&'static Msaa>,
    &'static ViewTarget,
    &'static ViewDepthTexture,
    &'static ShownAir,
);

fn prepare(
    views: Query<Aired>,
    settings: Res<ReverieSettings>,
    mut inputs: ResMut<Inputs>,
    pipelines: Option<ResMut<Pipelines>>,
    cache: Res<PipelineCache>,
    (device, queue): (Res<RenderDevice>, Res<RenderQueue>),
) {
    let Some(mut pipelines) = pipelines else { return };
    inputs.0.retain(|entity, _| views.contains(*entity));
    if settings.depth_view {
        inputs.0.clear();
        return;
    }
    for (entity, view, camera, msaa, target, depth, shown) in &views {
        // The first frame's texture was made before anybody knew that it would be read.
        if !depth.texture.usage().contains(TextureUsages::TEXTURE_BINDING) {
            continue;
        }
        let samples = msaa.map_or(1, Msaa::samples);
        let made = pipelines.get(&cache, view.target_format, samples);
        let size = camera.physical_viewport_size.unwrap_or_else(|| {
            let whole = target.main_texture().size();
            UVec2::new(whole.width, whole.height)
        });
        let (params, falling) = params(shown, view, camera, size);
        let bound = depth.view().id();
        let known = inputs.0.remove(&entity);
        let (buffer, group) = match known {
            Some(input) if input.bound == bound => (input.buffer, Some(input.group)),
            Some(input) => (input.buffer, None),
            None => (shaders::uniform(&device, "reverie_air", PARAMS_SIZE.get()), None),
        };
        let group = group.unwrap_or_else(|| {
            let layout = cache.get_bind_group_layout(pipelines.layout(samples));
            let entries = BindGroupEntries::sequential((depth.view(), buffer.as_entire_binding()));
            device.create_bind_group("reverie_air", &layout, &entries)
        });
        queue.write_buffer(&buffer, 0, bytemuck::bytes_of(&params));
        let veiled = shown.air.veils();
        let input = Input { buffer, bound, group, pipelines: made, veiled, falling };
        inputs.0.insert(entity, input);
    }
}

/// What the shader is told, and how many things fall.
fn params(
    ShownAir { air, secs }: &ShownAir,
    view: &ExtractedView,
    camera: &ExtractedCamera,
    size: UVec2,
) -> (Params, u32) {
    let corner = camera.viewport.as_ref().map_or(UVec2::ZERO, |part| part.physical_position);
    let world_from_view = view.world_from_view.to_matrix();
    let m = view.clip_from_view;
    let mut kinds = [KindParams { first: u32::MAX, ..default() }; 2];
    let mut count = 0;
    for (into, (kind, strength, colour)) in kinds.iter_mut().zip(air.falling()) {
        let Falling { counts, radius_m, fall_mps, sway_m, alpha, least_px, nearest_m, .. } = kind;
        let counts = counts.map(|count| (count as f32 * strength) as u32);
        let colour = colour.to_array();
        *into = KindParams {
            counts,
            first: count,
            colour,
            alpha,
            radius_m,
            fall_mps,
            sway_m,
            least_px,
            nearest_m,
            padding: [0.0; 3],
        };
        count += counts.iter().sum::<u32>();
    }
    let params = Params {
        world_from_view: world_from_view.to_cols_array_2d(),
        view_from_world: world_from_view.inverse().to_cols_array_2d(),
        projection: [m.x_axis.x, m.y_axis.y, m.z_axis.x, m.z_axis.y],
        colour: air.colour.to_array(),
        extinction_per_m: air.extinction_per_m,
        wind_mps: air.wind_mps.to_array(),
        floor_m: air.floor_m,
        scale_height_m: air.scale_height_m,
        corner: corner.as_vec2().to_array(),
        size: size.max(UVec2::ONE).as_vec2().to_array(),
        near: m.w_axis.z,
        phase_secs: phase_secs(*secs),
        dark_per_m: air.dark_per_m,
        padding: 0.0,
        kinds,
    };
    (params, count)
}

fn draw(
    view: ViewQuery<(&ExtractedCamera, &ViewTarget)>,
    inputs: Res<Inputs>,
    cache: Res<PipelineCache>,
    mut ctx: RenderContext,
) {
    let entity = view.entity();
    let (camera, target) = view.into_inner();
    let Some(input) = inputs.0.get(&entity) else { return };
    let [veil, falling] = input.pipelines.map(|pipeline| cache.get_render_pipeline(pipeline));
    let (Some(veil), Some(falling)) = (veil, falling) else { return };
    let mut pass = ctx.begin_tracked_render_pass(RenderPassDescriptor {
        label: Some("reverie_air"),
        color_attachments: &[Some(target.get_color_attachment())],
        depth_stencil_attachment: None,
        timestamp_writes: None,
        occlusion_query_set: None,
        multiview_mask: None,
    });
    if let Some(viewport) = &camera.viewport {
        pass.set_camera_viewport(viewport);
    }
    pass.set_bind_group(0, &input.group, &[]);
    if input.veiled {
        pass.set_render_pipeline(veil);
        pass.draw(0..3, 0..1);
    }
    if input.falling > 0 {
        pass.set_render_pipeline(falling);
        pass.draw(0..6, 0..input.falling);
    }
}
