//! What painting remembers of the way so far.

use crate::snapshot::{Reader, Writer};
use glam::Vec3;
use reverie_world_model::Pose;

/// Windows this near to one that came to nothing come to nothing too.
const SAME_PLACE_M: f32 = 0.3;
const SAME_WAY_RAD: f32 = 0.2;
/// Less new than this, as a share of the window, is nothing.
const LEAST_NEW: f32 = 0.003;
/// Places that are remembered as futile.
const MOST_FUTILE: usize = 64;
/// Places of the player that are remembered.
const MOST_BEEN: usize = 256;
/// The next one is this far from the one before, or looks this much another way.
const BEEN_APART_M: f32 = 0.4;
const BEEN_APART_RAD: f32 = 0.4;
/// Places where the player stood that are remembered.
const MOST_STOOD: usize = 64;
/// Who moves less than this from one tick to the next stands.
const STANDS_M: f32 = 1e-3;
const STANDS_RAD: f32 = 2e-3;

/// Windows that came to nothing, and from where the player looked into the world.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trail {
    futile: Vec<Futile>,
    been: Vec<Pose>,
    stood: Vec<Pose>,
    /// Where the player was a tick ago.
    last: Option<Pose>,
}

fn is_near(a: &Pose, b: &Pose, apart_m: f32, apart_rad: f32) -> bool {
    a.position.distance(b.position) <= apart_m && a.forward().dot(b.forward()) >= apart_rad.cos()
}

/// A window in which nothing could be made known.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Futile {
    position: Vec3,
    /// A unit vector.
    forward: Vec3,
}

impl Trail {
    /// Whether a window there would come to nothing.
    pub(super) fn is_futile(&self, pose: &Pose) -> bool {
        self.futile.iter().any(|futile| {
            futile.position.distance(pose.position) < SAME_PLACE_M
                && futile.forward.dot(pose.forward()) > SAME_WAY_RAD.cos()
        })
    }

    /// Remembers a window whose share of new pixels is too small; forgets the oldest.
    pub(crate) fn note_window(&mut self, pose: &Pose, new: f32) {
        if new < LEAST_NEW {
            if self.futile.len() >= MOST_FUTILE {
                self.futile.remove(0);
            }
            self.futile.push(Futile { position: pose.position, forward: pose.forward() });
        }
    }

    /// From where the player looked, oldest first.
    pub(super) fn been(&self) -> &[Pose] {
        &self.been
    }

    /// Where the player stood and looked, oldest first.
    pub(super) fn stood(&self) -> &[Pose] {
        &self.stood
    }

    /// Remembers where the player is; once there are too many places, every second one is forgotten.
    pub(crate) fn note_player(&mut self, pose: &Pose) {
        if self.been.last().is_none_or(|last| !is_near(last, pose, BEEN_APART_M, BEEN_APART_RAD)) {
            if self.been.len() >= MOST_BEEN {
                let mut at = 0_usize;
                self.been.retain(|_| {
                    at += 1;
                    at.is_multiple_of(2)
                });
            }
            self.been.push(*pose);
        }
        let stands = self.last.is_some_and(|last| is_near(&last, pose, STANDS_M, STANDS_RAD));
        if stands && !self.stood.iter().any(|old| is_near(old, pose, STANDS_M, STANDS_RAD)) {
            if self.stood.len() >= MOST_STOOD {
                self.stood.remove(0);
            }
            self.stood.push(*pose);
        }
        self.last = Some(*pose);
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.u32(self.futile.len() as u32);
        for futile in &self.futile {
            writer.f32s(&futile.position.to_array());
            writer.f32s(&futile.forward.to_array());
        }
        writer.u32(self.been.len() as u32);
        self.been.iter().for_each(|pose| writer.pose(pose));
        writer.u32(self.stood.len() as u32);
        self.stood.iter().for_each(|pose| writer.pose(pose));
        writer.u32(u32::from(self.last.is_some()));
        self.last.iter().for_each(|pose| writer.pose(pose));
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        let mut trail = Self::default();
        for _ in 0..count(reader, "futile windows", MOST_FUTILE)? {
            let (position, forward) = (reader.vec3("window")?, reader.vec3("window")?);
            trail.futile.push(Futile { position, forward });
        }
        for _ in 0..count(reader, "places", MOST_BEEN)? {
            trail.been.push(place(reader)?);
        }
        for _ in 0..count(reader, "places to stand", MOST_STOOD)? {
            trail.stood.push(place(reader)?);
        }
        trail.last = if reader.flag("player")? { Some(place(reader)?) } else { None };
        Ok(trail)
    }
}

fn place(reader: &mut Reader<'_>) -> Result<Pose, String> {
    let pose = reader.pose()?;
    pose.validate().map_err(|e| e.to_string())?;
    Ok(pose)
}

fn count(reader: &mut Reader<'_>, what: &'static str, most: usize) -> Result<usize, String> {
    let count = reader.u32(what)? as usize;
    if count > most { Err(format!("{what}: {count}, at most {most}")) } else { Ok(count) }
}
