//! One line while it is said.

use super::{
    clock::{SoundClock, TimeBase},
    heard::HeardPhrase,
    landmarks::Named,
    line::{Line, PhraseEnded, Place, SpeechStarted, WordSpoken},
    making::{Made, Making},
    output::{Placing, SpeechOutput, VoiceTrack},
    perform::Telling,
    sound::{Slot, has_begun, is_free, put, take},
};
use crate::avatar::{AvatarLife, Mood, Posture};
use bevy::prelude::*;
use reverie_avatar::gestures_for;
use reverie_behavior::{Act, Activity, Gesture, Manner, PhraseEnd, Target, TimedGesture};
use reverie_voice::{SpokenSentence, guessed_mood, lips::HeardSpeech, text::Cue};
use std::{collections::VecDeque, ops::Range, sync::Arc};

/// A device has to open within so long, and to ask for a new sound's samples within as long again, seconds.
const BEGIN_SECS: f64 = 0.6;
/// An avatar's time runs at least and at most so many times as fast as the game's to be in step with
/// sound.
const SLOWEST: f64 = 0.25;
const FASTEST: f64 = 2.0;
/// From this much on it jumps, seconds.
const JUMP_SECS: f64 = 0.3;
/// Mouths are in step with sound that comes back if they are so near, seconds.
const NEAR_SECS: f64 = 0.1;

/// What a line needs of its surroundings to go on.
pub(super) struct Context<'a, 'w, 's, 't> {
    pub entity: Entity,
    pub posture: &'a Posture,
    pub mood: &'a Mood,
    pub seed: u64,
    pub life: &'a mut AvatarLife,
    pub track: &'a mut Option<VoiceTrack>,
    pub placing: Placing,
    pub output: &'a mut SpeechOutput,
    pub named: &'a Named<'w, 's>,
    pub telling: &'a mut Telling<'t>,
    pub delta_secs: f64,
}

/// How a line stands after a frame.
pub(super) enum Step {
    GoesOn,
    Over,
    Failed(String),
}

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    /// No sound is there yet.
    Waiting,
    /// The mixer has the sound and has not asked for it yet.
    Cued,
    /// What is heard sets the time.
    Sounding,
    /// Nothing is heard; the game's time goes on.
    Silent,
}

/// A word of the sentence under way or of one to come.
struct Word {
    start_secs: f64,
    duration_secs: f32,
    text: String,
    bytes: Range<usize>,
}

struct Clause {
    end_secs: f64,
    /// Where it begins.
    from: Place,
    ending: PhraseEnd,
}

/// A line under way.
pub(super) struct Speaking {
    line: Line,
    from: Place,
    /// How it shows that it is said.
    manner: Manner,
    making: Making,
    clock: Arc<SoundClock>,
    phase: Phase,
    /// For a device to open or to ask for samples.
    waited_secs: f64,
    /// When its first sample is or was due, in the time of the avatar's life.
    start_secs: f64,
    heard_secs: f64,
    lag_secs: f64,
    /// Seconds of all its sound, as soon as that is known.
    duration_secs: Option<f64>,
    /// What came before the start.
    early: Vec<Made>,
    /// What is being heard in a sound, up to now.
    heard: Option<HeardPhrase>,
    /// Beginnings of sentences and their places in the text, those that are over left out.
    sentences: VecDeque<(f64, Range<usize>)>,
    words: VecDeque<Word>,
    clauses: VecDeque<Clause>,
    /// Up to the end of the last word that began.
    said_bytes: usize,
    /// Landmarks that were pointed at.
    pointed: Vec<Target>,
    /// The face shows what a text asked for.
    moved: bool,
    spoke: bool,
    problem: Option<String>,
}

