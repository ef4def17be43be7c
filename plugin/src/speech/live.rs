//! Voices that are no text: sound that comes while it is said.

use kira::backend::cpal::cpal::{
    self, ErrorKind, FromSample, Sample, SampleFormat, SizedSample, Stream, StreamConfig,
    traits::{DeviceTrait, HostTrait, StreamTrait},
};
use rtrb::{Consumer, Producer, RingBuffer};
use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// Seconds of sound that may be pushed ahead of what is heard.
const ROOM_SECS: u32 = 30;
const MAX_RATE_HZ: u32 = 192_000;
/// Of a microphone, what may wait for whoever reads lips.
const MICROPHONE_SECS: u32 = 2;

/// The other end of [`Line::live`](super::Line::live): whoever has it speaks through the avatar.
/// When it is dropped, the line is over.
pub struct LiveVoice(Producer<f32>);

impl fmt::Debug for LiveVoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveVoice").field("room", &self.room()).finish()
    }
}

impl LiveVoice {
    pub(super) fn new(rate_hz: u32) -> (Self, LiveSound) {
        // What is out of its range is refused when it is to be said.
        let room = rate_hz.min(MAX_RATE_HZ) * ROOM_SECS;
        let (producer, consumer) = RingBuffer::new(room as usize);
        (Self(producer), LiveSound { samples: Arc::new(Mutex::new(Some(consumer))), rate_hz })
    }

    /// Samples that can be pushed at the moment.
    pub fn room(&self) -> usize {
        self.0.slots()
    }

    /// Whether nobody says it any more: it was broken off, or never begun.
    pub fn is_over(&self) -> bool {
        self.0.is_abandoned()
    }

    /// Adds samples, -1 to 1; how many there was room for. Never waits, allocates nothing.
    pub fn push(&mut self, samples: &[f32]) -> usize {
        let count = samples.len().min(self.0.slots());
        match self.0.write_chunk_uninit(count) {
            Ok(chunk) => chunk.fill_from_iter(samples.iter().copied()),
            Err(_) => 0,
        }
    }
}

/// Where a live line's samples come from; one line has them.
#[derive(Clone)]
pub(super) struct LiveSound {
    samples: Arc<Mutex<Option<Consumer<f32>>>>,
    pub rate_hz: u32,
}

impl LiveSound {
    /// The samples, once.
    pub fn take(&self) -> Option<Consumer<f32>> {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl PartialEq for LiveSound {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.samples, &other.samples)
    }
}

impl fmt::Debug for LiveSound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveSound").field("rate_hz", &self.rate_hz).finish_non_exhaustive()
    }
}

/// The system's microphone, open. Must stay on the thread that opened it.
pub(super) struct Microphone {
    /// Recording ends when it is dropped.
    _stream: Stream,
    pub samples: Consumer<f32>,
    pub rate_hz: u32,
    gone: Arc<AtomicBool>,
}

impl Microphone {
    /// Opens the default one.
    ///
    /// # Errors
    /// When there is none or it cannot be used, in words.
    pub fn open() -> Result<Self, String> {
        let device = cpal::default_host()
            .default_input_device()
            .ok_or_else(|| "microphone: there is none".to_owned())?;
        let problem = |error: cpal::Error| format!("microphone: {error}");
        let config = device.default_input_config().map_err(problem)?;
        let format = config.sample_format();
        let config: StreamConfig = config.into();
        let rate_hz = config.sample_rate;
        let (producer, samples) = RingBuffer::new((rate_hz * MICROPHONE_SECS) as usize);
        let gone = Arc::new(AtomicBool::new(false));
        let lost = gone.clone();
        let stream = match format {
            SampleFormat::I8 => record::<i8>(&device, config, producer, lost),
            SampleFormat::I16 => record::<i16>(&device, config, producer, lost),
            SampleFormat::I32 => record::<i32>(&device, config, producer, lost),
            SampleFormat::U8 => record::<u8>(&device, config, producer, lost),
            SampleFormat::U16 => record::<u16>(&device, config, producer, lost),
            SampleFormat::F32 => record::<f32>(&device, config, producer, lost),
            SampleFormat::F64 => record::<f64>(&device, config, producer, lost),
            other => return Err(format!("microphone: its samples are {other}, which is not read")),
        }
        .map_err(problem)?;
        stream.play().map_err(problem)?;
        Ok(Self { _stream: stream, samples, rate_hz, gone })
    }

    /// Whether it was unplugged.
    pub fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }
}

fn record<T>(
    device: &cpal::Device,
    config: StreamConfig,
    mut samples: Producer<f32>,
    gone: Arc<AtomicBool>,
) -> Result<Stream, cpal::Error>
where
    T: SizedSample,
    f32: FromSample<T>,
{
    let channels = usize::from(config.channels.max(1));
    let heard = move |data: &[T], _: &cpal::InputCallbackInfo| {
        let count = (data.len() / channels).min(samples.slots());
        let mean = |moment: &[T]| {
            moment.iter().map(|s| f32::from_sample(*s)).sum::<f32>() / channels as f32
        };
        if let Ok(chunk) = samples.write_chunk_uninit(count) {
            chunk.fill_from_iter(data.chunks_exact(channels).map(mean));
        }
    };
    let failed = move |error: cpal::Error| {
        if !matches!(
            error.kind(),
            ErrorKind::Xrun | ErrorKind::RealtimeDenied | ErrorKind::DeviceChanged
        ) {
            gone.store(true, Ordering::Relaxed);
        }
    };
    device.build_input_stream(config, heard, failed, None)
}
