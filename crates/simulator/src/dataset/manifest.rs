//! What a data set holds.

use super::error::invalid;
use super::{ChannelSpec, DatasetError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;

/// The manifest's file name.
pub const MANIFEST_FILE: &str = "manifest.json";
/// Seeds from this one on are for measuring, never for training.
pub const FIRST_HELD_OUT_SEED: u64 = 1_000_000;

pub(super) const FORMAT: &str = "reverie-dataset";
pub(super) const VERSION: u32 = 1;
/// Longest manifest that is read, bytes.
const MAX_MANIFEST_BYTES: u64 = 64 << 20;

/// What made the episodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generator {
    /// The program or crate.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Something that changes when it would make other frames from the same seeds, for example a
    /// hash of a frame.
    pub fingerprint: String,
}

/// A finished shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShardEntry {
    /// File name in the folder.
    pub file: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of all of it, hexadecimal.
    pub sha256: String,
    /// Number of the first episode in it, from 0.
    pub first_episode: u64,
    /// Number of episodes in it.
    pub episodes: u64,
    /// Number of frames in it.
    pub frames: u64,
}

/// `manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `reverie-dataset`.
    pub format: String,
    /// 1.
    pub version: u32,
    /// What made it.
    pub generator: Generator,
    /// The kind of world in all episodes, or `mixed`.
    pub domain: String,
    /// All seeds are held out: not to be trained on.
    pub held_out: bool,
    /// What the generator was told, apart from the number of episodes.
    pub parameters: BTreeMap<String, Value>,
    /// Frames a second.
    pub tick_hz: f32,
    /// Width and height of frames, pixels.
    pub size: [u32; 2],
    /// What is recorded.
    pub channels: Vec<ChannelSpec>,
    /// Names of the class numbers, where there are classes.
    pub classes: BTreeMap<u8, String>,
    /// Episodes that a shard holds, but for the last one.
    pub episodes_per_shard: u64,
    /// Episodes that were asked for.
    pub episodes_wanted: u64,
    /// Episodes in finished shards.
    pub episodes: u64,
    /// Frames in finished shards.
    pub frames: u64,
    /// Every episode that was asked for is there.
    pub complete: bool,
    /// The finished shards, in order.
    pub shards: Vec<ShardEntry>,
}

impl Manifest {
    /// Reads and checks the manifest of a folder.
    ///
    /// # Errors
    /// [`DatasetError`], naming the file.
    pub fn read(folder: &Path) -> Result<Self, DatasetError> {
        let path = folder.join(MANIFEST_FILE);
        let file = File::open(&path).map_err(DatasetError::read(&path))?;
        let mut text = Vec::new();
        file.take(MAX_MANIFEST_BYTES + 1)
            .read_to_end(&mut text)
            .map_err(DatasetError::read(&path))?;
        let bad = |problem: String| DatasetError::corrupt(&path, problem);
        if text.len() as u64 > MAX_MANIFEST_BYTES {
            return Err(bad(format!("is larger than {} MiB", MAX_MANIFEST_BYTES >> 20)));
        }
        #[derive(Deserialize)]
        struct Head {
            format: String,
            version: u32,
        }
        let head: Head = serde_json::from_slice(&text).map_err(|e| bad(e.to_string()))?;
        if head.format != FORMAT || head.version != VERSION {
            let (format, version) = (head.format, head.version);
            let found: String = format!("{format} version {version}").chars().take(80).collect();
            return Err(bad(format!("is {found}, expected {FORMAT} version {VERSION}")));
        }
        let manifest: Self = serde_json::from_slice(&text).map_err(|e| bad(e.to_string()))?;
        manifest.check().map_err(bad)?;
        Ok(manifest)
    }

    /// Puts it in place of the old one, all or nothing.
    pub(super) fn write(&self, folder: &Path) -> Result<(), DatasetError> {
        let (path, partial) =
            (folder.join(MANIFEST_FILE), folder.join(format!("{MANIFEST_FILE}.partial")));
        let mut text =
            serde_json::to_vec_pretty(self).map_err(|e| invalid("manifest", e.to_string()))?;
        text.push(b'\n');
        let written = File::create(&partial)
            .and_then(|mut file| file.write_all(&text).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&partial, &path))
            .and_then(|()| sync_folder(folder));
        if written.is_err() {
            // A half-written copy is of no use; that it may stay changes nothing.
            let _ = fs::remove_file(&partial);
        }
        written.map_err(DatasetError::write(&path))
    }

    fn check(&self) -> Result<(), String> {
        let mut next = 0;
        let mut frames = 0_u64;
        for (number, shard) in self.shards.iter().enumerate() {
            if shard.file != shard_name(number as u64) {
                return Err(format!(
                    "shards[{number}].file: expected {}",
                    shard_name(number as u64)
                ));
            }
            if shard.first_episode != next || shard.episodes == 0 {
                return Err(format!("shards[{number}]: episodes do not follow one another"));
            }
            next = next.saturating_add(shard.episodes);
            frames = frames.saturating_add(shard.frames);
        }
        if (self.episodes, self.frames) != (next, frames) {
            return Err("episodes or frames: not what the shards hold".to_owned());
        }
        if self.episodes_per_shard == 0 {
            return Err("episodes_per_shard: is 0".to_owned());
        }
        Ok(())
    }
}

/// File name of a shard.
pub(super) fn shard_name(number: u64) -> String {
    format!("shard-{number:05}.rvd")
}

/// Makes sure that new names survive a loss of power.
pub(super) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    // Other systems cannot open folders.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Bytes as lower-case hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|b| [b >> 4, b & 15])
        .filter_map(|n| char::from_digit(n.into(), 16))
        .collect()
}
