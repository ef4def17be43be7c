//! The list of events, checked and bounded.

use crate::{
    Act, Activity, Affect, Event, Feeling, Gesture, HandShape, MAX_COMPANY, Manner, PhraseEnd, Say,
    Speech, Target, TimedGesture,
};
use glam::Vec3;
use serde::{Deserialize, Serialize};

/// Phrases with no more than this between them belong together, if the first one goes on, seconds.
const SAME_PHRASE_SECS: f32 = 0.25;

/// What is wrong with an event or a file of events.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TimelineError {
    /// A number out of its range.
    #[error("event {index}: {field}: {problem}")]
    Value {
        /// Counted from 0.
        index: u64,
        /// The field, in the spelling of the file.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// An event before the one in front of it.
    #[error("event {index}: at_secs: {at_secs} is before {last_secs}")]
    Order {
        /// Counted from 0.
        index: u64,
        /// Its time.
        at_secs: f64,
        /// The time that it may not be before.
        last_secs: f64,
    },
    /// Too many events or bytes.
    #[error("more than {0}")]
    TooLong(&'static str),
    /// Not a timeline, or of another version.
    #[error("{0}")]
    File(String),
}

/// What an avatar does, in order of time. Grows ahead of whoever performs it only, who may so keep their
/// place; what is over can be forgotten from the front. With `serde` it is what a file says, in RON or
/// JSON.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "File", into = "File")]
pub struct Timeline {
    events: Vec<Event>,
    forgotten: u64,
    last_secs: f64,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename = "Timeline", deny_unknown_fields)]
struct File {
    version: u32,
    events: Vec<Event>,
}

impl From<Timeline> for File {
    fn from(timeline: Timeline) -> Self {
        Self { version: Timeline::VERSION, events: timeline.events }
    }
}

impl TryFrom<File> for Timeline {
    type Error = TimelineError;

    fn try_from(file: File) -> Result<Self, TimelineError> {
        if file.version != Self::VERSION {
            let problem = format!("version: {} is not {}", file.version, Self::VERSION);
            return Err(TimelineError::File(problem));
        }
        let mut timeline = Self::new();
        for event in file.events {
            timeline.push(event.at_secs, event.act)?;
        }
        Ok(timeline)
    }
}

impl Timeline {
    /// The version of files that this crate writes and reads.
    pub const VERSION: u32 = 1;
    /// Most events kept at a time.
    pub const MAX_EVENTS: usize = 100_000;
    /// Latest time of an event: about 115 days.
    pub const MAX_SECS: f64 = 1e7;
    /// Longest file read, in bytes.
    pub const MAX_FILE_BYTES: usize = 32 << 20;

    /// Nothing to do.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends an act. It may not be earlier than the last one.
    pub fn push(&mut self, at_secs: f64, act: Act) -> Result<(), TimelineError> {
        let index = self.end();
        let value = |field, problem: String| Err(TimelineError::Value { index, field, problem });
        if !(0.0..=Self::MAX_SECS).contains(&at_secs) {
            return value("at_secs", format!("{at_secs} is not within 0 to {}", Self::MAX_SECS));
        }
        if at_secs < self.last_secs {
            return Err(TimelineError::Order { index, at_secs, last_secs: self.last_secs });
        }
        if let Err((field, problem)) = check(&act) {
            return value(field, problem);
        }
        if self.events.len() >= Self::MAX_EVENTS {
            return Err(TimelineError::TooLong("100,000 events: forget what is over"));
        }
        self.last_secs = at_secs;
        self.events.push(Event { at_secs, act });
        Ok(())
    }

    /// Puts an act among those of later times; after those of the same time. Nobody may have performed a
    /// later one yet.
    pub fn insert(&mut self, at_secs: f64, act: Act) -> Result<(), TimelineError> {
        let later = self.events.partition_point(|event| event.at_secs <= at_secs);
        let tail = self.events.len() - later;
        let last_secs = self.last_secs;
        if tail > 0 {
            self.last_secs = at_secs;
        }
        let pushed = self.push(at_secs, act);
        if tail > 0 {
            self.last_secs = last_secs;
        }
        pushed?;
        // The new last one goes in front of the tail.
        self.events[later..].rotate_right(1);
        Ok(())
    }

    /// Says something from a time on, busy with talking meanwhile and with `then` afterwards.
    pub fn say(&mut self, at_secs: f64, say: Say, then: Activity) -> Result<(), TimelineError> {
        let over_secs = at_secs + f64::from(say.speech.duration_secs);
        self.insert(at_secs, Act::Say(Box::new(say)))?;
        self.insert(at_secs, Act::Activity(Activity::Talking))?;
        self.insert(over_secs, Act::Activity(then))
    }

