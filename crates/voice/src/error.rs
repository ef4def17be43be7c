//! Why a voice cannot be loaded.

use crate::text::TextError;
use reverie_inference::StoreError;

/// Why a voice cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VoiceError {
    /// The networks are missing, damaged or of another shape.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The dictionaries are missing or damaged.
    #[error(transparent)]
    Text(#[from] TextError),
}
