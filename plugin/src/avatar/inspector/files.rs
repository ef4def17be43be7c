//! Specs on disk.

use reverie_body::AvatarSpec;
use std::{fs, path::Path};

/// Writes a spec as RON. The file is whole or as it was: it is written beside and then renamed.
///
/// # Errors
/// One line that names the file, or the field that is out of its range.
pub fn save_spec(spec: &AvatarSpec, path: &Path) -> Result<(), String> {
    let named = |problem: &dyn std::fmt::Display| format!("{}: {problem}", path.display());
    spec.check().map_err(|error| named(&error))?;
    let Some(name) = path.file_name() else { return Err(named(&"is no file name")) };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|error| named(&error))?;
    }
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}.part", std::process::id()));
    let beside = path.with_file_name(beside);
    let written = fs::write(&beside, spec.to_ron() + "\n").and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        // What was left half-written is of no use; that it cannot be removed says nothing new.
        let _ = fs::remove_file(&beside);
        named(&error)
    })
}

/// Names of the specs in a folder, in alphabetical order.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let name = |entry: fs::DirEntry| {
        let path = entry.path();
        let is_spec = path.extension().is_some_and(|ending| ending == "ron");
        is_spec.then(|| path.file_stem()?.to_str().map(str::to_owned)).flatten()
    };
    let mut names: Vec<String> = entries.flatten().filter_map(name).collect();
    names.sort_unstable();
    names
}
