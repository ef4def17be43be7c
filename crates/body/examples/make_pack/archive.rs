//! Just enough of ZIP and gzip to read a wheel.

use miniz_oxide::inflate::decompress_to_vec_with_limit;
use std::{collections::BTreeMap, error::Error};

const FILE_LIMIT: usize = 64 << 20;

/// The files of a ZIP archive by name: how they are packed and their packed bytes.
pub struct Archive<'a>(BTreeMap<String, (u16, &'a [u8])>);

fn number(bytes: &[u8], at: usize, width: usize) -> Result<usize, Box<dyn Error>> {
    let part = bytes.get(at..at + width).ok_or("the archive is too short")?;
    Ok(part.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
}

impl<'a> Archive<'a> {
    pub fn new(bytes: &'a [u8]) -> Result<Self, Box<dyn Error>> {
        let end = bytes.windows(4).rposition(|w| w == b"PK\x05\x06").ok_or("this is no ZIP")?;
        let (count, mut at) = (number(bytes, end + 10, 2)?, number(bytes, end + 16, 4)?);
        let mut files = BTreeMap::new();
        for _ in 0..count {
            let method = number(bytes, at + 10, 2)? as u16;
            let packed = number(bytes, at + 20, 4)?;
            let name_length = number(bytes, at + 28, 2)?;
            let rest = number(bytes, at + 30, 2)? + number(bytes, at + 32, 2)?;
            let local = number(bytes, at + 42, 4)?;
            let name = bytes.get(at + 46..at + 46 + name_length).ok_or("a name is cut off")?;
            let start = local + 30 + number(bytes, local + 26, 2)? + number(bytes, local + 28, 2)?;
            let content = bytes.get(start..start + packed).ok_or("a file is cut off")?;
            files.insert(String::from_utf8(name.to_vec())?, (method, content));
            at += 46 + name_length + rest;
        }
        Ok(Self(files))
    }

    /// The files below a folder that end like this, by name.
    pub fn names<'b>(&'b self, folder: &'b str, end: &'b str) -> impl Iterator<Item = &'b str> {
        self.0.keys().map(String::as_str).filter(move |n| n.starts_with(folder) && n.ends_with(end))
    }

    /// A file's bytes; those of `.gz` files unpacked.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, Box<dyn Error>> {
        let (method, packed) = self.0.get(name).ok_or_else(|| format!("{name} is not there"))?;
        let failed = |e| format!("{name}: {e}");
        let bytes = match method {
            0 => packed.to_vec(),
            8 => decompress_to_vec_with_limit(packed, FILE_LIMIT).map_err(failed)?,
            other => return Err(format!("{name}: unknown packing {other}").into()),
        };
        if !name.ends_with(".gz") {
            return Ok(bytes);
        }
        // RFC 1952: ten bytes, then a name if bit 3 of the flags is set.
        let flags = *bytes.get(3).ok_or("a gzip file is too short")?;
        let mut start = 10;
        if flags & 8 != 0 {
            start += 1 + bytes[10..].iter().position(|b| *b == 0).ok_or("gzip name")?;
        }
        if flags & !8 != 0 {
            return Err(format!("{name}: unknown gzip flags {flags}").into());
        }
        Ok(decompress_to_vec_with_limit(&bytes[start..], FILE_LIMIT).map_err(failed)?)
    }

    pub fn text(&self, name: &str) -> Result<String, Box<dyn Error>> {
        Ok(String::from_utf8(self.read(name)?)?)
    }
}
