//! Which levels of which tiles lie in the GPU's memory, and where.
//!
//! Two long-lived buffers hold them: words (vertices and cut cells, read by the vertex shader) and
//! 16-bit indices of the triangles of whole cells. A level is uploaded when it is first seen and
//! stays until its room is needed; tiles never change, so a level's key names its content.

use bevy::{
    platform::collections::HashMap,
    render::{
        render_resource::{Buffer, BufferDescriptor, BufferUsages},
        renderer::{RenderDevice, RenderQueue},
    },
};
use offset_allocator::{Allocation, Allocator};
use reverie_spatial::{Tile, TileLevel, cell};

/// Bytes of each buffer at first; a million vertices take about twelve million in each.
const FIRST_BYTES: u64 = 16 << 20;
/// Both allocators count in words.
const WORD_BYTES: u64 = 4;
/// More levels than this are never kept: bounds the allocators' own tables.
const MAX_LEVELS: u32 = 64 * 1024;

/// A tile's id and its stride there.
type LevelKey = (u64, u32);

/// A level of a tile in the GPU's memory.
#[derive(Clone, Copy)]
pub(super) struct Resident {
    words: Allocation,
    indices: Option<Allocation>,
    /// First vertex, in words.
    pub first_word: u32,
    /// First cut cell, in words.
    pub first_cut: u32,
    /// First 16-bit index.
    pub first_index: u32,
    /// 16-bit indices of its whole cells.
    pub index_count: u32,
    /// Cells drawn as quarters.
    pub cut_count: u32,
    last_used: u64,
}

/// Why a level found no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoRoom {
    /// The buffers are new and larger, and everything has to be acquired again.
    StartOver,
    /// All that fits is in use by this very frame.
    Full,
}

/// The buffers and what lies in them.
pub(super) struct TileStore {
    words: Buffer,
    indices: Buffer,
    word_space: Allocator,
    index_space: Allocator,
    /// Bytes of each buffer now, and at most.
    bytes: u64,
    max_bytes: u64,
    generation: u64,
    resident: HashMap<LevelKey, Resident>,
    word_scratch: Vec<u32>,
    index_scratch: Vec<u16>,
    oldest: Vec<(u64, LevelKey)>,
}

impl TileStore {
    /// Buffers that grow up to `max_bytes` together, within the device's limits.
    pub fn new(device: &RenderDevice, max_bytes: u64) -> Self {
        let limits = device.limits();
        let largest = (max_bytes / 2)
            .min(limits.max_buffer_size)
            .min(limits.max_storage_buffer_binding_size)
            // Whole words, and offsets in bytes within 32 bits.
            .clamp(64 << 10, u64::from(u32::MAX) / 2)
            / WORD_BYTES
            * WORD_BYTES;
        let bytes = FIRST_BYTES.min(largest);
        let (words, indices) = buffers(device, bytes);
        Self {
            words,
            indices,
            word_space: space(bytes),
            index_space: space(bytes),
            bytes,
            max_bytes: largest,
            generation: 0,
            resident: HashMap::default(),
            word_scratch: Vec::new(),
            index_scratch: Vec::new(),
            oldest: Vec::new(),
        }
    }

    /// Vertices and cut cells.
    pub fn words(&self) -> &Buffer {
        &self.words
    }
    /// 16-bit indices of whole cells.
    pub fn indices(&self) -> &Buffer {
        &self.indices
    }
    /// Changes when the buffers do.
    pub fn generation(&self) -> u64 {
        self.generation
    }
    /// Bytes of both buffers.
    pub fn bytes(&self) -> u64 {
        2 * self.bytes
    }
    /// Levels held now.
    pub fn len(&self) -> usize {
        self.resident.len()
    }

