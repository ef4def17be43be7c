//! A folder that is either whole or not there.

use crate::error::CliError;
use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// Name of the file that describes a run; the last one to be put in place.
pub const RUN_FILE: &str = "run.json";

/// What kind of run fills a folder with frames.
#[derive(Debug, Clone, Copy)]
pub struct RunKind {
    /// First field of [`RUN_FILE`], by which an earlier run is recognised.
    pub program: &'static str,
    /// Files beside frames and [`RUN_FILE`].
    pub files: &'static [&'static str],
}

impl RunKind {
    fn is_ours(&self, name: &OsStr) -> bool {
        name == RUN_FILE || self.is_made(name)
    }

    /// A frame, or a file beside them.
    fn is_made(&self, name: &OsStr) -> bool {
        is_frame(name) || self.files.iter().any(|file| name == *file)
    }
}
/// A larger `run.json` is not ours, bytes.
const MAX_RUN_BYTES: u64 = 256 << 20;

/// A folder under construction, beside or inside the one that is asked for.
///
/// Dropping it takes everything away again.
pub struct OutputFolder {
    target: PathBuf,
    staging: TempDir,
    kind: RunKind,
}

impl OutputFolder {
    /// Makes the place for a run in `target`, which must not exist, be empty, or hold nothing but
    /// an earlier run of ours (which is replaced when the new one is complete).
    ///
    /// # Errors
    /// [`CliError::BadInput`] when `target` holds anything else or cannot be written.
    pub fn prepare(target: &Path, kind: RunKind) -> Result<Self, CliError> {
        let bad = |problem: String| {
            CliError::BadInput(format!("output folder {}: {problem}", target.display()))
        };
        let target_exists = match fs::metadata(target) {
            Ok(found) if !found.is_dir() => return Err(bad("is a file".to_owned())),
            Ok(_) => true,
            Err(e) if e.kind() == io::ErrorKind::NotFound => false,
            Err(e) => return Err(bad(format!("cannot be written: {e}"))),
        };
        let place = if target_exists {
            if let Some(stranger) = stranger_in(target, kind).map_err(|e| bad(e.to_string()))? {
                return Err(bad(format!(
                    "is neither empty nor an earlier run (it holds {stranger})"
                )));
            }
            target
        } else {
            // Missing folders above it are made at the very end, too.
            nearest_existing(target)
        };
        let staging = tempfile::Builder::new()
            .prefix(".reverie-")
            .suffix(".partial")
            .tempdir_in(place)
            .map_err(|e| bad(format!("cannot be written: {e}")))?;
        Ok(Self { target: target.to_owned(), staging, kind })
    }

    /// Where the files are to be written.
    pub fn staging(&self) -> &Path {
        self.staging.path()
    }

    /// Puts everything in place; [`RUN_FILE`] comes last.
    ///
    /// # Errors
    /// [`CliError::Failed`] with what the system says.
    pub fn publish(self) -> Result<(), CliError> {
        let target = self.target.clone();
        self.put_in_place().map_err(|e| {
            CliError::Failed(format!("output folder {}: cannot be written: {e}", target.display()))
        })
    }

    fn put_in_place(self) -> io::Result<()> {
        if !self.target.is_dir() {
            if let Some(parent) = self.target.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::rename(self.staging.path(), &self.target)?;
            // It has another name now: there is nothing to clean up.
            let _ = self.staging.keep();
            return Ok(());
        }
        // The folder itself stays, since it may be a mount point or somebody's working folder.
        match fs::remove_file(self.target.join(RUN_FILE)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        for name in names_in(&self.target)?.iter().filter(|name| self.kind.is_made(name)) {
            fs::remove_file(self.target.join(name))?;
        }
        let mut names = names_in(self.staging.path())?;
        names.sort_by_key(|name| (name == RUN_FILE, name.clone()));
        for name in names {
            fs::rename(self.staging.path().join(&name), self.target.join(&name))?;
        }
        Ok(())
    }
}

/// The closest folder above a path that does not exist.
pub fn nearest_existing(path: &Path) -> &Path {
    let above = path.ancestors().skip(1);
    above
        .map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
        .find(|folder| folder.exists())
        .unwrap_or(Path::new("."))
}

fn names_in(folder: &Path) -> io::Result<Vec<std::ffi::OsString>> {
    fs::read_dir(folder)?.map(|entry| entry.map(|e| e.file_name())).collect()
}

/// `00000.png` and so on.
fn is_frame(name: &OsStr) -> bool {
    name.to_str()
        .and_then(|name| name.strip_suffix(".png"))
        .is_some_and(|n| n.len() >= 5 && n.bytes().all(|b| b.is_ascii_digit()))
}

/// The first thing in a folder that a run of ours would not have put there.
fn stranger_in(folder: &Path, kind: RunKind) -> io::Result<Option<String>> {
    let mut names = names_in(folder)?;
    names.sort();
    if let Some(stranger) = names.iter().find(|name| !kind.is_ours(name)) {
        return Ok(Some(stranger.display().to_string()));
    }
    if let Some(first) = names.first()
        && !is_run_file(&folder.join(RUN_FILE), kind)
    {
        return Ok(Some(first.display().to_string()));
    }
    Ok(None)
}

fn is_run_file(path: &Path, kind: RunKind) -> bool {
    #[derive(serde::Deserialize)]
    struct Head {
        program: String,
    }
    fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() <= MAX_RUN_BYTES)
        && fs::read(path)
            .ok()
            .and_then(|text| serde_json::from_slice::<Head>(&text).ok())
            .is_some_and(|head| head.program == kind.program)
}
