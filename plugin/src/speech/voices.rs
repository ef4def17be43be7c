//! Whose voice it is, and the model behind all of them.

use super::{
    line::{Content, Line, SpokenSound},
    sound::{Slot, slot},
};
use crate::avatar::{AvatarBody, AvatarSource, Library};
use bevy::{
    prelude::*,
    tasks::{AsyncComputeTaskPool, Task, block_on, futures::check_ready},
};
use crossbeam_channel::{Receiver, Sender, unbounded};
use reverie_behavior::Manner;
use reverie_inference::ModelStore;
use reverie_voice::{
    Chunk, SAMPLE_RATE_HZ, Script, Speaker, SpokenSentence, Voice, VoiceSpec,
    text::{Accent, MarkKind, markup},
};
use rtrb::{Consumer, Producer, RingBuffer};
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    ops::Range,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

/// Sound that is made ahead of what is heard, seconds.
const AHEAD_SECS: usize = 10;
/// Whoever makes sound ahead looks this often for room, ms.
const ROOM_MS: u64 = 20;

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
    /// How its mouth, brows and hands take part.
    pub manner: Manner,
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

/// What comes of a line while its sound is made.
pub(super) enum Made {
    /// A sentence, before its sound.
    Sentence(Box<SpokenSentence>),
    /// All of its sound is there; so many seconds.
    End(f64),
}

/// A line whose sound is being made.
pub(super) struct Making {
    pub made: Receiver<Made>,
    /// The line's text without its tags.
    pub script: Arc<Script>,
    pub rate_hz: u32,
    /// The samples, while no mixer has them.
    pub slot: Slot,
    cancel: Arc<AtomicBool>,
}

impl Making {
    /// Begins a line, from a byte of its text on. Waits until all is made if that is wanted, else until
    /// nothing.
    pub fn start(
        line: &Line,
        from: usize,
        speaker: Option<Speaker>,
        wait: bool,
    ) -> Result<Self, String> {
        let cancel = Arc::new(AtomicBool::new(false));
        let (outbox, made) = unbounded();
        match (&line.content, speaker) {
            (Content::Text(text), Some(speaker)) => {
                let script = Arc::new(Script::new(&rest_of(text, from)));
                let rate_hz = SAMPLE_RATE_HZ;
                if wait {
                    let mut all = Vec::new();
                    for chunk in speaker.say(&script) {
                        all.extend_from_slice(&tell(chunk, &outbox));
                    }
                    let _ended = outbox.send(Made::End(secs(all.len())));
                    let slot = slot(filled(&all));
                    return Ok(Self { made, script, rate_hz, slot, cancel });
                }
                let (producer, consumer) = RingBuffer::new(AHEAD_SECS * rate_hz as usize);
                let (said, cancelled) = (script.clone(), cancel.clone());
                let work = move || speak(&speaker, &said, producer, &outbox, &cancelled);
                thread::Builder::new()
                    .name("reverie-voice".into())
                    .spawn(work)
                    .map_err(|error| format!("no thread to speak on: {error}"))?;
                Ok(Self { made, script, rate_hz, slot: slot(consumer), cancel })
            }
            (Content::Sound(sound), _) => {
                let SpokenSound { samples, rate_hz, speech, text } = &**sound;
                let sentence = SpokenSentence {
                    bytes: 0..text.len(),
                    start_secs: 0.0,
                    speech: speech.clone(),
                    cues: Vec::new(),
                    notes: Vec::new(),
                    style: None,
                };
                let sound_secs = samples.len() as f64 / f64::from(*rate_hz);
                let _sent = outbox.send(Made::Sentence(Box::new(sentence)));
                let _ended = outbox.send(Made::End(sound_secs));
                let script = Arc::new(Script::new(text));
                let slot = slot(filled(samples));
                Ok(Self { made, script, rate_hz: *rate_hz, slot, cancel })
            }
            (Content::Text(_), None) => Err("there is no voice".to_owned()),
        }
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        self.cancel.store(true, Ordering::Relaxed);
    }
}

/// A text whose first bytes were said already: spaces stand in their place, so that places stay what
/// they are, but for the tag that says how the rest is said.
fn rest_of(text: &str, from: usize) -> Cow<'_, str> {
    let Some(rest) = text.get(from..).filter(|_| from > 0) else { return text.into() };
    let marks = markup(text).marks;
    let styles = marks.iter().filter(|mark| matches!(mark.kind, MarkKind::Style(_)));
    let style = styles.take_while(|mark| mark.bytes.end <= from).last();
    let Range { start, end } = style.map_or(0..0, |mark| mark.bytes.clone());
    format!("{:start$}{}{:after$}{rest}", "", &text[start..end], "", after = from - end).into()
}

fn secs(samples: usize) -> f64 {
    samples as f64 / f64::from(SAMPLE_RATE_HZ)
}

fn filled(samples: &[f32]) -> Consumer<f32> {
    let (mut producer, consumer) = RingBuffer::new(samples.len().max(1));
    if let Ok(chunk) = producer.write_chunk_uninit(samples.len()) {
        chunk.fill_from_iter(samples.iter().copied());
    }
    consumer
}

/// Sends a sentence on; gives the samples back.
fn tell(chunk: Chunk, outbox: &Sender<Made>) -> Vec<f32> {
    if let Some(sentence) = chunk.sentence {
        // Whoever does not listen any more has cancelled.
        let _sent = outbox.send(Made::Sentence(sentence));
    }
    chunk.samples
}

/// Makes a line's sound until it is cancelled, never more than the ring holds ahead.
fn speak(
    speaker: &Speaker,
    script: &Script,
    mut ring: Producer<f32>,
    outbox: &Sender<Made>,
    cancel: &AtomicBool,
) {
    let mut count = 0;
    for chunk in speaker.say(script) {
        let samples = tell(chunk, outbox);
        let mut rest = samples.as_slice();
        while !rest.is_empty() {
            if cancel.load(Ordering::Relaxed) || ring.is_abandoned() {
                return;
            }
            let room = ring.slots().min(rest.len());
            let (now, later) = rest.split_at(room);
            if let Ok(chunk) = ring.write_chunk_uninit(room) {
                chunk.fill_from_iter(now.iter().copied());
            }
            count += room;
            rest = later;
            if !rest.is_empty() {
                thread::sleep(Duration::from_millis(ROOM_MS));
            }
        }
        if cancel.load(Ordering::Relaxed) {
            return;
        }
    }
    let _ended = outbox.send(Made::End(secs(count)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_a_text_keeps_its_places_and_its_way() {
        let text = "[sad] One. [whisper] Two, three. [happy] Four.";
        let from = text.find("three").expect("it is there");
        let rest = rest_of(text, from);
        assert_eq!(rest.len(), text.len());
        assert_eq!(&rest[from..], &text[from..]);
        assert_eq!(rest[..from].trim(), "[whisper]");
        assert_eq!(rest_of(text, 0), text);
        assert_eq!(rest_of(text, 999), text);
    }
}
