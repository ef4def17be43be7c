//! A level blocked out in boxes, before and after the world has painted it.
//!
//! `level SCENE OUT_DIR`, for example `level scene:mountain?seed=7 sheet`: the scene's first view,
//! with a level of boxes put into it as its events come, as the boxes stand for it, and painted.
//! The level is a hamlet: houses, walls, crates, trees.

use glam::{Quat, Vec3};
use reverie_media::write_rgb_png;
use reverie_simulator::{Quality, SimulatorModel};
use reverie_spatial::{Frame, Renderer, SpatialConfig, SpatialModel, objects::Surroundings};
use reverie_world_model::{
    Action, Embodiment, ImageSeed, Intrinsics, Pose, Seed, SeedAddress, SeedSource, SpatialQuery,
    WorldEvent, WorldModel as _,
};
use std::{error::Error, path::Path, time::Instant};

const SIZE: [u32; 2] = [1280, 720];
const FOV_DEG: f32 = 75.0;

/// Class, metres to the right and ahead, turn in degrees, size, colour.
type Piece = (&'static str, [f32; 2], f32, [f32; 3], [u8; 3]);

const HAMLET: [Piece; 20] = [
    ("house", [-7.5, 17.0], 25.0, [7.0, 6.0, 6.0], [206, 196, 176]),
    ("house", [8.0, 19.0], -30.0, [8.0, 8.0, 7.0], [178, 96, 70]),
    ("house", [1.0, 27.0], 5.0, [9.0, 6.5, 6.5], [150, 160, 170]),
    ("wall", [-3.6, 11.0], 8.0, [4.0, 1.1, 0.35], [168, 84, 62]),
    ("wall", [4.4, 12.0], -12.0, [4.5, 1.2, 0.35], [150, 146, 140]),
    ("crate", [-1.8, 6.2], 20.0, [0.9, 0.9, 0.9], [150, 110, 66]),
    ("crate", [-2.9, 6.6], -15.0, [1.0, 0.8, 1.0], [176, 140, 92]),
    ("barrel", [-0.9, 6.9], 0.0, [0.65, 0.95, 0.65], [120, 84, 52]),
    ("barrel", [-0.2, 7.3], 0.0, [0.65, 0.95, 0.65], [60, 90, 120]),
    ("box", [2.2, 5.8], 35.0, [0.7, 0.5, 0.6], [186, 148, 104]),
    ("bench", [3.4, 8.2], -30.0, [1.8, 0.9, 0.6], [150, 100, 60]),
    ("lamp", [1.6, 9.4], 0.0, [0.6, 3.6, 0.6], [40, 42, 46]),
    ("tree", [-5.2, 12.5], 40.0, [3.6, 5.0, 3.6], [92, 128, 58]),
    ("tree", [6.0, 14.5], 10.0, [4.0, 5.6, 4.0], [110, 130, 60]),
    ("conifer", [-11.0, 22.0], 0.0, [3.6, 9.0, 3.6], [52, 80, 46]),
    ("conifer", [12.5, 24.0], 60.0, [3.8, 10.0, 3.8], [44, 70, 52]),
    ("bush", [3.6, 10.6], 0.0, [1.6, 1.1, 1.4], [84, 110, 60]),
    ("rock", [-4.8, 8.2], 50.0, [1.4, 0.9, 1.2], [128, 124, 118]),
    ("cone", [1.0, 5.2], 0.0, [0.4, 0.65, 0.4], [226, 96, 28]),
    ("car", [4.9, 16.5], 65.0, [4.3, 1.5, 1.85], [190, 40, 36]),
];

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [address, out] = words.as_slice() else {
        return Err("usage: level SCENE OUT_DIR".into());
    };
    let SeedAddress::Scene(scene) = address.parse()? else {
        return Err("the address must begin with scene:".into());
    };
    let out = Path::new(out);
    std::fs::create_dir_all(out)?;
    let camera = Intrinsics::from_horizontal_fov(SIZE[0], SIZE[1], FOV_DEG.to_radians());
    let mut truth = SimulatorModel::new(camera, Quality { samples: 2, bounce_rays: 1 })?;
    let first = truth
        .begin(&Seed { embodiment: Embodiment::Free, ..Seed::new(SeedSource::Scene(scene)) })?;
    let image = ImageSeed { rgb: first.rgb, depth: first.depth, intrinsics: Some(camera) };
    let (width, height) = (SIZE[0], SIZE[1]);
    let config = SpatialConfig { width, height, painting: None, ..SpatialConfig::default() };
    let mut model = SpatialModel::new(config)?;
    model.begin(&Seed {
        embodiment: Embodiment::Free,
        start: Some(first.pose),
        ..Seed::new(SeedSource::Image(image))
    })?;
    let (mut renderer, mut frame) = (Renderer::new(), Frame::new());
    let mut picture =
        |model: &SpatialModel, pose: &Pose, name: &str| -> Result<(), Box<dyn Error>> {
            let memory = model.memory().ok_or("no world")?;
            let world = Surroundings { memory, objects: model.objects() };
            let begun = Instant::now();
            renderer.render_with(&world, pose, &camera, &mut frame)?;
            println!("{name}: {:.1} ms", begun.elapsed().as_secs_f64() * 1e3);
            write_rgb_png(&out.join(name), &frame.to_rgb()?)?;
            Ok(())
        };
    let pose = first.pose;
    picture(&model, &pose, "before.png")?;
    let yaw = Quat::from_rotation_y(pose.yaw_pitch_roll().0);
    let begun = Instant::now();
    for (id, (class, [right, ahead], turn_deg, size, colour)) in HAMLET.into_iter().enumerate() {
        let size = Vec3::from_array(size);
        let above = pose.position + yaw * Vec3::new(right, 8.0, -ahead);
        let memory = model.memory().ok_or("no world")?;
        // Where the ground is not known it goes on as nearer to the middle of the view.
        let known = (0..12).find_map(|k| {
            let share = k as f32 / 12.0;
            let middle =
                pose.position + yaw * Vec3::new(right * (1.0 - share), 8.0, -ahead.max(5.5));
            memory.ground_height(if k == 0 { above } else { middle })
        });
        let ground_m = known.unwrap_or(pose.position.y - 1.65);
        model.apply(&WorldEvent::Place {
            id: id as u64,
            class: class.to_owned(),
            position: Vec3::new(above.x, ground_m + 0.5 * size.y, above.z),
            rotation: yaw * Quat::from_rotation_y(turn_deg.to_radians()),
            size,
            colour,
        })?;
    }
    println!("placed: {:.0} ms", begun.elapsed().as_secs_f64() * 1e3);
    picture(&model, &pose, "boxes.png")?;
    let begun = Instant::now();
    for _ in 0..2 * HAMLET.len() {
        model.advance(&Action::default())?;
    }
    let each_ms = begun.elapsed().as_secs_f64() * 1e3 / (2 * HAMLET.len()) as f64;
    println!("painted: {each_ms:.1} ms a tick");
    picture(&model, &pose, "painted.png")?;
    let closer = Pose::from_yaw_pitch_roll(
        pose.position + yaw * Vec3::new(-0.6, 0.0, -2.6),
        pose.yaw_pitch_roll().0 + 0.1,
        -0.12,
        0.0,
    );
    picture(&model, &closer, "closer.png")?;
    Ok(())
}
