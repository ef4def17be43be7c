//! Renders one view of a scene, its depth beside it.
//!
//! `render_scene "scene:city?seed=3&weather=rain&hour=18" OUT.png [WIDTHxHEIGHT] [VIEW]`
//! `VIEW` is a number that picks a random view; without it, the place where a walk begins.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use reverie_simulator::{
    BuiltScene, Camera, Conditions, Exposure, Quality, Rng, SceneKind, SceneOptions,
};
use reverie_world_model::{Intrinsics, SeedAddress};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [address, out, rest @ ..] = words.as_slice() else {
        return Err("usage: render_scene ADDRESS OUT.png [WIDTHxHEIGHT] [VIEW]".into());
    };
    let SeedAddress::Scene(seed) = address.parse()? else {
        return Err("the address must begin with scene:".into());
    };
    let kind = SceneKind::from_name(&seed.name).ok_or("no such scene")?;
    let size = rest.first().map_or("640x360", String::as_str);
    let (width, height) = size.split_once('x').ok_or("the size is WIDTHxHEIGHT")?;
    let (width, height) = (width.parse()?, height.parse()?);
    let begun = Instant::now();
    let built = BuiltScene::new(&SceneOptions {
        kind,
        seed: seed.seed,
        conditions: Conditions::from(&seed),
        roam: true,
        photos: Arc::from([]),
    });
    let build_secs = begun.elapsed().as_secs_f32();
    let intrinsics = Intrinsics::from_horizontal_fov(width, height, 75f32.to_radians());
    let pose = match rest.get(1) {
        Some(view) => built
            .random_view(
                &mut Rng::new(view.parse()?),
                intrinsics.horizontal_fov_rad(),
                intrinsics.vertical_fov_rad(),
            )
            .ok_or("no good view found")?,
        None => built.start(),
    };
    let begun = Instant::now();
    let frame = built.scene.render(
        &Camera { pose, intrinsics },
        Quality { samples: 4, bounce_rays: 4 },
        Exposure::Scene,
    );
    eprintln!("built in {build_secs:.2} s, rendered in {:.2} s", begun.elapsed().as_secs_f32());
    let mut picture = image::RgbImage::new(width, height * 2);
    for (i, depth) in frame.depth_m.iter().enumerate() {
        let (x, y) = (i as u32 % width, i as u32 / width);
        picture.put_pixel(
            x,
            y,
            image::Rgb([frame.rgb[i * 3], frame.rgb[i * 3 + 1], frame.rgb[i * 3 + 2]]),
        );
        let v = (255.0 / (1.0 + 0.15 * depth)) as u8;
        picture.put_pixel(
            x,
            y + height,
            image::Rgb([v, v, if depth.is_finite() { v } else { 80 }]),
        );
    }
    picture.save(out)?;
    Ok(())
}
