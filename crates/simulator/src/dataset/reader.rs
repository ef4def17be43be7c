//! Reading a data set.

use super::channel::unpack;
use super::error::invalid;
use super::shard::{IndexEntry, ShardReader, sha256};
use super::{Channel, DatasetError, EpisodeRecord, Manifest};
use std::fs::File;
use std::path::{Path, PathBuf};

/// A data set to read from: any frame of any episode.
#[derive(Debug)]
pub struct DatasetReader {
    folder: PathBuf,
    manifest: Manifest,
    /// The shard that was read last.
    open: Option<(usize, ShardReader)>,
}

/// An episode that was found, without its pictures.
#[derive(Debug, Clone)]
pub struct StoredEpisode {
    /// Everything but pictures.
    pub record: EpisodeRecord,
    shard: usize,
    /// Where its blobs begin in the shard, and how many bytes they have.
    blobs: u64,
    blob_bytes: u64,
}

impl DatasetReader {
    /// Opens the data set in a folder; it may be unfinished.
    ///
    /// # Errors
    /// [`DatasetError`], naming the file.
    pub fn open(folder: &Path) -> Result<Self, DatasetError> {
        Ok(Self { folder: folder.to_owned(), manifest: Manifest::read(folder)?, open: None })
    }

    /// What it holds.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Compares every finished shard with its SHA-256 in the manifest.
    ///
    /// # Errors
    /// [`DatasetError::Corrupt`] naming the first shard that differs, [`DatasetError::Io`].
    pub fn verify(&self) -> Result<(), DatasetError> {
        for shard in &self.manifest.shards {
            let path = self.folder.join(&shard.file);
            let mut file = File::open(&path).map_err(DatasetError::read(&path))?;
            if sha256(&mut file).map_err(DatasetError::read(&path))? != shard.sha256 {
                return Err(DatasetError::corrupt(&path, "its SHA-256 is not the manifest's"));
            }
        }
        Ok(())
    }

    /// Finds an episode by its number.
    ///
    /// # Errors
    /// [`DatasetError::Invalid`] when there is none of that number, [`DatasetError::Corrupt`].
    pub fn episode(&mut self, number: u64) -> Result<StoredEpisode, DatasetError> {
        let count = self.manifest.episodes;
        let holds = |s: &super::ShardEntry| number < s.first_episode + s.episodes;
        let Some(at) = self.manifest.shards.iter().position(holds) else {
            let problem = format!("{number} is not one of {count}");
            return Err(invalid("episode", problem));
        };
        let shard = self.shard(at)?;
        let Some(entry) = shard.index().iter().find(|e| e.episode == number).cloned() else {
            let problem = format!("episode {number}: is not in the index");
            return Err(DatasetError::corrupt(shard.path(), problem));
        };
        let (head, text, blobs) = shard.record(&entry)?;
        let path = shard.path().to_owned();
        let bad =
            |problem: String| DatasetError::corrupt(&path, format!("episode {number}: {problem}"));
        let record: EpisodeRecord =
            serde_json::from_slice(&text).map_err(|e| bad(e.to_string()))?;
        self.check(&record, &entry).map_err(bad)?;
        Ok(StoredEpisode { record, shard: at, blobs, blob_bytes: head.blob_bytes })
    }

    /// One channel of one frame (or transition): values in little-endian bytes, rows from the top,
    /// components together, as the manifest's [`ChannelSpec`](super::ChannelSpec) says.
    ///
    /// # Errors
    /// [`DatasetError::Invalid`] when it is not recorded, [`DatasetError::Corrupt`].
    pub fn channel(
        &mut self,
        episode: &StoredEpisode,
        channel: Channel,
        frame: u64,
    ) -> Result<Vec<u8>, DatasetError> {
        let Some(blobs) = episode.record.channels.get(&channel) else {
            return Err(invalid(channel.name(), "is not recorded"));
        };
        let Some(bytes) = blobs.bytes.get(frame as usize).copied() else {
            let problem = format!("{frame} is not one of {}", blobs.bytes.len());
            return Err(invalid("frame", problem));
        };
        let before = blobs.bytes[..frame as usize]
            .iter()
            .try_fold(blobs.offset, |sum, bytes| sum.checked_add(*bytes));
        let [width, height] = self.manifest.size.map(|side| side as usize);
        let shard = self.shard(episode.shard)?;
        let path = shard.path().to_owned();
        let inside =
            before.filter(|at| at.checked_add(bytes).is_some_and(|end| end <= episode.blob_bytes));
        let Some(at) = inside else {
            let problem = format!("{} of frame {frame} lies outside", channel.name());
            return Err(DatasetError::corrupt(&path, problem));
        };
        let blob = shard.read(episode.blobs + at, bytes)?;
        unpack(&blob, channel, width, height)
            .map_err(|e| DatasetError::corrupt(&path, format!("frame {frame}: {e}")))
    }

    fn shard(&mut self, at: usize) -> Result<&mut ShardReader, DatasetError> {
        if self.open.as_ref().is_none_or(|(number, _)| *number != at) {
            let path = self.folder.join(&self.manifest.shards[at].file);
            self.open = Some((at, ShardReader::open(&path, at as u64)?));
        }
        match &mut self.open {
            Some((_, shard)) => Ok(shard),
            None => Err(invalid("shard", "could not be opened")),
        }
    }

    fn check(&self, record: &EpisodeRecord, entry: &IndexEntry) -> Result<(), String> {
        let frames = record.frames;
        if frames == 0 || frames != entry.frames || frames != record.poses.len() as u64 {
            return Err("frames: not what the index or the poses say".to_owned());
        }
        if frames != record.actions.len() as u64 + 1 {
            return Err(format!("actions: {} for {frames} frames", record.actions.len()));
        }
        for (channel, blobs) in &record.channels {
            let expected = frames - u64::from(channel.per_transition());
            if blobs.bytes.len() as u64 != expected {
                let found = blobs.bytes.len();
                return Err(format!("{}: {found} blobs, expected {expected}", channel.name()));
            }
        }
        let size = [record.meta.intrinsics.width, record.meta.intrinsics.height];
        if size != self.manifest.size {
            return Err("intrinsics: not the size in the manifest".to_owned());
        }
        let pixels = u64::from(size[0]) * u64::from(size[1]);
        if pixels > reverie_world_model::MAX_PICTURE_PIXELS {
            return Err("intrinsics: too many pixels".to_owned());
        }
        Ok(())
    }
}
