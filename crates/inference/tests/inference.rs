//! The weights store against good and bad files, and worker threads that fail.
#![allow(clippy::unwrap_used)]

use candle_core::{DType, Device};
use reverie_inference::{ModelState, ModelStore, StoreError, Weights, Worker, WorkerError};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(10);

/// A safetensors file with one f32 tensor `layer.weight` of shape [2, 3] and a metadata entry.
fn file() -> Vec<u8> {
    let values: Vec<u8> = (0..6).flat_map(|i| (i as f32).to_le_bytes()).collect();
    let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![2, 3], &values);
    let metadata = [("config".to_owned(), "{}".to_owned())].into();
    safetensors::serialize([("layer.weight", view.unwrap())], Some(metadata)).unwrap()
}

fn manifest(file: &str, bytes: usize, sha256: &str) -> String {
    format!(
        "(models: [(name: \"m\", file: \"{file}\", sha256: \"{sha256}\", bytes: {bytes}, \
         kind: MonocularDepth, origin: \"test\", licence: \"CC0-1.0\")])"
    )
}

fn store(folder: &Path, manifest: &str, content: Option<&[u8]>) -> Result<ModelStore, StoreError> {
    std::fs::create_dir_all(folder.join("models")).unwrap();
    std::fs::write(folder.join("models/manifest.ron"), manifest).unwrap();
    if let Some(content) = content {
        std::fs::write(folder.join("models/m.safetensors"), content).unwrap();
    }
    ModelStore::open_at(folder)
}

fn digest(data: &[u8]) -> String {
    Sha256::digest(data).iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn good_weights_are_verified_and_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let data = file();
    let text = manifest("m.safetensors", data.len(), &digest(&data));
    let store = store(folder.path(), &text, Some(&data)).unwrap();
    assert!(matches!(store.verify_all()[0].state, ModelState::Verified));
    let weights = store.weights("m").unwrap();
    assert_eq!(weights.metadata("config").unwrap(), "{}");
    let tensors = weights.var_builder(DType::F32, &Device::Cpu);
    let tensor = tensors.pp("layer").get((2, 3), "weight").unwrap();
    assert_eq!(tensor.to_vec2::<f32>().unwrap()[1], [3.0, 4.0, 5.0]);
}

#[test]
fn other_weights_take_the_place_of_those_of_the_same_name() {
    let (assets, taught) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let data = file();
    let text = manifest("m.safetensors", data.len(), &digest(&data));
    let shipped = store(assets.path(), &text, Some(&data)).unwrap();
    let other = [&data[..], b" "].concat();
    let text = manifest("m.safetensors", other.len(), &digest(&other)).replace("\"m\"", "\"n\"");
    store(taught.path(), &text, Some(&other)).unwrap();
    // A folder without that model leaves the shipped one.
    let both = shipped.clone().with_weights(taught.path()).unwrap();
    assert_eq!(both.read("m").unwrap(), data);
    assert_eq!(both.read("n").unwrap(), other);
    let text = text.replace("\"n\"", "\"m\"");
    store(taught.path(), &text, Some(&other)).unwrap();
    let both = shipped.clone().with_weights(taught.path()).unwrap();
    assert_eq!(both.read("m").unwrap(), other);
    assert!(both.path(both.entry("m").unwrap()).starts_with(taught.path()));
    assert_eq!(shipped.read("m").unwrap(), data);
    let error = shipped.with_weights(&taught.path().join("gone")).unwrap_err().to_string();
    assert!(error.contains("gone"), "{error}");
}

#[test]
fn a_model_may_lie_in_another_folder_of_the_assets() {
    let folder = tempfile::tempdir().unwrap();
    let data = file();
    std::fs::create_dir_all(folder.path().join("voices/one")).unwrap();
    std::fs::write(folder.path().join("voices/one/m.safetensors"), &data).unwrap();
    let text = manifest("m.safetensors", data.len(), &digest(&data))
        .replace("sha256:", "folder: \"voices/one\", sha256:");
    let store = store(folder.path(), &text, None).unwrap();
    assert_eq!(store.assets(), folder.path());
    assert!(matches!(store.verify_all()[0].state, ModelState::Verified));
    assert!(store.weights("m").is_ok());
}

