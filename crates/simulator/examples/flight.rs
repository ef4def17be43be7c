//! Flies a drone through a world from where a walk begins.
//!
//! ```text
//! flight ADDRESS WIDTHxHEIGHT TICKS                frames per second of a flight
//! flight ADDRESS WIDTHxHEIGHT OUT.png PLACE [SECS [SAMPLES]]
//!                                                  one picture from a place near the start
//! ```
//! `PLACE` is `R,U,F,YAW,PITCH[,FOV]`: metres right, up and ahead of the start, degrees to the left
//! and up from the way it looks, and the horizontal field of view (75). The world has lived for
//! `SECS` (0); `SAMPLES` (4) is the work for a pixel. A `.jpg` is written at quality 88.

use std::error::Error;
use std::time::Instant;

use glam::{Vec2, Vec3};
use reverie_simulator::{Quality, SimulatorModel};
use reverie_world_model::{
    Action, Embodiment, Intrinsics, Pose, Seed, SeedAddress, SeedSource, WorldModel,
};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [address, size, rest @ ..] = words.as_slice() else {
        return Err(
            "usage: flight ADDRESS WIDTHxHEIGHT (TICKS | OUT.png PLACE [SECS [SAMPLES]])".into()
        );
    };
    let SeedAddress::Scene(scene) = address.parse()? else {
        return Err("the address must begin with scene:".into());
    };
    let (width, height) = size.split_once('x').ok_or("the size is WIDTHxHEIGHT")?;
    let lens = Intrinsics::from_horizontal_fov(width.parse()?, height.parse()?, 75f32.to_radians());
    let mut seed = Seed::new(SeedSource::Scene(scene)).with_embodiment(Embodiment::Drone);
    match rest {
        [ticks] => {
            let mut model = SimulatorModel::new(lens, Quality { samples: 1, bounce_rays: 1 })?;
            fly(&mut model, &seed, ticks.parse()?)
        }
        [out, place, rest @ ..] => {
            let secs = rest.first().map_or(Ok(0.0), |text| text.parse::<f32>())?;
            let samples = rest.get(1).map_or(Ok(4), |text| text.parse())?;
            let numbers: Vec<f32> = place.split(',').map(str::parse).collect::<Result<_, _>>()?;
            let [right, up, ahead, yaw, pitch, ref fov @ ..] = numbers[..] else {
                return Err("a place is R,U,F,YAW,PITCH[,FOV]".into());
            };
            let fov = fov.first().copied().unwrap_or(75.0).to_radians();
            let lens = Intrinsics::from_horizontal_fov(lens.width, lens.height, fov);
            let small = Intrinsics::from_horizontal_fov(16, 9, 1.3);
            let mut quick = SimulatorModel::new(small, Quality { samples: 1, bounce_rays: 1 })?;
            let start = quick.begin(&seed)?.pose;
            let position = start.world_from_view(Vec3::new(right, up, -ahead));
            let look = start.forward();
            let heading = (-look.x).atan2(-look.z) + yaw.to_radians();
            seed.start =
                Some(Pose::from_yaw_pitch_roll(position, heading, pitch.to_radians(), 0.0));
            quick.begin(&seed)?;
            for _ in 0..(secs * quick.spec().tick_hz) as u32 {
                quick.step(&Action::default())?;
            }
            let mut model = SimulatorModel::new(lens, Quality { samples, bounce_rays: samples })?;
            let begun = Instant::now();
            model.restore(&quick.save()?)?;
            eprintln!("{:.2} s from {position}", begun.elapsed().as_secs_f32());
            let truth = model.truth().ok_or("nothing was seen")?;
            picture(truth.rgb.clone(), lens, out)
        }
        _ => Err("give TICKS, or OUT.png and PLACE".into()),
    }
}

fn picture(rgb: Vec<u8>, lens: Intrinsics, out: &str) -> Result<(), Box<dyn Error>> {
    let picture = image::RgbImage::from_raw(lens.width, lens.height, rgb).ok_or("odd picture")?;
    if out.ends_with(".jpg") {
        let file = std::fs::File::create(out)?;
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(file, 88);
        picture.write_with_encoder(encoder)?;
    } else {
        picture.save(out)?;
    }
    Ok(())
}

fn fly(model: &mut SimulatorModel, seed: &Seed, ticks: u32) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    model.begin(seed)?;
    println!("begun in {:.2} s", begun.elapsed().as_secs_f32());
    let mut secs = Vec::new();
    for i in 0..ticks {
        // Up over the trees, then ahead in wide curves at 12 m/s.
        let up = if i < 60 { 4.0 } else { 0.0 };
        let action = Action {
            move_mps: Vec3::new(0.0, up, if i < 60 { 2.0 } else { 12.0 }),
            look_rps: Vec2::new(0.25 * (i as f32 * 0.02).sin(), 0.0),
            interact: false,
        };
        let tick = Instant::now();
        model.step(&action)?;
        secs.push(tick.elapsed().as_secs_f32());
    }
    let worst = secs.iter().fold(0.0f32, |a, b| a.max(*b));
    secs.sort_by(f32::total_cmp);
    let median = secs.get(secs.len() / 2).copied().unwrap_or(f32::NAN);
    println!("{:.1} frames/s median, worst frame {:.1} ms", median.recip(), worst * 1e3);
    Ok(())
}
