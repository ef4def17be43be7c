use super::{
    Repainter,
    coarse::Coarse,
    network,
    vertices::{Canvas, Vertex},
};
use crate::{Memory, painter::encode};
use candle_core::{DType, Device, Tensor};
use glam::Quat;
use reverie_inference::ModelStore;
use reverie_world_model::{Conditions, DepthImage, Intrinsics, Pose, RgbImage, Season, Weather};
use std::{collections::HashMap, path::PathBuf};

fn models() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../assets")
}

fn repainter() -> Repainter {
    let store = ModelStore::open_at(&models()).expect("the shipped store");
    Repainter::load(&store).expect("the shipped weights")
}

fn fixture() -> HashMap<String, Tensor> {
    let path = models().join("models/repaint_parity.safetensors");
    candle_core::safetensors::load(path, &Device::Cpu).expect("the fixture")
}

fn numbers(tensor: &Tensor) -> Vec<f32> {
    let flat = tensor.to_dtype(DType::F32).and_then(|t| t.flatten_all());
    flat.and_then(|t| t.to_vec1()).expect("numbers")
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn means(values: &[f32], side: usize, factor: usize) -> Vec<f32> {
    let small = side / factor;
    (0..small * small)
        .map(|at| {
            let (x, y) = (at % small * factor, at / small * factor);
            let part = |k: usize| values[(y + k / factor) * side + x + k % factor];
            (0..factor * factor).map(part).sum::<f32>() / (factor * factor) as f32
        })
        .collect()
}

#[test]
fn answers_as_the_reference_does() {
    let fixture = fixture();
    let values = |name: &str| numbers(&fixture[name]);
    let repainter = repainter();
    let network = &repainter.network;
    // What the network is told.
    let conditions =
        Conditions { weather: Weather::Snow, strength: 0.7, hour: 17.5, season: Season::Winter };
    let told = network::told(&conditions);
    assert!(largest_difference(&told, &values("conditions")) < 1e-5);
    // What it sees.
    let rotation = values("rotation");
    let pose = Pose {
        rotation: Quat::from_xyzw(rotation[0], rotation[1], rotation[2], rotation[3]),
        ..Pose::IDENTITY
    };
    let full = values("rgb");
    let (side, small) = (128, network.config.size);
    let inverse_depth = values("inverse_depth");
    let channel = |c: usize| full.iter().skip(c).step_by(3).copied().collect::<Vec<f32>>();
    let channels = [0, 1, 2].map(|c| means(&channel(c), side, side / small));
    let rgb = (0..small * small).map(|at| [0, 1, 2].map(|c: usize| channels[c][at])).collect();
    let known = means(&values("known"), side, side / small).iter().map(|k| *k > 0.5).collect();
    let coarse = Coarse::for_test(rgb, means(&inverse_depth, side, side / small), known, &pose);
    assert!(largest_difference(&coarse.maps, &values("coarse")) < 2e-4);
    // What it answers.
    let first = values("first");
    let wanted = network.wanted(&first, &told).expect("an answer");
    assert!(largest_difference(&wanted.haze, &values("haze")) < 1e-3);
    let shows = network.shows(&first).expect("an answer");
    assert!(largest_difference(&shows, &values("shown")) < 2e-3);
    let features = network.features(&coarse.maps, &wanted).expect("features");
    let scale = values("features").iter().fold(1.0_f32, |most, x| most.max(x.abs()));
    assert!(largest_difference(&features, &values("features")) < 2e-3 * scale);
    // And what becomes of vertices: every fourth row of the fine picture.
    let canvas = Canvas::new(&network.vertex, &coarse, &features);
    let camera =
        Intrinsics::from_horizontal_fov(side as u32, side as u32, std::f32::consts::FRAC_PI_2);
    let vertices: Vec<Vertex> = (0..side * side)
        .filter(|at| (at / side).is_multiple_of(4))
        .map(|at| {
            let centre = [at % side, at / side].map(|x| x as f32 + 0.5);
            let ray = camera.ray(centre[0], centre[1]);
            Vertex {
                at: centre.map(|x| x / side as f32),
                rgb: [0, 1, 2].map(|c| full[3 * at + c]),
                code: encode(inverse_depth[at]),
                elevation: (pose.rotation * ray).y / ray.length(),
            }
        })
        .collect();
    let mut colours = vec![0.0; 3 * vertices.len()];
    canvas.paint(&vertices, |k, colour| colours[3 * k..3 * k + 3].copy_from_slice(&colour));
    assert!(largest_difference(&colours, &values("colours")) < 3e-3);
}

/// Sky over a striped ground and a wall.
fn memory() -> Memory {
    let camera = Intrinsics::from_horizontal_fov(160, 120, 1.3);
    let (mut rgb, mut depth) = (Vec::new(), Vec::new());
    for at in 0..160 * 120 {
        let (x, y) = (at % 160, at / 160);
        let ray = camera.ray(x as f32 + 0.5, y as f32 + 0.5);
        let wall = (60..90).contains(&x) && (40..90).contains(&y);
        let (colour, metres) = match ray.y {
            _ if wall => ([150, 90, 70], 5.0),
            up if up >= -0.02 => ([120, 170, 230], f32::INFINITY),
            down => ([90, 120 + (y % 7) as u8, 60], 1.6 / -down),
        };
        rgb.extend_from_slice(&colour);
        depth.push(metres);
    }
    let rgb = RgbImage::new(160, 120, rgb).expect("a picture");
    let depth = DepthImage::new(160, 120, depth).expect("depths");
    let mut memory = Memory::new();
    memory.insert(&rgb, &depth, &Pose::IDENTITY, &camera).expect("a view");
    memory
}

fn mean_brightness(memory: &Memory) -> f32 {
    let levels = memory.tiles().map(|tile| &tile.levels()[0]);
    let pixels: Vec<f32> = levels
        .flat_map(|level| level.rgba.iter().filter(|rgba| **rgba >> 24 != 0))
        .map(|rgba| rgba.to_le_bytes()[..3].iter().map(|b| f32::from(*b)).sum::<f32>() / 3.0)
        .collect();
    pixels.iter().sum::<f32>() / pixels.len() as f32
}

#[test]
fn repainting_changes_colours_and_nothing_else() {
    let (mut repainter, memory) = (repainter(), memory());
    let snow = Conditions::new(Weather::Snow, 12.0);
    let night = Conditions::new(Weather::Clear, 0.5);
    let by_snow = repainter.repainted(&memory, &snow).expect("snow");
    let by_night = repainter.repainted(&memory, &night).expect("night");
    assert_eq!(by_snow.views().len(), memory.views().len());
    for (before, after) in memory.tiles().zip(by_snow.tiles()) {
        assert_ne!(before.id(), after.id());
        for (before, after) in before.levels().iter().zip(after.levels()) {
            assert_eq!(before.inverse_depth, after.inverse_depth);
            assert_eq!(before.cells, after.cells);
        }
    }
    let [before, white, dark] = [&memory, &by_snow, &by_night].map(mean_brightness);
    assert!(white > before + 20.0 && dark < before - 20.0, "{dark} {before} {white}");
    // The same again is the same, bit by bit.
    let again = repainter.repainted(&memory, &snow).expect("snow");
    let colours = |memory: &Memory| -> Vec<u32> {
        memory.tiles().flat_map(|tile| tile.levels()[0].rgba.to_vec()).collect()
    };
    assert_eq!(colours(&again), colours(&by_snow));
}

#[test]
fn mixing_goes_evenly_and_ends_exactly() {
    assert_eq!(super::blend(0xff10_2030, 0xff50_6070, 0), 0xff10_2030);
    assert_eq!(super::blend(0xff10_2030, 0xff50_6070, 256), 0xff50_6070);
    assert_eq!(super::blend(0xff10_2030, 0xff50_6070, 128), 0xff30_4050);
}
