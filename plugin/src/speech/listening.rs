//! Lips are read from a sound on its way to the ear.

use super::{
    live::Microphone,
    making::{Made, Out},
    voices::Lips,
};
use reverie_media::Resampling;
use reverie_voice::lips::{HeardSpeech, LipDecoder, LipReader, RATE_HZ};
use rtrb::Consumer;
use std::{collections::VecDeque, sync::Arc, thread, time::Duration};

/// What is said is known this long before it is heard, seconds: a mouth prepares a sound, a hand a stroke.
pub(super) const LEAD_SECS: f64 = 0.4;
/// A sound that comes as it is said is heard so much later, seconds: [`LEAD_SECS`], and what it takes to be
/// sure of a sound of speech. One that comes faster is heard as soon as so much of it is there.
const DELAY_SECS: f64 = 0.78;
/// Sounds of speech are told of one by one.
const STRETCH_SECS: f32 = 0.1;
/// Samples that are taken at a time, seconds, and most of them that wait for their lips.
const BLOCK_SECS: f64 = 0.02;
const MOST_SECS: f64 = 2.0;
/// Whoever waits for sound looks so often.
const LOOK: Duration = Duration::from_millis(4);

/// Where sound comes from.
pub(super) enum Source {
    /// All of it is there, from this sample on.
    Whole(Arc<[f32]>, usize),
    /// It comes until its other end is dropped.
    Live(Consumer<f32>),
    Microphone(Microphone),
}

impl Source {
    /// Takes what is there, `most` samples at most; false when no more will come.
    fn take(&mut self, most: usize, into: &mut Vec<f32>) -> Result<bool, String> {
        into.clear();
        let (samples, may_go_on) = match self {
            Self::Whole(samples, at) => {
                let end = (*at + most).min(samples.len());
                into.extend_from_slice(&samples[*at..end]);
                *at = end;
                return Ok(end < samples.len());
            }
            Self::Live(samples) => {
                // Asked first: the last samples may come before the end.
                let may_go_on = !samples.is_abandoned();
                (samples, may_go_on)
            }
            Self::Microphone(microphone) => {
                if microphone.is_gone() {
                    return Err("microphone: it has gone".to_owned());
                }
                (&mut microphone.samples, true)
            }
        };
        let count = samples.slots().min(most);
        if let Ok(chunk) = samples.read_chunk(count) {
            let sound =
                |sample: f32| if sample.is_finite() { sample.clamp(-4.0, 4.0) } else { 0.0 };
            into.extend(chunk.into_iter().map(sound));
        }
        Ok(may_go_on || samples.slots() > 0)
    }
}

/// Hands a sound on, and what is said in it before that. Ends with the sound or when nobody wants it any
/// more.
///
/// # Errors
/// When lips cannot be read or a microphone goes.
pub(super) fn listen(
    mut source: Source,
    rate_hz: u32,
    lips: &Lips,
    out: &mut Out,
) -> Result<(), String> {
    let mut ear = Ear::new(lips.reader()?, rate_hz)?;
    let problem = |error: reverie_media::MediaError| error.to_string();
    let mut to_out = Resampling::new(rate_hz, out.rate_hz).map_err(problem)?;
    let out_hz = f64::from(out.rate_hz);
    let block = ((BLOCK_SECS * f64::from(rate_hz)) as usize).max(1);
    let mut fresh = Vec::with_capacity(block);
    // What was heard and not handed on.
    let mut kept: VecDeque<f32> = VecDeque::new();
    let (mut taken, mut goes_on) = (0u64, true);
    while goes_on || !kept.is_empty() {
        if out.is_over() {
            return Ok(());
        }
        let mut idle = true;
        if goes_on && (kept.len() as f64) < MOST_SECS * out_hz {
            goes_on = source.take(block, &mut fresh)?;
            idle = fresh.is_empty() && goes_on;
            taken += fresh.len() as u64;
            ear.hear(&fresh, |heard| out.tell(Made::Heard(heard)));
            kept.extend(to_out.push(&fresh));
            if !goes_on {
                ear.end(|heard| out.tell(Made::Heard(heard)));
                kept.extend(to_out.finish());
            }
        }
        let may_begin = taken as f64 >= DELAY_SECS * f64::from(rate_hz) || out.count > 0;
        let until = match (goes_on, may_begin) {
            (false, _) => u64::MAX,
            (true, true) => ((ear.sure_secs() - LEAD_SECS).max(0.0) * out_hz) as u64,
            (true, false) => 0,
        };
        let due = usize::try_from(until.saturating_sub(out.count)).unwrap_or(usize::MAX);
        let (first, _) = kept.as_slices();
        let count = out.push(&first[..due.min(first.len())]);
        kept.drain(..count);
        let full = kept.len() as f64 >= MOST_SECS * out_hz;
        if count == 0 && (idle || full || !goes_on) {
            thread::sleep(LOOK);
        }
    }
    Ok(())
}

/// Reads lips bit by bit.
struct Ear {
    resampling: Resampling,
    reader: LipReader,
    decoder: LipDecoder,
}

impl Ear {
    fn new(reader: LipReader, rate_hz: u32) -> Result<Self, String> {
        let resampling = Resampling::new(rate_hz, RATE_HZ).map_err(|e| e.to_string())?;
        Ok(Self { resampling, reader, decoder: LipDecoder::with_stretches(STRETCH_SECS) })
    }

    fn hear(&mut self, samples: &[f32], mut tell: impl FnMut(HeardSpeech)) {
        let frames = self.reader.push(self.resampling.push(samples));
        frames.iter().filter_map(|frame| self.decoder.push(frame)).for_each(&mut tell);
    }

    fn end(&mut self, mut tell: impl FnMut(HeardSpeech)) {
        let Self { resampling, reader, decoder } = self;
        let frames = reader.push(resampling.finish());
        frames.iter().filter_map(|frame| decoder.push(frame)).for_each(&mut tell);
        reader.finish().iter().filter_map(|frame| decoder.push(frame)).for_each(&mut tell);
        decoder.finish().into_iter().for_each(tell);
    }

    /// Up to this time all that is said was told.
    fn sure_secs(&self) -> f64 {
        self.decoder.given_secs()
    }
}
