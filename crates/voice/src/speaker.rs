//! Somebody who speaks: text in, sound and its timing out, piece by piece.

use crate::delivery::{Delivery, Manner, Melodies};
use crate::error::VoiceError;
use crate::network::{STEP_SECS, Spectra, SpellingNetwork, VoiceNetwork};
use crate::script::{Script, Segment, VocalTag};
use crate::spec::{SpecError, VoiceSpec};
use crate::synth::{HOP, Noise, SAMPLE_RATE_HZ, Vocoder};
use crate::text::{Accent, Cue, Note, Phonemizer, Sentence, Style, Word};
use crate::timing::{EARLY_SECS, Timing};
use crate::vocal::{Source, Throat};
use reverie_behavior::Speech;
use reverie_inference::ModelStore;
use std::ops::Range;
use std::sync::Arc;

/// Frames of the first piece of a text, and of the others: the first is wanted soon.
const FIRST_FRAMES: usize = 20;
const FRAMES: usize = 36;
/// Longest piece of silence, seconds.
const SILENCE_SECS: f32 = 0.5;

/// Networks and dictionaries that all speakers of an accent share; cheap to clone.
#[derive(Debug, Clone)]
pub struct Voice {
    network: Arc<VoiceNetwork>,
    phonemizer: Arc<Phonemizer>,
}

impl Voice {
    /// Loads the shipped voice.
    ///
    /// # Errors
    /// When a file is missing or damaged; names it.
    pub fn load(store: &ModelStore, accent: Accent) -> Result<Self, VoiceError> {
        let spelling = SpellingNetwork::load(store, accent)?;
        let folder = store.assets().join("voices").join("hibari");
        let phonemizer = Phonemizer::load(&folder, accent)?;
        let phonemizer = phonemizer.with_unknown_words(move |word| spelling.pronounce(word));
        Ok(Self::new(VoiceNetwork::load(store)?, phonemizer))
    }

    /// Of parts that were loaded already.
    pub fn new(network: VoiceNetwork, phonemizer: Phonemizer) -> Self {
        Self { network: Arc::new(network), phonemizer: Arc::new(phonemizer) }
    }

    /// Its network.
    pub fn network(&self) -> &Arc<VoiceNetwork> {
        &self.network
    }

    /// What reads its texts.
    pub fn phonemizer(&self) -> &Phonemizer {
        &self.phonemizer
    }
}

/// Somebody with a voice.
#[derive(Debug, Clone)]
pub struct Speaker {
    voice: Voice,
    spec: VoiceSpec,
    /// How they speak where a text does not say otherwise.
    delivery: Delivery,
    seed: u64,
}

/// A piece of speech.
#[derive(Debug, Clone, PartialEq)]
pub struct Chunk {
    /// When it begins, seconds from the start of the speech.
    pub start_secs: f64,
    /// Samples of [`SAMPLE_RATE_HZ`], -1 to 1; none where only a sentence is announced.
    pub samples: Vec<f32>,
    /// The sentence that begins here, before the first of its sound is computed.
    pub sentence: Option<Box<SpokenSentence>>,
}

/// A sentence, or a sound that is no word, whose timing is known.
#[derive(Debug, Clone, PartialEq)]
pub struct SpokenSentence {
    /// Where it is in the text, bytes.
    pub bytes: Range<usize>,
    /// When it begins, seconds from the start of the speech.
    pub start_secs: f64,
    /// Its sounds, words, accents and phrases; times from its own beginning.
    pub speech: Speech,
    /// What the text has the speaker do meanwhile; seconds from the sentence's beginning.
    pub cues: Vec<(f32, Cue)>,
    /// What was not read as it stands.
    pub notes: Vec<Note>,
    /// How it is said, if the text names a way.
    pub style: Option<Style>,
}

impl Speaker {
    /// Somebody with this voice.
    ///
    /// # Errors
    /// When a number of the spec is outside of its range.
    pub fn new(voice: &Voice, spec: VoiceSpec) -> Result<Self, SpecError> {
        spec.check(if spec.name.is_empty() { "voice" } else { &spec.name })?;
        Ok(Self { voice: voice.clone(), spec, delivery: Delivery::default(), seed: 0 })
    }

