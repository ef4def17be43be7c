//! One file of episodes.

use super::error::invalid;
use super::manifest::hexadecimal;
use super::{DatasetError, EncodedEpisode};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

const HEAD_MAGIC: [u8; 8] = *b"RVSHARD1";
const EPISODE_MAGIC: [u8; 4] = *b"RVEP";
const TAIL_MAGIC: [u8; 8] = *b"RVINDEX1";
/// Of a shard without episodes.
pub(super) const HEAD_BYTES: u64 = 16;
const EPISODE_HEAD_BYTES: u64 = 32;
const TAIL_BYTES: u64 = 32;
/// Longest index and longest record that are read, bytes.
const MAX_JSON_BYTES: u64 = 1 << 30;

/// Where an episode lies in its shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IndexEntry {
    pub(super) episode: u64,
    pub(super) seed: u64,
    pub(super) frames: u64,
    /// Of its head.
    pub(super) offset: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    episodes: Vec<IndexEntry>,
}

/// The head of an episode in a shard.
#[derive(Debug, Clone, Copy)]
pub(super) struct EpisodeHead {
    pub(super) crc: u32,
    pub(super) episode: u64,
    pub(super) record_bytes: u64,
    pub(super) blob_bytes: u64,
}

impl EpisodeHead {
    fn to_bytes(self) -> [u8; EPISODE_HEAD_BYTES as usize] {
        let mut bytes = [0; EPISODE_HEAD_BYTES as usize];
        bytes[..4].copy_from_slice(&EPISODE_MAGIC);
        bytes[4..8].copy_from_slice(&self.crc.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.episode.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.record_bytes.to_le_bytes());
        bytes[24..].copy_from_slice(&self.blob_bytes.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8; EPISODE_HEAD_BYTES as usize]) -> Option<Self> {
        bytes.starts_with(&EPISODE_MAGIC).then(|| Self {
            crc: u32_at(bytes, 4),
            episode: u64_at(bytes, 8),
            record_bytes: u64_at(bytes, 16),
            blob_bytes: u64_at(bytes, 24),
        })
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes[at..].first_chunk().map_or(0, |b| u32::from_le_bytes(*b))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes[at..].first_chunk().map_or(0, |b| u64::from_le_bytes(*b))
}

/// A shard in the making.
#[derive(Debug)]
pub(super) struct ShardWriter {
    path: PathBuf,
    file: File,
    end: u64,
    index: Vec<IndexEntry>,
}

impl ShardWriter {
    /// Opens or begins a partial shard; whole episodes that are in it stay, the rest is cut off.
    /// `accepts` says whether an episode (its number and its record) belongs there.
    pub(super) fn open(
        path: &Path,
        number: u64,
        first_episode: u64,
        most_episodes: u64,
        mut accepts: impl FnMut(&[u8]) -> Option<(u64, u64)>,
    ) -> Result<Self, DatasetError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(DatasetError::write(path))?;
        let mut shard = Self { path: path.to_owned(), file, end: 0, index: Vec::new() };
        let mut head = [0; HEAD_BYTES as usize];
        head[..8].copy_from_slice(&HEAD_MAGIC);
        head[8..].copy_from_slice(&number.to_le_bytes());
        if shard.found_head(&head) {
            shard.end = HEAD_BYTES;
            while (shard.index.len() as u64) < most_episodes {
                let next = first_episode + shard.index.len() as u64;
                // Whatever cannot be read whole is made anew.
                let Ok(Some((record, end))) = shard.whole_episode(next) else { break };
                let Some((seed, frames)) = accepts(&record) else { break };
                shard.index.push(IndexEntry { episode: next, seed, frames, offset: shard.end });
                shard.end = end;
            }
            let end = shard.end;
            shard.file.set_len(end).map_err(DatasetError::write(path))?;
        } else {
            shard.file.set_len(0).map_err(DatasetError::write(path))?;
            shard.append(&[&head])?;
        }
        Ok(shard)
    }

    fn found_head(&mut self, expected: &[u8; HEAD_BYTES as usize]) -> bool {
        let mut head = [0; HEAD_BYTES as usize];
        self.file.read_exact(&mut head).is_ok() && head == *expected
    }

