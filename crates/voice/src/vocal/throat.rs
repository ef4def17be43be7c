//! How a throat filters voice and breath: what the network says of a vowel.

use super::Source;
use crate::network::{Melody, VoiceNetwork};
use crate::synth::{BIN_HZ, BINS, FRAME};
use reverie_behavior::VocalKind;
use std::sync::Arc;

/// Parts of a frame's spectrum.
const PARTS: usize = 5;
/// Steps of the vowel, of other sounds, and of the silence at both ends.
const STEPS: [usize; 3] = [8, 4, 2];
/// Neighbours over which envelopes are smoothed, on each side, bins.
const SMOOTHING: usize = 5;
/// A part of a spectrum that is not heard.
const SILENT: f32 = -80.0;
/// Level of speech, as the network makes it.
const SPEECH_RMS: f32 = 0.08;
/// Strength that the network forms a laughing vowel with.
const EFFORT: f32 = 0.8;
/// Air that streams in hisses further in front than air that streams out: the spectrum of breath in rises up
/// to here, Hz.
const INWARD_HZ: f32 = 2200.0;
/// The same for breath out.
const OUTWARD_HZ: f32 = 1500.0;

/// Below this, breath has next to nothing, Hz.
const LOW_HZ: f32 = 500.0;

/// Where the first formant of an open vowel is, Hz, and how much stronger what is below it may be (logarithm).
const FIRST_FORMANT_HZ: [f32; 2] = [480.0, 1300.0];
const LOWEST_ABOVE: f32 = 0.35;

/// The filter of a throat that holds a vowel; logarithms of strength over bins.
#[derive(Debug, Clone)]
pub(crate) struct Throat {
    voice: Vec<f32>,
    /// The same, smoothed, and what is added to it.
    envelope: Vec<f32>,
    added_db: f32,
    /// Phase of the voice, as the network writes it.
    turn: Vec<f32>,
    outward: Vec<f32>,
    inward: Vec<f32>,
}

impl Throat {
    /// Asks the network for the vowel of a kind of sound, formed for a pitch. A voice is as loud as speech with
    /// it, once the vocoder has added `-added_db` to it.
    pub fn new(
        network: &Arc<VoiceNetwork>,
        kind: VocalKind,
        formed_hz: f32,
        added_db: f32,
    ) -> Self {
        let phonemes = match kind {
            VocalKind::Laugh => "hˈʌ",
            VocalKind::Sigh => "hˈɑ",
            VocalKind::Chuckle | VocalKind::Breath | VocalKind::Gasp => "hə",
        };
        let (symbols, _) = network.symbols(phonemes);
        // Silence, h, (stress,) vowel, silence.
        let vowel = symbols.len().saturating_sub(2);
        let steps = |at: usize| match at {
            0 => STEPS[2],
            at if at == vowel => STEPS[0],
            at if at > vowel => STEPS[2],
            _ => STEPS[1],
        };
        let steps: Vec<usize> = (0..symbols.len()).map(steps).collect();
        let reading = network.read(&symbols);
        let plain = network.melody(&reading, &steps);
        let melody = Melody {
            pitch_hz: plain.pitch_hz.iter().map(|_| formed_hz).collect(),
            strength: plain
                .strength
                .iter()
                .map(|s| s + EFFORT * (s / 5.0).clamp(0.0, 1.0))
                .collect(),
        };
        let mut spectra = network.spectra(&symbols, &steps, &melody);
        let (mut all, mut some) = (Vec::new(), Vec::new());
        while spectra.advance(64, &mut some) > 0 {
            all.extend_from_slice(&some);
        }
        let each = PARTS * BINS;
        let frames = all.len() / each;
        // The middle of the vowel: sounds are heard some 50 ms before their steps.
        let per_step = frames as f32 / steps.iter().sum::<usize>().max(1) as f32;
        let before = steps[..vowel].iter().sum::<usize>() as f32;
        let place = |part: f32| ((before + part * STEPS[0] as f32) * per_step) as usize;
        let middle = place(0.05).min(frames)..place(0.55).min(frames);
        let mean = |part: usize| -> Vec<f32> {
            let count = middle.len().max(1) as f32;
            let of = |bin: usize| middle.clone().map(move |f| f * each + part * BINS + bin);
            (0..BINS).map(|bin| of(bin).map(|at| all[at]).sum::<f32>() / count).collect()
        };
        let mut voice = mean(0);
        if kind == VocalKind::Chuckle {
            // Lips hardly open let little of what is high through.
            for (bin, strength) in voice.iter_mut().enumerate() {
                *strength -= 0.35 * (bin as f32 * BIN_HZ / 600.0).max(1.0).log2();
            }
        }
        cap_lowest(&mut voice);
        let turn = mean(1);
        let envelope = smoothed(&voice);
        let outward = hiss(&envelope, OUTWARD_HZ, added_db);
        let inward = hiss(&envelope, INWARD_HZ, added_db);
        Self { voice, envelope, added_db, turn, outward, inward }
    }

