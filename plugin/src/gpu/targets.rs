//! The textures of one camera's picture.

use super::pipelines::{COLOUR_FORMAT, DEPTH_FORMAT, INVERSE_DEPTH_FORMAT};
use crate::present::PresentedTextures;
use bevy::{
    prelude::*,
    render::{
        render_resource::{
            Buffer, BufferDescriptor, BufferUsages, Extent3d, TextureDescriptor, TextureDimension,
            TextureFormat, TextureUsages, TextureView, TextureViewDescriptor, WgpuLimits,
        },
        renderer::RenderDevice,
    },
};
use reverie_spatial::{MAX_VIEW_SIDE, fill::FILL_LEVELS};

/// Textures and scratch space of one size.
pub(super) struct Targets {
    /// Pixels.
    pub size: UVec2,
    /// What the tiles show; alpha 0 where they show nothing.
    pub drawn_colour: TextureView,
    /// Depth buffer: near distance times inverse depth.
    pub drawn_depth: TextureView,
    /// The levels above the picture.
    pub texels: Buffer,
    /// The finished colours, to write to.
    pub colour_storage: TextureView,
    /// The finished inverse depths, to write to.
    pub inverse_depth_storage: TextureView,
    /// The finished picture, to read from.
    pub presented: PresentedTextures,
    /// Columns, rows and first texel of each level; level 0 is the picture.
    pub levels: [[u32; 4]; FILL_LEVELS + 1],
}

/// Bytes of a texel of the levels above the picture.
const TEXEL_BYTES: u64 = 12;

/// Columns, rows and first texel of each level, and texels in all above the picture.
fn fill_levels(size: UVec2) -> ([[u32; 4]; FILL_LEVELS + 1], u64) {
    let mut levels = [[size.x, size.y, 0, 0]; FILL_LEVELS + 1];
    let mut texels = 0;
    for k in 1..=FILL_LEVELS {
        let [columns, rows, ..] = levels[k - 1];
        levels[k] = [columns.div_ceil(2), rows.div_ceil(2), texels, 0];
        texels += levels[k][0] * levels[k][1];
    }
    (levels, u64::from(texels))
}

impl Targets {
    /// Whether a device with these limits can hold a picture of this size.
    pub fn fit(limits: &WgpuLimits, size: UVec2) -> bool {
        size.min_element() > 0
            && size.max_element() <= limits.max_texture_dimension_2d.min(MAX_VIEW_SIDE)
            && TEXEL_BYTES * fill_levels(size).1
                <= limits.max_storage_buffer_binding_size.min(limits.max_buffer_size)
    }

    pub fn new(device: &RenderDevice, size: UVec2) -> Self {
        let texture = |label, format: TextureFormat, usage, view_formats: &[TextureFormat]| {
            device.create_texture(&TextureDescriptor {
                label: Some(label),
                size: Extent3d { width: size.x, height: size.y, depth_or_array_layers: 1 },
                mip_level_count: 1,
                sample_count: 1,
                dimension: TextureDimension::D2,
                format,
                usage,
                view_formats,
            })
        };
        let target = TextureUsages::RENDER_ATTACHMENT | TextureUsages::TEXTURE_BINDING;
        let result = TextureUsages::STORAGE_BINDING
            | TextureUsages::TEXTURE_BINDING
            // Screenshots and tests copy it out; the frame loop never does.
            | TextureUsages::COPY_SRC;
        let plain = TextureViewDescriptor::default();
        let drawn_colour = texture("reverie_drawn_colour", COLOUR_FORMAT, target, &[]);
        let drawn_depth = texture("reverie_drawn_depth", DEPTH_FORMAT, target, &[]);
        let srgb = COLOUR_FORMAT.add_srgb_suffix();
        let colour = texture("reverie_colour", COLOUR_FORMAT, result, &[srgb]);
        let inverse_depth = texture("reverie_inverse_depth", INVERSE_DEPTH_FORMAT, result, &[]);
        let (levels, texels) = fill_levels(size);
        let of_storage = |format| TextureViewDescriptor {
            format: Some(format),
            usage: Some(TextureUsages::STORAGE_BINDING),
            ..default()
        };
        Self {
            size,
            drawn_colour: drawn_colour.create_view(&plain),
            drawn_depth: drawn_depth.create_view(&plain),
            texels: device.create_buffer(&BufferDescriptor {
                label: Some("reverie_fill_texels"),
                size: TEXEL_BYTES * texels,
                usage: BufferUsages::STORAGE,
                mapped_at_creation: false,
            }),
            colour_storage: colour.create_view(&of_storage(COLOUR_FORMAT)),
            inverse_depth_storage: inverse_depth.create_view(&of_storage(INVERSE_DEPTH_FORMAT)),
            presented: PresentedTextures {
                colour: colour.create_view(&TextureViewDescriptor {
                    format: Some(srgb),
                    usage: Some(TextureUsages::TEXTURE_BINDING),
                    ..default()
                }),
                inverse_depth: inverse_depth.create_view(&plain),
                size,
            },
            levels,
        }
    }
}
