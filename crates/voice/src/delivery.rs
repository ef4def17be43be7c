//! How something is said: what feelings do to a voice.

use crate::network::{FRAME_SECS, Melody};
use crate::spec::{RECORDED_PITCH_HZ, VoiceSpec};
use crate::synth::{Noise, Shape, Unevenness};
use crate::text::Style;
use crate::vocal::Temper;
use reverie_behavior::{Emotion, Feeling};

/// Changes against a speaker's usual way of speaking.
///
/// Directions and sizes follow reviews of how emotions sound (Scherer 2003; Juslin, Laukka 2003):
/// anger, joy and fear raise pitch, pace and loudness, sorrow lowers all of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delivery {
    /// Added to pitch, semitones.
    pub pitch_semitones: f32,
    /// Factor of how far pitch moves about.
    pub range: f32,
    /// Factor of the pace.
    pub pace: f32,
    /// Added, dB.
    pub loudness_db: f32,
    /// Added.
    pub brightness: f32,
    /// Added.
    pub breathiness: f32,
    /// Added.
    pub roughness: f32,
    /// Added.
    pub tremor: f32,
    /// How much voice there is: 0 in a whisper, else 1.
    pub voicing: f32,
    /// Added to the strength that sounds are formed with.
    pub effort: f32,
}

impl Default for Delivery {
    fn default() -> Self {
        PLAIN
    }
}

const PLAIN: Delivery = Delivery {
    pitch_semitones: 0.0,
    range: 1.0,
    pace: 1.0,
    loudness_db: 0.0,
    brightness: 0.0,
    breathiness: 0.0,
    roughness: 0.0,
    tremor: 0.0,
    voicing: 1.0,
    effort: 0.0,
};

/// Pitch, range, pace and loudness.
const fn melodic(pitch_semitones: f32, range: f32, pace: f32, loudness_db: f32) -> Delivery {
    Delivery { pitch_semitones, range, pace, loudness_db, ..PLAIN }
}

const EXCITED: Delivery =
    Delivery { brightness: 0.35, effort: 0.6, ..melodic(4.0, 1.5, 1.14, 4.0) };
const WHISPER: Delivery =
    Delivery { voicing: 0.0, breathiness: 1.0, ..melodic(0.0, 1.0, 0.92, -2.0) };
const SHOUT: Delivery =
    Delivery { brightness: 0.7, roughness: 0.12, effort: 1.2, ..melodic(6.5, 1.2, 0.93, 7.0) };

impl Delivery {
    /// Of a style that is named in a text.
    pub fn of(style: Style) -> Self {
        match style {
            Style::Emotion(emotion) => Self::emotion(emotion),
            Style::Excited => EXCITED,
            Style::Whisper => WHISPER,
            Style::Shout => SHOUT,
        }
    }

    const fn emotion(emotion: Emotion) -> Self {
        match emotion {
            Emotion::Neutral => PLAIN,
            Emotion::Happy => Self { brightness: 0.2, ..melodic(2.0, 1.3, 1.06, 2.0) },
            Emotion::Sad => Self {
                brightness: -0.4,
                breathiness: 0.15,
                tremor: 0.1,
                effort: -0.5,
                ..melodic(-1.5, 0.6, 0.82, -4.0)
            },
            Emotion::Angry => Self {
                brightness: 0.5,
                roughness: 0.25,
                effort: 0.8,
                ..melodic(1.5, 1.25, 1.08, 4.5)
            },
            Emotion::Afraid => {
                Self { breathiness: 0.2, tremor: 0.4, ..melodic(4.0, 0.85, 1.14, -1.0) }
            }
            Emotion::Surprised => Self { brightness: 0.2, ..melodic(3.5, 1.5, 1.0, 2.0) },
            Emotion::Disgusted => {
                Self { brightness: -0.1, roughness: 0.3, ..melodic(-1.0, 0.85, 0.9, 0.0) }
            }
            Emotion::Relaxed => {
                Self { brightness: -0.2, breathiness: 0.1, ..melodic(-1.0, 0.85, 0.9, -2.0) }
            }
            Emotion::Interest => Self { brightness: 0.1, ..melodic(1.0, 1.2, 1.0, 0.5) },
        }
    }

