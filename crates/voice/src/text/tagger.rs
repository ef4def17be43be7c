//! Parts of speech (Penn Treebank tags), by an averaged perceptron: "read", "live" and "record" are
//! said by what they are in their sentence.

use super::assets::{TableSeed, TextError, Value, ValueSeed, read};
use super::table::Table;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::path::Path;

const MAX_TAGS: usize = 128;
const START: [&str; 2] = ["-START2-", "-START-"];
const END: [&str; 2] = ["-END-", "-END2-"];
/// Weights have one decimal place in the file.
const UNITS_PER_WEIGHT: f64 = 10.0;
const WEIGHT_BYTES: usize = 3;

/// The tagger.
pub(super) struct Tagger {
    tags: Vec<String>,
    /// Words with one tag only.
    certain: Table,
    /// Words that the weights know; others count by their shape.
    vocabulary: Table,
    /// Features to weights: tag and value, [`WEIGHT_BYTES`] each.
    weights: Table,
}

impl Tagger {
    pub(super) fn load(folder: &Path) -> Result<Self, TextError> {
        let (path, text) = read(folder, "tagger.json.gz")?;
        let mut json = serde_json::Deserializer::from_str(&text);
        TaggerSeed
            .deserialize(&mut json)
            .and_then(|tagger| json.end().map(|()| tagger))
            .map_err(|error| TextError::Malformed { path, problem: error.to_string() })
    }

    /// One tag for each word.
    pub(super) fn tags<'a>(&'a self, words: &[&str]) -> Vec<&'a str> {
        let context: Vec<Cow<'_, str>> = START
            .map(Cow::Borrowed)
            .into_iter()
            .chain(words.iter().map(|word| self.known_form(word)))
            .chain(END.map(Cow::Borrowed))
            .collect();
        let (mut before, mut last) = (START[0], START[1]);
        let mut features = Features { text: String::new() };
        let mut scores = vec![0.0; self.tags.len()];
        let mut tags = Vec::with_capacity(words.len());
        for (word, around) in words.iter().zip(context.windows(5)) {
            let tag = match self.certain.get(word) {
                Some(&[tag]) => &self.tags[usize::from(tag)],
                _ => {
                    let first = tags.is_empty();
                    scores.fill(0.0);
                    features.each(word, around, first, last, before, |feature| {
                        for weight in self.weights.get(feature).unwrap_or(&[]).chunks(WEIGHT_BYTES)
                        {
                            if let &[tag, low, high] = weight {
                                let units = i16::from_le_bytes([low, high]);
                                scores[usize::from(tag)] += f64::from(units) / UNITS_PER_WEIGHT;
                            }
                        }
                    });
                    let best =
                        self.tags.iter().zip(&scores).max_by(|(tag, score), (other, best)| {
                            score.total_cmp(best).then_with(|| tag.cmp(other))
                        });
                    best.map_or("NN", |(tag, _)| tag)
                }
            };
            tags.push(tag);
            (before, last) = (last, tag);
        }
        tags
    }

    fn known_form<'w>(&self, word: &'w str) -> Cow<'w, str> {
        let digits = word.chars().all(|c| c.is_ascii_digit());
        let form = if word.contains('-') && !word.starts_with('-') {
            Cow::Borrowed("!HYPHEN")
        } else if digits && word.len() == 4 {
            Cow::Borrowed("!YEAR")
        } else if word.starts_with(|c: char| c.is_ascii_digit()) {
            Cow::Borrowed("!DIGITS")
        } else {
            Cow::Owned(word.to_lowercase())
        };
        match self.vocabulary.get(&form) {
            Some(_) => form,
            None => Cow::Owned(format!("<{}>", shape(word))),
        }
    }
}

/// What a word looks like: capitals, digits.
fn shape(word: &str) -> Cow<'static, str> {
    let mut chars = word.chars();
    if word.chars().all(char::is_alphabetic) {
        let single = word.chars().count() == 1;
        return Cow::Borrowed(if word.chars().all(char::is_lowercase) {
            "x"
        } else if word.chars().all(char::is_uppercase) {
            if single { "X1" } else { "XX" }
        } else if chars.next().is_some_and(char::is_uppercase) && chars.all(char::is_lowercase) {
            "Xx"
        } else {
            "xX"
        });
    }
    if word.chars().all(|c| c.is_ascii_digit()) {
        return Cow::Borrowed("d");
    }
    let class = |c: char| match c {
        _ if c.is_ascii_digit() => 'd',
        _ if c.is_alphabetic() => 'x',
        _ => c,
    };
    Cow::Owned(word.chars().take(4).map(class).collect())
}

