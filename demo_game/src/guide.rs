//! A guide in each world: greets the player, tells three things about the place and points at them.

use bevy::prelude::*;
use bevy_reverie::prelude::*;
use serde::Deserialize;
use std::{fs, path::Path};

/// Places to stand are looked for at these distances, metres, and turned so far from the view, degrees.
const DISTANCES_M: [f32; 8] = [2.2, 2.8, 1.8, 3.5, 4.5, 6.0, 7.5, 9.0];
const TURNS_DEG: [f32; 7] = [14.0, -14.0, 20.0, -20.0, 8.0, -8.0, 0.0];
/// The ground may lie so far below the eyes, metres.
const BELOW_M: std::ops::Range<f32> = 0.3..2.8;
/// Heads should be in the view: so far up from its middle at most.
const HEAD_AT_MOST: f32 = 0.96;
/// Where nothing is hit, things are this far away, metres.
const FAR_M: f32 = 150.0;
/// From farther away nobody goes on talking; from nearer they go on.
const LEAVES_M: f32 = 14.0;
const RETURNS_M: f32 = 10.0;
/// Frames after the start of a world until its memory is asked: the first ones bring it.
const FRAMES_TO_ARRIVE: u32 = 6;

/// The guide.
pub struct GuidePlugin;

impl Plugin for GuidePlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Arrival>().add_systems(Update, (arrive, come, talk, keep_company));
    }
}

/// What a guide says, as in `assets/guides/*.ron`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    /// The name of a shipped person.
    who: String,
    /// In place of that person's age, years, and height, metres.
    #[serde(default)]
    age: Option<f32>,
    #[serde(default)]
    height_m: Option<f32>,
    /// What the lines name.
    things: Vec<Thing>,
    /// What is said, with tags.
    lines: Vec<String>,
}

/// Something in the first picture.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Thing {
    names: Vec<String>,
    /// From the middle of the first picture, degrees to the right and up.
    right_deg: f32,
    up_deg: f32,
}

/// Scripts by what their worlds' seeds begin or end with.
const SCRIPTS: [(&str, &str); 6] = [
    ("motorcycle_garage.png", "garage"),
    ("mountain_trail.jpg", "trail"),
    ("dandelion_meadow.jpg", "meadow"),
    ("scene:mountain", "mountain"),
    ("scene:city", "city"),
    ("scene:warehouse", "warehouse"),
];

/// Somebody who shows the player around.
#[derive(Component)]
struct Guide {
    lines: Vec<String>,
    away: bool,
}

/// Things of the world that guides speak of.
#[derive(Component)]
struct Sight;

/// A world that has begun and has no guide yet.
#[derive(Resource, Default)]
struct Arrival(Option<(String, u32)>);

/// What came with a world.
type Theirs = Or<(With<Guide>, With<Sight>)>;

/// A new world: the guide of the old one goes.
fn arrive(
    mut started: MessageReader<WorldStarted>,
    mut arrival: ResMut<Arrival>,
    old: Query<Entity, Theirs>,
    mut commands: Commands,
) {
    let Some(started) = started.read().last() else { return };
    for entity in &old {
        commands.entity(entity).despawn();
    }
    arrival.0 = Some((started.seed.clone(), 0));
}

fn come(
    mut arrival: ResMut<Arrival>,
    mut commands: Commands,
    world: WorldQuery,
    eyes: Query<(Entity, &GlobalTransform, &Camera), With<WorldCamera>>,
) {
    let Some((seed, frames)) = &mut arrival.0 else { return };
    *frames += 1;
    if *frames < FRAMES_TO_ARRIVE {
        return;
    }
    let Ok((player, eyes, camera)) = eyes.single() else { return };
    let eyes = eyes.compute_transform();
    let script = match script_of(seed) {
        Ok(script) => script,
        Err(problem) => {
            warn!("{problem}");
            None
        }
    };
    arrival.0 = None;
    let script = script.unwrap_or_else(|| script_of_what_is_there(&world, &eyes));
    let spec = spec_of(&script);
    let half_view = 1.0 / camera.clip_from_view().y_axis.y.max(0.1);
    let Some((place, ground_m)) = standing_place(&world, &eyes, half_view, spec.height_m) else {
        info!("there is no ground near enough for a guide to stand on");
        return;
    };
    for thing in script.things {
        let place = eyes.translation + reach(&world, &eyes, thing.right_deg, thing.up_deg);
        commands.spawn((Sight, Landmark::new(thing.names), Transform::from_translation(place)));
    }
    let shipped = script.age.is_none() && script.height_m.is_none();
    let who = if shipped { Avatar::preset(script.who) } else { Avatar::spec(spec) };
    let at = Vec3::new(place.x, ground_m, place.z);
    let towards = Vec3::new(eyes.translation.x, ground_m, eyes.translation.z);
    commands.spawn((
        Guide { lines: script.lines, away: false },
        who.with_seed(11),
        Transform::from_translation(at).looking_at(towards, Vec3::Y),
        Posture::listening_to([player]),
    ));
}

