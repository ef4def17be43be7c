//! English text to phonemes, word by word.
//!
//! [`Phonemizer`] reads text as `hibari-tts` 0.2.1 does (whose alphabet is that of the `misaki`
//! phonemizer), and keeps of every word where in the user's text it stands. [`markup`] takes tags
//! such as `[happy]` out before.
//!
//! # Inline pronunciations
//! `[Kaelith](/kˈAlɪθ/)` says how a word sounds, `[very](2)` how strongly it is stressed (-2 to 2).
//! Of other Markdown links the label is read.
//!
//! # Where it differs from the reference on purpose
//! - Addresses of pages and of people are read with "dot", "slash" and "at", without scheme and query;
//!   country codes are spelled.
//! - Emoji are said by their names (a run of one emoji once), Greek letters that stand alone by
//!   theirs; other scripts are written in Latin letters first. What has no sound at all is skipped,
//!   and [`Sentence::notes`] says so.
//! - `≤ ≥ ≠ ≈ ∞ √` and the minus sign are read; "C#" is "C sharp"; 5'6" is feet and inches.
//! - Letters with separate accents are put together first.
//! - Phone numbers, ranges and fractions are recognised at the end of a sentence too; "24/7" and
//!   "10/10" are no dates.
//! - Decimals keep their zeros ("2.0"), "$9.5" is fifty cents, and numbers without a name are read
//!   digit by digit.
//! - "The part I like", "type C", "class L" have no Roman numerals.
//! - "--" is a dash. The full stop after an abbreviation, "p.m." or a month still ends the sentence.
//! - Links are not normalised, split, or read as one unknown word.
//! - Unknown words longer than the network reads go to it in pieces; without an answer, words are
//!   spelled. Symbols beside them are said apart, and with the accent's own vowels.
//! - "e.g.", "i.e." and "vs." end no sentence.
//! - Stretches without clause marks that are too long for the network are split between words.
//! - Spaces that silent marks leave behind do not count twice.

mod assets;
mod chunks;
mod dictionary;
mod lexicon;
mod line;
mod links;
mod markup;
mod normalize;
mod number_words;
mod sentences;
mod source;
mod spoken_number;
mod stress;
mod subtoken;
mod table;
mod tagger;
mod tokenize;
mod unknown;
mod vocals;
mod words;

pub use assets::TextError;
pub use chunks::MAX_PHONEMES;
pub use markup::{Cue, MAX_PAUSE_SECS, Mark, MarkKind, Marked, Style, markup};
pub use unknown::UnknownWords;

use lexicon::Lexicon;
use line::{Line, Span};
use links::{Link, Target};
use normalize::Normalizer;
use sentences::Bounds;
use source::{LINK_MARK, Source};
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use tagger::Tagger;
use tokenize::Tokenizer;
use unknown::Unknown;
use words::{Reader, Token};

/// Of what is longer and written in one piece, a [`Word`] has only the start, bytes.
pub const MAX_WORD_BYTES: usize = 1000;

/// Which English.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Accent {
    /// American.
    #[default]
    American,
    /// British.
    British,
}

/// A sentence, or a part of one that is too long to be said at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Sentence {
    /// Where it is in the text, bytes.
    pub bytes: Range<usize>,
    /// What it sounds like; empty where everything in it was skipped.
    pub phonemes: String,
    /// Its words, in order.
    pub words: Vec<Word>,
    /// What was not read as it stands.
    pub notes: Vec<Note>,
    /// Whether a line break or the end of the text follows.
    pub ends_paragraph: bool,
}

/// A word, or something written in one piece that is said in several words ("$9.99").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As it stands in the text, without the punctuation around it.
    pub text: String,
    /// Where it is in the text, bytes.
    pub bytes: Range<usize>,
    /// Its part of the sentence's phonemes, characters (not bytes).
    pub phonemes: Range<usize>,
}

/// Something that was not read as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Where it is in the text, bytes.
    pub bytes: Range<usize>,
    /// What became of it.
    pub kind: NoteKind,
}

/// What became of something that was not read as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoteKind {
    /// Control characters and the like: skipped.
    Control,
    /// Symbols without a name: skipped.
    Symbol,
    /// Letters of a script that cannot be written in Latin letters: skipped.
    Script,
    /// Letters of another script: read as if written in Latin letters, which is only roughly right.
    Transliterated,
    /// An inline pronunciation with characters that are no phonemes: these are skipped.
    UnknownSound,
}

