//! Lines become sound and timelines, in step.

use super::{
    landmarks::Named,
    line::{
        Content, Hush, Line, LineId, PhraseEnded, Place, Resume, Say, SayOrder, SpeechEnd,
        SpeechEnded, SpeechStarted, WordSpoken,
    },
    making::{Making, Means},
    output::{SpeechOutput, VoiceTrack},
    space::Hearing,
    speaking::{Context, Speaking, Step},
    voices::{AvatarVoice, Voices, spec_of},
};
use crate::{
    ReverieSettings,
    avatar::{Avatar, AvatarLife, Library, Mood, Posture},
};
use bevy::{ecs::system::SystemParam, prelude::*};
use reverie_behavior::Manner;
use reverie_voice::{Speaker, VoiceSpec};
use std::{collections::VecDeque, ops::Range, path::Path};

/// Most lines that wait.
const MOST_WAITING: usize = 64;

/// What an avatar says and will say.
#[derive(Component, Default)]
pub struct SpeechState {
    waiting: VecDeque<Waiting>,
    now: Option<Box<Speaking>>,
    held: Vec<Waiting>,
    pub(super) track: Option<VoiceTrack>,
    pub(super) hearing: Hearing,
}

/// A line to say, from a place on.
#[derive(Clone)]
struct Waiting {
    line: Line,
    from: Place,
}

impl SpeechState {
    /// Whether something is being said: from the first sound to the last.
    pub fn is_speaking(&self) -> bool {
        self.now.as_ref().is_some_and(|now| now.has_begun())
    }

    /// Whether something is being said or will be.
    pub fn is_busy(&self) -> bool {
        self.now.is_some() || !self.waiting.is_empty()
    }

    /// Lines that wait for what is being said.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The line that is being said.
    pub fn line(&self) -> Option<LineId> {
        self.now.as_ref().map(|now| now.line().id())
    }

    /// The sentence that is being said, without its tags.
    pub fn sentence(&self) -> Option<&str> {
        self.now.as_ref()?.sentence()
    }

    /// What of [`Self::sentence`] has been said, the word that is being said included, bytes.
    pub fn said(&self) -> Range<usize> {
        self.now.as_ref().map_or(0..0, |now| now.said())
    }

    /// By how much face and hands lag behind what is heard, seconds; negative where they lead.
    pub fn lag_secs(&self) -> f64 {
        self.now.as_ref().map_or(0.0, |now| now.lag_secs())
    }

    /// Seconds of the line that were heard.
    pub fn heard_secs(&self) -> f64 {
        self.now.as_ref().map_or(0.0, |now| now.heard_secs())
    }
}

/// What avatars tell of their speech.
#[derive(SystemParam)]
pub(super) struct Telling<'w> {
    pub started: MessageWriter<'w, SpeechStarted>,
    pub words: MessageWriter<'w, WordSpoken>,
    pub phrases: MessageWriter<'w, PhraseEnded>,
    pub ended: MessageWriter<'w, SpeechEnded>,
}

impl Telling<'_> {
    fn failed(&mut self, entity: Entity, line: LineId, problem: String) {
        warn!("speech: {problem}");
        self.ended.write(SpeechEnded { entity, line, cause: SpeechEnd::Failed(problem) });
    }
}

type Speakers = (
    Entity,
    &'static Avatar,
    &'static AvatarVoice,
    &'static Posture,
    &'static Mood,
    &'static mut SpeechState,
    &'static mut AvatarLife,
);

/// What begins a line.
#[derive(SystemParam)]
pub(super) struct Studio<'w> {
    voices: ResMut<'w, Voices>,
    output: ResMut<'w, SpeechOutput>,
    library: Res<'w, Library>,
    settings: Option<Res<'w, ReverieSettings>>,
    time: Res<'w, Time>,
}