    /// The spectrum of a frame of a source, five parts one after the other.
    pub fn frame(&self, source: &Source, frame: usize, out: &mut Vec<f32>) {
        out.clear();
        let at = |curve: &[f32]| curve.get(frame).copied().unwrap_or(0.0).max(1e-9);
        // Wherever harmonics fall between formants, calls are as loud as they are meant to be.
        let pitch_hz = source.pitch_hz.get(frame).copied().unwrap_or(200.0);
        let voice =
            at(&source.voice).ln() + level_of_voice(&self.envelope, pitch_hz, self.added_db);
        out.extend(self.voice.iter().map(|strength| (strength + voice).max(SILENT)));
        out.extend_from_slice(&self.turn);
        let (outward, inward) = (at(&source.outward), at(&source.inward));
        let both = self.outward.iter().zip(&self.inward);
        // Noises of one source each: their powers add up.
        out.extend(both.map(|(out, inw)| {
            let (out, inw) = (outward * out.exp(), inward * inw.exp());
            (0.5 * (out * out + inw * inw).max(1e-30).ln()).max(SILENT)
        }));
        out.resize(4 * BINS, SILENT);
        out.resize(5 * BINS, 0.0);
    }
}

/// The network's voice has a lowest harmonic that outshines the rest; an open mouth does not let it.
fn cap_lowest(voice: &mut [f32]) {
    let bin = |hz: f32| ((hz / BIN_HZ) as usize).min(BINS);
    let formant = voice[bin(FIRST_FORMANT_HZ[0])..bin(FIRST_FORMANT_HZ[1])].iter().copied();
    let most = formant.fold(f32::NEG_INFINITY, f32::max) + LOWEST_ABOVE;
    for strength in &mut voice[..bin(FIRST_FORMANT_HZ[0])] {
        *strength = strength.min(most);
    }
}

/// What makes a voice of that pitch as loud as speech.
fn level_of_voice(envelope: &[f32], heard_hz: f32, db: f32) -> f32 {
    let spacing = (heard_hz / BIN_HZ).max(1.0);
    let harmonics = (1..).map(|n| (n as f32 * spacing) as usize).take_while(|bin| *bin < BINS);
    let power: f32 = harmonics.map(|bin| 0.5 * (2.0 * envelope[bin]).exp()).sum();
    // The vocoder takes half a window's sum for 1.
    level(power.sqrt() * 4.0 / FRAME as f32, db)
}

/// The logarithm of what brings a level to that of speech and some dB more.
fn level(rms: f32, db: f32) -> f32 {
    (SPEECH_RMS / rms.max(1e-12)).ln() + db * std::f32::consts::LN_10 / 20.0
}

/// The spectrum of noise in that throat, as loud as speech.
fn hiss(envelope: &[f32], rises_to_hz: f32, db: f32) -> Vec<f32> {
    let mut hiss: Vec<f32> = (envelope.iter().enumerate())
        .map(|(bin, strength)| {
            let hz = bin as f32 * BIN_HZ;
            // Voice falls by some 6 dB an octave more than noise of a narrow place does.
            let low = (hz / LOW_HZ).clamp(0.1, 1.0);
            strength + (hz / rises_to_hz).clamp(0.04, 3.0).ln() + low.ln()
        })
        .collect();
    let power: f32 = hiss.iter().map(|s| (2.0 * s).exp()).sum();
    // Of noise in frames that overlap by three quarters, each bin with its two parts and its mirror image.
    let rms = (4.0 * power / 1.5).sqrt() / FRAME as f32;
    let level = level(rms, db);
    for strength in &mut hiss {
        *strength += level;
    }
    hiss
}

/// Mean over neighbours.
fn smoothed(curve: &[f32]) -> Vec<f32> {
    let around = |at: usize| {
        let near = &curve[at.saturating_sub(SMOOTHING)..(at + SMOOTHING + 1).min(curve.len())];
        near.iter().sum::<f32>() / near.len() as f32
    };
    (0..curve.len()).map(around).collect()
}
