//! What was understood of a sentence, and the scenes that fit it.

use reverie_world_model::{SceneSeed, Season, Weather, WorldEvent};
use serde::Serialize;

use crate::PromptError;

/// The kinds of place that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Domain {
    /// Valleys, forests, lakes, peaks.
    Mountain,
    /// Streets between houses.
    City,
    /// A hall of racks.
    Warehouse,
}

impl Domain {
    /// Every kind, in the network's order.
    pub const ALL: [Self; 3] = [Self::Mountain, Self::City, Self::Warehouse];

    /// The name of the simulator's scene.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mountain => "mountain",
            Self::City => "city",
            Self::Warehouse => "warehouse",
        }
    }
}

/// Whether a sentence names a place that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It does.
    Named,
    /// It names a place that there is none of; the nearest kind stands in for it.
    Elsewhere,
    /// It names no place.
    Unsaid,
}

/// The place that was understood.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Place {
    /// The kind, or the nearest one. Of a sentence that names no place it is only a guess and not used.
    pub domain: Domain,
    /// Chance of the kind among the three.
    pub confidence: f32,
    /// Whether the sentence names it.
    pub standing: Standing,
    /// Chance that it is no place that there is.
    pub elsewhere: f32,
}

/// Something a sentence says, and how sure that is, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Said<T> {
    /// What it says.
    pub value: T,
    /// Chance that it says so.
    pub confidence: f32,
}

/// Parts of the day as sentences name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Daytime {
    /// Dark.
    Night,
    /// Around sunrise.
    Dawn,
    /// Before noon.
    Morning,
    /// Around twelve.
    Noon,
    /// After noon, the sun still high.
    Afternoon,
    /// The sun low before it sets.
    Golden,
    /// Around sunset and after it.
    Dusk,
    /// The light goes or has just gone.
    Evening,
}

impl Daytime {
    /// Every part, in the network's order.
    pub const ALL: [Self; 8] = [
        Self::Night,
        Self::Dawn,
        Self::Morning,
        Self::Noon,
        Self::Afternoon,
        Self::Golden,
        Self::Dusk,
        Self::Evening,
    ];

    /// Hours of it, from and to; to may be over 24.
    fn hours(self, season: Season) -> (f32, f32) {
        let (rise, set) = daylight(season);
        match self {
            Self::Night => (22.0, 27.0),
            Self::Dawn => (rise - 0.3, rise + 0.3),
            Self::Morning => (rise + 1.6, 10.8),
            Self::Noon => (11.6, 12.6),
            Self::Afternoon => (13.3, (set - 2.4).max(14.3)),
            Self::Golden => (set - 1.0, set - 0.5),
            Self::Dusk => (set - 0.2, set + 0.35),
            Self::Evening => (set, set + 0.8),
        }
    }

    /// The part that an hour belongs to most.
    #[cfg(test)]
    fn of(hour: f32, season: Season) -> Self {
        let (rise, set) = daylight(season);
        let borders = [
            (rise - 0.7, Self::Night),
            (rise + 0.7, Self::Dawn),
            (11.0, Self::Morning),
            (13.0, Self::Noon),
            (set - 1.8, Self::Afternoon),
            (set - 0.35, Self::Golden),
            (set + 0.5, Self::Dusk),
            (set + 1.5, Self::Evening),
        ];
        borders.into_iter().find(|(end, _)| hour < *end).map_or(Self::Night, |(_, part)| part)
    }
}

/// Hours of sunrise and sunset where the simulator's worlds lie, 44 degrees north.
fn daylight(season: Season) -> (f32, f32) {
    match season {
        Season::Spring => (5.44, 18.56),
        Season::Summer => (4.62, 19.38),
        Season::Autumn => (6.37, 17.63),
        Season::Winter => (7.38, 16.62),
    }
}

