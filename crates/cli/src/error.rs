//! How the program fails: one line on stderr and an exit code.

use reverie_inference::StoreError;
use reverie_media::MediaError;
use reverie_world_model::WorldError;
use std::{fmt, process::ExitCode};

/// Why a subcommand stops.
#[derive(Debug)]
pub enum CliError {
    /// What the user gave cannot be used. Exit code 2.
    BadInput(String),
    /// Something failed that is not the input's fault. Exit code 1.
    Failed(String),
    /// Ctrl-C or a request to end. Exit code 130, as shells expect.
    Interrupted,
    /// As [`Interrupted`](Self::Interrupted), with what is there and how to go on. Exit code 130.
    Paused(String),
}

impl CliError {
    /// The program's exit code.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::BadInput(_) => ExitCode::from(2),
            Self::Failed(_) => ExitCode::from(1),
            Self::Interrupted | Self::Paused(_) => ExitCode::from(130),
        }
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::BadInput(text) | Self::Failed(text) | Self::Paused(text) => text,
            Self::Interrupted => "interrupted, nothing was written",
        };
        // Messages that quote files or other programs may hold line breaks; this is one line.
        for (at, word) in text.split_whitespace().enumerate() {
            let space = if at == 0 { "" } else { " " };
            write!(f, "{space}{word}")?;
        }
        Ok(())
    }
}

impl From<MediaError> for CliError {
    fn from(error: MediaError) -> Self {
        match error {
            MediaError::Write { .. } => Self::Failed(error.to_string()),
            _ => Self::BadInput(error.to_string()),
        }
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        Self::BadInput(error.to_string())
    }
}

impl From<WorldError> for CliError {
    fn from(error: WorldError) -> Self {
        match error {
            WorldError::Failed(_) | WorldError::NotBegun => Self::Failed(error.to_string()),
            _ => Self::BadInput(error.to_string()),
        }
    }
}
