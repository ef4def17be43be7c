//! Whom an argument means: a spec's file, one of the presets, a random person, somebody else's file.

use crate::{args::PersonAddress, error::CliError};
use reverie_avatar::AvatarPose;
use reverie_body::{AvatarSpec, Body, BuildError, Pack, SpecError, vrm};
use reverie_inference::assets_dir;
use reverie_portrait::Sitter;
use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

/// A larger spec is none, bytes.
const SPEC_BYTES: u64 = 1 << 20;

/// Somebody, and how to show them.
pub struct Person {
    pub name: String,
    pub body: Body,
    pub seed: u64,
    /// What was left out or put right in the file.
    pub warnings: Vec<String>,
    /// Of people out of files of others.
    expressions: Option<vrm::ExpressionMap>,
}

impl Person {
    /// A person made from a spec.
    pub fn built(address: &PersonAddress) -> Result<Self, CliError> {
        let (origin, spec) = match address {
            PersonAddress::Random(seed) => (format!("random:{seed}"), AvatarSpec::random(*seed)),
            PersonAddress::Named(name) => named(name)?,
        };
        let body = Body::build(&load_pack()?, &spec).map_err(|e| match e {
            BuildError::Spec(e) => CliError::BadInput(format!("{origin}: {e}")),
            other => CliError::BadInput(other.to_string()),
        })?;
        let name = if spec.name.is_empty() { "Somebody".to_owned() } else { spec.name };
        Ok(Self { name, body, seed: spec.seed, warnings: Vec::new(), expressions: None })
    }

    /// A person made from a spec or read from a file of others.
    pub fn any(address: &PersonAddress) -> Result<Self, CliError> {
        let PersonAddress::Named(name) = address else { return Self::built(address) };
        let path = Path::new(name);
        let ending = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
        if !matches!(ending.as_deref(), Some("vrm" | "glb" | "gltf")) {
            return Self::built(address);
        }
        let model = vrm::Model::load(path).map_err(|e| CliError::BadInput(e.to_string()))?;
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned());
        Ok(Self {
            name: Some(model.body.name.clone())
                .filter(|name| !name.is_empty())
                .or(stem)
                .unwrap_or_default(),
            expressions: Some(vrm::ExpressionMap::new(&model)),
            warnings: model.warnings.iter().map(ToString::to_string).collect(),
            body: model.body,
            seed: 0,
        })
    }

    /// The person in a pose.
    pub fn sitter(&self, pose: &AvatarPose) -> Sitter<'_> {
        match &self.expressions {
            Some(map) => Sitter::with_expressions(&self.body, map, pose),
            None => Sitter::new(&self.body, pose),
        }
    }
}

/// What all people are made from.
pub fn load_pack() -> Result<Pack, CliError> {
    let path = avatars_dir()?.join("people.pack");
    Pack::load(&path).map_err(|e| CliError::BadInput(e.to_string()))
}

/// The specs of all presets, by name.
pub fn preset_specs() -> Result<Vec<AvatarSpec>, CliError> {
    presets()?.iter().map(|path| Ok(read_spec(path)?.1)).collect()
}

fn avatars_dir() -> Result<PathBuf, CliError> {
    let Some(assets) = assets_dir() else {
        return Err(CliError::BadInput("no assets folder: set REVERIE_ASSETS to it".to_owned()));
    };
    Ok(assets.join("avatars"))
}

/// Files of the presets, in alphabetical order.
fn presets() -> Result<Vec<PathBuf>, CliError> {
    let folder = avatars_dir()?.join("presets");
    let bad = |e| CliError::BadInput(format!("{}: cannot be read: {e}", folder.display()));
    let mut found: Vec<PathBuf> = fs::read_dir(&folder)
        .map_err(bad)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "ron"))
        .collect();
    found.sort();
    Ok(found)
}

/// The spec of a preset or a file; the first part of the result is for messages.
fn named(name: &str) -> Result<(String, AvatarSpec), CliError> {
    let path = Path::new(name);
    if path.components().count() == 1 && path.extension().is_none() && !path.exists() {
        let all = presets()?;
        let is = |p: &&PathBuf| p.file_stem().is_some_and(|s| s.eq_ignore_ascii_case(name));
        let Some(preset) = all.iter().find(is) else {
            let names: Vec<_> =
                all.iter().filter_map(|p| Some(p.file_stem()?.to_string_lossy())).collect();
            return Err(CliError::BadInput(format!(
                "unknown person `{name}` (valid: a file SPEC.ron, random:SEED, {})",
                names.join(", ")
            )));
        };
        return read_spec(preset);
    }
    read_spec(path)
}

fn read_spec(path: &Path) -> Result<(String, AvatarSpec), CliError> {
    let shown = path.display().to_string();
    let bad = |problem: String| CliError::BadInput(format!("{shown}: {problem}"));
    let mut text = String::new();
    let read =
        fs::File::open(path).and_then(|file| file.take(SPEC_BYTES + 1).read_to_string(&mut text));
    read.map_err(|e| bad(format!("cannot be read: {e}")))?;
    if text.len() as u64 > SPEC_BYTES {
        return Err(bad(format!("is larger than a spec can be ({SPEC_BYTES} bytes)")));
    }
    let spec = AvatarSpec::from_ron(&text).map_err(|e| match e {
        SpecError::Ron(e) => {
            let at = e.span.start;
            bad(format!("line {}, column {}: {}", at.line, at.col, e.code))
        }
        other => bad(other.to_string()),
    })?;
    Ok((shown, spec))
}
