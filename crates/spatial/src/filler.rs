//! The fast form of hole filling: only blocks around holes, on all cores.

use crate::{
    Backdrop, Frame,
    fill::{FILL_LEVELS, Texel, behind, pack, pull, push, sample, texel},
};
use rayon::prelude::*;
use reverie_world_model::{Intrinsics, Pose};

/// Side of a block of the screen that is skipped when nothing near it is missing: a texel of the
/// top level.
const BLOCK: usize = 1 << FILL_LEVELS;

/// Buffers of the pyramid, kept from frame to frame.
#[derive(Default)]
pub(crate) struct Filler {
    /// Levels 1 to [`FILL_LEVELS`].
    levels: [Vec<Texel>; FILL_LEVELS],
    /// Known pixels of each block.
    known: Vec<u32>,
    blocks: Vec<Block>,
}

#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Block {
    /// Nothing to do.
    Quiet,
    /// Beside holes: its texels are asked for.
    Near,
    /// Has holes.
    Holes,
}

impl Filler {
    /// Fills the pixels of a frame whose alpha is 0 and sets its coverage.
    pub fn fill(
        &mut self,
        backdrop: &Backdrop,
        pose: &Pose,
        intrinsics: &Intrinsics,
        frame: &mut Frame,
    ) {
        let size = [intrinsics.width as usize, intrinsics.height as usize];
        let sizes: [[usize; 2]; FILL_LEVELS + 1] =
            std::array::from_fn(|k| size.map(|side| side.div_ceil(1 << k)));
        let known = self.find_holes(size, frame);
        frame.set_known_pixels(known);
        if known == size[0] * size[1] {
            return;
        }
        let (rgba, inverse_depth) = frame.buffers_mut();
        for (level, [columns, rows]) in self.levels.iter_mut().zip(&sizes[1..]) {
            level.resize(columns * rows, [0.0; 5]);
        }
        let blocks = &self.blocks;
        let [across, _] = sizes[FILL_LEVELS];
        // Pull.
        for k in 1..=FILL_LEVELS {
            let (below, level) = self.levels.split_at_mut(k - 1);
            let below = below.last();
            let ([wide, high], [columns, _]) = (sizes[k - 1], sizes[k]);
            let pick = |x: usize, y: usize| match below {
                _ if x >= wide || y >= high => [0.0; 5],
                Some(below) => below[y * wide + x],
                None => texel(rgba[y * wide + x], inverse_depth[y * wide + x]),
            };
            for_rows(&mut level[0], columns, BLOCK >> k, &|y, row| {
                let blocks = &blocks[(y << k) / BLOCK * across..][..across];
                for_blocks(blocks, Block::Near, BLOCK >> k, columns, |x| {
                    let (x0, y0) = (x * 2, y * 2);
                    let block =
                        [pick(x0, y0), pick(x0 + 1, y0), pick(x0, y0 + 1), pick(x0 + 1, y0 + 1)];
                    row[x] = pull(block, k - 1);
                });
            });
        }
        // Push.
        for (at, texel) in self.levels[FILL_LEVELS - 1].iter_mut().enumerate() {
            if blocks[at] >= Block::Near {
                *texel = push(*texel, behind(backdrop, pose, intrinsics, at % across, at / across));
            }
        }
        for k in (1..FILL_LEVELS).rev() {
            let (level, above) = self.levels.split_at_mut(k);
            let ([columns, _], above_size, above) = (sizes[k], sizes[k + 1], &above[0]);
            for_rows(&mut level[k - 1], columns, BLOCK >> k, &|y, row| {
                let blocks = &blocks[(y << k) / BLOCK * across..][..across];
                for_blocks(blocks, Block::Holes, BLOCK >> k, columns, |x| {
                    if row[x][4] < 1.0 {
                        row[x] = push(row[x], sample(above, k + 1, [x, y], above_size));
                    }
                });
            });
        }
        let (width, above) = (size[0], &self.levels[0]);
        rgba.par_chunks_mut(width * BLOCK)
            .zip(inverse_depth.par_chunks_mut(width * BLOCK))
            .enumerate()
            .for_each(|(k, (rgba, inverse_depth))| {
                let blocks = &blocks[k * across..][..across];
                let rows = rgba.chunks_mut(width).zip(inverse_depth.chunks_mut(width));
                for (y, (rgba, inverse_depth)) in rows.enumerate() {
                    for_blocks(blocks, Block::Holes, BLOCK, width, |x| {
                        if rgba[x] >> 24 == 0 {
                            let value = sample(above, 1, [x, k * BLOCK + y], sizes[1]);
                            (rgba[x], inverse_depth[x]) = (pack(&value), value[3]);
                        }
                    });
                }
            });
    }

    /// Finds out which blocks have holes or lie beside some; returns the number of known pixels.
    fn find_holes(&mut self, [width, height]: [usize; 2], frame: &mut Frame) -> usize {
        let (across, down) = (width.div_ceil(BLOCK), height.div_ceil(BLOCK));
        self.known.resize(across * down, 0);
        self.blocks.resize(across * down, Block::Quiet);
        let (rgba, _) = frame.buffers_mut();
        rgba.par_chunks(width * BLOCK).zip(self.known.par_chunks_mut(across)).for_each(
            |(rgba, known)| {
                known.fill(0);
                for row in rgba.chunks(width) {
                    for (pixels, known) in row.chunks(BLOCK).zip(known.iter_mut()) {
                        *known += pixels.iter().map(|pixel| pixel >> 31).sum::<u32>();
                    }
                }
            },
        );
        let has_holes = |x: usize, y: usize| {
            let pixels = BLOCK.min(width - x * BLOCK) * BLOCK.min(height - y * BLOCK);
            (self.known[y * across + x] as usize) < pixels
        };
        for y in 0..down {
            for x in 0..across {
                let mut around = (y.saturating_sub(1)..(y + 2).min(down))
                    .flat_map(|y| (x.saturating_sub(1)..(x + 2).min(across)).map(move |x| (x, y)));
                self.blocks[y * across + x] = if has_holes(x, y) {
                    Block::Holes
                } else if around.any(|(x, y)| has_holes(x, y)) {
                    Block::Near
                } else {
                    Block::Quiet
                };
            }
        }
        self.known.iter().map(|known| *known as usize).sum()
    }
}

/// Calls `each` with every row of a level, `step` rows to a task.
fn for_rows(
    level: &mut [Texel],
    columns: usize,
    step: usize,
    each: &(impl Fn(usize, &mut [Texel]) + Sync),
) {
    let rows = |(k, texels): (usize, &mut [Texel])| {
        texels.chunks_mut(columns).enumerate().for_each(|(y, row)| each(k * step + y, row));
    };
    // The top levels are not worth handing out.
    if level.len() < 4096 {
        level.chunks_mut(columns * step).enumerate().for_each(rows);
    } else {
        level.par_chunks_mut(columns * step).enumerate().for_each(rows);
    }
}

/// Calls `each` with the columns of a row that lie in blocks of at least this kind.
#[inline(always)]
fn for_blocks(
    blocks: &[Block],
    least: Block,
    side: usize,
    columns: usize,
    mut each: impl FnMut(usize),
) {
    for (k, block) in blocks.iter().enumerate() {
        if *block >= least {
            (k * side..((k + 1) * side).min(columns)).for_each(&mut each);
        }
    }
}
