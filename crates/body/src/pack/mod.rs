//! The pack: what all people are made from.
//!
//! One file: `RVRBODY\0`, version, length and CRC-32 of the payload, then the payload deflated. The
//! payload holds MakeHuman's base mesh (CC0) with its helper geometry, skinning weights, places of
//! joints, masks of the skin and targets, all as integers of 0.1 mm.

mod codec;

use codec::{Reader, Writer};
use glam::{Vec2, Vec3};
use reverie_avatar::HumanBone;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

const MAGIC: &[u8; 8] = b"RVRBODY\0";
const VERSION: u32 = 1;
const HEADER: usize = 8 + 4 + 4 + 4;
/// No more than this is unpacked, whatever a header says.
const PAYLOAD_LIMIT: usize = 64 << 20;
const NAME_LIMIT: usize = 4096;
/// Length of one integer step, metres.
const STEP: f32 = 1e-4;

/// Why a pack cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is there, but wrong.
    #[error("{}: {source}", path.display())]
    In {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: Box<PackError>,
    },
    /// Some other kind of file.
    #[error("magic: this is no pack of bodies")]
    Magic,
    /// Made by another version.
    #[error("version: {found}, but {VERSION} is needed")]
    Version {
        /// The version it names.
        found: u32,
    },
    /// The checksum does not fit: damaged.
    #[error("checksum: the pack is damaged")]
    Checksum,
    /// The file ends too early.
    #[error("{field}: the pack ends in the middle of it")]
    Short {
        /// Where.
        field: &'static str,
    },
    /// A number larger than any pack needs.
    #[error("{field}: {count}, but at most {limit} are possible")]
    TooMany {
        /// Which number.
        field: &'static str,
        /// What it says.
        count: usize,
        /// What is possible.
        limit: usize,
    },
    /// A value outside its range.
    #[error("{field}: a value is outside its range")]
    Value {
        /// Which one.
        field: &'static str,
    },
    /// Something every body needs is not there.
    #[error("{what} is missing")]
    Missing {
        /// What.
        what: String,
    },
}

/// A corner of a face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Corner {
    /// Index of the vertex.
    pub vertex: u16,
    /// Index of the texture coordinate.
    pub uv: u16,
}

/// Moves some vertices.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Target {
    /// Indices of vertices, rising.
    pub vertices: Vec<u16>,
    /// Steps of 0.1 mm.
    pub steps: Vec<[i16; 3]>,
}

impl Target {
    /// Adds this target to positions (metres).
    pub(crate) fn add_to(&self, positions: &mut [Vec3], weight: f32) {
        let scale = weight * STEP;
        for (vertex, step) in self.vertices.iter().zip(&self.steps) {
            positions[*vertex as usize] += scale * Vec3::from(step.map(f32::from));
        }
    }

    /// The vertices and by how many metres they move.
    pub(crate) fn moves(&self) -> impl Iterator<Item = (usize, Vec3)> + '_ {
        self.vertices
            .iter()
            .zip(&self.steps)
            .map(|(vertex, step)| (*vertex as usize, STEP * Vec3::from(step.map(f32::from))))
    }
}

/// A picture that says where on the skin something is: a piece of a square of 2048 x 2048 over the
/// texture coordinates of the base mesh.
#[derive(Debug, Clone, PartialEq)]
pub struct Mask {
    /// Left and top edge in pixels.
    pub corner: [u16; 2],
    /// Width and height in pixels.
    pub size: [u16; 2],
    /// Rows from the top, 255 is inside.
    pub pixels: Vec<u8>,
}

impl Mask {
    /// Edge of the whole square.
    pub const SQUARE: f32 = 2048.0;

