//! The network against its reference, and the painter around it.

use super::network::{Inputs, Layout, LayoutConfig};
use super::{
    LearnedPainter, LookAhead, PaintError, PaintPriority, PaintThread, Painted, Painter, Trail,
    WINDOW_SIDE, Window, window_camera,
};
use crate::{Frame, Memory, Renderer};
use candle_core::safetensors::{BufferedSafetensors, Load as _};
use candle_core::{DType, Device, Tensor};
use reverie_inference::Weights;
use reverie_world_model::{DepthImage, Pose, RgbImage};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

/// A small network with random weights, written by `python -m reverie_train.painter export`.
fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/models")
}

fn fixture(folder: &Path, name: &str) -> BufferedSafetensors {
    let path = folder.join(format!("{name}_parity.safetensors"));
    BufferedSafetensors::new(std::fs::read(path).expect("fixture")).expect("format")
}

fn tensor(fixture: &BufferedSafetensors, name: &str) -> Tensor {
    fixture.get(name).and_then(|view| view.load(&Device::Cpu)).expect(name)
}

fn inputs(fixture: &BufferedSafetensors) -> Inputs {
    let get = |name: &str| tensor(fixture, name);
    Inputs {
        known: get("known"),
        seen: get("seen"),
        fill: get("fill"),
        elevation: get("elevation"),
        proxy_class: get("proxy_class").to_dtype(DType::U32).expect("classes"),
        proxy_rgb: get("proxy_rgb"),
        conditions: get("conditions").squeeze(0).unwrap_or_else(|_| get("conditions")),
        caption: get("caption"),
        first: get("first"),
        noise: get("noise").to_vec1().expect("noise").try_into().expect("length"),
    }
}

fn weights(name: &str) -> Weights {
    weights_in(&models(), name)
}

fn weights_in(folder: &Path, name: &str) -> Weights {
    let path = folder.join(format!("{name}.safetensors"));
    Weights::from_bytes(&path, std::fs::read(&path).expect("weights")).expect("weights")
}

/// A wall at two metres whose left half is known: stripes above, chequers below.
fn half_a_wall() -> Memory {
    let camera = window_camera();
    let side = camera.width as usize;
    let colour = |at: usize| {
        let (x, y) = (at % side, at / side);
        let dark = if y < side / 2 { x / 4 % 2 == 0 } else { (x / 8 + y / 8) % 2 == 0 };
        if dark { [40, 90, 160] } else { [220, 180, 60] }
    };
    let rgb = (0..camera.pixels()).flat_map(colour).collect();
    let rgb = RgbImage::new(camera.width, camera.height, rgb).expect("picture");
    let metres = |at: usize| if at % side < side / 2 { 2.0 } else { 0.0 };
    let depth = (0..camera.pixels()).map(metres).collect();
    let depth = DepthImage::new(camera.width, camera.height, depth).expect("depth");
    let mut memory = Memory::new();
    memory.insert(&rgb, &depth, &Pose::IDENTITY, &camera).expect("a good view");
    memory
}

#[test]
fn the_learned_painter_paints_what_is_not_known_with_the_texture_of_what_is() {
    let mut painter =
        LearnedPainter::from_weights(&weights("painter_layout"), &Device::Cpu).expect("fits");
    let memory = half_a_wall();
    let mut frame = Frame::new();
    let draw = |frame: &mut Frame, side| {
        let camera = window_camera().resized(side, side);
        Renderer::new().render(&memory, &Pose::IDENTITY, &camera, frame).expect("draws");
    };
    draw(&mut frame, WINDOW_SIDE);
    let mut paint = |rng_seed| {
        let pose = Pose::IDENTITY;
        painter.paint(&Window { frame: &frame, memory: &memory, pose, rng_seed }).expect("paints")
    };
    let (first, again, other) = (paint(1), paint(1), paint(2));
    assert!(first == again && first != other);
    assert!(first.inverse_depth.iter().all(|w| (0.0..=20.0).contains(w)));
    // Known pixels are as they were, also between those of the window's own size.
    let side = first.rgb.width();
    let mut fine = Frame::new();
    draw(&mut fine, side);
    let known: Vec<usize> =
        (0..first.inverse_depth.len()).filter(|at| fine.is_known(*at)).collect();
    assert!(known.len() > first.inverse_depth.len() / 3);
    for at in known {
        assert_eq!(first.rgb.data()[3 * at..3 * at + 3], fine.rgba8()[4 * at..4 * at + 3]);
    }
    // New pixels have steps as large as the old ones: it is texture and no average.
    let steps = |from: u32, to: u32| {
        let rows = (side / 4..side * 3 / 4).flat_map(|y| (from..to).map(move |x| (x, y)));
        let step = |(x, y): (u32, u32)| {
            let [a, b] =
                [x, x + 1].map(|x| f32::from(first.rgb.data()[3 * (y * side + x) as usize]));
            (a - b).powi(2)
        };
        rows.map(step).sum::<f32>() / (to - from) as f32
    };
    let (old, new) = (steps(side / 8, side * 3 / 8), steps(side * 5 / 8, side * 7 / 8));
    assert!((0.3..3.0).contains(&(new / old)), "steps {old} before, {new} new");
}