    /// Speaks in this way where a text does not say otherwise.
    #[must_use]
    pub fn with_delivery(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }

    /// Draws its breath from another seed.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Its voice.
    pub fn spec(&self) -> &VoiceSpec {
        &self.spec
    }

    /// Says a text: an iterator over pieces, of which each is computed when it is asked for. Whoever
    /// stops asking has cancelled it.
    pub fn say<'a>(&'a self, script: &'a Script) -> Utterance<'a> {
        let phonemizer = self.voice.phonemizer();
        let pieces = script.segments().iter().flat_map(move |segment| {
            let pieces: Box<dyn Iterator<Item = Piece> + 'a> = match segment {
                Segment::Pause(secs) => Box::new(std::iter::once(Piece::Pause(*secs))),
                Segment::Vocal(tag) => Box::new(std::iter::once(Piece::Vocal(*tag))),
                Segment::Text(range, style) => {
                    let delivery = style.map_or(self.delivery, Delivery::of);
                    let sentences = phonemizer.sentences(&script.plain()[range.clone()]);
                    let start = range.start;
                    Box::new(sentences.map(move |mut sentence| {
                        sentence.bytes = sentence.bytes.start + start..sentence.bytes.end + start;
                        for word in &mut sentence.words {
                            word.bytes = word.bytes.start + start..word.bytes.end + start;
                        }
                        for note in &mut sentence.notes {
                            note.bytes = note.bytes.start + start..note.bytes.end + start;
                        }
                        Piece::Sentence(Box::new((sentence, delivery, *style)))
                    }))
                }
            };
            pieces
        });
        Utterance::new(self, Box::new(pieces), script.cues())
    }

    /// Says phonemes of the voice's alphabet as one sentence (about 400 at most: longer ones take longer
    /// to begin).
    pub fn say_phonemes<'a>(&'a self, phonemes: &str) -> Utterance<'a> {
        let sentence = Sentence {
            bytes: 0..phonemes.len(),
            phonemes: phonemes.into(),
            words: Vec::new(),
            notes: Vec::new(),
            ends_paragraph: true,
        };
        let piece = Piece::Sentence(Box::new((sentence, self.delivery, None)));
        Utterance::new(self, Box::new(std::iter::once(piece)), &[])
    }
}

enum Piece {
    Sentence(Box<(Sentence, Delivery, Option<Style>)>),
    Pause(f32),
    Vocal(VocalTag),
}

/// Speech under way.
pub struct Utterance<'a> {
    speaker: &'a Speaker,
    pieces: Box<dyn Iterator<Item = Piece> + 'a>,
    cues: &'a [(usize, Cue)],
    vocoder: Vocoder,
    speaking: Option<Speaking>,
    /// Samples of silence to come.
    silence: usize,
    /// Samples so far.
    samples: u64,
    sentences: u32,
    spectra: Vec<f32>,
}

impl std::fmt::Debug for Utterance<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Utterance").field("secs", &secs_of(self.samples)).finish_non_exhaustive()
    }
}

/// A sentence under way.
enum Speaking {
    /// Its timing is known.
    Announced {
        symbols: Vec<u32>,
        steps: Vec<usize>,
        melodies: Melodies,
        manner: Manner,
        noise: Noise,
    },
    Sounding(Spectra),
    /// A sound that is no word, and its next frame.
    Vocal {
        source: Source,
        manner: Manner,
        noise: Noise,
        throat: Option<Throat>,
        frame: usize,
    },
}

impl<'a> Utterance<'a> {
    fn new(
        speaker: &'a Speaker,
        pieces: Box<dyn Iterator<Item = Piece> + 'a>,
        cues: &'a [(usize, Cue)],
    ) -> Self {
        Self {
            speaker,
            pieces,
            cues,
            vocoder: Vocoder::new(),
            speaking: None,
            silence: 0,
            samples: 0,
            sentences: 0,
            spectra: Vec::new(),
        }
    }

