//! The recorder's part in the render world: a picture is made smaller on the device and copied out of
//! it without anybody waiting.

use super::{Captured, Outcome, QUEUE};
use crate::shaders;
use bevy::{
    asset::uuid_handle,
    camera::CompositingSpace,
    core_pipeline::{Core3d, Core3dSystems, FullscreenShader, tonemapping::tonemapping},
    platform::collections::HashMap,
    prelude::*,
    render::{
        Extract, ExtractSchedule, Render, RenderApp, RenderStartup, RenderSystems,
        camera::ExtractedCamera,
        render_resource::{
            BindGroupEntries, BindGroupLayoutDescriptor, BindGroupLayoutEntries, Buffer,
            BufferDescriptor, BufferUsages, CachedRenderPipelineId, ColorTargetState, ColorWrites,
            Extent3d, FilterMode, FragmentState, LoadOp, MapMode, Operations, PipelineCache,
            RenderPassColorAttachment, RenderPassDescriptor, RenderPipelineDescriptor, Sampler,
            SamplerBindingType, SamplerDescriptor, ShaderStages, StoreOp, TexelCopyBufferInfo,
            TexelCopyBufferLayout, Texture, TextureDescriptor, TextureDimension, TextureFormat,
            TextureSampleType, TextureUsages, TextureView,
            binding_types::{
                sampler, texture_2d, texture_depth_2d, texture_depth_2d_multisampled,
                uniform_buffer_sized,
            },
        },
        renderer::{RenderContext, RenderDevice, RenderQueue, ViewQuery},
        sync_world::MainEntity,
        view::{ExtractedView, ViewDepthTexture, ViewTarget},
    },
    shader::Shader,
};
use crossbeam_channel::{Receiver, Sender};
use reverie_world_model::Pose;
use std::{
    collections::VecDeque,
    num::NonZeroU64,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

const SHADER: Handle<Shader> = uuid_handle!("b3a4e0d2-41f7-4c1e-8a55-6b0f9d7c2e13");

/// Pictures on their way out of the device.
const SLOTS: usize = 3;
/// Most samples a side for one pixel; each is between four of the source.
const MOST_TAPS: f32 = 3.0;
/// Rows of a copy begin at multiples of this, bytes.
const ROW_BYTES: u32 = 256;
/// Both targets have four bytes a pixel.
const PIXEL_BYTES: u32 = 4;

/// What the main world asks for in a frame.
#[derive(Resource, Default, Clone, Copy)]
pub(super) struct Wanted(pub Option<Ticket>);

/// One picture of one camera.
#[derive(Clone, Copy)]
pub(super) struct Ticket {
    pub number: u64,
    /// In the main world.
    pub camera: Entity,
    /// Of the picture, pixels.
    pub size: UVec2,
}

/// The render world's ends of the channels.
#[derive(Resource, Clone)]
pub(super) struct Outlet {
    pub outcomes: Sender<Outcome>,
    pub free: Receiver<Vec<u8>>,
    /// The same buffers back, when one was taken in vain.
    pub unused: Sender<Vec<u8>>,
}

/// As in `shaders/recorder.wgsl`.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    corner: [f32; 2],
    step: [f32; 2],
    taps: [u32; 2],
}

const PARAMS_SIZE: NonZeroU64 = match NonZeroU64::new(size_of::<Params>() as u64) {
    Some(size) => size,
    None => panic!("the parameters are not empty"),
};

pub(super) fn plugin(app: &mut App, outlet: Outlet) {
    let source = include_str!("../../../shaders/recorder.wgsl");
    shaders::register(app, &SHADER, "reverie/shaders/recorder.wgsl", source);
    let Some(render_app) = app.get_sub_app_mut(RenderApp) else { return };
    render_app
        .insert_resource(outlet)
        .init_resource::<Wanted>()
        .add_systems(RenderStartup, start)
        .add_systems(ExtractSchedule, extract)
        .add_systems(Render, collect.in_set(RenderSystems::Cleanup))
        .add_systems(Core3d, capture.in_set(Core3dSystems::PostProcess).after(tonemapping));
}

