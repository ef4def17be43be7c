//! Episodes of exactly known frames on disk: what world models learn from.
//!
//! A data set is a folder with one `manifest.json` and shards `shard-00000.rvd`, ... Everything in
//! it can be read with Python's standard library (JSON, `struct`, `zlib`); the loader is
//! `python/reverie_train/dataset.py`. The writer takes plain slices, so that any renderer, not only
//! the simulator, can record into the same format.
//!
//! # The manifest
//! [`Manifest`]: who generated it with which parameters, what the channels are, and name, length,
//! SHA-256 and contents of every finished shard. It is replaced atomically after each shard.
//!
//! # A shard
//! All integers are little-endian.
//!
//! | part | bytes |
//! |---|---|
//! | head | `RVSHARD1`, number of the shard (u64) |
//! | episode, again and again | `RVEP`, CRC-32 of record and blobs (u32), number of the episode (u64), bytes of the record (u64), bytes of the blobs (u64), the record, the blobs |
//! | index | JSON: `{"episodes": [{"episode", "seed", "frames", "offset"}]}`, offsets of `RVEP` |
//! | tail | offset of the index (u64), its bytes (u64), its CRC-32 (u32), 0 (u32), `RVINDEX1` |
//!
//! A record is JSON ([`EpisodeRecord`]). Its `channels` say for each channel where its blobs begin
//! among the blobs of the episode and how long each one is; they follow one another by frame. So one
//! read fetches any run of frames of a channel.
//!
//! # Frames and transitions
//! An episode has `N` frames and `N - 1` transitions. Action `i`, and flow `i`, lead from frame `i`
//! to frame `i + 1`; so there is no action that belongs to the last frame.
//!
//! # A blob
//! One channel of one frame: a zlib stream of residuals. Values are rows from the top, pixels from
//! the left, components together, predicted from their neighbours ([`Predictor`]), modulo 2^bits.
//! Residuals of more than one byte are split into planes: first the most significant byte of every
//! value, then the next.

mod channel;
mod episode;
mod error;
mod manifest;
mod reader;
mod shard;
#[cfg(test)]
mod tests;
mod writer;

pub use channel::{Channel, ChannelSpec, Predictor};
pub use episode::{
    ConditionsFrom, EncodedEpisode, EpisodeEncoder, EpisodeMeta, EpisodeRecord, EventAt, FrameData,
    SoundAt,
};
pub use error::DatasetError;
pub use manifest::{FIRST_HELD_OUT_SEED, Generator, MANIFEST_FILE, Manifest, ShardEntry};
pub use reader::{DatasetReader, StoredEpisode};
pub use writer::{DatasetOptions, DatasetWriter};
