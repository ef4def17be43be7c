//! Whose voice it is, and the model behind all of them.

use crate::avatar::{AvatarBody, AvatarSource, Library};
use bevy::{
    prelude::*,
    tasks::{AsyncComputeTaskPool, Task, block_on, futures::check_ready},
};
use reverie_behavior::Manner;
use reverie_inference::ModelStore;
use reverie_voice::{Voice, VoiceSpec, lips::LipReader, text::Accent};
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

/// Where an avatar's voice comes from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum VoiceSource {
    /// That of its preset, else one that suits its age, sex and height.
    #[default]
    Own,
    /// One of the shipped voices by name, such as `mara`: `voices/presets/mara.ron`.
    Preset(String),
    /// A file, see [`VoiceSpec`]. Looked for in the working directory and then in the asset folder.
    File(PathBuf),
    /// A voice in place.
    Spec(Box<VoiceSpec>),
}

/// How an avatar speaks.
#[derive(Component, Debug, Clone, PartialEq, Default, Reflect, Serialize, Deserialize)]
#[reflect(opaque)]
#[reflect(Component, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AvatarVoice {
    /// The voice. A change is heard from the next line on.
    pub source: VoiceSource,
    /// How its mouth, brows and hands take part, in place of what belongs to the voice.
    pub manner: Option<Manner>,
    /// Louder or softer, dB; -18 or so while somebody else has the word. Takes effect at once.
    pub gain_db: f32,
}

impl AvatarVoice {
    /// One of the shipped voices.
    pub fn preset(name: impl Into<String>) -> Self {
        Self { source: VoiceSource::Preset(name.into()), ..Self::default() }
    }

    /// A voice in place.
    pub fn spec(spec: VoiceSpec) -> Self {
        Self { source: VoiceSource::Spec(Box::new(spec)), ..Self::default() }
    }
}

/// The model of all voices, read once on another thread.
#[derive(Resource, Default)]
pub(super) struct Voices {
    loading: Option<Task<Result<Voice, String>>>,
    loaded: Option<Result<Voice, String>>,
    /// What reads lips of sounds.
    pub lips: Lips,
}

/// What reads lips, read from its file when it is first needed. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Lips(Arc<OnceLock<Result<LipReader, String>>>);

impl Lips {
    /// For one sound. Takes its time once, so not on the game's thread.
    pub fn reader(&self) -> Result<LipReader, String> {
        self.0
            .get_or_init(|| {
                let store = ModelStore::open().map_err(|e| e.to_string())?;
                LipReader::load(&store).map_err(|e| e.to_string())
            })
            .clone()
    }
}

impl Voices {
    /// The model, or why there is none; `None` while it is read.
    pub fn get(&mut self, wait: bool) -> Option<&Result<Voice, String>> {
        if self.loaded.is_none() {
            let task = self.loading.get_or_insert_with(|| {
                AsyncComputeTaskPool::get().spawn(async {
                    let store = ModelStore::open().map_err(|e| e.to_string())?;
                    Voice::load(&store, Accent::American).map_err(|e| e.to_string())
                })
            });
            self.loaded = if wait { Some(block_on(task)) } else { check_ready(task) };
        }
        self.loaded.as_ref()
    }
}

/// The voice of somebody.
pub(super) fn spec_of(
    voice: &AvatarVoice,
    avatar: &AvatarSource,
    body: &AvatarBody,
    library: &Library,
) -> Result<VoiceSpec, String> {
    let preset =
        |name: &str| library.find(&Path::new("voices/presets").join(format!("{name}.ron")));
    let read = |path: &Path| VoiceSpec::read(path).map_err(|error| error.to_string());
    match (&voice.source, avatar) {
        (VoiceSource::Own, AvatarSource::Preset(name)) if preset(name).is_file() => {
            read(&preset(name))
        }
        (VoiceSource::Own, _) => Ok(body.voice.clone()),
        (VoiceSource::Preset(name), _) => read(&preset(name)),
        (VoiceSource::File(path), _) => read(&library.find(path)),
        (VoiceSource::Spec(spec), _) => Ok((**spec).clone()),
    }
}
