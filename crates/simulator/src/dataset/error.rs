//! What can go wrong with a data set.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Why a data set cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The system refuses to read or write.
    #[error("{}: cannot be {action}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried: `read`, `written`, `locked`.
        action: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The folder was begun with something else.
    #[error("{}: {field} is {found} there and {wanted} here", path.display())]
    Mismatch {
        /// The manifest.
        path: PathBuf,
        /// What differs, for example `parameters.size`.
        field: String,
        /// What the folder has.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// A file is not what it should be.
    #[error("{}: {problem}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A value that makes no sense.
    #[error("{field}: {problem}")]
    Invalid {
        /// The field.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl DatasetError {
    /// Whether there is no room left for what is to be written (disk, quota or file size limit).
    pub fn is_disk_full(&self) -> bool {
        let full = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::FileTooLarge];
        matches!(self, Self::Io { source, .. } if full.contains(&source.kind()))
    }

    pub(super) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        Self::io(path, "read")
    }

    pub(super) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        Self::io(path, "written")
    }

    pub(super) fn io(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), action, source }
    }

    pub(super) fn corrupt(path: &Path, problem: impl Into<String>) -> Self {
        Self::Corrupt { path: path.to_owned(), problem: problem.into() }
    }
}

pub(super) fn invalid(field: impl Into<String>, problem: impl Into<String>) -> DatasetError {
    DatasetError::Invalid { field: field.into(), problem: problem.into() }
}
