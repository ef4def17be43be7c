//! Writing a data set, episode by episode.

use super::error::invalid;
use super::manifest::{FORMAT, VERSION, shard_name, sync_folder};
use super::shard::{HEAD_BYTES, ShardWriter};
use super::{
    Channel, DatasetError, EncodedEpisode, EpisodeRecord, FIRST_HELD_OUT_SEED, Generator,
    MANIFEST_FILE, Manifest, ShardEntry,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

const LOCK_FILE: &str = ".lock";

/// What a data set is to hold.
#[derive(Debug, Clone)]
pub struct DatasetOptions {
    /// What makes the episodes.
    pub generator: Generator,
    /// The kind of world in all episodes, or `mixed`.
    pub domain: String,
    /// All seeds are from [`FIRST_HELD_OUT_SEED`] on; otherwise all are below.
    pub held_out: bool,
    /// What decides the episodes, apart from their number; has to be the same to go on.
    pub parameters: BTreeMap<String, Value>,
    /// Frames a second.
    pub tick_hz: f32,
    /// Width and height of frames, pixels.
    pub size: [u32; 2],
    /// What is recorded.
    pub channels: Vec<Channel>,
    /// Names of the class numbers; may be empty.
    pub classes: BTreeMap<u8, String>,
    /// How many episodes; may grow when a data set is gone on with.
    pub episodes: u64,
    /// How many of them go into one file.
    pub episodes_per_shard: u64,
}

/// Writes episodes into a folder; one that was interrupted at any moment is gone on with.
///
/// Episodes are numbered from 0 and pushed in order, beginning with
/// [`next_episode`](Self::next_episode). A shard carries another name until it is whole, and is
/// listed in the manifest only then. An episode that was pushed survives the end of the process:
/// the next writer finds it in the unfinished shard, checks it and goes on behind it; a cut one is
/// thrown away. So the same episodes give the same files, however often the work was interrupted.
#[derive(Debug)]
pub struct DatasetWriter {
    folder: PathBuf,
    manifest: Manifest,
    channels: Vec<Channel>,
    shard: Option<ShardWriter>,
    /// Held for as long as the folder is written to.
    _lock: File,
}

impl DatasetWriter {
    /// Begins a data set in a new or empty folder, or goes on with one.
    ///
    /// # Errors
    /// [`DatasetError::Mismatch`] when the folder was begun with other options,
    /// [`DatasetError::Invalid`] when they make no sense or the folder holds something else,
    /// [`DatasetError::Corrupt`] when a finished shard is gone, [`DatasetError::Io`].
    pub fn open(folder: &Path, options: &DatasetOptions) -> Result<Self, DatasetError> {
        let mut channels = options.channels.clone();
        channels.sort_unstable();
        channels.dedup();
        check(options, &channels)?;
        fs::create_dir_all(folder).map_err(DatasetError::write(folder))?;
        refuse_strangers(folder)?;
        let lock = lock(folder)?;
        let wanted = Manifest {
            format: FORMAT.to_owned(),
            version: VERSION,
            generator: options.generator.clone(),
            domain: options.domain.clone(),
            held_out: options.held_out,
            parameters: options.parameters.clone(),
            tick_hz: options.tick_hz,
            size: options.size,
            channels: channels.iter().map(|c| c.spec(options.size[0], options.size[1])).collect(),
            classes: options.classes.clone(),
            episodes_per_shard: options.episodes_per_shard,
            episodes_wanted: options.episodes,
            episodes: 0,
            frames: 0,
            complete: false,
            shards: Vec::new(),
        };
        let manifest = if folder.join(MANIFEST_FILE).exists() {
            let mut found = Manifest::read(folder)?;
            compare(folder, &found, &wanted)?;
            check_shards(folder, &found)?;
            found.episodes_wanted = wanted.episodes_wanted;
            found.complete = found.episodes == found.episodes_wanted;
            found
        } else {
            wanted
        };
        manifest.write(folder)?;
        let folder = folder.to_owned();
        let mut writer = Self { folder, manifest, channels, shard: None, _lock: lock };
        writer.open_shard()?;
        Ok(writer)
    }

    /// Number of the episode to push next; `None` when all are there.
    #[must_use]
    pub fn next_episode(&self) -> Option<u64> {
        let next = self.manifest.episodes + self.shard.as_ref().map_or(0, ShardWriter::episodes);
        (next < self.manifest.episodes_wanted).then_some(next)
    }

    /// What is in finished shards.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Adds the next episode; the last one of a shard finishes it.
    ///
    /// # Errors
    /// [`DatasetError::Invalid`] when the episode does not belong here, [`DatasetError::Io`]. What
    /// was pushed before stays whole, and the work can be gone on with.
    pub fn push(&mut self, episode: &EncodedEpisode) -> Result<(), DatasetError> {
        self.check_episode(episode)?;
        let next = self.next_episode();
        let (Some(number), Some(shard)) = (next, &mut self.shard) else {
            return Err(invalid("episode", "all that were asked for are there"));
        };
        shard.push(number, episode)?;
        if self.shard_is_full() {
            self.seal()?;
            self.open_shard()?;
        }
        Ok(())
    }

    fn check_episode(&self, episode: &EncodedEpisode) -> Result<(), DatasetError> {
        let m = &self.manifest;
        if (episode.seed >= FIRST_HELD_OUT_SEED) != m.held_out {
            let side = if m.held_out { "from" } else { "below" };
            let problem =
                format!("{} is not {side} {FIRST_HELD_OUT_SEED}, as this set", episode.seed);
            return Err(invalid("seed", problem));
        }
        if episode.channels != self.channels {
            return Err(invalid("channels", "are not those of this set"));
        }
        if episode.size != m.size || episode.tick_hz.to_bits() != m.tick_hz.to_bits() {
            return Err(invalid("episode", "size or tick rate are not those of this set"));
        }
        if episode.domain != m.domain && m.domain != "mixed" {
            let problem = format!("{} is not {}, as this set", episode.domain, m.domain);
            return Err(invalid("domain", problem));
        }
        Ok(())
    }

    /// Episodes that belong into the shard that is written now.
    fn shard_target(&self) -> u64 {
        let left = self.manifest.episodes_wanted - self.manifest.episodes;
        self.manifest.episodes_per_shard.min(left)
    }

    fn shard_is_full(&self) -> bool {
        self.shard.as_ref().is_some_and(|shard| shard.episodes() >= self.shard_target())
    }

    /// Begins the next shard, or finds what there is of it; none when everything is there.
    fn open_shard(&mut self) -> Result<(), DatasetError> {
        while self.shard.is_none() && self.shard_target() > 0 {
            let number = self.manifest.shards.len() as u64;
            let partial = self.partial(number);
            let finished = self.folder.join(shard_name(number));
            if finished.exists() {
                // It got its name, and then the manifest was not written any more.
                fs::rename(&finished, &partial).map_err(DatasetError::write(&finished))?;
            }
            let (first, most) = (self.manifest.episodes, self.shard_target());
            let held_out = self.manifest.held_out;
            let accepts = |record: &[u8]| {
                let record: EpisodeRecord = serde_json::from_slice(record).ok()?;
                let fits = (record.meta.seed >= FIRST_HELD_OUT_SEED) == held_out;
                fits.then_some((record.meta.seed, record.frames))
            };
            self.shard = Some(ShardWriter::open(&partial, number, first, most, accepts)?);
            if self.shard_is_full() {
                self.seal()?;
            }
        }
        if self.shard.is_none() {
            // More were wanted once, and the next shard was begun: without an episode it is nothing.
            let begun = self.partial(self.manifest.shards.len() as u64);
            if fs::metadata(&begun).is_ok_and(|file| file.len() <= HEAD_BYTES) {
                fs::remove_file(&begun).map_err(DatasetError::write(&begun))?;
            }
        }
        Ok(())
    }

    fn seal(&mut self) -> Result<(), DatasetError> {
        let Some(shard) = self.shard.take() else { return Ok(()) };
        let name = shard_name(self.manifest.shards.len() as u64);
        let (episodes, frames) = (shard.episodes(), shard.frames());
        let (bytes, sha256) = shard.seal(&self.folder.join(&name))?;
        sync_folder(&self.folder).map_err(DatasetError::write(&self.folder))?;
        let m = &mut self.manifest;
        let first_episode = m.episodes;
        m.shards.push(ShardEntry { file: name, bytes, sha256, first_episode, episodes, frames });
        m.episodes += episodes;
        m.frames += frames;
        m.complete = m.episodes == m.episodes_wanted;
        m.write(&self.folder)
    }

    fn partial(&self, number: u64) -> PathBuf {
        self.folder.join(shard_name(number)).with_extension("partial")
    }
}

fn check(options: &DatasetOptions, channels: &[Channel]) -> Result<(), DatasetError> {
    if channels.is_empty() {
        return Err(invalid("channels", "none is given"));
    }
    if options.episodes == 0 {
        return Err(invalid("episodes", "is 0"));
    }
    if options.episodes_per_shard == 0 {
        return Err(invalid("episodes_per_shard", "is 0"));
    }
    Ok(())
}

/// Refuses a folder with something else in it, so that nobody's files are mixed with ours.
fn refuse_strangers(folder: &Path) -> Result<(), DatasetError> {
    if folder.join(MANIFEST_FILE).exists() {
        return Ok(());
    }
    let mut names: Vec<_> = fs::read_dir(folder)
        .and_then(|entries| {
            entries.map(|e| e.map(|e| e.file_name())).collect::<io::Result<Vec<_>>>()
        })
        .map_err(DatasetError::read(folder))?;
    names.sort();
    let partial = format!("{MANIFEST_FILE}.partial");
    match names.iter().find(|name| **name != *LOCK_FILE && **name != *partial) {
        Some(name) => Err(DatasetError::corrupt(
            folder,
            format!("is no data set: it holds `{}` and no {MANIFEST_FILE}", name.display()),
        )),
        None => Ok(()),
    }
}

/// One writer at a time; the system lets go of the lock when the process ends, however it ends.
fn lock(folder: &Path) -> Result<File, DatasetError> {
    let path = folder.join(LOCK_FILE);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(DatasetError::write(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let busy =
                io::Error::new(ErrorKind::WouldBlock, "another process writes this data set");
            Err(DatasetError::io(folder, "locked")(busy))
        }
        // A file system without locks: as it was before there were any.
        Err(TryLockError::Error(e)) if e.kind() == ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(e)) => Err(DatasetError::io(&path, "locked")(e)),
    }
}