#[test]
fn every_bad_file_gives_one_line_that_names_it() {
    let data = file();
    let (length, hash) = (data.len(), digest(&data));
    let mut flipped = data.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let cases = [
        (None, "m.safetensors is missing"),
        (Some(&data[..40]), "m.safetensors has 40 bytes, expected"),
        (Some(&flipped[..]), &format!("expected {hash}")),
        (Some(&[][..]), "m.safetensors has 0 bytes"),
    ];
    for (content, case) in cases {
        let folder = tempfile::tempdir().unwrap();
        let text = manifest("m.safetensors", length, &hash);
        let store = store(folder.path(), &text, content).unwrap();
        let message = store.weights("m").unwrap_err().to_string();
        assert!(message.contains(case) && message.contains("`m`"), "{case}: {message}");
        assert_eq!(message.lines().count(), 1, "{case}: {message}");
        assert!(matches!(store.verify_all()[0].state, ModelState::Broken(_)), "{case}");
    }
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &manifest("m.safetensors", length, &hash), None).unwrap();
    let message = store.weights("other").unwrap_err().to_string();
    assert!(message.contains("`other`") && message.contains("manifest.ron"), "{message}");
}

#[test]
fn every_bad_manifest_is_refused() {
    let good = manifest("m.safetensors", 9, &"0".repeat(64));
    let twice = good.replace("[(name", &format!("{}, (name", &good[9..good.len() - 2]));
    let digest = "0".repeat(64);
    let fetched = |package: &str, bytes: u64, path: &str| {
        let from = format!(
            "fetch: Some((package: \"{package}\", version: \"1\", sha256: \"{digest}\", bytes: {bytes}, path: \"{path}\"))"
        );
        good.replace("bytes: 9", &format!("{from}, bytes: 9"))
    };
    let whole = store(tempfile::tempdir().unwrap().path(), &fetched("a-b", 9, "a/m.bin"), None);
    assert!(whole.is_ok(), "{whole:?}");
    let table = [
        (fetched("--index-url=x", 9, "a/m.bin"), "no plain word"),
        (fetched("a b", 9, "a/m.bin"), "no plain word"),
        (fetched("a", 0, "a/m.bin"), "makes no sense"),
        (fetched("a", 9, "../m.bin"), "makes no sense"),
        (String::new(), "1:1"),
        (good.replace("kind: MonocularDepth", "kind: Toaster"), "Toaster"),
        (good.replace("licence", "license"), "license"),
        (good.replace("m.safetensors", "../m.safetensors"), "file is not a plain"),
        (good.replace("\"m.safetensors\"", "\"/etc/passwd\""), "file is not a plain"),
        (good.replace("sha256:", "folder: \"../x\", sha256:"), "folder is not a plain path"),
        (good.replace("sha256:", "folder: \"/etc\", sha256:"), "folder is not a plain path"),
        (good.replace("0000", "zz00"), "sha256"),
        (good.replace("bytes: 9", "bytes: 99999999999999"), "bytes is out of range"),
        (twice, "name is empty or used twice"),
    ];
    for (text, words) in table {
        let folder = tempfile::tempdir().unwrap();
        let message = store(folder.path(), &text, None).unwrap_err().to_string();
        assert!(message.contains("manifest.ron") && message.contains(words), "{words}: {message}");
    }
    let nowhere = tempfile::tempdir().unwrap();
    let message = ModelStore::open_at(nowhere.path()).unwrap_err().to_string();
    assert!(message.contains("manifest.ron"), "{message}");
}

