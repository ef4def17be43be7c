//! A spinning object of Bevy's own in the world: it finds itself a place behind something, so that
//! the world hides a part of it, and takes its light from the picture.

use bevy::{
    asset::embedded_asset,
    prelude::*,
    render::render_resource::{AsBindGroup, ShaderType},
    shader::ShaderRef,
};
use bevy_reverie::prelude::*;

/// Rays across and down the picture that look for a place.
const COLUMNS: u32 = 48;
const ROWS: u32 = 27;
/// Farthest place, metres.
const FARTHEST_M: f32 = 15.0;
/// How many times farther the background of an edge has to be.
const STEP: f32 = 1.5;
/// Size of the object per distance: about a sixth of the picture's height.
const SIZE: f32 = 0.17;

/// The object, its light and its motion.
pub struct ObjectPlugin;

impl Plugin for ObjectPlugin {
    fn build(&self, app: &mut App) {
        embedded_asset!(app, "ceramic.wgsl");
        app.add_plugins(MaterialPlugin::<Ceramic>::default())
            .add_systems(Startup, spawn)
            .add_systems(Update, (place, light, spin));
    }
}

/// Glazed facets; see `ceramic.wgsl`.
#[derive(Asset, TypePath, AsBindGroup, Debug, Clone)]
struct Ceramic {
    #[uniform(0)]
    light: CeramicLight,
}

/// As in `ceramic.wgsl`.
#[derive(ShaderType, Debug, Clone, Copy)]
struct CeramicLight {
    glaze: Vec4,
    above: Vec4,
    below: Vec4,
    sun: Vec4,
    towards_sun: Vec4,
}

impl Material for Ceramic {
    fn fragment_shader() -> ShaderRef {
        "embedded://demo_game/ceramic.wgsl".into()
    }
    fn enable_prepass() -> bool {
        false
    }
    fn enable_shadows() -> bool {
        false
    }
}

#[derive(Component)]
struct Spinning;

fn spawn(
    mut commands: Commands,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<Ceramic>>,
) -> Result {
    // Facets want every triangle to have normals of its own.
    let gem =
        Sphere::new(0.5).mesh().ico(1)?.with_duplicated_vertices().with_computed_flat_normals();
    let glaze = LinearRgba::from(Color::srgb(0.12, 0.62, 0.62)).to_vec4();
    let ceramic = Ceramic { light: lit_by(glaze, &WorldAmbience::default()) };
    commands.spawn((
        Spinning,
        Mesh3d(meshes.add(gem)),
        MeshMaterial3d(materials.add(ceramic)),
        Transform::default(),
        Visibility::Hidden,
    ));
    Ok(())
}

