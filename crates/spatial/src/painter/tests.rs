//! The networks against their references.

use super::network::{Inputs, Layout, LayoutConfig, Refiner, RefinerConfig};
use candle_core::safetensors::{BufferedSafetensors, Load as _};
use candle_core::{DType, Device, Tensor};
use reverie_inference::Weights;
use std::path::{Path, PathBuf};

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/models")
}

fn fixture(name: &str) -> BufferedSafetensors {
    let path = models().join(format!("{name}_parity.safetensors"));
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
    }
}

fn weights(name: &str) -> Weights {
    let path = models().join(format!("{name}.safetensors"));
    Weights::from_bytes(&path, std::fs::read(&path).expect("weights")).expect("weights")
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
    let (fixture, weights) = (fixture("painter_layout"), weights("painter_layout"));
    let config: LayoutConfig =
        serde_json::from_str(weights.metadata("config").expect("config")).expect("config");
    let builder = weights.var_builder(DType::F32, &Device::Cpu);
    let network = Layout::load(&config, builder).expect("fits");
    let answer = network.forward(&inputs(&fixture)).expect("answer");
    compare("layout", &answer, &tensor(&fixture, "answer"));
}

#[test]
fn the_refiner_agrees_with_pytorch() {
    let (fixture, weights) = (fixture("painter_refiner"), weights("painter_refiner"));
    let config: RefinerConfig =
        serde_json::from_str(weights.metadata("config").expect("config")).expect("config");
    let builder = weights.var_builder(DType::F32, &Device::Cpu);
    let network = Refiner::load(&config, builder).expect("fits");
    let (layout, noise) = (tensor(&fixture, "layout"), tensor(&fixture, "noise"));
    let answer = network.forward(&inputs(&fixture), &layout, &noise).expect("answer");
    compare("refiner", &answer, &tensor(&fixture, "answer"));
}