/// What a sentence asks for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scenery {
    /// Where.
    pub place: Place,
    /// The weather, if it is said.
    pub weather: Option<Said<Weather>>,
    /// How strong, 0 to 1, if it is said.
    pub strength: Option<Said<f32>>,
    /// The part of the day, if it is said.
    pub daytime: Option<Said<Daytime>>,
    /// The hour, if the sentence names one in numbers, 0 to 24; it wins over `daytime`.
    pub hour: Option<f32>,
    /// The season, if it is said.
    pub season: Option<Said<Season>>,
    /// What whoever wrote it should know, in sentences: what there is none of, what contradicts itself.
    pub notes: Vec<String>,
    /// Makes different sentences different worlds.
    #[serde(skip)]
    pub(crate) salt: u64,
}

/// Seeds of prompts' scenes begin here, as do those that no network was trained on.
const FIRST_SEED: u64 = 1_000_000;
const SEEDS: u64 = 1 << 32;

impl Scenery {
    /// One of the scenes that fit; `candidate` counts them, `rng_seed` makes other ones.
    ///
    /// What was not said is drawn: mostly fair weather by day, snow mostly in winter. The same numbers give
    /// the same scene.
    pub fn scene(&self, rng_seed: u64, candidate: u32) -> SceneSeed {
        let mut draw =
            Draw(self.salt ^ rng_seed.rotate_left(17) ^ u64::from(candidate).rotate_left(48));
        let seed = FIRST_SEED + draw.next() % SEEDS;
        let domain = match self.place.standing {
            Standing::Unsaid => Domain::ALL[draw.choose(&[0.45, 0.4, 0.15])],
            Standing::Named | Standing::Elsewhere => self.place.domain,
        };
        let weather = match self.weather {
            Some(said) => said.value,
            None => [Weather::Clear, Weather::Overcast][draw.choose(&[0.9, 0.1])],
        };
        let season = match self.season {
            Some(said) => said.value,
            None if weather == Weather::Snow => Season::Winter,
            None => Season::ALL[draw.choose(&[0.25, 0.45, 0.25, 0.05])],
        };
        let strength = match (self.strength, weather) {
            (Some(said), weather) if weather != Weather::Clear => said.value,
            _ => 1.0,
        };
        let (from, to) = match (self.hour, self.daytime) {
            (Some(hour), _) => (hour, hour),
            (None, Some(said)) => said.value.hours(season),
            (None, None) => {
                let (rise, set) = daylight(season);
                (rise + 1.5, set - 1.0)
            }
        };
        let hour = draw.between(from, to.max(from));
        let hour = if hour > 24.0 { hour - 24.0 } else { hour };
        // Two digits are enough, and read well as an address.
        let round = |value: f32| (value * 100.0).round() / 100.0;
        SceneSeed {
            name: domain.name().into(),
            seed,
            weather,
            strength: round(strength),
            hour: round(hour),
            season,
        }
    }
}

impl Scenery {
    /// What a sentence asks of a world that is there already: the changes of season, weather and hour that it names, one
    /// event each; `now` is the season where it names none.
    ///
    /// # Errors
    /// [`PromptError::Sentence`] when it names none of the three.
    pub fn changes(&self, now: Season) -> Result<Vec<WorldEvent>, PromptError> {
        let season = self.season.map(|said| said.value);
        let weather = self.weather.map(|said| WorldEvent::Weather {
            weather: said.value,
            strength: self.strength.map_or(1.0, |strength| strength.value.clamp(0.0, 1.0)),
        });
        let middle = |said: Said<Daytime>| {
            let (from, to) = said.value.hours(season.unwrap_or(now));
            let hour = (from + to) / 2.0;
            if hour > 24.0 { hour - 24.0 } else { hour }
        };
        let hour =
            self.hour.or(self.daytime.map(middle)).map(|hour| WorldEvent::TimeOfDay { hour });
        let season = season.map(|season| WorldEvent::Season { season });
        let changes: Vec<_> = season.into_iter().chain(weather).chain(hour).collect();
        if changes.is_empty() {
            return Err(PromptError::Sentence("names no weather, hour or season".to_owned()));
        }
        Ok(changes)
    }
}

