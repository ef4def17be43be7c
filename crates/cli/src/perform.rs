//! What `speak` and `lips` have in common: texts, and speech that is performed.

use crate::{
    args::{AccentName, Performing},
    error::CliError,
};
use glam::Vec3;
use reverie_avatar::{AvatarPose, Life, Lod, Rig, RootPlace, Surroundings, Track, say_for};
use reverie_behavior::{
    Act, Activity, EntityId, Manner, Say, Speech, TimedGesture, Timeline, TimelineError, wire::Line,
};
use reverie_voice::text::{Accent, Cue, Style};
use std::io::Read as _;

/// A longer text is refused, bytes: about two hours of speech.
const MAX_TEXT_BYTES: u64 = 100_000;
/// Seconds that a performance goes on after the last word.
const AFTER_SECS: f32 = 0.8;

/// The text itself, or what stdin has; `name` is what it is called in errors.
///
/// # Errors
/// [`CliError::BadInput`] when it is too long or stdin cannot be read.
pub fn text(name: &str, argument: &str) -> Result<String, CliError> {
    let mut text = argument.to_owned();
    if argument == "-" {
        text.clear();
        std::io::stdin()
            .take(MAX_TEXT_BYTES + 1)
            .read_to_string(&mut text)
            .map_err(|e| CliError::BadInput(format!("stdin: {e}")))?;
    }
    if text.len() as u64 > MAX_TEXT_BYTES {
        return Err(CliError::BadInput(format!("{name}: more than {MAX_TEXT_BYTES} bytes")));
    }
    Ok(text)
}

/// How English is pronounced.
pub fn accent(name: AccentName) -> Accent {
    match name {
        AccentName::Us => Accent::American,
        AccentName::Gb => Accent::British,
    }
}

/// Whoever watches.
const VIEWER: EntityId = EntityId(1);

/// A viewer at a conversation's distance, on level ground.
struct Opposite;

impl Surroundings for Opposite {
    fn place(&self, entity: EntityId, _: f64) -> Option<Vec3> {
        (entity == VIEWER).then_some(Vec3::new(0.0, 1.58, 1.3))
    }
    fn ground(&self, _: f32, _: f32) -> Option<f32> {
        Some(0.0)
    }
}

/// Speech to perform, with what its text asks for; times are seconds from its beginning.
pub struct Performance<'a> {
    /// What is said.
    pub speech: &'a Speech,
    /// What is done meanwhile.
    pub cues: &'a [(f32, Cue)],
    /// How it is said.
    pub moods: &'a [(f32, Style)],
    /// How it shows where the arguments do not say.
    pub manner: Manner,
}

impl Performance<'_> {
    /// The performance of an adult of middle height, frame by frame, as JSON; cues whose targets are not
    /// known are added to `skipped_cues`.
    ///
    /// # Errors
    /// [`CliError::Failed`] for speech that no timeline takes.
    pub fn track(
        &self,
        how: &Performing,
        skipped_cues: &mut Vec<String>,
    ) -> Result<Vec<u8>, CliError> {
        let track =
            self.performed(how, skipped_cues).map_err(|e| CliError::Failed(e.to_string()))?;
        serde_json::to_vec(&track).map_err(|e| CliError::Failed(e.to_string()))
    }

    fn performed(
        &self,
        how: &Performing,
        skipped_cues: &mut Vec<String>,
    ) -> Result<Track, TimelineError> {
        let manner = Manner {
            articulation: how.articulation.unwrap_or(self.manner.articulation),
            liveliness: how.liveliness.unwrap_or(self.manner.liveliness),
        };
        let mut gestures = Vec::new();
        for (at, cue) in self.cues {
            match cue.act(|_| None) {
                Some(Act::Gesture(gesture)) => {
                    gestures.push(TimedGesture { start_secs: *at, gesture });
                }
                _ => skipped_cues.extend(cue.target().map(str::to_owned)),
            }
        }
        let say = Say { speech: self.speech.clone(), manner, gestures };
        let say = say_for(Line { say, seed: how.seed, points: Vec::new() });
        let fps = f32::from(how.fps);
        let mut track = Track::new(fps);
        track.phonemes.clone_from(&self.speech.phonemes);
        track.words.clone_from(&self.speech.words);
        track.gestures.clone_from(&say.gestures);
        let mut timeline = Timeline::new();
        timeline.say(0.0, say, Activity::Idle)?;
        for (at, style) in self.moods {
            timeline.insert(f64::from(*at), Act::Mood(style.mood()))?;
        }
        timeline.insert(0.0, Act::Converse(vec![VIEWER]))?;
        let mut life = Life::new(&Rig::adult(), how.seed, RootPlace::default(), 0.0);
        let mut pose = AvatarPose::REST;
        let frames = ((self.speech.duration_secs + AFTER_SECS) * fps).ceil() as u32;
        for frame in 0..frames {
            let time = f64::from(frame) / f64::from(fps);
            life.pose(&timeline, &Opposite, time, Lod::Full, &mut pose);
            track.push(&pose);
        }
        track.forget_still_bones();
        Ok(track)
    }
}
