//! What can be wrong with a picture or a sound.

use reverie_world_model::{MAX_PICTURE_PIXELS, MAX_PICTURE_SIDE, PictureError};
use std::{io, path::Path};

/// A picture, depth image, camera or sound that cannot be used, or a file that cannot be written.
///
/// The message is one line and begins with the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// The file cannot be opened or read.
    #[error("{file}: cannot be read: {source}")]
    Read {
        /// The file.
        file: String,
        /// Why not.
        source: io::Error,
    },
    /// The content is in no format that is read here.
    #[error("{file}: is not a picture in a format that is read ({formats})")]
    NotAPicture {
        /// The file.
        file: String,
        /// The formats that are.
        formats: &'static str,
    },
    /// The format is known, but the data is damaged or cut short.
    #[error("{file}: the picture is damaged or cut short: {problem}")]
    Damaged {
        /// The file.
        file: String,
        /// What the decoder found.
        problem: String,
    },
    /// A kind of picture that makes no sense here.
    #[error("{file}: {problem}")]
    Unsupported {
        /// The file.
        file: String,
        /// What it is and what is expected.
        problem: String,
    },
    /// No pixels, or too many.
    #[error("{file}: {source}")]
    Size {
        /// The file.
        file: String,
        /// Which.
        source: PictureError,
    },
    /// Depth that does not fit the picture or makes no sense.
    #[error("{file}: {problem}")]
    Depth {
        /// The file.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Camera numbers that make no sense.
    #[error("intrinsics `{text}`: {problem}")]
    Intrinsics {
        /// The numbers as given.
        text: String,
        /// What is wrong with them.
        problem: String,
    },
    /// A sound that is none, is damaged or cut short, or makes no sense.
    #[error("{file}: {problem}")]
    Sound {
        /// The file.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The file cannot be written.
    #[error("{file}: cannot be written: {source}")]
    Write {
        /// The file.
        file: String,
        /// Why not.
        source: io::Error,
    },
}

impl MediaError {
    pub(crate) fn damaged(file: &str, problem: impl std::fmt::Display) -> Self {
        Self::Damaged { file: file.to_owned(), problem: one_line(&problem.to_string()) }
    }

    pub(crate) fn unsupported(file: &str, problem: impl Into<String>) -> Self {
        Self::Unsupported { file: file.to_owned(), problem: problem.into() }
    }

    pub(crate) fn depth(file: &str, problem: impl Into<String>) -> Self {
        Self::Depth { file: file.to_owned(), problem: problem.into() }
    }

    pub(crate) fn sound(file: &str, problem: impl std::fmt::Display) -> Self {
        Self::Sound { file: file.to_owned(), problem: one_line(&problem.to_string()) }
    }

    pub(crate) fn size(file: &str, source: PictureError) -> Self {
        Self::Size { file: file.to_owned(), source }
    }

    pub(crate) fn write(path: &Path, source: io::Error) -> Self {
        Self::Write { file: path.display().to_string(), source }
    }
}

/// Decoders put line breaks into some messages.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Checks a size that a header claims, before memory is asked for.
pub(crate) fn check_size(file: &str, width: u32, height: u32) -> Result<(), MediaError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(MediaError::size(file, PictureError::Empty { width, height }));
    }
    if width > MAX_PICTURE_SIDE || height > MAX_PICTURE_SIDE || pixels > MAX_PICTURE_PIXELS {
        return Err(MediaError::size(file, PictureError::TooLarge { width, height }));
    }
    Ok(())
}
