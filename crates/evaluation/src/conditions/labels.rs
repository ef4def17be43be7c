//! What the conditions network is asked.

use reverie_world_model::{Season, Weather};
use serde::Serialize;

/// Kinds of world that the network tells apart, by the simulator's names.
pub const DOMAINS: [&str; 3] = ["mountain", "city", "warehouse"];

/// Weathers in the network's order.
pub(super) const WEATHERS: [Weather; 5] =
    [Weather::Clear, Weather::Rain, Weather::Snow, Weather::Fog, Weather::Overcast];

/// Latitude of the simulator's worlds, radians.
const LATITUDE_RAD: f64 = 0.768;
/// Heights of the sun between one phase and the next, degrees.
const BORDERS_DEG: [f64; 3] = [-6.0, 4.0, 18.0];
/// This near to a border both phases are right, degrees.
const TOLERANCE_DEG: f64 = 3.0;

/// What a picture can tell of the hour: how high the sun stands.
///
/// A picture has no clock. Without a compass nothing in it tells morning from evening, deep night is
/// one night, and the eye gets used to a high sun as to a higher one; so an hour is judged as the
/// phase of the day that the sun's height (in the season) makes of it. Within 3 degrees of a border
/// both phases count as right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DayPhase {
    /// The sun is more than 6 degrees below the horizon.
    Night,
    /// From there to 4 degrees above it.
    Twilight,
    /// From 4 to 18 degrees.
    LowSun,
    /// Over 18 degrees.
    Day,
}

impl DayPhase {
    /// Every phase, from the lowest sun to the highest, which is the network's order.
    pub const ALL: [Self; 4] = [Self::Night, Self::Twilight, Self::LowSun, Self::Day];

    /// The name, for example `low sun`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Night => "night",
            Self::Twilight => "twilight",
            Self::LowSun => "low sun",
            Self::Day => "day",
        }
    }

    /// The phase of an hour (0 to 24) of a season.
    pub fn of(hour: f32, season: Season) -> Self {
        let height = sun_height_deg(hour, season);
        Self::ALL[BORDERS_DEG.iter().filter(|border| height >= **border).count()]
    }

    /// Whether the picture of that hour may be taken for this phase: it is the hour's own, or the
    /// sun stands within 3 degrees of the border to it.
    pub fn fits(self, hour: f32, season: Season) -> bool {
        let height = sun_height_deg(hour, season);
        let at = self as usize;
        let low = at.checked_sub(1).map_or(f64::NEG_INFINITY, |below| BORDERS_DEG[below]);
        let high = BORDERS_DEG.get(at).copied().unwrap_or(f64::INFINITY);
        height > low - TOLERANCE_DEG && height < high + TOLERANCE_DEG
    }
}

/// Height of the simulator's sun over the horizon, degrees.
pub fn sun_height_deg(hour: f32, season: Season) -> f64 {
    let declination = match season {
        Season::Spring => 0.15_f64,
        Season::Summer => 0.35,
        Season::Autumn => -0.10,
        Season::Winter => -0.35,
    };
    let angle = std::f64::consts::PI * (f64::from(hour) - 12.0) / 12.0;
    let (sin_l, cos_l) = LATITUDE_RAD.sin_cos();
    let up = sin_l * declination.sin() + cos_l * declination.cos() * angle.cos();
    up.clamp(-1.0, 1.0).asin().to_degrees()
}
