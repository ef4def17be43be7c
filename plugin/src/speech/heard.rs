//! A phrase of a sound while it is learnt bit by bit what is said in it.

use super::speaking::Context;
use reverie_avatar::gestures_for;
use reverie_behavior::{Act, Gesture, Manner, PhraseEnd, Say, Speech, TimedGesture, TimelineError};

/// A mouth gets ready for the first sound this long before it, seconds: shorter than
/// [`super::listening::LEAD_SECS`].
const READY_SECS: f64 = 0.36;
/// Sounds with more than this between them belong to different phrases, seconds.
const PAUSE_SECS: f64 = 0.45;
/// Nobody speaks longer in one breath, seconds.
const LONGEST_SECS: f64 = 20.0;
/// A hand needs so long to be ready for a stroke, seconds.
const LEAST_READY_SECS: f32 = 0.15;

/// What was heard of a phrase so far.
pub(super) struct HeardPhrase {
    /// When it begins to be said, in the time of the avatar's life.
    at_secs: f64,
    seed: u64,
    manner: Manner,
    speech: Speech,
    /// When the last of its gestures begins, seconds from its start.
    last_secs: f32,
}

impl HeardPhrase {
    /// A phrase whose first sound comes at a time of the avatar's life.
    pub fn begin(
        begins: f64,
        manner: Manner,
        context: &mut Context,
    ) -> Result<Self, TimelineError> {
        let at_secs = (begins - READY_SECS).max(context.life.secs());
        let say = Say { manner, ..Say::default() };
        context.life.schedule(at_secs, Act::Say(Box::new(say)))?;
        let seed = context.seed ^ (begins * 1e3) as u64;
        Ok(Self { at_secs, seed, manner, speech: Speech::default(), last_secs: 0.0 })
    }

    /// Adds what begins at a time of the avatar's life.
    pub fn go_on(
        &mut self,
        begins: f64,
        more: Speech,
        context: &mut Context,
    ) -> Result<(), TimelineError> {
        let later_secs = (begins - self.at_secs) as f32;
        if later_secs < 0.0 {
            // Too late to be performed: this machine is far too busy.
            return Ok(());
        }
        self.speech.append(more.clone(), later_secs);
        let now_secs = (context.life.secs() - self.at_secs) as f32;
        let gestures = self.gestures(now_secs);
        context.life.say_more(self.at_secs, later_secs, more, gestures)
    }

    /// When the first sound begins, in the time of the avatar's life.
    pub fn begins_secs(&self) -> f64 {
        let first = self.speech.phonemes.first().map_or(0.0, |sound| sound.start_secs);
        self.at_secs + f64::from(first)
    }

    /// When the last sound ends that is known.
    pub fn end_secs(&self) -> f64 {
        let last = self.speech.phonemes.last().map_or(0.0, |sound| sound.end_secs);
        self.at_secs + f64::from(last)
    }

    pub fn ending(&self) -> PhraseEnd {
        self.speech.phrases.last().map_or(PhraseEnd::Statement, |phrase| phrase.ending)
    }

    /// Whether what begins then belongs to another phrase.
    pub fn is_over_at(&self, secs: f64) -> bool {
        secs > self.end_secs() + PAUSE_SECS || secs > self.at_secs + LONGEST_SECS
    }

    /// The gestures that what was added asks for, and for which there is still time.
    fn gestures(&mut self, now_secs: f32) -> Vec<TimedGesture> {
        let mut new = gestures_for(&self.speech, &self.manner, self.seed, &[]);
        new.retain(|gesture| gesture.start_secs > self.last_secs);
        for TimedGesture { start_secs, gesture } in &mut new {
            // Less time to get ready, where the hand should have left already.
            let late_secs = (now_secs - *start_secs).max(0.0);
            *start_secs += late_secs;
            if let Gesture::Stroke(stroke) = gesture {
                stroke.prepare_secs -= late_secs;
            }
        }
        new.retain(|TimedGesture { start_secs, gesture }| match gesture {
            _ if *start_secs > self.speech.duration_secs => false,
            Gesture::Stroke(stroke) => stroke.prepare_secs >= LEAST_READY_SECS,
            _ => true,
        });
        self.last_secs = new.last().map_or(self.last_secs, |gesture| gesture.start_secs);
        new
    }
}
