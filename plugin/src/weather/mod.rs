//! What is in the air of a world: fog, haze and dark that limit sight, rain and snow, before the world's picture and
//! the game's meshes alike.

mod draw;

use crate::{
    ReverieSystems,
    view::{WorldCamera, WorldClock, WorldView},
    world::ViewRuntime,
};
use bevy::{
    camera::Camera3d,
    prelude::*,
    render::{
        extract_component::ExtractComponent, render_resource::TextureUsages,
        sync_component::SyncComponent,
    },
};
use reverie_spatial::Air;

/// The air that a camera looks through, and for how long what falls in it has fallen.
#[derive(Component, Debug, Clone, Copy, PartialEq)]
struct ShownAir {
    air: Air,
    secs: f64,
}

impl ExtractComponent for ShownAir {
    type QueryData = &'static Self;
    type QueryFilter = ();
    type Out = Self;

    fn extract_component(air: &Self) -> Option<Self> {
        Some(*air)
    }
}

impl SyncComponent for ShownAir {
    type Target = Self;
}

/// Fog, haze, dark, rain and snow of worlds; needs [`WorldCompositionPlugin`](crate::WorldCompositionPlugin).
pub struct WorldWeatherPlugin;

impl Plugin for WorldWeatherPlugin {
    fn build(&self, app: &mut App) {
        app.add_plugins(draw::plugin)
            .add_systems(PostUpdate, (let_depth_be_read, set_air).after(ReverieSystems::Present));
    }
}

/// The pass reads the depth of the scene.
fn let_depth_be_read(mut cameras: Query<&mut Camera3d, Added<WorldCamera>>) {
    for mut camera in &mut cameras {
        camera.depth_texture_usages.0 |= TextureUsages::TEXTURE_BINDING.bits();
    }
}

fn set_air(
    mut commands: Commands,
    mut cameras: Query<(Entity, &WorldCamera, Option<&mut ShownAir>)>,
    views: Query<(&ViewRuntime, &WorldClock), With<WorldView>>,
) {
    for (entity, shows, shown) in &mut cameras {
        let view = views.get(shows.view.unwrap_or(entity)).ok().or_else(|| match shows.view {
            None => views.single().ok(),
            Some(_) => None,
        });
        let wanted = view.and_then(|(runtime, clock)| {
            let world = runtime.world.as_ref()?;
            let air = world.weather.air;
            let tick_secs = clock.tick_hz.max(0.1).recip();
            let secs = world.began_secs + f64::from(world.motion.secs(tick_secs));
            (!air.is_none()).then_some(ShownAir { air, secs })
        });
        match (wanted, shown) {
            (Some(wanted), Some(mut shown)) => {
                shown.set_if_neq(wanted);
            }
            (Some(wanted), None) => {
                commands.entity(entity).insert(wanted);
            }
            (None, Some(_)) => {
                commands.entity(entity).remove::<ShownAir>();
            }
            (None, None) => {}
        }
    }
}