    /// Of a feeling, 0 (nothing of it is heard) to 1 strong.
    pub fn feeling(feeling: &Feeling, intensity: f32) -> Self {
        let parts = feeling.blend();
        let parts = Emotion::ALL.map(|emotion| (Self::emotion(emotion), parts[emotion as usize]));
        Self::mix(&parts).faded(intensity)
    }

    /// The same in part: 0 is plain, 1 all of it.
    #[must_use]
    pub fn faded(&self, part: f32) -> Self {
        let part = part.clamp(0.0, 1.0);
        Self::mix(&[(*self, part), (PLAIN, 1.0 - part)])
    }

    /// Sum of deliveries by weights that add up to 1.
    fn mix(parts: &[(Self, f32)]) -> Self {
        let sum = |of: fn(&Self) -> f32| parts.iter().map(|(d, weight)| weight * of(d)).sum();
        Self {
            pitch_semitones: sum(|d| d.pitch_semitones),
            range: sum(|d| d.range),
            pace: sum(|d| d.pace),
            loudness_db: sum(|d| d.loudness_db),
            brightness: sum(|d| d.brightness),
            breathiness: sum(|d| d.breathiness),
            roughness: sum(|d| d.roughness),
            tremor: sum(|d| d.tremor),
            voicing: sum(|d| d.voicing),
            effort: sum(|d| d.effort),
        }
    }
}

/// A voice in a delivery: what is done to lengths, melody and spectra.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    pub pace: f32,
    /// Pitch against the recorded voice, without the delivery.
    lowered: f32,
    pitch: f32,
    range: f32,
    tremor: f32,
    effort: f32,
    pub shape: Shape,
}

/// The melody that is heard, and the one that spectra are computed for.
pub(crate) struct Melodies {
    pub heard: Melody,
    pub formed: Melody,
    /// Whether the pitch of both is the network's own.
    pub plain: bool,
}

/// Median pitches that the network has learned to form spectra for, Hz.
const FORMED_HZ: [f32; 2] = [140.0, 290.0];
/// Voices below this have more than one harmonic where the recorded one has its lowest, Hz, and how much
/// is taken from there an octave lower, dB.
const LOW_PITCH_HZ: f32 = 170.0;
const LOWEST_DB: f32 = -9.0;
/// Slowest and fastest pace of all.
const PACE: [f32; 2] = [0.4, 2.5];
/// Lowest and highest pitch of all, Hz.
const PITCH_HZ: [f32; 2] = [45.0, 800.0];
/// Pitch outside of this is not spread or narrowed any further: there the network glides from or to
/// silence, Hz.
const MELODIC_HZ: [f32; 2] = [95.0, 420.0];
/// Octaves that a tremor moves pitch by.
const TREMOR_OCTAVES: f32 = 0.09;
/// Unevenness of sounds that are no words, added to the voice's own.
const VOCAL_JITTER: f32 = 0.012;
const VOCAL_SHIMMER: f32 = 0.08;
/// How often it does, Hz.
const TREMOR_HZ: f32 = 5.2;

impl Manner {
    pub(crate) fn new(spec: &VoiceSpec, delivery: &Delivery) -> Self {
        let breath = (spec.breathiness + delivery.breathiness).clamp(0.0, 1.0);
        let roughness = (spec.roughness + delivery.roughness).clamp(0.0, 1.0);
        let whispered = 1.0 - delivery.voicing.clamp(0.0, 1.0);
        // Breath comes at the cost of voice; without voice it is all there is.
        let breath = breath * (0.35 + 0.65 * whispered);
        let lowered = spec.pitch_hz / RECORDED_PITCH_HZ;
        let low_octaves = (LOW_PITCH_HZ / spec.pitch_hz).log2().clamp(0.0, 1.0);
        let shape = Shape {
            tract_length: spec.tract_length,
            voicing: (1.0 - whispered) * (1.0 - 0.5 * breath),
            breath,
            tilt_db: 2.5 * (spec.brightness + delivery.brightness).clamp(-1.5, 1.5),
            lowest_db: LOWEST_DB * low_octaves,
            unevenness: Unevenness {
                jitter: 0.06 * roughness,
                shimmer: 0.45 * roughness,
                alternation: 0.3 * (roughness - 0.25).max(0.0),
            },
            // The lower a voice, the more harmonics of the same strength it has.
            gain_db: spec.loudness_db + delivery.loudness_db + 10.0 * lowered.log10(),
        };
        Self {
            pace: (spec.pace * delivery.pace).clamp(PACE[0], PACE[1]),
            lowered,
            pitch: lowered * (delivery.pitch_semitones / 12.0).exp2(),
            range: spec.pitch_range * delivery.range,
            tremor: (spec.tremor + delivery.tremor).clamp(0.0, 1.0),
            effort: delivery.effort,
            shape,
        }
    }