/// Everything that decides the episodes has to be as before.
fn compare(folder: &Path, found: &Manifest, wanted: &Manifest) -> Result<(), DatasetError> {
    let differs = |field: &str, found: String, wanted: String| DatasetError::Mismatch {
        path: folder.join(MANIFEST_FILE),
        field: field.to_owned(),
        found,
        wanted,
    };
    let names =
        |m: &Manifest| m.channels.iter().map(|c| c.name.name()).collect::<Vec<_>>().join(",");
    let text = |m: &Manifest| {
        [
            ("generator.name", m.generator.name.clone()),
            ("domain", m.domain.clone()),
            ("held_out", m.held_out.to_string()),
            ("size", format!("{}x{}", m.size[0], m.size[1])),
            ("tick_hz", m.tick_hz.to_string()),
            ("channels", names(m)),
        ]
    };
    for ((field, old), (_, new)) in text(found).into_iter().zip(text(wanted)) {
        if old != new {
            return Err(differs(field, old, new));
        }
    }
    let keys: std::collections::BTreeSet<&String> =
        found.parameters.keys().chain(wanted.parameters.keys()).collect();
    for key in keys {
        let (old, new) = (found.parameters.get(key), wanted.parameters.get(key));
        if old != new {
            let show = |value: Option<&Value>| value.map_or("not set".to_owned(), Value::to_string);
            return Err(differs(&format!("parameters.{key}"), show(old), show(new)));
        }
    }
    let version = |m: &Manifest| format!("{} ({})", m.generator.version, m.generator.fingerprint);
    if found.generator != wanted.generator {
        return Err(differs("generator.version", version(found), version(wanted)));
    }
    if found.channels != wanted.channels || found.classes != wanted.classes {
        let old = "of another version".to_owned();
        return Err(differs("channels", old, "of this one".to_owned()));
    }
    if found.episodes_per_shard != wanted.episodes_per_shard {
        let [old, new] = [found, wanted].map(|m| m.episodes_per_shard.to_string());
        return Err(differs("episodes_per_shard", old, new));
    }
    if found.episodes > wanted.episodes_wanted {
        let [old, new] = [found.episodes, wanted.episodes_wanted].map(|n| n.to_string());
        return Err(differs("episodes", format!("already {old}"), format!("only {new}")));
    }
    Ok(())
}

/// Finished shards have to be there, as long as they were.
fn check_shards(folder: &Path, manifest: &Manifest) -> Result<(), DatasetError> {
    for shard in &manifest.shards {
        let path = folder.join(&shard.file);
        let bytes = fs::metadata(&path).map_err(DatasetError::read(&path))?.len();
        if bytes != shard.bytes {
            let problem = format!("has {bytes} bytes, the manifest says {}", shard.bytes);
            return Err(DatasetError::corrupt(&path, problem));
        }
    }
    Ok(())
}
