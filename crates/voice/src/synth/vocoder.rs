//! Spectra of a sentence in, samples out, frame by frame.

use super::noise::Noise;
use super::pulses::{LEAST_HZ, Pulses};
use super::shape::{Shape, Tables};
use super::{BIN_HZ, BINS, FRAME, HOP};
use crate::kernels::{exp, sin_cos_turns, tanh, wide};
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// Hops of a frame.
const OVERLAP: usize = FRAME / HOP;
/// Blocks at either end that lie outside of the sentence.
const OUTSIDE: usize = OVERLAP / 2;
/// Logarithms of strength are cut off here.
const LOUDEST: f32 = 7.0;
/// Samples above this are pressed towards 1, so that nothing is cut off.
const KNEE: f32 = 0.8;
/// Neighbours over which the voice's envelope is smoothed before breath takes its shape, on each side.
const SMOOTHING: usize = 4;

/// Turns spectra into sound.
pub(crate) struct Vocoder {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    window: Vec<f32>,
    /// 1 / sum of the squared windows that overlap.
    level: Vec<f32>,
    tables: Tables,
    gain: f32,
    noise: Noise,
    pulses: Pulses,
    formed_hz: Vec<f32>,
    /// The pulses of a frame.
    recent: Vec<f32>,
    /// Blocks of `recent` that are voiced, counted from the newest.
    voiced: usize,
    frame: usize,
    /// What overlaps so far.
    sum: Vec<f32>,
    time: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    curves: Curves,
}

/// Of one frame, over bins.
struct Curves {
    /// Strength and phase that are under way.
    strength: Vec<f32>,
    phase: Vec<f32>,
    envelope: Vec<f32>,
    re: Vec<f32>,
    im: Vec<f32>,
}

impl Vocoder {
    pub(crate) fn new() -> Self {
        let mut planner = RealFftPlanner::new();
        let (forward, inverse) = (planner.plan_fft_forward(FRAME), planner.plan_fft_inverse(FRAME));
        let turn = std::f64::consts::TAU / FRAME as f64;
        let window: Vec<f32> =
            (0..FRAME).map(|n| (0.5 - 0.5 * (turn * n as f64).cos()) as f32).collect();
        let noise = Noise::new(0);
        let scratch = forward.get_scratch_len().max(inverse.get_scratch_len());
        let curve = || vec![0.0; BINS];
        let mut vocoder = Self {
            forward,
            inverse,
            window,
            level: vec![0.0; HOP],
            tables: Tables::new(Shape::default()),
            gain: 1.0,
            noise,
            pulses: Pulses::new(noise),
            formed_hz: Vec::new(),
            recent: vec![0.0; FRAME],
            voiced: 0,
            frame: 0,
            sum: vec![0.0; FRAME],
            time: vec![0.0; FRAME],
            spectrum: vec![Complex::default(); BINS],
            scratch: vec![Complex::default(); scratch],
            curves: Curves {
                strength: curve(),
                phase: curve(),
                envelope: curve(),
                re: curve(),
                im: curve(),
            },
        };
        vocoder.level = (0..HOP).map(|j| 1.0 / vocoder.overlap(j, 0, OVERLAP)).collect();
        vocoder
    }

    /// Begins a sentence with the pitch of each of its frames (at least [`OVERLAP`]). `formed_hz` is
    /// the pitch that the network was told where that is another one, else empty.
    pub(crate) fn begin(
        &mut self,
        pitch_hz: &[f32],
        formed_hz: &[f32],
        shape: Shape,
        noise: Noise,
    ) {
        if self.tables.shape != shape {
            self.tables = Tables::new(shape);
            self.gain = 10.0_f32.powf(shape.gain_db / 20.0);
        }
        self.noise = noise;
        self.pulses.begin(pitch_hz, shape.unevenness, noise);
        self.formed_hz.clear();
        self.formed_hz.extend_from_slice(formed_hz);
        self.recent.fill(0.0);
        self.sum.fill(0.0);
        (self.frame, self.voiced) = (0, 0);
    }

