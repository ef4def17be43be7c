//! JPEG, strictly: a file that ends early is an error, not a picture with a grey half.

use crate::{MediaError, error::check_size};
use image::{DynamicImage, GrayImage, RgbImage};
use reverie_world_model::MAX_PICTURE_SIDE;
use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::JpegDecoder;

/// Decodes grey, YCbCr, RGB, CMYK and YCCK (the last two as Adobe writes them, inverted).
pub(crate) fn decode(file: &str, bytes: &[u8]) -> Result<DynamicImage, MediaError> {
    // The decoder's own bound is above ours, so that the error is ours.
    let side = 4 * MAX_PICTURE_SIDE as usize;
    let options =
        DecoderOptions::default().set_strict_mode(true).set_max_width(side).set_max_height(side);
    let damaged = |e: zune_jpeg::errors::DecodeErrors| MediaError::damaged(file, format!("{e:?}"));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(damaged)?;
    let (width, height) = decoder
        .dimensions()
        .and_then(|(w, h)| Some((u32::try_from(w).ok()?, u32::try_from(h).ok()?)))
        .ok_or_else(|| MediaError::damaged(file, "no size in the header"))?;
    check_size(file, width, height)?;
    let grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let output = if grey { ColorSpace::Luma } else { ColorSpace::RGB };
    decoder.set_options(options.jpeg_set_out_colorspace(output));
    let data = decoder.decode().map_err(damaged)?;
    let picture = if grey {
        GrayImage::from_raw(width, height, data).map(DynamicImage::ImageLuma8)
    } else {
        RgbImage::from_raw(width, height, data).map(DynamicImage::ImageRgb8)
    };
    picture.ok_or_else(|| MediaError::damaged(file, "the decoded data does not fit the size"))
}
