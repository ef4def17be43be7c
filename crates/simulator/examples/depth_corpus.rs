//! Renders random still pictures with exact depth, for training a depth network.
//!
//! ```text
//! depth_corpus --out DIR --shards N [--held-out] [--textures DIR]   write shards of 512
//! depth_corpus --sheet FILE.png [--first-seed S] [--count N]        a contact sheet
//! ```
//! Each shard is `NNNN.rgb` (u8, N x 192 x 256 x 3), `NNNN.idep` (little-endian f16, inverse
//! depth in 1/m along the view axis, 0 = sky, N x 192 x 256) and `NNNN.json` (one line per
//! picture); `index.json` lists the finished shards' lines. Finished shards are skipped.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use rayon::prelude::*;
use reverie_simulator::{
    BuiltScene, Camera, Conditions, Exposure, GroundTruth, Photo, Quality, Rng, SceneKind,
    SceneOptions, intrinsics_from_fov,
};
use reverie_world_model::Weather;

const WIDTH: u32 = 256;
const HEIGHT: u32 = 192;
const SHARD: u64 = 512;
/// Seeds from here on are never trained on.
const HELD_OUT: u64 = 1_000_000;

struct Args {
    out: Option<PathBuf>,
    sheet: Option<PathBuf>,
    textures: Option<PathBuf>,
    shards: u64,
    first_seed: u64,
    count: u64,
    held_out: bool,
}

struct Picture {
    frame: GroundTruth,
    line: serde_json::Value,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = parse()?;
    let photos = match &args.textures {
        Some(dir) => load_photos(dir)?,
        None => Arc::from([]),
    };
    if let Some(path) = &args.sheet {
        return sheet(path, &args, &photos);
    }
    let out = args.out.as_deref().ok_or("--out DIR or --sheet FILE is needed")?;
    fs::create_dir_all(out)?;
    let base = if args.held_out { HELD_OUT } else { 0 } + args.first_seed;
    if !args.held_out && base + args.shards * SHARD > HELD_OUT {
        return Err(format!("training seeds must stay below {HELD_OUT}").into());
    }
    for shard in 0..args.shards {
        let done = out.join(format!("{shard:04}.json"));
        if done.exists() {
            continue;
        }
        let begun = Instant::now();
        let first = base + shard * SHARD;
        let pictures: Vec<Picture> =
            (first..first + SHARD).into_par_iter().map(|seed| picture(seed, &photos)).collect();
        write_shard(out, shard, &pictures)?;
        write_index(out, args.shards)?;
        eprintln!("shard {shard}: {:.1} pictures/s", SHARD as f64 / begun.elapsed().as_secs_f64());
    }
    Ok(())
}

fn parse() -> Result<Args, Box<dyn Error>> {
    let mut args = Args {
        out: None,
        sheet: None,
        textures: None,
        shards: 1,
        first_seed: 0,
        count: 48,
        held_out: false,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--out" => args.out = Some(value()?.into()),
            "--sheet" => args.sheet = Some(value()?.into()),
            "--textures" => args.textures = Some(value()?.into()),
            "--shards" => args.shards = value()?.parse()?,
            "--first-seed" => args.first_seed = value()?.parse()?,
            "--count" => args.count = value()?.parse()?,
            "--held-out" => args.held_out = true,
            other => return Err(format!("unknown option {other}").into()),
        }
    }
    Ok(args)
}

/// One random picture; everything follows from the seed.
fn picture(seed: u64, photos: &Arc<[Photo]>) -> Picture {
    let mut rng = Rng::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
    loop {
        let roll = rng.unit();
        let kind = match roll {
            r if r < 0.25 => SceneKind::Mountain,
            r if r < 0.47 => SceneKind::City,
            r if r < 0.59 => SceneKind::Warehouse,
            r if r < 0.74 => SceneKind::Room,
            _ => SceneKind::Primitives,
        };
        let weather = match rng.unit() {
            r if r < 0.58 => Weather::Clear,
            r if r < 0.80 => Weather::Overcast,
            r if r < 0.87 => Weather::Rain,
            r if r < 0.94 => Weather::Snow,
            _ => Weather::Fog,
        };
        let hour = if rng.chance(0.8) { rng.range(7.5, 16.5) } else { rng.range(5.0, 20.0) };
        let scene_seed = rng.next_u64();
        let options = SceneOptions {
            kind,
            seed: scene_seed,
            conditions: Conditions::new(weather, hour),
            roam: false,
            photos: Arc::clone(photos),
        };
        let built = BuiltScene::new(&options);
        // Field of view of the longer side, and the true shape of the picture.
        let fov_x = rng.range(35.0, 100.0).to_radians();
        let aspect = rng.log_range(9.0 / 16.0, 16.0 / 9.0);
        let (fov_x, fov_y) = if aspect >= 1.0 {
            (fov_x, 2.0 * ((0.5 * fov_x).tan() / aspect).atan())
        } else {
            (
                2.0 * ((0.5 * fov_x).tan() * aspect).atan().min(0.87),
                2.0 * (0.5 * fov_x).tan().atan(),
            )
        };
        let key = rng.log_range(0.13, 0.34);
        let Some(pose) = built.random_view(&mut rng, fov_x, fov_y) else { continue };
        let camera = Camera { pose, intrinsics: intrinsics_from_fov(WIDTH, HEIGHT, fov_x, fov_y) };
        let lens = camera.intrinsics;
        let frame = built.scene.render(&camera, Quality::default(), Exposure::Auto { key });
        let line = serde_json::json!({
            "seed": seed, "domain": kind.name(), "weather": weather.word(), "hour": hour,
            "fx": lens.fx, "fy": lens.fy, "cx": lens.cx, "cy": lens.cy, "aspect": aspect,
        });
        return Picture { frame, line };
    }
}

