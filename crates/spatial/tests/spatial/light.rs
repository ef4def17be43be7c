//! The light that a memory throws on things, where most of what is around was never seen.

use super::{YARD, camera, yard};
use glam::Vec3;
use reverie_spatial::{
    Memory,
    light::{LightAround, LightEstimator, luminance, scene_from_display},
};
use reverie_world_model::{Pose, RgbImage, SceneLight};

/// Light of one strength from all around and no sun, told where the camera stood.
fn told(card: f32) -> SceneLight {
    SceneLight {
        sun: None,
        place: Vec3::ZERO,
        cards: [Vec3::splat(card); 6],
        haze_per_m: 0.0,
        haze: Vec3::ZERO,
    }
}

fn light(memory: &Memory, told: Option<&SceneLight>) -> LightAround {
    LightEstimator::new().estimate(memory, Vec3::ZERO, told, None).expect("a good memory")
}

fn brightest(light: &LightAround) -> f32 {
    light.mirrors[0].texels().iter().map(|c| luminance(*c)).fold(0.0, f32::max)
}

/// The brightest pixel of a picture, as bright as mirrors would show it.
fn brightest_pixel(picture: &RgbImage) -> f32 {
    let linear = |c: u8| (f32::from(c) / 255.0).powf(2.2);
    let pixels =
        picture.data().chunks(3).map(|p| Vec3::new(linear(p[0]), linear(p[1]), linear(p[2])));
    pixels.map(|p| luminance(scene_from_display(p))).fold(0.0, f32::max)
}

#[test]
fn told_light_is_that_of_matt_things_and_mirrors_show_what_was_seen() {
    let memory = yard();
    let [dim, bright] = [0.02, 0.4].map(|card| light(&memory, Some(&told(card))));
    let matt = |light: &LightAround| luminance(light.diffuse.towards(Vec3::Y));
    assert!(matt(&bright) > 8.0 * matt(&dim), "{} and {}", matt(&bright), matt(&dim));
    // Spread over what nobody saw, the light that is lacking would be a veil on every mirror.
    assert_eq!(bright.mirrors, dim.mirrors);
    let (shown, seen) = (brightest(&bright), brightest_pixel(&YARD.0));
    assert!(shown < 1.1 * seen, "mirrors show {shown} where the picture has {seen}");
}

#[test]
fn ground_too_bright_for_its_sky_brightens_no_mirror() {
    // Night above, lit ground: lamps must stand where nobody looked.
    let mut picture = YARD.0.clone();
    let half = picture.data().len() / 2;
    picture.data_mut()[..half].fill(4);
    picture.data_mut()[half..].fill(150);
    let mut memory = Memory::new();
    memory.insert(&picture, &YARD.1, &Pose::IDENTITY, &camera()).expect("a good view");
    let light = light(&memory, None);
    let ground = brightest_pixel(&picture);
    let from_above = luminance(light.diffuse.towards(Vec3::Y));
    assert!(from_above > 1.5 * ground, "{from_above} lights ground that shows {ground}");
    let shown = brightest(&light);
    assert!(shown < 1.1 * ground, "mirrors show {shown} where the picture has {ground}");
}
