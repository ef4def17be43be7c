//! Shipped files and stored numbers.

use reverie_inference::ModelStore;
use reverie_voice::Voice;
use reverie_voice::text::Accent;
use safetensors::SafeTensors;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A file of the assets.
pub fn shipped(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets").join(path)
}

pub fn store() -> ModelStore {
    ModelStore::open_at(&shipped("")).unwrap()
}

static VOICE: LazyLock<Voice> = LazyLock::new(|| Voice::load(&store(), Accent::American).unwrap());

/// The shipped voice.
pub fn voice() -> &'static Voice {
    &VOICE
}

/// Numbers of `tests/data`.
pub struct Fixture {
    data: Vec<u8>,
    metadata: HashMap<String, String>,
}

impl Fixture {
    pub fn read(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        Self::at(&folder.join(format!("{name}.safetensors")))
    }

    pub fn at(path: &Path) -> Self {
        let data = std::fs::read(path).unwrap();
        let (_, header) = SafeTensors::read_metadata(&data).unwrap();
        let metadata = header.metadata().clone().unwrap_or_default();
        Self { data, metadata }
    }

    pub fn text(&self, key: &str) -> &str {
        &self.metadata[key]
    }

    pub fn values(&self, name: &str) -> Vec<f32> {
        let tensors = SafeTensors::deserialize(&self.data).unwrap();
        let bytes = tensors.tensor(name).unwrap();
        bytes.data().as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
    }

    pub fn steps(&self, name: &str) -> Vec<usize> {
        self.values(name).iter().map(|steps| *steps as usize).collect()
    }
}
