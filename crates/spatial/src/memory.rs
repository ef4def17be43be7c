//! What is remembered: tiles of posed RGB-D views.

use crate::{
    Backdrop, ScreenFromView, SpatialError, Tile, View, VisibleTile,
    cluster::{Cluster, Frustum},
    grid::Grid,
};
use reverie_world_model::{DepthImage, Intrinsics, Pose, RgbImage};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Posed RGB-D that has been seen, as immutable tiles. A clone is cheap and shares them, so it can
/// be handed to another thread as a snapshot.
#[derive(Debug, Clone)]
pub struct Memory {
    pub(crate) views: Vec<ViewTiles>,
    pub(crate) backdrop: Arc<Backdrop>,
    pub(crate) budget_bytes: usize,
    revision: u64,
}

/// Where a view is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewKind {
    /// It was seen.
    Seen,
    /// A painter imagined it where nothing was known.
    Painted,
    /// A painter imagined how something known looks from nearer than it was seen: drawn over that, and
    /// from there only, so that from farther away the world looks as before.
    Detail,
}

/// One view and the tiles that are left of it.
#[derive(Debug, Clone)]
pub struct ViewTiles {
    pub(crate) view: Arc<View>,
    pub(crate) kind: ViewKind,
    tiles: Arc<Vec<Arc<Tile>>>,
    clusters: Arc<Vec<Cluster>>,
}

impl ViewTiles {
    pub(crate) fn new(view: Arc<View>, kind: ViewKind, tiles: Vec<Arc<Tile>>) -> Self {
        let clusters = Arc::new(Cluster::of(&tiles));
        Self { view, kind, tiles: Arc::new(tiles), clusters }
    }

    /// The same view with other tiles.
    pub(crate) fn with_tiles(&self, tiles: Vec<Arc<Tile>>) -> Self {
        Self::new(Arc::clone(&self.view), self.kind, tiles)
    }

    /// The view.
    pub fn view(&self) -> &Arc<View> {
        &self.view
    }
    /// Where it is from.
    pub fn kind(&self) -> ViewKind {
        self.kind
    }
    /// It was imagined by a painter, not seen.
    pub fn painted(&self) -> bool {
        self.kind != ViewKind::Seen
    }
    /// Its tiles, by rows.
    pub fn tiles(&self) -> &[Arc<Tile>] {
        &self.tiles
    }
}

/// A tile to draw, as [`Memory::visible`] chooses it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrawnTile {
    /// Index into [`Memory::views`].
    pub view: u32,
    /// Index into [`ViewTiles::tiles`].
    pub tile: u32,
    /// Where, and which level.
    pub visible: VisibleTile,
}

/// What a memory may hold unless told otherwise.
pub const DEFAULT_BUDGET_BYTES: usize = 256 << 20;

