//! Sounds: WAV files of any rate, depth and number of channels.

use crate::MediaError;
use hound::{SampleFormat, WavReader};
use rubato::{
    Fft, FixedSync, Resampler as _,
    audioadapter_buffers::{direct::InterleavedSlice, owned::InterleavedOwned},
};
use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

/// Longest sound that is read, seconds.
pub const MAX_SOUND_SECS: f64 = 3600.0;
/// Most moments of a sound that is read: an hour at 48 kHz, 690 MB in memory.
const MAX_MOMENTS: u64 = 48_000 * 3600;
/// Slowest and fastest rates, Hz.
pub(crate) const RATES_HZ: [u32; 2] = [1_000, 384_000];
const MAX_CHANNELS: u16 = 64;
/// Full scale is 1; floats may go beyond it, but not to nonsense.
const MAX_SAMPLE: f32 = 1e4;
/// Samples that are resampled at a time.
const CHUNK: usize = 1024;

/// A sound of one channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    /// Samples a second.
    pub rate_hz: u32,
    /// Full scale is -1 to 1.
    pub samples: Vec<f32>,
}

/// Reads a WAV file: 8, 16, 24 or 32 bits, whole numbers or floats; channels are averaged.
///
/// # Errors
/// [`MediaError::Read`] when the file cannot be opened, [`MediaError::Sound`] when it is no WAV, is
/// damaged or cut short, has nothing in it or lasts more than [`MAX_SOUND_SECS`]; names the file.
pub fn read_wav(path: &Path) -> Result<Sound, MediaError> {
    let file = path.display().to_string();
    let unreadable = |source| MediaError::Read { file: file.clone(), source };
    let opened = File::open(path).map_err(unreadable)?;
    if opened.metadata().map_err(unreadable)?.is_dir() {
        return Err(unreadable(std::io::ErrorKind::IsADirectory.into()));
    }
    decode_wav(BufReader::new(opened), &file)
}

/// Reads a WAV from anywhere; `file` is only named in errors.
///
/// # Errors
/// As [`read_wav`].
pub fn decode_wav(bytes: impl Read, file: &str) -> Result<Sound, MediaError> {
    let no_sound =
        |problem: &str| MediaError::sound(file, format!("is no WAV that is read: {problem}"));
    let reader = WavReader::new(bytes).map_err(|e| no_sound(&e.to_string()))?;
    let spec = reader.spec();
    if !(RATES_HZ[0]..=RATES_HZ[1]).contains(&spec.sample_rate) {
        let [least, most] = RATES_HZ;
        return Err(no_sound(&format!(
            "{} Hz is not within {least} to {most} Hz",
            spec.sample_rate
        )));
    }
    if !(1..=MAX_CHANNELS).contains(&spec.channels) {
        let problem = format!("{} channels, 1 to {MAX_CHANNELS} are read", spec.channels);
        return Err(no_sound(&problem));
    }
    let moments = u64::from(reader.duration());
    let secs = moments as f64 / f64::from(spec.sample_rate);
    if moments > MAX_MOMENTS || secs > MAX_SOUND_SECS {
        let problem = format!("{secs:.0} s of sound are too much: {MAX_SOUND_SECS} s are read");
        return Err(MediaError::sound(file, problem));
    }
    if moments == 0 {
        return Err(MediaError::sound(file, "there is no sound in it"));
    }
    let samples = match spec.sample_format {
        SampleFormat::Float => mono(reader.into_samples::<f32>(), spec.channels, 1.0, file),
        SampleFormat::Int => {
            let full_scale = (1u64 << (spec.bits_per_sample.clamp(1, 32) - 1)) as f32;
            let samples = reader.into_samples::<i32>().map(|s| s.map(|s| s as f32));
            mono(samples, spec.channels, 1.0 / full_scale, file)
        }
    }?;
    Ok(Sound { rate_hz: spec.sample_rate, samples })
}

/// The mean of the channels.
fn mono(
    samples: impl Iterator<Item = Result<f32, hound::Error>>,
    channels: u16,
    scale: f32,
    file: &str,
) -> Result<Vec<f32>, MediaError> {
    // Grows with what is really there: a header may claim anything.
    let (mut all, mut sum, mut count) = (Vec::new(), 0.0, 0);
    for (number, sample) in samples.enumerate() {
        let sample = sample.map_err(|e| {
            MediaError::sound(file, format!("is damaged or cut short after {number} samples: {e}"))
        })?;
        if !(sample * scale).abs().le(&MAX_SAMPLE) {
            return Err(MediaError::sound(file, format!("sample {number} is {sample}")));
        }
        sum += sample * scale;
        count += 1;
        if count == channels {
            all.push(sum / f32::from(channels));
            (sum, count) = (0.0, 0);
        }
    }
    Ok(all)
}

impl Sound {
    /// How long it lasts, seconds.
    pub fn duration_secs(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.rate_hz.max(1))
    }

    /// The same sound at another rate; what that cannot hold is filtered out.
    ///
    /// # Errors
    /// [`MediaError::Sound`] when one of the rates is no rate of a sound.
    pub fn resampled(&self, rate_hz: u32) -> Result<Self, MediaError> {
        let bad = |e: &dyn std::fmt::Display| {
            MediaError::sound("sound", format!("{} Hz to {rate_hz} Hz: {e}", self.rate_hz))
        };
        for rate in [self.rate_hz, rate_hz] {
            if !(RATES_HZ[0]..=RATES_HZ[1]).contains(&rate) {
                return Err(bad(&format!("{rate} Hz is no rate")));
            }
        }
        if rate_hz == self.rate_hz || self.samples.is_empty() {
            return Ok(Self { rate_hz, samples: self.samples.clone() });
        }
        let (from, to) = (self.rate_hz as usize, rate_hz as usize);
        let mut resampler =
            Fft::<f32>::new(from, to, CHUNK, 1, FixedSync::Both).map_err(|e| bad(&e))?;
        let count = self.samples.len();
        let input = InterleavedSlice::new(&self.samples, 1, count).map_err(|e| bad(&e))?;
        let output: InterleavedOwned<f32> =
            resampler.process_all(&input, count, None).map_err(|e| bad(&e))?;
        Ok(Self { rate_hz, samples: output.take_data() })
    }
}
