//! The pass that darkens the world's picture, in the render world.
//!
//! Each thing is drawn for itself, within the part of the screen that its shadow can reach; the
//! result multiplies what the composition pass has written.

use super::{MAX_CAPSULES, ShadowCapsules, ShadowLight, SunSeen};
use crate::{ReverieSettings, compose::compose, present::PresentedTextures, shaders};
use bevy::{
    asset::uuid_handle,
    core_pipeline::{Core3d, Core3dSystems, FullscreenShader, core_3d::main_opaque_pass_3d},
    ecs::entity::EntityHashMap,
    platform::collections::HashMap,
    prelude::*,
    render::{
        Extract, ExtractSchedule, Render, RenderApp, RenderStartup, RenderSystems,
        camera::ExtractedCamera,
        extract_component::ExtractComponentPlugin,
        render_resource::{
            BindGroup, BindGroupEntries, BindGroupLayoutDescriptor, BindGroupLayoutEntries,
            BlendFactor, Buffer, BufferBinding, CachedRenderPipelineId, FragmentState,
            MultisampleState, PipelineCache, RenderPassDescriptor, RenderPipelineDescriptor,
            ShaderStages, TextureFormat, TextureSampleType, TextureViewId,
            binding_types::{texture_2d, uniform_buffer_sized},
        },
        renderer::{RenderContext, RenderDevice, RenderQueue, ViewQuery},
        view::{ExtractedView, Msaa, ViewTarget},
    },
    shader::{Shader, ShaderDefVal},
};
use std::num::NonZeroU64;

const SHADER: Handle<Shader> = uuid_handle!("0d2c1f7e-4b58-4f7a-8b0e-3c9a5d1e7f42");

/// Most things that throw shadows in one view; the nearest ones do.
const MAX_CASTERS: usize = 24;
/// Light from all around is hidden so far from a thing, times its capsules' radius.
const NEAR_RADII: f32 = 4.0;
/// As in the shader, metres.
const LONGEST_M: f32 = 14.0;
/// The ground may lie so far below a thing's lowest point, metres.
const BELOW_M: f32 = 1.0;

/// As in `shaders/shadow.wgsl`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Default, bytemuck::Pod, bytemuck::Zeroable)]
struct ViewParams {
    world_from_view: [[f32; 4]; 4],
    ray_step: [f32; 2],
    ray_start: [f32; 2],
    scale: [f32; 2],
    corner: [f32; 2],
    sun_direction: [f32; 3],
    sun_radius: f32,
    sun: [f32; 3],
    strength: f32,
    above: [f32; 4],
    below: [f32; 4],
}

/// As in `shaders/shadow.wgsl`, filled up to what dynamic offsets are aligned to.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct CasterParams {
    count: u32,
    sun_seen: f32,
    padding: [f32; 2],
    /// Pairs: one end and the radius, the other end.
    capsules: [[[f32; 4]; 2]; MAX_CAPSULES],
    aligned: [f32; 60],
}

const VIEW_SIZE: NonZeroU64 = match NonZeroU64::new(size_of::<ViewParams>() as u64) {
    Some(size) => size,
    None => panic!("the parameters are not empty"),
};
/// What the shader reads of a caster.
const CASTER_SIZE: NonZeroU64 = match NonZeroU64::new((16 + 32 * MAX_CAPSULES) as u64) {
    Some(size) => size,
    None => panic!("the parameters are not empty"),
};
const _: () = assert!(size_of::<CasterParams>().is_multiple_of(256));

pub(super) fn plugin(app: &mut App) {
    app.add_plugins(ExtractComponentPlugin::<ShadowLight>::default());
    let source = include_str!("../../../shaders/shadow.wgsl");
    shaders::register(app, &SHADER, "reverie/shaders/shadow.wgsl", source);
    let Some(render_app) = app.get_sub_app_mut(RenderApp) else { return };
    render_app
        .init_resource::<Casters>()
        .init_resource::<Inputs>()
        .add_systems(RenderStartup, make_pipelines)
        .add_systems(ExtractSchedule, extract)
        .add_systems(Render, prepare.in_set(RenderSystems::PrepareBindGroups))
        .add_systems(
            Core3d,
            shade.in_set(Core3dSystems::MainPass).after(compose).before(main_opaque_pass_3d),
        );
}

