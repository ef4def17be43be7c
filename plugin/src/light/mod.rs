//! What lights Bevy's meshes that stand in a world: the world itself.
//!
//! The memory around the player is drawn small, its display curve undone and the light split into a
//! sun and the rest. The rest becomes the camera's [`EnvironmentMapLight`], the sun a
//! [`DirectionalLight`], the world's air the camera's [`DistanceFog`]; meshes are shown with the
//! curve that was undone, so that a grey ball is as bright as something grey in the picture.
//! All of it is estimated on a thread a few times a second and faded in.

mod maps;
mod thread;

use self::{
    maps::{cube_map, fill},
    thread::{Answer, LightThread, Order, Place},
};
use crate::{
    ReverieSettings, ReverieSystems,
    shadow::{ShadowCapsules, SunSeen},
    view::{WorldCamera, WorldView},
    world::ViewRuntime,
};
use bevy::{
    camera::{Exposure, Hdr},
    core_pipeline::tonemapping::Tonemapping,
    light::{CascadeShadowConfig, CascadeShadowConfigBuilder},
    prelude::*,
};
use reverie_spatial::light::{LightCube, luminance};
use serde::{Deserialize, Serialize};
use std::f32::consts::PI;

/// Seconds in which most of a change of light has happened.
const FADE_SECS: f32 = 0.45;
/// The player has gone somewhere else after this way, metres.
const MOVED_M: f32 = 0.6;
/// Light is written to the device at most this often while it fades, seconds.
const WRITE_EVERY_SECS: f32 = 0.1;
/// A fade is over when this share is left.
const LEFT: f32 = 0.02;
/// How far from the camera meshes shade one another, metres.
const SELF_SHADE_M: f32 = 24.0;

/// How meshes are lit in worlds.
#[derive(Resource, Debug, Clone, Copy, PartialEq, Reflect, Serialize, Deserialize)]
#[reflect(Resource, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorldLightSettings {
    /// Worlds light meshes; off, cameras and lights are the game's own.
    pub on: bool,
    /// Estimates a second, at most.
    pub updates_per_sec: f32,
    /// Meshes throw shadows on themselves and on one another in the sun.
    pub mesh_shadows: bool,
    /// The world's air hides distant meshes as it hides the world.
    pub fog: bool,
    /// How dark the shadows are that meshes throw on the world: 0 (none) to 1 (as estimated).
    pub shadow_strength: f32,
}

impl Default for WorldLightSettings {
    fn default() -> Self {
        Self { on: true, updates_per_sec: 3.0, mesh_shadows: true, fog: true, shadow_strength: 1.0 }
    }
}

/// The light where the player is in a world, as it is now: it fades to what was estimated last.
///
/// Light is linear, before the display's curve: a surface that sends `x` shows `x / (1 + x)`.
#[derive(Component, Debug, Clone, Copy, PartialEq, Default, Reflect)]
#[reflect(Component, Default, Clone, PartialEq)]
pub struct WorldLight {
    /// Something has been estimated.
    pub known: bool,
    /// Unit vector towards the sun or the moon; where nothing throws shadows, the last one.
    pub sun_direction: Vec3,
    /// What a white matt surface that faces the sun sends back of its light, were it not shaded.
    pub sun: Vec3,
    /// Share of it that reaches the things around the player, 0 to 1.
    pub sun_seen: f32,
    /// The sun's radius as seen, radians: softness of shadows' edges.
    pub sun_radius_rad: f32,
    /// How sure the direction is: 0 (a guess) to 1 (the model told it).
    pub sun_confidence: f32,
    /// What a white matt surface that faces up sends back of the light from all around.
    pub above: Vec3,
    /// The same for one that faces down.
    pub below: Vec3,
    /// Share of light lost per metre of air.
    pub fog_per_m: f32,
    /// What thick air shows.
    pub fog: Vec3,
}

impl WorldLight {
    fn approach(&mut self, goal: &Self, share: f32) {
        let share = if self.known { share } else { 1.0 };
        let toward = self.sun_direction.lerp(goal.sun_direction, share);
        let mix = |a: f32, b: f32| a + (b - a) * share;
        *self = Self {
            known: true,
            sun_direction: toward.try_normalize().unwrap_or(goal.sun_direction),
            sun: self.sun.lerp(goal.sun, share),
            sun_seen: mix(self.sun_seen, goal.sun_seen),
            sun_radius_rad: mix(self.sun_radius_rad, goal.sun_radius_rad),
            sun_confidence: goal.sun_confidence,
            above: self.above.lerp(goal.above, share),
            below: self.below.lerp(goal.below, share),
            fog_per_m: mix(self.fog_per_m, goal.fog_per_m),
            fog: self.fog.lerp(goal.fog, share),
        };
    }
}