    /// Goes on with what an [`Act::Say`] of exactly this time says, for whoever learns bit by bit what is
    /// said: sounds, accents and phrases of `more` come after those that are there, its times counted from
    /// `later_secs` of that speech, and so do gestures, their times counted from the speech's own start.
    /// A last phrase that goes on ([`PhraseEnd::Continuation`]) and touches the first new one becomes one
    /// with it. Whoever performs it already looks some 0.4 s ahead: what is nearer would show as a jump.
    /// Where nothing is said from that time on, nothing happens.
    ///
    /// # Errors
    /// As [`Self::push`]; nothing has changed then.
    pub fn say_more(
        &mut self,
        at_secs: f64,
        later_secs: f32,
        more: Speech,
        gestures: impl IntoIterator<Item = TimedGesture>,
    ) -> Result<(), TimelineError> {
        let said = |event: &Event| event.at_secs == at_secs && matches!(event.act, Act::Say(_));
        let Some(at) = self.events.iter().rposition(said) else { return Ok(()) };
        let Act::Say(say) = &self.events[at].act else { return Ok(()) };
        let mut say = say.clone();
        let before = say.speech.phrases.len();
        say.speech.append(more, later_secs);
        let phrases = &mut say.speech.phrases;
        if let (Some(last), Some(next)) =
            (before.checked_sub(1).and_then(|at| phrases.get(at).copied()), phrases.get_mut(before))
            && last.ending == PhraseEnd::Continuation
            && next.start_secs - last.end_secs < SAME_PHRASE_SECS
        {
            next.start_secs = last.start_secs;
            phrases.remove(before - 1);
        }
        say.gestures.extend(gestures);
        let act = Act::Say(say);
        if let Err((field, problem)) = check(&act) {
            let index = self.forgotten + at as u64;
            return Err(TimelineError::Value { index, field, problem });
        }
        self.events[at].act = act;
        Ok(())
    }

    /// Takes back what is to happen after a time and is not wanted any more. Nobody may have performed
    /// it yet.
    pub fn withdraw(&mut self, after_secs: f64, unwanted: impl Fn(&Event) -> bool) {
        let later = self.events.partition_point(|event| event.at_secs <= after_secs);
        let mut at = 0;
        self.events.retain(|event| {
            at += 1;
            at <= later || !unwanted(event)
        });
        self.last_secs = self.events.last().map_or(after_secs, |event| event.at_secs);
    }

    /// Puts the events of another timeline among those of later times, its start at `at_secs`. All of them or,
    /// where one of them is refused, none.
    pub fn merge(&mut self, other: &Self, at_secs: f64) -> Result<(), TimelineError> {
        let mut merged = self.clone();
        for event in &other.events {
            merged.insert(at_secs + event.at_secs, event.act.clone())?;
        }
        *self = merged;
        Ok(())
    }

    /// The number of the first event after a time; [`end`](Self::end) if there is none.
    pub fn after(&self, secs: f64) -> u64 {
        self.forgotten + self.events.partition_point(|event| event.at_secs <= secs) as u64
    }

    /// The event of that number, counted from the first one ever; `None` for forgotten and future
    /// ones.
    pub fn get(&self, index: u64) -> Option<&Event> {
        let at = index.checked_sub(self.forgotten)?;
        self.events.get(usize::try_from(at).ok()?)
    }

    /// The number of the first event that is not forgotten.
    pub fn start(&self) -> u64 {
        self.forgotten
    }

    /// The number that the next event will have.
    pub fn end(&self) -> u64 {
        self.forgotten + self.events.len() as u64
    }

    /// The events that are not forgotten.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Forgets the events before a time (all performers must be past it), up to the first one that is
    /// still being said.
    pub fn forget_before(&mut self, secs: f64) {
        let over = self.events.iter().take_while(|event| over_secs(event) < secs).count();
        self.events.drain(..over);
        self.forgotten += over as u64;
    }

    /// Reads a file of RON.
    pub fn from_ron(text: &str) -> Result<Self, TimelineError> {
        if text.len() > Self::MAX_FILE_BYTES {
            return Err(TimelineError::TooLong("32 MiB of text"));
        }
        let file: File = ron::from_str(text).map_err(|e| TimelineError::File(e.to_string()))?;
        file.try_into()
    }

    /// Writes a file of RON: the events that are not forgotten.
    pub fn to_ron(&self) -> Result<String, TimelineError> {
        let file = File::from(self.clone());
        ron::ser::to_string_pretty(&file, ron::ser::PrettyConfig::default())
            .map_err(|e| TimelineError::File(e.to_string()))
    }
}