/// The script of a shipped world; `None` for pictures nobody has written one for.
fn script_of(seed: &str) -> Result<Option<Script>, String> {
    let known = |key: &str| seed.starts_with(key) || seed.ends_with(key);
    let Some((_, name)) = SCRIPTS.iter().find(|(key, _)| known(key)) else { return Ok(None) };
    let path = crate::assets_folder().join("guides").join(format!("{name}.ron"));
    read_script(&path).map(Some)
}

fn read_script(path: &Path) -> Result<Script, String> {
    let named = |problem: String| format!("{}: {problem}", path.display());
    let text = fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
    ron::from_str(&text).map_err(|error| named(error.to_string()))
}

/// Who a script's guide is.
fn spec_of(script: &Script) -> AvatarSpec {
    let file = format!("{}.ron", script.who);
    let path = crate::assets_folder().join("avatars/presets").join(file);
    let spec = fs::read_to_string(path).ok().and_then(|text| AvatarSpec::from_ron(&text).ok());
    let mut spec = spec.unwrap_or_default();
    spec.age = script.age.unwrap_or(spec.age);
    spec.height_m = script.height_m.unwrap_or(spec.height_m);
    spec
}

/// What can be said about a picture that nobody has seen before: what is near and what is far in it.
fn script_of_what_is_there(world: &WorldQuery, eyes: &Transform) -> Script {
    let mut near = (f32::MAX, 0.0, 0.0);
    let mut far = (0.0, 0.0, 4.0);
    for column in -4..=4 {
        for row in -3..=2 {
            let (right_deg, up_deg) = (6.0 * column as f32, 5.0 * row as f32);
            let distance_m = reach(world, eyes, right_deg, up_deg).length();
            if distance_m < near.0 {
                near = (distance_m, right_deg, up_deg);
            }
            if distance_m > far.0 && distance_m < 0.99 * FAR_M {
                far = (distance_m, right_deg, up_deg);
            }
        }
    }
    let metres = |distance_m: f32| match distance_m {
        short if short < 1.5 => "an arm's length".to_owned(),
        middle if middle < 10.0 => format!("{middle:.0} metres"),
        long => format!("about {:.0} metres", (long / 5.0).round() * 5.0),
    };
    let thing = |name: &str, (_, right_deg, up_deg): (f32, f32, f32)| Thing {
        names: vec![name.to_owned()],
        right_deg,
        up_deg,
    };
    Script {
        who: "mara".to_owned(),
        age: None,
        height_m: None,
        things: vec![
            thing("near_thing", near),
            thing("far_thing", far),
            Thing { names: vec!["behind".to_owned()], right_deg: 165.0, up_deg: 0.0 },
        ],
        lines: vec![
            "{wave} Hello! Welcome to your picture.".to_owned(),
            format!("{{point:near_thing}} This here is nearest: {} away from you.", metres(near.0)),
            format!(
                "{{point:far_thing}} And over there it goes deepest, {} by my reckoning.",
                metres(far.0)
            ),
            "{point:behind} Turn around when you like: what is behind you was never in the picture."
                .to_owned(),
        ],
    }
}

/// From the eyes to what lies in a direction of the view, metres.
fn reach(world: &WorldQuery, eyes: &Transform, right_deg: f32, up_deg: f32) -> Vec3 {
    let turn =
        Quat::from_rotation_y(-right_deg.to_radians()) * Quat::from_rotation_x(up_deg.to_radians());
    let ray = eyes.rotation * turn * Vec3::NEG_Z;
    let hit = world.ray_cast(eyes.translation, ray, FAR_M);
    ray * hit.map_or(FAR_M, |hit| hit.distance_m)
}