    /// All that is left at once: samples, and the speech with times from its beginning.
    pub fn whole(self) -> (Vec<f32>, Speech) {
        let start_secs = secs_of(self.samples);
        let mut samples = Vec::new();
        let mut speech = Speech::default();
        for chunk in self {
            samples.extend(chunk.samples);
            if let Some(sentence) = chunk.sentence {
                speech.append(sentence.speech, (sentence.start_secs - start_secs) as f32);
            }
        }
        speech.duration_secs = secs_of(samples.len() as u64) as f32;
        (samples, speech)
    }

    /// Noise of the next sentence or sound.
    fn noise(&mut self) -> Noise {
        let noise = Noise::new(self.speaker.seed ^ (u64::from(self.sentences) << 32));
        self.sentences = self.sentences.wrapping_add(1);
        noise
    }

    /// Plans a sound that is no word.
    fn announce_vocal(&mut self, tag: VocalTag) -> SpokenSentence {
        let VocalTag { start, end, kind, secs, style } = tag;
        let delivery = style.map_or(self.speaker.delivery, Delivery::of);
        let manner = Manner::new(&self.speaker.spec, &delivery).of_vocals();
        let noise = self.noise();
        let source = Source::new(kind, secs, manner.temper(&delivery), noise);
        let speech = Speech {
            vocals: vec![source.vocal],
            duration_secs: source.vocal.end_secs,
            ..Speech::default()
        };
        // What is to be done before it is done with it.
        let (now, later) = self.cues.split_at(self.cues.partition_point(|(at, _)| *at < start));
        self.cues = later;
        let cues = now.iter().map(|(_, cue)| (0.0, cue.clone())).collect();
        self.speaking = Some(Speaking::Vocal { source, manner, noise, throat: None, frame: 0 });
        let start_secs = secs_of(self.samples);
        SpokenSentence { bytes: start..end, start_secs, speech, cues, notes: Vec::new(), style }
    }

    /// Lengths, melody and timing of a sentence.
    fn announce(
        &mut self,
        sentence: Sentence,
        delivery: &Delivery,
        style: Option<Style>,
    ) -> SpokenSentence {
        let noise = self.noise();
        let network = &self.speaker.voice.network;
        let manner = Manner::new(&self.speaker.spec, delivery);
        let (symbols, places) = network.symbols(&sentence.phonemes);
        let mut speech = Speech::default();
        // Without a phoneme there is nothing between the two silences.
        if symbols.len() > 2 {
            let reading = network.read(&symbols);
            let steps = reading.steps_at(manner.pace);
            let melodies = manner.melodies(network.melody(&reading, &steps), noise);
            let timing = Timing {
                phonemes: &sentence.phonemes,
                words: &sentence.words,
                places: &places,
                steps: &steps,
                step_secs: STEP_SECS,
                early_secs: EARLY_SECS,
                melody: Some(&melodies.heard),
            };
            speech = timing.speech();
            self.speaking = Some(Speaking::Announced { symbols, steps, melodies, manner, noise });
        }
        let cues = self.cues_of(&sentence, &speech);
        let Sentence { bytes, notes, .. } = sentence;
        SpokenSentence { bytes, start_secs: secs_of(self.samples), speech, cues, notes, style }
    }

    /// The cues up to the sentence's last word that were not yet given.
    fn cues_of(&mut self, sentence: &Sentence, speech: &Speech) -> Vec<(f32, Cue)> {
        let until = sentence.words.last().map_or(sentence.bytes.end, |word| word.bytes.end);
        let count = self.cues.partition_point(|(at, _)| *at < until);
        let (now, later) = self.cues.split_at(count);
        self.cues = later;
        now.iter().map(|(at, cue)| (cue_secs(*at, &sentence.words, speech), cue.clone())).collect()
    }

    fn begin(&mut self, announced: Speaking) -> Speaking {
        match announced {
            Speaking::Announced { symbols, steps, melodies, manner, noise } => {
                let formed_hz = match melodies.plain {
                    true => &[],
                    false => melodies.formed.pitch_hz.as_slice(),
                };
                self.vocoder.begin(&melodies.heard.pitch_hz, formed_hz, manner.shape, noise);
                let network = &self.speaker.voice.network;
                Speaking::Sounding(network.spectra(&symbols, &steps, &melodies.formed))
            }
            Speaking::Vocal { source, manner, noise, throat: None, frame } => {
                self.vocoder.begin(&source.pitch_hz, &[], manner.shape, noise);
                let network = &self.speaker.voice.network;
                let heard_hz = source.highest_pitch_hz();
                let formed_hz = manner.formed_hz(heard_hz);
                let kind = source.vocal.kind;
                let throat = Throat::new(network, kind, formed_hz, -manner.lowered_db());
                Speaking::Vocal { source, manner, noise, throat: Some(throat), frame }
            }
            sounding => sounding,
        }
    }

