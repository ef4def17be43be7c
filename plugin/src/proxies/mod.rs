//! Proxies: entities that stand in the world as boxes with a class and a colour, and are painted there.

pub(crate) mod list;

use crate::{
    ReverieSystems,
    view::{WorldClock, WorldView},
    worker::Request,
    world::{LiveWorld, ViewRuntime},
};
use bevy::{
    platform::collections::{HashMap, HashSet},
    prelude::*,
};
use reverie_spatial::objects::{MAX_OBJECTS, ObjectClass};
use reverie_world_model::WorldEvent;
use serde::{Deserialize, Serialize};

/// Something that the world's painter draws where the entity stands: the game says what, how large
/// and in which colour, the world says how it looks, is lit, and what it shades.
///
/// The entity's [`Transform`] is the centre of the box; its scale stretches the size. Moving it moves
/// what is seen in the same frame. Despawning it, or removing this component, brings back what was
/// behind. The box is solid to the player and to [`WorldQuery`](crate::WorldQuery).
///
/// ```no_run
/// # use bevy::prelude::*;
/// # use bevy_reverie::prelude::*;
/// fn spawn(mut commands: Commands) {
///     let crate_of_wood = WorldProxy::new("crate", Vec3::splat(0.8), [150, 110, 66]);
///     commands.spawn((crate_of_wood, Transform::from_xyz(0.0, 0.4, -3.0)));
/// }
/// ```
#[derive(Component, Debug, Clone, PartialEq, Reflect, Serialize, Deserialize)]
#[reflect(Component, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[require(Transform, WorldProxyId, WorldProxyStatus)]
#[serde(deny_unknown_fields)]
pub struct WorldProxy {
    /// What it is: a name of [`WorldProxy::classes`].
    pub class: String,
    /// Edges of its box, metres, before the transform's scale.
    pub size: Vec3,
    /// 8-bit sRGB.
    pub colour: [u8; 3],
    /// The view whose world it stands in; `None` is the only one.
    #[serde(skip)]
    pub view: Option<Entity>,
}

impl WorldProxy {
    /// A thing of a class with the edges of its box (metres) and its colour (sRGB).
    pub fn new(class: impl Into<String>, size: Vec3, colour: [u8; 3]) -> Self {
        Self { class: class.into(), size, colour, view: None }
    }

    /// The classes that the embedded model paints.
    pub fn classes() -> impl Iterator<Item = &'static str> {
        ObjectClass::all().map(ObjectClass::name)
    }
}

/// The name that the model knows a proxy by. It is the entity's own unless the game sets it: set one
/// that survives the entity to find a proxy again after [`RestoreWorld`](crate::RestoreWorld).
#[derive(
    Component, Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Reflect, Serialize, Deserialize,
)]
#[reflect(Component, Default, Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorldProxyId(pub Option<u64>);

/// How a proxy stands with its world.
#[derive(Component, Debug, Clone, Default, PartialEq, Eq, Reflect)]
#[reflect(Component, Default, Debug, Clone, PartialEq)]
pub enum WorldProxyStatus {
    /// The model has not heard of it yet.
    #[default]
    Waiting,
    /// It is there as a box of one colour, until its turn comes.
    Placed,
    /// It is painted.
    Painted,
    /// The world cannot take it as it is.
    Refused(String),
}

/// What the model was told last of the proxies in a view's world.
#[derive(Component, Default)]
pub struct ProxyLedger {
    /// The world that was told, by the number of its start.
    world: u64,
    /// Ticks that had been sent when moves were told last.
    tick: u64,
    told: HashMap<u64, Told>,
    seen: HashSet<u64>,
}

/// What was told of a proxy.
struct Told {
    event: WorldEvent,
    /// The model was not bothered with it.
    refused: bool,
}

/// Proxies in worlds: their events at the rate of ticks, their pictures at the rate of frames.
pub struct WorldProxyPlugin;

impl Plugin for WorldProxyPlugin {
    fn build(&self, app: &mut App) {
        app.register_type::<WorldProxy>()
            .register_type::<WorldProxyId>()
            .register_type::<WorldProxyStatus>()
            .add_systems(
                PreUpdate,
                (tell, show).chain().after(ReverieSystems::Tick).before(ReverieSystems::Request),
            );
    }
}

type Proxied = (
    Entity,
    &'static WorldProxy,
    &'static WorldProxyId,
    &'static Transform,
    Option<&'static ChildOf>,
    &'static mut WorldProxyStatus,
);

/// The id a proxy has with its model.
fn id_of(entity: Entity, id: &WorldProxyId) -> u64 {
    id.0.unwrap_or_else(|| entity.to_bits())
}

/// Where a proxy is now, its parents included, which have not been propagated yet in this frame.
fn stands(
    transform: &Transform,
    parent: Option<&ChildOf>,
    parents: &Query<(&Transform, Option<&ChildOf>)>,
) -> Transform {
    let mut whole = *transform;
    let mut above = parent;
    // Hierarchies have no circles.
    while let Some((transform, next)) = above.and_then(|child| parents.get(child.parent()).ok()) {
        whole = *transform * whole;
        above = next;
    }
    whole
}