/// Level, free ground before the eyes, where one is seen from head to foot if possible: a point at the
/// height of the eyes, and the ground's height.
fn standing_place(
    world: &WorldQuery,
    eyes: &Transform,
    half_view: f32,
    height_m: f32,
) -> Option<(Vec3, f32)> {
    let ahead = (Vec3::from(eyes.forward()) * Vec3::new(1.0, 0.0, 1.0)).normalize_or(Vec3::NEG_Z);
    let mut best: Option<(f32, Vec3, f32)> = None;
    for (far, distance_m) in DISTANCES_M.into_iter().enumerate() {
        for (aside, turn_deg) in TURNS_DEG.into_iter().enumerate() {
            let to = Quat::from_rotation_y(-turn_deg.to_radians()) * ahead * distance_m;
            let place = eyes.translation + to;
            let ground = |offset: Vec3| world.ground_height(place + offset);
            let Some(ground_m) = ground(Vec3::ZERO) else { continue };
            let feet = Vec3::new(place.x, ground_m, place.z);
            let room =
                [0.4, 0.65, 0.9].map(|up| world.is_free(feet + up * height_m * Vec3::Y, 0.25));
            // Nothing may stand between the eyes and the face.
            let to_face = feet + 0.9 * height_m * Vec3::Y - eyes.translation;
            let seen = world.ray_cast(eyes.translation, to_face, to_face.length() - 0.3).is_none();
            if !BELOW_M.contains(&(eyes.translation.y - ground_m)) || room.contains(&false) || !seen
            {
                continue;
            }
            let slope = [Vec3::X, Vec3::NEG_X, Vec3::Z, Vec3::NEG_Z]
                .map(|side| ground(0.25 * side).map_or(0.5, |side_m| (side_m - ground_m).abs()));
            let head_m = ground_m + height_m - eyes.translation.y;
            let cut_m = (head_m - HEAD_AT_MOST * half_view * distance_m).max(0.0);
            let badness =
                slope.iter().sum::<f32>() + 3.0 * cut_m + 0.08 * far as f32 + 0.03 * aside as f32;
            if best.is_none_or(|(least, ..)| badness < least) {
                best = Some((badness, place, ground_m));
            }
        }
    }
    best.map(|(_, place, ground_m)| (place, ground_m))
}

/// Says its lines as soon as it is there.
fn talk(mut commands: Commands, mut guides: Query<(Entity, &mut Guide), Added<AvatarLife>>) {
    for (entity, mut guide) in &mut guides {
        for line in guide.lines.drain(..) {
            commands.entity(entity).trigger(Say::new(line + " [pause 0.6]"));
        }
    }
}

/// Nobody talks to somebody who has left; when they are back it goes on.
fn keep_company(
    mut commands: Commands,
    mut guides: Query<(Entity, &mut Guide, &GlobalTransform)>,
    eyes: Query<&GlobalTransform, With<WorldCamera>>,
) {
    let Ok(eyes) = eyes.single() else { return };
    for (entity, mut guide, place) in &mut guides {
        let distance_m = place.translation().distance(eyes.translation());
        if !guide.away && distance_m > LEAVES_M {
            guide.away = true;
            commands.entity(entity).trigger(Hush::hold);
        } else if guide.away && distance_m < RETURNS_M {
            guide.away = false;
            commands.entity(entity).trigger(Resume::from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_world_has_a_guide_who_points_at_three_things() {
        for (_, path) in crate::WORLDS {
            let world = fs::read_to_string(crate::assets_folder().join(path)).expect("a preset");
            let seed = world.split('"').nth(1).expect("its seed comes first");
            let script = script_of(seed).expect("it reads").expect("there is one");
            let said = script.lines.join(" ").to_lowercase();
            let pointed = script
                .things
                .iter()
                .filter(|thing| thing.names.iter().any(|name| said.contains(name.as_str())));
            assert!(pointed.count() >= 3, "{path}: {script:?}");
            assert!(script.lines[0].contains("{wave}"), "{path}: a greeting");
        }
    }

    #[test]
    fn scripts_that_are_wrong_are_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.ron");
        fs::write(&path, "(who: \"mara\", things: [], line: [])").expect("it is written");
        let error = read_script(&path).expect_err("a wrong field");
        assert!(error.contains("x.ron") && error.contains("line"), "{error}");
    }
}
