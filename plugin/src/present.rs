//! What passes between the main world, the two ways of drawing a memory (CPU and GPU), and the
//! pass that puts the result into the frame.
//!
//! The main world sets one [`PresentedView`] per world camera. It is extracted to the render
//! world's camera entity, where the CPU or the GPU path keeps a [`PresentedTextures`] up to date
//! before `camera_driver` runs; the composition pass reads only that.

use crate::figures::SharedMeter;
use bevy::{
    prelude::*,
    render::{
        extract_component::ExtractComponent, extract_resource::ExtractResource,
        render_resource::TextureView, sync_component::SyncComponent,
    },
};
use reverie_spatial::{Memory, objects::Objects};
use reverie_world_model::{Intrinsics, Pose};
use std::time::Instant;

/// Which way the memory is drawn.
#[derive(Resource, Debug, Clone, Copy, PartialEq, Eq, Default, Reflect)]
#[reflect(Resource, Default)]
pub enum PresentPath {
    /// On worker threads, uploaded as a picture: the reference, and what a machine without a GPU
    /// uses.
    #[default]
    Cpu,
    /// In compute shaders on Bevy's own device, without a copy to the CPU.
    Gpu,
}

/// The memory a camera shows and where it is seen from; set anew whenever one of them changes.
#[derive(Component, Clone)]
pub struct PresentedView {
    /// A snapshot; cheap to clone.
    pub memory: Memory,
    /// What stands in it; cheap to clone.
    pub objects: Objects,
    /// Where the camera is.
    pub pose: Pose,
    /// The camera, at the size in pixels of its viewport.
    pub intrinsics: Intrinsics,
}

impl ExtractComponent for PresentedView {
    type QueryData = &'static Self;
    type QueryFilter = ();
    type Out = Self;

    fn extract_component(view: &Self) -> Option<Self> {
        Some(view.clone())
    }
}

impl SyncComponent for PresentedView {
    type Target = (Self, PresentedTextures);
}

/// In the render world, on the camera: the picture to compose with Bevy's meshes.
#[derive(Component, Clone)]
pub struct PresentedTextures {
    /// The memory's sRGB values, as a `Rgba8UnormSrgb` view (so that loads are linear and a write
    /// to an sRGB target gives the very same bytes). A path that needs storage access makes the
    /// texture `Rgba8Unorm` with the sRGB format among its `view_formats`.
    pub colour: TextureView,
    /// `R32Float`, 1 / metres along the view axis; 0 is sky. Bevy's reverse-Z depth is
    /// `near * value`.
    pub inverse_depth: TextureView,
    /// Size of both, pixels.
    pub size: UVec2,
}

/// What the figures need to know about a frame.
#[derive(Component, Clone)]
pub(crate) struct ScreenStamp {
    /// The frame shows the newest memory from the newest pose that it could know.
    pub current: bool,
    /// When the input was taken that its picture shows; `None` when the picture is not a new one.
    pub input_at: Option<Instant>,
    pub meter: SharedMeter,
}

impl ExtractComponent for ScreenStamp {
    type QueryData = &'static Self;
    type QueryFilter = ();
    type Out = Self;

    fn extract_component(stamp: &Self) -> Option<Self> {
        Some(stamp.clone())
    }
}

impl SyncComponent for ScreenStamp {
    type Target = Self;
}

impl ExtractResource for PresentPath {
    type Source = Self;

    fn extract_resource(source: &Self) -> Self {
        *source
    }
}
