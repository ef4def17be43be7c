//! A spinning object of Bevy's own in the world: it finds itself a place behind something, so that
//! the world hides a part of it, and takes its light from the picture.

use bevy::prelude::*;
use bevy_reverie::prelude::*;

/// Rays across and down the picture that look for a place.
const COLUMNS: u32 = 48;
const ROWS: u32 = 27;
/// Farthest place, metres.
const FARTHEST_M: f32 = 12.0;

/// The object, its light and its motion.
pub struct ObjectPlugin;

impl Plugin for ObjectPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(Startup, spawn).add_systems(Update, (place, light, spin));
    }
}

#[derive(Component)]
struct Spinning;

#[derive(Component)]
struct Sun;

fn spawn(
    mut commands: Commands,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<StandardMaterial>>,
) -> Result {
    // Facets want every triangle to have normals of its own.
    let gem = Sphere::new(0.5)
        .mesh()
        .ico(1)?
        .with_duplicated_vertices()
        .with_computed_flat_normals();
    let glaze = StandardMaterial {
        base_color: Color::srgb(0.95, 0.62, 0.18),
        perceptual_roughness: 0.38,
        reflectance: 0.6,
        ..default()
    };
    commands.spawn((
        Spinning,
        Mesh3d(meshes.add(gem)),
        MeshMaterial3d(materials.add(glaze)),
        Transform::default(),
        Visibility::Hidden,
    ));
    commands.spawn((
        Sun,
        DirectionalLight { illuminance: 6_000.0, shadow_maps_enabled: false, ..default() },
        Transform::from_xyz(-0.6, 1.0, 0.7).looking_at(Vec3::ZERO, Vec3::Y),
    ));
    Ok(())
}

/// Puts the object into each new world.
fn place(
    mut started: MessageReader<WorldStarted>,
    world: WorldQuery,
    mut objects: Query<(&mut Transform, &mut Visibility), With<Spinning>>,
) {
    let Some(started) = started.read().last() else { return };
    let Some(surfaces) = world.of(started.view) else { return };
    // The camera starts at the origin, looking down -Z.
    let depth_m = |column: u32, row: u32| {
        let ray = ray(column, row);
        surfaces.ray_cast(Vec3::ZERO, ray, 200.0).map_or(200.0, |hit| -hit.position.z)
    };
    let spot = find_spot(depth_m);
    for (mut transform, mut visibility) in &mut objects {
        *transform = Transform::from_translation(spot.centre).with_scale(Vec3::splat(spot.size_m));
        *visibility = Visibility::Visible;
    }
}

/// A ray through the middle part of a picture of about 60 degrees; `z` is -1, so that lengths along
/// it are depths.
fn ray(column: u32, row: u32) -> Vec3 {
    let across = (column as f32 + 0.5) / COLUMNS as f32 - 0.5;
    let down = (row as f32 + 0.5) / ROWS as f32 - 0.5;
    Vec3::new(across * 0.9, -down * 0.5, -1.0)
}

struct Spot {
    centre: Vec3,
    size_m: f32,
}

/// Looks for an edge in the middle of the picture where something near ends and something clearly
/// farther begins, and stands between the two, half covered. Without such an edge: in front.
fn find_spot(depth_m: impl Fn(u32, u32) -> f32) -> Spot {
    let mut best: Option<(f32, Spot)> = None;
    for row in ROWS / 4..ROWS * 3 / 4 {
        for column in 4..COLUMNS - 4 {
            let here_m = depth_m(column, row);
            for (side, sign) in [(column - 3, -1.0_f32), (column + 3, 1.0)] {
                let beside_m = depth_m(side, row);
                if here_m > FARTHEST_M || beside_m < here_m * 1.5 {
                    continue;
                }
                let at_m = (here_m * 1.25).min(0.5 * (here_m + beside_m));
                // A sixth of the picture's height.
                let size_m = 0.2 * at_m;
                let middle = ray(column, row);
                let off_centre = middle.truncate().length();
                let score = (beside_m / here_m).min(3.0) - 4.0 * off_centre;
                if best.as_ref().is_none_or(|(found, _)| score > *found) {
                    // Its centre lies on the edge, a little to the open side.
                    let edge = middle.lerp(ray(side, row), 0.6);
                    let centre = edge * at_m + Vec3::X * sign * 0.1 * size_m;
                    best = Some((score, Spot { centre, size_m }));
                }
            }
        }
    }
    best.map_or_else(
        || {
            let at_m = (0.6 * depth_m(COLUMNS / 2, ROWS / 2)).clamp(0.5, FARTHEST_M);
            Spot { centre: Vec3::new(0.12, -0.04, -1.0) * at_m, size_m: 0.2 * at_m }
        },
        |(_, spot)| spot,
    )
}

/// Takes colour and strength of the light from the picture.
fn light(
    worlds: Query<&WorldAmbience, Changed<WorldAmbience>>,
    mut suns: Query<&mut DirectionalLight, With<Sun>>,
    mut ambient: ResMut<GlobalAmbientLight>,
) {
    let Some(world) = worlds.iter().last() else { return };
    let (above, below) = (LinearRgba::from(world.above), LinearRgba::from(world.below));
    let strength = above.luminance().max(0.05);
    for mut sun in &mut suns {
        sun.color = Color::from(above * (1.0 / strength));
        sun.illuminance = 3_000.0 + 9_000.0 * strength;
    }
    ambient.color = Color::from(below.mix(&above, 0.5));
    ambient.brightness = 900.0;
}

fn spin(time: Res<Time>, mut objects: Query<&mut Transform, With<Spinning>>) {
    for mut object in &mut objects {
        object.rotate_y(0.9 * time.delta_secs());
        object.rotate_local_x(0.35 * time.delta_secs());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_stands_between_near_and_far() {
        // A post 2 m ahead in a world 10 m deep.
        let spot =
            find_spot(|column, _| if (20..26).contains(&column) { 2.0 } else { 10.0 });
        let depth_m = -spot.centre.z;
        assert!(depth_m > 2.1 && depth_m < 9.0, "{depth_m}");
        let across = spot.centre.x / depth_m;
        assert!(across.abs() < 0.2, "near the post: {across}");
    }

    #[test]
    fn a_flat_world_has_it_in_front() {
        let spot = find_spot(|_, _| 5.0);
        assert!((-spot.centre.z - 3.0).abs() < 1e-3);
    }
}
