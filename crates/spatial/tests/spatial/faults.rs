//! Seeds that show nothing, and players that no painter keeps up with: the shipped networks have to
//! stay within bounds.

use super::config;
use glam::{Vec2, Vec3};
use reverie_spatial::{PaintTiming, SpatialConfig, SpatialModel};
use reverie_world_model::{
    Action, Embodiment, ImageSeed, MAX_LOOK_RPS, MAX_MOVE_MPS, RgbImage, Seed, SeedSource,
    WorldModel,
};

fn begun(rgb: RgbImage) -> SpatialModel {
    let painting = Some(PaintTiming::default());
    let mut model = SpatialModel::new(SpatialConfig { painting, ..config() }).expect("good");
    let image = ImageSeed { rgb, depth: None, intrinsics: None };
    let seed = Seed::new(SeedSource::Image(image)).with_embodiment(Embodiment::Free);
    model.begin(&seed).expect("begins");
    model
}

/// Walks and turns for a while; every frame has to make sense.
fn survive(model: &mut SpatialModel, what: &str, action: impl Fn(u32) -> Action, ticks: u32) {
    for tick in 0..ticks {
        let seen = model.step(&action(tick)).unwrap_or_else(|e| panic!("{what}: {e}"));
        let depth = seen.depth.expect("has depth");
        // Sky is infinitely far; nothing else may be.
        assert!(depth.data().iter().all(|d| *d > 0.0 && !d.is_nan()), "{what}: depth, tick {tick}");
        assert!((0.0..=1.0).contains(&seen.coverage), "{what}: {}", seen.coverage);
    }
    let memory = model.memory().expect("begun");
    assert!(memory.bytes() < 64 << 20, "{what}: {} bytes", memory.bytes());
    for tile in memory.tiles() {
        let bounds = tile.bounds();
        let fine = bounds.max_inverse_depth.is_finite() && bounds.min_inverse_depth >= 0.0;
        assert!(fine, "{what}: {bounds:?}");
    }
    let status = model.paint_status().expect("paints");
    assert!(status.windows > 0 && status.error.is_none(), "{what}: {status:?}");
}

fn picture(colour: impl Fn(u32, u32) -> [u8; 3]) -> RgbImage {
    let (width, height) = (160, 120);
    let pixels = (0..width * height).flat_map(|at| colour(at % width, at / width)).collect();
    RgbImage::new(width, height, pixels).expect("a picture")
}

#[test]
fn pictures_of_nothing_become_worlds_that_hold() {
    let mut state = 0x9e37_79b9_u32;
    let noise = picture_of_noise(&mut state);
    // Lines of marks, like a page of text.
    let text = picture(|x, y| {
        let mark = y % 12 < 7 && (x * 7 + (y / 12) * 13) % 11 < 5 && (x / 3 + y / 2) % 3 != 0;
        if mark && (8..152).contains(&x) { [20; 3] } else { [250; 3] }
    });
    let pictures = [
        ("black", picture(|_, _| [0; 3])),
        ("white", picture(|_, _| [255; 3])),
        ("text", text),
        ("noise", noise),
    ];
    for (what, rgb) in pictures {
        let look_about = |tick: u32| Action {
            move_mps: Vec3::new(0.0, 0.0, if tick < 16 { 1.0 } else { 0.0 }),
            look_rps: Vec2::new(3.2, 0.0),
            interact: false,
        };
        survive(&mut begun(rgb), what, look_about, 24);
    }
}

fn picture_of_noise(state: &mut u32) -> RgbImage {
    let mut next = || {
        *state ^= *state << 13;
        *state ^= *state >> 17;
        *state ^= *state << 5;
        (*state >> 24) as u8
    };
    let pixels = (0..3 * 160 * 120).map(|_| next()).collect();
    RgbImage::new(160, 120, pixels).expect("a picture")
}

#[test]
fn nobody_outruns_the_world() {
    let stripes = picture(|x, y| if y < 60 { [120, 160, 220] } else { [(x * 3) as u8, 110, 70] });
    let mut model = begun(stripes);
    let race = |tick: u32| Action {
        move_mps: Vec3::splat(if tick % 12 < 6 { MAX_MOVE_MPS } else { -0.2 * MAX_MOVE_MPS }),
        look_rps: Vec2::new(MAX_LOOK_RPS, -MAX_LOOK_RPS),
        interact: true,
    };
    survive(&mut model, "racing", race, 30);
    assert!(model.pose().expect("begun").position.length() > 100.0);
    // And when it stops, somebody paints around it.
    let before = model.paint_status().expect("paints").windows;
    survive(&mut model, "resting", |_| Action::default(), 24);
    assert!(model.paint_status().expect("paints").windows > before);
}
