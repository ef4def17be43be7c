//! The sound of a line while it is made, on a thread of its own.

use super::{
    line::{Content, Line, Place, SpokenSound},
    listening::{self, Source},
    live::Microphone,
    sound::{Slot, slot},
    voices::Lips,
};
use crossbeam_channel::{Receiver, Sender, unbounded};
use reverie_behavior::Speech;
use reverie_media::{Sound, read_wav};
use reverie_voice::{
    Chunk, SAMPLE_RATE_HZ, Script, Speaker, SpokenSentence, Voice,
    lips::{HeardSpeech, RATE_HZ},
    text::{MarkKind, markup},
};
use rtrb::{Consumer, Producer, RingBuffer};
use std::{
    borrow::Cow,
    ops::Range,
    path::PathBuf,
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
/// Rate of what has none of its own when it begins: files, microphones.
const OTHER_RATE_HZ: u32 = 48_000;

/// What comes of a line while its sound is made.
pub(super) enum Made {
    /// A sentence, before its sound.
    Sentence(Box<SpokenSentence>),
    /// A bit of what was heard in a sound, well before that bit of it.
    Heard(HeardSpeech),
    /// All of its sound is there; so many seconds.
    End(f64),
    /// It cannot be said, or not on.
    Failed(String),
}

/// What lines are made with.
pub(super) struct Means {
    /// For texts.
    pub speaker: Option<Speaker>,
    /// To find a text in a recording.
    pub voice: Option<Voice>,
    /// For sounds.
    pub lips: Lips,
    /// Waits until all is made, where that can be waited for.
    pub wait: bool,
    /// Where a file is looked for.
    pub find: Box<dyn Fn(&std::path::Path) -> PathBuf>,
}

/// A line whose sound is being made.
pub(super) struct Making {
    pub made: Receiver<Made>,
    /// The line's text without its tags.
    pub script: Arc<Script>,
    pub rate_hz: u32,
    /// The samples, while no mixer has them.
    pub slot: Slot,
    cancel: Cancel,
}

/// Tells whoever makes sound that nobody wants it any more.
#[derive(Clone, Default)]
pub(super) struct Cancel(Arc<AtomicBool>);

impl Cancel {
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Making {
    /// Begins a line, from a place on.
    pub fn start(line: &Line, from: Place, means: Means) -> Result<Self, String> {
        let Means { speaker, voice, lips, wait, find } = means;
        match &line.content {
            Content::Text(text) => {
                let speaker = speaker.ok_or("there is no voice")?;
                let script = Arc::new(Script::new(&rest_of(text, from.byte)));
                let room = if wait { Room::Unknown } else { Room::Secs(AHEAD_SECS) };
                let said = script.clone();
                Self::work(script, SAMPLE_RATE_HZ, room, wait, move |out| {
                    speak(&speaker, &said, out);
                    Ok(())
                })
            }
            Content::Sound(sound) => {
                let SpokenSound { samples, rate_hz, speech, text } = &**sound;
                let skipped = skipped(from.secs, *rate_hz, samples.len());
                let (samples, speech, text) = (samples.clone(), speech.clone(), text.clone());
                let (rate_hz, script) = (*rate_hz, Arc::new(Script::new(&text)));
                let room = Room::Samples(samples.len() - skipped);
                match speech {
                    Some(speech) => Self::work(script, rate_hz, room, true, move |out| {
                        out.recording(&samples, skipped, &speech, text.len());
                        Ok(())
                    }),
                    None => Self::work(script, rate_hz, room, wait, move |out| {
                        hear(&samples, skipped, &text, voice.as_ref(), &lips, out)
                    }),
                }
            }
            Content::File(path, text) => {
                let (path, text) = (find(path), text.clone());
                let script = Arc::new(Script::new(&text));
                // How long it is, the header of the file tells, but who believes that.
                let room = if wait { Room::Unknown } else { Room::Secs(AHEAD_SECS) };
                Self::work(script, OTHER_RATE_HZ, room, wait, move |out| {
                    let sound = read_wav(&path).and_then(|sound| sound.resampled(OTHER_RATE_HZ));
                    let samples = sound.map_err(|e| e.to_string())?.samples;
                    let skipped = skipped(from.secs, OTHER_RATE_HZ, samples.len());
                    hear(&samples.into(), skipped, &text, voice.as_ref(), &lips, out)
                })
            }
            Content::Live(live) => {
                let samples = live.take().ok_or("a live line is said once")?;
                let (script, rate_hz) = (Arc::new(Script::new("")), live.rate_hz);
                Self::work(script, rate_hz, Room::Secs(AHEAD_SECS), false, move |out| {
                    listening::listen(Source::Live(samples), rate_hz, &lips, out)
                })
            }
            Content::Microphone => {
                let (script, room) = (Arc::new(Script::new("")), Room::Secs(AHEAD_SECS));
                Self::work(script, OTHER_RATE_HZ, room, false, move |out| {
                    let microphone = Microphone::open()?;
                    let rate_hz = microphone.rate_hz;
                    listening::listen(Source::Microphone(microphone), rate_hz, &lips, out)
                })
            }
        }
    }

    /// Makes sound, here or on another thread.
    fn work(
        script: Arc<Script>,
        rate_hz: u32,
        room: Room,
        here: bool,
        work: impl FnOnce(&mut Out) -> Result<(), String> + Send + 'static,
    ) -> Result<Self, String> {
        let cancel = Cancel::default();
        let (outbox, made) = unbounded();
        let (ring, consumer) = match room {
            Room::Unknown => (Ring::Growing(Vec::new()), None),
            Room::Samples(count) => bounded(count),
            Room::Secs(secs) => bounded(secs * rate_hz as usize),
        };
        let mut out = Out { ring, rate_hz, outbox, cancel: cancel.clone(), count: 0 };
        let making = |consumer| Self { made, script, rate_hz, slot: slot(consumer), cancel };
        let run = move |mut out: Out| {
            match work(&mut out) {
                // Whoever does not listen any more has cancelled.
                Err(problem) => drop(out.outbox.send(Made::Failed(problem))),
                Ok(()) if out.cancel.is_set() => {}
                Ok(()) => out.tell(Made::End(out.secs())),
            }
            out
        };
        match consumer {
            Some(consumer) if !here => {
                thread::Builder::new()
                    .name("reverie-voice".into())
                    .spawn(move || drop(run(out)))
                    .map_err(|error| format!("no thread to speak on: {error}"))?;
                Ok(making(consumer))
            }
            consumer => {
                out = run(out);
                let consumer = consumer.unwrap_or_else(|| match out.ring {
                    Ring::Growing(samples) => filled(&samples),
                    Ring::Bounded(_) => filled(&[]),
                });
                Ok(making(consumer))
            }
        }
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        self.cancel.0.store(true, Ordering::Relaxed);
    }
}

/// How much sound may be made ahead.
enum Room {
    Secs(usize),
    /// All of it.
    Samples(usize),
    /// All of it, as long as it may be.
    Unknown,
}

enum Ring {
    Bounded(Producer<f32>),
    Growing(Vec<f32>),
}

fn bounded(samples: usize) -> (Ring, Option<Consumer<f32>>) {
    let (producer, consumer) = RingBuffer::new(samples.max(1));
    (Ring::Bounded(producer), Some(consumer))
}

/// Where sound and what is known of it go.
pub(super) struct Out {
    ring: Ring,
    pub rate_hz: u32,
    outbox: Sender<Made>,
    pub cancel: Cancel,
    /// Samples so far.
    pub count: u64,
}

impl Out {
    pub fn tell(&self, made: Made) {
        // Whoever does not listen any more has cancelled.
        let _sent = self.outbox.send(made);
    }

    /// Hands on as many samples as there is room for.
    pub fn push(&mut self, samples: &[f32]) -> usize {
        let count = match &mut self.ring {
            Ring::Growing(all) => {
                all.extend_from_slice(samples);
                samples.len()
            }
            Ring::Bounded(ring) => {
                let count = samples.len().min(ring.slots());
                match ring.write_chunk_uninit(count) {
                    Ok(chunk) => chunk.fill_from_iter(samples.iter().copied()),
                    Err(_) => 0,
                }
            }
        };
        self.count += count as u64;
        count
    }

    /// Hands on all samples, waiting for room; false where nobody wants them any more.
    pub fn push_all(&mut self, mut samples: &[f32]) -> bool {
        loop {
            if self.is_over() {
                return false;
            }
            let count = self.push(samples);
            samples = &samples[count..];
            if samples.is_empty() {
                return true;
            }
            thread::sleep(Duration::from_millis(ROOM_MS));
        }
    }

    pub fn is_over(&self) -> bool {
        let abandoned = matches!(&self.ring, Ring::Bounded(ring) if ring.is_abandoned());
        abandoned || self.cancel.is_set()
    }

    fn secs(&self) -> f64 {
        self.count as f64 / f64::from(self.rate_hz)
    }

    /// A sound of which all is known; so many of its samples are left out.
    fn recording(&mut self, samples: &[f32], skipped: usize, speech: &Speech, text_bytes: usize) {
        let speech = speech.rest(skipped as f32 / self.rate_hz as f32);
        self.tell(Made::Sentence(Box::new(SpokenSentence {
            bytes: 0..text_bytes,
            start_secs: 0.0,
            speech,
            cues: Vec::new(),
            notes: Vec::new(),
            style: None,
        })));
        self.push_all(&samples[skipped..]);
    }
}

/// So many samples come before a time.
fn skipped(secs: f64, rate_hz: u32, samples: usize) -> usize {
    ((secs.max(0.0) * f64::from(rate_hz)) as usize).min(samples)
}

/// A recording: its text is found in it, or, without, its lips are read bit by bit.
fn hear(
    samples: &Arc<[f32]>,
    skipped: usize,
    text: &str,
    voice: Option<&Voice>,
    lips: &Lips,
    out: &mut Out,
) -> Result<(), String> {
    let Some(voice) = voice.filter(|_| !text.trim().is_empty()) else {
        let rate_hz = out.rate_hz;
        return listening::listen(Source::Whole(samples.clone(), skipped), rate_hz, lips, out);
    };
    let mut reader = lips.reader()?;
    let whole = Sound { rate_hz: out.rate_hz, samples: samples.to_vec() };
    let heard = whole.resampled(RATE_HZ).map_err(|e| e.to_string())?.samples;
    let plain = Script::new(text);
    let aligned = reader.align(&heard, plain.plain(), voice).map_err(|e| format!("text: {e}"))?;
    out.recording(samples, skipped, &aligned.speech, text.len());
    Ok(())
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

fn filled(samples: &[f32]) -> Consumer<f32> {
    let (mut producer, consumer) = RingBuffer::new(samples.len().max(1));
    if let Ok(chunk) = producer.write_chunk_uninit(samples.len()) {
        chunk.fill_from_iter(samples.iter().copied());
    }
    consumer
}

/// Says a text until it is cancelled.
fn speak(speaker: &Speaker, script: &Script, out: &mut Out) {
    for Chunk { samples, sentence, .. } in speaker.say(script) {
        if let Some(sentence) = sentence {
            out.tell(Made::Sentence(sentence));
        }
        if !out.push_all(&samples) {
            return;
        }
    }
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
