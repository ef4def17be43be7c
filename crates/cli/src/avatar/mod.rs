//! `reverie avatar`: people on the command line.

mod animation;
mod film;
mod person;
mod track_file;

use crate::{
    args::{Avatar, AvatarExport, AvatarFilm, AvatarPortrait},
    error::CliError,
    output::{print, print_json},
    stats::millis,
};
use person::Person;
use reverie_avatar::{AvatarPose, FaceShape};
use reverie_body::vrm;
use reverie_media::{encode_rgb_png, write_bytes};
use reverie_portrait::{Camera, Framing};
use reverie_world_model::RgbImage;
use serde::Serialize;
use std::{path::Path, time::Instant};

pub use person::{load_pack, preset_specs};

#[derive(Serialize)]
struct Exported {
    name: String,
    file: String,
    bytes: usize,
    vertices: usize,
    triangles: usize,
    face_shapes: usize,
    bones: usize,
    build_ms: f64,
    export_ms: f64,
}

#[derive(Serialize)]
struct Portrayed {
    name: String,
    file: String,
    size: [u32; 2],
    mood: String,
    intensity: f32,
    /// What was left out or put right in a file of others.
    warnings: Vec<String>,
    /// Getting hold of the person: reading or building it.
    person_ms: f64,
    draw_ms: f64,
    threads: usize,
}

/// Runs `avatar export` or `avatar portrait`, or films somebody, or writes a track as an animation.
///
/// # Errors
/// [`CliError::BadInput`] for a person that cannot be made or read, or a file that cannot be written.
pub fn run(what: Option<&Avatar>, film: &AvatarFilm) -> Result<(), CliError> {
    match what {
        Some(Avatar::Export(args)) => export(args),
        Some(Avatar::Portrait(args)) => portrait(args),
        None => {
            if film.person.is_none() && film.track.is_none() {
                return Err(lacks("a subcommand, or AVATAR"));
            }
            let track = film.track.as_ref().ok_or_else(|| lacks("--track"))?;
            match &film.vrma {
                Some(vrma) => animation::run(film, track, vrma),
                None => film::run(film, track),
            }
        }
    }
}

fn lacks(what: &str) -> CliError {
    CliError::BadInput(format!("{what} is missing (see `reverie avatar --help`)"))
}

fn export(args: &AvatarExport) -> Result<(), CliError> {
    check_output(&args.vrm, "--vrm", &["vrm", "glb"])?;
    let started = Instant::now();
    let Person { body, name, .. } = Person::built(&args.person)?;
    let build_ms = millis(started.elapsed());
    let started = Instant::now();
    let shown = args.vrm.display();
    let bytes = vrm::vrm_bytes(&body, &vrm::Meta::public_domain(&name))
        .map_err(|e| CliError::Failed(format!("{shown}: {e}")))?;
    write_bytes(&args.vrm, &bytes).map_err(unwritable)?;
    let has = |shape: FaceShape| {
        body.meshes.iter().flat_map(|mesh| &mesh.targets).any(|t| t.shape == Some(shape))
    };
    let report = Exported {
        name,
        file: shown.to_string(),
        bytes: bytes.len(),
        vertices: body.meshes.iter().map(|mesh| mesh.positions.len()).sum(),
        triangles: body.meshes.iter().map(|mesh| mesh.indices.len() / 3).sum(),
        face_shapes: FaceShape::ALL.into_iter().filter(|shape| has(*shape)).count(),
        bones: body.skeleton.bones.len(),
        build_ms,
        export_ms: millis(started.elapsed()),
    };
    if args.json {
        return print_json(&report);
    }
    print(&format!(
        "{}: {}, {:.1} MB, {} triangles, {} face shapes, {} bones (built in {:.0} ms, written in {:.0} ms)",
        report.file,
        report.name,
        report.bytes as f64 / 1e6,
        report.triangles,
        report.face_shapes,
        report.bones,
        report.build_ms,
        report.export_ms,
    ))
}

fn portrait(args: &AvatarPortrait) -> Result<(), CliError> {
    check_output(&args.out, "--out", &["png"])?;
    let started = Instant::now();
    let person = Person::any(&args.person)?;
    let person_ms = millis(started.elapsed());
    for warning in &person.warnings {
        eprintln!("warning: {}: {warning}", args.person);
    }
    let started = Instant::now();
    let (width, height) = (args.size.width, args.size.height);
    let framing = Framing::from(args.view.framing);
    let yaw = args.view.turn.to_radians();
    // The gaze goes to where the camera would be if nobody moved.
    let still = Camera::of(&person.sitter(&AvatarPose::REST), framing, yaw);
    let mood = args.mood.0;
    let pose =
        reverie_portrait::sitting(&person.body.rig, person.seed, mood, args.intensity, still.eye)
            .map_err(|e| CliError::Failed(e.to_string()))?;
    let sitter = person.sitter(&pose);
    let camera = Camera::of(&sitter, framing, yaw);
    let picture = reverie_portrait::draw(&sitter, &camera, width as usize, height as usize);
    let picture = RgbImage::new(width, height, picture.to_image().into_raw())
        .map_err(|e| CliError::Failed(e.to_string()))?;
    let png = encode_rgb_png(&picture).map_err(|e| CliError::Failed(e.to_string()))?;
    write_bytes(&args.out, &png).map_err(unwritable)?;
    let report = Portrayed {
        name: person.name,
        file: args.out.display().to_string(),
        size: [width, height],
        mood: args.mood.to_string(),
        intensity: args.intensity,
        warnings: person.warnings,
        person_ms,
        draw_ms: millis(started.elapsed()),
        threads: rayon::current_num_threads(),
    };
    if args.json {
        return print_json(&report);
    }
    print(&format!(
        "{}: {}, {}, {} (made in {:.0} ms, drawn in {:.1} s)",
        report.file,
        report.name,
        report.mood,
        args.size,
        report.person_ms,
        report.draw_ms / 1e3,
    ))
}

/// Refuses early what would only fail after the work.
pub fn check_output(path: &Path, option: &str, endings: &[&str]) -> Result<(), CliError> {
    let shown = path.display();
    let ends = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    if !endings.iter().any(|ending| ends.eq_ignore_ascii_case(ending)) {
        let wanted = endings.join(" or .");
        return Err(CliError::BadInput(format!(
            "{option} {shown}: the name must end in .{wanted}"
        )));
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        let folder = folder.display();
        return Err(CliError::BadInput(format!("{option} {shown}: there is no folder {folder}")));
    }
    if path.is_dir() {
        return Err(CliError::BadInput(format!("{option} {shown}: is a folder")));
    }
    Ok(())
}

/// A place that cannot be written to is the user's to change.
pub fn unwritable(error: reverie_media::MediaError) -> CliError {
    CliError::BadInput(error.to_string())
}
