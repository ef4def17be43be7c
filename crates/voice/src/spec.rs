//! Who is speaking: a voice as numbers that people can understand.

use reverie_behavior::Manner;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A longer file holds no voice, bytes.
const MAX_SPEC_BYTES: usize = 64 << 10;
/// Longest name, characters.
const MAX_NAME: usize = 64;

/// Median pitch of the recorded voice, Hz.
pub(crate) const RECORDED_PITCH_HZ: f32 = 190.0;

/// Why a voice cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpecError {
    /// The file cannot be read.
    #[error("{file}: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The text is no RON of a voice; names line and column.
    #[error("{file}: {reason}")]
    Malformed {
        /// The file.
        file: String,
        /// What is wrong, and where.
        reason: String,
    },
    /// A number outside its range.
    #[error("{file}: {field} is {value}, must be between {least} and {most}")]
    Range {
        /// The file.
        file: String,
        /// The field.
        field: &'static str,
        /// What it says.
        value: f32,
        /// Least.
        least: f32,
        /// Most.
        most: f32,
    },
    /// A name that is too long.
    #[error("{file}: name has {length} characters, at most {MAX_NAME} are possible")]
    Name {
        /// The file.
        file: String,
        /// How long.
        length: usize,
    },
}

/// A voice. What a file leaves out is as in the recorded voice, that of a woman.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VoiceSpec {
    /// What it is called.
    pub name: String,
    /// Median pitch, Hz: 60 to 450.
    pub pitch_hz: f32,
    /// How far pitch moves about, 1 as recorded: 0.2 to 2.
    pub pitch_range: f32,
    /// Length of the vocal tract, 1 as recorded: 0.72 (a small child) to 1.3 (a giant). Formants move by
    /// its inverse.
    pub tract_length: f32,
    /// How fast it speaks, 1 as recorded: 0.5 to 2.
    pub pace: f32,
    /// Breath in the voice: 0 to 1.
    pub breathiness: f32,
    /// How hoarse and creaky it is: 0 to 1.
    pub roughness: f32,
    /// From dull (-1) to sharp (1).
    pub brightness: f32,
    /// How much pitch trembles: 0 to 1.
    pub tremor: f32,
    /// Against the recorded voice, dB: -24 to 12.
    pub loudness_db: f32,
    /// How far jaw and lips go: 0 (mumbles), 1, to 1.5 (over-articulates). Seen, not heard.
    pub articulation: f32,
    /// How much brows, head and hands take part: 0 (calm), 1, to 2 (lively).
    pub liveliness: f32,
}

impl Default for VoiceSpec {
    fn default() -> Self {
        Self {
            name: String::new(),
            pitch_hz: RECORDED_PITCH_HZ,
            pitch_range: 1.0,
            tract_length: 1.0,
            pace: 1.0,
            breathiness: 0.0,
            roughness: 0.0,
            brightness: 0.0,
            tremor: 0.0,
            loudness_db: 0.0,
            articulation: 1.0,
            liveliness: 1.0,
        }
    }
}

impl VoiceSpec {
    /// Reads a voice from RON; `file` is only named in errors.
    ///
    /// # Errors
    /// When the text is none or a number is outside of its range.
    pub fn from_ron(file: &str, text: &str) -> Result<Self, SpecError> {
        let malformed = |reason| SpecError::Malformed { file: file.into(), reason };
        if text.len() > MAX_SPEC_BYTES {
            return Err(malformed(format!("more than {MAX_SPEC_BYTES} bytes")));
        }
        let spec: Self = ron::from_str(text).map_err(|e| malformed(e.to_string()))?;
        spec.check(file)?;
        Ok(spec)
    }

    /// Reads a voice from a file, usually of `assets/voices/presets`.
    ///
    /// # Errors
    /// When it cannot be read or as in [`Self::from_ron`].
    pub fn read(path: &Path) -> Result<Self, SpecError> {
        use std::io::Read as _;
        let file = path.display().to_string();
        let mut text = String::new();
        std::fs::File::open(path)
            .and_then(|f| f.take(MAX_SPEC_BYTES as u64 + 1).read_to_string(&mut text))
            .map_err(|source| SpecError::Unreadable { file: file.clone(), source })?;
        Self::from_ron(&file, &text)
    }

