//! Where assets and fetched models lie.

use std::env;
use std::path::{Path, PathBuf};

/// Environment variable that names the assets folder.
pub const ASSETS_VARIABLE: &str = "REVERIE_ASSETS";
/// Environment variable that names the folder for fetched models.
pub const CACHE_VARIABLE: &str = "REVERIE_CACHE";

/// The assets folder: `REVERIE_ASSETS`, else `assets` beside the program (or one or two folders
/// up, as in an installed tree), else the `assets` of the source tree this was built from.
///
/// `None` when none of them is a folder with a `models` folder in it; a folder named by the
/// variable is taken as it is, so that a wrong one is reported instead of passed over.
pub fn assets_dir() -> Option<PathBuf> {
    if let Some(named) = env::var_os(ASSETS_VARIABLE).filter(|v| !v.is_empty()) {
        return Some(named.into());
    }
    let beside = env::current_exe().ok().into_iter().flat_map(|program| {
        program.ancestors().skip(1).take(3).map(|folder| folder.join("assets")).collect::<Vec<_>>()
    });
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).map(|r| r.join("assets"));
    beside.chain(source).find(|folder| folder.join("models").is_dir())
}

/// The folder for models that are not shipped: `REVERIE_CACHE`, else the platform's cache folder
/// (`XDG_CACHE_HOME`, `LOCALAPPDATA`, `~/Library/Caches` or `~/.cache`) plus `reverie/models`.
pub fn cache_dir() -> Option<PathBuf> {
    let folder = |name: &str| env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(named) = folder(CACHE_VARIABLE) {
        return Some(named);
    }
    let home = || folder("HOME");
    let base = if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library/Caches"))
    } else {
        folder("XDG_CACHE_HOME").or_else(|| home().map(|home| home.join(".cache")))
    };
    base.map(|base| base.join("reverie/models"))
}
