//! Who somebody is: the character creator's file.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Why a spec cannot be built.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SpecError {
    /// The text is no RON of a spec.
    #[error("{0}")]
    Ron(#[from] ron::error::SpannedError),
    /// A number outside its range.
    #[error("{field}: {value} is not within {low} to {high}")]
    Range {
        /// Path of the field.
        field: String,
        /// What it says.
        value: f32,
        /// Least.
        low: f32,
        /// Most.
        high: f32,
    },
    /// A slider that no face has.
    #[error("face.{name}: there is no such slider{}", hint(.nearest))]
    Slider {
        /// The name in the spec.
        name: String,
        /// A name it may have meant.
        nearest: Option<String>,
    },
    /// A name that is too long.
    #[error("name: {length} characters, at most {limit} are possible")]
    Name {
        /// How long.
        length: usize,
        /// How long it may be.
        limit: usize,
    },
    /// No ancestry at all.
    #[error("ancestry: at least one of african, asian, european must be above 0")]
    Ancestry,
}

fn hint(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |name| format!(" (is it {name}?)"))
}

/// A colour in sRGB, as people pick it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// The colour in linear light, 0 to 1.
    pub fn linear(self) -> [f32; 3] {
        [self.0, self.1, self.2].map(|c| crate::texture::linear_from_srgb(f32::from(c) / 255.0))
    }
}

/// Shares of ancestry; only their ratio counts. They shape bones and flesh, nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ancestry {
    /// 0 to 1.
    pub african: f32,
    /// 0 to 1.
    pub asian: f32,
    /// 0 to 1.
    pub european: f32,
}

impl Default for Ancestry {
    fn default() -> Self {
        Self { african: 1.0, asian: 1.0, european: 1.0 }
    }
}

/// The skin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Skin {
    /// How much pigment: 0 the lightest, 1 the darkest.
    pub tone: f32,
    /// From rosy (0) to olive and golden (1).
    pub warmth: f32,
    /// Blood in cheeks, nose, ears and knuckles: 0 to 1.
    pub redness: f32,
    /// 0 to 1.
    pub freckles: f32,
    /// Moles and spots: 0 to 1.
    pub blemishes: f32,
    /// Lipstick; `None` for bare lips.
    pub lips: Option<Rgb>,
}

impl Default for Skin {
    fn default() -> Self {
        Self { tone: 0.3, warmth: 0.5, redness: 0.4, freckles: 0.1, blemishes: 0.2, lips: None }
    }
}

/// The eyes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Eyes {
    /// The iris away from the pupil.
    pub iris: Rgb,
    /// How strong lashes are: 0 to 1.
    pub lashes: f32,
}

impl Default for Eyes {
    fn default() -> Self {
        Self { iris: Rgb(112, 74, 42), lashes: 0.5 }
    }
}

/// How hair is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum HairStyle {
    /// None.
    Bald,
    /// A few millimetres everywhere.
    Buzz,
    /// Short at the sides, longer on top, parted.
    Short,
    /// Short curls standing out all around.
    Curly,
    /// To the jaw.
    Bob,
    /// Below the shoulders.
    Long,
    /// Combed back into a knot.
    Bun,
}

impl HairStyle {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Bald, Self::Buzz, Self::Short, Self::Curly, Self::Bob, Self::Long, Self::Bun];
}

/// The hair of head, brows and beard.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hair {
    /// How it is cut.
    pub style: HairStyle,
    /// Without the grey.
    pub colour: Rgb,
    /// Share of grey hair: 0 to 1.
    pub grey: f32,
    /// How thick brows are: 0 to 1.
    pub brows: f32,
    /// Beard: 0 shaved, 0.3 stubble, 1 full.
    pub beard: f32,
}

impl Default for Hair {
    fn default() -> Self {
        Self { style: HairStyle::Short, colour: Rgb(62, 42, 28), grey: 0.0, brows: 0.5, beard: 0.0 }
    }
}

/// What is worn above the waist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Top {
    /// Short sleeves, round neck.
    TShirt,
    /// Long sleeves, close to the body.
    LongSleeve,
    /// Long sleeves, thick and loose, with a collar.
    Sweater,
    /// Open in front over a shirt.
    Jacket,
}

impl Top {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::TShirt, Self::LongSleeve, Self::Sweater, Self::Jacket];
}

/// What is worn below the waist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Bottom {
    /// To the ankles.
    Trousers,
    /// To above the knees.
    Shorts,
    /// To the knees.
    Skirt,
    /// To the calves, of the top's cloth and colour: with a top it makes a dress.
    Dress,
}

impl Bottom {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Trousers, Self::Shorts, Self::Skirt, Self::Dress];
}

