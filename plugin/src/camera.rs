//! World cameras: what each shows, and its transform and projection.

use crate::{
    PathChoice, ReverieSettings, ReverieSystems,
    cpu::{CpuPresenter, LOCKSTEP_PATIENCE, Order, PATIENCE, ShownPicture},
    present::{PresentPath, PresentedView, ScreenStamp},
    projection::WorldProjection,
    view::{WorldCamera, WorldView},
    world::{FrameStart, ViewRuntime},
};
use bevy::{
    camera::CameraUpdateSystems,
    prelude::*,
    render::{RenderApp, extract_resource::ExtractResourcePlugin, renderer::RenderAdapterInfo},
    transform::TransformSystems,
};
use reverie_spatial::{Memory, objects::Objects};
use reverie_world_model::{Intrinsics, Pose};
use wgpu_types::DeviceType;

/// Presentation: draws the newest memory from the newest pose, on the CPU or the GPU, and moves
/// the camera with it.
pub struct WorldPresentationPlugin;

impl Plugin for WorldPresentationPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<PresentPath>()
            .add_plugins((ExtractResourcePlugin::<PresentPath>::default(), crate::cpu::plugin))
            .configure_sets(
                PostUpdate,
                ReverieSystems::Present
                    .before(TransformSystems::Propagate)
                    .before(CameraUpdateSystems),
            )
            .add_systems(PreUpdate, request.in_set(ReverieSystems::Request))
            .add_systems(PostUpdate, present.in_set(ReverieSystems::Present));
    }

    fn finish(&self, app: &mut App) {
        let choice = app.world().resource::<ReverieSettings>().path;
        let path = choose_path(app.world(), choice);
        app.insert_resource(path);
        if let Some(render_app) = app.get_sub_app_mut(RenderApp) {
            render_app.insert_resource(path);
        }
    }
}

/// Decides who draws. Only a real GPU is chosen unasked: where the device is a program, the CPU's
/// own way is the quicker one.
fn choose_path(world: &World, choice: PathChoice) -> PresentPath {
    let Some(adapter) = world.get_resource::<RenderAdapterInfo>() else {
        return PresentPath::Cpu;
    };
    let is_program = adapter.device_type == DeviceType::Cpu;
    if choice == PathChoice::Cpu || (choice == PathChoice::Auto && is_program) {
        return PresentPath::Cpu;
    }
    match crate::gpu::support(world) {
        Ok(()) => PresentPath::Gpu,
        Err(reason) => {
            warn!("worlds are drawn on the CPU, {} cannot: {reason}", adapter.name);
            PresentPath::Cpu
        }
    }
}

fn view_of<'a, F: bevy::ecs::query::QueryFilter>(
    camera: Entity,
    shows: &WorldCamera,
    views: &'a Query<(&WorldView, &ViewRuntime), F>,
) -> Option<(&'a WorldView, &'a ViewRuntime)> {
    views.get(shows.view.unwrap_or(camera)).ok().or_else(|| match shows.view {
        None => views.single().ok(),
        Some(_) => None,
    })
}

/// The camera that shows a world in a viewport: the seed's, with the viewport's shape, at the size
/// that is generated.
fn screen_intrinsics(seed: &Intrinsics, viewport: UVec2, size: Option<UVec2>) -> Intrinsics {
    let fitted = seed.fitted(viewport.x, viewport.y);
    size.map_or(fitted, |size| fitted.resized(size.x.max(1), size.y.max(1)))
}

type Requesting = (
    Entity,
    &'static WorldCamera,
    &'static Camera,
    &'static mut CpuPresenter,
    Option<&'static mut PresentedView>,
);

