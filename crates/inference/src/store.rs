//! Finding, checking and opening models.

use crate::locate::{ASSETS_VARIABLE, assets_dir, cache_dir};
use crate::manifest::{MANIFEST_FILE, MODELS_FOLDER, Manifest, ManifestError, ModelEntry};
use crate::weights::{Weights, WeightsError};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No assets folder was found.
    #[error("no assets folder with models was found; set {ASSETS_VARIABLE} to it")]
    NoAssets,
    /// The manifest is missing or wrong.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The manifest has no such model.
    #[error("no model is named `{name}` in {}", manifest.display())]
    Unknown {
        /// The name asked for.
        name: String,
        /// The manifest.
        manifest: PathBuf,
    },
    /// The file of a model that is fetched is not there yet.
    #[error("model `{name}` was not fetched yet: run `reverie models fetch` ({} is missing)", path.display())]
    NotFetched {
        /// The model.
        name: String,
        /// Where it is expected.
        path: PathBuf,
    },
    /// The file is in none of the places.
    #[error("model `{name}`: {} is missing", path.display())]
    Missing {
        /// The model.
        name: String,
        /// Where it is expected.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("model `{name}`: {}: {source}", path.display())]
    Unreadable {
        /// The model.
        name: String,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is shorter or longer than the manifest says.
    #[error("model `{name}`: {} has {found} bytes, expected {expected}", path.display())]
    WrongSize {
        /// The model.
        name: String,
        /// The file.
        path: PathBuf,
        /// Bytes the manifest states.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// The file's content is not what the manifest says.
    #[error("model `{name}`: {} has SHA-256 {found}, expected {expected}", path.display())]
    WrongHash {
        /// The model.
        name: String,
        /// The file.
        path: PathBuf,
        /// Digest the manifest states.
        expected: String,
        /// Digest of the file.
        found: String,
    },
    /// The file is no safetensors file, or not the expected one.
    #[error(transparent)]
    Weights(#[from] WeightsError),
}

/// How a listed model stands on this machine.
#[derive(Debug)]
pub enum ModelState {
    /// Size and SHA-256 are as stated.
    Verified,
    /// It is not shipped and was not fetched yet, which is nothing wrong.
    NotFetched,
    /// It cannot be used, and why.
    Broken(StoreError),
}

/// One line of `models list` or `models verify`.
#[derive(Debug)]
pub struct ModelStatus {
    /// The manifest's entry.
    pub entry: ModelEntry,
    /// Where it lies, or where it is expected.
    pub path: PathBuf,
    /// How it stands.
    pub state: ModelState,
}

/// The models of one assets folder.
#[derive(Debug, Clone)]
pub struct ModelStore {
    assets: PathBuf,
    cache: Option<PathBuf>,
    manifest: Manifest,
    /// Models that take the place of those of the same name.
    others: Option<Box<ModelStore>>,
}

impl ModelStore {
    /// Opens the store of the assets folder that [`assets_dir`] finds.
    ///
    /// # Errors
    /// When there is no assets folder or its manifest is wrong.
    pub fn open() -> Result<Self, StoreError> {
        Self::open_at(&assets_dir().ok_or(StoreError::NoAssets)?)
    }

    /// Opens the store of one assets folder.
    ///
    /// # Errors
    /// When the manifest `models/manifest.ron` in it is missing or wrong.
    pub fn open_at(assets: &Path) -> Result<Self, StoreError> {
        let manifest = Manifest::read(&assets.join(MODELS_FOLDER).join(MANIFEST_FILE))?;
        Ok(Self { assets: assets.into(), cache: cache_dir(), manifest, others: None })
    }

    /// The same with the models of another folder in place of those of the same name: what was taught a
    /// game's look, for example. The folder is built like the assets, with `models/manifest.ron`.
    ///
    /// # Errors
    /// As [`ModelStore::open_at`].
    pub fn with_weights(self, folder: &Path) -> Result<Self, StoreError> {
        Ok(Self { others: Some(Box::new(Self::open_at(folder)?)), ..self })
    }

    /// The assets folder.
    pub fn assets(&self) -> &Path {
        &self.assets
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The entry of a name.
    ///
    /// # Errors
    /// [`StoreError::Unknown`].
    pub fn entry(&self, name: &str) -> Result<&ModelEntry, StoreError> {
        if let Some(Ok(entry)) = self.others.as_ref().map(|others| others.entry(name)) {
            return Ok(entry);
        }
        self.manifest.models.iter().find(|m| m.name == name).ok_or_else(|| StoreError::Unknown {
            name: name.into(),
            manifest: self.assets.join(MODELS_FOLDER).join(MANIFEST_FILE),
        })
    }

    /// The folder for models that are fetched; `None` where the system has none.
    pub fn cache(&self) -> Option<&Path> {
        self.cache.as_deref()
    }

    /// Where the model's file lies (shipped folder first, then the cache), or where it should.
    pub fn path(&self, entry: &ModelEntry) -> PathBuf {
        if let Some(others) = &self.others
            && others.manifest.models.contains(entry)
        {
            return others.path(entry);
        }
        let shipped = self.assets.join(&entry.folder).join(&entry.file);
        if let (Some(cache), true) = (&self.cache, entry.fetch.is_some() && !shipped.is_file()) {
            return cache.join(&entry.file);
        }
        match &self.cache {
            Some(cache) if !shipped.is_file() && cache.join(&entry.file).is_file() => {
                cache.join(&entry.file)
            }
            _ => shipped,
        }
    }

    /// Reads the whole file of a model after checking its size, then checks its SHA-256.
    ///
    /// # Errors
    /// When the name is unknown or the file is missing, unreadable, of another size or content.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, StoreError> {
        let entry = self.entry(name)?;
        let path = self.path(entry);
        let unreadable =
            |source| StoreError::Unreadable { name: name.into(), path: path.clone(), source };
        let file = match File::open(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let name = name.into();
                return Err(match entry.fetch {
                    Some(_) => StoreError::NotFetched { name, path },
                    None => StoreError::Missing { name, path },
                });
            }
            other => other.map_err(unreadable)?,
        };
        let found = file.metadata().map_err(unreadable)?.len();
        if found != entry.bytes {
            let (name, expected) = (name.into(), entry.bytes);
            return Err(StoreError::WrongSize { name, path, expected, found });
        }
        let mut data = Vec::with_capacity(found as usize);
        file.take(found).read_to_end(&mut data).map_err(unreadable)?;
        let found = sha256_hex(&data);
        if found != entry.sha256 {
            let (name, expected) = (name.into(), entry.sha256.clone());
            return Err(StoreError::WrongHash { name, path, expected, found });
        }
        Ok(data)
    }

    /// Opens a model's weights.
    ///
    /// # Errors
    /// As [`ModelStore::read`], and when the file is no safetensors file.
    pub fn weights(&self, name: &str) -> Result<Weights, StoreError> {
        let _span = tracing::info_span!("weights", name).entered();
        let data = self.read(name)?;
        Ok(Weights::from_bytes(&self.path(self.entry(name)?), data)?)
    }

    /// Reads and checks every model of the manifest.
    pub fn verify_all(&self) -> Vec<ModelStatus> {
        let models = self.manifest.models.iter();
        models
            .map(|entry| ModelStatus {
                entry: entry.clone(),
                path: self.path(entry),
                state: match self.read(&entry.name) {
                    Ok(_) => ModelState::Verified,
                    Err(StoreError::NotFetched { .. }) => ModelState::NotFetched,
                    Err(problem) => ModelState::Broken(problem),
                },
            })
            .collect()
    }
}

/// SHA-256 as 64 lower-case hexadecimal digits.
pub fn sha256_hex(data: &[u8]) -> String {
    Sha256::digest(data).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
