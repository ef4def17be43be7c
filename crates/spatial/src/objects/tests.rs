//! The shipped object painter against its reference, and weights that do not fit.

use super::*;
use candle_core::{
    Device,
    safetensors::{BufferedSafetensors, Load as _},
};
use glam::{Quat, Vec3};
use reverie_inference::ModelStore;
use std::path::{Path, PathBuf};

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets")
}

fn shipped() -> ObjectPainter {
    let store = ModelStore::open_at(&assets()).expect("manifest");
    ObjectPainter::load(&store).expect("shipped weights")
}

#[test]
fn candle_agrees_with_pytorch() {
    let path = assets().join("models/object_painter_parity.safetensors");
    let fixture = BufferedSafetensors::new(std::fs::read(path).expect("fixture")).expect("format");
    let values = |name: &str| {
        let tensor = fixture.get(name).and_then(|t| t.load(&Device::Cpu)).expect("tensor");
        tensor.flatten_all().and_then(|t| t.to_vec1::<f32>()).expect("values")
    };
    let (labels, size, colour) = (values("labels"), values("size"), values("colour"));
    let raw = values("raw");
    let painter = shipped();
    for thing in 0..2 {
        let label = |k: usize| labels[3 * thing + k] as usize;
        let three = |values: &[f32]| Vec3::from_slice(&values[3 * thing..]);
        let asked = (label(0), label(1), label(2));
        let ours = painter.raw(asked, three(&size), three(&colour)).expect("an answer");
        let reference = &raw[thing * ours.len()..][..ours.len()];
        let worst = ours.iter().zip(reference).fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()));
        let span = reference.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
        println!("thing {thing}: worst difference {worst:.2e}, largest value {span:.2}");
        assert!(span > 1.0 && worst <= 5e-3 * span, "{worst} of {span}");
    }
}

#[test]
fn looks_fill_their_box_and_are_shared() {
    let mut painter = shipped();
    let spec = |id, class: &str, size: Vec3| ObjectSpec {
        id,
        class: ObjectClass::from_name(class).expect("a class"),
        position: Vec3::ZERO,
        rotation: Quat::IDENTITY,
        size,
        colour: [150, 110, 66],
    };
    for class in ObjectClass::all() {
        let looks = painter.paint(&spec(1, class.name(), Vec3::ONE), 7).expect("painted");
        assert!(looks.bytes() < 400 << 10, "{}: {} bytes", class.name(), looks.bytes());
        let (mut low, mut high) = (Vec3::INFINITY, Vec3::NEG_INFINITY);
        for tile in looks.sides().iter().flat_map(|side| side.tiles()) {
            (low, high) = (low.min(tile.bounds().low), high.max(tile.bounds().high));
        }
        // The bounds of tiles are a little larger than what is in them.
        assert!(
            low.min_element() > -1.6 && high.max_element() < 1.6,
            "{} {low} {high}",
            class.name()
        );
        assert!((high - low).min_element() > 0.5, "{} {low} {high}", class.name());
    }
    // Nearly the same thing is not painted twice.
    let first = painter.paint(&spec(1, "crate", Vec3::ONE), 7).expect("painted");
    let again = painter.paint(&spec(1, "crate", Vec3::splat(1.02)), 7).expect("painted");
    assert!(std::sync::Arc::ptr_eq(&first, &again));
    let other = painter.paint(&spec(1, "crate", Vec3::new(2.0, 1.0, 1.0)), 7).expect("painted");
    assert!(!std::sync::Arc::ptr_eq(&first, &other));
    // The same seed paints the same.
    let anew = shipped().paint(&spec(1, "crate", Vec3::ONE), 7).expect("painted");
    for (a, b) in first.sides().iter().zip(anew.sides()) {
        for (a, b) in a.tiles().iter().zip(b.tiles()) {
            assert_eq!(a.levels(), b.levels());
        }
    }
}
