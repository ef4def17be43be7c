//! How a throat filters voice and breath: what the network says of a vowel.

use super::Source;
use crate::network::{Melody, VoiceNetwork};
use crate::synth::{BIN_HZ, BINS, FRAME};
use reverie_behavior::VocalKind;
use std::sync::Arc;

/// Parts of a frame's spectrum.
const PARTS: usize = 5;
/// Steps of the vowel and of what is before and behind it.
const STEPS: usize = 8;
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

/// The filter of a throat that holds a vowel; logarithms of strength over bins.
#[derive(Debug, Clone)]
pub(crate) struct Throat {
    voice: Vec<f32>,
    /// Phase of the voice, as the network writes it.
    turn: Vec<f32>,
    outward: Vec<f32>,
    inward: Vec<f32>,
}

impl Throat {
    /// Asks the network for the vowel of a kind of sound, formed for a voice of that pitch (Hz). `breath_db`
    /// is added to breath.
    pub fn new(
        network: &Arc<VoiceNetwork>,
        kind: VocalKind,
        formed_hz: f32,
        breath_db: f32,
    ) -> Self {
        let phonemes = match kind {
            VocalKind::Laugh => "hˈʌ",
            VocalKind::Sigh => "hˈɑ",
            VocalKind::Chuckle | VocalKind::Breath | VocalKind::Gasp => "hə",
        };
        let (symbols, _) = network.symbols(phonemes);
        // Silence, h, (stress,) vowel, silence.
        let steps = vec![STEPS; symbols.len()];
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
        // The middle half of the vowel, which is the last but one of the symbols.
        let per_symbol = frames / symbols.len().max(1);
        let first = frames.saturating_sub(2 * per_symbol) + per_symbol / 4;
        let middle = first..(first + per_symbol / 2).min(frames);
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
        let turn = mean(1);
        let envelope = smoothed(&voice);
        let outward = hiss(&envelope, OUTWARD_HZ, breath_db);
        let inward = hiss(&envelope, INWARD_HZ, breath_db);
        Self { voice, turn, outward, inward }
    }

    /// The spectrum of a frame of a source, five parts one after the other.
    pub fn frame(&self, source: &Source, frame: usize, out: &mut Vec<f32>) {
        out.clear();
        let at = |curve: &[f32]| curve.get(frame).copied().unwrap_or(0.0).max(1e-9);
        let voice = at(&source.voice).ln();
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

/// The spectrum of noise in that throat, as loud as speech.
fn hiss(envelope: &[f32], rises_to_hz: f32, db: f32) -> Vec<f32> {
    let mut hiss: Vec<f32> = (envelope.iter().enumerate())
        .map(|(bin, strength)| {
            let hz = bin as f32 * BIN_HZ;
            // Voice falls by some 6 dB an octave more than noise of a narrow place does.
            strength + (hz / rises_to_hz).clamp(0.04, 3.0).ln()
        })
        .collect();
    let power: f32 = hiss.iter().map(|s| (2.0 * s).exp()).sum();
    // Of noise in frames that overlap by three quarters, each bin with its two parts and its mirror image.
    let rms = (4.0 * power / 1.5).sqrt() / FRAME as f32;
    let level = (SPEECH_RMS / rms.max(1e-12)).ln() + db * std::f32::consts::LN_10 / 20.0;
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