    /// Takes the next frame's spectrum (five curves); adds the samples that are ready to `out`.
    pub(crate) fn push(&mut self, parts: &[f32], out: &mut Vec<f32>) {
        if self.frame >= self.pulses.frames() {
            return;
        }
        self.excite();
        self.compose(parts);
        self.overlap_add();
        self.emit(out);
        self.frame += 1;
        if self.frame == self.pulses.frames() {
            for _ in 1..OVERLAP {
                self.emit(out);
                self.frame += 1;
            }
        }
    }

    /// Brings the pulses around this frame to `recent`.
    fn excite(&mut self) {
        if self.frame == 0 {
            // Before the first sample they are mirrored.
            for block in 0..OUTSIDE {
                self.block(block, FRAME / 2 + block * HOP);
            }
            for n in 1..FRAME / 2 {
                self.recent[FRAME / 2 - n] = self.recent[FRAME / 2 + n];
            }
            self.voiced = if self.voiced > 0 { OVERLAP } else { 0 };
            return;
        }
        self.recent.copy_within(HOP.., 0);
        let next = self.frame + OUTSIDE - 1;
        self.voiced = self.voiced.saturating_sub(1);
        if next < self.pulses.frames() {
            self.block(next, FRAME - HOP);
        } else {
            // And so they are behind the last one.
            let last = FRAME - HOP - 1;
            for n in 1..=HOP {
                self.recent[last + n] = self.recent[last - n];
            }
            self.voiced = if self.voiced > 0 { OVERLAP } else { 0 };
        }
    }

    fn block(&mut self, frame: usize, at: usize) {
        if self.pulses.block(frame, &mut self.recent[at..at + HOP]) {
            self.voiced = OVERLAP;
        }
    }

    /// Puts the frame's spectrum together.
    fn compose(&mut self, parts: &[f32]) {
        let mut parts = parts.chunks_exact(BINS);
        let mut next = || parts.next().unwrap_or(&[]);
        let (voice, turn, noise, rest, phase) = (next(), next(), next(), next(), next());
        let Self { tables, curves, .. } = self;
        let Curves { strength, phase: turns, envelope, re, im } = curves;
        let shape = tables.shape;

        tables.moved(rest, strength);
        wide(
            #[inline(always)]
            || {
                let bins = re.iter_mut().zip(im.iter_mut()).zip(phase).zip(strength.iter());
                for ((((re, im), phase), strength), tilt) in bins.zip(&tables.tilt) {
                    let strength = exp((*strength + tilt).min(LOUDEST));
                    let (sine, cosine) = sin_cos_turns(phase * std::f32::consts::FRAC_1_PI * 0.5);
                    (*re, *im) = (strength * cosine, strength * sine);
                }
            },
        );

        let pitch_hz = self.pulses.pitch_hz(self.frame);
        let breathes = shape.breath > 0.0 && pitch_hz > 0.0;
        let sounds = shape.voicing > 0.0 && self.voiced > 0;
        if breathes || sounds {
            for ((strength, voice), lowest) in strength.iter_mut().zip(voice).zip(&tables.lowest) {
                *strength = voice + lowest;
            }
            if let Some(formed_hz) = self.formed_hz.get(self.frame) {
                fill_below(strength, *formed_hz);
            }
            tables.moved(strength, envelope);
            wide(
                #[inline(always)]
                || {
                    for (envelope, tilt) in envelope.iter_mut().zip(&tables.tilt) {
                        *envelope = exp((*envelope + tilt).min(LOUDEST));
                    }
                },
            );
        }
        if sounds {
            tables.moved_nearest(turn, turns);
            for ((out, x), window) in self.time.iter_mut().zip(&self.recent).zip(&self.window) {
                *out = x * window;
            }
            // Lengths are right by construction, so this cannot fail.
            let _ = self.forward.process_with_scratch(
                &mut self.time,
                &mut self.spectrum,
                &mut self.scratch,
            );
            // A cosine of strength 1 peaks at half the window's sum; that is taken for 1.
            let factor = shape.voicing * OVERLAP as f32 / FRAME as f32;
            let (spectrum, envelope, turns) = (&self.spectrum, &*envelope, &*turns);
            wide(
                #[inline(always)]
                || {
                    let bins = re.iter_mut().zip(im.iter_mut()).zip(spectrum);
                    for (((re, im), pulse), (envelope, turn)) in
                        bins.zip(envelope.iter().zip(turns))
                    {
                        let (sine, cosine) = sin_cos_turns(0.5 * tanh(*turn));
                        let strength = envelope * factor;
                        *re += strength * (cosine * pulse.re - sine * pulse.im);
                        *im += strength * (cosine * pulse.im + sine * pulse.re);
                    }
                },
            );
        }

        tables.moved(noise, strength);
        wide(
            #[inline(always)]
            || {
                for (strength, tilt) in strength.iter_mut().zip(&tables.tilt) {
                    *strength = exp((*strength + tilt).min(LOUDEST));
                }
            },
        );
        if breathes {
            // Noise as strong as pulses so many Hz apart, once frames of it overlap.
            let level = shape.breath * 2.0 * (15.0 / pitch_hz).sqrt();
            smooth(envelope, turns);
            for ((strength, breath), envelope) in strength.iter_mut().zip(&tables.breath).zip(turns)
            {
                *strength += level * breath * *envelope;
            }
        }
        self.noise.add(self.frame as u32, strength, re, im);

        for ((out, re), im) in self.spectrum.iter_mut().zip(re.iter()).zip(im.iter()) {
            *out = Complex::new(*re, *im);
        }
        // The lowest and the highest bin have no phase.
        self.spectrum[0].im = 0.0;
        self.spectrum[BINS - 1].im = 0.0;
    }