/// When an event needs to be known no longer.
fn over_secs(event: &Event) -> f64 {
    /// What is said shows in the face for so long afterwards.
    const AFTER_SECS: f64 = 2.0;
    match &event.act {
        Act::Say(say) => event.at_secs + f64::from(say.speech.duration_secs) + AFTER_SECS,
        _ => event.at_secs,
    }
}

type Problem = (&'static str, String);

pub(crate) fn check(act: &Act) -> Result<(), Problem> {
    match act {
        Act::Activity(_) | Act::Speaker(_) | Act::Stop | Act::Hush => Ok(()),
        Act::Say(say) => {
            say.speech.check()?;
            let Manner { articulation, liveliness } = say.manner;
            within("articulation", articulation, 0.0, Manner::MAX_ARTICULATION)?;
            within("liveliness", liveliness, 0.0, Manner::MAX_LIVELINESS)?;
            let mut last_secs = 0.0;
            for TimedGesture { start_secs, gesture } in &say.gestures {
                within("gestures", *start_secs, last_secs, say.speech.duration_secs)?;
                last_secs = *start_secs;
                check_gesture(gesture)?;
            }
            Ok(())
        }
        Act::Converse(company) if company.len() > MAX_COMPANY => {
            Err(("Converse", format!("{} are more than {MAX_COMPANY}", company.len())))
        }
        Act::Converse(_) => Ok(()),
        Act::Mood(mood) => {
            within("intensity", mood.intensity, 0.0, 1.0)?;
            within("onset_secs", mood.onset_secs, 0.0, 600.0)?;
            within("decay_secs", mood.decay_secs, 0.0, 600.0)?;
            within("hold_secs", mood.hold_secs.unwrap_or(0.0), 0.0, 1e6)?;
            for feeling in [Some(mood.feeling), mood.mask].into_iter().flatten() {
                if let Feeling::Affect(Affect { valence, arousal }) = feeling {
                    within("valence", valence, -1.0, 1.0)?;
                    within("arousal", arousal, -1.0, 1.0)?;
                }
            }
            Ok(())
        }
        Act::Look(look) => {
            within("hold_secs", look.hold_secs.unwrap_or(0.0), 0.0, 1e6)?;
            target(&look.target)
        }
        Act::Release(at) | Act::Turn(at) => target(at),
        Act::Gesture(gesture) => check_gesture(gesture),
        Act::Walk(walk) => {
            within("speed_mps", walk.speed_mps, 0.2, 2.0)?;
            place("to", walk.to)
        }
    }
}

fn check_gesture(gesture: &Gesture) -> Result<(), Problem> {
    match gesture {
        Gesture::Nod(times) | Gesture::Shake(times) => within("times", f32::from(*times), 1.0, 5.0),
        Gesture::Stroke(stroke) => {
            within("prepare_secs", stroke.prepare_secs, 0.1, 5.0)?;
            within("stroke_secs", stroke.stroke_secs, 0.1, 5.0)?;
            within("hold_secs", stroke.hold_secs, 0.0, 60.0)?;
            within("shrug", stroke.shrug, 0.0, 1.0)?;
            for (field, at) in [("from", stroke.from), ("to", stroke.to)] {
                within(field, at.length(), 0.0, 1.0)?;
            }
            within("palm", stroke.palm.length(), 1e-3, 1e3)?;
            if let HandShape::Count(fingers) = stroke.shape {
                within("Count", f32::from(fingers), 1.0, 5.0)?;
            }
            Ok(())
        }
        Gesture::Wave { secs, .. } => within("secs", *secs, 0.8, 60.0),
        Gesture::Point { target: at, secs, .. } | Gesture::Reach { target: at, secs, .. } => {
            within("secs", *secs, 0.8, 60.0)?;
            target(at)
        }
    }
}

fn within(field: &'static str, value: f32, least: f32, most: f32) -> Result<(), Problem> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err((field, format!("{value} is not within {least} to {most}")))
    }
}

fn place(field: &'static str, at: Vec3) -> Result<(), Problem> {
    if at.is_finite() && at.abs().max_element() <= 1e6 {
        Ok(())
    } else {
        Err((field, format!("{at} is no place within 1,000 km")))
    }
}

fn target(target: &Target) -> Result<(), Problem> {
    match target {
        Target::Entity(_) => Ok(()),
        Target::Point(at) => place("target", *at),
        Target::Direction(to) if to.is_finite() && (1e-6..1e6).contains(&to.length()) => Ok(()),
        Target::Direction(to) => Err(("target", format!("{to} is no direction"))),
    }
}