/// SplitMix64.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }

    fn between(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * self.unit()
    }

    fn choose(&mut self, chances: &[f32]) -> usize {
        let mut left = self.unit();
        chances
            .iter()
            .position(|chance| {
                left -= chance;
                left < 0.0
            })
            .unwrap_or(chances.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenery() -> Scenery {
        let standing = Standing::Unsaid;
        Scenery {
            place: Place { domain: Domain::City, confidence: 0.5, standing, elsewhere: 0.0 },
            weather: None,
            strength: None,
            daytime: None,
            hour: None,
            season: None,
            notes: Vec::new(),
            salt: 7,
        }
    }

    #[test]
    fn what_is_not_said_is_drawn_but_typical() {
        let open = scenery();
        let scenes: Vec<_> = (0..300).map(|candidate| open.scene(1, candidate)).collect();
        assert_eq!(scenes[5], open.scene(1, 5), "the same numbers give the same scene");
        assert_ne!(scenes[5], open.scene(2, 5));
        for domain in Domain::ALL {
            assert!(scenes.iter().filter(|s| s.name == domain.name()).count() > 20, "{domain:?}");
        }
        let clear = scenes.iter().filter(|s| s.weather == Weather::Clear).count();
        assert!((245..295).contains(&clear), "{clear}");
        for scene in &scenes {
            let (rise, set) = daylight(scene.season);
            assert!((rise..=set).contains(&scene.hour), "{scene:?}");
            assert!(scene.seed >= FIRST_SEED && (0.0..=1.0).contains(&scene.strength));
        }
    }

    #[test]
    fn what_is_said_is_kept() {
        let said = |value| Some(Said { value, confidence: 0.9 });
        for daytime in Daytime::ALL {
            for season in Season::ALL {
                let asked = Scenery {
                    daytime: Some(Said { value: daytime, confidence: 0.9 }),
                    season: Some(Said { value: season, confidence: 0.9 }),
                    weather: said(Weather::Rain),
                    ..scenery()
                };
                for candidate in 0..20 {
                    let scene = asked.scene(0, candidate);
                    assert_eq!((scene.weather, scene.season), (Weather::Rain, season));
                    assert!((0.0..=24.0).contains(&scene.hour), "{scene:?}");
                    let near = match daytime {
                        Daytime::Evening => [Daytime::Evening, Daytime::Dusk],
                        Daytime::Dusk => [Daytime::Dusk, Daytime::Evening],
                        other => [other; 2],
                    };
                    let found = Daytime::of(scene.hour, season);
                    assert!(near.contains(&found), "{daytime:?} {found:?} {scene:?}");
                }
            }
        }
        let exact = Scenery {
            hour: Some(6.5),
            daytime: Some(Said { value: Daytime::Night, confidence: 1.0 }),
            ..scenery()
        };
        assert_eq!(exact.scene(3, 1).hour, 6.5, "a time in numbers wins");
        let snow = Scenery { weather: said(Weather::Snow), ..scenery() };
        assert_eq!(snow.scene(0, 0).season, Season::Winter);
    }

    #[test]
    fn a_world_that_is_there_takes_what_is_said_and_keeps_the_rest() {
        let nothing = scenery().changes(Season::Summer).map_err(|error| error.to_string());
        assert_eq!(nothing, Err("prompt: names no weather, hour or season".to_owned()));
        let evening = Scenery {
            weather: Some(Said { value: Weather::Snow, confidence: 0.9 }),
            strength: Some(Said { value: 0.7, confidence: 0.9 }),
            daytime: Some(Said { value: Daytime::Dusk, confidence: 0.9 }),
            ..scenery()
        };
        let hour_of = |season| match evening.changes(season).expect("changes").as_slice() {
            [
                WorldEvent::Weather { weather: Weather::Snow, strength },
                WorldEvent::TimeOfDay { hour },
            ] => {
                assert_eq!(*strength, 0.7);
                *hour
            }
            other => panic!("{other:?}"),
        };
        assert!(hour_of(Season::Winter) + 2.0 < hour_of(Season::Summer));
        let night = Some(Said { value: Daytime::Night, confidence: 0.9 });
        let night = Scenery { daytime: night, ..scenery() }.changes(Season::Spring);
        assert_eq!(night.expect("one"), [WorldEvent::TimeOfDay { hour: 0.5 }]);
    }
}