    /// How far inside a place is, 0 to 1. Texture coordinates with v down.
    pub(crate) fn at(&self, uv: Vec2) -> f32 {
        let place = uv * Self::SQUARE
            - 0.5
            - Vec2::new(f32::from(self.corner[0]), f32::from(self.corner[1]));
        let [width, height] = self.size.map(i32::from);
        // Most of the skin is far from any one mask.
        let is_outside = |at: f32, size: i32| at < -1.0 || at >= size as f32;
        if is_outside(place.x, width) || is_outside(place.y, height) {
            return 0.0;
        }
        let low = place.floor();
        let part = place - low;
        let pixel = |dx: i32, dy: i32| {
            let (x, y) = (low.x as i32 + dx, low.y as i32 + dy);
            if x < 0 || y < 0 || x >= width || y >= height {
                return 0.0;
            }
            f32::from(self.pixels[(y * width + x) as usize]) / 255.0
        };
        let top = pixel(0, 0) + (pixel(1, 0) - pixel(0, 0)) * part.x;
        let bottom = pixel(0, 1) + (pixel(1, 1) - pixel(0, 1)) * part.x;
        top + (bottom - top) * part.y
    }
}

/// The plain content of a pack.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PackContent {
    /// Steps of 0.1 mm; +Y up, the person faces +Z. Joints are vertices too.
    pub vertices: Vec<[i16; 3]>,
    /// Texture coordinates, v down, in 65,535ths.
    pub uvs: Vec<[u16; 2]>,
    /// Bones (`HumanBone as u8`) of each vertex, strongest first.
    pub bones: Vec<[u8; 4]>,
    /// Their weights in 255ths, summing to 255.
    pub weights: Vec<[u8; 4]>,
    /// Groups of quads by MakeHuman's names, without `helper-`.
    pub groups: BTreeMap<String, Vec<[Corner; 4]>>,
    /// Vertex that is the place of a joint, by MakeHuman's names, without `joint-`.
    pub joints: BTreeMap<String, u16>,
    /// Targets by name: `macro/…`, `face/…` (ARKit's names), `slider/…-` and `slider/…+`.
    pub targets: BTreeMap<String, Target>,
    /// Masks by name.
    pub masks: BTreeMap<String, Mask>,
}

