//! What a game has avatars say, and what it hears of it.

use super::live::{LiveSound, LiveVoice};
use bevy::prelude::*;
use reverie_behavior::{MAX_SPEECH_SECS, PhraseEnd, Speech};
use std::{
    ops::{Range, RangeInclusive},
    path::{Path, PathBuf},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// Longest text of a line, bytes: some ten minutes.
const MAX_TEXT_BYTES: usize = 10_000;
/// Rates of sounds, Hz.
const RATES_HZ: RangeInclusive<u32> = 8_000..=192_000;

static NO_TEXT: LazyLock<Arc<str>> = LazyLock::new(|| "".into());

/// Tells one line from another in messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineId(u64);

/// Something to say.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    id: LineId,
    pub(super) content: Content,
}

/// Where in a line one begins.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Place {
    /// Of its text.
    pub byte: usize,
    /// Of its sound, if it is one, seconds.
    pub secs: f64,
}

/// What a line consists of.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    /// Read aloud in the avatar's voice.
    Text(Arc<str>),
    /// A recording or another program's voice.
    Sound(Box<SpokenSound>),
    /// A recording in a file, and its text.
    File(Arc<Path>, Arc<str>),
    /// Sound that comes while it is said.
    Live(LiveSound),
    /// Whoever speaks into the system's microphone.
    Microphone,
}

/// Speech that is there as sound: a recording, or what another text to speech has made.
#[derive(Debug, Clone, PartialEq)]
pub struct SpokenSound {
    /// One channel, -1 to 1.
    pub samples: Arc<[f32]>,
    /// Samples per second, 8,000 to 192,000.
    pub rate_hz: u32,
    /// Its sounds and words with their times, if they are known: face and hands move by them. Where they
    /// are not, they are found in the sound, words as far as there is a text.
    pub speech: Option<Speech>,
    /// What is said, if that is known: for subtitles and messages.
    pub text: Arc<str>,
}

impl SpokenSound {
    /// A sound of which nothing else is known.
    pub fn new(samples: impl Into<Arc<[f32]>>, rate_hz: u32) -> Self {
        Self { samples: samples.into(), rate_hz, speech: None, text: "".into() }
    }

    /// With what is said in it.
    #[must_use]
    pub fn with_text(mut self, text: impl Into<Arc<str>>) -> Self {
        self.text = text.into();
        self
    }
}

