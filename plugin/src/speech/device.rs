//! The system's sound device, which tells how long sound takes to the ear.

use kira::backend::{
    Renderer,
    cpal::cpal::{
        self, Device, ErrorKind, FromSample, OutputCallbackInfo, SampleFormat, SizedSample, Stream,
        StreamConfig,
        traits::{DeviceTrait, HostTrait, StreamTrait},
    },
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicI64, Ordering},
};

/// Frames that are mixed at a time for devices whose samples are no floats.
const MOST_FRAMES: usize = 512;
const MOST_CHANNELS: usize = 32;

/// How long from a device's question for samples until their first one is heard, nanoseconds; shared with
/// the mixer's sounds. Without a device that knows, none.
#[derive(Debug, Clone)]
pub(super) struct Latency(Arc<AtomicI64>);

impl Default for Latency {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(Self::UNKNOWN)))
    }
}

impl Latency {
    const UNKNOWN: i64 = -1;
    /// Longer ones are taken for nonsense, nanoseconds.
    const LONGEST: i64 = 2_000_000_000;

    pub fn nanos(&self) -> Option<i64> {
        let nanos = self.0.load(Ordering::Relaxed);
        (0..=Self::LONGEST).contains(&nanos).then_some(nanos)
    }

    fn set(&self, info: &OutputCallbackInfo) {
        let times = info.timestamp();
        let late = times.playback.duration_since(times.callback);
        let nanos = i64::try_from(late.as_nanos()).unwrap_or(Self::UNKNOWN);
        // Devices that only guess say that sound is heard at once.
        self.0.store(if nanos == 0 { Self::UNKNOWN } else { nanos }, Ordering::Relaxed);
    }
}

/// The default device, and its stream as soon as it plays.
pub(super) struct SoundDevice {
    device: Device,
    format: SampleFormat,
    config: StreamConfig,
    latency: Latency,
    gone: Arc<AtomicBool>,
    stream: Option<Stream>,
}

impl SoundDevice {
    /// The default one.
    ///
    /// # Errors
    /// When there is none or it cannot be used, in words.
    pub fn open(latency: &Latency, gone: &Arc<AtomicBool>) -> Result<Self, String> {
        let device = cpal::default_host()
            .default_output_device()
            .ok_or_else(|| "there is no sound device".to_owned())?;
        let config = device.default_output_config().map_err(|e| e.to_string())?;
        let format = config.sample_format();
        let (latency, gone) = (latency.clone(), gone.clone());
        Ok(Self { device, format, config: config.config(), latency, gone, stream: None })
    }

    /// Samples a second.
    pub fn rate_hz(&self) -> u32 {
        self.config.sample_rate
    }

    /// Begins to play.
    ///
    /// # Errors
    /// When the device does not take the stream, in words.
    pub fn start(&mut self, renderer: Renderer) -> Result<(), String> {
        let stream = match self.format {
            SampleFormat::I8 => self.play::<i8>(renderer),
            SampleFormat::I16 => self.play::<i16>(renderer),
            SampleFormat::I32 => self.play::<i32>(renderer),
            SampleFormat::U8 => self.play::<u8>(renderer),
            SampleFormat::U16 => self.play::<u16>(renderer),
            SampleFormat::U32 => self.play::<u32>(renderer),
            SampleFormat::F64 => self.play::<f64>(renderer),
            _ => self.play::<f32>(renderer),
        }
        .map_err(|e| e.to_string())?;
        stream.play().map_err(|e| e.to_string())?;
        self.stream = Some(stream);
        Ok(())
    }

    fn play<T>(&self, mut renderer: Renderer) -> Result<Stream, cpal::Error>
    where
        T: SizedSample + FromSample<f32>,
    {
        let channels = usize::from(self.config.channels).clamp(1, MOST_CHANNELS);
        let mut mixed = vec![0.0f32; MOST_FRAMES * channels];
        let (latency, gone) = (self.latency.clone(), self.gone.clone());
        let fill = move |out: &mut [T], info: &OutputCallbackInfo| {
            latency.set(info);
            renderer.on_start_processing();
            for out in out.chunks_mut(mixed.len()) {
                let mixed = &mut mixed[..out.len()];
                mixed.fill(0.0);
                renderer.process(mixed, channels as u16);
                for (out, sample) in out.iter_mut().zip(mixed) {
                    *out = T::from_sample(*sample);
                }
            }
        };
        let failed = move |error: cpal::Error| {
            if matches!(error.kind(), ErrorKind::DeviceNotAvailable | ErrorKind::StreamInvalidated)
            {
                gone.store(true, Ordering::Relaxed);
            }
        };
        self.device.build_output_stream(self.config, fill, failed, None)
    }
}