impl Speaking {
    pub fn new(line: Line, from: Place, manner: Manner, making: Making, base: TimeBase) -> Self {
        Self {
            clock: Arc::new(SoundClock::new(base, making.rate_hz)),
            line,
            from,
            manner,
            making,
            phase: Phase::Waiting,
            waited_secs: 0.0,
            start_secs: 0.0,
            heard_secs: 0.0,
            lag_secs: 0.0,
            duration_secs: None,
            early: Vec::new(),
            heard: None,
            sentences: VecDeque::new(),
            words: VecDeque::new(),
            clauses: VecDeque::new(),
            said_bytes: from.byte,
            pointed: Vec::new(),
            moved: false,
            spoke: false,
            problem: None,
        }
    }

    pub fn line(&self) -> &Line {
        &self.line
    }

    pub fn has_begun(&self) -> bool {
        matches!(self.phase, Phase::Sounding | Phase::Silent)
    }

    pub fn heard_secs(&self) -> f64 {
        self.heard_secs
    }

    pub fn lag_secs(&self) -> f64 {
        self.lag_secs
    }

    pub fn sentence(&self) -> Option<&str> {
        let (_, bytes) = self.sentences.front().filter(|_| self.has_begun())?;
        Some(self.making.script.plain().get(bytes.clone())?.trim())
    }

    pub fn said(&self) -> Range<usize> {
        let Some((_, bytes)) = self.sentences.front() else { return 0..0 };
        let sentence = self.making.script.plain().get(bytes.clone()).unwrap_or_default();
        let trimmed = bytes.start + sentence.len() - sentence.trim_start().len();
        0..self.said_bytes.saturating_sub(trimmed).min(sentence.trim().len())
    }

    /// The line and where the phrase begins that is being said.
    pub fn rest(&self) -> (&Line, Place) {
        let clause = self.clauses.front().map(|clause| clause.from);
        let phrase = self.heard.as_ref().map(|phrase| Place {
            byte: self.said_bytes,
            secs: phrase.begins_secs() - self.start_secs,
        });
        let now = Place { byte: self.said_bytes, secs: self.heard_secs };
        let from =
            if self.has_begun() { clause.or(phrase).unwrap_or(now) } else { Place::default() };
        let byte = from.byte.max(self.from.byte);
        (&self.line, Place { byte, secs: self.from.secs + from.secs.max(0.0) })
    }

    pub fn silence(&self) {
        self.clock.stop();
    }

    /// Mouth, hands and voice come to rest. How much of the text was said, bytes.
    pub fn break_off(&self, life: &mut AvatarLife, posture: &Posture, mood: &Mood) -> usize {
        self.silence();
        if self.has_begun() {
            let end_secs = self.duration_secs.map(|secs| self.start_secs + secs);
            life.withdraw(|event| match event.act {
                Act::Say(_) => true,
                Act::Activity(_) => Some(event.at_secs) == end_secs,
                _ => false,
            });
            let acts = [Act::Hush, Act::Activity(posture.activity)].into_iter();
            for act in acts.chain(self.moved.then(|| Act::Mood(mood.act()))) {
                if let Err(error) = life.perform(act) {
                    warn!("speech: {error}");
                }
            }
        }
        self.said_bytes
    }

    /// A frame more.
    pub fn go_on(&mut self, context: &mut Context) -> Step {
        self.take_made(context);
        match self.phase {
            Phase::Waiting => self.cue(context),
            Phase::Cued => self.begin_when_asked(context),
            Phase::Sounding => self.follow(context),
            Phase::Silent => self.go_on_in_silence(context),
        }
        if let Some(problem) = self.problem.take() {
            self.break_off(context.life, context.posture, context.mood);
            return Step::Failed(problem);
        }
        if !self.has_begun() {
            return Step::GoesOn;
        }
        self.tell(context);
        match self.duration_secs {
            Some(secs) if self.heard_secs >= secs => self.end(context),
            _ => Step::GoesOn,
        }
    }

    fn end(&mut self, context: &mut Context) -> Step {
        if self.moved {
            self.act(context.life.secs(), Act::Mood(context.mood.act()), context);
        }
        // Sounds may be silent, a text may not.
        match self.spoke || !self.line.is_text() {
            true => Step::Over,
            false => Step::Failed("text: there is nothing in it to say".to_owned()),
        }
    }

