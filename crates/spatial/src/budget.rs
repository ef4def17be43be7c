//! Keeping a memory within its bytes.

use crate::{Memory, ScreenFromView, Tile};
use reverie_world_model::{Intrinsics, Pose};
use std::sync::Arc;

/// Once over the budget, memory shrinks to this share of it, so that not every view pays.
const REFILL_SHARE: f32 = 0.9;
/// How much more what lies ahead counts than what lies behind.
const AHEAD_WEIGHT: f32 = 4.0;
/// Levels that everything keeps while what is in view is spared: an outline of the world is cheap.
const KEPT_LEVELS: usize = 2;
/// The screen that is thought of: as fine as a large one, and wider than any, so that a turn of the
/// head finds what it left. Pixels, and radians.
const SCREEN_SIDE: u32 = 2400;
const SCREEN_FOV_RAD: f32 = 1.65;

impl Memory {
    /// Most bytes the tiles may hold.
    pub fn budget_bytes(&self) -> usize {
        self.budget_bytes
    }

    /// Sets the budget and keeps it at once, as seen from `newest`.
    pub fn set_budget_bytes(&mut self, bytes: usize, newest: &Pose) {
        self.budget_bytes = bytes;
        self.keep_budget(newest);
        self.touch();
    }

    /// While over the budget, gives up the finest level of the tiles that lose least by it, seen
    /// from the newest pose; tiles of one level go altogether. What is in view and drawn at its
    /// finest level is not touched while anything else can become coarser.
    pub(crate) fn keep_budget(&mut self, newest: &Pose) {
        let mut bytes = self.bytes();
        if bytes <= self.budget_bytes {
            return;
        }
        let screen = Intrinsics::from_horizontal_fov(SCREEN_SIDE, SCREEN_SIDE, SCREEN_FOV_RAD);
        let goal = (self.budget_bytes as f64 * f64::from(REFILL_SHARE)) as usize;
        while bytes > goal {
            // Whether it is spared, loss, then age decide; indices make the order total.
            let mut order: Vec<(bool, f32, usize, usize)> = Vec::new();
            for (v, view) in self.views.iter().enumerate() {
                let map = ScreenFromView::new(&view.view, newest, &screen);
                let spared = |tile: &Tile| {
                    let seen = tile.visible(&map, screen.width, screen.height);
                    tile.levels().len() <= KEPT_LEVELS || seen.is_some_and(|seen| seen.level == 0)
                };
                let tiles = view.tiles().iter().enumerate();
                order.extend(tiles.map(|(t, tile)| (spared(tile), loss(tile, newest), v, t)));
            }
            if order.is_empty() {
                break;
            }
            order.sort_by(|a, b| {
                a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then((a.2, a.3).cmp(&(b.2, b.3)))
            });
            // A part at a time: a tile that has lost a level is dearer in the next round.
            let free = order.iter().filter(|(spared, ..)| !spared).count();
            let part = (order.len() / 4).max(1);
            order.truncate(if free > 0 { part.min(free) } else { part });
            let mut kept: Vec<Option<Vec<Option<Arc<Tile>>>>> = vec![None; self.views.len()];
            for (_, _, v, t) in order {
                if bytes <= goal {
                    break;
                }
                let tiles = self.views[v].tiles();
                let rest = tiles[t].without_finest().map(Arc::new);
                bytes -= tiles[t].bytes() - rest.as_ref().map_or(0, |rest| rest.bytes());
                let all = || tiles.iter().cloned().map(Some).collect();
                kept[v].get_or_insert_with(all)[t] = rest;
            }
            for (view, kept) in self.views.iter_mut().zip(kept) {
                if let Some(kept) = kept {
                    *view = view.with_tiles(kept.into_iter().flatten().collect());
                }
            }
            self.views.retain(|view| !view.tiles().is_empty());
        }
    }
}

/// How large, in radians, a cell looks from a pose once the finest level is gone; what lies ahead
/// counts more.
fn loss(tile: &Tile, newest: &Pose) -> f32 {
    let focal = tile.view().intrinsics().fx;
    let stride = tile.levels()[0].stride as f32 * 2.0;
    let bounds = tile.bounds();
    if bounds.max_inverse_depth == 0.0 {
        return stride / focal;
    }
    let nearest = newest.position.clamp(bounds.low, bounds.high);
    let distance = nearest.distance(newest.position).max(0.1);
    let towards = (0.5 * (bounds.low + bounds.high) - newest.position).dot(newest.forward());
    let ahead = if towards > 0.0 { AHEAD_WEIGHT } else { 1.0 };
    ahead * stride / (focal * bounds.max_inverse_depth * distance)
}