    /// For sounds that are no words: their cycles are less alike than those of speech.
    pub(crate) fn of_vocals(mut self) -> Self {
        self.shape.unevenness.jitter += VOCAL_JITTER;
        self.shape.unevenness.shimmer += VOCAL_SHIMMER;
        self
    }

    /// How sounds that are no words are made.
    pub(crate) fn temper(&self, delivery: &Delivery) -> Temper {
        Temper {
            pitch_hz: RECORDED_PITCH_HZ * self.pitch,
            range: self.range.clamp(0.3, 1.6),
            strength: (0.8 + 0.05 * delivery.loudness_db - 0.2 * (1.0 - delivery.voicing))
                .clamp(0.3, 1.0),
        }
    }

    /// What is taken from a voice for being lower than the recorded one, dB: breath is none the softer.
    pub(crate) fn lowered_db(&self) -> f32 {
        10.0 * self.lowered.log10()
    }

    /// The pitch that the network is to form spectra for where one of `heard_hz` is heard.
    pub(crate) fn formed_hz(&self, heard_hz: f32) -> f32 {
        (heard_hz * self.shape.tract_length).clamp(FORMED_HZ[0], FORMED_HZ[1])
    }

    /// Changes the network's melody. Spectra are formed for a pitch that is higher by as much as the
    /// vocal tract is longer: moving their formants down then brings their harmonics to where they are
    /// heard. Only voices far from the recorded one have spectra of another pitch, one that the network
    /// knows.
    pub(crate) fn melodies(&self, mut heard: Melody, noise: Noise) -> Melodies {
        let still = self.pitch == 1.0 && self.range == 1.0 && self.tremor == 0.0;
        if !still {
            for (frame, hz) in heard.pitch_hz.iter_mut().enumerate() {
                if *hz > 0.0 {
                    *hz = self.pitch_hz(*hz, frame as f32 * FRAME_SECS, noise);
                }
            }
        }
        let median_hz = RECORDED_PITCH_HZ * self.pitch;
        let formed_hz = median_hz * self.shape.tract_length;
        let factor = formed_hz.clamp(FORMED_HZ[0], FORMED_HZ[1]) / median_hz;
        let mut formed = heard.clone();
        for hz in &mut formed.pitch_hz {
            *hz *= factor;
        }
        for strength in &mut formed.strength {
            // Silence stays silence.
            *strength += self.effort * (*strength / 5.0).clamp(0.0, 1.0);
        }
        Melodies { heard, formed, plain: still && factor == 1.0 }
    }

    fn pitch_hz(&self, hz: f32, secs: f32, noise: Noise) -> f32 {
        let melodic = hz.clamp(MELODIC_HZ[0], MELODIC_HZ[1]);
        let ranged = RECORDED_PITCH_HZ * (melodic / RECORDED_PITCH_HZ).powf(self.range);
        let mut octaves = 0.0;
        if self.tremor > 0.0 {
            // One slow wave whose start differs from sentence to sentence, and one that is not in tune
            // with it.
            let turns = TREMOR_HZ * secs + noise.even(0);
            let wave = |turns: f32| (turns * std::f32::consts::TAU).sin();
            octaves = self.tremor * TREMOR_OCTAVES * (0.7 * wave(turns) + 0.3 * wave(1.63 * turns));
        }
        let changed = hz * (ranged / melodic) * self.pitch * octaves.exp2();
        if hz > MELODIC_HZ[0] { changed.clamp(PITCH_HZ[0], PITCH_HZ[1]) } else { changed }
    }
}
