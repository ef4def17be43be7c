//! The CPU path: a thread draws the newest memory from the newest pose, the render world uploads
//! the picture. The newest order wins.
//!
//! A frame waits a moment for its own picture, while the render world is busy with the frame before
//! it: showing an old picture once more would cost as much and delay the new one.

use crate::present::{PresentPath, PresentedTextures};
use bevy::{
    prelude::*,
    render::{
        Render, RenderApp, RenderSystems,
        extract_component::{ExtractComponent, ExtractComponentPlugin},
        render_resource::{
            Extent3d, Origin3d, TexelCopyBufferLayout, TexelCopyTextureInfo, Texture,
            TextureAspect, TextureDescriptor, TextureDimension, TextureFormat, TextureUsages,
            TextureViewDescriptor,
        },
        renderer::{RenderDevice, RenderQueue},
        sync_component::SyncComponent,
    },
};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use reverie_spatial::{
    Frame, Memory, Renderer,
    objects::{Objects, Surroundings},
};
use reverie_world_model::{Intrinsics, Pose};
use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// Pictures in use at once: one shown, one extracted, one ready, one being drawn.
const PICTURES: usize = 4;

/// How long a frame waits for its picture before it shows the last one again, so that panels and
/// menus stay quick whatever the world costs.
pub(crate) const PATIENCE: Duration = Duration::from_millis(40);
/// In lockstep a frame always waits; a drawing thread that takes this long is lost.
pub(crate) const LOCKSTEP_PATIENCE: Duration = Duration::from_secs(60);

/// What to draw.
pub(crate) struct Order {
    pub memory: Memory,
    pub objects: Objects,
    pub pose: Pose,
    pub intrinsics: Intrinsics,
    /// When the input was taken that led to the pose.
    pub input_at: Instant,
}

/// A drawn picture.
pub(crate) struct Picture {
    pub frame: Frame,
    pub pose: Pose,
    pub intrinsics: Intrinsics,
    /// Of its memory and its objects.
    pub revision: (u64, u64),
    pub input_at: Instant,
}

/// The drawing thread of one camera. Public only because required components are.
#[derive(Component, Default)]
pub struct CpuPresenter {
    thread: Option<DrawingThread>,
    /// What was asked for last.
    asked: Option<((u64, u64), Pose, Intrinsics)>,
    /// The newest picture.
    pub(crate) picture: Option<Arc<Picture>>,
}

struct DrawingThread {
    orders: Sender<Order>,
    /// The same channel's other end, to take an order back that has become stale.
    stale: Receiver<Order>,
    pictures: Receiver<Arc<Picture>>,
}

impl CpuPresenter {
    /// Asks for a picture, unless the last one asked for is the same.
    pub(crate) fn ask(&mut self, order: Order) {
        let revision = (order.memory.revision(), order.objects.revision());
        let wanted = (revision, order.pose, order.intrinsics);
        if self.asked == Some(wanted) {
            return;
        }
        if self.thread.is_none() {
            match DrawingThread::spawn() {
                Ok(thread) => self.thread = Some(thread),
                Err(error) => {
                    error_once!("the world cannot be drawn, no thread: {error}");
                    return;
                }
            }
        }
        let Some(thread) = &self.thread else { return };
        if thread.order(order) {
            self.asked = Some(wanted);
        } else {
            error!("the drawing thread ended; it is started again");
            self.thread = None;
        }
    }

    /// Takes the newest picture, waiting at most so long for the one that was asked for last.
    /// Returns whether it is a new one.
    pub(crate) fn take(&mut self, patience: Duration) -> bool {
        let Some(thread) = &self.thread else { return false };
        let deadline = Instant::now() + patience;
        let mut new = false;
        loop {
            let picture = if self.is_current() {
                thread.pictures.try_recv().ok()
            } else {
                thread.pictures.recv_deadline(deadline).ok()
            };
            let Some(picture) = picture else { return new };
            self.picture = Some(picture);
            new = true;
        }
    }

    /// The newest picture is what was asked for last.
    pub(crate) fn is_current(&self) -> bool {
        match (&self.picture, &self.asked) {
            (Some(picture), Some(asked)) => {
                (picture.revision, picture.pose, picture.intrinsics) == *asked
            }
            _ => self.asked.is_none(),
        }
    }
}

impl DrawingThread {
    fn spawn() -> std::io::Result<Self> {
        let (orders, inbox) = bounded::<Order>(1);
        let (out, pictures) = bounded(PICTURES);
        let stale = inbox.clone();
        thread::Builder::new()
            .name("reverie-present".to_owned())
            .spawn(move || draw_orders(&inbox, &out))?;
        Ok(Self { orders, stale, pictures })
    }

    /// Puts an order in the place of one that has not been begun; `false` when the thread ended.
    fn order(&self, mut order: Order) -> bool {
        loop {
            match self.orders.try_send(order) {
                Ok(()) => return true,
                Err(TrySendError::Full(back)) => {
                    order = back;
                    // Either this takes the stale order or the thread just did.
                    let _ = self.stale.try_recv();
                }
                Err(TrySendError::Disconnected(_)) => return false,
            }
        }
    }
}

