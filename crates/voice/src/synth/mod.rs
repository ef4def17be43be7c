//! From spectra to sound.
//!
//! A frame's spectrum is
//! `exp(lh) e^(i pi tanh theta) E + exp(ln) Z + exp(lr) e^(i phi)`: the short-time spectrum `E` of a
//! train of pulses with the voice's pitch, filtered; normal noise `Z`; and a part with its own phases.
//! Frames overlap by three quarters; a Hann window takes them apart and puts them together.

mod noise;
mod pulses;
mod shape;
#[cfg(test)]
mod tests;
mod vocoder;

pub(crate) use noise::Noise;
pub(crate) use pulses::Unevenness;
pub(crate) use shape::Shape;
pub(crate) use vocoder::Vocoder;

/// Samples per second of all sound.
pub const SAMPLE_RATE_HZ: u32 = 24_000;
/// Samples of a frame.
pub(crate) const FRAME: usize = 1200;
/// Samples from a frame to the next.
pub(crate) const HOP: usize = 300;
/// Frequencies of a spectrum.
pub(crate) const BINS: usize = FRAME / 2 + 1;
/// From a bin to the next.
pub(crate) const BIN_HZ: f32 = SAMPLE_RATE_HZ as f32 / FRAME as f32;
