//! Photographs: any common file to upright 8-bit sRGB.

use crate::{
    MediaError,
    error::check_size,
    exif_data::{self, CameraData},
    jpeg,
};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use reverie_world_model::{Intrinsics, RgbImage};
use std::{
    fs::File,
    io::{self, Cursor, Read},
    path::Path,
};

/// Largest file that is read, bytes.
pub const MAX_FILE_BYTES: u64 = 1 << 29;
/// Most memory a decoder may ask for: the largest picture with 16-bit colour and alpha.
const MAX_DECODE_BYTES: u64 = 8 * reverie_world_model::MAX_PICTURE_PIXELS + (64 << 20);
/// What shows through transparent pixels, 8-bit sRGB: a middle grey, so that soft edges turn
/// neither bright nor dark.
const BACKDROP: u16 = 128;
const FORMATS: &str = "PNG, JPEG, TIFF, WebP, GIF, BMP";
const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A photograph and what is known about the camera that took it.
#[derive(Debug, Clone, PartialEq)]
pub struct Photograph {
    /// The picture, upright.
    pub rgb: RgbImage,
    /// The camera, where EXIF has a focal length that makes sense.
    pub intrinsics: Option<Intrinsics>,
}

/// Reads a photograph from a file; see [`decode_photograph`].
///
/// # Errors
/// [`MediaError`] naming the file.
pub fn read_photograph(path: &Path) -> Result<Photograph, MediaError> {
    decode_photograph(&read_file(path)?, &path.display().to_string())
}

/// Decodes a photograph; `file` is only used in messages.
///
/// The format is recognised by content, not by name. Grey, palette and 16-bit pictures become
/// 8-bit RGB; transparent pixels are composited over middle grey; CMYK is converted without a
/// colour profile; colour profiles are ignored. EXIF orientation is applied. Of an animation and
/// of a file with several pages the first picture is taken, as a viewer shows it.
///
/// # Errors
/// [`MediaError`] when the content is no picture, is damaged or cut short, holds 32-bit floats,
/// or is larger than [`MAX_PICTURE_SIDE`](reverie_world_model::MAX_PICTURE_SIDE) or
/// [`MAX_PICTURE_PIXELS`](reverie_world_model::MAX_PICTURE_PIXELS).
pub fn decode_photograph(bytes: &[u8], file: &str) -> Result<Photograph, MediaError> {
    let format = match image::guess_format(bytes) {
        Ok(
            format @ (ImageFormat::Png
            | ImageFormat::Jpeg
            | ImageFormat::Tiff
            | ImageFormat::WebP
            | ImageFormat::Gif
            | ImageFormat::Bmp),
        ) => format,
        Ok(ImageFormat::OpenExr) => {
            return Err(MediaError::unsupported(
                file,
                "is an OpenEXR picture (linear light): accepted as depth, not as a photograph",
            ));
        }
        _ => {
            return Err(MediaError::NotAPicture { file: file.to_owned(), formats: FORMATS });
        }
    };
    let mut picture = match format {
        ImageFormat::Jpeg => jpeg::decode(file, bytes)?,
        _ => decode_with_limits(file, bytes, format)?,
    };
    let camera = CameraData::read(bytes);
    let intrinsics = camera.intrinsics(picture.width(), picture.height());
    picture.apply_orientation(camera.orientation);
    let intrinsics = intrinsics.map(|i| exif_data::oriented(i, camera.orientation)).filter(|i| {
        // EXIF is often wrong; a camera that cannot be is as good as none.
        i.validate().is_ok() && (i.width, i.height) == (picture.width(), picture.height())
    });
    let (width, height) = (picture.width(), picture.height());
    let rgb = RgbImage::new(width, height, flatten(picture))
        .map_err(|source| MediaError::size(file, source))?;
    Ok(Photograph { rgb, intrinsics })
}

/// The whole file, if it is of a sensible length.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, MediaError> {
    let fail = |source: io::Error| MediaError::Read { file: path.display().to_string(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(fail)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(MediaError::unsupported(
            &path.display().to_string(),
            format!("is larger than {} MiB", MAX_FILE_BYTES >> 20),
        ));
    }
    Ok(bytes)
}

/// The size a PNG header claims: decoders refuse some headers before they tell the size.
pub(crate) fn check_png_header(file: &str, bytes: &[u8]) -> Result<(), MediaError> {
    if let Some([a, b, c, d, e, f, g, h]) = bytes.get(16..24)
        && bytes.starts_with(PNG_SIGNATURE)
    {
        let width = u32::from_be_bytes([*a, *b, *c, *d]);
        let height = u32::from_be_bytes([*e, *f, *g, *h]);
        check_size(file, width, height)?;
    }
    Ok(())
}

/// Decodes through the `image` crate, after the size was checked.
pub(crate) fn decode_with_limits(
    file: &str,
    bytes: &[u8],
    format: ImageFormat,
) -> Result<DynamicImage, MediaError> {
    check_png_header(file, bytes)?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_DECODE_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let damaged = |e: image::ImageError| MediaError::damaged(file, e);
    let decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    check_size(file, width, height)?;
    DynamicImage::from_decoder(decoder).map_err(damaged)
}

/// Three bytes a pixel, transparency composited over [`BACKDROP`].
fn flatten(picture: DynamicImage) -> Vec<u8> {
    if !picture.color().has_alpha() {
        return picture.into_rgb8().into_raw();
    }
    let over = |value: u8, alpha: u8| {
        let (value, alpha) = (u16::from(value), u16::from(alpha));
        // At most 255 * 255 + 127, so it fits.
        ((value * alpha + BACKDROP * (255 - alpha) + 127) / 255) as u8
    };
    picture.into_rgba8().pixels().flat_map(|p| [0, 1, 2].map(|c| over(p.0[c], p.0[3]))).collect()
}