struct Caster {
    params: CasterParams,
    low: Vec3,
    high: Vec3,
    widest_m: f32,
}

/// All things that throw shadows, as of this frame.
#[derive(Resource, Default)]
struct Casters(Vec<Caster>);

fn extract(
    mut casters: ResMut<Casters>,
    things: Extract<Query<(&ShadowCapsules, &SunSeen, Option<&InheritedVisibility>)>>,
) {
    casters.0.clear();
    for (thing, seen, visible) in &things {
        if visible.is_some_and(|visible| !visible.get()) {
            continue;
        }
        let Some((low, high)) = thing.bounds() else { continue };
        let mut params: CasterParams = bytemuck::Zeroable::zeroed();
        params.sun_seen = seen.now;
        let mut widest_m = 0.0_f32;
        for (into, capsule) in params.capsules.iter_mut().zip(thing.sound()) {
            *into =
                [capsule.a.extend(capsule.radius_m).to_array(), capsule.b.extend(0.0).to_array()];
            params.count += 1;
            widest_m = widest_m.max(capsule.radius_m);
        }
        casters.0.push(Caster { params, low, high, widest_m });
    }
}

#[derive(Resource)]
struct Pipelines {
    layout: BindGroupLayoutDescriptor,
    vertex: FullscreenShader,
    by_target: HashMap<(TextureFormat, u32), CachedRenderPipelineId>,
}

fn make_pipelines(mut commands: Commands, vertex: Res<FullscreenShader>) {
    let layout = BindGroupLayoutDescriptor::new(
        "reverie_shadow",
        &BindGroupLayoutEntries::sequential(
            ShaderStages::FRAGMENT,
            (
                texture_2d(TextureSampleType::Float { filterable: true }),
                texture_2d(TextureSampleType::Float { filterable: false }),
                uniform_buffer_sized(false, Some(VIEW_SIZE)),
                uniform_buffer_sized(true, Some(CASTER_SIZE)),
            ),
        ),
    );
    commands.insert_resource(Pipelines {
        layout,
        vertex: vertex.clone(),
        by_target: HashMap::default(),
    });
}

impl Pipelines {
    fn get(
        &mut self,
        cache: &PipelineCache,
        format: TextureFormat,
        samples: u32,
    ) -> CachedRenderPipelineId {
        let (layout, vertex) = (&self.layout, &self.vertex);
        *self.by_target.entry((format, samples)).or_insert_with(|| {
            cache.queue_render_pipeline(RenderPipelineDescriptor {
                label: Some("reverie_shadow".into()),
                layout: vec![layout.clone()],
                vertex: vertex.to_vertex_state(),
                fragment: Some(FragmentState {
                    shader: SHADER,
                    shader_defs: vec![ShaderDefVal::UInt("CAPSULES".into(), MAX_CAPSULES as u32)],
                    entry_point: Some("shade".into()),
                    targets: vec![shaders::mixed_target(
                        format,
                        BlendFactor::Dst,
                        BlendFactor::Zero,
                    )],
                }),
                multisample: MultisampleState { count: samples, ..default() },
                ..default()
            })
        })
    }
}

/// What each view binds, kept from frame to frame.
#[derive(Resource, Default)]
struct Inputs {
    views: EntityHashMap<Input>,
    /// Casters of the view at hand, nearest first.
    order: Vec<(f32, usize)>,
    packed: Vec<CasterParams>,
}

struct Input {
    view: Buffer,
    casters: Buffer,
    bound: (TextureViewId, TextureViewId),
    group: BindGroup,
    pipeline: CachedRenderPipelineId,
    /// Of each caster drawn: x, y, width, height in target pixels.
    parts: Vec<[u32; 4]>,
}

type Shaded = (
    Entity,
    &'static ExtractedView,
    &'static ExtractedCamera,
    Option<&'static Msaa>,
    &'static PresentedTextures,
    &'static ShadowLight,
);