fn extract(mut wanted: ResMut<Wanted>, from: Extract<Res<Wanted>>) {
    *wanted = **from;
}

/// Everything the recorder keeps on the device.
#[derive(Resource)]
struct Capture {
    vertex: FullscreenShader,
    params: Buffer,
    sampler: Sampler,
    pipelines: HashMap<Variant, (BindGroupLayoutDescriptor, CachedRenderPipelineId)>,
    targets: Option<Targets>,
}

/// Multisampled depth; colours that are not linear.
type Variant = (bool, bool);

/// Small textures and what they are copied into, for one size.
struct Targets {
    size: UVec2,
    colour: (Texture, TextureView),
    depth: (Texture, TextureView),
    slots: [Slot; SLOTS],
    /// Slots that are on their way, the oldest first.
    under_way: VecDeque<usize>,
}

struct Slot {
    buffer: Buffer,
    /// Whether it can be read: see [`WAITING`].
    mapped: Arc<AtomicU8>,
    picture: Option<Picture>,
}

/// States of a slot's mapping.
const COPIED: u8 = 0;
const WAITING: u8 = 1;
const READY: u8 = 2;
const FAILED: u8 = 3;

/// What is known of a picture before its pixels are.
#[derive(Clone, Copy)]
struct Picture {
    number: u64,
    pose: Pose,
    clip_from_view: Mat4,
}

