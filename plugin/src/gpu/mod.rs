//! The GPU's way of drawing a memory: on Bevy's own device, in the render world, without a copy
//! to the CPU.
//!
//! Tiles are uploaded when they are first seen (`store`) and drawn as triangles by the
//! rasteriser, at most two draws per tile in two multi-draws; two compute dispatches fill the
//! holes (`view`). The picture is that of [`reverie_spatial::reference`], up to rounding: the
//! tiles and levels are chosen by the same [`Memory::visible`](reverie_spatial::Memory::visible).

mod objects;
mod pipelines;
mod store;
mod targets;
mod view;

use crate::present::{PresentPath, PresentedTextures, PresentedView};
use bevy::{
    core_pipeline::schedule::camera_driver,
    ecs::entity::EntityHashMap,
    prelude::*,
    render::{
        Render, RenderApp, RenderStartup, RenderSystems,
        render_resource::PipelineCache,
        renderer::{
            RenderAdapter, RenderContext, RenderDevice, RenderGraph, RenderGraphSystems,
            RenderQueue,
        },
    },
};
use pipelines::{MemoryShaders, Pipelines};
use store::TileStore;
use targets::Targets;
use view::CameraPicture;

/// Draws every camera's [`PresentedView`] into its [`PresentedTextures`] while [`PresentPath`] is
/// `Gpu`.
///
/// On a device that lacks something ([`support`]) it warns and does nothing.
#[derive(Debug, Clone, Copy)]
pub struct GpuPresentPlugin {
    /// Most GPU memory that tiles may take, bytes. What is not in sight makes room for what is.
    pub max_tile_bytes: u64,
}

impl Default for GpuPresentPlugin {
    fn default() -> Self {
        Self { max_tile_bytes: 512 << 20 }
    }
}

/// Whether the GPU of an app (either of its worlds, once plugins finish) can draw memories.
///
/// # Errors
/// What it lacks, as a sentence about it.
pub fn support(world: &World) -> Result<(), String> {
    match (world.get_resource::<RenderDevice>(), world.get_resource::<RenderAdapter>()) {
        (Some(device), Some(adapter)) => pipelines::check_device(device, adapter),
        _ => Err("there is none".to_owned()),
    }
}

/// Figures of the GPU's way, in the render world.
#[derive(Resource, Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GpuPresentStats {
    /// Tiles drawn into the newest pictures of all cameras.
    pub tiles_drawn: usize,
    /// Tiles in sight that found no room within [`GpuPresentPlugin::max_tile_bytes`].
    pub tiles_left_out: usize,
    /// Levels of tiles in the GPU's memory.
    pub levels_held: usize,
    /// Bytes of the buffers that hold them.
    pub tile_bytes: u64,
}

#[derive(Resource)]
struct MaxTileBytes(u64);

/// Everything this module keeps on the device.
#[derive(Resource)]
struct GpuMemory {
    pipelines: Pipelines,
    store: TileStore,
    cameras: EntityHashMap<CameraPicture>,
    frame: u64,
    /// One call draws all tiles.
    indirect: bool,
    warned: bool,
}

impl Plugin for GpuPresentPlugin {
    fn build(&self, app: &mut App) {
        let Some(mut shaders) = app.world_mut().get_resource_mut::<Assets<Shader>>() else {
            return;
        };
        let shaders = MemoryShaders::new(&mut shaders);
        let Some(render_app) = app.get_sub_app_mut(RenderApp) else {
            return;
        };
        render_app
            .insert_resource(shaders)
            .insert_resource(MaxTileBytes(self.max_tile_bytes))
            .init_resource::<GpuPresentStats>()
            .add_systems(RenderStartup, start)
            .add_systems(
                Render,
                prepare.in_set(RenderSystems::PrepareResources).run_if(is_gpu_path),
            )
            .add_systems(
                RenderGraph,
                draw.in_set(RenderGraphSystems::Render).before(camera_driver).run_if(is_gpu_path),
            );
    }
}

