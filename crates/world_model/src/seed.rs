//! What a world starts from.

use crate::{DepthImage, Embodiment, Intrinsics, Pose, RgbImage, Season, Weather};
use serde::{Deserialize, Serialize};
use std::{fmt, path::PathBuf, str::FromStr};

/// A picture to walk into.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageSeed {
    /// The photograph or painting.
    pub rgb: RgbImage,
    /// Measured depth, the size of `rgb`; it wins over any estimate.
    pub depth: Option<DepthImage>,
    /// The camera that took it; wins over the assumed field of view.
    pub intrinsics: Option<Intrinsics>,
}

/// A ground-truth scene of the simulator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SceneSeed {
    /// The scene's name, for example `mountain`.
    pub name: String,
    /// Which of its worlds.
    pub seed: u64,
    /// The weather it starts in.
    pub weather: Weather,
    /// How strong the weather is, 0 (barely) to 1 (full).
    #[serde(default = "full")]
    pub strength: f32,
    /// The hour it starts at, 0 to 24.
    pub hour: f32,
    /// The season it starts in; worlds inside a building have none and ignore it.
    #[serde(default)]
    pub season: Season,
}

fn full() -> f32 {
    1.0
}

impl SceneSeed {
    /// A clear summer noon.
    pub fn new(name: impl Into<String>, seed: u64) -> Self {
        let (weather, season) = (Weather::Clear, Season::Summer);
        Self { name: name.into(), seed, weather, strength: 1.0, hour: 12.0, season }
    }
}

/// The kind of a start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SeedSource {
    /// One picture.
    Image(ImageSeed),
    /// A scene of the simulator.
    Scene(SceneSeed),
    /// A sentence.
    Prompt(String),
}

impl SeedSource {
    /// `image`, `scene` or `prompt`, as in [`ModelSpec::seeds`](crate::ModelSpec::seeds).
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Image(_) => "image",
            Self::Scene(_) => "scene",
            Self::Prompt(_) => "prompt",
        }
    }
}

/// Everything a world starts from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// Picture, scene or sentence.
    pub source: SeedSource,
    /// Chooses among the worlds that fit the source.
    pub rng_seed: u64,
    /// How actions move the camera.
    pub embodiment: Embodiment,
    /// Where the camera starts; models that know better (a scene's entrance) take their own when
    /// this is `None`, the others the origin.
    pub start: Option<Pose>,
}

impl Seed {
    /// A seed with a free camera and random seed 0.
    pub fn new(source: SeedSource) -> Self {
        Self { source, rng_seed: 0, embodiment: Embodiment::Free, start: None }
    }

    /// The same seed with another embodiment.
    #[must_use]
    pub fn with_embodiment(mut self, embodiment: Embodiment) -> Self {
        self.embodiment = embodiment;
        self
    }
}

/// A seed as people write it: a file, `scene:mountain?seed=7&weather=rain&hour=19` or
/// `prompt:a snowy valley at dusk`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SeedAddress {
    /// An image file.
    Image(PathBuf),
    /// A scene of the simulator.
    Scene(SceneSeed),
    /// A sentence.
    Prompt(String),
}

/// Why a text is no seed address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("seed `{address}`: {problem}")]
pub struct SeedError {
    /// The text, shortened.
    pub address: String,
    /// What is wrong with it.
    pub problem: String,
}

impl FromStr for SeedAddress {
    type Err = SeedError;

    fn from_str(text: &str) -> Result<Self, SeedError> {
        let fail =
            |problem: String| Err(SeedError { address: text.chars().take(120).collect(), problem });
        if let Some(sentence) = text.strip_prefix("prompt:") {
            let sentence = sentence.trim();
            return match sentence.len() {
                0 => fail("the sentence is empty".to_owned()),
                1..=4096 => Ok(Self::Prompt(sentence.to_owned())),
                bytes => fail(format!("the sentence has {bytes} bytes, at most 4096 are accepted")),
            };
        }
        let Some(scene) = text.strip_prefix("scene:") else {
            return match text {
                "" => fail("is empty".to_owned()),
                path => Ok(Self::Image(PathBuf::from(path))),
            };
        };
        let (name, query) = scene.split_once('?').unwrap_or((scene, ""));
        if name.is_empty() {
            return fail("the scene has no name".to_owned());
        }
        let mut parsed = SceneSeed::new(name, 0);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let outcome =
                match key {
                    "seed" => value.parse().map(|v| parsed.seed = v).map_err(|e| e.to_string()),
                    "weather" => value.parse().map(|v| parsed.weather = v),
                    "hour" => match value.parse::<f32>() {
                        Ok(hour) if (0.0..=24.0).contains(&hour) => {
                            parsed.hour = hour;
                            Ok(())
                        }
                        Ok(hour) => Err(format!("{hour} is not within 0 to 24")),
                        Err(e) => Err(e.to_string()),
                    },
                    "strength" => match value.parse::<f32>() {
                        Ok(strength) if (0.0..=1.0).contains(&strength) => {
                            parsed.strength = strength;
                            Ok(())
                        }
                        Ok(strength) => Err(format!("{strength} is not within 0 to 1")),
                        Err(e) => Err(e.to_string()),
                    },
                    "season" => value.parse().map(|v| parsed.season = v),
                    _ => Err("unknown parameter (valid: seed, weather, strength, hour, season)"
                        .to_owned()),
                };
            if let Err(problem) = outcome {
                return fail(format!("{key}={value}: {problem}"));
            }
        }
        Ok(Self::Scene(parsed))
    }
}

impl fmt::Display for SeedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(path) => write!(f, "{}", path.display()),
            Self::Scene(SceneSeed { name, seed, weather, strength, hour, season }) => {
                write!(f, "scene:{name}?seed={seed}&weather={weather}&hour={hour}")?;
                if *strength != 1.0 {
                    write!(f, "&strength={strength}")?;
                }
                if *season != Season::default() {
                    write!(f, "&season={season}")?;
                }
                Ok(())
            }
            Self::Prompt(sentence) => write!(f, "prompt:{sentence}"),
        }
    }
}

impl TryFrom<String> for SeedAddress {
    type Error = SeedError;
    fn try_from(text: String) -> Result<Self, SeedError> {
        text.parse()
    }
}

impl From<SeedAddress> for String {
    fn from(address: SeedAddress) -> Self {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_round_trip() {
        for text in [
            "a/b.png",
            "scene:mountain?seed=7&weather=rain&hour=19",
            "scene:city?seed=1&weather=snow&hour=8&strength=0.5&season=winter",
            "prompt:a snowy valley",
        ] {
            let parsed: SeedAddress = text.parse().expect("valid");
            assert_eq!(parsed.to_string(), text);
        }
        let plain: SeedAddress = "scene:city".parse().expect("valid");
        assert_eq!(plain.to_string(), "scene:city?seed=0&weather=clear&hour=12");
    }

    #[test]
    fn nonsense_is_named() {
        for (text, part) in [
            ("", "is empty"),
            ("scene:", "no name"),
            ("scene:city?wether=rain", "valid: seed, weather, strength, hour, season"),
            ("scene:city?weather=hail", "valid: clear, rain, snow, fog, overcast"),
            ("scene:city?hour=25", "hour=25"),
            ("scene:city?hour=NaN", "hour=NaN"),
            ("scene:city?seed=-1", "seed=-1"),
            ("scene:city?strength=2", "strength=2"),
            ("scene:city?season=monsoon", "valid: spring, summer, autumn, winter"),
            ("prompt:  ", "sentence is empty"),
        ] {
            let error = SeedAddress::from_str(text).expect_err(text).to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