impl NoteKind {
    /// Whether it is not heard at all.
    pub fn is_skipped(self) -> bool {
        self != Self::Transliterated
    }
}

/// What both accents share.
struct Shared {
    tagger: Tagger,
    tokenizer: Tokenizer,
    normalizer: Normalizer,
    /// Of the network's alphabet.
    sounds: Vec<char>,
}

/// Reads English text. Cheap to share between threads.
pub struct Phonemizer {
    shared: Arc<Shared>,
    accent: Accent,
    lexicon: Lexicon,
    unknown: Unknown,
}

impl std::fmt::Debug for Phonemizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Phonemizer")
            .field("accent", &self.accent)
            .field("words", &(self.lexicon.golds.len() + self.lexicon.silvers.len()))
            .finish_non_exhaustive()
    }
}

impl Phonemizer {
    /// Loads lexicons, tagger and tables from a voice's folder.
    ///
    /// # Errors
    /// [`TextError`] names the file that is missing, too large or malformed.
    pub fn load(folder: &Path, accent: Accent) -> Result<Self, TextError> {
        let ids: HashMap<char, u32> = assets::read_json(folder, "vocab.json")?;
        let shared = Shared {
            tagger: Tagger::load(folder)?,
            tokenizer: Tokenizer::load(folder)?,
            normalizer: Normalizer::load(folder)?,
            sounds: ids.into_keys().collect(),
        };
        Self::with_shared(Arc::new(shared), folder, accent)
    }

    /// Another accent from the same folder; only its lexicons are loaded. Unknown words are spelled
    /// until [`Self::with_unknown_words`] says otherwise.
    ///
    /// # Errors
    /// [`TextError`] names the file that is missing, too large or malformed.
    pub fn with_accent(&self, folder: &Path, accent: Accent) -> Result<Self, TextError> {
        Self::with_shared(self.shared.clone(), folder, accent)
    }

    fn with_shared(shared: Arc<Shared>, folder: &Path, accent: Accent) -> Result<Self, TextError> {
        let lexicon = Lexicon::load(folder, accent)?;
        Ok(Self { shared, accent, lexicon, unknown: Unknown::default() })
    }

    /// Asks this for the phonemes of words that no lexicon knows, and spells where it has none.
    #[must_use]
    pub fn with_unknown_words(
        mut self,
        ask: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.unknown.ask = Some(Box::new(ask));
        self
    }

    /// Which English it reads.
    pub fn accent(&self) -> Accent {
        self.accent
    }

    /// Reads a text sentence by sentence, each when it is asked for: the first one need not wait for
    /// the last.
    pub fn sentences<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Sentence> + 'a {
        let links = links::find(text);
        let bounds = sentences::split(text, &links, &self.shared.normalizer);
        bounds.into_iter().flat_map(move |bounds| {
            let first = links.partition_point(|link| link.whole.start < bounds.range.start);
            let last = links.partition_point(|link| link.whole.end <= bounds.range.end);
            let links = links.get(first..last).unwrap_or(&[]);
            chunks::split(self.sentence(text, &bounds, links), MAX_PHONEMES)
        })
    }

    /// Reads a whole text.
    pub fn phonemize(&self, text: &str) -> Vec<Sentence> {
        self.sentences(text).collect()
    }

    fn sentence(&self, text: &str, bounds: &Bounds, links: &[Link]) -> Sentence {
        let Source { mut line, mut notes, links, .. } =
            Source::read(text, bounds.range.clone(), links, &self.shared.normalizer);
        self.shared.normalizer.apply(&mut line);
        let mut words = words::words(self.tokens(text, &line, &links, &mut notes));
        Reader { lexicon: &self.lexicon, unknown: &self.unknown }.read(&mut words);
        let mut said =
            Said { text, line: &line, phonemes: String::new(), len: 0, words: Vec::new() };
        words.iter().for_each(|parts| said.push(parts));
        said.close(&text[bounds.range.clone()]);
        notes.sort_by_key(|note| note.bytes.start);
        Sentence {
            bytes: bounds.range.clone(),
            phonemes: said.phonemes,
            words: said.words,
            notes,
            ends_paragraph: bounds.ends_paragraph,
        }
    }

    /// Tokens with their tags; a link is one token, and the text around it is tagged apart.
    fn tokens<'a>(
        &'a self,
        text: &'a str,
        line: &'a Line,
        links: &[&Link],
        notes: &mut Vec<Note>,
    ) -> Vec<Token<'a>> {
        let mut tokens = Vec::new();
        let mut links = links.iter();
        let mut start = 0;
        for segment in line.text().split(LINK_MARK) {
            let end = start + segment.len();
            let pieces = self.shared.tokenizer.split(line.text(), start..end);
            let texts: Vec<&str> =
                pieces.iter().map(|piece| &line.text()[piece.at.clone()]).collect();
            let tags = self.shared.tagger.tags(&texts);
            tokens.extend(
                pieces
                    .into_iter()
                    .zip(texts)
                    .zip(tags)
                    .map(|((piece, text), tag)| Token::new(text, tag, piece.at, piece.space)),
            );
            start = end + LINK_MARK.len_utf8();
            if let Some(link) = links.next()
                && start <= line.text().len()
            {
                let space = line.text()[start..].starts_with(' ');
                let mut token = Token::new(&text[link.label.clone()], "NN", end..start, space);
                match &link.target {
                    Target::Phonemes(phonemes) => {
                        token.phonemes = Some(self.known_sounds(phonemes, link, notes));
                    }
                    Target::Stress(stress) => token.stress = Some(*stress),
                    Target::Elsewhere => {}
                }
                tokens.push(token);
            }
        }
        tokens
    }

    /// The user's phonemes without what is none; the usual "g" stands for the phonetic one.
    fn known_sounds(&self, phonemes: &str, link: &Link, notes: &mut Vec<Note>) -> String {
        let sounds: String = phonemes
            .chars()
            .map(|sound| if sound == 'g' { 'ɡ' } else { sound })
            .filter(|sound| self.shared.sounds.contains(sound))
            .collect();
        if sounds.chars().count() < phonemes.chars().count() {
            notes.push(Note { bytes: link.whole.clone(), kind: NoteKind::UnknownSound });
        }
        sounds
    }
}