impl Line {
    fn new(content: Content) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self { id: LineId(NEXT.fetch_add(1, Ordering::Relaxed)), content }
    }

    /// A text, with tags if need be: `[happy]`, `[whisper]`, `[pause 1]`, `{nod}`, `{wave}`,
    /// `{point:tower}` (see [`reverie_voice::text::markup`]).
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::new(Content::Text(text.into()))
    }

    /// A recording.
    pub fn sound(sound: SpokenSound) -> Self {
        Self::new(Content::Sound(Box::new(sound)))
    }

    /// A WAV file of any rate, depth and number of channels, an hour at most. Looked for in the working
    /// directory and then in the asset folder. `text` is what is said in it; empty where that is not known:
    /// then the mouth moves, and there are no words.
    pub fn file(path: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> Self {
        Self::new(Content::File(path.into().into(), text.into()))
    }

    /// Sound that comes while it is said, from a player far away or a text to speech of others, at
    /// `rate_hz` (8,000 to 192,000). It is heard some 0.8 s after it was pushed, or as soon as so much is
    /// there, since lips are read from it; the line is over when the [`LiveVoice`] is dropped. It can
    /// be said once.
    ///
    /// ```no_run
    /// # use bevy::prelude::*;
    /// # use bevy_reverie::{prelude::*, speech::SayOrder};
    /// # fn f(mut commands: Commands, e: Entity, packet: &[f32]) {
    /// let (mut voice, line) = Line::live(24_000);
    /// commands.entity(e).trigger(Say::line(line, SayOrder::Interrupt));
    /// voice.push(packet);        // as often as there is sound
    /// # }
    /// ```
    pub fn live(rate_hz: u32) -> (LiveVoice, Self) {
        let (voice, sound) = LiveVoice::new(rate_hz);
        (voice, Self::new(Content::Live(sound)))
    }

    /// Whoever speaks into the system's microphone speaks through the avatar, some 0.8 s later, until
    /// [`Hush`]. Best with headphones: what the avatar says would come in again.
    pub fn microphone() -> Self {
        Self::new(Content::Microphone)
    }

    /// By this, messages name the line.
    pub fn id(&self) -> LineId {
        self.id
    }

    /// The text as it was given, with its tags.
    pub fn as_text(&self) -> &Arc<str> {
        match &self.content {
            Content::Text(text) => text,
            Content::Sound(sound) => &sound.text,
            Content::File(_, text) => text,
            Content::Live(_) | Content::Microphone => &NO_TEXT,
        }
    }

    /// Whether it is read aloud.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.content, Content::Text(_))
    }

    /// Whether it can be taken up again once it was broken off.
    pub(super) fn can_resume(&self) -> bool {
        !matches!(self.content, Content::Live(_))
    }

    /// Whether the avatar's own voice has to be loaded for it: to read a text, or to find one in a sound.
    pub(super) fn needs_voice(&self) -> bool {
        match &self.content {
            Content::Text(_) => true,
            Content::Sound(sound) => sound.speech.is_none() && !sound.text.trim().is_empty(),
            Content::File(_, text) => !text.trim().is_empty(),
            Content::Live(_) | Content::Microphone => false,
        }
    }

    /// What is wrong with it before anything is made of it.
    pub(super) fn problem(&self) -> Option<String> {
        let long_text = (self.as_text().len() > MAX_TEXT_BYTES).then(|| {
            format!("text: {} bytes, at most {MAX_TEXT_BYTES} are said", self.as_text().len())
        });
        let no_rate = |rate_hz: u32| {
            (!RATES_HZ.contains(&rate_hz))
                .then(|| format!("rate_hz: {rate_hz} is not within 8,000 to 192,000"))
        };
        match &self.content {
            Content::Text(_) | Content::File(..) | Content::Microphone => long_text,
            Content::Live(sound) => no_rate(sound.rate_hz),
            Content::Sound(sound) => {
                let SpokenSound { samples, rate_hz, .. } = &**sound;
                let secs = samples.len() as f32 / (*rate_hz).max(1) as f32;
                let long = (secs > MAX_SPEECH_SECS)
                    .then(|| format!("samples: {secs:.0} s, at most {MAX_SPEECH_SECS}"));
                let no_number = || {
                    let all = samples.iter().all(|sample| sample.is_finite());
                    (!all).then(|| "samples: there is one that is no number".to_owned())
                };
                long_text.or(no_rate(*rate_hz)).or(long).or_else(no_number)
            }
        }
    }
}

/// When a line is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SayOrder {
    /// After everything that is to be said already.
    #[default]
    Queue,
    /// At once: what is being said is broken off, what waits is forgotten.
    Interrupt,
}

/// Trigger this to let an avatar say something.
///
/// ```no_run
/// # use bevy::prelude::*;
/// # use bevy_reverie::prelude::*;
/// # fn f(mut commands: Commands, e: Entity) {
/// commands.entity(e).trigger(Say::new("Hello, traveller. See that peak?"));
/// commands.entity(e).trigger(Say::now("[shout] Watch out!"));
/// # }
/// ```
///
/// An avatar whose body is still loading says it when it is there.
#[derive(EntityEvent, Debug, Clone, PartialEq)]
pub struct Say {
    /// The [`Avatar`](crate::avatar::Avatar).
    pub entity: Entity,
    /// What.
    pub line: Line,
    /// When.
    pub order: SayOrder,
}

