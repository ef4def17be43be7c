//! Scenes that fit a sentence, and where each is looked at from.

use crate::{ImagineError, view::score};
use reverie_language::{EncoderKind, PromptReader, Scenery};
use reverie_simulator::{
    BuiltScene, Camera, Conditions, Exposure, Quality, SceneKind, SceneOptions,
};
use reverie_world_model::{Intrinsics, Pose, SceneSeed, Seed, SeedAddress, SeedSource};
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
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Which one; the same number is the same scene.
    pub number: u32,
    /// The scene.
    pub scene: SceneSeed,
    /// Where a walk begins, looking where there is most to see.
    pub start: Pose,
    /// How good the view is to begin with, 0 to 1.
    pub interest: f32,
}

impl Candidate {
    /// The world that begins with it.
    #[must_use]
    pub fn seed(&self) -> Seed {
        Seed { start: Some(self.start), ..Seed::new(SeedSource::Scene(self.scene.clone())) }
    }

    /// The scene, as people write it.
    #[must_use]
    pub fn address(&self) -> String {
        SeedAddress::Scene(self.scene.clone()).to_string()
    }
}

/// A sentence's world.
#[derive(Debug, Clone, PartialEq)]
pub struct Imagined {
    /// Which encoder read the sentence.
    pub encoder: EncoderKind,
    /// What was understood.
    pub scenery: Scenery,
    /// The world.
    pub candidate: Candidate,
}

/// The candidate that is asked for, or the best of the first ones; another `rng_seed` has other candidates.
///
/// # Errors
/// [`ImagineError::Prompt`] when the sentence cannot be read.
pub fn imagine(
    reader: &PromptReader,
    sentence: &str,
    rng_seed: u64,
    wanted: Option<u32>,
) -> Result<Imagined, ImagineError> {
    let scenery = reader.read(sentence)?;
    let candidate = match wanted {
        Some(number) => candidate(&scenery, rng_seed, number)?,
        None => candidates(&scenery, rng_seed, CANDIDATES)?.swap_remove(0),
    };
    Ok(Imagined { encoder: reader.encoder(), scenery, candidate })
}

/// The first candidates of a scenery, at least one, the most interesting view first.
///
/// # Errors
/// [`ImagineError::Preview`] when a preview cannot be made.
pub fn candidates(
    scenery: &Scenery,
    rng_seed: u64,
    count: u32,
) -> Result<Vec<Candidate>, ImagineError> {
    let numbers = 0..count.max(1);
    let mut all = numbers
        .map(|number| candidate(scenery, rng_seed, number))
        .collect::<Result<Vec<_>, _>>()?;
    // Stable: of equal ones the first stays first.
    all.sort_by(|a, b| b.interest.total_cmp(&a.interest));
    Ok(all)
}

/// One candidate, looking where there is most to see.
///
/// # Errors
/// [`ImagineError::Preview`] when a preview cannot be made.
pub fn candidate(scenery: &Scenery, rng_seed: u64, number: u32) -> Result<Candidate, ImagineError> {
    let scene = scenery.scene(rng_seed, number);
    let kind = SceneKind::from_name(&scene.name).ok_or_else(|| ImagineError::Preview {
        candidate: number,
        problem: format!("there is no scene `{}`", scene.name),
    })?;
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
        let found = score(kind, &view);
        if best.is_none_or(|(best, _)| found > best) {
            best = Some((found, pose));
        }
    }
    let (interest, start) = best.unwrap_or((0.0, begin));
    Ok(Candidate { number, scene, start, interest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use reverie_inference::ModelStore;
    use reverie_language::EncoderChoice;
    use reverie_world_model::Weather;
    use std::path::Path;

    fn reader() -> PromptReader {
        let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets");
        let store = ModelStore::open_at(&assets).expect("manifest");
        PromptReader::load(&store, EncoderChoice::Only(EncoderKind::Words)).expect("shipped")
    }

    #[test]
    fn the_best_of_the_candidates_is_taken_and_any_can_be() {
        let reader = reader();
        let best = imagine(&reader, "a street in heavy rain", 0, None).expect("a world");
        assert_eq!(best.encoder, EncoderKind::Words);
        let all = candidates(&best.scenery, 0, CANDIDATES).expect("views");
        assert_eq!(all[0], best.candidate);
        assert!(all.is_sorted_by(|a, b| a.interest >= b.interest), "{all:?}");
        for candidate in &all {
            assert_eq!(
                (candidate.scene.name.as_str(), candidate.scene.weather),
                ("city", Weather::Rain)
            );
            let again = imagine(&reader, "a street in heavy rain", 0, Some(candidate.number));
            assert_eq!(again.expect("a world").candidate, *candidate);
            assert_eq!(candidate.seed().start, Some(candidate.start));
        }
        let other = candidate(&best.scenery, 1, best.candidate.number).expect("a view");
        assert_ne!(other.scene.seed, best.candidate.scene.seed);
    }

    #[test]
    fn whatever_is_written_gives_a_world_or_says_why_not() {
        let reader = reader();
        for (sentence, problem) in [
            ("", "the sentence is empty"),
            ("  \n", "the sentence is empty"),
            ("...!", "the sentence has no words"),
            (&"x".repeat(10_000), "10000 bytes, at most 4096"),
        ] {
            let error = imagine(&reader, sentence, 0, Some(0)).expect_err(sentence).to_string();
            assert!(error.starts_with("prompt: ") && error.contains(problem), "{error}");
        }
        for (sentence, note) in [
            ("sunny storm at midnight noon", "both"),
            ("山の朝", "only English"),
            ("Зима в горах", "only English"),
            ("x", ""),
            ("night day night day", ""),
        ] {
            let Imagined { scenery, candidate, .. } =
                imagine(&reader, sentence, 0, Some(0)).expect(sentence);
            assert!(
                candidate.interest.is_finite() && candidate.start.position.is_finite(),
                "{sentence}"
            );
            let told = note.is_empty() || scenery.notes.iter().any(|told| told.contains(note));
            assert!(told, "{sentence}: {scenery:?}");
        }
    }
}