    /// Record and end of the episode that begins at the end so far, when it is all there.
    fn whole_episode(&mut self, number: u64) -> io::Result<Option<(Vec<u8>, u64)>> {
        let length = self.file.metadata()?.len();
        let mut head = [0; EPISODE_HEAD_BYTES as usize];
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.read_exact(&mut head)?;
        let Some(head) = EpisodeHead::from_bytes(&head) else { return Ok(None) };
        let begin = self.end + EPISODE_HEAD_BYTES;
        let end = begin.checked_add(head.record_bytes).and_then(|e| e.checked_add(head.blob_bytes));
        let Some(end) = end.filter(|e| *e <= length && head.record_bytes <= MAX_JSON_BYTES) else {
            return Ok(None);
        };
        let mut record = vec![0; head.record_bytes as usize];
        self.file.read_exact(&mut record)?;
        let mut crc = crc32fast::Hasher::new();
        crc.update(&record);
        let mut left = head.blob_bytes;
        let mut piece = vec![0; 1 << 20];
        while left > 0 {
            let part = left.min(piece.len() as u64) as usize;
            self.file.read_exact(&mut piece[..part])?;
            crc.update(&piece[..part]);
            left -= part as u64;
        }
        let whole = head.episode == number && crc.finalize() == head.crc;
        Ok(whole.then_some((record, end)))
    }

    /// Number of episodes so far.
    pub(super) fn episodes(&self) -> u64 {
        self.index.len() as u64
    }

    /// Number of frames so far.
    pub(super) fn frames(&self) -> u64 {
        self.index.iter().map(|e| e.frames).sum()
    }

    /// Adds an episode; when that fails, what was there before is whole.
    pub(super) fn push(
        &mut self,
        number: u64,
        episode: &EncodedEpisode,
    ) -> Result<(), DatasetError> {
        let mut crc = crc32fast::Hasher::new();
        crc.update(&episode.record);
        crc.update(&episode.blobs);
        let head = EpisodeHead {
            crc: crc.finalize(),
            episode: number,
            record_bytes: episode.record.len() as u64,
            blob_bytes: episode.blobs.len() as u64,
        };
        let offset = self.end;
        self.append(&[&head.to_bytes(), &episode.record, &episode.blobs])?;
        let (seed, frames) = (episode.seed, episode.frames);
        self.index.push(IndexEntry { episode: number, seed, frames, offset });
        Ok(())
    }

    fn append(&mut self, parts: &[&[u8]]) -> Result<(), DatasetError> {
        let begin = self.end;
        let file = &mut self.file;
        let write = file
            .seek(SeekFrom::Start(begin))
            .and_then(|_| parts.iter().try_for_each(|part| file.write_all(part)));
        if let Err(e) = write {
            // Room for others; were it to stay, it would be cut off the next time.
            let _ = self.file.set_len(begin);
            return Err(DatasetError::write(&self.path)(e));
        }
        self.end += parts.iter().map(|part| part.len() as u64).sum::<u64>();
        Ok(())
    }

    /// Adds the index and gives the file its final name; its length and SHA-256.
    pub(super) fn seal(mut self, name: &Path) -> Result<(u64, String), DatasetError> {
        let path = self.path.clone();
        let index = serde_json::to_vec(&Index { episodes: std::mem::take(&mut self.index) })
            .map_err(|e| invalid("index", e.to_string()))?;
        let mut tail = [0; TAIL_BYTES as usize];
        tail[..8].copy_from_slice(&self.end.to_le_bytes());
        tail[8..16].copy_from_slice(&(index.len() as u64).to_le_bytes());
        tail[16..20].copy_from_slice(&crc32fast::hash(&index).to_le_bytes());
        tail[24..].copy_from_slice(&TAIL_MAGIC);
        self.append(&[&index, &tail])?;
        self.file.sync_all().map_err(DatasetError::write(&path))?;
        self.file.seek(SeekFrom::Start(0)).map_err(DatasetError::read(&path))?;
        let hash = sha256(&mut self.file).map_err(DatasetError::read(&path))?;
        drop(self.file);
        std::fs::rename(&path, name).map_err(DatasetError::write(name))?;
        Ok((self.end, hash))
    }
}

