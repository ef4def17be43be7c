//! Embedded pictures.

use super::{Document, container::data_uri};
use image::{ImageFormat, ImageReader};
use std::{borrow::Cow, io::Cursor};

/// The RGBA of a picture, or why there is none: viewers show a model without a picture that they
/// cannot read. `budget` is how many pixels may be decoded; it shrinks.
pub(crate) fn decode(
    document: &Document,
    index: usize,
    budget: &mut u64,
) -> Result<image::RgbaImage, String> {
    let Some(image) = document.images.get(index) else {
        return Err(format!("there is no images[{index}]"));
    };
    let (media, bytes) = match (&image.uri, image.buffer_view) {
        (Some(uri), _) => {
            let (media, bytes) = data_uri(uri)?;
            (media, Cow::Owned(bytes))
        }
        (None, Some(view)) => {
            let (bytes, _) = document.view("bufferView", view).map_err(|e| e.to_string())?;
            ("", Cow::Borrowed(bytes))
        }
        (None, None) => return Err("it has neither uri nor bufferView".to_owned()),
    };
    let media = image.mime_type.as_deref().unwrap_or(media);
    // What the bytes are counts, not what they are called: files in the wild mix PNG and JPEG up.
    let format = match image::guess_format(&bytes) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) => format,
        _ => return Err(format!("`{media}` is neither PNG, JPEG nor WebP")),
    };
    let reader = || ImageReader::with_format(Cursor::new(&*bytes), format);
    let (width, height) = reader().into_dimensions().map_err(|e| e.to_string())?;
    let side = document.limits.picture_side;
    if width > side || height > side || width == 0 || height == 0 {
        return Err(format!("its {width} x {height} pixels are not within 1 to {side}"));
    }
    let pixels = u64::from(width) * u64::from(height);
    let Some(left) = budget.checked_sub(pixels) else {
        return Err(format!(
            "all pictures together have more than {} pixels",
            document.limits.pixels
        ));
    };
    *budget = left;
    let mut reader = reader();
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(side);
    limits.max_image_height = Some(side);
    limits.max_alloc = Some(pixels * 16 + (64 << 20));
    reader.limits(limits);
    Ok(reader.decode().map_err(|e| e.to_string())?.into_rgba8())
}