    /// The voice of somebody of an age in years, a sex (0 female to 1 male) and a height in metres; `seed`
    /// tells people of one kind apart. Pitch and vocal tract over age and height are near those of
    /// Hollien & Shipp 1972, Stoicheff 1981 and Fitch & Giedd 1999.
    #[must_use]
    pub fn of_person(age_years: f32, sex: f32, height_m: f32, seed: u64) -> Self {
        let age = age_years.clamp(3.0, 100.0);
        let sex = sex.clamp(0.0, 1.0);
        let draw = |channel: u64| {
            let mut bits = seed ^ channel.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            // SplitMix64's finish.
            bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            2.0 * ((bits ^ (bits >> 31)) >> 40) as f32 / (1u64 << 24) as f32 - 1.0
        };
        let grown = ((age - 7.0) / 10.0).clamp(0.0, 1.0);
        let old = ((age - 55.0) / 30.0).clamp(0.0, 1.0);
        // Voices of men come up with age, those of women go down.
        let woman_hz = 205.0 - 30.0 * old;
        let man_hz = 114.0 + 12.0 * old;
        let adult_hz = woman_hz * (man_hz / woman_hz).powf(sex);
        let pitch_hz = (adult_hz.ln() * grown + 285f32.ln() * (1.0 - grown)).exp();
        let adult_tract = 0.99 + 0.16 * sex;
        let tall = (height_m.clamp(0.8, 2.3) - 1.66 - 0.1 * sex) * 0.28;
        let tract = (adult_tract + tall) * grown + (0.8 + 0.15 * (height_m - 1.2)) * (1.0 - grown);
        Self {
            pitch_hz: (pitch_hz * (0.12 * draw(1)).exp()).clamp(75.0, 330.0),
            pitch_range: 1.0 + 0.2 * draw(2) - 0.1 * old,
            tract_length: (tract + 0.03 * draw(3)).clamp(0.76, 1.26),
            pace: 1.0 + 0.07 * draw(4) - 0.12 * old,
            breathiness: (0.08 + 0.1 * draw(5) + 0.15 * old).max(0.0),
            roughness: (0.04 + 0.08 * draw(6) + 0.2 * old).max(0.0),
            brightness: (0.2 * draw(7) - 0.12 * old).clamp(-1.0, 1.0),
            tremor: 0.25 * old,
            loudness_db: 1.5 * sex,
            articulation: 1.0 + 0.12 * draw(8),
            liveliness: 1.0 + 0.35 * draw(9) + 0.25 * (1.0 - grown) - 0.3 * old,
            ..Self::default()
        }
    }

    /// How it shows that somebody with this voice speaks.
    pub fn manner(&self) -> Manner {
        Manner { articulation: self.articulation, liveliness: self.liveliness }
    }

    /// Checks that all numbers are within their ranges; `file` is only named in errors.
    ///
    /// # Errors
    /// Names the field, its value and its range.
    pub fn check(&self, file: &str) -> Result<(), SpecError> {
        let length = self.name.chars().count();
        if length > MAX_NAME {
            return Err(SpecError::Name { file: file.into(), length });
        }
        let ranges = [
            ("pitch_hz", self.pitch_hz, 60.0, 450.0),
            ("pitch_range", self.pitch_range, 0.2, 2.0),
            ("tract_length", self.tract_length, 0.72, 1.3),
            ("pace", self.pace, 0.5, 2.0),
            ("breathiness", self.breathiness, 0.0, 1.0),
            ("roughness", self.roughness, 0.0, 1.0),
            ("brightness", self.brightness, -1.0, 1.0),
            ("tremor", self.tremor, 0.0, 1.0),
            ("loudness_db", self.loudness_db, -24.0, 12.0),
            ("articulation", self.articulation, 0.0, Manner::MAX_ARTICULATION),
            ("liveliness", self.liveliness, 0.0, Manner::MAX_LIVELINESS),
        ];
        for (field, value, least, most) in ranges {
            // Not a number is in no range.
            if !(least..=most).contains(&value) {
                return Err(SpecError::Range { file: file.into(), field, value, least, most });
            }
        }
        Ok(())
    }
}
