//! Arguments about people and voices.

use super::{FrameSize, seconds};
use clap::{Args, Subcommand, ValueEnum};
use reverie_behavior::Emotion;
use reverie_portrait::Framing;
use std::{fmt, path::PathBuf, str::FromStr};

#[derive(Debug, Args)]
pub struct BenchAvatar {
    /// How long to measure each level of detail, seconds
    #[arg(long, default_value_t = 2.0, value_name = "N", value_parser = seconds)]
    pub secs: f64,
    /// Print one JSON object on stdout
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct BenchVoice {
    /// How long to measure, seconds
    #[arg(long, default_value_t = 4.0, value_name = "N", value_parser = seconds)]
    pub secs: f64,
    /// Print one JSON object on stdout
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Speak {
    /// What to say, with tags such as `[happy]` or `{nod}`; `-` reads it from stdin
    pub text: String,
    /// The sound to write: 24 kHz, one channel, 16 bits
    #[arg(long, value_name = "A.wav")]
    pub out: PathBuf,
    /// What face and body do, frame by frame, to write as JSON
    #[arg(long, value_name = "T.json")]
    pub track: Option<PathBuf>,
    /// Who speaks: a preset's name or a voice's file; the recorded voice if not said
    #[arg(long, value_name = "VOICE.ron")]
    pub voice: Option<String>,
    /// How it is pronounced
    #[arg(long, value_enum, default_value_t = AccentName::Us, value_name = "ACCENT")]
    pub accent: AccentName,
    #[command(flatten)]
    pub performing: Performing,
    /// Print one JSON object on stdout
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Lips {
    /// Somebody's speech: a WAV file of any rate, depth and number of channels
    #[arg(value_name = "AUDIO.wav")]
    pub audio: PathBuf,
    /// What face and body do, frame by frame, to write as JSON
    #[arg(long, value_name = "T.json")]
    pub track: PathBuf,
    /// What is said, if it is known: its sounds and words are found in the speech; `-` reads it from stdin
    #[arg(long, value_name = "TEXT")]
    pub text: Option<String>,
    /// How the text is pronounced
    #[arg(long, value_enum, default_value_t = AccentName::Us, value_name = "ACCENT")]
    pub accent: AccentName,
    #[command(flatten)]
    pub performing: Performing,
    /// Print one JSON object on stdout
    #[arg(long)]
    pub json: bool,
}

/// How speech is performed.
#[derive(Debug, Args)]
pub struct Performing {
    /// How far jaw and lips go: 0 (mumbles) to 1.5; as the voice has it if not said
    #[arg(long, value_name = "X", value_parser = articulation)]
    pub articulation: Option<f32>,
    /// How much brows, head and hands take part: 0 (calm) to 2; as the voice has it if not said
    #[arg(long, value_name = "X", value_parser = liveliness)]
    pub liveliness: Option<f32>,
    /// Frames a second of the track
    #[arg(long, default_value_t = 60, value_name = "N",
          value_parser = clap::value_parser!(u16).range(1..=240))]
    pub fps: u16,
    /// Another seed is another performance of the same words
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub seed: u64,
}

/// How English is pronounced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AccentName {
    /// American
    Us,
    /// British
    Gb,
}

fn within(text: &str, least: f32, most: f32) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(format!("is not within {least} to {most}")),
    }
}

fn articulation(text: &str) -> Result<f32, String> {
    within(text, 0.0, 1.5)
}

fn liveliness(text: &str) -> Result<f32, String> {
    within(text, 0.0, 2.0)
}

/// From where somebody is seen.
#[derive(Debug, Args)]
pub struct PersonView {
    /// How much is seen
    #[arg(long, value_enum, default_value_t = FramingName::Portrait, value_name = "WHAT")]
    pub framing: FramingName,
    /// Degrees by which the camera walks around the person, to its left
    #[arg(long, default_value_t = 0.0, value_name = "DEG", value_parser = degrees,
          allow_negative_numbers = true)]
    pub turn: f32,
}

