//! Meshes in the world's light, and their shadows on its picture.

use super::{Game, SIZE, pixel};
use bevy::{core_pipeline::tonemapping::Tonemapping, prelude::*};
use bevy_reverie::{
    prelude::*,
    world_model::{
        Action, CARD_ALBEDO, ModelSpec, Observation, SceneLight, SceneSun, Seed, Snapshot,
        WorldError, WorldModel,
    },
};
use std::sync::{Arc, Mutex};

/// Height of the eye over the floor, metres.
const EYE_M: f32 = 1.6;

fn camera() -> Intrinsics {
    Intrinsics::from_horizontal_fov(SIZE.x, SIZE.y, 1.2)
}

/// One colour everywhere: a floor to the horizon and sky above.
fn hall(floor: [u8; 3], sky: [u8; 3]) -> ImageSeed {
    let mut rgb = RgbImage::filled(SIZE.x, SIZE.y, floor).expect("small");
    let mut depth = vec![f32::INFINITY; (SIZE.x * SIZE.y) as usize];
    for (at, depth) in depth.iter_mut().enumerate() {
        let (x, y) = (at as u32 % SIZE.x, at as u32 / SIZE.x);
        let down = -camera().ray(x as f32 + 0.5, y as f32 + 0.5).y;
        if down > 1e-3 {
            *depth = EYE_M / down;
        } else {
            rgb.data_mut()[at * 3..at * 3 + 3].copy_from_slice(&sky);
        }
    }
    let depth = DepthImage::new(SIZE.x, SIZE.y, depth).expect("good");
    ImageSeed { rgb, depth: Some(depth), intrinsics: Some(camera()) }
}

const TICK_HZ: f32 = 24.0;

/// A model that shows one picture and tells its light.
struct Told {
    spec: ModelSpec,
    picture: ImageSeed,
    light: SceneLight,
    tick: u64,
    /// Ticks after which it was asked for its light.
    asked: Arc<Mutex<Vec<u64>>>,
}

impl Told {
    fn look(&self) -> Observation {
        Observation {
            rgb: self.picture.rgb.clone(),
            depth: self.picture.depth.clone(),
            pose: Pose::IDENTITY,
            intrinsics: camera(),
            coverage: 1.0,
            tick: self.tick,
            time_secs: self.tick as f64 / f64::from(TICK_HZ),
        }
    }
}

impl WorldModel for Told {
    fn spec(&self) -> &ModelSpec {
        &self.spec
    }
    fn begin(&mut self, _: &Seed) -> Result<Observation, WorldError> {
        Ok(self.look())
    }
    fn step(&mut self, _: &Action) -> Result<Observation, WorldError> {
        self.tick += 1;
        Ok(self.look())
    }
    fn apply(&mut self, _: &WorldEvent) -> Result<(), WorldError> {
        Ok(())
    }
    fn light(&self) -> Option<SceneLight> {
        self.asked.lock().expect("unpoisoned").push(self.tick);
        Some(self.light)
    }
    fn save(&self) -> Result<Snapshot, WorldError> {
        Err(WorldError::NotBegun)
    }
    fn restore(&mut self, _: &Snapshot) -> Result<(), WorldError> {
        Err(WorldError::NotBegun)
    }
}

/// A started game in a world that tells its light.
fn told(picture: ImageSeed, light: SceneLight) -> Game {
    told_and_asked(picture, light).0
}

/// The same, and after which ticks the model was asked.
fn told_and_asked(picture: ImageSeed, light: SceneLight) -> (Game, Arc<Mutex<Vec<u64>>>) {
    let asked = Arc::<Mutex<Vec<u64>>>::default();
    let notes = asked.clone();
    let view = WorldView::new(picture.clone()).without_painting().with_model("told");
    let mut game = Game::new((view, Embodiment::Free), None, move |app| {
        app.world_mut().resource_mut::<WorldModels>().register("told", move |options| {
            let spec = ModelSpec {
                name: "told".to_owned(),
                width: options.width,
                height: options.height,
                tick_hz: TICK_HZ,
                seeds: vec!["image".to_owned()],
                events: Vec::new(),
                depth: true,
                memory_horizon_secs: None,
            };
            let (picture, asked) = (picture.clone(), notes.clone());
            Ok(Box::new(Told { spec, picture, light, tick: 0, asked }))
        });
    });
    game.wait("a start", |game| game.status() == WorldStatus::Running);
    game.wait("light", |game| game.get::<WorldLight>().known);
    (game, asked)
}

