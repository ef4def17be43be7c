//! Frames to numbered PNG files and one hash.

use crate::error::CliError;
use rayon::prelude::*;
use reverie_media::encode_rgb_png;
use reverie_world_model::RgbImage;
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Frames waiting to be encoded are flushed at this size at the latest, bytes.
const MAX_WAITING_BYTES: usize = 64 << 20;

/// Writes frames as `00000.png`, `00001.png` and so on.
///
/// Frames are collected and encoded together, one per core, between two steps of the model: a
/// thread that encodes beside the model would take its cores and slow down what is measured.
pub struct FrameWriter {
    folder: PathBuf,
    waiting: Vec<RgbImage>,
    waiting_bytes: usize,
    written: usize,
    hash: Sha256,
}

impl FrameWriter {
    /// Writes into an existing folder.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            waiting: Vec::new(),
            waiting_bytes: 0,
            written: 0,
            hash: Sha256::new(),
        }
    }

    /// Takes the next frame.
    ///
    /// # Errors
    /// [`CliError::Failed`] when frames cannot be written.
    pub fn push(&mut self, frame: RgbImage) -> Result<(), CliError> {
        self.waiting_bytes += frame.data().len();
        self.waiting.push(frame);
        let enough = 2 * rayon::current_num_threads();
        if self.waiting.len() >= enough || self.waiting_bytes >= MAX_WAITING_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Writes what is waiting; the number of frames and the SHA-256 over the RGB bytes of all of
    /// them, in hexadecimal.
    ///
    /// # Errors
    /// [`CliError::Failed`] when frames cannot be written.
    pub fn finish(mut self) -> Result<(usize, String), CliError> {
        self.flush()?;
        Ok((self.written, hexadecimal(&self.hash.finalize())))
    }

    fn flush(&mut self) -> Result<(), CliError> {
        let (waiting, hash) = (&self.waiting, &mut self.hash);
        let (folder, first) = (&self.folder, self.written);
        let write = |(at, frame): (usize, &RgbImage)| {
            let path = folder.join(format!("{:05}.png", first + at));
            encode_rgb_png(frame).and_then(|bytes| fs::write(&path, bytes)).map_err(|e| {
                CliError::Failed(format!("{}: cannot be written: {e}", path.display()))
            })
        };
        let ((), written) = rayon::join(
            || waiting.iter().for_each(|frame| hash.update(frame.data())),
            || waiting.par_iter().enumerate().map(write).collect::<Result<(), CliError>>(),
        );
        written?;
        self.written += self.waiting.len();
        self.waiting.clear();
        self.waiting_bytes = 0;
        Ok(())
    }
}

/// Bytes as lower-case hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|b| [b >> 4, b & 15])
        .filter_map(|n| char::from_digit(n.into(), 16))
        .collect()
}