impl PackContent {
    /// The bytes of a pack file; the same for the same content.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::default();
        w.u32(self.vertices.len() as u32);
        for axis in 0..3 {
            w.smooth(self.vertices.iter().map(|v| v[axis]));
        }
        w.u32(self.uvs.len() as u32);
        for axis in 0..2 {
            w.smooth(self.uvs.iter().map(|uv| uv[axis] as i16));
        }
        for at in 0..4 {
            w.bytes.extend(self.bones.iter().map(|b| b[at]));
            w.bytes.extend(self.weights.iter().map(|b| b[at]));
        }
        w.u32(self.groups.len() as u32);
        for (name, faces) in &self.groups {
            w.name(name);
            w.u32(faces.len() as u32);
            for at in 0..4 {
                w.smooth(faces.iter().map(|f| f[at].vertex as i16));
                w.smooth(faces.iter().map(|f| f[at].uv as i16));
            }
        }
        w.u32(self.joints.len() as u32);
        for (name, vertex) in &self.joints {
            w.name(name);
            w.u16(*vertex);
        }
        w.u32(self.targets.len() as u32);
        for (name, target) in &self.targets {
            w.name(name);
            w.u32(target.vertices.len() as u32);
            w.smooth(target.vertices.iter().map(|v| *v as i16));
            for axis in 0..3 {
                w.smooth(target.steps.iter().map(|s| s[axis]));
            }
        }
        w.u32(self.masks.len() as u32);
        for (name, mask) in &self.masks {
            w.name(name);
            for value in mask.corner.iter().chain(&mask.size) {
                w.u16(*value);
            }
            w.bytes.extend(&mask.pixels);
        }
        wrap(&w.bytes)
    }

    fn parse(payload: &[u8]) -> Result<Self, PackError> {
        let mut r = Reader::new(payload);
        let vertex_count = r.count(u16::MAX as usize, "vertices")?;
        let [x, y, z] = [
            r.smooth(vertex_count, "vertices")?,
            r.smooth(vertex_count, "vertices")?,
            r.smooth(vertex_count, "vertices")?,
        ];
        let vertices = (0..vertex_count).map(|i| [x[i], y[i], z[i]]).collect();
        let uv_count = r.count(u16::MAX as usize, "uvs")?;
        let [u, v] = [r.smooth(uv_count, "uvs")?, r.smooth(uv_count, "uvs")?];
        let uvs = (0..uv_count).map(|i| [u[i] as u16, v[i] as u16]).collect();
        let mut bones = vec![[0u8; 4]; vertex_count];
        let mut weights = vec![[0u8; 4]; vertex_count];
        for at in 0..4 {
            for (bone, read) in bones.iter_mut().zip(r.take(vertex_count, "bones")?) {
                bone[at] = *read;
            }
            for (weight, read) in weights.iter_mut().zip(r.take(vertex_count, "weights")?) {
                weight[at] = *read;
            }
        }
        if bones.iter().flatten().any(|bone| usize::from(*bone) >= HumanBone::COUNT) {
            return Err(PackError::Value { field: "bones" });
        }
        if weights.iter().any(|w| w.iter().map(|w| u32::from(*w)).sum::<u32>() != 255) {
            return Err(PackError::Value { field: "weights" });
        }
        let mut groups = BTreeMap::new();
        for _ in 0..r.count(NAME_LIMIT, "groups")? {
            let name = r.name("groups")?;
            let count = r.count(u16::MAX as usize, "groups")?;
            let mut faces = vec![[Corner { vertex: 0, uv: 0 }; 4]; count];
            for at in 0..4 {
                for (face, vertex) in faces.iter_mut().zip(r.smooth(count, "groups")?) {
                    face[at].vertex = vertex as u16;
                }
                for (face, uv) in faces.iter_mut().zip(r.smooth(count, "groups")?) {
                    face[at].uv = uv as u16;
                }
            }
            let inside = |corner: &Corner| {
                usize::from(corner.vertex) < vertex_count && usize::from(corner.uv) < uv_count
            };
            if !faces.iter().flatten().all(inside) {
                return Err(PackError::Value { field: "groups" });
            }
            groups.insert(name, faces);
        }
        let mut joints = BTreeMap::new();
        for _ in 0..r.count(NAME_LIMIT, "joints")? {
            let name = r.name("joints")?;
            let vertex = r.u16("joints")?;
            if usize::from(vertex) >= vertex_count {
                return Err(PackError::Value { field: "joints" });
            }
            joints.insert(name, vertex);
        }
        let mut targets = BTreeMap::new();
        for _ in 0..r.count(NAME_LIMIT, "targets")? {
            let name = r.name("targets")?;
            let count = r.count(vertex_count, "targets")?;
            let moved: Vec<u16> =
                r.smooth(count, "targets")?.into_iter().map(|v| v as u16).collect();
            if moved.windows(2).any(|pair| pair[0] >= pair[1])
                || moved.last().is_some_and(|last| usize::from(*last) >= vertex_count)
            {
                return Err(PackError::Value { field: "targets" });
            }
            let [x, y, z] = [
                r.smooth(count, "targets")?,
                r.smooth(count, "targets")?,
                r.smooth(count, "targets")?,
            ];
            let steps = (0..count).map(|i| [x[i], y[i], z[i]]).collect();
            targets.insert(name, Target { vertices: moved, steps });
        }
        let mut masks = BTreeMap::new();
        for _ in 0..r.count(NAME_LIMIT, "masks")? {
            let name = r.name("masks")?;
            let corner = [r.u16("masks")?, r.u16("masks")?];
            let size = [r.u16("masks")?, r.u16("masks")?];
            if size.iter().any(|edge| f32::from(*edge) > Mask::SQUARE) {
                return Err(PackError::Value { field: "masks" });
            }
            let count = usize::from(size[0]) * usize::from(size[1]);
            let pixels = r.take(count, "masks")?.to_vec();
            masks.insert(name, Mask { corner, size, pixels });
        }
        if !r.is_at_end() {
            return Err(PackError::Value { field: "end" });
        }
        Ok(Self { vertices, uvs, bones, weights, groups, joints, targets, masks })
    }
}

/// Puts the header before a payload and deflates it.
pub(crate) fn wrap(payload: &[u8]) -> Vec<u8> {
    let mut w = Writer { bytes: MAGIC.to_vec() };
    w.u32(VERSION);
    w.u32(payload.len() as u32);
    w.u32(crc32fast::hash(payload));
    w.bytes.extend(miniz_oxide::deflate::compress_to_vec(payload, 10));
    w.bytes
}

