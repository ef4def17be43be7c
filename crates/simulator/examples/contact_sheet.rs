//! One place under eight conditions, as one picture.
//!
//! `contact_sheet scene:city?seed=3 OUT.jpg [WIDTHxHEIGHT] [SAMPLES] [VIEW]`
//! The size is that of one of the eight pictures (480x270); `VIEW` is a number that picks a random
//! view instead of the place where a walk begins.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use reverie_simulator::{
    BuiltScene, Camera, Conditions, Exposure, Quality, Rng, SceneKind, SceneOptions,
};
use reverie_world_model::{Intrinsics, Season, SeedAddress, Weather};

const COLUMNS: u32 = 2;
/// Pixels between the pictures.
const GAP: u32 = 6;

/// Weather, strength, hour and season, row by row.
const SHEET: [(Weather, f32, f32, Season); 8] = [
    (Weather::Clear, 1.0, 11.0, Season::Summer),
    (Weather::Clear, 1.0, 18.7, Season::Summer),
    (Weather::Clear, 1.0, 20.0, Season::Summer),
    (Weather::Clear, 1.0, 0.5, Season::Summer),
    (Weather::Rain, 0.9, 15.0, Season::Autumn),
    (Weather::Rain, 0.8, 21.5, Season::Autumn),
    (Weather::Snow, 0.9, 10.0, Season::Winter),
    (Weather::Fog, 0.8, 7.5, Season::Spring),
];

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [address, out, rest @ ..] = words.as_slice() else {
        return Err("usage: contact_sheet ADDRESS OUT.jpg [WIDTHxHEIGHT] [SAMPLES] [VIEW]".into());
    };
    let SeedAddress::Scene(seed) = address.parse()? else {
        return Err("the address must begin with scene:".into());
    };
    let kind = SceneKind::from_name(&seed.name).ok_or("no such scene")?;
    let size = rest.first().map_or("480x270", String::as_str);
    let (width, height) = size.split_once('x').ok_or("the size is WIDTHxHEIGHT")?;
    let (width, height): (u32, u32) = (width.parse()?, height.parse()?);
    let samples = rest.get(1).map_or(Ok(6), |text| text.parse())?;
    let mut built = BuiltScene::new(&SceneOptions {
        kind,
        seed: seed.seed,
        conditions: Conditions::from(&seed),
        roam: true,
        photos: Arc::from([]),
    });
    let intrinsics = Intrinsics::from_horizontal_fov(width, height, 75f32.to_radians());
    let pose = match rest.get(2) {
        Some(view) => built
            .random_view(
                &mut Rng::new(view.parse()?),
                intrinsics.horizontal_fov_rad(),
                intrinsics.vertical_fov_rad(),
            )
            .ok_or("no good view found")?,
        None => built.start(),
    };
    let camera = Camera { pose, intrinsics };
    let quality = Quality { samples, bounce_rays: samples };
    let rows = SHEET.len() as u32 / COLUMNS;
    let mut sheet = image::RgbImage::from_pixel(
        COLUMNS * (width + GAP) - GAP,
        rows * (height + GAP) - GAP,
        image::Rgb([255; 3]),
    );
    for (i, (weather, strength, hour, season)) in SHEET.into_iter().enumerate() {
        built.scene.set_conditions(Conditions { weather, strength, hour, season });
        built.scene.set_tick(500);
        let begun = Instant::now();
        let frame = built.scene.render(&camera, quality, Exposure::Scene);
        eprintln!("{weather} {hour:.1} h: {:.2} s", begun.elapsed().as_secs_f32());
        let picture = image::RgbImage::from_raw(width, height, frame.rgb).ok_or("size")?;
        let (column, row) = (i as u32 % COLUMNS, i as u32 / COLUMNS);
        let (x, y) = (column * (width + GAP), row * (height + GAP));
        image::imageops::replace(&mut sheet, &picture, x.into(), y.into());
    }
    match out.rsplit_once('.') {
        Some((_, "jpg")) => {
            let file = std::fs::File::create(out)?;
            sheet
                .write_with_encoder(image::codecs::jpeg::JpegEncoder::new_with_quality(file, 88))?;
        }
        _ => sheet.save(out)?,
    }
    Ok(())
}
