//! A picture file and its options to a seed.

use crate::{MediaError, PinholeNumbers, read_depth, read_photograph};
use reverie_world_model::ImageSeed;
use std::path::{Path, PathBuf};

/// What a user may add to a picture.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ImageOptions {
    /// A file with measured depth of the picture's size.
    pub depth: Option<PathBuf>,
    /// The camera; wins over EXIF.
    pub intrinsics: Option<PinholeNumbers>,
}

/// Loads a picture and what goes with it.
///
/// # Errors
/// [`MediaError`] naming the file or the option that cannot be used.
pub fn load_image_seed(picture: &Path, options: &ImageOptions) -> Result<ImageSeed, MediaError> {
    let photograph = read_photograph(picture)?;
    let (width, height) = (photograph.rgb.width(), photograph.rgb.height());
    let intrinsics = match &options.intrinsics {
        Some(numbers) => Some(numbers.for_picture(width, height)?),
        None => photograph.intrinsics,
    };
    let depth = match &options.depth {
        Some(path) => Some(read_depth(path, (width, height))?),
        None => None,
    };
    Ok(ImageSeed { rgb: photograph.rgb, depth, intrinsics })
}
