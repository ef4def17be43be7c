//! The container of a glTF file: its JSON and its bytes.

use super::{Limits, schema};
use crate::vrm::error::Problem;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::borrow::Cow;

const MAGIC: &[u8] = b"glTF";
const JSON: u32 = 0x4e4f_534a;
const BIN: u32 = 0x004e_4942;

/// Extensions without which a file may say it cannot be read, and which are read.
const UNDERSTOOD: &[&str] = &[
    "VRM",
    "VRMC_vrm",
    "VRMC_springBone",
    "VRMC_node_constraint",
    "VRMC_materials_mtoon",
    "VRMC_materials_hdr_emissiveMultiplier",
    "KHR_mesh_quantization",
    "KHR_texture_transform",
    "KHR_materials_unlit",
    "KHR_materials_emissive_strength",
    "EXT_texture_webp",
];

/// All lists of a glTF, and its buffers.
pub(crate) struct Document<'a> {
    pub limits: Limits,
    pub views: Vec<schema::BufferView>,
    pub accessors: Vec<schema::Accessor>,
    pub scenes: Vec<schema::Scene>,
    pub scene: u64,
    pub nodes: Vec<schema::Node>,
    pub skins: Vec<schema::Skin>,
    pub meshes: Vec<schema::Mesh>,
    pub materials: Vec<schema::Material>,
    pub textures: Vec<schema::Texture>,
    pub images: Vec<schema::Image>,
    pub extensions: Map<String, Value>,
    buffers: Vec<Cow<'a, [u8]>>,
}

impl<'a> Document<'a> {
    pub(crate) fn read(bytes: &'a [u8], limits: Limits) -> Result<Self, Problem> {
        at_most("file size", bytes.len() as u64, limits.file_bytes)?;
        let (json, bin) = split(bytes)?;
        at_most("size of the JSON", json.len() as u64, limits.json_bytes)?;
        let root: Value =
            serde_json::from_slice(json).map_err(|e| Problem::field("JSON", e.to_string()))?;
        let Value::Object(mut root) = root else {
            return Err(Problem::field("JSON", "is not an object"));
        };
        let version = root.get("asset").and_then(|a| a.get("version")).and_then(Value::as_str);
        if !version.is_some_and(|v| v == "2" || v.starts_with("2.")) {
            let reason = format!("glTF 2.0 is needed, not {}", version.unwrap_or("nothing"));
            return Err(Problem::field("asset.version", reason));
        }
        for name in list::<String>(&mut root, "extensionsRequired", &limits)? {
            if !UNDERSTOOD.contains(&name.as_str()) {
                return Err(Problem::Extension(name));
            }
        }
        let buffers = buffers(list(&mut root, "buffers", &limits)?, bin, &limits)?;
        let extensions = match root.remove("extensions") {
            Some(Value::Object(extensions)) => extensions,
            _ => Map::new(),
        };
        Ok(Self {
            views: list(&mut root, "bufferViews", &limits)?,
            accessors: list(&mut root, "accessors", &limits)?,
            scenes: list(&mut root, "scenes", &limits)?,
            scene: root.get("scene").and_then(Value::as_u64).unwrap_or(0),
            nodes: list(&mut root, "nodes", &limits)?,
            skins: list(&mut root, "skins", &limits)?,
            meshes: list(&mut root, "meshes", &limits)?,
            materials: list(&mut root, "materials", &limits)?,
            textures: list(&mut root, "textures", &limits)?,
            images: list(&mut root, "images", &limits)?,
            extensions,
            buffers,
            limits,
        })
    }

    /// The bytes of a buffer view, and its stride.
    pub(crate) fn view(&self, field: &str, index: u64) -> Result<(&[u8], Option<u64>), Problem> {
        let view = self
            .views
            .get(index as usize)
            .ok_or_else(|| Problem::index(field, "bufferViews", index, self.views.len()))?;
        let name = format!("bufferViews[{index}]");
        let buffer = self.buffers.get(view.buffer as usize).ok_or_else(|| {
            Problem::index(format!("{name}.buffer"), "buffers", view.buffer, self.buffers.len())
        })?;
        let start = view.byte_offset.unwrap_or(0);
        let end = start.checked_add(view.byte_length).filter(|end| *end <= buffer.len() as u64);
        let Some(end) = end else {
            let reason = format!(
                "{} bytes from {start} are not within buffers[{}] of {} bytes",
                view.byte_length,
                view.buffer,
                buffer.len()
            );
            return Err(Problem::field(name, reason));
        };
        Ok((&buffer[start as usize..end as usize], view.byte_stride))
    }
}

pub(crate) fn at_most(field: &str, value: u64, limit: u64) -> Result<(), Problem> {
    if value > limit {
        return Err(Problem::TooLarge { field: field.to_owned(), value, limit });
    }
    Ok(())
}

