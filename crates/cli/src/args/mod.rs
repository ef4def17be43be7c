//! The command line.

mod people;

use crate::prompts::Encoder;
use clap::{Args, Parser, Subcommand, ValueEnum};
pub use people::{
    AccentName, Avatar, AvatarExport, AvatarFilm, AvatarPortrait, BenchAvatar, BenchVoice, Lips,
    Performing, PersonAddress, Speak,
};
use reverie_media::PinholeNumbers;
use reverie_simulator::{SceneKind, TaskKind, dataset::Channel};
use reverie_world_model::{SeedAddress, Weather};
use std::{fmt, path::PathBuf, str::FromStr};

/// Smallest and largest side of generated frames, pixels.
const SIDES: std::ops::RangeInclusive<u32> = 16..=8192;

/// Worlds generated frame by frame from one picture, one scene or one sentence, and people for them.
#[derive(Debug, Parser)]
#[command(name = "reverie", version, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Walk through a world along a path and keep every frame
    Explore(Explore),
    /// First views of a sentence, to choose one from
    Imagine(Imagine),
    /// Measure how fast something runs on this machine
    Bench {
        #[command(subcommand)]
        what: Bench,
    },
    /// Say a text: sound, and what the face and body do meanwhile
    Speak(Speak),
    /// Move a face by the sound of somebody's speech
    Lips(Lips),
    /// People: export them, take their pictures, film them as they talk
    #[command(args_conflicts_with_subcommands = true)]
    Avatar {
        #[command(subcommand)]
        what: Option<Avatar>,
        #[command(flatten)]
        film: AvatarFilm,
    },
    /// Make episodes to learn from: frames, depth, classes, flow, poses and actions of walks
    Dataset(Dataset),
    /// Measure how good a world model is
    Eval {
        #[command(subcommand)]
        what: Eval,
    },
    /// The networks' weights: what there is, and whether it is whole
    Models {
        #[command(subcommand)]
        action: Models,
        /// Print one JSON object on stdout
        #[arg(long, global = true)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub struct Explore {
    /// A picture file, `scene:NAME?seed=7&weather=rain&hour=19` or `prompt:SENTENCE`
    pub seed: SeedAddress,
    /// What to do: a RON file with embodiment, tick_hz, steps and events
    #[arg(long, value_name = "P.ron")]
    pub path: PathBuf,
    /// Folder for `00000.png` ... and `run.json`: new, empty, or an earlier run (replaced)
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Size of the frames
    #[arg(long, default_value = "1280x720", value_name = "WxH")]
    pub size: FrameSize,
    /// Measured depth of the picture: 16-bit PNG in millimetres, OpenEXR or 32-bit TIFF in metres
    #[arg(long, value_name = "D.png")]
    pub depth: Option<PathBuf>,
    /// The camera, in pixels: of the picture (wins over EXIF), or the one a scene is seen with
    #[arg(long, value_name = "fx,fy,cx,cy")]
    pub intrinsics: Option<PinholeNumbers>,
    /// The world model: spatial or simulator
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// Only fill what was never seen, calmly, instead of painting it (model spatial)
    #[arg(long)]
    pub no_painter: bool,
    /// A folder with weights in place of the shipped ones, as `reverie_train.teach` writes it (model spatial)
    #[arg(long, value_name = "DIR")]
    pub weights: Option<PathBuf>,
    /// Which of a sentence's candidates (see `imagine`); the best of four if not said
    #[arg(long, value_name = "N")]
    pub candidate: Option<u32>,
    /// What reads a sentence; minilm if it was fetched, else embedded
    #[arg(long, value_enum, value_name = "NAME")]
    pub encoder: Option<Encoder>,
    /// Print one JSON object on stdout
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Imagine {
    /// For example `a snowy valley at dusk`; `prompt:` before it may be left out
    pub prompt: String,
    /// Folder for pictures, `sheet.png` and `run.json`: new, empty, or an earlier run (replaced)
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// How many views to choose from
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub candidates: u32,
    /// Size of each picture
    #[arg(long, default_value = "640x360", value_name = "WxH")]
    pub size: FrameSize,
    /// What reads the sentence; minilm if it was fetched, else embedded
    #[arg(long, value_enum, value_name = "NAME")]
    pub encoder: Option<Encoder>,
    /// Print one JSON object on stdout
    #[arg(long)]
    pub json: bool,
}

impl Imagine {
    /// The sentence itself.
    pub fn sentence(&self) -> &str {
        self.prompt.strip_prefix("prompt:").unwrap_or(&self.prompt)
    }
}

#[derive(Debug, Subcommand)]
pub enum Bench {
    /// The spatial memory: a walk over a million visible points
    World(BenchWorld),
    /// People: how many live at 60 Hz on one core, how long it takes to build one
    Avatar(BenchAvatar),
    /// Voices: how soon they begin to speak, and how fast they go on
    Voice(BenchVoice),
}

#[derive(Debug, Args)]
pub struct BenchWorld {
    /// Size of the frames
    #[arg(long, default_value = "1280x720", value_name = "WxH")]
    pub size: FrameSize,
    /// How long to measure, seconds
    #[arg(long, default_value_t = 10.0, value_name = "N", value_parser = seconds)]
    pub secs: f64,
    /// Print one JSON object on stdout
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Dataset {
    /// The kind of world: mountain, city, warehouse, ...
    #[arg(long, value_name = "NAME", value_parser = domain)]
    pub domain: SceneKind,
    /// How many episodes; a folder that has fewer is gone on with
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub episodes: u64,
    /// Folder for `manifest.json` and the shards: new, empty, or one begun with the same arguments
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Size of the frames
    #[arg(long, default_value = "128x72", value_name = "WxH")]
    pub size: FrameSize,
    /// What to record of each frame: rgb, depth, normal, class, instance, flow
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = Channel::from_name,
          default_value = "rgb,depth,normal,class,instance,flow")]
    pub channels: Vec<Channel>,
    /// `random`, or weathers and hours that take turns: `clear@12,rain@21.5`
    #[arg(long, default_value = "random", value_name = "WHICH")]
    pub conditions: ConditionChoice,
    /// Attempts at a task instead of strolls, its six policies in turn: go_to_goal, fetch_box,
    /// patrol, fly_gates, reach_address
    #[arg(long, value_name = "NAME", value_parser = task)]
    pub task: Option<TaskKind>,
    /// Horizontal field of view of the camera, degrees
    #[arg(long, default_value_t = 75.0, value_name = "DEG", value_parser = field_of_view)]
    pub fov: f32,
    /// Ticks (1/24 s) of an episode, which has one frame more; an attempt that is over ends sooner
    #[arg(long, default_value_t = 240, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=131_072))]
    pub ticks: u32,
    /// Keep every Nth tick only; actions are means and flow goes from frame to frame
    #[arg(long, default_value_t = 1, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=2400))]
    pub every: u32,
    /// Seed of the first episode, each one has the next [default: 0, or 1000000 with --held-out]
    #[arg(long, value_name = "S")]
    pub first_seed: Option<u64>,
    /// Make data for measuring: seeds from 1000000 on, which training refuses
    #[arg(long)]
    pub held_out: bool,
    /// Episodes of a file
    #[arg(long, default_value_t = 8, value_name = "N",
          value_parser = clap::value_parser!(u64).range(1..=4096))]
    pub episodes_per_shard: u64,
    /// Print one JSON object on stdout
    #[arg(long)]
    pub json: bool,
}