    fn overlap_add(&mut self) {
        let _ = self.inverse.process_with_scratch(
            &mut self.spectrum,
            &mut self.time,
            &mut self.scratch,
        );
        for ((sum, x), window) in self.sum.iter_mut().zip(&self.time).zip(&self.window) {
            *sum += x * (window / FRAME as f32);
        }
    }

    /// Takes the block out that is complete.
    fn emit(&mut self, out: &mut Vec<f32>) {
        let frames = self.pulses.frames();
        if (OUTSIDE..frames + OUTSIDE).contains(&self.frame) {
            let steady = self.frame + 1 >= OVERLAP && self.frame < frames;
            let newest = self.frame.min(frames - 1);
            let (from, to) = (self.frame - newest, OVERLAP.min(self.frame + 1));
            for j in 0..HOP {
                let level = match steady {
                    true => self.level[j],
                    false => 1.0 / self.overlap(j, from, to).max(1e-11),
                };
                out.push(limited(self.sum[j] * level * self.gain));
            }
        }
        self.sum.copy_within(HOP.., 0);
        self.sum[FRAME - HOP..].fill(0.0);
    }

    /// Sum of the squared windows of the frames that are so many hops old.
    fn overlap(&self, j: usize, from: usize, to: usize) -> f32 {
        (from..to).map(|hops| self.window[hops * HOP + j]).map(|w| w * w).sum()
    }
}

/// Below the pitch that it was told the network says nothing: its voice has no harmonic there. One that
/// is lower has.
fn fill_below(voice: &mut [f32], formed_hz: f32) {
    let lowest = (formed_hz / BIN_HZ).round() as usize;
    if formed_hz < LEAST_HZ || lowest + 1 >= voice.len() {
        return;
    }
    let around = &voice[lowest.saturating_sub(1)..=lowest + 1];
    let level = around.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for strength in &mut voice[..lowest] {
        *strength = strength.max(level);
    }
}

/// Mean over neighbours.
fn smooth(curve: &[f32], out: &mut [f32]) {
    for (at, out) in out.iter_mut().enumerate() {
        let around = &curve[at.saturating_sub(SMOOTHING)..(at + SMOOTHING + 1).min(curve.len())];
        *out = around.iter().sum::<f32>() / around.len() as f32;
    }
}

/// Presses what is above the knee below 1.
#[inline(always)]
fn limited(x: f32) -> f32 {
    let above = x.abs() - KNEE;
    if above <= 0.0 { x } else { (KNEE + (1.0 - KNEE) * tanh(above / (1.0 - KNEE))).copysign(x) }
}