    fn take_made(&mut self, context: &mut Context) {
        while let Ok(made) = self.making.made.try_recv() {
            match made {
                Made::End(secs) => {
                    self.clock.complete();
                    self.duration_secs = Some(secs);
                    if self.has_begun() {
                        self.give_floor(context);
                    }
                }
                Made::Failed(problem) => self.problem = Some(problem),
                made if self.has_begun() => self.perform(made, context),
                made => self.early.push(made),
            }
        }
    }

    /// What was made goes into the timeline.
    fn perform(&mut self, made: Made, context: &mut Context) {
        match made {
            Made::Sentence(sentence) => self.say(*sentence, context),
            Made::Heard(heard) => self.go_on_saying(heard, context),
            Made::End(_) | Made::Failed(_) => {}
        }
    }

    /// Hands sound to the mixer as soon as both are there.
    fn cue(&mut self, context: &mut Context) {
        if !has_begun(&self.making.slot) {
            return;
        }
        if context.output.mixer.is_some() {
            self.phase = match play(context, &self.making.slot, &self.clock) {
                true => Phase::Cued,
                false => Phase::Silent,
            };
        } else if !context.output.is_expected() || self.waited_secs > BEGIN_SECS {
            self.phase = Phase::Silent;
        } else {
            self.waited_secs += context.delta_secs;
        }
        if self.phase == Phase::Silent {
            self.start(context.life.secs() + context.delta_secs, context);
        }
    }

    fn begin_when_asked(&mut self, context: &mut Context) {
        let now = context.life.secs() + context.delta_secs;
        if let Some(heard_secs) = self.clock.heard_secs() {
            self.phase = Phase::Sounding;
            self.heard_secs = heard_secs.max(0.0);
            self.start(now - heard_secs, context);
        } else if self.waited_secs > 2.0 * BEGIN_SECS {
            self.phase = Phase::Silent;
            self.start(now, context);
            context.output.lose();
        } else {
            self.waited_secs += context.delta_secs;
        }
    }

    /// What is heard is where the sound is: the avatar's time follows.
    fn follow(&mut self, context: &mut Context) {
        let Some(heard_secs) = self.clock.heard_secs() else {
            self.phase = Phase::Silent;
            context.output.lose();
            return self.go_on_in_silence(context);
        };
        let delta_secs = context.delta_secs;
        let wanted = self.start_secs + heard_secs - context.life.secs();
        // A frame that is late by its own work has heard more than the game's time knows of.
        let sound_secs = (heard_secs - self.heard_secs).max(0.0);
        let least = SLOWEST * sound_secs.min(delta_secs);
        let slewed = wanted.clamp(least, FASTEST * sound_secs.max(delta_secs));
        let advance = if wanted - slewed > JUMP_SECS { wanted } else { slewed };
        context.life.hurry(advance - delta_secs);
        self.lag_secs = wanted - advance;
        self.heard_secs = heard_secs.max(self.heard_secs);
    }

    /// Time goes on, and samples that would have been heard are thrown away.
    fn go_on_in_silence(&mut self, context: &mut Context) {
        let now = context.life.secs() + context.delta_secs;
        self.heard_secs = (now - self.start_secs).max(self.heard_secs);
        self.lag_secs = 0.0;
        self.clock.skip_to_secs(self.heard_secs);
        let slot = &self.making.slot;
        if context.output.mixer.is_some() && is_free(slot) {
            play(context, slot, &self.clock);
        }
        match self.clock.heard_secs() {
            Some(heard_secs) if (heard_secs - self.heard_secs).abs() < NEAR_SECS => {
                self.phase = Phase::Sounding;
            }
            Some(_) => {}
            None => {
                let Some(mut samples) = take(slot) else { return };
                let due = self.clock.skip_to().saturating_sub(self.clock.played());
                let count = samples.slots().min(usize::try_from(due).unwrap_or(usize::MAX));
                if let Ok(chunk) = samples.read_chunk(count) {
                    chunk.commit_all();
                    self.clock.set_played(self.clock.played() + count as u64);
                }
                put(slot, samples);
            }
        }
    }

