//! Pictures in and out: photographs, measured depth, cameras and PNG files; sounds in.
//!
//! Everything here treats files as untrusted: sizes are checked before anything is allocated,
//! damaged and truncated files are errors, and every error names the file and what is wrong
//! with it in one line.
//!
//! * [`read_photograph`] and [`decode_photograph`] turn PNG, JPEG, TIFF, WebP, GIF and BMP into
//!   8-bit sRGB, upright, and read the camera from EXIF where it is there;
//! * [`read_depth`] reads measured depth (16-bit PNG in millimetres, OpenEXR or 32-bit TIFF in
//!   metres);
//! * [`PinholeNumbers`] parses `fx,fy,cx,cy`;
//! * [`load_image_seed`] puts the three together into a seed;
//! * [`read_wav`] reads sounds, [`Sound::resampled`] and [`Resampling`] change their rate;
//! * [`write_rgb_png`] and [`write_depth_png`] write through a temporary file and a rename.

mod camera;
mod depth;
mod error;
mod exif_data;
mod jpeg;
mod photograph;
mod resampling;
mod seed;
mod sound;
mod write;

pub use camera::PinholeNumbers;
pub use depth::{SKY_FROM_M, decode_depth, read_depth};
pub use error::MediaError;
pub use photograph::{MAX_FILE_BYTES, Photograph, decode_photograph, read_photograph};
pub use resampling::Resampling;
pub use seed::{ImageOptions, load_image_seed};
pub use sound::{MAX_SOUND_SECS, Sound, decode_wav, read_wav};
pub use write::{encode_rgb_png, write_bytes, write_depth_png, write_rgb_png};
