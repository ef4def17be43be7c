//! The shipped network against its reference; aiming; weights that do not fit.

use super::*;
use candle_core::safetensors::{BufferedSafetensors, Load as _};
use glam::Vec3;
use reverie_world_model::OpenSpace;
use std::path::{Path, PathBuf};

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets")
}

#[test]
fn candle_agrees_with_pytorch() {
    let store = ModelStore::open_at(&assets()).expect("manifest");
    let network = ObjectsNetwork::load(&store).expect("shipped weights");
    let path = assets().join("models/objects_parity.safetensors");
    let fixture = BufferedSafetensors::new(std::fs::read(path).expect("fixture")).expect("format");
    let values = |name: &str| {
        let tensor = fixture.get(name).and_then(|t| t.load(&Device::Cpu)).expect("tensor");
        tensor.flatten_all().and_then(|t| t.to_vec1::<f32>()).expect("values")
    };
    let ours = network.network.logits(&values("rgb")).expect("logits");
    let reference = values("kind");
    assert_eq!(ours.len(), reference.len());
    let worst = ours.iter().zip(&reference).fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()));
    assert!(worst <= 2e-3, "{worst}");
    let wrong = RgbImage::new(2, 2, vec![0; 12]).expect("a picture");
    assert!(matches!(network.recognise(&wrong), Err(ObjectsError::Size { side: 64, .. })));
}

#[test]
fn what_is_aimed_at_is_in_the_middle_and_whole() {
    let (eye, centre, size) = (Vec3::new(1.0, 1.6, 0.0), Vec3::new(4.0, 0.5, -6.0), Vec3::ONE);
    let (pose, camera) = aim(eye, centre, size);
    let (middle, _) = camera.project(pose.view_from_world(centre)).expect("in front");
    assert!((middle - 32.0).length() < 0.01, "{middle}");
    for corner in 0..8 {
        let sign = |bit: u32| if corner >> bit & 1 == 0 { -0.5 } else { 0.5 };
        let point = centre + size * Vec3::new(sign(0), sign(1), sign(2));
        let (at, _) = camera.project(pose.view_from_world(point)).expect("in front");
        assert!(at.min_element() > 0.0 && at.max_element() < 64.0, "{at}");
    }
    // Nothing stands where there is no ground.
    let nowhere = standing_place(&OpenSpace, &pose, size, 0.3, || 0.5);
    assert!(nowhere.is_none());
}