fn draw_orders(inbox: &Receiver<Order>, out: &Sender<Arc<Picture>>) {
    let mut renderer = Renderer::new();
    let mut pool: Vec<Arc<Picture>> = Vec::with_capacity(PICTURES + 1);
    while let Ok(Order { memory, objects, pose, intrinsics, input_at }) = inbox.recv() {
        // A picture that nobody else holds any more is drawn over.
        let free = pool.iter().position(|picture| Arc::strong_count(picture) == 1);
        let mut picture = match free {
            Some(at) => pool.swap_remove(at),
            None => {
                let (frame, revision) = (Frame::new(), (0, 0));
                Arc::new(Picture { frame, pose, intrinsics, revision, input_at })
            }
        };
        if let Some(mine) = Arc::get_mut(&mut picture) {
            let world = Surroundings { memory: &memory, objects: &objects };
            if let Err(error) = renderer.render_with(&world, &pose, &intrinsics, &mut mine.frame) {
                error_once!("the world cannot be drawn: {error}");
                continue;
            }
            (mine.pose, mine.intrinsics, mine.input_at) = (pose, intrinsics, input_at);
            mine.revision = (memory.revision(), objects.revision());
        }
        drop((memory, objects));
        pool.push(Arc::clone(&picture));
        if out.send(picture).is_err() {
            return;
        }
    }
}

/// The picture to show, on its way to the render world.
#[derive(Component, Clone)]
pub(crate) struct ShownPicture(pub Arc<Picture>);

impl ExtractComponent for ShownPicture {
    type QueryData = &'static Self;
    type QueryFilter = ();
    type Out = Self;

    fn extract_component(picture: &Self) -> Option<Self> {
        Some(picture.clone())
    }
}

impl SyncComponent for ShownPicture {
    type Target = (Self, Uploaded);
}

/// The textures of one camera and the picture that is in them.
#[derive(Component)]
pub(crate) struct Uploaded {
    colour: Texture,
    inverse_depth: Texture,
    picture: Arc<Picture>,
}

/// Drawing on the CPU and uploading.
pub(crate) fn plugin(app: &mut App) {
    app.add_plugins(ExtractComponentPlugin::<ShownPicture>::default());
    if let Some(render_app) = app.get_sub_app_mut(RenderApp) {
        render_app.add_systems(
            Render,
            upload
                .in_set(RenderSystems::PrepareResources)
                .run_if(resource_equals(PresentPath::Cpu)),
        );
    }
}

fn upload(
    mut commands: Commands,
    mut cameras: Query<(Entity, &ShownPicture, Option<&mut Uploaded>)>,
    device: Res<RenderDevice>,
    queue: Res<RenderQueue>,
) {
    for (entity, ShownPicture(picture), uploaded) in &mut cameras {
        let size = Extent3d {
            width: picture.frame.width(),
            height: picture.frame.height(),
            depth_or_array_layers: 1,
        };
        if size.width == 0 || size.height == 0 {
            continue;
        }
        match uploaded {
            Some(mut uploaded) if uploaded.colour.size() == size => {
                if !Arc::ptr_eq(&uploaded.picture, picture) {
                    uploaded.picture = Arc::clone(picture);
                    uploaded.write(&queue);
                }
            }
            _ => {
                let uploaded_to = TextureUsages::TEXTURE_BINDING | TextureUsages::COPY_DST;
                let make = |label, format, more| {
                    device.create_texture(&TextureDescriptor {
                        label: Some(label),
                        size,
                        mip_level_count: 1,
                        sample_count: 1,
                        dimension: TextureDimension::D2,
                        format,
                        usage: uploaded_to | more,
                        view_formats: &[],
                    })
                };
                let (colour, depth) = (TextureFormat::Rgba8UnormSrgb, TextureFormat::R32Float);
                let uploaded = Uploaded {
                    // Copied whole into a frame of the same size.
                    colour: make("reverie_colour", colour, TextureUsages::COPY_SRC),
                    inverse_depth: make("reverie_inverse_depth", depth, TextureUsages::empty()),
                    picture: Arc::clone(picture),
                };
                uploaded.write(&queue);
                let view =
                    |texture: &Texture| texture.create_view(&TextureViewDescriptor::default());
                let textures = PresentedTextures {
                    colour: view(&uploaded.colour),
                    inverse_depth: view(&uploaded.inverse_depth),
                    size: UVec2::new(size.width, size.height),
                };
                commands.entity(entity).insert((uploaded, textures));
            }
        }
    }
}

impl Uploaded {
    fn write(&self, queue: &RenderQueue) {
        let frame = &self.picture.frame;
        let put = |texture: &Texture, bytes: &[u8]| {
            queue.write_texture(
                TexelCopyTextureInfo {
                    texture,
                    mip_level: 0,
                    origin: Origin3d::ZERO,
                    aspect: TextureAspect::All,
                },
                bytes,
                TexelCopyBufferLayout {
                    offset: 0,
                    // Both formats have four bytes a texel.
                    bytes_per_row: Some(frame.width() * 4),
                    rows_per_image: None,
                },
                texture.size(),
            );
        };
        put(&self.colour, frame.rgba8());
        put(&self.inverse_depth, bytemuck::cast_slice(frame.inverse_depth()));
    }
}