#[test]
fn a_model_is_asked_for_its_light_three_times_a_second_of_its_time() {
    let (mut game, asked) = told_and_asked(hall([120; 3], [120; 3]), no_sun());
    let ticks = |asked: &Mutex<Vec<u64>>| asked.lock().expect("unpoisoned").clone();
    game.wait("two seconds", |_| ticks(&asked).last().is_some_and(|tick| *tick >= 48));
    assert_eq!(ticks(&asked)[..7], [0, 8, 16, 24, 32, 40, 48]);
    // What changes in the world may change its light at once.
    let before = ticks(&asked).len();
    let event = WorldEvent::TimeOfDay { hour: 20.0 };
    game.app.world_mut().trigger(ChangeWorld { entity: game.view, event });
    game.wait("the next question", |_| ticks(&asked).len() > before);
    let (last, next) = (ticks(&asked)[before - 1], ticks(&asked)[before]);
    assert!(next - last < 8, "{last} to {next}");
}

/// No sun, and the same light from all around: that of a white card that shows as byte 130.
fn no_sun() -> SceneLight {
    let light = linear(130) / (1.0 - linear(130)) * CARD_ALBEDO;
    let cards = [Vec3::splat(light / (1.0 + light)); 6];
    SceneLight { sun: None, place: Vec3::ZERO, cards, haze_per_m: 0.0, haze: Vec3::splat(0.5) }
}

fn linear(byte: u8) -> f32 {
    LinearRgba::from(Srgba::gray(f32::from(byte) / 255.0)).red
}

/// A matt ball.
fn ball(game: &mut Game, centre: Vec3, radius: f32, albedo: f32) -> Entity {
    let world = game.app.world_mut();
    let mesh = world.resource_mut::<Assets<Mesh>>().add(Sphere::new(radius).mesh().uv(48, 32));
    let material = world.resource_mut::<Assets<StandardMaterial>>().add(StandardMaterial {
        base_color: Color::linear_rgb(albedo, albedo, albedo),
        perceptual_roughness: 1.0,
        reflectance: 0.0,
        ..default()
    });
    world.spawn((Mesh3d(mesh), MeshMaterial3d(material), Transform::from_translation(centre))).id()
}

#[test]
fn a_white_ball_vanishes_in_even_light() {
    let mut game = told(hall([130; 3], [130; 3]), no_sun());
    ball(&mut game, Vec3::new(0.0, 0.0, -3.0), 0.8, 1.0);
    game.step(30);
    let picture = game.picture();
    let (centre, beside) =
        (pixel(&picture, SIZE.x / 2, SIZE.y / 2), pixel(&picture, 6, SIZE.y / 2));
    assert_eq!(beside, [130; 3], "the world's picture keeps its colours");
    for channel in 0..3 {
        let (seen, around) = (f32::from(centre[channel]), f32::from(beside[channel]));
        assert!((seen - around).abs() < 8.0, "{centre:?} before {beside:?}");
    }
}

#[test]
fn a_told_sun_lights_a_grey_thing_as_its_card() {
    let sun = SceneSun {
        direction: Vec3::new(0.6, 0.64, 0.48).normalize(),
        radius_rad: 0.006,
        card_lit: Vec3::new(0.42, 0.4, 0.36),
        card_shaded: Vec3::new(0.09, 0.1, 0.12),
    };
    let mut game = told(hall([95; 3], [140, 160, 200]), SceneLight { sun: Some(sun), ..no_sun() });
    let light = game.get::<WorldLight>();
    assert!(light.sun_direction.abs_diff_eq(sun.direction, 1e-5), "{light:?}");
    assert_eq!((light.sun_confidence, light.sun_seen), (1.0, 1.0));
    ball(&mut game, Vec3::new(0.0, 0.0, -3.0), 0.8, 0.25);
    game.step(30);
    let suns: Vec<Vec3> = {
        let world = game.app.world_mut();
        let mut suns = world.query::<(&DirectionalLight, &Transform)>();
        suns.iter(world).map(|(_, stands)| *stands.back()).collect()
    };
    assert_eq!(suns.len(), 1);
    assert!(suns[0].abs_diff_eq(sun.direction, 1e-4));
    let picture = game.picture();
    // The ball's point that faces the sun, as the camera sees it.
    let at = |normal: Vec3| {
        let (uv, _) = camera().project(Vec3::NEG_Z * 3.0 + normal * 0.8).expect("ahead");
        pixel(&picture, uv.x as u32, uv.y as u32)
    };
    // Of the light from all around this world's own picture decides, so only the sun's part is
    // compared: what a card gets more in the sun than beside the terminator.
    let scene = |shown: f32| shown / (1.0 - shown);
    let facing = scene(linear(at(sun.direction.with_z(0.75).normalize())[1]));
    let away = scene(linear(at(Vec3::new(-0.75, -0.3, 0.6).normalize())[1]));
    let by_sun = scene(sun.card_lit.y) - scene(sun.card_shaded.y);
    let share = (facing - away) / by_sun;
    assert!((0.75..1.35).contains(&share), "the sun's light is {share} of what was told");
}

