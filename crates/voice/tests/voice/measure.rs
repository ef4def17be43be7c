//! What can be measured of a sound.

use reverie_voice::SAMPLE_RATE_HZ;

/// Window and hop of a pitch, samples.
const WINDOW: usize = 1200;
const HOP: usize = 480;

pub fn rms(samples: &[f32]) -> f32 {
    (samples.iter().map(|x| x * x).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}

/// Pitch (Hz) and how periodic it is (0 to 1) of the louder stretches.
pub fn pitches(samples: &[f32]) -> Vec<(f32, f32)> {
    let lags = SAMPLE_RATE_HZ as usize / 550..SAMPLE_RATE_HZ as usize / 60;
    let loud = rms(samples);
    let starts = (0..samples.len().saturating_sub(WINDOW + lags.end)).step_by(HOP);
    let pitch = |start: usize| {
        let here = &samples[start..start + WINDOW];
        let correlation = |lag: usize| {
            let there = &samples[start + lag..start + lag + WINDOW];
            let both: f32 = here.iter().zip(there).map(|(a, b)| a * b).sum();
            both / (rms(here) * rms(there) * WINDOW as f32 + 1e-9)
        };
        let all: Vec<f32> = lags.clone().map(correlation).collect();
        let best = all.iter().copied().fold(0.0, f32::max);
        // The shortest lag that is about as good and a peak: multiples of a period are as periodic.
        let at = (1..all.len() - 1)
            .find(|&i| all[i] > 0.93 * best && all[i] >= all[i - 1] && all[i] >= all[i + 1])?;
        Some((SAMPLE_RATE_HZ as f32 / (lags.start + at) as f32, best))
    };
    starts.filter(|&s| rms(&samples[s..s + WINDOW]) > 0.7 * loud).filter_map(pitch).collect()
}

pub fn median(mut values: Vec<f32>) -> f32 {
    assert!(!values.is_empty());
    values.sort_by(f32::total_cmp);
    values[values.len() / 2]
}

/// Median pitch of what is clearly voiced, Hz.
pub fn pitch_hz(samples: &[f32]) -> f32 {
    median(pitches(samples).iter().filter(|(_, clear)| *clear > 0.8).map(|(hz, _)| *hz).collect())
}

/// How periodic the louder stretches are.
pub fn periodicity(samples: &[f32]) -> f32 {
    median(pitches(samples).iter().map(|(_, clear)| *clear).collect())
}

/// Share of the power in a band of frequencies, by differences of filtered signals: how much of it
/// changes quickly.
pub fn sharpness(samples: &[f32]) -> f32 {
    let slope = |x: &[f32]| x.windows(2).map(|w| w[1] - w[0]).collect::<Vec<f32>>();
    rms(&slope(samples)) / rms(samples).max(1e-9)
}
