//! Weather, hour and season together.

use crate::{SceneSeed, Season, Weather, WorldError, WorldEvent};
use serde::{Deserialize, Serialize};

/// Latitude of worlds that say nothing of theirs, radians: 44 degrees north.
const LATITUDE_RAD: f32 = 0.768;

/// What can change in a world while its geometry stays.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    /// The weather.
    pub weather: Weather,
    /// 0 (as good as clear) to 1 (full).
    pub strength: f32,
    /// Hour of the day, 0 to 24.
    pub hour: f32,
    /// Season of what grows.
    pub season: Season,
}

impl Conditions {
    /// Full weather at an hour in summer.
    #[must_use]
    pub fn new(weather: Weather, hour: f32) -> Self {
        Self { weather, strength: 1.0, hour, season: Season::Summer }
    }

    /// Checks ranges.
    ///
    /// # Errors
    /// [`WorldError::InvalidEvent`] naming the field.
    pub fn validate(&self) -> Result<(), WorldError> {
        let Self { weather, strength, hour, .. } = *self;
        WorldEvent::Weather { weather, strength }.validate()?;
        WorldEvent::TimeOfDay { hour }.validate()
    }

    /// The same after an event; events that change nothing of this leave it as it is.
    #[must_use]
    pub fn after(self, event: &WorldEvent) -> Self {
        match *event {
            WorldEvent::Weather { weather, strength } => Self { weather, strength, ..self },
            WorldEvent::TimeOfDay { hour } => Self { hour, ..self },
            WorldEvent::Season { season } => Self { season, ..self },
            _ => self,
        }
    }

    /// The share of a weather, 0 to 1.
    #[must_use]
    pub fn share(&self, weather: Weather) -> f32 {
        if self.weather == weather { self.strength } else { 0.0 }
    }

    /// Sine of the sun's height over the horizon, at 44 degrees north.
    #[must_use]
    pub fn sun_up(&self) -> f32 {
        let turn = std::f32::consts::PI * (self.hour - 12.0) / 12.0;
        let (level, swing) = sun_path(self.season);
        level + swing * turn.cos()
    }

    /// The hour after noon at which the sun of a season stands so high (sine of the height); the nearest
    /// where it never does.
    #[must_use]
    pub fn afternoon_hour(sun_up: f32, season: Season) -> f32 {
        let (level, swing) = sun_path(season);
        12.0 + ((sun_up - level) / swing).clamp(-1.0, 1.0).acos() * 12.0 / std::f32::consts::PI
    }
}

/// Mean and swing of the sine of the sun's height over a day.
fn sun_path(season: Season) -> (f32, f32) {
    let declination_rad = match season {
        Season::Spring => 0.15_f32,
        Season::Summer => 0.35,
        Season::Autumn => -0.10,
        Season::Winter => -0.35,
    };
    let (sin, cos) = LATITUDE_RAD.sin_cos();
    (sin * declination_rad.sin(), cos * declination_rad.cos())
}

impl From<&SceneSeed> for Conditions {
    fn from(seed: &SceneSeed) -> Self {
        let SceneSeed { weather, strength, hour, season, .. } = *seed;
        Self { weather, strength, hour, season }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_afternoon_hour_is_the_inverse_of_the_suns_height() {
        for season in Season::ALL {
            for hour in [12.5, 15.0, 19.0, 23.5] {
                let conditions = Conditions { season, ..Conditions::new(Weather::Clear, hour) };
                let back = Conditions::afternoon_hour(conditions.sun_up(), season);
                assert!((back - hour).abs() < 0.01, "{season} {hour}: {back}");
            }
        }
        assert_eq!(Conditions::afternoon_hour(2.0, Season::Winter), 12.0);
    }

    #[test]
    fn values_out_of_range_name_their_field() {
        let fine = Conditions::new(Weather::Rain, 24.0);
        assert!(fine.validate().is_ok());
        let errors = [Conditions { hour: f32::NAN, ..fine }, Conditions { strength: 1.5, ..fine }];
        let texts =
            errors.map(|c| c.validate().map_err(|e| e.to_string()).expect_err("out of range"));
        assert!(texts[0].contains("hour") && texts[1].contains("strength"), "{texts:?}");
    }
}
