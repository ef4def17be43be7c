//! What an avatar feels and what it shows of it.

use serde::{Deserialize, Serialize};

/// The named emotions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[repr(u8)]
pub enum Emotion {
    /// None in particular.
    #[default]
    Neutral,
    /// Joy.
    Happy,
    /// Sorrow.
    Sad,
    /// Anger.
    Angry,
    /// Fear.
    Afraid,
    /// Surprise.
    Surprised,
    /// Disgust.
    Disgusted,
    /// At ease.
    Relaxed,
    /// Attentive curiosity.
    Interest,
}

impl Emotion {
    /// How many there are.
    pub const COUNT: usize = 9;

    /// All of them, in the order of their discriminants.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Neutral,
        Self::Happy,
        Self::Sad,
        Self::Angry,
        Self::Afraid,
        Self::Surprised,
        Self::Disgusted,
        Self::Relaxed,
        Self::Interest,
    ];

    /// Its place on the plane of valence and arousal (after Russell's circumplex).
    pub const fn affect(self) -> Affect {
        let (valence, arousal) = match self {
            Self::Neutral => (0.0, 0.0),
            Self::Happy => (0.8, 0.45),
            Self::Sad => (-0.7, -0.45),
            Self::Angry => (-0.65, 0.75),
            Self::Afraid => (-0.6, 0.9),
            Self::Surprised => (0.15, 0.9),
            Self::Disgusted => (-0.75, 0.3),
            Self::Relaxed => (0.65, -0.6),
            Self::Interest => (0.4, 0.35),
        };
        Affect { valence, arousal }
    }
}

/// A point of the plane of valence and arousal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Default)]
pub struct Affect {
    /// From -1 (unpleasant) to 1 (pleasant).
    pub valence: f32,
    /// From -1 (drowsy) to 1 (excited).
    pub arousal: f32,
}

/// A feeling by name or by its place on the plane.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Feeling {
    /// One of the named ones.
    Named(Emotion),
    /// A blend of the named ones around this point.
    Affect(Affect),
}

impl Default for Feeling {
    fn default() -> Self {
        Self::Named(Emotion::Neutral)
    }
}

impl Feeling {
    /// How much of each named emotion is in it, by `Emotion as usize`; sums up to 1.
    pub fn blend(&self) -> [f32; Emotion::COUNT] {
        let mut parts = [0.0; Emotion::COUNT];
        match self {
            Self::Named(emotion) => parts[*emotion as usize] = 1.0,
            Self::Affect(here) => {
                for emotion in Emotion::ALL {
                    let there = emotion.affect();
                    let (dv, da) = (there.valence - here.valence, there.arousal - here.arousal);
                    parts[emotion as usize] = (-(dv * dv + da * da) / (2.0 * 0.22 * 0.22)).exp();
                }
                // Far from every named one the nearest still counts.
                let sum: f32 = parts.iter().sum::<f32>().max(1e-20);
                for part in &mut parts {
                    *part /= sum;
                }
            }
        }
        parts
    }

    /// Its place on the plane.
    pub fn affect(&self) -> Affect {
        match self {
            Self::Named(emotion) => emotion.affect(),
            Self::Affect(affect) => *affect,
        }
    }
}

/// A change of mood.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mood {
    /// What is felt.
    pub feeling: Feeling,
    /// How strongly, 0 to 1.
    pub intensity: f32,
    /// What is shown in its stead (a polite smile): the mask takes the lower face; of what is felt the
    /// brows and eyes betray a part.
    pub mask: Option<Feeling>,
    /// Seconds until it is fully there.
    pub onset_secs: f32,
    /// Seconds that it stays; without, until the next lasting mood.
    pub hold_secs: Option<f32>,
    /// Seconds until it is gone again.
    pub decay_secs: f32,
}

impl Default for Mood {
    fn default() -> Self {
        Self {
            feeling: Feeling::default(),
            intensity: 1.0,
            mask: None,
            onset_secs: 0.6,
            hold_secs: None,
            decay_secs: 1.5,
        }
    }
}

impl Mood {
    /// A lasting mood of a named emotion.
    pub fn of(emotion: Emotion, intensity: f32) -> Self {
        Self { feeling: Feeling::Named(emotion), intensity, ..Self::default() }
    }

    /// The same, passing after so many seconds.
    pub fn for_secs(self, secs: f32) -> Self {
        Self { hold_secs: Some(secs), ..self }
    }
}
