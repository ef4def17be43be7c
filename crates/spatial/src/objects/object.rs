//! Objects that stand in a world, as an immutable list that is cheap to share.

use super::{ObjectClass, ObjectLight, ObjectLooks, ObjectSide};
use crate::{ScreenFromView, VisibleTile};
use glam::{Mat3, Quat, Vec3};
use reverie_world_model::{Intrinsics, Pose, WorldError};
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
};

/// Most objects of a world.
pub const MAX_OBJECTS: usize = 1024;
/// Shortest edge of an object's box, metres: thinner boxes are taken as this thick.
const LEAST_EDGE_M: f32 = 0.01;

/// What an object is and where it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ObjectSpec {
    /// The caller's name for it.
    pub id: u64,
    /// What it is.
    pub class: ObjectClass,
    /// Centre of its box, world space, metres.
    pub position: Vec3,
    /// Orientation in world space, a unit quaternion.
    pub rotation: Quat,
    /// Edges of its box, metres.
    pub size: Vec3,
    /// 8-bit sRGB.
    pub colour: [u8; 3],
}

impl ObjectSpec {
    /// Half the edges of its box, metres.
    #[must_use]
    pub fn half(&self) -> Vec3 {
        (self.size * 0.5).max(Vec3::splat(0.5 * LEAST_EDGE_M))
    }

    /// A world-space point in the box's axes, metres from its centre.
    #[must_use]
    pub fn local(&self, point: Vec3) -> Vec3 {
        self.rotation.conjugate() * (point - self.position)
    }

    /// Looks the same wherever it stands.
    pub(super) fn looks_like(&self, other: &Self) -> bool {
        (self.id, self.class, self.size, self.colour)
            == (other.id, other.class, other.size, other.colour)
    }
}

/// One object of a world.
#[derive(Debug, Clone)]
pub struct Object {
    /// What it is and where.
    pub spec: ObjectSpec,
    /// How it looks.
    pub looks: Arc<ObjectLooks>,
    /// It has been painted; until then its looks are a box's.
    pub painted: bool,
    /// The light on it.
    pub light: ObjectLight,
}

/// A side of an object with a tile to draw, as [`Objects::visible`] chooses it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrawnSide {
    /// Index into [`Objects::list`].
    pub object: u32,
    /// Index into [`ObjectLooks::sides`].
    pub side: u32,
    /// Index into [`ObjectSide::tiles`].
    pub tile: u32,
    /// Where, and which level.
    pub visible: VisibleTile,
}

static NEXT_REVISION: AtomicU64 = AtomicU64::new(1);

/// The objects of a world, oldest first. A clone is cheap and shares them.
#[derive(Debug, Clone, Default)]
pub struct Objects {
    list: Arc<Vec<Object>>,
    revision: u64,
}

