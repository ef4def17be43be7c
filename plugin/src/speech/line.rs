//! What a game has avatars say, and what it hears of it.

use bevy::prelude::*;
use reverie_behavior::{PhraseEnd, Speech};
use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Tells one line from another in messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineId(u64);

/// Something to say.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    id: LineId,
    pub(super) content: Content,
}

/// What a line consists of.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    /// Read aloud in the avatar's voice.
    Text(Arc<str>),
    /// A recording or another program's voice.
    Sound(Box<SpokenSound>),
}

/// Speech that is there as sound: a recording, or what another text to speech has made.
#[derive(Debug, Clone, PartialEq)]
pub struct SpokenSound {
    /// One channel, -1 to 1.
    pub samples: Arc<[f32]>,
    /// Samples per second, 8,000 to 192,000.
    pub rate_hz: u32,
    /// Its sounds and words with their times: face and hands move by them.
    pub speech: Speech,
    /// For subtitles and messages.
    pub text: Arc<str>,
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

    /// By this, messages name the line.
    pub fn id(&self) -> LineId {
        self.id
    }

    /// The text as it was given, with its tags.
    pub fn as_text(&self) -> &Arc<str> {
        match &self.content {
            Content::Text(text) => text,
            Content::Sound(sound) => &sound.text,
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

    /// Keeps what was not said, from the phrase on that was broken off.
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
