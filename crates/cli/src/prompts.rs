//! Sentences to worlds: reading them, and the first views to choose from.

use crate::error::CliError;
use reverie_inference::ModelStore;
use reverie_language::{EncoderChoice, EncoderKind, PromptError, PromptReader, Scenery, interest};
use reverie_simulator::{
    BuiltScene, Camera, Conditions, Exposure, Quality, SceneKind, SceneOptions,
};
use reverie_world_model::{
    DepthImage, Intrinsics, Pose, RgbImage, SceneSeed, Seed, SeedAddress, SeedSource,
};
use serde::Serialize;
use std::sync::Arc;

/// Candidates of which the best one is taken unless one is asked for.
pub const CANDIDATES: u32 = 4;
/// Directions that are looked into from where a walk begins.
const DIRECTIONS: u32 = 6;
/// Size of the pictures by which views are compared.
const PREVIEW: [u32; 2] = [96, 54];
const PREVIEW_QUALITY: Quality = Quality { samples: 1, bounce_rays: 1 };
/// Horizontal field of view of previews, as of scenes.
const FOV_DEG: f32 = 75.0;

/// A scene that fits a sentence, and where it is looked at from.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Which one; the same number is the same scene.
    pub number: u32,
    pub scene: SceneSeed,
    pub start: Pose,
    /// How much there is to see, 0 to 1.
    pub interest: f32,
}

impl Candidate {
    /// The world that begins with it.
    pub fn seed(&self) -> Seed {
        Seed { start: Some(self.start), ..Seed::new(SeedSource::Scene(self.scene.clone())) }
    }
}

/// What was made of a sentence, for `run.json`.
#[derive(Debug, Serialize)]
pub struct Understood {
    /// Which encoder read the sentence.
    pub encoder: EncoderKind,
    pub understood: Scenery,
    /// Which of the candidates was taken.
    pub candidate: u32,
    /// The scene, as an address.
    pub scene: String,
}

/// A reader of sentences; an encoder by its name, or the best one there is.
///
/// # Errors
/// [`CliError::BadInput`] when weights are missing or damaged.
pub fn reader(store: &ModelStore, encoder: Option<Encoder>) -> Result<PromptReader, CliError> {
    let choice = match encoder {
        None => EncoderChoice::Best,
        Some(Encoder::Minilm) => EncoderChoice::Only(EncoderKind::MiniLm),
        Some(Encoder::Embedded) => EncoderChoice::Only(EncoderKind::Words),
    };
    Ok(PromptReader::load(store, choice)?)
}

/// The first candidates of a scenery, the most interesting view first.
///
/// # Errors
/// [`CliError::Failed`] when a preview cannot be made.
pub fn candidates(scenery: &Scenery, count: u32) -> Result<Vec<Candidate>, CliError> {
    let mut all =
        (0..count).map(|number| candidate(scenery, number)).collect::<Result<Vec<_>, _>>()?;
    // Stable: of equal ones the first stays first.
    all.sort_by(|a, b| b.interest.total_cmp(&a.interest));
    Ok(all)
}

/// One candidate, looking where there is most to see.
///
/// # Errors
/// [`CliError::Failed`] when a preview cannot be made.
pub fn candidate(scenery: &Scenery, number: u32) -> Result<Candidate, CliError> {
    let failed = |problem: String| CliError::Failed(format!("candidate {number}: {problem}"));
    let scene = scenery.scene(0, number);
    let kind = SceneKind::from_name(&scene.name)
        .ok_or_else(|| failed(format!("there is no scene `{}`", scene.name)))?;
    let conditions = Conditions::from(&scene);
    let options =
        SceneOptions { kind, seed: scene.seed, conditions, roam: true, photos: Arc::from([]) };
    let built = BuiltScene::new(&options);
    let begin = built.start();
    let [width, height] = PREVIEW;
    let intrinsics = Intrinsics::from_horizontal_fov(width, height, FOV_DEG.to_radians());
    let mut best: Option<(f32, Pose)> = None;
    for turn in 0..DIRECTIONS {
        let angle = turn as f32 * std::f32::consts::TAU / DIRECTIONS as f32;
        let pose = Pose { rotation: glam::Quat::from_rotation_y(angle) * begin.rotation, ..begin };
        let camera = Camera { pose, intrinsics };
        let view = built.scene.render(&camera, PREVIEW_QUALITY, Exposure::Scene);
        let rgb = RgbImage::new(width, height, view.rgb).map_err(|e| failed(e.to_string()))?;
        let depth =
            DepthImage::new(width, height, view.depth_m).map_err(|e| failed(e.to_string()))?;
        let found = interest(&rgb, &depth);
        if best.is_none_or(|(score, _)| found > score) {
            best = Some((found, pose));
        }
    }
    let (interest, start) = best.unwrap_or((0.0, begin));
    Ok(Candidate { number, scene, start, interest })
}

/// A sentence's world: the candidate that is asked for, or the best of the first ones.
///
/// Says on stderr what whoever wrote the sentence should know.
///
/// # Errors
/// [`CliError::BadInput`] when the sentence cannot be read.
pub fn choose(
    reader: &PromptReader,
    sentence: &str,
    wanted: Option<u32>,
) -> Result<(Candidate, Understood), CliError> {
    let understood = reader.read(sentence)?;
    tell(&understood);
    let chosen = match wanted {
        Some(number) => candidate(&understood, number)?,
        None => candidates(&understood, CANDIDATES)?.swap_remove(0),
    };
    let scene = SeedAddress::Scene(chosen.scene.clone()).to_string();
    let encoder = reader.encoder();
    let understood = Understood { encoder, understood, candidate: chosen.number, scene };
    Ok((chosen, understood))
}

/// Notes on stderr, a line each.
pub fn tell(scenery: &Scenery) {
    for note in &scenery.notes {
        eprintln!("note: {note}");
    }
}

/// What `--encoder` accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Encoder {
    /// all-MiniLM-L6-v2, which `models fetch` fetches
    Minilm,
    /// The small network that is always there
    Embedded,
}

impl From<PromptError> for CliError {
    fn from(error: PromptError) -> Self {
        match error {
            PromptError::Network(_) => Self::Failed(error.to_string()),
            _ => Self::BadInput(error.to_string()),
        }
    }
}
