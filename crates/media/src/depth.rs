//! Measured depth from files.

use crate::{
    MediaError,
    error::check_size,
    photograph::{decode_with_limits, read_file},
};
use exr::{
    block::reader::Reader,
    prelude::{FlatSamples, ReadChannels as _, ReadLayers as _, f16, read},
};
use image::{DynamicImage, ImageFormat};
use reverie_world_model::{DepthImage, PictureError};
use std::{io::Cursor, path::Path};
use tiff::decoder::{Decoder, DecodingResult, Limits};

/// Depths from here on are sky, metres: renderers write a very large number where nothing is hit.
pub const SKY_FROM_M: f32 = 1e6;

const FORMATS: &str = "depth: 16-bit PNG in millimetres, OpenEXR or 32-bit TIFF in metres";
/// Most memory a depth file may expand to.
const MAX_DEPTH_BYTES: u64 = 1 << 30;

/// Reads measured depth for a picture of `size` (width, height) pixels; see [`decode_depth`].
///
/// # Errors
/// [`MediaError`] naming the file.
pub fn read_depth(path: &Path, size: (u32, u32)) -> Result<DepthImage, MediaError> {
    decode_depth(&read_file(path)?, &path.display().to_string(), size)
}

/// Decodes measured depth for a picture of `size` (width, height) pixels; `file` is only used in
/// messages.
///
/// * 16-bit grey PNG in millimetres: 0 is unknown, 65535 is beyond the format's range and read
///   as sky;
/// * OpenEXR in metres: a channel named `Z`, `depth`, `V` or `Y` (the last part of a dotted name
///   counts), else `R`, else the only one;
/// * 32-bit float grey TIFF in metres.
///
/// In the last two 0 is unknown; infinity and everything from [`SKY_FROM_M`] on is sky.
///
/// # Errors
/// [`MediaError`] when the file cannot be decoded, has another size than the picture, has a NaN
/// or negative depth, or no depth at all.
pub fn decode_depth(bytes: &[u8], file: &str, size: (u32, u32)) -> Result<DepthImage, MediaError> {
    let (width, height, mut data) = match image::guess_format(bytes) {
        Ok(ImageFormat::Png) => from_png(bytes, file)?,
        Ok(ImageFormat::OpenExr) => from_exr(bytes, file)?,
        Ok(ImageFormat::Tiff) => from_tiff(bytes, file)?,
        _ => return Err(MediaError::NotAPicture { file: file.to_owned(), formats: FORMATS }),
    };
    if (width, height) != size {
        return Err(MediaError::depth(
            file,
            format!("the depth is {width}x{height}, the picture is {}x{}", size.0, size.1),
        ));
    }
    for depth in &mut data {
        if *depth >= SKY_FROM_M {
            *depth = f32::INFINITY;
        }
    }
    let depth = DepthImage::new(width, height, data).map_err(|e| match e {
        PictureError::BadDepth { .. } => MediaError::depth(file, e.to_string()),
        e => MediaError::size(file, e),
    })?;
    if depth.data().iter().all(|d| *d == 0.0) {
        return Err(MediaError::depth(file, "no depth is known: every pixel is 0"));
    }
    Ok(depth)
}

type Decoded = (u32, u32, Vec<f32>);

fn from_png(bytes: &[u8], file: &str) -> Result<Decoded, MediaError> {
    match decode_with_limits(file, bytes, ImageFormat::Png)? {
        DynamicImage::ImageLuma16(picture) => {
            let to_metres = |mm: &u16| match *mm {
                u16::MAX => f32::INFINITY,
                mm => f32::from(mm) / 1000.0,
            };
            let (width, height) = picture.dimensions();
            Ok((width, height, picture.as_raw().iter().map(to_metres).collect()))
        }
        other => Err(MediaError::depth(
            file,
            format!("the PNG holds {:?}, expected 16-bit grey in millimetres", other.color()),
        )),
    }
}

fn from_exr(bytes: &[u8], file: &str) -> Result<Decoded, MediaError> {
    let damaged = |e: exr::error::Error| MediaError::damaged(file, e);
    let reader: Reader<_> = exr::block::read(Cursor::new(bytes), false).map_err(damaged)?;
    let Some(header) = reader.headers().iter().find(|header| !header.deep) else {
        return Err(MediaError::depth(file, "the OpenEXR file holds only deep data"));
    };
    let size = header.layer_size;
    let too_large = || MediaError::depth(file, "the OpenEXR file is too large");
    let width = u32::try_from(size.width()).map_err(|_| too_large())?;
    let height = u32::try_from(size.height()).map_err(|_| too_large())?;
    check_size(file, width, height)?;
    let values = size.area() as u64 * header.channels.list.len() as u64;
    if values * 4 > MAX_DEPTH_BYTES {
        return Err(too_large());
    }
    let image = read()
        .no_deep_data()
        .largest_resolution_level()
        .all_channels()
        .first_valid_layer()
        .all_attributes()
        .from_chunks(reader)
        .map_err(damaged)?;
    let layer = image.layer_data;
    let channels = layer.channel_data.list;
    let names: Vec<String> = channels.iter().map(|c| c.name.to_string()).collect();
    let Some(at) = depth_channel(&names) else {
        return Err(MediaError::depth(
            file,
            format!("no channel Z, depth, V, Y or R among {}", names.join(", ")),
        ));
    };
    let data = match &channels[at].sample_data {
        FlatSamples::F32(values) => values.clone(),
        FlatSamples::F16(values) => values.iter().copied().map(f16::to_f32).collect(),
        FlatSamples::U32(_) => {
            return Err(MediaError::depth(
                file,
                format!("channel {} holds whole numbers, expected metres as floats", names[at]),
            ));
        }
    };
    if data.len() != size.area() {
        return Err(MediaError::depth(file, format!("channel {} is subsampled", names[at])));
    }
    Ok((width, height, data))
}

/// Which channel holds depth.
fn depth_channel(names: &[String]) -> Option<usize> {
    let last = |name: &String| name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    ["z", "depth", "v", "y", "r"]
        .iter()
        .find_map(|wanted| names.iter().position(|name| last(name) == *wanted))
        .or((names.len() == 1).then_some(0))
}

fn from_tiff(bytes: &[u8], file: &str) -> Result<Decoded, MediaError> {
    let damaged = |e: tiff::TiffError| MediaError::damaged(file, e);
    let mut limits = Limits::default();
    limits.decoding_buffer_size = MAX_DEPTH_BYTES as usize;
    limits.intermediate_buffer_size = MAX_DEPTH_BYTES as usize;
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(damaged)?.with_limits(limits);
    let (width, height) = decoder.dimensions().map_err(damaged)?;
    check_size(file, width, height)?;
    let colour = decoder.colortype().map_err(damaged)?;
    let wrong =
        || MediaError::depth(file, format!("the TIFF holds {colour:?}, expected 32-bit floats"));
    if colour != tiff::ColorType::Gray(32) {
        return Err(wrong());
    }
    match decoder.read_image().map_err(damaged)? {
        DecodingResult::F32(data) => Ok((width, height, data)),
        _ => Err(wrong()),
    }
}
