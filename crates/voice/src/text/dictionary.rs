//! A lexicon file: words, and how they are said.

use super::assets::{TableSeed, TextError, Value, read};
use super::table::Table;
use serde::de::DeserializeSeed as _;
use std::path::Path;

/// First byte of an entry that depends on the part of speech; no UTF-8 starts with it.
const VARIANTS: u8 = 0xff;
/// In place of a length: the entry says that there is no such reading.
const NONE: u8 = 0xff;

/// One lexicon.
pub(super) struct Dictionary {
    words: Table,
}

/// How a word is said.
#[derive(Clone, Copy)]
pub(super) enum Entry<'a> {
    /// Always alike.
    One(&'a str),
    /// Depending on its part of speech.
    Several(Variants<'a>),
}

/// Readings by part of speech.
#[derive(Clone, Copy)]
pub(super) struct Variants<'a>(&'a [u8]);

impl<'a> Variants<'a> {
    /// The reading of a tag: `None` where the entry has no such tag, `Some(None)` where it says that
    /// the word has no reading there.
    pub(super) fn get(self, tag: &str) -> Option<Option<&'a str>> {
        let mut rest = self.0;
        while let [tag_len, after @ ..] = rest {
            let (name, after) = after.split_at_checked(usize::from(*tag_len))?;
            let (&len, after) = after.split_first()?;
            let len = if len == NONE { None } else { Some(usize::from(len)) };
            let (phonemes, after) = after.split_at_checked(len.unwrap_or(0))?;
            if name == tag.as_bytes() {
                return Some(len.and_then(|_| std::str::from_utf8(phonemes).ok()));
            }
            rest = after;
        }
        None
    }
}

impl Dictionary {
    pub(super) fn load(folder: &Path, name: &str) -> Result<Self, TextError> {
        let (path, text) = read(folder, name)?;
        let seed = TableSeed { entries: text.len() / 28, bytes: text.len(), encode };
        let mut json = serde_json::Deserializer::from_str(&text);
        let words = seed
            .deserialize(&mut json)
            .and_then(|words| json.end().map(|()| words))
            .map_err(|error| TextError::Malformed { path, problem: error.to_string() })?;
        Ok(Self { words })
    }

    /// How many words it has.
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// A word in small letters also stands for its capitalised form and the other way round, unless
    /// that has an entry of its own.
    pub(super) fn get(&self, word: &str) -> Option<Entry<'_>> {
        if !word.is_ascii() {
            return None;
        }
        if let Some(value) = self.words.get(word) {
            return entry(value);
        }
        if word.len() < 2 || word[1..].bytes().any(|b| b.is_ascii_uppercase()) {
            return None;
        }
        let mut other = word.to_owned();
        let first = &mut other[..1];
        match first.bytes().all(|b| b.is_ascii_uppercase()) {
            true => first.make_ascii_lowercase(),
            false => first.make_ascii_uppercase(),
        }
        entry(self.words.get(&other)?)
    }

    pub(super) fn contains(&self, word: &str) -> bool {
        self.get(word).is_some()
    }
}

fn entry(value: &[u8]) -> Option<Entry<'_>> {
    match value {
        [VARIANTS, variants @ ..] => Some(Entry::Several(Variants(variants))),
        _ => std::str::from_utf8(value).ok().map(Entry::One),
    }
}

fn encode(value: Value<'_>, bytes: &mut Vec<u8>) -> Result<(), String> {
    match value {
        Value::Text(phonemes) => bytes.extend_from_slice(phonemes.as_bytes()),
        Value::Texts(variants) => {
            if !variants.iter().any(|(tag, _)| tag == "DEFAULT") {
                return Err("has no `DEFAULT`".to_owned());
            }
            bytes.push(VARIANTS);
            for (tag, phonemes) in variants {
                let text = phonemes.as_deref().unwrap_or("");
                let (Ok(tag_len), Ok(len)) = (u8::try_from(tag.len()), u8::try_from(text.len()))
                else {
                    return Err(format!("`{tag}` is too long"));
                };
                if len == NONE {
                    return Err(format!("`{tag}` is too long"));
                }
                bytes.push(tag_len);
                bytes.extend_from_slice(tag.as_bytes());
                bytes.push(if phonemes.is_some() { len } else { NONE });
                bytes.extend_from_slice(text.as_bytes());
            }
        }
        _ => return Err("is neither a text nor texts by tag".to_owned()),
    }
    Ok(())
}