/// Tells the models of the worlds what came, moved, changed and went.
fn tell(
    mut proxies: Query<Proxied>,
    parents: Query<(&Transform, Option<&ChildOf>)>,
    mut views: Query<(Entity, &mut ViewRuntime, &WorldClock, &mut ProxyLedger), With<WorldView>>,
) {
    let only = views.iter().count() == 1;
    for (view, mut runtime, clock, mut ledger) in &mut views {
        // A replay has its own events.
        if runtime.replays() {
            continue;
        }
        let running = runtime.running();
        let runtime = &mut *runtime;
        let (Some(world), Some(worker)) = (&runtime.world, &mut runtime.worker) else { continue };
        let ledger = &mut *ledger;
        if ledger.world != running {
            // Another world: it knows what its state brought along and nothing else.
            ledger.world = running;
            ledger.told.retain(|id, told| !told.refused && world.objects.get(*id).is_some());
            for told in ledger.told.values_mut() {
                // Whatever it says of them is told anew.
                told.event = WorldEvent::Remove { id: 0 };
            }
        }
        let ticked = ledger.tick != clock.tick;
        ledger.tick = clock.tick;
        ledger.seen.clear();
        for (entity, proxy, id, transform, parent, mut status) in &mut proxies {
            if proxy.view.map_or(!only, |own| own != view) {
                continue;
            }
            let id = id_of(entity, id);
            if !ledger.seen.insert(id) {
                let twice = "another proxy has its id".to_owned();
                status.set_if_neq(WorldProxyStatus::Refused(twice));
                continue;
            }
            let at = stands(transform, parent, &parents);
            let known = ledger.told.get(&id);
            let same = known.is_some_and(|told| says(&told.event, proxy, &at));
            let moved = known.is_some_and(|told| says_but_for_place(&told.event, proxy, &at));
            if same || (moved && !ticked) {
                continue;
            }
            let event = WorldEvent::Place {
                id,
                class: proxy.class.clone(),
                position: at.translation,
                rotation: at.rotation,
                size: proxy.size * at.scale,
                colour: proxy.colour,
            };
            let full = known.is_none() && ledger.told.len() >= MAX_OBJECTS;
            let refused = problem(&event, full);
            if let Some(reason) = &refused {
                warn!("proxy {entity}: {reason}");
                status.set_if_neq(WorldProxyStatus::Refused(reason.clone()));
                if known.is_some_and(|told| !told.refused) {
                    worker.send(Request::Change(WorldEvent::Remove { id }));
                }
                if full {
                    // It is not in the list, and is looked at again when there is room.
                    continue;
                }
            } else {
                worker.send(Request::Change(event.clone()));
                if matches!(*status, WorldProxyStatus::Refused(_)) {
                    *status = WorldProxyStatus::Waiting;
                }
            }
            ledger.told.insert(id, Told { event, refused: refused.is_some() });
        }
        let ProxyLedger { told, seen, .. } = ledger;
        told.retain(|id, told| {
            let gone = !seen.contains(id);
            if gone && !told.refused {
                worker.send(Request::Change(WorldEvent::Remove { id: *id }));
            }
            !gone
        });
    }
}

/// Why the model need not hear of an event.
fn problem(event: &WorldEvent, full: bool) -> Option<String> {
    if full {
        return Some(format!("{MAX_OBJECTS} are placed already"));
    }
    if let WorldEvent::Place { class, .. } = event
        && class.len() > 64
    {
        return Some("class: the name is too long".to_owned());
    }
    event.validate().err().map(|error| error.to_string())
}

fn says(event: &WorldEvent, proxy: &WorldProxy, at: &Transform) -> bool {
    let WorldEvent::Place { position, rotation, .. } = event else { return false };
    // NaN is never equal; what was refused for it is not told again and again.
    let same = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits());
    same(&position.to_array(), &at.translation.to_array())
        && same(&rotation.to_array(), &at.rotation.to_array())
        && says_but_for_place(event, proxy, at)
}

fn says_but_for_place(event: &WorldEvent, proxy: &WorldProxy, at: &Transform) -> bool {
    let WorldEvent::Place { class, size, colour, .. } = event else { return false };
    let wanted = (proxy.size * at.scale).to_array().map(f32::to_bits);
    *class == proxy.class && *colour == proxy.colour && size.to_array().map(f32::to_bits) == wanted
}

/// Has proxies drawn where their entities are in this very frame, and tells how they stand.
fn show(
    mut proxies: Query<Proxied>,
    parents: Query<(&Transform, Option<&ChildOf>)>,
    mut views: Query<(Entity, &mut ViewRuntime), With<WorldView>>,
) {
    let only = views.iter().count() == 1;
    for (view, mut runtime) in &mut views {
        if runtime.replays() {
            continue;
        }
        let Some(world) = &mut runtime.bypass_change_detection().world else { continue };
        let world: &mut LiveWorld = world;
        if world.objects.is_empty() {
            continue;
        }
        for (entity, proxy, id, transform, parent, mut status) in &mut proxies {
            if proxy.view.map_or(!only, |own| own != view) {
                continue;
            }
            let id = id_of(entity, id);
            let Some(object) = world.objects.get(id) else { continue };
            let stands_now =
                if object.painted { WorldProxyStatus::Painted } else { WorldProxyStatus::Placed };
            if !matches!(*status, WorldProxyStatus::Refused(_)) {
                status.set_if_neq(stands_now);
            }
            let at = stands(transform, parent, &parents);
            world.objects.move_to(id, at.translation, at.rotation);
        }
    }
}
