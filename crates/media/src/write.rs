//! Files that are either whole or not there.

use crate::MediaError;
use image::{
    ExtendedColorType, ImageEncoder, ImageError,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};
use reverie_world_model::{DepthImage, RgbImage};
use std::{
    fs::Permissions,
    io::{self, Write},
    path::Path,
};

/// Encodes a picture as PNG (8-bit RGB), quickly rather than small.
///
/// # Errors
/// When the encoder fails, which for a valid picture means that memory ran out.
pub fn encode_rgb_png(picture: &RgbImage) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    encode(&mut bytes, picture.data(), picture.width(), picture.height(), ExtendedColorType::Rgb8)?;
    Ok(bytes)
}

/// Writes a picture as PNG (8-bit RGB).
///
/// # Errors
/// [`MediaError::Write`] naming the file; nothing half-written stays behind.
pub fn write_rgb_png(path: &Path, picture: &RgbImage) -> Result<(), MediaError> {
    let bytes = encode_rgb_png(picture).map_err(|e| MediaError::write(path, e))?;
    write_bytes(path, &bytes)
}

/// Writes depth as 16-bit PNG in millimetres: 0 is unknown, 65535 is 65.535 m or farther (sky).
///
/// # Errors
/// [`MediaError::Write`] naming the file; nothing half-written stays behind.
pub fn write_depth_png(path: &Path, depth: &DepthImage) -> Result<(), MediaError> {
    let millimetres: Vec<u8> = depth
        .data()
        .iter()
        // Known depth never becomes "unknown", however near; casts saturate.
        .map(|&m| if m > 0.0 { ((m * 1000.0).round() as u16).max(1) } else { 0 })
        .flat_map(u16::to_ne_bytes)
        .collect();
    let mut bytes = Vec::new();
    encode(&mut bytes, &millimetres, depth.width(), depth.height(), ExtendedColorType::L16)
        .map_err(|e| MediaError::write(path, e))?;
    write_bytes(path, &bytes)
}

/// Writes a whole file: into a temporary one beside it, then renamed over `path`.
///
/// # Errors
/// [`MediaError::Write`] naming the file; nothing half-written stays behind.
pub fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), MediaError> {
    let fail = |e| MediaError::write(path, e);
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".reverie-").suffix(".partial");
    // Temporary files are private by default; this one becomes an ordinary file.
    if let Some(permissions) = ordinary_permissions() {
        builder.permissions(permissions);
    }
    let mut file = builder.tempfile_in(folder).map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    file.persist(path).map_err(|e| fail(e.error))?;
    Ok(())
}

#[cfg(unix)]
fn ordinary_permissions() -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn ordinary_permissions() -> Option<Permissions> {
    None
}

fn encode(
    out: &mut Vec<u8>,
    data: &[u8],
    width: u32,
    height: u32,
    colour: ExtendedColorType,
) -> io::Result<()> {
    PngEncoder::new_with_quality(out, CompressionType::Fast, FilterType::Adaptive)
        .write_image(data, width, height, colour)
        .map_err(|e| match e {
            ImageError::IoError(e) => e,
            e => io::Error::other(e),
        })
}