/// The last three characters.
fn ending(word: &str) -> &str {
    word.char_indices().rev().nth(2).map_or(word, |(at, _)| &word[at..])
}

/// Writes the features of a place one after the other into one buffer.
struct Features {
    text: String,
}

impl Features {
    fn each(
        &mut self,
        word: &str,
        around: &[Cow<'_, str>],
        first: bool,
        last: &str,
        before: &str,
        mut visit: impl FnMut(&str),
    ) {
        let [two_back, one_back, here, next, after_next] = around else { return };
        let initial = word.char_indices().nth(1).map_or(word, |(at, _)| &word[..at]);
        let shape = shape(word);
        // In the order of the reference: a sum of floats depends on it, and some tags are close.
        for parts in [
            ["b", "", "", ""],
            ["s3=", ending(word), "", ""],
            ["p1=", initial, "", ""],
            ["w=", here, "", ""],
            ["sh=", &shape, "", ""],
            [if first { "i0" } else { "i+" }, "", "", ""],
            ["t-1=", last, "", ""],
            ["t-2=", before, "", ""],
            ["t-12=", last, ",", before],
            ["w-1=", one_back, "", ""],
            ["s3-1=", ending(one_back), "", ""],
            ["w-2=", two_back, "", ""],
            ["w+1=", next, "", ""],
            ["s3+1=", ending(next), "", ""],
            ["w+2=", after_next, "", ""],
        ] {
            self.text.clear();
            self.text.extend(parts);
            visit(&self.text);
        }
    }
}

struct TaggerSeed;

impl<'de> DeserializeSeed<'de> for TaggerSeed {
    type Value = Tagger;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Tagger, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for TaggerSeed {
    type Value = Tagger;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a tagger")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tagger, A::Error> {
        let mut tags = Vec::new();
        let mut numbers = HashMap::new();
        let (mut certain, mut vocabulary, mut weights) = (None, None, None);
        let number_of = |numbers: &HashMap<String, u8>, tag: &str| {
            numbers
                .get(tag)
                .copied()
                .ok_or_else(|| format!("`{tag}` is not among `tags` before it"))
        };
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "tags" => {
                    tags = map.next_value::<Vec<String>>()?;
                    if tags.len() > MAX_TAGS {
                        return Err(A::Error::custom("`tags` are too many"));
                    }
                    numbers = (0..).zip(&tags).map(|(number, tag)| (tag.clone(), number)).collect();
                }
                "tagdict" => {
                    let encode = |value: Value<'_>, bytes: &mut Vec<u8>| {
                        let Value::Text(tag) = value else { return Err("is no text".to_owned()) };
                        bytes.push(number_of(&numbers, &tag)?);
                        Ok(())
                    };
                    let seed = TableSeed { entries: 14_000, bytes: 200_000, encode };
                    certain = Some(map.next_value_seed(seed)?);
                }
                "vocab" => {
                    let Value::List(words) = map.next_value_seed(ValueSeed)? else {
                        return Err(A::Error::custom("`vocab` is no list"));
                    };
                    let mut table = Table::with_capacity(words.len(), words.len() * 12);
                    if let Some(word) = words.iter().find(|word| !table.insert(word, &[])) {
                        return Err(A::Error::custom(format!("`vocab`: `{word}` is too long")));
                    }
                    vocabulary = Some(table);
                }
                "weights" => {
                    let encode = |value: Value<'_>, bytes: &mut Vec<u8>| {
                        let Value::Numbers(list) = value else {
                            return Err("has no weights by tag".to_owned());
                        };
                        for (tag, weight) in list {
                            let units = (weight * UNITS_PER_WEIGHT).round();
                            if units.abs() > f64::from(i16::MAX) {
                                return Err(format!("`{tag}` weighs {weight}: too much"));
                            }
                            bytes.push(number_of(&numbers, &tag)?);
                            bytes.extend_from_slice(&(units as i16).to_le_bytes());
                        }
                        Ok(())
                    };
                    let seed = TableSeed { entries: 80_000, bytes: 2_200_000, encode };
                    weights = Some(map.next_value_seed(seed)?);
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let missing = |field| A::Error::missing_field(field);
        Ok(Tagger {
            tags,
            certain: certain.ok_or_else(|| missing("tagdict"))?,
            vocabulary: vocabulary.ok_or_else(|| missing("vocab"))?,
            weights: weights.ok_or_else(|| missing("weights"))?,
        })
    }
}