fn prepare(
    views: Query<Shaded>,
    casters: Res<Casters>,
    settings: Res<ReverieSettings>,
    mut inputs: ResMut<Inputs>,
    pipelines: Option<ResMut<Pipelines>>,
    cache: Res<PipelineCache>,
    (device, queue): (Res<RenderDevice>, Res<RenderQueue>),
) {
    let Some(mut pipelines) = pipelines else { return };
    let Inputs { views: inputs, order, packed } = &mut *inputs;
    inputs.retain(|entity, _| views.contains(*entity));
    if settings.depth_view || casters.0.is_empty() {
        inputs.clear();
        return;
    }
    for (entity, view, camera, msaa, textures, light) in &views {
        let pipeline = pipelines.get(&cache, view.target_format, msaa.map_or(1, Msaa::samples));
        let bound = (textures.colour.id(), textures.inverse_depth.id());
        let known = inputs.remove(&entity);
        let (view_buffer, caster_buffer, group, mut parts) = match known {
            Some(input) if input.bound == bound => {
                (input.view, input.casters, Some(input.group), input.parts)
            }
            known => {
                let (view, casters) = match known {
                    Some(input) => (input.view, input.casters),
                    None => make_buffers(&device),
                };
                (view, casters, None, Vec::with_capacity(MAX_CASTERS))
            }
        };
        let group = group.unwrap_or_else(|| {
            device.create_bind_group(
                "reverie_shadow",
                &cache.get_bind_group_layout(&pipelines.layout),
                &BindGroupEntries::sequential((
                    &textures.colour,
                    &textures.inverse_depth,
                    view_buffer.as_entire_binding(),
                    BufferBinding { buffer: &caster_buffer, offset: 0, size: Some(CASTER_SIZE) },
                )),
            )
        });
        let screen = Screen::new(view, camera, textures);
        queue.write_buffer(&view_buffer, 0, bytemuck::bytes_of(&screen.params(light)));
        order.clear();
        let eye = view.world_from_view.translation();
        order.extend(
            casters
                .0
                .iter()
                .enumerate()
                .map(|(at, caster)| (eye.distance_squared(eye.clamp(caster.low, caster.high)), at)),
        );
        order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        parts.clear();
        packed.clear();
        for (_, at) in order.iter() {
            let caster = &casters.0[*at];
            if let Some(part) = screen.reach(caster, light)
                && parts.len() < MAX_CASTERS
            {
                parts.push(part);
                packed.push(caster.params);
            }
        }
        if !packed.is_empty() {
            queue.write_buffer(&caster_buffer, 0, bytemuck::cast_slice(packed));
        }
        let input =
            Input { view: view_buffer, casters: caster_buffer, bound, group, pipeline, parts };
        inputs.insert(entity, input);
    }
}

fn make_buffers(device: &RenderDevice) -> (Buffer, Buffer) {
    let make = |size| shaders::uniform(device, "reverie_shadow", size);
    (make(VIEW_SIZE.get()), make((size_of::<CasterParams>() * MAX_CASTERS) as u64))
}

/// Where a view's pixels look.
struct Screen {
    view_from_world: Mat4,
    world_from_view: Mat4,
    /// (m00, m11, m20, m21) of the projection.
    projection: Vec4,
    size: Vec2,
    corner: Vec2,
    scale: Vec2,
}

impl Screen {
    fn new(view: &ExtractedView, camera: &ExtractedCamera, textures: &PresentedTextures) -> Self {
        let size = camera.physical_viewport_size.unwrap_or(textures.size).max(UVec2::ONE).as_vec2();
        let corner = camera.viewport.as_ref().map_or(UVec2::ZERO, |part| part.physical_position);
        let world_from_view = view.world_from_view.to_matrix();
        let m = view.clip_from_view;
        Self {
            view_from_world: world_from_view.inverse(),
            world_from_view,
            projection: Vec4::new(m.x_axis.x, m.y_axis.y, m.z_axis.x, m.z_axis.y),
            size,
            corner: corner.as_vec2(),
            scale: textures.size.as_vec2() / size,
        }
    }

