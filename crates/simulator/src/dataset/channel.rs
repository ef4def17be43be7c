//! Channels of a frame, and how they are packed.

use super::DatasetError;
use super::error::invalid;
use serde::{Deserialize, Serialize};

/// One kind of knowledge about every pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Colour, 8-bit sRGB.
    Rgb,
    /// Inverse depth along the view axis, 1/m; 0 is sky, infinite is not known.
    Depth,
    /// Surface normal in world space, each component times 127; zero for sky.
    Normal,
    /// Semantic class.
    Class,
    /// Which object; 0 is none in particular.
    Instance,
    /// Where each pixel goes until the next frame, pixels right and down; NaN is out of sight.
    Flow,
}

/// How a value is predicted from those before it; what is stored is the difference, modulo 2^bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Predictor {
    /// Red and blue have green taken off first; then the same component of the pixel to the left.
    GreenLeft,
    /// The same component of the pixel to the left.
    Left,
    /// Left plus above minus left above.
    Gradient,
}

/// A channel as the manifest describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelSpec {
    /// Which one.
    pub name: Channel,
    /// `u8`, `i8`, `f16` or `u32`.
    pub dtype: String,
    /// Rows, columns, components.
    pub shape: [u32; 3],
    /// What the numbers are.
    pub unit: String,
    /// How they are predicted.
    pub predictor: Predictor,
    /// Blobs of an episode: `frames`, or `transitions`, which are one fewer.
    pub per: String,
}

impl Channel {
    /// Every channel, in the order of blobs.
    pub const ALL: [Self; 6] =
        [Self::Rgb, Self::Depth, Self::Normal, Self::Class, Self::Instance, Self::Flow];

    /// The name on command lines and in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rgb => "rgb",
            Self::Depth => "depth",
            Self::Normal => "normal",
            Self::Class => "class",
            Self::Instance => "instance",
            Self::Flow => "flow",
        }
    }

    /// The channel of that name.
    ///
    /// # Errors
    /// A text that lists the valid names.
    pub fn from_name(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|c| c.name() == name).ok_or_else(|| {
            let name: String = name.chars().take(60).collect();
            let valid = Self::ALL.map(Self::name).join(", ");
            format!("unknown channel `{name}` (valid: {valid})")
        })
    }

    /// Values a pixel has.
    #[must_use]
    pub const fn components(self) -> usize {
        match self {
            Self::Rgb | Self::Normal => 3,
            Self::Depth | Self::Class | Self::Instance => 1,
            Self::Flow => 2,
        }
    }

    /// Bytes of a value.
    #[must_use]
    pub const fn value_bytes(self) -> usize {
        match self {
            Self::Rgb | Self::Normal | Self::Class => 1,
            Self::Depth | Self::Flow => 2,
            Self::Instance => 4,
        }
    }

    /// Whether it belongs to transitions between frames rather than to frames.
    #[must_use]
    pub const fn per_transition(self) -> bool {
        matches!(self, Self::Flow)
    }

    pub(super) const fn predictor(self) -> Predictor {
        match self {
            Self::Rgb => Predictor::GreenLeft,
            Self::Normal => Predictor::Left,
            Self::Depth | Self::Class | Self::Instance | Self::Flow => Predictor::Gradient,
        }
    }

    /// What the manifest says about it for frames of this size.
    #[must_use]
    pub fn spec(self, width: u32, height: u32) -> ChannelSpec {
        let (dtype, unit) = match self {
            Self::Rgb => ("u8", "sRGB"),
            Self::Depth => ("f16", "1/m along the view axis; 0 is sky, infinite is not known"),
            Self::Normal => ("i8", "1/127, world space (Y up); 0 is sky"),
            Self::Class => ("u8", "class number"),
            Self::Instance => ("u32", "object number; 0 is none in particular"),
            Self::Flow => ("f16", "pixels (right, down) to the next frame; NaN is out of sight"),
        };
        ChannelSpec {
            name: self,
            dtype: dtype.to_owned(),
            shape: [height, width, self.components() as u32],
            unit: unit.to_owned(),
            predictor: self.predictor(),
            per: if self.per_transition() { "transitions" } else { "frames" }.to_owned(),
        }
    }
}

/// An unsigned number of one width.
pub(super) trait Lane: Copy + Default {
    const BYTES: usize;
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    /// Byte `at`, counted from the least significant one.
    fn byte(self, at: usize) -> u8;
    fn with_byte(self, at: usize, byte: u8) -> Self;
}

macro_rules! lane {
    ($type:ty) => {
        impl Lane for $type {
            const BYTES: usize = size_of::<$type>();
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            fn minus(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }
            fn byte(self, at: usize) -> u8 {
                (self >> (8 * at)) as u8
            }
            fn with_byte(self, at: usize, byte: u8) -> Self {
                self | <$type>::from(byte) << (8 * at)
            }
        }
    };
}
lane!(u8);
lane!(u16);
lane!(u32);