/// What somebody wears.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Outfit {
    /// Above the waist.
    pub top: Top,
    /// Its colour.
    pub top_colour: Rgb,
    /// Below the waist.
    pub bottom: Bottom,
    /// Its colour.
    pub bottom_colour: Rgb,
    /// Colour of the shoes.
    pub shoe_colour: Rgb,
}

impl Default for Outfit {
    fn default() -> Self {
        Self {
            top: Top::TShirt,
            top_colour: Rgb(70, 96, 118),
            bottom: Bottom::Trousers,
            bottom_colour: Rgb(44, 52, 74),
            shoe_colour: Rgb(60, 56, 54),
        }
    }
}

/// Who somebody is. In files: RON; what is left out is as in `AvatarSpec::default()`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AvatarSpec {
    /// What people call them; at most 64 characters.
    pub name: String,
    /// Years: 4 to 90.
    pub age: f32,
    /// 0 female to 1 male.
    pub sex: f32,
    /// From sole to crown, metres: 0.9 to 2.2.
    pub height_m: f32,
    /// 0 slight to 1 strong.
    pub muscle: f32,
    /// 0 thin to 1 stout.
    pub weight: f32,
    /// 0 uncommon to 1 ideal proportions.
    pub proportions: f32,
    /// Size of the breasts: 0 to 1.
    pub bust: f32,
    /// Where the forebears came from.
    pub ancestry: Ancestry,
    /// Details of face and body by name, −1 to 1 (see [`Pack::sliders`](crate::Pack::sliders)).
    pub face: BTreeMap<String, f32>,
    /// The skin.
    pub skin: Skin,
    /// The eyes.
    pub eyes: Eyes,
    /// The hair.
    pub hair: Hair,
    /// The clothes.
    pub outfit: Outfit,
    /// Where freckles lie and strands fall.
    pub seed: u64,
}

impl Default for AvatarSpec {
    fn default() -> Self {
        Self {
            name: String::new(),
            age: 28.0,
            sex: 0.5,
            height_m: 1.7,
            muscle: 0.5,
            weight: 0.5,
            proportions: 0.6,
            bust: 0.5,
            ancestry: Ancestry::default(),
            face: BTreeMap::new(),
            skin: Skin::default(),
            eyes: Eyes::default(),
            hair: Hair::default(),
            outfit: Outfit::default(),
            seed: 0,
        }
    }
}

const NAME_LIMIT: usize = 64;

impl AvatarSpec {
    /// Reads a spec from RON and checks it, but for the names of sliders, which the pack knows.
    ///
    /// # Errors
    /// Where the text is wrong, or which field is outside its range.
    pub fn from_ron(text: &str) -> Result<Self, SpecError> {
        let spec: Self = ron::from_str(text)?;
        spec.check()?;
        Ok(spec)
    }

    /// The spec as a file, to be read back by [`from_ron`](Self::from_ron).
    pub fn to_ron(&self) -> String {
        let style = ron::ser::PrettyConfig::default().struct_names(false);
        // Plain numbers, strings and maps: writing them cannot fail.
        ron::ser::to_string_pretty(self, style).unwrap_or_default()
    }

    /// Whether every number is within its range.
    ///
    /// # Errors
    /// The first field that is not.
    pub fn check(&self) -> Result<(), SpecError> {
        let length = self.name.chars().count();
        if length > NAME_LIMIT {
            return Err(SpecError::Name { length, limit: NAME_LIMIT });
        }
        let range = |field: &str, value: f32, low: f32, high: f32| {
            // What is no number is not within either.
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(SpecError::Range { field: field.to_owned(), value, low, high })
            }
        };
        range("age", self.age, 4.0, 90.0)?;
        range("height_m", self.height_m, 0.9, 2.2)?;
        for (field, value) in [
            ("sex", self.sex),
            ("muscle", self.muscle),
            ("weight", self.weight),
            ("proportions", self.proportions),
            ("bust", self.bust),
            ("ancestry.african", self.ancestry.african),
            ("ancestry.asian", self.ancestry.asian),
            ("ancestry.european", self.ancestry.european),
            ("skin.tone", self.skin.tone),
            ("skin.warmth", self.skin.warmth),
            ("skin.redness", self.skin.redness),
            ("skin.freckles", self.skin.freckles),
            ("skin.blemishes", self.skin.blemishes),
            ("eyes.lashes", self.eyes.lashes),
            ("hair.grey", self.hair.grey),
            ("hair.brows", self.hair.brows),
            ("hair.beard", self.hair.beard),
        ] {
            range(field, value, 0.0, 1.0)?;
        }
        for (name, value) in &self.face {
            range(&format!("face.{name}"), *value, -1.0, 1.0)?;
        }
        let Ancestry { african, asian, european } = self.ancestry;
        if african + asian + european <= 0.0 {
            return Err(SpecError::Ancestry);
        }
        Ok(())
    }
}