fn is_gpu_path(path: Option<Res<PresentPath>>, memory: Option<Res<GpuMemory>>) -> bool {
    memory.is_some() && path.is_none_or(|path| *path == PresentPath::Gpu)
}

/// Runs once per device: also after a lost one was replaced.
fn start(world: &mut World) {
    world.remove_resource::<GpuMemory>();
    if let Err(reason) = support(world) {
        warn!("the GPU cannot draw memories: {reason}");
        return;
    }
    let device = world.resource::<RenderDevice>();
    let adapter = world.resource::<RenderAdapter>();
    let memory = GpuMemory {
        pipelines: Pipelines::new(
            world.resource::<PipelineCache>(),
            world.resource::<MemoryShaders>(),
        ),
        store: TileStore::new(device, world.resource::<MaxTileBytes>().0),
        cameras: EntityHashMap::default(),
        frame: 0,
        indirect: pipelines::can_draw_indirect(device, adapter),
        warned: false,
    };
    world.insert_resource(memory);
}

type Presented = (Entity, &'static PresentedView, Option<&'static PresentedTextures>);

fn prepare(
    mut commands: Commands,
    memory: ResMut<GpuMemory>,
    mut stats: ResMut<GpuPresentStats>,
    device: Res<RenderDevice>,
    queue: Res<RenderQueue>,
    cache: Res<PipelineCache>,
    views: Query<Presented>,
) {
    let memory = memory.into_inner();
    memory.cameras.retain(|entity, _| views.contains(*entity));
    if memory.pipelines.ready(&cache).is_none() {
        return;
    }
    memory.frame += 1;
    for (entity, view, textures) in &views {
        let size = UVec2::new(view.intrinsics.width, view.intrinsics.height);
        if !Targets::fit(&device.limits(), size) {
            warn_once!("a picture of {size} pixels is not possible on this GPU");
            memory.cameras.remove(&entity);
            continue;
        }
        let camera =
            memory.cameras.entry(entity).or_insert_with(|| CameraPicture::new(&device, size));
        if camera.size() != size {
            camera.resize(&device, size);
        }
        // Other textures are there after a change of size, or of the path that draws.
        let presented = camera.presented();
        if textures.is_none_or(|textures| textures.colour.id() != presented.colour.id()) {
            commands.entity(entity).insert(presented.clone());
        }
    }
    // The store doubles a few times at most, and each time everything is listed again.
    while !list_all(memory, &device, &queue, &views) {
        memory.cameras.values_mut().for_each(CameraPicture::forget);
    }
    let left_out: usize = memory.cameras.values().map(|camera| camera.left_out as usize).sum();
    if left_out > 0 && !memory.warned {
        memory.warned = true;
        warn!(
            "{left_out} tiles in sight do not fit into {} MB of GPU memory and are left out",
            memory.store.bytes() >> 20,
        );
    }
    *stats = GpuPresentStats {
        tiles_drawn: memory.cameras.values().map(CameraPicture::tiles).sum(),
        tiles_left_out: left_out,
        levels_held: memory.store.len(),
        tile_bytes: memory.store.bytes(),
    };
}

fn list_all(
    memory: &mut GpuMemory,
    device: &RenderDevice,
    queue: &RenderQueue,
    views: &Query<Presented>,
) -> bool {
    views.iter().all(|(entity, view, _)| {
        memory.cameras.get_mut(&entity).is_none_or(|camera| {
            camera.prepare(device, queue, &mut memory.store, view, memory.frame)
        })
    })
}

fn draw(mut context: RenderContext, memory: ResMut<GpuMemory>, cache: Res<PipelineCache>) {
    let GpuMemory { pipelines, store, cameras, indirect, .. } = memory.into_inner();
    let Some(ready) = pipelines.ready(&cache) else { return };
    for camera in cameras.values_mut() {
        camera.draw(&mut context, &cache, pipelines, &ready, store, *indirect);
    }
}
