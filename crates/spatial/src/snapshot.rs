//! A memory and a walker in it, as bytes and back.
//!
//! Little-endian throughout; a SHA-256 of the rest comes first. Sizes of arrays follow from sizes
//! of tiles, and every read checks what is left before anything is allocated.

use crate::{
    Backdrop, LEVELS, Memory, TILE_CELLS, Tile, TileLevel, View, cell,
    grid::CROP_CELLS,
    memory::{ViewKind, ViewTiles},
    repaint::Repainted,
};
use glam::{Quat, Vec2, Vec3};
use reverie_world_model::{Body, Embodiment, EmbodimentState, Intrinsics, Pose};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, sync::Arc};

const HASH_BYTES: usize = 32;

/// Bytes being written.
#[derive(Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub fn u32(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }
    pub fn u64(&mut self, value: u64) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }
    pub fn f32s(&mut self, values: &[f32]) {
        values.iter().for_each(|value| self.u32(value.to_bits()));
    }
    pub fn pose(&mut self, pose: &Pose) {
        self.f32s(&pose.position.to_array());
        self.f32s(&pose.rotation.to_array());
    }
    pub fn intrinsics(&mut self, camera: &Intrinsics) {
        self.u32(camera.width);
        self.u32(camera.height);
        self.f32s(&[camera.fx, camera.fy, camera.cx, camera.cy]);
    }
    pub fn embodiment(&mut self, state: &EmbodimentState) {
        let kind = EMBODIMENTS.iter().position(|kind| *kind == state.embodiment);
        self.u32(kind.unwrap_or(0) as u32);
        let body = &state.body;
        self.f32s(&[body.eye_height_m, body.radius_m, body.step_height_m, body.response_secs]);
        self.f32s(&state.position.to_array());
        self.f32s(&[state.yaw_rad, state.pitch_rad, state.roll_rad]);
        self.f32s(&state.velocity_mps.to_array());
        self.f32s(&state.tilt_rad.to_array());
    }
    pub fn memory(&mut self, memory: &Memory) {
        for sum in memory.backdrop.sums() {
            self.f32s(sum);
        }
        self.u64(memory.budget_bytes() as u64);
        self.u32(memory.views.len() as u32);
        for view in &memory.views {
            self.pose(view.view.pose());
            self.intrinsics(view.view.intrinsics());
            self.u32(view.kind as u32);
            self.u32(view.tiles().len() as u32);
            for tile in view.tiles().iter() {
                tile.origin().into_iter().for_each(|value| self.u32(value));
                tile.cells().into_iter().for_each(|value| self.u32(value));
                self.u32(tile.levels()[0].stride);
                self.u32(tile.levels().len() as u32);
                for level in tile.levels() {
                    self.f32s(&level.inverse_depth);
                    level.rgba.iter().for_each(|value| self.u32(*value));
                    self.bytes.extend_from_slice(&level.cells);
                }
            }
        }
    }
    /// The colours of a set of tiles, in the order of the memory's.
    pub fn repainted(&mut self, memory: &Memory, tiles: Option<&Repainted>) {
        self.u32(u32::from(tiles.is_some()));
        let Some(tiles) = tiles else { return };
        for tile in memory.tiles() {
            let repainted = tiles.get(tile.id());
            self.u32(u32::from(repainted.is_some()));
            for level in repainted.iter().flat_map(|tile| tile.levels()) {
                level.rgba.iter().for_each(|value| self.u32(*value));
            }
        }
    }
    /// The bytes behind their hash.
    pub fn finish(self) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(HASH_BYTES + self.bytes.len());
        sealed.extend_from_slice(&Sha256::digest(&self.bytes));
        sealed.extend_from_slice(&self.bytes);
        sealed
    }
}

const EMBODIMENTS: [Embodiment; 4] =
    [Embodiment::Free, Embodiment::Walker, Embodiment::Drone, Embodiment::Rover];

/// Bytes being read.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

type Outcome<T> = Result<T, String>;

impl<'a> Reader<'a> {
    /// Checks the hash.
    pub fn open(sealed: &'a [u8]) -> Outcome<Self> {
        let Some((hash, rest)) = sealed.split_at_checked(HASH_BYTES) else {
            return Err("too short to be one".to_owned());
        };
        if *hash != *Sha256::digest(rest) {
            return Err("damaged: its checksum does not match".to_owned());
        }
        Ok(Self { rest })
    }

