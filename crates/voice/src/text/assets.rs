//! The files that the text front end reads: sizes are bounded before anything is allocated.

use super::table::Table;
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Most bytes of a file as it lies on the disk.
const MAX_FILE_BYTES: u64 = 8 << 20;
/// Most bytes of a file after decompression.
const MAX_UNPACKED_BYTES: u64 = 24 << 20;

/// Why the front end's files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// A file is not there or cannot be read or decompressed.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is larger than it may be.
    #[error("{}: more than {limit_bytes} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most it may have, bytes.
        limit_bytes: u64,
    },
    /// A file's contents are not what they should be.
    #[error("{}: {problem}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The field or place, and what is wrong with it.
        problem: String,
    },
}

/// A file's text, decompressed where its name ends in `.gz`.
pub(super) fn read(folder: &Path, name: &str) -> Result<(PathBuf, String), TextError> {
    let path = folder.join(name);
    let unreadable = |source| TextError::Unreadable { path: path.clone(), source };
    let too_large = |limit_bytes| TextError::TooLarge { path: path.clone(), limit_bytes };
    let file = std::fs::File::open(&path).map_err(unreadable)?;
    let mut packed = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut packed).map_err(unreadable)?;
    if packed.len() as u64 > MAX_FILE_BYTES {
        return Err(too_large(MAX_FILE_BYTES));
    }
    let bytes = match name.ends_with(".gz") {
        false => packed,
        true => {
            let mut bytes = Vec::with_capacity(packed.len() * 4);
            flate2::read::GzDecoder::new(packed.as_slice())
                .take(MAX_UNPACKED_BYTES + 1)
                .read_to_end(&mut bytes)
                .map_err(unreadable)?;
            if bytes.len() as u64 > MAX_UNPACKED_BYTES {
                return Err(too_large(MAX_UNPACKED_BYTES));
            }
            bytes
        }
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ok((path, text)),
        Err(error) => Err(TextError::Malformed { path, problem: error.to_string() }),
    }
}

/// A small JSON file.
pub(super) fn read_json<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<T, TextError> {
    let (path, text) = read(folder, name)?;
    serde_json::from_str(&text)
        .map_err(|error| TextError::Malformed { path, problem: error.to_string() })
}

/// Reads a JSON object into a [`Table`], value by value, without a tree in between.
pub(super) struct TableSeed<F> {
    /// Room for so many entries.
    pub entries: usize,
    /// Room for so many bytes.
    pub bytes: usize,
    /// Writes the bytes that the table keeps for a value.
    pub encode: F,
}

impl<'de, F> DeserializeSeed<'de> for TableSeed<F>
where
    F: FnMut(Value<'de>, &mut Vec<u8>) -> Result<(), String>,
{
    type Value = Table;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Table, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de, F> Visitor<'de> for TableSeed<F>
where
    F: FnMut(Value<'de>, &mut Vec<u8>) -> Result<(), String>,
{
    type Value = Table;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Table, A::Error> {
        let mut table = Table::with_capacity(self.entries, self.bytes);
        let mut bytes = Vec::new();
        while let Some(Text(key)) = map.next_key_seed(TextSeed)? {
            let value = map.next_value_seed(ValueSeed)?;
            bytes.clear();
            (self.encode)(value, &mut bytes)
                .map_err(|problem| A::Error::custom(format!("`{key}`: {problem}")))?;
            if !table.insert(&key, &bytes) {
                return Err(A::Error::custom(format!("`{key}` is too long")));
            }
        }
        Ok(table)
    }
}

/// What stands at a key.
pub(super) enum Value<'de> {
    Text(Cow<'de, str>),
    Number(f64),
    List(Vec<Cow<'de, str>>),
    /// An object of texts or nulls.
    Texts(Vec<(Cow<'de, str>, Option<Cow<'de, str>>)>),
    /// An object of numbers.
    Numbers(Vec<(Cow<'de, str>, f64)>),
    Null,
}

pub(super) struct ValueSeed;

impl<'de> DeserializeSeed<'de> for ValueSeed {
    type Value = Value<'de>;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Value<'de>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, a list of texts or an object of these")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value<'de>, E> {
        Ok(Value::Number(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value<'de>, E> {
        Ok(Value::Number(number as f64))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value<'de>, E> {
        Ok(Value::Number(number as f64))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(Text(text)) = seq.next_element_seed(TextSeed)? {
            list.push(text);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
        let (mut texts, mut numbers) = (Vec::new(), Vec::new());
        while let Some(Text(key)) = map.next_key_seed(TextSeed)? {
            match map.next_value_seed(ValueSeed)? {
                Value::Text(text) => texts.push((key, Some(text))),
                Value::Null => texts.push((key, None)),
                Value::Number(number) => numbers.push((key, number)),
                _ => return Err(A::Error::custom(format!("`{key}` is nested too deeply"))),
            }
        }
        match (texts.is_empty(), numbers.is_empty()) {
            (true, _) => Ok(Value::Numbers(numbers)),
            (_, true) => Ok(Value::Texts(texts)),
            _ => Err(A::Error::custom("an object of both texts and numbers")),
        }
    }
}

struct TextSeed;
struct Text<'de>(Cow<'de, str>);

impl<'de> DeserializeSeed<'de> for TextSeed {
    type Value = Text<'de>;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Text<'de>, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for TextSeed {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }
}
