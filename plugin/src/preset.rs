//! World presets: RON assets that are reloaded while the game runs.

use crate::{
    input::WorldControls,
    prompt::PromptSeed,
    view::{Embodiment, MeasuredPicture, WorldSeed, WorldView},
};
use bevy::{
    asset::{AssetLoadFailedEvent, AssetLoader, LoadContext, io::Reader},
    prelude::*,
};
use reverie_world_model::SeedAddress;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Largest preset that is read, bytes.
const MAX_BYTES: usize = 1 << 20;

/// A world in a file, `assets/presets/*.world.ron`:
///
/// ```ron
/// (
///     seed: "seeds/default.jpg",
///     embodiment: Walker,
///     controls: (speed_mps: 1.4),
/// )
/// ```
///
/// `seed` is required, the rest has the values of a fresh [`WorldView`].
#[derive(Asset, Debug, Clone, PartialEq, Reflect, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorldPreset {
    /// What the world starts from.
    #[reflect(ignore, default = "default_seed")]
    pub seed: SeedAddress,
    /// See [`MeasuredPicture::depth`]; goes with a picture.
    #[serde(default)]
    #[reflect(ignore)]
    pub depth: Option<PathBuf>,
    /// See [`MeasuredPicture::intrinsics`]; goes with a picture.
    #[serde(default)]
    pub intrinsics: Option<(f32, f32, f32, f32)>,
    /// See [`PromptSeed::candidate`]; goes with a sentence.
    #[serde(default)]
    pub candidate: Option<u32>,
    /// See [`WorldView::rng_seed`].
    #[serde(default)]
    pub rng_seed: u64,
    /// See [`WorldView::model`].
    #[serde(default = "default_model")]
    pub model: String,
    /// See [`WorldView::size`].
    #[serde(default)]
    pub size: Option<UVec2>,
    /// See [`WorldView::painting`].
    #[serde(default = "default_painting")]
    pub painting: bool,
    /// See [`WorldView::weights`].
    #[serde(default)]
    pub weights: Option<PathBuf>,
    /// How actions move the camera.
    #[serde(default)]
    pub embodiment: Embodiment,
    /// How quickly input moves and turns the player.
    #[serde(default)]
    pub controls: WorldControls,
}

fn default_seed() -> SeedAddress {
    SeedAddress::Image(std::path::PathBuf::new())
}

fn default_painting() -> bool {
    WorldView::default().painting
}

fn default_model() -> String {
    WorldView::default().model
}

