//! Worlds from sentences: what a view names, and how a model's thread begins with it.

use crate::view::{WorldSeed, WorldView};
use reverie_imagination::{Imagined, imagine};
use reverie_inference::ModelStore;
use reverie_language::{EncoderChoice, EncoderKind, PromptReader};
use reverie_world_model::{Conditions, Season, SeedAddress, WorldEvent};
use serde::{Deserialize, Serialize};

/// A sentence to begin a world with, and which of the worlds that fit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PromptSeed {
    /// What is asked for, in English, for example `a snowy valley at dusk`.
    pub sentence: String,
    /// Which candidate; `None` takes the best view of the first ones. The same number is the same world;
    /// [`WorldView::rng_seed`] makes other ones.
    pub candidate: Option<u32>,
    /// Who reads the sentence: MiniLM, if it was fetched, or the small network that is always there. `None` takes the best
    /// there is. Logs of worlds name the one that read, so that a replay is the same world wherever it can be one.
    pub encoder: Option<EncoderKind>,
}

impl PromptSeed {
    /// A sentence, read by the best encoder there is, to the best of the first views.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), ..Self::default() }
    }
}

impl From<PromptSeed> for WorldSeed {
    fn from(seed: PromptSeed) -> Self {
        Self::Prompt(seed)
    }
}

impl WorldView {
    /// A world from a sentence, as in `a snowy valley at dusk`: read, answered by a first view, and walked into by the
    /// embedded model. [`with_candidate`](Self::with_candidate) takes another view, `with_model("simulator")` stays in the
    /// scene itself. A sentence that cannot be read fails when the world starts ([`ModelFailed`](crate::ModelFailed)).
    pub fn from_prompt(sentence: impl Into<String>) -> Self {
        Self::new(PromptSeed::new(sentence))
    }

    /// The same with that candidate of its sentence; nothing changes for other seeds.
    #[must_use]
    pub fn with_candidate(mut self, candidate: u32) -> Self {
        if let Some(prompt) = self.seed.prompt() {
            self.seed = PromptSeed { candidate: Some(candidate), ..prompt }.into();
        }
        self
    }
}

impl WorldSeed {
    /// The sentence, if it starts from one.
    pub fn prompt(&self) -> Option<PromptSeed> {
        match self {
            Self::Prompt(prompt) => Some(prompt.clone()),
            Self::Address(SeedAddress::Prompt(sentence)) => Some(PromptSeed::new(sentence)),
            _ => None,
        }
    }
}

/// What was made of a sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptReading {
    /// The sentence.
    pub sentence: String,
    /// Who read it.
    pub encoder: EncoderKind,
    /// The candidate that was taken.
    pub candidate: u32,
    /// The scene that the first view shows, as an address: place, weather, hour, season as they were understood.
    pub scene: String,
    /// What whoever wrote the sentence should know: what there is none of, what contradicts itself.
    pub notes: Vec<String>,
}

/// Reads a sentence and chooses its world. Takes a second or two.
pub(crate) fn read(prompt: &PromptSeed, rng_seed: u64) -> Result<Imagined, String> {
    let store = ModelStore::open().map_err(|error| error.to_string())?;
    let choice = prompt.encoder.map_or(EncoderChoice::Best, EncoderChoice::Only);
    let reader = PromptReader::load(&store, choice).map_err(|error| error.to_string())?;
    imagine(&reader, &prompt.sentence, rng_seed, prompt.candidate).map_err(|e| e.to_string())
}

/// Reads sentences that change a world; the encoder is loaded when the first one comes.
#[derive(Default)]
pub(crate) struct ChangeReader(Option<PromptReader>);

impl ChangeReader {
    /// The changes of weather, hour and season that a sentence asks for, at least one.
    pub fn read(
        &mut self,
        sentence: &str,
        now: Option<Conditions>,
    ) -> Result<Vec<WorldEvent>, String> {
        let reader = match &mut self.0 {
            Some(reader) => reader,
            none => {
                let store = ModelStore::open().map_err(|error| error.to_string())?;
                let reader = PromptReader::load(&store, EncoderChoice::Best);
                none.insert(reader.map_err(|error| error.to_string())?)
            }
        };
        let scenery = reader.read(sentence).map_err(|error| error.to_string())?;
        let season = now.map_or_else(Season::default, |now| now.season);
        scenery.changes(season).map_err(|error| error.to_string())
    }
}

/// The same prompt with everything decided that was open.
pub(crate) fn decided(prompt: PromptSeed, imagined: &Imagined) -> PromptSeed {
    PromptSeed {
        candidate: Some(imagined.candidate.number),
        encoder: Some(imagined.encoder),
        ..prompt
    }
}

/// What the game is told of it.
pub(crate) fn reading(sentence: String, imagined: Imagined) -> PromptReading {
    let Imagined { encoder, scenery, candidate } = imagined;
    let scene = candidate.address();
    PromptReading { sentence, encoder, candidate: candidate.number, scene, notes: scenery.notes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_of_sentences_are_written_and_read() {
        let view = WorldView::from_prompt("a snowy valley at dusk").with_candidate(3);
        assert_eq!((view.model_name(), view.seed.kind()), ("spatial", "prompt"));
        assert_eq!(view.seed.to_string(), "prompt:a snowy valley at dusk");
        let seeds = [None, Some(EncoderKind::Words), Some(EncoderKind::MiniLm)].map(|encoder| {
            WorldSeed::from(PromptSeed { encoder, ..view.seed.prompt().unwrap_or_default() })
        });
        for seed in seeds {
            let text = ron::to_string(&WorldView::new(seed.clone())).expect("writes");
            let read: WorldView = ron::from_str(&text).expect(&text);
            assert_eq!(read.seed, seed, "{text}");
        }
        let short = "(seed: Prompt((sentence: \"fog\", candidate: Some(2))))";
        let read: WorldView = ron::from_str(short).expect("good");
        assert_eq!(read, WorldView::from_prompt("fog").with_candidate(2));
        let picture = WorldView::new("photo.jpg");
        assert_eq!(picture.clone().with_candidate(1), picture);
        // An address is the same sentence, its candidate open.
        assert_eq!(WorldSeed::from("prompt:fog").prompt(), Some(PromptSeed::new("fog")));
    }
}
