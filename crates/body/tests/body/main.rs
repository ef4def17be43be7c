//! Bodies at the public surface.

#![allow(clippy::unwrap_used)]

mod build;
mod coarse;
mod files;
mod vrm;

use reverie_body::Pack;
use std::{path::PathBuf, sync::LazyLock};

/// The shipped pack.
static PACK: LazyLock<Pack> = LazyLock::new(|| Pack::load(&assets().join("people.pack")).unwrap());

fn assets() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../assets/avatars")
}
