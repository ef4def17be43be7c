//! Frames of a walk along a path file, for a film.
//!
//! `clip ADDRESS PATH.ron OUT_DIR WIDTHxHEIGHT [EVERY [SAMPLES]]`
//! Writes every `EVERY`th (2) tick of 1/24 s as `00000.png` ...; `SAMPLES` (2) is the work for a
//! pixel. `ffmpeg -framerate 12 -i OUT_DIR/%05d.png -c:v libvpx-vp9 -crf 36 -b:v 0 clip.webm`
//! makes a film of them.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use reverie_simulator::{Quality, SimulatorModel};
use reverie_world_model::{Intrinsics, PathFile, Seed, SeedAddress, SeedSource, WorldModel};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [address, path, out, size, rest @ ..] = words.as_slice() else {
        return Err("usage: clip ADDRESS PATH.ron OUT_DIR WIDTHxHEIGHT [EVERY [SAMPLES]]".into());
    };
    let SeedAddress::Scene(scene) = address.parse()? else {
        return Err("the address must begin with scene:".into());
    };
    let path = PathFile::from_ron(&std::fs::read_to_string(path)?)?;
    let (width, height) = size.split_once('x').ok_or("the size is WIDTHxHEIGHT")?;
    let every = rest.first().map_or(Ok(2), |text| text.parse::<u64>())?.max(1);
    let samples = rest.get(1).map_or(Ok(2), |text| text.parse())?;
    let lens = Intrinsics::from_horizontal_fov(width.parse()?, height.parse()?, 75f32.to_radians());
    // A small camera goes along; a large one looks where a frame is wanted.
    let small = Intrinsics::from_horizontal_fov(16, 9, 1.3);
    let mut walk = SimulatorModel::new(small, Quality { samples: 1, bounce_rays: 1 })?;
    let mut film = SimulatorModel::new(lens, Quality { samples, bounce_rays: samples })?;
    std::fs::create_dir_all(out)?;
    walk.begin(&Seed::new(SeedSource::Scene(scene)).with_embodiment(path.embodiment))?;
    let mut events: Vec<_> = path.events.iter().map(|e| (path.event_tick(e), &e.event)).collect();
    events.sort_by_key(|(tick, _)| *tick);
    let mut events = events.into_iter().peekable();
    let begun = Instant::now();
    for (tick, action) in (0..).zip(path.actions()) {
        while let Some((_, event)) = events.next_if(|(due, _)| *due <= tick) {
            walk.apply(event)?;
        }
        if tick % every == 0 {
            film.restore(&walk.save()?)?;
            let rgb = film.truth().ok_or("nothing was seen")?.rgb.clone();
            let picture =
                image::RgbImage::from_raw(lens.width, lens.height, rgb).ok_or("odd picture")?;
            picture.save(Path::new(out).join(format!("{:05}.png", tick / every)))?;
        }
        walk.step(&action)?;
    }
    eprintln!("{:.0} s", begun.elapsed().as_secs_f32());
    Ok(())
}
