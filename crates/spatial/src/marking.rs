//! Showing what was painted: the same memory with its imagined parts tinted.

use crate::{Memory, Tile, TileLevel};
use std::{collections::HashMap, sync::Arc};

/// The tint, and how much of it a painted vertex gets.
const TINT: [f32; 3] = [196.0, 64.0, 255.0];
const SHARE: f32 = 0.38;

/// Tints what was painted. Works on the memory, so every renderer shows it and none pays for it
/// when nobody asks; what has been tinted once is kept.
#[derive(Debug, Default)]
pub struct PaintMarker {
    /// Tinted tiles by the id of the plain one.
    tiles: HashMap<u64, Arc<Tile>>,
    /// The newest tinted memory and the revision of the plain one.
    newest: Option<(u64, Memory)>,
}

impl PaintMarker {
    /// The memory with the views tinted that a painter imagined. Seen ones are shared with it as
    /// they are.
    pub fn mark(&mut self, memory: &Memory) -> &Memory {
        let revision = memory.revision();
        let newest = match self.newest.take() {
            Some(newest) if newest.0 == revision => newest,
            _ => (revision, self.tinted(memory)),
        };
        &self.newest.insert(newest).1
    }

    /// Forgets everything that was kept.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    fn tinted(&mut self, memory: &Memory) -> Memory {
        let mut marked = memory.clone();
        let mut kept = HashMap::with_capacity(self.tiles.len());
        for view in marked.views.iter_mut().filter(|view| view.painted()) {
            let tint = |tile: &Arc<Tile>| {
                let tinted = self.tiles.get(&tile.id()).cloned();
                let tinted = tinted.unwrap_or_else(|| Arc::new(tile.recoloured(tint)));
                kept.insert(tile.id(), Arc::clone(&tinted));
                tinted
            };
            *view = view.with_tiles(view.tiles().iter().map(tint).collect());
        }
        self.tiles = kept;
        marked.touch();
        marked
    }
}

fn tint(rgba: u32) -> u32 {
    if rgba >> 24 == 0 {
        return rgba;
    }
    let [r, g, b, a] = rgba.to_le_bytes();
    let mix = |channel: u8, tint: f32| {
        let channel = f32::from(channel);
        (channel + (tint - channel) * SHARE).round() as u8
    };
    u32::from_le_bytes([mix(r, TINT[0]), mix(g, TINT[1]), mix(b, TINT[2]), a])
}

impl Tile {
    /// The same tile with other colours.
    fn recoloured(&self, colour: impl Fn(u32) -> u32) -> Self {
        let recoloured = |level: &Arc<TileLevel>| {
            let rgba = level.rgba.iter().map(|rgba| colour(*rgba)).collect();
            Arc::new(TileLevel { rgba, ..TileLevel::clone(level) })
        };
        self.with_levels(self.levels().iter().map(recoloured).collect())
    }
}
