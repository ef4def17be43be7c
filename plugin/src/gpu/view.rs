//! One camera's picture on the GPU: its textures, and what is drawn into them each frame.

use super::{
    objects::ObjectUniform,
    pipelines::{PULL_BLOCK_PX, PUSH_BLOCK_PX, Pipelines, ReadyPipelines},
    store::{NoRoom, Resident, TileStore},
    targets::Targets,
};
use crate::present::{PresentedTextures, PresentedView};
use bevy::{
    prelude::*,
    render::{
        diagnostic::RecordDiagnostics,
        render_resource::{
            BindGroup, BindGroupEntries, Buffer, BufferDescriptor, BufferId, BufferUsages,
            CommandEncoder, ComputePassDescriptor, IndexFormat, LoadOp, Operations, PipelineCache,
            RawBufferVec, RenderPassColorAttachment, RenderPassDepthStencilAttachment,
            RenderPassDescriptor, StoreOp,
        },
        renderer::{RenderContext, RenderDevice, RenderQueue},
    },
};
use bytemuck::{Pod, Zeroable};
use reverie_spatial::{
    Backdrop, DrawnTile, ScreenFromView, Tile, TileLevel,
    fill::FILL_LEVELS,
    objects::{self, DrawnSide, Shader},
};
use reverie_world_model::{Intrinsics, Pose};
use std::sync::Arc;

/// `Map` of memory.wgsl.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Map {
    x: [f32; 4],
    y: [f32; 4],
    depth: [f32; 4],
    size: [f32; 2],
    /// 1 + index into the objects; 0 is none.
    object: u32,
    padding: u32,
}

/// `Draw` of memory.wgsl.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Draw {
    origin: u32,
    cells: u32,
    stride_and_columns: u32,
    first_word: u32,
    first_cut: u32,
    map: u32,
}

/// Arguments of an indexed indirect draw, in the device's layout.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct WholeArgs {
    index_count: u32,
    instance_count: u32,
    first_index: u32,
    base_vertex: i32,
    first_instance: u32,
}

/// Arguments of an indirect draw, in the device's layout.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct QuarterArgs {
    vertex_count: u32,
    instance_count: u32,
    first_vertex: u32,
    first_instance: u32,
}

/// `Fill` of fill.wgsl.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct FillUniform {
    levels: [[u32; 4]; FILL_LEVELS + 1],
    camera: [f32; 4],
    world_from_view: [[f32; 4]; 3],
    eye: [f32; 4],
}

/// What a picture was drawn from: nothing is drawn again while it stays the same.
#[derive(Clone, Copy, PartialEq)]
struct Drawn {
    revision: u64,
    objects: u64,
    pose: Pose,
    intrinsics: Intrinsics,
}

/// Vertices of the four quarters of a cut cell, two triangles each.
const QUARTER_VERTICES: u32 = 24;

/// A camera's textures and lists.
pub(super) struct CameraPicture {
    targets: Targets,
    maps: RawBufferVec<Map>,
    draws: RawBufferVec<Draw>,
    objects: RawBufferVec<ObjectUniform>,
    shaders: RawBufferVec<Shader>,
    shader_scratch: Vec<Shader>,
    sides: Vec<DrawnSide>,
    whole: RawBufferVec<WholeArgs>,
    quarter: RawBufferVec<QuarterArgs>,
    fill: Buffer,
    backdrop: Buffer,
    /// Kept so that its address is not given to another one.
    backdrop_of: Option<Arc<Backdrop>>,
    backdrop_words: Vec<[f32; 4]>,
    visible: Vec<DrawnTile>,
    bind_groups: Option<BindGroups>,
    drawn: Option<Drawn>,
    /// Its lists are new and wait to be drawn.
    pending: bool,
    /// Tiles that found no room.
    pub left_out: u32,
}

struct BindGroups {
    draw: BindGroup,
    fill: BindGroup,
    made_of: (u64, [BufferId; 4]),
}

