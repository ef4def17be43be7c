//! The signal processing against that of the original, from stored numbers.

#![allow(clippy::unwrap_used)]

use super::*;
use realfft::RealFftPlanner;
use realfft::num_complex::Complex;
use safetensors::SafeTensors;

struct Reference {
    pitch_hz: Vec<f32>,
    spectra: Vec<f32>,
    samples: Vec<f32>,
}

fn reference() -> Reference {
    let path = format!("{}/tests/data/sound_reference.safetensors", env!("CARGO_MANIFEST_DIR"));
    let data = std::fs::read(path).unwrap();
    let tensors = SafeTensors::deserialize(&data).unwrap();
    let bytes = |name| tensors.tensor(name).unwrap().data().to_vec();
    let floats = |name| -> Vec<f32> {
        bytes(name).as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
    };
    let halves = |b: &[u8; 2]| half::f16::from_le_bytes(*b).to_f32();
    Reference {
        pitch_hz: floats("pitch"),
        spectra: bytes("spectra").as_chunks().0.iter().map(halves).collect(),
        samples: floats("samples"),
    }
}

/// Spectra without the noise, which differs between the two.
fn without_noise(spectra: &[f32]) -> Vec<f32> {
    let mut silent = spectra.to_vec();
    for frame in silent.chunks_exact_mut(5 * BINS) {
        frame[2 * BINS..3 * BINS].fill(-80.0);
    }
    silent
}

fn synthesize(pitch_hz: &[f32], spectra: &[f32], shape: Shape, seed: u64) -> Vec<f32> {
    let mut vocoder = Vocoder::new();
    let mut samples = Vec::new();
    vocoder.begin(pitch_hz, &[], shape, Noise::new(seed));
    for frame in spectra.chunks_exact(5 * BINS) {
        vocoder.push(frame, &mut samples);
    }
    samples
}

/// Strengths of all bins of all frames, dB, down to 60 below the loudest.
fn decibels(samples: &[f32]) -> Vec<f32> {
    let fft = RealFftPlanner::new().plan_fft_forward(FRAME);
    let mut all = Vec::new();
    for start in (0..samples.len() - FRAME).step_by(HOP) {
        let turn = std::f32::consts::TAU / FRAME as f32;
        let frame = samples[start..start + FRAME].iter().enumerate();
        let mut frame: Vec<f32> =
            frame.map(|(n, x)| x * (0.5 - 0.5 * (turn * n as f32).cos())).collect();
        let mut spectrum = vec![Complex::default(); BINS];
        fft.process(&mut frame, &mut spectrum).unwrap();
        all.extend(spectrum.iter().map(|c| 20.0 * c.norm().max(1e-9).log10()));
    }
    let loudest = all.iter().copied().fold(f32::MIN, f32::max);
    all.iter().map(|db| db.max(loudest - 60.0)).collect()
}

/// Mean over frames of the root of the mean square over bins, dB.
fn spectral_distance(a: &[f32], b: &[f32]) -> f32 {
    let (a, b) = (decibels(a), decibels(b));
    let frames = a.chunks_exact(BINS).zip(b.chunks_exact(BINS));
    let of = |(a, b): (&[f32], &[f32])| {
        (a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>() / BINS as f32).sqrt()
    };
    frames.clone().map(of).sum::<f32>() / frames.count() as f32
}

#[test]
fn sound_is_that_of_the_original() {
    let Reference { pitch_hz, spectra, samples } = reference();
    let ours = synthesize(&pitch_hz, &without_noise(&spectra), Shape::default(), 0);
    assert_eq!(ours.len(), samples.len());
    let largest = samples.iter().fold(0.0_f32, |m, x| m.max(x.abs()));
    let worst = ours.iter().zip(&samples).fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()));
    let distance = spectral_distance(&ours, &samples);
    println!("largest {largest:.3}, differs by {worst:.1e}, spectral distance {distance:.4} dB");
    assert!(largest > 0.1);
    assert!(worst < 2e-3 * largest, "{worst}");
    assert!(distance < 0.1, "{distance}");
}

#[test]
fn noise_is_what_the_network_says_and_no_more() {
    let Reference { pitch_hz, spectra, samples } = reference();
    let ours = synthesize(&pitch_hz, &spectra, Shape::default(), 7);
    assert!(ours != synthesize(&pitch_hz, &spectra, Shape::default(), 8));
    assert_eq!(ours, synthesize(&pitch_hz, &spectra, Shape::default(), 7));
    let power = |x: &[f32]| x.iter().map(|x| x * x).sum::<f32>();
    let noise: Vec<f32> = ours.iter().zip(&samples).map(|(a, b)| a - b).collect();
    let part = power(&noise) / power(&samples);
    assert!(part > 0.0 && part < 1e-2, "{part}");
}

#[test]
fn a_vocoder_can_be_used_again_and_any_shape_is_finite() {
    let Reference { pitch_hz, spectra, .. } = reference();
    let mut vocoder = Vocoder::new();
    let mut first = Vec::new();
    for round in 0..2 {
        let mut samples = Vec::new();
        vocoder.begin(&pitch_hz, &[], Shape::default(), Noise::new(1));
        for frame in spectra.chunks_exact(5 * BINS) {
            vocoder.push(frame, &mut samples);
        }
        // Frames past the last are none.
        vocoder.push(&spectra[..5 * BINS], &mut samples);
        if round == 0 { first = samples } else { assert_eq!(first, samples) }
    }
    let unevenness = Unevenness { jitter: 0.06, shimmer: 0.45, alternation: 0.25 };
    for tract_length in [0.7, 1.0, 1.35] {
        for (voicing, breath) in [(0.0, 1.0), (1.0, 0.0), (0.5, 0.5)] {
            let shape = Shape {
                tract_length,
                voicing,
                breath,
                unevenness,
                tilt_db: 4.0,
                lowest_db: -6.0,
                gain_db: 30.0,
            };
            let samples = synthesize(&pitch_hz, &spectra, shape, 0);
            assert_eq!(samples.len(), first.len());
            assert!(samples.iter().all(|x| x.is_finite() && x.abs() <= 1.0));
        }
    }
}
