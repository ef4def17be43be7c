//! People: entities that stand, breathe and look at one, in worlds and in any other scene of Bevy.
//!
//! ```no_run
//! use bevy::prelude::*;
//! use bevy_reverie::prelude::*;
//!
//! fn meet(mut commands: Commands) {
//!     let player = commands.spawn((Camera3d::default(), Transform::from_xyz(0.0, 1.6, 0.0))).id();
//!     commands.spawn((
//!         Avatar::preset("mara"),
//!         Transform::from_xyz(0.0, 0.0, -1.5).looking_at(Vec3::ZERO, Vec3::Y),
//!         Posture::listening_to([player]),
//!         Mood::of(Emotion::Happy, 0.4),
//!     ));
//! }
//! ```
//!
//! [`Avatar`] says who it is; [`Gaze`], [`Mood`] and [`Posture`] how it is; [`Perform`] makes it wave,
//! point, walk or look. [`AvatarLife`] is its timeline and state, [`AvatarModel`] its bones.
//!
//! Lives need neither a world nor a renderer: where Bevy's meshes or materials are missing, bones and
//! faces are computed and nothing is drawn.

mod body;
mod bones;
mod capsules;
mod components;
mod events;
mod inspector;
mod life;
mod load;
mod lod;
mod material;
mod morphs;
mod surroundings;

pub(crate) use body::AvatarBody;
pub use bones::AvatarModel;
pub use components::{
    Avatar, AvatarSource, FaceOverride, Gaze, GazeAt, GazeTarget, Mood, Posture, entity_id,
};
pub use events::{AvatarArrived, AvatarFailed, AvatarReady, AvatarRefused, Perform};
pub use inspector::{AvatarInspector, AvatarInspectorPlugin, InspectorPage, save_spec};
pub use life::AvatarLife;
pub(crate) use load::Library;
pub use lod::{AvatarDetail, AvatarLod};
pub use material::{AvatarMaterial, AvatarSurface, SurfaceKey, SurfaceKind, SurfaceParams};
pub use reverie_avatar::Lod;
pub use surroundings::{AvatarBrightness, AvatarGround};

use crate::shadow::ShadowCapsules;
use bevy::{
    asset::io::file::FileAssetReader,
    prelude::*,
    render::{RenderApp, mesh::allocator::MeshAllocatorSettings, renderer::RenderDevice},
    transform::TransformSystems,
};

/// Where a frame's work on avatars happens, in this order, in [`PostUpdate`] before transforms are
/// propagated.
#[derive(SystemSet, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AvatarSystems {
    /// Bodies arrive, components become timelines, the level of detail is chosen.
    Plan,
    /// Lives go on: [`AvatarLife::pose`] is this frame's.
    Realise,
    /// Bones are placed, springs swing, [`ShadowCapsules`] follow.
    Bones,
    /// Faces and pupils become weights of morph targets.
    Morphs,
}

/// Bodies and lives of [`Avatar`]s. Works alone and with worlds.
#[derive(Debug, Clone, Copy, Default)]
pub struct AvatarPlugin;

impl Plugin for AvatarPlugin {
    fn build(&self, app: &mut App) {
        let folder = app
            .get_added_plugins::<AssetPlugin>()
            .first()
            .map_or_else(|| "assets".to_owned(), |plugin| plugin.file_path.clone());
        app.insert_resource(load::Library::new(FileAssetReader::get_base_path().join(folder)))
            .init_resource::<load::Bodies>()
            .init_resource::<surroundings::Present>()
            .init_resource::<AvatarGround>()
            .init_resource::<AvatarBrightness>()
            .init_resource::<AvatarDetail>()
            .register_type::<Avatar>()
            .register_type::<Gaze>()
            .register_type::<Mood>()
            .register_type::<Posture>()
            .register_type::<FaceOverride>()
            .register_type::<AvatarLod>()
            .register_type::<AvatarDetail>()
            .register_type::<ShadowCapsules>()
            .register_type::<AvatarBrightness>()
            .add_message::<AvatarReady>()
            .add_message::<AvatarFailed>()
            .add_message::<AvatarRefused>()
            .add_message::<AvatarArrived>()
            .add_observer(life::perform)
            .configure_sets(
                PostUpdate,
                (
                    AvatarSystems::Plan,
                    AvatarSystems::Realise,
                    AvatarSystems::Bones,
                    AvatarSystems::Morphs,
                )
                    .chain()
                    .before(TransformSystems::Propagate),
            )
            .add_systems(
                PostUpdate,
                (
                    (
                        load::ask,
                        load::start,
                        load::take,
                        load::give,
                        life::begin,
                        bones::assemble,
                        bones::assembled,
                        life::follow_game,
                        life::plan,
                        lod::choose,
                    )
                        .chain()
                        .in_set(AvatarSystems::Plan),
                    life::realise.in_set(AvatarSystems::Realise),
                    bones::pose.in_set(AvatarSystems::Bones),
                    (morphs::morph, morphs::show_forms).chain().in_set(AvatarSystems::Morphs),
                ),
            );
        if app.get_sub_app(RenderApp).is_some() {
            material::plugin(app);
        }
    }

    fn finish(&self, app: &mut App) {
        let Some(render_app) = app.get_sub_app_mut(RenderApp) else { return };
        let world = render_app.world_mut();
        let Some(device) = world.get_resource::<RenderDevice>() else { return };
        let most = device.limits().max_storage_buffer_binding_size;
        // Targets are read from a storage buffer, which may be smaller than what Bevy packs meshes into.
        if let Some(mut settings) = world.get_resource_mut::<MeshAllocatorSettings>() {
            let slabs = &mut settings.slab_allocator_settings;
            slabs.max_slab_size = slabs.max_slab_size.min(most);
            slabs.large_threshold = slabs.large_threshold.min(most / 2);
        }
    }
}