    /// The next frames of a sound that is no word.
    fn vocalise(&mut self, source: &Source, throat: &Throat, frame: &mut usize) -> Vec<f32> {
        let frames = if self.samples == 0 { FIRST_FRAMES } else { FRAMES };
        let until = (*frame + frames).min(source.frames());
        let mut samples = Vec::with_capacity((until - *frame + 3) * HOP);
        while *frame < until {
            throat.frame(source, *frame, &mut self.spectra);
            self.vocoder.push(&self.spectra, &mut samples);
            *frame += 1;
        }
        samples
    }

    fn sound(&mut self, spectra: &mut Spectra) -> Vec<f32> {
        let frames = if self.samples == 0 { FIRST_FRAMES } else { FRAMES };
        let count = spectra.advance(frames, &mut self.spectra);
        let mut samples = Vec::with_capacity((count + 3) * HOP);
        for frame in self.spectra.chunks_exact(spectra.frame_len()) {
            self.vocoder.push(frame, &mut samples);
        }
        samples
    }

    fn chunk(&mut self, samples: Vec<f32>) -> Chunk {
        let start_secs = secs_of(self.samples);
        self.samples += samples.len() as u64;
        Chunk { start_secs, samples, sentence: None }
    }
}

impl Iterator for Utterance<'_> {
    type Item = Chunk;

    fn next(&mut self) -> Option<Chunk> {
        loop {
            if let Some(speaking) = self.speaking.take() {
                let speaking = self.begin(speaking);
                let (samples, speaking) = match speaking {
                    Speaking::Sounding(mut spectra) => {
                        (self.sound(&mut spectra), Speaking::Sounding(spectra))
                    }
                    Speaking::Vocal { source, manner, noise, throat: Some(throat), mut frame } => {
                        let samples = self.vocalise(&source, &throat, &mut frame);
                        let throat = Some(throat);
                        (samples, Speaking::Vocal { source, manner, noise, throat, frame })
                    }
                    // Both were begun above.
                    Speaking::Announced { .. } | Speaking::Vocal { .. } => continue,
                };
                if !samples.is_empty() {
                    self.speaking = Some(speaking);
                    return Some(self.chunk(samples));
                }
            } else if self.silence > 0 {
                let count = self.silence.min((SILENCE_SECS * SAMPLE_RATE_HZ as f32) as usize);
                self.silence -= count;
                return Some(self.chunk(vec![0.0; count]));
            } else {
                match self.pieces.next()? {
                    Piece::Pause(secs) => {
                        self.silence = (secs * SAMPLE_RATE_HZ as f32) as usize;
                    }
                    Piece::Vocal(tag) => {
                        let sentence = self.announce_vocal(tag);
                        let start_secs = sentence.start_secs;
                        let sentence = Some(Box::new(sentence));
                        return Some(Chunk { start_secs, samples: Vec::new(), sentence });
                    }
                    Piece::Sentence(piece) => {
                        let (sentence, delivery, style) = *piece;
                        let sentence = self.announce(sentence, &delivery, style);
                        let start_secs = sentence.start_secs;
                        let sentence = Some(Box::new(sentence));
                        return Some(Chunk { start_secs, samples: Vec::new(), sentence });
                    }
                }
            }
        }
    }
}

fn secs_of(samples: u64) -> f64 {
    samples as f64 / f64::from(SAMPLE_RATE_HZ)
}

/// When the first word behind a place of the text begins.
fn cue_secs(at: usize, words: &[Word], speech: &Speech) -> f32 {
    let next = words.iter().position(|word| word.bytes.start >= at);
    let timed = next.and_then(|index| speech.words.get(index));
    timed.map_or(speech.duration_secs, |word| word.start_secs)
}