    fn take(&mut self, bytes: usize, what: &str) -> Outcome<&'a [u8]> {
        let (taken, rest) = self
            .rest
            .split_at_checked(bytes)
            .ok_or_else(|| format!("{what}: ends {} bytes early", bytes - self.rest.len()))?;
        self.rest = rest;
        Ok(taken)
    }
    pub fn u32(&mut self, what: &str) -> Outcome<u32> {
        let bytes = self.take(4, what)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }
    pub fn u64(&mut self, what: &str) -> Outcome<u64> {
        let low = self.u32(what)?;
        Ok(u64::from(low) | u64::from(self.u32(what)?) << 32)
    }
    pub fn f32(&mut self, what: &str) -> Outcome<f32> {
        let value = f32::from_bits(self.u32(what)?);
        if value.is_finite() { Ok(value) } else { Err(format!("{what} is {value}")) }
    }
    pub fn flag(&mut self, what: &str) -> Outcome<bool> {
        match self.u32(what)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(format!("{what} is {other}, not 0 or 1")),
        }
    }
    /// Reads what [`Writer::repainted`] wrote for this memory.
    pub fn repainted(&mut self, memory: &Memory) -> Outcome<Option<Repainted>> {
        if !self.flag("other colours")? {
            return Ok(None);
        }
        let mut tiles = HashMap::new();
        for tile in memory.tiles() {
            if !self.flag("a tile of other colours")? {
                continue;
            }
            let mut levels = Vec::with_capacity(tile.levels().len());
            for level in tile.levels() {
                let rgba: Box<[u32]> = self.words(level.rgba.len(), "other colours")?.collect();
                if rgba.iter().zip(&level.rgba).any(|(new, old)| new >> 24 != old >> 24) {
                    return Err("other colours have other vertices".to_owned());
                }
                levels.push(Arc::new(TileLevel { rgba, ..TileLevel::clone(level) }));
            }
            tiles.insert(tile.id(), Arc::new(tile.with_levels(levels)));
        }
        Ok(Some(Repainted::new(tiles)))
    }
    pub fn vec3(&mut self, what: &str) -> Outcome<Vec3> {
        Ok(Vec3::new(self.f32(what)?, self.f32(what)?, self.f32(what)?))
    }
    fn words(&mut self, count: usize, what: &str) -> Outcome<impl Iterator<Item = u32> + use<'a>> {
        let bytes = self.take(count * 4, what)?;
        Ok(bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])))
    }
    pub fn pose(&mut self) -> Outcome<Pose> {
        let position = self.vec3("position")?;
        let [x, y, z, w] = {
            let v = self.vec3("rotation")?;
            [v.x, v.y, v.z, self.f32("rotation")?]
        };
        Ok(Pose { position, rotation: Quat::from_xyzw(x, y, z, w) })
    }
    pub fn intrinsics(&mut self) -> Outcome<Intrinsics> {
        let camera = Intrinsics {
            width: self.u32("width")?,
            height: self.u32("height")?,
            fx: self.f32("fx")?,
            fy: self.f32("fy")?,
            cx: self.f32("cx")?,
            cy: self.f32("cy")?,
        };
        crate::view::check_camera(&camera).map_err(|e| e.to_string())?;
        Ok(camera)
    }
    pub fn embodiment(&mut self) -> Outcome<EmbodimentState> {
        let kind = self.u32("embodiment")?;
        let embodiment = *EMBODIMENTS
            .get(kind as usize)
            .ok_or_else(|| format!("embodiment {kind} is not known"))?;
        Ok(EmbodimentState {
            embodiment,
            body: Body {
                eye_height_m: self.f32("eye_height_m")?,
                radius_m: self.f32("radius_m")?,
                step_height_m: self.f32("step_height_m")?,
                response_secs: self.f32("response_secs")?,
            },
            position: self.vec3("position")?,
            yaw_rad: self.f32("yaw_rad")?,
            pitch_rad: self.f32("pitch_rad")?,
            roll_rad: self.f32("roll_rad")?,
            velocity_mps: self.vec3("velocity_mps")?,
            tilt_rad: Vec2::new(self.f32("tilt_rad")?, self.f32("tilt_rad")?),
        })
    }
    pub fn memory(&mut self) -> Outcome<Memory> {
        let mut sums = vec![[0.0; 5]; Backdrop::default().sums().len()];
        for value in sums.iter_mut().flatten() {
            *value = self.f32("backdrop")?;
        }
        let backdrop = Backdrop::from_sums(sums).ok_or("backdrop: of another size")?;
        let budget = usize::try_from(self.u64("budget")?).map_err(|e| e.to_string())?;
        let mut views = Vec::new();
        for _ in 0..self.u32("views")? {
            let (pose, intrinsics) = (self.pose()?, self.intrinsics()?);
            let view = Arc::new(View::restored(pose, intrinsics).map_err(|e| e.to_string())?);
            let kind = match self.u32("kind of view")? {
                0 => ViewKind::Seen,
                1 => ViewKind::Painted,
                2 => ViewKind::Detail,
                other => return Err(format!("kind of view: {other}, at most 2")),
            };
            let mut tiles = Vec::new();
            for _ in 0..self.u32("tiles")? {
                tiles.push(Arc::new(self.tile(&view)?));
            }
            views.push(ViewTiles::new(view, kind, tiles));
        }
        Ok(Memory::restored(views, backdrop, budget))
    }
    fn tile(&mut self, view: &Arc<View>) -> Outcome<Tile> {
        let mut read = || self.u32("tile");
        let (origin, cells) = ([read()?, read()?], [read()?, read()?]);
        let (finest, count) = (read()?, read()? as usize);
        let limits = [view.columns() - 1, view.rows() - 1];
        let fits = |axis: usize| {
            (1..=TILE_CELLS).contains(&cells[axis])
                && origin[axis].is_multiple_of(CROP_CELLS)
                && origin[axis].checked_add(cells[axis]).is_some_and(|end| end <= limits[axis])
        };
        let strides = finest.is_power_of_two() && (1..=LEVELS).contains(&count) && {
            let coarsest = u64::from(finest) << (count - 1);
            coarsest <= 1 << (LEVELS - 1)
        };
        if !(fits(0) && fits(1) && strides) {
            return Err(format!("tile at {origin:?}, {cells:?} cells, {count} levels"));
        }
        let mut levels = Vec::with_capacity(count);
        for k in 0..count {
            let stride = finest << k;
            let [columns, rows] = cells.map(|n| n.div_ceil(stride) + 1);
            let vertices = (columns * rows) as usize;
            let inverse_depth: Arc<[f32]> =
                self.words(vertices, "inverse depth")?.map(f32::from_bits).collect();
            let rgba: Box<[u32]> = self.words(vertices, "colour")?.collect();
            let bits: Arc<[u8]> = self.take(((columns - 1) * (rows - 1)) as usize, "cells")?.into();
            if !inverse_depth.iter().all(|w| *w >= 0.0 && *w <= 1e4) {
                return Err("an inverse depth is out of range".to_owned());
            }
            let there = |x: usize, y: usize| rgba[y * columns as usize + x] >> 24 == 255;
            let honest = bits.iter().enumerate().all(|(at, bits)| {
                let (x, y) = (at % (columns as usize - 1), at / (columns as usize - 1));
                [
                    (cell::HAS_TOP_LEFT, x, y),
                    (cell::HAS_TOP_RIGHT, x + 1, y),
                    (cell::HAS_BOTTOM_LEFT, x, y + 1),
                    (cell::HAS_BOTTOM_RIGHT, x + 1, y + 1),
                ]
                .iter()
                .all(|(bit, x, y)| bits & bit == 0 || there(*x, *y))
            });
            if !honest {
                return Err("a cell has a vertex that is not there".to_owned());
            }
            levels.push(Arc::new(TileLevel {
                stride,
                columns,
                rows,
                inverse_depth,
                rgba,
                cells: bits,
            }));
        }
        Tile::new(Arc::clone(view), origin, cells, levels).ok_or_else(|| "an empty tile".to_owned())
    }
    /// Nothing may be left.
    pub fn finish(self) -> Outcome<()> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(format!("{} bytes too many", self.rest.len()))
    }
}
