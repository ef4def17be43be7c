//! The rate of a sound that comes piece by piece.

use crate::{MediaError, sound::RATES_HZ};
use rubato::{
    Fft, FixedSync, Indexing, Resampler as _, audioadapter_buffers::direct::InterleavedSlice,
};

/// Samples that go in at a time, about: some 10 ms of speech.
const CHUNK: usize = 256;

/// Changes the rate of a sound while it comes. All pieces together are as long as what went in.
pub struct Resampling {
    /// `None` where both rates are the same.
    inner: Option<Fft<f32>>,
    /// Output for each input.
    ratio: f64,
    waiting: Vec<f32>,
    out: Vec<f32>,
    /// Samples of the filter's delay that are still to be left out.
    skip: usize,
    taken: u64,
    given: u64,
}

impl std::fmt::Debug for Resampling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resampling").field("ratio", &self.ratio).finish_non_exhaustive()
    }
}

impl Resampling {
    /// From one rate to another, Hz.
    ///
    /// # Errors
    /// [`MediaError::Sound`] when one of them is no rate of a sound.
    pub fn new(from_hz: u32, to_hz: u32) -> Result<Self, MediaError> {
        let bad = |e: &dyn std::fmt::Display| {
            MediaError::sound("sound", format!("{from_hz} Hz to {to_hz} Hz: {e}"))
        };
        for rate in [from_hz, to_hz] {
            if !(RATES_HZ[0]..=RATES_HZ[1]).contains(&rate) {
                return Err(bad(&format!("{rate} Hz is no rate")));
            }
        }
        let inner = match from_hz == to_hz {
            true => None,
            false => Some(
                Fft::new(from_hz as usize, to_hz as usize, CHUNK, 1, FixedSync::Both)
                    .map_err(|e| bad(&e))?,
            ),
        };
        let skip = inner.as_ref().map_or(0, |inner| inner.output_delay());
        let ratio = f64::from(to_hz) / f64::from(from_hz);
        let (waiting, out) = (Vec::new(), Vec::new());
        Ok(Self { inner, ratio, waiting, out, skip, taken: 0, given: 0 })
    }

    /// Takes as many samples as there are; gives those at the new rate that are ready. Allocates nothing
    /// once it has seen as many samples at a time before.
    pub fn push(&mut self, samples: &[f32]) -> &[f32] {
        self.out.clear();
        self.taken += samples.len() as u64;
        self.waiting.extend_from_slice(samples);
        self.work();
        self.given += self.out.len() as u64;
        &self.out
    }

    /// Ends the sound: the rest of it. The next samples begin another one.
    pub fn finish(&mut self) -> &[f32] {
        self.out.clear();
        let all = (self.taken as f64 * self.ratio).round() as u64;
        let left = usize::try_from(all.saturating_sub(self.given)).unwrap_or(0);
        while self.out.len() < left {
            let chunk = self.inner.as_ref().map_or(left, |inner| inner.input_frames_next());
            self.waiting.resize(self.waiting.len() + chunk.max(1), 0.0);
            self.work();
        }
        self.out.truncate(left);
        self.waiting.clear();
        if let Some(inner) = &mut self.inner {
            inner.reset();
            self.skip = inner.output_delay();
        }
        (self.taken, self.given) = (0, 0);
        &self.out
    }

    /// Moves what waits, in whole chunks, to `out`.
    fn work(&mut self) {
        let Self { inner, waiting, out, skip, .. } = self;
        let Some(inner) = inner else {
            out.append(waiting);
            return;
        };
        let mut done = 0;
        while waiting.len() - done >= inner.input_frames_next() {
            let (count, room) = (inner.input_frames_next(), inner.output_frames_next());
            let (input, from) = (&waiting[done..done + count], out.len());
            out.resize(from + room, 0.0);
            let written = {
                let input = InterleavedSlice::new(input, 1, count);
                let output = InterleavedSlice::new_mut(&mut out[from..], 1, room);
                // Sizes are right by construction, so this cannot fail.
                match (input, output) {
                    (Ok(input), Ok(mut output)) => inner
                        .process_into_buffer(&input, &mut output, None::<&Indexing>)
                        .map_or(0, |(_, written)| written),
                    _ => 0,
                }
            };
            out.truncate(from + written);
            let dropped = (*skip).min(written);
            out.drain(from..from + dropped);
            *skip -= dropped;
            done += count;
        }
        waiting.drain(..done);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(rate_hz: u32, secs: f32) -> Vec<f32> {
        let count = (rate_hz as f32 * secs) as usize;
        let turn = 440.0 * std::f32::consts::TAU / rate_hz as f32;
        (0..count).map(|at| 0.5 * (at as f32 * turn).sin()).collect()
    }

    #[test]
    fn pieces_of_any_size_give_the_whole_in_its_place() {
        for (from, to) in [(48_000, 16_000), (44_100, 16_000), (16_000, 24_000), (8_000, 16_000)] {
            let (samples, truth) = (tone(from, 1.03), tone(to, 1.03));
            let all = |sizes: &[usize]| {
                let mut resampling = Resampling::new(from, to).expect("rates");
                let (mut out, mut rest) = (Vec::new(), samples.as_slice());
                for size in sizes.iter().cycle() {
                    let (piece, later) = rest.split_at(rest.len().min(*size));
                    out.extend_from_slice(resampling.push(piece));
                    rest = later;
                    if rest.is_empty() {
                        break;
                    }
                }
                out.extend_from_slice(resampling.finish());
                out
            };
            let whole = all(&[samples.len()]);
            assert!(whole.len().abs_diff(truth.len()) <= 1, "{from} to {to}: {}", whole.len());
            assert_eq!(all(&[1, 700, 13]), whole, "{from} to {to}");
            // In the middle, where no edge is near, it is the tone itself, to half a sample of the input.
            let middle = truth.len() / 4..truth.len() * 3 / 4;
            let off = |(a, b): (&f32, &f32)| (a - b).abs();
            let worst =
                whole[middle.clone()].iter().zip(&truth[middle]).map(off).fold(0.0, f32::max);
            assert!(worst < 0.02, "{from} to {to}: {worst}");
        }
    }

    #[test]
    fn one_rate_changes_nothing_and_no_rate_is_refused() {
        let mut same = Resampling::new(16_000, 16_000).expect("a rate");
        assert_eq!(same.push(&[0.1, 0.2]), [0.1, 0.2]);
        assert_eq!(same.finish(), [0.0; 0]);
        assert!(Resampling::new(0, 16_000).is_err());
        assert!(Resampling::new(16_000, u32::MAX).is_err());
    }
}
