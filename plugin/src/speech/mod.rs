//! Speech: avatars say things, with a voice in space and a body that means it.
//!
//! ```no_run
//! use bevy::prelude::*;
//! use bevy_reverie::prelude::*;
//!
//! fn greet(mut commands: Commands, avatars: Query<Entity, Added<AvatarLife>>) {
//!     for avatar in &avatars {
//!         commands.entity(avatar).trigger(Say::new("Hello, traveller. See that peak?"));
//!     }
//! }
//!
//! fn listen(mut words: MessageReader<WordSpoken>) {
//!     for word in words.read() {
//!         println!("{} for {} s", word.word, word.duration_secs);
//!     }
//! }
//! ```
//!
//! [`Say`] queues or interrupts, [`Hush`] silences, [`Resume`] goes on. [`AvatarVoice`] is whose voice it
//! is; [`Landmark`]s are what it points at when it names them. [`SpeechStarted`], [`WordSpoken`],
//! [`PhraseEnded`] and [`SpeechEnded`] tell how far it is.
//!
//! Sound is made on a thread for each line, a little ahead of what is heard, and mixed by kira at the
//! avatar's mouth. Face and hands follow the sound: the avatar's time is slewed so that what is seen is
//! what is heard, also when frames are late or a device stalls. Without a device speech goes on in
//! silence.

mod clock;
mod device;
mod heard;
mod landmarks;
mod line;
mod listening;
mod live;
mod making;
mod output;
mod perform;
mod sound;
mod space;
mod speaking;
mod subtitles;
mod voices;

pub use landmarks::Landmark;
pub use line::{
    Hush, Line, LineId, PhraseEnded, Resume, Say, SayOrder, SpeechEnd, SpeechEnded, SpeechStarted,
    SpokenSound, WordSpoken,
};
pub use live::LiveVoice;
pub use output::{SpeechSink, SpeechTap};
pub use perform::SpeechState;
pub use reverie_voice::VoiceSpec;
pub use space::{SpeechListener, SpeechSound};
pub use subtitles::{Subtitles, SubtitlesPlugin};
pub use voices::{AvatarVoice, VoiceSource};

use crate::avatar::{Avatar, AvatarSystems};
use bevy::prelude::*;

/// Where a frame's work on speech happens, in this order, in [`PostUpdate`].
#[derive(SystemSet, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpeechSystems {
    /// Lines begin, go on and end; between [`AvatarSystems::Plan`] and [`AvatarSystems::Realise`].
    Speak,
    /// Voices are placed where mouths are; after [`AvatarSystems::Realise`].
    Hear,
}

/// Speech of [`Avatar`]s. Needs [`AvatarPlugin`](crate::AvatarPlugin).
#[derive(Debug, Clone, Default)]
pub struct SpeechPlugin {
    /// Where voices are heard.
    pub sink: SpeechSink,
}

impl Plugin for SpeechPlugin {
    fn build(&self, app: &mut App) {
        app.insert_resource(output::SpeechOutput::new(self.sink.clone()))
            .init_resource::<voices::Voices>()
            .init_resource::<space::Room>()
            .init_resource::<SpeechSound>()
            .register_type::<SpeechSound>()
            .register_type::<SpeechListener>()
            .register_type::<AvatarVoice>()
            .register_type::<Landmark>()
            .register_required_components::<Avatar, AvatarVoice>()
            .register_required_components::<Avatar, SpeechState>()
            .add_message::<SpeechStarted>()
            .add_message::<WordSpoken>()
            .add_message::<PhraseEnded>()
            .add_message::<SpeechEnded>()
            .add_observer(perform::say)
            .add_observer(perform::hush)
            .add_observer(perform::resume)
            .add_observer(perform::fall_silent)
            .configure_sets(
                PostUpdate,
                (
                    SpeechSystems::Speak.after(AvatarSystems::Plan).before(AvatarSystems::Realise),
                    SpeechSystems::Hear.after(AvatarSystems::Realise),
                ),
            )
            .add_systems(
                PostUpdate,
                (
                    perform::speak.in_set(SpeechSystems::Speak),
                    space::hear.in_set(SpeechSystems::Hear),
                ),
            );
    }
}