#[test]
fn nothing_is_made_up_on_what_was_made_up() {
    let mut painter =
        LearnedPainter::from_weights(&weights("painter_layout"), &Device::Cpu).expect("fits");
    let ahead =
        |metres: f32| Pose { position: glam::Vec3::new(-0.3, 0.0, -metres), ..Pose::IDENTITY };
    let bare = half_a_wall();
    // A detail of nothing but noise, from between the first view and the place to be looked from.
    let (mut detailed, camera, pose) = (bare.clone(), window_camera(), ahead(0.8));
    let noise = (0..3 * camera.pixels() as u64).map(|k| super::noise::mixed(k) as u8).collect();
    let noise = RgbImage::new(camera.width, camera.height, noise).expect("picture");
    let mut frame = Frame::new();
    Renderer::new().render(&bare, &pose, &camera, &mut frame).expect("draws");
    let depth = frame.inverse_depth().iter().map(|w| 1.0 / w).collect();
    let depth = DepthImage::new(camera.width, camera.height, depth).expect("depth");
    detailed.merge_painted(&noise, &depth, &pose, &camera, true, &pose).expect("merges");
    let pose = ahead(1.4);
    let mut look = |memory: &Memory| {
        let mut frame = Frame::new();
        Renderer::new().render(memory, &pose, &window_camera(), &mut frame).expect("draws");
        let window = Window { frame: &frame, memory, pose, rng_seed: 1 };
        let painted = painter.paint(&window).expect("paints");
        (frame, painted.rgb)
    };
    let [(before, plain), (after, again)] = [look(&bare), look(&detailed)];
    let known = (0..camera.pixels()).filter(|at| before.is_known(*at));
    let changed: Vec<usize> =
        known.filter(|at| before.rgba8()[4 * at] != after.rgba8()[4 * at]).collect();
    assert!(changed.len() > 2000, "the detail is not there: {} pixels", changed.len());
    let apart = |a: u8, b: u8| f64::from(a.abs_diff(b)) / changed.len() as f64;
    let side = plain.width() as usize / camera.width as usize;
    let red = |picture: &RgbImage, at: &usize| {
        let (x, y) = (at % camera.width as usize, at / camera.width as usize);
        picture.data()[3 * side * (y * plain.width() as usize + x)]
    };
    let shown: f64 =
        changed.iter().map(|at| apart(before.rgba8()[4 * at], after.rgba8()[4 * at])).sum();
    let painted: f64 = changed.iter().map(|at| apart(red(&plain, at), red(&again, at))).sum();
    assert!(shown > 25.0 && painted < 0.2 * shown, "{painted:.1} painted for {shown:.1} shown");
}