fn start(mut commands: Commands, vertex: Res<FullscreenShader>, device: Res<RenderDevice>) {
    let params = device.create_buffer(&BufferDescriptor {
        label: Some("reverie_recorder"),
        size: PARAMS_SIZE.get(),
        usage: BufferUsages::UNIFORM | BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    let sampler = device.create_sampler(&SamplerDescriptor {
        mag_filter: FilterMode::Linear,
        min_filter: FilterMode::Linear,
        ..default()
    });
    let (vertex, pipelines) = (vertex.clone(), HashMap::default());
    commands.insert_resource(Capture { vertex, params, sampler, pipelines, targets: None });
}

impl Capture {
    fn pipeline(
        &mut self,
        cache: &PipelineCache,
        (multisampled, encoded): Variant,
    ) -> (BindGroupLayoutDescriptor, CachedRenderPipelineId) {
        let vertex = &self.vertex;
        let made = self.pipelines.entry((multisampled, encoded)).or_insert_with(|| {
            let depth =
                if multisampled { texture_depth_2d_multisampled() } else { texture_depth_2d() };
            let layout = BindGroupLayoutDescriptor::new(
                "reverie_recorder",
                &BindGroupLayoutEntries::sequential(
                    ShaderStages::FRAGMENT,
                    (
                        texture_2d(TextureSampleType::Float { filterable: true }),
                        depth,
                        sampler(SamplerBindingType::Filtering),
                        uniform_buffer_sized(false, Some(PARAMS_SIZE)),
                    ),
                ),
            );
            let defines = [(multisampled, "MULTISAMPLED"), (encoded, "ENCODED")];
            let defines = defines.into_iter().filter(|(on, _)| *on);
            let target = |format| {
                Some(ColorTargetState { format, blend: None, write_mask: ColorWrites::ALL })
            };
            let pipeline = cache.queue_render_pipeline(RenderPipelineDescriptor {
                label: Some("reverie_recorder".into()),
                layout: vec![layout.clone()],
                vertex: vertex.to_vertex_state(),
                fragment: Some(FragmentState {
                    shader: SHADER,
                    shader_defs: defines.map(|(_, name)| name.into()).collect(),
                    entry_point: Some("record".into()),
                    targets: [TextureFormat::Rgba8UnormSrgb, TextureFormat::R32Float]
                        .map(target)
                        .to_vec(),
                }),
                ..default()
            });
            (layout, pipeline)
        });
        made.clone()
    }
}

impl Targets {
    fn new(device: &RenderDevice, size: UVec2) -> Self {
        let texture = |format| {
            let texture = device.create_texture(&TextureDescriptor {
                label: Some("reverie_recorder"),
                size: extent(size),
                mip_level_count: 1,
                sample_count: 1,
                dimension: TextureDimension::D2,
                format,
                usage: TextureUsages::RENDER_ATTACHMENT | TextureUsages::COPY_SRC,
                view_formats: &[],
            });
            let view = texture.create_view(&default());
            (texture, view)
        };
        let slot = || Slot {
            buffer: device.create_buffer(&BufferDescriptor {
                label: Some("reverie_recorder"),
                size: 2 * u64::from(row_bytes(size.x)) * u64::from(size.y),
                usage: BufferUsages::MAP_READ | BufferUsages::COPY_DST,
                mapped_at_creation: false,
            }),
            mapped: Arc::default(),
            picture: None,
        };
        Self {
            size,
            colour: texture(TextureFormat::Rgba8UnormSrgb),
            depth: texture(TextureFormat::R32Float),
            slots: std::array::from_fn(|_| slot()),
            under_way: VecDeque::with_capacity(SLOTS),
        }
    }
}

fn extent(size: UVec2) -> Extent3d {
    Extent3d { width: size.x, height: size.y, depth_or_array_layers: 1 }
}

/// Bytes from one row of a copy to the next.
pub(super) fn row_bytes(width: u32) -> u32 {
    (PIXEL_BYTES * width).next_multiple_of(ROW_BYTES)
}

type Seen = (
    &'static MainEntity,
    &'static ExtractedView,
    &'static ExtractedCamera,
    &'static ViewTarget,
    &'static ViewDepthTexture,
);

/// Makes the picture that is wanted smaller and has it copied into a free slot. A ticket that is
/// left over is reported as missed by [`collect`].
fn capture(
    view: ViewQuery<Seen>,
    mut wanted: ResMut<Wanted>,
    mut capture: ResMut<Capture>,
    outlet: Res<Outlet>,
    (cache, device, queue): (Res<PipelineCache>, Res<RenderDevice>, Res<RenderQueue>),
    mut ctx: RenderContext,
) {
    let (main, view, camera, target, depth) = view.into_inner();
    let Some(ticket) = wanted.0.filter(|ticket| ticket.camera == main.id()) else { return };
    let refused = |problem: &str| {
        // The main world ends the recording on the first of them.
        let _ = outlet.outcomes.try_send(Outcome::Refused(problem.to_owned()));
    };
    if !target.main_texture().usage().contains(TextureUsages::TEXTURE_BINDING) {
        return refused("the camera's picture cannot be read: TEXTURE_BINDING is missing");
    }
    if target.compositing_space == Some(CompositingSpace::Oklab) {
        return refused("a camera that composes in Oklab is not recorded");
    }
    // The usage is asked for when a recording begins and is there a frame later.
    if !depth.texture.usage().contains(TextureUsages::TEXTURE_BINDING) {
        return;
    }
    let encoded = target.compositing_space == Some(CompositingSpace::Srgb);
    let (layout, pipeline) = capture.pipeline(&cache, (depth.texture.sample_count() > 1, encoded));
    let Some(pipeline) = cache.get_render_pipeline(pipeline) else { return };
    let Capture { params, sampler, targets, .. } = &mut *capture;
    // Slots of another size that are still on their way hold pictures of a recording that ended.
    let targets = match targets {
        Some(targets) if targets.size == ticket.size => targets,
        other => other.insert(Targets::new(&device, ticket.size)),
    };
    let Some(free) = targets.slots.iter().position(|slot| slot.picture.is_none()) else { return };

    let texture_size = target.main_texture().size();
    let whole = UVec2::new(texture_size.width, texture_size.height);
    let viewport = camera.physical_viewport_size.unwrap_or(whole).max(UVec2::ONE);
    let corner = camera.viewport.as_ref().map_or(UVec2::ZERO, |part| part.physical_position);
    let step = viewport.as_vec2() / ticket.size.as_vec2();
    let taps = (0.5 * step).ceil().clamp(Vec2::ONE, Vec2::splat(MOST_TAPS)).as_uvec2();
    let values = Params { corner: corner.as_vec2().into(), step: step.into(), taps: taps.into() };
    queue.write_buffer(params, 0, bytemuck::bytes_of(&values));
    let group = device.create_bind_group(
        "reverie_recorder",
        &cache.get_bind_group_layout(&layout),
        &BindGroupEntries::sequential((
            target.main_texture_view(),
            depth.view(),
            &*sampler,
            params.as_entire_binding(),
        )),
    );
    let attachment = |view| {
        Some(RenderPassColorAttachment {
            view,
            depth_slice: None,
            resolve_target: None,
            ops: Operations { load: LoadOp::Clear(default()), store: StoreOp::Store },
        })
    };
    let mut pass = ctx.begin_tracked_render_pass(RenderPassDescriptor {
        label: Some("reverie_recorder"),
        color_attachments: &[attachment(&*targets.colour.1), attachment(&*targets.depth.1)],
        depth_stencil_attachment: None,
        timestamp_writes: None,
        occlusion_query_set: None,
        multiview_mask: None,
    });
    pass.set_render_pipeline(pipeline);
    pass.set_bind_group(0, &group, &[]);
    pass.draw(0..3, 0..1);
    drop(pass);

    let row = row_bytes(ticket.size.x);
    let encoder = ctx.command_encoder();
    for (at, (texture, _)) in [&targets.colour, &targets.depth].into_iter().enumerate() {
        let layout = TexelCopyBufferLayout {
            offset: at as u64 * u64::from(row) * u64::from(ticket.size.y),
            bytes_per_row: Some(row),
            rows_per_image: None,
        };
        let to = TexelCopyBufferInfo { buffer: &targets.slots[free].buffer, layout };
        encoder.copy_texture_to_buffer(texture.as_image_copy(), to, extent(ticket.size));
    }
    let (_, rotation, position) = view.world_from_view.to_scale_rotation_translation();
    let pose = Pose { position, rotation };
    let (number, clip_from_view) = (ticket.number, view.clip_from_view);
    targets.slots[free].picture = Some(Picture { number, pose, clip_from_view });
    targets.slots[free].mapped.store(COPIED, Ordering::Relaxed);
    targets.under_way.push_back(free);
    wanted.0 = None;
}

/// Asks for what was submitted, and hands on what has come.
fn collect(mut wanted: ResMut<Wanted>, capture: Option<ResMut<Capture>>, outlet: Res<Outlet>) {
    if let Some(missed) = wanted.0.take() {
        let _ = outlet.outcomes.try_send(Outcome::Missed(missed.number));
    }
    let Some(mut capture) = capture else { return };
    let Some(targets) = &mut capture.targets else { return };
    let Targets { size, slots, under_way, .. } = targets;
    for at in under_way.iter() {
        let slot = &slots[*at];
        if slot.mapped.load(Ordering::Acquire) == COPIED {
            slot.mapped.store(WAITING, Ordering::Relaxed);
            let mapped = Arc::clone(&slot.mapped);
            slot.buffer.slice(..).map_async(MapMode::Read, move |result| {
                mapped.store(if result.is_ok() { READY } else { FAILED }, Ordering::Release);
            });
        }
    }
    while let Some(at) = under_way.front() {
        let slot = &mut slots[*at];
        let state = slot.mapped.load(Ordering::Acquire);
        if state < READY {
            return;
        }
        under_way.pop_front();
        let Some(picture) = slot.picture.take() else { continue };
        // Without a free buffer the writer is too slow: the picture is lost, nobody waits.
        let free = if state == READY { outlet.free.try_recv().ok() } else { None };
        let outcome = match free {
            Some(mut bytes) => {
                bytes.clear();
                bytes.extend_from_slice(&slot.buffer.slice(..).get_mapped_range());
                let Picture { number, pose, clip_from_view } = picture;
                Outcome::Captured(Captured { number, pose, clip_from_view, size: *size, bytes })
            }
            None => Outcome::Missed(picture.number),
        };
        if state == READY {
            slot.buffer.unmap();
        }
        if let Err(unsent) = outlet.outcomes.try_send(outcome)
            && let Outcome::Captured(lost) = unsent.into_inner()
        {
            let _ = outlet.unused.try_send(lost.bytes);
        }
    }
}

/// Room in the channel of outcomes: every buffer, every slot, and refusals.
pub(super) const OUTCOMES: usize = 4 * (QUEUE + SLOTS);