    fn start(&mut self, start_secs: f64, context: &mut Context) {
        // What was due a moment ago begins now, and the avatar's time catches up with the sound.
        let start_secs = start_secs.max(context.life.secs());
        self.start_secs = start_secs;
        let (entity, line) = (context.entity, self.line.id());
        let text = self.line.as_text().clone();
        context.telling.started.write(SpeechStarted { entity, line, text });
        self.act(start_secs, Act::Activity(Activity::Talking), context);
        for made in std::mem::take(&mut self.early) {
            self.perform(made, context);
        }
        if self.duration_secs.is_some() {
            self.give_floor(context);
        }
    }

    /// The end is known ahead, so that one looks at the other before it.
    fn give_floor(&mut self, context: &mut Context) {
        let end_secs = self.start_secs + self.duration_secs.unwrap_or_default();
        self.act(end_secs, Act::Activity(context.posture.activity), context);
    }

    fn act(&mut self, at_secs: f64, act: Act, context: &mut Context) {
        if let Err(error) = context.life.schedule(at_secs, act) {
            self.problem = Some(error.to_string());
        }
    }

    /// A sentence goes into the timeline.
    fn say(&mut self, sentence: SpokenSentence, context: &mut Context) {
        let SpokenSentence { bytes, start_secs, speech, cues, notes, style } = sentence;
        let at_secs = self.start_secs + start_secs;
        for note in notes.iter().filter(|note| note.kind.is_skipped()) {
            let text = self.line.as_text().get(note.bytes.clone()).unwrap_or_default();
            let text: String = text.chars().take(40).collect();
            warn!("speech: skipped `{text}`");
        }
        let silent = speech.phonemes.is_empty() && speech.words.is_empty();
        if silent && speech.vocals.is_empty() {
            return;
        }
        self.spoke = true;
        let plain = self.making.script.clone();
        let plain = plain.plain();
        let text = plain.get(bytes.clone()).unwrap_or_default();
        let mood = style.map(|style| style.mood()).or_else(|| guessed_mood(text));
        if let Some(mood) = mood {
            self.act(at_secs, Act::Mood(mood), context);
        } else if self.moved && !speech.words.is_empty() {
            self.act(at_secs, Act::Mood(context.mood.act()), context);
        }
        // A laugh goes with the feeling of what was said before it.
        self.moved = mood.is_some() || self.moved && speech.words.is_empty();

        let mut points = Vec::new();
        let mut gestures = Vec::new();
        for (at, cue) in cues {
            let act = cue.act(|name| context.named.target(&cue, name));
            match act {
                Some(Act::Gesture(gesture)) => {
                    if let (Cue::Point(name), Gesture::Point { target, .. }) = (&cue, gesture) {
                        debug!("speech: points at {name}");
                        self.pointed.push(target);
                        points.push((at, target));
                    } else {
                        gestures.push(TimedGesture { start_secs: at, gesture });
                    }
                }
                Some(act) => self.act(at_secs + f64::from(at), act, context),
                None => warn!("speech: {cue:?}: nothing has that name here"),
            }
        }
        points.extend(context.named.mentioned(&speech, &mut self.pointed));
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let manner = self.manner;
        let seed = context.seed ^ (start_secs * 1e3) as u64;
        gestures.extend(gestures_for(&speech, &manner, seed, &points));
        gestures.retain(|gesture| gesture.start_secs <= speech.duration_secs);
        gestures.sort_by(|a, b| a.start_secs.total_cmp(&b.start_secs));

        self.sentences.push_back((start_secs, bytes.clone()));
        let mut cursor = bytes.start.max(self.from.byte).min(bytes.end);
        for word in &speech.words {
            let found = plain.get(cursor..bytes.end).and_then(|rest| rest.find(&word.text));
            let start = found.map_or(cursor, |at| cursor + at);
            let end = found.map_or(cursor, |_| start + word.text.len());
            self.words.push_back(Word {
                start_secs: start_secs + f64::from(word.start_secs),
                duration_secs: word.end_secs - word.start_secs,
                text: word.text.clone(),
                bytes: start..end,
            });
            cursor = end;
        }
        for phrase in &speech.phrases {
            let begins = start_secs + f64::from(phrase.start_secs) - 0.05;
            let first = self.words.iter().find(|word| word.start_secs >= begins);
            self.clauses.push_back(Clause {
                end_secs: start_secs + f64::from(phrase.end_secs),
                from: Place {
                    byte: first.map_or(bytes.start, |word| word.bytes.start),
                    secs: start_secs + f64::from(phrase.start_secs),
                },
                ending: phrase.ending,
            });
        }
        let say = reverie_behavior::Say { speech, manner, gestures };
        self.act(at_secs, Act::Say(Box::new(say)), context);
    }