/// Turns values into residuals, in place. `row` is values in a row, `step` values in a pixel.
fn predict<L: Lane>(values: &mut [L], row: usize, step: usize, predictor: Predictor) {
    if predictor == Predictor::GreenLeft {
        for pixel in values.chunks_exact_mut(3) {
            pixel[0] = pixel[0].minus(pixel[1]);
            pixel[2] = pixel[2].minus(pixel[1]);
        }
    }
    for line in values.chunks_exact_mut(row) {
        for i in (step..row).rev() {
            line[i] = line[i].minus(line[i - step]);
        }
    }
    if predictor == Predictor::Gradient {
        for i in (row..values.len()).rev() {
            values[i] = values[i].minus(values[i - row]);
        }
    }
}

/// The inverse of [`predict`].
fn restore<L: Lane>(values: &mut [L], row: usize, step: usize, predictor: Predictor) {
    if predictor == Predictor::Gradient {
        for i in row..values.len() {
            values[i] = values[i].plus(values[i - row]);
        }
    }
    for line in values.chunks_exact_mut(row) {
        for i in step..row {
            line[i] = line[i].plus(line[i - step]);
        }
    }
    if predictor == Predictor::GreenLeft {
        for pixel in values.chunks_exact_mut(3) {
            pixel[0] = pixel[0].plus(pixel[1]);
            pixel[2] = pixel[2].plus(pixel[1]);
        }
    }
}

/// Buffers that packing uses again and again.
#[derive(Debug, Default)]
pub(super) struct Packer {
    pub(super) bytes: Vec<u8>,
    pub(super) halves: Vec<u16>,
    pub(super) words: Vec<u32>,
    planes: Vec<u8>,
}

/// Which buffer of a [`Packer`] holds the values.
enum Buffer {
    Bytes,
    Halves,
    Words,
}

impl Packer {
    /// Packs the values that lie in the buffer of the channel's width onto the end of `out`; they
    /// are used up. Returns the number of bytes added.
    pub(super) fn pack(&mut self, channel: Channel, width: usize, out: &mut Vec<u8>) -> usize {
        let (row, step) = (width * channel.components(), channel.components());
        let predictor = channel.predictor();
        match buffer_of(channel) {
            Buffer::Bytes => {
                predict(&mut self.bytes, row, step, predictor);
                std::mem::swap(&mut self.bytes, &mut self.planes);
            }
            Buffer::Halves => {
                predict(&mut self.halves, row, step, predictor);
                split(&self.halves, &mut self.planes);
            }
            Buffer::Words => {
                predict(&mut self.words, row, step, predictor);
                split(&self.words, &mut self.planes);
            }
        }
        let before = out.len();
        deflate(&self.planes, out);
        out.len() - before
    }
}

fn buffer_of(channel: Channel) -> Buffer {
    match channel.value_bytes() {
        1 => Buffer::Bytes,
        2 => Buffer::Halves,
        _ => Buffer::Words,
    }
}

/// Byte planes, the most significant first.
fn split<L: Lane>(values: &[L], planes: &mut Vec<u8>) {
    planes.clear();
    for at in (0..L::BYTES).rev() {
        planes.extend(values.iter().map(|value| value.byte(at)));
    }
}

fn join<L: Lane>(planes: &[u8]) -> Vec<L> {
    let count = planes.len() / L::BYTES;
    let mut values = vec![L::default(); count];
    if count > 0 {
        for (at, plane) in planes.chunks_exact(count).enumerate() {
            for (value, byte) in values.iter_mut().zip(plane) {
                *value = value.with_byte(L::BYTES - 1 - at, *byte);
            }
        }
    }
    values
}

/// Appends a zlib stream. Residuals are mostly small, which the fixed code of `fdeflate` is made
/// for; what it would make longer is stored.
fn deflate(bytes: &[u8], out: &mut Vec<u8>) {
    let packed = fdeflate::compress_to_vec(bytes);
    if packed.len() < bytes.len() {
        out.extend_from_slice(&packed);
        return;
    }
    // Writing to memory cannot fail.
    let stored = fdeflate::StoredOnlyCompressor::new(std::io::Cursor::new(Vec::new()))
        .and_then(|mut stored| {
            stored.write_data(bytes)?;
            stored.finish()
        })
        .map(std::io::Cursor::into_inner);
    out.extend_from_slice(&stored.unwrap_or(packed));
}

/// A channel of one frame from its blob: values in little-endian bytes, components together.
pub(super) fn unpack(
    blob: &[u8],
    channel: Channel,
    width: usize,
    height: usize,
) -> Result<Vec<u8>, DatasetError> {
    let (row, step) = (width * channel.components(), channel.components());
    let expected = row * height * channel.value_bytes();
    let bad = |problem: String| invalid(channel.name(), problem);
    let mut planes = fdeflate::decompress_to_vec_bounded(blob, expected)
        .map_err(|_| bad("a blob is damaged".to_owned()))?;
    if planes.len() != expected {
        return Err(bad(format!("a blob holds {} bytes, expected {expected}", planes.len())));
    }
    let predictor = channel.predictor();
    match buffer_of(channel) {
        Buffer::Bytes => {
            restore(&mut planes, row, step, predictor);
            Ok(planes)
        }
        Buffer::Halves => {
            let mut values = join::<u16>(&planes);
            restore(&mut values, row, step, predictor);
            Ok(values.iter().flat_map(|v| v.to_le_bytes()).collect())
        }
        Buffer::Words => {
            let mut values = join::<u32>(&planes);
            restore(&mut values, row, step, predictor);
            Ok(values.iter().flat_map(|v| v.to_le_bytes()).collect())
        }
    }
}