/// Lights meshes by the worlds that they stand in.
pub struct WorldLightPlugin;

impl Plugin for WorldLightPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<WorldLightSettings>()
            .register_type::<WorldLightSettings>()
            .register_type::<WorldLight>()
            .register_required_components::<WorldView, WorldLight>()
            .register_required_components::<WorldView, LightRuntime>()
            .add_systems(
                PreUpdate,
                estimate.after(ReverieSystems::Tick).before(ReverieSystems::Request),
            )
            .add_systems(
                PostUpdate,
                (light_cameras, light_suns).chain().before(ReverieSystems::Present),
            );
    }
}

/// The sun of a view.
#[derive(Component)]
struct WorldSun(Entity);

/// The camera's light is the world's. A camera that came with an environment of its own keeps it.
#[derive(Component)]
struct LitByWorld;

/// What is under way for a view. Public only because required components are.
#[derive(Component, Default)]
pub struct LightRuntime {
    thread: Option<LightThread>,
    /// World, revision of the memory and place of the last order, and when it was given, seconds.
    ordered: Option<(u64, u64, Vec3)>,
    ordered_at_secs: f32,
    goal: WorldLight,
    /// What the maps are to show, and what they show.
    goal_maps: Option<(Vec<LightCube>, LightCube)>,
    shown_maps: Option<(Vec<LightCube>, LightCube)>,
    /// Share of the last change that is still to come.
    left: f32,
    written_at_secs: f32,
    images: Option<[Handle<Image>; 2]>,
    /// Kept for the next order.
    places: Vec<Place>,
}