#[derive(Debug, Args)]
pub struct AvatarFilm {
    /// Who: a spec's file, the name of a preset, `random:SEED`, or a .vrm, .glb or .gltf file
    #[arg(value_name = "AVATAR")]
    pub person: Option<PersonAddress>,
    /// What face and body do: a track that `speak` wrote
    #[arg(long, value_name = "T.json")]
    pub track: Option<PathBuf>,
    /// The sound that goes with it
    #[arg(long, value_name = "A.wav")]
    pub audio: Option<PathBuf>,
    /// The folder for the frames, and for the film where ffmpeg is installed
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// The track as a VRM animation, for other programs and any VRM model, in place of a film; AVATAR lends
    /// its proportions
    #[arg(long, value_name = "OUT.vrma", conflicts_with_all = ["out", "audio"])]
    pub vrma: Option<PathBuf>,
    /// Size of the frames
    #[arg(long, default_value = "640x360", value_name = "WxH")]
    pub size: FrameSize,
    /// Frames a second
    #[arg(long, default_value_t = 24, value_name = "N",
          value_parser = clap::value_parser!(u16).range(1..=60))]
    pub fps: u16,
    #[command(flatten)]
    pub view: PersonView,
    /// Print one JSON object on stdout
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Avatar {
    /// Write somebody as a VRM 1.0 file, for other programs
    Export(AvatarExport),
    /// Take somebody's picture
    Portrait(AvatarPortrait),
}

#[derive(Debug, Args)]
pub struct AvatarExport {
    /// A spec's file, the name of a preset, or `random:SEED`
    #[arg(value_name = "SPEC.ron")]
    pub person: PersonAddress,
    /// The file to write
    #[arg(long, value_name = "OUT.vrm")]
    pub vrm: PathBuf,
    /// Print one JSON object on stdout
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct AvatarPortrait {
    /// A spec's file, the name of a preset, `random:SEED`, or a .vrm, .glb or .gltf file
    #[arg(value_name = "SPEC.ron")]
    pub person: PersonAddress,
    /// The picture to write
    #[arg(long, value_name = "P.png")]
    pub out: PathBuf,
    /// neutral, happy, sad, angry, afraid, surprised, disgusted, relaxed or interest
    #[arg(long, default_value = "neutral", value_name = "NAME")]
    pub mood: MoodName,
    /// How strongly the mood shows, 0 to 1
    #[arg(long, default_value_t = 0.85, value_name = "X", value_parser = share)]
    pub intensity: f32,
    /// Size of the picture
    #[arg(long, default_value = "1280x720", value_name = "WxH")]
    pub size: FrameSize,
    #[command(flatten)]
    pub view: PersonView,
    /// Print one JSON object on stdout
    #[arg(long)]
    pub json: bool,
}

/// Who is meant.
#[derive(Debug, Clone, PartialEq)]
pub enum PersonAddress {
    /// `random:SEED`.
    Random(u64),
    /// A file, or the name of a preset.
    Named(String),
}

impl FromStr for PersonAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("random:") {
            Some(seed) => seed
                .parse()
                .map(Self::Random)
                .map_err(|_| format!("random: `{seed}` is no seed (0 to {})", u64::MAX)),
            None if text.is_empty() => Err("nobody is named".to_owned()),
            None => Ok(Self::Named(text.to_owned())),
        }
    }
}

impl fmt::Display for PersonAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Random(seed) => write!(f, "random:{seed}"),
            Self::Named(name) => f.write_str(name),
        }
    }
}

/// One of the named emotions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MoodName(pub Emotion);

impl fmt::Display for MoodName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{:?}", self.0).to_lowercase())
    }
}

impl FromStr for MoodName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = Emotion::ALL.map(Self);
        let found = all.into_iter().find(|mood| mood.to_string().eq_ignore_ascii_case(text));
        found.ok_or_else(|| {
            let names = all.map(|mood| mood.to_string()).join(", ");
            format!("unknown mood `{text}` (valid: {names})")
        })
    }
}

/// How much of somebody a picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FramingName {
    /// Head and shoulders
    Portrait,
    /// The face alone
    Face,
    /// Both eyes
    Eyes,
    /// From head to foot
    Body,
}

impl From<FramingName> for Framing {
    fn from(name: FramingName) -> Self {
        match name {
            FramingName::Portrait => Self::Portrait,
            FramingName::Face => Self::Face,
            FramingName::Eyes => Self::Eyes,
            FramingName::Body => Self::Body,
        }
    }
}

fn share(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(x) if (0.0..=1.0).contains(&x) => Ok(x),
        _ => Err("is not within 0 to 1".to_owned()),
    }
}

fn degrees(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(deg) if (-360.0..=360.0).contains(&deg) => Ok(deg),
        _ => Err("is not within -360 to 360 degrees".to_owned()),
    }
}