#[test]
fn weights_that_do_not_fit_are_named() {
    let good = std::fs::read(models().join("painter_layout.safetensors")).expect("weights");
    let table = [
        ("\"stem.weight\"", "\"stem.weighs\"", "stem.weight"),
        ("num_attention_heads\\\": 2", "num_attention_heads\\\": 3", "multiple of"),
        ("hidden_size", "hidden_sizf", "hidden_siz"),
        ("\\\"size\\\": 32", "\\\"size\\\": 48", "size must be"),
        ("quarter_blocks\\\": 1", "quarter_blocks\\\": 9", "quarter.1"),
    ];
    for (from, to, words) in table {
        let header = u64::from_le_bytes(good[..8].try_into().expect("8 bytes")) as usize;
        let text = std::str::from_utf8(&good[8..8 + header]).expect("header");
        assert!(text.contains(from), "{from} is not in the header");
        let mut bad = good.clone();
        bad.splice(8..8 + header, text.replacen(from, to, 1).into_bytes());
        let bad_weights = Weights::from_bytes(Path::new("bad.safetensors"), bad).expect("format");
        let outcome = LearnedPainter::from_weights(&bad_weights, &Device::Cpu);
        let message = outcome.map(|_| ()).expect_err(words).to_string();
        assert!(message.contains("bad.safetensors") && message.contains(words), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
    // Another network's weights, and half a file.
    let depth = weights_in(&shipped(), "depth");
    assert!(LearnedPainter::from_weights(&depth, &Device::Cpu).is_err());
    let half = good[..good.len() / 2].to_vec();
    assert!(Weights::from_bytes(Path::new("half.safetensors"), half).is_err());
}

fn compare(name: &str, ours: &Tensor, reference: &Tensor) {
    assert_eq!(ours.dims(), reference.dims());
    let values = |t: &Tensor| t.flatten_all().and_then(|t| t.to_vec1::<f32>()).expect("values");
    let (ours, reference) = (values(ours), values(reference));
    let span = reference.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
    assert!(span > 0.1, "{name}: the reference is empty");
    let worst = reference.iter().zip(&ours).fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()));
    println!("{name}: worst difference {worst:.2e}, largest value {span:.2}");
    assert!(worst <= 1e-3, "{name}: {worst}");
}

#[test]
fn the_layout_agrees_with_pytorch() {
    // A small one with random weights, whose every part matters, and the shipped one.
    for folder in [models(), shipped()] {
        let fixture = fixture(&folder, "painter_layout");
        let weights = weights_in(&folder, "painter_layout");
        let config: LayoutConfig =
            serde_json::from_str(weights.metadata("config").expect("config")).expect("config");
        let builder = weights.var_builder(DType::F32, &Device::Cpu);
        let network = Layout::load(&config, builder).expect("fits");
        let answer = network.forward(&inputs(&fixture)).expect("answer");
        compare("layout", &answer, &tensor(&fixture, "answer"));
    }
}

/// Hangs in its first life and answers in the next.
struct Starved(u32);

impl Painter for Starved {
    fn paint(&mut self, window: &Window<'_>) -> Result<Painted, PaintError> {
        if self.0 == 0 {
            std::thread::sleep(Duration::from_secs(3));
        }
        let rgb = RgbImage::filled(128, 128, [9; 3]).expect("small");
        let inverse_depth = (0..128 * 128).map(|at| window.frame.inverse_depth()[at]).collect();
        Ok(Painted { rgb, inverse_depth })
    }
}

#[test]
fn a_starved_thread_is_given_up_and_nobody_waits_for_it() {
    let lives = Arc::new(AtomicU32::new(0));
    let make = move || {
        let life = lives.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(Starved(life)) as Box<dyn Painter>)
    };
    let mut thread = PaintThread::new(Arc::new(make), PaintPriority::Background).expect("starts");
    thread.set_patience(Duration::from_millis(300));
    let camera = window_camera();
    let rgb = RgbImage::filled(camera.width, camera.height, [200, 90, 40]).expect("picture");
    let depth = DepthImage::new(camera.width, camera.height, vec![2.0; camera.pixels()]);
    let mut memory = Memory::new();
    memory.insert(&rgb, &depth.expect("depth"), &Pose::IDENTITY, &camera).expect("a good view");
    let ahead =
        LookAhead { pose: Pose::IDENTITY, velocity_mps: glam::Vec3::ZERO, yaw_rps: 0.0, camera };
    let begun = Instant::now();
    let ask =
        |thread: &mut PaintThread| thread.request(&memory, &ahead, &Trail::default(), 1, false);
    let answer = |thread: &mut PaintThread| loop {
        match thread.receive(false) {
            Ok(None) if begun.elapsed() < Duration::from_secs(30) => {
                std::thread::sleep(Duration::from_millis(5));
            }
            other => break other,
        }
    };
    assert_eq!(ask(&mut thread), Ok(true));
    let problem = answer(&mut thread).expect_err("it hangs").to_string();
    assert!(problem.contains("no answer in 300ms; started again"), "{problem}");
    assert!(begun.elapsed() < Duration::from_secs(2), "somebody waited");
    thread.set_patience(Duration::from_secs(20));
    assert_eq!(ask(&mut thread), Ok(true));
    let painting = answer(&mut thread).expect("paints").expect("is there");
    assert!(painting.report.is_some_and(|report| report.lacking > 0));
}