type Estimated = (Entity, &'static ViewRuntime, &'static mut LightRuntime, &'static mut WorldLight);

fn estimate(
    mut views: Query<Estimated, With<WorldView>>,
    cameras: Query<&WorldCamera>,
    mut casters: Query<(Entity, &ShadowCapsules, &mut SunSeen)>,
    mut images: ResMut<Assets<Image>>,
    settings: Res<WorldLightSettings>,
    general: Res<ReverieSettings>,
    time: Res<Time>,
) {
    if !settings.on {
        return;
    }
    let now_secs = time.elapsed_secs();
    for (entity, runtime, mut light, mut shown) in &mut views {
        let light = &mut *light;
        let Some(world) = &runtime.world else { continue };
        if !cameras.iter().any(|camera| camera.view.is_none_or(|view| view == entity)) {
            continue;
        }
        if light.thread.is_none() {
            match LightThread::spawn() {
                Ok(thread) => light.thread = Some(thread),
                Err(error) => {
                    error_once!("meshes are not lit by the world, no thread: {error}");
                    continue;
                }
            }
        }
        let Some(thread) = &mut light.thread else { continue };
        if !thread.is_busy() {
            let eye = world.motion.pose(&world.surroundings()).position;
            let wanted = (runtime.running(), world.coloured.revision(), eye);
            let every_secs = settings.updates_per_sec.max(0.01).recip();
            let due = now_secs - light.ordered_at_secs >= every_secs;
            let stale = light.ordered.is_none_or(|(world, revision, place)| {
                world != wanted.0 || due && (revision != wanted.1 || place.distance(eye) > MOVED_M)
            });
            // What stands there may have moved although the player has not.
            let restless = due && !casters.is_empty();
            if stale || restless {
                let mut places = std::mem::take(&mut light.places);
                places.clear();
                places.extend(casters.iter().filter_map(|(entity, capsules, _)| {
                    let (point, spread_m) = capsules.middle()?;
                    Some(Place { entity, point, spread_m })
                }));
                thread.order(Order {
                    world: wanted.0,
                    memory: world.coloured.clone(),
                    eye,
                    told: world.light,
                    places,
                });
                (light.ordered, light.ordered_at_secs) = (Some(wanted), now_secs);
            }
        }
        match thread.answer(general.lockstep) {
            Ok(None) => {}
            Ok(Some(answer)) if answer.world == runtime.running() => {
                light.take(answer, &mut casters, &mut images);
            }
            // Of a world that has been replaced.
            Ok(Some(_)) => light.ordered = None,
            Err(error) => {
                error!("the world's light: {error}");
                light.thread = None;
            }
        }
        light.fade(&mut shown, &mut images, time.delta_secs(), now_secs);
    }
}

impl LightRuntime {
    fn take(
        &mut self,
        answer: Answer,
        casters: &mut Query<(Entity, &ShadowCapsules, &mut SunSeen)>,
        images: &mut Assets<Image>,
    ) {
        let Answer { light, seen_here, places, seen, .. } = answer;
        // The one light that Bevy's sun is stands for what the nearest thing gets of it.
        let mut seen_most = None;
        for (place, seen) in places.iter().zip(&seen) {
            if let Ok((_, _, mut sun_seen)) = casters.get_mut(place.entity) {
                sun_seen.goal = *seen;
                seen_most = Some(seen_most.map_or(*seen, |most: f32| most.max(*seen)));
            }
        }
        self.places = places;
        self.goal = WorldLight {
            known: true,
            sun_direction: light.sun.map_or(self.goal.sun_direction, |sun| sun.direction),
            sun: light.sun.map_or(Vec3::ZERO, |sun| sun.light),
            sun_seen: seen_most.unwrap_or(seen_here),
            sun_radius_rad: light.sun.map_or(0.01, |sun| sun.radius_rad),
            sun_confidence: light.sun.map_or(0.0, |sun| sun.confidence),
            above: light.diffuse.towards(Vec3::Y),
            below: light.diffuse.towards(Vec3::NEG_Y),
            fog_per_m: light.haze.per_m,
            fog: light.haze.colour,
        };
        if self.images.is_none() {
            let size = light.mirrors.first().map_or(1, LightCube::size) as u32;
            let mirrors = cube_map(size, light.mirrors.len() as u32);
            let matt = cube_map(light.matt.size() as u32, 1);
            self.images = Some([images.add(matt), images.add(mirrors)]);
        }
        self.goal_maps = Some((light.mirrors, light.matt));
        self.left = 1.0;
    }

    /// Brings what is shown nearer to what was estimated.
    fn fade(
        &mut self,
        shown: &mut Mut<WorldLight>,
        images: &mut Assets<Image>,
        delta_secs: f32,
        now_secs: f32,
    ) {
        if self.goal.known && **shown != self.goal {
            shown.approach(&self.goal, 1.0 - (-delta_secs / FADE_SECS).exp());
        }
        let since_secs = now_secs - self.written_at_secs;
        let first = self.shown_maps.is_none();
        if self.left <= LEFT || (!first && since_secs < WRITE_EVERY_SECS) {
            return;
        }
        let (Some((mirrors, matt)), Some([matt_image, mirror_image])) =
            (&self.goal_maps, &self.images)
        else {
            return;
        };
        let share = 1.0 - (-since_secs / FADE_SECS).exp();
        let maps = self.shown_maps.get_or_insert_with(|| (mirrors.clone(), matt.clone()));
        if first {
            self.left = 0.0;
        } else {
            maps.0.resize(mirrors.len(), LightCube::filled(1, Vec3::ZERO));
            maps.0.iter_mut().zip(mirrors).for_each(|(own, new)| own.approach(new, share));
            maps.1.approach(matt, share);
            self.left *= 1.0 - share;
        }
        if let Some(mut image) = images.get_mut(matt_image) {
            fill(&mut image, std::slice::from_ref(&maps.1));
        }
        if let Some(mut image) = images.get_mut(mirror_image) {
            fill(&mut image, &maps.0);
        }
        self.written_at_secs = now_secs;
    }
}

type Lit = (
    Entity,
    &'static WorldCamera,
    Option<&'static Exposure>,
    Has<EnvironmentMapLight>,
    Has<LitByWorld>,
    Has<Hdr>,
);

/// How much of a candela per square metre a camera shows as 1.
fn exposure_of(exposure: Option<&Exposure>) -> f32 {
    exposure.copied().unwrap_or_default().exposure()
}

fn light_cameras(
    mut commands: Commands,
    cameras: Query<Lit>,
    views: Query<(&WorldLight, &LightRuntime)>,
    mut fogs: Query<&mut DistanceFog, With<LitByWorld>>,
    settings: Res<WorldLightSettings>,
) {
    for (entity, shows, exposure, has_map, lit, hdr) in &cameras {
        let view = views.get(shows.view.unwrap_or(entity)).ok().or_else(|| match shows.view {
            None => views.single().ok(),
            Some(_) => None,
        });
        let Some((light, runtime)) = view.filter(|_| settings.on) else {
            if lit {
                commands
                    .entity(entity)
                    .remove::<(EnvironmentMapLight, AmbientLight, DistanceFog, LitByWorld)>()
                    .insert(Tonemapping::None);
            }
            continue;
        };
        let Some([matt, mirrors]) = &runtime.images else { continue };
        if !lit {
            if has_map {
                continue;
            }
            let mut camera = commands.entity(entity);
            camera.insert((
                LitByWorld,
                EnvironmentMapLight {
                    diffuse_map: matt.clone(),
                    specular_map: mirrors.clone(),
                    intensity: exposure_of(exposure).recip(),
                    ..default()
                },
                AmbientLight { brightness: 0.0, ..default() },
            ));
            // Without HDR this is applied by the meshes' own shaders; the world's picture has gone
            // through a camera's curve already.
            if !hdr {
                camera.insert(Tonemapping::Reinhard);
            }
        }
        let per_m = if settings.fog { light.fog_per_m } else { 0.0 };
        let colour = Color::linear_rgb(light.fog.x, light.fog.y, light.fog.z);
        let falloff = FogFalloff::Exponential { density: per_m };
        match fogs.get_mut(entity) {
            Ok(mut fog) => {
                let same =
                    matches!(fog.falloff, FogFalloff::Exponential { density } if density == per_m);
                if !same || fog.color != colour {
                    *fog = DistanceFog { color: colour, falloff, ..default() };
                }
            }
            Err(_) if per_m > 0.0 => {
                commands.entity(entity).insert(DistanceFog { color: colour, falloff, ..default() });
            }
            Err(_) => {}
        }
    }
}

type Suns<'w, 's> = Query<
    'w,
    's,
    (Entity, &'static WorldSun, &'static mut DirectionalLight, &'static mut Transform),
>;

fn light_suns(
    mut commands: Commands,
    views: Query<(Entity, &WorldLight)>,
    cameras: Query<(Option<&Exposure>, &WorldCamera), With<LitByWorld>>,
    mut suns: Suns,
    mut casters: Query<&mut SunSeen>,
    settings: Res<WorldLightSettings>,
    time: Res<Time>,
) {
    let share = 1.0 - (-time.delta_secs() / FADE_SECS).exp();
    for mut seen in &mut casters {
        seen.fade(share);
    }
    for (entity, sun, ..) in &suns {
        if !settings.on || !views.contains(sun.0) {
            commands.entity(entity).despawn();
        }
    }
    if !settings.on {
        return;
    }
    for (view, light) in views.iter().filter(|(_, light)| light.known) {
        let camera = cameras
            .iter()
            .find(|(_, camera)| camera.view.is_none_or(|shown| shown == view))
            .map(|(exposure, _)| exposure_of(exposure));
        let Some(exposure) = camera else { continue };
        let seen = light.sun * light.sun_seen;
        let most = seen.max_element().max(1e-6);
        let wanted = DirectionalLight {
            color: Color::linear_rgb(seen.x / most, seen.y / most, seen.z / most),
            // A matt surface sends back illuminance over pi.
            illuminance: most * PI / exposure,
            shadow_maps_enabled: settings.mesh_shadows && luminance(seen) > 0.02,
            ..default()
        };
        let transform = if light.sun_direction == Vec3::ZERO {
            Transform::default()
        } else {
            Transform::default().looking_to(-light.sun_direction, Vec3::Y)
        };
        match suns.iter_mut().find(|(_, sun, ..)| sun.0 == view) {
            Some((_, _, mut has, mut stands)) => {
                stands.set_if_neq(transform);
                *has = wanted;
            }
            None => {
                commands.spawn((
                    WorldSun(view),
                    Name::new("sun of a world"),
                    wanted,
                    transform,
                    cascades(),
                ));
            }
        }
    }
}

fn cascades() -> CascadeShadowConfig {
    CascadeShadowConfigBuilder {
        num_cascades: 1,
        minimum_distance: 0.1,
        maximum_distance: SELF_SHADE_M,
        ..default()
    }
    .build()
}