/// The JSON and the binary chunk of a GLB, or a JSON alone.
fn split(bytes: &[u8]) -> Result<(&[u8], Option<&[u8]>), Problem> {
    if !bytes.starts_with(MAGIC) {
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if text.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{') {
            return Ok((text, None));
        }
        let first = &bytes[..bytes.len().min(4)];
        return Err(Problem::NotGltf(format!("it begins with {first:02x?}")));
    }
    let word = |at: usize, part: &str| {
        let cut = || Problem::Truncated {
            part: part.to_owned(),
            needed: at as u64 + 4,
            there: bytes.len() as u64,
        };
        let bytes: [u8; 4] =
            bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).ok_or_else(cut)?;
        Ok::<u32, Problem>(u32::from_le_bytes(bytes))
    };
    let version = word(4, "the header")?;
    if version != 2 {
        return Err(Problem::NotGltf(format!("its version is {version}, not 2")));
    }
    let declared = word(8, "the header")?;
    if u64::from(declared) > bytes.len() as u64 {
        return Err(Problem::Truncated {
            part: "the file".to_owned(),
            needed: declared.into(),
            there: bytes.len() as u64,
        });
    }
    let end = declared as usize;
    let mut at = 12;
    let (mut json, mut bin) = (None, None);
    while at + 8 <= end {
        let (len, kind) = (word(at, "a chunk")? as usize, word(at + 4, "a chunk")?);
        let chunk =
            bytes[..end].get(at + 8..).and_then(|rest| rest.get(..len)).ok_or_else(|| {
                Problem::Truncated {
                    part: format!("the chunk at byte {at}"),
                    needed: len as u64,
                    there: (end - at - 8) as u64,
                }
            })?;
        match kind {
            JSON if json.is_none() => json = Some(chunk),
            BIN if bin.is_none() => bin = Some(chunk),
            _ => {}
        }
        at += 8 + len.next_multiple_of(4);
    }
    Ok((json.ok_or_else(|| Problem::NotGltf("it has no JSON chunk".to_owned()))?, bin))
}

fn buffers<'a>(
    list: Vec<schema::Buffer>,
    bin: Option<&'a [u8]>,
    limits: &Limits,
) -> Result<Vec<Cow<'a, [u8]>>, Problem> {
    let mut buffers = Vec::new();
    for (at, buffer) in list.into_iter().enumerate() {
        let field = format!("buffers[{at}]");
        at_most(&format!("{field}.byteLength"), buffer.byte_length, limits.file_bytes)?;
        let mut bytes = match &buffer.uri {
            None if at == 0 => Cow::Borrowed(bin.ok_or_else(|| {
                Problem::field(&field, "has no uri, and the file has no binary chunk")
            })?),
            None => return Err(Problem::field(field, "has no uri")),
            Some(uri) => Cow::Owned(data_uri(uri).map_err(|e| Problem::field(&field, e))?.1),
        };
        if (bytes.len() as u64) < buffer.byte_length {
            return Err(Problem::Truncated {
                part: field,
                needed: buffer.byte_length,
                there: bytes.len() as u64,
            });
        }
        match &mut bytes {
            Cow::Borrowed(bytes) => *bytes = &bytes[..buffer.byte_length as usize],
            Cow::Owned(bytes) => bytes.truncate(buffer.byte_length as usize),
        }
        buffers.push(bytes);
    }
    Ok(buffers)
}

/// Media type and bytes of a data URI.
pub(crate) fn data_uri(uri: &str) -> Result<(&str, Vec<u8>), String> {
    let rest = uri
        .strip_prefix("data:")
        .ok_or("another file is referred to; only one file can be read: save it as .glb")?;
    let (head, data) = rest.split_once(',').ok_or("the data URI has no comma")?;
    let media = head.strip_suffix(";base64").ok_or("the data URI is not in base64")?;
    let bytes = STANDARD.decode(data.trim()).map_err(|e| format!("the data URI: {e}"))?;
    Ok((media.split(';').next().unwrap_or_default(), bytes))
}

/// One of the lists of the root.
fn list<T: DeserializeOwned>(
    root: &mut Map<String, Value>,
    name: &str,
    limits: &Limits,
) -> Result<Vec<T>, Problem> {
    let items = match root.remove(name) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(Problem::field(name, "is not a list")),
    };
    at_most(name, items.len() as u64, limits.items)?;
    let typed = |(at, item): (usize, Value)| {
        serde_json::from_value(item)
            .map_err(|e| Problem::field(format!("{name}[{at}]"), e.to_string()))
    };
    items.into_iter().enumerate().map(typed).collect()
}
