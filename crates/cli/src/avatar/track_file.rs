//! Tracks in files.

use crate::error::CliError;
use reverie_avatar::Track;
use std::{fs, path::Path};

/// A longer track is refused, bytes: about an hour at 60 Hz.
const MAX_TRACK_BYTES: u64 = 1 << 30;

/// Reads a track that has frames and is sound.
///
/// # Errors
/// [`CliError::BadInput`] names the file and what is wrong with it.
pub fn read(path: &Path) -> Result<Track, CliError> {
    let bad = |problem: String| CliError::BadInput(format!("{}: {problem}", path.display()));
    let bytes = read_bounded(path, MAX_TRACK_BYTES).map_err(bad)?;
    let track: Track = serde_json::from_slice(&bytes).map_err(|e| bad(e.to_string()))?;
    track.check().map_err(|e| bad(e.to_string()))?;
    match track.frames.is_empty() {
        true => Err(bad("frames: there are none".to_owned())),
        false => Ok(track),
    }
}

fn read_bounded(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let found = fs::metadata(path).map_err(|e| format!("cannot be read: {e}"))?;
    if !found.is_file() {
        return Err("is no file".to_owned());
    }
    if found.len() > most {
        return Err(format!("has {} bytes, at most {most} are read", found.len()));
    }
    fs::read(path).map_err(|e| format!("cannot be read: {e}"))
}
