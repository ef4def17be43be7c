//! Crates that the player drops: boxes for the game, painted by the world.

use bevy::prelude::*;
use bevy_reverie::prelude::*;

/// The key that drops one.
const DROP: KeyCode = KeyCode::KeyG;
/// Most crates; the oldest makes room.
const MOST: usize = 40;
/// Edge of a crate, metres, and how far in front of the eyes it appears.
const EDGE_M: f32 = 0.8;
const AHEAD_M: f32 = 2.6;
const GRAVITY: f32 = -9.81;
/// Share of its speed that a crate keeps when it hits the ground.
const BOUNCE: f32 = 0.25;
/// Slower impacts than this end a fall, metres per second.
const REST_MPS: f32 = 0.6;
/// Colours of wood, sRGB.
const WOOD: [[u8; 3]; 4] = [[150, 110, 66], [120, 84, 52], [176, 140, 92], [70, 96, 110]];

/// Dropping crates.
pub struct CratesPlugin;

impl Plugin for CratesPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(Update, (drop, fall, clear));
    }
}

/// A crate; it falls while its speed is there.
#[derive(Component)]
struct Crate {
    number: u64,
    fall_mps: Option<f32>,
}

fn drop(
    mut commands: Commands,
    keys: Res<ButtonInput<KeyCode>>,
    eyes: Query<&Transform, With<WorldCamera>>,
    views: Query<(), With<WorldView>>,
    crates: Query<(Entity, &Crate)>,
    mut dropped: Local<u64>,
) {
    let Ok(eyes) = eyes.single() else { return };
    if !keys.just_pressed(DROP) || views.is_empty() {
        return;
    }
    if crates.iter().len() >= MOST
        && let Some((oldest, _)) = crates.iter().min_by_key(|(_, own)| own.number)
    {
        commands.entity(oldest).despawn();
    }
    *dropped += 1;
    let number = *dropped;
    // No two lie alike, and the same game drops the same crates.
    let turn = (number as f32 * 2.399).sin();
    let edge = EDGE_M * (1.0 + 0.25 * (number as f32 * 1.7).sin());
    let ahead = (eyes.rotation * Vec3::NEG_Z).with_y(0.0).normalize_or(Vec3::NEG_Z);
    let colour = WOOD[number as usize % WOOD.len()];
    commands.spawn((
        Crate { number, fall_mps: Some(0.0) },
        WorldProxy::new("crate", Vec3::splat(edge), colour),
        Transform::from_translation(eyes.translation + ahead * AHEAD_M)
            .with_rotation(Quat::from_rotation_y(turn)),
    ));
}

/// Crates fall until they stand on the ground or on one another.
fn fall(
    time: Res<Time>,
    world: WorldQuery,
    mut crates: Query<(&mut Crate, &WorldProxy, &mut Transform)>,
) {
    for (mut own, proxy, mut transform) in &mut crates {
        let Some(speed) = own.fall_mps else { continue };
        // Where nothing is known below there is nothing to fall to.
        let Some(ground_m) = world.ground_height(transform.translation) else { continue };
        let rest_m = ground_m + 0.5 * proxy.size.y;
        let secs = time.delta_secs().min(0.1);
        let speed = speed + GRAVITY * secs;
        let height = transform.translation.y + speed * secs;
        if height > rest_m {
            transform.translation.y = height;
            own.fall_mps = Some(speed);
        } else {
            transform.translation.y = rest_m;
            own.fall_mps = (speed < -REST_MPS).then_some(-speed * BOUNCE);
        }
    }
}

/// A new world has no crates.
fn clear(
    mut commands: Commands,
    mut started: MessageReader<WorldStarted>,
    crates: Query<Entity, With<Crate>>,
) {
    if started.read().last().is_some() {
        crates.iter().for_each(|entity| commands.entity(entity).despawn());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_drops_a_crate_in_front_of_the_eyes() {
        let mut app = App::new();
        app.init_resource::<ButtonInput<KeyCode>>().add_systems(Update, drop);
        app.world_mut().spawn((WorldView::default(), WorldCamera::default(), Transform::default()));
        app.update();
        assert_eq!(app.world_mut().query::<&Crate>().iter(app.world()).len(), 0);
        for _ in 0..MOST + 3 {
            let mut keys = app.world_mut().resource_mut::<ButtonInput<KeyCode>>();
            keys.release(DROP);
            keys.clear();
            keys.press(DROP);
            app.update();
        }
        let mut query = app.world_mut().query::<(&Crate, &Transform)>();
        let crates: Vec<_> = query.iter(app.world()).collect();
        assert_eq!(crates.len(), MOST);
        assert!(crates.iter().all(|(_, at)| at.translation.z < -2.0));
        assert!(crates.iter().all(|(own, _)| own.number > 3));
    }
}