/// Whether a character of a phoneme string is punctuation or a space.
fn is_pause_mark(c: char) -> bool {
    c.is_whitespace() || ";:,.!?—…\"()“”".contains(c)
}

/// A sentence that is being put together.
struct Said<'a> {
    text: &'a str,
    line: &'a Line,
    phonemes: String,
    /// Characters of `phonemes`.
    len: usize,
    words: Vec<Word>,
}

impl Said<'_> {
    fn push(&mut self, parts: &[Token<'_>]) {
        let sound = words::sound(parts);
        let length = sound.chars().count();
        let lead = sound.chars().take_while(|&c| is_pause_mark(c)).count();
        if lead < length {
            let tail = sound.chars().rev().take_while(|&c| is_pause_mark(c)).count();
            let span = parts
                .iter()
                .filter(|part| part.phonemes.as_ref().is_some_and(|sound| !sound.is_empty()))
                .filter_map(|part| self.line.span(part.at.clone()))
                .reduce(Span::union);
            if let Some(span) = span {
                self.push_word(span, self.len + lead..self.len + length - tail);
            }
        }
        self.phonemes.push_str(&sound);
        self.len += length;
        let space = parts.last().is_some_and(|part| part.space);
        if space && !self.phonemes.is_empty() && !self.phonemes.ends_with(' ') {
            self.phonemes.push(' ');
            self.len += 1;
        }
    }

    /// What comes from one stretch of the user's text is one word.
    fn push_word(&mut self, span: Span, phonemes: Range<usize>) {
        let (mut bytes, mut phonemes) = (span.start..span.end, phonemes);
        if let Some(last) =
            self.words.pop_if(|last| span.start < last.bytes.end && last.bytes.start < span.end)
        {
            bytes = last.bytes.start.min(span.start)..last.bytes.end.max(span.end);
            phonemes.start = last.phonemes.start;
        }
        if bytes.len() > MAX_WORD_BYTES {
            bytes.end = self.text.floor_char_boundary(bytes.start + MAX_WORD_BYTES);
        }
        let text = self.text[bytes.clone()].to_owned();
        self.words.push(Word { text, bytes, phonemes });
    }

    /// A full stop that went into an abbreviation is still heard as the end.
    fn close(&mut self, sentence: &str) {
        self.phonemes.truncate(self.phonemes.trim_end().len());
        let ends = sentence.trim_end_matches(['"', '”', '’', '\'', ')', ']']).ends_with('.');
        if ends && self.phonemes.ends_with(|c: char| !is_pause_mark(c)) {
            self.phonemes.push('.');
        }
    }
}