impl CameraPicture {
    pub fn new(device: &RenderDevice, size: UVec2) -> Self {
        let buffer = |label, size, usage| {
            device.create_buffer(&BufferDescriptor {
                label: Some(label),
                size,
                usage: usage | BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        };
        let fill_bytes = size_of::<FillUniform>() as u64;
        let backdrop_bytes = size_of_val(Backdrop::default().bins()) as u64;
        Self {
            targets: Targets::new(device, size),
            maps: RawBufferVec::new(BufferUsages::STORAGE),
            draws: RawBufferVec::new(BufferUsages::STORAGE),
            objects: RawBufferVec::new(BufferUsages::STORAGE),
            shaders: RawBufferVec::new(BufferUsages::STORAGE),
            shader_scratch: Vec::new(),
            sides: Vec::new(),
            whole: RawBufferVec::new(BufferUsages::INDIRECT),
            quarter: RawBufferVec::new(BufferUsages::INDIRECT),
            fill: buffer("reverie_fill_uniform", fill_bytes, BufferUsages::UNIFORM),
            backdrop: buffer("reverie_backdrop", backdrop_bytes, BufferUsages::STORAGE),
            backdrop_of: None,
            backdrop_words: Vec::new(),
            visible: Vec::new(),
            bind_groups: None,
            drawn: None,
            pending: false,
            left_out: 0,
        }
    }

    /// Size in pixels.
    pub fn size(&self) -> UVec2 {
        self.targets.size
    }
    /// The finished picture.
    pub fn presented(&self) -> &PresentedTextures {
        &self.targets.presented
    }
    /// Tiles drawn into the picture.
    pub fn tiles(&self) -> usize {
        self.draws.len()
    }

    /// Gives it other textures.
    pub fn resize(&mut self, device: &RenderDevice, size: UVec2) {
        self.targets = Targets::new(device, size);
        self.bind_groups = None;
        self.drawn = None;
    }

    /// Forgets what was listed: the store's buffers are others now.
    pub fn forget(&mut self) {
        self.drawn = None;
    }

    /// Lists what is to be drawn, uploads what is not there yet, and writes the lists.
    ///
    /// False when the store started over: every camera then has to be listed again.
    pub fn prepare(
        &mut self,
        device: &RenderDevice,
        queue: &RenderQueue,
        store: &mut TileStore,
        view: &PresentedView,
        frame: u64,
    ) -> bool {
        let wanted = Drawn {
            revision: view.memory.revision(),
            objects: view.objects.revision(),
            pose: view.pose,
            intrinsics: view.intrinsics,
        };
        if self.drawn == Some(wanted) {
            return true;
        }
        view.memory.visible(&view.pose, &view.intrinsics, &mut self.visible);
        view.objects.visible(&view.pose, &view.intrinsics, &mut self.sides);
        if !self.list(device, queue, store, view, frame)
            || !self.list_objects(device, queue, store, view, frame)
        {
            return false;
        }
        self.objects.write_buffer(device, queue);
        objects::shaders(&view.objects, &view.pose, &mut self.shader_scratch);
        self.shaders.clear();
        self.shaders.extend(self.shader_scratch.iter().copied());
        self.shaders.write_buffer(device, queue);
        self.maps.write_buffer(device, queue);
        self.draws.write_buffer(device, queue);
        self.whole.write_buffer(device, queue);
        self.quarter.write_buffer(device, queue);
        self.write_fill(queue, view);
        self.drawn = Some(wanted);
        self.pending = true;
        true
    }

    fn list(
        &mut self,
        device: &RenderDevice,
        queue: &RenderQueue,
        store: &mut TileStore,
        view: &PresentedView,
        frame: u64,
    ) -> bool {
        self.maps.clear();
        self.draws.clear();
        self.whole.clear();
        self.quarter.clear();
        self.left_out = 0;
        let mut map_of = None;
        for index in 0..self.visible.len() {
            let chosen = self.visible[index];
            let tiles = &view.memory.views()[chosen.view as usize];
            let tile = &tiles.tiles()[chosen.tile as usize];
            let level = &tile.levels()[chosen.visible.level];
            let place = match store.acquire(device, queue, tile, level, frame) {
                Ok(place) => place,
                Err(NoRoom::StartOver) => return false,
                Err(NoRoom::Full) => {
                    self.left_out += 1;
                    continue;
                }
            };
            // Tiles of a view follow one another.
            let map = match map_of {
                Some((of, map)) if of == chosen.view => map,
                _ => {
                    let own = ScreenFromView::new(tiles.view(), &view.pose, &view.intrinsics);
                    let map =
                        self.maps.push(clip_map(&own, tiles.view().intrinsics(), view, 0)) as u32;
                    map_of = Some((chosen.view, map));
                    map
                }
            };
            self.push_draw(tile, level, &place, map);
        }
        true
    }

    /// Lists the sides of objects as [`list`](Self::list) does views.
    fn list_objects(
        &mut self,
        device: &RenderDevice,
        queue: &RenderQueue,
        store: &mut TileStore,
        view: &PresentedView,
        frame: u64,
    ) -> bool {
        self.objects.clear();
        let mut map_of = None;
        for index in 0..self.sides.len() {
            let chosen = self.sides[index];
            let object = &view.objects.list()[chosen.object as usize];
            let side = &object.looks.sides()[chosen.side as usize];
            let tile = &side.tiles()[chosen.tile as usize];
            let level = &tile.levels()[chosen.visible.level];
            let place = match store.acquire(device, queue, tile, level, frame) {
                Ok(place) => place,
                Err(NoRoom::StartOver) => return false,
                Err(NoRoom::Full) => {
                    self.left_out += 1;
                    continue;
                }
            };
            let map = match map_of {
                Some((of, map)) if of == (chosen.object, chosen.side) => map,
                _ => {
                    let number = self.objects.push(ObjectUniform::of(object, side)) as u32 + 1;
                    let own = object.screen_from_side(side, &view.pose, &view.intrinsics);
                    let from = side.view().intrinsics();
                    let map = self.maps.push(clip_map(&own, from, view, number)) as u32;
                    map_of = Some(((chosen.object, chosen.side), map));
                    map
                }
            };
            self.push_draw(tile, level, &place, map);
        }
        true
    }

    fn push_draw(&mut self, tile: &Tile, level: &TileLevel, place: &Resident, map: u32) {
        let pair = |[low, high]: [u32; 2]| low | high << 16;
        let instance = self.draws.push(Draw {
            origin: pair(tile.origin()),
            cells: pair(tile.cells()),
            stride_and_columns: pair([level.stride, level.columns]),
            first_word: place.first_word,
            first_cut: place.first_cut,
            map,
        }) as u32;
        if place.index_count > 0 {
            self.whole.push(WholeArgs {
                index_count: place.index_count,
                instance_count: 1,
                first_index: place.first_index,
                base_vertex: 0,
                first_instance: instance,
            });
        }
        if place.cut_count > 0 {
            self.quarter.push(QuarterArgs {
                vertex_count: place.cut_count * QUARTER_VERTICES,
                instance_count: 1,
                first_vertex: 0,
                first_instance: instance,
            });
        }
    }

    fn write_fill(&mut self, queue: &RenderQueue, view: &PresentedView) {
        let rotation = Mat3::from_quat(view.pose.rotation);
        let camera = &view.intrinsics;
        let uniform = FillUniform {
            levels: self.targets.levels,
            camera: [camera.fx, camera.fy, camera.cx, camera.cy],
            world_from_view: rotation.to_cols_array_2d().map(|[x, y, z]| [x, y, z, 0.0]),
            eye: view.pose.position.extend(self.shaders.len() as f32).to_array(),
        };
        queue.write_buffer(&self.fill, 0, bytemuck::bytes_of(&uniform));
        let backdrop = view.memory.backdrop();
        if !self.backdrop_of.as_ref().is_some_and(|known| Arc::ptr_eq(known, backdrop)) {
            self.backdrop_words.clear();
            self.backdrop_words.extend_from_slice(backdrop.bins());
            queue.write_buffer(&self.backdrop, 0, bytemuck::cast_slice(&self.backdrop_words));
            self.backdrop_of = Some(Arc::clone(backdrop));
        }
    }

    /// Records the picture's passes if there is something new to draw.
    pub fn draw(
        &mut self,
        context: &mut RenderContext,
        cache: &PipelineCache,
        pipelines: &Pipelines,
        ready: &ReadyPipelines,
        store: &TileStore,
        indirect: bool,
    ) {
        if !self.pending {
            return;
        }
        self.pending = false;
        // An empty memory has no lists; bindings need buffers all the same.
        self.maps.reserve(1, context.render_device());
        self.draws.reserve(1, context.render_device());
        self.objects.reserve(1, context.render_device());
        self.shaders.reserve(1, context.render_device());
        let (Some(maps), Some(draws)) = (self.maps.buffer(), self.draws.buffer()) else { return };
        let (Some(objects), Some(shaders)) = (self.objects.buffer(), self.shaders.buffer()) else {
            return;
        };
        let made_of = (store.generation(), [maps, draws, objects, shaders].map(|b| b.id()));
        if self.bind_groups.as_ref().is_none_or(|groups| groups.made_of != made_of) {
            let device = context.render_device();
            let targets = &self.targets;
            self.bind_groups = Some(BindGroups {
                draw: device.create_bind_group(
                    "reverie_memory_bind_group",
                    &cache.get_bind_group_layout(&pipelines.draw_layout),
                    &BindGroupEntries::sequential((
                        maps.as_entire_binding(),
                        draws.as_entire_binding(),
                        store.words().as_entire_binding(),
                        objects.as_entire_binding(),
                    )),
                ),
                fill: device.create_bind_group(
                    "reverie_fill_bind_group",
                    &cache.get_bind_group_layout(&pipelines.fill_layout),
                    &BindGroupEntries::sequential((
                        self.fill.as_entire_binding(),
                        &targets.drawn_colour,
                        &targets.drawn_depth,
                        targets.texels.as_entire_binding(),
                        self.backdrop.as_entire_binding(),
                        &targets.colour_storage,
                        &targets.inverse_depth_storage,
                        shaders.as_entire_binding(),
                    )),
                ),
                made_of,
            });
        }
        let Some(groups) = &self.bind_groups else { return };
        let diagnostics = context.diagnostic_recorder();
        let diagnostics = diagnostics.as_deref();
        let encoder = context.command_encoder();
        let span = diagnostics.time_span(encoder, "reverie_memory");
        self.draw_tiles(encoder, groups, ready, store, indirect);
        self.fill_holes(encoder, groups, ready);
        span.end(encoder);
    }

    fn draw_tiles(
        &self,
        encoder: &mut CommandEncoder,
        groups: &BindGroups,
        ready: &ReadyPipelines,
        store: &TileStore,
        indirect: bool,
    ) {
        let mut pass = encoder.begin_render_pass(&RenderPassDescriptor {
            label: Some("reverie_draw_memory"),
            color_attachments: &[Some(RenderPassColorAttachment {
                view: &self.targets.drawn_colour,
                depth_slice: None,
                resolve_target: None,
                // Alpha 0 is "not known".
                ops: Operations { load: LoadOp::Clear(default()), store: StoreOp::Store },
            })],
            depth_stencil_attachment: Some(RenderPassDepthStencilAttachment {
                view: &self.targets.drawn_depth,
                depth_ops: Some(Operations { load: LoadOp::Clear(0.0), store: StoreOp::Store }),
                stencil_ops: None,
            }),
            ..default()
        });
        pass.set_bind_group(0, &groups.draw, &[]);
        if let Some(args) = self.whole.buffer().filter(|_| !self.whole.is_empty()) {
            pass.set_pipeline(ready.whole);
            pass.set_index_buffer(*store.indices().slice(..), IndexFormat::Uint16);
            if indirect {
                pass.multi_draw_indexed_indirect(args, 0, self.whole.len() as u32);
            } else {
                for args in self.whole.values() {
                    let indices = args.first_index..args.first_index + args.index_count;
                    pass.draw_indexed(indices, 0, args.first_instance..args.first_instance + 1);
                }
            }
        }
        if let Some(args) = self.quarter.buffer().filter(|_| !self.quarter.is_empty()) {
            pass.set_pipeline(ready.quarter);
            if indirect {
                pass.multi_draw_indirect(args, 0, self.quarter.len() as u32);
            } else {
                for args in self.quarter.values() {
                    pass.draw(0..args.vertex_count, args.first_instance..args.first_instance + 1);
                }
            }
        }
    }

    fn fill_holes(
        &self,
        encoder: &mut CommandEncoder,
        groups: &BindGroups,
        ready: &ReadyPipelines,
    ) {
        let mut pass = encoder.begin_compute_pass(&ComputePassDescriptor {
            label: Some("reverie_fill_holes"),
            ..default()
        });
        let UVec2 { x, y } = self.targets.size;
        pass.set_bind_group(0, &groups.fill, &[]);
        pass.set_pipeline(ready.pull);
        pass.dispatch_workgroups(x.div_ceil(PULL_BLOCK_PX), y.div_ceil(PULL_BLOCK_PX), 1);
        pass.set_pipeline(ready.push);
        pass.dispatch_workgroups(x.div_ceil(PUSH_BLOCK_PX), y.div_ceil(PUSH_BLOCK_PX), 1);
    }
}

/// The map with x and y in clip space's scale, y up.
fn clip_map(map: &ScreenFromView, from: &Intrinsics, view: &PresentedView, object: u32) -> Map {
    let [x, y, depth] = map.rows;
    let scale = [2.0 / view.intrinsics.width as f32, -2.0 / view.intrinsics.height as f32];
    Map {
        x: std::array::from_fn(|k| x[k] * scale[0] - depth[k]),
        y: std::array::from_fn(|k| y[k] * scale[1] + depth[k]),
        depth,
        size: [from.width as f32, from.height as f32],
        object,
        padding: 0,
    }
}
