//! What can be wrong with a file.

use std::path::PathBuf;

/// Why a file could not be read or written: names the file and what in it.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct FileError {
    /// The file, or the name that the caller gave the bytes.
    pub file: String,
    /// What is wrong.
    #[source]
    pub problem: Problem,
}

impl FileError {
    pub(crate) fn new(file: &std::path::Path, problem: impl Into<Problem>) -> Self {
        Self { file: PathBuf::from(file).display().to_string(), problem: problem.into() }
    }
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// It could not be read or written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// It is not a glTF file.
    #[error("is neither a binary glTF (.glb, .vrm) nor a glTF in JSON: {0}")]
    NotGltf(String),
    /// It ends too early.
    #[error("ends within {part}: {needed} bytes are needed, {there} are there")]
    Truncated {
        /// What is cut off.
        part: String,
        /// How many bytes it says it has.
        needed: u64,
        /// How many there are.
        there: u64,
    },
    /// More than is reasonable.
    #[error("{field}: {value} is more than {limit}")]
    TooLarge {
        /// Which field.
        field: String,
        /// What it says.
        value: u64,
        /// What is allowed.
        limit: u64,
    },
    /// A field has the wrong value.
    #[error("{field}: {reason}")]
    Field {
        /// Which field, such as `meshes[0].primitives[1].attributes.POSITION`.
        field: String,
        /// What is wrong.
        reason: String,
    },
    /// It cannot be understood without this extension.
    #[error("extensionsRequired: `{0}` is not supported")]
    Extension(String),
    /// Its bones are no person's.
    #[error("{field}: {source}")]
    Bones {
        /// Where the bones are listed.
        field: String,
        /// What is wrong.
        #[source]
        source: reverie_avatar::RigError,
    },
}

impl Problem {
    pub(crate) fn field(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Field { field: field.into(), reason: reason.into() }
    }

    pub(crate) fn index(field: impl Into<String>, list: &str, index: u64, len: usize) -> Self {
        Self::field(field, format!("there is no {list}[{index}], only {len}"))
    }
}