/// Speech goes on by a frame.
pub(super) fn speak(
    mut speakers: Query<Speakers>,
    named: Named,
    mut studio: Studio,
    mut telling: Telling,
) {
    let delta_secs = studio.time.delta_secs_f64();
    studio.output.tell_time(studio.time.elapsed());
    let wait = studio.settings.as_ref().is_some_and(|settings| settings.lockstep);
    if speakers.iter().any(|(.., state, _)| state.is_busy()) {
        studio.output.open(delta_secs as f32);
    }
    for (entity, avatar, voice, posture, mood, mut state, mut life) in &mut speakers {
        let state = &mut *state;
        if !state.is_busy() {
            continue;
        }
        if state.now.is_none() {
            let needs_voice = state.waiting.front().is_some_and(|it| it.line.needs_voice());
            let model = match needs_voice {
                true => match studio.voices.get(wait) {
                    Some(model) => Some(model.clone()),
                    // It is still being read.
                    None => continue,
                },
                false => None,
            };
            let Some(Waiting { line, from }) = state.waiting.pop_front() else { continue };
            let seed = avatar.seed.unwrap_or(entity.to_bits());
            let spec = spec_of(voice, &avatar.source, life.body(), &studio.library);
            // Sounds need no voice, so one that cannot be read is no reason not to play them.
            let of_voice = spec.as_ref().map_or_else(|_| Manner::default(), VoiceSpec::manner);
            let manner = voice.manner.unwrap_or(of_voice);
            let means = model.transpose().and_then(|model| {
                let speaker = match (&model, &line.content) {
                    (Some(model), Content::Text(_)) => {
                        let speaker = Speaker::new(model, spec?).map_err(|e| e.to_string())?;
                        Some(speaker.with_seed(seed))
                    }
                    _ => None,
                };
                let (library, lips) = (studio.library.clone(), studio.voices.lips.clone());
                let find = Box::new(move |path: &Path| library.find(path));
                Ok(Means { speaker, voice: model, lips, wait, find })
            });
            let making = means.and_then(|means| Making::start(&line, from, means));
            match making {
                Ok(making) => {
                    let base = studio.output.base.clone();
                    state.now = Some(Box::new(Speaking::new(line, from, manner, making, base)));
                }
                Err(problem) => {
                    telling.failed(entity, line.id(), problem);
                    continue;
                }
            }
        }
        let Some(now) = &mut state.now else { continue };
        let mut context = Context {
            entity,
            posture,
            mood,
            seed: avatar.seed.unwrap_or(entity.to_bits()),
            life: &mut life,
            track: &mut state.track,
            placing: state.hearing.placing,
            output: &mut studio.output,
            named: &named,
            telling: &mut telling,
            delta_secs,
        };
        let line = now.line().id();
        match now.go_on(&mut context) {
            Step::GoesOn => {}
            Step::Over => {
                state.now = None;
                telling.ended.write(SpeechEnded { entity, line, cause: SpeechEnd::Finished });
            }
            Step::Failed(problem) => {
                state.now = None;
                telling.failed(entity, line, problem);
            }
        }
    }
}

type Told =
    (&'static mut SpeechState, Option<&'static mut AvatarLife>, &'static Posture, &'static Mood);

/// Breaks off what is being said; what was not said is held or forgotten.
fn break_off(
    entity: Entity,
    (state, life, posture, mood): (&mut SpeechState, Option<&mut AvatarLife>, &Posture, &Mood),
    hold: bool,
    telling: &mut Telling,
) {
    let waiting = state.waiting.drain(..);
    if hold {
        state.held.clear();
        let now = state.now.as_ref().filter(|now| now.line().can_resume());
        state.held.extend(now.map(|now| {
            let (line, from) = now.rest();
            Waiting { line: line.clone(), from }
        }));
        state.held.extend(waiting);
    } else {
        drop(waiting);
    }
    let Some(now) = state.now.take() else { return };
    let line = now.line().id();
    let said_bytes = match life {
        Some(life) => now.break_off(life, posture, mood),
        None => 0,
    };
    let cause = SpeechEnd::Interrupted { said_bytes };
    telling.ended.write(SpeechEnded { entity, line, cause });
}

pub(super) fn say(say: On<Say>, mut speakers: Query<Told>, mut telling: Telling) {
    let Say { entity, line, order } = &*say;
    let entity = *entity;
    let Ok((mut state, mut life, posture, mood)) = speakers.get_mut(entity) else {
        return telling.failed(entity, line.id(), "is no avatar".to_owned());
    };
    if let Some(problem) = line.problem() {
        return telling.failed(entity, line.id(), problem);
    }
    let state = &mut *state;
    if *order == SayOrder::Interrupt {
        let life = life.as_deref_mut();
        break_off(entity, (state, life, posture, mood), false, &mut telling);
    }
    if state.waiting.len() >= MOST_WAITING {
        let problem = format!("more than {MOST_WAITING} lines wait");
        return telling.failed(entity, line.id(), problem);
    }
    state.waiting.push_back(Waiting { line: line.clone(), from: Place::default() });
}

pub(super) fn hush(hush: On<Hush>, mut speakers: Query<Told>, mut telling: Telling) {
    let Hush { entity, hold } = *hush;
    if let Ok((mut state, mut life, posture, mood)) = speakers.get_mut(entity) {
        let parts = (&mut *state, life.as_deref_mut(), posture, mood);
        break_off(entity, parts, hold, &mut telling);
    }
}

pub(super) fn resume(resume: On<Resume>, mut speakers: Query<&mut SpeechState>) {
    if let Ok(mut state) = speakers.get_mut(resume.entity) {
        let state = &mut *state;
        for (at, held) in state.held.drain(..).enumerate() {
            state.waiting.insert(at, held);
        }
    }
}

/// Whoever goes while speaking falls silent.
pub(super) fn fall_silent(gone: On<Remove, SpeechState>, speakers: Query<&SpeechState>) {
    if let Ok(SpeechState { now: Some(now), .. }) = speakers.get(gone.entity) {
        now.silence();
    }
}