/// Weather and hour of episodes.
#[derive(Debug, Clone, PartialEq)]
pub enum ConditionChoice {
    /// Any, and they may change on the way.
    Random,
    /// These in turn.
    Cycle(Vec<(Weather, f32)>),
}

impl FromStr for ConditionChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "random" {
            return Ok(Self::Random);
        }
        let one = |part: &str| {
            let (weather, hour) = part.split_once('@').ok_or_else(|| {
                format!("`{part}`: expected `random` or WEATHER@HOUR, for example rain@21.5")
            })?;
            match hour.parse::<f32>() {
                Ok(hour) if (0.0..=24.0).contains(&hour) => Ok((weather.parse()?, hour)),
                _ => Err(format!("`{part}`: the hour is not within 0 to 24")),
            }
        };
        text.split(',').map(one).collect::<Result<_, String>>().map(Self::Cycle)
    }
}

fn domain(name: &str) -> Result<SceneKind, String> {
    SceneKind::from_name(name).ok_or_else(|| {
        let valid = SceneKind::ALL.map(SceneKind::name).join(", ");
        format!("unknown domain `{name}` (valid: {valid})")
    })
}

fn task(name: &str) -> Result<TaskKind, String> {
    TaskKind::from_name(name).ok_or_else(|| {
        let valid = TaskKind::ALL.map(TaskKind::name).join(", ");
        format!("unknown task `{name}` (valid: {valid})")
    })
}

fn field_of_view(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(deg) if (10.0..=150.0).contains(&deg) => Ok(deg),
        _ => Err("is not within 10 to 150 degrees".to_owned()),
    }
}

#[derive(Debug, Subcommand)]
pub enum Eval {
    /// World models against the ground truth, on walks through worlds that nothing was trained on
    World(EvalWorld),
}

#[derive(Debug, Args)]
pub struct EvalWorld {
    /// Only in this world; several with commas
    #[arg(long, value_name = "D", value_delimiter = ',')]
    pub domain: Vec<String>,
    /// One short walk and a few windows a world: about a minute on two cores
    #[arg(long)]
    pub quick: bool,
    /// Judge this model beside the baselines: spatial, which is judged anyway if it has a painter
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// Only these parts of the judgement; several with commas
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    pub part: Vec<EvalPart>,
    /// Instead of walks: do six robot policies rank in the models as in the truth?
    #[arg(long, conflicts_with_all = ["report", "domain", "part"])]
    pub policies: bool,
    /// Print one JSON object on stdout
    #[arg(long)]
    pub json: bool,
    /// Write a page with charts and pictures, `report.html`, and sheets of painted windows into this
    /// folder
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
}

/// A part of `eval world`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EvalPart {
    /// Walks beside the truth, and commands of weather and hour
    Walks,
    /// Windows that the painter completes
    Windows,
    /// Straight ahead into what the painter imagines, and back
    Straight,
    /// First views of sentences written by hand: do they show what was asked for
    Prompts,
    /// Worlds under another weather, hour or season, beside the truth under it
    Repaint,
    /// Things placed as boxes: are they recognised
    Place,
}

#[derive(Debug, Subcommand)]
pub enum Models {
    /// List them and how they stand
    List,
    /// Get those that are not there yet
    Fetch,
    /// Check size and hash of each; exit code 2 when one is not whole
    Verify,
}

/// `WIDTHxHEIGHT` in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameSize {
    pub width: u32,
    pub height: u32,
}

impl FromStr for FrameSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let sides =
            text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
        match sides {
            Some((width, height)) if SIDES.contains(&width) && SIDES.contains(&height) => {
                Ok(Self { width, height })
            }
            Some(_) => Err(format!("a side is not within {} to {}", SIDES.start(), SIDES.end())),
            None => Err("expected WIDTHxHEIGHT, for example 1280x720".to_owned()),
        }
    }
}

impl fmt::Display for FrameSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(secs) if (0.1..=3600.0).contains(&secs) => Ok(secs),
        _ => Err("expected seconds, 0.1 to 3600".to_owned()),
    }
}