/// SHA-256 of a file from where it stands, hexadecimal.
pub(super) fn sha256(file: &mut File) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut piece = vec![0; 1 << 20];
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(hexadecimal(&hash.finalize())),
            Ok(count) => hash.update(&piece[..count]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

/// A finished shard.
#[derive(Debug)]
pub(super) struct ShardReader {
    path: PathBuf,
    file: File,
    index: Vec<IndexEntry>,
    /// Where the index begins.
    end: u64,
}

impl ShardReader {
    /// Opens a shard and reads its index.
    pub(super) fn open(path: &Path, number: u64) -> Result<Self, DatasetError> {
        let bad = |problem: &str| DatasetError::corrupt(path, problem);
        let mut file = File::open(path).map_err(DatasetError::read(path))?;
        let length = file.metadata().map_err(DatasetError::read(path))?.len();
        if length < HEAD_BYTES + TAIL_BYTES {
            return Err(bad("is too short for a shard"));
        }
        let mut head = [0; HEAD_BYTES as usize];
        let mut tail = [0; TAIL_BYTES as usize];
        file.read_exact(&mut head)
            .and_then(|()| file.seek(SeekFrom::Start(length - TAIL_BYTES)))
            .and_then(|_| file.read_exact(&mut tail))
            .map_err(DatasetError::read(path))?;
        if !head.starts_with(&HEAD_MAGIC) || u64_at(&head, 8) != number {
            return Err(bad("does not begin as this shard"));
        }
        let (end, bytes) = (u64_at(&tail, 0), u64_at(&tail, 8));
        if !tail.ends_with(&TAIL_MAGIC)
            || end.checked_add(bytes) != Some(length - TAIL_BYTES)
            || bytes > MAX_JSON_BYTES
        {
            return Err(bad("does not end as a shard"));
        }
        let mut text = vec![0; bytes as usize];
        file.seek(SeekFrom::Start(end))
            .and_then(|_| file.read_exact(&mut text))
            .map_err(DatasetError::read(path))?;
        if crc32fast::hash(&text) != u32_at(&tail, 16) {
            return Err(bad("the index is damaged"));
        }
        let index: Index = serde_json::from_slice(&text)
            .map_err(|e| DatasetError::corrupt(path, format!("index: {e}")))?;
        Ok(Self { path: path.to_owned(), file, index: index.episodes, end })
    }

    pub(super) fn index(&self) -> &[IndexEntry] {
        &self.index
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Head and record of an episode, and where its blobs begin.
    pub(super) fn record(
        &mut self,
        entry: &IndexEntry,
    ) -> Result<(EpisodeHead, Vec<u8>, u64), DatasetError> {
        let name = format!("episode {}", entry.episode);
        let bad = |what: &str| DatasetError::corrupt(&self.path, format!("{name}: {what}"));
        let mut head = [0; EPISODE_HEAD_BYTES as usize];
        self.file
            .seek(SeekFrom::Start(entry.offset))
            .and_then(|_| self.file.read_exact(&mut head))
            .map_err(DatasetError::read(&self.path))?;
        let head = EpisodeHead::from_bytes(&head)
            .filter(|head| head.episode == entry.episode)
            .ok_or_else(|| bad("is not where the index says"))?;
        let begin = entry.offset.saturating_add(EPISODE_HEAD_BYTES);
        let blobs = begin.saturating_add(head.record_bytes);
        if blobs.saturating_add(head.blob_bytes) > self.end || head.record_bytes > MAX_JSON_BYTES {
            return Err(bad("is cut off"));
        }
        let mut record = vec![0; head.record_bytes as usize];
        self.file.read_exact(&mut record).map_err(DatasetError::read(&self.path))?;
        Ok((head, record, blobs))
    }

    /// Bytes of the shard, bounds to be checked by the caller.
    pub(super) fn read(&mut self, offset: u64, bytes: u64) -> Result<Vec<u8>, DatasetError> {
        let mut data = vec![0; bytes as usize];
        self.file
            .seek(SeekFrom::Start(offset))
            .and_then(|_| self.file.read_exact(&mut data))
            .map_err(DatasetError::read(&self.path))?;
        Ok(data)
    }
}