/// Light as in the picture: its upper half above, its lower half below, and a sun of the colour of
/// the upper half behind the left shoulder.
fn lit_by(glaze: Vec4, world: &WorldAmbience) -> CeramicLight {
    let (above, below) = (world.above.to_vec4(), world.below.to_vec4());
    CeramicLight {
        glaze,
        above,
        below,
        sun: above * 1.3,
        towards_sun: Vec3::new(-0.5, 0.8, 0.6).normalize().extend(0.0),
    }
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
    let depths_m: Vec<f32> = (0..COLUMNS * ROWS)
        .map(|place| {
            let ray = ray(place % COLUMNS, place / COLUMNS);
            surfaces.ray_cast(Vec3::ZERO, ray, 200.0).map_or(200.0, |hit| -hit.position.z)
        })
        .collect();
    let spot = find_spot(|column, row| depths_m[(row * COLUMNS + column) as usize]);
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
/// farther begins, and stands between the two, half covered. Without such an edge: on the ground.
fn find_spot(depth_m: impl Fn(u32, u32) -> f32) -> Spot {
    let mut best: Option<(f32, Spot)> = None;
    for row in ROWS / 4..ROWS * 4 / 5 {
        for column in 6..COLUMNS - 6 {
            let here_m = depth_m(column, row);
            if here_m > FARTHEST_M {
                continue;
            }
            // What lies left, right and above, and what lies on the other side of the same thing.
            // Something behind a ridge is what the eye expects most.
            let neighbours = [
                ((column - 2, row), (column + 2, row), 0.0),
                ((column + 2, row), (column - 2, row), 0.0),
                ((column, row - 2), (column, row + 2), 0.7),
            ];
            for (open, solid, liking) in neighbours {
                let (beyond_m, behind_m) = (depth_m(open.0, open.1), depth_m(solid.0, solid.1));
                // A step, not a slope.
                if beyond_m < STEP * here_m || (behind_m / here_m - 1.0).abs() > 0.15 {
                    continue;
                }
                let middle = ray(column, row);
                // Clear edges near the player and a little below the middle are best.
                let off_centre = middle.truncate().distance(Vec2::new(0.0, -0.06));
                let clear = (beyond_m / here_m).min(3.0);
                let score = liking + clear - 4.0 * off_centre - 0.15 * here_m;
                if best.as_ref().is_none_or(|(found, _)| score > *found) {
                    let at_m = (1.3 * here_m).min(0.5 * (here_m + beyond_m));
                    let size_m = SIZE * at_m;
                    // The centre is on the open side of the edge.
                    let centre = middle.lerp(ray(open.0, open.1), 1.2) * at_m;
                    let spot = Spot { centre, size_m };
                    // A good part has to be seen, and a part has to be hidden.
                    if (0.45..0.85).contains(&seen_share(&spot, &depth_m)) {
                        best = Some((score, spot));
                    }
                }
            }
        }
    }
    best.map_or_else(|| on_the_ground(&depth_m), |(_, spot)| spot)
}

/// The part of a body at that place that nothing stands in front of, from the start.
fn seen_share(spot: &Spot, depth_m: &impl Fn(u32, u32) -> f32) -> f32 {
    let at_m = -spot.centre.z;
    let (mut seen, mut all) = (0, 0);
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            let aside = ray(column, row) * at_m - spot.centre;
            if aside.length() < 0.5 * spot.size_m {
                all += 1;
                seen += u32::from(depth_m(column, row) > at_m);
            }
        }
    }
    seen as f32 / all.max(1) as f32
}

/// A little right of the middle, a little sunk in.
fn on_the_ground(depth_m: &impl Fn(u32, u32) -> f32) -> Spot {
    let (column, row) = (COLUMNS * 5 / 8, ROWS * 2 / 3);
    let at_m = depth_m(column, row).clamp(0.5, FARTHEST_M);
    let size_m = SIZE * at_m;
    Spot { centre: ray(column, row) * at_m + Vec3::Y * 0.3 * size_m, size_m }
}

/// Takes the light from each new picture.
fn light(
    worlds: Query<&WorldAmbience, Changed<WorldAmbience>>,
    mut materials: ResMut<Assets<Ceramic>>,
) {
    let Some(world) = worlds.iter().last() else { return };
    for (_, ceramic) in materials.iter_mut() {
        ceramic.light = lit_by(ceramic.light.glaze, world);
    }
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
        let spot = find_spot(|column, _| if (20..26).contains(&column) { 2.0 } else { 10.0 });
        let depth_m = -spot.centre.z;
        assert!(depth_m > 2.1 && depth_m < 9.0, "{depth_m}");
        let across = spot.centre.x / depth_m;
        assert!(across.abs() < 0.2, "near the post: {across}");
    }

    #[test]
    fn it_looks_over_a_ridge() {
        let spot = find_spot(|_, row| if row > 14 { 6.0 } else { 200.0 });
        let (height, depth_m) = (spot.centre.y, -spot.centre.z);
        assert!(depth_m > 6.5 && depth_m < 9.0, "{depth_m}");
        // The ridge is at row 15 of 27: half of the object is above it.
        let ridge = ray(COLUMNS / 2, 15).y * depth_m;
        assert!((height - ridge).abs() < 0.75 * spot.size_m, "{height} {ridge}");
    }

    #[test]
    fn a_slope_has_it_on_the_ground() {
        // Ground 1.5 m below the camera.
        let ground_m = |_: u32, row: u32| (1.5 / -ray(0, row).y.min(-0.01)).min(60.0);
        let spot = find_spot(ground_m);
        let above_m = spot.centre.y + 1.5;
        assert!(above_m > 0.0 && above_m < 0.5 * spot.size_m, "{above_m}");
    }
}