/// What all people are made from; read once, shared by every [`Body::build`](crate::Body::build).
#[derive(Debug)]
pub struct Pack {
    pub(crate) content: PackContent,
    /// Metres.
    pub(crate) vertices: Vec<Vec3>,
    pub(crate) skin: OnceLock<crate::skin::SkinMaps>,
    pub(crate) fabrics: crate::fabric::Fabrics,
    pub(crate) topology: crate::topology::Topology,
}

impl Pack {
    /// Reads a pack file.
    ///
    /// # Errors
    /// Names the file and what in it is wrong.
    pub fn load(path: &Path) -> Result<Self, PackError> {
        let bytes =
            fs::read(path).map_err(|source| PackError::Io { path: path.to_path_buf(), source })?;
        Self::from_bytes(&bytes)
            .map_err(|e| PackError::In { path: path.to_path_buf(), source: Box::new(e) })
    }

    /// Reads a pack from memory; nothing in it is trusted.
    ///
    /// # Errors
    /// What in it is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PackError> {
        let mut r = Reader::new(bytes);
        if r.take(8, "magic").map_err(|_| PackError::Magic)? != MAGIC {
            return Err(PackError::Magic);
        }
        let found = r.u32("version")?;
        if found != VERSION {
            return Err(PackError::Version { found });
        }
        let length = r.count(PAYLOAD_LIMIT, "length")?;
        let checksum = r.u32("checksum")?;
        let payload = miniz_oxide::inflate::decompress_to_vec_with_limit(&bytes[HEADER..], length)
            .map_err(|_| PackError::Checksum)?;
        if payload.len() != length || crc32fast::hash(&payload) != checksum {
            return Err(PackError::Checksum);
        }
        Self::from_content(PackContent::parse(&payload)?)
    }

    /// A pack of this content.
    ///
    /// # Errors
    /// What is missing in it.
    pub fn from_content(content: PackContent) -> Result<Self, PackError> {
        let vertices = content
            .vertices
            .iter()
            .map(|v| STEP * Vec3::from(v.map(f32::from)))
            .collect::<Vec<_>>();
        let uvs = content
            .uvs
            .iter()
            .map(|uv| Vec2::from(uv.map(f32::from)) / 65535.0)
            .collect::<Vec<_>>();
        let topology = crate::topology::Topology::new(&content, &vertices, &uvs)?;
        Ok(Self {
            content,
            vertices,
            skin: OnceLock::new(),
            fabrics: crate::fabric::Fabrics::default(),
            topology,
        })
    }

    /// Makes what is the same on everybody's skin now rather than in the first
    /// [`Body::build`](crate::Body::build).
    pub fn prepare(&self) {
        self.skin();
    }

    /// What is the same on everybody's skin.
    pub(crate) fn skin(&self) -> &crate::skin::SkinMaps {
        if let Some(maps) = self.skin.get() {
            return maps;
        }
        // Made before the lock is taken: a thread that waits for parts of the work may be given another
        // body to build meanwhile, and would then wait for itself.
        let made = crate::skin::SkinMaps::new(self);
        self.skin.get_or_init(|| made)
    }

    /// Names of the sliders of [`AvatarSpec::face`](crate::AvatarSpec::face), in alphabetical order.
    pub fn sliders(&self) -> impl Iterator<Item = &str> {
        self.content
            .targets
            .keys()
            .filter_map(|name| name.strip_prefix("slider/")?.strip_suffix('+'))
    }

    /// Its plain content.
    pub fn content(&self) -> &PackContent {
        &self.content
    }

    pub(crate) fn target(&self, name: &str) -> Option<&Target> {
        self.content.targets.get(name)
    }

    pub(crate) fn joint(&self, name: &str) -> Result<usize, PackError> {
        let found = self.content.joints.get(name).map(|v| usize::from(*v));
        found.ok_or_else(|| PackError::Missing { what: format!("joint {name}") })
    }

    pub(crate) fn group(&self, name: &str) -> &[[Corner; 4]] {
        self.content.groups.get(name).map_or(&[], Vec::as_slice)
    }
}
