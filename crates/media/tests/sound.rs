//! WAV files of every kind, good and bad, and sounds at other rates.

#![allow(clippy::unwrap_used, missing_docs)]

use hound::{SampleFormat, WavSpec, WavWriter};
use reverie_media::{MediaError, Sound, decode_wav, read_wav};
use std::io::Cursor;

const HZ: f32 = 440.0;

fn tone(rate_hz: u32, secs: f32, loud: f32) -> Vec<f32> {
    let count = (rate_hz as f32 * secs) as usize;
    let turn = std::f32::consts::TAU * HZ / rate_hz as f32;
    (0..count).map(|i| loud * (turn * i as f32).sin()).collect()
}

fn wav(samples: &[f32], rate_hz: u32, channels: u16, bits: u16, floats: bool) -> Vec<u8> {
    let sample_format = if floats { SampleFormat::Float } else { SampleFormat::Int };
    let spec = WavSpec { channels, sample_rate: rate_hz, bits_per_sample: bits, sample_format };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut bytes, spec).unwrap();
    for sample in samples {
        for channel in 0..channels {
            // The first channel is louder than the others, by as much as the last is softer.
            let side = if channel == 0 { 0.1 } else { 0.0 }
                - if channel + 1 == channels { 0.1 } else { 0.0 };
            let sample = sample * (1.0 + side);
            match floats {
                true => writer.write_sample(sample).unwrap(),
                false => {
                    let full = (1i64 << (bits - 1)) as f32;
                    writer.write_sample((sample * full).round() as i32).unwrap();
                }
            }
        }
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}

fn message(result: Result<Sound, MediaError>, part: &str) {
    let text = result.expect_err(part).to_string();
    assert!(text.starts_with("a.wav: ") && text.contains(part), "`{part}` is not in: {text}");
    assert!(!text.contains('\n'), "{text}");
}

#[test]
fn every_kind_of_file_gives_the_same_sound() {
    for (rate_hz, channels, bits, floats) in [
        (16_000, 1, 16, false),
        (8_000, 1, 8, false),
        (11_025, 2, 16, false),
        (44_100, 2, 24, false),
        (48_000, 6, 32, false),
        (96_000, 1, 32, true),
        (192_000, 2, 32, true),
    ] {
        let samples = tone(rate_hz, 0.1, 0.5);
        let sound =
            decode_wav(&wav(&samples, rate_hz, channels, bits, floats)[..], "a.wav").unwrap();
        assert_eq!((sound.rate_hz, sound.samples.len()), (rate_hz, samples.len()));
        let step = if bits == 8 { 1.0 / 127.0 } else { 1.0 / 32_000.0 };
        for (found, wanted) in sound.samples.iter().zip(&samples) {
            assert!((found - wanted).abs() < step, "{rate_hz} Hz, {bits} bits: {found} {wanted}");
        }
        assert!((sound.duration_secs() - 0.1).abs() < 1e-3);
    }
}

#[test]
fn bad_files_are_named() {
    let good = wav(&tone(16_000, 0.2, 0.5), 16_000, 1, 16, false);
    let decode = |bytes: &[u8]| decode_wav(bytes, "a.wav");
    message(decode(b""), "is no WAV that is read");
    message(decode(b"RIFF"), "is no WAV that is read");
    message(decode(b"once upon a time there was no sound at all"), "is no WAV that is read");
    message(decode(&good[..good.len() - 999]), "cut short after");
    message(decode(&wav(&[], 16_000, 1, 16, false)), "there is no sound in it");
    message(decode(&wav(&[0.1; 8], 100, 1, 16, false)), "100 Hz is not within");
    message(decode(&wav(&[0.1, f32::NAN], 16_000, 1, 32, true)), "sample 1 is NaN");
    message(decode(&wav(&[1e30], 16_000, 1, 32, true)), "sample 0 is");
    // A header that claims 66 hours of sound, of which nothing is there.
    let mut long = wav(&[0.1], 8_000, 1, 8, false);
    let at = long.windows(4).position(|name| name == b"data").unwrap() + 4;
    long[at..at + 4].copy_from_slice(&1_900_000_000u32.to_le_bytes());
    message(decode(&long), "too much");

    let folder = tempfile::tempdir().unwrap();
    let nowhere = read_wav(&folder.path().join("nowhere.wav")).unwrap_err().to_string();
    assert!(nowhere.contains("nowhere.wav: cannot be read"), "{nowhere}");
    let folder = read_wav(folder.path()).unwrap_err().to_string();
    assert!(folder.contains("cannot be read"), "{folder}");
}

/// Files that were cut or changed anywhere are read or refused, and nothing else.
#[test]
fn damage_is_no_panic() {
    let good = wav(&tone(8_000, 0.02, 0.5), 8_000, 2, 24, false);
    let mut state = 7u32;
    let mut next = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    for _ in 0..4000 {
        let mut bytes = good.clone();
        bytes.truncate(1 + next(good.len()));
        for _ in 0..next(4) {
            let at = next(bytes.len().min(60));
            bytes[at] = next(256) as u8;
        }
        match decode_wav(&bytes[..], "a.wav") {
            Ok(sound) => assert!(sound.samples.iter().all(|sample| sample.is_finite())),
            Err(error) => assert!(error.to_string().starts_with("a.wav: ")),
        }
    }
}

#[test]
fn another_rate_is_the_same_sound() {
    for (from, to) in
        [(48_000, 16_000), (44_100, 16_000), (8_000, 16_000), (22_050, 24_000), (44_101, 16_000)]
    {
        let sound = Sound { rate_hz: from, samples: tone(from, 1.0, 0.5) };
        let other = sound.resampled(to).unwrap();
        assert_eq!(other.rate_hz, to);
        assert!(other.samples.len().abs_diff(to as usize) <= 1, "{from} {to}");
        let wanted = tone(to, 1.0, 0.5);
        let inner = to as usize / 10..9 * to as usize / 10;
        let off = inner.map(|i| (other.samples[i] - wanted[i]).abs()).fold(0.0, f32::max);
        // Within half a sample.
        assert!(off < 0.05, "{from} Hz to {to} Hz: {off}");
    }
    // What the lower rate cannot hold does not come back as something else.
    let turn = std::f32::consts::TAU * 11_000.0 / 48_000.0;
    let high =
        Sound { rate_hz: 48_000, samples: (0..48_000).map(|i| (turn * i as f32).sin()).collect() };
    let low = high.resampled(16_000).unwrap();
    let loud = low.samples[1600..14_400].iter().fold(0.0f32, |m, s| m.max(s.abs()));
    assert!(loud < 0.01, "{loud}");

    let same = Sound { rate_hz: 16_000, samples: vec![0.1, 0.2] };
    assert_eq!(same.resampled(16_000).unwrap(), same);
    assert!(Sound { rate_hz: 0, samples: vec![0.1] }.resampled(16_000).is_err());
    assert!(same.resampled(0).is_err());
    assert!(
        Sound { rate_hz: 44_100, samples: Vec::new() }
            .resampled(16_000)
            .unwrap()
            .samples
            .is_empty()
    );
}
