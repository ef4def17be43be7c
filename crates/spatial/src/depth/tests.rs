//! The shipped network against its reference, a real measurement and damaged weights.

use super::*;
use candle_core::DType;
use candle_core::safetensors::{BufferedSafetensors, Load as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets")
}

fn shipped() -> &'static DepthNetwork {
    static NETWORK: OnceLock<DepthNetwork> = OnceLock::new();
    NETWORK.get_or_init(|| {
        let store = ModelStore::open_at(&assets()).expect("manifest");
        DepthNetwork::load(&store, &Device::Cpu).expect("shipped weights")
    })
}

#[test]
fn candle_agrees_with_pytorch() {
    let path = assets().join("models/depth_parity.safetensors");
    let fixture = BufferedSafetensors::new(std::fs::read(path).expect("fixture")).expect("format");
    let values = |name: &str| {
        let tensor = fixture.get(name).and_then(|t| t.load(&Device::Cpu)).expect("tensor");
        assert_eq!(tensor.dtype(), DType::F32);
        let shape = tensor.dims().to_vec();
        (shape, tensor.flatten_all().and_then(|t| t.to_vec1::<f32>()).expect("values"))
    };
    let (shape, rgb) = values("rgb");
    let answer = shipped().network.predict(&rgb, shape[1], shape[0]).expect("prediction");
    for (name, ours) in [("inverse_depth", &answer.inverse_depth), ("sky_logit", &answer.sky_logit)]
    {
        let (_, reference) = values(name);
        assert_eq!(reference.len(), ours.len());
        let span = reference.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
        assert!(span > 0.1, "{name}: the reference is empty");
        let worst = reference.iter().zip(ours).fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()));
        println!("{name}: worst difference {worst:.2e}, largest value {span:.2}");
        assert!(worst <= 1e-3, "{name}: {worst}");
    }
}

/// Mean |z' - z| / z after the least-squares fit of scale and shift in inverse depth.
fn abs_rel(predicted: &[f32], truth_m: &[f32]) -> f64 {
    let measured = || {
        let pairs = predicted.iter().zip(truth_m).filter(|(_, z)| **z > 0.0 && z.is_finite());
        pairs.map(|(p, z)| (f64::from(*p), 1.0 / f64::from(*z)))
    };
    let count = measured().count() as f64;
    let (mean_p, mean_t) = measured().fold((0.0, 0.0), |(a, b), (p, t)| (a + p, b + t));
    let (mean_p, mean_t) = (mean_p / count, mean_t / count);
    let (pp, pt) = measured().fold((0.0, 0.0), |(pp, pt), (p, t)| {
        (pp + (p - mean_p).powi(2), pt + (p - mean_p) * (t - mean_t))
    });
    let fitted = |p: f64| (mean_t + pt / pp * (p - mean_p)).max(0.01);
    measured().map(|(p, t)| (t / fitted(p) - 1.0).abs()).sum::<f64>() / count
}

#[test]
fn beats_the_row_prior_on_real_measured_pictures() {
    for (pair, file) in [("aloe", "left.jpg"), ("motorcycle", "left.png")] {
        let folder = assets().join("../tests/data").join(pair);
        let picture = reverie_media::read_photograph(&folder.join(file)).expect("picture").rgb;
        let size = (picture.width(), picture.height());
        let truth = reverie_media::read_depth(&folder.join("left_depth_mm.png"), size);
        let truth = truth.expect("depth");
        let predicted = shipped().predict(&picture).expect("prediction");
        let rows = (0..size.1).flat_map(|y| (0..size.0).map(move |_| y as f32));
        let prior = abs_rel(&rows.collect::<Vec<_>>(), truth.data());
        let ours = abs_rel(&predicted.inverse_depth, truth.data());
        println!("{pair}: AbsRel {ours:.4}, of the row prior {prior:.4}");
        // On the motorcycle, a floor before a wall, only just (see the model card).
        assert!(ours < prior, "{pair}: {ours} against {prior}");
    }
}

#[test]
fn the_same_picture_gives_the_same_bits_and_sky_is_at_infinity() {
    let picture = reverie_media::read_photograph(&assets().join("seeds/mountain_trail.jpg"))
        .expect("picture");
    let rgb = picture.rgb;
    let camera = Intrinsics::from_horizontal_fov(rgb.width(), rgb.height(), 1.1);
    let first = shipped().estimate(&rgb, &camera).expect("depth");
    assert_eq!(first, shipped().estimate(&rgb, &camera).expect("depth"));
    // The upper left corner is blue sky, the lower edge is the path.
    assert_eq!(first.at(5, 5), f32::INFINITY);
    let bottom = first.at(rgb.width() / 2, rgb.height() - 5);
    assert!((0.5..20.0).contains(&bottom), "{bottom} m");
    let wrong = Intrinsics { width: 10, height: 10, cx: 5.0, cy: 5.0, fx: 9.0, fy: 9.0 };
    let message = shipped().estimate(&rgb, &wrong).expect_err("size").to_string();
    assert!(message.contains("10x10"), "{message}");
}

#[test]
fn weights_that_do_not_fit_are_named() {
    let good = std::fs::read(assets().join("models/depth.safetensors")).expect("weights");
    let header = u64::from_le_bytes(good[..8].try_into().expect("8 bytes")) as usize;
    let text = std::str::from_utf8(&good[8..8 + header]).expect("header");
    // Each replacement keeps the header's length, so that only one thing is wrong.
    let table = [
        ("\"stem.weight\"", "\"stem.weighs\"", "tensor `stem.weight` is missing"),
        ("[24,108]", "[108,24]", "tensor `stem.weight` has shape [108, 24], expected [24, 108]"),
        ("num_attention_heads\\\": 4", "num_attention_heads\\\": 7", "multiple of"),
        ("hidden_size", "hidden_sizf", "hidden_siz"),
        ("\"config\"", "\"konfig\"", "metadata `config` is missing"),
    ];
    for (from, to, words) in table {
        assert!(text.contains(from), "{from} is not in the header");
        let mut bad = good.clone();
        bad.splice(8..8 + header, text.replacen(from, to, 1).into_bytes());
        let error = Weights::from_bytes(Path::new("bad.safetensors"), bad)
            .map_err(DepthError::from)
            .and_then(|weights| DepthNetwork::from_weights(&weights, &Device::Cpu).map(|_| ()))
            .expect_err(words);
        let message = WorldError::from(error).to_string();
        assert!(message.contains("bad.safetensors") && message.contains(words), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}
