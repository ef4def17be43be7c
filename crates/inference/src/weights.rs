//! A safetensors file in memory.

use candle_core::safetensors::{BufferedSafetensors, Load as _};
use candle_core::{DType, Device, Shape, Tensor};
use candle_nn::VarBuilder;
use candle_nn::var_builder::SimpleBackend;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A header longer than this is refused, bytes.
pub const MAX_HEADER_BYTES: u64 = 16 << 20;

/// Why a file holds no usable weights.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The header does not fit the file or is no header.
    #[error("{}: {problem}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A tensor is not in the file.
    #[error("{}: tensor `{tensor}` is missing", path.display())]
    MissingTensor {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
    },
    /// A tensor has another shape than the network needs.
    #[error("{}: tensor `{tensor}` has shape {found:?}, expected {expected:?}", path.display())]
    WrongShape {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// Shape the network needs.
        expected: Vec<usize>,
        /// Shape in the file.
        found: Vec<usize>,
    },
    /// A metadata entry is missing or cannot be read.
    #[error("{}: metadata `{key}` {problem}", path.display())]
    BadMetadata {
        /// The file.
        path: PathBuf,
        /// The entry.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// A safetensors file whose header and offsets were checked.
#[derive(Clone)]
pub struct Weights {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    tensors: BufferedSafetensors,
    metadata: HashMap<String, String>,
}

impl std::fmt::Debug for Weights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Weights").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

impl Weights {
    /// Takes the bytes of a safetensors file; `path` is only named in errors.
    ///
    /// # Errors
    /// [`WeightsError::Malformed`] when the header does not fit the bytes.
    pub fn from_bytes(path: &Path, data: Vec<u8>) -> Result<Self, WeightsError> {
        let malformed = |problem: String| WeightsError::Malformed { path: path.into(), problem };
        let header = data.first_chunk::<8>().map(|b| u64::from_le_bytes(*b));
        match header {
            None => return Err(malformed(format!("{} bytes hold no header", data.len()))),
            Some(bytes) if bytes > MAX_HEADER_BYTES || bytes > data.len() as u64 - 8 => {
                return Err(malformed(format!(
                    "the header claims {bytes} bytes, the file has {}",
                    data.len()
                )));
            }
            Some(_) => {}
        }
        let (_, metadata) = safetensors::SafeTensors::read_metadata(&data)
            .map_err(|e| malformed(format!("not a safetensors file: {e}")))?;
        let metadata = metadata.metadata().clone().unwrap_or_default();
        let tensors = BufferedSafetensors::new(data)
            .map_err(|e| malformed(format!("not a safetensors file: {}", plain(e))))?;
        let inner = Inner { path: path.into(), tensors, metadata };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// A metadata entry of the header.
    ///
    /// # Errors
    /// [`WeightsError::BadMetadata`] when there is none.
    pub fn metadata(&self, key: &str) -> Result<&str, WeightsError> {
        self.inner.metadata.get(key).map(String::as_str).ok_or_else(|| WeightsError::BadMetadata {
            path: self.inner.path.clone(),
            key: key.into(),
            problem: "is missing".into(),
        })
    }

    /// Loads one tensor of exactly this shape.
    ///
    /// # Errors
    /// When it is missing, has another shape or cannot be converted.
    pub fn tensor(
        &self,
        name: &str,
        shape: &[usize],
        dtype: DType,
        device: &Device,
    ) -> Result<Tensor, WeightsError> {
        let path = || self.inner.path.clone();
        let view = self
            .inner
            .tensors
            .get(name)
            .map_err(|_| WeightsError::MissingTensor { path: path(), tensor: name.into() })?;
        if view.shape() != shape {
            return Err(WeightsError::WrongShape {
                path: path(),
                tensor: name.into(),
                expected: shape.to_vec(),
                found: view.shape().to_vec(),
            });
        }
        view.load(device).and_then(|t| t.to_dtype(dtype)).map_err(|e| WeightsError::Malformed {
            path: path(),
            problem: format!("tensor `{name}`: {}", plain(e)),
        })
    }

    /// A builder that hands these tensors to a network as `dtype`.
    ///
    /// Its errors carry the text of [`WeightsError`], so they name file and tensor.
    pub fn var_builder(&self, dtype: DType, device: &Device) -> VarBuilder<'static> {
        VarBuilder::from_backend(Box::new(self.clone()), dtype, device.clone())
    }
}

impl SimpleBackend for Weights {
    fn get(
        &self,
        shape: Shape,
        name: &str,
        _: candle_nn::Init,
        dtype: DType,
        device: &Device,
    ) -> candle_core::Result<Tensor> {
        self.tensor(name, shape.dims(), dtype, device).map_err(candle_core::Error::msg)
    }

    fn get_unchecked(
        &self,
        name: &str,
        dtype: DType,
        device: &Device,
    ) -> candle_core::Result<Tensor> {
        let view = self.inner.tensors.get(name)?;
        view.load(device)?.to_dtype(dtype)
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.inner.tensors.get(name).is_ok()
    }
}

/// The message alone: candle adds a stack trace to it where one is asked for.
fn plain(error: candle_core::Error) -> String {
    match error {
        candle_core::Error::WithBacktrace { inner, .. } => plain(*inner),
        other => other.to_string(),
    }
}
