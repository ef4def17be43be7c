//! Sheets of windows for people: a row a window.

use super::contestant::failed;
use crate::error::CliError;
use reverie_evaluation::{Mask, RgbdImage, Straight};
use reverie_world_model::{DepthImage, RgbImage};

/// Between pictures, pixels.
const GAP: u32 = 2;
/// What is not known.
const UNKNOWN: [u8; 3] = [64, 64, 64];
/// What the columns of a sheet show.
pub const COLUMNS: &str = "known, push-pull, two samples, truth; depth of push-pull, of the first \
                           sample, of the truth (near is light, sky black)";

/// A window and what was made of it.
pub struct Row {
    pub known: Mask,
    pub push_pull: RgbdImage,
    pub samples: [RgbdImage; 2],
    pub truth: RgbdImage,
}

impl Row {
    fn pictures(&self) -> Result<[RgbImage; 8], CliError> {
        let mut seen = self.push_pull.rgb.clone();
        let flags = self.known.flags().iter();
        for (pixel, known) in seen.data_mut().chunks_exact_mut(3).zip(flags) {
            if !known {
                pixel.copy_from_slice(&UNKNOWN);
            }
        }
        let [first, second] = &self.samples;
        Ok([
            seen,
            self.push_pull.rgb.clone(),
            first.rgb.clone(),
            second.rgb.clone(),
            self.truth.rgb.clone(),
            grey(&self.push_pull.depth)?,
            grey(&first.depth)?,
            grey(&self.truth.depth)?,
        ])
    }
}

/// Logarithmic: white is half a metre, black the sky.
fn grey(depth: &DepthImage) -> Result<RgbImage, CliError> {
    let (near, far) = (2.0_f32.ln(), 1e-3_f32.ln());
    let shade = |metres: &f32| {
        let code = (1.0 / metres + 1e-3).ln();
        (((code - far) / (near - far)).clamp(0.0, 1.0) * 255.0) as u8
    };
    let data = depth.data().iter().flat_map(|metres| [shade(metres); 3]).collect();
    RgbImage::new(depth.width(), depth.height(), data).map_err(|e| failed(&e))
}

/// The sheet of some windows of one size; `None` of none.
///
/// # Errors
/// [`CliError::Failed`] when it would be too large.
pub fn sheet(rows: &[Row]) -> Result<Option<RgbImage>, CliError> {
    let pictures = rows.iter().map(|row| Ok(row.pictures()?.map(Some).into()));
    grid(&pictures.collect::<Result<Vec<_>, CliError>>()?)
}

/// The views of a straight walk, on the way out and below them on the way back.
///
/// # Errors
/// As [`sheet`].
pub fn strip_of(straight: &Straight) -> Result<Option<RgbImage>, CliError> {
    let far = straight.far_tick;
    let out = straight.pictures.range(..=far).map(|(_, picture)| Some(picture.clone())).collect();
    // The last view comes back first; the first and the farthest are not seen again.
    let back = straight.pictures.range(far + 1..).rev().map(|(_, picture)| Some(picture.clone()));
    grid(&[out, std::iter::once(None).chain(back).collect()])
}

/// Pictures of one size in rows; `None` of none.
///
/// # Errors
/// As [`sheet`].
pub fn grid(rows: &[Vec<Option<RgbImage>>]) -> Result<Option<RgbImage>, CliError> {
    let Some(first) = rows.iter().flatten().flatten().next() else { return Ok(None) };
    let (width, height) = (first.width(), first.height());
    let columns = rows.iter().map(Vec::len).max().unwrap_or(1) as u32;
    let across = columns * (width + GAP) - GAP;
    let down = rows.len() as u32 * (height + GAP) - GAP;
    let mut sheet = RgbImage::filled(across, down, [255; 3]).map_err(|e| failed(&e))?;
    for (row, top) in rows.iter().zip((0..).step_by((height + GAP) as usize)) {
        for (picture, left) in row.iter().zip((0..).step_by((width + GAP) as usize)) {
            let lines = picture.iter().flat_map(|p| p.data().chunks_exact(3 * width as usize));
            for (y, line) in (top..).zip(lines) {
                let at = 3 * (y * across as usize + left);
                sheet.data_mut()[at..at + line.len()].copy_from_slice(line);
            }
        }
    }
    Ok(Some(sheet))
}