impl Say {
    /// A text, after all that is to be said already: for
    /// [`EntityCommands::trigger`](bevy::ecs::system::EntityCommands::trigger).
    #[allow(clippy::new_ret_no_self, reason = "what EntityCommands::trigger takes")]
    pub fn new(text: impl Into<Arc<str>>) -> impl FnOnce(Entity) -> Self {
        Self::line(Line::text(text), SayOrder::Queue)
    }

    /// A text, in place of all that is being said and waits.
    pub fn now(text: impl Into<Arc<str>>) -> impl FnOnce(Entity) -> Self {
        Self::line(Line::text(text), SayOrder::Interrupt)
    }

    /// A line.
    pub fn line(line: Line, order: SayOrder) -> impl FnOnce(Entity) -> Self {
        move |entity| Self { entity, line, order }
    }
}

/// Trigger this to silence an avatar: its voice fades within 20 ms, mouth and hands come to rest.
///
/// ```no_run
/// # use bevy::prelude::*;
/// # use bevy_reverie::prelude::*;
/// # fn f(mut commands: Commands, e: Entity) {
/// commands.entity(e).trigger(Hush::hold);     // somebody speaks up
/// commands.entity(e).trigger(Resume::from);   // it was nothing: goes on with the phrase
/// # }
/// ```
#[derive(EntityEvent, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hush {
    /// The [`Avatar`](crate::avatar::Avatar).
    pub entity: Entity,
    /// Keeps what was not said for [`Resume`].
    pub hold: bool,
}

impl Hush {
    /// Forgets what was not said.
    pub fn forget(entity: Entity) -> Self {
        Self { entity, hold: false }
    }

    /// Keeps what was not said, from the phrase on that was broken off; a live voice is not kept.
    pub fn hold(entity: Entity) -> Self {
        Self { entity, hold: true }
    }
}

/// Trigger this to let an avatar go on with what [`Hush::hold`] kept.
#[derive(EntityEvent, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resume {
    /// The [`Avatar`](crate::avatar::Avatar).
    pub entity: Entity,
}

impl From<Entity> for Resume {
    fn from(entity: Entity) -> Self {
        Self { entity }
    }
}

/// An avatar has begun a line.
#[derive(Message, Debug, Clone, PartialEq)]
pub struct SpeechStarted {
    /// The [`Avatar`](crate::avatar::Avatar).
    pub entity: Entity,
    /// Which line.
    pub line: LineId,
    /// The text as it was given.
    pub text: Arc<str>,
}

/// A word begins.
#[derive(Message, Debug, Clone, PartialEq)]
pub struct WordSpoken {
    /// The [`Avatar`](crate::avatar::Avatar).
    pub entity: Entity,
    /// Which line.
    pub line: LineId,
    /// The word without the punctuation around it.
    pub word: String,
    /// Where it is in the line's text, bytes; empty for recordings whose text is not known.
    pub bytes: Range<usize>,
    /// Seconds that it lasts.
    pub duration_secs: f32,
}

/// A phrase, what is said in one breath, is over.
#[derive(Message, Debug, Clone, PartialEq)]
pub struct PhraseEnded {
    /// The [`Avatar`](crate::avatar::Avatar).
    pub entity: Entity,
    /// Which line.
    pub line: LineId,
    /// How it ended.
    pub ending: PhraseEnd,
}

/// A line is over.
#[derive(Message, Debug, Clone, PartialEq)]
pub struct SpeechEnded {
    /// The [`Avatar`](crate::avatar::Avatar).
    pub entity: Entity,
    /// Which line.
    pub line: LineId,
    /// Why.
    pub cause: SpeechEnd,
}

/// Why a line is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpeechEnd {
    /// All of it was said.
    Finished,
    /// It was broken off; so many bytes of its text had been said.
    Interrupted {
        /// Up to the end of the last word that had begun.
        said_bytes: usize,
    },
    /// It could not be said.
    Failed(String),
}
