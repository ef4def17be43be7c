//! `reverie avatar [AVATAR] --track T.json --vrma OUT.vrma`: a track for other programs.

use super::{check_output, person::Person, track_file, unwritable};
use crate::{
    args::AvatarFilm,
    error::CliError,
    output::{print, print_json},
};
use reverie_avatar::Rig;
use reverie_body::vrm;
use reverie_media::write_bytes;
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
struct Report {
    file: String,
    /// Whose proportions it has.
    name: String,
    bytes: usize,
    frames: usize,
    duration_secs: f32,
    warnings: Vec<String>,
}

/// Writes the track as VRM Animation 1.0, for the proportions of `AVATAR` or else of an adult of middle
/// height.
///
/// # Errors
/// [`CliError::BadInput`] for a track or person that cannot be used, and a file that cannot be written.
pub fn run(args: &AvatarFilm, track: &Path, vrma: &Path) -> Result<(), CliError> {
    check_output(vrma, "--vrma", &["vrma"])?;
    let track = track_file::read(track)?;
    let (name, rig, warnings) = match &args.person {
        Some(address) => {
            let Person { name, body, warnings, .. } = Person::any(address)?;
            (name, body.rig, warnings)
        }
        None => ("an adult".to_owned(), Rig::adult(), Vec::new()),
    };
    let bytes = vrm::vrma_bytes(&track, &rig)
        .map_err(|e| CliError::BadInput(format!("{}: {e}", vrma.display())))?;
    write_bytes(vrma, &bytes).map_err(unwritable)?;
    let report = Report {
        file: vrma.display().to_string(),
        name,
        bytes: bytes.len(),
        frames: track.frames.len(),
        duration_secs: track.duration_secs(),
        warnings,
    };
    for warning in &report.warnings {
        eprintln!("warning: {}: {warning}", report.name);
    }
    if args.json {
        return print_json(&report);
    }
    print(&format!(
        "{}: {:.1} s, {} frames, {:.1} MB, for the proportions of {}",
        report.file,
        report.duration_secs,
        report.frames,
        report.bytes as f64 / 1e6,
        report.name,
    ))
}
