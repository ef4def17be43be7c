//! Changes of conditions while a world runs.

use crate::WorldError;
use glam::{Quat, Vec3};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The weather of a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Weather {
    /// Sun and few clouds.
    #[default]
    Clear,
    /// Rain, wet surfaces.
    Rain,
    /// Falling and lying snow.
    Snow,
    /// Fog.
    Fog,
    /// A closed sky, no shadows.
    Overcast,
}

impl Weather {
    /// Every weather, in the order of the enum.
    pub const ALL: [Self; 5] = [Self::Clear, Self::Rain, Self::Snow, Self::Fog, Self::Overcast];

    /// The word used in seeds: `clear`, `rain`, `snow`, `fog`, `overcast`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Rain => "rain",
            Self::Snow => "snow",
            Self::Fog => "fog",
            Self::Overcast => "overcast",
        }
    }
}

impl fmt::Display for Weather {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Weather {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|w| w.word() == word).ok_or_else(|| {
            let valid: Vec<_> = Self::ALL.iter().map(|w| w.word()).collect();
            format!("unknown weather `{word}` (valid: {})", valid.join(", "))
        })
    }
}

/// The season of a world with plants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Season {
    /// Fresh leaves, flowers.
    Spring,
    /// Full green.
    #[default]
    Summer,
    /// Coloured leaves, dry grass.
    Autumn,
    /// Bare trees, snow in the heights.
    Winter,
}

impl Season {
    /// Every season, in the order of the year.
    pub const ALL: [Self; 4] = [Self::Spring, Self::Summer, Self::Autumn, Self::Winter];

    /// The word used in seeds: `spring`, `summer`, `autumn`, `winter`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Spring => "spring",
            Self::Summer => "summer",
            Self::Autumn => "autumn",
            Self::Winter => "winter",
        }
    }
}

impl fmt::Display for Season {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Season {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|s| s.word() == word).ok_or_else(|| {
            let valid: Vec<_> = Self::ALL.iter().map(|s| s.word()).collect();
            format!("unknown season `{word}` (valid: {})", valid.join(", "))
        })
    }
}

/// A change of conditions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum WorldEvent {
    /// The weather changes.
    Weather {
        /// To this.
        weather: Weather,
        /// 0 (barely) to 1 (full).
        strength: f32,
    },
    /// The clock of the world is set.
    TimeOfDay {
        /// Hour of day, 0 to 24.
        hour: f32,
    },
    /// The season changes.
    Season {
        /// To this.
        season: Season,
    },
    /// The newest change of weather, hour or season is taken back.
    Undo,
    /// A change described in words.
    Text {
        /// The description.
        prompt: String,
    },
    /// An object is placed; one that was placed with the same id before is moved and changed.
    Place {
        /// The caller's name for it, used to move and to remove it.
        id: u64,
        /// What it is, for example `crate`.
        class: String,
        /// Centre in world space, metres.
        position: Vec3,
        /// Orientation in world space.
        rotation: Quat,
        /// Edge lengths, metres.
        size: Vec3,
        /// 8-bit sRGB colour.
        colour: [u8; 3],
    },
    /// A placed object is taken away.
    Remove {
        /// The id it was placed with.
        id: u64,
    },
}

impl WorldEvent {
    /// The event's kind, as named in [`ModelSpec::events`](crate::ModelSpec::events).
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Weather { .. } => "weather",
            Self::TimeOfDay { .. } => "time_of_day",
            Self::Season { .. } => "season",
            Self::Undo => "undo",
            Self::Text { .. } => "text",
            Self::Place { .. } => "place",
            Self::Remove { .. } => "remove",
        }
    }

    /// Checks ranges and finiteness.
    ///
    /// # Errors
    /// [`WorldError::InvalidEvent`] naming the field.
    pub fn validate(&self) -> Result<(), WorldError> {
        let fail = |field, problem| Err(WorldError::InvalidEvent { field, problem });
        match self {
            Self::Weather { strength, .. } if !(0.0..=1.0).contains(strength) => {
                fail("strength", format!("{strength} is not within 0 to 1"))
            }
            Self::TimeOfDay { hour } if !(0.0..=24.0).contains(hour) => {
                fail("hour", format!("{hour} is not within 0 to 24"))
            }
            Self::Text { prompt } if prompt.trim().is_empty() => {
                fail("prompt", "is empty".to_owned())
            }
            Self::Text { prompt } if prompt.len() > 4096 => {
                fail("prompt", format!("has {} bytes, at most 4096 are accepted", prompt.len()))
            }
            Self::Place { position, .. } if !position.is_finite() => {
                fail("position", format!("{position} is not finite"))
            }
            Self::Place { rotation, .. }
                if !(rotation.is_finite() && (rotation.length_squared() - 1.0).abs() < 1e-3) =>
            {
                fail("rotation", format!("{rotation} is not a unit quaternion"))
            }
            Self::Place { size, .. }
                if !(size.is_finite() && size.min_element() > 0.0 && size.max_element() <= 1e3) =>
            {
                fail("size", format!("{size} is not within 0 to 1000 m"))
            }
            _ => Ok(()),
        }
    }
}