fn load_photos(dir: &Path) -> Result<Arc<[Photo]>, Box<dyn Error>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(dir)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let photos: Vec<Photo> = paths
        .par_iter()
        .filter_map(|path| {
            let picture = image::open(path).ok()?.thumbnail(512, 512).to_rgb8();
            Photo::from_srgb8(picture.width() as usize, picture.height() as usize, picture.as_raw())
        })
        .collect();
    Ok(photos.into())
}

fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let part = path.with_extension("part");
    fs::write(&part, bytes)?;
    fs::rename(part, path)
}

fn write_shard(out: &Path, shard: u64, pictures: &[Picture]) -> Result<(), Box<dyn Error>> {
    let mut rgb = Vec::new();
    let mut inverse = Vec::new();
    let mut lines = String::new();
    for picture in pictures {
        rgb.extend_from_slice(&picture.frame.rgb);
        for &depth in &picture.frame.depth_m {
            let value =
                if depth.is_finite() { half::f16::from_f32(1.0 / depth) } else { half::f16::ZERO };
            inverse.extend_from_slice(&value.to_le_bytes());
        }
        lines.push_str(&picture.line.to_string());
        lines.push('\n');
    }
    write_whole(&out.join(format!("{shard:04}.rgb")), &rgb)?;
    write_whole(&out.join(format!("{shard:04}.idep")), &inverse)?;
    // Last: its presence means that the shard is whole.
    write_whole(&out.join(format!("{shard:04}.json")), lines.as_bytes())?;
    Ok(())
}

fn write_index(out: &Path, shards: u64) -> Result<(), Box<dyn Error>> {
    let mut index = String::new();
    for shard in 0..shards {
        if let Ok(lines) = fs::read_to_string(out.join(format!("{shard:04}.json"))) {
            index.push_str(&lines);
        }
    }
    write_whole(&out.join("index.json"), index.as_bytes())?;
    Ok(())
}

/// Colour above depth (bright is near), eight pictures to a row.
fn sheet(path: &Path, args: &Args, photos: &Arc<[Photo]>) -> Result<(), Box<dyn Error>> {
    const COLUMNS: u32 = 8;
    let begun = Instant::now();
    let pictures: Vec<Picture> = (args.first_seed..args.first_seed + args.count)
        .into_par_iter()
        .map(|seed| picture(seed, photos))
        .collect();
    eprintln!("{:.1} pictures/s", args.count as f64 / begun.elapsed().as_secs_f64());
    let rows = (args.count as u32).div_ceil(COLUMNS);
    let mut sheet = image::RgbImage::new(COLUMNS * WIDTH, rows * HEIGHT * 2);
    for (i, picture) in pictures.iter().enumerate() {
        let (x0, y0) = (i as u32 % COLUMNS * WIDTH, i as u32 / COLUMNS * HEIGHT * 2);
        let mut depths: Vec<f32> =
            picture.frame.depth_m.iter().copied().filter(|d| d.is_finite()).collect();
        depths.sort_by(f32::total_cmp);
        let near = depths.get(depths.len() / 100).copied().unwrap_or(1.0);
        for (p, depth) in picture.frame.depth_m.iter().enumerate() {
            let (x, y) = (p as u32 % WIDTH, p as u32 / WIDTH);
            let c = &picture.frame.rgb[p * 3..p * 3 + 3];
            sheet.put_pixel(x0 + x, y0 + y, image::Rgb([c[0], c[1], c[2]]));
            let v = ((near / depth).clamp(0.0, 1.0).sqrt() * 255.0) as u8;
            sheet.put_pixel(
                x0 + x,
                y0 + HEIGHT + y,
                image::Rgb([v, v, if depth.is_finite() { v } else { 80 }]),
            );
        }
    }
    sheet.save(path)?;
    Ok(())
}