static NEXT_REVISION: AtomicU64 = AtomicU64::new(1);

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Memory {
    /// An empty memory.
    pub fn new() -> Self {
        Self {
            views: Vec::new(),
            backdrop: Arc::default(),
            budget_bytes: DEFAULT_BUDGET_BYTES,
            revision: 0,
        }
    }

    pub(crate) fn restored(views: Vec<ViewTiles>, backdrop: Backdrop, budget_bytes: usize) -> Self {
        let mut memory = Self { views, backdrop: Arc::new(backdrop), budget_bytes, revision: 0 };
        memory.touch();
        memory
    }

    /// The views, oldest first.
    pub fn views(&self) -> &[ViewTiles] {
        &self.views
    }
    /// Only what was seen, without what a painter imagined.
    pub(crate) fn without_painted(&self) -> Self {
        self.with_views(self.views.iter().filter(|view| !view.painted()).cloned().collect())
    }
    /// The same with other views, to look at.
    pub(crate) fn with_views(&self, views: Vec<ViewTiles>) -> Self {
        Self { views, backdrop: Arc::clone(&self.backdrop), ..*self }
    }
    /// All views but details, which only repeat surfaces.
    pub(crate) fn surfaces(&self) -> impl Iterator<Item = &ViewTiles> {
        self.views.iter().filter(|view| view.kind != ViewKind::Detail)
    }
    /// All tiles, oldest first.
    pub fn tiles(&self) -> impl Iterator<Item = &Arc<Tile>> {
        self.views.iter().flat_map(|view| view.tiles().iter())
    }
    /// The panorama that large holes fade to.
    pub fn backdrop(&self) -> &Arc<Backdrop> {
        &self.backdrop
    }
    /// Changes with every change, and never comes back to an earlier value in this process.
    pub fn revision(&self) -> u64 {
        self.revision
    }
    /// Bytes held by the tiles.
    pub fn bytes(&self) -> usize {
        self.tiles().map(|tile| tile.bytes()).sum()
    }
    /// Nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.views.is_empty()
    }

    /// Adds a whole view, whatever is known already. Depth 0 leaves a pixel out.
    ///
    /// # Errors
    /// When sizes differ, the pose or the camera makes no sense, or no pixel has depth.
    pub fn insert(
        &mut self,
        rgb: &RgbImage,
        depth: &DepthImage,
        pose: &Pose,
        intrinsics: &Intrinsics,
    ) -> Result<(), SpatialError> {
        let view = Arc::new(checked_view(rgb, depth, pose, intrinsics)?);
        let grid = Grid::new(&view, rgb, depth);
        let tiles = grid.into_tiles(&view);
        if tiles.is_empty() {
            return Err(SpatialError::NoDepth);
        }
        self.push(view, tiles, ViewKind::Seen, pose);
        Ok(())
    }

    /// Adds tiles; `seen_from` is where the player is, for whom the budget is kept.
    pub(crate) fn push(
        &mut self,
        view: Arc<View>,
        tiles: Vec<Arc<Tile>>,
        kind: ViewKind,
        seen_from: &Pose,
    ) {
        if kind != ViewKind::Detail {
            Arc::make_mut(&mut self.backdrop).learn(tiles.iter().map(|tile| &**tile));
        }
        self.views.push(ViewTiles::new(view, kind, tiles));
        self.keep_budget(seen_from);
        self.touch();
    }

    /// Learns the panorama anew, after colours have changed.
    pub(crate) fn relearn_backdrop(&mut self) {
        let mut backdrop = Backdrop::default();
        backdrop.learn(self.surfaces().flat_map(|view| view.tiles()).map(|tile| &**tile));
        self.backdrop = Arc::new(backdrop);
    }

    pub(crate) fn touch(&mut self) {
        self.revision = NEXT_REVISION.fetch_add(1, Ordering::Relaxed);
    }

    /// Chooses the tiles that can be seen from a pose and their levels; `drawn` is cleared first.
    /// Every renderer draws exactly these.
    pub fn visible(&self, pose: &Pose, intrinsics: &Intrinsics, drawn: &mut Vec<DrawnTile>) {
        drawn.clear();
        let frustum = Frustum::new(pose, intrinsics);
        for (index, view) in self.views.iter().enumerate() {
            let map = ScreenFromView::new(&view.view, pose, intrinsics);
            let clusters = view.clusters.iter().filter(|cluster| frustum.may_see(cluster));
            for k in clusters.flat_map(|cluster| cluster.tiles.clone()) {
                let tile = &view.tiles[k];
                if view.kind == ViewKind::Detail && !tile.is_near(&map) {
                    continue;
                }
                if let Some(visible) = tile.visible(&map, intrinsics.width, intrinsics.height) {
                    drawn.push(DrawnTile { view: index as u32, tile: k as u32, visible });
                }
            }
        }
    }
}

fn same_size(what: &'static str, found: (u32, u32), rgb: &RgbImage) -> Result<(), SpatialError> {
    let (width, height) = (rgb.width(), rgb.height());
    if found == (width, height) {
        return Ok(());
    }
    let (found_width, found_height) = found;
    Err(SpatialError::SizeMismatch { what, found_width, found_height, width, height })
}

pub(crate) fn checked_view(
    rgb: &RgbImage,
    depth: &DepthImage,
    pose: &Pose,
    intrinsics: &Intrinsics,
) -> Result<View, SpatialError> {
    let view = View::new(*pose, *intrinsics)?;
    same_size("the depth", (depth.width(), depth.height()), rgb)?;
    same_size("the camera", (intrinsics.width, intrinsics.height), rgb)?;
    Ok(view)
}
