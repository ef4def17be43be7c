//! Sentences to worlds, as the program's arguments and reports name them.

use crate::error::CliError;
use reverie_imagination::{ImagineError, Imagined, imagine};
use reverie_inference::ModelStore;
use reverie_language::{EncoderChoice, EncoderKind, PromptError, PromptReader, Scenery};
use serde::Serialize;

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

impl From<Imagined> for Understood {
    fn from(imagined: Imagined) -> Self {
        let Imagined { encoder, scenery, candidate } = imagined;
        let scene = candidate.address();
        Self { encoder, understood: scenery, candidate: candidate.number, scene }
    }
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
) -> Result<Imagined, CliError> {
    let imagined = imagine(reader, sentence, 0, wanted)?;
    tell(&imagined.scenery);
    Ok(imagined)
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

impl From<ImagineError> for CliError {
    fn from(error: ImagineError) -> Self {
        match error {
            ImagineError::Prompt(error) => error.into(),
            ImagineError::Preview { .. } => Self::Failed(error.to_string()),
        }
    }
}