    /// A bit more of what is said in a sound. It comes well before it is heard.
    fn go_on_saying(&mut self, more: HeardSpeech, context: &mut Context) {
        self.spoke = true;
        let begins = self.start_secs + more.start_secs;
        self.end_phrase(|phrase| phrase.is_over_at(begins));
        let said = match &mut self.heard {
            Some(phrase) => Ok(phrase),
            None => HeardPhrase::begin(begins, self.manner, context)
                .map(|phrase| self.heard.insert(phrase)),
        }
        .and_then(|phrase| phrase.go_on(begins, more.speech, context));
        if let Err(error) = said {
            self.problem = Some(error.to_string());
        }
    }

    fn end_phrase(&mut self, is_over: impl Fn(&HeardPhrase) -> bool) {
        if let Some(phrase) = self.heard.take_if(|phrase| is_over(phrase)) {
            let secs = phrase.begins_secs() - self.start_secs;
            let from = Place { byte: self.said_bytes, secs };
            let end_secs = phrase.end_secs() - self.start_secs;
            self.clauses.push_back(Clause { end_secs, from, ending: phrase.ending() });
        }
    }

    /// Tells what was heard.
    fn tell(&mut self, context: &mut Context) {
        let heard_secs = self.heard_secs;
        let (entity, line) = (context.entity, self.line.id());
        while let Some(word) = self.words.pop_front_if(|word| word.start_secs <= heard_secs) {
            self.said_bytes = self.said_bytes.max(word.bytes.end);
            let Word { duration_secs, text: word, bytes, .. } = word;
            context.telling.words.write(WordSpoken { entity, line, word, bytes, duration_secs });
        }
        let (now, complete) = (self.start_secs + heard_secs, self.duration_secs.is_some());
        self.end_phrase(|phrase| complete || phrase.is_over_at(now));
        while let Some(clause) = self.clauses.pop_front_if(|it| it.end_secs <= heard_secs) {
            let ending = clause.ending;
            context.telling.phrases.write(PhraseEnded { entity, line, ending });
        }
        while self.sentences.get(1).is_some_and(|(start_secs, _)| *start_secs <= heard_secs) {
            self.sentences.pop_front();
        }
    }
}

/// Hands a line's sound to the mixer; false where that has no room.
fn play(context: &mut Context, slot: &Slot, clock: &Arc<SoundClock>) -> bool {
    let Some(mixer) = &mut context.output.mixer else { return false };
    if context.track.as_ref().is_none_or(|track| !track.is_of(mixer)) {
        match mixer.track(&context.placing) {
            Ok(track) => *context.track = Some(track),
            Err(error) => {
                debug!("speech: {error}");
                return false;
            }
        }
    }
    let Some(track) = context.track else { return false };
    track.play(slot, clock, clock.played())
}