#[test]
fn malformed_safetensors_and_wrong_shapes_are_refused() {
    let path = Path::new("x.safetensors");
    let good = file();
    let mut huge_header = good.clone();
    huge_header[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    let mut broken_json = good.clone();
    broken_json[8] = b'!';
    for bad in
        [&[][..], &good[..7], &good[..30], &good[..good.len() - 1], &huge_header, &broken_json]
    {
        let message = Weights::from_bytes(path, bad.to_vec()).unwrap_err().to_string();
        assert!(message.starts_with("x.safetensors: "), "{message}");
    }
    let weights = Weights::from_bytes(path, good).unwrap();
    let tensors = weights.var_builder(DType::F32, &Device::Cpu);
    for (name, words) in [
        ("layer.weight", "tensor `layer.weight` has shape [2, 3], expected [3, 2]"),
        ("layer.bias", "tensor `layer.bias` is missing"),
    ] {
        let message = tensors.get((3, 2), name).unwrap_err().to_string();
        assert!(message.contains("x.safetensors") && message.contains(words), "{message}");
    }
    assert!(weights.metadata("nothing").is_err());
}

#[test]
fn a_worker_answers_in_order_on_its_named_thread() {
    let worker = Worker::spawn(
        "adder",
        4,
        || Ok::<u32, String>(10),
        |sum, n: u32| {
            *sum += n;
            (*sum, std::thread::current().name().map(str::to_owned))
        },
    )
    .unwrap();
    for n in [1, 2, 3] {
        worker.try_send(n).unwrap();
    }
    for expected in [11, 13, 16] {
        let answer = worker.receive_timeout(SOON).unwrap().unwrap();
        assert_eq!(answer, (expected, Some("adder".to_owned())));
    }
    assert_eq!(worker.try_receive(), Ok(None));
}

#[test]
fn a_full_worker_gives_the_request_back() {
    let (release, gate) = crossbeam_channel::bounded::<()>(0);
    let worker = Worker::spawn(
        "slow",
        1,
        || Ok::<_, String>(gate),
        |gate, n: u32| {
            let _ = gate.recv();
            n
        },
    )
    .unwrap();
    // One in work, one waiting, and then there is no room.
    let mut refused = None;
    for n in 0..3 {
        if let Err(back) = worker.try_send(n) {
            refused = Some(back);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(refused, Some((2, WorkerError::Busy { name: "slow".into() })));
    drop(release);
    assert_eq!(worker.receive_timeout(SOON), Ok(Some(0)));
}

#[test]
fn panics_and_failed_starts_arrive_as_errors() {
    let worker = Worker::spawn(
        "shaky",
        1,
        || Ok::<_, String>(()),
        |(), n: u32| {
            assert_ne!(n, 13, "unlucky");
            n
        },
    )
    .unwrap();
    worker.try_send(13).unwrap();
    match worker.receive_timeout(SOON) {
        Err(WorkerError::Panicked { name, message }) => {
            assert!(name == "shaky" && message.contains("unlucky"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(worker.receive_timeout(SOON), Err(WorkerError::Ended { name: "shaky".into() }));

    let worker: Worker<u32, u32> =
        Worker::spawn("unready", 1, || Err::<(), _>("no weights"), |(), n| n).unwrap();
    let error = worker.receive_timeout(SOON).unwrap_err();
    assert_eq!(error.to_string(), "no weights");
}

#[test]
fn dropping_a_worker_joins_it_even_when_it_waits_to_answer() {
    let ended = Arc::new(AtomicU32::new(0));
    struct Mark(Arc<AtomicU32>);
    impl Drop for Mark {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let mark = Mark(ended.clone());
    let worker = Worker::spawn("full", 1, || Ok::<_, String>(mark), |_, n: u32| n).unwrap();
    for n in 0..3 {
        let _ = worker.try_send(n);
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(worker);
    assert_eq!(ended.load(Ordering::SeqCst), 1);
}