impl Objects {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// None, for whoever draws a memory alone.
    #[must_use]
    pub fn none() -> &'static Self {
        static NONE: OnceLock<Objects> = OnceLock::new();
        NONE.get_or_init(Self::new)
    }

    pub(super) fn restored(list: Vec<Object>) -> Self {
        Self { list: Arc::new(list), revision: NEXT_REVISION.fetch_add(1, Ordering::Relaxed) }
    }

    /// The objects, oldest first.
    pub fn list(&self) -> &[Object] {
        &self.list
    }
    /// Changes with every change, and never comes back to an earlier value in this process.
    pub fn revision(&self) -> u64 {
        self.revision
    }
    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
    /// The object with an id.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<&Object> {
        self.list.iter().find(|object| object.spec.id == id)
    }

    /// The list to change; copies it when somebody else holds it.
    pub(super) fn change(&mut self) -> &mut Vec<Object> {
        self.revision = NEXT_REVISION.fetch_add(1, Ordering::Relaxed);
        Arc::make_mut(&mut self.list)
    }

    /// Adds an object or takes the place of the one with its id.
    ///
    /// # Errors
    /// [`WorldError::InvalidEvent`] when there are [`MAX_OBJECTS`] already.
    pub(super) fn put(&mut self, object: Object) -> Result<(), WorldError> {
        let at = self.list.iter().position(|other| other.spec.id == object.spec.id);
        if at.is_none() && self.list.len() >= MAX_OBJECTS {
            let problem = format!("{MAX_OBJECTS} objects are placed already");
            return Err(WorldError::InvalidEvent { field: "id", problem });
        }
        let list = self.change();
        match at {
            Some(at) => list[at] = object,
            None => list.push(object),
        }
        Ok(())
    }

    /// Takes an object away.
    ///
    /// # Errors
    /// [`WorldError::InvalidEvent`] when there is none with this id.
    pub(super) fn remove(&mut self, id: u64) -> Result<(), WorldError> {
        let Some(at) = self.list.iter().position(|object| object.spec.id == id) else {
            let problem = format!("{id} is not placed");
            return Err(WorldError::InvalidEvent { field: "id", problem });
        };
        self.change().remove(at);
        Ok(())
    }

    /// Has an object stand elsewhere, for presentation between ticks. Poses that make no sense and
    /// ids that are not there change nothing.
    pub fn move_to(&mut self, id: u64, position: Vec3, rotation: Quat) {
        let pose = Pose { position, rotation };
        let Some(at) = self.list.iter().position(|object| object.spec.id == id) else { return };
        let spec = &self.list[at].spec;
        if pose.validate().is_ok() && (spec.position, spec.rotation) != (position, rotation) {
            let spec = &mut self.change()[at].spec;
            (spec.position, spec.rotation) = (position, rotation);
        }
    }

    /// Chooses the tiles that can be seen from a pose and their levels; `drawn` is cleared first.
    /// Every renderer draws exactly these.
    pub fn visible(&self, pose: &Pose, intrinsics: &Intrinsics, drawn: &mut Vec<DrawnSide>) {
        drawn.clear();
        for (index, object) in self.list.iter().enumerate() {
            let spec = &object.spec;
            if !may_see(spec, pose, intrinsics) {
                continue;
            }
            let eye = spec.local(pose.position) / spec.half();
            for (at, side) in object.looks.sides().iter().enumerate() {
                // From behind the opposite side nothing of it faces the eye.
                if eye.dot(side.out()) < -1.0 {
                    continue;
                }
                let map = object.screen_from_side(side, pose, intrinsics);
                for (k, tile) in side.tiles().iter().enumerate() {
                    let seen = tile.visible(&map, intrinsics.width, intrinsics.height);
                    if let Some(visible) = seen {
                        let (object, side, tile) = (index as u32, at as u32, k as u32);
                        drawn.push(DrawnSide { object, side, tile, visible });
                    }
                }
            }
        }
    }
}

/// Whether any part of an object's box may be on the screen.
fn may_see(spec: &ObjectSpec, pose: &Pose, camera: &Intrinsics) -> bool {
    let radius = spec.half().length();
    let at = pose.view_from_world(spec.position);
    let depth = -at.z;
    if depth < -radius {
        return false;
    }
    // Distance from each edge of the picture's pyramid, outwards.
    let beyond = |across: f32, edge: f32| (across - edge * depth) / (1.0 + edge * edge).sqrt();
    let (width, height) = (camera.width as f32, camera.height as f32);
    beyond(at.x, (width - camera.cx) / camera.fx) < radius
        && beyond(-at.x, camera.cx / camera.fx) < radius
        && beyond(at.y, camera.cy / camera.fy) < radius
        && beyond(-at.y, (height - camera.cy) / camera.fy) < radius
}

impl Object {
    /// The map from one of its sides to a camera's screen.
    #[must_use]
    pub fn screen_from_side(
        &self,
        side: &ObjectSide,
        pose: &Pose,
        intrinsics: &Intrinsics,
    ) -> ScreenFromView {
        let Self { spec, .. } = self;
        ScreenFromView::stretched(
            side.view(),
            (spec.position, Mat3::from_quat(spec.rotation), spec.half()),
            pose,
            intrinsics,
        )
    }
}