#[test]
fn things_throw_shadows_on_the_picture_away_from_the_sun() {
    let sun = SceneSun {
        // From the right, half way up.
        direction: Vec3::new(0.7, 0.7, 0.1).normalize(),
        radius_rad: 0.006,
        card_lit: Vec3::splat(0.4),
        card_shaded: Vec3::splat(0.1),
    };
    let mut game = told(hall([120; 3], [140, 160, 200]), SceneLight { sun: Some(sun), ..no_sun() });
    game.step(20);
    let before = game.picture();
    // A post on the floor; nothing of it is drawn.
    let foot = Vec3::new(0.0, -EYE_M, -6.0);
    let capsules =
        vec![ShadowCapsule { a: foot + Vec3::Y * 0.15, b: foot + Vec3::Y * 1.0, radius_m: 0.15 }];
    let thing = game.app.world_mut().spawn(ShadowCapsules { capsules }).id();
    game.step(20);
    let after = game.picture();
    let at = |picture: &[u8], point: Vec3| {
        let (uv, _) = camera().project(point).expect("ahead");
        f32::from(pixel(picture, uv.x as u32, uv.y as u32)[1])
    };
    let shade = foot + Vec3::new(-0.5, 0.0, -0.07);
    let (was, is) = (at(&before, shade), at(&after, shade));
    assert!(is < 0.75 * was, "the shadow takes {was} to {is}");
    let lit = foot + Vec3::new(0.9, 0.0, 0.0);
    assert!((at(&after, lit) - at(&before, lit)).abs() <= 2.0, "towards the sun it stays");
    let sky = pixel(&after, SIZE.x / 2, 3);
    assert_eq!(sky, pixel(&before, SIZE.x / 2, 3));
    // Unsound capsules are no reason to stop, and without strength there is no shadow.
    let broken = ShadowCapsule { a: Vec3::NAN, b: Vec3::ZERO, radius_m: 1.0 };
    game.app.world_mut().spawn(ShadowCapsules { capsules: vec![broken] });
    game.app.world_mut().resource_mut::<WorldLightSettings>().shadow_strength = 0.0;
    assert_eq!(game.picture(), before);
    game.app.world_mut().resource_mut::<WorldLightSettings>().shadow_strength = 1.0;
    game.app.world_mut().despawn(thing);
    assert_eq!(game.picture(), before);
}

#[test]
fn without_a_sun_there_is_contact_below_a_thing() {
    let mut game = told(hall([120; 3], [140, 160, 200]), no_sun());
    game.step(20);
    let before = game.picture();
    let foot = Vec3::new(0.0, -EYE_M, -6.0);
    let capsules =
        vec![ShadowCapsule { a: foot + Vec3::Y * 0.3, b: foot + Vec3::Y * 1.0, radius_m: 0.3 }];
    game.app.world_mut().spawn(ShadowCapsules { capsules });
    game.step(20);
    let after = game.picture();
    let at = |picture: &[u8], point: Vec3| {
        let (uv, _) = camera().project(point).expect("ahead");
        f32::from(pixel(picture, uv.x as u32, uv.y as u32)[1])
    };
    let far = foot + Vec3::X * 2.0;
    assert!(at(&after, foot) < 0.85 * at(&before, foot), "{}", at(&after, foot));
    assert!((at(&after, far) - at(&before, far)).abs() <= 2.0);
}

#[test]
fn light_can_be_switched_off_and_on() {
    let mut game = told(hall([120; 3], [200; 3]), no_sun());
    game.step(3);
    let lit = |game: &Game| {
        let camera = game.app.world().entity(game.view);
        (camera.contains::<EnvironmentMapLight>(), *camera.get::<Tonemapping>().expect("has one"))
    };
    assert_eq!(lit(&game), (true, Tonemapping::Reinhard));
    game.app.world_mut().resource_mut::<WorldLightSettings>().on = false;
    game.step(2);
    assert_eq!(lit(&game), (false, Tonemapping::None));
    let world = game.app.world_mut();
    assert_eq!(world.query::<&DirectionalLight>().iter(world).count(), 0);
    game.app.world_mut().resource_mut::<WorldLightSettings>().on = true;
    game.step(3);
    assert_eq!(lit(&game), (true, Tonemapping::Reinhard));
}

#[test]
fn told_fog_hides_what_is_far() {
    let fog = SceneLight { haze_per_m: 0.2, haze: Vec3::splat(0.5), ..no_sun() };
    let mut game = told(hall([90; 3], [188; 3]), fog);
    ball(&mut game, Vec3::new(-1.0, 0.0, -3.0), 0.5, 0.02);
    ball(&mut game, Vec3::new(4.0, 0.0, -12.0), 2.0, 0.02);
    game.step(30);
    let picture = game.picture();
    let at = |point: Vec3| {
        let (uv, _) = camera().project(point).expect("ahead");
        f32::from(pixel(&picture, uv.x as u32, uv.y as u32)[1])
    };
    let (near, far) = (at(Vec3::new(-1.0, 0.0, -3.0)), at(Vec3::new(4.0, 0.0, -12.0)));
    assert!(far > near + 25.0 && far < 190.0, "{near} near, {far} far");
}