    fn params(&self, ShadowLight { light, strength }: &ShadowLight) -> ViewParams {
        let [across, up, shift_x, shift_y] = self.projection.to_array();
        ViewParams {
            world_from_view: self.world_from_view.to_cols_array_2d(),
            ray_step: [2.0 / (self.size.x * across), -2.0 / (self.size.y * up)],
            ray_start: [(shift_x - 1.0) / across, (shift_y + 1.0) / up],
            scale: self.scale.to_array(),
            corner: self.corner.to_array(),
            sun_direction: light.sun_direction.to_array(),
            sun_radius: light.sun_radius_rad,
            sun: light.sun.to_array(),
            strength: *strength,
            above: light.above.extend(0.0).to_array(),
            below: light.below.extend(0.0).to_array(),
        }
    }

    /// The part of the target that a thing's shadow can reach.
    fn reach(&self, caster: &Caster, ShadowLight { light, .. }: &ShadowLight) -> Option<[u32; 4]> {
        let near = Vec3::splat(NEAR_RADII * caster.widest_m);
        let sun = light.sun_direction;
        let fall_m = caster.high.y - caster.low.y + BELOW_M;
        let sunny = caster.params.sun_seen > 0.01 && light.sun.max_element() > 0.01;
        let away = match sunny && sun.y > 0.01 {
            true => -sun * (fall_m / sun.y).min(LONGEST_M),
            false => Vec3::ZERO,
        };
        let soft = Vec3::splat(away.length() * light.sun_radius_rad);
        let boxes = [
            (caster.low - near, caster.high + near),
            (caster.low + away - soft, caster.high + away + soft),
        ];
        let (mut low, mut high) = (Vec2::splat(f32::INFINITY), Vec2::splat(f32::NEG_INFINITY));
        let mut behind = 0;
        for (from, to) in boxes {
            for k in 0..8 {
                let pick = BVec3::new(k & 1 != 0, k & 2 != 0, k & 4 != 0);
                let point = self.view_from_world.transform_point3(Vec3::select(pick, from, to));
                if point.z > -0.02 {
                    behind += 1;
                    continue;
                }
                let place = Vec2::new(
                    self.projection.x * point.x / -point.z - self.projection.z,
                    self.projection.y * point.y / -point.z - self.projection.w,
                );
                let pixel = (place * Vec2::new(0.5, -0.5) + 0.5) * self.size;
                (low, high) = (low.min(pixel), high.max(pixel));
            }
        }
        match behind {
            16 => return None,
            0 => {}
            // It surrounds the eye.
            _ => (low, high) = (Vec2::ZERO, self.size),
        }
        let low = low.floor().clamp(Vec2::ZERO, self.size);
        let high = high.ceil().clamp(Vec2::ZERO, self.size);
        let corner = self.corner + low;
        let size = high - low;
        (size.min_element() >= 1.0).then_some([
            corner.x as u32,
            corner.y as u32,
            size.x as u32,
            size.y as u32,
        ])
    }
}

fn shade(
    view: ViewQuery<(&ExtractedCamera, &ViewTarget)>,
    inputs: Res<Inputs>,
    cache: Res<PipelineCache>,
    mut ctx: RenderContext,
) {
    let entity = view.entity();
    let (camera, target) = view.into_inner();
    let Some(input) = inputs.views.get(&entity).filter(|input| !input.parts.is_empty()) else {
        return;
    };
    let Some(pipeline) = cache.get_render_pipeline(input.pipeline) else { return };
    let mut pass = ctx.begin_tracked_render_pass(RenderPassDescriptor {
        label: Some("reverie_shadow"),
        color_attachments: &[Some(target.get_color_attachment())],
        depth_stencil_attachment: None,
        timestamp_writes: None,
        occlusion_query_set: None,
        multiview_mask: None,
    });
    if let Some(viewport) = &camera.viewport {
        pass.set_camera_viewport(viewport);
    }
    pass.set_render_pipeline(pipeline);
    for (at, [x, y, width, height]) in input.parts.iter().enumerate() {
        pass.set_bind_group(0, &input.group, &[(at * size_of::<CasterParams>()) as u32]);
        pass.set_scissor_rect(*x, *y, *width, *height);
        pass.draw(0..3, 0..1);
    }
}
