//! Results on stdout.

use crate::error::CliError;
use serde::Serialize;
use std::io::{self, Write as _};

/// Prints one line (or a block of lines) on stdout.
///
/// # Errors
/// [`CliError::Failed`] when stdout cannot be written; a reader that has gone away is none.
pub fn print(text: &str) -> Result<(), CliError> {
    match writeln!(io::stdout(), "{text}") {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(CliError::Failed(format!("stdout: {e}")))
        }
        _ => Ok(()),
    }
}

/// Prints one JSON object on one line.
///
/// # Errors
/// As [`print()`].
pub fn print_json(value: &impl Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string(value).map_err(|e| CliError::Failed(e.to_string()))?;
    print(&text)
}