    /// The place of a level, uploaded if it is not there yet. When the buffers cannot grow any
    /// more, room is made by dropping what has not been used for longest, never what was acquired
    /// at `frame`.
    pub fn acquire(
        &mut self,
        device: &RenderDevice,
        queue: &RenderQueue,
        tile: &Tile,
        level: &TileLevel,
        frame: u64,
    ) -> Result<Resident, NoRoom> {
        let key = (tile.id(), level.stride);
        if let Some(resident) = self.resident.get_mut(&key) {
            resident.last_used = frame;
            return Ok(*resident);
        }
        pack(level, &mut self.word_scratch, &mut self.index_scratch);
        let word_count = self.word_scratch.len() as u32;
        // Writes are whole words: an odd index is followed by one that no draw reads.
        let index_count = self.index_scratch.len() as u32;
        self.index_scratch.resize(index_count.next_multiple_of(2) as usize, 0);
        let index_words = self.index_scratch.len() as u32 / 2;
        let (words, indices) = loop {
            if let Some(found) = self.allocate(word_count, index_words) {
                break found;
            }
            // Growing comes first: looking around should not upload the same tiles again and again.
            if self.bytes < self.max_bytes {
                self.grow(device);
                return Err(NoRoom::StartOver);
            }
            if !self.drop_oldest(frame) {
                return Err(NoRoom::Full);
            }
        };
        queue.write_buffer(
            &self.words,
            u64::from(words.offset) * WORD_BYTES,
            bytemuck::cast_slice(&self.word_scratch),
        );
        if let Some(indices) = &indices {
            queue.write_buffer(
                &self.indices,
                u64::from(indices.offset) * WORD_BYTES,
                bytemuck::cast_slice(&self.index_scratch),
            );
        }
        let vertex_words = 2 * level.columns * level.rows;
        let resident = Resident {
            words,
            indices,
            first_word: words.offset,
            first_cut: words.offset + vertex_words,
            first_index: indices.map_or(0, |indices| 2 * indices.offset),
            index_count,
            cut_count: word_count - vertex_words,
            last_used: frame,
        };
        self.resident.insert(key, resident);
        Ok(resident)
    }

    fn allocate(
        &mut self,
        word_count: u32,
        index_words: u32,
    ) -> Option<(Allocation, Option<Allocation>)> {
        if self.resident.len() >= MAX_LEVELS as usize {
            return None;
        }
        let words = self.word_space.allocate(word_count)?;
        if index_words == 0 {
            return Some((words, None));
        }
        let Some(indices) = self.index_space.allocate(index_words) else {
            self.word_space.free(words);
            return None;
        };
        Some((words, Some(indices)))
    }

    /// Drops a quarter of what `frame` does not use; false if it uses everything.
    fn drop_oldest(&mut self, frame: u64) -> bool {
        self.oldest.clear();
        self.oldest.extend(
            self.resident
                .iter()
                .filter(|(_, level)| level.last_used < frame)
                .map(|(key, level)| (level.last_used, *key)),
        );
        self.oldest.sort_unstable();
        self.oldest.truncate(self.oldest.len().div_ceil(4));
        for (_, key) in &self.oldest {
            if let Some(level) = self.resident.remove(key) {
                self.word_space.free(level.words);
                if let Some(indices) = level.indices {
                    self.index_space.free(indices);
                }
            }
        }
        !self.oldest.is_empty()
    }

    /// Doubles the buffers. What was in them is uploaded anew: it happens a few times in a session
    /// at most.
    fn grow(&mut self, device: &RenderDevice) {
        self.bytes = (2 * self.bytes).min(self.max_bytes);
        (self.words, self.indices) = buffers(device, self.bytes);
        self.word_space = space(self.bytes);
        self.index_space = space(self.bytes);
        self.resident.clear();
        self.generation += 1;
    }
}

fn space(bytes: u64) -> Allocator {
    Allocator::with_max_allocs((bytes / WORD_BYTES) as u32, MAX_LEVELS + 1)
}

fn buffers(device: &RenderDevice, bytes: u64) -> (Buffer, Buffer) {
    let buffer = |label, usage| {
        device.create_buffer(&BufferDescriptor {
            label: Some(label),
            size: bytes,
            usage: usage | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        })
    };
    (
        buffer("reverie_memory_words", BufferUsages::STORAGE),
        buffer("reverie_memory_indices", BufferUsages::INDEX),
    )
}

/// Lays a level out as the shader reads it: per vertex its inverse depth and colour, then per cut
/// cell its column, row and bits; and the triangles of whole cells as indices of vertices.
fn pack(level: &TileLevel, words: &mut Vec<u32>, indices: &mut Vec<u16>) {
    words.clear();
    indices.clear();
    for (w, rgba) in level.inverse_depth.iter().zip(&level.rgba) {
        words.extend([w.to_bits(), *rgba]);
    }
    let columns = level.columns;
    for (at, bits) in (0_u32..).zip(level.cells.iter()) {
        let (column, row) = (at % (columns - 1), at / (columns - 1));
        match *bits {
            cell::WHOLE => {
                let top_left = (row * columns + column) as u16;
                let (top_right, below) = (top_left + 1, columns as u16);
                let (bottom_left, bottom_right) = (top_left + below, top_right + below);
                indices.extend([top_left, top_right, bottom_right]);
                indices.extend([top_left, bottom_right, bottom_left]);
            }
            cell::EMPTY => {}
            bits => words.push(column | row << 8 | u32::from(bits) << 16),
        }
    }
}