fn request(
    mut commands: Commands,
    mut cameras: Query<Requesting>,
    views: Query<(&WorldView, &ViewRuntime)>,
    path: Res<PresentPath>,
    start: Res<FrameStart>,
) {
    for (entity, shows, camera, mut presenter, presented) in &mut cameras {
        let Some((view, runtime)) = view_of(entity, shows, &views) else { continue };
        let Some(world) = &runtime.world else { continue };
        let Some(viewport) = camera.physical_viewport_size().filter(|size| size.min_element() > 0)
        else {
            continue;
        };
        let intrinsics = screen_intrinsics(&world.intrinsics, viewport, view.size);
        let pose = world.motion.pose(&world.surroundings());
        match *path {
            PresentPath::Cpu => presenter.ask(Order {
                memory: world.shown().clone(),
                objects: world.objects.clone(),
                pose,
                intrinsics,
                input_at: start.0,
            }),
            PresentPath::Gpu => match presented {
                Some(mut presented) => {
                    let revisions = |memory: &Memory, objects: &Objects| {
                        (memory.revision(), objects.revision())
                    };
                    let now = (revisions(world.shown(), &world.objects), pose, intrinsics);
                    let PresentedView { memory, objects, .. } = &*presented;
                    let was = (revisions(memory, objects), presented.pose, presented.intrinsics);
                    if was != now {
                        let (memory, objects) = (world.shown().clone(), world.objects.clone());
                        *presented = PresentedView { memory, objects, pose, intrinsics };
                    }
                }
                None => {
                    commands.entity(entity).insert(PresentedView {
                        memory: world.shown().clone(),
                        objects: world.objects.clone(),
                        pose,
                        intrinsics,
                    });
                }
            },
        }
    }
}

type Presenting = (
    Entity,
    &'static WorldCamera,
    &'static mut CpuPresenter,
    Option<Ref<'static, PresentedView>>,
    &'static mut Transform,
    &'static mut Projection,
);

fn present(
    mut commands: Commands,
    mut cameras: Query<Presenting>,
    views: Query<(&WorldView, &ViewRuntime)>,
    path: Res<PresentPath>,
    settings: Res<ReverieSettings>,
    start: Res<FrameStart>,
) {
    for (entity, shows, mut presenter, presented, mut transform, mut projection) in &mut cameras {
        let Some((_, runtime)) = view_of(entity, shows, &views) else { continue };
        let meter = runtime.meters.screen.clone();
        let (pose, intrinsics, stamp) = match *path {
            PresentPath::Cpu => {
                let patience = if settings.lockstep { LOCKSTEP_PATIENCE } else { PATIENCE };
                let new = presenter.take(patience);
                let Some(picture) = &presenter.picture else { continue };
                let input_at = new.then_some(picture.input_at);
                if new {
                    commands.entity(entity).insert(ShownPicture(picture.clone()));
                }
                let current = new || presenter.is_current();
                (picture.pose, picture.intrinsics, ScreenStamp { current, input_at, meter })
            }
            PresentPath::Gpu => {
                let Some(presented) = presented else { continue };
                let input_at = presented.is_changed().then_some(start.0);
                let stamp = ScreenStamp { current: true, input_at, meter };
                (presented.pose, presented.intrinsics, stamp)
            }
        };
        commands.entity(entity).insert(stamp);
        follow(&pose, &mut transform);
        project(&intrinsics, shows.near_m, &mut projection);
    }
}

fn follow(pose: &Pose, transform: &mut Mut<Transform>) {
    transform.set_if_neq(Transform {
        translation: pose.position,
        rotation: pose.rotation,
        scale: Vec3::ONE,
    });
}

fn project(intrinsics: &Intrinsics, near_m: f32, projection: &mut Mut<Projection>) {
    let near_m = if near_m.is_finite() { near_m.clamp(1e-3, 10.0) } else { 0.05 };
    let wanted = WorldProjection::new(intrinsics, near_m);
    let has = match &**projection {
        Projection::Custom(custom) => custom.get::<WorldProjection>() == Some(&wanted),
        _ => false,
    };
    if !has {
        **projection = Projection::custom(wanted);
    }
}
