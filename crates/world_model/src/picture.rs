//! Pictures as plain buffers: 8-bit sRGB colour and depth in metres.

use crate::base64_bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Longest side of a picture that is accepted anywhere, pixels.
pub const MAX_PICTURE_SIDE: u32 = 16_384;
/// Most pixels of a picture that is accepted anywhere.
pub const MAX_PICTURE_PIXELS: u64 = 1 << 26;

/// Why a buffer is no picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// A side is zero.
    #[error("the picture is {width}x{height}: it has no pixels")]
    Empty {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// Larger than [`MAX_PICTURE_SIDE`] or [`MAX_PICTURE_PIXELS`].
    #[error(
        "the picture is {width}x{height}: at most {MAX_PICTURE_SIDE} pixels a side and {MAX_PICTURE_PIXELS} in all are accepted"
    )]
    TooLarge {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// The buffer's length does not fit the size.
    #[error("a {width}x{height} picture needs {expected} values, the buffer has {found}")]
    WrongLength {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Values needed.
        expected: usize,
        /// Values present.
        found: usize,
    },
    /// A depth value is NaN or negative.
    #[error(
        "depth at pixel ({x}, {y}) is {value}: expected metres >= 0, infinity for sky, 0 for unknown"
    )]
    BadDepth {
        /// Column.
        x: u32,
        /// Row.
        y: u32,
        /// The value, as text (NaN compares to nothing).
        value: String,
    },
}

/// Checks a picture's size against the bounds; returns the number of pixels.
///
/// # Errors
/// [`PictureError::Empty`] or [`PictureError::TooLarge`].
pub fn check_size(width: u32, height: u32) -> Result<usize, PictureError> {
    if width == 0 || height == 0 {
        return Err(PictureError::Empty { width, height });
    }
    let pixels = u64::from(width) * u64::from(height);
    if width > MAX_PICTURE_SIDE || height > MAX_PICTURE_SIDE || pixels > MAX_PICTURE_PIXELS {
        return Err(PictureError::TooLarge { width, height });
    }
    Ok(pixels as usize)
}

/// An 8-bit sRGB picture, rows from the top, three bytes a pixel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawRgb", into = "RawRgb")]
pub struct RgbImage {
    width: u32,
    height: u32,
    data: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct RawRgb {
    width: u32,
    height: u32,
    #[serde(with = "base64_bytes")]
    rgb_base64: Vec<u8>,
}

impl TryFrom<RawRgb> for RgbImage {
    type Error = PictureError;
    fn try_from(raw: RawRgb) -> Result<Self, PictureError> {
        Self::new(raw.width, raw.height, raw.rgb_base64)
    }
}

impl From<RgbImage> for RawRgb {
    fn from(image: RgbImage) -> Self {
        Self { width: image.width, height: image.height, rgb_base64: image.data }
    }
}

impl RgbImage {
    /// Takes `width * height * 3` bytes.
    ///
    /// # Errors
    /// When the size is out of bounds or does not fit the buffer.
    pub fn new(width: u32, height: u32, data: Vec<u8>) -> Result<Self, PictureError> {
        let expected = check_size(width, height)? * 3;
        if data.len() != expected {
            return Err(PictureError::WrongLength { width, height, expected, found: data.len() });
        }
        Ok(Self { width, height, data })
    }

    /// A picture of one colour.
    ///
    /// # Errors
    /// When the size is out of bounds.
    pub fn filled(width: u32, height: u32, colour: [u8; 3]) -> Result<Self, PictureError> {
        let pixels = check_size(width, height)?;
        Ok(Self { width, height, data: colour.repeat(pixels) })
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }
    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }
    /// All bytes, rows from the top.
    pub fn data(&self) -> &[u8] {
        &self.data
    }
    /// All bytes, writable.
    pub fn data_mut(&mut self) -> &mut [u8] {
        &mut self.data
    }
    /// Gives the buffer away.
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }
    /// One pixel; the caller keeps `x` and `y` inside.
    pub fn pixel(&self, x: u32, y: u32) -> [u8; 3] {
        let at = (y as usize * self.width as usize + x as usize) * 3;
        [self.data[at], self.data[at + 1], self.data[at + 2]]
    }
}

/// Depth along the view axis in metres, rows from the top; infinity is sky, 0 is unknown.
#[derive(Debug, Clone, PartialEq)]
pub struct DepthImage {
    width: u32,
    height: u32,
    data: Vec<f32>,
}

#[derive(Serialize, Deserialize)]
struct RawDepth {
    width: u32,
    height: u32,
    /// Little-endian f32, so that infinity survives JSON.
    #[serde(with = "base64_bytes")]
    depth_m_f32_base64: Vec<u8>,
}

impl Serialize for DepthImage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawDepth {
            width: self.width,
            height: self.height,
            depth_m_f32_base64: self.data.iter().flat_map(|d| d.to_le_bytes()).collect(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DepthImage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = RawDepth::deserialize(deserializer)?;
        let data = raw
            .depth_m_f32_base64
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        Self::new(raw.width, raw.height, data).map_err(D::Error::custom)
    }
}

impl DepthImage {
    /// Takes `width * height` depths in metres.
    ///
    /// # Errors
    /// When the size is out of bounds or does not fit the buffer, or a value is NaN or negative.
    pub fn new(width: u32, height: u32, data: Vec<f32>) -> Result<Self, PictureError> {
        let expected = check_size(width, height)?;
        if data.len() != expected {
            return Err(PictureError::WrongLength { width, height, expected, found: data.len() });
        }
        if let Some(at) = data.iter().position(|d| d.is_nan() || *d < 0.0) {
            return Err(PictureError::BadDepth {
                x: at as u32 % width,
                y: at as u32 / width,
                value: data[at].to_string(),
            });
        }
        Ok(Self { width, height, data })
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }
    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }
    /// All depths in metres, rows from the top.
    pub fn data(&self) -> &[f32] {
        &self.data
    }
    /// All depths, writable; the writer keeps them non-negative and not NaN.
    pub fn data_mut(&mut self) -> &mut [f32] {
        &mut self.data
    }
    /// Gives the buffer away.
    pub fn into_data(self) -> Vec<f32> {
        self.data
    }
    /// One depth in metres; the caller keeps `x` and `y` inside.
    pub fn at(&self, x: u32, y: u32) -> f32 {
        self.data[y as usize * self.width as usize + x as usize]
    }
}