/// Why a file is no preset.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PresetError {
    /// It could not be read.
    #[error("{file}: {source}")]
    Read {
        /// The asset's path.
        file: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is far too long for a preset.
    #[error("{file}: has {bytes} bytes, at most {MAX_BYTES} are accepted")]
    TooLong {
        /// The asset's path.
        file: String,
        /// Its size.
        bytes: usize,
    },
    /// It is no RON, or a field is missing, unknown or makes no sense.
    #[error("{file}, line {line}, column {column}: {problem}")]
    Syntax {
        /// The asset's path.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// A field does not go with the seed.
    #[error("{file}: candidate: goes with a sentence, a `prompt:` seed")]
    Candidate {
        /// The asset's path.
        file: String,
    },
    /// A field does not go with the seed.
    #[error("{file}: {field}: goes with a picture; a scene or a sentence has its own")]
    Measured {
        /// The asset's path.
        file: String,
        /// The field.
        field: &'static str,
    },
}

impl WorldPreset {
    /// Reads a preset; `file` is for messages.
    ///
    /// # Errors
    /// [`PresetError`] with line and column.
    pub fn from_ron(bytes: &[u8], file: &str) -> Result<Self, PresetError> {
        if bytes.len() > MAX_BYTES {
            return Err(PresetError::TooLong { file: file.to_owned(), bytes: bytes.len() });
        }
        let preset: Self = ron::de::from_bytes(bytes).map_err(|error| PresetError::Syntax {
            file: file.to_owned(),
            line: error.span.start.line,
            column: error.span.start.col,
            problem: error.code.to_string(),
        })?;
        if preset.candidate.is_some() && !matches!(preset.seed, SeedAddress::Prompt(_)) {
            return Err(PresetError::Candidate { file: file.to_owned() });
        }
        let given =
            [("depth", preset.depth.is_some()), ("intrinsics", preset.intrinsics.is_some())];
        let picture = matches!(preset.seed, SeedAddress::Image(_));
        match given.into_iter().find(|(_, given)| *given && !picture) {
            Some((field, _)) => Err(PresetError::Measured { file: file.to_owned(), field }),
            None => Ok(preset),
        }
    }

    fn world_seed(&self) -> WorldSeed {
        match &self.seed {
            SeedAddress::Image(picture) => {
                let (picture, depth) = (picture.clone(), self.depth.clone());
                MeasuredPicture { picture, depth, intrinsics: self.intrinsics }.into()
            }
            SeedAddress::Prompt(sentence) => {
                PromptSeed { candidate: self.candidate, ..PromptSeed::new(sentence) }.into()
            }
            SeedAddress::Scene(_) => self.seed.clone().into(),
        }
    }
}

/// The preset that a [`WorldView`] follows: its values are taken when the asset has loaded and
/// again whenever the file changes. Only a change of seed, model, size, weights or embodiment starts
/// the world anew; a view without a seed of its own waits for the preset.
#[derive(Component, Debug, Clone, PartialEq, Eq, Reflect)]
#[reflect(Component, Clone, PartialEq)]
#[require(WorldView)]
pub struct FollowPreset(pub Handle<WorldPreset>);

/// A preset could not be loaded or reloaded; the last good one stays.
#[derive(Message, Debug, Clone, PartialEq, Eq)]
pub struct PresetFailed {
    /// File, line, column and what is wrong.
    pub error: String,
}

#[derive(Default, TypePath)]
struct PresetLoader;

impl AssetLoader for PresetLoader {
    type Asset = WorldPreset;
    type Settings = ();
    type Error = PresetError;

    async fn load(
        &self,
        reader: &mut dyn Reader,
        _settings: &(),
        context: &mut LoadContext<'_>,
    ) -> Result<WorldPreset, PresetError> {
        let file = context.path().to_string();
        let mut bytes = Vec::new();
        if let Err(source) = reader.read_to_end(&mut bytes).await {
            return Err(PresetError::Read { file, source });
        }
        WorldPreset::from_ron(&bytes, &file)
    }

    fn extensions(&self) -> &[&str] {
        &["world.ron"]
    }
}

/// [`WorldPreset`] assets and [`FollowPreset`].
pub struct WorldPresetPlugin;

impl Plugin for WorldPresetPlugin {
    fn build(&self, app: &mut App) {
        app.init_asset::<WorldPreset>()
            .register_asset_loader(PresetLoader)
            .register_type::<FollowPreset>()
            .add_message::<PresetFailed>()
            .add_systems(First, (follow, report_failures).after(bevy::asset::AssetEventSystems));
    }
}

type Following = (
    Ref<'static, FollowPreset>,
    &'static mut WorldView,
    &'static mut Embodiment,
    &'static mut WorldControls,
);

fn follow(
    mut changes: MessageReader<AssetEvent<WorldPreset>>,
    presets: Res<Assets<WorldPreset>>,
    mut views: Query<Following>,
) {
    let changed: Vec<AssetId<WorldPreset>> = changes
        .read()
        .filter_map(|event| match event {
            AssetEvent::LoadedWithDependencies { id } | AssetEvent::Modified { id } => Some(*id),
            _ => None,
        })
        .collect();
    for (followed, mut view, mut embodiment, mut controls) in &mut views {
        let id = followed.0.id();
        if !(followed.is_changed() || changed.contains(&id)) {
            continue;
        }
        let Some(preset) = presets.get(id) else { continue };
        view.set_if_neq(WorldView {
            seed: preset.world_seed(),
            rng_seed: preset.rng_seed,
            model: preset.model.clone(),
            size: preset.size,
            painting: preset.painting,
            weights: preset.weights.clone(),
        });
        embodiment.set_if_neq(preset.embodiment);
        let suspended = controls.suspended;
        controls.set_if_neq(WorldControls { suspended, ..preset.controls });
    }
}

fn report_failures(
    mut failures: MessageReader<AssetLoadFailedEvent<WorldPreset>>,
    mut failed: MessageWriter<PresetFailed>,
) {
    for failure in failures.read() {
        let error = match &failure.error {
            bevy::asset::AssetLoadError::AssetLoaderError(error) => error.error().to_string(),
            other => other.to_string(),
        };
        warn!("{error}");
        failed.write(PresetFailed { error });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_preset_has_the_defaults() {
        let text = "(seed: \"scene:city?seed=3\", controls: (speed_mps: 3.0))";
        let preset = WorldPreset::from_ron(text.as_bytes(), "x").expect("good");
        assert_eq!(preset.model, WorldView::AUTO);
        assert_eq!(preset.embodiment, Embodiment::Walker);
        assert_eq!(preset.controls.speed_mps, 3.0);
        assert_eq!(preset.controls.turn_rps, WorldControls::default().turn_rps);
        assert_eq!(preset.weights, None);
        let text = "(seed: \"a.png\", weights: Some(\"weights/candy\"))";
        let preset = WorldPreset::from_ron(text.as_bytes(), "x").expect("good");
        assert_eq!(preset.weights, Some(PathBuf::from("weights/candy")));
    }

    #[test]
    fn measurements_go_with_pictures() {
        let text = "(seed: \"a.png\", depth: Some(\"d.png\"), intrinsics: Some((9, 9, 4, 3)))";
        let preset = WorldPreset::from_ron(text.as_bytes(), "x").expect("good");
        let WorldSeed::Measured(seed) = preset.world_seed() else { panic!("a measured picture") };
        assert_eq!(seed.depth, Some(PathBuf::from("d.png")));
        assert_eq!(seed.intrinsics, Some((9.0, 9.0, 4.0, 3.0)));
        let text = "(seed: \"scene:city\", depth: Some(\"d.png\"))";
        let error = WorldPreset::from_ron(text.as_bytes(), "p.ron").expect_err("a scene");
        let expected = "p.ron: depth: goes with a picture; a scene or a sentence has its own";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn a_sentence_has_its_candidate() {
        let text = "(seed: \"prompt:a park in the rain\", candidate: Some(2))";
        let preset = WorldPreset::from_ron(text.as_bytes(), "x").expect("good");
        let wanted = WorldView::from_prompt("a park in the rain").with_candidate(2);
        assert_eq!(preset.world_seed(), wanted.seed);
        let text = "(seed: \"scene:city\", candidate: Some(2))";
        let error = WorldPreset::from_ron(text.as_bytes(), "p.ron").expect_err("a scene");
        assert_eq!(error.to_string(), "p.ron: candidate: goes with a sentence, a `prompt:` seed");
    }

    #[test]
    fn mistakes_have_line_and_column() {
        for (text, place, part) in [
            ("(\n    seed: \"a.jpg\",\n    sped: 1,\n)", "line 3", "sped"),
            ("(\n    model: \"spatial\",\n)", "line 3", "seed"),
            ("(\n  seed: \"scene:city?hour=99\")", "line 2", "hour"),
            ("(seed: \"a.jpg\", embodiment: Bird)", "line 1", "Bird"),
            ("(seed: \"a.jpg\"", "line 1", "comma"),
            ("(seed: \"a.jpg\", intrinsics: Some((1, 2)))", "line 1", "4"),
        ] {
            let error =
                WorldPreset::from_ron(text.as_bytes(), "p.ron").expect_err(text).to_string();
            assert!(error.starts_with("p.ron, ") && error.contains(place), "{text}: {error}");
            assert!(error.contains("column") && error.contains(part), "{text}: {error}");
        }
    }
}
